-- What the application has: organizations, the workflows they run, what those used, and the three tables
-- that its dashboard reads.
CREATE TABLE organization(
  id bigint PRIMARY KEY,
  organization_id text NOT NULL UNIQUE,         -- the name that other services know it by
  display_name text NOT NULL,
  time_zone text);                              -- its clock, where each organization has its own

CREATE TABLE workflow(
  id uuid PRIMARY KEY,
  organization_id bigint NOT NULL REFERENCES organization);

CREATE TABLE api_deployment(
  id uuid PRIMARY KEY,
  organization_id bigint NOT NULL REFERENCES organization);

CREATE TABLE pipeline(
  id uuid PRIMARY KEY,
  organization_id bigint NOT NULL REFERENCES organization,
  pipeline_type text NOT NULL);                 -- ETL, TASK

CREATE TABLE workflow_execution(
  id uuid PRIMARY KEY,
  workflow_id uuid REFERENCES workflow ON DELETE SET NULL,
  pipeline_id uuid,                             -- an api_deployment's or a pipeline's: no foreign key
  status text NOT NULL,
  created_at timestamptz NOT NULL);

CREATE TABLE workflow_file_execution(
  id uuid PRIMARY KEY,
  workflow_execution_id uuid NOT NULL REFERENCES workflow_execution ON DELETE CASCADE,
  status text NOT NULL,                         -- PENDING, EXECUTING, COMPLETED, ERROR
  created_at timestamptz NOT NULL);

CREATE TABLE usage(
  id uuid PRIMARY KEY,
  organization_id bigint REFERENCES organization,
  usage_type text NOT NULL,                     -- llm, embedding
  llm_usage_reason text,                        -- extraction, challenge, summarize; of llm only
  cost_in_dollars numeric(18,8),
  created_at timestamptz NOT NULL);

CREATE TABLE page_usage(
  id uuid PRIMARY KEY,
  organization_id text NOT NULL,                -- the text id
  run_id text,                                  -- a workflow_file_execution's id, as text
  pages_processed int,
  created_at timestamptz NOT NULL);

CREATE TABLE hitl_queue(                        -- people who look at documents: human in the loop
  id uuid PRIMARY KEY,
  organization_id bigint NOT NULL REFERENCES organization,
  state text NOT NULL,                          -- pending, approved, rejected
  created_at timestamptz NOT NULL,
  approved_at timestamptz);

-- What the dashboard reads. These tables were here before trueup, and so was `labels`, which belongs to
-- somebody else: it has a default, so trueup leaves it alone.
CREATE TABLE event_metrics_hourly(
  organization_id bigint NOT NULL,
  "timestamp" timestamptz NOT NULL,
  metric_name text COLLATE "C" NOT NULL,
  metric_type text COLLATE "C" NOT NULL,        -- counter, histogram
  project text COLLATE "C" NOT NULL,
  tag text COLLATE "C" NOT NULL,
  metric_value numeric,                         -- NULL: of events whose value nobody knows
  metric_count bigint NOT NULL,
  labels jsonb NOT NULL DEFAULT '{}');

CREATE TABLE event_metrics_daily(
  organization_id bigint NOT NULL,
  date date NOT NULL,
  metric_name text COLLATE "C" NOT NULL,
  metric_type text COLLATE "C" NOT NULL,
  project text COLLATE "C" NOT NULL,
  tag text COLLATE "C" NOT NULL,
  metric_value numeric,                         -- NULL: of events whose value nobody knows
  metric_count bigint NOT NULL,
  labels jsonb NOT NULL DEFAULT '{}');

CREATE TABLE event_metrics_monthly(
  organization_id bigint NOT NULL,
  month date NOT NULL,
  metric_name text COLLATE "C" NOT NULL,
  metric_type text COLLATE "C" NOT NULL,
  project text COLLATE "C" NOT NULL,
  tag text COLLATE "C" NOT NULL,
  metric_value numeric,                         -- NULL: of events whose value nobody knows
  metric_count bigint NOT NULL,
  labels jsonb NOT NULL DEFAULT '{}');
