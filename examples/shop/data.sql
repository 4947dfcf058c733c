-- Three months of orders, made by arithmetic: no random(), so everybody gets the same ones.
-- September to November 2024 has a change of clocks in five of the eight zones. Made by SQLite for every
-- database.
INSERT INTO shop VALUES
  (1, 'Harbour',   'Pacific/Auckland'),      -- summer time from 2024-09-29
  (2, 'Island',    'Australia/Lord_Howe'),   -- half an hour of summer time from 2024-10-06
  (3, 'Bazaar',    'Asia/Kolkata'),          -- 5:30 h, no changes
  (4, 'High St',   'Europe/London'),         -- back on 2024-10-27
  (5, 'Signal',    'America/St_Johns'),      -- 3:30 h, back on 2024-11-03
  (6, 'Paulista',  'America/Sao_Paulo'),
  (7, 'Sunset',    'America/Los_Angeles'),   -- back on 2024-11-03
  (8, 'Dateline',  'Pacific/Kiritimati');    -- 14 h ahead

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40),
  kind(k, category) AS (VALUES (0, 'books'), (1, 'games'), (2, 'garden'), (3, 'kitchen'), (4, 'toys'))
INSERT INTO product
SELECT i, format('%s %02d', category, i), category FROM n JOIN kind ON k = i % 5;

-- 6,000 orders over 91 days; `dice` is a number from 0 to 65,535 that looks like chance.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
INSERT INTO orders
SELECT i, 1 + dice % 8,
       datetime('2024-09-01', format('+%d seconds', i * 1310 + dice % 1310)),
       iif(dice % 25 = 0, 'cancelled', 'paid')
FROM (SELECT i, i * 2654435761 % 4294967296 / 65536 AS dice FROM n);

-- One to four lines each.
WITH RECURSIVE line(order_id, k) AS (
  SELECT id, 0 FROM orders
  UNION ALL
  SELECT order_id, k + 1 FROM line WHERE k < order_id * 40503 % 65536 % 4)
INSERT INTO order_line(order_id, product_id, quantity, price_cents)
SELECT order_id, 1 + dice % 40, 1 + dice % 3, 199 + dice % 89 * 50
FROM (SELECT order_id, k, (order_id * 4 + k) * 2246822519 % 4294967296 / 65536 AS dice FROM line)
ORDER BY order_id, k;
