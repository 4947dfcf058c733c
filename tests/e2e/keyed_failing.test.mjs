/*
 * A keyed summary whose query the database cannot evaluate fails alone: the others of its group go
 * on, and when it can be evaluated again all its keys are listed, so nothing that changed meanwhile
 * is lost.
 *
 *   flag.extra       read by `query`, not captured: what comes back may be another column
 *   detector.det     read by `keys`
 *   flag.bad         captured: who renames it takes it from the triggers too
 */
import assert from 'node:assert/strict';
import {DEPENDS_ON, GAQ, Keyed, body, onAll} from './keyed.mjs';
import {until} from './processes.mjs';

const EXTRA = {
    keys: 'SELECT DISTINCT pass, run FROM detector WHERE det > 0',
    query: `WITH wanted AS (SELECT k.pass, k.run FROM {keys} k) ${body('wanted', 'f.extra')}`,
    depends_on: {...DEPENDS_ON, detector: {...DEPENDS_ON.detector, columns: ['pass', 'run']}},
};
const OTHER = {...GAQ, table: 'other', depends_on: EXTRA.depends_on};

/* gaq reads flag.extra, other does not; both are of one group. */
function begin(place) {
    const alter = place.kind === 'sqlite' ? '' : ', ALTER COLUMN extra SET DEFAULT 3';
    place.begin({apply: false, keyed: EXTRA, more: {summaries: {other: OTHER}}});
    place.shell('ALTER TABLE flag ADD COLUMN extra INTEGER DEFAULT 3;');
    place.run('apply', {code: 0});
    isRight(place, 'gaq', 'f.extra');
    isRight(place, 'other', 'f.bad');
    return alter;
}

function isRight(place, table, value) {
    const keys = `(SELECT pass, run FROM detector UNION SELECT pass, run FROM ${table})`;
    place.same(`SELECT pass, run, flags, worst FROM ${table}`, body(keys, value), table);
}

const rowsOf = (place, table) =>
    place.sql(`SELECT pass, run, flags, worst FROM ${table} ORDER BY pass, run`);

const rename = (place, table, from, to) =>
    place.shell(`ALTER TABLE ${table} RENAME COLUMN ${from} TO ${to};`);

/* Everything is right, and nothing is noted. */
function isWhole(place) {
    isRight(place, 'gaq', 'f.extra');
    isRight(place, 'other', 'f.bad');
    assert.deepEqual(place.invalid(), []);
    assert.deepEqual(place.json('status', {code: 0}).failing, []);
    place.run('verify', {code: 0});
}

onAll('a column dropped under a query: it alone fails, and comes back right', (place) => {
    begin(place);
    const before = rowsOf(place, 'gaq');
    place.shell('ALTER TABLE flag DROP COLUMN extra;');
    place.sql('UPDATE flag SET bad = 40 WHERE id = 1');
    place.sql('UPDATE flag SET deleted = 1 WHERE id = 2');
    place.sql('INSERT INTO detector VALUES (5, 200, 1)');

    const {failed} = place.json('run --once', {code: 1});
    assert.deepEqual(failed.map(({summary}) => summary), ['gaq']);
    assert.match(failed[0].error, /`query`: .*extra/);
    isRight(place, 'other', 'f.bad');
    assert.deepEqual(rowsOf(place, 'gaq'), before);
    assert.equal(place.invalid().length, 3, 'a reader is told of every key');

    const {failing} = place.json('status', {code: 1});
    assert.deepEqual(failing.map(({summary, series}) => [summary, series]), [['gaq', null]]);
    assert.match(failing[0].error, /extra/);
    assert.match(place.run('status').out, /^failing since .*summary gaq: .*extra/m);
    assert.equal(place.value(`SELECT count(*) FROM ${place.control('trueup_failing')}`), 1);
    assert.match(place.run('verify', {code: 1}).err, /extra/);
    assert.match(place.run('repair --summary gaq', {code: 1}).err, /extra/);
    assert.match(place.run('rebuild --wait', {code: 1}).err, /extra/);
    const {runs} = place.json('runs');
    const lastOf = (name) => runs.find(({kind, summary}) => kind === 'rebuild' && summary === name);
    assert.match(lastOf('gaq').error, /extra/);
    assert.deepEqual([lastOf('other').status, lastOf('other').error ?? null], ['COMPLETED', null]);
    place.run('rebuild --summary other', {code: 0});
    place.run('run --once', {code: 1});
    assert.deepEqual(place.json('jobs --all').jobs.map(({status}) => status), ['COMPLETED']);
    assert.match(place.run('check', {code: 2}).out, /extra/);
    const query = place.json('query gaq --key run=106', {code: 1});
    assert.deepEqual(query.rows.map((row) => row.slice(0, 4)),
        before.filter(({run}) => run === 106).map((row) => Object.values(row)));
    assert.match(query.errors[0].error, /extra/);
    assert.ok(query.rows.every((row) => row[5] !== null), 'invalid since');
    place.run('query other', {code: 0});

    /* The note is there already: nothing more is written, and nothing lost. */
    place.sql('UPDATE flag SET bad = 41 WHERE id = 1');
    place.run('run --once', {code: 1});
    isRight(place, 'other', 'f.bad');

    /* Not one row was changed by a statement that a trigger sees. */
    place.shell('ALTER TABLE flag ADD COLUMN extra INTEGER DEFAULT 8;');
    assert.match(place.run('status', {code: 1}).out, /failing since/);
    place.run('run --once', {code: 0});
    assert.equal(place.value('SELECT worst FROM gaq WHERE pass = 1 AND run = 106'), 8);
    isWhole(place);
});

