/*
 * What no line of a gateways.d/ file can be wrong about alone.
 *
 * Each check is one sentence about two or more keys. They run after every value was read and before
 * anybody sees the Gateway, and they fill in what depends on other keys: how long a report is
 * waited for, and what to do in doubt. A check keeps quiet when one of its keys has a fault of its
 * own.
 */
#include "config/gateway-priv.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "model/mailaddr.h"

#include <errno.h>
#include <inttypes.h>

/* GSM gateways take 11 letters and digits (3GPP TS 23.040 9.1.2.5: 7 octets of septets) or a number
 * of at most 15 digits (E.164). */
#define SMS_NAME_MAX   11
#define SMS_NUMBER_MAX 15

#define K(section, key) GATEWAY_KEY_##section##_##key

/* --- [Gateway] ---------------------------------------------------------------------------------
 */

bool gateway_is_sms_sender(const char *s)
{
        size_t len = strlen(s), digits = strspn(s + (s[0] == '+'), "0123456789");

        if (len == digits + (s[0] == '+'))
                return digits >= 3 && digits <= SMS_NUMBER_MAX;
        return len <= SMS_NAME_MAX && s[0] != ' ' && s[len - 1] != ' ' &&
               strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ") == len;
}

/* Who is said to send, where the file leaves it out: the site's word; of an e-mail address nothing
 * can be guessed. */
static int settle_names(GatewayFile *f)
{
        const GatewayReading *how = f->how;
        Gateway *g = f->g;
        bool is_sms = g->channel == CHANNEL_SMS;
        const char *sender = !is_sms           ? how->from_address
                             : how->sms_sender ? how->sms_sender
                                               : "DigitalPost";
        const char *name = is_sms ? "" : how->from_name ? how->from_name : "Digital Post";

        if (!g->sender && !sender && !gateway_has(f, K(Gateway, Sender)))
                gateway_fault_at(f, K(Gateway, Sender),
                                 "is missing; as in Sender=noreply@post.example.dk, or "
                                 "FromAddress= in advisd.conf");
        if (!g->sender && sender && !(g->sender = strdup(sender)))
                return -ENOMEM;
        if (!g->from_name && *name && !(g->from_name = strdup(name)))
                return -ENOMEM;
        return 0;
}

static void check_sender(GatewayFile *f)
{
        const char *sender = f->g->sender;
        MailAddr address;

        if (!sender)
                return;
        if (f->g->channel == CHANNEL_SMS && !gateway_is_sms_sender(sender))
                gateway_fault_at(f, K(Gateway, Sender),
                                 "must be 1 to 11 of a-z, A-Z, 0-9 and blank (other letters are "
                                 "changed on the way), or a number of 3 to 15 digits");
        if (f->g->channel == CHANNEL_EMAIL && mailaddr_parse(sender, strlen(sender), &address) != 0)
                gateway_fault_at(f, K(Gateway, Sender), "must be an e-mail address");
}

/* Keys that mean nothing for this channel or kind: somebody thinks that they do. */
static void check_use(GatewayFile *f)
{
        static const GatewayKeyId for_email[] = {K(Gateway, FromName), K(Gateway, BounceDomain)};

        for (size_t i = 0; i < ARRAY_SIZE(for_email); i++)
                if (f->g->channel == CHANNEL_SMS && gateway_has(f, for_email[i]))
                        gateway_fault_at(f, for_email[i], "is for Channel=email; remove the line");
        if (f->g->channel == CHANNEL_EMAIL && gateway_has(f, K(Gateway, Countries)))
                gateway_fault_at(f, K(Gateway, Countries), "is for Channel=sms; remove the line");
        if (f->g->kind != GATEWAY_HTTP && gateway_has(f, K(Gateway, Timeout)))
                gateway_fault_at(f, K(Gateway, Timeout),
                                 "is for Kind=http; [Smtp] has time-outs of its own");
}

static void settle_receipts(GatewayFile *f)
{
        Gateway *g = f->g;

        if (f->no_receipts) {
                if (gateway_has(f, K(Gateway, ReceiptWait)))
                        gateway_fault_at(f, K(Gateway, ReceiptWait),
                                         "waits for reports, and Receipts=none says that none "
                                         "come; remove one");
                g->receipt_wait_usec = 0;
        } else if (!gateway_has(f, K(Gateway, ReceiptWait))) {
                g->receipt_wait_usec =
                        g->channel == CHANNEL_SMS ? 72 * USEC_PER_HOUR : 5 * USEC_PER_DAY;
        }
}

static void settle_doubt(GatewayFile *f)
{
        Gateway *g = f->g;

        if (!gateway_has(f, K(Gateway, OnUncertain))) {
                bool may_learn = g->channel == CHANNEL_SMS && !f->no_receipts;

                g->on_uncertain = may_learn ? ON_UNCERTAIN_WAIT : ON_UNCERTAIN_RETRY;
        } else if (g->on_uncertain == ON_UNCERTAIN_WAIT && f->no_receipts) {
                gateway_fault_at(f, K(Gateway, OnUncertain),
                                 "wait would wait for reports, and Receipts=none says that none "
                                 "come; retry or stop");
        }
        if (gateway_has(f, K(Gateway, UncertainWait)) && g->on_uncertain != ON_UNCERTAIN_WAIT)
                gateway_fault_at(f, K(Gateway, UncertainWait), "is for OnUncertain=wait");
}

