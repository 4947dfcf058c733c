/*
 * What a driver provides. Only files of db/ include this; contracts are in database.h, above the
 * function of the same name.
 */
#pragma once

#include "db/database.h"

struct TuDriver {
    TuDialect dialect;
    const char *url_prefix; /* "sqlite:" */

    gboolean (*open)(const char *url, const char *directory, TuOpenMode mode, TuDatabase **ret_db,
                     GError **error);
    void (*close)(TuDatabase *db);
    void (*set_cancel)(TuDatabase *db, const volatile int *is_cancelled);

    gboolean (*prepare)(TuDatabase *db, const char *sql, TuStatement **ret_statement,
                        GError **error);
    void (*statement_free)(TuStatement *statement);
    gboolean (*bind)(TuStatement *statement, const TuValue *values, guint n, GError **error);
    gboolean (*step)(TuStatement *statement, gboolean *ret_has_row, GError **error);
    TuValue (*value)(TuStatement *statement, guint column);
    guint (*columns)(const TuStatement *statement);
    gint64 (*changes)(const TuStatement *statement);
    gboolean (*execute)(TuDatabase *db, const char *sql, GError **error);

    gboolean (*begin)(TuDatabase *db, gboolean is_write, GError **error);
    gboolean (*commit)(TuDatabase *db, GError **error);
    void (*rollback)(TuDatabase *db);

    gboolean (*describe)(TuDatabase *db, const char *table, TuTableInfo **ret_info,
                         GError **error);
    gboolean (*inspect)(TuDatabase *db, const char *sql, TuInspection *ret, GError **error);
    gboolean (*uses_index)(TuDatabase *db, const char *sql, gboolean *ret_uses, GError **error);
    gboolean (*schema_version)(TuDatabase *db, gint64 *ret_version, GError **error);
    char *(*warning)(TuDatabase *db);

    gboolean (*try_lock)(TuDatabase *db, const char *name, char **ret_holder, GError **error);
    void (*unlock)(TuDatabase *db, const char *name);

    TuValue (*bucket_value)(TuGrain grain, TuBucket bucket, char *text);
    gboolean (*bucket_parse)(TuGrain grain, const TuValue *value, TuBucket *ret_bucket);
};

/* Every driver's own struct begins with this. */
struct TuDatabase {
    const TuDriver *driver;
    char *label;
};

struct TuStatement {
    const TuDriver *driver;
};

extern const TuDriver tu_sqlite_driver;
