#include "db/portable.h"

#include <stdlib.h>
#include <string.h>

#include "db/sqlscan.h"

/* trueup's own tables, as schema/control.c makes them. */
static const char *const control_tables[] = {
    "trueup_spec",   "trueup_group",    "trueup_table",   "trueup_summary", "trueup_kept",
    "trueup_source", "trueup_build",    "trueup_tenant",  "trueup_zone",    "trueup_pending",
    "trueup_night",  "trueup_run",      "trueup_parked",  "trueup_job",     "trueup_pause",
    "trueup_part",   "trueup_boundary", "trueup_notice",  "trueup_rules",   "trueup_rezone",
    "trueup_moment", "trueup_present",  "trueup_failing", "trueup_keyed",   "trueup_worked",
};

static gboolean
is_control_table(const TuToken *token)
{
    if (token->kind != TU_TOKEN_WORD || !g_str_has_prefix(token->start, "trueup_"))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(control_tables); i++)
        if (strlen(control_tables[i]) == token->length &&
            strncmp(control_tables[i], token->start, token->length) == 0)
            return TRUE;
    return FALSE;
}

/* The number right behind a question mark; 0: it is an operator of the database. */
static guint
parameter_number(const TuToken *token, gsize *ret_length)
{
    char *end = NULL;
    if (!tu_token_is_symbol(token, '?') || !g_ascii_isdigit(token->start[1]))
        return 0;
    guint number = (guint)strtoul(token->start + 1, &end, 10);
    *ret_length = (gsize)(end - token->start);
    return number;
}

static void
append_parameter(GString *text, TuParameterStyle style, guint number, GArray *order)
{
    guint index = number - 1;
    switch (style) {
    case TU_PARAMETERS_NUMBERED:
        g_string_append_printf(text, "?%u", number);
        break;
    case TU_PARAMETERS_DOLLAR:
        g_string_append_printf(text, "$%u", number);
        break;
    case TU_PARAMETERS_IN_ORDER:
        g_string_append_c(text, '?');
        break;
    }
    if (order != NULL)
        g_array_append_val(order, index);
}

char *
tu_sql_portable(const char *sql, TuParameterStyle style, const char *control_schema, guint *ret_n,
                GArray *order)
{
    GString *text = g_string_sized_new(strlen(sql) + 64);
    const char *copied = sql;
    gboolean is_qualified = FALSE; /* a dot stands before the token */
    TuToken token = tu_sql_token(sql);
    *ret_n = 0;
    while (token.kind < TU_TOKEN_END) {
        gsize length = token.length;
        guint number = parameter_number(&token, &length);
        gboolean is_table = control_schema != NULL && !is_qualified && is_control_table(&token);
        if (number > 0 || is_table)
            g_string_append_len(text, copied, token.start - copied);
        if (number > 0) {
            append_parameter(text, style, number, order);
            *ret_n = MAX(*ret_n, number);
        } else if (is_table) {
            g_string_append_printf(text, "\"%s\".\"%.*s\"", control_schema, (int)length,
                                   token.start);
        }
        if (number > 0 || is_table)
            copied = token.start + length;
        is_qualified = tu_token_is_symbol(&token, '.');
        token = tu_sql_token(token.start + length);
    }
    g_string_append(text, copied);
    return g_string_free(text, FALSE);
}
