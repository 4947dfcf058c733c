/*
 * Workers: who is at work, for `status`.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "work/present.h"

/* A line each: "worker host:12 since 2024-05-01T10:17:03Z: job 3: repair daily". */
void tu_workers_print(const GPtrArray *workers);

/* Adds "workers": [{host, pid, since, doing}]. */
void tu_workers_add(JsonBuilder *builder, const GPtrArray *workers);
