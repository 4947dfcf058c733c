/*
 * Keyed summaries, resolved against one database.
 *
 *   TuKeyedModel ── dependencies ─▶ TuDependencyModel ── tables ─▶ TuCaptured, and its log
 *        │ table           one row a key: what the query gives
 *        │ state           one row a key: computed when, invalid since when, failed how often
 *        └ view            <table>_state: the state, and what the logs say on top of it
 *
 * A key is *invalid* while its state says so, or while an entry of a log names it.
 */
#pragma once

#include "db/bulk.h"
#include "schema/model.h"
#include "spec/keyed.h"

/* The longest of keys: its columns and what goes with it fit into arrays on the stack. */
typedef struct {
    const TuDependency *spec;
    TuCaptured *captured;
    /* The tables that stand for others in braces, each once. */
    GPtrArray *others;   /* of TuCaptured * */
    guint64 doubled;     /* bit i: others[i] stands there more than once, or is {row}'s own table */
    guint64 twice;       /* bit i: it stands there more than once, beside {row} */
    char *row_alias;     /* what the query calls {row} */
    gboolean tells_time; /* a column more can be selected from it: which row gave a key */
} TuDependencyModel;

static inline gboolean
tu_dependency_is_twice(const TuDependencyModel *dependency, guint i)
{
    return (dependency->twice >> i & 1) != 0;
}

struct TuKeyedModel {
    const TuKeyed *spec;
    TuGroup *group;
    char *table;
    char *state;
    char *view;
    GPtrArray *tables;       /* of TuCaptured *, those of the dependencies, each once */
    GPtrArray *dependencies; /* of TuDependencyModel */
    GPtrArray *values;       /* of char *: value columns, as the query names them */
    GArray *value_types;     /* of TuSqlType */
    gboolean exists;         /* the table */
    char *problem; /* why it cannot be evaluated now: nothing of it is read or written, `values` are
                    * those stored; NULL: it can */
};

/* Resolves one; what is wrong goes into `findings`, or is its problem where the model leaves out
 * what cannot be evaluated. A table that is not there is always a finding. */
gboolean tu_model_add_keyed(TuModel *model, TuDatabase *db, const TuKeyed *spec,
                            GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_keyed_model_free(gpointer keyed);

/* By name; NULL if there is none. */
TuKeyedModel *tu_model_keyed(const TuModel *model, const char *name);

/* Of the tables that it depends on, by name; NULL: it is none. */
TuCaptured *tu_keyed_captured(const TuKeyedModel *keyed, const char *name);

/* ---- keyed_reads.c: what a query for keys reads ---- */

/* Adds the columns that it reads of the tables in braces to those that are logged. */
void tu_dependency_use_columns(const TuKeyedModel *keyed, const TuDependencyModel *dependency);

/* Sets fault and help if its conditions do not find the same among rows and among their images. */
void tu_dependency_inspect(const TuDatabase *db, const TuKeyedModel *keyed,
                           const TuDependencyModel *dependency, TuInspection *inspection);

/* ---- keyed_sql.c: the queries ---- */

/* The key's columns, quoted, with commas between; `alias` (NULL: none) before each. */
void tu_keyed_append_key(GString *sql, const TuKeyedModel *keyed, const char *alias);

guint tu_keyed_key_columns(const TuKeyedModel *keyed);
const TuKeyColumn *tu_keyed_key_column(const TuKeyedModel *keyed, guint i);

/* Which of a dependency's tables a batch bounds: ?1 to ?2, by entry id. */
#define TU_BATCH_OF_ROW (-1)
#define TU_BATCH_NONE (-2)

/* The keys that images name: the key's columns and since when (the oldest entry's time). {row} is
 * the log's images; bit i of `from_images`: so is table i of `others`, else it is its rows.
 * `batch`: the table whose images are bounded: TU_BATCH_OF_ROW, a number in `others` (one that
 * stands there twice has no bounds, and the query no parameters), TU_BATCH_NONE. */
char *tu_keyed_select_named(const TuKeyedModel *keyed, const TuDependencyModel *dependency,
                            const TuDialect *dialect, guint from_images, int batch);

/* The keys that there should be: as the spec asks for them. */
char *tu_keyed_select_keys(const TuKeyedModel *keyed, const TuDialect *dialect);

/* What should be stored for the keys that `keyset` (a SELECT) gives: the key, then the values. */
char *tu_keyed_select_truth(const TuKeyedModel *keyed, const char *keyset);

/* What is stored for them, in the same shape. */
char *tu_keyed_select_stored(const TuKeyedModel *keyed, const char *keyset);

/* Their states: the key, invalid_since, attempts. Keys that were never seen have none. */
char *tu_keyed_select_states(const TuKeyedModel *keyed, const char *keyset);

/* The same queries over no key, for the database to look at; of a dependency with its table for
 * {row}. */
char *tu_keyed_probe_query(const TuKeyedModel *keyed, const TuDialect *dialect);
char *tu_keyed_probe_dependency(const TuKeyedModel *keyed, const TuDependencyModel *dependency);

/* ---- keyed_table.c: what there is in the database ---- */

/* Appends the statements that make the table and the table of states what they should be. */
gboolean tu_keyed_plan_tables(TuDatabase *db, const TuKeyedModel *keyed, GPtrArray *statements,
                              GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text of the view. */
char *tu_keyed_view_sql(TuDatabase *db, const TuKeyedModel *keyed);

/* The statements that make trueup_parked anew, with the keyed summaries of the model in it. */
void tu_keyed_plan_parked(TuDatabase *db, const TuModel *model, GPtrArray *statements);

/* The key's columns as tu_bulk_new wants them. `columns` has room for TU_KEY_MOST_COLUMNS. */
void tu_keyed_bulk_key(const TuKeyedModel *keyed, TuBulkColumn *columns);
