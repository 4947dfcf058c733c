/*
 * Place parts: how rows are told apart whose tenant or time the database cannot evaluate.
 *
 *   tenant and time read one table    ─▶ its rows, by their address or by what was read of them
 *   each reads a table of its own     ─▶ two parts
 *   one of them reads several tables  ─▶ the joined rows, by what was read of them
 *
 * What an expression gives depends on the columns that it reads, and on nothing else: rows that
 * have the same there fail together, in a table, in a join, and as images in a log. So a digest of
 * those columns addresses them wherever no number does.
 */
#pragma once

#include "schema/model.h"

typedef struct {
    int expressions[2]; /* tenant and time: their numbers in the source; -1: not of this part */
    char *from;         /* SQL: the rows that are asked */
    char *address;      /* SQL of what addresses one of them */
    gboolean is_digest; /* of what was read: rows that are the same there have the same */
    GPtrArray *exact;   /* of char *, SQL: texts that say exactly what was read; of a digest */
} TuPlacePart;

/* The parts of a source (of TuPlacePart), one or two; none where its expressions read nothing. */
GPtrArray *tu_place_parts(const TuSourceModel *source, const TuDialect *dialect);

/* Both expressions over joined rows or images of them (`from` is NULL), by a digest. NULL: they
 * read nothing. */
TuPlacePart *tu_place_part_joined(const TuSourceModel *source, const TuDialect *dialect);

void tu_place_part_free(TuPlacePart *part);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuPlacePart, tu_place_part_free)

/* "tenant, time", with NULL for the one that is not of the part. Free with g_free. */
char *tu_place_part_asked(const TuSourceModel *source, const TuPlacePart *part);
