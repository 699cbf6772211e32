/* store/delivery, store/reach, stats/reach: sums of what was delivered, and of who can be told. */
#include "stats/reach.h"
#include "store/delivery.h"
#include "store/level.h"
#include "store/reach.h"
#include "unit/stats.h"
#include "unit/store-fixture.h"

TEST(ten_seconds_is_the_end_of_a_bucket)
{
        static const struct {
                usec_t delay;
                int want;
        } cases[] = {
                {0, DELAY_BUCKET_FIRST},    {9766, DELAY_BUCKET_FIRST + 1},
                {10 * USEC_PER_SEC, 0},     {10 * USEC_PER_SEC + 1, 1},
                {10 * USEC_PER_SEC - 1, 0}, {20 * USEC_PER_SEC, 8},
                {5 * USEC_PER_SEC, -8},     {400 * USEC_PER_DAY, DELAY_BUCKET_LAST},
        };
        usec_t t = 1;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                if (delay_bucket(cases[i].delay) != cases[i].want)
                        fail_msg("case %zu: %d", i, delay_bucket(cases[i].delay));
        for (int last = DELAY_BUCKET_FIRST; t < 20 * USEC_PER_DAY; t += t / 37 + 1) {
                int b = delay_bucket(t);

                assert_true(b >= last);
                assert_true(t <= delay_bucket_usec(b));
                assert_true(b == DELAY_BUCKET_FIRST || t > delay_bucket_usec(b - 1));
                last = b;
        }
}

//--- messages -----------------------------------------------------------------------------------

static int admit_fn(StoreTx *tx, void *arg)
{
        StoreMessage m;

        return store_message_admit(tx, arg, (StoreKeep){0}, &m);
}

typedef struct Deciding {
        int64_t id;
        Disposition d;
} Deciding;

static int decide_fn(StoreTx *tx, void *arg)
{
        const Deciding *d = arg;

        return store_message_decide(tx, d->id, d->d);
}

static int read_fn(StoreTx *tx, void *arg)
{
        int64_t message;

        return store_message_read(tx, arg, &message);
}

typedef struct Sums {
        int64_t n[_DISPOSITION_MAX], read[_DISPOSITION_MAX], paper;
        unsigned rows;
} Sums;

static int on_mail(void *userdata, int month, uint32_t sender, Disposition d, int64_t n,
                   int64_t read)
{
        Sums *s = userdata;

        assert_int_equal(month, 2014 * 12 + 7);
        assert_int_equal(sender, 34051178);
        s->n[d] += n;
        s->read[d] += read;
        s->rows++;
        return 0;
}

static int on_paper(void *userdata, _unused_ int month, _unused_ uint32_t sender, int64_t letters)
{
        ((Sums *)userdata)->paper += letters;
        return 0;
}

static int sums_fn(StoreTx *tx, void *arg)
{
        return store_mail_read(tx, 2014 * 12 + 7, 2014 * 12 + 7, on_mail, on_paper, arg);
}

TEST(messages_are_counted_at_decision_and_when_they_are_opened)
{
        static const Disposition ends[] = {DISPOSITION_TOLD,     DISPOSITION_NOBODY,
                                           DISPOSITION_PHYSICAL, DISPOSITION_TOLD,
                                           DISPOSITION_TOLD,     DISPOSITION_LAPSED};
        Fixture *f = *state;
        Sums s = {{0}};
        Event e;

        for (unsigned i = 0; i < ARRAY_SIZE(ends) + 1; i++) {
                Deciding d = {.id = i + 1, .d = DISPOSITION_TOLD};

                e = message_event("6107990001", i);
                e.message.sender_cvr = 34051178;
                if (i == ARRAY_SIZE(ends)) /* no Digital Post */
                        e.message.kind = MESSAGE_NEMSMS;
                else
                        d.d = ends[i];
                assert_int_equal(in_tx(f, admit_fn, &e), 0);
                if (i == 4) { /* opened before it was decided */
                        Event read = {
                                .type = EVENT_READ, .message_id = e.message.id, .at_usec = T0};

                        assert_int_equal(in_tx(f, read_fn, &read), 0);
                }
                assert_int_equal(in_tx(f, decide_fn, &d), 0);
                assert_int_equal(in_tx(f, decide_fn, &d), STORE_E_STALE);
        }
        e = message_event("6107990001", 0);
        e = (Event){.type = EVENT_READ, .message_id = e.message.id, .at_usec = T0};
        clock_freeze(T0 + 40 * USEC_PER_DAY); /* another month: the message stays in its own */
        assert_int_equal(in_tx(f, read_fn, &e), 0);
        assert_int_equal(in_tx(f, read_fn, &e), STORE_E_DUPLICATE);
        for (unsigned rev = 0; rev < 2; rev++) {
                e = (Event){.type = EVENT_VOLUME,
                            .rev = rev,
                            .volume = {.year = 2014,
                                       .month = 8,
                                       .sender_cvr = 34051178,
                                       .physical = 100 - rev}};
                assert_int_equal(apply(f, e), 0);
        }
        assert_int_equal(in_tx(f, sums_fn, &s), 0);
        assert_int_equal(s.n[DISPOSITION_TOLD], 3);
        assert_int_equal(s.read[DISPOSITION_TOLD], 2);
        assert_int_equal(s.n[DISPOSITION_NOBODY], 1);
        assert_int_equal(s.n[DISPOSITION_PHYSICAL], 1);
        assert_int_equal(s.n[DISPOSITION_LAPSED], 1);
        assert_int_equal(s.rows, 4);
        assert_int_equal(s.paper, 99); /* the last revision */
}

