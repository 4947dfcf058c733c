/*
 * What the dashboard's summaries must do, line by line: with capture and without, beside writers,
 * through crashes, on a clock for each organization, and when they are read.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Dashboard} from './dashboard.mjs';
import {until} from './processes.mjs';

const DAY_MS = 86_400_000;
const day = (ms) => new Date(ms).toISOString().slice(0, 10);

/* A file in every state of workflow 1, `age` old. */
const oneFile = (age, status) => `
    INSERT INTO workflow_execution VALUES (md5('e')::uuid, md5('workflow1')::uuid, md5('api1')::uuid, 'COMPLETED',
        now() - interval '${age}');
    INSERT INTO workflow_file_execution VALUES (md5('f')::uuid, md5('e')::uuid, '${
    status}', now() - interval '${age}');`;

for (const hasZones of [false, true])
    for (const capture of ['triggers', 'none'])
        test(`capture: ${capture}${
                 hasZones ? ', a zone for each organization'
                          : ''}: the generator's rows, changed in every way`,
            async (t) => {
                const board = await Dashboard.open(t, {capture, hasZones, refresh: {every: '15m'}});
                board.load({organizations: 9, rows: 3000, days: 60, seed: 7});
                board.run('apply', {code: 0});
                board.isRight();
                const settle = () => {
                    board.run(capture === 'none' ? 'backfill --days 400' : 'run --once', {code: 0});
                    board.isRight();
                };
                board.shell(
                    `UPDATE workflow_file_execution SET status = 'COMPLETED' WHERE status IN ('EXECUTING', 'PENDING');
                    UPDATE usage SET cost_in_dollars = cost_in_dollars * 3 WHERE id::text < '4';
                    UPDATE usage SET usage_type = 'embedding' WHERE id::text > 'e';`);
                settle();
                board.shell(
                    `UPDATE page_usage SET pages_processed = pages_processed + 1, created_at = created_at - interval '3 days'
                        WHERE id::text < '3';
                    UPDATE page_usage SET organization_id = 'nobody' WHERE id::text > 'f';
                    DELETE FROM workflow_file_execution WHERE id::text < '2';
                    UPDATE hitl_queue SET state = 'approved', approved_at = created_at + interval '40 hours' WHERE state = 'pending';
                    UPDATE hitl_queue SET approved_at = NULL WHERE id::text < '3';`);
                settle();
                board.shell(
                    `UPDATE workflow SET organization_id = 3 WHERE id IN (SELECT id FROM workflow ORDER BY id LIMIT 4);
                    UPDATE pipeline SET pipeline_type = 'TASK' WHERE id IN (SELECT id FROM pipeline ORDER BY id LIMIT 5);
                    DELETE FROM workflow WHERE id IN (SELECT id FROM workflow ORDER BY id DESC LIMIT 2);
                    DELETE FROM api_deployment WHERE organization_id = 2;
                    UPDATE organization SET organization_id = 'renamed' WHERE id = 5;`);
                settle();
                if (hasZones) {
                    board.shell(
                        `UPDATE organization SET time_zone = 'Pacific/Auckland' WHERE id IN (1, 4)`);
                    board.run('run --once', {code: 0});
                    settle();
                }
                board.run('verify', {code: 0});
            });

test('with capture the daemon makes it right within seconds, however old the rows; labels stay',
    async (t) => {
        const board = await Dashboard.open(t, {refresh: {settle: '200ms'}});
        board.organizations(3);
        board.usage(30, `now() - n * interval '10 days'`);
        board.run('apply', {code: 0});
        board.shell(`UPDATE event_metrics_daily SET labels = '{"who": "somebody"}'`);
        const daemon = board.start('run');
        board.usage(300, `now() - n * interval '1 day'`, {organization: '1 + n % 3'});
        board.shell(`DELETE FROM usage WHERE created_at < now() - interval '280 days'`);
        await until('the daemon to settle', () => {
            try {
                board.isRight();
                return true;
            } catch (error) {
                assert.ok(daemon.result === null && error instanceof assert.AssertionError,
                    `${daemon.err} ${error}`);
                return false;
            }
        }, 120_000);
        daemon.signal('SIGTERM');
        assert.equal((await daemon.end()).code, 143);
        assert.ok(
            board.value(
                `SELECT count(*) FROM event_metrics_daily WHERE labels = '{"who": "somebody"}'`) >
            0);
        assert.equal(
            board.value(
                `SELECT count(*) FROM event_metrics_daily WHERE labels NOT IN ('{}', '{"who": "somebody"}')`),
            0);
    });

