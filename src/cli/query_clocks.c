#include "cli/query_clocks.h"

#include <string.h>

#include "db/sql.h"
#include "keep/rows.h"
#include "keep/tenants/tenants.h"
#include "spec/suggest.h"

struct TuQueryClocks {
    TuKeeper *keeper;
    const TuSummaryModel *summary;
    TuDictionary *dictionary;
    const TuZone *everyone; /* without a tenants table: the zone of all */
    GHashTable *zones;      /* number -> TuZone, or NULL where it is unknown; NULL likewise */
};

void
tu_query_clocks_free(TuQueryClocks *clocks)
{
    if (clocks == NULL)
        return;
    g_clear_pointer(&clocks->zones, g_hash_table_unref);
    g_free(clocks);
}

static gboolean
take_tenant(const TuValue *row, gpointer data, GError **error)
{
    TuQueryClocks *clocks = data;
    guint32 id = tu_dictionary_intern(
        clocks->dictionary, tu_tenant_read(clocks->keeper->model, clocks->dictionary, &row[0]));
    g_autofree char *name =
        row[1].type == TU_TYPE_TEXT ? g_strndup(row[1].text, row[1].bytes) : NULL;
    const TuZone *zone = name != NULL && row[2].type == TU_TYPE_NULL
                             ? tu_keeper_zone(clocks->keeper, name, NULL)
                             : NULL;
    g_hash_table_insert(clocks->zones, GUINT_TO_POINTER(id), (gpointer)(gsize)zone);
    return TRUE;
}

gboolean
tu_query_clocks_read(TuKeeper *keeper, const TuSummaryModel *summary, TuDictionary *dictionary,
                     TuQueryClocks **ret_clocks, GError **error)
{
    g_autoptr(TuQueryClocks) clocks = g_new0(TuQueryClocks, 1);
    const TuSpec *spec = keeper->model->spec;
    TuValue group = tu_value_text(summary->group->name);
    clocks->keeper = keeper;
    clocks->summary = summary;
    clocks->dictionary = dictionary;
    if (spec->tenants == NULL) {
        clocks->everyone = tu_keeper_zone(keeper, spec->time_zone, error);
        if (clocks->everyone == NULL)
            return FALSE;
    } else {
        clocks->zones = g_hash_table_new(NULL, NULL);
        if (!tu_rows_each(keeper->db,
                          "SELECT tenant, time_zone, error FROM trueup_tenant "
                          "WHERE group_name = ?1",
                          &group, 1, FALSE, take_tenant, clocks, error))
            return FALSE;
    }
    *ret_clocks = g_steal_pointer(&clocks);
    return TRUE;
}

const TuZone *
tu_query_clocks_zone(const TuQueryClocks *clocks, guint32 tenant)
{
    return clocks->zones == NULL ? clocks->everyone
                                 : g_hash_table_lookup(clocks->zones, GUINT_TO_POINTER(tenant));
}

/* ---- the tenant that is meant ---- */

/* Suggestions come from this many tenants: an error message is not worth reading a whole table. */
#define SUGGESTED_TENANTS 10000

static gboolean
take_number(const TuValue *row, gpointer data, GError **error)
{
    const TuQueryClocks *clocks = ((gpointer *)data)[0];
    GArray *numbers = ((gpointer *)data)[1];
    guint32 id = tu_dictionary_intern(clocks->dictionary, row[0]);
    g_array_append_val(numbers, id);
    return TRUE;
}

/* Without a tenants table they are those that have a cell. */
static gboolean
list_tenants(const TuQueryClocks *clocks, GArray *numbers, GError **error)
{
    gpointer data[] = {(gpointer)(gsize)clocks, numbers};
    const TuSummaryTable *table = NULL;
    GHashTableIter iter;
    gpointer key;
    if (clocks->zones != NULL) {
        g_hash_table_iter_init(&iter, clocks->zones);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
            guint32 id = GPOINTER_TO_UINT(key);
            g_array_append_val(numbers, id);
        }
        return TRUE;
    }
    for (int grain = 0; grain < TU_GRAINS; grain++)
        if (clocks->summary->tables[grain] != NULL)
            table = clocks->summary->tables[grain]; /* the coarsest is the smallest */
    g_autofree char *sql =
        tu_sql_format("SELECT DISTINCT %I FROM %Q LIMIT %d", clocks->summary->spec->tenant_column,
                      table->name, SUGGESTED_TENANTS);
    return tu_rows_each(clocks->keeper->db, sql, NULL, 0, FALSE, take_number, data, error);
}

