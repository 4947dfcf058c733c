/*
 * `trueup verify`: every cell against its source, at one snapshot, pending changes counted in. It
 * writes nothing, so a replica will do; exit 1 if a cell differs or something cannot be counted.
 */
#include <math.h>
#include <stdio.h>

#include "keep/connect.h"
#include "cli/keyed.h"
#include "cli/output.h"
#include "cli/sealed.h"
#include "cli/work.h"
#include "keep/build/repair.h"
#include "time/instant.h"

/* What is listed, of a summary that drifted everywhere; all are counted. A person reads fewer. */
#define LISTED_LIMIT 1000
#define LISTED_FOR_PEOPLE 20

typedef struct {
    const TuContext *context;
    JsonBuilder *json;
    GPtrArray *lines; /* for people */
    guint n_listed;
} Listing;

/* ---- one drifted cell ---- */

/* The one form of equal values, as keep/ compares them: where the database has no NaN, it is stored
 * as NULL. */
static TuValue
comparable(const TuDatabase *db, TuValue value)
{
    value = tu_value_normalise(value);
    gboolean is_nan = value.type == TU_TYPE_REAL && isnan(value.real);
    return is_nan && !tu_database_dialect(db)->has_nan ? TU_NULL_VALUE : value;
}

static void
add_measures(JsonBuilder *json, const TuSummaryTable *table, const TuValue *values)
{
    if (values == NULL) {
        json_builder_add_null_value(json);
        return;
    }
    json_builder_begin_object(json);
    for (guint i = 0; i < table->summary->spec->measures->len; i++) {
        json_builder_set_member_name(json, table->summary->measures[i].column);
        tu_output_value(json, &values[i]);
    }
    json_builder_end_object(json);
}

/* A cell's measures, as they are stored and as they should be. */
typedef struct {
    TuValue *stored, *right; /* NULL: no such row */
} Measures;

static void
measures_clear(Measures *measures)
{
    g_free(measures->stored);
    g_free(measures->right);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Measures, measures_clear)

static Measures
measures_of(TuTally *tally, const TuSummaryTable *table, guint target, TuCell *cell,
            const TuStoredCell *stored)
{
    const TuDatabase *db = tally->snapshot->keeper->db;
    guint n = table->summary->spec->measures->len;
    Measures measures = {stored != NULL ? g_new0(TuValue, n) : NULL,
                         cell != NULL ? g_new0(TuValue, n) : NULL};
    for (guint i = 0; i < n; i++) {
        TuValue result = TU_NULL_VALUE;
        TuValue sum;
        gint64 count;
        if (stored != NULL)
            measures.stored[i] = comparable(db, stored->values[tu_stored_measure_column(table, i)]);
        if (cell != NULL &&
            tu_cell_result(tu_cells_table(tally->cells, target), cell, i, &result, &sum, &count))
            measures.right[i] = comparable(db, result);
    }
    return measures;
}

/* The key's column names and values, from the cell or from the stored row. The bucket's is text,
 * and may be in `text`. */
static guint
key_of(TuTally *tally, const TuSummaryTable *table, guint target, TuCell *cell,
       const TuStoredCell *stored, char *text, const char **ret_names, TuValue *ret_values)
{
    const TuSummary *spec = table->summary->spec;
    TuDatabase *db = tally->snapshot->keeper->db;
    guint n = 0;
    if (spec->series_column != NULL)
        ret_names[n++] = spec->series_column;
    if (spec->has_tenant)
        ret_names[n++] = spec->tenant_column;
    guint bucket = n;
    ret_names[n++] = table->bucket_column;
    for (guint i = 0; i < spec->dimensions->len; i++)
        ret_names[n++] = g_ptr_array_index(spec->dimensions, i);
    if (cell != NULL) {
        tu_stored_key(tally, target, cell, text, ret_values);
        tu_bucket_format(table->grain, cell->bucket, text);
        ret_values[bucket] = tu_value_text(text);
        return n;
    }
    guint k = 0;
    if (spec->series_column != NULL)
        ret_values[k++] = stored->values[TU_STORED_SERIES];
    if (spec->has_tenant)
        ret_values[k++] = stored->values[TU_STORED_TENANT];
    ret_values[k++] = tu_output_bucket(db, table->grain, &stored->values[TU_STORED_BUCKET], text);
    for (guint i = 0; i < spec->dimensions->len; i++)
        ret_values[k++] = stored->values[TU_STORED_DIMENSIONS + i];
    return n;
}

static gboolean
is_decimal(const TuValue *value)
{
    return value->type == TU_TYPE_DECIMAL || value->type == TU_TYPE_LONG_DECIMAL;
}

/* Both comparable. A column of reals holds the double nearest to a decimal. */
static gboolean
are_same(const TuValue *a, const TuValue *b)
{
    gboolean is_mixed =
        (a->type == TU_TYPE_REAL && is_decimal(b)) || (b->type == TU_TYPE_REAL && is_decimal(a));
    if (!is_mixed)
        return tu_value_equal(a, b);
    g_autofree char *left = tu_output_text(a);
    g_autofree char *right = tu_output_text(b);
    return g_ascii_strtod(left, NULL) == g_ascii_strtod(right, NULL);
}

