/* Labels stand beside their counts, in the order in which they are printed. */
#include "spread.h"

#include <stdio.h>

static const char *const labels[RT_COUNTS] = {
    [RT_COUNT_SOURCES_1] = "1 source",
    [RT_COUNT_SOURCES_2] = "2 sources",
    [RT_COUNT_SOURCES_3] = "3 sources",
    [RT_COUNT_SINGLE_TABLE] = "1 table",
    [RT_COUNT_JOIN_2] = "2 tables joined",
    [RT_COUNT_JOIN_3] = "3 tables joined",
    [RT_COUNT_JOIN_4] = "4 tables joined",
    [RT_COUNT_LEFT_JOIN] = "left join",
    [RT_COUNT_SELF_JOIN] = "self join",
    [RT_COUNT_SHARED_TABLE] = "sources share a table",
    [RT_COUNT_WIDE] = "wide",
    [RT_COUNT_LONG] = "long",
    [RT_COUNT_GRAIN] = "minute",
    [RT_COUNT_GRAIN + 1] = "hour",
    [RT_COUNT_GRAIN + 2] = "day",
    [RT_COUNT_GRAIN + 3] = "week",
    [RT_COUNT_GRAIN + 4] = "month",
    [RT_COUNT_GRAIN + 5] = "quarter",
    [RT_COUNT_GRAIN + 6] = "year",
    [RT_COUNT_MEASURE] = "count",
    [RT_COUNT_MEASURE + 1] = "sum",
    [RT_COUNT_MEASURE + 2] = "min",
    [RT_COUNT_MEASURE + 3] = "max",
    [RT_COUNT_MEASURE + 4] = "avg",
    [RT_COUNT_MEASURE + 5] = "count_distinct",
    [RT_COUNT_UNIT] = "seconds",
    [RT_COUNT_UNIT + 1] = "milliseconds",
    [RT_COUNT_UNIT + 2] = "microseconds",
    [RT_COUNT_UNIT + 3] = "ISO text",
    [RT_COUNT_UNIT + 4] = "local dates",
    [RT_COUNT_UNIT + 5] = "timestamps",
    [RT_COUNT_UNIT + 6] = "timestamps with zone",
    [RT_COUNT_TENANTS_1] = "1 tenant",
    [RT_COUNT_TENANTS_8] = "2 to 8 tenants",
    [RT_COUNT_TENANTS_40] = "9 to 40 tenants",
    [RT_COUNT_FIXED_ZONE] = "one fixed zone",
    [RT_COUNT_NO_TENANT] = "no tenant",
    [RT_COUNT_WITHOUT_ROWID] = "WITHOUT ROWID",
    [RT_COUNT_NO_DIMENSION] = "no dimension",
    [RT_COUNT_DIMENSIONS] = "dimensions",
    [RT_COUNT_WRITERS] = "writers",
    [RT_COUNT_TRANSACTIONS] = "transactions",
    [RT_COUNT_RETRIES] = "deadlocks and serialization failures",
    [RT_COUNT_REFUSALS] = "refused by constraints",
    [RT_COUNT_COMMANDS] = "trueup processes",
    [RT_COUNT_KILLS_ASKED] = "stop points to kill at",
    [RT_COUNT_KILLS_SEEN] = "kills there",
    [RT_COUNT_PAUSES_SEEN] = "pauses there",
    [RT_COUNT_FAILS_ASKED] = "stop points to fail at",
    [RT_COUNT_CUTS] = "connections cut",
    [RT_COUNT_QUIET_POINTS] = "quiet points",
    [RT_COUNT_CELLS] = "cells compared",
};

const char *
rt_count_label(RtCount count)
{
    return labels[count];
}

RtSpread *
rt_spread_new(void)
{
    RtSpread *spread = g_new0(RtSpread, 1);

    spread->zones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return spread;
}

void
rt_spread_free(RtSpread *spread)
{
    g_hash_table_unref(spread->zones);
    g_free(spread);
}

void
rt_spread_add(RtSpread *spread, const RtReport *report)
{
    spread->histories++;
    spread->passed += report->outcome == RT_PASSED;
    spread->failed += report->outcome != RT_PASSED;
    spread->slowest_s = MAX(spread->slowest_s, report->seconds);
    for (guint i = 0; i < RT_COUNTS; i++)
        spread->counts[i] += report->counts[i];
    for (guint i = 0; i < RT_REPORT_ZONES && report->zones[i][0] != '\0'; i++)
        g_hash_table_add(spread->zones, g_strdup(report->zones[i]));
}

/* Prints counts in lines of about 80 characters. */
static void
print_counts(const RtSpread *spread, guint from, guint to)
{
    guint width = 0;

    for (guint i = from; i < to; i++) {
        if (width == 0)
            printf("# ");
        width += (guint)printf("%s%s %" G_GUINT64_FORMAT, width == 0 ? " " : " · ", labels[i],
                               spread->counts[i]);
        if (width > 80 || i + 1 == to) {
            printf("\n");
            width = 0;
        }
    }
}

void
rt_spread_print(const RtSpread *spread)
{
    printf("# %u histories; how many of them have:\n", spread->histories);
    print_counts(spread, 0, RT_COUNT_GRAIN);
    print_counts(spread, RT_COUNT_GRAIN, RT_COUNT_MEASURE);
    print_counts(spread, RT_COUNT_MEASURE, RT_COUNT_UNIT);
    print_counts(spread, RT_COUNT_UNIT, RT_COUNT_EVENTS);
    printf("# in all:\n");
    print_counts(spread, RT_COUNT_EVENTS, RT_COUNTS);
    printf("#  %u zones; the slowest history took %.1f s\n",
           (guint)g_hash_table_size(spread->zones), spread->slowest_s);
}
