/*
 * Scenarios A: writers against settling. A writer's transaction may begin, commit or roll back at
 * any moment of a worker's; the writer must not notice, and no change may be lost or counted twice.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {House, houseRows, Place} from './trueup.mjs';

const LATE_ROW = `INSERT INTO sale(id, shop, at, amount) VALUES (9001, 'tokyo',
    '2024-03-05 20:00:00', 400)`;
/* The same cell in `daily`, as a person would look for it. */
const LATE_CELL = `SELECT most FROM daily_day WHERE shop = 'tokyo' AND bucket = '2024-03-06'`;

/* The fault: a worker that waits for open transactions, or makes them wait, or that takes the
 * moment it looked for the moment up to which everything is settled. */
test('A1: a late row that is not committed is not there, and is there once it is', async (t) => {
    const house = new House(t);
    const writer = house.writer({timeoutMs: 0});
    await writer.do(`BEGIN IMMEDIATE; ${LATE_ROW}`);
    house.run('run --once', {code: 0});
    assert.notEqual(house.value(LATE_CELL), 400);
    await writer.do('COMMIT');
    house.settles();
    assert.equal(house.value(LATE_CELL), 400);
});

test('A1: the late row is committed while the worker has its snapshot', async (t) => {
    const house = new House(t);
    house.sql(`UPDATE sale SET amount = amount + 1 WHERE id = 7`);
    const writer = house.writer({timeoutMs: 0});
    await writer.do(`BEGIN IMMEDIATE; ${LATE_ROW}`);
    const worker = await house.pausedAt('cells.computed', 'run --once');
    await writer.do('COMMIT');
    await writer.do(`UPDATE sale SET amount = amount + 1 WHERE id = 8`);
    await worker.go().end(0);
    house.settles();
    assert.equal(house.value(LATE_CELL), 400);
});

/* The fault: buckets chosen first and read later, so that a change in between is marked as done. */
test('A2: changes before, while and after a worker chose its buckets', async (t) => {
    for (const point of ['snapshot.taken', 'entries.taken', 'cells.computed']) {
        const house = new House(t);
        house.sql(`UPDATE sale SET amount = 50 WHERE shop = 'tokyo' AND id < 30`);
        const worker = await house.pausedAt(point, 'run --once');
        house.sql(`UPDATE sale SET amount = 60 WHERE shop = 'phoenix' AND id < 30`);
        house.sql(`DELETE FROM sale WHERE shop = 'tokyo' AND id BETWEEN 10 AND 40`);
        await worker.go().end(0);
        house.sql(`UPDATE sale SET amount = 70 WHERE shop = 'kathmandu' AND id < 30`);
        house.settles();
    }
});

/* SQLite gives log ids in the order of commits, except that ids of a transaction that rolled back
 * come again. The fault: "settled up to id N" passes an entry that gets such an id later. */
test('A3: log ids that a rollback freed come again and are not taken for settled ones',
    async (t) => {
    const house = new House(t);
    const writer = house.writer();
    await writer.do(`BEGIN IMMEDIATE; ${LATE_ROW}; UPDATE sale SET amount = 1 WHERE id < 20;
        ROLLBACK`);
    house.sql(`UPDATE sale SET amount = amount - 3 WHERE id < 5`);
    const worker = await house.pausedAt('entries.taken', 'run --once');
    await writer.do(`BEGIN IMMEDIATE; UPDATE sale SET amount = 2 WHERE id < 20; ROLLBACK`);
    await writer.do(`BEGIN IMMEDIATE; ${LATE_ROW}; COMMIT`);
    await worker.go().end(0);
    house.settles();
    const last = house.value(`SELECT seq FROM sqlite_sequence WHERE name = 'trueup_change_sale'`);
    await writer.do(`INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-09 01:00:00',
        5)`);
    assert.ok(house.value(`SELECT min(trueup_id) FROM trueup_change_sale`) > last,
              'an id came twice after its entry was settled');
    house.settles();
});

/* The fault: a repair that removes the log entries of its range takes the half of a transaction. */
test('A5: a transaction on both sides of the range of a repair', (t) => {
    const house = new House(t);
    house.sql(`BEGIN; UPDATE sale SET amount = 300 WHERE shop = 'tokyo' AND at < '2024-03-04';
               UPDATE sale SET amount = 301 WHERE shop = 'phoenix' AND at >= '2024-03-10';
               UPDATE sale SET shop = 'phoenix', at = '2024-03-15 03:00:00' WHERE id = 1; COMMIT`);
    house.run('repair --from 2024-03-01 --to 2024-03-06', {code: 0});
    assert.equal(house.json('verify', {code: 0}).cells_drifted, 0);
    house.settles();
});

