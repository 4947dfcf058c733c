/*
 * No run is left STARTED for ever, whatever became of who began it, on every database.
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';
import {onAll} from './keyed.mjs';
import {HOUSE_SPEC} from './trueup.mjs';

const runs = (place) => place.sql(`SELECT kind, summary, status
    FROM ${place.control('trueup_run')} WHERE kind <> 'settle' ORDER BY id`)
    .map(({kind, summary, status}) => `${kind} ${summary} ${status}`);

/* The fault: a run of a build is left to whoever goes on with it; a keyed one has no such. */
onAll('a rebuild of keys that was killed is FAILED when the next worker looks', (place) => {
    place.begin();
    place.run('rebuild --summary gaq --wait', {stop: 'apply.before_commit:kill'});
    assert.equal(runs(place).at(-1), 'rebuild gaq STARTED');
    place.run('run --once', {code: 0});
    assert.equal(runs(place).at(-1), 'rebuild gaq FAILED');
    place.settles();
});

/* The fault: what was to be built goes with the summary, its run stays. */
onEach('the build of a summary that is dropped meanwhile is FAILED', (house) => {
    house.run('apply --no-build', {code: 0});
    const started = runs(house).filter((run) => run.endsWith('STARTED'));
    assert.ok(started.length > 0, 'its build is asked for');
    house.run('drop --summary daily --yes', {code: 0});
    const {daily, ...summaries} = HOUSE_SPEC.summaries;
    house.spec({...HOUSE_SPEC, summaries});
    house.run('apply', {code: 0});
    house.run('run --once', {code: 0});
    assert.deepEqual(runs(house).filter((run) => run.endsWith('STARTED')), []);
    assert.deepEqual(runs(house).filter((run) => run.startsWith('build daily')),
        ['build daily FAILED']);
}, {apply: false});

/* The fault: what settling did in an hour was added to any row of settling that began with the hour. */
onEach('what settling did is added to its own row, not to one that failed', (house) => {
    const row = (status) => house.sql(`SELECT sum(rows_read) AS n FROM ${house.control('trueup_run')}
        WHERE kind = 'settle' AND status = '${status}'`)[0].n;
    const change = () => house.shell(`INSERT INTO sale(shop, at, amount)
        VALUES ('tokyo', '2024-03-02 01:00:00', 5)`);
    change();
    house.run('run --once', {code: 0});
    house.shell(`UPDATE ${house.control('trueup_run')} SET status = 'FAILED' WHERE kind = 'settle'`);
    const before = row('FAILED');
    change();
    house.run('run --once', {code: 0});
    assert.deepEqual(row('FAILED'), before);
    assert.ok(Number(row('COMPLETED')) > 0);
});
