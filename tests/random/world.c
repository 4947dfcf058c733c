/* Which columns a table may have, under which names and types, is data: slots, kinds. */
#include "world.h"

#include <string.h>

#include "server_tables.h"
#include "tables.h"
#include "types.h"
#include "values.h"

#define FIRST_YEAR_S (-2208988800) /* 1900-01-01 */
#define LAST_YEAR_S 4102444800     /* 2100-01-01 */

const char *
rt_time_unit_name(RtTimeUnit unit)
{
    static const char *const names[] = {"seconds", "milliseconds", "microseconds", "text",
                                        "date",    "stamp",        "instant"};

    return names[unit];
}

/* ---- Columns ---- */

typedef struct {
    RtColumnKind kind;
    guint percent; /* of histories that have it */
    RtRole target; /* of references */
} Slot;

#define ENDS                                                                                       \
    {                                                                                              \
        RT_COLUMN_KINDS, 0, 0                                                                      \
    }
static const Slot slots[RT_ROLES][16] = {
    [RT_CUSTOMER] = {{RT_KEY, 100},
                     {RT_TENANT, 100},
                     {RT_LABEL, 100},
                     {RT_FOLDED, 60},
                     {RT_AMOUNT, 60},
                     {RT_FLAG, 70},
                     {RT_NOTE, 50},
                     ENDS},
    [RT_PRODUCT] = {{RT_KEY, 100},
                    {RT_LABEL, 100},
                    {RT_FOLDED, 60},
                    {RT_AMOUNT, 100},
                    {RT_MIXED, 40},
                    {RT_CODE, 40},
                    ENDS},
    [RT_ORDERS] = {{RT_KEY, 100},
                   {RT_REFERENCE, 100, RT_CUSTOMER},
                   {RT_REFERENCE, 100, RT_ORDERS},
                   {RT_TENANT, 100},
                   {RT_TIME, 100},
                   {RT_LABEL, 100},
                   {RT_FOLDED, 50},
                   {RT_WHOLE, 100},
                   {RT_AMOUNT, 70},
                   {RT_MIXED, 50},
                   {RT_FLAG, 80},
                   {RT_CODE, 50},
                   {RT_GENERATED, 100},
                   {RT_NOTE, 60},
                   ENDS},
    [RT_LINE] = {{RT_KEY, 100},
                 {RT_PART, 100},
                 {RT_REFERENCE, 100, RT_ORDERS},
                 {RT_REFERENCE, 100, RT_PRODUCT},
                 {RT_TENANT, 60},
                 {RT_TIME, 100},
                 {RT_LABEL, 60},
                 {RT_WHOLE, 100},
                 {RT_AMOUNT, 100},
                 {RT_MIXED, 40},
                 {RT_FLAG, 70},
                 {RT_NOTE, 60},
                 ENDS},
    [RT_EVENT] = {{RT_KEY, 100},
                  {RT_REFERENCE, 100, RT_PRODUCT},
                  {RT_TENANT, 100},
                  {RT_TIME, 100},
                  {RT_LABEL, 100},
                  {RT_LABEL, 50},
                  {RT_FOLDED, 70},
                  {RT_WHOLE, 100},
                  {RT_AMOUNT, 100},
                  {RT_AMOUNT, 50},
                  {RT_MIXED, 60},
                  {RT_FLAG, 80},
                  {RT_CODE, 60},
                  {RT_GENERATED, 100},
                  {RT_NOTE, 70},
                  ENDS},
    [RT_READING] = {{RT_KEY, 100},
                    {RT_TENANT, 100},
                    {RT_TIME, 100},
                    {RT_LABEL, 80},
                    {RT_WHOLE, 100},
                    {RT_AMOUNT, 100},
                    {RT_FLAG, 50},
                    {RT_NOTE, 40},
                    ENDS},
};

static const char *const table_names[RT_ROLES][2] = {
    [RT_CUSTOMER] = {"customer", "\"Kunden Liste\""},
    [RT_PRODUCT] = {"product", "\"group\""},
    [RT_ORDERS] = {"orders", "\"order\""},
    [RT_LINE] = {"line", "\"order lines\""},
    [RT_EVENT] = {"event", "\"Ereignis-Größe\""},
    [RT_READING] = {"reading", "\"values\""},
};

