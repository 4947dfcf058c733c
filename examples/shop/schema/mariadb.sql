-- A chain of shops: orders with their lines, products with a category. No foreign key cascades: InnoDB
-- changes those rows without firing a trigger, so trueup refuses a captured table that has one.
CREATE TABLE shop(
  id INTEGER PRIMARY KEY,
  name VARCHAR(40) NOT NULL,
  tz VARCHAR(64) NOT NULL);

CREATE TABLE product(
  id INTEGER PRIMARY KEY,
  name VARCHAR(40) NOT NULL,
  category VARCHAR(40) NOT NULL);

CREATE TABLE orders(
  id INTEGER PRIMARY KEY,
  shop_id INTEGER NOT NULL,
  ordered_at DATETIME NOT NULL,        -- UTC
  status VARCHAR(12) NOT NULL,         -- paid, cancelled
  FOREIGN KEY (shop_id) REFERENCES shop(id));

CREATE TABLE order_line(
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  product_id INTEGER,
  quantity INTEGER NOT NULL,
  price_cents INTEGER NOT NULL,        -- of one piece; money is whole cents
  FOREIGN KEY (order_id) REFERENCES orders(id),
  FOREIGN KEY (product_id) REFERENCES product(id));

CREATE INDEX orders_place ON orders(shop_id, ordered_at);
