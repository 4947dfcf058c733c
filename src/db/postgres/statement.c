/*
 * Statements. A text is sent with its values in one round trip; what is bound again in the same
 * transaction is prepared first, and deallocated with the transaction's end.
 *
 * Results come in binary. A SELECT is described once, so that columns of types whose binary form
 * this driver does not know (an enum, inet, what an extension brought) are asked for as their text.
 */
#include "db/postgres/postgres.h"

#include <stdlib.h>
#include <string.h>

#include "db/portable.h"

/* SELECTs that are remembered with their columns; then all are forgotten. */
#define SHAPES_LIMIT 500

/* Brackets are subscripts here; elsewhere they quote a name. */
TuToken
tu_postgres_token(const char *text)
{
    TuToken token = tu_sql_token(text);
    if (token.kind != TU_TOKEN_END && token.start[0] == '[')
        return (TuToken){TU_TOKEN_SYMBOL, token.start, 1};
    return token;
}

/* ---- the shape of a SELECT ---- */

void
tu_postgres_shape_free(gpointer data)
{
    TuPostgresShape *shape = data;
    if (shape == NULL)
        return;
    g_free(shape->types);
    g_free(shape->parameters);
    g_free(shape->sql);
    g_free(shape);
}

/* SELECT "c1", <text of "c2"> FROM (sql) AS s("c1", "c2"): the type's own output, by format. */
static char *
readable_sql(const TuPostgresShape *shape, const char *sql)
{
    GString *text = g_string_new("SELECT ");
    for (guint i = 0; i < shape->n_columns; i++) {
        g_string_append(text, i == 0 ? "" : ", ");
        if (tu_postgres_decoder(shape->types[i]) != NULL)
            g_string_append_printf(text, "c%u", i);
        else
            g_string_append_printf(text,
                                   "CASE WHEN c%u IS DISTINCT FROM NULL THEN "
                                   "pg_catalog.format('%%s', c%u) END",
                                   i, i);
    }
    g_string_append_printf(text, " FROM (%s\n) AS trueup_rows(", sql);
    for (guint i = 0; i < shape->n_columns; i++)
        g_string_append_printf(text, "%sc%u", i == 0 ? "" : ", ", i);
    g_string_append_c(text, ')');
    return g_string_free(text, FALSE);
}

/* The types that are kept are those of the result: what is asked for as text is text. */
static TuPostgresShape *
shape_new(const PGresult *described, const char *sql)
{
    TuPostgresShape *shape = g_new0(TuPostgresShape, 1);
    gboolean is_readable = TRUE;
    shape->n_columns = (guint)PQnfields(described);
    shape->n_parameters = (guint)PQnparams(described);
    shape->types = g_new(Oid, shape->n_columns);
    shape->parameters = g_new(Oid, shape->n_parameters);
    for (guint i = 0; i < shape->n_columns; i++) {
        shape->types[i] = PQftype(described, (int)i);
        is_readable = is_readable && tu_postgres_decoder(shape->types[i]) != NULL;
    }
    for (guint i = 0; i < shape->n_parameters; i++)
        shape->parameters[i] = PQparamtype(described, (int)i);
    shape->sql = is_readable ? g_strdup(sql) : readable_sql(shape, sql);
    for (guint i = 0; i < shape->n_columns; i++)
        if (tu_postgres_decoder(shape->types[i]) == NULL)
            shape->types[i] = TU_OID_TEXT;
    return shape;
}

/* Takes results up to the end of the pipeline; keeps what the description gave. */
static gboolean
take_description(TuPostgres *db, const char *sql, PGresult **ret_result, GError **error)
{
    gboolean has_failed = FALSE;
    for (gboolean is_end = FALSE; !is_end;) {
        if (!tu_postgres_wait(db, has_failed ? NULL : error))
            return FALSE;
        g_autoptr(PGresult) result = PQgetResult(db->connection);
        ExecStatusType status = PQresultStatus(result);
        is_end = status == PGRES_PIPELINE_SYNC;
        if (result != NULL && status == PGRES_FATAL_ERROR && !has_failed) {
            tu_postgres_set_error(db, result, sql, error);
            has_failed = TRUE;
        } else if (result != NULL && status == PGRES_COMMAND_OK) {
            PQclear(*ret_result);
            *ret_result = g_steal_pointer(&result);
        } else if (PQstatus(db->connection) != CONNECTION_OK) {
            return FALSE;
        }
    }
    return !has_failed;
}

