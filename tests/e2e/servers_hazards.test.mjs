/*
 * Hazards on servers: what makes capture miss changes, or hurt writers. Each is made, seen named,
 * its damage found by `verify`, and mended. (Refusals of tables that are unfit from the start are
 * in tests/conformance/settings.test.mjs.)
 */
import assert from 'node:assert/strict';
import {begin, onServers, SERVERS, Session} from './sessions.mjs';
import {House, Place, until} from './trueup.mjs';
import {ROLE} from './servers.mjs';
import {test} from 'node:test';

const CHANGE = `UPDATE sale SET amount = amount * 2 WHERE id % 3 = 0; DELETE FROM sale WHERE id %
    11 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-04 23:59:59', 17)`;
const HISTORY = 'repair --from 2024-02-01 --to 2024-05-01';

/* ---- capture that is lost ---- */

const COPY = {
    postgresql: `CREATE TABLE sale_new (LIKE sale INCLUDING ALL); INSERT INTO sale_new SELECT *
        FROM sale;
        SELECT setval(pg_get_serial_sequence('sale_new', 'id'), 100000);`,
    mariadb: 'CREATE TABLE sale_new LIKE sale; INSERT INTO sale_new SELECT * FROM sale;',
};
const LOSSES = [
    ['triggers disabled', ['postgresql'], 'ALTER TABLE sale DISABLE TRIGGER USER'],
    ['a trigger that fires for the origin only', ['postgresql'],
        `DO $$ DECLARE name text; BEGIN FOR name IN SELECT tgname FROM pg_trigger WHERE tgrelid =
            'sale'::regclass
            AND NOT tgisinternal LOOP EXECUTE format('ALTER TABLE sale ENABLE TRIGGER %I', name);
                END LOOP; END $$`,
        'SET session_replication_role = replica;'],
    ['a rename swap', ['postgresql'], `${COPY.postgresql} ALTER TABLE sale RENAME TO sale_old;
        ALTER TABLE sale_new RENAME TO sale`],
    ['a swap as gh-ost does it', ['mariadb'],
        `${COPY.mariadb} RENAME TABLE sale TO sale_old, sale_new TO sale`],
    ['triggers dropped', ['mariadb'], ['insert', 'update', 'delete']
        .map((event) => `DROP TRIGGER trueup_${event}_sale`).join(';')],
];
for (const [label, on, loss, session = ''] of LOSSES)
    onServers(`hazard: ${label}: named, found, repaired, mended`, async (t, kind) => {
        const house = await House.on(kind, t, {days: 8});
        house.shell(loss);
        house.database.admin(`${session} ${CHANGE}`);
        const {err} = house.run('run --once', {code: 1});
        assert.match(err, /^trueup: table sale is unguarded: [^\n]*run `trueup apply`\n$/);
        assert.match(house.run('check', {code: 1}).out, /sale: .*trueup apply/);
        assert.ok(house.json('status', {code: 1}).summaries.every(({state}) =>
            state === 'unguarded'));
        assert.ok(house.json('verify', {code: 1}).cells_drifted > 0);
        house.run(HISTORY);
        house.isRight();
        house.run('apply', {code: 0});
        house.isTrue();
        house.sql(CHANGE);
        house.settles();
        house.json('status', {code: 0});
    }, {on});

/* The fault: a row-level trigger that a replica's session does not fire. Ours are ENABLE ALWAYS. */
onServers('hazard: a writer with session_replication_role = replica is captured',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 8});
    house.database.admin(`SET session_replication_role = replica; ${CHANGE}`);
    house.settles();
}, {on: ['postgresql']});

/* ---- rights ---- */

onServers('hazard: rights that are missing are named, one after the other', async (t, kind) => {
    const house = await House.on(kind, t, {days: 8, apply: false});
    const {name} = house.database;
    const steps = {
        postgresql: [
            [`ALTER TABLE sale OWNER TO postgres; ALTER TABLE shop OWNER TO postgres; GRANT SELECT
                ON shop TO ${ROLE}`,
                /may not read table (public\.)?sale/],
            [`GRANT SELECT, TRIGGER ON sale, shop TO ${ROLE}`,
                /may not create triggers [^\n]* table (public\.)?sale/],
            [`ALTER TABLE sale OWNER TO ${ROLE}`, null],
        ],
        mariadb: [
            [`REVOKE TRIGGER ON ${name}.* FROM ${ROLE}@'127.0.0.1'`,
                /sale: the right TRIGGER is missing/],
            [`GRANT TRIGGER ON ${name}.* TO ${ROLE}@'127.0.0.1'`, null],
        ],
    }[kind];
    for (const [sql, problem] of steps) {
        house.database.admin(sql);
        const apply = house.run('apply', {code: problem ? 2 : 0});
        if (!problem)
            continue;
        assert.match(apply.err, problem);
        assert.match(apply.err, /GRANT|owner/, 'what helps');
        assert.match(house.run('check').out, problem);
        assert.ok(!house.database.tables().some(({name: table}) => table.startsWith('trueup_')),
            'half applied');
    }
    house.database.admin(CHANGE);
    house.settles();
});

