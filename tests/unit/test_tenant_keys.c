/* Tenants in trueup's own tables: a text for every tenant, one for each, and the tenant again that
 * it stands for where columns have types. */
#include "keep/tenants/tenants.h"
#include "value_rows.h"

#define SIXTY_FOUR "0123456789012345678901234567890123456789012345678901234567890123"

static const struct {
    const char *label;
    TuValue tenant;
    const char *key; /* NULL: a digest, behind... */
    char digest;     /* ... this letter */
} keys[] = {
    {"everyone", NIL, "", 0},
    {"a number", I(7), "n7", 0},
    {"the least number", I(G_MININT64), "n-9223372036854775808", 0},
    {"a text", T("JFK"), "tJFK", 0},
    {"a text of digits", T("7"), "t7", 0},
    {"an empty text", T(""), "t", 0},
    {"a text like a key", T("n7"), "tn7", 0},
    {"the longest in a key", T(SIXTY_FOUR), "t" SIXTY_FOUR, 0},
    {"a longer one", T(SIXTY_FOUR "x"), NULL, 'd'},
    {"another", T(SIXTY_FOUR "y"), NULL, 'd'},
    {"bytes", B("JFK"), NULL, 'b'},
    {"no bytes", B(""), NULL, 'b'},
    {"a fraction", R(0.5), "n0.5", 0},
    {"a decimal", D(125, 2), "n1.25", 0},
    {"a long decimal", L("12345678901234567890.5"), "n12345678901234567890.5", 0},
    {"a date", DATE(20779), "n2026-11-22", 0},
    {"a timestamp", STAMP(G_GINT64_CONSTANT(1795320000000000)), "n2026-11-22T04:00:00", 0},
    {"an instant", AT(G_GINT64_CONSTANT(1795320000000000)), "n2026-11-22T04:00:00Z", 0},
};

static void
test_keys(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *key = tu_tenant_key(&keys[i].tenant);
        g_test_message("%s: %s", keys[i].label, key);
        if (keys[i].key != NULL)
            g_assert_cmpstr(key, ==, keys[i].key);
        else
            g_assert_cmpint(key[0], ==, keys[i].digest);
        g_assert_cmpuint(strlen(key), <=, 65);
        g_assert_true(g_hash_table_add(seen, g_steal_pointer(&key)));
    }
}

/* ---- and back ---- */

static const struct {
    const char *label;
    TuType kind; /* of the tenants */
    TuValue stored, tenant;
} readings[] = {
    {"text stays text", TU_TYPE_TEXT, T("7"), T("7")},
    {"everyone", TU_TYPE_INTEGER, NIL, NIL},
    {"without types", TU_TYPE_NULL, T("7"), T("7")},
    {"without types, a number", TU_TYPE_NULL, I(7), I(7)},
    {"a number", TU_TYPE_INTEGER, T("-7"), I(-7)},
    {"a decimal", TU_TYPE_DECIMAL, T("1.250"), D(125, 2)},
    {"an integral decimal", TU_TYPE_DECIMAL, T("7"), I(7)},
    {"a long decimal", TU_TYPE_DECIMAL, T("12345678901234567890.5"), L("12345678901234567890.5")},
    {"no number at all", TU_TYPE_INTEGER, T("seven"), T("seven")},
    {"a date", TU_TYPE_DATE, T("2026-11-22"), DATE(20779)},
    {"no date at all", TU_TYPE_DATE, T("soon"), T("soon")},
    {"a timestamp", TU_TYPE_TIMESTAMP, T("2026-11-22T04:00:00"),
     STAMP(G_GINT64_CONSTANT(1795320000000000))},
    {"an instant", TU_TYPE_INSTANT, T("2026-11-22T04:00:00Z"),
     AT(G_GINT64_CONSTANT(1795320000000000))},
    {"no instant at all", TU_TYPE_INSTANT, T("soon"), T("soon")},
};

static void
test_readings(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(readings); i++) {
        g_autoptr(TuDictionary) values = tu_dictionary_new();
        TuModel model = {.tenant_kind = readings[i].kind};
        TuValue tenant = tu_tenant_read(&model, values, &readings[i].stored);
        assert_value(readings[i].label, tenant, readings[i].tenant);
    }
}

/* What is stored of a tenant is its text; read again it is the same tenant, to the last bit. */
static void
test_round_trips(void)
{
    static const struct {
        TuType kind;
        TuValue tenant;
    } rows[] = {
        {TU_TYPE_INTEGER, I(G_MAXINT64)}, {TU_TYPE_INTEGER, I(G_MININT64)},
        {TU_TYPE_DECIMAL, D(-5, 38)},     {TU_TYPE_DATE, DATE(-719528)},
        {TU_TYPE_REAL, R(0.1)},           {TU_TYPE_REAL, R(1e300)},
        {TU_TYPE_REAL, R(-5e-324)},       {TU_TYPE_TIMESTAMP, STAMP(-1)},
        {TU_TYPE_INSTANT, AT(1)},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TuDictionary) values = tu_dictionary_new();
        TuModel model = {.tenant_kind = rows[i].kind};
        g_autofree char *text = tu_value_to_text(&rows[i].tenant);
        TuValue stored = tu_value_text(text);
        assert_value(text, tu_tenant_read(&model, values, &stored), rows[i].tenant);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tenant-keys/keys", test_keys);
    g_test_add_func("/tenant-keys/readings", test_readings);
    g_test_add_func("/tenant-keys/round-trips", test_round_trips);
    return g_test_run();
}
