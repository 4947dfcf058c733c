/*
 * The words of an expression: which may be columns, and which make it mean something else tomorrow,
 * or over a change log that has only some of the row.
 */
#include "db/postgres/postgres.h"

#include <string.h>

/* ---- words ---- */

/* Values of the session or the clock, without parentheses. */
static const char *const session_words[] = {
    "current_timestamp", "current_date",    "current_time",   "localtime",
    "localtimestamp",    "current_user",    "session_user",   "user",
    "current_role",      "current_catalog", "current_schema", "system_user",
};

/* Functions of pg_catalog that are stable, and yet another thing in the next transaction. */
static const char *const session_functions[] = {
    "now",
    "statement_timestamp",
    "transaction_timestamp",
    "current_setting",
    "current_database",
    "current_schema",
    "current_schemas",
    "current_user",
    "session_user",
    "current_query",
    "pg_backend_pid",
    "version",
    "inet_client_addr",
    "inet_client_port",
    "inet_server_addr",
    "inet_server_port",
    "pg_postmaster_start_time",
    "pg_conf_load_time",
    "pg_is_in_recovery",
    "txid_current_if_assigned",
    "txid_current_snapshot",
    "pg_current_snapshot",
    "pg_current_xact_id_if_assigned",
    "pg_my_temp_schema",
    "has_table_privilege",
    "has_column_privilege",
    "has_schema_privilege",
    "has_database_privilege",
    "has_function_privilege",
    "pg_has_role",
    "row_security_active",
    "pg_relation_size",
    "pg_total_relation_size",
    "pg_table_size",
    "pg_database_size",
    "to_regclass",
    "to_regtype",
    "to_regproc",
    "obj_description",
    "col_description",
    "query_to_xml",
    "table_to_xml",
    "pg_get_userbyid",
    "pg_column_size",
    "pg_column_compression",
};

