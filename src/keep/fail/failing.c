#include "keep/fail/failing.h"

#include <string.h>

#include "keep/build/moments.h"
#include "keep/rows.h"
#include "keep/build/unfit.h"
#include "schema/keyed.h"
#include "time/instant.h"

/* Workers of a role say it so often that theirs fails. If they did not for so long there are none:
 * what was said once, by hand, does not hold the others up for longer than a few times missed. */
#define SAY_US TU_HOUR_US
#define SILENT_US (3 * SAY_US)
/* Of a digest, what tells a handful of roles apart, or the series of a summary. */
#define DIGITS 16

/* The notes of one group, and who says that they hold. */
typedef struct {
    TuChanges *changes;
    char *own_kind;     /* how the kinds of this role's moments begin */
    GHashTable *said;   /* subject -> gint64: when that role said so last */
    GHashTable *others; /* of subjects: other roles say so */
    GHashTable *saying; /* of subjects: this turn says so for that role */
    GHashTable *noted;  /* of TuSeriesModel *, TuKeyedModel *: whose problem is noted as it is */
    GHashTable *known;  /* of the same: those of which there is a note at all */
    GHashTable *whole;  /* of TuSummaryModel *: those whose history is asked for */
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

static gboolean
is_of_group(const TuGroup *group, const TuValue *summary)
{
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *own = g_ptr_array_index(group->summaries, i);
        TuValue name = tu_value_text(own->spec->name);
        if (tu_value_equal(&name, summary))
            return TRUE;
    }
    return keyed_named(group, summary) != NULL;
}

/* Its changes were consumed without it, so all of its history is compared; that is a run. One that
 * waits already is asked for anew, for the reason that keep/settle/settle.c has. */
static void
ask_for_history(TuChanges *changes, const TuSummaryModel *summary)
{
    if (tu_unfit_ask_again(changes, summary))
        return;

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

/* ---- who says so, and of what ---- */

static char *
digest_of(const char *text)
{
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    return g_strndup(digest, DIGITS);
}

/* A subject, as a text: "/SUMMARY", or " DIGEST/SUMMARY" of a series that has a name. A summary has
 * many, and of two that fail one may be well again; so each is spoken of by itself. What stands
 * before the slash ends the kind of its moments, what stands behind it is their name. */
static char *
subject_named(const char *summary, const char *series)
{
    if (series == NULL || *series == '\0')
        return g_strconcat("/", summary, NULL);
    g_autofree char *digest = digest_of(series);
    return g_strconcat(" ", digest, "/", summary, NULL);
}

/* The kind of this role's moment of a subject. `ret_summary`: its name, a part of `subject`. */
static char *
kind_of(const Comparing *comparing, const char *subject, const char **ret_summary)
{
    const char *slash = strchr(subject, '/');
    *ret_summary = slash + 1;
    return g_strdup_printf("%s%.*s", comparing->own_kind, (int)(slash - subject), subject);
}

/* Rights are a role's: what one cannot evaluate another may. Where there are no roles all are
 * one. */
static gboolean
read_role(TuDatabase *db, char **ret_kind, GError **error)
{
    g_autofree char *role = NULL;
    if (tu_database_dialect(db)->is_served &&
        !tu_rows_text(db, "SELECT current_user", NULL, &role, error))
        return FALSE;
    g_autofree char *digest = digest_of(role != NULL ? role : "");
    *ret_kind = g_strconcat(TU_MOMENT_FAILING, digest, NULL);
    return TRUE;
}

static gboolean
take_said(const TuValue *row, gpointer data, GError **error)
{
    Comparing *comparing = data;
    g_autofree char *kind = g_strndup(row[0].text, row[0].bytes);
    g_autofree char *summary = g_strndup(row[1].text, row[1].bytes);
    size_t role_bytes = strlen(comparing->own_kind);
    gint64 at_us = TU_TIME_BEFORE_ALL;
    if (strlen(kind) < role_bytes)
        return TRUE; /* no role's */
    g_autofree char *subject = g_strconcat(kind + role_bytes, "/", summary, NULL);
    (void)tu_value_read_instant(&row[2], &at_us);
    if (g_str_has_prefix(kind, comparing->own_kind))
        g_hash_table_insert(comparing->said, g_steal_pointer(&subject),
                            g_memdup2(&at_us, sizeof at_us));
    else if (at_us > tu_instant_now_us() - SILENT_US)
        g_hash_table_add(comparing->others, g_steal_pointer(&subject));
    return TRUE;
}

/* The role's workers fail too, and say so now and then. `series` NULL: it has no name. */
static void
say_so(const Comparing *comparing, const char *summary, const char *series)
{
    g_autofree char *subject = subject_named(summary, series);
    gint64 now_us = tu_instant_now_us();
    const gint64 *at_us = g_hash_table_lookup(comparing->said, subject);
    gboolean is_fresh = at_us != NULL && *at_us <= now_us && now_us - *at_us < SAY_US;
    g_autofree char *kind = kind_of(comparing, subject, &summary);
    if (!is_fresh && !g_hash_table_contains(comparing->saying, subject))
        tu_moment_add(comparing->changes, kind, summary, now_us);
    g_hash_table_add(comparing->saying, g_steal_pointer(&subject));
}

/* What this role had said and does not say any more, of series too that are not in the spec now. */
static void
unsay_all(const Comparing *comparing)
{
    const TuGroup *group = comparing->changes->tally->snapshot->group;
    GHashTableIter each;
    gpointer subject = NULL;
    g_hash_table_iter_init(&each, comparing->said);
    while (g_hash_table_iter_next(&each, &subject, NULL)) {
        const char *summary = NULL;
        g_autofree char *kind = kind_of(comparing, subject, &summary);
        TuValue values[] = {tu_value_text(kind), tu_value_text(summary)};
        if (is_of_group(group, &values[1]) && !g_hash_table_contains(comparing->saying, subject))
            tu_changes_add(comparing->changes,
                           "DELETE FROM trueup_moment WHERE kind = ?1 AND name = ?2", values,
                           G_N_ELEMENTS(values));
    }
}

/* ---- the notes ---- */

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
    if (series == NULL && keyed == NULL) {
        /* Another group's; or the series is no longer in the spec that was applied, and should it
         * come back `apply` has it built. */
        if (is_of_group(group, &row[0]))
            take_away(comparing->changes, row);
        return TRUE;
    }
    const char *own = series != NULL ? series->problem : keyed->problem;
    const char *summary = series != NULL ? series->summary->spec->name : keyed->spec->name;
    const char *name = series != NULL ? series->spec->name : NULL;
    g_autofree char *subject = subject_named(summary, name);
    gboolean is_others = g_hash_table_contains(comparing->others, subject);
    TuValue problem = tu_value_text(own);
    if (own != NULL) {
        g_hash_table_add(comparing->known, series != NULL ? (gpointer)series : keyed);
        say_so(comparing, summary, name);
        if (is_others || tu_value_equal(&problem, &row[2]))
            g_hash_table_add(comparing->noted, series != NULL ? (gpointer)series : keyed);
    } else if (is_others) {
        return TRUE; /* it is theirs to take away */
    } else if (series != NULL) {
        note_whole(comparing, series, row);
    } else {
        take_away(comparing->changes, row);
        ask_for_listing(comparing->changes, keyed);
    }
    return TRUE;
}

