/*
 * What the trigger functions of PostgreSQL do: they copy their transition tables into the log.
 *
 *   quick   an expression without a query: the columns of the table's row type are those that the
 *           log has ──▶ INSERT ... SELECT
 *   slow    where that says no, or the statement named a part or another table: the same question
 *           to the transition table ──▶ INSERT ... SELECT, or one entry of weight 2
 *
 * Both questions are asked in a block that catches the error of a column that is gone, and which
 * writes nothing: so it costs the writer no transaction number, and the write itself cannot fail
 * (F19). The quick one is kept as a plan; any DDL on the table makes PostgreSQL plan it anew, since
 * it names the table.
 *
 * An UPDATE's old and new rows are paired by their order, and a pair that is the same to the byte
 * (the operator *<>, which needs no equality of the types: F20) is left out. Whether the pairs are
 * right does not matter: two images that are the same cancel each other whatever rows they are of.
 */
#include "db/postgres/postgres.h"

#include <string.h>

#include "db/sql.h"

/* A column may be called like one of plpgsql's variables ("found"). */
#define COLUMNS_FIRST "#variable_conflict use_column\n"

/* A TRUNCATE is expected to be instant: above this size its rows are not written one by one, but as
 * one entry of weight 2. */
#define TRUNCATE_LIMIT_BYTES "67108864"

/* ---- pieces ---- */

static const char *
column_name(const TuCaptureShape *shape, guint i)
{
    return g_ptr_array_index(shape->columns, i);
}

/* The log's columns in the order of the shape, on both sides of the INSERT. */
static void
append_columns(GString *sql, const TuCaptureShape *shape, const char *row)
{
    for (guint i = 0; i < shape->columns->len; i++)
        tu_sql_append(sql, ", %s%I", row, column_name(shape, i));
}

/* INSERT INTO "public"."trueup_change_flight" (trueup_weight, "a", "b") */
static void
append_insert(GString *sql, const TuPostgresBody *body)
{
    g_string_append_printf(sql, "INSERT INTO %s (trueup_weight", body->log);
    append_columns(sql, body->shape, "");
    g_string_append(sql, ")\n");
}

/* One entry: anything may have changed. */
static void
append_give_up(GString *sql, const TuPostgresBody *body)
{
    g_string_append_printf(sql, "INSERT INTO %s (trueup_weight) VALUES (2);\n", body->log);
}

/* 'name' as a text literal. */
static void
append_text(GString *sql, const char *text)
{
    g_string_append_c(sql, '\'');
    for (; *text != '\0'; text++)
        g_string_append_len(sql, *text == '\'' ? "''" : text, *text == '\'' ? 2 : 1);
    g_string_append_c(sql, '\'');
}

/* AND pg_typeof(row."a") = 'numeric(10,2)'::regtype for every column. */
static void
append_types(GString *sql, const TuPostgresBody *body, const char *row)
{
    for (guint i = 0; i < body->shape->columns->len; i++) {
        const TuColumnInfo *column =
            tu_table_info_column(body->shape->info, column_name(body->shape, i));
        tu_sql_append(sql, "\n            AND pg_catalog.pg_typeof(%s.%I) = ", row, column->name);
        append_text(sql, column->declared_type);
        g_string_append(sql, "::pg_catalog.regtype");
    }
}

/* ---- may it be written? ---- */

/* fits := the statement named the table itself, the log is there, and the table's columns have the
 * types that they had. */
static void
append_quick_check(GString *sql, const TuPostgresBody *body)
{
    g_autofree char *row = g_strdup_printf("(NULL::%s)", body->table);
    g_string_append(sql, "    BEGIN\n        fits := TG_RELID = ");
    append_text(sql, body->table);
    g_string_append(sql, "::pg_catalog.regclass\n            AND ");
    append_text(sql, body->log);
    g_string_append(sql, "::pg_catalog.regclass IS NOT NULL");
    append_types(sql, body, row);
    g_string_append(sql, ";\n    EXCEPTION WHEN OTHERS THEN fits := false;\n    END;\n");
}

/* TRUE if the trigger was made for a part that is a part no more: what is written there is
 * nobody's. A part of another table, or of one that has another name at the moment, may be ours
 * again before anybody looks. */
