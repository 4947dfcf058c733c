/*
 * What a keyed summary has in the database: its table, the table of its keys' states, the view that
 * shows them to people.
 */
#include <string.h>

#include "db/sql.h"
#include "schema/column_fits.h"
#include "schema/control.h"
#include "schema/keyed.h"

static const char *
key_type(const TuDialect *dialect, const TuKeyedModel *keyed, guint i)
{
    return dialect->key_types[tu_keyed_key_column(keyed, i)->type];
}

/* ---- the table ---- */

static void
append_key_definitions(GString *sql, const TuKeyedModel *keyed, const TuDialect *dialect)
{
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        tu_sql_append(sql, "%s%I %s NOT NULL", i == 0 ? "" : ", ",
                      tu_keyed_key_column(keyed, i)->name, key_type(dialect, keyed, i));
}

static char *
value_type(const TuDialect *dialect, const TuKeyedModel *keyed, guint i)
{
    return tu_column_declaration(dialect, &g_array_index(keyed->value_types, TuSqlType, i));
}

static char *
create_table(const TuDialect *dialect, const TuKeyedModel *keyed)
{
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "CREATE TABLE %Q (", keyed->table);
    append_key_definitions(sql, keyed, dialect);
    for (guint i = 0; i < keyed->values->len; i++) {
        g_autofree char *type =
            dialect->has_dynamic_types ? g_strdup("") : value_type(dialect, keyed, i);
        tu_sql_append(sql, ", %I%s%s", (const char *)g_ptr_array_index(keyed->values, i),
                      type[0] != '\0' ? " " : "", type);
    }
    g_string_append(sql, ", PRIMARY KEY (");
    tu_keyed_append_key(sql, keyed, NULL);
    tu_sql_append(sql, "))%s", dialect->table_options);
    return g_string_free(sql, FALSE);
}

/* A unique key over just the key's columns, in any order. */
static gboolean
is_our_key(const TuUniqueKey *key, const TuKeyedModel *keyed)
{
    guint n_found = 0;
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        for (guint c = 0; c < key->columns->len; c++) {
            const char *column = g_ptr_array_index(key->columns, c);
            n_found += column != NULL &&
                       g_ascii_strcasecmp(column, tu_keyed_key_column(keyed, i)->name) == 0;
        }
    return n_found == key->columns->len && n_found == tu_keyed_key_columns(keyed);
}

static void
plan_key(const TuTableInfo *info, const TuKeyedModel *keyed, GPtrArray *statements)
{
    for (guint i = 0; i < info->unique->len; i++)
        if (is_our_key(g_ptr_array_index(info->unique, i), keyed))
            return;
    const char *dot = strrchr(keyed->table, '.');
    g_autofree char *name = tu_sql_short_name("trueup_key_", dot != NULL ? dot + 1 : keyed->table);
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "CREATE UNIQUE INDEX %I ON %Q (", name, keyed->table);
    tu_keyed_append_key(sql, keyed, NULL);
    g_string_append_c(sql, ')');
    g_ptr_array_add(statements, g_string_free(sql, FALSE));
}

static void
check_key_columns(const TuTableInfo *info, const TuKeyedModel *keyed, GPtrArray *findings)
{
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++) {
        const char *name = tu_keyed_key_column(keyed, i)->name;
        const TuColumnInfo *column = tu_table_info_column(info, name);
        if (column == NULL)
            tu_finding_add(findings, TRUE, info->name,
                           g_strdup_printf("the table exists and has no column %s", name),
                           g_strdup("name its key's columns under `key`, or name a new table"));
        else if (column->merges_text)
            tu_finding_add(findings, TRUE, info->name,
                           g_strdup_printf("column %s takes texts of different bytes for one (%s): "
                                           "two keys would be one row",
                                           name, column->log_type),
                           g_strdup("make the table anew without that collation, or name another "
                                    "table"));
    }
}

static gboolean
is_written(const TuKeyedModel *keyed, const char *name)
{
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        if (g_ascii_strcasecmp(tu_keyed_key_column(keyed, i)->name, name) == 0)
            return TRUE;
    for (guint i = 0; i < keyed->values->len; i++)
        if (g_ascii_strcasecmp(g_ptr_array_index(keyed->values, i), name) == 0)
            return TRUE;
    return FALSE;
}

