/*
 * Any bytes as a gateway's call: nothing unsigned is ever read as a report, and what is read is
 * bounded and printable. The first byte chooses the gateway's file, the second whether the call is
 * given the right token; then come, with newlines between, content type, header, query, and the
 * rest is the body.
 */
#include "base/str.h"
#include "config/gateway.h"
#include "receipt/receipt.h"

#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD                                                                                     \
        "[Gateway]\nKind=http\nChannel=sms\n[Http]\nUrl=http://a/\nId=id\nReply=200 -> handed\n" \
        "[Receipt]\nReference=ref\nState=state\nCode=code\nTime=time\nReport=1 -> "              \
        "delivered\nReport=2 3 -> bad-address x\nReport=2 -> failed y\nReport=4 -> pending\n"

static const char *const files[] = {
        HEAD "Verify=reference\n",
        HEAD "Verify=path-token\nSecretFile=s\nList=a.b\nId=$.id\nPart=part\n",
        HEAD "Verify=path-token\nSecretFile=s\nList=.\nId=.\n",
        HEAD "Verify=hmac-sha256\nSecretFile=s\nSignatureHeader=S\nSignaturePrefix=v1=\n",
        HEAD "Verify=jwt-hs256\nSecretFile=s\n",
        HEAD "Verify=twilio\nSecretFile=s\n",
        HEAD "Verify=vonage-md5hash\nSecretFile=s\n",
        HEAD "Verify=vonage-sha512\nSecretFile=s\n",
        HEAD "Verify=vonage-jwt\nSecretFile=s\n",
};

static void on_fault(_unused_ void *userdata, _unused_ const char *file, _unused_ int line,
                     _unused_ const char *text)
{
        assert(false);
}

static const Gateway *gateway_of(size_t i)
{
        static Gateway *g[ARRAY_SIZE(files)];
        const GatewayReading how = {.on_fault = on_fault};

        if (!g[i]) {
                int r = config_gateway_parse("fuzz.conf", files[i], strlen(files[i]), &how, &g[i]);

                assert(r == 0);
        }
        return g[i];
}

static const char *header(void *userdata, _unused_ const char *name)
{
        return userdata;
}

static void check(const Receipt *r)
{
        const char *const texts[] = {r->reference, r->id, r->part, r->code, r->reason};

        assert(r->kind > RECEIPT_PENDING && r->kind < _RECEIPT_KIND_MAX);
        assert(r->reference[0] || r->id[0]);
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                for (const char *s = texts[i]; *s; s++)
                        assert(*s > 0x20 && *s < 0x7f);
}

/* One line of @s, as a string; "" at the end. */
static char *line_of(char **s)
{
        char *line = *s, *end = strchr(line, '\n');

        if (end) {
                *end = '\0';
                *s = end + 1;
        } else {
                *s = line + strlen(line);
        }
        return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const Gateway *g;
        ReceiptList list;
        const char *why;
        char *text, *at;
        ReceiptCall call = {.url = "https://a/receipts/x?q", .header = header, .now_usec = 1};
        int r;

        if (size < 2 || size > 65536)
                return 0;
        g = gateway_of(data[0] % ARRAY_SIZE(files));
        text = malloc(size - 1);
        if (!text)
                return 0;
        memcpy(text, data + 2, size - 2);
        text[size - 2] = '\0';
        at = text;
        call.token = data[1] & 1 ? "sesame" : "";
        call.content_type = line_of(&at);
        call.userdata = line_of(&at);
        call.query = line_of(&at);
        call.body = at;
        call.body_bytes = size - 2 - (size_t)(at - text);
        r = receipt_read(&g->receipt, "sesame", &call, &list, &why);
        assert(r == -ENOMEM || (r >= 0 && r <= RECEIPT_E_MALFORMED));
        assert(r == 0 || (list.n == 0 && !list.item));
        assert(list.n <= RECEIPTS_MAX);
        for (unsigned i = 0; i < list.n; i++)
                check(&list.item[i]);
        /* without the token nothing is believed that needs one */
        assert(r != 0 || g->receipt.scheme != RECEIPT_BY_TOKEN || (data[1] & 1));
        receipt_list_done(&list);
        free(text);
        return 0;
}
