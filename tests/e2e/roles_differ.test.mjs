/*
 * Two workers whose rights differ: what the one cannot evaluate the other may. They do not undo each
 * other's note of it. SQLite knows no rights.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Kept} from './daemons.mjs';
import {chosenKinds, ROLE} from './servers.mjs';
import {HOUSE_SPEC} from './trueup.mjs';

/* `hidden` is read by the query, and watched by nobody. */
const hidden = {postgresql: 'vault.hidden', mariadb: 'hidden'};
const specOf = (kind) => ({...HOUSE_SPEC, summaries: {...HOUSE_SPEC.summaries,
    secrets: {table: 'secrets', key: {shop: 'text'}, keys: 'SELECT DISTINCT shop FROM sale',
        query: 'SELECT k.shop, count(*) AS n, max(h.weight) AS most FROM {keys} k ' +
            `JOIN sale s ON s.shop = k.shop CROSS JOIN ${hidden[kind]} h GROUP BY k.shop`,
        depends_on: {sale: {keys: 'SELECT shop FROM {row}'}}}}});

/* Rights on all but that one. */
const lesser = {
    postgresql(house, role) {
        house.database.admin(`CREATE ROLE ${role} LOGIN`, 'postgres');
        house.database.admin(`GRANT USAGE, CREATE ON SCHEMA public TO ${role};
            GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
            GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role};
            DO $$ BEGIN IF to_regnamespace('trueup') IS NOT NULL THEN
                GRANT USAGE ON SCHEMA trueup TO ${role};
                GRANT ALL ON ALL TABLES IN SCHEMA trueup TO ${role};
                GRANT ALL ON ALL SEQUENCES IN SCHEMA trueup TO ${role}; END IF; END $$`);
    },
    mariadb(house, role) {
        const others = house.sql(`SELECT table_name AS name FROM information_schema.tables
            WHERE table_schema = database() AND table_name <> 'hidden'`).map(({name}) => name);
        house.database.admin(`CREATE USER ${role}@'127.0.0.1';
            ${others.map((name) => `GRANT ALL ON ${house.database.name}.${name}
                TO ${role}@'127.0.0.1';`).join('\n')}`, '');
    },
};
const all = {
    postgresql: (house, role) => house.database.admin(`GRANT USAGE ON SCHEMA vault TO ${role};
        GRANT SELECT ON vault.hidden TO ${role}`),
    mariadb: (house, role) => house.database.admin(
        `GRANT SELECT ON ${house.database.name}.hidden TO ${role}@'127.0.0.1'`, ''),
};
const gone = {
    postgresql: (house, role) => house.database.admin(`DROP OWNED BY ${role}; DROP ROLE ${role}`),
    mariadb: (house, role) => house.database.admin(`DROP USER ${role}@'127.0.0.1'`, ''),
};

/* The fault: one noted it, the other took the note away and had the history built again, about once a
 * second for as long as both were at work. */
for (const kind of chosenKinds().filter((each) => each !== 'sqlite'))
    test(`${kind}: two workers whose rights differ`, async (t) => {
        const role = `less${process.pid}`;
        const house = await Kept.on(kind, t, {apply: false});
        house.shell(`${kind === 'postgresql' ? 'CREATE SCHEMA vault; ' : ''}CREATE TABLE ${hidden[kind]}(weight INTEGER);
            INSERT INTO ${hidden[kind]} VALUES (7)`);
        house.spec(specOf(kind));
        house.run('apply', {code: 0});
        lesser[kind](house, role);
        try {
            const as = `--database ${house.database.url.replace(`//${ROLE}@`, `//${role}@`)}`;
            const {failed} = house.json(`${as} run --once`, {code: 1});
            assert.deepEqual(failed.map(({summary}) => summary), ['secrets'], JSON.stringify(failed));
            const since = () => house.json('status', {code: 1}).failing[0].since;
            const before = since();
            for (let i = 0; i < 3; i++) {
                house.shell(`INSERT INTO sale(shop, at, amount)
                    VALUES ('tokyo', '2024-03-0${1 + i} 01:00:00', 5)`);
                house.run('run --once');
                house.run(`${as} run --once`, {code: 1});
                assert.deepEqual(house.json('status', {code: 1}).failing.map(({summary}) => summary),
                    ['secrets']);
            }
            assert.equal(since(), before, 'the note stayed');
            house.isRight();
            all[kind](house, role);
            house.run(`${as} run --once`, {code: 0});
            house.run('run --once', {code: 0});
            assert.deepEqual(house.json('status', {code: 0}).failing, []);
            house.json('verify', {code: 0});
        } finally {
            gone[kind](house, role);
        }
    });
