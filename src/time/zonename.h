/*
 * Zone names: which IANA names this system knows, and where each one's rules are.
 *
 * A zone is a file under the zoneinfo directory: $TZDIR, or the usual place. Not every file there
 * is a zone of tenants: posixrules and localtime change their meaning from machine to machine,
 * right/... counts leap seconds, posix/... are copies, Factory is a placeholder.
 */
#pragma once

#include <glib.h>

/* The zoneinfo directory. */
const char *tu_zone_directory(void);

/* TRUE if the system has a zone of that name that is fit for a tenant. */
gboolean tu_zone_name_is_known(const char *name);

/* The path of the file with the rules of the zone `name`. CONFIG if there is none, or if it is not
 * fit for a tenant; the message suggests a near name if there is one. */
char *tu_zone_name_file(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All names of this system that are fit for tenants, sorted by their bytes. Reads the directory. */
GPtrArray *tu_zone_name_list(void);
