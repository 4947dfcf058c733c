/*
 * What happens: a table of events, how often each, and where. An event is chosen by the seed, and so
 * is what it does; when it comes to be done is a matter of the machine.
 */
import assert from 'node:assert/strict';
import {setTimeout as sleep} from 'node:timers/promises';
import {CLOCKS, SHOPS, SUMMARIES} from './shops.mjs';
import {endSessionsOf} from './workers.mjs';
import {weighed} from './writers.mjs';

const POINTS = ['snapshot.taken', 'entries.taken', 'cells.computed', 'turn.taken', 'cells.written',
    'apply.before_commit', 'apply.after_commit', 'build.chunk_done', 'repair.piece_done',
    'aside.scan', 'lock.given_back', 'retention.due', 'job.claimed'];
const ON_SERVERS = ['postgresql', 'mariadb'];

/* Exit codes that a command may have while the server comes and goes, or work is in the way. */
const DONE = 0, NOT_RIGHT = 1, REFUSED = 2, AWAY = 3;

/* ---- what events do ---- */

async function command(chaos, line, codes) {
    const worker = chaos.shops.start(line);
    await worker.closed;
    const {code, signal, out, err} = worker.result;
    assert.ok(codes.includes(code), `trueup ${line}: ${code} ${signal}: ${err}${out}`);
    return {code, out, err};
}

/* A statement of somebody's; it may fail where the server does. */
const statement = ({shops}, sql) => shops.shell(sql, {may: true});

async function kill(chaos, chance) {
    const slot = await chaos.crew.take(chance);
    if (slot.worker.result === null)
        slot.worker.signal('SIGKILL');
    await sleep(chance.below(1500));
    await chaos.crew.again(slot);
    slot.busy = false;
}

async function terminate(chaos, chance) {
    const slot = await chaos.crew.take(chance);
    if (slot.worker.result === null)
        await chaos.crew.terminate(slot.worker);
    await chaos.crew.again(slot);
    slot.busy = false;
}

/* The server lets go of it, or not; it goes on with what it knew. */
async function stop(chaos, chance) {
    const slot = await chaos.crew.take(chance);
    const {worker} = slot;
    const [before, after] = [chance.below(1500), chance.below(1500)];
    const isDropped = chance.below(3) > 0;
    if (worker.result === null)
        worker.signal('SIGSTOP');
    await sleep(before);
    if (isDropped)
        endSessionsOf(chaos.shops, worker.pid);
    await sleep(after);
    if (worker.result === null)
        worker.signal('SIGCONT');
    slot.busy = false;
}

/* Its sessions are ended while it works. */
async function cut(chaos, chance) {
    const slot = await chaos.crew.take(chance);
    endSessionsOf(chaos.shops, slot.worker.pid);
    slot.busy = false;
}

async function arm(chaos, chance) {
    const slot = await chaos.crew.take(chance);
    const point = `${chance.of(POINTS)}:${chance.of(['kill', 'pause'])}:${1 + chance.below(6)}`;
    await chaos.crew.again(slot, point);
    slot.busy = false;
}

async function crash(chaos, chance) {
    const server = chaos.shops.database.own;
    await server.crash();
    await sleep(chance.below(2000));
    await server.again();
}

async function pause(chaos, chance) {
    const which = chance.below(3) > 0 ? ` --summary ${chance.of(SUMMARIES)}` : '';
    const restMs = chance.below(2500);
    await command(chaos, `pause${which} --timeout 1`, [DONE, NOT_RIGHT, AWAY]);
    await sleep(restMs);
    /* While all are paused a resume of one is refused; another event's resume ends it. */
    await command(chaos, `resume${which}`, [DONE, REFUSED, AWAY]);
}

const day = ({shops}, ago) => new Date(shops.now - ago * 86_400_000).toISOString().slice(0, 10);

async function ask(chaos, chance) {
    const job = chaos.shops.control('trueup_job');
    const from = chance.below(20);
    const [kind, summary] = [chance.of(['repair', 'backfill']), chance.of(SUMMARIES)];
    const tenant = chance.below(3) === 0 ? `'${chance.of(SHOPS)}'` : 'NULL';
    statement(chaos, `INSERT INTO ${job}(kind, summary, tenant, range_from, range_to)
        VALUES ('${kind}', '${summary}', ${tenant}, '${day(chaos, from)}',
            '${day(chaos, Math.max(0, from - chance.below(8)))}')`);
}

const rebuild = (chaos, chance) => command(chaos, chance.below(2) > 0 ? 'rebuild'
    : `rebuild --summary ${chance.of(SUMMARIES)}`, [DONE, REFUSED, AWAY]);

/* A job is there, has ended, or never was. */
const cancel = (chaos, chance) =>
    command(chaos, `jobs cancel ${1 + chance.below(20)}`, [DONE, NOT_RIGHT, REFUSED, AWAY]);

const repair = (chaos, chance) => command(chaos,
    `repair --summary ${chance.of(SUMMARIES)} --days ${1 + chance.below(6)}`,
    [DONE, NOT_RIGHT, REFUSED, AWAY]);

async function move(chaos, chance) {
    const [tz, off] = chance.of(CLOCKS);
    statement(chaos, `UPDATE shop SET tz = '${tz}', off = ${off} WHERE id = '${chance.of(SHOPS)}'`);
}

async function enable(chaos, chance) {
    statement(chaos, `UPDATE shop SET active = 1 - active WHERE id = '${chance.of(SHOPS)}'`);
}

/* Gone, and back a little later with another clock. */
async function leave(chaos, chance) {
    const [shop, [tz, off]] = [chance.of(SHOPS), chance.of(CLOCKS)];
    statement(chaos, `DELETE FROM shop WHERE id = '${shop}'`);
    await sleep(chance.below(2000));
    statement(chaos, `INSERT INTO shop(id, tz, off, active) VALUES ('${shop}', '${tz}', ${off}, 1)`);
}

/* At every snapshot what is stored and what is pending make the truth. */
async function verify(chaos) {
    const {code, out, err} = await command(chaos, '--json verify', [DONE, NOT_RIGHT, AWAY]);
    if (code === AWAY)
        return;
    const {drift} = JSON.parse(out);
    assert.deepEqual(drift, [], `verify: ${err}`);
}

/* ---- the table ---- */

/* How often of all, name, what it does, on which databases (all, if none is named). */
const EVENTS = [
    [10, 'kill -9', kill],
    [5, 'SIGTERM', terminate],
    [10, 'SIGSTOP', stop],
    [6, 'cut', cut, ON_SERVERS],
    [12, 'stop point', arm],
    [4, 'server crash', crash, ON_SERVERS],
    [6, 'pause', pause],
    [4, 'rebuild', rebuild],
    [5, 'job', ask],
    [3, 'cancel', cancel],
    [4, 'repair', repair],
    [5, 'zone', move],
    [5, 'enable', enable],
    [2, 'leave', leave],
    [5, 'verify', verify],
];

/* The next event: its name, and what is to be done. */
export function nextEvent(kind, chance) {
    const possible = EVENTS.filter(([, , , on]) => on === undefined || on.includes(kind));
    const [, name, happen] = weighed(chance, possible);
    return {name, happen};
}
