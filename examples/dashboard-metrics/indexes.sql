-- A bucket that must be counted again is read through these: one tenant's stretch of time, or, where the
-- tenant comes from a joined table, a stretch of time. The others find the rows that a join asks for.
CREATE INDEX usage_place ON usage(organization_id, created_at);
CREATE INDEX usage_time ON usage(created_at);
CREATE INDEX page_usage_time ON page_usage(created_at);
CREATE INDEX page_usage_place ON page_usage(organization_id, created_at);
CREATE INDEX page_usage_run ON page_usage(run_id);
CREATE INDEX execution_time ON workflow_execution(created_at);
CREATE INDEX execution_workflow ON workflow_execution(workflow_id, created_at);
CREATE INDEX execution_pipeline ON workflow_execution(pipeline_id, created_at);
CREATE INDEX file_time ON workflow_file_execution(created_at);
CREATE INDEX file_execution ON workflow_file_execution(workflow_execution_id);
CREATE INDEX workflow_organization ON workflow(organization_id);
CREATE INDEX deployment_organization ON api_deployment(organization_id);
CREATE INDEX pipeline_organization ON pipeline(organization_id);
CREATE INDEX review_place ON hitl_queue(organization_id, created_at);
CREATE INDEX review_time ON hitl_queue(created_at);
CREATE INDEX approval_place ON hitl_queue(organization_id, approved_at);
CREATE INDEX approval_time ON hitl_queue(approved_at);
