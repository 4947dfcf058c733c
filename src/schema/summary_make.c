/*
 * Making summary tables: what they must have, and what of it an existing one lacks or has
 * otherwise.
 */
#include <string.h>

#include "db/sql.h"
#include "db/sqlscan.h"
#include "schema/column_fits.h"
#include "schema/summary_columns.h"
#include "schema/summary_key.h"
#include "schema/summary_table.h"

/* ---- what it must have ---- */

/* One column that the table must have. */
typedef struct {
    const char *name;
    char *type;
    gboolean is_key;
    gboolean is_nullable; /* a key column that may be NULL */
    const TuSqlType *key_type;
    gboolean holds_numbers; /* a column of text would turn them into something else */
    TuType kind;            /* of what goes in; NULL: not known */
    int scale;              /* of decimals */
    gint64 longest;         /* characters of the longest text that goes in; -1: not known */
    gboolean is_constant;   /* a dimension in which each series has one constant, or NULL */
} Wanted;

static void
wanted_clear(gpointer data)
{
    g_free(((Wanted *)data)->type);
}

static TuType
kind_of(TuNumberKind number)
{
    return number == TU_NUMBER_DECIMAL  ? TU_TYPE_DECIMAL
           : number == TU_NUMBER_REAL   ? TU_TYPE_REAL
           : number == TU_NUMBER_EITHER ? TU_TYPE_NULL
                                        : TU_TYPE_INTEGER;
}

static void
add_number(GArray *wanted, const TuDialect *dialect, const char *name, TuNumberKind number,
           int scale)
{
    Wanted column = {.name = name,
                     .type = tu_column_number(dialect, number, scale),
                     .holds_numbers = TRUE,
                     .kind = kind_of(number),
                     .scale = scale,
                     .longest = -1};
    g_array_append_val(wanted, column);
}

static TuNumberKind
whole_number(const TuDialect *dialect)
{
    return dialect->has_dynamic_types ? TU_NUMBER_INTEGER : TU_NUMBER_WHOLE;
}

/* The number that a hidden sum is: as wide as the inputs. */
static TuNumberKind
hidden_sum(const TuDialect *dialect, const TuMeasureColumns *columns)
{
    if (dialect->has_dynamic_types)
        return TU_NUMBER_EITHER;
    return columns->number == TU_NUMBER_REAL ? TU_NUMBER_REAL : TU_NUMBER_DECIMAL;
}

static void
add_wanted_measures(GArray *wanted, const TuSummaryModel *summary, const TuDialect *dialect)
{
    guint n = summary->spec->measures->len;
    for (guint i = 0; i < n; i++) {
        const TuMeasureColumns *columns = &summary->measures[i];
        if (columns->holds_values) {
            Wanted column = {.name = columns->column,
                             .type = tu_column_declaration(dialect, &columns->type),
                             .kind = columns->type.kind,
                             .scale = columns->type.scale,
                             .longest = -1};
            g_array_append_val(wanted, column);
        } else {
            add_number(wanted, dialect, columns->column, columns->number, columns->scale);
        }
    }
    if (summary->rows_column != NULL)
        add_number(wanted, dialect, summary->rows_column, whole_number(dialect), 0);
    for (guint i = 0; i < n; i++) {
        const TuMeasureColumns *columns = &summary->measures[i];
        if (columns->n_column != NULL)
            add_number(wanted, dialect, columns->n_column, whole_number(dialect), 0);
        if (columns->sum_column != NULL)
            add_number(wanted, dialect, columns->sum_column, hidden_sum(dialect, columns),
                       columns->sum_scale);
    }
}

/* What each series writes into a dimension, where that is a constant: 'counter' of one, 'histogram'
 * of another. *ret_longest: the characters of the longest. FALSE: it is no such dimension. */
static gboolean
is_constant_dimension(const TuSummaryModel *summary, const char *name, gint64 *ret_longest)
{
    guint index = 0;
    gint64 longest = 0;
    if (!g_ptr_array_find_with_equal_func(summary->spec->dimensions, name, g_str_equal, &index))
        return FALSE;
    for (guint s = 0; s < summary->series->len; s++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
        const char *expression = g_ptr_array_index(series->spec->dimensions, index);
        g_autofree char *text = tu_sql_constant(expression);
        if (text == NULL && !tu_sql_is_null(expression))
            return FALSE;
        longest = MAX(longest, text != NULL ? g_utf8_strlen(text, -1) : 0);
    }
    *ret_longest = longest;
    return TRUE;
}

