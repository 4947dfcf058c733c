/*
 * A light reading of SQL: enough to know where strings, quoted names, comments and parentheses are.
 * It never interprets SQL; the database does that. Used to find the end of an expression, and to
 * refuse what trueup could not keep exact (sub-queries, statements, volatile functions).
 */
#pragma once

#include <glib.h>

typedef enum {
    TU_TOKEN_WORD,   /* unquoted identifier or keyword */
    TU_TOKEN_QUOTED, /* "name", `name` or [name] */
    TU_TOKEN_STRING, /* 'text' */
    TU_TOKEN_NUMBER,
    TU_TOKEN_SYMBOL, /* one operator or punctuation character */
    TU_TOKEN_END,
    TU_TOKEN_BROKEN, /* an unclosed quote or comment, from `start` to the end */
} TuTokenKind;

typedef struct {
    TuTokenKind kind;
    const char *start;
    gsize length;
} TuToken;

/* The token at or after `text`; comments and white space are passed over. */
TuToken tu_sql_token(const char *text);

/* TRUE if the token is the unquoted word `word`, whatever its case. */
gboolean tu_token_is(const TuToken *token, const char *word);

/* TRUE if the token is the character `symbol` outside quotes. */
gboolean tu_token_is_symbol(const TuToken *token, char symbol);

/* A name as the database knows it: without its quotes, doubled quotes undone. Free with g_free. */
char *tu_token_name(const TuToken *token);

/* TRUE if the expression is one name, or two with a dot between. */
gboolean tu_sql_is_bare_name(const char *expression);

/* TRUE if the expression is the constant NULL. */
gboolean tu_sql_is_null(const char *expression);

/* What the expression says if it is one text or number: without its quotes. NULL: it is something
 * else. Free with g_free. */
char *tu_sql_constant(const char *expression);
