/*
 * Parts: the partitions and children of a captured table, as `apply` noted them and as they are.
 *
 *   noted      p1  p2  p3         p1 is gone, and its rows with it; p4 is new, and what was written
 *   now            p2  p3' p4     into it directly was not seen; p3 has other triggers or columns
 *                                 ─▶ what may have been missed lies where p1, p3 and p4 have rows
 *
 * On MariaDB all that is written goes by the table's triggers: there only p1 matters, and p4 is
 * noted when it is seen.
 *
 * A partition by ranges of the source's time says which dates that is: only they are compared again
 * (correctness.md, "Partitions that come and go"). Of any other part nobody knows: everything is.
 */
#pragma once

#include "keep/compare/changes.h"

typedef struct {
    GPtrArray *noted, *now; /* of TuCapturePart */
    gboolean are_tables;    /* else nothing is written past the table, and only gone ones matter */
} TuParts;

/* Reads both. After a restore of the whole database all parts have other identities, and are as
 * they were: then only names count. */
gboolean tu_parts_look(TuKeeper *keeper, const TuCaptured *captured, TuParts *ret_parts,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_parts_clear(TuParts *parts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TuParts, tu_parts_clear)

/* What a person is told about the first difference; NULL: there is none. */
char *tu_parts_problem(const TuParts *parts, const TuCaptured *captured);

/* Dates [from, to) that are to be compared. */
typedef struct {
    TuDate from, to;
} TuPartsRange;

/* Adds to `ranges` (of TuPartsRange) where changes of the source's rows may have been missed; they
 * are sorted and apart then. FALSE: it is not known where. */
gboolean tu_parts_find_missed(const TuParts *parts, const TuCaptured *captured,
                              const TuSourceModel *source, GArray *ranges);

/* Adds statements that note parts that came and lost nothing, so that it is seen when they go. */
void tu_parts_note_new(const TuParts *parts, const TuCaptured *captured, TuChanges *changes);

/* Notes the parts as they are now. */
gboolean tu_parts_note(TuKeeper *keeper, const TuCaptured *captured,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
