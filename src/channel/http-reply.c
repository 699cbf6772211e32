/*
 * A gateway's answer becomes outcomes.
 *
 * The gateway's file says what its answers mean: ordered rules, of which the first that fits
 * decides. Where none fits, the table below decides by the status alone, and it never says HANDED
 * or PERMANENT: what nobody has described neither ends an alert nor is believed.
 *
 * A batch whose answer holds one entry for each recipient (Results=) gives each its own outcome: a
 * rule's path is looked for in the entry, "$." begins at the root of the whole answer. An entry is
 * found by what it names (Match=) or by its place. Who has no entry is UNCERTAIN. Without such
 * entries one verdict holds for all; but a refusal that is about a recipient, or about the length
 * of the request, is true of some of them only, and that is said.
 *
 * An answer that broke off is worth its status line and no more: a rule that needs the body cannot
 * be asked, so the walk ends there in UNCERTAIN, and HANDED is not believed.
 *
 * Nothing here fails or logs: the answer is untrusted bytes, and all that comes of it is an Outcome
 * whose words are our own. The gateway's text goes into Outcome.raw, to be sealed.
 */
#include "channel/http-priv.h"

#include "base/json.h"
#include "base/str.h"

#include <assert.h>
#include <inttypes.h>

#define RAW_MAX 500 /* bytes of an answer that are kept for an operator to look at */

typedef struct Reading {
        const GatewayHttp *http;
        const HttpAnswer *answer;
        bool is_about_recipient; /* the rule that decided is: not about gateway or request */
        Json *json;              /* NULL when it is no JSON or was not looked at yet */
        bool is_tried;
} Reading;

/* --- what stands in it -------------------------------------------------------------------------
 */

static const Json *root_of(Reading *rd)
{
        const HttpAnswer *a = rd->answer;

        if (!rd->is_tried && a->is_whole && json_parse(a->text, a->len, &rd->json, NULL) != 0)
                rd->json = NULL; /* no JSON, or no memory: both mean that it is not understood */
        rd->is_tried = true;
        return rd->json;
}

/* @entry: one recipient's part, or NULL */
static const Json *find(Reading *rd, const Json *entry, const char *path)
{
        const Json *root = root_of(rd);

        if (str_starts(path, "$."))
                return json_path(root, path + 2);
        if (!entry)
                entry = root;
        return str_eq(path, ".") ? entry : json_path(entry, path);
}

/* Any scalar as text; NULL for null, for what is absent, and for what has parts. */
static const char *scalar(const Json *j, char buf[32])
{
        if (json_is_string(j))
                return json_str(j);
        if (json_is_bool(j))
                return json_bool(j) ? "true" : "false";
        if (json_is_int(j))
                (void)snprintf(buf, 32, "%" PRId64, json_int(j));
        else if (json_is_number(j))
                (void)snprintf(buf, 32, "%.15g", json_num(j));
        else
                return NULL;
        return buf;
}

/* "value" is equality, "value*" a beginning, "*value*" what stands anywhere in it. */
static bool fits(const char *s, size_t len, const char *value)
{
        size_t n = strlen(value);

        if (n > 2 && value[0] == '*' && value[n - 1] == '*')
                return memmem(s, len, value + 1, n - 2) != NULL;
        if (n > 0 && value[n - 1] == '*')
                return len >= n - 1 && memcmp(s, value, n - 1) == 0;
        return len == n && memcmp(s, value, n) == 0;
}

