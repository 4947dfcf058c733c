/*
 * Bad input: what people and disks do wrong. Each gives one clear line on stderr and the right exit
 * code, and loses nothing: once the cause is mended, everything becomes true.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import {test} from 'node:test';
import {House, Place, PROGRAM, until} from './trueup.mjs';

const CHANGE = `UPDATE sale SET amount = amount * 2 WHERE id % 3 = 0; DELETE FROM sale
    WHERE id % 11 = 0`;

/* The command fails with this code and says one line, which matches. */
function fails(place, line, code, pattern, options = {}) {
    const result = place.run(line, options);
    assert.equal(result.code, code, `trueup ${line}: ${result.err}${result.out}`);
    assert.match(result.err, pattern, line);
    assert.match(result.err, /^trueup: [^\n]+\n$/, `not one line: ${result.err}`);
    return result;
}

/* ---- the spec ---- */

const GOOD = `database: sqlite:data.db
sources:
  sale:
    from: sale
    time: at
summaries:
  daily:
    source: sale
    grains: [day]
    measures:
      n: count
`;

/* Each mistake of a file, with the place where it stands. */
const MISTAKES = [
    ['unknown keys at every level', `databse: sqlite:data.db
sources:
  sale:
    from: sale
    time: at
    tenent: shop
summaries:
  daily:
    source: sale
    grain: [day]
    grains: [day]
    measures: {n: count}
refresh: {settel: 1s}
`, [[1, 1, /databse.*database/], [6, 5, /tenent.*tenant/], [10, 5, /grain.*grains/], [13, 11,
    /settel.*settle/]]],
    ['wrong types and values', `database: [1]
time_zone: Mars/Olympus
sources:
  sale:
    from: {a: b}
    time: at
    time_unit: minutes
    capture: maybe
summaries:
  daily:
    source: sale
    grains: [dya, day]
    measures: [n]
refresh:
  settle: soon
  memory: 12 bananas
  batch: {min: 100, max: 10}
`, [[1, 11, /text/], [2, 12, /Mars/], [5, 11, /text|map/], [7, 16, /minutes/], [8, 14, /maybe/],
    [12, 14, /dya.*day/],
    [13, 15, /map/], [15, 11, /soon/], [16, 11, /bananas/], [17, null, /max|min/]]],
    ['what is missing and what is not there', `database: sqlite:data.db
sources:
  sale:
    from: sale
summaries:
  daily:
    source: sales
    grains: [day]
    measures: {n: count}
  other:
    grains: []
    measures: {n: median(x), m: sum(a}
`, [[3, 3, /time/], [7, 13, /sales.*sale/], [10, 3, /source/], [11, 13, /empty|grain/], [12, 19,
    /median/], [12, null, /m/]]],
    ['clashes', `database: sqlite:data.db
sources:
  sale: {from: sale, time: at, time_unit: date, tenant: shop}
summaries:
  one: {source: sale, grains: [hour], table: t, columns: {tenant: n}, measures: {n: count}}
  two: {source: sale, grains: [day], table: t, measures: {trueup_x: count}}
`, [[5, null, /hour/], [5, null, /n/], [6, null, /t/], [6, null, /trueup_/]]],
    ['keys of a keyed summary in another, and of later versions', `${GOOD.replace('grains', 'keys: SELECT 1\n    grains')}server: {listen: "127.0.0.1:1"}
`, [[9, 5, /keyed summary.*`source`/], [13, 1, /server.*later/]]],
    ['a key that stands twice', `${GOOD}sources: {}\n`, [[12, 1, /sources.*twice/]]],
    ['an environment variable that is not set', GOOD.replace('data.db', '${TRUEUP_E2E_UNSET}'),
        [[1, 11, /TRUEUP_E2E_UNSET/]]],
    ['no YAML', 'database: "sqlite:data.db\nsources: {\n', [[null, null, /YAML/]]],
    ['no map', '- a\n- b\n', [[1, 1, /map/]]],
    ['an empty file', '', [[1, 1, /sources|empty|map/]]],
    ['expressions', `database: sqlite:data.db
sources:
  sale: {from: sale, time: "at, at", where: "a = 1; DROP TABLE sale"}
summaries:
  daily: {source: sale, grains: [day], dimensions: {a: "b -- c", d: "?"}, measures: {n: "sum(x) where (1"}}
`, [[3, null, /time/], [3, null, /where/], [5, null, /`a`|a:|comment|--/], [5, null, /\?/], [5,
    null, /n/]]],
];
for (const [label, text, mistakes] of MISTAKES)
    test(`spec: ${label}: all mistakes at once, with line and column, exit 2`, (t) => {
        const place = new Place(t);
        place.sql(`CREATE TABLE sale(id INTEGER PRIMARY KEY, at TEXT, shop TEXT)`);
        place.spec(text);
        for (const command of ['apply', 'run --once', 'check']) {
            const {out, err} = place.run(command, {code: 2});
            const said = command === 'check' ? out : err;
            for (const [line, column, pattern] of mistakes) {
                const found = said.split('\n').filter((one) => pattern.test(one)
                    && new RegExp(`trueup\\.yaml:${line ?? '\\d+'}:${column ?? '\\d+'}: `).test(one));
                assert.ok(found.length > 0,
                    `${command}: ${line}:${column} ${pattern} is not in\n${said}`);
            }
            const lines = said.trimEnd().split('\n');
            assert.equal(lines.length, mistakes.length, said);
            if (label === 'unknown keys at every level' && command === 'check')
                assert.equal(place.json('check').problems.length, mistakes.length);
        }
        assert.deepEqual(place.sql(`SELECT name FROM sqlite_schema`), [{name: 'sale'}]);
    });

