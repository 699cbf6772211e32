/*
 * All templates of all languages: read once, checked once, immutable from then on.
 *
 * Checking renders each text in each of its cases with its longest values, as it will be sent, and
 * refuses what a telephone would get as two parts or what GSM 03.38 cannot write (one stray
 * typographic quote would triple the price of a national mailing), a link where the site has set
 * none (links are what fraud looks like), and an e-mail page that fetches anything. Files may come
 * from any editor: a byte-order mark and carriage returns are no part of a text.
 */
#include "flow/compose-priv.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

#define TEMPLATE_BYTES_MAX (64 * 1024)
#define PATH_BYTES_MAX     4096

static const char *const sms_holes[] = {"count",      "sender",     "read_at", "read_url",
                                        "login_name", "help_phone", NULL};
static const char *const mail_holes[] = {
        "count", "sender", "notification", "read_at", "read_url", "login_name", "help_phone",
        "owner", "reader", "single",       "joined",  "reminder", "test",       NULL};

static const char *const mail_names[_MAIL_PART_MAX] = {
        [MAIL_SUBJECT] = "subject.txt", [MAIL_TEXT] = "text.txt", [MAIL_PAGE] = "page.html"};

/* Every case in which a text is sent, with its longest count; the SMS file of each. */
static const struct {
        const char *name;
        AlertCase kase;
        uint32_t n_messages;
} cases[_SMS_CASE_MAX] = {
        [SMS_OWNER] = {"owner", ALERT_CASE_OWNER, 1},
        [SMS_JOINED] = {"joined", ALERT_CASE_OWNER, COUNT_SHOWN_MAX + 1},
        [SMS_READER] = {"reader", ALERT_CASE_READER, 1},
        [SMS_READER_JOINED] = {"reader-joined", ALERT_CASE_READER, COUNT_SHOWN_MAX + 1},
        [SMS_REMINDER] = {"reminder", ALERT_CASE_OWNER_REMINDER, 1},
        [SMS_READER_REMINDER] = {"reader-reminder", ALERT_CASE_READER_REMINDER, 1},
        [SMS_TEST] = {"test", ALERT_CASE_TEST, 1},
};

/* COMPOSE_SENDER_MAX characters of one septet each. */
#define LONGEST_SENDER "Rigspolitiet og Anklagemyndighedens Adm."

typedef struct Loader {
        const char *directory;
        IniFault on_fault;
        void *userdata;
        unsigned faults;
        TextSet *set;
        char path[PATH_BYTES_MAX]; /* of the file that is looked at */
} Loader;

static void fault(Loader *l, int line, const char *fmt, ...) _printf_(3, 4);
static void fault(Loader *l, int line, const char *fmt, ...)
{
        char text[300];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        l->faults++;
        l->on_fault(l->userdata, l->path, line, text);
}

static void at_sms(Loader *l, Language lang, SmsCase k)
{
        snprintf(l->path, sizeof(l->path), "%s/%s/sms/%s.txt", l->directory, language_word(lang),
                 cases[k].name);
}

static void at_mail(Loader *l, Language lang, MailPart part)
{
        snprintf(l->path, sizeof(l->path), "%s/%s/email/%s", l->directory, language_word(lang),
                 mail_names[part]);
}

/* ---- reading ---- */

static int file_read(const char *path, Buf *ret)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        while (ret->len <= TEMPLATE_BYTES_MAX) {
                ssize_t n;
                int r = buf_reserve(ret, 4096);

                if (r < 0)
                        return r;
                n = read(fd, ret->data + ret->len, 4096);
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                ret->len += (size_t)n;
                ret->data[ret->len] = '\0';
        }
        return -E2BIG;
}

/* Whatever editor it comes from: without byte-order mark and carriage returns. */
static void text_clean(Buf *b)
{
        static const char bom[] = "\xef\xbb\xbf";
        size_t to = 0, from = b->len >= 3 && memcmp(b->data, bom, 3) == 0 ? 3 : 0;

        for (; from < b->len; from++)
                if (b->data[from] != '\r')
                        b->data[to++] = b->data[from];
        if (b->data)
                b->data[to] = '\0';
        b->len = to;
}

static int template_load(Loader *l, const char *const holes[], Template **ret)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        TemplateFault wrong;
        int r = file_read(l->path, &text);

        if (r < 0) {
                fault(l, 0, "cannot be read: %s; every language needs it", strerror(-r));
                return r == -ENOMEM ? r : 0;
        }
        text_clean(&text);
        r = template_parse(buf_str(&text), text.len, holes, ret, &wrong);
        if (r == -EINVAL)
                fault(l, wrong.line, "%s", wrong.text);
        return r == -ENOMEM ? r : 0;
}

static int language_load(Loader *l, Language lang)
{
        int r = 0;

        for (SmsCase k = 0; r >= 0 && k < _SMS_CASE_MAX; k++) {
                at_sms(l, lang, k);
                r = template_load(l, sms_holes, &l->set->sms[lang][k]);
        }
        for (MailPart part = 0; r >= 0 && part < _MAIL_PART_MAX; part++) {
                at_mail(l, lang, part);
                r = template_load(l, mail_holes, &l->set->mail[lang][part]);
        }
        return r;
}

/* ---- checking ---- */

static void url_check(Loader *l, const char *what, const char *text)
{
        static const char *const marks[] = {"http://", "https://", "www."};

        for (unsigned i = 0; !l->set->settings.read_url && i < ARRAY_SIZE(marks); i++)
                if (strcasestr(text, marks[i])) {
                        fault(l, 0,
                              "%s: holds a URL (%s), but ReadUrl= is not set: links are what fraud "
                              "looks like; take it out, or set ReadUrl=",
                              what, marks[i]);
                        return;
                }
}

