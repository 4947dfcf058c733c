/*
 * Every grain, on every kind of clock: tenants with zones, one zone for all, local dates.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {conform, conformTo, equalsOracle} from './conformance.mjs';
import {showInstant} from './clock.mjs';

const ALL = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];
const COUNTED = {n: 'count', total: 'sum(amount)'};

const SALE = `CREATE TABLE sale(id {id}, shop {name}, at {instant}, amount {integer});
    CREATE INDEX sale_place ON sale(shop, at);`;
const SHOP = 'CREATE TABLE shop(id {name} PRIMARY KEY, tz {text}, active {integer});';

/* Zones whose days are odd, with a moment at which they are. */
const SHOPS = [
    ['apia', 'Pacific/Apia', '2011-12-30T09:00:00Z'],
    ['johns', 'America/St_Johns', '2010-11-07T02:00:00Z'],
    ['howe', 'Australia/Lord_Howe', '2024-04-06T14:00:00Z'],
    ['howe2', 'Australia/Lord_Howe', '2024-10-05T14:00:00Z'],
    ['beirut', 'Asia/Beirut', '2022-10-29T20:00:00Z'],
    ['kolkata', 'Asia/Kolkata', '2023-12-31T18:00:00Z'],
    ['kathmandu', 'Asia/Kathmandu', '2024-02-28T18:15:00Z'],
    ['berlin', 'Europe/Berlin', '2024-10-27T00:30:00Z'],
    ['kiritimati', 'Pacific/Kiritimati', '2023-12-31T10:00:00Z'],
    ['niue', 'Pacific/Niue', '2024-01-01T11:00:00Z'],
    ['casey', 'Antarctica/Casey', '2010-03-04T15:00:00Z'],
    ['utc', 'UTC', '2024-12-31T23:00:00Z'],
];

const plain = (us) => showInstant(us).replace('T', ' ').replace('Z', '');

/* Instants around the moment: every 10 minutes for some hours, and single ones further away. */
function salesOf([shop, , moment]) {
    const middle = BigInt(Date.parse(moment)) * 1000n;
    const rows = [];
    for (let step = -20; step <= 20; step++)
        rows.push([shop, plain(middle + BigInt(step) * 600_000_000n), step * 7]);
    for (const days of [-400, -95, -32, -8, -2, 2, 8, 33, 94, 401])
        rows.push([shop, plain(middle + BigInt(days) * 86_400_000_000n - 1n), days]);
    return rows;
}

const SALES = SHOPS.flatMap(salesOf).map((row, i) => [i + 1, ...row]);
const CHANGES = [
    `UPDATE sale SET amount = amount * 3 + 1 WHERE id % 5 = 0`,
    `UPDATE sale SET at = '2024-03-31 00:59:59.999999' WHERE id % 41 = 0`,
    `UPDATE sale SET shop = 'howe' WHERE shop = 'utc' AND id % 2 = 0`,
    `DELETE FROM sale WHERE id % 7 = 0`,
];

