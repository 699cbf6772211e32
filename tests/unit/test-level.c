/* store/level: a day's head count, once made, is what a recount gives, whatever comes later. */
#include "store/level.h"
#include "store/erase.h"
#include "unit/store-fixture.h"

#include <inttypes.h>

static uint64_t chance_state;

static unsigned chance(unsigned n)
{
        chance_state = chance_state * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (unsigned)((chance_state >> 33) % n);
}

static Day day(int y, int m, int d)
{
        return day_from_ymd(y, m, d);
}

typedef struct Making {
        Day day;
        unsigned max, slices; /* at most so many of them */
        bool whole;
} Making;

static int slice_fn(StoreTx *tx, void *arg)
{
        Making *m = arg;

        return store_level_slice(tx, m->day, m->max, 0, &m->whole);
}

static int begin_fn(StoreTx *tx, void *arg)
{
        return store_level_begin(tx, *(Day *)arg);
}

static void make(Fixture *f, Day d)
{
        Making m = {.day = d, .max = 7};

        assert_int_equal(in_tx(f, begin_fn, &d), 0);
        while (!m.whole)
                assert_int_equal(in_tx(f, slice_fn, &m), 0);
}

//--- two counts of one day
//------------------------------------------------------------------------------

#define KINDS_MAX 4096
typedef struct Counted {
        Day day;
        unsigned n;
        LevelCell cell[KINDS_MAX];
        int64_t people[KINDS_MAX];
        bool first;
} Counted;

static bool same(const LevelCell *a, const LevelCell *b)
{
        return a->residence == b->residence && a->municipality == b->municipality &&
               a->sex == b->sex && a->age == b->age && a->enrolment == b->enrolment &&
               a->basis == b->basis;
}

static void counted_add(Counted *c, const LevelCell *cell, int64_t n)
{
        for (unsigned i = 0; i < c->n; i++)
                if (same(&c->cell[i], cell)) {
                        c->people[i] += n;
                        return;
                }
        assert_true(c->n < KINDS_MAX);
        c->cell[c->n] = *cell;
        c->people[c->n++] = n;
}

static int on_person(void *userdata, const CensusPerson *p)
{
        Counted *c = userdata;
        LevelCell cell;

        if (level_cell_of(p, c->day, &cell))
                counted_add(c, &cell, 1);
        return 0;
}

static int census_fn(StoreTx *tx, void *arg)
{
        Counted *c = arg;
        int64_t last;

        return store_census(tx, civil_midnight_usec(c->day + 1), 0, 100000, on_person, c, &last);
}

static int on_cell(void *userdata, const LevelCell *cell, int64_t n, int64_t first)
{
        Counted *c = userdata;

        counted_add(c, cell, -(c->first ? first : n));
        return 0;
}

static int level_fn(StoreTx *tx, void *arg)
{
        return store_level_read(tx, ((Counted *)arg)->day, on_cell, arg);
}

/* How many kinds of people the two counts disagree on. */
static unsigned differences(Fixture *f, Day d, bool first)
{
        static Counted c;
        unsigned n = 0;

        memset(&c, 0, sizeof(c));
        c.day = d;
        c.first = first;
        assert_int_equal(in_tx(f, census_fn, &c), 0);
        assert_int_equal(in_tx(f, level_fn, &c), 0);
        for (unsigned i = 0; i < c.n; i++)
                n += c.people[i] != 0;
        return n;
}

//--- events -------------------------------------------------------------------------------------

#define PEOPLE 60
static char people[PEOPLE + 20][11];

/* Birthdays round the 15th and the 75th of the days that are counted. */
static void people_make(void)
{
        for (unsigned i = 0; i < ARRAY_SIZE(people); i++) {
                static const int years[] = {99, 39, 98, 84, 49, 0};
                unsigned d = 1 + chance(28), m = 7 + chance(4);

                snprintf(people[i], sizeof(people[i]), "%02u%02u%02d%u%02u%u", d + 60, m,
                         years[i % ARRAY_SIZE(years)], i % 6 == 5 ? 5u : 0u, i, 1 + i % 9);
        }
}

static usec_t moment(void)
{
        return civil_midnight_usec(day(2014, 6, 1) + (Day)chance(120)) +
               (chance(3) ? 12 * USEC_PER_HOUR : 0) - chance(2);
}

