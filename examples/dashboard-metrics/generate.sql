-- Realistic rows, the same for the same numbers. For psql:
--
--   psql -v organizations=20 -v rows=50000 -v days=400 -v seed=1 -v until="'2026-04-05 10:37Z'" -f generate.sql
--
-- `rows` is what the five tables of events have together, spread evenly over the last `days` before `until`.
-- Organizations are not alike (the first have most), and of them only `active` per cent (default 5) did
-- anything in the last week.
\if :{?active} \else \set active 5 \endif
\set usages (:rows * 40 / 100)
\set executions (:rows * 15 / 100)
\set files (:rows * 25 / 100)
\set reviews (:rows * 5 / 100)
\set pages (:rows - :usages - :executions - :files - :reviews)

BEGIN;

-- A number from 0 to 1 that belongs to row `n` of kind `what`: no row depends on the order of another.
CREATE FUNCTION pg_temp.chance(what int, n bigint, seed int) RETURNS double precision
LANGUAGE sql IMMUTABLE AS $$
  SELECT (hashint8extended(n, seed::bigint * 1000 + what) & 1073741823) / 1073741824.0::double precision $$;

CREATE FUNCTION pg_temp.id_of(what text, n bigint, seed int) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT md5(what || n || '/' || seed)::uuid $$;

-- The instant of row n of `all_rows`: evenly, each somewhere in its own stretch.
CREATE FUNCTION pg_temp.moment(what int, n bigint, all_rows bigint, days int, until timestamptz, seed int)
RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT until - days * interval '24 hours' * ((n - 1 + pg_temp.chance(what, n, seed)) / all_rows) $$;

