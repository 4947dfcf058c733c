/*
 * Scenarios C and D on servers: odd changes and their values. Each is one shape of change that
 * hand-written machinery gets wrong; after settling, the tables are what a plain GROUP BY gives.
 * (What only captures in another way, like COPY, MERGE or UPDATE IGNORE, is in tests/conformance.)
 */
import assert from 'node:assert/strict';
import {Session, onServers, shifted} from './sessions.mjs';
import {House, Place} from './trueup.mjs';
import {insert, localBucket} from './words.mjs';

const KEPT = ['daily_day', 'daily_month', 'folded_hour', 'folded_day', 'folded_year'];

/* ---- C: buckets' edges ---- */

/* Local midnights of Berlin over the begin of summer time. From 2024-03-31 01:00 UTC on, +2 h. */
const MIDNIGHTS = Array.from({length: 40}, (none, i) => {
    const day = new Date(Date.UTC(2024, 2, 10 + i));
    const local = day.toISOString().slice(0, 10);
    const at = new Date(day.getTime() - (local <= '2024-03-31' ? 1 : 2) * 3_600_000);
    return {local, at, text: at.toISOString().slice(0, 19).replace('T', ' ')};
});

async function berlin(t, kind) {
    const place = await Place.on(kind, t);
    place.sql(place.say(`CREATE TABLE site(id {name} PRIMARY KEY, tz {text});
        INSERT INTO site VALUES ('b', 'Europe/Berlin'), ('u', 'UTC');
        CREATE TABLE event(id {id}, site {name}, at {instant}, v {integer});
        CREATE INDEX event_place ON event(site, at);`));
    place.spec({
        tenants: {table: 'site', key: 'id', time_zone: 'tz'},
        sources: {event: {from: 'event', tenant: 'site', time: 'at'}},
        summaries: {
            kept: {source: 'event', grains: ['hour', 'day', 'week', 'month'],
                measures: {n: 'count', most: 'max(v)'}},
            added: {source: 'event', grains: ['hour', 'day', 'month'], measures: {n: 'count',
                total: 'sum(v)'}},
        },
    });
    place.run('apply', {code: 0});
    return place;
}

/* The fault: a range of days that ends one row early or late (23:59:59), or a day of 23 hours. */
onServers('C3: 40 late rows, each at a local midnight, in one statement', async (t, kind) => {
    const place = await berlin(t, kind);
    place.sql(insert('event', MIDNIGHTS.map(({text}) => ['b', text, 1]), '(site, at, v)'));
    place.run('run --once', {code: 0});
    for (const table of ['kept_day', 'added_day'])
        assert.deepEqual(place.sql(`SELECT bucket, n FROM ${table} WHERE tenant = 'b' ORDER BY
            bucket`),
            MIDNIGHTS.map(({local}) => ({bucket: local, n: 1})), table);
    place.isQuiet();

    /* A microsecond before, without capture: found by a repair of exactly these days. */
    place.run('release', {code: 0});
    place.sql(insert('event', MIDNIGHTS.map(({at}) => ['b',
        `${new Date(at.getTime() - 1000).toISOString()
        .slice(0, 19).replace('T', ' ')}.999999`, 1]), '(site, at, v)'));
    place.run('repair --from 2024-03-09 --to 2024-04-17', {code: 0});
    assert.equal(place.json('verify', {code: 0}).cells_drifted, 0);
    assert.deepEqual(place.sql(`SELECT min(bucket) AS a, max(bucket) AS z, min(n) AS least, max(n)
        AS most,
        count(*) AS n FROM kept_day`), [{a: '2024-03-09', z: '2024-04-18', least: 1, most: 2,
            n: 41}]);
});