static void sms_judge(Loader *l, const char *what, const char *text)
{
        SmsSize s = {0};

        if (sms_size(text, strlen(text), &s) < 0)
                fault(l, 0, "%s: a setting in it is not UTF-8", what);
        else if (!text[0])
                fault(l, 0, "%s: is empty", what);
        else if (s.first_outside)
                fault(l, 0,
                      "%s: U+%04X is not in GSM 03.38: it would triple the parts; write it with a "
                      "character of that alphabet",
                      what, s.first_outside);
        else if (s.segments > 1)
                fault(l, 0,
                      "%s: %u septets with its longest values are %u segments; 160 are one: "
                      "shorten it",
                      what, s.units, s.segments);
        url_check(l, what, text);
}

static int sms_check(Loader *l, Language lang, SmsCase k, const char *sender)
{
        ComposeWish w = {.language = lang,
                         .kase = cases[k].kase,
                         .n_messages = cases[k].n_messages,
                         .sender = sender};
        _cleanup_free_ char *text = NULL;
        int r;

        at_sms(l, lang, k);
        r = compose_render(l->set, l->set->sms[lang][k], TEMPLATE_PLAIN, &w, &text);
        if (r >= 0)
                sms_judge(l, sender ? "with a sender" : cases[k].name, text);
        return r;
}

static void subject_judge(Loader *l, const char *what, const char *subject)
{
        if (!subject[0])
                fault(l, 0, "%s: is empty", what);
        if (strchr(subject, '\n'))
                fault(l, 0, "%s: must be one line", what);
        url_check(l, what, subject);
}

/* No picture, no script, nothing that tells anybody that the e-mail was opened. */
static void page_judge(Loader *l, Language lang, const char *what, const char *page)
{
        static const char *const fetches[] = {"<img",    "<script", "<link",  "<iframe",
                                              "<object", "<embed",  "<form",  "<video",
                                              "src=",    "url(",    "@import"};
        char html[32];

        snprintf(html, sizeof(html), "<html lang=\"%s\"", language_word(lang));
        if (!strcasestr(page, html))
                fault(l, 0, "%s: must say %s>, so that it is read aloud as what it is", what, html);
        for (unsigned i = 0; i < ARRAY_SIZE(fetches); i++)
                if (strcasestr(page, fetches[i]))
                        fault(l, 0, "%s: holds %s: an e-mail fetches nothing and runs nothing",
                              what, fetches[i]);
        if (!l->set->settings.read_url && strcasestr(page, "<a "))
                fault(l, 0, "%s: holds a link, but ReadUrl= is not set: take it out", what);
        url_check(l, what, page);
}

static int mail_check(Loader *l, Language lang, SmsCase k)
{
        ComposeWish w = {.channel = CHANNEL_EMAIL,
                         .language = lang,
                         .kase = cases[k].kase,
                         .n_messages = cases[k].n_messages};
        ComposedText c;
        int r = compose_text(l->set, &w, &c);

        if (r < 0)
                return r;
        at_mail(l, lang, MAIL_SUBJECT);
        subject_judge(l, cases[k].name, c.subject);
        at_mail(l, lang, MAIL_TEXT);
        if (!c.text[0])
                fault(l, 0, "%s: is empty", cases[k].name);
        url_check(l, cases[k].name, c.text);
        at_mail(l, lang, MAIL_PAGE);
        page_judge(l, lang, cases[k].name, c.html);
        composed_done(&c);
        return 0;
}

static int language_check(Loader *l, Language lang)
{
        int r = sms_check(l, lang, SMS_OWNER, LONGEST_SENDER);

        for (SmsCase k = 0; r >= 0 && k < _SMS_CASE_MAX; k++) {
                r = sms_check(l, lang, k, NULL);
                if (r >= 0)
                        r = mail_check(l, lang, k);
        }
        return r;
}

/**
 * textset_load() - read and check every text of every language
 * @directory:  holds LANGUAGE/sms/CASE.txt and LANGUAGE/email/PART
 * @settings:   what they point to is borrowed as long as the set lives
 * @on_fault:   told each fault with its file and line (0 = the whole file)
 *
 * What cannot be read or parsed is told for all files before anything is rendered.
 * Errors: -EINVAL after faults were told, -ENOMEM.
 */
int textset_load(const char *directory, const TextSettings *settings, IniFault on_fault,
                 void *userdata, TextSet **ret)
{
        _cleanup_(textset_freep) TextSet *t = calloc(1, sizeof(*t));
        Loader l = {.directory = directory, .on_fault = on_fault, .userdata = userdata, .set = t};
        int r = t ? 0 : -ENOMEM;
        bool whole;

        if (r < 0)
                return r;
        t->settings = *settings;
        for (Language lang = 0; r >= 0 && lang < _LANGUAGE_MAX; lang++)
                r = language_load(&l, lang);
        whole = l.faults == 0;
        for (Language lang = 0; r >= 0 && whole && lang < _LANGUAGE_MAX; lang++)
                r = language_check(&l, lang);
        if (r < 0)
                return r;
        if (l.faults)
                return -EINVAL;
        *ret = TAKE_PTR(t);
        return 0;
}

TextSet *textset_free(TextSet *t)
{
        if (!t)
                return NULL;
        for (Language lang = 0; lang < _LANGUAGE_MAX; lang++) {
                for (unsigned i = 0; i < _SMS_CASE_MAX; i++)
                        template_free(t->sms[lang][i]);
                for (unsigned i = 0; i < _MAIL_PART_MAX; i++)
                        template_free(t->mail[lang][i]);
        }
        free(t);
        return NULL;
}
