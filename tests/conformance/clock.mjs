/*
 * A calendar of the tests' own, from JavaScript's time zones: the bucket of an instant on a
 * tenant's clock. Written from the definition, slowly and plainly; trueup's is not asked.
 *
 * Instants are BigInt microseconds UTC. A day and longer is named by the local date of its first
 * day; an hour and a minute are the instants of one local date, hour (minute) and offset, named by
 * the first.
 */

const SECOND = 1_000_000n;
const DAY_MS = 86_400_000;
const STEP = {hour: 3600n * SECOND, minute: 60n * SECOND};

const floorMod = (a, b) => ((a % b) + b) % b;
const floorDiv = (a, b) => (a - floorMod(a, b)) / b;

/* ---- offsets ---- */

const formats = new Map();
const offsets = new Map();

/* Seconds that the clock of `zone` is ahead of UTC at a second of the epoch. */
function offsetAt(zone, second) {
    const key = `${zone} ${second}`;
    if (!offsets.has(key)) {
        if (!formats.has(zone))
            formats.set(zone, new Intl.DateTimeFormat('en-US', {timeZone: zone, hourCycle: 'h23',
                year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric',
                minute: 'numeric', second: 'numeric'}));
        const part = Object.fromEntries(formats.get(zone)
            .formatToParts(Number(second) * 1000).map(({type, value}) => [type, Number(value)]));
        const wall = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute,
            part.second);
        offsets.set(key, BigInt(wall / 1000) - second);
    }
    return offsets.get(key);
}

const offsetOf = (zone, us) => offsetAt(zone, floorDiv(us, SECOND)) * SECOND;

/* The first second in (before, at] from which on the clock shows what it shows at `at`. */
function changeBetween(zone, before, at) {
    let low = floorDiv(before, SECOND);
    let high = floorDiv(at, SECOND);
    const offset = offsetAt(zone, high);
    while (high - low > 1n) {
        const middle = (low + high) / 2n;
        if (offsetAt(zone, middle) === offset)
            high = middle;
        else
            low = middle;
    }
    return high * SECOND;
}

/* ---- buckets ---- */

const isoDate = (ms) => new Date(ms).toISOString().slice(0, 10);

/* The first day of the period of a local date, both as milliseconds of their midnight in UTC. */
const FIRST_DAY = {
    day: (ms) => ms,
    week: (ms) => ms - ((new Date(ms).getUTCDay() + 6) % 7) * DAY_MS,
    month: (ms) => Date.UTC(new Date(ms).getUTCFullYear(), new Date(ms).getUTCMonth(), 1),
    quarter: (ms) => Date.UTC(new Date(ms).getUTCFullYear(),
        Math.floor(new Date(ms).getUTCMonth() / 3) * 3, 1),
    year: (ms) => Date.UTC(new Date(ms).getUTCFullYear(), 0, 1),
};

/* The bucket of a local date that is known already: "2024-03-31". */
export function bucketOfDate(grain, date) {
    return isoDate(FIRST_DAY[grain](Date.parse(`${date}T00:00:00Z`)));
}

export function localDate(zone, us) {
    return isoDate(Number(floorDiv(us + offsetOf(zone, us), 1000n)));
}

export function bucketOf(zone, grain, us) {
    if (!(grain in STEP))
        return bucketOfDate(grain, localDate(zone, us));
    const offset = offsetOf(zone, us);
    const local = us + offset;
    let first = local - floorMod(local, STEP[grain]) - offset;
    if (offsetOf(zone, first) !== offset)
        first = changeBetween(zone, first, us);
    return showInstant(first);
}

/* ---- texts ---- */

/* "2024-03-31T12:00:00Z"; with its fraction if it has one. */
export function showInstant(us) {
    const fraction = floorMod(us, SECOND);
    const whole = new Date(Number(floorDiv(us, SECOND)) * 1000).toISOString().slice(0, 19);
    return `${whole}${fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`}Z`;
}

const WRITTEN = new RegExp('^(\\d{4,5})-(\\d\\d)-(\\d\\d)(?:[ T](\\d\\d):(\\d\\d)(?::(\\d\\d)' +
    '(?:\\.(\\d{1,6}))?)?)?\\s*(?:(Z)|([+-])(\\d\\d)(?::?(\\d\\d))?)?$');

/* The microseconds of a time as a database prints it; null if it is none ("infinity", "0000-00-00",
 * "soon"). A text without an offset is on the clock of `zone`, which may have no summer time. */
export function readInstant(text, zone = 'UTC') {
    const found = text === null ? null : WRITTEN.exec(text);
    if (!found)
        return null;
    const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', z, sign,
        offsetHours = '0', offsetMinutes = '0'] = found;
    const ms = Date.UTC(year, month - 1, day, hour, minute, second);
    /* The 30th of February and month 13 would be other days. */
    if (new Date(ms).toISOString().slice(5, 10) !== `${month}-${day}`)
        return null;
    const us = BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, '0'));
    if (z)
        return us;
    if (sign) {
        const offset = (BigInt(offsetHours) * 3600n + BigInt(offsetMinutes) * 60n) * SECOND;
        return sign === '+' ? us - offset : us + offset;
    }
    return us - offsetOf(zone, us);
}

/* The periods of one offset between two dates: [[zone, since, until, seconds], ...]; for SQL. */
export function offsetPeriods(zone, from, to) {
    const HOUR = 3600n;
    const [start, end] = [from, to].map((date) => BigInt(Date.parse(`${date}T00:00:00Z`)) / 1000n);
    const show = (second) => showInstant(second * SECOND).slice(0, 19).replace('T', ' ');
    const periods = [[zone, show(start), null, Number(offsetAt(zone, start))]];
    for (let second = start; second < end; second += HOUR) {
        if (offsetAt(zone, second) === offsetAt(zone, second + HOUR))
            continue;
        const change = changeBetween(zone, second * SECOND, (second + HOUR) * SECOND) / SECOND;
        periods.at(-1)[2] = show(change);
        periods.push([zone, show(change), null, Number(offsetAt(zone, change))]);
    }
    periods.at(-1)[2] = show(end);
    return periods;
}
