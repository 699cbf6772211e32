/*
 * The circuit breaker of one gateway: a value that is stepped by answers and by time.
 *
 * It opens (DOWN) when nothing but failures came for a while, or when half of what came in the last
 * minute failed. It turns SLOW when more than a tenth of the last minute's answers came later than
 * SlowAfter= (its 90th percentile lies above it), or when what is under way has had no answer for
 * so long: a slow way is better than none, so it is used when nobody else can send at all. Both
 * need a sample before they judge.
 *
 * A rest ends with one alert as a probe, then a few at a time; only then it is trusted again. Rests
 * double, with jitter, until the gateway has been well for a proven span: one that comes and goes
 * is tried ever less often, and never more often for having been well for a moment.
 *
 * What an alert itself is to blame for (a number that does not exist, a mailbox that is full) says
 * nothing, neither good nor bad. Nor does being told to slow down: that is plan/rate's. A refusal
 * of us (credentials, money) stops the gateway until a person resumes it.
 *
 * Times are monotonic: a wall clock that is set must not prolong a rest.
 */
#include "plan/breaker.h"

#include "base/cleanup.h"
#include "plan/retry.h"

#include <string.h>

#define BUCKET_USEC     (6 * USEC_PER_SEC) /* ten of them: the last minute */
#define ROW_SUSPECT     5                  /* failures in a row … */
#define GOOD_AGE_USEC   USEC_PER_SEC       /* … without a good answer for so long */
#define ROW_SURE        16 /* or so many: at one failure in five, once in 10^11 answers */
#define SAMPLE_MIN      20 /* answers, before shares are judged */
#define FAILED_PCT      50
#define SLOW_PCT        10
#define REST_FIRST_USEC (2 * USEC_PER_SEC)
#define REST_MOST_USEC  (60 * USEC_PER_SEC)
#define PROVEN_USEC     (2 * USEC_PER_MIN) /* well for longer than the longest rest */
#define TRIAL           4                  /* good answers after the probe, and as many at once */

void breaker_init(Breaker *b, uint64_t slow_usec)
{
        *b = (Breaker){.state = BREAKER_UP, .slow_usec = slow_usec};
}

void breaker_stop(Breaker *b)
{
        breaker_init(b, b->slow_usec);
        b->state = BREAKER_STOPPED;
}

/**
 * breaker_word_of() - what an outcome says of the gateway that gave it
 *
 * UNSENT counts as a failure: the way could not even be entered (a relay that refuses connections
 * gives back what waits for it), and whoever did not count it would send the same alert into the
 * same wall as fast as the disk lets it.
 */
BreakerWord breaker_word_of(const Outcome *o)
{
        switch (o->kind) {
        case OUTCOME_HANDED:
                return BREAKER_GOOD;
        case OUTCOME_TRANSIENT:
                return o->blame == BLAME_GATEWAY ? BREAKER_FAILED : BREAKER_NOTHING;
        case OUTCOME_UNCERTAIN:
        case OUTCOME_UNSENT:
                return BREAKER_FAILED;
        case OUTCOME_STOP:
                return BREAKER_REFUSED_US;
        default:
                return BREAKER_NOTHING;
        }
}

/* The bucket of now, and those that the time since then has passed over emptied. */
static BreakerBucket *bucket_now(Breaker *b, MonoUsec now)
{
        uint64_t turn = now.usec / BUCKET_USEC;

        if (turn > b->turn + BREAKER_BUCKETS)
                b->turn = turn - BREAKER_BUCKETS;
        while (b->turn < turn)
                b->bucket[++b->turn % BREAKER_BUCKETS] = (BreakerBucket){0};
        return &b->bucket[b->turn % BREAKER_BUCKETS];
}

static BreakerBucket window_sum(const Breaker *b)
{
        BreakerBucket sum = {0};

        for (unsigned i = 0; i < BREAKER_BUCKETS; i++) {
                sum.answers += b->bucket[i].answers;
                sum.failed += b->bucket[i].failed;
                sum.slow += b->bucket[i].slow;
        }
        return sum;
}

static void window_forget(Breaker *b)
{
        memset(b->bucket, 0, sizeof(b->bucket));
        b->in_a_row = 0;
}

static void rest(Breaker *b, BreakerState as, MonoUsec now, uint64_t seed)
{
        uint64_t span = REST_FIRST_USEC;

        if (b->up_since.usec && b->state == BREAKER_UP && b->trial == 0 &&
            now.usec - b->up_since.usec >= PROVEN_USEC)
                b->rests = 0;
        for (unsigned i = 0; i < b->rests && span < REST_MOST_USEC; i++)
                span *= 2;
        span = MIN_OF(span, REST_MOST_USEC);
        b->rests++;
        b->state = as;
        b->trial = as == BREAKER_SLOW ? TRIAL : 0;
        b->until.usec = now.usec + span + plan_mix(seed) % (span / 4 + 1);
        window_forget(b);
}

