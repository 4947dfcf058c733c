#include "schema/model.h"

#include <string.h>

#include "spec/keyed.h"

static void
finding_free(gpointer data)
{
    TuFinding *finding = data;
    g_free(finding->where);
    g_free(finding->message);
    g_free(finding->help);
    g_free(finding);
}

GPtrArray *
tu_findings_new(void)
{
    return g_ptr_array_new_with_free_func(finding_free);
}

void
tu_finding_add(GPtrArray *findings, gboolean is_error, const char *where, char *message, char *help)
{
    TuFinding *finding = g_new0(TuFinding, 1);
    finding->is_error = is_error;
    finding->where = g_strdup(where);
    finding->message = message;
    finding->help = help;
    g_ptr_array_add(findings, finding);
}

gboolean
tu_findings_have_error(GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++)
        if (((const TuFinding *)g_ptr_array_index(findings, i))->is_error)
            return TRUE;
    return FALSE;
}

gboolean
tu_findings_forbid_work(GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const TuFinding *finding = g_ptr_array_index(findings, i);
        if (finding->is_error && !finding->is_of_capture)
            return TRUE;
    }
    return FALSE;
}

void
tu_finding_add_hazard(GPtrArray *findings, const char *where, const TuHazard *hazard)
{
    tu_finding_add(findings, hazard->is_error, where, g_strdup(hazard->message),
                   g_strdup(hazard->help));
    ((TuFinding *)g_ptr_array_index(findings, findings->len - 1))->is_of_capture =
        hazard->is_of_capture;
}

void
tu_findings_add_hazards(GPtrArray *findings, const char *where, const GPtrArray *hazards,
                        gboolean is_captured)
{
    for (guint i = 0; i < hazards->len; i++) {
        const TuHazard *hazard = g_ptr_array_index(hazards, i);
        if (is_captured || !hazard->is_of_capture)
            tu_finding_add_hazard(findings, where, hazard);
    }
}

/* ---- where in the file ---- */

/* TRUE if the label of a finding is `kind name`; its end is handed back. */
static gboolean
names(const char *label, const char *kind, const char *name, const char **ret_rest)
{
    g_autofree char *text = g_strdup_printf("%s %s", kind, name);
    *ret_rest = label + strlen(text);
    return g_str_has_prefix(label, text) && (**ret_rest == '\0' || **ret_rest == ',');
}

/* The place of a series that stands after "summary s, series "; else that of the summary. */
static TuMark
mark_in_summary(const TuSummary *summary, const char *rest)
{
    static const char series_label[] = ", series ";
    for (guint i = 0; g_str_has_prefix(rest, series_label) && i < summary->series->len; i++) {
        const TuSeries *series = g_ptr_array_index(summary->series, i);
        if (g_strcmp0(series->name, rest + strlen(series_label)) == 0)
            return series->mark;
    }
    return summary->mark;
}

static TuMark
mark_of(const TuSpec *spec, const char *label)
{
    const char *rest = NULL;
    for (guint i = 0; i < spec->sources->len; i++) {
        const TuSource *source = g_ptr_array_index(spec->sources, i);
        if (names(label, "source", source->name, &rest))
            return source->mark;
    }
    for (guint i = 0; i < spec->summaries->len; i++) {
        const TuSummary *summary = g_ptr_array_index(spec->summaries, i);
        if (names(label, "summary", summary->name, &rest))
            return mark_in_summary(summary, rest);
    }
    for (guint i = 0; i < spec->keyed->len; i++) {
        const TuKeyed *keyed = g_ptr_array_index(spec->keyed, i);
        if (names(label, "summary", keyed->name, &rest))
            return keyed->mark;
    }
    gboolean is_tenants = spec->tenants != NULL && g_str_equal(label, "tenants");
    return is_tenants ? spec->tenants->mark : (TuMark){0};
}

void
tu_findings_place(GPtrArray *findings, const TuSpec *spec)
{
    for (guint i = 0; i < findings->len; i++) {
        TuFinding *finding = g_ptr_array_index(findings, i);
        TuMark mark = mark_of(spec, finding->where);
        if (!finding->is_error || mark.line == 0)
            continue;
        g_autofree char *label = g_steal_pointer(&finding->where);
        finding->where = g_strdup_printf("%s:%u:%u: %s", spec->path, mark.line, mark.column, label);
    }
}
