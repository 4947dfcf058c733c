/* One row a type in `types`; values by the form that the row names. */
#include "types.h"

#include <math.h>
#include <string.h>

#include "buckets.h"
#include "values.h"

#define SECOND_US G_GINT64_CONSTANT(1000000)

typedef enum {
    INT_64,
    INT_32,
    CENTS,        /* two digits after the point */
    ANY_DECIMAL,  /* up to eight, some of them zeros */
    LONG_DECIMAL, /* more digits than 64 bits hold */
    REAL,
    FLOAT, /* eighths, which text shows exactly */
    TEXT,
    ASCII,
    SHORT,
    WORD,
    UUID,
    DATE,
    STAMP,
    INSTANT,
    BOOLEAN,
    FLAG,
    INET,
    JSON,
    CLOCK,
    YEAR,
    UNSIGNED,
    ISO_TEXT,
    COUNT, /* of a time unit since 1970 */
} Form;

struct RtType {
    RtKind database;
    RtColumnKind kind;
    guint weight;
    const char *declared; /* {c}: the collation that the world's texts have */
    RtClass class;
    Form form;
};

#define PG RT_POSTGRESQL
#define MY RT_MARIADB
static const RtType types[] = {
    {PG, RT_LABEL, 4, "text", RT_CLASS_TEXT, TEXT},
    {PG, RT_LABEL, 2, "varchar(400)", RT_CLASS_TEXT, TEXT},
    {PG, RT_FOLDED, 1, "text COLLATE rt_folded", RT_CLASS_TEXT, TEXT},
    {PG, RT_CODE, 2, "text", RT_CLASS_TEXT, WORD},
    {PG, RT_CODE, 1, "text COLLATE \"C\"", RT_CLASS_TEXT, WORD},
    {PG, RT_CODE, 1, "varchar(20)", RT_CLASS_TEXT, WORD},
    {PG, RT_CODE, 1, "text COLLATE rt_folded", RT_CLASS_TEXT, WORD},
    {PG, RT_WHOLE, 4, "bigint", RT_CLASS_WHOLE, INT_64},
    {PG, RT_WHOLE, 3, "integer", RT_CLASS_WHOLE, INT_32},
    {PG, RT_AMOUNT, 4, "numeric(12,2)", RT_CLASS_DECIMAL, CENTS},
    {PG, RT_AMOUNT, 2, "numeric", RT_CLASS_DECIMAL, ANY_DECIMAL},
    {PG, RT_AMOUNT, 1, "numeric(30,2)", RT_CLASS_DECIMAL, LONG_DECIMAL},
    {PG, RT_AMOUNT, 3, "double precision", RT_CLASS_REAL, REAL},
    {PG, RT_AMOUNT, 1, "real", RT_CLASS_REAL, FLOAT},
    {PG, RT_AMOUNT, 1, "integer", RT_CLASS_WHOLE, INT_32},
    {PG, RT_MIXED, 2, "uuid", RT_CLASS_OTHER, UUID},
    {PG, RT_MIXED, 2, "rt_mood", RT_CLASS_OTHER, SHORT},
    {PG, RT_MIXED, 2, "date", RT_CLASS_DATE, DATE},
    {PG, RT_MIXED, 2, "char(6)", RT_CLASS_OTHER, SHORT},
    {PG, RT_MIXED, 2, "timestamptz", RT_CLASS_INSTANT, INSTANT},
    {PG, RT_MIXED, 2, "timestamp", RT_CLASS_STAMP, STAMP},
    {PG, RT_MIXED, 2, "boolean", RT_CLASS_BOOLEAN, BOOLEAN},
    {PG, RT_MIXED, 1, "inet", RT_CLASS_OTHER, INET},
    {PG, RT_MIXED, 1, "jsonb", RT_CLASS_OTHER, JSON},
    {PG, RT_FLAG, 3, "boolean", RT_CLASS_BOOLEAN, BOOLEAN},
    {PG, RT_FLAG, 2, "smallint", RT_CLASS_WHOLE, FLAG},
    {PG, RT_FLAG, 2, "integer", RT_CLASS_WHOLE, FLAG},
    {PG, RT_PART, 1, "integer", RT_CLASS_WHOLE, FLAG},
    {PG, RT_NOTE, 1, "text", RT_CLASS_TEXT, TEXT},
    {PG, RT_GENERATED, 1, "bigint", RT_CLASS_WHOLE, INT_64},
    {MY, RT_LABEL, 4, "VARCHAR(400) {c}", RT_CLASS_TEXT, TEXT},
    {MY, RT_LABEL, 1, "TEXT {c}", RT_CLASS_TEXT, TEXT},
    {MY, RT_LABEL, 1, "LONGTEXT {c}", RT_CLASS_TEXT, TEXT},
    {MY, RT_FOLDED, 1, "VARCHAR(400) COLLATE utf8mb4_unicode_520_ci", RT_CLASS_TEXT, TEXT},
    {MY, RT_CODE, 2, "VARCHAR(20) {c}", RT_CLASS_TEXT, WORD},
    {MY, RT_CODE, 1, "VARCHAR(20) COLLATE utf8mb4_bin", RT_CLASS_TEXT, WORD},
    {MY, RT_WHOLE, 4, "BIGINT", RT_CLASS_WHOLE, INT_64},
    {MY, RT_WHOLE, 3, "INT", RT_CLASS_WHOLE, INT_32},
    {MY, RT_AMOUNT, 4, "DECIMAL(12,2)", RT_CLASS_DECIMAL, CENTS},
    {MY, RT_AMOUNT, 2, "DECIMAL(20,8)", RT_CLASS_DECIMAL, ANY_DECIMAL},
    {MY, RT_AMOUNT, 1, "DECIMAL(30,2)", RT_CLASS_DECIMAL, LONG_DECIMAL},
    {MY, RT_AMOUNT, 3, "DOUBLE", RT_CLASS_REAL, REAL},
    {MY, RT_AMOUNT, 1, "FLOAT", RT_CLASS_REAL, FLOAT},
    {MY, RT_AMOUNT, 1, "INT", RT_CLASS_WHOLE, INT_32},
    {MY, RT_MIXED, 2, "UUID", RT_CLASS_OTHER, UUID},
    {MY, RT_MIXED, 2, "ENUM('abc', 'JFK', 'ABC', '7', 'é', '') COLLATE utf8mb4_bin", RT_CLASS_OTHER,
     SHORT},
    {MY, RT_MIXED, 2, "DATE", RT_CLASS_DATE, DATE},
    {MY, RT_MIXED, 2, "CHAR(6) {c}", RT_CLASS_OTHER, SHORT},
    {MY, RT_MIXED, 2, "TIMESTAMP(6) NULL", RT_CLASS_INSTANT, INSTANT},
    {MY, RT_MIXED, 2, "DATETIME(3)", RT_CLASS_STAMP, STAMP},
    {MY, RT_MIXED, 1, "TIME", RT_CLASS_OTHER, CLOCK},
    {MY, RT_MIXED, 1, "YEAR", RT_CLASS_OTHER, YEAR},
    {MY, RT_MIXED, 1, "INET6", RT_CLASS_OTHER, INET},
    {MY, RT_MIXED, 1, "BIGINT UNSIGNED", RT_CLASS_OTHER, UNSIGNED},
    {MY, RT_MIXED, 2, "VARCHAR(100) CHARACTER SET latin1", RT_CLASS_OTHER, ASCII},
    {MY, RT_FLAG, 3, "BOOLEAN", RT_CLASS_WHOLE, FLAG},
    {MY, RT_FLAG, 2, "INT", RT_CLASS_WHOLE, FLAG},
    {MY, RT_PART, 1, "INT", RT_CLASS_WHOLE, FLAG},
    {MY, RT_NOTE, 1, "TEXT", RT_CLASS_TEXT, TEXT},
    {MY, RT_GENERATED, 1, "BIGINT", RT_CLASS_WHOLE, INT_64},
};

