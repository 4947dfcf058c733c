#include "spec/section.h"

#include <string.h>

#include "spec/duration.h"
#include "spec/names.h"
#include "db/sqlscan.h"
#include "spec/sqlcheck.h"
#include "spec/suggest.h"
#include "time/zone.h"

static const char *const kind_names[] = {"a text", "a list", "a map"};

gboolean
tu_section_has(const TuSection *section, const char *key)
{
    return tu_yaml_pair(section->map, key) != NULL;
}

/* The order matters: a broken value was reported, so it is neither empty nor wrong again. */
const TuYaml *
tu_section_value(const TuSection *section, const char *key, TuNeed need, const char *example)
{
    const TuYamlPair *pair = tu_yaml_pair(section->map, key);
    if (pair == NULL) {
        if (need == TU_REQUIRED)
            tu_problems_add(section->problems, section->mark, "%s has no `%s`: write %s",
                            section->what, key, example);
        return NULL;
    }
    const TuYaml *value = pair->value;
    if (value->is_broken)
        return NULL;
    gboolean is_empty = tu_yaml_is_null(value) ||
                        (value->kind == TU_YAML_TEXT && *value->text == '\0') ||
                        (value->kind == TU_YAML_LIST && value->items->len == 0) ||
                        (value->kind == TU_YAML_MAP && value->pairs->len == 0);
    if (is_empty) {
        tu_problems_add(section->problems, value->mark, "`%s` is empty: write %s%s", key, example,
                        need == TU_REQUIRED ? "" : ", or leave it out");
        return NULL;
    }
    return value;
}

/* The value of `key` if it is of `kind`. */
static const TuYaml *
value_of_kind(const TuSection *section, const char *key, TuNeed need, const char *example,
              TuYamlKind kind)
{
    const TuYaml *value = tu_section_value(section, key, need, example);
    if (value == NULL || value->kind == kind)
        return value;
    tu_problems_add(section->problems, value->mark, "`%s` is %s, not %s: write %s", key,
                    kind_names[kind], kind_names[value->kind], example);
    return NULL;
}

const TuYaml *
tu_section_text(const TuSection *section, const char *key, TuNeed need, const char *example)
{
    return value_of_kind(section, key, need, example, TU_YAML_TEXT);
}

const TuYaml *
tu_section_list(const TuSection *section, const char *key, TuNeed need, const char *example)
{
    return value_of_kind(section, key, need, example, TU_YAML_LIST);
}

const TuYaml *
tu_section_map(const TuSection *section, const char *key, TuNeed need, const char *example)
{
    return value_of_kind(section, key, need, example, TU_YAML_MAP);
}

gboolean
tu_yaml_expect_text(const TuYaml *node, TuMark mark, const char *name, const char *wanted,
                    TuProblems *problems)
{
    if (node->is_broken)
        return FALSE;
    if (node->kind != TU_YAML_TEXT) {
        tu_problems_add(problems, node->mark, "`%.60s` is %s, not %s", name, wanted,
                        kind_names[node->kind]);
        return FALSE;
    }
    if (tu_yaml_is_null(node) || *node->text == '\0') {
        tu_problems_add(problems, mark, "`%.60s` is empty: write %s", name, wanted);
        return FALSE;
    }
    return TRUE;
}

void
tu_section_complain(const TuSection *section, TuMark mark, const char *key, GError *error)
{
    tu_problems_add(section->problems, mark, "`%s`: %s", key, error->message);
    g_error_free(error);
}

void
tu_yaml_complain(const TuYaml *node, const char *name, GError *error, TuProblems *problems)
{
    gboolean may_be_cut =
        node->in_flow && node->is_plain && strstr(error->message, "not closed") != NULL;
    tu_problems_add(problems, node->mark, "`%.60s`: %s%s", name, error->message,
                    may_be_cut ? " (inside { } and [ ] a comma ends a value: put quotes around it)"
                               : "");
    g_error_free(error);
}

gboolean
tu_yaml_check_sql(const TuYaml *node, const char *name, TuProblems *problems)
{
    GError *error = NULL;
    if (tu_sql_check_expression(node->text, &error))
        return TRUE;
    tu_yaml_complain(node, name, error, problems);
    return FALSE;
}

char *
tu_section_sql(const TuSection *section, const char *key, TuNeed need, const char *example,
               TuMark *ret_mark)
{
    const TuYaml *value = tu_section_text(section, key, need, example);
    if (value == NULL)
        return tu_section_has(section, key) ? g_strdup("") : NULL;
    if (ret_mark != NULL)
        *ret_mark = value->mark;
    tu_yaml_check_sql(value, key, section->problems);
    return g_strstrip(g_strdup(value->text));
}

/* On a mistake the default stays: what is checked later has a name to work with. */
void
tu_section_column(const TuSection *section, const char *key, TuNeed need, const char *example,
                  char **ret_name)
{
    const TuYaml *value = tu_section_text(section, key, need, example);
    GError *error = NULL;
    if (value == NULL)
        return;
    if (!tu_name_check_column(value->text, &error)) {
        tu_section_complain(section, value->mark, key, error);
        return;
    }
    g_free(*ret_name);
    *ret_name = g_strdup(value->text);
}

/* Asks the system, since a zone that it lacks could not be used later either. */
void
tu_section_zone(const TuSection *section, const char *key, char **ret_zone)
{
    const TuYaml *value = tu_section_text(section, key, TU_OPTIONAL, "an IANA name, Europe/Berlin");
    GError *error = NULL;
    if (value == NULL)
        return;
    g_autoptr(TuZone) zone = tu_zone_new(value->text, &error);
    if (zone == NULL) {
        tu_section_complain(section, value->mark, key, error);
        return;
    }
    g_free(*ret_zone);
    *ret_zone = g_strdup(value->text);
}

/* Exactly the word, as everywhere in YAML; near ones are suggested. */
void
tu_section_choice(const TuSection *section, const char *key, const char *const *choices,
                  guint *ret_choice)
{
    g_autofree char *list = tu_suggest_list(choices, " or ");
    const TuYaml *value = tu_section_text(section, key, TU_OPTIONAL, list);
    if (value == NULL)
        return;
    for (guint i = 0; choices[i] != NULL; i++) {
        if (strcmp(value->text, choices[i]) == 0) {
            *ret_choice = i;
            return;
        }
    }
    g_autofree char *hint = tu_suggest_text(value->text, choices);
    tu_problems_add(section->problems, value->mark, "`%s` is %s, not `%.60s`%s", key, list,
                    value->text, hint);
}

/* Digits only: 1e3, 0x10 and +5 are no numbers here. */
void
tu_section_number(const TuSection *section, const char *key, guint least, guint most,
                  guint *ret_number)
{
    const TuYaml *value = tu_section_text(section, key, TU_OPTIONAL, "a whole number");
    guint64 number;
    if (value == NULL)
        return;
    if (!g_ascii_string_to_unsigned(value->text, 10, least, most, &number, NULL)) {
        tu_problems_add(section->problems, value->mark,
                        "`%s` is a whole number from %u to %u, not `%.60s`", key, least, most,
                        value->text);
        return;
    }
    *ret_number = (guint)number;
}

void
tu_section_duration_us(const TuSection *section, const char *key, gint64 *ret_us)
{
    const TuYaml *value = tu_section_text(section, key, TU_OPTIONAL, "a duration, 200ms");
    GError *error = NULL;
    if (value != NULL && !tu_duration_parse_us(value->text, ret_us, &error))
        tu_section_complain(section, value->mark, key, error);
}
