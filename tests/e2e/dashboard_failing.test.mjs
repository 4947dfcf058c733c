/*
 * A metric that fails: it alone is FAILED, in trueup_run, in status and by the exit code; the
 * others go on; and when it can be computed again its history is right again, on every database
 * (the dashboard itself is on PostgreSQL).
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Dashboard} from './dashboard.mjs';
import {until} from './processes.mjs';
import {chosenKinds} from './servers.mjs';
import {Place} from './trueup.mjs';

for (const capture of ['none', 'triggers'])
    test(`a column dropped under a metric, capture: ${capture}`, async (t) => {
        const board = await Dashboard.open(t, {capture});
        board.load({organizations: 5, rows: 2000, days: 20});
        board.run('apply', {code: 0});
        board.isRight();
        board.sql(`ALTER TABLE hitl_queue RENAME COLUMN approved_at TO approved_when`);
        board.usage(40, `now() - n * interval '1 hour'`, {organization: '2'});
        board.run('rebuild', {code: 0}); /* queued: without capture, nothing else is due */
        const {failed} = board.json('run --once', {code: 1});
        const own = failed.filter(({error}) => !/unguarded/.test(error));
        assert.deepEqual(own.map(({summary}) => summary), ['metrics'], JSON.stringify(failed));
        assert.match(own[0].error, /^series hitl_completions: source approval: .*approved_at/);

        /* the others went on; this one stays as it was */
        const others = `metric_name <> 'hitl_completions'`;
        board.sql(`CREATE OR REPLACE VIEW truth.kept AS SELECT * FROM truth.daily WHERE ${others}`);
        const columns = 'organization_id, date, metric_name, metric_value, metric_count';
        const isRightBut = () =>
            board.same(`SELECT ${columns} FROM event_metrics_daily WHERE ${others}`,
                `SELECT ${columns} FROM truth.kept`);
        isRightBut();
        assert.ok(
            board.value(`SELECT count(*) FROM event_metrics_daily WHERE NOT (${others})`) > 0);

        const {code} = board.run('status');
        assert.equal(code, 1);
        const status = board.json('status', {code: 1});
        assert.deepEqual(status.failing.map(({summary, series}) => [summary, series]),
            [['metrics', 'hitl_completions']]);
        assert.match(status.failing[0].error, /approved_at/);
        assert.ok(status.failing[0].since);
        assert.match(
            board.run('status').out, /^failing since .*series hitl_completions: .*approved_at/m);
        const run = board.sql(
            `SELECT status, error FROM ${board.control('trueup_run')} WHERE kind <> 'settle'
            ORDER BY id DESC LIMIT 1`)[0];
        assert.equal(run.status, 'FAILED');
        assert.match(run.error, /series hitl_completions/);
        assert.doesNotMatch(run.error, /series (?!hitl_completions)/);

        /* reading: the others are given; that one has its error and its type */
        const answer =
            board.json('query metrics --grain day --by metric_type,project,tag', {code: 1});
        assert.ok(answer.rows.length > 0);
        assert.ok(answer.rows.every((row) => !row.includes('hitl_completions')));
        assert.deepEqual(
            answer.errors.map(({series, measure, dimensions}) => ({series, measure, dimensions})),
            [{
                series: 'hitl_completions',
                measure: null,
                dimensions: {metric_type: 'counter', project: 'default', tag: ''}
            }]);
        assert.match(answer.errors[0].error, /approved_at/);
        board.run('verify', {code: 1});
        board.run('check', {code: 2});

        /* while it fails its rows change; the column comes back, and so does the truth */
        board.sql(`DELETE FROM hitl_queue WHERE state = 'approved' AND id::text < '8'`);
        board.run(capture === 'none' ? 'backfill --days 30' : 'run --once', {code: 1});
        isRightBut();
        board.sql(`ALTER TABLE hitl_queue RENAME COLUMN approved_when TO approved_at`);
        if (capture === 'triggers')
            board.run('apply', {code: 0});
        board.run('run --once', {code: 0});
        board.isRight();
        board.run('status', {code: 0});
        assert.deepEqual(board.json('status', {code: 0}).failing, []);
        board.run('verify', {code: 0});
    });

test('settling alone: a metric that begins to fail is one FAILED run', async (t) => {
    const board = await Dashboard.open(t, {capture: 'triggers'});
    board.organizations(1);
    board.usage(3, 'now()');
    board.run('apply', {code: 0});
    board.run('run --once', {code: 0});
    board.sql('ALTER TABLE usage RENAME COLUMN cost_in_dollars TO cost');
    for (let i = 0; i < 3; i++)
        board.run('run --once', {code: 1});
    const runs = board.sql(`SELECT summary, error FROM ${board.control('trueup_run')}
        WHERE kind = 'settle' AND status = 'FAILED'`);
    assert.equal(runs.length, 1, JSON.stringify(runs));
    assert.equal(runs[0].summary, 'metrics');
    assert.match(runs[0].error, /^series llm_usage: .*cost_in_dollars/);
});

