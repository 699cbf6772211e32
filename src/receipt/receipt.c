/*
 * A gateway's call becomes receipts: values that say what became of which attempt.
 *
 * Three steps: the call is taken apart (query, form, JSON), it is verified (verify.c), and what the
 * verification covers is read as the gateway's file describes it: one report, or an array of them.
 * A field is looked for in the report first, then in the query, so that a gateway that keeps our
 * parameters in the URL and puts its own into the body is read, too.
 *
 * One report that cannot be read makes the whole call malformed: the gateway is told, and repeats
 * it; half a call that was taken would be half forgotten. A state that no Report= names is counted
 * and otherwise like a pending one, because gateways invent new ones.
 *
 * What it does not do: I/O, look at the MAC of a reference (the keys are elsewhere), or know any
 * gateway by name.
 */
#include "receipt/receipt-priv.h"

#include "base/civil.h"
#include "base/str.h"

#include <errno.h>
#include <strings.h>

typedef struct Source {
        const Json *entry; /* NULL: form and query alone */
        const Content *content;
} Source;

/* --- the call, taken apart ----------------------------------------------------------------------
 */

static bool is_type(const char *content_type, const char *type)
{
        size_t n = strlen(type);

        return strncasecmp(content_type, type, n) == 0 &&
               (content_type[n] == '\0' || content_type[n] == ';' || content_type[n] == ' ');
}

static bool looks_like_json(const ReceiptCall *call)
{
        size_t i = 0;

        while (i < call->body_bytes && strchr(" \t\r\n", call->body[i]) && call->body[i])
                i++;
        return i < call->body_bytes && (call->body[i] == '{' || call->body[i] == '[');
}

/* JSON is known by its looks, whatever it is called: a form never begins so, and some gateways say
 * nothing. */
static int content_read(const ReceiptCall *call, Content *ret)
{
        int r = fields_read(call->query, strlen(call->query), &ret->query);

        if (r < 0 || call->body_bytes == 0)
                return r;
        ret->is_json = looks_like_json(call);
        ret->is_form =
                !ret->is_json && is_type(call->content_type, "application/x-www-form-urlencoded");
        if (ret->is_json)
                return json_parse(call->body, call->body_bytes, &ret->json, NULL);
        return ret->is_form ? fields_read(call->body, call->body_bytes, &ret->form) : 0;
}

static void content_done(Content *c)
{
        fields_done(&c->query);
        fields_done(&c->form);
        json_free(c->json);
}

/* --- one report ---------------------------------------------------------------------------------
 */

/* "$." begins at the root of the body, also inside an entry of List=. */
static const Json *entry_path(const Source *s, const char *path)
{
        if (str_starts(path, "$."))
                return json_path(s->content->json, path + 2);
        return str_eq(path, ".") ? s->entry : json_path(s->entry, path);
}

/* False: it is nowhere, or is no scalar, or longer than @size. */
static bool source_get(const Source *s, const char *path, char *ret, size_t size)
{
        const char *text;

        *ret = '\0';
        if (!path)
                return false;
        if (s->entry && json_scalar(entry_path(s, path), ret, size))
                return true;
        text = fields_get(&s->content->form, path);
        if (!text)
                text = fields_get(&s->content->query, path);
        if (!text || strlen(text) >= size)
                return false;
        memcpy(ret, text, strlen(text) + 1);
        return true;
}

static bool is_plain(const char *s)
{
        return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               strlen(s);
}

/* An id goes into the store and comes out in `show`: visible ASCII. */
static bool is_visible(const char *s)
{
        for (; *s; s++)
                if (*s < 0x21 || *s > 0x7e)
                        return false;
        return true;
}

static const ReceiptRule *rule_find(const GatewayReceipts *how, const char *state, const char *code)
{
        for (unsigned i = 0; i < how->n_rules; i++) {
                const ReceiptRule *rule = &how->rule[i];

                if (!str_eq(rule->state, "*") && strcasecmp(rule->state, state) != 0)
                        continue;
                if (!rule->code || strcasecmp(rule->code, code) == 0)
                        return rule;
        }
        return NULL;
}

/* Seconds or milliseconds since 1970, RFC 3339, or "2014-08-24 10:00:00" in UTC. What is none of
 * these is not said: a report is worth more than its time. */