static void
append_is_nobodys(GString *sql)
{
    g_string_append(sql, "TG_NARGS > 0 AND coalesce(pg_catalog.pg_partition_root(TG_RELID), "
                         "TG_RELID) = TG_RELID");
}

/* A trigger with an argument is a part's own; detached, that part is no part of this table any
 * more. */
static void
append_is_anothers(GString *sql, const TuPostgresBody *body)
{
    g_string_append(sql, "TG_NARGS > 0 AND (pg_catalog.pg_partition_root(TG_RELID) = "
                         "pg_catalog.to_regclass(");
    append_text(sql, body->table);
    g_string_append(sql, ")) IS NOT TRUE");
}

/* The same question to the transition table `rows`. fits is NULL without rows, and where the log
 * itself is gone: then nothing can be written, and the guard finds that. */
static void
append_slow_check(GString *sql, const TuPostgresBody *body, const char *rows)
{
    g_string_append(sql, "    IF NOT fits THEN\n        IF ");
    append_is_nobodys(sql);
    g_string_append(sql, " THEN\n            RETURN NULL;\n        END IF;\n"
                         "        fits := NULL;\n        BEGIN\n            SELECT true");
    append_types(sql, body, "r");
    g_string_append_printf(sql, "\n            INTO fits FROM %s r WHERE pg_catalog.to_regclass(",
                           rows);
    append_text(sql, body->log);
    g_string_append(sql, ") IS NOT NULL LIMIT 1;\n        EXCEPTION WHEN OTHERS THEN\n"
                         "            fits := pg_catalog.to_regclass(");
    append_text(sql, body->log);
    g_string_append(sql, ") IS NULL AND NULL;\n        END;\n        IF fits AND ");
    append_is_anothers(sql, body);
    g_string_append(sql, " THEN\n            fits := false;\n        END IF;\n    END IF;\n");
}

/* From here on `fits` says: write the rows; write that anything may have changed; write nothing. */
static void
append_question(GString *sql, const TuPostgresBody *body, const char *rows, const char *variables)
{
    g_string_append_printf(sql, COLUMNS_FIRST "DECLARE\n    fits boolean;\n%sBEGIN\n", variables);
    append_quick_check(sql, body);
    append_slow_check(sql, body, rows);
}

static void
append_end(GString *sql, const TuPostgresBody *body)
{
    g_string_append(sql, "    ELSIF NOT fits THEN\n        ");
    append_give_up(sql, body);
    g_string_append(sql, "    END IF;\n    RETURN NULL;\nEND\n");
}

/* ---- INSERT, DELETE ---- */

/* One INSERT ... SELECT from the transition table: as many rows as the statement changed, in one
 * go. */
static void
append_copy(GString *sql, const TuPostgresBody *body, const char *rows, const char *weight)
{
    append_question(sql, body, rows, "");
    g_string_append(sql, "    IF fits THEN\n        ");
    append_insert(sql, body);
    g_string_append_printf(sql, "        SELECT %s", weight);
    append_columns(sql, body->shape, "r.");
    g_string_append_printf(sql, " FROM %s r;\n", rows);
    append_end(sql, body);
}

void
tu_postgres_insert_body(GString *sql, const TuPostgresBody *body)
{
    append_copy(sql, body, "trueup_new", "1");
}

void
tu_postgres_delete_body(GString *sql, const TuPostgresBody *body)
{
    append_copy(sql, body, "trueup_old", "-1");
}

/* ---- UPDATE ---- */

/* (SELECT row_number() OVER () AS trueup_n, "a", "b" FROM trueup_old) trueup_was */
static void
append_numbered(GString *sql, const TuCaptureShape *shape, const char *number, const char *rows,
                const char *alias)
{
    g_string_append_printf(sql, "(SELECT %s AS trueup_n", number);
    append_columns(sql, shape, "r.");
    g_string_append_printf(sql, " FROM %s r) %s", rows, alias);
}

static void
append_image(GString *sql, const TuCaptureShape *shape, const char *weight, const char *row)
{
    g_string_append_printf(sql, "(%s, %strueup_n", weight, row);
    append_columns(sql, shape, row);
    g_string_append_c(sql, ')');
}

