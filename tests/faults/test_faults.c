/*
 * Every statement of every piece of work fails once, in several ways. The work must say so, leave
 * no transaction open and nothing wrong behind; done again without a fault it ends in the truth.
 */
#include "fault_database.h"
#include "keep/build/build.h"
#include "keep/install/install.h"
#include "keep/install/removal.h"
#include "world.h"

/* Every statement fails outright; of the other ways a part is tried, other statements in each. */
static const FaultKind kinds[] = {
    {"fails", TU_ERROR_SYSTEM, FALSE, TRUE, FALSE, 1},
    {"succeeds, and nobody hears of it", TU_ERROR_SYSTEM, TRUE, FALSE, FALSE, 3},
    {"is wrong", TU_ERROR_DATABASE, FALSE, FALSE, TRUE, 4},
    {"is busy", TU_ERROR_BUSY, FALSE, FALSE, TRUE, 7},
};

/* ---- the pieces of work ---- */

typedef gboolean (*GroupWork)(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error);

static gboolean
each_group(const World *world, TuDatabase *db, GroupWork work, GError **error)
{
    g_auto(Session) session = {0};
    g_auto(TuResult) result = {0};
    if (!session_init(&session, world, db, error))
        return FALSE;
    for (guint i = 0; i < session.model->groups->len; i++)
        if (!work(&session.keeper, g_ptr_array_index(session.model->groups, i), &result, error))
            return FALSE;
    return TRUE;
}

static gboolean
settle_and_build(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    return tu_settle_group(keeper, group, result, error) &&
           tu_build_group(keeper, group, NULL, result, error) &&
           tu_settle_group(keeper, group, result, error);
}

static gboolean
repair_and_settle(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    TuRepair everything = {.from = G_MININT32, .to = G_MAXINT32};
    return tu_repair_group(keeper, group, &everything, result, error) &&
           tu_settle_group(keeper, group, result, error);
}

static gboolean
rebuild_and_settle(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    TuValue everyone = TU_NULL_VALUE;
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    return tu_transaction_begin_write(&txn, keeper->db, error) &&
           tu_build_ask(keeper, group->summaries, &everyone, FALSE, "rebuild", error) &&
           tu_transaction_commit(&txn, error) && settle_and_build(keeper, group, result, error);
}

static gboolean
apply(const World *world, TuDatabase *db, GError **error)
{
    {
        g_auto(Session) session = {0};
        TuInstalled installed;
        if (!session_init(&session, world, db, error) ||
            !tu_install(&session.keeper, FALSE, &installed, error))
            return FALSE;
    }
    return each_group(world, db, settle_and_build, error);
}

/* Capture is off for a while, as after `release`. */
static gboolean
release(const World *world, TuDatabase *db, GError **error)
{
    {
        g_auto(Session) session = {0};
        guint n_tables = 0;
        if (!session_init(&session, world, db, error) ||
            !tu_removal_release(&session.keeper, NULL, &n_tables, error))
            return FALSE;
    }
    return apply(world, db, error);
}

static gboolean
drop_extremes(const World *world, TuDatabase *db, GError **error)
{
    {
        g_auto(Session) session = {0};
        if (!session_init(&session, world, db, error) ||
            !tu_removal_drop(&session.keeper, "extremes", FALSE, error))
            return FALSE;
    }
    return apply(world, db, error);
}