static usec_t time_read(const char *s)
{
        char text[40];
        uint64_t n;
        usec_t t = 0;

        if (str_all_digits(s, strlen(s)) && strlen(s) <= 13 && parse_u64(s, &n) == 0)
                return strlen(s) > 11 ? n * USEC_PER_MSEC : n * USEC_PER_SEC;
        (void)snprintf(text, sizeof(text), "%.30s", s);
        if (strlen(text) >= 19 && text[10] == ' ')
                text[10] = 'T';
        if (time_parse_rfc3339(text, strlen(text), &t) == 0)
                return t;
        (void)snprintf(text + MIN_OF(strlen(text), (size_t)19), 2, "Z");
        return time_parse_rfc3339(text, strlen(text), &t) == 0 ? t : 0;
}

/* Whom it is about: our reference, or the gateway's id. What is not of the form of a reference is
 * none: an account may be shared with others, who have references of their own. */
static void names_read(const GatewayReceipts *how, const Source *s, Receipt *r)
{
        char text[GATEWAY_REF_MAX + 1];

        if (source_get(s, how->reference_path, text, sizeof(text)) &&
            strlen(text) == REFERENCE_LEN && is_plain(text))
                memcpy(r->reference, text, sizeof(r->reference));
        if (!source_get(s, how->id_path, r->id, sizeof(r->id)) || !is_visible(r->id))
                r->id[0] = '\0';
        if (!source_get(s, how->part_path, r->part, sizeof(r->part)) || !is_visible(r->part))
                r->part[0] = '\0';
}

static int report_read(const GatewayReceipts *how, const Source *s, ReceiptList *ret,
                       const char **ret_why)
{
        Receipt r = {.kind = RECEIPT_PENDING};
        char state[64], code[64] = "", when[40];
        const ReceiptRule *rule;

        *ret_why = "no-state";
        if (!source_get(s, how->state_path, state, sizeof(state)))
                return RECEIPT_E_MALFORMED;
        (void)source_get(s, how->code_path, code, sizeof(code)); /* "" when there is none */
        rule = rule_find(how, state, code);
        if (!rule || rule->kind == RECEIPT_PENDING) {
                ret->n_unknown += !rule;
                ret->n_pending += rule != NULL;
                return 0;
        }
        names_read(how, s, &r);
        *ret_why = "names-nobody";
        if (!r.reference[0] && !r.id[0])
                return RECEIPT_E_MALFORMED;
        r.kind = rule->kind;
        r.bad_address = rule->address;
        memcpy(r.reason, rule->reason, sizeof(r.reason));
        if (is_plain(code) && strlen(code) < sizeof(r.code))
                memcpy(r.code, code, strlen(code) + 1);
        if (source_get(s, how->time_path, when, sizeof(when)))
                r.at_usec = time_read(when);
        ret->item[ret->n++] = r;
        return 0;
}

static int list_read(const GatewayReceipts *how, const Content *content, ReceiptList *ret,
                     const char **ret_why)
{
        Source s = {.entry = content->json, .content = content};
        const Json *list = how->list_path ? entry_path(&s, how->list_path) : NULL;
        size_t n = how->list_path ? json_len(list) : 1;
        int r = 0;

        *ret_why = "no-list";
        if (how->list_path && !json_is_array(list))
                return RECEIPT_E_MALFORMED;
        *ret_why = "too-many";
        if (n > RECEIPTS_MAX)
                return RECEIPT_E_MALFORMED;
        ret->item = calloc(n ? n : 1, sizeof(*ret->item));
        if (!ret->item)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < n; i++) {
                if (how->list_path)
                        s.entry = json_at(list, i);
                r = report_read(how, &s, ret, ret_why);
        }
        return r;
}

/**
 * receipt_read() - what a gateway's call says, if it is the gateway's
 * @how:     its [Receipt]
 * @secret:  what SecretFile= held; NULL = none
 * @ret:     receipt_list_done(); empty unless the return is 0
 * @ret_why: when it is an answer: one word for the journal, never anything of the call
 *
 * A call that cannot be taken apart is called forged where its scheme would have covered it: nobody
 * who does not know the secret learns how we read.
 */
int receipt_read(const GatewayReceipts *how, const char *secret, const ReceiptCall *call,
                 ReceiptList *ret, const char **ret_why)
{
        Content content = {.json = NULL};
        int r = content_read(call, &content);

        *ret = (ReceiptList){.n = 0};
        *ret_why = "unreadable";
        if (r == -EINVAL)
                r = how->scheme == RECEIPT_BY_REFERENCE ? RECEIPT_E_MALFORMED : RECEIPT_E_FORGED;
        if (r == 0)
                r = receipt_verify(how, secret, call, &content, ret_why);
        if (r == 0)
                r = list_read(how, &content, ret, ret_why);
        content_done(&content);
        if (r != 0)
                receipt_list_done(ret);
        return r;
}

void receipt_list_done(ReceiptList *l)
{
        free(l->item);
        *l = (ReceiptList){.n = 0};
}
