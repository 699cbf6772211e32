/*
 * channel/mime: a message that every relay passes on unchanged and every reader decodes to what
 * went in.
 *
 * The decoder here is our own and refuses what the RFCs forbid; where Python is installed its
 * e-mail package reads the same messages as a second opinion.
 */
#include "channel/mime.h"
#include "base/civil.h"
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>

#define REF "aaaaaaaaaaaaaaaaaaaaaaaaa234"

static Carry carry_sample(void)
{
        return (Carry){
                .alert = 1,
                .reference = REF,
                .to = "anna@example.dk",
                .sender = "alerts@post.example.dk",
                .from_name = "Digital Post",
                .envelope_from = "bounce+" REF "@post.example.dk",
                .subject = "Du har fået ny Digital Post",
                .text = "Hej\n\nDu har fået ny Digital Post.\n",
                .html = "<html lang=\"da\"><p>Du har fået ny Digital Post.</p></html>\n",
                .language = "da",
                .date_usec = 1408867200 * USEC_PER_SEC, /* 2014-08-24 08:00 UTC */
        };
}

static char *build(const Carry *c)
{
        Buf b = BUF_NULL;

        assert_int_equal(mime_build(c, &b), 0);
        assert_non_null(b.data);
        assert_int_equal(strlen(b.data), b.len);
        return buf_take(&b);
}

/* What holds for every message: US-ASCII, CRLF only as a pair, bounded lines, no bare dot. */
static void check_wire(const char *m)
{
        const char *line = m;

        assert_true(str_ends(m, "\r\n"));
        while (*line) {
                const char *end = strchr(line, '\n');
                size_t len;

                assert_non_null(end);
                assert_true(end > m && end[-1] == '\r');
                len = (size_t)(end - line) - 1;
                if (!str_starts(line, "To: <") && !str_starts(line, " <") &&
                    !str_starts(line, "Message-ID: ") && !str_starts(line, "From: <"))
                        assert_true(len <= 76);
                assert_true(len <= 300);
                assert_false(line[0] == '.');
                assert_false(str_starts(line, "From "));
                if (len > 0)
                        assert_false(end[-2] == ' ' || end[-2] == '\t');
                for (const char *p = line; p < line + len; p++)
                        assert_true((*p >= ' ' && *p <= '~') || *p == '\t');
                line = end + 1;
        }
}

/* The field's value with folds undone; NULL unless it is there exactly once. Owned by the caller.
 */
static char *header_get(const char *m, const char *name)
{
        const char *end_of_header = strstr(m, "\r\n\r\n"), *found = NULL;
        Buf value = BUF_NULL;

        for (const char *p = m; p && p < end_of_header + 2;) {
                if (strncasecmp(p, name, strlen(name)) == 0 && p[strlen(name)] == ':') {
                        assert_null(found);
                        found = p + strlen(name) + 1;
                }
                p = strstr(p, "\r\n");
                p = p ? p + 2 : NULL;
        }
        if (!found)
                return NULL;
        for (found += 1; !(str_starts(found, "\r\n") && found[2] != ' ' && found[2] != '\t');
             found++)
                if (*found != '\r' && *found != '\n')
                        assert_int_equal(buf_putc(&value, *found), 0);
        return buf_take(&value);
}

static unsigned hex_value(char c)
{
        const char *digits = "0123456789ABCDEF", *p = strchr(digits, c);

        assert_true(c != '\0' && p); /* upper case: RFC 2045 6.7 (1), RFC 2047 4.2 */
        return (unsigned)(p - digits);
}

