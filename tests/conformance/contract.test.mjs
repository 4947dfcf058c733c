/*
 * What a stranger with the contract in hand met: keys whose type changes under them, mistakes that
 * must be named all at once and with their place, and what people read in status, runs and JSON.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {settles, isTrue, prepare} from './conformance.mjs';
import {chosenKinds} from '../e2e/servers.mjs';
import {Place, until} from '../e2e/trueup.mjs';

const SERVERS = ['postgresql', 'mariadb'];

/* A test for each database, on one with a table of events. */
function onEach(name, body, {columns = 'v {integer}', among} = {}) {
    for (const kind of chosenKinds(among))
        test(`${kind}: ${name}`, async (t) => {
            const place = await Place.on(kind, t);
            if (kind === 'sqlite')
                place.shell('PRAGMA journal_mode = WAL;');
            place.shell(place.say(`CREATE TABLE event(id {id}, at {instant}, ${columns});`));
            await body(place, kind);
        });
}

const SOURCES = {event: {from: 'event', time: 'at'}};
const ofEvents = (summary) => ({sources: SOURCES, summaries: {s: {source: 'event',
    grains: ['day', 'month'], measures: {n: 'count'}, ...summary}}});

/* ---- keys ---- */

/* The fault: upserts name the key as the type asks for it now, and the index stays the old one; or the
 * column that MariaDB's index is on holds 20 characters for ever. */
const WIDENED = {
    tables: `CREATE TABLE event(id {id}, at {instant}, kind VARCHAR(20));
        CREATE INDEX event_at ON event(at)`,
    rows: {event: [[1, '2024-03-01 10:00:00', 'a'], [2, '2024-03-01 11:00:00', null],
        [3, '2024-03-02 11:00:00', 'b']]},
    spec: ofEvents({dimensions: {kind: 'kind'}}),
    kinds: {kind: 'text'},
};
const WIDEN = {
    postgresql: `ALTER TABLE event ALTER COLUMN kind TYPE text;`,
    mariadb: `ALTER TABLE event MODIFY COLUMN kind LONGTEXT CHARACTER SET utf8mb4;
        ALTER TABLE s_day MODIFY COLUMN kind LONGTEXT CHARACTER SET utf8mb4
            COLLATE utf8mb4_nopad_bin;
        ALTER TABLE s_month MODIFY COLUMN kind LONGTEXT CHARACTER SET utf8mb4
            COLLATE utf8mb4_nopad_bin;`,
};

for (const kind of chosenKinds(SERVERS))
    test(`${kind}: a dimension's column is widened: the key of its cells is too`, async (t) => {
        const place = await prepare(WIDENED, kind, t);
        place.run('apply', {code: 0});
        place.shell(WIDEN[kind]);
        assert.match(place.run('plan --sql', {code: 0}).out, /trueup_key_/);
        place.run('apply', {code: 0});
        isTrue(place, 'after the index was made anew');
        assert.doesNotMatch(place.run('plan --sql', {code: 0}).out, /trueup_key_/);
        const texts = ['x'.repeat(300), 'x'.repeat(100), `${'x'.repeat(299)}y`, 'a'];
        for (const [i, text] of texts.entries())
            place.shell(`INSERT INTO event VALUES (${10 + i}, '2024-03-01 12:00:00', '${text}'),
                (${20 + i}, '2024-03-05 12:00:00', '${text}');`);
        settles(place, 'longer texts');
        place.shell(`DELETE FROM event WHERE kind = '${texts[0]}' OR kind IS NULL;`);
        settles(place, 'some of them gone');
    });

onEach('the expression of a dimension becomes a wider text', (place) => {
    place.spec(ofEvents({dimensions: {kind: 'kind'}}));
    place.run('apply', {code: 0});
    place.shell(`INSERT INTO event(at, kind) VALUES ('2024-03-01 12:00:00', 'a'),
        ('2024-03-01 12:00:00', 'A'), ('2024-03-01 12:00:00', NULL);`);
    place.run('run --once', {code: 0});
    place.spec(ofEvents({dimensions: {kind: 'upper(kind)'}}));
    place.run('apply', {code: 0});
    place.isQuiet();
    assert.deepEqual(place.sql(`SELECT kind, n FROM s_day ORDER BY n`), [{kind: null, n: 1},
        {kind: 'A', n: 2}]);
}, {columns: 'kind VARCHAR(20)'});