test('spec: the good one of these is good, and a file elsewhere is found', (t) => {
    const place = new Place(t);
    place.sql(`PRAGMA journal_mode = WAL`);
    place.sql(`CREATE TABLE sale(id INTEGER PRIMARY KEY, at TEXT, shop TEXT)`);
    place.spec(GOOD).run('check', {code: 0});
    fs.mkdirSync(`${place.directory}/etc`);
    fs.renameSync(place.file, `${place.directory}/etc/other.yaml`);
    fails(place, 'apply', 2, /trueup\.yaml/);
    place.run('--spec etc/other.yaml apply', {code: 3});
    place.run('--spec etc/other.yaml --database sqlite:data.db apply', {code: 0});
    place.run('run --once', {code: 0, env: {TRUEUP_SPEC: 'etc/other.yaml',
        TRUEUP_DATABASE: `sqlite:${place.db}`}});
});

/* ---- the command line ---- */

const LINES = [
    ['aply', /aply.*apply/], ['run --once --foo', /--foo/], ['repair', /--date/],
        ['repair --date yesterday', /yesterday/],
    ['repair --from 2024-03-05 --to 2024-03-01', /--to/], ['repair --from 2024-03-05', /--to/],
        ['repair --date 2024-02-30', /2024-02-30/],
    ['repair --days 0', /days/], ['repair --days -3', /days/],
        ['repair --days 3 --date 2024-01-01', /days|date/],
    ['repair --summary dayly --days 2', /dayly.*daily/], ['repair --tenant atlantis --days 2',
        /atlantis/],
    ['rebuild --wait --summary nope', /nope/], ['rebuild --wait --tenant atlantis', /atlantis/],
        ['verify --summary nope', /nope/],
    ['verify --tenant atlantis', /atlantis/], ['verify --from 2024', /2024/],
        ['release --source nope', /nope/], ['query nope', /nope/],
    ['query', /summary/], ['query daily --measure nope', /nope/], ['query daily --grain fortnight',
        /fortnight/], ['query daily --tenant atlantis', /atlantis/],
    ['query daily --by nope', /nope/], ['drop --summary nope --yes', /nope/], ['drop',
        /nothing was dropped/], ['--spec', /--spec/],
    ['verify extra', /extra/], ['run --once extra', /extra/], ['repair --date 2024-03-01 extra',
        /extra/], ['apply extra', /extra/],
    ['rebuild --wait extra', /extra/], ['plan extra', /extra/], ['check extra', /extra/],
        ['release extra', /extra/], ['drop --yes extra', /extra/],
];
test('command line: each mistake is one line, exit 2, and does nothing', (t) => {
    const house = new House(t, {days: 3});
    const before =
        house.digest('sale daily_% folded_% trueup_pending trueup_build trueup_table trueup_spec');
    const wrong = [];
    for (const [line, pattern] of LINES) {
        const {code, err} = house.run(line);
        if (code !== 2 || !pattern.test(err)
            || !/^(drop .*\? )?(Type yes: )?trueup: [^\n]+\n$/.test(err))
            wrong.push(`${line}: exit ${code}: ${err}`);
    }
    assert.deepEqual(wrong, []);
    assert.equal(house.digest('sale daily_% folded_% trueup_pending trueup_build trueup_table trueup_spec'), before);
    house.isTrue();
});

