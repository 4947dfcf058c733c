/*
 * Keyed summaries and `apply`, `drop`: what there is, what is noted, what goes.
 */
#include "keep/keyed/install.h"

#include "db/bulk.h"
#include "db/sql.h"
#include "keep/rows.h"
#include "schema/definition.h"

/* ---- what is noted ---- */

/* A text of one keyed summary's row; NULL: there is none, or no such row. */
static gboolean
read_noted(TuDatabase *db, const char *sql, const char *name, char **ret_text, GError **error)
{
    gboolean is_there = FALSE;
    g_autofree char *control = tu_database_control_name(db, "trueup_keyed");
    *ret_text = NULL;
    return tu_database_has_table(db, control, &is_there, error) &&
           (!is_there || tu_rows_text(db, sql, name, ret_text, error));
}

static gboolean
run(TuDatabase *db, const char *sql, const char *name, GError **error)
{
    TuValue value = tu_value_text(name);
    return tu_database_run(db, sql, &value, 1, NULL, error);
}

/* One row of a control table whose key is its first column. */
static gboolean
put(TuDatabase *db, const char *table, const char *const *names, const TuValue *values, guint n,
    GError **error)
{
    TuBulkColumn columns[8];
    g_autofree char *own = tu_database_control_name(db, table);
    g_assert(n <= G_N_ELEMENTS(columns));
    for (guint i = 0; i < n; i++)
        columns[i] = (TuBulkColumn){names[i], i == 0 ? TU_PUT_KEY : TU_PUT_NEW, FALSE, NULL};
    g_autoptr(TuBulk) bulk = tu_bulk_new(db, own, columns, n, TU_BULK_ANY);
    return tu_bulk_add(bulk, values, error) && tu_bulk_finish(bulk, error);
}

/* ---- before ---- */

static gboolean
refuse_foreign_rows(TuDatabase *db, const TuKeyedModel *keyed, GError **error)
{
    gboolean has_rows = FALSE;
    gint64 one = 0;
    g_autofree char *sql = tu_sql_format("SELECT 1 FROM %Q LIMIT 1", keyed->table);
    if (!tu_database_integer(db, sql, NULL, 0, &has_rows, &one, error))
        return FALSE;
    if (has_rows)
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "table %s has rows that are not from trueup: run `trueup apply --take-over` if "
                    "it may replace them, or name another table for summary %s",
                    keyed->table, keyed->spec->name);
    return !has_rows;
}

/* A table that is there already: ours with the same key, or one without rows, or taken over. */
static gboolean
look_at_table(TuKeeper *keeper, const TuKeyedModel *keyed, gboolean is_first,
              gboolean may_take_over, GError **error)
{
    g_autofree char *key = tu_definition_of_keyed_key(keyed->spec);
    g_autofree char *known = NULL;
    if (!is_first && !tu_rows_text(keeper->db, "SELECT \"key\" FROM trueup_kept WHERE name = ?1",
                                   keyed->table, &known, error))
        return FALSE;
    if (known == NULL)
        return may_take_over || refuse_foreign_rows(keeper->db, keyed, error);
    if (g_str_equal(key, known))
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "summary %s: its key changed: table %s keeps its key, so name a new `table`",
                keyed->spec->name, keyed->table);
    return FALSE;
}

gboolean
tu_keyed_look(TuKeeper *keeper, const TuKeyedModel *keyed, gboolean is_first,
              gboolean may_take_over, TuKeyedLook *ret_look, GError **error)
{
    g_autofree char *known = NULL;
    g_autofree char *noted = NULL;
    g_autofree char *definition = tu_definition_of_keyed(keyed->spec);
    if (!is_first &&
        (!tu_rows_text(keeper->db, "SELECT definition FROM trueup_summary WHERE name = ?1",
                       keyed->spec->name, &known, error) ||
         !read_noted(keeper->db, "SELECT name FROM trueup_keyed WHERE name = ?1", keyed->spec->name,
                     &noted, error)))
        return FALSE;
    ret_look->is_new = known == NULL;
    ret_look->must_list = g_strcmp0(known, definition) != 0 || noted == NULL || !keyed->exists;
    return !keyed->exists || look_at_table(keeper, keyed, is_first, may_take_over, error);
}

/* ---- after ---- */