/* RFC 2047, Q and UTF-8 only; each word must be whole in itself and at most 75 characters. */
static char *words_decode(const char *s)
{
        Buf out = BUF_NULL;

        while (*s) {
                const char *word = s;
                size_t from = out.len;

                if (!str_starts(s, "=?UTF-8?Q?")) {
                        assert_int_equal(buf_putc(&out, *s++), 0);
                        continue;
                }
                for (s += 10; !str_starts(s, "?="); s++) {
                        assert_true(*s > ' ' && *s <= '~' && *s != '?');
                        if (*s == '=') {
                                unsigned byte = hex_value(s[1]) << 4 | hex_value(s[2]);

                                assert_int_equal(buf_putc(&out, (char)byte), 0);
                                s += 2;
                        } else {
                                assert_int_equal(buf_putc(&out, *s == '_' ? ' ' : *s), 0);
                        }
                }
                s += 2;
                assert_true(s - word <= 75);
                assert_true(utf8_valid(out.data + from, out.len - from));
                while (str_starts(s, " =?")) /* blanks between words are not content */
                        s++;
        }
        return out.data ? buf_take(&out) : strdup("");
}

/* Quoted-printable up to @end; line ends come out as "\n". */
static char *qp_decode(const char *s, const char *end)
{
        Buf out = BUF_NULL;

        while (s < end) {
                if (str_starts(s, "\r\n")) {
                        assert_int_equal(buf_putc(&out, '\n'), 0);
                        s += 2;
                } else if (str_starts(s, "=\r\n")) {
                        s += 3;
                } else if (*s == '=') {
                        unsigned byte = hex_value(s[1]) << 4 | hex_value(s[2]);

                        assert_int_equal(buf_putc(&out, (char)byte), 0);
                        s += 3;
                } else {
                        assert_int_equal(buf_putc(&out, *s++), 0);
                }
        }
        return out.data ? buf_take(&out) : strdup("");
}

