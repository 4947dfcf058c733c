/* SQLite has no digest of its own; it is only asked for when rows are looked for that cannot be
 * evaluated (keep/fail/unplaced.h). */
#include "db/sqlite/sqlite.h"

/* So many hexadecimal digits are a number that is never below zero. */
#define DIGEST_DIGITS 15

static void
digest(sqlite3_context *context, int n, sqlite3_value **values)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (int i = 0; i < n; i++) {
        const guchar *text = sqlite3_value_text(values[i]);
        int bytes = sqlite3_value_bytes(values[i]);
        g_checksum_update(sum, text, bytes);
        g_checksum_update(sum, (const guchar *)"|", 1);
    }
    g_autofree char *digits = g_strndup(g_checksum_get_string(sum), DIGEST_DIGITS);
    sqlite3_result_int64(context, (gint64)g_ascii_strtoull(digits, NULL, 16));
}

gboolean
tu_sqlite_add_digest(TuSqlite *db, GError **error)
{
    int code = sqlite3_create_function_v2(db->handle, TU_SQLITE_DIGEST, -1,
                                          SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                          NULL, digest, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        return TRUE;
    tu_sqlite_set_error(db, code, TU_SQLITE_DIGEST, error);
    return FALSE;
}
