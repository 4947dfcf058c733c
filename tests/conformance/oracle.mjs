/*
 * The truth, computed by the test: reads the source's rows with the database's own client and
 * groups them in plain JavaScript.
 *
 *   spec ── SELECT tenant, time, dimensions, inputs, filters ──▶ rows ──▶ cells ──▶ rows of a table
 *
 * It shares nothing with trueup but the meaning of trueup.yaml. `kinds` says of which kind each
 * dimension and each measure's input is: integer, decimal:SCALE, real, number (SQLite: either),
 * text, padded (blanks at its end count not), boolean, date, timestamp, instant. "series.column"
 * wins over "column".
 */
import assert from 'node:assert/strict';
import {bucketOf, bucketOfDate, readInstant, showInstant} from './clock.mjs';
import {addDecimals, addReals, compareDecimals, compareReals, divideDecimal, readDecimal, readReal,
    showDecimal} from './numbers.mjs';
import {quirk} from './quirks.mjs';

/* ---- kinds: one text for one value, and an order ---- */

const showReal = (real) => String(real === 0 ? 0 : real);
const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
/* MariaDB's 0000-00-00 and 2024-00-10 are no instants, and values all the same. */
const WRITTEN = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d*?)0*)?Z?$/;
const shownAsWritten = (text) => text.replace(WRITTEN,
    (all, date, time, fraction) => `${date}T${time}${fraction ? `.${fraction}` : ''}Z`);
const inTime = (text) => {
    const us = readInstant(text);
    return us === null ? shownAsWritten(text) : showInstant(us);
};

const decimal = {
    show: (text) => /^[+-]?[\d.]+([eE][+-]?\d+)?$/.test(text) ? showDecimal(readDecimal(text))
        : showReal(readReal(text)),
    compare: (a, b) => compareDecimals(readDecimal(a), readDecimal(b)),
};
const KINDS = {
    integer: decimal,
    decimal,
    real: {show: (text) => showReal(readReal(text)),
        compare: (a, b) => compareReals(readReal(a), readReal(b))},
    number: {show: (text) => decimal.show(text),
        compare: (a, b) => compareReals(readReal(a), readReal(b))},
    text: {show: (text) => text, compare: byBytes},
    padded: {show: (text) => text.replace(/ +$/, ''), compare: byBytes},
    boolean: {show: (text) => text.replace('t', '1').replace('f', '0'), compare: byBytes},
    date: {show: (text) => text, compare: byBytes},
    timestamp: {show: inTime, compare: byBytes},
    instant: {show: inTime, compare: byBytes},
};

const kindOf = (kind) => {
    const [name, scale = '0'] = kind.split(':');
    assert.ok(name in KINDS, `no such kind: ${kind}`);
    return {name, scale: Number(scale), ...KINDS[name]};
};

export const show = (kind, text) => text === null ? null : kindOf(kind).show(text);

/* ---- measures ---- */

const MEASURE = /^(count_distinct|count|sum|min|max|avg)\s*(?:\(([^]*)\))?$/;

export function parseMeasure(text) {
    const at = text.search(/\swhere\s/i);
    const [, name, input] = MEASURE.exec((at < 0 ? text : text.slice(0, at)).trim());
    return {name, input: input ?? null, filter: at < 0 ? null : text.slice(at + 7)};
}

const sumOf = {
    integer: (values) => showDecimal(addDecimals(values.map(readDecimal))),
    decimal: (values) => showDecimal(addDecimals(values.map(readDecimal))),
    real: (values) => showReal(addReals(values.map(readReal))),
    boolean: (values) => String(values.filter((value) => value === '1').length),
    number: (values) => showReal(addReals(values.map(readReal))),
};

const AVERAGE = 'an average of whole numbers and decimals is';

/* Digits that an average has beyond its input's. */
const MORE_DIGITS = 6;

