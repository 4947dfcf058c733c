-- wide, folding
CREATE TABLE "s_hour" ("shop", "at" TEXT, "kind", "other", "n" INTEGER, "big" INTEGER, "total" INTEGER, "sure" INTEGER, "any" NUMERIC, "mean" REAL, "trueup_rows" INTEGER, "trueup_n_total" INTEGER, "trueup_n_sure" INTEGER, "trueup_n_any" INTEGER, "trueup_n_mean" INTEGER, "trueup_sum_mean" NUMERIC);
CREATE UNIQUE INDEX "trueup_key_s_hour" ON "s_hour"("shop", "at", ifnull("kind", 0), "kind" IS NULL, ifnull("other", 0), "other" IS NULL);
CREATE TABLE "s_month" ("shop", "month" TEXT, "kind", "other", "n" INTEGER, "big" INTEGER, "total" INTEGER, "sure" INTEGER, "any" NUMERIC, "mean" REAL, "trueup_rows" INTEGER, "trueup_n_total" INTEGER, "trueup_n_sure" INTEGER, "trueup_n_any" INTEGER, "trueup_n_mean" INTEGER, "trueup_sum_mean" NUMERIC);
CREATE UNIQUE INDEX "trueup_key_s_month" ON "s_month"("shop", "month", ifnull("kind", 0), "kind" IS NULL, ifnull("other", 0), "other" IS NULL);
INSERT INTO "s_hour"("shop", "at", "kind", "other", "n", "big", "total", "sure", "any", "mean", "trueup_rows", "trueup_n_total", "trueup_n_sure", "trueup_n_any", "trueup_n_mean", "trueup_sum_mean") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT("shop", "at", ifnull("kind", 0), "kind" IS NULL, ifnull("other", 0), "other" IS NULL) DO UPDATE SET "n" = excluded."n", "big" = excluded."big", "total" = excluded."total", "sure" = excluded."sure", "any" = excluded."any", "mean" = excluded."mean", "trueup_rows" = excluded."trueup_rows", "trueup_n_total" = excluded."trueup_n_total", "trueup_n_sure" = excluded."trueup_n_sure", "trueup_n_any" = excluded."trueup_n_any", "trueup_n_mean" = excluded."trueup_n_mean", "trueup_sum_mean" = excluded."trueup_sum_mean";
DELETE FROM "s_hour" WHERE "shop" IS ?1 AND "at" IS ?2 AND ifnull("kind", 0) = ifnull(?3, 0) AND ("kind" IS NULL) = (?3 IS NULL) AND ifnull("other", 0) = ifnull(?4, 0) AND ("other" IS NULL) = (?4 IS NULL);
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "shop" = ?1 AND "at" = ?2 AND ifnull("kind", 0) = ifnull(?3, 0) AND ("kind" IS NULL) = (?3 IS NULL) AND ifnull("other", 0) = ifnull(?4, 0) AND ("other" IS NULL) = (?4 IS NULL);
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "shop" = ?1 AND "at" = ?2;
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "at" >= ? AND "at" < ?;
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour";
SELECT NULL, "shop", "at", "kind", "other", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "sure", "trueup_n_sure", NULL, "any", "trueup_n_any", NULL, "mean", "trueup_n_mean", "trueup_sum_mean" FROM "s_hour" WHERE "shop" = ? AND "at" >= ? AND "at" < ?;

-- wide, recomputed
CREATE TABLE "s_day" ("tenant", "bucket" TEXT, "kind", "n" INTEGER, "low", "high", "price" REAL, "mean" REAL, "kinds" INTEGER);
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("tenant", "bucket", ifnull("kind", 0), "kind" IS NULL);
INSERT INTO "s_day"("tenant", "bucket", "kind", "n", "low", "high", "price", "mean", "kinds") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT("tenant", "bucket", ifnull("kind", 0), "kind" IS NULL) DO UPDATE SET "n" = excluded."n", "low" = excluded."low", "high" = excluded."high", "price" = excluded."price", "mean" = excluded."mean", "kinds" = excluded."kinds";
DELETE FROM "s_day" WHERE "tenant" IS ?1 AND "bucket" IS ?2 AND ifnull("kind", 0) = ifnull(?3, 0) AND ("kind" IS NULL) = (?3 IS NULL);
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 AND ifnull("kind", 0) = ifnull(?3, 0) AND ("kind" IS NULL) = (?3 IS NULL);
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "bucket" >= ? AND "bucket" < ?;
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day";
SELECT NULL, "tenant", "bucket", "kind", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "price", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ? AND "bucket" >= ? AND "bucket" < ?;

-- no tenant, no dimension
CREATE TABLE "s_day" ("bucket" TEXT, "n" INTEGER, "trueup_rows" INTEGER, PRIMARY KEY ("bucket")) WITHOUT ROWID;
INSERT INTO "s_day"("bucket", "n", "trueup_rows") VALUES (?, ?, ?) ON CONFLICT("bucket") DO UPDATE SET "n" = excluded."n", "trueup_rows" = excluded."trueup_rows";
DELETE FROM "s_day" WHERE "bucket" IS ?1;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" >= ? AND "bucket" < ?;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day";

-- long
CREATE TABLE "long_table" ("what" TEXT, "tenant", "bucket" TEXT, "kind", "value" INTEGER, "trueup_rows" INTEGER, "trueup_n_value" INTEGER);
CREATE UNIQUE INDEX "trueup_key_long_table" ON "long_table"("what", "tenant", "bucket", ifnull("kind", 0), "kind" IS NULL);
INSERT INTO "long_table"("what", "tenant", "bucket", "kind", "value", "trueup_rows", "trueup_n_value") VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT("what", "tenant", "bucket", ifnull("kind", 0), "kind" IS NULL) DO UPDATE SET "value" = excluded."value", "trueup_rows" = excluded."trueup_rows", "trueup_n_value" = excluded."trueup_n_value";
DELETE FROM "long_table" WHERE "what" IS ?1 AND "tenant" IS ?2 AND "bucket" IS ?3 AND ifnull("kind", 0) = ifnull(?4, 0) AND ("kind" IS NULL) = (?4 IS NULL);
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND ifnull("kind", 0) = ifnull(?4, 0) AND ("kind" IS NULL) = (?4 IS NULL);
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3;
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "bucket" >= ? AND "bucket" < ?;
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table";
SELECT "what", "tenant", "bucket", "kind", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "tenant" = ? AND "bucket" >= ? AND "bucket" < ?;

-- names that need quotes
CREATE TABLE "my table" ("from" TEXT, "group", "order" INTEGER, "a b" INTEGER, "trueup_rows" INTEGER, "trueup_n_a b" INTEGER);
CREATE UNIQUE INDEX "trueup_key_my table" ON "my table"("from", ifnull("group", 0), "group" IS NULL);
INSERT INTO "my table"("from", "group", "order", "a b", "trueup_rows", "trueup_n_a b") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT("from", ifnull("group", 0), "group" IS NULL) DO UPDATE SET "order" = excluded."order", "a b" = excluded."a b", "trueup_rows" = excluded."trueup_rows", "trueup_n_a b" = excluded."trueup_n_a b";
DELETE FROM "my table" WHERE "from" IS ?1 AND ifnull("group", 0) = ifnull(?2, 0) AND ("group" IS NULL) = (?2 IS NULL);
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1 AND ifnull("group", 0) = ifnull(?2, 0) AND ("group" IS NULL) = (?2 IS NULL);
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" >= ? AND "from" < ?;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table";

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

