/*
 * Pausing: a summary, or all, is left as it is until it is resumed.
 *
 *   pause: row in trueup_pause + turn moved on, in one transaction
 *      every snapshot before it   its apply finds another turn and writes nothing
 *      every snapshot after it    sees the row, and leaves the summary out
 *
 * So nothing is written into the summary from that commit on, whoever was at what. What changes
 * meanwhile is not lost: see docs/decisions/0013-pausing.md.
 */
#pragma once

#include "db/database.h"

typedef struct {
    char *summary; /* NULL: all */
    gint64 paused_us;
    char *paused_by;
} TuPause;

/* Pauses it (NULL: all). *ret_is_new FALSE: it was paused before. */
gboolean tu_pause(TuDatabase *db, const char *summary, const char *paused_by, gboolean *ret_is_new,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes the pause of that summary away, or (NULL) every one. *ret_n: how many there were. */
gboolean tu_resume(TuDatabase *db, const char *summary, gint64 *ret_n,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of TuPause, oldest first. */
gboolean tu_pauses_read(TuDatabase *db, GPtrArray **ret_pauses,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The pause that holds the summary; NULL: none does. */
const TuPause *tu_pauses_find(const GPtrArray *pauses, const char *summary);
