/*
 * What chaos happens to: shops on clocks of their own, sales, visits and orders with lines, and
 * summaries of every way of being kept true.
 *
 *   shop ──▶ tenants, some of them switched off     sale  ──▶ daily (recomputed), folded,
 *   orders ─ line ──▶ lines (joined)                          recent (with `keep`)
 *                                                   visit ──▶ visits (folded, a dimension),
 *                                                             frozen (with `sealed_after`)
 *
 * Three groups, so that three workers have something to share. The clocks have no summer time, so
 * that plain SQL can say the truth: `off` is seconds ahead of UTC, and moves with `tz`.
 */
import assert from 'node:assert/strict';
import {Kept} from '../e2e/daemons.mjs';
import {average, insert, localBucket} from '../e2e/words.mjs';

export const SHOPS = ['s0', 's1', 's2', 's3', 's4', 's5'];
export const CLOCKS = [['Asia/Tokyo', 32400], ['America/Phoenix', -25200],
    ['Asia/Kathmandu', 20700], ['Africa/Lagos', 3600], ['Asia/Kolkata', 19800],
    ['Pacific/Honolulu', -36000], ['UTC', 0]];
export const SUMMARIES = ['daily', 'folded', 'recent', 'lines', 'visits', 'frozen'];

const TABLES = `
    CREATE TABLE shop(id {name} PRIMARY KEY, tz {text}, off {integer}, active {integer});
    CREATE TABLE sale(id {id}, shop {name}, at {instant}, amount {integer});
    CREATE INDEX sale_place ON sale(shop, at);
    CREATE TABLE visit(id {id}, shop {name}, at {instant}, kind {name});
    CREATE INDEX visit_place ON visit(shop, at);
    CREATE TABLE orders(id {id}, shop {name}, at {instant});
    CREATE INDEX orders_place ON orders(shop, at);
    CREATE TABLE line(id {id}, order_id {integer}, qty {integer});
    CREATE INDEX line_order ON line(order_id);`;

/* Rows lie in the days before now, so that nights and repairs of the last days meet them. */
export const DAYS = 20;
const DAY_MS = 86_400_000;

/* ---- the spec ---- */

const of = (source, grains, measures, more) =>
    ({source, grains, columns: {tenant: 'shop'}, measures, ...more});

/* A night begins within a minute or two, on one clock: every run has some. */
function specAt(now) {
    const at = new Date(now + 75_000).toISOString().slice(11, 16);
    return {
        tenants: {table: 'shop', key: 'id', time_zone: 'tz', where: 'active = 1'},
        sources: {
            sale: {from: 'sale', tenant: 'shop', time: 'at'},
            line: {from: 'line', join: ['orders o ON o.id = line.order_id'], tenant: 'o.shop',
                time: 'o.at'},
            visit: {from: 'visit', tenant: 'shop', time: 'at'},
        },
        summaries: {
            daily: of('sale', ['day', 'month'], {n: 'count', total: 'sum(amount)',
                least: 'min(amount)', most: 'max(amount)'}),
            folded: of('sale', ['hour', 'day', 'year'], {n: 'count', total: 'sum(amount)',
                mean: 'avg(amount)'}),
            lines: of('line', ['day', 'month'], {n: 'count', total: 'sum(line.qty)',
                kinds: 'count_distinct(line.qty)'}),
            visits: of('visit', ['hour', 'month'], {n: 'count'}, {dimensions: {kind: 'kind'}}),
            recent: of('sale', ['hour', 'day', 'month'], {n: 'count', total: 'sum(amount)'},
                       {refresh: {keep: {hour: '8d', day: '12d'}}}),
            frozen: of('visit', ['day'], {n: 'count', kinds: 'count_distinct(kind)'},
                       {refresh: {sealed_after: {day: '14d'}}}),
        },
        refresh: {memory: '1MiB', load: '70%', nightly: {at, zone: 'UTC', days: 3}},
    };
}

/* ---- the truth ---- */

const SALES = 'sale s';
const TRUTHS = [
    ['daily', ['day', 'month'], SALES, 's', 'n, total, least, most',
        'count(*), sum(amount), min(amount), max(amount)'],
    ['folded', ['hour', 'day', 'year'], SALES, 's', 'n, total, mean',
        'count(*), sum(amount), {mean}'],
    ['lines', ['day', 'month'], 'line l JOIN orders s ON s.id = l.order_id', 's', 'n, total, kinds',
        'count(*), sum(l.qty), count(DISTINCT l.qty)'],
    ['visits', ['hour', 'month'], 'visit s', 's', 'n', 'count(*)', ', kind'],
    ['recent', ['hour', 'day', 'month'], SALES, 's', 'n, total', 'count(*), sum(amount)'],
    ['frozen', ['day'], 'visit s', 's', 'n, kinds', 'count(*), count(DISTINCT kind)'],
];

