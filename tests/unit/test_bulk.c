/* Bulk: how rows are gathered into statements or copied. Their texts: test_bulk_sql.c. */
#include <string.h>

#include "db/bulk.h"
#include "db/driver.h"
#include "db/given.h"

static const TuSqlType long_text = {.kind = TU_TYPE_TEXT, .is_unbounded = TRUE};
static const TuSqlType number = {.kind = TU_TYPE_INTEGER};

/* ---- a database that only writes down what it is asked ---- */

/*  prepare 3; run a 1, b 2, c 3; copy into t(k, v); row a 1; end; change t; given a 1; change 1  */
typedef struct {
    TuDatabase base;
    TuDriver driver;
    GString *heard;
    gboolean cannot_give; /* a column's type */
    gboolean loses_rows;  /* one of those that are changed is not there any more */
    gboolean finds_none;  /* of those that are changed one by one */
    gint64 changed;
    guint n, fail_at; /* what comes as the fail_at-th fails; 0: none */
    guint n_open;     /* statements and copies that were not freed */
} Fake;

typedef struct {
    TuStatement base;
    Fake *db;
} FakeStatement;

static gboolean hear(Fake *db, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean
hear(Fake *db, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append(db->heard, db->heard->len > 0 ? "; " : "");
    g_string_append_vprintf(db->heard, format, arguments);
    va_end(arguments);
    if (++db->n != db->fail_at)
        return TRUE;
    g_set_error_literal(error, TU_ERROR, TU_ERROR_BUSY, "busy");
    return FALSE;
}

/* "a 1, b 2": rows of two columns. */
static char *
rows_text(const TuValue *values, guint n)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < n; i++) {
        g_autofree char *value = tu_value_to_text(&values[i]);
        g_string_append_printf(text, "%s%s", i == 0 ? "" : i % 2 == 0 ? ", " : " ", value);
    }
    return g_string_free(text, FALSE);
}

static guint
rows_of(const char *sql)
{
    guint n = 0;
    const char *c = strstr(sql, " VALUES ");
    for (; c != NULL && (c = strchr(c, '(')) != NULL && c[1] == '?'; c++)
        n++;
    return n;
}

static gboolean
prepare(TuDatabase *base, const char *sql, gboolean is_scan, TuStatement **ret_statement,
        GError **error)
{
    Fake *db = (Fake *)base;
    gboolean is_given = strstr(sql, " given") != NULL;
    g_assert_false(is_scan);
    if (!(is_given ? hear(db, error, "prepare %s", sql)
                   : hear(db, error, "prepare %u", rows_of(sql))))
        return FALSE;
    FakeStatement *statement = g_new0(FakeStatement, 1);
    statement->base.driver = &db->driver;
    statement->db = db;
    db->n_open++;
    *ret_statement = &statement->base;
    return TRUE;
}

static void
statement_free(TuStatement *statement)
{
    ((FakeStatement *)statement)->db->n_open--;
    g_free(statement);
}

static gboolean
bind(TuStatement *statement, const TuValue *values, guint n, GError **error)
{
    Fake *db = ((FakeStatement *)statement)->db;
    g_autofree char *text = rows_text(values, MIN(n, 20));
    db->changed = db->finds_none ? 0 : 1;
    return hear(db, error, "run %s", text);
}

static gboolean
step(TuStatement *statement, gboolean *ret_has_row, GError **error)
{
    *ret_has_row = FALSE;
    return TRUE;
}

/* ---- its given rows: "k" and "v" as they come ---- */

typedef struct {
    TuGivenRows base;
    Fake *db;
    guint n_columns;
    TuValue value;
} FakeRows;

static gboolean
given_open(TuDatabase *base, const char *table, const char *const *columns, guint n_columns,
           TuGivenRows **ret_rows, GError **error)
{
    Fake *db = (Fake *)base;
    *ret_rows = NULL;
    if (!hear(db, error, "types of %s.%s", table, n_columns > 0 ? columns[n_columns - 1] : "-"))
        return FALSE;
    if (db->cannot_give)
        return TRUE;
    FakeRows *rows = g_new0(FakeRows, 1);
    rows->base.from = g_strdup("given");
    rows->db = db;
    rows->n_columns = n_columns;
    db->n_open++;
    *ret_rows = &rows->base;
    return TRUE;
}

static void
given_close(TuGivenRows *base)
{
    ((FakeRows *)base)->db->n_open--;
    g_free(base->from);
    g_free(base);
}

