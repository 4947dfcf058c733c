/*
 * Two real systems, whole: their tables, their trueup.yaml, a history of changes; after each change
 * every row of every summary equals the system's own hand-written SQL (systems/).
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {test} from 'node:test';
import {chosenKinds} from '../e2e/servers.mjs';
import {Place} from '../e2e/trueup.mjs';
import {insert} from '../e2e/words.mjs';
import {offsetPeriods} from './clock.mjs';

const file = (name) => fs.readFileSync(new URL(`systems/${name}`, import.meta.url), 'utf8');

/* A system in a place of its own; `edit` changes the text of its spec. */
async function open(system, kind, variable, t, edit = (text) => text) {
    const place = await Place.on(kind, t);
    place.shell(file(`${system}/schema.sql`));
    place.spec(edit(file(`${system}/trueup.yaml`)).replace(`\${${variable}}`, place.database.url));
    return place;
}

/* After each change, once settled, the tables are right and trueup says so. */
function followsAll(place, changes, isRight) {
    for (const change of changes) {
        place.shell(change);
        place.run('run --once', {code: 0});
        isRight(change);
        place.isQuiet();
    }
}

/* ---- lab operations, on MariaDB ---- */

const LAB_ZONES = ['Pacific/Kiritimati', 'Pacific/Niue', 'Asia/Kolkata', 'Asia/Kathmandu',
    'America/St_Johns',
    'Australia/Lord_Howe', 'Europe/Berlin', 'Asia/Tokyo'];
const LAB_TRUTH = file('lab-operations/truth.sql');

/* The offsets of the zones, for the hand-written SQL. */
const clock = () => `CREATE TABLE clock(zone VARCHAR(64), since DATETIME, until DATETIME,
    seconds INT);` +
    insert('clock', LAB_ZONES.flatMap((zone) => offsetPeriods(zone, '2023-01-01', '2025-12-31')));

const LAB_CHANGES = [
    `UPDATE billing SET isCancel = 1 WHERE organizationId = 1 AND id % 5 = 0`,
    `UPDATE billing SET organizationId = 7 WHERE id % 11 = 0`,
    `UPDATE billingInfo SET dismissed = 1 - dismissed WHERE id % 7 = 0`,
    `UPDATE collectedSample SET accessed = 1 - accessed WHERE id % 5 = 0`,
    `UPDATE allTests SET departmentId = 99 WHERE id IN (3, 4, 5)`,
    `UPDATE labs SET enable_operation_summary = 1 WHERE id = 8`,
    `UPDATE labs SET enable_operation_summary = 0 WHERE id = 2`,
    `UPDATE labs SET labTimeZone = 'Asia/Kathmandu' WHERE id = 1`,
    `INSERT INTO billing(labId, billTime, organizationId, referralId, branchId)
        VALUES (7, '2024-03-30 22:59:59.500', 1, 1, 1), (7, '2024-03-30 23:00:00', 1, 1, 1),
            (3, '2024-02-29 18:29:59.999999', 1, 1, 1), (3, '2023-12-31 18:30:00', 1, 1, 1)`,
    `UPDATE billing SET billTime = billTime - INTERVAL 31 DAY WHERE id % 13 = 0`,
    `UPDATE billing SET labId = labId % 8 + 1 WHERE id % 17 = 0;
     UPDATE billingInfo SET billId = billId % 640 + 1 WHERE id % 9 = 0`,
    `DELETE FROM billing WHERE organizationId = 7; DELETE FROM labReportRelation WHERE id % 3 = 0`,
    `START TRANSACTION; INSERT INTO billing VALUES (9001, 4, '2024-10-06 12:00:00', 2, 2, 2, 0);
     INSERT INTO billingInfo(billId, testId) VALUES (9001, 1), (9001, 99);
     INSERT INTO collectedSample VALUES (9001, 9001, 3, 0);
     INSERT INTO labReportRelation(billId, testId, sampleId) VALUES (9001, 1, 9001); COMMIT`,
    `UPDATE labReportRelation SET sampleId = NULL WHERE id % 4 = 0; DELETE FROM collectedSample
        WHERE id % 6 = 0`,
];

