#include "schema/summary_table.h"

#include <string.h>

#include "db/sql.h"

/* ---- the list of columns ---- */

typedef void (*EachColumn)(GString *sql, const char *name, gpointer data);

static guint
each_key_column(const TuSummaryTable *table, EachColumn visit, GString *sql, gpointer data)
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

static guint
each_value_column(const TuSummaryTable *table, EachColumn visit, GString *sql, gpointer data)
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

static void
skip_column(GString *sql, const char *name, gpointer data)
{
}

static void
append_name(GString *sql, const char *name, gpointer data)
{
    gboolean *is_first = data;
    tu_sql_append(sql, "%s%I", *is_first ? "" : ", ", name);
    *is_first = FALSE;
}

static void
append_assignment(GString *sql, const char *name, gpointer data)
{
    gboolean *is_first = data;
    tu_sql_append(sql, "%s%I = excluded.%I", *is_first ? "" : ", ", name, name);
    *is_first = FALSE;
}

guint
tu_summary_table_key_values(const TuSummaryTable *table)
{
    return each_key_column(table, skip_column, NULL, NULL);
}

guint
tu_summary_table_values(const TuSummaryTable *table)
{
    return tu_summary_table_key_values(table) + each_value_column(table, skip_column, NULL, NULL);
}

/* ---- the unique key, NULLs equal ---- */

/* Dimensions may be NULL, so each stands in the index as two expressions (F33). */
static void
append_key_expressions(GString *sql, const TuSummaryTable *table)
{
    const TuSummary *spec = table->summary->spec;
    g_string_append_c(sql, '(');
    if (spec->series_column != NULL)
        tu_sql_append(sql, "%I, ", spec->series_column);
    if (spec->has_tenant)
        tu_sql_append(sql, "%I, ", spec->tenant_column);
    tu_sql_append(sql, "%I", table->bucket_column);
    for (guint i = 0; i < spec->dimensions->len; i++) {
        const char *name = g_ptr_array_index(spec->dimensions, i);
        tu_sql_append(sql, ", ifnull(%I, 0), %I IS NULL", name, name);
    }
    g_string_append_c(sql, ')');
}

/* TRUE where no part of the key may be NULL: the key is the table's own order then. */
static gboolean
key_is_plain(const TuSummaryTable *table)
{
    return table->summary->spec->dimensions->len == 0;
}

/* WHERE over parameters numbered from ?1 in the key's order. */
static void
append_key_condition(GString *sql, const TuSummaryTable *table, gboolean with_dimensions,
                     const char *equals)
{
    const TuSummary *spec = table->summary->spec;
    guint n = 1;
    g_string_append(sql, " WHERE ");
    if (spec->series_column != NULL)
        tu_sql_append(sql, "%I %s ?%u AND ", spec->series_column, equals, n++);
    if (spec->has_tenant)
        tu_sql_append(sql, "%I %s ?%u AND ", spec->tenant_column, equals, n++);
    tu_sql_append(sql, "%I %s ?%u", table->bucket_column, equals, n++);
    for (guint i = 0; with_dimensions && i < spec->dimensions->len; i++, n++) {
        const char *name = g_ptr_array_index(spec->dimensions, i);
        tu_sql_append(sql, " AND ifnull(%I, 0) = ifnull(?%u, 0) AND (%I IS NULL) = (?%u IS NULL)",
                      name, n, name, n);
    }
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
    tu_sql_append(sql, " FROM %I", table->name);
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

char *
tu_summary_table_select_cell(const TuSummaryTable *table)
{
    GString *sql = begin_select(table);
    append_key_condition(sql, table, TRUE, "=");
    return g_string_free(sql, FALSE);
}

char *
tu_summary_table_select_bucket(const TuSummaryTable *table)
{
    GString *sql = begin_select(table);
    append_key_condition(sql, table, FALSE, "=");
    return g_string_free(sql, FALSE);
}

char *
tu_summary_table_select_range(const TuSummaryTable *table, gboolean by_tenant)
{
    GString *sql = begin_select(table);
    g_string_append(sql, " WHERE ");
    if (by_tenant)
        tu_sql_append(sql, "%I = ? AND ", table->summary->spec->tenant_column);
    tu_sql_append(sql, "%I >= ? AND %I < ?", table->bucket_column, table->bucket_column);
    return g_string_free(sql, FALSE);
}

char *
tu_summary_table_select_all(const TuSummaryTable *table)
{
    return g_string_free(begin_select(table), FALSE);
}

/* ---- writing ---- */

char *
tu_summary_table_upsert(const TuSummaryTable *table)
{
    GString *sql = g_string_new(NULL);
    gboolean is_first = TRUE;
    tu_sql_append(sql, "INSERT INTO %I(", table->name);
    guint n = each_key_column(table, append_name, sql, &is_first);
    n += each_value_column(table, append_name, sql, &is_first);
    g_string_append(sql, ") VALUES (");
    tu_sql_append_parameters(sql, n);
    g_string_append(sql, ") ON CONFLICT");
    append_key_expressions(sql, table);
    g_string_append(sql, " DO UPDATE SET ");
    is_first = TRUE;
    each_value_column(table, append_assignment, sql, &is_first);
    return g_string_free(sql, FALSE);
}

char *
tu_summary_table_delete(const TuSummaryTable *table, const char *same)
{
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "DELETE FROM %I", table->name);
    append_key_condition(sql, table, TRUE, same); /* a foreign row may have NULL anywhere */
    return g_string_free(sql, FALSE);
}