static gboolean
given_add(TuGivenRows *base, const TuValue *values, GError **error)
{
    FakeRows *rows = (FakeRows *)base;
    g_autofree char *text = rows_text(values, rows->n_columns);
    base->n++;
    return hear(rows->db, error, "given %s", text);
}

static const TuValue *
given_values(TuGivenRows *base, guint *ret_n)
{
    FakeRows *rows = (FakeRows *)base;
    rows->value = tu_value_integer(base->n);
    *ret_n = 1;
    return &rows->value;
}

static void
given_clear(TuGivenRows *base)
{
    base->n = 0;
}

static gboolean
given_check(TuGivenRows *base, GError **error)
{
    FakeRows *rows = (FakeRows *)base;
    rows->db->changed = base->n - (rows->db->loses_rows ? 1 : 0);
    return hear(rows->db, error, "check");
}

static gint64
changes(const TuStatement *statement)
{
    return ((const FakeStatement *)statement)->db->changed;
}

static void
given_same(GString *sql, const char *column, const TuSqlType *type, gboolean is_nullable,
           gboolean is_null)
{
    g_string_append_printf(sql, "%s%s", column, is_null ? " is null" : "");
}

static const TuGivenDriver fake_given = {
    .forms = {"find * # =", "change * # =", "remove # ="},
    .target = "",
    .open = given_open,
    .close = given_close,
    .add = given_add,
    .values = given_values,
    .clear = given_clear,
    .check = given_check,
    .append_same = given_same,
};

static gboolean
copy_begin(TuDatabase *base, const char *table, const char *const *columns, guint n_columns,
           gpointer *ret_copy, GError **error)
{
    Fake *db = (Fake *)base;
    g_assert_cmpuint(n_columns, ==, 2);
    if (!hear(db, error, "copy into %s(%s, %s)", table, columns[0], columns[1]))
        return FALSE;
    db->n_open++;
    *ret_copy = db;
    return TRUE;
}

static gboolean
copy_row(gpointer copy, const TuValue *values, GError **error)
{
    g_autofree char *text = rows_text(values, 2);
    return hear(copy, error, "row %s", text);
}

static gboolean
copy_end(gpointer copy, gboolean is_good, GError **error)
{
    ((Fake *)copy)->n_open--;
    return hear(copy, error, is_good ? "end" : "give up");
}

static void
fake_init(Fake *db, guint rows_per_statement, gboolean has_ways)
{
    *db = (Fake){.driver = tu_sqlite_driver, .heard = g_string_new(NULL)};
    db->driver.dialect.rows_per_statement = rows_per_statement;
    db->driver.prepare = prepare;
    db->driver.statement_free = statement_free;
    db->driver.bind = bind;
    db->driver.step = step;
    db->driver.changes = changes;
    if (has_ways) {
        db->driver.given = &fake_given;
        db->driver.copy_begin = copy_begin;
        db->driver.copy_row = copy_row;
        db->driver.copy_end = copy_end;
    }
    db->base.driver = &db->driver;
}

static void
fake_clear(Fake *db)
{
    g_assert_cmpuint(db->n_open, ==, 0);
    g_string_free(db->heard, TRUE);
}

/* ---- how rows become statements ---- */

static const TuBulkColumn pair[] = {{"k", TU_PUT_KEY, FALSE, NULL}, {"v", TU_PUT_NEW, FALSE, NULL}};

/* `steps`: a letter is a row (the n-th letter has n as its number; of a capital letter the key is
 * NULL),
 * "." is finish. */
