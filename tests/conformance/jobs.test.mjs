/*
 * The queue, the run log and pausing on every database: what is asked for by commands and by SQL, who
 * gets it, what a kill, a cancel, a failure and a pause do to it.
 */
import assert from 'node:assert/strict';
import os from 'node:os';
import {test} from 'node:test';
import {until} from '../e2e/processes.mjs';
import {chosenKinds} from '../e2e/servers.mjs';
import {House, HOUSE_SPEC, houseRows} from '../e2e/trueup.mjs';

const MANY_DAYS = 700;

/* Small enough that a rebuild of MANY_DAYS takes several chunks. */
const IN_CHUNKS = {days: MANY_DAYS, spec: {refresh: {memory: '1MiB'}}};

/* A second group of sources, so that two workers can be at work at once. */
const TWO_GROUPS = {
    tables: `CREATE TABLE refund(id {id}, shop {name}, at {instant}, amount {integer});`,
    spec: {
        sources: {...HOUSE_SPEC.sources, refund: {from: 'refund', tenant: 'shop', time: 'at'}},
        summaries: {
            ...HOUSE_SPEC.summaries,
            refunds: {source: 'refund', grains: ['day'], columns: {tenant: 'shop'},
                measures: {n: 'count', most: 'max(amount)'}},
        },
    },
};

class Queue extends House {
    /* Asks with SQL, as anybody may. */
    ask(columns, ...rows) {
        this.shell(`INSERT INTO ${this.control('trueup_job')}(${columns}) VALUES ${
            rows.map((row) => `(${row})`).join(', ')}`);
    }

    jobs() {
        const {jobs} = this.json('jobs --all', {code: 0});
        return jobs.sort((a, b) => a.id - b.id);
    }

    job(id) {
        return this.jobs().find((job) => job.id === id);
    }

    runs() {
        return this.json('runs --limit 1000', {code: 0}).runs;
    }

    setJob(id, set) {
        this.shell(`UPDATE ${this.control('trueup_job')} SET ${set} WHERE id = ${id}`);
    }

    builds() {
        return this.value(`SELECT count(*) FROM ${this.control('trueup_build')}`);
    }
}

function onEach(name, body, options = {}) {
    for (const kind of chosenKinds())
        test(`${kind}: ${name}`, async (t) => body(await Queue.on(kind, t, options), kind));
}

const statuses = (jobs) => jobs.map(({status}) => status);

/* ---- asking ---- */

onEach('rebuild queues, and the same is queued once; run --once does it', (house) => {
    const asked = house.json('rebuild', {code: 0});
    assert.deepEqual([asked.id, asked.kind, asked.summary, asked.tenant, asked.status,
        asked.progress, asked.attempts], [1, 'rebuild', null, null, 'PENDING', 0, 0]);
    assert.match(asked.requested_by, /@/);
    assert.equal(house.json('rebuild', {code: 0}).id, 1);
    assert.equal(house.json('rebuild --tenant tokyo', {code: 0}).id, 2);
    house.run('rebuild --tenant nobody', {code: 2});
    house.run('rebuild --summary nosuch', {code: 2});
    assert.match(house.run('rebuild', {code: 0}).out, /queued already: job 1/);
    assert.deepEqual(house.json('status', {code: 0}).jobs, {pending: 2, running: 0});
    assert.match(house.run('status', {code: 0}).out, /queue: 2 jobs wait/);
    house.shell(`UPDATE daily_day SET total = 999 WHERE shop = 'tokyo' AND bucket = '2024-03-03'`);
    house.run('run --once', {code: 0});
    const [first, second] = house.jobs();
    assert.deepEqual([first.status, first.progress, first.attempts, first.error],
        ['COMPLETED', 1, 1, null]);
    /* As times: the texts have as many digits as they need. */
    const [requested, started, finished] = ['requested_at', 'started_at', 'finished_at']
        .map((name) => Date.parse(first[name]));
    assert.ok(started >= requested && finished >= started
        && first.seconds >= 0 && first.worker.startsWith(`${os.hostname()}:`));
    assert.equal(second.status, 'COMPLETED');
    const rebuilds = house.runs().filter(({kind}) => kind === 'rebuild');
    assert.deepEqual(statuses(rebuilds), ['COMPLETED', 'COMPLETED']);
    assert.deepEqual(rebuilds.map(({cells_drifted}) => cells_drifted), [0, 1]);
    assert.equal(house.json('rebuild', {code: 0}).id, 3, 'what was done may be asked for again');
    house.run('run --once', {code: 0});
    house.isTrue();
});

