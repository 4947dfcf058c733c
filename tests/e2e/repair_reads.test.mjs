/*
 * What a repair of a day reads, on every database: the rows of each tenant's own day, not two days of
 * everybody because clocks are far apart, those of one clock together; and without an index all of
 * them, to the same end.
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';
import {insert} from './words.mjs';
import {HOUSE_SPEC} from './trueup.mjs';

const SPEC = {
    summaries: {daily: {...HOUSE_SPEC.summaries.daily, grains: ['day']},
        folded: {...HOUSE_SPEC.summaries.folded, grains: ['day']}},
};
const DAY = '2024-03-09';
const falsify = (where) => `UPDATE daily_day SET total = 999 WHERE ${where}`;

/* Where times are texts, whole days around the tenant's own are read. */
const DAYS_READ = {sqlite: 4, postgresql: 1, mariadb: 1};

/* Each day has as many rows: a repair of one has found what was wrong in it, and read nothing else. */
function repairs(house, options, rowsRead, drifted) {
    const done = house.json(`repair ${options}`, {code: 0});
    assert.equal(done.cells_drifted, drifted);
    const [run] = house.json('runs --limit 1', {code: 0}).runs;
    assert.equal(run.rows_read, rowsRead * DAYS_READ[house.kind], options);
}

/* Tables of the house that equal a GROUP BY: those of the grain that is kept here. */
function isTrue(house) {
    assert.equal(house.json('rebuild --wait', {code: 0}).cells_drifted, 0);
    house.isQuiet();
}

onEach('a repair reads each tenant\'s own day', async (house) => {
    const rows = (where) => house.value(`SELECT sum(n) AS n FROM daily_day
        WHERE bucket = '${DAY}' AND ${where}`);
    house.sql(falsify(`bucket = '${DAY}'`));
    repairs(house, `--summary daily --date ${DAY}`, rows('1 = 1'), 3);
    house.sql(falsify(`bucket = '${DAY}' AND shop = 'phoenix'`));
    repairs(house, `--summary daily --tenant phoenix --date ${DAY}`, rows(`shop = 'phoenix'`), 1);
    house.sql(falsify(`bucket = '${DAY}'`));
    house.sql(`DELETE FROM sale WHERE shop = 'tokyo' AND at >= '2024-03-09 00:00:00'`);
    house.run(`repair --date ${DAY}`, {code: 0});
    house.run('run --once', {code: 0});
    isTrue(house);
}, {spec: SPEC});

/* More of one clock than a scan takes, two zones that show the same time, a clock of its own, and
 * names that MariaDB's column takes for one. */
const MANY = [...Array.from({length: 70}, (none, i) => [`t${i}`, 'Asia/Tokyo', 32400]),
    ['TOKYO', 'Asia/Tokyo', 32400], ['Tokyo', 'Asia/Seoul', 32400], ['s1', 'Asia/Seoul', 32400],
    ['p1', 'America/Phoenix', -25200], ['a1', 'Asia/Kabul', 16200]];
const BLIND = `ALTER TABLE shop MODIFY id VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    ALTER TABLE sale MODIFY shop VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`;

/* About each clock's midnights, a minute before and at it. */
const NEAR = [32400, 16200, -25200, 20700].flatMap((seconds) => [9, 10].flatMap((day) => [-60, 0].map(
    (before) => new Date(Date.UTC(2024, 2, day) + (before - seconds) * 1000).toISOString()
        .slice(0, 19).replace('T', ' '))));

onEach('tenants of one clock are read together, each with its own rows', async (house) => {
    if (house.kind === 'mariadb')
        house.sql(BLIND);
    house.sql(insert('shop', MANY));
    house.sql(insert('sale', [...MANY.map(([id]) => id), 'tokyo', 'phoenix', 'kathmandu', 'nobody']
        .flatMap((id, i) => NEAR.map((at, j) => [id, at, i * 31 + j])), '(shop, at, amount)'));
    house.run('apply', {code: 0});
    const cells = house.value(`SELECT count(*) AS n FROM daily_day WHERE bucket = '${DAY}'`);
    assert.equal(cells, MANY.length + 3);
    house.sql(falsify(`bucket = '${DAY}'`));
    assert.equal(house.json(`repair --summary daily --date ${DAY}`, {code: 0}).cells_drifted, cells);
    isTrue(house);
}, {spec: SPEC, days: 0, apply: false});

onEach('without an index a repair of a day reads once, and is right as well', async (house) => {
    house.sql(house.kind === 'mariadb' ? 'DROP INDEX sale_place ON sale' : 'DROP INDEX sale_place');
    house.run('apply', {code: 0});
    house.sql(falsify(`bucket = '${DAY}'`));
    assert.equal(house.json(`repair --date ${DAY}`, {code: 0}).cells_drifted, 3);
    isTrue(house);
}, {spec: SPEC});
