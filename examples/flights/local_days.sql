-- The twelve airports' local clocks, worked out without trueup: by SQLite's own 'localtime', which is
-- that of the process, so the demo runs this once for each zone (TZ=zone) with the airport's rows.
-- `truth` is the database of local days; `main` has the flights, or a copy of them.
INSERT INTO truth.flight_day
SELECT id, origin, date(departed_at, 'localtime') FROM flight
WHERE origin = :airport;

INSERT INTO truth.day_length
SELECT :airport, day, (unixepoch(day, '+1 day', 'utc') - unixepoch(day, 'utc')) / 3600
FROM (SELECT '2001-03-31' AS day UNION ALL SELECT '2001-04-01' UNION ALL SELECT '2001-04-02');
