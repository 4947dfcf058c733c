/*
 * PostgreSQL's trigger functions under DDL: sessions that have written before, and so keep the
 * functions' plans, must neither fail nor write an image that is not the row's.
 */
import assert from 'node:assert/strict';
import {Session, onServers} from './sessions.mjs';
import {Place} from './trueup.mjs';

const PG = {on: ['postgresql']};
const WRITES = {
    insert: `INSERT INTO thing(who, at) VALUES ('a', '2024-01-01')`,
    update: `UPDATE thing SET at = at + interval '1 hour' WHERE id < 4`,
    one: `UPDATE thing SET at = at + interval '1 hour' WHERE id = 5`,
    delete: `DELETE FROM thing WHERE id = (SELECT max(id) FROM thing)`,
};

async function things(t, kind) {
    const place = await Place.on(kind, t);
    place.sql(`CREATE TABLE thing(id serial, who text, at timestamptz, small integer DEFAULT 1,
        other integer DEFAULT 2);
        INSERT INTO thing(who, at) SELECT 'a', '2024-01-01' FROM generate_series(1, 20)`);
    place.wanted = {sources: {thing: {from: 'thing', tenant: 'who', time: 'at'}},
        summaries: {s: {source: 'thing', grains: ['day'], measures: {n: 'count', v: 'sum(small)'}}}};
    place.spec(place.wanted).run('apply', {code: 0});
    return place;
}

const weights = (place) => place.sql(`SELECT trueup_weight AS w, count(*) AS n FROM
    trueup_change_thing GROUP BY 1 ORDER BY 1`).map(({w, n}) => `${w}: ${n}`).join(', ');

/* What a session does that wrote before; then the DDL, then the same again. */
const DDL = [
    ['a column is retyped', 'ALTER TABLE thing ALTER small TYPE bigint', 2],
    ['a column becomes a text, which is no number', 'ALTER TABLE thing ALTER small TYPE text', 2],
    ['a column is dropped', 'ALTER TABLE thing DROP small', 2],
    ['a column is renamed', 'ALTER TABLE thing RENAME small TO tiny', 2],
    ['a column is dropped and made anew as another',
        'ALTER TABLE thing DROP small, ADD small date', 2],
    ['a column becomes an array', `ALTER TABLE thing ALTER small DROP DEFAULT,
        ALTER small TYPE integer[] USING ARRAY[small]`, 2],
    ['a column that is not logged goes', 'ALTER TABLE thing DROP other', 1],
    ['a column comes', 'ALTER TABLE thing ADD more text', 1],
    ['the table is rewritten', 'VACUUM FULL thing', 1],
    ['the table gets another name', 'ALTER TABLE thing RENAME TO elsewhere', 1],
    ['the log is gone', 'DROP TABLE trueup_change_thing', 0],
];

/* The fault (F19): a plan of before the DDL is used after it, or the DDL makes the writer fail. */
for (const [label, ddl, weight] of DDL)
    onServers(`triggers: ${label} while sessions are at work`, async (t, kind) => {
        const place = await things(t, kind);
        const writers = [];
        for (const write of Object.values(WRITES)) {
            const writer = await Session.open(place);
            for (let i = 0; i < 7; i++) /* more often than plans are made anew */
                await writer.do(write);
            writers.push([writer, ddl.includes('TO elsewhere')
                ? write.replaceAll('thing', 'elsewhere') : write]);
        }
        assert.doesNotMatch(weights(place), /2:/);
        place.sql(ddl);
        for (const [writer, write] of writers) {
            if (weight > 0)
                place.sql('DELETE FROM trueup_change_thing');
            assert.equal(await writer.attempt(write), '', `${write} failed`);
            if (weight > 0)
                assert.equal(/2: 1/.test(weights(place)), weight === 2,
                    `${write}: ${weights(place)}`);
        }
    }, PG);

/* In the transaction that alters the table, too. */
onServers('triggers: the writer alters the table in its own transaction', async (t, kind) => {
    const place = await things(t, kind);
    const writer = await Session.open(place);
    for (const step of [WRITES.insert, 'BEGIN', WRITES.insert,
        'ALTER TABLE thing ALTER small TYPE numeric', WRITES.insert, WRITES.update, 'ROLLBACK',
        WRITES.insert, 'BEGIN', 'ALTER TABLE thing DROP small', WRITES.insert, WRITES.delete, 'COMMIT'])
        assert.equal(await writer.attempt(step), '', step);
    assert.equal(weights(place), '1: 2, 2: 2');
}, PG);

/* A writer's own search_path, and things of its own that are called like ours. */
onServers('triggers: a writer with another search_path and operators of its own', async (t, kind) => {
    const place = await things(t, kind);
    place.sql(`CREATE SCHEMA mine; CREATE TYPE mine.timestamptz AS (x int);
        CREATE TABLE mine.trueup_new(x int); CREATE TABLE mine.trueup_change_thing(x int);
        CREATE FUNCTION mine.never(oid, oid) RETURNS boolean LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'called'; END $$;
        CREATE OPERATOR mine.= (FUNCTION = mine.never, LEFTARG = oid, RIGHTARG = oid)`);
    const writer = await Session.open(place);
    await writer.do('SET search_path = mine, public, pg_catalog');
    for (const write of [...Object.values(WRITES), 'UPDATE thing SET small = 3'])
        assert.equal(await writer.attempt(write), '', write);
    assert.doesNotMatch(weights(place), /2:/);
}, PG);

/* The fault: entries of weight 2 become "look again" of no place when the log gets a new column. */
onServers('triggers: what could not be written is not forgotten when the log grows',
    async (t, kind) => {
    const place = await things(t, kind);
    place.sql('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM thing LIMIT 1; TRUNCATE thing; ' +
        'COMMIT');
    assert.equal(weights(place), '2: 1');
    place.wanted.summaries.more = {source: 'thing', grains: ['day'], measures: {w: 'sum(other)'}};
    place.spec(place.wanted).run('apply --no-build', {code: 0});
    assert.equal(weights(place), '2: 1');
    place.run('run --once', {code: 0});
    assert.equal(place.value('SELECT count(*) AS n FROM s_day'), 0);
    place.isQuiet();
}, PG);
