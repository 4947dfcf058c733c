/*
 * Servers that follow another one. What only reads works on them; what writes says why not. And
 * tables that a replication fills: it fires other triggers than a writer does, or none.
 */
import assert from 'node:assert/strict';
import {start, startStandby} from '../servers/servers.mjs';
import {onServers} from './sessions.mjs';
import {HOUSE_SPEC, House, until} from './trueup.mjs';

const CHANGE = `UPDATE sale SET amount = amount * 2 WHERE id % 3 = 0; DELETE FROM sale WHERE id %
    11 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-02 23:59:59', 17)`;
const ONE_LINE = /^trueup: [^\n]+\n$/;
const REPAIR = 'repair --from 2024-02-01 --to 2024-05-01';

/* The same database on another server: what its client asks, that one answers. */
function on(server, database) {
    const there = Object.create(database, {server: {value: new URL(server.url)}});
    const url = new URL(database.url);
    url.host = there.server.host;
    there.url = url.href;
    return there;
}

const integer = (database, query) => Number(Object.values(database.sql(query)[0])[0]);

/* ---- a replica of all that there is ---- */

/* follow: starts one; caughtUp: it has all that the primary has now. */
const REPLICAS = {
    postgresql: {
        server: [],
        follow: (primary) => startStandby(primary),
        async caughtUp(house, there) {
            /* What a commit that is not waited for has written may not be flushed yet. */
            const [{lsn}] = house.sql('SELECT pg_current_wal_insert_lsn()::text AS lsn');
            await until('the standby to replay it all', () => integer(there,
                `SELECT (pg_last_wal_replay_lsn() >= '${lsn}')::integer AS n`) === 1);
        },
        why: /standby/,
    },
    mariadb: {
        server: ['--log-bin=changes', '--server-id=1', '--binlog-format=ROW',
            '--log-bin-trust-function-creators=1'],
        async follow(primary, house) {
            const replica = await start('mariadb', {more: ['--server-id=2', '--read-only=1']});
            replicate(on(replica, house.database), primary);
            return replica;
        },
        async caughtUp(house, there) {
            const [{gtid}] = house.sql('SELECT @@gtid_binlog_pos AS gtid');
            assert.equal(integer(there, `SELECT MASTER_GTID_WAIT('${gtid}', 20) AS n`), 0);
        },
        why: /read.only/,
    },
};

/* MariaDB: it reads all of the primary's binary log, its users too. */
const replicate = (there, primary) => there.admin(`CHANGE MASTER TO MASTER_HOST = '127.0.0.1',
    MASTER_PORT = ${primary.port}, MASTER_USER = 'root', MASTER_USE_GTID = slave_pos;
    START SLAVE`, '');

onServers('replica: status, check, verify, query read it; apply, run, repair say why not',
    async (t, kind) => {
    const {server, follow, caughtUp, why} = REPLICAS[kind];
    const house = await House.on(kind, t, {days: 5, server});
    const replica = await follow(house.database.own, house);
    t.after(() => replica.stop());
    const there = on(replica, house.database);
    const run = (line, code) => house.run(['--database', there.url, ...line.split(' ')], {code});

    house.sql(CHANGE);
    await caughtUp(house, there);
    /* What is pending there is counted in. */
    run('verify', 0);
    assert.ok(JSON.parse(run('--json status', 0).out).summaries.every(({pending}) => pending > 0));
    house.settles();
    await caughtUp(house, there);
    for (const line of ['status', 'verify', 'query daily --grain day'])
        assert.equal(run(line, 0).err, '', line);
    const query = 'query folded --grain day --format csv';
    assert.equal(run(query, 0).out, house.run(query, {code: 0}).out);
    assert.match(run('check').out, why);

    /* Drift is seen there as well. */
    house.sql('UPDATE daily_day SET total = total + 1');
    await caughtUp(house, there);
    assert.ok(JSON.parse(run('--json verify', 1).out).cells_drifted > 0);
    house.run(REPAIR, {code: 0});

    for (const line of ['run --once', 'apply', REPAIR, 'rebuild --wait', 'release',
        'drop --yes']) {
        const {code, err, out} = run(line);
        assert.ok(code === 2 || code === 3, `${line}: ${code}: ${err}${out}`);
        assert.match(err, ONE_LINE, line);
        assert.match(err, why, line);
    }
    await caughtUp(house, there);
    run('verify', 0);
    house.isTrue();
});

/* ---- tables that a replication fills ---- */

const ROW = (id) => `INSERT INTO sale(id, shop, at, amount) VALUES (${id}, 'tokyo',
    '2024-03-03 08:00:00', ${id}), (${id + 1}, 'phoenix', '2024-03-01 23:30:00', 7)`;
const UPSTREAM = `${ROW(5000)}; UPDATE sale SET amount = amount + 1, at = '2024-03-04 10:00:00'
    WHERE id = 5000; DELETE FROM sale WHERE id = 5001`;

/* What arrives on the table `sale` of the house, by the replication of its server. `begin` gives
 * what sends statements there and waits until they have arrived. */
