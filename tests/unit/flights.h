/*
 * Tables of an airport, and pieces of specs over them.
 */
#pragma once

#include "modelled.h"

static const char schema[] =
    "CREATE TABLE flight(id INTEGER PRIMARY KEY, at INTEGER, origin TEXT, carrier TEXT, "
    "miles INTEGER NOT NULL, delay INT, price REAL, tax DECIMAL(8,2), note TEXT, raw, seen TEXT);"
    "CREATE TABLE carrier(code TEXT PRIMARY KEY, name TEXT, home TEXT, since INTEGER);"
    "CREATE TABLE aircraft(tail TEXT, seats INTEGER, owner TEXT, built INTEGER);"
    "CREATE TABLE bill(id INTEGER PRIMARY KEY, at INTEGER, amount INTEGER);"
    "CREATE VIEW late AS SELECT * FROM flight WHERE delay > 15;"
    "CREATE TABLE airport(iata TEXT, tz TEXT);";

/* A source `f` over flight with more of its keys, and a summary over it with its measures. */
#define F(keys) "sources: {f: {from: flight, time: at, time_unit: seconds" keys "}}\n"
#define S(keys) "summaries: {s: {source: f, grains: [day], " keys "}}\n"
#define N "measures: {n: count}"

static inline void
init(Modelled *modelled, const char *yaml)
{
    modelled_init(modelled, schema, yaml);
}

static inline void
assert_made(const Modelled *modelled)
{
    g_autofree char *text = findings_text(modelled->findings);
    g_assert_cmpstr(text, ==, "");
    g_assert_nonnull(modelled->model);
}
