/*
 * A row that the database cannot evaluate (a division by zero, a number out of range), and a cell
 * that its table does not take: building, rebuilding, repairing and verifying do everything else,
 * name the bucket, and it is mended when the row is.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {KINDS, chosenKinds} from './servers.mjs';
import {House, until} from './trueup.mjs';
import {average, localBucket} from './words.mjs';

const onEach = (name, body, {on = KINDS} = {}) => {
    for (const kind of chosenKinds(on))
        test(`${name} (${kind})`, (t) => body(t, kind));
};

/* What equals `amount`, unless `extra` is what makes it fail. */
const EXPRESSION = {
    sqlite: 'amount + abs(extra)',
    postgresql: 'amount + 0 * (10 / (1 - extra))',
    mariadb: 'amount + extra * 9223372036854775807',
};
const BAD = {sqlite: '-9223372036854775808', postgresql: '1', mariadb: '2'};
const ERROR = /integer overflow|division by zero|out of range/i;

/* Two summaries that evaluate it, one that is recomputed and one that is folded, and one that does
 * not. All are of the same source. */
const SUMMARIES = {
    daily: {measures: {n: 'count', total: 'sum(%)', most: 'max(%)'}, grains: ['day', 'month']},
    added: {measures: {n: 'count', total: 'sum(%)'}, grains: ['hour', 'month']},
    folded: {measures: {n: 'count', total: 'sum(amount)', mean: 'avg(amount)'},
        grains: ['hour', 'day', 'year']},
};
const TRUTH = {
    daily: ['n, total, most', 'count(*), sum(amount), max(amount)'],
    added: ['n, total', 'count(*), sum(amount)'],
    folded: ['n, total, mean', 'count(*), sum(amount), {mean}'],
};

/* A house in which something fails. */
class FailingHouse extends House {
    /* The buckets that failed: 'daily tokyo 2024-03-02', sorted. */
    failed() {
        return this.sql(`SELECT summary, tenant, bucket FROM ${this.control('trueup_pending')}
            WHERE error IS NOT NULL`).map(
            ({summary, tenant, bucket}) => `${summary} ${tenant} ${bucket}`).sort();
    }

    async mended(isRight = () => this.isTrue()) {
        await until('what failed to be tried again', () => this.run('run --once').code === 0 &&
            Object.keys(this.pending()).length === 0);
        isRight();
    }
}

class BadHouse extends FailingHouse {
    static async on(kind, t, options = {}) {
        const summaries = Object.fromEntries(Object.entries(SUMMARIES).map(
            ([name, {measures, grains}]) => [name, {
                source: 'sale', columns: {tenant: 'shop'}, grains,
                measures: Object.fromEntries(Object.entries(measures).map(
                    ([measure, text]) => [measure, text.replace('%', EXPRESSION[kind])])),
            }]));
        return super.on(kind, t, {tables: 'ALTER TABLE sale ADD extra {integer} DEFAULT 0;',
            spec: {summaries}, ...options});
    }

    /* Makes the rows fail that a condition names. */
    spoil(where) {
        this.sql(`UPDATE sale SET extra = ${BAD[this.kind]} WHERE ${where}`);
    }

    correct() {
        this.sql('UPDATE sale SET extra = 0 WHERE extra <> 0');
    }

    /* All tables equal a plain GROUP BY, but for the buckets of the bad rows in the summaries that
     * evaluate them. */
    isRight() {
        this.sameAll(Object.entries(SUMMARIES).flatMap(([name, {grains}]) => grains.map((grain) => {
            const bucket = localBucket(this.kind, grain, 's.at', 'h.off');
            const isBad = name === 'folded' ? '1 = 0' : `EXISTS (SELECT 1 FROM sale s JOIN shop h
                ON h.id = s.shop WHERE s.extra <> 0 AND s.shop = q.shop AND ${bucket} = q.bucket)`;
            const [columns, measures] = TRUTH[name];
            const but = (query) => `SELECT * FROM (${query}) AS q WHERE NOT (${isBad})`;
            return {
                label: `${name}_${grain}`,
                stored: but(`SELECT shop, bucket, ${columns} FROM ${name}_${grain}`),
                truth: but(`SELECT s.shop, ${bucket} AS bucket, ${
                    measures.replace('{mean}', average(this.kind, 'amount'))}
                    FROM sale s JOIN shop h ON h.id = s.shop GROUP BY 1, 2`),
            };
        })));
    }
}

