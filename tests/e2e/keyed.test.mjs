/*
 * Keyed summaries on all three databases: rows made by a query, one a key, redone when something
 * that it reads changes.
 *
 *   detector(pass, run, det)   which keys there are
 *   flag(id, run, bad, deleted, note) ── link(pass, flag)   what is counted for them
 *
 * The truth is the same question asked of the database's own client, without trueup.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import {DEPENDS_ON, GAQ, Keyed, body, chance, onAll} from './keyed.mjs';
import {chosenKinds} from './servers.mjs';

onAll('the first build, every kind of change, and what readers see of it', (place) => {
    place.begin();
    place.isRight();
    assert.deepEqual(place.invalid(), []);
    assert.match(place.run('apply', {code: 0}).out, /nothing to change/);
    const steps = [
        ['UPDATE flag SET bad = 5 WHERE id = 1', ['1/106']],
        [`UPDATE flag SET note = 'other' WHERE id = 1`, []],
        ['UPDATE flag SET bad = 5 WHERE id = 1', []],
        ['UPDATE flag SET deleted = 1 WHERE id = 2', ['1/107']],
        ['UPDATE flag SET deleted = 0 WHERE id = 3', ['2/106']],
        ['UPDATE flag SET run = 107 WHERE id = 1', ['1/106', '1/107']],
        ['INSERT INTO link VALUES (2, 1), (1, 3)', ['1/106', '2/107']],
        ['INSERT INTO detector VALUES (5, 200, 1)', ['5/200']],
        ['DELETE FROM link WHERE flag = 1', ['1/107', '2/107']],
        ['DELETE FROM flag', ['1/106', '1/107', '2/106']],
    ];
    for (const [sql, invalid] of steps) {
        place.sql(sql);
        assert.deepEqual(place.invalid().sort(), invalid, sql);
        place.settles();
    }
});

onAll('rows that go together name their keys, in whatever order their logs are settled', (place) => {
    place.begin();
    /* The flag and its link are gone when either's entry is looked at. */
    place.sql('DELETE FROM flag WHERE id = 1');
    place.sql('DELETE FROM link WHERE flag = 1');
    assert.deepEqual(place.invalid(), ['1/106']);
    place.settles();
    place.sql(`INSERT INTO flag(id, run, bad, deleted) VALUES (9, 106, 9, 0)`);
    place.sql('INSERT INTO link VALUES (2, 9)');
    place.sql('UPDATE flag SET run = 107 WHERE id = 9');
    place.sql('DELETE FROM link WHERE flag = 9');
    place.settles();
});

onAll('the oldest first; a batch has its bounds; a crash between batches loses nothing', (place) => {
    place.begin({keyed: {refresh: {batch: {min: 1, max: 1}}}});
    place.sql('UPDATE flag SET bad = 50 WHERE id = 1');
    place.sql('UPDATE flag SET bad = 51 WHERE id = 2');
    assert.deepEqual(place.invalid(), ['1/106', '1/107']);
    /* The first commit is the entries', the second the first key's. */
    place.run('run --once', {stop: 'apply.after_commit:kill:2'});
    assert.deepEqual(place.invalid(), ['1/107']);
    assert.equal(place.value('SELECT worst FROM gaq WHERE pass = 1 AND run = 106'), 50);
    assert.equal(place.value('SELECT worst FROM gaq WHERE pass = 1 AND run = 107'), 0);
    place.settles();
});

onAll('a key that changes while it is computed gets its values and stays invalid', async (place) => {
    place.begin();
    place.sql('UPDATE flag SET bad = 50 WHERE id = 1');
    const worker = await place.pausedAt('cells.computed:2', 'run --once');
    place.sql('UPDATE flag SET bad = 60 WHERE id = 1');
    /* So that it does not settle what came meanwhile as well. */
    const spec = place.control('trueup_spec');
    const digest = place.value(`SELECT digest FROM ${spec}`);
    place.sql(`UPDATE ${spec} SET digest = 'another'`);
    worker.go();
    await worker.end(2);
    place.sql(`UPDATE ${spec} SET digest = '${digest}'`);
    assert.deepEqual(place.invalid(), ['1/106']);
    assert.equal(place.value('SELECT worst FROM gaq WHERE pass = 1 AND run = 106'), 50);
    place.settles();
});

