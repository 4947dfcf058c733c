/*
 * What `trueup run` does beside settling, on every database: jobs, builds, nights, periods, pauses;
 * by one daemon or several, stopped and killed in the middle.
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';
import {until} from './processes.mjs';
import {HOUSE_SPEC} from './trueup.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const FALSIFY = `UPDATE daily_day SET total = 999 WHERE shop = 'tokyo' AND bucket = '2024-03-03'`;

function ask(house, columns, ...rows) {
    house.shell(`INSERT INTO ${house.control('trueup_job')}(${columns}) VALUES ${
        rows.map((row) => `(${row})`).join(', ')}`);
}

/* ---- jobs ---- */

onEach('jobs asked for with SQL are done, those that cannot be are FAILED', async (house) => {
    const daemon = await house.daemon();
    house.shell(FALSIFY);
    ask(house, 'kind, summary', `'repair', 'daily'`, `'rebuild', NULL`, `'nonsense', 'daily'`);
    ask(house, 'kind, summary, range_from, range_to',
        `'repair', 'daily', '2024-03-01', '2024-03-09'`);
    await house.jobIs(1, 'COMPLETED');
    await house.jobIs(2, 'COMPLETED');
    await house.jobIs(3, 'FAILED');
    await house.jobIs(4, 'COMPLETED');
    await house.becomesRight();
    await daemon.stop();
    house.isTrue();
    assert.deepEqual(house.runs().filter(({status}) => status === 'STARTED'), []);
});

onEach('rebuild queues, and a daemon does it; writers go on meanwhile', async (house) => {
    const daemon = await house.daemon();
    house.run('rebuild', {code: 0});
    for (let i = 0; i < 8; i++)
        house.shell(`UPDATE sale SET amount = amount + 1 WHERE id % 8 = ${i}`);
    await house.jobIs(1, 'COMPLETED');
    await house.becomesRight();
    await daemon.stop();
    house.isTrue();
}, {days: 400, spec: {refresh: {memory: '1MiB', load: '50%'}}});

onEach('a rebuild whose daemon is killed, or stopped by a signal, goes on in the next', async (house) => {
    for (const [i, how] of ['SIGKILL', 'SIGTERM'].entries()) {
        house.shell(FALSIFY);
        house.run('rebuild', {code: 0});
        const first = house.start('run', {stop: 'build.chunk_done:pause'});
        await first.paused();
        first.signal(how);
        if (how === 'SIGTERM')
            await first.go().end(143);
        else
            await first.end();
        const next = await house.daemon();
        await house.jobIs(i + 1, 'COMPLETED');
        await house.becomesRight();
        await next.stop();
    }
    house.isTrue();
    assert.deepEqual(house.runs().filter(({status}) => status === 'STARTED'), []);
}, {days: 200, spec: {refresh: {memory: '1MiB'}}});

onEach('apply --no-build: a daemon builds what is missing, and settles what comes', async (house) => {
    house.run('apply --no-build', {code: 0});
    const daemon = await house.daemon();
    house.shell(`UPDATE sale SET amount = amount + 1 WHERE shop = 'tokyo'`);
    await house.becomesRight();
    await daemon.says('build.done');
    await daemon.stop();
    house.isTrue();
}, {apply: false, days: 100});

/* The fault: a pause that somebody does not obey; a resume that nobody notices. */
onEach('pause is obeyed by a daemon, resume makes it go on', async (house) => {
    const daemon = await house.daemon();
    await house.becomesRight();
    house.run('pause --summary daily', {code: 0});
    const before = house.sql('SELECT shop, bucket, n, total FROM daily_day ORDER BY shop, bucket');
    house.shell(`UPDATE sale SET amount = amount + 1`);
    house.run('rebuild --summary daily', {code: 0});
    await until('the other summary to follow', async () => {
        await wait(50);
        return house.value('SELECT sum(total) FROM folded_day') ===
            house.value('SELECT sum(amount) FROM sale');
    });
    await wait(1200);
    assert.deepEqual(
        house.sql('SELECT shop, bucket, n, total FROM daily_day ORDER BY shop, bucket'), before);
    assert.equal(house.jobs()[0].status, 'PENDING');
    house.run('pause', {code: 0});
    house.shell(`UPDATE sale SET amount = amount + 1`);
    house.run('resume', {code: 0});
    await house.jobIs(1, 'COMPLETED');
    await house.becomesRight();
    await daemon.stop();
    house.isTrue();
});

/* ---- nights and periods ---- */

