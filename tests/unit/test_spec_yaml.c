/* What is wrong before a spec is looked at: YAML, variables, and the bounds of a file. */
#include "spec_rows.h"

#include "spec/reader.h"

/* YAML and variables. */
static const SpecRow yaml_rows[] = {
    {"empty file", "", "1:1: the file is empty: a spec has `sources` and `summaries`"},
    {"only a comment", "# nothing\n",
     "1:1: the file is empty: a spec has `sources` and `summaries`"},
    {"a list", "- a\n", "1:1: a spec is a map with keys such as `sources` and `summaries`"},
    {"a text", "hello\n", "1:1: a spec is a map with keys such as `sources` and `summaries`"},
    {"two documents",
     SOURCES SUMMARIES "---\n"
                       "a: b\n",
     "5:1: a second document begins here: a spec is one"},
    {"key twice",
     SOURCES SUMMARIES "time_zone: UTC\n"
                       "time_zone: UTC\n",
     "6:1: `time_zone` stands here twice; the first is in line 5"},
    {"source twice", SOURCES "  flight: {from: flight, time: at}\n" SUMMARIES,
     "3:3: `flight` stands here twice; the first is in line 2"},
    {"merge twice",
     "x-a: &a {time: at}\n"
     "sources:\n"
     "  flight: {<<: *a, from: flight, <<: *a}\n" SUMMARIES,
     "3:34: `<<` stands here twice; the first is in line 3"},
    {"merge of a text",
     "sources:\n"
     "  flight: {<<: at, from: flight, time: at}\n" SUMMARIES,
     "2:12: `<<` takes a map or a list of maps, as in `<<: *name`"},
    {"merge list of texts",
     "sources:\n"
     "  flight: {<<: [at], from: flight, time: at}\n" SUMMARIES,
     "2:12: `<<` takes a map or a list of maps, as in `<<: *name`"},
    {"list as key",
     "? [a, b]\n"
     ": c\n" SOURCES SUMMARIES,
     "1:3: a key is a plain text, not a list or map"},
    {"empty key", ": c\n" SOURCES SUMMARIES, "1:1: a key is missing before the `:`"},
    {"NUL in a text", "time_zone: \"a\\0b\"\n" SOURCES SUMMARIES,
     "1:12: a NUL character has no place in a text"},
    {"tag",
     "sources:\n"
     "  flight: {from: flight, time: at, where: !cancelled}\n" SUMMARIES,
     "2:36: YAML tags are not used here: a text that begins with `!` needs quotes"},
    {"tag on a map",
     "sources: !x\n"
     "  flight: {from: flight, time: at}\n" SUMMARIES,
     "2:3: YAML tags are not used here: a text that begins with `!` needs quotes"},
    {"anchor unknown",
     "sources:\n"
     "  flight: {from: flight, time: *at}\n" SUMMARIES,
     "2:33: no anchor `&at` comes before this; a text that begins with `*` needs quotes"},
    {"anchor in itself", "x-a: &a {b: *a}\n" SOURCES SUMMARIES,
     "1:14: `*a` stands inside its own anchor"},
    {"comma in { }",
     "sources:\n"
     "  flight: {from: flight, time: at, where: a IN (1, 2)}\n" SUMMARIES,
     "2:52: `2)` has no value; inside { } a comma ends a value: put quotes around a value with a "
     "comma"},
    {"comma in a measure",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: sum(coalesce(a, b))}}\n",
     "4:68: `b))` has no value; inside { } a comma ends a value: put quotes around a value with a "
     "comma"},
    {"comma in a dimension",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: {d: "
             "coalesce(a, b)}}\n",
     "4:88: `b)` has no value; inside { } a comma ends a value: put quotes around a value with a "
     "comma"},
    {"comma in a join",
     "sources:\n"
     "  flight: {from: flight, time: at, join: [air a ON a.x = coalesce(1, 2)]}\n" SUMMARIES,
     "2:43: `join`: the condition after `on`: a `(` is not closed (inside { } and [ ] a comma ends "
     "a value: put quotes around it)\n"
     "2:70: `join`: a table's name is wanted, not `2)` (one with other characters than letters, "
     "digits and _ needs SQL quotes)"},
    {"leading double quote in { }",
     "sources:\n"
     "  flight: {from: flight, time: at, where: \"a\" = 1}\n" SUMMARIES,
     "2:47: YAML: missing comma in flow mapping; inside { } and [ ] a comma or bracket ends a "
     "value: a value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs "
     "quotes (or is a bracket not closed?)"},
    {"leading single quote",
     "sources:\n"
     "  flight:\n"
     "    where: 'a' = b\n" SUMMARIES,
     "3:16: YAML: invalid trailing content after single-quoted scalar; a value that begins with a "
     "quote ends at the next one: put other quotes around the whole value"},
    {"leading backtick",
     "sources:\n"
     "  flight: {from: flight, time: at, where: `a` = 1}\n" SUMMARIES,
     "2:43: YAML: plain scalar cannot start with '`'; inside { } and [ ] a comma or bracket ends a "
     "value: a value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs "
     "quotes (or is a bracket not closed?)"},
    {"leading at",
     "sources:\n"
     "  flight: {from: flight, time: @at}\n" SUMMARIES,
     "2:32: YAML: plain scalar cannot start with '@'; inside { } and [ ] a comma or bracket ends a "
     "value: a value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs "
     "quotes (or is a bracket not closed?)"},
    {"leading percent",
     "sources:\n"
     "  flight: {from: flight, time: at, where: % 2}\n" SUMMARIES,
     "2:43: YAML: plain scalar cannot start with '%'; inside { } and [ ] a comma or bracket ends a "
     "value: a value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs "
     "quotes (or is a bracket not closed?)"},
    {"leading ampersand",
     "sources:\n"
     "  flight: {from: flight, time: &a > 1}\n" SUMMARIES,
     "2:35: YAML: plain scalar cannot start with '>'; inside { } and [ ] a comma or bracket ends a "
     "value: a value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs "
     "quotes (or is a bracket not closed?)"},
    {"leading exclamation",
     "sources:\n"
     "  flight: {from: flight, time: !a > 1}\n" SUMMARIES,
     "2:35: YAML: plain scalar cannot start with '>'; inside { } and [ ] a comma or bracket ends a "
     "value: a value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs "
     "quotes (or is a bracket not closed?)"},
    {"leading ampersand in a block",
     "sources:\n"
     "  flight:\n"
     "    where: &a > 1\n" SUMMARIES,
     "3:17: YAML: block scalar no linebreak found; a value that begins with `&`, `!`, `|` or `>` "
     "needs quotes"},
    {"leading star",
     "sources:\n"
     "  flight: {from: flight, time: at, where: * 2}\n" SUMMARIES,
     "2:44: YAML: invalid alias detected; inside { } and [ ] a comma or bracket ends a value: a "
     "value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs quotes (or "
     "is a bracket not closed?)"},
    {"brackets in { }",
     "sources:\n"
     "  flight: {from: flight, time: a[1]}\n" SUMMARIES,
     "2:33: YAML: missing comma in flow mapping; inside { } and [ ] a comma or bracket ends a "
     "value: a value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs "
     "quotes (or is a bracket not closed?)"},
    {"braces in { }",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], table: s_{grain}, measures: {n: count}}\n",
     "4:47: YAML: missing comma in flow mapping; inside { } and [ ] a comma or bracket ends a "
     "value: a value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs "
     "quotes (or is a bracket not closed?)"},
    {"variable in { }",
     "sources:\n"
     "  flight: {from: flight, time: ${AT}}\n" SUMMARIES,
     "2:33: YAML: missing comma in flow mapping; inside { } and [ ] a comma or bracket ends a "
     "value: a value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs "
     "quotes (or is a bracket not closed?)"},
    {"open { }", "sources: {flight: {from: flight\n",
     "2:1: YAML: missing comma in flow mapping; inside { } and [ ] a comma or bracket ends a "
     "value: a value with one of them, or with a leading quote, backtick, *, &, !, % or @, needs "
     "quotes (or is a bracket not closed?)"},
    {"colon in a value", "database: a: b\n",
     "1:12: YAML: invalid nested block mapping on the same line; a value with `: ` in it needs "
     "quotes"},
    {"tab",
     "sources:\n"
     "\tflight: a\n",
     "2:1: YAML: tab character may not be used as indentation; indent with spaces"},
    {"indentation",
     "sources: a\n"
     "  flight: b\n",
     "1:10: YAML: invalid multiline plain key; is the indentation right, and does each key end "
     "with `:`?"},
    {"wrong indentation of a key",
     "sources:\n"
     "    flight: a\n"
     "  other: b\n",
     "3:3: YAML: invalid indentation in mapping; keys of one map begin in the same column"},
    {"open quote", "database: \"sqlite:a\n",
     "1:12: YAML: double-quoted scalar without closing quote; close it"},
    {"key without colon", "database\n" SOURCES,
     "1:1: YAML: invalid multiline plain key; is the indentation right, and does each key end with "
     "`:`?"},
    {"no UTF-8",
     "sources:\n"
     "  \303\251: \377\n",
     "2:6: a byte that is no UTF-8: save the file as UTF-8"},
    {"variable unset", "database: ${TRUEUP_TEST_UNSET}\n" SOURCES SUMMARIES,
     "1:11: the environment variable `TRUEUP_TEST_UNSET` is not set: set it, or give a default, "
     "${TRUEUP_TEST_UNSET:-text}"},
    {"variable unset, where it is ignored", SOURCES SUMMARIES "x-a: ${TRUEUP_TEST_UNSET}\n",
     "5:6: the environment variable `TRUEUP_TEST_UNSET` is not set: set it, or give a default, "
     "${TRUEUP_TEST_UNSET:-text}"},
    {"variable not closed", "database: \"sqlite:${HOME\"\n" SOURCES SUMMARIES,
     "1:11: `${` is not closed: write ${NAME}, or $${ for a literal ${"},
    {"variable without a name", "database: \"sqlite:${}\"\n" SOURCES SUMMARIES,
     "1:11: `${}` names no variable: write ${NAME} or ${NAME:-text} (the text without ${), or $${ "
     "for a literal ${"},
    {"variable empty", "time_zone: ${TRUEUP_TEST_EMPTY}\n" SOURCES SUMMARIES,
     "1:12: `time_zone` is empty: write an IANA name, Europe/Berlin, or leave it out"},
    {"variable with syntax in it",
     "database: sqlite:a\n"
     "sources:\n"
     "  flight: {from: flight, time: \"${TRUEUP_TEST_SYNTAX}\"}\n" SUMMARIES,
     "3:32: `time`: a comma outside brackets: write one expression"},
};

