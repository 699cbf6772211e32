/*
 * What figures cost: counting a day, reading one that is kept, an event told late.
 *
 * FIGURES_PERSONS=5640000 is the whole country with ten years of events; without it, a tenth. The
 * people are written into the tables directly: a register load is another bench. FIGURES_DIR=
 * takes the database somewhere else than /tmp and keeps it.
 */
#include "base/civil.h"
#include "base/clock.h"
#include "base/str.h"
#include "control/control.h"
#include "stats/publish.h"
#include "store/level.h"
#include "store/register.h"
#include "store/store.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WEEKS 12

static const AreaTable *areas;
static uint64_t chance_state = 1;

static unsigned chance(unsigned n)
{
        chance_state = chance_state * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (unsigned)((chance_state >> 33) % n);
}

static void tell(const char *what, MonoUsec begin)
{
        printf("%-56s %10.3f s\n", what, (double)clock_mono_since_usec(begin) / 1e6);
}

static void sql(sqlite3 *db, const char *text)
{
        char *error = NULL;

        if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK) {
                fprintf(stderr, "%s: %s\n", text, error);
                exit(1);
        }
}

static sqlite3_stmt *prepared(sqlite3 *db, const char *text)
{
        sqlite3_stmt *st = NULL;

        if (sqlite3_prepare_v2(db, text, -1, &st, NULL) != SQLITE_OK) {
                fprintf(stderr, "%s: %s\n", text, sqlite3_errmsg(db));
                exit(1);
        }
        return st;
}

static void put(sqlite3_stmt *st, const int64_t v[], int n)
{
        for (int i = 0; i < n; i++)
                (void)sqlite3_bind_int64(st, i + 1, v[i]);
        assert(sqlite3_step(st) == SQLITE_DONE);
        (void)sqlite3_reset(st);
}

/* Somebody of any age, who lived in one to three places and was told to be this and that. */
static void person_put(sqlite3_stmt *who, sqlite3_stmt *home, sqlite3_stmt *post, int64_t id,
                       Day today)
{
        const usec_t start = civil_midnight_usec(today - 3650);
        int64_t at = (int64_t)start;
        unsigned moves = 1 + (chance(2) == 0) + (chance(5) == 0), words = chance(4);

        put(who, (const int64_t[]){id, today - (Day)chance(95 * 365), 1 + chance(2)}, 3);
        for (unsigned i = 0; i < moves; i++, at += (int64_t)(chance(1800) * USEC_PER_DAY + 1))
                put(home,
                    (const int64_t[]){id, at, areas->area[chance(areas->n_areas)].code,
                                      i > 0 && chance(40) == 0 ? RESIDENCE_DEAD
                                                               : RESIDENCE_RESIDENT},
                    4);
        at = (int64_t)start + (int64_t)(chance(3000) * USEC_PER_DAY);
        for (unsigned i = 0; i < words; i++, at += (int64_t)(chance(900) * USEC_PER_DAY + 1))
                put(post, (const int64_t[]){id, at, 1 + chance(3), chance(3)}, 4);
}

static void people_put(const char *path, unsigned n, Day today)
{
        sqlite3_stmt *who, *home, *post;
        sqlite3 *db;

        assert(sqlite3_open(path, &db) == SQLITE_OK);
        sql(db, "PRAGMA synchronous = OFF");
        sql(db, "BEGIN");
        who = prepared(db, "INSERT INTO citizen (id, born, sex, cpr) VALUES (?, ?, ?, x'00')");
        home = prepared(db,
                        "INSERT OR IGNORE INTO residence (citizen, at, rev, municipality, status, "
                        "learnt) VALUES (?, ?, 0, ?, ?, 0)");
        post = prepared(db,
                        "INSERT OR IGNORE INTO enrolment (citizen, at, rev, state, basis, reason, "
                        "learnt) VALUES (?, ?, 0, ?, ?, 0, 0)");
        for (unsigned i = 0; i < n; i++)
                person_put(who, home, post, i + 1, today);
        (void)sqlite3_finalize(who);
        (void)sqlite3_finalize(home);
        (void)sqlite3_finalize(post);
        sql(db, "COMMIT");
        assert(sqlite3_close(db) == SQLITE_OK);
}

/* As an operator asks; the answer is thrown away. */
static void ask(Store *s, const char *verb, const char *params)
{
        static const char site[] = "{\"municipalities_file\":\"conf/figures/municipalities.csv\","
                                   "\"population_file\":\"conf/figures/population.csv\","
                                   "\"minimum_cell\":5,\"proven_days\":90,"
                                   "\"competition\":{\"opens\":\"2014-09-09\","
                                   "\"closes\":\"2014-10-24\",\"regional_to\":\"2014-10-31\","
                                   "\"national\":\"2014-11-01\",\"prizes_per_winner\":2}}";
        ControlCall *c = NULL;
        Json *p = NULL;
        int r = json_parse(params, strlen(params), &p, NULL);

        assert(r == 0);
        r = control_call_new(control_verb(verb), p, 0, &c);
        assert(r == 0);
        r = json_parse(site, sizeof(site) - 1, &c->site, NULL);
        assert(r == 0);
        control_wait(c, s);
        if (c->status != 200) {
                fprintf(stderr, "%s: %u\n", verb, c->status);
                exit(1);
        }
        control_call_free(c);
}

