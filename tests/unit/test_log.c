/*
 * Log lines: their text in both forms, odd bytes, and what comes out of a pipe. Lines of both forms
 * are read back: JSON by json-glib, logfmt by a reader of the test's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"

/* 2026-11-22T04:00:00.123456Z */
#define AT_US G_GINT64_CONSTANT(1795320000123456)

static gint64
fixed_now_us(void)
{
    return AT_US;
}

static char *
line_of(TuLogForm form, const TuLogField *fields, guint n_fields)
{
    const TuLog log = {.form = form};
    return tu_log_line(&log, AT_US, TU_LOG_INFO, "settle.done", fields, n_fields, 0);
}

#define LINE(form, ...)                                                                            \
    line_of(form, (const TuLogField[]){__VA_ARGS__},                                               \
            G_N_ELEMENTS(((const TuLogField[]){__VA_ARGS__})))

static void
test_forms(void)
{
    g_autofree char *logfmt =
        LINE(TU_LOG_LOGFMT, tu_field_text("source", "flight"), tu_field_integer("changes", -812),
             tu_field_real("share", 0.25), tu_field_boolean("is_late", TRUE),
             tu_field_text("tenant", NULL), tu_field_text("error", "no such column: x"));
    g_autofree char *json =
        LINE(TU_LOG_JSON, tu_field_text("source", "flight"), tu_field_integer("changes", -812),
             tu_field_real("share", 0.25), tu_field_boolean("is_late", FALSE),
             tu_field_text("tenant", NULL), tu_field_text("error", "no such column: x"));
    g_assert_cmpstr(logfmt, ==,
                    "time=2026-11-22T04:00:00.123Z level=info event=settle.done source=flight "
                    "changes=-812 share=0.25 is_late=true error=\"no such column: x\"\n");
    g_assert_cmpstr(json, ==,
                    "{\"time\":\"2026-11-22T04:00:00.123Z\",\"level\":\"info\",\"event\":"
                    "\"settle.done\",\"source\":\"flight\",\"changes\":-812,\"share\":0.25,"
                    "\"is_late\":false,\"error\":\"no such column: x\"}\n");
}

static void
test_times(void)
{
    const TuLog log = {.form = TU_LOG_LOGFMT};
    g_autofree char *whole = tu_log_line(&log, 0, TU_LOG_ERROR, "x", NULL, 0, 0);
    g_autofree char *before = tu_log_line(&log, -1, TU_LOG_DEBUG, "x", NULL, 0, 3);
    g_assert_cmpstr(whole, ==, "time=1970-01-01T00:00:00.000Z level=error event=x\n");
    g_assert_cmpstr(before, ==, "time=1969-12-31T23:59:59.999Z level=debug event=x lost=3\n");
}

typedef struct {
    const char *text, *logfmt;
    const char *read; /* what JSON gives back; NULL: the text */
} TextRow;

static const TextRow text_rows[] = {
    {"plain", "plain", NULL},
    {"", "\"\"", NULL},
    {"two words", "\"two words\"", NULL},
    {"a=b", "\"a=b\"", NULL},
    {"it's", "it's", NULL},
    {"a>", "a>", NULL},
    {"say \"hi\"", "\"say \\\"hi\\\"\"", NULL},
    {"C:\\x", "\"C:\\\\x\"", NULL},
    {"one\ntwo\r\n", "\"one\\ntwo\\r\\n\"", NULL},
    {"tab\there", "\"tab\\there\"", NULL},
    {"\x1b[31mred", "\"\\x1b[31mred\"", NULL},
    {"del\x7f", "\"del\\x7f\"", NULL},
    {"bell\x07", "\"bell\\x07\"", NULL},
    {"caf\303\251", "\"caf\303\251\"", NULL},
    {"\360\237\230\200", "\"\360\237\230\200\"", NULL},
    {"next line \302\205", "\"next line \\u0085\"", NULL},
    {"line separator \342\200\250", "\"line separator \\u2028\"", NULL},
    {"turned \342\200\256round", "\"turned \\u202eround\"", NULL},
    {"a byte \xff, half \303", "\"a byte \\xff, half \\xc3\"",
     "a byte \357\277\275, half \357\277\275"},
    {"overlong \300\200", "\"overlong \\xc0\\x80\"", "overlong \357\277\275\357\277\275"},
    {"surrogate \355\240\200", "\"surrogate \\xed\\xa0\\x80\"",
     "surrogate \357\277\275\357\277\275\357\277\275"},
};