function average(kind, values, database) {
    if (kind.name === 'real' || kind.name === 'number')
        return showReal(addReals(values.map(readReal)) / values.length);
    const sum = addDecimals(values.map(readDecimal));
    if (quirk(AVERAGE, database, 'decimal') === 'real')
        return showReal(Number(showDecimal(sum)) / values.length);
    return showDecimal(divideDecimal(sum, values.length, kind.scale + MORE_DIGITS));
}

/* `rows` is how many passed the filter, `values` the inputs of those that are not NULL. */
function measured(name, kind, rows, values, database) {
    if (name === 'count')
        return String(rows);
    if (name === 'count_distinct')
        return String(new Set(values).size);
    if (values.length === 0)
        return null;
    if (name === 'sum')
        return sumOf[kind.name](values);
    if (name === 'avg')
        return average(kind, values, database);
    const sorted = [...values].sort(kind.compare);
    return name === 'min' ? sorted[0] : sorted.at(-1);
}

/* The kind of what a summary's column holds. */
export function storedKind(name, inputKind, database) {
    if (name === 'count' || name === 'count_distinct')
        return 'integer';
    const kind = kindOf(inputKind);
    if (name === 'sum' && kind.name === 'boolean')
        return 'integer';
    if (name !== 'avg' || kind.name === 'real')
        return inputKind;
    return quirk(AVERAGE, database, `decimal:${kind.scale + MORE_DIGITS}`);
}

/* ---- what a spec says ---- */

/* The series of a summary with all that they take from it; a wide summary is one series without a
 * name. */
export function seriesOf(summary) {
    const of = (name, own) => ({
        name,
        source: own.source ?? summary.source,
        where: [summary.where, own.where].filter(Boolean),
        dimensions: {...summary.dimensions, ...own.dimensions},
        measures: {...summary.measures, ...own.measures},
    });
    return summary.series ? Object.entries(summary.series).map(([name, own]) => of(name, own))
        : [of(null, {})];
}

export function tableOf(summaryName, summary, grain) {
    const table = summary.table ?? '{name}_{grain}';
    return (typeof table === 'string' ? table : table[grain])
        .replace('{name}', summaryName).replace('{grain}', grain);
}

export function bucketColumn(summary, grain) {
    const bucket = summary.columns?.bucket ?? 'bucket';
    return typeof bucket === 'string' ? bucket : bucket[grain];
}

const joined = ({from, join = []}) => [from, ...join.map((text) => /^left\s/i.test(text)
    ? `LEFT JOIN ${text.replace(/^left\s+(outer\s+)?(join\s+)?/i,
        '')}` : `JOIN ${text}`)].join(' ');

/* ---- rows ---- */

function rowsQuery(source, series) {
    const dimensions = Object.values(series.dimensions).map((sql) => sql ?? 'NULL');
    const measures = Object.values(series.measures).map(parseMeasure);
    const columns = [
        source.tenant ?? "''", source.time, ...dimensions,
        ...measures.map(({input}) => input ?? 'NULL'),
        ...measures.map(({filter}) => filter ? `CASE WHEN ${filter} THEN 1 ELSE 0 END` : '1'),
    ];
    const where = [source.where, ...series.where].filter(Boolean).map((sql) => `(${sql})`);
    return `SELECT ${columns.map((sql,
        i) => `${sql} AS c${i}`).join(', ')} FROM ${joined(source)}` +
        (where.length > 0 ? ` WHERE ${where.join(' AND ')}` : '');
}

const PER_SECOND = {seconds: 1_000_000n, milliseconds: 1000n, microseconds: 1n};

/* An instant, or a local date where the source gives one. */
function timeOf(source, text) {
    if (text === null)
        return null;
    if (source.time_unit === 'date')
        return /^\d{4}-\d\d-\d\d/.test(text) && readInstant(text.slice(0, 10)) !== null
            ? text.slice(0, 10) : null;
    if (source.time_unit)
        return BigInt(text) * PER_SECOND[source.time_unit];
    return readInstant(text, source.time_zone);
}

