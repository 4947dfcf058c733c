/*
 * Scenarios A on servers: writers against settling, with sessions that really run at once. Writers
 * are the databases' own clients, kept open; none may wait for a worker, or fail because of
 * capture.
 */
import assert from 'node:assert/strict';
import {begin, onServers, Session, shifted} from './sessions.mjs';
import {House, Place, until} from './trueup.mjs';
import {insert, localBucket} from './words.mjs';

const LATE_ROW = `INSERT INTO sale(id, shop, at, amount) VALUES (9001, 'tokyo',
    '2024-03-05 20:00:00', 400)`;
/* The same cell in `daily`, as a person would look for it. */
const LATE_CELL = `SELECT most FROM daily_day WHERE shop = 'tokyo' AND bucket = '2024-03-06'`;

/* ---- open transactions ---- */

/* The fault: a worker that waits for open transactions, or makes them wait, or that takes the
 * moment it looked for the moment up to which everything is settled. */
onServers('A1: a late row that is not committed is not there, and is there once it is',
    async (t, kind) => {
    const house = await House.on(kind, t);
    const writer = await Session.open(house, {timeoutMs: 1000});
    await writer.do(`BEGIN; ${LATE_ROW}`);
    house.run('run --once', {code: 0});
    assert.notEqual(house.value(LATE_CELL), 400);
    await writer.do('COMMIT');
    house.settles();
    assert.equal(house.value(LATE_CELL), 400);

    /* And the same while the worker has its snapshot, or holds its locks. */
    for (const point of ['entries.taken', 'cells.written']) {
        house.sql(`UPDATE sale SET amount = amount + 1 WHERE id = 7; DELETE FROM sale WHERE id =
            9001`);
        house.run('run --once', {code: 0});
        house.sql(`UPDATE sale SET amount = amount + 1 WHERE id = 7`);
        await writer.do(`BEGIN; ${LATE_ROW}`);
        const worker = await house.pausedAt(point, 'run --once');
        assert.equal((await writer.outcome('COMMIT')).waits, undefined, 'the writer waits');
        assert.equal((await writer.outcome(`UPDATE sale SET amount = amount + 1 WHERE id =
            8`)).waits,
            undefined, 'the writer waits');
        await worker.go().end(0);
        house.settles();
        assert.equal(house.value(LATE_CELL), 400);
    }
});

/* The fault: buckets chosen first and read later, so that a change in between is marked as done. */
onServers('A2: changes before, while and after a worker chose its buckets', async (t, kind) => {
    const house = await House.on(kind, t);
    for (const [i, point] of ['snapshot.taken', 'entries.taken', 'cells.computed'].entries()) {
        house.sql(`UPDATE sale SET amount = ${50 + i} WHERE shop = 'tokyo' AND id < 30`);
        const worker = await house.pausedAt(point, 'run --once');
        house.sql(`UPDATE sale SET amount = ${60 + i} WHERE shop = 'phoenix' AND id < 30`);
        house.sql(`DELETE FROM sale WHERE shop = 'tokyo' AND id BETWEEN ${10 + 20 * i} AND
            ${30 + 20 * i}`);
        await worker.go().end(0);
        house.sql(`UPDATE sale SET amount = ${70 + i} WHERE shop = 'kathmandu' AND id < 30`);
        house.run('run --once', {code: 0});
        house.isRight();
    }
    house.isTrue();
});

/* The fault: "settled up to id N" passes an entry with a lower id that was committed later. */
onServers('A3: an entry that came first and is committed last is settled', async (t, kind) => {
    const house = await House.on(kind, t);
    const first = await Session.open(house);
    const second = await Session.open(house);
    await first.do(`BEGIN; ${LATE_ROW}; UPDATE sale SET amount = 11 WHERE id IN (3, 5)`);
    await second.do(`UPDATE sale SET amount = 12 WHERE id IN (2, 4)`);
    house.run('run --once', {code: 0});
    await second.do(`BEGIN; DELETE FROM sale WHERE id = 40; ROLLBACK; DELETE FROM sale WHERE id =
        41`);
    house.run('run --once', {code: 0});
    await first.do('COMMIT');
    house.settles();
    assert.equal(house.value(LATE_CELL), 400);
});

