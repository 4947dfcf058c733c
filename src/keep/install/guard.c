#include "keep/install/guard.h"

#include <string.h>

#include "keep/install/parts.h"
#include "keep/rows.h"
#include "schema/capture.h"

static void
state_clear(gpointer data)
{
    TuGuardState *state = data;
    g_free(state->problem);
    g_free(state->noted);
    g_free(state->made_in);
    g_free(state->identity);
    tu_parts_clear(&state->parts);
}

/* What `apply`, or a guard before us, noted of the table. */
static gboolean
take_known(const TuValue *row, gpointer data, GError **error)
{
    GArray *states = data;
    for (guint i = 0; i < states->len; i++) {
        TuGuardState *state = &g_array_index(states, TuGuardState, i);
        if (row[0].type != TU_TYPE_TEXT || strlen(state->captured->name) != row[0].bytes ||
            memcmp(state->captured->name, row[0].text, row[0].bytes) != 0)
            continue;
        state->is_released = row[1].type != TU_TYPE_NULL;
        if (row[2].type == TU_TYPE_TEXT)
            state->problem = g_strndup(row[2].text, row[2].bytes);
        if (row[3].type == TU_TYPE_TEXT)
            state->noted = g_strndup(row[3].text, row[3].bytes);
        if (row[4].type == TU_TYPE_TEXT && row[5].type == TU_TYPE_TEXT) {
            state->made_in = g_strndup(row[4].text, row[4].bytes);
            state->identity = g_strndup(row[5].text, row[5].bytes);
        }
    }
    return TRUE;
}

/* One number for all tables of the model: while it is the one noted, nothing has changed and
 * nothing else is asked. */
static gboolean
schema_is_known(TuSnapshot *snapshot, gboolean *ret_known, GError **error)
{
    if (!tu_database_schema_version(snapshot->keeper->db, snapshot->keeper->model->table_names,
                                    &snapshot->schema_version, error))
        return FALSE;
    *ret_known = snapshot->has_noted_version && snapshot->noted_version == snapshot->schema_version;
    if (snapshot->schema_version != snapshot->keeper->model->schema_version)
        snapshot->keeper->is_outdated = TRUE;
    return TRUE;
}

/* Without a column triggers cannot write whole images; a BEFORE trigger makes them lie about
 * values. */
static char *
problem_of_columns(const TuGuardState *state, const TuCaptured *now)
{
    for (guint i = 0; i < now->columns->len; i++) {
        const char *column = g_ptr_array_index(now->columns, i);
        if (tu_table_info_column(now->info, column) == NULL)
            return g_strdup_printf("column %s of table %s is gone", column, now->name);
    }
    if (now->info->has_before_trigger != state->captured->info->has_before_trigger)
        return g_strdup_printf("a BEFORE trigger of table %s came or went", now->name);
    return g_strdup(now->info->missed);
}

/* What is wrong with the table and its own triggers, by their texts and by which ones they are. */
static gboolean
find_own_problem(TuSnapshot *snapshot, const TuGuardState *state, const TuCaptured *now,
                 char **ret_problem, GError **error)
{
    TuDatabase *db = snapshot->keeper->db;
    g_autofree char *made_in = NULL;
    g_autofree char *identity = NULL;
    if (now->info == NULL) {
        *ret_problem = g_strdup_printf("table %s is gone", now->name);
        return TRUE;
    }
    *ret_problem = problem_of_columns(state, now);
    if (*ret_problem == NULL)
        *ret_problem = tu_capture_own_problem(db, now);
    if (*ret_problem != NULL)
        return TRUE;
    if (!tu_capture_identity(db, now, &made_in, &identity, error))
        return FALSE;
    g_autofree char *digest = tu_capture_digest(db, now, FALSE);
    if (tu_capture_is_other(state->made_in, state->identity, made_in, identity))
        *ret_problem =
            g_strdup_printf("table %s was replaced, one of its logged columns retyped, or "
                            "a trigger switched off or made anew meanwhile",
                            now->name);
    else if (state->noted != NULL && !g_str_equal(digest, state->noted))
        *ret_problem =
            g_strdup_printf("table %s has other keys than when `apply` was run", now->name);
    return TRUE;
}