static const struct {
    const char *label, *steps;
    guint rows_per_statement;
    TuBulkRows rows;
    gboolean has_ways; /* a copy and given rows */
    const char *heard;
} gatherings[] = {
    {"nothing", ".", 3, TU_BULK_ANY, FALSE, ""},
    {"a row at a time", "ab.", 1, TU_BULK_ANY, FALSE, "prepare 1; run a 1; run b 2"},
    {"fewer than fit", "ab.", 3, TU_BULK_ANY, FALSE, "prepare 2; run a 1, b 2"},
    {"as many as fit", "abc.", 3, TU_BULK_ANY, FALSE, "prepare 3; run a 1, b 2, c 3"},
    {"one more", "abcd.", 3, TU_BULK_ANY, FALSE,
     "prepare 3; run a 1, b 2, c 3; prepare 1; run d 4"},
    {"many", "abcdefgh.", 3, TU_BULK_ANY, FALSE,
     "prepare 3; run a 1, b 2, c 3; run d 4, e 5, f 6; prepare 2; run g 7, h 8"},
    {"finished twice", "abcd..e.", 3, TU_BULK_ANY, FALSE,
     "prepare 3; run a 1, b 2, c 3; prepare 1; run d 4; run e 5"},
    {"another rest", "ab.cd.e.", 3, TU_BULK_ANY, FALSE,
     "prepare 2; run a 1, b 2; run c 3, d 4; prepare 1; run e 5"},
    {"never finished", "abcd", 3, TU_BULK_ANY, FALSE, "prepare 3; run a 1, b 2, c 3"},
    {"new, without a copy", "abcd.", 3, TU_BULK_NEW, FALSE,
     "prepare 3; run a 1, b 2, c 3; prepare 1; run d 4"},
    {"known, without given rows", "abcd.", 3, TU_BULK_KNOWN, FALSE,
     "prepare 3; run a 1, b 2, c 3; prepare 1; run d 4"},
    {"not known, with all ways", "abcd.", 3, TU_BULK_ANY, TRUE,
     "prepare 3; run a 1, b 2, c 3; prepare 1; run d 4"},
    {"few new", "ab.", 3, TU_BULK_NEW, TRUE, "prepare 2; run a 1, b 2"},
    {"new", "abc.", 2, TU_BULK_NEW, TRUE, "copy into t(k, v); row a 1; row b 2; row c 3; end"},
    {"one new, where that is many", "a.", 1, TU_BULK_NEW, TRUE, "copy into t(k, v); row a 1; end"},
    {"nothing new", ".", 1, TU_BULK_NEW, TRUE, ""},
    {"new, many and then few", "ab..c.", 2, TU_BULK_NEW, TRUE,
     "copy into t(k, v); row a 1; row b 2; end; prepare 1; run c 3"},
    {"new, never finished", "ab", 1, TU_BULK_NEW, TRUE,
     "copy into t(k, v); row a 1; row b 2; give up"},
    {"few known", "ab.", 3, TU_BULK_KNOWN, TRUE, "prepare 2; run a 1, b 2"},
    {"known", "abc.", 2, TU_BULK_KNOWN, TRUE,
     "types of t.v; prepare change \"v\" = given.\"v\" given k; given a 1; given b 2; given c 3; "
     "run 3; check"},
    {"known, twice", "ab.cd.e.", 2, TU_BULK_KNOWN, TRUE,
     "types of t.v; prepare change \"v\" = given.\"v\" given k; given a 1; given b 2; run 2; "
     "check; "
     "given c 3; given d 4; run 2; check; prepare 1; run e 5"},
    {"known, some keys NULL", "aBc.", 2, TU_BULK_KNOWN, TRUE,
     "types of t.v; prepare change \"v\" = given.\"v\" given k; given a 1; types of t.v; "
     "prepare change \"v\" = given.\"v\" given k is null; given 2; given c 3; run 2; check; "
     "run 1; check"},
    {"gone, without given rows", "abCDe.", 3, TU_BULK_GONE, FALSE,
     "prepare 0; run a b; prepare 0; run ; run ; prepare 0; run e"},
    {"few gone", "aB.", 3, TU_BULK_GONE, TRUE, "prepare 0; run a; prepare 0; run "},
    {"gone", "aBc.", 3, TU_BULK_GONE, TRUE,
     "types of t.k; prepare remove given k; given a; types of t.-; "
     "prepare remove given k is null; given ; given c; run 2; check; run 1; check"},
};

/* Goes on after a failure, as far as the steps do; says at which it was. */
static guint
take_steps(TuBulk *bulk, const char *steps)
{
    guint n = 0;
    guint failed_at = 0;
    for (guint i = 0; steps[i] != '\0'; i++) {
        g_autoptr(GError) error = NULL;
        char text[2] = {steps[i], '\0'};
        TuValue row[] = {tu_value_text(text), tu_value_integer(n + 1)};
        if (g_ascii_isupper(text[0]))
            row[0] = TU_NULL_VALUE;
        gboolean is_ok =
            steps[i] == '.' ? tu_bulk_finish(bulk, &error) : tu_bulk_add(bulk, row, &error);
        text[0] = '!'; /* the bulk has its own bytes */
        n += steps[i] != '.';
        g_assert_cmpint(is_ok, ==, error == NULL);
        if (!is_ok) {
            g_assert_true(tu_error_is(error, TU_ERROR_BUSY));
            failed_at = i + 1;
        }
    }
    return failed_at;
}

