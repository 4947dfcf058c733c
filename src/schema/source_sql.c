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

/* Of the columns of a table that is `number` in the source, those that place a row. */
static GPtrArray *
place_columns(const TuSourceModel *source, guint number)
{
    const TuCaptured *table = g_ptr_array_index(source->tables, number);
    GPtrArray *columns = g_ptr_array_new();
    for (guint i = 0; i < table->columns->len; i++) {
        char *column = g_ptr_array_index(table->columns, i);
        g_autofree char *name = g_strconcat(table->name, "\n", column, NULL);
        g_autofree char *key = g_ascii_strdown(name, -1);
        if (g_hash_table_contains(source->place_columns, key))
            g_ptr_array_add(columns, column);
    }
    return columns;
}

/* Values that SQL calls equal are the same: not so of texts, whose collation may be anything, nor
 * of 1.0 and 1.00. */
static gboolean
are_told_apart(const TuCaptured *table, const GPtrArray *columns)
{
    for (guint i = 0; i < columns->len; i++) {
        const TuColumnInfo *column =
            tu_table_info_column(table->info, g_ptr_array_index(columns, i));
        TuType kind = column != NULL ? column->type.kind : TU_TYPE_NULL;
        if (kind != TU_TYPE_INTEGER && kind != TU_TYPE_DATE && kind != TU_TYPE_TIMESTAMP &&
            kind != TU_TYPE_INSTANT &&
            (column == NULL || !g_str_equal(column->declared_type, "uuid")))
            return FALSE;
    }
    return TRUE;
}

/* The images of a table, for their places: most rows of a log differ in what places nothing, so
 * each place is there once, where that can be told; else n images of one row would meet each row
 * that it is joined with n times. `end` is "", a condition, or the dialect's joined_end. */
static void
append_images(GString *sql, const TuSourceModel *source, guint number, const char *end)
{
    const TuCaptured *table = g_ptr_array_index(source->tables, number);
    g_autoptr(GPtrArray) columns = place_columns(source, number);
    gboolean is_once = are_told_apart(table, columns);
    g_string_append(sql, is_once ? "(SELECT DISTINCT " : "(SELECT ");
    for (guint i = 0; i < columns->len; i++)
        tu_sql_append(sql, "%s%I", i == 0 ? "" : ", ", (const char *)g_ptr_array_index(columns, i));
    tu_sql_append(sql, "%s FROM %Q%s)", columns->len == 0 ? "1" : "", table->log, end);
}

static void
append_from(GString *sql, const TuSourceModel *source, guint from_images, guint batch,
            const char *batch_condition, const char *joined_end)
{
    for (guint i = 0; i < source->tables->len; i++) {
        const TuSourceTable *part = g_ptr_array_index(source->spec->tables, i);
        const TuCaptured *table = g_ptr_array_index(source->tables, i);
        gboolean is_images = (from_images & 1u << i) != 0;
        if (i > 0)
            g_string_append(sql, part->is_left && !is_images ? " LEFT JOIN " : " JOIN ");
        if (is_images)
            append_images(sql, source, i, i == batch ? batch_condition : joined_end);
        else
            tu_sql_append(sql, "%Q", table->name);
        tu_sql_append(sql, " AS %I", (const char *)g_ptr_array_index(source->aliases, i));
        if (part->on != NULL)
            tu_sql_append(sql, " ON (%s)", part->on);
    }
}

char *
tu_source_from(const TuSourceModel *source)
{
    GString *sql = g_string_new(NULL);
    append_from(sql, source, 0, 0, "", "");
    return g_string_free(sql, FALSE);
}

/* ---- SELECT ---- */

/* Those asked for (NULL: all); the others are NULL. */
static void
append_expressions(GString *sql, const TuSourceModel *source, const gboolean *is_asked)
{
    for (guint i = 0; i < source->expressions->len; i++)
        tu_sql_append(sql, "%s%s", i == 0 ? "" : ", ",
                      is_asked == NULL || is_asked[i]
                          ? (const char *)g_ptr_array_index(source->expressions, i)
                          : "NULL");
}

