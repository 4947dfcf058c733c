/*
 * The laboratory of examples/lab-operations in a database of its own: its schema, its generator, its
 * spec; and the truth of its sixteen counts in plain SQL, on local days by JavaScript's time zones.
 *
 *   labs, billing, ...  ──▶ trueup ──▶ operation_historical_summary ═╗
 *        └─ clock ─▶ bill_day ─▶ truth.sql ══════════════════════════╝ isRight()
 */
import {spawnSync} from 'node:child_process';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {offsetPeriods} from '../conformance/clock.mjs';
import {Kept} from './daemons.mjs';
import {until} from './processes.mjs';
import {chosenKinds, openDatabase} from './servers.mjs';
import {Place} from './trueup.mjs';
import {insert} from './words.mjs';

const file = (name) => fileURLToPath(new URL(`../../examples/lab-operations/${name}`,
    import.meta.url));
const text = (name) => fs.readFileSync(file(name), 'utf8');

/* The last generated day, unless a test wants another: the days before it have the ends of summer
 * time at Lord Howe (its beginning), Berlin and St. John's. */
export const LAST = '2024-11-05';

/* All zones that a test may move a lab to; the generator's first eight are among them. */
export const ZONES = ['Pacific/Kiritimati', 'Pacific/Niue', 'Asia/Kolkata', 'Asia/Kathmandu',
    'America/St_Johns', 'Australia/Lord_Howe', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo',
    'Pacific/Chatham'];

export const TABLE = 'operation_historical_summary';
export const STORED = `SELECT lab_id, ordered_at, dimension_a_id, dimension_b_id,
    CONVERT(event_type USING utf8mb4) COLLATE utf8mb4_bin AS event, event_value FROM ${TABLE}`;
export const TRUTH = `SELECT labId, day, a, b,
    CONVERT(event USING utf8mb4) COLLATE utf8mb4_bin AS event, n FROM (${text('truth.sql')}) AS t`;

const BILL_DAY = `CREATE VIEW bill_day AS
    SELECT b.id, DATE(b.billTime + INTERVAL o.seconds SECOND) AS day
    FROM billing b JOIN labs l ON l.id = b.labId AND l.enable_operation_summary = 1
    JOIN clock o ON o.zone = l.labTimeZone AND b.billTime >= o.since AND b.billTime < o.until`;

/* What examples/lab-operations/generate prints; options without a value are true. */
export function generated(options) {
    const words = Object.entries(options).flatMap(([name, value]) =>
        value === true ? [`--${name}`] : [`--${name}`, `${value}`]);
    const result = spawnSync(file('generate'), words, {encoding: 'utf8'});
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
}

export class Lab extends Place {
    /* `data` are the generator's options (null: no rows), `edit` changes the text of the spec, `sql`
     * runs before trueup is applied. */
    static async open(t, {data = {}, edit = (spec) => spec, sql = '', apply = true} = {}) {
        const lab = new Lab(t, {database: await openDatabase('mariadb')});
        lab.shell(text('schema.sql'));
        if (data)
            lab.shell(generated({labs: 8, days: 6, bills: 8, last: LAST, ...data}));
        lab.clock(ZONES, '2023-01-01', '2027-12-31');
        lab.shell(`${BILL_DAY}; ${sql}`);
        lab.text = edit(text('trueup.yaml')).replace('${LAB_DATABASE}', lab.database.url);
        lab.spec(lab.text);
        if (apply)
            lab.run('apply', {code: 0});
        return lab;
    }

    /* The offsets of zones between two dates. */
    clock(zones, from, to) {
        this.shell(`CREATE TABLE IF NOT EXISTS clock(zone VARCHAR(64), since DATETIME,
            until DATETIME, seconds INT); ${insert('clock',
                zones.flatMap((zone) => offsetPeriods(zone, from, to)))}`);
    }

    isRight(label = 'differs') {
        this.same(STORED, TRUTH, label);
    }

    /* Settles, and then all is true and quiet. */
    settles(label) {
        this.run('run --once', {code: 0});
        this.isRight(label);
        this.isQuiet();
    }

    /* The sum of some cells: 0 where there is none. */
    total(condition = '1 = 1') {
        return Number(this.value(`SELECT COALESCE(SUM(event_value), 0) AS n FROM ${TABLE}
            WHERE ${condition}`));
    }

    becomes(what, condition) {
        return until(what, async () => {
            await new Promise((resolve) => setTimeout(resolve, 50));
            return condition();
        });
    }
}

/* The daemon, its jobs and runs, as the other tests of daemons have them. */
for (const name of ['daemon', 'becomesRight', 'jobs', 'runs', 'jobIs'])
    Lab.prototype[name] = Kept.prototype[name];

/* A test on MariaDB, if that is among the databases chosen. */
export function onLab(name, body, options = {}) {
    for (const kind of chosenKinds(['mariadb']))
        test(`${kind}: laboratory: ${name}`, async (t) => body(await Lab.open(t, options), t));
}
