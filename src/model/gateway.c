/*
 * One configured way out, as plain values.
 *
 * config/gateway reads it out of a file, plan chooses between several, channel carries by it. All
 * strings and templates are owned by the Gateway; what stands in the union is told apart by kind
 * alone, so a Gateway is only made by who sets kind first.
 */
#include "model/gateway.h"

#include <assert.h>

static void http_done(GatewayHttp *h)
{
        template_free(h->url);
        template_free(h->body);
        template_free(h->item);
        template_free(h->user);
        for (unsigned i = 0; i < h->n_headers; i++) {
                free(h->header[i].name);
                template_free(h->header[i].value);
        }
        for (unsigned i = 0; i < h->n_rules; i++) {
                free(h->rule[i].path);
                free(h->rule[i].value);
        }
        free(h->item_separator);
        free(h->results_path);
        free(h->results_match);
        free(h->id_path);
        free(h->code_path);
        free(h->password_file);
        free(h->sigv4);
        free(h->token_file);
        free(h->ca_file);
}

static void smtp_done(GatewaySmtp *s)
{
        free(s->host);
        free(s->ca_file);
        free(s->user);
        free(s->password_file);
        free(s->helo);
}

void gateway_receipts_done(GatewayReceipts *r)
{
        char *const own[] = {r->secret_file,    r->header,    r->prefix,    r->list_path,
                             r->reference_path, r->id_path,   r->part_path, r->state_path,
                             r->code_path,      r->time_path, r->url};

        for (size_t i = 0; i < ARRAY_SIZE(own); i++)
                free(own[i]);
        for (unsigned i = 0; i < r->n_rules; i++) {
                free(r->rule[i].state);
                free(r->rule[i].code);
        }
        *r = (GatewayReceipts){0};
}

/**
 * gateway_free() - free a gateway and all that it owns
 * @g:  NULL and half-filled are fine
 *
 * Return: NULL.
 */
Gateway *gateway_free(Gateway *g)
{
        if (!g)
                return NULL;
        if (g->kind == GATEWAY_HTTP)
                http_done(&g->http);
        else if (g->kind == GATEWAY_SMTP)
                smtp_done(&g->smtp);
        else
                free(g->outbox.directory);
        gateway_receipts_done(&g->receipt);
        free(g->file);
        free(g->countries);
        free(g->sender);
        free(g->from_name);
        free(g->bounce_domain);
        free(g);
        return NULL;
}

void gateway_set_done(GatewaySet *s)
{
        for (unsigned i = 0; i < s->n; i++)
                s->item[i] = gateway_free(s->item[i]);
        s->n = 0;
}

const char *gateway_kind_word(GatewayKind k)
{
        static const char *const word[_GATEWAY_KIND_MAX] = {
                [GATEWAY_HTTP] = "http", [GATEWAY_SMTP] = "smtp", [GATEWAY_OUTBOX] = "outbox"};

        assert(k >= 0 && k < _GATEWAY_KIND_MAX);
        return word[k];
}
