-- Twelve airports, each with the clock that its days go by.
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
