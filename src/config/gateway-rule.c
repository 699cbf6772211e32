/*
 * Reply= lines: what a gateway's answer means.
 *
 *      Reply=202 text "0: Accepted*" -> handed
 *      Reply=403 code 0x0216         -> stop no-credit
 *      Reply=429,503                 -> transient throttled
 *
 * Before the arrow stands when the line holds: one or more statuses (200, 4xx, 400-499, any), then
 * perhaps where to look in the answer (a JSON path, or the word "text" for the whole body) and what
 * must stand there ("…*" for a beginning, "*…*" for a part; left out: that anything stands there).
 * Behind it: what the answer means, and our own word for the reason, which goes into the journal
 * and the store and so is held to a-z, 0-9 and '-'.
 *
 * Several statuses become several rules, in their order: what decides is the first that holds.
 */
#include "config/gateway-priv.h"

#include "base/str.h"

#include <errno.h>

#define PATH_BYTES_MAX  128
#define VALUE_BYTES_MAX 128
#define STATUSES_MAX    8
#define STATUS_FIRST                                                                \
        100 /* RFC 9110 15: three digits, 100 to 599; up to 999 is seen in the wild \
             */
#define STATUS_LAST 999

typedef struct RuleLine {
        struct {
                int from, to;
        } status[STATUSES_MAX];
        unsigned n_statuses;
        char path[PATH_BYTES_MAX + 1], value[VALUE_BYTES_MAX + 1];
        bool has_path, has_value;
        OutcomeKind kind;
        bool address;
        char reason[REASON_MAX];
} RuleLine;

/* "a.b.0", "$.a" (from the root, also inside an entry), "." (the whole). */
bool gateway_path_is_good(const char *s)
{
        size_t len = strlen(s);

        if (str_eq(s, "."))
                return true;
        if (str_starts(s, "$."))
                s += 2;
        if (len > PATH_BYTES_MAX || *s == '\0' || *s == '.' || str_ends(s, ".") || strstr(s, ".."))
                return false;
        return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
               strlen(s);
}

static bool is_digits(const char *s, size_t n)
{
        return strspn(s, "0123456789") >= n;
}

