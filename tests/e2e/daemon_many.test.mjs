/*
 * Two to eight daemons on one database: they share the work, lose nothing and double nothing when
 * one of them is killed, stopped until its connection is dropped and continued, or cut off the
 * network. The time from the moment at which the database is rid of the lost one until the work is
 * done is printed; no test depends on it.
 */
import assert from 'node:assert/strict';
import {describe} from 'node:test';
import {Cluster} from './cluster.mjs';
import {Kept, onEach} from './daemons.mjs';
import {noHosts} from './hosts.mjs';
import {DEADLINE_MS, until} from './processes.mjs';
import {onServers} from './sessions.mjs';
import {HOUSE_SPEC} from './trueup.mjs';
import {localBucket} from './words.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* ---- a house of four groups ---- */

const MORE = ['visit', 'order_of', 'claim'];

class Large extends Kept {
    /* The other groups' tables as well. */
    isRight() {
        super.isRight();
        const day = localBucket(this.kind, 'day', 's.at', 'h.off');
        this.sameAll(MORE.map((table) => ({
            label: table,
            stored: `SELECT shop, bucket, n, most FROM ${table}s_day`,
            truth: `SELECT s.shop, ${day} AS bucket, count(*), max(amount) FROM ${table} s
                JOIN shop h ON h.id = s.shop GROUP BY s.shop, ${day}`,
        })));
    }

    changes(i) {
        const at = `2024-03-${10 + i % 15} 10:00:00`;
        return ['sale', ...MORE].map((table) => `
            INSERT INTO ${table}(shop, at, amount) VALUES ('tokyo', '${at}', ${i});
            UPDATE ${table} SET amount = amount + ${i} WHERE shop = 'phoenix' AND id % 5 = ${i % 5};
            DELETE FROM ${table} WHERE id % 41 = ${i % 41};`).join('');
    }

    write(i) {
        this.shell(this.changes(i));
    }

    /* Writes until the worker stands at its stop point. There it may have SQLite's file, which the
     * writer then waits for. Gives what ends the writer once it can. */
    async writeUntilStopped(worker, point, i) {
        const writer = this.writer({timeoutMs: DEADLINE_MS});
        let isWriting = false;
        let written;
        await until(`it to stop at ${point}`, () => {
            if (!isWriting) {
                isWriting = true;
                written = writer.do(this.changes(i)).then(() => wait(20))
                    .then(() => { isWriting = false; });
            }
            return worker.state() === 'T';
        });
        return async () => {
            await written;
            await writer.end();
        };
    }
}

const LARGE = {
    days: 12,
    tables: MORE.map((table) =>
        `CREATE TABLE ${table}(id {id}, shop {name}, at {instant}, amount {integer});`).join('\n'),
    spec: {
        sources: Object.fromEntries(['sale', ...MORE].map((table) =>
            [table, {from: table, tenant: 'shop', time: 'at'}])),
        summaries: {...HOUSE_SPEC.summaries, ...Object.fromEntries(MORE.map((table) =>
            [`${table}s`, {source: table, grains: ['day'], columns: {tenant: 'shop'},
                measures: {n: 'count', most: 'max(amount)'}}]))},
    },
};

const onLarge = (name, body) => onEach(name, body, {...LARGE, Place: Large});

/* ---- several share the work ---- */

for (const n of [2, 4, 8])
    onLarge(`${n} daemons share four groups; those that are killed are not missed`,
        async (house, kind, t) => {
        const daemons = [];
        for (let i = 0; i < n; i++)
            daemons.push(await house.daemon());
        const hasSettled = () => daemons.filter((each) => each.events('settle.done').length > 0);
        let i = 0;
        await until('two of them to have settled', async () => {
            house.write(i++);
            await wait(50);
            return hasSettled().length >= 2;
        });
        for (let killed = 0; killed < n - 1; killed++) {
            house.write(i++);
            daemons[killed].signal('SIGKILL');
            await daemons[killed].end();
        }
        const began = Date.now();
        await house.becomesRight();
        t.diagnostic(`${hasSettled().length} of ${n} settled; one did the rest in ${
            Date.now() - began} ms`);
        await daemons.at(-1).stop();
        house.isTrue();
    });

onLarge('a rebuild of everything is worked on by whoever is there, and ends whoever dies',
    async (house) => {
    const daemons = [await house.daemon(), await house.daemon(), await house.daemon()];
    house.run('rebuild', {code: 0});
    for (const table of MORE)
        house.run(`rebuild --summary ${table}s`, {code: 0});
    house.write(1);
    daemons[0].signal('SIGKILL');
    await daemons[0].end();
    for (const id of [1, 2, 3, 4])
        await house.jobIs(id, 'COMPLETED');
    await house.becomesRight();
    for (const daemon of daemons.slice(1))
        await daemon.stop();
    house.isTrue();
    assert.deepEqual(house.runs().filter(({status}) => status === 'STARTED'), []);
});

