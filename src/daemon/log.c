#include "daemon/log.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "time/instant.h"

/* A text is cut there: an error that repeats a whole statement must not make lines that no tool
 * reads, and a line of a few fields stays below what a pipe takes in one piece. */
#define TEXT_MOST_BYTES 2000
#define CUT_MARK "..."

/* With the priorities of syslog, which the journal reads from "<3>". */
static const struct {
    const char *name;
    int priority;
} levels[] = {
    [TU_LOG_ERROR] = {"error", 3},
    [TU_LOG_WARNING] = {"warning", 4},
    [TU_LOG_INFO] = {"info", 6},
    [TU_LOG_DEBUG] = {"debug", 7},
};

static const char *const forms[] = {[TU_LOG_LOGFMT] = "logfmt", [TU_LOG_JSON] = "json"};

gboolean
tu_log_level_parse(const char *name, TuLogLevel *ret_level)
{
    for (guint i = 0; i < G_N_ELEMENTS(levels); i++) {
        if (g_str_equal(levels[i].name, name)) {
            *ret_level = (TuLogLevel)i;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
tu_log_form_parse(const char *name, TuLogForm *ret_form)
{
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (g_str_equal(forms[i], name)) {
            *ret_form = (TuLogForm)i;
            return TRUE;
        }
    }
    return FALSE;
}

/* systemd says which stream it gave to the journal: "device:inode". */
static gboolean
is_journal(int fd)
{
    const char *stream = g_getenv("JOURNAL_STREAM");
    struct stat status;

    if (stream == NULL || fstat(fd, &status) != 0)
        return FALSE;
    g_autofree char *own = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                                           (guint64)status.st_dev, (guint64)status.st_ino);
    return g_str_equal(stream, own);
}

void
tu_log_init(TuLog *ret_log, int fd, TuLogForm form)
{
    *ret_log = (TuLog){.fd = fd, .form = form, .least = TU_LOG_INFO, .to_journal = is_journal(fd)};
}

/* ---- text ---- */

/* Control characters, and those that turn the direction of text or end a line. */
static gboolean
is_harmful(gunichar c)
{
    return g_unichar_iscntrl(c) || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x061C || c == 0xFEFF;
}

/* Both forms agree on what has a letter; JSON has no \x. */
static void
append_escape(GString *line, gunichar c, TuLogForm form)
{
    static const char shorts[] = "\nn\rr\tt\"\"\\\\";

    for (const char *s = shorts; *s != '\0'; s += 2) {
        if (c == (gunichar)*s) {
            g_string_append_c(line, '\\');
            g_string_append_c(line, s[1]);
            return;
        }
    }
    if (form == TU_LOG_LOGFMT && c < 0x80)
        g_string_append_printf(line, "\\x%02x", c);
    else
        g_string_append_printf(line, "\\u%04x", c);
}

/* The text within its quotes. A byte that is no UTF-8 is \xff in logfmt, and the replacement
 * character in JSON, which has no bytes. */
static void
append_escaped(GString *line, const char *text, TuLogForm form)
{
    const char *end = text + strnlen(text, TEXT_MOST_BYTES);
    gboolean is_cut = *end != '\0';

    while (text < end) {
        gunichar c = g_utf8_get_char_validated(text, end - text);

        if (c >= (gunichar)-2) {
            if (is_cut && c == (gunichar)-2)
                break; /* a character that the cut went through */
            if (form == TU_LOG_JSON)
                g_string_append(line, "\357\277\275");
            else
                g_string_append_printf(line, "\\x%02x", (guint)(guchar)*text);
            text++;
            continue;
        }
        if (c == '"' || c == '\\' || is_harmful(c))
            append_escape(line, c, form);
        else
            g_string_append_unichar(line, c);
        text += g_utf8_skip[(guchar)*text];
    }
    if (is_cut)
        g_string_append(line, CUT_MARK);
}

/* TRUE if logfmt needs no quotes: one word of printable ASCII without '=' and quotes. */
static gboolean
is_word(const char *text)
{
    const char *c = text;

    for (; *c != '\0' && c - text < TEXT_MOST_BYTES; c++) {
        if (!g_ascii_isgraph(*c) || strchr("=\"\\", *c) != NULL)
            return FALSE;
    }
    return c > text && *c == '\0';
}

/* Bare where logfmt allows it, so that people can read and `grep event=settle.done` finds. */
static void
append_text(GString *line, const char *text, TuLogForm form)
{
    if (form == TU_LOG_LOGFMT && is_word(text)) {
        g_string_append(line, text);
        return;
    }
    g_string_append_c(line, '"');
    append_escaped(line, text, form);
    g_string_append_c(line, '"');
}

/* ---- lines ---- */

/* A key is the program's own word and needs no escaping. */
static void
append_key(GString *line, const char *key, TuLogForm form)
{
    gboolean is_first = form == TU_LOG_JSON ? line->len == strlen("{")
                                            : line->len == 0 || line->len == strlen("<6>");

    if (form == TU_LOG_JSON)
        g_string_append_printf(line, "%s\"%s\":", is_first ? "" : ",", key);
    else
        g_string_append_printf(line, "%s%s=", is_first ? "" : " ", key);
}

/* JSON has no number for what is not finite: it is said in words. */
static void
append_field(GString *line, const TuLogField *field, TuLogForm form)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    if (field->kind == TU_FIELD_TEXT && field->text == NULL)
        return;
    append_key(line, field->key, form);
    switch (field->kind) {
    case TU_FIELD_TEXT:
        append_text(line, field->text, form);
        return;
    case TU_FIELD_INTEGER:
        g_string_append_printf(line, "%" G_GINT64_FORMAT, field->integer);
        return;
    case TU_FIELD_REAL:
        if (isfinite(field->real))
            g_string_append(line, g_ascii_formatd(number, sizeof number, "%.6g", field->real));
        else
            append_text(line,
                        isnan(field->real) ? "NaN"
                        : field->real > 0  ? "Infinity"
                                           : "-Infinity",
                        form);
        return;
    case TU_FIELD_BOOLEAN:
        g_string_append(line, field->integer != 0 ? "true" : "false");
        return;
    }
}

