/*
 * Exact numbers for the oracle: decimals as BigInt with a scale, doubles added without rounding.
 */

/* ---- decimals: {digits: BigInt, scale} ---- */

export function readDecimal(text) {
    const [, sign, whole, fraction = '', exponent = '0'] =
        /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
    const scale = fraction.length - Number(exponent);
    const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`);
    return scale >= 0 ? {digits, scale} : {digits: digits * 10n ** BigInt(-scale), scale: 0};
}

const atScale = ({digits, scale}, wanted) => digits * 10n ** BigInt(wanted - scale);

export function compareDecimals(a, b) {
    const scale = Math.max(a.scale, b.scale);
    const difference = atScale(a, scale) - atScale(b, scale);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function addDecimals(list) {
    const scale = Math.max(...list.map((value) => value.scale));
    return {digits: list.reduce((sum, value) => sum + atScale(value, scale), 0n), scale};
}

/* Rounded half away from zero to `scale` digits. */
export function divideDecimal(value, divisor, scale) {
    const numerator = value.digits * 10n ** BigInt(scale);
    const denominator = BigInt(divisor) * 10n ** BigInt(value.scale);
    const size = numerator < 0n ? -numerator : numerator;
    const rounded = (2n * size + denominator) / (2n * denominator);
    return {digits: numerator < 0n ? -rounded : rounded, scale};
}

/* One text for one number: 1.50 and 1.5 and 01.5 are "1.5", -0.0 is "0". */
export function showDecimal({digits, scale}) {
    const sign = digits < 0n ? '-' : '';
    const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
    const whole = text.slice(0, text.length - scale);
    const fraction = text.slice(text.length - scale).replace(/0+$/, '');
    return `${digits === 0n ? '' : sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/* ---- doubles ---- */

export const readReal = (text) =>
    Number(text.replace(/^([+-]?)inf(inity)?$/i, '$1Infinity').replace(/^nan$/i, 'NaN'));

/* Bits below the point of the smallest double. */
const POINT = 1074n;

/* A double as a whole number of 2^-1074. */
function exactly(real) {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, real);
    const bits = view.getBigUint64(0);
    const exponent = (bits >> 52n) & 0x7ffn;
    const fraction = bits & 0xfffffffffffffn;
    const size = exponent === 0n ? fraction : (fraction | 1n << 52n) << (exponent - 1n);
    return bits >> 63n ? -size : size;
}

/* The double nearest to sum / 2^1074: 66 bits and one that says whether there were more. */
function nearest(sum) {
    const size = sum < 0n ? -sum : sum;
    const drop = BigInt(Math.max(0, size.toString(2).length - 66));
    const more = size & ((1n << drop) - 1n) ? 1n : 0n;
    const kept = Number(size >> drop << 1n | more);
    const exponent = Number(drop - 1n - POINT);
    /* In two steps where 2 ** exponent alone would be too small to be a double. */
    const real = exponent < -1000 ? kept * 2 ** (exponent + 600) * 2 ** -600
        : kept * 2 ** exponent;
    return sum < 0n ? -real : real;
}

export function addReals(list) {
    if (list.some((real) => !Number.isFinite(real)))
        return list.reduce((sum, real) => sum + real, 0);
    return nearest(list.reduce((sum, real) => sum + exactly(real), 0n));
}

/* NaN is above all, as in PostgreSQL; the others have none. */
export function compareReals(a, b) {
    if (Number.isNaN(a) || Number.isNaN(b))
        return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a < b ? -1 : a > b ? 1 : 0;
}
