#include "schema/place_parts.h"

#include "db/sql.h"
#include "schema/source_sql.h"

void
tu_place_part_free(TuPlacePart *part)
{
    if (part == NULL)
        return;
    g_free(part->from);
    g_free(part->address);
    g_ptr_array_unref(part->exact);
    g_free(part);
}

static TuPlacePart *
part_new(int tenant, int time)
{
    TuPlacePart *part = g_new0(TuPlacePart, 1);
    part->expressions[0] = tenant;
    part->expressions[1] = time;
    part->exact = g_ptr_array_new_with_free_func(g_free);
    return part;
}

/* ---- which columns an expression reads ---- */

typedef struct {
    guint table; /* its position in the source */
    const char *column;
} Read;

static gboolean
is_read(const GHashTable *columns, const char *table, const char *column)
{
    g_autofree char *name = g_strconcat(table, "\n", column, NULL);
    g_autofree char *key = g_ascii_strdown(name, -1);
    return columns != NULL && g_hash_table_contains((GHashTable *)(gsize)columns, key);
}

/* Of a table that is joined twice both count: the expression may mean either. */
static GArray *
columns_read(const TuSourceModel *source, const GHashTable *one, const GHashTable *other)
{
    GArray *reads = g_array_new(FALSE, FALSE, sizeof(Read));
    for (guint i = 0; i < source->tables->len; i++) {
        const TuCaptured *table = g_ptr_array_index(source->tables, i);
        for (guint c = 0; c < table->columns->len; c++) {
            Read read = {i, g_ptr_array_index(table->columns, c)};
            if (is_read(one, table->name, read.column) || is_read(other, table->name, read.column))
                g_array_append_val(reads, read);
        }
    }
    return reads;
}

/* The position of the only table; -1: there are several. */
static int
only_table(const GArray *reads)
{
    for (guint i = 1; i < reads->len; i++)
        if (g_array_index(reads, Read, i).table != g_array_index(reads, Read, 0).table)
            return -1;
    return reads->len > 0 ? (int)g_array_index(reads, Read, 0).table : -1;
}

/* ---- a digest of them ---- */

/* A number that is shown with fewer digits than it has is made one that is not. */
static char *
exact_text(const TuSourceModel *source, const Read *read, const TuDialect *dialect)
{
    const TuCaptured *table = g_ptr_array_index(source->tables, read->table);
    const TuColumnInfo *column = tu_table_info_column(table->info, read->column);
    g_autofree char *name = tu_sql_format(
        "%I.%I", (const char *)g_ptr_array_index(source->aliases, read->table), read->column);
    gboolean is_real = column != NULL && column->type.kind == TU_TYPE_REAL;
    g_autofree char *value = is_real && dialect->exact_real != NULL
                                 ? tu_sql_format(dialect->exact_real, name)
                                 : g_strdup(name);
    return tu_sql_format(dialect->exact_value, value, value, value);
}

static void
address_by_digest(const TuSourceModel *source, const GArray *reads, const TuDialect *dialect,
                  TuPlacePart *part)
{
    GString *sql = g_string_new(dialect->digest_head);
    for (guint i = 0; i < reads->len; i++) {
        char *text = exact_text(source, &g_array_index(reads, Read, i), dialect);
        tu_sql_append(sql, "%s%s", i == 0 ? "" : ", ", text);
        g_ptr_array_add(part->exact, text);
    }
    g_string_append(sql, dialect->digest_tail);
    part->is_digest = TRUE;
    part->address = g_string_free(sql, FALSE);
}

/* ---- a number of a row ---- */

/* A whole number alone: between two of them lie no others, so halving them ends. */
static const char *
key_column(const TuTableInfo *info)
{
    const TuColumnInfo *key = NULL;
    for (guint i = 0; i < info->columns->len; i++) {
        const TuColumnInfo *column = g_ptr_array_index(info->columns, i);
        if (column->key_position == 0)
            continue;
        if (key != NULL || column->kind != TU_TYPE_INTEGER)
            return NULL;
        key = column;
    }
    return key != NULL ? key->name : NULL;
}

/* What the database addresses the rows of one table by, as it does entries of a log, or a key. A
 * place is a row's in one table only, so not in one with parts, and a view has none. NULL: there is
 * no such number. */
static char *
number_of_row(const TuTableInfo *info, const char *alias, const TuDialect *dialect)
{
    if (info->parts->len > 0 || !info->is_table)
        return NULL;
    if (!dialect->has_entry_column)
        return tu_sql_format("%I.%s", alias, dialect->entry_id);
    if (info->has_rowid && tu_table_info_column(info, "rowid") == NULL)
        return tu_sql_format("%I.rowid", alias);
    const char *key = key_column(info);
    return key != NULL ? tu_sql_format("%I.%I", alias, key) : NULL;
}

/* ---- the parts ---- */

/* Of the expressions that read those columns; NULL: they read none. */
static TuPlacePart *
part_of(const TuSourceModel *source, const GArray *reads, int tenant, int time,
        const TuDialect *dialect)
{
    int only = only_table(reads);
    if (reads->len == 0)
        return NULL;
    TuPlacePart *part = part_new(tenant, time);
    if (only < 0) {
        part->from = tu_source_from(source);
    } else {
        const TuCaptured *table = g_ptr_array_index(source->tables, (guint)only);
        const char *alias = g_ptr_array_index(source->aliases, (guint)only);
        part->from = tu_sql_format("%Q AS %I", table->name, alias);
        part->address = number_of_row(table->info, alias, dialect);
    }
    if (part->address == NULL)
        address_by_digest(source, reads, dialect, part);
    return part;
}

/* Two tables are gone through one after the other; their rows together are many more. */
GPtrArray *
tu_place_parts(const TuSourceModel *source, const TuDialect *dialect)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func((GDestroyNotify)tu_place_part_free);
    g_autoptr(GArray) both = columns_read(source, source->tenant_columns, source->time_columns);
    g_autoptr(GArray) tenant = columns_read(source, source->tenant_columns, NULL);
    g_autoptr(GArray) time = columns_read(source, NULL, source->time_columns);
    TuPlacePart *part = NULL;
    if (only_table(both) >= 0) {
        g_ptr_array_add(parts, part_of(source, both, source->tenant, source->time, dialect));
        return parts;
    }
    if ((part = part_of(source, tenant, source->tenant, -1, dialect)) != NULL)
        g_ptr_array_add(parts, part);
    if ((part = part_of(source, time, -1, source->time, dialect)) != NULL)
        g_ptr_array_add(parts, part);
    return parts;
}

TuPlacePart *
tu_place_part_joined(const TuSourceModel *source, const TuDialect *dialect)
{
    g_autoptr(GArray) both = columns_read(source, source->tenant_columns, source->time_columns);
    if (both->len == 0)
        return NULL;
    TuPlacePart *part = part_new(source->tenant, source->time);
    address_by_digest(source, both, dialect, part);
    return part;
}

char *
tu_place_part_asked(const TuSourceModel *source, const TuPlacePart *part)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(part->expressions); i++) {
        int number = part->expressions[i];
        tu_sql_append(sql, "%s%s", i == 0 ? "" : ", ",
                      number >= 0
                          ? (const char *)g_ptr_array_index(source->expressions, (guint)number)
                          : "NULL");
    }
    return g_string_free(sql, FALSE);
}
