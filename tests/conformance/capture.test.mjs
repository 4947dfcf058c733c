/*
 * Capture by every kind of statement that a database has: whatever changes a row is settled.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {conform, conformTo, isTrue, settles} from './conformance.mjs';
import {quirk} from './quirks.mjs';

const COLUMNS = 'id {id}, code {integer}, shop {name}, at {instant}, v {integer}';
const ROWS = Array.from({length: 100}, (none, i) => [i + 1, i + 1, ['a', 'b'][i % 2],
    `2024-0${1 + i % 4}-1${i % 9} 0${i % 9}:00:00`, i]);

const SPEC = {
    sources: {sale: {from: 'sale', tenant: 'shop', time: 'at'}},
    summaries: {
        folded: {source: 'sale', grains: ['hour', 'day', 'month'], measures: {n: 'count',
            total: 'sum(v)',
            mean: 'avg(v)'}},
        recomputed: {source: 'sale', grains: ['day', 'month'], measures: {least: 'min(v)',
            most: 'max(v)', values: 'count_distinct(v)'}},
    },
};
const sale = (name, changes, more = {}) => ({
    name: `capture: ${name}`,
    tables: `CREATE TABLE sale(${COLUMNS}, UNIQUE (code)); CREATE INDEX sale_place ON sale(shop,
        at);`,
    rows: {sale: ROWS}, spec: SPEC, changes, ...more,
});

const NEW = (id) => `(${id}, ${id}, 'a', '2024-02-29 12:00:00', ${id})`;
const PG = {on: ['postgresql']};
const MY = {on: ['mariadb']};
const LITE = {on: ['sqlite']};

const PARTITIONED = {
    ...PG,
    tables: (kind) => `CREATE TABLE sale(id bigint, code bigint, shop text, at timestamptz,
        v bigint)
            PARTITION BY RANGE (at);
        CREATE TABLE sale_1 PARTITION OF sale FOR VALUES FROM ('2023-01-01') TO ('2024-02-01');
        CREATE TABLE sale_2 PARTITION OF sale FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')
            PARTITION BY LIST (shop);
        CREATE TABLE sale_2a PARTITION OF sale_2 FOR VALUES IN ('a');
        CREATE TABLE sale_2b PARTITION OF sale_2 DEFAULT;
        CREATE TABLE sale_3 PARTITION OF sale FOR VALUES FROM ('2024-03-01') TO ('2025-01-01');`,
};

conform([
    sale('plain statements of one and of many rows', [
        `INSERT INTO sale VALUES ${NEW(201)}`, `INSERT INTO sale VALUES ${NEW(202)}, ${NEW(203)}`,
        `INSERT INTO sale SELECT id + 1000, code + 1000, shop, at, v FROM sale WHERE id <= 50`,
        `UPDATE sale SET v = v + 1`, `UPDATE sale SET v = v`, `UPDATE sale SET code = code + 10000`,
        `UPDATE sale SET shop = 'c', at = '2024-05-05 05:05:05' WHERE id % 10 = 1`,
        `UPDATE sale SET shop = 'A' WHERE shop = 'a'`,
            `UPDATE sale SET shop = NULL WHERE id % 17 = 0`,
        `DELETE FROM sale WHERE id = 2`, `DELETE FROM sale WHERE id % 2 = 0`, `DELETE FROM sale`,
        `INSERT INTO sale VALUES ${NEW(301)}`,
    ]),
    sale('transactions, savepoints, rollbacks', [
        `BEGIN; INSERT INTO sale VALUES ${NEW(201)}; SAVEPOINT a; UPDATE sale SET v = 0;
         ROLLBACK TO SAVEPOINT a; DELETE FROM sale WHERE id < 10; COMMIT`,
        `BEGIN; DELETE FROM sale; ROLLBACK`,
        `BEGIN; UPDATE sale SET v = v + 1 WHERE id = 50; UPDATE sale SET v = v - 1 WHERE id = 50;
         INSERT INTO sale VALUES ${NEW(202)}; DELETE FROM sale WHERE id = 202; COMMIT`,
    ]),
    sale('cascades of foreign keys', [
        `DELETE FROM bill WHERE id % 3 = 0`, `DELETE FROM bill`,
    ], {
        on: ['sqlite', 'postgresql'],
        tables: `CREATE TABLE bill(id {id}, shop {name}, at {instant});
            CREATE TABLE line(id {id}, bill {integer} REFERENCES bill(id) ON DELETE CASCADE,
                v {integer});`,
        rows: {bill: ROWS.map(([id, , shop, at]) => [id, shop, at]),
            line: ROWS.flatMap(([id, , , , v]) => [[2 * id, id, v], [2 * id + 1, id, -v]])},
        spec: {
            sources: {line: {from: 'line l', join: ['bill b ON b.id = l.bill'], tenant: 'b.shop',
                time: 'b.at'},
                bill: {from: 'bill', tenant: 'shop', time: 'at'}},
            summaries: {s: {source: 'line', grains: ['day'], measures: {n: 'count',
                total: 'sum(l.v)'}},
                b: {source: 'bill', grains: ['day'], measures: {n: 'count'}}},
        },
        changes: (kind) => (kind === 'sqlite' ? ['PRAGMA foreign_keys = ON; '] : [''])
            .flatMap((head) => [`${head}DELETE FROM bill WHERE id % 3 = 0`,
                `${head}DELETE FROM bill`]),
    }),

    sale('upserts of SQLite (SQLite)', [
        `INSERT OR REPLACE INTO sale VALUES (1, 2, 'b', '2024-01-05', 5)`,
        `REPLACE INTO sale SELECT id, code, shop, at, v + 1 FROM sale WHERE id % 2 = 0`,
        `INSERT INTO sale VALUES (9, 9, 'a', '2024-03-03',
            9) ON CONFLICT(id) DO UPDATE SET v = v + 100`,
        `INSERT INTO sale VALUES (9, 9, 'a', '2024-03-03', 9) ON CONFLICT DO NOTHING`,
        `INSERT OR IGNORE INTO sale VALUES ${NEW(5)}, ${NEW(500)}`,
        `UPDATE OR IGNORE sale SET code = 7, v = 1 WHERE id BETWEEN 5 AND 12`,
        `UPDATE OR REPLACE sale SET code = 20 WHERE id = 21`,
        `PRAGMA recursive_triggers = ON; INSERT OR REPLACE INTO sale VALUES (3, 4, 'b',
            '2024-01-05', 5)`,
        `INSERT INTO sale VALUES ${NEW(600)} RETURNING id`,
        `UPDATE sale SET v = o.v FROM sale AS o WHERE o.id = sale.id + 1`,
    ], LITE),

    sale('COPY, MERGE, ON CONFLICT, writable CTEs (PostgreSQL)', [
        ['COPY sale FROM STDIN;', '700\t700\ta\t2024-02-29 12:00:00\t7', '701\t701\t\\N\t\\N\t\\N',
            '\\.\n'].join('\n'),
        `COPY sale FROM STDIN (FORMAT csv);\n702,702,b,2024-02-28,7\n\\.\n`,
        `INSERT INTO sale VALUES ${NEW(1)},
            ${NEW(710)} ON CONFLICT (id) DO UPDATE SET v = sale.v + 1000,
            at = excluded.at`,
        `INSERT INTO sale VALUES ${NEW(1)}, ${NEW(711)} ON CONFLICT DO NOTHING`,
        `MERGE INTO sale s USING (SELECT generate_series(1, 20) AS id) n ON s.id = n.id + 90
            WHEN MATCHED AND s.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v * 2
            WHEN NOT MATCHED THEN INSERT VALUES (n.id + 800, n.id + 800, 'b', '2024-04-04', n.id)`,
        `WITH gone AS (DELETE FROM sale WHERE id % 7 = 0 RETURNING *), more AS (INSERT INTO sale
            SELECT id + 2000, code + 2000, 'z', at, v FROM gone RETURNING *)
            UPDATE sale SET v = v + 1 WHERE id IN (SELECT id + 1 FROM gone)`,
        `UPDATE sale SET v = o.v FROM sale o WHERE o.id = sale.id + 1`,
        `DELETE FROM sale s USING sale o WHERE o.id = s.id + 2 AND o.v > s.v`,
        `DO $$ BEGIN FOR i IN 1..20 LOOP UPDATE sale SET v = v + i WHERE id = i;
            BEGIN INSERT INTO sale VALUES (i + 3000, i + 3000, 'a', '2024-01-01', i);
                IF i % 2 = 0 THEN RAISE EXCEPTION 'no'; END IF;
            EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$`,
        `BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE sale SET v = v + 1; COMMIT`,
    ], PG),
    sale('two-phase commit (PostgreSQL)', [
        `BEGIN; UPDATE sale SET v = v + 1; PREPARE TRANSACTION 'conformance';
            COMMIT PREPARED 'conformance'`,
    ], PG),
    sale('partitions, their own statements and rows that move (PostgreSQL)', [
        `INSERT INTO sale VALUES ${NEW(700)}`, `INSERT INTO sale_2a VALUES ${NEW(701)}`,
        `INSERT INTO sale_2 VALUES ${NEW(702)}`,
            `UPDATE sale SET at = at + interval '1 month' WHERE id % 3 = 0`,
        `UPDATE sale SET shop = 'q' WHERE at >= '2024-02-01' AND at < '2024-03-01' AND id % 2 = 0`,
        `UPDATE sale_2b SET v = v + 5`, `DELETE FROM sale_3 WHERE id % 2 = 0`,
        `COPY sale_1 FROM STDIN;\n900\t900\tb\t2024-01-31\t1\n\\.\n`, `TRUNCATE sale_2a`,
            `TRUNCATE sale_2`,
        `DELETE FROM sale WHERE id < 20`, `TRUNCATE sale`,
    ], PARTITIONED),
    sale('inherited tables (PostgreSQL)', [
        `INSERT INTO sale_old VALUES (901, 901, 'b', '2024-01-31', 1, 'x')`,
            `UPDATE sale SET v = v + 1`,
        `UPDATE ONLY sale SET v = v + 1`, `UPDATE sale_old SET v = v * 3`,
            `DELETE FROM sale WHERE id % 2 = 0`,
        `TRUNCATE ONLY sale`, `TRUNCATE sale`,
    ], {...PG, tables: `CREATE TABLE sale(id bigint, code bigint, shop text, at timestamptz,
        v bigint);
        CREATE TABLE sale_old(more text) INHERITS (sale);
        INSERT INTO sale_old SELECT i + 500, i, 'a',
            '2023-12-01'::timestamptz + i * interval '1 hour', i,
            'old' FROM generate_series(1, 50) i;`}),
    sale('REPLACE, ON DUPLICATE KEY, INSERT IGNORE, UPDATE IGNORE (MariaDB)', [
        `REPLACE INTO sale VALUES (1, 2, 'b', '2024-01-05', 5)`,
        `REPLACE INTO sale SELECT id, code, shop, at, v + 1 FROM sale WHERE id % 2 = 0`,
        `INSERT INTO sale VALUES ${NEW(9)}, ${NEW(710)} ON DUPLICATE KEY UPDATE v = v + 1000,
            at = VALUES(at)`,
        `INSERT INTO sale VALUES ${NEW(9)} ON DUPLICATE KEY UPDATE v = v`,
        `INSERT IGNORE INTO sale VALUES ${NEW(5)}, ${NEW(500)}`,
        `UPDATE IGNORE sale SET code = 7, v = 1 WHERE id BETWEEN 5 AND 12`,
        `UPDATE IGNORE sale SET id = id + 1, v = v + 500 WHERE id < 40`,
        `INSERT INTO sale VALUES ${NEW(720)} RETURNING id`,
            `DELETE FROM sale WHERE id = 720 RETURNING id`,
        `DELETE FROM sale ORDER BY id LIMIT 3`, `UPDATE sale SET v = 0 ORDER BY id DESC LIMIT 5`,
        `SET sql_mode = ''; INSERT INTO sale VALUES (730, '730abc', 'a', '2024-02-31', '9x')`,
    ], MY),
    sale('statements over several tables (MariaDB)', [
        `UPDATE sale s JOIN other o ON o.id = s.id SET s.v = s.v + o.v, o.v = 0 WHERE o.id % 2 = 0`,
        `UPDATE IGNORE sale s JOIN other o ON o.id = s.id SET s.code = 1, s.v = 77 WHERE s.id < 10`,
        `DELETE s, o FROM sale s JOIN other o ON o.id = s.id WHERE s.id % 5 = 0`,
        `DELETE s FROM sale s LEFT JOIN other o ON o.id = s.id WHERE o.id IS NULL AND s.id > 90`,
    ], {...MY, tables: `CREATE TABLE sale(${COLUMNS}, UNIQUE (code)); CREATE TABLE other(id {id},
        v {integer});`,
        rows: {sale: ROWS, other: ROWS.slice(0, 80).map(([id, , , , v]) => [id, v])}}),
    sale('generated columns (MariaDB)', [
        `INSERT INTO sale(id, code, shop, cents) VALUES (700, 700, 'a', 55)`,
        `UPDATE sale SET cents = cents * 3 WHERE id % 2 = 0`, `UPDATE sale SET code = code + 1000`,
        `DELETE FROM sale WHERE id % 3 = 0`,
    ], {...MY, tables: `CREATE TABLE sale(id {id}, code {integer}, shop {name}, cents {integer},
        at DATETIME(6) AS ('2024-01-01' + INTERVAL code HOUR) VIRTUAL,
            v BIGINT AS (cents * 2) STORED);`,
    rows: {}, changes: (kind) => [`INSERT INTO sale(id, code, shop, cents) VALUES ${ROWS
        .map(([id, code, shop, , v]) => `(${id}, ${code}, '${shop}', ${v})`).join(', ')}`,
    `UPDATE sale SET cents = cents * 3 WHERE id % 2 = 0`, `UPDATE sale SET code = code + 1000`,
    `DELETE FROM sale WHERE id % 3 = 0`]}),
    sale('partitions (MariaDB)', [
        `UPDATE sale SET code = code + 40`, `UPDATE IGNORE sale SET code = 1000 WHERE id = 5`,
        `DELETE FROM sale PARTITION (p0)`, `INSERT INTO sale PARTITION (p1) VALUES (901, 60, 'a',
            '2024-01-05', 1)`,
    ], {...MY, tables: `CREATE TABLE sale(id BIGINT, code BIGINT, shop {name}, at {instant},
        v {integer})
        PARTITION BY RANGE (code) (PARTITION p0 VALUES LESS THAN (50),
            PARTITION p1 VALUES LESS THAN (500));`}),
]);

/* ---- what needs other rights, a file, or is not captured ---- */