/* The fault: PostgreSQL and MariaDB write a time into a text column in their own form, the comparison
 * has another, and every cell is drift for ever. */
onEach('a dimension of times does not go into a column of text, nor a text into one of dates',
    (place) => {
        place.shell(place.say(`CREATE TABLE texts(bucket {date}, d {name}, n {integer});
            CREATE TABLE dates(bucket {date}, d {date}, n {integer});`));
        for (const [table, dimension, gives] of [['texts', 'at', 'times'], ['dates', 'note', 'text'],
            ['dates', 'at', 'times']]) {
            place.spec(ofEvents({grains: ['day'], table, dimensions: {d: dimension}}));
            assert.match(place.run('apply', {code: 2}).err, new RegExp(`${table}: column d is .*, `
                + `and the source gives ${gives}: the key would be converted`));
        }
    }, {columns: 'note VARCHAR(20)', among: SERVERS});

/* ---- numbers ---- */

/* The fault: "meets a blob '1000...', which is no number". */
onEach('a number of more digits than are added up is called one, and fails its bucket alone',
    (place) => {
        place.spec(ofEvents({measures: {n: 'count', total: 'sum(v)'}}));
        place.run('apply', {code: 0});
        place.shell(`INSERT INTO event(at, v) VALUES ('2024-03-01 00:00:00', 1${'0'.repeat(40)}),
            ('2024-04-02 00:00:00', 7)`);
        const {err} = place.run('run --once', {code: 1});
        assert.match(err, /sum\(v\) meets the number '10{40}(\.0+)?', which has more than 38 digits/);
        assert.deepEqual(place.sql('SELECT n, total FROM s_day')
            .map(({n, total}) => [Number(n), Number(total)]), [[1, 7]]);
        place.shell('UPDATE event SET v = 5 WHERE v > 100');
        place.run('run --once', {code: 0});
        place.isQuiet();
    }, {columns: 'v NUMERIC(60,2)', among: SERVERS});

/* ---- averages ---- */

/* The fault: only a summary that folds had the sums, so beside a max no week was made of days. */
onEach('an average beside what does not fold is added up too', (place) => {
    place.spec(ofEvents({measures: {n: 'count', most: 'max(v)', mean: 'avg(v)'}}));
    place.run('apply', {code: 0});
    const isMean = (wanted) => {
        place.run('run --once', {code: 0});
        place.isQuiet();
        const {rows, columns} = place.json('query s --grain week --measure mean', {code: 0});
        assert.deepEqual(columns, ['bucket', 'mean']);
        assert.deepEqual(rows.map(([bucket]) => bucket), ['2024-03-04', '2024-03-11']);
        for (const [i, mean] of wanted.entries())
            assert.ok(Math.abs(Number(rows[i][1]) - mean) < 1e-5, `${rows[i]}, not ${mean}`);
    };
    place.shell(`INSERT INTO event(at, v) VALUES ('2024-03-04 12:00:00', 1),
        ('2024-03-05 12:00:00', 2), ('2024-03-05 13:00:00', 4), ('2024-03-06 12:00:00', NULL),
        ('2024-03-12 12:00:00', 9);`);
    isMean([7 / 3, 9]);
    place.shell('DELETE FROM event WHERE v = 4;');
    isMean([1.5, 9]);
    const [{mean}] = place.sql('SELECT mean FROM s_month');
    assert.equal(Number(mean), 4);
});

/* ---- migrations ---- */

/* The fault: the view of a keyed summary's states was made once more by `apply`, since nothing said what
 * the one that is there was made of. */
