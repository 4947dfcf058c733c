-- 400 runs of an hour and more in 3 data passes, 8 detectors, a flag or two for each: made by
-- arithmetic, the same every time. Needs the sequences of MariaDB (seq_1_to_400 is a table).

INSERT INTO runs(run_number, definition, time_trg_start, time_trg_end)
SELECT 1000 + seq, 'PHYSICS', TIMESTAMP '2024-03-01 00:00:00' + INTERVAL seq * 97 MINUTE,
    IF(seq % 41 = 0, NULL, TIMESTAMP '2024-03-01 00:00:00' + INTERVAL seq * 97 + 61 + seq % 30 MINUTE)
FROM seq_1_to_400;

INSERT INTO global_aggregated_quality_detectors
SELECT p.seq, 1000 + r.seq, d.seq FROM seq_1_to_3 p, seq_1_to_400 r, seq_1_to_8 d
WHERE (p.seq + r.seq + d.seq) % 5 <> 0;

INSERT INTO quality_control_flags(id, flag_type_id, run_number, detector_id, deleted)
SELECT (r.seq - 1) * 16 + (d.seq - 1) * 2 + n.seq,
    CASE (r.seq * 13 + d.seq * 7 + n.seq * 5) % 37
        WHEN 0 THEN 5 WHEN 1 THEN 5 WHEN 2 THEN 11 WHEN 3 THEN 12 WHEN 4 THEN 13 ELSE 3 END,
    1000 + r.seq, d.seq, (r.seq + d.seq * n.seq) % 23 = 0
FROM seq_1_to_400 r, seq_1_to_8 d, seq_1_to_2 n WHERE n.seq = 1 OR (r.seq + d.seq) % 3 = 0;

INSERT INTO data_pass_quality_control_flag
SELECT p.seq, f.id FROM quality_control_flags f, seq_1_to_3 p WHERE (f.id + p.seq) % 11 <> 0;

-- The first flag of a detector holds for the whole run, a second one for a part of it.
INSERT INTO quality_control_flag_effective_periods(flag_id, `from`, `to`)
SELECT f.id, IF(f.id % 2 = 1, NULL, r.qc_time_start + INTERVAL f.id % 40 MINUTE),
    IF(f.id % 6 = 1 OR f.id % 2 = 0, r.qc_time_start + INTERVAL 30 + f.id % 50 MINUTE, NULL)
FROM quality_control_flags f JOIN runs r ON r.run_number = f.run_number;

INSERT INTO quality_control_flag_verifications(flag_id, created_by)
SELECT id, 'shifter' FROM quality_control_flags WHERE id % 3 = 0;