onAll('a slow worker never overwrites what another has computed since', async (place) => {
    place.begin();
    place.sql('UPDATE flag SET bad = 50 WHERE id = 1');
    const worker = await place.pausedAt('cells.computed:2', 'run --once');
    place.sql('UPDATE flag SET bad = 60 WHERE id = 1');
    /* As if its lock were lost: somebody else takes the turn. */
    place.sql(`UPDATE ${place.control('trueup_group')} SET turn = turn + 1`);
    worker.go();
    await worker.end();
    place.settles();
});

/* What fails where `note` says so. */
const FAILING = {
    sqlite: `CASE WHEN f.note = 'boom' THEN json('{') ELSE f.bad END`,
    postgresql: `CASE WHEN f.note = 'boom' THEN CAST(f.note AS bigint) ELSE f.bad END`,
    mariadb: `CASE WHEN f.note = 'boom' THEN 9223372036854775807 + f.id ELSE f.bad END`,
};

onAll('a key that fails is parked with its error, and hinders no other', (place, kind) => {
    place.begin({apply: false, keyed: {
        query: `WITH wanted AS (SELECT k.pass, k.run FROM {keys} k) ${body('wanted',
            FAILING[kind])}`,
        depends_on: {...DEPENDS_ON, flag: {...DEPENDS_ON.flag, columns: ['deleted', 'run', 'bad',
            'note']}},
    }});
    place.run('apply', {code: 0});
    place.sql(`UPDATE flag SET note = 'boom' WHERE id = 1`);
    place.sql('UPDATE flag SET bad = 77 WHERE id = 2');
    const {err} = place.run('run --once', {code: 1});
    assert.match(err, /pass=1,run=106: /);
    assert.equal(place.value('SELECT worst FROM gaq WHERE pass = 1 AND run = 107'), 77);
    assert.equal(place.value('SELECT worst FROM gaq WHERE pass = 1 AND run = 106'), 1);
    assert.deepEqual(place.invalid(), ['1/106']);
    const [state] = place.sql(`SELECT attempts, error FROM gaq_state WHERE run = 106
        AND pass = 1`);
    assert.equal(state.attempts, 1);
    assert.match(state.error, /malformed|invalid input syntax|out of range/);
    const quote = kind === 'mariadb' ? '`' : '"';
    const [parked] = place.sql(
        `SELECT summary, ${quote}key${quote} AS k, attempts FROM trueup_parked`);
    assert.deepEqual(parked, {summary: 'gaq', k: 'pass=1,run=106', attempts: 1});
    const [status] = place.json('status', {code: 1}).summaries;
    assert.equal(status.parked, 1);
    /* The change that corrects it brings it back at once. */
    place.sql(`UPDATE flag SET note = 'fine' WHERE id = 1`);
    place.settles();
    assert.equal(place.json('status', {code: 0}).summaries[0].parked, 0);
});

