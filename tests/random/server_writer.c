/* A transaction is drawn as a list of statements first, so that it can be run again as it was. */
#include "server_writer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "server.h"
#include "statements.h"
#include "writer.h"

#define STATEMENTS_MAX 6
#define ATTEMPTS_MAX 12          /* of a transaction that deadlocks */
#define SLEEP_MAX_US 4000        /* between statements: long enough for others to come in between */
#define LONG_SLEEP_MAX_US 900000 /* in a transaction that stays open across a settle */

typedef struct {
    const RtPlan *plan;
    const char *url;
    RtServer *server;
    FILE *log;
    RtReport *report;
    RtRng rng;
} Writer;

typedef struct {
    GPtrArray *statements; /* of char * */
    const char *isolation;
    gboolean guards_statements; /* PostgreSQL: a savepoint before each, as some drivers do */
    gboolean is_single;         /* one statement without BEGIN */
    gboolean rolls_back, disconnects, is_killed;
    gint64 sleep_us; /* before its end */
} Transaction;

static void
log_line(Writer *writer, const char *sql, const char *outcome)
{
    fprintf(writer->log, "-- %" G_GINT64_FORMAT " us%s%s\n%s;\n", g_get_monotonic_time(),
            *outcome == '\0' ? "" : " ", outcome, sql);
    fflush(writer->log);
}

/* The report is shared with the history and the other writers. */
static void
count(Writer *writer, RtCount what)
{
    __atomic_add_fetch(&writer->report->counts[what], 1, __ATOMIC_RELAXED);
}

/* ---- Drawing a transaction ---- */

static void
add_statement(Writer *writer, GPtrArray *statements)
{
    gboolean on_tenants = writer->plan->world->has[RT_TENANTS_TABLE] &&
                          writer->plan->world->has[RT_TENANT_CHANGES] &&
                          rt_rng_percent(&writer->rng, 4);

    g_ptr_array_add(statements, on_tenants ? rt_statement_on_tenants(writer->plan, &writer->rng)
                                           : rt_statement(writer->plan, &writer->rng));
}

static void
add_savepoint(Writer *writer, GPtrArray *statements)
{
    guint count = (guint)rt_rng_between(&writer->rng, 1, 3);

    g_ptr_array_add(statements, g_strdup("SAVEPOINT s"));
    for (guint i = 0; i < count; i++)
        add_statement(writer, statements);
    if (rt_rng_percent(&writer->rng, 60))
        g_ptr_array_add(statements, g_strdup("ROLLBACK TO SAVEPOINT s"));
    g_ptr_array_add(statements, g_strdup("RELEASE SAVEPOINT s"));
}

static void
draw_end(Writer *writer, Transaction *transaction)
{
    const RtWorld *world = writer->plan->world;
    guint draw = rt_rng_index(&writer->rng, 100);

    transaction->is_killed = world->has[RT_WRITER_CRASHES] && draw >= 97;
    transaction->rolls_back = draw >= 80 && draw < 92;
    transaction->disconnects = draw >= 92 && draw < 97;
    if (world->has[RT_LONG_TRANSACTIONS] && rt_rng_percent(&writer->rng, 8))
        transaction->sleep_us = rt_rng_between(&writer->rng, 100000, LONG_SLEEP_MAX_US);
}

