-- A chain of shops: orders with their lines, products with a category.
CREATE TABLE shop(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  tz TEXT NOT NULL);

CREATE TABLE product(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  category TEXT NOT NULL);

CREATE TABLE orders(
  id INTEGER PRIMARY KEY,
  shop_id INTEGER NOT NULL REFERENCES shop(id),
  ordered_at TEXT NOT NULL,            -- UTC, YYYY-MM-DD HH:MM:SS
  status TEXT NOT NULL);               -- paid, cancelled

CREATE TABLE order_line(
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  product_id INTEGER REFERENCES product(id) ON DELETE SET NULL,
  quantity INTEGER NOT NULL,
  price_cents INTEGER NOT NULL);       -- of one piece; money is whole cents

CREATE INDEX orders_place ON orders(shop_id, ordered_at);
CREATE INDEX order_line_order ON order_line(order_id);
CREATE INDEX order_line_product ON order_line(product_id);
