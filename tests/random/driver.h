/*
 * What a client library does for server.c; one table of functions a library. Shares nothing with
 * trueup's own drivers.
 */
#pragma once

#include "server.h"

typedef struct {
    const char *pins; /* statements that a new session runs, with ';' between */
    gpointer (*open)(const char *url, char *ret_message, gsize message_bytes);
    void (*close)(gpointer connection);
    gboolean (*run)(gpointer connection, const char *sql, RtRows *rows, RtServerError *ret_error);
} RtClient;

extern const RtClient rt_client_postgresql;
extern const RtClient rt_client_mariadb;

/* A new row of NULLs in `rows`. */
RtText *rt_rows_add(RtRows *rows);
void rt_text_set(RtText *text, const char *bytes, gsize length);
