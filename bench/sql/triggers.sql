-- What teams write by hand: triggers that keep the five tables at once, in the writer's own
-- transaction, on UTC periods. Done right, so that it is a fair opponent: an update takes the old row
-- out and puts the new one in, a cell without rows goes, and a maximum that leaves is looked up again
-- (which needs the index on flight(origin, departed_at)).
--
-- It cannot do local days at all: SQLite knows no time zones.

CREATE TRIGGER hand_insert AFTER INSERT ON flight BEGIN
  INSERT INTO hand_departures_hour(origin, bucket, flights, miles, delay, late, worst)
  VALUES (NEW.origin, strftime('%Y-%m-%dT%H:00:00Z', NEW.departed_at, 'unixepoch'), 1, NEW.distance, NEW.delay, NEW.delay >= 15, NEW.delay)
  ON CONFLICT (origin, bucket) DO UPDATE SET
    flights = flights + 1, miles = miles + NEW.distance, delay = delay + NEW.delay,
    late = late + (NEW.delay >= 15), worst = max(worst, NEW.delay);
  INSERT INTO hand_departures_day(origin, bucket, flights, miles, delay, late, worst)
  VALUES (NEW.origin, date(NEW.departed_at, 'unixepoch'), 1, NEW.distance, NEW.delay, NEW.delay >= 15, NEW.delay)
  ON CONFLICT (origin, bucket) DO UPDATE SET
    flights = flights + 1, miles = miles + NEW.distance, delay = delay + NEW.delay,
    late = late + (NEW.delay >= 15), worst = max(worst, NEW.delay);
  INSERT INTO hand_departures_month(origin, bucket, flights, miles, delay, late, worst)
  VALUES (NEW.origin, date(NEW.departed_at, 'unixepoch', 'start of month'), 1, NEW.distance, NEW.delay, NEW.delay >= 15, NEW.delay)
  ON CONFLICT (origin, bucket) DO UPDATE SET
    flights = flights + 1, miles = miles + NEW.distance, delay = delay + NEW.delay,
    late = late + (NEW.delay >= 15), worst = max(worst, NEW.delay);
  INSERT INTO hand_routes_day(origin, bucket, destination, flights, miles, delay, late, worst)
  VALUES (NEW.origin, date(NEW.departed_at, 'unixepoch'), NEW.destination, 1, NEW.distance, NEW.delay, NEW.delay >= 15, NEW.delay)
  ON CONFLICT (origin, bucket, ifnull(destination, 0), destination IS NULL) DO UPDATE SET
    flights = flights + 1, miles = miles + NEW.distance, delay = delay + NEW.delay,
    late = late + (NEW.delay >= 15), worst = max(worst, NEW.delay);
  INSERT INTO hand_routes_month(origin, bucket, destination, flights, miles, delay, late, worst)
  VALUES (NEW.origin, date(NEW.departed_at, 'unixepoch', 'start of month'), NEW.destination, 1, NEW.distance, NEW.delay, NEW.delay >= 15, NEW.delay)
  ON CONFLICT (origin, bucket, ifnull(destination, 0), destination IS NULL) DO UPDATE SET
    flights = flights + 1, miles = miles + NEW.distance, delay = delay + NEW.delay,
    late = late + (NEW.delay >= 15), worst = max(worst, NEW.delay);
END;

