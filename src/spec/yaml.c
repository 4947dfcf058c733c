#include "spec/yaml.h"

#include <libfyaml.h>
#include <string.h>

#include "spec/environment.h"
#include "spec/yaml_merge.h"
#include "spec/yaml_quoted.h"
#include "spec/yaml_syntax.h"

struct TuYamlDocument {
    GPtrArray *nodes; /* of TuYaml: all of them, the owner */
    const TuYaml *root;
};

/* A list or map whose end was not read yet. */
typedef struct {
    TuYaml *node;
    gboolean is_flow;
    gboolean has_key; /* of a map: the next node is the value of `key` */
    char *key;        /* NULL where the key was no usable text: its value is dropped */
    TuMark key_mark;
} Open;

typedef struct {
    TuYamlDocument *document;
    TuProblems *problems;
    const char *input;
    GArray *open;        /* of Open, the innermost last */
    GHashTable *anchors; /* name -> TuYaml, the last of that name */
    guint nodes;         /* counted through anchors */
    guint documents;
    gboolean is_stopped; /* a bound was reached: nothing more is worth reading */
} Builder;

static void
free_node(gpointer pointer)
{
    TuYaml *node = pointer;
    g_free(node->text);
    g_clear_pointer(&node->items, g_ptr_array_unref);
    g_clear_pointer(&node->pairs, g_array_unref);
    g_free(node);
}

static void
clear_open(gpointer open)
{
    g_free(((Open *)open)->key);
}

void
tu_yaml_free(TuYamlDocument *document)
{
    if (document == NULL)
        return;
    g_ptr_array_unref(document->nodes);
    g_free(document);
}

const TuYaml *
tu_yaml_root(const TuYamlDocument *document)
{
    return document->root;
}

const TuYamlPair *
tu_yaml_pair(const TuYaml *map, const char *key)
{
    for (guint i = 0; i < map->pairs->len; i++) {
        const TuYamlPair *pair = &g_array_index(map->pairs, TuYamlPair, i);
        if (strcmp(pair->key, key) == 0)
            return pair;
    }
    return NULL;
}

/* As YAML 1.2 has it; `no` and `off` are texts. */
gboolean
tu_yaml_is_null(const TuYaml *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    return node->kind == TU_YAML_TEXT && node->is_plain && g_strv_contains(nulls, node->text);
}

/* NULL at the outermost level. */
static Open *
innermost(Builder *builder)
{
    return builder->open->len == 0 ? NULL
                                   : &g_array_index(builder->open, Open, builder->open->len - 1);
}

/* Ends the reading with a last complaint. */
static void
stop(Builder *builder, TuMark mark, const char *message)
{
    tu_problems_add(builder->problems, mark, "%s", message);
    builder->is_stopped = TRUE;
}

/* libfyaml counts from 0 and gives nothing for a value that is not there: then the key's place. */
static TuMark
mark_of(Builder *builder, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    if (mark != NULL)
        return (TuMark){(guint)mark->line + 1, (guint)mark->column + 1};
    const Open *open = innermost(builder);
    return open != NULL && open->has_key ? open->key_mark : (TuMark){1, 1};
}

/* Counts nodes as often as they are used, which is what reading them costs. */
static void
count_nodes(Builder *builder, guint nodes, TuMark mark)
{
    builder->nodes += nodes; /* both are at most the bound: no overflow */
    if (builder->nodes > TU_YAML_MAX_NODES)
        stop(builder, mark, "the anchors used here make the file too large");
}

/* A node of the tree, not placed yet. The document owns it. */
static TuYaml *
new_node(Builder *builder, TuYamlKind kind, struct fy_event *event)
{
    TuYaml *node = g_new0(TuYaml, 1);
    const Open *open = innermost(builder);
    node->kind = kind;
    node->mark = mark_of(builder, event);
    node->in_flow = open != NULL && open->is_flow;
    node->nodes = 1;
    if (kind == TU_YAML_LIST)
        node->items = g_ptr_array_new();
    if (kind == TU_YAML_MAP)
        node->pairs = tu_yaml_pairs_new();
    g_ptr_array_add(builder->document->nodes, node);
    count_nodes(builder, 1, node->mark);
    return node;
}