for (const capture of ['triggers', 'none'])
    test(
        `capture: ${
            capture}: a file completed two days late counts where it was created, in all tiers, in one transaction`,
        async (t) => {
            const board = await Dashboard.open(t, {capture});
            board.organizations(1);
            board.shell(oneFile('2 days', 'EXECUTING'));
            board.run('apply', {code: 0});
            assert.deepEqual(board.values('daily', 'documents_processed'), {});
            board.shell(`UPDATE workflow_file_execution SET status = 'COMPLETED'`);
            board.quarterPasses();
            board.run('run --once', {code: 0});
            /* Without capture hours older than the window of a day are `backfill`'s. */
            if (capture === 'none')
                board.run('backfill --days 3', {code: 0});
            board.isRight();
            const when = board.value(
                `SELECT date(created_at AT TIME ZONE 'UTC') AS d FROM workflow_file_execution`);
            assert.deepEqual(board.values('daily', 'documents_processed'), {[when]: 1});
            const transactions = `SELECT count(DISTINCT xmin::text) AS n FROM (
                SELECT xmin, metric_name FROM event_metrics_hourly UNION ALL SELECT xmin, metric_name FROM event_metrics_daily
                UNION ALL SELECT xmin, metric_name FROM event_metrics_monthly) c WHERE metric_name = 'documents_processed'`;
            if (capture === 'triggers')
                assert.equal(board.value(transactions), 1);
        });

test('capture: none: every organization with activity in any source is there', async (t) => {
    const board = await Dashboard.open(t, {capture: 'none'});
    board.organizations(6);
    board.run('apply', {code: 0});
    board.shell(`INSERT INTO usage VALUES (gen_random_uuid(), 1, 'llm', NULL, NULL, now());
        INSERT INTO page_usage VALUES (gen_random_uuid(), 'org_2', NULL, 5, now());
        INSERT INTO hitl_queue VALUES (gen_random_uuid(), 3, 'pending', now());
        INSERT INTO hitl_queue VALUES (gen_random_uuid(), 4, 'approved', now() - interval '300 days', now());
        INSERT INTO workflow_execution VALUES (gen_random_uuid(), NULL, md5('api5')::uuid, 'COMPLETED', now());
        INSERT INTO workflow_execution VALUES (gen_random_uuid(), NULL, md5('etl6')::uuid, 'COMPLETED', now());`);
    board.run('run --once', {code: 0});
    assert.deepEqual(
        board
            .sql(
                `SELECT organization_id AS o, string_agg(DISTINCT metric_name, ',' ORDER BY metric_name) AS m
        FROM event_metrics_daily GROUP BY 1 ORDER BY 1`)
            .map(({o, m}) => [o, m]),
        [
            [1, 'llm_calls,llm_usage'], [2, 'pages_processed'], [3, 'hitl_reviews'],
            [4, 'hitl_completions'], [5, 'deployed_api_requests'], [6, 'etl_pipeline_executions']
        ]);
    board.run('backfill --days 400', {code: 0});
    board.isRight({hourly: `"timestamp" > now() - interval '29 days'`});
});

