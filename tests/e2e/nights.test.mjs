/*
 * Nights and periods when something goes wrong, on every database: crashes, other workers, failures. A
 * night is one run a zone; what was broken off is still due; what fails holds nothing else up.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {Kept, onEach} from './daemons.mjs';
import {until} from './processes.mjs';
import {HOUSE_SPEC} from './trueup.mjs';
import {literal} from './words.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const NIGHTLY = {refresh: {nightly: {at: '04:00', zone: 'Asia/Tokyo', days: 3650}, grace: '1h'}};
const BY_TIME = 'CREATE INDEX sale_at ON sale(at);';
const nightsOf = (house) => house.runs().filter(({kind}) => kind === 'nightly');

/* The fault: the night's cells are committed, its note is not, and the next worker does it again. */
onEach('a crash behind the last cells of a night: it was done', (house) => {
    house.run('run --once', {stop: 'apply.after_commit:kill'});
    house.run('run --once', {code: 0});
    house.run('run --once', {code: 0});
    assert.deepEqual(nightsOf(house).map(({summary, status}) => `${summary} ${status}`).sort(),
        ['daily COMPLETED', 'folded COMPLETED']);
    house.isTrue();
}, {spec: NIGHTLY});

onEach('a crash before that: it is done by the next worker', (house) => {
    house.run('run --once', {stop: 'apply.before_commit:kill'});
    house.run('run --once', {code: 0});
    assert.deepEqual(nightsOf(house).map(({summary, status}) => `${summary} ${status}`).sort(),
        ['daily COMPLETED', 'daily FAILED', 'folded COMPLETED']);
    house.isTrue();
}, {spec: NIGHTLY});

/* The fault: between two pieces the lock is anybody's, who sees the night due and begins it too. */
onEach('a night in pieces is one run, though others look between two of them', async (house) => {
    const first = house.start('run', {stop: 'lock.given_back:pause'});
    await first.paused();
    const second = await house.daemon();
    house.shell(`UPDATE sale SET amount = amount + 1 WHERE shop = 'tokyo'`);
    await house.becomesRight(); /* it settles, and has looked at what is due meanwhile */
    assert.equal(nightsOf(house).length, 1);
    first.go();
    await until('both nights to be done', async () => {
        await wait(50);
        return nightsOf(house).filter(({status}) => status === 'COMPLETED').length === 2;
    });
    assert.equal(nightsOf(house).length, 2);
    await second.stop();
    first.signal('SIGTERM');
    await first.end(143);
    house.isTrue();
}, {spec: NIGHTLY, days: 300, tables: BY_TIME});

/* Where sessions hold no locks two may be at one night; who comes second sees it noted. The fault: it went
 * through all of the night's days once more. */
onEach('a night that another worker did meanwhile is left where it is', async (house) => {
    house.shell(`UPDATE daily_day SET total = 999 WHERE shop = 'tokyo' AND bucket = '2024-03-03'`);
    const worker = house.start('run', {stop: 'repair.piece_done:pause'});
    await worker.paused();
    const [night] = nightsOf(house);
    const far = 99_999; /* days since 1970 */
    house.shell(`INSERT INTO ${house.control('trueup_night')}(summary, zone, night)
        VALUES ('${night.summary}', 'Asia/Tokyo', ${far})`);
    worker.go();
    const run = () => nightsOf(house).find(({id}) => id === night.id);
    await until('its run to end', async () => {
        await wait(50);
        return run().status !== 'STARTED';
    });
    assert.match(run().error ?? run().status, /somebody else did the rest/);
    if (night.summary === 'daily')
        assert.equal(house.value(`SELECT total FROM daily_day WHERE shop = 'tokyo'
            AND bucket = '2024-03-03'`), 999);
    await worker.signal('SIGTERM').end(143);
}, {spec: NIGHTLY, days: 300, tables: BY_TIME});

onEach('a worker that dies in a night leaves it to the others', async (house) => {
    house.shell(`UPDATE daily_day SET total = 999 WHERE shop = 'tokyo' AND bucket = '2024-03-03'`);
    const first = house.start('run', {stop: 'lock.given_back:pause'});
    await first.paused();
    const second = await house.daemon();
    first.signal('SIGKILL');
    await first.end();
    await until('both nights to be done', async () => {
        await wait(50);
        return nightsOf(house).filter(({status}) => status === 'COMPLETED').length === 2;
    });
    await house.becomesRight();
    await second.stop();
    assert.equal(nightsOf(house).length, 3, 'one was broken off');
    house.isTrue();
}, {spec: NIGHTLY, days: 300, tables: BY_TIME});

const BLIND = {sources: {sale: {...HOUSE_SPEC.sources.sale, capture: 'none'}},
    refresh: {every: '1h', window: {hour: '24h', day: '7d', month: '2mo', year: '1y'}}};
const nowText = () => new Date().toISOString().slice(0, 19).replace('T', ' ');

