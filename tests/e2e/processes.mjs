/*
 * Processes that run beside a test: trueup while it works, and a database's client that stays open,
 * with transactions. Nothing sleeps: `until` waits for an event, and fails at a deadline.
 */
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import fs from 'node:fs';

/* No event takes so long that this is a matter of a slow machine. */
export const DEADLINE_MS = 120_000;
const LOOK_AGAIN_MS = 2;

/* Resolves when `happens()` gives something true, with what it gave. */
export async function until(what, happens, deadlineMs = DEADLINE_MS) {
    const end = Date.now() + deadlineMs;
    for (;;) {
        const value = await happens();
        if (value)
            return value;
        assert.ok(Date.now() < end, `waited ${deadlineMs} ms in vain: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
}

/* ---- a program that runs beside the test ---- */

/* One running trueup. Its stop point, its messages and its end can be waited for. */
export class Worker {
    constructor(program, argv, options) {
        this.child = spawn(program, argv, options);
        this.out = '';
        this.err = '';
        this.result = null;
        this.child.stdout.on('data', (data) => { this.out += data; });
        this.child.stderr.on('data', (data) => { this.err += data; });
        this.closed = new Promise((resolve) => {
            this.child.on('close', (code, signal) => {
                this.result = {code, signal, out: this.out, err: this.err};
                resolve(this.result);
            });
        });
    }

    get pid() {
        return this.child.pid;
    }

    /* The process's state letter; null when it is gone. */
    state() {
        try {
            const stat = fs.readFileSync(`/proc/${this.pid}/stat`, 'utf8');
            return stat.slice(stat.lastIndexOf(')') + 2)[0];
        } catch {
            return null;
        }
    }

    /* It stands at its stop point. */
    async paused() {
        await until(`${this.pid} to stop`, () => {
            assert.equal(this.result, null, `it ended instead of stopping: ${this.err}${this.out}`);
            return this.state() === 'T';
        });
        return this;
    }

    /* It said something on stderr. */
    async says(pattern) {
        await until(`stderr to say ${pattern}`, () => {
            assert.ok(this.result === null || pattern.test(this.err), `it ended: ${this.err}`);
            return pattern.test(this.err);
        });
        return this;
    }

    /* It has the file open. */
    async hasOpen(file) {
        await until(`${this.pid} to open ${file}`, () => {
            if (this.result !== null)
                return true;
            try {
                return fs.readdirSync(`/proc/${this.pid}/fd`).some((fd) => {
                    try {
                        return fs.readlinkSync(`/proc/${this.pid}/fd/${fd}`) === file;
                    } catch {
                        return false;
                    }
                });
            } catch {
                return false;
            }
        });
        return this;
    }

    signal(name) {
        process.kill(this.pid, name);
        return this;
    }

    /* Goes on after a stop point. */
    go() {
        return this.signal('SIGCONT');
    }

    /* Its end: {code, signal, out, err}; of those, `code` must be the one expected, if any is. */
    async end(code) {
        let timer;
        const late = new Promise((resolve, reject) => {
            timer = setTimeout(() => reject(new Error(`${this.pid} did not end: ${this.err}`)),
                               DEADLINE_MS);
        });
        const result = await Promise.race([this.closed, late]).finally(() => clearTimeout(timer));
        if (code !== undefined)
            assert.equal(result.code, code,
                `exit code (${result.signal}): ${result.err}${result.out}`);
        return result;
    }
}

/* ---- a client that stays open ---- */

/* A session of its own, with transactions. Statements are sent one after the other; each `do`
 * waits until the client has printed the marker that stands behind its statements. `session` is
 * that of a database (servers.mjs). */
export class Writer {
    constructor(session) {
        this.session = session;
        const command = 'exec "$@" 2>&1';
        this.child = spawn('/bin/sh', ['-c', command, 'sh', session.file, ...session.argv],
                           {stdio: ['pipe', 'pipe', 'inherit'],
                            env: {...process.env, ...session.env}});
        this.out = '';
        this.markers = 0;
        this.child.stdout.on('data', (data) => { this.out += data; });
        this.child.on('close', () => { this.isClosed = true; });
        this.child.stdin.on('error', () => {});
        this.child.stdin.write(session.head);
    }

    /* Sends statements without waiting: they may have to wait for others. */
    send(sql) {
        const marker = `-- done ${++this.markers} --`;
        this.child.stdin.write(`${sql.trimEnd().replace(/;?$/,
            ';')}\n${this.session.mark(marker)}\n`);
        return marker;
    }

    /* Waits until it was done; gives what it printed. */
    async said(marker, sql = marker) {
        await until(`the writer to do: ${sql}`, () => {
            assert.ok(!this.isClosed, `the writer is gone: ${this.out}`);
            return this.out.includes(`${marker}\n`);
        });
        const end = this.out.indexOf(`${marker}\n`);
        const said = this.out.slice(0, end);
        this.out = this.out.slice(end + marker.length + 1);
        return said.trim();
    }

    /* What the statements print, errors too. */
    attempt(sql) {
        return this.said(this.send(sql), sql);
    }

    /* The same; an error fails the test. */
    async do(sql) {
        const said = await this.attempt(sql);
        assert.doesNotMatch(said, this.session.error, sql);
        return said;
    }

    end() {
        this.child.stdin.end();
        return until('the writer to end', () => this.isClosed);
    }
}