/* The text of a member, parsed by json-glib. The line has one line break, at its end. */
static char *
read_back(const char *line, const char *member)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    g_assert_true(strchr(line, '\n') == line + strlen(line) - 1);
    g_assert_true(g_utf8_validate(line, -1, NULL));
    json_parser_load_from_data(parser, line, -1, &error);
    g_assert_no_error(error);
    JsonObject *object = json_node_get_object(json_parser_get_root(parser));
    return g_strdup(json_object_get_string_member(object, member));
}

static void
test_texts(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(text_rows); i++) {
        const TextRow *row = &text_rows[i];
        g_autofree char *logfmt =
            LINE(TU_LOG_LOGFMT, tu_field_text("t", row->text), tu_field_integer("n", 1));
        g_autofree char *json = LINE(TU_LOG_JSON, tu_field_text("t", row->text));
        g_autofree char *read = read_back(json, "t");
        g_autofree char *wanted = g_strdup_printf(" t=%s n=1\n", row->logfmt);
        g_assert_true(g_str_has_suffix(logfmt, wanted));
        g_assert_cmpstr(read, ==, row->read != NULL ? row->read : row->text);
    }
}

static void
test_long_text(void)
{
    g_autofree char *long_text = g_strnfill(100000, 'x');
    g_autofree char *umlauts = g_strnfill(4001, 'x');
    for (guint i = 1; i + 1 < 4001; i += 2)
        memcpy(umlauts + i, "\303\244", 2);
    g_autofree char *cut = LINE(TU_LOG_JSON, tu_field_text("t", long_text));
    g_autofree char *read = read_back(cut, "t");
    g_autofree char *between = LINE(TU_LOG_JSON, tu_field_text("t", umlauts));
    g_autofree char *read_umlauts = read_back(between, "t");
    g_assert_cmpuint(strlen(read), ==, 2003);
    g_assert_true(g_str_has_suffix(read, "xxx..."));
    /* A character that the cut goes through is left out. */
    g_assert_cmpuint(strlen(read_umlauts), ==, 2002);
    g_assert_true(g_str_has_suffix(read_umlauts, "\303\244..."));
}

static void
test_numbers(void)
{
    g_autofree char *json = LINE(TU_LOG_JSON, tu_field_integer("least", G_MININT64),
                                 tu_field_real("nan", NAN), tu_field_real("inf", INFINITY),
                                 tu_field_real("minus", -INFINITY), tu_field_real("small", 1e-12));
    g_autofree char *nan = read_back(json, "nan");
    g_autofree char *minus = read_back(json, "minus");
    g_assert_nonnull(strstr(json, "\"least\":-9223372036854775808,"));
    g_assert_nonnull(strstr(json, "\"small\":1e-12}"));
    g_assert_cmpstr(nan, ==, "NaN");
    g_assert_cmpstr(minus, ==, "-Infinity");
}