static int check_gateway(GatewayFile *f)
{
        if (!gateway_has(f, K(Gateway, Channel))) {
                gateway_fault_at(f, K(Gateway, Channel),
                                 "is missing; Channel=sms or Channel=email in [Gateway]");
                return 0;
        }
        if (f->g->channel == _CHANNEL_INVALID)
                return 0;
        check_sender(f);
        check_use(f);
        settle_receipts(f);
        settle_doubt(f);
        return settle_names(f);
}

/* --- [Http] ------------------------------------------------------------------------------------
 */

static bool uses(const Template *t, const char *hole)
{
        return t && template_uses(t, hole);
}

/* In what is sent once for the whole request. */
static bool outside_uses(const GatewayHttp *h, const char *hole)
{
        if (uses(h->url, hole) || uses(h->body, hole))
                return true;
        for (unsigned i = 0; i < h->n_headers; i++)
                if (uses(h->header[i].value, hole))
                        return true;
        return false;
}

static void check_secrets(GatewayFile *f)
{
        const GatewayHttp *h = &f->g->http;
        bool used = outside_uses(h, "token") || uses(h->item, "token") || uses(h->user, "token");

        if (used && !gateway_has(f, K(Http, TokenFile)))
                gateway_fault_at(f, K(Http, TokenFile),
                                 "is missing, and {{token}} is used; name the file that holds it");
        if (!used && gateway_has(f, K(Http, TokenFile)))
                gateway_fault_at(f, K(Http, TokenFile),
                                 "is used by no {{token}}; write it where the gateway wants it, or "
                                 "remove the line");
        if (gateway_has(f, K(Http, PasswordFile)) && !gateway_has(f, K(Http, User)))
                gateway_fault_at(f, K(Http, PasswordFile), "is for a User=, which is missing");
        if (h->sigv4 && !(gateway_has(f, K(Http, User)) && gateway_has(f, K(Http, PasswordFile))))
                gateway_fault_at(f, K(Http, SigV4),
                                 "signs with an access key: give its id as User= and its secret as "
                                 "PasswordFile=");
}

static void check_url(GatewayFile *f)
{
        GatewayHttp *h = &f->g->http;

        if (!gateway_has(f, K(Http, Url)))
                gateway_fault_at(f, K(Http, Url),
                                 "is missing; as in Url=https://sms.example.dk/send");
        if (str_eq(h->method, "GET") && gateway_has(f, K(Http, Body)))
                gateway_fault_at(f, K(Http, Body),
                                 "is not sent with Method=GET; use POST, or put "
                                 "the holes into Url=");
        if (!gateway_has(f, K(Http, ConnectTimeout)))
                h->connect_usec = MIN_OF(h->connect_usec, f->g->timeout_usec);
        else if (h->connect_usec > f->g->timeout_usec)
                gateway_fault_at(f, K(Http, ConnectTimeout),
                                 "is longer than Timeout= in [Gateway]; make it shorter");
        if (h->validity_max_usec > 0 && h->validity_max_usec < h->validity_min_usec)
                gateway_fault_at(f, K(Http, ValidityMax), "is shorter than ValidityMin=");
}

/* libcurl 7.88 breaks on the second request of a clear-text h2 connection (curl issue 10634). */
static void check_http2(GatewayFile *f, const char *url)
{
        if (f->g->http.http2 && url && !str_starts(url, "https://"))
                gateway_fault_at(f, K(Http, Http2),
                                 "needs https: without TLS, HTTP/2 breaks on reused connections; "
                                 "remove the line, or use an https Url=");
}

static void check_batch(GatewayFile *f)
{
        static const char *const own[] = {"to", "msisdn", "reference", "segments", "language"};
        const GatewayHttp *h = &f->g->http;

        if (h->batch_max <= 1) {
                static const GatewayKeyId only[] = {K(Http, Item), K(Http, ItemSeparator),
                                                    K(Http, BatchWait), K(Http, Results),
                                                    K(Http, Match)};

                for (size_t i = 0; i < ARRAY_SIZE(only); i++)
                        if (gateway_has(f, only[i]))
                                gateway_fault_at(f, only[i],
                                                 "is for batches; add Batch= with the "
                                                 "number of recipients in one request");
                if (uses(h->body, "items"))
                        gateway_fault_at(f, K(Http, Body), "has {{items}}, and there is no Batch=");
                return;
        }
        if (!gateway_has(f, K(Http, Item)))
                gateway_fault_at(f, K(Http, Item),
                                 "is missing: what Batch= has for each recipient");
        if (h->body && !uses(h->body, "items"))
                gateway_fault_at(f, K(Http, Body), "has no {{items}}, where Batch= puts its items");
        for (size_t i = 0; i < ARRAY_SIZE(own); i++)
                if (outside_uses(h, own[i]))
                        gateway_fault_at(
                                f, K(Http, Batch),
                                "puts several recipients into one request, where {{%s}} is "
                                "another for each; use it in Item= only",
                                own[i]);
        if (h->results_match && !h->results_path)
                gateway_fault_at(f, K(Http, Match),
                                 "is a path in the entries of Results=, which "
                                 "is missing");
}

