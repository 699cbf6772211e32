/*
 * How each form of value in a gateways.d/ file is read.
 *
 * One table: what the form looks like, in words that stand behind "would be right:", and the
 * function that reads it into the member. A function returns -EINVAL when the value is not of that
 * form and leaves the telling to gateway_value_read(), unless it can say more and has told by
 * itself.
 *
 * No fault quotes the value: in a file about credentials, what stands in the wrong line is often
 * one.
 */
#include "config/gateway-priv.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <strings.h>

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

typedef int (*FormReader)(GatewayFile *f, const char *value, void *member);

static bool only_of(const char *s, const char *set, size_t len_max)
{
        size_t len = strspn(s, set);

        return s[len] == '\0' && len >= 1 && len <= len_max;
}

static int keep(const char *value, char **member)
{
        char *s = strdup(value);

        if (!s)
                return -ENOMEM;
        free(*member);
        *member = s;
        return 0;
}

/* --- words -------------------------------------------------------------------------------------
 */

/* Return: the place of @value among the words (blanks between), or -EINVAL. */
static int word_index(const char *value, const char *words)
{
        size_t len = strlen(value);

        for (int i = 0; *words != '\0'; i++) {
                size_t n = strcspn(words, " ");

                if (n == len && memcmp(words, value, n) == 0)
                        return i;
                words += n;
                words += strspn(words, " ");
        }
        return -EINVAL;
}

static int read_kind(_unused_ GatewayFile *f, const char *value, void *member)
{
        int i = word_index(value, "http smtp outbox");

        if (i >= 0)
                *(GatewayKind *)member = (GatewayKind)i;
        return MIN_OF(i, 0);
}

static int read_channel(_unused_ GatewayFile *f, const char *value, void *member)
{
        int i = word_index(value, "sms email");

        if (i >= 0)
                *(Channel *)member = (Channel)i;
        return MIN_OF(i, 0);
}

static int read_on_uncertain(_unused_ GatewayFile *f, const char *value, void *member)
{
        int i = word_index(value, "retry wait stop");

        if (i >= 0)
                *(OnUncertain *)member = (OnUncertain)i;
        return MIN_OF(i, 0);
}

static int read_receipts(GatewayFile *f, const char *value, _unused_ void *member)
{
        int i = word_index(value, "yes none");

        f->no_receipts = i == 1;
        return MIN_OF(i, 0);
}

static int read_verify(GatewayFile *f, const char *value, _unused_ void *member)
{
        return gateway_verify_read(f, value);
}

static int read_report(GatewayFile *f, const char *value, _unused_ void *member)
{
        return gateway_report_read(f, value);
}

static int read_method(_unused_ GatewayFile *f, const char *value, void *member)
{
        int i = word_index(value, "POST PUT GET");

        if (i >= 0)
                memcpy(member, value, strlen(value) + 1);
        return MIN_OF(i, 0);
}

static int read_content(GatewayFile *f, const char *value, _unused_ void *member)
{
        static const struct {
                TemplateEscape escape;
                const char *type;
        } content[] = {
                {TEMPLATE_JSON, "application/json"},
                {TEMPLATE_FORM, "application/x-www-form-urlencoded"},
                {TEMPLATE_HTML, "application/xml; charset=utf-8"},
                {TEMPLATE_PLAIN, "text/plain; charset=utf-8"},
        };
        int i = word_index(value, "json form xml text");

        if (i < 0)
                return i;
        f->g->http.escape = content[i].escape;
        f->g->http.content_type = content[i].type;
        return 0;
}

static int read_tls(_unused_ GatewayFile *f, const char *value, void *member)
{
        int i = word_index(value, "none starttls");

        if (i >= 0)
                *(SmtpTls *)member = (SmtpTls)i;
        return MIN_OF(i, 0);
}

static int read_flag(_unused_ GatewayFile *f, const char *value, void *member)
{
        return parse_bool(value, member);
}

/* --- numbers -----------------------------------------------------------------------------------
 */

static int bounded(GatewayFile *f, uint64_t v)
{
        const GatewayOption *o = &gateway_option[f->id];

        return v < o->min || v > o->max ? -ERANGE : 0;
}

static int read_u64(GatewayFile *f, const char *value, uint64_t *ret)
{
        int r = parse_u64(value, ret);

        return r < 0 ? r : bounded(f, *ret);
}

