/*
 * A spec resolved against a scratch database, and the findings as one text.
 */
#pragma once

#include <string.h>

#include "schema/model.h"
#include "scratch.h"

typedef struct {
    Scratch scratch;
    TuDatabase *db;
    TuSpec *spec;
    GPtrArray *findings;
    TuModel *model; /* NULL: refused, see findings */
} Modelled;

/* `yaml` begins after `database:`. */
static inline TuSpec *
modelled_spec(const char *yaml)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strconcat("database: sqlite:a.db\n", yaml, NULL);
    TuSpec *spec = tu_spec_parse(text, strlen(text), "trueup.yaml", NULL, &error);
    if (spec == NULL)
        g_error("%s", error->message);
    return spec;
}

static inline void
modelled_read(Modelled *modelled)
{
    g_autoptr(GError) error = NULL;
    modelled->findings = tu_findings_new();
    modelled->model = NULL;
    if (!tu_model_new(modelled->spec, modelled->db, modelled->findings, &modelled->model, &error))
        g_error("%s", error->message);
}

static inline void
modelled_init(Modelled *modelled, const char *schema, const char *yaml)
{
    scratch_init(&modelled->scratch, schema);
    modelled->db = scratch_open(&modelled->scratch, TU_OPEN_WRITE);
    modelled->spec = modelled_spec(yaml);
    modelled_read(modelled);
}

/* Reads the database anew: something was made in it. */
static inline void
modelled_again(Modelled *modelled)
{
    tu_model_free(modelled->model);
    g_ptr_array_unref(modelled->findings);
    modelled_read(modelled);
}

/* Another spec over the same database. */
static inline void
modelled_change(Modelled *modelled, const char *yaml)
{
    tu_model_free(g_steal_pointer(&modelled->model));
    tu_spec_free(modelled->spec);
    modelled->spec = modelled_spec(yaml);
    modelled_again(modelled);
}

static inline void
modelled_clear(Modelled *modelled)
{
    tu_model_free(modelled->model);
    g_ptr_array_unref(modelled->findings);
    tu_spec_free(modelled->spec);
    tu_database_close(modelled->db);
    scratch_clear(&modelled->scratch);
}

/* One a line: "error where: message: help". */
static inline char *
findings_text(const GPtrArray *findings)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const TuFinding *finding = g_ptr_array_index(findings, i);
        g_string_append_printf(text, "%s%s %s: %s%s%s", i == 0 ? "" : "\n",
                               finding->is_error ? "error" : "warning", finding->where,
                               finding->message, finding->help != NULL ? ": " : "",
                               finding->help != NULL ? finding->help : "");
    }
    return g_string_free(text, FALSE);
}

static inline void
run_statements(TuDatabase *db, const GPtrArray *statements)
{
    for (guint i = 0; i < statements->len; i++) {
        g_autoptr(GError) error = NULL;
        if (!tu_database_execute(db, g_ptr_array_index(statements, i), &error))
            g_error("%s", error->message);
    }
}