static int some_event(Fixture *f)
{
        const char *cpr = people[chance(PEOPLE)];
        Event e;

        switch (chance(10)) {
        case 0:
                e = (Event){.type = EVENT_CPR_CHANGED,
                            .cpr = cpr_of(people[chance(ARRAY_SIZE(people))]),
                            .changed_to = cpr_of(people[chance(ARRAY_SIZE(people))]),
                            .at_usec = moment()};
                if (memcmp(e.cpr.digits, e.changed_to.digits, 10) == 0)
                        return 0;
                break;
        case 1:
        case 2:
        case 3:
        case 4:
                e = citizen_event(cpr, chance(2) ? 101 + 50 * chance(3) : 851,
                                  chance(4) ? RESIDENCE_RESIDENT : (Residence)(1 + chance(4)),
                                  moment());
                if (e.citizen.status == RESIDENCE_ABROAD)
                        e.citizen.municipality = 0;
                break;
        default:
                e = enrolment_event(cpr, (Enrolment)(1 + chance(3)), moment());
                e.enrolment.basis = (Basis)chance(3);
                break;
        }
        e.rev = chance(3) ? 0 : chance(4);
        return apply(f, e);
}

TEST(a_kept_count_is_a_recount_whatever_comes_later)
{
        Fixture *f = *state;
        const Day days[] = {day(2014, 7, 13), day(2014, 8, 17), day(2014, 8, 23), day(2014, 9, 7)};

        clock_freeze(civil_midnight_usec(day(2014, 10, 1)));
        for (unsigned round = 0; round < 3; round++) {
                chance_state = 77 + round;
                people_make();
                for (unsigned i = 0; i < 120; i++)
                        assert_true(some_event(f) >= 0);
                if (round == 0)
                        for (size_t i = 0; i < ARRAY_SIZE(days); i++)
                                make(f, days[i]);
                for (unsigned i = 0; i < 300; i++) {
                        assert_true(some_event(f) >= 0);
                        if (i % 20 == 0)
                                for (size_t d = 0; d < ARRAY_SIZE(days); d++)
                                        assert_int_equal(differences(f, days[d], false), 0);
                }
        }
        assert_true(differences(f, days[0], true) > 0);
        assert_verified(f);
}

//--- days between -------------------------------------------------------------------------------

typedef struct Replaying {
        Day day;
        size_t max;
        LevelReplay *replay;
        bool whole;
        Counted *into;
} Replaying;

static int replay_new_fn(StoreTx *tx, void *arg)
{
        Replaying *p = arg;

        return store_replay_new(tx, p->day, 31, &p->replay);
}

static int replay_slice_fn(StoreTx *tx, void *arg)
{
        Replaying *p = arg;

        return store_replay_slice(tx, p->replay, p->max, &p->whole);
}

/* How many kinds the replay of @d and a count of everybody disagree on; @events come between its
 * slices. */
static unsigned replay_differences(Fixture *f, Day d, size_t max, unsigned events)
{
        static Counted c;
        Replaying p = {.day = d, .max = max};
        unsigned n = 0;

        memset(&c, 0, sizeof(c));
        c.day = d;
        assert_int_equal(in_tx(f, replay_new_fn, &p), 0);
        for (;;) {
                assert_int_equal(in_tx(f, replay_slice_fn, &p), 0);
                if (p.whole)
                        break;
                for (unsigned i = 0; i < events; i++)
                        assert_true(some_event(f) >= 0);
        }
        assert_int_equal(store_replay_read(p.replay, on_cell, &c), 0);
        store_replay_free(p.replay);
        for (unsigned i = 0; i < c.n; i++)
                assert_true(c.people[i] <= 0); /* on_cell takes away: nobody is there less than not
                                                  at all */
        assert_int_equal(in_tx(f, census_fn, &c), 0);
        for (unsigned i = 0; i < c.n; i++)
                n += c.people[i] != 0;
        return n;
}

TEST(a_day_near_a_kept_one_is_replayed_to_what_a_count_of_everybody_gives)
{
        Fixture *f = *state;
        Replaying far = {.day = day(2014, 9, 18)};

        clock_freeze(civil_midnight_usec(day(2014, 10, 1)));
        chance_state = 12;
        people_make();
        for (unsigned i = 0; i < 400; i++)
                assert_true(some_event(f) >= 0);
        assert_int_equal(in_tx(f, replay_new_fn, &far), STORE_E_NOT_FOUND);
        make(f, day(2014, 8, 17));
        assert_int_equal(in_tx(f, replay_new_fn, &far), STORE_E_NOT_FOUND); /* 32 days */
        for (unsigned round = 0; round < 5; round++) {
                for (int d = -31; d <= 31; d++)
                        assert_int_equal(
                                replay_differences(f, day(2014, 8, 17) + d, 1 + chance(9), 0), 0);
                for (unsigned i = 0; i < 60; i++)
                        assert_true(some_event(f) >= 0);
        }
        assert_verified(f);
}