/* Where the one before came to its end, there is nothing to drop. */
static gboolean
drop_all(const World *world, TuDatabase *db, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (!tu_removal_drop_all(db, FALSE, NULL, &local) && !tu_error_is(local, TU_ERROR_CONFIG)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    return apply(world, db, error);
}

static gboolean
verify_and_settle(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    TuRepair everything = {.from = G_MININT32, .to = G_MAXINT32};
    if (!tu_verify_group(keeper, group, &everything, NULL, NULL, result, error))
        return FALSE;
    for (guint i = 0; i < group->keyed->len; i++)
        if (!tu_keyed_verify(keeper, g_ptr_array_index(group->keyed, i), NULL, NULL, result, error))
            return FALSE;
    g_assert_cmpint(result->cells_drifted, ==, 0);
    return tu_settle_group(keeper, group, result, error);
}

static gboolean
verify(const World *world, TuDatabase *db, GError **error)
{
    return each_group(world, db, verify_and_settle, error);
}

static gboolean
settle(const World *world, TuDatabase *db, GError **error)
{
    return each_group(world, db, tu_settle_group, error);
}

static gboolean
repair(const World *world, TuDatabase *db, GError **error)
{
    return each_group(world, db, repair_and_settle, error);
}

static gboolean
rebuild(const World *world, TuDatabase *db, GError **error)
{
    return each_group(world, db, rebuild_and_settle, error);
}

static gboolean
repair_all_keys(TuKeeper *keeper, TuGroup *group, TuResult *result, GError **error)
{
    for (guint i = 0; i < group->keyed->len; i++)
        if (!tu_keyed_repair(keeper, g_ptr_array_index(group->keyed, i), "repair", NULL, NULL,
                             FALSE, result, error))
            return FALSE;
    return tu_settle_group(keeper, group, result, error);
}

static gboolean
repair_keys(const World *world, TuDatabase *db, GError **error)
{
    return each_group(world, db, repair_all_keys, error);
}

static gboolean
run(const World *world, TuDatabase *db, GError **error)
{
    return each_group(world, db, settle_and_build, error);
}

/* ---- what happened before ---- */

/* Changes of every kind: moved in time and between tenants, replaced, emptied, to NULL. */
static const char changes[] =
    "INSERT INTO sale VALUES (101, 1, 1714500000, 'cash', 70, 1.5, 'buyer 9', 'c101'), "
    "(102, 2, 1714500060, NULL, NULL, 0.25, NULL, 'c102'), "
    "(103, 9, 1714500060, 'card', 5, 0.25, NULL, 'c103'), "
    "(104, 1, NULL, 'card', 5, 0.25, NULL, 'c104');"
    "UPDATE sale SET amount = amount + 7 WHERE id % 6 = 0;"
    "UPDATE sale SET shop = 1 + shop % 3, at = at + 90000 WHERE id IN (5, 9);"
    "UPDATE sale SET kind = 'card', buyer = 'x' WHERE id = 12;"
    "UPDATE sale SET amount = NULL WHERE id = 13;"
    "DELETE FROM sale WHERE id IN (1, 2, 18);"
    "INSERT OR REPLACE INTO sale VALUES (7, 3, 1714600000, 'cash', 1, 2.5, 'r', 'c8');";

static const char line_changes[] =
    "UPDATE line SET quantity = quantity + 1 WHERE id % 5 = 0; DELETE FROM line WHERE sale = 6;"
    "INSERT INTO line VALUES (900, 101, 'ink', 3), (901, 12, 'cap', NULL);"
    "UPDATE sale SET at = at + 86400 WHERE id = 16;";

/* A product that comes, one that goes, one that is renamed. */
static const char product_changes[] =
    "INSERT INTO line VALUES (910, 3, 'bag', 2), (911, 4, 'bag', 1); DELETE FROM line WHERE "
    "product = 'ink' AND sale < 9; UPDATE line SET product = 'cap' WHERE product = 'ink';"
    "UPDATE sale SET amount = amount + 5 WHERE id = 3;";

static const char all_listed[] = "UPDATE trueup_keyed SET listing_since = '2024-05-01T00:00:00Z'";

static const char product_damage[] = "UPDATE products SET n = n + 1 WHERE product = 'pen';"
                                     "DELETE FROM products WHERE product = 'ink';"
                                     "INSERT INTO products VALUES ('ghost', 1, 1, 1);";

static const char damage[] =
    "UPDATE sales_day SET total = total + 1, n = n + 2 WHERE tenant = 1;"
    "DELETE FROM sales_hour WHERE tenant = 2 AND rowid % 2 = 0;"
    "INSERT INTO sales_month(tenant, bucket, kind, n, big, total, mean, trueup_rows) "
    "VALUES (3, '1999-01-01', 'ghost', 1, 0, 1, 1.0, 1);";

static const char extreme_damage[] = "UPDATE extremes_day SET most = 1, buyers = 0;"
                                     "DELETE FROM extremes_month WHERE tenant = 2;";

/* All zones stay UTC's, under other names: the truth can be told in SQL. */
static const char tenant_changes[] =
    "UPDATE shop SET tz = 'Etc/UTC' WHERE id = 1; DELETE FROM shop WHERE id = 2;"
    "INSERT INTO shop VALUES (9, 'UTC');";

typedef struct {
    const char *label;
    WorldSummaries summaries;
    gboolean is_applied;   /* before the work */
    const char *before[3]; /* SQL after that */
    gboolean (*work)(const World *world, TuDatabase *db, GError **error);
    gboolean is_true; /* at every moment what is stored and what is pending is the truth */
    FaultManner manner;
} Row;

/* As PostgreSQL settles, and as MariaDB does. */
#define IN_ONE                                                                                     \
    {                                                                                              \
        .applies_at_snapshot = TRUE, .aborts = TRUE, .rows_per_statement = 3                       \
    }
#define BY_LIST                                                                                    \
    {                                                                                              \
        .entries_are_unordered = TRUE, .rows_per_statement = 3                                     \
    }
#define WITH_KEYED (WORLD_SALES | WORLD_PRODUCTS)
#define ALL_SUMMARIES (WORLD_SALES | WORLD_EXTREMES | WORLD_LINES)

static const Row rows[] = {
    {"apply", WORLD_SALES | WORLD_EXTREMES, FALSE, {NULL}, apply, FALSE},
    {"fold", WORLD_SALES, TRUE, {changes}, settle, TRUE},
    {"recompute", WORLD_EXTREMES | WORLD_LINES, TRUE, {changes, line_changes}, settle, TRUE},
    {"repair",
     WORLD_SALES | WORLD_EXTREMES,
     TRUE,
     {damage, extreme_damage, changes},
     repair,
     FALSE},
    {"rebuild",
     WORLD_SALES | WORLD_EXTREMES,
     TRUE,
     {damage, extreme_damage, changes},
     rebuild,
     FALSE},
    {"tenants", WORLD_SALES | WORLD_EXTREMES, TRUE, {changes, tenant_changes}, run, FALSE},
    {"settle_in_one", ALL_SUMMARIES, TRUE, {changes, line_changes}, settle, TRUE, IN_ONE},
    {"repair_in_one",
     WORLD_SALES | WORLD_EXTREMES,
     TRUE,
     {damage, extreme_damage, changes},
     repair,
     FALSE,
     IN_ONE},
    {"settle_by_list", ALL_SUMMARIES, TRUE, {changes, line_changes}, settle, TRUE, BY_LIST},
    {"keyed_apply", WORLD_PRODUCTS, FALSE, {NULL}, apply, FALSE},
    {"keyed_settle", WITH_KEYED, TRUE, {changes, line_changes, product_changes}, settle, TRUE},
    {"keyed_settle_in_one",
     WITH_KEYED,
     TRUE,
     {changes, line_changes, product_changes},
     settle,
     TRUE,
     IN_ONE},
    {"keyed_settle_by_list",
     WITH_KEYED,
     TRUE,
     {changes, line_changes, product_changes},
     settle,
     TRUE,
     BY_LIST},
    {"keyed_list", WITH_KEYED, TRUE, {product_changes, all_listed}, settle, TRUE},
    {"keyed_repair", WITH_KEYED, TRUE, {product_damage, changes}, repair_keys, FALSE},
    {"release", WORLD_SALES, TRUE, {changes}, release, FALSE},
    {"drop_one", WORLD_SALES | WORLD_EXTREMES, TRUE, {changes}, drop_extremes, FALSE},
    {"drop_all", WORLD_PRODUCTS, TRUE, {changes}, drop_all, FALSE},
    {"verify", WITH_KEYED, TRUE, {changes}, verify, TRUE},
};

/* ---- one fault ---- */

typedef struct {
    const Row *row;
    const FaultKind *kind;
} Case;

static void
assert_truth(const World *world, const char *label)
{
    g_autofree char *difference = world_difference(world);
    if (difference != NULL)
        g_error("%s: %s", label, difference);
    gint64 n_drifted = world_verify(world);
    if (n_drifted != 0)
        g_error("%s: verify finds %" G_GINT64_FORMAT " cells", label, n_drifted);
}

static void
work_again(const World *world, const Row *row, const char *label)
{
    g_autoptr(TuDatabase) db = world_open(world);
    g_autoptr(GError) error = NULL;
    world_pass_time(world);
    if (!row->work(world, db, &error))
        g_error("%s, then without a fault: %s", label, error->message);
    assert_truth(world, label);
}

static void
assert_fault(const Case *what, const char *label, gboolean is_ok, const GError *error)
{
    if (is_ok && !what->kind->may_be_lost)
        g_error("%s: nobody heard of it", label);
    if (is_ok)
        return;
    if (error == NULL || error->domain != TU_ERROR || error->message[0] == '\0')
        g_error("%s: failed without an error of ours", label);
    if (!tu_error_is(error, what->kind->code))
        g_error("%s: the error's code is %d: %s", label, error->code, error->message);
}

/* The work with its nth statement failing. FALSE: it has fewer. */
static gboolean
work_with_fault(const World *world, const Case *what, guint nth)
{
    g_autofree char *label =
        g_strdup_printf("%s, statement %u %s", what->row->label, nth, what->kind->label);
    g_autoptr(GError) error = NULL;
    world_restore(world);
    {
        g_autoptr(TuDatabase) db = world_open(world);
        fault_database_set(db, nth, what->kind);
        gboolean is_ok = what->row->work(world, db, &error);
        if (!fault_database_has_failed(db)) {
            if (!is_ok)
                g_error("%s: failed by itself: %s", label, error->message);
            return FALSE;
        }
        assert_fault(what, label, is_ok, error);
        if (fault_database_in_transaction(db))
            g_error("%s: a transaction is left open", label);
    }
    if (what->row->is_true) {
        gint64 n_drifted = world_verify(world);
        if (n_drifted != 0)
            g_error("%s: left behind %" G_GINT64_FORMAT " wrong cells", label, n_drifted);
    }
    work_again(world, what->row, label);
    return TRUE;
}

static void
test_case(gconstpointer data)
{
    const Case *what = data;
    World world;
    world_init(&world, what->row->summaries, &what->row->manner);
    if (what->row->is_applied) {
        g_autoptr(TuDatabase) db = world_open(&world);
        g_autoptr(GError) error = NULL;
        g_assert_true(apply(&world, db, &error));
        assert_truth(&world, "applied");
    }
    for (guint i = 0; i < G_N_ELEMENTS(what->row->before); i++)
        if (what->row->before[i] != NULL)
            world_write(&world, what->row->before[i]);
    world_keep(&world);
    guint nth = 1;
    while (work_with_fault(&world, what, nth))
        nth += what->kind->every;
    assert_truth(&world, "without a fault");
    g_assert_cmpuint(nth, >, 50);
    g_test_message("about %u statements", nth - 1);
    world_clear(&world);
}

int
main(int argc, char **argv)
{
    static Case cases[G_N_ELEMENTS(rows) * G_N_ELEMENTS(kinds)];
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        cases[i] = (Case){&rows[i / G_N_ELEMENTS(kinds)], &kinds[i % G_N_ELEMENTS(kinds)]};
        g_autofree char *path =
            g_strdup_printf("/faults/%s/%s", cases[i].row->label, cases[i].kind->label);
        g_test_add_data_func(path, &cases[i], test_case);
    }
    return g_test_run();
}