/* The fault: a repair that removes the log entries of its range takes the half of a transaction. */
onServers('A5: a transaction on both sides of the range of a repair', async (t, kind) => {
    const house = await House.on(kind, t);
    house.sql(`BEGIN; UPDATE sale SET amount = 300 WHERE shop = 'tokyo' AND at < '2024-03-04';
        UPDATE sale SET amount = 301 WHERE shop = 'phoenix' AND at >= '2024-03-10';
        UPDATE sale SET shop = 'phoenix', at = '2024-03-15 03:00:00' WHERE id = 1; COMMIT`);
    house.run('repair --from 2024-03-01 --to 2024-03-06', {code: 0});
    assert.equal(house.json('verify', {code: 0}).cells_drifted, 0);
    house.settles();
    house.sql(`BEGIN; UPDATE sale SET shop = 'phoenix' WHERE shop = 'tokyo' AND id < 60;
        UPDATE sale SET at = '2024-03-18 01:00:00' WHERE shop = 'kathmandu' AND id < 60; COMMIT`);
    house.run('repair --summary folded --tenant tokyo --from 2024-03-01 --to 2024-03-31',
        {code: 0});
    assert.equal(house.json('verify', {code: 0}).cells_drifted, 0);
    house.settles();
});

/* ---- installing under writers ---- */

/* The fault: rows of a transaction that was open when capture came are neither in the log nor in
 * the history that was built; or the wait for it makes all other writers queue. */
onServers('A8: a transaction is open when apply comes, commits after, and nobody queues',
    async (t, kind) => {
    const house = await House.on(kind, t, {apply: false});
    const holder = await Session.open(house);
    const other = await Session.open(house);
    await holder.do(`BEGIN; ${LATE_ROW}; DELETE FROM sale WHERE id < 10`);
    const apply = house.start('apply');
    await until('apply to have made its log', () => house.database.tables()
        .some(({name}) => name === 'trueup_change_sale') || kind === 'postgresql' &&
            house.sql(`SELECT 1 AS x
            FROM pg_stat_activity WHERE application_name LIKE 'trueup %' AND query LIKE
                '%TRIGGER%'`).length > 0);
    /* Others go on all the while: none waits longer than the 50 ms that apply asks for, many
     * times. */
    for (let i = 0; i < 30; i++)
        await other.do(`SET
            ${kind === 'postgresql' ? 'lock_timeout = 1000' : 'lock_wait_timeout = 1'};
            UPDATE sale SET amount = amount + 1 WHERE id = ${50 + i}; SELECT count(*) FROM sale`);
    assert.equal(apply.result, null, `apply did not wait: ${apply.err}`);
    await holder.do('COMMIT');
    await apply.end(0);
    house.settles();
    assert.equal(house.value(LATE_CELL), 400);
});

onServers('A8: a writer comes while apply has its triggers made', async (t, kind) => {
    const house = await House.on(kind, t, {apply: false});
    const apply = await house.pausedAt('capture.before_commit', 'apply');
    const writer = await Session.open(house);
    const {waits} = await writer.outcome(`BEGIN; ${LATE_ROW}; UPDATE sale SET amount = 2 WHERE id <
        9; COMMIT`);
    /* PostgreSQL's triggers are in the transaction that waits; MariaDB's are there already. */
    assert.equal(waits ?? false, kind === 'postgresql');
    apply.go();
    if (waits)
        await writer.said();
    await apply.end(0);
    house.settles();
    assert.equal(house.value(LATE_CELL), 400);
});

onServers('A8: rows come between the triggers and the first build', async (t, kind) => {
    const house = await House.on(kind, t, {apply: false});
    const apply = await house.pausedAt('snapshot.taken', 'apply');
    house.sql(`${LATE_ROW}; UPDATE sale SET at = '2024-02-11 00:00:00' WHERE id = 3;
        DELETE FROM sale WHERE id = 4`);
    await apply.go().end(0);
    house.settles();
    assert.equal(house.value(LATE_CELL), 400);
});

/* ---- under load ---- */

