/*
 * Looking: what the database has before `apply` changes anything, what does not fit, and which
 * history may have missed changes.
 */
#include "keep/install/register.h"

#include "db/sql.h"
#include "keep/old/boundary_apply.h"
#include "keep/install/parts.h"
#include "keep/rows.h"
#include "schema/capture.h"
#include "schema/control.h"
#include "schema/definition.h"

/* ---- summaries ---- */

/* Rows that are not trueup's are replaced only by one who says so. */
static gboolean
refuse_foreign_rows(TuRegistration *registration, const TuSummaryTable *table, GError **error)
{
    gboolean has_rows = FALSE;
    gint64 one = 0;
    if (registration->may_take_over)
        return TRUE;
    g_autofree char *sql = tu_sql_format("SELECT 1 FROM %Q LIMIT 1", table->name);
    if (!tu_database_integer(registration->keeper->db, sql, NULL, 0, &has_rows, &one, error))
        return FALSE;
    if (has_rows)
        g_set_error(
            error, TU_ERROR, TU_ERROR_CONFIG,
            "table %s has rows that are not from trueup: run `trueup apply --take-over` if it "
            "may replace them, or name another table for summary %s",
            table->name, table->summary->spec->name);
    return !has_rows;
}

/* A table that is there already: ours with the same key, or one without rows, or taken over. One
 * that was only about to be made (is_made 2) is not known to be ours. */
static gboolean
look_at_table(TuRegistration *registration, const TuSummaryTable *table, GError **error)
{
    const TuSummary *spec = table->summary->spec;
    g_autofree char *key = tu_definition_of_key(spec);
    g_autofree char *known_key = NULL;
    if (!registration->is_first &&
        !tu_rows_text(registration->keeper->db,
                      "SELECT \"key\" FROM trueup_kept WHERE name = ?1 AND is_made <> 2",
                      table->name, &known_key, error))
        return FALSE;
    if (known_key == NULL)
        return refuse_foreign_rows(registration, table, error);
    if (g_str_equal(key, known_key))
        return TRUE;
    g_set_error(
        error, TU_ERROR, TU_ERROR_CONFIG,
        "summary %s: its key changed (a dimension, the tenant or the series column): table %s "
        "keeps its key, so name a new `table`",
        spec->name, table->name);
    return FALSE;
}