static TuBulk *
bulk_of(Fake *db, TuBulkRows rows)
{
    return tu_bulk_new(&db->base, "t", pair, G_N_ELEMENTS(pair), rows);
}

static void
test_gathering(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(gatherings); i++) {
        Fake db;
        g_test_message("%s", gatherings[i].label);
        fake_init(&db, gatherings[i].rows_per_statement, gatherings[i].has_ways);
        g_autoptr(TuBulk) bulk = bulk_of(&db, gatherings[i].rows);
        g_assert_cmpuint(take_steps(bulk, gatherings[i].steps), ==, 0);
        g_clear_pointer(&bulk, tu_bulk_free);
        g_assert_cmpstr(db.heard->str, ==, gatherings[i].heard);
        fake_clear(&db);
    }
}

/* ---- failures ---- */

static const struct {
    const char *label, *steps;
    guint fail_at, failed_step;
    TuBulkRows rows;
    const char *heard;
} failures[] = {
    {"prepare", "abc", 1, 2, TU_BULK_ANY, "prepare 2"},
    {"run", "abc.", 2, 2, TU_BULK_ANY, "prepare 2; run a 1, b 2; prepare 1; run c 3"},
    {"prepare of the rest", "a.", 1, 2, TU_BULK_ANY, "prepare 1"},
    {"the rest", "abc.", 4, 4, TU_BULK_ANY, "prepare 2; run a 1, b 2; prepare 1; run c 3"},
    {"the begin of a copy", "ab", 1, 2, TU_BULK_NEW, "copy into t(k, v)"},
    {"a row of a copy", "abc", 4, 3, TU_BULK_NEW,
     "copy into t(k, v); row a 1; row b 2; row c 3; give up"},
    {"the end of a copy", "ab.", 4, 3, TU_BULK_NEW, "copy into t(k, v); row a 1; row b 2; end"},
    {"types", "ab", 1, 2, TU_BULK_KNOWN, "types of t.v"},
    {"prepare over given rows", "ab", 2, 2, TU_BULK_KNOWN,
     "types of t.v; prepare change \"v\" = given.\"v\" given k"},
    {"a given row", "abc", 5, 3, TU_BULK_KNOWN,
     "types of t.v; prepare change \"v\" = given.\"v\" given k; given a 1; given b 2; given c 3"},
    {"the run over given rows", "ab.", 5, 3, TU_BULK_GONE,
     "types of t.k; prepare remove given k; given a; given b; run 2"},
    {"a value that was bent", "ab.", 6, 3, TU_BULK_GONE,
     "types of t.k; prepare remove given k; given a; given b; run 2; check"},
};

static void
test_failures(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(failures); i++) {
        Fake db;
        g_test_message("%s", failures[i].label);
        fake_init(&db, 2, failures[i].rows != TU_BULK_ANY);
        db.fail_at = failures[i].fail_at;
        g_autoptr(TuBulk) bulk = bulk_of(&db, failures[i].rows);
        g_assert_cmpuint(take_steps(bulk, failures[i].steps), ==, failures[i].failed_step);
        g_clear_pointer(&bulk, tu_bulk_free);
        g_assert_cmpstr(db.heard->str, ==, failures[i].heard);
        fake_clear(&db);
    }
}

/* A row that was read, and is not there any more when it is to be changed. */
static void
test_lost(void)
{
    Fake db;
    fake_init(&db, 2, TRUE);
    db.loses_rows = TRUE;
    g_autoptr(TuBulk) bulk = bulk_of(&db, TU_BULK_KNOWN);
    g_assert_cmpuint(take_steps(bulk, "abc."), ==, 4);
    g_clear_pointer(&bulk, tu_bulk_free);
    fake_clear(&db);
}

/* ---- where an upsert does not name its key ---- */

static const TuBulkColumn texts[] = {{"k", TU_PUT_KEY, TRUE, &long_text},
                                     {"v", TU_PUT_NEW, FALSE, NULL}};
static const TuBulkColumn numbers[] = {{"k", TU_PUT_KEY, TRUE, &number},
                                       {"v", TU_PUT_NEW, FALSE, NULL}};

