/*
 * Work: what the commands that change something share: one worker at a time, results as text or
 * JSON, exit codes.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "cli/command.h"

/* Something to do with each group, under the lock that keeps other workers from the same work. When
 * its connection is lost it is called again for the same group, with a new keeper and a new model:
 * what `data` keeps must not point into them. */
typedef gboolean (*TuGroupWork)(TuKeeper *keeper, TuGroup *group, TuResult *result, gpointer data,
                                GError **error);

/* keeper->yield, for work in pieces: gives the group's lock back for a moment, and waits for it. */
gboolean tu_work_yield(gpointer data, gboolean may_leave, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Does it for every group that has the summary of that name (NULL: every one). If another worker
 * has a group, says who and goes on; *ret_was_held then. `waits`: wait for it instead, looking
 * again. */
gboolean tu_work_each(TuSession *session, const char *summary_name, gboolean waits,
                      TuGroupWork work, gpointer data, TuResult *result, gboolean *ret_was_held,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Says on stderr which summaries are paused: they are left as they are, as who paused them wants,
 * and that is no failure. `summary` not NULL: that one alone was asked for, and cannot be left. */
gboolean tu_work_say_paused(const TuSession *session, const char *summary,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Prints {cells_checked, cells_drifted, cells_written, failed:[...]} or the same as a sentence that
 * begins with `what`; failures as lines on stderr. Gives the exit code. */
int tu_work_report(const TuContext *context, const char *what, const TuResult *result);

/* Adds "failed": [{summary, tenant, error}] to an object. */
void tu_work_add_failures(JsonBuilder *builder, const TuResult *result);

/* The failures alone, as lines on stderr; gives the exit code that they mean. */
int tu_work_failures(const TuResult *result);

/* Local days: --date, --from and --to (inclusive), --days back from today. USAGE if they make no
 * range. Without any: no bounds, if that is allowed. */
typedef struct {
    char *date, *from, *to;
    int days;
} TuDateOptions;
gboolean tu_work_dates(const TuDateOptions *options, gboolean may_be_all, TuDate *ret_from,
                       TuDate *ret_to, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_date_options_clear(TuDateOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuDateOptions, tu_date_options_clear)
