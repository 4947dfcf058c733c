/*
 * Scenarios B on servers: workers against workers, and crashes. Whoever dies, is cancelled, stands
 * still or loses its connection: nothing is half done, the next worker goes on, and the end is
 * true.
 */
import assert from 'node:assert/strict';
import {onServers, shifted} from './sessions.mjs';
import {House, until} from './trueup.mjs';
import {localBucket} from './words.mjs';

/* What a person sees of the summaries. */
const KEPT = 'daily_day daily_month folded_hour folded_day folded_year';

/* Cells that are wrong without any change of the source: what a repair is for. */
const FALSIFY = `UPDATE daily_day SET total = total + 1 WHERE shop = 'tokyo';
    DELETE FROM daily_day WHERE shop = 'phoenix' AND bucket > '2024-03-10';
    INSERT INTO daily_day(shop, bucket, n, total) VALUES ('tokyo', '2024-03-29', 4, 4);
    UPDATE folded_hour SET n = n + 2 WHERE shop = 'kathmandu' AND total % 2 = 0`;

const change = (kind) => `UPDATE sale SET amount = amount * 2 WHERE id % 3 = 0;
    UPDATE sale SET shop = 'tokyo', at = ${shifted(kind, 'at', 1, 'day')} WHERE id % 7 = 0;
    DELETE FROM sale WHERE id % 11 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-31 23:59:59', 17)`;

/* Ends the session that a worker has, as an administrator or a fail-over would; both servers let
 * its locks go at once. Resolves when it is gone. */
const SESSIONS = {
    postgresql: (name) => `SELECT pid AS id FROM pg_stat_activity WHERE datname = '${name}'
        AND application_name LIKE 'trueup %'`,
    mariadb: (name) => `SELECT id FROM information_schema.processlist WHERE db = '${name}'
        AND id <> connection_id() AND command <> 'Killed'`,
};

const sessionsOf = (house) =>
    house.sql(SESSIONS[house.kind](house.database.name)).map(({id}) => id);

async function cutSessions(house) {
    for (const id of sessionsOf(house))
        house.database.admin({postgresql: `SELECT pg_terminate_backend(${id})`,
            mariadb: `KILL ${id}`}[house.kind], house.kind === 'mariadb' ? '' : undefined);
    await until('the sessions to be gone', () => sessionsOf(house).length === 0);
}

/* ---- one range, two workers ---- */

/* The fault: two repairs of one range write a bucket twice, the later with what it read earlier;
 * or the second reports success although the first has not written yet. */
const RANGES = [
    ['the same', '2024-03-10', '2024-03-20'], ['one inside', '2024-03-12', '2024-03-14'],
    ['one that overlaps on the left', '2024-03-05', '2024-03-14'],
    ['one that contains it', '2024-03-01', '2024-04-01'],
];

onServers('B1: a second worker repairs the same range, one inside, overlapping, containing',
    async (t, kind) => {
    const house = await House.on(kind, t);
    const inRange = `bucket BETWEEN '2024-03-10' AND '2024-03-20'`;
    for (const [label, from, to] of RANGES) {
        house.sql(`UPDATE daily_day SET total = total + 1 WHERE ${inRange}`);
        const wrong = house.value(`SELECT count(*) AS n FROM daily_day WHERE ${inRange}`);
        const first = await house.pausedAt('cells.written',
            '--json repair --from 2024-03-10 --to 2024-03-20');
        const second = house.start(`--json repair --from ${from} --to ${to}`);
        await second.says(/another worker \(.*pid \d+\)/);
        assert.match(second.err, new RegExp(`pid ${first.pid}\\)`),
            `${label}: the holder is named`);
        first.go();
        const [one, two] = [await first.end(0),
            await second.end(0)].map(({out}) => JSON.parse(out));
        assert.equal(one.cells_drifted, wrong, label);
        assert.equal(one.cells_written, wrong, label);
        assert.equal(two.cells_written, 0, `${label}: a bucket was written twice`);
        house.isRight();
    }
    house.isTrue();
});

/* The fault: a worker that takes a part of what is to be done forgets the rest, or does it as
 * well. */
onServers('B3: of a range that is wrong two workers take parts, in both orders',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 15});
    const parts = ['--from 2024-03-06 --to 2024-03-10', '--from 2024-03-02 --to 2024-03-04'];
    const days = `bucket BETWEEN '2024-03-06' AND '2024-03-10' OR bucket BETWEEN '2024-03-02' AND
        '2024-03-04'`;
    for (const order of [[0, 1], [1, 0]]) {
        house.sql(`UPDATE daily_day SET total = total + 1`);
        for (const part of order)
            house.run(`repair --summary daily ${parts[part]}`, {code: 0});
        const left = house.json('verify', {code: 1}).drift.filter(({table}) =>
            table === 'daily_day')
            .map(({key}) => `${key.shop} ${key.bucket}`).sort();
        assert.deepEqual(left, house.sql(`SELECT shop, bucket FROM daily_day WHERE NOT (${days})`)
            .map(({shop, bucket}) => `${shop} ${bucket}`).sort());
        house.run('rebuild --wait', {code: 0});
        house.isRight();
    }
    house.isTrue();
});

