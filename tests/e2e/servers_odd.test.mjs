/*
 * Odd servers: those that only read, that give a role few rights or little room, and tables that
 * were there before and are too narrow. Each is told in one line that says what to do, with its
 * exit code, and nothing is half done.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {ROLE} from './servers.mjs';
import {onServers} from './sessions.mjs';
import {House, Place, until} from './trueup.mjs';

const ONE_LINE = /^trueup: [^\n]+\n$/;
const CHANGE = 'UPDATE sale SET amount = amount + 1 WHERE id % 3 = 0';

/* ---- servers that only read ---- */

const READS = ['verify', 'status', 'query daily --grain day', 'check', 'plan',
    'repair --days 9000 --dry-run'];
const WRITES = ['run --once', 'apply', 'repair --days 3', 'rebuild --wait', 'release', 'drop --yes'];

function readsOnly(house, url, why) {
    for (const command of READS)
        house.run(['--database', url, ...command.split(' ')], {code: 0});
    for (const command of WRITES) {
        const {err} = house.run(['--database', url, ...command.split(' ')], {code: 3});
        assert.match(err, ONE_LINE, command);
        assert.match(err, why, command);
    }
}

onServers('odd: a read-only server can be read, and says so to who writes', async (t, kind) => {
    const house = await House.on(kind, t, {days: 3, server: []});
    house.sql(CHANGE);
    if (kind === 'mariadb') {
        house.database.admin('SET GLOBAL read_only = 1', '');
        readsOnly(house, house.database.url, /1290.*name the primary/);
        house.database.admin('SET GLOBAL read_only = 0', '');
    } else {
        house.database.admin(`ALTER ROLE ${ROLE} SET default_transaction_read_only = on`);
        readsOnly(house, house.database.url, /default_transaction_read_only is on: turn it off/);
        house.database.admin(`ALTER ROLE ${ROLE} RESET default_transaction_read_only`);
    }
    house.settles();
});

/* A standby of the house's own server, in its directory; it ends with it. */
function standby(house) {
    const {own} = house.database;
    const data = path.join(own.directory, 'standby');
    const version = fs.readdirSync('/usr/lib/postgresql').sort((a, b) => b - a)[0];
    const bin = `/usr/lib/postgresql/${version}/bin`;
    const as = (command) => {
        const argv = process.getuid() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres',
            '--init-groups', '--', ...command] : command;
        const {status, stderr, stdout} = spawnSync(argv[0], argv.slice(1), {encoding: 'utf8',
            cwd: '/'});
        assert.equal(status, 0, `${command}: ${stderr}${stdout}`);
    };
    as([`${bin}/pg_basebackup`, '-D', data, '-h', '127.0.0.1', '-p', `${own.port}`, '-U', 'postgres',
        '-R', '-X', 'stream', '--no-sync', '-c', 'fast']);
    const options = `-p ${own.port} -c listen_addresses= -c unix_socket_directories=${data}
        -c fsync=off -c max_prepared_transactions=10`.replace(/\s+/g, ' ');
    as([`${bin}/pg_ctl`, '-D', data, '-l', path.join(data, 'log'), '-o', options, '-w', 'start']);
    house.finally.push(() => as([`${bin}/pg_ctl`, '-D', data, '-m', 'immediate', 'stop']));
    const {pathname} = new URL(house.database.url);
    return `postgresql://${ROLE}@${pathname}?host=${data}&port=${own.port}`;
}

onServers('odd: a standby serves verify, query, status, check; apply and run name it',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 3, server: ['-c', 'wal_level=replica']});
    const url = standby(house);
    house.sql(CHANGE);
    const position = house.value('SELECT pg_current_wal_lsn() AS n');
    await until('the standby to follow', () => /\b1\b/.test(house.database.admin(`SELECT count(*) FROM
        pg_stat_replication WHERE replay_lsn >= '${position}'`)));
    readsOnly(house, url, /this server is a standby/);
    assert.ok(house.json(['--database', url, 'verify'].join(' '), {code: 0}).cells_pending > 0);
    house.settles();
}, {on: ['postgresql']});