/* Midday of everybody's 2 March, and far from it. */
const TWO = "(shop = 'tokyo' AND at = '2024-03-02 00:00:00') " +
    "OR (shop = 'phoenix' AND at = '2024-03-18 19:12:00')";
const FAILED = [/^added phoenix 2024-03-18T19:00/, /^added tokyo 2024-03-02T00:00/,
    /^daily phoenix 2024-03-18$/, /^daily tokyo 2024-03-02$/];

function namesTwo(house, err) {
    const failed = house.failed();
    assert.equal(failed.length, FAILED.length, `${failed.slice(0, 20)}`);
    FAILED.forEach((form, i) => assert.match(failed[i], form));
    for (const line of [/^trueup: summary daily: tenant tokyo: 2024-03-02: .*/m,
        /^trueup: summary daily: tenant phoenix: 2024-03-18: .*/m]) {
        assert.match(err, line);
        assert.match(err.match(line)[0], ERROR);
    }
    assert.doesNotMatch(err, /folded/);
}

/* The fault: one row stops the build of every summary over its source, for ever. */
onEach('bad rows: a build leaves their buckets out, and nothing else', async (t, kind) => {
    const house = await BadHouse.on(kind, t, {apply: false});
    house.spoil(TWO);
    namesTwo(house, house.run('apply', {code: 1}).err);
    house.isRight();
    const [run] = house.sql(`SELECT status, error FROM ${house.control('trueup_run')}
        WHERE kind = 'build' ORDER BY id LIMIT 1`);
    assert.equal(run.status, 'FAILED');
    assert.match(run.error, ERROR);
    assert.equal(house.value(`SELECT count(*) FROM ${house.control('trueup_build')}`), 0);
    house.run('run --once');
    house.isRight();
    house.correct();
    await house.mended();
});

onEach('bad rows: rebuild, repair and verify do everything else', async (t, kind) => {
    const house = await BadHouse.on(kind, t);
    house.spoil(TWO);
    house.run('run --once', {code: 1});
    for (const line of ['rebuild --wait', 'repair --from 2024-02-01 --to 2024-05-01']) {
        house.sql(`UPDATE folded_day SET n = n + 1; UPDATE daily_day SET n = n + 1
            WHERE shop = 'kathmandu'`);
        namesTwo(house, house.run(line, {code: 1}).err);
        house.isRight();
    }
    assert.deepEqual(house.sql(`SELECT DISTINCT status FROM ${house.control('trueup_run')}
        WHERE kind IN ('rebuild', 'repair')`), [{status: 'FAILED'}]);

    const clean = house.json('verify', {code: 1});
    assert.deepEqual(clean.drift, []);
    house.sql(`UPDATE folded_day SET n = n + 1 WHERE shop = 'tokyo' AND bucket = '2024-03-05'`);
    const verify = house.json('verify', {code: 1});
    assert.equal(verify.cells_drifted, 1);
    assert.ok(verify.failed.some(({summary, tenant, error}) =>
        summary === 'daily' && tenant === 'tokyo' && ERROR.test(error)), JSON.stringify(verify));
    house.run('repair --from 2024-02-01 --to 2024-05-01', {code: 1});
    house.correct();
    await house.mended();
});

