/*
 * A house that a daemon keeps: what its log says, whether all is right by itself, and how many
 * statements a server was asked.
 */
import assert from 'node:assert/strict';
import {until} from './processes.mjs';
import {chosenKinds} from './servers.mjs';
import {House} from './trueup.mjs';
import {test} from 'node:test';

export class Kept extends House {
    /* Starts one; it is at work when this resolves. */
    async daemon(more = '', options = {}) {
        const daemon = this.start(`run --log-format json --log-level debug ${more}`.trim(), options);
        daemon.lines = () => daemon.err.split('\n').filter((line) => line.startsWith('{'))
            .map((line) => JSON.parse(line));
        daemon.events = (name) => daemon.lines().filter(({event}) => event === name);
        daemon.says = (name, n = 1) => until(`the daemon to say ${name}`, () => {
            assert.ok(daemon.result === null || name === 'daemon.stopped',
                `the daemon is gone: ${daemon.err}`);
            return daemon.events(name).length >= n;
        });
        /* SIGTERM; its exit code is what the contract says. */
        daemon.stop = async (signal = 'SIGTERM') => {
            daemon.signal(signal);
            const {code} = await daemon.end();
            assert.equal(code, signal === 'SIGTERM' ? 143 : 130, daemon.err);
            assert.equal(daemon.events('daemon.stopped').length, 1, daemon.err);
        };
        await daemon.says('daemon.started');
        return daemon;
    }

    /* All tables equal a plain GROUP BY, sooner or later, without a word from here. */
    async becomesRight() {
        await until('the daemon to make everything right', async () => {
            try {
                assert.deepEqual(this.pending(), {});
                this.isRight();
                return true;
            } catch (error) {
                if (!(error instanceof assert.AssertionError))
                    throw error;
                await new Promise((resolve) => setTimeout(resolve, 50));
                this.lastWrong = error;
                return false;
            }
        }).catch((error) => {
            throw new Error(`${error.message}\n${this.lastWrong?.message}`);
        });
    }

    /* Ends all sessions but the client's own, as a server does with those it hears nothing of. */
    endSessions() {
        if (this.kind === 'postgresql')
            this.shell(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()`, {may: true});
        else
            for (const {id} of this.sql(`SELECT id FROM information_schema.processlist
                WHERE db = DATABASE() AND id <> CONNECTION_ID()`))
                this.shell(`KILL ${id}`, {may: true});
    }

    jobs() {
        const {jobs} = this.json('jobs --all', {code: 0});
        return jobs.sort((a, b) => a.id - b.id);
    }

    runs() {
        return this.json('runs --limit 1000', {code: 0}).runs;
    }

    jobIs(id, status) {
        return until(`job ${id} to be ${status}`, async () => {
            await new Promise((resolve) => setTimeout(resolve, 50));
            return this.jobs().find((job) => job.id === id)?.status === status;
        });
    }
}

/* A test on each database. */
export function onEach(name, body, {Place = Kept, ...options} = {}) {
    for (const kind of chosenKinds())
        test(`${kind}: ${name}`, async (t) => body(await Place.on(kind, t, options), kind, t));
}
