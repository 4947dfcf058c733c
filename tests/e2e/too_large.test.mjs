/*
 * A day of one tenant that does not fit into `memory`, on every database: an error that says so, no
 * scan after scan without end, and nobody else has to wait for it.
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';
import {until} from './processes.mjs';
import {HOUSE_SPEC} from './trueup.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* One cell an amount. */
const WIDE = {source: 'sale', grains: ['day'], columns: {tenant: 'shop'},
    dimensions: {amount: 'amount'}, measures: {n: 'count'}, refresh: {memory: '1MiB'}};
const specOf = (memory, more = {}) => ({...HOUSE_SPEC,
    summaries: {wide: {...WIDE, refresh: {...WIDE.refresh, memory, ...more}}}});

/* So many rows of one day, each with an amount of its own. */
const manyRows = (shop, at) => `INSERT INTO sale(shop, at, amount)
    SELECT '${shop}', '${at}', a.id * 1000 + b.id FROM sale a CROSS JOIN sale b
    WHERE a.id <= 200 AND b.id <= 300`;

const isRight = (house, kind, shops = `'tokyo', 'phoenix', 'kathmandu'`) => house.same(
    `SELECT shop, sum(n) AS n, count(*) AS cells FROM wide_day WHERE shop IN (${shops})
        GROUP BY shop`,
    `SELECT shop, count(*) AS n, count(DISTINCT ${kind === 'sqlite'
        ? `date(at, CASE shop WHEN 'tokyo' THEN '+9 hours' WHEN 'phoenix' THEN '-7 hours'
            ELSE '+345 minutes' END) || '/' || amount` : 'amount'}) AS cells
        FROM sale WHERE shop IN (${shops}) GROUP BY shop`);

onEach('a tenant\'s day larger than memory: a build ends with an error, and with more it is right',
    (house, kind) => {
        house.shell(`DELETE FROM sale WHERE amount < 0; UPDATE sale SET amount = id`);
        for (const shop of ['tokyo', 'phoenix', 'kathmandu']) {
            house.shell(manyRows(shop, '2024-03-09 12:00:00').replace('a.id <= 200', 'a.id < 200'));
            house.spec(specOf('1MiB'));
            const {err} = house.run('apply', {code: 1});
            assert.match(err, /does not fit into `memory`|memory/);
            house.shell(`INSERT INTO sale(shop, at, amount)
                VALUES ('${shop}', '2024-03-01 12:00:00', 777777)`);
            house.run('run --once');
            house.spec(specOf('256MiB'));
            house.run('apply', {code: 0});
            house.run('run --once', {code: 0});
            isRight(house, kind);
            house.isQuiet();
            house.shell(`DELETE FROM sale WHERE amount > 1000 AND amount <> 777777`);
            house.run('run --once', {code: 0});
            house.run('drop --yes', {code: 0});
            house.shell('DROP TABLE IF EXISTS wide_day');
        }
    }, {apply: false});

/* Whose local dates are never the same, so that their nights are two runs. */
const FAR = [['tokyo', 'Pacific/Kiritimati', 'Pacific/Niue'],
    ['phoenix', 'Pacific/Niue', 'Pacific/Kiritimati']];

/* The fault: the first of the two is tried again later, and the second with it, each time. */
for (const [shop, zone, other] of FAR)
    onEach(`a night of ${zone} that is too large is not the night of ${other}`, async (house) => {
        house.shell(`DELETE FROM sale WHERE shop = 'kathmandu'`);
        house.shell(`DELETE FROM shop WHERE id = 'kathmandu';
            UPDATE shop SET tz = 'Pacific/Kiritimati' WHERE id = 'tokyo';
            UPDATE shop SET tz = 'Pacific/Niue' WHERE id = 'phoenix'`);
        house.spec(specOf('1MiB', {nightly: {at: '00:00', zone: 'tenant', days: 3}}));
        house.run('apply', {code: 0});
        const yesterday = new Date(Date.now() - 36 * 3600_000).toISOString().slice(0, 19)
            .replace('T', ' ');
        house.shell(manyRows(shop, yesterday));
        const daemon = await house.daemon();
        const done = () => house.sql(`SELECT zone FROM ${house.control('trueup_night')}`)
            .map((row) => row.zone);
        await until('the other\'s night, and word of the failed one', async () => {
            await wait(100);
            return done().includes(other) &&
                daemon.events('work.failed').some(({error}) => /memory/.test(error));
        });
        assert.ok(!done().includes(zone));
        house.shell(`INSERT INTO sale(shop, at, amount)
            VALUES ('${shop}', '2024-03-01 12:00:00', 777777)`);
        await until('the daemon to settle as ever', async () => {
            await wait(100);
            return house.value(`SELECT count(*) FROM wide_day WHERE amount = 777777`) === 1;
        });
        await daemon.stop();
    }, {apply: false});

