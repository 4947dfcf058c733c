/* The table of commands: main.c finds them here, and help, manual page and completion are printed
 * from its rows. */
#include "cli/commands.h"

#define WHAT "[--summary S] [--tenant T] "
#define DATES "(--date D | --from D --to D | --days N) "

const TuCommand tu_commands[] = {
    {"check", "", "reads the spec and the database; says what is wrong or hazardous",
     tu_command_check},
    {"plan", "[--sql]", "prints the SQL that apply would run; changes nothing", tu_command_plan},
    {"apply", "[--no-build] [--take-over]",
     "creates tables and capture, registers the summaries, builds their history", tu_command_apply},
    {"run", "[--once] [--clock-is-right] [--log-format logfmt|json] [--log-level LEVEL]",
     "keeps everything true until stopped; --once: does what is due now", tu_command_run},
    {"repair",
     WHAT DATES "[--grain G,..] [--dry-run]\n"
                "             --summary S [--key COLUMN=VALUE,..] [--dry-run]",
     "recomputes these local days now; of a keyed summary, these keys", tu_command_repair},
    {"backfill", WHAT "--days N [--grain G,..] [--dry-run]", "the same as repair --days N",
     tu_command_repair},
    {"release", "[--source X]", "takes the triggers off before a migration or a bulk load",
     tu_command_release},
    {"rebuild", WHAT "[--wait]",
     "queues a recomputation of the whole history; --wait: until it is done", tu_command_rebuild},
    {"runs", "[--limit N] [--summary S]", "shows the run log", tu_command_runs},
    {"jobs", "[--all] [--limit N] | cancel N ...", "shows the queue; cancels jobs",
     tu_command_jobs},
    {"pause", "[--summary S] [--timeout SECONDS]", "stops all work on a summary, or on all",
     tu_command_pause},
    {"resume", "[--summary S]", "ends a pause", tu_command_resume},
    {"verify", WHAT "[--from D --to D]", "compares with the source; changes nothing",
     tu_command_verify},
    {"status", "", "shows how each summary is", tu_command_status},
    {"query",
     "S [--series X,..] [--measure M,..] [--grain G] [--tenant T] [--from D --to D]\n"
     "             [--by DIM,..] [--fill] [--key COLUMN=VALUE,..] [--format table|csv|json]",
     "prints a series", tu_command_query},
    {"drop", "[--summary S] [--keep-tables] [--yes]", "removes capture and what trueup made",
     tu_command_drop},
    {NULL, NULL, NULL, NULL},
};
