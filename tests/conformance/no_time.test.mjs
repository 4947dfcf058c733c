/*
 * Dates that are no time, and values all the same: MariaDB's 0000-00-00, 2024-00-10 and 2024-05-00,
 * PostgreSQL's infinity, and any text on SQLite. As a row's time they place it nowhere; as what is
 * grouped by, counted or compared they are as good as others.
 */
import assert from 'node:assert/strict';
import {conform, conformTo, equalsOracle} from './conformance.mjs';

const ODD = {
    sqlite: {day: ['soon', '', '0000-00-00', '2024-13-41'], stamp: ['later', '2024-01-01 25:00'],
        moment: ['-', '0000-00-00 00:00:00']},
    postgresql: {day: ['infinity', '-infinity'], stamp: ['-infinity', 'infinity'],
        moment: ['infinity', '-infinity']},
    mariadb: {day: ['0000-00-00', '2024-00-10', '2024-05-00', '2023-12-00'],
        stamp: ['0000-00-00 00:00:00', '2024-00-10 10:00:00', '2024-05-00 00:00:00.5'],
        moment: ['0000-00-00 00:00:00']},
};

const TYPES = {sqlite: 'day TEXT, stamp TEXT, moment TEXT',
    postgresql: 'day date, stamp timestamp, moment timestamptz',
    mariadb: 'day DATE, stamp DATETIME(6), moment TIMESTAMP(6) NULL'};

const TABLES = (kind) => `CREATE TABLE event(id {id}, tenant {name}, at {instant}, ${TYPES[kind]},
    v {integer}); CREATE INDEX event_place ON event(tenant, at);`;

/* Real dates around the odd ones, NULL now and then. */
const REAL = {day: ['2024-01-01', '2023-12-31', '2024-04-30', '2024-05-01', null],
    stamp: ['2024-01-01 00:00:00', '2023-12-31 23:59:59.999999', '2024-05-01 00:00:00', null],
    moment: ['2024-01-01 00:00:00', '1999-12-31 23:59:59.5', null]};

const rows = (kind) => ({event: Array.from({length: 140}, (none, i) => {
    const pick = (column, n) => {
        const choice = [...ODD[kind][column], ...REAL[column]];
        return choice[n % choice.length];
    };
    const at = `2024-03-${String(1 + i * 5 % 21).padStart(2, '0')} 0${i % 10}:30:00`;
    return [i + 1, ['a', 'b', 'c'][i % 3], at, pick('day', i), pick('stamp', i * 3 + (i >> 3)),
        pick('moment', i * 7 + (i >> 2)), i];
})});

const MEASURES = (column) => ({n: 'count', known: `count where ${column} IS NOT NULL`,
    kinds: `count_distinct(${column})`, least: `min(${column})`, most: `max(${column})`});
const SPEC = {
    sources: {event: {from: 'event', tenant: 'tenant', time: 'at'}},
    summaries: {
        f: {source: 'event', grains: ['hour', 'day', 'month'],
            dimensions: {day: 'day', stamp: 'stamp'}, measures: {n: 'count', total: 'sum(v)'}},
        g: {source: 'event', grains: ['day', 'month'], dimensions: {moment: 'moment'},
            measures: MEASURES('day')},
        h: {source: 'event', grains: ['day', 'week'], dimensions: {day: 'day'},
            measures: MEASURES('stamp')},
        i: {source: 'event', grains: ['month'], measures: MEASURES('moment')},
    },
};
const KINDS_OF = (kind) => {
    const of = (name) => kind === 'sqlite' ? 'text' : name;
    return {day: of('date'), stamp: of('timestamp'), moment: of('instant')};
};

/* `least`, `most` and `kinds` are of other columns in other summaries. */
const only = (summary, column) => (kind) => ({...KINDS_OF(kind),
    ...Object.fromEntries(['kinds', 'least', 'most'].map((name) => [name, KINDS_OF(kind)[column]]))});
const some = (...names) => ({...SPEC, summaries: Object.fromEntries(names.map((name) => [name,
    SPEC.summaries[name]]))});

const CHANGES = (kind) => [
    `UPDATE event SET day = '${ODD[kind].day[0]}' WHERE id % 4 = 1`,
    `UPDATE event SET day = '2024-02-29', stamp = '${ODD[kind].stamp[1]}' WHERE id % 7 = 0`,
    `UPDATE event SET moment = '${ODD[kind].moment[0]}', stamp = '${ODD[kind].stamp[0]}'
        WHERE id % 5 = 2`,
    `INSERT INTO event SELECT id + 1000, tenant, at, day, stamp, moment, v FROM event
        WHERE id % 2 = 0`,
    `UPDATE event SET at = '2024-03-02 00:00:00', day = NULL WHERE id % 9 = 0`,
    `DELETE FROM event WHERE tenant = 'a' OR day = '${ODD[kind].day[1]}'`,
    `DELETE FROM event WHERE stamp IS NOT NULL`,
];

