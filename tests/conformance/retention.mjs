/*
 * What tables should hold where buckets are removed and sealed, told by the truth over time:
 *
 *   removed: nothing · sealed: what was true when the boundary passed it · the rest: the truth now
 *
 * The boundaries are read from the database; that they are where the clock says is another check.
 */
import assert from 'node:assert/strict';
import {bucketOfDate, localDate, readInstant} from './clock.mjs';
import {equalsOracle} from './conformance.mjs';
import {bucketColumn} from './oracle.mjs';

const isInstant = (grain) => grain === 'hour' || grain === 'minute';
const DAY_US = 86_400_000_000n;
const NOWHERE = '0000-00-00';

/* "2024-03-01" of a number of days since 1970; null: before all dates. */
const dateOf = (days) =>
    days === null ? NOWHERE : new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);

export class Retention {
    /* `zones`: of each tenant; one that is gone keeps its own. */
    constructor(place, zones) {
        this.place = place;
        this.zones = zones;
        this.sealed = new Map(); /* table -> {below, rows} as of the last check */
        this.adopted = null;
    }

    /* The tenant's first history was built since the last check, also what is sealed for others. */
    adopt(tenant) {
        this.adopted = tenant;
    }

    /* The table was made anew. */
    forget(table) {
        this.sealed.delete(table);
    }

    /* {summary, grain, removed, sealed, changes, late}, by "summary grain". */
    boundaries() {
        const rows = this.place.sql(`SELECT summary, grain, removed_below AS r, sealed_below AS s,
            to_sealed AS n, to_removed AS m FROM ${this.place.control('trueup_boundary')}`);
        return new Map(rows.map(({summary, grain, r, s, n, m}) => [`${summary} ${grain}`,
            {removed: dateOf(r), sealed: dateOf(s), changes: Number(n), late: Number(m)}]));
    }

    dateOfRow({summary, grain, source}, row) {
        const bucket = row[bucketColumn(summary, grain)];
        if (!isInstant(grain))
            return bucket;
        const tenant = row[summary.columns?.tenant ?? 'tenant'];
        return localDate(source.tenant ? this.zones[tenant] : 'UTC', readInstant(bucket));
    }

    /* The rows that a table should have now. */
    expected(truth, boundaries) {
        const name = Object.entries(this.place.wanted.summaries)
            .find(([, summary]) => summary === truth.summary)[0];
        const now = boundaries.get(`${name} ${truth.grain}`) ?? {removed: NOWHERE, sealed: NOWHERE};
        const before = this.sealed.get(truth.table) ?? {below: NOWHERE, rows: []};
        assert.ok(now.sealed >= before.below, `${truth.table}: unsealed`);
        const date = (row) => this.dateOfRow(truth, row);
        const isNew = (row) => date(row) >= before.below ||
            (this.adopted !== null && row[truth.summary.columns?.tenant ?? 'tenant'] === this.adopted);
        const rows = [...before.rows, ...truth.rows.filter(isNew)];
        this.sealed.set(truth.table, {below: now.sealed,
            rows: rows.filter((row) => date(row) < now.sealed)});
        return rows.filter((row) => date(row) >= now.removed);
    }

    /* To be called when all is settled. */
    holds(label) {
        const boundaries = this.boundaries();
        equalsOracle(this.place, this.place.wanted, this.place.kinds, label,
            (truth) => this.expected(truth, boundaries));
        this.adopted = null;
    }

    /* Settles; all tables are right, and trueup says the same. */
    settles(label) {
        this.place.run('run --once', {code: 0});
        this.holds(label);
        assert.deepEqual(this.place.pending(), {}, label);
        const verify = this.place.json('verify', {code: 0});
        assert.deepEqual(verify.drift, [], label);
        assert.equal(verify.cells_pending, 0, label);
        return verify;
    }

    /* A row that was removed from the source of what is sealed here, as it is remembered. */
    sealedRows(table) {
        return this.sealed.get(table)?.rows ?? [];
    }
}

/* The first date that is kept by so many days or months, on the clock that is last. */
export function boundaryOf(grain, {days = 0, months = 0}, zones, nowMs = Date.now()) {
    const dates = Object.values(zones).map((zone) =>
        localDate(zone, BigInt(nowMs) * 1000n - BigInt(days) * DAY_US));
    const [year, month, day] = dates.sort()[0].split('-').map(Number);
    const last = new Date(Date.UTC(year, month - months, 0)).getUTCDate();
    const back = new Date(Date.UTC(year, month - 1 - months, Math.min(day, last)))
        .toISOString().slice(0, 10);
    return isInstant(grain) ? back : bucketOfDate(grain, back);
}