onEach('SQL: kind and summary are enough; what cannot be done says why and hinders nobody',
    (house, kind) => {
        house.ask('kind, summary', `'nonsense', 'daily'`, `'rebuild', 'nosuch'`,
            `'rebuild', 'daily'`, `'repair', NULL`);
        house.ask('kind, summary, tenant', `'repair', 'daily', 'nobody'`);
        house.ask('kind, summary, range_from, range_to',
            `'repair', 'daily', '2024-03-05', '2024-03-01'`,
            `'rebuild', 'daily', '2024-03-01', '2024-03-05'`,
            `'backfill', 'daily', '2024-03-03', '2024-03-05'`,
            ...kind === 'sqlite' ? [`'repair', 'daily', 'tomorrow', NULL`] : []);
        assert.deepEqual(house.jobs().map(({status, attempts, progress}) =>
            [status, attempts, progress]), house.jobs().map(() => ['PENDING', 0, 0]));
        assert.ok(house.jobs().every(({requested_at}) =>
            Math.abs(Date.now() - Date.parse(requested_at)) < 60_000));
        house.shell(`UPDATE daily_day SET total = 999 WHERE shop = 'tokyo'
            AND bucket = '2024-03-03'`);
        const {failed} = house.json('run --once', {code: 1});
        const wrong = [
            [1, /there is no work of kind nonsense/], [2, /there is no summary nosuch/],
            [5, /there is no tenant nobody/], [6, /range_to lies before range_from/],
            [7, /leave range_from and range_to NULL/],
            ...kind === 'sqlite' ? [[9, /range_from tomorrow is no date/]] : [],
        ];
        assert.equal(failed.length, wrong.length, JSON.stringify(failed));
        for (const job of house.jobs()) {
            const [, why] = wrong.find(([id]) => id === job.id) ?? [];
            assert.equal(job.status, why ? 'FAILED' : 'COMPLETED', JSON.stringify(job));
            if (why)
                assert.match(job.error, why);
        }
        house.isTrue();
        assert.throws(() => house.ask('kind, status', `'repair', 'DONE'`));
    });

/* ---- who gets it ---- */

onEach('many workers at once: each job is done once a group', async (house) => {
    const N = 12;
    house.shell(houseRows(20).replace('INTO sale', 'INTO refund'));
    house.ask('kind, range_from, range_to', ...Array.from({length: N}, (_, i) =>
        `'repair', '2024-03-${String(i + 1).padStart(2, '0')}', '2024-03-28'`));
    const before = house.runs().length;
    for (let i = 0; i < 20 && house.jobs().some(({status}) => status !== 'COMPLETED'); i++) {
        const workers = Array.from({length: 4}, () => house.start('run --once'));
        for (const worker of workers)
            await worker.end(0);
    }
    assert.deepEqual(new Set(statuses(house.jobs())), new Set(['COMPLETED']));
    const runs = house.runs().filter(({kind}) => kind === 'repair');
    assert.equal(house.runs().length - before - runs.length <= 1, true, 'other runs: one hour');
    assert.equal(runs.length, 2 * N);
    assert.deepEqual(new Set(statuses(runs)), new Set(['COMPLETED']));
    house.isTrue();
}, TWO_GROUPS);

