/*
 * Repairs and rebuilds that take long, on every database: others settle meanwhile, and what they settled is
 * not lost. With an index on the time they are cut into pieces; without one the table is read once, by a
 * worker that has let go of the lock.
 */
import assert from 'node:assert/strict';
import {Kept, onEach} from './daemons.mjs';

/* Long enough that no first piece is all of it. */
const DAYS = 400;
const BY_TIME = {days: DAYS, tables: 'CREATE INDEX sale_at ON sale(at);'};

/* No index at all. */
class Bare extends Kept {
    constructor(t, options) {
        super(t, {...options, apply: false});
        this.shell(`DROP INDEX sale_place${this.kind === 'mariadb' ? ' ON sale' : ''}`);
        this.run('apply', {code: 0});
    }
}
const WHOLE = {days: DAYS, Place: Bare};
const ALL_DAYS = '--from 2024-03-01 --to 2025-04-10';

/* Wrong cells of both summaries, old ones and new ones. */
const FALSIFY = ['2024-03-09', '2024-07-01', '2025-03-02'].flatMap((day) =>
    ['daily', 'folded'].map((name) =>
        `UPDATE ${name}_day SET total = 999 WHERE shop = 'tokyo' AND bucket = '${day}';`)).join('\n');
const N_FALSE = 6;

/* Changes everywhere: in buckets that are right, and in those that are not. */
const CHANGE = `UPDATE sale SET amount = amount + 3 WHERE shop = 'phoenix';
    UPDATE sale SET amount = amount + 5 WHERE shop = 'tokyo' AND at >= '2024-07-01'
        AND at < '2024-07-02'`;

/* Phoenix was not falsified: what others settled of it is there, whatever the long work does. */
function phoenixIsRight(house) {
    for (const name of ['daily', 'folded'])
        assert.equal(house.value(`SELECT sum(total) FROM ${name}_day WHERE shop = 'phoenix'`),
            house.value(`SELECT sum(amount) FROM sale WHERE shop = 'phoenix'`), name);
}

onEach('a repair is done in pieces, and others settle between two of them', async (house) => {
    house.shell(FALSIFY);
    house.shell(`INSERT INTO ${house.control('trueup_job')}(kind, summary, range_from, range_to)
        VALUES ('repair', NULL, '2024-03-01', '2025-04-10')`);
    const daemon = house.start('run', {stop: 'lock.given_back:pause:2'});
    await daemon.paused();
    const reached = house.value(`SELECT reached FROM ${house.control('trueup_job')} WHERE id = 1`);
    assert.ok(reached > 19_800, `pieces are small at first: it has reached ${reached}`);
    house.shell(CHANGE);
    house.run('run --once', {code: 0});
    phoenixIsRight(house);
    assert.deepEqual(house.pending(), {}, 'nothing waits for the repair');
    daemon.go();
    await house.jobIs(1, 'COMPLETED');
    await house.becomesRight();
    daemon.signal('SIGTERM');
    await daemon.end(143);
    house.isTrue();
    const [run] = house.runs().filter(({kind}) => kind === 'repair');
    assert.equal(run.status, 'COMPLETED');
    assert.ok(run.cells_drifted >= N_FALSE - 2 && run.cells_drifted <= N_FALSE,
        `${run.cells_drifted}: tokyo's changed day may have been recomputed before`);
}, BY_TIME);

onEach('longer periods are right when their days are repaired in pieces', (house) => {
    house.shell(`${FALSIFY}
        UPDATE daily_month SET most = 77 WHERE shop = 'tokyo';
        UPDATE folded_year SET n = 7; UPDATE folded_hour SET n = 8 WHERE shop = 'kathmandu'`);
    /* A month and a year that the range cuts are made of their rows: another day may be wrong. */
    house.shell(`UPDATE daily_day SET most = 990 WHERE bucket = '2024-05-30';
        UPDATE folded_day SET n = 990 WHERE bucket = '2024-12-30'`);
    house.run('repair --from 2024-03-01 --to 2024-05-20', {code: 0});
    assert.ok(house.value(`SELECT max(most) FROM daily_month WHERE shop = 'tokyo'
        AND bucket = '2024-05-01'`) < 200);
    house.run(`repair --from 2024-02-28 --to 2024-12-20`, {code: 0});
    assert.ok(house.value(`SELECT max(n) FROM folded_year WHERE bucket = '2024-01-01'`) < 1600,
        'the year is not made of the wrong day');
    house.run(`repair ${ALL_DAYS}`, {code: 0});
    house.isTrue();
}, BY_TIME);

