#include "time/zonename.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

/* Longer than every IANA name (the longest has 32 bytes). The edit distance keeps one row of this
 * length on the stack. */
#define NAME_MOST_BYTES 64

/* "America/Argentina/Ushuaia" is as deep as it gets; a link that leads upwards must not trap us. */
#define DIRECTORY_MOST_DEPTH 3

/* Where systems keep their zones. */
static const char *const directories[] = {"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo"};

const char *
tu_zone_directory(void)
{
    const char *wanted = g_getenv("TZDIR");

    if (wanted != NULL && wanted[0] != '\0')
        return wanted;
    for (guint i = 0; i < G_N_ELEMENTS(directories); i++) {
        if (g_file_test(directories[i], G_FILE_TEST_IS_DIR))
            return directories[i];
    }
    return directories[0];
}

/* TRUE if `name` may name a file inside the directory that is a zone of tenants. IANA names begin
 * with a capital; posix/, right/, posixrules, localtime and the tables beside them do not. A part
 * that begins with a dot would lead out of the directory. */
static gboolean
is_fit(const char *name)
{
    static const char punctuation[] = "/_+-.";

    if (!g_ascii_isupper(name[0]) || strcmp(name, "Factory") == 0 || strstr(name, "/.") != NULL ||
        strlen(name) > NAME_MOST_BYTES)
        return FALSE;
    for (const char *c = name; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && strchr(punctuation, *c) == NULL)
            return FALSE;
    }
    return TRUE;
}

/* TRUE if the file at `path` begins as a TZif file does: there are tables and lists beside them. */
static gboolean
holds_rules(const char *path)
{
    char magic[4] = {0};
    FILE *file = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? fopen(path, "rbe") : NULL;
    gsize bytes;

    if (file == NULL)
        return FALSE;
    bytes = fread(magic, 1, sizeof magic, file);
    fclose(file);
    return bytes == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
}

/* Adds the zones in `directory`, whose own name is `prefix` ("" or "America/"), and below it. */
static void
collect_names(const char *directory, const char *prefix, guint depth, GPtrArray *names)
{
    g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);
    const char *entry;

    while (entries != NULL && (entry = g_dir_read_name(entries)) != NULL) {
        g_autofree char *name = g_strconcat(prefix, entry, NULL);
        g_autofree char *path = g_build_filename(directory, entry, NULL);

        if (!is_fit(name))
            continue;
        if (holds_rules(path)) {
            g_ptr_array_add(names, g_steal_pointer(&name));
        } else if (depth < DIRECTORY_MOST_DEPTH && g_file_test(path, G_FILE_TEST_IS_DIR)) {
            g_autofree char *below = g_strconcat(name, "/", NULL);

            collect_names(path, below, depth + 1, names);
        }
    }
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
tu_zone_name_list(void)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    collect_names(tu_zone_directory(), "", 1, names);
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* How a letter counts when names are compared for likeness: people write "new york". */
static char
plain(char letter)
{
    if (letter == ' ' || letter == '-')
        return '_';
    return g_ascii_tolower(letter);
}

/* How many letters must be added, taken away or changed to make `b` of `a` (Levenshtein); both have
 * at most NAME_MOST_BYTES. */
static guint
edit_distance(const char *a, const char *b)
{
    guint row[NAME_MOST_BYTES + 1];
    gsize length = strlen(b);

    for (guint j = 0; j <= length; j++)
        row[j] = j;
    for (guint i = 0; a[i] != '\0'; i++) {
        guint diagonal = row[0]++;

        for (guint j = 0; j < length; j++) {
            guint changed = diagonal + (plain(a[i]) == plain(b[j]) ? 0 : 1);

            diagonal = row[j + 1];
            row[j + 1] = MIN(changed, MIN(diagonal, row[j]) + 1);
        }
    }
    return row[length];
}

static const char *
last_part(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash == NULL ? name : slash + 1;
}

/* How many letters may be wrong: short names are too easily alike. */
static guint
most_wrong(const char *name)
{
    return MIN((guint)strlen(name) / 4, 3);
}

/* The known name that is most like `name`, or NULL: the same with another case, with a few wrong
 * letters, or a place whose region is missing or wrong. */
static char *
near_name(const char *name)
{
    g_autoptr(GPtrArray) known = NULL;
    const char *nearest = NULL;
    guint least = G_MAXUINT;

    if (strlen(name) > NAME_MOST_BYTES)
        return NULL;
    known = tu_zone_name_list();
    for (guint i = 0; i < known->len; i++) {
        const char *candidate = g_ptr_array_index(known, i);
        guint whole = edit_distance(name, candidate);
        guint place = edit_distance(last_part(name), last_part(candidate));

        if (whole <= most_wrong(name) && whole < least) {
            least = whole;
            nearest = candidate;
        }
        if (place <= most_wrong(last_part(name)) && place + 1 < least) {
            least = place + 1;
            nearest = candidate;
        }
    }
    return g_strdup(nearest);
}

/* Only the last part of posix/Europe/Paris counts for likeness, so take the prefix off here. */
static const char *
without_prefix(const char *name)
{
    if (g_str_has_prefix(name, "posix/") || g_str_has_prefix(name, "right/"))
        return name + strlen("posix/");
    return name;
}

static void
complain(const char *name, const char *directory, const char *path, GError **error)
{
    const char *what = g_file_test(path, G_FILE_TEST_EXISTS) && name[0] != '\0'
                           ? "is not fit for a tenant"
                           : "is unknown";
    g_autofree char *near = NULL;

    if (!g_file_test(directory, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "time zone '%s' cannot be read: there is no directory %s (install tzdata, "
                    "or set TZDIR)",
                    name, directory);
        return;
    }
    near = near_name(without_prefix(name));
    if (near != NULL)
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG, "time zone '%s' %s: did you mean %s?", name,
                    what, near);
    else
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "time zone '%s' %s: write an IANA name such as Europe/Paris", name, what);
}

gboolean
tu_zone_name_is_known(const char *name)
{
    g_autofree char *path = g_build_filename(tu_zone_directory(), name, NULL);

    return is_fit(name) && holds_rules(path);
}

char *
tu_zone_name_file(const char *name, GError **error)
{
    const char *directory = tu_zone_directory();
    g_autofree char *path = g_build_filename(directory, name, NULL);

    if (is_fit(name) && holds_rules(path))
        return g_steal_pointer(&path);
    complain(name, directory, path, error);
    return NULL;
}