/* Reals that differ look different, though a person otherwise reads 15 digits. */
static char *
measure_text(const TuValue *values, guint index)
{
    if (values == NULL)
        return g_strdup("none");
    return values[index].type == TU_TYPE_REAL ? tu_output_real(values[index].real)
                                              : tu_value_to_text(&values[index]);
}

static char *
line_of(const TuSummaryTable *table, const Measures *measures, const char **names,
        const TuValue *values, guint n)
{
    GString *line = g_string_new(table->name);
    for (guint i = 0; i < n; i++) {
        g_autofree char *text = tu_value_to_text(&values[i]);
        g_string_append_printf(line, " %s=%s", names[i], text);
    }
    g_string_append_c(line, ':');
    if (measures->stored == NULL)
        g_string_append(line, " no row is stored;");
    for (guint i = 0; i < table->summary->spec->measures->len; i++) {
        g_autofree char *is = measure_text(measures->stored, i);
        g_autofree char *should = measure_text(measures->right, i);
        if (measures->stored == NULL || measures->right == NULL ||
            !are_same(&measures->stored[i], &measures->right[i]))
            g_string_append_printf(line, " %s is %s, true %s;", table->summary->measures[i].column,
                                   is, should);
    }
    if (measures->right == NULL)
        g_string_append(line, " no such row should be;");
    g_string_truncate(line, line->len - 1); /* the mark after the last of them */
    return g_string_free(line, FALSE);
}

static void
take_drift(TuTally *tally, const TuSummaryTable *table, guint target, TuCell *cell,
           const TuStoredCell *stored, gpointer data)
{
    Listing *listing = data;
    char text[TU_INSTANT_TEXT_BYTES];
    const char *names[TU_DIMENSIONS_LIMIT + 3];
    TuValue values[TU_DIMENSIONS_LIMIT + 3];
    if (listing->n_listed++ >= (listing->context->as_json ? LISTED_LIMIT : LISTED_FOR_PEOPLE))
        return;
    guint n = key_of(tally, table, target, cell, stored, text, names, values);
    g_auto(Measures) measures = measures_of(tally, table, target, cell, stored);
    if (!listing->context->as_json) {
        g_ptr_array_add(listing->lines, line_of(table, &measures, names, values, n));
        return;
    }
    JsonBuilder *json = listing->json;
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "summary");
    json_builder_add_string_value(json, table->summary->spec->name);
    json_builder_set_member_name(json, "table");
    json_builder_add_string_value(json, table->name);
    json_builder_set_member_name(json, "key");
    json_builder_begin_object(json);
    for (guint i = 0; i < n; i++) {
        json_builder_set_member_name(json, names[i]);
        tu_output_value(json, &values[i]);
    }
    json_builder_end_object(json);
    json_builder_set_member_name(json, "stored");
    add_measures(json, table, measures.stored);
    json_builder_set_member_name(json, "true");
    add_measures(json, table, measures.right);
    json_builder_end_object(json);
}

static void
take_key_drift(const TuKeyList *list, const TuKeyRow *row, gpointer data)
{
    Listing *listing = data;
    if (listing->n_listed++ >= (listing->context->as_json ? LISTED_LIMIT : LISTED_FOR_PEOPLE))
        return;
    if (listing->context->as_json)
        tu_keyed_add_drift(listing->json, list, row);
    else
        g_ptr_array_add(listing->lines, tu_keyed_drift_text(list, row));
}

/* ---- the command ---- */

