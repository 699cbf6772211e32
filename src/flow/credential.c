/*
 * How old a gateway's secrets are: read once more at start and reload, on the writer, which
 * everybody waits for then.
 *
 * A file of the site's own has an age; what systemd hands over has that of the last start, so the
 * store's memory is asked. What cannot be read now has been told by who needs it.
 */
#include "flow/credential.h"

#include "base/secret-file.h"
#include "store/credential.h"

#include <stdio.h>
#include <sys/stat.h>

#define SECRETS_MAX 3

typedef struct Held {
        const char *what, *file;
} Held;

static void held_by(const Gateway *g, Held ret[SECRETS_MAX])
{
        const char *password = g->kind == GATEWAY_HTTP   ? g->http.password_file
                               : g->kind == GATEWAY_SMTP ? g->smtp.password_file
                                                         : NULL;

        ret[0] = (Held){"password", password};
        ret[1] = (Held){"token", g->kind == GATEWAY_HTTP ? g->http.token_file : NULL};
        ret[2] = (Held){"reports", g->receipt.secret_file};
}

/* What is told of a secret that the store has not seen: when its file was written, if it is one
 * that stays. */
static usec_t written_usec(const char *file, usec_t now)
{
        struct stat st;

        if (file[0] != '/' || stat(file, &st) < 0 || st.st_mtime <= 0)
                return now;
        return MIN_OF((usec_t)st.st_mtime * USEC_PER_SEC, now);
}

static int since_one(StoreTx *tx, const Gateway *g, const Held *held, usec_t *ret)
{
        _cleanup_free_ char *fault = NULL;
        char name[GATEWAY_NAME_MAX + 16], *secret = NULL;
        int r = secret_file_read(held->file, &secret, &fault);

        *ret = 0;
        if (r < 0)
                return 0;
        (void)snprintf(name, sizeof(name), "%s %s", g->name, held->what);
        r = store_credential_since(tx, name, secret, written_usec(held->file, store_tx_now(tx)),
                                   ret);
        secret_file_free(secret);
        return r;
}

int credential_since(StoreTx *tx, const Gateway *g, usec_t *ret)
{
        Held held[SECRETS_MAX];
        int r = 0;

        *ret = 0;
        held_by(g, held);
        for (unsigned i = 0; r >= 0 && i < SECRETS_MAX; i++) {
                usec_t since = 0;

                if (held[i].file)
                        r = since_one(tx, g, &held[i], &since);
                if (since != 0 && (*ret == 0 || since < *ret))
                        *ret = since;
        }
        return r < 0 ? r : 0;
}
