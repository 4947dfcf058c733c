/*
 * The reader: what the parts of the spec share while it is read, and the order in which they are.
 *
 *   tenants ─▶ sources ─▶ refresh ─▶ summaries (series ─▶ sources by name) ─▶ conflicts
 *
 * A part with mistakes is filled as far as possible and stays in the spec, so that what refers to
 * it is not complained about as well; the spec is thrown away at the end if there is any problem.
 */
#pragma once

#include "spec/section.h"

typedef struct {
    TuSpec *spec;
    TuProblems *problems;
    GHashTable *tables; /* lower-case name -> whose table it is: what summaries write */
} TuReader;

/* More tables in one join than this is a report, not a source: settling asks one query a choice of
 * tables that changed, so their number doubles with each table. */
#define TU_SOURCE_MAX_TABLES 8

/* Their product bounds the memory of a spec; both are far above what dashboards have. */
#define TU_SUMMARY_MAX_SERIES 4096
#define TU_SUMMARY_MAX_COLUMNS 500

/* sources.c */
void tu_read_tenants(TuReader *reader, const TuSection *top);
void tu_read_sources(TuReader *reader, const TuSection *top);
void tu_tenants_free(TuTenants *tenants);
void tu_source_free(TuSource *source);

/* refresh.c: `defaults` are taken for what the section does not say. `ret_refresh` is filled
 * anew. */
void tu_refresh_init(TuRefresh *ret_refresh);
void tu_refresh_clear(TuRefresh *refresh);
void tu_read_refresh(const TuSection *parent, const TuRefresh *defaults, TuRefresh *ret_refresh);

/* summaries.c */
void tu_read_summaries(TuReader *reader, const TuSection *top, const TuRefresh *refresh);
void tu_summary_free(TuSummary *summary);

/* keyed.c: one that has a `key`, which is told by that. */
void tu_read_keyed(TuReader *reader, const TuYamlPair *pair, const TuRefresh *refresh);

/* tables.c: grains, the tables and the key columns of a summary. */
void tu_read_tables(TuReader *reader, const TuSection *section, TuSummary *summary);

/* series.c: what a summary holds. Fills source, dimensions, measures, series and has_tenant. */
void tu_read_series(TuReader *reader, const TuSection *section, TuSummary *summary);
void tu_series_free(TuSeries *series);

/* conflicts.c: what is right in itself and wrong together. */
void tu_check_columns(TuReader *reader, const TuSection *section, const TuSummary *summary);
void tu_check_tables(TuReader *reader);
