/* Reading SQL lightly: tokens, names, and what an expression may not hold. */
#include <string.h>

#include <glib.h>

#include "error.h"
#include "db/sqlscan.h"
#include "spec/sqlcheck.h"

/* The letter that stands for a kind of token in the rows below. */
static char
kind_letter(TuTokenKind kind)
{
    switch (kind) {
    case TU_TOKEN_WORD:
        return 'w';
    case TU_TOKEN_QUOTED:
        return 'q';
    case TU_TOKEN_STRING:
        return 's';
    case TU_TOKEN_NUMBER:
        return 'n';
    case TU_TOKEN_SYMBOL:
        return '.';
    case TU_TOKEN_END:
        return '$';
    case TU_TOKEN_BROKEN:
        return '!';
    }
    g_assert_not_reached();
}

typedef struct {
    const char *text;
    const char *tokens; /* "w:count .:( ", each kind and text, with spaces between */
} TokenRow;

static const TokenRow token_rows[] = {
    {"", "$:"},
    {" \t\n\r\f\v", "$:"},
    {"a.b", "w:a .:. w:b $:"},
    {"a1$_b \303\251t\303\251", "w:a1$_b w:\303\251t\303\251 $:"},
    {"1 1.5 .5 1e9 1e-9 1E+2 0x1F 1_000", "n:1 n:1.5 n:.5 n:1e9 n:1e-9 n:1E+2 n:0x1F n:1_000 $:"},
    {"1-2", "n:1 .:- n:2 $:"},
    {"0xe-1", "n:0xe .:- n:1 $:"},
    {"1e-x", "n:1e .:- w:x $:"},
    {"'a' 'it''s' ''", "s:'a' s:'it''s' s:'' $:"},
    {"'a\\'", "s:'a\\' $:"},
    {"E'it\\'s' e'\\\\'", "s:E'it\\'s' s:e'\\\\' $:"},
    {"x'00'", "w:x s:'00' $:"},
    {"\"a\"\"b\" `c``d` [e f]", "q:\"a\"\"b\" q:`c``d` q:[e f] $:"},
    {"[a]]", "q:[a] .:] $:"},
    {"$$a'b$$ $t$ $$ $t$ $1", "s:$$a'b$$ s:$t$ $$ $t$ .:$ n:1 $:"},
    {"a -- b\nc", "w:a w:c $:"},
    {"a -- b", "w:a $:"},
    {"a/* ' */b", "w:a w:b $:"},
    {"/**/a", "w:a $:"},
    {"a /* b", "w:a !:/* b"},
    {"'a", "!:'a"},
    {"'a''", "!:'a''"},
    {"E'a\\'", "!:E'a\\'"},
    {"\"a", "!:\"a"},
    {"`a", "!:`a"},
    {"[a", "!:[a"},
    {"$$a", ".:$ .:$ w:a $:"},
    {"a::text", "w:a .:: .:: w:text $:"},
    {"(a)<=b", ".:( w:a .:) .:< .:= w:b $:"},
};

static void
test_tokens(gconstpointer data)
{
    const TokenRow *row = data;
    g_autoptr(GString) seen = g_string_new(NULL);
    const char *at = row->text;
    for (;;) {
        TuToken token = tu_sql_token(at);
        g_string_append_printf(seen, "%s%c:%.*s", seen->len == 0 ? "" : " ",
                               kind_letter(token.kind), (int)token.length, token.start);
        if (token.kind == TU_TOKEN_END || token.kind == TU_TOKEN_BROKEN) {
            g_assert_cmpint(token.start[token.length], ==, '\0');
            break;
        }
        g_assert_cmpuint(token.length, >, 0);
        at = token.start + token.length;
    }
    g_assert_cmpstr(seen->str, ==, row->tokens);
}

typedef struct {
    const char *text;
    const char *name;
} NameRow;

static const NameRow name_rows[] = {
    {"flight", "flight"}, {"\"a\"\"b\"", "a\"b"}, {"`a``b`", "a`b"},        {"[a \"b]", "a \"b"},
    {"\"\"", ""},         {"\"a`b\"", "a`b"},     {"\"\"\"\"\"\"", "\"\""},
};

static void
test_names(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(name_rows); i++) {
        TuToken token = tu_sql_token(name_rows[i].text);
        g_autofree char *name = tu_token_name(&token);
        g_assert_cmpstr(name, ==, name_rows[i].name);
    }
}

static void
test_token_is(void)
{
    TuToken word = tu_sql_token(" Where x"), quoted = tu_sql_token("\"where\"");
    TuToken symbol = tu_sql_token("(");
    g_assert_true(tu_token_is(&word, "where"));
    g_assert_false(tu_token_is(&word, "wher"));
    g_assert_false(tu_token_is(&word, "wherever"));
    g_assert_false(tu_token_is(&quoted, "where"));
    g_assert_true(tu_token_is_symbol(&symbol, '('));
    g_assert_false(tu_token_is_symbol(&symbol, ')'));
    g_assert_false(tu_token_is_symbol(&word, 'W'));
}

/* Expressions that a spec may hold, each with a word that is refused elsewhere. */
static const char *const good_expressions[] = {
    "a",
    "a = 1 AND b IN (1, 2)",
    "f.id::text",
    "cast(a AS text)",
    "extract(year FROM a)",
    "a IS DISTINCT FROM b",
    "a::timestamp with time zone",
    "max(a, b) + min(a, coalesce(b, c))",
    "date(a) || time(a) || strftime('%Y', a)",
    "datetime(a, '+1 day')",
    "date(a, 'unixepoch')",
    "t.values + t.select + t.limit",
    "\"select\" = 'select; ? :x $1'",
    "a ->> 'b' || data @> '{}'",
    "[order date] > 1",
    "tags[1]",
    "user = 'x'",
    "now = 1",
    "uuid(a)",
    "count = 1",
    "a /* why -- not */ + b",
    "$$it's$$ = a",
    "((((((((((a))))))))))",
    "CASE WHEN a THEN 1 ELSE 0 END",
    "'now' = a",
    "over > 1",
};

