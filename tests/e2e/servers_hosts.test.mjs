/*
 * Workers on two hosts and a server on a third (hosts.mjs): one is cut off by a silent network in
 * the middle of a turn. The server notices by the time-outs that the worker itself has asked for;
 * then the other one goes on. What comes back later does no harm: its turn is over.
 */
import assert from 'node:assert/strict';
import {describe} from 'node:test';
import {Cluster} from './cluster.mjs';
import {noHosts} from './hosts.mjs';
import {onServers, shifted} from './sessions.mjs';

/* What a person sees of the summaries. */
const KEPT = 'daily_day daily_month folded_hour folded_day folded_year';
const ONE_LINE = /^trueup: [^\n]+\n$/;

/* When a server lets go of what a vanished worker holds, in ms: the time-out that trueup pins for
 * who has written. One that only reads may be computing, so it has a minute (operations.md,
 * Sessions), unless the server looks after its clients by itself: keepalive. */
const LIMIT_MS = 5000;
const SLACK_MS = 60_000;

const change = (kind) => `UPDATE sale SET amount = amount * 2 + 1 WHERE id % 3 = 0;
    UPDATE sale SET shop = 'tokyo', at = ${shifted(kind, 'at', 1, 'day')} WHERE id % 7 = 0;
    DELETE FROM sale WHERE id % 31 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-05 23:59:59', 17)`;

/* They wait for time-outs most of the time. */
describe('hosts', {concurrency: 5, skip: noHosts()}, () => {
    /* The fault: a lock that stays until TCP gives up (two hours), writers and workers behind it;
     * or a worker that comes back and writes what it knew before it was cut off. */
    const POINTS = [['apply.before_commit', false], ['cells.written', false],
        ['cells.computed', true]];
    for (const [point, isLookedAfter] of POINTS)
        onServers(`hosts: cut off at ${point}: the other host goes on, the lost one does no harm`,
            async (t, kind) => {
            const cluster = await Cluster.open(t, kind, {isLookedAfter});
            const {house, hosts} = cluster;
            house.sql(change(kind));
            await cluster.run('b', 'run --once');
            house.isTrue();

            house.sql(change(kind));
            const lost = await cluster.cutOffAt(point, 'run --once', {env: {TRUEUP_RETRY_S: '1'}});
            const took = await cluster.otherDoes('run --once', LIMIT_MS + SLACK_MS);
            house.isRight();
            t.diagnostic(`the other went on ${took} ms after the cut`);

            /* Nobody who writes rows waited for it. */
            house.sql(change(kind));
            await cluster.run('b', 'run --once');
            house.isTrue();
            const before = house.digest(KEPT);
            hosts.join('a');
            const {code, err} = await lost.end();
            assert.ok(code === 3 || code === 0, `exit code ${code}: ${err}`);
            if (code === 3)
                assert.match(err.split('\n').slice(-2).join('\n'), ONE_LINE);
            assert.equal(house.digest(KEPT), before, 'it wrote');
            house.sql(change(kind));
            await cluster.run('a', 'run --once');
            house.isTrue();
        });

    /* The fault: a hiccup of the network is taken for the end. */
    onServers('hosts: the network comes back in time: the turn is finished, nothing is doubled',
        async (t, kind) => {
        const cluster = await Cluster.open(t, kind);
        const {house, hosts} = cluster;
        house.sql(change(kind));
        const worker = await cluster.cutOffAt('cells.written', 'run --once');
        const other = await cluster.run('b', 'run --once');
        assert.match(other.err, /another worker/);
        hosts.join('a');
        await worker.end(0);
        house.isTrue();
    });

    /* A worker that waits for an answer must notice, too, that there will be none. */
    onServers('hosts: a worker in the silence ends by itself, and says why', async (t, kind) => {
        const cluster = await Cluster.open(t, kind);
        const {house, hosts} = cluster;
        house.sql(change(kind));
        const lost = await cluster.cutOffAt('cells.written', 'run --once',
            {env: {TRUEUP_RETRY_S: '1'}});
        const {err} = await lost.end(3);
        assert.match(err.split('\n').slice(-2).join('\n'), ONE_LINE);
        assert.ok(Date.now() - cluster.isCutAt < 90_000);
        hosts.join('a');
        await cluster.otherDoes('run --once', LIMIT_MS + SLACK_MS);
        house.isTrue();
    });
});
