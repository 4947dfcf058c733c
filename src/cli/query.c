#include "cli/query.h"

#include "cli/keyed.h"

/* The keyed summary that is named first of all; NULL: none is. */
static const TuKeyedModel *
keyed_named(const TuSession *session, int argc, char **argv)
{
    return argc > 1 ? tu_model_keyed(session->model, argv[1]) : NULL;
}

int
tu_command_query(const TuContext *context, int argc, char **argv, GError **error)
{
    g_auto(TuSession) session = {0};
    g_auto(TuQuery) query = {0};
    g_auto(TuAnswer) answer = {0};
    if (!tu_session_open(&session, &context->door, TU_OPEN_READ, TRUE, error))
        return -1;
    const TuKeyedModel *keyed = keyed_named(&session, argc, argv);
    if (keyed != NULL)
        return !tu_keyed_query(context, &session, keyed, argc, argv, error) ? -1
               : keyed->problem != NULL                                     ? TU_EXIT_NOT_RIGHT
                                                                            : TU_EXIT_DONE;
    if (!tu_query_parse(&query, session.model, context->as_json, argc, argv, error) ||
        !tu_query_read(&query, &session, &answer, error))
        return -1;
    tu_query_print(&query, &answer);
    return answer.errors->len == 0 ? TU_EXIT_DONE : TU_EXIT_NOT_RIGHT;
}
