/*
 * Templates: SQL of the spec with names in braces, for which other SQL is put in.
 *
 *   SELECT l.pass FROM {row} r JOIN {link} l ON l.flag = r.id
 *                       └ slot      └ slot
 *
 * Braces in strings, quoted names and comments are text.
 */
#pragma once

#include <glib.h>

/* What comes between the braces, and where the text with them stands. */
typedef struct {
    char *name;
    gsize start, length; /* braces included */
} TuSlot;

typedef struct {
    char *text;
    GArray *slots; /* of TuSlot, in their order */
} TuTemplate;

/* CONFIG: the text is not one SELECT (it may begin with WITH), a bracket or quote is not closed, or
 * there is nothing between braces. */
TuTemplate *tu_template_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void tu_template_free(TuTemplate *sql);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuTemplate, tu_template_free)

/* How often a name stands in braces, whatever its case. */
guint tu_template_count(const TuTemplate *sql, const char *name);

/* The SQL to put in for a slot; `has_alias`: a name for it follows. Free with g_free. */
typedef char *(*TuTemplateFill)(const char *name, gboolean has_alias, gpointer data);

/* The name that a slot is given: `r` in `{row} r` and `{row} AS r`; NULL: none. Free with
 * g_free. */
char *tu_template_alias(const TuTemplate *sql, const TuSlot *slot);

/* The whole with its slots filled. Free with g_free. */
char *tu_template_fill(const TuTemplate *sql, TuTemplateFill fill, gpointer data);
