/*
 * What the register said, event by event.
 *
 * People pass by in order of area, sex and age; each leaves its events in four files and is
 * forgotten, so that the whole country fits into little memory. Who of a cell is enrolled, exempt
 * or neither is dealt by walking round it with a stride that meets everybody once: exactly as many
 * as promised. The same trick gives exactly 87 % of the enrolled a verified e-mail address and
 * exactly 73 % a verified mobile number (Cedi, november 2015), one independently of the other.
 *
 * Life is not simple, and whoever counts must not be fooled by it. Some have moved, some will move
 * after the day; some events come late, some are put right by a later revision, some say the same
 * twice; some people were exempt before or enrolled before; some numbers have changed, once or
 * twice, and what was said of the old number holds for the new one, even when the old one told
 * another day of birth or sex. Besides the residents there are people abroad, dead and missing.
 * All of them are told in the words that the files know, the contact register's among them.
 */
#include "denmark.h"

#include <string.h>

/* Per mille of those it can happen to. Invented, but for the contact data. */
enum {
        WITH_MAIL = 870,
        WITH_SMS = 730,
        MAIL_UNVERIFIED = 300, /* of those without */
        SMS_UNVERIFIED = 200,
        MOVED = 80,
        MOVES_SOON = 2,
        PUT_RIGHT = 10,
        TOLD_LATE = 20,
        TOLD_TWICE = 2,
        OTHERWISE_BEFORE = 60,
        NUMBER_CHANGED = 2,
        OPTED_OUT = 15,
        ENGLISH = 50,
        ANYTIME = 40,
        NEMSMS_ENROLLED = 150,
        NEMSMS_EXEMPT = 200,
        NEMSMS_CHILD = 30,
        TOLD_NONE = 400, /* of those who are neither: the rest is not told of at all */
        ABROAD = 6,      /* of the adults, on top of them */
        DEAD = 10,
        MISSING = 1,
};

typedef struct Person {
        Cpr cpr, old; /* old.digits "" = never had another */
        Sex sex;
        uint16_t municipality;
        Kind kind;
} Person;

static usec_t day_start(const Register *g, int days_before)
{
        return civil_midnight_usec(g->o->day - days_before);
}

/* Some moment of the last @days days before the day of the start. */
static usec_t some_time(Register *g, unsigned days)
{
        return day_start(g, (int)days) + rng_below(&g->rng, days * 86400u) * USEC_PER_SEC;
}

/* Ever more people enrolled: the later, the denser; a thousand days. */
static usec_t some_enrolment(Register *g)
{
        uint32_t a = rng_below(&g->rng, 1000 * 1440), b = rng_below(&g->rng, 1000 * 1440);

        return day_start(g, 1000) + MAX_OF(a, b) * USEC_PER_MIN;
}

static uint16_t some_municipality(Register *g)
{
        for (;;) {
                const Area *a = &g->d->areas.area[rng_below(&g->rng, g->d->areas.n_areas)];

                if (a->is_municipality)
                        return a->code;
        }
}

//--- lines
//-------------------------------------------------------------------------------------------

static void put_rev(FILE *f, unsigned rev)
{
        if (rev)
                fprintf(f, ",\"rev\":%u", rev);
}

static void citizen_line(Register *g, FILE *f, const Cpr *cpr, uint16_t municipality,
                         const char *status, usec_t at, unsigned rev)
{
        char when[STAMP_MAX];

        fprintf(f, "{\"type\":\"citizen\",\"cpr\":\"%s\"", cpr->digits);
        if (municipality)
                fprintf(f, ",\"municipality\":\"%04u\"", municipality);
        fprintf(f, ",\"status\":\"%s\",\"at\":\"%s\"", status, stamp(at, when));
        put_rev(f, rev);
        fputs("}\n", f);
        g->n_events++;
}

