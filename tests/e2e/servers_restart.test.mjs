/*
 * Restarts: a server that goes away in the middle of a command and comes back, or does not; a
 * session that only the server still believes in; a server that takes nobody in yet. The command
 * goes on by itself, says so once, and the end is true.
 */
import assert from 'node:assert/strict';
import net from 'node:net';
import {DURABLE, crash, startAgain} from './restarts.mjs';
import {ROLE} from './servers.mjs';
import {onServers} from './sessions.mjs';
import {House, until} from './trueup.mjs';

const TRYING = /^trueup: [^\n]+: connection lost: trying again\n$/;
/* `apply` may have other news beside it. */
const APPLY_TRYING = /^(?!.*again[^]*again)(?:trueup: [^\n]+\n)*?trueup: [^\n]+: connection lost: trying again\n/;
const ONE_LINE = /^trueup: [^\n]+\n$/;

const KEPT = ['daily_day', 'daily_month', 'folded_hour', 'folded_day', 'folded_year'];

const CHANGE = `UPDATE sale SET amount = amount * 2 + 1 WHERE id % 3 = 0; DELETE FROM sale WHERE id
    % 31 = 0;
    UPDATE sale SET shop = 'tokyo' WHERE id % 7 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-05 23:59:59', 17)`;
const FALSIFY = `UPDATE daily_day SET total = total + 1 WHERE shop = 'tokyo'; DELETE FROM
    folded_hour WHERE n = 1`;

/* ---- a server that is restarted ---- */

const NOTHING = 'SELECT 1';
const WORK = [
    ['run --once', CHANGE, ['snapshot.taken', 'entries.taken', 'cells.computed', 'turn.taken',
        'cells.written', 'apply.before_commit', 'apply.after_commit']],
    ['repair --from 2024-02-01 --to 2024-04-01', FALSIFY, ['snapshot.taken', 'cells.written',
        'apply.after_commit']],
    ['rebuild --wait', FALSIFY, ['cells.computed', 'cells.written', 'build.chunk_done']],
    ['verify', NOTHING, ['snapshot.taken']],
];

/* The fault: a command that ends because of a restart, half a batch, a driver that reconnects by
 * itself and goes on with what it read before, a run that says STARTED for ever. */
onServers('restart: in the middle of apply, run, repair, rebuild, verify', async (t, kind) => {
    const house = await House.on(kind, t, {days: 12, server: DURABLE[kind], apply: false});
    for (const point of ['capture.before_commit', 'snapshot.taken', 'cells.written']) {
        const apply = await house.pausedAt(point, 'apply');
        await crash(house);
        await startAgain(house);
        assert.match((await apply.go().end(0)).err, APPLY_TRYING, `apply at ${point}`);
        house.isRight();
        house.run('drop --yes', {code: 0});
        /* Where DDL is no transaction, the second attempt found the tables of the first: not made by it. */
        house.sql(KEPT.map((table) => `DROP TABLE IF EXISTS ${table}`).join(';'));
    }
    house.run('apply', {code: 0});
    for (const [line, sql, points] of WORK)
        for (const point of points) {
            house.sql(sql);
            const worker = await house.pausedAt(point, line);
            await crash(house);
            await startAgain(house);
            const {err} = await worker.go().end(0);
            assert.match(err, TRYING, `${line} at ${point}`);
            house.isRight();
            assert.deepEqual(house.sql(`SELECT * FROM ${house.control('trueup_run')}
                WHERE status = 'STARTED'`), [], `${line} at ${point}`);
        }
    house.isTrue();
});

/* What is thrown away is nothing but the piece: what was there before it is there when the server is
 * back, and what the command says counts nothing twice. */
onServers('restart: the server is away for a while, then too long; a signal ends the waiting',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 12, server: DURABLE[kind]});
    house.sql(FALSIFY);
    const wrong = house.json('verify', {code: 1}).cells_drifted;
    const repair = await house.pausedAt('cells.written',
        '--json repair --from 2024-02-01 --to 2024-04-01');
    await crash(house);
    await (await repair.go().says(/connection lost: trying again/));
    await startAgain(house);
    assert.equal(JSON.parse((await repair.end(0)).out).cells_drifted, wrong);
    house.isRight();

    house.sql(CHANGE);
    const away = house.start('run --once', {stop: 'cells.written:pause',
        env: {TRUEUP_RETRY_S: '1'}});
    await away.paused();
    const stopped = await house.pausedAt('snapshot.taken', 'verify');
    await crash(house);
    const {err} = await away.go().end(3);
    assert.match(err, /^[^\n]+trying again\ntrueup: the connection was lost and did not come back within 1 s; nothing is half done[^\n]+\n$/);
    await (await stopped.go().says(/trying again/)).signal('SIGTERM').end(143);
    const {err: refused} = house.run('run --once', {code: 3});
    assert.match(refused, ONE_LINE, 'a server that is not there is not waited for');
    await startAgain(house);
    house.run('run --once', {code: 0});
    house.isTrue();
});

