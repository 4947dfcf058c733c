#include "keep/settle/question.h"

#include "db/sql.h"
#include "keep/rows.h"
#include "schema/keyed.h"
#include "work/pause.h"

struct TuQuestion {
    TuKeeper *keeper;
    char *sql;
    GArray *values; /* of TuValue: the digest, times (set when it is asked), names of summaries */
    TuAnswer answer;
    gint64 n_pauses;
    gboolean has_version; /* `version` was read before an answer in which nothing waited */
    gint64 version;
};

#define DIGEST 0
#define NOW 1
#define LATEST 2
#define N_COMMON 5 /* columns before those of the groups: two each */

/* ---- the statement ---- */

/* 1 if some log of the group holds an entry, or the tenants table changed. */
static void
append_entries(TuQuestion *question, GString *sql, const TuGroup *group)
{
    TuValue name = tu_value_text(group->name);
    g_array_append_val(question->values, name);
    g_string_append_printf(sql,
                           ", coalesce((SELECT 1 FROM trueup_notice WHERE group_name = ?%u "
                           "AND given <> taken)",
                           question->values->len);
    for (guint i = 0; i < group->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(group->captured, i);
        if (!captured->is_captured)
            continue;
        tu_sql_append(sql, ", (SELECT 1 FROM %Q LIMIT 1)", captured->log);
    }
    g_string_append(sql, ", 0)");
}

/* 1 if a key of the group's keyed summaries is due, or all of one are to be listed; of one that
 * cannot be evaluated nothing is. Each begins with a comma. */
static void
append_keyed(GString *sql, const TuGroup *group)
{
    for (guint i = 0; i < group->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
        if (keyed->problem != NULL)
            continue;
        tu_sql_append(sql,
                      ", (SELECT 1 FROM %Q WHERE trueup_invalid_since IS NOT NULL AND "
                      "(trueup_next_attempt_at IS NULL OR trueup_next_attempt_at <= ?%u "
                      "OR trueup_next_attempt_at > ?%u) AND NOT "
                      "EXISTS (SELECT 1 FROM trueup_pause p WHERE p.summary IN ('', '%s')) LIMIT 1)"
                      ", (SELECT 1 FROM trueup_keyed WHERE name = '%s' AND listing_since IS NOT "
                      "NULL)",
                      keyed->state, NOW + 1, LATEST + 1, keyed->spec->name, keyed->spec->name);
    }
}

/* The first of a coalesce: 1 if a bucket of the group is due, as recompute.c takes them. */
static void
append_buckets(TuQuestion *question, GString *sql, const TuGroup *group)
{
    g_string_append_printf(sql,
                           "(SELECT 1 FROM trueup_pending WHERE (next_attempt_at IS NULL "
                           "OR next_attempt_at <= ?%d OR next_attempt_at > ?%d) AND summary IN (",
                           NOW + 1, LATEST + 1);
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        TuValue name = tu_value_text(summary->spec->name);
        g_array_append_val(question->values, name);
        g_string_append_printf(sql, "%s?%u", i > 0 ? ", " : "", question->values->len);
    }
    g_string_append(sql, ") AND NOT EXISTS (SELECT 1 FROM trueup_pause p WHERE p.summary = '' "
                         "OR p.summary = trueup_pending.summary) LIMIT 1)");
}

/* 1 if a bucket of the group is due, or a key. */
static void
append_pending(TuQuestion *question, GString *sql, const TuGroup *group)
{
    g_string_append(sql, ", coalesce(");
    if (group->summaries->len > 0)
        append_buckets(question, sql, group);
    else
        g_string_append(sql, "NULL");
    append_keyed(sql, group);
    g_string_append(sql, ", 0)");
}

/* Each begins with a comma: 1 if a key of any keyed summary is invalid, due or not. */
static void
append_invalid(GString *sql, const TuModel *model)
{
    for (guint i = 0; i < model->keyed->len; i++)
        tu_sql_append(sql, ", (SELECT 1 FROM %Q WHERE trueup_invalid_since IS NOT NULL LIMIT 1)",
                      ((const TuKeyedModel *)g_ptr_array_index(model->keyed, i))->state);
}