static const char *
expression(const TuSourceModel *source, int number)
{
    return g_ptr_array_index(source->expressions, (guint)number);
}

/* Only rows where the expression is one of n parameters; n = 0: all. */
static void
append_choice(GString *sql, const char **glue, const TuSourceModel *source, int number, guint *next,
              guint n)
{
    if (n == 0)
        return;
    tu_sql_append(sql, "%s%s IN (", *glue, expression(source, number));
    tu_sql_append_parameters(sql, *next, n);
    g_string_append_c(sql, ')');
    *next += n;
    *glue = " AND ";
}

char *
tu_source_select_rows(const TuSourceModel *source, TuScanFilter filter)
{
    GString *sql = g_string_new("SELECT ");
    append_expressions(sql, source, NULL);
    g_string_append(sql, " FROM ");
    append_from(sql, source, 0, 0, "", "");
    const char *glue = " WHERE ";
    if (source->spec->where != NULL) {
        tu_sql_append(sql, "%s(%s)", glue, source->spec->where);
        glue = " AND ";
    }
    guint next = 1;
    if (filter.by_tenant && filter.n_tenants > 1) {
        append_choice(sql, &glue, source, source->tenant, &next, filter.n_tenants);
    } else if (filter.by_tenant) {
        tu_sql_append(sql, "%s%s = ?%u", glue, expression(source, source->tenant), next++);
        glue = " AND ";
    }
    if (filter.by_time)
        tu_sql_append(sql, "%s%s >= ?%u AND %s < ?%u", glue, expression(source, source->time), next,
                      expression(source, source->time), next + 1);
    return g_string_free(sql, FALSE);
}

/* Gives the number of the next parameter. `where` comes last: a database that goes from left to
 * right evaluates it for these rows only. */
static guint
append_conditions(GString *sql, const TuSourceModel *source, const TuSomeRows *some)
{
    const char *glue = "";
    guint next = 1;
    if (some->by_time) {
        tu_sql_append(sql, "%s >= ?1 AND %s < ?2", expression(source, source->time),
                      expression(source, source->time));
        glue = " AND ";
        next = 3;
    }
    append_choice(sql, &glue, source, source->tenant, &next, some->n_tenants);
    append_choice(sql, &glue, source, source->time, &next, some->n_times);
    if (source->spec->where != NULL && !some->is_anywhere)
        tu_sql_append(sql, "%s(%s)", glue, source->spec->where);
    return next;
}

void
tu_source_append_left_out(GString *sql, guint first, const TuLeftOut *left_out, guint n)
{
    for (guint i = 0; i < n; i++) {
        tu_sql_append(sql, "%s%s IN (", i == 0 ? "" : " OR ", left_out[i].address);
        tu_sql_append_parameters(sql, first, left_out[i].n);
        g_string_append_c(sql, ')');
        first += left_out[i].n;
    }
}

char *
tu_source_select_some(const TuSourceModel *source, const TuSomeRows *some)
{
    GString *sql = g_string_new("SELECT ");
    append_expressions(sql, source, some->is_asked);
    g_string_append(sql, " FROM ");
    append_from(sql, source, 0, 0, "", "");
    g_autoptr(GString) conditions = g_string_new(NULL);
    guint next = append_conditions(conditions, source, some);
    if (some->n_left_out > 0) {
        /* No other form has an order in which it is evaluated. */
        g_string_append(sql, " WHERE CASE WHEN ");
        tu_source_append_left_out(sql, next, some->left_out, some->n_left_out);
        g_string_append_printf(sql, " THEN 0 WHEN %s THEN 1 ELSE 0 END = 1",
                               conditions->len > 0 ? conditions->str : "1 = 1");
    } else if (conditions->len > 0) {
        g_string_append_printf(sql, " WHERE %s", conditions->str);
    }
    return g_string_free(sql, FALSE);
}

/* WHERE entry BETWEEN the two parameters. Written as two comparisons: that is what PostgreSQL has
 * for the addresses of rows. */
static char *
entry_range(const TuDialect *dialect)
{
    return g_strdup_printf(" WHERE %s >= ?1 AND %s <= ?2", dialect->entry_id, dialect->entry_id);
}