conformTo('capture: a writer that has no rights on trueup\'s tables', sale('', [], {
    on: ['postgresql', 'mariadb'],
}), (place, kind) => {
    place.run('apply', {code: 0});
    const grant = 'GRANT SELECT, INSERT, UPDATE, DELETE ON';
    place.database.admin({
        postgresql: `DO $$ BEGIN CREATE ROLE clerk LOGIN; EXCEPTION WHEN duplicate_object
            OR unique_violation THEN NULL; END $$; ${grant} sale TO clerk`,
        mariadb: `CREATE USER IF NOT EXISTS clerk@'127.0.0.1'; ${grant} ${place.database.name}.sale
            TO clerk@'127.0.0.1'`,
    }[kind]);
    place.database.as('clerk', `INSERT INTO sale VALUES ${NEW(700)}; UPDATE sale SET v = v + 1;
        DELETE FROM sale WHERE id % 3 = 0`);
    settles(place, 'written by another');
});

conformTo('capture: a session that plays a replica is seen too (PostgreSQL)', sale('', [], PG),
    (place) => {
    place.run('apply', {code: 0});
    place.database.admin(`SET session_replication_role = replica; UPDATE sale SET v = v + 1;
        DELETE FROM sale WHERE id % 3 = 0; TRUNCATE sale; INSERT INTO sale VALUES ${NEW(700)}`);
    settles(place, 'replicated');
});

