/*
 * Many rows as one statement: their keys and values are its parameters (PostgreSQL: arrays for
 * unnest; MariaDB: a text for JSON_TABLE). The driver says how rows become a FROM item; the
 * statement around it is put together here from the driver's form.
 *
 *   form "UPDATE @ AS stored SET * FROM # WHERE ="   @ table  # rows  = same keys  * list or SET
 */
#include "db/given.h"

#include <string.h>

#include "db/driver.h"
#include "db/sql.h"

/* More rows, or more bytes, make a statement no quicker; and no server refuses so few bytes. */
#define MOST_ROWS 5000
#define MOST_BYTES (512 * 1024)

struct TuGiven {
    TuDatabase *db;
    TuGivenWork work;
    char *table;
    guint n_columns; /* of the rows */
    guint *columns;  /* where those are among the caller's; of a place nowhere */
    TuValue *values; /* of one row */
    TuGivenRows *rows;
    TuStatement *statement;
};

/* ---- the statement ---- */

/* Rows are grouped by which of their keys are NULL: each group is a statement, since `=` finds no
 * NULL. */
static gboolean
is_null(guint64 nulls, guint index)
{
    return index < 64 && (nulls >> index & 1) != 0;
}

/* What the statement needs of a row: its keys that are no NULL, and for a change the new values. */
static gboolean
is_given(TuGivenWork work, const TuBulkColumn *columns, guint index, guint64 nulls)
{
    gboolean is_key = columns[index].put == TU_PUT_KEY;
    gboolean is_written = work == TU_GIVEN_CHANGE || work == TU_GIVEN_CHANGE_AT;
    return is_key ? work != TU_GIVEN_CHANGE_AT && !is_null(nulls, index)
                  : is_written && columns[index].put == TU_PUT_NEW;
}

/* So written that the index finds it: the driver knows what its index is over. */
static char *
same_keys(const TuDatabase *db, const TuBulkColumn *columns, guint n_columns, guint64 nulls)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < n_columns; i++) {
        if (columns[i].put != TU_PUT_KEY)
            continue;
        g_string_append(sql, sql->len > 0 ? " AND " : "");
        db->driver->given->append_same(sql, columns[i].name, columns[i].type,
                                       columns[i].is_nullable, is_null(nulls, i));
    }
    return g_string_free(sql, FALSE);
}

static char *
same_place(const TuDatabase *db)
{
    const char *place = db->driver->given->place;
    return tu_sql_format("stored.%I = given.%I", place, place);
}

static char *
assignments(const TuDatabase *db, const TuBulkColumn *columns, guint n_columns)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < n_columns; i++)
        if (columns[i].put == TU_PUT_NEW)
            tu_sql_append(sql, "%s%s%I = given.%I", sql->len > 0 ? ", " : "",
                          db->driver->given->target, columns[i].name, columns[i].name);
    return g_string_free(sql, FALSE);
}

char *
tu_given_sql(const TuDatabase *db, TuGivenWork work, const char *table, const char *from,
             const TuBulkColumn *columns, guint n_columns, guint64 nulls, const char *list)
{
    g_autofree char *name = tu_sql_format("%Q", table);
    g_autofree char *same =
        work == TU_GIVEN_CHANGE_AT ? same_place(db) : same_keys(db, columns, n_columns, nulls);
    g_autofree char *assigned = list != NULL ? g_strdup(list) : assignments(db, columns, n_columns);
    GString *sql = g_string_new(NULL);
    for (const char *form = db->driver->given->forms[work]; *form != '\0'; form++) {
        switch (*form) {
        case '@':
            g_string_append(sql, name);
            break;
        case '#':
            g_string_append(sql, from);
            break;
        case '=':
            g_string_append(sql, same);
            break;
        case '*':
            g_string_append(sql, assigned);
            break;
        default:
            g_string_append_c(sql, *form);
        }
    }
    return g_string_free(sql, FALSE);
}

/* ---- life ---- */

/* Rows NULL: some type cannot be given so, and the caller takes the rows one by one. */
static gboolean
start(TuGiven *given, const TuBulkColumn *columns, guint n_columns, guint64 nulls, const char *list,
      GError **error)
{
    const TuGivenDriver *driver = given->db->driver->given;
    g_autofree const char **names = g_new(const char *, n_columns + 1);
    given->columns = g_new(guint, n_columns + 1);
    given->values = g_new(TuValue, n_columns + 1);
    if (given->work == TU_GIVEN_CHANGE_AT)
        names[given->n_columns++] = driver->place;
    for (guint i = 0; i < n_columns; i++)
        if (is_given(given->work, columns, i, nulls)) {
            names[given->n_columns] = columns[i].name;
            given->columns[given->n_columns++] = i;
        }
    if (!driver->open(given->db, given->table, names, given->n_columns, &given->rows, error))
        return FALSE;
    if (given->rows == NULL)
        return TRUE;
    g_autofree char *sql = tu_given_sql(given->db, given->work, given->table, given->rows->from,
                                        columns, n_columns, nulls, list);
    return tu_database_prepare(given->db, sql, &given->statement, error);
}

