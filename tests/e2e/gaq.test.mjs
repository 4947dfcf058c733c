/*
 * The example gaq-summaries on MariaDB, with its own schema and spec: every case of what a summary of
 * qualities must give, and histories by chance against the example's own independent answer
 * (truth.sql: sub-queries where the spec has joins and windows).
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';
import {chosenKinds} from './servers.mjs';
import {Place, until} from './trueup.mjs';

const EXAMPLE = path.resolve(path.dirname(fileURLToPath(import.meta.url)),
    '../../examples/gaq-summaries');
const read = (file) => fs.readFileSync(path.join(EXAMPLE, file), 'utf8');

const SCHEMA = read('schema/mariadb.sql');
const TRUTH = read('truth.sql');

const DAY = 90_120; /* seconds of run 107 */

class Gaq extends Place {
    begin({data = '', spec = (text) => text, apply = true} = {}) {
        /* The example's SQL is written as MariaDB is by default: ` quotes names. */
        this.shell(`SET sql_mode = 'STRICT_ALL_TABLES';\n${SCHEMA}${data}`);
        this.spec(spec(read('trueup.yaml').replace('${GAQ_DATABASE}', this.database.url)));
        if (apply)
            this.run('apply', {code: 0});
        return this;
    }

    do(sql) {
        this.shell(`SET sql_mode = 'STRICT_ALL_TABLES';\n${sql};\n`);
    }

    isRight() {
        assert.equal(this.shell(`SET sql_mode = 'STRICT_ALL_TABLES';\n${TRUTH}`), '');
    }

    settles() {
        this.run('run --once', {code: 0});
        this.isRight();
        assert.deepEqual(this.invalid(), []);
    }

    invalid() {
        return this.sql(`SELECT data_pass_id AS p, run_number AS r FROM gaq_summaries_state
            WHERE invalid_since IS NOT NULL ORDER BY invalid_since, p, r`)
            .map(({p, r}) => `${p}/${r}`);
    }

    row(pass, run) {
        const [row] = this.sql(`SELECT bad_run_coverage AS bad,
            explicitly_not_bad_run_coverage AS good, mc_reproducible_coverage AS mcr,
            missing_verifications_count AS missing, undefined_quality_periods_count AS holes,
            not_computable AS none FROM gaq_summaries
            WHERE data_pass_id = ${pass} AND run_number = ${run}`);
        return row && Object.fromEntries(Object.entries(row)
            .map(([name, text]) => [name, text === null ? null : Number(text)]));
    }
}

const NOT_COMPUTABLE = {bad: null, good: null, mcr: null, missing: null, holes: null, none: 1};

/* A run, its detectors in a pass; a flag with one period. */
const run = (number, from, to) => `INSERT INTO runs(run_number, time_trg_start, time_trg_end)
    VALUES (${number}, ${from ? `'${from}'` : 'NULL'}, ${to ? `'${to}'` : 'NULL'});\n`;
const detectors = (pass, number, list) => list.map((id) =>
    `INSERT INTO global_aggregated_quality_detectors VALUES (${pass}, ${number}, ${id});\n`)
    .join('');
const flag = (id, type, number, detector, {from, to, pass = 1} = {}) => `
    INSERT INTO quality_control_flags(id, flag_type_id, run_number, detector_id)
        VALUES (${id}, ${type}, ${number}, ${detector});
    INSERT INTO data_pass_quality_control_flag VALUES (${pass}, ${id});
    INSERT INTO quality_control_flag_effective_periods(flag_id, \`from\`, \`to\`)
        VALUES (${id}, ${from ? `'${from}'` : 'NULL'}, ${to ? `'${to}'` : 'NULL'});\n`;

const RUN_107 = run(107, '2019-08-08 12:59:00', '2019-08-09 14:01:00') +
    detectors(1, 107, [1, 2, 2]) +
    flag(1, 5, 107, 1, {to: '2019-08-08 19:00:00'}) +
    flag(2, 3, 107, 1, {from: '2019-08-08 19:00:00'}) + flag(3, 3, 107, 2);
const RUN_106 = run(106, '2019-08-08 10:00:00', '2019-08-08 11:00:00') +
    detectors(1, 106, [1]) + flag(6, 3, 106, 1);
const RUN_56 = run(56, '2019-08-08 20:00:00', '2019-08-08 21:00:00') +
    detectors(1, 56, [7, 4]) + flag(56, 3, 56, 7) + flag(57, 3, 56, 4);
const RUN_54 = run(54, '2019-08-08 22:00:00', '2019-08-08 23:00:00') +
    detectors(1, 54, [4]) + flag(54, 12, 54, 4);

