/* What of a spec does not fit the database is refused by name, and nothing else is. */
#include "flights.h"

typedef struct {
    const char *label;
    const char *yaml;
    const char *findings;
} RefusedRow;

static const RefusedRow refused[] = {
    {"no such table", "sources: {f: {from: flights, time: at, time_unit: seconds}}\n" S(N),
     "error source f: there is no table flights in the database: create it first, or correct its "
     "name"},
    {"a view", "sources: {f: {from: late, time: at, time_unit: seconds}}\n" S(N),
     "error source f: late is a view or a virtual table: its rows cannot be watched: name the "
     "tables "
     "that it reads"},
    {"no such column", F("") S("measures: {n: sum(mile)}"),
     "error summary s: `mile`: no such column: mile: correct it in the spec"},
    {"no such column in where", F(", where: gone = 1") S(N),
     "error source f: `gone = 1`: no such column: gone: correct it in the spec"},
    {"a quoted name is no text", F(", where: 'note = \"x\"'") S(N),
     "error source f: `note = \"x\"`: no such column: x: correct it in the spec"},
    {"no such function", F("") S("measures: {n: sum(twice(miles))}"),
     "error summary s: `twice(miles)`: no such function: twice: correct it in the spec"},
    {"a text is summed", F("") S("measures: {n: sum(note)}"),
     "error summary s: sum(note): it is text, not a number: sum a number: CAST(... AS INTEGER)"},
    {"a text is averaged", F("") S("measures: {n: avg(note)}"),
     "error summary s: avg(note): it is text, not a number: sum a number: CAST(... AS INTEGER)"},
    {"a number for a text time", "sources: {f: {from: flight, time: at}}\n" S(N),
     "error source f: `time: at` is a number: say what it counts: `time_unit: seconds`, "
     "milliseconds "
     "or microseconds"},
    {"a left-joined tenant",
     "tenants: {table: airport, key: iata, time_zone: tz}\n" F(
         ", join: [left aircraft a ON a.tail = flight.note], tenant: a.owner") S(N),
     "error source f: `tenant` comes from aircraft, which is left-joined: take it from an "
     "inner-joined table"},
    {"a left-joined time",
     "sources: {f: {from: flight, join: [left aircraft a ON a.tail = flight.note], time: a.built, "
     "time_unit: seconds}}\n" S(N),
     "error source f: `time` comes from aircraft, which is left-joined: take it from an "
     "inner-joined "
     "table"},
    {"no tenants table",
     "tenants: {table: port, key: iata, time_zone: tz}\n" F(", tenant: origin") S(N),
     "error tenants: there is no table port in the database: create it first, or correct its name"},
    {"no key column",
     "tenants: {table: airport, key: code, time_zone: zone}\n" F(", tenant: origin") S(N),
     "error tenants: table airport has no column code: correct `tenants` in the spec\n"
     "error tenants: table airport has no column zone: correct `tenants` in the spec"},
    {"all of it at once",
     F(", where: gone = 1") S("dimensions: {d: away}, measures: {n: sum(note), m: max(mile)}"),
     "error source f: `gone = 1`: no such column: gone: correct it in the spec\n"
     "error summary s: `away`: no such column: away: correct it in the spec\n"
     "error summary s: sum(note): it is text, not a number: sum a number: CAST(... AS INTEGER)\n"
     "error summary s: `mile`: no such column: mile: correct it in the spec"},
};

static void
test_refused(gconstpointer data)
{
    const RefusedRow *row = data;
    Modelled modelled;
    init(&modelled, row->yaml);
    g_autofree char *text = findings_text(modelled.findings);
    g_assert_cmpstr(text, ==, row->findings);
    g_assert_null(modelled.model);
    modelled_clear(&modelled);
}

/* The file's reader refuses these too; the model does not rely on it, for it asks the database. */
static void
test_injected(void)
{
    static const struct {
        const char *expression;
        const char *problem; /* begins with this: the database's words go on as they like */
    } rows[] = {
        {"miles > (SELECT max(amount) FROM bill)",
         "a sub-query reads rows that would not be watched: put the table into the source's "
         "`join`"},
        {"EXISTS (SELECT 1 FROM bill)", "a sub-query reads rows that would not be watched: put the "
                                        "table into the source's `join`"},
        {"random() > 5", "random gives another answer another time"},
        {"note < CURRENT_TIMESTAMP", "current_timestamp gives another answer another time"},
        {"seen > date('now')", "'now' gives another answer another time"},
        {"seen > datetime( )", "datetime() gives another answer another time"},
        {"date(seen, 'LocalTime') > note", "'LocalTime' gives another answer another time"},
        {"last_insert_rowid() > 5", "last_insert_rowid gives another answer another time"},
        {"rowid > 5", "a rowid is not the row's own: name the primary key's column"},
        {"flight.\"_ROWID_\" > 5", "a rowid is not the row's own: name the primary key's column"},
        {"max(miles) > 5", "misuse of aggregate"},
        {"count(*) > 5", "misuse of aggregate"},
        {"miles > ", "near \")\": syntax error"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Modelled modelled;
        init(&modelled, F(", where: miles > 0") S(N));
        TuSource *source = g_ptr_array_index(modelled.spec->sources, 0);
        g_free(source->where);
        source->where = g_strdup(rows[i].expression);
        modelled_again(&modelled);
        g_autofree char *text = findings_text(modelled.findings);
        g_autofree char *wanted =
            g_strdup_printf("error source f: `%s`: %s", rows[i].expression, rows[i].problem);
        g_assert_true(g_str_has_prefix(text, wanted));
        g_assert_null(strchr(text, '\n'));
        g_assert_null(modelled.model);
        modelled_clear(&modelled);
    }
}

/* What only looks like one of those. */
static void
test_taken(void)
{
    static const char *const yamls[] = {
        F("") S("dimensions: {d: \"strftime('%Y', seen)\"}, " N),
        F("") S("dimensions: {d: \"'now'\"}, " N),
        F("") S("dimensions: {d: 'replace(note, ''now'', ''then'')'}, " N),
        F("") S("dimensions: {d: \"date(seen, 'start of month')\"}, " N),
        F("") S("dimensions: {d: \"'rowid'\"}, " N),
        F("") S("measures: {n: 'max(max(miles, delay))'}"),
        F("") S("dimensions: {d: null, e: 7, f: \"'x'\"}, " N),
        F(", join: [carrier c ON c.code = flight.carrier]") S("dimensions: {d: c.name}, " N),
    };
    for (guint i = 0; i < G_N_ELEMENTS(yamls); i++) {
        Modelled modelled;
        g_test_message("%s", yamls[i]);
        init(&modelled, yamls[i]);
        assert_made(&modelled);
        modelled_clear(&modelled);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *path = g_strdup_printf("/model-refused/%s", refused[i].label);
        g_test_add_data_func(path, &refused[i], test_refused);
    }
    g_test_add_func("/model-refused/injected", test_injected);
    g_test_add_func("/model-refused/taken", test_taken);
    return g_test_run();
}