/* Of those that came while it went on each is in it or not; but nobody is in it twice, or less than
 * not at all, and what it tells in the end of a kept day's people is of one moment. */
TEST(events_between_the_slices_of_a_replay_take_nobody_out_twice)
{
        Fixture *f = *state;

        clock_freeze(civil_midnight_usec(day(2014, 10, 1)));
        chance_state = 13;
        people_make();
        for (unsigned i = 0; i < 400; i++)
                assert_true(some_event(f) >= 0);
        make(f, day(2014, 8, 17));
        for (unsigned round = 0; round < 60; round++)
                (void)replay_differences(f, day(2014, 8, 17) + (Day)chance(31), 1 + chance(4), 2);
        assert_int_equal(replay_differences(f, day(2014, 9, 1), 1000, 0), 0);
        assert_verified(f);
}

/* 15 on an ordinary day, 15 when there is no 29 February, 75 on New Year's Eve, 100. */
TEST(a_birthday_is_the_day_that_makes_another_group)
{
        static const struct {
                const char *cpr;
                int y, m, d; /* the first day in the next group */
        } cases[] = {
                {"6109994001", 2014, 9, 1},
                {"8902004001", 2015, 3, 1},
                {"9112390001", 2014, 12, 31},
                {"7010140001", 2014, 10, 10},
        };
        Fixture *f = *state;

        clock_freeze(civil_midnight_usec(day(2015, 6, 1)));
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_int_equal(apply(f, citizen_event(cases[i].cpr, 101, RESIDENCE_RESIDENT,
                                                        civil_midnight_usec(day(2010, 1, 1)))),
                                 0);
        }
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Day first = day(cases[i].y, cases[i].m, cases[i].d);

                make(f, first - 10);
                for (Day d = first - 2; d <= first + 1; d++)
                        assert_int_equal(replay_differences(f, d, 1, 0), 0);
        }
}

TEST(people_on_both_sides_of_a_count_under_way_are_counted_once)
{
        Fixture *f = *state;
        Making m = {.day = day(2014, 8, 17), .max = 5};
        unsigned slices = 0;

        clock_freeze(civil_midnight_usec(day(2014, 10, 1)));
        chance_state = 5;
        people_make();
        for (unsigned i = 0; i < 200; i++)
                assert_true(some_event(f) >= 0);
        assert_int_equal(in_tx(f, begin_fn, &m.day), 0);
        for (; !m.whole; slices++) {
                assert_int_equal(in_tx(f, slice_fn, &m), 0);
                for (unsigned i = 0; i < 10; i++)
                        assert_true(some_event(f) >= 0);
        }
        assert_in_range(slices, 5, 30);
        assert_int_equal(differences(f, m.day, false), 0);
        assert_verified(f);
}

static int revisions_fn(StoreTx *tx, void *arg)
{
        LevelRevision *v = arg;
        unsigned n;
        int r = store_level_revisions(tx, day(2014, 8, 17), v, &n);

        return r < 0 ? r : (int)n;
}