const GOOD_107 = {bad: 0, good: 68_460 / DAY, mcr: 21_660 / DAY, missing: 3, holes: 0, none: 0};

function gaq(name, body) {
    for (const kind of chosenKinds(['mariadb']))
        test(`${kind}: ${name}`, async (t) => body(await Gaq.on(kind, t), t));
}

gaq('cases 1 to 3, 6, 9: coverages, one row, nothing where nothing is known', (place) => {
    place.begin({data: RUN_107 + RUN_56 + RUN_54 + run(1, '2020-01-01', '2020-01-02') +
        detectors(1, 1, [1])});
    assert.deepEqual(place.row(1, 107), GOOD_107);
    assert.deepEqual(place.row(1, 1), NOT_COMPUTABLE);
    assert.deepEqual(place.row(1, 56), {bad: 0, good: 1, mcr: 0, missing: 2, holes: 0, none: 0});
    assert.deepEqual(place.row(1, 54), {bad: 1, good: 0, mcr: 0, missing: 1, holes: 0, none: 0});
    place.run('repair --summary gaq --key data_pass_id=1 --key run_number=54,56,100..110',
        {code: 0});
    place.run('rebuild --summary gaq --wait', {code: 0});
    assert.equal(place.value('SELECT count(*) AS n FROM gaq_summaries'), 4);
    place.do('UPDATE quality_control_flags SET flag_type_id = 5 WHERE id = 54');
    assert.deepEqual(place.invalid(), ['1/54']);
    place.settles();
    assert.deepEqual(place.row(1, 54), {bad: 0, good: 0, mcr: 1, missing: 1, holes: 0, none: 0});
    place.shell(`SET sql_mode = 'STRICT_ALL_TABLES';\n${read('effective.sql')}`);
    const effective = place.sql(`SELECT bad_effective_run_coverage + 0 AS bad FROM gaq_effective
        WHERE run_number = 54 ORDER BY mc_reproducible_as_not_bad`);
    assert.deepEqual(effective.map(({bad}) => Number(bad)), [1, 0]);
    /* Deleting the only flag is as if there had been none; once is enough. */
    place.do('UPDATE quality_control_flags SET deleted = 1 WHERE id = 54');
    assert.deepEqual(place.invalid(), ['1/54']);
    place.settles();
    assert.deepEqual(place.row(1, 54), NOT_COMPUTABLE);
    place.do('UPDATE quality_control_flags SET deleted = 1 WHERE id = 54');
    assert.deepEqual(place.invalid(), []);
});

gaq('case 4: invalidated again while it is computed', async (place) => {
    place.begin({data: RUN_107});
    place.do('UPDATE quality_control_flags SET flag_type_id = 13 WHERE id = 3');
    const worker = await place.pausedAt('cells.computed:2', 'run --once');
    place.do('INSERT INTO quality_control_flag_verifications(flag_id) VALUES (1)');
    /* So that it does not settle what came meanwhile as well. */
    const digest = place.value('SELECT digest FROM trueup_spec');
    place.do(`UPDATE trueup_spec SET digest = 'another'`);
    worker.go();
    await worker.end(2);
    place.do(`UPDATE trueup_spec SET digest = '${digest}'`);
    assert.deepEqual(place.invalid(), ['1/107']);
    assert.equal(place.row(1, 107).bad, 1);
    assert.equal(place.row(1, 107).missing, 3);
    place.settles();
    assert.equal(place.row(1, 107).missing, 2);
});

gaq('case 5: a batch of one takes the oldest, a batch of ten both', (place) => {
    place.begin({data: RUN_106 + RUN_107,
        spec: (text) => text.replace('max: 100', 'max: 1')});
    const both = `UPDATE quality_control_flags SET flag_type_id = 18 - flag_type_id WHERE id = 6;
        UPDATE quality_control_flags SET flag_type_id = 13 WHERE id = 1`;
    place.do(both.replace('18 - flag_type_id', '11'));
    assert.deepEqual(place.invalid(), ['1/106', '1/107']);
    place.run('run --once', {stop: 'apply.after_commit:kill:2'});
    assert.deepEqual(place.invalid(), ['1/107']);
    assert.equal(place.row(1, 106).bad, 1);
    place.settles();
});

