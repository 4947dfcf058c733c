/* Bulk: the statements of every database, as texts. */
#include <string.h>

#include "db/bulk.h"
#include "db/driver.h"
#include "db/given.h"
#include "golden.h"

/* ---- the INSERT ---- */

static const TuSqlType long_text = {.kind = TU_TYPE_TEXT, .is_unbounded = TRUE};
static const TuSqlType long_bytes = {.kind = TU_TYPE_BLOB, .is_unbounded = TRUE};
static const TuSqlType number = {.kind = TU_TYPE_INTEGER};

static const TuBulkColumn cell[] = {
    {"tenant", TU_PUT_KEY, FALSE, &number},  {"bucket", TU_PUT_KEY, FALSE, NULL},
    {"kind", TU_PUT_KEY, TRUE, &number},     {"note", TU_PUT_KEY, TRUE, &long_text},
    {"raw", TU_PUT_KEY, FALSE, &long_bytes}, {"n", TU_PUT_NEW, FALSE, NULL},
    {"total", TU_PUT_NEW, FALSE, NULL},
};

static const TuBulkColumn mixed[] = {
    {"name", TU_PUT_KEY, FALSE, NULL},          {"made \"at\"", TU_PUT_KEEP, FALSE, NULL},
    {"group", TU_PUT_NEW, FALSE, NULL},         {"seen", TU_PUT_IF_GIVEN, FALSE, NULL},
    {"other %s", TU_PUT_IF_GIVEN, FALSE, NULL},
};

static const struct {
    const char *label, *table;
    const TuBulkColumn *columns;
    guint n_columns, n_rows;
} inserts[] = {
    {"one cell", "s_day", cell, G_N_ELEMENTS(cell), 1},
    {"three cells", "my shop.s \"day\"", cell, G_N_ELEMENTS(cell), 3},
    {"some stay", "trueup.trueup_table", mixed, G_N_ELEMENTS(mixed), 2},
};

static const TuDriver *const drivers[] = {&tu_sqlite_driver, &tu_postgres_driver,
                                          &tu_mariadb_driver};

static void
test_sql(void)
{
    for (guint d = 0; d < G_N_ELEMENTS(drivers); d++)
        for (guint i = 0; i < G_N_ELEMENTS(inserts); i++) {
            TuDatabase db = {.driver = drivers[d]};
            g_autofree char *label =
                g_strdup_printf("%s, %s", drivers[d]->dialect.name, inserts[i].label);
            g_autofree char *sql =
                tu_bulk_sql(&db, inserts[i].table, inserts[i].columns, inserts[i].n_columns,
                            TU_BULK_ANY, inserts[i].n_rows);
            g_autofree char *fresh =
                tu_bulk_sql(&db, inserts[i].table, inserts[i].columns, inserts[i].n_columns,
                            TU_BULK_NEW, inserts[i].n_rows);
            golden_check("bulk.sql", label, sql);
            /* Only an upsert that cannot name its key is something else for a new row. */
            if (drivers[d]->dialect.conflict_names_key)
                g_assert_cmpstr(fresh, ==, sql);
            else
                g_assert_null(strstr(fresh, "DUPLICATE"));
        }
}

/* One row a key pattern: no NULL; the third column is NULL; the third and fourth are. */
static const guint64 nulls_of_cells[] = {0, 1 << 2, 1 << 2 | 1 << 3};

static void
test_delete(void)
{
    for (guint d = 0; d < G_N_ELEMENTS(drivers); d++)
        for (guint i = 0; i < G_N_ELEMENTS(nulls_of_cells); i++) {
            TuDatabase db = {.driver = drivers[d]};
            g_autofree char *label =
                g_strdup_printf("%s, delete, %u", drivers[d]->dialect.name, i + 1);
            g_autofree char *sql = tu_bulk_delete_sql(&db, "my shop.s_day", cell,
                                                      G_N_ELEMENTS(cell), nulls_of_cells[i], i + 1);
            golden_check("bulk.sql", label, sql);
        }
}

static void
test_change(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(nulls_of_cells); i++) {
        TuDatabase db = {.driver = &tu_mariadb_driver};
        g_autofree char *label = g_strdup_printf("mariadb, change one, %u", i);
        g_autofree char *sql =
            tu_bulk_change_sql(&db, "my shop.s_day", cell, G_N_ELEMENTS(cell), nulls_of_cells[i]);
        golden_check("bulk.sql", label, sql);
    }
}

/* ---- statements over given rows ---- */

static const struct {
    const char *label, *list;
    TuGivenWork work;
} works[] = {
    {"find", TU_GIVEN_NUMBER ", stored.\"n\"", TU_GIVEN_FIND},
    {"change", NULL, TU_GIVEN_CHANGE},
    {"remove", NULL, TU_GIVEN_REMOVE},
    {"change at", NULL, TU_GIVEN_CHANGE_AT},
};

static void
test_given_sql(void)
{
    for (guint d = 0; d < G_N_ELEMENTS(drivers); d++)
        for (guint w = 0; drivers[d]->given != NULL && w < G_N_ELEMENTS(works); w++)
            for (guint i = 0; i < G_N_ELEMENTS(nulls_of_cells); i++) {
                TuDatabase db = {.driver = drivers[d]};
                if (works[w].work == TU_GIVEN_CHANGE_AT && drivers[d]->given->place == NULL)
                    continue;
                g_autofree char *label = g_strdup_printf(
                    "%s, given, %s, %u", drivers[d]->dialect.name, works[w].label, i);
                g_autofree char *sql =
                    tu_given_sql(&db, works[w].work, "shop.s \"@#=*\"", "rows(?1) AS given", cell,
                                 G_N_ELEMENTS(cell), nulls_of_cells[i], works[w].list);
                golden_check("bulk.sql", label, sql);
            }
}

/* Where a row lies: an expression among what a FIND selects. */
static void
test_given_place(void)
{
    for (guint d = 0; d < G_N_ELEMENTS(drivers); d++) {
        TuDatabase db = {.driver = drivers[d]};
        g_autofree char *label = g_strdup_printf("%s, given, place", drivers[d]->dialect.name);
        g_autofree char *place = tu_given_place(&db, "shop.s \"@'#=*\"");
        if (place != NULL)
            golden_check("bulk.sql", label, place);
        else
            g_assert_true(drivers[d]->given == NULL || drivers[d]->given->place == NULL);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bulk/sql", test_sql);
    g_test_add_func("/bulk/delete", test_delete);
    g_test_add_func("/bulk/change", test_change);
    g_test_add_func("/bulk/given", test_given_sql);
    g_test_add_func("/bulk/place", test_given_place);
    return g_test_run();
}