TEST(what_makes_a_count_another_is_told_by_cause)
{
        Fixture *f = *state;
        const usec_t before = civil_midnight_usec(day(2014, 8, 1)),
                     after = civil_midnight_usec(day(2014, 8, 18));
        const char *a = "6107990001", *b = "6107990012", *c = "6107990023", *d = "6107990034";
        LevelRevision v[_LEVEL_CAUSE_MAX];

        clock_freeze(civil_midnight_usec(day(2014, 10, 1)));
        assert_int_equal(apply(f, citizen_event(a, 101, RESIDENCE_RESIDENT, before)), 0);
        assert_int_equal(apply(f, citizen_event(b, 101, RESIDENCE_RESIDENT, before)), 0);
        make(f, day(2014, 8, 17));
        assert_int_equal(in_tx(f, revisions_fn, v), 0);
        /* of the day after: nothing */
        assert_int_equal(apply(f, enrolment_event(a, ENROLMENT_ENROLLED, after)), 0);
        assert_int_equal(apply(f, citizen_event(c, 101, RESIDENCE_RESIDENT, after)), 0);
        assert_int_equal(in_tx(f, revisions_fn, v), 0);
        /* the last instant of the day */
        assert_int_equal(apply(f, enrolment_event(a, ENROLMENT_ENROLLED, after - 1)), 0);
        assert_int_equal(apply(f, citizen_event(b, 851, RESIDENCE_RESIDENT, before + 1)), 0);
        assert_int_equal(apply(f, citizen_event(d, 851, RESIDENCE_RESIDENT, before)), 0);
        assert_int_equal(apply(f, citizen_event(a, 101, RESIDENCE_DEAD, before + 2)), 0);
        assert_int_equal(in_tx(f, revisions_fn, v), 4);
        assert_int_equal(v[0].cause, LEVEL_NEW);
        assert_int_equal(v[0].residents, 1);
        assert_int_equal(v[1].cause, LEVEL_RESIDENCE);
        assert_int_equal(v[1].residents, -1);
        assert_int_equal(v[1].enrolled, -1);
        assert_int_equal(v[2].cause, LEVEL_MOVED);
        assert_int_equal(v[2].residents, 0);
        assert_int_equal(v[3].cause, LEVEL_ENROLMENT);
        assert_int_equal(v[3].persons, 1);
        assert_int_equal(v[3].enrolled, 1);
        assert_int_equal(differences(f, day(2014, 8, 17), false), 0);
        assert_verified(f);
}

TEST(a_day_is_counted_once)
{
        Fixture *f = *state;
        Day d = day(2014, 8, 17);

        make(f, d);
        assert_int_equal(in_tx(f, begin_fn, &d), STORE_E_DUPLICATE);
}

static int carry_fn(StoreTx *tx, void *arg)
{
        return store_level_carry(tx, *(int64_t *)arg);
}

TEST(who_is_erased_stays_in_the_counts)
{
        Fixture *f = *state;
        int64_t id = 1;

        clock_freeze(civil_midnight_usec(day(2014, 10, 1)));
        assert_int_equal(apply(f, citizen_event("6107990001", 101, RESIDENCE_RESIDENT,
                                                civil_midnight_usec(day(2014, 8, 1)))),
                         0);
        make(f, day(2014, 8, 17));
        assert_int_equal(in_tx(f, carry_fn, &id), 0);
        assert_int_equal(differences(f, day(2014, 8, 17), false), 0); /* nobody is gone yet */
}

static int forget_fn(StoreTx *tx, void *arg)
{
        return store_forget_person(tx, *(int64_t *)arg);
}

TEST(a_replay_leaves_out_who_was_erased_as_a_count_does)
{
        Fixture *f = *state;
        static Counted c;
        int64_t id = 1;

        clock_freeze(civil_midnight_usec(day(2014, 10, 1)));
        assert_int_equal(apply(f, citizen_event("6107990001", 101, RESIDENCE_RESIDENT,
                                                civil_midnight_usec(day(2014, 8, 1)))),
                         0);
        assert_int_equal(apply(f, citizen_event("6107990012", 101, RESIDENCE_RESIDENT,
                                                civil_midnight_usec(day(2014, 8, 19)))),
                         0);
        make(f, day(2014, 8, 17));
        assert_int_equal(in_tx(f, forget_fn, &id), 0);
        c.day = day(2014, 8, 17);
        assert_int_equal(in_tx(f, level_fn, &c), 0);
        assert_int_equal(c.people[0], -1); /* there */
        for (Day d = day(2014, 8, 10); d < day(2014, 9, 1); d++)
                assert_int_equal(replay_differences(f, d, 1, 0), 0);
        assert_verified(f);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                T(a_kept_count_is_a_recount_whatever_comes_later),
                T(people_on_both_sides_of_a_count_under_way_are_counted_once),
                T(a_day_near_a_kept_one_is_replayed_to_what_a_count_of_everybody_gives),
                T(events_between_the_slices_of_a_replay_take_nobody_out_twice),
                T(a_birthday_is_the_day_that_makes_another_group),
                T(what_makes_a_count_another_is_told_by_cause),
                T(a_day_is_counted_once),
                T(who_is_erased_stays_in_the_counts),
                T(a_replay_leaves_out_who_was_erased_as_a_count_does),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
