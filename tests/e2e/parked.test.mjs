/*
 * What cannot be written is set aside, told, and tried again, on every database: whatever a query
 * takes, and whatever the clock said when it failed.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {onEach} from './daemons.mjs';
import {onAll} from './keyed.mjs';
import {until} from './processes.mjs';
import {HOUSE_SPEC} from './trueup.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* Longer than a daemon's visit to a group (1 s), at least on this machine at this moment. */
const SLOW_S = 1.2;

/* How many steps of a recursion take so long here. */
function slowSteps() {
    for (let n = 1_000_000;; n *= 2) {
        const began = Date.now();
        const {status} = spawnSync('sqlite3', [':memory:', `WITH RECURSIVE s(n) AS (SELECT 1 UNION
            ALL SELECT n + 1 FROM s LIMIT ${n}) SELECT count(*) FROM s`]);
        assert.equal(status, 0);
        if (Date.now() - began > SLOW_S * 1000)
            return n;
    }
}

/* A table `slow` whose only row says how long `delay` takes: nothing, at first. */
const DELAYS = {
    sqlite: {type: 'INTEGER', none: 1, most: slowSteps, delay: `(WITH RECURSIVE s(n) AS
        (SELECT 1 UNION ALL SELECT n + 1 FROM s LIMIT (SELECT m FROM slow)) SELECT count(*) FROM s)`},
    postgresql: {type: 'double precision', none: 0, most: () => SLOW_S,
        delay: '(SELECT count(*) FROM slow, pg_sleep(m))'},
    mariadb: {type: 'DOUBLE', none: 0, most: () => SLOW_S, delay: '(SELECT SLEEP(m) FROM slow)'},
};

const parked = (place) => place.sql(
    `SELECT * FROM ${place.control('trueup_pending').replace('pending', 'parked')}`);

/* The fault: what is to be set aside is known to one visit only, and a visit ends after a second. */
onEach('a key that a table does not take is parked though its query takes long, and holds nobody up',
    async (place, kind) => {
        const {type, none, most, delay} = DELAYS[kind];
        place.shell(place.say(`CREATE TABLE u(k {integer}, n {integer});
            INSERT INTO u VALUES (1, 1), (2, 2), (3, 3);
            CREATE TABLE slow(m ${type}); INSERT INTO slow VALUES (${none});`));
        place.spec({summaries: {ks: {
            key: {k: 'integer'},
            keys: 'SELECT DISTINCT k FROM u',
            query: `SELECT w.k, max(x.n) + 0 * max(d.d) AS n FROM (SELECT ${delay} AS d) d
                JOIN {keys} w ON 1 = 1 LEFT JOIN u x ON x.k = w.k GROUP BY w.k`,
            depends_on: {u: {columns: ['k', 'n'], keys: 'SELECT r.k FROM {row} r'},
                slow: {keys: 'SELECT r.k FROM u r JOIN {row} s ON 0 = 1'}},
        }}});
        place.run('apply', {code: 0});
        place.shell(`CREATE UNIQUE INDEX ks_n ON ks(n); UPDATE slow SET m = ${most()}`);
        place.shell('UPDATE u SET n = 3 WHERE k = 1'); /* the bad key is the oldest */
        place.shell('UPDATE u SET n = 12 WHERE k = 2');
        const daemon = await place.daemon();
        await until('the bad one to be parked, the good one to be right', async () => {
            await wait(100);
            return parked(place).length === 1 &&
                place.value('SELECT n FROM ks WHERE k = 2') === 12;
        });
        assert.equal(String(parked(place)[0].key), 'k=1');
        await daemon.stop();
    }, {apply: false, days: 0});

/* The fault: what is set aside is the oldest key that is due, and another one became the oldest between the
 * turn that failed and the one that parks. */
onEach('only the key that failed is parked when an older one becomes due', async (place) => {
    place.shell(place.say(`CREATE TABLE u(k {integer}, n {integer});
        INSERT INTO u VALUES (1, 1), (2, 2), (3, 3)`));
    place.spec({summaries: {ks: {key: {k: 'integer'}, keys: 'SELECT DISTINCT k FROM u',
        query: 'SELECT w.k, max(x.n) AS n FROM {keys} w LEFT JOIN u x ON x.k = w.k GROUP BY w.k',
        depends_on: {u: {columns: ['k', 'n'], keys: 'SELECT r.k FROM {row} r'}}}}});
    place.run('apply', {code: 0});
    place.shell('CREATE UNIQUE INDEX ks_n ON ks(n); UPDATE u SET n = 3 WHERE k = 1');
    /* The first turn names the key, the second computes it, and is refused. */
    const worker = await place.pausedAt('cells.computed:2', 'run --once');
    place.shell(`UPDATE ${place.control('trueup_state_ks')}
        SET trueup_invalid_since = '2000-01-01T00:00:00${place.kind === 'mariadb' ? '' : 'Z'}'
        WHERE k = 2`);
    await worker.go().end(1);
    assert.deepEqual(parked(place).map(({key}) => String(key)), ['k=1']);
    assert.equal(place.value('SELECT n FROM ks WHERE k = 2'), 2);
}, {apply: false, days: 0});

