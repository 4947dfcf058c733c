/*
 * PostgreSQL and MariaDB without a server: the driver's own dialect, types, keys and capture, over
 * tables that the test names. What would ask the server answers from those.
 */
#pragma once

#include <string.h>

#include "db/mariadb/mariadb.h"
#include "db/postgres/postgres.h"
#include "db/sqlscan.h"
#include "spec/spec.h"

/* A column as each of the two has it. */
typedef struct {
    const char *name;
    TuPostgresType postgres;
    TuMariadbType mariadb;
} TypedColumn;

typedef struct {
    const char *name;
    const TypedColumn *columns;
    guint n_columns;
} TypedTable;

typedef struct {
    union {
        TuDatabase base;
        TuPostgres postgres;
        TuMariadb mariadb;
    };
    TuDriver driver;
    const TypedTable *existing; /* a summary's; NULL: there is none */
} TypedDatabase;

#define PG(oid, modifier, type)                                                                    \
    {                                                                                              \
        TU_OID_##oid, modifier, type, FALSE                                                        \
    }
#define MARIA(type, text, ...)                                                                     \
    {                                                                                              \
        .name = type, .declared = text, __VA_ARGS__                                                \
    }
#define MARIA_TEXT(type, text, n)                                                                  \
    MARIA(type, text, .characters = n, .charset = "utf8mb4", .collation = "utf8mb4_general_ci")
#define NUMERIC(precision, digits) ((precision) << 16 | (digits)) + 4

static const TypedColumn typed_flight[] = {
    {"id", PG(INT8, -1, "bigint"), MARIA("bigint", "bigint(20)")},
    {"at", PG(TIMESTAMPTZ, -1, "timestamp with time zone"), MARIA("timestamp", "timestamp(6)")},
    {"local", PG(TIMESTAMP, -1, "timestamp without time zone"), MARIA("datetime", "datetime")},
    {"day", PG(DATE, -1, "date"), MARIA("date", "date")},
    {"origin", PG(VARCHAR, 3 + 4, "character varying"), MARIA_TEXT("varchar", "varchar(3)", 3)},
    {"town", PG(VARCHAR, 9 + 4, "character varying"), MARIA_TEXT("varchar", "varchar(9)", 9)},
    {"note", PG(TEXT, -1, "text"), MARIA_TEXT("text", "text", 65535)},
    {"code", PG(UUID, -1, "uuid"), MARIA("uuid", "uuid")},
    {"kind", {99999, -1, "shop.kind", TRUE}, MARIA_TEXT("enum", "enum('a','b')", 1)},
    {"is_late", PG(BOOL, -1, "boolean"), MARIA("tinyint", "tinyint(1)")},
    {"delay", PG(INT4, -1, "integer"), MARIA("int", "int(11)")},
    {"seats", PG(INT2, -1, "smallint"),
     MARIA("smallint", "smallint(5) unsigned", .is_unsigned = TRUE)},
    {"miles", PG(INT8, -1, "bigint"), MARIA("bigint", "bigint(20)")},
    {"weight", PG(FLOAT8, -1, "double precision"), MARIA("double", "double")},
    {"share", PG(FLOAT4, -1, "real"), MARIA("float", "float")},
    {"fare", PG(NUMERIC, NUMERIC(12, 2), "numeric"),
     MARIA("decimal", "decimal(12,2)", .precision = 12, .scale = 2)},
    {"rate", PG(NUMERIC, NUMERIC(9, 6), "numeric"),
     MARIA("decimal", "decimal(9,6)", .precision = 9, .scale = 6)},
    {"any", PG(NUMERIC, -1, "numeric"),
     MARIA("decimal", "decimal(60,30)", .precision = 60, .scale = 30)},
    {"raw", PG(BYTEA, -1, "bytea"), MARIA("blob", "blob", .characters = 65535)},
};

static const TypedColumn typed_airport[] = {
    {"iata", PG(VARCHAR, 3 + 4, "character varying"), MARIA_TEXT("varchar", "varchar(3)", 3)},
    {"tz", PG(TEXT, -1, "text"), MARIA_TEXT("text", "text", 65535)},
};

static const TypedTable typed_tables[] = {
    {"shop.flight", typed_flight, G_N_ELEMENTS(typed_flight)},
    {"airport", typed_airport, G_N_ELEMENTS(typed_airport)},
};

/* ---- what is asked of the server ---- */

static inline gboolean
is_typed_mariadb(const TuDatabase *db)
{
    return g_str_equal(db->driver->dialect.name, "mariadb");
}

static inline TuSqlType
typed_type(const TypedDatabase *db, const TypedColumn *column)
{
    TuSqlType type = {.scale = -1};
    if (is_typed_mariadb(&db->base))
        return tu_mariadb_sql_type(&column->mariadb);
    tu_postgres_sql_type(&column->postgres, &type);
    return type;
}

