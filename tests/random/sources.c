/* Shapes of joins and templates of expressions are data; this draws among them. */
#include "sources.h"

#include "templates.h"
#include "values.h"

#define TEMPLATE_TRIES 20000 /* a bound for what cannot be met; what can, is met in a few */

/* ---- Shapes: which tables, joined how ---- */

typedef struct {
    RtRole role;
    const char *alias;
    gboolean is_left;
    guint from;        /* the join whose reference, or label, this one hangs on */
    gboolean by_label; /* joined on labels: one row may meet many */
} ShapeJoin;

typedef struct {
    const char *name;
    guint percent;
    ShapeJoin joins[4];
    guint joins_count;
} Shape;

static const Shape shapes[] = {
    {"event", 26, {{RT_EVENT, "e"}}, 1},
    {"reading", 12, {{RT_READING, "r"}}, 1},
    {"orders", 10, {{RT_ORDERS, "o"}}, 1},
    {"event-left-product", 10, {{RT_EVENT, "e"}, {RT_PRODUCT, "p", TRUE, 0}}, 2},
    {"orders-customer", 8, {{RT_ORDERS, "o"}, {RT_CUSTOMER, "c", FALSE, 0}}, 2},
    {"orders-left-customer", 5, {{RT_ORDERS, "o"}, {RT_CUSTOMER, "c", TRUE, 0}}, 2},
    {"line-orders", 12, {{RT_LINE, "l"}, {RT_ORDERS, "o", FALSE, 0}}, 2},
    {"line-orders-customer",
     12,
     {{RT_LINE, "l"}, {RT_ORDERS, "o", FALSE, 0}, {RT_CUSTOMER, "c", FALSE, 1}},
     3},
    {"line-orders-left-product",
     8,
     {{RT_LINE, "l"}, {RT_ORDERS, "o", FALSE, 0}, {RT_PRODUCT, "p", TRUE, 0}},
     3},
    {"line-orders-customer-left-product",
     6,
     {{RT_LINE, "l"},
      {RT_ORDERS, "o", FALSE, 0},
      {RT_CUSTOMER, "c", FALSE, 1},
      {RT_PRODUCT, "p", TRUE, 0}},
     4},
    {"event-product-by-label", 5, {{RT_EVENT, "e"}, {RT_PRODUCT, "p", FALSE, 0, TRUE}}, 2},
    {"orders-orders", 0, {{RT_ORDERS, "o"}, {RT_ORDERS, "q", FALSE, 0}}, 2},
    {"orders-left-orders", 0, {{RT_ORDERS, "o"}, {RT_ORDERS, "q", TRUE, 0}}, 2},
};
#define SELF_JOINS 2 /* the last shapes, only with the feature */

/* Shapes by weight; the self joins at the end of the table have none and need their feature. */
static const Shape *
draw_shape(const RtWorld *world, RtRng *rng)
{
    guint weights[G_N_ELEMENTS(shapes)];

    if (world->has[RT_SELF_JOIN] && rt_rng_percent(rng, 50))
        return &shapes[G_N_ELEMENTS(shapes) - 1 - rt_rng_index(rng, SELF_JOINS)];
    for (guint i = 0; i < G_N_ELEMENTS(shapes); i++)
        weights[i] = shapes[i].percent;
    return &shapes[rt_rng_weighted(rng, weights, G_N_ELEMENTS(shapes))];
}

/* ---- Naming columns ---- */

/* With one table the alias may be left out, as people do. */
static char *
column_sql(const RtSource *source, guint join_index, const RtColumn *column, RtRng *rng)
{
    const RtJoin *join = source->joins->pdata[join_index];

    if (source->joins->len == 1 && rt_rng_percent(rng, 40))
        return g_strdup(column->name);
    return g_strconcat(join->alias, ".", column->name, NULL);
}

/* A column of the kind in any of the source's tables; NULL if none has one. `ret_column` may be
 * NULL. */
static char *
any_column(const RtPlan *plan, const RtSource *source, RtColumnKind kind, gboolean may_be_left,
           const RtColumn **ret_column, RtRng *rng)
{
    guint start = rt_rng_index(rng, source->joins->len);

    for (guint i = 0; i < source->joins->len; i++) {
        guint at = (start + i) % source->joins->len;
        const RtJoin *join = source->joins->pdata[at];
        const RtColumn *column = rt_table_column(plan->world->tables[join->role], kind, rng);

        if (column == NULL || (!may_be_left && join->is_left))
            continue;
        if (ret_column != NULL)
            *ret_column = column;
        return column_sql(source, at, column, rng);
    }
    return NULL;
}

/* ---- Joins ---- */

static const RtColumn *
reference_to(const RtTable *table, RtRole target)
{
    for (guint i = 0; i < table->columns->len; i++) {
        const RtColumn *column = table->columns->pdata[i];

        if (column->kind == RT_REFERENCE && column->target == target)
            return column;
    }
    g_assert_not_reached();
}

