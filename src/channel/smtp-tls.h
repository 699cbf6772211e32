/* TLS to a relay: whom to trust, and why not. */
#ifndef ADVISD_CHANNEL_SMTP_TLS_H
#define ADVISD_CHANNEL_SMTP_TLS_H

#include "base/cleanup.h"
#include "model/gateway.h"

typedef struct ssl_ctx_st SSL_CTX;

int smtp_tls_open(const GatewaySmtp *g, SSL_CTX **ret, char **ret_fault) _nodiscard_;
SSL_CTX *smtp_tls_close(SSL_CTX *ctx); /* NULL */
/* When the first of the chain that was believed last will have ended; 0 = none yet. Any thread. */
usec_t smtp_tls_certificate_usec(const SSL_CTX *ctx);
/* Around a session, on its thread. smtp_tls_begin() forgets; smtp_tls_fault() says why the peer was
 * not believed: NULL, or a reason word and OpenSSL's own sentence (static). */
void smtp_tls_begin(void);
const char *smtp_tls_fault(const char **ret_sentence);

#endif