/* The images of a one-table source, in the place of its rows. */
static void
append_log(GString *sql, const TuSourceModel *source)
{
    const TuCaptured *table = g_ptr_array_index(source->tables, 0);
    tu_sql_append(sql, " FROM %Q AS %I", table->log,
                  (const char *)g_ptr_array_index(source->aliases, 0));
}

char *
tu_source_select_some_images(const TuSourceModel *source, const TuDialect *dialect,
                             const gboolean *is_asked)
{
    g_assert(!source->is_joined);
    g_autofree char *range = entry_range(dialect);
    GString *sql = g_string_new("SELECT ");
    append_expressions(sql, source, is_asked);
    g_string_append(sql, ", trueup_weight");
    append_log(sql, source);
    tu_sql_append(sql, "%s AND trueup_weight IN (-1, 1)", range);
    if (source->spec->where != NULL)
        tu_sql_append(sql, " AND (%s)", source->spec->where);
    return g_string_free(sql, FALSE);
}

char *
tu_source_select_images(const TuSourceModel *source, const TuDialect *dialect)
{
    return tu_source_select_some_images(source, dialect, NULL);
}

static char *
from_images_of(const TuSourceModel *source, const TuDialect *dialect, guint from_images,
               guint batch, const char *weights)
{
    g_autofree char *range = entry_range(dialect);
    g_autofree char *bounded = g_strconcat(range, " AND trueup_weight ", weights, NULL);
    GString *sql = g_string_new(NULL);
    append_from(sql, source, from_images, batch, bounded,
                dialect->joined_end != NULL ? dialect->joined_end : "");
    return g_string_free(sql, FALSE);
}

char *
tu_source_from_images(const TuSourceModel *source, const TuDialect *dialect, guint from_images,
                      guint batch)
{
    return from_images_of(source, dialect, from_images, batch, "<> 2");
}

char *
tu_source_from_new_images(const TuSourceModel *source, const TuDialect *dialect, guint from_images,
                          guint batch)
{
    return from_images_of(source, dialect, from_images, batch, "IN (0, 1)");
}

char *
tu_source_select_places(const TuSourceModel *source, const TuDialect *dialect, guint from_images,
                        guint batch)
{
    const char *tenant = source->tenant >= 0 ? expression(source, source->tenant) : "NULL";
    g_autofree char *from = tu_source_from_images(source, dialect, from_images, batch);
    return tu_sql_format("SELECT %s, %s, 0 FROM %s", tenant, expression(source, source->time),
                         from);
}

char *
tu_source_select_entries(const TuSourceModel *source, const TuDialect *dialect, TuEntries entries)
{
    g_autofree char *range = entry_range(dialect);
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
    append_log(sql, source);
    tu_sql_append(sql, "%s AND trueup_weight %s", range,
                  entries == TU_ENTRIES_LOOK_AGAIN ? "= 0" : "<> 2");
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
    const gint64 least = -719528 * TU_DAY_US;    /* year 0 */
    const gint64 greatest = 2932896 * TU_DAY_US; /* year 9999 */
    gint64 from_us = CLAMP(range->from_us, least + TU_DAY_US, greatest);
    gint64 to_us = CLAMP(range->to_us, least, greatest - 2 * TU_DAY_US);
    tu_date_format((TuDate)(floor_divide(from_us, TU_DAY_US) - 1), bounds->from_text);
    tu_date_format((TuDate)(floor_divide(to_us, TU_DAY_US) + 2), bounds->to_text);
    bounds->from = tu_value_text(range->from_us == G_MININT64 ? "" : bounds->from_text);
    /* After every date that four digits write, in every collation. */
    bounds->to =
        tu_value_text(range->to_us > greatest - 3 * TU_DAY_US ? "9999-99" : bounds->to_text);
}

static void
date_bounds(const TuTimeRange *range, TuTimeBounds *bounds)
{
    tu_date_format(MAX(range->from, -719528), bounds->from_text);
    tu_date_format(MIN(range->to, 2932896), bounds->to_text);
    bounds->from = tu_value_text(range->from == G_MININT32 ? "" : bounds->from_text);
    bounds->to = tu_value_text(range->to > TU_DATE_GREATEST ? "9999-99" : bounds->to_text);
}

