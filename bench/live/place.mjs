/*
 * A database with sources that are written to, and daemons that keep their summaries true.
 *
 *   Live.open(kind, options) ──▶ start(n)      n processes of `trueup run`, at work when it resolves
 *                                client()      a client that stays open: said(sql) waits for it
 *                                mustBeRight() every cell equals a fresh GROUP BY, or it throws
 *
 * Servers write what they are told to write to the disk.
 */
import {spawn, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {Writer, until} from '../../tests/e2e/processes.mjs';
import {openDatabase, openFile} from '../../tests/e2e/servers.mjs';
import {localBucket, say} from '../../tests/e2e/words.mjs';
import {start} from '../../tests/servers/servers.mjs';

const DURABLE = {
    postgresql: ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on', 'shared_buffers=512MB']
        .flatMap((setting) => ['-c', setting]),
    mariadb: ['--innodb-flush-log-at-trx-commit=1', '--innodb-flush-method=O_DIRECT',
        '--innodb-buffer-pool-size=512M'],
};

/* One server of a kind for all that is measured on it. */
const servers = new Map();

async function needServer(kind) {
    if (!servers.has(kind))
        servers.set(kind, await start(kind, {more: DURABLE[kind]}));
    process.env[`TRUEUP_TEST_${kind.toUpperCase()}`] = servers.get(kind).url;
}

const LONG_MS = 600_000;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function specOf(database, sources, settle) {
    const each = (make) => Object.fromEntries(sources.map(make));
    return {
        database: database.url,
        sources: each((name) => [name, {from: name, tenant: 'shop', time: 'at'}]),
        summaries: each((name) => [`${name}_kept`, {source: name, grains: ['hour', 'day'],
            columns: {tenant: 'shop'}, measures: {n: 'count', total: 'sum(amount)'}}]),
        ...(settle ? {refresh: {settle}} : {}),
    };
}

export class Live {
    /* `sources`: their names. `settle`: null for the default. */
    static async open(kind, {program, sources, settle = null}) {
        const live = await this.empty(kind, {program, sources});
        for (const name of sources)
            live.database.shell(say(kind, `CREATE TABLE ${name}(id {id}, shop {name}, at {instant},
                amount {integer}); CREATE INDEX ${name}_place ON ${name}(shop, at);`));
        live.spec(specOf(live.database, sources, settle));
        return live;
    }

    /* A database without tables, and nothing at work on it. */
    static async empty(kind, given) {
        const live = new this();
        Object.assign(live, {kind, ...given, daemons: [], clients: []});
        live.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-bench-live-'));
        if (kind !== 'sqlite')
            await needServer(kind);
        live.database = kind === 'sqlite' ? openFile(path.join(live.directory, 'data.db'))
            : await openDatabase(kind);
        if (kind === 'sqlite')
            live.sql('PRAGMA journal_mode = WAL');
        return live;
    }

    spec(spec) {
        fs.writeFileSync(path.join(this.directory, 'trueup.yaml'), JSON.stringify(spec));
    }

    sql(text) {
        return this.database.sql(text);
    }

    trueup(...argv) {
        const {status, stderr, error} = spawnSync(this.program, argv,
            {cwd: this.directory, encoding: 'utf8', timeout: LONG_MS});
        if (error || status !== 0)
            throw new Error(`trueup ${argv.join(' ')}: ${error?.message ?? stderr}`);
    }

    async start(n) {
        for (let i = 0; i < n; i++) {
            const child = spawn(this.program, ['run'],
                {cwd: this.directory, stdio: ['ignore', 'ignore', 'pipe']});
            const daemon = {child, said: ''};
            child.stderr.on('data', (data) => { daemon.said += data; });
            this.daemons.push(daemon);
        }
        for (const daemon of this.daemons)
            await until('a daemon to start', () => {
                if (daemon.child.exitCode !== null)
                    throw new Error(`trueup run: ${daemon.said}`);
                return daemon.said.includes('event=daemon.started');
            }, LONG_MS);
    }

    async stop() {
        for (const {child} of this.daemons)
            child.kill('SIGTERM');
        for (const {child} of this.daemons)
            await until('a daemon to end', () => child.exitCode !== null, LONG_MS);
        this.daemons = [];
    }

    client() {
        const client = new Writer(this.database.session(LONG_MS));
        this.clients.push(client);
        return client;
    }

    /* Entries that wait. */
    pending() {
        const logs = this.database.tables().filter(({name}) => name.startsWith('trueup_change_'));
        return this.sql(`SELECT sum(n) AS n FROM (${logs.map(({sql}) =>
            `SELECT count(*) AS n FROM ${sql}`).join(' UNION ALL ')}) AS c`)[0].n;
    }

    async settled() {
        await until('all to be settled', async () => this.pending() === 0 || wait(50), LONG_MS);
    }

    mustBeRight() {
        for (const name of this.sources)
            for (const grain of ['hour', 'day']) {
                const bucket = localBucket(this.kind, grain, 'at', '0');
                const stored = `SELECT shop, bucket, n, total FROM ${name}_kept_${grain}`;
                const truth = `SELECT shop, ${bucket} AS bucket, count(*) AS n,
                    sum(amount) AS total FROM ${name} GROUP BY shop, ${bucket}`;
                for (const [a, b] of [[stored, truth], [truth, stored]])
                    if (this.sql(`SELECT count(*) AS n FROM (SELECT * FROM (${a}) AS a EXCEPT
                        SELECT * FROM (${b}) AS b) AS d`)[0].n !== 0)
                        throw new Error(`${name}_kept_${grain} is not true`);
            }
    }

    async close() {
        for (const {child} of [...this.daemons, ...this.clients])
            child.kill('SIGKILL');
        this.database.drop();
        fs.rmSync(this.directory, {recursive: true, force: true});
    }
}

export {wait};