test('command line: before apply, and with another spec than the applied one', (t) => {
    const house = new House(t, {apply: false});
    for (const line of ['run --once', 'verify', 'status', 'repair --date 2024-03-01',
        'rebuild --wait', 'query daily', 'release'])
        fails(house, line, 2, /trueup apply/);
    house.run('apply', {code: 0});
    house.spec({...houseSpec(), time_zone: 'Asia/Tokyo', summaries: {
        daily: {source: 'sale', grains: ['day'], columns: {tenant: 'shop'},
            measures: {n: 'count'}}}});
    for (const line of ['run --once', 'repair --date 2024-03-01', 'rebuild --wait'])
        fails(house, line, 2, /the spec changed: run `trueup apply`/);
});

function houseSpec() {
    return {tenants: {table: 'shop', key: 'id', time_zone: 'tz'}, sources: {sale: {from: 'sale',
        tenant: 'shop', time: 'at'}}};
}

/* ---- the file ---- */

test('database: missing, a directory, of an unknown kind', (t) => {
    const house = new House(t, {days: 3});
    for (const command of ['apply', 'run --once', 'status', 'check', 'verify']) {
        fails(house, `--database sqlite:nowhere.db ${command}`, 3, /nowhere\.db/);
        fails(house, `--database sqlite:. ${command}`, 3, /no such database file/);
    }
    fails(house, '--database oracle:x apply', 2, /oracle/);
    assert.ok(!fs.existsSync(`${house.directory}/nowhere.db`), 'a missing database was made');
});

test('database: not a database, and one that is empty', (t) => {
    const house = new House(t, {days: 3});
    fs.writeFileSync(`${house.directory}/text.db`, 'this is a text, and a long one\n'.repeat(100));
    for (const command of ['apply', 'run --once', 'status'])
        fails(house, `--database sqlite:text.db ${command}`, 3, /not an? (SQLite )?database/);
    fs.writeFileSync(`${house.directory}/empty.db`, '');
    const {err} = house.run('--database sqlite:empty.db apply', {code: 2});
    assert.match(err, /sale/);
});

test('database: corrupt: told, and nothing else is written into it', (t) => {
    const house = new House(t, {days: 60});
    house.sql(CHANGE);
    house.sql(`PRAGMA wal_checkpoint(TRUNCATE)`);
    fs.copyFileSync(house.db, `${house.directory}/good.db`);
    const [{rootpage}] = house.sql(`SELECT rootpage FROM sqlite_schema
        WHERE name = 'trueup_change_sale'`);
    const page = house.value(`PRAGMA page_size`);
    const file = fs.openSync(house.db, 'r+');
    fs.writeSync(file, Buffer.alloc(page, 0xa5), 0, page, (rootpage - 1) * page);
    fs.closeSync(file);
    fails(house, 'run --once', 3, /damaged/);
    fs.rmSync(`${house.db}-wal`, {force: true});
    fs.rmSync(`${house.db}-shm`, {force: true});
    fs.copyFileSync(`${house.directory}/good.db`, house.db);
    house.settles();
});

test('database: another process holds it for longer than 5 s', async (t) => {
    const house = new House(t);
    house.sql(CHANGE);
    const writer = house.writer();
    await writer.do('BEGIN IMMEDIATE');
    const began = Date.now();
    const worker = house.start('run --once');
    const {err} = await worker.end(3);
    assert.match(err, /^trueup: [^\n]*locked[^\n]*another process[^\n]*\n$/);
    assert.ok(Date.now() - began >= 4900, 'it did not wait');
    await writer.do('ROLLBACK');
    house.settles();
});