/* What the database says itself; a month's UTC, for there are no zones here. */
function equalsSql(place) {
    const month = {sqlite: `date(at, 'start of month')`, postgresql: `date_trunc('month', at)::date`,
        mariadb: `CAST(date_format(at, '%Y-%m-01') AS DATE)`}[place.kind];
    for (const [summary, key, column] of [['g', 'moment', 'day'], ['i', null, 'moment']]) {
        const own = key ? `${key}, ` : '';
        const [stored, truth] = place.database.queries([
            `SELECT tenant, bucket, ${own}n, known, kinds, least, most FROM ${summary}_month`,
            `SELECT tenant, ${month} AS bucket, ${own}count(*) AS n, count(${column}) AS known,
                count(DISTINCT ${column}) AS kinds, min(${column}) AS least, max(${column}) AS most
                FROM event GROUP BY 1, 2${key ? ', 3' : ''}`]);
        const lines = (list) => list.map((row) => JSON.stringify(row)).sort();
        assert.deepEqual(lines(stored), lines(truth), `${summary}_month is not what GROUP BY gives`);
    }
}

const KINDS_BY_SUMMARY = {f: 'day', g: 'day', h: 'stamp', i: 'moment'};

conform(Object.entries(KINDS_BY_SUMMARY).map(([summary, column]) => ({
    name: `dates that are no time are values: summary ${summary}`,
    tables: TABLES, rows, spec: some(summary), kinds: only(summary, column), changes: CHANGES,
})));

/* What the database makes of them: NULL, or one more of their kind. */
const NEXT = {sqlite: `date(day, '+1 day')`, postgresql: 'day + 1', mariadb: 'day + INTERVAL 1 DAY'};
const DATE_OF = {sqlite: 'substr(stamp, 1, 10)', postgresql: 'stamp::date',
    mariadb: 'CAST(stamp AS DATE)'};

conform([{
    name: 'dates that are no time are values: expressions',
    tables: TABLES, rows, changes: CHANGES, kinds: only('j', 'day'),
    spec: (kind) => ({sources: SPEC.sources, summaries: {j: {source: 'event',
        grains: ['day', 'month'], dimensions: {day: DATE_OF[kind]}, measures: MEASURES(NEXT[kind])}}}),
}, ...['day', 'stamp', 'moment'].map((tenant) => ({
    name: `dates that are no time are values: tenants by ${tenant}`,
    tables: TABLES, rows, changes: (kind) => CHANGES(kind).slice(0, -1),
    spec: {sources: {event: {...SPEC.sources.event, tenant}}, summaries: {
        f: {source: 'event', grains: ['day', 'month'], measures: {n: 'count', total: 'sum(v)'}},
        k: {source: 'event', grains: ['day', 'month'], measures: {n: 'count', most: 'max(v)'}}}},
}))]);

/* A session may allow days that a month does not have; trueup's own may not, since casts would mean
 * something else there: their buckets fail by name until they are mended, and no others. */
conformTo('days that a month does not have fail their buckets (MariaDB)', {
    on: ['mariadb'], tables: TABLES, rows, spec: some('f', 'g'), kinds: only('g', 'day'),
}, (place) => {
    place.run('apply', {code: 0});
    place.shell(`SET sql_mode = 'ALLOW_INVALID_DATES'; UPDATE event SET day = '2024-02-31'
        WHERE id % 3 = 0; UPDATE event SET v = v + 100 WHERE id % 3 = 1`);
    const {err} = place.run('run --once', {code: 1});
    assert.match(err, /summary f: tenant c: .*2024-02-31/);
    assert.match(err, /summary g: tenant c: /);
    assert.doesNotMatch(err, /tenant [ab]/);
    const [stored, truth] = place.database.queries([`SELECT tenant, sum(total) AS total FROM f_month
        WHERE tenant <> 'c' GROUP BY tenant ORDER BY 1`,
    `SELECT tenant, sum(v) AS total FROM event WHERE tenant <> 'c' GROUP BY tenant ORDER BY 1`]);
    assert.deepEqual(stored, truth);
    place.shell(`UPDATE event SET day = '2024-02-29' WHERE id % 3 = 0`);
    place.run('run --once', {code: 0});
    equalsOracle(place, place.wanted, place.kinds, 'mended');
    place.isQuiet();
});

/* A column that may be NULL, and one that may not: where a condition may be written for both, it finds
 * the same rows as a WHERE of the database's own. */
const DATED = `CREATE TABLE event(id {id}, tenant {name}, at {instant}, soft DATE, hard DATE NOT NULL,
    v {integer})`;
