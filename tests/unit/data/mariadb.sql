-- summary table, wide, folding
CREATE TABLE "sums"."s_hour" ("shop" VARCHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "at" DATETIME(6), "kind" VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "note" LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "late" BIGINT, "n" BIGINT, "big" BIGINT, "total" BIGINT, "fares" DECIMAL(38,2), "mean" DECIMAL(38,12), "any" DECIMAL(38,36), "trueup_rows" BIGINT, "trueup_n_total" BIGINT, "trueup_n_fares" BIGINT, "trueup_n_mean" BIGINT, "trueup_sum_mean" DECIMAL(38,6), "trueup_n_any" BIGINT, "trueup_sum_any" DECIMAL(38,30), "trueup_key_kind" VARBINARY(65) GENERATED ALWAYS AS (ifnull(concat('=', "kind"), '')) VIRTUAL INVISIBLE, "trueup_key_note" VARBINARY(129) GENERATED ALWAYS AS (if("note" IS NULL, '', if(octet_length("note") <= 128, concat('=', "note"), concat('#', sha2("note", 256))))) VIRTUAL INVISIBLE, "trueup_key_late" VARBINARY(65) GENERATED ALWAYS AS (ifnull(concat('=', "late"), '')) VIRTUAL INVISIBLE) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE UNIQUE INDEX "trueup_key_s_hour" ON "sums"."s_hour"("shop", "at", "trueup_key_kind", "trueup_key_note", "trueup_key_late");
CREATE TABLE "sums"."s_month" ("shop" VARCHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "month" DATE, "kind" VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "note" LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "late" BIGINT, "n" BIGINT, "big" BIGINT, "total" BIGINT, "fares" DECIMAL(38,2), "mean" DECIMAL(38,12), "any" DECIMAL(38,36), "trueup_rows" BIGINT, "trueup_n_total" BIGINT, "trueup_n_fares" BIGINT, "trueup_n_mean" BIGINT, "trueup_sum_mean" DECIMAL(38,6), "trueup_n_any" BIGINT, "trueup_sum_any" DECIMAL(38,30), "trueup_key_kind" VARBINARY(65) GENERATED ALWAYS AS (ifnull(concat('=', "kind"), '')) VIRTUAL INVISIBLE, "trueup_key_note" VARBINARY(129) GENERATED ALWAYS AS (if("note" IS NULL, '', if(octet_length("note") <= 128, concat('=', "note"), concat('#', sha2("note", 256))))) VIRTUAL INVISIBLE, "trueup_key_late" VARBINARY(65) GENERATED ALWAYS AS (ifnull(concat('=', "late"), '')) VIRTUAL INVISIBLE) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE UNIQUE INDEX "trueup_key_s_month" ON "sums"."s_month"("shop", "month", "trueup_key_kind", "trueup_key_note", "trueup_key_late");
INSERT INTO "sums"."s_hour"("shop", "at", "kind", "note", "late", "n", "big", "total", "fares", "mean", "any", "trueup_rows", "trueup_n_total", "trueup_n_fares", "trueup_n_mean", "trueup_sum_mean", "trueup_n_any", "trueup_sum_any") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "big" = VALUES("big"), "total" = VALUES("total"), "fares" = VALUES("fares"), "mean" = VALUES("mean"), "any" = VALUES("any"), "trueup_rows" = VALUES("trueup_rows"), "trueup_n_total" = VALUES("trueup_n_total"), "trueup_n_fares" = VALUES("trueup_n_fares"), "trueup_n_mean" = VALUES("trueup_n_mean"), "trueup_sum_mean" = VALUES("trueup_sum_mean"), "trueup_n_any" = VALUES("trueup_n_any"), "trueup_sum_any" = VALUES("trueup_sum_any");
INSERT INTO "sums"."s_hour"("shop", "at", "kind", "note", "late", "n", "big", "total", "fares", "mean", "any", "trueup_rows", "trueup_n_total", "trueup_n_fares", "trueup_n_mean", "trueup_sum_mean", "trueup_n_any", "trueup_sum_any") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18), (?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "big" = VALUES("big"), "total" = VALUES("total"), "fares" = VALUES("fares"), "mean" = VALUES("mean"), "any" = VALUES("any"), "trueup_rows" = VALUES("trueup_rows"), "trueup_n_total" = VALUES("trueup_n_total"), "trueup_n_fares" = VALUES("trueup_n_fares"), "trueup_n_mean" = VALUES("trueup_n_mean"), "trueup_sum_mean" = VALUES("trueup_sum_mean"), "trueup_n_any" = VALUES("trueup_n_any"), "trueup_sum_any" = VALUES("trueup_sum_any");
DELETE FROM "sums"."s_hour" WHERE ("shop" = ?1 AND "at" = ?2 AND "kind" = ?3 AND "note" = ?4 AND "late" = ?5);
DELETE FROM "sums"."s_hour" WHERE ("shop" = ?1 AND "at" = ?2 AND "kind" IS NULL AND "note" IS NULL AND "late" IS NULL) OR ("shop" = ?3 AND "at" = ?4 AND "kind" IS NULL AND "note" IS NULL AND "late" IS NULL);
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?1 AND "at" = ?2 AND "kind" = ?3 AND "note" = ?4 AND "late" = ?5;
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?1 AND "at" = ?2 AND "kind" IS NULL AND "note" IS NULL AND "late" IS NULL UNION ALL SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?3 AND "at" = ?4 AND "kind" IS NULL AND "note" IS NULL AND "late" IS NULL;
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?1 AND "at" = ?2;
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?1 AND "at" = ?2 UNION ALL SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?3 AND "at" = ?4;
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "at" >= ?1 AND "at" < ?2;
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour";
SELECT NULL, "shop", "at", "kind", "note", "late", "trueup_rows", "n", NULL, NULL, "big", NULL, NULL, "total", "trueup_n_total", NULL, "fares", "trueup_n_fares", NULL, "mean", "trueup_n_mean", "trueup_sum_mean", "any", "trueup_n_any", "trueup_sum_any" FROM "sums"."s_hour" WHERE "shop" = ?1 AND "at" >= ?2 AND "at" < ?3;

-- source, wide, folding
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any) FROM "shop"."flight" AS "f";
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any) FROM "shop"."flight" AS "f" WHERE (f.at) >= ?1 AND (f.at) < ?2;
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1;
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1 AND (f.at) >= ?2 AND (f.at) < ?3;
SELECT (f.origin), (f.at), (kind), (note), (is_late), (f.delay > 5) IS TRUE, (f.delay), (f.fare), (f.rate), (f.any), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight IN (-1, 1);
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight = 0;
SELECT (f.origin), (f.at), 0 FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;