/* `coalesce(a, b)` in { } is cut at the comma: what is left of it is a key without a value, and the
 * value before it is only half. One complaint for both. */
static void
complain_of_comma(Builder *builder, const Open *map, TuYaml *missing)
{
    GArray *pairs = map->node->pairs;
    GPtrArray *nodes = builder->document->nodes;
    tu_problems_add(builder->problems, map->key_mark,
                    "`%.60s` has no value; inside { } a comma ends a value: put quotes around a "
                    "value with a comma",
                    map->key);
    missing->is_broken = TRUE;
    if (pairs->len == 0 || nodes->len < 3)
        return;
    /* The half value was made just before the key and this missing value, if it is no anchor's. */
    TuYaml *half = g_ptr_array_index(nodes, nodes->len - 3);
    if (half == g_array_index(pairs, TuYamlPair, pairs->len - 1).value && half->is_plain)
        half->is_broken = TRUE;
}

/* Puts a finished value under the key that waits for it. */
static void
add_pair(Builder *builder, Open *map, TuYaml *value, gboolean is_missing)
{
    if (map->key != NULL && is_missing && map->is_flow)
        complain_of_comma(builder, map, value);
    if (map->key != NULL) {
        TuYamlPair pair = {g_steal_pointer(&map->key), map->key_mark, value};
        g_array_append_val(map->node->pairs, pair);
    }
    map->has_key = FALSE;
}

/* The node before a `:`. One that is no text is reported, and its value dropped. */
static void
take_key(Builder *builder, Open *map, const TuYaml *node)
{
    map->has_key = TRUE;
    map->key_mark = node->mark;
    if (node->kind != TU_YAML_TEXT) {
        tu_problems_add(builder->problems, node->mark, "a key is a plain text, not a list or map");
    } else if (*node->text == '\0') {
        tu_problems_add(builder->problems, node->mark, "a key is missing before the `:`");
    } else {
        map->key = g_strdup(node->text);
    }
}

/* Puts a finished node where it belongs: into the innermost open list or map, or at the root. */
static void
place(Builder *builder, TuYaml *node, gboolean is_missing)
{
    Open *open = innermost(builder);
    if (open == NULL) {
        if (builder->document->root == NULL)
            builder->document->root = node;
        return;
    }
    open->node->nodes += node->nodes;
    if (open->node->kind == TU_YAML_LIST)
        g_ptr_array_add(open->node->items, node);
    else if (open->has_key)
        add_pair(builder, open, node, is_missing);
    else
        take_key(builder, open, node);
}

/* Known from its beginning on, so that an anchor inside itself is found. */
static void
remember_anchor(Builder *builder, struct fy_token *anchor, TuYaml *node)
{
    gsize length = 0;
    const char *name = anchor == NULL ? NULL : fy_token_get_text(anchor, &length);
    if (name != NULL)
        g_hash_table_insert(builder->anchors, g_strndup(name, length), node);
}

/* `!cancelled` is a tag to YAML, and what a person wrote as SQL. */
static void
refuse_tag(Builder *builder, struct fy_token *tag, TuYaml *node)
{
    if (tag == NULL)
        return;
    tu_problems_add(builder->problems, node->mark,
                    "YAML tags are not used here: a text that begins with `!` needs quotes");
    node->is_broken = node->kind == TU_YAML_TEXT; /* a list or map is what it is without it */
}

/* Values only: a key names what the file is about and does not change with the machine. */
static void
replace_variables(Builder *builder, TuYaml *node)
{
    if (strstr(node->text, "${") == NULL)
        return;
    g_autoptr(GPtrArray) mistakes = g_ptr_array_new_with_free_func(g_free);
    char *expanded = tu_environment_expand(node->text, mistakes);
    for (guint i = 0; i < mistakes->len; i++)
        tu_problems_add(builder->problems, node->mark, "%s",
                        (const char *)g_ptr_array_index(mistakes, i));
    node->is_broken |= mistakes->len > 0;
    node->is_plain = FALSE; /* a variable gives a text, never a null */
    g_free(node->text);
    node->text = expanded;
}

