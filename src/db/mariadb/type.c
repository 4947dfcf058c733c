/*
 * MariaDB's types: one table, read for the columns of a table and for the columns of a result
 * alike.
 *
 * A change log's column has the widest type of the family that prints the same text and takes part
 * in arithmetic in the same way: an expression over an image must give what it gives over the row.
 * So integers widen and texts do, but seconds keep their digits, and a float stays one.
 */
#include "db/mariadb/mariadb.h"

#include <string.h>

/* A text of at most this many characters can stand in a key as it is. */
#define SHORT_CHARACTERS 128

/* The same for bytes. */
#define SHORT_BYTES 512

/* The character set number of bytes that are no text. */
#define BINARY_CHARSET 63

/* Bytes of a character in the connection's character set, in which results count their length. */
#define CHARACTER_BYTES 4

typedef enum {
    FAMILY_INTEGER,
    FAMILY_BITS,
    FAMILY_DECIMAL,
    FAMILY_REAL,
    FAMILY_DATE,
    FAMILY_DATETIME,
    FAMILY_TIMESTAMP,
    FAMILY_TEXT,
    FAMILY_NAMED, /* a text of few characters with an order or a form of its own */
    FAMILY_BYTES,
    FAMILY_SHAPE,
    FAMILY_NONE,
} Family;

static const struct {
    const char *name;
    Family family;
    guint characters; /* of those whose length nobody says */
} types[] = {
    {"tinyint", FAMILY_INTEGER, 0},
    {"smallint", FAMILY_INTEGER, 0},
    {"mediumint", FAMILY_INTEGER, 0},
    {"int", FAMILY_INTEGER, 0},
    {"bigint", FAMILY_INTEGER, 0},
    {"year", FAMILY_BITS, 0},
    {"bit", FAMILY_BITS, 0},
    {"decimal", FAMILY_DECIMAL, 0},
    {"float", FAMILY_REAL, 0},
    {"double", FAMILY_REAL, 0},
    {"date", FAMILY_DATE, 0},
    {"datetime", FAMILY_DATETIME, 0},
    {"timestamp", FAMILY_TIMESTAMP, 0},
    {"char", FAMILY_TEXT, 0},
    {"varchar", FAMILY_TEXT, 0},
    {"tinytext", FAMILY_TEXT, 0},
    {"text", FAMILY_TEXT, 0},
    {"mediumtext", FAMILY_TEXT, 0},
    {"longtext", FAMILY_TEXT, 0},
    {"json", FAMILY_TEXT, 0},
    {"enum", FAMILY_NAMED, 0},
    {"set", FAMILY_NAMED, 0},
    {"time", FAMILY_NAMED, 17},
    {"uuid", FAMILY_NAMED, 36},
    {"inet4", FAMILY_NAMED, 15},
    {"inet6", FAMILY_NAMED, 45},
    {"binary", FAMILY_BYTES, 0},
    {"varbinary", FAMILY_BYTES, 0},
    {"tinyblob", FAMILY_BYTES, 0},
    {"blob", FAMILY_BYTES, 0},
    {"mediumblob", FAMILY_BYTES, 0},
    {"longblob", FAMILY_BYTES, 0},
    {"null", FAMILY_NONE, 0},
    {"geometry", FAMILY_SHAPE, 0},
    {"point", FAMILY_SHAPE, 0},
    {"linestring", FAMILY_SHAPE, 0},
    {"polygon", FAMILY_SHAPE, 0},
    {"multipoint", FAMILY_SHAPE, 0},
    {"multilinestring", FAMILY_SHAPE, 0},
    {"multipolygon", FAMILY_SHAPE, 0},
    {"geometrycollection", FAMILY_SHAPE, 0},
};

/* A type that a plugin brings is what it prints. */
static Family
family_of(const TuMariadbType *type, guint64 *ret_characters)
{
    *ret_characters = type->characters;
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        if (!g_str_equal(types[i].name, type->name))
            continue;
        if (types[i].characters > 0)
            *ret_characters = types[i].characters;
        return types[i].family;
    }
    return FAMILY_NAMED;
}

/* ---- of a result ---- */