/* ---- settings of servers and roles ---- */

/* PostgreSQL's time-outs hold until the first message of a transaction has set them aside, so they
 * are not shorter than a busy machine may take for that. */
const SETTINGS = {
    postgresql: [`ALTER ROLE ${ROLE} SET statement_timeout = 300`, `ALTER ROLE ${ROLE} SET
        lock_timeout = 1`, `ALTER ROLE ${ROLE} SET idle_in_transaction_session_timeout = 1`],
    mariadb: ['SET GLOBAL tx_read_only = 1', 'SET GLOBAL max_error_count = 0',
        'SET GLOBAL max_statement_time = 0.001', 'SET GLOBAL sql_select_limit = 1'],
};

onServers('odd: what a server or a role has as defaults stops nothing', async (t, kind) => {
    const house = await House.on(kind, t, {days: 6, server: [], apply: false});
    for (const setting of SETTINGS[kind])
        house.database.admin(setting, kind === 'mariadb' ? '' : undefined);
    const away = `--database ${house.database.url}`;
    house.run(`${away} apply`, {code: 0});
    const undo = {mariadb: 'SET GLOBAL tx_read_only = 0; SET GLOBAL max_statement_time = 0; SET GLOBAL sql_select_limit = DEFAULT',
        postgresql: `ALTER ROLE ${ROLE} RESET ALL`}[kind];
    const change = () => {
        house.database.admin(undo, kind === 'mariadb' ? '' : undefined);
        house.sql(CHANGE);
        for (const setting of SETTINGS[kind])
            house.database.admin(setting, kind === 'mariadb' ? '' : undefined);
    };
    for (const command of ['run --once', 'repair --days 9000', 'rebuild --wait', 'verify']) {
        change();
        house.run(command, {code: 0});
    }
    house.run('run --once', {code: 0});
    house.database.admin(undo, kind === 'mariadb' ? '' : undefined);
    house.isTrue();
});

/* The fault: the server cuts the connection, and everything stands still because of one row. */
onServers('odd: a value larger than max_allowed_packet fails its bucket alone', async (t, kind) => {
    const place = await Place.on(kind, t, {server: []});
    place.shell(`CREATE TABLE note(id INT PRIMARY KEY, at DATETIME, doc LONGTEXT);
        INSERT INTO note VALUES (1, '2024-03-01', repeat('x', 100000)), (2, '2024-03-02', 'b')`);
    place.spec({sources: {note: {from: 'note', time: 'at'}},
        summaries: {s: {source: 'note', grains: ['day'], measures: {n: 'count', top: 'max(doc)'}}}});
    place.run('apply', {code: 0});
    place.shell(`UPDATE note SET doc = concat(doc, 'y')`);
    place.database.admin('SET GLOBAL max_allowed_packet = 16384', '');
    assert.match(place.run('run --once', {code: 1}).err, /raise max_allowed_packet/);
    assert.equal(place.value(`SELECT top FROM s_day WHERE bucket = '2024-03-02'`), 'by');
    place.database.admin('SET GLOBAL max_allowed_packet = 16777216', '');
    place.run('repair --date 2024-03-01', {code: 0});
    assert.equal(place.value(`SELECT length(top) AS n FROM s_day WHERE bucket = '2024-03-01'`),
        100001);
}, {on: ['mariadb']});

/* ---- few rights ---- */

