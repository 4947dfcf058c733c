/* ${NAME} in values. The variables of these rows are set in main. */
#include <string.h>

#include <glib.h>

#include "spec/environment.h"

typedef struct {
    const char *text;
    const char *expanded;
    const char *mistakes; /* joined by '|' */
} Row;

#define UNSET                                                                                      \
    "the environment variable `TU_UNSET` is not set: set it, or give a default, ${TU_UNSET:-text}"
#define NO_NAME                                                                                    \
    " names no variable: write ${NAME} or ${NAME:-text} (the text without ${), or $${ for a "      \
    "literal ${"
#define OPEN "`${` is not closed: write ${NAME}, or $${ for a literal ${"

static const Row rows[] = {
    {"", "", ""},
    {"plain $ text {}", "plain $ text {}", ""},
    {"${TU_A}", "one", ""},
    {"<${TU_A}${TU_A}>", "<oneone>", ""},
    {"${TU_A:-two}", "one", ""},
    {"${TU_EMPTY}", "", ""},
    {"${TU_EMPTY:-two}", "two", ""},
    {"${TU_UNSET:-two}", "two", ""},
    {"${TU_UNSET:-}", "", ""},
    {"${TU_UNSET:-a b:-c}", "a b:-c", ""},
    {"${TU_UNSET:-$}x", "$x", ""},
    {"${_TU2}", "under", ""},
    {"$${TU_A}", "${TU_A}", ""},
    {"$$${TU_A}", "$${TU_A}", ""},
    {"a$${b$${c", "a${b${c", ""},
    {"$$ $1 $", "$$ $1 $", ""},
    {"${TU_NESTED}", "${TU_A}", ""}, /* a value is text: not expanded again */
    {"${TU_UNSET}", "${TU_UNSET}", UNSET},
    {"a ${TU_UNSET} ${TU_A} ${TU_UNSET}", "a ${TU_UNSET} one ${TU_UNSET}", UNSET "|" UNSET},
    {"${}", "${}", "`${}`" NO_NAME},
    {"${1A}", "${1A}", "`${1A}`" NO_NAME},
    {"${TU_A }", "${TU_A }", "`${TU_A }`" NO_NAME},
    {"${TU_A:two}", "${TU_A:two}", "`${TU_A:two}`" NO_NAME},
    {"${TU_A-two}", "${TU_A-two}", "`${TU_A-two}`" NO_NAME},
    {"${TU_UNSET:-${TU_A}}", "${TU_UNSET:-${TU_A}}", "`${TU_UNSET:-${TU_A}`" NO_NAME},
    {"${TU_A", "${TU_A", OPEN},
    {"x ${", "x ${", OPEN},
};

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(GPtrArray) mistakes = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *expanded = tu_environment_expand(row->text, mistakes);
    g_assert_cmpstr(expanded, ==, row->expanded);
    g_ptr_array_add(mistakes, NULL);
    g_autofree char *joined = g_strjoinv("|", (char **)mistakes->pdata);
    g_assert_cmpstr(joined, ==, row->mistakes);

    g_autofree char *quietly = tu_environment_expand(row->text, NULL);
    g_assert_cmpstr(quietly, ==, row->expanded);
}

/* A long variable named often must not fill the memory. */
static void
test_bound(void)
{
    g_autofree char *kilobyte = g_strnfill(1024, 'x');
    g_setenv("TU_LONG", kilobyte, TRUE);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 100000; i++)
        g_string_append(text, "${TU_LONG}");
    g_autoptr(GPtrArray) mistakes = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *expanded = tu_environment_expand(text->str, mistakes);
    g_assert_cmpuint(mistakes->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(mistakes, 0), ==,
                    "the variables make this larger than 4 MiB");
    g_assert_cmpuint(strlen(expanded), <, TU_ENVIRONMENT_MAX_BYTES + text->len + 1025);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("TU_A", "one", TRUE);
    g_setenv("TU_EMPTY", "", TRUE);
    g_setenv("_TU2", "under", TRUE);
    g_setenv("TU_NESTED", "${TU_A}", TRUE);
    g_unsetenv("TU_UNSET");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/environment/row/%u", i);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/environment/bound", test_bound);
    return g_test_run();
}
