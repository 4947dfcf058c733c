/*
 * What libfyaml says about a file that is no YAML, said so that it helps.
 */
#pragma once

#include <libfyaml.h>

#include "spec/problems.h"

/* Adds the first error that `diag` collected. `in_flow`: the parser stood inside { } or [ ]. */
void tu_yaml_syntax_problem(struct fy_diag *diag, gboolean in_flow, TuProblems *problems);
