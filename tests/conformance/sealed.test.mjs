/*
 * `keep` and `sealed_after` on every database: what is removed stays removed, what is sealed stays as it
 * was, whatever comes, and everything else is the truth.
 */
import assert from 'node:assert/strict';
import {conformTo} from './conformance.mjs';
import {Retention, boundaryOf} from './retention.mjs';

const ZONES = {
    utc: 'UTC', kolkata: 'Asia/Kolkata', johns: 'America/St_Johns', kiritimati: 'Pacific/Kiritimati',
    niue: 'Pacific/Niue',
};
const TABLES = `CREATE TABLE shop(id {name} PRIMARY KEY, tz {text}, active {integer});
    CREATE TABLE sale(id {id}, shop {name}, at {instant}, amount {integer});
    CREATE INDEX sale_place ON sale(shop, at);`;
const GRAINS = ['hour', 'day', 'week', 'month'];

/* One summary that folds, one that is recomputed and rolled up, one that always reads the source. */
const SUMMARIES = {
    folded: {source: 'sale', grains: GRAINS, measures: {n: 'count', total: 'sum(amount)'}},
    rolled: {source: 'sale', grains: GRAINS, measures: {n: 'count', most: 'max(amount)'}},
    direct: {source: 'sale', grains: ['day', 'year'],
        measures: {kinds: 'count_distinct(amount)', n: 'count where amount > 20'}},
};

const specOf = (refresh) => ({
    tenants: {table: 'shop', key: 'id', time_zone: 'tz', where: 'active = 1'},
    sources: {sale: {from: 'sale', time: 'at', tenant: 'shop'}},
    summaries: SUMMARIES,
    refresh,
});

const HOUR_MS = 3_600_000;
const ago = (hours) =>
    new Date(Math.floor(Date.now() / 1000) * 1000 - hours * HOUR_MS).toISOString().slice(0, 19)
        .replace('T', ' ');
const daysAgo = (days) => ago(24 * days);

/* Two years of every shop: dense at first, then a row in five days. */
function sales() {
    const rows = [];
    for (const shop of Object.keys(ZONES).filter((name) => name !== 'niue')) {
        for (let hours = 3; hours < 24 * 45; hours += 7)
            rows.push([shop, ago(hours), (hours * 31) % 50]);
        for (let days = 45; days < 800; days += 5)
            rows.push([shop, daysAgo(days + 0.37), days % 50]);
    }
    return rows.map((row, i) => [i + 1, ...row]);
}

const house = (refresh) => ({
    tables: TABLES,
    rows: {shop: Object.entries(ZONES).map(([id, zone]) => [id, zone, id === 'niue' ? 0 : 1]),
        sale: sales()},
    spec: () => structuredClone(specOf(refresh)), /* tests change it */
});

/* The clock that is last of those that are there. */
const PRESENT = {...ZONES};
delete PRESENT.niue;

/* Midnight may pass on some clock between two looks. */
function isNear(date, want) {
    assert.ok(Math.abs(Date.parse(date) - Date.parse(want)) <= 86_400_000, `${date}, not ${want}`);
}

/* Writers touch rows of every age, new and old. */
const LATE = (id) => [5, 12, 25, 61, 70, 200, 400, 700].flatMap((days, i) => [
    `INSERT INTO sale VALUES (${id + 2 * i}, 'johns', '${daysAgo(days)}', ${100 + i})`,
    `INSERT INTO sale VALUES (${id + 2 * i + 1}, 'kolkata', '${daysAgo(days + 0.9)}', ${i})`,
]).join(';\n');