onAll('no change is lost, wherever the turns that note it and take the note away are killed',
    (place) => {
    begin(place);
    for (const stop of ['apply.before_commit:kill', 'apply.after_commit:kill',
        'apply.before_commit:kill:2', 'apply.after_commit:kill:2']) {
        rename(place, 'flag', 'extra', 'gone');
        place.sql(`UPDATE flag SET bad = bad + 1, gone = gone + 1 WHERE id = 1`);
        place.sql('DELETE FROM link WHERE flag = 2');
        place.run('run --once', {stop});
        rename(place, 'flag', 'gone', 'extra');
        place.sql('INSERT INTO link VALUES (1, 2)');
        place.run('run --once', {stop});
        place.run('run --once', {code: 0});
        isWhole(place);
    }
});

onAll('`keys` that cannot be evaluated, and a captured column that is gone', (place) => {
    begin(place);
    rename(place, 'detector', 'det', 'detects');
    place.sql('UPDATE flag SET bad = 50, extra = 50 WHERE id = 1');
    const {failed} = place.json('run --once', {code: 1});
    assert.deepEqual(failed.map(({summary}) => summary), ['gaq']);
    assert.match(failed[0].error, /`keys`: .*det/);
    isRight(place, 'other', 'f.bad');
    rename(place, 'detector', 'detects', 'det');
    place.run('run --once', {code: 0});
    isWhole(place);

    /* Both read it, so both fail; what a trigger could not see is said, and `apply` mends it. */
    rename(place, 'flag', 'bad', 'worse');
    place.sql('DELETE FROM link WHERE flag = 1');
    const both = place.json('run --once', {code: 1}).failed;
    assert.deepEqual([...new Set(both.map(({summary}) => summary))].filter(Boolean).sort(),
        ['gaq', 'other']);
    place.run('status', {code: 1});
    rename(place, 'flag', 'worse', 'bad');
    place.run('apply', {code: 0});
    place.run('run --once', {code: 0});
    isWhole(place);
});

onAll('the daemon: the others are kept up, and it is taken up again', async (place) => {
    const spec = {refresh: {settle: '50ms'}};
    place.begin({apply: false, keyed: {...EXTRA, ...spec},
        more: {summaries: {other: {...OTHER, ...spec}}}});
    place.shell('ALTER TABLE flag ADD COLUMN extra INTEGER DEFAULT 3;');
    place.run('apply', {code: 0});
    const daemon = place.start('run --log-format json');
    const sees = (what, happens) => until(what, () => {
        assert.equal(daemon.result, null, daemon.err);
        return happens();
    }, 120_000);
    const worst = (table) =>
        place.value(`SELECT worst FROM ${table} WHERE pass = 1 AND run = 106`);
    rename(place, 'flag', 'extra', 'gone');
    place.sql('UPDATE flag SET bad = 60 WHERE id = 1');
    await sees('the other to be settled', () => worst('other') === 60);
    await sees('the failure to be told', () => /`query`: .*extra/.test(daemon.err));
    place.sql('UPDATE flag SET bad = 61, gone = 61 WHERE id = 1');
    await sees('the other to be settled again', () => worst('other') === 61);
    rename(place, 'flag', 'gone', 'extra');
    await sees('it to be taken up', () => worst('gaq') === 61 && place.invalid().length === 0);
    await sees('status to be well', () => place.run('status').code === 0);
    daemon.signal('SIGTERM');
    assert.equal((await daemon.end()).code, 143);
    isWhole(place);
});