/* The fault: the first or the last instant of a bucket touches its neighbour, or is missed. */
onServers('C4: a change on the first and on the last instant of a bucket', async (t, kind) => {
    const place = await berlin(t, kind);
    const hours = Array.from({length: 192}, (none, i) =>
        new Date(Date.UTC(2024, 2, 28, i)).toISOString().slice(0, 19).replace('T', ' '));
    place.sql(insert('event', hours.flatMap((at, i) => [['b', at, i], ['u', at, i]]),
        '(site, at, v)'));
    place.run('run --once', {code: 0});
    /* Berlin's Sunday 2024-03-31 has 23 hours: from 23:00 to 21:59:59.999999 UTC. */
    const edges = [
        ['2024-03-30 23:00:00', '2024-03-31'], ['2024-03-30 22:59:59.999999', '2024-03-30'],
        ['2024-03-31 21:59:59.999999', '2024-03-31'], ['2024-03-31 22:00:00.000000', '2024-04-01'],
    ];
    for (const [at, day] of edges) {
        const mine = `tenant = 'b' AND bucket = '${day}'`;
        const look = () => place.sql(`SELECT * FROM kept_day WHERE NOT (${mine}) ORDER BY tenant,
            bucket`);
        const counts = () => ['kept_day', 'added_day'].map((table) =>
            place.value(`SELECT n FROM ${table} WHERE ${mine}`));
        const [before, n] = [look(), counts()];
        place.sql(`INSERT INTO event(site, at, v) VALUES ('b', '${at}', 1000)`);
        place.run('run --once', {code: 0});
        assert.deepEqual(counts(), n.map((each) => each + 1), at);
        assert.deepEqual(look(), before, at);
        place.sql('DELETE FROM event WHERE v = 1000');
        place.run('run --once', {code: 0});
        assert.deepEqual(counts(), n, at);
        assert.deepEqual(look(), before, at);
    }
    place.isQuiet();
});

/* ---- D: what changes ---- */

/* The fault: only the new bucket is visited, and the old keeps its row for ever. */
const moves = (kind) => [
    `UPDATE sale SET shop = 'tokyo' WHERE id = 5`,
    `UPDATE sale SET at = '2024-03-19 23:59:59' WHERE id = 5`,
    `UPDATE sale SET shop = 'kathmandu', at = '2024-02-29 18:14:59' WHERE id = 5`,
    `UPDATE sale SET shop = CASE shop WHEN 'tokyo' THEN 'phoenix' WHEN 'phoenix' THEN 'kathmandu'
        ELSE 'tokyo' END, at = ${shifted(kind, 'at', 'id % 9 - 4',
            'hour')}, amount = amount + id % 2`,
    `UPDATE sale SET shop = 'tokyo' WHERE id = 5; UPDATE sale SET shop = 'phoenix' WHERE id = 5;
        UPDATE sale SET shop = 'tokyo' WHERE id = 5`,
    `UPDATE sale SET amount = amount, shop = shop`, `UPDATE sale SET id = id + 100000 WHERE id = 5`,
    `UPDATE sale SET shop = NULL WHERE id = 7; UPDATE sale SET at = NULL WHERE id = 8;
        UPDATE sale SET shop = 'atlantis' WHERE id = 9`,
    `UPDATE sale SET shop = 'tokyo', at = '2024-03-03 03:03:03' WHERE id BETWEEN 7 AND 9`,
];

onServers('D1: updates of the tenant, of the time, of both, of many rows, of neither',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 12});
    for (const sql of moves(kind)) {
        house.sql(sql);
        house.run('run --once', {code: 0});
        house.isRight();
    }
    house.sql(moves(kind).slice(3).join(';'));
    house.settles();
});

/* The fault: counts of 0 stay where everything went, or the rows stay. */
onServers('D2: DELETE of a tenant, of everything, TRUNCATE, and again rows', async (t, kind) => {
    const house = await House.on(kind, t, {days: 12});
    house.sql(`DELETE FROM sale WHERE shop = 'tokyo'`);
    house.settles();
    house.sql({postgresql: 'TRUNCATE sale', mariadb: 'DELETE FROM sale'}[kind]);
    house.settles();
    for (const table of KEPT)
        assert.equal(house.value(`SELECT count(*) AS n FROM ${table}`), 0, table);
    house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-05 00:00:00', 1)`);
    house.settles();
});