//--- reach --------------------------------------------------------------------------------------

static int snapshot_fn(StoreTx *tx, void *arg)
{
        Day day = *(Day *)arg;
        bool whole = false;
        int r = store_level_begin(tx, day);

        while (r == 0 && !whole)
                r = store_level_slice(tx, day, 3, T0 - 90 * USEC_PER_DAY, &whole);
        return r;
}

typedef struct Told {
        Reach reach;
        unsigned flags[16], n;
        Day day;
} Told;

static int on_reach(void *userdata, uint16_t municipality, unsigned age, unsigned flags, int64_t n)
{
        Told *t = userdata;

        assert_int_equal(municipality, 851);
        assert_int_equal(age, 15);
        for (int64_t i = 0; i < n; i++)
                t->flags[t->n++] = flags;
        return 0;
}

static int reach_fn(StoreTx *tx, void *arg)
{
        Told *t = arg;

        return store_reach_read(tx, t->day, on_reach, t, &t->day);
}

static unsigned with(const Told *t, unsigned flags)
{
        unsigned n = 0;

        for (unsigned i = 0; i < t->n; i++)
                n += t->flags[i] == flags;
        return n;
}

TEST(the_enrolled_are_told_apart_by_how_they_can_be_told)
{
        static const struct {
                const char *cpr, *number, *email;
                bool verified, opted_out;
                unsigned want;
        } cases[] = {
                {"6107990001", "20123456", NULL, true, false, REACH_SMS},
                {"6107990012", NULL, "a@example.dk", true, false, REACH_EMAIL},
                {"6107990023", "20123457", "b@example.dk", true, false, REACH_SMS | REACH_EMAIL},
                {"6107990034", "20123458", "c@example.dk", false, false, REACH_UNVERIFIED},
                {"6107990045", "20123459", "d@example.dk", true, true, REACH_OPTED_OUT},
                {"6107990056", NULL, NULL, false, false, 0},
        };
        Fixture *f = *state;
        static Told t;
        const usec_t before = T0 - 60 * USEC_PER_DAY;
        Day sunday = day_from_ymd(2014, 8, 17);

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Event e = owner_event(cases[i].cpr, cases[i].number, cases[i].email, before);

                assert_int_equal(
                        apply(f, citizen_event(cases[i].cpr, 851, RESIDENCE_RESIDENT, before)), 0);
                assert_int_equal(
                        apply(f, enrolment_event(cases[i].cpr, ENROLMENT_ENROLLED, before)), 0);
                if (!cases[i].verified)
                        e.access.sms.verified_usec = e.access.emails[0].verified_usec = 0;
                if (cases[i].opted_out)
                        e.access.opted_out_usec = before;
                if (cases[i].number || cases[i].email)
                        assert_int_equal(apply(f, e), 0);
        }
        /* exempt, and abroad: not among them */
        assert_int_equal(apply(f, citizen_event("6107990067", 851, RESIDENCE_RESIDENT, before)), 0);
        assert_int_equal(apply(f, enrolment_event("6107990067", ENROLMENT_EXEMPT, before)), 0);
        assert_int_equal(apply(f, citizen_event("6107990078", 0, RESIDENCE_ABROAD, before)), 0);
        assert_int_equal(apply(f, enrolment_event("6107990078", ENROLMENT_ENROLLED, before)), 0);
        assert_int_equal(in_tx(f, snapshot_fn, &sunday), 0);
        t = (Told){.day = sunday - 1};
        assert_int_equal(in_tx(f, reach_fn, &t), STORE_E_NOT_FOUND);
        t = (Told){.day = sunday + 5};
        assert_int_equal(in_tx(f, reach_fn, &t), 0);
        assert_int_equal(t.day, sunday);
        assert_int_equal(t.n, ARRAY_SIZE(cases));
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i, with(&t, cases[i].want) == 1);
}

