/*
 * Laboratories by chance: writers with transactions of their own, labs that come, go and move, daemons
 * that are killed; whenever all is settled the table equals truth.sql.
 *
 *   writer ─ transaction ─ transaction ...   ┐
 *   writer ─ transaction ─ ...               ├─▶ quiet: run --once, isRight, verify ─▶ next round
 *   daemon ─ killed ─ daemon ...             ┘
 *
 *   LAB_HISTORIES=50   more of them          TRUEUP_TEST_SEED=17   the same choices again
 */
import assert from 'node:assert/strict';
import {TABLE, ZONES, onLab} from './lab.mjs';
import {Chance, withChance} from './seed.mjs';

const HISTORIES = Number(process.env.LAB_HISTORIES ?? 3);
const ROUNDS = 2, WRITERS = 2, TRANSACTIONS = 7, LABS = 6, FIRST_NEW = 50_000;

/* ---- what may happen ---- */

const some = (chance, column = 'id') => `${column} % ${chance.of([7, 13, 29])} = ${chance.below(7)}`;
const at = (chance) => {
    const ms = Date.parse(chance.of(['2024-11-02', '2024-10-26', '2024-10-05', '2023-06-01',
        '2025-12-30'])) + chance.below(3 * 86_400) * 1000;
    return `'${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}${
        chance.of(['', '.5', '.999999'])}'`;
};
const orNull = (chance, value) => chance.below(8) === 0 ? 'NULL' : value;
const lab = (chance) => 1 + chance.below(LABS);

/* A bill with up to three tests, and samples for some. Ids are chosen, so that nobody depends on what
 * another writer was given. */
function bill(chance) {
    const id = FIRST_NEW + chance.below(50_000);
    const attribute = (n) => orNull(chance, 1 + chance.below(n));
    const statements = [`INSERT IGNORE INTO billing VALUES (${id}, ${lab(chance)}, ${at(chance)},
        ${attribute(4)}, ${attribute(3)}, ${attribute(2)}, ${Number(chance.below(10) === 0)})`];
    for (let n = chance.below(4); n > 0; n--) {
        const test = 1 + chance.below(62), sample = id * 4 + chance.below(2);
        statements.push(`INSERT INTO billingInfo(billId, testId, dismissed) VALUES (${id}, ${test},
            ${Number(chance.below(10) === 0)})`, `INSERT IGNORE INTO collectedSample VALUES (${sample},
            ${id}, ${1 + chance.below(6)}, ${chance.below(2)})`, `INSERT INTO labReportRelation(billId,
            testId, sampleId) VALUES (${id}, ${test}, ${orNull(chance, sample)})`);
    }
    return chance.below(3) === 0 ? statements.reverse() : statements; /* children first, too */
}

