-- summary table, wide, folding
CREATE TABLE "sums"."s_hour" ("shop" text COLLATE "C", "at" timestamptz, "kind" shop.kind, "note" text COLLATE "C", "late" boolean, "n" bigint, "big" bigint, "total" bigint, "fares" numeric, "mean" numeric, "any" numeric, "trueup_rows" bigint, "trueup_n_total" bigint, "trueup_n_fares" bigint, "trueup_n_mean" bigint, "trueup_sum_mean" numeric, "trueup_n_any" bigint, "trueup_sum_any" numeric);
CREATE UNIQUE INDEX "trueup_key_s_hour" ON "sums"."s_hour"("shop", "at", "kind", (CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512), "late") NULLS NOT DISTINCT;
CREATE TABLE "sums"."s_month" ("shop" text COLLATE "C", "month" date, "kind" shop.kind, "note" text COLLATE "C", "late" boolean, "n" bigint, "big" bigint, "total" bigint, "fares" numeric, "mean" numeric, "any" numeric, "trueup_rows" bigint, "trueup_n_total" bigint, "trueup_n_fares" bigint, "trueup_n_mean" bigint, "trueup_sum_mean" numeric, "trueup_n_any" bigint, "trueup_sum_any" numeric);
CREATE UNIQUE INDEX "trueup_key_s_month" ON "sums"."s_month"("shop", "month", "kind", (CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512), "late") NULLS NOT DISTINCT;
INSERT INTO "sums"."s_hour"("shop", "at", "kind", "note", "late", "n", "big", "total", "fares", "mean", "any", "trueup_rows", "trueup_n_total", "trueup_n_fares", "trueup_n_mean", "trueup_sum_mean", "trueup_n_any", "trueup_sum_any") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) ON CONFLICT("shop", "at", "kind", (CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512), "late") DO UPDATE SET "n" = excluded."n", "big" = excluded."big", "total" = excluded."total", "fares" = excluded."fares", "mean" = excluded."mean", "any" = excluded."any", "trueup_rows" = excluded."trueup_rows", "trueup_n_total" = excluded."trueup_n_total", "trueup_n_fares" = excluded."trueup_n_fares", "trueup_n_mean" = excluded."trueup_n_mean", "trueup_sum_mean" = excluded."trueup_sum_mean", "trueup_n_any" = excluded."trueup_n_any", "trueup_sum_any" = excluded."trueup_sum_any";
INSERT INTO "sums"."s_hour"("shop", "at", "kind", "note", "late", "n", "big", "total", "fares", "mean", "any", "trueup_rows", "trueup_n_total", "trueup_n_fares", "trueup_n_mean", "trueup_sum_mean", "trueup_n_any", "trueup_sum_any") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18), (?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36) ON CONFLICT("shop", "at", "kind", (CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512), "late") DO UPDATE SET "n" = excluded."n", "big" = excluded."big", "total" = excluded."total", "fares" = excluded."fares", "mean" = excluded."mean", "any" = excluded."any", "trueup_rows" = excluded."trueup_rows", "trueup_n_total" = excluded."trueup_n_total", "trueup_n_fares" = excluded."trueup_n_fares", "trueup_n_mean" = excluded."trueup_n_mean", "trueup_sum_mean" = excluded."trueup_sum_mean", "trueup_n_any" = excluded."trueup_n_any", "trueup_sum_any" = excluded."trueup_sum_any";
DELETE FROM "sums"."s_hour" WHERE ("shop" = ?1 AND "at" = ?2 AND "kind" = ?3 AND ((CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512)) = ((CASE WHEN octet_length(?4::text) > 512 THEN md5(?4::text) || md5('.' || ?4::text) ELSE ?4::text END), (octet_length(?4::text) > 512)) AND "note" = ?4::text AND "late" = ?5);
DELETE FROM "sums"."s_hour" WHERE ("shop" = ?1 AND "at" = ?2 AND "kind" IS NULL AND "note" IS NULL AND "late" IS NULL) OR ("shop" = ?3 AND "at" = ?4 AND "kind" IS NULL AND "note" IS NULL AND "late" IS NULL);
SELECT 1, NULL, NULL, NULL, NULL, NULL, "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?1 AND "at" = ?2 AND "kind" = ?3 AND ((CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512)) = ((CASE WHEN octet_length(?4::text) > 512 THEN md5(?4::text) || md5('.' || ?4::text) ELSE ?4::text END), (octet_length(?4::text) > 512)) AND "note" = ?4::text AND "late" = ?5;
SELECT 1, NULL, NULL, NULL, NULL, NULL, "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?1 AND "at" = ?2 AND "kind" IS NULL AND "note" IS NULL AND "late" IS NULL UNION ALL SELECT 2, NULL, NULL, NULL, NULL, NULL, "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?3 AND "at" = ?4 AND "kind" IS NULL AND "note" IS NULL AND "late" IS NULL;
SELECT given."trueup_n", NULL, NULL, NULL, NULL, NULL, stored."trueup_rows", stored."n", NULL, NULL, stored."big", NULL, NULL, stored."total", stored."trueup_n_total", NULL, stored."fares", stored."trueup_n_fares", NULL, stored."mean", stored."trueup_n_mean", stored."trueup_sum_mean", stored."any", stored."trueup_n_any", stored."trueup_sum_any" FROM rows(?1) AS given JOIN "sums"."s_hour" AS stored ON stored."shop" = given."shop" AND stored."at" = given."at" AND stored."kind" = given."kind" AND ((CASE WHEN octet_length(stored."note") > 512 THEN md5(stored."note") || md5('.' || stored."note") ELSE stored."note" END), (octet_length(stored."note") > 512)) = ((CASE WHEN octet_length(given."note") > 512 THEN md5(given."note") || md5('.' || given."note") ELSE given."note" END), (octet_length(given."note") > 512)) AND stored."note" = given."note" AND stored."late" = given."late";
SELECT given."trueup_n", NULL, NULL, NULL, NULL, NULL, stored."trueup_rows", stored."n", NULL, NULL, stored."big", NULL, NULL, stored."total", stored."trueup_n_total", NULL, stored."fares", stored."trueup_n_fares", NULL, stored."mean", stored."trueup_n_mean", stored."trueup_sum_mean", stored."any", stored."trueup_n_any", stored."trueup_sum_any" FROM rows(?1) AS given JOIN "sums"."s_hour" AS stored ON stored."shop" = given."shop" AND stored."at" = given."at" AND stored."kind" IS NULL AND stored."note" IS NULL AND stored."late" IS NULL;
UPDATE "sums"."s_hour" AS stored SET "n" = given."n", "big" = given."big", "total" = given."total", "fares" = given."fares", "mean" = given."mean", "any" = given."any", "trueup_rows" = given."trueup_rows", "trueup_n_total" = given."trueup_n_total", "trueup_n_fares" = given."trueup_n_fares", "trueup_n_mean" = given."trueup_n_mean", "trueup_sum_mean" = given."trueup_sum_mean", "trueup_n_any" = given."trueup_n_any", "trueup_sum_any" = given."trueup_sum_any" FROM rows(?1) AS given WHERE stored."shop" = given."shop" AND stored."at" = given."at" AND stored."kind" = given."kind" AND ((CASE WHEN octet_length(stored."note") > 512 THEN md5(stored."note") || md5('.' || stored."note") ELSE stored."note" END), (octet_length(stored."note") > 512)) = ((CASE WHEN octet_length(given."note") > 512 THEN md5(given."note") || md5('.' || given."note") ELSE given."note" END), (octet_length(given."note") > 512)) AND stored."note" = given."note" AND stored."late" = given."late";
UPDATE "sums"."s_hour" AS stored SET "n" = given."n", "big" = given."big", "total" = given."total", "fares" = given."fares", "mean" = given."mean", "any" = given."any", "trueup_rows" = given."trueup_rows", "trueup_n_total" = given."trueup_n_total", "trueup_n_fares" = given."trueup_n_fares", "trueup_n_mean" = given."trueup_n_mean", "trueup_sum_mean" = given."trueup_sum_mean", "trueup_n_any" = given."trueup_n_any", "trueup_sum_any" = given."trueup_sum_any" FROM rows(?1) AS given WHERE stored."shop" = given."shop" AND stored."at" = given."at" AND stored."kind" IS NULL AND stored."note" IS NULL AND stored."late" IS NULL;
DELETE FROM "sums"."s_hour" AS stored USING rows(?1) AS given WHERE stored."shop" = given."shop" AND stored."at" = given."at" AND stored."kind" = given."kind" AND ((CASE WHEN octet_length(stored."note") > 512 THEN md5(stored."note") || md5('.' || stored."note") ELSE stored."note" END), (octet_length(stored."note") > 512)) = ((CASE WHEN octet_length(given."note") > 512 THEN md5(given."note") || md5('.' || given."note") ELSE given."note" END), (octet_length(given."note") > 512)) AND stored."note" = given."note" AND stored."late" = given."late";
DELETE FROM "sums"."s_hour" AS stored USING rows(?1) AS given WHERE stored."shop" = given."shop" AND stored."at" = given."at" AND stored."kind" IS NULL AND stored."note" IS NULL AND stored."late" IS NULL;
UPDATE ONLY "sums"."s_hour" AS stored SET "n" = given."n", "big" = given."big", "total" = given."total", "fares" = given."fares", "mean" = given."mean", "any" = given."any", "trueup_rows" = given."trueup_rows", "trueup_n_total" = given."trueup_n_total", "trueup_n_fares" = given."trueup_n_fares", "trueup_n_mean" = given."trueup_n_mean", "trueup_sum_mean" = given."trueup_sum_mean", "trueup_n_any" = given."trueup_n_any", "trueup_sum_any" = given."trueup_sum_any" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
UPDATE ONLY "sums"."s_hour" AS stored SET "n" = given."n", "big" = given."big", "total" = given."total", "fares" = given."fares", "mean" = given."mean", "any" = given."any", "trueup_rows" = given."trueup_rows", "trueup_n_total" = given."trueup_n_total", "trueup_n_fares" = given."trueup_n_fares", "trueup_n_mean" = given."trueup_n_mean", "trueup_sum_mean" = given."trueup_sum_mean", "trueup_n_any" = given."trueup_n_any", "trueup_sum_any" = given."trueup_sum_any" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?1 AND "at" = ?2;
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?1 AND "at" = ?2 UNION ALL SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?3 AND "at" = ?4;
SELECT NULL, stored."shop", stored."at", stored."kind", stored."note", stored."late", stored."trueup_rows", stored."n", NULL, NULL, stored."big", NULL, NULL, stored."total", stored."trueup_n_total", NULL, stored."fares", stored."trueup_n_fares", NULL, stored."mean", stored."trueup_n_mean", stored."trueup_sum_mean", stored."any", stored."trueup_n_any", stored."trueup_sum_any" FROM rows(?1) AS given JOIN "sums"."s_hour" AS stored ON stored."shop" = given."shop" AND stored."at" = given."at";
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "at" >= ?1 AND "at" < ?2;
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour";
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?1 AND "at" >= ?2 AND "at" < ?3;
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE ("shop" = ?1 AND "at" >= ?2 AND "at" < ?3) OR ("shop" = ?4 AND "at" >= ?5 AND "at" < ?6);

