-- How many cells of the summaries are not what a fresh GROUP BY gives, either way. Reads only the
-- application's tables and truth.order_day; a local week begins on Monday.
CREATE TEMP VIEW bought AS
SELECT o.shop_id, d.day, o.id AS order_id
FROM orders o JOIN truth.order_day d ON d.id = o.id WHERE o.status <> 'cancelled';

CREATE TEMP VIEW sold AS
SELECT b.shop_id, b.day, p.category, p.name AS product, l.order_id, l.quantity, l.price_cents
FROM order_line l JOIN bought b ON b.order_id = l.order_id LEFT JOIN product p ON p.id = l.product_id;

CREATE TEMP VIEW fresh_sales AS
WITH grain(name, modifier) AS (VALUES ('day', '+0 days'), ('month', 'start of month'))
SELECT g.name AS grain, 'orders' AS what, shop_id, date(day, g.modifier) AS bucket, NULL AS category,
       count(*) AS value
FROM bought, grain g GROUP BY 1, 2, 3, 4, 5
UNION ALL
SELECT g.name, 'items', shop_id, date(day, g.modifier), category, sum(quantity)
FROM sold, grain g GROUP BY 1, 2, 3, 4, 5
UNION ALL
SELECT g.name, 'revenue', shop_id, date(day, g.modifier), category, sum(quantity * price_cents)
FROM sold, grain g GROUP BY 1, 2, 3, 4, 5;

CREATE TEMP VIEW kept_sales AS
SELECT 'day' AS grain, what, shop_id, bucket, category, value FROM sales_day
UNION ALL SELECT 'month', what, shop_id, bucket, category, value FROM sales_month;

CREATE TEMP VIEW fresh_products AS
WITH grain(name, first, second) AS (VALUES
  ('day', '+0 days', '+0 days'), ('week', 'weekday 0', '-6 days'), ('month', 'start of month', '+0 days'))
SELECT g.name AS grain, shop_id, date(day, g.first, g.second) AS bucket, category, product,
       count(*) AS lines, sum(quantity) AS items, count(*) FILTER (WHERE quantity >= 3) AS bulk,
       sum(quantity * price_cents) AS revenue, max(price_cents) AS dearest,
       count(DISTINCT order_id) AS orders
FROM sold, grain g GROUP BY 1, 2, 3, 4, 5;

CREATE TEMP VIEW kept_products AS
SELECT 'day' AS grain, shop_id, bucket, category, product, lines, items, bulk, revenue, dearest, orders
FROM product_sales_day
UNION ALL SELECT 'week', shop_id, bucket, category, product, lines, items, bulk, revenue, dearest, orders
FROM product_sales_week
UNION ALL SELECT 'month', shop_id, bucket, category, product, lines, items, bulk, revenue, dearest, orders
FROM product_sales_month;

SELECT (SELECT count(*) FROM (SELECT * FROM kept_sales EXCEPT SELECT * FROM fresh_sales))
     + (SELECT count(*) FROM (SELECT * FROM fresh_sales EXCEPT SELECT * FROM kept_sales))
     + abs((SELECT count(*) FROM kept_sales) - (SELECT count(*) FROM fresh_sales))
     + (SELECT count(*) FROM (SELECT * FROM kept_products EXCEPT SELECT * FROM fresh_products))
     + (SELECT count(*) FROM (SELECT * FROM fresh_products EXCEPT SELECT * FROM kept_products))
     + abs((SELECT count(*) FROM kept_products) - (SELECT count(*) FROM fresh_products));
