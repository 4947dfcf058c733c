/* A spec, or complaints in order; never both, never neither, and a spec without holes. */
#include "target.h"

#include <string.h>

#include "error.h"
#include "spec/spec.h"

static void
check_problems(const GPtrArray *problems)
{
    TuMark last = {0, 0};
    for (guint i = 0; i < problems->len; i++) {
        const TuProblem *problem = g_ptr_array_index(problems, i);
        TuMark mark = problem->mark;
        g_assert(mark.line > last.line || (mark.line == last.line && mark.column >= last.column));
        g_assert((mark.line == 0) == (mark.column == 0));
        g_assert(*problem->message != '\0' && g_utf8_validate(problem->message, -1, NULL));
        for (const char *c = problem->message; *c != '\0'; c++)
            g_assert(!g_ascii_iscntrl(*c));
        last = mark;
    }
}

static void
check_summary(const TuSpec *spec, const TuSummary *summary)
{
    g_assert(tu_spec_summary(spec, summary->name) == summary);
    g_assert(summary->grains != 0 && summary->series->len > 0 && summary->measures->len > 0);
    g_assert((summary->series_column != NULL) == (summary->is_long != FALSE));
    g_assert(summary->refresh.batch_min <= summary->refresh.batch_max);
    g_assert(summary->refresh.settle_us > 0 && summary->refresh.every_us > 0);
    for (guint grain = 0; grain < TU_GRAINS; grain++) {
        gboolean is_kept = tu_summary_has_grain(summary, (TuGrain)grain);
        g_assert((summary->table[grain] != NULL) == is_kept);
        g_assert((summary->bucket_column[grain] != NULL) == is_kept);
        const TuDuration *window = &summary->refresh.window[grain];
        g_assert((window->us > 0) != (window->months > 0));
    }
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSeries *series = g_ptr_array_index(summary->series, i);
        g_assert((series->name != NULL) == (summary->is_long != FALSE));
        g_assert(series->source != NULL);
        g_assert((series->source->tenant != NULL) == (summary->has_tenant != FALSE));
        g_assert(series->dimensions->len == summary->dimensions->len);
        g_assert(series->measures->len == summary->measures->len);
    }
}

static void
check_spec(const TuSpec *spec)
{
    g_assert(spec->text != NULL && spec->time_zone != NULL);
    g_assert(spec->control_schema == NULL || *spec->control_schema != '\0');
    g_assert(spec->sources->len > 0 && spec->summaries->len > 0);
    for (guint i = 0; i < spec->sources->len; i++) {
        const TuSource *source = g_ptr_array_index(spec->sources, i);
        g_assert(source->index == i && source->tables->len > 0 && *source->time != '\0');
        g_assert(spec->tenants == NULL || source->tenant != NULL);
        for (guint j = 0; j < source->tables->len; j++) {
            const TuSourceTable *table = g_ptr_array_index(source->tables, j);
            g_assert(*table->table != '\0' && *table->alias != '\0');
            g_assert((table->on == NULL) == (j == 0));
        }
    }
    for (guint i = 0; i < spec->summaries->len; i++)
        check_summary(spec, g_ptr_array_index(spec->summaries, i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(TuSpec) spec =
        tu_spec_parse((const char *)data, size, "fuzz.yaml", &problems, &error);

    g_assert(problems != NULL && (spec == NULL) == (problems->len > 0));
    g_assert((spec == NULL) == tu_error_is(error, TU_ERROR_CONFIG));
    check_problems(problems);
    if (spec != NULL)
        check_spec(spec);
    return 0;
}
