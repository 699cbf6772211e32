/*
 * channel/smtp under STARTTLS and AUTH: nothing is sent to who is not the relay, nothing before we
 * are let in, and the session tickets of TLS 1.3 do not make it stand still.
 */
#include "unit/smtp-relay.h"

#include <dlfcn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#define HOUR_S 3600

/*
 * The library calls SSL_connect() by this name, so it calls this one. With the gate open it comes
 * back only when the relay's session tickets have arrived: what otherwise takes a busy machine.
 */
static bool waits_for_tickets;
static atomic_int n_handshakes;

int SSL_connect(SSL *ssl)
{
        static int (*real)(SSL *);
        int r;

        if (!real)
                *(void **)&real = dlsym(RTLD_NEXT, "SSL_connect");
        r = real(ssl);
        if (r == 1)
                (void)atomic_fetch_add(&n_handshakes, 1);
        if (r == 1 && waits_for_tickets)
                (void)ppoll(&(struct pollfd){.fd = SSL_get_fd(ssl), .events = POLLIN}, 1,
                            &(struct timespec){.tv_sec = 2}, NULL);
        return r;
}

/* --- certificates -------------------------------------------------------------------------------
 */

static EVP_PKEY *ca_key;
static X509 *ca;
static char ca_file[] = "/tmp/test-smtp-tls-ca-XXXXXX",
            password_file[] = "/tmp/test-smtp-tls-pw-XXXXXX";

static X509 *certificate_make(EVP_PKEY *key, const char *name, const char *san, long from_s,
                              long to_s)
{
        X509 *x = X509_new();
        X509_NAME *subject = X509_get_subject_name(x);
        X509V3_CTX ctx;
        X509_EXTENSION *e;

        assert_int_equal(X509_set_version(x, 2), 1);
        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1 + (long)strlen(name) + to_s),
                         1);
        assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), from_s));
        assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), to_s));
        assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                                    (const unsigned char *)name, -1, -1, 0),
                         1);
        assert_int_equal(X509_set_issuer_name(x, ca ? X509_get_subject_name(ca) : subject), 1);
        assert_int_equal(X509_set_pubkey(x, key), 1);
        X509V3_set_ctx(&ctx, ca ? ca : x, x, NULL, NULL, 0);
        e = X509V3_EXT_conf_nid(NULL, &ctx, san ? NID_subject_alt_name : NID_basic_constraints,
                                san ? san : "critical,CA:TRUE");
        assert_non_null(e);
        assert_int_equal(X509_add_ext(x, e, -1), 1);
        X509_EXTENSION_free(e);
        assert_true(X509_sign(x, ca_key, EVP_sha256()) > 0);
        return x;
}

static int group_setup(_unused_ void **state)
{
        int fd = mkstemp(ca_file);
        FILE *f = fdopen(fd, "w");

        ca_key = EVP_EC_gen("P-256");
        ca = certificate_make(ca_key, "test CA", NULL, -HOUR_S, HOUR_S);
        assert_int_equal(PEM_write_X509(f, ca), 1);
        assert_int_equal(fclose(f), 0);
        fd = mkstemp(password_file);
        assert_int_equal(write(fd, "s3cret\n", 7), 7);
        assert_int_equal(close(fd), 0);
        return civil_init();
}

static int group_teardown(_unused_ void **state)
{
        X509_free(ca);
        EVP_PKEY_free(ca_key);
        return unlink(ca_file) + unlink(password_file);
}

/* The relay's side; @san as "DNS:localhost". A real one also picks its certificate by the name
 * asked for. */

static int on_server_name(SSL *ssl, _unused_ int *alert, void *seen)
{
        const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

        (void)snprintf(seen, 64, "%s", name ? name : "none");
        return SSL_TLSEXT_ERR_OK;
}

