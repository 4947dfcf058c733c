#include "cli/completion.h"

#include <string.h>

#include "cli/commands.h"
#include "time/calendar.h"

#define GLOBAL_OPTIONS "[--spec FILE] [--database URL] [--json] [--help] [--version]"

typedef struct {
    char *name;  /* "--grain" */
    char *value; /* as help shows it; NULL: it takes none */
} Option;

static void
free_option(gpointer data)
{
    Option *option = data;
    g_free(option->name);
    g_free(option->value);
    g_free(option);
}

/* ---- the table, read ---- */

/* "[--from D --to D] (--date D | --days N)" in pieces, without brackets. */
static GStrv
pieces_of(const char *arguments)
{
    g_autofree char *text = g_strdup(arguments);
    return g_strsplit(g_strdelimit(text, "[]()\n", ' '), " ", -1);
}

static gboolean
is_option(const char *piece)
{
    return g_str_has_prefix(piece, "--");
}

static gboolean
has_option(const GPtrArray *options, const char *name)
{
    for (guint i = 0; i < options->len; i++)
        if (g_str_equal(((const Option *)g_ptr_array_index(options, i))->name, name))
            return TRUE;
    return FALSE;
}

/* An option's value is the piece behind it; between brackets there is an empty one. */
static GPtrArray *
options_in(const char *arguments)
{
    GPtrArray *options = g_ptr_array_new_with_free_func(free_option);
    g_auto(GStrv) pieces = pieces_of(arguments);
    for (guint i = 0; pieces[i] != NULL; i++) {
        if (!is_option(pieces[i]) || has_option(options, pieces[i]))
            continue;
        const char *next = pieces[i + 1];
        Option *option = g_new0(Option, 1);
        option->name = g_strdup(pieces[i]);
        if (next != NULL && next[0] != '\0' && next[0] != '|' && !is_option(next))
            option->value = g_strdup(next);
        g_ptr_array_add(options, option);
    }
    return options;
}

static GPtrArray *
global_options(void)
{
    return options_in(GLOBAL_OPTIONS);
}

/* Small letters only: a capital stands for something. */
static gboolean
is_word(const char *piece)
{
    return piece[0] != '\0' && strspn(piece, "abcdefghijklmnopqrstuvwxyz-") == strlen(piece);
}

static GPtrArray *
words_in(const char *arguments)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) pieces = pieces_of(arguments);
    for (guint i = 0; pieces[i] != NULL; i++)
        if (is_word(pieces[i]) && !is_option(pieces[i]) && (i == 0 || !is_option(pieces[i - 1])))
            g_ptr_array_add(words, g_strdup(pieces[i]));
    return words;
}

static char *
grains(void)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (int grain = 0; grain < TU_GRAINS; grain++)
        g_string_append_printf(names, "%s%s", grain == 0 ? "" : " ", tu_grain_name((TuGrain)grain));
    return g_string_free(g_steal_pointer(&names), FALSE);
}

static char *
values_of(const Option *option)
{
    if (g_strcmp0(option->value, "FILE") == 0)
        return NULL;
    /* "G", or "G,..": one of them, or the first of several. */
    if (g_strcmp0(option->value, "G") == 0 || g_strcmp0(option->value, "G,..") == 0)
        return grains();
    if (option->value != NULL && strchr(option->value, '|') != NULL)
        return g_strdelimit(g_strdup(option->value), "|", ' ');
    return g_strdup("");
}

/* ---- what all scripts need ---- */

/* The options of all commands that take a value, each once. An option means the same wherever it
 * stands. */
static GPtrArray *
options_with_value(void)
{
    g_autoptr(GString) all = g_string_new(GLOBAL_OPTIONS);
    for (const TuCommand *command = tu_commands; command->name != NULL; command++)
        g_string_append_printf(all, " %s", command->arguments);
    GPtrArray *options = options_in(all->str);
    for (guint i = options->len; i-- > 0;)
        if (((const Option *)g_ptr_array_index(options, i))->value == NULL)
            g_ptr_array_remove_index(options, i);
    return options;
}

