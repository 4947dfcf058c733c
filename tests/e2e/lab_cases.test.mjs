/*
 * The laboratory's cases: bills at the edges of days in all zones, the last bill of a cell, labs
 * without a zone, a table that others kept before. Each was a fault in a system like it.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {ZONES, LAST, STORED, TABLE, generated, onLab} from './lab.mjs';
import {insert} from './words.mjs';

const BILLS = '(labId, billTime, organizationId, referralId, branchId)';
const bills = (rows) => insert('billing', rows.map(([lab, at]) => [lab, at, 1, 2, 3]), BILLS);
const enabled = (zones) => insert('labs', zones.map((zone, i) => [i + 1, `in ${zone}`, zone, 1]));

/* ---- what is always true ---- */

onLab('sixteen series; samples are those accessioned and those not; all tests agree', async (lab) => {
    lab.isRight();
    assert.equal(lab.value(`SELECT COUNT(DISTINCT event_type) AS n FROM ${TABLE}`), 16);
    for (const by of ['organization', 'referral', 'branch'])
        lab.same(
            `SELECT lab_id, ordered_at, dimension_a_id, dimension_b_id, event_value FROM ${TABLE}
             WHERE event_type = '${by}_sample'`,
            `SELECT lab_id, ordered_at, dimension_a_id, dimension_b_id,
                 CAST(SUM(event_value) AS SIGNED) AS n FROM ${TABLE}
             WHERE event_type IN ('${by}_sample_accessed', '${by}_sample_not_accessed')
             GROUP BY 1, 2, 3, 4`, by);
    const tests = lab.sql(`SELECT event_type, SUM(event_value) AS n FROM ${TABLE}
        WHERE event_type LIKE '%!_test' ESCAPE '!' GROUP BY 1`);
    assert.equal(tests.length, 4);
    assert.equal(new Set(tests.map(({n}) => n)).size, 1, JSON.stringify(tests));
    lab.isQuiet();
}, {data: {complete: true}});

onLab('the generator gives the same rows for the same seed, and as many as it says', async (lab) => {
    const options = {labs: 8, days: 6, bills: 8, last: LAST};
    assert.equal(generated(options), generated(options));
    assert.notEqual(generated({...options, seed: 2}), generated(options));
    const count = (table) => lab.value(`SELECT COUNT(*) AS n FROM ${table}`);
    assert.equal(count('billing'), 8 * 6 * 8);
    const tests = count('billingInfo') / count('billing');
    assert.ok(tests > 2.5 && tests < 3.5, `${tests} tests a bill`);
    assert.ok(count('collectedSample') < count('labReportRelation'), 'some samples serve several');
    assert.equal(lab.value('SELECT COUNT(DISTINCT labTimeZone) AS n FROM labs'), 8);
    const before = lab.sql(`SELECT CRC32(GROUP_CONCAT(CONCAT_WS(' ', id, labId, billTime,
        organizationId, referralId) ORDER BY id)) AS n FROM billing WHERE id < 10`);
    lab.shell(`DELETE FROM labs; DELETE FROM allTests; DELETE FROM billing; DELETE FROM billingInfo;
        DELETE FROM collectedSample; DELETE FROM labReportRelation; ${generated(options)}`);
    assert.deepEqual(lab.sql(`SELECT CRC32(GROUP_CONCAT(CONCAT_WS(' ', id, labId, billTime,
        organizationId, referralId) ORDER BY id)) AS n FROM billing WHERE id < 10`), before);
    lab.settles();
});

/* One thing after the other that may happen to rows; after each of them all is settled and true. */
const CHANGES = [
    `UPDATE billing SET isCancel = 1 WHERE organizationId % 4 = 1 AND id % 5 = 0`,
    `UPDATE billing SET organizationId = 7 WHERE id % 11 = 0`,
    `UPDATE billingInfo SET dismissed = 1 - dismissed WHERE id % 7 = 0`,
    `UPDATE collectedSample SET accessed = 1 - accessed WHERE id % 5 = 0`,
    `UPDATE allTests SET departmentId = 99 WHERE id IN (3, 4, 5)`,
    `UPDATE labs SET enable_operation_summary = 0 WHERE id = 2`,
    `UPDATE labs SET labTimeZone = 'Asia/Kathmandu' WHERE id = 1`,
    `UPDATE billing SET billTime = billTime - INTERVAL 31 DAY WHERE id % 13 = 0`,
    `UPDATE billing SET labId = labId % 8 + 1 WHERE id % 17 = 0;
     UPDATE billingInfo SET billId = billId % 300 + 1 WHERE id % 9 = 0`,
    `UPDATE labs SET enable_operation_summary = 1 WHERE id = 2`,
    `DELETE FROM billing WHERE organizationId = 7; DELETE FROM labReportRelation WHERE id % 3 = 0`,
    `UPDATE labReportRelation SET sampleId = NULL WHERE id % 4 = 0;
     DELETE FROM collectedSample WHERE id % 6 = 0`,
    `DELETE FROM allTests; UPDATE billing SET isCancel = 1 WHERE labId = 3`,
];

