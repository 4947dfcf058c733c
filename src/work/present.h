/*
 * Who is at work: a row of trueup_present for each daemon, which says now and then that it lives;
 * and whoever has a job or a run under way. For people: nothing is decided by it.
 */
#pragma once

#include "db/database.h"

/* How often a daemon says so; who was not heard of for thrice as long is not shown. */
#define TU_PRESENT_EVERY_US (20 * (gint64)G_USEC_PER_SEC)

/* It lives: since now, if it was not there. Rows of those that were not heard of for long go. */
gboolean tu_present_note(TuDatabase *db, const char *worker,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* It ends. */
gboolean tu_present_leave(TuDatabase *db, const char *worker,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    char *name;      /* "host:pid" */
    gint64 since_us; /* of a command: since it began what it does */
    char *doing;     /* "job 3: repair daily", "nightly daily", "settling" */
} TuPresent;

/* Of TuPresent, by name. */
gboolean tu_present_list(TuDatabase *db, GPtrArray **ret_list,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