/* @state: a word of ours or of the contact register; @basis, @reason: NULL = not said */
static void enrolment_line(Register *g, FILE *f, const Cpr *cpr, const char *state,
                           const char *basis, const char *reason, usec_t at, unsigned rev)
{
        char when[STAMP_MAX];

        fprintf(f, "{\"type\":\"enrolment\",\"cpr\":\"%s\",\"state\":\"%s\"", cpr->digits, state);
        if (basis)
                fprintf(f, ",\"basis\":\"%s\"", basis);
        if (reason)
                fprintf(f, ",\"reason\":\"%s\"", reason);
        fprintf(f, ",\"at\":\"%s\"", stamp(at, when));
        put_rev(f, rev);
        fputs("}\n", f);
        g->n_events++;
}

static void changed_line(Register *g, const Cpr *from, const Cpr *to, usec_t at)
{
        char when[STAMP_MAX];

        fprintf(g->changes,
                "{\"type\":\"cpr-changed\",\"from\":\"%s\",\"to\":\"%s\",\"at\":\"%s\"}\n",
                from->digits, to->digits, stamp(at, when));
        g->n_events++;
}

static void nemsms_line(Register *g, const char *cpr, usec_t at)
{
        char when[STAMP_MAX], verified[STAMP_MAX];

        fprintf(g->accesses,
                "{\"type\":\"nemsms\",\"cpr\":\"%s\",\"number\":\"%u\",\"verified\":\"%s\",\"at\":"
                "\"%s\"}\n",
                cpr, 20000000 + g->n_phones++ * 7919u % 10000000, stamp(at, verified),
                stamp(at, when));
        g->n_events++;
        sample_put(&g->sample[KIND_NEMSMS], &g->rng, cpr);
}

//--- residence
//---------------------------------------------------------------------------------------

/* The register was loaded a thousand days ago, or at birth. */
static usec_t first_told(const Register *g, const Cpr *cpr)
{
        usec_t load = day_start(g, 1000);
        Day born = cpr_born(cpr);

        return born > g->o->day - 1000 ? civil_midnight_usec(born) : load;
}

static FILE *maybe_late(Register *g, FILE *f)
{
        return rng_permille(&g->rng, TOLD_LATE) ? g->changes : f;
}

static void residence_events(Register *g, const Person *p)
{
        const Cpr *first = p->old.digits[0] ? &p->old : &p->cpr;
        usec_t at = first_told(g, &p->cpr);
        FILE *f = g->citizens;

        if (at < day_start(g, 1) && rng_permille(&g->rng, MOVED)) {
                citizen_line(g, maybe_late(g, f), first, some_municipality(g), "resident", at, 0);
                at += rng_next(&g->rng) % (day_start(g, 0) - at);
                first = &p->cpr;
        } else if (rng_permille(&g->rng, PUT_RIGHT)) {
                citizen_line(g, maybe_late(g, f), first, some_municipality(g), "resident", at, 0);
                citizen_line(g, maybe_late(g, f), first, p->municipality, "resident", at, 1);
                return;
        }
        citizen_line(g, maybe_late(g, f), first, p->municipality, "resident", at, 0);
        if (rng_permille(&g->rng, TOLD_TWICE))
                citizen_line(g, g->changes, first, p->municipality, "resident", at, 0);
        if (rng_permille(&g->rng, MOVES_SOON))
                citizen_line(g, f, &p->cpr, some_municipality(g), "resident",
                             day_start(g, -1 - (int)rng_below(&g->rng, 14)), 0);
}

//--- enrolment
//---------------------------------------------------------------------------------------

/* A way to say "enrolled": of their own will, but for the few who do not say. */
static void say_enrolled(Register *g, FILE *f, const Cpr *cpr, usec_t at, unsigned rev)
{
        switch (rng_below(&g->rng, 50)) {
        case 0:
                enrolment_line(g, f, cpr, "enrolled", NULL, NULL, at, rev);
                break;
        case 1:
                enrolment_line(g, f, cpr, "VOLUNTARY_REGISTRATION", NULL, NULL, at, rev);
                break;
        case 2: /* none before 1 November 2014, but where traps are asked for */
                enrolment_line(g, f, cpr, g->o->traps ? "AUTOMATIC_REGISTRATION" : "enrolled",
                               g->o->traps ? NULL : "voluntary", NULL, at, rev);
                break;
        default:
                enrolment_line(g, f, cpr, "enrolled", "voluntary", NULL, at, rev);
                break;
        }
}

