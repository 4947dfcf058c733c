-- sqlite, one cell
INSERT INTO "s_day"("tenant", "bucket", "kind", "note", "raw", "n", "total") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT("tenant", "bucket", ifnull("kind", 0), "kind" IS NULL, ifnull("note", 0), "note" IS NULL, "raw") DO UPDATE SET "n" = excluded."n", "total" = excluded."total"

-- sqlite, three cells
INSERT INTO "my shop"."s ""day"""("tenant", "bucket", "kind", "note", "raw", "n", "total") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7), (?8, ?9, ?10, ?11, ?12, ?13, ?14), (?15, ?16, ?17, ?18, ?19, ?20, ?21) ON CONFLICT("tenant", "bucket", ifnull("kind", 0), "kind" IS NULL, ifnull("note", 0), "note" IS NULL, "raw") DO UPDATE SET "n" = excluded."n", "total" = excluded."total"

-- sqlite, some stay
INSERT INTO "trueup"."trueup_table"("name", "made ""at""", "group", "seen", "other %s") VALUES (?1, ?2, ?3, ?4, ?5), (?6, ?7, ?8, ?9, ?10) ON CONFLICT("name") DO UPDATE SET "group" = excluded."group", "seen" = coalesce(excluded."seen", "trueup_table"."seen"), "other %s" = coalesce(excluded."other %s", "trueup_table"."other %s")

-- postgresql, one cell
INSERT INTO "s_day"("tenant", "bucket", "kind", "note", "raw", "n", "total") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT("tenant", "bucket", "kind", (CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512), (CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) DO UPDATE SET "n" = excluded."n", "total" = excluded."total"

-- postgresql, three cells
INSERT INTO "my shop"."s ""day"""("tenant", "bucket", "kind", "note", "raw", "n", "total") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7), (?8, ?9, ?10, ?11, ?12, ?13, ?14), (?15, ?16, ?17, ?18, ?19, ?20, ?21) ON CONFLICT("tenant", "bucket", "kind", (CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512), (CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) DO UPDATE SET "n" = excluded."n", "total" = excluded."total"

-- postgresql, some stay
INSERT INTO "trueup"."trueup_table"("name", "made ""at""", "group", "seen", "other %s") VALUES (?1, ?2, ?3, ?4, ?5), (?6, ?7, ?8, ?9, ?10) ON CONFLICT("name") DO UPDATE SET "group" = excluded."group", "seen" = coalesce(excluded."seen", "trueup_table"."seen"), "other %s" = coalesce(excluded."other %s", "trueup_table"."other %s")

-- mariadb, one cell
INSERT INTO "s_day"("tenant", "bucket", "kind", "note", "raw", "n", "total") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "total" = VALUES("total")

-- mariadb, three cells
INSERT INTO "my shop"."s ""day"""("tenant", "bucket", "kind", "note", "raw", "n", "total") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7), (?8, ?9, ?10, ?11, ?12, ?13, ?14), (?15, ?16, ?17, ?18, ?19, ?20, ?21) ON DUPLICATE KEY UPDATE "n" = VALUES("n"), "total" = VALUES("total")

-- mariadb, some stay
INSERT INTO "trueup"."trueup_table"("name", "made ""at""", "group", "seen", "other %s") VALUES (?1, ?2, ?3, ?4, ?5), (?6, ?7, ?8, ?9, ?10) ON DUPLICATE KEY UPDATE "group" = VALUES("group"), "seen" = coalesce(VALUES("seen"), "trueup_table"."seen"), "other %s" = coalesce(VALUES("other %s"), "trueup_table"."other %s")

-- sqlite, delete, 1
DELETE FROM "my shop"."s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND ifnull("kind", 0) = ?3 AND ("kind" IS NULL) = 0 AND ifnull("note", 0) = ?4 AND ("note" IS NULL) = 0 AND "raw" = ?5)