static int three_digits(const char *s)
{
        return (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
}

static bool read_status(const char *s, size_t len, int *ret_from, int *ret_to)
{
        if (len == 3 && memcmp(s, "any", 3) == 0) {
                *ret_from = STATUS_FIRST;
                *ret_to = STATUS_LAST;
        } else if (len == 3 && s[0] >= '1' && s[0] <= '9' && s[1] == 'x' && s[2] == 'x') {
                *ret_from = (s[0] - '0') * 100;
                *ret_to = *ret_from + 99;
        } else if (len == 3 && is_digits(s, 3)) {
                *ret_from = *ret_to = three_digits(s);
        } else if (len == 7 && is_digits(s, 3) && s[3] == '-' && is_digits(s + 4, 3)) {
                *ret_from = three_digits(s);
                *ret_to = three_digits(s + 4);
        } else {
                return false;
        }
        return *ret_from >= STATUS_FIRST && *ret_from <= *ret_to;
}

static bool read_statuses(RuleLine *rule, const char *s, size_t len)
{
        while (rule->n_statuses < STATUSES_MAX) {
                const char *comma = memchr(s, ',', len);
                size_t n = comma ? (size_t)(comma - s) : len;
                unsigned i = rule->n_statuses++;

                if (!read_status(s, n, &rule->status[i].from, &rule->status[i].to))
                        return false;
                if (!comma)
                        return true;
                s += n + 1;
                len -= n + 1;
        }
        return false;
}

/*
 * One word, or one "quoted \" string"; @s moves behind it and the blanks that follow. A word may
 * not begin with a quote. Return: false when there is none or it does not fit.
 */
bool gateway_word_take(const char **s, char *ret, size_t size)
{
        const char *p = *s;
        bool quoted = *p == '"';
        size_t n = 0;

        for (p += quoted; *p != '\0' && (quoted ? *p != '"' : *p != ' ' && *p != '\t'); p++) {
                if (quoted && *p == '\\' && p[1] != '\0')
                        p++;
                if (n + 1 >= size)
                        return false;
                ret[n++] = *p;
        }
        if (quoted && *p++ != '"')
                return false;
        if (n == 0 || (*p != '\0' && *p != ' ' && *p != '\t'))
                return false;
        ret[n] = '\0';
        *s = p + strspn(p, " \t");
        return true;
}

/* The arrow that is not inside quotes. */
const char *gateway_arrow_find(const char *s)
{
        bool quoted = false;

        for (; *s != '\0'; s++) {
                if (quoted && *s == '\\' && s[1] != '\0')
                        s++;
                else if (*s == '"')
                        quoted = !quoted;
                else if (!quoted && s[0] == '-' && s[1] == '>')
                        return s;
        }
        return NULL;
}

static const char *read_condition(RuleLine *rule, const char *s)
{
        char statuses[80];

        if (!gateway_word_take(&s, statuses, sizeof(statuses)) ||
            !read_statuses(rule, statuses, strlen(statuses)))
                return "must begin with statuses: 200, 4xx, 400-499, any, or up to 8 with commas";
        if (*s == '\0')
                return NULL;
        rule->has_path = true;
        if (!gateway_word_take(&s, rule->path, sizeof(rule->path)) ||
            !gateway_path_is_good(rule->path))
                return "must have a JSON path such as error.code, or the word text, behind the "
                       "status";
        if (*s == '\0')
                return str_eq(rule->path, "text") ? "must say what the text is, as in text \"0: *\""
                                                  : NULL;
        rule->has_value = true;
        if (!gateway_word_take(&s, rule->value, sizeof(rule->value)) || *s != '\0')
                return "must have one word or \"quoted text\" behind the path, and then ->";
        return NULL;
}

static bool read_meaning(RuleLine *rule, const char *word)
{
        static const struct {
                const char *word;
                OutcomeKind kind;
                bool address;
        } meaning[] = {
                {"handed", OUTCOME_HANDED, false},        {"transient", OUTCOME_TRANSIENT, false},
                {"permanent", OUTCOME_PERMANENT, false},  {"busy-address", OUTCOME_TRANSIENT, true},
                {"bad-address", OUTCOME_PERMANENT, true}, {"stop", OUTCOME_STOP, false},
                {"uncertain", OUTCOME_UNCERTAIN, false},
        };

        for (size_t i = 0; i < ARRAY_SIZE(meaning); i++) {
                if (!str_eq(word, meaning[i].word))
                        continue;
                rule->kind = meaning[i].kind;
                rule->address = meaning[i].address;
                return true;
        }
        return false;
}

static const char *read_conclusion(RuleLine *rule, const char *s)
{
        char word[16];

        if (!gateway_word_take(&s, word, sizeof(word)) || !read_meaning(rule, word))
                return "must say behind -> one of handed, transient, busy-address, permanent, "
                       "bad-address, stop, uncertain";
        if (*s == '\0')
                return rule->kind == OUTCOME_HANDED ? NULL
                                                    : "must give a reason of our own at its end, "
                                                      "as in -> stop no-credit";
        if (!gateway_word_take(&s, rule->reason, sizeof(rule->reason)) || *s != '\0' ||
            strspn(rule->reason, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(rule->reason))
                return "must have a reason of at most 39 of a-z, 0-9 and '-'";
        return NULL;
}

static int copy_text(const char *s, bool is_set, char **ret)
{
        *ret = is_set ? strdup(s) : NULL;
        return is_set && !*ret ? -ENOMEM : 0;
}

static int add_rule(GatewayFile *f, const RuleLine *line, unsigned i)
{
        GatewayHttp *h = &f->g->http;
        ReplyRule *rule = &h->rule[h->n_rules];

        if (h->n_rules == GATEWAY_RULES_MAX) {
                gateway_fault(f, "is one rule too many; at most %d, each status counted",
                              GATEWAY_RULES_MAX);
                return 0;
        }
        *rule = (ReplyRule){.status_from = line->status[i].from,
                            .status_to = line->status[i].to,
                            .kind = line->kind,
                            .address = line->address,
                            .line = f->line};
        memcpy(rule->reason, line->reason, sizeof(rule->reason));
        h->n_rules++; /* from here on gateway_free() frees it */
        if (copy_text(line->path, line->has_path, &rule->path) < 0 ||
            copy_text(line->value, line->has_value, &rule->value) < 0)
                return -ENOMEM;
        return 0;
}

/**
 * gateway_rule_read() - add what one Reply= line says to the gateway's rules
 *
 * Return: 0 (a fault may have been told), or -ENOMEM.
 */
int gateway_rule_read(GatewayFile *f, const char *value)
{
        const char *arrow = gateway_arrow_find(value), *wrong;
        RuleLine line = {.n_statuses = 0};
        char *condition;
        int r = 0;

        if (!arrow || arrow == value)
                return -EINVAL;
        condition = strndup(value, (size_t)(arrow - value));
        if (!condition)
                return -ENOMEM;
        wrong = read_condition(&line, str_strip(condition));
        free(condition);
        if (!wrong)
                wrong = read_conclusion(&line, arrow + 2 + strspn(arrow + 2, " \t"));
        if (wrong) {
                gateway_fault(f, "%s", wrong);
                return 0;
        }
        for (unsigned i = 0; i < line.n_statuses && r == 0; i++)
                r = add_rule(f, &line, i);
        return r;
}