static gboolean
note_table(TuKeeper *keeper, const TuKeyedModel *keyed, GError **error)
{
    static const char *const names[] = {"name", "summary", "key", "is_made"};
    g_autofree char *key = tu_definition_of_keyed_key(keyed->spec);
    TuValue name = tu_value_text(keyed->table);
    gboolean found = FALSE;
    gint64 was_made = 0;
    if (!tu_database_integer(keeper->db, "SELECT is_made FROM trueup_kept WHERE name = ?1", &name,
                             1, &found, &was_made, error))
        return FALSE;
    TuValue values[] = {name, tu_value_text(keyed->spec->name), tu_value_text(key),
                        tu_value_integer(was_made != 0 || !keyed->exists)};
    return put(keeper->db, "trueup_kept", names, values, G_N_ELEMENTS(values), error);
}

gboolean
tu_keyed_register(TuKeeper *keeper, const TuKeyedModel *keyed, const TuKeyedLook *look,
                  gboolean *ret_has_changed, GError **error)
{
    static const char *const names[] = {"name", "group_name", "definition"};
    static const char *const own[] = {"name", "state_table", "state_view", "view_text"};
    g_autofree char *definition = tu_definition_of_keyed(keyed->spec);
    g_autofree char *view = tu_keyed_view_sql(keeper->db, keyed);
    TuValue values[] = {tu_value_text(keyed->spec->name), tu_value_text(keyed->group->name),
                        tu_value_text(definition)};
    TuValue own_values[] = {values[0], tu_value_text(keyed->state), tu_value_text(keyed->view),
                            tu_value_text(view)};
    if (!put(keeper->db, "trueup_summary", names, values, G_N_ELEMENTS(values), error) ||
        !put(keeper->db, "trueup_keyed", own, own_values, G_N_ELEMENTS(own_values), error) ||
        !note_table(keeper, keyed, error))
        return FALSE;
    *ret_has_changed = *ret_has_changed || look->must_list;
    return !look->must_list || tu_keyed_ask(keeper->db, keyed->spec->name, error);
}

/* ---- statements ---- */

/* A statement of a script has no parameters: the text with its quotes doubled. */
static char *
literal(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "'", -1);
    g_autofree char *doubled = g_strjoinv("''", parts);
    return g_strconcat("'", doubled, "'", NULL);
}

/* Notes which text the view was made with, as registering does: else a view that SQL of `plan`
 * made would be made once more. */
static gboolean
plan_note(TuKeeper *keeper, const TuKeyedModel *keyed, const char *view, GPtrArray *statements,
          GError **error)
{
    g_autofree char *noted = NULL;
    g_autofree char *control = tu_database_control_name(keeper->db, "trueup_keyed");
    g_autofree char *name = literal(keyed->spec->name);
    g_autofree char *state = literal(keyed->state);
    g_autofree char *state_view = literal(keyed->view);
    g_autofree char *text = literal(view);
    if (!read_noted(keeper->db, "SELECT name FROM trueup_keyed WHERE name = ?1", keyed->spec->name,
                    &noted, error))
        return FALSE;
    g_ptr_array_add(statements,
                    noted != NULL
                        ? tu_sql_format("UPDATE %Q SET state_table = %s, state_view = %s, "
                                        "view_text = %s WHERE name = %s",
                                        control, state, state_view, text, name)
                        : tu_sql_format("INSERT INTO %Q(name, state_table, state_view, view_text) "
                                        "VALUES (%s, %s, %s, %s)",
                                        control, name, state, state_view, text));
    return TRUE;
}

static gboolean
must_remake(TuKeeper *keeper, const TuKeyedModel *keyed, gboolean *ret_is_there, gboolean *ret_must,
            GError **error)
{
    g_autofree char *noted = NULL;
    g_autofree char *wanted = tu_keyed_view_sql(keeper->db, keyed);
    if (!tu_database_has_table(keeper->db, keyed->view, ret_is_there, error) ||
        !read_noted(keeper->db, "SELECT view_text FROM trueup_keyed WHERE name = ?1",
                    keyed->spec->name, &noted, error))
        return FALSE;
    *ret_must = !*ret_is_there || g_strcmp0(noted, wanted) != 0;
    return TRUE;
}

