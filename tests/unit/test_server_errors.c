/* What servers refuse with, and what trueup makes of it: the codes, the texts, the widths of
 * types. */
#include <glib.h>
#include <string.h>

#include "db/mariadb/mariadb.h"
#include "db/postgres/postgres.h"
#include "db/width.h"

/* ---- PostgreSQL: why there is no connection ---- */

#define AT "connection to server at \"h\" (1.2.3.4), port 5432 failed: "

static const struct {
    const char *message; /* libpq's, verbose */
    TuErrorCode code;
    const char *text;
} refusals[] = {
    {AT "FATAL:  28P01: password authentication failed for user \"u\"\nLOCATION:  auth_failed, "
        "auth.c:326\n",
     TU_ERROR_SYSTEM,
     "postgresql: " AT "FATAL: password authentication failed for user \"u\" (28P01): correct user "
     "and password in the database URL"},
    {AT "FATAL:  3D000: database \"d\" does not exist\n", TU_ERROR_SYSTEM,
     "postgresql: " AT
     "FATAL: database \"d\" does not exist (3D000): create the database, or correct "
     "its name in the URL"},
    {AT "ВАЖНО:  57P03: the database system is starting up\n", TU_ERROR_BUSY,
     "postgresql: " AT "ВАЖНО: the database system is starting up (57P03)"},
    {AT "FATAL:  53300: sorry, too many clients already\n", TU_ERROR_BUSY,
     "postgresql: " AT "FATAL: sorry, too many clients already (53300): raise max_connections, or "
     "use fewer workers"},
    {AT "Connection refused\n\tIs the server running?\n", TU_ERROR_CONNECT,
     "postgresql: " AT "Connection refused  Is the server running?"},
    /* Of several hosts the last that answered counts. */
    {AT "Connection refused\n" AT "FATAL:  28000: no pg_hba.conf entry\n", TU_ERROR_SYSTEM,
     "postgresql: " AT "Connection refused " AT
     "FATAL: no pg_hba.conf entry (28000): correct the user "
     "in the database URL, or let it in (pg_hba.conf)"},
    {"", TU_ERROR_CONNECT, "postgresql: "},
};

static void
test_postgres_refusals(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;
        tu_postgres_set_refusal(refusals[i].message, &error);
        g_assert_cmpstr(error->message, ==, refusals[i].text);
        g_assert_error(error, TU_ERROR, (gint)refusals[i].code);
    }
}

/* ---- MariaDB: numbers ---- */

static const struct {
    guint number;
    TuErrorCode code;
    const char *help; /* part of the text */
} numbers[] = {
    {1040, TU_ERROR_BUSY, "max_connections"},
    {1203, TU_ERROR_BUSY, "max_user_connections"},
    {1226, TU_ERROR_BUSY, "(1226)"},
    {1044, TU_ERROR_SYSTEM, "grant the user rights"},
    {1045, TU_ERROR_SYSTEM, "correct user and password"},
    {1049, TU_ERROR_SYSTEM, "create the database"},
    {4151, TU_ERROR_SYSTEM, "ACCOUNT UNLOCK"},
    {2002, TU_ERROR_CONNECT, "is the server running"},
    {2006, TU_ERROR_CONNECT, "(2006)"},
    {2013, TU_ERROR_CONNECT, "(2013)"},
    {1053, TU_ERROR_CONNECT, "(1053)"},
    {1927, TU_ERROR_CONNECT, "(1927)"},
    {1205, TU_ERROR_BUSY, "others hold it"},
    {1142, TU_ERROR_DATABASE, "grant it"},
    {1264, TU_ERROR_DATABASE, "holds less than the value: ALTER it"},
    {1406, TU_ERROR_DATABASE, "holds less than the value: ALTER it"},
    {1213, TU_ERROR_BUSY, "(1213)"},
    {1969, TU_ERROR_BUSY, "wrote for longer than a minute"},
    {1021, TU_ERROR_SYSTEM, "make room on the server's disk"},
    {1114, TU_ERROR_SYSTEM, "make room on the server's disk"},
    {1290, TU_ERROR_SYSTEM, "name the primary"},
    {1062, TU_ERROR_DATABASE, "in: STATEMENT"},
};

static void
test_mariadb_numbers(void)
{
    const TuMariadb nobody = {0};
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autoptr(GError) error = NULL;
        tu_mariadb_set_error(&nobody, numbers[i].number, "message", "STATEMENT", &error);
        g_test_message("%s", error->message);
        g_assert_error(error, TU_ERROR, (gint)numbers[i].code);
        g_assert_nonnull(strstr(error->message, numbers[i].help));
    }
}

/* ---- widths ---- */

static const struct {
    const TuDriver *driver;
    const char *type;
    gboolean is_number;
    TuType kind;
    guint digits;
} widths[] = {
    {&tu_postgres_driver, "smallint", TRUE, TU_TYPE_INTEGER, 4},
    {&tu_postgres_driver, "double precision", TRUE, TU_TYPE_REAL, 15},
    {&tu_postgres_driver, "numeric", TRUE, TU_TYPE_DECIMAL, 131072},
    {&tu_postgres_driver, "numeric(5,2)", TRUE, TU_TYPE_DECIMAL, 3},
    {&tu_postgres_driver, "numeric(2,5)", TRUE, TU_TYPE_DECIMAL, 0},
    {&tu_postgres_driver, "int4range", FALSE, TU_TYPE_NULL, 0},
    {&tu_postgres_driver, "text", FALSE, TU_TYPE_NULL, 0},
    {&tu_mariadb_driver, "int(11)", TRUE, TU_TYPE_INTEGER, 9},
    {&tu_mariadb_driver, "BIGINT UNSIGNED", TRUE, TU_TYPE_INTEGER, 18},
    {&tu_mariadb_driver, "DECIMAL(38,6)", TRUE, TU_TYPE_DECIMAL, 32},
    {&tu_mariadb_driver, "decimal(7)", TRUE, TU_TYPE_DECIMAL, 7},
    {&tu_mariadb_driver, "float", TRUE, TU_TYPE_REAL, 6},
    {&tu_mariadb_driver, "varchar(9)", FALSE, TU_TYPE_NULL, 0},
    {&tu_sqlite_driver, "INTEGER", FALSE, TU_TYPE_NULL, 0},
};

static void
test_widths(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(widths); i++) {
        TuWidth width = {TU_TYPE_NULL, 0};
        g_test_message("%s", widths[i].type);
        g_assert_true(tu_width_of(&widths[i].driver->dialect, widths[i].type, &width) ==
                      widths[i].is_number);
        g_assert_true(width.kind == widths[i].kind);
        g_assert_cmpuint(width.digits, ==, widths[i].digits);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/server-errors/postgresql/refusals", test_postgres_refusals);
    g_test_add_func("/server-errors/mariadb/numbers", test_mariadb_numbers);
    g_test_add_func("/server-errors/widths", test_widths);
    return g_test_run();
}
