/* Drawing the sources of a plan, and SQL expressions over their tables. */
#pragma once

#include "plan.h"
#include "types.h"

#define RT_ANY_CLASS (~0U)

RtSource *rt_source_new(RtPlan *plan, guint index, RtRng *rng);
void rt_source_free(RtSource *source);

/* A column of whole numbers, as the source's SQL names it, and whose it is; NULL: no table has
 * one. With `may_be_left` FALSE only of inner tables. */
char *rt_source_whole(const RtPlan *plan, const RtSource *source, gboolean may_be_left,
                      const RtTable **ret_table, const RtColumn **ret_column, RtRng *rng);

/* SQL for a condition over the source's rows. With `may_be_left` FALSE only inner tables are
 * named. */
char *rt_source_condition(const RtPlan *plan, const RtSource *source, gboolean may_be_left,
                          RtRng *rng);

/* SQL for what a dimension may be. The others: numbers that can be summed (integers, reals, NULLs);
 * any value. `classes`: bits 1 << RtClass of those wanted; NULL if there is none. `ret_class` may
 * be NULL. */
char *rt_source_dimension(const RtPlan *plan, const RtSource *source, guint32 classes,
                          RtClass *ret_class, RtRng *rng);
char *rt_source_number(const RtPlan *plan, const RtSource *source, guint32 classes, RtRng *rng);
char *rt_source_any(const RtPlan *plan, const RtSource *source, guint32 classes, RtClass *ret_class,
                    RtRng *rng);