static void relay_secure(const char *san, long to_s, int version)
{
        EVP_PKEY *key = EVP_EC_gen("P-256");
        X509 *x = certificate_make(key, "relay", san, -2 * HOUR_S, to_s);
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

        assert_int_equal(SSL_CTX_use_certificate(ctx, x), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
        assert_int_equal(SSL_CTX_set_min_proto_version(ctx, version), 1);
        assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
        X509_free(x);
        EVP_PKEY_free(key);
        road.relay.tls = ctx;
        road.gateway.smtp.tls = SMTP_TLS_STARTTLS;
        road.gateway.smtp.ca_file = ca_file;
}

static int tls_teardown(void **state)
{
        SSL_CTX *ctx = road.relay.tls;

        waits_for_tickets = false;
        (void)road_teardown(state);
        SSL_CTX_free(ctx);
        return 0;
}

static void road_again(void)
{
        (void)tls_teardown(NULL);
        assert_int_equal(road_setup(NULL), 0);
}

/* --- STARTTLS -----------------------------------------------------------------------------------
 */

static void script_tls(Talk *t)
{
        talk_open(t, "PIPELINING STARTTLS");
        talk_secure(t);
        talk_answer(t, "EHLO ", "250-relay\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n");
        talk_serve(t);
}

static void script_tls_chunks(Talk *t)
{
        talk_open(t, "PIPELINING STARTTLS");
        talk_secure(t);
        talk_answer(t, "EHLO ", "250-relay\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
        talk_serve(t);
}

TEST(alerts_go_through_tls)
{
        static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
        static const Script scripts[] = {script_tls, script_tls_chunks};

        for (size_t i = 0; i < 4; i++) {
                relay_secure("IP:127.0.0.1", HOUR_S, versions[i / 2]);
                relay_start(&road.relay, scripts[i % 2]);
                road.gateway.smtp.sessions = 3;
                road_open();
                atomic_store(&n_handshakes, 0);
                send_some(0, 200);
                assert_came_back(200, 5000);
                for (int k = 0; k < 200; k++)
                        assert_outcome(k, HANDED, "accepted");
                assert_in_range(atomic_load(&n_handshakes), 1, 5);
                assert_in_range(channel_certificate_usec(road.io) / USEC_PER_SEC,
                                (uint64_t)time(NULL) + HOUR_S - 300, (uint64_t)time(NULL) + HOUR_S);
                road_again();
        }
}

TEST(starttls_13_stall)
{
        MonoUsec begin;

        waits_for_tickets = true;
        relay_secure("IP:127.0.0.1", HOUR_S, TLS1_3_VERSION);
        relay_start(&road.relay, script_tls);
        road_open();
        begin = clock_mono();
        send_some(0, 1);
        assert_came_back(1, 8000);
        assert_outcome(0, HANDED, "accepted");
        assert_in_range(clock_mono_since_usec(begin), 0, 1500000);
}

static void script_no_tls(Talk *t)
{
        talk_open(t, "PIPELINING");
        talk_serve(t);
}

static void script_tls_refused(Talk *t)
{
        talk_open(t, "PIPELINING STARTTLS");
        talk_answer(t, "STARTTLS", "454 4.7.0 TLS not available due to temporary reason\r\n");
        talk_serve(t);
}

static void script_tls_injection(Talk *t)
{
        talk_open(t, "PIPELINING STARTTLS");
        talk_answer(t, "STARTTLS", "220 2.0.0 go\r\n250-relay\r\n250 AUTH PLAIN\r\n");
        t->ssl = SSL_new(t->relay->tls);
        (void)SSL_set_fd(t->ssl, t->fd);
        (void)SSL_accept(t->ssl);
        talk_serve(t);
}

static void script_tls_garbage(Talk *t)
{
        talk_open(t, "PIPELINING STARTTLS");
        talk_answer(t, "STARTTLS", "220 2.0.0 go\r\n");
        pause_ms(50);
        talk_say(t, "this is no handshake at all\r\n");
        talk_hang(t);
}

static void script_tls_silence(Talk *t)
{
        talk_open(t, "PIPELINING STARTTLS");
        talk_answer(t, "STARTTLS", "220 2.0.0 go\r\n");
        talk_hang(t);
}

TEST(nothing_is_sent_without_tls_that_can_be_believed)
{
        static const struct {
                const char *san;
                long to_s;
                Script script;
                const char *reason;
                bool system_trust;
        } cases[] = {
                {"IP:127.0.0.1", HOUR_S, script_no_tls, "tls-not-offered", false},
                {"IP:127.0.0.1", HOUR_S, script_tls_refused, "tls-unavailable", false},
                {"IP:127.0.0.1", HOUR_S, script_tls_injection, "tls-injection", false},
                {"IP:127.0.0.1", HOUR_S, script_tls_garbage, "tls-handshake", false},
                {"IP:127.0.0.1", HOUR_S, script_tls_silence, "greeting-timeout", false},
                {"IP:127.0.0.2", HOUR_S, script_tls, "certificate-wrong-name", false},
                {"DNS:127.0.0.1", HOUR_S, script_tls, "certificate-wrong-name", false},
                {"IP:127.0.0.1", -HOUR_S, script_tls, "certificate-expired", false},
                {"IP:127.0.0.1", HOUR_S, script_tls, "certificate-untrusted", true},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                relay_secure(cases[i].san, cases[i].to_s, TLS1_3_VERSION);
                road.gateway.smtp.greeting_usec = USEC_PER_SEC;
                if (cases[i].system_trust)
                        road.gateway.smtp.ca_file = NULL;
                relay_start(&road.relay, cases[i].script);
                road_open();
                send_some(0, 1);
                assert_came_back(1, 4000);
                check_outcome(0, OUTCOME_TRANSIENT, cases[i].reason, __FILE__, (int)i);
                assert_int_equal(seen_lines(road.relay.seen, "MAIL"), 0);
                assert_int_equal(seen_lines(road.relay.seen, "AUTH"), 0);
                if (str_starts(cases[i].reason, "certificate-"))
                        assert_non_null(road.outcome[0].raw);
                road_again();
        }
}

/* The session after a failed handshake starts with a clean slate on the same thread. */
static void script_tls_bad_then_good(Talk *t)
{
        if (t->number == 1)
                script_tls_garbage(t);
        script_tls(t);
}

TEST(a_failed_handshake_spoils_no_later_one)
{
        relay_secure("IP:127.0.0.1", HOUR_S, TLS1_3_VERSION);
        relay_start(&road.relay, script_tls_bad_then_good);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 4000);
        assert_outcome(0, TRANSIENT, "tls-handshake");
        send_some(1, 10);
        assert_came_back(11, 4000);
        for (int i = 1; i < 11; i++)
                assert_outcome(i, HANDED, "accepted");
}

TEST(the_name_in_the_file_is_the_name_checked_and_asked_for)
{
        static const struct {
                const char *san;
                OutcomeKind kind;
        } cases[] = {{"DNS:localhost", OUTCOME_HANDED},
                     {"DNS:relay.example.dk", OUTCOME_TRANSIENT}};
        char *name = mmap(NULL, 64, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                relay_secure(cases[i].san, HOUR_S, TLS1_3_VERSION);
                (void)SSL_CTX_set_tlsext_servername_callback(road.relay.tls, on_server_name);
                (void)SSL_CTX_set_tlsext_servername_arg(road.relay.tls, name);
                road.gateway.smtp.host = (char *)"localhost";
                relay_start(&road.relay, script_tls);
                road_open();
                send_some(0, 1);
                assert_came_back(1, 6000);
                assert_case(i, road.outcome[0].kind == cases[i].kind);
                assert_string_equal(name, "localhost");
                road_again();
        }
        (void)munmap(name, 64);
}

/* What lies there would make the library stop (wrong mode) or free a certificate twice (right
 * mode). */
TEST(home_is_not_looked_into)
{
        static const char *const parts[] = {"", "/.config", "/.config/libesmtp",
                                            "/.config/libesmtp/private"};
        char home[] = "/tmp/test-smtp-home-XXXXXX", path[128], *before = getenv("HOME");

        assert_non_null(mkdtemp(home));
        for (size_t i = 1; i < ARRAY_SIZE(parts); i++) {
                (void)snprintf(path, sizeof(path), "%s%s", home, parts[i]);
                assert_int_equal(mkdir(path, 0755), 0);
        }
        (void)snprintf(path, sizeof(path), "%s%s/127.0.0.1.pem", home, parts[3]);
        {
                _cleanup_file_ FILE *f = fopen(path, "we");

                assert_non_null(f);
                (void)fputs("not a key", f);
                assert_int_equal(fchmod(fileno(f), 0644), 0);
        }
        before = before ? strdup(before) : NULL;
        (void)setenv("HOME", home, 1);
        relay_secure("IP:127.0.0.1", HOUR_S, TLS1_3_VERSION);
        relay_start(&road.relay, script_tls);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 4000);
        assert_outcome(0, HANDED, "accepted");
        if (before)
                (void)setenv("HOME", before, 1);
        free(before);
        (void)unlink(path);
        for (size_t i = ARRAY_SIZE(parts); i-- > 0;) {
                (void)snprintf(path, sizeof(path), "%s%s", home, parts[i]);
                assert_int_equal(rmdir(path), 0);
        }
}

