#include "keep/known.h"

#include "time/instant.h"

/* How old an answer about tenants and triggers may be: a lost trigger is noticed that late. */
#define KNOWN_US TU_SECOND_US

typedef struct {
    gint64 turn;
    gint64 asked_us;
    TuTenantSet *tenants;
    gboolean is_slow;
} Known;

/* As long as a batch of the daemon's should take (daemon/pace.h). */
#define SLOW_US (TU_SECOND_US / 4)

static void
known_free(gpointer data)
{
    Known *known = data;
    tu_tenant_set_free(known->tenants);
    g_free(known);
}

/* By the group's address: a new model forgets everything, being another session's. */
static Known *
find(const TuKeeper *keeper, const TuGroup *group)
{
    return keeper->known != NULL ? g_hash_table_lookup(keeper->known, group) : NULL;
}

/* Both must hold: the turn says that no other worker noted anything, the time that a change which
 * nobody noted yet is seen soon. */
TuTenantSet *
tu_known_tenants(const TuKeeper *keeper, const TuGroup *group, gint64 turn)
{
    const Known *known = find(keeper, group);
    gboolean holds =
        known != NULL && known->turn == turn && g_get_monotonic_time() - known->asked_us < KNOWN_US;
    return holds ? known->tenants : NULL;
}

void
tu_known_note(TuKeeper *keeper, const TuGroup *group, gint64 turn, gint64 asked_us,
              TuTenantSet *tenants)
{
    Known *known = g_new0(Known, 1);
    *known = (Known){turn, asked_us, tu_tenant_set_ref(tenants), tu_known_is_slow(keeper, group)};
    if (keeper->known == NULL)
        keeper->known = g_hash_table_new_full(NULL, NULL, NULL, known_free);
    g_hash_table_insert(keeper->known, (gpointer)(gsize)group, known);
}

/* Not where somebody else moved it on in between: what they did is not known here. */
void
tu_known_move(TuKeeper *keeper, const TuGroup *group, gint64 from, gint64 to)
{
    Known *known = find(keeper, group);
    if (known != NULL && known->turn == from)
        known->turn = to;
}

void
tu_known_note_pace(TuKeeper *keeper, const TuGroup *group, gint64 took_us)
{
    Known *known = find(keeper, group);
    if (known != NULL)
        known->is_slow = took_us > SLOW_US;
}

gboolean
tu_known_is_slow(const TuKeeper *keeper, const TuGroup *group)
{
    const Known *known = find(keeper, group);
    return known != NULL && known->is_slow;
}

void
tu_known_forget(TuKeeper *keeper, const TuGroup *group)
{
    if (keeper->known != NULL)
        g_hash_table_remove(keeper->known, group);
}