/* Mounts something on a new directory, until the test ends. */
function mount(place, directory, ...options) {
    fs.mkdirSync(directory, {recursive: true});
    const {status, stderr, error} = spawnSync('mount', [...options, directory], {encoding: 'utf8'});
    if (status !== 0)
        return stderr || String(error);
    place.finally.push(() => spawnSync('umount', ['-l', directory]));
    return null;
}

/* Full and read-only file systems need the right to mount. Where it is missing (containers, people
 * who are not root) this test says so, and the limit on the size of files stands for the full
 * disk. */
let mayMount = false;
test('database: may file systems be mounted here, for the tests that need it?', (t) => {
    const place = new Place(t);
    const refusal = mount(place, `${place.directory}/small`, '-t', 'tmpfs', '-o', 'size=1m',
        'tmpfs');
    mayMount = refusal === null;
    t.diagnostic(mayMount
        ? 'yes' : `no, so nothing is tested on full and read-only file systems: ${refusal}`);
});

test('database: a full disk: told, nothing half done, and true once there is room', (t) => {
    const house = new House(t, {days: 60, apply: false});
    const small = `${house.directory}/small`;
    if (!mayMount)
        return;
    assert.equal(mount(house, small, '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs'), null);
    house.sql(`PRAGMA wal_checkpoint(TRUNCATE)`);
    house.spec({...houseSpec(), database: 'sqlite:small/data.db', summaries: {
        daily: {source: 'sale', grains: ['hour', 'day', 'month'], columns: {tenant: 'shop'},
            dimensions: {id: 's.id', again: 's.id + 1'},
                measures: {n: 'count', total: 'sum(amount)'}}}, sources: {sale: {from: 'sale s',
                    tenant: 'shop', time: 'at'}}});
    fs.copyFileSync(house.db, `${small}/data.db`);
    const fill = () => {
        const {bavail, bsize} = fs.statfsSync(small);
        fs.writeFileSync(`${small}/ballast`, Buffer.alloc(Math.max(0,
            Number(bavail) * Number(bsize) - 300_000)));
    };
    fill();
    fails(house, 'apply', 3, /full.*make room/);
    fs.unlinkSync(`${small}/ballast`);
    spawnSync('mount', ['-o', 'remount,size=20m', small]);
    house.run('apply', {code: 0});
    house.db = `${small}/data.db`;
    const right = () => house.same(`SELECT shop, bucket, id, n, total FROM daily_day`,
        `SELECT s.shop, ${House.buckets.day}, s.id, count(*), sum(amount) FROM sale s JOIN shop h
            ON h.id = s.shop GROUP BY 1, 2, 3`);
    right();
    house.sql(`${CHANGE}; UPDATE sale SET at = datetime(at, '3 hours')`);
    house.sql(`PRAGMA wal_checkpoint(TRUNCATE)`);
    const {size} = fs.statSync(house.db);
    spawnSync('mount', ['-o', `remount,size=${Math.ceil(size / 4096) * 4 + 120}k`, small]);
    const before = house.digest('daily_day daily_hour daily_month');
    fails(house, 'run --once', 3, /full.*make room/);
    assert.equal(house.digest('daily_day daily_hour daily_month'), before);
    spawnSync('mount', ['-o', 'remount,size=20m', small]);
    house.run('run --once', {code: 0});
    right();
    house.isQuiet();
});

/* The same where the system refuses larger files, which needs no right to mount. */
test('database: the file may not grow: told, nothing half done, and true once it may', (t) => {
    const house = new House(t, {days: 60});
    house.sql(`${CHANGE}; UPDATE sale SET at = datetime(at, '3 hours')`);
    const before = house.digest('daily_day folded_hour');
    const line = `trap '' XFSZ; ulimit -f 100; exec "$0" run --once`;
    const {status, stderr} = spawnSync('/bin/bash', ['-c', line, PROGRAM],
                                       {cwd: house.directory, encoding: 'utf8',
                                           env: house.environment()});
    assert.equal(status, 3, stderr);
    assert.match(stderr, /^trueup: [^\n]*(full|I\/O)[^\n]*\n$/);
    assert.equal(house.digest('daily_day folded_hour'), before);
    house.settles();
});

