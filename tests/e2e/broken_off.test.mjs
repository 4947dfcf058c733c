/*
 * `apply` and `drop` killed at each of their statements, on every database. Where DDL is no
 * transaction, any part of what they make stays behind; `drop` takes it away, without touching what
 * is the user's, and `apply` completes it.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {until} from './processes.mjs';
import {chosenKinds} from './servers.mjs';
import {House, HOUSE_SPEC} from './trueup.mjs';

/* More than apply or drop have statements. */
const MOST = 80;

/* A user's own tables: one that a summary uses, with a row's column trueup does not know, and one that
 * has only such a name. */
const OWN = `
    CREATE TABLE folded_year(shop {name} NOT NULL, bucket {date} NOT NULL, n {integer}, total {integer},
        mean {average}, remark {text});
    CREATE TABLE trueup_of_mine(id {integer} PRIMARY KEY){options};
    INSERT INTO trueup_of_mine VALUES (7);`;

/* Where all is one transaction, to be killed at one statement is much like being killed at the next. */
const STEP = {sqlite: 1, postgresql: 6, mariadb: 1};

/* All that is in the database; SQLite keeps an empty list of its own once there were growing ids. */
const content = (house) => house.database.dump('').replaceAll('DELETE FROM sqlite_sequence;\n', '');

const names = (house) => house.database.tables().map(({name}) => name)
    .filter((name) => !name.startsWith('sqlite_')).sort();

/* Types of a summary's columns. */
const AVERAGES = {sqlite: 'REAL', postgresql: 'numeric', mariadb: 'DECIMAL(38,6)'};
const own = (house, text) => house.say(text.replaceAll('{average}', AVERAGES[house.kind])
    .replaceAll('shop {name}', 'shop {key}'));

function onEach(name, body) {
    for (const kind of chosenKinds())
        test(`${kind}: ${name}`, async (t) => body(await House.on(kind, t, {days: 3, apply: false})));
}

/* Runs `line` killed at its nth statement, for each n there is: `after` is told each time. */
function killAtEach(house, line, after) {
    for (let n = 1; n <= MOST; n += STEP[house.kind]) {
        const {signal, code, err} = house.run(line, {stop: `ddl.statement:kill:${n}`});
        if (signal !== 'SIGKILL') {
            assert.equal(code, 0, err);
            assert.ok(n > 5, `only ${n} statements`);
            return;
        }
        after(n);
    }
    assert.fail(`more than ${MOST} statements`);
}

onEach('apply is killed at each statement: drop leaves nothing of it', (house) => {
    const before = names(house);
    const whole = content(house);
    killAtEach(house, 'apply', (n) => {
        const {code, err} = house.run('drop --yes');
        assert.ok(code === 0 || /there is nothing to drop/.test(err), `${n}: ${err}`);
        assert.deepEqual(names(house), before, `killed at statement ${n}`);
        assert.equal(content(house), whole, `killed at statement ${n}`);
    });
    house.isTrue();
});

onEach('apply is killed at each statement: apply completes it, and drop then takes all', (house) => {
    const before = names(house);
    for (const n of [2, 14, 17, 19, 22, 26]) {
        const {signal, err} = house.run('apply', {stop: `ddl.statement:kill:${n}`});
        assert.equal(signal, 'SIGKILL', err);
        house.run('apply', {code: 0});
        house.isTrue();
        house.run('drop --yes', {code: 0});
        assert.deepEqual(names(house), before, `killed at statement ${n}`);
    }
});

onEach('drop is killed at each statement: drop again leaves nothing', (house) => {
    const before = names(house);
    const whole = content(house);
    house.run('apply', {code: 0});
    killAtEach(house, 'drop --yes', (n) => {
        const {code, err} = house.run('drop --yes');
        assert.ok(code === 0 || /there is nothing to drop/.test(err), `${n}: ${err}`);
        assert.deepEqual(names(house), before, `killed at statement ${n}`);
        assert.equal(content(house), whole, `killed at statement ${n}`);
        house.run('apply', {code: 0});
    });
    assert.deepEqual(names(house), before);
});

onEach('what the user made stays, whenever apply was killed', (house) => {
    house.shell(own(house, OWN));
    const before = names(house);
    for (const n of [13, 16, 18, 20, 24]) {
        house.run('apply', {stop: `ddl.statement:kill:${n}`});
        house.run('drop --yes');
        assert.deepEqual(names(house), before, `killed at statement ${n}`);
        assert.equal(house.value('SELECT id FROM trueup_of_mine'), 7);
    }
    house.run('apply', {code: 0});
    house.run('drop --yes', {code: 0});
    assert.deepEqual(names(house), before);
});

/* Rows in a table that apply was about to make are somebody else's. */
onEach('a table made by the user after a kill is not taken for trueup\'s', (house) => {
    house.run('apply', {stop: 'ddl.statement:kill:17'});
    const isThere = names(house).includes('folded_year');
    if (!isThere)
        house.shell(own(house, `CREATE TABLE folded_year(shop {name} NOT NULL, bucket {date} NOT NULL,
            n {integer}, total {integer}, mean {average});
            INSERT INTO folded_year(shop, bucket, n) VALUES ('tokyo', '1999-01-01', 1)`));
    assert.match(house.run('apply', {code: 2}).err, /rows that are not from trueup/);
    house.run('drop --yes');
    assert.deepEqual(house.sql('SELECT n FROM folded_year'), [{n: 1}]);
});

/* ---- drop without a spec that fits ---- */

onEach('drop when the spec changed, and when its tables are gone', (house) => {
    const before = names(house);
    house.run('apply', {code: 0});
    house.spec({...HOUSE_SPEC, summaries: {other: HOUSE_SPEC.summaries.daily}});
    assert.match(house.run('drop --summary other --yes', {code: 2}).err, /run `trueup apply`/);
    house.run('drop --yes', {code: 0});
    assert.deepEqual(names(house), before);
    house.spec(HOUSE_SPEC);
    house.run('apply', {code: 0});
    house.shell('DROP TABLE sale');
    house.run('drop --yes', {code: 0});
    assert.deepEqual(names(house), ['shop']);
    assert.match(house.run('drop --yes', {code: 2}).err, /nothing of trueup is in this database/);
});

/* ---- drop while another worker settles ---- */

const LOCK_WAITS = {
    postgresql: `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
        AND datname = current_database()`,
    mariadb: `SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'UPDATE%trueup_group%'`,
};

/* SQLite has one writer at a time. */
for (const kind of chosenKinds().filter((each) => each !== 'sqlite'))
    test(`${kind}: drop: who read before puts nothing of it back on the lists`, async (t) => {
        const house = await House.on(kind, t, {days: 20});
        house.shell('UPDATE sale SET amount = amount + 1');
        const settler = house.start('run --once', {stop: 'cells.computed:pause'});
        await settler.paused();
        const dropper = house.start('drop --summary daily --keep-tables --yes',
            {stop: 'drop.forgets:pause'});
        await dropper.paused();
        settler.go();
        await until('the settler to wait for the drop, or to be done', () => settler.result !== null
            || house.value(LOCK_WAITS[kind]) > 0);
        dropper.go();
        assert.equal((await dropper.end()).code, 0, dropper.err);
        await settler.end();
        for (const list of ['trueup_pending', 'trueup_build', 'trueup_boundary'])
            assert.equal(house.value(`SELECT count(*) FROM ${house.control(list)}
                WHERE summary = 'daily'`), 0, list);
    });
