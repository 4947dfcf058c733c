-- What one tier should hold, written by hand. {bucket} is the tier's bucket of `at` on the clock of `zone`.
WITH organization_zone AS (
    SELECT id, organization_id, {zone} AS zone FROM organization
), file AS (
    SELECT f.id, f.status, f.created_at AS at, o.id AS org, o.zone
    FROM workflow_file_execution f
    JOIN workflow_execution e ON e.id = f.workflow_execution_id
    JOIN workflow w ON w.id = e.workflow_id
    JOIN organization_zone o ON o.id = w.organization_id
), event AS (
    SELECT 'documents_processed' AS metric, 'counter' AS type, org, at, zone, 1::numeric AS value, id::text AS of
        FROM file WHERE status = 'COMPLETED'
    UNION ALL SELECT 'failed_pages', 'histogram', f.org, f.at, f.zone, coalesce(p.pages_processed, 0), f.id::text
        FROM file f LEFT JOIN page_usage p ON p.run_id = f.id::text WHERE f.status = 'ERROR'
    UNION ALL SELECT 'pages_processed', 'histogram', o.id, p.created_at, o.zone, p.pages_processed, p.id::text
        FROM page_usage p JOIN organization_zone o ON o.organization_id = p.organization_id
    UNION ALL SELECT 'llm_calls', 'counter', o.id, u.created_at, o.zone, 1, u.id::text
        FROM usage u JOIN organization_zone o ON o.id = u.organization_id WHERE usage_type = 'llm'
    UNION ALL SELECT 'challenges', 'counter', o.id, u.created_at, o.zone, 1, u.id::text
        FROM usage u JOIN organization_zone o ON o.id = u.organization_id
        WHERE usage_type = 'llm' AND llm_usage_reason = 'challenge'
    UNION ALL SELECT 'summarization_calls', 'counter', o.id, u.created_at, o.zone, 1, u.id::text
        FROM usage u JOIN organization_zone o ON o.id = u.organization_id
        WHERE usage_type = 'llm' AND llm_usage_reason = 'summarize'
    UNION ALL SELECT 'llm_usage', 'histogram', o.id, u.created_at, o.zone, u.cost_in_dollars, u.id::text
        FROM usage u JOIN organization_zone o ON o.id = u.organization_id WHERE usage_type = 'llm'
    UNION ALL SELECT 'deployed_api_requests', 'counter', o.id, e.created_at, o.zone, 1, e.id::text
        FROM workflow_execution e JOIN api_deployment a ON a.id = e.pipeline_id
        JOIN organization_zone o ON o.id = a.organization_id
    UNION ALL SELECT 'etl_pipeline_executions', 'counter', o.id, e.created_at, o.zone, 1, e.id::text
        FROM workflow_execution e JOIN pipeline l ON l.id = e.pipeline_id AND l.pipeline_type = 'ETL'
        JOIN organization_zone o ON o.id = l.organization_id
    UNION ALL SELECT 'prompt_executions', 'counter', o.id, e.created_at, o.zone, 1, e.id::text
        FROM workflow_execution e JOIN workflow w ON w.id = e.workflow_id
        JOIN organization_zone o ON o.id = w.organization_id
    UNION ALL SELECT 'hitl_reviews', 'counter', o.id, h.created_at, o.zone, 1, h.id::text
        FROM hitl_queue h JOIN organization_zone o ON o.id = h.organization_id
    UNION ALL SELECT 'hitl_completions', 'counter', o.id, h.approved_at, o.zone, 1, h.id::text
        FROM hitl_queue h JOIN organization_zone o ON o.id = h.organization_id WHERE state = 'approved'
)
SELECT org, {bucket} AS bucket, metric, type, 'default' AS project, '' AS tag, sum(value) AS value,
       CASE metric WHEN 'failed_pages' THEN count(DISTINCT of) ELSE count(*) END AS events
FROM event WHERE at IS NOT NULL GROUP BY org, {bucket}, metric, type
