/*
 * The commands' own contract: what drop, repair, rebuild, verify and --json print and change, and
 * which runs are recorded.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {test} from 'node:test';
import {House, HOUSE_SPEC, PROGRAM, Place} from './trueup.mjs';

const CHANGE = `UPDATE sale SET amount = amount * 2 WHERE id % 3 = 0; DELETE FROM sale
    WHERE id % 11 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-31 23:59:59', 17)`;

const clone = (value) => JSON.parse(JSON.stringify(value));

/* The house's spec with something done to it. */
function changed(edit) {
    const spec = clone(HOUSE_SPEC);
    edit(spec);
    return spec;
}

/* ---- drop ---- */

test('drop: everything of trueup goes, and the tables that it made; sources stay', (t) => {
    const house = new House(t, {apply: false});
    const before = house.sql(`SELECT type, name, sql FROM sqlite_schema
        WHERE name NOT GLOB 'sqlite_*' ORDER BY 2`);
    house.run('apply', {code: 0});
    assert.match(house.run('drop', {code: 2, input: 'no\n'}).err, /nothing was dropped/);
    house.run('drop', {code: 0, input: 'yes\n'});
    assert.deepEqual(house.sql(`SELECT type, name, sql FROM sqlite_schema
        WHERE name NOT GLOB 'sqlite_*' ORDER BY 2`), before);
    house.sql(CHANGE);
    house.run('apply', {code: 0});
    house.isTrue();
});

test('drop --keep-tables, and of one summary: the other goes on', (t) => {
    const house = new House(t);
    const rows = house.sql(`SELECT * FROM daily_day ORDER BY 1, 2`);
    house.run('drop --summary folded --yes', {code: 0});
    assert.deepEqual(house.sql(`SELECT name FROM sqlite_schema WHERE name GLOB 'folded_*'`), []);
    house.spec(changed((spec) => { delete spec.summaries.folded; }));
    house.run('apply', {code: 0});
    house.sql(CHANGE);
    house.run('run --once', {code: 0});
    house.same(`SELECT shop, bucket, n FROM daily_day`, `SELECT s.shop, ${House.buckets.day},
        count(*)
                FROM sale s JOIN shop h ON h.id = s.shop GROUP BY 1, 2`);
    house.isQuiet();
    house.run('drop --keep-tables --yes', {code: 0});
    assert.equal(house.sql(`SELECT * FROM daily_day`).length > 0, rows.length > 0);
    assert.deepEqual(house.sql(`SELECT name FROM sqlite_schema WHERE type IN ('trigger',
        'view') OR (type = 'table' AND name GLOB 'trueup_*')`), []);
    house.run('apply', {code: 2});
    house.run('apply --take-over', {code: 0});
});

test('drop leaves tables that were there before', (t) => {
    const house = new House(t, {apply: false, tables: `CREATE TABLE daily_day(shop, bucket TEXT,
        n INT, total INT, least INT, most INT);`});
    house.run('apply', {code: 0});
    house.run('drop --yes', {code: 0});
    assert.deepEqual(house.sql(`SELECT name FROM sqlite_schema WHERE name GLOB 'daily_*'
        AND type = 'table'`), [{name: 'daily_day'}]);
});

/* ---- repair, rebuild, verify ---- */

/* 2 wrong, 1 missing, 1 that should not be, in `daily_day`; in March, the last in June. */
const DRIFT = `UPDATE daily_day SET total = 999 WHERE shop = 'tokyo' AND bucket IN ('2024-03-03',
    '2024-03-17');
    DELETE FROM daily_day WHERE shop = 'phoenix' AND bucket = '2024-03-04';
    INSERT INTO daily_day(shop, bucket, n, total) VALUES ('tokyo', '2024-06-01', 5, 5)`;

