/*
 * flow: simulated years. The whole corridor is stepped over every clock change from 1980 to 2100:
 * letters at random moments, a machine that sleeps, a clock that is set, time zone data that
 * change.
 *
 * The loop is played as it is: between two turns there are only events and the alarm that the last
 * turn set, which runs in boot time and at most an hour (NAP_MAX_USEC of flow.c). What must hold at
 * each turn is worked out by another way than the flow's: from what localtime() says of a minute.
 *
 * YEARS_SEED= replays; YEARS_STEP=1 takes every clock change (make years), else every fortieth.
 */
#include "unit/flow-fixture.h"

#include "model/holiday.h"

#include <time.h>

#define NAP_MAX    USEC_PER_HOUR
#define YEAR_FIRST 1980
#define YEAR_LAST  2100

/* Old enough in 1980, and in no register when they are 170. */
static const char *const cpr[] = {"6101301234", "6205301235", "6305301236", "6406301237"};
static const char *const number[] = {"20123451", "20123452", "20123453", NULL};

static uint64_t chance;

static uint64_t draw(uint64_t n)
{
        chance += 0x9e3779b97f4a7c15u; /* splitmix64 */
        uint64_t z = chance;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return (z ^ (z >> 31)) % n;
}

/* ---- what localtime() says ---- */

typedef struct Era {
        const char *window;
        int from, to; /* minutes */
        bool holidays, busy, set_clock, wrong_clock, zones;
} Era;

static bool is_open(const Era *e, usec_t t)
{
        time_t seconds = (time_t)(t / USEC_PER_SEC);
        struct tm tm;
        int minute;

        assert_non_null(localtime_r(&seconds, &tm));
        minute = tm.tm_hour * 60 + tm.tm_min;
        if (e->holidays &&
            day_is_holiday(day_from_ymd(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday)))
                return false;
        if (e->from == e->to)
                return true;
        return e->from < e->to ? minute >= e->from && minute < e->to
                               : minute >= e->from || minute < e->to;
}

/* The first minute from @t on in which it is open. */
static usec_t opens_at(const Era *e, usec_t t)
{
        if (is_open(e, t))
                return t;
        for (t -= t % USEC_PER_MIN; !is_open(e, t);)
                t += USEC_PER_MIN;
        return t;
}

static long offset_at(usec_t t)
{
        time_t seconds = (time_t)(t / USEC_PER_SEC);
        struct tm tm;

        assert_non_null(localtime_r(&seconds, &tm));
        return tm.tm_gmtoff;
}

/* The instants of a year at which the clocks are moved. */
static unsigned changes_of(int year, usec_t ret[4])
{
        usec_t t = civil_midnight_usec(day_from_ymd(year, 1, 1));
        usec_t end = civil_midnight_usec(day_from_ymd(year + 1, 1, 1));
        unsigned n = 0;

        for (; t < end; t += USEC_PER_DAY) {
                usec_t low = t, high = t + USEC_PER_DAY;

                if (offset_at(low) == offset_at(high) || n == 4)
                        continue;
                while (high - low > USEC_PER_SEC) {
                        usec_t middle = low + (high - low) / 2;

                        if (offset_at(middle) == offset_at(t))
                                low = middle;
                        else
                                high = middle;
                }
                ret[n++] = high;
        }
        return n;
}

/* ---- a life of the loop ---- */

typedef struct Life {
        const Era *era;
        World *w;
        MonoUsec turned; /* the last turn */
        usec_t turned_usec;
        unsigned n_posted, n_checked, looked;
        usec_t wrong_usec; /* how far the clock is ahead just now */
        uint64_t seed;
} Life;

/* It is the address's trouble: a gateway that rests would be a good reason to wait, and none must
 * be waited for here. */
static OutcomeKind fate_sometimes_busy(const Sent *s, Outcome *o)
{
        o->blame = BLAME_ADDRESS;
        if (s->attempt > 2 || draw(4))
                return OUTCOME_HANDED;
        return draw(3) ? OUTCOME_TRANSIENT : OUTCOME_UNCERTAIN;
}

/* When the loop turns by itself: USEC_MAX = never. */
static uint64_t alarm_in(const Life *l)
{
        uint64_t span, gone = clock_mono_since_usec(l->turned);

        if (l->w->next_usec == 0)
                return USEC_MAX;
        span = l->w->next_usec > l->turned_usec ? MIN_OF(l->w->next_usec - l->turned_usec, NAP_MAX)
                                                : 0;
        return span > gone ? span - gone : 0;
}

static void fail_life(const Life *l, const char *what)
{
        char t[TIME_TEXT_MAX];

        (void)time_format_civil(clock_now_usec(), t);
        fail_msg("seed %" PRIu64 ", SmsWindow=%s, %s in Copenhagen: %s", l->seed, l->era->window, t,
                 what);
}