/* SQLite itself cannot open a WAL database where it can make no -shm file. */
for (const mode of ['DELETE', 'WAL'])
    test(`database: a read-only file system, journal mode ${mode}: told; what only reads works without WAL`, (t) => {
        const house = new House(t);
        house.sql(CHANGE);
        house.shell(`PRAGMA journal_mode = ${mode}; PRAGMA wal_checkpoint(TRUNCATE);`);
        const shown = `${house.directory}/shown`;
        if (!mayMount)
            return;
        assert.equal(mount(house, shown, '--bind', house.directory), null);
        assert.equal(spawnSync('mount', ['-o', 'remount,ro,bind', shown]).status, 0);
        const other = `--database sqlite:${shown}/data.db`;
        for (const command of ['run --once', 'apply', 'repair --date 2024-03-02', 'rebuild --wait'])
            fails(house, `${other} ${command}`, 3, /writable/);
        for (const command of ['check', 'verify', 'query daily'])
            house.run(`${other} ${command}`, {code: mode === 'WAL' ? 3 : 0});
        house.settles();
    });

/* ---- columns and tables ---- */

test('schema: a column of the source is dropped under a running system', (t) => {
    const house = new House(t);
    house.sql(CHANGE);
    house.sql(`PRAGMA writable_schema = ON`); /* as a dump and restore without the column would */
    house.sql(`PRAGMA foreign_keys = OFF; BEGIN; CREATE TABLE sale_new(id INTEGER PRIMARY KEY,
        shop TEXT, at TEXT);
        INSERT INTO sale_new SELECT id, shop, at FROM sale; DROP TABLE sale;
            ALTER TABLE sale_new RENAME TO sale; COMMIT`);
    house.sql(`INSERT INTO sale(shop, at) VALUES ('tokyo', '2024-03-05 00:00:00')`); /* writers go
       on */
    for (const [command, code] of [['run --once', 1], ['apply', 2], ['check', 2]]) {
        const {out, err} = house.run(command, {code});
        assert.match(out + err, /amount/, command);
    }
    house.sql(`ALTER TABLE sale ADD COLUMN amount INTEGER; UPDATE sale SET amount = id % 7`);
    const {err} = house.run('run --once');
    assert.match(err, /unguarded.*trueup apply/);
    house.run('apply', {code: 0});
    house.isTrue();
});

test('schema: the source table is gone, then restored', (t) => {
    const house = new House(t);
    house.sql(`CREATE TABLE kept_aside AS SELECT * FROM sale; DROP TABLE sale`);
    for (const [command, code] of [['run --once', 1], ['verify', 1], ['check', 2], ['apply', 2]]) {
        const {out, err} = house.run(command, {code});
        assert.match(out + err, /sale/, command);
    }
    house.sql(`CREATE TABLE sale(id INTEGER PRIMARY KEY, shop TEXT, at TEXT, amount INTEGER);
               CREATE INDEX sale_place ON sale(shop, at); INSERT INTO sale SELECT * FROM kept_aside
                   WHERE id % 2 = 0`);
    assert.match(house.run('run --once').err, /unguarded.*trueup apply/);
    house.run('apply', {code: 0});
    house.isTrue();
});

test('schema: a summary table, a change log, a control table are gone', (t) => {
    for (const table of ['daily_day', 'folded_hour', 'trueup_change_sale', 'trueup_pending',
        'trueup_group', 'trueup_tenant', 'trueup_run']) {
        const house = new House(t);
        /* Writers that would fail with their log gone are a reason not to drop it; here nobody
           writes. */
        house.sql(`DROP TABLE ${table}`);
        const {code, err} = house.run('run --once');
        assert.ok([0, 1, 2, 3].includes(code), `${table}: ${code} ${err}`);
        assert.ok(code === 0 || /^trueup: /.test(err), err);
        house.run('apply', {code: 0});
        house.run('rebuild --wait', {code: 0});
        house.sql(CHANGE);
        house.settles();
        house.clear();
    }
});

/* ---- values ---- */

