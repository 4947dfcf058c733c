#include "schema/column_fits.h"

#include <string.h>

#include "db/sql.h"
#include "db/width.h"

/* No bucket counts or adds up to more digits than a bigint has. */
#define MOST_DIGITS 18

/* Nine digits may do for what grows, and how wide single values are is not always known: whoever
 * has such a column is warned, and once it does not do, that bucket fails by name and the others go
 * on. What is narrower than that is a mistake. */
#define TIGHT_DIGITS 9

/* ---- findings ---- */

static void
complain(const TuDialect *dialect, const TuColumnInfo *column, const TuFit *fit, gboolean is_error,
         const char *problem, GPtrArray *findings)
{
    g_autofree char *sql =
        tu_sql_format(dialect->alter_column, fit->table, column->name, fit->type);
    tu_finding_add(
        findings, is_error, fit->table,
        g_strdup_printf("column %s is %s: %s", column->name, column->declared_type, problem),
        g_strdup_printf("ALTER it to %s: %s", fit->type, sql));
}

/* ---- numbers ---- */

static gboolean
is_number(TuType kind)
{
    return kind == TU_TYPE_INTEGER || kind == TU_TYPE_DECIMAL || kind == TU_TYPE_REAL;
}

/* A column that rounds what is written is never equal to what it should be. */
static gboolean
rounds(const TuColumnInfo *column, const TuFit *fit)
{
    if (fit->kind == TU_TYPE_REAL)
        return column->kind != TU_TYPE_REAL;
    if (fit->kind != TU_TYPE_DECIMAL)
        return FALSE;
    gboolean has_scale =
        column->type.scale < 0 || (fit->scale >= 0 && column->type.scale >= fit->scale);
    return column->kind != TU_TYPE_DECIMAL || !has_scale;
}

/* Digits that what goes in may have. */
static guint
digits_needed(const TuDialect *dialect, const TuFit *fit)
{
    TuWidth needs = {fit->kind, MOST_DIGITS};
    (void)tu_width_of(dialect, fit->type, &needs);
    return MIN(needs.digits, MOST_DIGITS);
}

static void
check_number(const TuDialect *dialect, const TuColumnInfo *column, const TuFit *fit,
             GPtrArray *findings)
{
    TuWidth has = {column->kind, MOST_DIGITS};
    if (rounds(column, fit)) {
        complain(dialect, column, fit, TRUE, "it would round what it must hold exactly", findings);
        return;
    }
    if (!tu_width_of(dialect, column->declared_type, &has) ||
        has.digits >= digits_needed(dialect, fit))
        return;
    gboolean is_known = fit->kind == TU_TYPE_REAL || strchr(fit->type, '(') != NULL;
    gboolean may_do = fit->grows ? has.digits >= TIGHT_DIGITS : !is_known;
    gboolean is_tight = may_do && has.kind != TU_TYPE_REAL;
    complain(dialect, column, fit, !is_tight,
             is_tight ? "a bucket that comes to more fails" : "it is too narrow for its values",
             findings);
}

/* ---- texts ---- */

/* n of "varchar(n) ..."; 0: no length is declared. */
static guint64
declared_length(const char *type)
{
    const char *open = strchr(type, '(');
    return open != NULL ? g_ascii_strtoull(open + 1, NULL, 10) : 0;
}

/* Texts of more characters than this are those without a length of their own (short_text_type). */
#define SHORT_TEXT 128

/* Texts that the spec itself says, in a column that holds texts as they are: others are padded. */
static gboolean
holds_constants(const TuColumnInfo *column, const TuFit *fit, guint64 has)
{
    gboolean is_varying = g_str_has_prefix(column->declared_type, "varchar") ||
                          g_str_has_prefix(column->declared_type, "character varying");
    return is_varying && fit->longest >= 0 && (guint64)fit->longest <= has;
}

/* A text that does not fit fails its bucket each time. Of a longer one the source's length is not
 * known here: any column for longer ones will do. */
static void
check_text(const TuDialect *dialect, const TuColumnInfo *column, const TuFit *fit,
           GPtrArray *findings)
{
    guint64 has = declared_length(column->declared_type);
    guint64 needs = declared_length(fit->type);
    if (needs == 0 || g_str_equal(fit->type, dialect->tenant_text_type))
        needs = SHORT_TEXT + 1;
    if (has > 0 && has < needs && !holds_constants(column, fit, has))
        complain(dialect, column, fit, TRUE, "the source's texts may be longer", findings);
}

void
tu_column_check_fit(const TuDialect *dialect, const TuColumnInfo *column, const TuFit *fit,
                    GPtrArray *findings)
{
    if (dialect->has_dynamic_types)
        return;
    if (is_number(column->kind) && is_number(fit->kind))
        check_number(dialect, column, fit, findings);
    else if (column->kind == TU_TYPE_TEXT && fit->kind == TU_TYPE_TEXT)
        check_text(dialect, column, fit, findings);
}