-- sqlite, delete, 2
DELETE FROM "my shop"."s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 AND ifnull("note", 0) = ?3 AND ("note" IS NULL) = 0 AND "raw" = ?4) OR ("tenant" = ?5 AND "bucket" = ?6 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 AND ifnull("note", 0) = ?7 AND ("note" IS NULL) = 0 AND "raw" = ?8)

-- sqlite, delete, 3
DELETE FROM "my shop"."s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 AND ifnull("note", 0) = 0 AND ("note" IS NULL) = 1 AND "raw" = ?3) OR ("tenant" = ?4 AND "bucket" = ?5 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 AND ifnull("note", 0) = 0 AND ("note" IS NULL) = 1 AND "raw" = ?6) OR ("tenant" = ?7 AND "bucket" = ?8 AND ifnull("kind", 0) = 0 AND ("kind" IS NULL) = 1 AND ifnull("note", 0) = 0 AND ("note" IS NULL) = 1 AND "raw" = ?9)

-- postgresql, delete, 1
DELETE FROM "my shop"."s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND "kind" = ?3 AND ((CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512)) = ((CASE WHEN octet_length(?4::text) > 512 THEN md5(?4::text) || md5('.' || ?4::text) ELSE ?4::text END), (octet_length(?4::text) > 512)) AND "note" = ?4::text AND ((CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) = ((CASE WHEN octet_length(?5::bytea) > 512 THEN decode(md5(?5::bytea), 'hex') || decode(md5('\x2e' || ?5::bytea), 'hex') ELSE ?5::bytea END), (octet_length(?5::bytea) > 512)) AND "raw" = ?5::bytea)

-- postgresql, delete, 2
DELETE FROM "my shop"."s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND "kind" IS NULL AND ((CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512)) = ((CASE WHEN octet_length(?3::text) > 512 THEN md5(?3::text) || md5('.' || ?3::text) ELSE ?3::text END), (octet_length(?3::text) > 512)) AND "note" = ?3::text AND ((CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) = ((CASE WHEN octet_length(?4::bytea) > 512 THEN decode(md5(?4::bytea), 'hex') || decode(md5('\x2e' || ?4::bytea), 'hex') ELSE ?4::bytea END), (octet_length(?4::bytea) > 512)) AND "raw" = ?4::bytea) OR ("tenant" = ?5 AND "bucket" = ?6 AND "kind" IS NULL AND ((CASE WHEN octet_length("note") > 512 THEN md5("note") || md5('.' || "note") ELSE "note" END), (octet_length("note") > 512)) = ((CASE WHEN octet_length(?7::text) > 512 THEN md5(?7::text) || md5('.' || ?7::text) ELSE ?7::text END), (octet_length(?7::text) > 512)) AND "note" = ?7::text AND ((CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) = ((CASE WHEN octet_length(?8::bytea) > 512 THEN decode(md5(?8::bytea), 'hex') || decode(md5('\x2e' || ?8::bytea), 'hex') ELSE ?8::bytea END), (octet_length(?8::bytea) > 512)) AND "raw" = ?8::bytea)

-- postgresql, delete, 3
DELETE FROM "my shop"."s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND "kind" IS NULL AND "note" IS NULL AND ((CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) = ((CASE WHEN octet_length(?3::bytea) > 512 THEN decode(md5(?3::bytea), 'hex') || decode(md5('\x2e' || ?3::bytea), 'hex') ELSE ?3::bytea END), (octet_length(?3::bytea) > 512)) AND "raw" = ?3::bytea) OR ("tenant" = ?4 AND "bucket" = ?5 AND "kind" IS NULL AND "note" IS NULL AND ((CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) = ((CASE WHEN octet_length(?6::bytea) > 512 THEN decode(md5(?6::bytea), 'hex') || decode(md5('\x2e' || ?6::bytea), 'hex') ELSE ?6::bytea END), (octet_length(?6::bytea) > 512)) AND "raw" = ?6::bytea) OR ("tenant" = ?7 AND "bucket" = ?8 AND "kind" IS NULL AND "note" IS NULL AND ((CASE WHEN octet_length("raw") > 512 THEN decode(md5("raw"), 'hex') || decode(md5('\x2e' || "raw"), 'hex') ELSE "raw" END), (octet_length("raw") > 512)) = ((CASE WHEN octet_length(?9::bytea) > 512 THEN decode(md5(?9::bytea), 'hex') || decode(md5('\x2e' || ?9::bytea), 'hex') ELSE ?9::bytea END), (octet_length(?9::bytea) > 512)) AND "raw" = ?9::bytea)