static gboolean
verify_keyed(TuSession *session, const char *summary, Listing *listing, TuResult *result,
             GError **error)
{
    for (guint i = 0; i < session->model->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(session->model->keyed, i);
        if ((summary == NULL || g_str_equal(summary, keyed->spec->name)) &&
            !tu_keyed_verify(&session->keeper, keyed, take_key_drift, listing, result, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
verify_once(TuSession *session, const TuRepair *what, const char *summary, Listing *listing,
            TuResult *result, GError **error)
{
    gboolean is_of_keyed = summary != NULL && what->summary == NULL;
    /* Days and tenants are what keys do not have. */
    gboolean is_of_days =
        what->tenant != NULL || what->from != G_MININT32 || what->to != G_MAXINT32;
    if (!is_of_days && !verify_keyed(session, summary, listing, result, error))
        return FALSE;
    if (is_of_keyed)
        return TRUE;
    for (guint i = 0; i < session->model->groups->len; i++) {
        TuGroup *group = g_ptr_array_index(session->model->groups, i);
        if (group->summaries->len == 0 || (what->summary != NULL && what->summary->group != group))
            continue;
        if (!tu_verify_group(&session->keeper, group, what, take_drift, listing, result, error))
            return FALSE;
    }
    return TRUE;
}

static void
begin_listing(Listing *listing)
{
    listing->n_listed = 0;
    g_ptr_array_set_size(listing->lines, 0);
    json_builder_reset(listing->json);
    json_builder_begin_object(listing->json);
    json_builder_set_member_name(listing->json, "drift");
    json_builder_begin_array(listing->json);
}

/* It only reads: when the connection is lost it begins anew. */
static gboolean
verify_all(TuSession *session, TuRepair *what, const char *summary, Listing *listing,
           TuResult *result, GError **error)
{
    for (;;) {
        g_autoptr(GError) local = NULL;
        begin_listing(listing);
        tu_result_clear(result);
        tu_result_init(result);
        if (!tu_session_summary(session, summary, &what->summary, error))
            return FALSE;
        if (verify_once(session, what, summary, listing, result, &local))
            return TRUE;
        if (!tu_session_survive(session, tu_patience_limit_us(), g_steal_pointer(&local), error))
            return FALSE;
    }
}

static gboolean
print_json(TuSession *session, const TuRepair *what, JsonBuilder *json, const TuResult *result,
           GError **error)
{
    const struct {
        const char *name;
        gint64 count;
    } counts[] = {
        {"cells_checked", result->cells_checked},
        {"cells_drifted", result->cells_drifted},
        {"cells_pending", result->cells_pending},
        {"cells_sealed", result->cells_sealed},
    };
    json_builder_end_array(json);
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        json_builder_set_member_name(json, counts[i].name);
        json_builder_add_int_value(json, counts[i].count);
    }
    if (result->failures != NULL && result->failures->len > 0)
        tu_work_add_failures(json, result);
    if (!tu_sealed_add_all(json, session, what->summary, error))
        return FALSE;
    json_builder_end_object(json);
    tu_output_json(json);
    return TRUE;
}

static void
print_text(const Listing *listing, const TuResult *result)
{
    for (guint i = 0; i < listing->lines->len; i++)
        printf("drift: %s\n", (const char *)g_ptr_array_index(listing->lines, i));
    if (listing->n_listed > listing->lines->len)
        printf("       and %u more: --json lists %d\n", listing->n_listed - listing->lines->len,
               LISTED_LIMIT);
    printf("verified: %" G_GINT64_FORMAT " cells checked, %" G_GINT64_FORMAT " drifted",
           result->cells_checked, result->cells_drifted);
    gint64 unsettled = result->cells_pending - result->cells_unbuilt;
    if (unsettled > 0)
        printf(", %" G_GINT64_FORMAT " waiting for changes to be settled", unsettled);
    if (result->cells_unbuilt > 0)
        printf(", %" G_GINT64_FORMAT " of history that is not built yet", result->cells_unbuilt);
    if (result->cells_sealed > 0)
        printf(", %" G_GINT64_FORMAT " sealed and not compared", result->cells_sealed);
    if (result->failures != NULL && result->failures->len > 0)
        printf(", %u buckets, tenants or summaries could not be verified\n", result->failures->len);
    else if (result->cells_drifted > 0)
        printf("\n");
    else
        printf(result->cells_pending == 0 ? ": every cell equals its source\n"
                                          : ": every cell that is settled equals its source\n");
}

int
tu_command_verify(const TuContext *context, int argc, char **argv, GError **error)
{
    g_autofree char *summary = NULL;
    g_autofree char *tenant = NULL;
    g_auto(TuDateOptions) dates = {0};
    TuRepair what = {.is_dry_run = TRUE};
    const GOptionEntry entries[] = {
        {"summary", 0, 0, G_OPTION_ARG_FILENAME, &summary, NULL, NULL},
        {"tenant", 0, 0, G_OPTION_ARG_FILENAME, &tenant, NULL, NULL},
        {"from", 0, 0, G_OPTION_ARG_STRING, &dates.from, NULL, NULL},
        {"to", 0, 0, G_OPTION_ARG_STRING, &dates.to, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    g_auto(TuResult) result = {0};
    g_autoptr(JsonBuilder) json = json_builder_new();
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    Listing listing = {context, json, lines, 0};
    if (!tu_options_parse_all(entries, &argc, &argv, error) ||
        !tu_work_dates(&dates, TRUE, &what.from, &what.to, error) ||
        !tu_session_open(&session, &context->door, TU_OPEN_READ, TRUE, error))
        return -1;
    what.tenant = tenant;
    if (!verify_all(&session, &what, summary, &listing, &result, error))
        return -1;
    if (context->as_json) {
        if (!print_json(&session, &what, json, &result, error))
            return -1;
    } else {
        print_text(&listing, &result);
        if (result.cells_sealed > 0 &&
            !tu_sealed_say(&session, what.summary, what.from, "they are not compared", error))
            return -1;
    }
    int failed = tu_work_failures(&result);
    return result.cells_drifted > 0 ? TU_EXIT_NOT_RIGHT : failed;
}
