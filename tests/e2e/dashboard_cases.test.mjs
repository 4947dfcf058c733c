/*
 * The cases of the system that examples/dashboard-metrics is: what a periodic task with a lock gets
 * wrong, and what its metrics are. Case 8 is bench/dashboard.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Dashboard} from './dashboard.mjs';
import {until} from './processes.mjs';

const MINUTE_MS = 60_000;
const iso = (ms) => new Date(ms).toISOString();

/* All 384 runs take minutes on a busy machine: without TRUEUP_TEST_ALL those around midnight, and
 * one an hour. */
const isRun = (minutes) =>
    process.env.TRUEUP_TEST_ALL === '1' || minutes % 60 === 0 || minutes % 1440 < 90;

test('case 1: one event a minute for four days, a periodic run every 15 minutes', async (t) => {
    const begin = Date.parse('2026-03-10T00:00:00Z');
    const board = await Dashboard.open(t, {capture: 'none', at: iso(begin)});
    board.organizations(1);
    board.run('apply', {code: 0});
    let written = 0, runs = 0;
    for (let minutes = 15; minutes <= 4 * 1440; minutes += 15) {
        if (!isRun(minutes))
            continue;
        board.usage(minutes - written,
            `'${iso(begin)}'::timestamptz + (${written} + n) * interval '1 minute'`);
        written = minutes;
        board.clock(iso(begin + minutes * MINUTE_MS));
        board.run('run --once', {code: 0});
        runs++;
    }
    assert.equal(board.runs('window').length, runs);
    const hours = Object.values(board.values('hourly', 'llm_calls'));
    assert.deepEqual(hours, Array(96).fill(60));
    assert.deepEqual(board.values('daily', 'llm_calls'),
        {'2026-03-10': 1440, '2026-03-11': 1440, '2026-03-12': 1440, '2026-03-13': 1440});
    board.isRight();
});

test('case 2: hourly events since January, backfill --days 30 in April: March stays whole',
    async (t) => {
    const board = await Dashboard.open(t, {capture: 'none', at: '2026-04-05T10:37:00Z'});
    board.organizations(1);
    board.usage(94 * 24 + 11, `'2026-01-01Z'::timestamptz + n * interval '1 hour'`);
    board.run('apply', {code: 0});
    const isWhole = () => {
        const {'2026-04-05': today, ...days} =
            board.values('daily', 'llm_calls', `date >= '2026-03-06'`);
        assert.equal(today, 11);
        assert.deepEqual(new Set(Object.values(days)), new Set([24]));
        assert.equal(Object.keys(days).length, 30);
        assert.equal(board.values('monthly', 'llm_calls')['2026-03-01'], 744);
        assert.deepEqual(new Set(Object.values(board.values('hourly', 'llm_calls'))), new Set([1]));
    };
    isWhole();
    const {cells_written: written} = board.json('backfill --days 30', {code: 0});
    assert.equal(written, 0);
    isWhole();
    /* From nothing: a bucket is written whole, or not at all. */
    board.sql(
        'DELETE FROM event_metrics_hourly; DELETE FROM event_metrics_daily; DELETE FROM event_metrics_monthly');
    board.run('backfill --days 30', {code: 0});
    isWhole();
    assert.deepEqual(board.values('monthly', 'llm_calls'), {'2026-03-01': 744, '2026-04-01': 107});
});

for (const capture of ['triggers', 'none'])
    test(`cases 3, 4, 5, capture: ${capture}`, async (t) => {
        const board = await Dashboard.open(t, {capture, at: '2026-03-20T12:00:00Z'});
        board.organizations(3);
        board.usage(48, `'2026-03-17Z'::timestamptz + n * interval '1 hour'`);
        board.usage(5, `'2026-03-19 10:00Z'::timestamptz`, {organization: '2'});
        board.run('apply', {code: 0});
        board.isRight();

        /* 3: all rows of a day deleted, and all of an organization */
        board.sql(
            `DELETE FROM usage WHERE created_at >= '2026-03-18Z' AND created_at < '2026-03-19Z'`);
        board.sql('DELETE FROM usage WHERE organization_id = 2');
        board.clock('2026-03-20T12:20:00Z');
        board.run('run --once', {code: 0});
        board.isRight();
        assert.deepEqual(board.values('daily', 'llm_calls'), {'2026-03-17': 24});
        assert.deepEqual(board.values('monthly', 'llm_calls'), {'2026-03-01': 24});
        assert.equal(Object.keys(board.values('hourly', 'llm_calls')).length, 24);

        /* 4: one usage row, no workflow execution; 5: LLM calls, none of them a challenge */
        board.usage(1, `'2026-03-20 11:59Z'::timestamptz`, {organization: '3'});
        board.clock('2026-03-20T12:40:00Z');
        board.run('run --once', {code: 0});
        board.isRight();
        assert.deepEqual(
            board.values('daily', 'llm_calls', 'organization_id = 3'), {'2026-03-20': 1});
        assert.deepEqual(board.values('monthly', 'llm_usage', 'organization_id = 3'),
            {'2026-03-01': '0.25000000'});
        for (const tier of ['hourly', 'daily', 'monthly'])
            assert.deepEqual(board.values(tier, 'challenges'), {});
    });

