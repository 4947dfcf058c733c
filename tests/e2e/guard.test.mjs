/*
 * The guard, and what `apply` promises: capture that is lost is noticed by the next command and
 * mended by `apply`; `plan` changes nothing, `apply` twice neither; a changed spec; tables that
 * exist already.
 */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {House, HOUSE_SPEC} from './trueup.mjs';

const CHANGE = `UPDATE sale SET amount = amount * 2 WHERE id % 3 = 0; DELETE FROM sale
    WHERE id % 11 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-31 23:59:59', 17)`;

const clone = (value) => JSON.parse(JSON.stringify(value));

/* The house's spec with something done to it. */
function changed(edit) {
    const spec = clone(HOUSE_SPEC);
    edit(spec);
    return spec;
}

/* ---- capture that is lost ---- */

/* SQLite's twelve steps, as every migration tool does them. */
const REBUILT = `PRAGMA foreign_keys = OFF; BEGIN;
    CREATE TABLE sale_new(id INTEGER PRIMARY KEY, shop TEXT NOT NULL, at TEXT, amount INTEGER,
        note TEXT);
    INSERT INTO sale_new(id, shop, at, amount) SELECT id, shop, at, amount FROM sale;
    DROP TABLE sale; ALTER TABLE sale_new RENAME TO sale; CREATE INDEX sale_place ON sale(shop,
        at); COMMIT`;

const DROP_TRIGGERS = ['insert', 'update', 'delete', 'replace_insert', 'replace_update']
    .map((name) => `DROP TRIGGER trueup_${name}_sale`).join(';');

const LOSSES = [
    ['F23: the table is rebuilt (create, copy, drop, rename)', REBUILT],
    ['a trigger is dropped', `DROP TRIGGER trueup_update_sale`],
    ['all triggers are dropped', DROP_TRIGGERS],
    ['a trigger is replaced by one that does less', `DROP TRIGGER trueup_delete_sale;
        CREATE TRIGGER trueup_delete_sale AFTER DELETE ON sale WHEN OLD.id > 100 BEGIN
        INSERT INTO trueup_change_sale(trueup_weight, amount, at, shop) VALUES (-1, OLD.amount,
            OLD.at, OLD.shop); END`],
    ['a unique key is added, so that REPLACE may take rows', `ALTER TABLE sale ADD COLUMN tag TEXT;
        CREATE UNIQUE INDEX sale_tag ON sale(tag);
        UPDATE OR REPLACE sale SET tag = 'x' WHERE id BETWEEN 30 AND 40`],
];
for (const [label, loss] of LOSSES)
    test(`guard: ${label}: the next command says so, apply mends what was missed`, (t) => {
        const house = new House(t);
        house.shell(`${loss};`);
        house.sql(CHANGE);
        const status = house.json('status', {code: 1});
        assert.ok(status.summaries.every(({state}) => state === 'unguarded'),
            JSON.stringify(status));
        const {err} = house.run('run --once', {code: 1});
        assert.match(err, /^trueup: table sale is unguarded: [^\n]*run `trueup apply`\n$/);
        const since = house.json('status', {code: 1}).summaries.map(({unguarded_since}) =>
            unguarded_since);
        assert.ok(since.every((at) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(at)),
            JSON.stringify(since));
        assert.match(house.run('check', {code: 1}).out,
            /sale: .*changes are not seen.*trueup apply/);
        house.run('run --once', {code: 1});
        assert.deepEqual(house.json('status', {code: 1}).summaries.map(({unguarded_since}) =>
            unguarded_since), since);
        house.run('apply', {code: 0});
        house.isTrue();
        house.sql(CHANGE);
        house.settles();
        house.json('status', {code: 0});
    });

