#include "time/edition.h"

#include <stdio.h>
#include <string.h>

#include "time/calendar.h"
#include "time/instant.h"
#include "time/zonename.h"

/* ---- what this machine says ---- */

/* "# version 2025b" at the head of tzdata.zi, or nothing but "2025b". */
static const struct {
    const char *file, *prefix;
} places[] = {
    {"tzdata.zi", "# version "},
    {"+VERSION", ""},
};

/* So much of a file holds its first line. */
#define HEAD_BYTES 64

/* The first line; NULL: the file is not there, or begins otherwise. tzdata.zi is not read whole. */
static char *
first_line(const char *path, const char *prefix)
{
    char head[HEAD_BYTES + 1] = "";
    FILE *file = fopen(path, "rbe");

    if (file == NULL)
        return NULL;
    head[fread(head, 1, HEAD_BYTES, file)] = '\0';
    fclose(file);
    if (!g_str_has_prefix(head, prefix))
        return NULL;
    return g_strndup(head + strlen(prefix), strcspn(head + strlen(prefix), " \r\n"));
}

char *
tu_edition_release(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path = g_build_filename(tu_zone_directory(), places[i].file, NULL);
        char *release = first_line(path, places[i].prefix);

        if (release != NULL && release[0] != '\0')
            return release;
        g_free(release);
    }
    return NULL;
}

/* ---- the order ---- */

/* A release counts as so many days of its year as its letters say: 2025b as 2 January 2025. */
static gint64
day_of(const TuEdition *edition)
{
    char *end = NULL;
    gint64 year = edition->release != NULL ? g_ascii_strtoll(edition->release, &end, 10) : 0;
    gint64 days = 0;

    if (year < 1970 || year > 9999)
        return tu_instant_local_date(edition->dated_us);
    while (g_ascii_islower(*end) && days < 365)
        days = days * 26 + (*end++ - 'a' + 1);
    return tu_date_from_civil((int)year, 1, 1) + MIN(days, 365) - 1;
}

int
tu_edition_compare(const TuEdition *a, const TuEdition *b)
{
    gint64 left = day_of(a);
    gint64 right = day_of(b);

    if (left == right) {
        left = a->dated_us;
        right = b->dated_us;
    }
    return (left > right) - (left < right);
}

char *
tu_edition_text(const TuEdition *edition)
{
    char date[TU_DATE_TEXT_BYTES];

    tu_date_format(tu_instant_local_date(edition->dated_us), date);
    return edition->release != NULL ? g_strdup_printf("%s (file of %s)", edition->release, date)
                                    : g_strdup_printf("of unknown release, file of %s", date);
}
