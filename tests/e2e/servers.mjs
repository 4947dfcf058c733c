/*
 * Databases for tests: one interface over sqlite3, psql and mariadb, the clients that people use.
 *
 *   openFile(file)               ──▶ url            what trueup is given
 *   openDatabase(kind, options)      shell(sql)     runs a script, gives what the client printed
 *                                    sql(sql)       runs statements, gives the rows of the last
 *                                    queries([..])  of each query the rows: objects of texts, nulls
 *                                    session()      how to start a client that stays open
 *                                    tables()       names of all tables, as they are and as SQL
 *                                    dump(tables)   all that is in it, as text
 *                                    drop()
 *
 * A database is new and empty, and trueup's role owns it and has no other rights. The servers are
 * those of tests/servers/with-servers; a test that runs without it starts its own. Sessions of the
 * clients speak UTF-8 and read a time without a zone as UTC.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import path from 'node:path';
import {start} from '../servers/servers.mjs';

export const KINDS = ['sqlite', 'postgresql', 'mariadb'];

/* The databases that tests run on: all, or those named by DATABASES=sqlite,mariadb. */
export function chosenKinds(among = KINDS) {
    const named = (process.env.DATABASES ?? KINDS.join(',')).split(',');
    const unknown = named.filter((kind) => !KINDS.includes(kind));
    if (unknown.length > 0)
        throw new Error(`DATABASES: ${unknown} is none of ${KINDS}`);
    return among.filter((kind) => named.includes(kind));
}

/* Runs a client to its end; what it says on stderr is a failure unless it may. */
function runClient({file, argv, env}, input, may) {
    const result = spawnSync(file, argv, {input, encoding: 'utf8', env: {...process.env, ...env},
        maxBuffer: 1 << 28, timeout: 120_000});
    assert.ifError(result.error);
    if (!may)
        assert.ok(result.status === 0 && result.stderr === '',
            `${result.stderr}in: ${input.slice(0, 800)}`);
    return result.stdout + (may ? result.stderr : '');
}

/* Statements as a client wants them: each ended; the end of COPY's rows is an end already. */
const ended = (sql) => /\n\\\.\s*$/.test(sql) ? sql : sql.trimEnd().replace(/;?$/, ';\n');

/* What stands between the results of several queries. */
const MARKER = '---- end of rows ----';

/* Rows of a server's client, which does not say of which type a value is: whole numbers come as
 * numbers, all others as text. */
function withNumbers(rows) {
    const isWhole = (text) => text !== null && /^(0|-?[1-9]\d{0,14})$/.test(text);
    return rows.map((row) => Object.fromEntries(Object.entries(row)
        .map(([name, text]) => [name, isWhole(text) ? Number(text) : text])));
}

/* ---- SQLite ---- */

/* What `.mode quote` prints: literals, one row a line, the names first. */
function parseQuoted(text) {
    const lines = [[]];
    for (const [, quoted, blob, plain, end] of
        text.matchAll(/'((?:[^']|'')*)'|X'([0-9a-f]*)'|([^',\n]+)|(\n)/g)) {
        if (end)
            lines.push([]);
        else
            lines.at(-1).push(plain === 'NULL' ? null
                : plain ?? blob ?? quoted.replaceAll("''", "'"));
    }
    const [names, ...rows] = lines.slice(0, -1);
    return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}

class Sqlite {
    constructor(file) {
        this.kind = 'sqlite';
        this.file = file;
        this.url = `sqlite:${path.basename(file)}`;
        this.plain = [];
    }

    client(flags = []) {
        return {file: 'sqlite3', argv: ['-batch', '-bail', ...flags, this.file], env: {}};
    }

    session(timeoutMs) {
        return {file: 'sqlite3', argv: ['-batch', this.file], env: {},
            head: `.timeout ${timeoutMs}\n`,
            mark: (marker) => `.print ${marker}`, error: /^(Runtime|Parse) error/m};
    }

    shell(text, {flags = [], may = false} = {}) {
        return runClient(this.client(flags), `.timeout 60000\n${text}\n`, may);
    }

    /* Numbers come as numbers. */
    sql(text) {
        const out = this.shell(`${text};`, {flags: ['-json']}).trim();
        return out === '' ? [] : JSON.parse(out);
    }

    queries(list) {
        const script = list.map((sql) => `${ended(sql)}.print '${MARKER}'\n`).join('');
        return this.shell(script, {flags: ['-quote', '-header']}).split(`${MARKER}\n`)
            .slice(0, -1).map((text) => text === '' ? [] : parseQuoted(text));
    }

    tables() {
        return this.sql(`SELECT name, '"' || name || '"' AS sql FROM sqlite_schema
            WHERE type = 'table'`);
    }