test('A5: the same, the repair only of one tenant and one summary', (t) => {
    const house = new House(t);
    house.sql(`BEGIN; UPDATE sale SET shop = 'phoenix' WHERE shop = 'tokyo' AND id < 60;
               UPDATE sale SET at = '2024-03-18 01:00:00' WHERE shop = 'kathmandu' AND id < 60;
                   COMMIT`);
    house.run('repair --summary folded --tenant tokyo --from 2024-03-01 --to 2024-03-31',
        {code: 0});
    assert.equal(house.json('verify', {code: 0}).cells_drifted, 0);
    house.settles();
});

/* ---- a joined source: the order says whose and when, the line is what is counted ---- */

class Orders extends Place {
    constructor(t, {tables = ''} = {}) {
        super(t);
        this.sql(`PRAGMA journal_mode = WAL;
            CREATE TABLE orders(id INTEGER PRIMARY KEY, shop TEXT, at TEXT,
                lines INTEGER DEFAULT 0);
            CREATE TABLE line(id INTEGER PRIMARY KEY, order_id INTEGER, price INTEGER);
            CREATE INDEX line_order ON line(order_id); CREATE INDEX order_place ON orders(shop, at);
            INSERT INTO orders(id, shop, at) VALUES (1, 'a', '2024-05-01 10:00:00'),
                (2, 'a', '2024-05-02 10:00:00'), (3, 'b', '2024-05-01 12:00:00');
            INSERT INTO line(order_id, price) VALUES (1, 5), (1, 7), (2, 11), (3, 13); ${tables}`);
        this.spec({
            sources: {line: {from: 'line l', join: ['orders o ON o.id = l.order_id'],
                             tenant: 'o.shop', time: 'o.at'}},
            summaries: {lines: {source: 'line', grains: ['day', 'month'],
                                measures: {n: 'count', total: 'sum(l.price)',
                                    most: 'max(l.price)'}}},
        });
        this.run('apply', {code: 0});
    }

    isTrue() {
        this.sameAll(['%Y-%m-%d', '%Y-%m-01'].map((form, i) => ({
            label: form,
            stored: `SELECT tenant, bucket, n, total, most FROM lines_${['day', 'month'][i]}`,
            truth: `SELECT o.shop, strftime('${form}', o.at), count(*), sum(l.price), max(l.price)
                    FROM line l JOIN orders o ON o.id = l.order_id GROUP BY 1, 2`,
        })));
        this.isQuiet();
    }
}

/* The fault: an image of the parent joined with the children of another moment. SQLite has one
 * writer at a time, so that of the 20 interleavings the orders of the two commits are left; the
 * worker settles before, between, after, or has its snapshot before and goes on after. */
const PARENT_MOVES = `UPDATE orders SET at = '2024-06-09 08:00:00' WHERE id = 1`;
const CHILD_COMES = `INSERT INTO line(order_id, price) VALUES (1, 17)`;
const FAMILIES = [
    ['the parent moves, a child comes', PARENT_MOVES, CHILD_COMES],
    ['the parent changes its shop, a child goes', `UPDATE orders SET shop = 'b' WHERE id = 1`,
     `DELETE FROM line WHERE id = 2`],
    ['the parent goes, a child goes elsewhere', `DELETE FROM orders WHERE id = 1`,
     `UPDATE line SET order_id = 2 WHERE id = 1`],
    ['the parent moves, a child comes from elsewhere', PARENT_MOVES,
     `UPDATE line SET order_id = 1, price = 3 WHERE id = 3`],
];
for (const [label, one, other] of FAMILIES)
    test(`A7: ${label}, in both orders, wherever the worker settles`, async (t) => {
        for (const [first, second] of [[one, other], [other, one]]) {
            for (const settles of [[true, false], [false, true], [true, true], [false, false]]) {
                const orders = new Orders(t);
                orders.sql(`UPDATE line SET price = price + 1 WHERE id = 4`);
                for (const [i, statement] of [first, second].entries()) {
                    if (settles[i])
                        orders.run('run --once', {code: 0});
                    orders.sql(statement);
                }
                orders.run('run --once', {code: 0});
                orders.isTrue();
                orders.clear();
            }
            const orders = new Orders(t);
            orders.sql(first);
            const worker = await orders.pausedAt('entries.taken', 'run --once');
            orders.sql(second);
            await worker.go().end(0);
            orders.isTrue();
            orders.clear();
        }
    });

