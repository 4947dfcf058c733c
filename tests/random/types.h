/*
 * Types of server columns: under which a column of a kind may be declared on each database, what
 * its values look like, and to which class of types an expression over it belongs.
 */
#pragma once

#include "world.h"

/* Columns of a long summary hold values of one class in all series. */
typedef enum {
    RT_CLASS_NONE, /* SQLite: a value has a type, a column has none */
    RT_CLASS_WHOLE,
    RT_CLASS_DECIMAL,
    RT_CLASS_REAL,
    RT_CLASS_TEXT,
    RT_CLASS_BOOLEAN,
    RT_CLASS_DATE,
    RT_CLASS_STAMP,
    RT_CLASS_INSTANT,
    RT_CLASS_OTHER, /* text to everybody but the database, which orders it in its own way */
    RT_CLASSES,
} RtClass;

typedef struct RtType RtType;

RtClass rt_type_class(const RtType *type);

/* Draws a type for the column, whose kind, unit and target are known. Sets column->server_type and
 * column->type. `key`: the column that a reference refers to. */
void rt_type_draw(const RtWorld *world, RtColumn *column, const RtColumn *key, RtRng *rng);

/* Appends a value that the column can hold; keys, references and tenants are values.c's. */
void rt_type_value(GString *sql, const RtWorld *world, const RtColumn *column, RtRng *rng);
