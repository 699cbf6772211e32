/*
 * TLS to a relay.
 *
 * One SSL_CTX for all sessions of a gateway, because the library's own would read client keys and
 * trust below HOME, and would verify nothing that we could rely on: it compares the certificate
 * with the name that the DNS makes of the relay's (AI_CANONNAME), so that who answers for the DNS
 * chooses the name. Here the name or address that stands in the gateway's file is checked by
 * OpenSSL within the handshake; what the library says afterwards about its name is overruled.
 *
 * Bound to that context, for want of access to the library's SSL object:
 * - server name indication, set when the handshake starts (info callback);
 * - what was wrong with a certificate, kept for the thread by the verify callback;
 * - when the first of a chain that was believed will have ended, for who asks from another thread.
 *
 * Never SSL_MODE_ENABLE_PARTIAL_WRITE: the library repeats a partial write from its beginning
 * (siobuf.c, raw_write()).
 */
#include "channel/smtp-tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>

/* What the callbacks find at the context. */
typedef struct Peer {
        const char *name; /* to be asked for; NULL = the host is a literal address */
        atomic_uint_least64_t certificate_usec;
} Peer;

static _Thread_local int verify_error;
static _Thread_local usec_t chain_end_usec; /* of those looked at so far; 0 = none */

/* When a certificate will have ended; 0 = it cannot be told. */
static usec_t end_of(const X509 *x)
{
        ASN1_TIME *begin = ASN1_TIME_set(NULL, 0);
        int days = 0, seconds = 0;
        bool known = begin && ASN1_TIME_diff(&days, &seconds, begin, X509_get0_notAfter(x)) == 1;

        ASN1_TIME_free(begin);
        if (!known || days < 0 || seconds < 0)
                return 0;
        return (usec_t)days * USEC_PER_DAY + (usec_t)seconds * USEC_PER_SEC;
}

/* From the root down to the peer's own, which is the last: then the chain is known. */
static void chain_look(X509_STORE_CTX *store)
{
        const X509 *x = X509_STORE_CTX_get_current_cert(store);
        const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
        usec_t end = x ? end_of(x) : 0;

        if (end != 0 && (chain_end_usec == 0 || end < chain_end_usec))
                chain_end_usec = end;
        if (X509_STORE_CTX_get_error_depth(store) == 0 && ssl) {
                Peer *peer = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

                atomic_store(&peer->certificate_usec, chain_end_usec);
        }
}

static int on_verify(int ok, X509_STORE_CTX *store)
{
        if (!ok)
                verify_error = X509_STORE_CTX_get_error(store);
        else
                chain_look(store);
        return ok;
}

static void on_info(const SSL *ssl, int where, _unused_ int ret)
{
        const Peer *peer = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

        if (!(where & SSL_CB_HANDSHAKE_START))
                return;
        chain_end_usec = 0;
        /* Without it a relay with several names shows its first certificate, which does not fit. */
        if (peer->name)
                (void)SSL_set_tlsext_host_name((SSL *)ssl, peer->name);
}

static bool is_literal(const char *host)
{
        uint8_t address[sizeof(struct in6_addr)];

        return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static bool expect_peer(SSL_CTX *ctx, const char *host)
{
        X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
        Peer *peer = calloc(1, sizeof(*peer));

        if (!peer || SSL_CTX_set_app_data(ctx, peer) != 1) {
                free(peer);
                return false;
        }
        if (is_literal(host)) /* RFC 6066 3: no server name for a literal address */
                return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
        peer->name = host;
        X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

static SSL_CTX *context_new(const char *host)
{
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

        if (!ctx)
                return NULL;
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
        SSL_CTX_set_info_callback(ctx, on_info);
        (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
        (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); /* 34 KB of each idle session */
        (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        /* RFC 8996: nothing below 1.2. */
        if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 || !expect_peer(ctx, host))
                return smtp_tls_close(ctx);
        return ctx;
}

static int fault_new(const char *ca_file, char **ret_fault)
{
        unsigned long error = ERR_peek_last_error();
        const char *why = ERR_reason_error_string(error);

        if (asprintf(ret_fault, "%s: holds no certificates that can be used: %s", ca_file,
                     why ? why : "unreadable") < 0)
                *ret_fault = NULL;
        ERR_clear_error();
        return access(ca_file, R_OK) < 0 ? -errno : -EINVAL;
}

/**
 * smtp_tls_open() - the context that a gateway's sessions share
 * @g:          its host is borrowed until smtp_tls_close()
 * @ret_fault:  on failure a sentence, or NULL; the caller frees it
 *
 * Trusts ca_file's certificates, or the system's when there is none.
 * Errors: -ENOENT, -EACCES, -EINVAL (ca_file), -ENOMEM.
 */
int smtp_tls_open(const GatewaySmtp *g, SSL_CTX **ret, char **ret_fault)
{
        SSL_CTX *ctx = context_new(g->host);
        int r;

        if (!ctx)
                return -ENOMEM;
        if (g->ca_file)
                r = SSL_CTX_load_verify_file(ctx, g->ca_file);
        else
                r = SSL_CTX_set_default_verify_paths(ctx);
        if (r != 1) {
                r = g->ca_file ? fault_new(g->ca_file, ret_fault) : -ENOMEM;
                (void)smtp_tls_close(ctx);
                return r;
        }
        *ret = ctx;
        return 0;
}

SSL_CTX *smtp_tls_close(SSL_CTX *ctx)
{
        Peer *peer = ctx ? SSL_CTX_get_app_data(ctx) : NULL;

        SSL_CTX_free(ctx);
        free(peer);
        return NULL;
}

usec_t smtp_tls_certificate_usec(const SSL_CTX *ctx)
{
        const Peer *peer = SSL_CTX_get_app_data(ctx);

        return atomic_load(&peer->certificate_usec);
}

void smtp_tls_begin(void)
{
        verify_error = X509_V_OK;
}

const char *smtp_tls_fault(const char **ret_sentence)
{
        if (verify_error == X509_V_OK)
                return NULL;
        *ret_sentence = X509_verify_cert_error_string(verify_error);
        switch (verify_error) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID:
                return "certificate-expired";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
                return "certificate-wrong-name";
        default:
                return "certificate-untrusted";
        }
}