/* Seconds from now to the next 04:00 in Tokyo, which has no summer time; less some. */
function beforeNight(seconds) {
    const inDay = (Date.now() / 1000 + 9 * 3600) % 86400;
    return Math.floor((4 * 3600 - inDay + 86400) % 86400) - seconds;
}

const NIGHTLY = {spec: {refresh: {nightly: {at: '04:00', zone: 'Asia/Tokyo', days: 3650},
    grace: '1h'}}};

onEach('a night is repaired when it begins, once by two daemons, and is missed by nobody for long',
    async (house) => {
        const night = () => house.runs().filter(({kind}) => kind === 'nightly');
        house.run('run --once', {code: 0}); /* the last night: nobody knows that it was done */
        assert.equal(night().length, 2, 'one a summary');
        house.run('run --once', {code: 0});
        assert.equal(night().length, 2);
        house.shell(FALSIFY);
        const env = {TRUEUP_NOW: String(beforeNight(2))};
        const daemons = [await house.daemon('', {env}), await house.daemon('', {env})];
        await until('the night to be repaired', async () => {
            await wait(50);
            return night().length >= 4;
        });
        await house.becomesRight();
        for (const daemon of daemons)
            await daemon.stop();
        assert.equal(night().length, 4, JSON.stringify(night()));
        assert.deepEqual(new Set(night().map(({status}) => status)), new Set(['COMPLETED']));
        house.isTrue();
        /* Two days later nobody has done the nights since: that is an alarm, until it is caught up. */
        const later = {TRUEUP_NOW: String(beforeNight(0) + 2 * 86400 + 7200)};
        const status = house.json('status', {code: 1, env: later});
        assert.deepEqual(status.nights.map(({summary, zone}) => [summary, zone]),
            [['daily', 'Asia/Tokyo'], ['folded', 'Asia/Tokyo']]);
        assert.match(house.run('status', {code: 1, env: later}).out, /night of Asia\/Tokyo is late/);
        const last = await house.daemon('', {env: later});
        await last.says('night.late', 2);
        await until('it to be caught up', async () => {
            await wait(50);
            return night().length >= 6;
        });
        await last.stop();
        house.run('status', {code: 0, env: later});
    }, NIGHTLY);

onEach('nights of tenants that are due together are one run', async (house) => {
    house.run('run --once', {code: 0});
    const runs = house.runs().filter(({kind}) => kind === 'nightly');
    assert.ok(runs.length >= 2 && runs.length < 6, 'fewer than summaries times zones');
    const env = {TRUEUP_NOW: String(3 * 86400)};
    const daemon = await house.daemon('', {env});
    await until('three zones and two summaries', async () => {
        await wait(50);
        const {night} = house.sql(`SELECT min(night) AS night, count(*) AS n
            FROM ${house.control('trueup_night')}`)[0];
        return night >= Math.floor(Date.now() / 86400_000) + 1;
    });
    await daemon.stop();
    house.isTrue();
}, {spec: {refresh: {nightly: {at: '04:00', zone: 'tenant', days: 2}}}});

onEach('capture: none: what is within the window is repaired by itself', async (house) => {
    const daemon = await house.daemon();
    const now = new Date().toISOString().slice(0, 19).replace('T', ' ');
    house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '${now}', 5)`);
    await house.becomesRight();
    house.shell(`UPDATE sale SET amount = 6 WHERE amount = 5 AND at >= '2025-01-01'`);
    await house.becomesRight();
    await daemon.stop();
}, {spec: {sources: {sale: {...HOUSE_SPEC.sources.sale, capture: 'none'}},
    refresh: {every: '500ms', window: {hour: '24h', day: '7d', month: '2mo', year: '1y'}}}});

/* ---- what is old ---- */

onEach('runs whose worker died are closed, those that are old are forgotten', async (house) => {
    const run = house.control('trueup_run');
    house.shell(`INSERT INTO ${run}(kind, status, started_at, worker)
        VALUES ('repair', 'STARTED', '2024-01-01 00:00:00', 'elsewhere:1');
        INSERT INTO ${run}(kind, status, started_at, finished_at)
        VALUES ('repair', 'COMPLETED', '2020-01-01 00:00:00', '2020-01-01 00:00:01')`);
    const daemon = await house.daemon();
    await until('both', async () => {
        await wait(50);
        return house.value(`SELECT count(*) FROM ${run} WHERE status = 'STARTED'
            OR started_at < '2021-01-01'`) === 0;
    });
    await daemon.stop();
    assert.ok(house.runs().every(({finished_at}) => finished_at === null ||
        finished_at > '2024'));
}, {days: 3, spec: {refresh: {keep_runs: '1000d'}}});