/* Parts that came, went or were altered: then it is known where changes may have been missed. */
static gboolean
find_problem_of_parts(TuSnapshot *snapshot, const TuCaptured *now, TuParts *ret_parts,
                      char **ret_problem, GError **error)
{
    if (!tu_parts_look(snapshot->keeper, now, ret_parts, error))
        return FALSE;
    *ret_problem = tu_parts_problem(ret_parts, now);
    if (*ret_problem == NULL)
        *ret_problem = tu_capture_problem(snapshot->keeper->db, now);
    return TRUE;
}

/* What a table lacks now, read anew: the model may be older than the change. */
static gboolean
look_again(TuSnapshot *snapshot, TuGuardState *state, GError **error)
{
    g_autoptr(TuTableInfo) info = NULL;
    gboolean has_log = FALSE;
    tu_database_describe_references(snapshot->keeper->db, TRUE);
    if (!tu_database_describe(snapshot->keeper->db, state->captured->name, &info, error) ||
        !tu_database_has_table(snapshot->keeper->db, state->captured->log, &has_log, error))
        return FALSE;
    if (!has_log) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "the change log %s is gone, so writers of %s fail: run `trueup apply`",
                    state->captured->log, state->captured->name);
        return FALSE;
    }
    /* Not seen is not lost: nothing may be noted. */
    if (info != NULL && info->hidden != NULL) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG, info->hidden);
        return FALSE;
    }
    TuCaptured now = *state->captured;
    now.info = info;
    g_autofree char *problem = NULL;
    if (!find_own_problem(snapshot, state, &now, &problem, error))
        return FALSE;
    state->is_own = problem != NULL;
    if (problem == NULL && !find_problem_of_parts(snapshot, &now, &state->parts, &problem, error))
        return FALSE;
    if (problem != NULL && state->problem == NULL)
        state->problem = g_steal_pointer(&problem);
    return TRUE;
}

/* Dear only when the schema's version is another one than that noted. */
gboolean
tu_guard_check(TuSnapshot *snapshot, GArray **ret_states, gboolean *ret_has_changed, GError **error)
{
    g_autoptr(GArray) states = g_array_new(FALSE, FALSE, sizeof(TuGuardState));
    gboolean is_known = FALSE;
    g_array_set_clear_func(states, state_clear);
    for (guint i = 0; i < snapshot->group->captured->len; i++) {
        TuGuardState state = {.captured = g_ptr_array_index(snapshot->group->captured, i)};
        if (state.captured->is_captured)
            g_array_append_val(states, state);
    }
    if (!tu_rows_each(snapshot->keeper->db,
                      "SELECT name, released_at, problem, triggers, made_in, identity "
                      "FROM trueup_table",
                      NULL, 0, FALSE, take_known, states, error) ||
        !schema_is_known(snapshot, &is_known, error))
        return FALSE;
    *ret_has_changed = !is_known;
    for (guint i = 0; !is_known && i < states->len; i++)
        if (!look_again(snapshot, &g_array_index(states, TuGuardState, i), error))
            return FALSE;
    *ret_states = g_steal_pointer(&states);
    return TRUE;
}

/* In the turn of whoever looked: the next one compares with this version. When it began stays,
 * however often it is found. */
void
tu_guard_note(TuSnapshot *snapshot, GArray *states, TuChanges *changes)
{
    TuValue now = tu_keeper_now();
    TuValue group[] = {tu_value_text(snapshot->group->name),
                       tu_value_integer(snapshot->schema_version)};
    tu_changes_add(changes, "UPDATE trueup_group SET schema_version = ?2 WHERE name = ?1", group,
                   G_N_ELEMENTS(group));
    for (guint i = 0; i < states->len; i++) {
        const TuGuardState *state = &g_array_index(states, TuGuardState, i);
        /* Without an identity `apply` takes all changes for missed, not only those of parts. */
        TuValue values[] = {tu_value_text(state->captured->name), tu_value_text(state->problem),
                            now, tu_value_integer(state->is_own)};
        if (state->problem != NULL && !state->is_released)
            tu_changes_add(changes,
                           "UPDATE trueup_table SET problem = ?2, "
                           "unguarded_since = coalesce(unguarded_since, ?3), "
                           "identity = CASE WHEN ?4 = 0 THEN identity END WHERE name = ?1",
                           values, G_N_ELEMENTS(values));
        if (state->parts.now != NULL)
            tu_parts_note_new(&state->parts, state->captured, changes);
    }
}