conformTo('capture: LOAD DATA, with REPLACE and IGNORE (MariaDB)', sale('', [], MY), (place) => {
    const file = path.join(place.directory, 'rows.txt');
    fs.writeFileSync(file,
        `1\t500\ta\t2024-02-02 00:00:00\t5\n800\t800\tb\t2024-02-02 00:00:00\t\\N\n`);
    place.run('apply', {code: 0});
    for (const how of ['IGNORE', 'REPLACE']) {
        place.shell(`LOAD DATA LOCAL INFILE '${file}' ${how} INTO TABLE sale
            FIELDS ESCAPED BY '\\'`);
        settles(place, how);
    }
});

const TRUNCATES = [`TRUNCATE sale`, `INSERT INTO sale VALUES ${NEW(1)}`,
    `BEGIN; INSERT INTO sale VALUES ${NEW(2)}; TRUNCATE sale; INSERT INTO sale VALUES ${NEW(3)};
     COMMIT`, `BEGIN; TRUNCATE sale; ROLLBACK`];

conformTo('capture: TRUNCATE', sale('', [], {on: ['postgresql', 'mariadb']}), (place, kind) => {
    const isSeen = quirk('TRUNCATE is captured', kind, true);
    const {out, err} = place.run('apply', {code: 0});
    assert.equal(/TRUNCATE/.test(out + err + place.run('check').out), !isSeen);
    for (const truncate of TRUNCATES) {
        place.shell(truncate);
        place.run('run --once', {code: 0});
        if (!isSeen && truncate === TRUNCATES[0])
            assert.ok(place.json('verify', {code: 1}).cells_drifted > 0);
        if (!isSeen)
            place.run('rebuild --wait', {code: 0});
        isTrue(place, truncate);
    }
});

