/*
 * Connections to MariaDB, and the session that trueup pins: nothing that it reads or writes depends
 * on what a server has as defaults. It never reconnects by itself.
 */
#include "db/mariadb/mariadb.h"

#include <errmsg.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* A peer that is gone without a word is noticed after about ten seconds. */
#define KEEPALIVE_IDLE_S 4
#define KEEPALIVE_INTERVAL_S 2
#define KEEPALIVE_PROBES 3
#define UNSENT_TIMEOUT_MS 10000

/* ---- one connection ---- */

/* Long statements must be waited for, so no time-out on reading: the kernel watches the peer. */
static void
watch_peer(int handle)
{
    static const struct {
        int level, name, value;
    } rows[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, UNSENT_TIMEOUT_MS},
    };
    /* On a Unix socket the TCP options fail, and are not needed. */
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        (void)setsockopt(handle, rows[i].level, rows[i].name, &rows[i].value, sizeof rows[i].value);
}

/* Files in the URL mean encryption, insisted on; whether the server's name must fit is asked for
 * apart, since certificates of old servers name nobody. */
static void
set_tls(MYSQL *handle, const TuMariadbTarget *target)
{
    my_bool yes = 1;
    my_bool verifies = target->verifies_server ? 1 : 0;
    gboolean has_files = target->ssl_ca != NULL || target->ssl_cert != NULL;
    if (has_files)
        mysql_ssl_set(handle, target->ssl_key, target->ssl_cert, target->ssl_ca, NULL, NULL);
    if (has_files || target->must_encrypt)
        mysql_optionsv(handle, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_optionsv(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verifies);
}

/* localhost means the socket, as for all clients, unless the URL has a port. */
static void
set_options(MYSQL *handle, const TuMariadbTarget *target, guint read_timeout_s)
{
    my_bool no = 0;
    guint yes = 1;
    guint tcp = MYSQL_PROTOCOL_TCP;
    mysql_optionsv(handle, MYSQL_READ_DEFAULT_GROUP, "trueup");
    mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(handle, MYSQL_OPT_RECONNECT, &no);
    mysql_optionsv(handle, MYSQL_OPT_LOCAL_INFILE, &yes);
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_TIMEOUT, &target->connect_timeout_s);
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "trueup");
    if (read_timeout_s > 0)
        mysql_optionsv(handle, MYSQL_OPT_READ_TIMEOUT, &read_timeout_s);
    if (target->port > 0 && target->socket == NULL)
        mysql_optionsv(handle, MYSQL_OPT_PROTOCOL, &tcp);
    set_tls(handle, target);
}

/* CLIENT_FOUND_ROWS: an UPDATE counts the rows it found, not those it altered. The turn's UPDATE is
 * understood by that number. */
MYSQL *
tu_mariadb_connect(const TuMariadbTarget *target, guint read_timeout_s, GError **error)
{
    MYSQL *handle = mysql_init(NULL);
    if (handle == NULL) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_SYSTEM, "mariadb: out of memory");
        return NULL;
    }
    set_options(handle, target, read_timeout_s);
    tu_mariadb_offer(handle, NULL);
    const TuMariadb nobody = {0};
    if (mysql_real_connect(handle, target->host, target->user, target->password, target->database,
                           target->port, target->socket,
                           CLIENT_MULTI_STATEMENTS | CLIENT_FOUND_ROWS) == NULL) {
        tu_mariadb_set_error(&nobody, mysql_errno(handle), mysql_error(handle), NULL, error);
        mysql_close(handle);
        return NULL;
    }
    watch_peer((int)mysql_get_socket(handle));
    /* An option file may have asked for another one. */
    if (!g_str_equal(mysql_character_set_name(handle), "utf8mb4") &&
        mysql_set_character_set(handle, "utf8mb4") != 0) {
        tu_mariadb_set_error(&nobody, mysql_errno(handle), mysql_error(handle), NULL, error);
        mysql_close(handle);
        return NULL;
    }
    return handle;
}

/* ---- the session ---- */