/* What was stored before the row was bad stays. */
onEach('bad rows: nothing is wiped because it cannot be computed', async (t, kind) => {
    const house = await BadHouse.on(kind, t);
    const stored = () => house.sql(`SELECT shop, bucket, n, total FROM daily_day
        WHERE shop = 'tokyo' ORDER BY 1, 2`);
    const before = stored();
    house.spoil(TWO);
    house.run('run --once');
    house.run('rebuild --wait', {code: 1});
    house.run('repair --from 2024-02-01 --to 2024-05-01', {code: 1});
    assert.deepEqual(stored(), before);
});

/* Distinct values cannot be added up, so a month is read from its rows: a day that changes while its month
 * has a bad row waits with it, at last for an hour. The fault: it went on waiting when the row was mended,
 * whose change names its own day only. */
onEach('bad rows: what waits because of one is done when the row is mended', async (t, kind) => {
    const house = await BadHouse.on(kind, t, {spec: {summaries: {kinds: {source: 'sale',
        columns: {tenant: 'shop'}, grains: ['day', 'month'],
        measures: {n: `count_distinct(${EXPRESSION[kind]})`}}}}});
    house.spoil("shop = 'tokyo' AND at = '2024-03-02 00:00:00'");
    house.run('run --once', {code: 1});
    for (let i = 0; i < 7; i++) {
        house.sql(`UPDATE sale SET amount = amount + 1
            WHERE shop = 'tokyo' AND at >= '2024-03-05' AND at < '2024-03-05 12:00:00'`);
        house.run('run --once', {code: 1});
    }
    assert.deepEqual(house.failed(), ['kinds tokyo 2024-03-02', 'kinds tokyo 2024-03-05']);
    house.correct();
    house.run('run --once', {code: 0});
    house.run('run --once', {code: 0});
    assert.deepEqual(house.pending(), {});
    house.run('verify', {code: 0});
});

/* The image of the row is still in the log, and cannot be evaluated either. */
onEach('bad rows: images that nobody has settled yet', async (t, kind) => {
    const house = await BadHouse.on(kind, t);
    house.spoil(TWO);
    assert.equal(house.json('verify', {code: 1}).cells_drifted, 0);
    namesTwo(house, house.run('repair --from 2024-02-01 --to 2024-05-01', {code: 1}).err);
    house.correct();
    assert.equal(house.json('verify', {code: 1}).cells_drifted, 0);
    /* Where times are read through an index it goes in pieces, and settles the images before it comes
     * to their buckets. */
    const {code, err} = house.run('repair --from 2024-02-01 --to 2024-05-01');
    if (code === 0)
        house.isTrue();
    else
        namesTwo(house, err);
    await house.mended();
});

onEach('bad rows: all of them, and other summaries are built', async (t, kind) => {
    const house = await BadHouse.on(kind, t, {apply: false, days: 8});
    house.spoil('1 = 1');
    const {err} = house.run('apply', {code: 1});
    assert.match(err, ERROR);
    house.isRight();
    assert.equal(house.value('SELECT count(*) FROM daily_day'), 0);
    assert.ok(house.failed().length > 24);
    house.correct();
    await house.mended();
});

/* The fault: dates were read for hours, once for each, so two hours of a day that changed beside a bad row had
 * all of their rows twice. `kinds` cannot be folded; hours of numbers are read by an index, one by one. */
