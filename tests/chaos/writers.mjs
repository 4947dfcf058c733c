/*
 * Writers: each starts a client, gives it a few transactions, and comes again; whatever becomes of
 * the server. What was committed is in the tables, and nothing else is asked of them.
 */
import {execFile} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import {Chance} from '../e2e/seed.mjs';
import {SHOPS} from './shops.mjs';

const TRANSACTIONS = 8;
const LONGEST_MS = 120_000;
const REST_MS = 150;

/* Each clients' way of going on after an error, since writers meet deadlocks and full tables of
 * locks, and how a transaction begins. */
const KINDS = {
    sqlite: {begin: 'BEGIN IMMEDIATE',
        client: ({file}) => ({file: 'sqlite3', argv: ['-batch', file], env: {}}),
        head: '.timeout 20000\n'},
    postgresql: {begin: 'BEGIN',
        client: (database) => {
            const {argv, ...client} = database.client();
            return {...client, argv: argv.filter((word) => !/^(-v|ON_ERROR_STOP=1)$/.test(word))};
        },
        head: `SET lock_timeout = '20s';\n`},
    mariadb: {begin: 'START TRANSACTION',
        client: (database) => database.client(['--force', '--skip-reconnect']),
        head: 'SET innodb_lock_wait_timeout = 20;\n'},
};

/* ---- what they write ---- */

const thinned = (table) => (c) => `DELETE FROM ${table} WHERE id % 7 = ${c.below(7)}`;
const some = (c, n) => `id % ${n} = ${c.below(n)}`;

/* How often of all, and the statement. Thinning keeps the tables from growing for an hour. */
const STATEMENTS = [
    [24, (c, shops) => `INSERT INTO sale(shop, at, amount) VALUES ${Array.from(
        {length: 1 + c.below(12)}, () =>
            `('${c.of(SHOPS)}', '${shops.instant(c)}', ${c.below(200) - 50})`)}`],
    [10, (c) => `UPDATE sale SET amount = amount + ${1 + c.below(9)} WHERE ${some(c, 197)}`],
    [6, (c) => `UPDATE sale SET shop = '${c.of(SHOPS)}' WHERE ${some(c, 397)}`],
    [6, (c, shops) => `UPDATE sale SET at = '${shops.instant(c)}' WHERE ${some(c, 397)}`],
    [6, (c) => `DELETE FROM sale WHERE ${some(c, 97)}`],
    [10, (c, shops) => `INSERT INTO visit(shop, at, kind) VALUES ('${c.of(SHOPS)}',
        '${shops.instant(c)}', 'k${c.below(5)}')`],
    [4, (c) => `UPDATE visit SET kind = 'k${c.below(5)}' WHERE ${some(c, 97)}`],
    [3, (c) => `DELETE FROM visit WHERE ${some(c, 97)}`],
    [8, (c, shops) => `INSERT INTO orders(shop, at) VALUES ('${c.of(SHOPS)}',
        '${shops.instant(c)}')`],
    [10, (c) => `INSERT INTO line(order_id, qty) SELECT id, ${c.below(9)} FROM orders
        WHERE ${some(c, 61)}`],
    [6, (c, shops) => `UPDATE orders SET shop = '${c.of(SHOPS)}', at = '${shops.instant(c)}'
        WHERE ${some(c, 97)}`],
    [4, (c) => `UPDATE line SET qty = qty + 1, order_id = order_id + ${c.below(2)}
        WHERE ${some(c, 97)}`],
    [3, (c) => `DELETE FROM line WHERE ${some(c, 53)}`],
    [2, (c) => `DELETE FROM orders WHERE ${some(c, 97)}`],
    ...['sale', 'visit', 'orders', 'line'].map((table) => [1, thinned(table)]),
];

/* One of rows [weight, ...], as often as its weight says. */
export function weighed(chance, rows) {
    let left = chance.below(rows.reduce((sum, [weight]) => sum + weight, 0));
    return rows.find(([weight]) => (left -= weight) < 0);
}

function transaction(chance, shops) {
    const statements = Array.from({length: 1 + chance.below(4)},
        () => weighed(chance, STATEMENTS)[1](chance, shops));
    return [KINDS[shops.kind].begin, ...statements, chance.below(10) > 0 ? 'COMMIT' : 'ROLLBACK']
        .join(';\n');
}

/* ---- the writers ---- */

export class Writers {
    constructor(shops, n) {
        this.shops = shops;
        this.isOver = false;
        this.bursts = 0;
        this.failed = 0;
        this.running = Array.from({length: n}, (_, i) => this.write(new Chance(`writer ${i}`)));
    }

    /* One client to its end. It fails where the server is gone, or told a statement so. */
    burst(sql) {
        const {database, kind} = this.shops;
        const {file, argv, env} = KINDS[kind].client(database);
        return new Promise((resolve) => {
            const child = execFile(file, argv, {env: {...process.env, ...env},
                timeout: LONGEST_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 26},
            (error) => resolve(!error));
            child.stdin.on('error', () => {});
            child.stdin.end(`${KINDS[kind].head}${sql}`);
        });
    }

    async write(chance) {
        while (!this.isOver) {
            const sql = Array.from({length: TRANSACTIONS}, () => transaction(chance, this.shops));
            this.bursts++;
            this.failed += !await this.burst(`${sql.join(';\n')};\n`);
            await sleep(chance.below(REST_MS));
        }
    }

    /* Whatever they have in hand is done, or not. */
    async end() {
        this.isOver = true;
        await Promise.all(this.running);
        return {bursts: this.bursts, failed: this.failed};
    }
}
