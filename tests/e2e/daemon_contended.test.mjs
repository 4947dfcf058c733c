/*
 * Pieces of a rebuild where nobody is kept out, as behind a pooler: one that lost its turn to another worker is
 * not tried again as it was, since it would lose it again.
 *
 *   day by day ──▶ one piece, a longer one ──▶ a third stands at its end, and somebody takes a turn
 *                                               └─▶ half as long; and from then on they grow slowly
 */
import assert from 'node:assert/strict';
import {onEach} from './daemons.mjs';
import {houseRows} from './trueup.mjs';

/* Notes down to which day each piece went. */
const NOTING = {
    sqlite: (build) => `CREATE TABLE seen(n INTEGER PRIMARY KEY, below INTEGER);
        CREATE TRIGGER seen AFTER UPDATE OF below ON ${build}
            BEGIN INSERT INTO seen(below) VALUES (new.below); END`,
    postgresql: (build) => `CREATE TABLE seen(n SERIAL PRIMARY KEY, below INTEGER);
        CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO seen(below) VALUES (new.below); RETURN NULL; END';
        CREATE TRIGGER seen AFTER UPDATE OF below ON ${build} FOR EACH ROW EXECUTE FUNCTION seen()`,
    mariadb: (build) => `CREATE TABLE seen(n INTEGER PRIMARY KEY AUTO_INCREMENT, below INTEGER);
        CREATE TRIGGER seen AFTER UPDATE ON ${build} FOR EACH ROW
            INSERT INTO seen(below) VALUES (new.below)`,
};

/* Pieces grow eightfold where the machine is quick; on a slow one they grow less, and this holds anyhow. */
onEach('a piece whose turn was taken by another is made shorter', async (house, kind) => {
    house.shell(houseRows(300));
    house.run('run --once', {code: 0});
    house.shell(NOTING[kind](house.control('trueup_build')));
    house.run('rebuild --summary days', {code: 0});
    const daemon = await house.daemon('', {stop: 'cells.computed:pause:3'});
    await daemon.paused();
    house.shell(`UPDATE ${house.control('trueup_group')} SET turn = turn + 1`);
    daemon.signal('SIGCONT');
    await house.jobIs(1, 'COMPLETED');
    await daemon.stop();
    const ends = house.sql('SELECT below FROM seen ORDER BY n').map(({below}) => Number(below));
    assert.ok(ends.length > 3, JSON.stringify(ends));
    const spans = ends.slice(1).map((below, i) => ends[i] - below);
    const growth = spans.slice(1).map((span, n) => span / spans[n]);
    assert.ok(growth[0] <= 4, `the third piece is half of what it was: ${spans}`);
    assert.ok(growth.slice(1).every((by) => by <= 2), `then they double: ${spans}`);
    house.json('verify', {code: 0});
}, {days: 0, tables: 'CREATE INDEX sale_at ON sale(at);', spec: {summaries: {days: {source: 'sale',
    grains: ['day'], columns: {tenant: 'shop'}, measures: {n: 'count', most: 'max(amount)'}}}}});
