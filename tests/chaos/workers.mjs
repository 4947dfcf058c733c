/*
 * Workers: processes of `trueup run`, each in a slot of its own. One that dies is started again;
 * one that stands still is woken up, on a server mostly after its sessions were ended behind its
 * back. One that ends by itself, or says anything else than it should, is a failure.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {until} from '../e2e/processes.mjs';

/* A daemon in a silent machine may take long; only one that never ends is a failure. */
const END_MS = 120_000;
const LOOK_MS = 100;

/* The exit code for a database that cannot be reached. */
const AWAY = 3;
const hasStarted = ({err}) => err.includes('daemon.started');

/* ---- which sessions are whose ---- */

/* The local ports of a process's connections: a server knows its clients by them. */
export function portsOf(pid) {
    try {
        const sockets = new Set(fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
            try {
                return [fs.readlinkSync(`/proc/${pid}/fd/${fd}`)];
            } catch {
                return [];
            }
        }).map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]).filter(Boolean));
        return fs.readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1)
            .map((line) => line.trim().split(/\s+/)).filter((words) => sockets.has(words[9]))
            .map((words) => Number.parseInt(words[1].split(':')[1], 16));
    } catch {
        return []; /* it has just ended */
    }
}

const END_SESSIONS = {
    postgresql: (shops, ports) => shops.shell(`SELECT pg_terminate_backend(pid)
        FROM pg_stat_activity WHERE client_port IN (${ports})`, {may: true}),
    mariadb: (shops, ports) => shops.shell(`BEGIN NOT ATOMIC
        FOR s IN (SELECT id FROM information_schema.processlist
            WHERE SUBSTRING_INDEX(host, ':', -1) IN (${ports})) DO
            BEGIN
                DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
                KILL s.id;
            END;
        END FOR;
        END`, {may: true, flags: ['--delimiter=//']}),
};

/* Ends all sessions of a process, as a server does with those it hears nothing of. */
export function endSessionsOf(shops, pid) {
    const ports = portsOf(pid);
    if (ports.length > 0 && END_SESSIONS[shops.kind])
        END_SESSIONS[shops.kind](shops, ports);
    return ports.length;
}

/* ---- the crew ---- */

export class Crew {
    constructor(shops, n, log) {
        Object.assign(this, {shops, log});
        this.all = [];
        this.problems = [];
        this.slots = Array.from({length: n}, (_, i) => ({name: `worker ${i}`, busy: false}));
        for (const slot of this.slots)
            this.start(slot);
    }

    start(slot, stop) {
        const worker = this.shops.start('run --log-format json', {stop});
        slot.worker = worker;
        slot.stop = stop;
        this.all.push(worker);
        worker.name = `${slot.name}, pid ${worker.pid}${stop ? `, ${stop}` : ''}`;
        worker.closed.then(({code, signal, err}) => {
            /* One that finds no server when it starts leaves it to its service manager. */
            const isAway = code === AWAY && !hasStarted(worker);
            if (signal !== 'SIGKILL' && !worker.mayEnd && !isAway)
                this.problems.push(`${worker.name} ended by itself: ${code} ${signal}: ${err}`);
        });
    }

    /* A slot that nothing is being done to; it is the caller's until it says so. */
    async take(chance) {
        const slot = this.slots[chance.below(this.slots.length)];
        await until('a worker to be free', async () => slot.busy ? sleep(LOOK_MS) : true, END_MS);
        slot.busy = true;
        return slot;
    }

    async again(slot, stop) {
        if (slot.worker.result === null) {
            slot.worker.signal('SIGKILL');
            slot.worker.signal('SIGCONT');
        }
        await slot.worker.closed;
        this.start(slot, stop);
    }

    async terminate(worker) {
        worker.mayEnd = true;
        worker.signal('SIGTERM');
        worker.signal('SIGCONT');
        await until(`${worker.name} to end`, async () => {
            if (worker.state() === 'T') /* it met its stop point on the way */
                worker.signal('SIGCONT');
            return worker.result ?? sleep(LOOK_MS);
        }, END_MS);
        const {code, signal, err} = worker.result;
        const mayBe = code === 143 || signal === 'SIGKILL' ||
            (!hasStarted(worker) && (code === AWAY || signal === 'SIGTERM'));
        assert.ok(mayBe, `${worker.name}: ${code} ${signal}: ${err}`);
    }

    /* Those that met their stop point: the dead are replaced, the sleepers woken up. */
    async tend(slot) {
        const {worker} = slot;
        if (slot.busy)
            return;
        if (worker.result !== null) {
            slot.busy = true;
            this.log(`${worker.name} is dead (${worker.result.signal})`);
            await this.again(slot);
            slot.busy = false;
        } else if (worker.state() === 'T') {
            slot.busy = true;
            const n = endSessionsOf(this.shops, worker.pid);
            this.log(`${worker.name} stands still; ${n} sessions ended`);
            await sleep(500);
            worker.signal('SIGCONT');
            slot.busy = false;
        }
    }

    /* Until the end of everything: somebody must, while events go on elsewhere. */
    async tendAll() {
        while (!this.isOver) {
            for (const slot of this.slots)
                await this.tend(slot);
            await sleep(LOOK_MS);
        }
    }

    /* All at work, none with a stop point left to meet. */
    async settleDown() {
        this.isOver = true;
        await this.tending;
        for (const slot of this.slots)
            if (slot.stop || slot.worker.result !== null)
                await this.again(slot);
            else
                slot.worker.signal('SIGCONT');
    }

    async end() {
        for (const {worker} of this.slots)
            await this.terminate(worker);
        assert.deepEqual(this.problems, []);
    }
}
