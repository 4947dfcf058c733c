/*
 * Connections: a network that cuts, a pooler in between, several workers at once, a role with few
 * rights; servers that are restarted: servers_restart. Whatever happens, the exit code and one line
 * say it, nothing is half done, and the next run puts all right.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {Pooler, Proxy} from './between.mjs';
import {onServers, Session} from './sessions.mjs';
import {House, until} from './trueup.mjs';
import {ROLE} from './servers.mjs';

/* What a person sees of the summaries. */
const KEPT = 'daily_day daily_month folded_hour folded_day folded_year';
const ONE_LINE = /^trueup: [^\n]+\n$/;

const CHANGE = `UPDATE sale SET amount = amount * 2 + 1 WHERE id % 3 = 0; DELETE FROM sale WHERE id
    % 31 = 0;
    UPDATE sale SET shop = 'tokyo' WHERE id % 7 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-05 23:59:59', 17)`;
const FALSIFY = `UPDATE daily_day SET total = total + 1 WHERE shop = 'tokyo'; DELETE FROM
    folded_hour WHERE n = 1`;

/* ---- no connection ---- */

/* Lets nobody in without the right password. */
const PASSWORDS = {
    postgresql(house) {
        house.database.admin(`SET password_encryption = 'scram-sha-256'; ALTER ROLE ${ROLE}
            PASSWORD 'right'`);
        fs.writeFileSync(path.join(house.database.own.directory, 'data', 'pg_hba.conf'),
            `host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n`);
        house.database.admin('SELECT pg_reload_conf()');
    },
    mariadb(house) {
        house.database.admin(`ALTER USER ${ROLE}@'127.0.0.1' IDENTIFIED BY 'right'`);
    },
};

onServers('connection: a wrong password, host, port, database: exit 3, one line, no secrets',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 2, server: []});
    PASSWORDS[kind](house);
    const url = (change) => Object.assign(new URL(house.database.url),
        {password: 'right', ...change}).href;
    const wrong = [
        [{password: 'wr0ng-secret'}, /password|denied/i],
            [{hostname: 'no.such.host.invalid'}, /no\.such\.host\.invalid/],
        [{port: '1'}, /connect/i], [{pathname: '/no_such_database'}, /no_such_database|denied/],
        [{username: 'nobody_here'}, /nobody_here/],
    ];
    await until('the password to be asked for',
        () => house.run(['--database', url({password: 'wr0ng-secret'}),
        'status']).code !== 0);
    for (const [change, pattern] of wrong)
        for (const command of ['run --once', 'status', 'apply']) {
            const {err, out} = house.run(['--database', url(change), ...command.split(' ')],
                {code: 3});
            assert.match(err, ONE_LINE);
            assert.match(err, pattern);
            assert.doesNotMatch(err + out, /wr0ng-secret|right@/, 'the password is printed');
        }
    house.run(['--database', url({}), 'run', '--once'], {code: 0});
    const env = kind === 'postgresql' ? {PGPASSWORD: 'right'} : {MYSQL_PWD: 'right'};
    house.run('run --once', {code: 0, env});
});

/* ---- a network that cuts ---- */

/* Where the connection is cut, in parts of all bytes that the work takes: also in its first and
 * last. */
const CUTS = [0.0005, 0.02, 0.11, 0.23, 0.37, 0.48, 0.59, 0.68, 0.77, 0.86, 0.94, 0.985, 0.9995];

onServers('connection: cut after any number of bytes', async (t, kind) => {
    const house = await House.on(kind, t, {days: 12});
    const proxy = await Proxy.open(house.database.url);
    t.after(() => proxy.close());
    house.sql(CHANGE);
    proxy.cutAfter(Infinity);
    await house.start(`--database ${proxy.url} run --once`).end(0);
    const all = proxy.bytes;
    assert.ok(all > 1000, `${all} bytes`);
    let told = 0;
    for (const cut of CUTS) {
        house.sql(CHANGE);
        proxy.cutAfter(Math.floor(all * cut));
        const {code, err} = await house.start(`--database ${proxy.url} run --once`,
            {env: {TRUEUP_RETRY_S: '0'}}).end();
        assert.ok(code === 0 || code === 3, `cut at ${cut}: exit code ${code}: ${err}`);
        if (code === 3) {
            told++;
            assert.match(err, ONE_LINE, `cut at ${cut}`);
        }
        proxy.cutAfter(Infinity);
        /* What is pending is counted in: nothing was lost, nothing was half done. */
        assert.equal(house.json('verify', {code: 0}).cells_drifted, 0, `cut at ${cut}`);
    }
    assert.ok(told >= CUTS.length / 2, `only ${told} of ${CUTS.length} cuts were noticed`);
    house.run('run --once', {code: 0});
    house.isTrue();
});

/* ---- several workers ---- */

