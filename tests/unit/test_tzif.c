/* The reader of TZif files and of the rule at their end: what the files of this system do not show
 * (test_allzones has those): slim files, odd rules, damage. */
#include <string.h>

#include "time/calendar.h"
#include "time/tzif.h"

#define END_YEAR 2200

static gint64
second_of(int year, int month, int day, int hour)
{
    return tu_date_from_civil(year, month, day) * G_GINT64_CONSTANT(86400) + hour * 3600;
}

static void
test_rules(void)
{
    static const struct {
        const char *label, *text;
        int year;
        /* Month, day, hour UTC of the two changes, and the offset in minutes after each. */
        int month_1, day_1, hour_1, minutes_1;
        int month_2, day_2, hour_2, minutes_2;
    } rows[] = {
        {"New York", "EST5EDT,M3.2.0,M11.1.0", 2024, 3, 10, 7, -240, 11, 3, 6, -300},
        {"Berlin: last Sundays", "CET-1CEST,M3.5.0,M10.5.0/3", 2024, 3, 31, 1, 120, 10, 27, 1, 60},
        {"Dublin: negative", "IST-1GMT0,M10.5.0,M3.5.0/1", 2038, 3, 28, 1, 60, 10, 31, 1, 0},
        {"Nuuk: hour -1", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2024, 3, 31, 1, -60, 10, 27, 1, -120},
        {"Santiago: hour 24", "<-04>4<-03>,M9.1.6/24,M4.1.6/24", 2024, 4, 7, 3, -240, 9, 8, 4,
         -180},
        {"Gaza: hour 50", "EET-2EEST,M3.4.4/50,M10.4.4/50", 2024, 3, 30, 0, 180, 10, 25, 23, 120},
        {"two hours", "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", 2024, 3, 31, 1, 120, 10, 27, 1, 0},
        {"J60 is 1 March in a leap year", "AAA0BBB,J60/0,J365/1", 2024, 3, 1, 0, 60, 12, 31, 0, 0},
        {"J59 is 28 February", "AAA0BBB,J59/0,J365/1", 2024, 2, 28, 0, 60, 12, 31, 0, 0},
        {"59 is 29 February", "AAA0BBB,59/0,365/1", 2024, 2, 29, 0, 60, 12, 31, 0, 0},
        {"59 is 1 March otherwise", "AAA0BBB,59/0,364/1", 2023, 3, 1, 0, 60, 12, 31, 0, 0},
        {"default time is 2", "AAA0BBB,J1,J2", 2023, 1, 1, 2, 60, 1, 2, 1, 0},
        {"a month that ends on that day", "AAA0BBB,M2.5.4/0,M9.5.1/1", 2024, 2, 29, 0, 60, 9, 30, 0,
         0},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        TuZoneChange changes[2];
        TuTzRule rule;

        g_test_message("%s", rows[i].label);
        g_assert_true(tu_tz_rule_parse(rows[i].text, strlen(rows[i].text), &rule));
        g_assert_true(rule.has_daylight);
        tu_tz_rule_changes(&rule, rows[i].year, changes);
        g_assert_cmpint(changes[0].at_s, ==,
                        second_of(rows[i].year, rows[i].month_1, rows[i].day_1, rows[i].hour_1));
        g_assert_cmpint(changes[0].offset_s, ==, rows[i].minutes_1 * 60);
        g_assert_cmpint(changes[1].at_s, ==,
                        second_of(rows[i].year, rows[i].month_2, rows[i].day_2, rows[i].hour_2));
        g_assert_cmpint(changes[1].offset_s, ==, rows[i].minutes_2 * 60);
    }
}

static void
test_constant_rules(void)
{
    static const struct {
        const char *text;
        gint32 offset_s;
    } rows[] = {
        {"UTC0", 0},       {"EST5", -18000}, {"<+0530>-5:30", 19800}, {"LMT+0:44:30", -2670},
        {"<+01>-1", 3600},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        TuTzRule rule;

        g_assert_true(tu_tz_rule_parse(rows[i].text, strlen(rows[i].text), &rule));
        g_assert_false(rule.has_daylight);
        g_assert_cmpint(rule.standard_s, ==, rows[i].offset_s);
    }
}