TEST(a_trust_file_that_cannot_be_used_is_told_at_opening)
{
        static const struct {
                const char *file;
                int want;
        } cases[] = {{"/no/such/ca.pem", -ENOENT}, {password_file, -EINVAL}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const ChannelHooks hooks = {.on_outcome = on_outcome};
                _cleanup_free_ char *fault = NULL;

                road.gateway.smtp.tls = SMTP_TLS_STARTTLS;
                road.gateway.smtp.ca_file = (char *)cases[i].file;
                assert_int_equal(channel_open(&road.gateway, road.event, &hooks, &road.io, &fault),
                                 cases[i].want);
                assert_non_null(fault);
                assert_true(str_starts(fault, cases[i].file));
        }
}

/* --- AUTH ---------------------------------------------------------------------------------------
 */

/* AUTH PLAIN of "\0advisd\0s3cret" */
#define GOOD_PLAIN "AUTH PLAIN AGFkdmlzZABzM2NyZXQ="

static void ehlo_again(Talk *t, const char *auth)
{
        char reply[128];

        talk_open(t, "PIPELINING STARTTLS");
        talk_secure(t);
        (void)snprintf(reply, sizeof(reply), "250-relay\r\n250-PIPELINING\r\n250%s\r\n", auth);
        talk_answer(t, "EHLO ", reply);
}