test('verify: JSON and text of cells that are wrong, missing, too many; it changes nothing', (t) =>
    {
    const house = new House(t);
    house.sql(DRIFT);
    const before = house.digest();
    const verify = house.json('verify', {code: 1});
    for (const name of ['cells_checked', 'cells_drifted', 'cells_pending', 'drift'])
        assert.ok(name in verify, name);
    assert.equal(verify.cells_drifted, 4);
    assert.equal(verify.drift.length, 4);
    for (const cell of verify.drift) {
        assert.deepEqual(Object.keys(cell).sort(), ['key', 'stored', 'summary', 'table', 'true']);
        assert.deepEqual([cell.summary, cell.table, Object.keys(cell.key)], ['daily', 'daily_day',
            ['shop', 'bucket']]);
    }
    const at = (shop, bucket) => verify.drift.find(({key}) => key.shop === shop
        && key.bucket === bucket);
    const [truth] = house.sql(`SELECT count(*) AS n, sum(amount) AS total, min(amount) AS least,
        max(amount) AS most FROM sale
                               WHERE shop = 'tokyo' AND date(at, '9 hours') = '2024-03-03'`);
    assert.deepEqual(at('tokyo', '2024-03-03').true, truth);
    assert.deepEqual(at('tokyo', '2024-03-03').stored, {...truth, total: 999});
    assert.equal(at('phoenix', '2024-03-04').stored, null);
    assert.equal(at('tokyo', '2024-06-01').true, null);
    assert.deepEqual(at('tokyo', '2024-06-01').stored, {n: 5, total: 5, least: null, most: null});
    assert.match(house.run('verify', {code: 1}).out,
        /daily_day shop=tokyo bucket=2024-03-03: total is 999, true -?\d+$/m);
    for (const [line, n] of [['--summary folded', 0], ['--tenant phoenix', 1],
        ['--from 2024-03-03 --to 2024-03-04', 2],
                             ['--from 2024-05-01', 1], ['--to 2024-03-03', 1],
                                 ['--tenant kathmandu', 0]])
        assert.equal(house.json(`verify ${line}`, {code: n > 0 ? 1 : 0}).cells_drifted, n, line);
    assert.equal(house.digest(), before);
});

test('verify counts pending changes in, and names no drift for them', (t) => {
    const house = new House(t);
    house.sql(CHANGE);
    const before = house.digest();
    assert.equal(house.json('verify', {code: 0}).cells_drifted, 0);
    assert.equal(house.digest(), before);
});

test('repair: --date, --from --to, --days, --dry-run, backfill, by tenant and summary', (t) => {
    const cases = [
        ['repair --date 2024-03-03', 1], ['repair --from 2024-03-03 --to 2024-03-04', 2],
            ['repair --from 2024-03-01 --to 2024-06-30', 4],
        ['repair --summary folded --from 2024-03-01 --to 2024-06-30', 0],
            ['repair --tenant phoenix --from 2024-03-01 --to 2024-06-30', 1],
        ['repair --days 20000', 4], ['backfill --days 20000', 4], ['repair --days 1', 0],
    ];
    for (const [line, n] of cases) {
        const house = new House(t);
        house.sql(DRIFT);
        const before = house.digest('daily_day daily_month');
        const tried = house.json(`${line} --dry-run`, {code: 0});
        assert.deepEqual([tried.cells_drifted, tried.cells_written], [n, 0], `${line} --dry-run`);
        assert.equal(house.digest('daily_day daily_month'), before, line);
        const done = house.json(line, {code: 0});
        assert.deepEqual(Object.keys(done).sort(), ['cells_checked', 'cells_drifted',
            'cells_written', 'failed']);
        assert.deepEqual([done.cells_drifted, done.cells_written, done.failed], [n, n, []], line);
        assert.ok(done.cells_checked >= n);
        assert.equal(house.json('verify').cells_drifted, 4 - n, line);
        const statuses = house.json('status').summaries;
        assert.equal(statuses.find(({summary}) => summary === 'daily').drift, n,
            `${line}: drift in status`);
        if (n === 4)
            house.isTrue();
        house.clear();
    }
});

test('repair of the days of a month mends the month, and its own days only', (t) => {
    const house = new House(t);
    house.sql(`UPDATE daily_month SET n = 1 WHERE shop = 'tokyo'`);
    assert.equal(house.json('repair --date 2024-03-09', {code: 0}).cells_drifted, 1);
    house.isTrue();
});

test('rebuild --wait mends wrong cells and prints the drift', (t) => {
    const house = new House(t);
    house.sql(DRIFT);
    const done = house.json('rebuild --wait', {code: 0});
    assert.deepEqual([done.cells_drifted, done.cells_written, done.failed], [4, 4, []]);
    house.isTrue();
    assert.match(house.run('rebuild --wait', {code: 0}).out,
        /rebuilt: \d+ cells checked, 0 drifted, 0 written/);
    house.sql(DRIFT);
    assert.equal(house.json('rebuild --wait --tenant phoenix', {code: 0}).cells_written, 1);
    assert.equal(house.json('rebuild --wait --summary folded', {code: 0}).cells_written, 0);
    assert.equal(house.json('rebuild --wait --summary daily --tenant tokyo',
        {code: 0}).cells_written, 3);
    house.isTrue();
});

/* ---- what the commands print and record ---- */