onServers('run --once beside a worker says who is at it, and is done', async (t, kind) => {
    const house = await House.on(kind, t);
    house.sql(change(kind));
    const first = await house.pausedAt('cells.computed', 'run --once');
    assert.match(house.run('run --once', {code: 0}).err,
        new RegExp(`^trueup: another worker \\(\\S+, pid ${first.pid}\\) is at \\S+\\n$`));
    await first.go().end(0);
    house.isTrue();
});

/* ---- cancelled and killed ---- */

const SETTLING = ['entries.taken', 'cells.computed', 'cells.written', 'apply.before_commit'];
const REPAIRING = ['snapshot.taken', 'cells.computed', 'cells.written', 'apply.before_commit'];
const WORK = [
    ['settling', 'run --once', change, SETTLING],
    ['a repair', 'repair --from 2024-03-01 --to 2024-04-30', () => FALSIFY, REPAIRING],
    ['a rebuild', 'rebuild --wait', () => FALSIFY, REPAIRING],
];

/* The fault: a worker that dies between taking changes and writing cells loses them; one that is
 * cancelled leaves half of its cells; a lock that stays held after its holder's death. */
for (const [label, line, sql, points] of WORK)
    onServers(`B4: ${label} is killed and cancelled at four points`, async (t, kind) => {
        const house = await House.on(kind, t, {days: 12});
        for (const point of points) {
            house.sql(sql(kind));
            const before = house.digest(KEPT);
            const killed = house.run(line, {stop: `${point}:kill`});
            assert.equal(killed.signal, 'SIGKILL', point);
            await until('the dead worker\'s session to be gone',
                () => sessionsOf(house).length === 0);
            assert.equal(house.digest(KEPT), before, `${point}: half done`);

            const worker = await house.pausedAt(point, line);
            worker.signal('SIGTERM').go();
            const {err} = await worker.end(143);
            assert.match(err, /^trueup: .*stopped by a signal\n$/, point);
            assert.equal(house.digest(KEPT), before, `${point}: half done`);

            const next = house.run(line, {code: 0});
            assert.doesNotMatch(next.err, /another worker/);
            house.isRight();
            house.sql(`DELETE FROM daily_day WHERE bucket = '2024-03-29' AND n = 4`);
        }
        house.isTrue();
    });

/* The fault: what is done after a commit is lost, or done again. */
onServers('B4: killed after the turn, after the commit, after a chunk; in all kinds of work',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 12, apply: false});
    for (const point of ['turn.taken', 'build.chunk_done'])
        house.run('apply', {stop: `${point}:kill`});
    house.run('apply', {code: 0});
    house.isRight();
    for (const line of ['rebuild --wait', 'repair --from 2024-03-01 --to 2024-04-30', 'run --once'])
        for (const point of ['turn.taken', 'apply.after_commit', 'build.chunk_done']) {
            house.sql(`${change(kind)}; ${FALSIFY}`);
            house.run(line, {stop: `${point}:kill`});
            house.run('rebuild --wait', {code: 0});
            house.run('run --once', {code: 0});
            house.isRight();
        }
    house.isTrue();
});

onServers('B4: apply is killed before it commits capture: the next does it all',
    async (t, kind) => {
    const house = await House.on(kind, t, {apply: false});
    const before = house.digest();
    assert.equal(house.run('apply', {stop: 'capture.before_commit:kill'}).signal, 'SIGKILL');
    if (kind === 'postgresql')
        assert.equal(house.digest(), before);
    /* MariaDB has no transactions over DDL: writers must be able to live with what is there. */
    house.sql(change(kind));
    house.run('apply', {code: 0});
    house.isTrue();
    house.sql(`UPDATE sale SET amount = amount + 1`);
    house.settles();
});

/* A statement that fails at such a point (a deadlock, a lost connection) is tried again or told. */
onServers('B4: a step fails at each point, is told or tried again, and nothing is lost',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 12});
    for (const point of ['snapshot.taken', 'entries.taken', 'cells.computed', 'turn.taken',
        'cells.written', 'apply.before_commit', 'apply.after_commit']) {
        house.sql(change(kind));
        const {code, signal} = house.run('run --once', {stop: `${point}:fail`});
        assert.ok(signal === null && (code === 0 || code === 3), `${point}: ${code}`);
        house.run('run --once', {code: 0});
        house.isRight();
    }
    house.isTrue();
});

/* ---- rebuilding in chunks ---- */