for (const [what, line] of [['repair', `repair ${ALL_DAYS}`], ['rebuild', 'rebuild --wait']])
    onEach(`a ${what} that reads the whole table lets others settle`, async (house) => {
        house.shell(FALSIFY);
        const worker = await house.pausedAt('aside.scan', `--json ${line}`);
        house.shell(CHANGE);
        house.run('run --once', {code: 0});
        phoenixIsRight(house);
        assert.deepEqual(house.pending(), {});
        /* Changes that wait when it goes on are settled as ever. */
        house.shell(`UPDATE sale SET amount = amount - 1 WHERE id % 7 = 0`);
        const {out} = await worker.go().end(0);
        const {cells_drifted: drifted} = JSON.parse(out);
        assert.ok(drifted >= N_FALSE - 2, out); /* others may have mended the day that changed */
        house.settles();
        house.run('verify', {code: 0});
    }, WHOLE);

onEach('when too much differs, it is done with the lock', async (house) => {
    house.shell(`UPDATE daily_day SET total = total + 1; DELETE FROM folded_hour WHERE n > 0`);
    const worker = await house.pausedAt('aside.scan', `repair ${ALL_DAYS}`);
    house.shell(CHANGE);
    house.run('run --once', {code: 0});
    await worker.go().end(0);
    house.settles();
    house.run(`repair ${ALL_DAYS}`, {code: 0});
}, WHOLE);

onEach('a row that is no bucket is removed, whoever settled meanwhile', async (house, kind) => {
    const odd = kind === 'sqlite' ? `'2024-03-05T00:12:34Z'` : `'2024-03-05 00:12:34'`;
    house.shell(`UPDATE folded_hour SET bucket = ${odd} WHERE shop = 'phoenix'
        AND bucket = (SELECT b FROM (SELECT max(bucket) AS b FROM folded_hour
            WHERE shop = 'phoenix' AND bucket < '2024-03-06') AS x)`);
    const worker = await house.pausedAt('aside.scan', `repair ${ALL_DAYS}`);
    house.shell(CHANGE);
    house.run('run --once', {code: 0});
    await worker.go().end(0);
    house.settles();
}, WHOLE);

onEach('a rebuild that is cancelled while it reads', async (house) => {
    house.shell(FALSIFY);
    house.run('rebuild', {code: 0});
    const worker = await house.pausedAt('aside.scan', 'run --once');
    assert.equal(house.json('jobs cancel 1', {code: 0}).jobs[0].status, 'RUNNING');
    house.shell(CHANGE);
    house.run('run --once', {code: 0});
    await worker.go().end(0);
    await house.jobIs(1, 'CANCELLED');
    /* It may have come to its end before it heard of it; it has one. */
    const [run] = house.runs().filter(({kind}) => kind === 'rebuild');
    assert.ok(['FAILED', 'COMPLETED'].includes(run.status), run.status);
    house.run('rebuild --wait', {code: 0});
    house.settles();
}, WHOLE);

/* The fault: what is being read for already is not asked for again, though the reader saw none of it. */
onEach('changes that cannot be placed, while earlier ones of that kind are read for', async (house) => {
    const log = house.control('trueup_change_sale');
    house.shell(`INSERT INTO ${log}(trueup_weight) VALUES (2)`);
    const worker = await house.pausedAt('aside.scan', 'run --once');
    house.shell(`UPDATE sale SET amount = amount + 1000 WHERE id = 500;
        DELETE FROM ${log} WHERE trueup_weight <> 2;
        INSERT INTO ${log}(trueup_weight) VALUES (2);`);
    house.run('run --once', {code: 0});
    await worker.go().end(0);
    house.settles();
    house.run('verify', {code: 0});
}, WHOLE);

/* The fault: what was counted at the beginning replaced what others had counted since. */
onEach('rows without a time that come while a rebuild reads are counted once', async (house) => {
    const without = () => house.value(`SELECT without_time FROM ${house.control('trueup_source')}`);
    const add = () => house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', NULL, 1)`);
    add();
    house.run('run --once', {code: 0});
    assert.equal(without(), 1);
    house.shell(FALSIFY);
    const worker = await house.pausedAt('aside.scan', 'rebuild --wait');
    add();
    house.shell(CHANGE);
    house.run('run --once', {code: 0});
    assert.equal(without(), 2);
    await worker.go().end(0);
    assert.equal(without(), 2);
    house.settles();
}, WHOLE);

/* The fault: it held the lock from the first piece to the last, and nobody settled meanwhile. */
onEach('a job that `run --once` does lets others settle between its pieces', async (house) => {
    house.shell(FALSIFY);
    house.run('rebuild', {code: 0});
    const worker = await house.pausedAt('lock.given_back', 'run --once');
    house.shell(CHANGE);
    const {err} = house.run('run --once', {code: 0});
    assert.doesNotMatch(err, /another worker/);
    assert.deepEqual(house.pending(), {});
    await worker.go().end(0);
    await house.jobIs(1, 'COMPLETED');
    house.settles();
    house.run('verify', {code: 0});
}, BY_TIME);