conformTo('sealed: what is older stays as it was',
    house({sealed_after: {hour: '20d', day: '60d', week: '60d', year: '1y'}}), (place) => {
        const retention = new Retention(place, ZONES);
        place.run('apply', {code: 0});
        retention.settles('built, then sealed');
        const boundaries = retention.boundaries();
        isNear(boundaries.get('folded hour').sealed, boundaryOf('hour', {days: 20}, PRESENT));
        isNear(boundaries.get('rolled day').sealed, boundaryOf('day', {days: 60}, PRESENT));
        assert.equal(boundaries.get('direct year').sealed,
            boundaryOf('year', {months: 12}, PRESENT));
        assert.equal(boundaries.get('folded month'), undefined);

        place.shell(LATE(10_001));
        retention.settles('late rows');
        assert.equal(retention.boundaries().get('folded hour').changes, 12);
        /* What is recomputed counts places: each of the same rows is one. */
        assert.equal(retention.boundaries().get('rolled day').changes, 10);

        /* The application's own retention. */
        place.shell(`DELETE FROM sale WHERE at < '${daysAgo(90)}'`);
        place.shell(`UPDATE sale SET amount = amount + 7 WHERE id % 3 = 0`);
        place.shell(`UPDATE sale SET at = '${daysAgo(3)}' WHERE id = 10005`);
        const verify = retention.settles('old rows are gone');
        const stored = ['folded', 'rolled', 'direct'].flatMap((name) =>
            SUMMARIES[name].grains.map((grain) => retention.sealedRows(`${name}_${grain}`).length))
            .reduce((a, b) => a + b);
        assert.ok(stored > 1000, `${stored}`);
        assert.equal(verify.cells_sealed, stored);
        assert.deepEqual(verify.sealed.map(({summary, grain}) => `${summary} ${grain}`),
            ['folded hour', 'folded day', 'folded week', 'rolled hour', 'rolled day', 'rolled week',
                'direct day', 'direct year']);

        /* Nothing else wipes them. */
        assert.match(place.run('rebuild --wait', {code: 0}).err,
            /summary folded: days before \d{4}-\d\d-\d\d are sealed: they are left/);
        retention.settles('rebuilt');
        place.run('repair --days 500', {code: 0});
        retention.settles('repaired');
        place.run('rebuild', {code: 0});
        retention.settles('rebuilt by the queue');
        place.run('apply', {code: 0});
        retention.settles('applied');

        const {summaries} = place.json('status', {code: 0});
        const [{grain, changes, since}] = summaries.find(({summary}) => summary === 'folded').sealed;
        assert.equal(grain, 'hour');
        assert.ok(changes > 100, `${changes}`);
        assert.ok(Math.abs(Date.parse(since) - Date.now()) < 600_000, since);
        assert.match(place.run('status').out,
            /summary folded: hours before \S+ are sealed; changes to sealed buckets: \d+ since 20/);
    });

conformTo('sealed: a later boundary passes only what is settled',
    house({sealed_after: {hour: '198d', day: '400d'}}), (place) => {
        const retention = new Retention(place, ZONES);
        place.run('apply', {code: 0});
        retention.settles('built');
        /* Entries of before the boundary moves are settled first: they are in what is sealed. */
        place.shell(LATE(10_001));
        place.wanted.refresh.sealed_after = {hour: '10d', day: '20d', week: '30d', month: '5mo'};
        place.spec(place.wanted);
        const before = retention.boundaries().get('folded hour').changes;
        retention.settles('moved on');
        const boundaries = retention.boundaries();
        isNear(boundaries.get('rolled hour').sealed, boundaryOf('hour', {days: 10}, PRESENT));
        assert.equal(boundaries.get('rolled month').sealed,
            boundaryOf('month', {months: 5}, PRESENT));
        assert.equal(boundaries.get('folded hour').changes - before, 6, 'those sealed before');
        /* It never goes back. */
        place.wanted.refresh.sealed_after = {hour: '300d'};
        place.spec(place.wanted);
        place.run('apply', {code: 0});
        place.shell(`DELETE FROM sale WHERE at < '${daysAgo(40)}'`);
        retention.settles('longer again');
        assert.deepEqual(retention.boundaries().get('rolled day').sealed,
            boundaries.get('rolled day').sealed);
    });

