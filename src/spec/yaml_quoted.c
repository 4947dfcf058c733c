#include "spec/yaml_quoted.h"

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static gboolean
is_break(char c)
{
    return c == '\n' || c == '\r';
}

/* Folds the white space that begins at `*at` and holds a line end; leaves `*at` behind it. */
static void
fold(GString *text, const char **at, const char *end)
{
    guint breaks = 0;
    for (; *at < end && (is_blank(**at) || is_break(**at)); (*at)++) {
        gboolean is_first_of_two = **at == '\r' && *at + 1 < end && (*at)[1] == '\n';
        breaks += is_break(**at) && !is_first_of_two;
    }
    if (breaks == 1)
        g_string_append_c(text, ' ');
    for (; breaks > 1; breaks--)
        g_string_append_c(text, '\n');
}

char *
tu_yaml_single_quoted(const char *raw, gsize length)
{
    GString *text = g_string_new(NULL);
    const char *at = raw, *end = raw + length;
    while (at < end) {
        const char *blank = at;
        while (blank < end && is_blank(*blank))
            blank++;
        if (blank < end && is_break(*blank)) {
            fold(text, &at, end);
        } else if (blank > at) {
            g_string_append_len(text, at, blank - at);
            at = blank;
        } else {
            g_string_append_c(text, *at);
            at += *at == '\'' && at + 1 < end && at[1] == '\'' ? 2 : 1;
        }
    }
    return g_string_free(text, FALSE);
}
