-- Three times the same table for writers: without capture, with trueup's, and with triggers by hand
-- that upsert hour, day and month directly, in the writer's transaction.
CREATE TABLE plain(
  id bigserial PRIMARY KEY,
  tenant integer NOT NULL,
  at timestamptz NOT NULL,
  kind integer NOT NULL,
  amount numeric(12,2) NOT NULL);
CREATE INDEX ON plain(tenant, at);
CREATE TABLE captured(LIKE plain INCLUDING ALL);
CREATE SEQUENCE captured_id_seq OWNED BY captured.id;
ALTER TABLE captured ALTER id SET DEFAULT nextval('captured_id_seq');
CREATE TABLE direct(LIKE plain INCLUDING ALL);
CREATE SEQUENCE direct_id_seq OWNED BY direct.id;
ALTER TABLE direct ALTER id SET DEFAULT nextval('direct_id_seq');

CREATE TABLE direct_hour(tenant integer, bucket timestamptz, entries bigint, amount numeric, PRIMARY KEY (tenant, bucket));
CREATE TABLE direct_day(tenant integer, bucket date, entries bigint, amount numeric, PRIMARY KEY (tenant, bucket));
CREATE TABLE direct_month(tenant integer, bucket date, entries bigint, amount numeric, PRIMARY KEY (tenant, bucket));

CREATE FUNCTION add_directly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO direct_hour VALUES (NEW.tenant, date_trunc('hour', NEW.at, 'UTC'), 1, NEW.amount)
  ON CONFLICT (tenant, bucket) DO UPDATE
  SET entries = direct_hour.entries + 1, amount = direct_hour.amount + excluded.amount;
  INSERT INTO direct_day VALUES (NEW.tenant, (NEW.at AT TIME ZONE 'UTC')::date, 1, NEW.amount)
  ON CONFLICT (tenant, bucket) DO UPDATE
  SET entries = direct_day.entries + 1, amount = direct_day.amount + excluded.amount;
  INSERT INTO direct_month VALUES (NEW.tenant, date_trunc('month', NEW.at AT TIME ZONE 'UTC')::date, 1, NEW.amount)
  ON CONFLICT (tenant, bucket) DO UPDATE
  SET entries = direct_month.entries + 1, amount = direct_month.amount + excluded.amount;
  RETURN NULL;
END $$;
CREATE TRIGGER direct_insert AFTER INSERT ON direct FOR EACH ROW EXECUTE FUNCTION add_directly();
