/*
 * The words that a citizen gets: templates read once, checked once, rendered for each alert.
 *
 * An SMS has a file for each case, because each must be read as a whole by whoever answers for it;
 * an e-mail is one letter whose sentences change. Checking renders every SMS with its longest
 * values and refuses what a telephone would get as two parts, or what GSM 03.38 cannot write: one
 * stray typographic quote would triple the price of a national mailing.
 */
#include "flow/compose.h"

#include "base/secret.h"
#include "base/str.h"
#include "model/template.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

typedef enum SmsCase {
        SMS_OWNER,
        SMS_JOINED,
        SMS_READER,
        SMS_READER_JOINED,
        SMS_REMINDER,
        SMS_READER_REMINDER,
        SMS_TEST,
        _SMS_CASE_MAX
} SmsCase;
typedef enum MailPart { MAIL_SUBJECT, MAIL_TEXT, MAIL_PAGE, _MAIL_PART_MAX } MailPart;

static const char *const sms_names[_SMS_CASE_MAX] = {
        "owner", "joined", "reader", "reader-joined", "reminder", "reader-reminder", "test"};
static const char *const mail_names[_MAIL_PART_MAX] = {"subject.txt", "text.txt", "page.html"};
static const char *const sms_holes[] = {"count",      "sender",     "read_at", "read_url",
                                        "login_name", "help_phone", NULL};
static const char *const mail_holes[] = {
        "count", "sender", "notification", "read_at", "read_url", "login_name", "help_phone",
        "owner", "reader", "single",       "joined",  "reminder", NULL};

struct TextSet {
        TextSettings settings;
        Template *sms[_LANGUAGE_MAX][_SMS_CASE_MAX];
        Template *mail[_LANGUAGE_MAX][_MAIL_PART_MAX];
};

#define TEMPLATE_BYTES_MAX (64 * 1024)
#define COUNT_SHOWN_MAX    999

/* ---- rendering ---- */

typedef struct Values {
        const TextSettings *settings;
        const ComposeWish *wish;
        char count[12];
        char sender[COMPOSE_SENDER_MAX * 4 + 1];
} Values;

static bool is_reader(AlertCase k)
{
        return k == ALERT_CASE_READER || k == ALERT_CASE_READER_REMINDER;
}

static bool is_reminder(AlertCase k)
{
        return k == ALERT_CASE_OWNER_REMINDER || k == ALERT_CASE_READER_REMINDER;
}

static const char *flag(bool v)
{
        return v ? "1" : NULL;
}

static const char *look_up(void *userdata, const char *name)
{
        const Values *v = userdata;
        const ComposeWish *w = v->wish;

        if (str_eq(name, "count"))
                return v->count;
        if (str_eq(name, "sender"))
                return v->sender;
        if (str_eq(name, "notification"))
                return w->notification;
        if (str_eq(name, "read_at"))
                return v->settings->read_at[w->language];
        if (str_eq(name, "read_url"))
                return v->settings->read_url;
        if (str_eq(name, "login_name"))
                return v->settings->login_name;
        if (str_eq(name, "help_phone"))
                return v->settings->help_phone;
        if (str_eq(name, "owner"))
                return flag(!is_reader(w->kase));
        if (str_eq(name, "reader"))
                return flag(is_reader(w->kase));
        if (str_eq(name, "reminder"))
                return flag(is_reminder(w->kase));
        if (str_eq(name, "joined"))
                return flag(!is_reminder(w->kase) && w->n_messages > 1);
        if (str_eq(name, "single"))
                return flag(!is_reminder(w->kase) && w->n_messages <= 1);
        return NULL;
}

/* At most COMPOSE_SENDER_MAX whole characters. */
static void sender_cut(const char *s, char *ret)
{
        size_t len = s ? strlen(s) : 0, i = 0;

        for (unsigned n = 0; i < len && n < COMPOSE_SENDER_MAX; n++) {
                uint32_t cp;
                int k = utf8_next(s + i, len - i, &cp);

                if (k < 0)
                        break;
                i += (size_t)k;
        }
        if (i)
                memcpy(ret, s, i);
        ret[i] = '\0';
}

