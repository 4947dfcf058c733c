/*
 * Leaving: what the spec no longer has is no longer kept; its tables stay.
 */
#include "keep/install/register.h"

#include "keep/rows.h"
#include "schema/capture.h"

/* Every statement here is about one name. */
static gboolean
run(TuKeeper *keeper, const char *sql, const char *name, GError **error)
{
    TuValue value = tu_value_text(name);
    return tu_database_run(keeper->db, sql, &value, 1, NULL, error);
}

/* One list of names that trueup noted, and how to ask the model for such a name. */
typedef struct {
    GPtrArray *gone;
    gboolean (*is_there)(const TuModel *model, const char *name);
    const TuModel *model;
} Leaving;

static gboolean
take_leaving(const TuValue *row, gpointer data, GError **error)
{
    Leaving *leaving = data;
    g_autofree char *name = g_strndup(row[0].text, row[0].bytes);
    if (!leaving->is_there(leaving->model, name))
        g_ptr_array_add(leaving->gone, g_steal_pointer(&name));
    return TRUE;
}

/* Both sorts share trueup_summary, and so their names. */
static gboolean
summary_is_there(const TuModel *model, const char *name)
{
    return tu_model_summary(model, name) != NULL || tu_model_keyed(model, name) != NULL;
}

static gboolean
group_is_there(const TuModel *model, const char *name)
{
    for (guint i = 0; i < model->groups->len; i++)
        if (g_str_equal(((const TuGroup *)g_ptr_array_index(model->groups, i))->name, name))
            return TRUE;
    return FALSE;
}

/* A table that the spec still reads with `capture: none` is watched no more. */
static gboolean
captured_is_there(const TuModel *model, const char *name)
{
    for (guint i = 0; i < model->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(model->captured, i);
        if (captured->is_captured && g_str_equal(captured->name, name))
            return TRUE;
    }
    return FALSE;
}

static gboolean
source_is_there(const TuModel *model, const char *name)
{
    for (guint i = 0; i < model->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(model->sources, i);
        if (g_str_equal(source->spec->name, name))
            return TRUE;
    }
    return FALSE;
}

/* Triggers and logs of tables that nobody reads any more. They are forgotten only when they are
 * gone (tu_register_forget_leaving), so that `drop` finds what a crash left. */
void
tu_register_plan_leaving(const TuRegistration *registration, GPtrArray *statements)
{
    /* Views first: they read the logs. */
    const GPtrArray *keyed = registration->keyed_statements;
    for (guint i = 0; keyed != NULL && i < keyed->len; i++)
        g_ptr_array_add(statements, g_strdup(g_ptr_array_index(keyed, i)));
    for (guint i = 0; registration->leaving != NULL && i < registration->leaving->len; i++)
        tu_capture_plan_forget(registration->keeper->db,
                               g_ptr_array_index(registration->leaving, i), statements);
}

/* When they are gone. */
gboolean
tu_register_forget_leaving(const TuRegistration *registration, GError **error)
{
    for (guint i = 0; registration->leaving != NULL && i < registration->leaving->len; i++)
        if (!run(registration->keeper, "DELETE FROM trueup_table WHERE name = ?1",
                 g_ptr_array_index(registration->leaving, i), error) ||
            !run(registration->keeper, "DELETE FROM trueup_part WHERE table_name = ?1",
                 g_ptr_array_index(registration->leaving, i), error))
            return FALSE;
    const GPtrArray *keyed = registration->keyed_leaving;
    for (guint i = 0; keyed != NULL && i < keyed->len; i++)
        if (!tu_keyed_forget(registration->keeper, g_ptr_array_index(keyed, i), error))
            return FALSE;
    return TRUE;
}

/* All that is kept under the name of what is gone, a row for each list. Their own tables stay:
 * they are people's. */
static const struct {
    const char *list;
    gboolean (*is_there)(const TuModel *model, const char *name);
    const char *const statements[8]; /* up to a NULL */
    gboolean is_captured;
} kinds[] = {
    {"SELECT name FROM trueup_summary",
     summary_is_there,
     {"DELETE FROM trueup_summary WHERE name = ?1", "DELETE FROM trueup_build WHERE summary = ?1",
      "DELETE FROM trueup_pending WHERE summary = ?1",
      "DELETE FROM trueup_boundary WHERE summary = ?1",
      "DELETE FROM trueup_failing WHERE summary = ?1",
      "DELETE FROM trueup_moment WHERE kind LIKE 'failing %' AND name = ?1",
      "DELETE FROM trueup_pause WHERE summary = ?1"},
     FALSE},
    {"SELECT name FROM trueup_source",
     source_is_there,
     {"DELETE FROM trueup_source WHERE name = ?1", "DELETE FROM trueup_pending WHERE source = ?1"},
     FALSE},
    {"SELECT name FROM trueup_group",
     group_is_there,
     {"DELETE FROM trueup_group WHERE name = ?1", "DELETE FROM trueup_tenant WHERE group_name = ?1",
      "DELETE FROM trueup_notice WHERE group_name = ?1"},
     FALSE},
    {"SELECT name FROM trueup_table", captured_is_there, {NULL}, TRUE},
};

/* What that list has and the spec has not. */
static gboolean
find_gone(TuRegistration *registration, guint kind, GError **error)
{
    TuKeeper *keeper = registration->keeper;
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
    Leaving leaving = {gone, kinds[kind].is_there, keeper->model};
    if (!tu_rows_each(keeper->db, kinds[kind].list, NULL, 0, FALSE, take_leaving, &leaving, error))
        return FALSE;
    for (guint i = 0; i < gone->len; i++) {
        const char *name = g_ptr_array_index(gone, i);
        registration->has_changed = TRUE;
        if (kinds[kind].is_captured)
            g_ptr_array_add(registration->leaving, g_strdup(name));
        for (guint s = 0; kinds[kind].statements[s] != NULL; s++)
            if (!run(keeper, kinds[kind].statements[s], name, error))
                return FALSE;
    }
    return TRUE;
}

gboolean
tu_register_find_leaving(TuRegistration *registration, GError **error)
{
    registration->leaving = g_ptr_array_new_with_free_func(g_free);
    registration->keyed_leaving = g_ptr_array_new_with_free_func(g_free);
    registration->keyed_statements = g_ptr_array_new_with_free_func(g_free);
    if (!tu_keyed_plan_leaving(registration->keeper, registration->keyed_leaving,
                               registration->keyed_statements, error))
        return FALSE;
    registration->has_changed = registration->has_changed || registration->keyed_leaving->len > 0;
    for (guint k = 0; k < G_N_ELEMENTS(kinds); k++)
        if (!find_gone(registration, k, error))
            return FALSE;
    return TRUE;
}