/* The text of a scalar, whose length is told because it may hold a NUL. */
static char *
scalar_text(const Builder *builder, struct fy_event *event, gsize *ret_length)
{
    const struct fy_mark *start = fy_event_start_mark(event);
    const struct fy_mark *end = fy_event_end_mark(event);
    if (fy_token_scalar_style(event->scalar.value) == FYSS_SINGLE_QUOTED && start != NULL &&
        end != NULL) {
        char *text = tu_yaml_single_quoted(builder->input + start->input_pos,
                                           end->input_pos - start->input_pos);
        *ret_length = strlen(text);
        return text;
    }
    *ret_length = 0;
    const char *text = fy_token_get_text(event->scalar.value, ret_length);
    return g_strndup(text == NULL ? "" : text, text == NULL ? 0 : *ret_length);
}

/* A text: a key, or a value. */
static void
on_scalar(Builder *builder, struct fy_event *event)
{
    const Open *open = innermost(builder);
    gboolean is_key = open != NULL && open->node->kind == TU_YAML_MAP && !open->has_key;
    enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
    TuYaml *node = new_node(builder, TU_YAML_TEXT, event);
    gsize length;

    node->text = scalar_text(builder, event, &length);
    node->is_plain = style == FYSS_PLAIN;
    if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
        node->mark.column--; /* libfyaml names the place behind the quote */
    if (strlen(node->text) != length) {
        tu_problems_add(builder->problems, node->mark, "a NUL character has no place in a text");
        node->is_broken = TRUE;
    }
    if (!is_key)
        replace_variables(builder, node);
    refuse_tag(builder, event->scalar.tag, node);
    remember_anchor(builder, event->scalar.anchor, node);
    place(builder, node, node->is_plain && length == 0 && event->scalar.tag == NULL);
}

/* A list or map begins. */
static void
on_start(Builder *builder, struct fy_event *event, TuYamlKind kind)
{
    TuYaml *node = new_node(builder, kind, event);
    gboolean is_map = kind == TU_YAML_MAP;
    Open open = {.node = node, .is_flow = fy_event_get_node_style(event) == FYNS_FLOW};

    refuse_tag(builder, is_map ? event->mapping_start.tag : event->sequence_start.tag, node);
    remember_anchor(builder, is_map ? event->mapping_start.anchor : event->sequence_start.anchor,
                    node);
    if (builder->open->len == TU_YAML_MAX_DEPTH)
        stop(builder, node->mark, "too many lists and maps in one another");
    g_array_append_val(builder->open, open);
}

/* TRUE while the node is not complete. */
static gboolean
is_open(Builder *builder, const TuYaml *node)
{
    for (guint i = 0; i < builder->open->len; i++) {
        if (g_array_index(builder->open, Open, i).node == node)
            return TRUE;
    }
    return FALSE;
}

/* The anchored node takes the place of `*name`, or a broken one where there is none. */
static void
on_alias(Builder *builder, struct fy_event *event)
{
    TuMark mark = mark_of(builder, event);
    gsize length = 0;
    const char *text = fy_token_get_text(event->alias.anchor, &length);
    g_autofree char *name = g_strndup(text == NULL ? "" : text, text == NULL ? 0 : length);
    TuYaml *target = g_hash_table_lookup(builder->anchors, name);

    if (target == NULL || is_open(builder, target)) {
        tu_problems_add(builder->problems, mark,
                        target == NULL ? "no anchor `&%.60s` comes before this; a text that begins "
                                         "with `*` needs quotes"
                                       : "`*%.60s` stands inside its own anchor",
                        name);
        target = new_node(builder, TU_YAML_TEXT, event);
        target->text = g_strdup(name);
        target->is_broken = TRUE;
    } else {
        count_nodes(builder, target->nodes, mark);
    }
    place(builder, target, FALSE);
}