    dump(tables) {
        return this.shell(`.dump ${tables}`);
    }

    drop() {}
}

/* ---- servers ---- */

/* What makes each a fresh database, and what a text between two signs is: those of its client. */
const FIELD = '\u001f';
const RECORD = '\u001e';
const NULL = '\u0002NULL';

const started = new Map();

/* The server of a kind: that of TRUEUP_TEST_<KIND>, or one of this process. */
async function serverUrl(kind) {
    const given = process.env[`TRUEUP_TEST_${kind.toUpperCase()}`];
    if (given)
        return new URL(given);
    if (!started.has(kind))
        started.set(kind, start(kind));
    return new URL((await started.get(kind)).url);
}

/* No two tests of one server, in whatever process, have a database of the same name. */
let databasesMade = 0;
const freshName = () => `t${process.pid}_${++databasesMade}`;

/* The role that trueup runs as. Two tests may make it at the same moment. */
export const ROLE = 'trueup';

class Postgres {
    constructor(server, name) {
        this.kind = 'postgresql';
        this.server = server;
        this.name = name;
        this.url = this.urlOf(ROLE);
        this.plain = ['-A', '-t'];
    }

    urlOf(role, database = this.name) {
        return `postgresql://${role}@${this.server.host}/${database}`;
    }

    create(options = '') {
        this.admin(`DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${ROLE}') THEN
                CREATE ROLE ${ROLE} LOGIN; END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
            CREATE DATABASE ${this.name} OWNER ${ROLE} TEMPLATE template0 ${options};`, 'postgres');
        this.admin(`ALTER SCHEMA public OWNER TO ${ROLE}`);
        return this;
    }

    client(flags = [], role = ROLE, database = this.name) {
        return {file: 'psql', argv: ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...flags, '-d',
            this.urlOf(role, database)],
            env: {PGTZ: 'UTC', PGDATESTYLE: 'ISO', PGCLIENTENCODING: 'UTF8',
                PGOPTIONS: '-c client_min_messages=warning -c extra_float_digits=1'}};
    }

    session(timeoutMs) {
        const {file, argv, env} = this.client();
        return {file, argv: argv.filter((word) => word !== 'ON_ERROR_STOP=1' && word !== '-v'), env,
            head: `SET lock_timeout = ${timeoutMs};\n`, mark: (marker) => `\\echo ${marker}`,
            error: /^ERROR/m};
    }

    shell(text, {flags = [], may = false} = {}) {
        return runClient(this.client(flags), `${ended(text)}`, may);
    }

    sql(text) {
        return withNumbers(this.queries([text])[0]);
    }

    as(role, text, database = this.name) {
        return runClient(this.client([], role, database), ended(text), false);
    }

    /* As the server's administrator. */
    admin(text, database) {
        return this.as('postgres', text, database);
    }

    queries(list) {
        const script = list.map((sql) => `${ended(sql)}\\echo ${MARKER}\n`).join('');
        const flags = ['-A', '-F', FIELD, '-R', RECORD, '-P', `null=${NULL}`, '-P', 'footer=off'];
        const out = runClient(this.client(flags), script, false);
        return out.split(`${MARKER}\n`).slice(0, -1).map((text) => {
            const [names, ...rows] = text.replace(/\n$/, '').split(RECORD)
                .map((line) => line.split(FIELD));
            return rows.map((row) => Object.fromEntries(names.map((name, i) =>
                [name, row[i] === NULL ? null : row[i]])));
        });
    }

    tables() {
        return this.sql(`SELECT table_name AS name, format('%I.%I', table_schema, table_name) AS sql
            FROM information_schema.tables WHERE table_type = 'BASE TABLE'
            AND table_schema NOT IN ('pg_catalog', 'information_schema')`);
    }

    dump(tables) {
        const only = tables.split(' ').filter(Boolean)
            .map((table) => `--table=${table.replaceAll('%', '*')}`);
        const text = runClient({file: 'pg_dump', argv: [...only, '-d', this.urlOf('postgres')],
            env: {}},
                               '', false);
        return text.replace(/^\\(un)?restrict .*$/gm, ''); /* a word by chance */
    }

    drop() {
        this.admin(`DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`, 'postgres');
    }
}

/* Standard SQL, as trueup's own sessions read it, so that tests can write one text for all. */
const MARIADB_SESSION = `SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,` +
    `PIPES_AS_CONCAT,ERROR_FOR_DIVISION_BY_ZERO', time_zone = '+00:00'`;

const ENTITIES = {lt: '<', gt: '>', amp: '&', quot: '"', apos: "'"};

const unescapeXml = (text) => text.replace(/&(\w+);/g, (all, name) => ENTITIES[name] ?? all);