-- mariadb, delete, 1
DELETE FROM "my shop"."s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND "kind" = ?3 AND "note" = ?4 AND "raw" = ?5)

-- mariadb, delete, 2
DELETE FROM "my shop"."s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND "kind" IS NULL AND "note" = ?3 AND "raw" = ?4) OR ("tenant" = ?5 AND "bucket" = ?6 AND "kind" IS NULL AND "note" = ?7 AND "raw" = ?8)

-- mariadb, delete, 3
DELETE FROM "my shop"."s_day" WHERE ("tenant" = ?1 AND "bucket" = ?2 AND "kind" IS NULL AND "note" IS NULL AND "raw" = ?3) OR ("tenant" = ?4 AND "bucket" = ?5 AND "kind" IS NULL AND "note" IS NULL AND "raw" = ?6) OR ("tenant" = ?7 AND "bucket" = ?8 AND "kind" IS NULL AND "note" IS NULL AND "raw" = ?9)

-- mariadb, change one, 0
UPDATE "my shop"."s_day" SET "n" = ?1, "total" = ?2 WHERE "tenant" = ?3 AND "bucket" = ?4 AND "kind" = ?5 AND "note" = ?6 AND "raw" = ?7

-- mariadb, change one, 1
UPDATE "my shop"."s_day" SET "n" = ?1, "total" = ?2 WHERE "tenant" = ?3 AND "bucket" = ?4 AND "kind" IS NULL AND "note" = ?5 AND "raw" = ?6

-- mariadb, change one, 2
UPDATE "my shop"."s_day" SET "n" = ?1, "total" = ?2 WHERE "tenant" = ?3 AND "bucket" = ?4 AND "kind" IS NULL AND "note" IS NULL AND "raw" = ?5

-- postgresql, given, find, 0
SELECT given."trueup_n", stored."n" FROM rows(?1) AS given JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" = given."kind" AND ((CASE WHEN octet_length(stored."note") > 512 THEN md5(stored."note") || md5('.' || stored."note") ELSE stored."note" END), (octet_length(stored."note") > 512)) = ((CASE WHEN octet_length(given."note") > 512 THEN md5(given."note") || md5('.' || given."note") ELSE given."note" END), (octet_length(given."note") > 512)) AND stored."note" = given."note" AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw"

-- postgresql, given, find, 1
SELECT given."trueup_n", stored."n" FROM rows(?1) AS given JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" IS NULL AND ((CASE WHEN octet_length(stored."note") > 512 THEN md5(stored."note") || md5('.' || stored."note") ELSE stored."note" END), (octet_length(stored."note") > 512)) = ((CASE WHEN octet_length(given."note") > 512 THEN md5(given."note") || md5('.' || given."note") ELSE given."note" END), (octet_length(given."note") > 512)) AND stored."note" = given."note" AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw"

-- postgresql, given, find, 2
SELECT given."trueup_n", stored."n" FROM rows(?1) AS given JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" IS NULL AND stored."note" IS NULL AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw"

-- postgresql, given, change, 0
UPDATE "shop"."s ""@#=*""" AS stored SET "n" = given."n", "total" = given."total" FROM rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" = given."kind" AND ((CASE WHEN octet_length(stored."note") > 512 THEN md5(stored."note") || md5('.' || stored."note") ELSE stored."note" END), (octet_length(stored."note") > 512)) = ((CASE WHEN octet_length(given."note") > 512 THEN md5(given."note") || md5('.' || given."note") ELSE given."note" END), (octet_length(given."note") > 512)) AND stored."note" = given."note" AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw"