test('a worker killed with SIGKILL holds nobody up: the next run does it, at once', async (t) => {
    const board = await Dashboard.open(t, {capture: 'none'});
    board.organizations(2);
    board.run('apply', {code: 0});
    board.usage(10, `now() - n * interval '1 hour'`);
    for (const point of ['cells.computed', 'apply.before_commit']) {
        board.quarterPasses();
        board.usage(3, 'now()');
        const killed = await board.pausedAt(point, 'run --once');
        const begun = board.runs('window').length;
        board.run('run --once', {code: 0});
        assert.equal(board.runs('window').length, begun, 'two at once');
        killed.child.kill('SIGKILL');
        await killed.closed;
        await until('the next run to do it', () => {
            board.run('run --once', {code: 0});
            return board.runs('window')[0].status === 'COMPLETED';
        });
        board.isRight();
        const runs = board.runs('window');
        assert.ok(runs.some(({status}) => status === 'FAILED'), 'the killed run is recorded');
    }
});

test('backfill: days, a tenant, a grain, a dry run', async (t) => {
    const board = await Dashboard.open(t, {capture: 'none'});
    board.organizations(3);
    board.usage(300, `now() - n * interval '2 hours'`, {organization: '1 + n % 3'});
    board.run('apply', {code: 0});
    const wrong = () => board.sql(`UPDATE event_metrics_hourly SET metric_value = metric_value + 1;
        UPDATE event_metrics_daily SET metric_value = metric_value + 1;
        UPDATE event_metrics_monthly SET metric_value = metric_value + 1`);
    const drifted = () => Object.fromEntries(['hourly', 'daily', 'monthly'].map(
        (tier) => [tier, board
                             .sql(`SELECT DISTINCT s.organization_id AS o FROM event_metrics_${
                                 tier} s JOIN truth.${tier} t
            USING (organization_id, metric_name, metric_type, project, tag, "${
                                 {hourly: 'timestamp', daily: 'date', monthly: 'month'}[tier]}")
            WHERE s.metric_value <> t.metric_value ORDER BY 1`)
                             .map(({o}) => o)]));
    const all = [1, 2, 3];
    wrong();
    const {cells_drifted: found} = board.json('backfill --days 26 --dry-run', {code: 0});
    assert.ok(found > 0);
    assert.deepEqual(drifted(), {hourly: all, daily: all, monthly: all});
    board.run('backfill --days 26 --tenant 2', {code: 0});
    assert.deepEqual(drifted(), {hourly: [1, 3], daily: [1, 3], monthly: [1, 3]});
    board.run('backfill --days 26 --grain month', {code: 0});
    assert.deepEqual(drifted(), {hourly: [1, 3], daily: [1, 3], monthly: []});
    board.run('backfill --days 26 --grain hour,month --tenant 1', {code: 0});
    assert.deepEqual(drifted(), {hourly: [3], daily: [1, 3], monthly: []});
    board.run('backfill --days 26 --grain day', {code: 0});
    board.run('backfill --days 26 --grain hour', {code: 0});
    board.isRight();
    assert.match(board.run('backfill --days 3 --grain week', {code: 2}).err,
        /--grain week: no summary keeps it/);
    assert.match(board.run('backfill --days 3 --grain weak', {code: 2}).err, /write minute, hour/);
});

test('a tenant that can be none, where no table lists them, is a mistake and holds nothing up', async (t) => {
    const board = await Dashboard.open(t, {capture: 'triggers'});
    board.organizations(2);
    board.usage(5, 'now()');
    board.run('apply', {code: 0});
    for (const command of ['repair --days 2', 'verify', 'rebuild', 'rebuild --wait'])
        assert.match(board.run(`${command} --tenant nobody`, {code: 2}).err,
            /there is no tenant nobody/, command);
    board.run('repair --days 2 --tenant 2', {code: 0});
    board.sql(`INSERT INTO ${board.control('trueup_job')}(kind, summary, tenant)
        VALUES ('rebuild', 'metrics', 'nobody'), ('rebuild', 'metrics', '2')`);
    board.usage(5, 'now()');
    board.run('run --once', {code: 1});
    const jobs = board.sql(`SELECT tenant, status, error FROM ${board.control('trueup_job')}
        ORDER BY id`);
    assert.deepEqual(jobs.map(({tenant, status}) => [tenant, status]),
        [['nobody', 'FAILED'], [2, 'COMPLETED']]);
    assert.match(jobs[0].error, /there is no tenant nobody/);
    board.run('run --once', {code: 0});
    board.isRight();
});