test('A7: a writer that holds both tables open never waits for a worker', async (t) => {
    const orders = new Orders(t);
    orders.sql(`UPDATE line SET price = 1 WHERE id = 1`);
    const worker = await orders.pausedAt('cells.computed', 'run --once');
    const writer = orders.writer({timeoutMs: 0});
    await writer.do(`BEGIN IMMEDIATE; ${PARENT_MOVES}; ${CHILD_COMES}; COMMIT`);
    await worker.go().end(0);
    orders.run('run --once', {code: 0});
    orders.isTrue();
});

/* ---- installing under writers ---- */

/* The fault: rows of a transaction that was open when capture came are neither in the log nor in
 * the history that was built. */
test('A8: a transaction is open when apply comes, and commits while apply waits', async (t) => {
    const house = new House(t, {apply: false});
    const writer = house.writer();
    await writer.do(`BEGIN IMMEDIATE; ${LATE_ROW}; DELETE FROM sale WHERE id < 10`);
    const apply = await house.start('apply').hasOpen(house.db);
    await writer.do('COMMIT');
    await apply.end(0);
    house.settles();
    assert.equal(house.value(LATE_CELL), 400);
});

test('A8: apply holds its transaction open, a writer waits and is captured', async (t) => {
    const house = new House(t, {apply: false});
    const apply = await house.pausedAt('capture.before_commit', 'apply');
    const writer = house.writer({timeoutMs: 20_000});
    const waiting = writer.do(`BEGIN IMMEDIATE; ${LATE_ROW}; UPDATE sale SET amount = 2
        WHERE id < 9; COMMIT`);
    apply.go();
    await waiting;
    await apply.end(0);
    house.settles();
    assert.equal(house.value(LATE_CELL), 400);
});

test('A8: rows come between the triggers and each chunk of the first build', async (t) => {
    const house = new House(t, {apply: false, days: 40});
    const apply = await house.pausedAt('snapshot.taken', 'apply');
    house.sql(`${LATE_ROW}; UPDATE sale SET at = '2024-02-11 00:00:00' WHERE id = 3;
               DELETE FROM sale WHERE id = 4`);
    await apply.go().end(0);
    house.settles();
    assert.equal(house.value(LATE_CELL), 400);
});

/* ---- under load ---- */

/* A statement of a writer that does a bit of everything; `i` makes them differ. */
function mixture(i) {
    const shop = ['tokyo', 'phoenix', 'kathmandu'][i % 3];
    const at = `datetime('2024-03-01', '${(i * 7919) % 60000} minutes')`;
    return [
        `INSERT INTO sale(shop, at, amount) VALUES ('${shop}', ${at}, ${i % 50})`,
        `UPDATE sale SET amount = amount + 1, shop = '${shop}' WHERE id % 97 = ${i % 97}`,
        `UPDATE sale SET at = ${at} WHERE id = ${(i * 31) % 6000}`,
        `DELETE FROM sale WHERE id = ${(i * 17) % 6000}`,
        `BEGIN IMMEDIATE; INSERT INTO sale(shop, at, amount) VALUES ('${shop}', ${at}, NULL);
         DELETE FROM sale WHERE id = ${(i * 13) % 6000}; ${i % 2 ? 'COMMIT' : 'ROLLBACK'}`,
    ][i % 5];
}

/* Many cells, so that a MiB of memory is too little for all of history at once. */
const MANY_CELLS = {
    sources: {sale: {from: 'sale', tenant: 'shop', time: 'at'}},
    summaries: {
        daily: {source: 'sale', grains: ['day', 'month'], columns: {tenant: 'shop'},
                measures: {n: 'count', total: 'sum(amount)', least: 'min(amount)',
                    most: 'max(amount)'}},
        folded: {source: 'sale', grains: ['hour', 'day', 'year'], columns: {tenant: 'shop'},
                 measures: {n: 'count', total: 'sum(amount)', mean: 'avg(amount)'}},
    },
    refresh: {memory: '1MiB'},
};

/* The fault: a rebuild that deletes first, or that overwrites what was settled meanwhile. */
test('A9: writers insert, update and delete throughout a rebuild', async (t) => {
    const house = new House(t, {days: 400, spec: MANY_CELLS});
    house.sql(`UPDATE daily_day SET total = total + 1 WHERE total % 3 = 0`);
    const rebuild = await house.pausedAt('build.chunk_done', 'rebuild --wait');
    const writers = [house.writer(), house.writer()];
    rebuild.go();
    let i = 0;
    for (; i < 40 || rebuild.result === null; i++)
        await Promise.all(writers.map((writer, w) => writer.do(mixture(2 * i + w))));
    await rebuild.end(0);
    house.settles();
});

