/*
 * A source's table that is dropped: its summaries fail alone, everybody else goes on, and when it is
 * there again they are right again. On every database.
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';
import {until} from './processes.mjs';
import {HOUSE_SPEC} from './trueup.mjs';

/* `visit` stands alone; `sold` joins it to the house's own table, which two other summaries read. */
const SPEC = {
    ...HOUSE_SPEC,
    sources: {
        ...HOUSE_SPEC.sources,
        visit: {from: 'visit', tenant: 'shop', time: 'at'},
        sold: {from: 'sale', join: ['left visit ON visit.id = sale.id'], tenant: 'sale.shop',
            time: 'sale.at'},
    },
    summaries: {
        ...HOUSE_SPEC.summaries,
        visits: {source: 'visit', grains: ['day'], columns: {tenant: 'shop'},
            measures: {n: 'count', most: 'max(size)'}},
        joined: {source: 'sold', grains: ['month'], columns: {tenant: 'shop'},
            measures: {n: 'count', visits: 'count where visit.size IS NOT NULL'}},
        sizes: {table: 'sizes', key: {shop: 'text'},
            keys: 'SELECT DISTINCT shop FROM visit',
            query: 'SELECT k.shop, count(*) AS n FROM {keys} k JOIN visit v ON v.shop = k.shop ' +
                'GROUP BY k.shop',
            depends_on: {visit: {keys: 'SELECT shop FROM {row}'}}},
    },
};
const VISIT = 'CREATE TABLE visit(id {id}, shop {name}, at {instant}, size {integer})';
const FAILING = ['joined', 'sizes', 'visits'];
const names = (failing) => [...new Set(failing.map(({summary}) => summary))].sort();

function fill(house) {
    house.shell(house.say(VISIT));
    house.shell(`INSERT INTO visit(shop, at, size) SELECT shop, at, amount FROM sale`);
}

function isAllRight(house) {
    house.isRight();
    house.same('SELECT shop, n, most FROM visits_day', `SELECT v.shop, count(*) AS n,
        max(size) AS most FROM visit v GROUP BY v.shop, ${house.kind === 'sqlite'
        ? "date(at, CASE shop WHEN 'tokyo' THEN '+9 hours' WHEN 'phoenix' THEN '-7 hours' ELSE '+345 minutes' END)"
        : house.kind === 'mariadb'
            ? "date(at + INTERVAL CASE shop WHEN 'tokyo' THEN 540 WHEN 'phoenix' THEN -420 ELSE 345 END MINUTE)"
            : "date(at + CASE shop WHEN 'tokyo' THEN 540 WHEN 'phoenix' THEN -420 ELSE 345 END * INTERVAL '1 minute')"}`);
    house.same('SELECT shop, n FROM sizes', 'SELECT shop, count(*) AS n FROM visit GROUP BY shop');
    assert.equal(house.value('SELECT sum(n) FROM joined_month'), house.value('SELECT count(*) FROM sale'));
    assert.equal(house.value('SELECT sum(visits) FROM joined_month'), house.value(
        'SELECT count(v.size) FROM sale s LEFT JOIN visit v ON v.id = s.id'));
}

const more = (house, id) => house.shell(`INSERT INTO sale(id, shop, at, amount)
    VALUES (${id}, 'tokyo', '2024-03-03 04:00:00', 7)`);

/* The fault: exit 2 for all summaries until somebody made the table again. */
onEach('a table that is dropped fails its own summaries, and no other', (house) => {
    fill(house);
    house.spec(SPEC);
    house.run('apply', {code: 0});
    isAllRight(house);
    house.shell('DROP TABLE visit');
    more(house, 9001);
    const {failed} = house.json('run --once', {code: 1});
    assert.deepEqual(names(failed.filter(({summary}) => summary !== null)), FAILING);
    assert.ok(failed.some(({error}) => /table visit/.test(error)));
    house.isRight();
    const status = house.json('status', {code: 1});
    assert.deepEqual(names(status.failing), FAILING);
    for (const {summary, state} of status.summaries)
        assert.equal(FAILING.includes(summary), state !== 'right', `${summary}: ${state}`);
    assert.match(house.run('status', {code: 1}).out, /summary visits.*no table visit/);
    const failedRuns = () => house.runs().filter((run) => run.status === 'FAILED').length;
    const before = failedRuns();
    assert.ok(before > 0);
    more(house, 9002);
    house.run('run --once', {code: 1});
    assert.equal(failedRuns(), before, 'it is said once');
    house.isRight();
    house.run('verify', {code: 1});
    house.json('query visits --grain day', {code: 1});
    house.run('repair --summary daily --date 2024-03-03', {code: 0});
    house.run('apply', {code: 2});
    /* It is back, with other rows: what is stored is none of theirs. */
    house.shell(house.say(VISIT));
    house.shell(`INSERT INTO visit(shop, at, size) SELECT shop, at, amount FROM sale
        WHERE shop <> 'phoenix'`);
    house.run('apply', {code: 0});
    house.run('run --once', {code: 0});
    isAllRight(house);
    assert.deepEqual(house.json('status', {code: 0}).failing, []);
    house.isQuiet();
}, {apply: false});

/* A daemon has the model of before: it must see that the table went, and that it is back. */
onEach('a table that is dropped under a daemon', async (house) => {
    fill(house);
    house.spec(SPEC);
    house.run('apply', {code: 0});
    const daemon = await house.daemon();
    house.shell('DROP TABLE visit');
    more(house, 9001);
    await until('the others to be settled', async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return house.value(`SELECT count(*) FROM ${house.control('trueup_failing')}`) >= 3 &&
            house.value(`SELECT sum(n) FROM daily_month`) === house.value('SELECT count(*) FROM sale');
    });
    await until('status to name them', async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return names(house.json('status').failing).join() === FAILING.join();
    });
    more(house, 9002);
    await until('the others to be settled again', async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return house.value(`SELECT sum(n) FROM daily_month`) === house.value('SELECT count(*) FROM sale');
    });
    fill(house);
    house.run('apply', {code: 0});
    await until('all of it to be right again', async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        return house.run('status').code === 0;
    });
    await daemon.stop();
    house.run('run --once', {code: 0});
    isAllRight(house);
    house.isQuiet();
}, {apply: false});