static int waiting_fn(StoreTx *tx, void *arg)
{
        QueueFilter all = {.channel = -1};
        QueueCursor c = {0};
        unsigned *n = arg;

        n[0] = n[1] = 0;
        while (!c.end) {
                QueueRow row[64];
                unsigned got = 0;
                int r = store_queue_walk(tx, &all, &c, row, 64, &got);

                if (r < 0)
                        return r;
                for (unsigned i = 0; i < got; i++) { /* of a window; for a retry */
                        bool windowed = LANE_WINDOWED(row[i].a.home);

                        n[0] += row[i].place == QUEUE_READY && windowed;
                        n[1] += row[i].place == QUEUE_READY && !windowed;
                }
        }
        return 0;
}

static void check(Life *l)
{
        unsigned n[2];
        usec_t now = clock_now_usec();

        for (; l->looked < world_out.n; l->looked++) {
                const Sent *s = &world_out.sent[l->looked % SENT_MAX];

                if (s->channel == CHANNEL_SMS && !str_eq(s->to, "+4520123453") &&
                    !is_open(l->era, s->at_usec))
                        fail_life(l, "an SMS left while its window was closed");
        }
        assert_int_equal(in_tx(&l->w->fx, waiting_fn, n), 0);
        if (n[1])
                fail_life(l, "an alert for any hour was left waiting");
        if (n[0] && is_open(l->era, now))
                fail_life(l, "the window is open and an alert waits for it");
        if (n[0] && (l->w->next_usec == 0 || l->w->next_usec > opens_at(l->era, now)))
                fail_life(l, "nobody will wake when the window opens");
}

static void turn(Life *l)
{
        world_settle(l->w);
        l->turned = clock_mono();
        l->turned_usec = clock_now_usec();
        check(l);
}

/* Time passes; the loop turns when its alarm goes off on the way. */
static void pass(Life *l, uint64_t span)
{
        uint64_t alarm;

        for (unsigned i = 0; (alarm = alarm_in(l)) <= span; i++) {
                if (i > 10000)
                        fail_life(l, "the loop does not sleep");
                clock_advance(MAX_OF(alarm, (uint64_t)1));
                span -= MIN_OF(MAX_OF(alarm, (uint64_t)1), span);
                turn(l);
        }
        clock_advance(span);
}

/* The machine sleeps: nothing happens in between, then all that was due. */
static void sleep_through(Life *l, uint64_t span)
{
        clock_advance(span);
        if (alarm_in(l) == 0)
                turn(l);
}

static void set_clock(Life *l)
{
        usec_t by = draw(2) ? draw(3 * USEC_PER_DAY) : draw(2 * USEC_PER_HOUR);
        usec_t now = clock_now_usec();

        (void)l;
        clock_freeze(draw(2) ? now + by : now - by);
}

/* @to: a CPR number. Senders' clocks are right. */
static void post_to(Life *l, const char *to)
{
        char id[UUID_TEXT_MAX];

        message_id(++l->n_posted, id);
        world_event(l->w,
                    "{\"type\":\"message\",\"id\":\"%s\",\"cpr\":\"%s\",\"kind\":"
                    "\"digitalpost\",\"sender\":{\"cvr\":\"12345674\"},\"available\":\"%s\"}",
                    id, to, stamp(clock_now_usec() - l->wrong_usec));
        l->turned = clock_mono();
        l->turned_usec = clock_now_usec();
        check(l);
}

static void post(Life *l)
{
        post_to(l, cpr[draw(ARRAY_SIZE(cpr))]);
}

/* A new tzdata package abolishes summer time, or winter's; another takes it back. The daemon takes
 * it up at a reload, and turns. */
static void zone_update(Life *l)
{
        static const char *const zones[] = {"Etc/GMT-1", "Etc/GMT-2"};
        char dir[128], path[160], from[160];

        snprintf(dir, sizeof(dir), "%s/zones", l->w->fx.dir);
        snprintf(path, sizeof(path), "%s/Europe", dir);
        if (mkdir(dir, 0700) == 0)
                assert_int_equal(mkdir(path, 0700), 0);
        snprintf(path, sizeof(path), "%s/Europe/Copenhagen", dir);
        snprintf(from, sizeof(from), "/usr/share/zoneinfo/%s", zones[draw(2)]);
        (void)unlink(path);
        assert_int_equal(symlink(from, path), 0);
        if (draw(3))
                assert_int_equal(setenv("TZDIR", dir, 1), 0);
        else
                assert_int_equal(unsetenv("TZDIR"), 0);
        civil_refresh();
        turn(l);
}

static void step(Life *l)
{
        switch (draw(8)) {
        case 0:
        case 1:
        case 2:
                post(l);
                break;
        case 3:
                sleep_through(l, draw(10 * USEC_PER_HOUR));
                break;
        case 4:
                pass(l, draw(10 * USEC_PER_MIN));
                break;
        case 5:
                if (l->era->set_clock)
                        set_clock(l);
                if (l->era->zones)
                        zone_update(l);
                break;
        default:
                pass(l, draw(4 * USEC_PER_HOUR));
                break;
        }
}

