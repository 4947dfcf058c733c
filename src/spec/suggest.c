#include "spec/suggest.h"

#include <string.h>

/* Longer words are not compared: no key or sensible name is longer, and the cost is the product. */
#define SUGGEST_MAX_BYTES 64

/* The rows of the classic table for two letters back, one back and now. */
static guint
distance(const char *left, const char *right)
{
    guint rows[3][SUGGEST_MAX_BYTES + 1];
    gsize left_bytes = strlen(left), right_bytes = strlen(right);
    guint *before = rows[0], *last = rows[1], *now = rows[2];

    for (gsize j = 0; j <= right_bytes; j++)
        last[j] = (guint)j;
    for (gsize i = 1; i <= left_bytes; i++) {
        now[0] = (guint)i;
        for (gsize j = 1; j <= right_bytes; j++) {
            char a = g_ascii_tolower(left[i - 1]), b = g_ascii_tolower(right[j - 1]);
            guint least = MIN(MIN(last[j], now[j - 1]) + 1, last[j - 1] + (a != b));
            if (i > 1 && j > 1 && a == g_ascii_tolower(right[j - 2]) &&
                b == g_ascii_tolower(left[i - 2]))
                least = MIN(least, before[j - 2] + 1);
            now[j] = least;
        }
        guint *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[right_bytes];
}

/* `least` begins one above what is near enough, so that only nearer words replace it. */
const char *
tu_suggest(const char *misspelt, const char *const *words)
{
    gsize bytes = strlen(misspelt);
    if (bytes == 0 || bytes > SUGGEST_MAX_BYTES)
        return NULL;

    guint least = (guint)MAX(1, bytes / 3) + 1;
    const char *nearest = NULL;
    for (; *words != NULL; words++) {
        if (strlen(*words) > SUGGEST_MAX_BYTES)
            continue;
        guint apart = distance(misspelt, *words);
        if (apart < least) {
            least = apart;
            nearest = *words;
        }
    }
    return nearest;
}

char *
tu_suggest_text(const char *misspelt, const char *const *words)
{
    const char *nearest = tu_suggest(misspelt, words);
    return nearest == NULL ? g_strdup("") : g_strdup_printf("; did you mean `%s`?", nearest);
}

char *
tu_suggest_list(const char *const *words, const char *separator)
{
    GString *list = g_string_new(NULL);
    for (gsize i = 0; words[i] != NULL; i++)
        g_string_append_printf(list, "%s%s", i == 0 ? "" : separator, words[i]);
    return g_string_free(list, FALSE);
}
