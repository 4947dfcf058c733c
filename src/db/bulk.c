#include "db/bulk.h"

#include <string.h>

#include "db/driver.h"
#include "db/given.h"
#include "db/sql.h"

/* The most parameters that a statement may have anywhere is 65,535 (both servers). */
#define PARAMETERS_LIMIT 60000

/* The most rows that one DELETE names: more make no server faster. */
#define REMOVED_AT_ONCE 50

/* So few that are there are changed one by one: given rows would have types to be asked for. */
#define CHANGED_ONE_BY_ONE 8

/* Given rows whose keys are NULL in the same columns: one statement is for those. */
typedef struct {
    guint64 nulls;
    TuGiven *given; /* NULL: they cannot be given */
} Alike;

/* In place of a number of rows. */
#define CHANGES_ONE 0

struct TuBulk {
    TuDatabase *db;
    char *table;
    TuBulkColumn *columns;
    guint n_columns;
    TuBulkRows rows;
    guint most_rows; /* of one statement */
    guint n_rows;    /* waiting */
    TuValue *values; /* of those */
    GStringChunk *bytes;
    TuStatement *statement; /* the last one; NULL: none */
    guint statement_rows;   /* CHANGES_ONE: it is the UPDATE of one row */
    guint64 statement_nulls;
    gboolean are_many; /* they go by copy, or given */
    gpointer copy;     /* under way; NULL: none */
    GArray *alike;     /* of Alike */
};

/* ---- the INSERT ---- */

static void
append_conflict(GString *sql, const TuDatabase *db, const TuBulkColumn *columns, guint n)
{
    const TuDialect *dialect = tu_database_dialect(db);
    g_string_append_printf(sql, " %s", dialect->conflict);
    if (!dialect->conflict_names_key)
        return;
    g_autoptr(GString) key = g_string_new(NULL);
    for (guint i = 0; i < n; i++)
        if (columns[i].put == TU_PUT_KEY)
            tu_database_append_key(db, key, columns[i].name, columns[i].type,
                                   columns[i].is_nullable);
    g_string_append_printf(sql, "(%s) DO UPDATE SET", key->str);
}

static void
append_assignments(GString *sql, const char *table, const TuDialect *dialect,
                   const TuBulkColumn *columns, guint n)
{
    const char *glue = " ";
    const char *dot = strrchr(table, '.');
    for (guint i = 0; i < n; i++) {
        g_autofree char *column = tu_sql_format("%I", columns[i].name);
        g_autoptr(GString) given = g_string_new(dialect->given);
        g_string_replace(given, "%s", column, 0);
        if (columns[i].put == TU_PUT_NEW)
            g_string_append_printf(sql, "%s%s = %s", glue, column, given->str);
        else if (columns[i].put == TU_PUT_IF_GIVEN)
            tu_sql_append(sql, "%s%s = coalesce(%s, %I.%s)", glue, column, given->str,
                          dot != NULL ? dot + 1 : table, column);
        else if (columns[i].put == TU_PUT_IF_NULL)
            tu_sql_append(sql, "%s%s = coalesce(%I.%s, %s)", glue, column,
                          dot != NULL ? dot + 1 : table, column, given->str);
        else
            continue;
        glue = ", ";
    }
}

char *
tu_bulk_sql(const TuDatabase *db, const char *table, const TuBulkColumn *columns, guint n_columns,
            TuBulkRows rows, guint n_rows)
{
    GString *sql = g_string_new(NULL);
    tu_sql_append(sql, "INSERT INTO %Q(", table);
    for (guint i = 0; i < n_columns; i++)
        tu_sql_append(sql, "%s%I", i == 0 ? "" : ", ", columns[i].name);
    g_string_append(sql, ") VALUES ");
    for (guint row = 0; row < n_rows; row++) {
        g_string_append(sql, row == 0 ? "(" : ", (");
        tu_sql_append_parameters(sql, row * n_columns + 1, n_columns);
        g_string_append_c(sql, ')');
    }
    gboolean is_new = rows == TU_BULK_NEW || rows == TU_BULK_ADDED;
    if (is_new && !tu_database_dialect(db)->conflict_names_key)
        return g_string_free(sql, FALSE);
    append_conflict(sql, db, columns, n_columns);
    append_assignments(sql, table, tu_database_dialect(db), columns, n_columns);
    return g_string_free(sql, FALSE);
}

