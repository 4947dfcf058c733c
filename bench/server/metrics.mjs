/*
 * The dashboard's metrics as a periodic task by hand computes them: for each organization, in one
 * transaction, one prepared statement for each metric and tier, which reads that organization's
 * rows of the window through an index and upserts. Like such tasks it never removes a cell; nothing
 * is deleted here, so both come to the same cells.
 */

/* Whole buckets, as in trueup.yaml. */
const TIERS = {
    hourly: {
        column: '"timestamp"',
        bucket: (at) => `date_trunc('hour', ${at}, 'UTC')`,
        from: `date_trunc('hour', now(), 'UTC') - interval '24 hours'`
    },
    daily: {
        column: 'date',
        bucket: (at) => `(${at} AT TIME ZONE 'UTC')::date`,
        from: `date_trunc('day', now(), 'UTC') - interval '7 days'`
    },
    monthly: {
        column: 'month',
        bucket: (at) => `date_trunc('month', ${at} AT TIME ZONE 'UTC')::date`,
        from: `date_trunc('month', now() - interval '2 months', 'UTC')`
    },
};

const FILES =
    'workflow w JOIN workflow_execution e ON e.workflow_id = w.id JOIN workflow_file_execution f ON f.workflow_execution_id = e.id';
const usage = (more = '', value = 'count(*)', type = 'counter') => ({
    type,
    from: 'usage u',
    own: 'u.organization_id = $1',
    at: 'u.created_at',
    where: `u.usage_type = 'llm'${more}`,
    value
});
const METRICS = {
    documents_processed: {
        from: FILES,
        own: 'w.organization_id = $1',
        at: 'f.created_at',
        where: `f.status = 'COMPLETED'`
    },
    failed_pages: {
        type: 'histogram',
        from: `${FILES} LEFT JOIN LATERAL (SELECT sum(p.pages_processed) AS pages FROM page_usage p
        WHERE p.run_id = f.id::text) p ON true`,
        own: 'w.organization_id = $1',
        at: 'f.created_at',
        where: `f.status = 'ERROR'`,
        value: 'sum(coalesce(p.pages, 0))'
    },
    pages_processed: {
        type: 'histogram',
        from: 'organization o JOIN page_usage p ON p.organization_id = o.organization_id',
        own: 'o.id = $1',
        at: 'p.created_at',
        value: 'sum(p.pages_processed)'
    },
    llm_calls: usage(),
    challenges: usage(` AND u.llm_usage_reason = 'challenge'`),
    summarization_calls: usage(` AND u.llm_usage_reason = 'summarize'`),
    llm_usage: usage('', 'sum(u.cost_in_dollars)', 'histogram'),
    deployed_api_requests: {
        from: 'api_deployment a JOIN workflow_execution e ON e.pipeline_id = a.id',
        own: 'a.organization_id = $1',
        at: 'e.created_at'
    },
    etl_pipeline_executions: {
        from: 'pipeline l JOIN workflow_execution e ON e.pipeline_id = l.id',
        own: 'l.organization_id = $1',
        at: 'e.created_at',
        where: `l.pipeline_type = 'ETL'`
    },
    prompt_executions: {
        from: 'workflow w JOIN workflow_execution e ON e.workflow_id = w.id',
        own: 'w.organization_id = $1',
        at: 'e.created_at'
    },
    hitl_reviews: {from: 'hitl_queue h', own: 'h.organization_id = $1', at: 'h.created_at'},
    hitl_completions: {
        from: 'hitl_queue h',
        own: 'h.organization_id = $1',
        at: 'h.approved_at',
        where: `h.state = 'approved'`
    },
};

const KEY = (column) => `metric_name, organization_id, ${column}, metric_type, project, tag`;

/* The tables that the queries write, with the same columns and keys, empty; and the indexes that
 * they want beside the example's. */
export const handTables = () => Object.keys(TIERS)
                                    .map((tier) => `DROP TABLE IF EXISTS hand_${tier};
    CREATE TABLE hand_${tier}(LIKE event_metrics_${tier} INCLUDING ALL);`)
                                    .join('\n') +
                                `
    CREATE INDEX IF NOT EXISTS hand_api ON api_deployment(organization_id);
    CREATE INDEX IF NOT EXISTS hand_pipeline ON pipeline(organization_id);`;

function statement(name, tier, metric) {
    const {column, bucket, from} = TIERS[tier];
    return `PREPARE ${name}_${tier}(bigint) AS
        INSERT INTO hand_${tier}(${KEY(column)}, metric_value, metric_count)
        SELECT '${name}', $1, ${bucket(metric.at)}, '${metric.type ?? 'counter'}', 'default', '', ${
        metric.value ?? 'count(*)'}, count(*)
        FROM ${metric.from} WHERE ${metric.own} AND ${metric.at} >= ${from} AND ${
        metric.where ?? 'true'} GROUP BY 3
        ON CONFLICT (${
        KEY(column)}) DO UPDATE SET metric_value = excluded.metric_value, metric_count = excluded.metric_count;\n`;
}

/* All of it as one script, and how many statements it runs. */
export function handScript(organizations) {
    const prepared = Object.entries(METRICS).flatMap(
        ([name, metric]) => Object.keys(TIERS).map(
            (tier) => ({call: `${name}_${tier}`, text: statement(name, tier, metric)})));
    const one = (organization) => `BEGIN;\n${
        prepared.map(({call}) => `EXECUTE ${call}(${organization});\n`).join('')}COMMIT;\n`;
    const all = Array.from({length: organizations}, (_, i) => one(i + 1));
    return {
        statements: organizations * prepared.length,
        text: prepared.map(({text}) => text).join('') + all.join('')
    };
}

/* How many cells of the windows differ, either way; 0 where the work is the same. */
export const SAME = Object.fromEntries(Object.entries(TIERS).map(([tier, {column, from}]) => {
    const cells = (table) => `SELECT ${KEY(column)}, metric_value, metric_count FROM ${
        table} WHERE ${column} >= ${from}`;
    const less = (a, b) =>
        `SELECT * FROM (SELECT * FROM (${cells(a)}) a EXCEPT SELECT * FROM (${cells(b)}) b) d`;
    return [
        tier, `SELECT count(*) FROM (${less(`hand_${tier}`, `event_metrics_${tier}`)} UNION ALL
        ${less(`event_metrics_${tier}`, `hand_${tier}`)}) both_ways`
    ];
}));