function parseXml(text) {
    return [...text.matchAll(/<row>([^]*?)<\/row>/g)].map(([, row]) => Object.fromEntries(
        [...row.matchAll(/<field name="([^"]*)"(?: xsi:nil="true" \/>|>([^<]*)<\/field>)/g)]
            .map(([, name, value]) => [unescapeXml(name),
                value === undefined ? null : unescapeXml(value)])));
}

class Maria {
    constructor(server, name) {
        this.kind = 'mariadb';
        this.server = server;
        this.name = name;
        this.url = `mariadb://${ROLE}@${server.host}/${name}`;
        this.created = [name];
        this.plain = ['-N', '-B'];
    }

    create(options = '') {
        this.admin(`CREATE USER IF NOT EXISTS ${ROLE}@'127.0.0.1';
            CREATE DATABASE ${this.name} ${options};
            GRANT ALL ON ${this.name}.* TO ${ROLE}@'127.0.0.1';`, '');
        return this;
    }

    /* A second database beside this one, that goes with it. */
    beside(suffix) {
        const name = `${this.name}_${suffix}`;
        this.admin(`CREATE DATABASE ${name}; GRANT ALL ON ${name}.* TO ${ROLE}@'127.0.0.1'`, '');
        this.created.push(name);
        return name;
    }

    client(flags = [], role = ROLE, database = this.name) {
        const {hostname, port} = this.server;
        return {file: 'mariadb', argv: ['--no-defaults', '--protocol=tcp', '-h', hostname, '-P',
            port,
            '-u', role, '--default-character-set=utf8mb4', '--binary-mode', '--local-infile=1',
            `--init-command=${MARIADB_SESSION}`, ...flags, ...(database ? [database] : [])],
                env: {}};
    }

    session(timeoutMs) {
        return {...this.client(['--unbuffered', '--force', '-N', '-B']),
            head: `SET innodb_lock_wait_timeout = ${Math.ceil(timeoutMs / 1000)};\n`,
            mark: (marker) => `SELECT '${marker}';`, error: /^ERROR/m};
    }

    shell(text, {flags = [], may = false} = {}) {
        return runClient(this.client(flags), ended(text), may);
    }

    /* Statements without rows print nothing: the last that has some. */
    sql(text) {
        return withNumbers(this.queries([text]).at(-1) ?? []);
    }

    as(role, text, database = this.name) {
        return runClient(this.client([], role, database), ended(text), false);
    }

    admin(text, database) {
        return this.as('root', text, database);
    }

    queries(list) {
        /* A query without rows prints its head all the same. */
        const text = this.shell(list.map(ended).join(''), {flags: ['--xml']});
        const results = text.split(/<resultset statement="[^]*?" xmlns:xsi=[^>]*>/).slice(1);
        return results.map(parseXml);
    }

    tables() {
        return this.sql(`SELECT table_name AS name, CONCAT('"', table_schema, '"."', table_name,
            '"') AS
            "sql" FROM information_schema.tables WHERE table_type = 'BASE TABLE'
            AND table_schema IN (${this.created.map((name) => `'${name}'`)})`);
    }

    dump(tables) {
        const names = this.tables().map(({name}) => name);
        const like = (glob) => new RegExp(`^${glob.replaceAll('%', '.*')}$`);
        const only = tables.split(' ').filter(Boolean)
            .flatMap((glob) => names.filter((name) => like(glob).test(name)));
        const {argv} = this.client();
        const text = runClient({file: 'mariadb-dump', argv: ['--no-defaults', ...argv.slice(1, 8),
            '--skip-dump-date', '--triggers', this.name, ...only], env: {}}, '', false);
        /* Who was at it last ("host:pid" in trueup_group) is no content. */
        return text.replace(/('[^']*',\d+,-?\d+),'[\w.-]+:\d+'/g, '$1,NULL');
    }

    drop() {
        this.admin(this.created.map((name) => `DROP DATABASE IF EXISTS ${name}`).join(';'), '');
    }
}

const SERVERS = {postgresql: Postgres, mariadb: Maria};

export const openFile = (file) => new Sqlite(file);

/* A new, empty database: `create` goes behind CREATE DATABASE; `server` are arguments of a server
 * of its own, which stops with the database. For SQLite there is nothing to open: the file comes
 * with its first table. */
export async function openDatabase(kind, {create, server} = {}) {
    if (kind === 'sqlite')
        return null;
    if (server === undefined)
        return new SERVERS[kind](await serverUrl(kind), freshName()).create(create);
    const own = await start(kind, {more: server});
    const database = new SERVERS[kind](new URL(own.url), freshName()).create(create);
    database.own = own;
    database.drop = () => own.stop();
    return database;
}
