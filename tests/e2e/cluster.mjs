/*
 * A server on this host and workers on others (hosts.mjs), each of which can be cut off from it.
 */
import fs from 'node:fs';
import path from 'node:path';
import {Hosts} from './hosts.mjs';
import {Worker} from './processes.mjs';
import {ROLE} from './servers.mjs';
import {House, PROGRAM, until} from './trueup.mjs';

/* Others may reach the server, too. */
const OPEN = {
    postgresql: {
        server: ['-c', 'listen_addresses=*'],
        keepalive: ['idle=2', 'interval=1', 'count=3']
            .flatMap((each) => ['-c', `tcp_keepalives_${each}`]),
        admit(house) {
            fs.appendFileSync(path.join(house.database.own.directory, 'data', 'pg_hba.conf'),
                'host all all 198.18.0.0/15 trust\n');
            house.database.admin('SELECT pg_reload_conf()');
        },
    },
    mariadb: {
        server: ['--bind-address=0.0.0.0'],
        keepalive: ['time=2', 'interval=1', 'probes=3'].map((each) => `--tcp-keepalive-${each}`),
        admit(house) {
            house.database.admin(`CREATE USER ${ROLE}@'%'; GRANT ALL ON ${house.database.name}.* TO
                ${ROLE}@'%'`);
        },
    },
};

export class Cluster {
    /* `isLookedAfter`: the server notices by itself, in seconds, that a client has vanished. */
    static async open(t, kind, {isLookedAfter = false, Place = House, ...options} = {}) {
        const cluster = new Cluster();
        cluster.house = await Place.on(kind, t, {days: 12, ...options, server: [
            ...OPEN[kind].server, ...(isLookedAfter ? OPEN[kind].keepalive : [])]});
        cluster.hosts = await Hosts.open(t, ['a', 'b']);
        OPEN[kind].admit(cluster.house);
        const url = new URL(cluster.house.database.url);
        url.hostname = cluster.hosts.here;
        cluster.url = url.href;
        return cluster;
    }

    /* trueup on that host; it stops where `stop` says. */
    start(host, line, {stop, env} = {}) {
        const {house, hosts} = this;
        const [file, ...argv] = [...hosts.inside(host), PROGRAM, '--database', this.url,
            ...line.split(' ')];
        const worker = new Worker(file, argv, {cwd: house.directory,
            env: house.environment(stop, env), stdio: ['ignore', 'pipe', 'pipe']});
        house.children.push(worker);
        return worker;
    }

    run(host, line, options) {
        return this.start(host, line, options).end(0);
    }

    /* Cuts host a off while it stands there, and lets it go on into the silence. */
    async cutOffAt(stop, line, options) {
        const worker = await this.start('a', line, {stop: `${stop}:pause`, ...options}).paused();
        this.hosts.cut('a');
        this.isCutAt = Date.now();
        return worker.go();
    }

    /* Host b does the work as soon as the server lets it; how long after the cut, in ms. */
    async otherDoes(line, deadlineMs) {
        await until(`${line} on the other host`, async () =>
            !/another worker/.test((await this.run('b', line)).err), deadlineMs);
        return Date.now() - this.isCutAt;
    }
}
