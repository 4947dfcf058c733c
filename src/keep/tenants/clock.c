#include "keep/tenants/clock.h"

#include "keep/build/moments.h"
#include "time/instant.h"

/* Whoever keeps a database with a job a month is not asked. */
#define CLOCK_JUMP_DAYS 40
/* Hosts differ by seconds; by a time zone, where one is set wrong. */
#define CLOCK_APART_DAYS 1
/* How often it is noted that it was seen. */
#define NOTE_US TU_HOUR_US

/* Under the name of the group's first summary, so that it is told as what that one lacks. */
static void
tell(const TuGroup *group, TuResult *result, gint64 now_us, const char *why)
{
    const TuSummaryModel *summary = g_ptr_array_index(group->summaries, 0);
    char now[TU_INSTANT_TEXT_BYTES];
    tu_instant_format(tu_instant_floor_us(now_us, TU_SECOND_US), now);
    g_autofree char *text = g_strdup_printf(
        "the database's clock says %s, %s: nothing is sealed or removed by it. If it is right, run "
        "`trueup run --once --clock-is-right`",
        now, why);
    tu_result_fail(result, summary->spec->name, NULL, text);
}

static gboolean
is_far_from_host(const TuGroup *group, TuResult *result, gint64 now_us)
{
    gint64 host_us = tu_instant_now_us();
    char host[TU_INSTANT_TEXT_BYTES];
    if (ABS(now_us - host_us) <= CLOCK_APART_DAYS * TU_DAY_US)
        return FALSE;
    tu_instant_format(tu_instant_floor_us(host_us, TU_SECOND_US), host);
    g_autofree char *why = g_strdup_printf("that of this host %s", host);
    tell(group, result, now_us, why);
    return TRUE;
}

static gboolean
has_jumped(const TuGroup *group, TuResult *result, gint64 now_us, gint64 seen_us)
{
    if (seen_us == TU_TIME_BEFORE_ALL)
        return FALSE;
    gint64 days = (now_us - seen_us) / TU_DAY_US;
    if (days <= CLOCK_JUMP_DAYS)
        return FALSE;
    g_autofree char *why =
        g_strdup_printf("%" G_GINT64_FORMAT " days after it was seen last", days);
    tell(group, result, now_us, why);
    return TRUE;
}

gboolean
tu_clock_check(TuKeeper *keeper, const TuGroup *group, TuResult *result, gboolean *ret_may_move,
               GError **error)
{
    gint64 seen_us = TU_TIME_BEFORE_ALL;
    gint64 now_us = 0;
    if (!tu_database_now(keeper->db, &now_us, error) ||
        !tu_moment_read(keeper->db, TU_MOMENT_CLOCK, group->name, &seen_us, error))
        return FALSE;
    *ret_may_move =
        !is_far_from_host(group, result, now_us) && !has_jumped(group, result, now_us, seen_us);
    gboolean is_to_note =
        *ret_may_move && (seen_us == TU_TIME_BEFORE_ALL || ABS(now_us - seen_us) >= NOTE_US);
    return !is_to_note || tu_moment_write(keeper->db, TU_MOMENT_CLOCK, group->name, now_us, error);
}

gboolean
tu_clock_confirm(TuKeeper *keeper, const TuGroup *group, GError **error)
{
    gint64 now_us = 0;
    return tu_database_now(keeper->db, &now_us, error) &&
           tu_moment_write(keeper->db, TU_MOMENT_CLOCK, group->name, now_us, error);
}
