/*
 * A backlog over one bucket that is read again as a whole: it is read a few times, not once a batch,
 * and taken in few batches. What is counted are rows and turns, never seconds.
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';

const ROWS = 50_000;

/* So many rows of one hour of one shop, in one transaction. */
const INSERT = 'INSERT INTO sale(shop, at, amount)';
const BACKLOG = {
    sqlite: `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${ROWS})
        ${INSERT} SELECT 'tokyo', '2024-03-05 10:30:00', n % 100 FROM s`,
    postgresql: `${INSERT} SELECT 'tokyo', TIMESTAMP '2024-03-05 10:30:00', n % 100
        FROM generate_series(1, ${ROWS}) AS s(n)`,
    mariadb: `${INSERT} SELECT 'tokyo', '2024-03-05 10:30:00', seq % 100 FROM seq_1_to_${ROWS}`,
};

const turn = (house) => house.value(`SELECT sum(turn) AS n FROM ${house.control('trueup_group')}`);

const rowsRead = (house) => Number(house.value(
    `SELECT coalesce(sum(rows_read), 0) AS n FROM ${house.control('trueup_run')}`));

/* The fault: each batch reads the whole bucket again, ever smaller batches ever more often. */
onEach('a backlog over one bucket: the bucket is not read once a batch', async (house, kind) => {
    const before = {turn: turn(house), read: rowsRead(house)};
    house.sql(BACKLOG[kind]);
    house.run('run --once', {code: 0});
    house.isTrue();
    const turns = turn(house) - before.turn;
    const read = rowsRead(house) - before.read;
    /* Five batches, the bucket, and what the clock may ask for in between. */
    assert.ok(turns <= 10, `${turns} turns`);
    assert.ok(read <= 4 * ROWS, `${read} rows read`);
});

onEach('the same for a daemon whose batches begin small', async (house, kind) => {
    const before = rowsRead(house);
    house.sql(BACKLOG[kind]);
    const daemon = await house.daemon();
    await house.becomesRight();
    await daemon.stop();
    /* Every second another group has its turn, and after it a settling begins anew. */
    const read = rowsRead(house) - before;
    assert.ok(read <= 20 * ROWS, `${read} rows read`);
    house.isTrue();
}, {spec: {refresh: {batch: {min: 100, max: 10_000}}}});

/* Entries may be settled in another order than they were written in: PostgreSQL puts a new one into
 * the room that an old one left. */
const LAST_FIRST = {
    postgresql: (log) => `WITH gone AS (DELETE FROM ${log} RETURNING *)
        INSERT INTO ${log} SELECT * FROM gone ORDER BY trueup_weight, amount DESC`,
    other: (log) => `UPDATE ${log} SET trueup_id = 1000000 - trueup_id`,
};

/* The fault: between the two the cell has a row, a sum and no value; it was stored as NULL, and the
 * sum was lost for ever. */
onEach('a value is taken away before it came, beside a NULL', async (house, kind) => {
    const sale = (amount, day = 5) => `INSERT INTO sale(shop, at, amount)
        VALUES ('tokyo', '2025-07-0${day} 10:30:00', ${amount})`;
    house.sql(`${sale(40)}; ${sale('NULL')}`);
    house.run('run --once', {code: 0});
    house.sql(sale(7));
    house.sql(sale(9, 7)); /* a batch ends behind it */
    house.sql('DELETE FROM sale WHERE amount = 7');
    house.sql((LAST_FIRST[kind] ?? LAST_FIRST.other)(house.control('trueup_change_sale')));
    house.run('run --once', {code: 0});
    house.isTrue();
    house.run('verify', {code: 0});
}, {spec: {refresh: {batch: {min: 1, max: 1}}}});