/* A rule that an earlier one without a condition covers is never asked. */
static void check_rules(GatewayFile *f)
{
        const GatewayHttp *h = &f->g->http;
        bool any_handed = false;

        for (unsigned i = 0; i < h->n_rules; i++) {
                const ReplyRule *rule = &h->rule[i];

                any_handed |= rule->kind == OUTCOME_HANDED;
                for (unsigned j = 0; j < i; j++) {
                        const ReplyRule *before = &h->rule[j];

                        if (before->path || before->status_from > rule->status_from ||
                            before->status_to < rule->status_to)
                                continue;
                        f->id = K(Http, Reply);
                        f->line = rule->line;
                        gateway_fault(f,
                                      "is never asked, because line %d already answers; move it "
                                      "up, or remove it",
                                      before->line);
                        break;
                }
        }
        if (!any_handed)
                gateway_fault_at(f, K(Http, Reply),
                                 "no line says when the gateway took it; as in "
                                 "Reply=200 -> handed");
}

static const char *sample(_unused_ void *userdata, const char *hole)
{
        if (str_eq(hole, "items"))
                return NULL;
        return "1";
}

/* Filled with samples, JSON must be JSON: a lost comma shows here and not at the first alert. */
static int check_json(GatewayFile *f, GatewayKeyId id, const Template *t)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        _cleanup_json_ Json *json = NULL;
        JsonError wrong = {0};
        int r;

        if (!t || f->g->http.escape != TEMPLATE_JSON || template_uses(t, "items"))
                return 0;
        r = template_render(t, TEMPLATE_JSON, sample, NULL, &b);
        if (r == 0)
                r = json_parse(buf_str(&b), b.len, &json, &wrong);
        if (r != -EINVAL)
                return r;
        gateway_fault_at(f, id,
                         "is no JSON once its holes are filled (column %d: %s); mend it, or "
                         "say Content=form, xml or text",
                         wrong.column, wrong.text);
        return 0;
}

static const char *entry_value(const GatewayFile *f, GatewayKeyId id)
{
        for (size_t i = 0; i < f->n_entries; i++)
                if (f->entry[i].id == id)
                        return f->entry[i].value;
        return NULL;
}

static int check_http(GatewayFile *f)
{
        int r;

        check_url(f);
        check_http2(f, entry_value(f, K(Http, Url)));
        check_secrets(f);
        check_batch(f);
        check_rules(f);
        r = gateway_receipt_check(f);
        if (r == 0)
                r = check_json(f, K(Http, Body), f->g->http.body);
        return r < 0 ? r : check_json(f, K(Http, Item), f->g->http.item);
}

/* --- [Smtp], [Outbox] --------------------------------------------------------------------------
 */

static bool is_loopback(const char *host)
{
        return str_eq(host, "localhost") || str_starts(host, "127.") || str_eq(host, "::1");
}

static void check_smtp(GatewayFile *f)
{
        const GatewaySmtp *s = &f->g->smtp;

        if (f->g->channel == CHANNEL_SMS)
                gateway_fault_at(f, K(Gateway, Channel), "must be email for Kind=smtp");
        if (!gateway_has(f, K(Smtp, Host)))
                gateway_fault_at(f, K(Smtp, Host), "is missing; as in Host=relay.example.dk");
        if (s->user && !s->password_file && !gateway_has(f, K(Smtp, PasswordFile)))
                gateway_fault_at(f, K(Smtp, PasswordFile),
                                 "is missing, and User= logs in with a password");
        if (s->password_file && !gateway_has(f, K(Smtp, User)))
                gateway_fault_at(f, K(Smtp, PasswordFile), "is for a User=, which is missing");
        if (s->user && s->tls == SMTP_TLS_NONE && s->host && !is_loopback(s->host))
                gateway_fault_at(f, K(Smtp, Tls),
                                 "none would send the password of User= in clear; "
                                 "use starttls, or remove User=");
        if (s->ca_file && s->tls == SMTP_TLS_NONE)
                gateway_fault_at(f, K(Smtp, CaFile), "is for Tls=starttls; remove one");
}

static void check_outbox(GatewayFile *f)
{
        if (!gateway_has(f, K(Outbox, Directory)))
                gateway_fault_at(f, K(Outbox, Directory), "is missing; as in Directory=outbox/sms");
}

int gateway_check(GatewayFile *f)
{
        int r = check_gateway(f);

        if (r < 0)
                return r;
        switch (f->g->kind) {
        case GATEWAY_HTTP:
                return check_http(f);
        case GATEWAY_SMTP:
                check_smtp(f);
                return 0;
        default:
                check_outbox(f);
                return 0;
        }
}
