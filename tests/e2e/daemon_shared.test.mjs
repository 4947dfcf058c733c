/*
 * What people see of a daemon's work from beside it, on every database: who is at work, and a rebuild that
 * is waited for.
 */
import assert from 'node:assert/strict';
import os from 'node:os';
import {onEach} from './daemons.mjs';
import {until} from './processes.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const FALSIFY = `UPDATE daily_day SET total = 999 WHERE shop = 'tokyo' AND bucket = '2024-03-03'`;
const IN_CHUNKS = {days: 200, spec: {refresh: {memory: '1MiB'}}};

onEach('rebuild --wait waits for the daemon that does it', async (house) => {
    const daemon = await house.daemon();
    house.shell(FALSIFY);
    await until('the daemon to be seen', async () => {
        await wait(50);
        return house.json('status', {code: 0}).workers.length === 1;
    });
    const rebuild = house.start('--json rebuild --wait');
    const {out, err} = await rebuild.end(0);
    const done = JSON.parse(out);
    assert.deepEqual([done.cells_drifted, done.failed], [1, []]);
    const cells = house.json('verify', {code: 0}).cells_checked;
    assert.ok(done.cells_checked >= cells, `${done.cells_checked} of ${cells}`);
    assert.ok(done.cells_written >= 1);
    assert.match(err, /^trueup: job 1: COMPLETED, 100 %$/m);
    const [job] = house.jobs();
    assert.deepEqual([job.status, job.worker], ['COMPLETED', `${os.hostname()}:${daemon.pid}`]);
    assert.match(house.run('rebuild --wait --summary daily', {code: 0}).out,
        /^rebuilt by the daemon: [1-9]\d* cells checked, 0 drifted, 0 written$/m);
    house.run('pause --summary daily', {code: 0});
    assert.match(house.run('rebuild --wait', {code: 2}).err, /summary daily is paused/);
    assert.equal(house.jobs().length, 2, 'nothing was queued');
    house.run('resume', {code: 0});
    await daemon.stop();
    house.isTrue();
}, IN_CHUNKS);

/* The fault: whoever waits waits for ever. */
onEach('a rebuild whose daemon dies is done by who waits for it', async (house) => {
    const daemon = house.start('run', {stop: 'build.chunk_done:pause'});
    await until('the daemon to be seen', async () => {
        await wait(50);
        return house.json('status').workers.length === 1;
    });
    house.shell(FALSIFY);
    const rebuild = house.start('rebuild --wait');
    await daemon.paused();
    await rebuild.says(/job 1: RUNNING/);
    daemon.signal('SIGKILL');
    await daemon.end();
    await rebuild.end(0);
    assert.equal(house.jobs()[0].status, 'COMPLETED');
    assert.equal(house.jobs()[0].worker, `${os.hostname()}:${rebuild.pid}`);
    house.isTrue();
}, IN_CHUNKS);

onEach('status says who is at work, and at what', async (house) => {
    assert.deepEqual(house.json('status', {code: 0}).workers, []);
    const daemon = await house.daemon();
    const worker = `${os.hostname()}:${daemon.pid}`;
    const seen = () => house.json('status').workers;
    await until('the daemon to be seen', async () => {
        await wait(50);
        return seen().length === 1;
    });
    const [{host, pid, since, doing}] = seen();
    assert.deepEqual([host, pid, doing], [os.hostname(), daemon.pid, 'settling']);
    assert.ok(Math.abs(Date.now() - Date.parse(since)) < 120_000, since);
    assert.ok(house.run('status').out.includes(`worker ${worker} since `));
    await daemon.stop();
    assert.deepEqual(seen(), [], 'it has gone');

    const other = await house.pausedAt('cells.computed', 'repair --date 2024-03-03');
    const repairs = seen();
    assert.deepEqual([repairs.length, repairs[0].pid, repairs[0].doing],
        [1, other.pid, 'repair all summaries']);
    await other.go().end(0);
    house.run('rebuild --summary daily', {code: 0});
    const once = await house.pausedAt('job.claimed', 'run --once');
    assert.equal(seen()[0].doing, 'job 1: rebuild daily');
    await once.go().end(0);
    assert.deepEqual(seen(), []);
    house.isTrue();
});