/* A thousand rows of a day take longer than a visit. */
const PER_ROW = {
    sqlite: `length(replace(hex(zeroblob(40000 + amount % 9)), '0', '11')) * 0`,
    postgresql: `length(replace(repeat('0', CAST(25000 + amount % 9 AS int)), '0', '11')) * 0`,
    mariadb: `length(replace(repeat('0', 1500 + amount % 9), '0', '11')) * 0`,
};

/* The same of a bucket, whose turns fail in three manners before it is set aside. */
onEach('a bucket that a table does not take is parked though it takes long to count',
    async (house, kind) => {
        const spec = structuredClone(HOUSE_SPEC);
        spec.summaries = {daily: {...spec.summaries.daily, grains: ['day'],
            measures: {n: 'count', most: `max(amount + ${PER_ROW[kind]})`}}};
        house.shell(`INSERT INTO sale(shop, at, amount) SELECT 'tokyo', '2024-02-02 10:00:00',
            a.amount FROM sale a CROSS JOIN (SELECT 1 AS one FROM sale ORDER BY id LIMIT 4) b
            WHERE a.shop = 'tokyo'; UPDATE sale SET amount = amount + id * 100`);
        house.spec(spec);
        house.run('apply', {code: 0});
        house.shell('CREATE UNIQUE INDEX daily_most ON daily_day(most)');
        for (const [most, day] of [[700001, '03-01'], [700001, '02-02'], [800000, '03-02']])
            house.shell(`INSERT INTO sale(shop, at, amount)
                VALUES ('tokyo', '2024-${day} 01:00:00', ${most})`);
        const daemon = await house.daemon();
        const days = (most) => house.value(`SELECT count(*) FROM daily_day WHERE most = ${most}`);
        await until('the bad one to be parked, the good one to be right', async () => {
            await wait(100);
            return parked(house).length === 1 && days(800000) === 1;
        });
        assert.equal(days(700001), 1);
        await daemon.stop();
    }, {apply: false, days: 30});

/* ---- what cannot even be set aside ---- */

/* A state's error cannot be written. */
const refuseErrors = (kind, state) => kind !== 'sqlite'
    ? `ALTER TABLE ${state} ADD CONSTRAINT no_error CHECK (trueup_error IS NULL)`
    : ['INSERT', 'UPDATE'].map((what) => `CREATE TRIGGER no_error_${what} BEFORE ${what}
        ON ${state} WHEN NEW.trueup_error IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'no_error'); END;`).join('\n');

/* The fault: the key is computed, refused and not set aside, again and again, without an end. */
onAll('run --once ends although a key that failed cannot be set aside', (place, kind) => {
    place.begin();
    const {sql: state} = place.database.tables().find(({name}) =>
        name.startsWith('trueup_') && name.endsWith('gaq'));
    place.shell(`CREATE UNIQUE INDEX gaq_worst ON gaq(worst);
        UPDATE flag SET bad = 0 WHERE id = 1; ${refuseErrors(kind, state)}`);
    const {err} = place.run('run --once', {code: 3});
    assert.match(err, /summary gaq: a key that failed cannot be set aside: .*no_error/);
    place.shell('DROP INDEX gaq_worst' + (kind === 'mariadb' ? ' ON gaq' : ''));
    place.settles();
});

/* ---- clocks ---- */

/* The fault: what failed while a clock was ahead is not tried before that time has come. */
const AHEAD = {TRUEUP_NOW: String(10 * 86_400)};

onAll('a key that failed while the clock was ahead is tried when it is set right', (place, kind) => {
    place.begin();
    place.shell(`CREATE UNIQUE INDEX gaq_worst ON gaq(worst); UPDATE flag SET bad = 0 WHERE id = 1`);
    place.run('run --once', {code: 1, env: AHEAD});
    assert.equal(parked(place).length, 1);
    place.shell('DROP INDEX gaq_worst' + (kind === 'mariadb' ? ' ON gaq' : ''));
    place.settles();
    assert.equal(parked(place).length, 0);
});