const SOFT = 'v > 2 AND (soft IS NULL OR NOT (soft IS NOT NULL AND soft > 0))';
const HARD = 'hard = 0 OR hard > 20240301';
const DATED_SPEC = {
    sources: {event: {from: 'event', tenant: 'tenant', time: 'at', where: SOFT}},
    summaries: {
        folded: {source: 'event', grains: ['day', 'month'], where: HARD,
            measures: {n: 'count', total: 'sum(v)', bare: 'count where soft IS NULL'}},
        looked: {source: 'event', grains: ['month'], where: `NOT (${HARD})`,
            measures: {n: 'count', most: 'max(v)', least: 'min(hard)'}},
    },
};

function equalsWhere(place, label) {
    const [folded, looked, ...truths] = place.database.queries([
        'SELECT tenant, n, total, bare FROM folded_month ORDER BY 1',
        'SELECT tenant, n, most, least FROM looked_month ORDER BY 1',
        `SELECT tenant, count(*) AS n, sum(v) AS total, sum(soft IS NULL) AS bare
            FROM event WHERE (${SOFT}) AND (${HARD}) GROUP BY 1 ORDER BY 1`,
        `SELECT tenant, count(*) AS n, max(v) AS most, min(hard) AS least
            FROM event WHERE (${SOFT}) AND NOT (${HARD}) GROUP BY 1 ORDER BY 1`]);
    assert.deepEqual([folded, looked], truths, label);
}

conformTo('conditions about dates that are no time choose rows and images alike (MariaDB)', {
    on: ['mariadb'], tables: DATED, spec: DATED_SPEC,
    rows: {event: Array.from({length: 60}, (none, i) => [i + 1, ['a', 'b', 'c'][i % 3],
        '2024-03-05 10:00:00', [null, '0000-00-00', '2024-02-01'][(i >> 1) % 3],
        ['0000-00-00', '2024-03-02', '2024-00-10', '2024-01-31'][i % 4], i])},
}, (place) => {
    place.run('apply', {code: 0});
    equalsWhere(place, 'built');
    for (const change of [`UPDATE event SET hard = '0000-00-00' WHERE id % 5 = 0`,
        `UPDATE event SET soft = NULL WHERE id % 7 = 0`,
        `UPDATE event SET soft = '0000-00-00', hard = '2024-03-09' WHERE id % 4 = 3`,
        `DELETE FROM event WHERE hard = 0 AND id % 2 = 0`]) {
        place.shell(change);
        place.run('run --once', {code: 0});
        equalsWhere(place, change);
    }
    place.isQuiet();
    /* What was right for a column that may be NULL is refused as soon as it may not. */
    place.shell(`UPDATE event SET soft = '0000-00-00' WHERE soft IS NULL;
        ALTER TABLE event MODIFY soft DATE NOT NULL`);
    for (const command of ['check', 'plan', 'apply']) {
        const {out, err} = place.run(command, {code: 2});
        assert.match(out + err, /soft is never NULL.*write `soft = 0`/s, command);
    }
});

conformTo('dates that are no time: GROUP BY of the database itself, query, verify', {
    tables: TABLES, rows, spec: some('g', 'i'), kinds: only('g', 'day'),
}, (place, kind) => {
    place.run('apply', {code: 0});
    equalsSql(place);
    for (const change of CHANGES(kind).slice(0, -2)) {
        place.shell(place.say(change));
        place.run('run --once', {code: 0});
        equalsSql(place);
    }
    place.run('verify', {code: 0});
    const {columns, rows: answer} = place.json('query g --grain month --by moment', {code: 0});
    const shown = new Set(answer.map((row) => row[columns.indexOf('least')]));
    const least = {sqlite: '', postgresql: '-infinity', mariadb: '0000-00-00'}[kind];
    assert.ok(shown.has(least), `query shows ${[...shown]}`);
    place.isQuiet();
});

const PLACED = {
    ...SPEC, sources: {event: {from: 'event', tenant: 'tenant', time: 'stamp'}},
    summaries: {s: {source: 'event', grains: ['day', 'month'], dimensions: {day: 'day'},
        measures: MEASURES('stamp')}},
};

conformTo('dates that are no time place a row nowhere, and move it when they change', {
    tables: TABLES, rows, spec: PLACED, kinds: only('s', 'stamp'),
}, (place, kind) => {
    place.run('apply', {code: 0});
    equalsOracle(place, place.wanted, place.kinds, 'built');
    for (const change of [`UPDATE event SET stamp = '${ODD[kind].stamp[0]}' WHERE id % 3 = 0`,
        `UPDATE event SET stamp = '2024-03-01 12:00:00' WHERE id % 2 = 0`,
        `UPDATE event SET stamp = '${ODD[kind].stamp[1]}' WHERE id % 4 = 0`,
        `DELETE FROM event WHERE id % 5 = 0`]) {
        place.shell(change);
        place.run('run --once', {code: 0});
        equalsOracle(place, place.wanted, place.kinds, change);
    }
    place.isQuiet();
});
