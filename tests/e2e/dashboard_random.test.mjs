/*
 * Random histories of the dashboard's tables: rows of all kinds come, change, move and go, in
 * transactions of which some are rolled back, in two sessions at once, while trueup settles, is
 * killed, repairs and rebuilds; after each quiet point every cell equals
 * examples/dashboard-metrics/truth.sql.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Dashboard} from './dashboard.mjs';
import {withChance} from './seed.mjs';

const HISTORIES = process.env.TRUEUP_TEST_ALL === '1' ? 40 : 4;
const ROUNDS = 3;
const ORGANIZATIONS = 5;
const POINTS = [
    'snapshot.taken', 'entries.taken', 'cells.computed', 'turn.taken', 'cells.written',
    'apply.before_commit', 'apply.after_commit'
];
const ZONES = ['UTC', 'Asia/Kolkata', 'America/New_York', 'America/St_Johns', 'Pacific/Auckland'];

/* An instant within two months or so, often within the last days. */
const instant = (chance) =>
    `now() - interval '${chance.below(chance.of([3, 60]) * 86400)} seconds'`;
const some = (chance, table, n = 4) =>
    `id IN (SELECT id FROM ${table} ORDER BY md5(id::text || '${chance.below(1e6)}')
    LIMIT ${1 + chance.below(n)} FOR UPDATE SKIP LOCKED)`;
const one = (table, chance) =>
    `(SELECT id FROM ${table} ORDER BY md5(id::text || '${chance.below(1e6)}') LIMIT 1)`;
const organization = (chance) =>
    1 + chance.below(ORGANIZATIONS + 1); /* one of them comes later, or not at all */
const known = (chance) => 1 + chance.below(ORGANIZATIONS);
const status = (chance) => chance.of(['COMPLETED', 'ERROR', 'EXECUTING', 'PENDING']);
const cost = (chance) => chance.below(8) === 0 ? 'NULL' : `${chance.below(1e9)} * 0.00000001`;

/* What the application does, and how likely that is. */
const DEEDS = [
    [
        6, (c) => `INSERT INTO usage SELECT gen_random_uuid(), ${known(c)}, '${c.of([
            'llm', 'llm', 'embedding'
        ])}',
        ${c.of(['NULL', `'challenge'`,
            `'summarize'`])}, ${cost(c)}, ${instant(c)} - n * interval '7 minutes'
        FROM generate_series(1, ${1 + c.below(20)}) n`
    ],
    [3, (c) => `UPDATE usage SET cost_in_dollars = ${cost(c)} WHERE ${some(c, 'usage')}`],
    [
        2,
        (c) => `UPDATE usage SET usage_type = '${c.of(['llm',
            'embedding'])}', organization_id = ${known(c)} WHERE ${some(c, 'usage')}`
    ],
    [2, (c) => `UPDATE usage SET created_at = ${instant(c)} WHERE ${some(c, 'usage')}`],
    [2, (c) => `DELETE FROM usage WHERE ${some(c, 'usage', 9)}`],
    [
        5, (c) => `INSERT INTO workflow_execution VALUES (gen_random_uuid(), ${c.of([
            'NULL', one('workflow', c), one('workflow', c)
        ])},
        ${
               c.of([
                   'NULL', one('api_deployment', c), one('pipeline', c), 'gen_random_uuid()'
               ])}, 'COMPLETED', ${instant(c)})`
    ],
    [
        5, (c) => `INSERT INTO workflow_file_execution SELECT gen_random_uuid(), e.id, '${
               status(c)}', ${instant(c)}
        FROM (SELECT id FROM workflow_execution ORDER BY md5(id::text || '${
               c.below(1e6)}') LIMIT 3) e`
    ],
    [
        4, (c) => `UPDATE workflow_file_execution SET status = '${status(c)}' WHERE ${
               some(c, 'workflow_file_execution', 6)}`
    ],
    [2, (c) => `DELETE FROM workflow_file_execution WHERE ${some(c, 'workflow_file_execution')}`],
    [1, (c) => `DELETE FROM workflow_execution WHERE ${some(c, 'workflow_execution', 2)}`],
    [
        2, (c) => `UPDATE workflow_execution SET workflow_id = ${
               one('workflow', c)}, pipeline_id = ${one('api_deployment', c)},
        created_at = ${instant(c)} WHERE ${some(c, 'workflow_execution')}`
    ],
    [1, (c) => `UPDATE workflow SET organization_id = ${known(c)} WHERE ${some(c, 'workflow', 2)}`],
    [
        1, (c) => `UPDATE pipeline SET pipeline_type = '${c.of(['ETL',
            'TASK'])}' WHERE ${some(c, 'pipeline', 2)}`
    ],
    [
        1, (c) => `UPDATE api_deployment SET organization_id = ${known(c)} WHERE ${
               some(c, 'api_deployment', 1)}`
    ],
    [
        4, (c) => `INSERT INTO page_usage SELECT gen_random_uuid(), 'org_${
               organization(c)}', f.id::text, ${c.of([
            'NULL', '3', '11'
        ])},
        ${instant(c)} FROM (SELECT id FROM workflow_file_execution ORDER BY md5(id::text || '${
               c.below(1e6)}') LIMIT 3) f`
    ],
    [
        2, (c) => `UPDATE page_usage SET pages_processed = ${c.below(30)}, run_id = ${c.of([
            'NULL', 'run_id', `(SELECT id::text FROM workflow_file_execution LIMIT 1)`
        ])} WHERE ${some(c, 'page_usage')}`
    ],
    [1, (c) => `DELETE FROM page_usage WHERE ${some(c, 'page_usage')}`],
    [
        3, (c) => `INSERT INTO hitl_queue VALUES (gen_random_uuid(), ${known(c)}, 'pending', ${
               instant(c)})`
    ],
    [
        3, (c) => `UPDATE hitl_queue SET state = '${c.of([
            'approved', 'approved', 'rejected'
        ])}', approved_at = ${c.of([instant(c), instant(c),
            'NULL'])} WHERE ${some(c, 'hitl_queue')}`
    ],
    [
        1, (c) => `UPDATE organization SET organization_id = 'org_' || ${
               organization(c)} || '_' || md5(id::text) WHERE ${some(c, 'organization', 1)}`
    ],
    [
        1, (c) => `UPDATE organization SET time_zone = '${c.of(ZONES)}' WHERE ${
               some(c, 'organization', 1)}`
    ],
];
const LIKELY = DEEDS.flatMap(([weight, deed]) => Array(weight).fill(deed));