/* Either side first: SQLite takes the collation from the left one. A second condition is part of
 * ON, which for a left join is not the same as in WHERE. */
static char *
join_condition(const RtPlan *plan, const RtSource *source, const ShapeJoin *shape,
               const RtJoin *join, RtRng *rng)
{
    const RtJoin *from = source->joins->pdata[shape->from];
    const RtTable *from_table = plan->world->tables[from->role];
    const RtTable *table = plan->world->tables[join->role];
    const RtColumn *left = shape->by_label ? rt_table_column(from_table, RT_LABEL, rng)
                                           : reference_to(from_table, join->role);
    const RtColumn *right =
        shape->by_label ? rt_table_column(table, RT_LABEL, rng) : table->columns->pdata[0];
    const RtColumn *flag = rt_table_column(table, RT_FLAG, rng);
    GString *on = g_string_new(NULL);

    if (rt_rng_percent(rng, 60))
        g_string_printf(on, "%s.%s = %s.%s", join->alias, right->name, from->alias, left->name);
    else
        g_string_printf(on, "%s.%s = %s.%s", from->alias, left->name, join->alias, right->name);
    if (flag != NULL && rt_rng_percent(rng, 15))
        g_string_append_printf(
            on,
            rt_type_class(flag->server_type) == RT_CLASS_BOOLEAN ? " AND %s.%s" : " AND %s.%s = 1",
            join->alias, flag->name);
    return g_string_free(on, FALSE);
}

static void
add_joins(RtPlan *plan, RtSource *source, const Shape *shape, RtRng *rng)
{
    for (guint i = 0; i < shape->joins_count; i++) {
        const ShapeJoin *from = &shape->joins[i];
        RtJoin *join = g_new0(RtJoin, 1);
        gboolean is_second = i > 0 && from->role == shape->joins[0].role;

        join->role = from->role;
        join->is_left = from->is_left;
        join->has_alias = is_second || rt_rng_percent(rng, 70);
        join->alias =
            g_strdup(join->has_alias ? from->alias : plan->world->tables[from->role]->name);
        if (i > 0)
            join->on = join_condition(plan, source, from, join, rng);
        g_ptr_array_add(source->joins, join);
        plan->uses[from->role] = TRUE;
    }
}

/* ---- Tenant and time ---- */

/* Tenant and time may only come from inner-joined tables. */
static char *
tenant_sql(const RtPlan *plan, const RtSource *source, RtRng *rng)
{
    g_autofree char *tenant = any_column(plan, source, RT_TENANT, FALSE, NULL, rng);
    g_autofree char *other = any_column(plan, source, RT_TENANT, FALSE, NULL, rng);

    if (rt_rng_percent(rng, 12))
        return g_strdup_printf("coalesce(%s, %s)", tenant, other);
    if (plan->world->tenant_is_text && rt_rng_percent(rng, 6))
        return g_strdup_printf("upper(%s)", tenant);
    return g_steal_pointer(&tenant);
}

/* Draws the table that gives the time, and with it the unit. */
static void
set_time(const RtPlan *plan, RtSource *source, RtRng *rng)
{
    const RtColumn *column = NULL;
    guint at = 0;
    g_autofree char *sql = NULL;

    while (column == NULL) {
        const RtJoin *join;

        at = rt_rng_index(rng, source->joins->len);
        join = source->joins->pdata[at];
        if (!join->is_left)
            column = rt_table_column(plan->world->tables[join->role], RT_TIME, rng);
    }
    sql = column_sql(source, at, column, rng);
    source->unit = column->unit;
    if (column->unit == RT_STAMP && rt_rng_percent(rng, 10))
        source->time =
            g_strdup_printf(plan->world->kind == RT_MARIADB ? "%s + INTERVAL 90 MINUTE"
                                                            : "%s + interval '90 minutes'",
                            sql);
    else if (column->unit == RT_SECONDS && rt_rng_percent(rng, 8))
        source->time = g_strdup_printf("%s + 1800", sql);
    else if (column->unit == RT_TEXT_TIME && rt_rng_percent(rng, 6))
        source->time = g_strdup_printf("coalesce(%s, '2001-04-01T07:30:00Z')", sql);
    else
        source->time = g_steal_pointer(&sql);
}

RtSource *
rt_source_new(RtPlan *plan, guint index, RtRng *rng)
{
    RtSource *source = g_new0(RtSource, 1);

    source->index = index;
    source->name = g_strdup_printf("source_%u", index + 1);
    source->joins = g_ptr_array_new();
    add_joins(plan, source, draw_shape(plan->world, rng), rng);
    if (plan->has_tenant)
        source->tenant = tenant_sql(plan, source, rng);
    set_time(plan, source, rng);
    source->zone = g_strdup((source->unit == RT_TEXT_TIME || source->unit == RT_STAMP) &&
                                    rt_rng_percent(rng, 40)
                                ? rt_world_zone_name(plan->world, rng)
                                : "UTC");
    if (rt_rng_percent(rng, 45))
        source->where = rt_source_condition(plan, source, TRUE, rng);
    source->captures = !(plan->world->has[RT_NO_CAPTURE] && rt_rng_percent(rng, 50));
    return source;
}