onEach('a worker that was overtaken leaves the job to whoever has it', async (house) => {
    house.ask('kind, summary, range_from, range_to', `'repair', 'daily', '2024-03-01', '2024-03-09'`);
    const worker = await house.pausedAt('job.claimed', 'run --once');
    assert.equal(house.job(1).status, 'RUNNING');
    house.setJob(1, `claim = claim + 1, worker = 'elsewhere:1', status = 'FAILED',
        error = 'theirs', seconds = 7`);
    worker.go();
    await worker.end(0);
    const {status, worker: name, error, seconds, finished_at} = house.job(1);
    assert.deepEqual([status, name, error, seconds, finished_at],
        ['FAILED', 'elsewhere:1', 'theirs', 7, null]);
    /* One that has it and is dead, wherever it was: its lock is free. */
    house.setJob(1, `status = 'RUNNING'`);
    house.run('run --once', {code: 0});
    assert.deepEqual([house.job(1).status, house.job(1).error], ['COMPLETED', null]);
    house.isTrue();
});

/* ---- killed and resumed ---- */

onEach('a rebuild whose worker is killed goes on where it was', (house) => {
    house.shell(`UPDATE daily_day SET total = 999 WHERE shop = 'tokyo'`);
    house.run('rebuild', {code: 0});
    assert.equal(house.run('run --once', {stop: 'build.chunk_done:kill'}).signal, 'SIGKILL');
    const killed = house.job(1);
    assert.equal(killed.status, 'RUNNING');
    const below = house.value(`SELECT max(below) FROM ${house.control('trueup_build')}`);
    assert.ok(below < 100_000, 'a chunk was done');
    house.run('run --once', {code: 0});
    const job = house.job(1);
    assert.deepEqual([job.status, job.progress, job.error], ['COMPLETED', 1, null]);
    assert.notEqual(job.worker, killed.worker);
    const [run] = house.runs().filter(({kind}) => kind === 'rebuild');
    assert.equal(run.status, 'COMPLETED');
    assert.ok(run.rows_read < 1.6 * house.value('SELECT count(*) FROM sale'), 'no chunk twice');
    house.isTrue();
}, IN_CHUNKS);

onEach('a job that kills its workers at the same point, ten times as often as it may fail, is FAILED', (house) => {
    house.ask('kind, summary, range_from, range_to', `'repair', 'daily', '2024-03-01', '2024-03-09'`);
    for (let i = 1; i <= 10; i++) {
        assert.equal(house.run('run --once', {stop: 'job.claimed:kill'}).signal, 'SIGKILL');
        assert.deepEqual([house.job(1).status, house.job(1).attempts], ['RUNNING', 1], `death ${i}`);
    }
    house.run('run --once', {code: 1});
    assert.equal(house.job(1).status, 'FAILED');
    assert.match(house.job(1).error, /its workers died/);
    house.isTrue();
}, {spec: {refresh: {attempts: 1}}});

/* ---- cancelled ---- */

onEach('jobs cancel: at once what waits, within a second what runs', async (house) => {
    house.run('rebuild', {code: 0});
    assert.deepEqual(house.json('jobs cancel 1', {code: 0}).jobs, [{id: 1, status: 'CANCELLED'}]);
    assert.match(house.run('jobs cancel 1', {code: 0}).out, /is cancelled/);
    house.run('jobs cancel 99', {code: 2});
    house.run('jobs cancel nine', {code: 2});
    house.run('rebuild', {code: 0});
    const worker = await house.pausedAt('build.chunk_done', 'run --once');
    assert.deepEqual(house.json('jobs cancel 2', {code: 0}).jobs, [{id: 2, status: 'RUNNING'}]);
    worker.go();
    await worker.end(0);
    assert.equal(house.job(2).status, 'CANCELLED');
    assert.equal(house.builds(), 0);
    const [run] = house.runs().filter(({kind}) => kind === 'rebuild');
    assert.deepEqual([run.status, run.error], ['FAILED', 'its job was cancelled']);
    house.isTrue();
    assert.equal(house.json('jobs', {code: 0}).jobs.length, 0);
    assert.equal(house.json('jobs --all', {code: 0}).jobs.length, 2);
}, IN_CHUNKS);

