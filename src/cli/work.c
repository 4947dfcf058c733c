#include "cli/work.h"

#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "keep/rows.h"
#include "time/instant.h"

/* How often a command that waits for another worker looks again. */
#define LOOK_AGAIN_US (100 * 1000)

static gboolean
take_text(const TuValue *row, gpointer data, GError **error)
{
    if (row[0].type == TU_TYPE_TEXT)
        *(char **)data = g_strndup(row[0].text, row[0].bytes);
    return TRUE;
}

/* Some databases do not say who holds a lock: the holder writes it down. It is only for people, so it
 * does no harm if that cannot be done. */
static void
note_holder(TuSession *session, const TuGroup *group, char **holder)
{
    TuValue values[] = {tu_value_text(session->keeper.worker), tu_value_text(group->name)};
    char *worker = NULL;
    if (tu_database_dialect(session->db)->names_lock_holder)
        return;
    if (*holder == NULL) {
        (void)!tu_database_run(session->db, "UPDATE trueup_group SET worker = ?1 WHERE name = ?2",
                               values, G_N_ELEMENTS(values), NULL, NULL);
        return;
    }
    (void)!tu_rows_each(session->db, "SELECT worker FROM trueup_group WHERE name = ?1", values + 1, 1,
                        FALSE, take_text, &worker, NULL);
    const char *colon = worker != NULL ? strrchr(worker, ':') : NULL;
    if (colon != NULL) {
        g_free(*holder);
        *holder = g_strdup_printf("%.*s, pid %s", (int)(colon - worker), worker, colon + 1);
    }
    g_free(worker);
}

static gboolean
take_lock(TuSession *session, const TuGroup *group, gboolean waits, gboolean *ret_taken,
          GError **error)
{
    g_autofree char *said = NULL;
    for (;;) {
        g_autofree char *holder = NULL;
        if (!tu_keeper_may_go_on(&session->keeper, error) ||
            !tu_database_try_lock(session->db, group->name, &holder, error))
            return FALSE;
        *ret_taken = holder == NULL;
        note_holder(session, group, &holder);
        if (holder != NULL && g_strcmp0(said, holder) != 0) {
            fprintf(stderr, "trueup: another worker (%s) is at %s%s\n", holder, group->name,
                    waits ? ": waiting for it" : "");
            g_free(said);
            said = g_strdup(holder);
        }
        if (*ret_taken || !waits)
            return TRUE;
        g_usleep(LOOK_AGAIN_US);
    }
}

gboolean
tu_work_each(TuSession *session, const TuSummaryModel *summary, gboolean waits, TuGroupWork work,
             gpointer data, TuResult *result, gboolean *ret_was_held, GError **error)
{
    *ret_was_held = FALSE;
    for (guint i = 0; i < session->model->groups->len; i++) {
        TuGroup *group = g_ptr_array_index(session->model->groups, i);
        gboolean is_taken = FALSE;
        if (summary != NULL && summary->group != group)
            continue;
        if (!take_lock(session, group, waits, &is_taken, error))
            return FALSE;
        if (!is_taken) {
            *ret_was_held = TRUE;
            continue;
        }
        gboolean is_ok = work(&session->keeper, group, result, data, error);
        tu_database_unlock(session->db, group->name);
        if (!is_ok)
            return FALSE;
    }
    return TRUE;
}

