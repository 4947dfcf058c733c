/*
 * Every measure over every kind of value, wide and long summaries, joins and left joins.
 */
import {conform} from './conformance.mjs';
import {quirk} from './quirks.mjs';

const AT = (day, hour) => `2024-03-${String(day).padStart(2, '0')} ${String(hour).padStart(2,
    '0')}:30:00`;

/* `n` rows [id, tenant, at, ...values(i)], some in each hour of three weeks. */
function events(n, values) {
    return Array.from({length: n}, (none, i) => [i + 1, ['a', 'b', 'c'][i % 3],
        AT(1 + (i * 5) % 21, (i * 7) % 24), ...values(i)]);
}

const EVENT = (columns) => `CREATE TABLE event(id {id}, tenant {name}, at {instant}, ${columns});
    CREATE INDEX event_place ON event(tenant, at);`;
const SOURCE = {event: {from: 'event', tenant: 'tenant', time: 'at'}};

/* All measures over one column, folded ones and others apart. */
const folded = (column) => ({rows: 'count', some: `count where ${column} IS NOT NULL`,
    total: `sum(${column})`, mean: `avg(${column})`});
const recomputed = (column) => ({least: `min(${column})`, most: `max(${column})`,
    kinds: `count_distinct(${column})`});
const summaries = (column, {adds = true, orders = true} = {}) => ({
    ...(adds ? {f: {source: 'event', grains: ['hour', 'day', 'month'],
        measures: folded(column)}} : {}),
    r: {source: 'event', grains: ['day', 'week'], measures: {n: 'count',
        ...(orders ? recomputed(column) : {kinds: recomputed(column).kinds})}},
});
const kindsOf = (kind) => ({total: kind, mean: kind, least: kind, most: kind, kinds: kind});

const CHANGES = (other) => [
    `UPDATE event SET v = NULL WHERE id % 4 = 1`,
    `UPDATE event SET v = ${other} WHERE id % 7 = 0`,
    `DELETE FROM event WHERE id % 5 = 0`,
    `UPDATE event SET tenant = 'b', at = '2024-03-02 00:00:00' WHERE id % 9 = 0`,
    `DELETE FROM event WHERE tenant = 'a'`,
];

const overColumn = (name, type, kind, value, other, more = {}) => ({
    name: `measures over ${name}`,
    tables: EVENT(`v ${type}`),
    rows: {event: events(120, (i) => [i % 11 === 3 ? null : value(i)])},
    spec: {sources: SOURCE, summaries: summaries('v', more)},
    kinds: kindsOf(kind),
    changes: CHANGES(other),
    ...more,
});

