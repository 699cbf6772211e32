/* channel/http over TLS: only to whom the certificate names, and never without. */
#include "unit/http-world.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

typedef struct Certificate {
        EVP_PKEY *key;
        X509 *x509;
        char file[64]; /* in PEM */
} Certificate;

static Certificate ours, stranger;

static void add_extension(X509 *x, int nid, const char *value)
{
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

        assert_non_null(e);
        assert_int_equal(X509_add_ext(x, e, -1), 1);
        X509_EXTENSION_free(e);
}

/* Signed by itself, for @names, a day long. */
static void make_certificate(Certificate *c, const char *names)
{
        FILE *f;
        int fd;

        c->key = EVP_EC_gen("P-256");
        c->x509 = X509_new();
        assert_true(c->key && c->x509);
        assert_int_equal(X509_set_version(c->x509, 2), 1);
        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(c->x509), 1), 1);
        assert_non_null(X509_gmtime_adj(X509_getm_notBefore(c->x509), -3600));
        assert_non_null(X509_gmtime_adj(X509_getm_notAfter(c->x509), 86400));
        assert_int_equal(X509_set_pubkey(c->x509, c->key), 1);
        assert_int_equal(
                X509_NAME_add_entry_by_txt(X509_get_subject_name(c->x509), "CN", MBSTRING_ASC,
                                           (const unsigned char *)"gateway.test", -1, -1, 0),
                1);
        assert_int_equal(X509_set_issuer_name(c->x509, X509_get_subject_name(c->x509)), 1);
        add_extension(c->x509, NID_subject_alt_name, names);
        add_extension(c->x509, NID_basic_constraints, "CA:TRUE");
        assert_true(X509_sign(c->x509, c->key, EVP_sha256()) > 0);
        (void)snprintf(c->file, sizeof(c->file), "/tmp/test-channel-http-tls-XXXXXX");
        fd = mkstemp(c->file);
        assert_true(fd >= 0);
        f = fdopen(fd, "w");
        assert_non_null(f);
        assert_int_equal(PEM_write_X509(f, c->x509), 1);
        assert_int_equal(fclose(f), 0);
}

static void drop_certificate(Certificate *c)
{
        EVP_PKEY_free(c->key);
        X509_free(c->x509);
        (void)unlink(c->file);
}

static int set_up(_unused_ void **state)
{
        make_certificate(&ours, "IP:127.0.0.1");
        make_certificate(&stranger, "DNS:other.test");
        return 0;
}

static int tear_down(_unused_ void **state)
{
        drop_certificate(&ours);
        drop_certificate(&stranger);
        return 0;
}

/* knob: 0 good, 1 a certificate for somebody else, 2 TLS 1.1 at most, 3 closes after the request */
static void serve_tls(World *w, int fd)
{
        const Certificate *c = w->knob == 1 ? &stranger : &ours;
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        char buf[4096];
        SSL *ssl;

        SSL_CTX_use_certificate(ctx, c->x509);
        SSL_CTX_use_PrivateKey(ctx, c->key);
        if (w->knob == 2) {
                SSL_CTX_set_security_level(ctx, 0);
                SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
                SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
        }
        ssl = SSL_new(ctx);
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) != 1)
                return;
        while (SSL_read(ssl, buf, sizeof(buf)) > 0) {
                static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

                w->n_requests++;
                if (w->knob == 3)
                        return;
                SSL_write(ssl, ok, sizeof(ok) - 1);
        }
}

static const Outcome *try_with(Rig *rig, int knob, const char *ca_file)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        rig->w->knob = knob;
        assert_int_equal(buf_puts(&b, "[Http]\nUrl=https://@/send\nReply=200 -> handed\n"), 0);
        if (ca_file)
                assert_int_equal(buf_printf(&b, "CaFile=%s\n", ca_file), 0);
        rig_serve(rig, serve_tls);
        rig_open(rig, buf_str(&b));
        return rig_try(rig, 10);
}

/* It ends after a day; it was made a moment ago. */
static bool is_end_of(const Certificate *c, usec_t end_usec)
{
        int days, seconds;
        ASN1_TIME *end = ASN1_TIME_set(NULL, (time_t)(end_usec / USEC_PER_SEC));
        bool same = end && ASN1_TIME_diff(&days, &seconds, end, X509_get0_notAfter(c->x509)) == 1 &&
                    days == 0 && seconds == 0;

        ASN1_TIME_free(end);
        return same;
}

TEST(a_certificate_that_is_trusted_and_fits_is_talked_to)
{
        Rig *rig = rig_new();

        assert_outcome(try_with(rig, 0, ours.file), OUTCOME_HANDED, "");
        assert_outcome(rig_try(rig, 10), OUTCOME_HANDED, "");
        assert_int_equal(rig->w->n_connections, 1);
        assert_int_equal(rig->w->n_requests, 2);
        assert_true(is_end_of(&ours, channel_certificate_usec(rig->io)));
        rig_free(rig);
}

TEST(a_stranger_is_told_nothing)
{
        static const struct {
                int knob;
                const Certificate *trusted; /* NULL: the system's */
                const char *reason;
        } cases[] = {
                {0, NULL, "tls-untrusted"},      /* nobody vouches for it */
                {0, &stranger, "tls-untrusted"}, /* vouched for is another */
                {1, &stranger, "tls-untrusted"}, /* vouched for, but it names another host */
                {2, &ours, "tls-failed"},        /* speaks nothing newer than 2006 */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Rig *rig = rig_new();
                const Outcome *o = try_with(rig, cases[i].knob,
                                            cases[i].trusted ? cases[i].trusted->file : NULL);

                assert_case(i, o->kind == OUTCOME_TRANSIENT && str_eq(o->reason, cases[i].reason));
                assert_case(i, rig->w->n_requests == 0);
                rig_free(rig);
        }
}

TEST(a_file_of_certificates_that_is_not_there_sends_nothing)
{
        Rig *rig = rig_new();

        assert_outcome(try_with(rig, 0, "/nonexistent/ca.pem"), OUTCOME_TRANSIENT,
                       "ca-file-unreadable");
        assert_int_equal(rig->w->n_requests, 0);
        rig_free(rig);
}

TEST(an_end_after_the_request_is_uncertain_over_tls_too)
{
        Rig *rig = rig_new();
        const Outcome *o = try_with(rig, 3, ours.file);

        assert_int_equal(o->kind, OUTCOME_UNCERTAIN);
        assert_int_equal(rig->w->n_requests, 1);
        rig_free(rig);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_certificate_that_is_trusted_and_fits_is_talked_to),
                cmocka_unit_test(a_stranger_is_told_nothing),
                cmocka_unit_test(a_file_of_certificates_that_is_not_there_sends_nothing),
                cmocka_unit_test(an_end_after_the_request_is_uncertain_over_tls_too),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
