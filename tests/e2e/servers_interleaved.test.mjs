/*
 * Scenarios A7 and D15: two transactions, step by step in every order, at each isolation level, and
 * the same without capture. What a writer's statement returns, and whether it waits, may not
 * depend on capture; and whatever the order was, the summaries become true.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {withChance} from './seed.mjs';
import {Session, SERVERS, begin, interleave, mixtures} from './sessions.mjs';
import {Place} from './trueup.mjs';
import {localBucket} from './words.mjs';

const LEVELS = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'];

/* A joined source: the order says whose and when, the line is what is counted. */
const TABLES = `CREATE TABLE orders(id {integer} PRIMARY KEY, shop {name}, at {instant}, parts
    {integer});
    CREATE TABLE line(id {integer} PRIMARY KEY, order_id {integer}, price {integer});
    CREATE INDEX line_order ON line(order_id); CREATE INDEX orders_place ON orders(shop, at);`;
const SPEC = {
    sources: {line: {from: 'line l', join: ['orders o ON o.id = l.order_id'], tenant: 'o.shop',
        time: 'o.at'}},
    summaries: {lines: {source: 'line', grains: ['day', 'month'], measures: {n: 'count',
        total: 'sum(l.price)', most: 'max(l.price)'}}},
};

/* Orders 10k, 10k + 1, 10k + 2 with their lines are what the interleaving k works on. */
function familiesOf(n) {
    const orders = [], lines = [];
    for (let k = 0; k < n; k++)
        for (let i = 0; i < 3; i++) {
            orders.push(`(${10 * k + i}, '${'aab'[i]}', '2024-05-0${1 + i} 10:00:00', 0)`);
            lines.push(`(${100 * k + 2 * i}, ${10 * k + i}, ${5 + i})`,
                `(${100 * k + 2 * i + 1}, ${10 * k + i}, ${11 * i})`);
        }
    return `INSERT INTO orders VALUES ${orders.join(', ')};
        INSERT INTO line(id, order_id, price) VALUES ${lines.join(', ')};`;
}

/* What the two do: one statement each, or two, between a first look and the commit. */
const FAMILIES = {
    'the parent moves, a child comes': [
        (k) => [`UPDATE orders SET at = '2024-06-09 08:00:00' WHERE id = ${10 * k}`],
        (k) => [`INSERT INTO line(id, order_id, price) VALUES (${100 * k + 50}, ${10 * k}, 17)`]],
    'the parent changes its shop, a child goes': [
        (k) => [`UPDATE orders SET shop = 'b' WHERE id = ${10 * k}`],
        (k) => [`DELETE FROM line WHERE id = ${100 * k + 1}`]],
    'the parent goes, a child goes elsewhere': [
        (k) => [`DELETE FROM orders WHERE id = ${10 * k}`],
        (k) => [`UPDATE line SET order_id = ${10 * k + 1} WHERE id = ${100 * k}`]],
    'a child moves, and both parents': [
        (k) => [`UPDATE line SET order_id = ${10 * k + 2}, price = 3 WHERE id = ${100 * k}`],
        (k) => [`UPDATE orders SET at = '2024-07-07 07:00:00' WHERE id IN (${10 * k},
            ${10 * k + 2})`]],
    'both change the same child': [
        (k) => [`UPDATE line SET price = price + 1, order_id = ${10 * k + 1} WHERE id =
            ${100 * k}`],
        (k) => [`UPDATE line SET price = price * 2, order_id = ${10 * k + 2} WHERE id =
            ${100 * k}`]],
};
const LOOK = 'SELECT count(*) FROM orders WHERE id < 0';

/* D15: a line, then its order's total. With a foreign key InnoDB lets them deadlock by itself. */
const LINE_AND_TOTAL = [0, 1].map((s) => (k) => [
    `INSERT INTO line(id, order_id, price) VALUES (${100 * k + 60 + s}, ${10 * k}, ${5 + s})`,
    `UPDATE orders SET parts = parts + 1, at = '2024-05-1${s} 01:00:00' WHERE id = ${10 * k}`]);

