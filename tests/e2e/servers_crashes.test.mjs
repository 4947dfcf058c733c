/*
 * Servers that are killed, with all their processes, while trueup settles, builds and repairs and
 * writers write, who come again with what was not done. What was committed before is there
 * afterwards; and whatever the worker had in hand, the end equals a plain GROUP BY. (Commands that
 * go on by themselves after a restart: servers_restart.)
 */
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {withChance} from './seed.mjs';
import {begin, onServers} from './sessions.mjs';
import {House, until} from './trueup.mjs';

/* What is committed is kept, unlike by the servers of other tests. */
const DURABLE = {postgresql: ['-c', 'synchronous_commit=on'],
    mariadb: ['--innodb-flush-log-at-trx-commit=1']};
const FALSIFY = `UPDATE daily_day SET total = total + 1 WHERE shop = 'tokyo';
    DELETE FROM folded_hour WHERE n = 1`;
const DATES = '--from 2024-02-28 --to 2024-04-10';
const KEPT = `SELECT count(*) AS n FROM daily_day`;
const TABLES = ['daily_day', 'daily_month', 'folded_hour', 'folded_day', 'folded_year'];

/* ---- writers that come again ---- */

/* Each of their transactions has a number and is a client of its own; one whose end they did not
 * see is done again, and does nothing if it had been committed. */
class Writers {
    constructor(house, chance) {
        Object.assign(this, {house, chance});
        this.isOver = false;
        this.isGone = false;
        this.done = 0;
        this.failed = 0;
        house.sql(house.say(`CREATE TABLE ledger(n {integer} PRIMARY KEY){options}`));
        this.running = [0, 1, 2].map((which) => this.write(1_000_000 * (which + 1)));
    }

    transaction(n) {
        const {chance, house: {kind}} = this;
        const [a, b] = [0, 1].map(() => chance.of(['tokyo', 'phoenix', 'kathmandu']));
        const at = `2024-03-${10 + chance.below(20)} ${10 + chance.below(14)}:15:00`;
        const id = 1 + chance.below(170);
        const isNew = `NOT EXISTS (SELECT 1 FROM ledger WHERE n = ${n})`;
        return `${begin(kind)};
            INSERT INTO sale(shop, at, amount) SELECT '${a}', '${at}', ${n % 50} WHERE ${isNew};
            UPDATE sale SET shop = '${b}', amount = amount + 1 WHERE id = ${id} AND ${isNew};
            DELETE FROM sale WHERE id = ${id + 1} AND ${n} % 9 = 0 AND ${isNew};
            INSERT INTO ledger SELECT ${n} WHERE ${isNew};
            COMMIT;`;
    }

    attempt(sql) {
        const {file, argv, env} = this.house.database.client();
        return new Promise((resolve) => {
            const child = execFile(file, argv, {env: {...process.env, ...env}, timeout: 20_000},
                (error) => resolve(!error));
            child.stdin.on('error', () => {});
            child.stdin.end(sql);
        });
    }

    async write(from) {
        for (let n = from; !this.isOver && !this.isGone; n++) {
            const sql = this.transaction(n);
            while (!await this.attempt(sql) && !this.isGone)
                this.failed++;
            this.done++;
        }
    }

    /* They have written since. */
    goOn() {
        const {done} = this;
        return until('the writers to write', () => this.done > done + 5);
    }

    /* All that they were told to be committed is there. */
    async end() {
        this.isOver = true;
        await Promise.all(this.running);
        assert.equal(this.house.value('SELECT count(*) AS n FROM ledger'), this.done);
        assert.ok(this.failed > 0, 'no writer ever noticed a crash');
    }
}

/* A place with a server of its own; the writers end with the test, however that ends. */
async function busyHouse(t, kind, chance, options) {
    const house = await House.on(kind, t, {days: 12, server: DURABLE[kind], ...options});
    if (kind === 'postgresql')
        assert.equal(house.value('SHOW synchronous_commit'), 'on');
    const writers = new Writers(house, chance);
    house.finally.push(() => { writers.isGone = true; });
    return {house, writers, server: house.database.own};
}