/* Keys, references to them, and tenants: whole numbers or texts. The weight is 1 for texts. */
static const RtType named_types[] = {
    {PG, RT_KEY, 0, "bigint", RT_CLASS_WHOLE, INT_64},
    {PG, RT_KEY, 0, "integer", RT_CLASS_WHOLE, INT_32},
    {PG, RT_KEY, 1, "text", RT_CLASS_TEXT, WORD},
    {PG, RT_KEY, 1, "varchar(60)", RT_CLASS_TEXT, WORD},
    {PG, RT_TENANT, 0, "bigint", RT_CLASS_WHOLE, INT_64},
    {PG, RT_TENANT, 0, "integer", RT_CLASS_WHOLE, INT_32},
    {PG, RT_TENANT, 1, "text", RT_CLASS_TEXT, TEXT},
    {PG, RT_TENANT, 1, "varchar(400)", RT_CLASS_TEXT, TEXT},
    {PG, RT_TENANT, 1, "text COLLATE rt_folded", RT_CLASS_TEXT, TEXT},
    {MY, RT_KEY, 0, "BIGINT", RT_CLASS_WHOLE, INT_64},
    {MY, RT_KEY, 0, "INT", RT_CLASS_WHOLE, INT_32},
    {MY, RT_KEY, 1, "VARCHAR(60) {c}", RT_CLASS_TEXT, WORD},
    {MY, RT_TENANT, 0, "BIGINT", RT_CLASS_WHOLE, INT_64},
    {MY, RT_TENANT, 0, "INT", RT_CLASS_WHOLE, INT_32},
    {MY, RT_TENANT, 1, "VARCHAR(400) {c}", RT_CLASS_TEXT, TEXT},
};

