/*
 * Brakes that are put on by themselves.
 *
 * A gateway's segments are counted in the transaction that settles them, by civil day; at four
 * fifths of DailyLimit= the journal warns, at the limit the gateway is held until midnight or until
 * an operator releases it, which lifts the limit for the rest of the day. The claim gives it no
 * more than what is left less what is under way, so that the limit is kept to a text of several
 * segments.
 *
 * A sender whose messages make more than Surge= alerts in an hour of the clock is held until it is
 * released: whoever releases it vouches for it for a day, or a large batch would be held again each
 * hour.
 */
#include "flow/limit.h"

#include "store/hold.h"
#include "store/limit.h"

#include <assert.h>

#define NEAR_PCT     80
#define VOUCHED_USEC USEC_PER_DAY

static int limit_hold(StoreTx *tx, const Way *way, Day today)
{
        char reason[80];
        HoldOrder o = {.scope = HOLD_GATEWAY,
                       .subject = way->row.id,
                       .cause = HOLD_BY_LIMIT,
                       .until_usec = civil_midnight_usec(today + 1),
                       .reason = reason};

        snprintf(reason, sizeof(reason), "DailyLimit=%u is reached", way->gateway->daily_limit);
        return store_hold_begin(tx, &o);
}

/**
 * limit_spend() - count, and hold at the limit
 *
 * A limit that was set lower by a reload holds at the next question.
 */
int limit_spend(StoreTx *tx, const Way *way, unsigned segments, uint32_t *ret_left,
                LimitTold *ret_told)
{
        Day today = civil_day(store_tx_now(tx));
        uint64_t most = way->gateway->daily_limit;
        bool near, reached;
        StoreSpent s;
        int r = store_spent_load(tx, way->row.id, today, &s);

        *ret_told = LIMIT_TOLD_NOTHING;
        *ret_left = UINT32_MAX;
        if (r < 0)
                return r;
        s.segments += segments;
        reached = most > 0 && !s.lifted && s.segments >= most;
        near = most > 0 && !s.warned && s.segments * 100 >= most * NEAR_PCT;
        if (most > 0 && !s.lifted)
                *ret_left = reached ? 0 : (uint32_t)(most - s.segments);
        if (near)
                *ret_told = LIMIT_TOLD_NEAR;
        if (reached) {
                r = limit_hold(tx, way, today);
                if (r == 0)
                        *ret_told = LIMIT_TOLD_REACHED;
        }
        if (r >= 0 && (segments > 0 || near || s.most != most)) {
                s.warned = s.warned || near;
                s.most = most;
                r = store_spent_save(tx, way->row.id, today, &s);
        }
        return r < 0 ? r : 0;
}

void limit_tell(const Way *way, LimitTold told)
{
        _cleanup_log_ LogFields f = {0};

        if (told == LIMIT_TOLD_NOTHING)
                return;
        log_field(&f, "ADVISD_GATEWAY", "%s", way->gateway->name);
        log_field(&f, "ADVISD_CHANNEL", "%s", channel_word(way->gateway->channel));
        log_field(&f, "ADVISD_LIMIT", "%u", way->gateway->daily_limit);
        if (told == LIMIT_TOLD_NEAR)
                log_event(LOG_ID_LIMIT_NEAR, &f,
                          "gateway %s has taken %d %% of DailyLimit=%u today", way->gateway->name,
                          NEAR_PCT, way->gateway->daily_limit);
        else
                log_event(
                        LOG_ID_LIMIT_REACHED, &f,
                        "gateway %s has reached DailyLimit=%u: it is held until midnight or until "
                        "it is released",
                        way->gateway->name, way->gateway->daily_limit);
}

int limit_surge(StoreTx *tx, const Policy *policy, uint32_t cvr, unsigned n, bool *ret_surged)
{
        char reason[80];
        HoldOrder o = {
                .scope = HOLD_SENDER, .subject = cvr, .cause = HOLD_BY_SURGE, .reason = reason};
        uint64_t sum;
        int r;

        *ret_surged = false;
        if (policy->surge == 0 || n == 0)
                return 0;
        r = store_sender_count(tx, cvr, n, &sum);
        if (r < 0 || sum <= policy->surge)
                return r;
        r = store_hold_vouched(tx, cvr, store_tx_now(tx) - VOUCHED_USEC);
        if (r != STORE_E_NOT_FOUND)
                return r < 0 ? r : 0;
        snprintf(reason, sizeof(reason), "more than Surge=%u alerts in an hour", policy->surge);
        r = store_hold_begin(tx, &o);
        *ret_surged = r == 0;
        return r < 0 ? r : 0;
}

void limit_tell_surge(const Policy *policy, uint32_t cvr)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_SUBJECT", "%08u", cvr);
        log_field(&f, "ADVISD_LIMIT", "%u", policy->surge);
        log_event(
                LOG_ID_SURGE, &f,
                "sender %08u makes more than Surge=%u alerts in an hour: what waits of it is held "
                "until it is released",
                cvr, policy->surge);
}