/* The fault (F28): rows that a policy hides are taken for rows that are gone. */
onServers('hazard: row-level security comes after apply: told, and no cell is wiped',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 8});
    house.sql(`CREATE POLICY mine ON sale USING (shop = 'tokyo'); ALTER TABLE sale ENABLE ROW LEVEL
        SECURITY;
        ALTER TABLE sale FORCE ROW LEVEL SECURITY`);
    house.database.admin(CHANGE);
    for (const command of ['run --once', HISTORY, 'verify', 'rebuild --wait']) {
        const {code, err} = house.run(command);
        assert.ok(code === 1 || code === 2 || code === 3, `${command}: ${code}`);
        assert.match(err, /row.level security|policy/i, command);
    }
    assert.match(house.run('check').out, /row-level security/);
    assert.ok(house.value(`SELECT count(*) AS n FROM daily_day WHERE shop <> 'tokyo'`) > 0,
        'cells were wiped');
    house.sql('ALTER TABLE sale NO FORCE ROW LEVEL SECURITY');
    house.run('apply', {code: 0});
    house.settles();
}, {on: ['postgresql']});

/* The fault (F21): every write fails, since the triggers' owner is gone. Who may not read the
 * server's list of users cannot see it; `release` and `apply` help all the same. */
onServers('hazard: the user who applied is dropped: named, and mended by another\'s apply',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 8, apply: false});
    const {name, url} = house.database;
    const [leaver, auditor] = ['leaver', 'auditor'].map((each) => `${name}_${each}`);
    const as = (user) => ['--database', url.replace(`//${ROLE}@`, `//${user}@`)];
    const create = (user, more) => house.database.admin(`CREATE USER ${user}@'127.0.0.1';
        GRANT ALL ON ${name}.* TO ${user}@'127.0.0.1'; ${more}`, '');
    create(auditor, `GRANT SELECT ON mysql.global_priv TO ${auditor}@'127.0.0.1'`);
    house.finally.push(() => house.database.admin(`DROP USER ${auditor}@'127.0.0.1'`, ''));
    const writer = await Session.open(house);
    for (const [mender, ...commands] of [[auditor, 'apply'], [ROLE, 'release', 'apply']]) {
        create(leaver, 'SELECT 1');
        if (commands.length > 1)
            house.run('release', {code: 0});
        house.run([...as(leaver), 'apply'], {code: 0});
        house.isTrue();
        house.database.admin(`DROP USER ${leaver}@'127.0.0.1'`, '');
        assert.match(await writer.attempt('UPDATE sale SET amount = amount + 1'), /ERROR 1449/);
        if (mender === auditor)
            assert.match(house.run([...as(mender), 'check'], {code: 1}).out,
                new RegExp(`sale: .*${leaver}`));
        for (const command of commands)
            house.run([...as(mender), command], {code: 0});
        await writer.do('UPDATE sale SET amount = amount + 1');
        house.settles();
        house.run('status', {code: 0});
    }
}, {on: ['mariadb']});

onServers('hazard: log_bin_trust_function_creators is off, binlog_format is STATEMENT',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 8, apply: false,
        server: ['--log-bin=changes', '--server-id=1',
        '--log-bin-trust-function-creators=0']});
    for (const command of ['apply', 'plan', 'check']) {
        const {out, err, code} = house.run(command);
        assert.ok(code === 2 || (command === 'check' && code === 1), `${command}: ${code}`);
        assert.match(out + err, /log_bin_trust_function_creators/, command);
    }
    assert.ok(!house.database.tables().some(({name}) => name.startsWith('trueup_')),
        'half applied');
    house.database.admin('SET GLOBAL log_bin_trust_function_creators = 1');
    house.run('apply', {code: 0});
    house.sql(CHANGE);
    house.settles();
    house.database.admin(`SET GLOBAL binlog_format = 'STATEMENT'`);
    assert.match(house.run('check', {code: 1}).out, /binlog_format is STATEMENT/);
    house.database.admin(`SET GLOBAL binlog_format = 'ROW'`);
    house.sql(CHANGE);
    house.settles();
}, {on: ['mariadb']});

