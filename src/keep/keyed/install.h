/*
 * Keyed summaries and `apply`, `drop`.
 *
 *   look     before anything is changed: what was there, what does not fit, must all be computed?
 *   plan     the statements that make tables, states and views
 *   register what is noted, and that all keys are to be listed
 */
#pragma once

#include "keep/keyed/keyed.h"

typedef struct {
    gboolean must_list; /* it is new, or its definition changed, or changes may have been missed */
    gboolean is_new;
} TuKeyedLook;

gboolean tu_keyed_look(TuKeeper *keeper, const TuKeyedModel *keyed, gboolean is_first,
                       gboolean may_take_over, TuKeyedLook *ret_look,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* *ret_has_changed is only ever set. */
gboolean tu_keyed_register(TuKeeper *keeper, const TuKeyedModel *keyed, const TuKeyedLook *look,
                           gboolean *ret_has_changed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The statements of `apply`, with those of capture among them: views go before the logs that they
 * read are altered, and come back last. */
gboolean tu_keyed_plan(TuKeeper *keeper, const GPtrArray *captures, GPtrArray *statements,
                       GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Those that the spec no longer names: their names, and the statements that remove what they had
 * beside their tables. When those are done, tu_keyed_forget. */
gboolean tu_keyed_plan_leaving(TuKeeper *keeper, GPtrArray *names, GPtrArray *statements,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean tu_keyed_forget(TuKeeper *keeper, const char *name,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same statements of one, or of all (`name` NULL). */
gboolean tu_keyed_plan_drop(TuKeeper *keeper, const char *name, GPtrArray *statements,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