static void
draw_transaction(Writer *writer, Transaction *transaction)
{
    static const char *const isolations[] = {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"};
    static const guint weights[] = {50, 30, 20};
    guint count = (guint)rt_rng_between(&writer->rng, 1, STATEMENTS_MAX);

    *transaction = (Transaction){.statements = g_ptr_array_new_with_free_func(g_free)};
    transaction->isolation =
        isolations[rt_rng_weighted(&writer->rng, weights, G_N_ELEMENTS(weights))];
    transaction->guards_statements =
        writer->plan->world->kind == RT_POSTGRESQL && rt_rng_percent(&writer->rng, 60);
    transaction->is_single = rt_rng_percent(&writer->rng, 25);
    for (guint i = 0; i < (transaction->is_single ? 1 : count); i++) {
        if (!transaction->is_single && rt_rng_percent(&writer->rng, 15))
            add_savepoint(writer, transaction->statements);
        else
            add_statement(writer, transaction->statements);
    }
    draw_end(writer, transaction);
}

/* ---- Running it ---- */

typedef enum { DONE, REFUSED, AGAIN } Outcome;

/* A deadlock or a serialization failure, a constraint: the application's own business. Anything
 * else is one that it would not have met without trueup, and ends the writer. */
static Outcome
run_statement(Writer *writer, const char *sql)
{
    RtServerError error;

    log_line(writer, sql, "");
    if (rt_server_run(writer->server, sql, NULL, &error))
        return DONE;
    fprintf(writer->log, "-- ^ %s %s\n", error.code, error.message);
    fflush(writer->log);
    if (error.sort == RT_ERROR_AGAIN && strstr(error.message, "trueup") == NULL) {
        count(writer, RT_COUNT_RETRIES);
        return AGAIN;
    }
    if (error.sort == RT_ERROR_CONSTRAINT && strstr(error.message, "trueup") == NULL) {
        count(writer, RT_COUNT_REFUSALS);
        return REFUSED;
    }
    fprintf(writer->log, "-- THE WRITER MET AN ERROR: %s %s\n", error.code, error.message);
    fflush(writer->log);
    _exit(RT_WRITER_BAD_EXIT);
}

static Outcome
begin(Writer *writer, const Transaction *transaction)
{
    g_autofree char *set =
        writer->plan->world->kind == RT_POSTGRESQL
            ? g_strdup_printf("BEGIN ISOLATION LEVEL %s", transaction->isolation)
            : g_strdup_printf("SET TRANSACTION ISOLATION LEVEL %s", transaction->isolation);

    if (writer->plan->world->kind == RT_POSTGRESQL)
        return run_statement(writer, set);
    run_statement(writer, set);
    return run_statement(writer, strcmp(transaction->isolation, "READ COMMITTED") == 0
                                     ? "START TRANSACTION"
                                     : "START TRANSACTION WITH CONSISTENT SNAPSHOT");
}

/* PostgreSQL: after an error the transaction is over, unless a savepoint was made before. */
static Outcome
run_guarded(Writer *writer, const Transaction *transaction, const char *sql)
{
    Outcome outcome;

    if (!transaction->guards_statements || strstr(sql, "SAVEPOINT") != NULL)
        return run_statement(writer, sql);
    run_statement(writer, "SAVEPOINT guard");
    outcome = run_statement(writer, sql);
    if (outcome == REFUSED) {
        run_statement(writer, "ROLLBACK TO SAVEPOINT guard");
        return DONE;
    }
    if (outcome == DONE)
        run_statement(writer, "RELEASE SAVEPOINT guard");
    return outcome;
}

/* The statements between BEGIN and COMMIT. REFUSED: the transaction can only be rolled back. */
static Outcome
run_statements(Writer *writer, const Transaction *transaction)
{
    for (guint i = 0; i < transaction->statements->len; i++) {
        Outcome outcome = run_guarded(writer, transaction, transaction->statements->pdata[i]);

        if (outcome == AGAIN || (outcome == REFUSED && writer->plan->world->kind == RT_POSTGRESQL))
            return outcome;
        if (rt_rng_percent(&writer->rng, 15))
            g_usleep((gulong)rt_rng_between(&writer->rng, 0, SLEEP_MAX_US));
    }
    return DONE;
}

/* ---- Connections ---- */

/* What sessions of applications differ in: none of it may change what trueup stores. */
static void
open_connection(Writer *writer)
{
    static const char *const settings[RT_KINDS][6] = {
        [RT_POSTGRESQL] = {"SET TimeZone = 'Asia/Kolkata'", "SET TimeZone = 'America/Caracas'",
                           "SET DateStyle = 'German, DMY'", "SET search_path = public, pg_catalog",
                           "SET extra_float_digits = -10", "SET ROLE rt_writer"},
        [RT_MARIADB] = {"SET time_zone = '+05:30'", "SET time_zone = '-11:00'",
                        "SET sql_mode = 'ANSI_QUOTES,STRICT_TRANS_TABLES'",
                        "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,TRADITIONAL'",
                        "SET collation_connection = 'utf8mb4_bin'", "SET NAMES utf8mb4"},
    };
    const char *const *mine = settings[writer->plan->world->kind];

    writer->server = rt_server_open(writer->plan->world->kind, writer->url);
    if (writer->plan->world->kind == RT_POSTGRESQL)
        rt_server_do(writer->server, "SET deadlock_timeout = '100ms'");
    else {
        rt_server_do(writer->server, "SET innodb_lock_wait_timeout = 30");
        rt_server_do(writer->server, "DO GET_LOCK(concat('rt_writer ', CONNECTION_ID()), 0)");
    }
    for (guint i = 0; i < 6; i++)
        if (rt_rng_percent(&writer->rng, 25)) {
            log_line(writer, mine[i], "");
            rt_server_do(writer->server, mine[i]);
        }
}

static void
reconnect(Writer *writer)
{
    log_line(writer, "", "the connection is closed");
    rt_server_close(writer->server);
    open_connection(writer);
}

/* ---- Writing ---- */

/* FALSE: it must be run again. */
static gboolean
try_transaction(Writer *writer, const Transaction *transaction)
{
    Outcome outcome;

    if (transaction->is_single)
        return run_statement(writer, transaction->statements->pdata[0]) != AGAIN;
    outcome = begin(writer, transaction);
    if (outcome == DONE)
        outcome = run_statements(writer, transaction);
    if (outcome == DONE && transaction->sleep_us > 0)
        g_usleep((gulong)transaction->sleep_us);
    if (outcome == DONE && transaction->is_killed) {
        log_line(writer, "", "the writer kills itself");
        raise(SIGKILL);
    }
    if (outcome == DONE && transaction->disconnects) {
        reconnect(writer);
        return TRUE;
    }
    if (outcome == DONE && !transaction->rolls_back)
        outcome = run_statement(writer, "COMMIT");
    if (outcome != DONE || transaction->rolls_back)
        run_statement(writer, "ROLLBACK");
    return outcome != AGAIN;
}

static void
run_transaction(Writer *writer)
{
    Transaction transaction;

    draw_transaction(writer, &transaction);
    for (guint i = 0; i < ATTEMPTS_MAX && !try_transaction(writer, &transaction); i++)
        g_usleep((gulong)rt_rng_between(&writer->rng, 0, SLEEP_MAX_US));
    g_ptr_array_unref(transaction.statements);
}

pid_t
rt_server_writer_start(const RtPlan *plan, const char *url, const char *log_path,
                       guint transactions, RtRng rng, RtReport *report)
{
    Writer writer = {.plan = plan, .url = url, .rng = rng, .report = report};
    pid_t pid = fork();

    if (pid < 0)
        g_error("fork: %s", g_strerror(errno));
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    writer.log = fopen(log_path, "ae");
    if (writer.log == NULL)
        g_error("cannot write %s: %s", log_path, g_strerror(errno));
    open_connection(&writer);
    for (guint i = 0; i < transactions; i++) {
        run_transaction(&writer);
        g_usleep((gulong)rt_rng_between(&writer.rng, 0, SLEEP_MAX_US));
    }
    rt_server_close(writer.server);
    _exit(0);
}