onLab('a history of changes, settled one by one', async (lab) => {
    for (const change of CHANGES) {
        lab.shell(change);
        lab.settles(change);
    }
    assert.equal(lab.json('rebuild --wait', {code: 0}).cells_drifted, 0);
});

/* ---- 1 and 2: repeated, and gone ---- */

/* The fault: NULL in the unique key of an upsert, so that the same day twice counts double. */
onLab('1. the same bills repaired twice: one row a cell, with the same value', async (lab) => {
    const before = lab.sql(`${STORED} ORDER BY 1, 2, 3, 4, 5`);
    for (let i = 0; i < 2; i++) {
        const {cells_checked: checked, ...done} = lab.json(`repair --date ${LAST}`, {code: 0});
        assert.deepEqual(done, {cells_drifted: 0, cells_written: 0, failed: []});
        assert.ok(checked > 0);
        lab.run(`repair --tenant 3 --from 2024-10-20 --to ${LAST}`, {code: 0});
    }
    assert.deepEqual(lab.sql(`${STORED} ORDER BY 1, 2, 3, 4, 5`), before);
    assert.deepEqual(lab.sql(`SELECT lab_id FROM ${TABLE} GROUP BY lab_id, ordered_at, event_type,
        dimension_a_id, dimension_b_id HAVING COUNT(*) > 1`), []);
    lab.isRight();
});

/* The fault: an upsert never removes the key that vanished. */
onLab('2. the last bill of an organization is cancelled: its rows go, and a repair leaves none',
    async (lab) => {
        const gone = () => lab.sql(`SELECT * FROM ${TABLE} WHERE dimension_a_id = 999`);
        lab.shell(`INSERT INTO billing VALUES (90001, 1, '2024-11-04 01:00:00', 999, 999, 999, 0);
            INSERT INTO billingInfo(billId, testId) VALUES (90001, 1), (90001, 2);
            INSERT INTO collectedSample(id, billId, sampleTypeId, accessed) VALUES (900001, 90001, 1, 1);
            INSERT INTO labReportRelation(billId, testId, sampleId) VALUES (90001, 1, 900001)`);
        lab.settles();
        assert.equal(gone().length, 3 + 2 * 3 + 2 * 3);
        lab.shell('UPDATE billing SET isCancel = 1 WHERE id = 90001');
        lab.settles('cancelled');
        assert.deepEqual(gone(), []);
        /* As an old job may have left them: nothing is pending, and a repair finds them. */
        lab.shell(`INSERT INTO ${TABLE}(lab_id, ordered_at, dimension_a_id, dimension_b_id,
            event_type, event_value) VALUES (1, '2024-11-04', 999, NULL, 'organization_bill', 1)`);
        const repaired = lab.json('repair --tenant 1 --date 2024-11-04', {code: 0});
        assert.deepEqual([repaired.cells_drifted, repaired.cells_written], [1, 1]);
        assert.deepEqual(gone(), []);
        lab.isRight('repaired');
    });

/* ---- 3 and 4: local days ---- */

const ofDay = (lab, id) => Object.fromEntries(lab.sql(`SELECT ordered_at, event_value FROM ${TABLE}
    WHERE lab_id = ${id} AND event_type = 'branch_bill' ORDER BY 1`)
    .map(({ordered_at: day, event_value: n}) => [day, n]));

