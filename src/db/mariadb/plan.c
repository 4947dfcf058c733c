/*
 * Whether MariaDB would read a query by an index. The plan is asked for as rows: as JSON it is not
 * well-formed while double quotes mark identifiers.
 */
#include "db/mariadb/mariadb.h"

#include <string.h>

#include "db/sqlscan.h"

/* Of EXPLAIN's columns. */
enum {
    PLAN_TABLE = 2,
    PLAN_ACCESS = 3,
    PLAN_POSSIBLE_KEYS = 4,
};

/* A table is gone through where no index could be used; where one could, and the table is small,
 * the optimizer may still read all of it. "<derived2>" is what another row of the plan made. */
static gboolean
take_plan(TuStatement *row, gpointer data)
{
    const char *access = tu_mariadb_text(row, PLAN_ACCESS);
    gboolean reads_all = g_str_equal(access, "ALL") || g_str_equal(access, "index");
    gboolean *uses_index = data;
    if (reads_all && tu_mariadb_text(row, PLAN_POSSIBLE_KEYS)[0] == '\0' &&
        tu_mariadb_text(row, PLAN_TABLE)[0] != '<')
        *uses_index = FALSE;
    return *uses_index;
}

/* Parameters that could be a tenant and a range of instants: texts that grow, which every type of
 * column takes. */
#define PROBE_PARAMETERS 9
static const char *const probe_values[PROBE_PARAMETERS] = {
    "2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04", "2020-01-05",
    "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09",
};

/* The highest number behind a question mark. */
static guint
count_parameters(const char *sql)
{
    guint n = 0;
    for (TuToken token = tu_sql_token(sql); token.kind < TU_TOKEN_END;
         token = tu_sql_token(token.start + token.length))
        if (tu_token_is_symbol(&token, '?') && g_ascii_isdigit(token.start[1]))
            n = MAX(n, (guint)g_ascii_digit_value(token.start[1]));
    return n;
}

gboolean
tu_mariadb_uses_index(TuDatabase *base, const char *sql, gboolean *ret_uses, GError **error)
{
    g_autofree char *explain = g_strconcat("EXPLAIN ", sql, NULL);
    TuValue values[PROBE_PARAMETERS];
    for (guint i = 0; i < PROBE_PARAMETERS; i++)
        values[i] = tu_value_text(probe_values[i]);
    *ret_uses = TRUE;
    return tu_mariadb_each_row((TuMariadb *)base, explain, values, count_parameters(sql), take_plan,
                               ret_uses, error);
}