-- postgresql, given, change, 1
UPDATE "shop"."s ""@#=*""" AS stored SET "n" = given."n", "total" = given."total" FROM rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" IS NULL AND ((CASE WHEN octet_length(stored."note") > 512 THEN md5(stored."note") || md5('.' || stored."note") ELSE stored."note" END), (octet_length(stored."note") > 512)) = ((CASE WHEN octet_length(given."note") > 512 THEN md5(given."note") || md5('.' || given."note") ELSE given."note" END), (octet_length(given."note") > 512)) AND stored."note" = given."note" AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw"

-- postgresql, given, change, 2
UPDATE "shop"."s ""@#=*""" AS stored SET "n" = given."n", "total" = given."total" FROM rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" IS NULL AND stored."note" IS NULL AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw"

-- postgresql, given, remove, 0
DELETE FROM "shop"."s ""@#=*""" AS stored USING rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" = given."kind" AND ((CASE WHEN octet_length(stored."note") > 512 THEN md5(stored."note") || md5('.' || stored."note") ELSE stored."note" END), (octet_length(stored."note") > 512)) = ((CASE WHEN octet_length(given."note") > 512 THEN md5(given."note") || md5('.' || given."note") ELSE given."note" END), (octet_length(given."note") > 512)) AND stored."note" = given."note" AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw"

-- postgresql, given, remove, 1
DELETE FROM "shop"."s ""@#=*""" AS stored USING rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" IS NULL AND ((CASE WHEN octet_length(stored."note") > 512 THEN md5(stored."note") || md5('.' || stored."note") ELSE stored."note" END), (octet_length(stored."note") > 512)) = ((CASE WHEN octet_length(given."note") > 512 THEN md5(given."note") || md5('.' || given."note") ELSE given."note" END), (octet_length(given."note") > 512)) AND stored."note" = given."note" AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw"

-- postgresql, given, remove, 2
DELETE FROM "shop"."s ""@#=*""" AS stored USING rows(?1) AS given WHERE stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."kind" IS NULL AND stored."note" IS NULL AND ((CASE WHEN octet_length(stored."raw") > 512 THEN decode(md5(stored."raw"), 'hex') || decode(md5('\x2e' || stored."raw"), 'hex') ELSE stored."raw" END), (octet_length(stored."raw") > 512)) = ((CASE WHEN octet_length(given."raw") > 512 THEN decode(md5(given."raw"), 'hex') || decode(md5('\x2e' || given."raw"), 'hex') ELSE given."raw" END), (octet_length(given."raw") > 512)) AND stored."raw" = given."raw"

-- postgresql, given, change at, 0
UPDATE ONLY "shop"."s ""@#=*""" AS stored SET "n" = given."n", "total" = given."total" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid"

-- postgresql, given, change at, 1
UPDATE ONLY "shop"."s ""@#=*""" AS stored SET "n" = given."n", "total" = given."total" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid"

-- postgresql, given, change at, 2
UPDATE ONLY "shop"."s ""@#=*""" AS stored SET "n" = given."n", "total" = given."total" FROM rows(?1) AS given WHERE stored."ctid" = given."ctid"

-- mariadb, given, find, 0
SELECT given."trueup_n", stored."n" FROM rows(?1) AS given STRAIGHT_JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."trueup_key_kind" = ifnull(concat('=', given."kind"), '') AND stored."trueup_key_note" = if(given."note" IS NULL, '', if(octet_length(given."note") <= 128, concat('=', given."note"), concat('#', sha2(given."note", 256)))) AND stored."trueup_key_raw" = if(given."raw" IS NULL, '', if(octet_length(given."raw") <= 128, concat('=', given."raw"), concat('#', sha2(given."raw", 256))))

-- mariadb, given, find, 1
SELECT given."trueup_n", stored."n" FROM rows(?1) AS given STRAIGHT_JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."trueup_key_kind" = '' AND stored."trueup_key_note" = if(given."note" IS NULL, '', if(octet_length(given."note") <= 128, concat('=', given."note"), concat('#', sha2(given."note", 256)))) AND stored."trueup_key_raw" = if(given."raw" IS NULL, '', if(octet_length(given."raw") <= 128, concat('=', given."raw"), concat('#', sha2(given."raw", 256))))