static char *
question_sql(TuQuestion *question)
{
    const GPtrArray *groups = question->keeper->model->groups;
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql,
                           "SELECT (SELECT count(*) FROM trueup_spec WHERE digest = ?%d), "
                           "(SELECT count(*) FROM trueup_pause), "
                           "coalesce((SELECT 1 FROM trueup_build LIMIT 1), 0), "
                           "coalesce((SELECT 1 FROM trueup_job WHERE status IN ('PENDING', "
                           "'RUNNING') LIMIT 1), 0), "
                           "coalesce((SELECT 1 FROM trueup_pending LIMIT 1)",
                           DIGEST + 1);
    append_invalid(sql, question->keeper->model);
    g_string_append(sql, ", 0)");
    for (guint i = 0; i < groups->len; i++) {
        append_entries(question, sql, g_ptr_array_index(groups, i));
        append_pending(question, sql, g_ptr_array_index(groups, i));
    }
    return g_string_free(sql, FALSE);
}

TuQuestion *
tu_question_new(TuKeeper *keeper)
{
    TuQuestion *question = g_new0(TuQuestion, 1);
    TuValue common[] = {tu_value_text(keeper->model->digest), TU_NULL_VALUE, TU_NULL_VALUE};
    question->keeper = keeper;
    question->values = g_array_new(FALSE, FALSE, sizeof(TuValue));
    g_array_append_vals(question->values, common, G_N_ELEMENTS(common));
    question->answer.groups = g_new0(gboolean, keeper->model->groups->len);
    question->sql = question_sql(question);
    return question;
}

void
tu_question_free(TuQuestion *question)
{
    if (question == NULL)
        return;
    g_array_unref(question->values);
    g_free(question->answer.groups);
    g_free(question->sql);
    g_free(question);
}

/* ---- asking ---- */

typedef struct {
    TuQuestion *question;
    gboolean has_pending; /* due or not */
} Reading;

static gboolean
take_answer(const TuValue *row, gpointer data, GError **error)
{
    Reading *reading = data;
    TuQuestion *question = reading->question;
    TuAnswer *answer = &question->answer;
    answer->is_applied = row[0].integer > 0;
    question->n_pauses = row[1].integer;
    answer->has_builds = row[2].integer != 0;
    answer->has_jobs = row[3].integer != 0;
    reading->has_pending = row[4].integer != 0;
    for (guint i = 0; i < question->keeper->model->groups->len; i++)
        answer->groups[i] =
            row[N_COMMON + 2 * i].integer != 0 || row[N_COMMON + 2 * i + 1].integer != 0;
    return TRUE;
}

static gboolean
is_held(const TuGroup *group, const GPtrArray *pauses)
{
    for (guint i = 0; i < group->summaries->len; i++) {
        const TuSummaryModel *summary = g_ptr_array_index(group->summaries, i);
        if (tu_pauses_find(pauses, summary->spec->name) == NULL)
            return FALSE;
    }
    for (guint i = 0; i < group->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
        if (tu_pauses_find(pauses, keyed->spec->name) == NULL)
            return FALSE;
    }
    return TRUE;
}

/* While all summaries of a group are paused its entries stay where they are. */
static gboolean
leave_paused(TuQuestion *question, GError **error)
{
    g_autoptr(GPtrArray) pauses = NULL;
    const GPtrArray *groups = question->keeper->model->groups;
    if (question->n_pauses == 0)
        return TRUE;
    if (!tu_pauses_read(question->keeper->db, &pauses, error))
        return FALSE;
    for (guint i = 0; i < groups->len; i++)
        if (is_held(g_ptr_array_index(groups, i), pauses))
            question->answer.groups[i] = FALSE;
    return TRUE;
}

