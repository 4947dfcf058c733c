/* Rows that say nothing about classes go with every column and keep its class. */
#include "templates.h"

/* ---- SQLite ---- */

/* Several depend on the column's type affinity or collation, which a log table does not have. */
static const RtTemplate sqlite_conditions[] = {
    {RT_FLAG, "{x} = 1"},
    {RT_FLAG, "{x} = '1'"},
    {RT_FLAG, "coalesce({x}, 0) = 0"},
    {RT_WHOLE, "{x} > 3"},
    {RT_WHOLE, "{x} <= '50'"},
    {RT_WHOLE, "{x} IS NOT NULL"},
    {RT_WHOLE, "{x} % 2 = 0"},
    {RT_WHOLE, "{x} BETWEEN -5 AND 90"},
    {RT_AMOUNT, "{x} < 50.5"},
    {RT_AMOUNT, "{x} IS NOT NULL"},
    {RT_AMOUNT, "{x} >= '10'"},
    {RT_LABEL, "{x} <> {text}"},
    {RT_LABEL, "{x} = 7 OR {x} > 'a'"},
    {RT_LABEL, "{x} IN ('JFK', 'jfk', '007', '') OR length({x}) > 3"},
    {RT_LABEL, "{x} IS NULL OR {x} LIKE '%j%' OR {x} < 'k'"},
    {RT_FOLDED, "{x} = 'jfk' OR {x} < 'b'"},
    {RT_FOLDED, "{x} IN ('JFK', 'é', '') OR {x} IS NULL"},
    {RT_FOLDED, "{x} <> 'JFK'"},
    {RT_MIXED, "{x} = 7"},
    {RT_MIXED, "{x} = '7' OR {x} < 5"},
    {RT_MIXED, "typeof({x}) <> 'text'"},
    {RT_CODE, "{x} > 'c3'"},
    {RT_GENERATED, "{x} > 10"},
};

static const RtTemplate sqlite_dimensions[] = {
    {RT_LABEL, "{x}"},
    {RT_LABEL, "{x}"},
    {RT_LABEL, "lower({x})"},
    {RT_LABEL, "coalesce({x}, 'none')"},
    {RT_LABEL, "substr({x}, 1, 2)"},
    {RT_FOLDED, "{x}"},
    {RT_FOLDED, "{x}"},
    {RT_MIXED, "{x}"},
    {RT_MIXED, "{x}"},
    {RT_FLAG, "{x}"},
    {RT_WHOLE, "{x} % 5"},
    {RT_WHOLE, "CASE WHEN {x} > 50 THEN 'many' WHEN {x} IS NULL THEN NULL ELSE 0 END"},
    {RT_AMOUNT, "CAST({x} AS INTEGER) % 3"},
    {RT_AMOUNT, "round({x}) % 4"},
    {RT_CODE, "{x}"},
    {RT_REFERENCE, "{x}"},
    {RT_FLAG, "NULL"},
    {RT_FLAG, "'default'"},
    {RT_FLAG, "3"},
};

static const RtTemplate sqlite_numbers[] = {
    {RT_WHOLE, "{x}"},
    {RT_WHOLE, "{x}"},
    {RT_WHOLE, "{x} * 3"},
    {RT_WHOLE, "coalesce({x}, 0)"},
    {RT_WHOLE, "{x} / 4"},
    {RT_WHOLE, "{x} * 0.1"},
    {RT_WHOLE, "nullif({x}, 1)"},
    {RT_AMOUNT, "{x}"},
    {RT_AMOUNT, "{x}"},
    {RT_AMOUNT, "{x}"},
    {RT_AMOUNT, "coalesce({x}, 0.5)"},
    {RT_AMOUNT, "CASE WHEN {x} > 0 THEN {x} END"},
    {RT_FLAG, "{x}"},
    {RT_LABEL, "length({x})"},
    {RT_GENERATED, "{x}"},
    {RT_FLAG, "1"},
};

static const RtTemplate sqlite_anything[] = {
    {RT_WHOLE, "{x}"}, {RT_AMOUNT, "{x}"}, {RT_LABEL, "{x}"},        {RT_FOLDED, "{x}"},
    {RT_MIXED, "{x}"}, {RT_CODE, "{x}"},   {RT_TIME, "{x}"},         {RT_REFERENCE, "{x}"},
    {RT_FLAG, "{x}"},  {RT_KEY, "{x}"},    {RT_LABEL, "upper({x})"},
};

