/* Prints the completion script for a shell: `completion bash`. Runs when trueup is built. */
#include <stdio.h>

#include "cli/completion.h"

int
main(int argc, char **argv)
{
    g_autofree char *script = argc == 2 ? tu_completion_script(argv[1]) : NULL;
    if (script == NULL) {
        fputs("usage: completion bash|zsh|fish\n", stderr);
        return 2;
    }
    return fputs(script, stdout) < 0 || fflush(stdout) != 0;
}