/* The fault: `drop` takes the triggers off and is refused then; half is gone. */
onServers('odd: drop and release without the right to drop change nothing, and name the GRANT',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 3});
    const {name, url} = house.database;
    const user = `${name}_few`;
    const as = `--database ${url.replace(`//${ROLE}@`, `//${user}@`)}`;
    house.database.admin(`CREATE USER ${user}@'127.0.0.1';
        GRANT SELECT, INSERT, UPDATE, DELETE ON ${name}.* TO ${user}@'127.0.0.1';
        GRANT TRIGGER ON ${name}.sale TO ${user}@'127.0.0.1'`, '');
    house.finally.push(() => house.database.admin(`DROP USER ${user}@'127.0.0.1'`, ''));
    const before = house.digest();
    const triggers = () => house.value(`SELECT count(*) AS n FROM information_schema.triggers
        WHERE trigger_schema = '${name}'`);
    const all = triggers();
    for (const command of ['drop --yes', 'drop --yes --summary daily']) {
        const {err} = house.run(`${as} ${command}`, {code: 3});
        assert.match(err, ONE_LINE);
        assert.match(err, /nothing was changed.*GRANT DROP ON `\w+`\.`daily_day` TO/);
        assert.equal(house.digest(), before, command);
        assert.equal(triggers(), all, command);
    }
    house.database.admin(`REVOKE TRIGGER ON ${name}.sale FROM ${user}@'127.0.0.1'`, '');
    for (const command of ['drop --yes', 'release']) {
        assert.match(house.run(`${as} ${command}`, {code: 3}).err,
            /GRANT TRIGGER ON `\w+`\.`sale` TO/);
        assert.equal(house.digest(), before, command);
        assert.equal(triggers(), all, command);
    }
    house.settles();
}, {on: ['mariadb']});

/* The fault: a role that may not see the triggers takes them for lost, and says so for ever. */
onServers('odd: triggers that a role may not see are not taken for lost', async (t, kind) => {
    const house = await House.on(kind, t, {days: 3});
    const {name, url} = house.database;
    const user = `${name}_blind`;
    const as = `--database ${url.replace(`//${ROLE}@`, `//${user}@`)}`;
    const written = house.database.tables().filter((table) => !['sale', 'shop'].includes(table.name));
    house.database.admin(`CREATE USER ${user}@'127.0.0.1';
        GRANT SELECT ON ${name}.* TO ${user}@'127.0.0.1'; ${written.map((table) =>
        `GRANT INSERT, UPDATE, DELETE ON ${name}.${table.name} TO ${user}@'127.0.0.1'`).join(';')}`, '');
    house.finally.push(() => house.database.admin(`DROP USER ${user}@'127.0.0.1'`, ''));
    house.sql('UPDATE sale SET amount = amount + 1');
    const grant = /may not see the triggers of table sale: GRANT TRIGGER ON `\w+`\.`sale` TO/;
    assert.match(house.run(`${as} status`, {code: 0}).out, grant);
    assert.ok(house.json(`${as} status`).summaries.every((one) => one.unguarded_since === null));
    assert.match(house.run(`${as} run --once`, {code: 2}).err, grant);
    house.json(`${as} verify`, {code: 0});
    house.settles();
    house.run('status', {code: 0});
}, {on: ['mariadb']});

/* The fault: who may not see the list of users is told that all is well, while every write fails. */
onServers('odd: check says that it cannot see whether the triggers\' owner is there',
    async (t, kind) => {
    const house = await House.on(kind, t, {days: 3, apply: false});
    const {name, url} = house.database;
    const user = `${name}_owner`;
    house.database.admin(`CREATE USER ${user}@'127.0.0.1'; GRANT ALL ON ${name}.* TO
        ${user}@'127.0.0.1'`, '');
    house.finally.push(() => house.database.admin(`DROP USER ${user}@'127.0.0.1'`, ''));
    house.run(['--database', url.replace(`//${ROLE}@`, `//${user}@`), 'apply'], {code: 0});
    const {out} = house.run('check', {code: 0});
    assert.match(out, new RegExp(`warning: [^\\n]*sale[^\\n]* belongs to ${user}@127.0.0.1[^\\n]*1449`));
    assert.equal(out.match(/1449/g).length, 2, 'once a table: the tenants are captured, too');
}, {on: ['mariadb']});

/* ---- tables of before that are too narrow ---- */