/* The connection's collation is the server's default for utf8mb4, so that a comparison of texts
 * that no column gives (CAST(x AS CHAR) = 'a') means what it means in the user's own session.
 *
 * What MySQL does not know stands in comments that only MariaDB reads. */
static const char session[] =
    "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = '" TU_MARIADB_SQL_MODE "',"
    " autocommit = 1, sql_auto_is_null = 0, sql_select_limit = 18446744073709551615, "
    "max_error_count = 65535, sql_big_selects = 1,"
    " sql_safe_updates = 0, foreign_key_checks = 1, unique_checks = 1, completion_type = 0,"
    " default_week_format = 0, div_precision_increment = 4, lc_time_names = 'en_US',"
    " lc_messages = 'en_US', innodb_lock_wait_timeout = 1"
    " /*M! , check_constraint_checks = 1, join_cache_level = 2 */"
    " /*M!100804 , explicit_defaults_for_timestamp = 1 */;"
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;";

/* A worker that died must not hold its locks for long (F6), a stopped one neither: its session is
 * cut soon where it holds up writers, and later where it only reads, since it may be computing. In
 * the middle of a statement the server does not look whether the client is there, so none but
 * SELECTs and DDL may take longer than a minute. While a worker waits for a table that somebody
 * alters, it gives up soon and comes again. */
static const char writing_session[] =
    "SET lock_wait_timeout = 1, wait_timeout = 30, net_write_timeout = 15"
    " /*M! , max_statement_time = 60, idle_write_transaction_timeout = 5,"
    " idle_transaction_timeout = 60, idle_readonly_transaction_timeout = 60 */;"
    "SET SESSION TRANSACTION READ WRITE";

/* A reader may stand still as long as it likes: nobody waits for it. */
static const char reading_session[] = "SET lock_wait_timeout = 10 /*M! , max_statement_time = 0 */;"
                                      "SET SESSION TRANSACTION READ ONLY";

/* The database's name as the server has it, and how much it takes at once. */
static gboolean
take_database(TuStatement *row, gpointer data)
{
    TuMariadb *db = data;
    db->database = g_strdup(tu_mariadb_text(row, 0));
    db->most_bytes = tu_mariadb_integer(row, 1);
    return FALSE;
}

/* Nothing depends on what server, database or option files have as defaults. */
static gboolean
pin_session(TuMariadb *db, TuOpenMode mode, GError **error)
{
    g_autofree char *sql =
        g_strconcat(session, mode == TU_OPEN_WRITE ? writing_session : reading_session, NULL);
    return tu_mariadb_execute(&db->base, sql, error) &&
           tu_mariadb_each_row(db, "SELECT database(), @@max_allowed_packet", NULL, 0,
                               take_database, db, error);
}

gboolean
tu_mariadb_open(const char *url, const char *directory, TuOpenMode mode, TuDatabase **ret_db,
                GError **error)
{
    TuMariadb *db = g_new0(TuMariadb, 1);
    db->may_load = -1;
    g_autoptr(TuDatabase) guard = &db->base;
    db->base.driver = &tu_mariadb_driver;
    if (!tu_mariadb_target_parse(url, &db->target, error))
        return FALSE;
    db->base.label = tu_mariadb_target_label(&db->target);
    db->handle = tu_mariadb_connect(&db->target, 0, error);
    if (db->handle == NULL || !pin_session(db, mode, error)) {
        g_prefix_error(error, "%s: ", db->base.label);
        return FALSE;
    }
    *ret_db = g_steal_pointer(&guard);
    return TRUE;
}

/* The watch first: it must not kill a connection that is somebody else's by then. */
void
tu_mariadb_close(TuDatabase *base)
{
    TuMariadb *db = (TuMariadb *)base;
    g_clear_pointer(&db->watch, tu_mariadb_watch_free);
    if (db->handle != NULL)
        mysql_close(db->handle);
    tu_mariadb_target_clear(&db->target);
    g_free(db->database);
    g_free(db->base.label);
    g_free(db->base.control_schema);
    g_free(db);
}