/* For each kind: its plain name, an odd one, and the types it may be declared with. */
static const struct {
    const char *name, *odd;
    const char *types[6];
} kinds[RT_COLUMN_KINDS] = {
    [RT_KEY] = {"id", "\"Id\"", {""}},
    [RT_PART] = {"part", "part", {"INTEGER"}},
    [RT_REFERENCE] = {"ref", "\"the ref\"", {"INTEGER", "INT", ""}},
    [RT_TENANT] = {"tenant", "\"Mandant\"", {""}},
    [RT_TIME] = {"at", "\"when\"", {""}},
    [RT_LABEL] = {"label", "\"la\"\"bel\"", {"TEXT", "VARCHAR(40)", "", "TEXT", "CLOB"}},
    [RT_FOLDED] = {"folded", "\"gruppe ä\"", {"TEXT COLLATE NOCASE"}},
    [RT_CODE] = {"code", "\"select\"", {"TEXT", "TEXT COLLATE NOCASE", "TEXT"}},
    [RT_WHOLE] = {"whole", "\"count\"", {"INTEGER", "INT", "BIGINT", ""}},
    [RT_AMOUNT] = {"amount", "\"sum\"", {"REAL", "NUMERIC", "", "DECIMAL(10,2)", "INTEGER"}},
    [RT_MIXED] = {"mixed", "\"Was auch\"", {"", "BLOB"}},
    [RT_FLAG] = {"flag", "\"where\"", {"INTEGER", "BOOLEAN", ""}},
    [RT_GENERATED] = {"made", "\"made\"", {""}},
    [RT_NOTE] = {"note", "note", {"TEXT"}},
};

static const char *const integer_times[] = {"INTEGER", "BIGINT", ""};
static const char *const text_times[] = {"TEXT", "DATETIME", "TIMESTAMP", "TEXT"};

static void
free_column(gpointer data)
{
    RtColumn *column = data;

    g_free(column->name);
    g_free(column->type);
    g_free(column);
}

/* The type that the column is declared with: affinity and collation are part of what is tested. */
static const char *
declared_type(const RtWorld *world, const RtColumn *column, RtRng *rng)
{
    guint count = 1;

    if (column->kind == RT_TENANT && world->tenant_is_text)
        return rt_rng_percent(rng, 20) ? "TEXT COLLATE NOCASE" : "TEXT";
    if (column->kind == RT_TENANT)
        return rt_rng_percent(rng, 20) ? "" : "INTEGER";
    if (column->kind == RT_TIME && column->unit < RT_TEXT_TIME)
        return integer_times[rt_rng_index(rng, G_N_ELEMENTS(integer_times))];
    if (column->kind == RT_TIME)
        return text_times[rt_rng_index(rng, G_N_ELEMENTS(text_times))];
    if (column->kind == RT_REFERENCE && column->is_text)
        return "TEXT";
    while (count < 6 && kinds[column->kind].types[count] != NULL)
        count++;
    return kinds[column->kind].types[rt_rng_index(rng, count)];
}

/* Names repeat with a number: label, label2. */
static RtColumn *
new_column(const RtWorld *world, const RtTable *table, const Slot *slot, RtRng *rng)
{
    RtColumn *column = g_new0(RtColumn, 1);
    gboolean is_odd = world->has[RT_ODD_NAMES] && rt_rng_percent(rng, 40);
    guint same = 0;

    for (guint i = 0; i < table->columns->len; i++)
        same += ((RtColumn *)table->columns->pdata[i])->kind == slot->kind;
    column->kind = slot->kind;
    column->target = slot->target;
    column->name = same == 0 ? g_strdup(is_odd ? kinds[slot->kind].odd : kinds[slot->kind].name)
                             : g_strdup_printf("%s%u", kinds[slot->kind].name, same + 1);
    return column;
}

/* How likely a unit is. Stamps and instants are types that only servers have. */
static const guint unit_weights[RT_KINDS][RT_TIME_UNITS] = {
    [RT_SQLITE] = {25, 10, 15, 40, 10},
    [RT_POSTGRESQL] = {8, 3, 4, 10, 10, 25, 40},
    [RT_MARIADB] = {8, 3, 4, 10, 10, 35, 30},
};

