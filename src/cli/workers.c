#include "cli/workers.h"

#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/queue.h"

#define IDLE "settling"

void
tu_workers_print(const GPtrArray *workers)
{
    for (guint i = 0; i < workers->len; i++) {
        const TuPresent *worker = g_ptr_array_index(workers, i);
        g_autofree char *since = tu_queue_instant_text(worker->since_us);
        g_autofree char *line = g_strdup_printf("worker %s since %s: %s", worker->name, since,
                                                worker->doing != NULL ? worker->doing : IDLE);
        g_autofree char *shown = tu_output_harmless(line);
        printf("%s\n", shown);
    }
}

void
tu_workers_add(JsonBuilder *builder, const GPtrArray *workers)
{
    json_builder_set_member_name(builder, "workers");
    json_builder_begin_array(builder);
    for (guint i = 0; i < workers->len; i++) {
        const TuPresent *worker = g_ptr_array_index(workers, i);
        const char *colon = strrchr(worker->name, ':');
        g_autofree char *host = colon != NULL
                                    ? g_strndup(worker->name, (gsize)(colon - worker->name))
                                    : g_strdup(worker->name);
        json_builder_begin_object(builder);
        tu_queue_add_text(builder, "host", host);
        tu_queue_add_integer(builder, "pid",
                             colon != NULL ? g_ascii_strtoll(colon + 1, NULL, 10) : 0);
        tu_queue_add_instant(builder, "since", worker->since_us);
        tu_queue_add_text(builder, "doing", worker->doing != NULL ? worker->doing : IDLE);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}