static int read_unsigned(GatewayFile *f, const char *value, void *member)
{
        uint64_t v;
        int r = read_u64(f, value, &v);

        if (r == 0)
                *(unsigned *)member = (unsigned)v;
        return r;
}

static int read_port(GatewayFile *f, const char *value, void *member)
{
        uint64_t v;
        int r = read_u64(f, value, &v);

        if (r == 0)
                *(uint16_t *)member = (uint16_t)v;
        return r;
}

static int read_size(GatewayFile *f, const char *value, void *member)
{
        uint64_t v;
        int r = parse_size(value, &v);

        if (r == 0)
                r = bounded(f, v);
        if (r == 0)
                *(uint64_t *)member = v;
        return r;
}

static int read_span(GatewayFile *f, const char *value, void *member)
{
        usec_t v;
        int r = parse_duration(value, &v);

        if (r == 0)
                r = bounded(f, v);
        if (r == 0)
                *(usec_t *)member = v;
        return r;
}

/* 200/s or 200, 5/min, 1000/h */
static int read_rate(GatewayFile *f, const char *value, void *member)
{
        static const struct {
                const char *word;
                usec_t span_usec;
        } units[] = {{"", USEC_PER_SEC},
                     {"/s", USEC_PER_SEC},
                     {"/min", USEC_PER_MIN},
                     {"/h", USEC_PER_HOUR}};
        GatewayRate *rate = member;
        char digits[24];
        size_t len = strspn(value, DIGITS);

        if (len == 0 || len >= sizeof(digits))
                return -EINVAL;
        memcpy(digits, value, len);
        digits[len] = '\0';
        for (size_t i = 0; i < ARRAY_SIZE(units); i++)
                if (str_eq(value + len, units[i].word)) {
                        rate->span_usec = units[i].span_usec;
                        return read_unsigned(f, digits, &rate->n);
                }
        return -EINVAL;
}

/* --- texts -------------------------------------------------------------------------------------
 */

static bool is_printable(const char *s)
{
        for (; *s != '\0'; s++)
                if ((unsigned char)*s < 0x20 || *s == 0x7f)
                        return false;
        return true;
}

static int read_line(GatewayFile *f, const char *value, void *member)
{
        if (!is_printable(value))
                return -EINVAL;
        if (bounded(f, utf8_count(value, strlen(value))) < 0)
                return -ERANGE;
        return keep(value, member);
}

/* Which of the two it may be is known when Channel= is: gateway-check.c. */
static int read_sender(_unused_ GatewayFile *f, const char *value, void *member)
{
        return is_printable(value) ? keep(value, member) : -EINVAL;
}

/* "45 46 299": country codes as ITU-T E.164 gives them out, at most three digits, no leading 0. */
static int read_countries(_unused_ GatewayFile *f, const char *value, void *member)
{
        const char *s = value;

        while (*s != '\0') {
                size_t n = strspn(s, DIGITS);

                if (n < 1 || n > 3 || s[0] == '0' || (s[n] != ' ' && s[n] != '\0'))
                        return -EINVAL;
                s += n;
                s += strspn(s, " ");
        }
        return keep(value, member);
}

/* Letters, digits and hyphens between dots (RFC 1123 2.1); IDN as its A-labels. */
static bool is_domain(const char *s)
{
        if (strlen(s) > 253)
                return false;
        for (;;) {
                size_t n = strspn(s, LOWER UPPER DIGITS "-");

                if (n < 1 || n > 63 || s[0] == '-' || s[n - 1] == '-')
                        return false;
                if (s[n] == '\0')
                        return true;
                if (s[n] != '.')
                        return false;
                s += n + 1;
        }
}

static int read_domain(_unused_ GatewayFile *f, const char *value, void *member)
{
        return is_domain(value) ? keep(value, member) : -EINVAL;
}

static int read_host(_unused_ GatewayFile *f, const char *value, void *member)
{
        bool is_ipv6 = strchr(value, ':') && only_of(value, DIGITS "abcdefABCDEF:.", 45);

        return is_ipv6 || is_domain(value) ? keep(value, member) : -EINVAL;
}