CREATE TRIGGER hand_delete AFTER DELETE ON flight BEGIN
  UPDATE hand_departures_hour SET
    flights = flights - 1, miles = miles - OLD.distance, delay = delay - OLD.delay,
    late = late - (OLD.delay >= 15),
    worst = CASE WHEN worst > OLD.delay THEN worst ELSE (
      SELECT max(f.delay) FROM flight f WHERE f.origin = OLD.origin
        AND f.departed_at BETWEEN OLD.departed_at / 3600 * 3600 AND OLD.departed_at / 3600 * 3600 + 3599) END
  WHERE origin = OLD.origin AND bucket = strftime('%Y-%m-%dT%H:00:00Z', OLD.departed_at, 'unixepoch');
  DELETE FROM hand_departures_hour WHERE origin = OLD.origin AND bucket = strftime('%Y-%m-%dT%H:00:00Z', OLD.departed_at, 'unixepoch')
    AND flights = 0;
  UPDATE hand_departures_day SET
    flights = flights - 1, miles = miles - OLD.distance, delay = delay - OLD.delay,
    late = late - (OLD.delay >= 15),
    worst = CASE WHEN worst > OLD.delay THEN worst ELSE (
      SELECT max(f.delay) FROM flight f WHERE f.origin = OLD.origin
        AND f.departed_at BETWEEN OLD.departed_at / 86400 * 86400 AND OLD.departed_at / 86400 * 86400 + 86399) END
  WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch');
  DELETE FROM hand_departures_day WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch')
    AND flights = 0;
  UPDATE hand_departures_month SET
    flights = flights - 1, miles = miles - OLD.distance, delay = delay - OLD.delay,
    late = late - (OLD.delay >= 15),
    worst = CASE WHEN worst > OLD.delay THEN worst ELSE (
      SELECT max(f.delay) FROM flight f WHERE f.origin = OLD.origin
        AND f.departed_at BETWEEN unixepoch(OLD.departed_at, 'unixepoch', 'start of month') AND unixepoch(OLD.departed_at, 'unixepoch', 'start of month', '+1 month') - 1) END
  WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch', 'start of month');
  DELETE FROM hand_departures_month WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch', 'start of month')
    AND flights = 0;
  UPDATE hand_routes_day SET
    flights = flights - 1, miles = miles - OLD.distance, delay = delay - OLD.delay,
    late = late - (OLD.delay >= 15),
    worst = CASE WHEN worst > OLD.delay THEN worst ELSE (
      SELECT max(f.delay) FROM flight f WHERE f.origin = OLD.origin
        AND f.destination IS OLD.destination
        AND f.departed_at BETWEEN OLD.departed_at / 86400 * 86400 AND OLD.departed_at / 86400 * 86400 + 86399) END
  WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch')
    AND ifnull(destination, 0) = ifnull(OLD.destination, 0) AND (destination IS NULL) = (OLD.destination IS NULL);
  DELETE FROM hand_routes_day WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch')
    AND ifnull(destination, 0) = ifnull(OLD.destination, 0) AND (destination IS NULL) = (OLD.destination IS NULL)
    AND flights = 0;
  UPDATE hand_routes_month SET
    flights = flights - 1, miles = miles - OLD.distance, delay = delay - OLD.delay,
    late = late - (OLD.delay >= 15),
    worst = CASE WHEN worst > OLD.delay THEN worst ELSE (
      SELECT max(f.delay) FROM flight f WHERE f.origin = OLD.origin
        AND f.destination IS OLD.destination
        AND f.departed_at BETWEEN unixepoch(OLD.departed_at, 'unixepoch', 'start of month') AND unixepoch(OLD.departed_at, 'unixepoch', 'start of month', '+1 month') - 1) END
  WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch', 'start of month')
    AND ifnull(destination, 0) = ifnull(OLD.destination, 0) AND (destination IS NULL) = (OLD.destination IS NULL);
  DELETE FROM hand_routes_month WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch', 'start of month')
    AND ifnull(destination, 0) = ifnull(OLD.destination, 0) AND (destination IS NULL) = (OLD.destination IS NULL)
    AND flights = 0;
END;

