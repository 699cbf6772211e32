/*
 * The life of an alert: what each event makes of each state. This table is the only place where
 * that is decided.
 *
 * Two answers change nothing: NO (somebody asked for what cannot be had: what has left the house
 * cannot be cancelled) and LATE (a report after an end: kept and counted, the end stands). NEVER
 * means that our own code is wrong.
 *
 * Surprising cells, and why:
 * - WAITING takes reports. An alert that waits to be repeated in doubt may have arrived by its
 * first try; one that we gave back unsent may have left after all. Whoever carries our MAC knows
 * better than we do.
 * - WAITING can be given up: when a repeat in doubt expires or is no longer wanted, nobody may say
 * that it certainly never left.
 * - LEASED takes reports: a fast gateway reports before our own commit. The verdict that follows
 * finds the lease gone.
 * - LEASED, HANDED and UNCERTAIN refuse to be cancelled or suppressed: it would be a guess about
 * the world.
 */
#include "model/alert.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <assert.h>

#define __ ALERT_NEVER
#define NO ALERT_NO

static const int8_t step_open[][_ALERT_EVENT_MAX] = {
        [ALERT_WAITING] =
                {
                        [ALERT_ON_LEASE] = ALERT_LEASED,
                        [ALERT_ON_YIELD] = __,
                        [ALERT_ON_TAKE] = __,
                        [ALERT_ON_TAKE_FINAL] = __,
                        [ALERT_ON_FAIL] = __,
                        [ALERT_ON_REFUSE] = __,
                        [ALERT_ON_DOUBT] = __,
                        [ALERT_ON_REPEAT] = __,
                        [ALERT_ON_GIVE_UP] = ALERT_UNRESOLVED,
                        [ALERT_ON_REPORT_GOOD] = ALERT_DELIVERED,
                        [ALERT_ON_REPORT_BAD] = ALERT_REJECTED,
                        [ALERT_ON_SILENCE] = __,
                        [ALERT_ON_EXPIRE] = ALERT_EXPIRED,
                        [ALERT_ON_CANCEL] = ALERT_CANCELLED,
                        [ALERT_ON_SUPPRESS] = ALERT_SUPPRESSED,
                },
        [ALERT_LEASED] =
                {
                        [ALERT_ON_LEASE] = __,
                        [ALERT_ON_YIELD] = ALERT_WAITING,
                        [ALERT_ON_TAKE] = ALERT_HANDED,
                        [ALERT_ON_TAKE_FINAL] = ALERT_ACCEPTED,
                        [ALERT_ON_FAIL] = ALERT_WAITING,
                        [ALERT_ON_REFUSE] = ALERT_REJECTED,
                        [ALERT_ON_DOUBT] = ALERT_UNCERTAIN,
                        [ALERT_ON_REPEAT] = __,
                        [ALERT_ON_GIVE_UP] =
                                ALERT_UNRESOLVED, /* OnUncertain=stop: in doubt, and never again */
                        [ALERT_ON_REPORT_GOOD] = ALERT_DELIVERED,
                        [ALERT_ON_REPORT_BAD] = ALERT_REJECTED,
                        [ALERT_ON_SILENCE] = __,
                        [ALERT_ON_EXPIRE] = ALERT_EXPIRED, /* certainly not taken, and no time left
                                                              to repeat it */
                        [ALERT_ON_CANCEL] = NO,
                        [ALERT_ON_SUPPRESS] = NO,
                },
        [ALERT_HANDED] =
                {
                        [ALERT_ON_LEASE] = __,
                        [ALERT_ON_YIELD] = __,
                        [ALERT_ON_TAKE] = __,
                        [ALERT_ON_TAKE_FINAL] = __,
                        [ALERT_ON_FAIL] = __,
                        [ALERT_ON_REFUSE] = __,
                        [ALERT_ON_DOUBT] = __,
                        [ALERT_ON_REPEAT] = __,
                        [ALERT_ON_GIVE_UP] = __,
                        [ALERT_ON_REPORT_GOOD] = ALERT_DELIVERED,
                        [ALERT_ON_REPORT_BAD] = ALERT_REJECTED,
                        [ALERT_ON_SILENCE] = ALERT_ACCEPTED,
                        [ALERT_ON_EXPIRE] = __,
                        [ALERT_ON_CANCEL] = NO,
                        [ALERT_ON_SUPPRESS] = NO,
                },
        [ALERT_UNCERTAIN] =
                {
                        [ALERT_ON_LEASE] = __,
                        [ALERT_ON_YIELD] = __,
                        [ALERT_ON_TAKE] = __,
                        [ALERT_ON_TAKE_FINAL] = __,
                        [ALERT_ON_FAIL] = __,
                        [ALERT_ON_REFUSE] = __,
                        [ALERT_ON_DOUBT] = __,
                        [ALERT_ON_REPEAT] = ALERT_WAITING,
                        [ALERT_ON_GIVE_UP] = ALERT_UNRESOLVED,
                        [ALERT_ON_REPORT_GOOD] = ALERT_DELIVERED,
                        [ALERT_ON_REPORT_BAD] = ALERT_REJECTED,
                        [ALERT_ON_SILENCE] = __,
                        [ALERT_ON_EXPIRE] = __, /* an expired doubt is given up: it may have left */
                        [ALERT_ON_CANCEL] = NO,
                        [ALERT_ON_SUPPRESS] = NO,
                },
};

