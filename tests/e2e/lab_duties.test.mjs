/*
 * What the laboratory's summary must do: follow every change by itself, night by night and on request,
 * late or early, switched on and off; and answer what its dashboards ask.
 */
import assert from 'node:assert/strict';
import {LAST, STORED, TABLE, TRUTH, onLab} from './lab.mjs';

/* ---- near real time ---- */

/* Each a thing that happens at a laboratory, with what follows of it in single cells. */
const EVENTS = [
    ['a bill with two tests, one sample for both', `START TRANSACTION;
        INSERT INTO billing VALUES (90001, 1, '${LAST} 01:00:00', 777, 778, 779, 0);
        INSERT INTO billingInfo(billId, testId) VALUES (90001, 1), (90001, 2);
        INSERT INTO collectedSample VALUES (900001, 90001, 4, 0);
        INSERT INTO labReportRelation(billId, testId, sampleId)
            VALUES (90001, 1, 900001), (90001, 2, 900001); COMMIT`,
     {organization_bill: 1, organization_test: 2, organization_sample: 2,
         organization_sample_not_accessed: 2}],
    ['the sample is accessioned', `UPDATE collectedSample SET accessed = 1 WHERE id = 900001`,
     {organization_sample: 2, organization_sample_accessed: 2, organization_sample_not_accessed: 0}],
    ['a test is dismissed', `UPDATE billingInfo SET dismissed = 1 WHERE billId = 90001 AND testId = 2;
        UPDATE labReportRelation SET dismissed = 1 WHERE billId = 90001 AND testId = 2`,
     {organization_test: 1, organization_sample: 1}],
    ['a bill of today is written with the time of last month', `START TRANSACTION;
        INSERT INTO billing VALUES (90002, 1, '2024-10-05 01:00:00', 777, NULL, NULL, 0);
        INSERT INTO billingInfo(billId, testId) VALUES (90002, 3); COMMIT`,
     {organization_bill: 2, organization_test: 2}],
    ['and one of years ago', `INSERT INTO billing VALUES
        (90003, 1, '2023-02-03 01:00:00', 777, NULL, NULL, 0)`, {organization_bill: 3}],
    ['the first bill is cancelled a week later', `UPDATE billing SET isCancel = 1 WHERE id = 90001`,
     {organization_bill: 2, organization_test: 1, organization_sample: 0}],
    ['the other goes to another lab', `UPDATE billing SET labId = 2 WHERE id = 90002`,
     {organization_bill: 2, organization_test: 1}],
];
const WHERE_THEY_ARE = `SELECT lab_id, ordered_at FROM ${TABLE} WHERE dimension_a_id = 777
    AND event_type = 'organization_bill' ORDER BY 2`;

onLab('a daemon makes every change seen, whatever its age', async (lab) => {
    const daemon = await lab.daemon();
    const ofOrganization = (event) =>
        lab.total(`dimension_a_id = 777 AND event_type = '${event}'`);
    for (const [what, sql, expected] of EVENTS) {
        lab.shell(sql);
        for (const [event, n] of Object.entries(expected))
            await lab.becomes(`${what}: ${event}`, () => ofOrganization(event) === n);
    }
    await lab.becomesRight();
    assert.deepEqual(lab.sql(WHERE_THEY_ARE), [{lab_id: 1, ordered_at: '2023-02-03'},
        {lab_id: 2, ordered_at: '2024-10-04'}]);
    await daemon.stop();
    lab.isQuiet();
});

onLab('a test moves to another organization, referral, department: cells shrink or go, others grow',
    async (lab) => {
        const daemon = await lab.daemon();
        const [{bill, organization}] = lab.sql(`SELECT b.id AS bill, organizationId AS organization
            FROM billing b JOIN billingInfo i ON i.billId = b.id AND dismissed = 0
            WHERE labId = 4 AND organizationId IS NOT NULL AND isCancel = 0 LIMIT 1`);
        const of = (id) => lab.total(`lab_id = 4 AND dimension_a_id = ${id}
            AND event_type = 'organization_test'`);
        const [before, tests] = [of(organization), lab.value(`SELECT COUNT(*) AS n FROM billingInfo
            WHERE billId = ${bill} AND dismissed = 0`)];
        lab.shell(`UPDATE billing SET organizationId = 888 WHERE id = ${bill}`);
        await lab.becomes('the new cell to grow', () => of(888) === tests);
        assert.equal(of(organization), before - tests);
        lab.shell(`UPDATE billing SET organizationId = NULL WHERE id = ${bill};
            UPDATE billing SET referralId = 889 WHERE id % 5 = 0;
            UPDATE allTests SET departmentId = 1 + id % 3 WHERE id < 30;
            UPDATE allTests SET departmentId = NULL WHERE id = 31; DELETE FROM allTests WHERE id = 32`);
        await lab.becomes('the new cell to go', () => of(888) === 0);
        await lab.becomesRight();
        assert.equal(lab.value(`SELECT COUNT(*) AS n FROM ${TABLE} WHERE dimension_a_id = 888`), 0);
        await daemon.stop();
        lab.isQuiet();
    });