static Values values_of(const TextSet *t, const ComposeWish *w)
{
        Values v = {.settings = &t->settings, .wish = w};

        if (w->n_messages > COUNT_SHOWN_MAX)
                snprintf(v.count, sizeof(v.count), "%s",
                         w->language == LANGUAGE_EN ? "many" : "mange");
        else
                snprintf(v.count, sizeof(v.count), "%u", w->n_messages);
        sender_cut(w->sender, v.sender);
        return v;
}

static SmsCase sms_case(const ComposeWish *w)
{
        if (w->kase == ALERT_CASE_TEST)
                return SMS_TEST;
        if (is_reminder(w->kase))
                return is_reader(w->kase) ? SMS_READER_REMINDER : SMS_REMINDER;
        if (w->n_messages > 1)
                return is_reader(w->kase) ? SMS_READER_JOINED : SMS_JOINED;
        return is_reader(w->kase) ? SMS_READER : SMS_OWNER;
}

static int render(const Template *tpl, TemplateEscape escape, Values *v, char **ret)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        int r = template_render(tpl, escape, look_up, v, &b);

        if (r < 0)
                return r;
        if (b.len && b.data[b.len - 1] == '\n')
                b.data[--b.len] = '\0';
        *ret = b.len ? buf_take(&b) : strdup("");
        return *ret ? 0 : -ENOMEM;
}

static int segments_of(const char *text, unsigned *ret)
{
        SmsSize s;
        int r = sms_size(text, strlen(text), &s);

        if (r >= 0)
                *ret = s.segments;
        return r;
}

static int compose_sms(const TextSet *t, const ComposeWish *wish, Values *v, ComposedText *ret)
{
        /* The sender's own words, for a single message of theirs (UseSenderText=). */
        int r = wish->notification && sms_case(wish) == SMS_OWNER
                        ? ((ret->text = strdup(wish->notification)) ? 0 : -ENOMEM)
                        : render(t->sms[wish->language][sms_case(wish)], TEMPLATE_PLAIN, v,
                                 &ret->text);

        return r < 0 ? r : segments_of(ret->text, &ret->segments);
}

static int compose_mail(const TextSet *t, const ComposeWish *wish, Values *v, ComposedText *ret)
{
        Template *const *mail = t->mail[wish->language];
        int r = render(mail[MAIL_SUBJECT], TEMPLATE_PLAIN, v, &ret->subject);

        if (r >= 0)
                r = render(mail[MAIL_TEXT], TEMPLATE_PLAIN, v, &ret->text);
        return r < 0 ? r : render(mail[MAIL_PAGE], TEMPLATE_HTML, v, &ret->html);
}

int compose_text(const TextSet *t, const ComposeWish *wish, ComposedText *ret)
{
        Values v = values_of(t, wish);
        int r;

        *ret = (ComposedText){0};
        r = wish->channel == CHANNEL_SMS ? compose_sms(t, wish, &v, ret)
                                         : compose_mail(t, wish, &v, ret);
        if (r < 0)
                composed_done(ret);
        return r;
}

int compose_plain(const char *text, ComposedText *ret)
{
        int r;

        *ret = (ComposedText){0};
        if (!text)
                return -ENODATA;
        ret->text = strdup(text);
        if (!ret->text)
                return -ENOMEM;
        r = segments_of(ret->text, &ret->segments);
        if (r < 0)
                composed_done(ret);
        return r;
}

static void wipe_free(char **s)
{
        if (*s)
                secret_wipe(*s, strlen(*s));
        free(*s);
        *s = NULL;
}

void composed_done(ComposedText *c)
{
        wipe_free(&c->text);
        wipe_free(&c->subject);
        wipe_free(&c->html);
}

/* ---- loading and checking ---- */

typedef struct Loader {
        const char *directory;
        IniFault on_fault;
        void *userdata;
        unsigned faults;
        TextSet *set;
} Loader;

static void fault(Loader *l, const char *file, int line, const char *fmt, ...) _printf_(4, 5);
static void fault(Loader *l, const char *file, int line, const char *fmt, ...)
{
        char text[300];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        l->faults++;
        l->on_fault(l->userdata, file, line, text);
}

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

static int template_load(Loader *l, const char *path, const char *const holes[], Template **ret)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        TemplateFault wrong;
        int r = file_read(path, &text);

        if (r < 0) {
                fault(l, path, 0, "cannot be read: %s; every language needs it", strerror(-r));
                return r == -ENOMEM ? r : 0;
        }
        r = template_parse(buf_str(&text), text.len, holes, ret, &wrong);
        if (r == -EINVAL)
                fault(l, path, wrong.line, "%s", wrong.text);
        return r == -ENOMEM ? r : 0;
}

