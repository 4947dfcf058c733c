/*
 * Two workers whose rights differ: what the one cannot evaluate the other may. They do not undo each
 * other's note of it, and what is well again for both is not held up by what is not, nor for long by
 * a role that has gone. SQLite knows no rights.
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

/* A role; what is done with it at the end; rights on all but `hidden`. */
const made = {
    postgresql: (house, role) => house.database.admin(`CREATE ROLE ${role} LOGIN`, 'postgres'),
    mariadb: (house, role) => house.database.admin(`CREATE USER ${role}@'127.0.0.1'`, ''),
};
const gone = {
    postgresql: (house, role) => house.database.admin(`DROP OWNED BY ${role}; DROP ROLE ${role}`),
    mariadb: (house, role) => house.database.admin(`DROP USER ${role}@'127.0.0.1'`, ''),
};
const lesser = {
    postgresql: (house, role) => house.database.admin(`
        GRANT USAGE, CREATE ON SCHEMA public TO ${role};
        GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
        GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role};
        DO $$ BEGIN IF to_regnamespace('trueup') IS NOT NULL THEN
            GRANT USAGE ON SCHEMA trueup TO ${role};
            GRANT ALL ON ALL TABLES IN SCHEMA trueup TO ${role};
            GRANT ALL ON ALL SEQUENCES IN SCHEMA trueup TO ${role}; END IF; END $$`),
    mariadb(house, role) {
        const others = house.sql(`SELECT table_name AS name FROM information_schema.tables
            WHERE table_schema = database() AND table_name <> 'hidden'`).map(({name}) => name);
        house.database.admin(`GRANT EXECUTE ON ${house.database.name}.* TO ${role}@'127.0.0.1';
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

/* A role of lesser rights that goes when the house does; the option by which trueup is it. */
function withLesser(house, kind) {
    const role = `less${process.pid}`;
    made[kind](house, role);
    house.finally.push(() => gone[kind](house, role));
    lesser[kind](house, role);
    return {role, as: `--database ${house.database.url.replace(`//${ROLE}@`, `//${role}@`)}`};
}

async function houseWithSecrets(kind, t) {
    const house = await Kept.on(kind, t, {apply: false});
    house.shell(`${kind === 'postgresql' ? 'CREATE SCHEMA vault; ' : ''}CREATE TABLE ${hidden[kind]}(weight INTEGER);
        INSERT INTO ${hidden[kind]} VALUES (7)`);
    house.spec(specOf(kind));
    house.run('apply', {code: 0});
    return house;
}

function onServers(name, body) {
    for (const kind of chosenKinds().filter((each) => each !== 'sqlite'))
        test(`${kind}: ${name}`, (t) => body(kind, t));
}

/* The fault: one noted it, the other took the note away and had the history built again, about once a
 * second for as long as both were at work. */
onServers('two workers whose rights differ', async (kind, t) => {
    const house = await houseWithSecrets(kind, t);
    const {role, as} = withLesser(house, kind);
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
});

/* The fault: what one `run --once` by hand had said was believed for a day. */
onServers('a role that came once holds nothing up for longer than three hours', async (kind, t) => {
    const house = await houseWithSecrets(kind, t);
    const {as} = withLesser(house, kind);
    house.run(`${as} run --once`, {code: 1});
    house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-01 01:00:00', 5)`);
    const after = (hours) => ({env: {TRUEUP_NOW: String(hours * 3600)}});
    const failing = (hours) => house.json('status', after(hours)).failing
        .map(({summary}) => summary);
    house.run('run --once', after(2));
    assert.deepEqual(failing(2), ['secrets'], 'it may come again');
    house.run('run --once', {code: 0, ...after(4)});
    assert.deepEqual(failing(4), []);
    house.json('verify', {code: 0, ...after(4)});
});

/* Of a summary two series use a function each, f_x and f_y. */
const SERIES = ['x', 'y'];
const functionOf = {
    postgresql: (name) => `CREATE FUNCTION f_${name}(n bigint) RETURNS bigint LANGUAGE sql
        IMMUTABLE AS 'SELECT n'`,
    mariadb: (name) => `CREATE FUNCTION f_${name}(n BIGINT) RETURNS BIGINT DETERMINISTIC NO SQL
        RETURN n`,
};
const mix = {source: 'sale', grains: ['day'], columns: {tenant: 'shop', series: 'what'},
    series: Object.fromEntries(
        SERIES.map((name) => [name, {measures: {value: `sum(f_${name}(amount))`}}]))};

/* The fault: each role took for y what the other had said of x, and y stayed wrong while x failed. */
onServers('a series is well again for both while another of its summary fails', async (kind, t) => {
    const house = await Kept.on(kind, t, {apply: false});
    const comes = (name) => house.shell(functionOf[kind](name));
    SERIES.forEach(comes);
    house.spec({...HOUSE_SPEC, summaries: {...HOUSE_SPEC.summaries, mix}});
    house.run('apply', {code: 0});
    house.run('run --once', {code: 0});
    const {as} = withLesser(house, kind);
    const both = (code) => ['', `${as} `].forEach((who) => house.run(`${who}run --once`, {code}));
    const failing = () => house.json('status').failing.map(({series}) => series);
    const isRight = (name) => house.same(
        `SELECT shop, sum(value) AS n FROM mix_day WHERE what = '${name}' GROUP BY shop`,
        'SELECT shop, sum(amount) AS n FROM sale GROUP BY shop', name);

    SERIES.forEach((name) =>
        house.shell(`DROP FUNCTION f_${name}${kind === 'postgresql' ? '(bigint)' : ''}`));
    both(1);
    house.shell(`UPDATE sale SET amount = amount + 1000 WHERE at < '2024-03-02'`);
    both(1);
    assert.deepEqual(failing(), SERIES);
    comes('y');
    both(1);
    both(1);
    assert.deepEqual(failing(), ['x']);
    isRight('y');
    house.isRight();
    comes('x');
    both();
    both(0);
    assert.deepEqual(failing(), []);
    SERIES.forEach(isRight);
    house.json('verify', {code: 0});
});
