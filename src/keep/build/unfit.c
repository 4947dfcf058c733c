#include "keep/build/unfit.h"

#include <string.h>

#include "db/stop.h"
#include "keep/rows.h"

/* ---- what was tried ---- */

TuUnfit *
tu_unfit_new(const TuSummaryModel *summary)
{
    TuUnfit *unfit = g_new0(TuUnfit, 1);
    unfit->summary = summary;
    unfit->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    return unfit;
}

void
tu_unfit_free(TuUnfit *unfit)
{
    if (unfit == NULL)
        return;
    g_array_unref(unfit->ids);
    g_free(unfit->why);
    g_free(unfit);
}

void
tu_unfit_add(TuUnfit *unfit, gint64 id)
{
    g_array_append_val(unfit->ids, id);
}

void
tu_unfit_set_why(TuUnfit *unfit, const char *why)
{
    g_free(unfit->why);
    unfit->why = g_strdup(why);
}

gboolean
tu_unfit_has(const TuUnfit *unfit, gint64 id)
{
    for (guint i = 0; i < unfit->ids->len; i++)
        if (g_array_index(unfit->ids, gint64, i) == id)
            return TRUE;
    return FALSE;
}

guint
tu_unfit_size(const TuUnfit *unfit)
{
    return unfit->ids->len;
}

/* ---- what is to be said ---- */

typedef struct {
    gint64 id;
    gboolean is_of_several; /* summaries: each reason names its own */
    char *failures;         /* what failed in it before; NULL: nothing */
    char *why;
} Run;

typedef struct {
    GArray *runs;     /* of Run: those that the requests belong to */
    GPtrArray *alone; /* of TuUnfit: the requests that have none, by what they were tried with */
} Word;

/* Between what failed in a run and why it waits. */
#define WAITS "; left for later: "

static void
run_clear(gpointer data)
{
    Run *run = data;
    g_free(run->failures);
    g_free(run->why);
}

char *
tu_unfit_failures(const TuValue *error, gboolean is_waiting)
{
    if (error->type != TU_TYPE_TEXT)
        return NULL;
    g_autofree char *text = g_strndup(error->text, error->bytes);
    if (!is_waiting)
        return g_steal_pointer(&text);
    char *waits = g_strrstr(text, WAITS);
    return waits != NULL ? g_strndup(text, (gsize)(waits - text)) : NULL;
}

/* All that the run says while it waits. */
static char *
text_of(const Run *run)
{
    return run->failures != NULL ? g_strconcat(run->failures, WAITS, run->why, NULL)
                                 : g_strdup(run->why);
}

static void
word_init(Word *word)
{
    word->runs = g_array_new(FALSE, FALSE, sizeof(Run));
    g_array_set_clear_func(word->runs, run_clear);
    word->alone = g_ptr_array_new_with_free_func((GDestroyNotify)tu_unfit_free);
}

