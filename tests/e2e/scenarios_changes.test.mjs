/*
 * Scenarios C and D: odd changes and their values. Each is one shape of change that hand-written
 * machinery gets wrong; after settling, the tables are what a plain GROUP BY gives.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {House, Place} from './trueup.mjs';

/* ---- C: buckets' edges ---- */

/* Local midnights of Berlin over the begin of summer time. From 2024-03-31 01:00 UTC on, +2 h. */
const BERLIN_DAYS = 40;
const MIDNIGHTS = `
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${BERLIN_DAYS - 1}),
    day(local) AS (SELECT date('2024-03-10', i || ' days') FROM n)
    SELECT local, datetime(local, CASE WHEN local <= '2024-03-31' THEN '-1 hour'
        ELSE '-2 hours' END) AS at
    FROM day`;

function berlin(t) {
    const place = new Place(t);
    place.sql(`PRAGMA journal_mode = WAL;
        CREATE TABLE site(id TEXT PRIMARY KEY, tz TEXT);
        INSERT INTO site VALUES ('b', 'Europe/Berlin'), ('u', 'UTC');
        CREATE TABLE event(id INTEGER PRIMARY KEY, site TEXT, at TEXT, v INTEGER);
        CREATE INDEX event_place ON event(site, at)`);
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
test('C3: 40 late rows, each at a local midnight, in one statement', (t) => {
    const place = berlin(t);
    place.sql(`INSERT INTO event(site, at, v) SELECT 'b', at, 1 FROM (${MIDNIGHTS})`);
    place.run('run --once', {code: 0});
    for (const table of ['kept_day', 'added_day'])
        place.same(`SELECT bucket, n FROM ${table} WHERE tenant = 'b'`,
                   `SELECT local, 1 FROM (${MIDNIGHTS})`, table);
    place.isQuiet();
});

test('C3: the same rows a second before, found by a repair without capture', (t) => {
    const place = berlin(t);
    place.run('release', {code: 0});
    place.sql(`INSERT INTO event(site, at, v) SELECT 'b', datetime(at, '-1 second'), 1
        FROM (${MIDNIGHTS})`);
    place.run('repair --from 2024-03-09 --to 2024-04-17');
    place.same(`SELECT bucket, n FROM kept_day WHERE tenant = 'b'`,
               `SELECT date(local, '-1 day'), 1 FROM (${MIDNIGHTS})`);
});

/* The fault: the first or the last instant of a bucket touches its neighbour, or is missed. */
test('C4: a change on the first and on the last instant of a bucket', (t) => {
    const place = berlin(t);
    place.sql(`INSERT INTO event(site, at, v) WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL
        SELECT i + 1 FROM n WHERE i < 191)
               SELECT s.id, datetime('2024-03-28', i || ' hours'), i FROM n, site s`);
    place.run('run --once', {code: 0});
    /* Berlin's Sunday 2024-03-31 has 23 hours: from 23:00 to 21:59:59.999999 UTC. */
    const edges = [
        ['2024-03-30 23:00:00', '2024-03-31'], ['2024-03-30 22:59:59.999999', '2024-03-30'],
        ['2024-03-31 21:59:59.999999', '2024-03-31'], ['2024-03-31 22:00:00.000000', '2024-04-01'],
    ];
    for (const [at, day] of edges) {
        const others = `SELECT * FROM kept_day WHERE NOT (tenant = 'b' AND bucket = '${day}')`;
        const before = place.sql(others);
        const n = place.value(`SELECT n FROM kept_day WHERE tenant = 'b' AND bucket = '${day}'`);
        place.sql(`INSERT INTO event(site, at, v) VALUES ('b', '${at}', 1000)`);
        place.run('run --once', {code: 0});
        assert.equal(place.value(`SELECT n FROM kept_day WHERE tenant = 'b'
            AND bucket = '${day}'`), n + 1, at);
        assert.equal(place.value(`SELECT n FROM added_day WHERE tenant = 'b'
            AND bucket = '${day}'`), n + 1, at);
        assert.deepEqual(place.sql(others), before, at);
        place.sql(`DELETE FROM event WHERE v = 1000`);
        place.run('run --once', {code: 0});
        assert.equal(place.value(`SELECT n FROM kept_day WHERE tenant = 'b'
            AND bucket = '${day}'`), n, at);
        assert.deepEqual(place.sql(others), before, at);
    }
    place.isQuiet();
});

/* ---- D: what changes ---- */

/* The fault: only the new bucket is visited, and the old keeps its row for ever. */
const MOVES = [
    ['the tenant', `UPDATE sale SET shop = 'tokyo' WHERE id = 5`],
    ['the time', `UPDATE sale SET at = '2024-03-19 23:59:59' WHERE id = 5`],
    ['both', `UPDATE sale SET shop = 'kathmandu', at = '2024-02-29 18:14:59' WHERE id = 5`],
    ['many rows and tenants in one statement',
     `UPDATE sale SET shop = CASE shop WHEN 'tokyo' THEN 'phoenix' WHEN 'phoenix' THEN 'kathmandu'
         ELSE 'tokyo' END,
                      at = datetime(at, (id % 9 - 4) || ' hours'), amount = amount + id % 2`],
    ['there and back', `UPDATE sale SET shop = 'tokyo' WHERE id = 5; UPDATE sale
        SET shop = 'phoenix' WHERE id = 5;
                        UPDATE sale SET shop = 'tokyo' WHERE id = 5`],
    ['nothing', `UPDATE sale SET amount = amount, shop = shop`],
    ['a column that nobody reads', `UPDATE sale SET id = id + 100000 WHERE id = 5`],
];
for (const [label, sql] of MOVES)
    test(`D1: an update of ${label}`, (t) => {
        const house = new House(t);
        house.sql(sql);
        house.settles();
    });

/* The fault: counts of 0 stay where everything went, or the rows stay. */
test('D2: DELETE of everything, of a tenant, and again rows', (t) => {
    const house = new House(t);
    house.sql(`DELETE FROM sale WHERE shop = 'tokyo'`);
    house.settles();
    house.sql(`DELETE FROM sale`);
    house.settles();
    for (const table of ['daily_day', 'daily_month', 'folded_hour', 'folded_day', 'folded_year'])
        assert.equal(house.value(`SELECT count(*) FROM ${table}`), 0, table);
    house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-05 00:00:00', 1)`);
    house.settles();
});

/* The fault: a minimum that cannot be taken back, NULL taken for 0, groups of nothing. */
test('D4: extremes go, groups of NULLs only, groups that become empty', (t) => {
    const house = new House(t);
    house.sql(`DELETE FROM sale WHERE (shop, date(at), amount) IN (SELECT shop, date(at),
        max(amount) FROM sale GROUP BY 1, 2);
               DELETE FROM sale WHERE (shop, date(at), amount) IN (SELECT shop, date(at),
                   min(amount) FROM sale GROUP BY 1, 2)`);
    house.settles();
    house.sql(`UPDATE sale SET amount = NULL WHERE shop = 'tokyo'`);
    house.settles();
    assert.deepEqual(house.sql(`SELECT DISTINCT total, least, most FROM daily_day
        WHERE shop = 'tokyo'`),
                     [{total: null, least: null, most: null}]);
    assert.deepEqual(house.sql(`SELECT DISTINCT total, mean FROM folded_day WHERE shop = 'tokyo'`),
                     [{total: null, mean: null}]);
    house.sql(`INSERT INTO sale(shop, at, amount) SELECT shop, at, 0 FROM sale
        WHERE shop = 'tokyo' LIMIT 3`);
    house.settles();
    house.sql(`DELETE FROM sale WHERE amount = 0; DELETE FROM sale WHERE date(at) = '2024-03-02'`);
    house.settles();
});

/* The fault: 1e15 comes and goes, and takes the small amounts' digits with it. */
test('D5: a float of 1e15 in and out again', (t) => {
    const place = new Place(t);
    place.sql(`PRAGMA journal_mode = WAL; CREATE TABLE reading(id INTEGER PRIMARY KEY, at TEXT,
        v REAL);
               INSERT INTO reading(at, v) VALUES ('2024-01-01 00:00:00', 0.1),
                   ('2024-01-01 01:00:00', 0.2), ('2024-01-02 00:00:00', 0.7)`);
    place.spec({sources: {r: {from: 'reading', time: 'at'}},
                summaries: {r: {source: 'r', grains: ['day', 'month'], measures: {n: 'count',
                    total: 'sum(v)', mean: 'avg(v)'}}}});
    place.run('apply', {code: 0});
    const before = place.digest('r_day r_month');
    place.sql(`INSERT INTO reading(at, v) VALUES ('2024-01-01 02:00:00', 1e15)`);
    place.run('run --once', {code: 0});
    assert.ok(place.value(`SELECT total FROM r_day WHERE bucket = '2024-01-01'`) >= 1e15);
    place.sql(`DELETE FROM reading WHERE v = 1e15`);
    place.run('run --once', {code: 0});
    assert.equal(place.digest('r_day r_month'), before);
    place.same(`SELECT bucket, n, round(total, 12), round(mean, 12) FROM r_day`,
               `SELECT date(at), count(*), round(sum(v), 12), round(avg(v), 12) FROM reading
                   GROUP BY 1`);
    place.isQuiet();
});

/* The fault: a bound somewhere (tenants, keys' length, parameters), or a NULL that fails others. */
test('D6: 4,000 tenants in one transaction, a text key of 200 bytes, a NULL tenant', (t) => {
    const place = new Place(t);
    place.sql(`PRAGMA journal_mode = WAL; CREATE TABLE e(id INTEGER PRIMARY KEY, who, at TEXT,
        v INTEGER);
               CREATE INDEX e_place ON e(who, at); INSERT INTO e(who, at, v) VALUES ('seed',
                   '2024-01-01 00:00:00', 1)`);
    place.spec({sources: {e: {from: 'e', tenant: 'who', time: 'at'}},
                summaries: {kept: {source: 'e', grains: ['day', 'month'], measures: {n: 'count',
                    most: 'max(v)'}},
                            added: {source: 'e', grains: ['day', 'month'], measures: {n: 'count',
                                total: 'sum(v)'}}}});
    place.run('apply', {code: 0});
    place.sql(`BEGIN; INSERT INTO e(who, at, v) WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1
        FROM n WHERE i < 4000)
                   SELECT 'tenant ' || i, datetime('2024-02-01', i || ' minutes'), i FROM n;
               INSERT INTO e(who, at, v) VALUES (replace(hex(zeroblob(100)), '00', 'äö'),
                   '2024-02-02 00:00:00', 5),
                   (NULL, '2024-02-02 00:00:00', 6), (7, '2024-02-02 00:00:00', 7), ('7',
                       '2024-02-02 00:00:00', 8); COMMIT`);
    place.run('run --once', {code: 0});
    for (const [grain, form] of [['day', '%Y-%m-%d'], ['month', '%Y-%m-01']]) {
        place.same(`SELECT tenant, typeof(tenant), bucket, n, most FROM kept_${grain}`,
                   `SELECT who, typeof(who), strftime('${form}', at), count(*), max(v) FROM e
                       WHERE who IS NOT NULL GROUP BY 1, 2, 3`);
        place.same(`SELECT tenant, typeof(tenant), bucket, n, total FROM added_${grain}`,
                   `SELECT who, typeof(who), strftime('${form}', at), count(*), sum(v) FROM e
                       WHERE who IS NOT NULL GROUP BY 1, 2, 3`);
    }
    place.isQuiet();
    const {sources} = place.json('status');
    assert.deepEqual(sources.map(({without_tenant: n}) => n), [1]);
});

/* ---- D: joined ---- */

/* The fault: a descriptive row changes (a test's department), and the cells that were grouped by
 * it stay where they were. */
test('D9: a row of a descriptive table changes, comes, goes', (t) => {
    const place = new Place(t);
    place.sql(`PRAGMA journal_mode = WAL;
        CREATE TABLE test(id INTEGER PRIMARY KEY, department TEXT);
        CREATE TABLE result(id INTEGER PRIMARY KEY, test_id INTEGER, at TEXT, v INTEGER);
        CREATE INDEX result_test ON result(test_id); CREATE INDEX result_at ON result(at);
        INSERT INTO test VALUES (1, 'blood'), (2, 'blood'), (3, 'heart');
        INSERT INTO result(test_id, at, v) WITH n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n
            WHERE i < 99)
            SELECT i % 5, datetime('2024-01-01', i || ' hours'), i FROM n`);
    place.spec({
        sources: {result: {from: 'result r', join: ['left test t ON t.id = r.test_id'],
            time: 'r.at'}},
        summaries: {by: {source: 'result', grains: ['day', 'month'],
            dimensions: {department: 't.department'},
                         measures: {n: 'count', total: 'sum(r.v)'}}},
    });
    place.run('apply', {code: 0});
    const changes = [
        `UPDATE test SET department = 'lung' WHERE id = 2`,
        `INSERT INTO test VALUES (4, 'heart')`,
        `DELETE FROM test WHERE id = 1`,
        `UPDATE test SET id = 1 WHERE id = 3`,
        `UPDATE test SET department = NULL; UPDATE result SET test_id = 4 WHERE id < 20; INSERT
            INTO test VALUES (0, '')`,
    ];
    for (const change of changes) {
        place.sql(change);
        place.run('run --once', {code: 0});
        for (const [grain, form] of [['day', '%Y-%m-%d'], ['month', '%Y-%m-01']])
            place.same(`SELECT bucket, department, n, total FROM by_${grain}`,
                       `SELECT strftime('${form}', r.at), t.department, count(*), sum(r.v)
                        FROM result r LEFT JOIN test t ON t.id = r.test_id GROUP BY 1, 2`, change);
        place.isQuiet();
    }
});

/* A chain of three: the file has the time, its execution's workflow has the organization. */
function files(t) {
    const place = new Place(t);
    place.sql(`PRAGMA journal_mode = WAL;
        CREATE TABLE workflow(id INTEGER PRIMARY KEY, org TEXT);
        CREATE TABLE execution(id INTEGER PRIMARY KEY, workflow INTEGER);
        CREATE TABLE file(id INTEGER PRIMARY KEY, execution INTEGER, at TEXT, bytes INTEGER);
        CREATE INDEX execution_workflow ON execution(workflow); CREATE INDEX file_execution
            ON file(execution);
        INSERT INTO workflow VALUES (1, 'one'), (2, 'two'), (3, 'three');
        INSERT INTO execution VALUES (1, 1), (2, 2), (3, 3), (4, 1);
        INSERT INTO file(execution, at, bytes) WITH n(i) AS (VALUES (0) UNION ALL SELECT i + 1
            FROM n WHERE i < 39)
            SELECT i % 4 + 1, date('2024-01-01', (i % 10) || ' days'), i FROM n`);
    place.spec({
        sources: {file: {from: 'file f', join: ['execution e ON e.id = f.execution',
            'workflow w ON w.id = e.workflow'],
                         tenant: 'w.org', time: 'f.at'}},
        summaries: {files: {source: 'file', grains: ['day', 'month'], measures: {n: 'count',
            bytes: 'sum(f.bytes)'}}},
    });
    place.run('apply', {code: 0});
    place.isTrue = () => {
        for (const [grain, form] of [['day', '%Y-%m-%d'], ['month', '%Y-%m-01']])
            place.same(`SELECT tenant, bucket, n, bytes FROM files_${grain}`,
                       `SELECT w.org, strftime('${form}', f.at), count(*), sum(f.bytes) FROM file f
                        JOIN execution e ON e.id = f.execution JOIN workflow w ON w.id = e.workflow
                            GROUP BY 1, 2`);
        place.isQuiet();
    };
    return place;
}

/* The fault (F4): images joined with today's tables only; the place that was given by the old
 * execution *and* the old time is never visited. */
test('D12, F4: an execution is pointed elsewhere and its file moves, both pending at once', (t) => {
    const changes = {
        execution: `UPDATE execution SET workflow = 3 WHERE id = 1`,
        file: `UPDATE file SET at = '2024-03-08' WHERE execution = 1 AND at = '2024-01-05'`,
        workflow: `UPDATE workflow SET org = 'four' WHERE id = 1`,
        all: `UPDATE file SET execution = 2, at = '2024-02-02' WHERE id < 9; DELETE FROM workflow
            WHERE id = 2;
              UPDATE execution SET workflow = workflow % 3 + 1; INSERT INTO workflow VALUES (2,
                  'five')`,
    };
    const orders = [['execution', 'file'], ['file', 'execution'], ['workflow', 'execution', 'file'],
                    ['file', 'workflow', 'execution'], ['all', 'file', 'execution', 'workflow']];
    for (const order of orders) {
        const place = files(t);
        for (const name of order)
            place.sql(changes[name]);
        place.run('run --once', {code: 0});
        place.isTrue();
        place.clear();
    }
});

/* ---- D: triggers of the user's, replaced rows ---- */

/* The fault (F12): the row that a BEFORE trigger has changed already is not the OLD that the
 * capture trigger is shown. */
test('D13, F12: BEFORE triggers of the user that change or delete the same row', (t) => {
    const house = new House(t, {tables: `
        CREATE TRIGGER twice BEFORE UPDATE OF amount ON sale WHEN NEW.amount = 500 BEGIN
            UPDATE sale SET amount = 11, shop = 'tokyo' WHERE id = OLD.id; END;
        CREATE TRIGGER moved BEFORE DELETE ON sale WHEN OLD.id % 2 = 0 BEGIN
            UPDATE sale SET amount = amount + 10, at = '2024-03-12 12:00:00' WHERE id = OLD.id; END;
        CREATE TRIGGER gone BEFORE DELETE ON sale WHEN OLD.id % 5 = 0 BEGIN
            DELETE FROM sale WHERE id = OLD.id + 1; END;`});
    house.sql(`UPDATE sale SET amount = 500 WHERE id BETWEEN 10 AND 20`);
    house.settles();
    house.sql(`DELETE FROM sale WHERE id BETWEEN 50 AND 70`);
    house.settles();
});

test('D13, F12: a BEFORE trigger comes after apply: noticed, and mended by apply', (t) => {
    const house = new House(t);
    house.sql(`CREATE TRIGGER twice BEFORE UPDATE OF amount ON sale WHEN NEW.amount = 500 BEGIN
                   UPDATE sale SET amount = 11 WHERE id = OLD.id; END`);
    house.sql(`UPDATE sale SET amount = 500 WHERE id = 10`);
    const {err} = house.run('run --once', {code: 1});
    assert.match(err, /table sale is unguarded/);
    house.run('apply', {code: 0});
    house.sql(`UPDATE sale SET amount = 500 WHERE id = 20`);
    house.settles();
});

/* The fault: capture makes two writers wait or fail that would not have without it. */
test('D15: a line is inserted, then its order updated, by two sessions, with and without capture',
    async (t) => {
    const outcomes = [];
    for (const captured of [false, true]) {
        const place = new Place(t);
        place.sql(`PRAGMA journal_mode = WAL;
            CREATE TABLE orders(id INTEGER PRIMARY KEY, at TEXT, total INTEGER DEFAULT 0);
            CREATE TABLE line(id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders(id),
                price INTEGER);
            INSERT INTO orders(id, at) VALUES (1, '2024-01-01')`);
        if (captured) {
            place.spec({sources: {line: {from: 'line l', join: ['orders o ON o.id = l.order_id'],
                time: 'o.at'}},
                        summaries: {s: {source: 'line', grains: ['day'], measures: {n: 'count',
                            total: 'sum(l.price + o.total)'}}}});
            place.run('apply', {code: 0});
        }
        const [one, two] = [place.writer({timeoutMs: 0}), place.writer({timeoutMs: 0})];
        const said = [];
        for (const [writer, sql] of [
            [one, 'PRAGMA foreign_keys = ON; BEGIN IMMEDIATE; INSERT INTO line(order_id, price) VALUES (1, 5)'],
            [two, 'PRAGMA foreign_keys = ON; BEGIN IMMEDIATE'],
            [one, 'UPDATE orders SET total = total + 5 WHERE id = 1; COMMIT'],
            [two, 'BEGIN IMMEDIATE; INSERT INTO line(order_id, price) VALUES (1, 7)'],
            [two, 'UPDATE orders SET total = total + 7 WHERE id = 1; COMMIT'],
        ])
            said.push((await writer.attempt(sql)).replace(/near line \d+/, ''));
        outcomes.push({said, rows: place.sql(`SELECT * FROM line, orders`),
                       changes: await two.do('SELECT last_insert_rowid(), changes(), total_changes() > 0')});
        if (captured) {
            place.run('run --once', {code: 0});
            place.same(`SELECT bucket, n, total FROM s_day`,
                       `SELECT date(at), count(*), sum(l.price + o.total) FROM line l JOIN orders o
                           ON o.id = l.order_id GROUP BY 1`);
            place.isQuiet();
        }
    }
    assert.deepEqual(outcomes[1], outcomes[0]);
});
