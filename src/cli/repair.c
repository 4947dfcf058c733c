/* `trueup repair`, `backfill`: these days, or these keys, are counted anew, whether or not a change
 * was seen. It works in pieces, so that changes of others are settled in between. */
#include "keep/build/repair.h"

#include <stdio.h>

#include "cli/keyed.h"
#include "cli/sealed.h"
#include "cli/work.h"
#include "time/instant.h"

/* Changes of others wait no longer than that to be settled. */
#define PIECE_US (TU_SECOND_US / 2)

typedef struct {
    char **keys; /* of a keyed summary; NULL: all of them */
    TuRepair what;
    const char *summary; /* NULL: all */
    TuRepair left;       /* of the group of that number + 1: what is not repaired yet */
    guint of_group;
} Wanted;

/* Called again for a group whose lock was given back between pieces: `left` remembers how far it
 * is, and begins anew with the next group. */
static gboolean
repair(TuKeeper *keeper, TuGroup *group, TuResult *result, gpointer data, GError **error)
{
    Wanted *wanted = data;
    keeper->piece_us = PIECE_US;
    if (wanted->of_group != group->index + 1)
        wanted->left = wanted->what;
    wanted->of_group = group->index + 1;
    wanted->left.summary =
        wanted->summary != NULL ? tu_model_summary(keeper->model, wanted->summary) : NULL;
    return tu_repair_group(keeper, group, &wanted->left, result, error);
}

/* The grains named, as bits; every one of them must be kept by some summary. */
static gboolean
parse_grains(const char *text, const TuSession *session, const TuSummaryModel *only,
             guint *ret_grains, GError **error)
{
    g_auto(GStrv) names = g_strsplit(text != NULL ? text : "", ",", -1);
    *ret_grains = 0;
    for (guint i = 0; names[i] != NULL; i++) {
        TuGrain grain = TU_GRAIN_DAY;
        gboolean is_known = tu_grain_parse(g_strstrip(names[i]), &grain);
        gboolean is_kept = FALSE;
        for (guint s = 0; s < session->model->summaries->len && is_known; s++) {
            const TuSummaryModel *summary = g_ptr_array_index(session->model->summaries, s);
            is_kept =
                is_kept || ((only == NULL || summary == only) && summary->tables[grain] != NULL);
        }
        if (!is_kept) {
            g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "--grain %s: %s", names[i],
                        is_known ? "no summary keeps it"
                                 : "write minute, hour, day, week, month, quarter or year");
            return FALSE;
        }
        *ret_grains |= 1u << grain;
    }
    return TRUE;
}

/* The keys of a keyed summary that --key describes. */
static gboolean
repair_keys(TuKeeper *keeper, TuGroup *group, TuResult *result, gpointer data, GError **error)
{
    const Wanted *wanted = data;
    const TuKeyedModel *keyed = tu_model_keyed(keeper->model, wanted->summary);
    g_autoptr(TuKeyFilter) filter = NULL;
    return tu_key_filter_new(keeper->db, keyed, wanted->keys, &filter, error) &&
           tu_keyed_repair(keeper, keyed, "repair", tu_key_filter_wants, filter,
                           wanted->what.is_dry_run, result, error);
}

/* Keys are asked for by --key, days by the others: which of both it is about, the summary says. */
static gboolean
check_options(TuSession *session, const Wanted *wanted, const TuDateOptions *dates, GError **error)
{
    gboolean is_keyed =
        wanted->summary != NULL && tu_model_keyed(session->model, wanted->summary) != NULL;
    gboolean has_days = dates->date != NULL || dates->from != NULL || dates->to != NULL ||
                        dates->days != 0 || wanted->what.tenant != NULL;
    if (is_keyed ? !has_days : wanted->keys == NULL)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                is_keyed ? "summary %s is keyed: it has no days and tenants; choose with --key"
                         : "--key is for keyed summaries: name one with --summary%s",
                is_keyed ? wanted->summary : "");
    return FALSE;
}

/* As the command line has it. */
typedef struct {
    char *summary, *tenant, *grains;
    char **keys;
    TuDateOptions dates;
} Options;

static void
options_clear(Options *options)
{
    g_free(options->summary);
    g_free(options->tenant);
    g_free(options->grains);
    g_strfreev(options->keys);
    tu_date_options_clear(&options->dates);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean
parse(Options *options, gboolean *is_dry_run, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"summary", 0, 0, G_OPTION_ARG_FILENAME, &options->summary, NULL, NULL},
        {"tenant", 0, 0, G_OPTION_ARG_FILENAME, &options->tenant, NULL, NULL},
        {"date", 0, 0, G_OPTION_ARG_STRING, &options->dates.date, NULL, NULL},
        {"from", 0, 0, G_OPTION_ARG_STRING, &options->dates.from, NULL, NULL},
        {"to", 0, 0, G_OPTION_ARG_STRING, &options->dates.to, NULL, NULL},
        {"days", 0, 0, G_OPTION_ARG_INT, &options->dates.days, NULL, NULL},
        {"grain", 0, 0, G_OPTION_ARG_STRING, &options->grains, NULL, NULL},
        {"key", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->keys, NULL, NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, is_dry_run, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    return tu_options_parse_all(entries, argc, argv, error);
}

/* What the options mean in this database. *ret_is_keyed: keys are asked for, and not days. */
static gboolean
resolve(TuSession *session, const Options *options, Wanted *wanted, gboolean *ret_is_keyed,
        GError **error)
{
    TuSummaryModel *found = NULL;
    wanted->summary = options->summary;
    wanted->what.tenant = options->tenant;
    wanted->keys = options->keys;
    if (!tu_session_summary(session, options->summary, &found, error) ||
        !parse_grains(options->grains, session, found, &wanted->what.grains, error) ||
        (!wanted->what.is_dry_run && !tu_work_say_paused(session, options->summary, error)))
        return FALSE;
    *ret_is_keyed = options->summary != NULL && found == NULL;
    return check_options(session, wanted, &options->dates, error) &&
           tu_work_dates(&options->dates, *ret_is_keyed, &wanted->what.from, &wanted->what.to,
                         error) &&
           tu_sealed_say(session, found, wanted->what.from, TU_SEALED_IS_LEFT, error);
}

int
tu_command_repair(const TuContext *context, int argc, char **argv, GError **error)
{
    g_auto(Options) options = {0};
    g_auto(TuSession) session = {0};
    g_auto(TuResult) result = {0};
    Wanted wanted = {0};
    gboolean is_keyed = FALSE;
    gboolean was_held = FALSE;
    if (!parse(&options, &wanted.what.is_dry_run, &argc, &argv, error) ||
        !tu_session_open(&session, &context->door,
                         wanted.what.is_dry_run ? TU_OPEN_READ : TU_OPEN_WRITE, TRUE, error) ||
        !resolve(&session, &options, &wanted, &is_keyed, error) ||
        !tu_work_each(&session, options.summary, TRUE, is_keyed ? repair_keys : repair, &wanted,
                      &result, &was_held, error))
        return -1;
    return tu_work_report(context, wanted.what.is_dry_run ? "would repair" : "repaired", &result);
}
