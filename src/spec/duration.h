/*
 * Durations and sizes: `200ms`, `24h`, `2mo`; `256MiB`.
 *
 * Weeks and shorter are microseconds; months and years are calendar units whose length depends on
 * where they are counted from, so they are kept as months.
 */
#pragma once

#include "spec/spec.h"

/* A whole number and a unit: ms s m h d w mo y. CONFIG for anything else, for 0 and for more than
 * 100 years. */
gboolean tu_duration_parse(const char *text, TuDuration *ret_duration,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As the file would say it: "90d", "2mo". Free with g_free. */
char *tu_duration_format(const TuDuration *duration);

/* FALSE for the duration of nothing, which stands for "never". */
gboolean tu_duration_is_set(const TuDuration *duration);

/* TRUE if `a` is shorter than `b`; months are compared with days by their average length. */
gboolean tu_duration_is_shorter(const TuDuration *a, const TuDuration *b);

/* A duration that is waited for: as above, without months and years. */
gboolean tu_duration_parse_us(const char *text, gint64 *ret_us,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A whole number and B, KB, MB, GB (1000) or KiB, MiB, GiB (1024). At least `least_bytes`. */
gboolean tu_size_parse(const char *text, gsize least_bytes, gsize *ret_bytes,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A share of something: `1%` to `100%`. */
gboolean tu_percent_parse(const char *text, guint *ret_percent,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A wall clock time `04:00` as the minute of the day. */
gboolean tu_clock_parse(const char *text, guint *ret_minute,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