void
tu_work_add_failures(JsonBuilder *builder, const TuResult *result)
{
    json_builder_set_member_name(builder, "failed");
    json_builder_begin_array(builder);
    for (guint i = 0; result->failures != NULL && i < result->failures->len; i++) {
        const TuFailure *failure = g_ptr_array_index(result->failures, i);
        const struct {
            const char *name;
            const char *text;
        } fields[] = {
            {"summary", failure->summary}, {"tenant", failure->tenant}, {"error", failure->error}};
        json_builder_begin_object(builder);
        for (guint f = 0; f < G_N_ELEMENTS(fields); f++) {
            json_builder_set_member_name(builder, fields[f].name);
            TuValue value = tu_value_text(fields[f].text);
            tu_output_value(builder, &value);
        }
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
print_json(const TuResult *result)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    const struct {
        const char *name;
        gint64 count;
    } counts[] = {
        {"cells_checked", result->cells_checked},
        {"cells_drifted", result->cells_drifted},
        {"cells_written", result->cells_written},
    };
    json_builder_begin_object(builder);
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        json_builder_set_member_name(builder, counts[i].name);
        json_builder_add_int_value(builder, counts[i].count);
    }
    tu_work_add_failures(builder, result);
    json_builder_end_object(builder);
    tu_output_json(builder);
}

int
tu_work_failures(const TuResult *result)
{
    guint n = result->failures != NULL ? result->failures->len : 0;
    for (guint i = 0; i < n; i++) {
        const TuFailure *failure = g_ptr_array_index(result->failures, i);
        g_autoptr(GString) line = g_string_new("trueup: ");
        if (failure->summary != NULL)
            g_string_append_printf(line, "summary %s: ", failure->summary);
        if (failure->tenant != NULL)
            g_string_append_printf(line, "tenant %s: ", failure->tenant);
        g_string_append(line, failure->error);
        g_autofree char *shown = tu_output_harmless(line->str);
        fprintf(stderr, "%s\n", shown);
    }
    return n > 0 ? TU_EXIT_NOT_RIGHT : TU_EXIT_DONE;
}

int
tu_work_report(const TuContext *context, const char *what, const TuResult *result)
{
    if (context->as_json)
        print_json(result);
    else
        printf("%s: %" G_GINT64_FORMAT " cells checked, %" G_GINT64_FORMAT
               " drifted, %" G_GINT64_FORMAT " written\n",
               what, result->cells_checked, result->cells_drifted, result->cells_written);
    return tu_work_failures(result);
}

/* ---- dates ---- */

static gboolean
parse_date(const char *option, const char *text, TuDate *ret_date, GError **error)
{
    if (tu_date_parse(text, strlen(text), ret_date))
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "%s %s is no date: write YYYY-MM-DD", option, text);
    return FALSE;
}

gboolean
tu_work_dates(const TuDateOptions *options, gboolean may_be_all, TuDate *ret_from, TuDate *ret_to,
              GError **error)
{
    TuDate last = 0;
    guint n_ways = (options->date != NULL) + (options->from != NULL || options->to != NULL) +
                   (options->days != 0);
    if (n_ways > 1 || (n_ways == 0 && !may_be_all)) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE,
                            "which days? give one of --date D, --from D --to D, --days N");
        return FALSE;
    }
    *ret_from = G_MININT32;
    *ret_to = G_MAXINT32;
    if (options->days < 0) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE, "--days must be 1 or more");
        return FALSE;
    }
    if (options->days > 0) {
        /* Today differs by tenant: from the day before the earliest to beyond the latest. */
        TuDate today = (TuDate)(tu_instant_now_us() / TU_DAY_US);
        *ret_from = today - options->days;
        *ret_to = today + 2;
        return TRUE;
    }
    const char *from = options->date != NULL ? options->date : options->from;
    const char *to = options->date != NULL ? options->date : options->to;
    if (from != NULL && !parse_date(options->date != NULL ? "--date" : "--from", from, ret_from, error))
        return FALSE;
    if (to != NULL) {
        if (!parse_date(options->date != NULL ? "--date" : "--to", to, &last, error))
            return FALSE;
        *ret_to = last + 1;
    }
    if (n_ways == 1 && (from == NULL || to == NULL) && !may_be_all) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE, "give both --from and --to");
        return FALSE;
    }
    if (*ret_from >= *ret_to) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_USAGE, "--to lies before --from");
        return FALSE;
    }
    return TRUE;
}

void
tu_date_options_clear(TuDateOptions *options)
{
    g_free(options->date);
    g_free(options->from);
    g_free(options->to);
}
