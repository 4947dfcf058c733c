-- What the three tables should hold, by plain SQL over the application's tables: the demo and the tests compare
-- with this, never with what trueup says. For psql; `clock` is the SQL of an organization's time zone:
--
--   psql -v clock="'UTC'" -f truth.sql          one clock for all
--   psql -v clock=o.time_zone -f truth.sql      each its own (hours must begin where the clock's minutes are 0)
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS truth CASCADE;
CREATE SCHEMA truth;

-- One row an event.
CREATE VIEW truth.event AS
SELECT w.organization_id, f.created_at AS at, 'documents_processed' AS metric_name, 'counter' AS metric_type,
       1::numeric AS value
FROM workflow_file_execution f, workflow_execution e, workflow w
WHERE e.id = f.workflow_execution_id AND w.id = e.workflow_id AND f.status = 'COMPLETED'
UNION ALL
SELECT w.organization_id, f.created_at, 'failed_pages', 'histogram',
       coalesce((SELECT sum(p.pages_processed) FROM page_usage p WHERE p.run_id = f.id::text), 0)
FROM workflow_file_execution f, workflow_execution e, workflow w
WHERE e.id = f.workflow_execution_id AND w.id = e.workflow_id AND f.status = 'ERROR'
UNION ALL
SELECT o.id, p.created_at, 'pages_processed', 'histogram', p.pages_processed
FROM page_usage p, organization o WHERE o.organization_id = p.organization_id
UNION ALL
SELECT organization_id, created_at, 'llm_calls', 'counter', 1 FROM usage WHERE usage_type = 'llm'
UNION ALL
SELECT organization_id, created_at, 'challenges', 'counter', 1
FROM usage WHERE usage_type = 'llm' AND llm_usage_reason = 'challenge'
UNION ALL
SELECT organization_id, created_at, 'summarization_calls', 'counter', 1
FROM usage WHERE usage_type = 'llm' AND llm_usage_reason = 'summarize'
UNION ALL
SELECT organization_id, created_at, 'llm_usage', 'histogram', cost_in_dollars
FROM usage WHERE usage_type = 'llm'
UNION ALL
SELECT a.organization_id, e.created_at, 'deployed_api_requests', 'counter', 1
FROM workflow_execution e, api_deployment a WHERE a.id = e.pipeline_id
UNION ALL
SELECT l.organization_id, e.created_at, 'etl_pipeline_executions', 'counter', 1
FROM workflow_execution e, pipeline l WHERE l.id = e.pipeline_id AND l.pipeline_type = 'ETL'
UNION ALL
SELECT w.organization_id, e.created_at, 'prompt_executions', 'counter', 1
FROM workflow_execution e, workflow w WHERE w.id = e.workflow_id
UNION ALL
SELECT organization_id, created_at, 'hitl_reviews', 'counter', 1 FROM hitl_queue
UNION ALL
SELECT organization_id, approved_at, 'hitl_completions', 'counter', 1
FROM hitl_queue WHERE state = 'approved' AND approved_at IS NOT NULL;

CREATE VIEW truth.placed AS
SELECT e.*, :clock AS clock FROM truth.event e JOIN organization o ON o.id = e.organization_id;

CREATE VIEW truth.hourly AS
SELECT organization_id, date_trunc('hour', at, clock) AS "timestamp", metric_name, metric_type,
       'default' AS project, '' AS tag, sum(value) AS metric_value, count(*) AS metric_count
FROM truth.placed GROUP BY 1, 2, 3, 4;

CREATE VIEW truth.daily AS
SELECT organization_id, (at AT TIME ZONE clock)::date AS date, metric_name, metric_type,
       'default' AS project, '' AS tag, sum(value) AS metric_value, count(*) AS metric_count
FROM truth.placed GROUP BY 1, 2, 3, 4;

CREATE VIEW truth.monthly AS
SELECT organization_id, date_trunc('month', at AT TIME ZONE clock)::date AS month, metric_name, metric_type,
       'default' AS project, '' AS tag, sum(value) AS metric_value, count(*) AS metric_count
FROM truth.placed GROUP BY 1, 2, 3, 4;

-- Cells that are not what they should be, either way; none when all is right. What `keep` removed is left out, by
-- the boundaries of the demo's spec: whole days of 30 and 365 days before today. Right under an hour's or
-- a day's boundary either is right, since the boundary moves with a run.
CREATE VIEW truth.wrong AS
SELECT 'hourly' AS tier, coalesce(s.organization_id, t.organization_id) AS organization_id,
       coalesce(s."timestamp", t."timestamp")::text AS bucket, coalesce(s.metric_name, t.metric_name) AS metric_name,
       s.metric_value AS stored_value, s.metric_count AS stored_count, t.metric_value, t.metric_count
FROM (SELECT * FROM event_metrics_hourly WHERE "timestamp" >= now() - interval '29 days') s
FULL JOIN (SELECT * FROM truth.hourly WHERE "timestamp" >= now() - interval '29 days') t
  USING (organization_id, "timestamp", metric_name, metric_type, project, tag)
WHERE (s.metric_value, s.metric_count) IS DISTINCT FROM (t.metric_value, t.metric_count)
UNION ALL
SELECT 'daily', coalesce(s.organization_id, t.organization_id), coalesce(s.date, t.date)::text,
       coalesce(s.metric_name, t.metric_name), s.metric_value, s.metric_count, t.metric_value, t.metric_count
FROM (SELECT * FROM event_metrics_daily WHERE date >= now()::date - 364) s
FULL JOIN (SELECT * FROM truth.daily WHERE date >= now()::date - 364) t
  USING (organization_id, date, metric_name, metric_type, project, tag)
WHERE (s.metric_value, s.metric_count) IS DISTINCT FROM (t.metric_value, t.metric_count)
UNION ALL
SELECT 'monthly', coalesce(s.organization_id, t.organization_id), coalesce(s.month, t.month)::text,
       coalesce(s.metric_name, t.metric_name), s.metric_value, s.metric_count, t.metric_value, t.metric_count
FROM event_metrics_monthly s
FULL JOIN truth.monthly t USING (organization_id, month, metric_name, metric_type, project, tag)
WHERE (s.metric_value, s.metric_count) IS DISTINCT FROM (t.metric_value, t.metric_count);
