/* `trueup drop`: what trueup made goes, and nothing else (removal.c, removal_all.c). It
 * asks first, unless --yes. */
#include <stdio.h>
#include <string.h>

#include "cli/work.h"
#include "keep/install/removal.h"

/* Nothing but the whole word: an empty line, or no terminal, means no. */
static gboolean
is_sure(const char *what, gboolean keeps_tables)
{
    char answer[16] = "";
    fprintf(stderr, "drop %s%s? Type yes: ", what,
            keeps_tables ? " (its tables stay)" : " and the tables that trueup made");
    return fgets(answer, sizeof answer, stdin) != NULL && g_str_equal(g_strchomp(answer), "yes");
}

/* What trueup has in a database is told by its own tables, so for dropping
 * everything the spec need not fit: only its database must be reached. */
static gboolean
open_session(TuSession *session, const TuContext *context, const char *name, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (tu_session_open(session, &context->door, TU_OPEN_WRITE, TRUE, &local))
        return TRUE;
    if (name == NULL && session->db != NULL && tu_error_is(local, TU_ERROR_CONFIG))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* One summary is taken out of what the spec says; everything is found by what trueup noted,
 * whatever the spec says. */
static gboolean
drop(TuSession *session, const TuContext *context, const char *summary, gboolean keep_tables,
     GError **error)
{
    return summary != NULL
               ? tu_removal_drop(&session->keeper, summary, keep_tables, error)
               : tu_removal_drop_all(session->db, keep_tables, context->door.is_cancelled, error);
}

int
tu_command_drop(const TuContext *context, int argc, char **argv, GError **error)
{
    g_autofree char *name = NULL;
    gboolean keep_tables = FALSE;
    gboolean is_yes = FALSE;
    const GOptionEntry entries[] = {
        {"summary", 0, 0, G_OPTION_ARG_FILENAME, &name, NULL, NULL},
        {"keep-tables", 0, 0, G_OPTION_ARG_NONE, &keep_tables, NULL, NULL},
        {"yes", 0, 0, G_OPTION_ARG_NONE, &is_yes, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    TuSummaryModel *summary = NULL;
    if (!tu_options_parse_all(entries, &argc, &argv, error) ||
        !open_session(&session, context, name, error) ||
        (name != NULL && !tu_session_summary(&session, name, &summary, error)))
        return -1;
    g_autofree char *what = name != NULL ? g_strdup_printf("summary %s", name)
                                         : g_strdup("all summaries and trueup's own tables");
    if (!is_yes && !is_sure(what, keep_tables)) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE, "nothing was dropped");
        return -1;
    }
    if (!drop(&session, context, name, keep_tables, error))
        return -1;
    printf(context->as_json ? "{}\n" : "dropped\n");
    return TU_EXIT_DONE;
}
