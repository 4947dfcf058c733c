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