/* Part 0 or 1 of the alternatives, decoded. */
static char *part_get(const char *m, unsigned which, const char *type)
{
        const char *delimiter = "\r\n--=_" REF, *p = strstr(m, "\r\n\r\n"), *end;
        char want[160];

        for (unsigned i = 0; i <= which; i++) {
                p = strstr(p + (i > 0), delimiter);
                assert_non_null(p);
        }
        p += strlen(delimiter);
        (void)snprintf(want, sizeof(want),
                       "\r\nContent-Type: text/%s; charset=utf-8\r\n"
                       "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                       type);
        assert_true(str_starts(p, want));
        p += strlen(want);
        end = strstr(p - 2, delimiter); /* an empty text: its last line end is the delimiter's */
        assert_non_null(end);
        return end < p ? strdup("") : qp_decode(p, end);
}

static void assert_header(const char *m, const char *name, const char *want)
{
        _cleanup_free_ char *got = header_get(m, name);

        if (!want) {
                assert_null(got);
                return;
        }
        assert_non_null(got);
        assert_string_equal(got, want);
}

TEST(header_says_who_when_and_what)
{
        Carry c = carry_sample();
        _cleanup_free_ char *m = build(&c);

        check_wire(m);
        assert_header(m, "Date", "Sun, 24 Aug 2014 10:00:00 +0200");
        assert_header(m, "From", "\"Digital Post\" <alerts@post.example.dk>");
        assert_header(m, "To", "<anna@example.dk>");
        assert_header(m, "Subject", "=?UTF-8?Q?Du_har_f=C3=A5et_ny_Digital_Post?=");
        assert_header(m, "Message-ID", "<" REF "@post.example.dk>");
        assert_header(m, "MIME-Version", "1.0");
        assert_header(m, "Auto-Submitted", "auto-generated");
        assert_header(m, "X-Auto-Response-Suppress", "All");
        assert_header(m, "Content-Language", "da");
        assert_header(m, "Content-Type", "multipart/alternative; boundary=\"=_" REF "\"");
        assert_header(m, "Content-Transfer-Encoding", NULL);
        assert_header(m, "Sender", NULL);
        assert_null(strstr(m, "bounce+")); /* the envelope is not the message's business */
        assert_true(str_ends(m, "\r\n--=_" REF "--\r\n"));
}

TEST(winter_has_another_offset)
{
        Carry c = carry_sample();
        _cleanup_free_ char *m = NULL;

        c.date_usec = 1420066800 * USEC_PER_SEC;
        m = build(&c);
        assert_header(m, "Date", "Thu, 1 Jan 2015 00:00:00 +0100");
}

TEST(same_carry_same_bytes)
{
        Carry c = carry_sample();
        _cleanup_free_ char *one = build(&c), *two = NULL;

        c.attempt = 3; /* a repeat of the uncertain: the reference is the first attempt's */
        two = build(&c);
        assert_string_equal(one, two);
}

TEST(appends_and_leaves_the_buffer_as_it_was_on_failure)
{
        Carry c = carry_sample();
        Buf b = BUF_NULL;
        size_t len;

        assert_int_equal(buf_puts(&b, "before"), 0);
        assert_int_equal(mime_build(&c, &b), 0);
        assert_true(str_starts(b.data, "beforeDate: "));
        len = b.len;
        c.html = "ends badly \xC3";
        assert_int_equal(mime_build(&c, &b), -EINVAL);
        assert_int_equal(b.len, len);
        assert_int_equal(strlen(b.data), len);
        buf_done(&b);
}

#define LONG_ASCII                                                                  \
        "You have new Digital Post from a Danish public authority, and more of it " \
        "to be read"

TEST(subjects_and_names_come_out_as_they_went_in)
{
        static const char *const cases[] = {
                "Ny post",
                LONG_ASCII,
                "Påmindelse: Ulæst Digital Post i en postkasse, du har adgang til",
                "=?utf-8?q?not_a_word?=",
                "quote \" backslash \\ done",
                "ends in a blank ",
                "  begins with two",
                "æøåÆØÅæøåÆØÅæøåÆØÅæøåÆØÅæøåÆØÅæøåÆØÅæøåÆØÅ",
                "a_b?c=d (comment) <x@example.dk>, z",
                "Grønlands Selvstyre 😀😀😀😀😀😀😀😀😀😀😀😀 €",
                "x",
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Carry c = carry_sample();
                _cleanup_free_ char *m = NULL, *subject = NULL, *from = NULL, *decoded = NULL;
                char *address;

                c.subject = c.from_name = cases[i];
                m = build(&c);
                check_wire(m);
                subject = header_get(m, "Subject");
                decoded = words_decode(subject);
                assert_string_equal(decoded, cases[i]);
                from = header_get(m, "From");
                address = strstr(from, " <alerts@post.example.dk>");
                assert_case(i, address && str_eq(address, " <alerts@post.example.dk>"));
                *address = '\0';
                if (from[0] == '"') {
                        _cleanup_free_ char *plain = calloc(1, strlen(from));
                        size_t n = 0;

                        for (char *p = from + 1; *p != '"'; p++) {
                                p += *p == '\\';
                                plain[n++] = *p;
                        }
                        assert_string_equal(plain, cases[i]);
                } else {
                        _cleanup_free_ char *name = words_decode(from);

                        assert_string_equal(name, cases[i]);
                }
        }
}

TEST(name_may_be_missing_and_language_too)
{
        Carry c = carry_sample();
        _cleanup_free_ char *m = NULL, *again = NULL;

        c.from_name = NULL;
        c.language = NULL;
        m = build(&c);
        check_wire(m);
        assert_header(m, "From", "<alerts@post.example.dk>");
        assert_header(m, "Content-Language", NULL);
        c.from_name = "";
        again = build(&c);
        assert_string_equal(m, again);
}

#define X70 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* Bodies with every trap of quoted-printable and of the way. */
static const char *const bodies[] = {
        "",
        "\n",
        "x",
        "\n\n\n",
        "no line end",
        "one\ntwo\n",
        "blank at end \nand tab\t\n \n\t\n ",
        ".\n..\n.dot\n",
        "From here\n>From there\n From elsewhere\n",
        "a = b, c=3D, =\n=",
        "--\n-- \n--=_" REF "\n--=_" REF "--\n",
        "ÆØÅ æøå\n€ 😀\n",
        X70 "12345\n" X70 "123456\n" X70 "1234567\n" X70 "12345æ\n" X70 "1234 \n" X70 "1234=\n",
        X70 "12345.dot after a soft break\n" X70 "12345From after a soft break\n",
        X70 "1234æ.x\n" X70 X70 X70 X70 X70 X70 X70 X70 X70 X70 X70 X70 X70 X70 X70 X70 "\n",
        "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
        "\x01\x02 \x7F \x1B[0m",
};

TEST(bodies_come_out_as_they_went_in)
{
        for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
                Carry c = carry_sample();
                _cleanup_free_ char *m = NULL, *text = NULL, *html = NULL;

                c.text = bodies[i];
                c.html = bodies[ARRAY_SIZE(bodies) - 1 - i];
                m = build(&c);
                check_wire(m);
                text = part_get(m, 0, "plain");
                assert_string_equal(text, c.text);
                html = part_get(m, 1, "html");
                assert_string_equal(html, c.html);
        }
}

