/* The table of commands, ended by a row without a name. */
#pragma once

#include "cli/command.h"

extern const TuCommand tu_commands[];
