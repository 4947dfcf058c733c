/*
 * What is sealed while a series fails would stay wrong for ever: its changes are consumed without it.
 * So no bucket of its summary is sealed until its history is right again, on every database.
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';

/* A series that uses `extra`, and how it comes to fail while writers go on: where there are functions of
 * the user's, one goes. (A column that goes is seen by the guard, too, which seals nothing either.) */
const byFunction = (create) => ({value: 'sum(one_of(extra))', column: 'extra', begins: [create],
    goes: [`DROP FUNCTION one_of${create.includes('LANGUAGE') ? '(bigint)' : ''}`], comes: [create]});
const FAILING = {
    sqlite: {value: 'sum(extra)', column: 'mislaid', begins: [],
        goes: ['ALTER TABLE item RENAME COLUMN extra TO mislaid'],
        comes: ['ALTER TABLE item RENAME COLUMN mislaid TO extra']},
    postgresql: byFunction(`CREATE FUNCTION one_of(n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
        AS 'SELECT n'`),
    mariadb: byFunction(`CREATE FUNCTION one_of(n BIGINT) RETURNS BIGINT DETERMINISTIC NO SQL
        RETURN n`),
};

const daysAgo = (days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 19)
    .replace('T', ' ');

onEach('buckets are not sealed while a series of their summary fails', (place, kind) => {
    place.shell(place.say(`CREATE TABLE item(id {id}, at {instant}, amount {integer},
        extra {integer});`));
    const add = (days, amount, column = 'extra') => place.shell(`INSERT INTO
        item(at, amount, ${column}) VALUES ('${daysAgo(days)}', ${amount}, 2)`);
    const {value, begins, goes, column, comes} = FAILING[kind];
    const say = (statements) => statements.forEach((sql) => place.shell(sql));
    say(begins);
    for (let days = 1; days < 60; days += 2)
        add(days, 1);
    place.spec({
        sources: {item: {from: 'item', time: 'at'}},
        summaries: {mix: {
            grains: ['day'], columns: {series: 'what'}, measures: {value: 'count'},
            series: {items: {source: 'item'},
                extras: {source: 'item', measures: {value}}},
            refresh: {sealed_after: {day: '20d'}},
        }},
    });
    place.run('apply', {code: 0});
    place.run('run --once', {code: 0});
    const boundary = place.control('trueup_boundary');
    const sealed = () => place.value(`SELECT sealed_below AS n FROM ${boundary}
        WHERE grain = 'day'`);
    /* As if ten days had gone by since it was moved last. */
    place.shell(`UPDATE ${boundary} SET sealed_below = sealed_below - 10 WHERE grain = 'day'`);
    const before = sealed();
    assert.ok(before > 0);
    const since = daysAgo(28).slice(0, 10);
    const isRight = () => place.same(
        `SELECT what, sum(value) AS n FROM mix_day WHERE bucket >= '${since}' GROUP BY what`,
        `SELECT 'items' AS what, count(*) AS n FROM item WHERE at >= '${since}'
            UNION ALL SELECT 'extras', sum(extra) FROM item WHERE at >= '${since}'`);
    isRight();

    say(goes);
    add(24, 5, column);
    place.run('run --once', {code: 1});
    place.run('run --once', {code: 1});
    assert.equal(sealed(), before, 'sealed over a failing series');

    say(comes);
    place.run('apply');
    place.run('run --once', {code: 0});
    place.run('run --once', {code: 0});
    isRight();
    assert.ok(sealed() >= before + 10, 'and then it goes on');
}, {apply: false, days: 0});
