/* Histories in a database of their own on a server. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "database.h"
#include "raising.h"
#include "server.h"
#include "server_compare.h"
#include "server_naive.h"
#include "server_tables.h"
#include "server_writer.h"
#include "statements.h"
#include "store.h"

#define LOAD_ROWS 50 /* at a time */

static RtKind
kind_of(const RtHistory *history)
{
    return history->options->kind;
}

static RtServer *
open_database(RtHistory *history)
{
    return rt_server_open(kind_of(history), history->database);
}

/* ---- The database ---- */

/* Where a server that looks at names may think that writers come from. */
static const char *const hosts[] = {"localhost", "127.0.0.1", "%"};

/* Two histories of one seed may not run at the same time; an earlier one's database goes. */
static void
drop_database(RtHistory *history, RtServer *admin)
{
    static const char *const forms[RT_KINDS] = {NULL, "DROP DATABASE IF EXISTS %s WITH (FORCE)",
                                                "DROP DATABASE IF EXISTS %s"};
    g_autofree char *name = rt_history_database_name(history);
    g_autoptr(GString) sql = g_string_new(forms[kind_of(history)]);

    g_string_replace(sql, "%s", name, 0);
    rt_server_do(admin, sql->str);
    if (kind_of(history) != RT_MARIADB)
        return;
    g_string_printf(sql, "DROP DATABASE IF EXISTS %s_control", name);
    rt_server_do(admin, sql->str);
}

static char *
locate(RtHistory *history)
{
    g_autofree char *name = rt_history_database_name(history);

    history->database = rt_url_with_database(history->options->url, name);
    return g_strdup(history->database);
}

static void
create_database(RtHistory *history)
{
    g_autoptr(RtServer) admin = rt_server_open(kind_of(history), history->options->url);
    g_autofree char *name = rt_history_database_name(history);
    g_autofree char *sql = g_strdup_printf(
        kind_of(history) == RT_MARIADB ? "CREATE DATABASE %s CHARACTER SET utf8mb4"
                                       : "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'",
        name);

    drop_database(history, admin);
    rt_server_do(admin, sql);
    if (kind_of(history) == RT_POSTGRESQL) {
        rt_server_do(admin, "DO $$BEGIN CREATE ROLE rt_writer; EXCEPTION"
                            " WHEN duplicate_object OR unique_violation THEN NULL; END$$");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autofree char *user =
            g_strdup_printf("CREATE USER IF NOT EXISTS " RT_WRITER_USER "@'%s'", hosts[i]);

        rt_server_do(admin, user);
    }
}

static void
drop(RtHistory *history)
{
    g_autoptr(RtServer) admin = rt_server_open(kind_of(history), history->options->url);

    drop_database(history, admin);
}

/* ---- Statements in this process ---- */

static FILE *
open_log(RtHistory *history, const char *name)
{
    g_autofree char *path = g_build_filename(history->directory, name, NULL);
    FILE *log = fopen(path, "ae");

    if (log == NULL)
        g_error("cannot write %s: %s", path, g_strerror(errno));
    return log;
}

#define REFUSED (-1) /* by a constraint, which may be; any other error means a wrong harness */

/* Answers how many rows it changed. */
static gint64
run_logged(RtServer *server, FILE *log, const char *sql)
{
    g_autoptr(RtRows) rows = NULL;
    RtServerError error;

    fprintf(log, "%s;\n", sql);
    fflush(log);
    if (rt_server_run(server, sql, &rows, &error))
        return rows->changed;
    if (error.sort != RT_ERROR_CONSTRAINT)
        g_error("%s (%s): %s", error.message, error.code, sql);
    fprintf(log, "-- ^ %s %s\n", error.code, error.message);
    return REFUSED;
}

static gint64
run(RtHistory *history, const char *sql)
{
    g_autoptr(RtServer) server = open_database(history);
    FILE *log = open_log(history, "events.sql");
    gint64 changed = run_logged(server, log, sql);

    fclose(log);
    return changed;
}

/* ---- Loading ---- */

static void
load_tenants(RtHistory *history, RtServer *server, FILE *log)
{
    const RtWorld *world = history->world;
    const char *type = !world->tenant_is_text         ? "BIGINT"
                       : world->kind == RT_POSTGRESQL ? "text"
                                                      : "VARCHAR(400) COLLATE utf8mb4_nopad_bin";
    g_autofree char *ddl =
        g_strdup_printf("CREATE TABLE %s (code %s PRIMARY KEY, tz VARCHAR(80), active INTEGER)",
                        RT_TENANTS_NAME, type);

    run_logged(server, log, ddl);
    for (guint i = 0; i < world->tenants->len; i++) {
        const RtZone *zone = world->zones->pdata[i];
        g_autofree char *sql =
            g_strdup_printf("INSERT INTO %s VALUES (%s, '%s', %d)", RT_TENANTS_NAME,
                            (char *)world->tenants->pdata[i],
                            world->has[RT_BAD_ZONE] && i == 0 ? "Mars/Olympus_Mons" : zone->name,
                            !rt_rng_percent(&history->rng, 15));

        run_logged(server, log, sql);
    }
}