onEach('bad rows: hours of one day that are counted anew beside one', async (t, kind) => {
    const house = await BadHouse.on(kind, t, {days: 0, tables: `ALTER TABLE sale ADD extra {integer} DEFAULT 0;
        ALTER TABLE sale ADD sec {integer}; CREATE INDEX sale_sec ON sale(shop, sec);`,
    spec: {sources: {sale: {from: 'sale', tenant: 'shop', time: 'sec', time_unit: 'seconds'}},
        summaries: {kinds: {source: 'sale', columns: {tenant: 'shop'}, grains: ['hour'],
            measures: {n: 'count', kinds: 'count_distinct(amount)', most: `max(${EXPRESSION[kind]})`}}}}});
    const HOURS = ['03', '05', '07'];
    const second = (hour) => Date.parse(`2024-03-02T${hour}:30:00Z`) / 1000;
    house.sql(`INSERT INTO sale(shop, at, sec, amount) VALUES ${HOURS.map((hour) =>
        `('tokyo', '2024-03-02 ${hour}:30:00', ${second(hour)}, 5)`).join(', ')}`);
    house.run('run --once', {code: 0});
    house.shell(`UPDATE sale SET extra = ${BAD[kind]} WHERE sec = ${second('05')};
        UPDATE sale SET amount = 6 WHERE sec <> ${second('05')}`);
    house.run('run --once', {code: 1});
    assert.deepEqual(house.sql('SELECT n, kinds FROM kinds_hour').map(({n, kinds}) => `${n} ${kinds}`),
        ['1 1', '1 1', '1 1']);
    house.correct();
    await until('the bucket to be tried again', () => house.run('run --once').code === 0);
    house.json('verify', {code: 0});
});

/* ---- a row whose tenant or time cannot be evaluated ---- */

/* What cannot be evaluated for a bad row, and is TRUE for the others. */
const SOUND = {
    sqlite: 'abs(extra) >= 0',
    postgresql: '10 / (1 - extra) <> 0',
    mariadb: 'extra * 9223372036854775807 >= 0',
};

class PlacelessHouse extends BadHouse {
    static async without(place, kind, t) {
        return this.over(kind, t, {from: 'sale', tenant: 'shop', time: 'at'},
            {[place]: SOUND[kind]});
    }

    /* A source whose `bad` places ({time: condition}) raise where the condition does. */
    static async over(kind, t, source, bad, options = {}) {
        const summaries = Object.fromEntries(Object.entries(SUMMARIES).map(
            ([name, {measures, grains}]) => [name, {source: 'sale', columns: {tenant: 'shop'}, grains,
                measures: Object.fromEntries(Object.entries(measures).map(
                    ([measure, text]) => [measure, text.replace('%', 'amount')]))}]));
        for (const [place, condition] of Object.entries(bad))
            source[place] = `CASE WHEN ${condition} THEN ${source[place]} END`;
        return super.on(kind, t, {apply: false, spec: {sources: {sale: source}, summaries}, ...options});
    }

    /* All tables equal a GROUP BY over the rows that have a place. */
    isRight() {
        this.sameAll(Object.entries(SUMMARIES).flatMap(([name, {grains}]) => grains.map((grain) => {
            const bucket = localBucket(this.kind, grain, 's.at', 'h.off');
            const [columns, measures] = TRUTH[name];
            return {
                label: `${name}_${grain}`,
                stored: `SELECT shop, bucket, ${columns} FROM ${name}_${grain}`,
                truth: `SELECT s.shop, ${bucket} AS bucket, ${
                    measures.replace('{mean}', average(this.kind, 'amount'))}
                    FROM sale s JOIN shop h ON h.id = s.shop WHERE s.extra = 0 GROUP BY 1, 2`,
            };
        })));
    }

    /* It does everything else, and says why not all. */
    complains(line) {
        const {err} = this.run(line, {code: 1});
        assert.match(err, /source sale: .* whose tenant or time cannot be evaluated counts? nowhere/);
        assert.match(err, ERROR);
    }
}