static void
test_good_expressions(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(good_expressions); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", good_expressions[i]);
        gboolean is_good = tu_sql_check_expression(good_expressions[i], &error);
        g_assert_no_error(error);
        g_assert_true(is_good);
    }
}

typedef struct {
    const char *text;
    const char *part; /* of the message */
} BadRow;

#define QUERY ": sub-queries are not possible"
#define CLAUSE " has no place in an expression"
#define VOLATILE " depends on when or by whom it is asked"
#define AGGREGATE " here looks at many rows"
#define PARAMETER " is a parameter or variable of SQL"
#define JSONB_OPERATOR "are the functions jsonb_exists, jsonb_exists_any and jsonb_exists_all"

static const BadRow bad_rows[] = {
    {"", "it is empty"},
    {"  /* nothing */ ", "it is empty"},
    {"(a", "a `(` is not closed"},
    {"doc ? 'a'", JSONB_OPERATOR},
    {"doc ?| ARRAY['a', 'b']", JSONB_OPERATOR},
    {"a)", "a `)` too many"},
    {")a(", "a `)` too many"},
    {"'a", "a quote is not closed"},
    {"\"a", "a quote is not closed"},
    {"[a", "a `[` is not closed"},
    {"a /* b", "a comment is not closed"},
    {"a -- b", "a comment with `--`"},
    {"a -- b\n", "a comment with `--`"},
    {"-- b\na", "a comment with `--`"},
    {"a /*! + 1 */", "`/*!` is SQL that only some databases read"},
    {"a /*M! + 1 */", "`/*!` is SQL that only some databases read"},
    {"a; b", "`;` ends a statement"},
    {"a, b", "a comma outside brackets"},
    {"(SELECT a FROM b)", "`SELECT`" QUERY " in an expression, because table `b` would"},
    {"a IN (select 1)", "`select`" QUERY " in an expression, because what it reads would"},
    {"SELECT a", "`SELECT`" QUERY},
    {"EXISTS(SELECT 1 FROM \"my table\")", "table `my table` would not be watched"},
    {"a IN (VALUES (1))", "`VALUES`" QUERY},
    {"(WITH x AS (SELECT 1) SELECT 1)", "`WITH`" QUERY},
    {"(TABLE x)", "`TABLE`" QUERY},
    {"ARRAY[(SELECT 1)]", "`SELECT`" QUERY},
    {"a FROM b", "`FROM`" CLAUSE},
    {"WHERE a", "`WHERE`" CLAUSE},
    {"a GROUP BY b", "`GROUP`" CLAUSE},
    {"a AS b", "`AS`" CLAUSE},
    {"1 UNION VALUES (1)", "`UNION`" CLAUSE},
    {"DISTINCT a", "`DISTINCT`" CLAUSE},
    {"a > now()", "`now`" VOLATILE},
    {"a > current_timestamp", "`current_timestamp`" VOLATILE},
    {"Random ()", "`Random`" VOLATILE},
    {"date('now')", "`date`" VOLATILE},
    {"date()", "`date`" VOLATILE},
    {"datetime(a, 'LocalTime')", "`datetime`" VOLATILE},
    {"strftime('%s')", "`strftime`" VOLATILE},
    {"uuid()", "`uuid`" VOLATILE},
    {"age(a)", "`age`" VOLATILE},
    {"sum(a)", "`sum`" AGGREGATE},
    {"max(a)", "`max`" AGGREGATE},
    {"max(coalesce(a, b))", "`max`" AGGREGATE},
    {"a + count(*)", "`count`" AGGREGATE},
    {"rank() OVER (ORDER BY a)", "`OVER`" AGGREGATE},
    {"a = ?", "`?`" PARAMETER},
    {"a = :x", "`:`" PARAMETER},
    {"a = :1", "`:`" PARAMETER},
    {"a = $1", "`$`" PARAMETER},
    {"a = @x", "`@`" PARAMETER},
    {"a = @@x", "`@`" PARAMETER},
};

static void
test_bad_expressions(gconstpointer data)
{
    const BadRow *row = data;
    g_autoptr(GError) error = NULL;
    g_assert_false(tu_sql_check_expression(row->text, &error));
    g_assert_true(tu_error_is(error, TU_ERROR_CONFIG));
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, row->part));
}

static void
test_depth(void)
{
    g_autofree char *open = g_strnfill(101, '('), *close = g_strnfill(101, ')');
    g_autofree char *deep = g_strdup_printf("%sa%s", open, close);
    g_autoptr(GError) error = NULL;
    g_assert_false(tu_sql_check_expression(deep, &error));
    g_assert_cmpstr(error->message, ==, "too many brackets in one another");
    close[100] = '\0';
    g_autofree char *less = g_strdup_printf("%sa%s", open + 1, close);
    g_assert_true(tu_sql_check_expression(less, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(token_rows); i++) {
        g_autofree char *path = g_strdup_printf("/sqlscan/tokens/%u", i);
        g_test_add_data_func(path, &token_rows[i], test_tokens);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
        g_autofree char *path = g_strdup_printf("/sqlscan/bad/%u", i);
        g_test_add_data_func(path, &bad_rows[i], test_bad_expressions);
    }
    g_test_add_func("/sqlscan/names", test_names);
    g_test_add_func("/sqlscan/token-is", test_token_is);
    g_test_add_func("/sqlscan/good", test_good_expressions);
    g_test_add_func("/sqlscan/depth", test_depth);
    return g_test_run();
}
