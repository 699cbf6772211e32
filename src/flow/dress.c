/*
 * Station 8, compose: a leased alert gets its words, its reference, and the sender's side of the
 * envelope.
 *
 * The reference names the alert and the first try of the present doubt, so that a repeat of an
 * uncertain attempt carries the same one and a gateway that knows it does not send twice.
 */
#include "flow/dress.h"

#include "base/cleanup.h"
#include "plan/window.h"

#include <errno.h>

/* What a gateway may still do with it ends when it would have expired here, in open time; never
 * less than a minute. */
#define VALIDITY_LEAST_USEC (60 * USEC_PER_SEC)

static usec_t validity_of(usec_t end, usec_t now)
{
        return end > now + VALIDITY_LEAST_USEC ? end - now : VALIDITY_LEAST_USEC;
}

static int words_of(const Flow *f, const StoreClaim *c, Channel channel, ComposedText *ret)
{
        ComposeWish wish = {.channel = channel,
                            .language = c->language,
                            .kase = c->alert.kase,
                            .n_messages = c->alert.n_messages};

        if (c->alert.kase == ALERT_CASE_NEMSMS)
                return compose_plain(c->notification, ret);
        if (c->alert.n_messages == 1 && c->alert.kase == ALERT_CASE_OWNER) {
                wish.sender = c->label; /* kept only for those that ShowSender= names */
                wish.notification = c->notification; /* and UseSenderText= */
        }
        return compose_text(f->p.texts, &wish, ret);
}

/* A digest, a brake or a window may put an alert's hour behind its filing; who measures how fast we
 * are begins there. */
static usec_t hour_of(const Flow *f, const StoreAlert *a, usec_t not_before)
{
        const Window *w = &flow_policy(f)->window[LANE_CHANNEL(a->home)];
        usec_t hour = MAX_OF(a->filed_usec, not_before);

        if (!LANE_WINDOWED(a->home) || plan_window_is_open(w, hour))
                return hour;
        return plan_window_next(w, hour);
}

static int carry_make(const Flow *f, const Way *way, const StoreClaim *c, const ComposedText *words,
                      Carry **ret)
{
        const Gateway *g = way->gateway;
        usec_t now = clock_now_usec();
        char reference[REFERENCE_LEN + 1], from[300] = "";
        CarryWords w = {.to = c->to,
                        .sender = g->sender,
                        .from_name = g->from_name,
                        .text = words->text,
                        .subject = words->subject,
                        .html = words->html,
                        .language = language_word(c->language)};
        int r = reference_make(f->secret,
                               (Reference){.alert = c->alert.id, .attempt = c->alert.first_try},
                               reference);

        if (r < 0)
                return r;
        if (g->channel == CHANNEL_EMAIL && g->bounce_domain) {
                snprintf(from, sizeof(from), "bounce+%s@%s", reference, g->bounce_domain);
                w.envelope_from = from;
        }
        r = carry_new(&w, ret);
        if (r < 0)
                return r;
        memcpy((*ret)->reference, reference, sizeof(reference));
        (*ret)->alert = c->alert.id;
        (*ret)->attempt = c->alert.attempts;
        (*ret)->lease = c->alert.lease;
        (*ret)->channel = g->channel;
        (*ret)->date_usec = now;
        (*ret)->posted_usec = c->available_usec;
        (*ret)->admitted_usec = c->admitted_usec;
        (*ret)->due_usec = hour_of(f, &c->alert, c->not_before_usec);
        (*ret)->segments = words->segments;
        (*ret)->sender_cvr = c->sender_cvr;
        return 0;
}

int dress_alert(Flow *f, const Way *way, const StoreClaim *c, usec_t expires_usec, Carry **ret)
{
        _cleanup_(composed_done) ComposedText words = {0};
        int r = words_of(f, c, way->gateway->channel, &words);

        if (r >= 0)
                r = carry_make(f, way, c, &words, ret);
        if (r >= 0)
                (*ret)->validity_usec = validity_of(expires_usec, (*ret)->date_usec);
        return r;
}

Carry *dress_bare(const StoreClaim *c)
{
        Carry *carry = NULL;

        if (carry_new(&(CarryWords){.to = ""}, &carry) < 0)
                return NULL;
        carry->alert = c->alert.id;
        carry->attempt = c->alert.attempts;
        carry->lease = c->alert.lease;
        carry->channel = LANE_CHANNEL(c->alert.home);
        return carry;
}
