/*
 * Rounds of settling on servers: how many turns they take, that they end, and that they succeed
 * however long a worker computes.
 */
import assert from 'node:assert/strict';
import {onServers, shifted} from './sessions.mjs';
import {House, until} from './trueup.mjs';

const BATCH = 100;
const BACKLOG = 2500;

/* Rows on twenty days of one shop. */
const rows = (kind, n, amount = 3) => {
    const series = {
        postgresql: `SELECT n FROM generate_series(1, ${n}) AS g(n)`,
        mariadb: `SELECT seq AS n FROM seq_1_to_${n}`,
    }[kind];
    return `INSERT INTO sale(shop, at, amount) SELECT 'tokyo',
        ${shifted(kind, `TIMESTAMP '2024-03-01 10:00:00'`, 'n % 20', 'day')}, ${amount}
        FROM (${series}) AS s`;
};

const turn = (house) => house.value(`SELECT sum(turn) AS n FROM ${house.control('trueup_group')}`);

/* Turns that a command takes. */
function turnsOf(house, line, options = {code: 0}) {
    const before = turn(house);
    house.run(line, options);
    return turn(house) - before;
}

const BIG = '9000000000000000000';
const oneRow = (amount) => `INSERT INTO sale(shop, at, amount)
    VALUES ('tokyo', '2024-03-05 10:30:00', ${amount})`;

onServers('one late row takes one turn, for what folds and for what does not; no row takes none',
    async (t, kind) => {
    const house = await House.on(kind, t);
    assert.equal(turnsOf(house, 'run --once'), 0);
    for (const sql of [oneRow(4), `UPDATE sale SET amount = 1000 WHERE id = 7`,
        `DELETE FROM sale WHERE id = 7`]) {
        house.sql(sql);
        assert.equal(turnsOf(house, 'run --once'), 1, sql);
        house.isRight();
    }
    house.isTrue();
});

/* The fault: a bucket that is parked for an hour stays wrong although its row was corrected and
 * its entry settled. */
onServers('a parked bucket is mended by the change that corrects it, and leaves the list',
    async (t, kind) => {
    const house = await House.on(kind, t);
    house.sql(oneRow(BIG));
    house.sql(oneRow(BIG));
    house.run('run --once', {code: 1});
    assert.ok(house.pending().trueup_pending > 0);
    house.sql(`UPDATE trueup_pending SET next_attempt_at =
        ${shifted(kind, 'CURRENT_TIMESTAMP', 1, 'day')}`);
    /* Others go on meanwhile, in one turn. */
    house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-09 10:30:00', 5)`);
    house.run('run --once');
    assert.equal(house.value(`SELECT count(*) AS n FROM daily_day
        WHERE shop = 'phoenix' AND bucket = '2024-03-09' AND n = 6`), 1);
    house.sql(`DELETE FROM sale WHERE amount = ${BIG}`);
    house.settles();
});

/* The fault: places that settled entries left are given to new ones, which are then taken before
 * what was there when settling began, so that it goes on as long as anybody writes. */
onServers('a run goes through the log once: new entries in old places come later',
    async (t, kind) => {
    const house = await House.on(kind, t, {spec: {refresh: {batch: {min: 1, max: BATCH}}}});
    house.sql(rows(kind, 2 * BACKLOG));
    const before = turn(house);
    const worker = house.start('run --once', {stop: `apply.after_commit:kill:${2 * BACKLOG / BATCH}`});
    await until('some turns', () => turn(house) > before + 1);
    worker.signal('SIGSTOP');
    if (kind === 'postgresql')
        house.sql('VACUUM trueup_change_sale');
    house.sql(rows(kind, BATCH, 7));
    worker.go();
    assert.equal((await worker.closed).signal, 'SIGKILL');
    assert.equal(turn(house) - before, 2 * BACKLOG / BATCH);
    assert.deepEqual(house.sql(`SELECT amount, count(*) AS n FROM trueup_change_sale
        GROUP BY amount`), [{amount: 7, n: BATCH}]);
    house.settles();
});