test('the column of the only decimal metric is dropped: the others are written', async (t) => {
    const board = await Dashboard.open(t, {capture: 'none'});
    board.load({organizations: 5, rows: 1000, days: 10});
    board.run('apply', {code: 0});
    board.sql('ALTER TABLE usage DROP COLUMN cost_in_dollars CASCADE');
    board.sql(
        `DELETE FROM event_metrics_daily WHERE metric_name LIKE '%l%' AND metric_name <> 'llm_usage'`);
    board.sql(
        `INSERT INTO usage SELECT gen_random_uuid(), 1, 'llm', 'challenge', now() FROM generate_series(1, 9)`);
    const {failed} = board.json('backfill --days 12', {code: 1});
    assert.deepEqual(failed.map(({error}) => error.slice(0, 17)), ['series llm_usage:']);
    assert.equal(
        board.value(
            `SELECT sum(metric_value) FROM event_metrics_daily WHERE metric_name = 'llm_calls'`),
        board.value(`SELECT count(*) FROM usage WHERE usage_type = 'llm'`));
    board.run('run --once', {code: 1});
    board.sql('ALTER TABLE usage ADD COLUMN cost_in_dollars numeric(18,8) DEFAULT 0.5');
    board.run('run --once', {code: 0});
    assert.equal(board.value(`SELECT round(sum(metric_value), 1) AS v FROM event_metrics_daily
        WHERE metric_name = 'llm_usage'`),
        board.value(`SELECT round(count(*) * 0.5, 1) FROM usage WHERE usage_type = 'llm'`));
    board.run('verify', {code: 0});
});

/* A row that spoils one series of a bucket, on every database: the others of the same bucket are
 * written. */
const SPEC = {
    sources: {item: {from: 'item', tenant: 'shop', time: 'at', time_unit: 'seconds'}},
    summaries: {
        mix: {
            grains: ['hour', 'day'],
            columns: {tenant: 'shop', series: 'what'},
            measures: {value: 'count'},
            series: {
                items: {source: 'item'},
                numbers: {source: 'item', measures: {value: 'sum(CAST(note AS integer))'}},
                large: {source: 'item', where: 'amount > 5'},
            },
        },
    },
};
/* What fails for the row whose `amount` is 7. */
const FAILING = {
    postgresql: 'sum(7 / (7 - amount))',
    sqlite: `max(json_extract(note, '$.a'))`,
    mariadb: 'sum(CASE WHEN amount = 7 THEN amount * 9223372036854775807 ELSE 1 END)'
};

for (const kind of chosenKinds())
    for (const capture of ['none', 'triggers'])
        test(`${kind}: a row spoils one series of a bucket, capture: ${capture}`, async (t) => {
            const place = await Place.on(kind, t);
            place.shell(place.say(
                'CREATE TABLE item(id {id}, shop {name}, at {integer}, amount {integer}, note {text});'));
            const spec = structuredClone(SPEC);
            spec.sources.item.capture = capture;
            spec.summaries.mix.series.numbers.measures.value = FAILING[kind];
            place.spec(spec);
            const add = (shop, at, amount, note) =>
                place.sql(`INSERT INTO item(shop, at, amount, note)
                VALUES ('${shop}', ${at}, ${amount}, '${note}')`);
            for (let i = 0; i < 30; i++)
                add('a', 1709251200 + i * 3000, 1, '{"a": 1}');
            place.run('apply', {code: 0});
            /* the row of 7 fails in one hour of one shop */
            add('a', 1709251200 + 600, 7, 'no json');
            add('b', 1709251200 + 600, 1, '{"a": 1}');
            place.run('rebuild', {code: 0});
            const {failed} = place.json('run --once', {code: 1});
            assert.ok(failed.length > 0);
            for (const {error} of failed)
                assert.match(error, /series numbers: /);
            const rows = (what, table) => place
                                              .sql(`SELECT shop, sum(value) AS n FROM mix_${
                                                  table} WHERE what = '${what}'
                GROUP BY shop ORDER BY shop`).map(({shop, n}) => [shop, Number(n)]);
            for (const table of ['hour', 'day']) {
                assert.deepEqual(rows('items', table), [['a', 31], ['b', 1]]);
                assert.deepEqual(rows('large', table), [['a', 1]]);
            }
            place.run('status', {code: 1});
            const parked = place.sql(`SELECT error FROM ${place.control('trueup_pending')}
                WHERE error IS NOT NULL`);
            assert.ok(parked.length > 0);
            for (const {error} of parked)
                assert.match(error, /series numbers: /);
            const runs = place.json('runs').runs.filter(({kind: what}) => what === 'rebuild');
            assert.deepEqual(runs.map(({status}) => status), ['FAILED']);
            assert.match(runs[0].error, /series numbers: /);
            assert.doesNotMatch(runs[0].error, /series (?!numbers)/);
            place.sql('DELETE FROM item WHERE amount = 7');
            place.run('rebuild --wait', {code: 0});
            place.run('verify', {code: 0});
        });

