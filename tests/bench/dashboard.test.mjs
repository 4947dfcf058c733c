/*
 * bench/dashboard works: a quick look at a few rows prints its line, and finds the cells of the
 * periodic run and of the queries by hand the same. What the ratio is is no matter here: a timing
 * is never a test.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const BENCH = fileURLToPath(new URL('../../bench/dashboard', import.meta.url));
const LIMIT_MS = 240_000;
const LINE =
    /^\| a periodic run, against 360 queries with upserts +\| postgresql +\| +\S+ s \| +\S+ s \| +\d+\.\d\d \| +20 \| (yes|NO) +\|$/m;

test('bench/dashboard prints its ratio', (t) => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-bench-'));
    t.after(() => fs.rmSync(directory, {recursive: true, force: true}));
    const result = spawnSync(BENCH, ['--organizations', '10', '--rows', '8000', '--repeat', '2'],
        {encoding: 'utf8', timeout: LIMIT_MS, env: {...process.env, BENCH_DIR: directory}});
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stdout, LINE);
    assert.equal(result.stdout, fs.readFileSync(path.join(directory, 'dashboard.txt'), 'utf8'));
    assert.equal(spawnSync(BENCH, ['--rows', 'many']).status, 2);
});