for (const capture of ['triggers', 'none'])
    test(`capture: ${capture}: retention: hours 30 days, days 365, months for ever`, async (t) => {
        const board = await Dashboard.open(t, {capture});
        board.organizations(1);
        board.usage(800, `now() - n * interval '12 hours'`);
        board.run('apply', {code: 0});
        board.run('run --once', {code: 0});
        const today = Date.parse(day(Date.now()));
        const first = board.sql(
            `SELECT (SELECT min("timestamp" AT TIME ZONE 'UTC')::date FROM event_metrics_hourly) AS hour,
            (SELECT min(date) FROM event_metrics_daily) AS day, (SELECT sum(metric_count) FROM event_metrics_monthly
             WHERE metric_name = 'llm_calls') AS months`)[0];
        /* A day more or less, since midnight may come between. */
        const near = (text, age) => assert.ok(
            Math.abs(Date.parse(text) - (today - age * DAY_MS)) <= DAY_MS, `${text} ${age}`);
        near(first.hour, 30);
        near(first.day, 365);
        assert.equal(first.months, 800);
        /* A late row beyond counts in its month; no hour or day comes back; the repair brings none
         * back either. */
        board.usage(1, `now() - interval '390 days'`);
        board.run('run --once', {code: 0});
        board.run('backfill --days 400', {code: 0});
        const kept = {hourly: `"timestamp" >= '${first.hour}Z'`, daily: `date >= '${first.day}'`};
        assert.equal(
            board.value(`SELECT count(*) FROM event_metrics_hourly WHERE NOT (${kept.hourly})`), 0);
        assert.equal(
            board.value(`SELECT count(*) FROM event_metrics_daily WHERE NOT (${kept.daily})`), 0);
        board.isRight({hourly: kept.hourly, daily: kept.daily});
        assert.equal(
            board.value(
                `SELECT sum(metric_count) FROM event_metrics_monthly WHERE metric_name = 'llm_calls'`),
            801);
    });

test('reading: all metrics in one call, by hour, day, week, month; type, built, freshness',
    async (t) => {
    const board = await Dashboard.open(t, {refresh: {settle: '1s'}});
    board.organizations(1);
    board.shell(
        `INSERT INTO usage SELECT gen_random_uuid(), 1, 'llm', 'challenge', 0.125, '2026-03-02 01:30Z'::timestamptz + n * interval '1 hour'
        FROM generate_series(0, 24 * 14 - 1) n`);
    board.run('apply --no-build', {code: 0});
    const query = (grain, from = '2026-03-02', to = '2026-03-15') => board.json(
        `query metrics --tenant 1 --grain ${grain} --from ${from} --to ${to} --by metric_type`,
        {code: grain === 'week' ? 1 : 0}); /* distinct files of days are not those of a week */
    /* project and tag are the same in every row, so nothing has to be added up over them. */
    const {built: isBuilt, rows: none} = board.json(
        'query metrics --by metric_type --grain day --from 2026-03-02 --to 2026-03-15', {code: 0});
    assert.deepEqual([isBuilt, none], [false, []]);
    board.run('run --once', {code: 0});
    const calls = {
        hour: Array(335).fill(1),
        day: [23, ...Array(13).fill(24)],
        week: [167, 168],
        month: [336]
    };
    for (const grain of Object.keys(calls)) {
        const {built, as_of: asOf, columns, rows, grain: shown} = query(grain);
        assert.equal(built, true);
        assert.equal(shown, grain);
        assert.ok(Math.abs(Date.parse(asOf) - Date.now()) < DAY_MS, asOf);
        assert.deepEqual([columns[0], ...columns.slice(2)],
            ['metric_name', 'metric_type', 'metric_value', 'metric_count']);
        const of = (name, type) => rows.filter((row) => row[0] === name && row[2] === type);
        assert.deepEqual(of('llm_calls', 'counter').map((row) => Number(row[3])), calls[grain]);
        assert.deepEqual(of('llm_usage', 'histogram').map((row) => Number(row[3])),
            calls[grain].map((n) => n / 8));
        assert.deepEqual(of('challenges', 'counter').map((row) => row[4]), calls[grain]);
        assert.equal(rows.length, 3 * calls[grain].length);
    }
    /* count_distinct cannot be added up: that one has an error and its type, the others are given.
     */
    board.shell(oneFile('1 hour', 'ERROR'));
    board.run('run --once', {code: 0});
    const answer = board.json('query metrics --tenant 1 --grain week --by metric_type', {code: 1});
    assert.deepEqual(
        answer.errors.map(
            ({series, measure, dimensions}) => [series, measure, dimensions.metric_type]),
        [['failed_pages', 'metric_count', 'histogram']]);
    assert.ok(answer.rows.some((row) => row[0] === 'llm_calls') &&
              answer.rows.some((row) => row[0] === 'failed_pages'));
});

