-- rowid
CREATE TABLE "trueup_change_t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" INTEGER, "k" TEXT, "v" INTEGER);
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN NEW.rowid <> OLD.rowid BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid AND NEW.rowid <> OLD.rowid; END;

-- integer primary key
CREATE TABLE "trueup_change_t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" INTEGER, "k" TEXT, "v" REAL);
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "id" = NEW."id" COLLATE BINARY; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN NEW."id" IS NOT OLD."id" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "id" = NEW."id" COLLATE BINARY AND (NEW."id" IS NOT OLD."id" COLLATE BINARY); END;

-- without rowid
CREATE TABLE "trueup_change_t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" INTEGER, "k" TEXT, "v" INTEGER);
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "k" = NEW."k" COLLATE BINARY AND "at" = NEW."at" COLLATE BINARY; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN NEW."k" IS NOT OLD."k" COLLATE BINARY OR NEW."at" IS NOT OLD."at" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "k" = NEW."k" COLLATE BINARY AND "at" = NEW."at" COLLATE BINARY AND (NEW."k" IS NOT OLD."k" COLLATE BINARY OR NEW."at" IS NOT OLD."at" COLLATE BINARY); END;

-- several unique keys
CREATE TABLE "trueup_change_t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" INTEGER, "k" TEXT COLLATE NOCASE, "v" INTEGER);
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "v" = NEW."v" COLLATE BINARY; INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "code" = ifnull(NEW."code", 'none') COLLATE BINARY AND "at" = NEW."at" COLLATE BINARY; INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "k" = NEW."k" COLLATE NOCASE; INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "id" = NEW."id" COLLATE BINARY; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN NEW."v" IS NOT OLD."v" COLLATE BINARY OR NEW."code" IS NOT OLD."code" COLLATE BINARY OR NEW."at" IS NOT OLD."at" COLLATE BINARY OR NEW."k" IS NOT OLD."k" COLLATE BINARY OR NEW."id" IS NOT OLD."id" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "v" = NEW."v" COLLATE BINARY AND (NEW."v" IS NOT OLD."v" COLLATE BINARY); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "code" = ifnull(NEW."code", 'none') COLLATE BINARY AND "at" = NEW."at" COLLATE BINARY AND (NEW."code" IS NOT OLD."code" COLLATE BINARY OR NEW."at" IS NOT OLD."at" COLLATE BINARY); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "k" = NEW."k" COLLATE NOCASE AND (NEW."k" IS NOT OLD."k" COLLATE BINARY); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "id" = NEW."id" COLLATE BINARY AND (NEW."id" IS NOT OLD."id" COLLATE BINARY); END;

-- a key on an expression
CREATE TABLE "trueup_change_t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" INTEGER, "k" TEXT, "v" INTEGER);
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE (lower(code)) = (SELECT lower(code) FROM (SELECT NEW."at" AS "at", NEW."k" AS "k", NEW."v" AS "v", NEW."code" AS "code")) COLLATE BINARY AND ( v % 10 ) = (SELECT  v % 10  FROM (SELECT NEW."at" AS "at", NEW."k" AS "k", NEW."v" AS "v", NEW."code" AS "code")) COLLATE BINARY; INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "at" = NEW."at" COLLATE BINARY AND "v" = NEW."v" COLLATE BINARY; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN (SELECT lower(code) FROM (SELECT NEW."at" AS "at", NEW."k" AS "k", NEW."v" AS "v", NEW."code" AS "code")) IS NOT (SELECT lower(code) FROM (SELECT OLD."at" AS "at", OLD."k" AS "k", OLD."v" AS "v", OLD."code" AS "code")) OR (SELECT  v % 10  FROM (SELECT NEW."at" AS "at", NEW."k" AS "k", NEW."v" AS "v", NEW."code" AS "code")) IS NOT (SELECT  v % 10  FROM (SELECT OLD."at" AS "at", OLD."k" AS "k", OLD."v" AS "v", OLD."code" AS "code")) OR NEW."at" IS NOT OLD."at" COLLATE BINARY OR NEW."v" IS NOT OLD."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE (lower(code)) = (SELECT lower(code) FROM (SELECT NEW."at" AS "at", NEW."k" AS "k", NEW."v" AS "v", NEW."code" AS "code")) COLLATE BINARY AND ( v % 10 ) = (SELECT  v % 10  FROM (SELECT NEW."at" AS "at", NEW."k" AS "k", NEW."v" AS "v", NEW."code" AS "code")) COLLATE BINARY AND ((SELECT lower(code) FROM (SELECT NEW."at" AS "at", NEW."k" AS "k", NEW."v" AS "v", NEW."code" AS "code")) IS NOT (SELECT lower(code) FROM (SELECT OLD."at" AS "at", OLD."k" AS "k", OLD."v" AS "v", OLD."code" AS "code")) OR (SELECT  v % 10  FROM (SELECT NEW."at" AS "at", NEW."k" AS "k", NEW."v" AS "v", NEW."code" AS "code")) IS NOT (SELECT  v % 10  FROM (SELECT OLD."at" AS "at", OLD."k" AS "k", OLD."v" AS "v", OLD."code" AS "code"))); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE "at" = NEW."at" COLLATE BINARY AND "v" = NEW."v" COLLATE BINARY AND (NEW."at" IS NOT OLD."at" COLLATE BINARY OR NEW."v" IS NOT OLD."v" COLLATE BINARY); END;

