/* A slot a history; the reports lie in memory that the histories' processes share. */
#include "pool.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    pid_t pid; /* 0: free */
    RtReport *report;
} Slot;

/* The history runs in the child; its report lies in shared memory. */
static void
start(Slot *slot, const RtOptions *options, guint index)
{
    memset(slot->report, 0, sizeof *slot->report);
    slot->report->index = index;
    slot->pid = fork();
    if (slot->pid < 0)
        g_error("fork: %s", g_strerror(errno));
    if (slot->pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    rt_history_run(options, index, slot->report);
    _exit(0);
}

/* Waits until one of the histories has ended, and frees its slot. */
static void
await_one(Slot *slots, guint jobs, void (*ended)(gpointer data, const RtReport *report),
          gpointer data)
{
    int status;
    pid_t pid = waitpid(-1, &status, 0);

    for (guint i = 0; i < jobs; i++) {
        if (slots[i].pid != pid)
            continue;
        slots[i].pid = 0;
        if (slots[i].report->outcome == RT_DIED || status != 0) {
            slots[i].report->outcome = RT_FAILED;
            if (slots[i].report->message[0] == '\0')
                g_snprintf(slots[i].report->message, RT_REPORT_MESSAGE_BYTES,
                           "the harness itself died: status %d", status);
        }
        ended(data, slots[i].report);
    }
}

void
rt_pool_run(const RtPool *pool, const RtOptions *options,
            void (*ended)(gpointer data, const RtReport *report), gpointer data)
{
    gint64 until_us =
        pool->seconds > 0 ? g_get_monotonic_time() + pool->seconds * G_USEC_PER_SEC : G_MAXINT64;
    gsize bytes = pool->jobs * sizeof(RtReport);
    RtReport *reports =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_autofree Slot *slots = g_new0(Slot, pool->jobs);
    guint next = 0, running = 0;

    g_assert(reports != MAP_FAILED);
    for (guint i = 0; i < pool->jobs; i++)
        slots[i].report = &reports[i];
    for (;;) {
        for (guint i = 0; i < pool->jobs; i++) {
            if (slots[i].pid != 0 || next >= pool->count || g_get_monotonic_time() >= until_us)
                continue;
            start(&slots[i], options, pool->first + next++);
            running++;
        }
        if (running == 0)
            break;
        await_one(slots, pool->jobs, ended, data);
        running--;
    }
    munmap(reports, bytes);
}
