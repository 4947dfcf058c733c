#include "work/pause.h"

#include "work/select.h"

static void
free_pause(gpointer data)
{
    TuPause *pause = data;
    g_free(pause->summary);
    g_free(pause->paused_by);
    g_free(pause);
}

/* '' stands for all, since NULL is no key. */
static TuValue
key_of(const char *summary)
{
    return tu_value_text(summary != NULL ? summary : "");
}

/* Whatever was read before this commit is thrown away by whoever read it. */
static gboolean
move_turns(TuDatabase *db, const char *summary, GError **error)
{
    TuValue key = key_of(summary);
    return summary == NULL
               ? tu_database_execute(db, "UPDATE trueup_group SET turn = turn + 1", error)
               : tu_database_run(db,
                                 "UPDATE trueup_group SET turn = turn + 1 WHERE name IN "
                                 "(SELECT group_name FROM trueup_summary WHERE name = ?1)",
                                 &key, 1, NULL, error);
}

/* When it has committed, nothing is written into the summary any more: who is at work loses its
 * turn. */
gboolean
tu_pause(TuDatabase *db, const char *summary, const char *paused_by, gboolean *ret_is_new,
         GError **error)
{
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    gboolean is_there = FALSE;
    gint64 one = 0;
    TuValue values[] = {key_of(summary), tu_value_text(paused_by)};
    /* The turns first: two who pause at once are one after the other from there on. */
    if (!tu_transaction_begin_write(&txn, db, error) || !move_turns(db, summary, error) ||
        !tu_database_integer(db, "SELECT 1 FROM trueup_pause WHERE summary = ?1", values, 1,
                             &is_there, &one, error))
        return FALSE;
    *ret_is_new = !is_there;
    if (!is_there &&
        !tu_database_run(db, "INSERT INTO trueup_pause(summary, paused_by) VALUES (?1, ?2)", values,
                         G_N_ELEMENTS(values), NULL, error))
        return FALSE;
    return tu_transaction_commit(&txn, error);
}

/* A pause of all and one of a summary are two; each is ended by its own name, and all of them
 * without one. */
gboolean
tu_resume(TuDatabase *db, const char *summary, gint64 *ret_n, GError **error)
{
    TuValue key = key_of(summary);
    return summary == NULL ? tu_database_run(db, "DELETE FROM trueup_pause", NULL, 0, ret_n, error)
                           : tu_database_run(db, "DELETE FROM trueup_pause WHERE summary = ?1",
                                             &key, 1, ret_n, error);
}

static gpointer
pause_of(TuStatement *row)
{
    TuPause *pause = g_new0(TuPause, 1);
    TuValue summary = tu_statement_value(row, 0);
    TuValue at = tu_statement_value(row, 1);
    TuValue by = tu_statement_value(row, 2);
    if (summary.type == TU_TYPE_TEXT && summary.bytes > 0)
        pause->summary = g_strndup(summary.text, summary.bytes);
    if (!tu_value_read_instant(&at, &pause->paused_us))
        pause->paused_us = TU_TIME_BEFORE_ALL;
    if (by.type == TU_TYPE_TEXT)
        pause->paused_by = g_utf8_make_valid(by.text, by.bytes);
    return pause;
}

gboolean
tu_pauses_read(TuDatabase *db, GPtrArray **ret_pauses, GError **error)
{
    return tu_select(db,
                     "SELECT summary, paused_at, paused_by FROM trueup_pause "
                     "ORDER BY paused_at, summary",
                     NULL, 0, pause_of, free_pause, ret_pauses, error);
}

/* That of all counts for each. */
const TuPause *
tu_pauses_find(const GPtrArray *pauses, const char *summary)
{
    for (guint i = 0; i < pauses->len; i++) {
        const TuPause *pause = g_ptr_array_index(pauses, i);
        if (pause->summary == NULL || g_str_equal(pause->summary, summary))
            return pause;
    }
    return NULL;
}
