/*
 * Alerts that came to their end without an answer of a gateway: too late, no longer wanted,
 * silence.
 *
 * The journal has an entry for each finished alert, whatever finished it. Where a gateway's answer
 * or report did, settle and receipts say so; the rest is noted on the writer and told here once the
 * commit stands. Those that a letter's recall or its being read took away are no attempts of ours
 * and have no entry.
 */
#include "flow/ending.h"

#include <string.h>

void endings_note(Endings *e, const StoreAlert *after, AlertEvent on, const Profile *profile)
{
        if (!alert_state_is_end(after->state) || e->n == ENDINGS_MAX)
                return;
        e->item[e->n].after = *after;
        e->item[e->n].on = on;
        e->item[e->n].profile = *profile;
        e->n++;
}

static void ending_tell(Flow *f, const StoreAlert *a, AlertEvent on, const Profile *profile)
{
        const Way *w = way_by_id(f, a->gateway);
        const char *channel = channel_word(LANE_CHANNEL(a->home));
        _cleanup_log_ LogFields fields = {0};
        char delays[PROFILE_TEXT_MAX];

        log_field(&fields, "ADVISD_ALERT", "%lld", (long long)a->id);
        log_field(&fields, "ADVISD_MESSAGE", "%lld", (long long)a->message);
        log_field(&fields, "ADVISD_CHANNEL", "%s", channel);
        log_field(&fields, "ADVISD_GATEWAY", "%s", w && a->attempts ? w->gateway->name : "none");
        log_field(&fields, "ADVISD_OUTCOME", "%s", alert_event_word(on));
        log_field(&fields, "ADVISD_STATE", "%s", alert_state_word(a->state));
        log_field(&fields, "ADVISD_ATTEMPTS", "%u", a->attempts);
        log_field(&fields, "ADVISD_CODE", "0");
        log_field(&fields, "ADVISD_REASON", "%s", alert_event_word(on));
        profile_fields(profile, &fields);
        log_event(LOG_ID_ALERT_DONE, &fields, "alert %lld: %s by %s (%s), attempts %u, delays=%s",
                  (long long)a->id, alert_state_word(a->state), channel, alert_event_word(on),
                  a->attempts, profile_text(profile, delays));
}

void endings_tell(Flow *f, Endings *e)
{
        for (unsigned i = 0; i < e->n; i++)
                ending_tell(f, &e->item[i].after, e->item[i].on, &e->item[i].profile);
        e->n = 0;
}
