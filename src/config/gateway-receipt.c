/*
 * [Receipt]: how a gateway's reports are believed, and what their states mean.
 *
 *      Report=DELIVERED              -> delivered
 *      Report=failed 1               -> bad-address unknown-subscriber
 *      Report=EXPIRED,UNDELIVERABLE  -> failed not-delivered
 *      Report=BUFFERED               -> pending
 *
 * Before the arrow stand one or more words that State= may hold (letter case counts for nothing;
 * "*" is any), then perhaps the word that Code= must hold; behind it what that means, and for what
 * is no success our own word for the reason.
 *
 * A scheme that needs a secret must be given one, and a scheme that believes whoever carries our
 * reference must look nowhere else: an id of the gateway's own can be guessed.
 */
#include "config/gateway-priv.h"

#include "base/str.h"

#include <errno.h>

#define K(section, key) GATEWAY_KEY_##section##_##key

#define WORD_BYTES_MAX 64

/* --- Verify= ------------------------------------------------------------------------------------
 */

static const struct {
        const char *word;
        ReceiptScheme scheme;
        ReceiptDigest digest;
} schemes[] = {
        {"reference", RECEIPT_BY_REFERENCE, 0},
        {"path-token", RECEIPT_BY_TOKEN, 0},
        {"hmac-sha256", RECEIPT_BY_HMAC, 0},
        {"jwt-hs256", RECEIPT_BY_JWT, 0},
        {"twilio", RECEIPT_BY_TWILIO, 0},
        {"vonage-md5hash", RECEIPT_BY_VONAGE, RECEIPT_MD5_HASH},
        {"vonage-md5", RECEIPT_BY_VONAGE, RECEIPT_HMAC_MD5},
        {"vonage-sha1", RECEIPT_BY_VONAGE, RECEIPT_HMAC_SHA1},
        {"vonage-sha256", RECEIPT_BY_VONAGE, RECEIPT_HMAC_SHA256},
        {"vonage-sha512", RECEIPT_BY_VONAGE, RECEIPT_HMAC_SHA512},
        {"vonage-jwt", RECEIPT_BY_VONAGE_JWT, 0},
};

int gateway_verify_read(GatewayFile *f, const char *value)
{
        for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
                if (str_eq(value, schemes[i].word)) {
                        f->g->receipt.scheme = schemes[i].scheme;
                        f->g->receipt.digest = schemes[i].digest;
                        return 0;
                }
        return -EINVAL;
}

/* --- Report= ------------------------------------------------------------------------------------
 */

typedef struct ReportLine {
        char states[256], code[WORD_BYTES_MAX + 1];
        bool has_code;
        ReceiptKind kind;
        bool address;
        char reason[REASON_MAX];
} ReportLine;

static const char *read_condition(ReportLine *line, const char *s)
{
        if (!gateway_word_take(&s, line->states, sizeof(line->states)))
                return "must begin with the words that State= may hold, commas between, or \"*\"";
        if (*s == '\0')
                return NULL;
        line->has_code = true;
        if (!gateway_word_take(&s, line->code, sizeof(line->code)) || *s != '\0')
                return "must have at most one word behind the states: what Code= holds";
        return NULL;
}

