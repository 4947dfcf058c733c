/*
 * Many cells in one turn: hundreds are looked up, changed, added and removed by few statements (the
 * other cases have a handful each). Keys of every type, and of NULL.
 */
import {conform} from './conformance.mjs';

const N = 1500;
const at = (i) => `2024-03-${String(1 + i % 20).padStart(2, '0')} ${String(i * 7 % 24)
    .padStart(2, '0')}:30:00`;

/* Every cell is changed; most go to a key of NULL; some are removed and new ones come. */
const CHANGES = [
    'UPDATE event SET v = v + 1',
    'UPDATE event SET k = NULL WHERE id % 3 = 0',
    `INSERT INTO event SELECT id + 10000, tenant, at, v, k FROM event WHERE id % 2 = 0`,
    `UPDATE event SET tenant = 'new' WHERE id % 4 = 1`,
    'DELETE FROM event WHERE id % 5 <> 0',
    `UPDATE event SET v = NULL WHERE id % 2 = 0`,
    'DELETE FROM event',
];

const EVENT = (type) =>
    `CREATE TABLE event(id {id}, tenant {name}, at {instant}, v {integer}, k ${type});`;

const many = (name, type, values, kind, more = {}) => ({
    name: `many: ${name}`,
    tables: EVENT(type),
    rows: {event: Array.from({length: N}, (none, i) =>
        [i + 1, ['a', 'b', "o'c"][i % 3], at(i), i % 13 === 0 ? null : i,
            values[i % values.length]])},
    spec: {sources: {event: {from: 'event', tenant: 'tenant', time: 'at'}},
        summaries: {f: {source: 'event', grains: ['hour', 'day', 'month'], dimensions: {k: 'k'},
            measures: {n: 'count', total: 'sum(v)', mean: 'avg(v)'}}}},
    kinds: {k: kind, total: 'integer', mean: 'integer'},
    changes: CHANGES,
    ...more,
});
/* A handful of cells: each is changed by itself. Of keys that a collation merges too. */
const few = (name, type, values, kind, more = {}) => {
    const case_ = many(name, type, values, kind, more);
    return {...case_, name: `few: ${name}`, rows: {event: case_.rows.event.slice(0, 60)},
        changes: [1, 2, 3, 30].map((id) => `UPDATE event SET v = ${id * 1000} WHERE id = ${id}`)
            .concat('UPDATE event SET v = id WHERE id < 5', 'DELETE FROM event WHERE id = 4')};
};
const SERVERS = {on: ['postgresql', 'mariadb']};

conform([
    many('integers', '{integer}', [1, -1, 0, '9223372036854775807', '-9223372036854775808', null],
        'integer'),
    many('small integers', '{small}', [1, -32768, 32767, null], 'integer'),
    many('decimals', '{decimal}', ['1.50', '-0.01', '9999999999.99', '0.00', null], 'decimal:2',
        SERVERS),
    many('dates', '{date}', ['2024-02-29', '1969-12-31', '9999-12-31', null], 'date'),
    many('texts', '{name}', ['jfk', 'JFK', 'jfk ', ' ', '', 'é', 'e\u0301', '😀', '\\', '"', "'",
        'a\tb', 'a\nb', '\u0002\u007f', '[1,"x",null]', '\\u0041', 'NULL', null], 'text'),
    many('long texts', '{long}', ['x'.repeat(5000), `${'x'.repeat(4999)}y`, 'é'.repeat(64),
        `${'é'.repeat(64)}e`, 'k'.repeat(128), 'k'.repeat(129), 'k'.repeat(512), 'k'.repeat(513), '',
        null], 'text'),
    many('uuids', '{uuid}', ['00000000-0000-0000-0000-000000000001',
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'ffffffff-ffff-ffff-ffff-ffffffffffff', null], 'text',
        {...SERVERS, types: {k: /^(uuid|varchar\(\d+\) utf8mb4_nopad_bin)$/}}),
    many('enums', '', ['sad', 'ok', 'Happy', null], 'text', {...SERVERS,
        tables: (kind) => kind === 'postgresql'
            ? `CREATE TYPE mood AS ENUM ('sad', 'ok', 'Happy'); ${EVENT('mood')}`
            : EVENT(`ENUM('sad', 'ok', 'Happy')`),
        types: {k: /^(mood|varchar\(\d+\) utf8mb4_nopad_bin|enum\(.*)$/}}),
    many('fixed length', '{padded}', ['jfk', 'JFK', 'é', 'abcdefgh', null], 'padded', SERVERS),
    few('integers', '{integer}', [1, -1, null], 'integer'),
    few('decimals', '{decimal}', ['1.50', '-0.01', null], 'decimal:2', SERVERS),
    few('texts', '{name}', ['jfk', 'JFK', 'jfk ', '', null], 'text'),
    few('texts of a collation', 'VARCHAR(20) COLLATE utf8mb4_general_ci', ['jfk', 'JFK', null],
        'text', {on: ['mariadb']}),
    few('doubles', 'DOUBLE', [0.1, 1e300, -0.5, null], 'real', {on: ['mariadb']}),
    few('fixed length', '{padded}', ['jfk', 'JFK', null], 'padded', SERVERS),
]);
