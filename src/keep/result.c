#include "keep/result.h"

#include "schema/keyed.h"
#include "time/instant.h"

void
tu_result_init(TuResult *result)
{
    *result = (TuResult){0};
}

/* After a try that is done again its numbers go; what it found to be wrong stays, and would only
 * be found again. */
void
tu_result_restore(TuResult *result, const TuResult *before)
{
    GPtrArray *failures = result->failures;
    *result = *before;
    result->failures = failures;
}

static void add_failure(TuResult *result, const char *summary, const char *tenant,
                        const char *error, char **readers);

/* Every number; a failure that is known stays once. */
void
tu_result_add(TuResult *result, const TuResult *other)
{
    result->rows_read += other->rows_read;
    result->changes += other->changes;
    result->entries += other->entries;
    result->settled += other->settled;
    result->cells_checked += other->cells_checked;
    result->cells_drifted += other->cells_drifted;
    result->cells_written += other->cells_written;
    result->cells_pending += other->cells_pending;
    result->cells_unbuilt += other->cells_unbuilt;
    result->cells_removed += other->cells_removed;
    result->cells_sealed += other->cells_sealed;
    for (guint i = 0; other->failures != NULL && i < other->failures->len; i++) {
        const TuFailure *failure = g_ptr_array_index(other->failures, i);
        add_failure(result, failure->summary, failure->tenant, failure->error,
                    g_strdupv(failure->readers));
    }
}

static void
failure_free(gpointer data)
{
    TuFailure *failure = data;
    g_free(failure->summary);
    g_free(failure->tenant);
    g_free(failure->error);
    g_free(failure->line);
    g_strfreev(failure->readers);
    g_free(failure);
}

void
tu_result_clear(TuResult *result)
{
    g_clear_pointer(&result->failures, g_ptr_array_unref);
}

/* A turn that is done again meets the same failure: it is told once. Takes `readers`. */
static void
add_failure(TuResult *result, const char *summary, const char *tenant, const char *error,
            char **readers)
{
    g_auto(GStrv) taken = readers;
    if (result->failures == NULL)
        result->failures = g_ptr_array_new_with_free_func(failure_free);
    for (guint i = 0; i < result->failures->len; i++) {
        const TuFailure *known = g_ptr_array_index(result->failures, i);
        if (g_strcmp0(known->summary, summary) == 0 && g_strcmp0(known->tenant, tenant) == 0 &&
            g_strcmp0(known->error, error) == 0)
            return;
    }
    TuFailure *failure = g_new0(TuFailure, 1);
    failure->summary = g_strdup(summary);
    failure->tenant = g_strdup(tenant);
    failure->error = g_strdup(error);
    failure->line =
        tenant != NULL ? g_strdup_printf("tenant %s: %s", tenant, error) : g_strdup(error);
    failure->readers = g_steal_pointer(&taken);
    g_ptr_array_add(result->failures, failure);
}

void
tu_result_fail(TuResult *result, const char *summary, const char *tenant, const char *error)
{
    add_failure(result, summary, tenant, error, NULL);
}

/* ---- tables ---- */

/* Who lists the tenants is read by all that have any. */
static gboolean
is_kept_by(const TuSummaryModel *summary, const TuCaptured *table)
{
    if (table == table->group->model->tenants && summary->spec->has_tenant)
        return TRUE;
    for (guint i = 0; i < summary->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(summary->series, i);
        if (series->source->captures &&
            g_ptr_array_find(series->source->tables, (gpointer)(gsize)table, NULL))
            return TRUE;
    }
    return FALSE;
}

void
tu_result_fail_table(TuResult *result, const TuGroup *group, const TuCaptured *table,
                     const char *error)
{
    g_autoptr(GStrvBuilder) readers = g_strv_builder_new();
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        if (is_kept_by(summary, table))
            g_strv_builder_add(readers, summary->spec->name);
    }
    for (guint i = 0; i < group->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
        if (g_ptr_array_find(keyed->tables, (gpointer)(gsize)table, NULL))
            g_strv_builder_add(readers, keyed->spec->name);
    }
    add_failure(result, NULL, NULL, error, g_strv_builder_end(readers));
}