/* ---- making it ---- */

/* One column that the table must have. */
typedef struct {
    char *name;
    const char *type;
    gboolean is_key;
    gboolean is_hidden;
    gboolean holds_numbers; /* a column of text would turn them into something else */
} Wanted;

static const char *
number_type(const TuDialect *dialect, TuNumberKind number)
{
    switch (number) {
    case TU_NUMBER_INTEGER:
        return dialect->integer_type;
    case TU_NUMBER_REAL:
        return dialect->real_type;
    case TU_NUMBER_EITHER:
        return dialect->number_type;
    }
    g_assert_not_reached();
}

/* min and max hold the value as it is; the others a number. */
static const char *
measure_type(const TuDialect *dialect, const TuSummaryModel *summary, guint index)
{
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        TuMeasureKind kind = series->layout->measures[index].kind;
        if (kind == TU_MEASURE_MIN || kind == TU_MEASURE_MAX)
            return dialect->key_type;
    }
    return number_type(dialect, summary->measures[index].number);
}

static void
add_wanted(GArray *wanted, const char *name, const char *type, gboolean is_key,
           gboolean is_hidden, gboolean holds_numbers)
{
    Wanted column = {g_strdup(name), type, is_key, is_hidden, holds_numbers};
    g_array_append_val(wanted, column);
}

static void
wanted_clear(gpointer data)
{
    g_free(((Wanted *)data)->name);
}

static void
add_wanted_measures(GArray *wanted, const TuSummaryModel *summary, const TuDialect *dialect)
{
    guint n = summary->spec->measures->len;
    for (guint i = 0; i < n; i++) {
        const char *type = measure_type(dialect, summary, i);
        add_wanted(wanted, summary->measures[i].column, type, FALSE, FALSE,
                   type != dialect->key_type);
    }
    if (summary->rows_column != NULL)
        add_wanted(wanted, summary->rows_column, dialect->integer_type, FALSE, TRUE, TRUE);
    for (guint i = 0; i < n; i++) {
        if (summary->measures[i].n_column != NULL)
            add_wanted(wanted, summary->measures[i].n_column, dialect->integer_type, FALSE, TRUE,
                       TRUE);
        if (summary->measures[i].sum_column != NULL)
            add_wanted(wanted, summary->measures[i].sum_column, dialect->number_type, FALSE, TRUE,
                       TRUE);
    }
}

static GArray *
wanted_columns(const TuSummaryTable *table, const TuDialect *dialect)
{
    const TuSummary *spec = table->summary->spec;
    GArray *wanted = g_array_new(FALSE, FALSE, sizeof(Wanted));
    g_array_set_clear_func(wanted, wanted_clear);
    if (spec->series_column != NULL)
        add_wanted(wanted, spec->series_column, dialect->text_type, TRUE, FALSE, FALSE);
    if (spec->has_tenant)
        add_wanted(wanted, spec->tenant_column, dialect->key_type, TRUE, FALSE, FALSE);
    add_wanted(wanted, table->bucket_column,
               tu_grain_is_dated(table->grain) ? dialect->date_type : dialect->instant_type, TRUE,
               FALSE, FALSE);
    for (guint i = 0; i < spec->dimensions->len; i++)
        add_wanted(wanted, g_ptr_array_index(spec->dimensions, i), dialect->key_type, TRUE, FALSE,
                   FALSE);
    add_wanted_measures(wanted, table->summary, dialect);
    return wanted;
}

static char *
create_table(const TuSummaryTable *table, GArray *wanted, const TuDialect *dialect)
{
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "CREATE TABLE %I (", table->name);
    for (guint i = 0; i < wanted->len; i++) {
        const Wanted *column = &g_array_index(wanted, Wanted, i);
        tu_sql_append(sql, "%s%I%s%s", i == 0 ? "" : ", ", column->name,
                      column->type[0] != '\0' ? " " : "", column->type);
    }
    if (key_is_plain(table)) {
        g_string_append(sql, ", PRIMARY KEY ");
        append_key_expressions(sql, table);
        tu_sql_append(sql, ")%s", dialect->clustered);
    } else {
        g_string_append_c(sql, ')');
    }
    return g_string_free(sql, FALSE);
}

