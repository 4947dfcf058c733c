/*
 * Every way to give the time of a row, and rows that have none.
 */
import assert from 'node:assert/strict';
import {conform, conformTo, equalsOracle} from './conformance.mjs';

const TABLES = (type) => `CREATE TABLE shop(id {name} PRIMARY KEY, tz {text});
    INSERT INTO shop VALUES ('delhi', 'Asia/Kolkata'), ('berlin', 'Europe/Berlin'), ('apia',
        'Pacific/Apia');
    CREATE TABLE event(id {id}, shop {name}, at ${type}, v {integer});`;

const SHOPS = ['delhi', 'berlin', 'apia'];
const DAY_MS = 86_400_000;

/* 120 moments over two years; `write` says each as the column wants it. */
const rowsOf = (write) => ({event: Array.from({length: 120}, (none, i) => {
    const ms = Date.UTC(2023, 2, 26) + i * 6 * DAY_MS + i * 3_723_456;
    return [i + 1, SHOPS[i % 3], write(new Date(ms), ms), i];
})});

const iso = (date, n = 23) => date.toISOString().slice(0, n);

const specOf = (source) => ({
    tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
    sources: {event: {from: 'event', tenant: 'shop', time: 'at', ...source}},
    summaries: {
        f: {source: 'event', grains: ['hour', 'day', 'month'], measures: {n: 'count',
            total: 'sum(v)'}},
        r: {source: 'event', grains: ['minute', 'week', 'year'], measures: {most: 'max(v)'}},
    },
});

const timed = (name, type, write, changes, more = {}) => ({
    name: `time: ${name}`, tables: TABLES(type), rows: rowsOf(write), spec: specOf(more.source),
    changes: [...changes, 'UPDATE event SET at = NULL WHERE id % 10 = 0',
        'DELETE FROM event WHERE id % 3 = 0'],
    ...more,
});

const spaced = (date) => iso(date).replace('T', ' ');
const SHIFT = {
    postgresql: `UPDATE event SET at = at + interval '1 day 00:00:00.000001' WHERE id % 4 = 0`,
    mariadb: `UPDATE event SET at = at + INTERVAL '1 0:0:0.000001' DAY_MICROSECOND
        WHERE id % 4 = 0`,
    sqlite: `UPDATE event SET at = strftime('%Y-%m-%d %H:%M:%f', at, '+1 day') WHERE id % 4 = 0`,
};
const shift = (kind) => [SHIFT[kind], 'UPDATE event SET at = NULL WHERE id % 10 = 0',
    'DELETE FROM event WHERE id % 3 = 0'];