/* Columns of an existing table that trueup does not fill must be able to do without. */
static void
check_other_columns(const TuTableInfo *info, const TuKeyedModel *keyed, GPtrArray *findings)
{
    for (guint i = 0; i < info->columns->len; i++) {
        const TuColumnInfo *column = g_ptr_array_index(info->columns, i);
        gboolean is_rowid =
            info->has_rowid && column->key_position == 1 && column->kind == TU_TYPE_INTEGER;
        if (!is_written(keyed, column->name) && !column->is_nullable &&
            column->default_text == NULL && !column->is_generated && !is_rowid)
            tu_finding_add(findings, TRUE, info->name,
                           g_strdup_printf("column %s is NOT NULL and has no default, and trueup "
                                           "does not fill it",
                                           column->name),
                           g_strdup_printf("give it a default, or drop it: ALTER TABLE %s DROP "
                                           "COLUMN %s",
                                           info->name, column->name));
    }
}

static void
plan_existing(TuDatabase *db, const TuTableInfo *info, const TuKeyedModel *keyed,
              GPtrArray *statements, GPtrArray *findings)
{
    const TuDialect *dialect = tu_database_dialect(db);
    check_key_columns(info, keyed, findings);
    for (guint i = 0; i < keyed->values->len; i++) {
        const char *name = g_ptr_array_index(keyed->values, i);
        const TuSqlType *type = &g_array_index(keyed->value_types, TuSqlType, i);
        const TuColumnInfo *column = tu_table_info_column(info, name);
        g_autofree char *declared = value_type(dialect, keyed, i);
        TuFit fit = {info->name, declared, type->kind, type->scale, FALSE, -1};
        if (column != NULL && !dialect->has_dynamic_types)
            tu_column_check_fit(dialect, column, &fit, findings);
        else if (column == NULL)
            g_ptr_array_add(statements,
                            tu_sql_format("ALTER TABLE %Q ADD COLUMN %I%s%s", info->name, name,
                                          dialect->has_dynamic_types ? "" : " ",
                                          dialect->has_dynamic_types ? "" : declared));
    }
    check_other_columns(info, keyed, findings);
    plan_key(info, keyed, statements);
}

/* ---- the table of states ---- */

static char *
create_state(const TuDialect *dialect, const TuKeyedModel *keyed)
{
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "CREATE TABLE %Q (", keyed->state);
    append_key_definitions(sql, keyed, dialect);
    g_string_append_printf(sql,
                           ", trueup_key %s NOT NULL, trueup_computed_at %s, "
                           "trueup_invalid_since %s, trueup_attempts %s NOT NULL DEFAULT 0, "
                           "trueup_next_attempt_at %s, trueup_error %s, PRIMARY KEY (",
                           dialect->text_type, dialect->instant_type, dialect->instant_type,
                           dialect->integer_type, dialect->instant_type, dialect->text_type);
    tu_keyed_append_key(sql, keyed, NULL);
    g_string_append_printf(sql, "))%s", dialect->table_options);
    return g_string_free(sql, FALSE);
}

/* The oldest are looked for again and again. */
static char *
create_state_index(const TuKeyedModel *keyed)
{
    const char *dot = strrchr(keyed->state, '.');
    g_autofree char *name = tu_sql_short_name(
        "trueup_since_", (dot != NULL ? dot + 1 : keyed->state) + strlen("trueup_"));
    return tu_sql_format("CREATE INDEX %I ON %Q (trueup_invalid_since)", name, keyed->state);
}

/* Some databases count the columns of an index as they are declared, however short what is in
 * them. */
static void
check_key_fits(const TuDialect *dialect, const TuKeyedModel *keyed, GPtrArray *findings)
{
    guint bytes = 0;
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        bytes += dialect->key_column_bytes[tu_keyed_key_column(keyed, i)->type];
    if (dialect->key_most_bytes > 0 && bytes > dialect->key_most_bytes)
        tu_finding_add(findings, TRUE, keyed->table,
                       g_strdup_printf("its key takes %u bytes of an index, which has at most %u: "
                                       "each text takes %u",
                                       bytes, dialect->key_most_bytes,
                                       dialect->key_column_bytes[TU_KEY_TEXT]),
                       g_strdup("give `key` fewer texts: a number for one of them, or two in one"));
}

gboolean
tu_keyed_plan_tables(TuDatabase *db, const TuKeyedModel *keyed, GPtrArray *statements,
                     GPtrArray *findings, GError **error)
{
    const TuDialect *dialect = tu_database_dialect(db);
    g_autoptr(TuTableInfo) info = NULL;
    gboolean has_state = FALSE;
    if (!tu_database_describe(db, keyed->table, &info, error) ||
        !tu_database_has_table(db, keyed->state, &has_state, error))
        return FALSE;
    check_key_fits(dialect, keyed, findings);
    if (info == NULL)
        g_ptr_array_add(statements, create_table(dialect, keyed));
    else if (!info->is_table)
        tu_finding_add(findings, TRUE, info->name,
                       g_strdup("it is a view: trueup cannot write into it"),
                       g_strdup("name another table"));
    else
        plan_existing(db, info, keyed, statements, findings);
    if (!has_state) {
        g_ptr_array_add(statements, create_state(dialect, keyed));
        g_ptr_array_add(statements, create_state_index(keyed));
    }
    return TRUE;
}