/* ---- labs that come, go and move ---- */

/* Whatever a lab becomes, somebody writes a bill sooner or later: a daemon that sleeps looks then. */
const stir = `INSERT INTO billing(labId, billTime) VALUES (1, '${LAST} 02:00:00')`;

onLab('switching a lab on builds its history, off stops it, another zone buckets it anew', async (lab) => {
    const ofLab = (id) => lab.total(`lab_id = ${id}`);
    assert.equal(ofLab(3), 0);
    const daemon = await lab.daemon();
    lab.shell(`UPDATE labs SET enable_operation_summary = 1 WHERE id = 3; ${stir}`);
    await lab.becomes('lab 3 to be there', () => ofLab(3) > 0);
    await lab.becomesRight();
    const before = lab.sql(`SELECT ordered_at, SUM(event_value) AS n FROM ${TABLE}
        WHERE lab_id = 3 GROUP BY 1 ORDER BY 1`);
    lab.shell(`UPDATE labs SET labTimeZone = 'Pacific/Niue' WHERE id = 3; ${stir}`);
    await lab.becomes('its days to be others', () => JSON.stringify(before) !==
        JSON.stringify(lab.sql(`SELECT ordered_at, SUM(event_value) AS n FROM ${TABLE}
            WHERE lab_id = 3 GROUP BY 1 ORDER BY 1`)));
    await lab.becomesRight();
    lab.shell(`UPDATE labs SET enable_operation_summary = 0 WHERE id IN (3, 5);
        UPDATE billing SET isCancel = 0 WHERE labId IN (3, 5); ${stir}`);
    await lab.becomes('both to be gone', () => ofLab(3) + ofLab(5) === 0);
    lab.shell(`UPDATE labs SET enable_operation_summary = 1 WHERE id = 5; ${stir};
        INSERT INTO labs VALUES (60, 'new', 'Pacific/Chatham', 1);
        UPDATE billing SET labId = 60 WHERE labId = 7`);
    await lab.becomes('the new lab to be there', () => ofLab(60) > 0 && ofLab(7) === 0);
    await lab.becomesRight();
    await daemon.stop();
    lab.isQuiet();
}, {sql: 'UPDATE labs SET enable_operation_summary = 0 WHERE id = 3'});

/* ---- nights ---- */

/* Tokyo has no summer time: seconds from now to `before` seconds before its next 04:00. */
const untilTokyoNight = (before) =>
    Math.floor((4 * 3600 - (Date.now() / 1000 + 9 * 3600) % 86400 + 86400) % 86400) - before;
const atNight = (seconds) => ({TRUEUP_NOW: String(seconds)});
const tokyoDay = (ahead) => new Date(Date.now() + (ahead + 9 * 3600) * 1000 - 86400_000)
    .toISOString().slice(0, 10);
const IN_TOKYO = {edit: (spec) => spec.replace('zone: tenant', 'zone: Asia/Tokyo')};
const nights = (lab) => lab.runs().filter(({kind}) => kind === 'nightly');

/* The fault: only yesterday is repaired, and a missed night is caught up by nobody. */
/* A bill of each lab on that day, settled; then falsified behind trueup's back. The number of cells. */
function falsified(lab, day) {
    const cells = `ordered_at = '${day}' AND event_type LIKE '%!_bill' ESCAPE '!'`;
    lab.shell(`INSERT INTO billing(labId, billTime, organizationId, referralId, branchId)
        SELECT id, '${day} 12:00:00', 10, 11, 12 FROM labs`);
    lab.settles();
    lab.shell(`UPDATE ${TABLE} SET event_value = event_value + 5 WHERE ${cells}`);
    const n = lab.value(`SELECT COUNT(*) AS n FROM ${TABLE} WHERE ${cells}`);
    assert.ok(n >= 6, `${n} cells falsified`);
    return n;
}

