/* Writing: what capture costs the application, and whether writers meet because of it. */
import {apply} from './building.mjs';
import {median} from './report.mjs';

const SECONDS_OF = {bulk: 4, one: 3, hot: 3, meet: 5};
/* A quick look is about the bench itself, not about its figures. */
const QUICK_ROWS = 1_000_000, QUICK_SECONDS = 0.3;

const seconds = (place, work) => place.rows < QUICK_ROWS ? QUICK_SECONDS : SECONDS_OF[work];

function needEntries(place) {
    if (!place.hasEntries) {
        place.sql(place.script('entries'));
        place.hasEntries = true;
    }
    if (place.applied !== 'entries')
        apply(place, 'entries');
}

/* The rates of the same work on two tables, turn by turn; between turns the log is settled, so that
 * every turn begins with an empty one. */
async function compare(place, work, other, clients, isRelaxed, length) {
    const rates = {captured: [], [other]: []};
    needEntries(place);
    for (let round = 0; round < place.repeat; round++)
        for (const table of round % 2 ? [other, 'captured'] : ['captured', other]) {
            place.quiet();
            const {rate} = await place.write(work, table, clients, length, {isRelaxed});
            rates[table].push(rate);
            if (table === 'captured')
                place.trueup('entries', ['run', '--once']);
        }
    return {ours: median(rates.captured), other: median(rates[other]), unit: 'tx/s',
        better: 'more'};
}

async function bulk(place) {
    place.line({work: 'writers: inserts of 1,000 rows, with capture / without',
        aim: place.kind === 'mariadb' ? 0.45 : 0.7,
        ...await compare(place, 'bulk', 'plain', 1, false, seconds(place, 'bulk'))});
}

/* With the server's own durability, then without waiting for the disk at every commit. */
async function withBoth(place, measure) {
    await measure(false, 'durable');
    const setFlush = (value) => place.kind === 'mariadb' &&
        place.sql(`SET GLOBAL innodb_flush_log_at_trx_commit = ${value}`);
    setFlush(2);
    await measure(true, 'relaxed');
    setFlush(1);
}

const single = (place) => withBoth(place, async (isRelaxed, name) => {
    for (const clients of [1, 4])
        place.line({work: `writers: single rows, clients: ${clients}, ${name}`,
            aim: isRelaxed ? 0.75 : 0.9,
            ...await compare(place, 'one', 'plain', clients, isRelaxed, seconds(place, 'one'))});
});

const hot = (place) => withBoth(place, async (isRelaxed, name) => {
    place.line({work: `one hot tenant, 4 clients, ${name}, against direct triggers`, aim: 3,
        ...await compare(place, 'hot', 'direct', 4, isRelaxed, seconds(place, 'hot'))});
});

/* ---- deadlocks and waits ---- */

/* On shared orders writers wait for each other anyhow, so only deadlocks are counted there. */
const MEETINGS = [
    {work: 'line-shared', clients: 2, counts: ['deadlocks'],
        what: 'a line and its order, 2 clients, 3 orders'},
    {work: 'line-own', clients: 2, counts: ['deadlocks', 'waits'],
        what: 'the same, orders of their own'},
    {work: 'both-ways', clients: 8, counts: ['deadlocks', 'waits'],
        what: 'two tables in opposite orders, 8 clients (A11)'},
];

/* With capture, trueup settles all the while. That waits are seen at all is shown by those on
 * shared orders without capture. */
async function meet(place) {
    if (!place.hasMeetings) {
        for (const SUFFIX of ['plain', 'captured'])
            place.sql(place.script('meet', {SUFFIX}));
        place.hasMeetings = true;
    }
    apply(place, 'meet');
    for (const {work, clients, what, counts} of MEETINGS) {
        const length = seconds(place, 'meet');
        const plain = await place.write(work, 'plain', clients, length, {isWaiting: true});
        if (work === 'line-shared')
            place.remark(`${place.kind}: on shared orders, without capture, ${plain.waits} waits ` +
                `for locks were counted in ${Math.round(plain.rate * length)} transactions.`);
        const settling = place.settling('meet');
        const captured = await place.write(work, 'captured', clients, length, {isWaiting: true});
        await settling.stop();
        for (const count of counts)
            place.line({work: `${what}: ${count}`, ours: captured[count], other: plain[count],
                unit: '', better: 'none'});
    }
    place.trueup('meet', ['run', '--once']);
    place.trueup('meet', ['verify']);
}

export const WRITING = {bulk, single, hot, meet};