/* ---- Servers ---- */

#define WHOLE (1U << RT_CLASS_WHOLE)
#define DECIMAL (1U << RT_CLASS_DECIMAL)
#define REAL (1U << RT_CLASS_REAL)
#define NUMBER (WHOLE | DECIMAL | REAL)
#define BOOLEAN (1U << RT_CLASS_BOOLEAN)
#define DATED (1U << RT_CLASS_DATE | 1U << RT_CLASS_STAMP | 1U << RT_CLASS_INSTANT)

static const RtTemplate server_conditions[] = {
    {RT_FLAG, "{x} = 1", WHOLE},
    {RT_FLAG, "{x}", BOOLEAN},
    {RT_FLAG, "{x} IS NOT TRUE", BOOLEAN},
    {RT_FLAG, "coalesce({x}, 0) = 0", WHOLE},
    {RT_WHOLE, "{x} > 3"},
    {RT_WHOLE, "{x} <= 50"},
    {RT_WHOLE, "{x} IS NOT NULL"},
    {RT_WHOLE, "{x} % 2 = 0"},
    {RT_WHOLE, "{x} BETWEEN -5 AND 90"},
    {RT_WHOLE, "NOT {x} IN (1, 2, 3)"},
    {RT_AMOUNT, "{x} < 50.5"},
    {RT_AMOUNT, "{x} IS NOT NULL"},
    {RT_AMOUNT, "{x} >= 10"},
    {RT_LABEL, "{x} <> {text}"},
    {RT_LABEL, "{x} = '7' OR {x} > 'a'"},
    {RT_LABEL, "{x} IN ('JFK', 'jfk', '007', '') OR length({x}) > 3"},
    {RT_LABEL, "{x} IS NULL OR {x} LIKE '%j%' OR {x} < 'k'"},
    {RT_FOLDED, "{x} = 'jfk' OR {x} < 'b'"},
    {RT_FOLDED, "{x} IN ('JFK', 'é', '') OR {x} IS NULL"},
    {RT_FOLDED, "{x} <> 'JFK'"},
    {RT_MIXED, "{x} IS NOT NULL"},
    {RT_MIXED, "{x} IS NULL OR {x} > '2001-04-01'", DATED},
    {RT_MIXED, "NOT ({x} IS NOT NULL AND {x} < '2023-12-31')", DATED},
    {RT_TIME, "{x} IS NULL OR {x} <> '2024-01-01'", DATED},
    {RT_CODE, "{x} > 'c3'"},
    {RT_GENERATED, "{x} > 10"},
};

static const RtTemplate server_dimensions[] = {
    {RT_LABEL, "{x}"},
    {RT_LABEL, "{x}"},
    {RT_LABEL, "lower({x})"},
    {RT_LABEL, "coalesce({x}, 'none')"},
    {RT_LABEL, "substr({x}, 1, 2)"},
    {RT_FOLDED, "{x}"},
    {RT_FOLDED, "{x}"},
    {RT_MIXED, "{x}"},
    {RT_MIXED, "{x}"},
    {RT_MIXED, "{x}"},
    {RT_FLAG, "{x}"},
    {RT_WHOLE, "{x} % 5"},
    {RT_WHOLE, "CASE WHEN {x} > 50 THEN 'many' WHEN {x} IS NULL THEN NULL ELSE 'few' END", 0,
     RT_CLASS_TEXT},
    {RT_AMOUNT, "CASE WHEN {x} > 10 THEN 1 ELSE 0 END", 0, RT_CLASS_WHOLE},
    {RT_AMOUNT, "{x}"},
    {RT_CODE, "{x}"},
    {RT_REFERENCE, "{x}"},
    {RT_TIME, "{x}"},
    {RT_WHOLE, "'default'", 0, RT_CLASS_TEXT},
    {RT_WHOLE, "3", 0, RT_CLASS_WHOLE},
};

