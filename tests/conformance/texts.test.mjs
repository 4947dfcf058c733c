/*
 * Texts count by their bytes: under any collation, encoding and length; and the types that count as
 * their text (uuid, enum, json, char(n), ...).
 */
import {conform} from './conformance.mjs';

const EVENT = (columns, options = '') =>
    `CREATE TABLE event(id {id}, tenant {name}, at {instant}, ${columns}) ${options};`;
const SOURCE = {event: {from: 'event', tenant: 'tenant', time: 'at'}};

const rowsOf = (list) => ({event: Array.from({length: list.length * 3}, (none, i) =>
    [i + 1, ['a', 'b'][i % 2], `2024-03-0${1 + i % 4} 0${i % 7}:00:00`, list[i % list.length],
        i])});

const spec = (extra = {}) => ({
    sources: SOURCE,
    summaries: {
        f: {source: 'event', grains: ['day', 'month'], dimensions: {word: 'word'},
            measures: {n: 'count', total: 'sum(v)'}},
        r: {source: 'event', grains: ['day'], measures: {least: 'min(word)', most: 'max(word)',
            words: 'count_distinct(word)'}, ...extra},
    },
});
const KINDS = {word: 'text', least: 'text', most: 'text', words: 'text'};

const WORDS = ['jfk', 'JFK', 'Jfk', 'jfk ', 'jfk  ', 'e', 'é', 'e\u0301', 'ß', 'ss', '😀', '😁', '',
    ' ',
    '%', '\\', "'", '"', 'a\tb', 'a\nb', 'NULL', '007', '7', '7.0', 'İ', 'i', 'ı', 'I', null];
const LATIN = ['jfk', 'JFK', 'jfk ', 'e', 'é', 'É', 'ß', 'ss', 'ÿ', 'æ', 'ae', '', ' ', '\\', "'",
    null];
/* Two that differ at the very end, beyond what an index key holds; some at its edges. */
const LONG = ['x'.repeat(5000), `${'x'.repeat(4999)}y`, `${'é'.repeat(2500)}`,
    `${'é'.repeat(2499)}e`,
    ...[255, 256, 511, 512, 513, 767, 768, 1024, 2700, 8191].map((n) => 'k'.repeat(n)), 'k', null];

const CHANGES = [
    `UPDATE event SET word = 'JFK' WHERE word = 'jfk'`,
    `UPDATE event SET v = v * 2 WHERE id % 3 = 0`,
    `UPDATE event SET word = word || ' ' WHERE id % 5 = 0`,
    `DELETE FROM event WHERE id % 4 = 0`,
    `UPDATE event SET word = NULL WHERE id % 7 = 0`,
    `INSERT INTO event VALUES (5001, 'a', '2024-03-01 00:00:00', 'Ünï', 1),
        (5002, 'a', '2024-03-01 00:00:00', 'ünï', 1)`,
    `UPDATE event SET word = 'jfk' WHERE word = 'JFK'`,
];
const words = (name, column, list, more = {}) => ({
    name: `texts: ${name}`, tables: EVENT(`word ${column}, v {integer}`, more.options),
    rows: rowsOf(list), spec: spec(), kinds: KINDS, changes: CHANGES, ...more,
});
const SERVER = {on: ['postgresql', 'mariadb']};
const POSTGRESQL = {on: ['postgresql']};
const MARIADB = {on: ['mariadb']};

