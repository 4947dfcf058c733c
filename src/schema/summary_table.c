#include "schema/summary_table.h"

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
    return tu_summary_table_key_values(table) + tu_summary_each_value(table, skip_column, NULL, NULL);
}

/* ---- conditions on the key ---- */

/* One condition for each column of the key; NULLs have no parameter. */
typedef struct {
    const TuSummaryTable *table;
    gboolean is_dynamic; /* the unique index is on expressions, which the condition must name */
    guint64 nulls;
    guint index, next; /* of the column, of the parameter */
    guint n_columns;   /* so many from the first on */
} KeyCondition;

static void
append_equals(GString *sql, const char *name, gpointer data)
{
    KeyCondition *condition = data;
    guint index = condition->index++;
    gboolean is_null = (condition->nulls >> index & 1) != 0;
    if (index >= condition->n_columns)
        return;
    g_string_append(sql, index == 0 ? "" : " AND ");
    if (condition->is_dynamic && tu_summary_key_is_nullable(condition->table, index)) {
        if (is_null)
            tu_sql_append(sql, "ifnull(%I, 0) = 0 AND (%I IS NULL) = 1", name, name);
        else
            tu_sql_append(sql, "ifnull(%I, 0) = ?%u AND (%I IS NULL) = 0", name, condition->next++,
                          name);
    } else if (is_null) {
        tu_sql_append(sql, "%I IS NULL", name);
    } else {
        tu_sql_append(sql, "%I = ?%u", name, condition->next++);
    }
}

/* Appends it with parameters from *next on, and moves that on. */
static void
append_key_condition(GString *sql, const TuDatabase *db, const TuSummaryTable *table,
                     guint n_columns, guint64 nulls, guint *next)
{
    KeyCondition condition = {.table = table,
                              .is_dynamic = tu_database_dialect(db)->has_dynamic_types,
                              .nulls = nulls,
                              .next = *next,
                              .n_columns = n_columns};
    tu_summary_each_key(table, append_equals, sql, &condition);
    *next = condition.next;
}

guint64
tu_summary_table_nulls(const TuValue *key, guint n)
{
    guint64 nulls = 0;
    for (guint i = 0; i < n; i++)
        if (key[i].type == TU_TYPE_NULL)
            nulls |= G_GUINT64_CONSTANT(1) << i;
    return nulls;
}

guint
tu_summary_table_parameters(const TuValue *key, guint n, TuValue *ret_parameters)
{
    guint next = 0;
    for (guint i = 0; i < n; i++)
        if (key[i].type != TU_TYPE_NULL)
            ret_parameters[next++] = key[i];
    return next;
}

/* ---- reading ---- */

static void
append_or_null(GString *sql, const char *name)
{
    if (name != NULL)
        tu_sql_append(sql, ", %I", name);
    else
        g_string_append(sql, ", NULL");
}

static GString *
begin_select(const TuSummaryTable *table)
{
    const TuSummaryModel *summary = table->summary;
    const TuSummary *spec = summary->spec;
    GString *sql = g_string_new("SELECT ");
    if (spec->series_column != NULL)
        tu_sql_append(sql, "%I", spec->series_column);
    else
        g_string_append(sql, "NULL");
    append_or_null(sql, spec->has_tenant ? spec->tenant_column : NULL);
    append_or_null(sql, table->bucket_column);
    for (guint i = 0; i < spec->dimensions->len; i++)
        append_or_null(sql, g_ptr_array_index(spec->dimensions, i));
    append_or_null(sql, summary->rows_column);
    for (guint i = 0; i < spec->measures->len; i++) {
        append_or_null(sql, summary->measures[i].column);
        append_or_null(sql, summary->measures[i].n_column);
        append_or_null(sql, summary->measures[i].sum_column);
    }
    tu_sql_append(sql, " FROM %Q", table->name);
    return sql;
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

/* n SELECTs put together, each with a condition on the first columns of the key. */
static char *
select_several(const TuDatabase *db, const TuSummaryTable *table, guint n_columns, guint64 nulls,
               guint n)
{
    GString *sql = g_string_new(NULL);
    guint next = 1;
    for (guint i = 0; i < n; i++) {
        GString *one = begin_select(table);
        g_string_append(one, " WHERE ");
        append_key_condition(one, db, table, n_columns, nulls, &next);
        tu_sql_append(sql, "%s%s", i == 0 ? "" : " UNION ALL ", one->str);
        g_string_free(one, TRUE);
    }
    return g_string_free(sql, FALSE);
}

char *
tu_summary_table_select_cells(const TuDatabase *db, const TuSummaryTable *table, guint64 nulls,
                              guint n_cells)
{
    return select_several(db, table, G_MAXUINT, nulls, n_cells);
}

char *
tu_summary_table_select_buckets(const TuDatabase *db, const TuSummaryTable *table,
                                guint n_buckets)
{
    guint n = tu_summary_table_key_values(table) - table->summary->spec->dimensions->len;
    return select_several(db, table, n, 0, n_buckets);
}

char *
tu_summary_table_select_range(const TuSummaryTable *table, gboolean by_tenant)
{
    GString *sql = begin_select(table);
    guint next = 1;
    g_string_append(sql, " WHERE ");
    if (by_tenant)
        tu_sql_append(sql, "%I = ?%u AND ", table->summary->spec->tenant_column, next++);
    tu_sql_append(sql, "%I >= ?%u AND %I < ?%u", table->bucket_column, next, table->bucket_column,
                  next + 1);
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

char *
tu_summary_table_delete(const TuDatabase *db, const TuSummaryTable *table, guint64 nulls,
                        guint n_rows)
{
    GString *sql = g_string_new(NULL);
    guint next = 1;
    tu_sql_append(sql, "DELETE FROM %Q WHERE ", table->name);
    for (guint i = 0; i < n_rows; i++) {
        g_string_append(sql, i == 0 ? "(" : ") OR (");
        append_key_condition(sql, db, table, G_MAXUINT, nulls, &next);
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}
