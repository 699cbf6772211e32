/*
 * The command line: which command, with which options and items.
 *
 * One table of commands says everything that may stand there; help, the manual's test and the
 * shell's completion come from it, too. Nothing here knows what a command does.
 *
 * A CPR number on a command line would be seen by everybody on the machine (ps) and stay in the
 * shell's history. What looks like one is refused wherever it stands, before anything else is done,
 * and overwritten in our own argument list; so is an e-mail address. UUIDs and references may hold
 * ten digits by chance and are let through.
 */
#include "tool/args.h"

#include "base/str.h"
#include "model/cpr.h"
#include "model/event.h"
#include "model/reference.h"

#include <assert.h>
#include <errno.h>

const Option args_common[] = {
        {"--config", "DIR", "read the configuration there instead of /etc/advisd", NULL},
        {"--json", NULL, "print JSON for programs instead of tables for people", NULL},
        {"--help", NULL, "say this, or with a command what that command takes", NULL},
        {"--version", NULL, "say the version", NULL},
        {NULL, NULL, NULL, NULL},
};

/* Personal data */

static bool is_reference(const char *s)
{
        uint8_t bytes[REFERENCE_LEN];

        return strlen(s) == REFERENCE_LEN && base32_decode(s, REFERENCE_LEN, bytes, 17) == 0;
}

static bool is_personal(const char *s)
{
        const char *value = str_starts(s, "--") && strchr(s, '=') ? strchr(s, '=') + 1 : s;
        Uuid uuid;

        if (uuid_parse(value, strlen(value), &uuid) == 0 || is_reference(value))
                return false;
        return cpr_looks_like(value);
}

static bool is_address(const char *s)
{
        const char *at = strchr(s, '@');

        return at && at != s && at[1] && !strchr(s, '/');
}

static int refuse_personal(char **argv, Buf *fault)
{
        bool found = false;

        for (char **a = argv; *a; a++) {
                if (!is_personal(*a) && !is_address(*a))
                        continue;
                found = true;
                memset(*a, '*', strlen(*a));
        }
        if (!found)
                return 0;
        int r = buf_puts(fault, "an argument looks like a CPR number or an address. Others on this "
                                "machine can read "
                                "command lines, and the shell keeps them: leave it out, and type "
                                "it when you are asked, "
                                "or give it on stdin. (Remove it from the shell's history, too.)");
        return r < 0 ? r : -EINVAL;
}

/* What did they mean? */

/* Levenshtein's distance of two short words. */
static unsigned distance(const char *a, const char *b)
{
        unsigned row[32], n = (unsigned)MIN_OF(strlen(b), ARRAY_SIZE(row) - 1);

        for (unsigned j = 0; j <= n; j++)
                row[j] = j;
        for (unsigned i = 1; a[i - 1]; i++) {
                unsigned diagonal = row[0];

                row[0] = i;
                for (unsigned j = 1; j <= n; j++) {
                        unsigned best = diagonal + (a[i - 1] != b[j - 1]);

                        diagonal = row[j];
                        best = MIN_OF(best, row[j] + 1);
                        row[j] = MIN_OF(best, row[j - 1] + 1);
                }
        }
        return row[n];
}

static void nearer(const char *word, const char *candidate, const char **best,
                   unsigned *best_distance)
{
        unsigned d = distance(word, candidate);

        assert(candidate);
        if (d < *best_distance) {
                *best_distance = d;
                *best = candidate;
        }
}

/* At most a third of the letters may be wrong. */
static unsigned distance_limit(const char *word)
{
        return (unsigned)(strlen(word) + 2) / 3 + 1;
}

