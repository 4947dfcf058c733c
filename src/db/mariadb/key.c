/*
 * Unique keys in which NULLs are equal, buckets as MariaDB stores them, and the rights that a
 * worker needs.
 *
 *   column          in the key
 *   "a" NULL    ──▶ "trueup_key_a" = ''        an invisible virtual column: bytes that no other
 *   "a" = 12    ──▶                 '=12'      value of the column has (F33)
 *   long text   ──▶                 '#' and a hash
 */
#include "db/mariadb/mariadb.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "db/sql.h"
#include "time/instant.h"

/* Texts that are longer go by their hash: a key of 3,072 bytes holds a label, a tenant and eleven
 * of these. */
#define KEY_TEXT_BYTES 128

/* The longest name that MariaDB takes, in characters. */
#define NAME_CHARACTERS 64

/* Bytes of a character of utf8mb4. */
#define CHARACTER_BYTES 4

/* ---- keys ---- */

static gboolean
needs_key_column(const TuSqlType *type, gboolean is_nullable)
{
    return is_nullable || (type != NULL && type->is_unbounded);
}

/* "trueup_key_a"; a long column's name is cut and gets the hash of the whole. */
static char *
key_name(const char *column)
{
    g_autofree char *name = g_strconcat("trueup_key_", column, NULL);
    if (g_utf8_strlen(name, -1) <= NAME_CHARACTERS)
        return g_steal_pointer(&name);
    g_autofree char *hash = g_strdup_printf("_%08x", (guint)XXH3_64bits(column, strlen(column)));
    g_autofree char *head = g_utf8_substring(name, 0, NAME_CHARACTERS - (glong)strlen(hash));
    return g_strconcat(head, hash, NULL);
}

/* What "VARCHAR(36)" can hold; 0: no length is declared. */
static guint
declared_length(const char *column)
{
    const char *open = column != NULL ? strchr(column, '(') : NULL;
    return open != NULL ? (guint)strtoul(open + 1, NULL, 10) : 0;
}

/* The most bytes that a value takes as text. */
static guint
text_bytes(const TuSqlType *type)
{
    static const guint bytes[] = {
        [TU_TYPE_INTEGER] = 20,      [TU_TYPE_REAL] = 32,      [TU_TYPE_DECIMAL] = 67,
        [TU_TYPE_DATE] = 10,         [TU_TYPE_TIMESTAMP] = 26, [TU_TYPE_INSTANT] = 26,
        [TU_TYPE_LONG_DECIMAL] = 67,
    };
    TuType kind = type != NULL ? type->kind : TU_TYPE_NULL;
    if (kind < G_N_ELEMENTS(bytes) && bytes[kind] > 0)
        return bytes[kind];
    guint length = type != NULL ? declared_length(type->column) : 0;
    guint whole = kind == TU_TYPE_BLOB ? length : length * CHARACTER_BYTES;
    return whole == 0 ? KEY_TEXT_BYTES : MIN(whole, KEY_TEXT_BYTES);
}

void
tu_mariadb_append_key(GString *sql, const char *column, const TuSqlType *type, gboolean is_nullable)
{
    g_autofree char *key = key_name(column);
    tu_sql_append(sql, "%I", needs_key_column(type, is_nullable) ? key : column);
}

/* The key's bytes of a value; none are empty but NULL's, since each begins with a sign. */
static void
append_key_bytes(GString *sql, const char *column, const TuSqlType *type)
{
    if (text_bytes(type) < KEY_TEXT_BYTES)
        tu_sql_append(sql, "ifnull(concat('=', %s), '')", column);
    else
        tu_sql_append(sql,
                      "if(%s IS NULL, '', if(octet_length(%s) <= %u, concat('=', %s),"
                      " concat('#', sha2(%s, 256))))",
                      column, column, (guint)KEY_TEXT_BYTES, column, column);
}

char *
tu_mariadb_key_column(const char *column, const TuSqlType *type, gboolean is_nullable)
{
    if (!needs_key_column(type, is_nullable))
        return NULL;
    g_autofree char *key = key_name(column);
    g_autofree char *name = tu_sql_format("%I", column);
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "%I VARBINARY(%u) GENERATED ALWAYS AS (", key,
                  MAX(text_bytes(type), 64) + 1);
    append_key_bytes(sql, name, type);
    g_string_append(sql, ") VIRTUAL INVISIBLE");
    return g_string_free(sql, FALSE);
}

/* By the key alone: it is unique, and holds a value's bytes or a digest of them. */
void
tu_mariadb_append_same(GString *sql, const char *column, const TuSqlType *type,
                       gboolean is_nullable, gboolean is_null)
{
    g_autofree char *key = key_name(column);
    g_autofree char *given = tu_sql_format("given.%I", column);
    if (!needs_key_column(type, is_nullable)) {
        tu_sql_append(sql, "stored.%I = %s", column, given);
        return;
    }
    tu_sql_append(sql, "stored.%I = ", key);
    if (is_null)
        g_string_append(sql, "''");
    else
        append_key_bytes(sql, given, type);
}

/* ---- buckets ---- */

TuValue
tu_mariadb_bucket_value(TuGrain grain, TuBucket bucket, char *text)
{
    return tu_value_time(tu_grain_is_dated(grain) ? TU_TYPE_DATE : TU_TYPE_TIMESTAMP, bucket);
}

/* A date in a column with a time of day is its midnight; what no calendar has is no bucket. */
static gboolean
read_dated(const TuValue *value, TuBucket *ret_bucket)
{
    gint64 at_us = 0;
    TuDate date = 0;
    gboolean is_instant = tu_value_read_instant(value, &at_us);
    if (is_instant)
        date = tu_instant_local_date(at_us);
    else if (value->type != TU_TYPE_DATE || !tu_value_read_date(value, &date))
        return FALSE;
    *ret_bucket = date;
    return !is_instant || date * TU_DAY_US == at_us;
}

gboolean
tu_mariadb_bucket_parse(TuGrain grain, const TuValue *value, TuBucket *ret_bucket)
{
    if (value->type == TU_TYPE_TEXT)
        return FALSE;
    return tu_grain_is_dated(grain) ? read_dated(value, ret_bucket)
                                    : tu_value_read_instant(value, ret_bucket);
}

/* ---- rights ---- */

static const char worker[] = "'trueup_worker'@'%'";

static void
append_grants(GString *sql, TuMariadb *db, const char *rights, const GPtrArray *tables)
{
    for (guint i = 0; tables != NULL && i < tables->len; i++) {
        g_auto(TuMariadbName) name = tu_mariadb_name(db, g_ptr_array_index(tables, i));
        g_string_append_printf(sql, "GRANT %s ON `%s`.`%s` TO %s;\n", rights, name.schema,
                               name.table, worker);
    }
}

/* Without TRIGGER a user does not even see triggers, and trueup would take capture for lost. */
char *
tu_mariadb_grants(TuDatabase *base, const GPtrArray *sources, const GPtrArray *summaries,
                  const GPtrArray *control)
{
    TuMariadb *db = (TuMariadb *)base;
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "-- CREATE USER %s IDENTIFIED BY '...';\n", worker);
    append_grants(sql, db, "SELECT, TRIGGER", sources);
    append_grants(sql, db, "SELECT, INSERT, UPDATE, DELETE", summaries);
    append_grants(sql, db, "SELECT, INSERT, UPDATE, DELETE", control);
    return g_string_free(sql, FALSE);
}
