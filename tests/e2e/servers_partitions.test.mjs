/*
 * Tables that swap places, and partitions that come and go. What was captured for one table must
 * never count for another, whatever was written meanwhile; and a partition must cost `apply` no more
 * than the rows that it may have.
 */
import assert from 'node:assert/strict';
import {Session, onServers} from './sessions.mjs';
import {House, HOUSE_SPEC, houseRows, until} from './trueup.mjs';

const PG = {on: ['postgresql']};
const DAYS = 60; /* from 2024-03-01 on, three rows in 5 hours */

/* Months of 2024 by ranges of the time; March is cut once more, by the shop. */
const PARTITIONED = `DROP TABLE sale;
    CREATE TABLE sale(id bigserial, shop text, at timestamptz, amount bigint) PARTITION BY RANGE (at);
    CREATE TABLE sale_03 PARTITION OF sale FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')
        PARTITION BY LIST (shop);
    CREATE TABLE sale_03_tokyo PARTITION OF sale_03 FOR VALUES IN ('tokyo');
    CREATE TABLE sale_03_rest PARTITION OF sale_03 DEFAULT;
    CREATE TABLE sale_04 PARTITION OF sale FOR VALUES FROM ('2024-04-01') TO ('2024-05-01');
    CREATE TABLE sale_05 PARTITION OF sale FOR VALUES FROM ('2024-05-01') TO ('2024-06-01');
    CREATE INDEX ON sale(shop, at);`;
const NEW_MONTH = `CREATE TABLE sale_06 PARTITION OF sale FOR VALUES FROM ('2024-06-01')
    TO ('2024-07-01')`;

async function partitioned(t, kind) {
    const house = await House.on(kind, t, {days: 0, apply: false});
    house.sql(PARTITIONED);
    house.sql(houseRows(DAYS));
    house.run('apply', {code: 0});
    house.isTrue();
    return house;
}

const rowsIn = (where) => (house) =>
    Number(house.value(`SELECT count(*) AS n FROM sale WHERE ${where}`));

/* The dates that the last `apply` compared, and how many rows that took: of each summary. */
const compared = (house) => house.sql(`SELECT range_from, range_to, rows_read FROM
    ${house.control('trueup_run')} WHERE kind = 'rebuild' AND id > ${house.before ?? 0} ORDER BY id`);
const mark = (house) => {
    house.before = Number(house.value(`SELECT max(id) AS n FROM ${house.control('trueup_run')}`));
};

/* `apply` after a change of partitions: everything is true, and no more than `most` rows of the
 * source were read for each summary, in ranges of dates. */
function appliesBy(house, ranges, most) {
    mark(house);
    house.run('apply', {code: 0});
    house.isTrue();
    const runs = compared(house);
    assert.deepEqual([...new Set(runs.map(({range_from: from}) => from))], ranges);
    assert.equal(runs.length, 2 * ranges.length, 'two summaries');
    const read = runs.map((run) => Number(run.rows_read));
    assert.ok(Math.max(...read) <= most, `${read} of at most ${most} rows`);
}

/* ---- swaps ---- */

const SWAP = {
    postgresql: {
        copy: `CREATE TABLE sale_new (LIKE sale INCLUDING ALL); INSERT INTO sale_new SELECT * FROM
            sale WHERE id % 7 <> 0`,
        swap: `BEGIN; ALTER TABLE sale RENAME TO sale_old; ALTER TABLE sale_new RENAME TO sale;
            COMMIT`,
    },
    mariadb: {
        copy: `CREATE TABLE sale_new LIKE sale; INSERT INTO sale_new SELECT * FROM sale WHERE
            id % 7 <> 0`,
        swap: `RENAME TABLE sale TO sale_old, sale_new TO sale`,
    },
};
const IN_OLD = `UPDATE sale_old SET amount = amount + 5 WHERE id % 3 = 0;
    DELETE FROM sale_old WHERE id % 5 = 0;
    INSERT INTO sale_old(shop, at, amount) VALUES ('tokyo', '2024-03-05 05:05:05', 1000)`;

