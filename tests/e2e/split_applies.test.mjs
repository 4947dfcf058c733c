/*
 * Cells that are written in several transactions (SQLite: 20,000 each, servers: 200,000), and a later one
 * that a table refuses: what was committed before is not written again, and one bucket fails, no more.
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';
import {House} from './trueup.mjs';

const HOURS = 110_000;

/* A row an hour from 1990 on, of two tenants: 220,000 cells. */
const ROWS = {
    sqlite: `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${HOURS - 1})
        INSERT INTO seen(who, at) SELECT w, datetime(631152000 + i * 3600, 'unixepoch')
        FROM n, (SELECT 'a' AS w UNION ALL SELECT 'b')`,
    postgresql: `INSERT INTO seen(who, at) SELECT w, timestamptz '1990-01-01 00:00:00Z'
        + i * interval '1 hour' FROM generate_series(0, ${HOURS - 1}) AS i,
        (VALUES ('a'), ('b')) AS t(w)`,
    mariadb: `INSERT INTO seen(who, at) SELECT w, timestampadd(hour, seq, '1990-01-01')
        FROM seq_0_to_${HOURS - 1}, (SELECT 'a' AS w UNION ALL SELECT 'b') AS t`,
};
const REFUSE = {
    sqlite: `CREATE TRIGGER narrow BEFORE INSERT ON hourly_hour WHEN NEW.n >= 3 BEGIN
        SELECT raise(ABORT, 'too many'); END`,
    postgresql: 'ALTER TABLE hourly_hour ADD CONSTRAINT narrow CHECK (n < 3)',
    mariadb: 'ALTER TABLE hourly_hour ADD CONSTRAINT narrow CHECK (n < 3)',
};
const ALLOW = {
    sqlite: 'DROP TRIGGER narrow',
    postgresql: 'ALTER TABLE hourly_hour DROP CONSTRAINT narrow',
    mariadb: 'ALTER TABLE hourly_hour DROP CONSTRAINT narrow',
};

/* The house's own summaries have nothing to do with it. */
class Hours extends House {
    constructor(t, options) {
        super(t, {...options, days: 0, apply: false,
            tables: 'CREATE TABLE seen(id {id}, who {name}, at {instant});'});
        this.spec({
            sources: {seen: {from: 'seen', tenant: 'who', time: 'at'}},
            summaries: {hourly: {source: 'seen', grains: ['hour'], measures: {n: 'count'}}},
            refresh: {attempts: 1},
        });
    }
}

onEach('a cell that its table does not take, behind a part that was committed', (house, kind) => {
    house.shell(ROWS[kind]);
    house.shell(`INSERT INTO seen(who, at) VALUES ('b', '2001-02-03 04:10:00'),
        ('b', '2001-02-03 04:20:00')`);
    house.run('apply', {code: 0});
    house.shell(`DELETE FROM hourly_hour; ${REFUSE[kind]}`);
    const {failed} = house.json('rebuild --wait', {code: 1});
    assert.ok(failed.every(({error}) => /2001-02-03/.test(error)), JSON.stringify(failed).slice(0, 900));
    assert.equal(house.value('SELECT count(*) FROM hourly_hour'), 2 * HOURS - 1);
    assert.equal(house.value(`SELECT count(*) FROM ${house.control('trueup_pending')} WHERE error IS NOT NULL`), 1);
    house.shell(ALLOW[kind]);
    house.shell(`UPDATE ${house.control('trueup_pending')} SET next_attempt_at = NULL`);
    house.run('run --once', {code: 0});
    assert.equal(house.value('SELECT sum(n) FROM hourly_hour'), 2 * HOURS + 2);
    house.run('verify', {code: 0});
}, {Place: Hours});
