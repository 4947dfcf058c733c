#include "spec/join.h"

#include <string.h>

#include "error.h"
#include "spec/names.h"
#include "db/sqlscan.h"
#include "spec/sqlcheck.h"

#define JOIN_FORM "[left] TABLE [ALIAS] ON CONDITION"

void
tu_source_table_free(TuSourceTable *table)
{
    if (table == NULL)
        return;
    g_free(table->table);
    g_free(table->alias);
    g_free(table->on);
    g_free(table);
}

/* Goes to the token after this one. */
static void
advance(TuToken *token)
{
    *token = tu_sql_token(token->start + token->length);
}

/* Passes over the keyword if it is there. */
static gboolean
skip_word(TuToken *token, const char *word)
{
    if (!tu_token_is(token, word))
        return FALSE;
    advance(token);
    return TRUE;
}

/* Words that begin joins which a summary cannot follow, and what to do instead. */
static const struct {
    const char *word;
    const char *help;
} other_joins[] = {
    {"right", "write the two tables the other way round, with left"},
    {"full", "rows of both sides cannot be followed; make two sources"},
    {"cross", "give the condition: " JOIN_FORM},
    {"natural", "give the condition: " JOIN_FORM},
    {"lateral", "only tables can be watched"},
};

/* Reads "TABLE [[as] ALIAS]" and leaves `*token` on what follows. */
static gboolean
parse_table(TuToken *token, TuSourceTable *table, GError **error)
{
    table->table = tu_name_parse_table(token, error);
    if (table->table == NULL)
        return FALSE;
    if (tu_name_is_reserved(tu_name_last_part(table->table))) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%.60s`: tables that begin with `%s` are trueup's own and cannot be a source",
                    table->table, TU_NAME_RESERVED);
        return FALSE;
    }
    gboolean has_as = skip_word(token, "as");
    gboolean is_name = token->kind == TU_TOKEN_QUOTED ||
                       (token->kind == TU_TOKEN_WORD && !tu_token_is(token, "on") &&
                        !tu_token_is(token, "using") && !tu_token_is(token, "join"));
    if (has_as && !is_name) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG, "an alias is missing after `as`");
        return FALSE;
    }
    table->alias = is_name ? tu_token_name(token) : g_strdup(tu_name_last_part(table->table));
    if (is_name)
        advance(token);
    return tu_name_check_column(table->alias, error);
}

TuSourceTable *
tu_join_parse_from(const char *text, GError **error)
{
    g_autoptr(TuSourceTable) table = g_new0(TuSourceTable, 1);
    TuToken token = tu_sql_token(text);
    if (!parse_table(&token, table, error))
        return NULL;
    if (token.kind != TU_TOKEN_END) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "one table is wanted, optionally with an alias, but `%.40s` follows: further "
                    "tables go into `join`",
                    token.start);
        return NULL;
    }
    return g_steal_pointer(&table);
}

/* Reads what stands before the table. Inner is what a join is without a word. */
static gboolean
parse_join_words(TuToken *token, TuSourceTable *table, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(other_joins); i++) {
        if (tu_token_is(token, other_joins[i].word)) {
            g_set_error(error, TU_ERROR, TU_ERROR_CONFIG, "`%s` joins are not possible: %s",
                        other_joins[i].word, other_joins[i].help);
            return FALSE;
        }
    }
    table->is_left = skip_word(token, "left");
    if (table->is_left)
        skip_word(token, "outer");
    else
        skip_word(token, "inner");
    skip_word(token, "join");
    return TRUE;
}

TuSourceTable *
tu_join_parse(const char *text, GError **error)
{
    g_autoptr(TuSourceTable) table = g_new0(TuSourceTable, 1);
    TuToken token = tu_sql_token(text);
    if (!parse_join_words(&token, table, error) || !parse_table(&token, table, error))
        return NULL;

    if (!tu_token_is(&token, "on")) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`on` is missing after `%s`: write " JOIN_FORM "%s", table->alias,
                    tu_token_is(&token, "using") ? " (`using` leaves open whose column it is)"
                                                 : "");
        return NULL;
    }
    table->on = g_strstrip(g_strdup(token.start + token.length));
    if (!tu_sql_check_expression(table->on, error)) {
        g_prefix_error(error, "the condition after `on`: ");
        return NULL;
    }
    return g_steal_pointer(&table);
}