/* A token of RFC 9110 5.6.2: the name of a header. */
static int read_token(_unused_ GatewayFile *f, const char *value, void *member)
{
        return only_of(value, LOWER UPPER DIGITS "!#$%&'*+-.^_`|~", 64) ? keep(value, member)
                                                                        : -EINVAL;
}

static int read_separator(GatewayFile *f, const char *value, void *member)
{
        return bounded(f, strlen(value)) < 0 ? -ERANGE : keep(value, member);
}

static int read_path(_unused_ GatewayFile *f, const char *value, void *member)
{
        return gateway_path_is_good(value) ? keep(value, member) : -EINVAL;
}

static int read_paths(_unused_ GatewayFile *f, const char *value, void *member)
{
        bool good = only_of(value, LOWER UPPER DIGITS "_-. ", 128) && !strstr(value, "..");

        return good ? keep(value, member) : -EINVAL;
}

static int read_file(_unused_ GatewayFile *f, const char *value, void *member)
{
        return value[0] == '/' && is_printable(value) ? keep(value, member) : -EINVAL;
}

static int read_secret(GatewayFile *f, const char *value, void *member)
{
        if (value[0] == '/')
                return read_file(f, value, member);
        return only_of(value, LOWER UPPER DIGITS "_-.", 64) ? keep(value, member) : -EINVAL;
}

static int read_directory(GatewayFile *f, const char *value, void *member)
{
        const char *below = f->how->state_directory;
        char *path;

        if (value[0] == '/')
                return read_file(f, value, member);
        if (!is_printable(value) || strstr(value, "..") || !below)
                return -EINVAL;
        if (asprintf(&path, "%s/%s", below, value) < 0)
                return -ENOMEM;
        free(*(char **)member);
        *(char **)member = path;
        return 0;
}

/* --- templates ---------------------------------------------------------------------------------
 */

static const char *const holes_all[] = {GATEWAY_HOLES, NULL};
static const char *const holes_body[] = {GATEWAY_HOLES, "items", NULL};
/* What a line of a header can hold: no text of people. */
static const char *const holes_header[] = {
        "to",       "msisdn", "sender",   "reference", "validity_s",  "validity_ms", "validity_min",
        "segments", "ucs2",   "language", "token",     "receipt_url", NULL};
static const char *const holes_user[] = {"token", NULL};

static int read_template(GatewayFile *f, const char *value, const char *const known[],
                         Template **member)
{
        TemplateFault wrong = {0};
        Template *t;
        int r = template_parse(value, strlen(value), known, &t, &wrong);

        if (r == -EINVAL) {
                gateway_fault(f, "%s", wrong.text);
                return 0;
        }
        if (r < 0)
                return r;
        template_free(*member);
        *member = t;
        return 0;
}

/* Names of query parameters that hold secrets at the gateways we know (domain facts, section 7.1).
 */
static bool is_secret_name(const char *s, size_t len)
{
        static const char *const name[] = {"password", "passwd",     "pass",  "apikey", "api_key",
                                           "secret",   "api_secret", "token", "key"};

        for (size_t i = 0; i < ARRAY_SIZE(name); i++)
                if (strlen(name[i]) == len && strncasecmp(s, name[i], len) == 0)
                        return true;
        return false;
}

static bool query_holds_secret(const char *url)
{
        const char *s = strchr(url, '?');

        while (s) {
                const char *name = s + 1, *equals = name + strcspn(name, "=&");

                if (*equals == '=' && is_secret_name(name, (size_t)(equals - name)) &&
                    !str_starts(equals + 1, "{{"))
                        return true;
                s = strchr(name, '&');
        }
        return false;
}

static int read_url(GatewayFile *f, const char *value, void *member)
{
        size_t scheme = str_starts(value, "https://") ? 8 : str_starts(value, "http://") ? 7 : 0;
        size_t host;

        if (scheme == 0 || !is_printable(value))
                return -EINVAL;
        host = strcspn(value + scheme, "/?#");
        if (memchr(value + scheme, '@', host)) {
                gateway_fault(f, "holds a user before '@'; give User= and PasswordFile= instead");
                return 0;
        }
        if (host == 0 || strcspn(value + scheme, "{ ") < host || strchr(value, '#'))
                return -EINVAL;
        if (query_holds_secret(value)) {
                gateway_fault(f, "holds a secret in clear; put it into a file, name that in "
                                 "TokenFile= and write {{token}} here");
                return 0;
        }
        return read_template(f, value, holes_all, member);
}

