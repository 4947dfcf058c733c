/* Status of keyed summaries: how many keys wait, since when, which failed. */
#pragma once

#include "cli/status.h"
#include "schema/keyed.h"

struct TuKeyedStatus {
    const TuKeyedModel *keyed;
    TuState state;
    gint64 n_entries, n_invalid, n_parked;
    gboolean has_oldest;
    gint64 oldest_us;
    gboolean has_unguarded;
    gint64 unguarded_us;
    gint64 drift;
    TuLastRun last_run;
};

/* Reads all of them within the status' transaction, into `status->keyed`. */
gboolean tu_keyed_status_read(TuSession *session, TuStatus *status,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_keyed_status_clear(gpointer status);