static void rise(Breaker *b, MonoUsec now, unsigned trial)
{
        b->state = BREAKER_UP;
        b->up_since = now;
        b->trial = trial;
        window_forget(b);
}

static bool has_failed(const Breaker *b, const BreakerBucket *sum, MonoUsec now)
{
        if (b->in_a_row >= ROW_SURE)
                return true;
        if (b->in_a_row >= ROW_SUSPECT &&
            (b->good.usec == 0 || now.usec - b->good.usec >= GOOD_AGE_USEC))
                return true;
        return sum->answers >= SAMPLE_MIN && sum->failed * 100 >= sum->answers * FAILED_PCT;
}

static bool is_slow(const BreakerBucket *sum)
{
        return sum->answers >= SAMPLE_MIN && sum->slow * 100 > sum->answers * SLOW_PCT;
}

/* UP or SLOW: an answer is counted, then everything is judged. */
static void weigh(Breaker *b, bool failed, bool slow, MonoUsec now, uint64_t seed)
{
        BreakerBucket *at = bucket_now(b, now), sum;

        at->answers++;
        at->failed += failed;
        at->slow += slow;
        b->in_a_row = failed ? b->in_a_row + 1 : 0;
        sum = window_sum(b);
        if (has_failed(b, &sum, now) || (failed && b->state == BREAKER_UP && b->trial))
                rest(b, BREAKER_DOWN, now, seed);
        else if (b->state == BREAKER_UP && (is_slow(&sum) || (slow && b->trial)))
                rest(b, BREAKER_SLOW, now, seed);
        else if (b->state == BREAKER_UP && b->trial)
                b->trial--;
}

/* SLOW, and its rest is over: some quick answers in a row, or another rest. */
static void weigh_trial(Breaker *b, bool failed, bool slow, MonoUsec now, uint64_t seed)
{
        if (failed || now.usec < b->until.usec)
                return;
        if (slow)
                rest(b, BREAKER_SLOW, now, seed);
        else if (--b->trial == 0)
                rise(b, now, 0);
}

void breaker_step(Breaker *b, BreakerWord said, uint64_t took_usec, MonoUsec now, uint64_t seed)
{
        bool failed = said == BREAKER_FAILED, slow = !failed && took_usec > b->slow_usec;

        if (b->state == BREAKER_STOPPED || said == BREAKER_NOTHING)
                return;
        if (said == BREAKER_REFUSED_US) {
                breaker_stop(b);
                return;
        }
        if (b->state == BREAKER_DOWN)
                return; /* one of those that were under way when it went down */
        if (b->state == BREAKER_PROBING) {
                if (failed)
                        rest(b, BREAKER_DOWN, now, seed);
                else
                        rise(b, now, TRIAL);
        } else {
                weigh(b, failed, slow, now, seed);
                if (b->state == BREAKER_SLOW)
                        weigh_trial(b, failed, slow, now, seed);
        }
        if (!failed)
                b->good = now;
}

void breaker_tick(Breaker *b, uint64_t silent_usec, MonoUsec now, uint64_t seed)
{
        if (b->state == BREAKER_DOWN && now.usec >= b->until.usec)
                b->state = BREAKER_PROBING;
        else if (b->state == BREAKER_UP && silent_usec >= b->slow_usec)
                rest(b, BREAKER_SLOW, now, seed);
}

bool breaker_takes_all(const Breaker *b)
{
        return b->state == BREAKER_SLOW || (b->state == BREAKER_UP && b->trial == 0);
}

bool breaker_is_poor(const Breaker *b)
{
        return b->state == BREAKER_SLOW;
}

unsigned breaker_probes(const Breaker *b, unsigned in_flight, MonoUsec now)
{
        unsigned most = 0;

        if (b->state == BREAKER_PROBING)
                most = 1;
        else if (b->trial && (b->state == BREAKER_UP || now.usec >= b->until.usec))
                most = TRIAL;
        return most > in_flight ? most - in_flight : 0;
}

uint64_t breaker_rest_usec(const Breaker *b, MonoUsec now)
{
        if (b->state != BREAKER_DOWN && b->state != BREAKER_SLOW)
                return 0;
        return b->until.usec > now.usec ? b->until.usec - now.usec : 0;
}

const char *breaker_state_word(BreakerState s)
{
        static const char *const words[] = {"up", "slow", "down", "probing", "stopped"};

        return s >= BREAKER_UP && s <= BREAKER_STOPPED ? words[s] : "?";
}
