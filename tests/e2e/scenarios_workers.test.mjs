/*
 * Scenarios B: workers against workers, and crashes. Whoever dies, is cancelled or comes late:
 * nothing is half done, the next worker goes on at once, and the end is true.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {House} from './trueup.mjs';

/* What a person sees of the summaries. */
const KEPT = 'daily_day daily_month folded_hour folded_day folded_year';

/* Cells that are wrong without any change of the source: what a repair is for. */
const FALSIFY = `UPDATE daily_day SET total = total + 1 WHERE shop = 'tokyo';
    DELETE FROM daily_day WHERE shop = 'phoenix' AND bucket > '2024-03-10';
    INSERT INTO daily_day(shop, bucket, n, total) VALUES ('tokyo', '2024-03-29', 4, 4);
    UPDATE folded_hour SET n = n + 2 WHERE shop = 'kathmandu' AND total % 2 = 0`;

const CHANGE = `UPDATE sale SET amount = amount * 2 WHERE id % 3 = 0;
    UPDATE sale SET shop = 'tokyo', at = datetime(at, '1 day') WHERE id % 7 = 0;
    DELETE FROM sale WHERE id % 11 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-31 23:59:59', 17)`;

/* ---- one range, two workers ---- */

/* The fault: two repairs of one range write a bucket twice, the later with what it read earlier;
 * or the second reports success although the first has not written yet. */
const RANGES = [
    ['the same', '2024-03-30', '2024-05-08'],
    ['one inside', '2024-04-10', '2024-04-20'],
    ['one that overlaps on the left', '2024-03-15', '2024-04-10'],
    ['one that contains it', '2024-03-01', '2024-06-01'],
];
for (const [label, from, to] of RANGES)
    test(`B1: a second worker repairs ${label} while the first is at days 30 to 70`, async (t) => {
        const house = new House(t, {days: 80});
        house.sql(`UPDATE daily_day SET total = total + 1 WHERE bucket BETWEEN '2024-03-30'
            AND '2024-05-08'`);
        const wrong = house.value(`SELECT count(*) FROM daily_day WHERE bucket BETWEEN '2024-03-30'
            AND '2024-05-08'`);
        const first = await house.pausedAt('cells.written',
            '--json repair --from 2024-03-30 --to 2024-05-08');
        const second = house.start(`--json repair --from ${from} --to ${to}`);
        await second.says(new RegExp(`another worker \\(.*pid ${first.pid}\\)`));
        first.go();
        const [one, two] = [await first.end(0), await second.end(0)].map(({out}) =>
            JSON.parse(out));
        assert.equal(one.cells_drifted, wrong);
        assert.equal(one.cells_written, wrong);
        assert.equal(two.cells_written, 0, 'a bucket was written twice');
        house.isTrue();
    });

test('run --once beside a worker says who is at it, and is done', async (t) => {
    const house = new House(t);
    house.sql(CHANGE);
    const first = await house.pausedAt('cells.computed', 'run --once');
    const second = house.run('run --once', {code: 0});
    assert.match(second.err,
        new RegExp(`^trueup: another worker \\(\\S+, pid ${first.pid}\\) is at \\S+\\n$`));
    await first.go().end(0);
    house.isTrue();
});

/* ---- cancelled and killed ---- */

const WORK = [
    ['settling', 'run --once', CHANGE, ['entries.taken', 'cells.computed', 'cells.written',
        'apply.before_commit']],
    ['a repair', 'repair --from 2024-03-01 --to 2024-04-30', FALSIFY,
     ['snapshot.taken', 'cells.computed', 'cells.written', 'apply.before_commit']],
    ['a rebuild', 'rebuild --wait', FALSIFY,
     ['snapshot.taken', 'cells.computed', 'cells.written', 'apply.before_commit']],
];

/* The fault: a worker that dies between taking changes and writing cells loses them; one that is
 * cancelled leaves half of its cells; a lock that stays held after its holder's death. */
for (const [label, line, sql, points] of WORK) {
    for (const point of points) {
        test(`B4: ${label} is killed at ${point}`, (t) => {
            const house = new House(t);
            house.sql(sql);
            const before = house.digest(KEPT);
            const killed = house.run(line, {stop: `${point}:kill`});
            assert.equal(killed.signal, 'SIGKILL');
            assert.equal(house.digest(KEPT), before, 'half done');
            const next = house.run(line, {code: 0});
            assert.doesNotMatch(next.err, /another worker/);
            house.isTrue();
        });

        test(`B4: ${label} is cancelled at ${point}`, async (t) => {
            const house = new House(t);
            house.sql(sql);
            const before = house.digest(KEPT);
            const worker = await house.pausedAt(point, line);
            worker.signal('SIGTERM').go();
            const {err} = await worker.end(143);
            assert.match(err, /^trueup: .*stopped by a signal\n$/);
            assert.equal(house.digest(KEPT), before, 'half done');
            house.run(line, {code: 0});
            house.isTrue();
        });
    }
}

test('B4: SIGINT ends with 130', async (t) => {
    const house = new House(t);
    house.sql(CHANGE);
    const worker = await house.pausedAt('entries.taken', 'run --once');
    worker.signal('SIGINT').go();
    await worker.end(130);
    house.settles();
});