test(
    'beside a task by hand: verify shows what the old rows are worth, before switching (docs/migrating.md)',
    async (t) => {
        const board = await Dashboard.open(t, {capture: 'none', refresh: {every: '15m'}});
        board.organizations(2);
        board.usage(200, `now() - n * interval '1 hour'`, {organization: '1 + n % 2'});
        const copy =
            ['hourly', 'daily', 'monthly']
                .map((tier) => `CREATE TABLE old_${tier} AS SELECT organization_id,
        "${{
               hourly: 'timestamp',
               daily: 'date',
               monthly: 'month'
                }[tier]}", metric_name, metric_type, project, tag, metric_value, metric_count
        FROM truth.${tier};`)
                .join('');
        board.shell(copy);
        /* faults of the old task: an edge day with its tail only, a zero, a ghost, an organization
         * that it did not see */
        board.shell(
            `UPDATE old_daily SET metric_value = 3, metric_count = 3 WHERE (organization_id, date, metric_name) IN
            (SELECT 1, max(date) - 3, 'llm_calls' FROM old_daily);
        INSERT INTO old_daily SELECT 1, max(date), 'challenges', 'counter', 'default', '', 0, 0 FROM old_daily;
        INSERT INTO old_daily SELECT 2, max(date) - 30, 'llm_calls', 'counter', 'default', '', 7, 7 FROM old_daily;
        DELETE FROM old_daily WHERE organization_id = 2 AND metric_name = 'llm_usage' AND date = (SELECT max(date) - 4 FROM old_daily)`);
        board.run('apply', {code: 0});
        board.isRight();
        board.run('verify', {code: 0});
        board.shell(`BEGIN; DELETE FROM event_metrics_daily;
        INSERT INTO event_metrics_daily(organization_id, date, metric_name, metric_type, project, tag, metric_value, metric_count)
        SELECT * FROM (SELECT organization_id, date, metric_name, metric_type, project, tag, metric_value, metric_count FROM old_daily) o;
        COMMIT`);
        const {drift} = board.json('verify', {code: 1});
        assert.deepEqual(
            drift
                .map(({key, stored, true: truth}) => [key.organization_id, key.metric_name,
                         stored?.metric_count ?? null, truth?.metric_count ?? null])
                .sort(),
            [
                [1, 'challenges', 0, null], [1, 'llm_calls', 3, 12], [2, 'llm_calls', 7, null],
                [2, 'llm_usage', null, 12]
            ].sort());
        assert.equal(board.json('rebuild --wait', {code: 0}).cells_drifted, 4);
        board.isRight();
    });

for (const capture of ['triggers', 'none'])
    test(`capture: ${capture}: rows of another are refused, and taken over when told to`,
    async (t) => {
        const board = await Dashboard.open(t, {capture});
        board.organizations(1);
        board.usage(10, 'now()');
        board.shell(
            `INSERT INTO event_metrics_daily VALUES (1, '2020-01-01', 'llm_calls', 'counter', 'default', '', 5, 5)`);
        assert.match(
            board.run('apply', {code: 2}).err, /event_metrics_daily has rows.*--take-over/);
        board.run('apply --take-over', {code: 0});
        board.run('run --once', {code: 0}); /* what is older than `keep` goes with the first run */
        board.isRight();
    });
