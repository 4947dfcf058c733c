#include "spec/yaml_syntax.h"

#include <string.h>

/* A part of libfyaml's message, and what would be right. The first row that fits is used. */
typedef struct {
    const char *part;
    const char *help;
} Help;

static const Help helps[] = {
    {"plain scalar cannot start", "put quotes around the value"},
    {"invalid trailing content after", "a value that begins with a quote ends at the next one: put "
                                       "other quotes around the whole value"},
    {"block scalar no linebreak", "a value that begins with `&`, `!`, `|` or `>` needs quotes"},
    {"nested block mapping on the same line", "a value with `: ` in it needs quotes"},
    {"tab character", "indent with spaces"},
    {"without closing quote", "close it"},
    {"invalid multiline plain key", "is the indentation right, and does each key end with `:`?"},
    {"could not find expected ':'", "is the indentation right, and does each key end with `:`?"},
    {"invalid indentation", "keys of one map begin in the same column"},
};

#define FLOW_HELP                                                                                  \
    "inside { } and [ ] a comma or bracket ends a value: a value with one of them, or with a "     \
    "leading quote, backtick, *, &, !, % or @, needs quotes (or is a bracket not closed?)"

void
tu_yaml_syntax_problem(struct fy_diag *diag, gboolean in_flow, TuProblems *problems)
{
    void *position = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &position);
    if (error == NULL) {
        tu_problems_add(problems, (TuMark){1, 1}, "this is no YAML that can be read");
        return;
    }

    const char *help = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(helps) && help == NULL; i++) {
        if (strstr(error->msg, helps[i].part) != NULL)
            help = helps[i].help;
    }
    if (in_flow)
        help = FLOW_HELP;
    TuMark mark = {(guint)MAX(error->line, 1), (guint)MAX(error->column, 1)};
    tu_problems_add(problems, mark, "YAML: %.200s%s%s", error->msg, help == NULL ? "" : "; ",
                    help == NULL ? "" : help);
}