/* "--sql --spec ...": what may follow the command; NULL: what may stand before one. */
static char *
offers_of(const TuCommand *command)
{
    const char *arguments = command != NULL ? command->arguments : "";
    g_autoptr(GPtrArray) words = words_in(arguments);
    g_autoptr(GPtrArray) own = options_in(arguments);
    g_autoptr(GPtrArray) global = global_options();
    g_autoptr(GPtrArray) offers = g_ptr_array_new();
    for (guint i = 0; i < words->len; i++)
        g_ptr_array_add(offers, g_ptr_array_index(words, i));
    for (guint i = 0; i < own->len; i++)
        g_ptr_array_add(offers, ((Option *)g_ptr_array_index(own, i))->name);
    for (guint i = 0; i < global->len; i++)
        g_ptr_array_add(offers, ((Option *)g_ptr_array_index(global, i))->name);
    g_ptr_array_add(offers, NULL);
    return g_strjoinv(" ", (char **)offers->pdata);
}

/* The text in single quotes. */
static char *
quoted(const char *text, const char *quote_inside)
{
    g_auto(GStrv) parts = g_strsplit(text, "'", -1);
    g_autofree char *joined = g_strjoinv(quote_inside, parts);
    return g_strdup_printf("'%s'", joined);
}

/* ---- bash and zsh: a case for the option before, then one for the command ---- */

/* Commands of a shell, around the words that are offered. */
typedef struct {
    const char *before, *after;
} Offer;

static void
append_values(GString *script, const char *files, Offer offer)
{
    g_autoptr(GPtrArray) options = options_with_value();
    for (guint i = 0; i < options->len; i++) {
        const Option *option = g_ptr_array_index(options, i);
        g_autofree char *values = values_of(option);
        g_string_append_printf(script, "        %s) ", option->name);
        if (values == NULL)
            g_string_append(script, files);
        else if (values[0] == '\0')
            g_string_append(script, ":");
        else
            g_string_append_printf(script, "%s%s%s", offer.before, values, offer.after);
        g_string_append(script, "; return ;;\n");
    }
}

static void
append_commands(GString *script, Offer offer)
{
    for (const TuCommand *command = tu_commands; command->name != NULL; command++) {
        g_autofree char *offers = offers_of(command);
        g_string_append_printf(script, "        %s) %s%s%s ;;\n", command->name, offer.before,
                               offers, offer.after);
    }
}

/* Looks for the command among the words before; those after an option that takes a value are
 * none. */
static void
append_search(GString *script, const char *words, const char *end, const char *step)
{
    g_autoptr(GPtrArray) options = options_with_value();
    g_string_append_printf(script,
                           "    for ((i = %s; i < %s; i++)); do\n        case ${%s[i]} in\n"
                           "            ",
                           step, end, words);
    for (guint i = 0; i < options->len; i++)
        g_string_append_printf(script, "%s%s", i == 0 ? "" : " | ",
                               ((const Option *)g_ptr_array_index(options, i))->name);
    g_string_append_printf(script,
                           ") ((i++)); [[ ${%s[i]} != = ]] || ((i++)) ;;\n"
                           "            -*) ;;\n"
                           "            *) command=${%s[i]}; break ;;\n"
                           "        esac\n    done\n",
                           words, words);
}

static char *
bash_script(void)
{
    GString *script = g_string_new(
        "# Completion of trueup for bash. Printed from trueup's table of commands.\n"
        "_trueup() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
        "    local command= offers= i\n"
        "    # --option=value comes in three words.\n"
        "    if [ \"$word\" = = ]; then\n        word=\n"
        "    elif [ \"$before\" = = ]; then\n"
        "        before=${COMP_WORDS[COMP_CWORD - 2]}\n    fi\n    COMPREPLY=()\n");
    append_search(script, "COMP_WORDS", "COMP_CWORD", "1");
    g_string_append(script, "    case $before in\n");
    append_values(script,
                  "compopt -o filenames 2>/dev/null; "
                  "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")",
                  (Offer){"mapfile -t COMPREPLY < <(compgen -W '", "' -- \"$word\")"});
    g_string_append(script, "    esac\n    case $command in\n        '') offers='");
    for (const TuCommand *command = tu_commands; command->name != NULL; command++)
        g_string_append_printf(script, "%s ", command->name);
    g_autofree char *global = offers_of(NULL);
    g_string_append_printf(script, "%s' ;;\n", global);
    append_commands(script, (Offer){"offers='", "'"});
    g_string_append(script, "    esac\n"
                            "    mapfile -t COMPREPLY < <(compgen -W \"$offers\" -- \"$word\")\n"
                            "}\ncomplete -F _trueup trueup\n");
    return g_string_free(script, FALSE);
}

