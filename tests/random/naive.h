/*
 * The naive stand-in for trueup: it empties and fills every summary by the oracle's own SQL. It
 * lets the harness be tested without the program, and shows that its writers meet no error of their
 * own.
 */
#pragma once

#include "history.h"

/* Fills every summary of a SQLite history in one transaction. Answers the exit code: 1, as trueup,
 * if a zone is missing. */
int rt_naive_fill(RtHistory *history);

/* Plays one command; `data` is the RtHistory. Answers the exit code. */
int rt_naive_play(gpointer data, const char *const *arguments);
