/*
 * Tenants as people name them: a text on the command line, or in a job's row.
 *
 *   "7"       the number or the text, where columns have no types
 *   "nobody"  where tenants are uuids the database refuses it: there is no such tenant
 *
 * Only that the database cannot read the text as one is the text's fault; any other error of asking
 * is the database's, and is told as that.
 */
#pragma once

#include "keep/snapshot.h"

/* The value of a tenant: of the tenants table, or as the text looks. USAGE if there is none. */
gboolean tu_tenant_named(TuSnapshot *snapshot, const char *text, TuValue *ret_tenant,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
