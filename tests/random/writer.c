/* A writer is a forked process with a connection, a log and a stream of chance of its own. */
#include "writer.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "database.h"
#include "statements.h"

#define STATEMENTS_MAX 6  /* in a transaction */
#define SLEEP_MAX_US 4000 /* between statements: long enough for trueup to come in between */

typedef struct {
    const RtPlan *plan;
    const char *database;
    sqlite3 *db;
    FILE *log;
    RtRng rng;
} Writer;

/* Flushed at once: a writer may kill itself with the next statement. */
static void
log_line(FILE *log, const char *sql, const char *outcome)
{
    fprintf(log, "-- %" G_GINT64_FORMAT " us%s%s\n%s;\n", g_get_monotonic_time(),
            *outcome == '\0' ? "" : " ", outcome, sql);
    fflush(log);
}

/* ---- What a writer may see ---- */

/* Constraints of the application's own schema may fail; capture has none, holds no lock a writer
 * could wait for longer than its timeout, and raises nothing. */
static gboolean
is_expected(int extended_code, const char *message)
{
    return (extended_code & 0xff) == SQLITE_CONSTRAINT &&
           extended_code != SQLITE_CONSTRAINT_TRIGGER && strstr(message, "trueup") == NULL;
}

/* Ends the writer so that the history learns of it; the log says which statement it was. */
static void
report_and_die(Writer *writer, int code, const char *message)
{
    fprintf(writer->log, "-- THE WRITER MET AN ERROR: %d %s\n", code, message);
    fflush(writer->log);
    _exit(RT_WRITER_BAD_EXIT);
}

/* FALSE: a constraint of the application's own refused the statement. Anything else ends the
 * writer. */
