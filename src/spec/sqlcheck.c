/*
 * What an expression of the spec may not hold: everything that would make a summary over it
 * impossible to keep exact, as far as plain text shows it. The rules are the tables below; the
 * database has the last word when the spec is checked against it.
 */
#include "db/sqlscan.h"
#include "spec/sqlcheck.h"

#include <string.h>

#include "error.h"

/* Deeper is no expression that a person wrote; it also bounds the work on nested calls. */
#define EXPRESSION_MAX_DEPTH 100

/* When a rule's word is refused. A name after a dot (`t.values`) never is. */
typedef enum {
    AT_WORD,        /* wherever it stands */
    AT_QUERY_START, /* at the beginning or after `(` */
    AT_TOP,         /* outside all brackets */
    AT_CALL,        /* followed by `(` */
    AT_EMPTY_CALL,  /* ... and `)` */
    AT_ONE_CALL,    /* called with one argument */
    AT_CLOCK_CALL,  /* called without argument, or with 'now', 'localtime' or 'utc' */
} RulePlace;

typedef enum { WHY_QUERY, WHY_CLAUSE, WHY_VOLATILE, WHY_AGGREGATE } RuleReason;

typedef struct {
    const char *word;
    RulePlace place;
    RuleReason reason;
} Rule;

static const Rule rules[] = {
    {"select", AT_WORD, WHY_QUERY},
    {"values", AT_QUERY_START, WHY_QUERY},
    {"with", AT_QUERY_START, WHY_QUERY},
    {"table", AT_QUERY_START, WHY_QUERY},

    {"from", AT_TOP, WHY_CLAUSE},
    {"where", AT_TOP, WHY_CLAUSE},
    {"group", AT_TOP, WHY_CLAUSE},
    {"having", AT_TOP, WHY_CLAUSE},
    {"order", AT_TOP, WHY_CLAUSE},
    {"limit", AT_TOP, WHY_CLAUSE},
    {"union", AT_TOP, WHY_CLAUSE},
    {"intersect", AT_TOP, WHY_CLAUSE},
    {"except", AT_TOP, WHY_CLAUSE},
    {"join", AT_TOP, WHY_CLAUSE},
    {"on", AT_TOP, WHY_CLAUSE},
    {"as", AT_TOP, WHY_CLAUSE},
    {"distinct", AT_QUERY_START, WHY_CLAUSE},

    {"current_date", AT_WORD, WHY_VOLATILE},
    {"current_time", AT_WORD, WHY_VOLATILE},
    {"current_timestamp", AT_WORD, WHY_VOLATILE},
    {"current_user", AT_WORD, WHY_VOLATILE},
    {"localtime", AT_WORD, WHY_VOLATILE},
    {"localtimestamp", AT_WORD, WHY_VOLATILE},
    {"session_user", AT_WORD, WHY_VOLATILE},
    {"age", AT_ONE_CALL, WHY_VOLATILE},
    {"changes", AT_CALL, WHY_VOLATILE},
    {"clock_timestamp", AT_CALL, WHY_VOLATILE},
    {"connection_id", AT_CALL, WHY_VOLATILE},
    {"curdate", AT_CALL, WHY_VOLATILE},
    {"current_setting", AT_CALL, WHY_VOLATILE},
    {"currval", AT_CALL, WHY_VOLATILE},
    {"curtime", AT_CALL, WHY_VOLATILE},
    {"date", AT_CLOCK_CALL, WHY_VOLATILE},
    {"datetime", AT_CLOCK_CALL, WHY_VOLATILE},
    {"gen_random_uuid", AT_CALL, WHY_VOLATILE},
    {"get_lock", AT_CALL, WHY_VOLATILE},
    {"julianday", AT_CLOCK_CALL, WHY_VOLATILE},
    {"last_insert_id", AT_CALL, WHY_VOLATILE},
    {"last_insert_rowid", AT_CALL, WHY_VOLATILE},
    {"lastval", AT_CALL, WHY_VOLATILE},
    {"nextval", AT_CALL, WHY_VOLATILE},
    {"now", AT_CALL, WHY_VOLATILE},
    {"pg_sleep", AT_CALL, WHY_VOLATILE},
    {"rand", AT_CALL, WHY_VOLATILE},
    {"random", AT_CALL, WHY_VOLATILE},
    {"randomblob", AT_CALL, WHY_VOLATILE},
    {"set_config", AT_CALL, WHY_VOLATILE},
    {"setval", AT_CALL, WHY_VOLATILE},
    {"sleep", AT_CALL, WHY_VOLATILE},
    {"statement_timestamp", AT_CALL, WHY_VOLATILE},
    {"strftime", AT_CLOCK_CALL, WHY_VOLATILE},
    {"strftime", AT_ONE_CALL, WHY_VOLATILE},
    {"sysdate", AT_CALL, WHY_VOLATILE},
    {"time", AT_CLOCK_CALL, WHY_VOLATILE},
    {"timeofday", AT_CALL, WHY_VOLATILE},
    {"total_changes", AT_CALL, WHY_VOLATILE},
    {"transaction_timestamp", AT_CALL, WHY_VOLATILE},
    {"unix_timestamp", AT_EMPTY_CALL, WHY_VOLATILE},
    {"unixepoch", AT_CLOCK_CALL, WHY_VOLATILE},
    {"user", AT_EMPTY_CALL, WHY_VOLATILE},
    {"utc_date", AT_CALL, WHY_VOLATILE},
    {"utc_time", AT_CALL, WHY_VOLATILE},
    {"utc_timestamp", AT_CALL, WHY_VOLATILE},
    {"uuid", AT_EMPTY_CALL, WHY_VOLATILE},
    {"uuid_short", AT_CALL, WHY_VOLATILE},

    {"array_agg", AT_CALL, WHY_AGGREGATE},
    {"avg", AT_CALL, WHY_AGGREGATE},
    {"count", AT_CALL, WHY_AGGREGATE},
    {"group_concat", AT_CALL, WHY_AGGREGATE},
    {"json_agg", AT_CALL, WHY_AGGREGATE},
    {"json_arrayagg", AT_CALL, WHY_AGGREGATE},
    {"json_group_array", AT_CALL, WHY_AGGREGATE},
    {"json_group_object", AT_CALL, WHY_AGGREGATE},
    {"max", AT_ONE_CALL, WHY_AGGREGATE},
    {"min", AT_ONE_CALL, WHY_AGGREGATE},
    {"over", AT_CALL, WHY_AGGREGATE},
    {"string_agg", AT_CALL, WHY_AGGREGATE},
    {"sum", AT_CALL, WHY_AGGREGATE},
    {"total", AT_CALL, WHY_AGGREGATE},
};