/* What is parked is tried again after a pause (1 s, then longer): settle until nothing waits. */
async function settlesParked(house) {
    await until('the parked buckets to be tried again', () => {
        house.run('run --once');
        return Object.keys(house.pending()).length === 0;
    });
    assert.equal(house.value(`SELECT count(*) FROM trueup_parked`), 0);
    house.isTrue();
}

test('values: a text in a summed column fails that bucket, names its place, loses nothing',
    async (t) => {
    const house = new House(t);
    house.sql(`UPDATE sale SET amount = 'twelve' WHERE id = 10; UPDATE sale SET amount = amount + 1
        WHERE id <> 10`);
    const {err} = house.run('run --once', {code: 1});
    assert.match(err, /^trueup: .*sale.*amount.*$/m);
    assert.match(err, /twelve/);
    assert.match(err, /2024-03-01T14:24:00Z/, 'the row is not named');
    const [parked] = house.sql(`SELECT * FROM trueup_parked ORDER BY summary LIMIT 1`);
    assert.ok(parked.attempts >= 1 && parked.error !== null && parked.bucket !== null,
        JSON.stringify(parked));
    assert.deepEqual(Object.keys(parked), ['summary', 'tenant', 'bucket', 'key', 'attempts',
        'next_attempt_at', 'error']);
    const status = house.json('status', {code: 1});
    assert.ok(status.summaries.some((summary) => summary.parked > 0));
    /* Everybody else's cells are right. */
    const [{shop}] = house.sql(`SELECT shop FROM sale WHERE id = 10`);
    house.same(`SELECT shop, bucket, n, total, least, most FROM daily_day WHERE shop <> '${shop}'`,
               `SELECT s.shop, ${House.buckets.day}, count(*), sum(amount), min(amount), max(amount)
                FROM sale s JOIN shop h ON h.id = s.shop WHERE s.shop <> '${shop}' GROUP BY 1, 2`);
    /* Of its own tenant, all that the row has no part in. */
    house.same(`SELECT bucket, n, total, least, most FROM daily_day WHERE shop = '${shop}'
        AND bucket <> '2024-03-01'`,
               `SELECT ${House.buckets.day} AS bucket, count(*), sum(amount), min(amount),
                   max(amount)
                FROM sale s JOIN shop h ON h.id = s.shop WHERE s.shop = '${shop}' GROUP BY 1
                    HAVING bucket <> '2024-03-01'`);
    house.sql(`UPDATE sale SET amount = 12 WHERE id = 10`);
    await settlesParked(house);
});

test('values: the same while building, and for avg, min and count_distinct', async (t) => {
    const house = new House(t, {apply: false, spec: {summaries: {
        daily: {source: 'sale', grains: ['day', 'month'], columns: {tenant: 'shop'},
                measures: {n: 'count', total: 'sum(amount)', least: 'min(amount)',
                    most: 'max(amount)'}},
        folded: {source: 'sale', grains: ['hour', 'day', 'year'], columns: {tenant: 'shop'},
                 measures: {n: 'count', total: 'sum(amount)', mean: 'avg(amount)'}},
        other: {source: 'sale', grains: ['day'], columns: {tenant: 'shop'},
            measures: {kinds: 'count_distinct(amount)', most: 'max(amount)'}}}}});
    house.sql(`UPDATE sale SET amount = x'ff' WHERE id = 10; UPDATE sale SET amount = 'a'
        WHERE id = 11`);
    assert.match(house.run('apply', {code: 1}).err, /sale.*amount/);
    house.same(`SELECT shop, bucket, kinds, most FROM other_day`, `SELECT s.shop,
        ${House.buckets.day}, count(DISTINCT amount), max(amount)
                FROM sale s JOIN shop h ON h.id = s.shop GROUP BY 1, 2`);
    house.sql(`UPDATE sale SET amount = 1 WHERE id IN (10, 11)`);
    await settlesParked(house);
});

