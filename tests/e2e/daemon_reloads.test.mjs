/*
 * A daemon whose spec changes, with a signal or without; whose server goes away; that somebody else
 * applied another spec under.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {onEach} from './daemons.mjs';
import {until} from './processes.mjs';
import {HOUSE_SPEC, yamlOf} from './trueup.mjs';

const sale = (shop, at, amount) =>
    `INSERT INTO sale(shop, at, amount) VALUES ('${shop}', '${at}', ${amount});`;

const SALES = {source: 'sale', grains: ['day'], columns: {tenant: 'shop'}, measures: {n: 'count'}};
const MORE = {...HOUSE_SPEC, summaries: {...HOUSE_SPEC.summaries, sales: SALES}};

onEach('a spec that is broken leaves the old one at work and says where; mended it is taken up',
    async (house) => {
        const daemon = await house.daemon();
        fs.writeFileSync(house.file, `${yamlOf({database: house.database.url, ...HOUSE_SPEC})}
            nonsense: [`);
        await daemon.says('spec.bad');
        assert.match(daemon.events('spec.bad')[0].error, /trueup\.yaml:\d+:\d+: /);
        house.shell(sale('tokyo', '2024-03-03 10:00:00', 7));
        await house.becomesRight().catch(() => {});
        daemon.signal('SIGHUP');
        house.spec({...HOUSE_SPEC, refresh: {settle: '50ms'}});
        daemon.signal('SIGHUP');
        await daemon.says('spec.taken');
        house.shell(sale('tokyo', '2024-03-04 10:00:00', 8));
        await house.becomesRight();
        await daemon.stop();
        house.isTrue();
    });

onEach('a spec that is not applied waits for apply, and is taken up by itself then', async (house) => {
    const daemon = await house.daemon();
    house.spec(MORE);
    await daemon.says('spec.waits');
    house.shell(sale('tokyo', '2024-03-03 10:00:00', 7));
    await until('the old one to be kept', async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        try {
            house.isRight();
            return true;
        } catch {
            return false;
        }
    });
    house.run('apply', {code: 0});
    await daemon.says('spec.taken');
    house.shell(sale('tokyo', '2024-03-04 10:00:00', 8));
    await house.becomesRight();
    assert.equal(house.value('SELECT sum(n) FROM sales_day'),
        house.value('SELECT count(*) FROM sale'));
    await daemon.stop();
    house.isTrue();
});

/* The fault: a daemon that ends in silence, or spins. */
onEach('another spec applied by somebody else: it says what to do, waits, and goes on', async (house) => {
    const daemon = await house.daemon();
    const theirs = `${house.directory}/theirs.yaml`;
    fs.writeFileSync(theirs, yamlOf({database: house.database.url, ...MORE}));
    house.run(`--spec ${theirs} apply`, {code: 0});
    await daemon.says('spec.unfit');
    assert.match(daemon.events('spec.unfit')[0].help, /trueup apply/);
    house.shell(sale('tokyo', '2024-03-03 10:00:00', 7));
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.ok(daemon.lines().length < 30, daemon.err);
    assert.equal(daemon.result, null, 'it stays');
    house.run('apply', {code: 0}); /* ours again */
    await daemon.says('spec.taken');
    await house.becomesRight();
    fs.copyFileSync(theirs, house.file);
    house.run('apply', {code: 0});
    await daemon.says('spec.taken', 2);
    house.shell(sale('tokyo', '2024-03-05 10:00:00', 7));
    await house.becomesRight();
    await daemon.stop();
    house.isTrue();
});

onEach('what is wrong at the start ends it with an exit code', async (house) => {
    house.spec(MORE);
    assert.match(house.run('run', {code: 2}).err, /run `trueup apply`/);
    house.spec({...HOUSE_SPEC, nonsense: 1});
    assert.match(house.run('run', {code: 2}).err, /trueup\.yaml:\d+:\d+: unknown key/);
    house.run('run --log-level loud', {code: 2});
    house.run('run --log-format xml', {code: 2});
    house.run(['--database', 'postgresql://nobody@127.0.0.1:1/none', 'run'], {code: 2});
}, {days: 2});

/* The fault: the thread that looks at signals waits for the database. */
onEach('a signal ends it while the database does not answer a changed spec', async (house, kind) => {
    const daemon = await house.daemon();
    const other = house.writer();
    await other.do({sqlite: 'BEGIN EXCLUSIVE', mariadb: 'LOCK TABLES trueup_spec WRITE',
        postgresql: `BEGIN; LOCK TABLE ${house.control('trueup_spec')} IN ACCESS EXCLUSIVE MODE`}[kind]);
    house.spec(MORE);
    daemon.signal('SIGHUP');
    await daemon.stop();
    await other.do(kind === 'mariadb' ? 'UNLOCK TABLES' : 'ROLLBACK');
}, {days: 2});
