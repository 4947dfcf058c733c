/*
 * What a history tells the program that started it: how it ended, and what it was made of. It lies
 * in memory that the two processes share, so it holds no pointers.
 */
#pragma once

#include <glib.h>

typedef enum {
    RT_DIED, /* the history's process ended without a word */
    RT_PASSED,
    RT_FAILED,
} RtOutcome;

/* What is counted. Those up to RT_COUNT_EVENTS are properties: the spread says how many histories
 * have them; the others are added up. */
typedef enum {
    RT_COUNT_SOURCES_1,
    RT_COUNT_SOURCES_2,
    RT_COUNT_SOURCES_3,
    RT_COUNT_SINGLE_TABLE,
    RT_COUNT_JOIN_2,
    RT_COUNT_JOIN_3,
    RT_COUNT_JOIN_4,
    RT_COUNT_LEFT_JOIN,
    RT_COUNT_SELF_JOIN,
    RT_COUNT_SHARED_TABLE,
    RT_COUNT_WIDE,
    RT_COUNT_LONG,
    RT_COUNT_GRAIN,                        /* seven */
    RT_COUNT_MEASURE = RT_COUNT_GRAIN + 7, /* six */
    RT_COUNT_UNIT = RT_COUNT_MEASURE + 6,  /* seven */
    RT_COUNT_TENANTS_1 = RT_COUNT_UNIT + 7,
    RT_COUNT_TENANTS_8,
    RT_COUNT_TENANTS_40,
    RT_COUNT_FIXED_ZONE,
    RT_COUNT_NO_TENANT,
    RT_COUNT_WITHOUT_ROWID,
    RT_COUNT_NO_DIMENSION,
    RT_COUNT_DIMENSIONS,
    RT_COUNT_EVENTS,
    RT_COUNT_WRITERS = RT_COUNT_EVENTS,
    RT_COUNT_TRANSACTIONS,
    RT_COUNT_RETRIES,  /* writers' deadlocks and serialization failures */
    RT_COUNT_REFUSALS, /* by constraints of the application's own */
    RT_COUNT_COMMANDS,
    RT_COUNT_KILLS_ASKED,
    RT_COUNT_KILLS_SEEN,
    RT_COUNT_PAUSES_SEEN,
    RT_COUNT_FAILS_ASKED,
    RT_COUNT_CUTS,
    RT_COUNT_QUIET_POINTS,
    RT_COUNT_CELLS,
    RT_COUNTS,
} RtCount;

const char *rt_count_label(RtCount count);

#define RT_REPORT_ZONES 48
#define RT_REPORT_MESSAGE_BYTES 6000

typedef struct {
    guint index;
    RtOutcome outcome;
    double seconds;
    guint64 counts[RT_COUNTS];
    char zones[RT_REPORT_ZONES][40];
    char summary[400]; /* one line: what the history is made of */
    char message[RT_REPORT_MESSAGE_BYTES];
} RtReport;
