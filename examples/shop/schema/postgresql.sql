-- A chain of shops: orders with their lines, products with a category.
CREATE TABLE shop(
  id integer PRIMARY KEY,
  name text NOT NULL,
  tz text NOT NULL);

CREATE TABLE product(
  id integer PRIMARY KEY,
  name text NOT NULL,
  category text NOT NULL);

CREATE TABLE orders(
  id integer PRIMARY KEY,
  shop_id integer NOT NULL REFERENCES shop,
  ordered_at timestamptz NOT NULL,
  status text NOT NULL);               -- paid, cancelled

CREATE TABLE order_line(
  id integer PRIMARY KEY,
  order_id integer NOT NULL REFERENCES orders ON DELETE CASCADE,
  product_id integer REFERENCES product ON DELETE SET NULL,
  quantity integer NOT NULL,
  price_cents integer NOT NULL);       -- of one piece; money is whole cents

CREATE INDEX orders_place ON orders(shop_id, ordered_at);
CREATE INDEX order_line_order ON order_line(order_id);
CREATE INDEX order_line_product ON order_line(product_id);
