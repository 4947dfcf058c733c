/* One row a feature: its name, how many of 100 histories have it, and what it is. */
#include "feature.h"

#define SERVERS (1U << RT_POSTGRESQL | 1U << RT_MARIADB)
#define POSTGRESQL (1U << RT_POSTGRESQL)
#define SQLITE (1U << RT_SQLITE)

static const struct {
    const char *name;
    guint percent;
    const char *help;
    guint databases; /* bits 1 << RtKind of those that have it; 0: all */
} features[RT_FEATURES] = {
    [RT_TENANTS_TABLE] = {"tenants-table", 75, "tenants with zones of their own"},
    [RT_TENANT_CHANGES] = {"tenant-changes", 35, "tenants come, go, move to another zone"},
    [RT_FOREIGN_KEYS] = {"foreign-keys", 40, "declared and enforced, with cascades"},
    [RT_USER_TRIGGERS] = {"user-triggers", 15, "the application's own triggers change rows again"},
    [RT_REPLACE] = {"replace", 65, "REPLACE and OR IGNORE, OR REPLACE, OR ROLLBACK"},
    [RT_RECURSIVE_TRIGGERS] = {"recursive-triggers", 50, "some writers switch them on", SQLITE},
    [RT_UNIQUE_CODES] = {"unique-codes", 50, "a second unique key"},
    [RT_UNIQUE_PARTIAL] = {"unique-partial", 8, "a partial unique index", SQLITE | POSTGRESQL},
    [RT_UNIQUE_EXPRESSION] = {"unique-expression", 8, "a unique index on an expression",
                              SQLITE | POSTGRESQL},
    [RT_UNIQUE_REPLACES] = {"unique-replaces", 10, "UNIQUE ON CONFLICT REPLACE in the schema",
                            SQLITE},
    [RT_KEY_CHANGES] = {"key-changes", 60, "updates of primary keys"},
    [RT_GENERATED_COLUMNS] = {"generated-columns", 20, "virtual and stored ones in measures"},
    [RT_ODD_NAMES] = {"odd-names", 20, "names that need quotes"},
    [RT_EXTREME_FLOATS] = {"extreme-floats", 15, "1e300, infinities, 1e15 in and out"},
    [RT_BAD_TIMES] = {"bad-times", 60, "instants that cannot be read"},
    [RT_WIDE_YEARS] = {"wide-years", 30, "instants from 1900 to 2100"},
    [RT_SELF_JOIN] = {"self-join", 12, "a table joined to itself"},
    [RT_MIXED_LONG] = {"mixed-long", 50, "long summaries over several sources"},
    [RT_NO_CAPTURE] = {"no-capture", 5, "a source with capture: none"},
    [RT_KILLS] = {"kills", 60, "SIGKILL at stop points and at any moment"},
    [RT_FAILS] = {"fails", 20, "stop points that fail"},
    [RT_PAUSES] = {"pauses", 20, "stop points that pause"},
    [RT_WRITER_CRASHES] = {"writer-crashes", 20, "writers die inside transactions"},
    [RT_REPAIRS] = {"repairs", 45, "repair while others work"},
    [RT_REBUILDS] = {"rebuilds", 35, "rebuild --wait while others work"},
    [RT_CRASHED_APPLY] = {"crashed-apply", 15, "the first apply is killed on its way"},
    [RT_APPLY_UNDER_WRITERS] = {"apply-under-writers", 25, "writers are there before apply"},
    [RT_SMALL_BATCHES] = {"small-batches", 35, "settling takes few changes at a time"},
    [RT_SMALL_MEMORY] = {"small-memory", 8, "a low limit on cells in memory"},
    [RT_NIGHTLY] = {"nightly", 12, "run --once has a nightly repair due"},
    [RT_NEW_INDEXES] = {"new-indexes", 10, "indexes come and go under capture"},
    [RT_SWAPPED_TABLE] = {"swapped-table", 6, "a source is rebuilt (12 steps), then apply"},
    [RT_RELEASE] = {"release", 6, "release, a bulk load, apply"},
    [RT_TAMPERED_CELL] = {"tampered-cell", 12, "a cell is falsified: verify must see it"},
    [RT_BAD_DATA] = {"bad-data", 6, "text in a summed column, later mended", SQLITE},
    [RT_BAD_ZONE] = {"bad-zone", 6, "a tenant's zone does not exist, later mended"},
    [RT_STRICT_VERIFY] = {"strict-verify", 100, "verify finds nothing while writers write"},
    [RT_PARTITIONS] = {"partitions", 25, "partitioned sources, rows that move", SERVERS},
    [RT_LONG_TRANSACTIONS] = {"long-transactions", 35, "writers stay open for a while", SERVERS},
    [RT_CONTROL_SCHEMA] = {"control-schema", 25, "trueup's own tables have a schema", SERVERS},
    [RT_HELD_TRANSACTIONS] = {"held-transactions", 40, "one is open at quiet points", SERVERS},
    [RT_CUTS] = {"cuts", 30, "the server ends trueup's connections", SERVERS},
    [RT_QUEUE] = {"queue", 35, "rebuilds by the queue; summaries are paused for a while"},
    [RT_KEEP] = {"keep", 25, "old cells are removed; how old changes at quiet points"},
    [RT_SEALED] = {"sealed", 25, "old cells are frozen; from which age on changes, too"},
    [RT_RAISING] = {"raising", 20, "rows that some series cannot be evaluated for come and go"},
    [RT_TRUNCATES] = {"truncates", 30, "TRUNCATE of sources", POSTGRESQL},
};

const char *
rt_feature_name(RtFeature feature)
{
    return features[feature].name;
}

const char *
rt_feature_help(RtFeature feature)
{
    return features[feature].help;
}

RtFeature
rt_feature_named(const char *name)
{
    RtFeature feature = 0;

    while (feature < RT_FEATURES && g_strcmp0(name, features[feature].name) != 0)
        feature++;
    return feature;
}

void
rt_features_draw(RtKind kind, RtRng *rng, const RtForce *force, gboolean *ret_features)
{
    for (guint i = 0; i < RT_FEATURES; i++) {
        gboolean has = features[i].databases == 0 || (features[i].databases >> kind & 1);
        gboolean drawn = (has || i <= RT_STRICT_VERIFY) && rt_rng_percent(rng, features[i].percent);

        ret_features[i] = has && (force[i] == RT_BY_CHANCE ? drawn : force[i] == RT_WITH);
    }
}