/* Parse and Describe in one pipeline. The unnamed statement is gone with the next one, so nothing
 * has to be deallocated. */
TuPostgresShape *
tu_postgres_shape_read(TuPostgres *db, const char *sql, GError **error)
{
    g_autoptr(PGresult) described = NULL;
    if (PQenterPipelineMode(db->connection) == 0 ||
        PQsendPrepare(db->connection, "", sql, 0, NULL) == 0 ||
        PQsendDescribePrepared(db->connection, "") == 0 || PQpipelineSync(db->connection) == 0) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return NULL;
    }
    gboolean is_good = take_description(db, sql, &described, error);
    (void)PQexitPipelineMode(db->connection);
    if (!is_good && error != NULL && *error == NULL)
        tu_postgres_set_error(db, NULL, NULL, error);
    return is_good ? shape_new(described, sql) : NULL;
}

/* Remembered by text for the life of the connection; what the result says is checked each time. */
static const TuPostgresShape *
shape_of(TuPostgresStatement *statement, GError **error)
{
    TuPostgres *db = statement->db;
    TuPostgresShape *shape = g_hash_table_lookup(db->shapes, statement->sql);
    if (shape != NULL)
        return shape;
    shape = tu_postgres_shape_read(db, statement->sql, error);
    if (shape == NULL)
        return NULL;
    if (g_hash_table_size(db->shapes) >= SHAPES_LIMIT)
        g_hash_table_remove_all(db->shapes);
    g_hash_table_insert(db->shapes, g_strdup(statement->sql), shape);
    return shape;
}

/* ---- life ---- */

/* What begins so has rows and may be described as a sub-query. */
static gboolean
is_select(const char *sql)
{
    static const char *const words[] = {"SELECT", "WITH", "VALUES", "TABLE"};
    TuToken first = tu_postgres_token(sql);
    while (tu_token_is_symbol(&first, '('))
        first = tu_postgres_token(first.start + first.length);
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (tu_token_is(&first, words[i]))
            return TRUE;
    return FALSE;
}

/* Nothing is sent: what is wrong with the text is said when it runs. */
gboolean
tu_postgres_prepare(TuDatabase *base, const char *sql, gboolean is_scan,
                    TuStatement **ret_statement, GError **error)
{
    guint n = 0;
    TuPostgresStatement *statement = g_new0(TuPostgresStatement, 1);
    statement->base.driver = base->driver;
    statement->db = (TuPostgres *)base;
    statement->sql = tu_sql_portable(sql, TU_PARAMETERS_DOLLAR, NULL, &n, NULL);
    statement->is_scan = is_scan;
    statement->is_select = is_select(statement->sql);
    statement->bytes = g_byte_array_new();
    *ret_statement = &statement->base;
    return TRUE;
}

/* A statement that is run again may have other columns. */
static void
clear_columns(TuPostgresStatement *statement)
{
    for (guint i = 0; i < statement->n_columns; i++)
        g_string_free(statement->scratch[i], TRUE);
    g_clear_pointer(&statement->scratch, g_free);
    g_clear_pointer(&statement->decode, g_free);
    statement->n_columns = 0;
}

void
tu_postgres_statement_free(TuStatement *base)
{
    TuPostgresStatement *statement = (TuPostgresStatement *)base;
    tu_postgres_scan_stop(statement);
    clear_columns(statement);
    PQclear(statement->result);
    g_byte_array_unref(statement->bytes);
    g_free(statement->offsets);
    g_free(statement->lengths);
    g_free(statement->formats);
    g_free(statement->name);
    g_free(statement->sql);
    g_free(statement);
}

