/*
 * Rows of specs with mistakes: the text of a file, and all that is to be said about it, one
 * complaint a line as `line:column: message`.
 */
#pragma once

#include <string.h>

#include <glib.h>

#include "error.h"
#include "spec/spec.h"

/* A source and a summary with nothing wrong. */
#define SOURCES "sources:\n  flight: {from: flight, time: at, tenant: origin}\n"
#define SUMMARIES "summaries:\n  s: {source: flight, grains: [day], measures: {n: count}}\n"

typedef struct {
    const char *label;
    const char *text;
    const char *problems;
} SpecRow;

/* The complaints about `text`, which must have some, as one text; what the error holds must be the
 * same with the path before each line. */
static char *
spec_problems(const char *text, gsize length)
{
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(TuSpec) spec = tu_spec_parse(text, length, "dir/a.yaml", &problems, &error);
    g_assert_null(spec);
    g_assert_true(tu_error_is(error, TU_ERROR_CONFIG));

    g_autoptr(GString) list = g_string_new(NULL);
    g_autoptr(GString) lines = g_string_new(NULL);
    for (guint i = 0; i < problems->len; i++) {
        const TuProblem *problem = g_ptr_array_index(problems, i);
        const char *end = i + 1 < problems->len ? "\n" : "";
        g_autofree char *place =
            problem->mark.line == 0
                ? g_strdup("")
                : g_strdup_printf("%u:%u:", problem->mark.line, problem->mark.column);
        g_string_append_printf(list, "%s%s%s%s", place, *place == '\0' ? "" : " ", problem->message,
                               end);
        g_string_append_printf(lines, "dir/a.yaml:%s %s%s", place, problem->message, end);
    }
    g_assert_cmpstr(error->message, ==, lines->str);
    return g_string_free(g_steal_pointer(&list), FALSE);
}

static void
spec_row_test(gconstpointer data)
{
    const SpecRow *row = data;
    g_autofree char *problems = spec_problems(row->text, strlen(row->text));
    g_assert_cmpstr(problems, ==, row->problems);
}

/* Adds a test a row. The variables that rows name are set (or not) here. */
static void
spec_rows_add(const char *group, const SpecRow *rows, gsize n)
{
    g_unsetenv("TRUEUP_TEST_UNSET");
    g_setenv("TRUEUP_TEST_EMPTY", "", TRUE);
    g_setenv("TRUEUP_TEST_SYNTAX", "a, b}: {c", TRUE);
    for (gsize i = 0; i < n; i++) {
        g_autofree char *label = g_strdelimit(g_strdup(rows[i].label), "/", '|');
        g_autofree char *path = g_strdup_printf("/spec/%s/%s", group, label);
        g_test_add_data_func(path, &rows[i], spec_row_test);
    }
}