/* Items come with their holes escaped: as a whole they are not escaped again. */
static int read_body(GatewayFile *f, const char *value, void *member)
{
        static const char hole[] = "{{items}}";
        const char *at = strstr(value, hole);
        char *plain;
        int r;

        if (!at)
                return read_template(f, value, holes_body, member);
        if (asprintf(&plain, "%.*s{{items|plain}}%s", (int)(at - value), value, at + strlen(hole)) <
            0)
                return -ENOMEM;
        r = read_template(f, plain, holes_body, member);
        free(plain);
        return r;
}

static int read_item(GatewayFile *f, const char *value, void *member)
{
        return read_template(f, value, holes_all, member);
}

/* "eu-west-1/sns": of the credential scope of an AWS Signature Version 4. */
static int read_sigv4(_unused_ GatewayFile *f, const char *value, void *member)
{
        static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
        size_t region = strspn(value, good), service;

        if (region == 0 || region > 32 || value[region] != '/')
                return -EINVAL;
        service = strspn(value + region + 1, good);
        if (service == 0 || service > 32 || value[region + 1 + service] != '\0')
                return -EINVAL;
        return keep(value, member);
}

static int read_user(GatewayFile *f, const char *value, void *member)
{
        return strlen(value) <= 128 ? read_template(f, value, holes_user, member) : -EINVAL;
}

/* Headers that say how the request is framed are libcurl's own business. */
static bool is_framing(const char *name)
{
        static const char *const framing[] = {
                "Content-Length", "Transfer-Encoding", "Connection", "Expect", "Host", "TE",
                "Upgrade"};

        for (size_t i = 0; i < ARRAY_SIZE(framing); i++)
                if (strcasecmp(name, framing[i]) == 0)
                        return true;
        return false;
}

static bool is_secret_header(const char *name, const char *value)
{
        bool secret = strcasestr(name, "auth") || strcasestr(name, "password") ||
                      strcasestr(name, "token") || strcasestr(name, "secret") ||
                      strcasestr(name, "key");

        return secret && !strstr(value, "{{");
}

static int add_header(GatewayFile *f, const char *name, const char *value)
{
        GatewayHttp *h = &f->g->http;
        HttpHeader *to = &h->header[h->n_headers];
        int r;

        if (h->n_headers == GATEWAY_HEADERS_MAX) {
                gateway_fault(f, "is one header too many; at most %d", GATEWAY_HEADERS_MAX);
                return 0;
        }
        r = read_template(f, value, holes_header, &to->value);
        if (r < 0 || !to->value)
                return r;
        r = keep(name, &to->name);
        if (r < 0) {
                to->value = template_free(to->value);
                return r;
        }
        h->n_headers++;
        return 0;
}

/* "Name: value"; the name a token of RFC 9110 5.6.2. */
static int read_header(GatewayFile *f, const char *value, _unused_ void *member)
{
        char name[64];
        size_t n = strspn(value, LOWER UPPER DIGITS "!#$%&'*+-.^_`|~");
        const char *rest = value + n + 1;

        if (n == 0 || n >= sizeof(name) || value[n] != ':' || !is_printable(value))
                return -EINVAL;
        memcpy(name, value, n);
        name[n] = '\0';
        rest += strspn(rest, " \t");
        if (*rest == '\0')
                return -EINVAL;
        if (is_framing(name)) {
                gateway_fault(f, "%s: is set by advisd itself; remove the line", name);
                return 0;
        }
        if (is_secret_header(name, rest)) {
                gateway_fault(f,
                              "%s: holds a secret in clear; put it into a file, name that in "
                              "TokenFile= and write {{token}} here",
                              name);
                return 0;
        }
        return add_header(f, name, rest);
}

static int read_rule(GatewayFile *f, const char *value, _unused_ void *member)
{
        return gateway_rule_read(f, value);
}

/* --- the table ---------------------------------------------------------------------------------
 */