static const struct {
    enum enum_field_types field_type;
    const char *name;
} fields[] = {
    {MYSQL_TYPE_TINY, "bigint"},
    {MYSQL_TYPE_SHORT, "bigint"},
    {MYSQL_TYPE_INT24, "bigint"},
    {MYSQL_TYPE_LONG, "bigint"},
    {MYSQL_TYPE_LONGLONG, "bigint"},
    {MYSQL_TYPE_YEAR, "year"},
    {MYSQL_TYPE_BIT, "bit"},
    {MYSQL_TYPE_FLOAT, "float"},
    {MYSQL_TYPE_DOUBLE, "double"},
    {MYSQL_TYPE_DECIMAL, "decimal"},
    {MYSQL_TYPE_NEWDECIMAL, "decimal"},
    {MYSQL_TYPE_DATE, "date"},
    {MYSQL_TYPE_NEWDATE, "date"},
    {MYSQL_TYPE_DATETIME, "datetime"},
    {MYSQL_TYPE_TIMESTAMP, "timestamp"},
    {MYSQL_TYPE_TIME, "time"},
    {MYSQL_TYPE_NULL, "null"},
    {MYSQL_TYPE_GEOMETRY, "geometry"},
};

/* An expression's integer may have any width, and its text any length: the widest name will do. */
static const char *
field_name(const MYSQL_FIELD *field)
{
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        if (fields[i].field_type == field->type)
            return fields[i].name;
    if ((field->flags & ENUM_FLAG) != 0)
        return "enum";
    if ((field->flags & SET_FLAG) != 0)
        return "set";
    return field->charsetnr == BINARY_CHARSET ? "varbinary" : "varchar";
}

/* A decimal's length counts its digits, its sign and its point; a text's counts bytes. */
TuMariadbType
tu_mariadb_type_of_field(const MYSQL_FIELD *field)
{
    TuMariadbType type = {.is_unsigned = (field->flags & UNSIGNED_FLAG) != 0,
                          .is_binary = field->charsetnr == BINARY_CHARSET};
    MARIADB_CONST_STRING plugin = {0};
    g_strlcpy(type.name, field_name(field), sizeof type.name);
    if (mariadb_field_attr(&plugin, field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME) == 0 &&
        plugin.length > 0 && plugin.length < sizeof type.name && field->type != MYSQL_TYPE_GEOMETRY)
        g_strlcpy(type.name, plugin.str, plugin.length + 1);
    type.characters = type.is_binary ? field->length : field->length / CHARACTER_BYTES;
    if (!g_str_equal(type.name, "decimal"))
        return type;
    type.scale = field->decimals;
    gulong signs = (type.scale > 0 ? 1 : 0) + (type.is_unsigned ? 0 : 1);
    type.precision = field->length > signs ? (guint)(field->length - signs) : 1;
    return type;
}

/* ---- what a summary needs ---- */

/* A text that a key cannot hold as it is goes by its hash there, and may be as long as it likes. */
static void
set_text(TuSqlType *ret, guint64 characters)
{
    ret->kind = TU_TYPE_TEXT;
    ret->is_unbounded = characters > SHORT_CHARACTERS;
    ret->column = ret->is_unbounded
                      ? g_strdup("LONGTEXT " TU_MARIADB_TEXT)
                      : g_strdup_printf("VARCHAR(%u) " TU_MARIADB_TEXT, MAX((guint)characters, 1));
}

static void
set_bytes(TuSqlType *ret, guint64 bytes)
{
    ret->kind = TU_TYPE_BLOB;
    ret->is_unbounded = bytes > SHORT_BYTES;
    ret->column = ret->is_unbounded ? g_strdup("LONGBLOB")
                                    : g_strdup_printf("VARBINARY(%u)", MAX((guint)bytes, 1));
}

/* MariaDB has more digits (65) than trueup adds up, and as many after the point (38). */
static void
set_decimal(TuSqlType *ret, const TuMariadbType *type)
{
    ret->kind = TU_TYPE_DECIMAL;
    ret->scale = (int)MIN(type->scale, TU_SCALE_LIMIT);
    ret->column = g_strdup_printf(
        "DECIMAL(%u,%d)", CLAMP(type->precision, MAX((guint)ret->scale, 1), 65), ret->scale);
}