-- mariadb, given, find, 2
SELECT given."trueup_n", stored."n" FROM rows(?1) AS given STRAIGHT_JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."trueup_key_kind" = '' AND stored."trueup_key_note" = '' AND stored."trueup_key_raw" = if(given."raw" IS NULL, '', if(octet_length(given."raw") <= 128, concat('=', given."raw"), concat('#', sha2(given."raw", 256))))

-- mariadb, given, change, 0
UPDATE rows(?1) AS given STRAIGHT_JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."trueup_key_kind" = ifnull(concat('=', given."kind"), '') AND stored."trueup_key_note" = if(given."note" IS NULL, '', if(octet_length(given."note") <= 128, concat('=', given."note"), concat('#', sha2(given."note", 256)))) AND stored."trueup_key_raw" = if(given."raw" IS NULL, '', if(octet_length(given."raw") <= 128, concat('=', given."raw"), concat('#', sha2(given."raw", 256)))) SET stored."n" = given."n", stored."total" = given."total"

-- mariadb, given, change, 1
UPDATE rows(?1) AS given STRAIGHT_JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."trueup_key_kind" = '' AND stored."trueup_key_note" = if(given."note" IS NULL, '', if(octet_length(given."note") <= 128, concat('=', given."note"), concat('#', sha2(given."note", 256)))) AND stored."trueup_key_raw" = if(given."raw" IS NULL, '', if(octet_length(given."raw") <= 128, concat('=', given."raw"), concat('#', sha2(given."raw", 256)))) SET stored."n" = given."n", stored."total" = given."total"

-- mariadb, given, change, 2
UPDATE rows(?1) AS given STRAIGHT_JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."trueup_key_kind" = '' AND stored."trueup_key_note" = '' AND stored."trueup_key_raw" = if(given."raw" IS NULL, '', if(octet_length(given."raw") <= 128, concat('=', given."raw"), concat('#', sha2(given."raw", 256)))) SET stored."n" = given."n", stored."total" = given."total"

-- mariadb, given, remove, 0
DELETE stored FROM rows(?1) AS given STRAIGHT_JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."trueup_key_kind" = ifnull(concat('=', given."kind"), '') AND stored."trueup_key_note" = if(given."note" IS NULL, '', if(octet_length(given."note") <= 128, concat('=', given."note"), concat('#', sha2(given."note", 256)))) AND stored."trueup_key_raw" = if(given."raw" IS NULL, '', if(octet_length(given."raw") <= 128, concat('=', given."raw"), concat('#', sha2(given."raw", 256))))

-- mariadb, given, remove, 1
DELETE stored FROM rows(?1) AS given STRAIGHT_JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."trueup_key_kind" = '' AND stored."trueup_key_note" = if(given."note" IS NULL, '', if(octet_length(given."note") <= 128, concat('=', given."note"), concat('#', sha2(given."note", 256)))) AND stored."trueup_key_raw" = if(given."raw" IS NULL, '', if(octet_length(given."raw") <= 128, concat('=', given."raw"), concat('#', sha2(given."raw", 256))))

-- mariadb, given, remove, 2
DELETE stored FROM rows(?1) AS given STRAIGHT_JOIN "shop"."s ""@#=*""" AS stored ON stored."tenant" = given."tenant" AND stored."bucket" = given."bucket" AND stored."trueup_key_kind" = '' AND stored."trueup_key_note" = '' AND stored."trueup_key_raw" = if(given."raw" IS NULL, '', if(octet_length(given."raw") <= 128, concat('=', given."raw"), concat('#', sha2(given."raw", 256))))

-- postgresql, given, place
CASE WHEN stored.tableoid = '"shop"."s ""@''#=*"""'::pg_catalog.regclass AND NOT (SELECT relhastriggers FROM pg_catalog.pg_class WHERE oid = '"shop"."s ""@''#=*"""'::pg_catalog.regclass) THEN stored.ctid END

