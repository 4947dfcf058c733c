/*
 * The way by hand, as a good engineer keeps such a summary: for every day and group of labs with the
 * same clock one INSERT ... SELECT ... GROUP BY ... ON DUPLICATE KEY UPDATE a series, between two
 * instants, by the index on (labId, billTime), the children by theirs on billId; the sixteen of a day
 * and group in one transaction, which takes no locks on what it reads.
 *
 * What it does not do, unlike trueup: remove cells whose last bill is gone.
 */
import {offsetPeriods} from '../../tests/conformance/clock.mjs';

const DAY_MS = 86_400_000;

/* ---- the series: where their rows come from, what is counted, and by what ---- */

const FROM = {
    bill: 'billing b',
    test: 'billing b STRAIGHT_JOIN billingInfo i ON i.billId = b.id',
    department: 'billing b STRAIGHT_JOIN billingInfo i ON i.billId = b.id ' +
        'STRAIGHT_JOIN allTests t ON t.id = i.testId',
    sample: 'billing b STRAIGHT_JOIN labReportRelation r ON r.billId = b.id ' +
        'STRAIGHT_JOIN collectedSample s ON s.id = r.sampleId',
};
const BY = ['organization', 'referral', 'branch'];
const each = (suffix, from, b, where) => BY.map((by) =>
    ({name: `${by}_${suffix}`, from: FROM[from], a: `b.${by}Id`, b, where}));
const SERIES = [
    ...each('bill', 'bill', 'NULL', ''),
    ...each('test', 'test', 'i.testId', 'AND i.dismissed = 0'),
    {name: 'department_test', from: FROM.department, a: 't.departmentId', b: 'i.testId',
        where: 'AND i.dismissed = 0'},
    ...each('sample', 'sample', 's.sampleTypeId', 'AND r.dismissed = 0'),
    ...each('sample_accessed', 'sample', 's.sampleTypeId', 'AND r.dismissed = 0 AND s.accessed = 1'),
    ...each('sample_not_accessed', 'sample', 's.sampleTypeId',
        'AND r.dismissed = 0 AND s.accessed = 0'),
];

function statement({name, from, a, b, where}, labs, day, [since, until]) {
    const groups = ['b.labId', a, ...b === 'NULL' ? [] : [b]];
    return `INSERT INTO hand(lab_id, ordered_at, dimension_a_id, dimension_b_id, event_type, event_value)
SELECT b.labId, '${day}', ${a}, ${b}, '${name}', COUNT(*) FROM ${from}
WHERE b.labId IN (${labs}) AND b.billTime >= '${since}' AND b.billTime < '${until}'
AND b.isCancel = 0 AND ${a} IS NOT NULL ${where} GROUP BY ${groups.join(', ')}
ON DUPLICATE KEY UPDATE event_value = VALUES(event_value);\n`;
}

/* ---- days ---- */

const show = (ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
const isoDate = (ms) => new Date(ms).toISOString().slice(0, 10);

/* The instant at which the clock of a zone shows midnight of that date; worked out before the clock of
 * the bench starts, and no zone of the generator changes its own at midnight in the days it makes. */
function midnight(periods, day) {
    const wall = Date.parse(`${day}T00:00:00Z`);
    for (const [, since, until, seconds] of periods) {
        const at = wall - seconds * 1000;
        if (at >= Date.parse(`${since}Z`) && at < Date.parse(`${until}Z`))
            return at;
    }
    throw new Error(`${periods[0][0]} has no midnight of ${day}`);
}

/* `zones`: the labs of each zone, by name. Gives sql(days): the whole work of these days as one text,
 * newest first, and how many statements it has. */
export function byHand(zones, firstDay, lastDay) {
    const from = isoDate(Date.parse(firstDay) - 3 * DAY_MS);
    const to = isoDate(Date.parse(lastDay) + 3 * DAY_MS);
    const periods = new Map([...zones.keys()].map((zone) => [zone, offsetPeriods(zone, from, to)]));
    const next = (day) => isoDate(Date.parse(day) + DAY_MS);
    const ofDay = (day) => [...zones].map(([zone, labs]) => {
        const range = [day, next(day)].map((date) => show(midnight(periods.get(zone), date)));
        return `START TRANSACTION;\n${SERIES.map((series) =>
            statement(series, labs, day, range)).join('')}COMMIT;\n`;
    }).join('');
    return {
        sql: (days) => 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;\n' +
            days.map(ofDay).join(''),
        countOf: (days) => days.length * zones.size * SERIES.length,
    };
}
