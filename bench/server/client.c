/*
 * The application, for the bench on servers: it makes the rows, and it writes them.
 *
 *   client rows COUNT SEED                          rows of `sale`, tab-separated, on stdout
 *   client write KIND SOCKET PORT WORK TABLE CLIENTS SECONDS
 *                                                   CLIENTS connections do WORK on TABLE... at once
 *
 * `write` prints: transactions a second, deadlocks. What WORK may be is in the table at the end. A
 * deadlock is counted and the transaction done anew, as applications do; any other error ends the
 * program with 1, so that a capture that fails writers is never taken for a quick one. The same
 * program writes into tables with capture and without; the difference is what capture costs.
 */
#include <glib.h>
#include <libpq-fe.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 60 days from 2024-01-01 in seconds; sales are spread evenly over them. */
#define SPAN_S (60 * 86400)
#define LIVE_HOUR "2024-02-29 23" /* its last */
#define TENANTS 100
#define KINDS 20
#define ROWS_IN_BULK 1000
/* Each client has orders and rows of its own, so that without capture none waits for another. */
#define OWN_ROWS 100
#define SHARED_ORDERS 3

/* ---- chance ---- */

/* xorshift64*: the same rows from the same seed on every machine. */
static guint32
chance(guint64 *state, guint32 below)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (guint32)((((*state * G_GUINT64_CONSTANT(2685821657736338717)) >> 32) * below) >> 32);
}

static guint64
seeded(guint64 seed)
{
    return (seed + 1) * G_GUINT64_CONSTANT(0x9E3779B97F4A7C15);
}