/* The fault: a minimum that cannot be taken back, NULL taken for 0, groups of nothing. */
onServers('D4: extremes go, groups of NULLs only, groups that become empty', async (t, kind) => {
    const house = await House.on(kind, t, {days: 12});
    const day = localBucket(kind, 'day', 'at', 0);
    for (const extreme of ['max', 'min']) {
        house.sql(`CREATE TEMPORARY TABLE gone AS SELECT id FROM sale JOIN (SELECT shop AS s,
            ${day} AS d,
            ${extreme}(amount) AS a FROM sale GROUP BY 1, 2) AS e ON shop = s AND ${day} = d AND
                amount = a;
            DELETE FROM sale WHERE id IN (SELECT id FROM gone)`);
        house.run('run --once', {code: 0});
        house.isRight();
    }
    house.sql(`UPDATE sale SET amount = NULL WHERE shop = 'tokyo'`);
    house.settles();
    assert.deepEqual(house.sql(`SELECT DISTINCT total, least, most FROM daily_day WHERE shop =
        'tokyo'`),
        [{total: null, least: null, most: null}]);
    assert.deepEqual(house.sql(`SELECT DISTINCT total, mean FROM folded_day WHERE shop = 'tokyo'`),
        [{total: null, mean: null}]);
    house.sql(`INSERT INTO sale(shop, at, amount) SELECT shop, at, 0 FROM sale WHERE shop = 'tokyo'
        LIMIT 3`);
    house.settles();
    house.sql(`DELETE FROM sale WHERE amount = 0; DELETE FROM sale WHERE ${day} = '2024-03-02'`);
    house.settles();
});

/* The fault: 1e15 comes and goes, and takes the small amounts' digits with it. */
onServers('D5: a float of 1e15 in and out again', async (t, kind) => {
    const place = await Place.on(kind, t);
    place.sql(place.say(`CREATE TABLE reading(id {id}, at {instant}, v {real});
        INSERT INTO reading(at, v) VALUES ('2024-01-01 00:00:00', 0.1), ('2024-01-01 01:00:00',
            0.2),
            ('2024-01-02 00:00:00', 0.7)`));
    place.spec({sources: {r: {from: 'reading', time: 'at'}},
        summaries: {r: {source: 'r', grains: ['day', 'month'],
            measures: {n: 'count', total: 'sum(v)',
            mean: 'avg(v)'}}}});
    place.run('apply', {code: 0});
    const look = () => ['day', 'month'].map((grain) => place.sql(`SELECT * FROM r_${grain} ORDER BY
        bucket`));
    const before = look();
    place.sql(`INSERT INTO reading(at, v) VALUES ('2024-01-01 02:00:00', 1e15)`);
    place.run('run --once', {code: 0});
    assert.equal(place.value(`SELECT count(*) AS n FROM r_day WHERE total >= 1e15`), 1);
    place.sql('DELETE FROM reading WHERE v = 1e15');
    place.run('run --once', {code: 0});
    assert.deepEqual(look(), before);
    assert.equal(place.value(`SELECT count(*) AS n FROM r_day WHERE abs(total - CASE bucket WHEN
        '2024-01-01' THEN 0.3 ELSE 0.7 END) < 1e-12`), 2);
    place.isQuiet();
});