onLab('the night repairs yesterday at its local time, all series; missed nights are caught up',
    async (lab) => {
        lab.run('run --once', {code: 0});
        const first = nights(lab).length;
        assert.ok(first >= 1, 'the last night: nobody knew that it was done');
        const soon = untilTokyoNight(2);
        const yesterday = tokyoDay(soon + 4);
        const n = falsified(lab, yesterday);
        const daemon = await lab.daemon('', {env: atNight(soon)});
        await lab.becomes('the night', () => nights(lab).length > first);
        await lab.becomesRight();
        await daemon.stop();
        const night = nights(lab)[0];
        assert.deepEqual([night.status, night.range_to, night.cells_drifted, night.cells_written],
            ['COMPLETED', yesterday, n, n]);
        assert.ok(night.rows_read > 0 && night.finished_at);
        /* Nobody is at work for three nights, and what is wrong is two days old by then. */
        const missed = falsified(lab, tokyoDay(soon + 4 + 86400));
        const later = atNight(untilTokyoNight(0) + 3 * 86400 + 7200);
        assert.equal(lab.json('status', {code: 1, env: later}).nights.length, 1);
        lab.run('run --once', {code: 0, env: later});
        lab.isRight('caught up');
        const status = lab.json('status', {code: 0, env: later});
        assert.deepEqual([status.nights, status.summaries[0].drift], [[], n + missed]);
    }, IN_TOKYO);

onLab('each lab\'s night is at its own 04:00; a lab that cannot be done is FAILED, the others are not',
    async (lab) => {
        lab.run('run --once', {code: 0});
        lab.shell(`INSERT INTO labs VALUES (90, 'lost', 'Atlantis/Capital', 1)`);
        const later = atNight(2 * 86400);
        lab.run('run --once', {code: 1, env: later});
        const done = nights(lab);
        assert.ok(done.some(({status, error}) => status === 'FAILED' && /^tenant 90: /.test(error)) ||
            lab.runs().some(({status, error}) => status === 'FAILED' && /^tenant 90: /.test(error)),
            JSON.stringify(lab.runs()));
        const zones = lab.sql(`SELECT zone, MAX(night) AS night FROM trueup_night GROUP BY 1`);
        const today = Math.floor(Date.now() / 86400_000);
        assert.deepEqual(zones.map(({zone}) => zone).sort(),
            [...new Set(lab.sql('SELECT labTimeZone AS zone FROM labs WHERE id < 90')
                .map(({zone}) => zone))].sort());
        assert.ok(zones.every(({night}) => night >= today + 1), JSON.stringify(zones));
        lab.isRight('the others');
    });

/* ---- on request ---- */

onLab('repair of one day: all labs, or one; every day is every lab\'s own', async (lab) => {
    const falsify = `UPDATE ${TABLE} SET event_value = event_value + 1 WHERE ordered_at = '${LAST}'`;
    lab.shell(falsify);
    const n = lab.value(`SELECT COUNT(*) AS n FROM ${TABLE} WHERE ordered_at = '${LAST}'`);
    const one = lab.value(`SELECT COUNT(*) AS n FROM ${TABLE} WHERE ordered_at = '${LAST}'
        AND lab_id = 2`);
    assert.equal(lab.json(`repair --date ${LAST} --dry-run`, {code: 0}).cells_drifted, n);
    assert.equal(lab.json(`repair --date ${LAST} --tenant 2`, {code: 0}).cells_written, one);
    assert.equal(lab.json(`repair --date ${LAST}`, {code: 0}).cells_written, n - one);
    lab.isRight();
    const [run] = lab.runs();
    assert.deepEqual([run.kind, run.status, run.range_from, run.range_to, run.cells_drifted],
        ['repair', 'COMPLETED', LAST, LAST, n - one]);
    lab.isQuiet();
});

onLab('a row in the queue, inserted with SQL, is a rebuild of one lab, today included', async (lab) => {
    const today = new Date().toISOString().slice(0, 10);
    lab.shell(`INSERT INTO billing(labId, billTime, organizationId)
        VALUES (3, '${today} 00:00:01', 55), (3, '2023-01-02 12:00:00', 55), (4, '${today} 00:00:01', 55)`);
    lab.settles();
    lab.shell(`UPDATE ${TABLE} SET event_value = event_value + 7 WHERE dimension_a_id = 55`);
    const daemon = await lab.daemon();
    lab.shell(`INSERT INTO trueup_job(kind, summary, tenant) VALUES ('rebuild', 'operations', '3')`);
    await lab.jobIs(1, 'COMPLETED');
    const [job] = lab.jobs();
    assert.deepEqual([job.progress, job.tenant, job.error], [1, '3', null]);
    assert.equal(lab.total('dimension_a_id = 55 AND lab_id = 3'), 2);
    assert.equal(lab.total('dimension_a_id = 55 AND lab_id = 4'), 8, 'the other lab was not asked for');
    lab.shell(`INSERT INTO trueup_job(kind, summary, range_from, range_to)
        VALUES ('repair', 'operations', '${today}' - INTERVAL 1 DAY, '${today}' + INTERVAL 1 DAY)`);
    await lab.jobIs(2, 'COMPLETED');
    await lab.becomesRight();
    await daemon.stop();
    lab.isQuiet();
});