/* A statement of a writer that does a bit of everything; `i` makes them differ. */
function mixture(kind, i) {
    const shop = ['tokyo', 'phoenix', 'kathmandu'][i % 3];
    const start = kind === 'postgresql' ? "timestamptz '2024-03-01'" :
        "CAST('2024-03-01' AS DATETIME(6))";
    const at = shifted(kind, start, (i * 7919) % 60000, 'minute');
    return [
        `INSERT INTO sale(shop, at, amount) VALUES ('${shop}', ${at}, ${i % 50})`,
        `UPDATE sale SET amount = amount + 1, shop = '${shop}' WHERE id % 97 = ${i % 97}`,
        `UPDATE sale SET at = ${at} WHERE id = ${(i * 31) % 3000}`,
        `DELETE FROM sale WHERE id = ${(i * 17) % 3000}`,
        `BEGIN; INSERT INTO sale(shop, at, amount) VALUES ('${shop}', ${at}, NULL);
         DELETE FROM sale WHERE id = ${(i * 13) % 3000}; ${i % 2 ? 'COMMIT' : 'ROLLBACK'}`,
    ][i % 5];
}

/* The fault: a rebuild that deletes first, or that overwrites what was settled meanwhile. */
onServers('A9: writers insert, update and delete throughout a rebuild', async (t, kind) => {
    const house = await House.on(kind, t, {days: 100, spec: {refresh: {memory: '1MiB'}}});
    house.sql(`UPDATE daily_day SET total = total + 1 WHERE total % 3 = 0`);
    const rebuild = await house.pausedAt('snapshot.taken', 'rebuild --wait');
    /* One tenant each is not enough: the same rows are wanted by both, one after the other. */
    const writers = [await Session.open(house), await Session.open(house)];
    rebuild.go();
    for (let i = 0; i < 40 || (rebuild.result === null && i < 150); i++)
        for (const [w, writer] of writers.entries())
            await writer.do(mixture(kind, 2 * i + w));
    await rebuild.end(0);
    house.settles();
});

const MEASURES = {n: 'count', total: 'sum(v)', most: 'max(v)'};
const PAIR = {
    sources: {a: {from: 'a', time: 'at'}, b: {from: 'b', time: 'at'}},
    summaries: {of_a: {source: 'a', grains: ['day'], measures: MEASURES},
        of_b: {source: 'b', grains: ['day'], measures: MEASURES}},
};

/* The fault: capture that reads or locks another table makes two writers deadlock. Each writer has
 * rows of its own, so that without capture none waits for another. */
onServers('A11: four writers change two sources in opposite orders while workers settle',
    async (t, kind) => {
    const place = await Place.on(kind, t);
    const rows = Array.from({length: 400}, (none, i) => [i + 1,
        new Date(Date.UTC(2024, 0, 1) + i * 3_600_000).toISOString().slice(0, 19).replace('T',
            ' '), i]);
    place.sql(place.say(['a', 'b'].map((table) => `CREATE TABLE ${table}(id {id}, at {instant}, v
        {integer});
        ${insert(table, rows, '(id, at, v)')}`).join('\n')));
    if (kind === 'postgresql')
        place.sql(`SELECT setval(pg_get_serial_sequence('a', 'id'), 1000),
            setval(pg_get_serial_sequence('b', 'id'), 1000)`);
    place.spec(PAIR).run('apply', {code: 0});
    const end = Date.now() + 3000;
    let settled = 0;
    const settling = [0, 1].map(async () => {
        for (; Date.now() < end; settled++)
            await place.start('run --once').end(0);
    });
    let written = 0;
    const writing = [0, 1, 2, 3].map(async (w) => {
        const writer = place.writer({timeoutMs: 1000});
        const tables = w % 2 ? ['a', 'b'] : ['b', 'a'];
        for (let i = 0; Date.now() < end; i++, written++) {
            const id = 1 + (i * 4) % 396 + w;
            await writer.do(`BEGIN; ${tables.map((table) => `
                UPDATE ${table} SET v = v + 1 WHERE id = ${id};
                INSERT INTO ${table}(at, v) VALUES ('2024-01-${10 + i % 20} 05:00:00', ${w});
                ${i < 50 ? `DELETE FROM ${table} WHERE id =
                    ${1 + (i * 4 + 200) % 396 + w}` : 'SELECT 1'}
                `).join(';')}; COMMIT`);
        }
    });
    await Promise.all([...settling, ...writing]);
    assert.ok(settled > 0 && written > 20, `${settled} settled, ${written} written`);
    place.run('run --once', {code: 0});
    for (const table of ['a', 'b'])
        place.same(`SELECT bucket, n, total, most FROM of_${table}_day`,
            `SELECT ${localBucket(kind, 'day', 'at',
                0)}, count(*), sum(v), max(v) FROM ${table} GROUP BY 1`);
    place.isQuiet();
});

