/*
 * Nothing depends on the defaults of a server, a database or a role: sessions are pinned. And what
 * cannot be kept exact is refused by name.
 */
import assert from 'node:assert/strict';
import {conformTo, isTrue, settles} from './conformance.mjs';

const TABLES = `CREATE TABLE shop(id {name} PRIMARY KEY, tz {text}, off {integer});
    CREATE TABLE sale(id {id}, shop {name}, at {instant}, local {timestamp}, day {date}, v {real},
        note {text},
        cost {integer});
    INSERT INTO shop VALUES ('tokyo', 'Asia/Tokyo', 32400), ('niue', 'Pacific/Niue', -39600);`;
const ROWS = {sale: Array.from({length: 60}, (none, i) => [i + 1, ['tokyo', 'niue'][i % 2],
    `2024-0${1 + i % 9}-0${1 + i % 7} 1${i % 10}:15:00.123456`, `2024-03-1${i % 9} 2${i % 4}:00:00`,
    `2024-1${i % 3}-2${i % 8}`, i / 7, ['Ä', 'ä', 'a', 'A ', null][i % 5], i])};
const SPEC = {
    tenants: {table: 'shop', key: 'id', time_zone: 'tz'},
    sources: {
        sale: {from: 'sale', tenant: 'shop', time: 'at'},
        local: {from: 'sale', tenant: 'shop', time: 'local', time_zone: 'Asia/Kolkata'},
    },
    summaries: {
        f: {source: 'sale', grains: ['hour', 'day', 'month'], dimensions: {note: 'note',
            due: 'day'},
            measures: {n: 'count', total: 'sum(cost)', mean: 'avg(cost)'}},
        r: {source: 'local', grains: ['hour', 'week'], measures: {most: 'max(v)', weight: 'sum(v)',
            first: 'min(at)', last: 'max(day)'}},
    },
};
const KINDS = {note: 'text', due: 'date', most: 'real', weight: 'real', first: 'instant',
    last: 'date'};
const CHANGES = [`UPDATE sale SET v = v * 1.1, note = 'Ä' WHERE id % 3 = 0`,
    `UPDATE sale SET at = '2024-06-30 23:59:59', local = '2024-06-30 23:59:59' WHERE id % 4 = 0`,
    `DELETE FROM sale WHERE id % 5 = 0`];

/* Defaults that are as far from ours as they go. */
const ODD = {
    postgresql: (place) => {
        const settings = {TimeZone: 'America/St_Johns', DateStyle: 'German, DMY',
            IntervalStyle: 'iso_8601',
            extra_float_digits: '-10', bytea_output: 'escape', standard_conforming_strings: 'off',
            default_transaction_isolation: 'serializable', default_transaction_deferrable: 'on',
            search_path: '"$user", public', enable_seqscan: 'off', statement_timeout: '60s',
            client_encoding: 'LATIN1', array_nulls: 'off', transform_null_equals: 'on',
            quote_all_identifiers: 'on', escape_string_warning: 'on', row_security: 'on'};
        place.database.admin(Object.entries(settings).map(([name, value]) => `ALTER DATABASE
            ${place.database.name}
                SET ${name} TO ${name === 'search_path' ? value : `'${value}'`};`).join('\n'));
    },
    mariadb: (place) => place.database.admin(`ALTER DATABASE ${place.database.name}
        DEFAULT CHARACTER SET latin1
        COLLATE latin1_swedish_ci`),
};

conformTo('settings: the database\'s own defaults are odd', {
    on: ['postgresql', 'mariadb'], tables: TABLES, rows: ROWS, spec: SPEC, kinds: KINDS,
}, (place, kind) => {
    ODD[kind](place);
    place.run('apply', {code: 0});
    isTrue(place, 'built');
    for (const change of CHANGES) {
        place.shell(change);
        settles(place, change);
    }
});

/* MariaDB's session settings are the server's: one of its own. */
conformTo('settings: the server\'s own defaults are odd (MariaDB)', {
    on: ['mariadb'], tables: TABLES, rows: ROWS, spec: SPEC, kinds: KINDS,
    server: ['--default-time-zone=+05:30', '--sql-mode=', '--character-set-server=latin1',
        '--collation-server=latin1_swedish_ci', '--transaction-isolation=SERIALIZABLE',
        '--div-precision-increment=0', '--group-concat-max-len=4', '--max-statement-time=60',
        '--innodb-lock-wait-timeout=1', '--lock-wait-timeout=1',
            '--explicit-defaults-for-timestamp=0',
        '--old-mode=UTF8_IS_UTF8MB3,NO_PROGRESS_INFO', '--sort-buffer-size=32K'],
}, (place) => {
    place.run('apply', {code: 0});
    isTrue(place, 'built');
    for (const change of CHANGES) {
        place.shell(change);
        settles(place, change);
    }
});

/* ---- refused by name, before anything is made ---- */

const PLAIN = (time = 'at') => ({
    sources: {sale: {from: 'sale', tenant: 'shop', time}},
    summaries: {s: {source: 'sale', grains: ['day'], measures: {n: 'count', total: 'sum(cost)'}}},
});
const SALE = 'CREATE TABLE sale(id {id}, shop {name}, at {instant}, cost {integer})';

