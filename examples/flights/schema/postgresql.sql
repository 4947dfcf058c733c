-- What the application has: airports in twelve zones, and flights at instants.
CREATE TABLE airport(
  iata text PRIMARY KEY,
  name text NOT NULL,
  tz text NOT NULL);

CREATE TABLE flight(
  id integer PRIMARY KEY,
  departed_at timestamptz NOT NULL,
  origin text NOT NULL REFERENCES airport,
  destination text NOT NULL,
  distance integer NOT NULL,           -- miles
  delay integer);                      -- minutes; NULL until it is known

-- Reading the flights of an airport and a stretch of time again (after a change that cannot be added,
-- like a maximum that leaves) takes this index.
CREATE INDEX flight_place ON flight(origin, departed_at);
