/*
 * `plan`: what `apply` would do, as a script for the database's own client.
 *
 *   head (settings the statements rely on)
 *   statements; one with semicolons inside it gets another delimiter, where the client needs that
 *   comments: what a build reads and fills, the rights of a worker
 */
#include <stdio.h>

#include "cli/output.h"
#include "cli/work.h"
#include "cli/sealed.h"
#include "db/sql.h"
#include "db/sqlscan.h"
#include "keep/old/boundary_apply.h"
#include "keep/install/install.h"
#include "keep/rows.h"
#include "keep/compare/tally.h"
#include "schema/control.h"
#include "schema/keyed.h"
#include "schema/source_sql.h"

/* There is no other way, so nothing is estimated: docs/decisions/0016. */
#define STREAMED "streamed"
#define STREAMED_HELP                                                                              \
    "streamed once for all its tables: a GROUP BY for each would cost the database more"

/* What a build would read and fill. */
typedef struct {
    TuSession *session;
    TuTally *tally;
    const TuSourceModel *source;
    gint64 *rows;        /* one a source */
    GHashTable **filled; /* one a target of the group: of TuNamedBucket */
} Extent;

static gboolean
take_row(const TuValue *row, gpointer data, GError **error)
{
    Extent *extent = data;
    TuPlace place;
    extent->rows[extent->source->spec->index]++;
    if (!tu_tally_place(extent->tally, extent->source, &row[0], &row[1], 0, &place))
        return TRUE;
    for (guint i = 0; i < extent->source->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(extent->source->series, i);
        for (int grain = 0; grain < TU_GRAINS; grain++) {
            if (series->target[grain] < 0)
                continue;
            TuNamedBucket named = {place.tenant_id,
                                   tu_place_bucket(&place, extent->source, (TuGrain)grain)};
            GHashTable *filled = extent->filled[series->target[grain]];
            if (!g_hash_table_contains(filled, &named))
                g_hash_table_add(filled, g_memdup2(&named, sizeof named));
        }
    }
    return TRUE;
}

/* The rows that pass a source's own `where`, by tenant and time. */
static gboolean
read_source(Extent *extent, GError **error)
{
    const TuSourceModel *source = extent->source;
    g_autofree char *from = tu_source_from(source);
    g_autofree char *sql = tu_sql_format(
        "SELECT %s, %s FROM %s%s%s", source->spec->tenant != NULL ? source->spec->tenant : "NULL",
        source->spec->time, from, source->spec->where != NULL ? " WHERE " : "",
        source->spec->where != NULL ? source->spec->where : "");
    return tu_rows_each(extent->session->db, sql, NULL, 0, TRUE, take_row, extent, error);
}

static gboolean
read_group(TuSession *session, TuGroup *group, gint64 *rows, gint64 *buckets, GError **error)
{
    g_auto(TuSnapshot) snapshot = {.keeper = &session->keeper, .group = group};
    if (!tu_tenants_read(&session->keeper, &snapshot.tenants, error))
        return FALSE;
    g_autoptr(TuTally) tally = tu_tally_new(&snapshot);
    g_autofree GHashTable **filled = g_new0(GHashTable *, group->n_targets);
    Extent extent = {session, tally, NULL, rows, filled};
    gboolean is_read = TRUE;
    for (guint t = 0; t < group->n_targets; t++)
        filled[t] =
            g_hash_table_new_full(tu_named_bucket_hash, tu_named_bucket_equal, g_free, NULL);
    for (guint i = 0; i < group->sources->len && is_read; i++) {
        extent.source = g_ptr_array_index(group->sources, i);
        is_read = read_source(&extent, error);
    }
    for (guint t = 0; t < group->n_targets; t++) {
        buckets[group->targets[t].series->summary->spec->index] += g_hash_table_size(filled[t]);
        g_hash_table_unref(filled[t]);
    }
    return is_read;
}

static void
add_counts(JsonBuilder *builder, const char *name, TuSession *session, gboolean of_sources,
           const gint64 *counts)
{
    const TuSpec *spec = session->spec;
    guint n = of_sources ? spec->sources->len : spec->summaries->len;
    json_builder_set_member_name(builder, name);
    json_builder_begin_object(builder);
    for (guint i = 0; i < n; i++) {
        json_builder_set_member_name(
            builder, of_sources ? ((const TuSource *)g_ptr_array_index(spec->sources, i))->name
                                : ((const TuSummary *)g_ptr_array_index(spec->summaries, i))->name);
        json_builder_add_int_value(builder, counts[i]);
    }
    json_builder_end_object(builder);
}