/* Two buckets of which the table takes one; and then both. */
const SPOIL = `CREATE UNIQUE INDEX daily_most ON daily_day(shop, most);`;
const forgive = (kind) => `DROP INDEX daily_most${kind === 'mariadb' ? ' ON daily_day' : ''}`;
function spoil(house, env) {
    house.shell(`UPDATE sale SET amount = id; DELETE FROM sale WHERE shop <> 'tokyo'`);
    house.run('run --once', {code: 0});
    house.shell(`${SPOIL} UPDATE sale SET amount = 700
        WHERE id IN (SELECT id FROM (SELECT min(id) AS id FROM sale UNION ALL
            SELECT max(id) FROM sale) AS ends)`);
    house.run('run --once', {code: 1, env});
    assert.ok(parked(house).length > 0);
}

onEach('a bucket that failed while the clock was ahead is tried when it is set right',
    (house, kind) => {
        spoil(house, AHEAD);
        house.shell(forgive(kind));
        house.settles();
        assert.equal(parked(house).length, 0);
    });

/* ---- who is told ---- */

const failedRuns = (place) => place.json('runs', {code: 0}).runs
    .filter(({kind, status}) => kind === 'settle' && status === 'FAILED');
const stateOf = (place, summary) => place.json('status').summaries
    .find((each) => each.summary === summary).state;

/* The fault: a run log in which everything went well, and a summary that is "right" beside what failed. */
onEach('what failed in settling is a row of the run log, once, and a summary that is failing',
    (house, kind) => {
        spoil(house, {TRUEUP_NOW: '-3600'}); /* its next attempt is due at once */
        const [run, ...more] = failedRuns(house);
        assert.deepEqual(more, []);
        assert.deepEqual([run.summary, run.tenant], ['daily', 'tokyo']);
        assert.match(run.error, /^2024-\d\d-\d\d: .*daily_(most|day)/s);
        assert.equal(stateOf(house, 'daily'), 'failing');
        assert.equal(stateOf(house, 'folded'), 'right');
        house.run('run --once', {code: 1});
        assert.equal(failedRuns(house).length, 1, 'trueup_parked counts the attempts');
        const n = parked(house).length;
        house.shell('UPDATE sale SET amount = 700');
        house.run('run --once', {code: 1});
        assert.ok(parked(house).length > n + 1);
        assert.equal(failedRuns(house).length, 1, 'it fails already');
        house.shell(forgive(kind));
        house.run('run --once', {code: 0, env: {TRUEUP_NOW: '3600'}});
        assert.equal(stateOf(house, 'daily'), 'right');
    });

onAll('a key that failed is a row of the run log, and a summary that is failing', (place) => {
    place.begin();
    place.shell(`CREATE UNIQUE INDEX gaq_worst ON gaq(worst); UPDATE flag SET bad = 0 WHERE id = 1`);
    place.run('run --once', {code: 1});
    const [run, ...more] = failedRuns(place);
    assert.deepEqual(more, []);
    assert.equal(run.summary, 'gaq');
    assert.match(run.error, /^pass=1,run=106: /);
    assert.equal(stateOf(place, 'gaq'), 'failing');
});

/* The fault: what waits for a tenant whose zone was wrong waits on when the zone is right. */
onEach('a bucket of a tenant whose zone is corrected does not wait any longer', (house, kind) => {
    spoil(house, {TRUEUP_NOW: '3600'}); /* its next attempt lies ahead, by as much as may be */
    house.shell(`${forgive(kind)}; UPDATE shop SET tz = 'Nowhere/There' WHERE id = 'tokyo'`);
    house.run('run --once', {code: 1});
    house.shell(`UPDATE shop SET tz = 'Asia/Tokyo' WHERE id = 'tokyo'`);
    house.run('run --once', {code: 0});
    assert.equal(parked(house).length, 0);
    house.isTrue();
});

/* The fault: who mends what stood in the way and repairs is told for up to an hour that it fails. */
for (const command of ['repair --from 2024-01-01 --to 2024-04-01', 'rebuild --wait'])
    onEach(`a bucket that failed is tried again after ${command.split(' ')[0]}`, (house, kind) => {
        spoil(house, {TRUEUP_NOW: '3600'}); /* its next attempt lies ahead, by as much as may be */
        house.shell(forgive(kind));
        house.run('run --once', {code: 0});
        assert.ok(parked(house).length > 0);
        house.run(command, {code: 0});
        house.run('run --once', {code: 0});
        assert.equal(parked(house).length, 0);
        house.isTrue();
    });