/* ---- the DELETE ---- */

guint64
tu_bulk_nulls(const TuBulkColumn *columns, guint n_columns, const TuValue *values)
{
    guint64 nulls = 0;
    for (guint i = 0; i < n_columns; i++)
        if (columns[i].put == TU_PUT_KEY && values[i].type == TU_TYPE_NULL)
            nulls |= G_GUINT64_CONSTANT(1) << i;
    return nulls;
}

void
tu_bulk_append_key_equals(GString *sql, const TuDatabase *db, const TuBulkColumn *columns,
                          guint n_columns, guint64 nulls, guint *next)
{
    const char *glue = "";
    for (guint i = 0; i < n_columns; i++) {
        if (columns[i].put != TU_PUT_KEY)
            continue;
        gboolean is_null = (nulls >> i & 1) != 0;
        guint number = is_null ? 0 : (*next)++;
        g_string_append(sql, glue);
        glue = " AND ";
        /* Rows of others may be NULL where ours never are. */
        gboolean has_form =
            db->driver->append_equals != NULL && (!is_null || columns[i].is_nullable);
        if (has_form)
            db->driver->append_equals(sql, columns[i].name, number, columns[i].type,
                                      columns[i].is_nullable);
        else if (is_null)
            tu_sql_append(sql, "%I IS NULL", columns[i].name);
        else
            tu_sql_append(sql, "%I = ?%u", columns[i].name, number);
    }
}

