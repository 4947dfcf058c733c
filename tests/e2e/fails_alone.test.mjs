/*
 * What fails is said once, where it belongs, and holds up nothing else: jobs and runs speak of what was
 * asked of them, commands name what they could not do and do the rest. On every database.
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';
import {HOUSE_SPEC, until} from './trueup.mjs';

/* ---- a table that is unguarded ---- */

const JOINED = {
    ...HOUSE_SPEC,
    sources: {...HOUSE_SPEC.sources, sold: {from: 'sale', join: ['left visit ON visit.id = sale.id'],
        tenant: 'sale.shop', time: 'sale.at'}},
    summaries: {...HOUSE_SPEC.summaries, joined: {source: 'sold', grains: ['month'],
        columns: {tenant: 'shop'}, measures: {n: 'count', visits: 'count where visit.size IS NOT NULL'}}},
};

/* The fault: what the guard found of one table was every job's failure. */
onEach('an unguarded table is no failure of jobs that do not read it', (house, kind) => {
    house.spec(JOINED);
    house.run('apply', {code: 0});
    house.shell(`DROP TRIGGER trueup_insert_visit${kind === 'postgresql' ? ' ON visit' : ''}`);
    house.run('rebuild --summary daily', {code: 0});
    house.run('rebuild --summary joined', {code: 0});
    const {failed} = house.json('run --once', {code: 1});
    assert.equal(failed.filter(({summary, error}) => summary === null && /table visit/.test(error)).length,
        1, JSON.stringify(failed));
    const jobs = Object.fromEntries(house.jobs().map((job) => [job.summary, job]));
    assert.equal(jobs.daily.status, 'COMPLETED', jobs.daily.error);
    assert.equal(jobs.joined.status, 'FAILED');
    assert.match(jobs.joined.error, /table visit is unguarded/);
    house.run('rebuild --summary folded --wait', {code: 0});
    assert.match(house.run('rebuild --summary joined --wait', {code: 1}).err, /table visit is unguarded/);
    house.isRight();
}, {tables: 'CREATE TABLE visit(id {id}, size {integer});'});

/* ---- a summary that does not fit into its memory ---- */

const WIDE = {source: 'sale', grains: ['day'], columns: {tenant: 'shop'},
    dimensions: {amount: 'amount'}, measures: {n: 'count'}};
const FEW = {source: 'sale', grains: ['day'], columns: {tenant: 'shop'}, measures: {n: 'count'}};
const twoOf = (memory) => ({...HOUSE_SPEC, summaries: {wide: {...WIDE, refresh: {memory}}, few: FEW}});
const manyRows = `INSERT INTO sale(shop, at, amount)
    SELECT 'tokyo', '2024-03-09 12:00:00', a.id * 1000 + b.id FROM sale a CROSS JOIN sale b
    WHERE a.id <= 200 AND b.id <= 300`;

function fill(house, memory) {
    house.shell(`DELETE FROM sale WHERE amount < 0; UPDATE sale SET amount = id`);
    house.shell(manyRows);
    house.spec(twoOf(memory));
}
const names = (failed) => failed.map(({summary}) => summary);

/* The fault: exit 2, and nobody knew which; nothing else was looked at. */
onEach('verify and repair name what does not fit, and do the others', (house) => {
    fill(house, '256MiB');
    house.run('apply', {code: 0});
    house.spec(twoOf('1MiB'));
    house.shell('UPDATE few_day SET n = n + 1');
    const verified = house.json('verify', {code: 1});
    assert.deepEqual(names(verified.failed), ['wide']);
    assert.match(verified.failed[0].error, /memory/);
    assert.ok(verified.cells_drifted > 0);
    assert.ok(verified.drift.every(({summary}) => summary === 'few'));
    assert.match(house.run('verify --summary wide', {code: 1}).err, /summary wide: .*memory/);
    const range = '--from 2024-02-01 --to 2024-04-30';
    assert.deepEqual(names(house.json(`repair --dry-run ${range}`, {code: 1}).failed), ['wide']);
    const repaired = house.json(`repair ${range}`, {code: 1});
    assert.deepEqual(names(repaired.failed), ['wide']);
    assert.equal(repaired.cells_drifted, verified.cells_drifted);
    const [run] = house.runs();
    assert.equal(run.status, 'FAILED');
    assert.match(run.error, /^summary wide: .*memory/);
    house.run('verify --summary few', {code: 0});
    house.run(`repair --summary few ${range}`, {code: 0});
    assert.deepEqual(names(house.json(`repair --summary wide ${range}`, {code: 1}).failed), ['wide']);
    /* A job for it ends with its first attempt. */
    house.shell(`INSERT INTO ${house.control('trueup_job')}(kind, summary, range_from, range_to)
        VALUES ('repair', 'wide', '2024-03-01', '2024-04-01')`);
    house.run('run --once', {code: 1});
    assert.equal(house.jobs()[0].status, 'FAILED');
    assert.match(house.jobs()[0].error, /memory/);
    house.run('check', {code: 0});
}, {apply: false});