static const struct {
        FormReader read;
        const char *text;
} forms[_GATEWAY_FORM_MAX] = {
        [FORM_KIND] = {read_kind, "http, smtp or outbox"},
        [FORM_CHANNEL] = {read_channel, "sms or email"},
        [FORM_ON_UNCERTAIN] = {read_on_uncertain, "wait, retry or stop"},
        [FORM_RECEIPTS] = {read_receipts, "yes or none"},
        [FORM_VERIFY] = {read_verify,
                         "reference, path-token, hmac-sha256, jwt-hs256, twilio, vonage-md5hash, "
                         "vonage-md5, vonage-sha1, vonage-sha256, vonage-sha512 or vonage-jwt"},
        [FORM_TOKEN] = {read_token, "the name of a header"},
        [FORM_REPORT] = {read_report, "STATE [CODE] -> MEANING [reason]"},
        [FORM_METHOD] = {read_method, "POST, PUT or GET"},
        [FORM_CONTENT] = {read_content, "json, form, xml or text"},
        [FORM_TLS] = {read_tls, "starttls or none"},
        [FORM_FLAG] = {read_flag, "yes or no"},
        [FORM_UNSIGNED] = {read_unsigned, "a whole number"},
        [FORM_PORT] = {read_port, "a port number"},
        [FORM_SIZE] = {read_size, "a number of bytes, as in 64K or 4M"},
        [FORM_SPAN] = {read_span, "a duration, as in 500ms, 30s, 15min or 72h"},
        [FORM_RATE] = {read_rate,
                       "alerts in a second, minute or hour, as in 200/s, 5/min or 1000/h"},
        [FORM_LINE] = {read_line, "one line of text"},
        [FORM_SENDER] = {read_sender, "1 to 11 letters and digits, a number of up to 15 digits, or "
                                      "an e-mail address"},
        [FORM_COUNTRIES] = {read_countries, "country codes with blanks between, as in 45 46 47"},
        [FORM_DOMAIN] = {read_domain, "a domain name in ASCII, as in post.example.dk"},
        [FORM_HOST] = {read_host, "a host name or an address, without a port"},
        [FORM_SEPARATOR] = {read_separator, "up to 16 characters"},
        [FORM_PATH] = {read_path, "names and numbers with dots between, as in messages.0.id; \".\" "
                                  "for the whole"},
        [FORM_PATHS] = {read_paths, "one or more paths with blanks between, as in success error"},
        [FORM_SECRET] = {read_secret, "the name of a credential, or an absolute path"},
        [FORM_FILE] = {read_file, "an absolute path"},
        [FORM_DIRECTORY] = {read_directory, "an absolute path, or one below StateDirectory="},
        [FORM_SIGV4] = {read_sigv4, "REGION/SERVICE, as in eu-west-1/sns"},
        [FORM_URL] = {read_url, "http:// or https://, a host without holes, and a path"},
        [FORM_BODY] = {read_body, "a text with {{holes}}"},
        [FORM_ITEM] = {read_item, "a text with {{holes}}"},
        [FORM_USER] = {read_user, "a name, or {{token}}"},
        [FORM_HEADER] = {read_header, "Name: value"},
        [FORM_RULE] = {read_rule, "STATUS [PATH [VALUE]] -> MEANING [reason]"},
};

const char *gateway_form_text(GatewayForm form)
{
        return forms[form].text;
}

static const char *bound_text(const GatewayOption *o, uint64_t v, char buf[DURATION_TEXT_MAX])
{
        if (o->form == FORM_SPAN)
                return duration_format(v, buf);
        (void)snprintf(buf, DURATION_TEXT_MAX, "%" PRIu64, v);
        return buf;
}

static void tell_range(GatewayFile *f, const GatewayOption *o)
{
        char min[DURATION_TEXT_MAX], max[DURATION_TEXT_MAX];

        gateway_fault(f, "must be %s to %s%s", bound_text(o, o->min, min),
                      bound_text(o, o->max, max), o->form == FORM_LINE ? " characters" : "");
}

/* Reads @value for the key f->id at f->line into its member. */
int gateway_value_read(GatewayFile *f, const char *value)
{
        const GatewayOption *o = &gateway_option[f->id];
        int r = forms[o->form].read(f, value, (char *)f->g + o->offset);

        if (r == -EINVAL)
                gateway_fault(f, "must be %s", forms[o->form].text);
        else if (r == -ERANGE)
                tell_range(f, o);
        else if (r < 0)
                return r;
        return 0;
}