char *
tu_bulk_delete_sql(const TuDatabase *db, const char *table, const TuBulkColumn *columns,
                   guint n_columns, guint64 nulls, guint n_rows)
{
    GString *sql = g_string_new(NULL);
    guint next = 1;
    tu_sql_append(sql, "DELETE FROM %Q WHERE ", table);
    for (guint i = 0; i < n_rows; i++) {
        g_string_append(sql, i == 0 ? "(" : ") OR (");
        tu_bulk_append_key_equals(sql, db, columns, n_columns, nulls, &next);
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

/* ---- the UPDATE of one row ---- */

/* The new values first, then the key. */
char *
tu_bulk_change_sql(const TuDatabase *db, const char *table, const TuBulkColumn *columns,
                   guint n_columns, guint64 nulls)
{
    GString *sql = g_string_new(NULL);
    guint next = 1;
    tu_sql_append(sql, "UPDATE %Q SET ", table);
    for (guint i = 0; i < n_columns; i++)
        if (columns[i].put == TU_PUT_NEW) {
            tu_sql_append(sql, "%s%I = ?%u", next > 1 ? ", " : "", columns[i].name, next);
            next++;
        }
    g_string_append(sql, " WHERE ");
    tu_bulk_append_key_equals(sql, db, columns, n_columns, nulls, &next);
    return g_string_free(sql, FALSE);
}

/* ---- life ---- */

static void
alike_clear(gpointer data)
{
    tu_given_free(((Alike *)data)->given);
}

TuBulk *
tu_bulk_new(TuDatabase *db, const char *table, const TuBulkColumn *columns, guint n_columns,
            TuBulkRows rows)
{
    TuBulk *bulk = g_new0(TuBulk, 1);
    guint most = MAX(tu_database_dialect(db)->rows_per_statement, 1);
    bulk->db = db;
    bulk->table = g_strdup(table);
    bulk->columns = g_memdup2(columns, n_columns * sizeof *columns);
    bulk->n_columns = n_columns;
    bulk->rows = rows;
    bulk->most_rows = CLAMP(PARAMETERS_LIMIT / MAX(n_columns, 1), 1,
                            rows == TU_BULK_GONE ? MIN(most, REMOVED_AT_ONCE) : most);
    bulk->values = g_new(TuValue, (gsize)bulk->most_rows * n_columns);
    bulk->bytes = g_string_chunk_new(4096);
    bulk->alike = g_array_new(FALSE, FALSE, sizeof(Alike));
    g_array_set_clear_func(bulk->alike, alike_clear);
    return bulk;
}

void
tu_bulk_free(TuBulk *bulk)
{
    if (bulk == NULL)
        return;
    if (bulk->copy != NULL && !bulk->db->driver->copy_end(bulk->copy, FALSE, NULL))
        bulk->copy = NULL;
    tu_statement_free(bulk->statement);
    g_array_unref(bulk->alike);
    g_string_chunk_free(bulk->bytes);
    g_free(bulk->values);
    g_free(bulk->columns);
    g_free(bulk->table);
    g_free(bulk);
}

/* ---- few rows ---- */

static char *
sql_for(const TuBulk *bulk, guint n_rows, guint64 nulls)
{
    if (bulk->rows == TU_BULK_GONE)
        return tu_bulk_delete_sql(bulk->db, bulk->table, bulk->columns, bulk->n_columns, nulls,
                                  n_rows);
    if (n_rows == CHANGES_ONE)
        return tu_bulk_change_sql(bulk->db, bulk->table, bulk->columns, bulk->n_columns, nulls);
    return tu_bulk_sql(bulk->db, bulk->table, bulk->columns, bulk->n_columns, bulk->rows, n_rows);
}

static gboolean
prepare(TuBulk *bulk, guint n_rows, guint64 nulls, GError **error)
{
    if (bulk->statement != NULL && bulk->statement_rows == n_rows && bulk->statement_nulls == nulls)
        return TRUE;
    g_autofree char *sql = sql_for(bulk, n_rows, nulls);
    g_clear_pointer(&bulk->statement, tu_statement_free);
    bulk->statement_rows = n_rows;
    bulk->statement_nulls = nulls;
    return tu_database_prepare(bulk->db, sql, &bulk->statement, error);
}

static gboolean
insert(TuBulk *bulk, const TuValue *values, guint n_rows, GError **error)
{
    gboolean has_row = FALSE;
    return prepare(bulk, n_rows, 0, error) &&
           tu_statement_bind(bulk->statement, values, n_rows * bulk->n_columns, error) &&
           tu_statement_step(bulk->statement, &has_row, error);
}

static guint64
nulls_of(const TuBulk *bulk, const TuValue *values)
{
    return tu_bulk_nulls(bulk->columns, bulk->n_columns, values);
}

/* Rows whose keys are NULL in the same columns. */
static gboolean
delete_alike(TuBulk *bulk, const TuValue *values, guint n_rows, guint64 nulls, GError **error)
{
    g_autofree TuValue *parameters = g_new(TuValue, (gsize)n_rows * bulk->n_columns);
    gboolean has_row = FALSE;
    guint n = 0;
    for (guint row = 0; row < n_rows; row++)
        for (guint i = 0; i < bulk->n_columns; i++) {
            const TuValue *value = &values[(gsize)row * bulk->n_columns + i];
            if (bulk->columns[i].put == TU_PUT_KEY && value->type != TU_TYPE_NULL)
                parameters[n++] = *value;
        }
    return prepare(bulk, n_rows, nulls, error) &&
           tu_statement_bind(bulk->statement, parameters, n, error) &&
           tu_statement_step(bulk->statement, &has_row, error);
}

static gboolean
delete_rows(TuBulk *bulk, const TuValue *values, guint n_rows, GError **error)
{
    for (guint first = 0; first < n_rows;) {
        const TuValue *row = values + (gsize)first * bulk->n_columns;
        guint64 nulls = nulls_of(bulk, row);
        guint n = 1;
        while (first + n < n_rows && nulls_of(bulk, row + (gsize)n * bulk->n_columns) == nulls)
            n++;
        if (!delete_alike(bulk, row, n, nulls, error))
            return FALSE;
        first += n;
    }
    return TRUE;
}

static gboolean
write_few(TuBulk *bulk, const TuValue *values, guint n_rows, GError **error)
{
    return bulk->rows == TU_BULK_GONE ? delete_rows(bulk, values, n_rows, error)
                                      : insert(bulk, values, n_rows, error);
}

/* ---- many rows ---- */

static gboolean
copy_row(TuBulk *bulk, const TuValue *values, GError **error)
{
    const TuDriver *driver = bulk->db->driver;
    if (bulk->copy == NULL) {
        g_autofree const char **names = g_new(const char *, bulk->n_columns);
        for (guint i = 0; i < bulk->n_columns; i++)
            names[i] = bulk->columns[i].name;
        if (!driver->copy_begin(bulk->db, bulk->table, names, bulk->n_columns, &bulk->copy, error))
            return FALSE;
    }
    return driver->copy_row(bulk->copy, values, error);
}

/* The given rows that the row belongs to; NULL in *ret_given: it cannot be given. */
static gboolean
find_alike(TuBulk *bulk, const TuValue *values, TuGiven **ret_given, GError **error)
{
    Alike alike = {nulls_of(bulk, values), NULL};
    TuGivenWork work = bulk->rows == TU_BULK_GONE ? TU_GIVEN_REMOVE : TU_GIVEN_CHANGE;
    for (guint i = 0; i < bulk->alike->len; i++) {
        const Alike *known = &g_array_index(bulk->alike, Alike, i);
        *ret_given = known->given;
        if (known->nulls == alike.nulls)
            return TRUE;
    }
    if (!tu_given_new(bulk->db, work, bulk->table, bulk->columns, bulk->n_columns, alike.nulls,
                      NULL, &alike.given, error))
        return FALSE;
    g_array_append_val(bulk->alike, alike);
    *ret_given = alike.given;
    return TRUE;
}

/* Where a column that cannot be given is NULL the row can, and the next one perhaps not. */
static gboolean
give_row(TuBulk *bulk, const TuValue *values, GError **error)
{
    TuGiven *given = NULL;
    if (!find_alike(bulk, values, &given, error))
        return FALSE;
    if (given == NULL)
        return write_few(bulk, values, 1, error);
    return tu_given_add(given, values, error) &&
           (!tu_given_is_full(given) || tu_given_run(given, error));
}

static gboolean
write_one_of_many(TuBulk *bulk, const TuValue *values, GError **error)
{
    return bulk->rows == TU_BULK_NEW ? copy_row(bulk, values, error)
                                     : give_row(bulk, values, error);
}

/* Whether there is another way for many than for few. */
static gboolean
can_be_many(const TuBulk *bulk)
{
    const TuDriver *driver = bulk->db->driver;
    switch (bulk->rows) {
    case TU_BULK_NEW:
        return driver->copy_begin != NULL;
    case TU_BULK_ANY:
    case TU_BULK_ADDED:
        return FALSE;
    case TU_BULK_KNOWN:
    case TU_BULK_GONE:
        return driver->given != NULL;
    }
    g_assert_not_reached();
}

/* The rows that wait are the first of many, unless they cannot be given. */
static gboolean
begin_many(TuBulk *bulk, GError **error)
{
    TuGiven *given = NULL;
    bulk->are_many = can_be_many(bulk) && bulk->rows == TU_BULK_NEW;
    if (!can_be_many(bulk) || bulk->are_many)
        return TRUE;
    if (!find_alike(bulk, bulk->values, &given, error))
        return FALSE;
    bulk->are_many = given != NULL;
    return TRUE;
}

static gboolean
end_many(TuBulk *bulk, GError **error)
{
    gpointer copy = g_steal_pointer(&bulk->copy);
    bulk->are_many = FALSE;
    if (copy != NULL && !bulk->db->driver->copy_end(copy, TRUE, error))
        return FALSE;
    for (guint i = 0; i < bulk->alike->len; i++) {
        TuGiven *given = g_array_index(bulk->alike, Alike, i).given;
        if (given != NULL && !tu_given_run(given, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- rows ---- */

/* What waits, as the first of many or in one statement. */
static gboolean
write_waiting(TuBulk *bulk, GError **error)
{
    guint n = bulk->n_rows;
    gboolean is_ok = TRUE;
    bulk->n_rows = 0;
    if (!bulk->are_many)
        is_ok = n == 0 || write_few(bulk, bulk->values, n, error);
    for (guint i = 0; bulk->are_many && is_ok && i < n; i++)
        is_ok = write_one_of_many(bulk, bulk->values + (gsize)i * bulk->n_columns, error);
    g_string_chunk_clear(bulk->bytes);
    return is_ok;
}

gboolean
tu_bulk_add(TuBulk *bulk, const TuValue *values, GError **error)
{
    if (bulk->are_many)
        return write_one_of_many(bulk, values, error);
    if (bulk->most_rows == 1 && !can_be_many(bulk))
        return write_few(bulk, values, 1, error);
    TuValue *row = bulk->values + (gsize)bulk->n_rows++ * bulk->n_columns;
    for (guint i = 0; i < bulk->n_columns; i++) {
        row[i] = values[i];
        if (tu_value_has_bytes(&values[i]))
            row[i].text = g_string_chunk_insert_len(bulk->bytes, values[i].text, values[i].bytes);
    }
    if (bulk->n_rows < bulk->most_rows)
        return TRUE;
    return begin_many(bulk, error) && write_waiting(bulk, error);
}

/* Where an upsert cannot name the key it goes by, any unique index would do, and a row of another
 * key would be written over: what is there is changed by its key, however few there are. */
static gboolean
may_hit_others(const TuBulk *bulk)
{
    return bulk->rows == TU_BULK_KNOWN && can_be_many(bulk) &&
           !tu_database_dialect(bulk->db)->conflict_names_key;
}

/* A text that the unique index has by its bytes may, to the column, equal other rows' texts. */
static gboolean
finds_one_row(const TuBulkColumn *column)
{
    gboolean is_by_bytes =
        column->is_nullable || (column->type != NULL && column->type->is_unbounded);
    return column->put != TU_PUT_KEY || !is_by_bytes ||
           (column->type != NULL && column->type->kind != TU_TYPE_TEXT);
}

static gboolean
may_change_one_by_one(const TuBulk *bulk)
{
    for (guint i = 0; i < bulk->n_columns; i++)
        if (!finds_one_row(&bulk->columns[i]))
            return FALSE;
    return bulk->n_rows <= CHANGED_ONE_BY_ONE;
}

/* *ret_is_there FALSE: no row was found by the values as they are. */
static gboolean
change_one(TuBulk *bulk, const TuValue *values, gboolean *ret_is_there, GError **error)
{
    g_autofree TuValue *parameters = g_new(TuValue, bulk->n_columns);
    gboolean has_row = FALSE;
    guint n = 0;
    for (guint i = 0; i < bulk->n_columns; i++)
        if (bulk->columns[i].put == TU_PUT_NEW)
            parameters[n++] = values[i];
    for (guint i = 0; i < bulk->n_columns; i++)
        if (bulk->columns[i].put == TU_PUT_KEY && values[i].type != TU_TYPE_NULL)
            parameters[n++] = values[i];
    if (!prepare(bulk, CHANGES_ONE, nulls_of(bulk, values), error) ||
        !tu_statement_bind(bulk->statement, parameters, n, error) ||
        !tu_statement_step(bulk->statement, &has_row, error))
        return FALSE;
    *ret_is_there = tu_statement_changes(bulk->statement) == 1;
    return TRUE;
}

/* What is not found so is given, with the type of its column (a FLOAT 0.1 is no DOUBLE 0.1). */
static gboolean
change_few(TuBulk *bulk, GError **error)
{
    gboolean is_ok = TRUE;
    for (guint i = 0; is_ok && i < bulk->n_rows; i++) {
        const TuValue *row = bulk->values + (gsize)i * bulk->n_columns;
        gboolean is_there = FALSE;
        is_ok = change_one(bulk, row, &is_there, error) && (is_there || give_row(bulk, row, error));
    }
    bulk->n_rows = 0;
    g_string_chunk_clear(bulk->bytes);
    return is_ok && end_many(bulk, error);
}

gboolean
tu_bulk_finish(TuBulk *bulk, GError **error)
{
    if (bulk->n_rows > 0 && may_hit_others(bulk)) {
        if (may_change_one_by_one(bulk))
            return change_few(bulk, error);
        if (!begin_many(bulk, error))
            return FALSE;
    }
    return write_waiting(bulk, error) && (!bulk->are_many || end_many(bulk, error));
}