gaq('cases 7, 8, 10, 11: verifications, bounds of runs, holes', (place) => {
    place.begin({data: RUN_56 + run(77, null, '2019-01-01 10:00:00') + detectors(1, 77, [1]) +
        flag(77, 13, 77, 1) + run(88, '2019-01-01 10:00:00', '2019-01-01 11:00:00') +
        detectors(1, 88, [1, 2]) + flag(88, 3, 88, 1, {from: '2019-01-01 10:10:00',
        to: '2019-01-01 10:40:00'}) + flag(89, 11, 88, 1, {from: '2019-01-01 10:30:00',
        to: '2019-01-01 10:50:00'})});
    assert.deepEqual(place.row(1, 77), NOT_COMPUTABLE);
    /* Five periods: none, one, two, one, none of detector 1's flags in force; never of 2's. */
    assert.deepEqual(place.row(1, 88), {bad: 0, good: 0, mcr: 0, missing: 2, holes: 7, none: 0});
    place.do('INSERT INTO quality_control_flag_verifications(flag_id) VALUES (56)');
    assert.deepEqual(place.invalid(), ['1/56']);
    place.settles();
    assert.equal(place.row(1, 56).missing, 1);
    const before = place.row(1, 56);
    place.do('INSERT INTO quality_control_flag_verifications(flag_id) VALUES (56)');
    place.settles();
    assert.deepEqual(place.row(1, 56), before);
    const changes = [
        [`time_trg_start = '2019-08-08 19:00:00'`, ['1/56']],
        [`definition = 'COSMICS'`, []],
        [`time_o2_start = '2019-08-08 18:00:00'`, []],
        [`first_tf_timestamp = '2019-08-08 19:00:00'`, []],
        [`first_tf_timestamp = '2019-08-08 19:30:00'`, ['1/56']],
        [`last_tf_timestamp = '2019-08-08 19:00:00'`, ['1/56']],
    ];
    for (const [set, invalid] of changes) {
        place.do(`UPDATE runs SET ${set} WHERE run_number = 56`);
        assert.deepEqual(place.invalid(), invalid, set);
        place.settles();
    }
    /* An empty interval, in the end. */
    assert.deepEqual(place.row(1, 56), NOT_COMPUTABLE);
});

gaq('case 12: one key of a hundred fails, the others are done in the same tick', (place) => {
    const many = Array.from({length: 100}, (_, i) => run(200 + i, '2020-01-01 00:00:00',
        '2020-01-01 01:00:00') + detectors(1, 200 + i, [1]) + flag(200 + i, 3, 200 + i, 1));
    place.begin({data: many.join(''), spec: (text) => text.replace(
        'u.missing AS missing_verifications_count',
        'u.missing + IF(w.run_number = 250 AND t.bad_us > 0, 9223372036854775807 + w.run_number, ' +
        '0) AS missing_verifications_count')});
    place.do('UPDATE quality_control_flags SET flag_type_id = 13');
    assert.equal(place.invalid().length, 100);
    assert.match(place.run('run --once', {code: 1}).err, /data_pass_id=1,run_number=250: /);
    assert.deepEqual(place.invalid(), ['1/250']);
    assert.equal(place.value('SELECT count(*) AS n FROM gaq_summaries WHERE bad_run_coverage = 1'),
        99);
    assert.equal(place.row(1, 250).bad, 0);
    const [parked] = place.sql('SELECT `key` AS k, attempts FROM trueup_parked'
        .replaceAll('`', '"').replace('"key"', '`key`'));
    assert.deepEqual(parked, {k: 'data_pass_id=1,run_number=250', attempts: 1});
    place.do('UPDATE quality_control_flags SET flag_type_id = 3 WHERE id = 250');
    place.settles();
});

gaq('bad settings are errors at the start', (place) => {
    place.begin({apply: false});
    const text = read('trueup.yaml').replace('${GAQ_DATABASE}', place.database.url);
    for (const [from, to] of [['settle: 30s', 'settle: 0s'], ['settle: 30s', 'settle: soon'],
        ['min: 1', 'min: 0'], ['min: 1', 'min: -1'], ['min: 1', 'min: 101'],
        ['max: 100', 'max: x']])
        place.spec(text.replace(from, to)).run('run --once', {code: 2});
});

/* ---- histories by chance ---- */

function chance(seed) {
    let state = seed;
    return (n) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 4294967296 * n);
    };
}