conformTo('sealed: another definition, another tenant',
    house({sealed_after: {hour: '20d', day: '60d', week: '60d', month: '6mo', year: '1y'}}),
    (place) => {
        const retention = new Retention(place, ZONES);
        place.run('apply', {code: 0});
        retention.settles('built');
        place.shell(`DELETE FROM sale WHERE at < '${daysAgo(100)}' AND shop <> 'niue'`);
        retention.settles('pruned');

        place.wanted.sources.sale.where = 'amount < 30';
        place.spec(place.wanted);
        assert.match(place.run('plan').out, /-- days before \S+ of summary rolled are sealed: they/);
        assert.match(place.run('apply', {code: 0}).err, /summary rolled: hours before .* sealed/);
        retention.settles('only some rows count from now on');

        /* A tenant that comes brings its history: it was never built. Nothing of it is where the clock of
         * one that is gone would have to be known. */
        place.shell(`INSERT INTO sale SELECT id + 50000, 'niue', at, amount FROM sale
                WHERE shop = 'utc' AND (at < '${daysAgo(23)}' OR at > '${daysAgo(17)}');
            INSERT INTO sale VALUES (60001, 'niue', '${daysAgo(300)}', 3),
                (60002, 'niue', '${daysAgo(301)}', 4), (60003, 'niue', '${daysAgo(65)}', 5)`);
        place.run('run --once', {code: 0});
        retention.holds('before it comes');
        for (const [table, {rows}] of retention.sealed)
            assert.ok(rows.every(({tenant}) => tenant !== 'niue'), table);
        place.shell(`UPDATE shop SET active = 1 WHERE id = 'niue'`);
        place.run('run --once', {code: 0});
        retention.adopt('niue');
        retention.settles('it came');
        const old = retention.sealedRows('rolled_day').filter(({tenant}) => tenant === 'niue');
        assert.ok(old.length >= 3, `${old.length}`);

        /* It goes, and what is sealed of it stays, also when it comes back without its old rows. */
        place.shell(`UPDATE shop SET active = 0 WHERE id = 'niue'`);
        retention.settles('it went');
        place.shell(`DELETE FROM sale WHERE shop = 'niue' AND at < '${daysAgo(80)}'`);
        retention.settles('and its rows');
        place.shell(`UPDATE shop SET active = 1 WHERE id = 'niue'`);
        retention.settles('it is back');

        /* A table that is made anew has nothing sealed. */
        place.shell('DROP TABLE rolled_day');
        place.run('apply', {code: 0});
        retention.forget('rolled_day');
        retention.settles('a new table');
    });

conformTo('keep: what is removed stays removed',
    house({keep: {hour: '20d', day: '100d'}}), (place) => {
        const retention = new Retention(place, ZONES);
        place.run('apply', {code: 0});
        retention.holds('what would be removed is not built');
        isNear(retention.boundaries().get('direct day').removed,
            boundaryOf('day', {days: 100}, PRESENT));
        retention.settles('built');

        place.shell(LATE(10_001));
        retention.settles('late rows');
        assert.equal(retention.boundaries().get('folded hour').late, 12);
        place.shell(`UPDATE sale SET amount = 99 - amount, at = '${daysAgo(103)}' WHERE id % 11 = 0`);
        retention.settles('rows on the edge');
        place.shell(`DELETE FROM sale WHERE id % 4 = 0`);
        retention.settles('rows that go');
        for (const [line, label] of [['rebuild --wait', 'rebuilt'], ['repair --days 300', 'repaired'],
            ['backfill --days 150', 'backfilled'], ['apply', 'applied']]) {
            place.run(line, {code: 0});
            retention.settles(label);
        }

        /* Shorter: rows go, in pieces. */
        place.wanted.refresh.keep = {hour: '8d', day: '3mo', month: '1y', year: '1y'};
        place.spec(place.wanted);
        const {cells_removed: removed} = place.json('run --once', {code: 0});
        assert.ok(removed > 100, `${removed}`);
        retention.settles('shorter');
        assert.match(place.run('status').out, /summary rolled: hours before \S+ are removed/);

        /* A question gets neither zeros nor parts of what is gone. */
        const hours = place.json(`query folded --grain hour --tenant utc --fill --from ${
            daysAgo(20).slice(0, 10)}`, {code: 0});
        const kept = retention.boundaries().get('folded hour').removed;
        assert.equal(hours.kept_from, kept);
        assert.equal(hours.from, kept);
        assert.equal(hours.rows[0][0], `${kept}T00:00:00Z`);
        assert.match(place.run(`query folded --grain quarter --from ${daysAgo(700).slice(0, 10)}`).out,
            /; months before \S+ are not kept/);

        /* Longer: what the source has is built back. */
        place.wanted.refresh.keep = {hour: '30d', month: '18mo'};
        place.spec(place.wanted);
        assert.match(place.run('plan').out, new RegExp('apply builds the history of summary folded\n' +
            '-- `keep` of summary folded is longer: what it removed is built back'));
        place.run('apply', {code: 0});
        retention.holds('built back');
        retention.settles('longer');
        assert.equal(retention.boundaries().get('rolled day').removed, '0000-00-00');
    });

