/*
 * Tenants that come, go and change their clocks while a daemon runs: the tenants table is captured like
 * any other, so that it is noticed at once, and only that tenant's cells are written anew.
 */
import assert from 'node:assert/strict';
import {Kept, onEach} from './daemons.mjs';
import {until} from './processes.mjs';
import {HOUSE_SPEC} from './trueup.mjs';

/* A house in which shops may be closed; `lease` is a source of its own group without a row of theirs. */
const LIVING = {
    tables: `ALTER TABLE shop ADD COLUMN active {integer} DEFAULT 1;
        CREATE TABLE lease(id {id}, shop {name}, at {instant}, rent {integer});
        INSERT INTO lease(shop, at, rent) VALUES ('tokyo', '2024-03-01 15:30:00', 5),
            ('kathmandu', '2024-03-01 18:30:00', 7);`,
    spec: {
        tenants: {table: 'shop', key: 'id', time_zone: 'tz', where: 'active = 1'},
        sources: {...HOUSE_SPEC.sources, lease: {from: 'lease', tenant: 'shop', time: 'at'}},
        summaries: {...HOUSE_SPEC.summaries, leases: {source: 'lease', grains: ['day'],
            columns: {tenant: 'shop'}, measures: {rent: 'sum(rent)'}}},
    },
};

/* Sooner or later each of the queries gives that, without a word from here. */
function becomes(house, wanted) {
    return until(`the daemon to make ${JSON.stringify(wanted)}`, async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return Object.entries(wanted).every(([query, value]) => {
            house.last = house.value(query);
            return house.last === value;
        });
    }).catch((error) => {
        throw new Error(`${error.message}: it is ${house.last}`);
    });
}

const cells = (table, shop) => `SELECT count(*) FROM ${table} WHERE shop = '${shop}'`;
const logged = (house) => house.value(`SELECT count(*) FROM ${house.control('trueup_change_shop')}`);

/* The daemon looks at all tenants by itself once a minute: what is noticed before its next look is
 * noticed by the entry. So each of these tests would take minutes if it were not. */