/* With foreign keys a row at a time, since one that refers to nothing takes its statement along. */
static void
load_table(RtHistory *history, RtServer *server, FILE *log, const RtTable *table)
{
    gint64 at_once = history->world->has[RT_FOREIGN_KEYS] ? 1 : LOAD_ROWS;

    for (gint64 row = 1; row <= table->rows; row += at_once) {
        g_autofree char *sql = rt_statement_load(
            history->plan, table, row, MIN(at_once, table->rows - row + 1), &history->rng);

        run_logged(server, log, sql);
    }
}

static void
grant_tables(RtHistory *history, RtServer *server, FILE *log)
{
    const char *form = "GRANT SELECT, INSERT, UPDATE, DELETE ON %t TO " RT_WRITER_USER "@'%h'";

    for (guint role = 0; role <= RT_ROLES; role++)
        for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
            g_autoptr(GString) sql = g_string_new(form);

            if (role == RT_ROLES && !history->world->has[RT_TENANTS_TABLE])
                continue;
            g_string_replace(sql, "%h", hosts[i], 0);
            g_string_replace(
                sql, "%t", role == RT_ROLES ? RT_TENANTS_NAME : history->world->tables[role]->name,
                0);
            run_logged(server, log, sql->str);
        }
}

/* Writers on MariaDB, and some on PostgreSQL, are somebody who may do what he likes with the
 * application's tables, and nothing with trueup's. */
static void
grant(RtHistory *history, RtServer *server, FILE *log)
{
    if (kind_of(history) == RT_MARIADB) {
        grant_tables(history, server, log);
        return;
    }
    run_logged(server, log, "GRANT ALL ON ALL TABLES IN SCHEMA public TO rt_writer");
    run_logged(server, log, "GRANT USAGE ON SCHEMA public TO rt_writer");
}

static void
load(RtHistory *history)
{
    g_autoptr(RtServer) server = NULL;
    FILE *log = open_log(history, "load.sql");

    create_database(history);
    server = open_database(history);
    for (const char *const *sql = rt_server_prelude(kind_of(history)); *sql != NULL; sql++)
        run_logged(server, log, *sql);
    if (history->world->has[RT_TENANTS_TABLE])
        load_tenants(history, server, log);
    for (guint role = 0; role < RT_ROLES; role++) {
        const RtTable *table = history->world->tables[role];

        for (guint i = 0; i < table->statements->len; i++)
            run_logged(server, log, table->statements->pdata[i]);
    }
    for (guint role = 0; role < RT_ROLES; role++)
        load_table(history, server, log, history->world->tables[role]);
    grant(history, server, log);
    fclose(log);
}

static pid_t
start_writer(RtHistory *history, const char *log_path, guint transactions, RtRng rng)
{
    g_autofree char *url = kind_of(history) == RT_MARIADB
                               ? rt_url_with_user(history->database, RT_WRITER_USER)
                               : g_strdup(history->database);

    return rt_server_writer_start(history->plan, url, log_path, transactions, rng, history->report);
}

/* ---- A transaction that stays open ---- */

static void
hold(RtHistory *history)
{
    FILE *log = open_log(history, "held.sql");
    guint count = (guint)rt_rng_between(&history->rng, 1, 5);

    history->held = open_database(history);
    run_logged(history->held, log, "BEGIN");
    for (guint i = 0; i < count; i++) {
        g_autofree char *sql = rt_statement(history->plan, &history->rng);

        run_logged(history->held, log, "SAVEPOINT s");
        if (run_logged(history->held, log, sql) == REFUSED)
            run_logged(history->held, log, "ROLLBACK TO SAVEPOINT s");
    }
    fclose(log);
}

static void
let_go(RtHistory *history)
{
    FILE *log = open_log(history, "held.sql");

    run_logged(history->held, log, rt_rng_percent(&history->rng, 80) ? "COMMIT" : "ROLLBACK");
    fclose(log);
    g_clear_pointer(&history->held, rt_server_close);
}

/* ---- Connections that are cut ---- */

/* On MariaDB trueup is whoever is neither a writer nor the one who asks. While a trigger runs, the
 * list shows its definer as the user: a writer is known by its lock. */
