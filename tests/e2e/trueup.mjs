/*
 * What the end-to-end tests share: a place for each test, the program under test, and a database's
 * own client.
 *
 *   Place ── directory ── trueup.yaml, data.db or a database on a server
 *     ├─ run(...)     the program, to its end            ├─ sql(...)    the client, rows as objects
 *     ├─ start(...)   the program, while it runs: can    ├─ writer()    a client that stays open,
 *     │               be waited for at a stop point      │              with transactions
 *     └─ spec(...)    writes trueup.yaml                 └─ same(a, b)  EXCEPT both ways
 *
 *   new Place(t)                         on SQLite
 *   await Place.on('postgresql', t)      on any database: see servers.mjs
 *
 * What is in a database is looked at with sqlite3, psql and mariadb only, never with trueup.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {DEADLINE_MS, Worker, Writer, until} from './processes.mjs';
import {openDatabase, openFile} from './servers.mjs';
import {average, insert, localBucket, say} from './words.mjs';

export {until};

const here = path.dirname(fileURLToPath(import.meta.url));

/* The program under test: TRUEUP, or what `make check` has built. */
export const PROGRAM = process.env.TRUEUP ?? path.resolve(here, '../../build-check/trueup');

/* Without stop points a test that asks for a kill would test nothing: such a program says nothing
 * against a stop point that does not exist. */
{
    const env = {...process.env, TRUEUP_STOP: 'no.such.point:kill'};
    const {status, error} = spawnSync(PROGRAM, ['--version'], {env});
    if (error || status !== 2)
        throw new Error(`${PROGRAM}: ${error?.message ?? 'was not built with -Dstop_points=true'}`);
}

/* ---- YAML: block maps, everything else as JSON, which is YAML too ---- */

function yaml(value, indent) {
    if (value === null || typeof value !== 'object' || Array.isArray(value))
        return ` ${JSON.stringify(value)}\n`;
    const lines = Object.entries(value).map(
        ([key, inner]) => `${indent}${key}:${yaml(inner, `${indent}  `)}`);
    return lines.length > 0 ? `\n${lines.join('')}` : ' {}\n';
}

export function yamlOf(spec) {
    return yaml(spec, '').replace(/^\n/, '');
}

/* ---- a test's place ---- */

export class Place {
    /* `t` is the test's context: whatever was started ends with it. */
    constructor(t, {database} = {}) {
        this.directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-e2e-')));
        this.database = database ?? openFile(path.join(this.directory, 'data.db'));
        this.kind = this.database.kind;
        this.file = path.join(this.directory, 'trueup.yaml');
        this.children = [];
        this.finally = [];
        t.after(() => this.clear());
    }

    /* SQLite's file; a test may move it. */
    get db() {
        return this.database.file;
    }

    set db(file) {
        this.database.file = file;
    }

    /* A place on a database of that kind, new and empty. */
    static async on(kind, t, {create, server, ...options} = {}) {
        return new this(t, {...options, database: await openDatabase(kind, {create, server})});
    }

    clear() {
        for (const {child} of this.children)
            if (child.exitCode === null && child.signalCode === null)
                child.kill('SIGKILL');
        for (const undo of this.finally)
            undo();
        this.database.drop();
        fs.rmSync(this.directory, {recursive: true, force: true});
    }

    /* Writes the spec: text, or an object (then with the database's name). */
    spec(spec) {
        const text = typeof spec === 'string' ? spec : yamlOf({database: this.database.url,
            ...spec});
        fs.writeFileSync(this.file, text);
        return this;
    }

    environment(stop, more) {
        const {TRUEUP_STOP, TRUEUP_SPEC, TRUEUP_DATABASE, ...clean} = process.env;
        return {...clean, LC_ALL: 'C.UTF-8', ...(stop ? {TRUEUP_STOP: stop} : {}), ...more};
    }

    /* The program with its arguments in one text or a list; `code` is the exit code expected. */
    run(line, {code, stop, env, input} = {}) {
        const argv = Array.isArray(line) ? line : line.split(' ');
        const result = spawnSync(PROGRAM, argv, {
            cwd: this.directory, env: this.environment(stop, env), encoding: 'utf8',
            input: input ?? '', timeout: DEADLINE_MS, maxBuffer: 1 << 26,
        });
        assert.ifError(result.error);
        const {status, signal, stdout, stderr} = result;
        if (code !== undefined)
            assert.equal(status, code, `trueup ${argv.join(' ')} (${signal}): ${stderr}${stdout}`);
        return {code: status, signal, out: stdout, err: stderr};
    }

