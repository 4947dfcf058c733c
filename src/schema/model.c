#include "schema/model.h"

#include <string.h>

#include "schema/definition.h"
#include "schema/keyed.h"
#include "schema/model_source.h"
#include "schema/model_tenants.h"

static void
group_free(gpointer data)
{
    TuGroup *group = data;
    g_free(group->name);
    g_free(group->targets);
    g_ptr_array_unref(group->captured);
    g_ptr_array_unref(group->sources);
    g_ptr_array_unref(group->summaries);
    g_ptr_array_unref(group->keyed);
    g_free(group);
}

void
tu_model_free(TuModel *model)
{
    if (model == NULL)
        return;
    g_ptr_array_unref(model->groups);
    g_ptr_array_unref(model->keyed);
    g_ptr_array_unref(model->summaries);
    g_ptr_array_unref(model->sources);
    g_ptr_array_unref(model->captured);
    g_ptr_array_unref(model->table_names);
    g_free(model->tenants_table);
    g_free(model->tenants_key);
    g_free(model->tenants_zone);
    g_free(model->digest);
    g_free(model);
}

TuSummaryModel *
tu_model_summary(const TuModel *model, const char *name)
{
    for (guint i = 0; i < model->summaries->len; i++) {
        TuSummaryModel *summary = g_ptr_array_index(model->summaries, i);
        if (g_str_equal(summary->spec->name, name))
            return summary;
    }
    return NULL;
}

gboolean
tu_model_leaves_some_out(const TuModel *model)
{
    for (guint i = 0; i < model->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(model->sources, i);
        for (guint s = 0; s < source->series->len; s++)
            if (((const TuSeriesModel *)g_ptr_array_index(source->series, s))->problem != NULL)
                return TRUE;
    }
    for (guint i = 0; i < model->keyed->len; i++)
        if (((const TuKeyedModel *)g_ptr_array_index(model->keyed, i))->problem != NULL)
            return TRUE;
    return FALSE;
}

/* ---- groups: sources that share a table or a summary ---- */

/* Union-find over sources: lead[i] leads to the first source of i's group. */
static guint
leader(guint *lead, guint i)
{
    while (lead[i] != i)
        i = lead[i];
    return i;
}

static void
unite(guint *lead, guint a, guint b)
{
    a = leader(lead, a);
    b = leader(lead, b);
    lead[MAX(a, b)] = MIN(a, b);
}

/* What is united: sources, then keyed summaries. */
static const GPtrArray *
tables_of(const TuModel *model, guint member)
{
    return member < model->sources->len
               ? ((const TuSourceModel *)g_ptr_array_index(model->sources, member))->tables
               : ((const TuKeyedModel *)g_ptr_array_index(model->keyed,
                                                          member - model->sources->len))
                     ->tables;
}

static gboolean
share_table(const GPtrArray *a, const GPtrArray *b)
{
    for (guint i = 0; i < a->len; i++)
        if (g_ptr_array_find((GPtrArray *)(gsize)b, g_ptr_array_index(a, i), NULL))
            return TRUE;
    return FALSE;
}

static void
unite_all(const TuModel *model, guint *lead)
{
    for (guint a = 0; a < model->sources->len + model->keyed->len; a++)
        for (guint b = 0; b < a; b++)
            if (share_table(tables_of(model, a), tables_of(model, b)))
                unite(lead, a, b);
    for (guint i = 0; i < model->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(model->summaries, i);
        const TuSeriesModel *first = g_ptr_array_index(summary->series, 0);
        for (guint s = 1; s < summary->series->len; s++) {
            const TuSeriesModel *series = g_ptr_array_index(summary->series, s);
            unite(lead, first->source->spec->index, series->source->spec->index);
        }
    }
}

static TuGroup *
group_new(TuModel *model)
{
    TuGroup *group = g_new0(TuGroup, 1);
    group->model = model;
    group->index = model->groups->len;
    group->captured = g_ptr_array_new();
    group->sources = g_ptr_array_new();
    group->summaries = g_ptr_array_new();
    group->keyed = g_ptr_array_new();
    g_ptr_array_add(model->groups, group);
    return group;
}

static void
join_group(TuGroup *group, TuModel *model, guint member)
{
    const GPtrArray *tables = tables_of(model, member);
    if (member < model->sources->len) {
        TuSourceModel *source = g_ptr_array_index(model->sources, member);
        source->group = group;
        g_ptr_array_add(group->sources, source);
    } else {
        TuKeyedModel *keyed = g_ptr_array_index(model->keyed, member - model->sources->len);
        keyed->group = group;
        g_ptr_array_add(group->keyed, keyed);
    }
    for (guint i = 0; i < tables->len; i++) {
        TuCaptured *captured = g_ptr_array_index(tables, i);
        captured->group = group;
        if (!g_ptr_array_find(group->captured, captured, NULL))
            g_ptr_array_add(group->captured, captured);
    }
}