static gboolean
run_statement(Writer *writer, const char *sql)
{
    g_autofree char *message = NULL;
    int code;

    log_line(writer->log, sql, "");
    if (sqlite3_exec(writer->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return TRUE;
    code = sqlite3_extended_errcode(writer->db);
    message = g_strdup(sqlite3_errmsg(writer->db));
    fprintf(writer->log, "-- ^ %d %s\n", code, message);
    if (!is_expected(code, message))
        report_and_die(writer, code, message);
    return FALSE;
}

/* ---- Transactions ---- */

static gboolean
is_in_transaction(Writer *writer)
{
    return !sqlite3_get_autocommit(writer->db);
}

static void
run_random_statement(Writer *writer)
{
    gboolean on_tenants = writer->plan->world->has[RT_TENANTS_TABLE] &&
                          writer->plan->world->has[RT_TENANT_CHANGES] &&
                          rt_rng_percent(&writer->rng, 4);
    g_autofree char *sql = on_tenants ? rt_statement_on_tenants(writer->plan, &writer->rng)
                                      : rt_statement(writer->plan, &writer->rng);

    run_statement(writer, sql);
    if (rt_rng_percent(&writer->rng, 15))
        g_usleep((gulong)rt_rng_between(&writer->rng, 0, SLEEP_MAX_US));
}

static void
run_in_savepoint(Writer *writer)
{
    guint count = (guint)rt_rng_between(&writer->rng, 1, 3);

    run_statement(writer, "SAVEPOINT s");
    for (guint i = 0; i < count && is_in_transaction(writer); i++)
        run_random_statement(writer);
    if (!is_in_transaction(writer)) /* OR ROLLBACK took it away */
        return;
    if (rt_rng_percent(&writer->rng, 60))
        run_statement(writer, "ROLLBACK TO s");
    run_statement(writer, "RELEASE s");
}

/* Foreign keys are a matter of the history, recursive triggers of the single connection. */
static void
open_connection(Writer *writer)
{
    const RtWorld *world = writer->plan->world;

    writer->db = rt_database_open(writer->database);
    rt_database_run(writer->db, world->has[RT_FOREIGN_KEYS] ? "PRAGMA foreign_keys = ON"
                                                            : "PRAGMA foreign_keys = OFF");
    if (world->has[RT_RECURSIVE_TRIGGERS] && rt_rng_percent(&writer->rng, 50))
        rt_database_run(writer->db, "PRAGMA recursive_triggers = ON");
}

static void
close_connection(Writer *writer)
{
    log_line(writer->log, "", "the connection is closed");
    rt_database_close(writer->db);
}

/* Commits, rolls back, or goes away without a word: a closed connection, a killed process. */
static void
end_transaction(Writer *writer)
{
    guint draw = rt_rng_index(&writer->rng, 100);

    if (writer->plan->world->has[RT_WRITER_CRASHES] && draw >= 97) {
        log_line(writer->log, "", "the writer kills itself");
        raise(SIGKILL);
    }
    if (draw < 78) {
        /* A deferred foreign key may speak up only now. */
        if (!run_statement(writer, "COMMIT") && is_in_transaction(writer))
            run_statement(writer, "ROLLBACK");
    } else if (draw < 92) {
        run_statement(writer, "ROLLBACK");
    } else {
        close_connection(writer);
        open_connection(writer);
    }
}

/* A transaction as an application writes it. One in four is a single statement without BEGIN. */
static void
run_transaction(Writer *writer)
{
    guint count = (guint)rt_rng_between(&writer->rng, 1, STATEMENTS_MAX);

    if (rt_rng_percent(&writer->rng, 25)) { /* a statement that is its own transaction */
        run_random_statement(writer);
        return;
    }
    run_statement(writer, "BEGIN IMMEDIATE");
    for (guint i = 0; i < count && is_in_transaction(writer); i++) {
        if (rt_rng_percent(&writer->rng, 15))
            run_in_savepoint(writer);
        else
            run_random_statement(writer);
    }
    if (is_in_transaction(writer))
        end_transaction(writer);
}

static FILE *
open_log(const char *path)
{
    FILE *log = fopen(path, "ae");

    if (log == NULL)
        g_error("cannot write %s: %s", path, g_strerror(errno));
    return log;
}

pid_t
rt_writer_start(const RtPlan *plan, const char *database, const char *log_path, guint transactions,
                RtRng rng)
{
    Writer writer = {.plan = plan, .database = database, .rng = rng};
    pid_t pid = fork();

    if (pid < 0)
        g_error("fork: %s", g_strerror(errno));
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    writer.log = open_log(log_path);
    open_connection(&writer);
    for (guint i = 0; i < transactions; i++) {
        run_transaction(&writer);
        g_usleep((gulong)rt_rng_between(&writer.rng, 0, SLEEP_MAX_US));
    }
    close_connection(&writer);
    _exit(0);
}

/* ---- In this process ---- */

gint64
rt_writer_run(const char *database, const char *log_path, const char *sql)
{
    sqlite3 *db = rt_database_open(database);
    FILE *log = open_log(log_path);
    gint64 changed;

    log_line(log, sql, "");
    rt_database_run(db, sql);
    changed = sqlite3_changes(db);
    fclose(log);
    rt_database_close(db);
    return changed;
}

static void
load_table(sqlite3 *db, FILE *log, const RtPlan *plan, const RtTable *table, RtRng *rng)
{
    const gint64 at_once = 50;

    for (gint64 row = 1; row <= table->rows; row += at_once) {
        g_autofree char *sql =
            rt_statement_load(plan, table, row, MIN(at_once, table->rows - row + 1), rng);

        log_line(log, sql, "");
        rt_database_run(db, sql);
    }
}

/* With the feature bad-zone, the first tenant's zone is one that no system knows. */
static void
load_tenants(sqlite3 *db, FILE *log, const RtPlan *plan, RtRng *rng)
{
    const RtWorld *world = plan->world;
    g_autofree char *ddl = g_strdup_printf(
        "CREATE TABLE %s (code %s PRIMARY KEY, tz TEXT, active INTEGER)", RT_TENANTS_NAME,
        world->tenant_is_text     ? "TEXT"
        : rt_rng_percent(rng, 50) ? "INTEGER"
                                  : "INT");

    log_line(log, ddl, "");
    rt_database_run(db, ddl);
    for (guint i = 0; i < world->tenants->len; i++) {
        const RtZone *zone = world->zones->pdata[i];
        g_autofree char *sql =
            g_strdup_printf("INSERT INTO %s VALUES (%s, '%s', %d)", RT_TENANTS_NAME,
                            (char *)world->tenants->pdata[i],
                            world->has[RT_BAD_ZONE] && i == 0 ? "Mars/Olympus_Mons" : zone->name,
                            !rt_rng_percent(rng, 15));

        log_line(log, sql, "");
        rt_database_run(db, sql);
    }
}

void
rt_writer_load(const RtPlan *plan, const char *database, const char *log_path, RtRng *rng)
{
    sqlite3 *db = rt_database_open(database);
    FILE *log = open_log(log_path);

    rt_database_run(db, "PRAGMA journal_mode = WAL");
    rt_database_run(db, "BEGIN");
    if (plan->world->has[RT_TENANTS_TABLE])
        load_tenants(db, log, plan, rng);
    for (guint role = 0; role < RT_ROLES; role++) {
        const RtTable *table = plan->world->tables[role];

        for (guint i = 0; i < table->statements->len; i++) {
            log_line(log, table->statements->pdata[i], "");
            rt_database_run(db, table->statements->pdata[i]);
        }
    }
    for (guint role = 0; role < RT_ROLES; role++)
        load_table(db, log, plan, plan->world->tables[role], rng);
    rt_database_run(db, "COMMIT");
    fclose(log);
    rt_database_close(db);
}
