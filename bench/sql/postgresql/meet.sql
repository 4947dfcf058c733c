-- A shop's orders and lines, for writers who meet on an order; left and right, for writers who take two
-- tables in opposite orders. Made twice, SUFFIX being plain and captured. No foreign keys: with them
-- InnoDB deadlocks by itself.
CREATE TABLE orders_SUFFIX(
  id integer PRIMARY KEY, tenant integer NOT NULL, at timestamptz NOT NULL, total bigint NOT NULL);
INSERT INTO orders_SUFFIX SELECT n, 1 + n % 100, '2024-02-29 12:00:00', 0 FROM generate_series(1, 1000) n;

CREATE TABLE order_line_SUFFIX(
  id bigserial PRIMARY KEY, order_id integer NOT NULL, cents integer NOT NULL);
CREATE INDEX order_line_SUFFIX_order ON order_line_SUFFIX(order_id);

CREATE TABLE left_SUFFIX(
  id bigserial PRIMARY KEY, tenant integer NOT NULL, at timestamptz NOT NULL, amount numeric(12,2) NOT NULL);
INSERT INTO left_SUFFIX(tenant, at, amount) SELECT 1 + n % 100, '2024-02-29 12:00:00', 1 FROM generate_series(1, 1000) n;
CREATE INDEX left_SUFFIX_place ON left_SUFFIX(tenant, at);

CREATE TABLE right_SUFFIX(
  id bigserial PRIMARY KEY, tenant integer NOT NULL, at timestamptz NOT NULL, amount numeric(12,2) NOT NULL);
INSERT INTO right_SUFFIX(tenant, at, amount) SELECT 1 + n % 100, '2024-02-29 12:00:00', 1 FROM generate_series(1, 1000) n;
CREATE INDEX right_SUFFIX_place ON right_SUFFIX(tenant, at);
