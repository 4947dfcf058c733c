/*
 * A daemon whose server is restarted, is away for a while, or ends its sessions: it stays, says so
 * once, and goes on.
 */
import assert from 'node:assert/strict';
import {Kept} from './daemons.mjs';
import {DURABLE, crash, startAgain} from './restarts.mjs';
import {onServers} from './sessions.mjs';
import {until} from './processes.mjs';

const CHANGE = `UPDATE sale SET amount = amount * 2 + 1 WHERE id % 3 = 0`;

onServers('daemon: the server is restarted under it, once and again', async (t, kind) => {
    const house = await Kept.on(kind, t, {days: 12, server: DURABLE[kind]});
    const daemon = await house.daemon();
    for (let i = 1; i <= 2; i++) {
        house.shell(CHANGE);
        await crash(house);
        await daemon.says('connection.lost', i);
        await startAgain(house);
        await house.becomesRight();
        house.shell(CHANGE);
        await house.becomesRight();
        await until('both sessions to be back', () =>
            daemon.events('connection.back').length === daemon.events('connection.lost').length);
    }
    await daemon.stop();
    /* Once for each of its two sessions. */
    assert.ok(daemon.events('connection.lost').length <= 4, daemon.err);
    house.isTrue();
});

onServers('daemon: SIGTERM while the server is away', async (t, kind) => {
    const house = await Kept.on(kind, t, {days: 3, server: DURABLE[kind]});
    const daemon = await house.daemon();
    await crash(house);
    await daemon.says('connection.lost');
    await daemon.stop();
    await startAgain(house);
    house.settles();
});

onServers('daemon: its sessions are ended in the middle of a rebuild', async (t, kind) => {
    const house = await Kept.on(kind, t,
        {days: 300, spec: {refresh: {memory: '1MiB', load: '60%'}}});
    const daemon = await house.daemon();
    house.run('rebuild', {code: 0});
    for (let i = 0; i < 5; i++) {
        house.shell(CHANGE);
        house.endSessions();
        await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await house.jobIs(1, 'COMPLETED');
    await house.becomesRight();
    await daemon.stop();
    house.isTrue();
});