static void say_exempt(Register *g, FILE *f, const Cpr *cpr, usec_t at, unsigned rev)
{
        if (rng_permille(&g->rng, 500))
                enrolment_line(g, f, cpr, "exempt", NULL, NULL, at, rev);
        else
                enrolment_line(g, f, cpr, "EXEMPT_OTHER_REASON", NULL, NULL, at, rev);
}

static void say_none(Register *g, FILE *f, const Cpr *cpr, usec_t at, unsigned rev)
{
        static const char *const words[] = {"none",
                                            "none",
                                            "none",
                                            "none",
                                            "BEFORE_UNCONFIRMED_REGISTRATION",
                                            "UNCONFIRMED_REGISTRATION",
                                            "CREATED_AWAITING_REGISTRATION",
                                            "CLOSED"};

        enrolment_line(g, f, cpr, words[rng_below(&g->rng, 8)], NULL, NULL, at, rev);
}

static void say(Register *g, FILE *f, Kind kind, const Cpr *cpr, usec_t at, unsigned rev)
{
        if (kind == KIND_ENROLLED)
                say_enrolled(g, f, cpr, at, rev);
        else if (kind == KIND_EXEMPT)
                say_exempt(g, f, cpr, at, rev);
        else
                say_none(g, f, cpr, at, rev);
}

/* Returns when what holds now began. */
static usec_t enrolment_events(Register *g, const Person *p)
{
        usec_t at = some_enrolment(g);
        const Cpr *cpr = &p->cpr;
        FILE *f = g->enrolments;

        if (p->kind == KIND_UNKNOWN)
                return at;
        if (p->old.digits[0] && rng_permille(&g->rng, 500))
                cpr = &p->old;
        if (rng_permille(&g->rng,
                         OTHERWISE_BEFORE)) { /* another state before, told before or after */
                Kind before = (Kind)(((unsigned)p->kind + 1 + rng_below(&g->rng, 2)) % 3);

                say(g, maybe_late(g, f), before, cpr,
                    at - (1 + rng_below(&g->rng, 99)) * USEC_PER_DAY, 0);
        }
        if (rng_permille(&g->rng, PUT_RIGHT)) { /* at the same moment, by revision */
                say(g, maybe_late(g, f), (Kind)((p->kind + 1) % 3), cpr, at, 0);
                say(g, maybe_late(g, f), p->kind, cpr, at, 3);
        } else {
                say(g, maybe_late(g, f), p->kind, cpr, at, 0);
        }
        if (rng_permille(&g->rng, MOVES_SOON)) /* and will change their mind */
                say(g, f, (Kind)((p->kind + 2) % 3), &p->cpr, day_start(g, -2), 0);
        return at;
}

//--- addresses
//---------------------------------------------------------------------------------------

/* The @i-th of @of is among the chosen: exactly @chosen of them are. */
static bool is_chosen(uint64_t i, uint64_t of, uint64_t chosen)
{
        return (i + 1) * chosen / of != i * chosen / of;
}

static void put_time_or_null(FILE *f, const char *key, usec_t t)
{
        char when[STAMP_MAX];

        if (t)
                fprintf(f, "\"%s\":\"%s\"", key, stamp(t, when));
        else
                fprintf(f, "\"%s\":null", key);
}

static void put_sms(Register *g, FILE *f, usec_t verified)
{
        fprintf(f, "\"sms\":{\"number\":\"%u\",", 20000000 + g->n_phones++ * 7919u % 10000000);
        put_time_or_null(f, "verified", verified);
        fprintf(f, ",\"anytime\":%s},", rng_permille(&g->rng, ANYTIME) ? "true" : "false");
}