onEach('plan --sql of a keyed summary, run by the client, leaves nothing to create', (place) => {
    const keyed = (value) => ({...ofEvents({}), summaries: {...ofEvents({}).summaries,
        k: {table: 'k', key: {v: 'integer'},
            keys: `SELECT v FROM event WHERE coalesce(note, '') <> 'it''s'`,
            query: `WITH w AS (SELECT k.v FROM {keys} k) SELECT w.v, ${value} AS n FROM w `
                + `JOIN event e ON e.v = w.v WHERE coalesce(e.note, '') <> 'it''s' GROUP BY w.v`,
            depends_on: {event: {keys: 'SELECT r.v FROM {row} r'}}}}});
    place.shell(`INSERT INTO event(at, v) VALUES ('2024-03-01 00:00:00', 7);`);
    for (const value of ['count(*)', 'count(*) + 1']) {
        place.spec(keyed(value));
        place.shell(place.run('plan --sql', {code: 0}).out);
        assert.equal(place.run('plan --sql', {code: 0}).out, '');
        assert.match(place.run('apply', {code: 0}).out, /^(installed: 0 statements|nothing to)/);
        assert.equal(place.run('plan --sql', {code: 0}).out, '');
        place.isQuiet();
    }
    assert.deepEqual(place.sql('SELECT v, n FROM k'), [{v: 7, n: 2}]);
}, {columns: 'v {integer}, note VARCHAR(20)'});

/* ---- mistakes ---- */

/* The fault: PostgreSQL's hint is a sentence, and "...column "event.v".: correct it" came of it. */
onEach('a misspelt column is named in one sentence', (place) => {
    place.spec(ofEvents({measures: {n: 'count', total: 'sum(vv)'}}));
    const {err} = place.run('apply', {code: 2});
    assert.match(err, /vv.*[^.]: correct it in the spec/);
});

