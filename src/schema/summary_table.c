#include "schema/summary_table.h"

#include "db/given.h"
#include "db/sql.h"
#include "schema/summary_columns.h"

/* ---- the list of columns ---- */

static void
skip_column(GString *sql, const char *name, gpointer data)
{
}

guint
tu_summary_table_key_values(const TuSummaryTable *table)
{
    return tu_summary_each_key(table, skip_column, NULL, NULL);
}

guint
tu_summary_table_values(const TuSummaryTable *table)
{
    return tu_summary_table_key_values(table) +
           tu_summary_each_value(table, skip_column, NULL, NULL);
}

/* ---- reading ---- */

/* A column of `stored`, or of the only table; NULL where there is none. */
static void
append_or_null(GString *sql, const char *of, const char *name)
{
    if (name != NULL)
        tu_sql_append(sql, ", %s%I", of, name);
    else
        g_string_append(sql, ", NULL");
}

static void
append_values(GString *sql, const TuSummaryTable *table, const char *of)
{
    const TuSummaryModel *summary = table->summary;
    append_or_null(sql, of, summary->rows_column);
    for (guint i = 0; i < summary->spec->measures->len; i++) {
        append_or_null(sql, of, summary->measures[i].column);
        append_or_null(sql, of, summary->measures[i].n_column);
        append_or_null(sql, of, summary->measures[i].sum_column);
    }
}

static void
append_list(GString *sql, const TuSummaryTable *table, const char *of)
{
    const TuSummary *spec = table->summary->spec;
    if (spec->series_column != NULL)
        tu_sql_append(sql, "%s%I", of, spec->series_column);
    else
        g_string_append(sql, "NULL");
    append_or_null(sql, of, spec->has_tenant ? spec->tenant_column : NULL);
    append_or_null(sql, of, table->bucket_column);
    for (guint i = 0; i < spec->dimensions->len; i++)
        append_or_null(sql, of, g_ptr_array_index(spec->dimensions, i));
    append_values(sql, table, of);
}

static GString *
begin_select(const TuSummaryTable *table)
{
    GString *sql = g_string_new("SELECT ");
    append_list(sql, table, "");
    tu_sql_append(sql, " FROM %Q", table->name);
    return sql;
}

char *
tu_summary_table_bucket_list(const TuSummaryTable *table)
{
    GString *sql = g_string_new(NULL);
    append_list(sql, table, "stored.");
    return g_string_free(sql, FALSE);
}

/* What is known of a cell that is looked up is left out. */
static void
append_found_list(GString *sql, const TuSummaryTable *table, const char *number, const char *of)
{
    g_string_append(sql, number);
    for (guint i = TU_STORED_NUMBER + 1; i < tu_stored_rows_column(table); i++)
        g_string_append(sql, ", NULL");
    append_values(sql, table, of);
}

char *
tu_summary_table_found_list(const TuSummaryTable *table)
{
    GString *sql = g_string_new(NULL);
    append_found_list(sql, table, TU_GIVEN_NUMBER, "stored.");
    return g_string_free(sql, FALSE);
}

guint
tu_stored_rows_column(const TuSummaryTable *table)
{
    return TU_STORED_DIMENSIONS + table->summary->spec->dimensions->len;
}

guint
tu_stored_measure_column(const TuSummaryTable *table, guint measure)
{
    return tu_stored_rows_column(table) + 1 + measure * TU_MEASURE_VALUES;
}

/* The first columns of the key, so many, equal parameters from *next on. */
static void
append_key_equals(GString *sql, const TuDatabase *db, const TuSummaryTable *table, guint n_columns,
                  guint64 nulls, guint *next)
{
    g_autoptr(GArray) columns = tu_summary_table_columns(table);
    tu_bulk_append_key_equals(sql, db, &g_array_index(columns, TuBulkColumn, 0), n_columns, nulls,
                              next);
}