/* The fault: a rebuild of what fits failed for another's sake, and one of all was COMPLETED beside the
 * build that waited; `check` said ok. */
onEach('a rebuild speaks of what was asked for', (house) => {
    fill(house, '1MiB');
    house.run('apply', {code: 1});
    assert.match(house.run('check', {code: 0}).out, /warning: summary wide: .*memory/);
    const last = () => house.runs().reduce((most, {id}) => Math.max(most, id), 0);
    const before = last();
    assert.equal(house.run('rebuild --summary few --wait', {code: 0}).err, '');
    assert.deepEqual(names(house.json('rebuild --wait', {code: 1}).failed), ['wide']);
    const runs = house.runs().filter(({id}) => id > before);
    assert.deepEqual(runs.map(({summary, status}) => `${summary} ${status}`),
        ['few COMPLETED', 'few COMPLETED']);
    house.run('rebuild --summary few', {code: 0});
    house.run('run --once', {code: 1});
    assert.equal(house.jobs()[0].status, 'COMPLETED', house.jobs()[0].error);
    assert.equal(house.runs().filter(({status}) => status === 'FAILED').length, 1);
    house.spec(twoOf('256MiB'));
    house.run('apply', {code: 0});
    house.run('check', {code: 0});
    house.json('verify', {code: 0});
}, {apply: false});

/* What equals `amount`, unless `extra` is what makes it fail. */
const RAISES = {
    sqlite: ['amount + abs(extra)', '-9223372036854775808'],
    postgresql: ['amount + 0 * (10 / (1 - extra))', '1'],
    mariadb: ['amount + extra * 9223372036854775807', '2'],
};

/* The fault: the build that went on had forgotten what had failed before, and was COMPLETED. */
onEach('what failed in a build is still said when the rest of it fits', (house, kind) => {
    const [expression, bad] = RAISES[kind];
    fill(house, '1MiB');
    const spec = (memory) => {
        const {summaries, ...rest} = twoOf(memory);
        return {...rest, summaries: {wide: {...summaries.wide,
            measures: {n: 'count', most: `max(${expression})`}}}};
    };
    house.shell(`ALTER TABLE sale ADD COLUMN extra ${kind === 'sqlite' ? 'INTEGER' : 'bigint'};
        UPDATE sale SET extra = 0; INSERT INTO sale(shop, at, amount, extra)
        VALUES ('phoenix', '2024-04-20 12:00:00', 5, ${bad})`);
    house.spec(spec('1MiB'));
    house.run('apply', {code: 1});
    const own = () => house.runs().filter(({kind: of}) => of === 'build' || of === 'rebuild');
    assert.equal(own().length, 1);
    assert.match(own()[0].error, /2024-04-20.*memory/);
    house.run('run --once', {code: 1});
    assert.match(own()[0].error, /^tenant phoenix: 2024-04-20(?!.*2024-04-20).*memory/);
    house.spec(spec('256MiB'));
    house.run('apply');
    assert.equal(own().length, 1);
    assert.equal(own()[0].status, 'FAILED');
    assert.match(own()[0].error, /^(?!.*memory)tenant phoenix: 2024-04-20/);
}, {apply: false});

/* ---- what nobody could do ---- */