/* Others of a bad row's bucket, and of others, are kept; then it is mended. */
function keepsOthers(house) {
    house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-02 03:00:00', 3),
        ('phoenix', '2024-03-05 10:00:00', 4)`);
    house.run('run --once');
    house.isRight();
    assert.deepEqual(house.pending(), {});
    house.correct();
    house.run('run --once', {code: 0});
    house.isRight();
    house.run('verify', {code: 0});
}

/* The fault: every command ends with 3 as long as there is one such row, and nothing is kept. */
for (const place of ['tenant', 'time'])
    onEach(`bad rows: a ${place} that cannot be evaluated stops nothing`, async (t, kind) => {
        const house = await PlacelessHouse.without(place, kind, t);
        house.spoil(TWO);
        house.complains('apply');
        house.isRight();
        house.complains('verify');
        house.correct();
        house.run('run --once', {code: 0});
        house.isRight();
        house.run('verify', {code: 0});

        house.spoil(TWO);
        house.complains('run --once');
        house.isRight();
        for (const line of ['repair --from 2024-02-01 --to 2024-05-01', 'rebuild --wait', 'verify']) {
            if (line !== 'verify')
                house.sql(`UPDATE folded_day SET n = n + 1; UPDATE daily_day SET n = n + 1
                    WHERE shop = 'tokyo'`);
            house.complains(line);
            house.isRight();
        }
        keepsOthers(house);
    });

/* Tables whose rows have no number as their address. */
const RESHAPED = {
    sqlite: `ALTER TABLE sale RENAME TO old; CREATE TABLE sale(shop TEXT, at TEXT, amount INTEGER,
            extra INTEGER DEFAULT 0, id TEXT PRIMARY KEY DEFAULT (hex(randomblob(8)))) WITHOUT ROWID;
        INSERT INTO sale SELECT shop, at, amount, extra, id FROM old; DROP TABLE old;
        CREATE INDEX sale_place ON sale(shop, at)`,
    postgresql: `ALTER TABLE sale RENAME TO old;
        CREATE TABLE sale(LIKE old INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY HASH (id);
        CREATE TABLE sale_0 PARTITION OF sale FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE sale_1 PARTITION OF sale FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO sale SELECT * FROM old; DROP TABLE old`,
    mariadb: 'ALTER TABLE sale DROP PRIMARY KEY, ADD PRIMARY KEY (id, shop)',
};

/* Bad rows come before the first build, and while trueup works; they are mended; all the rest is kept. */
async function staysRight(house) {
    house.spoil(TWO);
    house.complains('apply');
    house.isRight();
    house.complains('verify');
    house.sql('UPDATE folded_day SET n = n + 1');
    house.complains('repair --from 2024-02-01 --to 2024-05-01');
    house.isRight();
    house.correct();
    house.run('run --once', {code: 0});
    house.isRight();
    house.run('verify', {code: 0});

    house.spoil(TWO);
    house.complains('run --once');
    house.isRight();
    house.complains('rebuild --wait');
    house.isRight();
    keepsOthers(house);
}

/* The fault: the same as above, in a table with partitions, or with a key of several columns, or with
 * none: then rows are told apart by what is read of them. */
for (const place of ['tenant', 'time'])
    onEach(`bad rows: a ${place} that cannot be evaluated, where no number is a row's`,
        async (t, kind) => {
            const house = await PlacelessHouse.without(place, kind, t);
            house.shell(RESHAPED[kind]);
            await staysRight(house);
        });

onEach('bad rows: a time that cannot be evaluated, in a table without a key, where rows are the same',
    async (t, kind) => {
        const house = await PlacelessHouse.without('time', kind, t);
        house.shell('ALTER TABLE sale MODIFY id bigint, DROP PRIMARY KEY; UPDATE sale SET id = 7');
        for (let i = 0; i < 3; i++)
            house.shell(`INSERT INTO sale(id, shop, at, amount)
                VALUES (7, 'tokyo', '2024-03-02 00:00:00', 1), (7, 'tokyo', '2024-03-09 00:00:00', 1)`);
        await staysRight(house);
    }, {on: ['mariadb']});

/* The fault: of a join every command ended with 3. What a place reads may be of one table, of two, and of the
 * one that others join. */
const JOINED = {from: 'sale s', join: ['shop h ON h.id = s.shop'], tenant: 'h.id', time: 's.at'};
const SHOPS = `ALTER TABLE sale ADD extra {integer} DEFAULT 0;
    ALTER TABLE shop ADD one {integer} DEFAULT 1;`;
const JOINS = {
    'one table\'s time': {time: 's.extra'},
    'a tenant of both tables': {tenant: 's.extra * h.one'},
    'a tenant of one, a time of both': {tenant: 's.extra', time: 's.extra * h.one'},
};
for (const [what, reads] of Object.entries(JOINS))
    onEach(`bad rows: ${what} cannot be evaluated in a join`, async (t, kind) => {
        const bad = Object.fromEntries(Object.entries(reads).map(
            ([place, text]) => [place, SOUND[kind].replace('extra', text)]));
        const house = await PlacelessHouse.over(kind, t, {...JOINED}, bad, {tables: SHOPS});
        await staysRight(house);
    });

class DividedHouse extends PlacelessHouse {
    /* Two summaries of the same rows: of a join whose time may raise, and of one that never does. */
    static async divided(kind, t, refresh = {settle: '200ms'}, spoilt = {}) {
        const time = `CASE WHEN ${SOUND[kind].replace('extra', 's.extra')} THEN s.at END`;
        const summary = (source, most) => ({source, columns: {tenant: 'shop'}, grains: ['day'],
            measures: {n: 'count', most}});
        return BadHouse.on(kind, t, {apply: false, tables: SHOPS, spec: {refresh,
            sources: {sale: {...JOINED, time, ...spoilt}, fine: {from: 'sale', tenant: 'shop', time: 'at'}},
            summaries: {bad: summary('sale', 'max(s.amount)'), good: summary('fine', 'max(amount)')}}});
    }
}

function equalsItsRows(house, summary) {
    house.same(`SELECT shop, bucket, n, most FROM ${summary}_day`,
        `SELECT s.shop, ${localBucket(house.kind, 'day', 's.at', 'h.off')}, count(*), max(s.amount)
            FROM sale s JOIN shop h ON h.id = s.shop GROUP BY 1, 2`);
}

/* The fault: every command ended with 3, and other summaries of the same tables waited. Where so many rows
 * fail it is the expression that is wrong: what reads it fails, once, and stays as it is. */
onEach('bad rows: a time that cannot be evaluated for very many stops nothing else', async (t, kind) => {
    const house = await DividedHouse.divided(kind, t);
    const isRight = (summary) => equalsItsRows(house, summary);
    const isOfBad = (line) => {
        const {err} = house.run(line, {code: 1});
        assert.match(err, /summary bad: source sale: .*very many rows cannot be evaluated: correct them/);
        assert.doesNotMatch(err, /summary good/);
        isRight('good');
    };
    const failed = () => Number(house.value(`SELECT count(*) AS n FROM ${house.control('trueup_run')}
        WHERE status = 'FAILED'`));
    house.spoil('1 = 1');
    isOfBad('apply');
    assert.equal(failed(), 1);
    isOfBad('run --once');
    assert.equal(failed(), 1);
    assert.ok(house.json('status', {code: 1}).failing.some(({summary}) => summary === 'bad'));
    isOfBad('verify');
    isOfBad('repair --from 2024-02-01 --to 2024-05-01');
    house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-02 03:00:00', 3)`);
    house.run('run --once', {code: 1});
    isRight('good');
    house.correct();
    await house.mended(() => ['good', 'bad'].forEach(isRight));
    house.run('verify', {code: 0});

    /* It happens while all is right: what was counted stays until they are mended. */
    house.spoil('1 = 1');
    house.run('run --once', {code: 1});
    isRight('good');
    house.correct();
    await house.mended(() => ['good', 'bad'].forEach(isRight));
});

/* The fault: every command ended with 3, and nothing else was looked at. An ON has no row to be left out. */
onEach('bad rows: an ON that cannot be evaluated fails what is joined by it, and nothing else', async (t, kind) => {
    const house = await DividedHouse.divided(kind, t, {settle: '200ms'}, {time: 's.at',
        join: [`shop h ON h.id = s.shop AND ${SOUND[kind].replace('extra', 's.extra')}`]});
    const isOfBad = (line) => {
        const {err} = house.run(line, {code: 1});
        assert.match(err, /summary bad: source sale: /);
        assert.match(err, ERROR);
        equalsItsRows(house, 'good');
    };
    house.spoil(TWO);
    isOfBad('apply');
    isOfBad('run --once');
    house.sql('UPDATE good_day SET n = n + 1');
    isOfBad('repair --from 2024-02-01 --to 2024-05-01');
    isOfBad('verify');
    house.correct();
    await house.mended(() => ['good', 'bad'].forEach((summary) => equalsItsRows(house, summary)));

    house.spoil(TWO);
    house.run('run --once', {code: 1});
    equalsItsRows(house, 'good');
    house.correct();
    await house.mended(() => ['good', 'bad'].forEach((summary) => equalsItsRows(house, summary)));
    house.run('verify', {code: 0});
});

/* The fault: values that a collation takes for the same were one, and good rows were left out with a bad one;
 * over two collations the search itself failed. */
onEach('bad rows: which row it is goes by bytes, whatever the collation', async (t, kind) => {
    const house = await BadHouse.on(kind, t, {apply: false,
        tables: `CREATE COLLATION loose (provider = icu, locale = 'und-u-ka-shifted', deterministic = false);
            CREATE TABLE ev(shop text, day text COLLATE loose, hour text COLLATE "POSIX") PARTITION BY LIST (shop);
            CREATE TABLE ev_0 PARTITION OF ev DEFAULT;`,
        spec: {sources: {ev: {from: 'ev', tenant: 'shop', time: "CAST(day || ' ' || hour AS timestamp)"}},
            summaries: {evs: {source: 'ev', grains: ['day'], measures: {n: 'count'}}}}});
    house.sql(`INSERT INTO ev SELECT 'tokyo', '2024-03-01', '10:00:0' || i FROM generate_series(0, 9) i`);
    house.sql(`INSERT INTO ev VALUES ('tokyo', '2024-03-0-1', '10:00:05'), ('tokyo', '20-24-03-01', 'x')`);
    for (const line of ['apply', 'rebuild --wait', 'verify']) {
        assert.match(house.run(line, {code: 1}).err, /2 rows whose tenant or time cannot be evaluated/);
        assert.equal(Number(house.value('SELECT sum(n) AS n FROM evs_day')), 10);
    }
}, {on: ['postgresql']});

/* A build that waits is a FAILED run that `status` shows, however long it waits. */
onEach('bad rows: the run of a build that waits is not forgotten', async (t, kind) => {
    const house = await DividedHouse.divided(kind, t, {keep_runs: '1000d'});
    house.spoil('1 = 1');
    house.run('apply', {code: 1});
    const run = house.control('trueup_run');
    const runs = (status) => Number(house.value(`SELECT count(*) AS n FROM ${run}
        WHERE status = '${status}' AND finished_at < '2021-01-01'`));
    house.shell(`UPDATE ${run} SET finished_at = '2020-01-01 00:00:00' WHERE status = 'FAILED';
        INSERT INTO ${run}(kind, status, started_at, finished_at)
        VALUES ('repair', 'COMPLETED', '2020-01-01 00:00:00', '2020-01-01 00:00:01')`);
    assert.deepEqual([runs('FAILED'), runs('COMPLETED')], [1, 1]);
    const daemon = house.start('run');
    await until('what is old to be forgotten', async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return runs('COMPLETED') === 0;
    });
    assert.equal(runs('FAILED'), 1);
    daemon.signal('SIGTERM');
    await daemon.end();
    assert.ok(house.json('status', {code: 1}).failing.some(({summary}) => summary === 'bad'));
});