/* What it is, the tables, the pattern of the message, more of the spec. */
const REFUSED = [
    ['a view as a source', {tables: `${SALE.replace('sale',
        'base')}; CREATE VIEW sale AS SELECT * FROM base;`},
        /sale.*view|view.*sale/is],
    ['an UNLOGGED table (PostgreSQL)', {on: ['postgresql'], tables: SALE.replace('TABLE',
        'UNLOGGED TABLE')},
        /unlogged/i],
    ['a table that survives a rollback (MariaDB)', {on: ['mariadb'],
        tables: `${SALE} ENGINE=MyISAM`},
        /MyISAM|InnoDB/],
    ['the clock', {tables: SALE, spec: (kind) => ({...PLAIN(), summaries: {s: {source: 'sale',
        grains: ['day'], measures: {n: `count where at < ${
            {sqlite: `date('now')`, postgresql: 'now()', mariadb: 'NOW()'}[kind]}`}}}})},
                /depends on when/i],
    ['a function that is never twice the same', {tables: SALE, spec: (kind) => ({...PLAIN(),
        summaries: {s: {
        source: 'sale', grains: ['day'], measures: {n: `sum(cost * ${
            {sqlite: 'random()', postgresql: 'random()', mariadb: 'RAND()'}[kind]})`}}}})},
                /rand/i],
    ['a column that is not there', {tables: SALE, spec: {...PLAIN(), summaries: {s: {source: 'sale',
        grains: ['day'], measures: {n: 'sum(price)'}}}}}, /price/],
    ['a sum of texts', {tables: SALE, on: ['postgresql'], spec: {...PLAIN(),
        summaries: {s: {source: 'sale',
        grains: ['day'], measures: {n: 'sum(shop)'}}}}}, /shop/],
    ['a time that is no time', {tables: SALE, on: ['postgresql', 'mariadb'], spec: PLAIN('cost')},
        /time|cost/],
    ...[['a source\'s where', {where: 'cost > 0 AND day IS NULL'}, {}],
        ['a series\' where', {}, {where: 'isnull(sale.day)'}],
        ['a join', {from: 'sale s', join: ['left sale t ON t.id = s.id AND t.day IS NULL'],
            tenant: 's.shop', time: 's.at'}, {measures: {n: 'count'}}]]
        .map(([where, source, summary]) => [`a date that is never NULL tested for it, in ${where} (MariaDB)`,
            {on: ['mariadb'], tables: SALE.replace(')', ', day DATE NOT NULL)'),
                spec: {sources: {sale: {...PLAIN().sources.sale, ...source}},
                    summaries: {s: {...PLAIN().summaries.s, ...summary}}}},
            /day is never NULL, and testing it finds dates that are 0000-00-00.*write `day = 0`/s]),
    ['a cascade of InnoDB (MariaDB)', {on: ['mariadb'], tables: `CREATE TABLE bill(id {id},
        shop {name},
        at {instant}); CREATE TABLE sale(id {id}, bill {integer}, cost {integer},
            FOREIGN KEY (bill) REFERENCES
        bill(id) ON DELETE CASCADE)`, spec: {...PLAIN(), sources: {sale: {from: 'sale s',
        join: ['bill b ON b.id = s.bill'], tenant: 'b.shop', time: 'b.at'}}}}, /CASCADE/i],
];
for (const [what, conformance, pattern] of REFUSED)
    conformTo(`refused: ${what}`, {spec: PLAIN(), ...conformance}, (place) => {
        const before = place.digest();
        for (const command of ['check', 'plan', 'apply']) {
            const {code, out, err} = place.run(command);
            assert.ok(code === 2 || (command === 'check' && code === 1),
                `${command}: ${code} ${out}${err}`);
            assert.match(out + err, pattern, command);
        }
        assert.equal(place.digest(), before, 'something was made all the same');
    });

/* ---- rights ---- */

conformTo('rights: rows that a policy hides are refused, not counted as gone (PostgreSQL)', {
    on: ['postgresql'], tables: SALE, rows: {sale: [[1, 'a', '2024-01-01', 1], [2, 'b',
        '2024-01-01', 2]]},
    spec: PLAIN(),
}, (place) => {
    place.database.admin(`ALTER TABLE sale OWNER TO postgres; GRANT SELECT,
        TRIGGER ON sale TO trueup;
        ALTER TABLE sale ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON sale USING (shop = 'a')`);
    for (const command of ['check', 'apply']) {
        const {code, out, err} = place.run(command);
        assert.ok(code === 1 || code === 2, `${command}: ${code} ${out}${err}`);
        assert.match(out + err, /row.level security|policy|row_security/i, command);
    }
});

conformTo('rights: a table that may not be read, or not be watched, is named', {
    on: ['postgresql', 'mariadb'], tables: SALE, spec: PLAIN(),
}, (place, kind) => {
    if (kind === 'postgresql')
        place.database.admin(`ALTER TABLE sale OWNER TO postgres; REVOKE ALL ON sale FROM trueup`);
    else
        place.database.admin(`REVOKE TRIGGER ON ${place.database.name}.* FROM trueup@'127.0.0.1'`);
    const {code, out, err} = place.run('apply');
    assert.ok(code === 2 || code === 3, `${code} ${out}${err}`);
    assert.match(out + err, /permission|privilege|denied|TRIGGER|SELECT/i);
});
