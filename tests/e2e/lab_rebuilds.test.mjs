/*
 * The laboratory's rebuilds: who reads meanwhile sees no hole, and whoever does the work may be killed
 * at any point of it.
 */
import assert from 'node:assert/strict';
import {TABLE, STORED, TRUTH, onLab} from './lab.mjs';
import {Chance, withChance} from './seed.mjs';

/* Little memory, so that a rebuild comes in pieces. */
const IN_PIECES = {data: {days: 20, bills: 9}, edit: (spec) => `${spec}  memory: 1MiB\n`};

/* ---- 6: who reads ---- */

/* What a rebuild finds, as old jobs may leave it: all of them too low, or too high, so that no total
 * may be beyond the old and the new one at any moment. */
const BEFORE = {
    'cells that were lost come back': `DELETE FROM ${TABLE} WHERE ordered_at % 3 = 0`,
    'cells that are too high fall': `UPDATE ${TABLE} SET event_value = event_value + 3`,
};

for (const [what, sql] of Object.entries(BEFORE))
    onLab(`6. readers during a rebuild never see less than the smaller truth: ${what}`, async (lab) => {
        const totals = `SELECT SUM(event_value) AS n FROM ${TABLE} UNION ALL
            SELECT COALESCE(SUM(event_value), 0) FROM ${TABLE} WHERE lab_id = 4 UNION ALL
            SELECT COALESCE(SUM(event_value), 0) FROM ${TABLE} WHERE event_type = 'branch_test'`;
        const look = () => lab.sql(totals).map(({n}) => Number(n));
        const right = look();
        lab.shell(sql);
        const wrong = look();
        assert.notDeepEqual(wrong, right);
        const reader = lab.writer();
        const worker = lab.start('rebuild --wait');
        let polls = 0;
        while (worker.result === null || polls === 0) {
            const seen = (await reader.do(totals)).split('\n').map(Number);
            for (const [i, n] of seen.entries())
                assert.ok(n >= Math.min(right[i], wrong[i]) && n <= Math.max(right[i], wrong[i]),
                    `total ${i} was ${n}: not between ${wrong[i]} and ${right[i]}`);
            polls++;
        }
        await worker.end(0);
        assert.deepEqual(look(), right);
        lab.isRight();
        lab.isQuiet();
    }, IN_PIECES);

/* The same, seen after every single turn of the rebuild. */
onLab('6. between any two pieces of a rebuild each lab and day is whole: as it was, or right', async (lab) => {
    lab.shell(`UPDATE ${TABLE} SET event_value = event_value + 3`);
    const days = () => lab.sql(`SELECT lab_id, ordered_at, SUM(event_value) AS n, COUNT(*) AS rows_
        FROM ${TABLE} GROUP BY 1, 2 ORDER BY 1, 2`);
    const before = days();
    const worker = await lab.pausedAt('build.chunk_done', 'rebuild --wait');
    const between = days();
    assert.equal(between.length, before.length, 'no day is missing');
    const changed = between.filter(({n}, i) => n !== before[i].n);
    assert.ok(changed.length > 0 && changed.length < between.length, 'some are done, some are not');
    for (const [i, {n, rows_: rows}] of between.entries())
        assert.ok(n === before[i].n || n === before[i].n - 3 * rows, JSON.stringify(between[i]));
    await worker.go().end(0);
    lab.isRight();
}, IN_PIECES);

/* ---- 7: who is killed ---- */

const POINTS = ['snapshot.taken:1', 'snapshot.taken:2', 'cells.computed:1', 'cells.computed:2',
    'turn.taken:1', 'cells.written:1', 'apply.before_commit:1', 'apply.after_commit:1',
    'build.chunk_done:1', 'build.chunk_done:2'];

onLab('7. a worker killed at any point of a rebuild: the next one goes on; nothing double or missing',
    async (lab) => {
        for (const [i, point] of POINTS.entries()) {
            const [name, nth] = point.split(':');
            lab.shell(`UPDATE ${TABLE} SET event_value = event_value + 2 WHERE ordered_at % 2 = 0;
                DELETE FROM ${TABLE} WHERE ordered_at % 7 = 3`);
            lab.run(`rebuild${i % 2 ? '' : ' --tenant 5'}`, {code: 0});
            const {signal} = await lab.start('run --once', {stop: `${name}:kill:${nth}`}).end();
            lab.run('run --once', {code: 0});
            assert.deepEqual(lab.jobs().map(({status}) => status), Array(i + 1).fill('COMPLETED'),
                `${point} (${signal})`);
            lab.same(`${STORED} WHERE lab_id = 5`, `SELECT * FROM (${TRUTH}) AS labs
                WHERE labId = 5`, point);
            if (i % 2)
                lab.isRight(point);
        }
        assert.deepEqual(lab.runs().filter(({status}) => status === 'STARTED'), []);
        lab.run('rebuild --wait', {code: 0});
        lab.isRight();
        lab.isQuiet();
    }, IN_PIECES);

onLab('7. a rebuild whose workers are killed again and again before they get anywhere', async (lab) => {
    lab.shell(`UPDATE ${TABLE} SET event_value = event_value + 2`);
    lab.run('rebuild', {code: 0});
    for (let i = 0; i < 12; i++)
        await lab.start('run --once', {stop: `${i % 2 ? 'job.claimed' : 'cells.computed'}:kill`}).end();
    lab.run('run --once', {code: 0});
    assert.deepEqual(lab.jobs().map(({status}) => status), ['COMPLETED']);
    lab.isRight();
});

onLab('7. daemons killed at any moment of rebuilds, with bills written meanwhile', (lab) =>
    withChance('lab rebuilds', async (chance) => {
        const MOST = 6;
        lab.shell(`UPDATE ${TABLE} SET event_value = event_value + 2`);
        lab.run('rebuild', {code: 0});
        for (let i = 0; i < MOST; i++) {
            const daemon = await lab.daemon();
            lab.shell(`UPDATE billing SET isCancel = 1 - isCancel WHERE id % 97 = ${chance.below(97)}`);
            await new Promise((resolve) => setTimeout(resolve, chance.below(600)));
            daemon.signal('SIGKILL');
            await daemon.end();
        }
        const last = await lab.daemon();
        await lab.jobIs(1, 'COMPLETED');
        await lab.becomesRight();
        await last.stop();
        lab.isQuiet();
        assert.deepEqual(lab.runs().filter(({status}) => status === 'STARTED'), []);
    }), IN_PIECES);