onLab('3. a bill at 23:59:59.500 on the lab\'s clock counts on that day', async (lab) => {
    lab.shell(`${enabled(['Asia/Kathmandu', 'Europe/Berlin'])} ${bills([
        [1, '2024-03-10 18:14:59.500'], [1, '2024-03-10 18:14:59.999999'], [1, '2024-03-10 18:15:00'],
        [2, '2024-07-01 21:59:59.500'], [2, '2024-07-01 22:00:00'],
        [2, '2024-12-31 22:59:59.500'], [2, '2024-12-31 23:00:00.000001']])}`);
    lab.settles();
    assert.deepEqual(ofDay(lab, 1), {'2024-03-10': 2, '2024-03-11': 1});
    assert.deepEqual(ofDay(lab, 2),
        {'2024-07-01': 1, '2024-07-02': 1, '2024-12-31': 1, '2025-01-01': 1});
    assert.equal(lab.json('rebuild --wait', {code: 0}).cells_drifted, 0);
}, {data: null});

/* Days that four independent implementations agree on: each with a bill at its first and its last
 * microsecond, and one in the middle; days that a clock left out have none. */
onLab('4. every bill is in one local day, and on the day that the table of days says', async (lab) => {
    const [head, ...rows] = fs.readFileSync(new URL('../unit/data/tz_days.tsv', import.meta.url),
        'utf8').split('\n').filter((line) => line && !line.startsWith('#'))
        .map((line) => line.split('\t'));
    assert.deepEqual(head.slice(0, 4), ['zone', 'local_date', 'start_utc', 'end_utc']);
    const zones = [...new Set(rows.map(([zone]) => zone))];
    const at = (ms) => new Date(ms).toISOString().replace('T', ' ').slice(0, 23);
    const made = [], expected = zones.map(() => ({}));
    for (const [zone, day, start, end] of rows) {
        const [from, to, i] = [Date.parse(start), Date.parse(end), zones.indexOf(zone)];
        if (from === to)
            continue;
        made.push([i + 1, at(from)], [i + 1, at((from + to) / 2)], [i + 1, `${at(to - 1)}999`]);
        expected[i][day] = (expected[i][day] ?? 0) + 3;
    }
    lab.shell(`${enabled(zones)} ${bills(made)}`);
    lab.run('run --once', {code: 0});
    for (const [i, zone] of zones.entries())
        assert.deepEqual(ofDay(lab, i + 1), expected[i], zone);
    assert.equal(lab.total(`event_type = 'branch_bill'`), made.length);
    assert.equal(lab.json('rebuild --wait', {code: 0}).cells_drifted, 0);
    lab.isQuiet();
}, {data: null});

onLab('4. the seven zones, a bill in 53 minutes over both changes of the clocks', async (lab) => {
    const made = [];
    for (const [i] of ZONES.entries())
        for (const [from, days] of [['2024-03-08', 4], ['2024-03-29', 4], ['2024-04-05', 4],
            ['2024-10-04', 4], ['2024-10-26', 3], ['2024-11-02', 3]])
            for (let ms = Date.parse(from); ms < Date.parse(from) + days * 86_400_000;
                ms += 53 * 60_000 + 1)
                made.push([i + 1, new Date(ms).toISOString().replace('T', ' ').slice(0, 23)]);
    lab.shell(`${enabled(ZONES)} ${bills(made)}`);
    lab.settles();
    assert.equal(lab.total(`event_type = 'branch_bill'`), made.length);
    lab.shell('UPDATE billing SET billTime = billTime + INTERVAL 30 MINUTE WHERE id % 7 = 0');
    lab.settles('half an hour later');
}, {data: null});

/* ---- 5: a lab without a clock ---- */

