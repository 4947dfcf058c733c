#include "db/bulk.h"

#include <string.h>

#include "db/driver.h"
#include "db/sql.h"

/* The most parameters that a statement may have anywhere is 65,535 (both servers). */
#define PARAMETERS_LIMIT 60000

struct TuBulk {
    TuDatabase *db;
    char *table;
    TuBulkColumn *columns;
    guint n_columns;
    gboolean is_new;
    guint most_rows; /* of one statement */
    guint n_rows;    /* waiting */
    TuValue *values; /* of those */
    GStringChunk *bytes;
    TuStatement *full, *single; /* for most_rows rows, and for one; NULL until they are needed */
    gpointer copy;              /* under way; NULL: none */
};

/* ---- the INSERT ---- */

static void
append_conflict(GString *sql, const TuDatabase *db, const TuBulkColumn *columns, guint n)
{
    const TuDialect *dialect = tu_database_dialect(db);
    g_string_append_printf(sql, " %s", dialect->conflict);
    if (!dialect->conflict_names_key)
        return;
    g_autoptr(GString) key = g_string_new(NULL);
    for (guint i = 0; i < n; i++)
        if (columns[i].put == TU_PUT_KEY)
            tu_database_append_key(db, key, columns[i].name, columns[i].type, columns[i].is_nullable);
    g_string_append_printf(sql, "(%s) DO UPDATE SET", key->str);
}

static void
append_assignments(GString *sql, const char *table, const TuDialect *dialect,
                   const TuBulkColumn *columns, guint n)
{
    const char *glue = " ";
    const char *dot = strrchr(table, '.');
    for (guint i = 0; i < n; i++) {
        g_autofree char *column = tu_sql_format("%I", columns[i].name);
        g_autoptr(GString) given = g_string_new(dialect->given);
        g_string_replace(given, "%s", column, 0);
        if (columns[i].put == TU_PUT_NEW)
            g_string_append_printf(sql, "%s%s = %s", glue, column, given->str);
        else if (columns[i].put == TU_PUT_IF_GIVEN)
            tu_sql_append(sql, "%s%s = coalesce(%s, %I.%s)", glue, column, given->str,
                          dot != NULL ? dot + 1 : table, column);
        else
            continue;
        glue = ", ";
    }
}

char *
tu_bulk_sql(const TuDatabase *db, const char *table, const TuBulkColumn *columns, guint n_columns,
            guint n_rows)
{
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "INSERT INTO %Q(", table);
    for (guint i = 0; i < n_columns; i++)
        tu_sql_append(sql, "%s%I", i == 0 ? "" : ", ", columns[i].name);
    g_string_append(sql, ") VALUES ");
    for (guint row = 0; row < n_rows; row++) {
        g_string_append(sql, row == 0 ? "(" : ", (");
        tu_sql_append_parameters(sql, row * n_columns + 1, n_columns);
        g_string_append_c(sql, ')');
    }
    append_conflict(sql, db, columns, n_columns);
    append_assignments(sql, table, tu_database_dialect(db), columns, n_columns);
    return g_string_free(sql, FALSE);
}

/* ---- life ---- */

gboolean
tu_bulk_new(TuDatabase *db, const char *table, const TuBulkColumn *columns, guint n_columns,
            gboolean is_new, TuBulk **ret_bulk, GError **error)
{
    TuBulk *bulk = g_new0(TuBulk, 1);
    guint rows = tu_database_dialect(db)->rows_per_statement;
    bulk->db = db;
    bulk->table = g_strdup(table);
    bulk->columns = g_memdup2(columns, n_columns * sizeof *columns);
    bulk->n_columns = n_columns;
    bulk->is_new = is_new && db->driver->copy_begin != NULL;
    bulk->most_rows = CLAMP(PARAMETERS_LIMIT / MAX(n_columns, 1), 1, MAX(rows, 1));
    bulk->values = g_new(TuValue, (gsize)bulk->most_rows * n_columns);
    bulk->bytes = g_string_chunk_new(4096);
    *ret_bulk = bulk;
    return TRUE;
}

void
tu_bulk_free(TuBulk *bulk)
{
    if (bulk == NULL)
        return;
    if (bulk->copy != NULL && !bulk->db->driver->copy_end(bulk->copy, FALSE, NULL))
        bulk->copy = NULL;
    tu_statement_free(bulk->full);
    tu_statement_free(bulk->single);
    g_string_chunk_free(bulk->bytes);
    g_free(bulk->values);
    g_free(bulk->columns);
    g_free(bulk->table);
    g_free(bulk);
}

/* ---- rows ---- */

static gboolean
run(TuBulk *bulk, TuStatement **statement, guint n_rows, const TuValue *values, GError **error)
{
    gboolean has_row = FALSE;
    if (*statement == NULL) {
        g_autofree char *sql =
            tu_bulk_sql(bulk->db, bulk->table, bulk->columns, bulk->n_columns, n_rows);
        if (!tu_database_prepare(bulk->db, sql, statement, error))
            return FALSE;
    }
    return tu_statement_bind(*statement, values, n_rows * bulk->n_columns, error) &&
           tu_statement_step(*statement, &has_row, error);
}

static gboolean
copy_row(TuBulk *bulk, const TuValue *values, GError **error)
{
    const TuDriver *driver = bulk->db->driver;
    if (bulk->copy == NULL) {
        g_autofree const char **names = g_new(const char *, bulk->n_columns);
        for (guint i = 0; i < bulk->n_columns; i++)
            names[i] = bulk->columns[i].name;
        if (!driver->copy_begin(bulk->db, bulk->table, names, bulk->n_columns, &bulk->copy, error))
            return FALSE;
    }
    return driver->copy_row(bulk->copy, values, error);
}

gboolean
tu_bulk_add(TuBulk *bulk, const TuValue *values, GError **error)
{
    if (bulk->is_new)
        return copy_row(bulk, values, error);
    if (bulk->most_rows == 1)
        return run(bulk, &bulk->single, 1, values, error);
    TuValue *row = bulk->values + (gsize)bulk->n_rows++ * bulk->n_columns;
    for (guint i = 0; i < bulk->n_columns; i++) {
        row[i] = values[i];
        if (tu_value_has_bytes(&values[i]))
            row[i].text = g_string_chunk_insert_len(bulk->bytes, values[i].text, values[i].bytes);
    }
    if (bulk->n_rows < bulk->most_rows)
        return TRUE;
    bulk->n_rows = 0;
    gboolean is_ok = run(bulk, &bulk->full, bulk->most_rows, bulk->values, error);
    g_string_chunk_clear(bulk->bytes);
    return is_ok;
}

gboolean
tu_bulk_finish(TuBulk *bulk, GError **error)
{
    gpointer copy = g_steal_pointer(&bulk->copy);
    if (copy != NULL)
        return bulk->db->driver->copy_end(copy, TRUE, error);
    guint n = bulk->n_rows;
    bulk->n_rows = 0;
    g_autoptr(TuStatement) rest = NULL;
    gboolean is_ok = n == 0 || run(bulk, n == 1 ? &bulk->single : &rest, n, bulk->values, error);
    g_string_chunk_clear(bulk->bytes);
    return is_ok;
}