/* Of instants. The weight is the unit. */
static const RtType time_types[] = {
    {PG, RT_TIME, RT_SECONDS, "bigint", RT_CLASS_WHOLE, COUNT},
    {PG, RT_TIME, RT_MILLISECONDS, "bigint", RT_CLASS_WHOLE, COUNT},
    {PG, RT_TIME, RT_MICROSECONDS, "bigint", RT_CLASS_WHOLE, COUNT},
    {PG, RT_TIME, RT_TEXT_TIME, "text", RT_CLASS_TEXT, ISO_TEXT},
    {PG, RT_TIME, RT_TEXT_TIME, "varchar(60)", RT_CLASS_TEXT, ISO_TEXT},
    {PG, RT_TIME, RT_DATE, "date", RT_CLASS_DATE, DATE},
    {PG, RT_TIME, RT_STAMP, "timestamp", RT_CLASS_STAMP, STAMP},
    {PG, RT_TIME, RT_STAMP, "timestamp(0)", RT_CLASS_STAMP, STAMP},
    {PG, RT_TIME, RT_INSTANT, "timestamptz", RT_CLASS_INSTANT, INSTANT},
    {PG, RT_TIME, RT_INSTANT, "timestamptz", RT_CLASS_INSTANT, INSTANT},
    {MY, RT_TIME, RT_SECONDS, "BIGINT", RT_CLASS_WHOLE, COUNT},
    {MY, RT_TIME, RT_MILLISECONDS, "BIGINT", RT_CLASS_WHOLE, COUNT},
    {MY, RT_TIME, RT_MICROSECONDS, "BIGINT", RT_CLASS_WHOLE, COUNT},
    {MY, RT_TIME, RT_TEXT_TIME, "VARCHAR(60) {c}", RT_CLASS_TEXT, ISO_TEXT},
    {MY, RT_TIME, RT_DATE, "DATE", RT_CLASS_DATE, DATE},
    {MY, RT_TIME, RT_STAMP, "DATETIME(6)", RT_CLASS_STAMP, STAMP},
    {MY, RT_TIME, RT_STAMP, "DATETIME", RT_CLASS_STAMP, STAMP},
    {MY, RT_TIME, RT_INSTANT, "TIMESTAMP(6) NULL", RT_CLASS_INSTANT, INSTANT},
    {MY, RT_TIME, RT_INSTANT, "TIMESTAMP NULL", RT_CLASS_INSTANT, INSTANT},
};

RtClass
rt_type_class(const RtType *type)
{
    return type != NULL ? type->class : RT_CLASS_NONE;
}

/* ---- Drawing ---- */

/* One of those rows that fit, as likely as their weight; `key` rows all weigh the same. */
static const RtType *
draw_row(const RtType *rows, guint count, RtKind database, RtColumnKind kind, int key, RtRng *rng)
{
    const RtType *drawn = NULL;
    guint seen = 0;

    for (guint i = 0; i < count; i++) {
        guint weight = key >= 0 ? 1 : rows[i].weight;

        if (rows[i].database != database || rows[i].kind != kind ||
            (key >= 0 && rows[i].weight != (guint)key))
            continue;
        seen += weight;
        if (rt_rng_index(rng, seen) < weight)
            drawn = &rows[i];
    }
    g_assert(drawn != NULL);
    return drawn;
}