/* A column that is gone, on every database. */
for (const kind of chosenKinds())
    test(`${kind}: a column dropped under one series`, async (t) => {
        const place = await Place.on(kind, t);
        place.shell(place.say(
            'CREATE TABLE item(id {id}, shop {name}, at {integer}, amount {integer}, extra {integer});'));
        const spec = structuredClone(SPEC);
        spec.sources.item.capture = 'none';
        spec.summaries.mix.series.numbers.measures.value = 'sum(extra)';
        place.spec(spec);
        for (let i = 0; i < 30; i++)
            place.sql(`INSERT INTO item(shop, at, amount, extra) VALUES ('a', ${
                1709251200 + i * 3000}, ${i}, 2)`);
        place.run('apply', {code: 0});
        place.sql('ALTER TABLE item DROP COLUMN extra');
        place.sql(`INSERT INTO item(shop, at, amount) VALUES ('a', 1709251200, 9)`);
        const {failed} = place.json('repair --date 2024-03-01', {code: 1});
        assert.equal(failed.length, 1);
        assert.match(failed[0].error, /^series numbers: .*extra/);
        const total = (what) =>
            Number(place.value(`SELECT sum(value) AS n FROM mix_day WHERE what = '${what}'`));
        assert.equal(total('items'), 31);
        assert.equal(total('numbers'), 60);
        place.run('run --once', {code: 1});
        assert.deepEqual(
            place.json('status', {code: 1}).failing.map(({series}) => series), ['numbers']);
        place.sql('ALTER TABLE item ADD COLUMN extra integer DEFAULT 3');
        place.run('run --once', {code: 0});
        place.run('verify', {code: 0});
        assert.equal(total('numbers'), 93);
        assert.deepEqual(place.json('status', {code: 0}).failing, []);
    });

/* The fault: its note stayed, so `status` alarmed for ever and nothing of the summary was sealed. */
for (const kind of chosenKinds())
    test(`${kind}: a series that fails is taken out of the spec, and put back`, async (t) => {
        const place = await Place.on(kind, t);
        place.shell(place.say(
            'CREATE TABLE item(id {id}, shop {name}, at {integer}, amount {integer}, extra {integer});'));
        const add = (shop) => place.sql(`INSERT INTO item(shop, at, amount, extra)
            VALUES ('${shop}', 1709251200, 6, 2)`);
        const spec = structuredClone(SPEC);
        spec.summaries.mix.series.numbers.measures.value = 'sum(extra)';
        const {numbers, ...others} = spec.summaries.mix.series;
        const applied = (series) => {
            spec.summaries.mix.series = series;
            place.spec(spec).run('apply', {code: 0});
            place.run('run --once', {code: 0});
            assert.deepEqual(place.json('status', {code: 0}).failing, []);
            assert.equal(place.value(`SELECT count(*) AS n FROM ${place.control('trueup_moment')}
                WHERE kind LIKE 'failing %'`), 0);
            place.run('verify', {code: 0});
        };
        add('a');
        applied({...others, numbers});
        place.shell('ALTER TABLE item RENAME COLUMN extra TO mislaid');
        place.run('run --once', {code: 1});
        assert.deepEqual(
            place.json('status', {code: 1}).failing.map(({series}) => series), ['numbers']);
        applied(others);
        place.shell('ALTER TABLE item RENAME COLUMN mislaid TO extra');
        add('b');
        applied({...others, numbers});
        assert.equal(Number(place.value(`SELECT sum(value) AS n FROM mix_day
            WHERE what = 'numbers'`)), 4);
    });

test('the daemon: a metric that fails holds up none, and is taken up again when it can be computed',
    async (t) => {
        const board =
            await Dashboard.open(t, {capture: 'none', refresh: {every: '1s', settle: '200ms'}});
        board.organizations(2);
        board.run('apply', {code: 0});
        board.sql('ALTER TABLE hitl_queue RENAME COLUMN approved_at TO approved_when');
        const daemon = board.start('run --log-format json');
        const until120 = (what, happens) => until(what, () => {
            assert.equal(daemon.result, null, daemon.err);
            return happens();
        }, 120_000);
        const count = (metric) =>
            board.value(`SELECT coalesce(sum(metric_count), 0) AS n FROM event_metrics_monthly
        WHERE metric_name = '${metric}'`);
        board.usage(5, 'now()');
        board.sql(`INSERT INTO hitl_queue VALUES (gen_random_uuid(), 1, 'approved', now(), now())`);
        await until120('the others to be counted',
            () => count('llm_calls') === 5 && count('hitl_reviews') === 1);
        /* The run of it ends, and says so, when the others' cells are there. */
        await until120('it to be said', () => /series hitl_completions: /.test(daemon.err));
        board.run('status', {code: 1});
        board.sql('ALTER TABLE hitl_queue RENAME COLUMN approved_when TO approved_at');
        await until120('the metric to be counted', () => count('hitl_completions') === 1);
        await until120('status to be well', () => board.run('status').code === 0);
        daemon.signal('SIGTERM');
        assert.equal((await daemon.end()).code, 143);
        board.isRight();
    });
