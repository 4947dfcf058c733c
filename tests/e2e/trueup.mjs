/*
 * What the end-to-end tests share: a place for each test, the program under test, and sqlite3.
 *
 *   Place ── directory ── data.db, trueup.yaml
 *     ├─ run(...)     the program, to its end            ├─ sql(...)    sqlite3, rows as objects
 *     ├─ start(...)   the program, while it runs: can    ├─ writer()    a sqlite3 that stays open,
 *     │               be waited for at a stop point      │              with transactions
 *     └─ spec(...)    writes trueup.yaml                 └─ same(a, b)  EXCEPT both ways
 *
 * What is in a database is looked at with the sqlite3 program only, never with trueup. Nothing
 * sleeps: `until` waits for an event, and fails at a deadline.
 */
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

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

/* No event takes so long that this is a matter of a slow machine. */
const DEADLINE_MS = 30_000;
const LOOK_AGAIN_MS = 2;

/* Resolves when `happens()` gives something true, with what it gave. */
export async function until(what, happens, deadlineMs = DEADLINE_MS) {
    const end = Date.now() + deadlineMs;
    for (;;) {
        const value = await happens();
        if (value)
            return value;
        assert.ok(Date.now() < end, `waited ${deadlineMs} ms in vain: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
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

/* ---- a program that runs beside the test ---- */

/* One running trueup. Its stop point, its messages and its end can be waited for. */
class Worker {
    constructor(program, argv, options) {
        this.child = spawn(program, argv, options);
        this.out = '';
        this.err = '';
        this.result = null;
        this.child.stdout.on('data', (data) => { this.out += data; });
        this.child.stderr.on('data', (data) => { this.err += data; });
        this.closed = new Promise((resolve) => {
            this.child.on('close', (code, signal) => {
                this.result = {code, signal, out: this.out, err: this.err};
                resolve(this.result);
            });
        });
    }

    get pid() {
        return this.child.pid;
    }

    /* The process's state letter; null when it is gone. */
    state() {
        try {
            const stat = fs.readFileSync(`/proc/${this.pid}/stat`, 'utf8');
            return stat.slice(stat.lastIndexOf(')') + 2)[0];
        } catch {
            return null;
        }
    }

    /* It stands at its stop point. */
    async paused() {
        await until(`${this.pid} to stop`, () => {
            assert.equal(this.result, null, `it ended instead of stopping: ${this.err}${this.out}`);
            return this.state() === 'T';
        });
        return this;
    }

    /* It said something on stderr. */
    async says(pattern) {
        await until(`stderr to say ${pattern}`, () => {
            assert.ok(this.result === null || pattern.test(this.err), `it ended: ${this.err}`);
            return pattern.test(this.err);
        });
        return this;
    }

    /* It has the file open. */
    async hasOpen(file) {
        await until(`${this.pid} to open ${file}`, () => {
            if (this.result !== null)
                return true;
            try {
                return fs.readdirSync(`/proc/${this.pid}/fd`).some((fd) => {
                    try {
                        return fs.readlinkSync(`/proc/${this.pid}/fd/${fd}`) === file;
                    } catch {
                        return false;
                    }
                });
            } catch {
                return false;
            }
        });
        return this;
    }

    signal(name) {
        process.kill(this.pid, name);
        return this;
    }

    /* Goes on after a stop point. */
    go() {
        return this.signal('SIGCONT');
    }

    /* Its end: {code, signal, out, err}; of those, `code` must be the one expected, if any is. */
    async end(code) {
        let timer;
        const late = new Promise((resolve, reject) => {
            timer = setTimeout(() => reject(new Error(`${this.pid} did not end: ${this.err}`)),
                               DEADLINE_MS);
        });
        const result = await Promise.race([this.closed, late]).finally(() => clearTimeout(timer));
        if (code !== undefined)
            assert.equal(result.code, code,
                `exit code (${result.signal}): ${result.err}${result.out}`);
        return result;
    }
}

/* ---- a sqlite3 that stays open ---- */

/* A session of its own, with transactions. Statements are sent one after the other; each `do`
 * waits until sqlite3 has printed the marker that stands behind its statements. */
class Writer {
    constructor(file, timeoutMs) {
        this.child = spawn('/bin/sh', ['-c', 'exec sqlite3 -batch "$0" 2>&1', file],
                           {stdio: ['pipe', 'pipe', 'inherit']});
        this.out = '';
        this.markers = 0;
        this.child.stdout.on('data', (data) => { this.out += data; });
        this.child.on('close', () => { this.isClosed = true; });
        this.child.stdin.on('error', () => {});
        this.child.stdin.write(`.timeout ${timeoutMs}\n`);
    }

    /* What the statements print, errors too. */
    async attempt(sql) {
        const marker = `-- done ${++this.markers} --`;
        this.child.stdin.write(`${sql};\n.print ${marker}\n`);
        await until(`the writer to do: ${sql}`, () => {
            assert.ok(!this.isClosed, `the writer is gone: ${this.out}`);
            return this.out.includes(`${marker}\n`);
        });
        const end = this.out.indexOf(`${marker}\n`);
        const said = this.out.slice(0, end);
        this.out = this.out.slice(end + marker.length + 1);
        return said.trim();
    }

    /* The same; an error fails the test. */
    async do(sql) {
        const said = await this.attempt(sql);
        assert.doesNotMatch(said, /^(Runtime|Parse) error/m, sql);
        return said;
    }

    end() {
        this.child.stdin.end();
        return until('the writer to end', () => this.isClosed);
    }
}

/* ---- a test's place ---- */

export class Place {
    /* `t` is the test's context: whatever was started ends with it. */
    constructor(t) {
        this.directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-e2e-')));
        this.db = path.join(this.directory, 'data.db');
        this.file = path.join(this.directory, 'trueup.yaml');
        this.children = [];
        this.finally = [];
        t.after(() => this.clear());
    }

    clear() {
        for (const {child} of this.children)
            if (child.exitCode === null && child.signalCode === null)
                child.kill('SIGKILL');
        for (const undo of this.finally)
            undo();
        fs.rmSync(this.directory, {recursive: true, force: true});
    }

    /* Writes the spec: text, or an object (then with the database's name). */
    spec(spec) {
        const text = typeof spec === 'string' ? spec : yamlOf({database: 'sqlite:data.db',
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
        const writer = new Writer(this.db, timeoutMs);
        this.children.push(writer);
        return writer;
    }

    /* sqlite3's own text for some statements or dot commands. */
    shell(text, {flags = [], may = false} = {}) {
        const result = spawnSync('sqlite3', ['-batch', '-bail', ...flags, this.db],
                                 {input: `.timeout 10000\n${text}\n`, encoding: 'utf8',
                                  maxBuffer: 1 << 28});
        assert.ifError(result.error);
        if (!may)
            assert.equal(result.stderr, '', text);
        return result.stdout + (may ? result.stderr : '');
    }

    /* Runs statements; the rows of the last, as objects. */
    sql(text) {
        const out = this.shell(`${text};`, {flags: ['-json']}).trim();
        return out === '' ? [] : JSON.parse(out);
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
            return `
            SELECT '${label}: stored', * FROM (SELECT * FROM (${stored}) EXCEPT SELECT *
                FROM (${truth})) LIMIT 20;
            SELECT '${label}: true', * FROM (SELECT * FROM (${truth}) EXCEPT SELECT *
                FROM (${stored})) LIMIT 20;
            SELECT '${label}: rows', a, b FROM (SELECT (SELECT count(*) FROM (${stored})) AS a,
                (SELECT count(*) FROM (${truth})) AS b) WHERE a <> b;`;
        });
        assert.equal(this.shell(script.join('\n')), '');
    }

    same(stored, truth, label = 'differs') {
        this.sameAll([{label, stored, truth}]);
    }

    /* A digest of the whole content of the database, schema included, or of some tables. */
    digest(tables = '') {
        return createHash('sha256').update(this.shell(`.dump ${tables}`)).digest('hex');
    }

    /* Log entries and buckets that wait, by table; those without are left out. */
    pending() {
        const tables = this.sql(`SELECT name FROM sqlite_schema WHERE type = 'table'
                                 AND (name GLOB 'trueup_change_*' OR name = 'trueup_pending')`);
        const counts = tables.map(({name}) => `SELECT '${name}' AS name, count(*) AS n
            FROM "${name}"`);
        return Object.fromEntries(
            this.sql(`SELECT * FROM (${counts.join(' UNION ALL ')}) WHERE n > 0`)
                .map(({name, n}) => [name, n]));
    }

    /* What must hold after every scenario, beside the truth of the tables: nothing waits, nobody
     * is at it, no run was left open, and trueup's own comparison agrees. */
    isQuiet() {
        assert.deepEqual(this.pending(), {}, 'changes are pending');
        const run = this.run('run --once', {code: 0});
        assert.doesNotMatch(run.err, /another worker/);
        assert.deepEqual(this.sql(`SELECT * FROM trueup_run WHERE status = 'STARTED'`), []);
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
    PRAGMA journal_mode = WAL;
    CREATE TABLE shop(id TEXT PRIMARY KEY, tz TEXT, off INTEGER);
    INSERT INTO shop VALUES ('tokyo', 'Asia/Tokyo', 32400), ('phoenix', 'America/Phoenix', -25200),
        ('kathmandu', 'Asia/Kathmandu', 20700);
    CREATE TABLE sale(id INTEGER PRIMARY KEY, shop TEXT, at TEXT, amount INTEGER);
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
const FOLDED = ['n, total, mean', 'count(*), sum(amount), avg(amount)'];
const HOUSE_TABLES_KEPT = [
    ['daily', 'day', ...RECOMPUTED], ['daily', 'month', ...RECOMPUTED],
    ['folded', 'hour', ...FOLDED], ['folded', 'day', ...FOLDED], ['folded', 'year', ...FOLDED],
];

/* `days` of three shops from 2024-03-01, one row in 5 hours each. */
export function houseRows(days) {
    return `INSERT INTO sale(shop, at, amount)
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${days * 5 - 1})
        SELECT shop.id, datetime('2024-03-01', (i * 17280) || ' seconds'), (i * 37) % 101 - 20
        FROM n, shop`;
}

export class House extends Place {
    constructor(t, {days = 20, spec = {}, tables = '', apply = true} = {}) {
        super(t);
        this.shell(`${HOUSE_TABLES} ${tables}`);
        if (days > 0)
            this.sql(houseRows(days));
        this.spec({...HOUSE_SPEC, ...spec});
        if (apply)
            this.run('apply', {code: 0});
    }

    /* A bucket of the sale s of the shop h, as SQL. */
    static buckets = {
        hour: `strftime('%Y-%m-%dT%H:%M:%SZ', unixepoch(s.at) - (unixepoch(s.at) + h.off) % 3600, 'unixepoch')`,
        day: `date(s.at, h.off || ' seconds')`,
        month: `date(s.at, h.off || ' seconds', 'start of month')`,
        year: `date(s.at, h.off || ' seconds', 'start of year')`,
    };

    /* All summary tables equal a plain GROUP BY. */
    isRight() {
        this.sameAll(HOUSE_TABLES_KEPT.map(([table, grain, columns, measures]) => {
            const bucket = House.buckets[grain];
            return {
                label: `${table}_${grain}`,
                stored: `SELECT shop, bucket, ${columns} FROM ${table}_${grain}`,
                truth: `SELECT s.shop, ${bucket}, ${measures} FROM sale s JOIN shop h
                    ON h.id = s.shop
                        WHERE ${bucket} IS NOT NULL GROUP BY 1, 2`,
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