/* That it begins to fail is a run, as the first failure of a bucket is: settling that goes on
 * without it leaves no other. `subject`: the series or keyed summary. */
static void
note_run(const Comparing *comparing, gconstpointer subject, const char *summary, const char *series,
         const char *problem)
{
    g_autofree char *told =
        series != NULL ? g_strdup_printf("series %s: %s", series, problem) : g_strdup(problem);
    if (!g_hash_table_contains(comparing->known, subject))
        tu_changes_add_failed_run(comparing->changes, summary, NULL, told);
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

/* What the model finds and no note says. */
static void
note_problems(const Comparing *comparing)
{
    TuChanges *changes = comparing->changes;
    const TuGroup *group = changes->tally->snapshot->group;
    for (guint i = 0; i < group->n_targets; i++) {
        TuSeriesModel *series = group->targets[i].series;
        const char *summary = series->summary->spec->name;
        if (series->problem == NULL || !g_hash_table_add(comparing->noted, series))
            continue;
        note_failing(changes, summary, series->spec->name, series->problem);
        note_run(comparing, series, summary, series->spec->name, series->problem);
        say_so(comparing, summary, series->spec->name);
    }
    for (guint i = 0; i < group->keyed->len; i++) {
        TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
        if (keyed->problem == NULL || !g_hash_table_add(comparing->noted, keyed))
            continue;
        note_failing(changes, keyed->spec->name, NULL, keyed->problem);
        note_run(comparing, keyed, keyed->spec->name, NULL, keyed->problem);
        say_so(comparing, keyed->spec->name, NULL);
        ask_for_listing(changes, keyed);
    }
}

static void
comparing_clear(Comparing *comparing)
{
    g_free(comparing->own_kind);
    g_hash_table_unref(comparing->said);
    g_hash_table_unref(comparing->others);
    g_hash_table_unref(comparing->saying);
    g_hash_table_unref(comparing->noted);
    g_hash_table_unref(comparing->known);
    g_hash_table_unref(comparing->whole);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Comparing, comparing_clear)

gboolean
tu_failing_compare(TuChanges *changes, GError **error)
{
    const TuKeeper *keeper = changes->tally->snapshot->keeper;
    g_auto(Comparing)
        comparing = {.changes = changes,
                     .said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                     .others = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                     .saying = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                     .noted = g_hash_table_new(NULL, NULL),
                     .known = g_hash_table_new(NULL, NULL),
                     .whole = g_hash_table_new(NULL, NULL)};
    gboolean has_notes = FALSE;
    gint64 one = 0;
    if (!tu_database_integer(keeper->db, "SELECT 1 FROM trueup_failing LIMIT 1", NULL, 0,
                             &has_notes, &one, error))
        return FALSE;
    if (!has_notes && !tu_model_leaves_some_out(keeper->model))
        return TRUE;
    if (!read_role(keeper->db, &comparing.own_kind, error) ||
        !tu_rows_each(keeper->db,
                      "SELECT kind, name, at FROM trueup_moment WHERE kind LIKE 'failing %'", NULL,
                      0, FALSE, take_said, &comparing, error) ||
        !tu_rows_each(keeper->db, "SELECT summary, series, error FROM trueup_failing", NULL, 0,
                      FALSE, take_note, &comparing, error))
        return FALSE;
    note_problems(&comparing);
    unsay_all(&comparing);
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