/* The fault: a bound somewhere (tenants, keys' length, parameters), or a NULL that fails others. */
onServers('D6: 4,000 tenants in one transaction, a text key of 200 bytes, a NULL tenant',
    async (t, kind) => {
    const place = await Place.on(kind, t);
    const long = 'äö'.repeat(50);
    place.sql(place.say(`CREATE TABLE e(id {id}, who {key}, at {instant}, v {integer});
        CREATE INDEX e_place ON e(who, at);
        INSERT INTO e(who, at, v) VALUES ('seed', '2024-01-01 00:00:00', 1)`));
    place.spec({sources: {e: {from: 'e', tenant: 'who', time: 'at'}}, summaries: {
        kept: {source: 'e', grains: ['day', 'month'], measures: {n: 'count', most: 'max(v)'}},
        added: {source: 'e', grains: ['day', 'month'], measures: {n: 'count', total: 'sum(v)'}}}});
    place.run('apply', {code: 0});
    const many = Array.from({length: 4000}, (none, i) => [`tenant ${i}`,
        new Date(Date.UTC(2024, 1, 1, 0, i)).toISOString().slice(0, 19).replace('T', ' '), i]);
    place.sql(`BEGIN; ${insert('e', [...many, [long, '2024-02-02', 5], [null, '2024-02-02', 6],
        ['7', '2024-02-02', 7], ['7 ', '2024-02-02', 8]], '(who, at, v)')}; COMMIT`);
    place.run('run --once', {code: 0});
    for (const grain of ['day', 'month'])
        for (const [table, column, sql] of [['kept', 'most', 'max(v)'],
            ['added', 'total', 'sum(v)']])
            place.same(`SELECT tenant, bucket, n, ${column} FROM ${table}_${grain}`,
                `SELECT who, ${localBucket(kind, grain, 'at', 0)}, count(*), ${sql} FROM e
                 WHERE who IS NOT NULL GROUP BY 1, 2`, `${table}_${grain}`);
    place.isQuiet();
    assert.deepEqual(place.json('status').sources.map(({without_tenant: n}) => n), [1]);
});

/* The fault: a log that holds text as the writer's session prints it, and a worker that reads it
 * with its own settings. */
const ODD_SESSIONS = {
    postgresql: [`SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Asia/Kolkata'; SET extra_float_digits
        = -10;
        SET IntervalStyle = 'iso_8601'; SET bytea_output = 'escape'; SET
            standard_conforming_strings = off;
        SET backslash_quote = on; SET default_transaction_isolation = 'serializable'`,
    `SET DateStyle = 'German'; SET TimeZone = 'America/St_Johns'; SET search_path = pg_catalog;
        SET transform_null_equals = on; SET client_encoding = 'LATIN1'`],
    mariadb: [`SET time_zone = '+05:30', sql_mode = '', lc_time_names = 'de_DE', sql_safe_updates =
        0;
        SET NAMES latin1`,
    `SET time_zone = '-03:30', sql_mode = 'ORACLE,NO_ZERO_DATE,PAD_CHAR_TO_FULL_LENGTH',
        div_precision_increment = 0, tx_isolation = 'SERIALIZABLE'; SET NAMES utf8mb4 COLLATE
            utf8mb4_bin`],
};

onServers('D7: captured under other settings of the session than settled under',
    async (t, kind) => {
    const place = await Place.on(kind, t);
    const instant = {postgresql: 'timestamptz', mariadb: 'TIMESTAMP(6) NULL DEFAULT NULL'}[kind];
    const schema = kind === 'postgresql' ? 'public.' : '';
    place.sql(place.say(`CREATE TABLE e(id {id}, who {name}, at ${instant}, d {date}, x {decimal},
        f {real});
        INSERT INTO e(who, at, d, x, f) VALUES ('a', '2024-02-03 00:30:00', '2024-02-03', 1.25,
            0.1)`));
    if (kind === 'postgresql')
        place.sql(`ALTER DATABASE ${place.database.name} SET DateStyle = 'SQL, MDY';
            ALTER DATABASE ${place.database.name} SET TimeZone = 'Pacific/Chatham';
            ALTER DATABASE ${place.database.name} SET extra_float_digits = -15;
            ALTER DATABASE ${place.database.name} SET default_transaction_isolation =
                'serializable'`);
    place.spec({sources: {e: {from: 'e', tenant: 'who', time: 'at'}}, summaries: {
        kept: {source: 'e', grains: ['hour', 'day'], dimensions: {d: 'd'},
            measures: {n: 'count', least: 'min(x)',
            f: 'sum(f)'}},
        added: {source: 'e', grains: ['hour', 'day'], measures: {n: 'count', x: 'sum(x)'}}}});
    place.run('apply', {code: 0});
    for (const [i, settings] of ODD_SESSIONS[kind].entries()) {
        const writer = await Session.open(place);
        /* Dates and instants that every style reads the same. */
        await writer.do(`${settings}; INSERT INTO ${schema}e(who, at, d, x, f)
            SELECT 'b${i}', at, d, x + 0.33, f + 1e-7 FROM ${schema}e; UPDATE ${schema}e SET x = x
                * 3,
            f = f / 7, at = ${shifted(kind, 'at', 5,
                'hour')} WHERE who = 'a'; DELETE FROM ${schema}e
            WHERE who = 'b0' AND mod(id, 2) = 0`);
        await writer.end();
        place.run('run --once', {code: 0});
        const at = kind === 'postgresql' ? ['hour', 'day'] : ['hour', 'day'];
        place.sameAll(at.flatMap((grain) => [{
            label: `kept_${grain}`, stored: `SELECT tenant, bucket, d, n, least FROM kept_${grain}`,
            truth: `SELECT who, ${localBucket(kind, grain, 'at',
                0)}, d, count(*), min(x) FROM e GROUP BY 1, 2, 3`,
        }, {
            label: `added_${grain}`, stored: `SELECT tenant, bucket, n, x FROM added_${grain}`,
            truth: `SELECT who, ${localBucket(kind, grain, 'at',
                0)}, count(*), sum(x) FROM e GROUP BY 1, 2`,
        }]));
        place.isQuiet();
    }
});

