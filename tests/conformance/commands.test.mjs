/*
 * The commands on every database: what verify, repair, rebuild, backfill, release, drop, query,
 * status and --json print and change.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {chosenKinds} from '../e2e/servers.mjs';
import {House} from '../e2e/trueup.mjs';
import {localBucket} from '../e2e/words.mjs';

const CHANGE = `UPDATE sale SET amount = amount * 2 WHERE id % 3 = 0; DELETE FROM sale
    WHERE id % 11 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-31 23:59:59', 17);`;

/* 2 wrong, 1 missing, 1 that should not be, in `daily_day`; in March, the last in June. */
const DRIFT = `UPDATE daily_day SET total = 999 WHERE shop = 'tokyo' AND bucket IN ('2024-03-03',
    '2024-03-17');
    DELETE FROM daily_day WHERE shop = 'phoenix' AND bucket = '2024-03-04';
    INSERT INTO daily_day(shop, bucket, n, total) VALUES ('tokyo', '2024-06-01', 5, 5);`;

/* A test for each database, on a house of its own. */
function onEach(name, body, options = {}) {
    for (const kind of chosenKinds())
        test(`${kind}: ${name}`, async (t) => body(await House.on(kind, t, options), kind));
}

const DAY_OF_TOKYO = (kind) => localBucket(kind, 'day', 'at', '32400');

onEach('verify: wrong, missing, too many; it changes nothing', (house, kind) => {
    house.shell(DRIFT);
    const before = house.digest();
    const verify = house.json('verify', {code: 1});
    assert.deepEqual([verify.cells_drifted, verify.cells_pending, verify.drift.length], [4, 0, 4]);
    const at = (shop, bucket) => verify.drift.find(({key}) => key.shop === shop
        && key.bucket === bucket);
    const [truth] = house.sql(`SELECT count(*) AS n, sum(amount) AS total, min(amount) AS least,
        max(amount) AS most FROM sale WHERE shop = 'tokyo'
            AND ${DAY_OF_TOKYO(kind)} = '2024-03-03'`);
    assert.deepEqual(at('tokyo', '2024-03-03'), {summary: 'daily', table: 'daily_day',
        key: {shop: 'tokyo', bucket: '2024-03-03'}, stored: {...truth, total: 999}, true: truth});
    assert.equal(at('phoenix', '2024-03-04').stored, null);
    assert.equal(at('tokyo', '2024-06-01').true, null);
    assert.deepEqual(at('tokyo', '2024-06-01').stored, {n: 5, total: 5, least: null, most: null});
    for (const [line, n] of [['--summary folded', 0], ['--tenant phoenix', 1],
        ['--from 2024-03-03 --to 2024-03-04', 2], ['--from 2024-05-01', 1], ['--to 2024-03-03', 1]])
        assert.equal(house.json(`verify ${line}`, {code: n > 0 ? 1 : 0}).cells_drifted, n, line);
    assert.equal(house.digest(), before);
});

onEach('verify of hours and averages names the key as it is', (house) => {
    house.shell(`UPDATE folded_hour SET total = total + 1 WHERE shop = 'tokyo' AND bucket =
        (SELECT b FROM (SELECT min(bucket) AS b FROM folded_hour WHERE shop = 'tokyo') AS m)`);
    const [cell] = house.json('verify', {code: 1}).drift;
    assert.deepEqual(cell.key, {shop: 'tokyo', bucket: '2024-03-01T00:00:00Z'});
    assert.equal(cell.stored.total - cell.true.total, 1);
    assert.equal(house.json('repair --date 2024-03-01', {code: 0}).cells_drifted, 1);
    house.isTrue();
});

onEach('verify counts pending changes in', (house) => {
    house.shell(CHANGE);
    const before = house.digest();
    assert.equal(house.json('verify', {code: 0}).cells_drifted, 0);
    assert.equal(house.digest(), before);
    house.settles();
});

onEach('repair, backfill, rebuild: what they mend, and what they leave', (house) => {
    for (const [line, n] of [['repair --date 2024-03-03', 1],
        ['repair --from 2024-03-03 --to 2024-03-04', 2],
        ['repair --tenant phoenix --from 2024-03-01 --to 2024-06-30', 1],
        ['repair --summary folded --days 20000', 0], ['repair --days 20000', 4],
        ['backfill --days 20000', 4], ['rebuild --wait', 4], ['rebuild --wait --tenant phoenix',
            1]]) {
        house.shell(DRIFT);
        const before = house.digest('daily_day daily_month');
        if (line.startsWith('repair')) {
            const tried = house.json(`${line} --dry-run`, {code: 0});
            assert.deepEqual([tried.cells_drifted, tried.cells_written], [n, 0],
                `${line} --dry-run`);
            assert.equal(house.digest('daily_day daily_month'), before, line);
        }
        const done = house.json(line, {code: 0});
        assert.deepEqual([done.cells_drifted, done.cells_written, done.failed], [n, n, []], line);
        assert.equal(house.json('verify').cells_drifted, 4 - n, line);
        house.run('rebuild --wait', {code: 0});
        house.isTrue();
    }
});