static void
number_targets(TuGroup *group)
{
    guint n = 0;
    for (guint i = 0; i < group->summaries->len; i++) {
        TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        for (guint s = 0; s < summary->series->len; s++) {
            TuSeriesModel *series = g_ptr_array_index(summary->series, s);
            for (int grain = 0; grain < TU_GRAINS; grain++)
                series->target[grain] = summary->tables[grain] != NULL ? (int)n++ : -1;
        }
    }
    group->n_targets = n;
    group->targets = g_new0(TuTarget, n);
    for (guint i = 0; i < group->summaries->len; i++) {
        TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        for (guint s = 0; s < summary->series->len; s++) {
            TuSeriesModel *series = g_ptr_array_index(summary->series, s);
            for (int grain = 0; grain < TU_GRAINS; grain++)
                if (series->target[grain] >= 0)
                    group->targets[series->target[grain]] = (TuTarget){series, (TuGrain)grain};
        }
    }
}

static int
compare_source_names(gconstpointer a, gconstpointer b)
{
    const TuSourceModel *const *left = a;
    const TuSourceModel *const *right = b;
    return strcmp((*left)->spec->name, (*right)->spec->name);
}

static void
name_group(TuGroup *group)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_copy(group->sources, NULL, NULL);
    GString *name = g_string_new(NULL);
    g_ptr_array_sort(sorted, compare_source_names);
    for (guint i = 0; i < sorted->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(sorted, i);
        g_string_append_printf(name, "%s%s", i == 0 ? "" : "+", source->spec->name);
    }
    for (guint i = 0; i < group->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
        g_string_append_printf(name, "%skeyed %s", name->len == 0 ? "" : "+", keyed->spec->name);
    }
    group->name = g_string_free(name, FALSE);
}

static void
make_groups(TuModel *model)
{
    guint n = model->sources->len + model->keyed->len;
    g_autofree guint *lead = g_new(guint, n);
    g_autofree TuGroup **group_of = g_new0(TuGroup *, n);
    for (guint i = 0; i < n; i++)
        lead[i] = i;
    unite_all(model, lead);
    for (guint i = 0; i < n; i++) {
        guint first = leader(lead, i);
        if (group_of[first] == NULL)
            group_of[first] = group_new(model);
        join_group(group_of[first], model, i);
    }
    for (guint i = 0; i < model->summaries->len; i++) {
        TuSummaryModel *summary = g_ptr_array_index(model->summaries, i);
        const TuSeriesModel *series = g_ptr_array_index(summary->series, 0);
        summary->group = series->source->group;
        g_ptr_array_add(summary->group->summaries, summary);
    }
    tu_model_join_tenants(model);
    for (guint i = 0; i < model->groups->len; i++) {
        name_group(g_ptr_array_index(model->groups, i));
        number_targets(g_ptr_array_index(model->groups, i));
    }
}

/* ---- the whole ---- */

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
sort_captured(TuModel *model)
{
    for (guint i = 0; i < model->captured->len; i++) {
        TuCaptured *captured = g_ptr_array_index(model->captured, i);
        g_ptr_array_sort(captured->columns, compare_texts);
    }
}

/* An entry of weight 0 cannot be folded, and a table that writes nothing else never is. */
static void
forbid_folding(TuModel *model)
{
    for (guint i = 0; i < model->sources->len; i++) {
        TuSourceModel *source = g_ptr_array_index(model->sources, i);
        const TuCaptured *captured = g_ptr_array_index(source->tables, 0);
        for (guint s = 0; s < source->series->len && captured->info->has_before_trigger; s++)
            ((TuSeriesModel *)g_ptr_array_index(source->series, s))->is_foldable = FALSE;
    }
}

static const char *
last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

char *
tu_model_alias(const TuDatabase *db, const TuSourceTable *part, const char *table)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *alias = last_part(part->alias);
    if (g_str_equal(alias, last_part(part->table)))
        return g_strdup(last_part(table));
    gboolean is_plain = alias[strspn(alias, plain)] == '\0';
    return tu_database_dialect(db)->folds_names && is_plain ? g_ascii_strdown(alias, -1)
                                                            : g_strdup(alias);
}

