/*
 * A place with a keyed summary: its tables, its spec, and what must be true of it.
 *
 *   detector(pass, run, det)   which keys there are
 *   flag(id, run, bad, deleted, note) ── link(pass, flag)   what is counted for them
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import {chosenKinds} from './servers.mjs';
import {Place} from './trueup.mjs';

const TABLES = `
    CREATE TABLE detector(pass {integer}, run {integer}, det {integer});
    CREATE TABLE flag(id {id}, run {integer}, bad {integer}, deleted {integer}, note {name});
    CREATE TABLE link(pass {integer}, flag {integer});`;

export const ROWS = `
    INSERT INTO detector VALUES (1, 106, 1), (1, 107, 1), (1, 107, 2), (2, 106, 1);
    INSERT INTO flag(id, run, bad, deleted, note) VALUES (1, 106, 1, 0, 'a'), (2, 107, 0, 0, 'b'),
        (3, 106, 7, 1, 'c');
    INSERT INTO link VALUES (1, 1), (1, 2), (2, 3);`;

export const body = (wanted, bad = 'f.bad') => `
    SELECT w.pass, w.run, count(f.id) AS flags, max(${bad}) AS worst
    FROM ${wanted} w LEFT JOIN link l ON l.pass = w.pass
    LEFT JOIN flag f ON f.id = l.flag AND f.run = w.run AND f.deleted = 0
    GROUP BY w.pass, w.run`;

export const DEPENDS_ON = {
    detector: {keys: 'SELECT r.pass, r.run FROM {row} r'},
    flag: {
        columns: ['deleted', 'run', 'bad'],
        keys: 'SELECT l.pass, r.run FROM {row} r JOIN {link} l ON l.flag = r.id',
    },
    link: {keys: 'SELECT r.pass, f.run FROM {row} AS r JOIN {flag} f ON f.id = r.flag'},
};

export const GAQ = {
    table: 'gaq',
    key: {pass: 'integer', run: 'integer'},
    keys: 'SELECT DISTINCT pass, run FROM detector',
    query: `WITH wanted AS (SELECT k.pass, k.run FROM {keys} k) ${body('wanted')}`,
    depends_on: DEPENDS_ON,
    refresh: {batch: {min: 1, max: 100}},
};

export class Keyed extends Place {
    /* Tables, rows, spec; `keyed` changes the summary. */
    begin({keyed = {}, more = {}, apply = true, rows = ROWS} = {}) {
        if (this.kind === 'sqlite')
            this.shell('PRAGMA journal_mode = WAL;');
        this.shell(this.say(TABLES) + rows);
        this.spec({...more, summaries: {...more.summaries, gaq: {...GAQ, ...keyed}}});
        if (apply)
            this.run('apply', {code: 0});
        return this;
    }

    /* The row of every key that has one, and of every key that there should be, is what the query
     * gives now. */
    isRight() {
        const keys = '(SELECT pass, run FROM detector UNION SELECT pass, run FROM gaq)';
        this.same('SELECT pass, run, flags, worst FROM gaq', body(keys), 'gaq');
    }

    /* Keys that are invalid now, oldest first, as readers see them. */
    invalid() {
        return this.sql(`SELECT pass, run FROM gaq_state WHERE invalid_since IS NOT NULL
            ORDER BY invalid_since, pass, run`).map(({pass, run}) => `${pass}/${run}`);
    }

    settles() {
        this.run('run --once', {code: 0});
        this.isRight();
        assert.deepEqual(this.invalid(), []);
        this.isQuiet();
    }
}

export function onAll(name, body) {
    for (const kind of chosenKinds())
        test(`${kind}: ${name}`, async (t) => body(await Keyed.on(kind, t), kind));
}

/* A generator of numbers below n, from a seed. */
export function chance(seed) {
    let state = seed;
    return (n) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 4294967296 * n);
    };
}