static inline void
typed_add_column(const TypedDatabase *db, const TypedColumn *column, TuTableInfo *info)
{
    gboolean is_mariadb = is_typed_mariadb(&db->base);
    TuColumnInfo *added = tu_table_info_add_column(info, column->name);
    added->type = typed_type(db, column);
    added->kind = added->type.kind;
    added->is_nullable = TRUE;
    added->merges_text = is_mariadb && tu_mariadb_merges(&column->mariadb);
    added->declared_type = g_strdup(is_mariadb ? column->mariadb.declared : column->postgres.name);
    added->log_type = is_mariadb ? tu_mariadb_log_type(&column->mariadb)
                                 : tu_postgres_log_type(&column->postgres, "");
}

static inline const TypedTable *
typed_table(const TypedDatabase *db, const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(typed_tables); i++)
        if (g_str_equal(typed_tables[i].name, name))
            return &typed_tables[i];
    return db->existing != NULL && g_str_equal(db->existing->name, name) ? db->existing : NULL;
}

static inline gboolean
typed_describe(TuDatabase *base, const char *name, TuTableInfo **ret_info, GError **error)
{
    const TypedDatabase *db = (const TypedDatabase *)base;
    const TypedTable *table = typed_table(db, name);
    TuTableInfo *info = table != NULL ? tu_table_info_new(name) : NULL;
    for (guint i = 0; table != NULL && i < table->n_columns; i++)
        typed_add_column(db, &table->columns[i], info);
    if (info != NULL)
        info->is_table = TRUE;
    *ret_info = info;
    return TRUE;
}

/* The column of that name in one of the tables; notes it in `columns`. NULL: there is none. */
static inline const TypedColumn *
typed_column(const TuProbe *probe, const char *name, GHashTable *columns)
{
    for (guint t = 0; t < probe->n_tables; t++)
        for (guint k = 0; k < G_N_ELEMENTS(typed_tables); k++)
            for (guint i = 0; i < typed_tables[k].n_columns; i++) {
                if (!g_str_equal(typed_tables[k].name, probe->tables[t]->name) ||
                    !g_str_equal(typed_tables[k].columns[i].name, name))
                    continue;
                g_hash_table_add(columns, g_strconcat(typed_tables[k].name, "\n", name, NULL));
                return &typed_tables[k].columns[i];
            }
    return NULL;
}

/* What a literal is: a number is a bigint; a text has no length to PostgreSQL, and its own to
 * MariaDB. */
static const TypedColumn typed_number = {"", PG(INT8, -1, "bigint"), MARIA("bigint", NULL)};
static const TypedColumn typed_text = {"", PG(UNKNOWN, -1, "unknown"),
                                       MARIA_TEXT("varchar", NULL, 9)};

/* An expression has the type of the first literal or column in it. */
static inline gboolean
typed_inspect(TuDatabase *base, const TuProbe *probe, TuInspection *ret, GError **error)
{
    const TypedColumn *first = NULL;
    *ret = (TuInspection){.type = {.scale = -1}};
    ret->columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (TuToken token = tu_sql_token(probe->expression); token.kind < TU_TOKEN_END;
         token = tu_sql_token(token.start + token.length)) {
        g_autofree char *name = tu_token_name(&token);
        const TypedColumn *column = token.kind == TU_TOKEN_STRING ? &typed_text
                                    : token.kind == TU_TOKEN_NUMBER
                                        ? &typed_number
                                        : typed_column(probe, name, ret->columns);
        first = first != NULL ? first : column;
    }
    if (first != NULL)
        ret->type = typed_type((TypedDatabase *)base, first);
    return TRUE;
}

static inline gboolean
typed_uses_index(TuDatabase *db, const char *sql, gboolean *ret_uses, GError **error)
{
    *ret_uses = TRUE;
    return TRUE;
}

static inline gboolean
typed_schema_version(TuDatabase *db, const GPtrArray *tables, gint64 *ret_version, GError **error)
{
    *ret_version = 1;
    return TRUE;
}

/* ---- life ---- */

static inline void
typed_init(TypedDatabase *db, const TuDriver *driver)
{
    *db = (TypedDatabase){.driver = *driver};
    db->driver.describe = typed_describe;
    db->driver.has_table = NULL; /* as describe finds it */
    db->driver.inspect = typed_inspect;
    db->driver.uses_index = typed_uses_index;
    db->driver.schema_version = typed_schema_version;
    db->base.driver = &db->driver;
    if (is_typed_mariadb(&db->base))
        db->mariadb.database = g_strdup("shop");
    else
        db->postgres.schema = g_strdup("public");
}

static inline void
typed_clear(TypedDatabase *db)
{
    tu_database_set_control_schema(&db->base, NULL);
    if (is_typed_mariadb(&db->base))
        g_free(db->mariadb.database);
    else
        g_free(db->postgres.schema);
}
