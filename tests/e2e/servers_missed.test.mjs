/*
 * Changes that no trigger saw although all triggers look as `apply` left them: a table that was
 * restored, a trigger that was switched off and on again, a column that was made anew. `run` and
 * `status` say so, `verify` finds what was missed, and `apply` mends it.
 */
import assert from 'node:assert/strict';
import {onServers, Session} from './sessions.mjs';
import {HOUSE_SPEC, House, until} from './trueup.mjs';

const CHANGE = `UPDATE sale SET amount = amount + 2 WHERE id % 3 = 0; DELETE FROM sale WHERE id %
    11 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-04 23:59:59', 17)`;
const EVENTS = ['insert', 'update', 'delete', 'truncate'];

/* ---- what nobody saw ---- */

const switched = (how) => EVENTS.map((event) =>
    `ALTER TABLE sale ${how} TRIGGER trueup_${event}_sale`).join('; ');

/* A table comes back from a dump: with its triggers, and with rows that had gone since. */
function restored(house) {
    const dump = house.database.dump('sale');
    house.sql('DELETE FROM sale WHERE id % 5 = 0');
    house.settles();
    if (house.kind === 'postgresql')
        house.database.admin('DROP TABLE sale');
    house.database.admin(dump);
}

/* Without strictness what does not fit becomes what does. */
const FITTED = `SET sql_mode = ''; ALTER TABLE sale MODIFY amount TINYINT UNSIGNED`;

const ANEW = 'ALTER TABLE sale DROP COLUMN amount, ADD COLUMN amount bigint DEFAULT 7';

const MISSED = [
    ['triggers are off while rows change, and on again', {
        postgresql: (house) => house.sql(`BEGIN; ${switched('DISABLE')}; ${CHANGE};
            ${switched('ENABLE ALWAYS')}; COMMIT`)}],
    ['the table is restored from a dump', {postgresql: restored, mariadb: restored}],
    ['a column is computed anew, its type stays', {
        postgresql: (house) => house.sql(
            'ALTER TABLE sale ALTER amount TYPE bigint USING amount * 2')}],
    ['a column is dropped and comes back', {
        postgresql: (house) => house.sql(ANEW)}],
    ['a column gets a type that holds less', {
        mariadb: (house) => house.database.admin(FITTED)}],
];

/* The fault: the guard compares texts, finds the same, and takes the change of the schema for
 * seen. */
for (const [label, miss] of MISSED)
    onServers(`missed: ${label}: said by run and status, found, mended by apply`,
        async (t, kind) => {
        const house = await House.on(kind, t, {days: 8});
        miss[kind](house);
        assert.ok(house.json('verify', {code: 1}).cells_drifted > 0, 'nothing was missed');
        const {err} = house.run('run --once', {code: 1});
        assert.match(err, /^trueup: table sale is unguarded: [^\n]*run `trueup apply`\n$/);
        for (let i = 0; i < 2; i++)
            assert.ok(house.json('status', {code: 1}).summaries.every(({state, unguarded_since}) =>
                state === 'unguarded' && unguarded_since !== null));
        house.run('run --once', {code: 1});
        house.run('apply', {code: 0});
        house.isTrue();
        house.json('status', {code: 0});
        house.sql(CHANGE);
        house.settles();
    }, {on: Object.keys(miss)});

/* MariaDB's catalog does not tell a column from another one of the same name and type: only verify
 * can know. */
onServers('missed: a column is dropped and comes back: found by verify, mended by rebuild',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 8});
    house.sql(ANEW);
    house.run('run --once');
    assert.ok(house.json('verify', {code: 1}).cells_drifted > 0);
    house.run('rebuild --wait', {code: 0});
    house.settles();
    house.sql(CHANGE);
    house.settles();
}, {on: ['mariadb']});

