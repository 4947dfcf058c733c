/*
 * New tzdata on the machine: exactly the buckets that its rules move are written anew, by whoever comes
 * first, and nobody with older rules undoes it.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Kept, onEach} from './daemons.mjs';
import {until} from './processes.mjs';
import {chosenKinds} from './servers.mjs';
import {Zones} from './tzdata.mjs';
import {localBucket} from './words.mjs';

/* From 8 to 12 March 2024 Phoenix is an hour ahead, Kathmandu a quarter of an hour behind: days, and in
 * Kathmandu hours too, are moved; no month and no year. */
const CHANGED = {
    'America/Phoenix': ['-7 - MST 2024 Mar 8', '-6 - MST 2024 Mar 12', '-7 - MST'],
    'Asia/Kathmandu': ['5:45 - %z 2024 Mar 8', '5:30 - %z 2024 Mar 12 1:00', '5:45 - %z'],
};
const OFFSET = `CASE WHEN h.id = 'phoenix' AND s.at >= '2024-03-08 07:00:00'
        AND s.at < '2024-03-12 06:00:00' THEN h.off + 3600
    WHEN h.id = 'kathmandu' AND s.at >= '2024-03-07 18:15:00'
        AND s.at < '2024-03-11 19:30:00' THEN h.off - 900 ELSE h.off END`;
const TABLES = ['daily_day', 'daily_month', 'folded_hour', 'folded_day', 'folded_year'];

function pairsOf(house, offset, where) {
    return TABLES.map((table) => {
        const bucket = localBucket(house.kind, table.split('_')[1], 's.at', offset);
        return {
            label: table,
            stored: `SELECT * FROM (SELECT shop, bucket, n, total FROM ${table}) AS x ${where}`,
            truth: `SELECT * FROM (SELECT s.shop, ${bucket} AS bucket, count(*) AS n,
                sum(amount) AS total FROM sale s JOIN shop h ON h.id = s.shop GROUP BY 1, 2) AS x
                ${where}`,
        };
    });
}

const isTrueBy = (house, offset) => house.sameAll(pairsOf(house, offset, ''));
const env = (tree) => ({env: {TZDIR: tree}});

/* Nothing in summary tables but what trueup would not touch. */
const contents = (house) => house.digest(TABLES.join(' '));

function prepare(house, tree) {
    house.run('apply', {code: 0, ...env(tree)});
    house.run('run --once', {code: 0, ...env(tree)});
    isTrueBy(house, 'h.off');
}

const FALSE = 7_000_000;

onEach('exactly what new rules move is written anew; the older tzdata is refused, naming both',
    async (house, kind, t) => {
        const zones = new Zones(t);
        const old = zones.tree('2024a');
        const fresh = zones.tree('2099a', CHANGED);
        prepare(house, old);
        /* What is not moved is not looked at: falsified there, it stays so. */
        const unmoved = {
            daily_day: `shop = 'tokyo' OR bucket < '2024-03-07' OR bucket > '2024-03-13'`,
            folded_day: `shop = 'tokyo' OR bucket < '2024-03-07' OR bucket > '2024-03-13'`,
            daily_month: '1 = 1', folded_year: '1 = 1',
            /* Those that a moved day is made of would make it wrong. */
            folded_hour: `shop = 'tokyo' OR bucket < '2024-03-06 12:00:00'
                OR bucket > '2024-03-13 20:00:00'`,
        };
        const n = {};
        for (const [table, where] of Object.entries(unmoved)) {
            const hours = kind === 'sqlite' ? where.replaceAll(/(\d\d) (\d\d:\d\d:\d\d)/g, '$1T$2Z') : where;
            n[table] = house.value(`SELECT count(*) FROM ${table} WHERE ${hours}`);
            assert.ok(n[table] > 0);
            house.shell(`UPDATE ${table} SET total = total + ${FALSE} WHERE ${hours}`);
        }
        const {err} = house.run('run --once', {code: 0, ...env(fresh)});
        assert.match(err, /America\/Phoenix: from 2024a .* to 2099a/);
        for (const table of TABLES) {
            assert.equal(house.value(`SELECT count(*) FROM ${table} WHERE total > ${FALSE / 2}`),
                n[table], `${table}: what is not moved was written`);
            house.shell(`UPDATE ${table} SET total = total - ${FALSE} WHERE total > ${FALSE / 2}`);
        }
        isTrueBy(house, OFFSET);
        assert.equal(house.run('run --once', {code: 0, ...env(fresh)}).err, '');
        house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-09 06:30:00', 5),
            ('kathmandu', '2024-03-09 18:20:00', 6);
            DELETE FROM sale WHERE shop = 'kathmandu' AND at BETWEEN '2024-03-09' AND '2024-03-10';`);
        house.run('run --once', {code: 0, ...env(fresh)});
        isTrueBy(house, OFFSET);
        /* Whoever comes with the older rules changes nothing, apply included. */
        house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-09 06:40:00', 9)`);
        const before = contents(house);
        for (const line of ['run --once', 'rebuild --wait', 'apply', 'repair --date 2024-03-09'])
            assert.match(house.run(line, {code: 2, ...env(old)}).err,
                /America\/Phoenix .*2024a .*2099a/, line);
        assert.equal(contents(house), before);
        house.run('run --once', {code: 0, ...env(fresh)});
        isTrueBy(house, OFFSET);
        assert.deepEqual(house.json('verify', {code: 0, ...env(fresh)}).drift, []);
    }, {apply: false});

