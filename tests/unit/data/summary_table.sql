-- wide, folding
CREATE TABLE "s_hour" ("shop", "at" TEXT, "kind", "other", "n" INTEGER, "big" INTEGER, "total" INTEGER, "sure" INTEGER, "any" NUMERIC, "mean" REAL, "trueup_rows" INTEGER, "trueup_n_total" INTEGER, "trueup_n_sure" INTEGER, "trueup_n_any" INTEGER, "trueup_n_mean" INTEGER, "trueup_sum_mean" NUMERIC);
CREATE UNIQUE INDEX "trueup_key_s_hour" ON "s_hour"("shop", "at", ifnull("kind", 0), "kind" IS NULL, ifnull("other", 0), "other" IS NULL);
CREATE TABLE "s_month" ("shop", "month" TEXT, "kind", "other", "n" INTEGER, "big" INTEGER, "total" INTEGER, "sure" INTEGER, "any" NUMERIC, "mean" REAL, "trueup_rows" INTEGER, "trueup_n_total" INTEGER, "trueup_n_sure" INTEGER, "trueup_n_any" INTEGER, "trueup_n_mean" INTEGER, "trueup_sum_mean" NUMERIC);
CREATE UNIQUE INDEX "trueup_key_s_month" ON "s_month"("shop", "month", ifnull("kind", 0), "kind" IS NULL, ifnull("other", 0), "other" IS NULL);
INSERT INTO "s_hour"("shop", "at", "kind", "other", "n", "big", "total", "sure", "any", "mean", "trueup_rows", "trueup_n_total", "trueup_n_sure", "trueup_n_any", "trueup_n_mean", "trueup_sum_mean") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT("shop", "at", ifnull("kind", 0), "kind" IS NULL, ifnull("other", 0), "other" IS NULL) DO UPDATE SET "n" = excluded."n", "big" = excluded."big", "total" = excluded."total", "sure" = excluded."sure", "any" = excluded."any", "mean" = excluded."mean", "trueup_rows" = excluded."trueup_rows", "trueup_n_total" = excluded."trueup_n_total", "trueup_n_sure" = excluded."trueup_n_sure", "trueup_n_any" = excluded."trueup_n_any", "trueup_n_mean" = excluded."trueup_n_mean", "trueup_sum_mean" = excluded."trueup_sum_mean";
INSERT INTO "s_hour"("shop", "at", "kind", "other", "n", "big", "total", "sure", "any", "mean", "trueup_rows", "trueup_n_total", "trueup_n_sure", "trueup_n_any", "trueup_n_mean", "trueup_sum_mean") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16), (?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32) ON CONFLICT("shop", "at", ifnull("kind", 0), "kind" IS NULL, ifnull("other", 0), "other" IS NULL) DO UPDATE SET "n" = excluded."n", "big" = excluded."big", "total" = excluded."total", "sure" = excluded."sure", "any" = excluded."any", "mean" = excluded."mean", "trueup_rows" = excluded."trueup_rows", "trueup_n_total" = excluded."trueup_n_total", "trueup_n_sure" = excluded."trueup_n_sure", "trueup_n_any" = excluded."trueup_n_any", "trueup_n_mean" = excluded."trueup_n_mean", "trueup_sum_mean" = excluded."trueup_sum_mean";
DELETE FROM "s_hour" WHERE ("shop" = ?1 AND "at" = ?2 AND ifnull("kind", 0) = ?3 AND ("kind" IS NULL) = 0 AND ifnull("other", 0) = ?4 AND ("other" IS NULL) = 0);
DELETE FROM "s_hour" WHERE ("shop" = ?1 AND "at" = ?2 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 AND ifnull("other", 0) = 0 AND ("other" IS NULL) = 1) OR ("shop" = ?3 AND "at" = ?4 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 AND ifnull("other", 0) = 0 AND ("other" IS NULL) = 1);
SELECT 1, NULL, NULL, NULL, NULL, "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "shop" = ?1 AND "at" = ?2 AND ifnull("kind", 0) = ?3 AND ("kind" IS NULL) = 0 AND ifnull("other", 0) = ?4 AND ("other" IS NULL) = 0;
SELECT 1, NULL, NULL, NULL, NULL, "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "shop" = ?1 AND "at" = ?2 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 AND ifnull("other", 0) = 0 AND ("other" IS NULL) = 1 UNION ALL SELECT 2, NULL, NULL, NULL, NULL, "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "shop" = ?3 AND "at" = ?4 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 AND ifnull("other", 0) = 0 AND ("other" IS NULL) = 1;
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "shop" = ?1 AND "at" = ?2;
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "shop" = ?1 AND "at" = ?2 UNION ALL SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "shop" = ?3 AND "at" = ?4;
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "at" >= ?1 AND "at" < ?2;
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour";
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "shop" = ?1 AND "at" >= ?2 AND "at" < ?3;
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE ("shop" = ?1 AND "at" >= ?2 AND "at" < ?3) OR ("shop" = ?4 AND "at" >= ?5 AND "at" < ?6);