-- summary table, wide, recomputed
CREATE TABLE "s_day" ("tenant" VARCHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "bucket" DATE, "code" VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "n" BIGINT, "low" DECIMAL(12,2), "high" LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "last" TIMESTAMP(6) NULL, "weight" DOUBLE, "mean" DOUBLE, "kinds" BIGINT, "trueup_key_code" VARBINARY(129) GENERATED ALWAYS AS (if("code" IS NULL, '', if(octet_length("code") <= 128, concat('=', "code"), concat('#', sha2("code", 256))))) VIRTUAL INVISIBLE) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("tenant", "bucket", "trueup_key_code");
INSERT INTO "s_day"("tenant", "bucket", "code", "n", "low", "high", "last", "weight", "mean", "kinds") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "low" = VALUES("low"), "high" = VALUES("high"), "last" = VALUES("last"), "weight" = VALUES("weight"), "mean" = VALUES("mean"), "kinds" = VALUES("kinds");
INSERT INTO "s_day"("tenant", "bucket", "code", "n", "low", "high", "last", "weight", "mean", "kinds") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10), (?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "low" = VALUES("low"), "high" = VALUES("high"), "last" = VALUES("last"), "weight" = VALUES("weight"), "mean" = VALUES("mean"), "kinds" = VALUES("kinds");
DELETE FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND "code" = ?3);
DELETE FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND "code" IS NULL) OR ("tenant" = ?3 AND "bucket" = ?4 AND "code" IS NULL);
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 AND "code" = ?3;
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 AND "code" IS NULL UNION ALL SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?3 AND "bucket" = ?4 AND "code" IS NULL;
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 UNION ALL SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?3 AND "bucket" = ?4;
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day";
SELECT NULL, "tenant", "bucket", "code", NULL, "n", NULL, NULL, "low", NULL, NULL, "high", NULL, NULL, "last", NULL, NULL, "weight", NULL, NULL, "mean", NULL, NULL, "kinds", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3;

-- source, wide, recomputed
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.share), (f.kind) FROM "shop"."flight" AS "f";
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.share), (f.kind) FROM "shop"."flight" AS "f" WHERE (f.at) >= ?1 AND (f.at) < ?2;
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.share), (f.kind) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1;
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.share), (f.kind) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1 AND (f.at) >= ?2 AND (f.at) < ?3;
SELECT (f.origin), (f.at), (f.code), (f.fare), (f.note), (f.weight), (f.share), (f.kind), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight IN (-1, 1);
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight = 0;
SELECT (f.origin), (f.at), 0 FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;

