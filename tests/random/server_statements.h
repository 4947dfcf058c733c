/* Statements of an application on a server, in the forms that only its database has, too. */
#pragma once

#include "draft.h"

/* Writes one statement on draft->table. */
void rt_server_statement(RtDraft *draft);
