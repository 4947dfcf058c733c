/*
 * Rows that raise: some series, and now and then a whole source, have an expression that the
 * database cannot evaluate where a column holds one certain number.
 *
 *   writer ──▶ 4242 in a row ──▶ the series of that row fail; all others go on, and are compared
 *                  mended    ──▶ everything is right again
 *
 * Which series fail is asked of the rows themselves, at each comparison. Where it is the tenant or
 * the time that raises, no series does: the row counts nowhere, and the comparison holds that it is
 * so.
 */
#pragma once

#include "history.h"

/* Puts such expressions into the plan. */
void rt_raising_draw(RtPlan *plan, RtRng *rng);

/* Whether any series of the plan may raise at all. */
gboolean rt_raising_is_planned(const RtPlan *plan);

/* Sets `fails` of each series, by `count` (the number that a query gives, in the comparison's own
 * snapshot); answers how many fail, or have rows that count nowhere. */
guint rt_raising_look(const RtPlan *plan, gint64 (*count)(gpointer data, const char *sql),
                      gpointer data);

/* TRUE for the cells of a series that fails. `series`: its name; NULL in a wide summary. */
gboolean rt_raising_skips(const RtSummary *summary, const char *series);

/* Gives every such row another number, as any writer would. */
void rt_raising_mend(RtHistory *history);
