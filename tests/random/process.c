/* Processes are polled, since three things may be due at once: an end, a pause, a kill. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_US                                                                                \
    (90 * G_USEC_PER_SEC) /* no command of a history has more than a second's work */
#define POLL_US 1000

/* In the child, before it becomes the program: `to` is a standard descriptor. */
static void
redirect(const char *path, int to)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (file < 0 || dup2(file, to) < 0)
        _exit(126);
}

/* The child's half of rt_process_start. It must not outlive this program, whatever happens to
 * it. */
static void
become_subject(const RtSubject *subject, const RtProcess *process, const char *const *arguments)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    redirect("/dev/null", STDIN_FILENO);
    redirect(process->out_path, STDOUT_FILENO);
    redirect(process->err_path, STDERR_FILENO);
    if (process->disturbance.stop[0] != '\0')
        g_setenv("TRUEUP_STOP", process->disturbance.stop, TRUE);
    else
        g_unsetenv("TRUEUP_STOP");
    if (subject->path == NULL)
        _exit(subject->play(subject->data, arguments));
    g_ptr_array_add(argv, g_strdup(subject->path));
    for (guint i = 0; arguments[i] != NULL; i++)
        g_ptr_array_add(argv, g_strdup(arguments[i]));
    g_ptr_array_add(argv, NULL);
    execv(subject->path, (char **)argv->pdata);
    _exit(127);
}

RtProcess *
rt_process_start(const RtSubject *subject, const char *directory, guint number,
                 const char *const *arguments, const RtDisturbance *disturbance)
{
    RtProcess *process = g_new0(RtProcess, 1);
    g_autoptr(GString) line = g_string_new(NULL);

    for (guint i = 0; arguments[i] != NULL; i++)
        g_string_append_printf(line, " %s", arguments[i]);
    if (disturbance != NULL)
        process->disturbance = *disturbance;
    process->line = g_strdup_printf("%03u %s%s", number, process->disturbance.stop, line->str);
    process->out_path = g_strdup_printf("%s/%03u.out", directory, number);
    process->err_path = g_strdup_printf("%s/%03u.err", directory, number);
    process->started_us = g_get_monotonic_time();
    process->pid = fork();
    if (process->pid < 0)
        g_error("fork: %s", g_strerror(errno));
    if (process->pid == 0)
        become_subject(subject, process, arguments);
    return process;
}

static void
note_end(RtProcess *process, int status)
{
    process->is_done = TRUE;
    process->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    process->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Looks at the process once, and does to it what is due. */
static void
poll_process(RtProcess *process)
{
    gint64 now = g_get_monotonic_time();
    int status;
    pid_t seen = waitpid(process->pid, &status, WNOHANG | WUNTRACED);

    if (seen == process->pid && WIFSTOPPED(status)) {
        process->was_paused = TRUE;
        process->continue_us = now + process->disturbance.after_us;
    } else if (seen == process->pid) {
        note_end(process, status);
        return;
    }
    if (process->continue_us != 0 && now >= process->continue_us) {
        process->continue_us = 0;
        kill(process->pid, SIGCONT);
    }
    if (process->disturbance.kind == RT_KILL_AT_A_MOMENT && !process->was_killed_by_us &&
        now >= process->started_us + process->disturbance.after_us) {
        process->was_killed_by_us = TRUE;
        kill(process->pid, SIGKILL);
    }
    if (now >= process->started_us + DEADLINE_US && !process->timed_out) {
        process->timed_out = TRUE;
        kill(process->pid, SIGKILL);
    }
}

void
rt_process_wait(GPtrArray *processes)
{
    for (;;) {
        guint running = 0;

        for (guint i = 0; i < processes->len; i++) {
            RtProcess *process = processes->pdata[i];

            if (!process->is_done)
                poll_process(process);
            running += !process->is_done;
        }
        if (running == 0)
            return;
        g_usleep(POLL_US);
    }
}

void
rt_process_free(RtProcess *process)
{
    g_free(process->line);
    g_free(process->out_path);
    g_free(process->err_path);
    g_free(process);
}

static char *
read_text(const char *path)
{
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

char *
rt_process_output(const RtProcess *process)
{
    return read_text(process->out_path);
}

char *
rt_process_errors(const RtProcess *process)
{
    return read_text(process->err_path);
}

gint64
rt_json_number(const char *json, const char *name)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\"", name);
    const char *found = strstr(json, quoted);

    if (found == NULL)
        return -1;
    found += strlen(quoted);
    found += strspn(found, " \t\r\n:");
    return g_ascii_isdigit(*found) ? g_ascii_strtoll(found, NULL, 10) : -1;
}