gboolean
tu_keyed_plan(TuKeeper *keeper, const GPtrArray *captures, GPtrArray *statements,
              GPtrArray *findings, GError **error)
{
    const TuModel *model = keeper->model;
    g_autoptr(GPtrArray) views = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *parked = tu_database_control_name(keeper->db, "trueup_parked");
    gboolean has_parked = TRUE;
    if (!tu_database_has_table(keeper->db, parked, &has_parked, error))
        return FALSE;
    for (guint i = 0; i < model->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(model->keyed, i);
        gboolean is_there = FALSE;
        gboolean must = FALSE;
        if (!must_remake(keeper, keyed, &is_there, &must, error))
            return FALSE;
        must = must || captures->len > 0;
        if (must && is_there)
            g_ptr_array_add(statements, tu_sql_format("DROP VIEW %Q", keyed->view));
        g_autofree char *view = tu_keyed_view_sql(keeper->db, keyed);
        if (must) {
            g_ptr_array_add(views, g_strdup(view));
            if (!plan_note(keeper, keyed, view, views, error))
                return FALSE;
        }
        if (!tu_keyed_plan_tables(keeper->db, keyed, statements, findings, error))
            return FALSE;
    }
    for (guint i = 0; i < captures->len; i++)
        g_ptr_array_add(statements, g_strdup(g_ptr_array_index(captures, i)));
    /* Before the others, so that a crash in between leaves one of them to be made. */
    if (model->keyed->len > 0 && (views->len > 0 || !has_parked))
        tu_keyed_plan_parked(keeper->db, model, statements);
    for (guint i = 0; i < views->len; i++)
        g_ptr_array_add(statements, g_strdup(g_ptr_array_index(views, i)));
    return TRUE;
}

/* ---- what goes ---- */

typedef struct {
    char *name, *state, *view;
} Noted;

static void
noted_clear(gpointer data)
{
    Noted *noted = data;
    g_free(noted->name);
    g_free(noted->state);
    g_free(noted->view);
}

static gboolean
take_noted(const TuValue *row, gpointer data, GError **error)
{
    Noted noted = {g_strndup(row[0].text, row[0].bytes), g_strndup(row[1].text, row[1].bytes),
                   g_strndup(row[2].text, row[2].bytes)};
    g_array_append_val(data, noted);
    return TRUE;
}

static gboolean
list_noted(TuDatabase *db, GArray *noted, GError **error)
{
    gboolean is_there = FALSE;
    g_autofree char *control = tu_database_control_name(db, "trueup_keyed");
    g_array_set_clear_func(noted, noted_clear);
    return tu_database_has_table(db, control, &is_there, error) &&
           (!is_there || tu_rows_each(db, "SELECT name, state_table, state_view FROM trueup_keyed",
                                      NULL, 0, FALSE, take_noted, noted, error));
}

/* trueup_parked reads the states, so it goes before them and comes back without them. */
static void
plan_removal(const Noted *noted, GPtrArray *statements)
{
    g_ptr_array_add(statements, tu_sql_format("DROP VIEW IF EXISTS %Q", noted->view));
    g_ptr_array_add(statements, tu_sql_format("DROP TABLE IF EXISTS %Q", noted->state));
}

gboolean
tu_keyed_plan_leaving(TuKeeper *keeper, GPtrArray *names, GPtrArray *statements, GError **error)
{
    g_autoptr(GArray) noted = g_array_new(FALSE, FALSE, sizeof(Noted));
    g_autoptr(GPtrArray) removals = g_ptr_array_new_with_free_func(g_free);
    if (!list_noted(keeper->db, noted, error))
        return FALSE;
    for (guint i = 0; i < noted->len; i++) {
        const Noted *one = &g_array_index(noted, Noted, i);
        if (tu_model_keyed(keeper->model, one->name) != NULL)
            continue;
        g_ptr_array_add(names, g_strdup(one->name));
        plan_removal(one, removals);
    }
    if (removals->len > 0)
        tu_keyed_plan_parked(keeper->db, keeper->model, statements);
    for (guint i = 0; i < removals->len; i++)
        g_ptr_array_add(statements, g_strdup(g_ptr_array_index(removals, i)));
    return TRUE;
}

gboolean
tu_keyed_forget(TuKeeper *keeper, const char *name, GError **error)
{
    return run(keeper->db, "DELETE FROM trueup_keyed WHERE name = ?1", name, error);
}

gboolean
tu_keyed_plan_drop(TuKeeper *keeper, const char *name, GPtrArray *statements, GError **error)
{
    g_autoptr(GArray) noted = g_array_new(FALSE, FALSE, sizeof(Noted));
    if (!list_noted(keeper->db, noted, error))
        return FALSE;
    if (noted->len > 0) {
        /* As it would be without those that go. */
        TuModel rest = {.keyed = g_ptr_array_new()};
        for (guint i = 0; name != NULL && i < keeper->model->keyed->len; i++) {
            TuKeyedModel *keyed = g_ptr_array_index(keeper->model->keyed, i);
            if (!g_str_equal(keyed->spec->name, name))
                g_ptr_array_add(rest.keyed, keyed);
        }
        tu_keyed_plan_parked(keeper->db, &rest, statements);
        g_ptr_array_unref(rest.keyed);
    }
    for (guint i = 0; i < noted->len; i++) {
        const Noted *one = &g_array_index(noted, Noted, i);
        if (name == NULL || g_str_equal(one->name, name))
            plan_removal(one, statements);
    }
    return TRUE;
}
