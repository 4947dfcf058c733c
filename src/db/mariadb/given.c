/*
 * Given rows: one JSON text, which the server reads as a table with the types of the table's
 * columns.
 *
 *   FROM JSON_TABLE('[["7","2026-11-22",null],...]', '$[*]' COLUMNS(... PATH '$[0]', ...)) AS given
 *
 * It takes less than half the time of a SELECT or an INSERT that names each row. Values go as
 * texts, which the server converts as it would convert a column's; one that it bends to fit is a
 * warning, and here an error.
 */
#include "db/mariadb/mariadb.h"

#include <string.h>

#include "db/given.h"
#include "db/sql.h"

typedef struct {
    TuGivenRows base;
    TuMariadb *db;
    guint n_columns;
    GString *text; /* "[[...],[...]": without its end */
    TuValue value;
} Rows;

static void
close_rows(TuGivenRows *base)
{
    g_string_free(((Rows *)base)->text, TRUE);
    g_free(base->from);
    g_free(base);
}

static void
clear_rows(TuGivenRows *base)
{
    g_string_truncate(((Rows *)base)->text, 0);
    base->n = 0;
    base->bytes = 0;
}

/* ---- types ---- */

/* Which types JSON_TABLE may be told as they are declared, and which are given as texts that the
 * server converts when it compares or writes them. Of the others (bytes, bits) no JSON is made. */
static const struct {
    const char *name;
    gboolean is_as_text;
} types[] = {
    {"bigint", FALSE},   {"int", FALSE},      {"mediumint", FALSE},  {"smallint", FALSE},
    {"tinyint", FALSE},  {"decimal", FALSE},  {"double", FALSE},     {"float", FALSE},
    {"date", FALSE},     {"datetime", FALSE}, {"timestamp", FALSE},  {"time", FALSE},
    {"year", FALSE},     {"varchar", FALSE},  {"char", FALSE},       {"text", FALSE},
    {"tinytext", FALSE}, {"longtext", FALSE}, {"mediumtext", FALSE}, {"enum", TRUE},
    {"set", TRUE},       {"uuid", TRUE},      {"inet4", TRUE},       {"inet6", TRUE},
};

/* Characters of a text whose type says nothing about them: an address, a uuid. */
#define OTHER_CHARACTERS 64

typedef struct {
    const char *const *columns;
    GPtrArray *declared; /* of char *, one a column; NULL: not found, or it cannot be given */
} Declarations;

static const char types_sql[] =
    "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME,"
    " CHARACTER_MAXIMUM_LENGTH FROM information_schema.COLUMNS"
    " WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2";

static char *
declaration(TuStatement *row, gboolean is_as_text)
{
    const char *charset = tu_mariadb_text(row, 3);
    gint64 length = tu_mariadb_integer(row, 5);
    GString *type = g_string_new(NULL);
    if (is_as_text)
        g_string_append_printf(type, "VARCHAR(%d)", length > 0 ? (int)length : OTHER_CHARACTERS);
    else
        g_string_append(type, tu_mariadb_text(row, 2));
    if (charset[0] != '\0')
        g_string_append_printf(type, " CHARACTER SET %s COLLATE %s", charset,
                               tu_mariadb_text(row, 4));
    return g_string_free(type, FALSE);
}

static gboolean
take_type(TuStatement *row, gpointer data)
{
    Declarations *declarations = data;
    const char *name = tu_mariadb_text(row, 0);
    for (guint i = 0; i < declarations->declared->len; i++)
        for (guint t = 0; t < G_N_ELEMENTS(types); t++)
            if (g_ascii_strcasecmp(declarations->columns[i], name) == 0 &&
                g_str_equal(types[t].name, tu_mariadb_text(row, 1)))
                declarations->declared->pdata[i] = declaration(row, types[t].is_as_text);
    return TRUE;
}

/* "JSON_TABLE(?1, ...) AS given"; NULL: a column cannot be given. */
static char *
table_of(const Declarations *declarations)
{
    g_autoptr(GString) sql =
        g_string_new("JSON_TABLE(?1, '$[*]' COLUMNS(\"trueup_n\" FOR ORDINALITY");
    for (guint i = 0; i < declarations->declared->len; i++) {
        const char *declared = g_ptr_array_index(declarations->declared, i);
        if (declared == NULL)
            return NULL;
        tu_sql_append(sql, ", %I %s PATH '$[%u]' ERROR ON ERROR", declarations->columns[i],
                      declared, i);
    }
    g_string_append(sql, ")) AS given");
    return g_strdup(sql->str);
}

