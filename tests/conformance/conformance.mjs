/*
 * How a case of the conformance suite is run: the same on every database.
 *
 *   case ── tables, rows ──▶ database ── apply ──▶ tables equal the oracle, verify says so
 *            └ changes, one after the other ── run --once ──▶ the same
 *                                            └ rebuild finds no drift, apply changes nothing
 *
 * A case is {name, tables, rows, spec, kinds, changes, types, on, create, server}: `create` goes
 * behind CREATE DATABASE, `server` are arguments of a server of its own. Texts may have words that
 * databases spell differently (../e2e/words.mjs); whatever may differ at all may be given as a
 * function of the kind of database. What is expected to differ stands in quirks.mjs.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {chosenKinds, KINDS} from '../e2e/servers.mjs';
import {Place} from '../e2e/trueup.mjs';
import {insert} from '../e2e/words.mjs';
import {bucketColumn, parseMeasure, seriesOf, show, storedKind, truthOf} from './oracle.mjs';
import {withoutCase} from './quirks.mjs';
import {columnTypes, expectedType} from './types.mjs';

/* What a case says about a database, or about this one place. */
export const given = (what, kind, place) => typeof what === 'function' ? what(kind, place) : what;

/* A name as SQL: quoted, schema and table apart; what is quoted already stays. */
export const quoted = (name) => name.includes('"') ? name
    : name.split('.').map((part) => `"${part}"`).join('.');

/* ---- comparing ---- */

/* The kind of each column of a table as stored; in a long summary the widest of all series. */
const WIDTH = ['integer', 'number', 'decimal', 'real'];

function storedKinds(place, {summary, grain}, kinds) {
    const stored = {[bucketColumn(summary, grain)]:
        grain === 'hour' || grain === 'minute' ? 'instant' : 'date'};
    for (const series of seriesOf(summary)) {
        for (const column of Object.keys(series.dimensions))
            stored[column] = kinds[column] ?? 'text';
        for (const [column, text] of Object.entries(series.measures)) {
            const input = kinds[`${series.name}.${column}`] ?? kinds[column] ?? 'integer';
            const kind = storedKind(parseMeasure(text).name, input, place.kind);
            const width = (name) => WIDTH.indexOf(name.split(':')[0]);
            if (!(column in stored) || width(kind) > width(stored[column]))
                stored[column] = kind;
        }
    }
    return stored;
}

const sortedLines = (rows, columns) =>
    rows.map((row) => JSON.stringify(columns.map((column) => row[column]))).sort();

/* In the one, and not (so often) in the other. */
function beyond(lines, others) {
    const left = new Map();
    for (const line of others)
        left.set(line, (left.get(line) ?? 0) + 1);
    return lines.filter((line) => {
        const n = left.get(line) ?? 0;
        left.set(line, n - 1);
        return n <= 0;
    });
}

/* Every cell of every summary table is the oracle's, and there is no other; `expect` gives the rows
 * where they are others than the truth of a table. */
export function equalsOracle(place, spec, kinds, label = '', expect = ({rows}) => rows) {
    const tables = truthOf(place, spec, kinds);
    const names = tables.map((truth) => {
        const {summary, grain, series, source} = truth;
        return [
            ...(series.name !== null ? [summary.columns?.series ?? 'series'] : []),
            ...(source.tenant ? [summary.columns?.tenant ?? 'tenant'] : []),
            bucketColumn(summary, grain),
            ...Object.keys(series.dimensions), ...Object.keys(series.measures),
        ];
    });
    const results = place.database.queries(tables.map(({table}, i) =>
        `SELECT ${names[i].map((name) => `"${name}"`).join(', ')} FROM ${quoted(table)}`));
    const wrong = tables.flatMap((truth, i) => {
        const kindsStored = storedKinds(place, truth, kinds);
        const stored = results[i].map((row) => Object.fromEntries(Object.entries(row).map(
            ([column, text]) => [column, show(kindsStored[column] ?? 'text', text)])));
        const expected = expect(truth).map((row) => Object.fromEntries(Object.entries(row).map(
            ([column, text]) => [column, show(kindsStored[column] ?? 'text', text)])));
        const [have, want] = [sortedLines(stored, names[i]), sortedLines(expected, names[i])];
        const LINES_SHOWN = 8;
        return [
            ...beyond(have, want).slice(0, LINES_SHOWN).map((l) => `${truth.table} stored ${l}`),
            ...beyond(want, have).slice(0, LINES_SHOWN).map((l) => `${truth.table} true   ${l}`),
        ];
    });
    assert.deepEqual(wrong, [], `${label}: the tables are not the truth`);
    return tables;
}

