/*
 * `trueup run` on every database: what a writer commits is in the summaries by itself, with one
 * daemon or several, and whatever happens to one of them.
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';
import {HOUSE_SPEC} from './trueup.mjs';
import {until} from './processes.mjs';

const sale = (shop, at, amount) =>
    `INSERT INTO sale(shop, at, amount) VALUES ('${shop}', '${at}', ${amount});`;

onEach('what is committed is in the summaries; SIGTERM leaves nothing half done', async (house) => {
    const daemon = await house.daemon();
    house.shell(sale('tokyo', '2024-03-03 10:00:00', 7));
    await house.becomesRight();
    house.shell(`UPDATE sale SET amount = amount + 1 WHERE shop = 'phoenix';
        DELETE FROM sale WHERE shop = 'kathmandu' AND amount > 40;
        ${sale('kathmandu', '2025-01-01 00:00:00', 3)}`);
    await house.becomesRight();
    await daemon.stop();
    house.isTrue();
    assert.deepEqual(daemon.lines().filter(({level}) => level === 'error' || level === 'warning'), []);
});

/* The fault: half a batch after a stop; a daemon that does not stop. */
onEach('SIGTERM, SIGINT in the middle of a turn: it is finished, and nothing is half done',
    async (house) => {
        for (const [point, signal] of [['entries.taken', 'SIGTERM'], ['cells.written', 'SIGINT'],
            ['apply.before_commit', 'SIGTERM']]) {
            house.shell(`UPDATE sale SET amount = amount + 1 WHERE shop = 'tokyo'`);
            const daemon = house.start('run', {stop: `${point}:pause`});
            await daemon.paused();
            daemon.signal(signal);
            const began = Date.now();
            daemon.go();
            const {code, err} = await daemon.end();
            assert.equal(code, signal === 'SIGTERM' ? 143 : 130, err);
            assert.ok(Date.now() - began < 30_000, 'it ends soon');
            assert.match(err, /event=daemon\.stopped/);
            house.run('verify', {code: 0});
            house.settles();
        }
    });

/* Which statements a server was given, all but those of this client. */
const asked = {
    postgresql: (house) => house.value(`SELECT xact_commit + xact_rollback FROM pg_stat_database
        WHERE datname = current_database()`),
    mariadb: (house) => Number(house.sql(`SHOW GLOBAL STATUS LIKE 'Questions'`)[0].Value),
};

/* At most 5 statements a second: the bound is generous, for servers that others use meanwhile. */
onEach('an idle daemon asks little', async (house, kind) => {
    if (kind === 'sqlite')
        return;
    const daemon = await house.daemon();
    await house.becomesRight();
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    await wait(10_000); /* it asks less and less often */
    const before = asked[kind](house);
    await wait(6000);
    const n = asked[kind](house) - before;
    await daemon.stop();
    assert.ok(n <= 6 * 5 + 20, `${n} statements in 6 s`);
    assert.ok(n > 0);
});

/* The fault: changes that are lost or doubled when one of them is killed, or wakes too late. */
onEach('two daemons share the work; killed, stopped and continued, nothing is lost or doubled',
    async (house, kind) => {
        let one = await house.daemon();
        const other = await house.daemon();
        const write = (i) => house.shell(`${sale('tokyo', `2024-03-${10 + i} 10:00:00`, i)}
            UPDATE sale SET amount = amount + ${i} WHERE shop = 'phoenix' AND id % 5 = ${i % 5};
            DELETE FROM sale WHERE id % 41 = ${i};`);
        for (let i = 0; i < 6; i++) {
            write(i);
            if (i % 3 === 1) {
                one.signal('SIGKILL');
                await one.end();
                write(i + 10);
                one = await house.daemon();
            }
            if (i % 3 === 2) {
                one.signal('SIGSTOP');
                /* On SQLite nothing ends what a stopped process holds, and writers wait for it. */
                if (kind !== 'sqlite') {
                    write(i + 10);
                    house.endSessions();
                    await house.becomesRight();
                }
                one.signal('SIGCONT');
                if (kind === 'sqlite')
                    write(i + 10);
            }
        }
        await house.becomesRight();
        await other.stop();
        write(9);
        await house.becomesRight();
        await one.stop();
        house.isTrue();
    });

