#include "db/keyset.h"

#include "db/driver.h"
#include "db/sql.h"

struct TuKeyset {
    TuDatabase *db;
    char **columns;
    guint n_columns;
    TuGivenRows *given; /* NULL: the database has none, and `values` are the parameters */
    GArray *values;     /* of TuValue */
};

gboolean
tu_keyset_new(TuDatabase *db, const char *table, const char *const *columns, guint n_columns,
              TuKeyset **ret_keyset, GError **error)
{
    g_autoptr(TuKeyset) keyset = g_new0(TuKeyset, 1);
    keyset->db = db;
    keyset->n_columns = n_columns;
    keyset->columns = g_new0(char *, n_columns + 1);
    keyset->values = g_array_new(FALSE, FALSE, sizeof(TuValue));
    for (guint i = 0; i < n_columns; i++)
        keyset->columns[i] = g_strdup(columns[i]);
    if (db->driver->given != NULL &&
        !db->driver->given->open(db, table, columns, n_columns, &keyset->given, error))
        return FALSE;
    if (db->driver->given != NULL && keyset->given == NULL) {
        g_set_error(error, TU_ERROR, TU_ERROR_CONFIG,
                    "a key column of table %s has a type that "
                    "keys cannot be given in",
                    table);
        return FALSE;
    }
    *ret_keyset = g_steal_pointer(&keyset);
    return TRUE;
}

void
tu_keyset_free(TuKeyset *keyset)
{
    if (keyset == NULL)
        return;
    if (keyset->given != NULL)
        keyset->db->driver->given->close(keyset->given);
    g_strfreev(keyset->columns);
    g_array_unref(keyset->values);
    g_free(keyset);
}

gboolean
tu_keyset_add(TuKeyset *keyset, const TuValue *values, GError **error)
{
    if (keyset->given != NULL)
        return keyset->db->driver->given->add(keyset->given, values, error);
    g_array_append_vals(keyset->values, values, keyset->n_columns);
    return TRUE;
}

/* VALUES name their columns column1, column2, ... where no row is given. */
static void
append_values(GString *sql, const TuKeyset *keyset)
{
    for (guint i = 0; i < keyset->n_columns; i++)
        tu_sql_append(sql, "%scolumn%u AS %I", i == 0 ? "" : ", ", i + 1, keyset->columns[i]);
    g_string_append(sql, " FROM (VALUES ");
    for (guint at = 0; at < keyset->values->len; at += keyset->n_columns) {
        g_string_append(sql, at == 0 ? "(" : ", (");
        tu_sql_append_parameters(sql, at + 1, keyset->n_columns);
        g_string_append_c(sql, ')');
    }
    g_string_append(sql, ") AS given");
}

char *
tu_keyset_select(const TuKeyset *keyset)
{
    GString *sql = g_string_new("SELECT ");
    if (keyset->given == NULL) {
        append_values(sql, keyset);
        return g_string_free(sql, FALSE);
    }
    for (guint i = 0; i < keyset->n_columns; i++)
        tu_sql_append(sql, "%sgiven.%I", i == 0 ? "" : ", ", keyset->columns[i]);
    g_string_append_printf(sql, " FROM %s", keyset->given->from);
    return g_string_free(sql, FALSE);
}

const TuValue *
tu_keyset_values(TuKeyset *keyset, guint *ret_n)
{
    if (keyset->given != NULL)
        return keyset->db->driver->given->values(keyset->given, ret_n);
    *ret_n = keyset->values->len;
    return (const TuValue *)(gpointer)keyset->values->data;
}
