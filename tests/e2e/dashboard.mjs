/*
 * The example examples/dashboard-metrics on a PostgreSQL of the test: its schema, its spec, and its
 * oracle, truth.sql, which is plain SQL written from what the metrics mean.
 *
 *   Dashboard.open(t, {capture, hasZones, at}) ──▶ run(...), json(...)   as a Place
 *                                                  load(rows)            its generator
 *                                                  isRight()             all three tables equal the
 * oracle clock(at)             moves trueup's clock there
 *
 * The clock is trueup's alone (TRUEUP_NOW): the server's stays where it is, and what goes by that
 * one, retention, is left out of the spec of a board that lives at another time.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {Place} from './trueup.mjs';

const EXAMPLE = fileURLToPath(new URL('../../examples/dashboard-metrics/', import.meta.url));
const read = (name) => fs.readFileSync(path.join(EXAMPLE, name), 'utf8');

export const TIERS = {
    hourly: 'timestamp',
    daily: 'date',
    monthly: 'month'
};
const KEY = 'organization_id, metric_name, metric_type, project, tag';
const ONE_CLOCK = /^time_zone: UTC.*$/m;
const CLOCK_EACH = 'tenants: {table: organization, key: id, time_zone: time_zone}';

export class Dashboard extends Place {
    static async open(t, {capture = 'triggers', hasZones = false, at, refresh} = {}) {
        const board = await Place.on.call(Dashboard, 'postgresql', t);
        board.capture = capture;
        board.zoneSql = hasZones ? 'o.time_zone' : "'UTC'";
        board.clock(at);
        let spec = read('trueup.yaml');
        assert.match(spec, ONE_CLOCK);
        if (hasZones)
            spec = spec.replace(ONE_CLOCK, CLOCK_EACH);
        if (refresh)
            spec = spec.replace(/^refresh:[^]*$/m, `refresh: ${JSON.stringify(refresh)}\n`);
        else if (at !== undefined)
            spec = spec.replace(/^  keep: .*\n/m, '').replace('every: 15m', 'every: 14m');
        board.spec(spec);
        board.shell(read('schema.sql') + read('indexes.sql'));
        board.shell(read('truth.sql'), {flags: ['-v', `clock=${board.zoneSql}`]});
        return board;
    }

    /* Now, for trueup: an instant, from which its clock goes on. */
    clock(at) {
        this.shiftS = at === undefined ? 0 : Math.round((Date.parse(at) - Date.now()) / 1000);
    }

    now() { return new Date(Date.now() + this.shiftS * 1000); }

    environment(stop, more) {
        return super.environment(stop, {
            METRICS_DATABASE: this.database.url,
            CAPTURE: this.capture,
            TRUEUP_NOW: `${this.shiftS}`,
            ...more
        });
    }

    /* A periodic run is due again: what trueup did was a quarter of an hour earlier. */
    quarterPasses() {
        const own = this.database.tables().filter(
            ({name}) => ['trueup_run', 'trueup_moment'].includes(name));
        const column = {trueup_run: 'started_at', trueup_moment: 'at'};
        this.shell(own.map(({name, sql}) => `UPDATE ${sql} SET ${column[name]} = ${
                               column[name]} - interval '15 minutes';`)
                       .join(''));
    }

    /* Organizations 1 to n, each with a workflow, a deployment and two pipelines: ids by
     * `uuid(kind, n)`. */
    organizations(n, zone = 'UTC') {
        this.shell(`
            INSERT INTO organization SELECT n, 'org_' || n, 'Organization ' || n, '${
            zone}' FROM generate_series(1, ${n}) n;
            INSERT INTO workflow SELECT md5('workflow' || n)::uuid, n FROM generate_series(1, ${
            n}) n;
            INSERT INTO api_deployment SELECT md5('api' || n)::uuid, n FROM generate_series(1, ${
            n}) n;
            INSERT INTO pipeline SELECT md5('etl' || n)::uuid, n, 'ETL' FROM generate_series(1, ${
            n}) n;
            INSERT INTO pipeline SELECT md5('task' || n)::uuid, n, 'TASK' FROM generate_series(1, ${
            n}) n;`);
    }

    /* The example's own generator. */
    load({organizations = 12, rows = 3000, days = 90, seed = 1} = {}) {
        const given = {organizations, rows, days, seed, until: `'${this.now().toISOString()}'`};
        this.shell(read('generate.sql'),
            {flags: Object.entries(given).flatMap(([name, value]) => ['-v', `${name}=${value}`])});
    }

    /* Rows of usage at instants that are SQL over n. */
    usage(n, at, {organization = '1', type = 'llm', reason = 'NULL', cost = '0.25'} = {}) {
        this.shell(`INSERT INTO usage SELECT gen_random_uuid(), ${organization}, '${type}', ${
            reason}, ${cost}, ${at}
            FROM generate_series(0, ${n} - 1) n`);
    }

    /* All three tables are what the oracle says; `where` keeps what retention removed out. */
    isRight({hourly = 'true', daily = 'true'} = {}) {
        const where = {hourly, daily, monthly: 'true'};
        this.sameAll(Object.entries(TIERS).map(([tier, bucket]) => {
            const columns = `${KEY}, "${bucket}", metric_value, metric_count`;
            return {
                label: tier,
                stored: `SELECT ${columns} FROM event_metrics_${tier} WHERE ${where[tier]}`,
                truth: `SELECT ${columns} FROM truth.${tier} WHERE ${where[tier]}`,
            };
        }));
        assert.equal(this.value(`SELECT count(*) FROM (
            SELECT metric_count FROM event_metrics_hourly UNION ALL SELECT metric_count FROM event_metrics_daily
            UNION ALL SELECT metric_count FROM event_metrics_monthly) c WHERE metric_count = 0`),
            0, 'a row of zeros');
    }

    /* metric_value of one metric, by bucket. */
    values(tier, metric, where = 'true') {
        const rows =
            this.sql(`SELECT "${TIERS[tier]}" AS bucket, metric_value FROM event_metrics_${tier}
            WHERE metric_name = '${metric}' AND ${where} ORDER BY 1`);
        return Object.fromEntries(rows.map(({bucket, metric_value}) => [bucket, metric_value]));
    }

    runs(kind) { return this.json('runs --limit 1000').runs.filter((run) => run.kind === kind); }
}