/* The fault: it was a run that FAILED, and `status` alarmed about it. */
onEach('a tenant that there is not is a mistake of the command, and no run', (house, kind) => {
    const n = house.runs().length;
    assert.match(house.run('repair --tenant tokio --date 2024-03-02', {code: 2}).err,
        /^trueup: there is no tenant tokio/);
    house.run('pause --summary daily', {code: 0});
    assert.match(house.run('repair --summary daily --date 2024-03-02', {code: 2}).err, /is paused/);
    assert.equal(house.runs().length, n);
    house.run('resume --summary daily', {code: 0});
    if (kind !== 'postgresql')
        return;
    /* Of another type, where no table lists the tenants: the database tells. */
    house.shell(`CREATE TABLE visit(id {id}, who uuid, at timestamptz)`.replace('{id}', 'bigint'));
    house.shell(`INSERT INTO visit VALUES (1, md5('a')::uuid, '2024-03-02')`);
    house.run('drop --yes', {code: 0});
    house.spec({sources: {visit: {from: 'visit', tenant: 'who', time: 'at'}},
        summaries: {visits: {source: 'visit', grains: ['day'], columns: {tenant: 'who'},
            measures: {n: 'count'}}}});
    house.run('apply', {code: 0});
    assert.match(house.run('repair --tenant nobody --date 2024-03-02', {code: 2}).err,
        /there is no tenant nobody/);
    house.run(`repair --tenant ${house.value(`SELECT md5('a')::uuid AS u`)} --date 2024-03-02`, {code: 0});
    assert.equal(house.runs().filter(({status}) => status === 'FAILED').length, 0);
});

/* ---- workers that die ---- */

/* The fault: each death was one of the job's attempts, so the first failure after some was the last. */
onEach('deaths of a job\'s workers are no attempts of it', async (house) => {
    house.spec({...HOUSE_SPEC, refresh: {attempts: 2}});
    house.run('apply', {code: 0});
    house.run('rebuild', {code: 0});
    const deaths = () => house.value(`SELECT coalesce(max(deaths), 0) AS n
        FROM ${house.control('trueup_worked')}`);
    await until('three workers to die', () => {
        house.run('run --once', {stop: 'job.claimed:kill'});
        return deaths() >= 3;
    });
    const job = () => house.jobs()[0];
    await until('an attempt to fail', () => {
        house.run('run --once', {stop: 'job.claimed:fail'});
        return job().status !== 'RUNNING';
    });
    assert.deepEqual([job().status, job().attempts], ['PENDING', 1], JSON.stringify(job()));
    await until('the job to be done', () => {
        house.run('run --once');
        return job().status !== 'PENDING';
    });
    assert.equal(job().status, 'COMPLETED', job().error);
    assert.equal(deaths(), 0);
    house.isTrue();
});

/* ---- attempts are counted by time ---- */

/* The fault: each change of a bucket that fails had it tried, which was an attempt: a busy tenant was
 * out of them in half a second. */
onEach('a bad bucket of a busy tenant is not out of attempts in a moment', (house, kind) => {
    const [expression, bad] = RAISES[kind];
    house.shell(`ALTER TABLE sale ADD COLUMN extra ${kind === 'sqlite' ? 'INTEGER' : 'bigint'};
        UPDATE sale SET extra = 0`);
    house.spec({...HOUSE_SPEC, refresh: {attempts: 5}, summaries: {...HOUSE_SPEC.summaries,
        odd: {...HOUSE_SPEC.summaries.daily, measures: {n: 'count', most: `max(${expression})`}}}});
    house.run('apply', {code: 0});
    const began = Date.now();
    for (let i = 0; i < 9; i++) {
        house.shell(`INSERT INTO sale(shop, at, amount, extra)
            VALUES ('phoenix', '2024-03-20 12:00:00', ${i}, ${i === 0 ? bad : 0})`);
        house.run('run --once', {code: 1});
    }
    const {n, attempts} = house.sql(`SELECT count(*) AS n, max(attempts) AS attempts
        FROM ${house.control('trueup_pending')} WHERE error IS NOT NULL`)[0];
    assert.ok(n >= 1);
    const most = 1 + Math.floor(Math.log2((Date.now() - began) / 1000 + 1));
    assert.ok(attempts >= 1 && attempts <= most, `${attempts} attempts, at the most ${most} in that time`);
    house.shell('DELETE FROM sale WHERE extra <> 0');
    house.run('run --once', {code: 0});
    house.isTrue();
});

/* ---- asked for again and again ---- */

/* The fault: each time left a request and a run that is FAILED, as long as it does not fit. A tenant
 * that moves asks for its history, a series that can be evaluated again for the summary's. */
