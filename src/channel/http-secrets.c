/*
 * What a gateway's file names and does not hold: its token, its password, and the address that it
 * is to report to, in which there may be a secret of its own.
 *
 * They are read once, when the gateway is opened: a reload opens it anew. They are overwritten when
 * they are let go.
 */
#include "channel/http-priv.h"

#include "base/secret-file.h"

#include <errno.h>

/* Where the gateway is to report: with the secret that makes it believed, where that is in the URL.
 */
static int make_receipt_url(HttpSecrets *s, const GatewayReceipts *g, char **ret_fault)
{
        char *secret = NULL;
        int r = 0;

        if (!g->url)
                return 0;
        if (g->scheme == RECEIPT_BY_TOKEN)
                r = secret_file_read(g->secret_file, &secret, ret_fault);
        if (r == 0 && asprintf(&s->receipt_url, "%s%s%s", g->url, secret ? "/" : "",
                               secret ? secret : "") < 0) {
                s->receipt_url = NULL;
                r = -ENOMEM;
        }
        secret_file_free(secret);
        return r;
}

/**
 * http_secrets_read() - read what @gateway's file names
 *
 * Return: 0, or as secret_file_read(), which tells *ret_fault; http_secrets_done() either way.
 */
int http_secrets_read(HttpSecrets *s, const Gateway *gateway, char **ret_fault)
{
        const GatewayHttp *http = &gateway->http;
        int r = make_receipt_url(s, &gateway->receipt, ret_fault);

        if (r == 0 && http->token_file)
                r = secret_file_read(http->token_file, &s->token, ret_fault);
        if (r == 0 && http->password_file)
                r = secret_file_read(http->password_file, &s->password, ret_fault);
        return r;
}

void http_secrets_done(HttpSecrets *s)
{
        secret_file_free(s->token);
        secret_file_free(s->password);
        secret_file_free(s->receipt_url);
        *s = (HttpSecrets){0};
}
