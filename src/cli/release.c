/* `trueup release`: the triggers go, and the moment is noted; from then on changes are not seen,
 * until `apply` puts the triggers back and counts anew what may have been missed
 * (keep/install/removal.c). */
#include <stdio.h>

#include "cli/output.h"
#include "cli/work.h"
#include "keep/install/removal.h"

/* How many tables: none if they were released before. */
static int
say_released(const TuContext *context, guint n_tables)
{
    if (context->as_json) {
        g_autoptr(JsonBuilder) builder = json_builder_new();
        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "released");
        json_builder_add_int_value(builder, n_tables);
        json_builder_end_object(builder);
        tu_output_json(builder);
    } else {
        printf("released %u tables: changes are not seen until `trueup apply`, which puts the "
               "triggers back and recomputes\n",
               n_tables);
    }
    return TU_EXIT_DONE;
}

int
tu_command_release(const TuContext *context, int argc, char **argv, GError **error)
{
    g_autofree char *name = NULL;
    const GOptionEntry entries[] = {
        {"source", 0, 0, G_OPTION_ARG_FILENAME, &name, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_auto(TuSession) session = {0};
    const TuSourceModel *source = NULL;
    guint n_tables = 0;
    g_autoptr(GError) local = NULL;
    if (!tu_options_parse_all(entries, &argc, &argv, error))
        return -1;
    if (!tu_session_open(&session, &context->door, TU_OPEN_WRITE, TRUE, &local)) {
        /* A spec that no longer fits must not keep the triggers on: writers may be failing. */
        gboolean may_release_all = name == NULL && session.db != NULL && session.model == NULL &&
                                   tu_error_is(local, TU_ERROR_CONFIG);
        g_autoptr(GError) why = NULL;
        if (may_release_all && tu_removal_release_all(session.db, &n_tables, &why))
            return say_released(context, n_tables);
        if (tu_error_is(why, TU_ERROR_SYSTEM)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return -1;
        }
        g_propagate_error(error, g_steal_pointer(&local));
        return -1;
    }
    for (guint i = 0; i < session.model->sources->len && name != NULL; i++) {
        const TuSourceModel *each = g_ptr_array_index(session.model->sources, i);
        if (g_str_equal(each->spec->name, name))
            source = each;
    }
    if (name != NULL && source == NULL) {
        g_set_error(error, TU_ERROR, TU_ERROR_USAGE, "there is no source %s", name);
        return -1;
    }
    if (!tu_removal_release(&session.keeper, source, &n_tables, error))
        return -1;
    return say_released(context, n_tables);
}