-- source, wide, folding
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any) FROM "shop"."flight" AS "f";
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any) FROM "shop"."flight" AS "f" WHERE (f.at) >= ?1 AND (f.at) < ?2;
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1;
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1 AND (f.at) >= ?2 AND (f.at) < ?3;
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any) FROM "shop"."flight" AS "f" WHERE (f.origin) IN (?1, ?2, ?3) AND (f.at) >= ?4 AND (f.at) < ?5;
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight IN (-1, 1);
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight = 0;
SELECT (f.origin), (f.at), 0 FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;

-- summary table, wide, recomputed
CREATE TABLE "s_day" ("tenant" text COLLATE "C", "bucket" date, "code" uuid, "n" bigint, "low" numeric, "high" text COLLATE "C", "last" timestamp with time zone, "weight" double precision, "kinds" bigint);
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("tenant", "bucket", "code") NULLS NOT DISTINCT;
INSERT INTO "s_day"("tenant", "bucket", "code", "n", "low", "high", "last", "weight", "kinds") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT("tenant", "bucket", "code") DO UPDATE SET "n" = excluded."n", "low" = excluded."low", "high" = excluded."high", "last" = excluded."last", "weight" = excluded."weight", "kinds" = excluded."kinds";
INSERT INTO "s_day"("tenant", "bucket", "code", "n", "low", "high", "last", "weight", "kinds") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9), (?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) ON CONFLICT("tenant", "bucket", "code") DO UPDATE SET "n" = excluded."n", "low" = excluded."low", "high" = excluded."high", "last" = excluded."last", "weight" = excluded."weight", "kinds" = excluded."kinds";
DELETE FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND "code" = ?3);
DELETE FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND "code" IS NULL) OR ("tenant" = ?3 AND "bucket" = ?4 AND "code" IS NULL);
SELECT 1, NULL, NULL, NULL, NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 AND "code" = ?3;
SELECT 1, NULL, NULL, NULL, NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 AND "code" IS NULL UNION ALL SELECT 2, NULL, NULL, NULL, NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?3 AND "bucket" = ?4 AND "code" IS NULL;
SELECT given."trueup_n", NULL, NULL, NULL, NULL, stored."n", NULL, NULL, stored."low", NULL, NULL, stored."high", NULL, NULL, stored."last", NULL, NULL, stored."weight", NULL, NULL, stored."kinds", NULL, NULL FROM rows(?1) AS given JOIN "s_day" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."code" = given."code";
SELECT given."trueup_n", NULL, NULL, NULL, NULL, stored."n", NULL, NULL, stored."low", NULL, NULL, stored."high", NULL, NULL, stored."last", NULL, NULL, stored."weight", NULL, NULL, stored."kinds", NULL, NULL FROM rows(?1) AS given JOIN "s_day" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."code" IS NULL;
UPDATE "s_day" AS stored SET "n" = given."n", "low" = given."low", "high" = given."high", "last" = given."last", "weight" = given."weight", "kinds" = given."kinds" FROM rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."code" = given."code";
UPDATE "s_day" AS stored SET "n" = given."n", "low" = given."low", "high" = given."high", "last" = given."last", "weight" = given."weight", "kinds" = given."kinds" FROM rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."code" IS NULL;
DELETE FROM "s_day" AS stored USING rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."code" = given."code";
DELETE FROM "s_day" AS stored USING rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."code" IS NULL;
UPDATE ONLY "s_day" AS stored SET "n" = given."n", "low" = given."low", "high" = given."high", "last" = given."last", "weight" = given."weight", "kinds" = given."kinds" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
UPDATE ONLY "s_day" AS stored SET "n" = given."n", "low" = given."low", "high" = given."high", "last" = given."last", "weight" = given."weight", "kinds" = given."kinds" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 UNION ALL SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?3 AND "bucket" = ?4;
SELECT NULL, stored."tenant", stored."bucket", stored."code", NULL, stored."n", NULL, NULL, stored."low", NULL, NULL, stored."high", NULL, NULL, stored."last", NULL, NULL, stored."weight", NULL, NULL, stored."kinds", NULL, NULL FROM rows(?1) AS given JOIN "s_day" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket";
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "kinds", NULL, NULL FROM "s_day";
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3;
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3) OR ("tenant" = ?4 AND "bucket" >= ?5 AND "bucket" < ?6);

-- source, wide, recomputed
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.kind) FROM "shop"."flight" AS "f";
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.kind) FROM "shop"."flight" AS "f" WHERE (f.at) >= ?1 AND (f.at) < ?2;
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.kind) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1;
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.kind) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1 AND (f.at) >= ?2 AND (f.at) < ?3;
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.kind) FROM "shop"."flight" AS "f" WHERE (f.origin) IN (?1, ?2, ?3) AND (f.at) >= ?4 AND (f.at) < ?5;
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.kind), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight IN (-1, 1);
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight = 0;
SELECT (f.origin), (f.at), 0 FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;

-- summary table, no tenant, no dimension
CREATE TABLE "s_day" ("bucket" date, "n" bigint, "trueup_rows" bigint, PRIMARY KEY ("bucket"));
CREATE TABLE "s_month" ("bucket" date, "n" bigint, "trueup_rows" bigint, PRIMARY KEY ("bucket"));
INSERT INTO "s_day"("bucket", "n", "trueup_rows") VALUES (?1, ?2, ?3) ON CONFLICT("bucket") DO UPDATE SET "n" = excluded."n", "trueup_rows" = excluded."trueup_rows";
INSERT INTO "s_day"("bucket", "n", "trueup_rows") VALUES (?1, ?2, ?3), (?4, ?5, ?6) ON CONFLICT("bucket") DO UPDATE SET "n" = excluded."n", "trueup_rows" = excluded."trueup_rows";
DELETE FROM "s_day" WHERE ("bucket" = ?1);
SELECT 1, NULL, NULL, "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1;
SELECT given."trueup_n", NULL, NULL, stored."trueup_rows", stored."n", NULL, NULL FROM rows(?1) AS given JOIN "s_day" AS stored ON stored."bucket" = given."bucket";
UPDATE "s_day" AS stored SET "n" = given."n", "trueup_rows" = given."trueup_rows" FROM rows(?1) AS given WHERE stored."bucket" = given."bucket";
DELETE FROM "s_day" AS stored USING rows(?1) AS given WHERE stored."bucket" = given."bucket";
UPDATE ONLY "s_day" AS stored SET "n" = given."n", "trueup_rows" = given."trueup_rows" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1 UNION ALL SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?2;
SELECT NULL, NULL, stored."bucket", stored."trueup_rows", stored."n", NULL, NULL FROM rows(?1) AS given JOIN "s_day" AS stored ON stored."bucket" = given."bucket";
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day";
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE ("bucket" >= ?1 AND "bucket" < ?2) OR ("bucket" >= ?3 AND "bucket" < ?4);