/* Any bytes: JSON parses, logfmt is one line of harmless text whose fields can be told apart. */
static void
test_random_bytes(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    for (guint i = 0; i < 20000; i++) {
        char text[40] = {0};
        for (gint n = g_rand_int_range(random, 0, 39), at = 0; at < n; at++)
            text[at] = (char)g_rand_int_range(random, 1, 256);
        g_autofree char *json = LINE(TU_LOG_JSON, tu_field_text("t", text));
        g_autofree char *read = read_back(json, "t");
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        g_autofree char *logfmt =
            LINE(TU_LOG_LOGFMT, tu_field_text("t", text), tu_field_integer("after", 1));
        if (g_utf8_validate(text, -1, NULL))
            g_assert_cmpstr(read, ==, valid);
        g_assert_true(g_utf8_validate(logfmt, -1, NULL));
        g_assert_true(g_str_has_suffix(logfmt, " after=1\n"));
        for (const char *c = logfmt; c[1] != '\0'; c++)
            g_assert_false(g_ascii_iscntrl(*c));
    }
}

/* ---- writing ---- */

static void
open_pipe(int ends[2], TuLog *log, TuLogForm form)
{
    g_assert_cmpint(pipe(ends), ==, 0);
    g_assert_cmpint(fcntl(ends[0], F_SETFL, O_NONBLOCK), ==, 0);
    tu_log_init(log, ends[1], form);
    log->now_us = fixed_now_us;
}

static char *
drain(int fd)
{
    GString *got = g_string_new(NULL);
    char part[4096];
    for (gssize n; (n = read(fd, part, sizeof part)) > 0;)
        g_string_append_len(got, part, n);
    return g_string_free(got, FALSE);
}

static void
test_levels(void)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    int ends[2];
    TuLog log;
    TuLogLevel level;
    TuLogForm form;
    open_pipe(ends, &log, TU_LOG_LOGFMT);
    for (guint i = TU_LOG_ERROR; i <= TU_LOG_DEBUG; i++) {
        tu_log(&log, (TuLogLevel)i, "e", tu_field_integer("i", i));
        g_assert_true(tu_log_level_parse(names[i], &level));
        g_assert_cmpint(level, ==, i);
    }
    log.least = TU_LOG_ERROR;
    tu_log(&log, TU_LOG_WARNING, "e", tu_field_integer("i", 9));
    g_autofree char *got = drain(ends[0]);
    g_assert_cmpstr(got, ==,
                    "time=2026-11-22T04:00:00.123Z level=error event=e i=0\n"
                    "time=2026-11-22T04:00:00.123Z level=warning event=e i=1\n"
                    "time=2026-11-22T04:00:00.123Z level=info event=e i=2\n");
    g_assert_false(tu_log_level_parse("loud", &level));
    g_assert_true(tu_log_form_parse("json", &form) && form == TU_LOG_JSON);
    g_assert_true(tu_log_form_parse("logfmt", &form) && form == TU_LOG_LOGFMT);
    g_assert_false(tu_log_form_parse("xml", &form));
    close(ends[0]);
    close(ends[1]);
}

/* A reader that does not read: lines are lost, counted, and told of; the program does not wait. */
static void
test_full_pipe(void)
{
    int ends[2];
    TuLog log;
    guint n = 0;
    open_pipe(ends, &log, TU_LOG_LOGFMT);
    g_assert_cmpint(fcntl(ends[1], F_SETFL, O_NONBLOCK), ==, 0);
    for (; log.n_lost < 7; n++)
        tu_log(&log, TU_LOG_INFO, "e", tu_field_integer("n", n));
    g_free(drain(ends[0]));
    tu_log(&log, TU_LOG_INFO, "after", tu_field_integer("n", n));
    tu_log(&log, TU_LOG_INFO, "later", tu_field_integer("n", n));
    g_autofree char *after = drain(ends[0]);
    g_assert_nonnull(strstr(after, " lost=7\n"));
    g_assert_null(strstr(strstr(after, "later"), "lost"));
    close(ends[0]);
    close(ends[1]);
}

#define THREADS 8
#define LINES 500

static gpointer
write_many(gpointer data)
{
    for (guint i = 0; i < LINES; i++)
        tu_log(data, TU_LOG_INFO, "thread", tu_field_text("text", "of some length, with blanks"));
    return NULL;
}