/* ---- net changes ---- */

/* The fault: entries of a savepoint that was rolled back, or one net change counted twice because
 * a trigger of the user's touches the row again. */
const OWN_TRIGGERS = {
    postgresql: `
        CREATE FUNCTION doubles() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            UPDATE sale SET amount = 7, at = '2024-03-03 03:00:00' WHERE id = NEW.id; RETURN NULL;
                END $$;
        CREATE TRIGGER doubles AFTER INSERT ON sale FOR EACH ROW WHEN (NEW.amount = 1000)
            EXECUTE FUNCTION doubles();
        CREATE FUNCTION follows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            UPDATE sale SET amount = amount + 1 WHERE id = NEW.id;
            INSERT INTO sale(shop, at, amount) VALUES (OLD.shop, OLD.at, 1); RETURN NULL; END $$;
        CREATE TRIGGER follows AFTER UPDATE OF shop ON sale FOR EACH ROW EXECUTE FUNCTION follows();
        CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP = 'DELETE' THEN RETURN CASE WHEN OLD.id % 2 = 0 THEN NULL ELSE OLD END; END IF;
            NEW.at := NEW.at + interval '1 day'; RETURN NEW; END $$;
        CREATE TRIGGER before BEFORE DELETE ON sale FOR EACH ROW EXECUTE FUNCTION before();
        CREATE TRIGGER moves BEFORE UPDATE ON sale FOR EACH ROW WHEN (NEW.amount = 500)
            EXECUTE FUNCTION before();`,
    mariadb: `
        CREATE TRIGGER doubles BEFORE INSERT ON sale FOR EACH ROW SET
            NEW.at = IF(NEW.amount = 1000, '2024-03-03 03:00:00', NEW.at),
            NEW.amount = IF(NEW.amount = 1000, 7, NEW.amount);
        CREATE TRIGGER moves BEFORE UPDATE ON sale FOR EACH ROW SET
            NEW.at = IF(NEW.amount = 500, NEW.at + INTERVAL 1 DAY, NEW.at),
            NEW.amount = IF(NEW.shop <> OLD.shop, NEW.amount + 1, NEW.amount);`,
};

