/*
 * The bench of keyed summaries works: a quick look prints a line a rate for every database, and finds
 * all rows true behind them. What the figures are is no matter here: a timing is never a test.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {chosenKinds} from '../e2e/servers.mjs';

const BENCH = fileURLToPath(new URL('../../bench/gaq', import.meta.url));
const LIMIT_MS = 600_000;
const LINE = /^\| (1 key|10 keys|200 keys)\/s \([\d.]+ came\), settle 50ms: [^|]+ \| [a-z]+ \| \d+, \d+, \d+ ms \| 95 of 100 <= \d+ ms \| (yes|NO) \|$/;

for (const kind of chosenKinds())
    test(`bench/gaq prints every line of ${kind}`, (t) => {
        const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-bench-'));
        t.after(() => fs.rmSync(directory, {recursive: true, force: true}));
        const result = spawnSync(BENCH, ['--database', kind, '--quick'],
            {encoding: 'utf8', timeout: LIMIT_MS, env: {...process.env, BENCH_DIR: directory}});
        assert.equal(result.status, 0, result.stderr);
        assert.equal(result.stdout, fs.readFileSync(path.join(directory, 'gaq.txt'), 'utf8'));
        const lines = result.stdout.split('\n').filter((line) => line.includes(`| ${kind} |`));
        for (const line of lines)
            assert.match(line, LINE);
        assert.equal(lines.length, 3, result.stdout);
    });
