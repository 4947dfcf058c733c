-- The orders of one shop on its local days, worked out without trueup: by SQLite's own 'localtime',
-- which is that of the process, so the demo runs this once for each shop (TZ=zone). `main` has the
-- orders, or a copy of them.
INSERT INTO truth.order_day
SELECT id, date(ordered_at, 'localtime') FROM orders WHERE shop_id = :shop;
