-- A platform where organizations run workflows over documents; the three tiers exist already.
CREATE TABLE organization (id bigint PRIMARY KEY, organization_id text UNIQUE, display_name text,
    time_zone text);
CREATE TABLE workflow (id uuid PRIMARY KEY, organization_id bigint REFERENCES organization(id));
CREATE TABLE pipeline (id uuid PRIMARY KEY, organization_id bigint, pipeline_type text);
CREATE TABLE api_deployment (id uuid PRIMARY KEY, organization_id bigint);
CREATE TABLE workflow_execution (id uuid PRIMARY KEY, workflow_id uuid REFERENCES workflow(id) ON DELETE CASCADE,
    pipeline_id uuid, status text, created_at timestamptz);
CREATE TABLE workflow_file_execution (id uuid PRIMARY KEY, workflow_execution_id uuid
    REFERENCES workflow_execution(id) ON DELETE CASCADE, status text, created_at timestamptz);
CREATE TABLE usage (id uuid PRIMARY KEY, organization_id bigint, usage_type text, llm_usage_reason text,
    cost_in_dollars numeric(18,8), created_at timestamptz);
CREATE TABLE page_usage (id bigint PRIMARY KEY, organization_id text, run_id text, pages_processed int,
    created_at timestamptz);
CREATE TABLE hitl_queue (id bigint PRIMARY KEY, organization_id bigint, state text, created_at timestamptz,
    approved_at timestamptz);

CREATE TABLE event_metrics_hourly (id bigserial PRIMARY KEY, organization_id bigint NOT NULL,
    timestamp timestamptz NOT NULL, metric_name text NOT NULL, metric_type text, project text, tag text,
    metric_value numeric, metric_count bigint, labels jsonb NOT NULL DEFAULT '{}');
CREATE TABLE event_metrics_daily (id bigserial PRIMARY KEY, organization_id bigint NOT NULL,
    date date NOT NULL, metric_name text NOT NULL, metric_type text, project text, tag text,
    metric_value numeric, metric_count bigint, labels jsonb NOT NULL DEFAULT '{}');
CREATE TABLE event_metrics_monthly (id bigserial PRIMARY KEY, organization_id bigint NOT NULL,
    month date NOT NULL, metric_name text NOT NULL, metric_type text, project text, tag text,
    metric_value numeric, metric_count bigint, labels jsonb NOT NULL DEFAULT '{}');

INSERT INTO organization VALUES (1, 'org-one', 'One', 'UTC'), (2, 'org-two', 'Two', 'Asia/Kolkata'),
    (3, 'org-three', 'Three', 'America/Phoenix'), (4, 'org-four', 'Four', 'Europe/Berlin'),
    (5, 'org-five', 'nothing but one usage row', 'Asia/Kathmandu');
INSERT INTO workflow SELECT md5('w' || i)::uuid, i % 4 + 1 FROM generate_series(1, 9) i;
INSERT INTO pipeline SELECT md5('p' || i)::uuid, i % 4 + 1, (ARRAY['ETL', 'TASK'])[i % 2 + 1]
    FROM generate_series(1, 6) i;
INSERT INTO api_deployment SELECT md5('a' || i)::uuid, i % 3 + 1 FROM generate_series(1, 4) i;
INSERT INTO workflow_execution SELECT md5('e' || i)::uuid,
    CASE WHEN i % 11 <> 0 THEN md5('w' || i % 9 + 1)::uuid END,
    CASE i % 4 WHEN 1 THEN md5('p' || i % 6 + 1)::uuid WHEN 2 THEN md5('a' || i % 4 + 1)::uuid END,
    'COMPLETED', '2026-01-01'::timestamptz + i * interval '5 hours 7 minutes' FROM generate_series(1, 300) i;
INSERT INTO workflow_file_execution SELECT md5('f' || i)::uuid, md5('e' || i % 300 + 1)::uuid,
    (ARRAY['COMPLETED', 'ERROR', 'EXECUTING'])[i % 3 + 1],
    '2026-01-01'::timestamptz + i * interval '2 hours 33 minutes' FROM generate_series(1, 700) i;
INSERT INTO usage SELECT md5('u' || i)::uuid, i % 4 + 1, (ARRAY['llm', 'llm', 'embedding'])[i % 3 + 1],
    (ARRAY['challenge', 'summarize', NULL, 'extraction'])[i % 4 + 1], (i * 1234567 % 99999999) / 1e8,
    '2026-01-01'::timestamptz + i * interval '1 hour 57 minutes' FROM generate_series(1, 800) i;
INSERT INTO usage VALUES (md5('lonely')::uuid, 5, 'llm', NULL, 0.00000001, '2026-02-28 23:59:59.999999Z');
INSERT INTO page_usage SELECT i, 'org-' || (ARRAY['one', 'two', 'three', 'nobody'])[i % 4 + 1],
    md5('f' || i % 350 * 2)::uuid::text, i % 9, '2026-01-01'::timestamptz + i * interval '3 hours 11 minutes'
    FROM generate_series(1, 500) i;
INSERT INTO hitl_queue SELECT i, i % 4 + 1, (ARRAY['approved', 'pending', 'rejected'])[i % 3 + 1],
    '2026-01-01'::timestamptz + i * interval '9 hours',
    CASE WHEN i % 3 <> 1 THEN '2026-01-02'::timestamptz + i * interval '9 hours 17 minutes' END
    FROM generate_series(1, 180) i;
