/*
 * Every statement that reads or writes a summary's cells, for the golden texts of each database.
 */
#pragma once

#include "db/driver.h"
#include "db/given.h"
#include "schema/summary_table.h"

/* The INSERT of n whole rows that updates those that are there. Free with g_free. */
static inline char *
upsert_text(const TuDatabase *db, const TuSummaryTable *table, guint n_rows)
{
    g_autoptr(GArray) columns = tu_summary_table_columns(table);
    return tu_bulk_sql(db, table->name, (const TuBulkColumn *)(gpointer)columns->data, columns->len,
                       TU_BULK_ANY, n_rows);
}

/* The DELETE of n rows by their keys. Free with g_free. */
static inline char *
delete_text(const TuDatabase *db, const TuSummaryTable *table, guint64 nulls, guint n_rows)
{
    g_autoptr(GArray) columns = tu_summary_table_columns(table);
    return tu_bulk_delete_sql(db, table->name, (const TuBulkColumn *)(gpointer)columns->data,
                              columns->len, nulls, n_rows);
}

/* A statement over given rows. Free with g_free. */
static inline char *
given_text(const TuDatabase *db, TuGivenWork work, const TuSummaryTable *table, guint64 nulls)
{
    g_autoptr(GArray) columns = tu_summary_table_columns(table);
    g_autofree char *list = work == TU_GIVEN_FIND ? tu_summary_table_found_list(table) : NULL;
    return tu_given_sql(db, work, table->name, "rows(?1) AS given",
                        (const TuBulkColumn *)(gpointer)columns->data, columns->len, nulls, list);
}

/* The SELECT of given buckets. Free with g_free. */
static inline char *
bucket_text(const TuDatabase *db, const TuSummaryTable *table)
{
    g_autoptr(GArray) columns = tu_summary_table_columns(table);
    g_autofree char *list = tu_summary_table_bucket_list(table);
    return tu_given_sql(db, TU_GIVEN_FIND, table->name, "rows(?1) AS given",
                        (const TuBulkColumn *)(gpointer)columns->data,
                        tu_summary_table_bucket_values(table), 0, list);
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
    g_ptr_array_add(statements, delete_text(db, table, 0, 1));
    if (nulls != 0)
        g_ptr_array_add(statements, delete_text(db, table, nulls, 2));
    g_ptr_array_add(statements, tu_summary_table_select_cells(db, table, 0, 1));
    if (nulls != 0)
        g_ptr_array_add(statements, tu_summary_table_select_cells(db, table, nulls, 2));
    for (int work = 0; db->driver->given != NULL && work < TU_GIVEN_WORKS; work++) {
        if (work == TU_GIVEN_CHANGE_AT && db->driver->given->place == NULL)
            continue;
        g_ptr_array_add(statements, given_text(db, (TuGivenWork)work, table, 0));
        if (nulls != 0)
            g_ptr_array_add(statements, given_text(db, (TuGivenWork)work, table, nulls));
    }
    g_ptr_array_add(statements, tu_summary_table_select_buckets(db, table, 1));
    g_ptr_array_add(statements, tu_summary_table_select_buckets(db, table, 2));
    if (db->driver->given != NULL)
        g_ptr_array_add(statements, bucket_text(db, table));
    g_ptr_array_add(statements, tu_summary_table_select_range(table, FALSE));
    g_ptr_array_add(statements, tu_summary_table_select_all(table));
    if (table->summary->spec->has_tenant)
        g_ptr_array_add(statements, tu_summary_table_select_range(table, TRUE));
    g_ptr_array_add(statements,
                    tu_summary_table_select_ranges(table, table->summary->spec->has_tenant, 2));
    return statements;
}