/* What changes the table itself. The guard sees it when settling, and `apply` mends. */
const isUnguarded = (place) => place.json('status').summaries
    .every(({unguarded_since: since}) => since !== null);

const PARTITIONS = [
    ['a new partition', `CREATE TABLE sale_4 PARTITION OF sale FOR VALUES
        FROM ('2025-01-01') TO ('2026-01-01');
        INSERT INTO sale VALUES (950, 1, 'a', '2025-05-05', 1);
        INSERT INTO sale_4 VALUES (951, 1, 'a', '2025-05-05', 1)`],
    ['a partition detached', 'ALTER TABLE sale DETACH PARTITION sale_1; UPDATE sale SET v = v + 1'],
    ['a partition attached', `CREATE TABLE sale_4 (LIKE sale); 
        INSERT INTO sale_4 VALUES (950, 1, 'a', '2025-05-05', 1); ALTER TABLE sale ATTACH PARTITION sale_4 FOR VALUES
            FROM ('2025-01-01') TO ('2026-01-01');
        UPDATE sale_4 SET v = 9`],
    ['a partition dropped', 'DROP TABLE sale_1'],
];
for (const [what, change] of PARTITIONS)
    conformTo(`guard: ${what} is noticed, and apply mends it (PostgreSQL)`, sale('', [],
        PARTITIONED), (place) => {
        place.run('apply', {code: 0});
        place.shell(change);
        const {code} = place.run('run --once');
        assert.ok(code === 0 || code === 1, `run --once: ${code}`);
        assert.ok(isUnguarded(place), 'status names nothing');
        place.run('apply', {code: 0});
        isTrue(place, 'applied');
        place.shell(`UPDATE sale SET v = v + 1; DELETE FROM sale WHERE id % 2 = 0`);
        settles(place, 'after it');
    });

