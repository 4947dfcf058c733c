/*
 * The unique key of a summary's table, in which NULLs are equal: its index, and the columns that
 * the index needs beside those of the key.
 *
 *   dimension      PostgreSQL                    MariaDB
 *   varchar(20) ─▶ "kind"                        "trueup_key_kind" VARBINARY(81)
 *   text        ─▶ an expression (long ones by   "trueup_key_kind" VARBINARY(129)
 *                  their hash)
 *
 * So the key follows the type that the source gives, and a source's column that is widened needs
 * another one: upserts name the key as the spec needs it now.
 */
#pragma once

#include "schema/summary_table.h"

/* CREATE UNIQUE INDEX. Free with g_free. */
char *tu_summary_key_create(const TuDatabase *db, const TuSummaryTable *table);

/* TRUE if the table has our index, whatever it is on, or a primary key that does for it. */
gboolean tu_summary_key_is_there(const TuTableInfo *info, const TuSummaryTable *table);

/* Appends what makes the key of an existing table the one that is needed: nothing where it is
 * so. */
void tu_summary_key_plan(const TuDatabase *db, const TuTableInfo *info, const TuSummaryTable *table,
                         GPtrArray *statements);
