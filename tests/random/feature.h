/*
 * Features: the hazards a history may contain. Each history draws its own set; `--without NAME` and
 * `--with NAME` force one, so that a failing history can be narrowed down without changing anything
 * else in it.
 */
#pragma once

#include "kind.h"
#include "rng.h"

typedef enum {
    RT_TENANTS_TABLE,
    RT_TENANT_CHANGES,
    RT_FOREIGN_KEYS,
    RT_USER_TRIGGERS,
    RT_REPLACE,
    RT_RECURSIVE_TRIGGERS,
    RT_UNIQUE_CODES,
    RT_UNIQUE_PARTIAL,
    RT_UNIQUE_EXPRESSION,
    RT_UNIQUE_REPLACES,
    RT_KEY_CHANGES,
    RT_GENERATED_COLUMNS,
    RT_ODD_NAMES,
    RT_EXTREME_FLOATS,
    RT_BAD_TIMES,
    RT_WIDE_YEARS,
    RT_SELF_JOIN,
    RT_MIXED_LONG,
    RT_NO_CAPTURE,
    RT_KILLS,
    RT_FAILS,
    RT_PAUSES,
    RT_WRITER_CRASHES,
    RT_REPAIRS,
    RT_REBUILDS,
    RT_CRASHED_APPLY,
    RT_APPLY_UNDER_WRITERS,
    RT_SMALL_BATCHES,
    RT_SMALL_MEMORY,
    RT_NIGHTLY,
    RT_NEW_INDEXES,
    RT_SWAPPED_TABLE,
    RT_RELEASE,
    RT_TAMPERED_CELL,
    RT_BAD_DATA,
    RT_BAD_ZONE,
    RT_STRICT_VERIFY,
    RT_PARTITIONS,
    RT_LONG_TRANSACTIONS,
    RT_CONTROL_SCHEMA,
    RT_TRUNCATES,
    RT_HELD_TRANSACTIONS,
    RT_CUTS,
    RT_QUEUE,
    RT_KEEP,
    RT_SEALED,
    RT_RAISING,
    RT_FEATURES,
} RtFeature;

const char *rt_feature_name(RtFeature feature);
const char *rt_feature_help(RtFeature feature);

/* RT_FEATURES if there is none of that name. */
RtFeature rt_feature_named(const char *name);

typedef enum { RT_BY_CHANCE, RT_WITHOUT, RT_WITH } RtForce;

/* Draws for every feature, forced or not, so that forcing one leaves the others as they are. What
 * the kind of database has not is off. */
void rt_features_draw(RtKind kind, RtRng *rng, const RtForce *force, gboolean *ret_features);
