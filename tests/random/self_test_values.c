/* Facts of the truth's arithmetic on servers: what is a group, a sum, an average. */
#include "self_test_values.h"

#include <stdio.h>
#include <string.h>

#include "server.h"
#include "tally.h"

static RtDatum
datum_of(RtFieldType type, char *text)
{
    RtField field = {type, -1};
    RtText value = {text, text != NULL ? strlen(text) : 0};

    return rt_datum_read(&field, &value);
}

/* ---- Canonical values ---- */

static const struct {
    RtFieldType type;
    const char *text, *canonical;
} values[] = {
    {RT_FIELD_DECIMAL, "1.00", "I1"},
    {RT_FIELD_DECIMAL, "-0.00", "I0"},
    {RT_FIELD_DECIMAL, "0.0500", "D0.05"},
    {RT_FIELD_DECIMAL, "-12345678901234567890.10", "D-12345678901234567890.1"},
    {RT_FIELD_DECIMAL, "100", "I100"},
    {RT_FIELD_DECIMAL, "NaN", "Rnan"},
    {RT_FIELD_INTEGER, "18446744073709551615", "I18446744073709551615"},
    {RT_FIELD_REAL, "1e3", "I1000"},
    {RT_FIELD_REAL, "-0", "I0"},
    {RT_FIELD_REAL, "0.1", "R0.10000000000000001"},
    {RT_FIELD_FLOAT, "0.1", "R0.10000000149011612"},
    {RT_FIELD_BOOLEAN, "t", "I1"},
    {RT_FIELD_BOOLEAN, "f", "I0"},
    {RT_FIELD_PADDED, "ab   ", "T2:ab"},
    {RT_FIELD_TEXT, "ab ", "T3:ab "},
    {RT_FIELD_STAMP, "2024-01-01 00:00:00.500000", "T21:2024-01-01 00:00:00.5"},
    {RT_FIELD_STAMP, "2024-01-01 00:00:00.000000", "T19:2024-01-01 00:00:00"},
    {RT_FIELD_INSTANT, "2024-01-01 00:00:00+00", "T19:2024-01-01 00:00:00"},
    {RT_FIELD_INSTANT, "infinity", "T8:infinity"},
    {RT_FIELD_TEXT, NULL, "N"},
};

static gboolean
value_is_right(guint i)
{
    g_autofree char *text = g_strdup(values[i].text);
    g_autoptr(GString) canonical = g_string_new(NULL);
    RtDatum datum = datum_of(values[i].type, text);

    rt_datum_append(canonical, &datum);
    if (strcmp(canonical->str, values[i].canonical) == 0)
        return TRUE;
    printf("not ok - '%s' is %s, not %s\n", values[i].text, canonical->str, values[i].canonical);
    return FALSE;
}

/* ---- Measures ---- */

#define ADDED_MAX 5

static const struct {
    const char *kind;
    RtFieldType type;
    int scale;
    const char *added[ADDED_MAX]; /* "" stands for NULL; NULL ends them */
    const char *canonical;
} measures[] = {
    {"count", RT_FIELD_INTEGER, 0, {"1", "", "1"}, "I3"},
    {"sum", RT_FIELD_DECIMAL, 2, {"0.10", "0.20", ""}, "D0.3"},
    {"sum", RT_FIELD_INTEGER, 0, {"", ""}, "N"},
    {"sum", RT_FIELD_REAL, 0, {"1e16", "1", "-1e16"}, "I1"},
    {"sum", RT_FIELD_REAL, 0, {"Infinity", "1"}, "Rinf"},
    {"sum", RT_FIELD_REAL, 0, {"Infinity", "-Infinity"}, "Rnan"},
    {"sum", RT_FIELD_REAL, 0, {"NaN", "1"}, "Rnan"},
    {"avg", RT_FIELD_INTEGER, 0, {"1", "2", "2"}, "D1.666667"},
    {"avg", RT_FIELD_INTEGER, 0, {"-1", "-2", "-2"}, "D-1.666667"},
    {"avg", RT_FIELD_DECIMAL, 2, {"0.01", "0.00", "0.00"}, "D0.00333333"},
    {"avg", RT_FIELD_DECIMAL, -1, {"1", "1.5", "1"}, "D1.1666666666666667"},
    {"avg", RT_FIELD_DECIMAL, 0, {"0.000001", "0.0"}, "D0.000001"}, /* half goes away from zero */
    {"avg", RT_FIELD_REAL, 0, {"1", "2", "", "2"}, "R1.6666666666666667"},
    {"min", RT_FIELD_REAL, 0, {"NaN", "2", "1"}, "I1"},
    {"max", RT_FIELD_REAL, 0, {"1", "NaN", "2"}, "Rnan"},
    {"max", RT_FIELD_TEXT, 0, {"a", "\xc3\xa9", "B"}, "T2:\xc3\xa9"},
    {"min", RT_FIELD_STAMP, 0, {"2024-01-01 00:00:00", "-infinity"}, "T9:-infinity"},
    {"count_distinct", RT_FIELD_DECIMAL, 1, {"1.0", "1.00", "", "2"}, "I2"},
    {"count_distinct", RT_FIELD_TEXT, 0, {"a", "a ", "A"}, "I3"},
};

static gboolean
measure_is_right(guint i)
{
    RtTally tally = {0};
    g_autoptr(GString) canonical = g_string_new(NULL);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    RtDatum result;

    for (guint j = 0; j < ADDED_MAX && measures[i].added[j] != NULL; j++) {
        char *text = *measures[i].added[j] != '\0' ? g_strdup(measures[i].added[j]) : NULL;
        RtDatum value = datum_of(measures[i].type, text);

        g_ptr_array_add(texts, text);
        rt_tally_add(&tally, measures[i].kind, &value);
    }
    result = rt_tally_result(&tally, measures[i].kind, measures[i].scale);
    rt_datum_append(canonical, &result);
    rt_tally_clear(&tally);
    if (strcmp(canonical->str, measures[i].canonical) == 0)
        return TRUE;
    printf("not ok - %s number %u is %s, not %s\n", measures[i].kind, i, canonical->str,
           measures[i].canonical);
    return FALSE;
}

/* ---- URLs ---- */

static const char *const urls[][2] = {
    {"postgresql://a@h:1/postgres", "postgresql://a@h:1/new"},
    {"postgresql://a@/old?host=/tmp/x", "postgresql://a@/new?host=/tmp/x"},
    {"mariadb://root@127.0.0.1:7", "mariadb://root@127.0.0.1:7/new"},
    {"mariadb://root@h?socket=/a/b", "mariadb://root@h/new?socket=/a/b"},
};

static gboolean
url_is_right(guint i)
{
    g_autofree char *url = rt_url_with_database(urls[i][0], "new");

    if (strcmp(url, urls[i][1]) == 0)
        return TRUE;
    printf("not ok - %s becomes %s\n", urls[i][0], url);
    return FALSE;
}

/* ---- All ---- */

guint
rt_self_test_values(guint *ret_passed)
{
    guint right = 0, all = G_N_ELEMENTS(values) + G_N_ELEMENTS(measures) + G_N_ELEMENTS(urls);

    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        right += value_is_right(i);
    for (guint i = 0; i < G_N_ELEMENTS(measures); i++)
        right += measure_is_right(i);
    for (guint i = 0; i < G_N_ELEMENTS(urls); i++)
        right += url_is_right(i);
    *ret_passed = right;
    return all - right;
}