onEach('release, a bulk load, apply', (house, kind) => {
    house.run('release', {code: 0});
    house.shell(CHANGE);
    const {summaries} = house.json('status');
    assert.ok(summaries.every(({state}) => state === 'released'), JSON.stringify(summaries));
    house.run('apply', {code: 0});
    house.isTrue();
    house.shell(CHANGE);
    house.settles();
});

onEach('drop: the tables that trueup made go too; --keep-tables leaves them', (house) => {
    const tables = () => house.database.tables().map(({name}) => name)
        .filter((name) => !name.startsWith('sqlite_')).sort();
    const before = tables();
    house.run('drop --yes', {code: 0});
    assert.deepEqual(tables(), ['sale', 'shop']);
    house.run('apply', {code: 0});
    assert.deepEqual(tables(), before);
    house.run('drop --keep-tables --yes', {code: 0});
    assert.deepEqual(tables(), ['daily_day', 'daily_month', 'folded_day', 'folded_hour',
        'folded_year',
        'sale', 'shop']);
    house.shell(CHANGE);
    house.run('apply', {code: 2});
    house.run('apply --take-over', {code: 0});
    house.isTrue();
    house.run('drop --summary folded --yes', {code: 0});
    assert.deepEqual(tables().filter((name) => name.startsWith('trueup_')
        && !before.includes(name)), []);
});

onEach('query: a series as JSON and CSV, filled, at a coarser grain', (house, kind) => {
    const query = house.json('query daily --from 2024-03-03 --to 2024-03-04' +
        ' --tenant tokyo --measure n,total',
        {code: 0});
    assert.deepEqual([query.summary, query.grain, query.from, query.to, query.built, query.errors],
        ['daily', 'day', '2024-03-03', '2024-03-04', true, []]);
    const day = DAY_OF_TOKYO(kind);
    const truth = house.sql(`SELECT ${day} AS day, count(*) AS n, sum(amount) AS total FROM sale
        WHERE shop = 'tokyo' AND ${day} BETWEEN '2024-03-03' AND '2024-03-04' GROUP BY ${day}
            ORDER BY 1`);
    const column = (row, name) => row[query.columns.indexOf(name)];
    assert.deepEqual(query.rows.map((row) => [column(row, 'n'), column(row, 'total')]),
        truth.map(({n, total}) => [n, total]));
    const months = house.json('query folded --grain month --tenant phoenix' +
        ' --from 2024-01-01 --to 2024-04-30',
        {code: 0});
    const [{n}] = house.sql(`SELECT count(*) AS n FROM sale WHERE shop = 'phoenix'`);
    assert.equal(months.rows.reduce((sum, row) => sum + row[months.columns.indexOf('n')], 0), n);
    const filled = house.run('query daily --tenant tokyo --from 2024-02-27 --to 2024-03-02' +
        ' --fill --format csv',
        {code: 0}).out.trim().split('\n');
    assert.equal(filled.length, 6);
    const hours = house.json('query folded --grain hour --tenant tokyo' +
        ' --from 2024-03-01 --to 2024-03-01',
        {code: 0});
    const bucket = hours.rows[0][hours.columns.indexOf('bucket')];
    assert.equal(bucket, '2024-03-01T00:00:00Z');
});

