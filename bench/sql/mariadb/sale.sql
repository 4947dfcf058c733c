-- What the benches of building and settling read; `client rows` fills it.
CREATE TABLE tenant(id integer PRIMARY KEY, tz varchar(40) NOT NULL);
INSERT INTO tenant SELECT seq, 'UTC' FROM seq_1_to_100;

CREATE TABLE sale(
  id bigint AUTO_INCREMENT PRIMARY KEY,
  tenant integer NOT NULL,
  at datetime NOT NULL,
  kind integer NOT NULL,
  amount decimal(12,2) NOT NULL,
  region smallint NOT NULL,
  channel smallint NOT NULL,
  status smallint NOT NULL,
  paid smallint NOT NULL);