function statement(pick) {
    const number = 1 + pick(6);
    const pass = 1 + pick(2);
    const id = 1 + pick(20);
    const type = [3, 5, 11, 12, 13][pick(5)];
    const at = () => pick(4) === 0 ? 'NULL'
        : `TIMESTAMP '2020-01-01 00:00:00' + INTERVAL ${pick(14)} * 10 MINUTE`;
    return [
        () => `INSERT IGNORE INTO quality_control_flags(id, flag_type_id, run_number, detector_id)
            VALUES (${id}, ${type}, ${number}, ${1 + pick(3)})`,
        () => `INSERT IGNORE INTO data_pass_quality_control_flag VALUES (${pass}, ${id})`,
        () => `INSERT INTO quality_control_flag_effective_periods(flag_id, \`from\`, \`to\`)
            VALUES (${id}, ${at()}, ${at()})`,
        () => `UPDATE quality_control_flag_effective_periods SET \`to\` = ${at()}
            WHERE flag_id = ${id}`,
        () => `UPDATE quality_control_flag_effective_periods SET flag_id = ${1 + pick(20)}
            WHERE flag_id = ${id}`,
        () => `DELETE FROM quality_control_flag_effective_periods WHERE flag_id = ${id}`,
        () => `UPDATE quality_control_flags SET flag_type_id = ${type} WHERE id = ${id}`,
        () => `UPDATE quality_control_flags SET deleted = NOT deleted WHERE id = ${id}`,
        () => `UPDATE quality_control_flags SET run_number = ${number} WHERE id = ${id}`,
        () => `DELETE FROM quality_control_flags WHERE id = ${id}`,
        () => `DELETE FROM data_pass_quality_control_flag WHERE quality_control_flag_id = ${id}
            AND data_pass_id = ${pass}`,
        () => `UPDATE quality_control_flag_types SET bad = ${pick(2)},
            monte_carlo_reproducible = ${pick(2)} WHERE id = ${type}`,
        () => `INSERT INTO quality_control_flag_verifications(flag_id) VALUES (${id})`,
        () => `DELETE FROM quality_control_flag_verifications WHERE flag_id = ${id}`,
        () => `INSERT INTO global_aggregated_quality_detectors VALUES (${pass}, ${number},
            ${1 + pick(3)})`,
        () => `DELETE FROM global_aggregated_quality_detectors WHERE run_number = ${number}
            AND data_pass_id = ${pass} AND detector_id = ${1 + pick(3)}`,
        () => `UPDATE runs SET time_trg_end = ${at()} WHERE run_number = ${number}`,
        () => `UPDATE runs SET first_tf_timestamp = ${at()}, time_trg_end = TIMESTAMP
            '2020-01-01 02:30:00' WHERE run_number = ${number}`,
    ][pick(18)]();
}

gaq('random histories with crashes equal the independent answer', (place) => {
    const pick = chance(Number(process.env.SEED ?? 56));
    const points = ['entries.taken', 'cells.computed', 'turn.taken', 'cells.written',
        'apply.before_commit', 'apply.after_commit'];
    const runs = [1, 2, 3, 4, 5, 6].map((number) => run(number, '2020-01-01 00:00:00',
        '2020-01-01 02:00:00') + detectors(1, number, [1, 2]) + detectors(2, number, [2, 3]) +
        [1, 2, 3].map((d) => flag(3 * number + d - 3, 3, number, d)).join('') +
        `INSERT INTO data_pass_quality_control_flag VALUES (2, ${3 * number}),
            (2, ${3 * number - 1});\n`);
    place.begin({data: runs.join(''), spec: (text) => text.replace('max: 100', 'max: 3')});
    for (let round = 0; round < 50; round++) {
        const sql = Array.from({length: 1 + pick(8)}, () => statement(pick));
        place.do(`BEGIN;\n${sql.join(';\n')};\n${pick(6) === 0 ? 'ROLLBACK' : 'COMMIT'}`);
        if (pick(3) === 0)
            place.run('run --once', {stop: `${points[pick(6)]}:kill:${1 + pick(5)}`});
        else if (pick(4) === 0)
            place.settles();
    }
    place.settles();
    assert.equal(place.json('verify', {code: 0}).cells_drifted, 0);
    assert.ok(place.value('SELECT count(*) AS n FROM gaq_summaries WHERE NOT not_computable') > 0);
});

gaq('the generator\'s data, and a daemon that reaches a change', async (place) => {
    place.begin({data: read('data.sql'), spec: (text) => text.replace('settle: 30s',
        'settle: 50ms')});
    place.isRight();
    const daemon = place.start('run');
    place.do('UPDATE quality_control_flags SET flag_type_id = 13 WHERE run_number < 1011');
    assert.ok(place.value(`SELECT count(*) AS n FROM quality_control_flags
        WHERE flag_type_id = 13 AND run_number < 1011`) > 0);
    await until('all keys are valid again', () => place.invalid().length === 0);
    place.isRight();
    daemon.signal('SIGTERM');
    await daemon.end();
});
