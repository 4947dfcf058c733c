#include <stdio.h>

#include "cli/output.h"
#include "cli/work.h"
#include "db/sql.h"
#include "keep/install.h"
#include "schema/source_sql.h"

typedef struct {
    const char *source;
    gint64 rows;
} SourceRows;

/* How many rows a build would read, source by source. */
static gboolean
count_rows(TuSession *session, GArray *counts, GError **error)
{
    for (guint i = 0; i < session->model->sources->len; i++) {
        const TuSourceModel *source = g_ptr_array_index(session->model->sources, i);
        SourceRows count = {source->spec->name, 0};
        gboolean found = FALSE;
        g_autofree char *from = tu_source_from(source);
        g_autofree char *sql = tu_sql_format(
            "SELECT count(*) FROM %s%s%s", from, source->spec->where != NULL ? " WHERE " : "",
            source->spec->where != NULL ? source->spec->where : "");
        if (!tu_database_integer(session->db, sql, NULL, 0, &found, &count.rows, error))
            return FALSE;
        g_array_append_val(counts, count);
    }
    return TRUE;
}

static void
print_json(GPtrArray *statements, GArray *counts)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "statements");
    json_builder_begin_array(builder);
    for (guint i = 0; i < statements->len; i++)
        json_builder_add_string_value(builder, g_ptr_array_index(statements, i));
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "rows");
    json_builder_begin_object(builder);
    for (guint i = 0; i < counts->len; i++) {
        const SourceRows *count = &g_array_index(counts, SourceRows, i);
        json_builder_set_member_name(builder, count->source);
        json_builder_add_int_value(builder, count->rows);
    }
    json_builder_end_object(builder);
    json_builder_end_object(builder);
    tu_output_json(builder);
}

static void
print_text(GPtrArray *statements, GArray *counts, gboolean only_sql)
{
    if (statements->len == 0 && !only_sql)
        printf("-- nothing to create\n");
    for (guint i = 0; i < statements->len; i++)
        printf("%s;\n", (const char *)g_ptr_array_index(statements, i));
    for (guint i = 0; i < counts->len && !only_sql; i++) {
        const SourceRows *count = &g_array_index(counts, SourceRows, i);
        printf("-- building the history reads %" G_GINT64_FORMAT " rows of source %s\n",
               count->rows, count->source);
    }
}

/* Errors among the findings: the plan cannot be carried out. */
static gboolean
say_findings(GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const TuFinding *finding = g_ptr_array_index(findings, i);
        fprintf(stderr, "trueup: %s: %s%s%s\n", finding->where, finding->message,
                finding->help != NULL ? ": " : "", finding->help != NULL ? finding->help : "");
    }
    return tu_findings_have_error(findings);
}

int
tu_command_plan(const TuContext *context, int argc, char **argv, GError **error)
{
    gboolean only_sql = FALSE;
    const GOptionEntry entries[] = {
        {"sql", 0, 0, G_OPTION_ARG_NONE, &only_sql, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    g_auto(TuTransaction) txn = TU_TRANSACTION_INIT;
    g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) findings = tu_findings_new();
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(SourceRows));
    if (!tu_options_parse(entries, &argc, &argv, error) ||
        !tu_session_open(&session, context, TU_OPEN_READ, FALSE, error) ||
        !tu_transaction_begin_read(&txn, session.db, error) ||
        !tu_install_plan(&session.keeper, statements, findings, error) ||
        (!only_sql && !count_rows(&session, counts, error)))
        return -1;
    if (context->as_json)
        print_json(statements, counts);
    else
        print_text(statements, counts, only_sql);
    return say_findings(findings) ? TU_EXIT_USAGE : TU_EXIT_DONE;
}