test('case 6: two processes start a run at the same instant, 100 times: exactly one runs',
    async (t) => {
        const board = await Dashboard.open(t, {capture: 'none'});
        board.organizations(2);
        board.run('apply', {code: 0});
        const runs = `FROM ${board.control('trueup_run')} WHERE kind = 'window'`;
        for (let round = 1; round <= 100; round++) {
            board.quarterPasses();
            board.shell(`INSERT INTO usage VALUES (gen_random_uuid(), 1, 'llm', NULL, 0, now())`);
            const ends = await Promise.all([1, 2].map(() => board.start('run --once').end()));
            assert.deepEqual(ends.map(({code}) => code), [0, 0], JSON.stringify(ends));
            assert.deepEqual(
                board.sql(`SELECT (SELECT count(*) ${runs}) AS runs, (SELECT sum(metric_value)
            FROM event_metrics_monthly WHERE metric_name = 'llm_calls') AS calls`),
                [{runs: round, calls: round}]);
        }
        assert.equal(board.value(`SELECT count(*) ${runs} AND status <> 'COMPLETED'`), 0);
        board.isRight();
    });

/* How often each table was read. Joins are told to read each side once, so that a read is a pass.
 */
const SCANS =
    `SELECT relname AS name, coalesce(seq_scan, 0) + coalesce(idx_scan, 0) AS n FROM pg_stat_user_tables
    WHERE schemaname = 'public' AND relname NOT LIKE 'event_metrics%' AND relname NOT LIKE 'trueup%' ORDER BY 1`;
const PASSES = {
    usage: 1,
    hitl_queue: 2,
    workflow_file_execution: 2,
    page_usage: 2,
    api_deployment: 1,
    pipeline: 1,
    organization: 1, /* of pages */
    workflow: 3,
    workflow_execution: 5, /* each source that joins them */
};

for (const organizations of [20, 2000])
    test(`case 7: a periodic run reads each source once, with ${organizations} organizations`,
        async (t) => {
            const board = await Dashboard.open(t, {capture: 'none', at: '2026-03-20T12:00:00Z'});
            board.database.admin([
                'enable_nestloop = off', 'enable_mergejoin = off',
                'max_parallel_workers_per_gather = 0'
            ].map((setting) => `ALTER DATABASE ${board.database.name} SET ${setting}`)
                                     .join(';'));
            board.shell(Object.keys(PASSES)
                            .map((table) => `ALTER TABLE ${table} SET (autovacuum_enabled = off);`)
                            .join(''));
            board.load({organizations, rows: 6000, days: 30});
            board.run('apply', {code: 0});
            board.run('run --once', {code: 0});
            board.clock('2026-03-20T12:20:00Z');
            const scans = () => Object.fromEntries(board.sql(SCANS).map(({name, n}) => [name, n]));
            /* A session's counts come when it has ended. */
            let before = null;
            await until('the counts to be still', async () => {
                const last = JSON.stringify(before);
                await new Promise((resolve) => setTimeout(resolve, 1500));
                before = scans();
                return last === JSON.stringify(before);
            });
            const periods = board.runs('window').length;
            board.run('run --once', {code: 0});
            assert.equal(board.runs('window').length, periods + 1);
            const read = () => Object.fromEntries(
                Object.entries(scans()).map(([name, n]) => [name, n - before[name]]));
            await until('the counts of the run',
                () => Object.entries(PASSES).every(([name, n]) => read()[name] >= n));
            assert.deepEqual(read(), {...read(), ...PASSES});
            board.isRight();
        });
