/*
 * A server with the database `bench` in it, and the two ways to work on it that are compared: SQL
 * through the database's own client, and trueup.
 *
 *   Place.open(kind, options) ──▶ sql(text)         runs it, gives what the client printed
 *                                 seconds(text)     runs it, gives how long that took
 *                                 script(name)      the text of bench/sql/KIND/NAME.sql
 *                                 trueup(spec, ...) runs it, gives {seconds, rssMib}
 *                                 write(...)        runs writers, gives {rate, deadlocks, waits}
 *
 * The server is tests/servers', with settings that somebody would run: what is written goes to the
 * disk, and a gigabyte is for its cache; all others are the server's defaults.
 */
import {spawn, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {start} from '../../tests/servers/servers.mjs';

const HERE = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);

/* Purging what was deleted before must not be paid for by what is measured next. */
const QUIET_MS = 120_000;
const LOOK_AGAIN_MS = 200;
const FEW_TO_PURGE = 1000;

const KINDS = {
    postgresql: {
        arguments: Object.entries({
            fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', shared_buffers: '1GB',
            autovacuum_naptime: '1min', timezone: 'UTC',
            /* It counts nothing until the bench of a late row tells it to. */
            shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'none',
        }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        shown: ['server_version', 'fsync', 'synchronous_commit', 'shared_buffers', 'work_mem',
            'max_wal_size'],
        showSql: (name) => `SHOW ${name}`,
        client: (server) => ['psql', '-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-h',
            server.directory, '-p', `${server.port}`, '-U', 'postgres', '-d'],
        first: 'postgres',
        createSql: 'CREATE DATABASE bench',
        url: ({directory, port}) => `postgresql://postgres@/bench?host=${directory}&port=${port}`,
        socket: (server) => server.directory,
        copySql: (table, columns) => ['-c', `COPY ${table}(${columns}) FROM STDIN`],
        quietSql: 'CHECKPOINT',
        relaxedEnv: {PGOPTIONS: '-c synchronous_commit=off'},
        /* What the writers' sessions waited for longer than a millisecond is in the log. Space for
         * a table's new pages is waited for with or without capture, for microseconds. */
        waitingEnv: {PGOPTIONS: '-c deadlock_timeout=1ms -c log_lock_waits=on'},
        waits(place) {
            return fs.readFileSync(place.server.log, 'utf8').split('\n').filter((line) =>
                line.includes('still waiting for') && !line.includes('extension of')).length;
        },
        likeSql: (table, model) => `CREATE TABLE ${table}(LIKE ${model} INCLUDING ALL)`,
        fingerprintSql: (table, columns) =>
            `SELECT count(*) || ' ' || coalesce(sum(hashtextextended(concat_ws('|', ${columns}), 0)
             ::numeric), 0) FROM ${table}`,
        money: (column) => `${column}::numeric(38,2)`,
    },
    mariadb: {
        arguments: ['--innodb-flush-log-at-trx-commit=1', '--innodb-flush-method=O_DIRECT',
            '--innodb-buffer-pool-size=1G', '--max-connections=151', '--default-time-zone=+00:00'],
        shown: ['version', 'innodb_flush_log_at_trx_commit', 'innodb_flush_method',
            'innodb_buffer_pool_size', 'innodb_log_file_size', 'tmp_table_size'],
        showSql: (name) => `SELECT @@${name}`,
        client: (server) => ['mariadb', '--no-defaults', '--batch', '--skip-column-names',
            '--local-infile=1', `--socket=${server.socket}`, '-u', 'root'],
        first: 'mysql',
        createSql: 'CREATE DATABASE bench',
        url: ({socket}) => `mariadb://root@localhost/bench?socket=${socket}`,
        socket: (server) => server.socket,
        copySql: (table, columns) => ['-e',
            `LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE ${table}(${columns})`],
        quietSql: `SELECT variable_value FROM information_schema.global_status
                   WHERE variable_name = 'INNODB_HISTORY_LIST_LENGTH'`,
        relaxedEnv: {},
        waitingEnv: {},
        waits(place) {
            return Number(place.sql(`SELECT variable_value FROM information_schema.global_status
                WHERE variable_name = 'INNODB_ROW_LOCK_WAITS'`));
        },
        likeSql: (table, model) => `CREATE TABLE ${table} LIKE ${model}`,
        fingerprintSql: (table, columns) =>
            `SELECT count(*), coalesce(sum(crc32(concat_ws('|', ${columns}))), 0) FROM ${table}`,
        money: (column) => column,
    },
};

export const DATABASES = Object.keys(KINDS);

/* Runs a program to its end; one that fails ends the bench. */
function run(argv, {input, env, stdin = 'pipe'} = {}) {
    const [file, ...rest] = argv;
    const result = spawnSync(file, rest, {input, encoding: 'utf8', maxBuffer: 1 << 28,
        env: {...process.env, ...env}, stdio: [stdin, 'pipe', 'pipe']});
    if (result.error || result.status !== 0)
        throw new Error(`${argv.join(' ')}: ${result.error?.message ??
            result.stderr + result.stdout}${input ? `\nin: ${input.slice(0, 400)}` : ''}`);
    return result.stdout.trim();
}

const nap = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

export class Place {
    static async open(kind, options) {
        const place = new Place();
        Object.assign(place, options, {kind, words: KINDS[kind]});
        place.server = await start(kind, {more: KINDS[kind].arguments});
        place.url = place.words.url(place.server);
        run([...place.words.client(place.server), place.words.first],
            {input: place.words.createSql});
        return place;
    }

    close() {
        this.server.stop();
    }

    settings() {
        return this.words.shown.map((name) => `${name} ${this.sql(this.words.showSql(name))}`);
    }

    client() {
        return [...this.words.client(this.server), 'bench'];
    }

    sql(input) {
        return run(this.client(), {input});
    }

    seconds(input) {
        const begun = performance.now();
        this.sql(input);
        return (performance.now() - begun) / 1000;
    }

    script(name, replace = {}) {
        const file = path.join(HERE, '..', 'sql', this.kind, `${name}.sql`);
        return Object.entries(replace).reduce((text, [word, value]) => text.replaceAll(word, value),
            fs.readFileSync(file, 'utf8'));
    }

    /* Rows made by the client program. */
    load(table, columns, count) {
        const file = path.join(this.directory, 'rows.tsv');
        const rows = fs.openSync(file, 'w+');
        const made = spawnSync(path.join(this.directory, 'client'), ['rows', `${count}`, '1'],
            {stdio: ['ignore', rows, 'inherit']});
        fs.closeSync(rows);
        if (made.status !== 0)
            throw new Error('client rows failed');
        const stdin = fs.openSync(file, 'r');
        run([...this.client(), ...this.words.copySql(table, columns)], {stdin});
        fs.closeSync(stdin);
        fs.rmSync(file);
    }

    /* What was written before is on the disk, and what was deleted is gone. */
    quiet() {
        const end = Date.now() + QUIET_MS;
        while (Number(this.sql(this.words.quietSql)) > FEW_TO_PURGE && Date.now() < end)
            nap(LOOK_AGAIN_MS);
    }

    trueupArguments(spec, args) {
        const file = path.isAbsolute(spec) ? spec : path.join(HERE, `${spec}.yaml`);
        return [this.program, '--spec', file, ...args];
    }

    /* How long it took, and the most memory that it had. */
    trueup(spec, args, env = {}) {
        const times = path.join(this.directory, 'times');
        fs.rmSync(times, {force: true});
        run([path.join(this.directory, 'measure'), times, ...this.trueupArguments(spec, args)],
            {env: {BENCH_DATABASE: this.url, ...env}});
        const [seconds, , , rssKib] = fs.readFileSync(times, 'utf8').trim().split(' ').map(Number);
        return {seconds, rssMib: rssKib / 1024};
    }

    /* Settles again and again until told to stop; resolves when it has. */
    settling(spec) {
        let isStopped = false;
        const once = () => new Promise((resolve, reject) => {
            const [file, ...args] = this.trueupArguments(spec, ['run', '--once']);
            const child = spawn(file, args, {stdio: ['ignore', 'ignore', 'pipe'],
                env: {...process.env, BENCH_DATABASE: this.url}});
            let said = '';
            child.stderr.on('data', (data) => { said += data; });
            child.once('error', reject);
            child.once('close', (code) => code === 0 ? resolve() :
                reject(new Error(`trueup run --once ended with ${code}: ${said}`)));
        });
        const done = (async () => {
            while (!isStopped)
                await once();
        })();
        return {stop: () => { isStopped = true; return done; }};
    }

    /* Writers of client.c: transactions a second, deadlocks, and waits for locks where counted. */
    async write(work, table, clients, seconds, {isRelaxed = false, isWaiting = false} = {}) {
        const {words, server} = this;
        const before = isWaiting ? words.waits(this) : 0;
        const argv = ['write', this.kind, words.socket(server), `${server.port}`, work, table,
            `${clients}`, `${seconds}`];
        const env = {...process.env, ...isRelaxed && words.relaxedEnv,
            ...isWaiting && words.waitingEnv};
        const printed = await new Promise((resolve, reject) => {
            const child = spawn(path.join(this.directory, 'client'), argv,
                {env, stdio: ['ignore', 'pipe', 'inherit']});
            let said = '';
            child.stdout.on('data', (data) => { said += data; });
            child.once('error', reject);
            child.once('close', (code) => code === 0 ? resolve(said) :
                reject(new Error(`client ${argv.join(' ')} ended with ${code}`)));
        });
        const [rate, deadlocks] = printed.trim().split(' ').map(Number);
        return {rate, deadlocks, waits: isWaiting ? words.waits(this) - before : 0};
    }

    /* Two tables hold the same rows, or the bench ends: no figure is printed for wrong cells. */
    mustEqual(ours, other, columns) {
        const [a, b] = [ours, other].map((table) =>
            this.sql(this.words.fingerprintSql(table, columns)));
        if (a !== b)
            throw new Error(`${ours} is not what GROUP BY gives (${other}): ${a} and ${b}`);
    }
}