test('guard: the change log is dropped, with all triggers and without: told by every command, mended by apply', (t) => {
    for (const loss of [`${DROP_TRIGGERS}; DROP TABLE trueup_change_sale`,
        `DROP TABLE trueup_change_sale`]) {
        const house = new House(t);
        house.sql(loss);
        if (loss.startsWith('DROP TRIGGER'))
            house.sql(CHANGE);
        assert.ok(house.json('status', {code: 1}).summaries.every(({state}) =>
            state === 'unguarded'));
        const {code, err} = house.run('run --once');
        assert.ok(code === 1 || code === 2, `${code}`);
        assert.match(err, /^trueup: [^\n]*sale[^\n]*run `trueup apply`\n$/);
        house.run('apply', {code: 0});
        house.isTrue();
        house.sql(CHANGE);
        house.settles();
        house.clear();
    }
});

/* A rename changes the triggers' text too: SQLite writes the new name into them. */
test('guard: a column of the source is renamed: refused until the spec follows, then mended',
    (t) => {
    const house = new House(t);
    house.sql(`ALTER TABLE sale RENAME COLUMN amount TO cents`);
    house.sql(`UPDATE sale SET cents = cents + 1 WHERE id < 30`);
    for (const command of ['run --once', 'check', 'apply']) {
        const {out, err} = house.run(command, {code: 2});
        assert.match(out + err, /amount/, command);
    }
    const spec = clone(HOUSE_SPEC);
    for (const summary of Object.values(spec.summaries))
        for (const [name, measure] of Object.entries(summary.measures))
            summary.measures[name] = measure.replace('amount', 'cents');
    house.spec(spec);
    assert.match(house.run('run --once', {code: 2}).err, /the spec changed: run `trueup apply`/);
    house.run('apply', {code: 0});
    house.sql(`ALTER TABLE sale ADD COLUMN amount AS (cents)`); /* for the truth of the house */
    house.run('apply', {code: 0});
    house.sql(`UPDATE sale SET cents = cents + 2 WHERE id % 2 = 0`);
    house.settles();
});

test('guard: an unrelated migration is no loss', (t) => {
    const house = new House(t);
    house.sql(`CREATE TABLE unrelated(x); ALTER TABLE sale ADD COLUMN note TEXT;
        CREATE INDEX sale_note ON sale(note);
               CREATE TRIGGER own AFTER INSERT ON unrelated BEGIN SELECT 1; END; ${CHANGE}`);
    house.run('run --once', {code: 0});
    house.isTrue();
    house.json('status', {code: 0});
});

/* ---- release ---- */

test('release and apply around a migration and a bulk load', (t) => {
    const house = new House(t);
    house.sql(CHANGE);
    assert.deepEqual(house.json('release', {code: 0}), {released: 2});
    assert.equal(house.value(`SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'`), 0);
    house.shell(`${REBUILT};`);
    house.sql(`INSERT INTO sale(shop, at, amount) SELECT shop, at, 3 FROM sale; UPDATE sale
        SET shop = 'tokyo' WHERE id % 9 = 0`);
    const status = house.json('status');
    assert.ok(status.summaries.every(({state}) => state === 'released'));
    assert.doesNotMatch(house.run('run --once', {code: 0}).err, /unguarded/);
    assert.deepEqual(house.json('release', {code: 0}), {released: 2},
        'a second time is no mistake');
    house.run('apply', {code: 0});
    house.isTrue();
    house.sql(CHANGE);
    house.settles();
});

test('release of one source: the other goes on', (t) => {
    const house = new House(t, {tables: `CREATE TABLE visit(id INTEGER PRIMARY KEY, at TEXT);
        INSERT INTO visit(at) VALUES ('2024-01-01')`,
        spec: changed((spec) => {
            spec.sources.visit = {from: 'visit', tenant: "'tokyo'", time: 'at'};
            spec.summaries.visits = {source: 'visit', grains: ['day'], measures: {n: 'count'}};
        })});
    assert.deepEqual(house.json('release --source visit', {code: 0}), {released: 1});
    assert.equal(house.value(`SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'
        AND tbl_name = 'visit'`), 0);
    house.sql(`${CHANGE}; INSERT INTO visit(at) VALUES ('2024-01-01 05:00:00')`);
    house.run('run --once', {code: 0});
    house.isRight();
    house.run('apply', {code: 0});
    house.same(`SELECT bucket, n FROM visits_day`, `SELECT date(at, '9 hours'), count(*) FROM visit
        GROUP BY 1`);
    house.isTrue();
});