/* The fault: the server ends the session of a worker that computes longer than it may stand still
 * while others wait for it, on every try: nothing is ever settled. */
const STANDING_STILL_MS = {postgresql: 5500, mariadb: 20_500};

onServers('a worker may compute longer than it may hold up others', async (t, kind) => {
    const house = await House.on(kind, t);
    house.sql(rows(kind, BACKLOG));
    const worker = await house.pausedAt('cells.computed', 'run --once');
    const end = Date.now() + STANDING_STILL_MS[kind];
    await until('the time to pass', () => Date.now() > end);
    await worker.go().end(0);
    house.isTrue();
});

/* The other side of it: from its turn on others wait. */
onServers('a worker that stands still after its turn is let go of in seconds', async (t, kind) => {
    const house = await House.on(kind, t);
    house.sql(oneRow(4));
    const worker = await house.pausedAt('turn.taken', 'run --once');
    await until('the turn to be free', () => {
        const sql = `UPDATE trueup_group SET turn = turn`;
        const wait = {postgresql: `SET lock_timeout = '500ms'; ${sql}`,
            mariadb: `SET innodb_lock_wait_timeout = 1; ${sql}`}[kind];
        const said = house.shell(wait, {may: true});
        return !/lock/i.test(said);
    }, 15_000);
    await worker.signal('SIGKILL').closed;
    house.settles();
});

/* The fault: a batch of what was parked or put on the list is as large as it happens to be, whatever
 * `memory` says. */
const MEMORY_MIB = 2;
const CODES = 30_000;
const CODE_BYTES = 200;
/* Seven eighths of the memory are for cells, of which each has its own code; it is looked at once in
 * so many rows. */
const MOST_ROWS_A_TURN = MEMORY_MIB * 2 ** 20 * 7 / 8 / CODE_BYTES + 4096;

onServers('what is on the list is recomputed in parts that fit into memory', async (t, kind) => {
    const text = {postgresql: 'text', mariadb: 'varchar(250)'}[kind];
    const house = await House.on(kind, t, {
        days: 0, apply: false, tables: `ALTER TABLE sale ADD COLUMN code ${text};`,
        spec: {
            refresh: {memory: `${MEMORY_MIB}MiB`},
            summaries: {codes: {source: 'sale', grains: ['day', 'month'],
                dimensions: {code: 'code'}, measures: {n: 'count', most: 'max(amount)'}}},
        },
    });
    const series = {
        postgresql: `SELECT n FROM generate_series(1, ${CODES}) AS g(n)`,
        mariadb: `SELECT seq AS n FROM seq_1_to_${CODES}`,
    }[kind];
    house.sql(`INSERT INTO sale(shop, at, amount, code) SELECT 'tokyo',
        ${shifted(kind, `TIMESTAMP '2023-01-01 10:00:00'`, 'n % 200', 'day')}, n,
        concat(repeat('c', ${CODE_BYTES}), n) FROM (${series}) AS s`);
    house.run('apply', {code: 0});
    house.sql(`UPDATE codes_day SET most = most + 1 WHERE most % 10 = 0`);
    /* 200 days on the list, all at once, if there were memory for as many. */
    house.sql(`INSERT INTO ${house.control('trueup_pending')}(source, summary, tenant, tenant_key, bucket,
        noted_at) SELECT DISTINCT 'sale', 'codes', tenant, concat('t', tenant), ${
            {postgresql: 'bucket::text, now()', mariadb: 'CAST(bucket AS char), UTC_TIMESTAMP()'}[kind]}
        FROM codes_day`);
    const turns = turnsOf(house, 'run --once');
    t.diagnostic(`${turns} turns`);
    assert.ok(turns > CODES / MOST_ROWS_A_TURN, `${turns} turns`);
    house.same(`SELECT sum(n) AS n, sum(most) AS most FROM codes_day`,
        `SELECT count(*) AS n, sum(amount) AS most FROM sale`);
    assert.deepEqual(house.pending(), {});
    house.run('verify', {code: 0});
});
