#include "db/stop.h"

#ifdef TRUEUP_STOP_POINTS

#include <signal.h>
#include <stdlib.h>

static const char *const points[] = {
    "snapshot.taken",     "entries.taken",         "cells.computed",
    "turn.taken",         "cells.written",         "apply.before_commit",
    "apply.after_commit", "build.chunk_done",      "job.claimed",
    "build.unfit",        "capture.before_commit", "retention.due",
    "ddl.statement",      "drop.forgets",          "aside.scan",
    "repair.piece_done",  "lock.given_back",
};
static const char *const actions[] = {"kill", "pause", "fail"};

static gboolean
is_one_of(const char *const *names, guint n, const char *name)
{
    for (guint i = 0; i < n; i++)
        if (g_str_equal(names[i], name))
            return TRUE;
    return FALSE;
}

gboolean
tu_stop_check(GError **error)
{
    const char *wish = g_getenv("TRUEUP_STOP");
    if (wish == NULL)
        return TRUE;
    g_auto(GStrv) parts = g_strsplit(wish, ":", 3);
    if (g_strv_length(parts) >= 2 && is_one_of(points, G_N_ELEMENTS(points), parts[0]) &&
        is_one_of(actions, G_N_ELEMENTS(actions), parts[1]))
        return TRUE;
    g_autoptr(GString) known = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(points); i++)
        g_string_append_printf(known, "%s%s", i == 0 ? "" : ", ", points[i]);
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE,
                "TRUEUP_STOP=%s: write POINT:kill, :pause or :fail, with POINT one of %s", wish,
                known->str);
    return FALSE;
}

gboolean
tu_stop(const char *name, GError **error)
{
    static int times; /* the only mutable one outside main: it counts for tests */
    const char *wish = g_getenv("TRUEUP_STOP");
    g_assert(is_one_of(points, G_N_ELEMENTS(points), name));
    if (wish == NULL)
        return TRUE;
    g_auto(GStrv) parts = g_strsplit(wish, ":", 3);
    if (!g_str_equal(parts[0], name))
        return TRUE;
    int wanted = parts[2] != NULL ? atoi(parts[2]) : 1;
    if (++times != wanted)
        return TRUE;
    if (g_str_equal(parts[1], "kill"))
        raise(SIGKILL);
    if (g_str_equal(parts[1], "pause")) {
        raise(SIGSTOP);
        return TRUE;
    }
    g_set_error(error, TU_ERROR, TU_ERROR_BUSY, "stop point %s", name);
    return FALSE;
}

#endif
