/* Any bytes as a file of gateways.d/: read or refused with faults that name the file and no value,
 * never both. */
#include "base/str.h"
#include "config/gateway.h"

#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_fault(void *userdata, const char *file, int line, const char *text)
{
        unsigned *n = userdata;

        assert(str_eq(file, "fuzz.conf") && line >= 0 && text[0] != '\0');
        assert(utf8_valid(text, strlen(text)));
        (*n)++;
}

/* What the rest of the house relies on without looking. */
static void check(const Gateway *g)
{
        assert(str_eq(g->name, "fuzz") && g->sender);
        assert(g->in_flight_max >= 1 && g->weight >= 1);
        assert(g->channel == CHANNEL_SMS || g->channel == CHANNEL_EMAIL);
        assert(g->on_uncertain != ON_UNCERTAIN_WAIT || g->uncertain_wait_usec > 0);
        if (g->kind == GATEWAY_HTTP) {
                const GatewayHttp *h = &g->http;

                assert(h->url && h->n_rules >= 1 && h->connections >= 1 && h->batch_max >= 1);
                assert(h->batch_max == 1 || (h->item && h->item_separator));
                assert(h->connect_usec <= g->timeout_usec);
                for (unsigned i = 0; i < h->n_rules; i++) {
                        const ReplyRule *r = &h->rule[i];

                        assert(r->status_from >= 100 && r->status_from <= r->status_to);
                        assert(r->status_to <= 999 && r->line > 0);
                        assert(r->kind == OUTCOME_HANDED || r->reason[0] != '\0');
                        assert(!r->path || !str_eq(r->path, "text") || r->value);
                }
        } else if (g->kind == GATEWAY_SMTP) {
                assert(g->smtp.host && g->smtp.port > 0 && g->smtp.sessions >= 1);
                assert(g->channel == CHANNEL_EMAIL && g->from_name);
        } else {
                assert(g->outbox.directory && g->outbox.directory[0] == '/');
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        unsigned n_faults = 0;
        const GatewayReading how = {
                .state_directory = "/state", .on_fault = on_fault, .userdata = &n_faults};
        Gateway *g = NULL;
        int r = config_gateway_parse("fuzz.conf", (const char *)data, size, &how, &g);

        assert(r == 0 || r == CONFIG_GATEWAY_E_FAULTS || r == -E2BIG);
        assert((r == 0) == (g != NULL));
        assert((r == CONFIG_GATEWAY_E_FAULTS) == (n_faults > 0) || r == -E2BIG);
        if (g)
                check(g);
        gateway_free(g);
        return 0;
}
