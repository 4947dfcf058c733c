#include "db/sqlscan.h"

#include <string.h>

/* Bytes above ASCII are letters to all three databases. */
static gboolean
begins_word(char c)
{
    return g_ascii_isalpha(c) || c == '_' || (guchar)c >= 0x80;
}

/* `$` is a letter inside a word, and no letter where one begins. */
static gboolean
continues_word(char c)
{
    return begins_word(c) || g_ascii_isdigit(c) || c == '$';
}

/* The first byte after white space and comments. NULL if a comment is not closed; then
 * `ret_unclosed` is where it begins. */
static const char *
skip_blank(const char *text, const char **ret_unclosed)
{
    for (;;) {
        if (g_ascii_isspace(*text) || *text == '\v') {
            text++;
        } else if (text[0] == '-' && text[1] == '-') {
            text += strcspn(text, "\n");
        } else if (text[0] == '/' && text[1] == '*') {
            const char *end = strstr(text + 2, "*/");
            if (end == NULL) {
                *ret_unclosed = text;
                return NULL;
            }
            text = end + 2;
        } else {
            return text;
        }
    }
}

/* The length of a quoted piece that begins at `text` and ends with `close`; a doubled `close`
 * stands for itself, and so does anything after a backslash where `has_escapes`. 0: not closed. */
static gsize
quoted_length(const char *text, char close, gboolean may_double, gboolean has_escapes)
{
    for (const char *c = text + 1; *c != '\0'; c++) {
        if (has_escapes && *c == '\\' && c[1] != '\0') {
            c++;
        } else if (*c == close) {
            if (!may_double || c[1] != close)
                return (gsize)(c - text) + 1;
            c++;
        }
    }
    return 0;
}

/* The length of `$tag$text$tag$` at `text`; 0 if none begins here or it is not closed. */
static gsize
dollar_quoted_length(const char *text)
{
    gsize tag = 1;
    while (begins_word(text[tag]) || (tag > 1 && g_ascii_isdigit(text[tag])))
        tag++;
    if (text[tag] != '$')
        return 0;
    g_autofree char *mark = g_strndup(text, tag + 1);
    const char *end = strstr(text + tag + 1, mark);
    return end == NULL ? 0 : (gsize)(end - text) + tag + 1;
}

/* 12, 1.5, .5, 1e-9, 0x1F: whatever follows without a break belongs to it. */
static gsize
number_length(const char *text)
{
    gboolean is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    gsize n = 0;
    while (g_ascii_isalnum(text[n]) || text[n] == '.' || text[n] == '_') {
        gboolean is_exponent = !is_hex && (text[n] == 'e' || text[n] == 'E') &&
                               (text[n + 1] == '+' || text[n + 1] == '-') &&
                               g_ascii_isdigit(text[n + 2]);
        n += is_exponent ? 2 : 1;
    }
    return n;
}

/* A token of `length` bytes; 0 means that its quote is not closed: it reaches to the end. */
static TuToken
quoted_token(TuTokenKind kind, const char *start, gsize length)
{
    if (length == 0)
        return (TuToken){TU_TOKEN_BROKEN, start, strlen(start)};
    return (TuToken){kind, start, length};
}

TuToken
tu_sql_token(const char *text)
{
    const char *unclosed = NULL;
    const char *at = skip_blank(text, &unclosed);
    if (at == NULL)
        return quoted_token(TU_TOKEN_BROKEN, unclosed, 0);
    if (*at == '\0')
        return (TuToken){TU_TOKEN_END, at, 0};

    /* E'it\'s': PostgreSQL's string with escapes, and nowhere else anything. */
    if ((*at == 'e' || *at == 'E') && at[1] == '\'') {
        gsize length = quoted_length(at + 1, '\'', TRUE, TRUE);
        return quoted_token(TU_TOKEN_STRING, at, length == 0 ? 0 : length + 1);
    }
    if (begins_word(*at)) {
        gsize length = 1;
        while (continues_word(at[length]))
            length++;
        return (TuToken){TU_TOKEN_WORD, at, length};
    }
    if (g_ascii_isdigit(*at) || (*at == '.' && g_ascii_isdigit(at[1])))
        return (TuToken){TU_TOKEN_NUMBER, at, number_length(at)};
    if (*at == '\'')
        return quoted_token(TU_TOKEN_STRING, at, quoted_length(at, '\'', TRUE, FALSE));
    if (*at == '"' || *at == '`')
        return quoted_token(TU_TOKEN_QUOTED, at, quoted_length(at, *at, TRUE, FALSE));
    if (*at == '[')
        return quoted_token(TU_TOKEN_QUOTED, at, quoted_length(at, ']', FALSE, FALSE));
    if (*at == '$') {
        gsize length = dollar_quoted_length(at);
        if (length > 0)
            return (TuToken){TU_TOKEN_STRING, at, length};
    }
    return (TuToken){TU_TOKEN_SYMBOL, at, 1};
}

gboolean
tu_token_is(const TuToken *token, const char *word)
{
    return token->kind == TU_TOKEN_WORD && strlen(word) == token->length &&
           g_ascii_strncasecmp(token->start, word, token->length) == 0;
}

gboolean
tu_token_is_symbol(const TuToken *token, char symbol)
{
    return token->kind == TU_TOKEN_SYMBOL && *token->start == symbol;
}

char *
tu_token_name(const TuToken *token)
{
    if (token->kind != TU_TOKEN_QUOTED)
        return g_strndup(token->start, token->length);

    char close = *token->start;
    if (close == '[')
        close = ']';
    GString *name = g_string_new(NULL);
    for (gsize i = 1; i + 1 < token->length; i++) {
        g_string_append_c(name, token->start[i]);
        if (close != ']' && token->start[i] == close)
            i++; /* the second of a doubled quote */
    }
    return g_string_free(name, FALSE);
}

gboolean
tu_sql_is_bare_name(const char *expression)
{
    TuToken first = tu_sql_token(expression);
    if (first.kind != TU_TOKEN_WORD && first.kind != TU_TOKEN_QUOTED)
        return FALSE;
    TuToken second = tu_sql_token(first.start + first.length);
    if (second.kind == TU_TOKEN_END)
        return TRUE;
    if (second.kind != TU_TOKEN_SYMBOL || second.start[0] != '.')
        return FALSE;
    TuToken third = tu_sql_token(second.start + second.length);
    return tu_sql_token(third.start + third.length).kind == TU_TOKEN_END;
}

gboolean
tu_sql_is_null(const char *expression)
{
    TuToken first = tu_sql_token(expression);
    return tu_token_is(&first, "NULL") &&
           tu_sql_token(first.start + first.length).kind == TU_TOKEN_END;
}

char *
tu_sql_constant(const char *expression)
{
    TuToken token = tu_sql_token(expression);
    if (tu_sql_token(token.start + token.length).kind != TU_TOKEN_END)
        return NULL;
    if (token.kind == TU_TOKEN_NUMBER)
        return g_strndup(token.start, token.length);
    if (token.kind != TU_TOKEN_STRING)
        return NULL;
    g_autofree char *inside = g_strndup(token.start + 1, token.length - 2);
    g_auto(GStrv) parts = g_strsplit(inside, "''", -1);
    return g_strjoinv("'", parts);
}