conform([
    overColumn('integers', '{integer}', 'integer', (i) => (i * 7919) % 1000 - 500, '1000000007'),
    overColumn('small integers', '{small}', 'integer', (i) => i % 2 ? 32767 - i : -32768 + i,
        '32767'),
    overColumn('large integers', '{integer}', 'integer',
        (i) => `${4611686018427387000n / 64n * BigInt(i % 5 - 2) + BigInt(i)}`,
            '-72057594037927936'),
    overColumn('decimals', '{decimal}', 'decimal:2', (i) => `${i * 37 % 5000 - 2500}.${i % 10}5`,
        '9999999999.99', {on: ['postgresql', 'mariadb']}),
    overColumn('decimals of many digits', '{fine}', 'decimal:8',
        (i) => `${i * 91 - 4000}.${String(i * 1234567 % 100000000).padStart(8, '0')}`,
        '-9999999999.99999999', {on: ['postgresql', 'mariadb']}),
    overColumn('floats', '{real}', 'real', (i) => [0.1, 1e15, -1e15, 2.5e-10, 3, -0.7,
        1e-300][i % 7]
        * (i % 13 + 1), '1e15 + 0.25'),
    overColumn('booleans', '{boolean}', 'boolean', (i) => i % 3 === 0 ? '{true}' : '{false}',
        '{true}', {
        adds: false, orders: false,
        rows: {}, tables: EVENT('v {boolean}') + events(60,
            (i) => [i % 3 === 0 ? '{true}' : '{false}'])
            .map(([id, tenant, at, v]) => `INSERT INTO event VALUES (${id}, '${tenant}', '${at}',
                ${v});`)
            .join('\n'),
    }),
    overColumn('dates', '{date}', 'date', (i) => `20${10 + i % 15}-0${1 + i % 9}-${10 + i % 19}`,
        `'1999-12-31'`, {adds: false}),
    overColumn('instants', '{instant}', 'instant',
        (i) => `2024-0${1 + i % 9}-${10 + i % 19} 0${i % 10}:00:00.00${i % 10}`,
        `'2031-12-31 23:59:59.999999'`,
        {adds: false, kinds: (kind) => kindsOf(quirk('an instant is', kind, 'instant'))}),
    overColumn('texts', '{text}', 'text', (i) => `${['Zoë', 'zoe', 'ZOE', 'é', 'e', '😀', '',
        ' '][i % 8]}${i % 5}`,
        `'~'`, {adds: false}),
    {
        name: 'floats that are infinite or not a number',
        tables: EVENT('v {real}'),
        on: ['postgresql'],
        rows: {event: events(60, (i) => [['Infinity', '-Infinity', 'NaN', 1.5,
            2.25][i % 5 * (i % 3)] ?? 1])},
        spec: {sources: SOURCE, summaries: summaries('v')},
        kinds: kindsOf('real'),
        changes: [`UPDATE event SET v = 7 WHERE v = 'NaN'`, `UPDATE event SET v = '-Infinity'
            WHERE id % 6 = 1`, `UPDATE event SET v = -v`],
    },
    /* The sum of day one is a whole number once it is rounded. A month that is made of days, and a
     * sum from which the large number is taken away, must know of the fraction all the same. */
    ...[['fractions that rounding hides in a sum of {real}', '{real}'],
        ['fractions that rounding hides in a sum of NUMERIC', 'NUMERIC'],
        ['fractions that rounding hides in a sum of {integer}', '{integer}']].map(([name, type]) => ({
        name,
        on: type === '{real}' ? undefined : ['sqlite'],
        tables: EVENT(`v ${type}`),
        rows: {event: [[1, 'a', AT(1, 3), 9007199254740000], [2, 'a', AT(1, 3), 0.25],
            [3, 'a', AT(1, 4), 0.125], [4, 'a', AT(9, 1), -9007199254740000], [5, 'b', AT(1, 1), 5],
            [6, 'b', AT(1, 1), 1e-20], [7, 'b', AT(1, 2), 9007199254740000], [8, 'c', AT(1, 2), 2]]},
        spec: {sources: SOURCE, summaries: {f: {source: 'event', grains: ['hour', 'day', 'month'],
            measures: {n: 'count', total: 'sum(v)', mean: 'avg(v)'}}}},
        kinds: {total: 'real', mean: 'real'},
        types: type === '{real}' ? {} : {total: null},
        changes: [`INSERT INTO event VALUES (11, 'a', '${AT(5, 0)}', 1)`,
            'DELETE FROM event WHERE id = 7', 'UPDATE event SET v = v - 5 WHERE id = 5',
            `UPDATE event SET tenant = 'c' WHERE tenant = 'b'`, 'DELETE FROM event WHERE id = 8'],
    })),
    {
        name: 'decimals of no declared scale',
        tables: EVENT('v numeric, w numeric'),
        on: ['postgresql'],
        rows: {event: events(80, (i) => [`${i}.${'123456789'.slice(0, i % 10)}`,
            ['1', '1.0', '1.00', '-0.0', '0', '123456789012345678901234567890.5'][i % 6]])},
        spec: {
            sources: SOURCE,
            summaries: {s: {source: 'event', grains: ['day', 'month'], dimensions: {w: 'w'},
                measures: {n: 'count', total: 'sum(v)', least: 'min(w)',
                    kinds: 'count_distinct(w)'}}},
        },
        kinds: {w: 'decimal', total: 'decimal:30', least: 'decimal:30', kinds: 'decimal:30'},
        changes: [`UPDATE event SET v = v * 1000000007 WHERE id % 3 = 0`,
            `UPDATE event SET w = 1.000
            WHERE id % 4 = 0`, `DELETE FROM event WHERE id % 2 = 0`],
    },
    {
        name: 'filters of measures, of the summary, of the source',
        tables: EVENT('kind {name}, v {integer}'),
        rows: {event: events(150, (i) => [['red', 'green', 'blue', null][i % 4], i % 17 - 8])},
        spec: {
            sources: {event: {...SOURCE.event, where: 'v <> 0'}},
            summaries: {s: {source: 'event', grains: ['hour', 'day', 'quarter'],
                where: 'kind IS NOT NULL', measures: {
                    n: 'count', red: `count where kind = 'red'`,
                    owed: `sum(v) where v < 0`, paid: `sum(v) where v > 0 AND kind = 'green'`,
                    worst: `min(v) where kind <> 'blue'`, mean: `avg(v) where v > 3`,
                    colours: `count_distinct(kind) where v > 2`}}},
        },
        kinds: {colours: 'text'},
        changes: [`UPDATE event SET kind = NULL WHERE id % 6 = 0`, `UPDATE event SET v = -v`,
            `UPDATE event SET kind = 'red' WHERE kind = 'blue'`,
                `DELETE FROM event WHERE kind = 'red'`],
    },
    {
        name: 'dimensions that are NULL, numbers, dates, texts',
        tables: EVENT('a {integer}, b {date}, c {name}, v {integer}'),
        rows: {event: events(200, (i) => [i % 3 ? i % 4 : null,
            i % 5 ? `2020-01-0${1 + i % 3}` : null,
            i % 7 ? ['x', 'X', 'x ', ''][i % 4] : null, i])},
        spec: {
            sources: SOURCE,
            summaries: {
                f: {source: 'event', grains: ['day', 'month'], dimensions: {a: 'a', b: 'b', c: 'c'},
                    measures: {n: 'count', total: 'sum(v)'}},
                r: {source: 'event', grains: ['day', 'year'], dimensions: {c: 'c', d: 'a + 1',
                    e: 'null'},
                    measures: {most: 'max(v)'}},
            },
        },
        kinds: {a: 'integer', b: 'date', c: 'text', d: 'integer', e: 'text'},
        types: {e: null},
        changes: [`UPDATE event SET a = NULL WHERE a = 1`, `UPDATE event SET c = NULL, b = NULL
            WHERE id % 3 = 0`, `UPDATE event SET c = 'X' WHERE c = 'x'`,
        `DELETE FROM event WHERE a IS NULL AND b IS NULL`],
    },
]);

