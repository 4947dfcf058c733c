/*
 * What may stand between trueup and its server.
 *
 *   trueup ──▶ Proxy ──▶ server      cuts the connection after so many bytes, in either direction
 *   trueup ──▶ Pooler ──▶ server     pgbouncer, which gives a server's connection to a client for
 *                                    one transaction only
 *
 * A proxy lives in the test's own process: a worker behind it must be started, not run to its end.
 */
import {spawn, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {until} from './processes.mjs';

export const listening = (server) => new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
});

/* The same URL with another address. */
export function moved(url, port) {
    const there = new URL(url);
    there.host = `127.0.0.1:${port}`;
    return there.href;
}

/* ---- a proxy that cuts ---- */

export class Proxy {
    /* In front of the server of that URL. */
    static async open(url) {
        const proxy = new Proxy();
        const {hostname, port} = new URL(url);
        proxy.bytes = 0;
        proxy.limit = Infinity;
        proxy.sockets = new Set();
        proxy.server = net.createServer((client) =>
            proxy.join(client, net.connect(Number(port), hostname)));
        proxy.url = moved(url, await listening(proxy.server));
        return proxy;
    }

    join(client, server) {
        for (const [from, to] of [[client, server], [server, client]]) {
            this.sockets.add(from);
            from.setNoDelay(true);
            from.on('error', () => {});
            from.on('close', () => {
                this.sockets.delete(from);
                to.destroy();
            });
            from.on('data', (data) => this.pass(data, to));
        }
    }

    /* The byte that is too much is not passed on. */
    pass(data, to) {
        const left = this.limit - this.bytes;
        this.bytes += data.length;
        to.write(data.subarray(0, Math.max(0, Math.min(left, data.length))));
        if (data.length > left)
            for (const socket of this.sockets)
                socket.resetAndDestroy();
    }

    /* From now on so many bytes pass, of all connections together. */
    cutAfter(limit) {
        this.bytes = 0;
        this.limit = limit;
    }

    close() {
        for (const socket of this.sockets)
            socket.destroy();
        this.server.close();
    }
}

/* ---- a transaction pooler ---- */

/* pgbouncer is started as the user that may run it: not as root. */
function command(file) {
    const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((each) =>
        fs.existsSync(each));
    if (!program)
        throw new Error('pgbouncer is not installed (tools/install-deps --test installs it)');
    const ids = process.getuid() === 0 ? ['--reuid=postgres', '--regid=postgres',
        '--init-groups'] : [];
    return ['setpriv', ...ids, '--pdeathsig=TERM', '--', program, file];
}

async function freePort() {
    const server = net.createServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
}

export class Pooler {
    /* In front of the database of that URL, with so many connections to the server. */
    static async open(url, {connections = 3} = {}) {
        const pooler = new Pooler();
        const {hostname, port, username, pathname} = new URL(url);
        const own = await freePort();
        pooler.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-pgbouncer-'));
        const at = (name) => path.join(pooler.directory, name);
        fs.writeFileSync(at('users'), `"${username}" ""\n`);
        fs.writeFileSync(at('ini'), `[databases]
${pathname.slice(1)} = host=${hostname} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = trust
auth_file = ${at('users')}
pool_mode = transaction
default_pool_size = ${connections}
logfile = ${at('log')}
`);
        if (process.getuid() === 0)
            spawnSync('chown', ['-R', 'postgres', pooler.directory]);
        const [file, ...argv] = command(at('ini'));
        pooler.child = spawn(file, argv, {stdio: 'ignore', cwd: '/'});
        pooler.url = moved(url, own);
        await until('pgbouncer to listen', () => new Promise((resolve, reject) => {
            if (pooler.child.exitCode !== null)
                reject(new Error(`pgbouncer: ${fs.readFileSync(at('log'), 'utf8')}`));
            const probe = net.connect(own, '127.0.0.1', () => resolve(probe.end()));
            probe.once('error', () => resolve(false));
        }));
        return pooler;
    }

    close() {
        this.child.kill('SIGTERM');
        fs.rmSync(this.directory, {recursive: true, force: true});
    }
}
