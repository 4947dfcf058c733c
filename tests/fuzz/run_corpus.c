/* Runs every file of a corpus through a fuzz target, as an ordinary test in every build. */
#include "target.h"

#include <stdio.h>

#include <glib.h>

static gboolean
run_file(const char *path, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &bytes, &length, error))
        return FALSE;
    LLVMFuzzerTestOneInput((const uint8_t *)bytes, length);
    return TRUE;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) directory = argc == 2 ? g_dir_open(argv[1], 0, &error) : NULL;
    guint files = 0;
    if (directory == NULL) {
        fprintf(stderr, "usage: %s DIRECTORY: %s\n", argv[0],
                error == NULL ? "one corpus is wanted" : error->message);
        return 1;
    }
    for (const char *name; (name = g_dir_read_name(directory)) != NULL; files++) {
        g_autofree char *path = g_build_filename(argv[1], name, NULL);
        fprintf(stderr, "%s\n", path); /* the last one named is the one that failed */
        if (!run_file(path, &error)) {
            fprintf(stderr, "%s\n", error->message);
            return 1;
        }
    }
    printf("%u files\n", files);
    return files > 0 ? 0 : 1;
}
