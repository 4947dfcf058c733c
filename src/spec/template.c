#include "spec/template.h"

#include <string.h>

#include "db/sqlscan.h"
#include "error.h"

static void
slot_clear(gpointer data)
{
    g_free(((TuSlot *)data)->name);
}

void
tu_template_free(TuTemplate *sql)
{
    if (sql == NULL)
        return;
    g_free(sql->text);
    g_array_unref(sql->slots);
    g_free(sql);
}

/* `open` is the brace. Gives the slot's last token. */
static gboolean
read_slot(TuTemplate *sql, TuToken open, TuToken *ret_last, GError **error)
{
    TuToken close = tu_sql_token(open.start + 1);
    while (close.kind < TU_TOKEN_END && !tu_token_is_symbol(&close, '}') &&
           !tu_token_is_symbol(&close, '{'))
        close = tu_sql_token(close.start + close.length);
    const char *inner = open.start + 1;
    g_autofree char *name =
        tu_token_is_symbol(&close, '}') ? g_strndup(inner, (gsize)(close.start - inner)) : NULL;
    if (name == NULL || *g_strstrip(name) == '\0') {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG, "`%.30s`: write a name in braces, as {row}",
                    open.start);
        return FALSE;
    }
    TuSlot slot = {g_steal_pointer(&name), (gsize)(open.start - sql->text),
                   (gsize)(close.start + 1 - open.start)};
    g_array_append_val(sql->slots, slot);
    *ret_last = close;
    return TRUE;
}

static gboolean
check_token(const TuToken *token, int *depth, GError **error)
{
    *depth += tu_token_is_symbol(token, '(') - tu_token_is_symbol(token, ')');
    if (token->kind != TU_TOKEN_BROKEN && !tu_token_is_symbol(token, ';') && *depth >= 0)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                token->kind == TU_TOKEN_BROKEN   ? "a quote or comment is not closed at `%.30s`"
                : tu_token_is_symbol(token, ';') ? "it is one query, without `;` (at `%.30s`)"
                                                 : "a bracket is closed that was not opened, at "
                                                   "`%.30s`",
                token->start);
    return FALSE;
}

TuTemplate *
tu_template_parse(const char *text, GError **error)
{
    g_autoptr(TuTemplate) sql = g_new0(TuTemplate, 1);
    int depth = 0;
    sql->text = g_strchomp(g_strdup(text));
    sql->slots = g_array_new(FALSE, FALSE, sizeof(TuSlot));
    g_array_set_clear_func(sql->slots, slot_clear);
    TuToken token = tu_sql_token(sql->text);
    if (!tu_token_is(&token, "select") && !tu_token_is(&token, "with")) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG,
                            "it is a query: it begins with SELECT or WITH");
        return NULL;
    }
    for (; token.kind != TU_TOKEN_END; token = tu_sql_token(token.start + token.length)) {
        if (!check_token(&token, &depth, error) ||
            (tu_token_is_symbol(&token, '{') && !read_slot(sql, token, &token, error)))
            return NULL;
    }
    if (depth > 0) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG, "a bracket is not closed");
        return NULL;
    }
    return g_steal_pointer(&sql);
}

guint
tu_template_count(const TuTemplate *sql, const char *name)
{
    guint n = 0;
    for (guint i = 0; i < sql->slots->len; i++)
        n += g_ascii_strcasecmp(g_array_index(sql->slots, TuSlot, i).name, name) == 0;
    return n;
}

/* Words that may follow a table in FROM and are no name for it. */
static const char *const keywords[] = {
    "on",      "using",         "join",  "left",   "right",     "inner",       "cross", "full",
    "natural", "straight_join", "where", "group",  "having",    "order",       "limit", "union",
    "except",  "intersect",     "minus", "window", "fetch",     "offset",      "for",   "indexed",
    "not",     "use",           "force", "ignore", "partition", "tablesample",
};

char *
tu_template_alias(const TuTemplate *sql, const TuSlot *slot)
{
    TuToken token = tu_sql_token(sql->text + slot->start + slot->length);
    if (tu_token_is(&token, "as"))
        token = tu_sql_token(token.start + token.length);
    if (token.kind != TU_TOKEN_WORD && token.kind != TU_TOKEN_QUOTED)
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(keywords); i++)
        if (tu_token_is(&token, keywords[i]))
            return NULL;
    return g_strndup(token.start, token.length);
}

char *
tu_template_fill(const TuTemplate *sql, TuTemplateFill fill, gpointer data)
{
    GString *filled = g_string_new(NULL);
    gsize copied = 0;
    for (guint i = 0; i < sql->slots->len; i++) {
        const TuSlot *slot = &g_array_index(sql->slots, TuSlot, i);
        g_autofree char *alias = tu_template_alias(sql, slot);
        g_autofree char *text = fill(slot->name, alias != NULL, data);
        g_string_append_len(filled, sql->text + copied, (gssize)(slot->start - copied));
        g_string_append(filled, text);
        copied = slot->start + slot->length;
    }
    g_string_append(filled, sql->text + copied);
    return g_string_free(filled, FALSE);
}