onEach('status and check: the shapes of --json', (house) => {
    house.shell(CHANGE);
    const check = house.json('check', {code: 0});
    assert.deepEqual([Object.keys(check), check.ok], [['ok', 'problems'], true]);
    assert.deepEqual(check.problems.filter(({level}) => level === 'error'), []);
    const status = house.json('status', {code: 0});
    for (const summary of status.summaries)
        assert.deepEqual(Object.keys(summary).sort(), ['drift', 'last_run', 'oldest_pending_s',
            'parked',
            'pending', 'right_from', 'state', 'summary', 'unguarded_since']);
    assert.deepEqual(status.summaries.map(({summary, pending}) => [summary, pending > 0]),
        [['daily', true], ['folded', true]]);
    assert.match(status.summaries[0].last_run.started_at,
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    const run = house.json('run --once', {code: 0});
    assert.deepEqual(Object.keys(run).sort(), ['cells_checked', 'cells_drifted', 'cells_written',
        'failed']);
    house.shell(`UPDATE shop SET tz = 'Mars/Olympus' WHERE id = 'tokyo'`);
    const {failed} = house.json('run --once', {code: 1});
    assert.equal(failed[0].tenant, 'tokyo');
    assert.ok(house.json('check',
        {code: 1}).problems.some(({message}) => /Mars\/Olympus/.test(message)));
});

onEach('runs are recorded, in columns of the contract\'s types', (house, kind) => {
    house.shell(DRIFT);
    house.run('repair --summary daily --tenant tokyo --from 2024-03-01 --to 2024-03-31', {code: 0});
    const run = house.control('trueup_run');
    const [repair] = house.sql(`SELECT * FROM ${run} WHERE kind = 'repair'`);
    assert.deepEqual(Object.keys(repair), ['id', 'kind', 'summary', 'tenant', 'range_from',
        'range_to',
        'status', 'started_at', 'finished_at', 'rows_read', 'cells_written', 'cells_drifted',
            'worker',
        'error']);
    assert.deepEqual([repair.summary, repair.tenant, repair.range_from, repair.range_to,
        repair.status,
        repair.cells_drifted, repair.cells_written],
    ['daily', 'tokyo', '2024-03-01', '2024-03-31', 'COMPLETED', 2, 2]);
    assert.ok(repair.rows_read > 0);
    if (kind === 'sqlite')
        return;
    const types = Object.fromEntries(house.sql(`SELECT column_name AS name, data_type AS type
        FROM information_schema.columns WHERE table_name = 'trueup_run'
        ${kind === 'mariadb' ? 'AND table_schema = database()' : ''}`).map(({name, type}) => [name,
            type]));
    const instant = {postgresql: 'timestamp with time zone', mariadb: 'datetime'}[kind];
    for (const [name, type] of [['id', 'bigint'], ['range_from', 'date'], ['range_to', 'date'],
        ['started_at', instant], ['finished_at', instant], ['rows_read', 'bigint'],
        ['cells_written', 'bigint'], ['cells_drifted', 'bigint']])
        assert.equal(types[name], type, name);
});

onEach('capture: none: repaired over its window, and no triggers', async (house, kind) => {
    house.run('drop --yes', {code: 0});
    const spec = {sources: {sale: {from: 'sale', tenant: 'shop', time: 'at', capture: 'none'}},
        summaries: {s: {source: 'sale', grains: ['day', 'month'], measures: {n: 'count'}}},
        refresh: {every: '1ms'}};
    house.spec(spec);
    house.run('apply', {code: 0});
    const now = {sqlite: `datetime('now')`, postgresql: 'now()', mariadb: 'UTC_TIMESTAMP(6)'}[kind];
    house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', ${now}, 1), ('niue', ${now},
        2)`);
    house.run('run --once', {code: 0});
    const bucket = (grain) => localBucket(kind, grain, 'at', '0');
    for (const grain of ['day', 'month'])
        house.same(`SELECT tenant, bucket, n FROM s_${grain}`, `SELECT shop, ${bucket(grain)} AS b,
            count(*)
            FROM sale GROUP BY shop, ${bucket(grain)}`);
    assert.equal(house.json('status').summaries[0].state, 'not captured');
});

onEach('capture: none: every grain is repaired as far back as its own window', (house, kind) => {
    house.run('drop --yes', {code: 0});
    house.shell('DELETE FROM sale');
    house.spec({sources: {sale: {from: 'sale', tenant: 'shop', time: 'at', capture: 'none'}},
        summaries: {s: {source: 'sale', grains: ['hour', 'day', 'month'], measures: {n: 'count'}}},
        refresh: {every: '1ms', window: {hour: '24h', day: '7d', month: '2mo'}}});
    house.run('apply', {code: 0});
    const ago = (days) => ({sqlite: `datetime('now', '-${days} days')`,
        postgresql: `now() - interval '${days} days'`,
        mariadb: `UTC_TIMESTAMP(6) - INTERVAL ${days} DAY`})[kind];
    for (const days of [0, 6, 25])
        house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', ${ago(days)}, 1)`);
    house.run('run --once', {code: 0});
    const counted = (grain) => Number(house.sql(`SELECT sum(n) AS n FROM s_${grain}`)[0].n);
    assert.deepEqual(['hour', 'day', 'month'].map(counted), [1, 2, 3]);
    house.run('backfill --days 30', {code: 0});
    assert.deepEqual(['hour', 'day', 'month'].map(counted), [3, 3, 3]);
    house.run('verify', {code: 0});
});

onEach('a second worker says who is at it, and ends well', async (house) => {
    house.shell(CHANGE);
    const worker = await house.pausedAt('cells.computed', 'run --once');
    const {err} = house.run('run --once', {code: 0});
    assert.match(err, new RegExp(`another worker.*${worker.pid}`));
    worker.go();
    await worker.end(0);
    house.isTrue();
});

onEach('a worker that is killed leaves nothing half done', async (house) => {
    for (const point of ['cells.computed', 'turn.taken', 'apply.before_commit',
        'apply.after_commit']) {
        house.shell(CHANGE);
        const {signal} = house.run('run --once', {stop: `${point}:kill`});
        assert.equal(signal, 'SIGKILL', point);
        house.settles();
    }
});
