/* The SQL for PostgreSQL and MariaDB: trueup's own tables, summary tables made, read and written,
 * what reads sources and logs, and capture. Without a server: only the texts. */
#include "golden.h"
#include "modelled.h"
#include "schema/capture.h"
#include "schema/control.h"
#include "schema/source_sql.h"
#include "table_statements.h"
#include "typed_database.h"

static const TuDriver *const drivers[] = {&tu_postgres_driver, &tu_mariadb_driver};

#define TENANTS "tenants: {table: airport, key: iata, time_zone: tz}\n"
#define SOURCES TENANTS "sources: {f: {from: shop.flight f, tenant: f.origin, time: f.at}}\n"
#define NO_TENANT "sources: {f: {from: shop.flight, time: day, time_unit: date}}\n"

typedef struct {
    const char *label;
    const char *yaml;
} Row;

static const Row rows[] = {
    {"wide, folding",
     SOURCES "summaries: {s: {source: f, table: 'sums.s_{grain}', grains: [hour, month], columns: "
             "{tenant: shop, bucket: {hour: at, month: month}}, dimensions: {kind: kind, note: "
             "note, late: is_late}, measures: {n: count, big: count where f.delay > 5, total: "
             "sum(f.delay), fares: sum(f.fare), mean: avg(f.rate), any: avg(f.any)}}}\n"},
    {"wide, recomputed",
     SOURCES "summaries: {s: {source: f, grains: [day], dimensions: {code: f.code}, measures: {n: "
             "count, low: min(f.fare), high: max(f.note), last: max(f.at), weight: sum(f.weight), "
             "kinds: count_distinct(f.kind)}}}\n"},
    {"no tenant, no dimension", NO_TENANT "summaries: {s: {source: f, grains: [day, month], "
                                          "measures: {n: count}}}\n"},
    {"a tenant that is long", TENANTS
     "sources: {f: {from: shop.flight, tenant: note, time: local, time_zone: Europe/Rome}}\n"
     "summaries: {s: {source: f, grains: [minute], measures: {n: count}}}\n"},
    {"long", SOURCES "summaries: {s: {table: long_table, grains: [day], columns: {series: what}, "
                     "measures: {value: count}, dimensions: {kind: null, raw: null}, series: {"
                     "rows: {source: f}, sums: {source: f, where: f.delay > 0, measures: "
                     "{value: sum(f.fare)}, dimensions: {kind: \"'cash'\", raw: f.raw}}}}}\n"},
    {"names that need quotes",
     NO_TENANT "summaries: {s: {source: f, table: '\"my table\"', grains: [day], columns: {bucket: "
               "from}, dimensions: {group: town}, measures: {order: count, 'a b': sum(delay)}}}\n"},
    {"a name that is long",
     NO_TENANT "summaries: {s: {source: f, table: "
               "a_name_of_a_table_that_is_as_long_as_any_database_takes_names, grains: [day], "
               "dimensions: {a_name_of_a_column_that_is_as_long_as_any_database_takes_them: town}, "
               "measures: {n: count}}}\n"},
    {"joined",
     TENANTS "sources: {f: {from: shop.flight f, join: [airport a ON a.iata = f.town, left airport "
             "b ON b.iata = f.note], tenant: f.origin, time: f.local, where: f.delay > 0}}\n"
             "summaries: {s: {source: f, grains: [day], measures: {n: count}}}\n"},
    /* What places a row is told apart by SQL itself: each is there once. */
    {"joined by numbers",
     "sources: {f: {from: shop.flight f, join: [shop.flight g ON g.delay = f.delay], time: f.at, "
     "where: g.fare > 0}}\n"
     "summaries: {s: {source: f, grains: [day], measures: {n: count}}}\n"},
};

/* A model over a database that is none. */
typedef struct {
    TypedDatabase db;
    TuSpec *spec;
    GPtrArray *findings;
    TuModel *model;
} Typed;

static void
typed_model_init(Typed *typed, const TuDriver *driver, const char *yaml, const TypedTable *existing)
{
    g_autoptr(GError) error = NULL;
    *typed = (Typed){.spec = modelled_spec(yaml), .findings = tu_findings_new()};
    typed_init(&typed->db, driver);
    typed->db.existing = existing;
    if (!tu_model_new(typed->spec, &typed->db.base, typed->findings, &typed->model, &error))
        g_error("%s", error->message);
    if (typed->model == NULL) {
        g_autofree char *text = findings_text(typed->findings);
        g_error("%s", text);
    }
}