static const char *const system_columns[] = {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"};

/* 'now' as a date means the moment at which the statement was read. */
static const char *const clock_texts[] = {"'now'", "'today'", "'tomorrow'", "'yesterday'"};

static gboolean
is_one_of(const char *const *names, guint n, const char *name)
{
    for (guint i = 0; i < n; i++)
        if (g_ascii_strcasecmp(names[i], name) == 0)
            return TRUE;
    return FALSE;
}

/* A walk over the tokens with what stands around each. */
typedef struct {
    TuToken before, token, after;
} Walk;

/* Before the first token stands nothing: a blank, a symbol that nobody asks for. */
static Walk
walk_begin(const char *expression)
{
    TuToken none = {TU_TOKEN_SYMBOL, " ", 1};
    TuToken first = tu_postgres_token(expression);
    Walk walk = {none, first, first};
    if (first.kind < TU_TOKEN_END)
        walk.after = tu_postgres_token(first.start + first.length);
    return walk;
}

static void
walk_on(Walk *walk)
{
    walk->before = walk->token;
    walk->token = walk->after;
    if (walk->token.kind < TU_TOKEN_END)
        walk->after = tu_postgres_token(walk->token.start + walk->token.length);
}

/* The name that a token is, as the database folds it; NULL: it is no name. Free with g_free. */
static char *
name_of(const TuToken *token)
{
    if (token->kind == TU_TOKEN_QUOTED && token->start[0] == '"')
        return tu_token_name(token);
    return token->kind == TU_TOKEN_WORD ? g_ascii_strdown(token->start, (gssize)token->length)
                                        : NULL;
}

/* ---- what it reads ---- */

/* Exactly: a quoted name has its case, an unquoted one was folded. */
static gboolean
has_column(const TuTableInfo *info, const char *name)
{
    const TuColumnInfo *column = tu_table_info_column(info, name);
    return column != NULL && g_str_equal(column->name, name);
}

/* Of any of the tables. */
static gboolean
is_column(const TuProbe *probe, const char *name)
{
    for (guint i = 0; i < probe->n_tables; i++)
        if (has_column(probe->tables[i], name))
            return TRUE;
    return FALSE;
}

/* The table that an alias stands for; NULL: it is none. */
static const TuTableInfo *
table_of(const TuProbe *probe, const char *alias)
{
    for (guint i = 0; i < probe->n_tables; i++)
        if (g_str_equal(probe->aliases[i], alias))
            return probe->tables[i];
    return NULL;
}

void
tu_postgres_find_columns(const TuProbe *probe, GHashTable *columns)
{
    const TuTableInfo *owner = NULL; /* of the name that comes after a dot; NULL: not known */
    for (Walk walk = walk_begin(probe->expression); walk.token.kind < TU_TOKEN_END;
         walk_on(&walk)) {
        g_autofree char *name = name_of(&walk.token);
        gboolean is_member = tu_token_is_symbol(&walk.before, '.');
        gboolean is_alias_here = name != NULL && !is_member &&
                                 tu_token_is_symbol(&walk.after, '.') &&
                                 table_of(probe, name) != NULL;
        for (guint i = 0; name != NULL && !is_alias_here && i < probe->n_tables; i++)
            if (has_column(probe->tables[i], name) &&
                (!is_member || owner == NULL || owner == probe->tables[i]))
                g_hash_table_add(columns, g_strconcat(probe->tables[i]->name, "\n", name, NULL));
        if (name != NULL)
            owner = is_alias_here ? table_of(probe, name) : NULL;
    }
}

/* ---- why it may not be used ---- */

static const char only_row[] = "use only what depends on the row alone";

gboolean
tu_postgres_set_fault(TuInspection *inspection, char *fault, const char *help)
{
    inspection->fault = fault;
    inspection->help = g_strdup(help);
    return TRUE;
}

gboolean
tu_postgres_fault_of_time(const TuProbe *probe, const char *what, TuInspection *inspection)
{
    return tu_postgres_set_fault(
        inspection,
        g_strdup_printf("`%s`: %s gives another answer another time, so cells could "
                        "not be kept exact",
                        probe->expression, what),
        only_row);
}

/* 'now' is the clock where it is made a date: 'now'::date, date 'now', CAST('now' AS date), or
 * beside a column of dates. */
static gboolean
is_clock_text(const TuProbe *probe, const Walk *walk, GHashTable *columns)
{
    static const char *const types[] = {"date",        "time",   "timestamp",
                                        "timestamptz", "timetz", "zone"};
    g_autofree char *text = g_strndup(walk->token.start, walk->token.length);
    g_autofree char *before = name_of(&walk->before);
    if (!is_one_of(clock_texts, G_N_ELEMENTS(clock_texts), text))
        return FALSE;
    if (tu_token_is_symbol(&walk->after, ':') || tu_token_is(&walk->after, "as") ||
        (before != NULL && is_one_of(types, G_N_ELEMENTS(types), before)))
        return TRUE;
    for (guint i = 0; i < probe->n_tables; i++)
        for (guint c = 0; c < probe->tables[i]->columns->len; c++) {
            const TuColumnInfo *column = g_ptr_array_index(probe->tables[i]->columns, c);
            g_autofree char *key = g_strconcat(probe->tables[i]->name, "\n", column->name, NULL);
            if (column->kind >= TU_TYPE_DATE && column->kind <= TU_TYPE_INSTANT &&
                g_hash_table_contains(columns, key))
                return TRUE;
        }
    return FALSE;
}

/* A name that is no column: a row as a whole, a system column, the clock. */
static gboolean
find_fault_of_name(const TuProbe *probe, const Walk *walk, const char *name,
                   TuInspection *inspection)
{
    gboolean is_qualified = tu_token_is_symbol(&walk->before, '.');
    gboolean qualifies = tu_token_is_symbol(&walk->after, '.');
    gboolean is_call = tu_token_is_symbol(&walk->after, '(');
    if (tu_token_is(&walk->token, "select") || tu_token_is(&walk->token, "values"))
        return tu_postgres_set_fault(
            inspection,
            g_strdup_printf("`%s`: a sub-query reads rows that would not be watched",
                            probe->expression),
            "put the table into the source's `join`");
    if (!is_column(probe, name) && is_one_of(system_columns, G_N_ELEMENTS(system_columns), name) &&
        !is_call)
        return tu_postgres_set_fault(
            inspection, g_strdup_printf("`%s`: %s is not the row's own", probe->expression, name),
            "name the primary key's column");
    if (!is_qualified && walk->token.kind == TU_TOKEN_WORD &&
        is_one_of(session_words, G_N_ELEMENTS(session_words), name))
        return tu_postgres_fault_of_time(probe, name, inspection);
    if (!is_qualified && !qualifies && !is_call && table_of(probe, name) != NULL &&
        !is_column(probe, name))
        return tu_postgres_set_fault(
            inspection,
            g_strdup_printf("`%s`: %s is the row as a whole, of which a change log "
                            "has only some columns",
                            probe->expression, name),
            "name the columns");
    return FALSE;
}

/* alias.name must be a column: alias.* is a whole row, and alias.f may be f(alias). */
static gboolean
find_fault_of_member(const TuProbe *probe, const Walk *walk, TuInspection *inspection)
{
    g_autofree char *alias = name_of(&walk->token);
    if (!tu_token_is_symbol(&walk->after, '.') || tu_token_is_symbol(&walk->before, '.') ||
        alias == NULL || table_of(probe, alias) == NULL)
        return FALSE;
    TuToken next = tu_postgres_token(walk->after.start + walk->after.length);
    g_autofree char *name = name_of(&next);
    if (name != NULL && is_column(probe, name))
        return FALSE;
    if (name != NULL && is_one_of(system_columns, G_N_ELEMENTS(system_columns), name))
        return FALSE; /* said in better words when it is met */
    return tu_postgres_set_fault(inspection,
                                 g_strdup_printf("`%s`: %s.%s is no column", probe->expression,
                                                 alias, name != NULL ? name : "*"),
                                 "name the columns");
}

gboolean
tu_postgres_find_fault(const TuProbe *probe, GHashTable *columns, TuInspection *inspection)
{
    for (Walk walk = walk_begin(probe->expression); walk.token.kind < TU_TOKEN_END;
         walk_on(&walk)) {
        g_autofree char *name = name_of(&walk.token);
        if (tu_token_is_symbol(&walk.token, '$') && g_ascii_isdigit(walk.token.start[1]))
            return tu_postgres_set_fault(
                inspection, g_strdup_printf("`%s`: there are no parameters", probe->expression),
                "write the value");
        if (walk.token.kind == TU_TOKEN_STRING && is_clock_text(probe, &walk, columns)) {
            g_autofree char *text = g_strndup(walk.token.start, walk.token.length);
            return tu_postgres_fault_of_time(probe, text, inspection);
        }
        if (name != NULL && (find_fault_of_name(probe, &walk, name, inspection) ||
                             find_fault_of_member(probe, &walk, inspection)))
            return TRUE;
    }
    return FALSE;
}

/* ---- what it calls ---- */

/* How the arguments behind `open`, a "(", go on: TRUE if there is exactly one. */
static gboolean
has_one_argument(const TuToken *open)
{
    int depth = 0;
    for (TuToken token = *open; token.kind < TU_TOKEN_END;
         token = tu_postgres_token(token.start + token.length)) {
        if (depth == 1 && tu_token_is_symbol(&token, ','))
            return FALSE;
        depth += tu_token_is_symbol(&token, '(') - tu_token_is_symbol(&token, ')');
        if (depth == 0)
            break;
    }
    return TRUE;
}

/* {"lower","shop.tax"} as an array's text, of all that is called; a schema's name is left out. */
char *
tu_postgres_called_functions(const TuProbe *probe, const char **ret_session)
{
    GString *names = g_string_new("{");
    for (Walk walk = walk_begin(probe->expression); walk.token.kind < TU_TOKEN_END;
         walk_on(&walk)) {
        g_autofree char *name = name_of(&walk.token);
        if (name == NULL || !tu_token_is_symbol(&walk.after, '('))
            continue;
        for (guint i = 0; i < G_N_ELEMENTS(session_functions); i++)
            if (g_str_equal(session_functions[i], name))
                *ret_session = session_functions[i];
        if (g_str_equal(name, "age") && has_one_argument(&walk.after))
            *ret_session = "age with one argument";
        g_autofree char *escaped = g_strescape(name, NULL);
        g_string_append_printf(names, "%s\"%s\"", names->len > 1 ? "," : "",
                               g_str_is_ascii(name) ? escaped : name);
    }
    g_string_append_c(names, '}');
    return g_string_free(names, FALSE);
}