static RtTimeUnit
draw_unit(const RtWorld *world, RtRng *rng)
{
    return rt_rng_index(rng, world->kind == RT_SQLITE ? RT_STAMP : RT_TIME_UNITS);
}

/* Units lean towards one for all tables, so that sources can be put into one summary. */
static void
add_columns(RtWorld *world, RtTable *table, RtTimeUnit common_unit, RtRng *rng)
{
    for (const Slot *slot = slots[table->role]; slot->kind != RT_COLUMN_KINDS; slot++) {
        const RtColumn *key = NULL;
        RtColumn *column;

        if (!rt_rng_percent(rng, slot->percent) ||
            (slot->kind == RT_GENERATED && !world->has[RT_GENERATED_COLUMNS]))
            continue;
        column = new_column(world, table, slot, rng);
        column->unit = rt_rng_percent(rng, 75) ? common_unit : draw_unit(world, rng);
        if (slot->kind == RT_REFERENCE) {
            /* The orders' own key is drawn before its reference to itself. */
            const RtTable *target =
                slot->target == table->role ? table : world->tables[slot->target];

            key = target->columns->pdata[0];
            column->is_text = key->is_text || (world->kind == RT_SQLITE && rt_rng_percent(rng, 12));
        }
        if (slot->kind == RT_KEY)
            column->is_text = rt_rng_percent(rng, 35);
        if (world->kind == RT_SQLITE)
            column->type = g_strdup(declared_type(world, column, rng));
        else
            rt_type_draw(world, column, key, rng);
        g_ptr_array_add(table->columns, column);
    }
}

const RtColumn *
rt_table_column(const RtTable *table, RtColumnKind kind, RtRng *rng)
{
    const RtColumn *found = NULL;
    guint seen = 0;

    for (guint i = 0; i < table->columns->len; i++) {
        const RtColumn *column = table->columns->pdata[i];

        if (column->kind == kind && rt_rng_index(rng, ++seen) == 0)
            found = column;
    }
    return found;
}

/* ---- Tenants, texts and times ---- */

const char *
rt_world_zone_name(const RtWorld *world, RtRng *rng)
{
    if (rt_rng_percent(rng, 66) || world->zone_names->len == 0)
        return rt_zone_odd_name(rt_rng_index(rng, rt_zone_odd_count()));
    return world->zone_names->pdata[rt_rng_index(rng, world->zone_names->len)];
}

/* Some of the system's files are no zones of their own; UTC takes their place. */
static RtZone *
draw_zone(const RtWorld *world, RtRng *rng)
{
    RtZone *zone = rt_zone_read(rt_world_zone_name(world, rng));

    return zone != NULL ? zone : rt_zone_read("Etc/UTC");
}

/* Tenants that differ only in case, in a trailing blank, or in how a number is written, come
 * first. */
static char *
tenant_literal(const RtWorld *world, guint number, RtRng *rng)
{
    static const char *const names[] = {"JFK", "jfk",     "Jfk",  "007",    "7", "7.0",
                                        "são", "O''Hare", "JFK ", "Zürich", "",  "1e3"};
    GString *name = g_string_new(NULL);

    if (!world->tenant_is_text)
        g_string_printf(name, "%d", number == 0 ? -4 : (int)number * 3);
    else if (number < G_N_ELEMENTS(names))
        g_string_printf(name, "'%s'", names[number]);
    else
        rt_value_text(name, world->texts->pdata[rt_rng_index(rng, world->texts->len)]);
    return g_string_free(name, FALSE);
}

static gboolean
is_known(GPtrArray *literals, const char *literal)
{
    return g_ptr_array_find_with_equal_func(literals, literal, g_str_equal, NULL);
}

/* Mostly a handful, sometimes up to forty, so that one statement may touch many zones. */
static void
add_tenants(RtWorld *world, RtRng *rng)
{
    guint count = rt_rng_percent(rng, 70) ? (guint)rt_rng_between(rng, 1, 8)
                                          : (guint)rt_rng_between(rng, 9, 40);

    world->tenant_is_text = rt_rng_percent(rng, 65);
    world->tenants_have_active = rt_rng_percent(rng, 50);
    for (guint i = 0; i < count; i++) {
        g_autofree char *literal = tenant_literal(world, i, rng);

        if (is_known(world->tenants, literal))
            continue;
        g_ptr_array_add(world->tenants, g_steal_pointer(&literal));
        g_ptr_array_add(world->zones, draw_zone(world, rng));
    }
}

