/*
 * How late the rows of a keyed summary are: a system of the shape of examples/gaq-summaries, in the
 * words of every database.
 *
 *   a writer commits so many keys a second, each change numbered ──▶ flag.bad
 *   the daemon, settle: 50ms                                     ──▶ gaq.worst = that number
 *   a reader looks for numbers that it has not seen yet: from the commit until it is there
 */
import {say} from '../../tests/e2e/words.mjs';
import {Live, wait} from './place.mjs';

const SETTLE = '50ms';
const PASSES = 20;
const RUNS_OF_PASS = 100;
const KEYS = PASSES * RUNS_OF_PASS;
const DETECTORS = 10; /* of each run, and as many flags of a key */
const TICK_MS = 5;
const LOOK_MS = 3;

const QUERY = (wanted) => `
    SELECT w.pass, w.run, count(f.id) AS flags, max(f.bad) AS worst,
           count(DISTINCT d.det) - count(DISTINCT f.det) AS holes
    FROM ${wanted} w JOIN detector d ON d.pass = w.pass AND d.run = w.run
    LEFT JOIN link l ON l.pass = w.pass AND l.run = w.run
    LEFT JOIN flag f ON f.id = l.flag AND f.det = d.det AND f.deleted = 0
    GROUP BY w.pass, w.run`;

const SPEC = {
    key: {pass: 'integer', run: 'integer'},
    keys: 'SELECT DISTINCT pass, run FROM detector',
    query: `WITH wanted AS (SELECT k.pass, k.run FROM {keys} k) ${QUERY('wanted')}`,
    depends_on: {
        detector: {keys: 'SELECT r.pass, r.run FROM {row} r'},
        flag: {columns: ['deleted', 'det', 'bad'],
            keys: 'SELECT l.pass, l.run FROM {row} r JOIN {link} l ON l.flag = r.id'},
        link: {keys: 'SELECT r.pass, r.run FROM {row} r'},
    },
    refresh: {settle: SETTLE, batch: {min: 1, max: 200}},
};

const TABLES = `
    CREATE TABLE detector(pass {integer} NOT NULL, run {integer} NOT NULL, det {integer} NOT NULL,
        PRIMARY KEY (pass, run, det));
    CREATE TABLE flag(id {integer} NOT NULL PRIMARY KEY, det {integer}, bad {integer},
        deleted {integer});
    CREATE TABLE link(pass {integer} NOT NULL, run {integer} NOT NULL, flag {integer} NOT NULL,
        PRIMARY KEY (pass, run, flag));
    CREATE INDEX link_flag ON link(flag);`;

const list = (n, row) => Array.from({length: n}, (_, i) => row(i)).join(',');
const passOf = (key) => 1 + Math.floor(key / RUNS_OF_PASS);
const runOf = (key) => 1 + key % RUNS_OF_PASS;

/* The flag of a key that is changed: the first of its own. */
const flagOf = (key) => 1 + key * DETECTORS;

class KeyedLive extends Live {
    static async open(kind, {program}) {
        const live = await this.empty(kind, {program});
        live.database.shell(say(kind, TABLES));
        live.fill();
        live.spec({database: live.database.url, summaries: {gaq: SPEC}});
        return live;
    }

    fill() {
        const n = KEYS * DETECTORS;
        const key = (i) => Math.floor(i / DETECTORS);
        const of = (i) => `${passOf(key(i))}, ${runOf(key(i))}`;
        for (const [table, row] of [
            ['detector', (i) => `(${of(i)}, ${i % DETECTORS})`],
            ['flag', (i) => `(${i + 1}, ${i % DETECTORS}, 0, 0)`],
            ['link', (i) => `(${of(i)}, ${i + 1})`]])
            this.database.shell(`INSERT INTO ${table} VALUES ${list(n, row)};`);
        this.database.shell({sqlite: 'ANALYZE;', postgresql: 'ANALYZE detector, flag, link;',
            mariadb: 'ANALYZE TABLE detector, flag, link;'}[this.kind]);
    }