onAll('two rows for a key, and a value that its column does not take, are that key\'s error',
    (place, kind) => {
    place.begin({keyed: {query: `SELECT k.pass, k.run, f.bad AS flags, f.bad AS worst
        FROM {keys} k JOIN link l ON l.pass = k.pass JOIN flag f ON f.id = l.flag
        AND f.run = k.run`, keys: 'SELECT pass, run FROM detector WHERE pass = 1'}});
    const rows = () => place.sql('SELECT pass, run, worst FROM gaq ORDER BY run')
        .map((row) => Object.values(row).join(' '));
    assert.deepEqual(rows(), ['1 106 1', '1 107 0']);
    place.sql(`INSERT INTO flag(id, run, bad, deleted) VALUES (8, 107, 8, 0)`);
    place.sql('INSERT INTO link VALUES (1, 8)');
    place.sql('UPDATE flag SET bad = 3 WHERE id = 1');
    assert.match(place.run('run --once', {code: 1}).err, /pass=1,run=107: its query gives 2 rows/);
    assert.deepEqual(rows(), ['1 106 3', '1 107 0']);
    place.sql('DELETE FROM link WHERE flag = 8');
    place.run('run --once', {code: 0});
    /* A key without a row has none stored. */
    place.sql('DELETE FROM link WHERE flag = 2');
    assert.deepEqual(place.invalid(), ['1/107']);
    place.run('run --once', {code: 0});
    assert.deepEqual(rows(), ['1 106 3']);
    if (kind === 'sqlite')
        return;
    place.shell('ALTER TABLE gaq ADD CONSTRAINT small CHECK (worst < 100);');
    place.sql('UPDATE flag SET bad = 500 WHERE id = 1');
    place.sql('INSERT INTO link VALUES (1, 2)');
    assert.match(place.run('run --once', {code: 1}).err, /pass=1,run=106: /);
    assert.deepEqual(rows(), ['1 106 3', '1 107 0']);
    place.sql('UPDATE flag SET bad = 50 WHERE id = 1');
    place.run('run --once', {code: 0});
    assert.deepEqual(rows(), ['1 106 50', '1 107 0']);
});

onAll('drift is found, and mended key by key or altogether', (place) => {
    place.begin();
    place.sql('UPDATE gaq SET flags = 99 WHERE run = 107');
    place.sql('DELETE FROM gaq WHERE pass = 2');
    place.sql('INSERT INTO gaq(pass, run, flags) VALUES (8, 8, 8)');
    place.sql('UPDATE flag SET bad = 2 WHERE id = 1');
    const verify = place.json('verify', {code: 1});
    assert.deepEqual(verify.drift.map(({key, stored, true: right}) =>
        [`${key.pass}/${key.run}`, stored?.flags ?? null, right?.flags ?? null]).sort(),
    [['1/107', 99, 1], ['2/106', null, 0], ['8/8', 8, 0]]);
    assert.equal(verify.cells_pending, 1);
    assert.deepEqual(place.json('repair --summary gaq --key run=100..107,300 --key pass=1 --dry-run',
        {code: 0}).cells_drifted, 1);
    const repaired = place.json('repair --summary gaq --key run=100..107,300 --key pass=1',
        {code: 0});
    assert.equal(repaired.cells_checked, 2);
    assert.equal(repaired.cells_drifted, 1);
    assert.equal(repaired.cells_written, 2);
    const rebuilt = place.json('rebuild --summary gaq --wait', {code: 0});
    assert.equal(rebuilt.cells_drifted, 2);
    place.settles();
    assert.equal(place.json('status').summaries[0].drift, 3);
    /* Through the queue as well. */
    place.sql('UPDATE gaq SET flags = 98 WHERE run = 107');
    place.run('rebuild --summary gaq', {code: 0});
    place.sql(`INSERT INTO ${place.control('trueup_job')}(kind, summary, tenant)
        VALUES ('rebuild', 'gaq', 'x')`);
    place.run('run --once', {code: 1});
    place.isRight();
    assert.deepEqual(place.sql(`SELECT status, error FROM ${place.control('trueup_job')}
        ORDER BY id`).map(({status, error}) => `${status} ${error}`), ['COMPLETED null',
        'FAILED summary gaq is keyed: it has no days and no tenants']);
    const query = place.json('query gaq --key run=107', {code: 0});
    assert.deepEqual(query.columns.slice(0, 4), ['pass', 'run', 'flags', 'worst']);
    assert.deepEqual(query.rows.map((row) => row.slice(0, 4)), [[1, 107, 1, 0]]);
    for (const line of ['repair --summary gaq --key nothing=1', 'repair --summary gaq --key run=x',
        'repair --summary gaq --days 3', 'repair --key run=1 --days 1'])
        place.run(line, {code: 2});
});

