#include "spec/environment.h"

#include <string.h>

/* What POSIX lets a variable be called. */
static gboolean
may_stand_in_name(char c, gboolean is_first)
{
    return c == '_' || g_ascii_isalpha(c) || (!is_first && g_ascii_isdigit(c));
}

/* Takes `message`; a caller that wants none gets none. */
static void
complain(GPtrArray *mistakes, char *message)
{
    if (mistakes != NULL)
        g_ptr_array_add(mistakes, message);
    else
        g_free(message);
}

/* The value for the `length` bytes between the braces; NULL when a mistake was reported. */
static char *
look_up(const char *inside, gsize length, GPtrArray *mistakes)
{
    gsize name_bytes = 0;
    while (name_bytes < length && may_stand_in_name(inside[name_bytes], name_bytes == 0))
        name_bytes++;

    const char *rest = inside + name_bytes;
    gsize rest_bytes = length - name_bytes;
    gboolean has_default = rest_bytes >= 2 && rest[0] == ':' && rest[1] == '-';
    gboolean is_nested = g_strstr_len(rest, (gssize)rest_bytes, "${") != NULL;
    if (name_bytes == 0 || (rest_bytes > 0 && !has_default) || is_nested) {
        complain(mistakes,
                 g_strdup_printf("`${%.*s}` names no variable: write ${NAME} or ${NAME:-text} "
                                 "(the text without ${), or $${ for a literal ${",
                                 (int)MIN(length, 40), inside));
        return NULL;
    }

    g_autofree char *name = g_strndup(inside, name_bytes);
    const char *value = g_getenv(name);
    if (has_default && (value == NULL || *value == '\0'))
        return g_strndup(rest + 2, rest_bytes - 2);
    if (value == NULL) {
        complain(mistakes, g_strdup_printf("the environment variable `%s` is not set: set it, or "
                                           "give a default, ${%s:-text}",
                                           name, name));
        return NULL;
    }
    return g_strdup(value);
}

/* One pass from left to right: what a variable gives is not looked at again. */
char *
tu_environment_expand(const char *text, GPtrArray *mistakes)
{
    g_autoptr(GString) result = g_string_new(NULL);
    const char *at = text;
    for (const char *dollar; (dollar = strstr(at, "${")) != NULL;) {
        if (dollar > at && dollar[-1] == '$') { /* $${: keep one dollar and the brace */
            g_string_append_len(result, at, dollar - at);
            g_string_append_c(result, '{');
            at = dollar + 2;
            continue;
        }
        g_string_append_len(result, at, dollar - at);
        const char *end = strchr(dollar, '}');
        if (end == NULL) {
            complain(mistakes, g_strdup("`${` is not closed: write ${NAME}, or $${ for a literal "
                                        "${"));
            at = dollar;
            break;
        }
        g_autofree char *value = look_up(dollar + 2, (gsize)(end - dollar - 2), mistakes);
        if (value != NULL)
            g_string_append(result, value);
        else
            g_string_append_len(result, dollar, end - dollar + 1);
        at = end + 1;
        if (result->len > TU_ENVIRONMENT_MAX_BYTES) {
            complain(mistakes, g_strdup_printf("the variables make this larger than %d MiB",
                                               TU_ENVIRONMENT_MAX_BYTES / 1024 / 1024));
            break;
        }
    }
    g_string_append(result, at);
    return g_string_free(g_steal_pointer(&result), FALSE);
}
