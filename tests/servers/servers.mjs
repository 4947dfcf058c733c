/*
 * Throwaway database servers: each in a temporary directory of its own, on a unix socket and a free
 * loopback port, stopped by its own process id.
 *
 *   start('postgresql') ──▶ {kind, url, socket, port, directory, stop()}
 *
 * Both servers refuse to run as root, so under root they run as the users that their packages make.
 * They may lose data when the machine fails (no fsync), and die with whoever started them. `url` is
 * an administrator's and needs no password: nobody but this machine can reach it.
 */
import {spawn, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/* A first start writes the system tables; on a busy machine that takes its time. */
const START_MS = 120_000;
const STOP_MS = 20_000;
const LOOK_AGAIN_MS = 20;

const isRoot = process.getuid() === 0;

/* ---- small things that work without an event loop, so that an exit handler can use them ---- */

function nap(ms) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/* Gone, or a corpse that nobody has buried yet. */
function isGone(pid) {
    try {
        const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
        return stat.slice(stat.lastIndexOf(')') + 2)[0] === 'Z';
    } catch {
        return true;
    }
}

function kill(pid, name) {
    try {
        process.kill(pid, name);
    } catch {
        /* It has just ended by itself. */
    }
}

function childrenOf(parent) {
    return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
        .filter((pid) => {
            try {
                const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
                return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
            } catch {
                return false;
            }
        });
}

function freePort() {
    return new Promise((resolve, reject) => {
        const server = net.createServer();
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const {port} = server.address();
            server.close(() => resolve(port));
        });
    });
}

/* The newest of the directories that a package puts its programs into, else what PATH has. */
function program(name) {
    const versions = '/usr/lib/postgresql';
    const packaged = fs.existsSync(versions)
        ? fs.readdirSync(versions).sort((a, b) => Number(b) - Number(a))
            .map((version) => path.join(versions, version, 'bin', name))
        : [];
    const places = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
    const found = [...packaged, ...places.map((place) => path.join(place, name))]
        .find((file) => fs.existsSync(file));
    if (!found)
        throw new Error(`${name} is not installed (tools/install-deps --test installs it)`);
    return found;
}

/* The command as the server's own user, if we are root; it dies when we do. */
function asUser(user, argv, deathSignal = 'SIGTERM') {
    const ids = isRoot ? [`--reuid=${user}`, `--regid=${user}`, '--init-groups'] : [];
    return ['setpriv', ...ids, `--pdeathsig=${deathSignal.slice(3)}`, '--', ...argv];
}

function runToEnd(user, argv) {
    const [file, ...rest] = asUser(user, argv);
    const result = spawnSync(file, rest, {encoding: 'utf8', timeout: START_MS, cwd: '/'});
    if (result.error || result.status !== 0)
        throw new Error(`${argv[0]}: ${result.error?.message ?? result.stderr + result.stdout}`);
}

/* ---- what is different about each ---- */