/* Every length around the line's end, with each kind of character as the last. */
TEST(soft_breaks_are_right_at_every_column)
{
        static const char *const last[] = {"x", " ", "\t", "=",      "æ",
                                           "€", "😀", ".",  "From x", "x\n"};

        for (size_t n = 60; n < 90; n++)
                for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
                        Carry c = carry_sample();
                        _cleanup_free_ char *m = NULL, *text = NULL;
                        char body[128];

                        memset(body, 'x', n);
                        (void)snprintf(body + n, sizeof(body) - n, "%s%s", last[i],
                                       i % 2 ? "yz" : "");
                        c.text = body;
                        m = build(&c);
                        check_wire(m);
                        text = part_get(m, 0, "plain");
                        assert_string_equal(text, body);
                }
}

TEST(crlf_and_lf_are_the_same_line_end_and_a_lone_cr_is_none)
{
        Carry c = carry_sample();
        _cleanup_free_ char *m = NULL, *text = NULL;

        c.text = "a\r\nb\nc\rd \r\ne\r";
        m = build(&c);
        check_wire(m);
        text = part_get(m, 0, "plain");
        assert_string_equal(text, "a\nb\nc\rd \ne\r");
}

TEST(without_html_there_is_one_part)
{
        Carry c = carry_sample();
        _cleanup_free_ char *m = NULL;

        c.html = NULL;
        c.text = "Hej Åse\n";
        m = build(&c);
        check_wire(m);
        assert_header(m, "Content-Type", "text/plain; charset=utf-8");
        assert_header(m, "Content-Transfer-Encoding", "quoted-printable");
        assert_true(str_ends(m, "\r\n\r\nHej =C3=85se\r\n"));
        free(m);
        c.text = "";
        m = build(&c);
        check_wire(m);
}

TEST(worst_growth_fits)
{
        enum { N = 300000 };
        Carry c = carry_sample();
        _cleanup_free_ char *body = malloc(N + 1), *m = NULL, *text = NULL;

        for (int i = 0; i < N; i++)
                body[i] = "\xF0\x9F\x98\x80"[i % 4];
        body[N] = '\0';
        c.text = body;
        m = build(&c);
        check_wire(m);
        text = part_get(m, 0, "plain");
        assert_true(str_eq(text, body));
}