const TWO = {...specOf('1MiB'), summaries: {wide: WIDE,
    few: {source: 'sale', grains: ['day'], columns: {tenant: 'shop'}, measures: {n: 'count'}}}};
const failedRuns = (house) => house.runs().filter(({status, kind}) =>
    status === 'FAILED' && ['build', 'rebuild'].includes(kind));

/* The fault: its run stayed STARTED, `status` said "building", and `apply --json` printed nothing. */
onEach('a build that does not fit is failing, said once, until it fits', async (house) => {
    house.shell(`DELETE FROM sale WHERE amount < 0; UPDATE sale SET amount = id`);
    house.shell(manyRows('tokyo', '2024-03-09 12:00:00'));
    house.spec(TWO);
    const applied = house.json('apply', {code: 1});
    assert.deepEqual(applied.failed.map(({summary}) => summary), ['wide']);
    assert.match(applied.failed[0].error, /`refresh: memory`/);
    const state = (name, code = 1) => house.json('status', {code}).summaries
        .find(({summary}) => summary === name).state;
    assert.equal(state('wide'), 'failing');
    assert.equal(state('few'), 'right');
    assert.match(house.run('status', {code: 1}).out, /failing since .*summary wide: .*memory/);
    assert.equal(failedRuns(house).length, 1);
    assert.match(failedRuns(house)[0].error, /memory/);
    assert.deepEqual(house.json('run --once', {code: 1}).failed.map(({summary}) => summary), ['wide']);
    assert.equal(failedRuns(house).length, 1);
    assert.equal(house.runs().filter(({status}) => status === 'STARTED').length, 0);
    /* A tenant that comes asks for its history by itself, without a run. */
    house.shell(`INSERT INTO shop(id, tz) VALUES ('oslo', 'Europe/Oslo')`);
    house.run('run --once', {code: 1});
    assert.ok(failedRuns(house).length <= 2);
    house.spec({...TWO, summaries: {...TWO.summaries, wide: {...WIDE, refresh: {memory: '256MiB'}}}});
    house.run('apply', {code: 0});
    assert.equal(state('wide', 0), 'right');
    assert.equal(failedRuns(house).length, 0);
    assert.equal(house.runs().filter(({status}) => status === 'STARTED').length, 0);
    house.json('verify', {code: 0});
}, {apply: false});

/* The fault: what did not fit kept all other requests of its summary from being tried, whose runs said
 * that they did not fit. Of two tenants that come together one fits. */
onEach('a build that does not fit holds up no other build of its summary', async (house, kind) => {
    house.shell(`DELETE FROM sale WHERE amount < 0; UPDATE sale SET amount = id`);
    house.spec(TWO);
    house.run('apply', {code: 0});
    const sold = manyRows('oslo', '2024-03-09 12:00:00');
    house.shell(`${sold}; INSERT INTO sale(shop, at, amount)
        VALUES ('lima', '2024-03-05 12:00:00', 1), ('cairo', '2010-03-05 12:00:00', 2)`);
    house.shell(`INSERT INTO shop(id, tz) VALUES ('oslo', 'Europe/Oslo'), ('lima', 'America/Lima')`);
    house.run('run --once', {code: 1});
    const has = (shop) => house.value(`SELECT count(*) FROM wide_day WHERE shop = '${shop}'`);
    const left = () => house.sql(`SELECT tenant AS t FROM ${house.control('trueup_build')}`);
    assert.equal(has('lima'), 1);
    assert.equal(left().length, 1);
    /* One that comes later, and whose history reaches further back. */
    const daemon = await house.daemon();
    house.shell(`INSERT INTO shop(id, tz) VALUES ('cairo', 'Africa/Cairo')`);
    await until('the history of cairo', async () => {
        await wait(100);
        return has('cairo') === 1 && left().length === 1;
    });
    await daemon.stop();
    /* It may have been stopped in a build, whose run is STARTED. */
    house.run('run --once', {code: 1});
    assert.equal(failedRuns(house).length, 1);
    house.spec({...TWO, summaries: {...TWO.summaries, wide: {...WIDE, refresh: {memory: '256MiB'}}}});
    house.run('run --once', {code: 0});
    isRight(house, kind, `'tokyo', 'phoenix', 'kathmandu'`);
    house.json('verify', {code: 0});
}, {apply: false});