/* ---- D: joined ---- */

/* The fault: a descriptive row changes (a test's department), and the cells that were grouped by
 * it stay where they were. */
onServers('D9: a row of a descriptive table changes, comes, goes', async (t, kind) => {
    const place = await Place.on(kind, t);
    const results = Array.from({length: 100}, (none, i) => [i % 5,
        new Date(Date.UTC(2024, 0, 1, i)).toISOString().slice(0, 19).replace('T', ' '), i]);
    place.sql(place.say(`CREATE TABLE test(id {integer} PRIMARY KEY, department {name});
        CREATE TABLE result(id {id}, test_id {integer}, at {instant}, v {integer});
        CREATE INDEX result_test ON result(test_id); CREATE INDEX result_at ON result(at);
        INSERT INTO test VALUES (1, 'blood'), (2, 'blood'), (3, 'heart');
        ${insert('result', results, '(test_id, at, v)')}`));
    place.spec({
        sources: {result: {from: 'result r', join: ['left test t ON t.id = r.test_id'],
            time: 'r.at'}},
        summaries: {by: {source: 'result', grains: ['day', 'month'],
            dimensions: {department: 't.department'},
            measures: {n: 'count', total: 'sum(r.v)'}}},
    });
    place.run('apply', {code: 0});
    const changes = [
        `UPDATE test SET department = 'lung' WHERE id = 2`, `INSERT INTO test VALUES (4, 'heart')`,
        `DELETE FROM test WHERE id = 1`, `UPDATE test SET id = 1 WHERE id = 3`,
        `UPDATE test SET department = NULL; UPDATE result SET test_id = 4 WHERE id < 20;
            INSERT INTO test VALUES (0, '')`,
    ];
    for (const change of changes) {
        place.sql(change);
        place.run('run --once', {code: 0});
        for (const grain of ['day', 'month'])
            place.same(`SELECT bucket, department, n, total FROM by_${grain}`,
                `SELECT ${localBucket(kind, grain, 'r.at', 0)}, t.department, count(*), sum(r.v)
                 FROM result r LEFT JOIN test t ON t.id = r.test_id GROUP BY 1, 2`, change);
    }
    place.isQuiet();
});

/* A chain of three: the file has the time, its execution's workflow has the organization. */
const CHAIN = `CREATE TABLE workflow(id {integer} PRIMARY KEY, org {name});
    CREATE TABLE execution(id {integer} PRIMARY KEY, workflow {integer});
    CREATE TABLE file(id {integer} PRIMARY KEY, execution {integer}, at {instant}, bytes {integer});
    CREATE INDEX execution_workflow ON execution(workflow); CREATE INDEX file_execution ON
        file(execution);`;
const CHAIN_ROWS = `DELETE FROM file; DELETE FROM execution; DELETE FROM workflow;
    INSERT INTO workflow VALUES (1, 'one'), (2, 'two'), (3, 'three');
    INSERT INTO execution VALUES (1, 1), (2, 2), (3, 3), (4, 1); ${insert('file',
        Array.from({length: 40}, (none, i) => [i + 1, i % 4 + 1,
            `2024-01-${String(1 + i % 10).padStart(2, '0')}`, i]))}`;

