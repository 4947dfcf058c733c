-- A laboratory information system: labs bill patients for tests.
CREATE TABLE labs (
    id BIGINT PRIMARY KEY,
    labName VARCHAR(100),
    labTimeZone VARCHAR(64),
    enable_operation_summary TINYINT(1) NOT NULL DEFAULT 0
);
CREATE TABLE billing (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    labId BIGINT,
    billTime DATETIME(6),
    organizationId BIGINT,
    referralId BIGINT,
    branchId BIGINT,
    isCancel TINYINT(1) NOT NULL DEFAULT 0,
    KEY billing_place (labId, billTime)
);
CREATE TABLE billingInfo (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    billId BIGINT,
    testId BIGINT,
    dismissed TINYINT(1) NOT NULL DEFAULT 0,
    KEY billingInfo_bill (billId),
    KEY billingInfo_test (testId)
);
CREATE TABLE collectedSample (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    billId BIGINT,
    sampleTypeId BIGINT,
    accessed TINYINT(1) NOT NULL DEFAULT 0
);
CREATE TABLE labReportRelation (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    billId BIGINT,
    testId BIGINT,
    sampleId BIGINT,
    dismissed TINYINT(1) NOT NULL DEFAULT 0,
    KEY labReportRelation_bill (billId),
    KEY labReportRelation_sample (sampleId)
);
CREATE TABLE allTests (
    id BIGINT PRIMARY KEY,
    testName VARCHAR(100),
    departmentId BIGINT
);

INSERT INTO labs VALUES
    (1, 'Kiritimati', 'Pacific/Kiritimati', 1), (2, 'Niue', 'Pacific/Niue', 1),
    (3, 'Kolkata', 'Asia/Kolkata', 1), (4, 'Kathmandu', 'Asia/Kathmandu', 1),
    (5, 'St. John''s', 'America/St_Johns', 1), (6, 'Lord Howe', 'Australia/Lord_Howe', 1),
    (7, 'Berlin', 'Europe/Berlin', 1), (8, 'not enabled', 'Asia/Tokyo', 0);
INSERT INTO allTests SELECT seq, CONCAT('test ', seq), IF(seq % 5 = 0, NULL, seq % 3) FROM seq_1_to_12;

-- Two stretches with a change of the clocks in each, one bill in 73 minutes.
INSERT INTO billing (labId, billTime, organizationId, referralId, branchId, isCancel)
SELECT seq % 8 + 1,
       IF(seq % 2, CAST('2024-03-28' AS DATETIME(6)), CAST('2024-10-03' AS DATETIME(6)))
           + INTERVAL seq * 73 MINUTE + INTERVAL seq * 499 MICROSECOND,
       NULLIF(seq % 5, 4), NULLIF(seq % 4, 3), NULLIF(seq % 3, 2), seq % 17 = 0
FROM seq_1_to_640;
INSERT INTO billingInfo (billId, testId, dismissed)
SELECT b.id, (b.id * 7 + n.seq * 5) % 13 + 1, (b.id + n.seq) % 19 = 0
FROM billing b JOIN seq_1_to_3 n ON n.seq <= b.id % 3 + 1;
INSERT INTO collectedSample (billId, sampleTypeId, accessed)
SELECT id, id % 6 + 1, id % 3 = 0 FROM billing WHERE id % 4 <> 0;
INSERT INTO labReportRelation (billId, testId, sampleId, dismissed)
SELECT i.billId, i.testId, s.id, (i.id + IFNULL(s.id, 0)) % 23 = 0
FROM billingInfo i LEFT JOIN collectedSample s ON s.billId = i.billId;