test('--json: the shapes of all commands', (t) => {
    const house = new House(t);
    house.sql(CHANGE);
    const check = house.json('check', {code: 0});
    assert.deepEqual(Object.keys(check), ['ok', 'problems']);
    assert.equal(check.ok, true);
    const status = house.json('status', {code: 0});
    for (const summary of status.summaries)
        assert.deepEqual(Object.keys(summary).sort(), ['drift', 'last_run', 'oldest_pending_s',
            'parked', 'pending', 'right_from',
                                                       'state', 'summary', 'unguarded_since']);
    assert.deepEqual(status.summaries.map(({summary}) => summary), ['daily', 'folded']);
    assert.ok(status.summaries.every(({pending}) => pending > 0), 'pending changes are not shown');
    const run = house.json('run --once', {code: 0});
    assert.deepEqual(Object.keys(run).sort(), ['cells_checked', 'cells_drifted', 'cells_written',
        'failed']);
    assert.ok(run.cells_written > 0);
    const query =
        house.json('query daily --from 2024-03-03 --to 2024-03-04 --tenant tokyo --measure n,total', {code: 0});
    assert.deepEqual(Object.keys(query).sort(), ['as_of', 'built', 'columns', 'errors', 'from',
        'grain', 'rows', 'summary', 'to']);
    assert.deepEqual([query.summary, query.grain, query.from, query.to, query.built, query.errors],
        ['daily', 'day', '2024-03-03', '2024-03-04', true, []]);
    assert.deepEqual(query.rows.map((row) => row[query.columns.indexOf('total')]),
                     house.sql(`SELECT sum(amount) AS v FROM sale WHERE shop = 'tokyo' AND date(at,
                         '9 hours') BETWEEN '2024-03-03' AND '2024-03-04'
                                GROUP BY date(at, '9 hours')`).map(({v}) => v));
    for (const at of [query.as_of, status.summaries[0].last_run.started_at])
        assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    house.sql(`UPDATE shop SET tz = 'Mars/Olympus' WHERE id = 'tokyo'`);
    const failed = house.json('run --once', {code: 1}).failed;
    assert.deepEqual(Object.keys(failed[0]).sort(), ['error', 'summary', 'tenant']);
    assert.equal(failed[0].tenant, 'tokyo');
    const problems = house.json('check', {code: 1}).problems;
    assert.deepEqual(Object.keys(problems[0]).sort(), ['help', 'level', 'message', 'where']);
});

test('--json is wherever it stands, and other output stays text', (t) => {
    const house = new House(t);
    for (const line of ['status --json', '--json status', 'verify --json --summary daily'])
        assert.doesNotThrow(() => JSON.parse(house.run(line, {code: 0}).out), line);
    assert.throws(() => JSON.parse(house.run('status', {code: 0}).out));
});

test('runs are recorded, with the columns and statuses of the contract', (t) => {
    const house = new House(t, {apply: false});
    house.run('apply', {code: 0});
    house.sql(DRIFT);
    house.run('repair --summary daily --tenant tokyo --from 2024-03-01 --to 2024-03-31', {code: 0});
    house.run('rebuild --wait', {code: 0});
    assert.deepEqual(house.sql(`SELECT name FROM pragma_table_info('trueup_run')`).map(({name}) =>
        name),
                     ['id', 'kind', 'summary', 'tenant', 'range_from', 'range_to', 'status',
                         'started_at', 'finished_at', 'rows_read',
                      'cells_written', 'cells_drifted', 'worker', 'error']);
    const runs = house.sql(`SELECT * FROM trueup_run WHERE kind <> 'settle' ORDER BY id`);
    assert.ok(runs.every(({status, error, finished_at, started_at, worker}) =>
        status === 'COMPLETED' && error === null && worker !== null &&
        new Date(finished_at) >= new Date(started_at)), JSON.stringify(runs));
    const repair = runs.find(({kind}) => kind === 'repair');
    assert.deepEqual([repair.summary, repair.tenant, repair.range_from, repair.range_to,
        repair.cells_drifted, repair.cells_written],
                     ['daily', 'tokyo', '2024-03-01', '2024-03-31', 2, 2]);
    assert.ok(repair.rows_read > 0);
    assert.deepEqual([...new Set(runs.map(({kind}) => kind))].sort(), ['build', 'rebuild',
        'repair']);
    assert.equal(runs.filter(({kind}) => kind === 'rebuild').reduce((sum, run) =>
        sum + run.cells_drifted, 0), 2);
});

test('runs: settling that succeeds is one row an hour, what fails is a row', (t) => {
    const house = new House(t);
    for (let i = 0; i < 4; i++) {
        house.sql(`UPDATE sale SET amount = amount + 1 WHERE id = ${i + 1}`);
        house.run('run --once', {code: 0});
    }
    const settled = house.sql(`SELECT * FROM trueup_run WHERE kind = 'settle'`);
    assert.ok(settled.length >= 1 && settled.length <= 2, `${settled.length} rows`); /* 2: the hour
       changed */
    assert.ok(settled.every(({status}) => status === 'COMPLETED'));
    assert.ok(settled.reduce((sum, run) => sum + run.cells_written, 0) > 0);
    house.sql(`UPDATE sale SET amount = 'x' WHERE id = 1`);
    house.run('repair --from 2024-03-01 --to 2024-03-31', {code: 1});
    const [failed] = house.sql(`SELECT * FROM trueup_run WHERE status = 'FAILED'`);
    assert.equal(failed.kind, 'repair');
    assert.match(failed.error, /amount/);
});