static char *
create_index(const TuSummaryTable *table)
{
    GString *sql = g_string_new(NULL);
    g_autofree char *name = g_strconcat("trueup_key_", table->name, NULL);
    tu_sql_append(sql, "CREATE UNIQUE INDEX %I ON %I", name, table->name);
    append_key_expressions(sql, table);
    return g_string_free(sql, FALSE);
}

typedef struct {
    const TuUniqueKey *key;
    guint n;
    gboolean is_same;
} KeyComparison;

static void
compare_key_column(GString *sql, const char *name, gpointer data)
{
    KeyComparison *comparison = data;
    guint i = comparison->n++;
    const char *own = i < comparison->key->columns->len
                          ? g_ptr_array_index(comparison->key->columns, i)
                          : NULL;
    comparison->is_same =
        comparison->is_same && own != NULL && g_ascii_strcasecmp(own, name) == 0;
}

/* Our index, or where no dimension may be NULL any unique key of just these columns. */
static gboolean
has_key(const TuTableInfo *info, const TuSummaryTable *table)
{
    g_autofree char *name = g_strconcat("trueup_key_", table->name, NULL);
    if (g_ptr_array_find_with_equal_func(info->indexes, name, g_str_equal, NULL))
        return TRUE;
    for (guint i = 0; i < info->unique->len && key_is_plain(table); i++) {
        KeyComparison comparison = {g_ptr_array_index(info->unique, i), 0, TRUE};
        each_key_column(table, compare_key_column, NULL, &comparison);
        if (comparison.is_same && comparison.n == comparison.key->columns->len &&
            comparison.key->is_primary)
            return TRUE;
    }
    return FALSE;
}

/* Columns of an existing table that trueup does not fill must be able to do without. */
static void
check_other_columns(const TuTableInfo *info, GArray *wanted, GPtrArray *findings)
{
    for (guint i = 0; i < info->columns->len; i++) {
        const TuColumnInfo *column = g_ptr_array_index(info->columns, i);
        gboolean is_wanted = FALSE;
        for (guint w = 0; w < wanted->len; w++)
            is_wanted = is_wanted ||
                        g_ascii_strcasecmp(g_array_index(wanted, Wanted, w).name, column->name) == 0;
        gboolean is_rowid = column->key_position == 1 && column->kind == TU_TYPE_INTEGER;
        if (!is_wanted && !column->is_nullable && column->default_text == NULL && !column->is_generated &&
            !is_rowid)
            tu_finding_add(findings, TRUE, info->name,
                           g_strdup_printf("column %s is NOT NULL and has no default, and trueup "
                                           "does not fill it",
                                           column->name),
                           g_strdup_printf("make the table anew with `%s ... DEFAULT ...`, or drop "
                                           "the column: ALTER TABLE %s DROP COLUMN %s",
                                           column->name, info->name, column->name));
    }
}

static void
check_column(const TuTableInfo *info, const TuColumnInfo *column, const Wanted *wanted,
             GPtrArray *findings)
{
    if (wanted->holds_numbers && column->kind == TU_TYPE_TEXT)
        tu_finding_add(findings, TRUE, info->name,
                       g_strdup_printf("column %s is %s: it must hold numbers", column->name,
                                       column->declared_type),
                       g_strdup("make the table anew with a numeric column, or name another table"));
    if (column->is_generated)
        tu_finding_add(findings, TRUE, info->name,
                       g_strdup_printf("column %s is generated: trueup must write it",
                                       column->name),
                       g_strdup("name another column in the spec"));
}

/* The kinds of the values that go into a key column, one bit each. */
static guint
kinds_of_key(const TuSummaryTable *table, const char *name)
{
    const TuSummary *spec = table->summary->spec;
    guint kinds = 0;
    for (guint s = 0; s < table->summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(table->summary->series, s);
        if (spec->has_tenant && g_str_equal(name, spec->tenant_column))
            kinds |= 1u << series->source->tenant_kind;
        for (guint i = 0; i < spec->dimensions->len; i++)
            if (g_str_equal(name, g_ptr_array_index(spec->dimensions, i)) &&
                !g_str_equal(g_ptr_array_index(series->spec->dimensions, i), "NULL"))
                kinds |= 1u << series->dimension_kinds[i];
    }
    return kinds;
}

