/*
 * Is a text one SQL expression that trueup could keep exact? As far as can be told without asking a
 * database.
 */
#pragma once

#include <glib.h>

/* Checks that `text` is one expression as far as can be seen without a database: not empty,
 * brackets and quotes closed, no ';', no sub-query (SELECT, VALUES, WITH), no parameter (?, :x,
 * $1), no aggregate, and no function that is known to answer differently next time (now, random,
 * ...). CONFIG says what is wrong. */
gboolean tu_sql_check_expression(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