onAll('a spec that changes, a pause, a summary that leaves and one that is dropped', (place) => {
    place.begin();
    place.sql('UPDATE flag SET bad = 2 WHERE id = 1');
    place.run('pause --summary gaq', {code: 0});
    place.run('run --once', {code: 0});
    assert.deepEqual(place.invalid(), ['1/106']);
    assert.equal(place.json('status').summaries[0].state, 'paused');
    place.run('resume --summary gaq', {code: 0});
    place.settles();
    place.spec({summaries: {gaq: {...GAQ, query: GAQ.query.replace('count(f.id)',
        '10 * count(f.id)')}}});
    place.run('run --once', {code: 2});
    place.run('apply', {code: 0});
    assert.equal(place.value('SELECT flags FROM gaq WHERE pass = 1 AND run = 106'), 10);
    place.run('verify', {code: 0});
    place.spec({summaries: {gaq: {...GAQ, key: {run: 'integer', pass: 'integer'},
        keys: 'SELECT DISTINCT run, pass FROM detector'}}});
    assert.match(place.run('apply', {code: 2}).err, /its key changed/);
    place.spec({summaries: {other: {...GAQ, table: 'other'}}});
    place.run('apply', {code: 0});
    const names = () => place.database.tables().map(({name}) => name);
    assert.ok(names().includes('gaq') && !names().includes('trueup_state_gaq'));
    place.run('drop --yes', {code: 0});
    assert.deepEqual(names().filter((name) => /^trueup_|other/.test(name)), []);
    place.sql('UPDATE flag SET bad = 3 WHERE id = 1');
});

onAll('keys of texts, dates and uuids; a query of another form', (place, kind) => {
    const A = '0f0e0d0c-0000-4000-8000-00000000000a';
    const B = '0f0e0d0c-0000-4000-8000-00000000000b';
    place.shell(place.say(`CREATE TABLE visit(id {id}, who {key}, day {date}, device ${
        kind === 'sqlite' ? 'TEXT' : '{uuid}'}, n {integer});
        INSERT INTO visit(who, day, device, n) VALUES ('a', '2024-03-01', '${A}', 1),
            ('a', '2024-03-01', '${A}', 2), ('007', '2024-03-02', '${B}', 4),
            ('it''s, x=1', '2024-03-02', '${A}', 8), (NULL, '2024-03-02', '${A}', 9);`));
    const select = 'who, day, device, sum(n) AS n, count(*) AS visits';
    place.spec({summaries: {visits: {
        key: {who: 'text', day: 'date', device: 'uuid'},
        keys: 'SELECT who, day, device FROM visit UNION SELECT who, day, device FROM visit',
        query: `SELECT v.who, v.day, v.device, sum(v.n) AS n, count(*) AS visits FROM visit v
            JOIN {keys} k ON k.who = v.who AND k.day = v.day AND k.device = v.device
            GROUP BY v.who, v.day, v.device`,
        depends_on: {visit: {keys: `SELECT who, day, device FROM {row} GROUP BY who, day, device`}},
    }}});
    place.run('apply', {code: 0});
    const isRight = () => place.same(`SELECT who, day, device, n, visits FROM visits`,
        `SELECT ${select} FROM visit WHERE who IS NOT NULL GROUP BY who, day, device`);
    isRight();
    for (const sql of [`UPDATE visit SET day = '2024-03-05' WHERE n = 2`,
        `UPDATE visit SET who = 'A' WHERE n = 1`, `DELETE FROM visit WHERE n = 4`,
        `UPDATE visit SET who = NULL WHERE n = 8`, `UPDATE visit SET device = '${B}'`]) {
        place.sql(sql);
        place.run('run --once', {code: 0});
        isRight();
        place.isQuiet();
    }
    assert.equal(place.json(['--json', 'repair', '--summary', 'visits', '--key',
        'day=2024-03-01..2024-03-04', '--key', `device=${B.toUpperCase()}`].slice(1).join(' '),
    {code: 0}).cells_checked, 1);
    const odd = {postgresql: ['infinity', '-infinity'], mariadb: ['0000-00-00', '2024-00-10']}[kind];
    for (const [i, day] of (odd ?? []).entries()) {
        place.sql(`UPDATE visit SET day = '${day}' WHERE n ${i ? '<' : '>'} 2`);
        place.run('run --once', {code: 0});
        isRight();
        place.isQuiet();
        assert.equal(place.json(`repair --summary visits --key day=${day}`,
            {code: 0}).cells_drifted, 0);
    }
    if (odd)
        assert.ok(place.value(`SELECT count(*) FROM visits WHERE day = '${odd[1]}'`) > 0);
});