static void
set_plain(TuSqlType *ret, TuType kind, const char *column)
{
    ret->kind = kind;
    ret->column = g_strdup(column);
}

TuSqlType
tu_mariadb_sql_type(const TuMariadbType *type)
{
    TuSqlType ret = {.kind = TU_TYPE_NULL, .scale = -1};
    guint64 characters = 0;
    Family family = family_of(type, &characters);
    switch (family) {
    case FAMILY_INTEGER:
        set_plain(&ret, TU_TYPE_INTEGER, type->is_unsigned ? "BIGINT UNSIGNED" : "BIGINT");
        break;
    case FAMILY_BITS:
        set_plain(&ret, TU_TYPE_INTEGER, "BIGINT UNSIGNED");
        break;
    case FAMILY_DECIMAL:
        set_decimal(&ret, type);
        break;
    case FAMILY_REAL:
        set_plain(&ret, TU_TYPE_REAL, "DOUBLE");
        break;
    case FAMILY_DATE:
        set_plain(&ret, TU_TYPE_DATE, "DATE");
        break;
    case FAMILY_DATETIME:
        set_plain(&ret, TU_TYPE_TIMESTAMP, "DATETIME(6)");
        break;
    case FAMILY_TIMESTAMP:
        set_plain(&ret, TU_TYPE_INSTANT, "TIMESTAMP(6) NULL");
        break;
    case FAMILY_TEXT:
    case FAMILY_NAMED:
        set_text(&ret, characters);
        break;
    case FAMILY_BYTES:
        set_bytes(&ret, characters);
        break;
    case FAMILY_SHAPE:
        set_bytes(&ret, G_MAXUINT32);
        break;
    case FAMILY_NONE:
        break;
    }
    ret.is_not_ordered = family == FAMILY_NAMED || family == FAMILY_SHAPE;
    return ret;
}

/* ---- what a change log needs ---- */

/* "int(5) unsigned zerofill" -> "BIGINT(5) unsigned zerofill" */
static char *
log_integer(const TuMariadbType *type)
{
    if (strstr(type->declared, "zerofill") != NULL)
        return g_strconcat("BIGINT", type->declared + strcspn(type->declared, "("), NULL);
    return g_strdup(type->is_unsigned ? "BIGINT UNSIGNED" : "BIGINT");
}

/* The character set and collation are the source's: conversions could fail, and comparisons in an
 * expression would mean something else. */
static char *
log_text(const TuMariadbType *type, const char *declared)
{
    if (type->charset == NULL || type->charset[0] == '\0')
        return g_strdup(declared);
    return g_strdup_printf("%s CHARACTER SET %s COLLATE %s", declared, type->charset,
                           type->collation);
}

char *
tu_mariadb_log_type(const TuMariadbType *type)
{
    guint64 characters = 0;
    switch (family_of(type, &characters)) {
    case FAMILY_INTEGER:
        return log_integer(type);
    case FAMILY_DECIMAL:
        return strstr(type->declared, "zerofill") != NULL
                   ? g_strdup(type->declared)
                   : g_strdup_printf("DECIMAL(65,%u)", type->scale);
    case FAMILY_TEXT:
        /* JSON is a text with a check, by which JSON functions know that it is no plain text. */
        return g_str_equal(type->name, "json") ? g_strdup("JSON") : log_text(type, "LONGTEXT");
    case FAMILY_NAMED:
        return log_text(type, type->declared);
    case FAMILY_BYTES:
        return g_strdup("LONGBLOB");
    case FAMILY_TIMESTAMP:
        return g_strconcat(type->declared, " NULL", NULL);
    case FAMILY_BITS:
    case FAMILY_REAL:
    case FAMILY_DATE:
    case FAMILY_DATETIME:
    case FAMILY_SHAPE:
    case FAMILY_NONE:
        return g_strdup(type->declared);
    }
    g_assert_not_reached();
}

/* Only a binary collation without padding tells all texts apart: utf8mb4_bin takes 'a ' for 'a'. */
gboolean
tu_mariadb_merges(const TuMariadbType *type)
{
    guint64 characters = 0;
    return family_of(type, &characters) == FAMILY_TEXT && type->collation != NULL &&
           !g_str_has_suffix(type->collation, "_nopad_bin");
}
