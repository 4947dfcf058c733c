/*
 * Stop points: named places where a test can kill, pause or fail the program. Compiled in with
 * -Dstop_points=true only; otherwise TU_STOP is nothing.
 *
 *   TRUEUP_STOP=apply.before_commit:kill:3   at the third time it comes there
 *
 * kill sends SIGKILL to itself, pause SIGSTOP (the test sends SIGCONT), fail returns an error.
 */
#pragma once

#include "error.h"

#ifdef TRUEUP_STOP_POINTS
/* FALSE with an error if the point is to fail here. */
gboolean tu_stop(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Checks TRUEUP_STOP: USAGE if it names no point or no action. */
gboolean tu_stop_check(GError **error) G_GNUC_WARN_UNUSED_RESULT;
#else
#define tu_stop(name, error) (TRUE)
#define tu_stop_check(error) (TRUE)
#endif