onAll('a table that is also a source\'s: both settle together, in small batches', (place) => {
    place.begin({more: {
        sources: {flag: {from: 'flag', time: 'run', time_unit: 'seconds'}},
        summaries: {flags: {source: 'flag', grains: ['day'], measures: {n: 'count',
            worst: 'max(bad)'}, refresh: {batch: {min: 1, max: 3}}}},
    }});
    const both = () => {
        place.settles();
        place.same('SELECT n, worst FROM flags_day',
            'SELECT count(*) AS n, max(bad) AS worst FROM flag HAVING count(*) > 0');
    };
    both();
    random(place, both, 25, 3);
});

/* ---- histories by chance ---- */

function statement(pick) {
    const run = 106 + pick(4);
    const pass = 1 + pick(3);
    const flag = 1 + pick(12);
    return [
        () => `INSERT INTO flag(id, run, bad, deleted, note) SELECT ${flag}, ${run}, ${pick(5)},
            0, 'x' FROM (SELECT 1 AS one) AS o
            WHERE NOT EXISTS (SELECT 1 FROM flag f WHERE f.id = ${flag})`,
        () => `INSERT INTO link VALUES (${pass}, ${flag})`,
        () => `UPDATE flag SET bad = ${pick(9)} WHERE id = ${flag}`,
        () => `UPDATE flag SET run = ${run}, deleted = ${pick(2)} WHERE id = ${flag}`,
        () => `UPDATE link SET flag = ${flag} WHERE flag = ${1 + pick(12)}`,
        () => `UPDATE link SET pass = ${pass} WHERE flag = ${flag}`,
        () => `DELETE FROM link WHERE flag = ${flag} AND pass = ${pass}`,
        () => `DELETE FROM flag WHERE id = ${flag}`,
        () => `INSERT INTO detector VALUES (${pass}, ${run}, ${pick(3)})`,
        () => `DELETE FROM detector WHERE pass = ${pass} AND run = ${run}`,
    ][pick(10)]();
}

/* Transactions, with settling that is killed at some point in between. */
function random(place, settles, rounds, seed) {
    const pick = chance(seed);
    const points = ['entries.taken', 'cells.computed', 'turn.taken', 'cells.written',
        'apply.before_commit', 'apply.after_commit'];
    for (let round = 0; round < rounds; round++) {
        const sql = Array.from({length: 1 + pick(6)}, () => statement(pick));
        const end = pick(5) === 0 ? 'ROLLBACK' : 'COMMIT';
        place.shell(`BEGIN;\n${sql.join(';\n')};\n${end};\n`);
        if (pick(3) === 0)
            place.run('run --once', {stop: `${points[pick(points.length)]}:kill:${1 + pick(4)}`});
        else if (pick(3) === 0)
            settles();
    }
    settles();
}

onAll('random histories with crashes', (place) => {
    const seed = Number(process.env.SEED ?? 20261122);
    place.begin({keyed: {refresh: {batch: {min: 1, max: 2}}}});
    random(place, () => place.settles(), 60, seed);
});