const KINDS = {
    postgresql: {
        user: 'postgres',
        stopSignal: 'SIGINT', /* sessions end now, data is written */
        create(data) {
            runToEnd(this.user, [program('initdb'), '-D', data, '-U', 'postgres', '-A', 'trust',
                '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions']);
        },
        command(data, directory, port) {
            const settings = {
                listen_addresses: '127.0.0.1', port, unix_socket_directories: directory,
                fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off',
                max_connections: 100, shared_buffers: '64MB', max_prepared_transactions: 10,
                logging_collector: 'off', autovacuum_naptime: '10s',
            };
            return [program('postgres'), '-D', data,
                ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
        },
        url: (port) => `postgresql://postgres@127.0.0.1:${port}/postgres`,
        ping: (directory, port) =>
            [program('psql'), '-X', '-q', '-h', '127.0.0.1', '-p', `${port}`, '-U', 'postgres',
                '-d',
                'postgres', '-c', 'SELECT 1'],
        socket: (directory, port) => path.join(directory, `.s.PGSQL.${port}`),
    },
    mariadb: {
        user: 'mysql',
        stopSignal: 'SIGTERM',
        create(data) {
            runToEnd(this.user, [program('mariadb-install-db'), '--no-defaults',
                `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db']);
        },
        command(data, directory, port) {
            return [program('mariadbd'), '--no-defaults', `--datadir=${data}`,
                `--socket=${path.join(directory, 'socket')}`, `--port=${port}`,
                '--bind-address=127.0.0.1', '--skip-name-resolve', '--skip-log-bin',
                `--tmpdir=${directory}`, '--innodb-flush-log-at-trx-commit=0',
                '--innodb-flush-method=nosync', '--innodb-buffer-pool-size=128M',
                '--max-connections=200', '--local-infile=1', '--secure-file-priv=',
                '--character-set-server=utf8mb4', '--collation-server=utf8mb4_general_ci',
                '--lc-messages=en_US'];
        },
        url: (port) => `mariadb://root@127.0.0.1:${port}/`,
        ping: (directory, port) =>
            [program('mariadb'), '--no-defaults', '--protocol=tcp', '-h', '127.0.0.1', '-P',
                `${port}`, '-u', 'root', '-e', 'SELECT 1'],
        socket: (directory) => path.join(directory, 'socket'),
    },
};

export const SERVER_KINDS = Object.keys(KINDS);

class Server {
    constructor(kind, directory, port) {
        this.kind = kind;
        this.directory = directory;
        this.port = port;
        this.url = KINDS[kind].url(port);
        this.socket = KINDS[kind].socket(directory, port);
        this.log = path.join(directory, 'log');
    }

    launch(data, more) {
        const kind = KINDS[this.kind];
        const command = [...kind.command(data, this.directory, this.port), ...more];
        const [file, ...argv] = asUser(kind.user, command, kind.stopSignal);
        const log = fs.openSync(this.log, 'w');
        this.child = spawn(file, argv, {cwd: '/', stdio: ['ignore', log, log], detached: true});
        fs.closeSync(log);
        /* A test that has ended need not wait for its server. */
        this.child.unref();
        this.child.once('error', (error) => { this.error = error; });
    }

    /* It answers. */
    async ready() {
        const end = Date.now() + START_MS;
        const [file, ...argv] = KINDS[this.kind].ping(this.directory, this.port);
        for (;;) {
            if (this.error || this.child.exitCode !== null)
                throw new Error(`${this.kind} did not start: ${this.error?.message ?? ''}
                    ${fs.readFileSync(this.log, 'utf8')}`);
            if (spawnSync(file, argv, {timeout: START_MS}).status === 0)
                return;
            if (Date.now() > end)
                throw new Error(`${this.kind} does not answer: ${fs.readFileSync(this.log,
                    'utf8')}`);
            await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        }
    }

    /* Ends it and removes all that it wrote; may be called again, and from an exit handler. */
    stop() {
        const pid = this.child?.pid;
        if (pid !== undefined && !isGone(pid)) {
            this.signal(KINDS[this.kind].stopSignal);
            for (const end = Date.now() + STOP_MS; !isGone(pid) && Date.now() < end;)
                nap(LOOK_AGAIN_MS);
            if (!isGone(pid))
                this.signal('SIGKILL');
        }
        fs.rmSync(this.directory, {recursive: true, force: true, maxRetries: 5});
    }

    /* Ends it as a crash does: at once, and all its processes. */
    async crash() {
        const gone = new Promise((resolve) => { this.child.once('exit', resolve); });
        const family = [this.child.pid, ...childrenOf(this.child.pid)];
        this.child.ref();
        for (const pid of family)
            kill(pid, 'SIGKILL');
        await gone;
        for (const end = Date.now() + STOP_MS; !family.every(isGone) && Date.now() < end;)
            await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }

    /* Starts it again on what it left. */
    async again() {
        this.launch(path.join(this.directory, 'data'), this.more);
        await this.ready();
    }

    signal(name) {
        kill(this.child.pid, name);
    }
}

/* What a standby begins with: a copy of its primary, which it follows from then on. */
const copyOf = (primary) => (data) => runToEnd(KINDS.postgresql.user, [program('pg_basebackup'),
    '-D', data, '-R', '--no-sync', '-c', 'fast', '-d', primary.url]);

/* A PostgreSQL server that follows another one and can only be read. */
export const startStandby = (primary, more = []) =>
    start('postgresql', {more, create: copyOf(primary)});

/* Starts a server; `more` are further arguments of its program. It stops with this process, if
 * nobody stops it before: also when that ends while the server is being made. */
export async function start(kind, {more = [], create = (data) => KINDS[kind].create(data)} = {}) {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), `trueup-${kind}-`));
    const data = path.join(directory, 'data');
    const server = new Server(kind, directory, await freePort());
    server.more = more;
    process.on('exit', () => server.stop());
    try {
        fs.mkdirSync(data, {mode: 0o700});
        if (isRoot)
            runToEnd('root', ['chown', '-R', KINDS[kind].user, directory]);
        fs.chmodSync(directory, 0o755);
        create(data);
        server.launch(data, more);
        await server.ready();
        return server;
    } catch (error) {
        server.stop();
        throw error;
    }
}