-- summary table, no tenant, no dimension
CREATE TABLE "s_day" ("bucket" DATE, "n" BIGINT, "trueup_rows" BIGINT, PRIMARY KEY ("bucket")) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE "s_month" ("bucket" DATE, "n" BIGINT, "trueup_rows" BIGINT, PRIMARY KEY ("bucket")) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
INSERT INTO "s_day"("bucket", "n", "trueup_rows") VALUES (?1, ?2, ?3) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "trueup_rows" = VALUES("trueup_rows");
INSERT INTO "s_day"("bucket", "n", "trueup_rows") VALUES (?1, ?2, ?3), (?4, ?5, ?6) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "trueup_rows" = VALUES("trueup_rows");
DELETE FROM "s_day" WHERE ("bucket" = ?1);
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?1 UNION ALL SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" = ?2;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, NULL, "bucket", "trueup_rows", "n", NULL, NULL FROM "s_day";

-- source, no tenant, no dimension
SELECT (day) FROM "shop"."flight" AS "flight";
SELECT (day) FROM "shop"."flight" AS "flight" WHERE (day) >= ?1 AND (day) < ?2;
SELECT (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight IN (-1, 1);
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight = 0;
SELECT NULL, (day), 0 FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;

-- summary table, a tenant that is long
CREATE TABLE "s_minute" ("tenant" VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "bucket" DATETIME(6), "n" BIGINT, "trueup_rows" BIGINT, PRIMARY KEY ("tenant", "bucket")) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
INSERT INTO "s_minute"("tenant", "bucket", "n", "trueup_rows") VALUES (?1, ?2, ?3, ?4) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "trueup_rows" = VALUES("trueup_rows");
INSERT INTO "s_minute"("tenant", "bucket", "n", "trueup_rows") VALUES (?1, ?2, ?3, ?4), (?5, ?6, ?7, ?8) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "trueup_rows" = VALUES("trueup_rows");
DELETE FROM "s_minute" WHERE ("tenant" = ?1 AND "bucket" = ?2);
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "tenant" = ?1 AND "bucket" = ?2 UNION ALL SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "tenant" = ?3 AND "bucket" = ?4;
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute";
SELECT NULL, "tenant", "bucket", "trueup_rows", "n", NULL, NULL FROM "s_minute" WHERE "tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3;

-- source, a tenant that is long
SELECT (note), (local) FROM "shop"."flight" AS "flight";
SELECT (note), (local) FROM "shop"."flight" AS "flight" WHERE (local) >= ?1 AND (local) < ?2;
SELECT (note), (local) FROM "shop"."flight" AS "flight" WHERE (note) = ?1;
SELECT (note), (local) FROM "shop"."flight" AS "flight" WHERE (note) = ?1 AND (local) >= ?2 AND (local) < ?3;
SELECT (note), (local), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight IN (-1, 1);
SELECT (note), (local), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;
SELECT (note), (local), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight = 0;
SELECT (note), (local), 0 FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;

-- summary table, long
CREATE TABLE "long_table" ("what" VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "tenant" VARCHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "bucket" DATE, "kind" VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "raw" LONGBLOB, "value" DECIMAL(38,2), "trueup_rows" BIGINT, "trueup_n_value" BIGINT, "trueup_key_kind" VARBINARY(129) GENERATED ALWAYS AS (if("kind" IS NULL, '', if(octet_length("kind") <= 128, concat('=', "kind"), concat('#', sha2("kind", 256))))) VIRTUAL INVISIBLE, "trueup_key_raw" VARBINARY(129) GENERATED ALWAYS AS (if("raw" IS NULL, '', if(octet_length("raw") <= 128, concat('=', "raw"), concat('#', sha2("raw", 256))))) VIRTUAL INVISIBLE) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE UNIQUE INDEX "trueup_key_long_table" ON "long_table"("what", "tenant", "bucket", "trueup_key_kind", "trueup_key_raw");
INSERT INTO "long_table"("what", "tenant", "bucket", "kind", "raw", "value", "trueup_rows", "trueup_n_value") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON DUPLICATE KEY UPDATE "value" = VALUES("value"), "trueup_rows" = VALUES("trueup_rows"), "trueup_n_value" = VALUES("trueup_n_value");
INSERT INTO "long_table"("what", "tenant", "bucket", "kind", "raw", "value", "trueup_rows", "trueup_n_value") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8), (?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON DUPLICATE KEY UPDATE "value" = VALUES("value"), "trueup_rows" = VALUES("trueup_rows"), "trueup_n_value" = VALUES("trueup_n_value");
DELETE FROM "long_table" WHERE ("what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND "kind" = ?4 AND "raw" = ?5);
DELETE FROM "long_table" WHERE ("what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND "kind" IS NULL AND "raw" IS NULL) OR ("what" = ?4 AND "tenant" = ?5 AND "bucket" = ?6 AND "kind" IS NULL AND "raw" IS NULL);
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND "kind" = ?4 AND "raw" = ?5;
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 AND "kind" IS NULL AND "raw" IS NULL UNION ALL SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?4 AND "tenant" = ?5 AND "bucket" = ?6 AND "kind" IS NULL AND "raw" IS NULL;
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3;
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?1 AND "tenant" = ?2 AND "bucket" = ?3 UNION ALL SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "what" = ?4 AND "tenant" = ?5 AND "bucket" = ?6;
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table";
SELECT "what", "tenant", "bucket", "kind", "raw", "trueup_rows", "value", "trueup_n_value", NULL FROM "long_table" WHERE "tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3;

-- source, long
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, CASE WHEN (f.delay > 0) THEN ('cash') END, (f.raw), (f.fare) FROM "shop"."flight" AS "f";
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, CASE WHEN (f.delay > 0) THEN ('cash') END, (f.raw), (f.fare) FROM "shop"."flight" AS "f" WHERE (f.at) >= ?1 AND (f.at) < ?2;
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, CASE WHEN (f.delay > 0) THEN ('cash') END, (f.raw), (f.fare) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1;
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, CASE WHEN (f.delay > 0) THEN ('cash') END, (f.raw), (f.fare) FROM "shop"."flight" AS "f" WHERE (f.origin) = ?1 AND (f.at) >= ?2 AND (f.at) < ?3;
SELECT (f.origin), (f.at), (NULL), (f.delay > 0) IS TRUE, CASE WHEN (f.delay > 0) THEN ('cash') END, (f.raw), (f.fare), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight IN (-1, 1);
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;
SELECT (f.origin), (f.at), trueup_weight FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight = 0;
SELECT (f.origin), (f.at), 0 FROM "trueup_change_shop_flight" AS "f" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;

-- summary table, names that need quotes
CREATE TABLE "my table" ("from" DATE, "group" VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "order" BIGINT, "a b" BIGINT, "trueup_rows" BIGINT, "trueup_n_a b" BIGINT, "trueup_key_group" VARBINARY(65) GENERATED ALWAYS AS (ifnull(concat('=', "group"), '')) VIRTUAL INVISIBLE) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE UNIQUE INDEX "trueup_key_my table" ON "my table"("from", "trueup_key_group");
INSERT INTO "my table"("from", "group", "order", "a b", "trueup_rows", "trueup_n_a b") VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON DUPLICATE KEY UPDATE "order" = VALUES("order"), "a b" = VALUES("a b"), "trueup_rows" = VALUES("trueup_rows"), "trueup_n_a b" = VALUES("trueup_n_a b");
INSERT INTO "my table"("from", "group", "order", "a b", "trueup_rows", "trueup_n_a b") VALUES (?1, ?2, ?3, ?4, ?5, ?6), (?7, ?8, ?9, ?10, ?11, ?12) ON DUPLICATE KEY UPDATE "order" = VALUES("order"), "a b" = VALUES("a b"), "trueup_rows" = VALUES("trueup_rows"), "trueup_n_a b" = VALUES("trueup_n_a b");
DELETE FROM "my table" WHERE ("from" = ?1 AND "group" = ?2);
DELETE FROM "my table" WHERE ("from" = ?1 AND "group" IS NULL) OR ("from" = ?2 AND "group" IS NULL);
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1 AND "group" = ?2;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1 AND "group" IS NULL UNION ALL SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?2 AND "group" IS NULL;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?1 UNION ALL SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" = ?2;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table" WHERE "from" >= ?1 AND "from" < ?2;
SELECT NULL, NULL, "from", "group", "trueup_rows", "order", NULL, NULL, "a b", "trueup_n_a b", NULL FROM "my table";

-- source, names that need quotes
SELECT (day), (town), (delay) FROM "shop"."flight" AS "flight";
SELECT (day), (town), (delay) FROM "shop"."flight" AS "flight" WHERE (day) >= ?1 AND (day) < ?2;
SELECT (day), (town), (delay), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight IN (-1, 1);
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight = 0;
SELECT NULL, (day), 0 FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;

-- summary table, a name that is long
CREATE TABLE "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" ("bucket" DATE, "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "n" BIGINT, "trueup_rows" BIGINT, "trueup_key_a_name_of_a_column_that_is_as_long_as_any_da_964fdac3" VARBINARY(65) GENERATED ALWAYS AS (ifnull(concat('=', "a_name_of_a_column_that_is_as_long_as_any_database_takes_them"), '')) VIRTUAL INVISIBLE) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE UNIQUE INDEX "trueup_key_a_name_of_a_table_that_is_as_long_as_any_da_aa2b90e7" ON "a_name_of_a_table_that_is_as_long_as_any_database_takes_names"("bucket", "trueup_key_a_name_of_a_column_that_is_as_long_as_any_da_964fdac3");
INSERT INTO "a_name_of_a_table_that_is_as_long_as_any_database_takes_names"("bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "n", "trueup_rows") VALUES (?1, ?2, ?3, ?4) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "trueup_rows" = VALUES("trueup_rows");
INSERT INTO "a_name_of_a_table_that_is_as_long_as_any_database_takes_names"("bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "n", "trueup_rows") VALUES (?1, ?2, ?3, ?4), (?5, ?6, ?7, ?8) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "trueup_rows" = VALUES("trueup_rows");
DELETE FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE ("bucket" = ?1 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" = ?2);
DELETE FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE ("bucket" = ?1 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL) OR ("bucket" = ?2 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL);
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?1 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" = ?2;
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?1 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL UNION ALL SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?2 AND "a_name_of_a_column_that_is_as_long_as_any_database_takes_them" IS NULL;
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?1;
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?1 UNION ALL SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" = ?2;
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, NULL, "bucket", "a_name_of_a_column_that_is_as_long_as_any_database_takes_them", "trueup_rows", "n", NULL, NULL FROM "a_name_of_a_table_that_is_as_long_as_any_database_takes_names";

-- source, a name that is long
SELECT (day), (town) FROM "shop"."flight" AS "flight";
SELECT (day), (town) FROM "shop"."flight" AS "flight" WHERE (day) >= ?1 AND (day) < ?2;
SELECT (day), (town), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight IN (-1, 1);
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;
SELECT NULL, (day), trueup_weight FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight = 0;
SELECT NULL, (day), 0 FROM "trueup_change_shop_flight" AS "flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2;

-- summary table, joined
CREATE TABLE "s_day" ("tenant" VARCHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, "bucket" DATE, "n" BIGINT, PRIMARY KEY ("tenant", "bucket")) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
INSERT INTO "s_day"("tenant", "bucket", "n") VALUES (?1, ?2, ?3) ON DUPLICATE KEY UPDATE "n" = VALUES("n");
INSERT INTO "s_day"("tenant", "bucket", "n") VALUES (?1, ?2, ?3), (?4, ?5, ?6) ON DUPLICATE KEY UPDATE "n" = VALUES("n");
DELETE FROM "s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2);
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2;
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" = ?2 UNION ALL SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "tenant" = ?3 AND "bucket" = ?4;
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "bucket" >= ?1 AND "bucket" < ?2;
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day";
SELECT NULL, "tenant", "bucket", NULL, "n", NULL, NULL FROM "s_day" WHERE "tenant" = ?1 AND "bucket" >= ?2 AND "bucket" < ?3;

-- source, joined
SELECT (f.origin), (f.local) FROM "shop"."flight" AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note) WHERE (f.delay > 0);
SELECT (f.origin), (f.local) FROM "shop"."flight" AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note) WHERE (f.delay > 0) AND (f.local) >= ?1 AND (f.local) < ?2;
SELECT (f.origin), (f.local) FROM "shop"."flight" AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note) WHERE (f.delay > 0) AND (f.origin) = ?1;
SELECT (f.origin), (f.local) FROM "shop"."flight" AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note) WHERE (f.delay > 0) AND (f.origin) = ?1 AND (f.local) >= ?2 AND (f.local) < ?3;
SELECT (f.origin), (f.local), 0 FROM (SELECT "delay", "local", "note", "origin", "town" FROM "trueup_change_shop_flight" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2) AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note);
SELECT (f.origin), (f.local), 0 FROM (SELECT "delay", "local", "note", "origin", "town" FROM "trueup_change_shop_flight") AS "f" JOIN (SELECT "iata" FROM "trueup_change_airport" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2) AS "a" ON (a.iata = f.town) LEFT JOIN "airport" AS "b" ON (b.iata = f.note);
SELECT (f.origin), (f.local), 0 FROM (SELECT "delay", "local", "note", "origin", "town" FROM "trueup_change_shop_flight") AS "f" JOIN "airport" AS "a" ON (a.iata = f.town) JOIN (SELECT "iata" FROM "trueup_change_airport" WHERE trueup_id >= ?1 AND trueup_id <= ?2 AND trueup_weight <> 2) AS "b" ON (b.iata = f.note);

-- existing, complete
ALTER TABLE "s_day" ADD COLUMN "trueup_rows" BIGINT;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_total" BIGINT;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_mean" BIGINT;
ALTER TABLE "s_day" ADD COLUMN "trueup_sum_mean" DECIMAL(38,2);
ALTER TABLE "s_day" ADD COLUMN IF NOT EXISTS "trueup_key_kind" VARBINARY(65) GENERATED ALWAYS AS (ifnull(concat('=', "kind"), '')) VIRTUAL INVISIBLE;
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("shop", "bucket", "trueup_key_kind");

-- existing, without measures
ALTER TABLE "s_day" ADD COLUMN "n" BIGINT;
ALTER TABLE "s_day" ADD COLUMN "total" DECIMAL(38,2);
ALTER TABLE "s_day" ADD COLUMN "mean" DECIMAL(38,8);
ALTER TABLE "s_day" ADD COLUMN "trueup_rows" BIGINT;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_total" BIGINT;
ALTER TABLE "s_day" ADD COLUMN "trueup_n_mean" BIGINT;
ALTER TABLE "s_day" ADD COLUMN "trueup_sum_mean" DECIMAL(38,2);
ALTER TABLE "s_day" ADD COLUMN IF NOT EXISTS "trueup_key_kind" VARBINARY(65) GENERATED ALWAYS AS (ifnull(concat('=', "kind"), '')) VIRTUAL INVISIBLE;
CREATE UNIQUE INDEX "trueup_key_s_day" ON "s_day"("shop", "bucket", "trueup_key_kind");

-- trueup's own, plain
CREATE TABLE IF NOT EXISTS trueup_spec(digest LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, version LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, applied_at DATETIME(6) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_group(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, turn BIGINT NOT NULL, schema_version BIGINT, worker LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_table(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, group_name LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, triggers LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, unguarded_since DATETIME(6), released_at DATETIME(6), problem LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_summary(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, group_name LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, definition LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, drift BIGINT NOT NULL DEFAULT 0) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_kept(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, summary LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, "key" LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, is_made BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_source(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, group_name LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, without_tenant BIGINT NOT NULL DEFAULT 0, without_time BIGINT NOT NULL DEFAULT 0, of_unknown_tenants BIGINT NOT NULL DEFAULT 0, counted_at DATETIME(6)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_build(id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, summary VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, tenant LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, tenant_key VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, below BIGINT NOT NULL, is_dropping BIGINT NOT NULL, run_id BIGINT) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_tenant(group_name LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, tenant LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, tenant_key VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, time_zone LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, error LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_zone(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, digest LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_pending(id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, source VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, summary VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, tenant LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, tenant_key VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, bucket VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, attempts BIGINT NOT NULL DEFAULT 0, next_attempt_at DATETIME(6), error LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, noted_at DATETIME(6) NOT NULL, UNIQUE (source, summary, tenant_key, bucket)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_night(summary VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, zone VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, night BIGINT NOT NULL, PRIMARY KEY (summary, zone)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS trueup_run(id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, kind LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, summary LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, tenant LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, range_from DATE, range_to DATE, status LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, started_at DATETIME(6) NOT NULL, finished_at DATETIME(6), rows_read BIGINT NOT NULL DEFAULT 0, cells_written BIGINT NOT NULL DEFAULT 0, cells_drifted BIGINT NOT NULL DEFAULT 0, worker LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, error LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE VIEW trueup_parked AS SELECT summary, tenant, bucket, NULL AS "key", attempts, next_attempt_at, error FROM trueup_pending WHERE error IS NOT NULL;

-- trueup's own, in a schema
CREATE SCHEMA IF NOT EXISTS "trueup";
CREATE TABLE IF NOT EXISTS "trueup"."trueup_spec"(digest LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, version LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, applied_at DATETIME(6) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_group"(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, turn BIGINT NOT NULL, schema_version BIGINT, worker LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_table"(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, group_name LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, triggers LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, unguarded_since DATETIME(6), released_at DATETIME(6), problem LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_summary"(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, group_name LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, definition LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, drift BIGINT NOT NULL DEFAULT 0) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_kept"(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, summary LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, "key" LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, is_made BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_source"(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, group_name LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, without_tenant BIGINT NOT NULL DEFAULT 0, without_time BIGINT NOT NULL DEFAULT 0, of_unknown_tenants BIGINT NOT NULL DEFAULT 0, counted_at DATETIME(6)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_build"(id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, summary VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, tenant LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, tenant_key VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, below BIGINT NOT NULL, is_dropping BIGINT NOT NULL, run_id BIGINT) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_tenant"(group_name LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, tenant LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, tenant_key VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, time_zone LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, error LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_zone"(name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL PRIMARY KEY, digest LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_pending"(id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, source VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, summary VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, tenant LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, tenant_key VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, bucket VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, attempts BIGINT NOT NULL DEFAULT 0, next_attempt_at DATETIME(6), error LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, noted_at DATETIME(6) NOT NULL, UNIQUE (source, summary, tenant_key, bucket)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_night"(summary VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, zone VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, night BIGINT NOT NULL, PRIMARY KEY (summary, zone)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS "trueup"."trueup_run"(id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, kind LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, summary LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, tenant LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, range_from DATE, range_to DATE, status LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, started_at DATETIME(6) NOT NULL, finished_at DATETIME(6), rows_read BIGINT NOT NULL DEFAULT 0, cells_written BIGINT NOT NULL DEFAULT 0, cells_drifted BIGINT NOT NULL DEFAULT 0, worker LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, error LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE VIEW "trueup"."trueup_parked" AS SELECT summary, tenant, bucket, NULL AS "key", attempts, next_attempt_at, error FROM "trueup"."trueup_pending" WHERE error IS NOT NULL;

-- capture, plain
CREATE TABLE "trueup_change_shop_flight" (trueup_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, trueup_weight TINYINT, "any" DECIMAL(65,30), "at" timestamp(6) NULL, "delay" BIGINT, "fare" DECIMAL(65,2), "is_late" BIGINT, "kind" enum('a','b') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, "note" LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, "origin" LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, "rate" DECIMAL(65,6)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
DROP TRIGGER IF EXISTS "shop"."trueup_insert_flight";
CREATE OR REPLACE TRIGGER "shop"."trueup_insert_flight" AFTER INSERT ON "shop"."flight" FOR EACH ROW BEGIN DECLARE EXIT HANDLER FOR 1118, 1264, 1265, 1292, 1366, 1406, 1416, 4025 INSERT INTO "shop"."trueup_change_shop_flight"(trueup_weight) VALUES (2); INSERT INTO "shop"."trueup_change_shop_flight"(trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate") VALUES (1, NEW."any", NEW."at", NEW."delay", NEW."fare", NEW."is_late", NEW."kind", NEW."note", NEW."origin", NEW."rate"); END;
DROP TRIGGER IF EXISTS "shop"."trueup_update_flight";
CREATE OR REPLACE TRIGGER "shop"."trueup_update_flight" AFTER UPDATE ON "shop"."flight" FOR EACH ROW BEGIN DECLARE EXIT HANDLER FOR 1118, 1264, 1265, 1292, 1366, 1406, 1416, 4025 INSERT INTO "shop"."trueup_change_shop_flight"(trueup_weight) VALUES (2); IF NOT (OLD."any" <=> NEW."any") OR NOT (OLD."at" <=> NEW."at") OR NOT (OLD."delay" <=> NEW."delay") OR NOT (OLD."fare" <=> NEW."fare") OR NOT (OLD."is_late" <=> NEW."is_late") OR NOT (BINARY OLD."kind" <=> BINARY NEW."kind") OR NOT (BINARY OLD."note" <=> BINARY NEW."note") OR NOT (BINARY OLD."origin" <=> BINARY NEW."origin") OR NOT (OLD."rate" <=> NEW."rate") THEN INSERT INTO "shop"."trueup_change_shop_flight"(trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate") VALUES (-1, OLD."any", OLD."at", OLD."delay", OLD."fare", OLD."is_late", OLD."kind", OLD."note", OLD."origin", OLD."rate"), (1, NEW."any", NEW."at", NEW."delay", NEW."fare", NEW."is_late", NEW."kind", NEW."note", NEW."origin", NEW."rate"); END IF; END;
DROP TRIGGER IF EXISTS "shop"."trueup_delete_flight";
CREATE OR REPLACE TRIGGER "shop"."trueup_delete_flight" AFTER DELETE ON "shop"."flight" FOR EACH ROW BEGIN DECLARE EXIT HANDLER FOR 1118, 1264, 1265, 1292, 1366, 1406, 1416, 4025 INSERT INTO "shop"."trueup_change_shop_flight"(trueup_weight) VALUES (2); INSERT INTO "shop"."trueup_change_shop_flight"(trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate") VALUES (-1, OLD."any", OLD."at", OLD."delay", OLD."fare", OLD."is_late", OLD."kind", OLD."note", OLD."origin", OLD."rate"); END;
DROP TRIGGER IF EXISTS "shop"."trueup_insert_flight";
DROP TRIGGER IF EXISTS "shop"."trueup_update_flight";
DROP TRIGGER IF EXISTS "shop"."trueup_delete_flight";
DROP TABLE IF EXISTS "trueup_change_shop_flight";

-- capture, in a schema
CREATE TABLE "trueup"."trueup_change_shop_flight" (trueup_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, trueup_weight TINYINT, "any" DECIMAL(65,30), "at" timestamp(6) NULL, "delay" BIGINT, "fare" DECIMAL(65,2), "is_late" BIGINT, "kind" enum('a','b') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, "note" LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, "origin" LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, "rate" DECIMAL(65,6)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
DROP TRIGGER IF EXISTS "shop"."trueup_insert_flight";
CREATE OR REPLACE TRIGGER "shop"."trueup_insert_flight" AFTER INSERT ON "shop"."flight" FOR EACH ROW BEGIN DECLARE EXIT HANDLER FOR 1118, 1264, 1265, 1292, 1366, 1406, 1416, 4025 INSERT INTO "trueup"."trueup_change_shop_flight"(trueup_weight) VALUES (2); INSERT INTO "trueup"."trueup_change_shop_flight"(trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate") VALUES (1, NEW."any", NEW."at", NEW."delay", NEW."fare", NEW."is_late", NEW."kind", NEW."note", NEW."origin", NEW."rate"); END;
DROP TRIGGER IF EXISTS "shop"."trueup_update_flight";
CREATE OR REPLACE TRIGGER "shop"."trueup_update_flight" AFTER UPDATE ON "shop"."flight" FOR EACH ROW BEGIN DECLARE EXIT HANDLER FOR 1118, 1264, 1265, 1292, 1366, 1406, 1416, 4025 INSERT INTO "trueup"."trueup_change_shop_flight"(trueup_weight) VALUES (2); IF NOT (OLD."any" <=> NEW."any") OR NOT (OLD."at" <=> NEW."at") OR NOT (OLD."delay" <=> NEW."delay") OR NOT (OLD."fare" <=> NEW."fare") OR NOT (OLD."is_late" <=> NEW."is_late") OR NOT (BINARY OLD."kind" <=> BINARY NEW."kind") OR NOT (BINARY OLD."note" <=> BINARY NEW."note") OR NOT (BINARY OLD."origin" <=> BINARY NEW."origin") OR NOT (OLD."rate" <=> NEW."rate") THEN INSERT INTO "trueup"."trueup_change_shop_flight"(trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate") VALUES (-1, OLD."any", OLD."at", OLD."delay", OLD."fare", OLD."is_late", OLD."kind", OLD."note", OLD."origin", OLD."rate"), (1, NEW."any", NEW."at", NEW."delay", NEW."fare", NEW."is_late", NEW."kind", NEW."note", NEW."origin", NEW."rate"); END IF; END;
DROP TRIGGER IF EXISTS "shop"."trueup_delete_flight";
CREATE OR REPLACE TRIGGER "shop"."trueup_delete_flight" AFTER DELETE ON "shop"."flight" FOR EACH ROW BEGIN DECLARE EXIT HANDLER FOR 1118, 1264, 1265, 1292, 1366, 1406, 1416, 4025 INSERT INTO "trueup"."trueup_change_shop_flight"(trueup_weight) VALUES (2); INSERT INTO "trueup"."trueup_change_shop_flight"(trueup_weight, "any", "at", "delay", "fare", "is_late", "kind", "note", "origin", "rate") VALUES (-1, OLD."any", OLD."at", OLD."delay", OLD."fare", OLD."is_late", OLD."kind", OLD."note", OLD."origin", OLD."rate"); END;
DROP TRIGGER IF EXISTS "shop"."trueup_insert_flight";
DROP TRIGGER IF EXISTS "shop"."trueup_update_flight";
DROP TRIGGER IF EXISTS "shop"."trueup_delete_flight";
DROP TABLE IF EXISTS "trueup"."trueup_change_shop_flight";

