#include "error.h"

G_DEFINE_QUARK(tu-error-quark, tu_error)

gboolean
tu_error_is(const GError *error, TuErrorCode code)
{
    return g_error_matches(error, TU_ERROR, (gint)code);
}