static void
print_json(TuSession *session, GPtrArray *statements, const gint64 *rows, const gint64 *buckets)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "statements");
    json_builder_begin_array(builder);
    for (guint i = 0; i < statements->len; i++)
        json_builder_add_string_value(builder, g_ptr_array_index(statements, i));
    json_builder_end_array(builder);
    add_counts(builder, "rows", session, TRUE, rows);
    add_counts(builder, "buckets", session, FALSE, buckets);
    json_builder_set_member_name(builder, "strategy");
    json_builder_add_string_value(builder, STREAMED);
    json_builder_end_object(builder);
    tu_output_json(builder);
}

/* ---- the script ---- */

/* What ends a statement whose body has semicolons. */
#define BODY_END "//"

static gboolean
has_semicolon(const char *sql)
{
    TuToken token = tu_sql_token(sql);
    while (token.kind != TU_TOKEN_END && token.kind != TU_TOKEN_BROKEN) {
        if (tu_token_is_symbol(&token, ';'))
            return TRUE;
        token = tu_sql_token(token.start + token.length);
    }
    return FALSE;
}

static void
print_script(const TuDatabase *db, const GPtrArray *statements)
{
    const char *head = tu_database_script_head(db);
    const char *delimiter = tu_database_script_delimiter(db);
    if (head != NULL && statements->len > 0)
        printf("%s;\n", head);
    for (guint i = 0; i < statements->len; i++) {
        const char *sql = g_ptr_array_index(statements, i);
        if (delimiter != NULL && has_semicolon(sql))
            printf("%s " BODY_END "\n%s" BODY_END "\n%s ;\n", delimiter, sql, delimiter);
        else
            printf("%s;\n", sql);
    }
}

static void
print_extent(const TuSpec *spec, const gint64 *rows, const gint64 *buckets)
{
    for (guint i = 0; i < spec->sources->len; i++)
        printf("-- building the history reads %" G_GINT64_FORMAT " rows of source %s, %s\n",
               rows[i], ((const TuSource *)g_ptr_array_index(spec->sources, i))->name,
               STREAMED_HELP);
    for (guint i = 0; i < spec->summaries->len; i++)
        printf("-- and fills %" G_GINT64_FORMAT " buckets of summary %s\n", buckets[i],
               ((const TuSummary *)g_ptr_array_index(spec->summaries, i))->name);
}

/* What the build means for buckets that `keep` removed or that are sealed. */
static gboolean
print_old(TuSession *session, const TuSummaryModel *summary, GError **error)
{
    g_autofree char *name = tu_database_control_name(session->db, "trueup_boundary");
    g_autoptr(GArray) sealed = NULL;
    gboolean exists = FALSE;
    gboolean goes_back = FALSE;
    if (!tu_database_has_table(session->db, name, &exists, error))
        return FALSE;
    if (!exists)
        return TRUE;
    if (!tu_sealed_read(session->db, summary, &sealed, error) ||
        !tu_boundary_look(&session->keeper, summary, &goes_back, error))
        return FALSE;
    if (goes_back)
        printf("-- `keep` of summary %s is longer: what it removed is built back from the source\n",
               summary->spec->name);
    for (guint i = 0; i < sealed->len; i++) {
        const TuSealed *own = &g_array_index(sealed, TuSealed, i);
        g_autofree char *text = tu_sealed_text(own->grain, own->sealed_below);
        if (own->is_sealed)
            printf("-- %s of summary %s are sealed: they are left as they are\n", text,
                   summary->spec->name);
    }
    return TRUE;
}

/* How many keys a first build or a rebuild computes. */
static gboolean
count_keys(TuSession *session, const TuKeyedModel *keyed, gint64 *ret_n, GError **error)
{
    gboolean found = FALSE;
    g_autofree char *keys = tu_keyed_select_keys(keyed, tu_database_dialect(session->db));
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM (%s) AS k", keys);
    return tu_database_integer(session->db, sql, NULL, 0, &found, ret_n, error);
}

static gboolean
print_keys(TuSession *session, GError **error)
{
    for (guint i = 0; i < session->model->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(session->model->keyed, i);
        gint64 n = 0;
        if (!count_keys(session, keyed, &n, error))
            return FALSE;
        printf("-- computing all keys of summary %s asks its query for %" G_GINT64_FORMAT
               " of them, %u at a time\n",
               keyed->spec->name, n, keyed->spec->refresh.batch_max);
    }
    return TRUE;
}

static gboolean
print_builds(TuSession *session, GPtrArray *builds, GError **error)
{
    for (guint i = 0; i < builds->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(builds, i);
        printf("-- apply builds the history of summary %s\n", summary->spec->name);
        if (!print_old(session, summary, error))
            return FALSE;
    }
    if (builds->len == 0)
        printf("-- no history is to be built\n");
    return TRUE;
}