/* The fault: hours that were kept on the old clock and are too old on the new one stay for ever. */
conformTo('keep: a tenant goes east and west over the boundary',
    house({keep: {hour: '8d', day: '20d'}}), (place) => {
        const zones = {...ZONES};
        const retention = new Retention(place, zones);
        place.run('apply', {code: 0});
        retention.settles('built');
        for (const zone of ['Pacific/Kiritimati', 'Pacific/Niue', 'Pacific/Kiritimati']) {
            zones.utc = zone;
            place.shell(`UPDATE shop SET tz = '${zone}' WHERE id = 'utc'`);
            retention.settles(zone);
        }
    });

conformTo('keep and sealed_after: a crash at any place',
    house({keep: {hour: '200d', day: '300d'}, sealed_after: {hour: '100d', day: '200d'}}), (place) => {
        const retention = new Retention(place, ZONES);
        place.run('apply', {code: 0});
        retention.settles('built');
        place.shell(LATE(10_001));
        place.wanted.refresh = {keep: {hour: '15d', day: '50d'},
            sealed_after: {hour: '10d', day: '40d', week: '40d', month: '3mo'}};
        place.spec(place.wanted);
        for (const point of ['turn.taken', 'cells.written', 'apply.before_commit',
            'apply.after_commit']) {
            for (const nth of [1, 2, 3]) {
                place.run('run --once', {stop: `${point}:kill:${nth}`});
                /* Whatever came of it, nothing is half done. */
                const verify = place.json('verify');
                assert.deepEqual(verify.drift, [], `${point} ${nth}`);
            }
        }
        retention.settles('at last');
        isNear(retention.boundaries().get('rolled hour').removed,
            boundaryOf('hour', {days: 15}, PRESENT));
    });

conformTo('sealed: what came in meanwhile holds the boundary up',
    house({sealed_after: {hour: '100d', day: '200d'}}), async (place) => {
        const retention = new Retention(place, ZONES);
        place.run('apply', {code: 0});
        retention.settles('built');
        const before = retention.boundaries();
        place.wanted.refresh.sealed_after = {hour: '50d', day: '60d', week: '70d'};
        place.spec(place.wanted);
        const worker = await place.pausedAt('retention.due', 'run --once');
        /* All was settled. This names days that are to be sealed, and hours that are sealed. */
        place.shell(`INSERT INTO sale VALUES (10001, 'utc', '${daysAgo(150)}', 40)`);
        worker.go();
        await worker.end(0);
        const held = retention.boundaries();
        assert.equal(held.get('folded day').sealed, before.get('folded day').sealed);
        assert.equal(held.get('rolled day').sealed, before.get('rolled day').sealed);
        assert.equal(held.get('rolled week'), undefined);
        isNear(held.get('folded hour').sealed, boundaryOf('hour', {days: 50}, PRESENT));
        retention.settles('the row is in what is sealed now');
        isNear(retention.boundaries().get('rolled day').sealed,
            boundaryOf('day', {days: 60}, PRESENT));

        /* So does a table whose triggers are gone, and a pause. */
        place.wanted.refresh.sealed_after.day = '30d';
        place.spec(place.wanted);
        place.run('release', {code: 0});
        place.run('run --once');
        isNear(retention.boundaries().get('rolled day').sealed,
            boundaryOf('day', {days: 60}, PRESENT));
        place.run('apply', {code: 0});
        place.run('pause --summary rolled', {code: 0});
        place.run('run --once', {code: 0});
        isNear(retention.boundaries().get('rolled day').sealed,
            boundaryOf('day', {days: 60}, PRESENT));
        isNear(retention.boundaries().get('folded day').sealed,
            boundaryOf('day', {days: 30}, PRESENT));
        place.run('resume', {code: 0});
        retention.settles('guarded again');
        isNear(retention.boundaries().get('rolled day').sealed,
            boundaryOf('day', {days: 30}, PRESENT));
    });

/* ---- random histories ---- */

/* A small generator of pseudo-random numbers; the seed is in every message. */
function randomOf(seed) {
    let state = seed >>> 0;
    const next = () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state / 2 ** 32;
    };
    return {below: (n) => Math.floor(next() * n), pick: (list) => list[Math.floor(next() * list.length)]};
}

/* Servers take longer. */
const ROUNDS = {sqlite: 14, postgresql: 5, mariadb: 6};

