#include "keep/tenants/zones.h"

#include "keep/tenants/rezone.h"
#include "keep/rows.h"
#include "time/edition.h"
#include "time/zonename.h"
#include "time/zonerules.h"

static char *
digest_text(const TuZone *zone)
{
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x", tu_zone_digest(zone));
}

/* ---- what is noted ---- */

TuZoneNote
tu_zone_note_of(const TuZone *zone)
{
    return (TuZoneNote){digest_text(zone), tu_zone_rules(zone), tu_edition_release(),
                        tu_zone_dated_us(zone)};
}

void
tu_zone_note_clear(TuZoneNote *note)
{
    g_clear_pointer(&note->digest, g_free);
    g_clear_pointer(&note->rules, g_free);
    g_clear_pointer(&note->release, g_free);
}

static char *
edition_of(const TuZoneNote *note)
{
    TuEdition edition = {note->release, note->dated_us};
    return tu_edition_text(&edition);
}

static gboolean
take_note(const TuValue *row, gpointer data, GError **error)
{
    TuZoneNote *note = data;
    char **texts[] = {&note->digest, &note->rules, &note->release};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        if (row[i].type == TU_TYPE_TEXT)
            *texts[i] = g_strndup(row[i].text, row[i].bytes);
    note->dated_us = row[3].integer;
    return TRUE;
}

/* The rules in force; an empty note where none are known. */
static gboolean
read_note(TuKeeper *keeper, const char *name, TuZoneNote *note, GError **error)
{
    TuValue value = tu_value_text(name);
    return tu_rows_each(keeper->db,
                        "SELECT r.digest, r.rules, r.edition, r.dated_us FROM trueup_rules r "
                        "JOIN trueup_zone z ON z.name = r.name AND z.digest = r.digest "
                        "WHERE r.name = ?1",
                        &value, 1, FALSE, take_note, note, error);
}

static gboolean
write_note(TuKeeper *keeper, const char *name, const TuZoneNote *note, GError **error)
{
    TuValue values[] = {tu_value_text(name), tu_value_text(note->digest),
                        tu_value_text(note->rules), tu_value_text(note->release),
                        tu_value_integer(note->dated_us)};
    return tu_database_run(keeper->db, "DELETE FROM trueup_zone WHERE name = ?1", values, 1, NULL,
                           error) &&
           tu_database_run(keeper->db, "INSERT INTO trueup_zone(name, digest) VALUES (?1, ?2)",
                           values, 2, NULL, error) &&
           tu_database_run(keeper->db, "DELETE FROM trueup_rules WHERE name = ?1", values, 1, NULL,
                           error) &&
           tu_database_run(keeper->db,
                           "INSERT INTO trueup_rules(name, digest, rules, edition, dated_us) "
                           "VALUES (?1, ?2, ?3, ?4, ?5)",
                           values, G_N_ELEMENTS(values), NULL, error);
}

/* Editions that have the same rules are all alike: the first one's name stays. */
gboolean
tu_zones_note(TuKeeper *keeper, const TuZone *zone, GError **error)
{
    g_auto(TuZoneNote) known = {0};
    g_auto(TuZoneNote) own = tu_zone_note_of(zone);
    if (!read_note(keeper, tu_zone_name(zone), &known, error))
        return FALSE;
    return g_strcmp0(known.digest, own.digest) == 0 ||
           write_note(keeper, tu_zone_name(zone), &own, error);
}

/* ---- which ones differ ---- */

typedef struct {
    TuKeeper *keeper;
    GPtrArray *names; /* of char * */
} Comparing;

static gboolean
compare_zone(const TuValue *row, gpointer data, GError **error)
{
    const Comparing *comparing = data;
    g_autofree char *name = g_strndup(row[0].text, row[0].bytes);
    g_autofree char *noted = g_strndup(row[1].text, row[1].bytes);
    const TuZone *zone = tu_keeper_zone(comparing->keeper, name, NULL);
    g_autofree char *own = zone != NULL ? digest_text(zone) : NULL;
    if (g_strcmp0(own, noted) != 0)
        g_ptr_array_add(comparing->names, g_steal_pointer(&name));
    return TRUE;
}

static gboolean
find_different(TuKeeper *keeper, GPtrArray **ret_names, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Comparing comparing = {keeper, names};
    if (!tu_rows_each(keeper->db, "SELECT name, digest FROM trueup_zone ORDER BY name", NULL, 0,
                      FALSE, compare_zone, &comparing, error))
        return FALSE;
    *ret_names = g_steal_pointer(&names);
    return TRUE;
}

/* Above 0: this machine's are newer than those noted. */
static int
compare_editions(const TuZoneNote *own, const TuZoneNote *noted)
{
    TuEdition ours = {own->release, own->dated_us};
    TuEdition theirs = {noted->release, noted->dated_us};
    return tu_edition_compare(&ours, &theirs);
}

