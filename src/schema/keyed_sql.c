/*
 * The queries of a keyed summary, made of the spec's own with what stands for their braces.
 *
 *   WITH trueup_keys(pass, run, trueup_at) AS (
 *      WITH trueup_row AS (the images in the log of {row}'s table),
 *           trueup_images_0 AS (those of another, where they stand for it)
 *      the spec's query)
 *   SELECT pass, run, min(trueup_at) FROM trueup_keys GROUP BY pass, run
 */
#include "schema/keyed.h"

#include <string.h>

#include "db/sql.h"
#include "db/sqlscan.h"

guint
tu_keyed_key_columns(const TuKeyedModel *keyed)
{
    return keyed->spec->key->len;
}

const TuKeyColumn *
tu_keyed_key_column(const TuKeyedModel *keyed, guint i)
{
    return &g_array_index(keyed->spec->key, TuKeyColumn, i);
}

void
tu_keyed_append_key(GString *sql, const TuKeyedModel *keyed, const char *alias)
{
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        tu_sql_append(sql, "%s%s%s%I", i == 0 ? "" : ", ", alias != NULL ? alias : "",
                      alias != NULL ? "." : "", tu_keyed_key_column(keyed, i)->name);
}

static void
append_same_key(GString *sql, const TuKeyedModel *keyed, const char *a, const char *b)
{
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        tu_sql_append(sql, "%s%s.%I = %s.%I", i == 0 ? "" : " AND ", a,
                      tu_keyed_key_column(keyed, i)->name, b, tu_keyed_key_column(keyed, i)->name);
}

static void
append_not_null(GString *sql, const TuKeyedModel *keyed)
{
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        tu_sql_append(sql, "%s%I IS NOT NULL", i == 0 ? "" : " AND ",
                      tu_keyed_key_column(keyed, i)->name);
}

/* Each key once. Keys are told apart by their bytes; a source's column may take 'a' for 'A'. */
static void
append_each_once(GString *sql, const TuKeyedModel *keyed, const TuDialect *dialect)
{
    g_string_append(sql, " GROUP BY ");
    tu_keyed_append_key(sql, keyed, NULL);
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++) {
        const TuKeyColumn *column = tu_keyed_key_column(keyed, i);
        if (column->type != TU_KEY_TEXT)
            continue;
        g_string_append(sql, ", ");
        tu_sql_append(sql, dialect->exact_text, column->name);
    }
}

/* ---- the keys that images name ---- */

typedef struct {
    const TuKeyedModel *keyed;
    const TuDependencyModel *dependency;
    guint from_images;
    gboolean is_probe; /* {row} is the table itself */
} Filling;

static const char *
last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

/* A slot without an alias is called by the table's own name, as a table would be. */
static char *
fill_slot(const char *name, gboolean has_alias, gpointer data)
{
    const Filling *filling = data;
    const TuDependencyModel *dependency = filling->dependency;
    GString *sql = g_string_new(NULL);
    if (g_ascii_strcasecmp(name, "row") == 0) {
        if (filling->is_probe)
            tu_sql_append(sql, has_alias ? "%Q" : "%Q AS trueup_row", dependency->captured->name);
        else
            g_string_append(sql, "trueup_row");
        return g_string_free(sql, FALSE);
    }
    const TuDependency *meant = tu_keyed_dependency(filling->keyed->spec, name);
    for (guint i = 0; i < dependency->others->len; i++) {
        const TuCaptured *other = g_ptr_array_index(dependency->others, i);
        if (g_ascii_strcasecmp(other->name, meant->table) != 0)
            continue;
        if ((filling->from_images & 1u << i) == 0)
            tu_sql_append(sql, "%Q", other->name);
        else if (has_alias)
            tu_sql_append(sql, "trueup_images_%u", i);
        else
            tu_sql_append(sql, "trueup_images_%u AS %I", i, last_part(other->name));
    }
    return g_string_free(sql, FALSE);
}

static void
append_columns(GString *sql, const TuCaptured *captured)
{
    for (guint i = 0; i < captured->columns->len; i++)
        tu_sql_append(sql, "%s%I", i == 0 ? "" : ", ",
                      (const char *)g_ptr_array_index(captured->columns, i));
}