TEST(who_got_post_and_opened_none_of_it_is_told)
{
        Fixture *f = *state;
        static Told t;
        const usec_t before = T0 - 60 * USEC_PER_DAY;
        Day sunday = day_from_ymd(2014, 8, 17);
        static const char *const cprs[] = {"6107990001", "6107990012", "6107990023"};

        for (unsigned i = 0; i < ARRAY_SIZE(cprs); i++) {
                Event e = message_event(cprs[i], i), read = {.type = EVENT_READ, .at_usec = T0};
                Deciding d = {.id = (int64_t)i + 1, .d = DISPOSITION_TOLD};

                assert_int_equal(apply(f, citizen_event(cprs[i], 851, RESIDENCE_RESIDENT, before)),
                                 0);
                assert_int_equal(apply(f, enrolment_event(cprs[i], ENROLMENT_ENROLLED, before)), 0);
                read.message_id = e.message.id;
                e.message.available_usec = i == 2 ? T0 - 200 * USEC_PER_DAY : before;
                assert_int_equal(in_tx(f, admit_fn, &e), 0);
                assert_int_equal(in_tx(f, decide_fn, &d), 0);
                if (i == 0)
                        assert_int_equal(in_tx(f, read_fn, &read), 0);
        }
        assert_int_equal(in_tx(f, snapshot_fn, &sunday), 0);
        t = (Told){.day = sunday};
        assert_int_equal(in_tx(f, reach_fn, &t), 0);
        assert_int_equal(with(&t, REACH_POST), 1);
        assert_int_equal(with(&t, REACH_POST | REACH_UNOPENED), 1);
        assert_int_equal(with(&t, 0), 1); /* longer than half a year ago */
}

TEST(rows_of_reach_add_up_and_small_ones_are_withheld_in_what_is_published)
{
        static Reach r;
        ReachTable *all = NULL, *published = NULL;
        FigureQuery q = {.by = FIGURE_BY_MUNICIPALITY, .by_age = true};
        int64_t sum = 0, withheld = 0;

        reach_init(&r, denmark());
        for (unsigned i = 0; i < denmark()->n_areas; i++)
                for (int b = 0; b < _BAND_MAX; b++) {
                        const ReachCount n = {.enrolled = 100 + i,
                                              .sms_only = 20,
                                              .email_only = 20,
                                              .both = 40,
                                              .none = 20 + i,
                                              .proven = i == 7 && b == 2 ? 3 : 50};

                        reach_put(&r, denmark()->area[i].code, (AgeBand)b, &n);
                }
        reach_put(&r, 999, BAND_15_24, &(ReachCount){.enrolled = 1}); /* no such place */
        assert_int_equal(reach_table_new(&r, &q, &all), 0);
        assert_int_equal(all->n_rows, 98 * 7 + 1);
        for (unsigned i = 0; i + 1 < all->n_rows; i++)
                sum += all->row[i].n.enrolled;
        assert_true(all->row[all->n_rows - 1].is_total);
        /* Christiansø has no line */
        sum += 7 * (100 + area_index(denmark(), 411));
        assert_int_equal(sum, all->row[all->n_rows - 1].n.enrolled);
        q.minimum = 5;
        assert_int_equal(reach_table_new(&r, &q, &published), 0);
        for (unsigned i = 0; i < published->n_rows; i++) {
                withheld += published->row[i].is_withheld;
                assert_true((published->row[i].n.proven == FIGURE_NO_N) ==
                            published->row[i].is_withheld);
        }
        assert_int_equal(withheld, 4); /* itself, one more of its age, of its place, the corner */
        free(all);
        free(published);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(ten_seconds_is_the_end_of_a_bucket),
                T(messages_are_counted_at_decision_and_when_they_are_opened),
                T(the_enrolled_are_told_apart_by_how_they_can_be_told),
                T(who_got_post_and_opened_none_of_it_is_told),
                cmocka_unit_test(
                        rows_of_reach_add_up_and_small_ones_are_withheld_in_what_is_published),
        };

        return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
