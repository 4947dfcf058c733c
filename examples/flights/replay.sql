-- Turns the table `raw` (the CSV as it is) into a first week that is there from the start, and a second
-- week as the application would write it: many small transactions, not all of them nice. Chance is
-- arithmetic on the row number, so that every replay is the same. The statements are read alike by
-- SQLite, PostgreSQL and MariaDB.

-- The second week begins on Monday, 2001-04-02, at 10:00 UTC: midnight in Honolulu.
CREATE TABLE replay_start AS SELECT unixepoch('2001-04-02 10:00:00') AS at;

-- `dice` is 0 to 999, `dice2` another, so that "one in twenty" of both are not the same flights.
CREATE TABLE planned AS
SELECT rowid AS id, CAST(ts AS INTEGER) AS departed_at, origin, destination,
       CAST(distance AS INTEGER) AS distance, CAST(delay AS INTEGER) AS delay,
       rowid * 2654435761 % 4294967296 / 65536 % 1000 AS dice,
       rowid * 2246822519 % 4294967296 / 65536 % 1000 AS dice2,
       CAST(ts AS INTEGER) < (SELECT at FROM replay_start) AS is_first_week
FROM raw;

-- One flight in fifty of the first week reaches the database only in the second.
CREATE TABLE first_week AS
SELECT id, datetime(departed_at, 'unixepoch') AS departed_at, origin, destination, distance, delay
FROM planned WHERE is_first_week AND dice >= 20;

CREATE TABLE event(at INTEGER, statement TEXT);

-- The second week's departures; of one in five the delay is not known yet.
INSERT INTO event
SELECT departed_at, format('INSERT INTO flight VALUES (%d, %Q, %Q, %Q, %d, %s);', id,
         datetime(departed_at, 'unixepoch'), origin, destination, distance,
         iif(dice % 5 = 0, 'NULL', CAST(delay AS TEXT)))
FROM planned WHERE NOT is_first_week;

-- Two hours later it is.
INSERT INTO event
SELECT departed_at + 7200, format('UPDATE flight SET delay = %d WHERE id = %d;', delay, id)
FROM planned WHERE NOT is_first_week AND dice % 5 = 0;

-- Some leave hours later than was written down, often on another day.
INSERT INTO event
SELECT departed_at + 1800, format('UPDATE flight SET departed_at = %Q WHERE id = %d;',
         datetime(departed_at + 3600 * (3 + dice2 % 9), 'unixepoch'), id)
FROM planned WHERE NOT is_first_week AND dice2 < 15;

-- Cancelled.
INSERT INTO event
SELECT departed_at + 5400, format('DELETE FROM flight WHERE id = %d;', id)
FROM planned WHERE NOT is_first_week AND dice2 BETWEEN 100 AND 119;

-- Corrections to the first week, while the second goes on: late rows, other delays, deletions.
INSERT INTO event
SELECT start.at + id * 7919 % (6 * 86400),
       CASE
         WHEN dice < 20 THEN format('INSERT INTO flight VALUES (%d, %Q, %Q, %Q, %d, %d);',
           id, datetime(departed_at, 'unixepoch'), origin, destination, distance, delay)
         WHEN dice2 < 30 THEN format('UPDATE flight SET delay = delay + %d WHERE id = %d;',
           dice2 * 3 - 40, id)
         ELSE format('DELETE FROM flight WHERE id = %d;', id)
       END
FROM planned, replay_start start WHERE is_first_week AND (dice < 20 OR dice2 < 30 OR dice2 > 994);

-- In transactions of 64, each in the order of the events; one in sixteen is first rolled back, then
-- done. The script is `line`s, to be read in order.
CREATE TABLE script AS
SELECT place / 64 AS txn, place % 64 AS part, statement
FROM (SELECT row_number() OVER (ORDER BY at, rowid) - 1 AS place, statement FROM event);

CREATE VIEW replay(txn, attempt, part, line) AS
SELECT txn, attempt, part, ifnull(line, iif(attempt = 1, 'ROLLBACK;', 'COMMIT;'))
FROM (SELECT DISTINCT txn, -1 AS part, 'BEGIN;' AS line FROM script
      UNION ALL SELECT txn, part, statement FROM script
      UNION ALL SELECT DISTINCT txn, 64, NULL FROM script)
JOIN (SELECT 1 AS attempt UNION ALL SELECT 2) ON attempt = 2 OR txn % 16 = 0
ORDER BY txn, attempt, part;