-- Whose row n is: of many organizations a few have most; in the last week only every 20th (100 / active) did anything.
CREATE FUNCTION pg_temp.owner_of(what int, n bigint, is_recent boolean, organizations int, active numeric,
                                 seed int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN is_recent
      THEN 1 + floor(floor(greatest(1, organizations * active / 100)::double precision * pg_temp.chance(what, n, seed))
                     * least(organizations, 100 / active))
      ELSE 1 + floor(organizations * pg_temp.chance(what, n, seed) ^ 2) END::bigint $$;

CREATE FUNCTION pg_temp.is_recent(at timestamptz, until timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT at >= until - 8 * interval '24 hours' $$;

INSERT INTO organization
SELECT n, 'org_' || left(md5(n || '/' || :seed), 8) || '_' || n, 'Organization ' || n,
       (ARRAY['Asia/Kolkata', 'America/New_York', 'America/St_Johns', 'Europe/Berlin', 'UTC'])[1 + n % 5]
FROM generate_series(1, :organizations) n;

INSERT INTO workflow
SELECT pg_temp.id_of('workflow', o * 10 + k, :seed), o
FROM generate_series(1::bigint, :organizations) o, generate_series(1, 3) k;
INSERT INTO api_deployment
SELECT pg_temp.id_of('api', o, :seed), o FROM generate_series(1::bigint, :organizations) o;
INSERT INTO pipeline
SELECT pg_temp.id_of('pipeline', o * 10 + k, :seed), o, (ARRAY['ETL', 'TASK'])[k]
FROM generate_series(1::bigint, :organizations) o, generate_series(1, 2) k;

INSERT INTO usage
SELECT pg_temp.id_of('usage', n, :seed),
       pg_temp.owner_of(12, n, pg_temp.is_recent(at, :until), :organizations, :active, :seed),
       CASE WHEN kind < 0.8 THEN 'llm' ELSE 'embedding' END,
       CASE WHEN kind < 0.55 THEN 'extraction' WHEN kind < 0.65 THEN 'challenge' WHEN kind < 0.75 THEN 'summarize' END,
       CASE WHEN kind < 0.98 THEN (pg_temp.chance(14, n, :seed) ^ 4 * 2)::numeric(18,8) END, at
FROM (SELECT n, pg_temp.moment(11, n, :usages, :days, :until, :seed) AS at, pg_temp.chance(13, n, :seed) AS kind
      FROM generate_series(1::bigint, :usages) n) made;

-- A workflow that is gone leaves executions without one.
CREATE TEMP TABLE made_execution ON COMMIT DROP AS
SELECT n, at, pg_temp.owner_of(22, n, pg_temp.is_recent(at, :until), :organizations, :active, :seed) AS o,
       pg_temp.chance(23, n, :seed) AS kind
FROM (SELECT n, pg_temp.moment(21, n, :executions, :days, :until, :seed) AS at
      FROM generate_series(1::bigint, :executions) n) made;
INSERT INTO workflow_execution
SELECT pg_temp.id_of('execution', n, :seed),
       CASE WHEN kind < 0.97 THEN pg_temp.id_of('workflow', o * 10 + 1 + n % 3, :seed) END,
       CASE WHEN kind < 0.3 THEN pg_temp.id_of('api', o, :seed)
            WHEN kind < 0.55 THEN pg_temp.id_of('pipeline', o * 10 + 1, :seed)
            WHEN kind < 0.65 THEN pg_temp.id_of('pipeline', o * 10 + 2, :seed) END,
       CASE WHEN pg_temp.chance(24, n, :seed) < 0.93 THEN 'COMPLETED' ELSE 'ERROR' END, at
FROM made_execution;

-- Files of an execution begin within ten minutes of it.
CREATE TEMP TABLE made_file ON COMMIT DROP AS
SELECT f, e.o, least(e.at + pg_temp.chance(31, f, :seed) * interval '10 minutes', :until) AS at,
       CASE WHEN state < 0.88 THEN 'COMPLETED' WHEN state < 0.97 THEN 'ERROR' WHEN state < 0.99 THEN 'EXECUTING'
            ELSE 'PENDING' END AS status, e.n
FROM (SELECT f, 1 + (f - 1) * :executions / :files AS n, pg_temp.chance(32, f, :seed) AS state
      FROM generate_series(1::bigint, :files) f) file
JOIN made_execution e USING (n);
INSERT INTO workflow_file_execution
SELECT pg_temp.id_of('file', f, :seed), pg_temp.id_of('execution', n, :seed), status, at FROM made_file;

-- Pages are those of a file, in one row or two, or of something else.
INSERT INTO page_usage
SELECT pg_temp.id_of('page', p, :seed), o.organization_id,
       CASE WHEN pg_temp.chance(42, p, :seed) < 0.9 THEN pg_temp.id_of('file', made.f, :seed)::text
            ELSE 'playground-' || p END,
       CASE WHEN pg_temp.chance(43, p, :seed) < 0.99 THEN 1 + (pg_temp.chance(44, p, :seed) ^ 3 * 60)::int END,
       made.at
FROM (SELECT p, 1 + floor(pg_temp.chance(41, p, :seed) * :files)::bigint AS f
      FROM generate_series(1::bigint, :pages) p) page
JOIN made_file made USING (f)
JOIN organization o ON o.id = made.o;

INSERT INTO hitl_queue
SELECT pg_temp.id_of('review', n, :seed),
       pg_temp.owner_of(52, n, pg_temp.is_recent(at, :until), :organizations, :active, :seed),
       CASE WHEN state < 0.7 THEN 'approved' WHEN state < 0.8 THEN 'rejected' ELSE 'pending' END, at,
       CASE WHEN state < 0.7 THEN least(at + pg_temp.chance(54, n, :seed) * interval '9 hours', :until) END
FROM (SELECT n, pg_temp.moment(51, n, :reviews, :days, :until, :seed) AS at, pg_temp.chance(53, n, :seed) AS state
      FROM generate_series(1::bigint, :reviews) n) made;

DROP FUNCTION pg_temp.owner_of, pg_temp.moment, pg_temp.chance, pg_temp.id_of, pg_temp.is_recent;
COMMIT;