static void
append_images(GString *sql, const TuCaptured *captured, const TuDialect *dialect, const char *more,
              gboolean is_bounded)
{
    g_string_append(sql, "SELECT ");
    append_columns(sql, captured);
    tu_sql_append(sql, "%s FROM %Q WHERE trueup_weight <> 2", more, captured->log);
    if (is_bounded)
        g_string_append_printf(sql, " AND %s >= ?1 AND %s <= ?2", dialect->entry_id,
                               dialect->entry_id);
}

/* Logs have no index to be joined by; behind this the server makes one where it must be told to. */
static void
append_joined_end(GString *sql, const TuDialect *dialect)
{
    g_string_append(sql, dialect->joined_end != NULL ? dialect->joined_end : "");
}

/* A table that stands there and as {row} may be a row in one place and an image in the other. Of
 * one that two braces name, one may be the batch's image and the other an earlier one: it is not
 * bounded. */
static void
append_others(GString *sql, const Filling *filling, const TuDialect *dialect, int batch)
{
    const TuDependencyModel *dependency = filling->dependency;
    for (guint i = 0; i < dependency->others->len; i++) {
        const TuCaptured *other = g_ptr_array_index(dependency->others, i);
        if ((filling->from_images & 1u << i) == 0)
            continue;
        g_string_append_printf(sql, ", trueup_images_%u AS (", i);
        if ((dependency->doubled >> i & 1) != 0) {
            g_string_append(sql, "SELECT ");
            append_columns(sql, other);
            tu_sql_append(sql, " FROM %Q UNION ALL ", other->name);
        }
        gboolean is_bounded = batch == (int)i && !tu_dependency_is_twice(dependency, i);
        append_images(sql, other, dialect, "", is_bounded);
        if (!is_bounded)
            append_joined_end(sql, dialect);
        g_string_append_c(sql, ')');
    }
}

/* The spec's query with a column more, behind the others: when the row's entry was written. */
static char *
with_time(const TuDependencyModel *dependency, const char *query)
{
    int depth = 0;
    TuToken token = tu_sql_token(query);
    for (; token.kind < TU_TOKEN_END; token = tu_sql_token(token.start + token.length)) {
        depth += tu_token_is_symbol(&token, '(') - tu_token_is_symbol(&token, ')');
        if (depth == 0 && tu_token_is(&token, "from"))
            break;
    }
    g_assert(token.kind < TU_TOKEN_END);
    return g_strdup_printf("%.*s, %s.trueup_at %s", (int)(token.start - query), query,
                           dependency->row_alias, token.start);
}

/* Behind the query's own WITH, if it has one: MariaDB does not show what an outer WITH names to the
 * definitions of an inner one. */
static char *
with_first(const char *definitions, const char *query)
{
    TuToken with = tu_sql_token(query);
    if (!tu_token_is(&with, "with"))
        return g_strdup_printf("WITH %s %s", definitions, query);
    TuToken recursive = tu_sql_token(with.start + with.length);
    if (!tu_token_is(&recursive, "recursive"))
        return g_strdup_printf("WITH %s, %s", definitions, with.start + with.length);
    return g_strdup_printf("WITH RECURSIVE %s, %s", definitions,
                           recursive.start + recursive.length);
}

/* The spec's query, with the images that its braces stand for. */
static char *
named_query(const Filling *filling, const TuDialect *dialect, int batch)
{
    const TuDependencyModel *dependency = filling->dependency;
    g_autofree char *query =
        tu_template_fill(dependency->spec->keys, fill_slot, (gpointer)(gsize)filling);
    g_autofree char *timed = dependency->tells_time ? with_time(dependency, query) : NULL;
    g_autoptr(GString) images = g_string_new("trueup_row AS (");
    append_images(images, dependency->captured, dialect, ", trueup_at", batch == TU_BATCH_OF_ROW);
    if (batch >= 0)
        append_joined_end(images, dialect);
    g_string_append_c(images, ')');
    append_others(images, filling, dialect, batch);
    return with_first(images->str, timed != NULL ? timed : query);
}

