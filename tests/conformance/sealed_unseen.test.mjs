/*
 * What is sealed cannot be mended, so before it is: what is not captured is repaired, and a clock that jumped
 * is not believed.
 */
import assert from 'node:assert/strict';
import {conformTo} from './conformance.mjs';
import {Retention} from './retention.mjs';

const ZONES = {utc: 'UTC', kolkata: 'Asia/Kolkata', kiritimati: 'Pacific/Kiritimati'};
const HOUR_MS = 3_600_000;
const daysAgo = (days) => new Date(Math.floor(Date.now() / 1000) * 1000 - days * 24 * HOUR_MS)
    .toISOString().slice(0, 19).replace('T', ' ');

/* A row in five hours of each shop, over 400 days. */
function sales() {
    const rows = [];
    for (const shop of Object.keys(ZONES))
        for (let hours = 3; hours < 24 * 400; hours += 5)
            rows.push([shop, daysAgo(hours / 24), (hours * 31) % 50]);
    return rows.map((row, i) => [i + 1, ...row]);
}

const house = ({capture, refresh}) => ({
    tables: `CREATE TABLE shop(id {name} PRIMARY KEY, tz {text});
        CREATE TABLE sale(id {id}, shop {name}, at {instant}, amount {integer});`,
    rows: {shop: Object.entries(ZONES), sale: sales()},
    spec: () => ({
        tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
        sources: {sale: {from: 'sale', time: 'at', tenant: 'shop', capture}},
        summaries: {
            hourly: {source: 'sale', grains: ['hour', 'day'],
                measures: {n: 'count', total: 'sum(amount)'}},
            kinds: {source: 'sale', grains: ['day'], measures: {kinds: 'count_distinct(amount)'}},
        },
        refresh: structuredClone(refresh), /* tests change it */
    }),
});

/* Nobody sees these, and no window reaches so far back. */
const UNSEEN = `UPDATE sale SET amount = amount + 100 WHERE id % 7 = 0 AND at < '${daysAgo(60)}';
    DELETE FROM sale WHERE id % 11 = 0 AND at < '${daysAgo(100)}'`;

for (const [how, memory] of [['at once', '64MiB'], ['in parts', '1MiB']])
    conformTo(`sealed: what is not captured is repaired first, ${how}`,
        house({capture: 'none', refresh: {memory}}), (place) => {
            const retention = new Retention(place, ZONES);
            place.run('apply', {code: 0});
            place.run('run --once', {code: 0});
            place.shell(UNSEEN);
            place.wanted.refresh.sealed_after = {hour: '50d', day: '50d'};
            place.spec(place.wanted);
            place.run('run --once', {code: 0});
            retention.holds('sealed as the source has it');
            const sealed = retention.boundaries();
            for (const name of ['hourly hour', 'hourly day', 'kinds day'])
                assert.ok(Date.parse(sealed.get(name).sealed) > Date.now() - 53 * 24 * HOUR_MS, name);
            const {drift} = place.json('verify', {code: 0});
            assert.deepEqual(drift, []);
            /* From now on they stay. */
            place.shell(`DELETE FROM sale WHERE at < '${daysAgo(80)}'`);
            place.run('run --once', {code: 0});
            place.run('rebuild --wait', {code: 0});
            retention.holds('and stays');
        });

conformTo('sealed and removed: a clock that jumped is not believed',
    house({capture: 'triggers', refresh: {keep: {hour: '300d'}, sealed_after: {day: '300d'}}}),
    (place) => {
        const retention = new Retention(place, ZONES);
        place.run('apply', {code: 0});
        retention.settles('built');
        const before = retention.boundaries();
        const shorten = (days) => {
            place.wanted.refresh = {keep: {hour: `${days}d`}, sealed_after: {day: `${days}d`}};
            place.spec(place.wanted);
        };
        /* As it looks to whoever comes when the clock has gone ahead: it was seen long ago. */
        place.shell(`UPDATE ${place.control('trueup_moment')} SET at = '${daysAgo(50)}'
            WHERE kind = 'clock'`);
        shorten(200);
        const {err} = place.run('run --once', {code: 1});
        assert.match(err, /clock says .*, \d+ days after it was seen last: nothing is sealed/);
        assert.match(err, /run `trueup run --once --clock-is-right`/);
        assert.deepEqual(retention.boundaries(), before);
        place.run('run --clock-is-right', {code: 2});
        place.run('run --once --clock-is-right', {code: 0});
        retention.settles('it was right');
        const after = retention.boundaries();
        assert.ok(after.get('hourly hour').removed > before.get('hourly hour').removed);
        assert.ok(after.get('kinds day').sealed > before.get('kinds day').sealed);

        /* And one that is not this host's. */
        shorten(100);
        assert.match(place.run('run --once', {code: 1, env: {TRUEUP_NOW: String(3 * 86_400)}}).err,
            /clock says .*, that of this host .*: nothing is sealed/);
        assert.deepEqual(retention.boundaries(), after);
        retention.settles('as before');
        assert.ok(retention.boundaries().get('kinds day').sealed > after.get('kinds day').sealed);
    });

