/*
 * A driver that wraps a driver and fails one statement.
 *
 *   trueup ──▶ fault database ──▶ the real one
 *                 1 2 3 4 ...       every prepare, step, execute, begin, commit, describe and look
 * at ↑             the schema version is a statement; the one with the number that fail_at was
 * asked for fails, all others pass
 */
#pragma once

#include "db/database.h"

/* How it fails. */
typedef struct {
    const char *label;
    TuErrorCode code;
    gboolean is_done;     /* the statement is carried out and its success gets lost */
    gboolean rolls_back;  /* what is open is rolled back, as SQLite does when a disk is full */
    gboolean may_be_lost; /* trueup may get over it by itself */
    guint every;          /* tests try each so manieth statement: the time they take */
} FaultKind;

/* How the wrapped database behaves where it should be another: the flows of all databases can be
 * tried on one. Zeroed: as it is. */
typedef struct {
    gboolean applies_at_snapshot;   /* writes go into the transaction that read */
    gboolean aborts;                /* after an error a transaction takes nothing more */
    gboolean entries_are_unordered; /* settled entries are deleted by a list */
    guint rows_per_statement;       /* 0: as it is */
} FaultManner;

/* Takes `inner` over: it is closed with the wrapper. Fails nothing yet. */
TuDatabase *fault_database_new(TuDatabase *inner, const FaultManner *manner);

/* The `nth` statement from now on (from 1) fails; 0: none. */
void fault_database_set(TuDatabase *db, guint nth, const FaultKind *kind);

/* Statements since it was set. */
guint fault_database_count(const TuDatabase *db);

/* TRUE if the fault was reached. */
gboolean fault_database_has_failed(const TuDatabase *db);

/* TRUE while a transaction of the real database is open. */
gboolean fault_database_in_transaction(const TuDatabase *db);
