/* Tokens go forward to the end; a measure that was read is written and read as the same again. */
#include "target.h"

#include <string.h>

#include "error.h"
#include "spec/measure.h"
#include "db/sqlscan.h"
#include "spec/sqlcheck.h"

static void
check_tokens(const char *text)
{
    const char *end = text + strlen(text);
    for (const char *at = text;;) {
        TuToken token = tu_sql_token(at);
        g_assert(token.start >= at && token.start + token.length <= end);
        g_autofree char *name = tu_token_name(&token);
        g_assert(strlen(name) <= token.length);
        if (token.kind == TU_TOKEN_END || token.kind == TU_TOKEN_BROKEN) {
            g_assert(token.start + token.length == end);
            return;
        }
        g_assert(token.length > 0);
        at = token.start + token.length;
    }
}

static char *
print(const TuMeasure *measure)
{
    GString *text = g_string_new(tu_measure_kind_name(measure->kind));
    if (measure->expression != NULL)
        g_string_append_printf(text, "(%s)", measure->expression);
    if (measure->where != NULL)
        g_string_append_printf(text, " where %s", measure->where);
    return g_string_free(text, FALSE);
}

static void
check_measure(const TuMeasure *measure)
{
    g_assert((measure->expression == NULL) == (measure->kind == TU_MEASURE_COUNT));
    g_assert(measure->expression == NULL || tu_sql_check_expression(measure->expression, NULL));
    g_assert(measure->where == NULL || tu_sql_check_expression(measure->where, NULL));

    g_autofree char *text = print(measure);
    g_autoptr(TuMeasure) again = tu_measure_parse(text, NULL);
    g_assert(again != NULL && again->kind == measure->kind);
    g_assert(g_strcmp0(again->expression, measure->expression) == 0);
    g_assert(g_strcmp0(again->where, measure->where) == 0);
}

/* An expression must survive what the program does with it: being put into brackets beside
 * others. */
static void
check_expression(const char *text)
{
    g_autoptr(GError) error = NULL;
    if (!tu_sql_check_expression(text, &error)) {
        g_assert(tu_error_is(error, TU_ERROR_CONFIG) && *error->message != '\0');
        return;
    }
    g_autofree char *embedded = g_strdup_printf("(%s) AND (%s)", text, text);
    g_assert(tu_sql_check_expression(embedded, NULL) || strlen(text) > 100);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    check_tokens(text);
    check_expression(text);
    g_autoptr(TuMeasure) measure = tu_measure_parse(text, &error);
    g_assert((measure == NULL) == tu_error_is(error, TU_ERROR_CONFIG));
    if (measure != NULL)
        check_measure(measure);
    return 0;
}