/* What stands in the brackets of a call. */
typedef struct {
    gboolean is_closed;
    gboolean is_empty;
    guint arguments;
    gboolean asks_clock; /* 'now', 'localtime' or 'utc' is among the arguments */
} Call;

static gboolean
fail(GError **error, const char *message)
{
    g_set_error_literal(error, TU_ERROR, TU_ERROR_CONFIG, message);
    return FALSE;
}

static gboolean
is_clock_word(const TuToken *token)
{
    static const char *const words[] = {"'now'", "'localtime'", "'utc'"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (token->kind == TU_TOKEN_STRING && token->length == strlen(words[i]) &&
            g_ascii_strncasecmp(token->start, words[i], token->length) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Reads the call whose `(` ends at `text`. An unclosed one is read to its end. */
static Call
read_call(const char *text)
{
    Call call = {.is_empty = TRUE, .arguments = 1};
    guint depth = 0;
    for (TuToken token = tu_sql_token(text);
         token.kind != TU_TOKEN_END && token.kind != TU_TOKEN_BROKEN;
         token = tu_sql_token(token.start + token.length)) {
        if (tu_token_is_symbol(&token, ')') && depth-- == 0) {
            call.is_closed = TRUE;
            break;
        }
        call.is_empty = FALSE;
        depth += tu_token_is_symbol(&token, '(');
        call.arguments += depth == 0 && tu_token_is_symbol(&token, ',');
        call.asks_clock |= depth == 0 && is_clock_word(&token);
    }
    return call;
}

/* TRUE if `rule` forbids its word here: `last` stands before it, `depth` brackets are open. */
static gboolean
is_broken(const Rule *rule, const TuToken *word, const TuToken *last, guint depth)
{
    const char *after = word->start + word->length;
    TuToken next = tu_sql_token(after);
    gboolean is_call = tu_token_is_symbol(&next, '(');
    Call call = {0};
    if (is_call && rule->place >= AT_EMPTY_CALL)
        call = read_call(next.start + 1);

    switch (rule->place) {
    case AT_WORD:
        return TRUE;
    case AT_QUERY_START:
        return last->kind == TU_TOKEN_END || tu_token_is_symbol(last, '(');
    case AT_TOP:
        /* `a IS DISTINCT FROM b` is the one clause word that an expression has at its top. */
        return depth == 0 && !(tu_token_is(word, "from") && tu_token_is(last, "distinct"));
    case AT_CALL:
        return is_call;
    case AT_EMPTY_CALL:
        return is_call && call.is_empty;
    case AT_ONE_CALL:
        return is_call && call.is_closed && !call.is_empty && call.arguments == 1;
    case AT_CLOCK_CALL:
        return is_call && (call.is_empty || call.asks_clock);
    }
    return FALSE;
}

/* The table that a sub-query at `text` reads first, for the message; NULL if none is seen. */
static char *
first_table(const char *text)
{
    gboolean is_next = FALSE;
    for (TuToken token = tu_sql_token(text);
         token.kind != TU_TOKEN_END && token.kind != TU_TOKEN_BROKEN;
         token = tu_sql_token(token.start + token.length)) {
        if (is_next && (token.kind == TU_TOKEN_WORD || token.kind == TU_TOKEN_QUOTED))
            return tu_token_name(&token);
        is_next = tu_token_is(&token, "from") || tu_token_is(&token, "table");
    }
    return NULL;
}

static gboolean
refuse(const Rule *rule, const TuToken *word, GError **error)
{
    g_autofree char *table = NULL;
    g_autofree char *name = tu_token_name(word);
    switch (rule->reason) {
    case WHY_QUERY:
        table = first_table(word->start);
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%s`: sub-queries are not possible in an expression, because %s%s%s would "
                    "not be watched; add the table to the source's `join`",
                    name, table == NULL ? "what it reads" : "table `", table == NULL ? "" : table,
                    table == NULL ? "" : "`");
        return FALSE;
    case WHY_CLAUSE:
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%s` has no place in an expression: write only what comes after it or before "
                    "it (a column of that name needs SQL quotes)",
                    name);
        return FALSE;
    case WHY_VOLATILE:
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%s` depends on when or by whom it is asked, so no summary over it could be "
                    "kept exact; use columns",
                    name);
        return FALSE;
    case WHY_AGGREGATE:
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%s` here looks at many rows, but an expression is asked of one row; adding "
                    "up is what `measures` is for",
                    name);
        return FALSE;
    }
    return FALSE;
}

static gboolean
check_word(const TuToken *word, const TuToken *last, guint depth, GError **error)
{
    if (tu_token_is_symbol(last, '.'))
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (tu_token_is(word, rules[i].word) && is_broken(&rules[i], word, last, depth))
            return refuse(&rules[i], word, error);
    }
    return TRUE;
}

/* `[...]` is a quoted name in SQLite and an index in PostgreSQL, which may hold a query. */
static gboolean
check_brackets(const TuToken *quoted, GError **error)
{
    if (*quoted->start != '[')
        return TRUE;
    g_autofree char *inside = tu_token_name(quoted);
    for (TuToken token = tu_sql_token(inside);
         token.kind != TU_TOKEN_END && token.kind != TU_TOKEN_BROKEN;
         token = tu_sql_token(token.start + token.length)) {
        if (tu_token_is(&token, rules[0].word))
            return refuse(&rules[0], &token, error);
    }
    return TRUE;
}

static gboolean
check_symbol(const TuToken *symbol, const TuToken *last, guint depth, GError **error)
{
    char c = *symbol->start, next = symbol->start[1];
    gboolean names = g_ascii_isalpha(next) || next == '_';
    gboolean is_cast =
        c == ':' &&
        (next == ':' || (tu_token_is_symbol(last, ':') && last->start + 1 == symbol->start));
    if (c == ';')
        return fail(error, "`;` ends a statement: write one expression");
    if (c == ',' && depth == 0)
        return fail(error, "a comma outside brackets: write one expression");
    if (c == ')' && depth == 0)
        return fail(error, "a `)` too many");
    if (c == '(' && depth == EXPRESSION_MAX_DEPTH)
        return fail(error, "too many brackets in one another");
    if (c == '?' || c == '$' || (c == ':' && !is_cast && (names || g_ascii_isdigit(next))) ||
        (c == '@' && names)) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "`%c` is a parameter or variable of SQL, and nothing gives it a value: write "
                    "the value itself (for the environment's: ${NAME})%s",
                    c,
                    c != '?' ? ""
                             : "; PostgreSQL's operators ?, ?| and ?& are the functions "
                               "jsonb_exists, jsonb_exists_any and jsonb_exists_all");
        return FALSE;
    }
    return TRUE;
}

/* A comment is passed over by the scanner, but the text is put into larger statements, where `--`
 * would swallow what follows, and the others mean different things to different databases. */
static gboolean
check_gap(const char *from, const char *to, GError **error)
{
    for (const char *c = from; c + 1 < to; c++) {
        if (c[0] == '-' && c[1] == '-')
            return fail(error, "a comment with `--` would hide what follows: write /* ... */, or "
                               "a YAML comment with #");
        if (c[0] == '/' && c[1] == '*') {
            if (c[2] == '!' || (c[2] == 'M' && c[3] == '!'))
                return fail(error, "`/*!` is SQL that only some databases read: write it plainly");
            c = strstr(c + 2, "*/") + 1;
        }
    }
    return TRUE;
}

gboolean
tu_sql_check_expression(const char *text, GError **error)
{
    TuToken last = {TU_TOKEN_END, text, 0};
    guint depth = 0;
    for (;;) {
        TuToken token = tu_sql_token(last.start + last.length);
        if (token.kind == TU_TOKEN_BROKEN)
            return fail(error, *token.start == '/'   ? "a comment is not closed"
                               : *token.start == '[' ? "a `[` is not closed"
                                                     : "a quote is not closed");
        if (!check_gap(last.start + last.length, token.start, error))
            return FALSE;
        if (token.kind == TU_TOKEN_END)
            break;
        if ((token.kind == TU_TOKEN_WORD && !check_word(&token, &last, depth, error)) ||
            (token.kind == TU_TOKEN_QUOTED && !check_brackets(&token, error)) ||
            (token.kind == TU_TOKEN_SYMBOL && !check_symbol(&token, &last, depth, error)))
            return FALSE;
        depth += tu_token_is_symbol(&token, '(');
        depth -= tu_token_is_symbol(&token, ')');
        last = token;
    }
    if (last.kind == TU_TOKEN_END)
        return fail(error, "there is no expression: it is empty");
    if (depth > 0)
        return fail(error, "a `(` is not closed");
    return TRUE;
}