static void
typed_model_clear(Typed *typed)
{
    tu_model_free(typed->model);
    g_ptr_array_unref(typed->findings);
    tu_spec_free(typed->spec);
    typed_clear(&typed->db);
}

/* A file for each database, in it a section for each part of each case. */
static void
check(const char *part, const Typed *typed, const char *label, const GPtrArray *statements)
{
    g_autofree char *file = g_strdup_printf("%s.sql", typed->db.driver.dialect.name);
    g_autofree char *section = g_strdup_printf("%s, %s", part, label);
    g_autofree char *text = golden_text(statements);
    golden_check(file, section, text);
}

/* ---- summary tables ---- */

static void
plan_tables(Typed *typed, GPtrArray *statements)
{
    g_autoptr(GError) error = NULL;
    const TuSummaryModel *summary = g_ptr_array_index(typed->model->summaries, 0);
    for (int grain = 0; grain < TU_GRAINS; grain++)
        if (summary->tables[grain] != NULL)
            g_assert_true(tu_summary_table_plan(&typed->db.base, summary->tables[grain], statements,
                                                typed->findings, &error));
}

static const TuSummaryTable *
first_table(const Typed *typed)
{
    const TuSummaryModel *summary = g_ptr_array_index(typed->model->summaries, 0);
    int grain = 0;
    while (summary->tables[grain] == NULL)
        grain++;
    return summary->tables[grain];
}

static void
test_summary(const TuDriver *driver, const Row *row)
{
    Typed typed;
    typed_model_init(&typed, driver, row->yaml, NULL);
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    plan_tables(&typed, statements);
    g_ptr_array_extend_and_steal(statements, table_statements(&typed.db.base, first_table(&typed)));
    check("summary table", &typed, row->label, statements);
    typed_model_clear(&typed);
}

/* ---- sources ---- */

static void
add_one_table(const TuSourceModel *source, const TuDialect *dialect, GPtrArray *statements)
{
    static const TuEntries entries[] = {TU_ENTRIES_ALL, TU_ENTRIES_LOOK_AGAIN,
                                        TU_ENTRIES_ANY_PLACE};
    g_ptr_array_add(statements, tu_source_select_images(source, dialect));
    for (guint i = 0; i < G_N_ELEMENTS(entries); i++)
        g_ptr_array_add(statements, tu_source_select_entries(source, dialect, entries[i]));
}

static void
test_source(const TuDriver *driver, const Row *row)
{
    Typed typed;
    typed_model_init(&typed, driver, row->yaml, NULL);
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    const TuSourceModel *source = g_ptr_array_index(typed.model->sources, 0);
    const TuDialect *dialect = &driver->dialect;
    for (guint i = 0; i < 4; i++) {
        TuScanFilter filter = {.by_tenant = i >= 2, .by_time = i % 2 == 1};
        if (!filter.by_tenant || source->tenant >= 0)
            g_ptr_array_add(statements, tu_source_select_rows(source, filter));
    }
    TuScanFilter together = {.by_tenant = TRUE, .by_time = TRUE, .n_tenants = 3};
    if (source->tenant >= 0)
        g_ptr_array_add(statements, tu_source_select_rows(source, together));
    if (!source->is_joined)
        add_one_table(source, dialect, statements);
    for (guint batch = 0; batch < source->tables->len && source->is_joined; batch++)
        g_ptr_array_add(statements,
                        tu_source_select_places(source, dialect, 1u << batch | 1u, batch));
    check("source", &typed, row->label, statements);
    typed_model_clear(&typed);
}

/* ---- capture and trueup's own tables ---- */

static void
test_capture(const TuDriver *driver, const char *control_schema)
{
    Typed typed;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    typed_model_init(&typed, driver, rows[0].yaml, NULL);
    tu_model_free(g_steal_pointer(&typed.model));
    tu_database_set_control_schema(&typed.db.base, control_schema);
    g_assert_true(tu_model_new(typed.spec, &typed.db.base, typed.findings, &typed.model, &error));
    const TuCaptured *captured = g_ptr_array_index(typed.model->captured, 0);
    g_assert_true(tu_capture_plan(&typed.db.base, captured, statements, &error));
    tu_capture_plan_forget(&typed.db.base, captured->name, statements);
    check("capture", &typed, control_schema != NULL ? "in a schema" : "plain", statements);
    typed_model_clear(&typed);
}

static void
test_control(const TuDriver *driver, const char *control_schema)
{
    Typed typed;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    typed_model_init(&typed, driver, rows[0].yaml, NULL);
    tu_database_set_control_schema(&typed.db.base, control_schema);
    g_assert_true(tu_control_plan(&typed.db.base, statements, &error));
    check("trueup's own", &typed, control_schema != NULL ? "in a schema" : "plain", statements);
    typed_model_clear(&typed);
}

