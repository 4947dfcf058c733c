/*
 * The lock of one group of sources, as a byte range of the file DATABASE-trueup beside the database.
 *
 *   byte 0           64 x 128
 *   | slot 0 | slot 1 | ...  |    a slot's first byte is locked (an open file description lock, so
 *                                 that it dies with its holder), its text says who holds it
 *
 * The lock only keeps two workers from doing the same work. What makes a late or doubled worker
 * harmless is the turn number (docs/correctness.md, I-2).
 */
#include "db/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define SLOTS 64
#define SLOT_BYTES 128

/* Two groups in one slot would only wait for each other. */
static off_t
slot_of(const char *name)
{
    return (off_t)(XXH3_64bits(name, strlen(name)) % SLOTS) * SLOT_BYTES;
}

static gboolean
open_lock_file(TuSqlite *db, GError **error)
{
    if (db->lock_file >= 0)
        return TRUE;
    char *real = realpath(db->path, NULL);
    g_autofree char *path = g_strconcat(real != NULL ? real : db->path, "-trueup", NULL);
    free(real);
    db->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (db->lock_file >= 0)
        return TRUE;
    g_set_error(error, TU_ERROR, TU_ERROR_SYSTEM,
                "%s: cannot make the lock file: %s: make the folder writable", path,
                g_strerror(errno));
    return FALSE;
}

static int
set_lock(const TuSqlite *db, const char *name, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = slot_of(name), .l_len = 1};
    return fcntl(db->lock_file, F_OFD_SETLK, &lock);
}

gboolean
tu_sqlite_try_lock(TuDatabase *base, const char *name, char **ret_holder, GError **error)
{
    TuSqlite *db = (TuSqlite *)base;
    *ret_holder = NULL;
    if (!open_lock_file(db, error))
        return FALSE;
    char text[SLOT_BYTES] = {0};
    if (set_lock(db, name, F_WRLCK) == 0) {
        g_snprintf(text, sizeof text, "%s, pid %d", g_get_host_name(), (int)getpid());
        if (pwrite(db->lock_file, text, sizeof text, slot_of(name)) == (ssize_t)sizeof text)
            return TRUE;
        g_set_error(error, TU_ERROR, TU_ERROR_SYSTEM,
                    "%s-trueup: cannot write the lock file: %s: make room", db->path,
                    g_strerror(errno));
        return FALSE;
    }
    if (errno != EAGAIN && errno != EACCES) {
        g_set_error(error, TU_ERROR, TU_ERROR_SYSTEM, "%s-trueup: cannot lock: %s", db->path,
                    g_strerror(errno));
        return FALSE;
    }
    ssize_t n = pread(db->lock_file, text, sizeof text - 1, slot_of(name));
    *ret_holder = g_strdup(n > 0 && text[0] != '\0' ? text : "another process");
    return TRUE;
}

void
tu_sqlite_unlock(TuDatabase *base, const char *name)
{
    TuSqlite *db = (TuSqlite *)base;
    if (db->lock_file >= 0)
        (void)set_lock(db, name, F_UNLCK);
}
