/* Drawing the sources of a plan, and SQL expressions over their tables. */
#pragma once

#include "plan.h"

RtSource *rt_source_new(RtPlan *plan, guint index, RtRng *rng);
void rt_source_free(RtSource *source);

/* SQL for a condition over the source's rows. With `may_be_left` FALSE only inner tables are named.
 */
char *rt_source_condition(const RtPlan *plan, const RtSource *source, gboolean may_be_left,
                          RtRng *rng);

/* SQL for what a dimension may be. */
char *rt_source_dimension(const RtPlan *plan, const RtSource *source, RtRng *rng);

/* SQL for a number that can be summed: integers, reals, NULLs. */
char *rt_source_number(const RtPlan *plan, const RtSource *source, RtRng *rng);

/* SQL for any value: numbers, text, both. */
char *rt_source_any(const RtPlan *plan, const RtSource *source, RtRng *rng);
