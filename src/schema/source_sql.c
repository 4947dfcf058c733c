#include "schema/source_sql.h"

#include <math.h>

#include "db/sql.h"
#include "time/instant.h"

static const gint64 unit_us[] = {
    [TU_TIME_TEXT_OR_TIMESTAMP] = 0,
    [TU_TIME_SECONDS] = TU_SECOND_US,
    [TU_TIME_MILLISECONDS] = 1000,
    [TU_TIME_MICROSECONDS] = 1,
    [TU_TIME_DATE] = 0,
};

/* ---- FROM ---- */

/* The images of a table: its used columns in the log. `bound` is "" or a condition. */
static void
append_images(GString *sql, const TuCaptured *table, const char *condition)
{
    g_string_append(sql, "(SELECT ");
    for (guint i = 0; i < table->columns->len; i++)
        tu_sql_append(sql, "%s%I", i == 0 ? "" : ", ",
                      (const char *)g_ptr_array_index(table->columns, i));
    tu_sql_append(sql, "%s FROM %I%s)", table->columns->len == 0 ? "1" : "", table->log, condition);
}

static void
append_from(GString *sql, const TuSourceModel *source, guint from_images, guint batch,
            const char *batch_condition)
{
    for (guint i = 0; i < source->tables->len; i++) {
        const TuSourceTable *part = g_ptr_array_index(source->spec->tables, i);
        const TuCaptured *table = g_ptr_array_index(source->tables, i);
        gboolean is_images = (from_images & 1u << i) != 0;
        if (i > 0)
            g_string_append(sql, part->is_left && !is_images ? " LEFT JOIN " : " JOIN ");
        if (is_images)
            append_images(sql, table, i == batch ? batch_condition : "");
        else
            tu_sql_append(sql, "%I", table->name);
        tu_sql_append(sql, " AS %I", part->alias);
        if (part->on != NULL)
            tu_sql_append(sql, " ON (%s)", part->on);
    }
}

char *
tu_source_from(const TuSourceModel *source)
{
    GString *sql = g_string_new(NULL);
    append_from(sql, source, 0, 0, "");
    return g_string_free(sql, FALSE);
}

/* ---- SELECT ---- */

static void
append_expressions(GString *sql, const TuSourceModel *source)
{
    for (guint i = 0; i < source->expressions->len; i++)
        tu_sql_append(sql, "%s%s", i == 0 ? "" : ", ",
                      (const char *)g_ptr_array_index(source->expressions, i));
}

static const char *
expression(const TuSourceModel *source, int number)
{
    return g_ptr_array_index(source->expressions, (guint)number);
}

char *
tu_source_select_rows(const TuSourceModel *source, TuScanFilter filter)
{
    GString *sql = g_string_new("SELECT ");
    append_expressions(sql, source);
    g_string_append(sql, " FROM ");
    append_from(sql, source, 0, 0, "");
    const char *glue = " WHERE ";
    if (source->spec->where != NULL) {
        tu_sql_append(sql, "%s(%s)", glue, source->spec->where);
        glue = " AND ";
    }
    if (filter.by_tenant) {
        tu_sql_append(sql, "%s%s = ?", glue, expression(source, source->tenant));
        glue = " AND ";
    }
    if (filter.by_time)
        tu_sql_append(sql, "%s%s >= ? AND %s < ?", glue, expression(source, source->time),
                      expression(source, source->time));
    return g_string_free(sql, FALSE);
}

char *
tu_source_select_images(const TuSourceModel *source)
{
    g_assert(!source->is_joined);
    const TuSourceTable *part = g_ptr_array_index(source->spec->tables, 0);
    const TuCaptured *table = g_ptr_array_index(source->tables, 0);
    GString *sql = g_string_new("SELECT ");
    append_expressions(sql, source);
    tu_sql_append(sql,
                  ", trueup_id, trueup_weight FROM %I AS %I"
                  " WHERE trueup_id BETWEEN ? AND ? AND trueup_weight <> 0",
                  table->log, part->alias);
    if (source->spec->where != NULL)
        tu_sql_append(sql, " AND (%s)", source->spec->where);
    return g_string_free(sql, FALSE);
}

char *
tu_source_select_places(const TuSourceModel *source, guint from_images, guint batch)
{
    const char *tenant = source->tenant >= 0 ? expression(source, source->tenant) : "NULL";
    GString *sql = g_string_new(NULL);
    /* Distinct by bytes: under NOCASE 'JFK' and 'jfk' are two tenants all the same. */
    tu_sql_append(sql, "SELECT DISTINCT %s COLLATE BINARY, %s COLLATE BINARY, 0 FROM ", tenant,
                  expression(source, source->time));
    append_from(sql, source, from_images, batch, " WHERE trueup_id BETWEEN ? AND ?");
    return g_string_free(sql, FALSE);
}

