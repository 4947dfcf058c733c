/*
 * The bench on servers works: a quick look at a few rows prints every line with a ratio, and finds
 * the cells of trueup and of the SQL by hand equal. What the ratios are is no matter here: a timing
 * is never a test.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const BENCH = fileURLToPath(new URL('../../bench/servers', import.meta.url));
const LIMIT_MS = 240_000;
const LINES = {postgresql: 19, mariadb: 20};
/* work, database, ours and other with their units, ratio, aim, reached: a row of Markdown */
const LINE = new RegExp(String.raw`^\| .+ \| (postgresql|mariadb) +\| +\S+( \S+)? \| +\S+( \S+)? ` +
    String.raw`\| +\d+\.\d\d \| +(<= 1|[\d.]+) \| (yes|NO) +\|$`);

for (const [kind, expected] of Object.entries(LINES))
    test(`bench/servers prints every ratio of ${kind}`, (t) => {
        const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-bench-'));
        t.after(() => fs.rmSync(directory, {recursive: true, force: true}));
        const result = spawnSync(BENCH, ['--database', kind, '--rows', '20000', '--repeat', '1'],
            {encoding: 'utf8', timeout: LIMIT_MS, env: {...process.env, BENCH_DIR: directory}});
        assert.equal(result.status, 0, result.stderr);
        assert.equal(result.stdout, fs.readFileSync(path.join(directory, 'servers.txt'), 'utf8'));
        const lines = result.stdout.split('\n').filter((line) => line.includes(` ${kind} `));
        for (const line of lines)
            assert.match(line, LINE);
        assert.equal(lines.length, expected, result.stdout);
    });