/* A decoder a column; `scratch` is where one that builds its value leaves it until the next row. */
gboolean
tu_postgres_set_columns(TuPostgresStatement *statement, guint n, const Oid *types, GError **error)
{
    clear_columns(statement);
    statement->n_columns = n;
    statement->decode = g_new0(TuPostgresDecode, n);
    statement->scratch = g_new0(GString *, n);
    for (guint i = 0; i < n; i++) {
        statement->decode[i] = tu_postgres_decoder(types[i]);
        statement->scratch[i] = g_string_new(NULL);
    }
    for (guint i = 0; i < n; i++)
        if (statement->decode[i] == NULL) {
            g_set_error(error, TU_ERROR, TU_ERROR_DATABASE,
                        "postgresql: column %u is of a type that cannot be read here (%u), in: %s",
                        i + 1, types[i], statement->sql);
            return FALSE;
        }
    return TRUE;
}

/* ---- values ---- */

/* Texts, whose types the server infers; a blob as it is. */
gboolean
tu_postgres_bind(TuStatement *base, const TuValue *values, guint n, GError **error)
{
    TuPostgresStatement *statement = (TuPostgresStatement *)base;
    g_autoptr(GString) text = g_string_new(NULL);
    tu_postgres_scan_stop(statement);
    g_byte_array_set_size(statement->bytes, 0);
    statement->offsets = g_renew(gssize, statement->offsets, n);
    statement->lengths = g_renew(int, statement->lengths, n);
    statement->formats = g_renew(int, statement->formats, n);
    statement->n_values = n;
    for (guint i = 0; i < n; i++) {
        const TuValue *value = &values[i];
        gboolean is_blob = value->type == TU_TYPE_BLOB;
        if (!tu_postgres_check_text(value, error))
            return FALSE;
        g_string_truncate(text, 0);
        if (is_blob || value->type == TU_TYPE_TEXT)
            g_string_append_len(text, value->text, value->bytes);
        else if (value->type != TU_TYPE_NULL)
            tu_postgres_append_text(text, value);
        statement->offsets[i] = value->type == TU_TYPE_NULL ? -1 : (gssize)statement->bytes->len;
        statement->lengths[i] = (int)text->len;
        statement->formats[i] = is_blob;
        g_byte_array_append(statement->bytes, (const guint8 *)text->str, (guint)text->len + 1);
    }
    statement->is_bound = TRUE;
    return TRUE;
}

/* Offsets, not pointers, were kept: the bytes moved while they grew. */
static const char **
parameters_of(const TuPostgresStatement *statement)
{
    const char **values = g_new(const char *, statement->n_values + 1);
    for (guint i = 0; i < statement->n_values; i++)
        values[i] = statement->offsets[i] < 0
                        ? NULL
                        : (const char *)statement->bytes->data + statement->offsets[i];
    return values;
}

/* ---- running ---- */

/* A name that nobody else has on a server that a pooler shares out. */
static gboolean
prepare_named(TuPostgresStatement *statement, const char *sql, GError **error)
{
    TuPostgres *db = statement->db;
    g_free(statement->name);
    statement->name = g_strdup_printf("trueup_%08x_%" G_GUINT64_FORMAT, db->token, ++db->n_names);
    if (PQsendPrepare(db->connection, statement->name, sql, 0, NULL) == 0) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return FALSE;
    }
    g_autoptr(PGresult) result = tu_postgres_finish(db, sql, error);
    if (result == NULL)
        return FALSE;
    g_string_append_printf(db->deallocate, "DEALLOCATE %s; ", statement->name);
    statement->prepared_in = db->n_transactions;
    return TRUE;
}

/* The first time in a transaction as text and values at once; from the second time on prepared,
 * which saves the server reading and planning it. */
static PGresult *
send(TuPostgresStatement *statement, const char *sql, gboolean may_prepare, GError **error)
{
    TuPostgres *db = statement->db;
    g_autofree const char **values = parameters_of(statement);
    int n = (int)statement->n_values;
    gboolean is_again = statement->bound_in == db->n_transactions;
    statement->bound_in = db->n_transactions;
    if (may_prepare && is_again && statement->prepared_in != db->n_transactions &&
        !prepare_named(statement, sql, error))
        return NULL;
    gboolean is_sent = statement->prepared_in == db->n_transactions
                           ? PQsendQueryPrepared(db->connection, statement->name, n, values,
                                                 statement->lengths, statement->formats, 1)
                           : PQsendQueryParams(db->connection, sql, n, NULL, values,
                                               statement->lengths, statement->formats, 1);
    if (!is_sent) {
        tu_postgres_set_error(db, NULL, NULL, error);
        return NULL;
    }
    return tu_postgres_finish(db, statement->sql, error);
}