static const RtType *
draw_type(const RtWorld *world, const RtColumn *column, RtRng *rng)
{
    guint count = G_N_ELEMENTS(named_types);

    switch ((int)column->kind) {
    case RT_KEY:
        return draw_row(named_types, count, world->kind, RT_KEY, column->is_text, rng);
    case RT_TENANT:
        return draw_row(named_types, count, world->kind, RT_TENANT, world->tenant_is_text, rng);
    case RT_TIME:
        return draw_row(time_types, G_N_ELEMENTS(time_types), world->kind, RT_TIME,
                        (int)column->unit, rng);
    default:
        return draw_row(types, G_N_ELEMENTS(types), world->kind, column->kind, -1, rng);
    }
}

void
rt_type_draw(const RtWorld *world, RtColumn *column, const RtColumn *key, RtRng *rng)
{
    GString *declared;

    if (column->kind == RT_REFERENCE) { /* foreign keys need the very type */
        column->server_type = key->server_type;
        column->type = g_strdup(key->type);
        return;
    }
    column->server_type = draw_type(world, column, rng);
    declared = g_string_new(column->server_type->declared);
    g_string_replace(declared, "{c}", world->collation, 0);
    column->type = g_string_free(declared, FALSE);
}

/* ---- Values ---- */

/* Digits after the point, trailing zeros among them; a MariaDB column has eight at most. */
static void
append_decimal(GString *sql, gint64 limit, int digits, RtRng *rng)
{
    gint64 unit = 1, value;

    for (int i = 0; i < digits; i++)
        unit *= 10;
    value = rt_rng_between(rng, -limit, limit * 3) * unit + rt_rng_between(rng, 0, unit - 1);
    if (rt_rng_percent(rng, 30))
        value = value / unit * unit;
    g_string_append_printf(sql, "%s%" G_GINT64_FORMAT, value < 0 ? "-" : "", ABS(value) / unit);
    if (digits > 0)
        g_string_append_printf(sql, ".%0*" G_GINT64_FORMAT, digits, ABS(value) % unit);
}

/* PostgreSQL's floats have infinities and NaN; MariaDB's do not, nor may their sums overflow. */
static void
append_real(GString *sql, const RtWorld *world, RtRng *rng)
{
    static const char *const special[] = {"'NaN'", "'Infinity'", "'-Infinity'"};
    static const double extremes[] = {1e300, -1e300, 1e15, -1e15, 1e-300, 0.1, 1e16, -1e16};
    gboolean is_extreme = world->has[RT_EXTREME_FLOATS] && rt_rng_percent(rng, 40);

    if (is_extreme && world->kind == RT_POSTGRESQL && rt_rng_percent(rng, 30))
        g_string_append(sql, special[rt_rng_index(rng, G_N_ELEMENTS(special))]);
    else if (is_extreme)
        rt_value_real(sql, extremes[rt_rng_index(rng, G_N_ELEMENTS(extremes))]);
    else if (rt_rng_percent(rng, 60))
        rt_value_real(sql, (double)rt_rng_between(rng, -300, 9000) / 100);
    else
        rt_value_real(sql, ldexp((double)rt_rng_between(rng, -1000000, 1000000),
                                 (int)rt_rng_between(rng, -40, 20)));
}

static void
append_world_text(GString *sql, const RtWorld *world, gboolean only_ascii, RtRng *rng)
{
    const char *text = world->texts->pdata[rt_rng_index(rng, world->texts->len)];

    rt_value_text(sql, only_ascii && !g_str_is_ascii(text) ? "Plain " : text);
}

static void
append_choice(GString *sql, Form form, RtRng *rng)
{
    static const char *const choices[][6] = {
        [SHORT] = {"'abc'", "'JFK'", "'ABC'", "'7'", "'é'", "''"},
        [BOOLEAN] = {"TRUE", "FALSE", "TRUE", "FALSE", "TRUE", "FALSE"},
        [INET] = {"'::1'", "'::7'", "'2001:db8::7'", "'fe80::1'", "'::1'", "'2001:db8::8'"},
        [JSON] = {"'{}'", "'[1, 2.0]'", "'{\"b\": 1, \"a\": null}'", "'\"x\"'", "'7'", "'7.0'"},
        [CLOCK] = {"'10:00:00'", "'-01:30:00'", "'100:00:01'", "'00:00:00'", "'9:00'", "'0'"},
        [UUID] = {"'6c3f0db1-e62b-11f1-93da-02fc00000001'",
                  "'6C3F0DB1-E62B-11F1-93DA-02FC00000001'",
                  "'00000000-0000-0000-0000-000000000000'",
                  "'ffffffff-ffff-4fff-bfff-ffffffffffff'",
                  "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
                  "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'"},
        [UNSIGNED] = {"0", "7", "18446744073709551615", "9223372036854775808",
                      "9223372036854775807", "7"},
    };

    g_string_append(sql, choices[form][rt_rng_index(rng, 6)]);
}