TEST(header_injection_is_refused)
{
        static const char *const texts[] = {
                "Hej\r\nBcc: x@example.dk",
                "Hej\nBcc: x@example.dk",
                "Hej\rBcc: x@example.dk",
                "tab\there",
                "bell\x07",
                "del\x7F",
                "nel\xC2\x85",
                "line separator\xE2\x80\xA8",
                "paragraph\xE2\x80\xA9",
                "cut \xC3",
                "overlong \xC0\x8A",
                "\xFF",
        };
        static const char *const addresses[] = {
                "",
                "@",
                "a@",
                "@example.dk",
                "anna",
                "an na@example.dk",
                "anna@example.dk>",
                "<anna@example.dk",
                "anna@example.dk\r\nBcc: x@example.dk",
                "anna@example.dk\n",
                "anna@ex ample.dk",
                "anna@b@example.dk",
                "anna,bo@example.dk",
                "\"an\r\nna\"@example.dk",
                "anna@[127.0.0.1]",
                "\xC3\xA5se@example.dk",
                "anna@bl\xC3\xA5.dk",
                "anna@example.dk (x)",
                "anna@example.dk, bo@example.dk",
                X70 X70 X70 X70 "@example.dk",
        };
        static const char *const languages[] = {"", "da\r\nX: y", "da,en", "d a", X70};
        Buf b = BUF_NULL;

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                Carry c = carry_sample();

                c.subject = texts[i];
                assert_case(i, mime_build(&c, &b) == -EINVAL);
                c.subject = "Hej";
                c.from_name = texts[i];
                assert_case(i, mime_build(&c, &b) == -EINVAL);
        }
        for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
                Carry c = carry_sample();

                c.to = addresses[i];
                assert_case(i, mime_build(&c, &b) == -EINVAL);
                c = carry_sample();
                c.sender = addresses[i];
                assert_case(i, mime_build(&c, &b) == -EINVAL);
        }
        for (size_t i = 0; i < ARRAY_SIZE(languages); i++) {
                Carry c = carry_sample();

                c.language = languages[i];
                assert_case(i, mime_build(&c, &b) == -EINVAL);
        }
        assert_null(b.data);
}

TEST(every_single_byte_that_could_end_a_header_is_refused_anywhere_in_it)
{
        static const char bad[] = "\r\n\v\f\x1C\x1D\x1E";
        Buf b = BUF_NULL;

        for (size_t i = 0; i < sizeof(bad) - 1; i++)
                for (size_t at = 0; at < 5; at++) {
                        char value[] = "abcde";
                        Carry c = carry_sample();

                        value[at] = bad[i];
                        c.subject = value;
                        assert_case(i, mime_build(&c, &b) == -EINVAL);
                        c.subject = "x";
                        (void)snprintf(c.reference, sizeof(c.reference), "%s", value);
                        assert_case(i, mime_build(&c, &b) == -EINVAL);
                }
}

TEST(what_is_needed_must_be_there)
{
        Buf b = BUF_NULL;
        Carry c = carry_sample();

        c.to = NULL;
        assert_int_equal(mime_build(&c, &b), -EINVAL);
        c = carry_sample();
        c.sender = NULL;
        assert_int_equal(mime_build(&c, &b), -EINVAL);
        c = carry_sample();
        c.subject = NULL;
        assert_int_equal(mime_build(&c, &b), -EINVAL);
        c = carry_sample();
        c.subject = "";
        assert_int_equal(mime_build(&c, &b), -EINVAL);
        c = carry_sample();
        c.text = NULL;
        assert_int_equal(mime_build(&c, &b), -EINVAL);
        c = carry_sample();
        c.reference[0] = '\0';
        assert_int_equal(mime_build(&c, &b), -EINVAL);
        assert_null(b.data);
}

TEST(long_but_lawful_addresses_pass)
{
        Carry c = carry_sample();
        _cleanup_free_ char *m = NULL;
        char to[255];

        (void)snprintf(to, sizeof(to), "%.64s@%.63s.%.63s.%.58s.dk", X70, X70, X70, X70);
        assert_int_equal(strlen(to), 254);
        c.to = to;
        c.sender = "o'brien+tag!#$%&*-/=?^_`{|}~@xn--bl-zia.dk";
        m = build(&c);
        check_wire(m);
        assert_header(m, "Message-ID", "<" REF "@xn--bl-zia.dk>");
}

