/* The digest of a spec: it changes with what the cells mean, and with nothing else. */
#include <string.h>

#include "schema/definition.h"

static const char base[] =
    "database: sqlite:a.db\n"
    "tenants: {table: airport, key: iata, time_zone: tz}\n"
    "sources:\n"
    "  f: {from: flight, join: [carrier c ON c.code = flight.carrier], tenant: origin, time: at, "
    "time_unit: seconds, where: miles > 0}\n"
    "  g: {from: bill, tenant: airport, time: at}\n"
    "summaries:\n"
    "  s:\n"
    "    source: f\n"
    "    grains: [hour, day]\n"
    "    dimensions: {d: destination, e: kind}\n"
    "    measures: {n: count, m: sum(miles)}\n"
    "  t:\n"
    "    table: t_long\n"
    "    grains: [day]\n"
    "    columns: {series: what}\n"
    "    measures: {v: count}\n"
    "    series: {a: {source: f}, b: {source: g, where: paid = 1}}\n";

static TuSpec *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    TuSpec *spec = tu_spec_parse(text, strlen(text), "trueup.yaml", NULL, &error);
    if (spec == NULL)
        g_error("%s, in:\n%s", error->message, text);
    return spec;
}

/* The base with `from` replaced by `to`, wherever it is. */
static TuSpec *
changed(const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(base, from, -1);
    g_autofree char *text = g_strjoinv(to, parts);
    g_assert_cmpuint(g_strv_length(parts), >, 1);
    return parse(text);
}

typedef struct {
    const char *label;
    const char *from, *to;
    gboolean s, t; /* whose definition changes */
    gboolean key;  /* the key of s */
} Row;

static const Row rows[] = {
    {"a comment", "summaries:\n", "# soon\nsummaries: # here\n", FALSE, FALSE, FALSE},
    {"another database", "a.db", "b.db", FALSE, FALSE, FALSE},
    {"how often it is settled", "summaries:\n", "refresh: {settle: 1s}\nsummaries:\n", FALSE, FALSE,
     FALSE},
    {"how much memory", "    source: f\n", "    source: f\n    refresh: {memory: 1GiB}\n", FALSE,
     FALSE, FALSE},
    {"the zone of no tenants", "sources:\n", "time_zone: UTC\nsources:\n", FALSE, FALSE, FALSE},
    {"the order of grains", "[hour, day]", "[day, hour]", FALSE, FALSE, FALSE},
    {"a source nobody uses", "sources:\n", "sources:\n  z: {from: zoo, tenant: a, time: at}\n",
     FALSE, FALSE, FALSE},
    {"defaults written out", "tenant: airport, time: at}",
     "tenant: airport, time: at, time_zone: UTC, capture: triggers}", FALSE, FALSE, FALSE},

    {"another source's filter", "miles > 0", "miles > 1", TRUE, TRUE, FALSE},
    {"another table", "from: flight,", "from: flights flight,", TRUE, TRUE, FALSE},
    {"another join", "c.code = flight.carrier", "c.code = flight.owner", TRUE, TRUE, FALSE},
    {"a left join", "join: [carrier", "join: [left carrier", TRUE, TRUE, FALSE},
    {"another tenant", "tenant: origin", "tenant: destination", TRUE, TRUE, FALSE},
    {"another time", "time: at, time_unit: seconds", "time: landed_at, time_unit: seconds", TRUE,
     TRUE, FALSE},
    {"another unit", "time_unit: seconds", "time_unit: milliseconds", TRUE, TRUE, FALSE},
    {"no capture", "miles > 0}", "miles > 0, capture: none}", TRUE, TRUE, FALSE},
    {"another zone of plain times", "tenant: airport, time: at}",
     "tenant: airport, time: at, time_zone: Europe/Paris}", FALSE, TRUE, FALSE},
    {"other tenants", "table: airport,", "table: airports,", TRUE, TRUE, FALSE},
    {"fewer tenants", "time_zone: tz}", "time_zone: tz, where: active = 1}", TRUE, TRUE, FALSE},
    {"another measure", "sum(miles)", "sum(delay)", TRUE, FALSE, FALSE},
    {"another kind of measure", "sum(miles)", "max(miles)", TRUE, FALSE, FALSE},
    {"a measure's filter", "m: sum(miles)", "m: sum(miles) where late = 1", TRUE, FALSE, FALSE},
    {"one measure more", "m: sum(miles)", "m: sum(miles), x: count", TRUE, FALSE, FALSE},
    {"a measure's name", "m: sum(miles)", "x: sum(miles)", TRUE, FALSE, FALSE},
    {"one grain more", "[hour, day]", "[hour, day, month]", TRUE, FALSE, FALSE},
    {"another dimension", "d: destination", "d: carrier", TRUE, FALSE, FALSE},
    {"a dimension's name", "d: destination", "x: destination", TRUE, FALSE, TRUE},
    {"one dimension less", "d: destination, e: kind", "d: destination", TRUE, FALSE, TRUE},
    {"the tables' names", "    source: f\n", "    source: f\n    table: x_{grain}\n", TRUE, FALSE,
     FALSE},
    {"the tenant column", "    source: f\n", "    source: f\n    columns: {tenant: airport}\n",
     TRUE, FALSE, TRUE},
    {"the bucket column", "    source: f\n", "    source: f\n    columns: {bucket: at}\n", TRUE,
     FALSE, FALSE},
    {"a filter of the summary", "    source: f\n", "    source: f\n    where: late = 1\n", TRUE,
     FALSE, FALSE},
    {"a series' filter", "paid = 1", "paid = 2", FALSE, TRUE, FALSE},
    {"one series more", "a: {source: f}", "a: {source: f}, c: {source: g}", FALSE, TRUE, FALSE},
    {"a series' name", "a: {source: f}", "x: {source: f}", FALSE, TRUE, FALSE},
    {"the series column", "series: what", "series: kind", FALSE, TRUE, FALSE},
};