/* ---- Times ---- */

/* MariaDB's TIMESTAMP ends in 2038, and a writer's session may be 14 hours off. */
static gint64
fit_timestamp(gint64 at_us)
{
    const gint64 low = 2 * 86400 * SECOND_US, high = G_GINT64_CONSTANT(2147300000) * SECOND_US;
    gint64 range = high - low, off = (at_us - low) % range;

    return low + (off < 0 ? off + range : off);
}

static void
append_clock(GString *sql, gint64 at_us)
{
    gint64 at_s = rt_floor_div(at_us, SECOND_US), days = rt_floor_div(at_s, 86400);
    int in_day = (int)(at_s - days * 86400), fraction = (int)(at_us - at_s * SECOND_US);
    char date[RT_TEXT_BYTES];

    rt_date_text(days, date);
    g_string_append_printf(sql, "'%s %02d:%02d:%02d", date, in_day / 3600, in_day / 60 % 60,
                           in_day % 60);
    if (fraction != 0)
        g_string_append_printf(sql, ".%06d", fraction);
}

static void
append_moment(GString *sql, const RtWorld *world, Form form, RtRng *rng)
{
    gint64 at_us = rt_value_instant(world, rng);
    char date[RT_TEXT_BYTES];

    if (world->kind == RT_POSTGRESQL && world->has[RT_BAD_TIMES] && rt_rng_percent(rng, 4)) {
        g_string_append(sql, rt_rng_percent(rng, 50) ? "'infinity'" : "'-infinity'");
        return;
    }
    if (form == DATE) {
        rt_date_text(rt_floor_div(at_us, 86400 * SECOND_US), date);
        g_string_append_printf(sql, "'%s'", date);
        return;
    }
    if (form == INSTANT && world->kind == RT_MARIADB)
        at_us = fit_timestamp(at_us);
    append_clock(sql, at_us);
    g_string_append(sql, form == INSTANT && world->kind == RT_POSTGRESQL ? "+00'" : "'");
}

void
rt_type_value(GString *sql, const RtWorld *world, const RtColumn *column, RtRng *rng)
{
    switch (column->server_type->form) {
    case INT_64:
        rt_value_whole(sql, G_GINT64_CONSTANT(1000000000000), rng);
        break;
    case INT_32:
        rt_value_whole(sql, 1000000, rng);
        break;
    case CENTS:
        append_decimal(sql, 9000, 2, rng);
        break;
    case ANY_DECIMAL:
        append_decimal(sql, 900, (int)rt_rng_between(rng, 0, 8), rng);
        break;
    case LONG_DECIMAL:
        append_decimal(sql, 900, 2, rng);
        if (rt_rng_percent(rng, 40)) {
            g_string_truncate(sql, sql->len - 3);
            g_string_append(sql, "123456789012345.05");
        }
        break;
    case REAL:
        append_real(sql, world, rng);
        break;
    case FLOAT:
        rt_value_real(sql, (double)rt_rng_between(rng, -800, 8000) / 8);
        break;
    case TEXT:
        append_world_text(sql, world, FALSE, rng);
        break;
    case ASCII:
        append_world_text(sql, world, TRUE, rng);
        break;
    case WORD:
        g_string_append_printf(sql, "'%c%d'", rt_rng_percent(rng, 30) ? 'C' : 'c',
                               (int)rt_rng_between(rng, 1, 120));
        break;
    case DATE:
    case STAMP:
    case INSTANT:
        append_moment(sql, world, column->server_type->form, rng);
        break;
    case FLAG:
        g_string_append_printf(sql, "%d", (int)rt_rng_between(rng, 0, 1));
        break;
    case YEAR:
        g_string_append_printf(sql, "%d", (int)rt_rng_between(rng, 1990, 2030));
        break;
    case SHORT:
    case UUID:
    case BOOLEAN:
    case INET:
    case JSON:
    case CLOCK:
    case UNSIGNED:
        append_choice(sql, column->server_type->form, rng);
        break;
    case ISO_TEXT:
    case COUNT:
        rt_value_time(sql, world, column, rng);
        break;
    }
}
