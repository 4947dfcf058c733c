-- The five tables as a careful person writes them, with the same keys as trueup's: one row a key, with
-- NULLs equal (a plain UNIQUE of SQLite lets a key with a NULL in twice).

DROP TABLE IF EXISTS hand_departures_hour;
CREATE TABLE hand_departures_hour(
  origin, bucket TEXT, flights INTEGER, miles INTEGER, delay INTEGER, late INTEGER, worst);
CREATE UNIQUE INDEX hand_departures_hour_key
  ON hand_departures_hour(origin, bucket);

DROP TABLE IF EXISTS hand_departures_day;
CREATE TABLE hand_departures_day(
  origin, bucket TEXT, flights INTEGER, miles INTEGER, delay INTEGER, late INTEGER, worst);
CREATE UNIQUE INDEX hand_departures_day_key
  ON hand_departures_day(origin, bucket);

DROP TABLE IF EXISTS hand_departures_month;
CREATE TABLE hand_departures_month(
  origin, bucket TEXT, flights INTEGER, miles INTEGER, delay INTEGER, late INTEGER, worst);
CREATE UNIQUE INDEX hand_departures_month_key
  ON hand_departures_month(origin, bucket);

DROP TABLE IF EXISTS hand_routes_day;
CREATE TABLE hand_routes_day(
  origin, bucket TEXT, destination, flights INTEGER, miles INTEGER, delay INTEGER, late INTEGER, worst);
CREATE UNIQUE INDEX hand_routes_day_key
  ON hand_routes_day(origin, bucket, ifnull(destination, 0), destination IS NULL);

DROP TABLE IF EXISTS hand_routes_month;
CREATE TABLE hand_routes_month(
  origin, bucket TEXT, destination, flights INTEGER, miles INTEGER, delay INTEGER, late INTEGER, worst);
CREATE UNIQUE INDEX hand_routes_month_key
  ON hand_routes_month(origin, bucket, ifnull(destination, 0), destination IS NULL);
