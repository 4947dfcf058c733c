/*
 * Values: what a column of a world may hold, as SQL literals. Statements are SQL text, so a
 * history's log can be fed to the sqlite3 shell.
 */
#pragma once

#include "world.h"

/* What rows have that a series cannot be evaluated for (raising.c); no other value is as likely. */
#define RT_RAISES_AT 4242

/* The texts of a world: a random choice of troublesome and plain ones. Of char *. */
GPtrArray *rt_value_text_pool(RtRng *rng);

/* 'text', quotes doubled. */
void rt_value_text(GString *sql, const char *text);

/* A double that reads back as the same double; never as an integer. */
void rt_value_real(GString *sql, double value);

/* A whole number, mostly small, none beyond `limit`. */
void rt_value_whole(GString *sql, gint64 limit, RtRng *rng);

/* A value for a TIME column whose unit is a count or ISO text, some of it unreadable. */
void rt_value_time(GString *sql, const RtWorld *world, const RtColumn *column, RtRng *rng);

/* The key that number `n` stands for in a KEY or REFERENCE column of `target`. */
void rt_value_key(GString *sql, const RtTable *target, gboolean is_text, gint64 n, RtRng *rng);

/* An instant by chance: near clock changes, on bucket borders, clustered, or anywhere. */
gint64 rt_value_instant(const RtWorld *world, RtRng *rng);

/* A value for the column: a literal, in a few cases NULL. */
void rt_value(GString *sql, const RtWorld *world, const RtTable *table, const RtColumn *column,
              RtRng *rng);

/* A known tenant, an unknown one, or NULL. */
void rt_value_tenant(GString *sql, const RtWorld *world, RtRng *rng);
