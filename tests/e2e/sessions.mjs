/*
 * Sessions on servers, statement by statement: whether one was done, or stands still behind
 * another's lock.
 *
 *   Session ── send ──▶ client ──▶ server
 *      └ outcome(sql): {said, waits} as soon as either is known; a statement that waits is
 *        looked for in the server's own views by a session beside it, which is what nobody can do
 *        from within the session that waits
 *
 *   interleave(place, level, [[...], [...]], order)   steps of two transactions in that order
 *
 * Nothing sleeps: a statement is asked after until it was done or waits.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Writer, until} from './processes.mjs';
import {ROLE, chosenKinds} from './servers.mjs';

export const SERVERS = chosenKinds(['postgresql', 'mariadb']);

/* Registers a test for each kind of server: body(t, kind). */
export function onServers(name, body, {on = SERVERS, ...options} = {}) {
    for (const kind of SERVERS.filter((each) => on.includes(each)))
        test(`${kind}: ${name}`, options, (t) => body(t, kind));
}

/* How a transaction begins, at an isolation level or at the server's own. */
const BEGINS = {
    postgresql: (level) => level ? `BEGIN ISOLATION LEVEL ${level}` : 'BEGIN',
    mariadb: (level) => level
        ? `SET TRANSACTION ISOLATION LEVEL ${level}; START TRANSACTION` : 'START TRANSACTION',
};

export const begin = (kind, level) => BEGINS[kind](level);

/* An instant and so many of a unit, an expression too. */
export function shifted(kind, at, n, unit) {
    return kind === 'postgresql' ? `(${at} + (${n}) * interval '1 ${unit}')`
        : `(${at} + INTERVAL (${n}) ${unit})`;
}

/* What the server's own views say about a session that stands still. */
const WAITING = {
    postgresql: (id) => `SELECT 'waits' FROM pg_stat_activity WHERE pid = ${id}
        AND wait_event_type = 'Lock'`,
    mariadb: (id) => `SELECT state FROM information_schema.processlist WHERE id = ${id};
        SHOW ENGINE INNODB STATUS`,
};

/* InnoDB's view of transactions is a copy that is 100 ms old; its status text is not. */
function saysWaiting(kind, id, text) {
    if (kind === 'postgresql')
        return /waits/.test(text);
    const of = text.slice(text.indexOf('LIST OF TRANSACTIONS')).split('---TRANSACTION')
        .find((part) => part.includes(`thread id ${id},`)) ?? '';
    return /LOCK WAIT/.test(of) || /^Waiting for .* lock/m.test(text);
}

/* ---- a session ---- */

function administrator(place) {
    const session = place.database.session(10_000);
    const argv = session.argv.map((word) => word === ROLE
        ? {postgresql: 'postgres', mariadb: 'root'}[place.kind]
        : word.replace(`//${ROLE}@`, '//postgres@'));
    return new Writer({...session, argv});
}

export class Session {
    constructor(place, writer, id) {
        this.place = place;
        this.writer = writer;
        this.id = id;
    }

    static async open(place, options) {
        const writer = place.writer(options);
        const said = await writer.do({postgresql: 'SELECT pg_backend_pid()',
            mariadb: 'SELECT connection_id()'}[place.kind]);
        return new Session(place, writer, Number(/^\s*(\d+)\s*$/m.exec(said)[1]));
    }

    do(sql) {
        return this.writer.do(sql);
    }

    attempt(sql) {
        return this.writer.attempt(sql);
    }

    send(sql) {
        this.marker = this.writer.send(sql);
        return this.marker;
    }

    hasDone() {
        return this.writer.out.includes(`${this.marker}\n`);
    }

    said() {
        return this.writer.said(this.marker);
    }

    async isWaiting() {
        const {place} = this;
        if (!place.watch) {
            place.watch = administrator(place);
            place.children.push(place.watch);
        }
        return saysWaiting(place.kind, this.id, await place.watch.do(WAITING[place.kind](this.id)));
    }

    /* Sends it; {waits: true}, or {said} if it was done. */
    async outcome(sql) {
        this.send(sql);
        let waits = false;
        await until(`an end or a wait of: ${sql}`, async () => {
            if (this.hasDone())
                return true;
            waits = await this.isWaiting() && !this.hasDone();
            return waits;
        });
        return waits ? {waits} : {said: await this.said()};
    }

    /* Resolves when a statement that was sent stands still. */
    waits() {
        return until('a statement to wait', () => {
            assert.ok(!this.hasDone(), 'it was done instead of waiting');
            return this.isWaiting();
        });
    }

    end() {
        return this.writer.end();
    }
}

/* ---- interleavings ---- */

/* All ways to mix m steps of the one with n of the other: lists of 0 and 1. */
export function mixtures(m, n) {
    if (m === 0 || n === 0)
        return [[...Array(m).fill(0), ...Array(n).fill(1)]];
    return [...mixtures(m - 1, n).map((rest) => [0, ...rest]),
        ...mixtures(m, n - 1).map((rest) => [1, ...rest])];
}

/* What a client says about where in its input something was. */
const plain = (said) => said.replace(/at line \d+(: |$)/g, '').replace(/\(line \d+\)/g, '');

/*
 * Runs the steps of two sessions in that order; a step whose session stands still comes as soon as
 * it goes on. Gives what each step printed, and whether it had to wait: what a writer notices.
 * `between(i)` is called before step i.
 */
export async function interleave(sessions, steps, order, between = async () => {}) {
    const left = steps.map((list) => [...list]);
    const noticed = steps.map(() => []);
    const standing = new Set();
    const late = [];

    async function goOn(isEnd) {
        for (const s of standing) {
            const session = sessions[s];
            if (isEnd)
                await session.said().then((said) => noticed[s].push(`waited, ${plain(said)}`));
            else if (session.hasDone() || !await session.isWaiting())
                noticed[s].push(`waited, ${plain(await session.said())}`);
            else
                continue;
            standing.delete(s);
        }
    }
    async function step(s) {
        const {said, waits} = await sessions[s].outcome(left[s].shift());
        if (waits)
            standing.add(s);
        else
            noticed[s].push(plain(said));
        await goOn(false);
    }
    for (const [i, s] of order.entries()) {
        await between(i);
        if (standing.has(s))
            late.push(s);
        else
            await step(s);
        while (late.length > 0 && !standing.has(late[0]))
            await step(late.shift());
    }
    /* Whoever waits now waits for a time-out or for the victim of a deadlock. */
    while (standing.size > 0 || late.length > 0) {
        await goOn(true);
        while (late.length > 0 && !standing.has(late[0]))
            await step(late.shift());
    }
    return noticed;
}