/* The fault: a rebuild that begins again from the start, or that leaves a hole where it died. */
onServers('B6: a build in chunks is killed after the first: it is visible, the others follow',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 700, spec: {refresh: {memory: '1MiB'}},
        apply: false});
    assert.equal(house.run('apply', {stop: 'build.chunk_done:kill'}).signal, 'SIGKILL');
    const day = localBucket(kind, 'day', 's.at', 'h.off');
    const truth = `SELECT DISTINCT s.shop, ${day} AS bucket FROM sale s JOIN shop h ON h.id =
        s.shop`;
    const built = house.value('SELECT count(*) AS n FROM daily_day');
    assert.ok(built > 0, 'the first chunk is not visible');
    assert.ok(built < house.value(`SELECT count(*) AS n FROM (${truth}) AS q`),
        'one chunk: more rows are needed');
    assert.equal(house.value('SELECT max(bucket) AS d FROM daily_day'),
        house.value(`SELECT max(bucket) AS d FROM (${truth}) AS q`));
    assert.ok(house.json('status').summaries.every(({state}) => state === 'building'));
    house.sql(`UPDATE sale SET amount = amount + 1 WHERE id % 50 = 0; DELETE FROM sale WHERE id %
        70 = 0`);
    house.run('run --once', {code: 0});
    house.isTrue();
    assert.equal(house.value(`SELECT count(*) AS n FROM ${house.control('trueup_build')}`), 0);

    house.sql(`UPDATE daily_day SET total = total + 1; DELETE FROM daily_day WHERE n % 5 = 4`);
    const cells = house.value('SELECT count(*) AS n FROM daily_day');
    let below = null;
    for (;;) {
        assert.equal(house.run('rebuild --wait', {stop: 'build.chunk_done:kill'}).signal,
            'SIGKILL');
        assert.ok(house.value('SELECT count(*) AS n FROM daily_day') >= cells,
            'readers see a hole');
        const [left] = house.sql(`SELECT below FROM ${house.control('trueup_build')} WHERE summary
            = 'daily'`);
        if (left === undefined)
            break;
        assert.ok(below === null || BigInt(left.below) < BigInt(below), 'it began again');
        below = left.below;
    }
    assert.notEqual(below, null, 'too few chunks: more rows are needed');
    house.isTrue();
});

/* ---- two summaries ---- */

/* The fault: the first summary to settle takes the log entries that the second needs. */
onServers('B10: two summaries over one source settle, and are repaired, at the same moment',
    async (t, kind) => {
    const house = await House.on(kind, t);
    house.sql(change(kind));
    const workers = [0, 1, 2].map(() => house.start('run --once'));
    await Promise.all(workers.map((worker) => worker.end(0)));
    house.run('run --once', {code: 0});
    house.isRight();

    house.sql(change(kind));
    const settling = await house.pausedAt('cells.written', 'run --once');
    const repair = house.start('repair --summary folded --from 2024-03-01 --to 2024-04-30');
    await repair.says(/another worker/);
    await settling.go().end(0);
    await repair.end(0);
    house.settles();
});

/* ---- a worker that stands still ---- */

/* The fault: a worker that comes back after its session was ended, and after another has done its
 * work, writes what it had computed long ago. */
onServers('B12: a stopped worker loses its connection, another does the work, it goes on',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 12});
    for (const point of ['snapshot.taken', 'entries.taken', 'cells.computed', 'turn.taken',
        'cells.written',
        'apply.before_commit']) {
        house.sql(change(kind));
        const stopped = await house.pausedAt(point, 'run --once');
        await cutSessions(house);
        house.sql(`UPDATE sale SET amount = amount + 3 WHERE id % 4 = 0`);
        assert.doesNotMatch(house.run('run --once', {code: 0}).err, /another worker/, point);
        house.isRight();
        const before = house.digest(KEPT);
        const {code, err} = await stopped.go().end();
        assert.ok(code === 3 || code === 0, `${point}: exit code ${code}: ${err}`);
        assert.match(err, code === 3 ? /^trueup: [^\n]+\n$/ : /^(trueup: [^\n]+\n)?$/, point);
        assert.equal(house.digest(KEPT), before, `${point}: it wrote`);
        house.isRight();
    }
    house.isTrue();
});

/* Nobody ends its session: the server does, by the time-outs that the worker itself has asked
 * for. */
onServers('B12: a worker is stopped with its locks held: they are let go within seconds',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 12});
    house.sql(change(kind));
    const stopped = await house.pausedAt('cells.written', 'run --once');
    assert.match(house.run('run --once', {code: 0}).err, /another worker/);
    await until('the server to end the stopped worker\'s session',
        () => sessionsOf(house).length === 0, 15_000);
    assert.doesNotMatch(house.run('run --once', {code: 0}).err, /another worker/);
    house.isRight();
    const before = house.digest(KEPT);
    const {code, err} = await stopped.go().end();
    assert.ok(code === 3 || code === 0, `exit code ${code}: ${err}`);
    assert.equal(house.digest(KEPT), before);
    house.isTrue();
});