static void timed(Store *s, const char *what, const char *verb, const char *params)
{
        MonoUsec begin = clock_mono();

        ask(s, verb, params);
        tell(what, begin);
}

typedef struct Late {
        StoreJob job;
        usec_t at_usec;
        unsigned n, persons;
} Late;

static int late_run(StoreTx *tx, StoreJob *job)
{
        Late *l = (Late *)job;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < l->n; i++)
                r = store_enrol_automatic(tx, 1 + chance(l->persons), l->at_usec + i);
        return r;
}

static void late_done(_unused_ StoreJob *job, _unused_ int result)
{
}

static void late(Store *s, const char *what, usec_t at_usec, unsigned persons)
{
        Late l = {.job = {.run = late_run, .on_done = late_done},
                  .at_usec = at_usec,
                  .n = 10000,
                  .persons = persons};
        MonoUsec begin = clock_mono();
        int r = store_write_wait(s, &l.job);

        assert(r == 0);
        printf("%-56s %10.3f us\n", what, (double)clock_mono_since_usec(begin) / l.n);
}

static const char *week(Day day, char params[160])
{
        char text[DAY_TEXT_MAX];

        (void)snprintf(params, 160, "{\"date\":\"%s\",\"by\":\"municipality,age\"}",
                       day_format(day, text));
        return params;
}

static void bench(Store *s, unsigned persons, Day today)
{
        Day sunday = iso_week_sunday(day_iso_week(today)) - 7;
        char day[DAY_TEXT_MAX], params[160];

        (void)snprintf(params, sizeof(params), "{\"date\":\"%s\",\"by\":\"municipality,age\"}",
                       day_format(sunday, day));
        timed(s, "a week and the one before, everybody counted", "figures", params);
        for (unsigned i = 0; i < WEEKS; i++) {
                (void)snprintf(params, sizeof(params), "{\"date\":\"%s\"}",
                               day_format(sunday - 7 * (Day)i, day));
                if (i == 0)
                        timed(s, "snapshot of the last week, with reach", "snapshot", params);
                else if (i == 1)
                        timed(s, "snapshot of an older week", "snapshot", params);
                else
                        ask(s, "snapshot", params);
        }
        (void)snprintf(params, sizeof(params), "{\"date\":\"%s\",\"by\":\"municipality,age\"}",
                       day_format(sunday, day));
        timed(s, "a week that is kept: all municipalities and ages", "figures", params);
        (void)snprintf(params, sizeof(params),
                       "{\"date\":\"%s\",\"by\":\"municipality,age,sex\",\"publish\":\"yes\"}",
                       day_format(sunday, day));
        timed(s, "the same by sex, for publication", "figures", params);
        (void)snprintf(params, sizeof(params),
                       "{\"date\":\"%s\",\"format\":\"report\",\"publish\":\"yes\"}",
                       day_format(sunday, day));
        timed(s, "the report's numbers", "figures", params);
        timed(s, "a week that is not, one away from one that is", "figures",
              week(sunday - 7 * WEEKS, params));
        timed(s, "two weeks away: each of a kept month", "figures",
              week(sunday - 7 * (WEEKS + 1), params));
        timed(s, "today", "figures", "{\"by\":\"municipality,age\"}");
        timed(s, "the standings, two days that are not kept", "competition",
              "{\"publish\":\"yes\"}");
        late(s, "an event of today", civil_midnight_usec(today), persons);
        late(s, "an event of 12 weeks ago", civil_midnight_usec(sunday - 7 * WEEKS), persons);
        timed(s, "verify: everything counted again", "verify", "{}");
}

int main(void)
{
        static AreaTable t;
        const char *given = getenv("FIGURES_PERSONS"), *kept = getenv("FIGURES_DIR");
        unsigned persons = given ? (unsigned)strtoul(given, NULL, 10) : 564000;
        char dir[64] = "/tmp/advisd-figures-bench-XXXXXX", db[320], key[320], command[400];
        StoreParams params = {.path = db, .key = {key}, .n_keys = 1};
        Day today = day_from_ymd(2014, 11, 19);
        char *fault = NULL;
        MonoUsec begin;
        struct stat st;
        Store *s;

        areas = &t;
        if (civil_init() < 0 ||
            area_table_load("conf/figures/municipalities.csv", NULL, NULL, &t) < 0 ||
            (!kept && !mkdtemp(dir)))
                return 1;
        (void)snprintf(db, sizeof(db), "%s/store", kept ? kept : dir);
        (void)snprintf(key, sizeof(key), "%s/key", kept ? kept : dir);
        clock_set_start(civil_midnight_usec(today) + 12 * USEC_PER_HOUR);
        if (secret_generate_master(key) < 0 || store_open(&params, &s, &fault) < 0)
                return 1;
        store_close(s);
        begin = clock_mono();
        people_put(db, persons, today);
        printf("%u persons\n", persons);
        tell("writing them (not by events)", begin);
        if (store_open(&params, &s, &fault) < 0)
                return 1;
        bench(s, persons, today);
        store_close(s);
        if (stat(db, &st) == 0)
                printf("%-56s %10.1f MB\n", "the database", (double)st.st_size / 1e6);
        for (unsigned i = 0; !kept && i < 3; i++) {
                static const char *const names[] = {"store", "key", "store.lock"};

                (void)snprintf(command, sizeof(command), "%s/%s", dir, names[i]);
                (void)unlink(command);
        }
        return kept ? 0 : rmdir(dir) < 0;
}
