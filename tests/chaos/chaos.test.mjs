/*
 * Chaos on every database, all at once: see chaos.mjs. CHAOS_SECONDS is how long writers, workers and
 * events go on; then it takes as long as it takes to be quiet.
 */
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import path from 'node:path';
import {describe, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {SEED} from '../e2e/seed.mjs';
import {chosenKinds} from '../e2e/servers.mjs';

const CHAOS = fileURLToPath(new URL('chaos.mjs', import.meta.url));
const SECONDS = process.env.CHAOS_SECONDS ?? '60';
const KEEP = process.env.CHAOS_KEEP ?? path.resolve('build-logs/chaos');

function run(kind, seconds) {
    const argv = [CHAOS, '--database', kind, '--seconds', seconds, '--keep',
        path.join(KEEP, kind)];
    const child = spawn(process.execPath, argv, {stdio: ['ignore', 'pipe', 'pipe'],
        env: {...process.env, TRUEUP_TEST_SEED: String(SEED)}});
    let said = '';
    for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data) => { said += data; });
    return new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) => resolve({code, signal, said}));
    });
}

describe('chaos', {concurrency: true}, () => {
    for (const kind of chosenKinds())
        test(`${kind}: whatever happens for ${SECONDS} s, the end is true`, async (t) => {
            const {code, signal, said} = await run(kind, SECONDS);
            t.diagnostic(said.trim());
            assert.equal(code, 0, `${signal ?? ''}${said}`);
        });
});