-- wide, recomputed
CREATE TABLE "s_day" ("tenant", "bucket" TEXT, "kind", "n" INTEGER, "low", "high", "price" REAL, "kinds" INTEGER);
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("tenant", "bucket", ifnull("kind", 0), "kind" IS NULL);
INSERT INTO "s_day"("tenant", "bucket", "kind", "n", "low", "high", "price", "kinds") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT("tenant", "bucket", ifnull("kind", 0), "kind" IS NULL) DO UPDATE SET "n" = excluded."n", "low" = excluded."low", "high" = excluded."high", "price" = excluded."price", "kinds" = excluded."kinds";
INSERT INTO "s_day"("tenant", "bucket", "kind", "n", "low", "high", "price", "kinds") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8), (?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT("tenant", "bucket", ifnull("kind", 0), "kind" IS NULL) DO UPDATE SET "n" = excluded."n", "low" = excluded."low", "high" = excluded."high", "price" = excluded."price", "kinds" = excluded."kinds";
DELETE FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND ifnull("kind", 0) = ?3 AND ("kind" IS NULL) = 0);
DELETE FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1) OR ("tenant" = ?3 AND "bucket" = ?4 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1);
SELECT 1, NULL, NULL, NULL, NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 AND ifnull("kind", 0) = ?3 AND ("kind" IS NULL) = 0;
SELECT 1, NULL, NULL, NULL, NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 UNION ALL SELECT 2, NULL, NULL, NULL, NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?3 AND "bucket" = ?4 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1;
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 UNION ALL SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?3 AND "bucket" = ?4;
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "kinds", NULL, NULL FROM "s_day";
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3;
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3) OR ("tenant" = ?4 AND "bucket" >= ?5 AND "bucket" < ?6);

-- no tenant, no dimension
CREATE TABLE "s_day" ("bucket" TEXT, "n" INTEGER, "trueup_rows" INTEGER, PRIMARY KEY ("bucket")) WITHOUT ROWID;
INSERT INTO "s_day"("bucket", "n", "trueup_rows") VALUES (?1, ?2, ?3) ON CONFLICT("bucket") DO UPDATE SET "n" = excluded."n", "trueup_rows" = excluded."trueup_rows";
INSERT INTO "s_day"("bucket", "n", "trueup_rows") VALUES (?1, ?2, ?3), (?4, ?5, ?6) ON CONFLICT("bucket") DO UPDATE SET "n" = excluded."n", "trueup_rows" = excluded."trueup_rows";
DELETE FROM "s_day" WHERE ("bucket" = ?1);
SELECT 1, NULL, NULL, "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1 UNION ALL SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?2;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day";
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE ("bucket" >= ?1 AND "bucket" < ?2) OR ("bucket" >= ?3 AND "bucket" < ?4);

