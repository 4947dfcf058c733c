-- Three times the same table for writers: without capture, with trueup's, and with triggers by hand
-- that upsert hour, day and month directly, in the writer's transaction.
CREATE TABLE plain(
  id bigint AUTO_INCREMENT PRIMARY KEY,
  tenant integer NOT NULL,
  at datetime NOT NULL,
  kind integer NOT NULL,
  amount decimal(12,2) NOT NULL,
  INDEX (tenant, at));
CREATE TABLE captured LIKE plain;
CREATE TABLE direct LIKE plain;

CREATE TABLE direct_hour(tenant integer, bucket datetime, entries bigint, amount decimal(38,2), PRIMARY KEY (tenant, bucket));
CREATE TABLE direct_day(tenant integer, bucket date, entries bigint, amount decimal(38,2), PRIMARY KEY (tenant, bucket));
CREATE TABLE direct_month(tenant integer, bucket date, entries bigint, amount decimal(38,2), PRIMARY KEY (tenant, bucket));

DELIMITER //
CREATE TRIGGER direct_insert AFTER INSERT ON direct FOR EACH ROW
BEGIN
  INSERT INTO direct_hour VALUES (NEW.tenant, CAST(NEW.at AS DATE) + INTERVAL HOUR(NEW.at) HOUR, 1, NEW.amount)
  ON DUPLICATE KEY UPDATE entries = entries + 1, amount = amount + NEW.amount;
  INSERT INTO direct_day VALUES (NEW.tenant, CAST(NEW.at AS DATE), 1, NEW.amount)
  ON DUPLICATE KEY UPDATE entries = entries + 1, amount = amount + NEW.amount;
  INSERT INTO direct_month VALUES (NEW.tenant, CAST(NEW.at AS DATE) - INTERVAL DAY(NEW.at) - 1 DAY, 1, NEW.amount)
  ON DUPLICATE KEY UPDATE entries = entries + 1, amount = amount + NEW.amount;
END //
DELIMITER ;