/* ---- tables that exist ---- */

#define SHOP                                                                                       \
    {                                                                                              \
        "shop", PG(VARCHAR, 3 + 4, "character varying"),                                           \
        {                                                                                          \
            .name = "varchar", .declared = "varchar(3)", .characters = 3, .charset = "utf8mb4",    \
            .collation = "utf8mb4_nopad_bin"                                                       \
        }                                                                                          \
    }
#define BUCKET                                                                                     \
    {                                                                                              \
        "bucket", PG(DATE, -1, "date"), MARIA("date", "date")                                      \
    }
#define KIND                                                                                       \
    {                                                                                              \
        "kind", PG(INT4, -1, "integer"), MARIA("int", "int(11)")                                   \
    }
#define N                                                                                          \
    {                                                                                              \
        "n", PG(INT8, -1, "bigint"), MARIA("bigint", "bigint(20)")                                 \
    }
#define DECIMAL(name, digits)                                                                      \
    {                                                                                              \
        name, PG(NUMERIC, NUMERIC(30, digits), "numeric"),                                         \
            MARIA("decimal", "decimal(30," #digits ")", .precision = 30, .scale = digits)          \
    }

static const TypedColumn fitting[] = {
    SHOP, BUCKET, KIND, N, DECIMAL("total", 2), DECIMAL("mean", 8)};
static const TypedColumn rounding[] = {
    SHOP, BUCKET, KIND, N, DECIMAL("total", 1), DECIMAL("mean", 7)};
static const TypedColumn few[] = {SHOP, BUCKET, KIND};
static const TypedColumn converting[] = {
    {"shop", PG(INT4, -1, "integer"), MARIA("int", "int(11)")},
    BUCKET,
    {"kind",
     PG(TEXT, -1, "text"),
     {.name = "varchar",
      .declared = "varchar(9)",
      .characters = 9,
      .charset = "utf8mb4",
      .collation = "utf8mb4_nopad_bin"}},
    {"n", PG(TEXT, -1, "text"), MARIA_TEXT("text", "text", 65535)},
};

static const struct {
    const char *label;
    TypedTable table;
    const char *findings; /* "" if it is taken */
} existing[] = {
    {"complete", {"s_day", fitting, G_N_ELEMENTS(fitting)}, ""},
    {"without measures", {"s_day", few, G_N_ELEMENTS(few)}, ""},
    {"with fewer digits",
     {"s_day", rounding, G_N_ELEMENTS(rounding)},
     "error s_day: column total is *: it would round what it must hold exactly: ALTER it to *\n"
     "error s_day: column mean is *: it would round what it must hold exactly: ALTER it to *"},
    {"of other types",
     {"s_day", converting, G_N_ELEMENTS(converting)},
     "error s_day: column shop is *, and the source gives text: the key would be converted ('007' "
     "is not 7): *\n"
     "error s_day: column kind is *, and the source gives numbers: the key would be converted "
     "('007' is not 7): *\n"
     "error s_day: column n is text: it must hold numbers: *"},
};

static void
test_existing(const TuDriver *driver)
{
    for (guint i = 0; i < G_N_ELEMENTS(existing); i++) {
        Typed typed;
        g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
        typed_model_init(&typed, driver,
                         SOURCES "summaries: {s: {source: f, grains: [day], columns: {tenant: "
                                 "shop}, dimensions: {kind: f.delay}, measures: {n: count, "
                                 "total: sum(f.fare), mean: avg(f.fare)}}}\n",
                         &existing[i].table);
        plan_tables(&typed, statements);
        g_autofree char *findings = findings_text(typed.findings);
        g_test_message("%s: %s", existing[i].label, findings);
        g_assert_true(g_pattern_match_simple(existing[i].findings, findings));
        if (existing[i].findings[0] == '\0')
            check("existing", &typed, existing[i].label, statements);
        typed_model_clear(&typed);
    }
}

/* ---- the whole ---- */

static void
test_driver(gconstpointer data)
{
    const TuDriver *driver = data;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].label);
        test_summary(driver, &rows[i]);
        test_source(driver, &rows[i]);
    }
    test_existing(driver);
    test_control(driver, NULL);
    test_control(driver, "trueup");
    test_capture(driver, NULL);
    test_capture(driver, "trueup");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(drivers); i++) {
        g_autofree char *path = g_strdup_printf("/dialects/%s", drivers[i]->dialect.name);
        g_test_add_data_func(path, drivers[i], test_driver);
    }
    return g_test_run();
}
