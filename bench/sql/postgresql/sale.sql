-- What the benches of building and settling read; `client rows` fills it.
CREATE TABLE tenant(id integer PRIMARY KEY, tz text NOT NULL);
INSERT INTO tenant SELECT n, 'UTC' FROM generate_series(1, 100) n;

CREATE TABLE sale(
  id bigserial PRIMARY KEY,
  tenant integer NOT NULL,
  at timestamptz NOT NULL,
  kind integer NOT NULL,
  amount numeric(12,2) NOT NULL,
  region smallint NOT NULL,
  channel smallint NOT NULL,
  status smallint NOT NULL,
  paid smallint NOT NULL);
