/*
 * Keys of keyed summaries: what is one and what is none, which are told apart, which entries name
 * them, whose turn comes first.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import {DEPENDS_ON, Keyed, ROWS, chance, onAll} from './keyed.mjs';
import {chosenKinds} from './servers.mjs';

/* Columns that take some texts of different bytes for one, and how a query tells them apart. */
const MERGING = {
    sqlite: [['TEXT COLLATE NOCASE', (column) => `${column} COLLATE BINARY`]],
    postgresql: [['text COLLATE merging', (column) => `${column} COLLATE "C"`]],
    mariadb: ['utf8mb4 COLLATE utf8mb4_general_ci', 'utf8mb4 COLLATE utf8mb4_bin', 'latin1'].map(
        (charset) => [`VARCHAR(300) CHARACTER SET ${charset}`,
            (column) => `CONVERT(${column} USING utf8mb4) COLLATE utf8mb4_nopad_bin`]),
};

for (const kind of chosenKinds())
    for (const [type, exact] of MERGING[kind])
        test(`${kind}: text keys are told apart by their bytes, also of ${type}`, async (t) => {
            const place = await Keyed.on(kind, t);
            if (kind === 'postgresql')
                place.sql(`CREATE COLLATION merging (provider = icu, locale = 'und-u-ks-level2',
                    deterministic = false)`);
            place.shell(place.say(`CREATE TABLE visit(id {id}, who ${type}, n {integer});
                INSERT INTO visit(who, n) VALUES ('a', 1), ('A', 10), ('a ', 100), ('b', 5),
                    ('A', 20);`));
            place.spec({summaries: {visits: {
                key: {who: 'text'},
                keys: 'SELECT who FROM visit',
                query: `SELECT k.who, sum(v.n) AS n FROM {keys} k JOIN visit v
                    ON k.who = ${exact('v.who')} GROUP BY k.who`,
                depends_on: {visit: {keys: 'SELECT r.who FROM {row} r'}},
            }}});
            const rows = (sql) => place.sql(sql).map(({who, n}) => `${who}=${n}`).sort();
            const isRight = (wanted) => {
                assert.deepEqual(rows('SELECT who, n FROM visits'), wanted);
                assert.equal(place.json('verify', {code: 0}).cells_checked, wanted.length);
            };
            place.run('apply', {code: 0});
            isRight(['A=30', 'a =100', 'a=1', 'b=5']);
            place.sql('UPDATE visit SET n = n + 1');
            assert.deepEqual(place.sql(`SELECT who FROM visits_state
                WHERE invalid_since IS NOT NULL`).map(({who}) => who).sort(),
            ['A', 'a', 'a ', 'b']);
            place.run('run --once', {code: 0});
            isRight(['A=32', 'a =101', 'a=2', 'b=6']);
            place.isQuiet();
        });