typedef struct {
    const TuSummaryTable *table;
    const TuDialect *dialect;
    GArray *wanted;
} KeyWanting;

static void
add_wanted_key(GString *sql, const char *name, gpointer data)
{
    const KeyWanting *wanting = data;
    const TuSummaryTable *table = wanting->table;
    const TuSummary *spec = table->summary->spec;
    guint index = wanting->wanted->len;
    Wanted column = {.name = name,
                     .is_key = TRUE,
                     .is_nullable = tu_summary_key_is_nullable(table, index),
                     .key_type = tu_summary_key_type(table, index),
                     .longest = -1};
    column.is_constant = is_constant_dimension(table->summary, name, &column.longest);
    /* The width of a key's numbers is the source's business. */
    if (column.key_type != NULL && column.key_type->kind == TU_TYPE_TEXT)
        column.kind = TU_TYPE_TEXT;
    if (column.key_type != NULL)
        column.type = tu_column_declaration(wanting->dialect, column.key_type);
    else if (index == 0 && spec->series_column != NULL)
        column.type = g_strdup(wanting->dialect->name_type);
    else
        column.type = g_strdup(tu_grain_is_dated(table->grain) ? wanting->dialect->date_type
                                                               : wanting->dialect->instant_type);
    g_array_append_val(wanting->wanted, column);
}

static GArray *
wanted_columns(const TuSummaryTable *table, const TuDialect *dialect)
{
    GArray *wanted = g_array_new(FALSE, FALSE, sizeof(Wanted));
    KeyWanting wanting = {table, dialect, wanted};
    g_array_set_clear_func(wanted, wanted_clear);
    tu_summary_each_key(table, add_wanted_key, NULL, &wanting);
    add_wanted_measures(wanted, table->summary, dialect);
    return wanted;
}

static char *
create_table(const TuDatabase *db, const TuSummaryTable *table, GArray *wanted)
{
    const TuDialect *dialect = tu_database_dialect(db);
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "CREATE TABLE %Q (", table->name);
    for (guint i = 0; i < wanted->len; i++) {
        const Wanted *column = &g_array_index(wanted, Wanted, i);
        tu_sql_append(sql, "%s%I%s%s", i == 0 ? "" : ", ", column->name,
                      column->type[0] != '\0' ? " " : "", column->type);
    }
    for (guint i = 0; i < wanted->len && !tu_summary_key_is_plain(table); i++) {
        const Wanted *column = &g_array_index(wanted, Wanted, i);
        g_autofree char *key =
            column->is_key
                ? tu_database_key_column(db, column->name, column->key_type, column->is_nullable)
                : NULL;
        if (key != NULL)
            tu_sql_append(sql, ", %s", key);
    }
    if (tu_summary_key_is_plain(table)) {
        g_string_append(sql, ", PRIMARY KEY ");
        tu_summary_append_key(sql, db, table);
        tu_sql_append(sql, ")%s%s", dialect->clustered, dialect->table_options);
    } else {
        tu_sql_append(sql, ")%s", dialect->table_options);
    }
    return g_string_free(sql, FALSE);
}