/* ---- plan and apply ---- */

test('plan changes nothing, before apply and after, and names the rows it would read', (t) => {
    const house = new House(t, {apply: false});
    const before = house.digest();
    const {out} = house.run('plan', {code: 0});
    assert.match(out, /CREATE TABLE .*"daily_day"/);
    assert.match(out, /CREATE TRIGGER/);
    assert.match(out, /300 rows/);
    assert.match(out, /buckets/);
    assert.match(out, /reads 300 rows of source sale, streamed once for all its tables/);
    const {rows, strategy} = house.json('plan');
    assert.deepEqual([rows.sale, strategy], [300, 'streamed']);
    assert.equal(house.digest(), before);
    house.run('apply', {code: 0});
    const after = house.digest();
    assert.deepEqual(house.json('plan', {code: 0}).statements, []);
    assert.equal(house.run('plan --sql', {code: 0}).out, '');
    assert.equal(house.digest(), after);
});

test('plan --sql in a migration, with writes after it: apply finds nothing to create, and builds',
    (t) => {
    const house = new House(t, {apply: false});
    house.shell(house.run('plan --sql', {code: 0}).out);
    house.sql(CHANGE);
    const schema = `SELECT type, name, sql FROM sqlite_schema ORDER BY type, name`;
    const before = house.sql(schema);
    assert.deepEqual(house.json('plan', {code: 0}).statements, []);
    house.run('apply', {code: 0});
    assert.deepEqual(house.sql(schema), before, 'apply created something');
    house.isTrue();
});

test('apply twice changes nothing, not even a log of it', (t) => {
    const house = new House(t);
    const before = house.digest();
    assert.match(house.run('apply', {code: 0}).out, /nothing to change/);
    house.run('apply --take-over', {code: 0});
    house.run('run --once', {code: 0});
    assert.equal(house.digest(), before);
});

test('apply --no-build only asks; run --once builds', (t) => {
    const house = new House(t, {apply: false});
    house.run('apply --no-build', {code: 0});
    assert.equal(house.value(`SELECT count(*) FROM daily_day`), 0);
    assert.ok(house.json('status').summaries.every(({state}) => state === 'building'));
    house.sql(CHANGE);
    house.settles();
});

test('two applies at once: both succeed, and all is there once', async (t) => {
    const house = new House(t, {apply: false});
    const first = await house.pausedAt('capture.before_commit', 'apply');
    const second = house.start('apply');
    await second.hasOpen(house.db);
    first.go();
    await first.end(0);
    await second.end(0);
    house.isTrue();
});

/* ---- a changed spec ---- */

