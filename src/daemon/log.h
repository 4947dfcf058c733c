/*
 * Log: one line for each thing that happened, on stderr.
 *
 *   time=2026-11-22T04:00:00.123Z level=info event=settle.done source=flight changes=812 ms=14
 *   {"time":"2026-11-22T04:00:00.123Z","level":"info","event":"settle.done","source":"flight",...}
 *
 * A line is one write(2), so that lines of several threads and processes do not mix (a pipe takes
 * 4096 bytes in one piece, and texts are cut well below that). It holds no line break, no control
 * character and none that could steer a terminal, whatever the data was: what is not harmless text
 * is written as \n, \x1b or \u202e, in JSON as JSON escapes it.
 * Under systemd's journal a line begins with its priority instead of the time, which the journal
 * has.
 *
 * Event names are nouns and verbs with a dot, listed in docs/operations.md; keys are plain words.
 */
#pragma once

#include <glib.h>

typedef enum {
    TU_LOG_ERROR,   /* somebody should look now */
    TU_LOG_WARNING, /* somebody should know */
    TU_LOG_INFO,    /* what is done; the default */
    TU_LOG_DEBUG,
} TuLogLevel;

/* "error", "warning", "info", "debug". FALSE if `name` is none. */
gboolean tu_log_level_parse(const char *name, TuLogLevel *ret_level);

typedef enum {
    TU_LOG_LOGFMT,
    TU_LOG_JSON,
} TuLogForm;

/* "logfmt", "json". */
gboolean tu_log_form_parse(const char *name, TuLogForm *ret_form);

/* What a line is written with. Several threads may write with one. */
typedef struct {
    int fd;
    TuLogForm form;
    TuLogLevel least;       /* lines of less weight are not written */
    gboolean to_journal;    /* logfmt only: priority instead of time */
    gint64 (*now_us)(void); /* NULL: the system's clock */
    gint n_lost;            /* lines that could not be written since the last that could; atomic */
} TuLog;

/* On `fd`, with what is usual: info and above; knows the journal when it is behind `fd`. */
void tu_log_init(TuLog *ret_log, int fd, TuLogForm form);

/* ---- fields ---- */

typedef struct {
    const char *key; /* letters, digits, '_' and '.' */
    enum { TU_FIELD_TEXT, TU_FIELD_INTEGER, TU_FIELD_REAL, TU_FIELD_BOOLEAN } kind;
    const char *text; /* NULL: the field is left out */
    gint64 integer;
    double real;
} TuLogField;

static inline TuLogField
tu_field_text(const char *key, const char *text)
{
    return (TuLogField){.key = key, .kind = TU_FIELD_TEXT, .text = text};
}

static inline TuLogField
tu_field_integer(const char *key, gint64 integer)
{
    return (TuLogField){.key = key, .kind = TU_FIELD_INTEGER, .integer = integer};
}

/* Not a number and infinities are written as text. */
static inline TuLogField
tu_field_real(const char *key, double real)
{
    return (TuLogField){.key = key, .kind = TU_FIELD_REAL, .real = real};
}

static inline TuLogField
tu_field_boolean(const char *key, gboolean is_true)
{
    return (TuLogField){.key = key, .kind = TU_FIELD_BOOLEAN, .integer = is_true};
}

/* ---- writing ---- */

/* Writes a line. Never fails: a line that cannot be written (a full pipe, a closed terminal) is
 * counted, and the next one that can says `lost=N`. */
void tu_log_write(TuLog *log, TuLogLevel level, const char *event, const TuLogField *fields,
                  guint n_fields);

/* tu_log(log, TU_LOG_INFO, "settle.done", tu_field_text("source", name), ...); one field or
 * more. */
#define tu_log(log, level, event, ...)                                                             \
    tu_log_write(log, level, event, (const TuLogField[]){__VA_ARGS__},                             \
                 G_N_ELEMENTS(((const TuLogField[]){__VA_ARGS__})))

/* That line, with its line break, as a new string; `lost` 0: without. For tests. */
char *tu_log_line(const TuLog *log, gint64 at_us, TuLogLevel level, const char *event,
                  const TuLogField *fields, guint n_fields, gint lost);

/* For g_log_set_writer_func(tu_log_glib_writer, log, NULL): what GLib and libraries over it have to
 * say becomes lines of event `library.message`. */
GLogWriterOutput tu_log_glib_writer(GLogLevelFlags level, const GLogField *fields, gsize n_fields,
                                    gpointer log);