    /* Runs with --json and gives the object. */
    json(line, options = {}) {
        const {out, err} = this.run(`--json ${line}`, options);
        try {
            return JSON.parse(out);
        } catch {
            assert.fail(`trueup ${line} printed no JSON object: ${out}${err}`);
        }
    }

    start(line, {stop, env} = {}) {
        const worker = new Worker(PROGRAM, line.split(' '), {
            cwd: this.directory, env: this.environment(stop, env), stdio: ['ignore', 'pipe',
                'pipe'],
        });
        this.children.push(worker);
        return worker;
    }

    /* Starts it and waits until it stands at the stop point. */
    pausedAt(point, line) {
        const [name, nth] = point.split(':');
        return this.start(line, {stop: `${name}:pause${nth ? `:${nth}` : ''}`}).paused();
    }

    writer({timeoutMs = 10_000} = {}) {
        const writer = new Writer(this.database.session(timeoutMs));
        this.children.push(writer);
        return writer;
    }

    /* The client's own text for some statements or its own commands. */
    shell(text, options) {
        return this.database.shell(text, options);
    }

    /* Runs statements; the rows of the last, as objects. */
    sql(text) {
        return this.database.sql(text);
    }

    /* SQL with words that databases spell differently (words.mjs). */
    say(text) {
        return say(this.kind, text);
    }

    /* The one value of a query. */
    value(query) {
        const rows = this.sql(query);
        assert.equal(rows.length, 1, query);
        return Object.values(rows[0])[0];
    }

    /* Of each pair, both queries give the same rows, each as often: EXCEPT both ways, and as many
     * rows. Whatever differs is printed, and nothing may be. */
    sameAll(pairs) {
        const script = pairs.map(({label: text, stored, truth}) => {
            const label = text.replaceAll("'", "''");
            const count = (query) => `(SELECT count(*) FROM (${query}) AS q)`;
            return `
            SELECT '${label}: stored', d.* FROM (SELECT * FROM (${stored}) AS a EXCEPT SELECT *
                FROM (${truth}) AS b) AS d LIMIT 8;
            SELECT '${label}: true', d.* FROM (SELECT * FROM (${truth}) AS a EXCEPT SELECT *
                FROM (${stored}) AS b) AS d LIMIT 8;
            SELECT '${label}: rows', a, b FROM (SELECT ${count(stored)} AS a,
                ${count(truth)} AS b) AS n WHERE a <> b;`;
        });
        assert.equal(this.shell(script.join('\n'), {flags: this.database.plain}), '');
    }

    same(stored, truth, label = 'differs') {
        this.sameAll([{label, stored, truth}]);
    }

    /* A digest of the whole content of the database, schema included, or of some tables. */
    digest(tables = '') {
        return createHash('sha256').update(this.database.dump(tables)).digest('hex');
    }

    /* A control table's name, with its schema. */
    control(table) {
        const found = this.database.tables().find(({name}) => name === table);
        assert.ok(found, `there is no ${table}`);
        return found.sql;
    }

    /* Log entries and buckets that wait, by table; those without are left out. */
    pending() {
        const tables = this.database.tables().filter(({name}) =>
            name.startsWith('trueup_change_') || name === 'trueup_pending');
        const counts = tables.map(({name, sql}) => `SELECT '${name}' AS name, count(*) AS n
            FROM ${sql}`);
        return Object.fromEntries(
            this.sql(`SELECT * FROM (${counts.join(' UNION ALL ')}) AS c WHERE n > 0`)
                .map(({name, n}) => [name, n]));
    }

    /* What must hold after every scenario, beside the truth of the tables: nothing waits, nobody
     * is at it, no run was left open, and trueup's own comparison agrees. */
    isQuiet() {
        assert.deepEqual(this.pending(), {}, 'changes are pending');
        const run = this.run('run --once', {code: 0});
        assert.doesNotMatch(run.err, /another worker/);
        assert.deepEqual(
            this.sql(`SELECT * FROM ${this.control('trueup_run')} WHERE status = 'STARTED'`), []);
        const verify = this.json('verify', {code: 0});
        assert.deepEqual(verify.drift, []);
        assert.equal(verify.cells_pending, 0);
    }
}