const LAB_STORED = `SELECT lab_id, ordered_at, dimension_a_id, dimension_b_id,
    CONVERT(event_type USING utf8mb4)
    COLLATE utf8mb4_bin AS event, event_value FROM operation_historical_summary`;
const labTruth = `SELECT labId, day, a, b,
    CONVERT(event USING utf8mb4) COLLATE utf8mb4_bin AS event, n
    FROM (${LAB_TRUTH}) AS t`;

for (const kind of chosenKinds(['mariadb'])) {
    test(`${kind}: lab operations, sixteen series through a history of changes`, async (t) => {
        const place = await open('lab-operations', kind, 'LAB_DATABASE', t);
        place.shell(clock());
        const isRight = (label) => place.same(LAB_STORED, labTruth, label);
        place.run('apply', {code: 0});
        isRight('built');
        assert.ok(place.value(`SELECT count(*) AS n FROM operation_historical_summary`) > 1000);
        assert.equal(place.value(`SELECT count(DISTINCT event_type) AS n
            FROM operation_historical_summary`), 16);
        followsAll(place, LAB_CHANGES, isRight);
        for (let i = 0; i < 2; i++)
            assert.equal(place.json('repair --date 2024-10-06', {code: 0}).cells_drifted, 0);
        assert.equal(place.json('rebuild --wait', {code: 0}).cells_drifted, 0);
    });

    test(`${kind}: lab operations, a table of before is taken over`, async (t) => {
        const place = await open('lab-operations', kind, 'LAB_DATABASE', t);
        place.shell(`${clock()} CREATE TABLE operation_historical_summary (
            id BIGINT NOT NULL AUTO_INCREMENT, lab_id BIGINT, ordered_at DATE NOT NULL,
                dimension_a_id BIGINT,
            dimension_b_id BIGINT, event_type VARCHAR(64), event_value BIGINT,
            ordered_month CHAR(7) AS (DATE_FORMAT(ordered_at, '%Y-%m')) VIRTUAL, PRIMARY KEY (id,
                ordered_at),
            UNIQUE KEY old_key (lab_id, ordered_at, dimension_a_id, dimension_b_id, event_type))
            PARTITION BY RANGE COLUMNS (ordered_at) (PARTITION p2023
                VALUES LESS THAN ('2024-01-01'),
                PARTITION p2024 VALUES LESS THAN ('2025-01-01'),
                    PARTITION later VALUES LESS THAN (MAXVALUE));
            INSERT INTO operation_historical_summary(lab_id, ordered_at, dimension_a_id,
                dimension_b_id,
                event_type, event_value) VALUES (1, '2024-03-28', 1, NULL, 'organization_bill', 5),
                (1, '2024-03-28', 1, NULL, 'organization_bill', 5), (9, '2020-01-01', 1, 1,
                    'branch_test', 7)`);
        assert.match(place.run('apply', {code: 2}).err, /--take-over/);
        place.run('apply --take-over', {code: 0});
        const isRight = (label) => place.same(LAB_STORED, labTruth, label);
        isRight('taken over');
        followsAll(place, LAB_CHANGES.slice(0, 4), isRight);
    });

    test(`${kind}: lab operations, a lab with an unknown zone is named, the others are done`,
        async (t) => {
        const place = await open('lab-operations', kind, 'LAB_DATABASE', t);
        place.shell(`${clock()} INSERT INTO labs VALUES (9, 'lost', 'Atlantis/Capital', 1);
            INSERT INTO billing(labId, billTime, organizationId) VALUES (9, '2024-03-28', 1)`);
        assert.match(place.run('apply', {code: 1}).err, /Atlantis\/Capital/);
        place.same(LAB_STORED, labTruth, 'the others');
        assert.match(place.run('check', {code: 1}).out, /Atlantis\/Capital/);
        place.shell(`UPDATE labs SET labTimeZone = 'Asia/Tokyo' WHERE id = 9`);
        place.run('run --once', {code: 0});
        place.same(LAB_STORED, labTruth, 'all');
        place.isQuiet();
    });
}

/* ---- dashboard metrics, on PostgreSQL ---- */