/* The fault: the second one's reason was the first one's, with both names before it. */
onEach('of two builds that do not fit each is blamed by its own name', (house) => {
    house.shell(`DELETE FROM sale WHERE amount < 0; UPDATE sale SET amount = id`);
    house.spec({...TWO, summaries: {big: WIDE, bug: WIDE, few: TWO.summaries.few}});
    house.run('apply', {code: 0});
    house.shell(manyRows('tokyo', '2024-03-09 12:00:00'));
    house.run('run --once');
    for (let i = 0; i < 2; i++) {
        house.run('rebuild --wait', {code: 1});
        const {failing} = house.json('status', {code: 1});
        assert.deepEqual(failing.map(({summary}) => summary), ['big', 'bug']);
        for (const {error} of failing)
            assert.match(error, /^(?!.*summary b).*memory/);
        const {out} = house.run('status', {code: 1});
        assert.doesNotMatch(out, /summary (big|bug): summary|summary bug: .*summary big/);
        assert.equal(failedRuns(house).length, 1);
        assert.match(failedRuns(house)[0].error, /^summary big: .*memory.*; summary bug: .*memory/);
    }
}, {apply: false});

/* Each round of the daemon looks at builds; it would scan the same day in each of them. */
onEach('a build that does not fit is tried once in a while, not all the time', async (house) => {
    house.shell(`DELETE FROM sale WHERE amount < 0; UPDATE sale SET amount = id`);
    house.shell(manyRows('tokyo', '2024-03-09 12:00:00'));
    house.spec(TWO);
    house.run('apply', {code: 1});
    const daemon = await house.daemon('', {env: {TRUEUP_STOP: 'build.unfit:fail:8'}});
    await daemon.says('work.failed');
    for (let i = 0; i < 12; i++) {
        house.shell(`INSERT INTO ${house.control('trueup_job')}(kind, summary, range_from, range_to)
            VALUES ('repair', 'few', '2024-03-0${1 + i % 8}', '2024-03-0${1 + i % 8}')`);
        await house.jobIs(i + 1, 'COMPLETED');
    }
    assert.deepEqual(daemon.events('group.busy').filter(({error}) => /build\.unfit/.test(error)), []);
    await daemon.stop();
}, {apply: false});

/* The fault: each try began with what was empty, so it "got on", was no attempt, and never ended. */
onEach('jobs that do not fit are FAILED at once, and `run --once` ends', (house, kind) => {
    const both = (memory) => ({...specOf(memory), summaries: {...specOf(memory).summaries,
        other: {...specOf(memory).summaries.wide, grains: ['day', 'month']}}});
    house.spec(both('256MiB'));
    house.run('apply', {code: 0});
    house.shell(manyRows('tokyo', '2024-03-09 12:00:00'));
    house.run('run --once', {code: 0});
    house.spec(both('1MiB'));
    house.run('rebuild --summary wide', {code: 0});
    house.run('rebuild', {code: 0});
    assert.match(house.run('run --once', {code: 1}).err, /memory/);
    const {jobs} = house.json('jobs --all', {code: 0});
    assert.deepEqual(jobs.map(({status}) => status), ['FAILED', 'FAILED']);
    for (const {error} of jobs)
        assert.match(error, /memory/);
    isRight(house, kind);
}, {apply: false});
