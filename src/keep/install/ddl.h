/*
 * DDL beside people who work: a statement that finds its table in use gives way at once and is
 * tried again, so that nobody's next query queues behind it.
 *
 *   elsewhere   begin ─▶ DDL, notes ─▶ commit     in use: all of it again       (tu_ddl_retry)
 *   MariaDB     DDL ends the transaction          in use: that statement again  (tu_ddl_run)
 *
 * On MariaDB a crash may therefore leave any part of the work behind. What is about to be made is
 * noted first, in trueup_kept and trueup_table, so that `apply` and `drop` know it for trueup's
 * own.
 */
#pragma once

#include "keep/keeper.h"

/* FALSE with BUSY if the tables are not those that the model was read from; without a model:
 * TRUE. */
gboolean tu_ddl_schema_is_still(TuKeeper *keeper, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Begins a transaction in which DDL never queues in front of users. */
gboolean tu_ddl_begin(TuTransaction *txn, TuKeeper *keeper,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One statement. Where each commits by itself, it alone is tried again while its table is in use;
 * elsewhere the whole transaction is (BUSY says so). */
gboolean tu_ddl_run(TuKeeper *keeper, const char *sql, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All of them (char *), in their order. */
gboolean tu_ddl_run_all(TuKeeper *keeper, GPtrArray *statements,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Where DDL has ended the transaction, what is noted about it is written in one of its own. */
gboolean tu_ddl_begin_noting(TuTransaction *txn, TuKeeper *keeper,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A piece of work that is one transaction with DDL in it. */
typedef gboolean (*TuDdlWork)(TuKeeper *keeper, gpointer data, GError **error);

/* Does the work, again and again for half a minute while tables are in use. BUSY at once if the
 * tables are not those of the model any more: the caller must begin anew. */
gboolean tu_ddl_retry(TuKeeper *keeper, TuDdlWork work, gpointer data,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Where DDL is no transaction, two who install or remove would get into each other's way: one waits
 * for the other, BUSY after half a minute. Elsewhere it does nothing. */
gboolean tu_ddl_lock(TuKeeper *keeper, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_ddl_unlock(TuKeeper *keeper);
