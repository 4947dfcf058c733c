#include "work/fair.h"

/* A tenant has no newline before the kind; if it had, two lanes would be one, no more. */
char *
tu_fair_lane(const TuJob *job)
{
    return g_strdup_printf("%s\n%s", job->kind, job->tenant != NULL ? job->tenant : "");
}

static gint64
served_of(const TuJob *job, GHashTable *served)
{
    g_autofree char *lane = tu_fair_lane(job);
    const gint64 *last = g_hash_table_lookup(served, lane);
    return last != NULL ? *last : 0;
}

/* The oldest job of the lane that was served longest ago is the least by (served, id). */
TuJob *
tu_fair_next(const GPtrArray *waiting, GHashTable *served)
{
    TuJob *next = NULL;
    gint64 next_served = 0;
    for (guint i = 0; i < waiting->len; i++) {
        TuJob *job = g_ptr_array_index(waiting, i);
        gint64 job_served = served_of(job, served);
        if (next == NULL || job_served < next_served ||
            (job_served == next_served && job->id < next->id)) {
            next = job;
            next_served = job_served;
        }
    }
    return next;
}
