-- The application's tables: runs of an experiment, and flags that say how good their data are.

CREATE TABLE runs(
    run_number INT PRIMARY KEY,
    definition VARCHAR(40),
    time_trg_start DATETIME(3), time_trg_end DATETIME(3),
    time_o2_start DATETIME(3), time_o2_end DATETIME(3),
    first_tf_timestamp DATETIME(3), last_tf_timestamp DATETIME(3),
    qc_time_start DATETIME(3) AS (COALESCE(first_tf_timestamp, time_trg_start, time_o2_start)),
    qc_time_end DATETIME(3) AS (COALESCE(last_tf_timestamp, time_trg_end, time_o2_end)));

-- Which detectors count for the aggregated quality of a run in a data pass; one may stand twice.
CREATE TABLE global_aggregated_quality_detectors(
    data_pass_id INT NOT NULL, run_number INT NOT NULL, detector_id INT NOT NULL,
    KEY (data_pass_id, run_number, detector_id), KEY (run_number));

CREATE TABLE quality_control_flag_types(
    id INT PRIMARY KEY, name VARCHAR(60) NOT NULL,
    bad BOOLEAN NOT NULL, monte_carlo_reproducible BOOLEAN NOT NULL);

CREATE TABLE quality_control_flags(
    id INT PRIMARY KEY AUTO_INCREMENT,
    deleted BOOLEAN NOT NULL DEFAULT FALSE,
    flag_type_id INT NOT NULL, run_number INT NOT NULL, detector_id INT NOT NULL,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    KEY (run_number, detector_id), KEY (flag_type_id));

CREATE TABLE data_pass_quality_control_flag(
    data_pass_id INT NOT NULL, quality_control_flag_id INT NOT NULL,
    PRIMARY KEY (quality_control_flag_id, data_pass_id));

-- NULL is the run's own bound.
CREATE TABLE quality_control_flag_effective_periods(
    id INT PRIMARY KEY AUTO_INCREMENT, flag_id INT NOT NULL,
    `from` DATETIME(3), `to` DATETIME(3), KEY (flag_id));

CREATE TABLE quality_control_flag_verifications(
    id INT PRIMARY KEY AUTO_INCREMENT, flag_id INT NOT NULL, created_by VARCHAR(40), KEY (flag_id));

INSERT INTO quality_control_flag_types VALUES
    (3, 'Good', FALSE, FALSE), (5, 'Limited acceptance MC reproducible', TRUE, TRUE),
    (11, 'Limited acceptance', TRUE, FALSE), (12, 'Bad PID', TRUE, FALSE), (13, 'Bad', TRUE, FALSE);