/* A table may have been altered since its query was described. */
static gboolean
is_of_shape(const PGresult *result, const TuPostgresShape *shape)
{
    if ((guint)PQnfields(result) != shape->n_columns)
        return FALSE;
    for (guint i = 0; i < shape->n_columns; i++)
        if (PQftype(result, (int)i) != shape->types[i])
            return FALSE;
    return TRUE;
}

/* What was remembered of a SELECT holds until its tables are altered; then it is asked for anew, as
 * BUSY: the caller begins again. */
static gboolean
take_columns(TuPostgresStatement *statement, const TuPostgresShape *shape, GError **error)
{
    guint n = (guint)PQnfields(statement->result);
    g_autofree Oid *types = g_new(Oid, n);
    for (guint i = 0; i < n; i++)
        types[i] = PQftype(statement->result, (int)i);
    if (shape == NULL || is_of_shape(statement->result, shape))
        return tu_postgres_set_columns(statement, n, types, error);
    g_hash_table_remove(statement->db->shapes, statement->sql);
    g_set_error(error, TU_ERROR, TU_ERROR_BUSY, "postgresql: a table was altered meanwhile: %s",
                statement->sql);
    return FALSE;
}

/* A SELECT runs in the form that its shape gave it; all else as it is written. */
static gboolean
run_in_transaction(TuPostgresStatement *statement, gboolean may_prepare, GError **error)
{
    const TuPostgresShape *shape = NULL;
    if (statement->is_select && (shape = shape_of(statement, error)) == NULL)
        return FALSE;
    g_clear_pointer(&statement->result, PQclear);
    statement->result =
        send(statement, shape != NULL ? shape->sql : statement->sql, may_prepare, error);
    return statement->result != NULL && take_columns(statement, shape, error);
}

/* The whole result is fetched, so that other statements may run while its rows are looked at. */
static gboolean
run(TuPostgresStatement *statement, GError **error)
{
    gboolean is_own = FALSE;
    statement->is_bound = FALSE;
    statement->row = -1;
    if (!tu_postgres_wrap(statement->db, &is_own, error))
        return FALSE;
    gboolean is_good = run_in_transaction(statement, !is_own, error);
    if (!tu_postgres_unwrap(statement->db, is_own, is_good, error)) {
        g_clear_pointer(&statement->result, PQclear);
        return FALSE;
    }
    statement->changes =
        statement->is_select ? 0 : g_ascii_strtoll(PQcmdTuples(statement->result), NULL, 10);
    return TRUE;
}

/* The first step runs it. Stepping behind the last row runs nothing: only binding begins anew. */
gboolean
tu_postgres_step(TuStatement *base, gboolean *ret_has_row, GError **error)
{
    TuPostgresStatement *statement = (TuPostgresStatement *)base;
    if (statement->is_scan)
        return tu_postgres_scan_step(statement, ret_has_row, error);
    if ((statement->is_bound || statement->result == NULL) && !run(statement, error))
        return FALSE;
    statement->row++;
    *ret_has_row = statement->row < PQntuples(statement->result);
    return TRUE;
}

/* It points into the result or the column's scratch, until the next step. */
TuValue
tu_postgres_value(TuStatement *base, guint column)
{
    TuPostgresStatement *statement = (TuPostgresStatement *)base;
    if (statement->is_scan)
        return tu_postgres_scan_value(statement, column);
    int row = statement->row;
    int at = (int)column;
    g_assert(column < statement->n_columns);
    if (PQgetisnull(statement->result, row, at))
        return TU_NULL_VALUE;
    return statement->decode[column](PQgetvalue(statement->result, row, at),
                                     (guint)PQgetlength(statement->result, row, at),
                                     statement->scratch[column]);
}

guint
tu_postgres_columns(const TuStatement *base)
{
    return ((const TuPostgresStatement *)base)->n_columns;
}

gint64
tu_postgres_changes(const TuStatement *base)
{
    return ((const TuPostgresStatement *)base)->changes;
}
