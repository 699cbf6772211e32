/*
 * Sealing for somebody else, by the public key of a certificate that he or she gave us.
 *
 * The form is CMS EnvelopedData with AES-256-CBC: what S/MIME programs and `openssl cms` open, and
 * what the certificates of Danish authorities are made for. Who the certificate belongs to and
 * whether it is still good is not asked here: it comes from an operator, who knows whom it is of.
 */
#include "base/secret-envelope.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <openssl/pem.h> /* before cms.h, which declares its PEM functions only then */

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>

static X509 *certificate_read(const char *pem)
{
        BIO *in = BIO_new_mem_buf(pem, -1);
        X509 *certificate = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

        BIO_free(in);
        return certificate;
}

static int envelope_write(CMS_ContentInfo *cms, Buf *append_to)
{
        BIO *out = BIO_new(BIO_s_mem());
        char *text;
        long n;
        int r = out && PEM_write_bio_CMS(out, cms) == 1 ? 0 : -ENOMEM;

        if (r >= 0) {
                n = BIO_get_mem_data(out, &text);
                r = n > 0 ? buf_append(append_to, text, (size_t)n) : -ENOMEM;
        }
        BIO_free(out);
        return r;
}

static int envelope_make(X509 *certificate, const void *plain, size_t n_bytes, Buf *append_to)
{
        STACK_OF(X509) *to = sk_X509_new_null();
        BIO *in = BIO_new_mem_buf(plain, (int)n_bytes);
        CMS_ContentInfo *cms = NULL;
        int r = -ENOMEM;

        if (to && in && sk_X509_push(to, certificate) > 0) {
                cms = CMS_encrypt(to, in, EVP_aes_256_cbc(), CMS_BINARY);
                r = cms ? envelope_write(cms, append_to) : -EINVAL;
        }
        CMS_ContentInfo_free(cms);
        BIO_free(in);
        sk_X509_free(to);
        return r;
}

int secret_envelope(const char *certificate, const void *plain, size_t n_bytes, Buf *append_to)
{
        X509 *x = certificate_read(certificate);
        int r = x && n_bytes <= INT_MAX ? envelope_make(x, plain, n_bytes, append_to) : -EINVAL;

        X509_free(x);
        ERR_clear_error(); /* libssl on the same thread would take it for its own */
        return r;
}
