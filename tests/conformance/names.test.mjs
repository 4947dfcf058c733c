/*
 * Names and places: what needs quotes, schemas, where trueup's own tables go; tables that exist
 * already; a spec that changes.
 */
import assert from 'node:assert/strict';
import {conform, conformTo, equalsOracle, isTrue, settles} from './conformance.mjs';

const ROWS = Array.from({length: 60}, (none, i) => [i + 1, ['a', 'b', null][i % 3],
    `2024-03-${String(1 + i % 20).padStart(2, '0')} 0${i % 9}:00:00`, i]);
const CHANGES = (table, value, id, place) => [
    `UPDATE ${table} SET ${value} = ${value} + 1 WHERE ${id} % 3 = 0`,
    `UPDATE ${table} SET ${place} = 'b' WHERE ${id} % 4 = 0`,
    `DELETE FROM ${table} WHERE ${id} % 5 = 0`,
];

/* A second place for tables: a schema, or another database. */
const SECOND = {
    postgresql: () => ({name: 'shop', make: 'CREATE SCHEMA shop;'}),
    mariadb: (place) => ({name: place.database.beside('shop'), make: ''}),
};
const second = (kind, place) => place.second ??= SECOND[kind](place);

const saleIn = (schema) => ({
    sources: {sale: {from: `${schema}.sale s`, tenant: 's.shop', time: 's.at'}},
    summaries: {sales: {source: 'sale', grains: ['hour', 'day', 'month'],
        measures: {n: 'count', total: 'sum(s.v)', most: 'max(s.v)'}}},
});
const SALE = 'id {id}, shop {name}, at {instant}, v {integer}';

conform([
    {
        name: 'names that need quotes, in mixed case and reserved',
        tables: `CREATE TABLE "Sale of goods"("ID" {id}, "Shop" {name}, "At" {instant},
            "order" {integer}, "group" {name});`,
        rows: {'"Sale of goods"': ROWS.map((row) => [...row, ['x', 'Y'][row[0] % 2]])},
        spec: {
            sources: {sale: {from: '"Sale of goods" s', tenant: 's."Shop"', time: '"At"'}},
            summaries: {'Sales-all': {source: 'sale', grains: ['day', 'month'],
                table: 'Sales_{grain}',
                columns: {tenant: 'Shop', bucket: 'When'}, dimensions: {group: '"group"'},
                measures: {Select: 'count', 'two words': 'sum(s."order")', Order: 'max("order")'}}},
        },
        kinds: {group: 'text'},
        changes: CHANGES('"Sale of goods"', '"order"', '"ID"', '"Shop"'),
    },
    {
        name: 'names of 60 letters, and columns that differ in nothing but their table',
        tables: `CREATE TABLE ${'a'.repeat(60)}(id {id}, shop {name}, at {instant}, v {integer});
            CREATE TABLE ${'a'.repeat(59)}b(id {id}, v {integer});
            INSERT INTO ${'a'.repeat(59)}b VALUES (1, 10), (2, 20), (3, 30);`,
        rows: {['a'.repeat(60)]: ROWS},
        spec: {
            sources: {s: {from: `${'a'.repeat(60)} x`, join: [`${'a'.repeat(59)}b y ON y.id = x.v`],
                tenant: 'x.shop', time: 'x.at'}},
            summaries: {[`s${'u'.repeat(50)}`]: {source: 's', grains: ['day', 'month'],
                measures: {n: 'count', total: 'sum(y.v)', [`m${'x'.repeat(50)}`]: 'sum(x.v)'}}},
        },
        changes: [...CHANGES('a'.repeat(60), 'v', 'id', 'shop'),
            `UPDATE ${'a'.repeat(59)}b SET v = v + 5`],
    },
    {
        name: 'sources and summaries in a schema',
        on: ['postgresql', 'mariadb'],
        tables: (kind, place) => `${second(kind, place).make}
            CREATE TABLE ${second(kind, place).name}.sale(${SALE});
            CREATE TABLE sale(id {integer}, v {name});`,
        rows: (kind, place) => ({[`${second(kind, place).name}.sale`]: ROWS}),
        spec: (kind, place) => {
            const {name} = second(kind, place);
            const spec = saleIn(name);
            spec.summaries.sales.table = `${name}.sales_{grain}`;
            return spec;
        },
        changes: (kind, place) => CHANGES(`${place.second.name}.sale`, 'v', 'id', 'shop'),
    },
    {
        name: 'sources in a schema, summaries where the connection is',
        on: ['postgresql', 'mariadb'],
        tables: (kind, place) => `${second(kind, place).make}
            CREATE TABLE ${second(kind, place).name}.sale(${SALE});`,
        rows: (kind, place) => ({[`${second(kind, place).name}.sale`]: ROWS}),
        spec: (kind, place) => saleIn(place.second.name),
        changes: (kind, place) => CHANGES(`${place.second.name}.sale`, 'v', 'id', 'shop'),
    },
    {
        name: 'two tables of one name in two schemas',
        on: ['postgresql', 'mariadb'],
        tables: (kind, place) => `${second(kind, place).make}
            CREATE TABLE ${second(kind, place).name}.sale(${SALE}); CREATE TABLE sale(${SALE});`,
        rows: (kind, place) => ({[`${second(kind, place).name}.sale`]: ROWS,
            sale: ROWS.slice(10, 30)}),
        spec: (kind, place) => ({
            sources: {there: saleIn(place.second.name).sources.sale,
                here: {from: 'sale', tenant: 'shop', time: 'at'}},
            summaries: {
                there: {source: 'there', grains: ['day'], measures: {n: 'count',
                    total: 'sum(s.v)'}},
                here: {source: 'here', grains: ['day'], measures: {n: 'count', most: 'max(v)'}},
            },
        }),
        changes: (kind, place) => [...CHANGES(`${place.second.name}.sale`, 'v', 'id', 'shop'),
            ...CHANGES('sale', 'v', 'id', 'shop')],
    },
]);