/* The fault (R-2): the old table keeps its triggers and goes on writing into the log. */
onServers('swap: the table that went goes on being written, before and after apply',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 8});
    const writer = await Session.open(house);
    house.shell(SWAP[kind].copy);
    house.sql('UPDATE sale SET amount = amount + 1 WHERE id % 2 = 0');
    house.shell(SWAP[kind].swap);
    house.shell(IN_OLD);
    house.run('run --once', {code: 1});
    house.shell(IN_OLD);
    await writer.do('BEGIN');
    await writer.do(`INSERT INTO sale_old(shop, at, amount) VALUES ('tokyo', '2024-03-06', 7)`);
    const apply = house.start('apply');
    const others = {
        postgresql: `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()
            AND pid NOT IN (pg_backend_pid(), ${writer.id})`,
        mariadb: `SELECT count(*) AS n FROM information_schema.processlist WHERE db = database()
            AND id NOT IN (connection_id(), ${writer.id})`,
    };
    await until('apply to begin', () => Number(house.value(others[kind])) > 0);
    await writer.do(`DELETE FROM sale_old WHERE id % 11 = 0`);
    await writer.do('COMMIT');
    await apply.end(0);
    house.isTrue();
    house.shell(IN_OLD);
    house.settles();
    house.sql('UPDATE sale SET amount = amount + 1; DELETE FROM sale WHERE id % 4 = 0');
    house.settles();
    assert.doesNotMatch(house.run('check').out, /apply/);
});

onServers('swap: check names the table that still has triggers, and release, drop take them off',
    async (t, kind) => {
    for (const command of ['release', 'drop --yes', 'apply']) {
        const house = await House.on(kind, t, {days: 3});
        house.shell(`${SWAP[kind].copy}; ${SWAP[kind].swap}`);
        /* The new table as it should be: only the old one is wrong. */
        if (command === 'apply') {
            house.sql(`CREATE TRIGGER other AFTER INSERT ON sale_old REFERENCING NEW TABLE AS
                trueup_new FOR EACH STATEMENT EXECUTE FUNCTION trueup_insert_sale()`);
            house.run('apply', {code: 0});
            house.isTrue();
            house.sql(`CREATE TRIGGER other AFTER INSERT ON sale_old REFERENCING NEW TABLE AS
                trueup_new FOR EACH STATEMENT EXECUTE FUNCTION trueup_insert_sale()`);
            house.shell(IN_OLD);
            assert.match(house.run('run --once', {code: 1}).err,
                /table public\.sale_old still has a trigger of table sale/);
            assert.match(house.run('check', {code: 1}).out, /public\.sale_old still has/);
        }
        house.run(command, {code: 0});
        assert.equal(house.value(`SELECT count(*) AS n FROM pg_trigger WHERE tgrelid =
            'sale_old'::regclass AND NOT tgisinternal`), 0, command);
        if (command === 'apply')
            house.isTrue();
    }
}, PG);

/* The table is renamed away and back before anybody looks: what was written then counts. */
onServers('swap: renamed away, written, and renamed back', async (t, kind) => {
    const house = await partitioned(t, kind);
    house.sql(`ALTER TABLE sale RENAME TO elsewhere;
        INSERT INTO elsewhere(shop, at, amount) VALUES ('tokyo', '2024-03-05', 1000);
        INSERT INTO sale_04(shop, at, amount) VALUES ('tokyo', '2024-04-05', 1000);
        UPDATE sale_03_rest SET amount = amount + 1; DELETE FROM elsewhere WHERE id % 10 = 0;
        TRUNCATE sale_03_tokyo; ALTER TABLE elsewhere RENAME TO sale`);
    house.settles();
}, PG);

/* ---- partitions ---- */

const DIRECTLY = `INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-06-05', 1),
        ('phoenix', '2024-06-30 23:00:00', 2), ('tokyo', '2024-06-20', 3), ('tokyo', '2024-05-31', 9);
    INSERT INTO sale_06(shop, at, amount) VALUES ('tokyo', '2024-06-07', 4), ('phoenix', '2024-06-01', 5);
    DELETE FROM sale_06 WHERE amount = 3; UPDATE sale_06 SET at = '2024-06-25' WHERE amount = 1`;

onServers('partitions: a new one, written directly before apply, costs its own rows',
    async (t, kind) => {
    const house = await partitioned(t, kind);
    house.sql(NEW_MONTH);
    house.sql(DIRECTLY);
    const {err} = house.run('run --once', {code: 1});
    assert.match(err, /public\.sale_06 is a new part \(partition\) of table sale/);
    appliesBy(house, ['2024-05-30'], rowsIn(`at >= '2024-05-29'`)(house));
    house.sql(`UPDATE sale_06 SET amount = amount * 2; INSERT INTO sale_06 SELECT * FROM sale_06;
        DELETE FROM sale WHERE shop = 'phoenix'`);
    house.settles();
    house.json('status', {code: 0});
}, PG);