/* ---- one is lost in the middle of a turn ---- */

const POINTS = ['snapshot.taken', 'cells.computed', 'cells.written', 'apply.before_commit'];

/* The fault: a lock that outlives its worker, so that the others wait for a time-out; or work that
 * nobody takes up since everybody waits for the next tick of something slow. */
onLarge('one is lost at any point of a turn: another goes on at once', async (house, kind, t) => {
    const other = await house.daemon();
    for (const [i, point] of POINTS.entries()) {
        const lost = house.start('run', {stop: `${point}:pause`});
        const endWriter = await house.writeUntilStopped(lost, point, i);
        /* On SQLite nothing ends the session of a process but its end. */
        const isKilled = kind === 'sqlite' || i % 2 === 0;
        const noticed = Date.now();
        if (isKilled)
            lost.signal('SIGKILL');
        await endWriter();
        if (!isKilled)
            house.endSessions();
        await house.becomesRight();
        t.diagnostic(`${point}, ${isKilled ? 'killed' : 'dropped'}: done after ${
            Date.now() - noticed} ms`);
        if (isKilled)
            await lost.end();
        else {
            lost.go();
            house.write(i + 20);
            lost.signal('SIGTERM');
            await lost.end(143);
        }
    }
    await house.becomesRight();
    await other.stop();
    house.isTrue();
});

/* ---- one is cut off ---- */

/* Sessions that a host has, as the server's administrator sees them. */
const SESSIONS = {
    postgresql: (address) => `SELECT count(*) FROM pg_stat_activity
        WHERE client_addr = '${address}'`,
    mariadb: (address) => `SELECT count(*) FROM information_schema.processlist
        WHERE host LIKE '${address}:%'`,
};

/* The server hears nothing more; how soon it gives up is its own matter, and not waited out. */
const NOTICES_MS = 120_000;

describe('daemons on several hosts', {concurrency: 2, skip: noHosts()}, () => {
    /* A session that does nothing may hold a lock; the server's own probes begin after two hours. */
    onServers('daemons: one that does nothing is cut off; the server forgets it', async (t, kind) => {
        const cluster = await Cluster.open(t, kind, {Place: Large, ...LARGE});
        const {house, hosts} = cluster;
        const sessions = () => Number(/^\s*(\d+)\s*$/m.exec(
            house.database.admin(SESSIONS[kind](hosts.addressOf(1))))[1]);
        const lost = cluster.start('a', 'run');
        await lost.says(/event=daemon\.started/);
        house.write(1);
        await house.becomesRight();
        assert.ok(sessions() > 0);
        hosts.cut('a');
        await until('the server to notice', async () => {
            await wait(200);
            return sessions() === 0;
        }, NOTICES_MS);
        hosts.join('a');
        house.write(2);
        await house.becomesRight();
        lost.signal('SIGTERM');
        await lost.end(143);
        house.isTrue();
    });

    onServers('daemons: one is cut off in the middle of a turn; the others go on, it comes back',
        async (t, kind) => {
        const cluster = await Cluster.open(t, kind, {isLookedAfter: true, Place: Large, ...LARGE});
        const {house, hosts} = cluster;
        const other = cluster.start('b', 'run');
        await other.says(/event=daemon\.started/);
        const lost = cluster.start('a', 'run', {stop: 'cells.written:pause'});
        let i = 0;
        await until('it to stop', async () => {
            house.write(i++);
            await wait(20);
            return lost.state() === 'T';
        });
        hosts.cut('a');
        const cut = Date.now();
        lost.go();
        house.write(i++);
        await until('the server to notice', async () => {
            await wait(20);
            return /^\s*0\s*$/m.test(house.database.admin(SESSIONS[kind](hosts.addressOf(1))));
        }, NOTICES_MS);
        const noticed = Date.now();
        await house.becomesRight();
        t.diagnostic(`noticed ${noticed - cut} ms after the cut, all done ${
            Date.now() - noticed} ms later`);

        hosts.join('a');
        house.write(i++);
        await house.becomesRight();
        other.signal('SIGTERM');
        await other.end(143);
        house.write(i++);
        await house.becomesRight(); /* by the one that was cut off */
        lost.signal('SIGTERM');
        await lost.end(143);
        house.isTrue();
    });
});