/* All ends are alike: they absorb. */
static const int8_t step_end[_ALERT_EVENT_MAX] = {
        [ALERT_ON_LEASE] = __,
        [ALERT_ON_YIELD] = __,
        [ALERT_ON_TAKE] = __,
        [ALERT_ON_TAKE_FINAL] = __,
        [ALERT_ON_FAIL] = __,
        [ALERT_ON_REFUSE] = __,
        [ALERT_ON_DOUBT] = __,
        [ALERT_ON_REPEAT] = __,
        [ALERT_ON_GIVE_UP] = __,
        [ALERT_ON_REPORT_GOOD] = ALERT_LATE,
        [ALERT_ON_REPORT_BAD] = ALERT_LATE,
        [ALERT_ON_SILENCE] = __,
        [ALERT_ON_EXPIRE] = __,
        [ALERT_ON_CANCEL] = NO,
        [ALERT_ON_SUPPRESS] = NO,
};

int alert_step(AlertState from, AlertEvent on)
{
        assert(from > 0 && from < _ALERT_STATE_MAX);
        assert(on >= 0 && on < _ALERT_EVENT_MAX);
        return alert_state_is_end(from) ? step_end[on] : step_open[from][on];
}

bool alert_state_is_end(AlertState s)
{
        return s >= ALERT_DELIVERED && s < _ALERT_STATE_MAX;
}

bool alert_state_is_open(AlertState s)
{
        return s == ALERT_WAITING || s == ALERT_LEASED || s == ALERT_UNCERTAIN;
}

#define CASE_STATE(name, number, word) \
        case ALERT_##name:             \
                return word;

const char *alert_state_word(AlertState s)
{
        switch (s) {
                ALERT_STATE_MAP(CASE_STATE)
        default:
                return "?";
        }
}

AlertState alert_state_from_word(const char *word)
{
        for (AlertState s = ALERT_WAITING; s < _ALERT_STATE_MAX; s++)
                if (str_eq(alert_state_word(s), word))
                        return s;
        return _ALERT_STATE_INVALID;
}

#define CASE_EVENT(name, word) \
        case ALERT_ON_##name:  \
                return word;

const char *alert_event_word(AlertEvent e)
{
        switch (e) {
                ALERT_EVENT_MAP(CASE_EVENT)
        default:
                return "?";
        }
}

const char *channel_word(Channel c)
{
        return c == CHANNEL_SMS ? "sms" : c == CHANNEL_EMAIL ? "email" : "?";
}

Channel channel_from_word(const char *word)
{
        return str_eq(word, "sms")     ? CHANNEL_SMS
               : str_eq(word, "email") ? CHANNEL_EMAIL
                                       : _CHANNEL_INVALID;
}

#define CASE_DISPOSITION(name, number, word) \
        case DISPOSITION_##name:             \
                return word;

const char *disposition_word(Disposition d)
{
        switch (d) {
                DISPOSITION_MAP(CASE_DISPOSITION)
        default:
                return "?";
        }
}

Disposition disposition_from_word(const char *word)
{
        for (Disposition d = DISPOSITION_HELD; d < _DISPOSITION_MAX; d++)
                if (str_eq(disposition_word(d), word))
                        return d;
        return _DISPOSITION_INVALID;
}