    mustBeRight() {
        const stored = 'SELECT pass, run, flags, worst, holes FROM gaq';
        const truth = QUERY('(SELECT DISTINCT pass, run FROM detector)');
        for (const [a, b] of [[stored, truth], [truth, stored]])
            if (this.sql(`SELECT count(*) AS n FROM (SELECT * FROM (${a}) AS a EXCEPT
                SELECT * FROM (${b}) AS b) AS d`)[0].n !== 0)
                throw new Error('gaq is not true');
    }

    /* Changes that nobody has settled, and keys that nobody has computed. */
    pending() {
        return super.pending() + this.sql(`SELECT count(*) AS n FROM gaq_state
            WHERE invalid_since IS NOT NULL`)[0].n;
    }
}

/* Commits change after change, each of another key, so many a second; what the client has not come to
 * goes into one transaction. */
async function write(client, {rate, changes, committed}) {
    const began = performance.now();
    for (let done = 0; done < changes;) {
        const due = Math.min(changes, 1 + Math.floor((performance.now() - began) * rate / 1000));
        if (due === done) {
            await wait(TICK_MS);
            continue;
        }
        const updates = Array.from({length: due - done}, (_, i) => `UPDATE flag SET bad = ${
            done + i + 1} WHERE id = ${flagOf((done + i) * 37 % KEYS)}`);
        await client.do(updates.length > 1 ? `BEGIN;\n${updates.join(';\n')};\nCOMMIT`
            : updates[0]);
        committed.fill(performance.now(), done + 1, due + 1);
        done = due;
    }
    return changes / ((performance.now() - began) / 1000);
}

const NUMBERS = {
    sqlite: 'group_concat(worst)',
    postgresql: `string_agg(CAST(worst AS text), ',')`,
    mariadb: 'group_concat(worst)',
};

/* When each number was there first. */
async function read(client, kind, {changes, seen}) {
    for (let floor = 0; floor < changes;) {
        const said = await client.do(`SELECT 'seen=' || coalesce(${NUMBERS[kind]}, '') FROM gaq
            WHERE worst > ${floor}`);
        const now = performance.now();
        for (const number of /seen=([\d,]*)/.exec(said)[1].split(',').filter(Boolean))
            seen[number] ??= now;
        while (floor < changes && seen[floor + 1] !== undefined)
            floor++;
        await wait(LOOK_MS);
    }
}

const share = (sorted, of) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))];

/* Aims of issue 5: 95 of 100 within 100 ms up to 10 keys a second, within half a second at 200. */
export const RATES = [{rate: 1, aim: 100}, {rate: 10, aim: 100}, {rate: 200, aim: 500}];

export async function measure(kind, {rate, aim}, {program, seconds, line}) {
    const live = await KeyedLive.open(kind, {program});
    try {
        live.trueup('apply');
        await live.start(1);
        /* A number is a key's last one only as long as no later change is of that key. */
        const changes = Math.min(KEYS, Math.max(3, Math.ceil(seconds * rate)));
        const [committed, seen] = [new Array(changes + 1), new Array(changes + 1)];
        const [came] = await Promise.all([
            write(live.client(), {rate, changes, committed}),
            read(live.client(), kind, {changes, seen})]);
        await live.settled();
        await live.stop();
        live.mustBeRight();
        /* It may be there before its writer hears of the commit. */
        const took = committed.map((at, i) => Math.max(0, seen[i] - at)).slice(1)
            .sort((a, b) => a - b);
        const at = [0.5, 0.95, 0.99].map((of) => Math.round(share(took, of)));
        line({work: `${rate} key${rate > 1 ? 's' : ''}/s (${came.toFixed(1)} came), settle ${
            SETTLE}: 50, 95, 99 of 100`, kind, value: `${at.join(', ')} ms`,
        aim: `95 of 100 <= ${aim} ms`, isReached: at[1] <= aim});
    } finally {
        await live.close();
    }
}