CREATE TRIGGER hand_update AFTER UPDATE ON flight BEGIN
  UPDATE hand_departures_hour SET
    flights = flights - 1, miles = miles - OLD.distance, delay = delay - OLD.delay,
    late = late - (OLD.delay >= 15),
    worst = CASE WHEN worst > OLD.delay THEN worst ELSE (
      SELECT max(f.delay) FROM flight f WHERE f.origin = OLD.origin
        AND f.departed_at BETWEEN OLD.departed_at / 3600 * 3600 AND OLD.departed_at / 3600 * 3600 + 3599) END
  WHERE origin = OLD.origin AND bucket = strftime('%Y-%m-%dT%H:00:00Z', OLD.departed_at, 'unixepoch');
  DELETE FROM hand_departures_hour WHERE origin = OLD.origin AND bucket = strftime('%Y-%m-%dT%H:00:00Z', OLD.departed_at, 'unixepoch')
    AND flights = 0;
  UPDATE hand_departures_day SET
    flights = flights - 1, miles = miles - OLD.distance, delay = delay - OLD.delay,
    late = late - (OLD.delay >= 15),
    worst = CASE WHEN worst > OLD.delay THEN worst ELSE (
      SELECT max(f.delay) FROM flight f WHERE f.origin = OLD.origin
        AND f.departed_at BETWEEN OLD.departed_at / 86400 * 86400 AND OLD.departed_at / 86400 * 86400 + 86399) END
  WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch');
  DELETE FROM hand_departures_day WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch')
    AND flights = 0;
  UPDATE hand_departures_month SET
    flights = flights - 1, miles = miles - OLD.distance, delay = delay - OLD.delay,
    late = late - (OLD.delay >= 15),
    worst = CASE WHEN worst > OLD.delay THEN worst ELSE (
      SELECT max(f.delay) FROM flight f WHERE f.origin = OLD.origin
        AND f.departed_at BETWEEN unixepoch(OLD.departed_at, 'unixepoch', 'start of month') AND unixepoch(OLD.departed_at, 'unixepoch', 'start of month', '+1 month') - 1) END
  WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch', 'start of month');
  DELETE FROM hand_departures_month WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch', 'start of month')
    AND flights = 0;
  UPDATE hand_routes_day SET
    flights = flights - 1, miles = miles - OLD.distance, delay = delay - OLD.delay,
    late = late - (OLD.delay >= 15),
    worst = CASE WHEN worst > OLD.delay THEN worst ELSE (
      SELECT max(f.delay) FROM flight f WHERE f.origin = OLD.origin
        AND f.destination IS OLD.destination
        AND f.departed_at BETWEEN OLD.departed_at / 86400 * 86400 AND OLD.departed_at / 86400 * 86400 + 86399) END
  WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch')
    AND ifnull(destination, 0) = ifnull(OLD.destination, 0) AND (destination IS NULL) = (OLD.destination IS NULL);
  DELETE FROM hand_routes_day WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch')
    AND ifnull(destination, 0) = ifnull(OLD.destination, 0) AND (destination IS NULL) = (OLD.destination IS NULL)
    AND flights = 0;
  UPDATE hand_routes_month SET
    flights = flights - 1, miles = miles - OLD.distance, delay = delay - OLD.delay,
    late = late - (OLD.delay >= 15),
    worst = CASE WHEN worst > OLD.delay THEN worst ELSE (
      SELECT max(f.delay) FROM flight f WHERE f.origin = OLD.origin
        AND f.destination IS OLD.destination
        AND f.departed_at BETWEEN unixepoch(OLD.departed_at, 'unixepoch', 'start of month') AND unixepoch(OLD.departed_at, 'unixepoch', 'start of month', '+1 month') - 1) END
  WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch', 'start of month')
    AND ifnull(destination, 0) = ifnull(OLD.destination, 0) AND (destination IS NULL) = (OLD.destination IS NULL);
  DELETE FROM hand_routes_month WHERE origin = OLD.origin AND bucket = date(OLD.departed_at, 'unixepoch', 'start of month')
    AND ifnull(destination, 0) = ifnull(OLD.destination, 0) AND (destination IS NULL) = (OLD.destination IS NULL)
    AND flights = 0;
  INSERT INTO hand_departures_hour(origin, bucket, flights, miles, delay, late, worst)
  VALUES (NEW.origin, strftime('%Y-%m-%dT%H:00:00Z', NEW.departed_at, 'unixepoch'), 1, NEW.distance, NEW.delay, NEW.delay >= 15, NEW.delay)
  ON CONFLICT (origin, bucket) DO UPDATE SET
    flights = flights + 1, miles = miles + NEW.distance, delay = delay + NEW.delay,
    late = late + (NEW.delay >= 15), worst = max(worst, NEW.delay);
  INSERT INTO hand_departures_day(origin, bucket, flights, miles, delay, late, worst)
  VALUES (NEW.origin, date(NEW.departed_at, 'unixepoch'), 1, NEW.distance, NEW.delay, NEW.delay >= 15, NEW.delay)
  ON CONFLICT (origin, bucket) DO UPDATE SET
    flights = flights + 1, miles = miles + NEW.distance, delay = delay + NEW.delay,
    late = late + (NEW.delay >= 15), worst = max(worst, NEW.delay);
  INSERT INTO hand_departures_month(origin, bucket, flights, miles, delay, late, worst)
  VALUES (NEW.origin, date(NEW.departed_at, 'unixepoch', 'start of month'), 1, NEW.distance, NEW.delay, NEW.delay >= 15, NEW.delay)
  ON CONFLICT (origin, bucket) DO UPDATE SET
    flights = flights + 1, miles = miles + NEW.distance, delay = delay + NEW.delay,
    late = late + (NEW.delay >= 15), worst = max(worst, NEW.delay);
  INSERT INTO hand_routes_day(origin, bucket, destination, flights, miles, delay, late, worst)
  VALUES (NEW.origin, date(NEW.departed_at, 'unixepoch'), NEW.destination, 1, NEW.distance, NEW.delay, NEW.delay >= 15, NEW.delay)
  ON CONFLICT (origin, bucket, ifnull(destination, 0), destination IS NULL) DO UPDATE SET
    flights = flights + 1, miles = miles + NEW.distance, delay = delay + NEW.delay,
    late = late + (NEW.delay >= 15), worst = max(worst, NEW.delay);
  INSERT INTO hand_routes_month(origin, bucket, destination, flights, miles, delay, late, worst)
  VALUES (NEW.origin, date(NEW.departed_at, 'unixepoch', 'start of month'), NEW.destination, 1, NEW.distance, NEW.delay, NEW.delay >= 15, NEW.delay)
  ON CONFLICT (origin, bucket, ifnull(destination, 0), destination IS NULL) DO UPDATE SET
    flights = flights + 1, miles = miles + NEW.distance, delay = delay + NEW.delay,
    late = late + (NEW.delay >= 15), worst = max(worst, NEW.delay);
END;