static int language_load(Loader *l, Language lang)
{
        char path[4096];
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < _SMS_CASE_MAX; i++) {
                snprintf(path, sizeof(path), "%s/%s/sms/%s.txt", l->directory, language_word(lang),
                         sms_names[i]);
                r = template_load(l, path, sms_holes, &l->set->sms[lang][i]);
        }
        for (unsigned i = 0; r >= 0 && i < _MAIL_PART_MAX; i++) {
                snprintf(path, sizeof(path), "%s/%s/email/%s", l->directory, language_word(lang),
                         mail_names[i]);
                r = template_load(l, path, mail_holes, &l->set->mail[lang][i]);
        }
        return r;
}

static bool holds_url(const char *text)
{
        return strstr(text, "http://") || strstr(text, "https://") || strstr(text, "www.");
}

static void sms_check(Loader *l, Language lang, SmsCase k)
{
        char path[4096];
        /* 999 is longer than any count but is beaten by no word: "mange" is longer */
        ComposeWish w = {.language = lang,
                         .n_messages = COUNT_SHOWN_MAX + 1,
                         .sender = "Rigspolitiet og Anklagemyndighedens Center"};
        Values v = values_of(l->set, &w);
        char *text = NULL;
        SmsSize s;

        snprintf(path, sizeof(path), "%s/%s/sms/%s.txt", l->directory, language_word(lang),
                 sms_names[k]);
        if (render(l->set->sms[lang][k], TEMPLATE_PLAIN, &v, &text) < 0 ||
            sms_size(text, strlen(text), &s) < 0)
                fault(l, path, 0, "cannot be rendered");
        else if (s.first_outside)
                fault(l, path, 0,
                      "U+%04X is not in GSM 03.38: it would triple the parts; write it with a "
                      "character of that alphabet",
                      s.first_outside);
        else if (s.segments > 1)
                fault(l, path, 0,
                      "%u septets with its longest values are %u segments; 160 are one: shorten it",
                      s.units, s.segments);
        else if (!l->set->settings.read_url && holds_url(text))
                fault(l, path, 0,
                      "holds a URL, but ReadUrl= is not set: links are what fraud looks like");
        free(text);
}

static void mail_check(Loader *l, Language lang)
{
        ComposeWish w = {.channel = CHANNEL_EMAIL,
                         .language = lang,
                         .kase = ALERT_CASE_OWNER,
                         .n_messages = 1};
        ComposedText c;
        char path[4096];

        snprintf(path, sizeof(path), "%s/%s/email/%s", l->directory, language_word(lang),
                 mail_names[MAIL_TEXT]);
        if (compose_text(l->set, &w, &c) < 0) {
                fault(l, path, 0, "cannot be rendered");
                return;
        }
        assert(c.subject); /* of an e-mail */
        if (!c.subject[0])
                fault(l, path, 0, "subject.txt is empty for an owner with one message");
        if (strchr(c.subject, '\n'))
                fault(l, path, 0, "subject.txt must be one line");
        if (!l->set->settings.read_url && (holds_url(c.text) || holds_url(c.html)))
                fault(l, path, 0,
                      "holds a URL, but ReadUrl= is not set: links are what fraud looks like");
        composed_done(&c);
}

/**
 * textset_load() - read and check every text of every language
 *
 * Errors: -EINVAL after faults were told, -ENOMEM.
 */
int textset_load(const char *directory, const TextSettings *settings, IniFault on_fault,
                 void *userdata, TextSet **ret)
{
        _cleanup_(textset_freep) TextSet *t = calloc(1, sizeof(*t));
        Loader l = {.directory = directory, .on_fault = on_fault, .userdata = userdata, .set = t};
        int r = t ? 0 : -ENOMEM;

        if (r < 0)
                return r;
        t->settings = *settings;
        for (Language lang = 0; r >= 0 && lang < _LANGUAGE_MAX; lang++)
                r = language_load(&l, lang);
        if (r < 0)
                return r;
        for (Language lang = 0; l.faults == 0 && lang < _LANGUAGE_MAX; lang++) {
                for (SmsCase k = 0; k < _SMS_CASE_MAX; k++)
                        sms_check(&l, lang, k);
                mail_check(&l, lang);
        }
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