static void
cut_connections(RtHistory *history)
{
    g_autoptr(RtServer) server = open_database(history);
    g_autoptr(RtRows) rows = rt_server_query(
        server, kind_of(history) == RT_POSTGRESQL
                    ? "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                      " datname = current_database() AND application_name LIKE 'trueup%'"
                    : "SELECT concat('KILL CONNECTION ', id) FROM information_schema.processlist"
                      " WHERE db = DATABASE() AND id <> CONNECTION_ID()"
                      " AND user <> '" RT_WRITER_USER
                      "' AND IS_USED_LOCK(concat('rt_writer ', id)) IS NULL");
    RtServerError error;

    for (guint i = 0; i < rows->rows->len && kind_of(history) == RT_MARIADB; i++)
        if (!rt_server_run(server, rt_rows_at(rows, i, 0)->bytes, NULL, &error))
            continue; /* it has just gone */
    __atomic_add_fetch(&history->report->counts[RT_COUNT_CUTS], rows->rows->len, __ATOMIC_RELAXED);
}

static pid_t
cut(RtHistory *history, gint64 after_us)
{
    pid_t pid = fork();

    if (pid < 0)
        g_error("fork: %s", g_strerror(errno));
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    g_usleep((gulong)after_us);
    cut_connections(history);
    _exit(0);
}

/* ---- Looking ---- */

/* One snapshot for the sources and the summaries. */
static void
begin_snapshot(RtHistory *history, RtServer *server)
{
    if (kind_of(history) == RT_POSTGRESQL) {
        rt_server_do(server, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        return;
    }
    rt_server_do(server, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    rt_server_do(server, "START TRANSACTION WITH CONSISTENT SNAPSHOT");
}

static char *
read_rows(RtHistory *history, const char *sql)
{
    g_autoptr(RtServer) server = open_database(history);
    g_autoptr(RtRows) rows = rt_server_query(server, sql);
    GString *text = g_string_new(NULL);

    for (guint row = 0; row < rows->rows->len; row++) {
        for (guint i = 0; i < rows->fields; i++) {
            const char *field = rt_rows_at(rows, row, i)->bytes;

            g_string_append_printf(text, "%s%s", i > 0 ? "|" : "", field != NULL ? field : "");
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static gint64
count(gpointer server, const char *sql)
{
    return rt_server_number(server, sql);
}

static gboolean
compare(RtHistory *history, char **ret_report)
{
    g_autoptr(RtServer) server = open_database(history);
    g_autoptr(RtTruth) truth = NULL;
    RtComparison comparison;
    gboolean is_equal;

    begin_snapshot(history, server);
    history->failing = history->may_raise ? rt_raising_look(history->plan, count, server) : 0;
    truth = rt_truth_read(server, history->plan);
    rt_server_compare(server, history->plan, truth, history->retention, &comparison);
    is_equal = comparison.wrong == 0;
    history->report->counts[RT_COUNT_CELLS] += (guint64)comparison.cells;
    *ret_report = g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " cells wrong\n%s",
                                  comparison.wrong, comparison.cells, comparison.report->str);
    rt_comparison_clear(&comparison);
    rt_server_do(server, "COMMIT");
    return is_equal;
}

static gint64
count_pending(RtHistory *history)
{
    g_autoptr(RtServer) server = open_database(history);
    g_autofree char *name = rt_history_database_name(history);
    g_autofree char *sql = g_strdup_printf(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE"
        " (table_name = 'trueup_pending' OR table_name LIKE 'trueup!_change!_%%' ESCAPE '!')"
        " AND (table_catalog = '%s' OR table_schema IN ('%s', '%s_control'))",
        name, name, name);
    g_autoptr(RtRows) tables = rt_server_query(server, sql);
    gint64 pending = 0;

    for (guint i = 0; i < tables->rows->len; i++) {
        g_autofree char *schema = rt_database_quote(rt_rows_at(tables, i, 0)->bytes);
        g_autofree char *table = rt_database_quote(rt_rows_at(tables, i, 1)->bytes);
        g_autofree char *count = g_strdup_printf("SELECT count(*) FROM %s.%s", schema, table);

        pending += rt_server_number(server, count);
    }
    return pending;
}

static int
fill(RtHistory *history)
{
    g_autoptr(RtServer) server = open_database(history);
    g_autoptr(RtTruth) truth = NULL;

    /* Two of them at once would create the same tables. */
    rt_server_do(server, kind_of(history) == RT_POSTGRESQL ? "SELECT pg_advisory_lock(1)"
                                                           : "SELECT GET_LOCK(DATABASE(), 100)");
    begin_snapshot(history, server);
    truth = rt_truth_read(server, history->plan);
    rt_server_do(server, "COMMIT");
    rt_server_naive_fill(server, history->plan, kind_of(history), truth);
    return rt_truth_bad_zones(truth) > 0;
}

const RtStore rt_store_server = {.locate = locate,
                                 .load = load,
                                 .drop = drop,
                                 .start_writer = start_writer,
                                 .hold = hold,
                                 .let_go = let_go,
                                 .cut = cut,
                                 .run = run,
                                 .read = read_rows,
                                 .compare = compare,
                                 .count_pending = count_pending,
                                 .fill = fill};
