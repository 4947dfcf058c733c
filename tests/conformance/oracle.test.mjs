/*
 * The suite's own instruments: a wrong cell must be seen, the calendar must agree with checked
 * days, and the sums must be exact.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {test} from 'node:test';
import {chosenKinds} from '../e2e/servers.mjs';
import {House, HOUSE_SPEC} from '../e2e/trueup.mjs';
import {bucketOf, localDate, readInstant, showInstant} from './clock.mjs';
import {equalsOracle} from './conformance.mjs';
import {addReals, divideDecimal, readDecimal, showDecimal} from './numbers.mjs';
import {QUIRKS} from './quirks.mjs';

const DAYS = fs.readFileSync(new URL('../unit/data/tz_days.tsv', import.meta.url), 'utf8')
    .split('\n').slice(1).filter(Boolean).map((line) => line.split('\t'));

test('the calendar agrees with the checked days', () => {
    for (const [zone, date, start, end] of DAYS) {
        const [first, after] = [start, end].map((text) => readInstant(text));
        if (first === after)
            continue;
        for (const us of [first, (first + after) / 2n, after - 1n])
            assert.equal(localDate(zone, us), date, `${zone} ${showInstant(us)}`);
        assert.notEqual(localDate(zone, after), date, `${zone} ${showInstant(after)}`);
    }
});

test('every row of quirks.mjs is about something that the suite asks for', () => {
    const here = new URL('.', import.meta.url);
    const texts = fs.readdirSync(here).filter((name) => name.endsWith('.mjs')
        && name !== 'quirks.mjs')
        .map((name) => fs.readFileSync(new URL(name, here), 'utf8').replaceAll("\\'",
            "'")).join('');
    for (const what of QUIRKS.flatMap((row) => row.what))
        assert.ok(texts.includes(what.replace(
            /^(measures over|many:|few:|texts:|time:|capture:|refused:) /, '')),
            `no case is called "${what}"`);
});

test('hours of a change of the clocks', () => {
    for (const [zone, at, bucket] of [
        ['Australia/Lord_Howe', '2024-04-06T14:59:59Z', '2024-04-06T14:00:00Z'],
        ['Australia/Lord_Howe', '2024-04-06T15:20:00Z', '2024-04-06T15:00:00Z'],
        ['Asia/Kolkata', '2024-01-01T00:00:00Z', '2023-12-31T23:30:00Z'],
        ['America/St_Johns', '2010-11-07T02:30:30Z', '2010-11-07T02:30:00Z'],
        ['America/St_Johns', '2010-11-07T02:31:30Z', '2010-11-07T02:31:00Z'],
    ])
        assert.equal(bucketOf(zone, 'hour', readInstant(at)), bucket, `${zone} ${at}`);
});

test('times that are none', () => {
    for (const text of [null, '', 'soon', 'infinity', '0000-00-00 00:00:00', '2024-13-01',
        '2024-02-30 00:00:00'])
        assert.equal(readInstant(text), null, text);
    assert.equal(showInstant(readInstant('2024-03-01 05:30:00.5+05:30')),
        '2024-03-01T00:00:00.500000Z');
});

test('numbers are exact', () => {
    assert.equal(addReals([1e15, 0.1, -1e15]), 0.1);
    assert.equal(addReals([1e308, 1e308, -1e308]), 1e308);
    assert.equal(addReals([5e-324, 5e-324]), 1e-323);
    assert.equal(addReals([Infinity, 1]), Infinity);
    assert.ok(Number.isNaN(addReals([Infinity, -Infinity])));
    for (const [text, shown] of [['1.50', '1.5'], ['-0.0', '0'], ['.5', '0.5'], ['1e3', '1000'],
        ['-12.340e-2', '-0.1234']])
        assert.equal(showDecimal(readDecimal(text)), shown);
    for (const [text, divisor, shown] of [['5', 3, '1.67'], ['-5', 3, '-1.67'], ['0.025', 2,
        '0.01'],
        ['-0.03', 4, '-0.01']])
        assert.equal(showDecimal(divideDecimal(readDecimal(text), divisor, 2)), shown);
});

const FALSIFIED = {
    'a value': `UPDATE folded_day SET total = total + 1 WHERE shop = 'tokyo'
        AND bucket = '2024-03-05'`,
    'a row too many': `INSERT INTO daily_day(shop, bucket, n, total, least, most)
        VALUES ('tokyo', '2024-12-24', 0, 0, 0, 0)`,
    'a row missing': `DELETE FROM daily_month WHERE shop = 'phoenix' AND bucket = '2024-03-01'`,
    'a NULL': `UPDATE daily_day SET least = NULL WHERE shop = 'tokyo' AND bucket = '2024-03-05'`,
};

for (const kind of chosenKinds())
    test(`${kind}: a falsified cell is seen, by the oracle and by plain SQL`, async (t) => {
        const house = await House.on(kind, t);
        const look = () => equalsOracle(house, HOUSE_SPEC, {});
        look();
        for (const [what, sql] of Object.entries(FALSIFIED)) {
            house.shell(sql);
            assert.throws(look, /not the truth/, what);
            assert.throws(() => house.isRight(), what);
            assert.equal(house.json('rebuild --wait', {code: 0}).cells_drifted, 1, what);
            look();
        }
        house.isTrue();
    });