onLab('5. a lab with an unknown zone is named by check, status and the run; the others are done',
    async (lab) => {
        lab.shell(`INSERT INTO labs VALUES (90, 'lost', 'Atlantis/Capital', 1), (91, 'none', NULL, 1);
            ${bills([[90, '2024-11-04 10:00:00'], [91, '2024-11-04 10:00:00'],
                [3, '2024-11-04 10:00:00']])}`);
        const {err} = lab.run('apply', {code: 1});
        assert.match(err, /Atlantis\/Capital/);
        lab.isRight('the others, built');
        const named = (tenants) => tenants.map(({tenant}) => tenant).sort();
        assert.deepEqual(named(lab.json('status', {code: 1}).tenants), ['90', '91']);
        assert.match(lab.run('status', {code: 1}).out, /Atlantis\/Capital/);
        assert.match(lab.run('check', {code: 1}).out, /Atlantis\/Capital/);
        const failed = lab.json(`repair --date ${LAST}`, {code: 1}).failed;
        assert.deepEqual(named(failed), ['90', '91']);
        const runs = lab.runs();
        assert.deepEqual(runs.map(({kind, status}) => [kind, status]),
            [['repair', 'FAILED'], ['build', 'FAILED']]);
        for (const {error} of runs)
            assert.match(error, /^tenant 9[01]: .*zone/);
        lab.shell(`UPDATE billing SET isCancel = 1 WHERE id % 7 = 0 AND labId < 90`);
        lab.run('run --once');
        lab.isRight('the others, settled');
        lab.shell(`UPDATE labs SET labTimeZone = 'Asia/Tokyo' WHERE id >= 90`);
        lab.settles('with a zone');
        assert.equal(lab.total(`lab_id >= 90 AND event_type = 'branch_bill'`), 2);
        lab.run('status', {code: 0});
        /* One that loses its clock later is a row of the run log, once. */
        lab.shell(`UPDATE labs SET labTimeZone = 'Mars/Phobos' WHERE id IN (3, 90)`);
        for (let i = 0; i < 2; i++)
            lab.run('run --once', {code: 1});
        const left = lab.runs().filter(({kind, status}) => kind === 'settle' && status === 'FAILED');
        assert.deepEqual(named(left), ['3', '90']);
        for (const {tenant, error} of left)
            assert.match(error, new RegExp(`^tenant ${tenant}: .*Mars/Phobos`));
        lab.json('rebuild --wait', {code: 1});
        assert.match(lab.runs()[0].error, /^tenant 3: .*; tenant 90: /, 'all of them are named');
    }, {apply: false});

/* ---- 9: the table that others kept ---- */

const OLD_TABLE = `
    CREATE TABLE ${TABLE} (
        id BIGINT NOT NULL AUTO_INCREMENT, lab_id BIGINT NOT NULL, ordered_at DATE NOT NULL,
        dimension_a_id BIGINT, dimension_b_id BIGINT, event_type VARCHAR(64) NOT NULL,
        event_value BIGINT NOT NULL,
        ordered_month CHAR(7) AS (DATE_FORMAT(ordered_at, '%Y-%m')) VIRTUAL,
        PRIMARY KEY (id, ordered_at),
        UNIQUE KEY old_key (lab_id, ordered_at, dimension_a_id, dimension_b_id, event_type))
    PARTITION BY RANGE COLUMNS (ordered_at) (
        PARTITION p2023 VALUES LESS THAN ('2024-01-01'),
        PARTITION p2024 VALUES LESS THAN ('2025-01-01'),
        PARTITION later VALUES LESS THAN (MAXVALUE));
    INSERT INTO ${TABLE}(lab_id, ordered_at, dimension_a_id, dimension_b_id, event_type, event_value)
    VALUES (1, '${LAST}', 100, NULL, 'organization_bill', 5),  /* twice: NULL is no duplicate */
        (1, '${LAST}', 100, NULL, 'organization_bill', 5), (9, '2020-01-01', 1, 1, 'branch_test', 7),
        (1, '${LAST}', 100, 1, 'a_series_of_before', 3)`;

onLab('9. a table as such systems have it is taken over, and is true from then on', async (lab) => {
    assert.match(lab.run('apply', {code: 2}).err, /--take-over/);
    assert.equal(lab.total(), 20, 'nothing was touched');
    lab.run('apply --take-over', {code: 0});
    lab.isRight('taken over');
    assert.equal(lab.value(`SELECT COUNT(*) AS n FROM ${TABLE} WHERE ordered_month <> '2024-11'
        AND ordered_month <> '2024-10'`), 0, 'its own column is as it was');
    assert.equal(lab.value(`SELECT COUNT(*) AS n FROM information_schema.partitions
        WHERE table_schema = DATABASE() AND table_name = '${TABLE}'`), 3);
    for (const change of [
        `UPDATE billing SET isCancel = 1 - isCancel WHERE id % 5 = 0`,
        `UPDATE billing SET billTime = billTime - INTERVAL 320 DAY WHERE id % 4 = 0`,
        `UPDATE collectedSample SET accessed = 1 - accessed WHERE id % 3 = 0`,
        `UPDATE labs SET labTimeZone = 'Pacific/Chatham' WHERE id = 2`]) {
        lab.shell(change);
        lab.settles(change);
    }
    assert.equal(lab.json('rebuild --wait', {code: 0}).cells_drifted, 0);
    lab.run('apply', {code: 0});
    lab.isQuiet();
}, {apply: false, sql: OLD_TABLE});