static void
assert_same(const char *a, const char *b, gboolean differs)
{
    if (differs)
        g_assert_cmpstr(a, !=, b);
    else
        g_assert_cmpstr(a, ==, b);
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    static const char *const names[] = {"s", "t"};
    const gboolean differs[] = {row->s, row->t};
    g_autoptr(TuSpec) before = parse(base);
    g_autoptr(TuSpec) after = changed(row->from, row->to);
    g_autofree char *digest = tu_definition_digest(before);
    g_autofree char *new_digest = tu_definition_digest(after);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *old = tu_definition_of_summary(before, tu_spec_summary(before, names[i]));
        g_autofree char *new = tu_definition_of_summary(after, tu_spec_summary(after, names[i]));
        assert_same(old, new, differs[i]);
    }
    assert_same(digest, new_digest, row->s || row->t);
    g_autofree char *key = tu_definition_of_key(tu_spec_summary(before, "s"));
    g_autofree char *new_key = tu_definition_of_key(tu_spec_summary(after, "s"));
    assert_same(key, new_key, row->key);
}

/* Without tenants the zone for all counts. */
static void
test_zone(void)
{
    static const char *const zones[] = {"", "time_zone: UTC\n", "time_zone: Asia/Tokyo\n"};
    char *digests[G_N_ELEMENTS(zones)];
    for (guint i = 0; i < G_N_ELEMENTS(zones); i++) {
        g_autofree char *text = g_strdup_printf("database: sqlite:a.db\n%ssources: {f: {from: t, "
                                                "time: at}}\nsummaries: {s: {source: f, grains: "
                                                "[day], measures: {n: count}}}\n",
                                                zones[i]);
        g_autoptr(TuSpec) spec = parse(text);
        digests[i] = tu_definition_digest(spec);
        g_assert_cmpuint(strlen(digests[i]), ==, 64);
    }
    g_assert_cmpstr(digests[0], ==, digests[1]);
    g_assert_cmpstr(digests[0], !=, digests[2]);
    for (guint i = 0; i < G_N_ELEMENTS(zones); i++)
        g_free(digests[i]);
}

/* A summary more or less is another spec; the others' definitions stay. */
static void
test_summaries(void)
{
    g_autoptr(TuSpec) before = parse(base);
    g_autofree char *without = g_strndup(base, (gsize)(strstr(base, "  t:\n") - base));
    g_autoptr(TuSpec) after = parse(without);
    g_autofree char *digest = tu_definition_digest(before);
    g_autofree char *new_digest = tu_definition_digest(after);
    g_autofree char *old = tu_definition_of_summary(before, tu_spec_summary(before, "s"));
    g_autofree char *new = tu_definition_of_summary(after, tu_spec_summary(after, "s"));
    g_assert_cmpstr(digest, !=, new_digest);
    g_assert_cmpstr(old, ==, new);
}

/* Texts that only differ in where one part ends and the next begins. */
static void
test_borders(void)
{
    g_autoptr(TuSpec) a = changed("{d: destination, e: kind}", "{d: \"a\", e: \"b\"}");
    g_autoptr(TuSpec) b =
        changed("{d: destination, e: kind}", "{d: \"a\\ndimension=b\", e: \"b\"}");
    g_autoptr(TuSpec) c = changed("{d: destination, e: kind}", "{d: \"ab\", e: \"\\\"\\\"\"}");
    g_autofree char *digest_a = tu_definition_digest(a);
    g_autofree char *digest_b = tu_definition_digest(b);
    g_autofree char *digest_c = tu_definition_digest(c);
    g_assert_cmpstr(digest_a, !=, digest_b);
    g_assert_cmpstr(digest_a, !=, digest_c);
    g_assert_cmpstr(digest_b, !=, digest_c);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/definition/%s", rows[i].label);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/definition/zone", test_zone);
    g_test_add_func("/definition/summaries", test_summaries);
    g_test_add_func("/definition/borders", test_borders);
    return g_test_run();
}
