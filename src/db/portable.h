/*
 * Portable SQL: the little in which the SQL that trueup writes must differ from database to
 * database, done in one place.
 *
 *   ... WHERE name = ?1   ──▶   name = ?1 (SQLite) · name = $1 (PostgreSQL) · name = ? (MariaDB)
 *   ... FROM trueup_run ...   ──▶   FROM "trueup"."trueup_run" where there is a control schema
 *
 * A parameter is a question mark with a number right behind it, so that PostgreSQL's operators with
 * a question mark in a user's expression stay what they are. Texts and quoted names are left alone.
 */
#pragma once

#include <glib.h>

typedef enum {
    TU_PARAMETERS_NUMBERED, /* ?1 */
    TU_PARAMETERS_DOLLAR,   /* $1 */
    TU_PARAMETERS_IN_ORDER, /* ?: the n-th stands for parameter order[n], from 0 */
} TuParameterStyle;

/* The database's own text. `control_schema` may be NULL. *ret_n is the highest parameter's number;
 * `order` (of guint, may be NULL) gets the parameter of each question mark. Free with g_free. */
char *tu_sql_portable(const char *sql, TuParameterStyle style, const char *control_schema,
                      guint *ret_n, GArray *order);