/* Locks the user out and ends all sessions of his. */
const LOCKED_OUT = {
    postgresql: (role) => `ALTER ROLE ${role} NOLOGIN; SELECT pg_terminate_backend(pid)
        FROM pg_stat_activity WHERE usename = '${role}'`,
    mariadb: (role) => `ALTER USER ${role}@'127.0.0.1' ACCOUNT LOCK; KILL USER ${role}@'127.0.0.1'`,
};
const LET_IN = {
    postgresql: (role) => `ALTER ROLE ${role} LOGIN`,
    mariadb: (role) => `ALTER USER ${role}@'127.0.0.1' ACCOUNT UNLOCK`,
};

/* The fault: a user who may not come in any more is tried for half a minute. */
onServers('restart: a user who is refused now is told at once', async (t, kind) => {
    const house = await House.on(kind, t, {days: 2, server: []});
    house.sql(CHANGE);
    const worker = await house.pausedAt('cells.computed', 'run --once');
    house.database.admin(LOCKED_OUT[kind](ROLE));
    const began = Date.now();
    const {err} = await worker.go().end(3);
    assert.match(err, /trying again\ntrueup: [^\n]*(not permitted|locked)[^\n]*\n$/);
    assert.ok(Date.now() - began < 25_000); /* not the half minute */
    house.database.admin(LET_IN[kind](ROLE));
    house.run('run --once', {code: 0});
    house.isTrue();
});

/* ---- a session that the server has still ---- */

/* Cuts the client off without a word to the server, as a network does. */
async function forgetful(url, t) {
    const {hostname, port} = new URL(url);
    const clients = new Set();
    const kept = new Set();
    const server = net.createServer((client) => {
        const there = net.connect(Number(port), hostname);
        kept.add(there);
        clients.add(client);
        client.on('error', () => {}).on('data', (data) => there.write(data));
        there.on('error', () => {}).on('data', (data) => client.write(data));
        client.on('close', () => clients.delete(client));
        there.on('close', () => client.destroy());
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    t.after(() => { server.close(); [...kept, ...clients].forEach((each) => each.destroy()); });
    const here = new URL(url);
    here.host = `127.0.0.1:${server.address().port}`;
    return {url: here.href, cut: () => clients.forEach((client) => client.destroy())};
}

/* The fault: the lock of the session that was lost is taken for another worker's, and run --once
 * ends with 0 without having done anything. */
onServers('restart: the lost session is still there, with its locks', async (t, kind) => {
    const house = await House.on(kind, t, {days: 12});
    const between = await forgetful(house.database.url, t);
    for (const [line, sql] of [['run --once', CHANGE], ['rebuild --wait', FALSIFY],
        ['apply', CHANGE]]) {
        house.sql(line === 'apply' ? `${sql}; DELETE FROM ${house.control('trueup_spec')}` : sql);
        const worker = await house.pausedAt('cells.computed',
            `--database ${between.url} ${line}`);
        between.cut();
        const {err} = await worker.go().end(0);
        assert.match(err, line === 'apply' ? APPLY_TRYING : TRYING, line);
        if (line === 'apply')
            house.run('run --once', {code: 0});
        house.isRight();
    }
    house.isTrue();
});

/* ---- a server that is full ---- */

onServers('restart: a server that is full is waited for a little', async (t, kind) => {
    const server = {postgresql: [], mariadb: ['--max-user-connections=100']}[kind];
    const house = await House.on(kind, t, {days: 2, server});
    house.sql(CHANGE);
    const writer = house.writer();
    await writer.do('SELECT 1');
    const limit = (n) => house.database.admin({
        postgresql: `ALTER ROLE ${ROLE} CONNECTION LIMIT ${n}`,
        mariadb: `SET GLOBAL max_user_connections = ${n}`}[kind]);
    limit(1);
    const waits = await house.start('run --once').says(/: not connected yet: trying again/);
    await writer.end();
    await waits.end(0);
    limit(100);
    const {err} = house.run('status', {code: 0, env: {TRUEUP_RETRY_S: '0'}});
    assert.equal(err, '');
    house.isTrue();
});
