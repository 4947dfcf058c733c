#include <stdio.h>

#include "cli/keyed_status.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/workers.h"
#include "time/instant.h"

/* Since when the first of its tables is unguarded; a loss that no worker has noted yet: since now.
 * FALSE: none is. */
static gboolean
unguarded_since(const TuStatus *status, const TuSummaryStatus *summary, gint64 *ret_since_us)
{
    gboolean found = FALSE;
    for (guint i = 0; i < summary->guards->len; i++) {
        const TuTableGuard *guard = &g_array_index(summary->guards, TuTableGuard, i);
        gint64 since_us = guard->has_since ? guard->since_us : status->now_us;
        if (!guard->is_unguarded)
            continue;
        *ret_since_us = found ? MIN(*ret_since_us, since_us) : since_us;
        found = TRUE;
    }
    return found;
}

static gint64
pending_of(const TuSummaryStatus *summary)
{
    return summary->waiting.n_entries + summary->waiting.n_buckets;
}

/* Clocks differ; nothing is younger than now. */
static gint64
age_s(const TuStatus *status, gint64 at_us)
{
    return MAX(0, (status->now_us - at_us) / TU_SECOND_US);
}

/* ---- JSON ---- */

static void
add_value(JsonBuilder *builder, const char *name, TuValue value)
{
    json_builder_set_member_name(builder, name);
    tu_output_value(builder, &value);
}

static void
add_last_run(JsonBuilder *builder, const TuLastRun *run)
{
    json_builder_set_member_name(builder, "last_run");
    if (!run->found) {
        json_builder_add_null_value(builder);
        return;
    }
    json_builder_begin_object(builder);
    add_value(builder, "kind", tu_value_text(run->kind));
    add_value(builder, "status", tu_value_text(run->status));
    add_value(builder, "started_at", tu_value_text(run->started_at));
    add_value(builder, "finished_at", tu_value_text(run->finished_at));
    add_value(builder, "error", tu_value_text(run->error));
    json_builder_end_object(builder);
}

static void
add_summary(JsonBuilder *builder, const TuStatus *status, const TuSummaryStatus *summary)
{
    char from[TU_DATE_TEXT_BYTES], since[TU_INSTANT_TEXT_BYTES];
    const TuWaiting *waiting = &summary->waiting;
    gint64 since_us = 0;
    gboolean has_since = unguarded_since(status, summary, &since_us);
    tu_date_format(summary->history.right_from, from);
    tu_instant_format(since_us, since);
    json_builder_begin_object(builder);
    add_value(builder, "summary", tu_value_text(summary->summary->spec->name));
    add_value(builder, "state", tu_value_text(tu_state_name(summary->state)));
    add_value(builder, "right_from", tu_value_text(summary->history.has_right_from ? from : NULL));
    add_value(builder, "pending", tu_value_integer(pending_of(summary)));
    add_value(builder, "oldest_pending_s",
              waiting->has_oldest ? tu_value_integer(age_s(status, waiting->oldest_us))
                                  : TU_NULL_VALUE);
    add_last_run(builder, &summary->last_run);
    add_value(builder, "drift", tu_value_integer(summary->drift));
    add_value(builder, "parked", tu_value_integer(waiting->n_parked));
    add_value(builder, "unguarded_since", tu_value_text(has_since ? since : NULL));
    tu_sealed_add(builder, summary->sealed);
    json_builder_end_object(builder);
}

static void
add_keyed(JsonBuilder *builder, const TuStatus *status, const TuKeyedStatus *keyed)
{
    char since[TU_INSTANT_TEXT_BYTES];
    tu_instant_format(keyed->unguarded_us, since);
    json_builder_begin_object(builder);
    add_value(builder, "summary", tu_value_text(keyed->keyed->spec->name));
    add_value(builder, "state", tu_value_text(tu_state_name(keyed->state)));
    add_value(builder, "right_from", TU_NULL_VALUE);
    add_value(builder, "pending", tu_value_integer(keyed->n_entries + keyed->n_invalid));
    add_value(builder, "oldest_pending_s",
              keyed->has_oldest ? tu_value_integer(age_s(status, keyed->oldest_us))
                                : TU_NULL_VALUE);
    add_last_run(builder, &keyed->last_run);
    add_value(builder, "drift", tu_value_integer(keyed->drift));
    add_value(builder, "parked", tu_value_integer(keyed->n_parked));
    add_value(builder, "unguarded_since", tu_value_text(keyed->has_unguarded ? since : NULL));
    json_builder_end_object(builder);
}