gboolean
tu_failure_is_of_table(const TuFailure *failure)
{
    return failure->readers != NULL;
}

/* ---- reading them ---- */

/* A person reads so many; how many more there are is said. */
#define FAILURES_TOLD 12

static gboolean
is_of(const TuFailure *failure, const char *summary, const char *tenant)
{
    if (tenant != NULL && failure->tenant != NULL && !g_str_equal(failure->tenant, tenant))
        return FALSE;
    if (summary == NULL)
        return TRUE;
    if (failure->readers != NULL)
        return g_strv_contains((const char *const *)failure->readers, summary);
    return failure->summary == NULL || g_str_equal(failure->summary, summary);
}

static gboolean
is_of_any(const TuFailure *failure, const char *const *summaries, const char *tenant)
{
    gboolean is_its = summaries[0] == NULL && is_of(failure, NULL, tenant);
    for (guint i = 0; summaries[i] != NULL; i++)
        is_its = is_its || is_of(failure, summaries[i], tenant);
    return is_its;
}

/* The first says enough where there is room for one line. */
const char *
tu_result_problem(const TuResult *result, const char *summary)
{
    for (guint i = 0; result->failures != NULL && i < result->failures->len; i++) {
        const TuFailure *failure = g_ptr_array_index(result->failures, i);
        if (is_of(failure, summary, NULL))
            return failure->line;
    }
    return NULL;
}

void
tu_result_keep_failures(TuResult *result, const char *summary, const char *tenant)
{
    for (guint i = result->failures != NULL ? result->failures->len : 0; i-- > 0;)
        if (!is_of(g_ptr_array_index(result->failures, i), summary, tenant))
            g_ptr_array_remove_index(result->failures, i);
}

/* In the order in which they were met. */
char *
tu_result_failures(const TuResult *result, const char *const *summaries, const char *tenant)
{
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean is_of_one = summaries[0] != NULL && summaries[1] == NULL;
    guint n = 0;
    for (guint i = 0; result->failures != NULL && i < result->failures->len; i++) {
        const TuFailure *failure = g_ptr_array_index(result->failures, i);
        if (!is_of_any(failure, summaries, tenant) || n++ >= FAILURES_TOLD)
            continue;
        g_string_append(text, n > 1 ? "; " : "");
        if (!is_of_one && failure->summary != NULL)
            g_string_append_printf(text, "summary %s: ", failure->summary);
        g_string_append(text, failure->line);
    }
    if (n > FAILURES_TOLD)
        g_string_append_printf(text, "; and %u more", n - FAILURES_TOLD);
    return n > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

/* A source has no line of its own in reports: each summary that reads it has. */
void
tu_result_fail_source(TuResult *result, const TuSourceModel *source, const char *error)
{
    g_autofree char *text = g_strdup_printf("source %s: %s", source->spec->name, error);
    for (guint i = 0; i < source->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(source->series, i);
        tu_result_fail(result, series->summary->spec->name, NULL, text);
    }
}

/* With the bucket's own name, as it stands in the table. */
void
tu_result_fail_bucket(TuResult *result, const TuSummaryModel *summary, const TuValue *tenant,
                      TuGrain grain, TuBucket bucket, const char *error)
{
    char name[TU_INSTANT_TEXT_BYTES];
    g_autofree char *text = tenant->type != TU_TYPE_NULL ? tu_value_to_text(tenant) : NULL;
    tu_bucket_format(grain, bucket, name);
    g_autofree char *problem = g_strdup_printf("%s: %s", name, error);
    tu_result_fail(result, summary->spec->name, text, problem);
}