onEach('a worker stopped in the middle of a turn does not hold up the other', async (house, kind) => {
    const daemon = await house.daemon();
    await daemon.stop();
    house.shell(sale('tokyo', '2024-03-03 10:00:00', 7));
    const late = house.start('run', {stop: 'cells.computed:pause'});
    await late.paused();
    const other = await house.daemon();
    if (kind === 'sqlite') /* nothing ends the session of a process that is stopped */
        late.signal('SIGKILL');
    else
        house.endSessions();
    await house.becomesRight();
    if (kind !== 'sqlite')
        late.go();
    house.shell(sale('phoenix', '2024-03-04 10:00:00', 8));
    await house.becomesRight();
    await other.stop();
    if (kind !== 'sqlite') {
        late.signal('SIGTERM');
        await late.end(143);
    }
    house.isTrue();
});

/* Two groups; nothing can be written into one of them. */
const TWO_GROUPS = {
    tables: 'CREATE TABLE visit(id {id}, shop {name}, at {instant});',
    spec: {
        sources: {...HOUSE_SPEC.sources, visit: {from: 'visit', tenant: 'shop', time: 'at'}},
        summaries: {...HOUSE_SPEC.summaries, visits: {source: 'visit', grains: ['day'],
            columns: {tenant: 'shop'}, measures: {n: 'count'}}},
    },
};

onEach('a group that fails hinders no other, and is tried again', async (house) => {
    const daemon = await house.daemon();
    house.shell('ALTER TABLE visits_day RENAME TO visits_elsewhere');
    house.shell(`INSERT INTO visit(shop, at) VALUES ('tokyo', '2024-03-03 10:00:00');
        ${sale('tokyo', '2024-03-03 10:00:00', 7)}`);
    await until('the other group to be right', async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        try {
            house.isRight();
            return true;
        } catch {
            return false;
        }
    });
    await until('it to be said', () =>
        daemon.lines().some(({event}) => event === 'group.failed' || event === 'work.failed'));
    house.shell('ALTER TABLE visits_elsewhere RENAME TO visits_day');
    await until('the group to go on', async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return house.value('SELECT count(*) FROM visits_day') === 1;
    });
    await house.becomesRight();
    await daemon.stop();
    const said = daemon.lines().filter(({level}) => level === 'error' || level === 'warning');
    assert.ok(said.length < 10, JSON.stringify(said));
    house.isTrue();
}, TWO_GROUPS);

/* One line, not one a tick; one when it is over, though `apply` made the session begin anew; and
 * one more at once when it happens again. */
onEach('a lost trigger is said once, kept by periodic repair, and mended by apply',
    async (house, kind) => {
        const daemon = await house.daemon();
        const lose = () => house.shell(kind === 'postgresql'
            ? 'DROP TRIGGER trueup_insert_sale ON sale' : 'DROP TRIGGER trueup_insert_sale');
        const isSaid = (times) => until('the loss to be said', async () => {
            /* It is asked when something is settled, but not twice within a second. */
            house.shell(`UPDATE sale SET amount = amount + 1 WHERE shop = 'phoenix' AND id = 5`);
            await new Promise((resolve) => setTimeout(resolve, 400));
            return daemon.events('guard.lost').length >= times;
        });
        await house.becomesRight();
        lose();
        const now = new Date().toISOString().slice(0, 19).replace('T', ' ');
        house.shell(sale('tokyo', now, 1000));
        house.shell(`UPDATE sale SET amount = amount + 1 WHERE shop = 'phoenix' AND id % 7 = 0`);
        await isSaid(1);
        /* Visits that come too soon after another to ask again do not find that it is over. */
        for (let i = 0; i < 30; i++) {
            house.shell(`UPDATE sale SET amount = amount + 1 WHERE shop = 'phoenix' AND id = 5`);
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
        assert.deepEqual(daemon.events('guard.back'), []);
        house.shell(`UPDATE sale SET amount = amount + 1 WHERE shop = 'phoenix' AND id % 3 = 0`);
        await house.becomesRight();
        assert.ok(house.runs().some(({kind: what, status}) =>
            what === 'window' && status === 'COMPLETED'));
        house.run('apply', {code: 0});
        await house.becomesRight();
        await until('its end to be said', () => daemon.events('guard.back').length > 0);
        assert.equal(daemon.events('guard.lost').length, 1, daemon.err);
        lose();
        await isSaid(2);
        house.run('apply', {code: 0});
        await house.becomesRight();
        await daemon.stop();
        assert.equal(daemon.events('guard.lost').length, 2, daemon.err);
        house.isTrue();
    }, {spec: {refresh: {every: '1s'}}});