static gboolean
open_rows(TuDatabase *base, const char *table, const char *const *columns, guint n_columns,
          TuGivenRows **ret_rows, GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    g_auto(TuMariadbName) name = tu_mariadb_name(db, table);
    g_autoptr(GPtrArray) declared = g_ptr_array_new_with_free_func(g_free);
    Declarations declarations = {columns, declared};
    const TuValue values[] = {tu_value_text(name.schema), tu_value_text(name.table)};
    g_ptr_array_set_size(declared, (gint)n_columns);
    *ret_rows = NULL;
    if (!tu_mariadb_each_row(db, types_sql, values, G_N_ELEMENTS(values), take_type, &declarations,
                             error))
        return FALSE;
    g_autofree char *from = table_of(&declarations);
    if (from == NULL)
        return TRUE;
    Rows *rows = g_new0(Rows, 1);
    rows->base.from = g_steal_pointer(&from);
    rows->db = db;
    rows->n_columns = n_columns;
    rows->text = g_string_new(NULL);
    *ret_rows = &rows->base;
    return TRUE;
}

/* ---- rows ---- */

/* A quotation mark and a backslash end or begin something, and JSON has no control characters. */
static void
append_escaped(GString *text, const TuValue *value)
{
    const char *end = value->text + value->bytes;
    for (const char *c = value->text; c < end; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_c(text, '\\');
        if ((guint8)*c < ' ')
            g_string_append_printf(text, "\\u%04x", (guint)*c);
        else
            g_string_append_c(text, *c);
    }
}

static gboolean
append_value(GString *text, const TuValue *value, GError **error)
{
    gsize start = text->len;
    if (value->type == TU_TYPE_BLOB) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_DATA,
                            "mariadb: bytes do not fit a column of another type");
        return FALSE;
    }
    g_string_append_c(text, '"');
    gboolean has_text = value->type == TU_TYPE_TEXT || value->type == TU_TYPE_LONG_DECIMAL;
    if (has_text)
        append_escaped(text, value);
    if (has_text || (value->type != TU_TYPE_NULL && tu_mariadb_append_plain(text, value))) {
        g_string_append_c(text, '"');
        return TRUE;
    }
    g_string_truncate(text, start);
    g_string_append(text, "null");
    return TRUE;
}

static gboolean
add_row(TuGivenRows *base, const TuValue *values, GError **error)
{
    Rows *rows = (Rows *)base;
    g_string_append(rows->text, base->n == 0 ? "[" : ",");
    for (guint i = 0; i < rows->n_columns; i++) {
        g_string_append_c(rows->text, i == 0 ? '[' : ',');
        if (!append_value(rows->text, &values[i], error))
            return FALSE;
    }
    g_string_append_c(rows->text, ']');
    base->n++;
    base->bytes = rows->text->len;
    return TRUE;
}

static const TuValue *
values_of(TuGivenRows *base, guint *ret_n)
{
    Rows *rows = (Rows *)base;
    g_string_append_c(rows->text, ']');
    rows->value =
        (TuValue){.type = TU_TYPE_TEXT, .bytes = (guint32)rows->text->len, .text = rows->text->str};
    *ret_n = 1;
    return &rows->value;
}

static gboolean
check(TuGivenRows *base, GError **error)
{
    return tu_mariadb_check_warnings(((Rows *)base)->db, error);
}

const TuGivenDriver tu_mariadb_given = {
    .forms = {[TU_GIVEN_FIND] = "SELECT * FROM # STRAIGHT_JOIN @ AS stored ON =",
              [TU_GIVEN_CHANGE] = "UPDATE # STRAIGHT_JOIN @ AS stored ON = SET *",
              [TU_GIVEN_REMOVE] = "DELETE stored FROM # STRAIGHT_JOIN @ AS stored ON ="},
    .target = "stored.",
    .open = open_rows,
    .close = close_rows,
    .add = add_row,
    .values = values_of,
    .clear = clear_rows,
    .check = check,
    .append_same = tu_mariadb_append_same,
};