const EVENTS = [
    bill, bill, bill,
    (c) => [`UPDATE billing SET isCancel = 1 - isCancel WHERE ${some(c)}`],
    (c) => [`UPDATE billing SET billTime = ${at(c)} WHERE ${some(c)} AND labId = ${lab(c)}`],
    (c) => [`UPDATE billing SET billTime = billTime + INTERVAL ${c.of([-31, -1, 1])} DAY
        WHERE ${some(c)}`],
    (c) => [`UPDATE billing SET labId = ${lab(c)} WHERE ${some(c)}`],
    (c) => [`UPDATE billing SET organizationId = ${orNull(c, c.below(5))},
        referralId = ${orNull(c, c.below(5))} WHERE ${some(c)}`],
    (c) => [`UPDATE billingInfo SET dismissed = 1 - dismissed WHERE ${some(c)}`],
    (c) => [`UPDATE billingInfo SET billId = billId + 1, testId = ${1 + c.below(62)} WHERE ${some(c)}`],
    (c) => [`UPDATE collectedSample SET accessed = 1 - accessed WHERE ${some(c)}`],
    (c) => [`UPDATE collectedSample SET sampleTypeId = 1 + ${c.below(6)} WHERE ${some(c)}`],
    (c) => [`UPDATE labReportRelation SET dismissed = 1 - dismissed WHERE ${some(c)}`],
    (c) => [`UPDATE labReportRelation SET sampleId = ${orNull(c, 'sampleId + 1')} WHERE ${some(c)}`],
    (c) => [`UPDATE allTests SET departmentId = ${orNull(c, c.below(4))} WHERE ${some(c)}`],
    (c) => [`DELETE FROM allTests WHERE id = ${1 + c.below(62)}`],
    (c) => [`REPLACE INTO allTests VALUES (${1 + c.below(62)}, 'again', ${orNull(c, c.below(4))})`],
    (c) => [`DELETE FROM billing WHERE ${some(c)} AND labId = ${lab(c)}`],
    (c) => [`DELETE FROM billingInfo WHERE ${some(c)}`, `DELETE FROM collectedSample WHERE ${some(c)}`],
    (c) => [`INSERT INTO billing SELECT id, labId, billTime, organizationId, 9, branchId, isCancel
        FROM billing WHERE ${some(c)} ON DUPLICATE KEY UPDATE referralId = 9`],
    (c) => [`UPDATE labs SET enable_operation_summary = 1 - enable_operation_summary
        WHERE id = ${lab(c)}`],
    (c) => [`UPDATE labs SET labTimeZone = '${c.of(ZONES)}' WHERE id = ${lab(c)}`],
];

/* ---- who does it ---- */

/* Writers may deadlock with each other: then one of them is rolled back, which is no matter here; that
 * capture makes nobody wait or fail is tested elsewhere. */
async function write(place, chance) {
    const writer = place.writer();
    for (let i = 0; i < TRANSACTIONS; i++) {
        const statements = Array.from({length: 1 + chance.below(3)}, () => chance.of(EVENTS)(chance));
        await writer.attempt(['START TRANSACTION', ...statements.flat(),
            chance.below(5) === 0 ? 'ROLLBACK' : 'COMMIT'].join(';\n'));
    }
    await writer.end();
}

const STOPS = ['cells.computed:kill:2', 'turn.taken:kill', 'apply.before_commit:kill:2',
    'apply.after_commit:kill', 'entries.taken:kill:2', null, null];

/* Daemons one after the other while the writers write; all but the last are killed. */
async function keep(place, chance, writing) {
    let isOver = false;
    const over = writing.then(() => { isOver = true; });
    while (!isOver) {
        const daemon = place.start('run', {stop: chance.of(STOPS)});
        const life = new Promise((resolve) => setTimeout(resolve, 300 + chance.below(2500)));
        await Promise.race([over, life, daemon.closed]);
        if (daemon.result === null)
            daemon.signal(isOver ? 'SIGTERM' : 'SIGKILL');
        await daemon.end();
    }
    await over;
}

for (let h = 0; h < HISTORIES; h++)
    onLab(`history ${h} by chance`, (place) => withChance(`laboratory ${h}`, async (chance) => {
        for (let round = 0; round < ROUNDS; round++) {
            const writers = Array.from({length: WRITERS}, (_, i) =>
                write(place, new Chance(`laboratory ${h}.${round}.${i}`)));
            await keep(place, chance, Promise.all(writers));
            if (chance.below(3) === 0)
                place.run(`rebuild --wait --tenant ${lab(chance)}`);
            place.run('run --once', {code: 0});
            place.isRight(`round ${round}`);
            place.isQuiet();
        }
        assert.ok(place.total() > 0);
        assert.equal(place.value(`SELECT COUNT(*) AS n FROM ${TABLE} WHERE event_value <= 0`), 0);
        assert.equal(place.json('rebuild --wait', {code: 0}).cells_drifted, 0);
    }), {data: {labs: LABS, zones: LABS, days: 5, bills: 8}});
