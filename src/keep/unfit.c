#include "keep/unfit.h"

#include "db/stop.h"
#include "keep/rows.h"

/* TRUE if some history is asked for of which it is not said yet. */
static gboolean
is_news(TuKeeper *keeper, const TuValue *summary, gboolean *ret_is_news, GError **error)
{
    gint64 one = 0;
    return tu_database_integer(keeper->db,
                               "SELECT 1 FROM trueup_build b LEFT JOIN trueup_run r "
                               "ON r.id = b.run_id WHERE b.summary = ?1 "
                               "AND (r.id IS NULL OR r.status = 'STARTED') LIMIT 1",
                               summary, 1, ret_is_news, &one, error);
}

/* Whatever asks by itself (a tenant that came, an entry of weight 2) has no run: it gets one. */
static gboolean
add_run(TuKeeper *keeper, const TuValue *values, GError **error)
{
    gboolean is_without = FALSE;
    gint64 id = 0;
    if (!tu_database_integer(keeper->db,
                             "SELECT 1 FROM trueup_build WHERE summary = ?1 AND run_id IS NULL "
                             "LIMIT 1",
                             values, 1, &is_without, &id, error))
        return FALSE;
    if (!is_without)
        return TRUE;
    gboolean found = FALSE;
    if (!tu_database_integer(keeper->db,
                             "INSERT INTO trueup_run(kind, summary, status, started_at, "
                             "finished_at, worker, error) "
                             "VALUES ('rebuild', ?1, 'FAILED', ?2, ?2, ?3, ?4) RETURNING id",
                             values, 4, &found, &id, error))
        return FALSE;
    TuValue named[] = {values[0], tu_value_integer(id)};
    return tu_database_run(keeper->db,
                           "UPDATE trueup_build SET run_id = ?2 WHERE summary = ?1 "
                           "AND run_id IS NULL",
                           named, G_N_ELEMENTS(named), NULL, error);
}

gboolean
tu_unfit_note(TuKeeper *keeper, const TuSummaryModel *summary, const char *why, GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    gboolean is_news_now = FALSE;
    const char *name = summary->spec->name;
    g_autofree char *of_several = g_strdup_printf("summary %s: %s", name, why);
    TuValue values[] = {tu_value_text(name), tu_keeper_now(), tu_value_text(keeper->worker),
                        tu_value_text(why), tu_value_text(of_several)};
    if (!tu_stop("build.unfit", error) || !is_news(keeper, values, &is_news_now, error))
        return FALSE;
    if (!is_news_now)
        return TRUE;
    TuValue ended[] = {values[0], values[1], values[3], values[4]};
    return tu_transaction_begin_write(&txn, keeper->db, error) &&
           tu_database_run(keeper->db,
                           "UPDATE trueup_run SET status = 'FAILED', finished_at = ?2, "
                           "error = CASE WHEN summary IS NULL THEN ?4 ELSE ?3 END "
                           "WHERE status = 'STARTED' AND id IN (SELECT run_id FROM trueup_build "
                           "WHERE summary = ?1 AND run_id IS NOT NULL)",
                           ended, G_N_ELEMENTS(ended), NULL, error) &&
           add_run(keeper, values, error) && tu_transaction_commit(&txn, error);
}

void
tu_unfit_go_on(TuChanges *changes, gint64 run_id)
{
    TuValue id = tu_value_integer(run_id);
    tu_changes_add(changes,
                   "UPDATE trueup_run SET status = 'STARTED', finished_at = NULL, error = NULL "
                   "WHERE id = ?1 AND status = 'FAILED'",
                   &id, 1);
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