onEach('what the database does not know is named all at once, each with its place', (place, kind) => {
    place.spec(`database: ${JSON.stringify(place.database.url)}
sources:
  gone: {from: nowhere, time: at}
  strange: {from: event, time: at, where: "no_such_function(v) = 1"}
  event: {from: event, time: at}
summaries:
  a: {source: gone, grains: [day], measures: {n: count}}
  b: {source: strange, grains: [day], measures: {n: count}}
  c: {source: event, grains: [day], measures: {n: sum(no_such_column)}}
  d:
    grains: [day]
    measures: {n: count}
    series:
      one: {source: event}
      two: {source: event, where: other_column > 1}
`);
    const {ok, problems} = place.json('check', {code: 2});
    assert.equal(ok, false);
    const wanted = [[3, 3, 'source gone', /there is no table nowhere/],
        [4, 3, 'source strange', /no_such_function/], [9, 3, 'summary c', /no_such_column/],
        [15, 7, 'summary d, series two', /other_column/]];
    const errors = problems.filter(({level}) => level === 'error');
    assert.equal(errors.length, wanted.length, JSON.stringify(errors));
    for (const [line, column, label, message] of wanted) {
        const found = errors.find(({where}) => where === `trueup.yaml:${line}:${column}: ${label}`);
        assert.ok(found, `${label}: ${JSON.stringify(errors)}`);
        assert.match(found.message, message);
        assert.doesNotMatch(found.message, /SELECT \(/, `${kind}: trueup's own statement`);
    }
    const {err} = place.run('apply', {code: 2});
    for (const [line, column] of wanted)
        assert.match(err, new RegExp(`trueup\\.yaml:${line}:${column}: `));
});

onEach('an unknown option is called one; postgres:// is PostgreSQL', (place, kind) => {
    assert.match(place.run('--nonsense check', {code: 2}).err, /there is no option --nonsense/);
    place.spec({database: 'postgres://127.0.0.1:1/x', ...ofEvents({})});
    place.run('check', {code: 3});
    if (kind !== 'postgresql')
        return;
    place.spec({database: place.database.url.replace('postgresql://', 'postgres://'),
        ...ofEvents({})});
    place.run('apply', {code: 0});
});

onEach('check --json of a database that does not answer is an object too', (place, kind) => {
    const urls = {sqlite: 'sqlite:no/such.db', postgresql: 'postgresql://127.0.0.1:1/x',
        mariadb: 'mariadb://root@127.0.0.1:1/x'};
    place.spec({database: urls[kind], ...ofEvents({})});
    const {ok, problems} = place.json('check', {code: 3});
    assert.equal(ok, false);
    assert.deepEqual(problems.map(({level, where}) => [level, where]), [['error', 'database']]);
});

/* ---- what people read ---- */

onEach('a bucket that fails where there are no tenants names none', (place) => {
    place.spec(ofEvents({measures: {n: 'count', total: 'sum(v)'}}));
    place.run('apply', {code: 0});
    place.shell(`INSERT INTO event(at, v) VALUES ('2024-03-01 00:00:00', 9223372036854775807),
        ('2024-03-01 00:00:00', 9223372036854775807);`);
    const {failed} = place.json('run --once', {code: 1});
    assert.ok(failed.length > 0);
    for (const failure of failed)
        assert.deepEqual([failure.summary, failure.tenant], ['s', null]);
    const status = place.run('status', {code: 1}).out;
    assert.match(status, /parked: summary s, bucket 2024-03-01, 1 attempts/);
    assert.doesNotMatch(status, /NULL/);
});

onEach('pending entries of a log have an age: not more than since the last settling', (place) => {
    place.spec(ofEvents({}));
    place.run('apply', {code: 0});
    const age = () => place.json('status').summaries[0];
    assert.deepEqual([age().pending, age().oldest_pending_s], [0, null]);
    place.shell(`INSERT INTO event(at) VALUES ('2024-03-01 00:00:00');`);
    assert.equal(age().pending, 1);
    assert.ok(Number.isInteger(age().oldest_pending_s) && age().oldest_pending_s >= 0,
        JSON.stringify(age()));
    place.run('run --once', {code: 0});
    assert.deepEqual([age().pending, age().oldest_pending_s], [0, null]);
});

onEach('a job that nobody can do is a FAILED run too', (place) => {
    place.spec(ofEvents({}));
    place.run('apply', {code: 0});
    const jobs = [['rebuild', 'nothing', /there is no summary nothing/],
        ['dancing', 's', /there is no work of kind dancing/]];
    for (const [kind, summary] of jobs)
        place.shell(`INSERT INTO trueup_job(kind, summary) VALUES ('${kind}', '${summary}');`);
    place.run('run --once', {code: 1});
    for (const [kind, summary, error] of jobs) {
        const runs = place.sql(`SELECT status, finished_at, error FROM trueup_run
            WHERE kind = '${kind}' AND summary = '${summary}'`);
        assert.equal(runs.length, 1, kind);
        assert.equal(runs[0].status, 'FAILED');
        assert.ok(runs[0].finished_at !== null);
        assert.match(runs[0].error, error);
    }
});

onEach('a line of drift ends with its last word', (place) => {
    place.shell(`INSERT INTO event(at) VALUES ('2024-03-01 00:00:00');`);
    place.spec(ofEvents({}));
    place.run('apply', {code: 0});
    place.shell(`UPDATE s_day SET n = 5;`);
    const lines = place.run('verify', {code: 1}).out.split('\n');
    assert.ok(lines.includes('drift: s_day bucket=2024-03-01: n is 5, true 1'), lines.join('\n'));
});

onEach('a keyed summary\'s moments say that they are UTC', async (place) => {
    place.shell(`INSERT INTO event(at, v) VALUES ('2024-03-01 00:00:00', 7);`);
    place.spec({summaries: {k: {table: 'k', key: {v: 'integer'}, keys: 'SELECT v FROM event',
        query: 'WITH w AS (SELECT k.v FROM {keys} k) SELECT w.v, count(*) AS n FROM w '
            + 'JOIN event e ON e.v = w.v GROUP BY w.v',
        depends_on: {event: {keys: 'SELECT r.v FROM {row} r'}}}}});
    place.run('apply', {code: 0});
    const moments = () => {
        const {columns, rows} = place.json('query k');
        return ['computed_at', 'invalid_since'].map((name) => rows[0][columns.indexOf(name)]);
    };
    assert.match(moments()[0], /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    place.shell(`INSERT INTO event(at, v) VALUES ('2024-03-01 00:00:00', 7);`);
    await until('the key is invalid', () => moments()[1] !== null);
    assert.match(moments()[1], /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});