const NARROW = {
    postgresql: [
        ['n smallint', /column n is smallint: it is too narrow.*ALTER TABLE "s_day" ALTER COLUMN "n" TYPE bigint/],
        ['amt numeric(5,2)', /column amt is numeric\(5,2\): it is too narrow.*TYPE numeric/],
        ['amt numeric(30,1)', /column amt is numeric\(30,1\): it would round.*TYPE numeric/],
        ['amt double precision', /column amt is double precision: it would round/],
        ['f real', /column f is real: it is too narrow.*TYPE double precision/],
        ['top varchar(5)', /column top is character varying\(5\): the source's texts may be longer/],
    ],
    mariadb: [
        ['n smallint', /column n is smallint\(6\): it is too narrow.*ALTER TABLE s_day MODIFY COLUMN n BIGINT/],
        ['n mediumint unsigned', /column n is mediumint\(8\) unsigned: it is too narrow/],
        ['amt decimal(5,2)', /column amt is decimal\(5,2\): it is too narrow.*DECIMAL\(38,2\)/],
        ['amt decimal(30,1)', /column amt is decimal\(30,1\): it would round.*DECIMAL\(38,2\)/],
        ['mx decimal(9,2)', /column mx is decimal\(9,2\): it is too narrow.*DECIMAL\(10,2\)/],
        ['f float', /column f is float: it is too narrow.*MODIFY COLUMN f DOUBLE/],
        ['top varchar(5)', /column top is varchar\(5\): the source's texts may be longer/],
    ],
};
const WIDE = {
    postgresql: ['n bigint, amt numeric, mx numeric(10,2), f double precision, top text',
        'n numeric(20), amt numeric(40,4), mx numeric, f double precision, top varchar(500)'],
    mariadb: ['n bigint, amt decimal(38,2), mx decimal(10,2), f double, top varchar(20)',
        'n bigint unsigned, amt decimal(40,4), mx decimal(20,4), f double, top longtext'],
};

onServers('odd: columns of before that are too narrow are refused with their ALTER; wide ones are taken',
    async (t, kind) => {
    const place = await Place.on(kind, t);
    place.shell({postgresql: `CREATE TABLE ev(id int PRIMARY KEY, at timestamptz, amount numeric(10,2),
            f float8, kind varchar(20))`,
        mariadb: `CREATE TABLE ev(id INT PRIMARY KEY, at DATETIME, amount DECIMAL(10,2), f DOUBLE,
            kind VARCHAR(20))`}[kind]);
    place.shell(`INSERT INTO ev VALUES (1, '2024-03-01', 12.5, 0.1, 'a'), (2, '2024-03-01', 7, 2, 'b')`);
    place.spec({sources: {ev: {from: 'ev', time: 'at'}},
        summaries: {s: {source: 'ev', grains: ['day'], measures: {n: 'count', amt: 'sum(amount)',
            mx: 'max(amount)', f: 'sum(f)', top: 'max(kind)'}}}});
    const [plain] = WIDE[kind];
    for (const [column, why] of NARROW[kind]) {
        const columns = plain.split(', ').map((each) =>
            each.split(' ')[0] === column.split(' ')[0] ? column : each);
        place.shell(`CREATE TABLE s_day(bucket date, ${columns.join(', ')})`);
        assert.match(place.run('check', {code: 1}).out, why, column);
        for (const command of ['plan', 'apply'])
            assert.match(place.run(command, {code: 2}).err, why, `${command}: ${column}`);
        /* What it says is what helps. */
        const [, alter] = /: (ALTER TABLE [^\n]*)/.exec(place.run('apply', {code: 2}).err);
        place.shell(alter);
        place.run('plan', {code: 0});
        place.shell('DROP TABLE s_day');
    }
    for (const columns of WIDE[kind]) {
        place.shell(`CREATE TABLE s_day(bucket date, ${columns})`);
        assert.doesNotMatch(place.run('apply', {code: 0}).err, /narrow|column/);
        assert.equal(place.json('verify', {code: 0}).cells_drifted, 0);
        place.run('drop --yes', {code: 0});
        place.shell('DROP TABLE IF EXISTS s_day');
    }
    /* Nine digits of a count do for a long while: whoever has them is told. */
    place.shell(`CREATE TABLE s_day(bucket date, ${plain.replace('n bigint', 'n int')})`);
    assert.match(place.run('check', {code: 0}).out, /warning: s_day: column n is int[^\n]*ALTER it to/i);
    place.run('apply', {code: 0});
    assert.equal(place.json('verify', {code: 0}).cells_drifted, 0);
});

/* As other programs make such tables: short texts for words that the spec itself says, and a key without
 * the one that each series has but one of. */
onServers('odd: a table with columns as wide as the constants of a spec, and a key without one of them',
    async (t, kind) => {
    const place = await Place.on(kind, t);
    const text = {postgresql: `varchar(N)`, mariadb: `varchar(N) COLLATE utf8mb4_nopad_bin`}[kind];
    const table = (type, key) => `DROP TABLE IF EXISTS s_day; CREATE TABLE s_day(metric varchar(16),
        bucket date, type ${text.replace('N', type)}, tag ${text.replace('N', 5)}, n bigint,
        CONSTRAINT old_key UNIQUE (${key}))`;
    place.shell(`CREATE TABLE ev(id int PRIMARY KEY, at timestamp(6), kind varchar(20));
        INSERT INTO ev VALUES (1, '2024-03-01', 'a'), (2, '2024-03-01', 'b')`);
    const spec = (tag) => place.spec({sources: {ev: {from: 'ev', time: 'at'}},
        summaries: {s: {grains: ['day'], columns: {series: 'metric'}, measures: {n: 'count'},
            dimensions: {type: `'counter'`, tag}, series: {all: {source: 'ev'},
                some: {source: 'ev', where: `kind = 'a'`, dimensions: {type: `'other'`}}}}}});
    spec(`''`);
    place.shell(table(6, 'metric, bucket, tag'));
    assert.match(place.run('apply', {code: 2}).err, /column type is [^\n]*\(6\)[^\n]* may be longer/);
    place.shell(table(7, 'metric, tag'));
    assert.match(place.run('apply', {code: 2}).err, /old_key has not all columns/);
    place.shell(table(7, 'metric, bucket, tag'));
    assert.match(place.run('check', {code: 0}).out, /warning: s_day: [^\n]*old_key is without type/);
    place.run('apply', {code: 0});
    assert.equal(place.json('verify', {code: 0}).cells_checked, 2);
    place.shell(`INSERT INTO ev VALUES (3, '2024-03-02', 'a'); DELETE FROM ev WHERE id = 1`);
    place.run('run --once', {code: 0});
    assert.equal(place.json('verify', {code: 0}).cells_checked, 3);
    /* A text of the source's may be any. */
    place.run('drop --yes --keep-tables', {code: 0});
    spec('kind');
    place.shell(table(7, 'metric, bucket, type, tag'));
    assert.match(place.run('apply', {code: 2}).err, /column tag is [^\n]*\(5\)[^\n]* may be longer/);
});

/* ---- PostgreSQL's operators with a question mark ---- */

onServers('odd: jsonb_exists does what the operator ? does', async (t, kind) => {
    const place = await Place.on(kind, t);
    place.shell(`CREATE TABLE ev(id int PRIMARY KEY, at timestamptz, doc jsonb);
        INSERT INTO ev VALUES (1, '2024-03-01', '{"a": 1}'), (2, '2024-03-01', '{"b": 1}')`);
    const spec = (where) => place.spec({sources: {ev: {from: 'ev', time: 'at', where}},
        summaries: {s: {source: 'ev', grains: ['day'], measures: {n: 'count'}}}});
    spec(`doc ? 'a'`);
    assert.match(place.run('check', {code: 2}).out, /jsonb_exists, jsonb_exists_any and jsonb_exists_all/);
    spec(`jsonb_exists(doc, 'a') OR jsonb_exists_any(doc, ARRAY['x', 'y'])`);
    place.run('apply', {code: 0});
    place.shell(`INSERT INTO ev VALUES (3, '2024-03-01', '{"y": 1}'), (4, '2024-03-01', '{}')`);
    place.run('run --once', {code: 0});
    assert.equal(place.value('SELECT n FROM s_day'), 2);
    assert.equal(place.json('verify', {code: 0}).cells_drifted, 0);
}, {on: ['postgresql']});
