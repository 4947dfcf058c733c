/*
 * A database with summaries whose cells a test writes itself: what `query` and `status` read is
 * then known without settling anything.
 */
#pragma once

#include <glib/gstdio.h>
#include <string.h>

#include "cli/command.h"
#include "schema/capture.h"
#include "schema/control.h"
#include "schema/summary_table.h"

typedef struct {
    char *directory, *database;
    TuSession session;
} Stored;

static const char stored_spec[] =
    "tenants: {table: shop, key: id, time_zone: tz}\n"
    "sources:\n"
    "  sale: {from: sale, tenant: shop, time: at}\n"
    "  loose: {from: loose, tenant: shop, time: at, capture: none}\n"
    "summaries:\n"
    "  sales:\n"
    "    source: sale\n"
    "    grains: [hour, day]\n"
    "    columns: {tenant: shop}\n"
    "    dimensions: {kind: kind, place: place}\n"
    "    measures: {n: count, total: sum(amount), mean: avg(amount)}\n"
    "  people:\n"
    "    source: sale\n"
    "    grains: [day, month]\n"
    "    measures: {who: count_distinct(who), top: max(amount), mean: avg(amount)}\n"
    "  events:\n"
    "    source: sale\n"
    "    table: events_day\n"
    "    grains: [day]\n"
    "    columns: {series: event}\n"
    "    measures: {value: count}\n"
    "    series:\n"
    "      sold: {measures: {value: sum(amount)}}\n"
    "      buyers: {measures: {value: count_distinct(who)}}\n"
    "      'odd, name': {where: amount % 2 = 1}\n"
    "  loosely: {source: loose, grains: [day], measures: {n: count}}\n";

static const char stored_sources[] =
    "CREATE TABLE shop(id, tz TEXT);"
    "CREATE TABLE sale(id INTEGER PRIMARY KEY, shop, at TEXT, kind TEXT, place TEXT,"
    " amount INTEGER, who TEXT);"
    "CREATE TABLE loose(id INTEGER PRIMARY KEY, shop, at TEXT);"
    "INSERT INTO shop VALUES ('ny', 'America/New_York'), ('ap', 'Pacific/Apia'), (7, 'UTC'),"
    " ('no', 'Mars/Base')";

static const char stored_tenants[] =
    "INSERT INTO trueup_tenant(group_name, tenant, tenant_key, time_zone, error)"
    " SELECT g.name, s.id, iif(typeof(s.id) = 'text', 't', 'n') || s.id, s.tz, iif(s.id = 'no', "
    "'time zone Mars/Base is unknown', NULL)"
    " FROM trueup_group g, shop s";

static inline void
stored_execute(Stored *stored, const char *sql)
{
    g_autoptr(GError) error = NULL;
    gboolean is_done = tu_database_execute(stored->session.db, sql, &error);
    g_assert_no_error(error);
    g_assert_true(is_done);
}

static inline void
stored_make_tables(Stored *stored)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    TuSession *session = &stored->session;
    gboolean is_done = tu_control_plan(session->db, statements, &error);
    for (guint i = 0; is_done && i < session->model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(session->model->captured, i);
        is_done =
            !captured->is_captured || tu_capture_plan(session->db, captured, statements, &error);
    }
    for (guint i = 0; is_done && i < session->model->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(session->model->summaries, i);
        for (int grain = 0; is_done && grain < TU_GRAINS; grain++)
            is_done = summary->tables[grain] == NULL ||
                      tu_summary_table_plan(session->db, summary->tables[grain], statements,
                                            session->findings, &error);
    }
    g_assert_no_error(error);
    for (guint i = 0; i < statements->len; i++)
        stored_execute(stored, g_ptr_array_index(statements, i));
    for (guint i = 0; i < session->model->groups->len; i++) {
        const TuGroup *group = g_ptr_array_index(session->model->groups, i);
        g_autofree char *sql =
            g_strdup_printf("INSERT INTO trueup_group(name, turn) VALUES ('%s', 0)", group->name);
        stored_execute(stored, sql);
    }
    stored_execute(stored, stored_tenants);
}

/* Reads the model again: triggers and tables as they are now. */
static inline void
stored_open(Stored *stored)
{
    g_autoptr(GError) error = NULL;
    TuSession *session = &stored->session;
    g_autofree char *url = g_strconcat("sqlite:", stored->database, NULL);
    tu_session_clear(session);
    *session = (TuSession){.findings = tu_findings_new()};
    session->spec = tu_spec_parse(stored_spec, strlen(stored_spec), "t.yaml", NULL, &error);
    g_assert_no_error(error);
    gboolean is_open =
        tu_database_open(url, stored->directory, TU_OPEN_WRITE, &session->db, &error);
    g_assert_no_error(error);
    g_assert_true(is_open);
    g_autoptr(TuTableInfo) sale = NULL;
    g_assert_true(tu_database_describe(session->db, "sale", &sale, &error));
    if (sale == NULL)
        stored_execute(stored, stored_sources);
    g_assert_true(
        tu_model_new(session->spec, session->db, session->findings, &session->model, &error));
    g_assert_nonnull(session->model);
    tu_keeper_init(&session->keeper, session->db, session->model);
}

static inline void
stored_init(Stored *stored)
{
    g_autoptr(GError) error = NULL;
    *stored = (Stored){.directory = g_dir_make_tmp("trueup-XXXXXX", &error)};
    g_assert_no_error(error);
    stored->database = g_build_filename(stored->directory, "t.db", NULL);
    g_assert_true(g_file_set_contents(stored->database, "", 0, &error));
    stored_open(stored);
    stored_make_tables(stored);
    stored_open(stored);
}

static inline void
stored_clear(Stored *stored)
{
    tu_session_clear(&stored->session);
    g_autoptr(GDir) directory = g_dir_open(stored->directory, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *path = g_build_filename(stored->directory, name, NULL);
        g_unlink(path);
    }
    g_rmdir(stored->directory);
    g_free(stored->directory);
    g_free(stored->database);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stored, stored_clear)