test('values: a sum of integers that does not fit is an error, not a wrap', async (t) => {
    const house = new House(t);
    house.sql(`UPDATE sale SET amount = 9223372036854775807 WHERE id IN (10, 13)`); /* two of one
       shop and day */
    assert.match(house.run('run --once', {code: 1}).err, /total|amount|sum/);
    assert.equal(house.value(`SELECT count(*) FROM daily_day WHERE typeof(total) NOT IN ('integer',
        'null')`), 0);
    house.json('status', {code: 1});
    /* A sum that fits is kept to its last digit. */
    house.sql(`UPDATE sale SET amount = 0 WHERE id = 13; UPDATE sale
        SET amount = 9223372036854775807 -
               (SELECT sum(abs(amount)) FROM sale WHERE shop = 'kathmandu' AND id <> 10)
                   WHERE id = 10`);
    await until('the parked buckets to be tried again', () => {
        house.run('run --once');
        return Object.keys(house.pending()).length === 0;
    });
    for (const table of ['daily_month', 'folded_year'])
        house.same(`SELECT shop, sum(total) FROM ${table} GROUP BY 1`, `SELECT shop, sum(amount)
            FROM sale GROUP BY 1`);
    house.sql(`UPDATE sale SET amount = -9223372036854775807 - 1 WHERE id = 20; UPDATE sale
        SET amount = 5 WHERE id = 10`);
    house.run('run --once');
    house.sql(`UPDATE sale SET amount = 7 WHERE id = 20`);
    await settlesParked(house);
});

test('values: tenants with unknown, NULL and forbidden zones are reported and left out', (t) => {
    const house = new House(t);
    const zones = [`'Mars/Olympus'`, 'NULL', `''`, `'posixrules'`, `'right/UTC'`,
        `'../../etc/passwd'`, `'localtime'`, '5'];
    for (const zone of zones) {
        house.sql(`UPDATE shop SET tz = ${zone} WHERE id = 'tokyo'; UPDATE sale
            SET amount = amount + 1`);
        const {err} = house.run('run --once', {code: 1});
        assert.match(err, /^trueup: [^\n]*tokyo[^\n]*\n/, zone);
        house.same(`SELECT shop, bucket, n, total FROM folded_day WHERE shop <> 'tokyo'`,
                   `SELECT s.shop, ${House.buckets.day}, count(*), sum(amount) FROM sale s
                       JOIN shop h ON h.id = s.shop
                    WHERE s.shop <> 'tokyo' GROUP BY 1, 2`);
        const status = house.json('status', {code: 1});
        assert.deepEqual(status.tenants.map(({tenant}) => tenant), ['tokyo'], zone);
    }
    house.run('check', {code: 1});
    house.sql(`UPDATE shop SET tz = 'Asia/Tokyo' WHERE id = 'tokyo'`);
    house.settles();
});

test('values: tenants that are NULL, unknown, or there twice', (t) => {
    const house = new House(t);
    house.sql(`INSERT INTO sale(shop, at, amount) VALUES (NULL, '2024-03-05 00:00:00', 1), (NULL,
        NULL, 2), ('nowhere', '2024-03-05 00:00:00', 3),
               (x'00', '2024-03-05 00:00:00', 3), ('tokyo', NULL, 4), ('tokyo', 'soon', 5)`);
    house.settles();
    house.run('rebuild --wait', {code: 0});
    const [{without_tenant, without_time, of_unknown_tenants}] = house.json('status',
        {code: 0}).sources;
    assert.deepEqual({without_tenant, without_time, of_unknown_tenants}, {without_tenant: 2,
        without_time: 2, of_unknown_tenants: 2});
    house.sql(`UPDATE sale SET shop = 'tokyo' WHERE shop IS NULL; UPDATE sale
        SET at = '2024-03-05 00:00:00' WHERE at = 'soon' OR at IS NULL`);
    house.settles();

    const twice = new Place(t);
    twice.sql(`CREATE TABLE shop(id TEXT, tz TEXT); INSERT INTO shop VALUES ('a', 'UTC'), ('a',
        'Asia/Tokyo');
               CREATE TABLE sale(id INTEGER PRIMARY KEY, shop TEXT, at TEXT)`);
    twice.spec({...houseSpec(), summaries: {s: {source: 'sale', grains: ['day'],
        measures: {n: 'count'}}}});
    const {code, err} = twice.run('apply');
    assert.ok(code === 1 || code === 2, `${code}`);
    assert.match(err, /^trueup: tenant a: it is there twice/m);
});
