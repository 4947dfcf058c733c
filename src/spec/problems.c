#include "spec/problems.h"

#include "error.h"

struct TuProblems {
    GPtrArray *list;  /* of TuProblem, in the order found */
    GHashTable *seen; /* "line:column:message" */
};

static void
free_problem(gpointer data)
{
    TuProblem *problem = data;
    g_free(problem->message);
    g_free(problem);
}

TuProblems *
tu_problems_new(void)
{
    TuProblems *problems = g_new0(TuProblems, 1);
    problems->list = g_ptr_array_new_with_free_func(free_problem);
    problems->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return problems;
}

void
tu_problems_free(TuProblems *problems)
{
    if (problems == NULL)
        return;
    g_ptr_array_unref(problems->list);
    g_hash_table_unref(problems->seen);
    g_free(problems);
}

/* Said again of the same place, a complaint is not new. */
void
tu_problems_add(TuProblems *problems, TuMark mark, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *raw = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    g_autofree char *message = g_utf8_make_valid(raw, -1);
    for (char *c = message; *c != '\0'; c++) {
        if (g_ascii_iscntrl(*c))
            *c = ' ';
    }
    if (!g_hash_table_add(problems->seen,
                          g_strdup_printf("%u:%u:%s", mark.line, mark.column, message)))
        return;

    TuProblem *problem = g_new0(TuProblem, 1);
    problem->mark = mark;
    problem->message = g_steal_pointer(&message);
    g_ptr_array_add(problems->list, problem);
}

/* GLib's sort is stable for arrays of pointers, so complaints about one place stay in the order in
 * which they were found. */
static int
compare_places(gconstpointer left, gconstpointer right)
{
    const TuProblem *a = *(const TuProblem *const *)left;
    const TuProblem *b = *(const TuProblem *const *)right;
    if (a->mark.line != b->mark.line)
        return a->mark.line < b->mark.line ? -1 : 1;
    if (a->mark.column != b->mark.column)
        return a->mark.column < b->mark.column ? -1 : 1;
    return 0;
}

GPtrArray *
tu_problems_take(TuProblems *problems)
{
    GPtrArray *list = g_steal_pointer(&problems->list);
    problems->list = g_ptr_array_new_with_free_func(free_problem);
    g_hash_table_remove_all(problems->seen);
    g_ptr_array_sort(list, compare_places);
    return list;
}

/* A problem of no place (the file cannot be read) has none printed. */
GError *
tu_problems_error(const GPtrArray *list, const char *path)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++) {
        const TuProblem *problem = g_ptr_array_index(list, i);
        if (i > 0)
            g_string_append_c(text, '\n');
        g_string_append(text, path);
        if (problem->mark.line > 0)
            g_string_append_printf(text, ":%u:%u", problem->mark.line, problem->mark.column);
        g_string_append_printf(text, ": %s", problem->message);
    }
    return g_error_new_literal(TU_ERROR, TU_ERROR_CONFIG, text->str);
}
