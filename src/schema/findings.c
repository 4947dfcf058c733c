#include "schema/model.h"

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
