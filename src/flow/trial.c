/*
 * A trial: does this gateway take what we send, with these credentials, now?
 *
 * It is no alert: it stands in no queue, waits for no window, obeys no pause, and neither heals nor
 * hurts the gateway's health, so it can be asked before a gateway is resumed. It obeys AllowOnly=,
 * takes a place of the gateway's pace, and says in its text that it is a test (texts.md). Its
 * reference names an alert that never is: a report that comes for it is counted as a stranger's.
 */
#include "flow/trial.h"

#include "model/mailaddr.h"
#include "model/phone.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>

#define VALIDITY_USEC (10 * USEC_PER_MIN) /* a test that comes later tells nothing */

struct Trial {
        Trial *next;
        const Carry *carry;
        usec_t begun_usec;
        FlowTriedDone on_done;
        void *userdata;
};

typedef union Address {
        Phone phone;
        MailAddr mail;
} Address;

/* The address in its normal form; NULL = it is none. */
static const char *address_of(const Flow *f, Channel channel, const char *to, Address *buf)
{
        int r = channel == CHANNEL_SMS
                        ? phone_parse(to, strlen(to), f->p.config->countries, &buf->phone)
                        : mailaddr_parse(to, strlen(to), &buf->mail);

        if (r != 0)
                return NULL;
        return channel == CHANNEL_SMS ? buf->phone.e164 : buf->mail.text;
}

static bool is_allowed(const Flow *f, const Gateway *g, const char *to)
{
        char normal[MAILADDR_MAX + 1];
        MailAddr m;

        if (!f->allow || g->kind == GATEWAY_OUTBOX)
                return true;
        if (g->channel == CHANNEL_EMAIL && mailaddr_parse(to, strlen(to), &m) == 0)
                to = mailaddr_normal(&m, normal);
        return allow_has(f->allow, f->secret, g->channel, to);
}

static int words_make(const Flow *f, const Gateway *g, Language language, ComposedText *ret)
{
        ComposeWish wish = {.channel = g->channel,
                            .language = language,
                            .kase = ALERT_CASE_TEST,
                            .n_messages = 1};

        return compose_text(f->p.texts, &wish, ret);
}

/* Ids of alerts never come near the clock's µs; each trial has a reference of its own, or a gateway
 * that knows repeats would swallow the second. */
static int carry_make(Flow *f, const Gateway *g, const char *to, Language language, Carry **ret)
{
        _cleanup_(composed_done) ComposedText words = {0};
        usec_t now = clock_now_usec();
        char reference[REFERENCE_LEN + 1];
        CarryWords w = {.to = to,
                        .sender = g->sender,
                        .from_name = g->from_name,
                        .language = language_word(language)};
        int r = words_make(f, g, language, &words);

        f->last_trial = MAX_OF((int64_t)now, f->last_trial + 1);
        if (r >= 0)
                r = reference_make(f->secret, (Reference){.alert = f->last_trial, .attempt = 1},
                                   reference);
        if (r < 0)
                return r;
        w.text = words.text;
        w.subject = words.subject;
        w.html = words.html;
        r = carry_new(&w, ret);
        if (r < 0)
                return r;
        memcpy((*ret)->reference, reference, sizeof(reference));
        (*ret)->alert = TRIAL_ALERT;
        (*ret)->attempt = 1;
        (*ret)->channel = g->channel;
        (*ret)->date_usec = now;
        (*ret)->segments = words.segments;
        (*ret)->validity_usec = VALIDITY_USEC;
        return 0;
}

static int trial_send(Flow *f, Way *w, Carry *carry, Trial *t)
{
        int r;

        t->carry = carry;
        t->begun_usec = clock_now_usec();
        way_sends(w, carry);
        r = channel_send(w->io, carry);
        if (r != 0) {
                w->seen.in_flight--;
                return r;
        }
        t->next = f->trials;
        f->trials = t;
        channel_flush(w->io);
        return 0;
}

static Way *way_named(Flow *f, const char *name)
{
        for (unsigned i = 0; i < f->n_ways; i++)
                if (str_eq(f->way[i]->gateway->name, name))
                        return f->way[i];
        return NULL;
}

int flow_gateway_test(Flow *f, const FlowTrial *trial, FlowTriedDone on_done, void *userdata)
{
        Way *w = way_named(f, trial->gateway);
        Carry *carry = NULL;
        const char *to;
        Address buf;
        Trial *t;
        int r;

        if (!w)
                return STORE_E_NOT_FOUND;
        to = address_of(f, w->gateway->channel, trial->to, &buf);
        if (!to)
                return FLOW_E_ADDRESS;
        if (!is_allowed(f, w->gateway, to))
                return FLOW_E_NOT_ALLOWED;
        if (f->draining || channel_room(w->io) == 0)
                return FLOW_E_BUSY;
        t = calloc(1, sizeof(*t));
        r = t ? carry_make(f, w->gateway, to, trial->language, &carry) : -ENOMEM;
        secret_wipe(&buf, sizeof(buf));
        if (r >= 0) {
                *t = (Trial){.on_done = on_done, .userdata = userdata};
                r = trial_send(f, w, carry, t);
        }
        if (r != 0) {
                carry_free(carry);
                free(t);
        }
        return r > 0 ? FLOW_E_BUSY : r;
}

void trial_take(Flow *f, Carry *carry, Outcome *outcome)
{
        Trial **at = &f->trials, *t;
        FlowTried tried = {
                .kind = outcome->kind, .code = outcome->code, .segments = carry->segments};

        while (*at && (*at)->carry != carry)
                at = &(*at)->next;
        assert(*at); /* each came from trial_send() */
        t = *at;
        *at = t->next;
        memcpy(tried.enhanced, outcome->enhanced, sizeof(tried.enhanced));
        memcpy(tried.reason, outcome->reason, sizeof(tried.reason));
        memcpy(tried.gateway_ref, outcome->gateway_ref, sizeof(tried.gateway_ref));
        tried.took_usec = clock_now_usec() > t->begun_usec ? clock_now_usec() - t->begun_usec : 0;
        carry_free(carry);
        outcome_done(outcome);
        t->on_done(t->userdata, &tried);
        free(t);
}