/* Columns of an existing table that trueup does not fill must be able to do without. */
static void
check_other_columns(const TuTableInfo *info, GArray *wanted, GPtrArray *findings)
{
    for (guint i = 0; i < info->columns->len; i++) {
        const TuColumnInfo *column = g_ptr_array_index(info->columns, i);
        gboolean is_wanted = FALSE;
        for (guint w = 0; w < wanted->len; w++)
            is_wanted = is_wanted || g_ascii_strcasecmp(g_array_index(wanted, Wanted, w).name,
                                                        column->name) == 0;
        gboolean is_rowid =
            info->has_rowid && column->key_position == 1 && column->kind == TU_TYPE_INTEGER;
        if (!is_wanted && !column->is_nullable && column->default_text == NULL &&
            !column->is_generated && !is_rowid)
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
check_column(const TuDialect *dialect, const TuTableInfo *info, const TuColumnInfo *column,
             const Wanted *wanted, GPtrArray *findings)
{
    const TuFit fit = {info->name,    wanted->type,          wanted->kind,
                       wanted->scale, wanted->holds_numbers, wanted->longest};
    if (wanted->holds_numbers && column->kind == TU_TYPE_TEXT)
        tu_finding_add(
            findings, TRUE, info->name,
            g_strdup_printf("column %s is %s: it must hold numbers", column->name,
                            column->declared_type),
            g_strdup("make the table anew with a numeric column, or name another table"));
    else
        tu_column_check_fit(dialect, column, &fit, findings);
    if (column->is_generated)
        tu_finding_add(
            findings, TRUE, info->name,
            g_strdup_printf("column %s is generated: trueup must write it", column->name),
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
            kinds |= 1u << series->source->tenant_type.kind;
        for (guint i = 0; i < spec->dimensions->len; i++)
            if (g_str_equal(name, g_ptr_array_index(spec->dimensions, i)) &&
                !tu_sql_is_null(g_ptr_array_index(series->spec->dimensions, i)))
                kinds |= 1u << series->dimension_types[i].kind;
    }
    return kinds;
}

/* Kinds of values between which a column of the one would convert the other; 0: it is not known. */
static guint
family_of(TuType kind)
{
    static const guint families[] = {
        [TU_TYPE_INTEGER] = 1,      [TU_TYPE_REAL] = 1, [TU_TYPE_DECIMAL] = 1,
        [TU_TYPE_LONG_DECIMAL] = 1, [TU_TYPE_TEXT] = 2, [TU_TYPE_TIMESTAMP] = 3,
        [TU_TYPE_INSTANT] = 3,      [TU_TYPE_DATE] = 4,
    };
    return kind < G_N_ELEMENTS(families) ? families[kind] : 0;
}

/* As a person names what a source gives. */
static const char *const family_names[] = {"something else", "numbers", "text", "times", "dates"};

/* The family that a column would convert, one of `kinds`; 0: none. */
static guint
converted_family(const TuColumnInfo *column, guint kinds, gboolean is_dynamic)
{
    guint own = column->kind == TU_TYPE_NULL ? family_of(TU_TYPE_INTEGER) : family_of(column->kind);
    for (guint kind = 0; kind <= TU_TYPE_INSTANT && own != 0; kind++) {
        guint other = (kinds & 1u << kind) != 0 ? family_of((TuType)kind) : 0;
        /* Where any column holds anything, times are texts. */
        if (other != 0 && other != own &&
            (!is_dynamic || MAX(own, other) <= family_of(TU_TYPE_TEXT)))
            return other;
    }
    return 0;
}

/* A column that converts would make '007' a 7, or 7 a '7', or write a time otherwise than it is
 * read: another key than the source's. */
static void
check_key_column(const TuDialect *dialect, const TuTableInfo *info, const TuColumnInfo *column,
                 const TuSummaryTable *table, GPtrArray *findings)
{
    guint kinds = kinds_of_key(table, column->name);
    guint converted = converted_family(column, kinds, dialect->has_dynamic_types);
    if (column->merges_text && (kinds & 1u << TU_TYPE_TEXT) != 0)
        tu_finding_add(
            findings, TRUE, info->name,
            g_strdup_printf("column %s takes texts of different bytes for one (%s): two cells "
                            "would be one row",
                            column->name, column->log_type),
            g_strdup("make the table anew without that collation, or name another table"));
    if (converted != 0)
        tu_finding_add(
            findings, TRUE, info->name,
            g_strdup_printf("column %s is %s, and the source gives %s: the key would be "
                            "converted ('007' is not 7)",
                            column->name, column->declared_type, family_names[converted]),
            g_strdup("make the table anew with a column of the source's type, or without "
                     "a type"));
}

static void
complain_of_key(const TuTableInfo *info, const TuUniqueKey *key, const Wanted *constant,
                GPtrArray *findings)
{
    if (constant == NULL)
        tu_finding_add(findings, TRUE, info->name,
                       g_strdup_printf("its own unique key %s has not all columns of a cell's key: "
                                       "two cells would be one row",
                                       key->name),
                       g_strdup("drop that key, or name another table"));
    else
        tu_finding_add(findings, FALSE, info->name,
                       g_strdup_printf("its own unique key %s is without %s: a row that is there "
                                       "with another value of it keeps its bucket from being "
                                       "written",
                                       key->name, constant->name),
                       g_strdup("correct or delete such rows, or drop that key"));
}

/* A unique key over columns that trueup writes must not make two cells one. It does not where it
 * lacks only what is constant in each series: two cells of one series do not differ by that. */
static void
check_unique_keys(const TuTableInfo *info, GArray *wanted, GPtrArray *findings)
{
    for (guint i = 0; i < info->unique->len; i++) {
        const TuUniqueKey *key = g_ptr_array_index(info->unique, i);
        guint n_written = 0;
        guint n_missing = 0;
        guint n_varying = 0;
        const Wanted *constant = NULL;
        for (guint w = 0; w < wanted->len; w++) {
            const Wanted *column = &g_array_index(wanted, Wanted, w);
            gboolean is_in_key = FALSE;
            for (guint c = 0; c < key->columns->len; c++)
                is_in_key =
                    is_in_key ||
                    g_ascii_strcasecmp(column->name, g_ptr_array_index(key->columns, c) != NULL
                                                         ? g_ptr_array_index(key->columns, c)
                                                         : "") == 0;
            n_written += is_in_key;
            n_missing += column->is_key && !is_in_key;
            n_varying += column->is_key && !is_in_key && !column->is_constant;
            if (column->is_key && !is_in_key && column->is_constant)
                constant = column;
        }
        if (n_written == key->columns->len && n_missing > 0 &&
            !g_str_has_prefix(key->name, "trueup_key_"))
            complain_of_key(info, key, n_varying > 0 ? NULL : constant, findings);
    }
}

static void
plan_existing(const TuDatabase *db, const TuTableInfo *info, const TuSummaryTable *table,
              GArray *wanted, GPtrArray *statements, GPtrArray *findings)
{
    gboolean has_all_key_columns = TRUE;
    for (guint i = 0; i < wanted->len; i++) {
        const Wanted *column = &g_array_index(wanted, Wanted, i);
        const TuColumnInfo *known = tu_table_info_column(info, column->name);
        if (known != NULL)
            check_column(tu_database_dialect(db), info, known, column, findings);
        if (known != NULL && column->is_key)
            check_key_column(tu_database_dialect(db), info, known, table, findings);
        has_all_key_columns = has_all_key_columns && (known != NULL || !column->is_key);
        if (known == NULL && column->is_key)
            tu_finding_add(findings, TRUE, info->name,
                           g_strdup_printf("the table exists and has no column %s", column->name),
                           g_strdup("name its columns under `columns`, or name a new table: a key "
                                    "cannot be changed in place"));
        else if (known == NULL)
            g_ptr_array_add(statements, tu_sql_format("ALTER TABLE %Q ADD COLUMN %I %s", info->name,
                                                      column->name, column->type));
    }
    check_other_columns(info, wanted, findings);
    if (has_all_key_columns)
        check_unique_keys(info, wanted, findings);
    if (has_all_key_columns)
        tu_summary_key_plan(db, info, table, statements);
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
        g_ptr_array_add(statements, create_table(db, table, wanted));
        if (!tu_summary_key_is_plain(table))
            g_ptr_array_add(statements, tu_summary_key_create(db, table));
    } else if (!info->is_table) {
        tu_finding_add(findings, TRUE, info->name,
                       g_strdup("it is a view: trueup cannot write into it"),
                       g_strdup("name another table"));
    } else {
        plan_existing(db, info, table, wanted, statements, findings);
    }
    return TRUE;
}

static void
append_name(GString *sql, const char *name, gpointer data)
{
    const char **glue = data;
    tu_sql_append(sql, "%s%I", *glue, name);
    *glue = ", ";
}

gboolean
tu_summary_table_is_doubled(TuDatabase *db, const TuSummaryTable *table, gboolean *ret_is_doubled,
                            GError **error)
{
    g_autoptr(TuTableInfo) info = NULL;
    const char *glue = "";
    gint64 one = 0;
    *ret_is_doubled = FALSE;
    if (!tu_database_describe(db, table->name, &info, error))
        return FALSE;
    if (info == NULL || tu_summary_key_is_there(info, table))
        return TRUE;
    g_autoptr(GString) sql = g_string_new(NULL);
    tu_sql_append(sql, "SELECT 1 FROM %Q GROUP BY ", table->name);
    tu_summary_each_key(table, append_name, sql, &glue);
    g_string_append(sql, " HAVING count(*) > 1 LIMIT 1");
    return tu_database_integer(db, sql->str, NULL, 0, ret_is_doubled, &one, error);
}