/* A day of the past that everybody's clock is through with. */
const past = (days, hour = 12) => `${daysAgo(days).slice(0, 10)} ${String(hour).padStart(2, '0')}:00:00`;
const sealedBelow = (retention) => retention.boundaries().get('huge day')?.sealed ?? '0000-00-00';

/* Two of these in one bucket are more than a sum can hold. */
const HUGE = '9000000000000000000';
const huge = {
    tables: `CREATE TABLE shop(id {name} PRIMARY KEY, tz {text});
        CREATE TABLE sale(id {id}, shop {name}, at {instant}, amount {integer});`,
    rows: {shop: [['utc', 'UTC']], sale: sales().filter(([, shop]) => shop === 'utc')},
    spec: () => ({
        tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
        sources: {sale: {from: 'sale', time: 'at', tenant: 'shop', capture: 'none'}},
        summaries: {huge: {source: 'sale', grains: ['day'], measures: {n: 'count',
            total: `sum(CASE WHEN amount = 777 THEN ${HUGE} ELSE 0 END)`}}},
        refresh: {attempts: 3},
    }),
};

conformTo('sealed: what fails when it is repaired is not passed, until it is right', huge, (place) => {
    const retention = new Retention(place, {utc: 'UTC'});
    place.run('apply', {code: 0});
    place.run('run --once', {code: 0});
    place.shell(`UPDATE sale SET amount = 777 WHERE at >= '${past(100, 0)}' AND at < '${past(99, 0)}'`);
    place.wanted.refresh = {attempts: 3, sealed_after: {day: '50d'}};
    place.spec(place.wanted);
    assert.match(place.run('run --once', {code: 1}).err, /huge/);
    assert.ok(sealedBelow(retention) <= past(100).slice(0, 10), sealedBelow(retention));
    place.shell('UPDATE sale SET amount = 1 WHERE amount = 777');
    /* A bucket waits for its next try, so it is asked for. */
    const until = Date.now() + 120_000;
    while (sealedBelow(retention) < past(60).slice(0, 10)) {
        assert.ok(Date.now() < until, 'it is never sealed');
        place.run('run --once');
    }
    assert.deepEqual(place.sql(`SELECT total AS total FROM huge_day WHERE total <> 0`), []);
    retention.holds('sealed as it is right');
});

conformTo('sealed: what fails for ever holds nobody up', huge, (place) => {
    const retention = new Retention(place, {utc: 'UTC'});
    place.run('apply', {code: 0});
    place.run('run --once', {code: 0});
    place.shell(`UPDATE sale SET amount = 777 WHERE at >= '${past(100, 0)}' AND at < '${past(99, 0)}'`);
    place.wanted.refresh = {attempts: 1, sealed_after: {day: '50d'}};
    place.spec(place.wanted);
    const until = Date.now() + 120_000;
    while (sealedBelow(retention) < past(60).slice(0, 10)) {
        assert.ok(Date.now() < until, 'it is never sealed');
        place.run('run --once', {code: 1});
    }
});

/* Days of more cells than memory holds: they are sealed tenant by tenant. */
const DAYS = 3;
const CELLS = 4100;
function large() {
    const rows = [];
    for (let day = 0; day < DAYS; day++)
        for (let n = 0; n < CELLS; n++)
            for (const shop of ['a', 'b', 'c'])
                rows.push([`${shop}${day}`, past(100 + day), n]);
    return rows.map((row, i) => [i + 1, ...row]);
}

conformTo('sealed: what is not captured, a day in slices', {
    tables: `CREATE TABLE shop(id {name} PRIMARY KEY, tz {text});
        CREATE TABLE sale(id {id}, shop {name}, at {instant}, amount {integer});`,
    rows: {shop: [...'abc'].flatMap((shop) => Array.from({length: DAYS},
        (_, day) => [`${shop}${day}`, 'UTC'])), sale: large()},
    spec: () => ({
        tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
        sources: {sale: {from: 'sale', time: 'at', tenant: 'shop', capture: 'none'}},
        summaries: {kinds: {source: 'sale', grains: ['day'], dimensions: {amount: 'amount'},
            measures: {n: 'count'}}},
        refresh: {memory: '1MiB'},
    }),
}, (place) => {
    const zones = Object.fromEntries([...'abc'].flatMap((shop) => Array.from({length: DAYS},
        (_, day) => [`${shop}${day}`, 'UTC'])));
    const retention = new Retention(place, zones);
    place.run('apply', {code: 0});
    place.wanted.refresh = {memory: '1MiB', sealed_after: {day: '50d'}};
    place.spec(place.wanted);
    place.run('run --once', {code: 0});
    retention.holds('sealed in slices');
    assert.ok(retention.boundaries().get('kinds day').sealed > past(60).slice(0, 10));
});