/* Instants where rows cluster: clock changes, the days around now, and any days. */
static void
add_hot_instants(RtWorld *world, RtRng *rng)
{
    guint count = (guint)rt_rng_between(rng, 3, 8);

    for (guint i = 0; i < count; i++) {
        const RtZone *zone = world->zones->pdata[rt_rng_index(rng, world->zones->len)];
        gint64 low = world->has[RT_WIDE_YEARS] ? FIRST_YEAR_S : 0;
        gint64 high = world->has[RT_WIDE_YEARS] ? LAST_YEAR_S : 2147483647;
        gint64 at_s = rt_rng_between(rng, low, high);
        guint segment = rt_zone_segment(zone, at_s);

        if (rt_rng_percent(rng, 60) && zone->start_s[segment] > low)
            at_s = zone->start_s[segment];
        else if (rt_rng_percent(rng, 50))
            at_s = world->now_s + rt_rng_between(rng, -3, 2) * 86400;
        at_s *= 1000000;
        g_array_append_val(world->hot_us, at_s);
    }
}

/* ---- A world ---- */

static RtTable *
new_table(RtWorld *world, RtRole role, RtTimeUnit common_unit, RtRng *rng)
{
    RtTable *table = g_new0(RtTable, 1);

    table->role = role;
    table->name = g_strdup(table_names[role][world->has[RT_ODD_NAMES] && rt_rng_percent(rng, 60)]);
    table->columns = g_ptr_array_new_with_free_func(free_column);
    table->statements = g_ptr_array_new_with_free_func(g_free);
    table->keys = rt_rng_between(rng, 15, role == RT_CUSTOMER || role == RT_PRODUCT ? 30 : 250);
    table->rows = table->keys * rt_rng_between(rng, 0, 80) / 100;
    add_columns(world, table, common_unit, rng);
    if (world->kind == RT_SQLITE)
        rt_table_write_statements(world, table, rng);
    else
        rt_server_table_write(world, table, rng);
    return table;
}

/* Texts are compared by case, padded or not, by bytes: whatever the application chose. */
static const char *
draw_collation(RtKind kind, RtRng *rng)
{
    static const char *const collations[] = {
        "COLLATE utf8mb4_general_ci", "COLLATE utf8mb4_unicode_ci", "COLLATE utf8mb4_bin",
        "COLLATE utf8mb4_nopad_bin", "COLLATE utf8mb4_general_ci"};

    return kind == RT_MARIADB ? collations[rt_rng_index(rng, G_N_ELEMENTS(collations))] : "";
}

RtWorld *
rt_world_new(RtKind kind, RtRng *rng, const RtForce *force, gint64 now_s)
{
    RtWorld *world = g_new0(RtWorld, 1);
    RtTimeUnit common_unit;

    world->kind = kind;
    world->now_s = now_s;
    world->tenants = g_ptr_array_new_with_free_func(g_free);
    world->zones = g_ptr_array_new_with_free_func((GDestroyNotify)rt_zone_free);
    world->hot_us = g_array_new(FALSE, FALSE, sizeof(gint64));
    world->zone_names = rt_zone_names();
    rt_features_draw(kind, rng, force, world->has);
    world->collation = draw_collation(kind, rng);
    common_unit = rt_rng_weighted(rng, unit_weights[kind], RT_TIME_UNITS);
    world->texts = rt_value_text_pool(rng);
    add_tenants(world, rng);
    add_hot_instants(world, rng);
    for (guint role = 0; role < RT_ROLES; role++)
        world->tables[role] = new_table(world, role, common_unit, rng);
    return world;
}

static void
free_table(RtTable *table)
{
    g_free(table->name);
    g_ptr_array_unref(table->columns);
    g_ptr_array_unref(table->statements);
    g_free(table);
}

void
rt_world_free(RtWorld *world)
{
    if (world == NULL)
        return;
    for (guint role = 0; role < RT_ROLES; role++)
        free_table(world->tables[role]);
    g_ptr_array_unref(world->tenants);
    g_ptr_array_unref(world->zones);
    g_ptr_array_unref(world->texts);
    g_ptr_array_unref(world->zone_names);
    g_array_unref(world->hot_us);
    g_free(world);
}