static const struct {
    const char *label, *steps;
    const TuBulkColumn *columns;
    gboolean finds_none, cannot_give;
    const char *heard;
} changes_of_few[] = {
    {"nothing", ".", pair, FALSE, FALSE, ""},
    {"few", "ab.", pair, FALSE, FALSE, "prepare 0; run 1 a; run 2 b"},
    {"twice", "a.b.", pair, FALSE, FALSE, "prepare 0; run 1 a; run 2 b"},
    {"a key that is NULL", "aB.", numbers, FALSE, FALSE, "prepare 0; run 1 a; prepare 0; run 2"},
    {"more than few", "abcdefghi.", pair, FALSE, FALSE,
     "types of t.v; prepare change \"v\" = given.\"v\" given k; given a 1; given b 2; given c 3; "
     "given d 4; given e 5; given f 6; given g 7; given h 8; given i 9; run 9; check"},
    {"texts whose bytes are the key", "a.", texts, FALSE, FALSE,
     "types of t.v; prepare change \"v\" = given.\"v\" given k; given a 1; run 1; check"},
    {"not found as they are", "ab.", pair, TRUE, FALSE,
     "prepare 0; run 1 a; types of t.v; prepare change \"v\" = given.\"v\" given k; given a 1; "
     "run 2 b; given b 2; run 2; check"},
    {"nor can they be given", "a.", pair, TRUE, TRUE,
     "prepare 0; run 1 a; types of t.v; prepare 1; run a 1"},
};

static void
test_few_known(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(changes_of_few); i++) {
        Fake db;
        g_test_message("%s", changes_of_few[i].label);
        fake_init(&db, 100, TRUE);
        db.driver.dialect = tu_mariadb_driver.dialect;
        db.driver.append_equals = NULL;
        db.finds_none = changes_of_few[i].finds_none;
        db.cannot_give = changes_of_few[i].cannot_give;
        g_autoptr(TuBulk) bulk =
            tu_bulk_new(&db.base, "t", changes_of_few[i].columns, 2, TU_BULK_KNOWN);
        g_assert_cmpuint(take_steps(bulk, changes_of_few[i].steps), ==, 0);
        g_clear_pointer(&bulk, tu_bulk_free);
        g_assert_cmpstr(db.heard->str, ==, changes_of_few[i].heard);
        fake_clear(&db);
    }
}

/* A column whose type cannot be given: rows are written as where nothing can be. */
static void
test_not_given(void)
{
    Fake db;
    fake_init(&db, 2, TRUE);
    db.cannot_give = TRUE;
    g_autoptr(TuBulk) bulk = bulk_of(&db, TU_BULK_KNOWN);
    g_assert_cmpuint(take_steps(bulk, "abcde."), ==, 0);
    g_clear_pointer(&bulk, tu_bulk_free);
    g_assert_cmpstr(db.heard->str, ==,
                    "types of t.v; prepare 2; run a 1, b 2; run c 3, d 4; prepare 1; run e 5");
    fake_clear(&db);
}

/* ---- the most parameters of a statement ---- */

/* Adds rows of so many columns until a statement is prepared; for how many rows that is. */
static guint
rows_of_wide(guint n_columns)
{
    Fake db;
    g_autoptr(GError) error = NULL;
    g_autofree TuBulkColumn *columns = g_new0(TuBulkColumn, n_columns);
    g_autofree TuValue *values = g_new0(TuValue, n_columns);
    guint n = 0;
    fake_init(&db, 100, FALSE);
    for (guint i = 0; i < n_columns; i++)
        columns[i] = (TuBulkColumn){"c", i == 0 ? TU_PUT_KEY : TU_PUT_NEW, FALSE, NULL};
    TuBulk *bulk = tu_bulk_new(&db.base, "t", columns, n_columns, TU_BULK_ANY);
    for (; db.heard->len == 0; n++)
        g_assert_true(tu_bulk_add(bulk, values, &error));
    tu_bulk_free(bulk);
    fake_clear(&db);
    return n;
}

static void
test_parameters(void)
{
    g_assert_cmpuint(rows_of_wide(2), ==, 100);
    g_assert_cmpuint(rows_of_wide(600), ==, 100);
    g_assert_cmpuint(rows_of_wide(601), ==, 99);
    g_assert_cmpuint(rows_of_wide(20001), ==, 2);
    g_assert_cmpuint(rows_of_wide(65000), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bulk/gathering", test_gathering);
    g_test_add_func("/bulk/failures", test_failures);
    g_test_add_func("/bulk/few_known", test_few_known);
    g_test_add_func("/bulk/lost", test_lost);
    g_test_add_func("/bulk/not_given", test_not_given);
    g_test_add_func("/bulk/parameters", test_parameters);
    return g_test_run();
}