const UPSTREAMS = {
    postgresql: {
        server: ['-c', 'wal_level=logical'],
        /* Another database of the same server: its slot must be there before. */
        async begin(house, t) {
            const {database} = house;
            const name = `${database.name}_up`;
            const upstream = (sql) => database.as('postgres', sql, name);
            database.admin(`CREATE DATABASE ${name}`, 'postgres');
            upstream(house.say(`CREATE TABLE sale(id {id}, shop {name}, at {instant}, amount
                {integer}); CREATE PUBLICATION up FOR TABLE sale`));
            upstream(`SELECT pg_create_logical_replication_slot('down', 'pgoutput')`);
            database.admin(`CREATE SUBSCRIPTION down CONNECTION 'dbname=${name} user=postgres
                host=127.0.0.1 port=${database.own.port}' PUBLICATION up
                WITH (create_slot = false, slot_name = 'down', copy_data = false)`);
            return (sql) => {
                /* The server need not flush what is committed: what is not, is not sent. */
                upstream(`SET synchronous_commit = on; ${sql}`);
                const [, lsn] = /([0-9A-F]+\/[0-9A-F]+)/.exec(
                    upstream('SELECT pg_current_wal_flush_lsn()'));
                return until('the subscriber to apply it', () => integer(database, `SELECT
                    (confirmed_flush_lsn >= '${lsn}')::integer AS n FROM pg_replication_slots`));
            };
        },
        named: /sale is filled by a subscription/,
    },
    mariadb: {
        server: ['--server-id=2'],
        /* A primary that has nothing but the table, from before anything is replicated. */
        async begin(house, t) {
            const primary = await start('mariadb', {more: ['--server-id=1', '--log-bin=changes',
                '--binlog-format=ROW']});
            t.after(() => primary.stop());
            const upstream = on(primary, house.database);
            const {name} = house.database;
            upstream.admin(house.say(`CREATE DATABASE ${name}; CREATE TABLE ${name}.sale(id {id},
                shop {name}, at {instant}, amount {integer}){options}`), '');
            const gtid = () => /[0-9]+-[0-9]+-[0-9]+/.exec(
                upstream.admin('SELECT @@gtid_binlog_pos', ''))[0];
            house.database.admin(`SET GLOBAL gtid_slave_pos = '${gtid()}'`);
            replicate(house.database, primary);
            return async (sql) => {
                upstream.admin(sql, name);
                assert.equal(integer(house.database,
                    `SELECT MASTER_GTID_WAIT('${gtid()}', 20) AS n`), 0);
            };
        },
        named: /slave_run_triggers_for_rbr|replica/,
    },
};

/* The fault: rows that come without a trigger, and nobody says so. */
onServers('replication fills a table whose triggers it does not fire: named, found, repaired',
    async (t, kind) => {
    const {server, begin, named} = UPSTREAMS[kind];
    const house = await House.on(kind, t, {days: 4, server});
    const send = await begin(house, t);
    assert.match(house.run('check').out, named);
    await send(UPSTREAM);
    const run = house.run('run --once');
    assert.ok(run.code === 0 || run.code === 1, run.err);
    /* PostgreSQL's subscription, made after apply, is seen; apply takes nothing of that back. */
    const isSeen = () => house.json('status').summaries.every((one) => one.unguarded_since !== null);
    assert.equal(isSeen(), kind === 'postgresql');
    assert.ok(house.json('verify', {code: 1}).cells_drifted > 0);
    house.run(REPAIR);
    house.isRight();

    if (kind === 'postgresql') {
        house.run('apply');
        assert.ok(isSeen());
        assert.match(house.run('status', {code: 1}).out, named);
    }

    /* What is written here itself is captured all the same. */
    house.sql(CHANGE);
    house.run('run --once');
    house.isRight();
    house.json('verify', {code: 0});

    /* What is advised: no capture; then repairs are what keeps it. */
    house.spec({...HOUSE_SPEC, sources: {sale: {...HOUSE_SPEC.sources.sale, capture: 'none'}}});
    house.run('apply', {code: 0});
    if (kind === 'postgresql') {
        assert.doesNotMatch(house.run('check', {code: 0}).out, named);
        assert.doesNotMatch(house.run('status', {code: 0}).out, named);
    }
    await send(`${ROW(6000)}; UPDATE sale SET amount = 11 WHERE id = 6001`);
    house.run(REPAIR, {code: 0});
    house.isRight();
});

/* MariaDB can be told to fire them. */
onServers('replication fires triggers where the server is told so: everything is captured',
    async (t, kind) => {
    const {server, begin, named} = UPSTREAMS[kind];
    const house = await House.on(kind, t, {days: 4,
        server: [...server, '--slave-run-triggers-for-rbr=YES']});
    const send = await begin(house, t);
    assert.doesNotMatch(house.run('check', {code: 0}).out, named);
    for (const sql of [UPSTREAM, `${ROW(6000)}; UPDATE sale SET amount = 11 WHERE id = 6001`]) {
        await send(sql);
        house.sql(CHANGE);
        house.settles();
    }
}, {on: ['mariadb']});