static int fault_command(const Command *const commands[], const char *word, const char *second,
                         Buf *fault)
{
        _cleanup_buf_ Buf both = BUF_NULL;
        const char *best = NULL;
        unsigned limit = distance_limit(word);
        int r = buf_printf(&both, "%s%s%s", word, second ? " " : "", second ? second : "");

        for (unsigned i = 0; r >= 0 && commands[i]; i++) {
                nearer(word, commands[i]->name, &best, &limit);
                nearer(buf_str(&both), commands[i]->name, &best, &limit);
        }
        /* "gateway" alone: say what can follow it. */
        for (unsigned i = 0; r >= 0 && !best && commands[i]; i++)
                if (str_starts(commands[i]->name, word) && commands[i]->name[strlen(word)] == ' ')
                        best = commands[i]->name;
        if (r >= 0)
                r = best ? buf_printf(fault,
                                      "there is no command \"%s\"; did you mean \"advisctl %s\"?",
                                      word, best)
                         : buf_printf(fault,
                                      "there is no command \"%s\"; \"advisctl --help\" lists them",
                                      word);
        return r < 0 ? r : -EINVAL;
}

static int fault_option(const Command *c, const char *word, Buf *fault)
{
        const char *best = NULL;
        unsigned limit = distance_limit(word);
        int r;

        for (unsigned i = 0; c && c->option[i].name; i++)
                nearer(word, c->option[i].name, &best, &limit);
        for (const Option *o = args_common; o->name; o++)
                nearer(word, o->name, &best, &limit);
        r = best ? buf_printf(fault, "there is no option %s; did you mean %s?", word, best)
                 : buf_printf(fault, "there is no option %s; \"advisctl %s%s--help\" lists them",
                              word, c ? c->name : "", c ? " " : "");
        return r < 0 ? r : -EINVAL;
}

/* Reading */

static bool word_in(const char *words, const char *word)
{
        size_t len = strlen(word);

        for (const char *w = words; *w; w += strcspn(w, " "), w += *w == ' ')
                if (strcspn(w, " ") == len && memcmp(w, word, len) == 0)
                        return true;
        return false;
}

/* A word of the line that is an option, with its value if it has one. */
typedef struct Given {
        char name[32];
        const char *value; /* NULL = none */
        char **next;       /* the word after it */
} Given;

static void given_split(char **word, Given *ret)
{
        const char *equals = strchr(*word, '=');
        size_t len = equals ? (size_t)(equals - *word) : strlen(*word);

        (void)snprintf(ret->name, sizeof(ret->name), "%.*s",
                       (int)MIN_OF(len, sizeof(ret->name) - 1), *word);
        ret->value = equals ? equals + 1 : NULL;
        ret->next = word + 1;
}

/* Takes the option's value from behind '=' or from the next word, and checks it. */
static int given_value(const Option *o, Given *g, const char **ret, Buf *fault)
{
        int r = 0;

        if (!o->arg && g->value)
                r = buf_printf(fault, "%s takes no value", o->name);
        else if (!o->arg)
                *ret = "";
        else if (!g->value && !*g->next)
                r = buf_printf(fault, "%s needs a value: %s %s", o->name, o->name, o->arg);
        else if (o->words && !word_in(o->words, g->value ? g->value : *g->next))
                r = buf_printf(fault, "%s takes one of: %s", o->name, o->words);
        else
                *ret = g->value ? g->value : *g->next++;
        if (r < 0)
                return r;
        return fault->len > 0 ? -EINVAL : 0;
}

static int take_common(const Option *o, Given *g, Args *a, Buf *fault)
{
        const char *value = NULL;
        int r = given_value(o, g, &value, fault);

        if (r < 0)
                return r;
        if (str_eq(o->name, "--config"))
                a->config_dir = value;
        a->json |= str_eq(o->name, "--json");
        a->help |= str_eq(o->name, "--help");
        a->version |= str_eq(o->name, "--version");
        return 0;
}

static int take_option(Args *a, Given *g, Buf *fault)
{
        static const Option completion = {"--bash-completion", NULL, NULL,
                                          NULL}; /* for make, not for people */

        for (const Option *o = args_common; o->name; o++)
                if (str_eq(o->name, g->name))
                        return take_common(o, g, a, fault);
        if (str_eq(g->name, "-h")) {
                a->help = true;
                return 0;
        }
        if (!a->command && str_eq(g->name, completion.name)) {
                a->completion = true;
                return 0;
        }
        for (unsigned i = 0; a->command && a->command->option[i].name; i++)
                if (str_eq(a->command->option[i].name, g->name))
                        return given_value(&a->command->option[i], g, &a->option[i], fault);
        return fault_option(a->command, g->name, fault);
}

