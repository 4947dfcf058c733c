#include "cli/sealed.h"

#include <stdio.h>

#include "cli/output.h"
#include "keep/old/boundary.h"
#include "keep/rows.h"
#include "time/instant.h"

/* ---- reading ---- */

static gboolean
take_sealed(const TuValue *row, gpointer data, GError **error)
{
    g_autofree char *name = g_strndup(row[0].text, row[0].bytes);
    TuSealed sealed = {.removed_below = tu_boundary_read_value(&row[1]),
                       .sealed_below = tu_boundary_read_value(&row[2]),
                       .to_removed = row[3].integer,
                       .to_sealed = row[4].integer};
    sealed.is_removed = sealed.removed_below != G_MININT32;
    sealed.is_sealed = sealed.sealed_below != G_MININT32;
    sealed.has_since = tu_value_read_instant(&row[5], &sealed.since_us);
    if (tu_grain_parse(name, &sealed.grain) && (sealed.is_removed || sealed.is_sealed))
        g_array_append_val((GArray *)data, sealed);
    return TRUE;
}

static int
compare_grains(gconstpointer a, gconstpointer b)
{
    return (int)((const TuSealed *)a)->grain - (int)((const TuSealed *)b)->grain;
}

gboolean
tu_sealed_read(TuDatabase *db, const TuSummaryModel *summary, GArray **ret_sealed, GError **error)
{
    g_autoptr(GArray) sealed = g_array_new(FALSE, FALSE, sizeof(TuSealed));
    TuValue name = tu_value_text(summary->spec->name);
    if (!tu_rows_each(db,
                      "SELECT grain, removed_below, sealed_below, to_removed, to_sealed, "
                      "first_to_sealed_at FROM trueup_boundary WHERE summary = ?1",
                      &name, 1, FALSE, take_sealed, sealed, error))
        return FALSE;
    g_array_sort(sealed, compare_grains);
    *ret_sealed = g_steal_pointer(&sealed);
    return TRUE;
}

/* ---- saying ---- */

char *
tu_sealed_text(TuGrain grain, TuDate below)
{
    char date[TU_DATE_TEXT_BYTES];
    tu_date_format(below, date);
    return g_strdup_printf("%ss before %s", tu_grain_name(grain), date);
}

/* TRUE if a range of dates from there on has some of them. */
static gboolean
is_in_range(const TuSealed *own, TuDate from)
{
    if (from != G_MININT32 && tu_grain_is_dated(own->grain))
        from = tu_date_floor(own->grain, from);
    return own->is_sealed && from < own->sealed_below;
}

typedef void (*OnSealed)(const TuSummaryModel *summary, const TuSealed *own, gpointer data);

/* Gives every grain of the summary (NULL: of all) of which something is sealed to `visit`. */
static gboolean
each_sealed(TuSession *session, const TuSummaryModel *summary, TuDate from, OnSealed visit,
            gpointer data, GError **error)
{
    const GPtrArray *summaries = session->model->summaries;
    for (guint i = 0; i < summaries->len; i++) {
        const TuSummaryModel *own = g_ptr_array_index(summaries, i);
        g_autoptr(GArray) sealed = NULL;
        if (summary != NULL && summary != own)
            continue;
        if (!tu_sealed_read(session->db, own, &sealed, error))
            return FALSE;
        for (guint s = 0; s < sealed->len; s++)
            if (is_in_range(&g_array_index(sealed, TuSealed, s), from))
                visit(own, &g_array_index(sealed, TuSealed, s), data);
    }
    return TRUE;
}

static void
say_one(const TuSummaryModel *summary, const TuSealed *own, gpointer data)
{
    g_autofree char *text = tu_sealed_text(own->grain, own->sealed_below);
    fprintf(stderr, "trueup: summary %s: %s are sealed: %s\n", summary->spec->name, text,
            (const char *)data);
}

gboolean
tu_sealed_say(TuSession *session, const TuSummaryModel *summary, TuDate from, const char *meaning,
              GError **error)
{
    return each_sealed(session, summary, from, say_one, (gpointer)(gsize)meaning, error);
}

/* ---- JSON ---- */

static void
add_one(JsonBuilder *builder, const TuSealed *own, gboolean is_sealed)
{
    char date[TU_DATE_TEXT_BYTES];
    TuValue since = own->has_since ? tu_value_time(TU_TYPE_INSTANT, own->since_us) : TU_NULL_VALUE;
    tu_date_format(is_sealed ? own->sealed_below : own->removed_below, date);
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "grain");
    json_builder_add_string_value(builder, tu_grain_name(own->grain));
    json_builder_set_member_name(builder, "before");
    json_builder_add_string_value(builder, date);
    json_builder_set_member_name(builder, "changes");
    json_builder_add_int_value(builder, is_sealed ? own->to_sealed : own->to_removed);
    if (is_sealed) {
        json_builder_set_member_name(builder, "since");
        tu_output_value(builder, &since);
    }
    json_builder_end_object(builder);
}

/* A summary that keeps everything says nothing of it. */
static gboolean
is_any(const GArray *sealed, gboolean is_sealed)
{
    for (guint i = 0; i < sealed->len; i++) {
        const TuSealed *own = &g_array_index(sealed, TuSealed, i);
        if (is_sealed ? own->is_sealed : own->is_removed)
            return TRUE;
    }
    return FALSE;
}

void
tu_sealed_add(JsonBuilder *builder, const GArray *sealed)
{
    static const char *const names[] = {"removed", "sealed"};
    for (int is_sealed = 1; is_sealed >= 0; is_sealed--) {
        if (!is_any(sealed, is_sealed))
            continue;
        json_builder_set_member_name(builder, names[is_sealed]);
        json_builder_begin_array(builder);
        for (guint i = 0; i < sealed->len; i++) {
            const TuSealed *own = &g_array_index(sealed, TuSealed, i);
            if (is_sealed ? own->is_sealed : own->is_removed)
                add_one(builder, own, is_sealed);
        }
        json_builder_end_array(builder);
    }
}

static void
add_named(const TuSummaryModel *summary, const TuSealed *own, gpointer data)
{
    JsonBuilder *builder = data;
    char date[TU_DATE_TEXT_BYTES];
    tu_date_format(own->sealed_below, date);
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "summary");
    json_builder_add_string_value(builder, summary->spec->name);
    json_builder_set_member_name(builder, "grain");
    json_builder_add_string_value(builder, tu_grain_name(own->grain));
    json_builder_set_member_name(builder, "before");
    json_builder_add_string_value(builder, date);
    json_builder_end_object(builder);
}

gboolean
tu_sealed_add_all(JsonBuilder *builder, TuSession *session, const TuSummaryModel *summary,
                  GError **error)
{
    json_builder_set_member_name(builder, "sealed");
    json_builder_begin_array(builder);
    if (!each_sealed(session, summary, G_MININT32, add_named, builder, error))
        return FALSE;
    json_builder_end_array(builder);
    return TRUE;
}
