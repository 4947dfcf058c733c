#include "keep/repair.h"

#include "cli/work.h"

static gboolean
repair(TuKeeper *keeper, TuGroup *group, TuResult *result, gpointer data, GError **error)
{
    const TuRepair *wanted = data;
    return tu_repair_group(keeper, group, wanted, result, error);
}

int
tu_command_repair(const TuContext *context, int argc, char **argv, GError **error)
{
    g_autofree char *summary = NULL;
    g_autofree char *tenant = NULL;
    g_auto(TuDateOptions) dates = {0};
    TuRepair wanted = {0};
    const GOptionEntry entries[] = {
        {"summary", 0, 0, G_OPTION_ARG_FILENAME, &summary, NULL, NULL},
        {"tenant", 0, 0, G_OPTION_ARG_FILENAME, &tenant, NULL, NULL},
        {"date", 0, 0, G_OPTION_ARG_STRING, &dates.date, NULL, NULL},
        {"from", 0, 0, G_OPTION_ARG_STRING, &dates.from, NULL, NULL},
        {"to", 0, 0, G_OPTION_ARG_STRING, &dates.to, NULL, NULL},
        {"days", 0, 0, G_OPTION_ARG_INT, &dates.days, NULL, NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &wanted.is_dry_run, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    g_auto(TuResult) result = {0};
    gboolean was_held = FALSE;
    if (!tu_options_parse_all(entries, &argc, &argv, error) ||
        !tu_work_dates(&dates, FALSE, &wanted.from, &wanted.to, error) ||
        !tu_session_open(&session, context, wanted.is_dry_run ? TU_OPEN_READ : TU_OPEN_WRITE, TRUE,
                         error) ||
        !tu_session_summary(&session, summary, &wanted.summary, error))
        return -1;
    wanted.tenant = tenant;
    if (!tu_work_each(&session, wanted.summary, TRUE, repair, &wanted, &result, &was_held, error))
        return -1;
    return tu_work_report(context, wanted.is_dry_run ? "would repair" : "repaired", &result);
}
