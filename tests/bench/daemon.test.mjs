/*
 * The bench of the daemon works: a quick look prints every line of every database, and finds all
 * cells true behind them. What the figures are is no matter here: a timing is never a test.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {chosenKinds} from '../e2e/servers.mjs';

const BENCH = fileURLToPath(new URL('../../bench/daemon', import.meta.url));
const LIMIT_MS = 600_000;
/* Of a server a line more: what it was asked. */
const LINES = {sqlite: 8, postgresql: 9, mariadb: 9};
const LINE = /^\| .+ \| (sqlite|postgresql|mariadb) \| [\d., ]+[^|]* \| [^|]*\| (yes|NO|[\d.]+ of one) \|$/;

for (const kind of chosenKinds())
    test(`bench/daemon prints every line of ${kind}`, (t) => {
        const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-bench-'));
        t.after(() => fs.rmSync(directory, {recursive: true, force: true}));
        const result = spawnSync(BENCH, ['--database', kind, '--quick'],
            {encoding: 'utf8', timeout: LIMIT_MS, env: {...process.env, BENCH_DIR: directory}});
        assert.equal(result.status, 0, result.stderr);
        assert.equal(result.stdout, fs.readFileSync(path.join(directory, 'daemon.txt'), 'utf8'));
        const lines = result.stdout.split('\n').filter((line) => line.includes(`| ${kind} |`));
        for (const line of lines)
            assert.match(line, LINE);
        assert.equal(lines.length, LINES[kind], result.stdout);
    });
