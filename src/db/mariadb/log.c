/*
 * What settling asks of MariaDB beside rows: to delete entries of a log without making a writer
 * wait, whether the tables are still what they were, and a lock that dies with the session.
 */
#include "db/mariadb/mariadb.h"

#include <string.h>
#include <xxhash.h>

#include "db/sql.h"

/* ---- entries ---- */

/* Ids in one statement: 18 ms of locks (F7). */
#define IDS_PER_STATEMENT 5000

/* Ids are given when a row is written, not when it is committed: an entry is named by its id, never
 * by "all up to n". */
TuValue
tu_mariadb_entry_value(gint64 id, char *text)
{
    return tu_value_integer(id);
}

/* "[1,2,3]" */
static char *
id_list(const GArray *ids, guint from, guint to)
{
    GString *text = g_string_new("[");
    for (guint i = from; i < to; i++)
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i == from ? "" : ",",
                               g_array_index(ids, gint64, i));
    g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

/* An IN list, and a range, may go through the whole log and lock all of it (F7). */
gboolean
tu_mariadb_delete_entries(TuDatabase *base, const char *log, gint64 after, gint64 up_to,
                          const GArray *ids, GError **error)
{
    g_autoptr(TuStatement) statement = NULL;
    g_autofree char *sql =
        tu_sql_format("DELETE c FROM JSON_TABLE(?1, '$[*]' COLUMNS(id BIGINT PATH '$')) k"
                      " STRAIGHT_JOIN %Q c ON c.trueup_id = k.id",
                      log);
    g_assert(ids != NULL);
    if (!tu_mariadb_prepare(base, sql, FALSE, &statement, error))
        return FALSE;
    for (guint from = 0; from < ids->len; from += IDS_PER_STATEMENT) {
        g_autofree char *list = id_list(ids, from, MIN(from + IDS_PER_STATEMENT, ids->len));
        const TuValue value = tu_value_text(list);
        gboolean has_row = FALSE;
        if (!tu_mariadb_bind(statement, &value, 1, error) ||
            !tu_mariadb_step(statement, &has_row, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- versions ---- */

/* A trigger has the moment at which it was made; a table one that every ALTER changes, but in whole
 * seconds, so its columns and partitions are looked at too. */
static const char version_sql[] =
    "SELECT TRIGGER_NAME, CREATED, EVENT_OBJECT_TABLE, SQL_MODE"
    " FROM information_schema.TRIGGERS"
    " WHERE EVENT_OBJECT_SCHEMA = ?1 AND EVENT_OBJECT_TABLE = ?2 AND TRIGGER_NAME LIKE 'trueup%'"
    " UNION ALL SELECT TABLE_NAME, CREATE_TIME, ENGINE, TABLE_TYPE FROM information_schema.TABLES"
    " WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2"
    " UNION ALL SELECT COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE"
    " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2"
    " UNION ALL SELECT PARTITION_NAME, NULL, NULL, NULL FROM information_schema.PARTITIONS"
    " WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2 AND PARTITION_NAME IS NOT NULL";

/* NULL and an empty text are told apart by their types. */
static void
digest_value(XXH3_state_t *digest, const TuValue *value)
{
    XXH3_64bits_update(digest, &value->type, sizeof value->type);
    if (tu_value_has_bytes(value))
        XXH3_64bits_update(digest, value->text, value->bytes);
    else if (value->type != TU_TYPE_NULL)
        XXH3_64bits_update(digest, &value->integer, sizeof value->integer);
}

/* Each value of each row, in the order that the query gives. */
static gboolean
take_version(TuStatement *row, gpointer data)
{
    for (guint i = 0; i < tu_mariadb_columns(row); i++) {
        TuValue value = tu_mariadb_value(row, i);
        digest_value(data, &value);
    }
    return TRUE;
}

/* Any change of any of these tables, as a number to compare: not a text to be understood. */
gboolean
tu_mariadb_schema_version(TuDatabase *base, const GPtrArray *tables, gint64 *ret_version,
                          GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    XXH3_state_t *digest = XXH3_createState();
    gboolean is_good = XXH3_64bits_reset(digest) == XXH_OK;
    for (guint i = 0; is_good && i < tables->len; i++) {
        g_auto(TuMariadbName) name = tu_mariadb_name(db, g_ptr_array_index(tables, i));
        const TuValue values[] = {tu_value_text(name.schema), tu_value_text(name.table)};
        is_good = tu_mariadb_each_row(db, version_sql, values, G_N_ELEMENTS(values), take_version,
                                      digest, error);
    }
    if (is_good)
        *ret_version = (gint64)XXH3_64bits_digest(digest);
    XXH3_freeState(digest);
    return is_good;
}

/* ---- what capture is made of ---- */

static const char triggers_sql[] =
    "SELECT TRIGGER_NAME, CREATED FROM information_schema.TRIGGERS"
    " WHERE EVENT_OBJECT_SCHEMA = ?1 AND EVENT_OBJECT_TABLE = ?2 AND TRIGGER_NAME LIKE 'trueup%'"
    " ORDER BY TRIGGER_NAME";
static const char columns_sql[] =
    "SELECT COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME FROM information_schema.COLUMNS"
    " WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2 ORDER BY COLUMN_NAME";
static const char made_sql[] = "SELECT CREATE_TIME FROM information_schema.TABLES"
                               " WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2";

typedef struct {
    XXH3_state_t *digest;
    const GPtrArray *columns;
} Identity;

static gboolean
take_trigger_made(TuStatement *row, gpointer data)
{
    return take_version(row, ((Identity *)data)->digest);
}

/* Only those that are logged. */
static gboolean
take_logged_column(TuStatement *row, gpointer data)
{
    const Identity *identity = data;
    TuValue name = tu_mariadb_value(row, 0);
    for (guint i = 0; i < identity->columns->len; i++) {
        TuValue logged = tu_value_text(g_ptr_array_index(identity->columns, i));
        if (tu_value_equal(&logged, &name))
            return take_version(row, identity->digest);
    }
    return TRUE;
}

/* An ORDER BY in each query makes the digest one of a set. */
static gboolean
digest_rows(TuMariadb *db, const char *sql, const char *table, TuMariadbTake take,
            const GPtrArray *columns, GString *into, GError **error)
{
    g_auto(TuMariadbName) name = tu_mariadb_name(db, table);
    const TuValue values[] = {tu_value_text(name.schema), tu_value_text(name.table)};
    Identity identity = {XXH3_createState(), columns};
    gboolean is_good =
        XXH3_64bits_reset(identity.digest) == XXH_OK &&
        tu_mariadb_each_row(db, sql, values, G_N_ELEMENTS(values), take, &identity, error);
    if (is_good)
        g_string_append_printf(into, "%016" G_GINT64_MODIFIER "x",
                               (guint64)XXH3_64bits_digest(identity.digest));
    XXH3_freeState(identity.digest);
    return is_good;
}

gboolean
tu_mariadb_capture_identity(TuDatabase *base, const TuCaptureShape *shape, const char *control,
                            char **ret_whole, char **ret_own, GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    g_autoptr(GString) whole = g_string_new(NULL);
    g_autoptr(GString) own = g_string_new(NULL);
    const char *table = shape->info->name;
    if (!digest_rows(db, made_sql, control, take_trigger_made, NULL, whole, error) ||
        !digest_rows(db, triggers_sql, table, take_trigger_made, NULL, own, error) ||
        !digest_rows(db, columns_sql, table, take_logged_column, shape->columns, own, error))
        return FALSE;
    *ret_whole = g_strdup(whole->str);
    *ret_own = g_strdup(own->str);
    return TRUE;
}

/* Names alone: REORGANIZE moves rows and bounds from one to another, so bounds that were noted
 * would tell where rows were, not which went. */
static const char parts_sql[] = "SELECT DISTINCT PARTITION_NAME FROM information_schema.PARTITIONS"
                                " WHERE TABLE_SCHEMA = ?1 AND TABLE_NAME = ?2"
                                " AND PARTITION_NAME IS NOT NULL ORDER BY 1";

static gboolean
take_part(TuStatement *row, gpointer data)
{
    (void)tu_capture_part_add(data, tu_mariadb_text(row, 0), "");
    return TRUE;
}

gboolean
tu_mariadb_capture_parts(TuDatabase *base, const TuCaptureShape *shape, GPtrArray *parts,
                         GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    g_auto(TuMariadbName) name = tu_mariadb_name(db, shape->info->name);
    const TuValue values[] = {tu_value_text(name.schema), tu_value_text(name.table)};
    return tu_mariadb_each_row(db, parts_sql, values, G_N_ELEMENTS(values), take_part, parts,
                               error);
}

/* ---- locks ---- */

/* A lock's name is known to the whole server and may have 64 characters: a hash stands for the
 * tables that it guards and the name in them. */
static char *
lock_name(const TuMariadb *db, const char *name)
{
    const char *schema = db->base.control_schema != NULL ? db->base.control_schema : db->database;
    g_autofree char *whole = g_strconcat(schema, "\n", name, NULL);
    return g_strdup_printf("trueup_%016" G_GINT64_MODIFIER "x",
                           (guint64)XXH3_64bits(whole, strlen(whole)));
}

static gboolean
take_found(TuStatement *row, gpointer data)
{
    *(gboolean *)data = tu_mariadb_integer(row, 0) != 0;
    return FALSE;
}

static gboolean
take_holder(TuStatement *row, gpointer data)
{
    *(char **)data =
        g_strdup_printf("connection %" G_GINT64_FORMAT " of %s from %s", tu_mariadb_integer(row, 0),
                        tu_mariadb_text(row, 1), tu_mariadb_text(row, 2));
    return FALSE;
}

/* Whoever may not see other users' sessions gets no more than that there is one. */
static char *
holder_of(TuMariadb *db, const TuValue *lock)
{
    char *holder = NULL;
    g_autoptr(GError) ignored = NULL;
    if (tu_mariadb_each_row(db,
                            "SELECT ID, USER, HOST FROM information_schema.PROCESSLIST"
                            " WHERE ID = is_used_lock(?1)",
                            lock, 1, take_holder, &holder, &ignored) &&
        holder != NULL)
        return holder;
    return g_strdup("another session");
}

/* GET_LOCK without waiting; the lock dies with its session, so a crashed worker holds nothing. */
gboolean
tu_mariadb_try_lock(TuDatabase *base, const char *name, char **ret_holder, GError **error)
{
    TuMariadb *db = (TuMariadb *)base;
    g_autofree char *lock = lock_name(db, name);
    const TuValue value = tu_value_text(lock);
    gboolean is_taken = FALSE;
    *ret_holder = NULL;
    if (!tu_mariadb_each_row(db, "SELECT get_lock(?1, 0)", &value, 1, take_found, &is_taken, error))
        return FALSE;
    if (!is_taken)
        *ret_holder = holder_of(db, &value);
    return TRUE;
}

/* Should it fail, the connection is lost, and the lock with it. */
void
tu_mariadb_unlock(TuDatabase *base, const char *name)
{
    TuMariadb *db = (TuMariadb *)base;
    g_autofree char *lock = lock_name(db, name);
    const TuValue value = tu_value_text(lock);
    gboolean ignored = FALSE;
    g_autoptr(GError) error = NULL;
    if (!tu_mariadb_each_row(db, "SELECT release_lock(?1)", &value, 1, take_found, &ignored,
                             &error))
        g_clear_error(&error);
}

/* ---- sessions that are lost ---- */

static gboolean
take_session(TuStatement *row, gpointer data)
{
    *(char **)data = g_strdup(tu_mariadb_text(row, 0));
    return FALSE;
}

/* A connection's number comes again after a restart, and even then hardly from the same port. On a
 * socket, which has none, the server sees at once that a client is gone. */
#define SESSION_NAME "concat(ID, ' ', HOST)"

/* NULL on a socket, or if the list of connections cannot be read: then there is nothing to end
 * later. */
char *
tu_mariadb_session(TuDatabase *base)
{
    char *session = NULL;
    g_autoptr(GError) ignored = NULL;
    (void)!tu_mariadb_each_row((TuMariadb *)base,
                               "SELECT " SESSION_NAME " FROM information_schema.PROCESSLIST"
                               " WHERE ID = connection_id() AND HOST LIKE '%:%'",
                               NULL, 0, take_session, &session, &ignored);
    return session;
}

/* A session of ours that the server still has after its client is gone. Whoever it is by now, only
 * if it is the very same one. */
void
tu_mariadb_end_session(TuDatabase *base, const char *session)
{
    const TuValue value = tu_value_text(session);
    char *id = NULL;
    g_autoptr(GError) ignored = NULL;
    if (!tu_mariadb_each_row((TuMariadb *)base,
                             "SELECT concat(ID) FROM information_schema.PROCESSLIST"
                             " WHERE " SESSION_NAME " = ?1",
                             &value, 1, take_session, &id, &ignored) ||
        id == NULL)
        return;
    g_autofree char *sql = g_strdup_printf("KILL %s", id);
    (void)!tu_mariadb_execute(base, sql, &ignored);
    g_free(id);
}