onServers('partitions: an empty one costs nothing; nothing is looked at twice', async (t, kind) => {
    const house = await partitioned(t, kind);
    house.sql(NEW_MONTH);
    appliesBy(house, ['2024-05-30'], 0);
    mark(house);
    house.run('apply', {code: 0});
    assert.deepEqual(compared(house), []);
}, PG);

onServers('partitions: one with rows is attached', async (t, kind) => {
    const house = await partitioned(t, kind);
    house.sql(`CREATE TABLE sale_06 (LIKE sale); INSERT INTO sale_06 SELECT id + 10000, shop,
        at + interval '92 days', amount FROM sale WHERE at < '2024-03-25';
        ALTER TABLE sale ATTACH PARTITION sale_06 FOR VALUES FROM ('2024-06-01') TO ('2024-07-01')`);
    appliesBy(house, ['2024-05-30'], rowsIn(`at >= '2024-05-29'`)(house));
}, PG);

/* What pg_partman does every night: the oldest goes, another comes. The log holds changes of both. */
onServers('partitions: the oldest is dropped and a new one made at once', async (t, kind) => {
    const house = await partitioned(t, kind);
    house.sql(`UPDATE sale SET amount = amount + 1 WHERE at < '2024-03-20'; DROP TABLE sale_03;
        ${NEW_MONTH}; INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-06-05', 1)`);
    appliesBy(house, ['2024-02-28', '2024-05-30'], rowsIn(`at < '2024-04-05'`)(house) + 1);
    assert.equal(house.value(`SELECT count(*) AS n FROM daily_day WHERE bucket < '2024-03-31'`), 0);
}, PG);

/* The fault (R-2): an archive that lives on goes on writing into the log. */
onServers('partitions: one is detached, renamed and lives on', async (t, kind) => {
    const house = await partitioned(t, kind);
    const archive = `INSERT INTO archive.sale_04 SELECT * FROM archive.sale_04;
        INSERT INTO archive.sale_04(shop, at, amount) VALUES ('tokyo', '2030-01-01', 5);
        DELETE FROM archive.sale_04 WHERE id % 3 = 0; UPDATE archive.sale_04 SET at = '2025-05-05'
            WHERE id % 5 = 0`;
    house.sql(`UPDATE sale SET amount = amount + 1; ALTER TABLE sale DETACH PARTITION sale_04;
        CREATE SCHEMA archive; ALTER TABLE sale_04 SET SCHEMA archive`);
    house.sql(archive);
    assert.match(house.run('run --once', {code: 1}).err, /public\.sale_04 is no part/);
    house.sql(archive);
    appliesBy(house, ['2024-03-30'], rowsIn(`at BETWEEN '2024-03-28' AND '2024-05-06'`)(house));
    house.sql(`${archive}; TRUNCATE archive.sale_04`);
    house.settles();
}, PG);

onServers('partitions: detached, written and attached again', async (t, kind) => {
    const house = await partitioned(t, kind);
    house.sql(`ALTER TABLE sale DETACH PARTITION sale_04; DELETE FROM sale_04 WHERE id % 3 = 0;
        UPDATE sale_04 SET amount = 0; ALTER TABLE sale ATTACH PARTITION sale_04
            FOR VALUES FROM ('2024-04-01') TO ('2024-05-01')`);
    house.run('run --once', {code: 1});
    appliesBy(house, ['2024-03-30'], rowsIn(`at BETWEEN '2024-03-28' AND '2024-05-06'`)(house));
}, PG);

/* It is no more of ours, and not alone either: its writes may be anywhere. */
onServers('partitions: detached and attached to another table', async (t, kind) => {
    const house = await partitioned(t, kind);
    house.sql(`ALTER TABLE sale DETACH PARTITION sale_04; CREATE TABLE other (LIKE sale
        INCLUDING DEFAULTS) PARTITION BY RANGE (at); ALTER TABLE other ATTACH PARTITION sale_04 DEFAULT;
        INSERT INTO sale_04(shop, at, amount) VALUES ('tokyo', '2030-01-01', 5);
        INSERT INTO other(shop, at, amount) VALUES ('tokyo', '2030-01-02', 5)`);
    house.run('run --once', {code: 1});
    house.run('apply', {code: 0});
    house.isTrue();
    house.sql(`INSERT INTO sale_04(shop, at, amount) VALUES ('tokyo', '2030-01-01', 5)`);
    house.settles();
}, PG);