static char *
zsh_script(void)
{
    g_autofree char *global = offers_of(NULL);
    GString *script = g_string_new(
        "#compdef trueup\n"
        "# Completion of trueup for zsh. Printed from trueup's table of commands.\n"
        "_trueup() {\n"
        "    local before=${words[CURRENT - 1]} command= i\n"
        "    local -a commands\n"
        "    # --option=value is one word here: its value is completed behind the sign.\n"
        "    if [[ ${words[CURRENT]} == --*=* ]]; then\n"
        "        before=${words[CURRENT]%%=*}\n        compset -P '*='\n    fi\n");
    append_search(script, "words", "CURRENT", "2");
    g_string_append(script, "    case $before in\n");
    append_values(script, "_files", (Offer){"compadd -- ", ""});
    g_string_append(script,
                    "    esac\n    case $command in\n        '')\n            commands=(\n");
    for (const TuCommand *command = tu_commands; command->name != NULL; command++) {
        g_autofree char *described = g_strdup_printf("%s:%s", command->name, command->does);
        g_autofree char *text = quoted(described, "'\\''");
        g_string_append_printf(script, "                %s\n", text);
    }
    g_string_append_printf(script,
                           "            )\n            _describe -t commands command commands\n"
                           "            compadd -- %s ;;\n",
                           global);
    append_commands(script, (Offer){"compadd -- ", ""});
    g_string_append(script, "    esac\n}\n"
                            "if [[ $funcstack[1] == _trueup ]]; then\n    _trueup \"$@\"\nelse\n"
                            "    compdef _trueup trueup\nfi\n");
    return g_string_free(script, FALSE);
}

/* ---- fish: a line an option ---- */

static void
append_fish_options(GString *script, const GPtrArray *options, const char *command)
{
    for (guint i = 0; i < options->len; i++) {
        const Option *option = g_ptr_array_index(options, i);
        g_autofree char *values = values_of(option);
        g_string_append(script, "complete -c trueup");
        if (command != NULL)
            g_string_append_printf(script, " -n '__trueup_command %s'", command);
        g_string_append_printf(script, " -l %s", option->name + strlen("--"));
        if (values == NULL)
            g_string_append(script, " -r -F");
        else if (option->value != NULL)
            g_string_append_printf(script, " -x -a '%s'", values);
        g_string_append_c(script, '\n');
    }
}

/* A function that tells whether a command is the one of the line, or without an argument whether
 * the line has none yet. fish's own takes an option's value for a command. */
static void
append_fish_search(GString *script)
{
    g_autoptr(GPtrArray) options = options_with_value();
    g_string_append(script, "function __trueup_command\n"
                            "    set -l words (commandline -opc)\n"
                            "    set -e words[1]\n"
                            "    while set -q words[1]\n"
                            "        switch $words[1]\n"
                            "            case");
    for (guint i = 0; i < options->len; i++)
        g_string_append_printf(script, " %s", ((Option *)g_ptr_array_index(options, i))->name);
    g_string_append(script, "\n"
                            "                set -q words[2]; and set -e words[2]\n"
                            "            case '-*'\n"
                            "            case '*'\n"
                            "                contains -- $words[1] $argv\n"
                            "                return\n"
                            "        end\n"
                            "        set -e words[1]\n"
                            "    end\n"
                            "    test (count $argv) -eq 0\n"
                            "end\n");
}

static char *
fish_script(void)
{
    g_autoptr(GPtrArray) global = global_options();
    GString *script =
        g_string_new("# Completion of trueup for fish. Printed from trueup's table of "
                     "commands.\ncomplete -c trueup -f\n");
    append_fish_search(script);
    append_fish_options(script, global, NULL);
    for (const TuCommand *command = tu_commands; command->name != NULL; command++) {
        g_autoptr(GPtrArray) options = options_in(command->arguments);
        g_autoptr(GPtrArray) words = words_in(command->arguments);
        g_autofree char *does = quoted(command->does, "\\'");
        g_string_append_printf(script, "complete -c trueup -n __trueup_command -a %s -d %s\n",
                               command->name, does);
        for (guint i = 0; i < words->len; i++)
            g_string_append_printf(script, "complete -c trueup -n '__trueup_command %s' -a %s\n",
                                   command->name, (const char *)g_ptr_array_index(words, i));
        append_fish_options(script, options, command->name);
    }
    return g_string_free(script, FALSE);
}

char *
tu_completion_script(const char *shell)
{
    static const struct {
        const char *shell;
        char *(*script)(void);
    } shells[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
    for (guint i = 0; i < G_N_ELEMENTS(shells); i++)
        if (g_str_equal(shells[i].shell, shell))
            return shells[i].script();
    return NULL;
}