/* Dates as the database has them. */
static void
typed_date_bounds(const TuTimeRange *range, TuTimeBounds *bounds)
{
    bounds->from = tu_value_time(TU_TYPE_DATE, CLAMP(range->from, TU_DATE_LEAST, TU_DATE_GREATEST));
    bounds->to =
        tu_value_time(TU_TYPE_DATE, range->to > TU_DATE_GREATEST ? TU_TIME_AFTER_ALL
                                                                 : MAX(range->to, TU_DATE_LEAST));
}

/* A wall clock is at most a day away from UTC, either way. */
static void
typed_instant_bounds(const TuSourceModel *source, const TuTimeRange *range, TuTimeBounds *bounds)
{
    gboolean is_instant = source->time_kind == TU_TYPE_INSTANT;
    gint64 slack_us = is_instant || source->naive_zone == NULL ? 0 : TU_DAY_US;
    gint64 least = TU_INSTANT_LEAST_US + slack_us;
    gint64 greatest = TU_INSTANT_GREATEST_US - slack_us;
    bounds->from =
        tu_value_time(source->time_kind, CLAMP(range->from_us, least, greatest) - slack_us);
    bounds->to = tu_value_time(source->time_kind, range->to_us > greatest
                                                      ? TU_TIME_AFTER_ALL
                                                      : MAX(range->to_us, least) + slack_us);
    if (range->from_us == G_MININT64)
        bounds->from.integer = TU_TIME_BEFORE_ALL;
}

/* A timestamp that stands for its date. */
static void
day_bounds(const TuSourceModel *source, const TuTimeRange *range, TuTimeBounds *bounds)
{
    gint64 from = CLAMP(range->from, TU_DATE_LEAST, TU_DATE_GREATEST);
    gint64 to = MAX(range->to, TU_DATE_LEAST);
    bounds->from = tu_value_time(source->time_kind,
                                 range->from == G_MININT32 ? TU_TIME_BEFORE_ALL : from * TU_DAY_US);
    bounds->to = tu_value_time(source->time_kind,
                               to > TU_DATE_GREATEST ? TU_TIME_AFTER_ALL : to * TU_DAY_US);
}

/* A date taken as its midnight. */
static void
midnight_bounds(const TuTimeRange *range, TuTimeBounds *bounds)
{
    gint64 from_us = CLAMP(range->from_us, TU_INSTANT_LEAST_US, TU_INSTANT_GREATEST_US);
    gint64 to_us = CLAMP(range->to_us, TU_INSTANT_LEAST_US, TU_INSTANT_GREATEST_US);
    TuTimeRange dates = {.from = (TuDate)(floor_divide(from_us, TU_DAY_US) - 1),
                         .to = (TuDate)(floor_divide(to_us, TU_DAY_US) + 2)};
    typed_date_bounds(&dates, bounds);
}

static void
number_bounds(const TuTimeRange *range, gint64 unit, TuTimeBounds *bounds)
{
    gint64 to = floor_divide(range->to_us, unit);
    bounds->from = tu_value_integer(floor_divide(range->from_us, unit));
    bounds->to = tu_value_integer(to == G_MAXINT64 ? to : to + 1);
}

void
tu_source_time_bounds(const TuSourceModel *source, const TuTimeRange *range,
                      TuTimeBounds *ret_bounds)
{
    TuTimeUnit unit = source->spec->time_unit;
    TuType kind = source->time_kind;
    if (kind == TU_TYPE_DATE)
        (unit == TU_TIME_DATE ? typed_date_bounds : midnight_bounds)(range, ret_bounds);
    else if ((kind == TU_TYPE_TIMESTAMP || kind == TU_TYPE_INSTANT) && unit == TU_TIME_DATE)
        day_bounds(source, range, ret_bounds);
    else if (kind == TU_TYPE_TIMESTAMP || kind == TU_TYPE_INSTANT)
        typed_instant_bounds(source, range, ret_bounds);
    else if (unit == TU_TIME_DATE)
        date_bounds(range, ret_bounds);
    else if (unit == TU_TIME_TEXT_OR_TIMESTAMP)
        text_bounds(range, ret_bounds);
    else
        number_bounds(range, unit_us[unit], ret_bounds);
}