static gboolean
look_at_summary(TuRegistration *registration, const TuSummaryModel *summary, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    guint index = summary->spec->index;
    g_autofree char *known = NULL;
    g_autofree char *definition = tu_definition_of_summary(keeper->model->spec, summary->spec);
    if (!registration->is_first &&
        !tu_rows_text(keeper->db, "SELECT definition FROM trueup_summary WHERE name = ?1",
                      summary->spec->name, &known, error))
        return FALSE;
    registration->is_new[index] = known == NULL;
    gboolean goes_back = FALSE;
    if (!registration->is_first && known != NULL &&
        !tu_boundary_look(keeper, summary, &goes_back, error))
        return FALSE;
    registration->must_build[index] = goes_back || g_strcmp0(known, definition) != 0;
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        const TuSummaryTable *table = summary->tables[grain];
        if (table == NULL)
            continue;
        if (!table->exists)
            registration->must_build[index] = TRUE;
        else if (!look_at_table(registration, table, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- captured tables ---- */

/* What `apply` noted of one. */
typedef struct {
    char *triggers, *made_in, *identity;
    gboolean is_unguarded, is_released;
} Noted;

static void
noted_clear(Noted *noted)
{
    g_free(noted->triggers);
    g_free(noted->made_in);
    g_free(noted->identity);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Noted, noted_clear)

static gboolean
take_noted(const TuValue *row, gpointer data, GError **error)
{
    Noted *noted = data;
    char **texts[] = {&noted->triggers, &noted->made_in, &noted->identity};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        if (row[i].type == TU_TYPE_TEXT)
            *texts[i] = g_strndup(row[i].text, row[i].bytes);
    noted->is_unguarded = row[3].integer != 0;
    noted->is_released = row[4].integer != 0;
    return TRUE;
}

/* Where changes of a table may have been missed since `apply` was last run. */
typedef enum {
    MISSED_NOWHERE,
    MISSED_IN_PARTS, /* that came, went or were altered */
    MISSED_ANYWHERE,
} Missed;

/* TRUE if it is not the table's parts alone that are others. */
static gboolean
is_other_itself(TuDatabase *db, const TuCaptured *captured, const Noted *noted, gboolean *ret_is,
                GError **error)
{
    g_autofree char *installed = tu_capture_digest(db, captured, TRUE);
    g_autofree char *made_in = NULL;
    g_autofree char *identity = NULL;
    gboolean exists = FALSE;
    gboolean lacks_column = FALSE;
    gboolean has_other_type = FALSE;
    if (!tu_capture_identity(db, captured, &made_in, &identity, error) ||
        !tu_capture_log_differs(db, captured, &exists, &lacks_column, &has_other_type, error))
        return FALSE;
    *ret_is = !exists || has_other_type || noted->is_released ||
              tu_capture_is_other(noted->made_in, noted->identity, made_in, identity) ||
              g_strcmp0(noted->triggers, installed) != 0;
    return TRUE;
}

/* That a table is unguarded is explained by its parts if nothing else was ever seen: the guard
 * takes the identity away otherwise. */
static gboolean
look_at_captured(TuRegistration *registration, const TuCaptured *captured, TuParts *parts,
                 Missed *ret_missed, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    g_auto(Noted) noted = {0};
    gboolean is_other = TRUE;
    TuValue name = tu_value_text(captured->name);
    *ret_missed = MISSED_ANYWHERE;
    if (registration->is_first)
        return TRUE;
    if (!tu_rows_each(
            keeper->db,
            "SELECT triggers, made_in, identity, CASE WHEN unguarded_since IS NULL THEN 0 "
            "ELSE 1 END, CASE WHEN released_at IS NULL THEN 0 ELSE 1 END "
            "FROM trueup_table WHERE name = ?1",
            &name, 1, FALSE, take_noted, &noted, error) ||
        !is_other_itself(keeper->db, captured, &noted, &is_other, error) ||
        !tu_parts_look(keeper, captured, parts, error))
        return FALSE;
    g_autofree char *problem = tu_parts_problem(parts, captured);
    gboolean is_explained = problem != NULL && noted.identity != NULL;
    if (is_other || (noted.is_unguarded && !is_explained))
        return TRUE;
    *ret_missed = problem != NULL ? MISSED_IN_PARTS : MISSED_NOWHERE;
    return TRUE;
}

/* What of one source's rows was missed is to be compared in every summary over it. */
static void
ask_for_missed(TuRegistration *registration, const TuCaptured *captured, Missed missed,
               const TuParts *parts)
{
    const TuModel *model = registration->keeper->model;
    for (guint s = 0; s < model->summaries->len; s++) {
        const TuSummaryModel *summary = g_ptr_array_index(model->summaries, s);
        for (guint k = 0; k < summary->series->len; k++) {
            const TuSeriesModel *series = g_ptr_array_index(summary->series, k);
            if (g_ptr_array_find(series->source->tables, captured, NULL) &&
                (missed == MISSED_ANYWHERE ||
                 !tu_parts_find_missed(parts, captured, series->source, registration->missed[s])))
                registration->must_build[s] = TRUE;
        }
    }
}

/* A keyed summary has no dates: whatever was missed, all its keys are listed. */
static void
list_missed(TuRegistration *registration, const TuCaptured *captured)
{
    const TuModel *model = registration->keeper->model;
    for (guint i = 0; i < model->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(model->keyed, i);
        if (g_ptr_array_find(keyed->tables, captured, NULL))
            registration->keyed[i].must_list = TRUE;
    }
}

/* ---- both ---- */

gboolean
tu_register_look(TuRegistration *registration, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    const TuModel *model = keeper->model;
    gboolean exists = FALSE;
    registration->must_build = g_new0(gboolean, model->summaries->len);
    registration->is_new = g_new0(gboolean, model->summaries->len);
    registration->missed = g_new0(GArray *, model->summaries->len + 1);
    if (!tu_control_exists(keeper->db, &exists, error))
        return FALSE;
    registration->is_first = !exists;
    for (guint i = 0; i < model->summaries->len; i++) {
        registration->missed[i] = g_array_new(FALSE, FALSE, sizeof(TuPartsRange));
        if (!look_at_summary(registration, g_ptr_array_index(model->summaries, i), error))
            return FALSE;
    }
    registration->keyed = g_new0(TuKeyedLook, model->keyed->len + 1);
    for (guint i = 0; i < model->keyed->len; i++)
        if (!tu_keyed_look(keeper, g_ptr_array_index(model->keyed, i), registration->is_first,
                           registration->may_take_over, &registration->keyed[i], error))
            return FALSE;
    for (guint i = 0; i < model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(model->captured, i);
        g_auto(TuParts) parts = {0};
        Missed missed = MISSED_NOWHERE;
        if (!captured->is_captured)
            continue;
        if (!look_at_captured(registration, captured, &parts, &missed, error))
            return FALSE;
        if (missed != MISSED_NOWHERE) {
            ask_for_missed(registration, captured, missed, &parts);
            list_missed(registration, captured);
        }
    }
    return TRUE;
}
