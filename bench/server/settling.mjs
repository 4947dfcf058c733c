/* Settling: a change of one row in a hundred, and one row that comes late. */
import {apply, byHand, needHand, needSales} from './building.mjs';
import {median} from './report.mjs';

/* What the server may work for one late row; on a busy machine the difference of two runs may be
 * nothing. */
const LATE_MS = 5, NOISE_MS = 0.01;
const KEPT = {sales_hour: 'hand_hour', sales_day: 'hand_day'};

function settle(place) {
    const ours = [], hand = [];
    needHand(place);
    for (let round = 1; round <= place.repeat; round++) {
        place.sql(`UPDATE sale SET amount = amount + 1 WHERE id % 100 = ${round}`);
        place.quiet();
        ours.push(place.trueup('sales', ['run', '--once']).seconds);
        byHand(place, hand, () => {
            place.sql(place.script('touched', {ROUND: round}));
            place.quiet();
        }, place.script('recompute'));
        if (round === 1)
            for (const [table, other] of Object.entries(KEPT))
                place.mustEqual(table, other,
                    `tenant, bucket, kind, sales, ${place.words.money('amount')}`);
    }
    place.line({work: 'settle an update of 1 % of the rows, all days', ours: median(ours),
        other: median(hand), unit: 's', better: 'less', aim: 8});
}

/* ---- what the server worked for trueup's sessions, as it counts itself ---- */

const WORK = {
    /* Planning and executing of every statement, without what a commit waits for the disk. */
    postgresql: {
        how: 'pg_stat_statements',
        begin: (place) => place.sql('CREATE EXTENSION IF NOT EXISTS pg_stat_statements'),
        env: () => ({PGOPTIONS: '-c pg_stat_statements.track=top ' +
            '-c pg_stat_statements.track_planning=on'}),
        resetSql: 'SELECT pg_stat_statements_reset()',
        msSql: 'SELECT coalesce(sum(total_plan_time + total_exec_time), 0) FROM pg_stat_statements',
        end: () => {},
    },
    /* The processor's time for the sessions of a user of trueup's own: how long they were busy would
     * hold waiting for the disk, which PostgreSQL's figure does not. */
    mariadb: {
        how: 'user statistics (cpu_time)',
        begin: (place) => place.sql(`SET GLOBAL userstat = 1;
            CREATE OR REPLACE USER late@localhost; GRANT ALL ON *.* TO late@localhost`),
        env: (place) => ({BENCH_DATABASE: place.url.replace('root@', 'late@')}),
        resetSql: 'FLUSH USER_STATISTICS',
        msSql: `SELECT coalesce(sum(cpu_time), 0) * 1000 FROM information_schema.user_statistics
                WHERE user = 'late'`,
        end: (place) => place.sql('SET GLOBAL userstat = 0'),
    },
};

function workOfRun(place) {
    const words = WORK[place.kind];
    place.sql(words.resetSql);
    place.trueup('late', ['run', '--once'], words.env(place));
    return Number(place.sql(words.msSql));
}

/* Every run connects, reads its spec and looks whether capture is there; that is measured by a run
 * that has nothing to do, and is what a program that keeps running does once. */
function late(place) {
    const words = WORK[place.kind];
    const withRow = [], without = [];
    needSales(place);
    apply(place, 'late');
    words.begin(place);
    for (let round = 0; round <= place.repeat; round++) {
        place.sql(`INSERT INTO sale(tenant, at, kind, amount, region, channel, status, paid)
            VALUES (${7 + round}, '2024-01-2${round % 10} 10:30:00', 3, 12.34, 1, 1, 1, 1)`);
        const row = workOfRun(place), nothing = workOfRun(place);
        if (round > 0) {
            withRow.push(Math.max(row - nothing, NOISE_MS));
            without.push(nothing);
        }
    }
    words.end(place);
    place.trueup('late', ['verify']);
    place.sql(`DELETE FROM sale WHERE id > ${place.rows}`);
    place.line({work: 'one late row, recomputed: work of the server', ours: median(withRow),
        other: LATE_MS, unit: 'ms', better: 'less', aim: 1});
    place.remark(`${place.kind}: a late row's work is by ${words.how}, and without the ` +
        `${median(without).toPrecision(2)} ms of a run that has nothing to do.`);
}

export const SETTLING = {settle, late};