/* ---- tables that become unfit, and a missing index ---- */

const UNFIT = [
    ['UNLOGGED', ['postgresql'], 'ALTER TABLE sale SET UNLOGGED', 'ALTER TABLE sale SET LOGGED',
        /sale is UNLOGGED/],
    ['MyISAM', ['mariadb'], 'ALTER TABLE sale ENGINE=MyISAM', 'ALTER TABLE sale ENGINE=InnoDB',
        /sale: its engine is MyISAM/],
    ['a cascade', ['mariadb'], `ALTER TABLE sale ADD CONSTRAINT of_shop FOREIGN KEY (shop)
        REFERENCES shop(id)
        ON DELETE CASCADE`, 'ALTER TABLE sale DROP FOREIGN KEY of_shop',
            /sale: foreign key of_shop/],
];
for (const [label, on, spoil, mend, problem] of UNFIT)
    onServers(`hazard: ${label} comes after apply: named, and refused by apply until mended`,
        async (t, kind) => {
        const house = await House.on(kind, t, {days: 8});
        house.sql(spoil);
        assert.match(house.run('check', {code: 2}).out, problem);
        assert.match(house.run('apply', {code: 2}).err, problem);
        house.sql(mend);
        house.run('apply', {code: 0});
        house.sql(CHANGE);
        house.settles();
    }, {on});

onServers('hazard: without an index for repairs check names one', async (t, kind) => {
    const house = await House.on(kind, t, {days: 8});
    assert.doesNotMatch(house.run('check', {code: 0}).out, /index/);
    house.sql(kind === 'postgresql' ? 'DROP INDEX sale_place' : 'DROP INDEX sale_place ON sale');
    assert.match(house.run('check').out, /sale.*index/);
});

/* ---- a captured column changes ---- */

const clone = (value) => JSON.parse(JSON.stringify(value));

/* A source with columns of several types, all of them captured. */
async function things(t, kind) {
    const place = await Place.on(kind, t);
    place.sql(place.say(`CREATE TABLE thing(id {id}, who
        ${kind === 'postgresql' ? 'varchar(10)' : 'VARCHAR(10)'},
        at {instant}, small {small}, x {decimal});
        INSERT INTO thing(who, at, small, x) VALUES ('a', '2024-01-01 05:00:00', 1, 1.5),
            ('b', '2024-01-02 05:00:00', 2, 2.5)`));
    place.wanted = {sources: {thing: {from: 'thing', tenant: 'who', time: 'at'}}, summaries: {
        s: {source: 'thing', grains: ['day'], measures: {n: 'count', v: 'sum(small)',
            x: 'sum(x)'}}}};
    place.spec(place.wanted).run('apply', {code: 0});
    place.isRight = (small = 'small') => place.same('SELECT tenant, bucket, n, v, x FROM s_day',
        `SELECT who, ${kind === 'postgresql' ? `(at AT TIME ZONE 'UTC')::date` : 'DATE(at)'},
            count(*),
            sum(${small}), sum(x) FROM thing GROUP BY 1, 2`);
    return place;
}

const INSERT = (who, small, x) => `INSERT INTO thing(who, at, small, x) VALUES ('${who}',
    '2024-01-02 07:00:00',
    ${small}, ${x})`;

/* How a column changes, and a row that it could not hold before. A summary's column is never
 * retyped: where it does not hold the new values, `refusal` is what apply says, and `widen` what
 * the user does then. */
const TYPES = [
    {label: 'a number widened', postgresql: 'ALTER TABLE thing ALTER small TYPE bigint',
        mariadb: 'ALTER TABLE thing MODIFY small BIGINT', row: INSERT('a', '5000000000', 1)},
    {label: 'a tenant\'s name widened', postgresql: 'ALTER TABLE thing ALTER who TYPE text',
        mariadb: 'ALTER TABLE thing MODIFY who VARCHAR(200)',
            row: INSERT('a name of more than ten characters', 1, 2),
        refusal: {mariadb: /s_day: column tenant/},
            widen: {mariadb: `ALTER TABLE s_day MODIFY tenant VARCHAR(255)
            CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin`}},
    {label: 'a decimal widened', postgresql: 'ALTER TABLE thing ALTER x TYPE numeric',
        mariadb: 'ALTER TABLE thing MODIFY x DECIMAL(40,10)',
            row: INSERT('c', 3, '12345678901234567890.123456789'),
        refusal: {mariadb: /s_day: column x/},
            widen: {mariadb: 'ALTER TABLE s_day MODIFY x DECIMAL(50,10)'}},
    {label: 'whole numbers become decimals',
        postgresql: 'ALTER TABLE thing ALTER small TYPE numeric',
        mariadb: 'ALTER TABLE thing MODIFY small DECIMAL(30,3)', row: INSERT('d', '0.125', 1),
        refusal: {mariadb: /s_day: column v/, postgresql: /s_day: column v/},
        widen: {mariadb: 'ALTER TABLE s_day MODIFY v DECIMAL(38,3)',
            postgresql: 'ALTER TABLE s_day ALTER v TYPE numeric'}},
];