/* ---- the house: the setup of most scenarios ---- */

/* Three tenants on clocks without summer time (so that plain SQL can say the local day: `off` is
 * seconds ahead of UTC), a source with a tenant, an instant and an amount, and two summaries: one
 * that is recomputed (min, max), one that is folded (count, sum, avg). */
const HOUSE_TABLES = `
    CREATE TABLE shop(id {name} PRIMARY KEY, tz {text}, off {integer});
    INSERT INTO shop VALUES ('tokyo', 'Asia/Tokyo', 32400), ('phoenix', 'America/Phoenix', -25200),
        ('kathmandu', 'Asia/Kathmandu', 20700);
    CREATE TABLE sale(id {id}, shop {name}, at {instant}, amount {integer});
    CREATE INDEX sale_place ON sale(shop, at);`;

export const HOUSE_SPEC = {
    tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
    sources: {sale: {from: 'sale', tenant: 'shop', time: 'at'}},
    summaries: {
        daily: {
            source: 'sale', grains: ['day', 'month'], columns: {tenant: 'shop'},
            measures: {n: 'count', total: 'sum(amount)', least: 'min(amount)', most: 'max(amount)'},
        },
        folded: {
            source: 'sale', grains: ['hour', 'day', 'year'], columns: {tenant: 'shop'},
            measures: {n: 'count', total: 'sum(amount)', mean: 'avg(amount)'},
        },
    },
};

const RECOMPUTED = ['n, total, least, most', 'count(*), sum(amount), min(amount), max(amount)'];
const FOLDED = ['n, total, mean', 'count(*), sum(amount), {mean}'];
const HOUSE_TABLES_KEPT = [
    ['daily', 'day', ...RECOMPUTED], ['daily', 'month', ...RECOMPUTED],
    ['folded', 'hour', ...FOLDED], ['folded', 'day', ...FOLDED], ['folded', 'year', ...FOLDED],
];

/* `days` of three shops from 2024-03-01, one row in 5 hours each (4.8, so that no hour is
 * favoured). */
export function houseRows(days) {
    const rows = [];
    for (let i = 0; i < days * 5; i++) {
        const at = new Date(Date.UTC(2024, 2, 1) + i * 17_280_000).toISOString();
        for (const shop of ['tokyo', 'phoenix', 'kathmandu'])
            rows.push([shop, at.slice(0, 19).replace('T', ' '), (i * 37) % 101 - 20]);
    }
    return insert('sale', rows, '(shop, at, amount)');
}

export class House extends Place {
    constructor(t, {days = 20, spec = {}, tables = '', apply = true, database} = {}) {
        super(t, {database});
        if (this.kind === 'sqlite')
            this.shell('PRAGMA journal_mode = WAL;');
        this.shell(this.say(`${HOUSE_TABLES} ${tables}`));
        if (days > 0)
            this.shell(houseRows(days));
        this.spec({...HOUSE_SPEC, ...spec});
        if (apply)
            this.run('apply', {code: 0});
    }

    /* A bucket of the sale s of the shop h, as SQLite's SQL. */
    static buckets = Object.fromEntries(['hour', 'day', 'month', 'year'].map(
        (grain) => [grain, localBucket('sqlite', grain, 's.at', 'h.off')]));

    /* All summary tables equal a plain GROUP BY. */
    isRight() {
        this.sameAll(HOUSE_TABLES_KEPT.map(([table, grain, columns, measures]) => {
            const bucket = localBucket(this.kind, grain, 's.at', 'h.off');
            return {
                label: `${table}_${grain}`,
                stored: `SELECT shop, bucket, ${columns} FROM ${table}_${grain}`,
                truth: `SELECT s.shop, ${bucket} AS bucket, ${
                    measures.replace('{mean}', average(this.kind, 'amount'))} FROM sale s
                        JOIN shop h ON h.id = s.shop WHERE ${bucket} IS NOT NULL GROUP BY 1, 2`,
            };
        }));
    }

    /* TRUTH, nothing pending, no lock held. */
    isTrue() {
        this.isRight();
        this.isQuiet();
    }

    /* Settles, and then all is true. */
    settles() {
        this.run('run --once', {code: 0});
        this.isTrue();
    }
}