conform([
    words('the usual collation', '{name}', WORDS),
    words('the usual collation, no length', '{text}', WORDS),
    words('case counts as one (SQLite)', 'TEXT COLLATE NOCASE', WORDS, {on: ['sqlite']}),
    words('blanks at the end count not (SQLite)', 'TEXT COLLATE RTRIM', WORDS, {on: ['sqlite']}),
    words('a case-insensitive collation (PostgreSQL)', 'text COLLATE blind', WORDS, {...POSTGRESQL,
        tables: `CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level1',
            deterministic = false); ${EVENT('word text COLLATE blind, v {integer}')}`}),
    words('a linguistic collation (PostgreSQL)', 'text COLLATE "en-x-icu"', WORDS, POSTGRESQL),
    words('case, accents and blanks count not (MariaDB)', 'VARCHAR(100) COLLATE utf8mb4_general_ci',
        WORDS,
        MARIADB),
    words('a linguistic collation (MariaDB)', 'VARCHAR(100) COLLATE utf8mb4_unicode_520_ci', WORDS,
        MARIADB),
    words('a binary collation that pads (MariaDB)', 'VARCHAR(100) COLLATE utf8mb4_bin', WORDS,
        MARIADB),
    words('a LATIN1 database', 'text', LATIN, {...POSTGRESQL,
        create: `ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`}),
    words('a latin1 table', 'VARCHAR(100)', LATIN, {...MARIADB,
        options: 'DEFAULT CHARACTER SET latin1'}),
    words('long ones', '{long}', LONG),
    words('a column that compares without case and blanks, and is long (MariaDB)',
        'LONGTEXT COLLATE utf8mb4_general_ci', LONG, MARIADB),
    {
        name: 'texts: fixed length',
        ...SERVER,
        tables: EVENT('word {padded}, v {integer}'),
        rows: rowsOf(['jfk', 'JFK', 'jfk ', 'é', 'e', '', null, 'abcdefgh']),
        spec: spec(),
        kinds: {word: 'padded', least: 'padded', most: 'padded', words: 'padded'},
        changes: CHANGES.filter((change) => !change.includes('||')),
    },
    {
        name: 'texts: uuid',
        ...SERVER,
        tables: EVENT('word {uuid}, v {integer}'),
        rows: rowsOf(['00000000-0000-0000-0000-000000000001',
            'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
            'ffffffff-ffff-ffff-ffff-ffffffffffff', null]),
        spec: {sources: SOURCE, summaries: {f: spec().summaries.f,
            r: {source: 'event', grains: ['day'], measures: {words: 'count_distinct(word)'}}}},
        kinds: KINDS,
        types: {word: /^(uuid|varchar\(\d+\) utf8mb4_nopad_bin)$/},
        changes: [`UPDATE event SET word = '00000000-0000-0000-0000-000000000002' WHERE id % 3 = 0`,
            `DELETE FROM event WHERE id % 4 = 1`],
    },
    {
        name: 'texts: enum',
        ...SERVER,
        tables: (kind) => kind === 'postgresql'
            ? `CREATE TYPE mood AS ENUM ('sad', 'ok', 'Happy'); ${EVENT('word mood, v {integer}')}`
            : EVENT(`word ENUM('sad', 'ok', 'Happy'), v {integer}`),
        rows: rowsOf(['sad', 'ok', 'Happy', null]),
        spec: {sources: SOURCE, summaries: {f: spec().summaries.f,
            r: {source: 'event', grains: ['day'], measures: {words: 'count_distinct(word)'}}}},
        kinds: KINDS,
        types: {word: /^(mood|varchar\(\d+\) utf8mb4_nopad_bin|enum\(.*)$/},
        changes: [`UPDATE event SET word = 'ok' WHERE id % 3 = 0`,
            `DELETE FROM event WHERE id % 4 = 1`],
    },
    {
        name: 'texts: json, inet, interval',
        ...POSTGRESQL,
        tables: EVENT('word jsonb, v {integer}, address inet, took interval'),
        rows: {event: Array.from({length: 40}, (none, i) => [i + 1, 'a',
            `2024-03-0${1 + i % 4} 00:00:00`,
            ['{"a": 1}', '{"a":1.0}', '"x"', null][i % 4], i, ['10.0.0.1', '10.0.0.1/8',
                '::1'][i % 3],
            ['1 day', '24 hours', '1 mon'][i % 3]])},
        spec: {sources: SOURCE, summaries: {f: {source: 'event', grains: ['day', 'month'],
            dimensions: {word: 'word', address: 'address', took: 'took'},
            measures: {n: 'count', total: 'sum(v)'}}}},
        kinds: {...KINDS, address: 'text', took: 'text'},
        changes: [`UPDATE event SET took = '1 day' WHERE took = '24 hours'`,
            `UPDATE event SET word = '{"a": 1.00}' WHERE id % 3 = 0`,
                `DELETE FROM event WHERE id % 4 = 1`],
    },
    {
        name: 'texts: tenants of 200 bytes, with quotes and in every script',
        tables: EVENT('word {name}, v {integer}'),
        rows: {event: Array.from({length: 60}, (none, i) => [i + 1, ['t'.repeat(200), "o'neil",
            '東京',
            'Zoë', 'zoë', ' ', null, 'ZOE'][i % 8], `2024-03-0${1 + i % 4} 00:00:00`, 'w', i])},
        spec: {sources: SOURCE, summaries: {f: {source: 'event', grains: ['hour', 'day'],
            columns: {tenant: 'whose'}, measures: {n: 'count', total: 'sum(v)'}}}},
        changes: [`UPDATE event SET tenant = 'Zoë' WHERE tenant = 'zoë'`,
            `UPDATE event SET tenant = NULL WHERE id % 5 = 0`,
                `DELETE FROM event WHERE id % 4 = 1`],
    },
]);
