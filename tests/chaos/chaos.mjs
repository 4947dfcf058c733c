#!/usr/bin/env node
/*
 * Chaos: writers, three workers, and all that may happen to them at once, for a while; then quiet,
 * and everything must be true.
 *
 *   TRUEUP_TEST_SEED=17 chaos.mjs --database mariadb --seconds 600 --keep DIRECTORY
 *
 *     writers ──▶ tables ──▶ logs ◀── workers     events: kills, stops, crashes of the server,
 *        └──────── the same database ────────┘    pauses, jobs, tenants and clocks that change
 *
 * Choices follow from the seed, their moments from the machine. What fails leaves its database (as
 * text), the log of events and what each worker said in the directory.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {until} from '../e2e/processes.mjs';
import {Chance, SEED} from '../e2e/seed.mjs';
import {nextEvent} from './events.mjs';
import {Shops} from './shops.mjs';
import {Crew} from './workers.mjs';
import {Writers} from './writers.mjs';

const WORKERS = 3, WRITERS = 3;

/* Between two events, at most; several are under way at a time. */
const REST_MS = 700;
const AT_ONCE = 3;

/* When all is quiet, work that waits ends in seconds. A machine that stands still is no failure. */
const QUIET_MS = 600_000;

/* Servers of their own, which keep what is committed when they are killed. */
const SERVER = {postgresql: ['-c', 'synchronous_commit=on'],
    mariadb: ['--innodb-flush-log-at-trx-commit=1']};

class Chaos {
    constructor(kind, keep) {
        Object.assign(this, {kind, keep});
        this.began = Date.now();
        this.said = [];
        this.happened = {};
        this.undo = [];
    }

    log(text) {
        this.said.push(`${((Date.now() - this.began) / 1000).toFixed(3)} ${text}`);
    }

    async open() {
        const t = {after: (undo) => this.undo.push(undo)};
        const now = Math.floor(this.began / 60_000) * 60_000;
        this.shops = await Shops.on(this.kind, t, {server: SERVER[this.kind], now});
        this.crew = new Crew(this.shops, WORKERS, (text) => this.log(text));
        this.crew.tending = this.crew.tendAll();
        this.writers = new Writers(this.shops, WRITERS);
    }

    /* One event of the line; the server is one for all, so nothing else happens while it is away. */
    async happen(n, {name, happen}) {
        this.happened[name] = (this.happened[name] ?? 0) + 1;
        this.log(`${n} ${name}`);
        await happen(this, new Chance(`event ${n}`));
        this.log(`${n} ${name}: done`);
    }

    async storm(seconds) {
        const chance = new Chance('events');
        const underWay = new Set();
        const end = Date.now() + seconds * 1000;
        let failure = null;
        for (let n = 1; Date.now() < end && failure === null; n++) {
            const event = nextEvent(this.kind, chance);
            const rest = chance.below(REST_MS);
            const going = this.happen(n, event).catch((error) => {
                failure ??= Object.assign(error,
                    {message: `event ${n}, ${event.name}: ${error.message}`});
            }).finally(() => underWay.delete(going));
            underWay.add(going);
            if (event.name === 'server crash')
                await Promise.all(underWay);
            while (underWay.size >= AT_ONCE)
                await Promise.race(underWay);
            await sleep(rest);
        }
        await Promise.all(underWay);
        if (failure)
            throw failure;
    }

    /* Nothing is to be done any more, and all tables are as they should be. */
    async calm() {
        const {shops} = this;
        this.log('calm');
        this.counts = await this.writers.end();
        await this.crew.settleDown();
        await until('all to be resumed', async () => {
            const worker = shops.start('resume');
            await worker.closed;
            return worker.result.code === 0;
        }, QUIET_MS);
        let last = {};
        await until('the work to be done', async () => {
            assert.deepEqual(this.crew.problems, []);
            last = shops.toDo();
            return Object.keys(last).length === 0 && this.isRight() ? true : sleep(250);
        }, QUIET_MS).catch((error) => {
            throw new Error(`${error.message}: ${JSON.stringify(last)}${this.wrong ?? ''}`);
        });
        await this.crew.end();
    }

    /* A change of the tenants may be noticed later than it is pending. */
    isRight() {
        try {
            this.shops.isRight();
            return true;
        } catch (error) {
            this.wrong = error.message;
            return false;
        }
    }

    /* No lock, no session, no open end. */
    nothingIsLeft() {
        const {shops} = this;
        shops.isTrue();
        shops.hasNotDrifted();
        shops.hasBounds();
        const left = {
            postgresql: `SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                AND pid <> pg_backend_pid() AND application_name LIKE 'trueup%'`,
            mariadb: `SELECT id FROM information_schema.processlist WHERE db = DATABASE()
                AND id <> CONNECTION_ID()`,
        }[shops.kind];
        if (left)
            assert.deepEqual(shops.sql(left), []);
    }

    /* What a person needs to see what happened. */
    leave(error) {
        if (!this.keep)
            return;
        fs.mkdirSync(this.keep, {recursive: true});
        const write = (name, text) => fs.writeFileSync(path.join(this.keep, name), text);
        write('failure.txt', `${error.stack}\nseed ${SEED}\n`);
        write('events.txt', `${this.said.join('\n')}\n`);
        for (const [i, worker] of (this.crew?.all ?? []).entries())
            write(`worker-${String(i).padStart(3, '0')}.txt`, `${worker.name}\n${worker.err}`);
        try {
            write('database.sql', this.shops.database.dump(''));
            fs.copyFileSync(this.shops.file, path.join(this.keep, 'trueup.yaml'));
        } catch (why) {
            write('database.sql', `-- ${why.message}\n`);
        }
    }

    async clear() {
        if (this.writers)
            await this.writers.end();
        if (this.crew)
            this.crew.isOver = true;
        await this.crew?.tending?.catch(() => {});
        for (const undo of this.undo)
            undo();
    }
}

const {values: {database: kind = 'sqlite', seconds = '60', keep}} = parseArgs({options: {
    database: {type: 'string'}, seconds: {type: 'string'}, keep: {type: 'string'}}});
const chaos = new Chaos(kind, keep);
for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
        for (const {child} of chaos.crew?.all ?? [])
            child.kill('SIGKILL');
        process.exit(1); /* servers end with us */
    });
console.log(`${kind}: seed ${SEED}`);
try {
    await chaos.open();
    await chaos.storm(Number(seconds));
    await chaos.calm();
    chaos.nothingIsLeft();
    const {bursts, failed} = chaos.counts;
    console.log(`${kind}: ${Object.entries(chaos.happened).map(([name, n]) => `${name} ${n}`)
        .join(', ')}; ${bursts} clients wrote, ${failed} met an error; ${
        chaos.crew.all.length} workers; ${Math.round((Date.now() - chaos.began) / 1000)} s`);
} catch (error) {
    chaos.leave(error);
    console.error(`${kind}: FAILED, seed ${SEED}${keep ? `, see ${keep}` : ''}: ${error.stack}`);
    process.exitCode = 1;
} finally {
    await chaos.clear();
}