/* Python reads a message from the file and prints what it understood, NUL between the fields. */
static const char python[] =
        "import sys, email, email.policy, email.utils, email.header\n"
        "m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)\n"
        "assert not m.defects, m.defects\n"
        "b = open(sys.argv[1], 'rb')\n"
        "raw = email.message_from_binary_file(b, policy=email.policy.compat32)\n"
        /* The new policy's reader of names keeps blanks between encoded words; the old one is
           right. */
        "name, addr = email.utils.parseaddr(raw['From'].replace('\\r\\n', ''))\n"
        "name = str(email.header.make_header(email.header.decode_header(name)))\n"
        "t, h = m.iter_parts()\n"
        "assert not t.defects and not h.defects\n"
        "out = [m['Subject'], name, addr, m['To'].addresses[0].addr_spec]\n"
        "out += [p.get_payload(decode=True).decode().replace('\\r\\n', '\\n') for p in (t, h)]\n"
        "out += [m['Date'].datetime.isoformat(), t.get_content_type(), h.get_content_type()]\n"
        "sys.stdout.buffer.write('\\0'.join(out).encode() + b'\\0')\n";

static void assert_python_reads(const Carry *c, const char *script)
{
        _cleanup_free_ char *m = build(c);
        char path[] = "/tmp/test-mime-XXXXXX", command[128], got[16384] = "";
        const char *const want[] = {c->subject,
                                    c->from_name,
                                    c->sender,
                                    c->to,
                                    c->text,
                                    c->html,
                                    "2014-08-24T10:00:00+02:00",
                                    "text/plain",
                                    "text/html"};
        _cleanup_close_ int fd = mkstemp(path);
        const char *p = got;
        size_t n;
        FILE *f;

        assert_true(fd >= 0);
        assert_int_equal(write(fd, m, strlen(m)), strlen(m));
        (void)snprintf(command, sizeof(command), "/usr/bin/python3 -I %s %s", script, path);
        f = popen(command, "r");
        assert_non_null(f);
        n = fread(got, 1, sizeof(got) - 1, f);
        assert_int_equal(pclose(f), 0);
        assert_int_equal(unlink(path), 0);
        for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
                assert_true(p < got + n);
                assert_string_equal(p, want[i]);
                p += strlen(p) + 1;
        }
}

TEST(python_reads_the_same)
{
        static const char *const subjects[] = {
                "Ny post", "Påmindelse: Ulæst Digital Post i en postkasse, du har adgang til",
                "=?utf-8?q?not_a_word?=", "a_b?c=d 😀", "with \"quotes\" and \\ in it"};
        char script[] = "/tmp/test-mime-py-XXXXXX";
        int fd;

        if (access("/usr/bin/python3", X_OK) < 0)
                skip();
        fd = mkstemp(script);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, python, strlen(python)), strlen(python));
        assert_int_equal(close(fd), 0);
        for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
                Carry c = carry_sample();
                size_t n = ARRAY_SIZE(bodies) - 1; /* the last has bytes that no text has */

                c.subject = c.from_name = subjects[i];
                c.text = bodies[(5 * i + 4) % n];
                c.html = bodies[(5 * i + 7) % n];
                assert_python_reads(&c, script);
        }
        assert_int_equal(unlink(script), 0);
}

static int group_setup(_unused_ void **state)
{
        return civil_init();
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(header_says_who_when_and_what),
                cmocka_unit_test(winter_has_another_offset),
                cmocka_unit_test(same_carry_same_bytes),
                cmocka_unit_test(appends_and_leaves_the_buffer_as_it_was_on_failure),
                cmocka_unit_test(subjects_and_names_come_out_as_they_went_in),
                cmocka_unit_test(name_may_be_missing_and_language_too),
                cmocka_unit_test(bodies_come_out_as_they_went_in),
                cmocka_unit_test(soft_breaks_are_right_at_every_column),
                cmocka_unit_test(crlf_and_lf_are_the_same_line_end_and_a_lone_cr_is_none),
                cmocka_unit_test(without_html_there_is_one_part),
                cmocka_unit_test(worst_growth_fits),
                cmocka_unit_test(header_injection_is_refused),
                cmocka_unit_test(
                        every_single_byte_that_could_end_a_header_is_refused_anywhere_in_it),
                cmocka_unit_test(what_is_needed_must_be_there),
                cmocka_unit_test(long_but_lawful_addresses_pass),
                cmocka_unit_test(python_reads_the_same),
        };

        return cmocka_run_group_tests_name("mime", tests, group_setup, NULL);
}