gboolean
tu_given_new(TuDatabase *db, TuGivenWork work, const char *table, const TuBulkColumn *columns,
             guint n_columns, guint64 nulls, const char *list, TuGiven **ret_given, GError **error)
{
    *ret_given = NULL;
    if (db->driver->given == NULL)
        return TRUE;
    g_autoptr(TuGiven) given = g_new0(TuGiven, 1);
    given->db = db;
    given->work = work;
    given->table = g_strdup(table);
    if (!start(given, columns, n_columns, nulls, list, error))
        return FALSE;
    if (given->rows != NULL)
        *ret_given = g_steal_pointer(&given);
    return TRUE;
}

void
tu_given_free(TuGiven *given)
{
    if (given == NULL)
        return;
    tu_statement_free(given->statement);
    if (given->rows != NULL)
        given->db->driver->given->close(given->rows);
    g_free(given->values);
    g_free(given->columns);
    g_free(given->table);
    g_free(given);
}

/* ---- rows ---- */

/* Picks the columns that are given out of the caller's row. */
static gboolean
add(TuGiven *given, guint first, const TuValue *values, GError **error)
{
    for (guint i = first; i < given->n_columns; i++)
        given->values[i] = values[given->columns[i]];
    return given->db->driver->given->add(given->rows, given->values, error);
}

gboolean
tu_given_add(TuGiven *given, const TuValue *values, GError **error)
{
    return add(given, 0, values, error);
}

char *
tu_given_place(const TuDatabase *db, const char *table)
{
    const TuGivenDriver *driver = db->driver->given;
    if (driver == NULL || driver->place == NULL)
        return NULL;
    GString *sql = g_string_new(NULL);
    driver->append_place(sql, table);
    return g_string_free(sql, FALSE);
}

gboolean
tu_given_add_at(TuGiven *given, gint64 place, const TuValue *values, GError **error)
{
    g_assert(given->work == TU_GIVEN_CHANGE_AT);
    given->values[0] = tu_value_integer(place);
    return add(given, 1, values, error);
}

gboolean
tu_given_is_full(const TuGiven *given)
{
    return given->rows->n >= MOST_ROWS || given->rows->bytes >= MOST_BYTES;
}

/* Binds what was added, executes, and asks whether it was taken as it is. */
static gboolean
execute(TuGiven *given, gboolean *ret_has_row, GError **error)
{
    const TuGivenDriver *driver = given->db->driver->given;
    guint n = 0;
    const TuValue *values = driver->values(given->rows, &n);
    return tu_statement_bind(given->statement, values, n, error) &&
           tu_statement_step(given->statement, ret_has_row, error) &&
           (driver->check == NULL || driver->check(given->rows, error));
}

/* The values point into the result, so each row is visited before the next step. */
gboolean
tu_given_each(TuGiven *given, TuGivenVisit visit, gpointer data, GError **error)
{
    gboolean has_row = FALSE;
    if (given->rows->n == 0)
        return TRUE;
    if (!execute(given, &has_row, error))
        return FALSE;
    guint n_columns = tu_statement_columns(given->statement);
    g_autofree TuValue *row = g_new(TuValue, n_columns);
    while (has_row) {
        for (guint i = 0; i < n_columns; i++)
            row[i] = tu_statement_value(given->statement, i);
        if (!visit(row, data, error) || !tu_statement_step(given->statement, &has_row, error))
            return FALSE;
    }
    given->db->driver->given->clear(given->rows);
    return TRUE;
}

/* Every row that is changed was read before, under the same turn: whoever removed it was not
 * trueup. */
static gboolean
all_were_there(const TuGiven *given, GError **error)
{
    gint64 n = tu_statement_changes(given->statement);
    gboolean changes = given->work == TU_GIVEN_CHANGE || given->work == TU_GIVEN_CHANGE_AT;
    if (!changes || n == given->rows->n)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_BUSY,
                "%u rows of %s were to be changed and %" G_GINT64_FORMAT
                " were there: somebody else writes into it",
                given->rows->n, given->table, n);
    return FALSE;
}

/* Rows are forgotten only after all of them were there: a failed turn is done again from the
 * start. */
gboolean
tu_given_run(TuGiven *given, GError **error)
{
    gboolean has_row = FALSE;
    if (given->rows->n == 0)
        return TRUE;
    if (!execute(given, &has_row, error) || !all_were_there(given, error))
        return FALSE;
    given->db->driver->given->clear(given->rows);
    return TRUE;
}
