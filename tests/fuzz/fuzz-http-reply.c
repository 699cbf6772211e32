/*
 * Any bytes as a gateway's answer: each carry gets one outcome, in our own words, and HANDED only
 * from a whole answer. The first bytes choose rules, status and wholeness; the rest is the answer's
 * body.
 */
#include "base/str.h"
#include "channel/http-priv.h"
#include "config/gateway.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD  "[Gateway]\nKind=http\nChannel=sms\n[Http]\nUrl=http://a/\n"
#define BATCH "Batch=10\nItem={}\nBody=[{{items}}]\n"

static const char *const files[] = {
        HEAD "Reply=200 text \"0: *\" -> handed\nReply=202 text \"x\" -> permanent text\nReply=4xx "
             "-> stop x\n",
        HEAD "Id=messages.0.message-id\nCode=error.code\nReply=200 messages.0.status 0 -> handed\n"
             "Reply=200 messages.0.status 4* -> stop y\nReply=any error.code -> bad-address z\n",
        HEAD BATCH "Results=results\nMatch=ref\nId=id\nReply=200 ok true -> handed\nReply=200 ok "
                   "-> permanent no\n"
                   "Reply=2xx $.all -> transient all\n",
        HEAD BATCH
        "Results=ids\nId=.\nCode=code\nReply=200 -> handed\nReply=4xx -> permanent refused\n",
        HEAD BATCH "Results=success error\nMatch=to\nId=.\nReply=207 code 1.5 -> permanent "
                   "no\nReply=2xx -> handed\n",
};

static void on_fault(_unused_ void *userdata, _unused_ const char *file, _unused_ int line,
                     _unused_ const char *text)
{
        assert(false);
}

static Gateway *gateway_of(size_t i)
{
        static Gateway *g[ARRAY_SIZE(files)];
        const GatewayReading how = {.on_fault = on_fault};

        if (!g[i]) {
                int r = config_gateway_parse("fuzz.conf", files[i], strlen(files[i]), &how, &g[i]);

                assert(r == 0);
        }
        return g[i];
}

static bool is_printable(const char *s)
{
        for (; *s != '\0'; s++)
                if ((unsigned char)*s < 0x20 || *s == 0x7f)
                        return false;
        return true;
}

static void check(const Outcome *o, const HttpAnswer *a)
{
        assert(o->kind >= OUTCOME_HANDED && o->kind <= OUTCOME_UNCERTAIN);
        assert(o->kind != OUTCOME_HANDED || (a->is_whole && a->status < 300));
        assert(o->kind == OUTCOME_HANDED || o->reason[0] != '\0');
        assert(strspn(o->reason, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(o->reason));
        assert(!o->permanent_address || o->kind == OUTCOME_PERMANENT);
        assert(o->code == a->status);
        assert(is_printable(o->gateway_ref) && is_printable(o->enhanced));
        assert(!o->raw || (is_printable(o->raw) && utf8_valid(o->raw, strlen(o->raw))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const Carry carry[3] = {{.reference = "ra", .to = "+4520123451", .text = ""},
                                       {.reference = "rb", .to = "+4520123452", .text = ""},
                                       {.reference = "rc", .to = "+4520123452", .text = ""}};
        const Carry *all[3] = {&carry[0], &carry[1], &carry[2]};
        Outcome out[3];
        HttpAnswer a = {.now_usec = 1};
        const Gateway *g;
        unsigned n;

        if (size < 3)
                return 0;
        g = gateway_of(data[0] % ARRAY_SIZE(files));
        n = g->http.batch_max > 1 ? 3 : 1;
        a.status = 100 + (data[1] | data[2] << 8) % 900;
        a.is_whole = !(data[2] & 0x80);
        a.text = (const char *)data + 3;
        a.len = size - 3;
        if (http_reply_read(&g->http, &a, all, n, out) != HTTP_VERDICT_EACH)
                n = 1;
        for (unsigned i = 0; i < n; i++) {
                check(&out[i], &a);
                outcome_done(&out[i]);
        }
        return 0;
}