/* What may fail: two sessions want the same rows the other way round, or one names an organization
 * twice. */
const HARMLESS =
    /deadlock detected|lock timeout|duplicate key|current transaction is aborted|violates foreign key/;

async function write(board, chance, transactions) {
    const writer = board.writer();
    for (let i = 0; i < transactions; i++) {
        await writer.do('BEGIN');
        let isBroken = false;
        for (let n = 1 + chance.below(4); n > 0 && !isBroken; n--) {
            const said = await writer.attempt(chance.of(LIKELY)(chance));
            isBroken = /ERROR/.test(said);
            assert.ok(!isBroken || HARMLESS.test(said), said);
        }
        await writer.do(isBroken || chance.below(6) === 0 ? 'ROLLBACK' : 'COMMIT');
    }
    await writer.end();
}

/* Beside the writers; a worker that is killed says nothing, others may find another at it. */
async function work(board, chance) {
    for (let i = 0; i < 4; i++) {
        const command =
            chance.of(['run --once', 'run --once', 'repair --days 9', 'rebuild --wait', 'verify']);
        const isKilled = chance.below(3) === 0;
        const stop = isKilled ? `${chance.of(POINTS)}:kill:${1 + chance.below(2)}` : undefined;
        const {code, signal, err} = await board.start(command, {stop}).end();
        const isBehind = board.capture === 'none' && command === 'verify' && code === 1;
        assert.ok(code === 0 || isBehind || (isKilled && signal === 'SIGKILL'),
            `${command} (${stop}): ${code} ${signal} ${err}`);
    }
}

for (let history = 0; history < HISTORIES; history++) {
    const capture = history % 4 === 3 ? 'none' : 'triggers';
    const hasZones = history % 2 === 1;
    test(`a random history, capture: ${capture}${hasZones ? ', zones' : ''} (${history})`,
        (t) => withChance(`dashboard ${history}`, async (chance) => {
            const board = await Dashboard.open(t, {capture, hasZones, refresh: {every: '15m'}});
            board.organizations(ORGANIZATIONS);
            board.run('apply', {code: 0});
            for (let round = 0; round < ROUNDS; round++) {
                await Promise.all(
                    [write(board, chance, 12), write(board, chance, 12), work(board, chance)]);
                board.run('run --once', {code: 0});
                if (capture === 'none')
                    board.run('rebuild --wait', {code: 0});
                board.isRight();
                const verify = board.json('verify', {code: 0});
                assert.deepEqual([verify.drift, verify.cells_pending], [[], 0]);
            }
        }));
}