/* ---- what the table does not take ---- */

const NARROW = {
    sqlite: `CREATE TRIGGER narrow BEFORE INSERT ON daily_day WHEN NEW.total > 30000 BEGIN
        SELECT RAISE(ABORT, 'total is out of range'); END`,
    postgresql: 'ALTER TABLE daily_day ALTER total TYPE smallint',
    mariadb: 'ALTER TABLE daily_day MODIFY total smallint',
};
const WIDE = {
    sqlite: 'DROP TRIGGER narrow',
    postgresql: 'ALTER TABLE daily_day ALTER total TYPE bigint',
    mariadb: 'ALTER TABLE daily_day MODIFY total bigint',
};

/* The fault: `rebuild --wait` and every later run end with 3, and folded_day is never mended. */
onEach('bad cells: rebuild and repair write everything else', async (t, kind) => {
    const house = await House.on(kind, t);
    house.sql(NARROW[kind]);
    house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-02 03:00:00', 1000000)`);
    for (const line of ['rebuild --wait', 'repair --from 2024-02-01 --to 2024-05-01']) {
        house.sql('UPDATE folded_day SET n = n + 1');
        const {err} = house.run(line, {code: 1});
        assert.match(err, /^trueup: summary daily: tenant tokyo: 2024-03-02: .*out of range/im);
        house.same('SELECT shop, bucket, n FROM folded_day', `SELECT s.shop, ${
            localBucket(kind, 'day', 's.at', 'h.off')}, count(*) FROM sale s JOIN shop h
                ON h.id = s.shop GROUP BY 1, 2`);
        assert.equal(house.run('run --once').code < 2, true);
    }
    assert.equal(house.json('verify').cells_drifted, 0);
    house.sql(WIDE[kind]);
    await until('the bucket to be tried again', () => house.run('run --once').code === 0 &&
        Object.keys(house.pending()).length === 0);
    house.isTrue();
});