/* A clock that is weeks ahead for some hours, then right again. */
static void wrong_clock(Life *l)
{
        l->wrong_usec = (13 + draw(8)) * USEC_PER_DAY;
        clock_freeze(clock_now_usec() + l->wrong_usec);
        for (unsigned i = 0; i < 6; i++) {
                post(l);
                if (draw(2)) /* somebody of whom the register will never hear */
                        post_to(l, "6507301238");
                pass(l, draw(2 * USEC_PER_HOUR));
        }
        clock_freeze(clock_now_usec() - l->wrong_usec);
        l->wrong_usec = 0;
}

/* All that was posted has been told of, once; what was unknown has lapsed. */
static void all_told(Life *l)
{
        bool wrong = l->era->wrong_clock;

        for (; l->n_checked < l->n_posted; l->n_checked++) {
                Story s = story(l->w, l->n_checked + 1);

                if (s.disposition != DISPOSITION_TOLD &&
                    !(wrong && s.disposition == DISPOSITION_LAPSED))
                        fail_life(l, disposition_word(s.disposition));
                for (unsigned i = 0; i < s.n_alerts; i++)
                        if (s.alert[i].state != ALERT_ACCEPTED &&
                            !(wrong && s.alert[i].state == ALERT_EXPIRED))
                                fail_life(l, alert_state_word(s.alert[i].state));
        }
}

/* Around one clock change. */
static void change(Life *l, usec_t at)
{
        usec_t begin = at - 30 * USEC_PER_HOUR - draw(USEC_PER_HOUR), end = at + 36 * USEC_PER_HOUR;

        if (begin > clock_now_usec())
                pass(l, begin - clock_now_usec());
        for (unsigned i = 0; i < 60 && clock_now_usec() < end; i++)
                step(l);
        if (l->era->wrong_clock)
                wrong_clock(l);
        pass(l, 12 * USEC_PER_DAY); /* longer than any holidays */
        all_told(l);
        assert_int_equal(unsetenv("TZDIR"), 0);
        civil_refresh();
}

static Life life_begin(const Era *e, uint64_t seed)
{
        char lines[200];
        Life l = {.era = e, .seed = seed};

        chance = seed;
        snprintf(lines, sizeof(lines),
                 "[Plan]\nSmsWindow=%s\nClosedOnHolidays=%s\nExpireAfter=720h\n", e->window,
                 e->holidays ? "yes" : "no");
        l.w = world_new((usec_t)315619200 * USEC_PER_SEC, lines); /* 1980-01-02 */
        for (unsigned i = 0; i < ARRAY_SIZE(cpr); i++) {
                world_citizen(l.w, cpr[i]);
                world_owner(l.w, cpr[i], i == 2 ? NULL : number[i],
                            i == 1 || i == 3 ? "b@example.dk" : NULL,
                            i == 2 ? ",\"sms\":{\"number\":\"20123453\",\"verified\":"
                                     "\"1980-01-01T00:00:00Z\",\"anytime\":true}"
                                   : "");
        }
        if (e->busy)
                world_out.fate = fate_sometimes_busy;
        turn(&l);
        return l;
}

static const Era eras[] = {
        {"08:00-21:00", 480, 1260, false, false, false},
        {"08:00-21:00", 480, 1260, true, true, false},
        {"02:30-03:00", 150, 180, false, false, false}, /* skipped in spring, twice in autumn */
        {"00:00-02:30", 0, 150, true, false, false},
        {"22:00-06:00", 1320, 360, false, true, false},
        {"any", 0, 0, true, false, false},
        {"08:00-21:00", 480, 1260, false, false, true},
        {"22:00-02:15", 1320, 135, true, true, true},
        {"08:00-21:00", 480, 1260, true, true, false, true, false},
        {"08:00-21:00", 480, 1260, false, true, false, false, true},
        {"02:30-03:00", 150, 180, true, false, false, false, true},
};

static uint64_t seed_of_run(void)
{
        const char *text = getenv("YEARS_SEED");
        uint64_t seed = 0;

        if (text)
                return strtoull(text, NULL, 10);
        assert_int_equal(secret_random(&seed, sizeof(seed)), 0);
        return seed % 1000000000;
}

TEST(no_window_opens_twice_or_never_and_no_alert_waits_for_ever)
{
        unsigned each =
                getenv("YEARS_STEP") ? (unsigned)strtoul(getenv("YEARS_STEP"), NULL, 10) : 40;
        uint64_t seed = seed_of_run();
        unsigned n_changes = 0, n_posted = 0;

        assert_true(each > 0);

        for (size_t k = 0; k < ARRAY_SIZE(eras); k++) {
                Life l = life_begin(&eras[k], seed + k);
                unsigned i = (unsigned)(seed + k) % each;

                for (int year = YEAR_FIRST; year <= YEAR_LAST; year++) {
                        usec_t at[4];
                        unsigned n = changes_of(year, at);

                        for (unsigned c = 0; c < n; c++)
                                if (i++ % each == 0) {
                                        change(&l, at[c]);
                                        n_changes++;
                                }
                }
                n_posted += l.n_posted;
                world_end(l.w);
        }
        printf("seed %" PRIu64 ": %u clock changes, %u letters\n", seed, n_changes, n_posted);
        assert_true(n_changes >= ARRAY_SIZE(eras));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_window_opens_twice_or_never_and_no_alert_waits_for_ever),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
