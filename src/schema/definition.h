/*
 * Definitions: what a part of the spec means, as one text with a digest. Two specs with the same
 * definition give the same cells, whatever the order and the comments of their files; when it
 * changes, `apply` builds the history again.
 */
#pragma once

#include "spec/spec.h"

/* Of one summary with its series, their sources and the tenants. Free with g_free. */
char *tu_definition_of_summary(const TuSpec *spec, const TuSummary *summary);

/* Of the key of its tables: names of dimensions. A change needs a new table. */
char *tu_definition_of_key(const TuSummary *summary);

/* The same two of a keyed summary. */
char *tu_definition_of_keyed(const TuKeyed *keyed);
char *tu_definition_of_keyed_key(const TuKeyed *keyed);

/* SHA-256 of all summaries' definitions, in hex. */
char *tu_definition_digest(const TuSpec *spec);