/* The command is one word or two, and the two may have common options between them. */
static const Command *command_find(const Command *const commands[], const char *first,
                                   const char *second)
{
        size_t len = strlen(first);

        for (unsigned i = 0; commands[i]; i++) {
                const char *name = commands[i]->name;

                if (str_eq(name, first) || (second && str_starts(name, first) && name[len] == ' ' &&
                                            str_eq(name + len + 1, second)))
                        return commands[i];
        }
        return NULL;
}

/* The first words that are no common options name the command; they are taken out of the line. */
static int take_command(const Command *const commands[], char **argv, Args *a, Buf *fault)
{
        char **word[2] = {NULL, NULL};
        unsigned n = 0;

        for (char **w = argv; *w && n < 2 && !str_eq(*w, "--"); w++) {
                if (**w != '-' || str_eq(*w, "-"))
                        word[n++] = w;
                else if (str_eq(*w, "--config") && w[1])
                        w++;
                else if (n > 0 && !str_eq(*w, "--json"))
                        break;
        }
        if (n == 0)
                return 0;
        a->command = command_find(commands, *word[0], n > 1 ? *word[1] : NULL);
        if (!a->command)
                return fault_command(commands, *word[0], n > 1 ? *word[1] : NULL, fault);
        *word[0] = NULL;
        if (n > 1 && strchr(a->command->name, ' '))
                *word[1] = NULL;
        return 0;
}

static int take_words(char **argv, unsigned n_words, Args *a, Buf *fault)
{
        bool options_end = false;

        for (char **w = argv; w < argv + n_words;) {
                Given g;
                int r;

                if (!*w || (!options_end && str_eq(*w, "--"))) {
                        options_end |= *w != NULL;
                        w++;
                } else if (!options_end && **w == '-' && !str_eq(*w, "-")) {
                        given_split(w, &g);
                        r = take_option(a, &g, fault);
                        if (r < 0)
                                return r;
                        w = g.next;
                } else if (a->n_items == ITEMS_MAX) {
                        r = buf_printf(fault, "more than %d arguments at once", ITEMS_MAX);
                        return r < 0 ? r : -EINVAL;
                } else {
                        a->item[a->n_items++] = *w++;
                }
        }
        return 0;
}

static int check_items(const Args *a, Buf *fault)
{
        const Command *c = a->command;
        int r;

        if (a->help || a->version || a->completion)
                return 0;
        if (!c)
                r = buf_puts(fault, "a command is missing; \"advisctl --help\" lists them, "
                                    "\"advisctl status\" is a "
                                    "good first one");
        else if (a->n_items < c->items_min)
                r = buf_printf(fault, "something is missing: advisctl %s %s", c->name, c->items);
        else if (a->n_items > c->items_max)
                r = buf_printf(fault, "too much: advisctl %s%s%s", c->name, *c->items ? " " : "",
                               c->items);
        else
                return 0;
        return r < 0 ? r : -EINVAL;
}

/**
 * args_parse() - read a command line
 * @argv:  without the program's name, NULL at the end; may be written to
 * @ret:   borrows from @argv and @commands
 */
int args_parse(const Command *const commands[], char **argv, Args *ret, Buf *ret_fault)
{
        unsigned n_words = 0;
        int r;

        *ret = (Args){0};
        while (argv[n_words])
                n_words++;
        r = refuse_personal(argv, ret_fault);
        if (r >= 0)
                r = take_command(commands, argv, ret, ret_fault);
        if (r >= 0)
                r = take_words(argv, n_words, ret, ret_fault);
        return r < 0 ? r : check_items(ret, ret_fault);
}

const char *args_get(const Args *a, const char *option)
{
        for (unsigned i = 0; a->command->option[i].name; i++)
                if (str_eq(a->command->option[i].name, option))
                        return a->option[i];
        assert(false); /* the command's table has no such option */
        return NULL;
}

bool args_has(const Args *a, const char *option)
{
        return args_get(a, option) != NULL;
}