class Orders extends Place {
    async begin(n, more = '') {
        this.sql(this.say(TABLES) + more + familiesOf(n));
        this.sessions = [await Session.open(this), await Session.open(this)];
        return this;
    }

    /* Every order of the steps, each on rows of its own. */
    async all(pair, level, orders, settles) {
        const noticed = [];
        for (const [k, order] of orders.entries()) {
            const steps = pair.map((statements) =>
                [`${begin(this.kind, level)}; ${LOOK}`, ...statements(k), 'COMMIT']);
            noticed.push(await interleave(this.sessions, steps, order, async (i) => {
                if (settles && i === (k * 5) % (order.length + 1))
                    this.run('run --once', {code: 0});
            }));
            for (const session of this.sessions)
                await session.attempt('ROLLBACK');
        }
        return noticed;
    }

    isTrue() {
        this.run('run --once', {code: 0});
        this.sameAll(['day', 'month'].map((grain) => ({
            label: grain,
            stored: `SELECT tenant, bucket, n, total, most FROM lines_${grain}`,
            truth: `SELECT o.shop, ${localBucket(this.kind, grain, 'o.at',
                0)}, count(*), sum(l.price),
                max(l.price) FROM line l JOIN orders o ON o.id = l.order_id GROUP BY 1, 2`,
        })));
        this.isQuiet();
    }
}

/* What both runs said; a notice of who was where is not part of it. */
const comparable = (noticed) => JSON.parse(JSON.stringify(noticed)
    .replace(/(Process|transaction|relation|database) \d+/g, '$1 N').replace(/tuple \(\d+,\d+\)/g,
        'tuple'));

async function compare(t, kind, level, pair, orders, more) {
    const without = await (await Orders.on(kind, t)).begin(orders.length, more);
    const expected = await without.all(pair, level, orders, false);
    const place = await (await Orders.on(kind, t)).begin(orders.length, more);
    place.spec(SPEC).run('apply', {code: 0});
    const noticed = await place.all(pair, level, orders, true);
    for (const [k, order] of orders.entries())
        assert.deepEqual(comparable(noticed[k]), comparable(expected[k]),
            `${level}, order ${order}`);
    place.isTrue();
    return noticed;
}

/* Of the orders a usual run takes some by chance, of each family others; all of them are taken where
 * TRUEUP_TEST_ALL is set, as `make soak` does. */
const SAMPLE = {A7: 6, D15: 5};

function chosen(all, n, chance) {
    if (process.env.TRUEUP_TEST_ALL)
        return all;
    const left = [...all];
    return Array.from({length: n}, () => left.splice(chance.below(left.length), 1)[0]);
}

/* The fault: capture that reads or locks the other table: waits, deadlocks, serialization failures
 * that were not there; or images joined with rows of another moment. A worker settles somewhere
 * in each. */
for (const kind of SERVERS)
    for (const level of LEVELS)
        test(`${kind}: A7: orders of two transactions at ${level}`,
            (t) => withChance(`A7 ${kind} ${level}`, async (chance) => {
            const noticed = [];
            for (const pair of Object.values(FAMILIES))
                noticed.push(await compare(t, kind, level, pair,
                    chosen(mixtures(3, 3), SAMPLE.A7, chance)));
            assert.match(JSON.stringify(noticed), /"waited, /,
                'nobody ever waited: nothing was compared');
        }));

const FOREIGN_KEYS = ['',
    'ALTER TABLE line ADD CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders(id);'];
for (const kind of SERVERS)
    test(`${kind}: D15: a line is inserted, then its order updated, by two sessions`,
        (t) => withChance(`D15 ${kind}`, async (chance) => {
        for (const level of LEVELS)
            for (const more of FOREIGN_KEYS)
                await compare(t, kind, level, LINE_AND_TOTAL,
                    chosen(mixtures(4, 4), SAMPLE.D15, chance), more);
    }));
