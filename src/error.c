#include "error.h"

G_DEFINE_QUARK(tu - error - quark, tu_error)

void
tu_error_init(void)
{
    g_error_free(g_error_new_literal(TU_ERROR, TU_ERROR_SYSTEM, ""));
}

gboolean
tu_error_is(const GError *error, TuErrorCode code)
{
    return g_error_matches(error, TU_ERROR, (gint)code);
}
