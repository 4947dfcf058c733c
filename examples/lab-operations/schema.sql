-- What the laboratory's own program has. Nothing here knows of trueup, but for the indexes that are named.
CREATE TABLE labs(
  id BIGINT PRIMARY KEY,
  labName VARCHAR(100) NOT NULL,
  labTimeZone VARCHAR(64),                              -- an IANA name
  enable_operation_summary TINYINT(1) NOT NULL DEFAULT 0);

CREATE TABLE billing(
  id BIGINT AUTO_INCREMENT PRIMARY KEY,
  labId BIGINT NOT NULL,
  billTime DATETIME(6) NOT NULL,                        -- UTC
  organizationId BIGINT,
  referralId BIGINT,
  branchId BIGINT,
  isCancel TINYINT(1) NOT NULL DEFAULT 0,
  -- When a day is counted again it is found by the first, from lab and time; a stretch of history, by
  -- all labs, by the second. `trueup check` says where one like it is missing.
  KEY billing_lab_time (labId, billTime),
  KEY billing_time (billTime));

CREATE TABLE allTests(
  id BIGINT PRIMARY KEY,
  testName VARCHAR(100) NOT NULL,
  departmentId BIGINT);

-- The tests that a bill orders.
CREATE TABLE billingInfo(
  id BIGINT AUTO_INCREMENT PRIMARY KEY,
  billId BIGINT NOT NULL,
  testId BIGINT NOT NULL,
  dismissed TINYINT(1) NOT NULL DEFAULT 0,
  KEY billingInfo_bill (billId),
  KEY billingInfo_test (testId));                       -- a test gets another department

CREATE TABLE collectedSample(
  id BIGINT AUTO_INCREMENT PRIMARY KEY,
  billId BIGINT NOT NULL,
  sampleTypeId BIGINT NOT NULL,
  accessed TINYINT(1) NOT NULL DEFAULT 0,               -- accessioned in the lab
  KEY collectedSample_bill (billId));

-- Which sample serves each test; one sample may serve several.
CREATE TABLE labReportRelation(
  id BIGINT AUTO_INCREMENT PRIMARY KEY,
  billId BIGINT NOT NULL,
  testId BIGINT NOT NULL,
  sampleId BIGINT,                                      -- not drawn yet: NULL
  dismissed TINYINT(1) NOT NULL DEFAULT 0,
  KEY labReportRelation_bill (billId),
  KEY labReportRelation_sample (sampleId));             -- a sample is accessioned
