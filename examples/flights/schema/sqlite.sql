-- What the application has: airports in twelve zones, and flights at instants.
CREATE TABLE airport(
  iata TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  tz TEXT NOT NULL);

CREATE TABLE flight(
  id INTEGER PRIMARY KEY,
  departed_at TEXT NOT NULL,           -- UTC: 2001-04-01 10:00:00
  origin TEXT NOT NULL REFERENCES airport(iata),
  destination TEXT NOT NULL,
  distance INTEGER NOT NULL,           -- miles
  delay INTEGER);                      -- minutes; NULL until it is known

-- Reading the flights of an airport and a stretch of time again (after a change that cannot be added,
-- like a maximum that leaves) takes this index.
CREATE INDEX flight_place ON flight(origin, departed_at);
