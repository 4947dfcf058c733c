-- What operation_historical_summary should hold, written by hand: sixteen counts. bill_day(id, day) says
-- on which local day of its lab each bill was written; it has bills of enabled labs only.
WITH bill AS (
    SELECT b.id, b.labId, d.day, b.organizationId AS org, b.referralId AS ref, b.branchId AS branch
    FROM billing b JOIN bill_day d ON d.id = b.id
    WHERE b.isCancel = 0
), ordered AS (
    SELECT b.*, i.testId AS test, t.departmentId AS department
    FROM billingInfo i JOIN bill b ON b.id = i.billId LEFT JOIN allTests t ON t.id = i.testId
    WHERE i.dismissed = 0
), sampled AS (
    SELECT b.*, s.sampleTypeId AS type, s.accessed
    FROM labReportRelation r JOIN bill b ON b.id = r.billId JOIN collectedSample s ON s.id = r.sampleId
    WHERE r.dismissed = 0
)
SELECT labId, day, org AS a, NULL AS b, 'organization_bill' AS event, count(*) AS n
    FROM bill WHERE org IS NOT NULL GROUP BY labId, day, org
UNION ALL SELECT labId, day, ref, NULL, 'referral_bill', count(*)
    FROM bill WHERE ref IS NOT NULL GROUP BY labId, day, ref
UNION ALL SELECT labId, day, branch, NULL, 'branch_bill', count(*)
    FROM bill WHERE branch IS NOT NULL GROUP BY labId, day, branch
UNION ALL SELECT labId, day, org, test, 'organization_test', count(*)
    FROM ordered WHERE org IS NOT NULL GROUP BY labId, day, org, test
UNION ALL SELECT labId, day, ref, test, 'referral_test', count(*)
    FROM ordered WHERE ref IS NOT NULL GROUP BY labId, day, ref, test
UNION ALL SELECT labId, day, branch, test, 'branch_test', count(*)
    FROM ordered WHERE branch IS NOT NULL GROUP BY labId, day, branch, test
UNION ALL SELECT labId, day, department, test, 'department_test', count(*)
    FROM ordered WHERE department IS NOT NULL GROUP BY labId, day, department, test
UNION ALL SELECT labId, day, org, type, 'organization_sample', count(*)
    FROM sampled WHERE org IS NOT NULL GROUP BY labId, day, org, type
UNION ALL SELECT labId, day, ref, type, 'referral_sample', count(*)
    FROM sampled WHERE ref IS NOT NULL GROUP BY labId, day, ref, type
UNION ALL SELECT labId, day, branch, type, 'branch_sample', count(*)
    FROM sampled WHERE branch IS NOT NULL GROUP BY labId, day, branch, type
UNION ALL SELECT labId, day, org, type, 'organization_sample_accessed', count(*)
    FROM sampled WHERE org IS NOT NULL AND accessed = 1 GROUP BY labId, day, org, type
UNION ALL SELECT labId, day, ref, type, 'referral_sample_accessed', count(*)
    FROM sampled WHERE ref IS NOT NULL AND accessed = 1 GROUP BY labId, day, ref, type
UNION ALL SELECT labId, day, branch, type, 'branch_sample_accessed', count(*)
    FROM sampled WHERE branch IS NOT NULL AND accessed = 1 GROUP BY labId, day, branch, type
UNION ALL SELECT labId, day, org, type, 'organization_sample_not_accessed', count(*)
    FROM sampled WHERE org IS NOT NULL AND accessed = 0 GROUP BY labId, day, org, type
UNION ALL SELECT labId, day, ref, type, 'referral_sample_not_accessed', count(*)
    FROM sampled WHERE ref IS NOT NULL AND accessed = 0 GROUP BY labId, day, ref, type
UNION ALL SELECT labId, day, branch, type, 'branch_sample_not_accessed', count(*)
    FROM sampled WHERE branch IS NOT NULL AND accessed = 0 GROUP BY labId, day, branch, type
