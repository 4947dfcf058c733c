#include "cli/work.h"
#include "keep/build.h"
#include "keep/repair.h"

typedef struct {
    TuSummaryModel *summary; /* NULL: all of the group */
    const char *tenant;
} Wanted;

/* Notes the request, so that whoever works next goes on with it if this process dies. */
static gboolean
ask(TuKeeper *keeper, TuGroup *group, const Wanted *wanted, GError **error)
{
    g_autoptr(GPtrArray) summaries = g_ptr_array_new();
    g_auto(TuSnapshot) snapshot = {.txn = TU_TRANSACTION_INIT};
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    TuValue tenant = TU_NULL_VALUE;
    for (guint i = 0; i < group->summaries->len; i++) {
        TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        if (wanted->summary == NULL || wanted->summary == summary)
            g_ptr_array_add(summaries, summary);
    }
    if (!tu_snapshot_begin(&snapshot, keeper, group, error) ||
        (wanted->tenant != NULL && !tu_tenant_named(&snapshot, wanted->tenant, &tenant, error)))
        return FALSE;
    tu_snapshot_end(&snapshot);
    return tu_transaction_begin_write(&txn, keeper->db, error) &&
           tu_build_ask(keeper, summaries, &tenant, FALSE, "rebuild", error) &&
           tu_transaction_commit(&txn, error);
}

static gboolean
rebuild(TuKeeper *keeper, TuGroup *group, TuResult *result, gpointer data, GError **error)
{
    return tu_runs_close_dead(keeper, error) &&
           tu_settle_group(keeper, group, result, error) && ask(keeper, group, data, error) &&
           tu_build_group(keeper, group, result, error) &&
           tu_settle_group(keeper, group, result, error);
}

int
tu_command_rebuild(const TuContext *context, int argc, char **argv, GError **error)
{
    g_autofree char *summary = NULL;
    g_autofree char *tenant = NULL;
    gboolean waits = FALSE;
    Wanted wanted = {0};
    const GOptionEntry entries[] = {
        {"summary", 0, 0, G_OPTION_ARG_FILENAME, &summary, NULL, NULL},
        {"tenant", 0, 0, G_OPTION_ARG_FILENAME, &tenant, NULL, NULL},
        {"wait", 0, 0, G_OPTION_ARG_NONE, &waits, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    g_auto(TuResult) result = {0};
    gboolean was_held = FALSE;
    if (!tu_options_parse_all(entries, &argc, &argv, error))
        return -1;
    if (!waits) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE,
                            "write `trueup rebuild --wait`: the queue comes with a later version");
        return -1;
    }
    if (!tu_session_open(&session, context, TU_OPEN_WRITE, TRUE, error) ||
        !tu_session_summary(&session, summary, &wanted.summary, error))
        return -1;
    wanted.tenant = tenant;
    if (!tu_work_each(&session, wanted.summary, TRUE, rebuild, &wanted, &result, &was_held, error))
        return -1;
    return tu_work_report(context, "rebuilt", &result);
}
