/*
 * What ThreadSanitizer must know of GLib: its mutexes, conditions and queues are made of futexes in
 * a library that is not instrumented, so it would take all that they protect for races.
 *
 *   g_mutex_lock    the library's own, then: what came before an unlock of it happened before
 *   g_mutex_unlock  the reverse
 *
 * Linked into the program when it is built with -Db_sanitize=thread, where these symbols come
 * before the library's. Threads themselves are pthreads, which the sanitizer sees.
 */
#include <dlfcn.h>
#include <glib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

/* The library's own. It is looked up when it is wanted first: that may be before any constructor of
 * ours, since GLib has constructors, too. A pointer to a function comes as one to an object, which
 * POSIX says are alike. */
#define REAL(name)                                                                                 \
    ({                                                                                             \
        static void *found;                                                                        \
        void *at = __atomic_load_n(&found, __ATOMIC_RELAXED);                                      \
        if (at == NULL) {                                                                          \
            at = dlsym(RTLD_NEXT, #name);                                                          \
            __atomic_store_n(&found, at, __ATOMIC_RELAXED);                                        \
        }                                                                                          \
        (__typeof__(&name))at;                                                                     \
    })

void
g_mutex_lock(GMutex *mutex)
{
    REAL(g_mutex_lock)(mutex);
    __tsan_acquire(mutex);
}

void
g_mutex_unlock(GMutex *mutex)
{
    __tsan_release(mutex);
    REAL(g_mutex_unlock)(mutex);
}

gboolean
g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    __tsan_release(mutex);
    gboolean is_signalled = REAL(g_cond_wait_until)(cond, mutex, end_time);
    __tsan_acquire(mutex);
    return is_signalled;
}

void
g_async_queue_push(GAsyncQueue *queue, gpointer data)
{
    __tsan_release(queue);
    REAL(g_async_queue_push)(queue, data);
}

gpointer
g_async_queue_pop(GAsyncQueue *queue)
{
    /* It frees what the other thread's push has made, under a lock of its own. */
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    gpointer data = REAL(g_async_queue_pop)(queue);
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    __tsan_acquire(queue);
    return data;
}
