#include "keep/rows.h"

#include <string.h>

/* Rows in a batch: enough that a queue's lock is nothing beside them, few enough for the cache. */
#define BATCH_ROWS 1024
/* Batches under way: one being read, one being grouped, the others even out. */
#define BATCHES 4
/* Text beyond this in one batch ends it early. */
#define BATCH_TEXT_BYTES (256 * 1024)

typedef struct {
    guint n_rows;
    TuValue *values;
    char *text;
    gsize text_used, text_size;
    GPtrArray *long_texts; /* those that did not fit */
} Batch;

static Batch *
batch_new(guint n_columns)
{
    Batch *batch = g_new0(Batch, 1);
    batch->values = g_new(TuValue, (gsize)n_columns * BATCH_ROWS);
    batch->text_size = BATCH_TEXT_BYTES;
    batch->text = g_malloc(batch->text_size);
    batch->long_texts = g_ptr_array_new_with_free_func(g_free);
    return batch;
}

static void
batch_free(gpointer data)
{
    Batch *batch = data;
    g_free(batch->values);
    g_free(batch->text);
    g_ptr_array_unref(batch->long_texts);
    g_free(batch);
}

static TuValue
keep(Batch *batch, TuValue value)
{
    if (!tu_value_has_bytes(&value))
        return value;
    if (value.bytes <= batch->text_size - batch->text_used) {
        char *copy = batch->text + batch->text_used;
        memcpy(copy, value.text, value.bytes);
        batch->text_used += value.bytes;
        value.text = copy;
    } else {
        value.text = g_memdup2(value.text, value.bytes);
        g_ptr_array_add(batch->long_texts, (gpointer)(gsize)value.text);
    }
    return value;
}

/* Reads up to a full batch. *has_row: the statement stands on a row already; *ret_is_end: it has no
 * more. */
static gboolean
fill(Batch *batch, TuStatement *statement, guint n_columns, gboolean *has_row, gboolean *ret_is_end,
     GError **error)
{
    batch->n_rows = 0;
    batch->text_used = 0;
    g_ptr_array_set_size(batch->long_texts, 0);
    *ret_is_end = FALSE;
    while (batch->n_rows < BATCH_ROWS && batch->long_texts->len == 0) {
        if (!*has_row && !tu_statement_step(statement, has_row, error))
            return FALSE;
        if (!*has_row) {
            *ret_is_end = TRUE;
            return TRUE;
        }
        *has_row = FALSE;
        TuValue *row = batch->values + (gsize)batch->n_rows * n_columns;
        for (guint i = 0; i < n_columns; i++)
            row[i] = keep(batch, tu_statement_value(statement, i));
        batch->n_rows++;
    }
    return TRUE;
}