/* MariaDB's partitions have no triggers of their own: one that comes loses nothing, and one that
 * goes takes its rows along unseen, whether `apply` knew it or it came later. */
conformTo('guard: a partition dropped is noticed, and apply mends it (MariaDB)', sale('', [],
    {...MY, tables: `CREATE TABLE sale(id BIGINT, code BIGINT, shop {name}, at {instant}, v {integer})
        PARTITION BY RANGE (code) (PARTITION p0 VALUES LESS THAN (3),
            PARTITION p1 VALUES LESS THAN (500));`}), (place) => {
    place.run('apply', {code: 0});
    place.shell(`ALTER TABLE sale ADD PARTITION (PARTITION p2 VALUES LESS THAN (900));
        INSERT INTO sale VALUES (950, 600, 'a', '2025-05-05', 1)`);
    settles(place, 'a new one');
    assert.ok(!isUnguarded(place), 'a new partition is no loss');
    for (const name of ['p0', 'p2']) {
        const rows = Number(place.sql('SELECT count(*) AS n FROM sale')[0].n);
        place.shell(`ALTER TABLE sale DROP PARTITION ${name}`);
        assert.ok(Number(place.sql('SELECT count(*) AS n FROM sale')[0].n) < rows, name);
        assert.match(place.run('run --once', {code: 1}).err,
            new RegExp(`${name} is no part \\(partition\\) of table sale any more`));
        assert.ok(isUnguarded(place), 'status names nothing');
        place.run('apply', {code: 0});
        isTrue(place, name);
    }
    assert.equal(place.run('apply', {code: 0}).out.includes('nothing to change'), true);
    place.shell(`UPDATE sale SET v = v + 1; DELETE FROM sale WHERE id % 2 = 0`);
    settles(place, 'after it');
});