/* Cells cut by one set of rules and settled by another would be neither's. */
static void
refuse(TuKeeper *keeper, const char *name, const TuZoneNote *noted, GError **error)
{
    const TuZone *zone = tu_keeper_zone(keeper, name, NULL);
    g_auto(TuZoneNote) own = {0};
    g_autofree char *of_noted = noted->rules != NULL ? edition_of(noted) : NULL;
    if (zone != NULL)
        own = tu_zone_note_of(zone);
    g_autofree char *of_own = zone != NULL ? edition_of(&own) : NULL;
    if (of_noted == NULL)
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "the rules of time zone %s are not those that the summaries were kept with "
                    "(another tzdata): run `trueup apply`, with the same tzdata on every host",
                    name);
    else if (of_own == NULL)
        g_set_error(
            error, TU_ERROR, TU_ERROR_CONFIG,
            "time zone %s is not in this host's tzdata, and the summaries are kept with that "
            "of %s: install that or a newer one here",
            name, of_noted);
    else
        g_set_error(
            error, TU_ERROR, TU_ERROR_CONFIG,
            "the rules of time zone %s are not those of this host: its tzdata is %s, and the "
            "summaries are kept with %s: %s",
            name, of_own, of_noted,
            compare_editions(&own, noted) > 0 ? "the next `trueup run` takes the newer ones over"
                                              : "install the newer one on every host");
}

/* Before any work: a worker by other rules would cut days differently. */
gboolean
tu_zones_check(TuKeeper *keeper, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    g_auto(TuZoneNote) noted = {0};
    if (!find_different(keeper, &names, error))
        return FALSE;
    if (names->len == 0)
        return TRUE;
    if (read_note(keeper, g_ptr_array_index(names, 0), &noted, error))
        refuse(keeper, g_ptr_array_index(names, 0), &noted, error);
    return FALSE;
}

/* ---- taking newer ones over ---- */

/* Newer rules than those noted are taken over; older ones stop this host, and it says which is
 * which. */
static gboolean
adopt_one(TuKeeper *keeper, const char *name, gboolean is_apply, GString *said, GError **error)
{
    const TuZone *zone = tu_keeper_zone(keeper, name, NULL);
    g_auto(TuZoneNote) noted = {0};
    g_auto(TuZoneNote) own = {0};
    if (zone != NULL)
        own = tu_zone_note_of(zone);
    if (!read_note(keeper, name, &noted, error))
        return FALSE;
    int order = zone != NULL && noted.rules != NULL ? compare_editions(&own, &noted) : 0;
    if (is_apply && order == 0)
        return TRUE;
    if (order <= 0) {
        refuse(keeper, name, &noted, error);
        return FALSE;
    }
    g_autofree char *from = edition_of(&noted);
    g_autofree char *to = edition_of(&own);
    g_string_append_printf(said, "%s%s: from %s to %s", said->len > 0 ? "; " : "", name, from, to);
    return tu_rezone_ask(keeper, zone, noted.rules, error) && write_note(keeper, name, &own, error);
}

/* All of them, or none: one zone that is older here stops the whole. */
static gboolean
adopt_all(TuKeeper *keeper, gboolean is_apply, GString *said, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    if (!find_different(keeper, &names, error))
        return FALSE;
    for (guint i = 0; i < names->len; i++)
        if (!adopt_one(keeper, g_ptr_array_index(names, i), is_apply, said, error))
            return FALSE;
    return TRUE;
}

/* Within the caller's transaction, whose turns it has moved. */
gboolean
tu_zones_adopt_in(TuKeeper *keeper, gboolean *ret_adopted, GError **error)
{
    g_autoptr(GString) said = g_string_new(NULL);
    if (!adopt_all(keeper, TRUE, said, error))
        return FALSE;
    *ret_adopted = said->len > 0;
    return TRUE;
}

/* The turns come first: from then on nobody settles by the old rules, nor does another take
 * over. */
static gboolean
adopt_once(TuKeeper *keeper, GString *said, GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    g_string_truncate(said, 0);
    return tu_transaction_begin_write(&txn, keeper->db, error) &&
           tu_database_execute(keeper->db, "UPDATE trueup_group SET turn = turn + 1", error) &&
           adopt_all(keeper, FALSE, said, error) && tu_transaction_commit(&txn, error);
}

/* Asked without a transaction first: as a rule there is nothing to take over. */
gboolean
tu_zones_adopt(TuKeeper *keeper, char **ret_said, GError **error)
{
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(GPtrArray) names = NULL;
    gint64 busy_since_us = 0;
    *ret_said = NULL;
    if (!find_different(keeper, &names, error))
        return FALSE;
    while (names->len > 0) {
        g_autoptr(GError) local = NULL;
        if (adopt_once(keeper, said, &local))
            break;
        if (!tu_keeper_may_retry(local, &busy_since_us)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    if (said->len > 0)
        *ret_said = g_string_free(g_steal_pointer(&said), FALSE);
    return TRUE;
}

/* ---- this machine ---- */

/* Files of tzdata may be replaced under a process that runs for months. */
gboolean
tu_zones_are_current(const TuKeeper *keeper)
{
    GHashTableIter iter;
    gpointer name;
    gpointer zone;
    g_hash_table_iter_init(&iter, keeper->zones);
    while (g_hash_table_iter_next(&iter, &name, &zone))
        if (zone != NULL ? !tu_zone_is_current(zone) : tu_zone_name_is_known(name))
            return FALSE;
    return TRUE;
}
