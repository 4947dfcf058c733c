/*
 * trueup's processes: started with an argument list, perhaps with a stop point or a moment at which
 * they are killed, and awaited with a deadline.
 */
#pragma once

#include <sys/types.h>

#include <glib.h>

/* Stands for the program under test: a path, or a function that plays it in a forked process. */
typedef struct {
    const char *path;
    int (*play)(gpointer data, const char *const *arguments); /* used if path is NULL */
    gpointer data;
} RtSubject;

typedef enum {
    RT_RUN_ON,
    RT_STOP_KILL,
    RT_STOP_FAIL,
    RT_STOP_PAUSE,
    RT_KILL_AT_A_MOMENT
} RtDisturb;

typedef struct {
    RtDisturb kind;
    char stop[80];   /* TRUEUP_STOP, for the first three */
    gint64 after_us; /* of the kill, or how long a pause lasts */
} RtDisturbance;

typedef struct {
    pid_t pid;
    char *line;     /* the command, for messages */
    char *out_path; /* stdout */
    char *err_path; /* stderr */
    RtDisturbance disturbance;
    gint64 started_us, continue_us;
    gboolean is_done, was_paused, was_killed_by_us, timed_out;
    int exit_code; /* -1: ended by a signal */
    int signal;
} RtProcess;

/* `arguments`: what follows the program's name, ends with NULL. Output goes to files in `directory`
 * whose names begin with `number`. */
RtProcess *rt_process_start(const RtSubject *subject, const char *directory, guint number,
                            const char *const *arguments, const RtDisturbance *disturbance);

/* Waits for all of them; lets the paused go on and kills those that are due. */
void rt_process_wait(GPtrArray *processes);
void rt_process_free(RtProcess *process);

/* What it wrote; never NULL. */
char *rt_process_output(const RtProcess *process);
char *rt_process_errors(const RtProcess *process);

/* The number after "name": in JSON text; -1 if it is not there. */
gint64 rt_json_number(const char *json, const char *name);