onEach('a periodic repair that was broken off is still due', async (house) => {
    house.run('run --once', {code: 0});
    const windows = () => house.runs().filter(({kind}) => kind === 'window');
    assert.equal(windows().length, 2);
    house.run('run --once', {code: 0});
    assert.equal(windows().length, 2, 'not before an hour has gone by');
    house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '${nowText()}', 5)`);
    const later = {TRUEUP_NOW: '7200'};
    house.run('run --once', {env: later, stop: 'turn.taken:kill'});
    house.run('run --once', {env: later, code: 0});
    house.isRight();
    assert.deepEqual(windows().map(({status}) => status).sort(),
        ['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'FAILED']);
    const worker = house.start('run', {env: {TRUEUP_NOW: '14400'}, stop: 'cells.computed:pause'});
    await worker.paused();
    worker.signal('SIGTERM').go();
    await worker.end(143);
    house.shell(`UPDATE sale SET amount = 6 WHERE amount = 5 AND at >= '2025-01-01'`);
    house.run('run --once', {env: {TRUEUP_NOW: '14400'}, code: 0});
    house.run('run --once', {env: {TRUEUP_NOW: '18100'}, code: 0});
    house.isRight();
}, {spec: BLIND});

/* The fault: what failed is tried again after a minute or ten, and all of the group with it. */
onEach('a night that fails does not hold up the periodic repair of others', async (house) => {
    const refresh = {...BLIND.refresh, ...NIGHTLY.refresh, every: '500ms'};
    house.spec({...HOUSE_SPEC, ...BLIND, refresh});
    const daemon = await house.daemon();
    await until('the first nights', async () => {
        await wait(50);
        return nightsOf(house).filter(({status}) => status === 'COMPLETED').length === 2;
    });
    house.shell('DROP TABLE daily_month');
    house.shell(`DELETE FROM ${house.control('trueup_night')}`);
    await daemon.says('work.failed');
    for (let i = 1; i <= 3; i++) {
        house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '${nowText()}', ${i})`);
        await until('the other summary to follow', async () => {
            await wait(50);
            return house.value('SELECT sum(total) FROM folded_day') ===
                house.value('SELECT sum(amount) FROM sale');
        });
    }
    await daemon.stop();
}, {spec: BLIND});

/* The fault: `run --once` ends with 1, and a daemon alarms, because of what somebody paused on purpose
 * after it was seen to be due. */
for (const [kind, spec] of [['nightly', NIGHTLY], ['window', BLIND]])
    onEach(`what is paused while its ${kind} repair begins has not failed, and stays due`,
        async (house) => {
        const completed = () => house.runs().filter((run) => run.kind === kind &&
            run.summary === 'daily' && run.status === 'COMPLETED').length;
        for (let n = 1;; n++) {
            const worker = house.start('run --once', {stop: `snapshot.taken:pause:${n}`});
            await until('it to stop or to end', () => worker.state() === 'T' || worker.result);
            if (worker.result !== null) {
                assert.ok(n > 2, `${n} snapshots`);
                break;
            }
            house.run('pause --summary daily --timeout 0');
            await worker.go().end(0);
            house.run('resume --summary daily', {code: 0});
            house.run('run --once', {code: 0});
            assert.equal(completed(), n);
            house.shell(`DELETE FROM ${house.control('trueup_night')};
                DELETE FROM ${house.control('trueup_moment')}`);
        }
        assert.deepEqual(house.runs().filter(({status}) => status !== 'COMPLETED'), []);
        house.isTrue();
    }, {spec, days: 4});

/* The fault: the job has failed, or is COMPLETED without what was paused. */
for (const summary of ['daily', null])
    onEach(`what is paused while a job repairs ${summary ?? 'all'} waits, and the job with it`,
        async (house) => {
        house.shell(`UPDATE daily_day SET total = 999`);
        house.shell(`INSERT INTO ${house.control('trueup_job')}(kind, summary, range_from, range_to)
            VALUES ('repair', ${literal(summary)}, '2024-02-01', '2024-05-31')`);
        const worker = await house.pausedAt('repair.piece_done', 'run');
        house.run('pause --summary daily --timeout 0');
        worker.go();
        await house.jobIs(1, 'PENDING');
        house.run('resume --summary daily', {code: 0});
        await house.jobIs(1, 'COMPLETED');
        await worker.signal('SIGTERM').end(143);
        assert.deepEqual(house.runs().filter(({kind}) => kind === 'repair')
            .map((run) => run.status).sort(), ['COMPLETED', 'FAILED']);
        house.isTrue();
    }, {tables: BY_TIME, days: 60});

/* The fault: a run that is FAILED because of what somebody paused on purpose. */
onEach('a repair of everything leaves what is paused, and has not failed', (house) => {
    house.run('pause --summary daily', {code: 0});
    house.shell(`UPDATE daily_day SET total = 999; UPDATE folded_day SET total = 999`);
    const {err} = house.run('repair --from 2024-02-01 --to 2024-03-31', {code: 0});
    assert.match(err, /summary daily is paused: it is left as it is/);
    const [run] = house.runs().filter(({kind}) => kind === 'repair');
    assert.deepEqual([run.status, run.error], ['COMPLETED', null]);
    assert.equal(house.value(`SELECT count(*) FROM daily_day WHERE total <> 999`), 0);
    assert.equal(house.value(`SELECT count(*) FROM folded_day WHERE total = 999`), 0);
    house.run('repair --summary daily --date 2024-03-03', {code: 2});
    house.run('resume --summary daily', {code: 0});
    house.run('repair --from 2024-02-01 --to 2024-03-31', {code: 0});
    house.isTrue();
});

/* The fault: nights are looked for when the clock comes to where it was before it was set back. Nothing of
 * a database is in it. */
test('a clock that is set back under a daemon: what is due is done', async (t) => {
    const house = await Kept.on('sqlite', t, {spec: NIGHTLY, days: 4});
    const clock = path.join(house.directory, 'clock');
    fs.writeFileSync(clock, String(10 * 86_400));
    const daemon = await house.daemon('', {env: {TRUEUP_NOW: `@${clock}`}});
    const done = (n) => until(`${n} nights`, async () => {
        await wait(50);
        return nightsOf(house).filter(({status}) => status === 'COMPLETED').length === n;
    });
    await done(2);
    fs.writeFileSync(clock, '0');
    house.shell(`DELETE FROM ${house.control('trueup_night')}`);
    await done(4);
    await daemon.stop();
});
