/*
 * A real system, whole: its tables, its trueup.yaml, a history of changes; after each change every row
 * of every summary equals the system's own hand-written SQL (systems/). Another one, the laboratory of
 * examples/lab-operations, is in e2e/lab_*.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {test} from 'node:test';
import {chosenKinds} from '../e2e/servers.mjs';
import {Place} from '../e2e/trueup.mjs';

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
