/*
 * A draft: a statement that is being written, and the parts that statements of every database have
 * in common: column lists, rows, conditions, assignments.
 */
#pragma once

#include "plan.h"

typedef struct {
    const RtPlan *plan;
    const RtWorld *world;
    const RtTable *table;
    RtRng *rng;
    GString *sql;
} RtDraft;

/* FALSE for generated columns. */
gboolean rt_draft_writes(const RtColumn *column);
const RtColumn *rt_draft_key(const RtTable *table);

/* Columns to write: all but a few, which then are NULL. The key is always among them. */
GPtrArray *rt_draft_columns(RtDraft *draft);
void rt_draft_names(GString *sql, GPtrArray *columns);

/* One row of values; `key` 0 means any key. */
void rt_draft_row(RtDraft *draft, GPtrArray *columns, gint64 key);

/* "`verb` INTO table (columns) VALUES rows". */
void rt_draft_insert(RtDraft *draft, const char *verb, guint rows);

/* " WHERE ...": one row by its key; the rows that one of several conditions holds for. */
void rt_draft_where_one(RtDraft *draft);
void rt_draft_where_many(RtDraft *draft);

/* " SET ..." of one to three columns; `qualifier` ("" or "table.") goes before old values. */
void rt_draft_set(RtDraft *draft, const char *qualifier);

/* A table of the plan's sources; now and then another one. */
const RtTable *rt_draft_table(const RtPlan *plan, RtRng *rng);

/* Whole statements that are the same on every database. */
void rt_draft_insert_one(RtDraft *draft);
void rt_draft_insert_many(RtDraft *draft);
void rt_draft_update_one(RtDraft *draft);
void rt_draft_update_many(RtDraft *draft);
void rt_draft_delete_one(RtDraft *draft);
void rt_draft_delete_many(RtDraft *draft);
void rt_draft_delete_all(RtDraft *draft);
