/*
 * What commands do for keyed summaries: the keys named on the command line, drift as lines and
 * JSON, status, rows.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "cli/command.h"
#include "keep/keyed/keyed.h"

/* ---- --key COL=V[,V|A..B] ---- */

typedef struct TuKeyFilter TuKeyFilter;

/* USAGE if a column or a value is wrong. `arguments` NULL: every key. */
gboolean tu_key_filter_new(TuDatabase *db, const TuKeyedModel *keyed, char *const *arguments,
                           TuKeyFilter **ret_filter, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_key_filter_free(TuKeyFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuKeyFilter, tu_key_filter_free)

/* TRUE if the key is asked for: a TuKeyWanted. */
gboolean tu_key_filter_wants(const TuValue *key, gpointer filter);

/* ---- drift ---- */

/* Adds {summary, table, key, stored, true}. */
void tu_keyed_add_drift(JsonBuilder *json, const TuKeyList *list, const TuKeyRow *row);
/* The same for people. Free with g_free. */
char *tu_keyed_drift_text(const TuKeyList *list, const TuKeyRow *row);

/* ---- query ---- */

/* TRUE if the command line of `query` names a keyed summary; then it is done. */
gboolean tu_keyed_query(const TuContext *context, TuSession *session, const TuKeyedModel *keyed,
                        int argc, char **argv, GError **error) G_GNUC_WARN_UNUSED_RESULT;
