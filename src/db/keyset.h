/*
 * Key sets: keys given to a query, as a SELECT that stands in its WITH.
 *
 *   WITH keys AS (SELECT "pass", "run" FROM JSON_TABLE(?1, ...) AS given) ...
 *
 * Where the database has given rows (db/given.h) the text does not say how many there are;
 * elsewhere it is VALUES. Parameters begin with ?1.
 */
#pragma once

#include "db/database.h"

typedef struct TuKeyset TuKeyset;

/* More keys make no query quicker, and one may have so many parameters anywhere. */
#define TU_KEYSET_MOST 1000

/* The key's columns, which have the types of those of the table. */
gboolean tu_keyset_new(TuDatabase *db, const char *table, const char *const *columns,
                       guint n_columns, TuKeyset **ret_keyset,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_keyset_free(TuKeyset *keyset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuKeyset, tu_keyset_free)

/* Adds one key; its bytes must live as long as the set. */
gboolean tu_keyset_add(TuKeyset *keyset, const TuValue *values,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The SELECT of the keys that were added: at least one. Free with g_free. */
char *tu_keyset_select(const TuKeyset *keyset);

/* Its parameters. */
const TuValue *tu_keyset_values(TuKeyset *keyset, guint *ret_n);