static const char *read_conclusion(ReportLine *line, const char *s)
{
        static const struct {
                const char *word;
                ReceiptKind kind;
                bool address, reason;
        } meaning[] = {
                {"delivered", RECEIPT_DELIVERED, false, false},
                {"failed", RECEIPT_FAILED, false, true},
                {"bad-address", RECEIPT_FAILED, true, true},
                {"transient", RECEIPT_TRANSIENT, false, true},
                {"pending", RECEIPT_PENDING, false, false},
        };
        char word[16];
        size_t i = 0;

        if (!gateway_word_take(&s, word, sizeof(word)))
                word[0] = '\0';
        while (i < ARRAY_SIZE(meaning) && !str_eq(word, meaning[i].word))
                i++;
        if (i == ARRAY_SIZE(meaning))
                return "must say behind -> one of delivered, failed, bad-address, transient, "
                       "pending";
        line->kind = meaning[i].kind;
        line->address = meaning[i].address;
        if (*s == '\0')
                return meaning[i].reason ? "must give a reason of our own at its end, as in -> "
                                           "failed expired-at-operator"
                                         : NULL;
        if (!gateway_word_take(&s, line->reason, sizeof(line->reason)) || *s != '\0' ||
            strspn(line->reason, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(line->reason))
                return "must have a reason of at most 39 of a-z, 0-9 and '-'";
        return NULL;
}

static int add_rule(GatewayFile *f, const ReportLine *line, const char *state, size_t len)
{
        GatewayReceipts *g = &f->g->receipt;
        ReceiptRule *rule = &g->rule[g->n_rules];

        if (len == 0 || len > WORD_BYTES_MAX) {
                gateway_fault(f, "has an empty or an endless word among its states");
                return 0;
        }
        if (g->n_rules == RECEIPT_RULES_MAX) {
                gateway_fault(f, "is one state too many; at most %d", RECEIPT_RULES_MAX);
                return 0;
        }
        *rule = (ReceiptRule){.kind = line->kind, .address = line->address, .line = f->line};
        memcpy(rule->reason, line->reason, sizeof(rule->reason));
        g->n_rules++; /* from here on gateway_free() frees it */
        rule->state = strndup(state, len);
        if (!rule->state || (line->has_code && !(rule->code = strdup(line->code))))
                return -ENOMEM;
        return 0;
}

static int add_rules(GatewayFile *f, const ReportLine *line)
{
        const char *s = line->states;
        int r = 0;

        for (;;) {
                size_t n = strcspn(s, ",");

                r = add_rule(f, line, s, n);
                if (r < 0 || s[n] == '\0')
                        return r;
                s += n + 1;
        }
}

/**
 * gateway_report_read() - add what one Report= line says to the gateway's rules
 *
 * Return: 0 (a fault may have been told), or -ENOMEM.
 */
int gateway_report_read(GatewayFile *f, const char *value)
{
        const char *arrow = gateway_arrow_find(value), *wrong;
        ReportLine line = {.has_code = false};
        char *condition;

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
        return add_rules(f, &line);
}

/* --- what no line can be wrong about alone ------------------------------------------------------
 */

static void check_secret(GatewayFile *f)
{
        const GatewayReceipts *r = &f->g->receipt;
        bool needs = r->scheme != RECEIPT_BY_REFERENCE;
        bool in_header = r->scheme == RECEIPT_BY_HMAC || r->scheme == RECEIPT_BY_JWT ||
                         r->scheme == RECEIPT_BY_VONAGE_JWT;

        if (needs && !gateway_has(f, K(Receipt, SecretFile)))
                gateway_fault_at(f, K(Receipt, SecretFile),
                                 "is missing: the secret that Verify= is about; name the "
                                 "credential or file that holds it");
        if (!needs && gateway_has(f, K(Receipt, SecretFile)))
                gateway_fault_at(f, K(Receipt, SecretFile),
                                 "is not used by Verify=reference; remove the line");
        if (!in_header && gateway_has(f, K(Receipt, SignatureHeader)))
                gateway_fault_at(f, K(Receipt, SignatureHeader),
                                 "is for Verify=hmac-sha256, jwt-hs256 and vonage-jwt");
        if (r->scheme != RECEIPT_BY_HMAC && gateway_has(f, K(Receipt, SignaturePrefix)))
                gateway_fault_at(f, K(Receipt, SignaturePrefix), "is for Verify=hmac-sha256");
        if (r->scheme == RECEIPT_BY_HMAC && !gateway_has(f, K(Receipt, SignatureHeader)))
                gateway_fault_at(f, K(Receipt, SignatureHeader),
                                 "is missing; as in SignatureHeader=Signature");
}

static void check_names(GatewayFile *f)
{
        const GatewayReceipts *r = &f->g->receipt;

        if (!gateway_has(f, K(Receipt, Reference)) && !gateway_has(f, K(Receipt, Id)))
                gateway_fault_at(f, K(Receipt, Reference),
                                 "is missing: where a report holds the reference that we gave; or "
                                 "Id= for a gateway that tells its own id only");
        if (r->scheme == RECEIPT_BY_REFERENCE && gateway_has(f, K(Receipt, Id)))
                gateway_fault_at(f, K(Receipt, Id),
                                 "can be guessed, and Verify=reference believes whoever carries "
                                 "our reference; use another Verify=, or Reference= alone");
        if (gateway_has(f, K(Receipt, Id)) && !f->g->http.id_path)
                gateway_fault_at(f, K(Receipt, Id),
                                 "is compared with what Id= of [Http] finds in the answer, and "
                                 "that is missing");
        if (!gateway_has(f, K(Receipt, State)))
                gateway_fault_at(f, K(Receipt, State), "is missing; as in State=status");
        if (!gateway_has(f, K(Receipt, Report)))
                gateway_fault_at(f, K(Receipt, Report),
                                 "is missing; as in Report=DELIVERED -> delivered");
}

static bool header_uses(const GatewayHttp *h)
{
        for (unsigned i = 0; i < h->n_headers; i++)
                if (template_uses(h->header[i].value, "receipt_url"))
                        return true;
        return false;
}

static int settle_url(GatewayFile *f)
{
        const GatewayHttp *h = &f->g->http;
        const char *base = f->how->public_url;
        const Template *in[] = {h->url, h->body, h->item};
        bool used = header_uses(h);
        size_t len = base ? strlen(base) : 0;

        for (size_t i = 0; i < ARRAY_SIZE(in); i++)
                used = used || (in[i] && template_uses(in[i], "receipt_url"));
        if (used && f->receipt_head == 0)
                gateway_fault_at(
                        f, K(Receipt, Verify),
                        "is missing, and {{receipt_url}} is used; add a section [Receipt]");
        else if (used && len == 0)
                gateway_fault_at(f, K(Receipt, Verify),
                                 "{{receipt_url}} is used, and PublicUrl= in advisd.conf does not "
                                 "say what gateways may call");
        if (len == 0 || f->receipt_head == 0)
                return 0;
        len -= base[len - 1] == '/';
        return asprintf(&f->g->receipt.url, "%.*s/receipts/%s", (int)len, base, f->g->name) < 0
                       ? -ENOMEM
                       : 0;
}

int gateway_receipt_check(GatewayFile *f)
{
        f->g->receipt.is_set = f->receipt_head > 0;
        if (f->receipt_head > 0) {
                if (f->no_receipts)
                        gateway_fault_at(f, K(Gateway, Receipts),
                                         "none says that no reports come, and [Receipt] how they "
                                         "are read; remove one");
                if (!gateway_has(f, K(Receipt, Verify))) {
                        gateway_fault_at(
                                f, K(Receipt, Verify),
                                "is missing: how a report proves that it is the gateway's");
                        return 0;
                }
                check_secret(f);
                check_names(f);
        }
        return settle_url(f);
}
