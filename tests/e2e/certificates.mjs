/*
 * Certificates for a test, made by openssl in a directory that goes with the test.
 *
 *   authority('house') ──▶ Authority ── sign('server', names) ──▶ {certificate, key}
 *          └ certificate: what a client is told to trust
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

function openssl(line, input = '') {
    const {status, stderr, error} = spawnSync('openssl', line, {input, encoding: 'utf8'});
    assert.ifError(error);
    assert.equal(status, 0, `openssl ${line.join(' ')}: ${stderr}`);
}

const NEW_KEY = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
    '-nodes', '-days', '2'];

export class Authority {
    constructor(directory, name) {
        Object.assign(this, {directory, name});
        this.certificate = path.join(directory, `${name}-ca.pem`);
        this.key = path.join(directory, `${name}-ca.key`);
        openssl([...NEW_KEY, '-subj', `/CN=${name} authority`, '-keyout', this.key, '-out',
            this.certificate]);
    }

    /* A certificate of that common name, for these hosts: 'DNS:a.b' or 'IP:1.2.3.4'. `owner` is the
     * user who may read its key. */
    sign(common, hosts = [], owner = null) {
        const at = (suffix) => path.join(this.directory, `${this.name}-${common}.${suffix}`);
        const made = {certificate: at('pem'), key: at('key')};
        openssl([...NEW_KEY, '-subj', `/CN=${common}`, '-keyout', made.key, '-out',
            made.certificate, '-CA', this.certificate, '-CAkey', this.key,
            ...(hosts.length > 0 ? ['-addext', `subjectAltName=${hosts.join(',')}`] : [])]);
        fs.chmodSync(made.key, 0o600);
        if (owner !== null && process.getuid() === 0)
            assert.equal(spawnSync('chown', [owner, made.key]).status, 0);
        return made;
    }
}

/* A directory for them; the server's user must be able to enter it. */
export function certificates(t) {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-tls-'));
    fs.chmodSync(directory, 0o755);
    t.after(() => fs.rmSync(directory, {recursive: true, force: true}));
    return (name) => new Authority(directory, name);
}