const METRICS_TRUTH = file('dashboard-metrics/truth.sql');
const TIERS = {
    hourly: ['timestamp', `date_trunc('hour', at, zone)`],
    daily: ['date', `(at AT TIME ZONE zone)::date`],
    monthly: ['month', `date_trunc('month', at AT TIME ZONE zone)::date`],
};

const tiersAreRight = (place, zone, label) => place.sameAll(Object.entries(TIERS).map(([tier, [name,
    bucket]]) => ({
    label: `${label}: ${tier}`,
    stored: `SELECT organization_id, "${name}", metric_name, metric_type, project, tag,
        metric_value,
        metric_count FROM event_metrics_${tier}`,
    truth: METRICS_TRUTH.replaceAll('{bucket}', bucket).replaceAll('{zone}', zone),
})));

const METRICS_CHANGES = [
    `UPDATE workflow_file_execution SET status = 'COMPLETED' WHERE status = 'EXECUTING'`,
    `UPDATE workflow_file_execution SET status = 'ERROR',
        created_at = created_at - interval '2 days'
        WHERE id IN (SELECT md5('f' || i)::uuid FROM generate_series(1, 700, 7) i)`,
    `UPDATE workflow_execution SET workflow_id = md5('w3')::uuid WHERE created_at < '2026-01-10';
     UPDATE workflow_file_execution SET created_at = created_at + interval '1 hour'
         WHERE status = 'COMPLETED'`,
    `UPDATE workflow SET organization_id = organization_id % 4 + 1`,
    `UPDATE organization SET organization_id = 'org-nobody' WHERE id = 5`,
    `UPDATE usage SET cost_in_dollars = cost_in_dollars * 3 WHERE created_at::date = '2026-02-03'`,
    `DELETE FROM usage WHERE created_at >= '2026-01-20' AND created_at < '2026-01-21'`,
    `UPDATE hitl_queue SET state = 'approved',
        approved_at = created_at + interval '40 days' WHERE state = 'pending'`,
    `UPDATE page_usage SET run_id = NULL WHERE id % 5 = 0; UPDATE page_usage
        SET pages_processed = 1000
        WHERE id % 7 = 0`,
    `DELETE FROM workflow WHERE id = md5('w3')::uuid`,
    `UPDATE pipeline SET pipeline_type = 'ETL'; DELETE FROM api_deployment
        WHERE id = md5('a2')::uuid`,
    `INSERT INTO usage SELECT md5('m' || i)::uuid, 5, 'llm', NULL, 0.5, '2026-03-01'::timestamptz
        + i * interval '1 minute' FROM generate_series(0, 1439) i`,
    `TRUNCATE hitl_queue`,
];

const withZones = (text) => text.replace('time_zone: UTC\n',
    'tenants: {table: organization, key: id, time_zone: time_zone}\n');

for (const kind of chosenKinds(['postgresql'])) {
    for (const [label, zone, edit] of [['in UTC', `'UTC'`, (text) => text],
        ['on each organization\'s clock', 'time_zone', withZones]])
        test(`${kind}: dashboard metrics, twelve series in three tiers, ${label}`, async (t) => {
            const place = await open('dashboard-metrics', kind, 'METRICS_DATABASE', t, edit);
            place.run('apply', {code: 0});
            tiersAreRight(place, zone, 'built');
            assert.equal(place.value(`SELECT count(DISTINCT metric_name) AS n
                FROM event_metrics_daily`), 12);
            assert.equal(place.value(`SELECT count(*) AS n FROM event_metrics_hourly
                WHERE labels <> '{}'`), 0);
            followsAll(place, METRICS_CHANGES, (change) => tiersAreRight(place, zone, change));
            assert.equal(place.json('rebuild --wait', {code: 0}).cells_drifted, 0);
        });

    test(`${kind}: dashboard metrics without capture: a backfill mends all that changed`,
        async (t) => {
        const place = await open('dashboard-metrics', kind, 'METRICS_DATABASE', t,
            (text) => text.replaceAll('${CAPTURE:-triggers}', 'none'));
        place.run('apply', {code: 0});
        tiersAreRight(place, `'UTC'`, 'built');
        for (const change of METRICS_CHANGES)
            place.shell(change);
        place.run('backfill --days 20000', {code: 0});
        tiersAreRight(place, `'UTC'`, 'backfilled');
    });
}
