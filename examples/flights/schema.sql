-- What the application has: airports in twelve zones, and flights at instants.
CREATE TABLE airport(
  iata TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  tz TEXT NOT NULL);

CREATE TABLE flight(
  id INTEGER PRIMARY KEY,
  departed_at INTEGER NOT NULL,        -- seconds since 1970 in UTC
  origin TEXT NOT NULL REFERENCES airport(iata),
  destination TEXT NOT NULL,
  distance INTEGER NOT NULL,           -- miles
  delay INTEGER);                      -- minutes; NULL until it is known

-- Reading the flights of an airport and a stretch of time again (after a change that cannot be added,
-- like a maximum that leaves) takes this index.
CREATE INDEX flight_place ON flight(origin, departed_at);

INSERT INTO airport VALUES
  ('JFK', 'New York',     'America/New_York'),
  ('DTW', 'Detroit',      'America/Detroit'),
  ('SDF', 'Louisville',   'America/Kentucky/Louisville'),
  ('IND', 'Indianapolis', 'America/Indiana/Indianapolis'),
  ('ORD', 'Chicago',      'America/Chicago'),
  ('DEN', 'Denver',       'America/Denver'),
  ('BOI', 'Boise',        'America/Boise'),
  ('PHX', 'Phoenix',      'America/Phoenix'),
  ('LAX', 'Los Angeles',  'America/Los_Angeles'),
  ('ANC', 'Anchorage',    'America/Anchorage'),
  ('HNL', 'Honolulu',     'Pacific/Honolulu'),
  ('SJU', 'San Juan',     'America/Puerto_Rico');