char *
tu_source_select_entries(const TuSourceModel *source, TuEntries entries)
{
    const TuSourceTable *part = g_ptr_array_index(source->spec->tables, 0);
    const TuCaptured *table = g_ptr_array_index(source->tables, 0);
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "SELECT %s, %s, ",
                  source->tenant >= 0 ? expression(source, source->tenant) : "NULL",
                  expression(source, source->time));
    if (entries == TU_ENTRIES_ANY_PLACE)
        g_string_append_c(sql, '0');
    else if (source->spec->where == NULL)
        g_string_append(sql, "trueup_weight");
    else
        tu_sql_append(sql, "CASE WHEN %s THEN trueup_weight ELSE 0 END", source->spec->where);
    tu_sql_append(sql, " FROM %I AS %I WHERE trueup_id BETWEEN ? AND ?%s", table->log, part->alias,
                  entries == TU_ENTRIES_LOOK_AGAIN ? " AND trueup_weight = 0" : "");
    return g_string_free(sql, FALSE);
}

/* ---- time ---- */

static gint64
floor_divide(gint64 a, gint64 b)
{
    return a / b - (a % b < 0);
}

/* Text is compared by its date: a wall clock is at most a day away from UTC, either way. */
static void
text_bounds(const TuTimeRange *range, TuTimeBounds *bounds)
{
    const gint64 least = -719528 * TU_DAY_US; /* year 0 */
    const gint64 greatest = 2932896 * TU_DAY_US; /* year 9999 */
    gint64 from_us = CLAMP(range->from_us, least + TU_DAY_US, greatest);
    gint64 to_us = CLAMP(range->to_us, least, greatest - 2 * TU_DAY_US);
    tu_date_format((TuDate)(floor_divide(from_us, TU_DAY_US) - 1), bounds->from_text);
    tu_date_format((TuDate)(floor_divide(to_us, TU_DAY_US) + 2), bounds->to_text);
    bounds->from = tu_value_text(range->from_us == G_MININT64 ? "" : bounds->from_text);
    /* Beyond the last date that four digits write there is no text; ":" comes after all digits. */
    bounds->to = tu_value_text(range->to_us > greatest - 3 * TU_DAY_US ? ":" : bounds->to_text);
}

static void
date_bounds(const TuTimeRange *range, TuTimeBounds *bounds)
{
    tu_date_format(MAX(range->from, -719528), bounds->from_text);
    tu_date_format(MIN(range->to, 2932896), bounds->to_text);
    bounds->from = tu_value_text(range->from == G_MININT32 ? "" : bounds->from_text);
    bounds->to = tu_value_text(range->to > TU_DATE_GREATEST ? ":" : bounds->to_text);
}

void
tu_source_time_bounds(const TuSourceModel *source, const TuTimeRange *range,
                      TuTimeBounds *ret_bounds)
{
    TuTimeUnit unit = source->spec->time_unit;
    if (unit == TU_TIME_DATE) {
        date_bounds(range, ret_bounds);
    } else if (unit == TU_TIME_TEXT_OR_TIMESTAMP) {
        text_bounds(range, ret_bounds);
    } else {
        gint64 us = unit_us[unit];
        gint64 to = floor_divide(range->to_us, us);
        ret_bounds->from = tu_value_integer(floor_divide(range->from_us, us));
        ret_bounds->to = tu_value_integer(to == G_MAXINT64 ? to : to + 1);
    }
}

static gboolean
read_number(const TuValue *value, gint64 us, gint64 *ret_at_us)
{
    if (value->type == TU_TYPE_INTEGER)
        return !__builtin_mul_overflow(value->integer, us, ret_at_us);
    if (value->type != TU_TYPE_REAL)
        return FALSE;
    double at_us = floor(value->real * (double)us);
    if (!(at_us > -9.2e18 && at_us < 9.2e18))
        return FALSE;
    *ret_at_us = (gint64)at_us;
    return TRUE;
}

gboolean
tu_source_read_time(const TuSourceModel *source, const TuValue *value, gint64 *ret_at_us,
                    TuDate *ret_date)
{
    TuTimeUnit unit = source->spec->time_unit;
    if (unit != TU_TIME_TEXT_OR_TIMESTAMP && unit != TU_TIME_DATE)
        return read_number(value, unit_us[unit], ret_at_us);
    if (value->type != TU_TYPE_TEXT)
        return FALSE;
    if (unit == TU_TIME_TEXT_OR_TIMESTAMP)
        return tu_instant_parse(value->text, value->bytes, source->naive_zone, ret_at_us);
    if (!tu_date_parse(value->text, value->bytes, ret_date))
        return FALSE;
    *ret_at_us = *ret_date * TU_DAY_US;
    return TRUE;
}