conform([
    timed('an instant', '{instant}', spaced, [], {changes: shift}),
    timed('a timestamp without a zone', '{timestamp}', spaced, [], {changes: shift}),
    timed('a timestamp on a clock of its own', '{timestamp}', spaced, [],
        {changes: shift, source: {time_zone: 'Asia/Kathmandu'},
            spec: specOf({time_zone: 'Asia/Kathmandu'})}),
    timed('a TIMESTAMP (MariaDB)', 'TIMESTAMP(6) NULL', spaced, [], {on: ['mariadb'],
        changes: shift}),
    timed('a TIMESTAMP (MariaDB), whatever the writer\'s session thinks', 'TIMESTAMP NULL', (date) =>
        iso(date, 19).replace('T', ' '), [`SET time_zone = '+05:30'; INSERT INTO event VALUES
            (500, 'delhi', '2024-03-01 00:00:00', 5); UPDATE event SET at = '2024-02-01 03:00:00'
            WHERE id % 7 = 0`, `SET time_zone = '-11:00', sql_mode = ''; UPDATE event
            SET at = '2024-05-05 20:00:00' WHERE id % 5 = 0`], {on: ['mariadb']}),
    timed('a DATETIME without a fraction (MariaDB)', 'DATETIME', (date) => iso(date,
        19).replace('T', ' '),
        [`UPDATE event SET at = '2024-10-27 00:59:59' WHERE id % 7 = 0`], {on: ['mariadb']}),
    timed('a timestamptz, whatever the writer\'s session thinks', 'timestamptz', spaced,
        [`SET timezone = 'Asia/Kolkata'; SET datestyle = 'German'; INSERT INTO event VALUES
            (500, 'delhi', '01.03.2024 00:00:00', 5); UPDATE event SET at = '01.02.2024 03:00:00'
            WHERE id % 7 = 0`], {on: ['postgresql']}),
    timed('seconds', '{integer}', (date, ms) => Math.floor(ms / 1000),
        ['UPDATE event SET at = at - 86399 WHERE id % 4 = 0',
            'UPDATE event SET at = -1 WHERE id % 7 = 0'],
        {spec: specOf({time_unit: 'seconds'})}),
    timed('milliseconds', '{integer}', (date, ms) => ms,
        ['UPDATE event SET at = at + 1 WHERE id % 4 = 0'],
        {spec: specOf({time_unit: 'milliseconds'})}),
    timed('microseconds', '{integer}', (date, ms) => ms * 1000 + 1,
        ['UPDATE event SET at = at - 3600000001 WHERE id % 4 = 0'],
            {spec: specOf({time_unit: 'microseconds'})}),
    timed('ISO text', '{name}', (date, ms) => [iso(date) + 'Z', iso(date, 19), spaced(date),
        iso(new Date(ms + 19_800_000), 19) + '+05:30', iso(date, 10)][Math.floor(ms / DAY_MS) % 5],
        [`UPDATE event SET at = '2024-03-31T02:30:00+02:00' WHERE id % 4 = 0`,
            `UPDATE event SET at = '2024-03-31T00:30:00Z' WHERE id % 8 = 0`]),
    {
        ...timed('a date', '{date}', (date) => iso(date, 10), [`UPDATE event SET at = '2024-02-29'
            WHERE id % 4 = 0`]),
        spec: {...specOf({time_unit: 'date'}), summaries: {s: {source: 'event',
            grains: ['day', 'week', 'month', 'quarter', 'year'], measures: {n: 'count',
                total: 'sum(v)'}}}},
    },
    timed('an expression', '{integer}', (date, ms) => ms,
        ['UPDATE event SET at = at + 1 WHERE id % 4 = 0'],
        {spec: (kind) => specOf({time_unit: 'seconds', time: {sqlite: 'at / 1000',
            postgresql: 'at / 1000', mariadb: 'at DIV 1000'}[kind]})}),
]);

/* ---- rows without a time ---- */

/* What each database may have in a column of times that is no time: [how it gets in, how many]. */
const TIMELESS = {
    sqlite: `INSERT INTO event VALUES (901, 'delhi', NULL, 1), (902, 'delhi', 'soon', 1),
        (903, 'delhi', '2024-13-01 00:00:00', 1), (904, 'delhi', '', 1)`,
    postgresql: `INSERT INTO event VALUES (901, 'delhi', NULL, 1), (902, 'delhi', 'infinity', 1),
        (903, 'delhi', '-infinity', 1), (904, 'berlin', NULL, 1)`,
    mariadb: `SET sql_mode = 'ALLOW_INVALID_DATES'; INSERT INTO event VALUES (901, 'delhi', NULL,
        1),
        (902, 'delhi', '0000-00-00 00:00:00', 1), (903, 'delhi', '2024-00-10 00:00:00', 1),
        (904, 'berlin', '2024-02-00 00:00:00', 1)`,
};

conformTo('rows without a time count nowhere, and status says how many', {
    tables: TABLES('{instant}'),
    rows: rowsOf(spaced),
    spec: specOf(),
}, (place, kind) => {
    place.shell(TIMELESS[kind]);
    place.run('apply', {code: 0});
    equalsOracle(place, place.wanted, place.kinds, 'built');
    assert.match(place.run('status').out, /4 without a time|without a time.*\b4\b/);
    place.shell(`UPDATE event SET v = 2 WHERE id > 900; DELETE FROM event WHERE id = 901;
        INSERT INTO event VALUES (905, NULL, '2024-03-01 00:00:00', 1),
            (906, 'nowhere', '2024-03-01 00:00:00', 1)`);
    place.run('run --once', {code: 0});
    equalsOracle(place, place.wanted, place.kinds, 'settled');
    place.isQuiet();
});