static void script_auth_good(Talk *t)
{
        ehlo_again(t, " AUTH PLAIN LOGIN");
        talk_expect(t, "AUTH ");
        talk_say(t, str_eq(t->line, GOOD_PLAIN) ? "235 2.7.0 welcome\r\n" : "535 5.7.8 no\r\n");
        talk_serve(t);
}

static void script_auth_login(Talk *t)
{
        ehlo_again(t, " AUTH LOGIN");
        talk_answer(t, "AUTH LOGIN YWR2aXNk", "334 UGFzc3dvcmQ6\r\n");
        talk_answer(t, "czNjcmV0", "235 2.7.0 welcome\r\n");
        talk_serve(t);
}

static void script_auth_535(Talk *t)
{
        ehlo_again(t, " AUTH PLAIN LOGIN");
        talk_answer(t, "AUTH ", "535 5.7.8 authentication credentials invalid\r\n");
        talk_serve(t);
}

static void script_auth_454(Talk *t)
{
        ehlo_again(t, " AUTH PLAIN");
        talk_answer(t, "AUTH ", "454 4.7.0 temporary authentication failure\r\n");
        talk_serve(t);
}

static void script_auth_none(Talk *t)
{
        ehlo_again(t, " HELP");
        talk_serve(t);
}

static void script_auth_unknown(Talk *t)
{
        ehlo_again(t, " AUTH GSSAPI XOAUTH2");
        talk_serve(t);
}

