/* Adding rows to a tally: many cells are looked up at a time, and added to in the order of rows. */
#include "cells/ahead.h"
#include "keep/compare/tally.h"
#include "time/instant.h"

/* What a row adds to one cell. */
typedef struct {
    const TuSeriesModel *series;
    const TuValue *row;
    gint64 at_us;
} Share;

typedef struct {
    TuTally *tally;
    const TuSourceModel *source;
    int weight;
    TuSkipSeries skip;
    gpointer skip_data;
    TuAhead ahead;               /* the cells' keys ... */
    Share shares[TU_AHEAD_KEYS]; /* ... and what goes into them */
} Adding;

/* No memory is given out for it: it lives on the stack of one call. */
static void
adding_init(Adding *adding, TuTally *tally, const TuSourceModel *source, int weight,
            TuSkipSeries skip, gpointer skip_data)
{
    adding->tally = tally;
    adding->source = source;
    adding->weight = weight;
    adding->skip = skip;
    adding->skip_data = skip_data;
    tu_ahead_clear(&adding->ahead);
    tally->has_weights = tally->has_weights || weight < 0;
    if (tally->numbers->len < source->expressions->len)
        g_array_set_size(tally->numbers, source->expressions->len);
}

/* ---- cells ---- */

/* Source, expression, value and place: enough to find the row. A long decimal is a number, of more
 * digits than are added up. */
static char *
bad_value_message(const TuTally *tally, const Share *share, guint32 tenant, guint measure,
                  const TuValue *value)
{
    const TuMeasure *spec = g_ptr_array_index(share->series->spec->measures, measure);
    TuValue key = tu_dictionary_value(tu_cells_dictionary(tally->cells), tenant);
    g_autofree char *text = tu_value_to_text(value);
    g_autofree char *name = tu_value_to_text(&key);
    gboolean is_long = value->type == TU_TYPE_LONG_DECIMAL;
    char at[TU_INSTANT_TEXT_BYTES];
    tu_instant_format(share->at_us, at);
    return g_strdup_printf("source %s: %s(%s) meets %s '%s', which %s, in the row of "
                           "tenant %s at %s: correct the row",
                           share->series->source->spec->name, tu_measure_kind_name(spec->kind),
                           spec->expression,
                           is_long                       ? "the number"
                           : value->type == TU_TYPE_TEXT ? "the text"
                                                         : "a blob",
                           text, is_long ? "has more than 38 digits" : "is no number", name, at);
}

/* A count has no value: its input is the condition. What cannot be added makes the cell fail,
 * and no other. */
static void
add_to_cell(const Adding *adding, const Share *share, TuCellTable *table, TuCell *cell)
{
    const TuSeriesModel *series = share->series;
    cell->rows += adding->weight;
    for (guint i = 0; i < series->layout->n_measures; i++) {
        int input = series->inputs[i];
        gboolean is_count = series->layout->measures[i].kind == TU_MEASURE_COUNT;
        if (is_count && input >= 0 && share->row[input].integer != 1)
            continue;
        TuValue value = is_count ? TU_NULL_VALUE : share->row[input];
        if (!tu_cell_add(table, cell, i, value, adding->weight))
            tu_cell_fail(table, cell,
                         bad_value_message(adding->tally, share, cell->tenant, i, &value));
    }
}

/* Adds to all cells that were asked for. */
static void
add_shares(Adding *adding)
{
    tu_ahead_fetch(&adding->ahead);
    for (guint i = 0; i < adding->ahead.n; i++)
        add_to_cell(adding, &adding->shares[i], adding->ahead.keys[i].table,
                    tu_ahead_get(&adding->ahead, i));
    tu_ahead_clear(&adding->ahead);
}

/* ---- rows ---- */

/* The number of the row's value in that column: many series may ask for the same one. */
static guint32
number_of(TuTally *tally, const TuValue *row, int column)
{
    TuTallyNumber *number = &g_array_index(tally->numbers, TuTallyNumber, column);
    if (number->row != tally->rows_read) {
        number->row = tally->rows_read;
        number->id = tu_dictionary_intern(tu_cells_dictionary(tally->cells), row[column]);
    }
    return number->id;
}