static gboolean
is_written_so(const TuValue *value, const char *text)
{
    if (value->type == TU_TYPE_TEXT)
        return strlen(text) == value->bytes && memcmp(text, value->text, value->bytes) == 0;
    g_autofree char *written =
        value->type == TU_TYPE_NULL || value->type == TU_TYPE_BLOB ? NULL : tu_value_to_text(value);
    return g_strcmp0(written, text) == 0;
}

/* What `text` may mean: where columns have a type, that type's value only; else the text or a
 * number. NULL: nothing more. */
static void
find_meanings(const TuQueryClocks *clocks, const char *text, TuValue meanings[3])
{
    TuType kind = clocks->keeper->model->tenant_kind;
    gint64 integer = 0;
    char *end = NULL;
    double real = g_ascii_strtod(text, &end);
    meanings[0] = tu_value_text(text);
    meanings[1] = meanings[2] = TU_NULL_VALUE;
    if (kind != TU_TYPE_NULL) {
        meanings[0] = tu_tenant_read(clocks->keeper->model, clocks->dictionary, &meanings[0]);
        if (kind != TU_TYPE_TEXT && meanings[0].type == TU_TYPE_TEXT)
            meanings[0] = TU_NULL_VALUE;
        return;
    }
    if (*end == '\0' && end != text)
        meanings[1] = tu_value_real(real);
    if (g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &integer, NULL))
        meanings[2] = tu_value_integer(integer);
}

/* Without a tenants table: the first of the values that `text` may mean that has a cell. */
static gboolean
find_stored(const TuQueryClocks *clocks, const char *text, gboolean *ret_found, guint32 *ret_tenant,
            GError **error)
{
    const TuSummary *spec = clocks->summary->spec;
    gint64 one = 0;
    TuValue meanings[3];
    find_meanings(clocks, text, meanings);
    *ret_found = FALSE;
    for (int grain = TU_GRAINS - 1; grain >= 0; grain--) {
        const TuSummaryTable *table = clocks->summary->tables[grain];
        if (table == NULL)
            continue;
        g_autofree char *sql = tu_sql_format("SELECT 1 FROM %Q WHERE %I = ?1 LIMIT 1", table->name,
                                             spec->tenant_column);
        for (guint i = 0; i < G_N_ELEMENTS(meanings) && !*ret_found; i++) {
            if (meanings[i].type == TU_TYPE_NULL)
                continue;
            if (!tu_database_integer(clocks->keeper->db, sql, &meanings[i], 1, ret_found, &one,
                                     error))
                return FALSE;
            if (*ret_found)
                *ret_tenant = tu_dictionary_intern(clocks->dictionary, meanings[i]);
        }
        return TRUE; /* every tenant is in the coarsest table */
    }
    return TRUE;
}

/* Where a text and a number are written alike, the text is meant. */
static gboolean
find_listed(const TuQueryClocks *clocks, const char *text, const GArray *numbers,
            guint32 *ret_tenant)
{
    gboolean found = FALSE;
    for (guint i = 0; i < numbers->len; i++) {
        guint32 id = g_array_index(numbers, guint32, i);
        TuValue value = tu_dictionary_value(clocks->dictionary, id);
        if (!is_written_so(&value, text))
            continue;
        if (!found || value.type == TU_TYPE_TEXT)
            *ret_tenant = id;
        found = TRUE;
    }
    return found;
}

static void
set_unknown(const TuQueryClocks *clocks, const char *text, const GArray *numbers, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < numbers->len; i++) {
        TuValue value = tu_dictionary_value(clocks->dictionary, g_array_index(numbers, guint32, i));
        g_ptr_array_add(words, tu_value_to_text(&value));
    }
    g_ptr_array_add(words, NULL);
    g_autofree char *suggestion = tu_suggest_text(text, (const char *const *)words->pdata);
    g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "summary %s knows no tenant `%s`%s",
                clocks->summary->spec->name, text, suggestion);
}

gboolean
tu_query_clocks_find(const TuQueryClocks *clocks, const char *text, guint32 *ret_tenant,
                     GError **error)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    gboolean found = FALSE;
    if (clocks->zones == NULL && !find_stored(clocks, text, &found, ret_tenant, error))
        return FALSE;
    if (found)
        return TRUE;
    if (!list_tenants(clocks, numbers, error))
        return FALSE;
    if (find_listed(clocks, text, numbers, ret_tenant))
        return TRUE;
    set_unknown(clocks, text, numbers, error);
    return FALSE;
}
