/*
 * One summary's `memory` that is too small for it: it is named, and the others are built.
 */
import assert from 'node:assert/strict';
import {conformTo, isTrue} from './conformance.mjs';

const ROWS = 14_000;
const sales = () => Array.from({length: ROWS}, (_, i) =>
    [i + 1, '2024-03-05 12:00:00', i]).concat([[ROWS + 1, '2024-03-06 12:00:00', 3]]);

conformTo('memory: a summary that does not fit into its own is left, and the others are built', {
    tables: 'CREATE TABLE sale(id {id}, at {instant}, amount {integer});',
    rows: {sale: sales()},
    spec: () => ({
        sources: {sale: {from: 'sale', time: 'at'}},
        summaries: {
            every: {source: 'sale', grains: ['day'], dimensions: {amount: 'amount'},
                measures: {n: 'count'}, refresh: {memory: '1MiB'}},
            few: {source: 'sale', grains: ['day', 'month'], measures: {n: 'count', most: 'max(amount)'}},
            more: {source: 'sale', grains: ['month'], measures: {total: 'sum(amount)'}},
        },
    }),
}, (place) => {
    const {err} = place.run('apply', {code: 1});
    assert.match(err, /summary every: one period of one tenant has more cells than `refresh: memory` allows/);
    assert.deepEqual(place.sql('SELECT n AS n FROM few_day ORDER BY n'), [{n: 1}, {n: ROWS}]);
    assert.equal(place.sql('SELECT total AS n FROM more_month').length, 1);
    const states = Object.fromEntries(place.json('status').summaries.map((each) => [each.summary, each]));
    assert.equal(states.few.right_from, states.more.right_from);
    assert.notEqual(states.every.right_from, states.few.right_from);
    assert.equal(states.every.state, 'failing');
    /* They can be rebuilt, and are not to blame. */
    const runOf = (summary) => place.json('runs').runs.find((each) => each.summary === summary);
    assert.equal(place.run('rebuild --summary few --wait', {code: 0}).err, '');
    assert.deepEqual([runOf('few').status, runOf('few').error ?? null], ['COMPLETED', null]);
    place.run('rebuild --summary more', {code: 0});
    place.run('run --once', {code: 1});
    assert.deepEqual(place.json('jobs --all').jobs.map(({status}) => status), ['COMPLETED']);
    /* And they are kept. */
    place.shell(`INSERT INTO sale(id, at, amount) VALUES (${ROWS + 2}, '2024-03-06 13:00:00', 20000)`);
    assert.match(place.run('run --once', {code: 1}).err, /summary every: /);
    assert.deepEqual(place.sql('SELECT n AS n, most AS most FROM few_day ORDER BY n'),
        [{n: 2, most: 20_000}, {n: ROWS, most: ROWS - 1}]);
    place.wanted.summaries.every.refresh.memory = '64MiB';
    place.spec(place.wanted);
    place.run('apply', {code: 0});
    isTrue(place, 'with more memory');
});