static int
print_rows(gint64 count, guint64 seed)
{
    static const char *const months[] = {"2024-01", "2024-02"};
    guint64 state = seeded(seed);

    for (gint64 i = 0; i < count; i++) {
        guint32 tenant = chance(&state, TENANTS) + 1, second = chance(&state, SPAN_S);
        guint32 day = second / 86400, kind = chance(&state, KINDS), cents = chance(&state, 100000);
        guint32 mix = chance(&state, 64);
        printf("%u\t%s-%02u %02u:%02u:%02u\t%u\t%u.%02u\t%u\t%u\t%u\t%u\n", tenant,
               months[day / 31], day % 31 + 1, second / 3600 % 24, second / 60 % 60, second % 60,
               kind, cents / 100, cents % 100, mix & 3, mix >> 2 & 1, mix >> 3 & 3, mix >> 5 & 1);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

/* ---- a connection to either server ---- */

typedef struct {
    PGconn *postgresql;
    MYSQL *mariadb;
    guint64 state; /* of its chance */
    guint client;  /* its number */
    gint64 n_deadlocks;
} Session;

static void
die(const char *what)
{
    fprintf(stderr, "client: %s\n", what);
    exit(1);
}

static void
session_open(Session *session, const char *kind, const char *socket, const char *port)
{
    if (g_str_equal(kind, "postgresql")) {
        const char *names[] = {"host", "port", "user", "dbname", NULL};
        const char *values[] = {socket, port, "postgres", "bench", NULL};
        session->postgresql = PQconnectdbParams(names, values, 0);
        if (PQstatus(session->postgresql) != CONNECTION_OK)
            die(PQerrorMessage(session->postgresql));
        return;
    }
    session->mariadb = mysql_init(NULL);
    if (!mysql_real_connect(session->mariadb, "localhost", "root", "", "bench", 0, socket, 0))
        die(mysql_error(session->mariadb));
}

static void
session_close(Session *session)
{
    PQfinish(session->postgresql);
    if (session->mariadb)
        mysql_close(session->mariadb);
}

/* FALSE: it was the victim of a deadlock, and the transaction is rolled back. */
static gboolean
postgresql_does(Session *session, const char *sql)
{
    PGresult *result = PQexec(session->postgresql, sql);
    ExecStatusType status = PQresultStatus(result);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    gboolean is_deadlock = g_strcmp0(state, "40P01") == 0;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !is_deadlock)
        die(PQerrorMessage(session->postgresql));
    PQclear(result);
    if (is_deadlock)
        PQclear(PQexec(session->postgresql, "ROLLBACK"));
    return !is_deadlock;
}

static gboolean
mariadb_does(Session *session, const char *sql)
{
    enum { DEADLOCK = 1213 };

    if (mysql_real_query(session->mariadb, sql, strlen(sql)) == 0)
        return TRUE;
    if (mysql_errno(session->mariadb) != DEADLOCK)
        die(mysql_error(session->mariadb));
    return FALSE;
}

static gboolean
does(Session *session, const char *sql)
{
    gboolean is_done =
        session->postgresql ? postgresql_does(session, sql) : mariadb_does(session, sql);
    session->n_deadlocks += !is_done;
    return is_done;
}

G_GNUC_PRINTF(2, 3)
static gboolean
doesf(Session *session, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    return does(session, sql);
}

/* ---- the kinds of work: one transaction each; FALSE: a deadlock ended it ---- */

static gboolean
insert_entries(Session *session, const char *table, guint n_rows, gboolean is_hot)
{
    g_autoptr(GString) sql = g_string_new("INSERT INTO ");

    g_string_append_printf(sql, "%s(tenant, at, kind, amount) VALUES ", table);
    for (guint i = 0; i < n_rows; i++) {
        guint32 tenant = is_hot ? 0 : chance(&session->state, TENANTS);
        guint32 second = chance(&session->state, 3600);
        guint32 kind = chance(&session->state, KINDS), cents = chance(&session->state, 100000);
        g_string_append_printf(sql, "%s(%u, '" LIVE_HOUR ":%02u:%02u', %u, %u.%02u)",
                               i > 0 ? ", " : "", tenant + 1, second / 60, second % 60, kind,
                               cents / 100, cents % 100);
    }
    return does(session, sql->str);
}

static gboolean
insert_one(Session *session, const char *table)
{
    return insert_entries(session, table, 1, FALSE);
}

static gboolean
insert_hot(Session *session, const char *table)
{
    return insert_entries(session, table, 1, TRUE);
}

static gboolean
insert_bulk(Session *session, const char *table)
{
    return insert_entries(session, table, ROWS_IN_BULK, FALSE);
}

/* What every shop does: a line is added, and its order's total goes up. TABLE is a suffix. */
static gboolean
add_line(Session *session, const char *suffix, guint order)
{
    guint32 cents = chance(&session->state, 10000) + 1;

    return does(session, "BEGIN") &&
           doesf(session, "INSERT INTO order_line_%s(order_id, cents) VALUES (%u, %u)", suffix,
                 order, cents) &&
           doesf(session, "UPDATE orders_%s SET total = total + %u WHERE id = %u", suffix, cents,
                 order) &&
           does(session, "COMMIT");
}

static gboolean
line_shared(Session *session, const char *suffix)
{
    return add_line(session, suffix, 1 + chance(&session->state, SHARED_ORDERS));
}

static guint
own_id(Session *session)
{
    return 1 + session->client * OWN_ROWS + chance(&session->state, OWN_ROWS);
}

static gboolean
line_own(Session *session, const char *suffix)
{
    return add_line(session, suffix, own_id(session));
}

/* Both sources, every other client in the opposite order: a row more, and a row of its own
 * changed. */
static gboolean
both_ways(Session *session, const char *suffix)
{
    static const char *const names[2][2] = {{"left", "right"}, {"right", "left"}};
    const char *const *tables = names[session->client % 2];

    if (!does(session, "BEGIN"))
        return FALSE;
    for (int i = 0; i < 2; i++) {
        guint32 tenant = chance(&session->state, TENANTS) + 1;
        if (!doesf(session,
                   "INSERT INTO %s_%s(tenant, at, amount) VALUES (%u, '" LIVE_HOUR ":00:00', 1)",
                   tables[i], suffix, tenant) ||
            !doesf(session, "UPDATE %s_%s SET amount = amount + 1 WHERE id = %u", tables[i], suffix,
                   own_id(session)))
            return FALSE;
    }
    return does(session, "COMMIT");
}

typedef struct {
    const char *name;
    gboolean (*run)(Session *session, const char *table);
} Work;

static const Work works[] = {
    {"one", insert_one},          {"hot", insert_hot},    {"bulk", insert_bulk},
    {"line-shared", line_shared}, {"line-own", line_own}, {"both-ways", both_ways},
};

/* ---- all clients at once ---- */

typedef struct {
    Session session;
    const Work *work;
    const char *table;
    gint64 end_us;
    gint64 n_done;
} Client;

static gpointer
run_client(gpointer data)
{
    Client *client = data;

    while (g_get_monotonic_time() < client->end_us)
        client->n_done += client->work->run(&client->session, client->table);
    return NULL;
}

static int
write_for(const Work *work, char **argv, guint n_clients, double seconds)
{
    g_autofree Client *clients = g_new0(Client, n_clients);
    g_autofree GThread **threads = g_new0(GThread *, n_clients);
    gint64 n_done = 0, n_deadlocks = 0;

    for (guint i = 0; i < n_clients; i++) {
        clients[i].session = (Session){.state = seeded(i), .client = i};
        session_open(&clients[i].session, argv[2], argv[3], argv[4]);
        clients[i].work = work;
        clients[i].table = argv[6];
    }
    gint64 begun_us = g_get_monotonic_time();
    for (guint i = 0; i < n_clients; i++) {
        clients[i].end_us = begun_us + (gint64)(seconds * 1e6);
        threads[i] = g_thread_new("client", run_client, &clients[i]);
    }
    for (guint i = 0; i < n_clients; i++) {
        g_thread_join(threads[i]);
        n_done += clients[i].n_done;
        n_deadlocks += clients[i].session.n_deadlocks;
    }
    double took_s = (double)(g_get_monotonic_time() - begun_us) / 1e6;
    for (guint i = 0; i < n_clients; i++)
        session_close(&clients[i].session);
    printf("%.3f %" G_GINT64_FORMAT "\n", (double)n_done / took_s, n_deadlocks);
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 4 && g_str_equal(argv[1], "rows"))
        return print_rows(atoll(argv[2]), (guint64)atoll(argv[3]));
    if (argc == 9 && g_str_equal(argv[1], "write"))
        for (guint i = 0; i < G_N_ELEMENTS(works); i++)
            if (g_str_equal(argv[5], works[i].name))
                return write_for(&works[i], argv, (guint)atoi(argv[7]), atof(argv[8]));
    fprintf(stderr, "usage: client rows COUNT SEED\n"
                    "       client write KIND SOCKET PORT WORK TABLE CLIENTS SECONDS\n");
    return 2;
}