/* Ages near the boundaries are wanted more often than others. */
function randomChange(random, refresh, id) {
    const near = Object.values({...refresh.keep, ...refresh.sealed_after}).map((text) => parseInt(text));
    const age = random.below(3) === 0 ? random.below(24 * 420)
        : 24 * random.pick(near) + random.below(24 * 36) - 24 * 8;
    const at = ago(Math.max(1, age));
    const shop = random.pick(Object.keys(ZONES));
    return random.pick([
        `INSERT INTO sale VALUES (${id}, '${shop}', '${at}', ${random.below(60)})`,
        `INSERT INTO sale VALUES (${id}, '${shop}', '${at}', ${random.below(60)})`,
        `UPDATE sale SET amount = amount + ${random.below(9)} WHERE id % 17 = ${random.below(17)}`,
        `UPDATE sale SET at = '${at}' WHERE id % 29 = ${random.below(29)}`,
        `UPDATE sale SET shop = '${shop}' WHERE id % 31 = ${random.below(31)}`,
        `DELETE FROM sale WHERE id % 37 = ${random.below(37)}`,
        `DELETE FROM sale WHERE at < '${ago(age + 24 * 60)}'`,
    ]);
}

/* Durations only get shorter: what is removed is not built back here. */
function randomRefresh(random, refresh) {
    for (const map of [refresh.keep, refresh.sealed_after])
        for (const [grain, text] of Object.entries(map))
            map[grain] = `${Math.max(3, parseInt(text) - random.below(12))}d`;
    for (const [grain, text] of Object.entries(refresh.sealed_after))
        if (grain in refresh.keep)
            refresh.sealed_after[grain] =
                `${Math.min(parseInt(text), parseInt(refresh.keep[grain]))}d`;
}

conformTo('keep and sealed_after: random histories',
    house({keep: {hour: '150d', day: '300d'},
        sealed_after: {hour: '120d', day: '160d', week: '200d', year: '250d'}}), (place, kind) => {
        const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
        const random = randomOf(seed + kind.length);
        const retention = new Retention(place, ZONES);
        place.shell(`UPDATE shop SET active = 1`);
        place.run('apply', {code: 0});
        retention.settles(`seed ${seed}`);
        for (let round = 0; round < ROUNDS[kind]; round++) {
            const changes = Array.from({length: 1 + random.below(12)}, (_, i) =>
                randomChange(random, place.wanted.refresh, 20_000 + round * 100 + i));
            if (random.below(2) === 0)
                randomRefresh(random, place.wanted.refresh);
            place.spec(place.wanted);
            place.shell(changes.join(';\n'));
            if (random.below(3) === 0)
                place.run(random.pick(['rebuild --wait', 'repair --days 250', 'rebuild']), {code: 0});
            retention.settles(`seed ${seed}, round ${round}: ${changes.join('; ')}`);
        }
    });

/* The fault: changes of a tenant whose zone is unknown are dropped, to be read when it is right again; by
 * then their buckets are sealed, with what they held before. */
conformTo('sealed: nothing, while a tenant has no clock', house({sealed_after: {hour: '300d', day: '300d'}}),
    (place) => {
        const retention = new Retention(place, ZONES);
        place.run('apply', {code: 0});
        retention.settles('built');
        const before = retention.boundaries().get('folded day').sealed;
        place.shell(`UPDATE shop SET tz = 'Atlantis/Nowhere' WHERE id = 'johns'`);
        place.run('run --once', {code: 1});
        place.shell(`UPDATE sale SET amount = amount + 1000 WHERE shop = 'johns' AND at < '${daysAgo(100)}';
            DELETE FROM sale WHERE shop = 'johns' AND id % 4 = 0 AND at > '${daysAgo(290)}';
            INSERT INTO sale VALUES (10001, 'johns', '${daysAgo(120)}', 77)`);
        place.wanted.refresh.sealed_after = {hour: '20d', day: '60d', week: '60d'};
        place.spec(place.wanted);
        for (const line of ['run --once', 'rebuild --wait', 'repair --days 400', 'run --once'])
            place.run(line, {code: 1});
        assert.equal(retention.boundaries().get('folded day').sealed, before);
        place.shell(`UPDATE shop SET tz = '${ZONES.johns}' WHERE id = 'johns'`);
        retention.settles('it has one again');
        isNear(retention.boundaries().get('folded day').sealed, boundaryOf('day', {days: 60}, PRESENT));
    });