static gpointer
read_all(gpointer data)
{
    GString *got = g_string_new(NULL);
    char part[4096];
    for (gssize n; (n = read(GPOINTER_TO_INT(data), part, sizeof part)) > 0;)
        g_string_append_len(got, part, n);
    return g_string_free(got, FALSE);
}

static void
test_threads(void)
{
    GThread *threads[THREADS];
    int ends[2];
    TuLog log;
    open_pipe(ends, &log, TU_LOG_JSON);
    g_assert_cmpint(fcntl(ends[0], F_SETFL, 0), ==, 0);
    GThread *reader = g_thread_new("reader", read_all, GINT_TO_POINTER(ends[0]));
    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("writer", write_many, &log);
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    close(ends[1]);
    g_autofree char *got = g_thread_join(reader);
    g_auto(GStrv) lines = g_strsplit(got, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, THREADS * LINES + 1);
    for (guint i = 0; i < THREADS * LINES; i++)
        g_assert_cmpstr(lines[i], ==, lines[0]);
    close(ends[0]);
}

/* Under systemd the stream's device and inode are in the environment. */
static void
test_journal(void)
{
    int ends[2];
    TuLog log;
    struct stat status;
    open_pipe(ends, &log, TU_LOG_LOGFMT);
    g_assert_false(log.to_journal);
    g_assert_cmpint(fstat(ends[1], &status), ==, 0);
    g_autofree char *stream =
        g_strdup_printf("%lu:%lu", (gulong)status.st_dev, (gulong)status.st_ino);
    g_assert_true(g_setenv("JOURNAL_STREAM", stream, TRUE));
    tu_log_init(&log, ends[1], TU_LOG_LOGFMT);
    g_assert_true(log.to_journal);
    tu_log(&log, TU_LOG_WARNING, "night.late", tu_field_text("zone", "UTC"));
    g_autofree char *got = drain(ends[0]);
    g_assert_cmpstr(got, ==, "<4>level=warning event=night.late zone=UTC\n");
    g_setenv("JOURNAL_STREAM", "1:2", TRUE);
    tu_log_init(&log, ends[1], TU_LOG_LOGFMT);
    g_assert_false(log.to_journal);
    g_unsetenv("JOURNAL_STREAM");
    close(ends[0]);
    close(ends[1]);
}

static void
test_glib(void)
{
    const GLogField fields[] = {
        {"MESSAGE", "something\nodd", -1}, {"CODE_LINE", "\1\2", 2}, {"GLIB_DOMAIN", "Json", -1}};
    int ends[2];
    TuLog log;
    open_pipe(ends, &log, TU_LOG_LOGFMT);
    tu_log_glib_writer(G_LOG_LEVEL_WARNING, fields, G_N_ELEMENTS(fields), &log);
    tu_log_glib_writer(G_LOG_LEVEL_CRITICAL, fields, 1, &log);
    tu_log_glib_writer(G_LOG_LEVEL_DEBUG, fields, 1, &log);
    g_autofree char *got = drain(ends[0]);
    g_assert_cmpstr(got, ==,
                    "time=2026-11-22T04:00:00.123Z level=warning event=library.message "
                    "library=Json message=\"something\\nodd\"\n"
                    "time=2026-11-22T04:00:00.123Z level=error event=library.message "
                    "message=\"something\\nodd\"\n");
    close(ends[0]);
    close(ends[1]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/forms", test_forms);
    g_test_add_func("/log/times", test_times);
    g_test_add_func("/log/texts", test_texts);
    g_test_add_func("/log/long-text", test_long_text);
    g_test_add_func("/log/numbers", test_numbers);
    g_test_add_func("/log/random-bytes", test_random_bytes);
    g_test_add_func("/log/levels", test_levels);
    g_test_add_func("/log/full-pipe", test_full_pipe);
    g_test_add_func("/log/threads", test_threads);
    g_test_add_func("/log/journal", test_journal);
    g_test_add_func("/log/glib", test_glib);
    return g_test_run();
}