static void
add_sources(JsonBuilder *builder, const TuStatus *status)
{
    json_builder_set_member_name(builder, "sources");
    json_builder_begin_array(builder);
    for (guint i = 0; i < status->sources->len; i++) {
        const TuSourceStatus *source = &g_array_index(status->sources, TuSourceStatus, i);
        json_builder_begin_object(builder);
        add_value(builder, "source", tu_value_text(source->source));
        add_value(builder, "without_tenant", tu_value_integer(source->without_tenant));
        add_value(builder, "without_time", tu_value_integer(source->without_time));
        add_value(builder, "of_unknown_tenants", tu_value_integer(source->of_unknown_tenants));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
add_jobs(JsonBuilder *builder, const TuStatus *status)
{
    if (status->workers != NULL)
        tu_workers_add(builder, status->workers);
    json_builder_set_member_name(builder, "jobs");
    json_builder_begin_object(builder);
    add_value(builder, "pending", tu_value_integer(status->n_jobs_pending));
    add_value(builder, "running", tu_value_integer(status->n_jobs_running));
    json_builder_end_object(builder);
}

static void
add_nights(JsonBuilder *builder, const TuStatus *status)
{
    json_builder_set_member_name(builder, "nights");
    json_builder_begin_array(builder);
    for (guint i = 0; i < status->nights->len; i++) {
        const TuNightStatus *night = &g_array_index(status->nights, TuNightStatus, i);
        json_builder_begin_object(builder);
        add_value(builder, "summary", tu_value_text(night->summary));
        add_value(builder, "zone", tu_value_text(night->zone));
        add_value(builder, "late_since", tu_value_time(TU_TYPE_INSTANT, night->since_us));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
add_failing(JsonBuilder *builder, const TuStatus *status)
{
    json_builder_set_member_name(builder, "failing");
    json_builder_begin_array(builder);
    for (guint i = 0; i < status->failing->len; i++) {
        const TuFailingStatus *failing = &g_array_index(status->failing, TuFailingStatus, i);
        json_builder_begin_object(builder);
        add_value(builder, "summary", tu_value_text(failing->summary));
        add_value(builder, "series", tu_value_text(failing->series));
        add_value(builder, "since", tu_value_text(failing->since));
        add_value(builder, "error", tu_value_text(failing->error));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
print_json(const TuStatus *status)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "summaries");
    json_builder_begin_array(builder);
    for (guint i = 0; i < status->summaries->len; i++)
        add_summary(builder, status, &g_array_index(status->summaries, TuSummaryStatus, i));
    for (guint i = 0; i < status->keyed->len; i++)
        add_keyed(builder, status, &g_array_index(status->keyed, TuKeyedStatus, i));
    json_builder_end_array(builder);
    add_sources(builder, status);
    json_builder_set_member_name(builder, "tenants");
    json_builder_begin_array(builder);
    for (guint i = 0; i < status->tenants->len; i++) {
        const TuTenantStatus *tenant = &g_array_index(status->tenants, TuTenantStatus, i);
        json_builder_begin_object(builder);
        add_value(builder, "tenant", tenant->key);
        add_value(builder, "error", tu_value_text(tenant->error));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    add_jobs(builder, status);
    add_nights(builder, status);
    add_failing(builder, status);
    json_builder_end_object(builder);
    tu_output_json(builder);
}

/* ---- text ---- */

/* 12 s, 3 min, 5 h, 2 d. Free with g_free. */
static char *
age_text(gint64 seconds)
{
    static const struct {
        gint64 from_s;
        gint64 unit_s;
        const char *unit;
    } units[] = {{172800, 86400, "d"}, {7200, 3600, "h"}, {120, 60, "min"}, {0, 1, "s"}};
    guint i = 0;
    while (seconds < units[i].from_s)
        i++;
    return g_strdup_printf("%" G_GINT64_FORMAT " %s", seconds / units[i].unit_s, units[i].unit);
}

/* "rebuilding, right from 2001-04-01 on"; "not captured, 12 min old". */
static char *
state_text(const TuStatus *status, const TuSummaryStatus *summary)
{
    const char *name = tu_state_name(summary->state);
    char from[TU_DATE_TEXT_BYTES];
    if (summary->history.has_right_from) {
        tu_date_format(summary->history.right_from, from);
        return g_strdup_printf("%s, right from %s on", name, from);
    }
    if (summary->state != TU_STATE_NOT_CAPTURED)
        return g_strdup(name);
    if (summary->as_of_us == TU_AS_OF_UNKNOWN || summary->as_of_us == TU_AS_OF_NOW)
        return g_strdup_printf("%s, no repair was complete yet", name);
    g_autofree char *age = age_text(age_s(status, summary->as_of_us));
    return g_strdup_printf("%s, up to %s old", name, age);
}

static char *
last_run_text(const TuStatus *status, const TuLastRun *run)
{
    gint64 at_us = 0;
    const char *at = run->finished_at != NULL ? run->finished_at : run->started_at;
    TuValue value = tu_value_text(at);
    if (!run->found)
        return g_strdup("-");
    if (!tu_value_read_instant(&value, &at_us))
        return g_strdup_printf("%s %s", run->kind, run->status);
    g_autofree char *age = age_text(age_s(status, at_us));
    return g_strdup_printf("%s %s %s ago", run->kind, run->status, age);
}

static void
add_number(TuTextTable *table, gint64 number)
{
    TuValue value = tu_value_integer(number);
    tu_text_table_add_value(table, &value);
}

static void
add_keyed_line(TuTextTable *table, const TuStatus *status, const TuKeyedStatus *keyed)
{
    g_autofree char *last_run = last_run_text(status, &keyed->last_run);
    g_autofree char *oldest =
        keyed->has_oldest ? age_text(age_s(status, keyed->oldest_us)) : g_strdup("-");
    tu_text_table_add(table, keyed->keyed->spec->name, FALSE);
    tu_text_table_add(table, tu_state_name(keyed->state), FALSE);
    add_number(table, keyed->n_entries + keyed->n_invalid);
    tu_text_table_add(table, oldest, TRUE);
    add_number(table, keyed->drift);
    add_number(table, keyed->n_parked);
    tu_text_table_add(table, last_run, FALSE);
}

static void
print_summaries(const TuStatus *status)
{
    static const char *const headers[] = {"summary", "state",  "pending", "oldest",
                                          "drift",   "parked", "last run"};
    g_autoptr(TuTextTable) table = tu_text_table_new(headers, G_N_ELEMENTS(headers));
    for (guint i = 0; i < status->summaries->len; i++) {
        const TuSummaryStatus *summary = &g_array_index(status->summaries, TuSummaryStatus, i);
        g_autofree char *state = state_text(status, summary);
        g_autofree char *last_run = last_run_text(status, &summary->last_run);
        g_autofree char *oldest = summary->waiting.has_oldest
                                      ? age_text(age_s(status, summary->waiting.oldest_us))
                                      : g_strdup("-");
        tu_text_table_add(table, summary->summary->spec->name, FALSE);
        tu_text_table_add(table, state, FALSE);
        add_number(table, pending_of(summary));
        tu_text_table_add(table, oldest, TRUE);
        add_number(table, summary->drift);
        add_number(table, summary->waiting.n_parked);
        tu_text_table_add(table, last_run, FALSE);
    }
    for (guint i = 0; i < status->keyed->len; i++)
        add_keyed_line(table, status, &g_array_index(status->keyed, TuKeyedStatus, i));
    tu_text_table_print(table);
}

/* A line for what needs attention. */
static void print_line(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void
print_line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *harmless = tu_output_harmless(line);
    puts(harmless);
}

static void
print_guard(const TuTableGuard *guard)
{
    char since[TU_INSTANT_TEXT_BYTES] = "an unknown time";
    if (guard->has_since)
        tu_instant_format(guard->since_us, since);
    if (guard->is_released)
        print_line("table %s is released since %s: `trueup apply` guards it again",
                   guard->captured->name, since);
    else
        print_line("table %s is unguarded since %s: %s: run `trueup apply`", guard->captured->name,
                   since, guard->problem != NULL ? guard->problem : "no reason is noted");
}

/* One line about a table, though several summaries read it. */
static void
print_guards(const TuStatus *status)
{
    g_autoptr(GHashTable) said = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < status->summaries->len; i++) {
        const TuSummaryStatus *summary = &g_array_index(status->summaries, TuSummaryStatus, i);
        for (guint g = 0; g < summary->guards->len; g++) {
            const TuTableGuard *guard = &g_array_index(summary->guards, TuTableGuard, g);
            gboolean is_known = guard->hidden == NULL;
            if ((!guard->is_unguarded && !guard->is_released && is_known) ||
                !g_hash_table_add(said, (gpointer)(gsize)guard->captured))
                continue;
            if (is_known)
                print_guard(guard);
            else
                print_line("%s", guard->hidden);
        }
    }
}

/* "summary s: days before 2024-11-22 are sealed; changes to sealed buckets: 2 since
 * 2026-11-22..." */
static void
print_sealed(const TuSummaryStatus *summary, const TuSealed *own)
{
    const char *name = summary->summary->spec->name;
    g_autofree char *removed = tu_sealed_text(own->grain, own->removed_below);
    g_autofree char *sealed = tu_sealed_text(own->grain, own->sealed_below);
    char since[TU_INSTANT_TEXT_BYTES];
    tu_instant_format(own->since_us, since);
    if (own->is_removed && own->to_removed > 0)
        print_line("summary %s: %s are removed; changes to removed buckets: %" G_GINT64_FORMAT,
                   name, removed, own->to_removed);
    else if (own->is_removed)
        print_line("summary %s: %s are removed", name, removed);
    if (own->is_sealed && own->to_sealed > 0)
        print_line("summary %s: %s are sealed; changes to sealed buckets: %" G_GINT64_FORMAT
                   " since %s",
                   name, sealed, own->to_sealed, own->has_since ? since : "an unknown time");
    else if (own->is_sealed)
        print_line("summary %s: %s are sealed", name, sealed);
}

static void
print_all_sealed(const TuStatus *status)
{
    for (guint i = 0; i < status->summaries->len; i++) {
        const TuSummaryStatus *summary = &g_array_index(status->summaries, TuSummaryStatus, i);
        for (guint s = 0; s < summary->sealed->len; s++)
            print_sealed(summary, &g_array_index(summary->sealed, TuSealed, s));
    }
}

static void
print_tenants(const TuStatus *status)
{
    for (guint i = 0; i < status->tenants->len; i++) {
        const TuTenantStatus *tenant = &g_array_index(status->tenants, TuTenantStatus, i);
        print_line("tenant %s is left out: %s", tenant->tenant, tenant->error);
    }
}

static void
print_parked(const TuStatus *status)
{
    gint64 n_parked = 0;
    for (guint i = 0; i < status->summaries->len; i++)
        n_parked += g_array_index(status->summaries, TuSummaryStatus, i).waiting.n_parked;
    for (guint i = 0; i < status->keyed->len; i++)
        n_parked += g_array_index(status->keyed, TuKeyedStatus, i).n_parked;
    for (guint i = 0; i < status->parked->len; i++) {
        const TuParkedBucket *parked = &g_array_index(status->parked, TuParkedBucket, i);
        if (parked->key != NULL)
            print_line("parked: summary %s, key %s, %" G_GINT64_FORMAT " attempts: %s",
                       parked->summary, parked->key, parked->attempts, parked->error);
        else
            print_line("parked: summary %s, bucket %s%s%s, %" G_GINT64_FORMAT " attempts: %s",
                       parked->summary, parked->bucket, parked->tenant != NULL ? " of tenant " : "",
                       parked->tenant != NULL ? parked->tenant : "", parked->attempts,
                       parked->error);
    }
    if (n_parked > status->parked->len)
        print_line("parked: %" G_GINT64_FORMAT " more, see table trueup_parked",
                   n_parked - status->parked->len);
}

/* A run of all summaries is each one's last: said once. */
static void
print_failed_runs(const TuStatus *status)
{
    g_autoptr(GHashTable) said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < status->summaries->len; i++) {
        const TuSummaryStatus *summary = &g_array_index(status->summaries, TuSummaryStatus, i);
        const TuLastRun *run = &summary->last_run;
        if (g_strcmp0(run->status, "FAILED") != 0)
            continue;
        char *line = g_strdup_printf("the last %s failed: %s", run->kind,
                                     run->error != NULL ? run->error : "no reason is noted");
        if (!g_hash_table_contains(said, line))
            print_line("%s", line);
        g_hash_table_add(said, line);
    }
}

static void
print_uncounted(const TuStatus *status)
{
    for (guint i = 0; i < status->sources->len; i++) {
        const TuSourceStatus *source = &g_array_index(status->sources, TuSourceStatus, i);
        if (source->without_tenant != 0 || source->without_time != 0 ||
            source->of_unknown_tenants != 0)
            print_line("source %s: %" G_GINT64_FORMAT " rows without a tenant, %" G_GINT64_FORMAT
                       " without a time, %" G_GINT64_FORMAT " of unknown tenants",
                       source->source, source->without_tenant, source->without_time,
                       source->of_unknown_tenants);
    }
}

static void
print_pauses(const TuStatus *status)
{
    for (guint i = 0; i < status->pauses->len; i++) {
        const TuPause *pause = g_ptr_array_index(status->pauses, i);
        char since[TU_INSTANT_TEXT_BYTES];
        tu_instant_format(pause->paused_us, since);
        g_autofree char *what = pause->summary != NULL
                                    ? g_strdup_printf("summary %s is", pause->summary)
                                    : g_strdup("all summaries are");
        print_line("%s paused since %s%s%s: `trueup resume` ends it", what, since,
                   pause->paused_by != NULL ? " by " : "",
                   pause->paused_by != NULL ? pause->paused_by : "");
    }
}

static void
print_jobs(const TuStatus *status)
{
    if (status->n_jobs_pending + status->n_jobs_running > 0)
        print_line("queue: %" G_GINT64_FORMAT " jobs wait, %" G_GINT64_FORMAT
                   " are worked on: see `trueup jobs`",
                   status->n_jobs_pending, status->n_jobs_running);
}

static void
print_nights(const TuStatus *status)
{
    for (guint i = 0; i < status->nights->len; i++) {
        const TuNightStatus *night = &g_array_index(status->nights, TuNightStatus, i);
        char since[TU_INSTANT_TEXT_BYTES];
        tu_instant_format(night->since_us, since);
        print_line("summary %s: the night of %s is late since %s: is `trueup run` at work?",
                   night->summary, night->zone, since);
    }
}

static void
print_failing(const TuStatus *status)
{
    for (guint i = 0; i < status->failing->len; i++) {
        const TuFailingStatus *failing = &g_array_index(status->failing, TuFailingStatus, i);
        print_line("failing%s%s: summary %s%s%s: %s: it stays as it is, the others go on",
                   failing->since != NULL ? " since " : "",
                   failing->since != NULL ? failing->since : "", failing->summary,
                   failing->series != NULL ? ", series " : "",
                   failing->series != NULL ? failing->series : "", failing->error);
    }
}

static void
print_text(const TuStatus *status)
{
    print_summaries(status);
    print_pauses(status);
    print_jobs(status);
    if (status->workers != NULL)
        tu_workers_print(status->workers);
    print_nights(status);
    print_guards(status);
    print_failing(status);
    print_all_sealed(status);
    print_tenants(status);
    print_failed_runs(status);
    print_parked(status);
    print_uncounted(status);
}

void
tu_status_print(const TuStatus *status, gboolean as_json)
{
    if (as_json)
        print_json(status);
    else
        print_text(status);
}