/* Writers and so many workers at once, until the time is over; each worker ends with 0. */
async function atOnce(house, workers, lines, forMs) {
    const end = Date.now() + forMs;
    let runs = 0;
    const working = Array.from({length: workers}, async () => {
        for (; Date.now() < end; runs++)
            await house.start(lines[runs % lines.length]).end(0);
    });
    const writing = [0, 1].map(async (w) => {
        const writer = house.writer({timeoutMs: 5000});
        for (let i = 0; Date.now() < end; i++)
            await writer.do(`BEGIN; UPDATE sale SET amount = amount + 1, shop =
                '${i % 2 ? 'tokyo' : 'phoenix'}'
                WHERE id = ${1 + (i * 2) % 170 + w}; INSERT INTO sale(shop, at, amount) VALUES
                    ('kathmandu',
                '2024-03-${10 + i % 9} 10:00:00', ${i % 40}); ${i % 5 ? 'COMMIT' : 'ROLLBACK'}`);
    });
    await Promise.all([...working, ...writing]);
    assert.ok(runs >= workers, `${runs} runs`);
}

onServers('workers: four at once, with writers at work, end true', async (t, kind) => {
    const house = await House.on(kind, t, {days: 12});
    await atOnce(house, 4, ['run --once'], 3000);
    house.settles();
});

/* The fault (F5): behind a transaction pooler session locks are shared, or stay for ever, and what
 * was prepared or set in one session is not there in the next. */
onServers('pooler: apply, run, repair, verify behind pgbouncer, two workers at once',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 12, apply: false});
    const pooler = await Pooler.open(house.database.url);
    t.after(() => pooler.close());
    const through = `--database ${pooler.url}`;
    const advisory = `SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    house.run(`${through} apply`, {code: 0});
    house.isRight();
    house.sql(CHANGE);
    house.run(`${through} run --once`, {code: 0});
    house.isTrue();
    house.sql(FALSIFY);
    assert.ok(house.json(`${through} verify`, {code: 1}).cells_drifted > 0);
    house.run(`${through} repair --from 2024-02-01 --to 2024-04-30`, {code: 0});
    assert.equal(house.json(`${through} verify`, {code: 0}).cells_drifted, 0);
    await atOnce(house, 2, [`${through} run --once`, `${through} run --once`,
        `${through} repair --from 2024-03-01 --to 2024-03-20`], 3000);
    house.run(`${through} rebuild --wait`, {code: 0});
    assert.equal(house.value(advisory), 0, 'a lock stayed with the pool');
    house.settles();

    /* A worker that stands still in its transaction, and one that does its work meanwhile. */
    house.sql(CHANGE);
    const stopped = await house.pausedAt('cells.computed', `${through} run --once`);
    house.run(`${through} run --once`, {code: 0});
    house.isRight();
    const before = house.digest(KEPT);
    const {code, err} = await stopped.go().end();
    assert.ok(code === 0 || code === 3, `${code}: ${err}`);
    assert.equal(house.digest(KEPT), before, 'it wrote');
    house.isTrue();
}, {on: ['postgresql']});

/* ---- few rights ---- */

onServers('rights: the role that plan prints can do all but create tables and capture',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 8});
    const role = `${house.database.name}_worker`;
    const text = house.run('plan', {code: 0}).out;
    const grants = text.split('\n').map((line) => line.replace(/^-- (once: )?/, ''))
        .filter((line) => /^(GRANT|CREATE (ROLE|USER)) /.test(line)).join('\n')
        .replaceAll(/\b((?:TO|ROLE|USER) '?)trueup_worker\b/g, `$1${role}`).replace(" PASSWORD '...'",
            '').replace(" IDENTIFIED BY '...'", '');
    assert.match(grants, /CREATE/);
    house.finally.push(() => house.database.admin(kind === 'postgresql' ? `DROP OWNED BY ${role};
        DROP ROLE ${role}`
        : `DROP USER ${role}@'%'`));
    house.database.admin(grants);
    const as = `--database ${house.database.url.replace(`//${ROLE}@`, `//${role}@`)}`;

    house.sql(CHANGE);
    house.run(`${as} run --once`, {code: 0});
    house.isTrue();
    house.sql(FALSIFY);
    assert.ok(house.json(`${as} verify`, {code: 1}).cells_drifted > 0);
    house.run(`${as} repair --from 2024-02-01 --to 2024-04-30`, {code: 0});
    for (const command of ['verify', 'status', 'check', 'rebuild --wait',
        'query daily --grain day'])
        house.run(`${as} ${command}`, {code: 0});
    house.isTrue();

    /* What it may not: make tables, or capture. It is told, and nothing is half done. */
    if (kind === 'postgresql') {
        house.run('release', {code: 0});
        house.run(`${as} run --once`, {code: 0});
        const before = house.digest();
        const {code, err} = house.run(`${as} apply`);
        assert.ok(code === 2 || code === 3, `apply: ${code}: ${err}`);
        assert.match(err, /sale/);
        assert.equal(house.digest(), before);
        house.run('apply', {code: 0});
    }
    const writer = await Session.open(house);
    const spec = JSON.parse(JSON.stringify({sources: {sale: {from: 'sale', tenant: 'shop',
        time: 'at'}},
        tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
        summaries: {third: {source: 'sale', grains: ['day'], measures: {n: 'count'}}}}));
    house.spec(spec);
    const {code, err} = house.run(`${as} apply`);
    assert.ok(code === 2 || code === 3, `apply: ${code}: ${err}`);
    assert.match(err, /third_day/);
    await writer.do('UPDATE sale SET amount = amount + 1');
});
