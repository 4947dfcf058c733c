-- What the application has: airports in twelve zones, and flights at instants.
CREATE TABLE airport(
  iata VARCHAR(3) PRIMARY KEY,
  name VARCHAR(40) NOT NULL,
  tz VARCHAR(64) NOT NULL);

CREATE TABLE flight(
  id INTEGER PRIMARY KEY,
  departed_at DATETIME NOT NULL,       -- UTC
  origin VARCHAR(3) NOT NULL,
  destination VARCHAR(3) NOT NULL,
  distance INTEGER NOT NULL,           -- miles
  delay INTEGER,                       -- minutes; NULL until it is known
  FOREIGN KEY (origin) REFERENCES airport(iata));

-- Reading the flights of an airport and a stretch of time again (after a change that cannot be added,
-- like a maximum that leaves) takes this index.
CREATE INDEX flight_place ON flight(origin, departed_at);