/* A link and its flag are changed by two transactions that do not see each other, and settled before,
 * between and after their commits: the key that only both together name must not be missed. */
for (const kind of chosenKinds(['postgresql', 'mariadb']))
    test(`${kind}: transactions that overlap, in every order of commits and settling`, async (t) => {
        const place = (await Keyed.on(kind, t)).begin();
        const pick = chance(7);
        const flags = place.writer();
        const links = place.writer();
        const orders = [[flags, links], [links, flags]];
        for (let round = 0; round < 16; round++) {
            const flag = 1 + pick(3);
            const order = orders[round % 2];
            const settles = [round & 2, round & 4, round & 8];
            await flags.do(`BEGIN; UPDATE flag SET run = ${106 + pick(2)}, bad = ${pick(9)}
                WHERE id = ${flag}`);
            await links.do(pick(2) === 0
                ? `BEGIN; INSERT INTO link VALUES (${1 + pick(2)}, ${flag})`
                : `BEGIN; DELETE FROM link WHERE flag = ${flag}`);
            for (const [i, writer] of [null, ...order].entries()) {
                await writer?.do('COMMIT');
                if (settles[i])
                    place.run('run --once', {code: 0});
            }
            if (pick(2) === 0)
                place.settles();
        }
        place.settles();
    });

onAll('what is wrong with a spec is said; a table that nobody watches is a warning', (place) => {
    place.begin({apply: false});
    const problems = (gaq, code) => {
        place.spec({summaries: {gaq: {...GAQ, ...gaq}}});
        return place.json('check', {code}).problems.map(({message}) => message).join('\n');
    };
    assert.doesNotMatch(problems({}, 0), /summary|depends_on/);
    const rest = {...DEPENDS_ON};
    delete rest.link;
    assert.match(problems({depends_on: {...rest, flag: {keys: 'SELECT 1, r.run FROM {row} r'}}}, 0),
        /`query` reads table link, which is not in `depends_on`/);
    assert.match(problems({depends_on: {...DEPENDS_ON, link: {
        keys: 'SELECT r.pass, f.run FROM {row} r JOIN flag f ON f.id = r.flag'}}}, 0),
    /link reads table flag, as it is now only/);
    for (const [gaq, wanted] of [
        [{query: 'SELECT 1 AS pass, 2 AS run, 3 AS x'}, /\{keys\} 0 times/],
        [{query: 'SELECT k.pass, 3 AS x FROM {keys} k'}, /does not give the key's column run/],
        [{query: 'SELECT k.pass, k.run FROM {keys} k'}, /the key and nothing else/],
        [{query: 'SELECT k.pass, k.run, nothing FROM {keys} k'}, /nothing/],
        [{query: 'DELETE FROM flag'}, /begins with SELECT or WITH/],
        [{key: {pass: 'integer', run: 'money'}}, /money/],
        [{key: {pass: 'integer', error: 'integer'}}, /trueup's own/],
        [{keys: 'SELECT pass FROM detector'}, /gives 1 columns, and the key has 2/],
        [{depends_on: {...DEPENDS_ON, gaq: {keys: 'SELECT 1, 2 FROM {row} r'}}}, /writes itself/],
        [{depends_on: {flag: {keys: 'SELECT l.pass, r.run FROM {row} r JOIN {link} l ON 1'}}},
            /none of its tables/],
        [{depends_on: {flag: {columns: ['nothing'], keys: 'SELECT 1, r.run FROM {row} r'}}},
            /no column nothing/],
        [{depends_on: {nowhere: {keys: 'SELECT 1, r.run FROM {row} r'}}}, /no table nowhere/],
        [{grains: ['day']}, /has `key`, which is a keyed summary.s, and `grains`/],
        [{refresh: {batch: {min: 5, max: 2}}}, /min is at most max/],
    ])
        assert.match(problems(gaq, 2), wanted);
});
