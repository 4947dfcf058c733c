#include "keep/build/moments.h"

#include "keep/rows.h"

static const char update_sql[] = "UPDATE trueup_moment SET at = ?3 WHERE kind = ?1 AND name = ?2";
static const char insert_sql[] = "INSERT INTO trueup_moment(kind, name, at) VALUES (?1, ?2, ?3)";
static const char delete_sql[] = "DELETE FROM trueup_moment WHERE kind = ?1 AND name = ?2";

static gboolean
take_instant(const TuValue *row, gpointer data, GError **error)
{
    (void)tu_value_read_instant(&row[0], data);
    return TRUE;
}

gboolean
tu_moment_read(TuDatabase *db, const char *kind, const char *name, gint64 *ret_at_us,
               GError **error)
{
    TuValue values[] = {tu_value_text(kind), tu_value_text(name)};
    return tu_rows_each(db, "SELECT at FROM trueup_moment WHERE kind = ?1 AND name = ?2", values,
                        G_N_ELEMENTS(values), FALSE, take_instant, ret_at_us, error);
}

void
tu_moment_add(TuChanges *changes, const char *kind, const char *name, gint64 at_us)
{
    TuValue values[] = {tu_value_text(kind), tu_value_text(name),
                        tu_value_time(TU_TYPE_INSTANT, at_us)};
    tu_changes_add(changes, delete_sql, values, 2);
    tu_changes_add(changes, insert_sql, values, G_N_ELEMENTS(values));
}

gboolean
tu_moment_write(TuDatabase *db, const char *kind, const char *name, gint64 at_us, GError **error)
{
    TuValue values[] = {tu_value_text(kind), tu_value_text(name),
                        tu_value_time(TU_TYPE_INSTANT, at_us)};
    gint64 n = 0;
    return tu_database_run(db, update_sql, values, G_N_ELEMENTS(values), &n, error) &&
           (n > 0 || tu_database_run(db, insert_sql, values, G_N_ELEMENTS(values), NULL, error));
}