/* ---- where trueup's own tables go ---- */

const PLAIN = {
    sources: {sale: {from: 'sale', tenant: 'shop', time: 'at'}},
    summaries: {sales: {source: 'sale', grains: ['hour', 'day'], measures: {n: 'count',
        total: 'sum(v)'}}},
};
const sale = (more = {}) => ({tables: `CREATE TABLE sale(${SALE});`, rows: {sale: ROWS},
    spec: PLAIN, ...more});

conformTo('control_schema: trueup\'s own tables are there, and nowhere else', sale({
    on: ['postgresql', 'mariadb'],
    spec: (kind, place) => ({
        control_schema: kind === 'mariadb' ? place.database.beside('own') : 'own',
        ...PLAIN}),
}), (place) => {
    place.run('apply', {code: 0});
    const schema = place.wanted.control_schema;
    const own = place.database.tables().filter(({name}) => name.startsWith('trueup_'));
    assert.ok(own.length > 3);
    assert.deepEqual(own.filter(({sql}) => !sql.replaceAll('"', '').startsWith(`${schema}.`)), []);
    isTrue(place, 'built');
    for (const change of CHANGES('sale', 'v', 'id', 'shop')) {
        place.shell(change);
        settles(place, change);
    }
    place.run('drop --yes', {code: 0});
    assert.deepEqual(place.database.tables().map(({name}) => name), ['sale']);
});

conformTo('no control_schema: drop leaves the source and nothing else', sale(), (place) => {
    place.run('apply', {code: 0});
    isTrue(place, 'built');
    place.run('drop --yes', {code: 0});
    assert.deepEqual(place.database.tables().map(({name}) => name)
        .filter((name) => !name.startsWith('sqlite_')), ['sale']);
    place.shell(CHANGES('sale', 'v', 'id', 'shop').join(';\n'));
    place.run('apply', {code: 0});
    isTrue(place, 'built again');
});

/* ---- tables that exist already ---- */

const EXISTING = {
    sources: {sale: {from: 'sale', tenant: 'shop', time: 'at'}},
    summaries: {sales: {source: 'sale', grains: ['day'], columns: {tenant: 'shop'},
        measures: {n: 'count', total: 'sum(v)', mean: 'avg(v)'}}},
};
const MEAN = {sqlite: 'REAL', postgresql: 'numeric', mariadb: 'DECIMAL(38,6)'};
const existing = (columns, more = '') => sale({
    spec: EXISTING,
    tables: (kind) => `CREATE TABLE sale(${SALE}); CREATE TABLE sales_day(${
        columns.replace('{mean}', MEAN[kind])}); ${more}`,
});

conformTo('an existing table is used, its own columns left alone',
    existing(`pk {id}, shop {key}, bucket {date} NOT NULL, n {integer}, total {integer},
        mean {mean},
        note {text}, made {name} DEFAULT 'by hand' NOT NULL`), (place) => {
        place.run('apply', {code: 0});
        isTrue(place, 'built');
        place.shell(`UPDATE sales_day SET note = 'kept' WHERE bucket = '2024-03-05';
            UPDATE sale SET v = v + 1`);
        settles(place, 'changed');
        assert.ok(place.value(`SELECT count(*) AS n FROM sales_day WHERE note = 'kept'`) > 0);
        assert.equal(place.value(`SELECT count(*) AS n FROM sales_day WHERE made <> 'by hand'`), 0);
        assert.equal(place.value(`SELECT count(*) AS n FROM sales_day WHERE pk IS NULL`), 0);
    });