/* Triggers disabled or dropped, a table swapped. */
const LOSSES = {
    postgresql: [
        ['DISABLE TRIGGER', `ALTER TABLE sale DISABLE TRIGGER USER; UPDATE sale SET v = v + 1;
            ALTER TABLE sale ENABLE TRIGGER USER`],
        ['a swap of tables', `CREATE TABLE sale_new (LIKE sale INCLUDING ALL); INSERT INTO sale_new
            SELECT id,
            code, shop, at, v + 1 FROM sale; ALTER TABLE sale RENAME TO sale_before;
            ALTER TABLE sale_new RENAME TO sale`],
    ],
    mariadb: [
        ['a trigger dropped', (place) => `${place.sql(`SELECT trigger_name AS name FROM
            information_schema.triggers WHERE trigger_schema = database()
                AND event_manipulation = 'UPDATE'`)
            .map(({name}) => `DROP TRIGGER "${name}";`).join('')} UPDATE sale SET v = v + 1`],
        ['a swap of tables', `CREATE TABLE sale_new LIKE sale; INSERT INTO sale_new SELECT id, code,
            shop, at,
            v + 1 FROM sale; RENAME TABLE sale TO sale_before, sale_new TO sale`],
    ],
    sqlite: [
        ['a swap of tables', `CREATE TABLE sale_new(id INTEGER PRIMARY KEY, code INTEGER UNIQUE,
            shop TEXT,
            at TEXT, v INTEGER); INSERT INTO sale_new SELECT id, code, shop, at, v + 1 FROM sale;
            DROP TABLE sale; ALTER TABLE sale_new RENAME TO sale`],
    ],
};
for (const [kind, losses] of Object.entries(LOSSES))
    for (const [what, change] of losses)
        conformTo(`guard: ${what} is noticed, and apply mends it (${
            {sqlite: 'SQLite', postgresql: 'PostgreSQL', mariadb: 'MariaDB'}[kind]})`,
        sale('', [], {on: [kind]}), (place) => {
            place.run('apply', {code: 0});
            place.shell(typeof change === 'function' ? change(place) : change);
            place.run('run --once', {code: 1});
            assert.ok(isUnguarded(place), 'status names nothing');
            place.run('apply', {code: 0});
            isTrue(place, 'applied');
            place.shell(`UPDATE sale SET v = v + 1; DELETE FROM sale WHERE id % 2 = 0`);
            settles(place, 'after it');
        });