const CHANGED = [
    ['a new measure', (spec) => { spec.summaries.folded.measures.most = 'max(amount)'; },
     (house) => house.same(`SELECT shop, bucket, most FROM folded_day`, `SELECT s.shop,
         ${House.buckets.day}, max(amount)
                            FROM sale s JOIN shop h ON h.id = s.shop GROUP BY 1, 2`)],
    ['a new grain', (spec) => { spec.summaries.daily.grains.push('week'); },
     (house) => house.same(`SELECT shop, bucket, n FROM daily_week`, `SELECT s.shop, date(s.at,
         h.off || ' seconds', '-6 days', 'weekday 1'), count(*)
                            FROM sale s JOIN shop h ON h.id = s.shop GROUP BY 1, 2`)],
    ['a new summary', (spec) => { spec.summaries.third = {source: 'sale', grains: ['month'],
        measures: {kinds: 'count_distinct(amount)'}}; },
     (house) => house.same(`SELECT tenant, bucket, kinds FROM third_month`, `SELECT s.shop,
         ${House.buckets.month}, count(DISTINCT amount)
                            FROM sale s JOIN shop h ON h.id = s.shop GROUP BY 1, 2`)],
    ['a changed where', (spec) => { spec.summaries.third = {source: 'sale', grains: ['day'],
        where: 'amount > 0', measures: {n: 'count'}}; },
     (house) => {
         house.spec(changed((spec) => { spec.summaries.third = {source: 'sale', grains: ['day'],
             where: 'amount > 50', measures: {n: 'count'}}; }));
         house.run('apply', {code: 0});
         house.same(`SELECT tenant, bucket, n FROM third_day`, `SELECT s.shop,
             ${House.buckets.day}, count(*)
                     FROM sale s JOIN shop h ON h.id = s.shop WHERE amount > 50 GROUP BY 1, 2`);
     }],
    ['a measure taken out: its column stays', (spec) =>
        { delete spec.summaries.daily.measures.most; },
     (house) => assert.notEqual(house.sql(`SELECT * FROM daily_day LIMIT 1`)[0].most, undefined),
         'daily'],
    ['a summary taken out: its table stays', (spec) => { delete spec.summaries.daily; },
     (house) => assert.ok(house.value(`SELECT count(*) FROM daily_day`) > 0), 'daily'],
];
for (const [label, edit, check, not] of CHANGED)
    test(`a changed spec: ${label}`, (t) => {
        const house = new House(t);
        const rows = house.value(`SELECT count(*) FROM daily_day`);
        house.sql(CHANGE);
        house.spec(changed(edit));
        assert.match(house.run('run --once', {code: 2}).err,
            /the spec changed: run `trueup apply`/);
        const before = house.digest();
        house.run('plan', {code: 0});
        assert.equal(house.digest(), before);
        house.run('apply', {code: 0});
        check(house);
        house.sql(`UPDATE sale SET amount = amount + 1, at = datetime(at, '5 hours')
            WHERE id % 4 = 0`);
        house.run('run --once', {code: 0});
        if (!not) {
            check(house);
            house.isRight();
        } else {
            assert.ok(house.value(`SELECT count(*) FROM daily_day`) > rows / 2);
        }
        house.isQuiet();
        /* And back; the table of a summary that was taken out has rows that nobody kept. */
        house.spec(HOUSE_SPEC);
        house.run(label.startsWith('a summary taken out') ? 'apply --take-over' : 'apply',
            {code: 0});
        house.isTrue();
    });

test('a changed spec: a dimension added or taken out is refused, with the advice; a new table is not', (t) => {
    const house = new House(t);
    const before = house.digest();
    house.spec(changed((spec) => { spec.summaries.daily.dimensions = {kind: 'amount % 2'}; }));
    for (const command of ['apply', 'plan'])
        assert.match(house.run(command, {code: 2}).err, /name a new (table|`table`)/, command);
    assert.equal(house.digest(), before);
    house.spec(changed((spec) => {
        spec.summaries.daily.dimensions = {kind: 'amount % 2'};
        spec.summaries.daily.table = 'daily2_{grain}';
    }));
    house.run('apply', {code: 0});
    house.same(`SELECT shop, bucket, kind, n FROM daily2_day`, `SELECT s.shop,
        ${House.buckets.day}, amount % 2, count(*)
                FROM sale s JOIN shop h ON h.id = s.shop GROUP BY 1, 2, 3`);
    assert.ok(house.value(`SELECT count(*) FROM daily_day`) > 0, 'the old table is gone');
});

test('a changed spec: while history is built anew, readers see the old rows, never none', (t) => {
    const house = new House(t);
    const edit = changed((spec) => { spec.summaries.folded.where = 'amount > 0'; });
    const rows = house.value(`SELECT count(*) FROM folded_day`);
    house.spec(edit);
    house.run('apply --no-build', {code: 0});
    assert.equal(house.value(`SELECT count(*) FROM folded_day`), rows);
    const {summaries} = house.json('status');
    assert.equal(summaries.find(({summary}) => summary === 'folded').state, 'rebuilding');
    house.run('run --once', {code: 0});
    house.same(`SELECT shop, bucket, n, total FROM folded_day`, `SELECT s.shop,
        ${House.buckets.day}, count(*), sum(amount)
                FROM sale s JOIN shop h ON h.id = s.shop WHERE amount > 0 GROUP BY 1, 2`);
    house.isQuiet();
});