/* Tenant (its text) to zone; null: there is no tenants table and all have the same. */
function zonesOf(place, spec) {
    if (!spec.tenants)
        return null;
    const {table, key, time_zone: zone, where} = spec.tenants;
    const [rows] = place.database.queries([`SELECT ${key} AS k, ${zone} AS z FROM ${table}` +
        (where ? ` WHERE ${where}` : '')]);
    return new Map(rows.map(({k, z}) => [k, z]));
}

/* The rows of a series that count: [{tenant, zone, time, dimensions, inputs, passes}]. */
function* countedRows(spec, zones, source, series, kinds, rows) {
    const dimensions = Object.keys(series.dimensions);
    const measures = Object.keys(series.measures);
    const kind = (column) => kinds[`${series.name}.${column}`] ?? kinds[column] ?? 'integer';
    for (const row of rows) {
        const values = Object.values(row);
        const tenant = values[0];
        const time = timeOf(source, values[1]);
        const zone = zones ? zones.get(tenant) : spec.time_zone ?? 'UTC';
        if (tenant === null || time === null || zone === undefined)
            continue;
        const inputs = values.slice(2 + dimensions.length);
        yield {
            tenant, zone, time,
            dimensions: dimensions.map((column, i) => show(kind(column), values[2 + i])),
            inputs: measures.map((column, i) => show(kind(column), inputs[i])),
            passes: measures.map((column, i) => inputs[measures.length + i] === '1'),
        };
    }
}

/* ---- cells ---- */

function bucketOfRow({zone, time}, grain) {
    return typeof time === 'string' ? bucketOfDate(grain, time) : bucketOf(zone, grain, time);
}

function addRow(cells, key, row) {
    if (!cells.has(key))
        cells.set(key, {rows: row.passes.map(() => 0), values: row.passes.map(() => [])});
    const cell = cells.get(key);
    row.passes.forEach((passes, i) => {
        if (!passes)
            return;
        cell.rows[i]++;
        if (row.inputs[i] !== null)
            cell.values[i].push(row.inputs[i]);
    });
}

/* The rows that a series has in its table: texts as `show` writes them, by column. */
function* cellsOf(place, {summary, grain, source, series, kinds}, rows) {
    const cells = new Map();
    for (const row of rows)
        addRow(cells, JSON.stringify([row.tenant, bucketOfRow(row, grain), ...row.dimensions]),
            row);
    const columns = summary.columns ?? {};
    const dimensions = Object.keys(series.dimensions);
    for (const [key, cell] of cells) {
        const [tenant, bucket, ...values] = JSON.parse(key);
        const stored = {};
        if (series.name !== null)
            stored[columns.series ?? 'series'] = series.name;
        if (source.tenant)
            stored[columns.tenant ?? 'tenant'] = tenant;
        stored[bucketColumn(summary, grain)] = bucket;
        dimensions.forEach((column, i) => { stored[column] = values[i]; });
        Object.entries(series.measures).forEach(([column, text], i) => {
            const kind = kindOf(kinds[`${series.name}.${column}`] ?? kinds[column] ?? 'integer');
            stored[column] = measured(parseMeasure(text).name, kind, cell.rows[i], cell.values[i],
                                      place.kind);
        });
        yield stored;
    }
}

/* Every table of the spec: [{table, columns, rows}], `rows` a list of objects as `show` writes. */
export function truthOf(place, spec, kinds) {
    const zones = zonesOf(place, spec);
    const parts = Object.entries(spec.summaries).flatMap(([name, summary]) =>
        seriesOf(summary).map((series) => ({name, summary, series,
            source: spec.sources[series.source]})));
    const results = place.database.queries(
        parts.map(({source, series}) => rowsQuery(source, series)));
    const tables = new Map();
    parts.forEach(({name, summary, series, source}, i) => {
        const rows = [...countedRows(spec, zones, source, series, kinds, results[i])];
        for (const grain of summary.grains) {
            const table = tableOf(name, summary, grain);
            if (!tables.has(table))
                tables.set(table, {table, summary, grain, series, source, rows: []});
            tables.get(table).rows.push(
                ...cellsOf(place, {summary, grain, source, series, kinds}, rows));
        }
    });
    return [...tables.values()];
}