onEach('a shop is closed, opened, added and moved: each group notices, and only that shop is written',
    async (house) => {
        const wrong = `SELECT count(*) FROM daily_day WHERE total = 987654`;
        const daemon = await house.daemon();
        await house.becomesRight();
        /* Drift of another shop stays: nobody reads it. */
        house.shell(`UPDATE daily_day SET total = 987654 WHERE shop = 'phoenix';`);
        const falsified = house.value(wrong);
        assert.ok(falsified > 5);
        house.shell(`UPDATE shop SET active = 0 WHERE id = 'tokyo'`);
        await becomes(house, {[cells('daily_day', 'tokyo')]: 0, [cells('folded_hour', 'tokyo')]: 0,
            [cells('leases_day', 'tokyo')]: 0});
        house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-05 01:00:00', 9);
            UPDATE shop SET active = 1 WHERE id = 'tokyo'`);
        await becomes(house, {[cells('leases_day', 'tokyo')]: 1});
        house.shell(`INSERT INTO shop(id, tz, off) VALUES ('lima', 'America/Lima', -18000);
            INSERT INTO sale(shop, at, amount) VALUES ('lima', '2024-03-05 01:00:00', 3);
            INSERT INTO lease(shop, at, rent) VALUES ('lima', '2024-03-05 01:00:00', 3)`);
        await becomes(house, {[cells('leases_day', 'lima')]: 1, [cells('folded_hour', 'lima')]: 1});
        house.shell(`UPDATE shop SET tz = 'Asia/Tokyo', off = 32400 WHERE id = 'kathmandu'`);
        await becomes(house, {[`SELECT count(*) FROM leases_day WHERE shop = 'kathmandu'
            AND bucket = '2024-03-02'`]: 1});
        await until('all builds to end', async () =>
            house.value(`SELECT count(*) FROM ${house.control('trueup_build')}`) === 0);
        assert.equal(house.value(wrong), falsified, 'another shop was written');
        await daemon.stop();
        house.run('repair --tenant phoenix --from 2024-01-01 --to 2024-12-31', {code: 0});
        house.settles();
        assert.equal(logged(house), 0);
    }, LIVING);

/* The fault: between DELETE and INSERT, or behind TRUNCATE, there are no tenants: all cells go. */
onEach('the tenants are loaded anew, in one transaction and by TRUNCATE: nothing is lost for good',
    async (house, kind) => {
        const rows = `INSERT INTO shop SELECT * FROM spare`;
        house.shell(`CREATE TABLE spare AS SELECT * FROM shop;`);
        const daemon = await house.daemon();
        await house.becomesRight();
        const built = () => house.value(
            `SELECT count(*) FROM ${house.control('trueup_run')} WHERE kind IN ('build', 'rebuild')`);
        const before = built();
        house.shell(`BEGIN; DELETE FROM shop; ${rows}; COMMIT;`);
        await until('the entries to be settled', async () => logged(house) === 0);
        await house.becomesRight();
        assert.equal(built(), before, 'nothing had changed');
        if (kind === 'postgresql')
            house.shell(`BEGIN; TRUNCATE shop; ${rows}; COMMIT;`);
        else if (kind === 'mariadb')
            house.shell(`TRUNCATE shop; ${rows};`);
        house.shell(`INSERT INTO sale(shop, at, amount) VALUES ('tokyo', '2024-03-05 02:00:00', 11);`);
        await house.becomesRight();
        await until('all builds to end', async () =>
            house.value(`SELECT count(*) FROM ${house.control('trueup_build')}`) === 0);
        await house.becomesRight();
        await daemon.stop();
        house.isTrue();
    });

onEach('the tenants table is a source\'s too, and its triggers are mended by apply', async (house) => {
    const spec = {...HOUSE_SPEC, sources: {sale: {
        from: 'sale', join: ['shop ON shop.id = sale.shop'], tenant: 'sale.shop', time: 'sale.at',
    }}, summaries: {daily: HOUSE_SPEC.summaries.daily, folded: HOUSE_SPEC.summaries.folded}};
    house.spec(spec);
    house.run('apply', {code: 0});
    const daemon = await house.daemon();
    await house.becomesRight();
    house.shell(`UPDATE shop SET tz = 'Asia/Tokyo', off = 32400 WHERE id = 'kathmandu';
        UPDATE sale SET amount = amount + 1 WHERE id % 3 = 0`);
    await house.becomesRight();
    await daemon.stop();
    house.settles();
    house.run('release', {code: 0});
    house.shell(`DELETE FROM shop WHERE id = 'phoenix'`);
    house.run('apply', {code: 0});
    house.settles();
});

/* What an older trueup left: no notices, and no capture of the tenants. */
onEach('a database of an older trueup is brought up by apply', async (house, kind) => {
    for (const table of ['trueup_notice', 'trueup_rules', 'trueup_rezone'])
        house.shell(`DROP TABLE ${house.control(table)}`);
    const triggers = {
        sqlite: ['insert', 'update', 'delete'].map((on) => `DROP TRIGGER trueup_${on}_shop;`).join(' '),
        postgresql: `DROP TABLE ${house.control('trueup_change_shop')} CASCADE;
            DO $$ DECLARE f record; BEGIN FOR f IN SELECT tgname FROM pg_trigger
                WHERE tgrelid = 'shop'::regclass AND tgname LIKE 'trueup%' LOOP
                EXECUTE format('DROP TRIGGER %I ON shop', f.tgname); END LOOP; END $$;`,
        mariadb: house.kind === 'mariadb' ? house.sql(`SELECT trigger_name AS name FROM
            information_schema.triggers WHERE trigger_schema = DATABASE()
            AND event_object_table = 'shop'`).map(({name}) => `DROP TRIGGER ${name};`).join(' ') : '',
    };
    house.shell(triggers[kind]);
    house.shell(`DELETE FROM ${house.control('trueup_table')} WHERE name LIKE '%shop'`);
    if (kind !== 'postgresql')
        house.shell(`DROP TABLE ${house.control('trueup_change_shop')}`);
    const {err} = house.run('run --once', {code: 2});
    assert.match(err, /run `trueup apply`/);
    const before = house.value(`SELECT count(*) FROM ${house.control('trueup_run')}`);
    house.run('apply', {code: 0});
    assert.equal(house.value(`SELECT count(*) FROM ${house.control('trueup_run')}
        WHERE kind IN ('build', 'rebuild')`) - before <= 0, true, 'nothing is built anew');
    const daemon = await house.daemon();
    house.shell(`DELETE FROM shop WHERE id = 'tokyo'`);
    await becomes(house, {[cells('daily_day', 'tokyo')]: 0});
    await daemon.stop();
    house.settles();
});

/* Who may make no triggers there, or has a view: every command looks at the tenants by itself. */
onEach('tenants that are not captured: by `capture: none`, or since they are a view', async (house, kind) => {
    house.shell(`CREATE VIEW places AS SELECT id, tz FROM shop WHERE off <> 0`);
    const specs = [{...HOUSE_SPEC.tenants, capture: 'none'}];
    if (kind === 'postgresql') /* elsewhere a view has no columns that could be checked: it is refused */
        specs.push({...HOUSE_SPEC.tenants, table: 'places'});
    for (const [i, tenants] of specs.entries()) {
        house.spec({...HOUSE_SPEC, tenants});
        const {err} = house.run('apply', {code: 0});
        assert.equal(house.database.tables().some(({name}) => name === 'trueup_change_shop'), false, err);
        const said = house.run('check');
        const warned = (said.out + said.err).match(/tenants: changes of the tenants are noticed within/g) ?? [];
        assert.equal(warned.length, i, said.out + said.err);
        house.settles();
        house.shell(`UPDATE shop SET tz = 'Asia/Tokyo', off = 32400 WHERE id = 'kathmandu'`);
        house.settles();
        house.shell(`UPDATE shop SET tz = 'Asia/Kathmandu', off = 20700 WHERE id = 'kathmandu'`);
        house.settles();
    }
});

/* ---- a tenant with two clocks ---- */

/* In whatever order the two rows come, it is the same: told by name, and no change of its clock. */
onEach('a tenant that is there with two zones has none, and is told of', (house) => {
    const noted = () => house.sql(`SELECT tenant_key, time_zone, error
        FROM ${house.control('trueup_tenant')} WHERE tenant_key = 'ttokyo'`);
    const rebuilds = () => house.runs().filter(({kind}) => kind !== 'settle').length;
    const told = /tenant tokyo: it is there twice, with the zones Asia\/Tokyo and Europe\/Paris/;
    house.run('apply', {code: 1});
    assert.match(house.run('check', {code: 1}).out, /it is there twice/);
    assert.match(house.run('run --once', {code: 1}).err, told);
    assert.match(house.run('status', {code: 1}).out, /tenant tokyo is left out: it is there twice/);
    assert.equal(house.value(cells('daily_day', 'tokyo')), 0);
    const [before, runs] = [noted(), rebuilds()];
    assert.equal(before.length, 1);
    for (const zone of ['Asia/Tokyo', 'Europe/Paris', 'Asia/Tokyo']) {
        house.shell(`DELETE FROM place WHERE id = 'tokyo' AND tz = '${zone}';
            INSERT INTO place(id, tz) VALUES ('tokyo', '${zone}')`);
        assert.match(house.run('run --once', {code: 1}).err, told);
        assert.deepEqual(noted(), before);
    }
    assert.equal(rebuilds(), runs, 'nothing was built anew');
    house.shell(`DELETE FROM place WHERE tz = 'Europe/Paris'`);
    house.settles();
}, {
    apply: false,
    tables: `CREATE TABLE place(id {name}, tz {text}); INSERT INTO place(id, tz) SELECT id, tz FROM shop;
        INSERT INTO place(id, tz) VALUES ('tokyo', 'Europe/Paris');`,
    spec: {tenants: {table: 'place', key: 'id', time_zone: 'tz'}},
});
