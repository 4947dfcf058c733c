/* Rows of a SELECT: the same ones in the same order, one by one or many at a time, up to an
 * error. */
#include "keep/rows.h"
#include "scratch.h"
#include <string.h>

static const char schema[] =
    "CREATE TABLE t(i INTEGER PRIMARY KEY, x TEXT);"
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
    "INSERT INTO t SELECT i, CASE i % 1500 WHEN 7 THEN hex(zeroblob(200000)) ELSE 'text ' || i END "
    "FROM n;";

typedef struct {
    gint64 n;
    gint64 fails_at; /* -1: never */
} Seen;

static gboolean
see(const TuValue *row, gpointer data, GError **error)
{
    Seen *seen = data;
    if (seen->n == seen->fails_at) {
        g_set_error_literal(error, TU_ERROR, TU_ERROR_LIMIT, "enough");
        return FALSE;
    }
    g_assert_cmpint(row[0].integer, ==, seen->n);
    g_autofree char *text = g_strdup_printf("text %" G_GINT64_FORMAT, seen->n);
    if (seen->n % 1500 == 7)
        g_assert_cmpuint(row[1].bytes, ==, 400000);
    else
        g_assert_cmpmem(row[1].text, row[1].bytes, text, (int)strlen(text));
    seen->n++;
    return TRUE;
}

static gboolean
see_many(const TuRows *rows, gpointer data, GError **error)
{
    g_assert_cmpuint(rows->n, >, 0);
    g_assert_cmpuint(rows->n_columns, ==, 2);
    for (guint i = 0; i < rows->n; i++)
        if (!see(tu_rows_at(rows, i), data, error))
            return FALSE;
    return TRUE;
}

/* `way`: 0 row by row, 1 a large one row by row, 2 many at a time. */
static gboolean
read_all(TuDatabase *db, const char *sql, int way, Seen *seen, GError **error)
{
    return way == 2 ? tu_rows_scan(db, sql, NULL, 0, see_many, seen, error)
                    : tu_rows_each(db, sql, NULL, 0, way == 1, see, seen, error);
}

static void
test_ways(void)
{
    static const struct {
        const char *sql;
        gint64 fails_at;
        gint64 n;
        int code; /* -1: no error */
    } rows[] = {
        {"SELECT i, x FROM t ORDER BY i", -1, 10000, -1},
        {"SELECT i, x FROM t WHERE i < 1024 ORDER BY i", -1, 1024, -1},
        {"SELECT i, x FROM t WHERE i < 0", -1, 0, -1},
        {"SELECT i, x FROM t ORDER BY i", 0, 0, TU_ERROR_LIMIT},
        {"SELECT i, x FROM t ORDER BY i", 5432, 5432, TU_ERROR_LIMIT},
        {"SELECT CASE i WHEN 5000 THEN abs(-9223372036854775807 - 1) ELSE i END, x FROM t ORDER BY "
         "i",
         -1, 5000, TU_ERROR_DATABASE},
        {"SELECT i FROM nowhere", -1, 0, TU_ERROR_DATABASE},
    };
    Scratch scratch;
    scratch_init(&scratch, schema);
    TuDatabase *db = scratch_open(&scratch, TU_OPEN_READ);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        for (int way = 0; way < 3; way++) {
            g_autoptr(GError) error = NULL;
            Seen seen = {0, rows[i].fails_at};
            gboolean is_read = read_all(db, rows[i].sql, way, &seen, &error);
            g_test_message("row %u, way %d", i, way);
            g_assert_true(is_read == (rows[i].code < 0));
            if (rows[i].code >= 0)
                g_assert_error(error, TU_ERROR, rows[i].code);
            /* A reading thread's last batch goes with its error. */
            if (rows[i].code == TU_ERROR_DATABASE && way > 0)
                g_assert_cmpint(seen.n, <=, rows[i].n);
            else
                g_assert_cmpint(seen.n, ==, rows[i].n);
        }
    tu_database_close(db);
    scratch_clear(&scratch);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rows/ways", test_ways);
    return g_test_run();
}