/* The fault (F4): images joined with today's tables only; the place that was given by the old
 * execution *and* the old time is never visited. */
onServers('D12: an execution is pointed elsewhere and its file moves, both pending at once',
    async (t, kind) => {
    const changes = {
        execution: 'UPDATE execution SET workflow = 3 WHERE id = 1',
        file: `UPDATE file SET at = '2024-03-08' WHERE execution = 1 AND at = '2024-01-05'`,
        workflow: `UPDATE workflow SET org = 'four' WHERE id = 1`,
        all: `UPDATE file SET execution = 2, at = '2024-02-02' WHERE id < 9; DELETE FROM workflow
            WHERE id = 2; UPDATE execution SET workflow = workflow % 3 + 1; INSERT INTO workflow
            VALUES (2, 'five')`,
    };
    const place = await Place.on(kind, t);
    place.sql(place.say(CHAIN + CHAIN_ROWS));
    place.spec({
        sources: {file: {from: 'file f', join: ['execution e ON e.id = f.execution',
            'workflow w ON w.id = e.workflow'], tenant: 'w.org', time: 'f.at'}},
        summaries: {files: {source: 'file', grains: ['day', 'month'], measures: {n: 'count',
            bytes: 'sum(f.bytes)'}}},
    });
    place.run('apply', {code: 0});
    const orders = [['execution', 'file'], ['file', 'execution'], ['workflow', 'execution', 'file'],
        ['file', 'workflow', 'execution'], ['all', 'file', 'execution', 'workflow']];
    for (const order of orders) {
        for (const name of order)
            place.sql(changes[name]);
        place.run('run --once', {code: 0});
        for (const grain of ['day', 'month'])
            place.same(`SELECT tenant, bucket, n, bytes FROM files_${grain}`,
                `SELECT w.org, ${localBucket(kind, grain, 'f.at',
                    0)}, count(*), sum(f.bytes) FROM file f
                 JOIN execution e ON e.id = f.execution JOIN workflow w ON w.id = e.workflow GROUP
                     BY 1, 2`,
                `${order}`);
        place.sql(CHAIN_ROWS);
        place.run('run --once', {code: 0});
    }
    place.isQuiet();
});

/* ---- D14: the table itself ---- */

/* The fault (F10): a table that was rewritten after the snapshot looks empty to it. PostgreSQL:
 * whoever rewrites waits for the worker; MariaDB: the worker is told (1412), and tries again. */
const REWRITES = {
    postgresql: ['ALTER TABLE sale ADD COLUMN more timestamptz DEFAULT clock_timestamp()',
        'ALTER TABLE sale ALTER COLUMN note TYPE bigint USING 1', 'CLUSTER sale USING sale_place',
            'TRUNCATE sale'],
    mariadb: ['ALTER TABLE sale ADD COLUMN more DATETIME DEFAULT NOW(), ALGORITHM=COPY',
        'ALTER TABLE sale FORCE', 'OPTIMIZE NO_WRITE_TO_BINLOG TABLE sale', 'TRUNCATE sale'],
};

onServers('D14: the table is rewritten or emptied between a snapshot and its read',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 12,
        tables: 'ALTER TABLE sale ADD COLUMN note varchar(10);'});
    for (const rewrite of REWRITES[kind]) {
        const worker = await house.pausedAt('snapshot.taken', 'rebuild --wait');
        const other = await Session.open(house);
        const {waits} = await other.outcome(rewrite);
        worker.go();
        if (waits)
            assert.doesNotMatch(await other.said(), /ERROR/);
        await worker.end(0);
        if (rewrite.startsWith('TRUNCATE')) {
            house.run(kind === 'postgresql' ? 'run --once' : 'rebuild --wait', {code: 0});
        } else {
            /* Nothing was wiped, and nothing that a repair would have to mend. */
            house.isRight();
            house.run('apply', {code: 0});
        }
        house.isRight();
        await other.end();
    }
    house.isTrue();
});
