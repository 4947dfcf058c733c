/*
 * Golden SQL: texts that were read by a person once, a section a case, in tests/unit/data/.
 *
 *   -- label of the case
 *   CREATE TABLE ...;
 *
 * Where a text changes on purpose, run the test with TRUEUP_GOLDEN_OUT=FILE: it writes the sections
 * as they are now into FILE, to be read and taken over.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include <glib.h>

/* Statements one a line, each with its semicolon. */
static inline char *
golden_text(const GPtrArray *statements)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < statements->len; i++)
        g_string_append_printf(text, "%s;\n", (const char *)g_ptr_array_index(statements, i));
    return g_string_free(text, FALSE);
}

/* The section's text; NULL: there is none. */
static inline char *
golden_section(const char *file, const char *label)
{
    g_autofree char *path = g_build_filename(g_getenv("TRUEUP_TEST_DATA"), file, NULL);
    g_autofree char *head = g_strdup_printf("-- %s\n", label);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    const char *begin = strstr(text, head);
    if (begin == NULL)
        return NULL;
    begin += strlen(head);
    const char *end = strstr(begin, "\n-- ");
    return end != NULL ? g_strndup(begin, (gsize)(end - begin)) : g_strdup(begin);
}

static inline void
golden_check(const char *file, const char *label, const char *text)
{
    const char *out = g_getenv("TRUEUP_GOLDEN_OUT");
    if (out != NULL) {
        FILE *sections = fopen(out, "a");
        g_assert_nonnull(sections);
        fprintf(sections, "-- %s\n%s%s\n", label, text, g_str_has_suffix(text, "\n") ? "" : "\n");
        fclose(sections);
        return;
    }
    g_autofree char *wanted = golden_section(file, label);
    if (wanted == NULL)
        g_error("%s has no section -- %s", file, label);
    g_autofree char *is = g_strchomp(g_strdup(text));
    g_assert_cmpstr(is, ==, g_strchomp(wanted));
}