/* TRUE if nobody has committed anything since an answer in which nothing waited. */
static gboolean
is_unchanged(TuQuestion *question, gboolean *ret_is_unchanged, gint64 *ret_version, GError **error)
{
    gboolean found = FALSE;
    const char *sql = tu_database_dialect(question->keeper->db)->data_version;
    *ret_is_unchanged = FALSE;
    if (sql == NULL)
        return TRUE;
    if (!tu_database_integer(question->keeper->db, sql, NULL, 0, &found, ret_version, error))
        return FALSE;
    *ret_is_unchanged = question->has_version && question->version == *ret_version;
    return TRUE;
}

void
tu_question_forget(TuQuestion *question)
{
    question->has_version = FALSE;
}

gboolean
tu_question_ask(TuQuestion *question, const TuAnswer **ret_answer, GError **error)
{
    TuAnswer *answer = &question->answer;
    Reading reading = {question, FALSE};
    gboolean is_same = FALSE;
    gint64 version = 0;
    *ret_answer = answer;
    if (!is_unchanged(question, &is_same, &version, error))
        return FALSE;
    if (is_same)
        return TRUE;
    question->has_version = FALSE;
    g_array_index(question->values, TuValue, NOW) = tu_keeper_now();
    g_array_index(question->values, TuValue, LATEST) = tu_keeper_latest_attempt();
    if (!tu_rows_each(question->keeper->db, question->sql,
                      &g_array_index(question->values, TuValue, 0), question->values->len, FALSE,
                      take_answer, &reading, error) ||
        !leave_paused(question, error))
        return FALSE;
    answer->has_groups = FALSE;
    for (guint i = 0; i < question->keeper->model->groups->len; i++)
        answer->has_groups = answer->has_groups || answer->groups[i];
    /* What waits comes due by itself, so it is asked about again. */
    question->has_version = !answer->has_groups && !answer->has_builds && !answer->has_jobs &&
                            answer->is_applied && !reading.has_pending &&
                            tu_database_dialect(question->keeper->db)->data_version != NULL;
    question->version = version;
    return TRUE;
}

gboolean
tu_question_count(TuKeeper *keeper, const TuGroup *group, gint64 most, gint64 *ret_changes,
                  GError **error)
{
    gint64 all = 0;
    for (guint i = 0; i < group->captured->len; i++) {
        const TuCaptured *captured = g_ptr_array_index(group->captured, i);
        TuValue limit = tu_value_integer(2 * most); /* of an update there are two entries */
        gboolean found = FALSE;
        gint64 n = 0;
        if (!captured->is_captured)
            continue;
        g_autofree char *sql = tu_sql_format(
            "SELECT CASE WHEN 2 * c.fresh > c.n THEN c.fresh ELSE c.n - c.fresh END FROM "
            "(SELECT count(*) AS n, count(CASE WHEN e.weight > 0 THEN 1 END) AS fresh FROM "
            "(SELECT trueup_weight AS weight FROM %Q LIMIT ?1) AS e) AS c",
            captured->log);
        if (!tu_database_integer(keeper->db, sql, &limit, 1, &found, &n, error))
            return FALSE;
        all += n;
    }
    for (guint i = 0; i < group->keyed->len; i++) {
        const TuKeyedModel *keyed = g_ptr_array_index(group->keyed, i);
        TuValue limit = tu_value_integer(most);
        gboolean found = FALSE;
        gint64 n = 0;
        if (keyed->problem != NULL)
            continue;
        g_autofree char *sql = tu_sql_format(
            "SELECT count(*) FROM (SELECT 1 AS one FROM %Q WHERE trueup_invalid_since IS NOT NULL "
            "AND trueup_error IS NULL LIMIT ?1) AS e",
            keyed->state);
        if (!tu_database_integer(keeper->db, sql, &limit, 1, &found, &n, error))
            return FALSE;
        all += n;
    }
    *ret_changes = all;
    return TRUE;
}