onEach('cancelling a job whose worker is dead needs no other one', (house) => {
    house.run('rebuild', {code: 0});
    assert.equal(house.run('run --once', {stop: 'build.chunk_done:kill'}).signal, 'SIGKILL');
    assert.deepEqual(house.json('jobs cancel 1', {code: 0}).jobs, [{id: 1, status: 'CANCELLED'}]);
    assert.equal(house.builds(), 0);
    house.isTrue();
}, IN_CHUNKS);

/* ---- failing ---- */

/* Nothing can be written into `daily_day` of Tokyo any more. */
const REFUSE = {
    sqlite: `CREATE TRIGGER refuse BEFORE UPDATE ON daily_day WHEN NEW.shop = 'tokyo'
        BEGIN SELECT RAISE(ABORT, 'no room'); END;`,
    postgresql: `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON daily_day FOR EACH ROW WHEN (NEW.shop = 'tokyo')
        EXECUTE FUNCTION refuse();`,
    mariadb: `DELIMITER //
        CREATE TRIGGER refuse BEFORE UPDATE ON daily_day FOR EACH ROW
        IF NEW.shop = 'tokyo' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no room'; END IF//
        DELIMITER ;`,
};

onEach('a failing job is tried again, later each time, then FAILED; others are done', (house) => {
    house.shell(`UPDATE daily_day SET total = 999 WHERE bucket = '2024-03-03'`);
    house.ask('kind, summary, tenant, range_from, range_to',
        `'repair', 'daily', 'tokyo', '2024-03-03', '2024-03-03'`,
        `'repair', 'daily', 'phoenix', '2024-03-03', '2024-03-03'`);
    const {failed} = house.json('run --once', {code: 1, stop: 'job.claimed:fail'});
    assert.match(failed[0].error, /job 1: .*stop point/);
    const [bad, good] = house.jobs();
    assert.deepEqual([bad.status, bad.attempts, good.status], ['PENDING', 1, 'COMPLETED']);
    assert.match(bad.error, /stop point/);
    assert.ok(Date.parse(bad.next_attempt_at) > Date.parse(bad.started_at));
    /* Further ahead than any back-off is only what a server put off whose clock was ahead. */
    const soon = new Date(Date.now() + 15 * 60_000).toISOString().slice(0, 19);
    house.setJob(1, `next_attempt_at = '${house.kind === 'sqlite' ? `${soon}Z` : soon.replace('T', ' ')}'`);
    house.run('run --once', {code: 0});
    assert.equal(house.job(1).attempts, 1, 'not before its time');
    house.setJob(1, `next_attempt_at = '2999-01-01T00:00:00${house.kind === 'sqlite' ? 'Z' : ''}'`);
    house.run('run --once', {code: 1, stop: 'job.claimed:fail'});
    assert.deepEqual([house.job(1).status, house.job(1).attempts], ['FAILED', 2]);
    house.run('run --once', {code: 0});
    house.ask('kind, summary', `'repair', 'daily'`);
    house.run('run --once', {code: 0});
    house.isTrue();
}, {spec: {refresh: {attempts: 2}}});

onEach('a job with errors inside is not COMPLETED; what failed is tried again by itself',
    (house, kind) => {
        house.shell(`UPDATE daily_day SET total = 999 WHERE bucket = '2024-03-03'`);
        house.shell(REFUSE[kind]);
        house.ask('kind, summary, tenant, range_from, range_to',
            `'repair', 'daily', 'tokyo', '2024-03-03', '2024-03-03'`,
            `'repair', 'daily', 'phoenix', '2024-03-03', '2024-03-03'`);
        house.run('run --once', {code: 1});
        const [bad, good] = house.jobs();
        assert.notEqual(bad.status, 'COMPLETED');
        assert.match(bad.error, /no room/);
        assert.equal(good.status, 'COMPLETED');
        const run = house.runs().find(({kind: of, tenant}) => of === 'repair' && tenant === 'tokyo');
        assert.equal(run.status, 'FAILED');
        assert.match(run.error, /no room/);
    });

/* ---- fairness ---- */