static __int128
power_of_ten(guint32 n)
{
    __int128 power = 1;
    for (guint32 i = 0; i < n; i++)
        power *= 10;
    return power;
}

/* More digits after the point than this are below a microsecond by far, and would not fit beside
 * it. */
#define TIME_SCALE 31

static __int128
divide_floor(__int128 a, __int128 b)
{
    return a / b - (a % b < 0);
}

/* floor(integer / 10^scale * us) */
static gboolean
read_decimal(const TuValue *value, gint64 us, gint64 *ret_at_us)
{
    __int128 digits = 0;
    guint32 scale = 0;
    if (!tu_decimal_digits(value, &digits, &scale))
        return FALSE;
    if (scale > TIME_SCALE) {
        digits = divide_floor(digits, power_of_ten(scale - TIME_SCALE));
        scale = TIME_SCALE;
    }
    __int128 unit = power_of_ten(scale);
    __int128 whole = divide_floor(digits, unit);
    if (whole > G_MAXINT64 || whole < G_MININT64)
        return FALSE;
    __int128 at_us = whole * us + (digits - whole * unit) * us / unit;
    *ret_at_us = (gint64)at_us;
    return at_us == *ret_at_us;
}

static gboolean
read_number(const TuValue *value, gint64 us, gint64 *ret_at_us)
{
    if (value->type == TU_TYPE_INTEGER)
        return !__builtin_mul_overflow(value->integer, us, ret_at_us);
    if (value->type == TU_TYPE_DECIMAL || value->type == TU_TYPE_LONG_DECIMAL)
        return read_decimal(value, us, ret_at_us);
    if (value->type != TU_TYPE_REAL)
        return FALSE;
    double at_us = floor(value->real * (double)us);
    if (!(at_us > -9.2e18 && at_us < 9.2e18))
        return FALSE;
    *ret_at_us = (gint64)at_us;
    return TRUE;
}

/* A wall clock of the source's zone. */
static gboolean
read_wall_clock(const TuSourceModel *source, gint64 local_us, gint64 *ret_at_us)
{
    if (local_us < TU_INSTANT_LEAST_US || local_us > TU_INSTANT_GREATEST_US)
        return FALSE;
    *ret_at_us =
        source->naive_zone != NULL ? tu_zone_from_local_us(source->naive_zone, local_us) : local_us;
    return TRUE;
}

/* Dates, timestamps and instants as the database has them. Those that four digits of a year do not
 * write, infinite ones among them, are outside every bucket (F35). */
static gboolean
read_typed_time(const TuSourceModel *source, const TuValue *value, gint64 *ret_at_us,
                TuDate *ret_date)
{
    gboolean is_date = source->spec->time_unit == TU_TIME_DATE;
    if (value->type == TU_TYPE_DATE) {
        if (value->integer < TU_DATE_LEAST || value->integer > TU_DATE_GREATEST)
            return FALSE;
        *ret_at_us = value->integer * TU_DAY_US;
    } else if (value->integer < TU_INSTANT_LEAST_US || value->integer > TU_INSTANT_GREATEST_US) {
        return FALSE;
    } else {
        *ret_at_us = value->integer;
    }
    if (is_date) {
        *ret_date = (TuDate)tu_instant_local_date(*ret_at_us);
        *ret_at_us = *ret_date * TU_DAY_US;
        return TRUE;
    }
    return value->type == TU_TYPE_INSTANT || read_wall_clock(source, *ret_at_us, ret_at_us);
}

gboolean
tu_source_read_time(const TuSourceModel *source, const TuValue *value, gint64 *ret_at_us,
                    TuDate *ret_date)
{
    TuTimeUnit unit = source->spec->time_unit;
    if (value->type == TU_TYPE_DATE || value->type == TU_TYPE_TIMESTAMP ||
        value->type == TU_TYPE_INSTANT)
        return read_typed_time(source, value, ret_at_us, ret_date);
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
