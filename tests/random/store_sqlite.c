/* Histories in one SQLite file beside their spec. */
#include <sqlite3.h>

#include "compare.h"
#include "naive.h"
#include "raising.h"
#include "store.h"
#include "writer.h"

static char *
locate(RtHistory *history)
{
    history->database = g_build_filename(history->directory, "history.db", NULL);
    return g_strdup("sqlite:history.db");
}

static void
load(RtHistory *history)
{
    g_autofree char *log = g_build_filename(history->directory, "load.sql", NULL);

    rt_writer_load(history->plan, history->database, log, &history->rng);
}

/* It goes with the directory. */
static void
drop(RtHistory *history)
{
}

static pid_t
start_writer(RtHistory *history, const char *log_path, guint transactions, RtRng rng)
{
    return rt_writer_start(history->plan, history->database, log_path, transactions, rng);
}

static gint64
run(RtHistory *history, const char *sql)
{
    g_autofree char *log = g_build_filename(history->directory, "events.sql", NULL);

    return rt_writer_run(history->database, log, sql);
}

static char *
read_rows(RtHistory *history, const char *sql)
{
    sqlite3 *db = rt_database_open(history->database);
    sqlite3_stmt *row = rt_database_prepare(db, sql);
    GString *text = g_string_new(NULL);

    if (row == NULL)
        g_error("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(row) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(row); i++) {
            const unsigned char *field = sqlite3_column_text(row, i);

            g_string_append_printf(text, "%s%s", i > 0 ? "|" : "",
                                   field != NULL ? (const char *)field : "");
        }
        g_string_append_c(text, '\n');
    }
    sqlite3_finalize(row);
    rt_database_close(db);
    return g_string_free(text, FALSE);
}

static gint64
count(gpointer db, const char *sql)
{
    return rt_database_number(db, sql);
}

static gboolean
compare(RtHistory *history, char **ret_report)
{
    sqlite3 *db = rt_database_open(history->database);
    RtOracle *oracle;
    RtComparison comparison;
    gboolean is_equal;

    rt_database_run(db, "BEGIN");
    oracle = rt_oracle_new(db, history->plan);
    history->bad_tenants = history->has_bad_data ? rt_oracle_skip_bad_data(oracle) : 0;
    history->failing = history->may_raise ? rt_raising_look(history->plan, count, db) : 0;
    rt_compare(db, history->plan, oracle, history->retention, &comparison);
    is_equal = comparison.wrong == 0 || history->bad_tenants < 0;
    history->report->counts[RT_COUNT_CELLS] += (guint64)comparison.cells;
    *ret_report = g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " cells wrong\n%s",
                                  comparison.wrong, comparison.cells, comparison.report->str);
    rt_comparison_clear(&comparison);
    rt_oracle_free(oracle);
    rt_database_run(db, "COMMIT");
    rt_database_close(db);
    return is_equal;
}

static gint64
count_pending(RtHistory *history)
{
    sqlite3 *db = rt_database_open(history->database);
    sqlite3_stmt *names = rt_database_prepare(
        db, "SELECT name FROM sqlite_master WHERE type = 'table' AND "
            "(name = 'trueup_pending' OR name LIKE 'trueup\\_change\\_%' ESCAPE '\\')");
    gint64 pending = 0;

    while (sqlite3_step(names) == SQLITE_ROW) {
        g_autofree char *quoted = rt_database_quote((const char *)sqlite3_column_text(names, 0));
        g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", quoted);

        pending += rt_database_number(db, sql);
    }
    sqlite3_finalize(names);
    rt_database_close(db);
    return pending;
}

const RtStore rt_store_sqlite = {.locate = locate,
                                 .load = load,
                                 .drop = drop,
                                 .start_writer = start_writer,
                                 .run = run,
                                 .read = read_rows,
                                 .compare = compare,
                                 .count_pending = count_pending,
                                 .fill = rt_naive_fill};
