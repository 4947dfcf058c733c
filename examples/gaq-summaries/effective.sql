-- How people read it: the share that simulation can reproduce counts as bad, or as good. With
-- `computed_at` and, where something changed since, `invalid_since`.
CREATE OR REPLACE VIEW gaq_effective AS
SELECT g.data_pass_id, g.run_number, o.mc_reproducible_as_not_bad,
    g.bad_run_coverage + IF(o.mc_reproducible_as_not_bad, 0, g.mc_reproducible_coverage)
        AS bad_effective_run_coverage,
    g.explicitly_not_bad_run_coverage
        + IF(o.mc_reproducible_as_not_bad, g.mc_reproducible_coverage, 0)
        AS explicitly_not_bad_effective_run_coverage,
    g.missing_verifications_count, g.undefined_quality_periods_count, g.not_computable,
    s.computed_at, s.invalid_since
FROM gaq_summaries g
JOIN (SELECT FALSE AS mc_reproducible_as_not_bad UNION ALL SELECT TRUE) o
LEFT JOIN gaq_summaries_state s
    ON s.data_pass_id = g.data_pass_id AND s.run_number = g.run_number;