conformTo('an existing table gets the measure that it lacks',
    existing(`shop {key}, bucket {date}, n {integer}, mean {mean}`), (place) => {
        place.run('apply', {code: 0});
        isTrue(place, 'built');
        place.shell(CHANGES('sale', 'v', 'id', 'shop').join(';\n'));
        settles(place, 'changed');
    });

conformTo('rows of others are refused, until --take-over',
    existing(`shop {key}, bucket {date}, n {integer}, total {integer}, mean {mean}`,
        `INSERT INTO sales_day(shop, bucket, n, total) VALUES ('a', '2024-03-01', 1, 1),
            ('mars', '1999-01-01', 5, 5), ('mars', '1999-01-01', 5, 5),
            (NULL, NULL, 1, 1);`), (place) => {
        assert.match(place.run('apply', {code: 2}).err, /sales_day has rows.*--take-over/);
        place.run('apply --take-over', {code: 0});
        isTrue(place, 'taken over');
        place.shell(CHANGES('sale', 'v', 'id', 'shop').join(';\n'));
        settles(place, 'changed');
    });

const UNFIT = [
    ['the bucket is missing', 'shop {key}, n {integer}, total {integer}, mean {mean}', /bucket/],
    ['another column must have a value', `shop {key}, bucket {date}, n {integer}, total {integer},
        mean {mean}, note {name} NOT NULL`, /note/],
    ['a key of its own is in the way', `shop {key} PRIMARY KEY, bucket {date}, n {integer},
        total {integer}, mean {mean}`, /shop|unique|key/i],
];
for (const [label, columns, pattern] of UNFIT)
    conformTo(`an existing table is refused where ${label}`, existing(columns), (place) => {
        const before = place.digest();
        for (const command of ['apply', 'plan']) {
            const {err, out} = place.run(command, {code: 2});
            assert.match(err + out, /sales_day/, command);
            assert.match(err + out, pattern, command);
        }
        assert.equal(place.digest(), before);
    });

conformTo('an existing key that merges texts of different bytes is refused (MariaDB)', {
    ...existing(`shop VARCHAR(200) COLLATE utf8mb4_general_ci, bucket {date}, n {integer},
        total {integer}, mean {mean}`),
    on: ['mariadb'],
}, (place) => {
    assert.match(place.run('apply', {code: 2}).err, /shop.*collat|collat.*shop/is);
});

/* ---- a spec that changes ---- */

const EDITS = [
    ['a measure more', (s) => { s.measures.most = 'max(v)'; }],
    ['a grain more', (s) => { s.grains.push('month'); }],
    ['another expression', (s) => { s.measures.total = 'sum(v * 2)'; }],
    ['a filter', (s) => { s.where = 'v > 10'; }],
    ['another filter of the source', (s, spec) => { spec.sources.sale.where = 'v <> 20'; }],
    ['another zone', (s, spec) => { spec.time_zone = 'Asia/Tokyo'; }],
    ['a measure less', (s) => { delete s.measures.most; }],
    ['a summary more', (s, spec) => { spec.summaries.more = {source: 'sale', grains: ['hour'],
        dimensions: {odd: 'v % 2'}, measures: {n: 'count'}}; }],
    ['a summary less', (s, spec) => { delete spec.summaries.more; }],
];

conformTo('a changed spec: apply does what is new, and history is built again', sale({
    kinds: {odd: 'integer'},
}), (place) => {
    place.run('apply', {code: 0});
    const spec = JSON.parse(JSON.stringify(PLAIN));
    for (const [label, edit] of EDITS) {
        edit(spec.summaries.sales, spec);
        place.wanted = spec;
        place.spec(spec);
        assert.match(place.run('run --once', {code: 2}).err, /the spec changed: run `trueup apply`/,
            label);
        place.run('apply', {code: 0});
        equalsOracle(place, spec, place.kinds, label);
        place.shell(`UPDATE sale SET v = v + 7 WHERE id % 3 = 0`);
        settles(place, label);
    }
    spec.summaries.sales.dimensions = {odd: 'v % 2'};
    place.spec(spec);
    assert.match(place.run('apply', {code: 2}).err, /name a new (table|`table`)/);
});

conformTo('plan --sql run by hand: apply finds nothing to create', sale({spec: {
    ...PLAIN, summaries: {...PLAIN.summaries, worst: {source: 'sale', grains: ['day'],
        dimensions: {odd: 'v % 2', words: `shop`}, measures: {most: 'max(v)', mean: 'avg(v)'}}}},
kinds: {odd: 'integer', words: 'text'}}), (place) => {
    place.shell(place.run('plan --sql', {code: 0}).out);
    place.shell(CHANGES('sale', 'v', 'id', 'shop').join(';\n'));
    assert.deepEqual(place.json('plan', {code: 0}).statements, []);
    place.run('apply', {code: 0});
    isTrue(place, 'built');
    place.shell(CHANGES('sale', 'v', 'id', 'shop').join(';\n'));
    settles(place, 'changed');
});
