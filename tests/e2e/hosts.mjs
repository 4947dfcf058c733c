/*
 * Several hosts: network namespaces, joined by a switch of their own. A host that is cut off is cut
 * off as by a pulled cable: nothing arrives, and nobody is told.
 *
 *   here 198.18.x.1 ──┐                 cut(name)    takes its port out of the switch
 *   a    198.18.x.2 ──┼── the switch    join(name)   puts it back
 *   b    198.18.x.3 ──┘                 on(name, argv)   the command, as run on that host
 *
 * Each namespace lasts as long as the process that holds it, and its cables go with it: nothing is
 * left of them, whatever becomes of the test.
 */
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {until} from './processes.mjs';

/* The holder ends when its standard input does: with us. */
const HOLDER = ['unshare', '--net', '--', 'sh', '-c', 'echo held; exec cat'];

/* One script for `ip -batch`. */
function ip(lines, inside = []) {
    const [file, ...argv] = [...inside, 'ip', '-batch', '-'];
    const {status, stderr, error} = spawnSync(file, argv,
        {input: `${lines.join('\n')}\n`, encoding: 'utf8'});
    assert.ifError(error);
    assert.equal(status, 0, `ip: ${stderr}in: ${lines.join('; ')}`);
}

/* Why there can be none here, or false. */
export function noHosts() {
    const script = 'ip link add sw type bridge && ip link add v0 type veth peer name v1';
    const {status, stderr, error} = spawnSync('unshare', ['--net', '--', 'sh', '-c', script],
        {encoding: 'utf8'});
    if (error || status !== 0)
        return `no network namespaces can be made here: ${error?.message ?? stderr.trim()}`;
    return process.getuid() !== 0 && 'cables between network namespaces need root';
}

/* No two tests of this machine have the same network: 198.18.0.0/15 is for such things. */
let networksMade = 0;
const freshNetwork = () => {
    const n = (process.pid * 7 + ++networksMade) % 508;
    return {prefix: `198.${18 + (n >> 8)}.${n & 255}`,
        name: `tu${process.pid % 100000}x${networksMade}`};
};

export class Hosts {
    static async open(t, names) {
        const hosts = new Hosts();
        hosts.holders = {};
        hosts.network = freshNetwork();
        t.after(() => hosts.close());
        for (const name of ['switch', ...names])
            hosts.holders[name] = await hold();
        ip(['link add sw type bridge', 'link set sw up'], hosts.inside('switch'));
        for (const [i, name] of [null, ...names].entries()) {
            const far = name === null ? hosts.network.name : 'eth0';
            /* Both ends are made where the switch is; one moves. */
            ip([`link add p${i} type veth peer name ${far}`, `link set p${i} master sw up`,
                `link set ${far} netns ${name === null ? process.pid : hosts.holders[name].pid}`],
                hosts.inside('switch'));
            ip([`addr add ${hosts.addressOf(i)}/24 dev ${far}`, `link set ${far} up`],
                name === null ? [] : hosts.inside(name));
        }
        hosts.ports = Object.fromEntries(names.map((name, i) => [name, `p${i + 1}`]));
        return hosts;
    }

    addressOf(i) {
        return `${this.network.prefix}.${i + 1}`;
    }

    /* The address of this host, for the others. */
    get here() {
        return this.addressOf(0);
    }

    inside(name) {
        return ['nsenter', `--net=/proc/${this.holders[name].pid}/ns/net`, '--'];
    }

    cut(name) {
        ip([`link set ${this.ports[name]} nomaster`], this.inside('switch'));
    }

    join(name) {
        ip([`link set ${this.ports[name]} master sw`], this.inside('switch'));
    }

    close() {
        for (const holder of Object.values(this.holders))
            holder.kill('SIGKILL');
    }
}

/* A new namespace. */
async function hold() {
    const [file, ...argv] = HOLDER;
    const holder = spawn(file, argv, {stdio: ['pipe', 'pipe', 'inherit']});
    let said = '';
    holder.stdout.on('data', (data) => { said += data; });
    await until('a network namespace', () => {
        assert.equal(holder.exitCode, null, 'unshare ended');
        return /held/.test(said);
    });
    return holder;
}
