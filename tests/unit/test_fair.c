/* Fairness: whose job is next, for as long as there are any. */
#include "work/fair.h"

/* One job that waits. */
typedef struct {
    gint64 id;
    const char *kind, *tenant;
} Waiting;

typedef struct {
    const char *label;
    Waiting waiting[8];
    const gint64 order[8]; /* in which they are taken */
} Row;

static const Row rows[] = {
    {"one lane: oldest first",
     {{3, "repair", "jfk"}, {1, "repair", "jfk"}, {2, "repair", "jfk"}},
     {1, 2, 3}},
    {"tenants take turns",
     {{1, "repair", "jfk"},
      {2, "repair", "jfk"},
      {3, "repair", "jfk"},
      {4, "repair", "lhr"},
      {5, "repair", "lhr"},
      {6, "repair", "txl"}},
     {1, 4, 6, 2, 5, 3}},
    {"kinds take turns",
     {{1, "rebuild", NULL}, {2, "rebuild", NULL}, {3, "repair", NULL}},
     {1, 3, 2}},
    {"everybody is a lane, and so is an empty name",
     {{1, "rebuild", NULL}, {2, "rebuild", NULL}, {3, "rebuild", "jfk"}},
     {1, 3, 2}},
    {"of lanes never served the one with the oldest job",
     {{9, "repair", "jfk"}, {4, "repair", "lhr"}},
     {4, 9}},
    {"nothing", {{0}}, {0}},
};

static TuJob *
job_of(const Waiting *waiting)
{
    TuJob *job = g_new0(TuJob, 1);
    job->id = waiting->id;
    job->kind = g_strdup(waiting->kind);
    job->tenant = g_strdup(waiting->tenant);
    return job;
}

static void
free_job(gpointer job)
{
    tu_job_free(job);
}

static void
serve(GHashTable *served, const TuJob *job, gint64 moment)
{
    g_hash_table_insert(served, tu_fair_lane(job), g_memdup2(&moment, sizeof moment));
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(GPtrArray) waiting = g_ptr_array_new_with_free_func(free_job);
    g_autoptr(GHashTable) served = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < G_N_ELEMENTS(row->waiting) && row->waiting[i].id != 0; i++)
        g_ptr_array_add(waiting, job_of(&row->waiting[i]));
    guint n = waiting->len;
    for (guint i = 0; i < n; i++) {
        TuJob *next = tu_fair_next(waiting, served);
        g_assert_nonnull(next);
        g_assert_cmpint(next->id, ==, row->order[i]);
        serve(served, next, i + 1);
        g_assert_true(g_ptr_array_remove(waiting, next));
    }
    g_assert_null(tu_fair_next(waiting, served));
}

/* A rebuild that is put back after each piece, against tenants who never stop asking: everybody
 * gets every other turn at the latest. */
static void
test_endless(void)
{
    g_autoptr(GPtrArray) waiting = g_ptr_array_new_with_free_func(free_job);
    g_autoptr(GHashTable) served = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const Waiting rebuild = {1, "rebuild", NULL};
    guint of_rebuild = 0;
    gint64 next_id = 2;
    g_ptr_array_add(waiting, job_of(&rebuild));
    for (gint64 turn = 1; turn <= 300; turn++) {
        for (guint tenant = 0; tenant < 2; tenant++) {
            const Waiting more = {next_id++, "repair", tenant == 0 ? "jfk" : "lhr"};
            g_ptr_array_add(waiting, job_of(&more));
        }
        TuJob *next = tu_fair_next(waiting, served);
        serve(served, next, turn);
        of_rebuild += next->id == rebuild.id;
        if (next->id != rebuild.id)
            g_assert_true(g_ptr_array_remove(waiting, next));
    }
    g_assert_cmpuint(of_rebuild, ==, 100);
}

static void
test_problems(void)
{
    static const struct {
        const char *kind;
        TuDate from, to;
        const char *problem; /* how it begins; NULL: none */
    } kinds[] = {
        {"rebuild", G_MININT32, G_MAXINT32, NULL},
        {"repair", 10, 10, NULL},
        {"backfill", 10, G_MAXINT32, NULL},
        {"repair", 11, 10, "range_to lies before"},
        {"rebuild", 10, G_MAXINT32, "a rebuild is of the whole history"},
        {"REBUILD", G_MININT32, G_MAXINT32, "there is no work of kind REBUILD"},
        {"", G_MININT32, G_MAXINT32, "there is no work of kind"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *kind = g_strdup(kinds[i].kind);
        const TuJob job = {.kind = kind, .from = kinds[i].from, .to = kinds[i].to};
        g_autofree char *problem = tu_job_problem(&job);
        if (kinds[i].problem == NULL)
            g_assert_null(problem);
        else
            g_assert_true(problem != NULL && g_str_has_prefix(problem, kinds[i].problem));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/fair/%s", rows[i].label);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/fair/an endless stream", test_endless);
    g_test_add_func("/jobs/problems", test_problems);
    return g_test_run();
}
