/*
 * Which tests for NULL MariaDB turns into a test for 0000-00-00. What the server itself does with
 * each is tried in tests/conformance/no_time.test.mjs.
 */
#include <string.h>

#include "db/mariadb/mariadb.h"

static const struct {
    const char *condition;
    const char *column; /* named by the fault; NULL: there is none */
} rows[] = {
    {"d IS NULL", "d"},
    {"D is null", "d"},
    {"e.at IS NULL", "at"},
    {"`e`.`at` IS NULL AND v > 3", "at"},
    {"v = 3 OR (d IS NULL)", "d"},
    {"((d)) IS NULL", "d"},
    {"v > 1 AND (e.d) IS NULL", "d"},
    {"d IS UNKNOWN", "d"},
    {"isnull(d)", "d"},
    {"NOT isnull((e.at))", "at"},
    {"NOT (d IS NOT NULL)", "d"},
    {"v NOT IN (1) AND NOT (v = 2 OR d IS NOT NULL)", "d"},
    {"! (d IS NOT NULL)", "d"},
    {"SELECT k FROM {row} e WHERE e.d IS NULL", "d"},
    {"d IS NOT NULL", NULL},
    {"NOT (v = 2) AND d IS NOT NULL", NULL},
    {"NOT v AND d IS NOT NULL", NULL},
    {"(NOT v OR v = 3) AND d IS NOT NULL", NULL},
    {"NOT (NOT (v = 2) OR d IS NOT NULL)", "d"},
    {"v NOT IN (1) AND v IS NOT NULL AND d IS NOT NULL", NULL},
    {"v != 3 AND d IS NOT NULL", NULL},
    {"maybe IS NULL", NULL},
    {"stamp IS NULL", NULL},
    {"v IS NULL", NULL},
    {"other.d IS NULL", NULL},
    {"date(d) IS NULL", NULL},
    {"coalesce(maybe, d) IS NULL", NULL},
    {"d + 0 IS NULL", NULL},
    {"d = 0", NULL},
    {"word = 'd IS NULL'", NULL},
    {"NULL IS NULL", NULL},
    {"", NULL},
    {"IS NULL", NULL},
    {")) IS NULL", NULL},
    {"isnull(", NULL},
};

static void
add(TuTableInfo *info, const char *name, TuType kind, gboolean is_nullable)
{
    TuColumnInfo *column = tu_table_info_add_column(info, name);
    column->kind = kind;
    column->is_nullable = is_nullable;
}

static void
test_conditions(void)
{
    g_autoptr(TuTableInfo) info = tu_table_info_new("event");
    add(info, "d", TU_TYPE_DATE, FALSE);
    add(info, "at", TU_TYPE_TIMESTAMP, FALSE);
    add(info, "stamp", TU_TYPE_INSTANT, FALSE);
    add(info, "maybe", TU_TYPE_DATE, TRUE);
    add(info, "v", TU_TYPE_INTEGER, FALSE);
    add(info, "word", TU_TYPE_TEXT, FALSE);
    const TuTableInfo *tables[] = {info};
    static const char *const aliases[] = {"e"};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        TuProbe probe = {rows[i].condition, tables, aliases, 1};
        g_auto(TuInspection) inspection = {0};
        g_test_message("%s", probe.expression);
        tu_mariadb_inspect_condition(&probe, &inspection);
        g_assert_cmpint(inspection.fault != NULL, ==, rows[i].column != NULL);
        g_assert_cmpint(inspection.help != NULL, ==, rows[i].column != NULL);
        if (rows[i].column == NULL)
            continue;
        g_autofree char *named = g_strdup_printf(": %s is never NULL", rows[i].column);
        g_autofree char *fault = g_ascii_strdown(inspection.fault, -1);
        g_autofree char *wanted = g_ascii_strdown(named, -1);
        g_assert_nonnull(strstr(fault, wanted));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mariadb/condition", test_conditions);
    return g_test_run();
}
