/*
 * Cells that are changed where they were read (PostgreSQL: by their ctid), and the tables in which a
 * ctid says nothing: those with partitions or heirs, and those whose triggers move rows on.
 */
import {strict as assert} from 'node:assert';
import {onServers} from './sessions.mjs';
import {House, until} from './trueup.mjs';

const PG = {on: ['postgresql']};
/* Hours, one row each, so many that an index is worth going through. */
const HOURS = 8000;
const CHANGED = 'id % 40 = 0';

const ROWS = `INSERT INTO sale(shop, at, amount)
    SELECT shop, TIMESTAMP '2024-03-01 00:30:00' + n * interval '1 hour', n % 100
    FROM generate_series(1, ${HOURS}) AS g(n), (VALUES ('tokyo'), ('phoenix')) AS s(shop)`;

/* Another table of that name. */
const replaced = (table) => `ALTER TABLE folded_hour RENAME TO folded_was; ${table}
    ALTER TABLE folded_hour ADD PRIMARY KEY (shop, bucket);`;

/* Each part's first rows have the same ctids as the others'. */
const TABLES = {
    partitioned: `${replaced(`CREATE TABLE folded_hour(LIKE folded_was) PARTITION BY LIST (shop);
            CREATE TABLE folded_tokyo PARTITION OF folded_hour FOR VALUES IN ('tokyo');
            CREATE TABLE folded_rest PARTITION OF folded_hour DEFAULT;`)}
        INSERT INTO folded_hour SELECT * FROM folded_was; DROP TABLE folded_was`,
    inherited: `${replaced('CREATE TABLE folded_hour(LIKE folded_was);')}
        CREATE TABLE folded_tokyo() INHERITS (folded_hour);
        CREATE INDEX ON folded_tokyo(shop, bucket);
        INSERT INTO folded_tokyo SELECT * FROM folded_was WHERE shop = 'tokyo';
        INSERT INTO folded_hour SELECT * FROM folded_was WHERE shop <> 'tokyo';
        DROP TABLE folded_was`,
    /* Every statement moves every row of the table on. */
    moving: `CREATE FUNCTION move_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF pg_trigger_depth() = 1 THEN UPDATE folded_hour SET n = n; END IF; RETURN NULL; END $$;
        CREATE TRIGGER moves AFTER UPDATE ON folded_hour FOR EACH STATEMENT
            EXECUTE FUNCTION move_on()`,
};

async function settled(t, kind, sql) {
    const house = await House.on(kind, t, {days: 0, apply: false});
    house.sql(ROWS);
    house.run('apply', {code: 0});
    for (const statement of sql ? [sql] : [])
        house.sql(statement);
    house.sql('ANALYZE sale, folded_hour');
    return house;
}

const scans = (house) => Number(house.value(`SELECT idx_scan AS n FROM pg_stat_user_indexes
    WHERE relname = 'folded_hour'`));
const written = (house) => Number(house.value(`SELECT n_tup_upd AS n FROM pg_stat_user_tables
    WHERE relname = 'folded_hour'`));

onServers('a cell that was read is changed where it lies, and not looked for again',
    async (t, kind) => {
    const house = await settled(t, kind);
    const cells = Number(house.value(`SELECT count(*) AS n FROM sale WHERE ${CHANGED}`));
    const before = {scans: scans(house), written: written(house)};
    house.sql(`UPDATE sale SET amount = amount + 1 WHERE ${CHANGED}`);
    house.run('run --once', {code: 0});
    await until('the statistics', () => written(house) >= before.written + cells);
    assert.ok(scans(house) - before.scans <= cells, 'a descent a cell');
    house.isTrue();
}, PG);

for (const [name, sql] of Object.entries(TABLES))
    onServers(`a ctid is no name in this table: ${name}`, async (t, kind) => {
        const house = await settled(t, kind, sql);
        for (const change of [`UPDATE sale SET amount = amount + 1 WHERE ${CHANGED}`,
            'UPDATE sale SET amount = amount - 2', `DELETE FROM sale WHERE ${CHANGED}`]) {
            house.sql(change);
            house.settles();
        }
    }, PG);

/* The fault: a row that somebody moved between reading and writing, so that another is changed or
 * none. */
onServers('a cell that was moved since it was read makes the turn begin again', async (t, kind) => {
    const house = await settled(t, kind);
    house.sql(`UPDATE sale SET amount = amount + 1 WHERE ${CHANGED}`);
    const worker = await house.pausedAt('cells.computed', 'run --once');
    house.sql('UPDATE folded_hour SET n = n');
    worker.go();
    const {code, err} = await worker.closed;
    assert.notEqual(code, null, err);
    house.settles();
}, PG);
