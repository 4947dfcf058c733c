/* Column types: what one column must be declared as to hold the values of every series that writes
 * into it, and which values no one column holds. */
#include "modelled.h"
#include "schema/column_types.h"
#include "typed_database.h"

#define HEAD                                                                                       \
    "tenants: {table: airport, key: iata, time_zone: tz}\n"                                        \
    "sources:\n"                                                                                   \
    "  f: {from: shop.flight, tenant: origin, time: at}\n"                                         \
    "  g: {from: shop.flight, tenant: town, time: at}\n"                                           \
    "summaries: {s: {table: s_day, grains: [day], columns: {series: what}, "
#define COUNTS HEAD "measures: {v: count}, dimensions: {d: null}, series: {"
#define D(name, source, expression) name ": {source: " source ", dimensions: {d: " expression "}}"
#define M(name, measure) name ": {source: f, measures: {v: " measure "}}"

typedef struct {
    const char *label;
    const char *yaml;
    const char *column;             /* of the model: tenant, d or v */
    const char *postgres, *mariadb; /* its declaration, or what is refused */
} Row;

#define BIN " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
#define TEXT_C "text COLLATE \"C\""
#define REFUSED(column) "refused: its series give values of different kinds for column " column

static const Row rows[] = {
    {"one text", COUNTS D("a", "f", "town") "}}}", "d", TEXT_C, "VARCHAR(9)" BIN},
    {"only null", COUNTS "a: {source: f}}}}", "d", TEXT_C, "VARCHAR(128)" BIN},
    {"null and a number", COUNTS "a: {source: f}, " D("b", "f", "delay") "}}}", "d", "integer",
     "BIGINT"},
    {"a number and null", COUNTS D("a", "f", "delay") ", b: {source: f}}}}", "d", "integer",
     "BIGINT"},
    {"two texts", COUNTS D("a", "f", "town") ", " D("b", "f", "origin") "}}}", "d", TEXT_C,
     "VARCHAR(128)" BIN},
    {"a short and a long text", COUNTS D("a", "f", "town") ", " D("b", "f", "note") "}}}", "d",
     TEXT_C, "LONGTEXT" BIN},
    {"a long and a short text", COUNTS D("a", "f", "note") ", " D("b", "f", "town") "}}}", "d",
     TEXT_C, "LONGTEXT" BIN},
    {"a uuid", COUNTS D("a", "f", "code") "}}}", "d", "uuid", "VARCHAR(36)" BIN},
    {"a uuid and a text", COUNTS D("a", "f", "code") ", " D("b", "f", "town") "}}}", "d", TEXT_C,
     "VARCHAR(128)" BIN},
    {"an enum", COUNTS D("a", "f", "kind") "}}}", "d", "shop.kind", "VARCHAR(1)" BIN},
    {"a constant", COUNTS D("a", "f", "\"'cash'\"") "}}}", "d", TEXT_C, "VARCHAR(128)" BIN},
    {"a constant and a uuid", COUNTS D("a", "f", "\"'cash'\"") ", " D("b", "f", "code") "}}}", "d",
     TEXT_C, "VARCHAR(128)" BIN},
    {"integers", COUNTS D("a", "f", "seats") ", " D("b", "f", "delay") "}}}", "d", "bigint",
     "BIGINT"},
    {"a truth and an integer", COUNTS D("a", "f", "is_late") ", " D("b", "f", "delay") "}}}", "d",
     "bigint", "BIGINT"},
    {"one truth", COUNTS D("a", "f", "is_late") "}}}", "d", "boolean", "BIGINT"},
    {"an integer and a decimal", COUNTS D("a", "f", "delay") ", " D("b", "f", "fare") "}}}", "d",
     "numeric", "DECIMAL(38,2)"},
    {"two decimals", COUNTS D("a", "f", "rate") ", " D("b", "f", "fare") "}}}", "d", "numeric",
     "DECIMAL(38,6)"},
    {"a decimal and a float", COUNTS D("a", "f", "fare") ", " D("b", "f", "share") "}}}", "d",
     "double precision", "DOUBLE"},
    {"two floats", COUNTS D("a", "f", "share") ", " D("b", "f", "weight") "}}}", "d",
     "double precision", "DOUBLE"},
    {"dates", COUNTS D("a", "f", "day") ", " D("b", "f", "day") "}}}", "d", "date", "DATE"},
    {"a text and a number", COUNTS D("a", "f", "town") ", " D("b", "f", "delay") "}}}", "d",
     REFUSED("d"), REFUSED("d")},
    {"a date and a timestamp", COUNTS D("a", "f", "day") ", " D("b", "f", "local") "}}}", "d",
     REFUSED("d"), REFUSED("d")},
    {"a timestamp and an instant", COUNTS D("a", "f", "local") ", " D("b", "f", "at") "}}}", "d",
     REFUSED("d"), REFUSED("d")},
    {"bytes and a text", COUNTS D("a", "f", "raw") ", " D("b", "f", "town") "}}}", "d",
     REFUSED("d"), REFUSED("d")},

    {"one tenant", COUNTS "a: {source: f}}}}", "tenant", TEXT_C, "VARCHAR(3)" BIN},
    {"two tenants", COUNTS "a: {source: f}, b: {source: g}}}}", "tenant", TEXT_C,
     "VARCHAR(128)" BIN},

    {"counts", COUNTS M("a", "count") "}}}", "v", "bigint", "BIGINT"},
    {"a sum of integers", COUNTS M("a", "sum(delay)") "}}}", "v", "bigint", "BIGINT"},
    {"a sum of decimals", COUNTS M("a", "sum(fare)") "}}}", "v", "numeric", "DECIMAL(38,2)"},
    {"a sum of any decimals", COUNTS M("a", "sum(any)") "}}}", "v", "numeric", "DECIMAL(38,30)"},
    {"a sum of floats", COUNTS M("a", "sum(share)") "}}}", "v", "double precision", "DOUBLE"},
    {"an average of integers", COUNTS M("a", "avg(delay)") "}}}", "v", "numeric", "DECIMAL(38,6)"},
    {"an average of decimals", COUNTS M("a", "avg(fare)") "}}}", "v", "numeric", "DECIMAL(38,8)"},
    {"an average of floats", COUNTS M("a", "avg(weight)") "}}}", "v", "double precision", "DOUBLE"},
    {"a count and a sum of decimals", COUNTS "a: {source: f}, " M("b", "sum(fare)") "}}}", "v",
     "numeric", "DECIMAL(38,2)"},
    {"a sum of decimals and an average", COUNTS M("a", "sum(fare)") ", " M("b", "avg(delay)") "}}}",
     "v", "numeric", "DECIMAL(38,6)"},
    {"decimals and floats", COUNTS M("a", "sum(fare)") ", " M("b", "sum(weight)") "}}}", "v",
     "double precision", "DOUBLE"},

    {"an extreme", COUNTS M("a", "max(delay)") "}}}", "v", "integer", "BIGINT"},
    {"the latest", COUNTS M("a", "max(at)") "}}}", "v", "timestamp with time zone",
     "TIMESTAMP(6) NULL"},
    {"a text's extreme", COUNTS M("a", "min(note)") "}}}", "v", TEXT_C, "LONGTEXT" BIN},
    {"extremes of integers and decimals",
     COUNTS M("a", "max(delay)") ", " M("b", "min(fare)") "}}}", "v", "numeric", "DECIMAL(38,2)"},
    {"extremes of texts and numbers", COUNTS M("a", "max(town)") ", " M("b", "min(fare)") "}}}",
     "v", REFUSED("v"), REFUSED("v")},
    {"a count and an extreme", COUNTS "a: {source: f}, " M("b", "max(delay)") "}}}", "v", "bigint",
     "BIGINT"},
    {"an extreme of few digits and a sum",
     COUNTS M("a", "max(delay)") ", " M("b", "sum(fare)") "}}}", "v", "numeric", "DECIMAL(38,2)"},
    {"an extreme of decimals and a sum of floats",
     COUNTS M("a", "max(fare)") ", " M("b", "sum(weight)") "}}}", "v", "double precision",
     "DOUBLE"},
    {"a count and a text's extreme", COUNTS "a: {source: f}, " M("b", "max(town)") "}}}", "v",
     REFUSED("v"), REFUSED("v")},
};

