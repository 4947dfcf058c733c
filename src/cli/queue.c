#include "cli/queue.h"

#include <math.h>

#include "time/instant.h"

char *
tu_queue_asker(void)
{
    return g_strdup_printf("%s@%s", g_get_user_name(), g_get_host_name());
}

/* ---- JSON ---- */

static void
add(JsonBuilder *builder, const char *name, TuValue value)
{
    json_builder_set_member_name(builder, name);
    tu_output_value(builder, &value);
}

void
tu_queue_add_text(JsonBuilder *builder, const char *name, const char *text)
{
    add(builder, name, tu_value_text(text));
}

void
tu_queue_add_integer(JsonBuilder *builder, const char *name, gint64 integer)
{
    add(builder, name, tu_value_integer(integer));
}

void
tu_queue_add_date(JsonBuilder *builder, const char *name, TuDate date)
{
    gboolean is_bound = date != G_MININT32 && date != G_MAXINT32;
    add(builder, name, is_bound ? tu_value_time(TU_TYPE_DATE, date) : TU_NULL_VALUE);
}

void
tu_queue_add_instant(JsonBuilder *builder, const char *name, gint64 at_us)
{
    add(builder, name,
        at_us != TU_TIME_BEFORE_ALL ? tu_value_time(TU_TYPE_INSTANT, at_us) : TU_NULL_VALUE);
}

gboolean
tu_queue_eta_s(const TuJob *job, double *ret_eta_s)
{
    if (job->status != TU_JOB_RUNNING || job->progress <= 0 || job->seconds <= 0)
        return FALSE;
    *ret_eta_s = job->seconds / job->progress * (1 - job->progress);
    return TRUE;
}

void
tu_queue_add_job(JsonBuilder *builder, const TuJob *job)
{
    double eta_s = 0;
    gboolean has_eta = tu_queue_eta_s(job, &eta_s);
    gboolean has_begun = job->started_us != TU_TIME_BEFORE_ALL;
    json_builder_begin_object(builder);
    tu_queue_add_integer(builder, "id", job->id);
    tu_queue_add_text(builder, "kind", job->kind);
    tu_queue_add_text(builder, "summary", job->summary);
    tu_queue_add_text(builder, "tenant", job->tenant);
    tu_queue_add_date(builder, "range_from", job->from);
    tu_queue_add_date(builder, "range_to", job->to);
    tu_queue_add_text(builder, "status", tu_job_status_name(job->status));
    add(builder, "progress", tu_value_real(job->progress));
    tu_queue_add_integer(builder, "attempts", job->attempts);
    tu_queue_add_text(builder, "requested_by", job->requested_by);
    tu_queue_add_instant(builder, "requested_at", job->requested_us);
    tu_queue_add_instant(builder, "started_at", job->started_us);
    tu_queue_add_instant(builder, "finished_at", job->finished_us);
    add(builder, "seconds", has_begun ? tu_value_real(job->seconds) : TU_NULL_VALUE);
    tu_queue_add_text(builder, "error", job->error);
    tu_queue_add_text(builder, "worker", job->worker);
    tu_queue_add_instant(builder, "next_attempt_at",
                         job->status == TU_JOB_PENDING ? job->next_attempt_us : TU_TIME_BEFORE_ALL);
    add(builder, "is_cancelling",
        tu_value_integer(job->is_cancelling && job->status == TU_JOB_RUNNING));
    add(builder, "per_second",
        has_eta ? tu_value_real(job->progress / job->seconds) : TU_NULL_VALUE);
    add(builder, "eta_s", has_eta ? tu_value_real(ceil(eta_s)) : TU_NULL_VALUE);
    json_builder_end_object(builder);
}

void
tu_queue_print_json(const char *name, const GPtrArray *list, TuQueueAdd add_one)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, name);
    json_builder_begin_array(builder);
    for (guint i = 0; i < list->len; i++)
        add_one(builder, g_ptr_array_index(list, i));
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    tu_output_json(builder);
}

/* ---- tables ---- */

static char *
date_text(TuDate date)
{
    char text[TU_DATE_TEXT_BYTES] = "";
    if (date != G_MININT32 && date != G_MAXINT32)
        tu_date_format(date, text);
    return g_strdup(text);
}

/* "2001-03-01..2001-03-31", "2001-03-01", "all". */
static char *
range_text(TuDate from, TuDate to)
{
    g_autofree char *first = date_text(from);
    g_autofree char *last = date_text(to);
    if (from == G_MININT32 && to == G_MAXINT32)
        return g_strdup("all");
    return from == to ? g_strdup(first) : g_strdup_printf("%s..%s", first, last);
}

void
tu_queue_add_number(TuTextTable *table, gint64 number)
{
    TuValue value = tu_value_integer(number);
    tu_text_table_add_value(table, &value);
}

void
tu_queue_add_head(TuTextTable *table, gint64 id, const char *kind, const char *summary,
                  const char *tenant, TuDate from, TuDate to)
{
    g_autofree char *range = range_text(from, to);
    tu_queue_add_number(table, id);
    tu_text_table_add(table, kind, FALSE);
    tu_text_table_add(table, summary != NULL ? summary : "all", FALSE);
    tu_text_table_add(table, tenant != NULL ? tenant : "all", FALSE);
    tu_text_table_add(table, range, FALSE);
}

char *
tu_queue_seconds_text(double seconds)
{
    static const struct {
        double from_s, unit_s;
        const char *unit;
    } units[] = {{172800, 86400, "d"}, {7200, 3600, "h"}, {120, 60, "min"}, {10, 1, "s"}};
    for (guint i = 0; i < G_N_ELEMENTS(units); i++)
        if (seconds >= units[i].from_s)
            return g_strdup_printf("%.0f %s", floor(seconds / units[i].unit_s), units[i].unit);
    return g_strdup_printf("%.1f s", seconds);
}

char *
tu_queue_instant_text(gint64 at_us)
{
    char text[TU_INSTANT_TEXT_BYTES];
    if (at_us == TU_TIME_BEFORE_ALL)
        return g_strdup("-");
    tu_instant_format(tu_instant_floor_us(at_us, TU_SECOND_US), text);
    return g_strdup(text);
}
