/*
 * What a driver provides. Only files of db/ include this; contracts are in database.h, above the
 * function of the same name. Those marked "may be NULL" have a common meaning then, in database.c.
 */
#pragma once

#include "db/database.h"

/* Rows given to a statement (db/given.h). Every driver's own struct begins with this. */
typedef struct {
    char *from;  /* "... AS given": what stands for them in FROM, with its parameters from ?1 on */
    guint n;     /* that were added */
    gsize bytes; /* of those */
} TuGivenRows;

typedef struct {
    /* By TuGivenWork: @ the table, # the rows, = the comparison of keys, * the list or
     * assignments. */
    const char *forms[4];
    const char *target; /* before a column that is assigned to: "stored." */
    const char *place;  /* a column that says where a row lies; NULL: none */

    /* The types are those of the table's columns. *ret_rows NULL: there is one that cannot be
     * given. */
    gboolean (*open)(TuDatabase *db, const char *table, const char *const *columns, guint n_columns,
                     TuGivenRows **ret_rows, GError **error);
    void (*close)(TuGivenRows *rows);
    gboolean (*add)(TuGivenRows *rows, const TuValue *values, GError **error);
    const TuValue *(*values)(TuGivenRows *rows, guint *ret_n); /* parameters */
    void (*clear)(TuGivenRows *rows);
    /* After the statement ran: were all values taken as they are? May be NULL: what is not
     * raises. */
    gboolean (*check)(TuGivenRows *rows, GError **error);

    /* Appends the place of a row of `stored`, or NULL: an UPDATE may not find it there. May be NULL
     * where `place` is. */
    void (*append_place)(GString *sql, const char *table);

    /* Appends that a column of the key is the same in `stored` and `given`, or NULL in `stored`, so
     * that the unique index is used. */
    void (*append_same)(GString *sql, const char *column, const TuSqlType *type,
                        gboolean is_nullable, gboolean is_null);
} TuGivenDriver;

struct TuDriver {
    TuDialect dialect;
    const char *const *url_prefixes; /* {"sqlite:", NULL} */

    gboolean (*open)(const char *url, const char *directory, TuOpenMode mode, TuDatabase **ret_db,
                     GError **error);
    void (*close)(TuDatabase *db);    /* frees db, its label and control_schema too */
    char *(*session)(TuDatabase *db); /* these two may be NULL: there are no sessions */
    void (*end_session)(TuDatabase *db, const char *session);
    void (*set_cancel)(TuDatabase *db, const volatile _Atomic int *is_cancelled);

    /* `sql` is the database's own by now: parameters, names of control tables (db/portable.h). */
    gboolean (*prepare)(TuDatabase *db, const char *sql, gboolean is_scan,
                        TuStatement **ret_statement, GError **error);
    void (*statement_free)(TuStatement *statement);
    gboolean (*bind)(TuStatement *statement, const TuValue *values, guint n, GError **error);
    gboolean (*step)(TuStatement *statement, gboolean *ret_has_row, GError **error);
    TuValue (*value)(TuStatement *statement, guint column);
    guint (*columns)(const TuStatement *statement);
    gint64 (*changes)(const TuStatement *statement);
    gboolean (*execute)(TuDatabase *db, const char *sql, GError **error);

    gboolean (*begin_read)(TuDatabase *db, const GPtrArray *tables, GError **error);
    gboolean (*begin_write)(TuDatabase *db, GError **error);
    gboolean (*mark)(TuDatabase *db, GError **error); /* these two may be NULL: nothing is needed */
    gboolean (*back)(TuDatabase *db, GError **error);
    gboolean (*commit)(TuDatabase *db, GError **error);
    void (*rollback)(TuDatabase *db);