/* ---- the views ---- */

/* What an entry of weight 2 means: something changed, it is not known where, so every key is
 * invalid. */
static void
append_unclear(GString *sql, const TuKeyedModel *keyed, const TuCaptured *captured)
{
    g_string_append(sql, " UNION ALL SELECT ");
    tu_keyed_append_key(sql, keyed, NULL);
    tu_sql_append(sql,
                  ", NULL, (SELECT min(trueup_at) FROM %Q WHERE trueup_weight = 2), NULL, NULL, "
                  "NULL FROM %Q WHERE EXISTS (SELECT 1 FROM %Q WHERE trueup_weight = 2)",
                  captured->log, keyed->state, captured->log);
}

/* All keys are to be computed again, and are not all on the list yet. */
static void
append_listing(GString *sql, TuDatabase *db, const TuKeyedModel *keyed)
{
    g_autofree char *control = tu_database_control_name(db, "trueup_keyed");
    g_string_append(sql, " UNION ALL SELECT ");
    tu_keyed_append_key(sql, keyed, "s");
    tu_sql_append(sql,
                  ", NULL, l.listing_since, NULL, NULL, NULL FROM %Q AS s JOIN %Q AS l "
                  "ON l.name = '%s' AND l.listing_since IS NOT NULL",
                  keyed->state, control, keyed->spec->name);
}

/* With the collation of the state's columns: no two others go together in a UNION. */
static void
append_exact_key(GString *sql, const TuKeyedModel *keyed, const TuDialect *dialect)
{
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++) {
        const TuKeyColumn *column = tu_keyed_key_column(keyed, i);
        g_string_append(sql, i == 0 ? "" : ", ");
        tu_sql_append(sql, column->type == TU_KEY_TEXT ? dialect->exact_text : "%I", column->name);
    }
}

/* Each choice of "rows or images" for the tables of a dependency, as settling makes it. */
static void
append_named(GString *sql, const TuKeyedModel *keyed, const TuDependencyModel *dependency,
             const TuDialect *dialect)
{
    for (guint chosen = 0; chosen < 1u << dependency->others->len; chosen++) {
        g_autofree char *named =
            tu_keyed_select_named(keyed, dependency, dialect, chosen, TU_BATCH_NONE);
        g_string_append(sql, " UNION ALL SELECT ");
        append_exact_key(sql, keyed, dialect);
        g_string_append_printf(sql, ", NULL, trueup_at, NULL, NULL, NULL FROM (%s) AS n", named);
    }
}

char *
tu_keyed_view_sql(TuDatabase *db, const TuKeyedModel *keyed)
{
    const TuDialect *dialect = tu_database_dialect(db);
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "%s %Q AS SELECT ", dialect->create_view, keyed->view);
    tu_keyed_append_key(sql, keyed, NULL);
    g_string_append(sql, ", max(computed_at) AS computed_at, min(invalid_since) AS invalid_since, "
                         "coalesce(max(attempts), 0) AS attempts, "
                         "max(next_attempt_at) AS next_attempt_at, max(error) AS error "
                         "FROM (SELECT ");
    tu_keyed_append_key(sql, keyed, NULL);
    tu_sql_append(sql,
                  ", trueup_computed_at AS computed_at, trueup_invalid_since AS invalid_since, "
                  "trueup_attempts AS attempts, trueup_next_attempt_at AS next_attempt_at, "
                  "trueup_error AS error FROM %Q",
                  keyed->state);
    append_listing(sql, db, keyed);
    for (guint i = 0; i < keyed->tables->len; i++)
        append_unclear(sql, keyed, g_ptr_array_index(keyed->tables, i));
    for (guint i = 0; i < keyed->dependencies->len; i++)
        append_named(sql, keyed, g_ptr_array_index(keyed->dependencies, i), dialect);
    g_string_append(sql, ") AS s GROUP BY ");
    tu_keyed_append_key(sql, keyed, NULL);
    return g_string_free(sql, FALSE);
}

void
tu_keyed_plan_parked(TuDatabase *db, const TuModel *model, GPtrArray *statements)
{
    g_autoptr(GString) more = g_string_new(NULL);
    for (guint i = 0; i < model->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(model->keyed, i);
        /* A summary's name has no quotes (spec/names.h). */
        tu_sql_append(more,
                      " UNION ALL SELECT '%s', NULL, NULL, trueup_key, trueup_attempts, "
                      "trueup_next_attempt_at, trueup_error FROM %Q WHERE trueup_error IS NOT NULL",
                      keyed->spec->name, keyed->state);
    }
    tu_control_plan_view(db, "trueup_parked", more->str, statements);
}
