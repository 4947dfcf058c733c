/*
 * Problems: the complaints about one file, collected while reading goes on.
 *
 * A place may be read twice (an anchor used by two summaries, a default used by many series); its
 * complaint is kept once.
 */
#pragma once

#include "spec/spec.h"

typedef struct TuProblems TuProblems;

TuProblems *tu_problems_new(void);
void tu_problems_free(TuProblems *problems);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuProblems, tu_problems_free)

/* What is wrong at `mark`, and what would be right. Control characters and broken UTF-8 that come
 * from the file are made harmless, so that a complaint is always one readable line. */
void tu_problems_add(TuProblems *problems, TuMark mark, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* All of them as TuProblem, sorted by place, in a new array; `problems` is empty afterwards. */
GPtrArray *tu_problems_take(TuProblems *problems);

/* CONFIG with a line `path:line:column: message` for each TuProblem of `list`. */
GError *tu_problems_error(const GPtrArray *list, const char *path);