static bool is_blank(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool text_fits(const HttpAnswer *a, const char *value)
{
        const char *s = a->text;
        size_t len = a->len;

        while (len > 0 && is_blank(s[0])) {
                s++;
                len--;
        }
        while (len > 0 && is_blank(s[len - 1]))
                len--;
        return fits(s, len, value);
}

static bool json_fits(const Json *j, const char *value)
{
        char buf[32];
        const char *s;

        if (!value)
                return j && !json_is_null(j);
        s = json_is_null(j) ? "null" : scalar(j, buf);
        return s && fits(s, strlen(s), value);
}

/* --- what it means -----------------------------------------------------------------------------
 */

static void conclude(Outcome *out, OutcomeKind kind, const char *reason)
{
        out->kind = kind;
        out->permanent_address = false;
        out->blame = BLAME_GATEWAY;
        (void)snprintf(out->reason, sizeof(out->reason), "%s", reason);
}

/*
 * What a status means that no rule names; RFC 9110 15 unless another source is given. Read from
 * above, the first range that holds it.
 */
static const struct {
        int from, to;
        OutcomeKind kind;
        const char *reason;
} by_status[] = {
        {200, 299, OUTCOME_UNCERTAIN, "reply-not-understood"}, /* a yes that nobody described */
        {301, 301, OUTCOME_TRANSIENT, "redirected"}, /* 15.4.2: not done; Url= has moved */
        {307, 308, OUTCOME_TRANSIENT, "redirected"},
        {300, 399, OUTCOME_UNCERTAIN, "redirected"}, /* 302 and 303 are how forms say "done" */
        {401, 401, OUTCOME_STOP, "credentials-refused"},
        {402, 402, OUTCOME_STOP, "payment-required"},
        {403, 403, OUTCOME_STOP, "forbidden"},
        {407, 407, OUTCOME_STOP, "credentials-refused"},
        {408, 408, OUTCOME_TRANSIENT, "request-timeout"}, /* 15.5.9: did not get it whole */
        {409, 409, OUTCOME_UNCERTAIN, "conflict"},        /* may be: has it already */
        {425, 425, OUTCOME_TRANSIENT, "throttled"},       /* RFC 8470 5.2 */
        {429, 429, OUTCOME_TRANSIENT, "throttled"},       /* RFC 6585 4 */
        {400, 499, OUTCOME_TRANSIENT,
         "request-refused"}, /* may be our file's fault: not for ever */
        {502, 502, OUTCOME_UNCERTAIN,
         "proxy-no-answer"}, /* 15.6.3: what is behind it may have it */
        {503, 503, OUTCOME_TRANSIENT, "unavailable"},
        {504, 504, OUTCOME_UNCERTAIN, "proxy-no-answer"}, /* 15.6.5 */
        {500, 599, OUTCOME_TRANSIENT, "server-error"},
        {0, 999, OUTCOME_UNCERTAIN, "reply-not-understood"},
};

static void conclude_by_status(const HttpAnswer *a, Outcome *out)
{
        size_t i = 0;

        while (a->status < by_status[i].from || a->status > by_status[i].to)
                i++;
        conclude(out, by_status[i].kind, by_status[i].reason);
}

static bool rule_fits(Reading *rd, const ReplyRule *rule, const Json *entry)
{
        if (!rule->path)
                return true;
        if (str_eq(rule->path, "text"))
                return text_fits(rd->answer, rule->value);
        return json_fits(find(rd, entry, rule->path), rule->value);
}

static void apply_rules(Reading *rd, const Json *entry, Outcome *out)
{
        const HttpAnswer *a = rd->answer;

        for (unsigned i = 0; i < rd->http->n_rules; i++) {
                const ReplyRule *rule = &rd->http->rule[i];

                if (a->status < rule->status_from || a->status > rule->status_to)
                        continue;
                if (!a->is_whole && (rule->path || rule->kind == OUTCOME_HANDED)) {
                        conclude(out, OUTCOME_UNCERTAIN, "reply-cut-short");
                        return;
                }
                if (!rule_fits(rd, rule, entry))
                        continue;
                conclude(out, rule->kind, rule->reason);
                out->permanent_address = rule->address && rule->kind == OUTCOME_PERMANENT;
                out->blame = rule->address ? BLAME_ADDRESS : BLAME_GATEWAY;
                rd->is_about_recipient = rule->address || rule->kind == OUTCOME_PERMANENT;
                return;
        }
        conclude_by_status(a, out);
}

/* Only what is fit to be printed and short enough to be whole: anything else is no id. */
static void take_word(Reading *rd, const Json *entry, const char *path, char *ret, size_t size)
{
        const char *s;
        char buf[32];

        ret[0] = '\0';
        if (!path)
                return;
        s = scalar(find(rd, entry, path), buf);
        if (!s || strlen(s) >= size)
                return;
        for (const char *p = s; *p != '\0'; p++)
                if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
                        return;
        (void)snprintf(ret, size, "%s", s);
}

/* The gateway's words for an operator: printable UTF-8 in one line, cut at a character's end. */
static char *make_raw(const char *s, size_t len)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        size_t i = 0;

        while (i < len && b.len < RAW_MAX) {
                uint32_t cp;
                int n = utf8_next(s + i, len - i, &cp);
                int r;

                if (n <= 0 || cp < 0x20 || cp == 0x7f)
                        r = buf_putc(&b, n <= 0 ? '?' : ' ');
                else
                        r = buf_append(&b, s + i, (size_t)n);
                if (r < 0)
                        return NULL; /* an operator sees less; the outcome is the same */
                i += n > 0 ? (size_t)n : 1;
        }
        return buf_take(&b);
}