/* ---- several tables ---- */

const SHOP_TABLES = `
    CREATE TABLE orders(id {id}, lab {integer}, at {instant}, org {integer}, cancelled {integer});
    CREATE TABLE test(id {id}, name {name}, department {integer});
    CREATE TABLE line(id {id}, order_id {integer}, test_id {integer}, price {integer},
        dismissed {integer});
    CREATE INDEX orders_place ON orders(lab, at); CREATE INDEX line_order ON line(order_id);
    CREATE INDEX line_test ON line(test_id);`;
const SHOP_ROWS = {
    orders: Array.from({length: 60}, (none, i) => [i + 1, i % 4 + 1, AT(1 + i % 20, i % 24),
        i % 5 ? i % 3 : null, Number(i % 11 === 0)]),
    test: Array.from({length: 8}, (none, i) => [i + 1, `test ${i}`, i % 4 ? i % 3 : null]),
    line: Array.from({length: 150}, (none, i) => [i + 1, i % 60 + 1, i % 10 + 1, i * 3,
        Number(i % 13 === 0)]),
};
const SHOP_CHANGES = [
    `UPDATE line SET price = price + 1 WHERE id % 3 = 0`,
    `UPDATE orders SET at = '2024-02-29 12:00:00' WHERE id % 7 = 0`,
    `UPDATE orders SET lab = lab % 4 + 1, cancelled = 1 - cancelled WHERE id % 5 = 0;
     UPDATE line SET order_id = order_id % 60 + 1 WHERE id % 4 = 0`,
    `UPDATE test SET department = 9 WHERE id % 2 = 0; DELETE FROM test WHERE id = 3`,
    `INSERT INTO orders VALUES (61, 1, '2024-03-05 05:05:05', 2, 0);
     INSERT INTO line VALUES (151, 61, 1, 5, 0), (152, 61, 9, 6, 0), (153, 62, 1, 7, 0)`,
    `INSERT INTO orders VALUES (62, 2, '2024-03-06 05:05:05', NULL,
        0); DELETE FROM orders WHERE id % 6 = 0`,
    `DELETE FROM line WHERE id % 2 = 0; INSERT INTO test VALUES (9, 'new', 5)`,
];