/* The fault: capture that reads or locks another table makes two writers deadlock. The writers
 * wait for each other as they would without trueup (a busy time-out), and none may fail. */
test('A11: four writers change two sources in opposite orders while workers settle', async (t) => {
    const place = new Place(t);
    place.sql(`PRAGMA journal_mode = WAL;
        CREATE TABLE a(id INTEGER PRIMARY KEY, at TEXT, v INTEGER);
        CREATE TABLE b(id INTEGER PRIMARY KEY, at TEXT, v INTEGER);
        INSERT INTO a(at, v) WITH n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 99)
            SELECT datetime('2024-01-01', i || ' hours'), i FROM n;
        INSERT INTO b SELECT id, at, v * 2 FROM a`);
    const measures = {n: 'count', total: 'sum(v)', most: 'max(v)'};
    place.spec({sources: {a: {from: 'a', time: 'at'}, b: {from: 'b', time: 'at'}},
                summaries: {of_a: {source: 'a', grains: ['day'], measures},
                            of_b: {source: 'b', grains: ['day'], measures}}});
    place.run('apply', {code: 0});
    const end = Date.now() + 2000;
    let settled = 0;
    const settling = (async () => {
        for (; Date.now() < end; settled++)
            await place.start('run --once').end(0);
    })();
    const writing = [0, 1, 2, 3].map(async (w) => {
        const writer = place.writer({timeoutMs: 20_000});
        const tables = w % 2 ? ['a', 'b'] : ['b', 'a'];
        for (let i = 0; Date.now() < end; i++)
            await writer.do(`BEGIN IMMEDIATE; ${tables.map((table) => `
                UPDATE ${table} SET v = v + 1 WHERE id = ${(i + w) % 100};
                INSERT INTO ${table}(at, v) VALUES (datetime('2024-01-01', '${i} hours'), ${w});
                DELETE FROM ${table} WHERE id = ${100 + i * 4 + w}`).join(';')}; COMMIT`);
    });
    await Promise.all([settling, ...writing]);
    assert.ok(settled > 0);
    place.run('run --once', {code: 0});
    for (const table of ['a', 'b'])
        place.same(`SELECT bucket, n, total, most FROM of_${table}_day`,
                   `SELECT date(at), count(*), sum(v), max(v) FROM ${table} GROUP BY 1`);
    place.isQuiet();
});

/* ---- net changes ---- */

/* The fault: entries of a savepoint that was rolled back, or one net change counted twice because
 * a trigger of the user's touches the row again. */
test('A12: a savepoint is rolled back', async (t) => {
    const house = new House(t);
    const writer = house.writer();
    await writer.do(`BEGIN; UPDATE sale SET amount = 5 WHERE id < 10; SAVEPOINT s; ${LATE_ROW};
        UPDATE sale SET shop = 'phoenix' WHERE id < 20; DELETE FROM sale WHERE id = 30;
        ROLLBACK TO s; UPDATE sale SET at = '2024-03-02 00:00:00' WHERE id = 2; RELEASE s; COMMIT`);
    house.settles();
});

test('A12: a trigger of the user changes the same row again', (t) => {
    const house = new House(t, {tables: `
        CREATE TRIGGER doubles AFTER INSERT ON sale WHEN NEW.amount = 1000 BEGIN
            UPDATE sale SET amount = 7, at = '2024-03-03 03:00:00' WHERE id = NEW.id; END;
        CREATE TRIGGER follows AFTER UPDATE OF shop ON sale BEGIN
            UPDATE sale SET amount = amount + 1 WHERE id = NEW.id;
            INSERT INTO sale(shop, at, amount) VALUES (OLD.shop, OLD.at, 1); END;
        CREATE TRIGGER returns AFTER DELETE ON sale WHEN OLD.id % 2 = 0 BEGIN
            INSERT INTO sale VALUES (OLD.id, OLD.shop, OLD.at, OLD.amount - 1); END;`});
    house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-09 00:00:00', 1000)`);
    house.sql(`UPDATE sale SET shop = 'tokyo' WHERE id IN (2, 3, 50)`);
    house.sql(`DELETE FROM sale WHERE id BETWEEN 100 AND 105`);
    house.settles();
});