-- source, no tenant, no dimension
SELECT (day) FROM "shop"."flight" AS "flight";
SELECT (day) FROM "shop"."flight" AS "flight" WHERE (day) >= ?1 AND (day) < ?2;
SELECT (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight IN (-1, 1);
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight = 0;
SELECT NULL, (day), 0 FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;

-- summary table, a tenant that is long
CREATE TABLE "s_minute" ("tenant" text COLLATE "C", "bucket" timestamptz, "n" bigint, "trueup_rows" bigint, PRIMARY KEY ("tenant", "bucket"));
INSERT INTO "s_minute"("tenant", "bucket", "n", "trueup_rows") VALUES (?1, ?2, ?3, ?4) ON CONFLICT("tenant", "bucket") DO UPDATE SET "n" = excluded."n", "trueup_rows" = excluded."trueup_rows";
INSERT INTO "s_minute"("tenant", "bucket", "n", "trueup_rows") VALUES (?1, ?2, ?3, ?4), (?5, ?6, ?7, ?8) ON CONFLICT("tenant", "bucket") DO UPDATE SET "n" = excluded."n", "trueup_rows" = excluded."trueup_rows";
DELETE FROM "s_minute" WHERE ("tenant" = ?1 AND "bucket" = ?2);
SELECT 1, NULL, NULL, "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT given."trueup_n", NULL, NULL, stored."trueup_rows", stored."n", NULL, NULL FROM rows(?1) AS given JOIN "s_minute" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket";
UPDATE "s_minute" AS stored SET "n" = given."n", "trueup_rows" = given."trueup_rows" FROM rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket";
DELETE FROM "s_minute" AS stored USING rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket";
UPDATE ONLY "s_minute" AS stored SET "n" = given."n", "trueup_rows" = given."trueup_rows" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "tenant" = ?1 AND "bucket" = ?2 UNION ALL SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "tenant" = ?3 AND "bucket" = ?4;
SELECT NULL, stored."tenant", stored."bucket", stored."trueup_rows", stored."n", NULL, NULL FROM rows(?1) AS given JOIN "s_minute" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket";
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute";
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3;
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE ("tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3) OR ("tenant" = ?4 AND "bucket" >= ?5 AND "bucket" < ?6);

-- source, a tenant that is long
SELECT (note), (local) FROM "shop"."flight" AS "flight";
SELECT (note), (local) FROM "shop"."flight" AS "flight" WHERE (local) >= ?1 AND (local) < ?2;
SELECT (note), (local) FROM "shop"."flight" AS "flight" WHERE (note) = ?1;
SELECT (note), (local) FROM "shop"."flight" AS "flight" WHERE (note) = ?1 AND (local) >= ?2 AND (local) < ?3;
SELECT (note), (local) FROM "shop"."flight" AS "flight" WHERE (note) IN (?1, ?2, ?3) AND (local) >= ?4 AND (local) < ?5;
SELECT (note), (local), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight IN (-1, 1);
SELECT (note), (local), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;
SELECT (note), (local), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight = 0;
SELECT (note), (local), 0 FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;

-- summary table, long
CREATE TABLE "long_table" ("what" text COLLATE "C", "tenant" text COLLATE "C", "bucket" date, "kind" text COLLATE "C", "raw" bytea, "value" numeric, "trueup_rows" bigint, "trueup_n_value" bigint);
CREATE UNIQUE INDEX "trueup_key_long_table" ON "long_table"("what", "tenant", "bucket", "kind", (CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) NULLS NOT DISTINCT;
INSERT INTO "long_table"("what", "tenant", "bucket", "kind", "raw", "value", "trueup_rows", "trueup_n_value") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT("what", "tenant", "bucket", "kind", (CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) DO UPDATE SET "value" = excluded."value", "trueup_rows" = excluded."trueup_rows", "trueup_n_value" = excluded."trueup_n_value";
INSERT INTO "long_table"("what", "tenant", "bucket", "kind", "raw", "value", "trueup_rows", "trueup_n_value") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8), (?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT("what", "tenant", "bucket", "kind", (CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) DO UPDATE SET "value" = excluded."value", "trueup_rows" = excluded."trueup_rows", "trueup_n_value" = excluded."trueup_n_value";
DELETE FROM "long_table" WHERE ("what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND "kind" = ?4 AND ((CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) = ((CASE WHEN octet_length(?5::bytea) > 512 THEN decode(md5(?5::bytea), 'hex') || decode(md5('\x2e' || ?5::bytea), 'hex') ELSE ?5::bytea END), (octet_length(?5::bytea) > 512)) AND "raw" = ?5::bytea);
DELETE FROM "long_table" WHERE ("what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND "kind" IS NULL AND "raw" IS NULL) OR ("what" = ?4 AND "tenant" = ?5 AND "bucket" = ?6 AND "kind" IS NULL AND "raw" IS NULL);
SELECT 1, NULL, NULL, NULL, NULL, "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND "kind" = ?4 AND ((CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) = ((CASE WHEN octet_length(?5::bytea) > 512 THEN decode(md5(?5::bytea), 'hex') || decode(md5('\x2e' || ?5::bytea), 'hex') ELSE ?5::bytea END), (octet_length(?5::bytea) > 512)) AND "raw" = ?5::bytea;
SELECT 1, NULL, NULL, NULL, NULL, "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND "kind" IS NULL AND "raw" IS NULL UNION ALL SELECT 2, NULL, NULL, NULL, NULL, "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?4 AND "tenant" = ?5 AND "bucket" = ?6 AND "kind" IS NULL AND "raw" IS NULL;
SELECT given."trueup_n", NULL, NULL, NULL, NULL, stored."trueup_rows", stored."value", stored."trueup_n_value", NULL FROM rows(?1) AS given JOIN "long_table" AS stored ON stored."what" = given."what" AND stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" = given."kind" AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw";
SELECT given."trueup_n", NULL, NULL, NULL, NULL, stored."trueup_rows", stored."value", stored."trueup_n_value", NULL FROM rows(?1) AS given JOIN "long_table" AS stored ON stored."what" = given."what" AND stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" IS NULL AND stored."raw" IS NULL;
UPDATE "long_table" AS stored SET "value" = given."value", "trueup_rows" = given."trueup_rows", "trueup_n_value" = given."trueup_n_value" FROM rows(?1) AS given WHERE stored."what" = given."what" AND stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" = given."kind" AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw";
UPDATE "long_table" AS stored SET "value" = given."value", "trueup_rows" = given."trueup_rows", "trueup_n_value" = given."trueup_n_value" FROM rows(?1) AS given WHERE stored."what" = given."what" AND stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" IS NULL AND stored."raw" IS NULL;
DELETE FROM "long_table" AS stored USING rows(?1) AS given WHERE stored."what" = given."what" AND stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" = given."kind" AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw";
DELETE FROM "long_table" AS stored USING rows(?1) AS given WHERE stored."what" = given."what" AND stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" IS NULL AND stored."raw" IS NULL;
UPDATE ONLY "long_table" AS stored SET "value" = given."value", "trueup_rows" = given."trueup_rows", "trueup_n_value" = given."trueup_n_value" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
UPDATE ONLY "long_table" AS stored SET "value" = given."value", "trueup_rows" = given."trueup_rows", "trueup_n_value" = given."trueup_n_value" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3;
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 UNION ALL SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?4 AND "tenant" = ?5 AND "bucket" = ?6;
SELECT stored."what", stored."tenant", stored."bucket", stored."kind", stored."raw", stored."trueup_rows", stored."value", stored."trueup_n_value", NULL FROM rows(?1) AS given JOIN "long_table" AS stored ON stored."what" = given."what" AND stored."tenant" = given."tenant" AND stored."bucket" = given."bucket";
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table";
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3;
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE ("tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3) OR ("tenant" = ?4 AND "bucket" >= ?5 AND "bucket" < ?6);

-- source, long
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, ('cash'), (f.raw), (f.fare) FROM "shop"."flight" AS "f";
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, ('cash'), (f.raw), (f.fare) FROM "shop"."flight" AS "f" WHERE (f.at) >= ?1 AND (f.at) < ?2;
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, ('cash'), (f.raw), (f.fare) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1;
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, ('cash'), (f.raw), (f.fare) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1 AND (f.at) >= ?2 AND (f.at) < ?3;
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, ('cash'), (f.raw), (f.fare) FROM "shop"."flight" AS "f" WHERE (f.origin) IN (?1, ?2, ?3) AND (f.at) >= ?4 AND (f.at) < ?5;
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, ('cash'), (f.raw), (f.fare), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight IN (-1, 1);
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight = 0;
SELECT (f.origin), (f.at), 0 FROM "trueup_change_shop_flight" AS "f" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;

-- summary table, names that need quotes
CREATE TABLE "my table" ("from" date, "group" text COLLATE "C", "order" bigint, "a b" bigint, "trueup_rows" bigint, "trueup_n_a b" bigint);
CREATE UNIQUE INDEX "trueup_key_my table" ON "my table"("from", "group") NULLS NOT DISTINCT;
INSERT INTO "my table"("from", "group", "order", "a b", "trueup_rows", "trueup_n_a b") VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT("from", "group") DO UPDATE SET "order" = excluded."order", "a b" = excluded."a b", "trueup_rows" = excluded."trueup_rows", "trueup_n_a b" = excluded."trueup_n_a b";
INSERT INTO "my table"("from", "group", "order", "a b", "trueup_rows", "trueup_n_a b") VALUES (?1, ?2, ?3, ?4, ?5, ?6), (?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT("from", "group") DO UPDATE SET "order" = excluded."order", "a b" = excluded."a b", "trueup_rows" = excluded."trueup_rows", "trueup_n_a b" = excluded."trueup_n_a b";
DELETE FROM "my table" WHERE ("from" = ?1 AND "group" = ?2);
DELETE FROM "my table" WHERE ("from" = ?1 AND "group" IS NULL) OR ("from" = ?2 AND "group" IS NULL);
SELECT 1, NULL, NULL, NULL, "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1 AND "group" = ?2;
SELECT 1, NULL, NULL, NULL, "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1 AND "group" IS NULL UNION ALL SELECT 2, NULL, NULL, NULL, "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?2 AND "group" IS NULL;
SELECT given."trueup_n", NULL, NULL, NULL, stored."trueup_rows", stored."order", NULL, NULL, stored."a b", stored."trueup_n_a b", NULL FROM rows(?1) AS given JOIN "my table" AS stored ON stored."from" = given."from" AND stored."group" = given."group";
SELECT given."trueup_n", NULL, NULL, NULL, stored."trueup_rows", stored."order", NULL, NULL, stored."a b", stored."trueup_n_a b", NULL FROM rows(?1) AS given JOIN "my table" AS stored ON stored."from" = given."from" AND stored."group" IS NULL;
UPDATE "my table" AS stored SET "order" = given."order", "a b" = given."a b", "trueup_rows" = given."trueup_rows", "trueup_n_a b" = given."trueup_n_a b" FROM rows(?1) AS given WHERE stored."from" = given."from" AND stored."group" = given."group";
UPDATE "my table" AS stored SET "order" = given."order", "a b" = given."a b", "trueup_rows" = given."trueup_rows", "trueup_n_a b" = given."trueup_n_a b" FROM rows(?1) AS given WHERE stored."from" = given."from" AND stored."group" IS NULL;
DELETE FROM "my table" AS stored USING rows(?1) AS given WHERE stored."from" = given."from" AND stored."group" = given."group";
DELETE FROM "my table" AS stored USING rows(?1) AS given WHERE stored."from" = given."from" AND stored."group" IS NULL;
UPDATE ONLY "my table" AS stored SET "order" = given."order", "a b" = given."a b", "trueup_rows" = given."trueup_rows", "trueup_n_a b" = given."trueup_n_a b" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
UPDATE ONLY "my table" AS stored SET "order" = given."order", "a b" = given."a b", "trueup_rows" = given."trueup_rows", "trueup_n_a b" = given."trueup_n_a b" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1 UNION ALL SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?2;
SELECT NULL, NULL, stored."from", stored."group", stored."trueup_rows", stored."order", NULL, NULL, stored."a b", stored."trueup_n_a b", NULL FROM rows(?1) AS given JOIN "my table" AS stored ON stored."from" = given."from";
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" >= ?1 AND "from" < ?2;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table";
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE ("from" >= ?1 AND "from" < ?2) OR ("from" >= ?3 AND "from" < ?4);

-- source, names that need quotes
SELECT (day), (town), (delay) FROM "shop"."flight" AS "flight";
SELECT (day), (town), (delay) FROM "shop"."flight" AS "flight" WHERE (day) >= ?1 AND (day) < ?2;
SELECT (day), (town), (delay), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight IN (-1, 1);
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight = 0;
SELECT NULL, (day), 0 FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;

-- summary table, a name that is long
CREATE TABLE "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" ("bucket" date, "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" text COLLATE "C", "n" bigint, "trueup_rows" bigint);
CREATE UNIQUE INDEX "trueup_key_a_name_of_a_table_that_is_as_long_as_any_da_aa2b90e7" ON "a_name_of_a_table_that_is_as_long_as_any_database_takes_names"("bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them") NULLS NOT DISTINCT;
INSERT INTO "a_name_of_a_table_that_is_as_long_as_any_database_takes_names"("bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "n", "trueup_rows") VALUES (?1, ?2, ?3, ?4) ON CONFLICT("bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them") DO UPDATE SET "n" = excluded."n", "trueup_rows" = excluded."trueup_rows";
INSERT INTO "a_name_of_a_table_that_is_as_long_as_any_database_takes_names"("bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "n", "trueup_rows") VALUES (?1, ?2, ?3, ?4), (?5, ?6, ?7, ?8) ON CONFLICT("bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them") DO UPDATE SET "n" = excluded."n", "trueup_rows" = excluded."trueup_rows";
DELETE FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE ("bucket" = ?1 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" = ?2);
DELETE FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE ("bucket" = ?1 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL) OR ("bucket" = ?2 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL);
SELECT 1, NULL, NULL, NULL, "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?1 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" = ?2;
SELECT 1, NULL, NULL, NULL, "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?1 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL UNION ALL SELECT 2, NULL, NULL, NULL, "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?2 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL;
SELECT given."trueup_n", NULL, NULL, NULL, stored."trueup_rows", stored."n", NULL, NULL FROM rows(?1) AS given JOIN "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" AS stored ON stored."bucket" = given."bucket" AND stored."a_name_of_a_column_that_is_as_long_as_any_database_takes_them" = given."a_name_of_a_column_that_is_as_long_as_any_database_takes_them";
SELECT given."trueup_n", NULL, NULL, NULL, stored."trueup_rows", stored."n", NULL, NULL FROM rows(?1) AS given JOIN "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" AS stored ON stored."bucket" = given."bucket" AND stored."a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL;
UPDATE "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" AS stored SET "n" = given."n", "trueup_rows" = given."trueup_rows" FROM rows(?1) AS given WHERE stored."bucket" = given."bucket" AND stored."a_name_of_a_column_that_is_as_long_as_any_database_takes_them" = given."a_name_of_a_column_that_is_as_long_as_any_database_takes_them";
UPDATE "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" AS stored SET "n" = given."n", "trueup_rows" = given."trueup_rows" FROM rows(?1) AS given WHERE stored."bucket" = given."bucket" AND stored."a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL;
DELETE FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" AS stored USING rows(?1) AS given WHERE stored."bucket" = given."bucket" AND stored."a_name_of_a_column_that_is_as_long_as_any_database_takes_them" = given."a_name_of_a_column_that_is_as_long_as_any_database_takes_them";
DELETE FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" AS stored USING rows(?1) AS given WHERE stored."bucket" = given."bucket" AND stored."a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL;
UPDATE ONLY "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" AS stored SET "n" = given."n", "trueup_rows" = given."trueup_rows" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
UPDATE ONLY "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" AS stored SET "n" = given."n", "trueup_rows" = given."trueup_rows" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?1;
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?1 UNION ALL SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?2;
SELECT NULL, NULL, stored."bucket", stored."a_name_of_a_column_that_is_as_long_as_any_database_takes_them", stored."trueup_rows", stored."n", NULL, NULL FROM rows(?1) AS given JOIN "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" AS stored ON stored."bucket" = given."bucket";
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names";
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE ("bucket" >= ?1 AND "bucket" < ?2) OR ("bucket" >= ?3 AND "bucket" < ?4);

-- source, a name that is long
SELECT (day), (town) FROM "shop"."flight" AS "flight";
SELECT (day), (town) FROM "shop"."flight" AS "flight" WHERE (day) >= ?1 AND (day) < ?2;
SELECT (day), (town), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight IN (-1, 1);
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight = 0;
SELECT NULL, (day), 0 FROM "trueup_change_shop_flight" AS "flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2;

-- summary table, joined
CREATE TABLE "s_day" ("tenant" text COLLATE "C", "bucket" date, "n" bigint, PRIMARY KEY ("tenant", "bucket"));
INSERT INTO "s_day"("tenant", "bucket", "n") VALUES (?1, ?2, ?3) ON CONFLICT("tenant", "bucket") DO UPDATE SET "n" = excluded."n";
INSERT INTO "s_day"("tenant", "bucket", "n") VALUES (?1, ?2, ?3), (?4, ?5, ?6) ON CONFLICT("tenant", "bucket") DO UPDATE SET "n" = excluded."n";
DELETE FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2);
SELECT 1, NULL, NULL, NULL, "n", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT given."trueup_n", NULL, NULL, NULL, stored."n", NULL, NULL FROM rows(?1) AS given JOIN "s_day" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket";
UPDATE "s_day" AS stored SET "n" = given."n" FROM rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket";
DELETE FROM "s_day" AS stored USING rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket";
UPDATE ONLY "s_day" AS stored SET "n" = given."n" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 UNION ALL SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "tenant" = ?3 AND "bucket" = ?4;
SELECT NULL, stored."tenant", stored."bucket", NULL, stored."n", NULL, NULL FROM rows(?1) AS given JOIN "s_day" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket";
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day";
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3;
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3) OR ("tenant" = ?4 AND "bucket" >= ?5 AND "bucket" < ?6);

-- source, joined
SELECT (f.origin), (f.local) FROM "shop"."flight" AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note) WHERE (f.delay > 0);
SELECT (f.origin), (f.local) FROM "shop"."flight" AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note) WHERE (f.delay > 0) AND (f.local) >= ?1 AND (f.local) < ?2;
SELECT (f.origin), (f.local) FROM "shop"."flight" AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note) WHERE (f.delay > 0) AND (f.origin) = ?1;
SELECT (f.origin), (f.local) FROM "shop"."flight" AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note) WHERE (f.delay > 0) AND (f.origin) = ?1 AND (f.local) >= ?2 AND (f.local) < ?3;
SELECT (f.origin), (f.local) FROM "shop"."flight" AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note) WHERE (f.delay > 0) AND (f.origin) IN (?1, ?2, ?3) AND (f.local) >= ?4 AND (f.local) < ?5;
SELECT (f.origin), (f.local), 0 FROM (SELECT "local", "note", "origin", "town" FROM "trueup_change_shop_flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2) AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note);
SELECT (f.origin), (f.local), 0 FROM (SELECT "local", "note", "origin", "town" FROM "trueup_change_shop_flight") AS "f" JOIN (SELECT "iata" FROM "trueup_change_airport" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2) AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note);
SELECT (f.origin), (f.local), 0 FROM (SELECT "local", "note", "origin", "town" FROM "trueup_change_shop_flight") AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) JOIN (SELECT "iata" FROM "trueup_change_airport" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2) AS "b" ON (b.iata = f.note);

-- summary table, joined by numbers
CREATE TABLE "s_day" ("bucket" date, "n" bigint, PRIMARY KEY ("bucket"));
INSERT INTO "s_day"("bucket", "n") VALUES (?1, ?2) ON CONFLICT("bucket") DO UPDATE SET "n" = excluded."n";
INSERT INTO "s_day"("bucket", "n") VALUES (?1, ?2), (?3, ?4) ON CONFLICT("bucket") DO UPDATE SET "n" = excluded."n";
DELETE FROM "s_day" WHERE ("bucket" = ?1);
SELECT 1, NULL, NULL, NULL, "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1;
SELECT given."trueup_n", NULL, NULL, NULL, stored."n", NULL, NULL FROM rows(?1) AS given JOIN "s_day" AS stored ON stored."bucket" = given."bucket";
UPDATE "s_day" AS stored SET "n" = given."n" FROM rows(?1) AS given WHERE stored."bucket" = given."bucket";
DELETE FROM "s_day" AS stored USING rows(?1) AS given WHERE stored."bucket" = given."bucket";
UPDATE ONLY "s_day" AS stored SET "n" = given."n" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid";
SELECT NULL, NULL, "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1;
SELECT NULL, NULL, "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1 UNION ALL SELECT NULL, NULL, "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?2;
SELECT NULL, NULL, stored."bucket", NULL, stored."n", NULL, NULL FROM rows(?1) AS given JOIN "s_day" AS stored ON stored."bucket" = given."bucket";
SELECT NULL, NULL, "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, NULL, "bucket", NULL, "n", NULL, NULL FROM "s_day";
SELECT NULL, NULL, "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE ("bucket" >= ?1 AND "bucket" < ?2) OR ("bucket" >= ?3 AND "bucket" < ?4);

-- source, joined by numbers
SELECT (f.at) FROM "shop"."flight" AS "f" JOIN "shop"."flight" AS "g" ON (g.delay = f.delay) WHERE (g.fare > 0);
SELECT (f.at) FROM "shop"."flight" AS "f" JOIN "shop"."flight" AS "g" ON (g.delay = f.delay) WHERE (g.fare > 0) AND (f.at) >= ?1 AND (f.at) < ?2;
SELECT NULL, (f.at), 0 FROM (SELECT DISTINCT "at", "delay" FROM "trueup_change_shop_flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2) AS "f" JOIN "shop"."flight" AS "g" ON (g.delay = f.delay);
SELECT NULL, (f.at), 0 FROM (SELECT DISTINCT "at", "delay" FROM "trueup_change_shop_flight") AS "f" JOIN (SELECT DISTINCT "at", "delay" FROM "trueup_change_shop_flight" WHERE ctid >= ?1 AND ctid <= ?2 AND trueup_weight <> 2) AS "g" ON (g.delay = f.delay);

-- existing, complete
ALTER TABLE "s_day" ADD COLUMN "trueup_rows" bigint;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_total" bigint;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_mean" bigint;
ALTER TABLE "s_day" ADD COLUMN "trueup_sum_mean" numeric;
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("shop", "bucket", "kind") NULLS NOT DISTINCT;

-- existing, without measures
ALTER TABLE "s_day" ADD COLUMN "n" bigint;
ALTER TABLE "s_day" ADD COLUMN "total" numeric;
ALTER TABLE "s_day" ADD COLUMN "mean" numeric;
ALTER TABLE "s_day" ADD COLUMN "trueup_rows" bigint;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_total" bigint;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_mean" bigint;
ALTER TABLE "s_day" ADD COLUMN "trueup_sum_mean" numeric;
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("shop", "bucket", "kind") NULLS NOT DISTINCT;

-- trueup's own, plain
CREATE TABLE IF NOT EXISTS trueup_spec(digest text COLLATE "C" NOT NULL, version text COLLATE "C" NOT NULL, applied_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS trueup_group(name text COLLATE "C" NOT NULL PRIMARY KEY, turn bigint NOT NULL, schema_version bigint, worker text COLLATE "C");
CREATE TABLE IF NOT EXISTS trueup_table(name text COLLATE "C" NOT NULL PRIMARY KEY, group_name text COLLATE "C" NOT NULL, triggers text COLLATE "C" NOT NULL, made_in text COLLATE "C", identity text COLLATE "C", unguarded_since timestamptz, released_at timestamptz, problem text COLLATE "C");
CREATE TABLE IF NOT EXISTS trueup_summary(name text COLLATE "C" NOT NULL PRIMARY KEY, group_name text COLLATE "C" NOT NULL, definition text COLLATE "C" NOT NULL, drift bigint NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS trueup_kept(name text COLLATE "C" NOT NULL PRIMARY KEY, summary text COLLATE "C" NOT NULL, "key" text COLLATE "C" NOT NULL, is_made bigint NOT NULL);
CREATE TABLE IF NOT EXISTS trueup_source(name text COLLATE "C" NOT NULL PRIMARY KEY, group_name text COLLATE "C" NOT NULL, without_tenant bigint NOT NULL DEFAULT 0, without_time bigint NOT NULL DEFAULT 0, of_unknown_tenants bigint NOT NULL DEFAULT 0, counted_at timestamptz);
CREATE TABLE IF NOT EXISTS trueup_build(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, summary text COLLATE "C" NOT NULL, tenant text COLLATE "C", tenant_key text COLLATE "C" NOT NULL, below bigint NOT NULL, is_dropping bigint NOT NULL, run_id bigint);
CREATE TABLE IF NOT EXISTS trueup_tenant(group_name text COLLATE "C" NOT NULL, tenant text COLLATE "C", tenant_key text COLLATE "C" NOT NULL, time_zone text COLLATE "C", error text COLLATE "C");
CREATE TABLE IF NOT EXISTS trueup_zone(name text COLLATE "C" NOT NULL PRIMARY KEY, digest text COLLATE "C" NOT NULL);
CREATE TABLE IF NOT EXISTS trueup_rules(name text COLLATE "C" NOT NULL PRIMARY KEY, digest text COLLATE "C" NOT NULL, rules text COLLATE "C" NOT NULL, edition text COLLATE "C", dated_us bigint NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS trueup_rezone(id bigint NOT NULL PRIMARY KEY, zone text COLLATE "C" NOT NULL, rules text COLLATE "C" NOT NULL);
CREATE TABLE IF NOT EXISTS trueup_notice(group_name text COLLATE "C" NOT NULL PRIMARY KEY, given bigint NOT NULL, taken bigint NOT NULL);
CREATE TABLE IF NOT EXISTS trueup_pending(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, source text COLLATE "C" NOT NULL, summary text COLLATE "C" NOT NULL, tenant text COLLATE "C", tenant_key text COLLATE "C" NOT NULL, bucket text COLLATE "C" NOT NULL, attempts bigint NOT NULL DEFAULT 0, next_attempt_at timestamptz, error text COLLATE "C", noted_at timestamptz NOT NULL, UNIQUE (source, summary, tenant_key, bucket));
CREATE TABLE IF NOT EXISTS trueup_night(summary text COLLATE "C" NOT NULL, zone text COLLATE "C" NOT NULL, night bigint NOT NULL, PRIMARY KEY (summary, zone));
CREATE TABLE IF NOT EXISTS trueup_moment(kind text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (kind, name));
CREATE TABLE IF NOT EXISTS trueup_present(name text COLLATE "C" NOT NULL PRIMARY KEY, since timestamptz NOT NULL, seen_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS trueup_run(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, kind text COLLATE "C" NOT NULL, summary text COLLATE "C", tenant text COLLATE "C", range_from date, range_to date, status text COLLATE "C" NOT NULL, started_at timestamptz NOT NULL, finished_at timestamptz, rows_read bigint NOT NULL DEFAULT 0, cells_written bigint NOT NULL DEFAULT 0, cells_drifted bigint NOT NULL DEFAULT 0, worker text COLLATE "C", error text COLLATE "C");
CREATE TABLE IF NOT EXISTS trueup_job(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, kind text COLLATE "C" NOT NULL, summary text COLLATE "C", tenant text COLLATE "C", range_from date, range_to date, status text COLLATE "C" NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')), progress double precision NOT NULL DEFAULT 0, attempts bigint NOT NULL DEFAULT 0, requested_by text COLLATE "C", requested_at timestamptz NOT NULL DEFAULT (pg_catalog.clock_timestamp()), started_at timestamptz, finished_at timestamptz, seconds double precision, error text COLLATE "C", worker text COLLATE "C", next_attempt_at timestamptz, is_cancelling bigint NOT NULL DEFAULT 0, claim bigint NOT NULL DEFAULT 0, served bigint NOT NULL DEFAULT 0, beat_at timestamptz, groups_done text COLLATE "C", reached bigint, run_id bigint);
CREATE TABLE IF NOT EXISTS trueup_worked(job bigint NOT NULL PRIMARY KEY, deaths bigint NOT NULL, cells_checked bigint NOT NULL);
CREATE TABLE IF NOT EXISTS trueup_pause(summary text COLLATE "C" NOT NULL PRIMARY KEY, paused_at timestamptz NOT NULL DEFAULT (pg_catalog.clock_timestamp()), paused_by text COLLATE "C");
CREATE TABLE IF NOT EXISTS trueup_boundary(summary text COLLATE "C" NOT NULL, grain text COLLATE "C" NOT NULL, removed_below bigint, cleared_below bigint, sealed_below bigint, to_removed bigint NOT NULL DEFAULT 0, to_sealed bigint NOT NULL DEFAULT 0, first_to_sealed_at timestamptz, PRIMARY KEY (summary, grain));
CREATE TABLE IF NOT EXISTS trueup_part(table_name text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, identity text COLLATE "C" NOT NULL, column_name text COLLATE "C", range_from bigint, range_to bigint, PRIMARY KEY (table_name, name));
CREATE TABLE IF NOT EXISTS trueup_failing(summary text COLLATE "C" NOT NULL, series text COLLATE "C" NOT NULL, error text COLLATE "C" NOT NULL, since timestamptz NOT NULL, PRIMARY KEY (summary, series));
CREATE TABLE IF NOT EXISTS trueup_keyed(name text COLLATE "C" NOT NULL PRIMARY KEY, state_table text COLLATE "C" NOT NULL, state_view text COLLATE "C" NOT NULL, view_text text COLLATE "C", listing_since timestamptz);
CREATE VIEW trueup_parked AS SELECT summary, tenant, bucket, NULL AS "key", attempts, next_attempt_at, error FROM trueup_pending WHERE error IS NOT NULL;

-- trueup's own, in a schema
CREATE SCHEMA IF NOT EXISTS "trueup";
CREATE TABLE IF NOT EXISTS "trueup"."trueup_spec"(digest text COLLATE "C" NOT NULL, version text COLLATE "C" NOT NULL, applied_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_group"(name text COLLATE "C" NOT NULL PRIMARY KEY, turn bigint NOT NULL, schema_version bigint, worker text COLLATE "C");
CREATE TABLE IF NOT EXISTS "trueup"."trueup_table"(name text COLLATE "C" NOT NULL PRIMARY KEY, group_name text COLLATE "C" NOT NULL, triggers text COLLATE "C" NOT NULL, made_in text COLLATE "C", identity text COLLATE "C", unguarded_since timestamptz, released_at timestamptz, problem text COLLATE "C");
CREATE TABLE IF NOT EXISTS "trueup"."trueup_summary"(name text COLLATE "C" NOT NULL PRIMARY KEY, group_name text COLLATE "C" NOT NULL, definition text COLLATE "C" NOT NULL, drift bigint NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_kept"(name text COLLATE "C" NOT NULL PRIMARY KEY, summary text COLLATE "C" NOT NULL, "key" text COLLATE "C" NOT NULL, is_made bigint NOT NULL);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_source"(name text COLLATE "C" NOT NULL PRIMARY KEY, group_name text COLLATE "C" NOT NULL, without_tenant bigint NOT NULL DEFAULT 0, without_time bigint NOT NULL DEFAULT 0, of_unknown_tenants bigint NOT NULL DEFAULT 0, counted_at timestamptz);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_build"(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, summary text COLLATE "C" NOT NULL, tenant text COLLATE "C", tenant_key text COLLATE "C" NOT NULL, below bigint NOT NULL, is_dropping bigint NOT NULL, run_id bigint);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_tenant"(group_name text COLLATE "C" NOT NULL, tenant text COLLATE "C", tenant_key text COLLATE "C" NOT NULL, time_zone text COLLATE "C", error text COLLATE "C");
CREATE TABLE IF NOT EXISTS "trueup"."trueup_zone"(name text COLLATE "C" NOT NULL PRIMARY KEY, digest text COLLATE "C" NOT NULL);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_rules"(name text COLLATE "C" NOT NULL PRIMARY KEY, digest text COLLATE "C" NOT NULL, rules text COLLATE "C" NOT NULL, edition text COLLATE "C", dated_us bigint NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_rezone"(id bigint NOT NULL PRIMARY KEY, zone text COLLATE "C" NOT NULL, rules text COLLATE "C" NOT NULL);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_notice"(group_name text COLLATE "C" NOT NULL PRIMARY KEY, given bigint NOT NULL, taken bigint NOT NULL);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_pending"(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, source text COLLATE "C" NOT NULL, summary text COLLATE "C" NOT NULL, tenant text COLLATE "C", tenant_key text COLLATE "C" NOT NULL, bucket text COLLATE "C" NOT NULL, attempts bigint NOT NULL DEFAULT 0, next_attempt_at timestamptz, error text COLLATE "C", noted_at timestamptz NOT NULL, UNIQUE (source, summary, tenant_key, bucket));
CREATE TABLE IF NOT EXISTS "trueup"."trueup_night"(summary text COLLATE "C" NOT NULL, zone text COLLATE "C" NOT NULL, night bigint NOT NULL, PRIMARY KEY (summary, zone));
CREATE TABLE IF NOT EXISTS "trueup"."trueup_moment"(kind text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (kind, name));
CREATE TABLE IF NOT EXISTS "trueup"."trueup_present"(name text COLLATE "C" NOT NULL PRIMARY KEY, since timestamptz NOT NULL, seen_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_run"(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, kind text COLLATE "C" NOT NULL, summary text COLLATE "C", tenant text COLLATE "C", range_from date, range_to date, status text COLLATE "C" NOT NULL, started_at timestamptz NOT NULL, finished_at timestamptz, rows_read bigint NOT NULL DEFAULT 0, cells_written bigint NOT NULL DEFAULT 0, cells_drifted bigint NOT NULL DEFAULT 0, worker text COLLATE "C", error text COLLATE "C");
CREATE TABLE IF NOT EXISTS "trueup"."trueup_job"(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, kind text COLLATE "C" NOT NULL, summary text COLLATE "C", tenant text COLLATE "C", range_from date, range_to date, status text COLLATE "C" NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')), progress double precision NOT NULL DEFAULT 0, attempts bigint NOT NULL DEFAULT 0, requested_by text COLLATE "C", requested_at timestamptz NOT NULL DEFAULT (pg_catalog.clock_timestamp()), started_at timestamptz, finished_at timestamptz, seconds double precision, error text COLLATE "C", worker text COLLATE "C", next_attempt_at timestamptz, is_cancelling bigint NOT NULL DEFAULT 0, claim bigint NOT NULL DEFAULT 0, served bigint NOT NULL DEFAULT 0, beat_at timestamptz, groups_done text COLLATE "C", reached bigint, run_id bigint);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_worked"(job bigint NOT NULL PRIMARY KEY, deaths bigint NOT NULL, cells_checked bigint NOT NULL);
CREATE TABLE IF NOT EXISTS "trueup"."trueup_pause"(summary text COLLATE "C" NOT NULL PRIMARY KEY, paused_at timestamptz NOT NULL DEFAULT (pg_catalog.clock_timestamp()), paused_by text COLLATE "C");
CREATE TABLE IF NOT EXISTS "trueup"."trueup_boundary"(summary text COLLATE "C" NOT NULL, grain text COLLATE "C" NOT NULL, removed_below bigint, cleared_below bigint, sealed_below bigint, to_removed bigint NOT NULL DEFAULT 0, to_sealed bigint NOT NULL DEFAULT 0, first_to_sealed_at timestamptz, PRIMARY KEY (summary, grain));
CREATE TABLE IF NOT EXISTS "trueup"."trueup_part"(table_name text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, identity text COLLATE "C" NOT NULL, column_name text COLLATE "C", range_from bigint, range_to bigint, PRIMARY KEY (table_name, name));
CREATE TABLE IF NOT EXISTS "trueup"."trueup_failing"(summary text COLLATE "C" NOT NULL, series text COLLATE "C" NOT NULL, error text COLLATE "C" NOT NULL, since timestamptz NOT NULL, PRIMARY KEY (summary, series));
CREATE TABLE IF NOT EXISTS "trueup"."trueup_keyed"(name text COLLATE "C" NOT NULL PRIMARY KEY, state_table text COLLATE "C" NOT NULL, state_view text COLLATE "C" NOT NULL, view_text text COLLATE "C", listing_since timestamptz);
CREATE VIEW "trueup"."trueup_parked" AS SELECT summary, tenant, bucket, NULL AS "key", attempts, next_attempt_at, error FROM "trueup"."trueup_pending" WHERE error IS NOT NULL;

-- capture, plain
CREATE TABLE "trueup_change_shop_flight" (trueup_weight smallint, "any" numeric, "at" timestamp with time zone, "delay" integer, "fare" numeric, "is_late" boolean, "kind" shop.kind, "note" text, "origin" text, "rate" numeric);
CREATE OR REPLACE FUNCTION "public"."trueup_insert_shop_flight"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $trueup$
#variable_conflict use_column
DECLARE
    fits boolean;
BEGIN
    BEGIN
        fits := TG_RELID = '"shop"."flight"'::pg_catalog.regclass
            AND '"public"."trueup_change_shop_flight"'::pg_catalog.regclass IS NOT NULL
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."rate") = 'numeric'::pg_catalog.regtype;
    EXCEPTION WHEN OTHERS THEN fits := false;
    END;
    IF NOT fits THEN
        IF TG_NARGS > 0 AND coalesce(pg_catalog.pg_partition_root(TG_RELID), TG_RELID) = TG_RELID THEN
            RETURN NULL;
        END IF;
        fits := NULL;
        BEGIN
            SELECT true
            AND pg_catalog.pg_typeof(r."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."rate") = 'numeric'::pg_catalog.regtype
            INTO fits FROM trueup_new r WHERE pg_catalog.to_regclass('"public"."trueup_change_shop_flight"') IS NOT NULL LIMIT 1;
        EXCEPTION WHEN OTHERS THEN
            fits := pg_catalog.to_regclass('"public"."trueup_change_shop_flight"') IS NULL AND NULL;
        END;
        IF fits AND TG_NARGS > 0 AND (pg_catalog.pg_partition_root(TG_RELID) = pg_catalog.to_regclass('"shop"."flight"')) IS NOT TRUE THEN
            fits := false;
        END IF;
    END IF;
    IF fits THEN
        INSERT INTO "public"."trueup_change_shop_flight" (trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        SELECT 1, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_new r;
    ELSIF NOT fits THEN
        INSERT INTO "public"."trueup_change_shop_flight" (trueup_weight) VALUES (2);
    END IF;
    RETURN NULL;
END
$trueup$;
REVOKE ALL ON FUNCTION "public"."trueup_insert_shop_flight"() FROM PUBLIC;
CREATE OR REPLACE TRIGGER "trueup_insert_shop_flight" AFTER INSERT ON "shop"."flight" REFERENCING NEW TABLE AS trueup_new FOR EACH STATEMENT EXECUTE FUNCTION "public"."trueup_insert_shop_flight"();
ALTER TABLE ONLY "shop"."flight" ENABLE ALWAYS TRIGGER "trueup_insert_shop_flight";
CREATE OR REPLACE FUNCTION "public"."trueup_update_shop_flight"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $trueup$
#variable_conflict use_column
DECLARE
    fits boolean;
    is_one boolean;
BEGIN
    BEGIN
        fits := TG_RELID = '"shop"."flight"'::pg_catalog.regclass
            AND '"public"."trueup_change_shop_flight"'::pg_catalog.regclass IS NOT NULL
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."rate") = 'numeric'::pg_catalog.regtype;
    EXCEPTION WHEN OTHERS THEN fits := false;
    END;
    IF NOT fits THEN
        IF TG_NARGS > 0 AND coalesce(pg_catalog.pg_partition_root(TG_RELID), TG_RELID) = TG_RELID THEN
            RETURN NULL;
        END IF;
        fits := NULL;
        BEGIN
            SELECT true
            AND pg_catalog.pg_typeof(r."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."rate") = 'numeric'::pg_catalog.regtype
            INTO fits FROM trueup_new r WHERE pg_catalog.to_regclass('"public"."trueup_change_shop_flight"') IS NOT NULL LIMIT 1;
        EXCEPTION WHEN OTHERS THEN
            fits := pg_catalog.to_regclass('"public"."trueup_change_shop_flight"') IS NULL AND NULL;
        END;
        IF fits AND TG_NARGS > 0 AND (pg_catalog.pg_partition_root(TG_RELID) = pg_catalog.to_regclass('"shop"."flight"')) IS NOT TRUE THEN
            fits := false;
        END IF;
    END IF;
    IF fits THEN
        SELECT EXISTS (SELECT FROM trueup_old) AND EXISTS (SELECT FROM trueup_new)
            AND NOT EXISTS (SELECT FROM trueup_old OFFSET 1)
            AND NOT EXISTS (SELECT FROM trueup_new OFFSET 1) INTO is_one;
    END IF;
    IF fits AND is_one THEN
        INSERT INTO "public"."trueup_change_shop_flight" (trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        SELECT i.trueup_weight, i."any", i."at", i."delay", i."fare", i."is_late", i."kind", i."note", i."origin", i."rate" FROM (SELECT 1 AS trueup_n, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_old r) trueup_was
        CROSS JOIN (SELECT 1 AS trueup_n, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_new r) trueup_is
        CROSS JOIN LATERAL (VALUES (-1, trueup_was.trueup_n, trueup_was."any", trueup_was."at", trueup_was."delay", trueup_was."fare", trueup_was."is_late", trueup_was."kind", trueup_was."note", trueup_was."origin", trueup_was."rate"), (1, trueup_is.trueup_n, trueup_is."any", trueup_is."at", trueup_is."delay", trueup_is."fare", trueup_is."is_late", trueup_is."kind", trueup_is."note", trueup_is."origin", trueup_is."rate")) i(trueup_weight, trueup_n, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        WHERE i.trueup_n IS NOT NULL AND (trueup_was.trueup_n IS NULL OR trueup_is.trueup_n IS NULL
            OR trueup_was OPERATOR(pg_catalog.*<>) trueup_is);
    ELSIF fits THEN
        INSERT INTO "public"."trueup_change_shop_flight" (trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        SELECT i.trueup_weight, i."any", i."at", i."delay", i."fare", i."is_late", i."kind", i."note", i."origin", i."rate" FROM (SELECT pg_catalog.row_number() OVER () AS trueup_n, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_old r) trueup_was
        FULL JOIN (SELECT pg_catalog.row_number() OVER () AS trueup_n, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_new r) trueup_is ON trueup_is.trueup_n = trueup_was.trueup_n
        CROSS JOIN LATERAL (VALUES (-1, trueup_was.trueup_n, trueup_was."any", trueup_was."at", trueup_was."delay", trueup_was."fare", trueup_was."is_late", trueup_was."kind", trueup_was."note", trueup_was."origin", trueup_was."rate"), (1, trueup_is.trueup_n, trueup_is."any", trueup_is."at", trueup_is."delay", trueup_is."fare", trueup_is."is_late", trueup_is."kind", trueup_is."note", trueup_is."origin", trueup_is."rate")) i(trueup_weight, trueup_n, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        WHERE i.trueup_n IS NOT NULL AND (trueup_was.trueup_n IS NULL OR trueup_is.trueup_n IS NULL
            OR trueup_was OPERATOR(pg_catalog.*<>) trueup_is);
    ELSIF NOT fits THEN
        INSERT INTO "public"."trueup_change_shop_flight" (trueup_weight) VALUES (2);
    END IF;
    RETURN NULL;
END
$trueup$;
REVOKE ALL ON FUNCTION "public"."trueup_update_shop_flight"() FROM PUBLIC;
CREATE OR REPLACE TRIGGER "trueup_update_shop_flight" AFTER UPDATE ON "shop"."flight" REFERENCING OLD TABLE AS trueup_old NEW TABLE AS trueup_new FOR EACH STATEMENT EXECUTE FUNCTION "public"."trueup_update_shop_flight"();
ALTER TABLE ONLY "shop"."flight" ENABLE ALWAYS TRIGGER "trueup_update_shop_flight";
CREATE OR REPLACE FUNCTION "public"."trueup_delete_shop_flight"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $trueup$
#variable_conflict use_column
DECLARE
    fits boolean;
BEGIN
    BEGIN
        fits := TG_RELID = '"shop"."flight"'::pg_catalog.regclass
            AND '"public"."trueup_change_shop_flight"'::pg_catalog.regclass IS NOT NULL
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."rate") = 'numeric'::pg_catalog.regtype;
    EXCEPTION WHEN OTHERS THEN fits := false;
    END;
    IF NOT fits THEN
        IF TG_NARGS > 0 AND coalesce(pg_catalog.pg_partition_root(TG_RELID), TG_RELID) = TG_RELID THEN
            RETURN NULL;
        END IF;
        fits := NULL;
        BEGIN
            SELECT true
            AND pg_catalog.pg_typeof(r."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."rate") = 'numeric'::pg_catalog.regtype
            INTO fits FROM trueup_old r WHERE pg_catalog.to_regclass('"public"."trueup_change_shop_flight"') IS NOT NULL LIMIT 1;
        EXCEPTION WHEN OTHERS THEN
            fits := pg_catalog.to_regclass('"public"."trueup_change_shop_flight"') IS NULL AND NULL;
        END;
        IF fits AND TG_NARGS > 0 AND (pg_catalog.pg_partition_root(TG_RELID) = pg_catalog.to_regclass('"shop"."flight"')) IS NOT TRUE THEN
            fits := false;
        END IF;
    END IF;
    IF fits THEN
        INSERT INTO "public"."trueup_change_shop_flight" (trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        SELECT -1, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_old r;
    ELSIF NOT fits THEN
        INSERT INTO "public"."trueup_change_shop_flight" (trueup_weight) VALUES (2);
    END IF;
    RETURN NULL;
END
$trueup$;
REVOKE ALL ON FUNCTION "public"."trueup_delete_shop_flight"() FROM PUBLIC;
CREATE OR REPLACE TRIGGER "trueup_delete_shop_flight" AFTER DELETE ON "shop"."flight" REFERENCING OLD TABLE AS trueup_old FOR EACH STATEMENT EXECUTE FUNCTION "public"."trueup_delete_shop_flight"();
ALTER TABLE ONLY "shop"."flight" ENABLE ALWAYS TRIGGER "trueup_delete_shop_flight";
CREATE OR REPLACE FUNCTION "public"."trueup_truncate_shop_flight"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = off AS $trueup$
BEGIN
    IF TG_NARGS > 0 AND coalesce(pg_catalog.pg_partition_root(TG_RELID), TG_RELID) = TG_RELID THEN
        RETURN NULL;
    END IF;
    IF (TG_NARGS > 0 AND (pg_catalog.pg_partition_root(TG_RELID) = pg_catalog.to_regclass('"shop"."flight"')) IS NOT TRUE)
        OR pg_catalog.current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
        OR pg_catalog.pg_relation_size(TG_RELID) > 67108864 THEN
        INSERT INTO "public"."trueup_change_shop_flight" (trueup_weight) VALUES (2);
        RETURN NULL;
    END IF;
    EXECUTE pg_catalog.format('INSERT INTO "public"."trueup_change_shop_flight" (trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate") SELECT -1, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate" FROM ONLY %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME);
    RETURN NULL;
EXCEPTION
    WHEN undefined_table THEN RETURN NULL;
    WHEN undefined_column OR datatype_mismatch OR data_exception OR insufficient_privilege
        OR undefined_function OR undefined_object THEN
        INSERT INTO "public"."trueup_change_shop_flight" (trueup_weight) VALUES (2);
        RETURN NULL;
END
$trueup$;
REVOKE ALL ON FUNCTION "public"."trueup_truncate_shop_flight"() FROM PUBLIC;
CREATE OR REPLACE TRIGGER "trueup_truncate_shop_flight" BEFORE TRUNCATE ON "shop"."flight" FOR EACH STATEMENT EXECUTE FUNCTION "public"."trueup_truncate_shop_flight"();
ALTER TABLE ONLY "shop"."flight" ENABLE ALWAYS TRIGGER "trueup_truncate_shop_flight";
DROP FUNCTION IF EXISTS "public"."trueup_insert_shop_flight"() CASCADE;
DROP FUNCTION IF EXISTS "public"."trueup_update_shop_flight"() CASCADE;
DROP FUNCTION IF EXISTS "public"."trueup_delete_shop_flight"() CASCADE;
DROP FUNCTION IF EXISTS "public"."trueup_truncate_shop_flight"() CASCADE;
DROP TABLE IF EXISTS "trueup_change_shop_flight";

-- capture, in a schema
CREATE TABLE "trueup"."trueup_change_shop_flight" (trueup_weight smallint, "any" numeric, "at" timestamp with time zone, "delay" integer, "fare" numeric, "is_late" boolean, "kind" shop.kind, "note" text, "origin" text, "rate" numeric);
CREATE OR REPLACE FUNCTION "trueup"."trueup_insert_shop_flight"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $trueup$
#variable_conflict use_column
DECLARE
    fits boolean;
BEGIN
    BEGIN
        fits := TG_RELID = '"shop"."flight"'::pg_catalog.regclass
            AND '"trueup"."trueup_change_shop_flight"'::pg_catalog.regclass IS NOT NULL
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."rate") = 'numeric'::pg_catalog.regtype;
    EXCEPTION WHEN OTHERS THEN fits := false;
    END;
    IF NOT fits THEN
        IF TG_NARGS > 0 AND coalesce(pg_catalog.pg_partition_root(TG_RELID), TG_RELID) = TG_RELID THEN
            RETURN NULL;
        END IF;
        fits := NULL;
        BEGIN
            SELECT true
            AND pg_catalog.pg_typeof(r."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."rate") = 'numeric'::pg_catalog.regtype
            INTO fits FROM trueup_new r WHERE pg_catalog.to_regclass('"trueup"."trueup_change_shop_flight"') IS NOT NULL LIMIT 1;
        EXCEPTION WHEN OTHERS THEN
            fits := pg_catalog.to_regclass('"trueup"."trueup_change_shop_flight"') IS NULL AND NULL;
        END;
        IF fits AND TG_NARGS > 0 AND (pg_catalog.pg_partition_root(TG_RELID) = pg_catalog.to_regclass('"shop"."flight"')) IS NOT TRUE THEN
            fits := false;
        END IF;
    END IF;
    IF fits THEN
        INSERT INTO "trueup"."trueup_change_shop_flight" (trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        SELECT 1, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_new r;
    ELSIF NOT fits THEN
        INSERT INTO "trueup"."trueup_change_shop_flight" (trueup_weight) VALUES (2);
    END IF;
    RETURN NULL;
END
$trueup$;
REVOKE ALL ON FUNCTION "trueup"."trueup_insert_shop_flight"() FROM PUBLIC;
CREATE OR REPLACE TRIGGER "trueup_insert_shop_flight" AFTER INSERT ON "shop"."flight" REFERENCING NEW TABLE AS trueup_new FOR EACH STATEMENT EXECUTE FUNCTION "trueup"."trueup_insert_shop_flight"();
ALTER TABLE ONLY "shop"."flight" ENABLE ALWAYS TRIGGER "trueup_insert_shop_flight";
CREATE OR REPLACE FUNCTION "trueup"."trueup_update_shop_flight"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $trueup$
#variable_conflict use_column
DECLARE
    fits boolean;
    is_one boolean;
BEGIN
    BEGIN
        fits := TG_RELID = '"shop"."flight"'::pg_catalog.regclass
            AND '"trueup"."trueup_change_shop_flight"'::pg_catalog.regclass IS NOT NULL
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."rate") = 'numeric'::pg_catalog.regtype;
    EXCEPTION WHEN OTHERS THEN fits := false;
    END;
    IF NOT fits THEN
        IF TG_NARGS > 0 AND coalesce(pg_catalog.pg_partition_root(TG_RELID), TG_RELID) = TG_RELID THEN
            RETURN NULL;
        END IF;
        fits := NULL;
        BEGIN
            SELECT true
            AND pg_catalog.pg_typeof(r."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."rate") = 'numeric'::pg_catalog.regtype
            INTO fits FROM trueup_new r WHERE pg_catalog.to_regclass('"trueup"."trueup_change_shop_flight"') IS NOT NULL LIMIT 1;
        EXCEPTION WHEN OTHERS THEN
            fits := pg_catalog.to_regclass('"trueup"."trueup_change_shop_flight"') IS NULL AND NULL;
        END;
        IF fits AND TG_NARGS > 0 AND (pg_catalog.pg_partition_root(TG_RELID) = pg_catalog.to_regclass('"shop"."flight"')) IS NOT TRUE THEN
            fits := false;
        END IF;
    END IF;
    IF fits THEN
        SELECT EXISTS (SELECT FROM trueup_old) AND EXISTS (SELECT FROM trueup_new)
            AND NOT EXISTS (SELECT FROM trueup_old OFFSET 1)
            AND NOT EXISTS (SELECT FROM trueup_new OFFSET 1) INTO is_one;
    END IF;
    IF fits AND is_one THEN
        INSERT INTO "trueup"."trueup_change_shop_flight" (trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        SELECT i.trueup_weight, i."any", i."at", i."delay", i."fare", i."is_late", i."kind", i."note", i."origin", i."rate" FROM (SELECT 1 AS trueup_n, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_old r) trueup_was
        CROSS JOIN (SELECT 1 AS trueup_n, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_new r) trueup_is
        CROSS JOIN LATERAL (VALUES (-1, trueup_was.trueup_n, trueup_was."any", trueup_was."at", trueup_was."delay", trueup_was."fare", trueup_was."is_late", trueup_was."kind", trueup_was."note", trueup_was."origin", trueup_was."rate"), (1, trueup_is.trueup_n, trueup_is."any", trueup_is."at", trueup_is."delay", trueup_is."fare", trueup_is."is_late", trueup_is."kind", trueup_is."note", trueup_is."origin", trueup_is."rate")) i(trueup_weight, trueup_n, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        WHERE i.trueup_n IS NOT NULL AND (trueup_was.trueup_n IS NULL OR trueup_is.trueup_n IS NULL
            OR trueup_was OPERATOR(pg_catalog.*<>) trueup_is);
    ELSIF fits THEN
        INSERT INTO "trueup"."trueup_change_shop_flight" (trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        SELECT i.trueup_weight, i."any", i."at", i."delay", i."fare", i."is_late", i."kind", i."note", i."origin", i."rate" FROM (SELECT pg_catalog.row_number() OVER () AS trueup_n, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_old r) trueup_was
        FULL JOIN (SELECT pg_catalog.row_number() OVER () AS trueup_n, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_new r) trueup_is ON trueup_is.trueup_n = trueup_was.trueup_n
        CROSS JOIN LATERAL (VALUES (-1, trueup_was.trueup_n, trueup_was."any", trueup_was."at", trueup_was."delay", trueup_was."fare", trueup_was."is_late", trueup_was."kind", trueup_was."note", trueup_was."origin", trueup_was."rate"), (1, trueup_is.trueup_n, trueup_is."any", trueup_is."at", trueup_is."delay", trueup_is."fare", trueup_is."is_late", trueup_is."kind", trueup_is."note", trueup_is."origin", trueup_is."rate")) i(trueup_weight, trueup_n, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        WHERE i.trueup_n IS NOT NULL AND (trueup_was.trueup_n IS NULL OR trueup_is.trueup_n IS NULL
            OR trueup_was OPERATOR(pg_catalog.*<>) trueup_is);
    ELSIF NOT fits THEN
        INSERT INTO "trueup"."trueup_change_shop_flight" (trueup_weight) VALUES (2);
    END IF;
    RETURN NULL;
END
$trueup$;
REVOKE ALL ON FUNCTION "trueup"."trueup_update_shop_flight"() FROM PUBLIC;
CREATE OR REPLACE TRIGGER "trueup_update_shop_flight" AFTER UPDATE ON "shop"."flight" REFERENCING OLD TABLE AS trueup_old NEW TABLE AS trueup_new FOR EACH STATEMENT EXECUTE FUNCTION "trueup"."trueup_update_shop_flight"();
ALTER TABLE ONLY "shop"."flight" ENABLE ALWAYS TRIGGER "trueup_update_shop_flight";
CREATE OR REPLACE FUNCTION "trueup"."trueup_delete_shop_flight"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $trueup$
#variable_conflict use_column
DECLARE
    fits boolean;
BEGIN
    BEGIN
        fits := TG_RELID = '"shop"."flight"'::pg_catalog.regclass
            AND '"trueup"."trueup_change_shop_flight"'::pg_catalog.regclass IS NOT NULL
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof((NULL::"shop"."flight")."rate") = 'numeric'::pg_catalog.regtype;
    EXCEPTION WHEN OTHERS THEN fits := false;
    END;
    IF NOT fits THEN
        IF TG_NARGS > 0 AND coalesce(pg_catalog.pg_partition_root(TG_RELID), TG_RELID) = TG_RELID THEN
            RETURN NULL;
        END IF;
        fits := NULL;
        BEGIN
            SELECT true
            AND pg_catalog.pg_typeof(r."any") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."at") = 'timestamp with time zone'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."delay") = 'integer'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."fare") = 'numeric'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."is_late") = 'boolean'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."kind") = 'shop.kind'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."note") = 'text'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."origin") = 'character varying'::pg_catalog.regtype
            AND pg_catalog.pg_typeof(r."rate") = 'numeric'::pg_catalog.regtype
            INTO fits FROM trueup_old r WHERE pg_catalog.to_regclass('"trueup"."trueup_change_shop_flight"') IS NOT NULL LIMIT 1;
        EXCEPTION WHEN OTHERS THEN
            fits := pg_catalog.to_regclass('"trueup"."trueup_change_shop_flight"') IS NULL AND NULL;
        END;
        IF fits AND TG_NARGS > 0 AND (pg_catalog.pg_partition_root(TG_RELID) = pg_catalog.to_regclass('"shop"."flight"')) IS NOT TRUE THEN
            fits := false;
        END IF;
    END IF;
    IF fits THEN
        INSERT INTO "trueup"."trueup_change_shop_flight" (trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate")
        SELECT -1, r."any", r."at", r."delay", r."fare", r."is_late", r."kind", r."note", r."origin", r."rate" FROM trueup_old r;
    ELSIF NOT fits THEN
        INSERT INTO "trueup"."trueup_change_shop_flight" (trueup_weight) VALUES (2);
    END IF;
    RETURN NULL;
END
$trueup$;
REVOKE ALL ON FUNCTION "trueup"."trueup_delete_shop_flight"() FROM PUBLIC;
CREATE OR REPLACE TRIGGER "trueup_delete_shop_flight" AFTER DELETE ON "shop"."flight" REFERENCING OLD TABLE AS trueup_old FOR EACH STATEMENT EXECUTE FUNCTION "trueup"."trueup_delete_shop_flight"();
ALTER TABLE ONLY "shop"."flight" ENABLE ALWAYS TRIGGER "trueup_delete_shop_flight";
CREATE OR REPLACE FUNCTION "trueup"."trueup_truncate_shop_flight"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = off AS $trueup$
BEGIN
    IF TG_NARGS > 0 AND coalesce(pg_catalog.pg_partition_root(TG_RELID), TG_RELID) = TG_RELID THEN
        RETURN NULL;
    END IF;
    IF (TG_NARGS > 0 AND (pg_catalog.pg_partition_root(TG_RELID) = pg_catalog.to_regclass('"shop"."flight"')) IS NOT TRUE)
        OR pg_catalog.current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
        OR pg_catalog.pg_relation_size(TG_RELID) > 67108864 THEN
        INSERT INTO "trueup"."trueup_change_shop_flight" (trueup_weight) VALUES (2);
        RETURN NULL;
    END IF;
    EXECUTE pg_catalog.format('INSERT INTO "trueup"."trueup_change_shop_flight" (trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate") SELECT -1, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate" FROM ONLY %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME);
    RETURN NULL;
EXCEPTION
    WHEN undefined_table THEN RETURN NULL;
    WHEN undefined_column OR datatype_mismatch OR data_exception OR insufficient_privilege
        OR undefined_function OR undefined_object THEN
        INSERT INTO "trueup"."trueup_change_shop_flight" (trueup_weight) VALUES (2);
        RETURN NULL;
END
$trueup$;
REVOKE ALL ON FUNCTION "trueup"."trueup_truncate_shop_flight"() FROM PUBLIC;
CREATE OR REPLACE TRIGGER "trueup_truncate_shop_flight" BEFORE TRUNCATE ON "shop"."flight" FOR EACH STATEMENT EXECUTE FUNCTION "trueup"."trueup_truncate_shop_flight"();
ALTER TABLE ONLY "shop"."flight" ENABLE ALWAYS TRIGGER "trueup_truncate_shop_flight";
DROP FUNCTION IF EXISTS "trueup"."trueup_insert_shop_flight"() CASCADE;
DROP FUNCTION IF EXISTS "trueup"."trueup_update_shop_flight"() CASCADE;
DROP FUNCTION IF EXISTS "trueup"."trueup_delete_shop_flight"() CASCADE;
DROP FUNCTION IF EXISTS "trueup"."trueup_truncate_shop_flight"() CASCADE;
DROP TABLE IF EXISTS "trueup"."trueup_change_shop_flight";