/* `n` times `unit` between `before` and `after`; `#` in it is its number. */
static char *
repeated(const char *before, const char *unit, guint n, const char *after)
{
    GString *text = g_string_new(before);
    for (guint i = 0; i < n; i++) {
        g_autofree char *number = g_strdup_printf("%u", i);
        g_autoptr(GString) one = g_string_new(unit);
        g_string_replace(one, "#", number, 0);
        g_string_append(text, one->str);
    }
    g_string_append(text, after);
    return g_string_free(text, FALSE);
}

static void
assert_problem(const char *text, const char *expected)
{
    g_autofree char *problems = spec_problems(text, strlen(text));
    g_assert_cmpstr(problems, ==, expected);
}

static void
test_too_large(void)
{
    g_autofree char *text = repeated(SOURCES SUMMARIES, "  a comment\n", 120000, "");
    g_assert_cmpuint(strlen(text), >, TU_YAML_MAX_BYTES);
    assert_problem(text, "larger than 1024 KiB: a spec is smaller");
}

static void
test_nul_byte(void)
{
    static const char text[] = "sources:\n  a\0b: c\n";
    g_autofree char *problems = spec_problems(text, sizeof text - 1);
    g_assert_cmpstr(problems, ==, "2:4: a NUL byte: save the file as UTF-8");
}