/* ---- a case ---- */

/* A place with the case's tables, rows and spec. */
export async function prepare(conformance, kind, t) {
    const place = await Place.on(kind, t, {create: given(conformance.create, kind),
        server: conformance.server});
    if (kind === 'sqlite')
        place.shell('PRAGMA journal_mode = WAL;');
    const tables = place.say(given(conformance.tables, kind, place));
    const rows = Object.entries(given(conformance.rows, kind, place) ?? {})
        .map(([table, list]) => insert(table, list)).join('');
    place.shell(`${tables};\n${rows}`);
    place.wanted = given(conformance.spec, kind, place);
    place.kinds = given(conformance.kinds, kind, place) ?? {};
    place.spec(place.wanted);
    return place;
}

/* The tables are true, nothing waits, and trueup's own comparison agrees. */
export function isTrue(place, label) {
    const tables = equalsOracle(place, place.wanted, place.kinds, label);
    place.isQuiet();
    return tables;
}

export function settles(place, label) {
    place.run('run --once', {code: 0});
    return isTrue(place, label);
}

function typesAreRight(place, tables, conformance) {
    const more = given(conformance.types, place.kind, place) ?? {};
    for (const truth of tables) {
        const found = columnTypes(place, truth.table);
        const kinds = storedKinds(place, truth, place.kinds);
        for (const [column, kind] of Object.entries(kinds)) {
            const want = column in more ? more[column] : expectedType(place.kind, kind);
            if (want !== null)
                assert.match(found[column] ?? `no column ${column}`, want,
                    `${truth.table}.${column} (${kind})`);
        }
    }
}

async function runCase(conformance, kind, t) {
    const place = await prepare(conformance, kind, t);
    place.run('apply', {code: 0});
    const tables = equalsOracle(place, place.wanted, place.kinds, 'after apply');
    typesAreRight(place, tables, conformance);
    const changes = (given(conformance.changes, kind, place) ?? []).filter(Boolean);
    for (const [i, change] of changes.entries()) {
        place.shell(place.say(change));
        place.run('run --once', {code: 0});
        equalsOracle(place, place.wanted, place.kinds, `after change ${i + 1}: ${change}`);
    }
    place.isQuiet();
    const rebuilt = place.json('rebuild --wait', {code: 0});
    assert.equal(rebuilt.cells_drifted, 0, 'a rebuild of right tables found drift');
    /* The first tidies up after tenants that changed. */
    place.run('apply', {code: 0});
    const before = place.digest();
    place.run('apply', {code: 0});
    assert.equal(place.digest(), before, 'applying again changed something');
    conformance.then?.(place);
}

/* Registers a test for each case and database. A case for some databases only says which in `on`,
 * and has a row in quirks.mjs that says why: nothing is left out silently. */
export function conform(cases) {
    for (const conformance of cases) {
        const on = conformance.on ?? KINDS;
        for (const kind of KINDS.filter((name) => !on.includes(name)))
            assert.ok(withoutCase(conformance.name, kind),
                `quirks.mjs does not say why "${conformance.name}" is not for ${kind}`);
        for (const kind of chosenKinds(on))
            test(`${kind}: ${conformance.name}`, (t) => runCase(conformance, kind, t));
    }
}

/* The same for what is no table of rows: `body(place, kind)` on a prepared place. */
export function conformTo(name, conformance, body) {
    const on = conformance.on ?? KINDS;
    for (const kind of KINDS.filter((other) => !on.includes(other)))
        assert.ok(withoutCase(name, kind),
            `quirks.mjs does not say why "${name}" is not for ${kind}`);
    for (const kind of chosenKinds(on))
        test(`${kind}: ${name}`, async (t) => body(await prepare(conformance, kind, t), kind, t));
}