gboolean
tu_rows_each_of(TuStatement *statement, const TuValue *parameters, guint n, TuRowVisit visit,
                gpointer data, GError **error)
{
    gboolean has_row = FALSE;
    if (!tu_statement_bind(statement, parameters, n, error) ||
        !tu_statement_step(statement, &has_row, error))
        return FALSE;
    guint n_columns = tu_statement_columns(statement);
    g_autofree TuValue *row = g_new0(TuValue, MAX(n_columns, 1));
    while (has_row) {
        for (guint i = 0; i < n_columns; i++)
            row[i] = tu_statement_value(statement, i);
        if (!visit(row, data, error) || !tu_statement_step(statement, &has_row, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- in a thread ---- */

typedef struct {
    TuStatement *statement;
    guint n_columns;
    gboolean has_row;           /* the statement stands on a row that is not in a batch yet */
    GAsyncQueue *free, *filled; /* of Batch; the end is a batch without rows */
    gint must_stop;             /* atomic */
    GError *error;
} Reader;

static gpointer
read_in_thread(gpointer data)
{
    Reader *reader = data;
    gboolean is_end = FALSE;
    while (!is_end) {
        Batch *batch = g_async_queue_pop(reader->free);
        if (g_atomic_int_get(&reader->must_stop) ||
            !fill(batch, reader->statement, reader->n_columns, &reader->has_row, &is_end,
                  &reader->error)) {
            batch->n_rows = 0;
            is_end = TRUE;
        }
        gboolean is_last = batch->n_rows == 0;
        g_async_queue_push(reader->filled, batch);
        if (is_end && !is_last) {
            batch = g_async_queue_pop(reader->free);
            batch->n_rows = 0;
            g_async_queue_push(reader->filled, batch);
        }
    }
    return NULL;
}

static gboolean
scan_in_thread(TuStatement *statement, TuRowsVisit visit, gpointer data, GError **error)
{
    gboolean has_row = FALSE;
    if (!tu_statement_step(statement, &has_row, error))
        return FALSE;
    if (!has_row)
        return TRUE;
    Reader reader = {.statement = statement,
                     .has_row = TRUE,
                     .n_columns = tu_statement_columns(statement),
                     .free = g_async_queue_new_full(batch_free),
                     .filled = g_async_queue_new_full(batch_free)};
    for (guint i = 0; i < BATCHES; i++)
        g_async_queue_push(reader.free, batch_new(reader.n_columns));
    GThread *thread = g_thread_new("rows", read_in_thread, &reader);
    gboolean is_right = TRUE;
    for (;;) {
        Batch *batch = g_async_queue_pop(reader.filled);
        TuRows rows = {batch->values, batch->n_rows, reader.n_columns};
        gboolean is_end = rows.n == 0;
        if (is_right && !is_end && !visit(&rows, data, error)) {
            is_right = FALSE;
            g_atomic_int_set(&reader.must_stop, 1);
        }
        g_async_queue_push(reader.free, batch);
        if (is_end)
            break;
    }
    g_thread_join(thread);
    g_async_queue_unref(reader.free);
    g_async_queue_unref(reader.filled);
    if (is_right && reader.error != NULL) {
        g_propagate_error(error, reader.error);
        return FALSE;
    }
    g_clear_error(&reader.error);
    return is_right;
}

gboolean
tu_rows_scan_of(TuStatement *statement, const TuValue *parameters, guint n, TuRowsVisit visit,
                gpointer data, GError **error)
{
    return tu_statement_bind(statement, parameters, n, error) &&
           scan_in_thread(statement, visit, data, error);
}

gboolean
tu_rows_scan(TuDatabase *db, const char *sql, const TuValue *parameters, guint n, TuRowsVisit visit,
             gpointer data, GError **error)
{
    g_autoptr(TuStatement) statement = NULL;
    return tu_database_prepare_scan(db, sql, &statement, error) &&
           tu_rows_scan_of(statement, parameters, n, visit, data, error);
}

/* ---- row by row ---- */

typedef struct {
    TuRowVisit visit;
    gpointer data;
} Each;

static gboolean
visit_each(const TuRows *rows, gpointer data, GError **error)
{
    const Each *each = data;
    for (guint i = 0; i < rows->n; i++)
        if (!each->visit(tu_rows_at(rows, i), each->data, error))
            return FALSE;
    return TRUE;
}

gboolean
tu_rows_each(TuDatabase *db, const char *sql, const TuValue *parameters, guint n, gboolean is_large,
             TuRowVisit visit, gpointer data, GError **error)
{
    g_autoptr(TuStatement) statement = NULL;
    Each each = {visit, data};
    if (is_large)
        return tu_rows_scan(db, sql, parameters, n, visit_each, &each, error);
    return tu_database_prepare(db, sql, &statement, error) &&
           tu_rows_each_of(statement, parameters, n, visit, data, error);
}

static gboolean
take_text(const TuValue *row, gpointer data, GError **error)
{
    char **text = data;
    g_free(*text);
    *text = row[0].type == TU_TYPE_TEXT ? g_strndup(row[0].text, row[0].bytes) : NULL;
    return TRUE;
}

gboolean
tu_rows_text(TuDatabase *db, const char *sql, const char *argument, char **ret_text, GError **error)
{
    TuValue value = tu_value_text(argument);
    *ret_text = NULL;
    return tu_rows_each(db, sql, &value, argument != NULL, FALSE, take_text, ret_text, error);
}