void
rt_source_free(RtSource *source)
{
    for (guint i = 0; i < source->joins->len; i++) {
        RtJoin *join = source->joins->pdata[i];

        g_free(join->alias);
        g_free(join->on);
        g_free(join);
    }
    g_ptr_array_unref(source->joins);
    g_free(source->name);
    g_free(source->tenant);
    g_free(source->time);
    g_free(source->zone);
    g_free(source->where);
    g_free(source->spoiled);
    g_free(source->odd_tenant);
    g_free(source->odd_time);
    g_free(source->odd);
    g_free(source);
}

char *
rt_source_from(const RtWorld *world, const RtSource *source)
{
    GString *from = g_string_new("FROM ");

    for (guint i = 0; i < source->joins->len; i++) {
        const RtJoin *join = source->joins->pdata[i];

        if (i > 0)
            g_string_append(from, join->is_left ? " LEFT JOIN " : " JOIN ");
        g_string_append(from, world->tables[join->role]->name);
        if (join->has_alias)
            g_string_append_printf(from, " %s", join->alias);
        if (join->on != NULL)
            g_string_append_printf(from, " ON %s", join->on);
    }
    return g_string_free(from, FALSE);
}

void
rt_series_append_wheres(GString *sql, const RtSummary *summary, const RtSeries *series)
{
    const char *wheres[] = {series->source->where, summary->where, series->where};
    const char *word = " WHERE";

    for (guint i = 0; i < G_N_ELEMENTS(wheres); i++) {
        if (wheres[i] == NULL)
            continue;
        g_string_append_printf(sql, "%s (%s)", word, wheres[i]);
        word = " AND";
    }
}

/* ---- Expressions ---- */

/* Draws until the source has a column of the template's kind, and the expression is of one of the
 * classes in `classes` (bits). Every source has a WHOLE or a LABEL in its first table, so this
 * ends; NULL where no template is of such a class. */
static char *
draw_template(const RtPlan *plan, const RtSource *source, RtTemplateUse use, guint32 classes,
              gboolean may_be_left, RtClass *ret_class, RtRng *rng)
{
    guint count;
    const RtTemplate *templates = rt_templates(plan->world->kind, use, &count);

    for (guint tries = 0; tries < TEMPLATE_TRIES; tries++) {
        const RtTemplate *drawn = &templates[rt_rng_index(rng, count)];
        const RtColumn *found = NULL;
        g_autofree char *column = any_column(plan, source, drawn->kind, may_be_left, &found, rng);
        GPtrArray *texts = plan->world->texts;
        g_autoptr(GString) text = g_string_new(NULL);
        GString *sql;
        RtClass class;

        rt_value_text(text, texts->pdata[rt_rng_index(rng, texts->len)]);
        if (column == NULL)
            continue;
        class = rt_type_class(found->server_type);
        if (drawn->of != 0 && !(drawn->of >> class & 1))
            continue;
        class = drawn->becomes != RT_CLASS_NONE ? drawn->becomes : class;
        if (!(classes >> class & 1))
            continue;
        if (ret_class != NULL)
            *ret_class = class;
        sql = g_string_new(drawn->sql);
        g_string_replace(sql, "{x}", column, 0);
        g_string_replace(sql, "{text}", text->str, 0);
        return g_string_free(sql, FALSE);
    }
    return NULL;
}

char *
rt_source_whole(const RtPlan *plan, const RtSource *source, gboolean may_be_left,
                const RtTable **ret_table, const RtColumn **ret_column, RtRng *rng)
{
    char *sql = any_column(plan, source, RT_WHOLE, may_be_left, ret_column, rng);

    for (guint role = 0; sql != NULL && role < RT_ROLES; role++)
        if (g_ptr_array_find(plan->world->tables[role]->columns, *ret_column, NULL))
            *ret_table = plan->world->tables[role];
    return sql;
}

char *
rt_source_condition(const RtPlan *plan, const RtSource *source, gboolean may_be_left, RtRng *rng)
{
    return draw_template(plan, source, RT_CONDITIONS, RT_ANY_CLASS, may_be_left, NULL, rng);
}

char *
rt_source_dimension(const RtPlan *plan, const RtSource *source, guint32 classes, RtClass *ret_class,
                    RtRng *rng)
{
    return draw_template(plan, source, RT_DIMENSIONS, classes, TRUE, ret_class, rng);
}

char *
rt_source_number(const RtPlan *plan, const RtSource *source, guint32 classes, RtRng *rng)
{
    return draw_template(plan, source, RT_NUMBERS, classes, TRUE, NULL, rng);
}

char *
rt_source_any(const RtPlan *plan, const RtSource *source, guint32 classes, RtClass *ret_class,
              RtRng *rng)
{
    return draw_template(plan, source, RT_ANYTHING, classes, TRUE, ret_class, rng);
}