onServers('A12: a savepoint rolled back; triggers of the user\'s change the same row again',
    async (t, kind) => {
    const house = await House.on(kind, t);
    const writer = await Session.open(house);
    await writer.do(`BEGIN; UPDATE sale SET amount = 5 WHERE id < 10; SAVEPOINT s; ${LATE_ROW};
        UPDATE sale SET shop = 'phoenix' WHERE id < 20; DELETE FROM sale WHERE id = 30;
        ROLLBACK TO SAVEPOINT s; UPDATE sale SET at = '2024-03-02 00:00:00' WHERE id = 2;
        RELEASE SAVEPOINT s; COMMIT`);
    house.settles();
    /* Triggers that come after ours, and before. */
    house.shell(OWN_TRIGGERS[kind]);
    for (const round of [1, 2]) {
        house.sql(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-09 00:00:00', 1000);
            UPDATE sale SET shop = 'tokyo' WHERE id IN (2, 3, ${49 + round});
            UPDATE sale SET amount = 500 WHERE id BETWEEN 60 AND 65;
            DELETE FROM sale WHERE id BETWEEN ${100 * round} AND ${100 * round + 5}`);
        if (round === 1) {
            house.settles();
            house.run('release', {code: 0});
            house.run('apply', {code: 0});
        }
    }
    house.settles();
});

/* ---- changes on the side ---- */

const FAMILY = (rule) => `CREATE TABLE orders(id {id}, shop {name}, at {instant});
    CREATE TABLE line(id {id}, order_id {integer}, price {integer},
        CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders(id) ${rule});
    INSERT INTO orders VALUES (1, 'a', '2024-05-01 10:00:00'), (2, 'a', '2024-05-02 10:00:00'),
        (3, 'b', '2024-05-01 12:00:00');
    INSERT INTO line(order_id, price) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
        WHERE i < 1000) SELECT 1 + i % 3, i FROM n;`;
const LINES = {
    sources: {line: {from: 'line l', join: ['orders o ON o.id = l.order_id'], tenant: 'o.shop',
        time: 'o.at'}},
    summaries: {lines: {source: 'line', grains: ['day', 'month'],
        measures: {n: 'count', total: 'sum(l.price)'}}},
};

for (const rule of ['ON DELETE CASCADE ON UPDATE CASCADE', 'ON DELETE SET NULL'])
    onServers(`A13: ${rule} with 1,000 children: true, or refused by name`, async (t, kind) => {
        const place = await Place.on(kind, t);
        place.sql(place.say(FAMILY(rule)));
        place.spec(LINES);
        if (kind === 'mariadb') {
            for (const command of ['apply', 'check', 'plan']) {
                const {out, err} = place.run(command, {code: command === 'check' ? undefined : 2});
                assert.match(out + err, /line: foreign key of_order/, command);
            }
            assert.ok(!place.database.tables().some(({name}) => name.startsWith('trueup_')),
                'half applied');
            return;
        }
        place.run('apply', {code: 0});
        place.sql(rule.includes('UPDATE') ? `UPDATE orders SET id = 22 WHERE id = 2; DELETE FROM
            orders
            WHERE id = 1` : `DELETE FROM orders WHERE id = 1; DELETE FROM orders WHERE id = 3`);
        place.run('run --once', {code: 0});
        place.same(`SELECT tenant, bucket, n, total FROM lines_day`, `SELECT o.shop,
            ${localBucket(kind, 'day', 'o.at', 0)}, count(*), sum(l.price) FROM line l JOIN orders o
            ON o.id = l.order_id GROUP BY 1, 2`);
        place.isQuiet();
    });

/* The fault: the rows that such a statement updates or deletes on the side are not in the log. */
const UPSERTS = {
    postgresql: [
        `INSERT INTO sale(id, shop, at, amount) VALUES (6, 'tokyo', '2024-03-17 00:00:00', 901),
            (7000, 'tokyo', '2024-03-17 00:00:00', 3) ON CONFLICT (id) DO UPDATE SET amount =
                excluded.amount,
            at = excluded.at`,
        `MERGE INTO sale s USING (SELECT generate_series(10, 40) AS id) k ON s.id = k.id * 3
            WHEN MATCHED AND k.id % 3 = 0 THEN DELETE
            WHEN MATCHED THEN UPDATE SET amount = amount + 1, shop = 'tokyo'
            WHEN NOT MATCHED THEN INSERT (id, shop, at, amount) VALUES (k.id + 9000, 'phoenix',
                '2024-03-08', 5)`,
    ],
    mariadb: [
        `INSERT INTO sale(id, shop, at, amount) VALUES (6, 'tokyo', '2024-03-17 00:00:00', 901),
            (7000, 'tokyo', '2024-03-17 00:00:00', 3) ON DUPLICATE KEY UPDATE amount =
                VALUES(amount),
            at = VALUES(at)`,
        `REPLACE INTO sale(id, shop, at, amount) SELECT id, 'phoenix', at, amount FROM sale
            WHERE id BETWEEN 10 AND 60`,
        `UPDATE IGNORE sale SET id = id + 1, amount = 77 WHERE id BETWEEN 80 AND 90`,
    ],
};

onServers('A13: upserts, MERGE, REPLACE: together and one by one', async (t, kind) => {
    const house = await House.on(kind, t);
    for (const statement of UPSERTS[kind]) {
        house.sql(statement);
        house.run('run --once', {code: 0});
        house.isRight();
    }
    house.sql(UPSERTS[kind].join(';'));
    house.settles();
});