char *
tu_keyed_select_named(const TuKeyedModel *keyed, const TuDependencyModel *dependency,
                      const TuDialect *dialect, guint from_images, int batch)
{
    Filling filling = {keyed, dependency, from_images, FALSE};
    g_autofree char *query = named_query(&filling, dialect, batch);
    GString *sql = g_string_new("WITH trueup_keys(");
    tu_keyed_append_key(sql, keyed, NULL);
    g_string_append_printf(sql, "%s) AS (%s\n) SELECT ",
                           dependency->tells_time ? ", trueup_at" : "", query);
    tu_keyed_append_key(sql, keyed, NULL);
    if (dependency->tells_time) {
        g_string_append(sql, ", min(trueup_at)");
    } else {
        g_string_append(sql, ", (SELECT min(i.trueup_at) FROM (");
        append_images(sql, dependency->captured, dialect, ", trueup_at", batch == TU_BATCH_OF_ROW);
        g_string_append(sql, ") AS i)");
    }
    g_string_append(sql, " AS trueup_at FROM trueup_keys WHERE ");
    append_not_null(sql, keyed);
    append_each_once(sql, keyed, dialect);
    return g_string_free(sql, FALSE);
}

char *
tu_keyed_probe_dependency(const TuKeyedModel *keyed, const TuDependencyModel *dependency)
{
    Filling filling = {keyed, dependency, 0, TRUE};
    return tu_template_fill(dependency->spec->keys, fill_slot, &filling);
}

/* ---- the keys themselves, and what is theirs ---- */

static char *
fill_keys(const char *name, gboolean has_alias, gpointer data)
{
    return g_strdup("trueup_keys");
}

char *
tu_keyed_select_keys(const TuKeyedModel *keyed, const TuDialect *dialect)
{
    GString *sql = g_string_new("WITH trueup_keys(");
    tu_keyed_append_key(sql, keyed, NULL);
    g_string_append_printf(sql, ") AS (%s\n) SELECT ", keyed->spec->keys->text);
    tu_keyed_append_key(sql, keyed, NULL);
    g_string_append(sql, " FROM trueup_keys WHERE ");
    append_not_null(sql, keyed);
    append_each_once(sql, keyed, dialect);
    return g_string_free(sql, FALSE);
}

static void
append_values(GString *sql, const TuKeyedModel *keyed, const char *alias)
{
    tu_keyed_append_key(sql, keyed, alias);
    for (guint i = 0; i < keyed->values->len; i++)
        tu_sql_append(sql, ", %s.%I", alias, (const char *)g_ptr_array_index(keyed->values, i));
}

char *
tu_keyed_select_truth(const TuKeyedModel *keyed, const char *keyset)
{
    g_autofree char *query = tu_template_fill(keyed->spec->query, fill_keys, NULL);
    g_autofree char *definition = g_strdup_printf("trueup_keys AS (%s)", keyset);
    g_autofree char *whole = with_first(definition, query);
    GString *sql = g_string_new("SELECT ");
    append_values(sql, keyed, "q");
    g_string_append_printf(sql, " FROM (%s\n) AS q", whole);
    return g_string_free(sql, FALSE);
}

char *
tu_keyed_select_stored(const TuKeyedModel *keyed, const char *keyset)
{
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "WITH trueup_keys AS (%s) SELECT ", keyset);
    append_values(sql, keyed, "t");
    tu_sql_append(sql, " FROM trueup_keys AS k JOIN %Q AS t ON ", keyed->table);
    append_same_key(sql, keyed, "t", "k");
    return g_string_free(sql, FALSE);
}

char *
tu_keyed_select_states(const TuKeyedModel *keyed, const char *keyset)
{
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "WITH trueup_keys AS (%s) SELECT ", keyset);
    tu_keyed_append_key(sql, keyed, "s");
    tu_sql_append(sql,
                  ", s.trueup_invalid_since, s.trueup_attempts FROM trueup_keys AS k "
                  "JOIN %Q AS s ON ",
                  keyed->state);
    append_same_key(sql, keyed, "s", "k");
    return g_string_free(sql, FALSE);
}

char *
tu_keyed_probe_query(const TuKeyedModel *keyed, const TuDialect *dialect)
{
    g_autofree char *query = tu_template_fill(keyed->spec->query, fill_keys, NULL);
    g_autoptr(GString) definition = g_string_new("trueup_keys AS (SELECT ");
    for (guint i = 0; i < tu_keyed_key_columns(keyed); i++)
        tu_sql_append(definition, "%sCAST(NULL AS %s) AS %I", i == 0 ? "" : ", ",
                      dialect->key_casts[tu_keyed_key_column(keyed, i)->type],
                      tu_keyed_key_column(keyed, i)->name);
    g_string_append_c(definition, ')');
    return with_first(definition->str, query);
}