/* A table's name as the database has it: as it is written, or as an unquoted name is read. */
static gboolean
resolve_name(TuDatabase *db, const char *name, char **ret_name, GError **error)
{
    gboolean is_there = TRUE;
    gboolean is_folded = FALSE;
    g_autofree char *folded = g_ascii_strdown(name, -1);
    if (tu_database_dialect(db)->folds_names && !g_str_equal(folded, name) &&
        (!tu_database_has_table(db, name, &is_there, error) ||
         (!is_there && !tu_database_has_table(db, folded, &is_folded, error))))
        return FALSE;
    *ret_name = is_folded ? g_steal_pointer(&folded) : g_strdup(name);
    return TRUE;
}

static gboolean
add_table_name(TuModel *model, TuDatabase *db, const char *table, GError **error)
{
    g_autofree char *name = NULL;
    if (!resolve_name(db, table, &name, error))
        return FALSE;
    if (!g_ptr_array_find_with_equal_func(model->table_names, name, g_str_equal, NULL))
        g_ptr_array_add(model->table_names, g_steal_pointer(&name));
    return TRUE;
}

/* The tables that are read and watched, that of the tenants too, each once. */
static gboolean
find_table_names(TuModel *model, TuDatabase *db, GError **error)
{
    const TuTenants *tenants = model->spec->tenants;
    for (guint i = 0; i < model->spec->sources->len; i++) {
        const TuSource *source = g_ptr_array_index(model->spec->sources, i);
        for (guint t = 0; t < source->tables->len; t++) {
            const TuSourceTable *part = g_ptr_array_index(source->tables, t);
            if (!add_table_name(model, db, part->table, error))
                return FALSE;
        }
    }
    for (guint i = 0; i < model->spec->keyed->len; i++) {
        const TuKeyed *keyed = g_ptr_array_index(model->spec->keyed, i);
        for (guint t = 0; t < keyed->depends_on->len; t++) {
            const TuDependency *dependency = g_ptr_array_index(keyed->depends_on, t);
            if (!add_table_name(model, db, dependency->table, error))
                return FALSE;
        }
    }
    return tenants == NULL || add_table_name(model, db, tenants->table, error);
}

static gboolean
resolve(const TuSpec *spec, TuDatabase *db, gboolean leaves_out, GPtrArray *findings,
        TuModel **ret_model, GError **error)
{
    g_autoptr(TuModel) model = g_new0(TuModel, 1);
    model->spec = spec;
    model->leaves_out = leaves_out;
    model->groups = g_ptr_array_new_with_free_func(group_free);
    model->captured = g_ptr_array_new_with_free_func(tu_captured_free);
    model->sources = g_ptr_array_new_with_free_func(tu_source_model_free);
    model->summaries = g_ptr_array_new_with_free_func(tu_summary_model_free);
    model->keyed = g_ptr_array_new_with_free_func(tu_keyed_model_free);
    model->table_names = g_ptr_array_new_with_free_func(g_free);
    *ret_model = NULL;
    if (!find_table_names(model, db, error) ||
        !tu_database_schema_version(db, model->table_names, &model->schema_version, error))
        return FALSE;
    g_autoptr(TuTableInfo) tenants = NULL;
    if (!tu_model_find_tenants(model, db, findings, &tenants, error))
        return FALSE;
    for (guint i = 0; i < spec->sources->len; i++)
        if (!tu_model_add_source(model, db, g_ptr_array_index(spec->sources, i), findings, error))
            return FALSE;
    for (guint i = 0; i < spec->keyed->len; i++)
        if (!tu_model_add_keyed(model, db, g_ptr_array_index(spec->keyed, i), findings, error))
            return FALSE;
    if (tenants != NULL &&
        !tu_model_capture_tenants(model, db, g_steal_pointer(&tenants), findings, error))
        return FALSE;
    sort_captured(model);
    if (tu_findings_forbid_work(findings))
        return TRUE;
    forbid_folding(model);
    for (guint i = 0; i < spec->summaries->len; i++)
        if (!tu_model_add_summary(model, db, g_ptr_array_index(spec->summaries, i), findings,
                                  error))
            return FALSE;
    if (tu_findings_forbid_work(findings))
        return TRUE;
    make_groups(model);
    model->digest = tu_definition_digest(spec);
    *ret_model = g_steal_pointer(&model);
    return TRUE;
}

gboolean
tu_model_new(const TuSpec *spec, TuDatabase *db, GPtrArray *findings, TuModel **ret_model,
             GError **error)
{
    return resolve(spec, db, FALSE, findings, ret_model, error);
}

gboolean
tu_model_new_leaving_out(const TuSpec *spec, TuDatabase *db, GPtrArray *findings,
                         TuModel **ret_model, GError **error)
{
    return resolve(spec, db, TRUE, findings, ret_model, error);
}
