-- Recomputes the touched hours from the rows, and the touched days from the hours, since that is
-- quicker; the database chooses between the index on (tenant, at) and one pass. Months are left out.
BEGIN;
DELETE FROM hand_hour h USING touched_hour t WHERE h.tenant = t.tenant AND h.bucket = t.bucket;
INSERT INTO hand_hour(tenant, bucket, kind, sales, amount)
SELECT s.tenant, t.bucket, s.kind, count(*), sum(s.amount)
FROM sale s JOIN touched_hour t ON t.tenant = s.tenant AND t.bucket = date_trunc('hour', s.at)
GROUP BY 1, 2, 3;
DELETE FROM hand_day h USING touched_day t WHERE h.tenant = t.tenant AND h.bucket = t.bucket;
INSERT INTO hand_day(tenant, bucket, kind, sales, amount)
SELECT h.tenant, t.bucket, h.kind, sum(h.sales), sum(h.amount)
FROM hand_hour h JOIN touched_day t ON t.tenant = h.tenant AND t.bucket = h.bucket::date
GROUP BY 1, 2, 3;
COMMIT;