/* The fault: what is done after a commit is lost, or done again. */
for (const point of ['turn.taken', 'apply.after_commit', 'build.chunk_done'])
    test(`B4: killed at ${point}, in settling, repairing and building`, (t) => {
        for (const line of ['apply', 'rebuild --wait', 'repair --from 2024-03-01 --to 2024-04-30',
            'run --once']) {
            const house = new House(t, {apply: line !== 'apply'});
            if (line !== 'apply')
                house.sql(`${CHANGE}; ${FALSIFY}`);
            house.run(line, {stop: `${point}:kill`});
            house.run(line === 'apply' ? 'apply' : 'rebuild --wait', {code: 0});
            house.run('run --once', {code: 0});
            house.isTrue();
            house.clear();
        }
    });

test('B4: apply is killed before it commits capture: nothing is there, and the next does it all',
    (t) => {
    const house = new House(t, {apply: false});
    const before = house.digest();
    assert.equal(house.run('apply', {stop: 'capture.before_commit:kill'}).signal, 'SIGKILL');
    assert.equal(house.digest(), before);
    house.run('apply', {code: 0});
    house.isTrue();
});

/* A statement that fails at such a point (a full disk, a busy file) is tried again or told. */
test('B4: a step fails at each point, is told or tried again, and nothing is lost', (t) => {
    for (const point of ['snapshot.taken', 'entries.taken', 'cells.computed', 'turn.taken',
        'cells.written',
                         'apply.before_commit', 'apply.after_commit']) {
        const house = new House(t);
        house.sql(CHANGE);
        const {code, signal} = house.run('run --once', {stop: `${point}:fail`});
        assert.ok(signal === null && (code === 0 || code === 3), `${point}: ${code}`);
        house.settles();
        house.clear();
    }
});

/* ---- rebuilding in chunks ---- */

/* The fault: a rebuild that begins again from the start, or that leaves a hole where it died. */
test('B6: a build in chunks is killed after the first: it is visible, the others follow', (t) => {
    const house = new House(t, {days: 600, spec: {refresh: {memory: '1MiB'}}, apply: false});
    assert.equal(house.run('apply', {stop: 'build.chunk_done:kill'}).signal, 'SIGKILL');
    const [chunk] = house.sql(`SELECT min(bucket) AS oldest, max(bucket) AS newest, count(*) AS n
        FROM daily_day`);
    assert.ok(chunk.n > 0, 'the first chunk is not visible');
    const all = house.value(`SELECT count(DISTINCT shop || date(at, off || ' seconds')) FROM sale
        JOIN shop ON shop.id = shop`);
    assert.ok(chunk.n < all, 'one chunk was enough: the test needs more rows');
    assert.equal(chunk.newest, house.value(`SELECT max(date(at, off || ' seconds')) FROM sale
        JOIN shop ON shop.id = shop`));
    const status = house.json('status');
    assert.ok(status.summaries.every(({state}) => state === 'building'), JSON.stringify(status));
    house.sql(CHANGE);
    house.run('run --once', {code: 0});
    house.isTrue();
    assert.equal(house.value(`SELECT count(*) FROM trueup_build`), 0);
});

test('B6: a rebuild is killed after each chunk, and goes on where it was', (t) => {
    const house = new House(t, {days: 1200, spec: {refresh: {memory: '1MiB'}}});
    house.sql(`UPDATE daily_day SET total = total + 1; DELETE FROM daily_day WHERE n % 5 = 4`);
    const cells = house.value(`SELECT count(*) FROM daily_day`);
    let below = Infinity;
    let kills = 0;
    for (;; kills++) {
        const {signal} = house.run('rebuild --wait', {stop: 'build.chunk_done:kill'});
        assert.equal(signal, 'SIGKILL');
        assert.ok(house.value(`SELECT count(*) FROM daily_day`) >= cells, 'readers see a hole');
        const [left] = house.sql(`SELECT below FROM trueup_build WHERE summary = 'daily'`);
        if (left === undefined)
            break;
        assert.ok(left.below < below, 'it began again');
        below = left.below;
    }
    assert.ok(kills >= 2, 'too few chunks: the test needs more rows');
    house.isTrue();
});

/* ---- two summaries ---- */

/* The fault: the first summary to settle takes the log entries that the second needs. */
test('B10: two summaries over one source settle at the same moment', async (t) => {
    const house = new House(t);
    house.sql(CHANGE);
    const workers = [0, 1, 2].map(() => house.start('run --once'));
    await Promise.all(workers.map((worker) => worker.end(0)));
    house.settles();
});

test('B10: a repair of one summary leaves the changes for the other', async (t) => {
    const house = new House(t);
    house.sql(CHANGE);
    for (const summary of ['daily', 'folded'])
        house.run(`repair --summary ${summary} --from 2024-03-01 --to 2024-04-30`, {code: 0});
    house.settles();
});

test('B10: a summary is repaired while the other settles', async (t) => {
    const house = new House(t);
    house.sql(CHANGE);
    const settling = await house.pausedAt('cells.written', 'run --once');
    const repair = house.start('repair --summary folded --from 2024-03-01 --to 2024-04-30');
    await repair.says(/another worker/);
    await settling.go().end(0);
    await repair.end(0);
    house.settles();
});
