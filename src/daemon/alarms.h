/*
 * Alarms: what is wrong is said when it begins, and once an hour while it lasts; not at each tick.
 */
#pragma once

#include <glib.h>

typedef struct TuAlarms TuAlarms;

TuAlarms *tu_alarms_new(void);
void tu_alarms_free(TuAlarms *alarms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuAlarms, tu_alarms_free)

/* TRUE if it is to be said now: `what` was not said within the hour before `now_us` (monotonic). */
gboolean tu_alarms_raise(TuAlarms *alarms, const char *what, gint64 now_us);

/* It is over: TRUE if it was said. It is said at once when it begins again. */
gboolean tu_alarms_end(TuAlarms *alarms, const char *what);

/* The same for all that begins so: TRUE if any was said. */
gboolean tu_alarms_end_all(TuAlarms *alarms, const char *prefix);