/* ---- rights ---- */

/* The names belong to the model, those of `ret_own` to the caller. */
static void
list_tables(const TuSession *session, GPtrArray *sources, GPtrArray *summaries, GPtrArray *ret_own)
{
    const TuModel *model = session->model;
    if (session->spec->tenants != NULL)
        g_ptr_array_add(sources, session->spec->tenants->table);
    for (guint i = 0; i < model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(model->captured, i);
        if (!g_ptr_array_find_with_equal_func(sources, captured->name, g_str_equal, NULL))
            g_ptr_array_add(sources, captured->name);
        if (captured->is_captured)
            g_ptr_array_add(ret_own, g_strdup(captured->log));
    }
    for (guint i = 0; i < model->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(model->summaries, i);
        for (int grain = 0; grain < TU_GRAINS; grain++)
            if (summary->tables[grain] != NULL &&
                !g_ptr_array_find_with_equal_func(summaries, summary->tables[grain]->name,
                                                  g_str_equal, NULL))
                g_ptr_array_add(summaries, summary->tables[grain]->name);
    }
    for (guint i = 0; i < model->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(model->keyed, i);
        g_ptr_array_add(summaries, keyed->table);
        g_ptr_array_add(ret_own, g_strdup(keyed->state));
    }
    tu_control_names(session->db, ret_own);
}

/* As comments: who has which name and password is not trueup's to decide. */
static void
print_grants(const TuSession *session)
{
    g_autoptr(GPtrArray) sources = g_ptr_array_new();
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func(g_free);
    list_tables(session, sources, summaries, own);
    g_autofree char *grants = tu_database_grants(session->db, sources, summaries, own);
    if (*grants == '\0')
        return;
    g_auto(GStrv) lines = g_strsplit(grants, "\n", -1);
    printf("-- a role with these rights can do everything but create tables and capture:\n");
    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0')
            printf("%s%s\n", g_str_has_prefix(*line, "--") ? "" : "-- ", *line);
}

/* ---- the command ---- */

/* Errors among the findings: the plan cannot be carried out. */
static gboolean
say_findings(GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const TuFinding *finding = g_ptr_array_index(findings, i);
        fprintf(stderr, "trueup: %s: %s%s%s\n", finding->where, finding->message,
                finding->help != NULL ? ": " : "", finding->help != NULL ? finding->help : "");
    }
    return tu_findings_have_error(findings);
}

/* What `apply` would refuse the whole database for. */
static gboolean
add_hazards(TuSession *session, GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) hazards = tu_hazards_new();
    if (!tu_database_hazards(session->db, hazards, error))
        return FALSE;
    tu_findings_add_hazards(findings, tu_database_label(session->db), hazards, TRUE);
    return TRUE;
}

int
tu_command_plan(const TuContext *context, int argc, char **argv, GError **error)
{
    gboolean only_sql = FALSE;
    const GOptionEntry entries[] = {
        {"sql", 0, 0, G_OPTION_ARG_NONE, &only_sql, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) findings = tu_findings_new();
    g_autoptr(GPtrArray) builds = g_ptr_array_new();
    g_autofree gint64 *rows = NULL;
    g_autofree gint64 *buckets = NULL;
    if (!tu_options_parse_all(entries, &argc, &argv, error) ||
        !tu_session_open(&session, &context->door, TU_OPEN_READ, FALSE, error) ||
        !tu_transaction_begin_read(&txn, session.db, NULL, error) ||
        !add_hazards(&session, findings, error) ||
        !tu_install_plan(&session.keeper, statements, findings, error))
        return -1;
    rows = g_new0(gint64, session.spec->sources->len);
    buckets = g_new0(gint64, session.spec->summaries->len);
    for (guint i = 0; i < session.model->groups->len && !only_sql; i++)
        if (!read_group(&session, g_ptr_array_index(session.model->groups, i), rows, buckets,
                        error))
            return -1;
    /* What apply would refuse is no plan: no SQL of it may end up in a migration file. */
    if (say_findings(findings))
        return TU_EXIT_USAGE;
    if (!tu_install_refusal(&session.keeper, builds, error))
        return -1;
    if (context->as_json) {
        print_json(&session, statements, rows, buckets);
        return TU_EXIT_DONE;
    }
    if (statements->len == 0 && !only_sql)
        printf("-- nothing to create\n");
    print_script(session.db, statements);
    if (only_sql)
        return TU_EXIT_DONE;
    print_extent(session.spec, rows, buckets);
    if (!print_keys(&session, error) || !print_builds(&session, builds, error))
        return -1;
    print_grants(&session);
    return TU_EXIT_DONE;
}