const dateOf = (days) => new Date(days * DAY_MS).toISOString().slice(0, 10);

export class Shops extends Kept {
    constructor(t, {database, now}) {
        super(t, {database, apply: false, days: 0});
        this.now = now;
        this.shell('DROP TABLE sale; DROP TABLE shop;');
        this.shell(this.say(TABLES));
        this.shell(insert('shop', SHOPS.map((id, i) => [id, ...CLOCKS[i % CLOCKS.length], 1])));
        this.shell(this.firstRows());
        this.spec(specAt(now));
        this.run('apply', {code: 0});
    }

    /* An instant as a writer says it. */
    instant(chance) {
        const ms = this.now - chance.below(DAYS * 86_400) * 1000;
        return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
    }

    firstRows() {
        const rows = (n, make) => Array.from({length: n}, (_, i) => make(i));
        const at = (i) => new Date(this.now - (i * 9_973_000) % (DAYS * DAY_MS)).toISOString()
            .slice(0, 19).replace('T', ' ');
        const shop = (i) => SHOPS[i % SHOPS.length];
        return insert('sale', rows(3000, (i) => [shop(i), at(i), (i * 37) % 101 - 20]),
                      '(shop, at, amount)') +
            insert('visit', rows(1500, (i) => [shop(i), at(i), `k${i % 4}`]), '(shop, at, kind)') +
            insert('orders', rows(400, (i) => [shop(i), at(i)]), '(shop, at)') +
            insert('line', rows(1200, (i) => [1 + i % 400, i % 9]), '(order_id, qty)');
    }

    /* All tables equal a plain GROUP BY. */
    isRight() {
        const {kind} = this;
        const bounds = this.bounds();
        const day = localBucket(kind, 'day', 's.at', 'h.off');
        this.sameAll(TRUTHS.flatMap(([table, grains, from, s, columns, measures, dimension = '']) =>
            grains.map((grain) => {
                const bucket = localBucket(kind, grain, `${s}.at`, 'h.off');
                const {removed, sealed} = bounds[`${table} ${grain}`] ?? {};
                /* What is sealed is as it was; what is removed is not there. */
                const kept = removed ? `WHERE ${day} >= '${removed}'` : '';
                return {
                    label: `${table}_${grain}`,
                    stored: `SELECT shop, bucket${dimension}, ${columns} FROM ${table}_${grain} ${
                        sealed ? `WHERE bucket >= '${sealed}'` : ''}`,
                    truth: `SELECT s.shop, ${bucket} AS bucket${dimension}, ${
                        measures.replace('{mean}', average(kind, 'amount'))} FROM ${from}
                        JOIN shop h ON h.id = s.shop AND h.active = 1
                        ${sealed ? `WHERE ${day} >= '${sealed}'` : kept}
                        GROUP BY s.shop, ${bucket}${dimension}`,
                };
            })));
    }

    /* The dates before which buckets were removed or sealed, by table and grain. */
    bounds() {
        const rows = this.sql(`SELECT summary, grain, removed_below AS r, sealed_below AS s
            FROM ${this.control('trueup_boundary')}`);
        return Object.fromEntries(rows.map(({summary, grain, r, s}) => [`${summary} ${grain}`,
            {removed: r === null ? null : dateOf(r), sealed: s === null ? null : dateOf(s)}]));
    }

    /* Boundaries were moved at all, and are where the clock says: within a day or two. */
    hasBounds() {
        const ago = (days) => dateOf(Math.floor(Date.now() / DAY_MS) - days);
        const bounds = this.bounds();
        for (const [name, what, days] of [['recent hour', 'removed', 8],
            ['recent day', 'removed', 12], ['frozen day', 'sealed', 14]]) {
            const at = bounds[name]?.[what];
            assert.ok(at && at >= ago(days + 2) && at <= ago(days - 1), `${name}: ${what} ${at}`);
        }
    }

    /* What somebody still has to do: pending changes, builds, jobs. */
    toDo() {
        const count = (what, from) => `SELECT '${what}' AS what, count(*) AS n FROM ${from}`;
        const [builds, jobs] = ['trueup_build', 'trueup_job'].map((table) => this.control(table));
        const rows = this.sql(`${count('builds', builds)} UNION ALL ${count('jobs',
            `${jobs} WHERE status IN ('PENDING', 'RUNNING')`)}`);
        return {...this.pending(),
            ...Object.fromEntries(rows.filter(({n}) => n > 0).map(({what, n}) => [what, n]))};
    }

    /* Nobody falsifies a cell here: whoever says that one drifted has written it wrong. */
    hasNotDrifted() {
        assert.deepEqual(this.sql(`SELECT id, kind, summary, started_at, cells_drifted
            FROM ${this.control('trueup_run')} WHERE cells_drifted > 0 ORDER BY id`), []);
    }
}
