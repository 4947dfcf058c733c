/*
 * Runs a command and notes what it took, as the kernel counted it:
 *
 *   measure FILE COMMAND [ARGUMENT ...]     appends to FILE:  wall_s user_s sys_s max_rss_kib
 *
 * Exits as the command does, so a failed command is never taken for a quick one: FILE gets a line
 * only from commands that end with 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double
now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* FALSE-like 0 when the line cannot be written in full. */
static int
append(const char *path, double wall_s, const struct rusage *usage)
{
    FILE *file = fopen(path, "a");

    if (!file)
        return 0;
    int is_written = fprintf(file, "%.3f %.3f %.3f %ld\n", wall_s, seconds_of(usage->ru_utime),
                             seconds_of(usage->ru_stime), usage->ru_maxrss) > 0;
    return fclose(file) == 0 && is_written;
}

int
main(int argc, char **argv)
{
    struct rusage usage;
    int status;

    if (argc < 3) {
        fprintf(stderr, "usage: measure FILE COMMAND [ARGUMENT ...]\n");
        return 2;
    }

    double begun_s = now_s();
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("measure");
        return 1;
    }
    double wall_s = now_s() - begun_s;

    if (WIFSIGNALED(status))
        return 128 + WTERMSIG(status);
    if (WEXITSTATUS(status) != 0)
        return WEXITSTATUS(status);
    if (!append(argv[1], wall_s, &usage)) {
        perror(argv[1]);
        return 1;
    }
    return 0;
}