/* The fault: rows that another statement changes on the side (a cascade, a replaced row, the
 * update half of an upsert) never reach the log. (MERGE and ON DUPLICATE KEY: not in SQLite.) */
test('A13: a cascade takes 1,000 children', (t) => {
    const orders = new Orders(t, {tables: `
        DROP TABLE line;
        CREATE TABLE line(id INTEGER PRIMARY KEY, price INTEGER,
            order_id INTEGER REFERENCES orders(id) ON DELETE CASCADE ON UPDATE CASCADE);
        CREATE INDEX line_order ON line(order_id);
        INSERT INTO line(order_id, price) WITH n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n
            WHERE i < 999)
            SELECT 1, i FROM n;
        INSERT INTO line(order_id, price) VALUES (2, 5), (3, 6)`});
    assert.equal(orders.value(`SELECT n FROM lines_day WHERE bucket = '2024-05-01'
        AND tenant = 'a'`), 1000);
    orders.sql(`PRAGMA foreign_keys = ON; UPDATE orders SET id = 22 WHERE id = 2; DELETE
        FROM orders WHERE id = 1`);
    orders.run('run --once', {code: 0});
    assert.deepEqual(orders.sql(`SELECT * FROM lines_day WHERE bucket = '2024-05-01'
        AND tenant = 'a'`), []);
    orders.isTrue();
});

test('A13: a foreign key sets NULL, and the rows leave', (t) => {
    const orders = new Orders(t, {tables: `
        DROP TABLE line;
        CREATE TABLE line(id INTEGER PRIMARY KEY, price INTEGER,
            order_id INTEGER REFERENCES orders(id) ON DELETE SET NULL);
        INSERT INTO line(order_id, price) VALUES (1, 5), (1, 6), (2, 7)`});
    orders.sql(`PRAGMA foreign_keys = ON; DELETE FROM orders WHERE id = 1`);
    orders.run('run --once', {code: 0});
    orders.isTrue();
});

/* Rows with the first columns named: the tables of these tests have one more. */
const ROWS = houseRows(20);
const REPLACING = [
    `INSERT OR REPLACE INTO sale(id, shop, at, amount) VALUES (5, 'tokyo', '2024-03-17 00:00:00',
        900)`,
    `REPLACE INTO sale SELECT id, 'phoenix', at, amount, NULL FROM sale WHERE id BETWEEN 10 AND 60`,
    `INSERT INTO sale(id, shop, at, amount) VALUES (6, 'tokyo', '2024-03-17 00:00:00', 901),
        (70000, 'tokyo', '2024-03-17 00:00:00', 3)
        ON CONFLICT(id) DO UPDATE SET amount = excluded.amount, at = excluded.at`,
    `INSERT INTO sale(id, shop) VALUES (7, 'tokyo') ON CONFLICT DO NOTHING`,
    `INSERT INTO sale(id, shop) VALUES (8, 'tokyo') ON CONFLICT(id) DO UPDATE SET amount = 1
        WHERE 0`,
    `UPDATE OR REPLACE sale SET id = id + 1 WHERE id = 20`,
    `UPDATE OR REPLACE sale SET tag = 'x' WHERE id BETWEEN 30 AND 40`,
    `INSERT OR REPLACE INTO sale VALUES (50, 'tokyo', '2024-03-20 00:00:00', 5, 'x')`,
    `INSERT OR REPLACE INTO sale(shop, at, amount, tag) VALUES ('tokyo', '2024-03-20 00:00:00', 5,
        'x')`,
    `INSERT OR IGNORE INTO sale VALUES (51, 'tokyo', '2024-03-20 00:00:00', 5, 'x')`,
    `UPDATE OR IGNORE sale SET id = id + 1 WHERE id BETWEEN 80 AND 90`,
];
for (const recursive of ['OFF', 'ON'])
    test(`A13, D13: replacing and upserting, recursive_triggers ${recursive}`, (t) => {
        const tables = `ALTER TABLE sale ADD COLUMN tag TEXT; CREATE UNIQUE INDEX sale_tag
            ON sale(tag);`;
        const together = new House(t, {tables: `${tables} ${ROWS}`, days: 0});
        const oneByOne = new House(t, {tables: `${tables} ${ROWS}`, days: 0});
        for (const statement of REPLACING) {
            together.sql(`PRAGMA recursive_triggers = ${recursive}; ${statement}`);
            oneByOne.sql(`PRAGMA recursive_triggers = ${recursive}; ${statement}`);
            oneByOne.run('run --once', {code: 0});
            oneByOne.isRight();
        }
        oneByOne.isTrue();
        together.settles();
    });
