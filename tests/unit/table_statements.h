/*
 * Every statement that reads or writes a summary's cells, for the golden texts of each database.
 */
#pragma once

#include "schema/summary_table.h"

/* The INSERT of n whole rows that updates those that are there. Free with g_free. */
static inline char *
upsert_text(const TuDatabase *db, const TuSummaryTable *table, guint n_rows)
{
    g_autoptr(GArray) columns = tu_summary_table_columns(table);
    return tu_bulk_sql(db, table->name, (const TuBulkColumn *)(gpointer)columns->data, columns->len,
                       n_rows);
}

/* One bit for each dimension: all of them NULL. */
static inline guint64
null_dimensions(const TuSummaryTable *table)
{
    guint n = table->summary->spec->dimensions->len;
    guint n_before = tu_summary_table_key_values(table) - n;
    return ((G_GUINT64_CONSTANT(1) << n) - 1) << n_before;
}

/* Free with g_ptr_array_unref. */
static inline GPtrArray *
table_statements(const TuDatabase *db, const TuSummaryTable *table)
{
    GPtrArray *statements = g_ptr_array_new_with_free_func(g_free);
    guint64 nulls = null_dimensions(table);
    g_ptr_array_add(statements, upsert_text(db, table, 1));
    g_ptr_array_add(statements, upsert_text(db, table, 2));
    g_ptr_array_add(statements, tu_summary_table_delete(db, table, 0, 1));
    if (nulls != 0)
        g_ptr_array_add(statements, tu_summary_table_delete(db, table, nulls, 2));
    g_ptr_array_add(statements, tu_summary_table_select_cells(db, table, 0, 1));
    if (nulls != 0)
        g_ptr_array_add(statements, tu_summary_table_select_cells(db, table, nulls, 2));
    g_ptr_array_add(statements, tu_summary_table_select_buckets(db, table, 1));
    g_ptr_array_add(statements, tu_summary_table_select_buckets(db, table, 2));
    g_ptr_array_add(statements, tu_summary_table_select_range(table, FALSE));
    g_ptr_array_add(statements, tu_summary_table_select_all(table));
    if (table->summary->spec->has_tenant)
        g_ptr_array_add(statements, tu_summary_table_select_range(table, TRUE));
    return statements;
}