static void put_mail(Register *g, FILE *f, const char *name, unsigned n_name, usec_t verified)
{
        unsigned more = rng_below(&g->rng, 100), n = more < 2 ? 3 : more < 12 ? 2 : 1;

        fputs("\"emails\":[", f);
        for (unsigned i = 0; i < n; i++) {
                const char *domain = rng_below(&g->rng, 5000) ? "example.dk" : "blåbærgrød.test";

                fprintf(f, "%s{\"address\":\"%s%u%s@%s\",", i ? "," : "", name, n_name,
                        i == 0   ? ""
                        : i == 1 ? ".arbejde"
                                 : ".fritid",
                        domain);
                put_time_or_null(f, "verified", verified);
                fputs("}", f);
        }
        fputs("],", f);
}

typedef enum Given { GIVEN_NOT, GIVEN_UNVERIFIED, GIVEN } Given;

static Given given(Register *g, bool is_promised, uint32_t unverified_permille)
{
        if (is_promised)
                return GIVEN;
        return rng_permille(&g->rng, unverified_permille) ? GIVEN_UNVERIFIED : GIVEN_NOT;
}

/* @reader: NULL = the owner */
static void access_line(Register *g, const char *mailbox, const char *reader, Given mail, Given sms,
                        usec_t at)
{
        /* some readers give the address that the owner gave */
        bool is_own = !reader || rng_permille(&g->rng, 50);
        FILE *f = g->accesses;
        usec_t until = 0;

        fprintf(f, "{\"type\":\"access\",\"mailbox\":\"%s\",", mailbox);
        if (reader) {
                fprintf(f, "\"reader\":\"%s\",", reader);
                if (rng_permille(&g->rng, 100))
                        until = rng_permille(&g->rng, 500) ? day_start(g, 30) : day_start(g, -365);
        }
        if (sms != GIVEN_NOT)
                put_sms(g, f, sms == GIVEN ? at : 0);
        if (mail != GIVEN_NOT)
                put_mail(g, f, is_own ? "borger" : "laeser", is_own ? g->n_enrolled : g->n_events,
                         mail == GIVEN ? at : 0);
        if (rng_permille(&g->rng, ENGLISH))
                fputs("\"language\":\"en\",", f);
        put_time_or_null(f, "opted_out", rng_permille(&g->rng, OPTED_OUT) ? day_start(g, 7) : 0);
        if (until) {
                fputs(",", f);
                put_time_or_null(f, "until", until);
        }
        fputs(",", f);
        put_time_or_null(f, "at", at);
        fputs("}\n", f);
        g->n_events++;
}

/* An enrolled resident's own access, and now and then somebody who reads along. */
static void owner_access(Register *g, const Person *p, unsigned group, usec_t at)
{
        uint32_t i = g->n_enrolled++, of = g->d->enrolled;
        uint32_t k = (uint32_t)((uint64_t)i * g->stride % of);
        Given mail = given(g, is_chosen(i, of, g->with_mail), MAIL_UNVERIFIED);
        Given sms = given(g, is_chosen(k, of, g->with_sms), SMS_UNVERIFIED);

        if (mail != GIVEN_NOT || sms != GIVEN_NOT)
                access_line(g, p->cpr.digits, NULL, mail, sms, at);
        if (g->n_recent > 0 && rng_permille(&g->rng, group >= 15 ? 150 : 10)) {
                const char *reader = g->recent[rng_below(&g->rng, MIN_OF(g->n_recent, 256u))];

                access_line(g, p->cpr.digits, rng_permille(&g->rng, 20) ? "99000099" : reader,
                            rng_permille(&g->rng, 700) ? GIVEN : GIVEN_NOT,
                            rng_permille(&g->rng, 400) ? GIVEN : GIVEN_NOT, at + USEC_PER_DAY);
        }
        memcpy(g->recent[g->n_recent++ % 256], p->cpr.digits, sizeof(g->recent[0]));
}

//--- people
//------------------------------------------------------------------------------------------

static Sex other_sex(Sex s)
{
        return s == SEX_MALE ? SEX_FEMALE : SEX_MALE;
}