test('runs: nightly and periodic repairs are done once, and again when they are due', (t) => {
    const house = new House(t, {apply: false, spec: {refresh: {nightly: {at: '00:00', zone: 'UTC',
        days: 2}}}});
    house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', datetime('now', '-2 days'), 3)`);
    house.run('apply', {code: 0});
    house.run('run --once', {code: 0});
    const nights = () => house.sql(`SELECT * FROM trueup_run WHERE kind = 'nightly'
        AND status = 'COMPLETED'`);
    assert.deepEqual(nights().map(({summary}) => summary).sort(), ['daily', 'folded']);
    house.run('run --once', {code: 0});
    assert.equal(nights().length, 2);
    /* Three nights that nobody was there are caught up. */
    house.sql(`UPDATE trueup_night SET night = night - 3;
               UPDATE daily_day SET total = 999 WHERE bucket >= date('now', '-3 days')`);
    house.run('run --once', {code: 0});
    assert.equal(nights().length, 4);
    assert.ok(nights()[2].range_from <= house.value(`SELECT date('now', '-4 days')`));
    house.isTrue();
});

test('capture: none: repaired over the window, and status says how old it may be', (t) => {
    const place = new Place(t);
    place.sql(`PRAGMA journal_mode = WAL`);
    place.sql(`CREATE TABLE e(id INTEGER PRIMARY KEY, at TEXT, v INTEGER); INSERT INTO e(at, v)
        VALUES (datetime('now'), 1), (datetime('now', '-300 days'), 2)`);
    place.spec({sources: {e: {from: 'e', time: 'at', capture: 'none'}},
                summaries: {s: {source: 'e', grains: ['day', 'month'], measures: {n: 'count',
                    total: 'sum(v)'}}}, refresh: {every: '1ms'}});
    place.run('apply', {code: 0});
    assert.equal(place.value(`SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'`), 0);
    place.sql(`INSERT INTO e(at, v) VALUES (datetime('now'), 5), (datetime('now', '-3 days'), 7);
        UPDATE e SET v = 3 WHERE v = 1`);
    place.run('run --once', {code: 0});
    for (const [grain, form] of [['day', '%Y-%m-%d'], ['month', '%Y-%m-01']])
        place.same(`SELECT bucket, n, total FROM s_${grain}`, `SELECT strftime('${form}', at),
            count(*), sum(v) FROM e GROUP BY 1`);
    assert.equal(place.json('status').summaries[0].state, 'not captured');
});

/* ---- what surrounds a command ---- */

test('help of one command names its own options', (t) => {
    const place = new Place(t);
    for (const line of ['repair --help', 'help repair']) {
        const {out} = place.run(line, {code: 0});
        assert.match(out, /^trueup repair .*--dry-run/);
        assert.doesNotMatch(out, /backfill/);
    }
    assert.match(place.run('--help', {code: 0}).out, /backfill/);
});

/* The fault: the answer was lost, and nobody was told. */
test('output that cannot be written is told', (t) => {
    const place = new Place(t);
    const [full, closed] = ['trueup help > /dev/full', 'trueup help | true'].map((line) =>
        spawnSync('bash', ['-c', line.replace('trueup', '"$0"'), PROGRAM], {encoding: 'utf8',
            cwd: place.directory}));
    assert.equal(full.status, 3);
    assert.match(full.stderr, /could not be written: No space left/);
    assert.equal(closed.stderr, '');
});

/* The fault: a signal ended it in the middle, without a word. */
test('a file that may not grow is a full disk: told, and done later', (t) => {
    const house = new House(t, {days: 200});
    house.shell('UPDATE sale SET amount = amount + 1; PRAGMA wal_checkpoint(TRUNCATE);');
    const {status, signal, stderr} = spawnSync('bash', ['-c', 'ulimit -f 16; exec "$0" run --once',
        PROGRAM], {cwd: house.directory, encoding: 'utf8'});
    assert.deepEqual([status, signal], [3, null], stderr);
    assert.match(stderr, /full|I\/O/);
    house.settles();
});

test('run --once says what is paused', (t) => {
    const house = new House(t, {days: 3});
    house.run('pause --summary daily', {code: 0});
    assert.match(house.run('run --once', {code: 0}).err, /summary daily is paused/);
    house.run('resume', {code: 0});
    assert.equal(house.run('run --once', {code: 0}).err, '');
});
