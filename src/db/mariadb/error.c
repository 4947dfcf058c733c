/*
 * MariaDB's error numbers and what to do about them.
 */
#include "db/mariadb/mariadb.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include "db/sql.h"

/* Numbers that libmariadb's headers may not name. */
#define CONNECTION_KILLED 1927
#define STATEMENT_TIMEOUT 1969
#define RECORD_CHANGED 1020
#define GALERA_NOT_READY 1047

/* Of a statement, which is shown with it. */
#define MISSING_RIGHT "grant it: `trueup plan` prints the GRANTs"
#define TOO_NARROW "that column holds less than the value: ALTER it, or take one that fits"

static const struct {
    guint number;
    TuErrorCode code;
    const char *help;
} rows[] = {
    {CR_CONNECTION_ERROR, TU_ERROR_CONNECT,
     "is the server running, and is the socket the right one?"},
    {CR_CONN_HOST_ERROR, TU_ERROR_CONNECT, "is the server running, and are host and port right?"},
    {CR_UNKNOWN_HOST, TU_ERROR_CONNECT, "correct the host in the database URL"},
    {CR_SERVER_GONE_ERROR, TU_ERROR_CONNECT, NULL},
    {CR_SERVER_LOST, TU_ERROR_CONNECT, NULL},
    {CR_SERVER_HANDSHAKE_ERR, TU_ERROR_CONNECT, NULL},
    {CR_SSL_CONNECTION_ERROR, TU_ERROR_CONNECT, "see the URL's options ssl-ca and ssl-verify"},
    {CR_MALFORMED_PACKET, TU_ERROR_CONNECT, NULL},
    {CR_SERVER_LOST_EXTENDED, TU_ERROR_CONNECT, NULL},
    {ER_CON_COUNT_ERROR, TU_ERROR_BUSY, "raise max_connections, or use fewer workers"},
    {ER_TOO_MANY_USER_CONNECTIONS, TU_ERROR_BUSY, "raise max_user_connections"},
    {CR_AUTH_PLUGIN_CANNOT_LOAD, TU_ERROR_SYSTEM, NULL},
    {ER_DBACCESS_DENIED_ERROR, TU_ERROR_SYSTEM, "grant the user rights on the database"},
    {ER_ACCESS_DENIED_ERROR, TU_ERROR_SYSTEM, "correct user and password in the database URL"},
    {ER_ACCESS_DENIED_NO_PASSWORD_ERROR, TU_ERROR_SYSTEM,
     "write the password into the URL, or into ~/.my.cnf under [client]"},
    {ER_ACCOUNT_HAS_BEEN_LOCKED, TU_ERROR_SYSTEM, "ALTER USER ... ACCOUNT UNLOCK"},
    {ER_BAD_DB_ERROR, TU_ERROR_SYSTEM, "create the database, or correct its name in the URL"},
    {ER_HOST_IS_BLOCKED, TU_ERROR_SYSTEM, "`mariadb-admin flush-hosts` lets it in again"},
    {ER_HOST_NOT_PRIVILEGED, TU_ERROR_SYSTEM, NULL},
    {ER_SERVER_SHUTDOWN, TU_ERROR_CONNECT, NULL},
    {ER_NEW_ABORTING_CONNECTION, TU_ERROR_CONNECT, NULL},
    {ER_NET_READ_ERROR, TU_ERROR_CONNECT, NULL},
    {ER_NET_READ_INTERRUPTED, TU_ERROR_CONNECT, NULL},
    {ER_NET_ERROR_ON_WRITE, TU_ERROR_CONNECT, NULL},
    {ER_NET_WRITE_INTERRUPTED, TU_ERROR_CONNECT, NULL},
    {ER_USER_LIMIT_REACHED, TU_ERROR_BUSY, NULL},
    {GALERA_NOT_READY, TU_ERROR_CONNECT, "this node of the cluster is not ready"},
    {CONNECTION_KILLED, TU_ERROR_CONNECT, NULL},
    {ER_LOCK_WAIT_TIMEOUT, TU_ERROR_BUSY, "others hold it; try again (SHOW PROCESSLIST says who)"},
    {ER_LOCK_DEADLOCK, TU_ERROR_BUSY, NULL},
    {RECORD_CHANGED, TU_ERROR_BUSY, NULL},
    {ER_TABLE_DEF_CHANGED, TU_ERROR_BUSY, NULL},
    {ER_NEED_REPREPARE, TU_ERROR_BUSY, NULL},
    {ER_LOCK_TABLE_FULL, TU_ERROR_BUSY, NULL},
    {ER_AUTOINC_READ_FAILED, TU_ERROR_BUSY, NULL},
    {ER_QUERY_INTERRUPTED, TU_ERROR_BUSY, "somebody ended the statement; try again"},
    {STATEMENT_TIMEOUT, TU_ERROR_BUSY, "one statement wrote for longer than a minute"},
    {ER_DISK_FULL, TU_ERROR_SYSTEM,
     "make room on the server's disk and run it again: nothing was lost"},
    {ER_RECORD_FILE_FULL, TU_ERROR_SYSTEM,
     "make room on the server's disk and run it again: nothing was lost"},
    {ER_GET_ERRNO, TU_ERROR_SYSTEM, "see the server's error log"},
    {ER_OUTOFMEMORY, TU_ERROR_SYSTEM, NULL},
    {ER_OUT_OF_SORTMEMORY, TU_ERROR_SYSTEM, NULL},
    {ER_OUT_OF_RESOURCES, TU_ERROR_SYSTEM, NULL},
    {CR_OUT_OF_MEMORY, TU_ERROR_SYSTEM, NULL},
    {ER_ERROR_DURING_COMMIT, TU_ERROR_SYSTEM, NULL},
    {ER_OPTION_PREVENTS_STATEMENT, TU_ERROR_SYSTEM,
     "a read-only server cannot be written to: name the primary in the database URL"},
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, TU_ERROR_SYSTEM, NULL},
    {ER_WARN_DATA_OUT_OF_RANGE, TU_ERROR_DATABASE, TOO_NARROW},
    {ER_DATA_TOO_LONG, TU_ERROR_DATABASE, TOO_NARROW},
    {ER_TABLEACCESS_DENIED_ERROR, TU_ERROR_DATABASE, MISSING_RIGHT},
    {ER_COLUMNACCESS_DENIED_ERROR, TU_ERROR_DATABASE, MISSING_RIGHT},
    {ER_SPECIFIC_ACCESS_DENIED_ERROR, TU_ERROR_DATABASE, MISSING_RIGHT},
};

/* A killed statement, or a connection cut because the statement could not be killed. */
static gboolean
is_of_cancel(guint number)
{
    return number == ER_QUERY_INTERRUPTED || number == CR_SERVER_LOST ||
           number == CR_SERVER_GONE_ERROR;
}

void
tu_mariadb_set_error(const TuMariadb *db, guint number, const char *message, const char *what,
                     GError **error)
{
    TuErrorCode code = TU_ERROR_DATABASE;
    const char *help = NULL;
    if (tu_mariadb_is_cancelled(db) && is_of_cancel(number)) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CANCELLED, "stopped by a signal");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].number != number)
            continue;
        code = rows[i].code;
        help = rows[i].help;
    }
    gboolean is_statement = code == TU_ERROR_DATABASE && what != NULL;
    g_autofree char *shown = tu_sql_excerpt(what);
    g_set_error(error, TU_ERROR, (gint)code, "mariadb: %s (%u)%s%s%s%s", message, number,
                help != NULL ? ": " : "", help != NULL ? help : "", is_statement ? ", in: " : "",
                is_statement ? shown : "");
}