onLab('rebuild --tenant is queued, shows progress, is cancelled; what is written stays, and a resumed one ends',
    async (lab) => {
        lab.shell(`UPDATE ${TABLE} SET event_value = event_value + 7`);
        lab.run('rebuild --tenant 6', {code: 0});
        const first = lab.start('run --once', {stop: 'build.chunk_done:pause'});
        await first.paused();
        const [job] = lab.jobs();
        assert.equal(job.status, 'RUNNING');
        assert.ok(job.progress >= 0 && job.progress <= 1 && job.worker, JSON.stringify(job));
        lab.run('jobs cancel 1', {code: 0});
        await first.go().end();
        await lab.jobIs(1, 'CANCELLED');
        lab.run('rebuild --tenant 6', {code: 0});
        const second = lab.start('run --once', {stop: 'build.chunk_done:kill'});
        await second.end();
        assert.equal(lab.jobs()[1].status, 'RUNNING', 'nobody has noticed yet');
        lab.run('run --once', {code: 0});
        assert.equal(lab.jobs()[1].status, 'COMPLETED');
        lab.same(`${STORED} WHERE lab_id = 6`, `SELECT * FROM (${TRUTH}) AS all_labs WHERE labId = 6`);
        lab.run('rebuild --wait', {code: 0});
        lab.isRight();
        lab.isQuiet();
    }, {edit: (spec) => `${spec}  memory: 1MiB\n`, data: {bills: 40, days: 12, last: LAST}});

/* ---- reads ---- */

const rowsOf = (lab, line) => {
    const {columns, rows, ...rest} = lab.json(`query operations ${line}`, {code: 0});
    return {...rest, rows: rows.map((row) => Object.fromEntries(row.map((v, i) => [columns[i], v])))};
};

onLab('reads: by organization and month for a year, by test, filled days, the grain that fits',
    async (lab) => {
        lab.shell(`UPDATE billing SET billTime = billTime - INTERVAL id % 9 MONTH`);
        lab.settles();
        const months = rowsOf(lab, '--tenant 1 --series organization_bill --by dimension_a_id ' +
            '--from 2023-12-01 --to 2024-11-30');
        assert.equal(months.grain, 'month');
        const truth = lab.sql(`SELECT DATE_FORMAT(d.day, '%Y-%m-01') AS month,
            b.organizationId AS a, COUNT(*) AS n FROM billing b JOIN bill_day d ON d.id = b.id
            WHERE b.labId = 1 AND b.isCancel = 0 AND b.organizationId IS NOT NULL
            AND d.day BETWEEN '2023-12-01' AND '2024-11-30' GROUP BY 1, 2 ORDER BY 1, 2`);
        assert.deepEqual(months.rows.map((row) =>
            ({month: row.ordered_at, a: row.dimension_a_id, n: row.event_value})), truth);
        const byTest = rowsOf(lab, '--tenant 1 --series organization_test --by dimension_b_id ' +
            '--from 2024-01-01 --to 2024-12-31 --grain year');
        assert.deepEqual(byTest.rows.map((row) => ({test: row.dimension_b_id, n: row.event_value})),
            lab.sql(`SELECT i.testId AS test, COUNT(*) AS n FROM billingInfo i
                JOIN billing b ON b.id = i.billId JOIN bill_day d ON d.id = b.id WHERE b.labId = 1
                AND isCancel = 0 AND dismissed = 0 AND organizationId IS NOT NULL
                AND YEAR(d.day) = 2024 GROUP BY 1 ORDER BY 1`));
        const grainOf = (from, to) => rowsOf(lab,
            `--tenant 1 --series branch_bill --from ${from} --to ${to}`).grain;
        assert.deepEqual([['2024-10-01', '2024-10-14'], ['2024-10-01', '2024-10-15'],
            ['2024-10-01', '2024-12-01'], ['2024-10-01', '2024-12-02']].map((range) =>
            grainOf(...range)), ['day', 'week', 'week', 'month']);
        assert.equal(rowsOf(lab, '--tenant 1 --grain day --from 2024-01-01 --to 2024-12-31').grain,
            'day');
        const filled = rowsOf(lab, '--tenant 1 --series branch_bill --fill --from 2024-10-28 ' +
            '--to 2024-11-10');
        assert.equal(filled.rows.length, 14);
        assert.ok(filled.rows.some(({event_value: n}) => n === 0));
        const nothing = rowsOf(lab, '--tenant 1 --series branch_bill --fill --from 2022-10-28 ' +
            '--to 2022-11-10');
        assert.deepEqual(nothing.rows.map(({event_value: n}) => n), Array(14).fill(0));
    }, {data: {bills: 30, days: 6, last: LAST}});
