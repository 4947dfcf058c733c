-- The rebuild by hand: one statement a table, into empty tables with the same keys as trueup's. The
-- session's zone is UTC.
INSERT INTO hand_hour(tenant, bucket, kind, sales, amount)
SELECT tenant, date_trunc('hour', at), kind, count(*), sum(amount) FROM sale GROUP BY 1, 2, 3;

INSERT INTO hand_day(tenant, bucket, kind, sales, amount)
SELECT tenant, at::date, kind, count(*), sum(amount) FROM sale GROUP BY 1, 2, 3;

INSERT INTO hand_month(tenant, bucket, kind, sales, amount)
SELECT tenant, date_trunc('month', at)::date, kind, count(*), sum(amount) FROM sale GROUP BY 1, 2, 3;