static void take_raw(Reading *rd, const Json *entry, Outcome *out)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        if (out->kind == OUTCOME_HANDED)
                return;
        if (entry && json_dump(entry, JSON_COMPACT, &b) == 0)
                out->raw = make_raw(buf_str(&b), b.len);
        else if (rd->answer->len > 0)
                out->raw = make_raw(rd->answer->text, rd->answer->len);
}

/* RFC 6585 4: 429; RFC 9110 15.6.4: a 503 that says how long; or the file's own word for it. */
static bool asks_for_a_pause(const Outcome *o)
{
        return o->code == 429 || o->retry_after_usec > 0 || str_eq(o->reason, "throttled");
}

static void judge(Reading *rd, const Json *entry, Outcome *out)
{
        *out = (Outcome){.code = rd->answer->status, .handed_usec = rd->answer->now_usec};
        apply_rules(rd, entry, out);
        if (out->kind == OUTCOME_HANDED)
                take_word(rd, entry, rd->http->id_path, out->gateway_ref, sizeof(out->gateway_ref));
        else
                out->retry_after_usec = rd->answer->retry_after_usec;
        if (out->kind == OUTCOME_TRANSIENT && out->blame == BLAME_GATEWAY && asks_for_a_pause(out))
                out->blame = BLAME_PACE;
        take_word(rd, entry, rd->http->code_path, out->enhanced, sizeof(out->enhanced));
        take_raw(rd, entry, out);
}

static void judge_missing(Reading *rd, const char *reason, Outcome *out)
{
        *out = (Outcome){.code = rd->answer->status, .handed_usec = rd->answer->now_usec};
        conclude(out, OUTCOME_UNCERTAIN, reason);
        take_raw(rd, NULL, out);
}

/* --- entries -----------------------------------------------------------------------------------
 */

/* The entries of all arrays that Results= names, seen as one list. */
typedef struct Entries {
        const Json *array[8];
        unsigned n_arrays;
        size_t n;
} Entries;

static void gather(Reading *rd, Entries *es)
{
        const char *s = rd->http->results_path;
        char path[130];

        while (*s != '\0' && es->n_arrays < ARRAY_SIZE(es->array)) {
                size_t n = strcspn(s, " ");
                const Json *j;

                if (n >= sizeof(path))
                        return; /* config takes no path as long as this */
                memcpy(path, s, n);
                path[n] = '\0';
                j = find(rd, NULL, path);
                if (json_is_array(j)) {
                        es->array[es->n_arrays++] = j;
                        es->n += json_len(j);
                }
                s += n;
                s += strspn(s, " ");
        }
}

static const Json *entry_at(const Entries *es, size_t i)
{
        for (unsigned a = 0; a < es->n_arrays; a++) {
                size_t n = json_len(es->array[a]);

                if (i < n)
                        return json_at(es->array[a], i);
                i -= n;
        }
        return NULL;
}