/* Asks for the cells of one series that the row belongs to. */
static void
ask_for_series(Adding *adding, const TuSeriesModel *series, const TuValue *row, TuPlace *place)
{
    TuTally *tally = adding->tally;
    guint32 dimensions[TU_DIMENSIONS_LIMIT];
    gboolean has_dimensions = FALSE;
    for (int grain = 0; grain < TU_GRAINS; grain++) {
        int target = series->target[grain];
        if (target < 0 || !tally->wanted[target].from_source)
            continue;
        TuBucket bucket = tu_place_bucket(place, series->source, (TuGrain)grain);
        if (!tu_tally_wants(tally, (guint)target, place->tenant_id, bucket))
            continue;
        for (guint i = 0; !has_dimensions && i < series->layout->n_dimensions; i++)
            dimensions[i] = number_of(tally, row, series->dimensions[i]);
        has_dimensions = TRUE;
        if (tu_ahead_is_full(&adding->ahead))
            add_shares(adding);
        adding->shares[adding->ahead.n] = (Share){series, row, place->at_us};
        tu_ahead_add(&adding->ahead, tu_cells_table(tally->cells, (guint)target), place->tenant_id,
                     bucket, dimensions);
    }
}

/* Rows without a place are counted by tu_tally_place, and belong nowhere. */
static void
ask_for_row(Adding *adding, const TuValue *row)
{
    static const TuValue no_tenant = {.type = TU_TYPE_NULL};
    const TuSourceModel *source = adding->source;
    TuPlace place;
    adding->tally->rows_read++;
    if (!tu_tally_place(adding->tally, source,
                        source->tenant >= 0 ? &row[source->tenant] : &no_tenant, &row[source->time],
                        adding->weight, &place))
        return;
    for (guint i = 0; i < source->series->len; i++) {
        const TuSeriesModel *series = g_ptr_array_index(source->series, i);
        if (series->filter >= 0 && row[series->filter].integer != 1)
            continue;
        if (adding->skip == NULL || !adding->skip(series, adding->skip_data))
            ask_for_series(adding, series, row, &place);
    }
}

/* How many rows pass between two looks at the memory: a cell is some hundred bytes. */
#define LIMIT_CHECK_ROWS 4096

/* Looks at the memory if it is time to; `rows_before` were read when it might last have been. */
static gboolean
check_limit(const TuTally *tally, gint64 rows_before, GError **error)
{
    gboolean is_time = tally->rows_read / LIMIT_CHECK_ROWS != rows_before / LIMIT_CHECK_ROWS;
    if (tally->limit_bytes == 0 || !is_time || tu_cells_bytes(tally->cells) <= tally->limit_bytes)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_LIMIT, "the cells need more than %zu bytes of memory",
                tally->limit_bytes);
    return FALSE;
}

/* A row at a time, with its weight: for images, and rows that are looked at one by one. */
gboolean
tu_tally_add(TuTally *tally, const TuSourceModel *source, const TuValue *row, int weight,
             TuSkipSeries skip, gpointer skip_data, GError **error)
{
    Adding adding;
    gint64 rows_before = tally->rows_read;
    adding_init(&adding, tally, source, weight, skip, skip_data);
    ask_for_row(&adding, row);
    add_shares(&adding);
    return check_limit(tally, rows_before, error);
}

/* Many rows of a scan, which all count once; their cells are looked up together. */
gboolean
tu_tally_add_rows(TuTally *tally, const TuSourceModel *source, const TuRows *rows, GError **error)
{
    Adding adding;
    gint64 rows_before = tally->rows_read;
    adding_init(&adding, tally, source, 1, NULL, NULL);
    for (guint i = 0; i < rows->n; i++)
        ask_for_row(&adding, tu_rows_at(rows, i));
    add_shares(&adding);
    return check_limit(tally, rows_before, error);
}