static void
test_too_deep(void)
{
    g_autofree char *text = repeated("x-a: ", "[", TU_YAML_MAX_DEPTH, "");
    assert_problem(text, "1:37: too many lists and maps in one another");
}

/* Ten levels of ten: 10^10 nodes if they were built. */
static void
test_billion_laughs(void)
{
    g_autoptr(GString) text = g_string_new("x-0: &a0 [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n");
    for (int i = 1; i <= 10; i++) {
        g_string_append_printf(text, "x-%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            g_string_append_printf(text, "*a%d,", i - 1);
        g_string_append(text, "]\n");
    }
    g_autofree char *problems = spec_problems(text->str, text->len);
    g_assert_true(g_str_has_suffix(problems, ": the anchors used here make the file too large"));
}

static void
test_too_many_series(void)
{
    g_autofree char *text =
        repeated(SOURCES "summaries:\n  s:\n    source: flight\n    grains: [day]\n"
                         "    measures: {n: count}\n    series:\n",
                 "      s#: {}\n", TU_SUMMARY_MAX_SERIES + 1, "");
    assert_problem(text, "9:7: more than 4096 series in one summary");
}

static void
test_too_many_columns(void)
{
    g_autofree char *text =
        repeated(SOURCES "summaries:\n  s:\n    source: flight\n    grains: [day]\n"
                         "    measures:\n",
                 "      m#: count\n", TU_SUMMARY_MAX_COLUMNS + 1, "");
    assert_problem(text, "508:7: more than 500 measures: no table has so many columns");
}

/* One anchor used by many: its mistake is said once. */
static void
test_shared_mistake_once(void)
{
    g_autofree char *text =
        repeated(SOURCES "x-m: &m {n: sum(}\nsummaries:\n",
                 "  s#: {source: flight, grains: [day], measures: *m}\n", 20, "");
    assert_problem(text,
                   "3:13: `n`: `sum(`: a `(` is not closed (inside { } and [ ] a comma ends a "
                   "value: put quotes around it)");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    spec_rows_add("yaml", yaml_rows, G_N_ELEMENTS(yaml_rows));
    g_test_add_func("/spec/bounds/too-large", test_too_large);
    g_test_add_func("/spec/bounds/nul-byte", test_nul_byte);
    g_test_add_func("/spec/bounds/too-deep", test_too_deep);
    g_test_add_func("/spec/bounds/billion-laughs", test_billion_laughs);
    g_test_add_func("/spec/bounds/too-many-series", test_too_many_series);
    g_test_add_func("/spec/bounds/too-many-columns", test_too_many_columns);
    g_test_add_func("/spec/bounds/shared-mistake-once", test_shared_mistake_once);
    return g_test_run();
}
