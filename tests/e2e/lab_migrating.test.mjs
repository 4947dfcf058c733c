/*
 * The way from triggers and a nightly procedure, as docs/migrating.md goes it: the old machinery with its
 * faults beside trueup, its differences seen by verify before anything is switched, the switch, and the
 * way back.
 */
import assert from 'node:assert/strict';
import {LAST, STORED, TABLE, TRUTH, onLab} from './lab.mjs';

const TRIAL = 'operation_summary_trueup';
const KEY = 'lab_id, ordered_at, event_type, dimension_a_id, dimension_b_id';

/* The old summary of one series, with a trigger that adds and a night that upserts: NULL in its unique
 * key, nothing for a cancelled bill. */
const OLD = `
    CREATE TABLE ${TABLE} (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, lab_id BIGINT NOT NULL,
        ordered_at DATE NOT NULL, dimension_a_id BIGINT, dimension_b_id BIGINT,
        event_type VARCHAR(64) NOT NULL, event_value BIGINT NOT NULL,
        UNIQUE KEY old_key (lab_id, ordered_at, dimension_a_id, dimension_b_id, event_type));
    CREATE TRIGGER old_counts AFTER INSERT ON billing FOR EACH ROW
        INSERT INTO ${TABLE}(lab_id, ordered_at, dimension_a_id, event_type, event_value)
        SELECT NEW.labId, DATE(NEW.billTime), NEW.organizationId, 'organization_bill', 1
        ON DUPLICATE KEY UPDATE event_value = event_value + 1`;
const NIGHT = `INSERT INTO ${TABLE}(lab_id, ordered_at, dimension_a_id, event_type, event_value)
    SELECT labId, DATE(billTime), organizationId, 'organization_bill', COUNT(*) FROM billing
    WHERE isCancel = 0 AND billTime BETWEEN '${LAST} 00:00:00' AND '${LAST} 23:59:59' GROUP BY 1, 2, 3
    ON DUPLICATE KEY UPDATE event_value = VALUES(event_value)`;

const here = (lab, name) => lab.spec(lab.text.replace(`table: ${TABLE}`, `table: ${name}`));

onLab('from triggers and a nightly procedure: side by side, verify, switch, and back', async (lab) => {
    here(lab, TRIAL).run('apply', {code: 0});
    lab.shell(NIGHT);
    lab.shell(`UPDATE billing SET isCancel = 1 WHERE id % 3 = 0;
        INSERT INTO billing(labId, billTime, organizationId) VALUES (3, '${LAST} 23:59:59.5', 300)`);
    lab.run('run --once', {code: 0});
    const trial = STORED.replace(TABLE, TRIAL);
    lab.same(trial, TRUTH, 'the trial is true beside the old triggers');
    const old = lab.sql(`SELECT ${KEY}, event_value FROM ${TABLE} ORDER BY 1, 2, 3, 4, 5, 6`);

    /* The old cells in the trial's table: verify lists what is wrong with them. */
    lab.run('pause', {code: 0});
    lab.shell(`DELETE FROM ${TRIAL}; INSERT INTO ${TRIAL}(${KEY}, event_value, trueup_rows)
        SELECT ${KEY}, SUM(event_value), SUM(event_value) FROM ${TABLE} GROUP BY ${KEY}`);
    const {drift, cells_drifted: listed} = lab.json('verify', {code: 1});
    const differing = lab.value(`SELECT COUNT(*) AS n FROM (
        SELECT * FROM (${trial}) AS s EXCEPT SELECT * FROM (${TRUTH}) AS t) AS d`);
    assert.ok(differing > 0);
    assert.equal(drift.filter(({stored}) => stored !== null).length, differing);
    assert.ok(drift.some(({stored, true: is}) => stored?.event_value > is?.event_value));
    lab.run('resume', {code: 0});
    const {cells_drifted: mended} = lab.json('rebuild --wait', {code: 0});
    assert.equal(mended, listed);
    lab.same(trial, TRUTH, 'right again');
    assert.deepEqual(lab.sql(`SELECT ${KEY}, event_value FROM ${TABLE} ORDER BY 1, 2, 3, 4, 5, 6`), old,
        'nobody has touched the old table');

    lab.run('drop --yes', {code: 0});
    lab.shell('DROP TRIGGER old_counts');
    here(lab, TABLE);
    assert.match(lab.run('apply', {code: 2}).err, /--take-over/);
    lab.run('apply --take-over', {code: 0});
    lab.isRight('taken over');
    lab.shell(`UPDATE billing SET isCancel = 1 - isCancel WHERE id % 5 = 0`);
    lab.settles();

    lab.run('drop --keep-tables --yes', {code: 0});
    lab.isRight('as it was left');
    lab.shell(`UPDATE billing SET isCancel = 1 WHERE id % 4 = 0`);
    assert.deepEqual(lab.sql(`SELECT trigger_name AS n FROM information_schema.triggers
        WHERE trigger_schema = DATABASE()`), [], 'capture is gone');
}, {apply: false, sql: OLD});
