/*
 * Locks by name, as bytes of the file DATABASE-trueup beside the database.
 *
 *   byte 0           4096 x 128                2^40              2^40 + 2^62
 *   | slot 0 | slot 1 | ...  |   ... nothing ... |  a byte a name  |
 *
 * The byte is locked (an open file description lock, so that it dies with its holder); it lies
 * where the hash of the name says, far behind the end of the file, so that two names hardly ever
 * meet. A slot is only for people: it says which name was locked last of those that share it, and
 * who did.
 *
 * The lock only keeps two workers from doing the same work. What makes a late or doubled worker
 * harmless is the turn number (docs/correctness.md, I-2), and a job's claim.
 */
#include "db/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define SLOTS 4096
#define SLOT_BYTES 128

/* Bytes that are locked begin here, and there are so many. */
#define LOCKS_FROM ((off_t)1 << 40)
#define LOCKS ((guint64)1 << 62)

static guint64
hash_of(const char *name)
{
    return XXH3_64bits(name, strlen(name));
}

static off_t
slot_of(const char *name)
{
    return (off_t)(hash_of(name) % SLOTS) * SLOT_BYTES;
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
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_len = 1};
    lock.l_start = LOCKS_FROM + (off_t)(hash_of(name) % LOCKS);
    return fcntl(db->lock_file, F_OFD_SETLK, &lock);
}

/* "0123456789abcdef host, pid 12": the name's hash, then who has it. */
#define HASH_BYTES 17

/* On a full disk it cannot be written; the lock holds nevertheless. */
static void
write_holder(const TuSqlite *db, const char *name)
{
    char text[SLOT_BYTES] = {0};
    g_snprintf(text, sizeof text, "%016" G_GINT64_MODIFIER "x %s, pid %d", hash_of(name),
               g_get_host_name(), (int)getpid());
    ssize_t ignored = pwrite(db->lock_file, text, sizeof text, slot_of(name));
    (void)ignored;
}

static char *
read_holder(const TuSqlite *db, const char *name)
{
    char text[SLOT_BYTES] = {0};
    g_autofree char *hash = g_strdup_printf("%016" G_GINT64_MODIFIER "x ", hash_of(name));
    ssize_t n = pread(db->lock_file, text, sizeof text - 1, slot_of(name));
    gboolean is_of_name = n > HASH_BYTES && g_str_has_prefix(text, hash);
    return g_strdup(is_of_name ? text + HASH_BYTES : "another process");
}

gboolean
tu_sqlite_try_lock(TuDatabase *base, const char *name, char **ret_holder, GError **error)
{
    TuSqlite *db = (TuSqlite *)base;
    *ret_holder = NULL;
    if (!open_lock_file(db, error))
        return FALSE;
    if (set_lock(db, name, F_WRLCK) == 0) {
        write_holder(db, name);
        return TRUE;
    }
    if (errno != EAGAIN && errno != EACCES) {
        g_set_error(error, TU_ERROR, TU_ERROR_SYSTEM, "%s-trueup: cannot lock: %s", db->path,
                    g_strerror(errno));
        return FALSE;
    }
    *ret_holder = read_holder(db, name);
    return TRUE;
}

void
tu_sqlite_unlock(TuDatabase *base, const char *name)
{
    TuSqlite *db = (TuSqlite *)base;
    if (db->lock_file >= 0)
        (void)set_lock(db, name, F_UNLCK);
}