onEach('what does not fit and is asked for again is one request, and one run', (house, kind) => {
    const fails = kind === 'postgresql';
    const make = 'CREATE FUNCTION twice(n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS $$SELECT 2 * n$$';
    const spec = (memory) => ({...twoOf(memory), summaries: {wide: {...WIDE, refresh: {memory},
        measures: {n: 'count', most: `max(${fails ? 'twice(amount)' : 'amount'})`}}, few: FEW}});
    if (fails)
        house.shell(make);
    fill(house, '256MiB');
    house.spec(spec('256MiB'));
    house.run('apply', {code: 0});
    house.spec(spec('1MiB'));
    const count = () => house.sql(`SELECT summary AS s, count(*) AS n
        FROM ${house.control('trueup_build')} GROUP BY summary ORDER BY summary`)
        .map(({s, n}) => `${s} ${n}`).join();
    const failed = () => house.runs().filter(({status, error}) => status === 'FAILED' &&
        /memory/.test(error)).length;
    const again = (i) => {
        house.shell(`UPDATE shop SET tz = '${i % 2 ? 'Asia/Tokyo' : 'Asia/Seoul'}' WHERE id = 'tokyo'`);
        if (fails)
            house.shell('DROP FUNCTION twice(bigint)');
        house.run('run --once', {code: 1});
        if (fails)
            house.shell(make);
        house.run('run --once', {code: 1});
    };
    again(0);
    again(1);
    const before = [count(), failed()];
    assert.match(before[0], /^wide [12]$/);
    for (let i = 2; i < 5; i++)
        again(i);
    assert.deepEqual([count(), failed()], before);
    house.spec(spec('256MiB'));
    house.run('run --once', {code: 0});
    house.json('verify', {code: 0});
    assert.equal(count(), '');
}, {apply: false});

/* The fault: a tenant's rebuild failed for another tenant's sake, whose clock is unknown or whose own build does
 * not fit. */
onEach('a rebuild of one tenant says nothing of the others', (house) => {
    fill(house, '256MiB');
    house.run('apply', {code: 0});
    house.shell(`UPDATE shop SET tz = 'Nowhere/Land' WHERE id = 'phoenix'`);
    assert.match(house.run('run --once', {code: 1}).err, /phoenix/);
    assert.equal(house.run('rebuild --tenant kathmandu --wait', {code: 0}).err, '');
    house.shell(`UPDATE shop SET tz = 'America/Phoenix' WHERE id = 'phoenix'`);
    house.run('run --once', {code: 0});

    house.spec(twoOf('1MiB'));
    house.shell(`UPDATE shop SET tz = 'Asia/Seoul' WHERE id = 'tokyo'`);
    assert.match(house.run('run --once', {code: 1}).err, /memory/);
    house.run('rebuild --summary wide --tenant kathmandu', {code: 0});
    house.run('run --once');
    const [job] = house.jobs();
    assert.equal(job.status, 'COMPLETED', job.error);
    house.spec(twoOf('256MiB'));
    house.run('run --once', {code: 0});
    house.json('verify', {code: 0});
}, {apply: false});

/* ---- who is parked ---- */

/* Without keyed summaries the view's `key` is always NULL, of whatever type that has (MariaDB:
 * binary(0)): it must hold keys when there are some. */
onEach('parked keys are told where a keyed summary came later', (house) => {
    house.run('run --once', {code: 0});
    house.shell(house.say('CREATE TABLE visit(id {id}, shop {name}, size {integer})'));
    house.shell(`INSERT INTO visit(shop, size) VALUES ('tokyo', 1), ('tokyo', 2), ('phoenix', 3)`);
    house.spec({...HOUSE_SPEC, summaries: {...HOUSE_SPEC.summaries, sizes: {table: 'sizes',
        key: {shop: 'text'}, keys: 'SELECT DISTINCT shop FROM visit',
        query: 'SELECT k.shop, v.size AS size FROM {keys} k JOIN visit v ON v.shop = k.shop',
        depends_on: {visit: {keys: 'SELECT shop FROM {row}'}}}}});
    house.run('apply');
    house.run('run --once');
    const quote = house.kind === 'mariadb' ? '`' : '"';
    assert.deepEqual(house.sql(`SELECT summary, ${quote}key${quote} AS k
        FROM trueup_parked`), [{summary: 'sizes', k: 'shop=tokyo'}]);
    house.shell(`DELETE FROM visit WHERE size = 2`);
    house.run('run --once', {code: 0});
    assert.deepEqual(house.sql(`SELECT summary FROM trueup_parked`), []);
    house.isTrue();
});