/* The INSERT of both images of each pair that differs, and of what has no partner. */
static void
append_pairs(GString *sql, const TuPostgresBody *body, const char *number, const char *join,
             const char *on)
{
    const TuCaptureShape *shape = body->shape;
    g_string_append(sql, "        ");
    append_insert(sql, body);
    g_string_append(sql, "        SELECT i.trueup_weight");
    append_columns(sql, shape, "i.");
    g_string_append(sql, " FROM ");
    append_numbered(sql, shape, number, "trueup_old", "trueup_was");
    g_string_append_printf(sql, "\n        %s ", join);
    append_numbered(sql, shape, number, "trueup_new", "trueup_is");
    g_string_append_printf(sql, "%s\n        CROSS JOIN LATERAL (VALUES ", on);
    append_image(sql, shape, "-1", "trueup_was.");
    g_string_append(sql, ", ");
    append_image(sql, shape, "1", "trueup_is.");
    g_string_append(sql, ") i(trueup_weight, trueup_n");
    append_columns(sql, shape, "");
    g_string_append(sql, ")\n"
                         "        WHERE i.trueup_n IS NOT NULL AND (trueup_was.trueup_n IS NULL "
                         "OR trueup_is.trueup_n IS NULL\n"
                         "            OR trueup_was OPERATOR(pg_catalog.*<>) trueup_is);\n");
}

/* One row, as most updates change, needs no numbers to be paired: half the cost. */
void
tu_postgres_update_body(GString *sql, const TuPostgresBody *body)
{
    append_question(sql, body, "trueup_new", "    is_one boolean;\n");
    g_string_append(sql,
                    "    IF fits THEN\n"
                    "        SELECT EXISTS (SELECT FROM trueup_old) AND EXISTS (SELECT FROM "
                    "trueup_new)\n"
                    "            AND NOT EXISTS (SELECT FROM trueup_old OFFSET 1)\n"
                    "            AND NOT EXISTS (SELECT FROM trueup_new OFFSET 1) INTO is_one;\n"
                    "    END IF;\n    IF fits AND is_one THEN\n");
    append_pairs(sql, body, "1", "CROSS JOIN", "");
    g_string_append(sql, "    ELSIF fits THEN\n");
    append_pairs(sql, body, "pg_catalog.row_number() OVER ()", "FULL JOIN",
                 " ON trueup_is.trueup_n = trueup_was.trueup_n");
    append_end(sql, body);
}

/* ---- TRUNCATE ---- */

/* It empties what its transaction may not see: at REPEATABLE READ rows may have come since its
 * snapshot, and row-level security (switched off, so that it raises) may hide some. */
void
tu_postgres_truncate_body(GString *sql, const TuPostgresBody *body)
{
    g_string_append(sql, "BEGIN\n    IF ");
    append_is_nobodys(sql);
    g_string_append(sql, " THEN\n        RETURN NULL;\n    END IF;\n    IF (");
    append_is_anothers(sql, body);
    g_string_append(sql, ")\n        OR pg_catalog.current_setting('transaction_isolation') NOT IN "
                         "('read committed', 'read uncommitted')\n"
                         "        OR pg_catalog.pg_relation_size(TG_RELID) > " TRUNCATE_LIMIT_BYTES
                         " THEN\n        ");
    append_give_up(sql, body);
    g_string_append(sql, "        RETURN NULL;\n    END IF;\n"
                         "    EXECUTE pg_catalog.format(");
    g_autoptr(GString) statement = g_string_new(NULL);
    append_insert(statement, body);
    g_string_replace(statement, "\n", " ", 0);
    g_string_append(statement, "SELECT -1");
    append_columns(statement, body->shape, "");
    g_string_replace(statement, "%", "%%", 0);
    g_string_append(statement, " FROM ONLY %I.%I");
    append_text(sql, statement->str);
    g_string_append(sql, ", TG_TABLE_SCHEMA, TG_TABLE_NAME);\n    RETURN NULL;\n"
                         "EXCEPTION\n"
                         "    WHEN undefined_table THEN RETURN NULL;\n"
                         "    WHEN undefined_column OR datatype_mismatch OR data_exception OR "
                         "insufficient_privilege\n"
                         "        OR undefined_function OR undefined_object THEN\n        ");
    append_give_up(sql, body);
    g_string_append(sql, "        RETURN NULL;\nEND\n");
}