/* A value that no key of the summary can be, and one that can. */
const ODD = {
    sqlite: {key: 'integer', type: 'INTEGER', odd: `'x'`, is: /key column who: x is no integer/},
    postgresql: {key: 'integer', type: 'numeric(24, 1)', odd: '18446744073709551615.0',
        is: /who: 18446744073709551615(\.0)? is no integer/},
    mariadb: {key: 'integer', type: 'BIGINT UNSIGNED', odd: '18446744073709551615',
        is: /who: 18446744073709551615 is no integer/},
};
const LONG = {
    postgresql: {size: 6400, is: /who: .* makes a key of 6400 bytes/},
    mariadb: {size: 300, is: /who: .* has 300 characters, and a key's text at most 255/},
};

/* Texts that do not compress. */
function longText(size) {
    const pick = chance(5);
    return Array.from({length: size}, () => pick(36).toString(36)).join('');
}

function staysAlone(place, {key, type, odd, is, good = (n) => `${n}`}) {
    place.shell(place.say(`CREATE TABLE visit(id {id}, who ${type}, n {integer});
        INSERT INTO visit(who, n) VALUES (${good(1)}, 1), (${good(2)}, 2);`));
    const counted = (column, how) => ({
        key: {[column]: how},
        keys: `SELECT ${column} FROM visit`,
        query: `SELECT k.${column}, sum(v.id) AS s, count(*) AS c FROM {keys} k
            JOIN visit v ON k.${column} = v.${column} GROUP BY k.${column}`,
        depends_on: {visit: {keys: `SELECT r.${column} FROM {row} r`}},
    });
    place.spec({summaries: {visits: counted('who', key), numbers: counted('n', 'integer')}});
    place.run('apply', {code: 0});
    const isRight = () => {
        place.same('SELECT n, s, c FROM numbers',
            'SELECT n, sum(id) AS s, count(*) AS c FROM visit GROUP BY n');
        place.same('SELECT who, s, c FROM visits', `SELECT who, sum(id) AS s, count(*) AS c
            FROM visit WHERE who <> ${odd} GROUP BY who`);
        for (const table of ['visits', 'numbers'])
            assert.deepEqual(place.sql(`SELECT * FROM ${table}_state
                WHERE invalid_since IS NOT NULL`), []);
    };
    place.sql(`INSERT INTO visit(who, n) VALUES (${odd}, 3), (${good(2)}, 4), (${good(3)}, 5)`);
    assert.match(place.run('run --once', {code: 1}).err, is);
    isRight();
    place.run('run --once', {code: 0});
    /* Whoever goes through all keys meets it again. */
    assert.match(place.run('verify', {code: 1}).err, is);
    assert.match(place.run('rebuild --summary visits --wait', {code: 1}).err, is);
    isRight();
    place.sql(`UPDATE visit SET who = ${good(4)} WHERE n = 3`);
    place.run('run --once', {code: 1});
    isRight();
    place.isQuiet();
}

onAll('a value that is of no key\'s type is told, and hinders no key',
    (place, kind) => staysAlone(place, ODD[kind]));

for (const kind of chosenKinds(['postgresql', 'mariadb']))
    test(`${kind}: a text too long for a key is told, and hinders no key`, async (t) => {
        const {size, is} = LONG[kind];
        staysAlone(await Keyed.on(kind, t), {key: 'text', is, odd: `'${longText(size)}'`,
            type: kind === 'mariadb' ? 'VARCHAR(500) COLLATE utf8mb4_nopad_bin' : 'text',
            good: (n) => `'a${n}'`});
    });

/* One link's entry is settled while those of the other and of a, which is {row}, are waiting. */
onAll('a table that a query names twice, with the border of a batch between its rows', (place) => {
    place.shell(place.say(`CREATE TABLE universe(k {integer});
        CREATE TABLE other(id {id}, t {integer}, k {integer});
        CREATE TABLE a(id {integer}); CREATE TABLE link(p {integer}, q {integer}, k {integer});
        INSERT INTO universe VALUES (7); INSERT INTO a VALUES (1), (2);
        INSERT INTO link VALUES (1, 1, NULL), (NULL, 1, 7);`));
    const small = {batch: {min: 1, max: 1}};
    place.spec({
        sources: {other: {from: 'other', time: 't', time_unit: 'seconds'}},
        summaries: {
            others: {source: 'other', grains: ['day'], measures: {n: 'count'}, refresh: small},
            ks: {
                key: {k: 'integer'},
                keys: 'SELECT DISTINCT k FROM universe',
                query: `SELECT w.k, count(a.id) AS n FROM {keys} w LEFT JOIN (link l2
                    JOIN link l1 ON l1.q = l2.q JOIN a ON a.id = l1.p) ON l2.k = w.k GROUP BY w.k`,
                depends_on: {
                    universe: {keys: 'SELECT r.k FROM {row} r'},
                    other: {keys: 'SELECT r.k FROM {row} r WHERE 0 = 1'},
                    a: {keys: `SELECT l2.k FROM {row} r JOIN {link} l1 ON l1.p = r.id
                        JOIN {link} l2 ON l2.q = l1.q`},
                    link: {keys: 'SELECT r.k FROM {row} r WHERE 0 = 1'},
                },
                refresh: small,
            },
        },
    });
    place.run('apply', {code: 0});
    assert.equal(place.value('SELECT n FROM ks'), 1);
    /* The first batch has one row of each table: another of a, and the first link. */
    for (const sql of ['DELETE FROM a WHERE id = 2', 'DELETE FROM a WHERE id = 1',
        'DELETE FROM link WHERE p = 1', 'DELETE FROM link'])
        place.sql(sql);
    place.run('run --once', {code: 0});
    assert.equal(place.value('SELECT n FROM ks'), 0);
});

onAll('a pause between the turns of a repair: no more of it is written', async (place) => {
    place.begin({keyed: {refresh: {batch: {min: 1, max: 1}}}});
    place.sql('UPDATE gaq SET flags = 99');
    const worker = await place.pausedAt('apply.after_commit', 'rebuild --summary gaq --wait');
    const wrong = () => place.value('SELECT count(*) FROM gaq WHERE flags = 99');
    const left = wrong();
    assert.ok(left > 0);
    place.sql(`INSERT INTO ${place.control('trueup_pause')}(summary) VALUES ('gaq')`);
    worker.go();
    await worker.end();
    assert.equal(wrong(), left);
});

/* The first of the group by name has keys too, younger ones. */
onAll('of two keyed summaries of a group the oldest key comes first', (place) => {
    const alpha = {
        key: {run: 'integer'},
        keys: 'SELECT DISTINCT run FROM extra',
        query: `SELECT k.run, sum(e.v) AS v FROM {keys} k JOIN extra e ON e.run = k.run
            GROUP BY k.run`,
        depends_on: {
            extra: {keys: 'SELECT r.run FROM {row} r'},
            flag: {keys: 'SELECT r.run FROM {row} r WHERE 0 = 1'},
        },
    };
    place.shell(place.say('CREATE TABLE extra(run {integer}, v {integer});'));
    place.begin({more: {summaries: {alpha}},
        rows: `${ROWS} INSERT INTO extra VALUES (1, 1), (2, 2);`});
    const right = () => [place.value('SELECT worst FROM gaq WHERE pass = 1 AND run = 106'),
        place.value('SELECT sum(v) AS v FROM alpha')].map(Number);
    place.sql('UPDATE flag SET bad = 50 WHERE id = 1');
    place.sql('UPDATE extra SET v = v + 10');
    /* The first commit is the entries'. */
    place.run('run --once', {stop: 'apply.after_commit:kill:2'});
    assert.deepEqual(right(), [50, 3]);
    place.settles();
    assert.deepEqual(right(), [50, 23]);
});

onAll('a NATURAL JOIN reads columns that it does not name', (place) => {
    place.shell(place.say(`CREATE TABLE mark(id {integer}, flag {integer});
        INSERT INTO mark VALUES (1, 1), (2, 1), (3, 3);`));
    place.begin({keyed: {
        query: `SELECT k.pass, k.run, count(m.id) AS flags, max(m.id) AS worst FROM {keys} k
            LEFT JOIN (link l JOIN mark m ON m.flag = l.flag) ON l.pass = k.pass
            GROUP BY k.pass, k.run`,
        keys: 'SELECT DISTINCT pass, run FROM detector',
        depends_on: {
            detector: DEPENDS_ON.detector,
            mark: {columns: ['id'], keys: `SELECT d.pass, d.run FROM {row} r
                NATURAL JOIN {link} l JOIN {detector} d ON d.pass = l.pass`},
            link: {keys: 'SELECT r.pass, d.run FROM {row} r JOIN {detector} d ON d.pass = r.pass'},
        },
    }});
    const counts = () => place.sql('SELECT pass, run, flags FROM gaq ORDER BY pass, run')
        .map((row) => Object.values(row).join(' '));
    assert.deepEqual(counts(), ['1 106 2', '1 107 2', '2 106 1']);
    place.sql('UPDATE mark SET flag = 3 WHERE id = 2');
    place.run('run --once', {code: 0});
    assert.deepEqual(counts(), ['1 106 1', '1 107 1', '2 106 2']);
});

/* ---- keys that go ---- */

onAll('keys that came and went leave nothing behind, wherever a turn is killed', (place) => {
    place.begin({keyed: {
        keys: 'SELECT pass, run FROM detector WHERE run < 1000',
        query: `SELECT k.pass, k.run, count(*) AS flags, max(d.det) AS worst
            FROM {keys} k JOIN detector d ON d.pass = k.pass AND d.run = k.run
            GROUP BY k.pass, k.run`,
        depends_on: {detector: DEPENDS_ON.detector},
    }});
    const states = () => place.value(`SELECT count(*) FROM ${place.control('trueup_state_gaq')}`);
    const settles = () => {
        place.run('run --once', {code: 0});
        place.same('SELECT pass, run, flags, worst FROM gaq', `SELECT pass, run, count(*) AS flags,
            max(det) AS worst FROM detector GROUP BY pass, run`);
        assert.deepEqual(place.invalid(), []);
        assert.equal(states(), place.value('SELECT count(*) FROM gaq'));
    };
    settles();
    for (const stop of ['apply.before_commit:kill:2', 'apply.after_commit:kill:2',
        'apply.after_commit:kill']) {
        place.sql(`INSERT INTO detector VALUES ${Array.from({length: 40},
            (_, i) => `(1, ${200 + i}, 1), (1, ${2200 + i}, 3)`).join(', ')}`);
        settles();
        assert.equal(states(), 83);
        place.sql('DELETE FROM detector WHERE run >= 200');
        place.run('run --once', {stop});
        settles();
        /* A key that is there again is heard of again; what is asked for by nobody is not. */
        place.sql('INSERT INTO detector VALUES (1, 201, 7)');
        assert.deepEqual(place.invalid(), ['1/201']);
        settles();
        place.sql('DELETE FROM detector WHERE run = 201');
        place.run('rebuild --wait', {code: 0});
        settles();
    }
    place.run('verify', {code: 0});
});

/* ---- keys that no table can have, and what is asked of the wrong kind ---- */

const TEXTS = (n, more = {}) => ({
    key: {...Object.fromEntries(Array.from({length: n}, (_, i) => [`k${i}`, 'text'])), ...more},
    keys: `SELECT ${'note, '.repeat(n)}id FROM flag`,
    query: `SELECT k.*, 1 AS one FROM {keys} k`,
    depends_on: {flag: {columns: ['note'], keys: `SELECT ${'r.note, '.repeat(n)}r.id FROM {row} r`}},
});

onAll('a key of many texts: `check` says where an index does not take it', (place, kind) => {
    const spec = (n) => place.spec({summaries: {gaq: {table: 'gaq', ...TEXTS(n, {id: 'integer'})}}});
    place.begin({apply: false});
    spec(3);
    place.run('check', {code: 0});
    spec(4);
    if (kind === 'mariadb') {
        const {out} = place.run('check', {code: 1});
        assert.match(out, /its key takes 4088 bytes of an index, which has at most 3072/);
        assert.match(place.run('apply', {code: 2}).err, /its key takes 4088 bytes/);
        assert.equal(place.database.tables().some(({name}) => name === 'gaq'), false);
        spec(3);
    }
    place.run('apply', {code: 0});
    assert.equal(place.value('SELECT count(*) FROM gaq'), 3);
    place.run('verify', {code: 0});
});

onAll('--key that names nothing is a mistake', (place) => {
    place.begin({});
    for (const [key, why] of [['run=', /it is no integer/], ['run=1,,2', /it is no integer/],
        ['run=9..3', /the range ends before it begins/], ['run=3..x', /it is no integer/]])
        assert.match(place.run(`repair --summary gaq --key ${key}`, {code: 2}).err, why, key);
    place.run('repair --summary gaq --key run=3..9', {code: 0});
});

onAll('--key of an ordinary summary; a rebuild of all while a keyed one is paused', (place) => {
    place.begin({more: {
        sources: {flag: {from: 'flag', time: 'run', time_unit: 'seconds'}},
        summaries: {flags: {source: 'flag', grains: ['day'], measures: {n: 'count'}}},
    }});
    assert.match(place.run('query flags --key run=1', {code: 2}).err,
        /--key is for keyed summaries, and flags is none/);
    place.sql('UPDATE gaq SET flags = 99 WHERE run = 106');
    place.sql('UPDATE flags_day SET n = 99');
    place.run('pause --summary gaq', {code: 0});
    const {err} = place.run('rebuild --wait', {code: 1});
    assert.match(err, /summary gaq is paused, so it was not rebuilt: run `trueup resume`/);
    assert.equal(place.value('SELECT n FROM flags_day'), 3);
    assert.equal(place.value('SELECT flags FROM gaq WHERE pass = 1 AND run = 106'), 99);
    place.run('rebuild --wait --summary gaq', {code: 2});
    place.run('resume --summary gaq', {code: 0});
    place.run('rebuild --wait', {code: 0});
    place.settles();
});

/* The fault: an index over two tables is advised, and nobody can make one. */
onAll('check says which indexes a joined source wants, and is content with them', (place) => {
    place.begin({apply: false, more: {
        sources: {linked: {from: 'flag f', join: ['link l ON l.flag = f.id'], tenant: 'l.pass',
            time: 'f.run', time_unit: 'seconds'}},
        summaries: {linked: {source: 'linked', grains: ['day'], measures: {n: 'count'}}},
    }});
    const advice = /make one on \(f\.run\), one on the columns of each join's ON, and one on l\.pass/;
    assert.match(place.run('check', {code: 0}).out, advice);
    place.sql('CREATE INDEX flag_run ON flag(run)');
    place.sql('CREATE INDEX link_flag ON link(flag)');
    place.sql('CREATE INDEX link_pass ON link(pass)');
    assert.doesNotMatch(place.run('check', {code: 0}).out, /no index/);
});
