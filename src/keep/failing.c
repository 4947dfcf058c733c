#include "keep/failing.h"

#include <string.h>

#include "keep/rows.h"
#include "schema/keyed.h"

/* The notes of one group. */
typedef struct {
    TuChanges *changes;
    GHashTable *noted; /* of TuSeriesModel *, TuKeyedModel *: whose problem is noted as it is */
    GHashTable *whole; /* of TuSummaryModel *: those whose history is asked for */
} Comparing;

static TuSeriesModel *
series_named(const TuGroup *group, const TuValue *summary, const TuValue *name)
{
    for (guint i = 0; i < group->n_targets; i++) {
        TuSeriesModel *series = group->targets[i].series;
        TuValue own_summary = tu_value_text(series->summary->spec->name);
        TuValue own_name = tu_value_text(series->spec->name != NULL ? series->spec->name : "");
        if (tu_value_equal(&own_summary, summary) && tu_value_equal(&own_name, name))
            return series;
    }
    return NULL;
}

/* One of the group that keeps one row a key; it has no series, so its note's is ''. */
static TuKeyedModel *
keyed_named(const TuGroup *group, const TuValue *summary)
{
    for (guint i = 0; i < group->keyed->len; i++) {
        TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
        TuValue own = tu_value_text(keyed->spec->name);
        if (tu_value_equal(&own, summary))
            return keyed;
    }
    return NULL;
}

/* Its changes were consumed without it, so all of its history is compared; that is a run. */
static void
ask_for_history(TuChanges *changes, const TuSummaryModel *summary)
{
    TuValue run[] = {tu_value_text(summary->spec->name), tu_keeper_now(),
                     tu_value_text(changes->tally->snapshot->keeper->worker)};
    TuValue build[] = {run[0], tu_value_integer(G_MAXINT32)};
    tu_changes_add(changes,
                   "INSERT INTO trueup_run(kind, summary, status, started_at, worker) "
                   "VALUES ('rebuild', ?1, 'STARTED', ?2, ?3)",
                   run, G_N_ELEMENTS(run));
    tu_changes_add(changes,
                   "INSERT INTO trueup_build(summary, tenant_key, below, is_dropping, run_id) "
                   "SELECT ?1, '', ?2, 0, max(id) FROM trueup_run "
                   "WHERE kind = 'rebuild' AND summary = ?1 AND id NOT IN "
                   "(SELECT run_id FROM trueup_build WHERE run_id IS NOT NULL)",
                   build, G_N_ELEMENTS(build));
}

/* All keys become invalid when they can be listed: for readers they are from now on. */
static void
ask_for_listing(TuChanges *changes, const TuKeyedModel *keyed)
{
    TuValue values[] = {tu_value_text(keyed->spec->name), tu_keeper_now()};
    tu_changes_add(changes,
                   "UPDATE trueup_keyed SET listing_since = coalesce(listing_since, ?2) "
                   "WHERE name = ?1",
                   values, G_N_ELEMENTS(values));
}

/* `key`: the note's summary and series. */
static void
take_away(TuChanges *changes, const TuValue *key)
{
    tu_changes_add(changes, "DELETE FROM trueup_failing WHERE summary = ?1 AND series = ?2", key,
                   2);
}

static void
note_whole(const Comparing *comparing, TuSeriesModel *series, const TuValue *key)
{
    take_away(comparing->changes, key);
    if (g_hash_table_add(comparing->whole, series->summary))
        ask_for_history(comparing->changes, series->summary);
}

static gboolean
take_note(const TuValue *row, gpointer data, GError **error)
{
    Comparing *comparing = data;
    const TuGroup *group = comparing->changes->tally->snapshot->group;
    TuSeriesModel *series = series_named(group, &row[0], &row[1]);
    TuKeyedModel *keyed = series == NULL ? keyed_named(group, &row[0]) : NULL;
    if (series == NULL && keyed == NULL)
        return TRUE; /* another group's, or no longer in the spec: `apply` */
    const char *own = series != NULL ? series->problem : keyed->problem;
    TuValue problem = tu_value_text(own);
    if (own != NULL) {
        if (tu_value_equal(&problem, &row[2]))
            g_hash_table_add(comparing->noted, series != NULL ? (gpointer)series : keyed);
    } else if (series != NULL) {
        note_whole(comparing, series, row);
    } else {
        take_away(comparing->changes, row);
        ask_for_listing(comparing->changes, keyed);
    }
    return TRUE;
}

/* `series` NULL: it has no name. */
static void
note_failing(TuChanges *changes, const char *summary, const char *series, const char *problem)
{
    TuValue values[] = {tu_value_text(summary), tu_value_text(series != NULL ? series : ""),
                        tu_value_text(problem), tu_keeper_now()};
    tu_changes_add(changes,
                   "UPDATE trueup_failing SET error = ?3 WHERE summary = ?1 AND series = ?2",
                   values, 3);
    tu_changes_add_if_none(changes,
                           "INSERT INTO trueup_failing(summary, series, error, since) "
                           "VALUES (?1, ?2, ?3, ?4)",
                           values, G_N_ELEMENTS(values));
}

gboolean
tu_failing_compare(TuChanges *changes, GError **error)
{
    const TuGroup *group = changes->tally->snapshot->group;
    g_autoptr(GHashTable) noted = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) whole = g_hash_table_new(NULL, NULL);
    Comparing comparing = {changes, noted, whole};
    if (!tu_rows_each(changes->tally->snapshot->keeper->db,
                      "SELECT summary, series, error FROM trueup_failing", NULL, 0, FALSE,
                      take_note, &comparing, error))
        return FALSE;
    for (guint i = 0; i < group->n_targets; i++) {
        TuSeriesModel *series = group->targets[i].series;
        if (series->problem != NULL && g_hash_table_add(noted, series))
            note_failing(changes, series->summary->spec->name, series->spec->name, series->problem);
    }
    for (guint i = 0; i < group->keyed->len; i++) {
        TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
        if (keyed->problem == NULL || !g_hash_table_add(noted, keyed))
            continue;
        note_failing(changes, keyed->spec->name, NULL, keyed->problem);
        ask_for_listing(changes, keyed);
    }
    return TRUE;
}

void
tu_failing_tell(const TuGroup *group, const TuSummaryModel *summary, TuResult *result)
{
    for (guint i = 0; i < group->n_targets; i++) {
        const TuSeriesModel *series = group->targets[i].series;
        const char *name = series->spec->name;
        if (series->problem == NULL || (summary != NULL && series->summary != summary))
            continue;
        g_autofree char *told = name != NULL
                                    ? g_strdup_printf("series %s: %s", name, series->problem)
                                    : g_strdup(series->problem);
        tu_result_fail(result, series->summary->spec->name, NULL, told);
    }
}

void
tu_failing_tell_keyed(const TuKeyedModel *keyed, TuResult *result)
{
    if (keyed->problem != NULL)
        tu_result_fail(result, keyed->spec->name, NULL, keyed->problem);
}
