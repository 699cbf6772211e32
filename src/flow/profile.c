/*
 * When an alert passed its stations, and how long it was on the way between them.
 *
 * a from its first letter being available to that being admitted, b to the alert being filed, c to
 * the last claim, d to the gateway's answer, e to the report. A wall clock that was set back in
 * between makes a delay 0, never negative. The journal has them as numbers in microseconds, for who
 * counts, and as one word in seconds, for who reads.
 */
#include "flow/profile.h"

#include "store/message.h"

#include <inttypes.h>
#include <stdio.h>

static usec_t span_usec(usec_t from, usec_t to)
{
        return from && to > from ? to - from : 0;
}

static double span_s(usec_t from, usec_t to)
{
        return (double)span_usec(from, to) / (double)USEC_PER_SEC;
}

int profile_load(StoreTx *tx, const StoreAlert *a, Profile *ret)
{
        StoreMessage m = {0};
        int r = store_message_load(tx, a->message, &m);

        *ret = (Profile){.posted_usec = m.available_usec,
                         .admitted_usec = m.admitted_usec,
                         .filed_usec = a->filed_usec,
                         .claimed_usec = a->claimed_usec,
                         .answered_usec = a->handed_usec,
                         .reported_usec = store_tx_now(tx)};
        return r < 0 ? r : 0;
}

const char *profile_text(const Profile *p, char ret[PROFILE_TEXT_MAX])
{
        int n = snprintf(
                ret, PROFILE_TEXT_MAX, "%.3g/%.3g/%.3g/%.3g",
                span_s(p->posted_usec, p->admitted_usec), span_s(p->admitted_usec, p->filed_usec),
                span_s(p->filed_usec, p->claimed_usec), span_s(p->claimed_usec, p->answered_usec));

        if (p->reported_usec)
                (void)snprintf(ret + n, (size_t)(PROFILE_TEXT_MAX - n), "/%.3g",
                               span_s(p->answered_usec, p->reported_usec));
        return ret;
}

void profile_fields(const Profile *p, LogFields *f)
{
        const struct {
                const char *name;
                usec_t from, to;
        } spans[] = {
                {"ADVISD_DELAY_A_USEC", p->posted_usec, p->admitted_usec},
                {"ADVISD_DELAY_B_USEC", p->admitted_usec, p->filed_usec},
                {"ADVISD_DELAY_C_USEC", p->filed_usec, p->claimed_usec},
                {"ADVISD_DELAY_D_USEC", p->claimed_usec, p->answered_usec},
                {"ADVISD_DELAY_E_USEC", p->answered_usec, p->reported_usec},
        };
        char text[PROFILE_TEXT_MAX];

        log_field(f, "ADVISD_DELAYS", "%s", profile_text(p, text));
        for (size_t i = 0; i < ARRAY_SIZE(spans) - (p->reported_usec == 0); i++)
                log_field(f, spans[i].name, "%" PRIu64, span_usec(spans[i].from, spans[i].to));
}