static bool names(const char *word, const Carry *c)
{
        return str_eq(word, c->reference) || str_eq(word, c->to) ||
               (c->to[0] == '+' && str_eq(word, c->to + 1));
}

/*
 * The carry that an entry names and that has no outcome yet. Nearly always it stands at the same
 * place as the entry, so that is looked at first. Two alerts to one number in one batch may swap
 * their entries; they cannot be told apart by anybody.
 */
static unsigned find_carry(const Carry *const carry[], unsigned n, const Outcome *out,
                           const char *word, size_t hint)
{
        if (hint < n && out[hint].kind == 0 && names(word, carry[hint]))
                return (unsigned)hint;
        for (unsigned i = 0; i < n; i++)
                if (out[i].kind == 0 && names(word, carry[i]))
                        return i;
        return n;
}

static void judge_by_name(Reading *rd, const Entries *es, const Carry *const carry[], unsigned n,
                          Outcome *out)
{
        for (unsigned i = 0; i < n; i++)
                out[i].kind = 0;
        /* What lies beyond two entries for each recipient is noise, and matching it costs n each.
         */
        for (size_t e = 0; e < MIN_OF(es->n, (size_t)n * 2); e++) {
                const Json *entry = entry_at(es, e);
                char buf[32];
                const char *word = scalar(find(rd, entry, rd->http->results_match), buf);
                unsigned i = word ? find_carry(carry, n, out, word, e) : n;

                if (i < n)
                        judge(rd, entry, &out[i]);
        }
        for (unsigned i = 0; i < n; i++)
                if (out[i].kind == 0)
                        judge_missing(rd, "no-entry-in-reply", &out[i]);
}

/* With one entry more or less than recipients, no place can be trusted. */
static void judge_by_order(Reading *rd, const Entries *es, unsigned n, Outcome *out)
{
        for (unsigned i = 0; i < n; i++) {
                if (es->n == n)
                        judge(rd, entry_at(es, i), &out[i]);
                else
                        judge_missing(rd, "reply-miscounts", &out[i]);
        }
}

/* 413: the request was too long (RFC 9110 15.5.14), whatever word the file has for it. */
static bool is_about_some(const Reading *rd, const Outcome *o)
{
        bool was_refused = o->kind == OUTCOME_PERMANENT || o->kind == OUTCOME_TRANSIENT;

        return was_refused && (rd->is_about_recipient || rd->answer->status == 413);
}

static HttpVerdict read_answer(Reading *rd, const Carry *const carry[], unsigned n, Outcome *out)
{
        Entries es = {.n = 0};

        if (rd->http->results_path && rd->answer->is_whole)
                gather(rd, &es);
        if (es.n_arrays == 0) {
                judge(rd, NULL, &out[0]);
                if (rd->http->results_path && out[0].kind == OUTCOME_HANDED) {
                        outcome_done(&out[0]);
                        judge_missing(rd, "no-entry-in-reply", &out[0]);
                }
                return n > 1 && is_about_some(rd, &out[0]) ? HTTP_VERDICT_SOME : HTTP_VERDICT_ALL;
        }
        if (rd->http->results_match)
                judge_by_name(rd, &es, carry, n, out);
        else
                judge_by_order(rd, &es, n, out);
        return HTTP_VERDICT_EACH;
}

/**
 * http_reply_read() - what an answer says about the carries of its request
 * @carry:  those of the request, in its order
 * @out:    @n of them are written with HTTP_VERDICT_EACH, else the first one
 *
 * Cost: one pass over the answer, and over the rules for each carry.
 */
HttpVerdict http_reply_read(const GatewayHttp *http, const HttpAnswer *answer,
                            const Carry *const carry[], unsigned n, Outcome *out)
{
        Reading rd = {.http = http, .answer = answer};
        HttpVerdict v;

        assert(n >= 1 && answer->status >= 100 && answer->status <= 999);
        v = read_answer(&rd, carry, n, out);
        json_free(rd.json);
        return v;
}
