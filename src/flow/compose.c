/*
 * The words that a citizen gets: a template that textset has checked, filled for one alert.
 *
 * An SMS has a file for each case, because each must be read as a whole by whoever answers for it;
 * an e-mail is one letter whose sentences change. What a reader may not know (the sender, the
 * sender's own words) has no value in a reader's alert, whatever a site writes into its templates.
 *
 * A sender's name comes from outside and is the only part of our own SMS texts that can make a
 * second segment or leave GSM 03.38; where it would, it is left out: the same text without a name
 * is one segment, as was proven before the daemon ran.
 */
#include "flow/compose-priv.h"

#include "base/secret.h"
#include "base/str.h"

#include <errno.h>

typedef struct Values {
        const TextSettings *settings;
        const ComposeWish *wish;
        char count[12];
        char sender[COMPOSE_SENDER_MAX * 4 + 1];
} Values;

static bool is_reader(const ComposeWish *w)
{
        return w->kase == ALERT_CASE_READER || w->kase == ALERT_CASE_READER_REMINDER;
}

static bool is_reminder(const ComposeWish *w)
{
        return alert_case_is_reminder(w->kase);
}

static bool is_test(const ComposeWish *w)
{
        return w->kase == ALERT_CASE_TEST;
}

static bool is_joined(const ComposeWish *w)
{
        return !is_reminder(w) && !is_test(w) && w->n_messages > 1;
}

static bool is_single(const ComposeWish *w)
{
        return !is_reminder(w) && !is_test(w) && w->n_messages <= 1;
}

/* Only an owner who is told of one letter may be told of its sender. */
static bool may_name_sender(const ComposeWish *w)
{
        return is_single(w) && !is_reader(w);
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
                return may_name_sender(w) ? w->notification : NULL;
        if (str_eq(name, "read_at"))
                return v->settings->read_at[w->language];
        if (str_eq(name, "read_url"))
                return v->settings->read_url;
        if (str_eq(name, "login_name"))
                return v->settings->login_name;
        if (str_eq(name, "help_phone"))
                return v->settings->help_phone;
        if (str_eq(name, "owner"))
                return flag(!is_reader(w) && !is_test(w));
        if (str_eq(name, "reader"))
                return flag(is_reader(w));
        if (str_eq(name, "reminder"))
                return flag(is_reminder(w));
        if (str_eq(name, "joined"))
                return flag(is_joined(w));
        if (str_eq(name, "single"))
                return flag(is_single(w));
        if (str_eq(name, "test"))
                return flag(is_test(w));
        return NULL;
}

/* At most COMPOSE_SENDER_MAX whole characters, none of them a control: a name is one line. */
static void sender_cut(const char *s, char *ret)
{
        size_t len = s ? strlen(s) : 0, i = 0;

        for (unsigned n = 0; i < len && n < COMPOSE_SENDER_MAX; n++) {
                uint32_t cp;
                int k = utf8_next(s + i, len - i, &cp);

                if (k < 0)
                        break;
                memcpy(ret + i, s + i, (size_t)k);
                if (cp < ' ' || cp == 0x7f)
                        ret[i] = ' ';
                i += (size_t)k;
        }
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
        sender_cut(may_name_sender(w) ? w->sender : NULL, v.sender);
        return v;
}

int compose_render(const TextSet *t, const Template *tpl, TemplateEscape escape,
                   const ComposeWish *wish, char **ret)
{
        _cleanup_(buf_done) Buf b = BUF_NULL;
        Values v = values_of(t, wish);
        int r = template_render(tpl, escape, look_up, &v, &b);

        if (r < 0)
                return r;
        if (b.len && b.data[b.len - 1] == '\n')
                b.data[--b.len] = '\0';
        *ret = b.len ? buf_take(&b) : strdup("");
        return *ret ? 0 : -ENOMEM;
}

SmsCase compose_sms_case(const ComposeWish *w)
{
        if (is_test(w))
                return SMS_TEST;
        if (is_reminder(w))
                return is_reader(w) ? SMS_READER_REMINDER : SMS_REMINDER;
        if (is_joined(w))
                return is_reader(w) ? SMS_READER_JOINED : SMS_JOINED;
        return is_reader(w) ? SMS_READER : SMS_OWNER;
}

static void wipe_free(char **s)
{
        if (*s)
                secret_wipe(*s, strlen(*s));
        free(*s);
        *s = NULL;
}

static int sms_render(const TextSet *t, const ComposeWish *wish, SmsSize *size, char **ret)
{
        const Template *tpl = t->sms[wish->language][compose_sms_case(wish)];
        int r = compose_render(t, tpl, TEMPLATE_PLAIN, wish, ret);

        return r < 0 ? r : sms_size(*ret, strlen(*ret), size);
}

static int compose_sms(const TextSet *t, const ComposeWish *wish, ComposedText *ret)
{
        ComposeWish unnamed = *wish;
        SmsSize size = {0};
        int r;

        /* The sender's own words, for a single message of theirs (UseSenderText=). */
        if (wish->notification && may_name_sender(wish))
                return compose_plain(wish->notification, ret);
        r = sms_render(t, wish, &size, &ret->text);
        if (r >= 0 && wish->sender && (size.segments > 1 || size.alphabet != SMS_GSM)) {
                wipe_free(&ret->text);
                unnamed.sender = NULL;
                r = sms_render(t, &unnamed, &size, &ret->text);
        }
        ret->segments = size.segments;
        return r;
}

static int compose_mail(const TextSet *t, const ComposeWish *wish, ComposedText *ret)
{
        Template *const *mail = t->mail[wish->language];
        int r = compose_render(t, mail[MAIL_SUBJECT], TEMPLATE_PLAIN, wish, &ret->subject);

        if (r >= 0)
                r = compose_render(t, mail[MAIL_TEXT], TEMPLATE_PLAIN, wish, &ret->text);
        return r < 0 ? r : compose_render(t, mail[MAIL_PAGE], TEMPLATE_HTML, wish, &ret->html);
}

/**
 * compose_text() - the words of one alert
 * @ret:    owned; composed_done() wipes it. Empty on failure
 *
 * Not for NemSMS, whose words are its sender's: compose_plain(). Errors: -ENOMEM.
 */
int compose_text(const TextSet *t, const ComposeWish *wish, ComposedText *ret)
{
        int r;

        *ret = (ComposedText){0};
        r = wish->channel == CHANNEL_SMS ? compose_sms(t, wish, ret) : compose_mail(t, wish, ret);
        if (r < 0)
                composed_done(ret);
        return r;
}

/**
 * compose_plain() - a sender's own words as an SMS, neither cut nor changed
 *
 * Errors: -ENODATA when there are none, -EINVAL when they are not UTF-8, -ENOMEM.
 */
int compose_plain(const char *text, ComposedText *ret)
{
        SmsSize size;
        int r;

        *ret = (ComposedText){0};
        if (!text)
                return -ENODATA;
        r = sms_size(text, strlen(text), &size);
        if (r < 0)
                return r;
        ret->text = strdup(text);
        ret->segments = size.segments;
        return ret->text ? 0 : -ENOMEM;
}

void composed_done(ComposedText *c)
{
        wipe_free(&c->text);
        wipe_free(&c->subject);
        wipe_free(&c->html);
}