char *
tu_summary_table_select_cells(const TuDatabase *db, const TuSummaryTable *table, guint64 nulls,
                              guint n_cells)
{
    GString *sql = g_string_new(NULL);
    guint next = 1;
    for (guint i = 1; i <= n_cells; i++) {
        g_autofree char *number = g_strdup_printf("%u", i);
        g_string_append(sql, i == 1 ? "SELECT " : " UNION ALL SELECT ");
        append_found_list(sql, table, number, "");
        tu_sql_append(sql, " FROM %Q WHERE ", table->name);
        append_key_equals(sql, db, table, tu_summary_table_key_values(table), nulls, &next);
    }
    return g_string_free(sql, FALSE);
}

guint
tu_summary_table_bucket_values(const TuSummaryTable *table)
{
    return tu_summary_table_key_values(table) - table->summary->spec->dimensions->len;
}

char *
tu_summary_table_select_buckets(const TuDatabase *db, const TuSummaryTable *table, guint n_buckets)
{
    guint n = tu_summary_table_bucket_values(table);
    GString *sql = g_string_new(NULL);
    guint next = 1;
    for (guint i = 0; i < n_buckets; i++) {
        GString *one = begin_select(table);
        tu_sql_append(sql, "%s%s WHERE ", i == 0 ? "" : " UNION ALL ", one->str);
        append_key_equals(sql, db, table, n, 0, &next);
        g_string_free(one, TRUE);
    }
    return g_string_free(sql, FALSE);
}

static void
append_range(GString *sql, const TuSummaryTable *table, gboolean by_tenant, guint *next)
{
    if (by_tenant)
        tu_sql_append(sql, "%I = ?%u AND ", table->summary->spec->tenant_column, (*next)++);
    tu_sql_append(sql, "%I >= ?%u AND %I < ?%u", table->bucket_column, *next, table->bucket_column,
                  *next + 1);
    *next += 2;
}

char *
tu_summary_table_select_range(const TuSummaryTable *table, gboolean by_tenant)
{
    return tu_summary_table_select_ranges(table, by_tenant, 1);
}

char *
tu_summary_table_select_ranges(const TuSummaryTable *table, gboolean by_tenant, guint n_ranges)
{
    GString *sql = begin_select(table);
    guint next = 1;
    g_string_append(sql, n_ranges > 1 ? " WHERE (" : " WHERE ");
    for (guint i = 0; i < n_ranges; i++) {
        g_string_append(sql, i > 0 ? ") OR (" : "");
        append_range(sql, table, by_tenant, &next);
    }
    g_string_append(sql, n_ranges > 1 ? ")" : "");
    return g_string_free(sql, FALSE);
}

char *
tu_summary_table_select_all(const TuSummaryTable *table)
{
    return g_string_free(begin_select(table), FALSE);
}

/* ---- writing ---- */

typedef struct {
    const TuSummaryTable *table;
    GArray *columns; /* of TuBulkColumn */
    gboolean is_key;
} BulkColumns;

static void
add_bulk_column(GString *sql, const char *name, gpointer data)
{
    const BulkColumns *bulk = data;
    guint index = bulk->columns->len;
    TuBulkColumn column = {.name = name, .put = bulk->is_key ? TU_PUT_KEY : TU_PUT_NEW};
    if (bulk->is_key) {
        column.is_nullable = tu_summary_key_is_nullable(bulk->table, index);
        column.type = tu_summary_key_type(bulk->table, index);
    }
    g_array_append_val(bulk->columns, column);
}

GArray *
tu_summary_table_columns(const TuSummaryTable *table)
{
    BulkColumns bulk = {table, g_array_new(FALSE, FALSE, sizeof(TuBulkColumn)), TRUE};
    tu_summary_each_key(table, add_bulk_column, NULL, &bulk);
    bulk.is_key = FALSE;
    tu_summary_each_value(table, add_bulk_column, NULL, &bulk);
    return bulk.columns;
}
