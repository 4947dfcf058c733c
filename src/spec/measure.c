#include "spec/measure.h"

#include <string.h>

#include "error.h"
#include "db/sqlscan.h"
#include "spec/sqlcheck.h"
#include "spec/suggest.h"

/* In the order of TuMeasureKind; ends with NULL so that it can be searched for suggestions. */
static const char *const kind_names[] = {
    "count", "sum", "min", "max", "avg", "count_distinct", NULL,
};

const char *
tu_measure_kind_name(TuMeasureKind kind)
{
    g_assert((gsize)kind < G_N_ELEMENTS(kind_names) - 1);
    return kind_names[kind];
}

void
tu_measure_free(TuMeasure *measure)
{
    if (measure == NULL)
        return;
    g_free(measure->expression);
    g_free(measure->where);
    g_free(measure);
}

/* The token that follows `token`. */
static TuToken
token_after(const TuToken *token)
{
    return tu_sql_token(token->start + token->length);
}

/* The first word. `ret_word` is its token, also where it is none. */
static gboolean
parse_kind(const char *text, TuMeasure *measure, TuToken *ret_word, GError **error)
{
    *ret_word = tu_sql_token(text);
    for (guint i = 0; kind_names[i] != NULL; i++) {
        if (tu_token_is(ret_word, kind_names[i])) {
            measure->kind = (TuMeasureKind)i;
            return TRUE;
        }
    }
    g_autofree char *word = tu_token_name(ret_word);
    g_autofree char *hint = tu_suggest_text(word, kind_names);
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                "`%.60s` is no measure: write count, sum(E), min(E), max(E), avg(E) or "
                "count_distinct(E), each with an optional ` where P`%s",
                text, hint);
    return FALSE;
}

/* The `)` that closes the bracket `open`; a broken token or the end if there is none. A `where`
 * met on the way outside further brackets is the usual mistake, and is told apart. */
static TuToken
find_close(const TuToken *open, gboolean *ret_has_where)
{
    guint depth = 1;
    *ret_has_where = FALSE;
    TuToken last = *open;
    for (;;) {
        TuToken token = token_after(&last);
        if (token.kind == TU_TOKEN_END || token.kind == TU_TOKEN_BROKEN)
            return token;
        depth += tu_token_is_symbol(&token, '(');
        if (tu_token_is_symbol(&token, ')') && --depth == 0)
            return token;
        if (depth == 1 && tu_token_is(&token, "where") && !tu_token_is_symbol(&last, '.'))
            *ret_has_where = TRUE;
        last = token;
    }
}

/* `count(...)` is what SQL calls things that have other names here. */
static gboolean
refuse_count_input(const TuToken *open, GError **error)
{
    TuToken first = token_after(open);
    const char *help = "the rows with a value are `count where E IS NOT NULL`";
    if (tu_token_is_symbol(&first, '*') || first.kind == TU_TOKEN_NUMBER ||
        tu_token_is_symbol(&first, ')'))
        help = "write `count`";
    else if (tu_token_is(&first, "distinct"))
        help = "write `count_distinct(E)`";
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG, "count has no input: %s", help);
    return FALSE;
}

/* Reads "(E)" after the kind and leaves `*token` on what follows it. */
static gboolean
parse_input(const char *text, TuMeasure *measure, TuToken *token, GError **error)
{
    const char *kind = tu_measure_kind_name(measure->kind);
    if (!tu_token_is_symbol(token, '(')) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.60s`: %s needs its input in brackets, %s(E)", text, kind, kind);
        return FALSE;
    }
    gboolean has_where;
    TuToken close = find_close(token, &has_where);
    if (!tu_token_is_symbol(&close, ')')) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG, "`%.60s`: a %s is not closed", text,
                    close.kind == TU_TOKEN_BROKEN ? "quote or comment" : "`(`");
        return FALSE;
    }
    if (has_where) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.60s`: `where` comes after the closing bracket, %s(E) where P", text, kind);
        return FALSE;
    }
    measure->expression = g_strndup(token->start + 1, (gsize)(close.start - token->start) - 1);
    g_strstrip(measure->expression);
    *token = token_after(&close);
    if (!tu_sql_check_expression(measure->expression, error)) {
        g_prefix_error(error, "the input of %s: ", kind);
        return FALSE;
    }
    return TRUE;
}

/* Reads "where P" to the end of the text. */
static gboolean
parse_where(const char *text, TuMeasure *measure, const TuToken *token, GError **error)
{
    if (!tu_token_is(token, "where")) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.60s`: after %s only ` where P` may follow, not `%.20s`", text,
                    tu_measure_kind_name(measure->kind), token->start);
        return FALSE;
    }
    measure->where = g_strdup(token->start + token->length);
    g_strstrip(measure->where);
    if (!tu_sql_check_expression(measure->where, error)) {
        g_prefix_error(error, "the `where` of %s: ", tu_measure_kind_name(measure->kind));
        return FALSE;
    }
    return TRUE;
}

TuMeasure *
tu_measure_parse(const char *text, GError **error)
{
    g_autoptr(TuMeasure) measure = g_new0(TuMeasure, 1);
    TuToken token;
    if (!parse_kind(text, measure, &token, error))
        return NULL;

    token = token_after(&token);
    if (measure->kind == TU_MEASURE_COUNT) {
        if (tu_token_is_symbol(&token, '(') && !refuse_count_input(&token, error))
            return NULL;
    } else if (!parse_input(text, measure, &token, error)) {
        return NULL;
    }
    if (token.kind != TU_TOKEN_END && !parse_where(text, measure, &token, error))
        return NULL;
    return g_steal_pointer(&measure);
}
