#include "schema/summary_columns.h"

#include "db/sql.h"

/* ---- the list of columns ---- */

guint
tu_summary_each_key(const TuSummaryTable *table, TuEachColumn visit, GString *sql, gpointer data)
{
    const TuSummary *spec = table->summary->spec;
    guint n = 0;
    if (spec->series_column != NULL) {
        visit(sql, spec->series_column, data);
        n++;
    }
    if (spec->has_tenant) {
        visit(sql, spec->tenant_column, data);
        n++;
    }
    visit(sql, table->bucket_column, data);
    for (guint i = 0; i < spec->dimensions->len; i++)
        visit(sql, g_ptr_array_index(spec->dimensions, i), data);
    return n + 1 + spec->dimensions->len;
}

guint
tu_summary_each_value(const TuSummaryTable *table, TuEachColumn visit, GString *sql, gpointer data)
{
    const TuSummaryModel *summary = table->summary;
    guint n_measures = summary->spec->measures->len;
    guint n = n_measures;
    for (guint i = 0; i < n_measures; i++)
        visit(sql, summary->measures[i].column, data);
    if (summary->rows_column != NULL) {
        visit(sql, summary->rows_column, data);
        n++;
    }
    for (guint i = 0; i < n_measures; i++) {
        const char *const hidden[] = {summary->measures[i].n_column,
                                      summary->measures[i].sum_column};
        for (guint h = 0; h < G_N_ELEMENTS(hidden); h++) {
            if (hidden[h] == NULL)
                continue;
            visit(sql, hidden[h], data);
            n++;
        }
    }
    return n;
}

/* ---- the unique key, NULLs equal ---- */

/* The types of the key's columns, in their order; NULL: nothing special. */
const TuSqlType *
tu_summary_key_type(const TuSummaryTable *table, guint index)
{
    const TuSummary *spec = table->summary->spec;
    guint n_before = (spec->series_column != NULL) + spec->has_tenant + 1;
    if (index >= n_before)
        return &table->summary->dimension_types[index - n_before];
    gboolean is_tenant = spec->has_tenant && index + 2 == n_before;
    return is_tenant ? &table->summary->tenant_type : NULL;
}

gboolean
tu_summary_key_is_nullable(const TuSummaryTable *table, guint index)
{
    const TuSummary *spec = table->summary->spec;
    return index >= (guint)(spec->series_column != NULL) + spec->has_tenant + 1;
}

typedef struct {
    const TuDatabase *db;
    const TuSummaryTable *table;
    guint index;
} KeyWriting;

static void
append_key_column(GString *sql, const char *name, gpointer data)
{
    KeyWriting *writing = data;
    guint index = writing->index++;
    tu_database_append_key(writing->db, sql, name, tu_summary_key_type(writing->table, index),
                           tu_summary_key_is_nullable(writing->table, index));
}

/* ("tenant", "bucket", ...): dimensions may be NULL, so each stands in it as the database needs. */
void
tu_summary_append_key(GString *sql, const TuDatabase *db, const TuSummaryTable *table)
{
    KeyWriting writing = {db, table, 0};
    g_string_append_c(sql, '(');
    tu_summary_each_key(table, append_key_column, sql, &writing);
    g_string_append_c(sql, ')');
}

/* TRUE where no part of the key may be NULL or too long: the key is the table's own order then. */
gboolean
tu_summary_key_is_plain(const TuSummaryTable *table)
{
    return table->summary->spec->dimensions->len == 0 && !table->summary->tenant_type.is_unbounded;
}