/* The fault (F19): a value that the log's column does not hold makes the application's insert
 * fail. */
for (const {label, row, refusal, widen, ...alters} of TYPES)
    onServers(`hazard: a captured column changes type, ${label}: writers go on, nothing is lost`,
        async (t, kind) => {
        const place = await things(t, kind);
        place.sql(alters[kind]);
        const writer = await Session.open(place);
        const update = 'UPDATE thing SET small = small + 1 WHERE id = 1';
        await writer.do(`${row}; ${update}`);
        const {code, err} = place.run('run --once');
        assert.ok(code === 0 || code === 1 || code === 2, `run --once: ${code}: ${err}`);
        if (refusal?.[kind]) {
            assert.match(place.run('apply', {code: 2}).err, refusal[kind]);
            place.sql(widen[kind]);
        }
        place.run('apply', {code: 0});
        place.isRight();
        await writer.do(`${row}; ${update}`);
        place.run('run --once', {code: 0});
        place.isRight();
        place.isQuiet();
    });

const GONE = [['dropped', 'ALTER TABLE thing DROP COLUMN small', null],
    ['renamed', 'ALTER TABLE thing RENAME COLUMN small TO tiny', 'tiny']];
for (const [label, alter, now] of GONE)
    onServers(`hazard: a captured column is ${label} under capture`, async (t, kind) => {
        const place = await things(t, kind);
        place.sql(alter);
        const writer = await Session.open(place);
        const insert = `INSERT INTO thing(who, at, x) VALUES ('a', '2024-01-01 06:00:00', 9)`;
        const said = await writer.attempt(insert);
        if (kind === 'postgresql') {
            assert.equal(said, '', 'the writer was hurt');
        } else {
            /* MariaDB's triggers cannot be made to bear it (F19): `release` or `apply` helps. */
            assert.match(said, /ERROR 1054 .*small/);
            place.run('release', {code: 0});
            await writer.do(insert);
        }
        /* The summary that uses it fails by itself; for who checks or applies, the spec is wrong. */
        for (const [command, code] of [['run --once', 1], ['check', 2], ['apply', 2]]) {
            const {out, err} = place.run(command, {code});
            assert.match(out + err, /small/, command);
        }
        const spec = clone(place.wanted);
        if (now)
            spec.summaries.s.measures.v = `sum(${now})`;
        else
            delete spec.summaries.s.measures.v;
        place.spec(spec).run('apply', {code: 0});
        await writer.do(`${insert}; UPDATE thing SET x = x + 1`);
        place.run('run --once', {code: 0});
        if (now)
            place.isRight(now);
        else
            place.same('SELECT tenant, n, x FROM s_day',
                'SELECT who, count(*), sum(x) FROM thing GROUP BY 1');
        place.isQuiet();
    });

/* ---- a table that is in use ---- */

/* The fault (F22): CREATE TRIGGER waits for a long transaction, and everybody queues behind it. It
 * gives up after half a minute, so all kinds are tried at once. */
test('hazard: a table is in use longer than apply tries: it gives up, says so, nobody queued',
    async (t) => {
    await Promise.all(SERVERS.map(async (kind) => {
        const house = await House.on(kind, t, {days: 2, apply: false});
        const holder = await Session.open(house);
        const other = await Session.open(house);
        await holder.do(`${begin(kind)}; UPDATE sale SET amount = 1 WHERE id = 1; SELECT count(*)
            FROM sale`);
        const apply = house.start('apply');
        let longest = 0;
        await until('apply to give up', async () => {
            const start = Date.now();
            await other.do('UPDATE sale SET amount = amount + 1 WHERE id = 2');
            longest = Math.max(longest, Date.now() - start);
            return apply.result !== null;
        }, 60_000);
        const {code, err} = await apply.end();
        assert.equal(code, 3, err);
        assert.match(err, /^trueup: [^\n]*in use[^\n]*\n$/m, kind);
        assert.doesNotMatch(err, /in use.*in use/, 'said twice');
        assert.ok(longest < 2000, `${kind}: a writer waited ${longest} ms`);
        await holder.do('COMMIT');
        house.run('apply', {code: 0});
        house.settles();
    }));
});
