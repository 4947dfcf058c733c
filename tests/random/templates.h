/*
 * Templates of SQL expressions over one column of a kind, {x}; {text} is one of the world's texts.
 * Each database has its own, since what they accept differs.
 */
#pragma once

#include "types.h"

typedef enum {
    RT_CONDITIONS,
    RT_DIMENSIONS,
    RT_NUMBERS,
    RT_ANYTHING,
    RT_TEMPLATE_USES
} RtTemplateUse;

typedef struct {
    RtColumnKind kind;
    const char *sql;
    guint32 of;      /* bits 1 << RtClass of columns it goes with; 0: all */
    RtClass becomes; /* of its values; RT_CLASS_NONE: the column's */
} RtTemplate;

const RtTemplate *rt_templates(RtKind kind, RtTemplateUse use, guint *ret_count);