static void
test_wrong_rules(void)
{
    static const struct {
        const char *label, *text;
    } rows[] = {
        {"empty", ""},
        {"no offset", "EST"},
        {"short name", "ES5"},
        {"open bracket", "<+05-5"},
        {"daylight without dates", "EST5EDT"},
        {"one date", "EST5EDT,M3.2.0"},
        {"three dates", "EST5EDT,M3.2.0,M11.1.0,M12.1.0"},
        {"month 0", "EST5EDT,M0.2.0,M11.1.0"},
        {"month 13", "EST5EDT,M13.2.0,M11.1.0"},
        {"week 6", "EST5EDT,M3.6.0,M11.1.0"},
        {"week 0", "EST5EDT,M3.0.0,M11.1.0"},
        {"weekday 7", "EST5EDT,M3.2.7,M11.1.0"},
        {"J0", "EST5EDT,J0,J200"},
        {"J366", "EST5EDT,J1,J366"},
        {"day 366", "EST5EDT,0,366"},
        {"hour 168", "EST5EDT,M3.2.0/168,M11.1.0"},
        {"offset hour 25", "EST25"},
        {"minute 60", "EST5:60"},
        {"second 60", "EST5:00:60"},
        {"no number", "EST5EDT,M3.2.,M11.1.0"},
        {"time without digits", "EST5EDT,M3.2.0/,M11.1.0"},
        {"four digits", "EST5EDT,J0001,J2"},
        {"text after it", "EST5EDT,M3.2.0,M11.1.0 "},
        {"no dot", "EST5EDT,M3-2-0,M11.1.0"},
        {"half a colon", "EST5:"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        /* A copy of just these bytes, so that the sanitizer sees a read behind them. */
        g_autofree char *copy = g_memdup2(rows[i].text, strlen(rows[i].text));
        TuTzRule rule;

        g_test_message("%s", rows[i].label);
        g_assert_false(tu_tz_rule_parse(copy == NULL ? "" : copy, strlen(rows[i].text), &rule));
    }
}

static void
append_number(GByteArray *file, gint64 value, guint bytes)
{
    gint64 big_endian = GINT64_TO_BE(value);

    g_byte_array_append(file, (const guint8 *)&big_endian + (8 - bytes), bytes);
}

/* A version 2 file with these changes (the first one only says what holds before all others) and
 * this rule; its 4-byte part is empty, as `zic -b slim` writes it. */
static GByteArray *
make_file(const TuZoneChange *changes, guint count, const char *rule)
{
    GByteArray *file = g_byte_array_new();

    for (guint part = 0; part < 2; part++) {
        guint types = part == 0 ? 1 : count;

        g_byte_array_append(file, (const guint8 *)"TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
        for (guint i = 0; i < 3; i++)
            append_number(file, 0, 4);
        append_number(file, types - 1, 4);
        append_number(file, types, 4);
        append_number(file, 4, 4);
        for (guint i = 1; i < types; i++)
            append_number(file, changes[i].at_s, 8);
        for (guint i = 1; i < types; i++)
            append_number(file, i, 1);
        for (guint i = 0; i < types; i++) {
            append_number(file, changes[i].offset_s, 4);
            append_number(file, 0, 2);
        }
        g_byte_array_append(file, (const guint8 *)"LMT", 4);
    }
    g_byte_array_append(file, (const guint8 *)"\n", 1);
    g_byte_array_append(file, (const guint8 *)rule, (guint)strlen(rule));
    g_byte_array_append(file, (const guint8 *)"\n", 1);
    return file;
}

static GArray *
changes_of(GByteArray *file)
{
    GArray *changes = tu_tzif_changes(file->data, file->len, END_YEAR);

    g_assert_nonnull(changes);
    return changes;
}

static void
assert_change(const GArray *changes, guint index, gint64 at_s, gint32 offset_s)
{
    const TuZoneChange *change = &g_array_index(changes, TuZoneChange, index);

    g_assert_cmpuint(index, <, changes->len);
    g_assert_cmpint(change->at_s, ==, at_s);
    g_assert_cmpint(change->offset_s, ==, offset_s);
}

/* The bytes of a file of this system. */
static GByteArray *
system_file(const char *name)
{
    const char *directory = g_getenv("TZDIR");
    g_autofree char *path =
        g_build_filename(directory != NULL ? directory : "/usr/share/zoneinfo", name, NULL);
    GError *error = NULL;
    char *bytes;
    gsize length;

    g_file_get_contents(path, &bytes, &length, &error);
    g_assert_no_error(error);
    return g_byte_array_new_take((guint8 *)bytes, length);
}

/* A slim file, whose list stops in 1996, gives what the whole file gives, also where the rule has
 * negative daylight saving. */
static void
test_slim(void)
{
    static const struct {
        const char *zone, *rule;
    } rows[] = {
        {"Europe/Dublin", "IST-1GMT0,M10.5.0,M3.5.0/1"},
        {"Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GByteArray) whole_file = system_file(rows[i].zone);
        g_autoptr(GArray) whole = changes_of(whole_file);
        g_autoptr(GByteArray) slim_file = NULL;
        g_autoptr(GArray) slim = NULL;
        guint listed = 0;

        while (g_array_index(whole, TuZoneChange, listed).at_s < second_of(1997, 1, 1, 0))
            listed++;
        slim_file = make_file(&g_array_index(whole, TuZoneChange, 0), listed, rows[i].rule);
        slim = changes_of(slim_file);
        g_assert_cmpuint(slim->len, ==, whole->len);
        for (guint c = 0; c < slim->len; c++)
            assert_change(slim, c, g_array_index(whole, TuZoneChange, c).at_s,
                          g_array_index(whole, TuZoneChange, c).offset_s);
    }
}

static void
test_odd_files(void)
{
    const TuZoneChange one[] = {{0, 3600}};
    const TuZoneChange big_bang[] = {{0, 60}, {-(G_GINT64_CONSTANT(1) << 59), 3600}, {7, 7200}};
    const TuZoneChange same[] = {{0, 3600}, {100, 3600}, {200, 7200}, {300, 7200}};
    const TuZoneChange late[] = {{0, 0}, {100, 3600}, {second_of(2300, 1, 1, 0), 7200}};
    g_autoptr(GByteArray) no_change = make_file(one, 1, "");
    g_autoptr(GByteArray) only_rule = make_file(one, 1, "CET-1CEST,M3.5.0,M10.5.0/3");
    g_autoptr(GByteArray) for_ever = make_file(one, 1, "EST5EDT,0/0,J365/25");
    g_autoptr(GByteArray) old = make_file(big_bang, 3, "<+02>-2");
    g_autoptr(GByteArray) merged = make_file(same, 4, "<+02>-2");
    g_autoptr(GByteArray) beyond = make_file(late, 3, "<+02>-2");
    g_autoptr(GArray) a = changes_of(no_change), b = changes_of(only_rule),
                      c = changes_of(for_ever), d = changes_of(old), e = changes_of(merged),
                      f = changes_of(beyond);

    g_assert_cmpuint(a->len, ==, 1);
    assert_change(a, 0, G_MININT64, 3600);
    /* Without a list the rule holds from 1799 on (a year is generated to be safe). */
    g_assert_cmpuint(b->len, ==, 1 + 2 * (2200 - 1799));
    assert_change(b, b->len - 1, second_of(2199, 10, 27, 1), 3600);
    /* Daylight saving that ends when it begins again: one offset, no change each year. */
    g_assert_cmpuint(c->len, ==, 2);
    assert_change(c, 1, second_of(1799, 1, 1, 5), -14400);
    g_assert_cmpuint(d->len, ==, 2);
    assert_change(d, 0, G_MININT64, 3600);
    assert_change(d, 1, 7, 7200);
    g_assert_cmpuint(e->len, ==, 2);
    assert_change(e, 1, 200, 7200);
    g_assert_cmpuint(f->len, ==, 2);
    assert_change(f, 1, 100, 3600);
}

/* Version 1 has one block of 4-byte times and no rule. */
static void
test_version_1(void)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_autoptr(GArray) changes = NULL;

    g_byte_array_append(file, (const guint8 *)"TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    for (guint i = 0; i < 3; i++)
        append_number(file, 0, 4);
    append_number(file, 1, 4);
    append_number(file, 2, 4);
    append_number(file, 4, 4);
    append_number(file, -100, 4);
    append_number(file, 1, 1);
    append_number(file, -18000, 4);
    append_number(file, 0, 2);
    append_number(file, 3600, 4);
    append_number(file, 0, 2);
    g_byte_array_append(file, (const guint8 *)"LMT", 4);
    changes = changes_of(file);
    g_assert_cmpuint(changes->len, ==, 2);
    assert_change(changes, 0, G_MININT64, -18000);
    assert_change(changes, 1, -100, 3600);
}

static void
test_refused(void)
{
    const TuZoneChange turned[] = {{0, 0}, {200, 3600}, {100, 7200}};
    const TuZoneChange twice[] = {{0, 0}, {200, 3600}, {200, 7200}};
    const TuZoneChange large[] = {{0, 0}, {200, 100000}};
    const TuZoneChange good[] = {{0, 0}, {200, 3600}};
    static const struct {
        const char *label;
        guint at; /* this byte of the good file is set to `value` */
        guint8 value;
    } rows[] = {
        {"magic", 0, 'X'},
        {"leap seconds", 31, 1},
        {"no types", 39, 0},
        {"second magic", 54, 'X'},
        {"second leap seconds", 54 + 31, 1},
        {"second without types", 54 + 39, 0},
        {"a type that is not there", 54 + 44 + 8, 2},
        {"too many times", 54 + 32, 0xff},
        {"no newline before the rule", 54 + 44 + 8 + 1 + 12 + 4, 'X'},
    };
    GByteArray *files[] = {make_file(turned, 3, ""), make_file(twice, 3, ""),
                           make_file(large, 2, ""), make_file(good, 2, "CET")};
    g_autoptr(GByteArray) file = make_file(good, 2, "<+01>-1");

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_assert_null(tu_tzif_changes(files[i]->data, files[i]->len, END_YEAR));
        g_byte_array_unref(files[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint8 before = file->data[rows[i].at];

        g_test_message("%s", rows[i].label);
        file->data[rows[i].at] = rows[i].value;
        g_assert_null(tu_tzif_changes(file->data, file->len, END_YEAR));
        file->data[rows[i].at] = before;
    }
    g_array_unref(changes_of(file));
}

static void
check_laws(const GArray *changes)
{
    g_assert_cmpuint(changes->len, >=, 1);
    g_assert_cmpint(g_array_index(changes, TuZoneChange, 0).at_s, ==, G_MININT64);
    for (guint i = 1; i < changes->len; i++) {
        const TuZoneChange *change = &g_array_index(changes, TuZoneChange, i);

        g_assert_cmpint(change->at_s, >, change[-1].at_s);
        g_assert_cmpint(change->offset_s, !=, change[-1].offset_s);
        g_assert_cmpint(change->at_s, <, second_of(END_YEAR, 1, 1, 0));
        g_assert_cmpint(ABS(change->offset_s), <=, 26 * 3600);
    }
}

/* A file that ends too early is refused wherever it ends; one with a changed byte is refused, or
 * gives a table that keeps the laws. */
static void
test_damage(void)
{
    g_autoptr(GByteArray) file = system_file("Europe/Dublin");
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    guint refused = 0;

    for (guint length = 0; length < file->len; length++) {
        g_autofree guint8 *copy = g_memdup2(file->data, length);

        g_assert_null(tu_tzif_changes(copy, length, END_YEAR));
    }
    for (guint i = 0; i < 20000; i++) {
        guint at = (guint)g_rand_int_range(rand, 0, (gint32)file->len);
        guint8 before = file->data[at];
        g_autoptr(GArray) changes = NULL;

        file->data[at] = (guint8)g_rand_int_range(rand, 0, 256);
        changes = tu_tzif_changes(file->data, file->len, END_YEAR);
        if (changes != NULL)
            check_laws(changes);
        else
            refused++;
        file->data[at] = before;
    }
    g_assert_cmpuint(refused, >, 1000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tzif/rules", test_rules);
    g_test_add_func("/tzif/constant-rules", test_constant_rules);
    g_test_add_func("/tzif/wrong-rules", test_wrong_rules);
    g_test_add_func("/tzif/slim", test_slim);
    g_test_add_func("/tzif/odd-files", test_odd_files);
    g_test_add_func("/tzif/version-1", test_version_1);
    g_test_add_func("/tzif/refused", test_refused);
    g_test_add_func("/tzif/damage", test_damage);
    return g_test_run();
}