/* "2026-11-22T04:00:00.123Z": always with its milliseconds, so that columns stand. */
static void
append_time(GString *line, gint64 at_us, TuLogForm form)
{
    char text[TU_INSTANT_TEXT_BYTES];
    gint64 second_us = tu_instant_floor_us(at_us, TU_SECOND_US);

    tu_instant_format(second_us, text);
    text[strlen(text) - 1] = '\0';
    append_key(line, "time", form);
    g_string_append_printf(line, form == TU_LOG_JSON ? "\"%s.%03dZ\"" : "%s.%03dZ", text,
                           (int)((at_us - second_us) / 1000));
}

char *
tu_log_line(const TuLog *log, gint64 at_us, TuLogLevel level, const char *event,
            const TuLogField *fields, guint n_fields, gint lost)
{
    GString *line = g_string_new(log->form == TU_LOG_JSON ? "{" : "");
    const TuLogField first[] = {tu_field_text("level", levels[level].name),
                                tu_field_text("event", event)};
    const TuLogField last = tu_field_integer("lost", lost);

    if (log->to_journal && log->form == TU_LOG_LOGFMT)
        g_string_append_printf(line, "<%d>", levels[level].priority);
    else
        append_time(line, at_us, log->form);
    for (guint i = 0; i < G_N_ELEMENTS(first); i++)
        append_field(line, &first[i], log->form);
    for (guint i = 0; i < n_fields; i++)
        append_field(line, &fields[i], log->form);
    if (lost > 0)
        append_field(line, &last, log->form);
    g_string_append(line, log->form == TU_LOG_JSON ? "}\n" : "\n");
    return g_string_free(line, FALSE);
}

/* One write. Only a pipe takes a part of it, when it is nearly full and the line is longer than
 * PIPE_BUF; then the rest follows. */
static gboolean
write_whole(int fd, const char *text, gsize bytes)
{
    while (bytes > 0) {
        gssize written = write(fd, text, bytes);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return FALSE;
        text += written;
        bytes -= (gsize)written;
    }
    return TRUE;
}

/* A line that cannot be written must not stop the work: it is counted, and the next that can says
 * how many were lost before it. */
void
tu_log_write(TuLog *log, TuLogLevel level, const char *event, const TuLogField *fields,
             guint n_fields)
{
    if (level > log->least)
        return;
    gint64 at_us = log->now_us != NULL ? log->now_us() : tu_instant_now_us();
    gint lost = g_atomic_int_exchange(&log->n_lost, 0);
    g_autofree char *line = tu_log_line(log, at_us, level, event, fields, n_fields, lost);

    if (!write_whole(log->fd, line, strlen(line)))
        g_atomic_int_add(&log->n_lost, lost + 1);
}

/* ---- what libraries say ---- */

/* GLib's fields that are texts have no length: -1. */
static const char *
field_text(const GLogField *fields, gsize n_fields, const char *key)
{
    for (gsize i = 0; i < n_fields; i++) {
        if (g_str_equal(fields[i].key, key) && fields[i].length < 0)
            return fields[i].value;
    }
    return NULL;
}

static TuLogLevel
level_of(GLogLevelFlags level)
{
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        return TU_LOG_ERROR;
    if (level & G_LOG_LEVEL_WARNING)
        return TU_LOG_WARNING;
    return level & (G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO) ? TU_LOG_INFO : TU_LOG_DEBUG;
}

/* GLib's own words (a warning, a failed check) are lines like any other, or they would stand
 * between ours without a form. */
GLogWriterOutput
tu_log_glib_writer(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer log)
{
    tu_log(log, level_of(level), "library.message",
           tu_field_text("library", field_text(fields, n_fields, "GLIB_DOMAIN")),
           tu_field_text("message", field_text(fields, n_fields, "MESSAGE")));
    return G_LOG_WRITER_HANDLED;
}