-- long
CREATE TABLE "long_table" ("what" TEXT, "tenant", "bucket" TEXT, "kind", "value" INTEGER, "trueup_rows" INTEGER, "trueup_n_value" INTEGER);
CREATE UNIQUE INDEX "trueup_key_long_table" ON "long_table"("what", "tenant", "bucket", ifnull("kind", 0), "kind" IS NULL);
INSERT INTO "long_table"("what", "tenant", "bucket", "kind", "value", "trueup_rows", "trueup_n_value") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT("what", "tenant", "bucket", ifnull("kind", 0), "kind" IS NULL) DO UPDATE SET "value" = excluded."value", "trueup_rows" = excluded."trueup_rows", "trueup_n_value" = excluded."trueup_n_value";
INSERT INTO "long_table"("what", "tenant", "bucket", "kind", "value", "trueup_rows", "trueup_n_value") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7), (?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT("what", "tenant", "bucket", ifnull("kind", 0), "kind" IS NULL) DO UPDATE SET "value" = excluded."value", "trueup_rows" = excluded."trueup_rows", "trueup_n_value" = excluded."trueup_n_value";
DELETE FROM "long_table" WHERE ("what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND ifnull("kind", 0) = ?4 AND ("kind" IS NULL) = 0);
DELETE FROM "long_table" WHERE ("what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1) OR ("what" = ?4 AND "tenant" = ?5 AND "bucket" = ?6 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1);
SELECT 1, NULL, NULL, NULL, "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND ifnull("kind", 0) = ?4 AND ("kind" IS NULL) = 0;
SELECT 1, NULL, NULL, NULL, "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 UNION ALL SELECT 2, NULL, NULL, NULL, "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?4 AND "tenant" = ?5 AND "bucket" = ?6 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1;
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3;
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 UNION ALL SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?4 AND "tenant" = ?5 AND "bucket" = ?6;
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table";
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3;
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE ("tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3) OR ("tenant" = ?4 AND "bucket" >= ?5 AND "bucket" < ?6);

-- names that need quotes
CREATE TABLE "my table" ("from" TEXT, "group", "order" INTEGER, "a b" INTEGER, "trueup_rows" INTEGER, "trueup_n_a b" INTEGER);
CREATE UNIQUE INDEX "trueup_key_my table" ON "my table"("from", ifnull("group", 0), "group" IS NULL);
INSERT INTO "my table"("from", "group", "order", "a b", "trueup_rows", "trueup_n_a b") VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT("from", ifnull("group", 0), "group" IS NULL) DO UPDATE SET "order" = excluded."order", "a b" = excluded."a b", "trueup_rows" = excluded."trueup_rows", "trueup_n_a b" = excluded."trueup_n_a b";
INSERT INTO "my table"("from", "group", "order", "a b", "trueup_rows", "trueup_n_a b") VALUES (?1, ?2, ?3, ?4, ?5, ?6), (?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT("from", ifnull("group", 0), "group" IS NULL) DO UPDATE SET "order" = excluded."order", "a b" = excluded."a b", "trueup_rows" = excluded."trueup_rows", "trueup_n_a b" = excluded."trueup_n_a b";
DELETE FROM "my table" WHERE ("from" = ?1 AND ifnull("group", 0) = ?2 AND ("group" IS NULL) = 0);
DELETE FROM "my table" WHERE ("from" = ?1 AND ifnull("group", 0) = 0 AND ("group" IS NULL) = 1) OR ("from" = ?2 AND ifnull("group", 0) = 0 AND ("group" IS NULL) = 1);
SELECT 1, NULL, NULL, NULL, "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1 AND ifnull("group", 0) = ?2 AND ("group" IS NULL) = 0;
SELECT 1, NULL, NULL, NULL, "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1 AND ifnull("group", 0) = 0 AND ("group" IS NULL) = 1 UNION ALL SELECT 2, NULL, NULL, NULL, "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?2 AND ifnull("group", 0) = 0 AND ("group" IS NULL) = 1;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1 UNION ALL SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?2;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" >= ?1 AND "from" < ?2;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table";
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE ("from" >= ?1 AND "from" < ?2) OR ("from" >= ?3 AND "from" < ?4);

-- existing, complete
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("shop", "bucket", ifnull("kind", 0), "kind" IS NULL);

-- existing, without hidden columns
ALTER TABLE "s_day" ADD COLUMN "trueup_rows" INTEGER;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_total" INTEGER;
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("shop", "bucket", ifnull("kind", 0), "kind" IS NULL);

-- existing, without a measure
ALTER TABLE "s_day" ADD COLUMN "n" INTEGER;
ALTER TABLE "s_day" ADD COLUMN "trueup_rows" INTEGER;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_total" INTEGER;
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("shop", "bucket", ifnull("kind", 0), "kind" IS NULL);

-- existing, in other letters
ALTER TABLE "S_DAY" ADD COLUMN "trueup_rows" INTEGER;
ALTER TABLE "S_DAY" ADD COLUMN "trueup_n_total" INTEGER;
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("shop", "bucket", ifnull("kind", 0), "kind" IS NULL);

-- existing, with more columns
ALTER TABLE "s_day" ADD COLUMN "trueup_rows" INTEGER;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_total" INTEGER;
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("shop", "bucket", ifnull("kind", 0), "kind" IS NULL);