/* A column that converts would make '007' a 7, or 7 a '7': another key than the source's. */
static void
check_key_column(const TuTableInfo *info, const TuColumnInfo *column, const TuSummaryTable *table,
                 GPtrArray *findings)
{
    const guint numbers = 1u << TU_TYPE_INTEGER | 1u << TU_TYPE_REAL;
    guint kinds = kinds_of_key(table, column->name);
    gboolean is_text = column->kind == TU_TYPE_TEXT;
    gboolean is_number = !is_text && column->kind != TU_TYPE_BLOB;
    gboolean has_text = (kinds & 1u << TU_TYPE_TEXT) != 0;
    if (strstr(column->log_type, "COLLATE") != NULL)
        tu_finding_add(findings, TRUE, info->name,
                       g_strdup_printf("column %s takes texts of different bytes for one (%s): two cells "
                                       "would be one row",
                                       column->name, column->log_type),
                       g_strdup("make the table anew without that collation, or name another table"));
    if ((is_number && has_text) || (is_text && (kinds & numbers) != 0))
        tu_finding_add(findings, TRUE, info->name,
                       g_strdup_printf("column %s is %s, and the source gives %s: the key would be "
                                       "converted ('007' is not 7)",
                                       column->name, column->declared_type,
                                       has_text ? "text" : "numbers"),
                       g_strdup("make the table anew with a column of the source's type, or without "
                                "a type"));
}

/* A unique key over columns that trueup writes must not make two cells one. */
static void
check_unique_keys(const TuTableInfo *info, GArray *wanted, GPtrArray *findings)
{
    for (guint i = 0; i < info->unique->len; i++) {
        const TuUniqueKey *key = g_ptr_array_index(info->unique, i);
        guint n_written = 0;
        guint n_missing = 0;
        for (guint w = 0; w < wanted->len; w++) {
            const Wanted *column = &g_array_index(wanted, Wanted, w);
            gboolean is_in_key = FALSE;
            for (guint c = 0; c < key->columns->len; c++)
                is_in_key = is_in_key || g_ascii_strcasecmp(
                                             column->name,
                                             g_ptr_array_index(key->columns, c) != NULL
                                                 ? g_ptr_array_index(key->columns, c)
                                                 : "") == 0;
            n_written += is_in_key;
            n_missing += column->is_key && !is_in_key;
        }
        if (n_written == key->columns->len && n_missing > 0 &&
            !g_str_has_prefix(key->name, "trueup_key_"))
            tu_finding_add(findings, TRUE, info->name,
                           g_strdup_printf("its own unique key %s has not all columns of a cell's key: "
                                           "two cells would be one row",
                                           key->name),
                           g_strdup("drop that key, or name another table"));
    }
}

static void
plan_existing(const TuTableInfo *info, const TuSummaryTable *table, GArray *wanted,
              GPtrArray *statements, GPtrArray *findings)
{
    gboolean has_all_key_columns = TRUE;
    for (guint i = 0; i < wanted->len; i++) {
        const Wanted *column = &g_array_index(wanted, Wanted, i);
        const TuColumnInfo *known = tu_table_info_column(info, column->name);
        if (known != NULL)
            check_column(info, known, column, findings);
        if (known != NULL && column->is_key)
            check_key_column(info, known, table, findings);
        has_all_key_columns = has_all_key_columns && (known != NULL || !column->is_key);
        if (known == NULL && column->is_key)
            tu_finding_add(findings, TRUE, info->name,
                           g_strdup_printf("the table exists and has no column %s", column->name),
                           g_strdup("name its columns under `columns`, or name a new table: a key "
                                    "cannot be changed in place"));
        else if (known == NULL)
            g_ptr_array_add(statements,
                            tu_sql_format("ALTER TABLE %I ADD COLUMN %I %s", info->name,
                                          column->name, column->type));
    }
    check_other_columns(info, wanted, findings);
    if (has_all_key_columns)
        check_unique_keys(info, wanted, findings);
    if (!has_key(info, table))
        g_ptr_array_add(statements, create_index(table));
}

gboolean
tu_summary_table_plan(TuDatabase *db, const TuSummaryTable *table, GPtrArray *statements,
                      GPtrArray *findings, GError **error)
{
    g_autoptr(TuTableInfo) info = NULL;
    g_autoptr(GArray) wanted = wanted_columns(table, tu_database_dialect(db));
    if (!tu_database_describe(db, table->name, &info, error))
        return FALSE;
    if (info == NULL) {
        g_ptr_array_add(statements, create_table(table, wanted, tu_database_dialect(db)));
        if (!key_is_plain(table))
            g_ptr_array_add(statements, create_index(table));
    } else if (!info->is_table) {
        tu_finding_add(findings, TRUE, info->name,
                       g_strdup("it is a view: trueup cannot write into it"),
                       g_strdup("name another table"));
    } else {
        plan_existing(info, table, wanted, statements, findings);
    }
    return TRUE;
}