/* ---- tables that exist already ---- */

test('existing tables: one that fits is used, with its own columns left alone', (t) => {
    const house = new House(t, {apply: false, tables: `
        CREATE TABLE daily_day(pk INTEGER PRIMARY KEY, shop TEXT NOT NULL, bucket TEXT NOT NULL,
            n INT, total BIGINT, least INT, most INT,
            note TEXT, made TEXT NOT NULL DEFAULT 'by hand', twice AS (n * 2));`});
    const made = house.value(`SELECT sql FROM sqlite_schema WHERE name = 'daily_day'`);
    house.run('apply', {code: 0});
    assert.equal(house.value(`SELECT sql FROM sqlite_schema WHERE name = 'daily_day'`), made);
    assert.equal(house.value(`SELECT count(*) FROM sqlite_schema WHERE type = 'index'
        AND tbl_name = 'daily_day' AND name GLOB 'trueup_*'`), 1);
    house.isTrue();
    house.sql(`UPDATE daily_day SET note = 'kept' WHERE bucket = '2024-03-05'; ${CHANGE}`);
    house.settles();
    assert.equal(house.value(`SELECT count(*) FROM daily_day WHERE note = 'kept'
        AND bucket = '2024-03-05'`), 3);
    assert.equal(house.value(`SELECT count(*) FROM daily_day
        WHERE twice <> n * 2 OR made <> 'by hand'`), 0);
});

const UNFIT = [
    ['the bucket is missing', `shop, n INT, total INT, least INT, most INT`, /bucket/],
    ['another column must have a value',
        `shop, bucket TEXT, n INT, total INT, least INT, most INT, note TEXT NOT NULL`, /note/],
    ['a key of its own is in the way',
        `shop PRIMARY KEY, bucket TEXT, n INT, total INT, least INT, most INT`, /shop|unique|key/i],
];
for (const [label, columns, pattern] of UNFIT)
    test(`existing tables: refused by name where ${label}`, (t) => {
        const house = new House(t, {apply: false, tables: `CREATE TABLE daily_day(${columns});`});
        const before = house.digest();
        for (const command of ['apply', 'plan', 'check']) {
            const {out, err, code} = house.run(command);
            assert.ok(code === 2 || (command === 'check' && code === 1), `${command}: ${code}`);
            assert.match(out + err, /daily_day/, command);
            assert.match(out + err, pattern, command);
        }
        assert.equal(house.digest(), before);
    });

test('existing tables: a measure column that is missing is added', (t) => {
    const house = new House(t, {apply: false, tables: `CREATE TABLE daily_day(shop, bucket TEXT,
        n INT, total INT, least INT);`});
    assert.match(house.run('plan', {code: 0}).out, /ALTER TABLE "daily_day" ADD COLUMN "most"/);
    house.run('apply', {code: 0});
    house.isTrue();
});

test('existing tables: rows that are not the summary\'s are refused, until --take-over', (t) => {
    const house = new House(t, {apply: false, tables: `
        CREATE TABLE daily_day(shop, bucket TEXT, n INT, total INT, least INT, most INT);
        INSERT INTO daily_day VALUES ('tokyo', '2024-03-05', 1, 1, 1, 1), ('mars', '1999-01-01', 5,
            5, 5, 5),
            ('tokyo', 'never', 5, 5, 5, 5), (NULL, NULL, 1, 1, 1, 1);`});
    const before = house.digest();
    assert.match(house.run('apply', {code: 2}).err, /daily_day has rows.*--take-over/);
    assert.equal(house.digest(), before);
    house.run('apply --take-over', {code: 0});
    house.isTrue();
});
