/*
 * What is known to be unknown: an entry that says "anything may have changed" (weight 2, decision
 * 0010), and a bucket that its table cannot hold. Neither is drift, neither is hidden, and neither
 * holds up anything else.
 */
import assert from 'node:assert/strict';
import {begin, onServers} from './sessions.mjs';
import {House, Place, until} from './trueup.mjs';
import {localBucket} from './words.mjs';

const HISTORY = '--from 2024-02-01 --to 2024-05-01';

/* ---- anything may have changed ---- */

const TRUNCATED = `${begin('postgresql', 'REPEATABLE READ')}; SELECT count(*) FROM sale;
    TRUNCATE sale; COMMIT;
    INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-02 10:00:00', 4)`;

const weightsOf = (place, table) => place.sql(`SELECT DISTINCT trueup_weight AS w FROM
    ${place.control(`trueup_change_${table}`)}`).map(({w}) => w);

/* The fault: verify and repair call it drift, an alarm that wakes somebody, while it is only a
 * change that waits to be settled like any other. */
function waits(place, table) {
    assert.ok(weightsOf(place, table).includes(2), `weights ${weightsOf(place, table)}`);
    const verify = place.json('verify', {code: 0});
    assert.equal(verify.cells_drifted, 0);
    assert.ok(verify.cells_pending > 0);
    assert.match(place.run('verify', {code: 0}).out, /waiting for changes to be settled/);
    assert.ok(place.json('status').summaries.every(({pending}) => pending > 0));
    assert.equal(place.json(`repair ${HISTORY}`).cells_drifted, 0, 'repair calls it drift');
}

const nobodyDrifted = (place) =>
    assert.ok(place.json('status').summaries.every(({drift}) => drift === 0));

/* It removes rows that its snapshot does not see, so their images cannot be had. */
onServers('unsure: TRUNCATE at REPEATABLE READ waits, is no drift, and is settled',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 5});
    house.sql(TRUNCATED);
    waits(house, 'sale');
    assert.equal(house.json('run --once', {code: 0}).cells_drifted, 0);
    house.isTrue();
    nobodyDrifted(house);
}, {on: ['postgresql']});

/* A text that the log, made when the column was latin1, cannot hold: the trigger's handler. The
 * table is unguarded besides, since its column was retyped. */
onServers('unsure: a text that the log cannot hold waits, is no drift, and is settled',
    async (t, kind) => {
    const place = await Place.on(kind, t);
    place.sql(`CREATE TABLE thing(id BIGINT AUTO_INCREMENT PRIMARY KEY, at DATETIME, amount INT,
        kind VARCHAR(20) CHARACTER SET latin1);
        INSERT INTO thing(at, kind, amount) VALUES ('2024-03-01 10:00:00', 'a', 1),
            ('2024-03-02 10:00:00', 'b', 2)`);
    place.spec({sources: {thing: {from: 'thing', time: 'at'}}, summaries: {things: {
        source: 'thing', grains: ['day'], dimensions: {kind: 'kind'},
        measures: {n: 'count', most: 'max(amount)'}}}});
    place.run('apply', {code: 0});
    const isRight = () => place.same('SELECT bucket, kind, n, most FROM things_day',
        'SELECT DATE(at), kind, count(*), max(amount) FROM thing GROUP BY 1, 2');
    place.sql(`ALTER TABLE thing MODIFY kind VARCHAR(20) CHARACTER SET utf8mb4;
        UPDATE thing SET kind = '日本' WHERE id = 1`);
    waits(place, 'thing');
    assert.equal(place.json('run --once', {code: 1}).cells_drifted, 0);
    isRight();
    nobodyDrifted(place);
    place.run('apply', {code: 0});
    place.sql(`UPDATE thing SET kind = '語', amount = 9`);
    place.run('run --once', {code: 0});
    isRight();
    place.isQuiet();
}, {on: ['mariadb']});

/* A rolled back one was never there. */
onServers('unsure: an entry that is rolled back asks for nothing', async (t, kind) => {
    const house = await House.on(kind, t, {days: 3});
    house.sql(`${begin(kind, 'REPEATABLE READ')}; SELECT count(*) FROM sale; TRUNCATE sale;
        ROLLBACK`);
    assert.deepEqual(weightsOf(house, 'sale'), []);
    house.isTrue();
}, {on: ['postgresql']});

/* ---- what the table cannot hold ---- */

