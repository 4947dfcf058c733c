-- The independent answer: every (pass, run), period by period, with sub-queries in place of the
-- spec's joins and windows. What is not what trueup stores comes out; nothing should.

CREATE OR REPLACE TEMPORARY TABLE truth_interval AS
SELECT k.data_pass_id, k.run_number, r.qc_time_start AS t0, r.qc_time_end AS t1
FROM (SELECT data_pass_id, run_number FROM global_aggregated_quality_detectors
      UNION SELECT data_pass_id, run_number FROM gaq_summaries) k
LEFT JOIN runs r ON r.run_number = k.run_number;

-- Flags in force on a detector that counts, each period of theirs cut to the run.
CREATE OR REPLACE TEMPORARY TABLE truth_flag AS
SELECT i.data_pass_id, i.run_number, f.detector_id, f.id, f.flag_type_id,
    IF(p.`from` IS NULL OR p.`from` < i.t0, i.t0, p.`from`) AS since,
    IF(p.`to` IS NULL OR p.`to` > i.t1, i.t1, p.`to`) AS until
FROM truth_interval i
JOIN quality_control_flags f ON f.run_number = i.run_number AND NOT f.deleted
JOIN quality_control_flag_effective_periods p ON p.flag_id = f.id
WHERE i.t0 < i.t1
  AND EXISTS (SELECT 1 FROM global_aggregated_quality_detectors d WHERE d.run_number = i.run_number
              AND d.data_pass_id = i.data_pass_id AND d.detector_id = f.detector_id)
  AND EXISTS (SELECT 1 FROM data_pass_quality_control_flag l WHERE l.data_pass_id = i.data_pass_id
              AND l.quality_control_flag_id = f.id);
DELETE FROM truth_flag WHERE since >= until;
ALTER TABLE truth_flag ADD KEY (run_number, data_pass_id);

CREATE OR REPLACE TEMPORARY TABLE truth_edge AS
SELECT data_pass_id, run_number, t0 AS at FROM truth_interval WHERE t0 < t1
UNION SELECT data_pass_id, run_number, t1 FROM truth_interval WHERE t0 < t1
UNION SELECT data_pass_id, run_number, since FROM truth_flag
UNION SELECT data_pass_id, run_number, until FROM truth_flag;
ALTER TABLE truth_edge ADD KEY (run_number, data_pass_id, at);

CREATE OR REPLACE TEMPORARY TABLE truth_period AS
SELECT a.data_pass_id, a.run_number, a.at AS since, MIN(b.at) AS until
FROM truth_edge a JOIN truth_edge b
  ON b.data_pass_id = a.data_pass_id AND b.run_number = a.run_number AND b.at > a.at
GROUP BY a.data_pass_id, a.run_number, a.at;

-- What is in force in a period: flagged detectors, and the worst kind among them.
CREATE OR REPLACE TEMPORARY TABLE truth_verdict AS
SELECT p.data_pass_id, p.run_number, TIMESTAMPDIFF(MICROSECOND, p.since, p.until) AS us,
    (SELECT COUNT(DISTINCT d.detector_id) FROM global_aggregated_quality_detectors d
     WHERE d.data_pass_id = p.data_pass_id AND d.run_number = p.run_number) AS wanted,
    COUNT(DISTINCT f.detector_id) AS flagged,
    COALESCE(SUM(t.bad AND NOT t.monte_carlo_reproducible), 0) > 0 AS is_bad,
    COALESCE(SUM(t.monte_carlo_reproducible), 0) > 0 AS is_mcr
FROM truth_period p
LEFT JOIN truth_flag f ON f.data_pass_id = p.data_pass_id AND f.run_number = p.run_number
  AND f.since <= p.since AND f.until >= p.until
LEFT JOIN quality_control_flag_types t ON t.id = f.flag_type_id
GROUP BY p.data_pass_id, p.run_number, p.since, p.until;

CREATE OR REPLACE TEMPORARY TABLE truth_row AS
SELECT i.data_pass_id, i.run_number,
    SUM(IF(v.flagged = v.wanted AND v.is_bad, v.us, 0)) AS bad_us,
    SUM(IF(v.flagged = v.wanted AND NOT v.is_bad AND NOT v.is_mcr, v.us, 0)) AS good_us,
    SUM(IF(v.flagged = v.wanted AND NOT v.is_bad AND v.is_mcr, v.us, 0)) AS mcr_us,
    MAX(TIMESTAMPDIFF(MICROSECOND, i.t0, i.t1)) AS run_us, SUM(v.wanted - v.flagged) AS holes
FROM truth_interval i LEFT JOIN truth_verdict v
  ON v.data_pass_id = i.data_pass_id AND v.run_number = i.run_number
GROUP BY i.data_pass_id, i.run_number;

CREATE OR REPLACE TEMPORARY TABLE truth_missing AS
SELECT data_pass_id, run_number, COUNT(DISTINCT CASE WHEN NOT EXISTS
    (SELECT 1 FROM quality_control_flag_verifications v WHERE v.flag_id = f.id) THEN f.id END) AS n
FROM truth_flag f GROUP BY data_pass_id, run_number;

SELECT r.data_pass_id, r.run_number, g.bad_run_coverage, r.bad_us, g.not_computable, m.n
FROM truth_row r
LEFT JOIN truth_missing m ON m.data_pass_id = r.data_pass_id AND m.run_number = r.run_number
LEFT JOIN gaq_summaries g ON g.data_pass_id = r.data_pass_id AND g.run_number = r.run_number
WHERE g.run_number IS NULL
   OR NOT g.not_computable <=> (m.n IS NULL)
   OR NOT g.bad_run_coverage <=> IF(m.n IS NULL, NULL, r.bad_us / CAST(r.run_us AS DOUBLE))
   OR NOT g.explicitly_not_bad_run_coverage
          <=> IF(m.n IS NULL, NULL, r.good_us / CAST(r.run_us AS DOUBLE))
   OR NOT g.mc_reproducible_coverage
          <=> IF(m.n IS NULL, NULL, r.mcr_us / CAST(r.run_us AS DOUBLE))
   OR NOT g.missing_verifications_count <=> m.n
   OR NOT g.undefined_quality_periods_count <=> IF(m.n IS NULL, NULL, r.holes);
