/*
 * The laboratory's bench works: a quick look prints a ratio for each of its three comparisons, after it
 * found the cells of trueup and of the way by hand equal. What the ratios are is no matter here: a
 * timing is never a test.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const BENCH = fileURLToPath(new URL('../../bench/lab', import.meta.url));
const LIMIT_MS = 240_000;
const WORK = ['the nightly repair of one day, all labs', 'rebuild of tables that are right',
    'first build into empty tables'];

test('bench/lab prints every ratio of the laboratory', (t) => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-bench-'));
    t.after(() => fs.rmSync(directory, {recursive: true, force: true}));
    const result = spawnSync(BENCH, ['--labs', '6', '--zones', '5', '--days', '3', '--bills', '6',
        '--repeat', '2'], {encoding: 'utf8', timeout: LIMIT_MS,
        env: {...process.env, BENCH_DIR: directory}});
    assert.equal(result.status, 0, result.stderr);
    assert.equal(result.stdout, fs.readFileSync(path.join(directory, 'lab.txt'), 'utf8'));
    assert.match(result.stdout, /^.*; 6 labs in 5 zones, 3 days, 108 bills, \d+ tests, [\d,]+ cells/);
    for (const work of WORK) {
        const line = result.stdout.split('\n').find((text) => text.includes(`${work} `));
        assert.match(line ?? result.stdout, /mariadb[ |]+[\d.]+ s[ |]+[\d.]+ s[ |]+\d+\.\d\d /);
    }
    assert.match(result.stdout, /Writing the same cells from memory takes [\d.]+ s/);
});

test('bench/lab says what is wrong with its command line', () => {
    for (const words of [['--labs'], ['--labs', 'many'], ['--nonsense']]) {
        const {status, stderr} = spawnSync(BENCH, words, {encoding: 'utf8'});
        assert.equal(status, 2, words.join(' '));
        assert.match(stderr, /^bench: .*\nusage: /);
    }
});