/* Where rows may be is not known: all history is compared. */
const ANYWHERE = {
    'a child': `CREATE TABLE sale_child() INHERITS (sale);
        INSERT INTO sale_child(id, shop, at, amount) VALUES (9999, 'tokyo', '2024-03-05', 1)`,
    'a trigger switched off meanwhile': `ALTER TABLE ONLY sale DISABLE TRIGGER trueup_insert_sale;
        INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-05', 1);
        ALTER TABLE ONLY sale ENABLE ALWAYS TRIGGER trueup_insert_sale; ${NEW_MONTH}`,
    'a default partition': `CREATE TABLE sale_rest PARTITION OF sale DEFAULT;
        INSERT INTO sale_rest(shop, at, amount) VALUES ('tokyo', '2024-01-05', 1)`,
};
for (const [what, change] of Object.entries(ANYWHERE))
    onServers(`partitions: ${what}: everything is compared`, async (t, kind) => {
        const house = what === 'a child' ? await House.on(kind, t, {days: 8})
            : await partitioned(t, kind);
        for (const step of change.split(';'))
            house.sql(step);
        house.run('run --once', {code: 1});
        mark(house);
        house.run('apply', {code: 0});
        house.isTrue();
        assert.ok(compared(house).every(({range_from: from}) => from === null));
    }, PG);

/* One that comes while a trigger was seen off: the guard's finding outlives the switching on. */
onServers('partitions: a trigger that was off is not forgotten for a new partition',
    async (t, kind) => {
    const house = await partitioned(t, kind);
    house.sql(`ALTER TABLE ONLY sale DISABLE TRIGGER trueup_update_sale;
        UPDATE sale SET amount = amount + 1`);
    house.run('run --once', {code: 1});
    house.sql(NEW_MONTH);
    house.run('apply', {code: 0});
    house.isTrue();
}, PG);

/* Whole numbers and dates as times, and bounds at the ends of time. */
const TIMES = [
    ['seconds', 'bigint', 'extract(epoch FROM at)::bigint', {time_unit: 'seconds'},
        (at) => `${Date.parse(`${at}Z`) / 1000}`],
    ['dates', 'date', `at::date`, {time_unit: 'date'}, (at) => `'${at.slice(0, 10)}'`],
    ['timestamps', 'timestamp', `at AT TIME ZONE 'UTC'`, {}, (at) => `'${at}'`],
];
for (const [label, type, from, more, literal] of TIMES)
    onServers(`partitions: by ${label}`, async (t, kind) => {
        const house = await House.on(kind, t, {days: DAYS, apply: false,
            spec: {sources: {sale: {from: 'sale s', tenant: 's.shop', time: 's.at', ...more}},
                summaries: {daily: HOUSE_SPEC.summaries.daily,
                    folded: {...HOUSE_SPEC.summaries.folded, grains: ['day', 'year']}}}});
        house.sql(`ALTER TABLE sale RENAME TO plain; CREATE TABLE sale(id bigint, shop text, at ${type},
            amount bigint) PARTITION BY RANGE (at);
            CREATE TABLE sale_a PARTITION OF sale FOR VALUES FROM (MINVALUE)
                TO (${literal('2024-04-01T00:00:00')});
            CREATE TABLE sale_b PARTITION OF sale FOR VALUES FROM (${literal('2024-04-01T00:00:00')})
                TO (${literal('2024-05-01T00:00:00')});
            INSERT INTO sale SELECT id, shop, ${from}, amount FROM plain WHERE at < '2024-04-30'`);
        house.run('apply', {code: 0});
        mark(house);
        house.sql(`CREATE TABLE sale_c PARTITION OF sale FOR VALUES
            FROM (${literal('2024-05-01T00:00:00')}) TO (MAXVALUE);
            INSERT INTO sale_c VALUES (1, 'tokyo', ${literal('2024-05-02T00:00:00')}, 1)`);
        house.run('apply', {code: 0});
        house.isQuiet();
        const most = Number(house.value(`SELECT count(*) AS n FROM plain
            WHERE at BETWEEN '2024-04-28' AND '2024-04-30'`)) + 1;
        const runs = compared(house);
        assert.deepEqual(runs.map(({range_from: day}) => day), ['2024-04-29', '2024-04-29']);
        assert.ok(runs.every(({rows_read: read}) => Number(read) <= most), `more than ${most}`);
        mark(house);
        house.sql('DROP TABLE sale_a');
        house.run('apply', {code: 0});
        house.isQuiet();
        assert.equal(house.value(`SELECT count(*) AS n FROM daily_day WHERE bucket < '2024-03-31'`), 0);
        assert.equal(compared(house).length, 2);
    }, PG);