/* The fault: a year that is not moved is made from hours and days that still are to be written anew. */
onEach('rows change before new rules come, and while their build is under way', async (house, kind, t) => {
    const zones = new Zones(t);
    prepare(house, zones.tree('2024a'));
    const fresh = zones.tree('2099a', CHANGED);
    const changes = [`DELETE FROM sale WHERE shop = 'kathmandu' AND at BETWEEN '2024-03-09' AND '2024-03-10'`,
        `UPDATE sale SET amount = amount + 1 WHERE shop = 'phoenix' AND at BETWEEN '2024-03-08' AND
            '2024-03-12'`, `INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-09 06:30:00', 5),
            ('kathmandu', '2024-03-09 18:20:00', 6), ('kathmandu', '2024-03-07 18:16:00', 6)`];
    house.shell(changes.join(';'));
    house.run('run --once', {stop: 'cells.written:kill:2', ...env(fresh)});
    house.shell(`UPDATE sale SET at = '2024-03-09 06:45:00' WHERE shop = 'phoenix' AND amount % 5 = 1;
        DELETE FROM sale WHERE shop = 'kathmandu' AND amount % 4 = 2`);
    house.run('run --once', {code: 0, ...env(fresh)});
    isTrueBy(house, OFFSET);
    assert.deepEqual(house.json('verify', {code: 0, ...env(fresh)}).drift, []);
}, {apply: false});

onEach('rules change twice before the first change is worked off, with kills in between',
    async (house, kind, t) => {
        const zones = new Zones(t);
        prepare(house, zones.tree('2024a'));
        const first = zones.tree('2098a', {
            'America/Phoenix': ['-7 - MST 2024 Mar 5', '-6 - MST 2024 Mar 20', '-7 - MST']});
        const second = zones.tree('2099a', CHANGED);
        for (const stop of ['snapshot.taken:kill', 'apply.before_commit:kill'])
            house.run('run --once', {stop, ...env(first)});
        house.run('run --once', {stop: 'cells.written:kill', ...env(second)});
        house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-09 06:40:00', 9)`);
        house.run('run --once', {code: 0, ...env(second)});
        isTrueBy(house, OFFSET);
        assert.deepEqual(house.json('verify', {code: 0, ...env(second)}).drift, []);
    }, {apply: false});

onEach('without a release the file that was made later wins', async (house, kind, t) => {
    const zones = new Zones(t);
    const [first, second] = [zones.tree(null), zones.tree(null, CHANGED)];
    prepare(house, first);
    assert.match(house.run('run --once', {code: 0, ...env(second)}).err, /of unknown release/);
    isTrueBy(house, OFFSET);
    house.run('run --once', {code: 2, ...env(first)});
    isTrueBy(house, OFFSET);
}, {apply: false});

/* All databases at once: a daemon looks at its files once a minute. */
test(`a daemon notices new tzdata by itself, and one with the older waits: ${chosenKinds()}`,
    async (t) => {
        const zones = new Zones(t);
        const old = zones.tree('2024a');
        const place = zones.place(old);
        const houses = [];
        for (const kind of chosenKinds()) {
            const house = await Kept.on(kind, t, {apply: false});
            prepare(house, place);
            house.keeper = await house.daemon('', env(place));
            house.other = await house.daemon('', env(old));
            houses.push(house);
        }
        zones.place(zones.tree('2099a', CHANGED));
        for (const house of houses) {
            await house.keeper.says('zone.adopted');
            house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-09 06:40:00', 9)`);
            await until('all to be right by the new rules', async () => {
                await new Promise((resolve) => setTimeout(resolve, 50));
                try {
                    assert.deepEqual(house.pending(), {});
                    isTrueBy(house, OFFSET);
                    return true;
                } catch (error) {
                    if (!(error instanceof assert.AssertionError))
                        throw error;
                    return false;
                }
            });
            await house.other.says('zone.refused');
            assert.equal(house.other.events('zone.adopted').length, 0);
            await house.keeper.stop();
            await house.other.stop();
            isTrueBy(house, OFFSET);
        }
    });