conform([
    {
        name: 'joined tables, one of them by a left join',
        tables: SHOP_TABLES,
        rows: SHOP_ROWS,
        spec: {
            sources: {line: {from: 'line i', tenant: 'o.lab', time: 'o.at',
                join: ['orders o ON o.id = i.order_id', 'left test t ON t.id = i.test_id'],
                where: 'o.cancelled = 0 AND i.dismissed = 0'}},
            summaries: {s: {source: 'line', grains: ['hour', 'day', 'month'],
                dimensions: {department: 't.department', org: 'o.org'},
                measures: {n: 'count', price: 'sum(i.price)', orders: 'count_distinct(o.id)',
                    named: 'count where t.id IS NOT NULL'}}},
        },
        kinds: {department: 'integer', org: 'integer'},
        changes: SHOP_CHANGES,
    },
    {
        name: 'a long summary over several sources',
        tables: SHOP_TABLES,
        rows: SHOP_ROWS,
        spec: {
            time_zone: 'Asia/Kolkata',
            sources: {
                bill: {from: 'orders o', tenant: 'o.lab', time: 'o.at', where: 'o.cancelled = 0'},
                line: {from: 'line i', join: ['orders o ON o.id = i.order_id'], tenant: 'o.lab',
                    time: 'o.at', where: 'o.cancelled = 0'},
            },
            summaries: {operations: {
                table: 'history_{grain}', grains: ['day', 'month'], source: 'bill',
                columns: {tenant: 'lab', bucket: 'day', series: 'what'},
                measures: {value: 'count', rows: 'count'}, dimensions: {a: 'null', b: 'null'},
                series: {
                    bill: {}, org_bill: {where: 'o.org IS NOT NULL', dimensions: {a: 'o.org'}},
                    line: {source: 'line', dimensions: {b: 'i.test_id'}},
                    revenue: {source: 'line', where: 'i.dismissed = 0',
                        measures: {value: 'sum(i.price)'}},
                    constant: {where: 'o.org = 1', dimensions: {a: '7'}},
                },
            }},
        },
        kinds: {a: 'integer', b: 'integer'},
        changes: SHOP_CHANGES,
    },
    {
        name: 'a long summary whose series count, add decimals and add floats',
        on: ['postgresql', 'mariadb'],
        tables: EVENT('cost {fine}, weight {real}, v {integer}'),
        rows: {event: events(90, (i) => [`${i}.${String(i * 7654321 % 100000000).padStart(8, '0')}`,
            i / 8, i])},
        spec: {
            sources: SOURCE,
            summaries: {
                d: {source: 'event', grains: ['hour', 'month'], measures: {value: 'count',
                    n: 'count'},
                    series: {events: {}, cost: {measures: {value: 'sum(cost)'}}, v: {measures: {
                        value: 'sum(v)'}}}},
                r: {source: 'event', grains: ['day'], measures: {value: 'count'},
                    series: {events: {}, weight: {measures: {value: 'sum(weight)'}}}},
            },
        },
        kinds: {'cost.value': 'decimal:8', 'weight.value': 'real'},
        changes: [`UPDATE event SET cost = cost + 0.00000001, weight = weight * 3 WHERE id % 2 = 0`,
            `DELETE FROM event WHERE id % 3 = 0`],
    },
]);