    gboolean (*describe)(TuDatabase *db, const char *table, TuTableInfo **ret_info, GError **error);
    gboolean (*has_table)(TuDatabase *db, const char *table, gboolean *ret_has,
                          GError **error); /* may be NULL: as describe finds it */
    gboolean (*inspect)(TuDatabase *db, const TuProbe *probe, TuInspection *ret, GError **error);
    void (*inspect_condition)(const TuProbe *probe,
                              TuInspection *inspection); /* may be NULL: none is at fault */
    gboolean (*describe_query)(TuDatabase *db, const char *sql, TuTableInfo *info, GError **error);
    gboolean (*uses_index)(TuDatabase *db, const char *sql, gboolean *ret_uses, GError **error);
    gboolean (*schema_version)(TuDatabase *db, const GPtrArray *tables, gint64 *ret_version,
                               GError **error);
    gboolean (*hazards)(TuDatabase *db, GPtrArray *hazards, GError **error);
    gboolean (*missing_right)(TuDatabase *db, const char *right, const char *table,
                              char **ret_grant, GError **error); /* may be NULL: none is missing */

    GPtrArray *(*capture_objects)(TuDatabase *db, const TuCaptureShape *shape);
    gboolean (*capture_identity)(TuDatabase *db, const TuCaptureShape *shape, const char *control,
                                 char **ret_whole, char **ret_own,
                                 GError **error); /* may be NULL: both NULL */
    gboolean (*capture_parts)(TuDatabase *db, const TuCaptureShape *shape, GPtrArray *parts,
                              GError **error); /* may be NULL: none */
    void (*capture_forget)(TuDatabase *db, const char *table, const char *log,
                           GPtrArray *statements);
    TuValue (*entry_value)(gint64 id, char *text);
    gboolean (*delete_entries)(TuDatabase *db, const char *log, gint64 after, gint64 up_to,
                               const GArray *ids, GError **error);

    gboolean (*try_lock)(TuDatabase *db, const char *name, char **ret_holder, GError **error);
    void (*unlock)(TuDatabase *db, const char *name);
    gboolean (*holds_locks)(const TuDatabase *db); /* may be NULL: TRUE */

    TuValue (*bucket_value)(TuGrain grain, TuBucket bucket, char *text);
    gboolean (*bucket_parse)(TuGrain grain, const TuValue *value, TuBucket *ret_bucket);

    void (*append_key)(GString *sql, const char *column, const TuSqlType *type,
                       gboolean is_nullable);
    char *(*key_column)(const char *column, const TuSqlType *type,
                        gboolean is_nullable); /* may be NULL: none */
    const char *key_suffix;                    /* "" */
    char *(*grants)(TuDatabase *db, const GPtrArray *sources, const GPtrArray *summaries,
                    const GPtrArray *control);  /* may be NULL: "" */
    const char *script_head, *script_delimiter; /* may be NULL */

    /* Appends that a column of the key equals a parameter, or (number 0) is NULL, so that the
     * unique index is used; may be NULL: that is a plain comparison. */
    void (*append_equals)(GString *sql, const char *column, guint number, const TuSqlType *type,
                          gboolean is_nullable);
    const TuGivenDriver *given; /* may be NULL: many rows go as many statements */

    /* Writes many rows faster than INSERT does; may be NULL. See db/bulk.h: rows that are not there
     * yet, one after the other; `end` with is_good FALSE gives up. */
    gboolean (*copy_begin)(TuDatabase *db, const char *table, const char *const *columns,
                           guint n_columns, gpointer *ret_copy, GError **error);
    gboolean (*copy_row)(gpointer copy, const TuValue *values, GError **error);
    gboolean (*copy_end)(gpointer copy, gboolean is_good, GError **error);
};

/* Every driver's own struct begins with this. */
struct TuDatabase {
    const TuDriver *driver;
    char *label;
    char *control_schema; /* NULL: none */
    gboolean skips_references;
};

struct TuStatement {
    const TuDriver *driver;
};

extern const TuDriver tu_sqlite_driver;
extern const TuDriver tu_postgres_driver;
extern const TuDriver tu_mariadb_driver;
