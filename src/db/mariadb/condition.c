/*
 * MariaDB's own rule for dates that may not be NULL: in a WHERE or an ON, `d IS NULL` finds
 * '0000-00-00'. It holds for DATE and DATETIME columns that are NOT NULL, and only where the test
 * itself chooses rows:
 *
 *   WHERE d IS NULL            finds 0000-00-00      over the source's column
 *   WHERE d IS NULL            finds none            over its image, whose column may be NULL
 *   (d IS NULL) IS TRUE        is false              as a series' condition is evaluated
 *
 * So one text would choose rows and images differently, and no spelling of ours gives what a
 * GROUP BY with the same WHERE gives. Such a test is refused by name; `d = 0` says what it finds.
 */
#include "db/mariadb/mariadb.h"

#include "db/sqlscan.h"

/* The tokens of a condition, so that they can be read backwards too. */
static GArray *
tokens_of(const char *condition)
{
    GArray *tokens = g_array_new(FALSE, FALSE, sizeof(TuToken));
    for (TuToken token = tu_sql_token(condition); token.kind < TU_TOKEN_END;
         token = tu_sql_token(token.start + token.length))
        g_array_append_val(tokens, token);
    return tokens;
}

static gboolean
is_word(const GArray *tokens, guint i, const char *word)
{
    return i < tokens->len && tu_token_is(&g_array_index(tokens, TuToken, i), word);
}

static gboolean
is_symbol(const GArray *tokens, guint i, char symbol)
{
    return i < tokens->len && tu_token_is_symbol(&g_array_index(tokens, TuToken, i), symbol);
}

/* NULL: no name stands there. Free with g_free. */
static char *
name_at(const GArray *tokens, guint i)
{
    if (i >= tokens->len)
        return NULL;
    const TuToken *token = &g_array_index(tokens, TuToken, i);
    gboolean is_name = token->kind == TU_TOKEN_WORD || token->kind == TU_TOKEN_QUOTED;
    return is_name ? tu_token_name(token) : NULL;
}

/* `d` or `f.d` at a token: is it a column for which the rule holds? */
static gboolean
is_date_never_null(const TuProbe *probe, const GArray *tokens, guint i)
{
    g_autofree char *name = name_at(tokens, i);
    g_autofree char *alias =
        i >= 2 && is_symbol(tokens, i - 1, '.') ? name_at(tokens, i - 2) : NULL;
    for (guint t = 0; t < probe->n_tables && name != NULL; t++) {
        const TuColumnInfo *column = tu_table_info_column(probe->tables[t], name);
        if (column == NULL || column->is_nullable ||
            (alias != NULL && g_ascii_strcasecmp(alias, probe->aliases[t]) != 0))
            continue;
        if (column->kind == TU_TYPE_DATE || column->kind == TU_TYPE_TIMESTAMP)
            return TRUE;
    }
    return FALSE;
}

/* What is tested by the IS at a token, brackets passed over; as many of them must open before the
 * name, and not as a function's. G_MAXUINT: no plain name. */
static guint
tested_before(const GArray *tokens, guint i)
{
    static const char *const openers[] = {"and", "or", "xor", "not", "on", "where"};
    guint n_closed = 0;
    while (i > 0 && is_symbol(tokens, --i, ')'))
        n_closed++;
    guint first = i >= 2 && is_symbol(tokens, i - 1, '.') ? i - 2 : i;
    for (guint k = 0; k < n_closed; k++)
        if (first == 0 || !is_symbol(tokens, --first, '('))
            return G_MAXUINT;
    g_autofree char *before = n_closed > 0 && first > 0 ? name_at(tokens, first - 1) : NULL;
    for (guint k = 0; k < G_N_ELEMENTS(openers); k++)
        if (before == NULL || g_ascii_strcasecmp(before, openers[k]) == 0)
            return i;
    return G_MAXUINT;
}

/* A NOT, or !, that turns a test round: not that of IS NOT, NOT IN and their like. */
static gboolean
turns_round(const GArray *tokens, guint i)
{
    static const char *const operators[] = {"in", "like", "between", "regexp", "rlike", "null"};
    if (is_symbol(tokens, i, '!') && !is_symbol(tokens, i + 1, '='))
        return TRUE;
    if (!is_word(tokens, i, "not") || (i > 0 && is_word(tokens, i - 1, "is")))
        return FALSE;
    for (guint k = 0; k < G_N_ELEMENTS(operators); k++)
        if (is_word(tokens, i + 1, operators[k]))
            return FALSE;
    return TRUE;
}

/* A NOT turns what follows it, up to the AND, OR or bracket that ends its operand. */
typedef struct {
    gint depth; /* of brackets */
    gint since; /* the depth at which a NOT stands that is not over */
} Turned;

#define NOT_TURNED (-1)

static void
note_turn(Turned *turned, const GArray *tokens, guint i)
{
    static const char *const ends[] = {"and", "or", "xor"};
    if (is_symbol(tokens, i, '('))
        turned->depth++;
    else if (is_symbol(tokens, i, ')'))
        turned->depth--;
    gboolean is_over = turned->depth < turned->since;
    for (guint k = 0; k < G_N_ELEMENTS(ends); k++)
        is_over |= turned->depth == turned->since && is_word(tokens, i, ends[k]);
    if (is_over)
        turned->since = NOT_TURNED;
    if (turned->since == NOT_TURNED && turns_round(tokens, i))
        turned->since = turned->depth;
}

/* The token of the name that a test for NULL at this token is about; G_MAXUINT: there is no such
 * test. The server turns NOT (d IS NOT NULL) into d IS NULL before it applies its rule. */
static guint
tested_here(const GArray *tokens, guint i, gboolean is_turned)
{
    if (is_word(tokens, i, "isnull") && is_symbol(tokens, i + 1, '(')) {
        for (i += 2; is_symbol(tokens, i, '('); i++)
            ;
        return is_symbol(tokens, i + 1, '.') ? i + 2 : i;
    }
    if (!is_word(tokens, i, "is"))
        return G_MAXUINT;
    gboolean is_not = is_word(tokens, i + 1, "not");
    guint what = i + (is_not ? 2 : 1);
    if ((!is_word(tokens, what, "null") && !is_word(tokens, what, "unknown")) ||
        (is_not && !is_turned))
        return G_MAXUINT;
    return tested_before(tokens, i);
}

void
tu_mariadb_inspect_condition(const TuProbe *probe, TuInspection *inspection)
{
    g_autoptr(GArray) tokens = tokens_of(probe->expression);
    Turned turned = {0, NOT_TURNED};
    for (guint i = 0; i < tokens->len && inspection->fault == NULL; i++) {
        guint tested = tested_here(tokens, i, turned.since != NOT_TURNED);
        note_turn(&turned, tokens, i);
        if (!is_date_never_null(probe, tokens, tested))
            continue;
        g_autofree char *column = name_at(tokens, tested);
        inspection->fault = g_strdup_printf(
            "`%s`: %s is never NULL, and testing it finds dates that are 0000-00-00, but only in a "
            "WHERE of the table itself",
            probe->expression, column);
        inspection->help = g_strdup_printf(
            "write `%s = 0` for those, and leave it out if there are none; for rows that a left "
            "join did not find, test a column of its ON instead",
            column);
    }
}