/* Somebody narrowed a summary's column; a value comes that it cannot hold. */
const COLUMN = {
    postgresql: (type) => `ALTER TABLE daily_day ALTER total TYPE ${type}`,
    mariadb: (type) => `ALTER TABLE daily_day MODIFY total ${type}`,
};
const ELSEWHERE = `UPDATE sale SET amount = amount + 1 WHERE shop <> 'tokyo';
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-02 10:00:00', 5),
        ('tokyo', '2024-03-04 03:00:00', 6)`;

/* All buckets of daily_day but that of the one row. */
const OTHERS = {
    stored: `SELECT shop, bucket, n, total FROM daily_day
        WHERE NOT (shop = 'tokyo' AND bucket = '2024-03-02')`,
    truth: (day) => `SELECT * FROM (SELECT s.shop, ${day} AS bucket, count(*) AS n,
        sum(amount) AS total FROM sale s JOIN shop h ON h.id = s.shop GROUP BY 1, 2) AS q
        WHERE NOT (shop = 'tokyo' AND bucket = '2024-03-02')`,
};

async function parkedHouse(t, kind) {
    const house = await House.on(kind, t, {days: 5});
    house.sql(COLUMN[kind]('smallint'));
    house.sql(`INSERT INTO sale(id, shop, at, amount) VALUES (9000, 'tokyo',
        '2024-03-02 03:00:00', 1000000); ${ELSEWHERE}`);
    return house;
}

/* What waits is tried again after a second, then later: run until nothing does. */
const settlesInTime = (house) => until('the parked bucket to be tried again', () =>
    house.run('run --once').code === 0 &&
    house.value(`SELECT count(*) AS n FROM trueup_parked`) === 0);

/* The fault: one bucket that cannot be written fails the whole run, for ever, and nobody else's
 * changes are settled. */
onServers('parked: a bucket that its column cannot hold, everything else is settled',
    async (t, kind) => {
    const house = await parkedHouse(t, kind);
    const {err} = house.run('run --once', {code: 1});
    assert.match(err, /^trueup: summary daily: (tenant tokyo: )?[^\n]*(out of range|overflow)/im);
    const parked = house.sql(`SELECT summary, tenant, bucket, attempts, error FROM
        trueup_parked`);
    assert.deepEqual(parked.map(({summary, tenant}) => `${summary} ${tenant}`), ['daily tokyo']);
    assert.match(`${parked[0].bucket}`, /^2024-03-02/);
    assert.ok(parked[0].attempts >= 1);
    assert.match(parked[0].error, /range|overflow/i);
    const {summaries} = house.json('status', {code: 1});
    assert.deepEqual(summaries.map(({summary, parked: n}) => [summary, n]),
        [['daily', 1], ['folded', 0]]);

    /* Its neighbours are settled, now and with the next changes. */
    const day = localBucket(kind, 'day', 's.at', 'h.off');
    for (let i = 0; i < 2; i++) {
        house.same(OTHERS.stored, OTHERS.truth(day));
        assert.equal(house.json('verify', {code: 0}).cells_drifted, 0, 'it waits, it is no drift');
        house.sql(ELSEWHERE);
        house.run('run --once');
    }

    house.sql(COLUMN[kind]('bigint'));
    await settlesInTime(house);
    house.isTrue();
    house.json('status', {code: 0});
});

onServers('parked: the row that was too large goes, and the bucket is settled', async (t, kind) => {
    const house = await parkedHouse(t, kind);
    house.run('run --once', {code: 1});
    house.sql('DELETE FROM sale WHERE id = 9000');
    house.run('run --once', {code: 0});
    house.isTrue();
});

/* The fault: a rebuild that says nothing, or that hinders settling from then on. */
onServers('parked: a rebuild and a repair name it, and others are settled all the same',
    async (t, kind) => {
    const house = await parkedHouse(t, kind);
    const day = localBucket(kind, 'day', 's.at', 'h.off');
    for (const line of [`repair ${HISTORY}`, 'rebuild --wait']) {
        const {code, err} = house.run(line);
        assert.ok(code === 1 || code === 3, `${line}: ${code}: ${err}`);
        assert.match(err, /range|overflow/i, line);
        house.sql(ELSEWHERE);
        house.run('run --once');
        house.same(OTHERS.stored, OTHERS.truth(day));
    }
    house.sql(COLUMN[kind]('bigint'));
    house.run('rebuild --wait', {code: 0});
    await settlesInTime(house);
    house.isTrue();
});