/* An older number, or a chain of two; the edges are told in either order. */
static void number_changes(Register *g, Person *p)
{
        Day born = cpr_born(&p->cpr);
        bool is_chain = rng_permille(&g->rng, 300);
        Cpr between = p->cpr;

        if (is_chain) {
                between = number_of(born, p->sex);
                if (rng_permille(&g->rng, 500))
                        changed_line(g, &between, &p->cpr, some_time(g, 30));
        }
        /* the old one may tell another birthday, even a child's, or the other sex */
        if (rng_permille(&g->rng, 300))
                born += (Day)rng_below(&g->rng, 4000) - 2000;
        born = MIN_OF(born, g->o->day - 1);
        p->old = number_of(born, rng_permille(&g->rng, 200) ? other_sex(p->sex) : p->sex);
        changed_line(g, &p->old, &between, some_time(g, 300));
        if (is_chain)
                changed_line(g, &between, &p->cpr, some_time(g, 20));
}

static void adult(Register *g, Person *p, unsigned group)
{
        usec_t at;

        if (rng_permille(&g->rng, NUMBER_CHANGED))
                number_changes(g, p);
        residence_events(g, p);
        at = enrolment_events(g, p);
        if (p->kind == KIND_ENROLLED)
                owner_access(g, p, group, at);
        if ((p->kind == KIND_ENROLLED && rng_permille(&g->rng, NEMSMS_ENROLLED)) ||
            (p->kind == KIND_EXEMPT && rng_permille(&g->rng, NEMSMS_EXEMPT)))
                nemsms_line(g, p->cpr.digits, at);
        sample_put(&g->sample[p->kind], &g->rng, p->cpr.digits);
}

static void child(Register *g, Person *p, unsigned group)
{
        residence_events(g, p);
        if (group == GROUP_ADULT - 1 && rng_permille(&g->rng, 5)) /* told, and not counted */
                say_enrolled(g, g->enrolments, &p->cpr, some_time(g, 100), 0);
        if (rng_permille(&g->rng, NEMSMS_CHILD))
                nemsms_line(g, p->cpr.digits, some_time(g, 300));
        sample_put(&g->sample[KIND_OTHER], &g->rng, p->cpr.digits);
}

static Kind kind_of(Register *g, const Cell *c, uint32_t place)
{
        if (place < c->enrolled)
                return KIND_ENROLLED;
        if (place < c->enrolled + c->exempt)
                return KIND_EXEMPT;
        return rng_permille(&g->rng, TOLD_NONE) ? KIND_NONE : KIND_UNKNOWN;
}

static void cell_people(Register *g, unsigned a, Sex sex, unsigned group)
{
        const Cell *c = &g->d->cell[a][sex - 1][group];
        uint32_t stride = stride_of(c->people, rng_next(&g->rng));
        uint32_t place = c->people ? rng_below(&g->rng, c->people) : 0;

        for (uint32_t i = 0; i < c->people; i++, place = (place + stride) % c->people) {
                Person p = {.sex = sex, .municipality = g->d->areas.area[a].code};

                p.cpr = number_of(birthday_in(&g->rng, group, g->o->day), sex);
                if (group < GROUP_ADULT) {
                        child(g, &p, group);
                } else {
                        p.kind = kind_of(g, c, place);
                        adult(g, &p, group);
                }
        }
}