static const RtTemplate server_numbers[] = {
    {RT_WHOLE, "{x}"},
    {RT_WHOLE, "{x}"},
    {RT_WHOLE, "{x} * 3"},
    {RT_WHOLE, "coalesce({x}, 0)"},
    {RT_WHOLE, "{x} / 4", 0, RT_CLASS_DECIMAL}, /* whole on PostgreSQL, which is as good */
    {RT_WHOLE, "{x} * 0.1", 0, RT_CLASS_DECIMAL},
    {RT_WHOLE, "nullif({x}, 1)"},
    {RT_AMOUNT, "{x}"},
    {RT_AMOUNT, "{x}"},
    {RT_AMOUNT, "{x}"},
    {RT_AMOUNT, "coalesce({x}, 0.5)", DECIMAL | REAL},
    {RT_AMOUNT, "CASE WHEN {x} > 0 THEN {x} END"},
    {RT_FLAG, "{x}", WHOLE},
    {RT_FLAG, "CASE WHEN {x} THEN 1 ELSE 0 END", 0, RT_CLASS_WHOLE},
    {RT_LABEL, "char_length({x})", 0, RT_CLASS_WHOLE},
    {RT_GENERATED, "{x}"},
    {RT_WHOLE, "1", 0, RT_CLASS_WHOLE},
};

static const RtTemplate server_anything[] = {
    {RT_WHOLE, "{x}"}, {RT_AMOUNT, "{x}"}, {RT_LABEL, "{x}"},     {RT_FOLDED, "{x}"},
    {RT_MIXED, "{x}"}, {RT_MIXED, "{x}"},  {RT_CODE, "{x}"},      {RT_TIME, "{x}"},
    {RT_FLAG, "{x}"},  {RT_KEY, "{x}"},    {RT_REFERENCE, "{x}"}, {RT_LABEL, "upper({x})"},
};

/* CASE WHEN takes a boolean on PostgreSQL; its own rows take the place of those that do not fit. */
static const RtTemplate postgresql_numbers[] = {
    {RT_WHOLE, "{x}"},
    {RT_WHOLE, "{x}"},
    {RT_WHOLE, "{x} * 3"},
    {RT_WHOLE, "coalesce({x}, 0)"},
    {RT_WHOLE, "{x} / 4"},
    {RT_WHOLE, "{x} * 0.1", 0, RT_CLASS_DECIMAL},
    {RT_WHOLE, "nullif({x}, 1)"},
    {RT_WHOLE, "{x}::numeric(20,3)", 0, RT_CLASS_DECIMAL},
    {RT_AMOUNT, "{x}"},
    {RT_AMOUNT, "{x}"},
    {RT_AMOUNT, "{x}"},
    {RT_AMOUNT, "coalesce({x}, 0.5)", DECIMAL | REAL},
    {RT_AMOUNT, "CASE WHEN {x} > 0 THEN {x} END"},
    {RT_FLAG, "{x}", WHOLE},
    {RT_FLAG, "CASE WHEN {x} THEN 1 ELSE 0 END", BOOLEAN, RT_CLASS_WHOLE},
    {RT_LABEL, "char_length({x})", 0, RT_CLASS_WHOLE},
    {RT_GENERATED, "{x}"},
    {RT_WHOLE, "1", 0, RT_CLASS_WHOLE},
};

/* ---- The way to them ---- */

#define ROWS(rows)                                                                                 \
    {                                                                                              \
        rows, G_N_ELEMENTS(rows)                                                                   \
    }

const RtTemplate *
rt_templates(RtKind kind, RtTemplateUse use, guint *ret_count)
{
    static const struct {
        const RtTemplate *rows;
        guint count;
    } tables[RT_KINDS][RT_TEMPLATE_USES] = {
        [RT_SQLITE] = {ROWS(sqlite_conditions), ROWS(sqlite_dimensions), ROWS(sqlite_numbers),
                       ROWS(sqlite_anything)},
        [RT_POSTGRESQL] = {ROWS(server_conditions), ROWS(server_dimensions),
                           ROWS(postgresql_numbers), ROWS(server_anything)},
        [RT_MARIADB] = {ROWS(server_conditions), ROWS(server_dimensions), ROWS(server_numbers),
                        ROWS(server_anything)},
    };

    *ret_count = tables[kind][use].count;
    return tables[kind][use].rows;
}
