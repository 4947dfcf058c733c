/*
 * What is printed: a table in Markdown, as docs/performance.md has it, one row a comparison, with the
 * ratio, the aim and whether it was reached.
 *
 *   better 'less'   ours and other are times:  ratio = other / ours,  reached at aim or above
 *   better 'more'   they are rates:            ratio = ours / other,  reached at aim or above
 *   better 'none'   they are counts:           ratio = ours / other,  reached when ours <= other
 */

export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const sum = (values) => values.reduce((total, value) => total + value, 0);

const BETTER = {
    less: {ratio: (ours, other) => other / ours, isReached: (line, ratio) => ratio >= line.aim},
    more: {ratio: (ours, other) => ours / other, isReached: (line, ratio) => ratio >= line.aim},
    /* None in both is as many. */
    none: {
        ratio: (ours, other) => ours === other ? 1 : ours / other,
        isReached: ({ours, other}) => ours <= other,
    },
};

const shown = (value, unit) => `${value >= 100 || Number.isInteger(value)
    ? Math.round(value) : value.toPrecision(3)} ${unit}`.trimEnd();

/* Texts are on the left, figures on the right. */
const WIDTHS = [60, 10, 11, 11, 6, 5, 7];
const isText = (i) => i === 0 || i === 1 || i === 6;
const row = (cells) => `| ${cells.map((cell, i) => isText(i)
    ? `${cell}`.padEnd(WIDTHS[i]) : `${cell}`.padStart(WIDTHS[i])).join(' | ')} |`;

export const head = () =>
    `${row(['work', 'database', 'ours', 'other', 'ratio', 'aim', 'reached'])}
|${WIDTHS.map((width, i) => `${'-'.repeat(width + 1)}${isText(i) ? '-' : ':'}`).join('|')}|`;

/* line: {work, database, ours, other, unit, better, aim} */
export function print(line) {
    const {ratio, isReached} = BETTER[line.better];
    const value = ratio(line.ours, line.other);
    return row([line.work, line.database, shown(line.ours, line.unit),
        shown(line.other, line.unit), value.toFixed(2), line.aim ?? '<= 1',
        isReached(line, value) ? 'yes' : 'NO']);
}
