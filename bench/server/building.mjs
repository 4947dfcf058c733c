/* Building: whole summaries against the statements that a person would write. */
import fs from 'node:fs';
import path from 'node:path';
import {median, sum} from './report.mjs';

const HAND = {hand_hour: 'sales_hour', hand_day: 'sales_day', hand_month: 'sales_month'};
const BIG_TMP = 'SET tmp_table_size = 2147483648, max_heap_table_size = 2147483648;\n';

/* The rows that all of this reads; once a server. */
export function needSales(place) {
    if (place.hasSales)
        return;
    place.note(`${place.rows} sales`);
    place.sql(place.script('sale'));
    place.load('sale', 'tenant, at, kind, amount, region, channel, status, paid', place.rows);
    place.sql('CREATE INDEX sale_place ON sale(tenant, at)');
    place.sql(place.kind === 'postgresql' ? 'VACUUM ANALYZE' : 'ANALYZE TABLE sale');
    place.hasSales = true;
}

/* Capture, tables and history of a spec, in place of the one before. */
export function apply(place, spec, env) {
    clear(place);
    const took = place.trueup(spec, ['apply'], env);
    place.applied = spec;
    return took;
}

function clear(place) {
    if (place.applied)
        place.trueup(place.applied, ['drop', '--yes']);
    place.applied = null;
    place.quiet();
}

/* The tables by hand, with the same columns and keys as trueup's, empty. */
function emptyHand(place, tables) {
    for (const [hand, ours] of Object.entries(tables))
        place.sql(`DROP TABLE IF EXISTS ${hand}; ${place.words.likeSql(hand, ours)}`);
    place.quiet();
}

function mustBeRight(place, tables, keys) {
    const columns = `tenant, bucket, ${keys}, sales, ${place.words.money('amount')}`;
    for (const [hand, ours] of Object.entries(tables))
        place.mustEqual(ours, hand, columns);
}

/* `sales` is applied, and its tables by hand hold the same; what settling begins with. */
export function needHand(place) {
    needSales(place);
    if (place.applied !== 'sales')
        apply(place, 'sales');
    emptyHand(place, HAND);
    place.sql((place.kind === 'mariadb' ? BIG_TMP : '') + place.script('rebuild'));
    mustBeRight(place, HAND, 'kind');
}

/* Once more by hand: not when that took its time already. */
export function byHand(place, times, begin, text) {
    if (sum(times) >= place.handLimit)
        return;
    begin();
    times.push(place.seconds(text));
}

function rebuild(place) {
    const times = {empty: [], right: [], hand: [], handBigTmp: []};
    const begin = () => emptyHand(place, HAND);
    needSales(place);
    for (let round = 1; round <= place.repeat; round++) {
        times.empty.push(apply(place, 'sales').seconds);
        place.quiet();
        times.right.push(place.trueup('sales', ['rebuild', '--wait']).seconds);
        byHand(place, times.hand, begin, place.script('rebuild'));
        if (place.kind === 'mariadb')
            byHand(place, times.handBigTmp, begin, BIG_TMP + place.script('rebuild'));
        if (round === 1)
            mustBeRight(place, HAND, 'kind');
    }
    const [empty, right, hand] = [times.empty, times.right, times.hand].map(median);
    const isMaria = place.kind === 'mariadb';
    place.line({work: 'rebuild hour, day, month into empty tables', ours: empty, other: hand,
        unit: 's', better: 'less', aim: isMaria ? 6 : 1.8});
    if (isMaria)
        place.line({work: '  against tmp_table_size 2 GiB', ours: empty,
            other: median(times.handBigTmp), unit: 's', better: 'less', aim: 1.2});
    place.line({work: '  over tables that are right', ours: right, other: hand, unit: 's',
        better: 'less', aim: isMaria ? 10 : 4});
}

/* ---- sixteen series ---- */

const PAIRS = [['region', 'channel'], ['region', 'paid'], ['status', 'channel'],
    ['status', 'paid']];
const FLOORS = [0, 250, 500, 750];
const SERIES = PAIRS.flatMap(([a, b]) => FLOORS.map((floor) =>
    ({name: `${a}_${b}_${floor}`, a, b, floor})));

function seriesSpec(place) {
    const file = path.join(place.directory, 'series.yaml');
    fs.writeFileSync(file, `database: \${BENCH_DATABASE}
tenants: {table: tenant, key: id, time_zone: tz}
sources:
  sale: {from: sale, tenant: tenant, time: at}
summaries:
  mix:
    source: sale
    grains: [day]
    columns: {series: mix}
    dimensions: {a: null, b: null}
    measures: {sales: count, amount: sum(amount)}
    series:
${SERIES.map(({name, a, b, floor}) =>
        `      ${name}: {where: amount >= ${floor}, dimensions: {a: ${a}, b: ${b}}}\n`).join('')}`);
    return file;
}

const seriesSql = (place) => SERIES.map(({name, a, b, floor}) =>
    `INSERT INTO hand_mix(mix, tenant, bucket, a, b, sales, amount)
     SELECT '${name}', tenant, CAST(at AS DATE) AS d, ${a}, ${b}, count(*), sum(amount)
     FROM sale WHERE amount >= ${floor} GROUP BY tenant, d, ${a}, ${b};\n`).join('');

function series(place) {
    const tables = {hand_mix: 'mix_day'};
    const ours = [], hand = [];
    needSales(place);
    const spec = seriesSpec(place);
    for (let round = 1; round <= place.repeat; round++) {
        ours.push(apply(place, spec).seconds);
        byHand(place, hand, () => emptyHand(place, tables), seriesSql(place));
        if (round === 1)
            mustBeRight(place, tables, 'mix, a, b');
    }
    place.line({work: 'rebuild of 16 series, day grain', ours: median(ours), other: median(hand),
        unit: 's', better: 'less', aim: place.kind === 'mariadb' ? 6 : 4});
}

/* ---- memory ---- */

/* More cells than fit are built in pieces; these many bytes beside them are for the program itself,
 * its libraries, and the batches of rows and cells on their way. */
const BESIDE_MIB = 64;

function memory(place) {
    needSales(place);
    for (const bound of [256, 64]) {
        const env = {BENCH_MEMORY: `${bound}MiB`};
        const built = apply(place, 'sales', env);
        const rebuilt = place.trueup('sales', ['rebuild', '--wait'], env);
        place.line({work: `most memory of a rebuild, memory: ${bound}MiB (+${BESIDE_MIB})`,
            ours: Math.max(built.rssMib, rebuilt.rssMib), other: bound + BESIDE_MIB, unit: 'MiB',
            better: 'none'});
    }
    clear(place);
}

export const BUILDING = {rebuild, series, memory};