static char *
declaration_of(const TuSummaryModel *summary, const TuDialect *dialect, const char *column)
{
    const TuMeasureColumns *measure = &summary->measures[0];
    if (g_str_equal(column, "tenant"))
        return tu_column_declaration(dialect, &summary->tenant_type);
    if (g_str_equal(column, "d"))
        return tu_column_declaration(dialect, &summary->dimension_types[0]);
    return measure->holds_values ? tu_column_declaration(dialect, &measure->type)
                                 : tu_column_number(dialect, measure->number, measure->scale);
}

/* The declaration, or "refused: " and why. */
static char *
declared(const TuDriver *driver, const Row *row)
{
    TypedDatabase db;
    char *text;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = tu_findings_new();
    g_autoptr(TuSpec) spec = modelled_spec(row->yaml);
    TuModel *model = NULL;
    typed_init(&db, driver);
    g_assert_true(tu_model_new(spec, &db.base, findings, &model, &error));
    if (model != NULL) {
        text = declaration_of(tu_model_summary(model, "s"), &driver->dialect, row->column);
    } else {
        const TuFinding *finding = g_ptr_array_index(findings, 0);
        text = g_strconcat("refused: ", finding->message, NULL);
    }
    tu_model_free(model);
    typed_clear(&db);
    return text;
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *postgres = declared(&tu_postgres_driver, row);
    g_autofree char *mariadb = declared(&tu_mariadb_driver, row);
    g_assert_cmpstr(postgres, ==, row->postgres);
    g_assert_cmpstr(mariadb, ==, row->mariadb);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/column-types/%s", rows[i].label);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    return g_test_run();
}
