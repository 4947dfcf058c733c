/* Asking for history: rows of trueup_build, and the runs that tell what became of them. */
#include "keep/build/build.h"

static gboolean
insert_run(TuKeeper *keeper, const char *kind, const char *summary, const char *tenant, TuDate from,
           TuDate to, gint64 *ret_id, GError **error)
{
    TuValue now = tu_keeper_now();
    gboolean found = FALSE;
    TuValue values[] = {
        tu_value_text(kind),
        tu_value_text(summary),
        tu_value_text(tenant),
        now,
        tu_value_text(keeper->worker),
        from != G_MININT32 ? tu_value_time(TU_TYPE_DATE, from) : TU_NULL_VALUE,
        to != G_MAXINT32 ? tu_value_time(TU_TYPE_DATE, to - 1) : TU_NULL_VALUE,
    };
    return tu_database_integer(keeper->db,
                               "INSERT INTO trueup_run(kind, summary, tenant, status, started_at, "
                               "worker, range_from, range_to) "
                               "VALUES (?1, ?2, ?3, 'STARTED', ?4, ?5, ?6, ?7) RETURNING id",
                               values, G_N_ELEMENTS(values), &found, ret_id, error);
}

static gboolean
is_asked(TuKeeper *keeper, const char *summary, const TuValue *tenant, gboolean is_dropping,
         gboolean *ret_asked, GError **error)
{
    gint64 one = 0;
    g_autofree char *tenant_key = tu_tenant_key(tenant);
    TuValue values[] = {tu_value_text(summary), tu_value_text(tenant_key),
                        tu_value_integer(is_dropping)};
    return tu_database_integer(
        keeper->db,
        "SELECT 1 FROM trueup_build b WHERE b.summary = ?1 AND "
        "b.tenant_key = ?2 AND b.is_dropping >= ?3 AND NOT EXISTS (SELECT 1 "
        "FROM trueup_run r WHERE r.id = b.run_id AND r.range_from IS NOT NULL)",
        values, G_N_ELEMENTS(values), ret_asked, &one, error);
}

/* A first build starts over, whatever was asked for; a rebuild goes on where one was left. */
static gboolean
ask_for(TuKeeper *keeper, const char *summary, const TuValue *tenant, gboolean is_dropping,
        gint64 run_id, GError **error)
{
    g_autofree char *tenant_key = tu_tenant_key(tenant);
    TuValue values[] = {
        tu_value_text(summary),       tu_value_text(tenant_key),     *tenant,
        tu_value_integer(G_MAXINT32), tu_value_integer(is_dropping), tu_value_integer(run_id)};
    return tu_database_run(keeper->db,
                           "DELETE FROM trueup_build WHERE summary = ?1 AND tenant_key = ?2",
                           values, 2, NULL, error) &&
           tu_database_run(keeper->db,
                           "INSERT INTO trueup_build(summary, tenant_key, tenant, below, "
                           "is_dropping, run_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                           values, G_N_ELEMENTS(values), NULL, error);
}

/* Those of which it is not asked for already. */
static gboolean
find_wanted(TuKeeper *keeper, const GPtrArray *summaries, const TuValue *tenant,
            gboolean is_dropping, GPtrArray *wanted, GError **error)
{
    for (guint i = 0; i < summaries->len; i++) {
        TuSummaryModel *summary = g_ptr_array_index(summaries, i);
        gboolean asked = FALSE;
        if (!is_dropping && !is_asked(keeper, summary->spec->name, tenant, FALSE, &asked, error))
            return FALSE;
        if (!asked)
            g_ptr_array_add(wanted, summary);
    }
    return TRUE;
}

gboolean
tu_build_ask(TuKeeper *keeper, GPtrArray *summaries, const TuValue *tenant, gboolean is_dropping,
             const char *kind, GError **error)
{
    gint64 run_id = 0;
    g_autoptr(GPtrArray) wanted = g_ptr_array_new();
    if (!find_wanted(keeper, summaries, tenant, is_dropping, wanted, error))
        return FALSE;
    /* One run says what became of all of them, or each says it of its own summary. */
    gboolean is_of_all = wanted->len == summaries->len && summaries->len > 1;
    g_autofree char *tenant_text = tenant->type != TU_TYPE_NULL ? tu_value_to_text(tenant) : NULL;
    for (guint i = 0; i < wanted->len; i++) {
        const char *name = ((const TuSummaryModel *)g_ptr_array_index(wanted, i))->spec->name;
        if ((run_id == 0 || !is_of_all) &&
            !insert_run(keeper, kind, is_of_all ? NULL : name, tenant_text, G_MININT32, G_MAXINT32,
                        &run_id, error))
            return FALSE;
        if (!ask_for(keeper, name, tenant, is_dropping, run_id, error))
            return FALSE;
    }
    return run_id == 0 ||
           tu_database_execute(
               keeper->db,
               "UPDATE trueup_run SET status = 'FAILED', error = 'asked for anew' "
               "WHERE status = 'STARTED' AND kind IN ('build', 'rebuild') AND id NOT IN "
               "(SELECT run_id FROM trueup_build WHERE run_id IS NOT NULL)",
               error);
}

gboolean
tu_build_ask_range(TuKeeper *keeper, const TuSummaryModel *summary, TuDate from, TuDate to,
                   gint64 *ret_run_id, GError **error)
{
    gint64 run_id = 0;
    TuValue values[] = {tu_value_text(summary->spec->name), tu_value_text(""), tu_value_integer(to),
                        TU_NULL_VALUE};
    /* Without a first date it would be all history. */
    from = MAX(from, TU_DATE_LEAST);
    if (!insert_run(keeper, "rebuild", summary->spec->name, NULL, from, to, &run_id, error))
        return FALSE;
    values[3] = tu_value_integer(run_id);
    if (ret_run_id != NULL)
        *ret_run_id = run_id;
    return tu_database_run(keeper->db,
                           "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping, "
                           "run_id) VALUES (?1, ?2, ?3, 0, ?4)",
                           values, G_N_ELEMENTS(values), NULL, error);
}