/* A unique index of the user's own on a summary: two days of a shop may not have the same total. */
const REFUSED = /unique|duplicate/i;

/* The fault: such a row ends every command with 3, and everything else of its group waits. Of the two
 * days one has a row already, and one has none. */
onEach('bad cells: an index of the user\'s refuses two; the others are written', async (t, kind) => {
    const house = await FailingHouse.on(kind, t);
    house.sql('UPDATE sale SET amount = amount + 100000 * id');
    house.run('run --once', {code: 0});
    house.sql('CREATE UNIQUE INDEX mine ON daily_day(shop, total)');
    const total = (day) => Number(house.value(`SELECT coalesce(sum(total), 0) AS n FROM daily_day
        WHERE shop = 'tokyo' AND bucket = '${day}'`));
    const tokyo = () => house.sql(`SELECT * FROM daily_day WHERE shop = 'tokyo' ORDER BY bucket`);
    const before = tokyo();
    for (const day of ['2024-03-02', '2029-03-02'])
        house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '${day} 03:00:00',
            ${total('2024-03-03') - total(day)})`);
    house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-09 10:30:00', 5)`);
    for (const line of ['run --once', 'rebuild --wait', 'repair --from 2024-02-01 --to 2029-05-01']) {
        const {err} = house.run(line, {code: 1});
        assert.match(err, /summary daily: tenant tokyo: 20[0-9-]+: .*/m);
        assert.match(err, REFUSED);
        assert.deepEqual(tokyo(), before);
    }
    assert.deepEqual(house.failed(), ['daily tokyo 2024-03-02', 'daily tokyo 2029-03-02']);
    house.same('SELECT shop, bucket, n FROM folded_day', `SELECT s.shop, ${
        localBucket(kind, 'day', 's.at', 'h.off')}, count(*) FROM sale s JOIN shop h
        ON h.id = s.shop GROUP BY 1, 2`);
    house.sql(kind === 'mariadb' ? 'DROP INDEX mine ON daily_day' : 'DROP INDEX mine');
    await house.mended();
});