/* What moves rows without changing them is no reason for alarm. */
const HARMLESS = {
    postgresql: ['VACUUM FULL sale', 'CLUSTER sale USING sale_place', 'ANALYZE sale',
        'ALTER TABLE sale ADD COLUMN note text', `COMMENT ON TABLE sale IS 'x'`,
        'CREATE INDEX of_amount ON sale(amount)'],
    mariadb: ['OPTIMIZE TABLE sale', 'ANALYZE TABLE sale', 'ALTER TABLE sale ADD COLUMN note TEXT',
        `ALTER TABLE sale COMMENT 'x'`, 'CREATE INDEX of_amount ON sale(amount)'],
};

onServers('missed: nothing, by what leaves rows and capture alone', async (t, kind) => {
    const house = await House.on(kind, t, {days: 4});
    for (const sql of HARMLESS[kind]) {
        house.sql(CHANGE);
        house.shell(sql);
        assert.equal(house.run('run --once', {code: 0}).err, '', sql);
        house.json('status', {code: 0});
    }
    house.isTrue();
});

/* ---- a table leaves the spec ---- */

const VISITS = {
    tables: 'CREATE TABLE visit(id {id}, shop {name}, at {instant});',
    spec: (spec) => ({...spec,
        sources: {...spec.sources, visit: {from: 'visit', tenant: 'shop', time: 'at'}},
        summaries: {...spec.summaries,
            visits: {source: 'visit', grains: ['day'], measures: {n: 'count'}}}}),
};
const VISIT = `INSERT INTO visit(shop, at) VALUES ('tokyo', '2024-03-02 10:00:00')`;

const TRIGGERS_OF_VISIT = {
    postgresql: `SELECT count(*) AS n FROM pg_trigger WHERE tgrelid = 'visit'::regclass`,
    mariadb: `SELECT count(*) AS n FROM information_schema.triggers
        WHERE event_object_schema = database() AND event_object_table = 'visit'`,
};

/* The fault: MariaDB's DDL commits, so half of what `apply` registers is lost when it dies between;
 * or triggers stay without their log, and every write fails. */
onServers('leaving: apply dies after it registered, before the triggers are taken off',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 4, tables: VISITS.tables, apply: false});
    house.spec(VISITS.spec(HOUSE_SPEC));
    house.sql(VISIT);
    house.run('apply', {code: 0});
    /* A third summary comes as the other goes: both must be registered, or none. */
    const next = {...HOUSE_SPEC, summaries: {...HOUSE_SPEC.summaries,
        third: {source: 'sale', grains: ['day'], measures: {n: 'count'}}}};
    house.spec(next);

    const holder = await Session.open(house);
    await holder.do(`BEGIN; SELECT count(*) FROM visit`);
    const apply = house.start('apply');
    const isRegistered = () => house.value(`SELECT count(*) AS n FROM
        ${house.control('trueup_summary')} WHERE name = 'visits'`) === 0;
    if (kind === 'mariadb')
        await until('apply to have registered', isRegistered);
    else
        await until('apply to wait for the table', () => house.value(`SELECT count(*) AS n FROM
            pg_locks WHERE NOT granted AND relation = 'visit'::regclass`) > 0);
    apply.signal('SIGKILL');
    await apply.end();
    assert.equal(isRegistered(), kind === 'mariadb');
    /* Writers are not hurt by what is left. */
    await holder.do(`${VISIT}; COMMIT`);
    house.sql(VISIT);
    house.sql(CHANGE);

    house.run('apply', {code: 0});
    assert.equal(house.value(TRIGGERS_OF_VISIT[kind]), 0);
    assert.ok(!house.database.tables().some(({name}) => name === 'trueup_change_visit'));
    house.settles();
    house.same('SELECT sum(n) AS n FROM third_day', 'SELECT count(*) AS n FROM sale');
    house.sql(VISIT);

    /* It comes back: nothing of before is taken for true. */
    house.spec(VISITS.spec(next));
    house.run('apply --take-over', {code: 0});
    house.sql(VISIT);
    house.settles();
    house.same('SELECT sum(n) AS n FROM visits_day', 'SELECT count(*) AS n FROM visit');
});