/* Those who are no residents on the day, but were. */
static void away(Register *g, const char *status, uint32_t n, unsigned group_first)
{
        bool is_abroad = strcmp(status, "abroad") == 0;

        for (uint32_t i = 0; i < n; i++) {
                Sex sex = rng_permille(&g->rng, 500) ? SEX_MALE : SEX_FEMALE;
                unsigned group = group_first + rng_below(&g->rng, 18 - group_first);
                Person p = {.sex = sex, .municipality = some_municipality(g)};
                usec_t left = some_time(g, 700);

                p.cpr = number_of(birthday_in(&g->rng, group, g->o->day), sex);
                p.kind = rng_permille(&g->rng, 600) ? KIND_ENROLLED : KIND_NONE;
                citizen_line(g, g->citizens, &p.cpr, p.municipality, "resident",
                             first_told(g, &p.cpr), 0);
                citizen_line(g, maybe_late(g, g->citizens), &p.cpr, is_abroad ? 0 : p.municipality,
                             status, left, 0);
                if (is_abroad && rng_permille(&g->rng, 150))
                        enrolment_line(g, g->enrolments, &p.cpr, "EXEMPT_LEFT_THE_COUNTRY", NULL,
                                       NULL, left, 0);
                else if (p.kind == KIND_ENROLLED)
                        say_enrolled(g, g->enrolments, &p.cpr, left, 0);
                if (is_abroad && p.kind == KIND_ENROLLED)
                        access_line(g, p.cpr.digits, NULL, GIVEN, GIVEN_NOT, left);
                sample_put(&g->sample[KIND_OTHER], &g->rng, p.cpr.digits);
        }
}

/* Two that contradict each other: same person, moment and revision. The greater bytes stand, and
 * the other is rejected: nothing for a demo, but two programs that count must agree. On the day
 * itself these people are abroad, so that what was promised of the residents holds. */
static void traps(Register *g)
{
        for (uint32_t i = 0; i < g->o->traps; i++) {
                Cpr cpr = number_of(birthday_in(&g->rng, 5 + i % 8, g->o->day), SEX_FEMALE);
                usec_t at = some_time(g, 100);

                citizen_line(g, g->citizens, &cpr, some_municipality(g), "resident", at, 0);
                citizen_line(g, g->changes, &cpr, i % 2 ? some_municipality(g) : 0,
                             i % 2 ? "resident" : "abroad", at, 0);
                citizen_line(g, g->citizens, &cpr, 0, "abroad", day_start(g, 0), 0);
                say(g, g->enrolments, (Kind)(i % 3), &cpr, at, 0);
                say(g, g->changes, (Kind)((i + 1) % 3), &cpr, at, 0);
        }
}

static void samples_new(Register *g)
{
        for (unsigned i = 0; i < _KIND_MAX; i++) {
                g->sample[i].max = MAX_OF(g->o->messages, 64u);
                g->sample[i].cpr = calloc(g->sample[i].max, sizeof(g->sample[i].cpr[0]));
                if (!g->sample[i].cpr)
                        fail("out of memory");
        }
}

static uint32_t share_of(uint32_t n, uint32_t permille)
{
        return (uint32_t)((2 * (uint64_t)n * permille + 1000) / 2000);
}

void register_write(Register *g, const Options *o, const Denmark *d)
{
        *g = (Register){.o = o, .d = d, .stride = stride_of(d->enrolled, o->seed)};
        g->with_mail = share_of(d->enrolled, WITH_MAIL);
        g->with_sms = share_of(d->enrolled, WITH_SMS);
        rng_init(&g->rng, o->seed);
        samples_new(g);
        g->citizens = file_new(o, "register/1-citizens.ndjson");
        g->enrolments = file_new(o, "register/2-enrolments.ndjson");
        g->accesses = file_new(o, "register/3-accesses.ndjson");
        g->changes = file_new(o, "register/4-late.ndjson");
        for (unsigned a = 0; a < d->areas.n_areas; a++)
                for (unsigned i = 0; i < SEX_SLOTS * GROUPS; i++)
                        cell_people(g, a, (Sex)(i / GROUPS + 1), i % GROUPS);
        away(g, "abroad", share_of(d->adults, ABROAD), GROUP_ADULT);
        away(g, "dead", share_of(d->adults, DEAD), 12);
        away(g, "missing", share_of(d->adults, MISSING), GROUP_ADULT);
        traps(g);
        file_end(g->citizens, "register/1-citizens.ndjson");
        file_end(g->enrolments, "register/2-enrolments.ndjson");
        file_end(g->accesses, "register/3-accesses.ndjson");
        file_end(g->changes, "register/4-late.ndjson");
}
