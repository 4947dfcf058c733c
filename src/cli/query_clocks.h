/*
 * Clocks: the tenants of a summary, and the zones that its stored buckets were cut with.
 *
 * Zones come from trueup_tenant, not from the tenants table: when somebody changes a zone there,
 * what is stored stays cut by the old one until the change is settled.
 */
#pragma once

#include "cells/dictionary.h"
#include "keep/keeper.h"

typedef struct TuQueryClocks TuQueryClocks;

/* Reads them. Tenants are known by their numbers in `dictionary`, which must live longer. */
gboolean tu_query_clocks_read(TuKeeper *keeper, const TuSummaryModel *summary,
                              TuDictionary *dictionary, TuQueryClocks **ret_clocks,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_query_clocks_free(TuQueryClocks *clocks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuQueryClocks, tu_query_clocks_free)

/* NULL: the tenant is not known, or has no zone. */
const TuZone *tu_query_clocks_zone(const TuQueryClocks *clocks, guint32 tenant);

/* The tenant that a person writes as `text`: a text, or a number written so. USAGE with a
 * suggestion if the summary has none like it. */
gboolean tu_query_clocks_find(const TuQueryClocks *clocks, const char *text, guint32 *ret_tenant,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