-- nocase bytes
CREATE TABLE "trueup_change_t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" INTEGER, "k" TEXT COLLATE NOCASE, "v" INTEGER);
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN NEW.rowid <> OLD.rowid BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid AND NEW.rowid <> OLD.rowid; END;

-- a before trigger of the user
CREATE TABLE "trueup_change_t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" INTEGER, "k" TEXT, "v" INTEGER);
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (0, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (0, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (0, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (0, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN NEW.rowid <> OLD.rowid BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid AND NEW.rowid <> OLD.rowid; END;

-- an after trigger of the user
CREATE TABLE "trueup_change_t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" INTEGER, "k" TEXT, "v" INTEGER);
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN NEW.rowid <> OLD.rowid BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid AND NEW.rowid <> OLD.rowid; END;

-- no conversion
CREATE TABLE "trueup_change_t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" , "k" , "v" );
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR typeof(OLD."at") <> typeof(NEW."at") OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR typeof(OLD."k") <> typeof(NEW."k") OR OLD."v" IS NOT NEW."v" COLLATE BINARY OR typeof(OLD."v") <> typeof(NEW."v") BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN NEW.rowid <> OLD.rowid BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid AND NEW.rowid <> OLD.rowid; END;

-- names that need quotes
CREATE TABLE "trueup_change_my t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" INTEGER, "k" TEXT, "v" INTEGER);
CREATE TRIGGER "trueup_insert_my t" AFTER INSERT ON "my t" BEGIN INSERT INTO "trueup_change_my t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_my t" AFTER UPDATE ON "my t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_my t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_my t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_my t" AFTER DELETE ON "my t" BEGIN INSERT INTO "trueup_change_my t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_my t" BEFORE INSERT ON "my t" BEGIN INSERT INTO "trueup_change_my t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "my t" WHERE "order" = NEW."order" COLLATE BINARY; INSERT INTO "trueup_change_my t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "my t" WHERE rowid = NEW.rowid; END;
CREATE TRIGGER "trueup_replace_update_my t" BEFORE UPDATE ON "my t" WHEN NEW."order" IS NOT OLD."order" COLLATE BINARY OR NEW.rowid <> OLD.rowid BEGIN INSERT INTO "trueup_change_my t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "my t" WHERE "order" = NEW."order" COLLATE BINARY AND (NEW."order" IS NOT OLD."order" COLLATE BINARY); INSERT INTO "trueup_change_my t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "my t" WHERE rowid = NEW.rowid AND NEW.rowid <> OLD.rowid; END;

-- a log that grows
DROP TRIGGER "trueup_insert_t";
DROP TRIGGER "trueup_update_t";
DROP TRIGGER "trueup_delete_t";
DROP TRIGGER "trueup_replace_insert_t";
DROP TRIGGER "trueup_replace_update_t";
ALTER TABLE "trueup_change_t" ADD COLUMN "other" TEXT;
UPDATE "trueup_change_t" SET trueup_weight = 0 WHERE trueup_weight <> 2;
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "other", "v") VALUES (1, NEW."at", NEW."k", NEW."other", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."other" IS NOT NEW."other" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "other", "v") VALUES (-1, OLD."at", OLD."k", OLD."other", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "other", "v") VALUES (1, NEW."at", NEW."k", NEW."other", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "other", "v") VALUES (-1, OLD."at", OLD."k", OLD."other", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "other", "v") SELECT 0, "at", "k", "other", "v" FROM "t" WHERE rowid = NEW.rowid; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN NEW.rowid <> OLD.rowid BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "other", "v") SELECT 0, "at", "k", "other", "v" FROM "t" WHERE rowid = NEW.rowid AND NEW.rowid <> OLD.rowid; END;

-- a log of another type
DROP TABLE "trueup_change_t";
CREATE TABLE "trueup_change_t" (trueup_id INTEGER PRIMARY KEY AUTOINCREMENT, trueup_weight INTEGER, "at" INTEGER, "k" TEXT, "v" TEXT);
CREATE TRIGGER "trueup_insert_t" AFTER INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_update_t" AFTER UPDATE ON "t" WHEN OLD."at" IS NOT NEW."at" COLLATE BINARY OR OLD."k" IS NOT NEW."k" COLLATE BINARY OR OLD."v" IS NOT NEW."v" COLLATE BINARY BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (1, NEW."at", NEW."k", NEW."v"); END;
CREATE TRIGGER "trueup_delete_t" AFTER DELETE ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") VALUES (-1, OLD."at", OLD."k", OLD."v"); END;
CREATE TRIGGER "trueup_replace_insert_t" BEFORE INSERT ON "t" BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid; END;
CREATE TRIGGER "trueup_replace_update_t" BEFORE UPDATE ON "t" WHEN NEW.rowid <> OLD.rowid BEGIN INSERT INTO "trueup_change_t"(trueup_weight, "at", "k", "v") SELECT 0, "at", "k", "v" FROM "t" WHERE rowid = NEW.rowid AND NEW.rowid <> OLD.rowid; END;

-- release
DROP TRIGGER "trueup_insert_t";
DROP TRIGGER "trueup_update_t";
DROP TRIGGER "trueup_delete_t";
DROP TRIGGER "trueup_replace_insert_t";
DROP TRIGGER "trueup_replace_update_t";

