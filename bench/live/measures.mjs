/*
 * What is measured of a daemon: how late a summary is, what it costs when nothing happens, and how
 * much several of them do.
 *
 *   latency     a writer commits so many changes a second; a row of a tenant of its own is committed
 *               beside it, and looked for in the summary: from the commit until it is there
 *   idle        nothing is written: its CPU time, and what the server was asked
 *   throughput  four sources have a backlog; one, two, four processes begin at once
 */
import fs from 'node:fs';
import {Live, wait} from './place.mjs';

const TENANTS = 100;
const TICK_MS = 20;
const LOOK_MS = 3;

const instant = (ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/* ---- latency ---- */

/* Rows of the last two hours, as live traffic has them: so many a second, as far as the database and
 * its client keep up. */
class Traffic {
    constructor(live, rate) {
        Object.assign(this, {client: live.client(), rate, rows: 0, isOver: false});
        this.began = Date.now();
        this.running = this.run();
    }

    row() {
        const i = this.rows++;
        return `('t${(i * 37) % TENANTS}', '${instant(Date.now() - (i * 7919) % 7_200_000)}', ${
            i % 50})`;
    }

    async run() {
        while (!this.isOver) {
            const n = Math.floor((Date.now() - this.began) * this.rate / 1000) - this.rows;
            if (n > 0)
                await this.client.do(`INSERT INTO live(shop, at, amount) VALUES ${
                    Array.from({length: n}, () => this.row()).join(',')}`);
            await wait(TICK_MS);
        }
        this.seconds = (Date.now() - this.began) / 1000;
    }

    /* Changes a second that it came to. */
    async end() {
        this.isOver = true;
        await this.running;
        return this.rows / this.seconds;
    }
}

/* From a commit until the summary has it, in ms. */
async function probe(client, k) {
    await client.do(`INSERT INTO live(shop, at, amount) VALUES ('probe', '${
        instant(Date.now())}', 1)`);
    const committed = performance.now();
    for (let seen = 0; seen < k;) {
        const said = await client.do(
            `SELECT 'seen ' || coalesce(sum(n), 0) FROM live_kept_day WHERE shop = 'probe'`);
        seen = Number(/seen (\d+)/.exec(said)[1]);
        if (seen < k)
            await wait(LOOK_MS);
    }
    return performance.now() - committed;
}

const share = (sorted, of) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))];

async function latency(kind, {program, probes, rates, line}) {
    for (const [settle, aim] of [[null, 350], ['20ms', 100]])
        for (const rate of rates) {
            const live = await Live.open(kind, {program, sources: ['live'], settle});
            try {
                live.trueup('apply');
                await live.start(1);
                const client = live.client();
                const traffic = new Traffic(live, rate);
                const took = [];
                for (let k = 1; k <= probes; k++) {
                    took.push(await probe(client, k));
                    await wait((k * 37) % 50); /* at any moment of a tick */
                }
                const came = await traffic.end();
                await live.settled();
                await live.stop();
                live.mustBeRight();
                took.sort((a, b) => a - b);
                const at = [0.5, 0.95, 0.99].map((of) => Math.round(share(took, of)));
                line({work: `latency at ${rate}/s (${Math.round(came)} came), settle ${
                    settle ?? '200ms'}: 50, 95, 99 of 100`, kind, value: `${at.join(', ')} ms`,
                aim: `95 of 100 <= ${aim} ms`, isReached: at[1] <= aim});
            } finally {
                await live.close();
            }
        }
}

/* ---- idle ---- */

const TICKS_PER_SECOND = 100; /* of the times in /proc: Linux says so to everybody */

function cpuSeconds(pid) {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(words[11]) + Number(words[12])) / TICKS_PER_SECOND;
}

/* What the server has done for others than this client; on PostgreSQL each question of an idle daemon
 * is a transaction. */
const asked = {
    sqlite: () => null,
    postgresql: (live) => live.sql(`SELECT xact_commit + xact_rollback AS n FROM pg_stat_database
        WHERE datname = current_database()`)[0].n,
    mariadb: (live) => Number(live.sql(`SHOW GLOBAL STATUS LIKE 'Questions'`)[0].Value),
};

/* Of this client, between two looks: connecting and asking. */
const OWN = {postgresql: 1, mariadb: 4};

async function idle(kind, {program, idleSeconds, line}) {
    const live = await Live.open(kind, {program, sources: ['live']});
    try {
        live.trueup('apply');
        await live.start(1);
        await wait(Math.min(idleSeconds, 10) * 1000); /* it asks less and less often */
        const {pid} = live.daemons[0].child;
        const [cpu, before, began] = [cpuSeconds(pid), asked[kind](live), performance.now()];
        await wait(idleSeconds * 1000);
        const seconds = (performance.now() - began) / 1000;
        const percent = (cpuSeconds(pid) - cpu) / seconds * 100;
        const n = asked[kind](live);
        await live.stop();
        live.mustBeRight();
        line({work: 'idle: CPU', kind, value: `${percent.toFixed(2)} % of a core`,
            aim: '<= 0.5 %', isReached: percent <= 0.5});
        if (n !== null) {
            const rate = Math.max(0, n - before - OWN[kind]) / seconds;
            line({work: 'idle: statements', kind, value: `${Math.round(rate * 60)} a minute`,
                aim: '<= 300', isReached: rate <= 5});
        }
    } finally {
        await live.close();
    }
}

/* ---- throughput ---- */

const FOUR = ['a', 'b', 'c', 'd'];

function fill(live, name, rows) {
    const PIECE = 5000;
    const now = Date.now();
    for (let from = 0; from < rows; from += PIECE)
        live.database.shell(`INSERT INTO ${name}(shop, at, amount) VALUES ${Array.from(
            {length: Math.min(PIECE, rows - from)}, (_, i) =>
                `('t${(i * 37) % TENANTS}', '${instant(now - ((from + i) * 86_399_000)
                    % (60 * 86_400_000))}', ${i % 50})`).join(',')};`);
}

async function throughput(kind, {program, rows, line}) {
    let one = null;
    for (const n of [1, 2, 4]) {
        const live = await Live.open(kind, {program, sources: FOUR});
        try {
            for (const name of FOUR)
                fill(live, name, rows);
            live.trueup('apply');
            for (const name of FOUR)
                live.database.shell(`UPDATE ${name} SET amount = amount + 1;`);
            const began = performance.now();
            await live.start(n);
            await live.settled();
            const rate = FOUR.length * rows / ((performance.now() - began) / 1000);
            await live.stop();
            live.mustBeRight();
            one ??= rate;
            line({work: `throughput: ${n} worker${n > 1 ? 's' : ''}, four sources`, kind,
                value: `${Math.round(rate)} changes/s`, aim: '', isReached: null,
                beside: `${(rate / one).toFixed(2)} of one`});
        } finally {
            await live.close();
        }
    }
}

export const MEASURES = {latency, idle, throughput};
