#include "spec/spec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "spec/environment.h"
#include "spec/keyed.h"
#include "spec/keys.h"
#include "spec/names.h"
#include "spec/reader.h"

static void
free_source(gpointer source)
{
    tu_source_free(source);
}

static void
free_summary(gpointer summary)
{
    tu_summary_free(summary);
}

static void
free_keyed(gpointer keyed)
{
    tu_keyed_free(keyed);
}

void
tu_spec_free(TuSpec *spec)
{
    if (spec == NULL)
        return;
    g_free(spec->path);
    g_free(spec->directory);
    g_free(spec->text);
    g_free(spec->database_url);
    g_free(spec->control_schema);
    tu_tenants_free(spec->tenants);
    g_free(spec->time_zone);
    g_ptr_array_unref(spec->keyed);
    g_ptr_array_unref(spec->summaries); /* before the sources that they point to */
    g_ptr_array_unref(spec->sources);
    g_free(spec);
}

const TuSummary *
tu_spec_summary(const TuSpec *spec, const char *name)
{
    for (guint i = 0; i < spec->summaries->len; i++) {
        const TuSummary *summary = g_ptr_array_index(spec->summaries, i);
        if (strcmp(summary->name, name) == 0)
            return summary;
    }
    return NULL;
}

gboolean
tu_summary_has_grain(const TuSummary *summary, TuGrain grain)
{
    return (summary->grains & (1u << grain)) != 0;
}

/* A URL may hold a password: of a wrong one only the scheme is shown. */
static void
read_database(TuReader *reader, const TuSection *top)
{
    static const char *const schemes[] = {"sqlite:", "postgresql://", "postgres://", "mariadb://",
                                          "mysql://"};
    const char *example = "sqlite:PATH, postgresql://..., mariadb://... or mysql://...";
    const TuYaml *node = tu_section_text(top, "database", TU_OPTIONAL, example);
    if (node == NULL)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (g_str_has_prefix(node->text, schemes[i])) {
            if (strlen(node->text) == strlen(schemes[i]))
                tu_problems_add(reader->problems, node->mark,
                                "`database` ends after `%s`: say which", schemes[i]);
            reader->spec->database_url = g_strdup(node->text);
            return;
        }
    }
    const char *colon = strchr(node->text, ':');
    if (colon == NULL)
        tu_problems_add(reader->problems, node->mark,
                        "`database` does not say what kind it is: write %s", example);
    else
        tu_problems_add(reader->problems, node->mark,
                        "`database`: `%.*s:` is no database that trueup knows: write %s",
                        (int)MIN(colon - node->text, 40), node->text, example);
}

/* PostgreSQL and MariaDB know schemas; with SQLite the key is allowed and has no effect. */
static void
read_control_schema(TuReader *reader, const TuSection *top)
{
    const TuYaml *node = tu_section_text(top, "control_schema", TU_OPTIONAL, "a schema's name");
    GError *error = NULL;
    if (node == NULL)
        return;
    if (!tu_name_check_column(node->text, &error)) {
        tu_section_complain(top, node->mark, "control_schema", error);
        return;
    }
    g_free(reader->spec->control_schema);
    reader->spec->control_schema = g_strdup(node->text);
}

/* A spec whose summaries are all keyed has no sources. */
static void
check_sources_are_there(TuReader *reader, const TuSection *top)
{
    if (reader->spec->summaries->len > 0 && !tu_section_has(top, "sources"))
        tu_problems_add(reader->problems, top->mark,
                        "%s has no `sources`: write a map of the tables that are summarised",
                        top->what);
}

/* Sources come before summaries, which name them; what lies across both comes last. */
static void
read_top(TuReader *reader, const TuYaml *root)
{
    TuSection top = {reader->problems, root, {1, 1}, "the file"};
    TuRefresh built_in, refresh;

    tu_keys_check(TU_KEYS_SPEC, root, reader->problems);
    read_database(reader, &top);
    read_control_schema(reader, &top);
    tu_section_zone(&top, "time_zone", &reader->spec->time_zone);
    tu_read_tenants(reader, &top);
    tu_read_sources(reader, &top);

    tu_refresh_init(&built_in);
    tu_read_refresh(&top, &built_in, &refresh);
    tu_section_duration_us(&top, "keep_runs", &refresh.keep_runs_us);
    reader->spec->keep_runs_us = refresh.keep_runs_us;
    tu_read_summaries(reader, &top, &refresh);
    tu_refresh_clear(&refresh);
    check_sources_are_there(reader, &top);
    tu_check_tables(reader);
}

/* A spec with nothing but its defaults. */
static TuSpec *
new_spec(const char *path)
{
    TuSpec *spec = g_new0(TuSpec, 1);
    spec->path = g_strdup(path);
    spec->directory = g_path_get_dirname(path);
    spec->time_zone = g_strdup("UTC");
    spec->sources = g_ptr_array_new_with_free_func(free_source);
    spec->summaries = g_ptr_array_new_with_free_func(free_summary);
    spec->keyed = g_ptr_array_new_with_free_func(free_keyed);
    return spec;
}

/* Ends a reading: the spec if there was no problem, else NULL and all of them. */
static TuSpec *
conclude(TuSpec *spec, TuProblems *problems, const char *path, GPtrArray **ret_problems,
         GError **error)
{
    g_autoptr(TuSpec) result = spec;
    g_autoptr(GPtrArray) list = tu_problems_take(problems);
    if (list->len > 0) {
        g_propagate_error(error, tu_problems_error(list, path));
        g_clear_pointer(&result, tu_spec_free);
    }
    if (ret_problems != NULL)
        *ret_problems = g_steal_pointer(&list);
    return g_steal_pointer(&result);
}

TuSpec *
tu_spec_parse(const char *text, gsize length, const char *path, GPtrArray **ret_problems,
              GError **error)
{
    g_autoptr(TuProblems) problems = tu_problems_new();
    g_autoptr(TuYamlDocument) document = tu_yaml_parse(text, length, problems);
    g_autoptr(GHashTable) tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    TuSpec *spec = new_spec(path);
    if (document != NULL) {
        TuReader reader = {spec, problems, tables};
        g_autofree char *copy = g_strndup(text, length);
        spec->text = tu_environment_expand(copy, NULL);
        read_top(&reader, tu_yaml_root(document));
    }
    return conclude(spec, problems, path, ret_problems, error);
}

/* Reads at most one byte more than a spec may have, so that /dev/zero ends too. */
static char *
read_file(const char *path, gsize *ret_length, GError **error)
{
    FILE *file = fopen(path, "rbe");
    g_autofree char *text = g_malloc(TU_YAML_MAX_BYTES + 2);
    gsize length = file == NULL ? 0 : fread(text, 1, TU_YAML_MAX_BYTES + 1, file);
    if (file == NULL || ferror(file)) {
        int code = errno;
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "cannot be read: %s; name the spec with --spec", g_strerror(code));
        if (file != NULL)
            fclose(file);
        return NULL;
    }
    fclose(file);
    text[length] = '\0';
    *ret_length = length;
    return g_steal_pointer(&text);
}

TuSpec *
tu_spec_load(const char *path, GPtrArray **ret_problems, GError **error)
{
    g_autoptr(GError) cause = NULL;
    gsize length = 0;
    g_autofree char *text = read_file(path, &length, &cause);
    if (text != NULL)
        return tu_spec_parse(text, length, path, ret_problems, error);

    g_autoptr(TuProblems) problems = tu_problems_new();
    tu_problems_add(problems, (TuMark){0, 0}, "%s", cause->message);
    return conclude(NULL, problems, path, ret_problems, error);
}