/* The innermost list or map is complete. */
static void
on_end(Builder *builder)
{
    TuYaml *node = innermost(builder)->node;
    g_array_set_size(builder->open, builder->open->len - 1);
    if (node->kind == TU_YAML_MAP)
        tu_yaml_finish_map(node, builder->problems);
    place(builder, node, FALSE);
}

/* One event of libfyaml. */
static void
on_event(Builder *builder, struct fy_event *event)
{
    switch (event->type) {
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        return;
    case FYET_DOCUMENT_START:
        if (builder->documents++ > 0)
            stop(builder, mark_of(builder, event), "a second document begins here: a spec is one");
        return;
    case FYET_MAPPING_START:
        on_start(builder, event, TU_YAML_MAP);
        return;
    case FYET_SEQUENCE_START:
        on_start(builder, event, TU_YAML_LIST);
        return;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        on_end(builder);
        return;
    case FYET_SCALAR:
        on_scalar(builder, event);
        return;
    case FYET_ALIAS:
        on_alias(builder, event);
        return;
    }
}

/* Feeds the events of `text` to the builder. FALSE when the file is no YAML; that is reported. */
static gboolean
read_events(Builder *builder, const char *text, gsize length)
{
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&diag_config);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&config);
    gboolean is_done = FALSE;

    g_assert(parser != NULL && fy_parser_set_string(parser, text, length) == 0);
    while (!is_done && !builder->is_stopped) {
        struct fy_event *event = fy_parser_parse(parser);
        if (event == NULL)
            break;
        is_done = event->type == FYET_STREAM_END;
        on_event(builder, event);
        fy_parser_event_free(parser, event);
    }
    if (!is_done && !builder->is_stopped) {
        const Open *open = innermost(builder);
        tu_yaml_syntax_problem(diag, open != NULL && open->is_flow, builder->problems);
    }
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return is_done;
}

/* libfyaml takes broken UTF-8 for the end of the file, so it is looked for first. */
static gboolean
check_bytes(const char *text, gsize length, TuProblems *problems)
{
    const char *bad;
    if (length > TU_YAML_MAX_BYTES) {
        tu_problems_add(problems, (TuMark){0, 0}, "larger than %d KiB: a spec is smaller",
                        TU_YAML_MAX_BYTES / 1024);
        return FALSE;
    }
    if (g_utf8_validate(text, (gssize)length, &bad))
        return TRUE;
    TuMark mark = {1, 1};
    for (const char *c = text; c < bad; c++) {
        gboolean is_character = ((guchar)*c & 0xC0) != 0x80; /* not the rest of one */
        mark.column = *c == '\n' ? 1 : mark.column + (guint)is_character;
        mark.line += *c == '\n';
    }
    tu_problems_add(problems, mark, "%s: save the file as UTF-8",
                    *bad == '\0' ? "a NUL byte" : "a byte that is no UTF-8");
    return FALSE;
}

TuYamlDocument *
tu_yaml_parse(const char *text, gsize length, TuProblems *problems)
{
    if (!check_bytes(text, length, problems))
        return NULL;

    g_autoptr(TuYamlDocument) document = g_new0(TuYamlDocument, 1);
    document->nodes = g_ptr_array_new_with_free_func(free_node);
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(Open));
    g_array_set_clear_func(open, clear_open);
    g_autoptr(GHashTable) anchors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Builder builder = {.document = document,
                       .problems = problems,
                       .input = text,
                       .open = open,
                       .anchors = anchors};

    if (!read_events(&builder, text, length))
        return NULL;
    if (document->root == NULL || tu_yaml_is_null(document->root)) {
        tu_problems_add(problems, (TuMark){1, 1},
                        "the file is empty: a spec has `sources` and "
                        "`summaries`");
        return NULL;
    }
    if (document->root->kind != TU_YAML_MAP) {
        tu_problems_add(problems, document->root->mark,
                        "a spec is a map with keys such as `sources` and `summaries`");
        return NULL;
    }
    return g_steal_pointer(&document);
}