onEach('a rebuild of everything lets a repair of one tenant go first, and goes on', async (house) => {
    house.run('rebuild', {code: 0});
    const worker = await house.pausedAt('build.chunk_done', 'run --once');
    house.ask('kind, summary, tenant, range_from, range_to',
        `'repair', 'daily', 'tokyo', '2024-03-03', '2024-03-03'`);
    worker.go();
    await worker.end(0);
    const [rebuild, repair] = house.jobs();
    assert.deepEqual([rebuild.status, repair.status], ['COMPLETED', 'COMPLETED']);
    assert.ok(Date.parse(repair.finished_at) < Date.parse(rebuild.finished_at));
    assert.equal(rebuild.error, null);
    house.isTrue();
}, IN_CHUNKS);

/* ---- the run log ---- */

onEach('a run is closed when its worker is dead, wherever it was, and not before', async (house) => {
    house.shell(`UPDATE daily_day SET total = 999 WHERE shop = 'tokyo'`);
    const elsewhere = () => house.shell(`UPDATE ${house.control('trueup_run')}
        SET worker = 'elsewhere:1' WHERE status = 'STARTED'`);
    const repair = () => house.runs().find(({kind}) => kind === 'repair');
    const worker = await house.pausedAt('cells.computed', 'repair --date 2024-03-03');
    elsewhere();
    house.run('run --once', {code: 0});
    assert.equal(repair().status, 'STARTED', 'it is alive');
    worker.signal('SIGKILL');
    await worker.end();
    await until('the server to notice', () => {
        house.run('run --once', {code: 0});
        return repair().status === 'FAILED';
    });
    assert.match(repair().error, /its process died/);
    house.run('repair --date 2024-03-03', {code: 0});
    house.run('rebuild --wait', {code: 0});
    house.isTrue();
    const {out} = house.run('runs --summary daily --limit 3', {code: 0});
    assert.equal(out.trim().split('\n').length, 2 + 3);
    house.run('runs --limit 0', {code: 2});
    house.run('runs --summary nosuch', {code: 2});
}, TWO_GROUPS);

onEach('runs and jobs that ended long ago are forgotten', (house) => {
    house.ask('kind, summary, status, finished_at',
        `'repair', 'daily', 'COMPLETED', '2020-01-01 00:00:00'`,
        `'repair', 'daily', 'FAILED', '2999-01-01 00:00:00'`);
    house.shell(`INSERT INTO ${house.control('trueup_run')}(kind, status, started_at, finished_at)
        VALUES ('repair', 'COMPLETED', '2020-01-01 00:00:00', '2020-01-01 00:00:00')`);
    house.run('run --once', {code: 0});
    assert.deepEqual(house.jobs().map(({id}) => id), [2]);
    assert.equal(house.runs().filter(({kind}) => kind === 'repair').length, 0);
});

/* ---- pausing ---- */

const CHANGE = `UPDATE sale SET amount = amount * 2 WHERE id % 3 = 0; DELETE FROM sale
    WHERE id % 11 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-31 23:59:59', 17);`;

const TABLES = ['daily_day', 'daily_month', 'folded_hour', 'folded_day', 'folded_year'];
const rowsOf = (house, tables) => tables.map((table) =>
    house.sql(`SELECT * FROM ${table} ORDER BY shop, bucket`));
const states = (house) => Object.fromEntries(house.json('status').summaries
    .map(({summary, state}) => [summary, state]));