/* Again until it is done: what the crashed server still had of it may be in its way. */
async function untilDone(house, line) {
    await until(`${line} to be done`, async () => {
        const {code, err} = await house.start(line).end();
        assert.ok(code === 0 || code === 3, `${line}: ${code}: ${err}`);
        return code === 0 && !/another worker/.test(err);
    });
}

/* ---- at stop points ---- */

const WORK = [
    ['run --once', ['entries.taken', 'cells.written', 'apply.before_commit', 'apply.after_commit']],
    [`repair ${DATES}`, ['cells.computed', 'apply.before_commit']],
    ['rebuild --wait', ['turn.taken', 'build.chunk_done']],
];

/* Nothing is doubled, nothing lost, whatever is still pending; a rebuild would hide it. */
const nothingDrifts = (house) =>
    assert.deepEqual(house.json('verify', {code: 0}).drift, []);

/* The fault: half a batch; entries that are gone although their cells were not written, or that are
 * there again although they were; a bucket that is built and is not. */
onServers('crash: the server dies while a worker settles, repairs, rebuilds, writers at work',
    (t, kind) => withChance(`crashes ${kind}`, async (chance) => {
    const {house, writers, server} = await busyHouse(t, kind, chance);
    for (const [line, points] of WORK)
        for (const point of points) {
            await writers.goOn();
            if (!line.startsWith('run'))
                house.sql(FALSIFY);
            const worker = await house.pausedAt(point, line);
            await server.crash();
            await server.again();
            const {code, err} = await worker.go().end();
            assert.ok(code === 0 || code === 3, `${line} at ${point}: ${code}: ${err}`);
            await untilDone(house, line);
            nothingDrifts(house);
        }
    await writers.end();
    house.settles();
}));

/* The fault: a build that begins anew, or that takes for built what the crash took back. */
onServers('crash: the server dies while history is built, writers at work',
    (t, kind) => withChance(`crashes, building ${kind}`, async (chance) => {
    const {house, writers, server} = await busyHouse(t, kind, chance, {apply: false});
    const points = ['capture.before_commit', 'cells.written', 'build.chunk_done'];
    for (const point of points) {
        await writers.goOn();
        const worker = await house.pausedAt(point, 'apply');
        await server.crash();
        await server.again();
        const {code, err} = await worker.go().end();
        assert.ok(code === 0 || code === 3, `${point}: ${code}: ${err}`);
        await untilDone(house, 'apply');
        await untilDone(house, 'run --once');
        assert.ok(house.value(KEPT) > 0);
        nothingDrifts(house);
        if (point === points.at(-1))
            break;
        /* Writers are in this process: a command that waits for them must not stop them. */
        await untilDone(house, 'drop --yes');
        /* What an apply made before the crash, drop may take for the user's own. */
        house.sql(TABLES.map((table) => `DROP TABLE IF EXISTS ${table}`).join(';'));
    }
    await writers.end();
    house.settles();
}));

/* ---- at any moment ---- */

const CRASHES = 4;
/* Between two: a crash in the middle of nothing tells nothing. */
const WORKING_MS = 300;

onServers(`crash: the server dies ${CRASHES} times at any moment, two workers and writers at work`,
    (t, kind) => withChance(`crashes at any moment ${kind}`, async (chance) => {
    const {house, writers, server} = await busyHouse(t, kind, chance);
    let isOver = false;
    const working = [0, 1].map(async () => {
        while (!isOver) {
            const {code, err} = await house.start('run --once').end();
            assert.ok(code === 0 || code === 3, `${code}: ${err}`);
        }
    });
    house.finally.push(() => { isOver = true; });
    for (let i = 0; i < CRASHES; i++) {
        const moment = Date.now() + chance.below(WORKING_MS);
        await writers.goOn();
        await until('the moment', () => Date.now() >= moment);
        await server.crash();
        await server.again();
        nothingDrifts(house);
    }
    isOver = true;
    await Promise.all(working);
    await writers.end();
    house.settles();
}));