static void script_auth_drop(Talk *t)
{
        ehlo_again(t, " AUTH PLAIN");
        talk_expect(t, "AUTH ");
        talk_end(t);
}

static void with_password(const char *file)
{
        relay_secure("IP:127.0.0.1", HOUR_S, TLS1_3_VERSION);
        road.gateway.smtp.user = (char *)"advisd";
        road.gateway.smtp.password_file = (char *)file;
}

TEST(a_relay_lets_us_in)
{
        static const Script scripts[] = {script_auth_good, script_auth_login};

        for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
                with_password(password_file);
                relay_start(&road.relay, scripts[i]);
                road_open();
                send_some(0, 5);
                assert_came_back(5, 4000);
                for (int k = 0; k < 5; k++)
                        assert_outcome(k, HANDED, "accepted");
                assert_int_equal(seen_lines(road.relay.seen, "AUTH"), 1);
                road_again();
        }
}

/* The library would go on to MAIL in each of these cases. */
TEST(who_is_not_let_in_sends_nothing)
{
        static const struct {
                Script script;
                OutcomeKind kind;
                const char *reason;
                int code, n_auth;
        } cases[] = {
                {script_auth_535, OUTCOME_STOP, "auth-refused", 535, 1},
                {script_auth_454, OUTCOME_TRANSIENT, "auth-unavailable", 454, 1},
                {script_auth_none, OUTCOME_STOP, "auth-not-offered", 0, 0},
                {script_auth_unknown, OUTCOME_STOP, "auth-not-offered", 0, 0},
                {script_auth_drop, OUTCOME_TRANSIENT, "connection-lost", 0, 1},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                with_password(password_file);
                relay_start(&road.relay, cases[i].script);
                road_open();
                send_some(0, 1);
                assert_came_back(1, 4000);
                check_outcome(0, cases[i].kind, cases[i].reason, __FILE__, (int)i);
                assert_case(i, road.outcome[0].code == cases[i].code);
                assert_int_equal(seen_lines(road.relay.seen, "MAIL"), 0);
                assert_case(i, seen_lines(road.relay.seen, "AUTH") == cases[i].n_auth);
                road_again();
        }
}

TEST(a_password_longer_than_the_plugins_copy_is_refused_at_opening)
{
        const ChannelHooks hooks = {.on_outcome = on_outcome};
        char file[] = "/tmp/test-smtp-tls-long-XXXXXX", password[300];
        _cleanup_free_ char *fault = NULL;
        int fd = mkstemp(file);

        memset(password, 'x', sizeof(password));
        assert_int_equal(write(fd, password, sizeof(password)), sizeof(password));
        assert_int_equal(close(fd), 0);
        with_password(file);
        assert_int_equal(channel_open(&road.gateway, road.event, &hooks, &road.io, &fault), -E2BIG);
        assert_non_null(fault);
        assert_null(strstr(fault, "xxx"));
        assert_int_equal(unlink(file), 0);
}

int main(void)
{
#define SMTP_TEST(f) cmocka_unit_test_setup_teardown(f, road_setup, tls_teardown)
        static const struct CMUnitTest tests[] = {
                SMTP_TEST(alerts_go_through_tls),
                SMTP_TEST(starttls_13_stall),
                SMTP_TEST(nothing_is_sent_without_tls_that_can_be_believed),
                SMTP_TEST(a_failed_handshake_spoils_no_later_one),
                SMTP_TEST(the_name_in_the_file_is_the_name_checked_and_asked_for),
                SMTP_TEST(home_is_not_looked_into),
                SMTP_TEST(a_trust_file_that_cannot_be_used_is_told_at_opening),
                SMTP_TEST(a_relay_lets_us_in),
                SMTP_TEST(who_is_not_let_in_sends_nothing),
                SMTP_TEST(a_password_longer_than_the_plugins_copy_is_refused_at_opening),
        };

        return cmocka_run_group_tests_name("channel/smtp-tls", tests, group_setup, group_teardown);
}