for (const [summary, other] of [['daily', 'folded'], ['folded', 'daily']])
    onEach(`pause ${summary}: it stays as it is, the other is kept, nothing is lost`, (house) => {
        const own = TABLES.filter((table) => table.startsWith(summary));
        const others = TABLES.filter((table) => table.startsWith(other));
        assert.deepEqual(house.json(`pause --summary ${summary}`, {code: 0}),
            {summary, is_new: true, has_stopped: true});
        assert.equal(house.json(`pause --summary ${summary}`, {code: 0}).is_new, false);
        const before = rowsOf(house, own);
        house.shell(CHANGE);
        house.run('run --once', {code: 0});
        house.run(`repair --summary ${summary} --days 20000`, {code: 2});
        house.run(`rebuild --wait --summary ${summary}`, {code: 2});
        house.run(`rebuild --summary ${summary}`, {code: 0});
        assert.match(house.run('repair --days 20000', {code: 0}).err, /is paused: it is left as it is/);
        house.run('run --once', {code: 0});
        house.run('apply', {code: 0});
        assert.deepEqual(rowsOf(house, own), before);
        assert.notDeepEqual(rowsOf(house, others), [], 'the other');
        assert.deepEqual(states(house), {[summary]: 'paused', [other]: 'right'});
        assert.match(house.run('status').out,
            new RegExp(`summary ${summary} is paused since .* by .*@`));
        assert.equal(house.json('verify', {code: 0}).cells_drifted, 0);
        assert.equal(house.job(1).status, 'PENDING');
        const kept = rowsOf(house, others);
        assert.equal(house.json('resume', {code: 0}).resumed, 1);
        house.run('run --once', {code: 0});
        assert.notDeepEqual(rowsOf(house, own), before);
        assert.deepEqual(rowsOf(house, others), kept, 'the other was right all the time');
        assert.equal(house.job(1).status, 'COMPLETED');
        house.isTrue();
    });

onEach('pause everything: changes wait in the logs', (house) => {
    house.run('pause', {code: 0});
    const before = rowsOf(house, TABLES);
    house.shell(CHANGE);
    house.run('run --once', {code: 0});
    assert.deepEqual(rowsOf(house, TABLES), before);
    assert.deepEqual(states(house), {daily: 'paused', folded: 'paused'});
    assert.equal(house.json('verify', {code: 0}).cells_drifted, 0);
    house.run('resume --summary daily', {code: 2});
    house.run('resume', {code: 0});
    assert.match(house.run('resume', {code: 0}).out, /nothing was paused/);
    house.settles();
});

onEach('pause while a change is being settled: what was computed before is thrown away',
    async (house) => {
        house.shell(CHANGE);
        const worker = await house.pausedAt('cells.computed', 'run --once');
        const before = rowsOf(house, ['daily_day', 'daily_month']);
        const waited = house.run('pause --summary daily --timeout 0.2', {code: 1});
        assert.match(waited.err, new RegExp(`waiting for a worker .*${worker.pid}.*since \\d{4}-`));
        assert.match(waited.out, /nothing will be written, but work on it has not ended/);
        const pausing = house.start('pause --summary daily');
        await pausing.says(/waiting for a worker/);
        worker.go();
        await worker.end(0);
        await pausing.end(0);
        assert.deepEqual(rowsOf(house, ['daily_day', 'daily_month']), before);
        house.run('resume', {code: 0});
        house.settles();
    });

onEach('pause while a job runs: it is put back, and goes on when resumed', async (house) => {
    house.run('rebuild', {code: 0});
    const worker = await house.pausedAt('build.chunk_done', 'run --once');
    const pausing = house.start('pause');
    await pausing.says(/waiting for a worker/);
    worker.go();
    await worker.end(0);
    await pausing.end(0);
    assert.equal(house.job(1).status, 'PENDING');
    house.run('run --once', {code: 0});
    assert.equal(house.job(1).status, 'PENDING');
    house.run('resume', {code: 0});
    house.run('run --once', {code: 0});
    assert.deepEqual([house.job(1).status, house.job(1).progress], ['COMPLETED', 1]);
    house.isTrue();
}, IN_CHUNKS);

/* ---- an installation that has no queue yet ---- */

onEach('an older installation gets its queue by apply, and builds nothing anew', (house) => {
    const tables = ['trueup_job', 'trueup_pause'].map((name) => house.control(name));
    const runs = house.runs().length;
    house.shell(tables.map((table) => `DROP TABLE ${table};`).join(' '));
    for (const command of ['status', 'run --once', 'jobs', 'verify'])
        assert.match(house.run(command, {code: 2}).err, /newer than .* run `trueup apply`/);
    house.run('apply', {code: 0});
    assert.equal(house.runs().length, runs);
    house.run('rebuild', {code: 0});
    house.run('run --once', {code: 0});
    assert.equal(house.job(1).status, 'COMPLETED');
    house.isTrue();
});