conform([
    {
        name: 'every grain, one zone for all',
        tables: SALE,
        rows: {sale: SALES.slice(0, 250)},
        spec: {
            time_zone: 'Europe/Berlin',
            sources: {sale: {from: 'sale', time: 'at'}},
            summaries: {s: {source: 'sale', grains: ALL, measures: COUNTED}},
        },
        changes: CHANGES,
    },
    {
        name: 'every grain, no zone said',
        tables: SALE,
        rows: {sale: SALES},
        spec: {
            sources: {sale: {from: 'sale', time: 'at', tenant: 'shop'}},
            summaries: {s: {source: 'sale', grains: ALL, measures: COUNTED}},
        },
        changes: CHANGES.slice(0, 2),
    },
    {
        name: 'every grain, tenants on odd clocks: folded',
        tables: `${SHOP} ${SALE}`,
        rows: {shop: SHOPS.map(([id, zone]) => [id, zone, 1]), sale: SALES},
        spec: {
            tenants: {table: 'shop', key: 'id', time_zone: 'tz', where: 'active = 1'},
            sources: {sale: {from: 'sale', tenant: 'shop', time: 'at'}},
            summaries: {s: {source: 'sale', grains: ALL, measures: COUNTED}},
        },
        changes: [...CHANGES, `UPDATE shop SET active = 0 WHERE id = 'apia'`,
            `UPDATE shop SET tz = 'America/New_York' WHERE id = 'berlin'`],
    },
    {
        name: 'every grain, tenants on odd clocks: recomputed',
        tables: `${SHOP} ${SALE}`,
        rows: {shop: SHOPS.map(([id, zone]) => [id, zone, 1]), sale: SALES},
        spec: {
            tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
            sources: {sale: {from: 'sale', tenant: 'shop', time: 'at'}},
            summaries: {s: {source: 'sale', grains: ALL, columns: {tenant: 'shop', bucket: {
                minute: 'at', hour: 'at', day: 'date', week: 'monday', month: 'month',
                quarter: 'quarter', year: 'year'}}, table: 'sales_per_{grain}',
            measures: {least: 'min(amount)', most: 'max(amount)',
                kinds: 'count_distinct(amount)'}}},
        },
        changes: CHANGES,
    },
    {
        /* Nothing that must be read from the rows: longer periods are made of the stored hours. */
        name: 'every grain, tenants on odd clocks: made of finer cells',
        tables: `${SHOP} ${SALE}`,
        rows: {shop: SHOPS.map(([id, zone]) => [id, zone, 1]), sale: SALES},
        spec: {
            tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
            sources: {sale: {from: 'sale', tenant: 'shop', time: 'at'}},
            summaries: {s: {source: 'sale', grains: ALL.slice(1),
                measures: {least: 'min(amount)', most: 'max(amount)'}}},
        },
        changes: [...[7, 21, 22, 36].map((i) =>
            `UPDATE sale SET amount = amount + 10000 WHERE id % 51 = ${i}`), ...CHANGES],
    },
    {
        name: 'local dates: no zone is applied',
        tables: `${SHOP} CREATE TABLE visit(id {id}, shop {name}, day {date}, amount {integer});`,
        rows: {
            shop: [['apia', 'Pacific/Apia', 1], ['niue', 'Pacific/Niue', 1]],
            visit: ['2011-12-29', '2011-12-30', '2011-12-31', '2024-02-29', '2024-12-30',
                '2025-01-05',
                '1970-01-01', '1969-12-31', '2000-02-28']
                .flatMap((day, i) => [[2 * i + 1, 'apia', day, i], [2 * i + 2, 'niue', day, -i]]),
        },
        spec: {
            tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
            sources: {visit: {from: 'visit', tenant: 'shop', time: 'day', time_unit: 'date'}},
            summaries: {s: {source: 'visit', grains: ALL.slice(2), measures: COUNTED}},
        },
        changes: [`UPDATE visit SET day = '2024-01-01' WHERE id % 3 = 0`, `DELETE FROM visit
            WHERE day = '2011-12-30'`, `UPDATE visit SET day = NULL WHERE id = 1`],
    },
]);

/* ---- local days that four independent implementations agree on ---- */

const DAYS = fs.readFileSync(new URL('../unit/data/tz_days.tsv', import.meta.url), 'utf8')
    .split('\n').slice(1).filter(Boolean).map((line) => line.split('\t'))
    .map(([zone, date, start, end]) => ({zone, date,
        start: BigInt(Date.parse(start)) * 1000n, end: BigInt(Date.parse(end)) * 1000n}))
    .filter(({start, end}) => start < end);
const ZONES = [...new Set(DAYS.map(({zone}) => zone))];

/* First and last microsecond of each day, one in the middle; and its neighbours'. */
const DAY_ROWS = DAYS.flatMap(({zone, start, end}) =>
    [start - 1n, start, (start + end) / 2n, end - 1n, end].map((us) => [zone, us]))
    .map(([zone, us], i) => [i + 1, zone, plain(us), i]);

conformTo('the checked days, to the microsecond', {
    tables: `${SHOP} ${SALE}`,
    rows: {shop: ZONES.map((zone) => [zone, zone, 1]), sale: DAY_ROWS},
    spec: {
        tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
        sources: {sale: {from: 'sale', tenant: 'shop', time: 'at'}},
        summaries: {s: {source: 'sale', grains: ['hour', 'day'], measures: COUNTED}},
    },
}, (place) => {
    place.run('apply', {code: 0});
    const [rows] = place.database.queries([`SELECT tenant, bucket, n FROM s_day`]);
    const counted = new Map(rows.map(({tenant, bucket, n}) => [`${tenant} ${bucket}`, Number(n)]));
    const instants = DAY_ROWS.map(([, zone, at]) => [zone, BigInt(Date.parse(`${at
        .slice(0, 19).replace(' ', 'T')}Z`)) * 1000n + BigInt((at.split('.')[1] ?? '0').padEnd(6,
            '0'))]);
    for (const {zone, date} of DAYS) {
        const parts = DAYS.filter((day) => day.zone === zone && day.date === date);
        const inside = instants.filter(([other, us]) => other === zone &&
            parts.some(({start, end}) => us >= start && us < end)).length;
        assert.equal(counted.get(`${zone} ${date}`), inside, `${zone} ${date}`);
    }
    equalsOracle(place, place.wanted, place.kinds);
    place.isQuiet();
});