static void
word_clear(Word *word)
{
    g_clear_pointer(&word->runs, g_array_unref);
    g_clear_pointer(&word->alone, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Word, word_clear)

static Run *
run_of(Word *word, gint64 id)
{
    for (guint i = 0; i < word->runs->len; i++)
        if (g_array_index(word->runs, Run, i).id == id)
            return &g_array_index(word->runs, Run, i);
    Run run = {.id = id};
    g_array_append_val(word->runs, run);
    return &g_array_index(word->runs, Run, word->runs->len - 1);
}

/* Each reason once. */
static void
add_why(Run *run, const TuUnfit *unfit)
{
    g_autofree char *why =
        run->is_of_several
            ? g_strdup_printf("summary %s: %s", unfit->summary->spec->name, unfit->why)
            : g_strdup(unfit->why);
    if (run->why != NULL && strstr(run->why, why) != NULL)
        return;
    char *all = run->why != NULL ? g_strdup_printf("%s; %s", run->why, why) : g_steal_pointer(&why);
    g_free(run->why);
    run->why = all;
}

typedef struct {
    Word *word;
    const TuUnfit *unfit;
    TuUnfit *alone;
} Reading;

static gboolean
take_request(const TuValue *row, gpointer data, GError **error)
{
    const Reading *reading = data;
    if (row[1].type == TU_TYPE_NULL) {
        tu_unfit_add(reading->alone, row[0].integer);
        return TRUE;
    }
    Run *run = run_of(reading->word, row[1].integer);
    run->is_of_several = row[2].type == TU_TYPE_NULL;
    g_free(run->failures);
    run->failures = tu_unfit_failures(&row[3], row[4].integer != 0);
    add_why(run, reading->unfit);
    return TRUE;
}

/* A request that is gone by now is nobody's matter. */
static gboolean
find_word(TuKeeper *keeper, const TuUnfit *unfit, Word *word, GError **error)
{
    Reading reading = {word, unfit, tu_unfit_new(unfit->summary)};
    tu_unfit_set_why(reading.alone, unfit->why);
    g_ptr_array_add(word->alone, reading.alone);
    for (guint i = 0; i < unfit->ids->len; i++) {
        TuValue id = tu_value_integer(g_array_index(unfit->ids, gint64, i));
        if (!tu_rows_each(keeper->db,
                          "SELECT b.id, b.run_id, r.summary, r.error, "
                          "CASE WHEN r.status = 'FAILED' THEN 1 ELSE 0 END FROM trueup_build b "
                          "LEFT JOIN trueup_run r ON r.id = b.run_id WHERE b.id = ?1",
                          &id, 1, FALSE, take_request, &reading, error))
            return FALSE;
    }
    return TRUE;
}

/* TRUE if some of it is not said yet. */
static gboolean
is_news(TuKeeper *keeper, const Word *word, gboolean *ret_is_news, GError **error)
{
    *ret_is_news = FALSE;
    for (guint i = 0; i < word->alone->len; i++)
        *ret_is_news = *ret_is_news || tu_unfit_size(g_ptr_array_index(word->alone, i)) > 0;
    for (guint i = 0; i < word->runs->len && !*ret_is_news; i++) {
        const Run *run = &g_array_index(word->runs, Run, i);
        g_autofree char *text = text_of(run);
        TuValue values[] = {tu_value_integer(run->id), tu_value_text(text)};
        gint64 one = 0;
        if (!tu_database_integer(keeper->db,
                                 "SELECT 1 FROM trueup_run WHERE id = ?1 AND (status = 'STARTED' "
                                 "OR (status = 'FAILED' AND error <> ?2))",
                                 values, G_N_ELEMENTS(values), ret_is_news, &one, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- saying it ---- */

/* A run that ended meanwhile is left. */
static gboolean
end_run(TuKeeper *keeper, const Run *run, GError **error)
{
    g_autofree char *text = text_of(run);
    TuValue values[] = {tu_value_integer(run->id), tu_value_text(text), tu_keeper_now()};
    return tu_database_run(keeper->db,
                           "UPDATE trueup_run SET error = ?2, "
                           "finished_at = coalesce(finished_at, ?3), status = 'FAILED' "
                           "WHERE id = ?1 AND status IN ('STARTED', 'FAILED') "
                           "AND id IN (SELECT run_id FROM trueup_build WHERE run_id = ?1)",
                           values, G_N_ELEMENTS(values), NULL, error);
}

static gboolean
insert_run(TuKeeper *keeper, const TuUnfit *unfit, gint64 *ret_id, GError **error)
{
    gboolean found = FALSE;
    TuValue values[] = {tu_value_text(unfit->summary->spec->name), tu_keeper_now(),
                        tu_value_text(keeper->worker), tu_value_text(unfit->why)};
    return tu_database_integer(keeper->db,
                               "INSERT INTO trueup_run(kind, summary, status, started_at, "
                               "finished_at, worker, error) "
                               "VALUES ('rebuild', ?1, 'FAILED', ?2, ?2, ?3, ?4) RETURNING id",
                               values, G_N_ELEMENTS(values), &found, ret_id, error);
}

/* Whatever asks by itself (a tenant that came, an entry of weight 2) has no run: it gets one. */
static gboolean
give_run(TuKeeper *keeper, const TuUnfit *unfit, GError **error)
{
    gint64 run_id = 0;
    if (unfit->ids->len > 0 && !insert_run(keeper, unfit, &run_id, error))
        return FALSE;
    for (guint i = 0; i < unfit->ids->len; i++) {
        TuValue values[] = {tu_value_integer(g_array_index(unfit->ids, gint64, i)),
                            tu_value_integer(run_id)};
        if (!tu_database_run(keeper->db,
                             "UPDATE trueup_build SET run_id = ?2 WHERE id = ?1 AND run_id IS NULL",
                             values, G_N_ELEMENTS(values), NULL, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tu_unfit_note(TuKeeper *keeper, const GPtrArray *unfit, GError **error)
{
    g_auto(Word) word = {0};
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    gboolean is_news_now = FALSE;
    word_init(&word);
    if (!tu_stop("build.unfit", error))
        return FALSE;
    for (guint i = 0; i < unfit->len; i++)
        if (!find_word(keeper, g_ptr_array_index(unfit, i), &word, error))
            return FALSE;
    if (!is_news(keeper, &word, &is_news_now, error))
        return FALSE;
    if (!is_news_now)
        return TRUE;
    if (!tu_transaction_begin_write(&txn, keeper->db, error))
        return FALSE;
    for (guint i = 0; i < word.runs->len; i++)
        if (!end_run(keeper, &g_array_index(word.runs, Run, i), error))
            return FALSE;
    for (guint i = 0; i < word.alone->len; i++)
        if (!give_run(keeper, g_ptr_array_index(word.alone, i), error))
            return FALSE;
    return tu_transaction_commit(&txn, error);
}

/* ---- asking for the same ---- */

static const TuBuild *
find_waiting(const TuSnapshot *snapshot, const TuSummaryModel *summary, const TuValue *tenant)
{
    for (guint i = 0; i < snapshot->builds->len; i++) {
        const TuBuild *build = &g_array_index(snapshot->builds, TuBuild, i);
        gboolean is_same = build->summary == summary && build->since == G_MININT32 &&
                           !build->is_rezone && build->is_of_tenant == (tenant != NULL) &&
                           (tenant == NULL || tu_value_equal(&build->tenant, tenant));
        if (is_same && build->is_waiting && !build->is_of_job)
            return build;
    }
    return NULL;
}

gint64
tu_unfit_run_of(const TuSnapshot *snapshot, const TuSummaryModel *summary, const TuValue *tenant)
{
    const TuBuild *waiting = find_waiting(snapshot, summary, tenant);
    return waiting != NULL ? waiting->run_id : 0;
}

gboolean
tu_unfit_ask_again(TuChanges *changes, const TuSummaryModel *summary)
{
    const TuBuild *waiting = find_waiting(changes->tally->snapshot, summary, NULL);
    if (waiting == NULL || waiting->is_dropping)
        return FALSE;
    TuValue values[] = {tu_value_integer(waiting->id), tu_value_text(summary->spec->name),
                        tu_value_integer(G_MAXINT32), tu_value_integer(waiting->run_id)};
    tu_changes_add(changes, "DELETE FROM trueup_build WHERE id = ?1", values, 1);
    tu_changes_add(changes,
                   "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping, run_id) "
                   "VALUES (?1, '', ?2, 0, ?3)",
                   values + 1, G_N_ELEMENTS(values) - 1);
    return TRUE;
}

/* ---- going on ---- */

void
tu_unfit_go_on(TuChanges *changes, gint64 run_id, const char *failures)
{
    TuValue values[] = {tu_value_integer(run_id), tu_value_text(failures)};
    tu_changes_add(changes,
                   "UPDATE trueup_run SET status = 'STARTED', finished_at = NULL, error = ?2 "
                   "WHERE id = ?1 AND status = 'FAILED'",
                   values, G_N_ELEMENTS(values));
}

/* A run of several summaries names the reason of each. */
gboolean
tu_unfit_list(TuDatabase *db, TuRowVisit on_row, gpointer data, GError **error)
{
    return tu_rows_each(
        db,
        "SELECT b.summary, '', min(CASE WHEN r.summary IS NULL THEN 'its history cannot be "
        "built now (its `memory`, or its rows): see `trueup runs`' ELSE r.error END), "
        "min(r.finished_at) "
        "FROM trueup_build b JOIN trueup_run r ON r.id = b.run_id WHERE r.status = 'FAILED' "
        "GROUP BY b.summary ORDER BY b.summary",
        NULL, 0, FALSE, on_row, data, error);
}

static gboolean
take_why(const TuValue *row, gpointer data, GError **error)
{
    *(char **)data = row[0].type == TU_TYPE_TEXT ? g_strndup(row[0].text, row[0].bytes)
                                                 : g_strdup("no reason is noted");
    return TRUE;
}

gboolean
tu_unfit_of_run(TuKeeper *keeper, gint64 run_id, char **ret_why, GError **error)
{
    TuValue id = tu_value_integer(run_id);
    *ret_why = NULL;
    return tu_rows_each(keeper->db,
                        "SELECT r.error FROM trueup_run r WHERE r.id = ?1 AND r.status = 'FAILED' "
                        "AND EXISTS (SELECT 1 FROM trueup_build b WHERE b.run_id = r.id)",
                        &id, 1, FALSE, take_why, ret_why, error);
}
