/*
 * store-figures: event files through intake, store and stats, without a daemon.
 *
 *      store-figures WORKDIR DATE[,DATE]… MUNICIPALITIES POPULATION OUT BY[ BY]… -- FILE.ndjson…
 *
 * Writes OUT-DATE/BY.csv (for machines) for each BY, OUT-DATE/BY.json, OUT-DATE/apart.json for each
 * DATE, and prints how the events were taken. WORKDIR gets a store and a key; the folders are
 * there. tests/suite/figures-count.sh compares what it writes with what count.pl says of the same
 * files.
 */
#include "base/civil.h"
#include "base/str.h"
#include "intake/ndjson.h"
#include "stats/publish.h"
#include "store/register.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define BATCH 1024

static unsigned n_taken, n_duplicate, n_refused, n_rejected;

_printf_(1, 2) __attribute__((noreturn)) static void fail(const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        fputs("store-figures: ", stderr);
        vfprintf(stderr, fmt, ap);
        fputc('\n', stderr);
        va_end(ap);
        exit(1);
}

static void check(int r, const char *what)
{
        if (r < 0)
                fail("%s: %s", what, strerror(-r));
}

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        fail("%s:%d: %s", file, line, text);
}

static void done(_unused_ StoreJob *self, _unused_ int result)
{
}

//--- in
//---------------------------------------------------------------------------------------------

typedef struct Batch {
        StoreJob job;
        Event *event[BATCH];
        unsigned n, taken, duplicate, refused;
} Batch;

static int batch_run(StoreTx *tx, StoreJob *self)
{
        Batch *b = (Batch *)self;

        b->taken = b->duplicate = b->refused = 0;
        for (unsigned i = 0; i < b->n; i++) {
                int64_t citizen;
                int r = store_register_apply(tx, b->event[i], &citizen);

                if (r < 0)
                        return r;
                if (r == 0 || r == STORE_E_DISPLACED)
                        b->taken++;
                else if (r == STORE_E_DUPLICATE)
                        b->duplicate++;
                else
                        b->refused++;
        }
        return 0;
}

static void batch_flush(Store *s, Batch *b)
{
        b->job.run = batch_run;
        b->job.on_done = done;
        if (b->n)
                check(store_write_wait(s, &b->job), "store");
        for (unsigned i = 0; i < b->n; i++)
                free(b->event[i]);
        n_taken += b->taken;
        n_duplicate += b->duplicate;
        n_refused += b->refused;
        b->n = b->taken = b->duplicate = b->refused = 0;
}

static void take_file(Store *s, const char *path)
{
        static Batch batch;
        _cleanup_file_ FILE *f = fopen(path, "r");
        _cleanup_free_ char *line = NULL;
        const IntakeRules rules = {.now_usec = clock_now_usec()};
        size_t size = 0;
        ssize_t len;

        if (!f)
                fail("%s: %s", path, strerror(errno));
        while ((len = getline(&line, &size, f)) > 0) {
                Event *e = NULL;
                Reject reject;
                int r;

                if (line[len - 1] == '\n')
                        len--;
                r = ndjson_parse(line, (size_t)len, &rules, &e, &reject);
                check(r, "ndjson");
                if (r == INTAKE_E_REJECTED) {
                        fprintf(stderr, "%s\n", reject.reason);
                        n_rejected++;
                        continue;
                }
                batch.event[batch.n++] = e;
                if (batch.n == BATCH)
                        batch_flush(s, &batch);
        }
        batch_flush(s, &batch);
}

//--- out
//--------------------------------------------------------------------------------------------

typedef struct Counting {
        StoreJob job;
        Census *census;
        int64_t after, last;
        usec_t before;
        Census slice;
} Counting;

static int on_person(void *userdata, const CensusPerson *p)
{
        CensusRow row = {.born = p->born,
                         .sex = p->sex,
                         .residence = p->residence,
                         .municipality = p->municipality,
                         .enrolment = p->enrolment,
                         .basis = p->basis};

        census_add(userdata, &row);
        return 0;
}

static int counting_run(StoreTx *tx, StoreJob *self)
{
        Counting *c = (Counting *)self;

        census_init(&c->slice, c->census->areas, c->census->day);
        return store_census(tx, c->before, c->after, 5000, on_person, &c->slice, &c->last);
}

static void take_census(Store *s, Census *ret)
{
        static Counting c;

        c = (Counting){.job = {.run = counting_run, .on_done = done},
                       .census = ret,
                       .before = census_before_usec(ret->day)};
        do {
                check(store_read_wait(s, &c.job), "census");
                census_merge(ret, &c.slice);
                c.after = c.last;
        } while (c.last);
}

static void write_text(const char *folder, const char *name, const char *ending, const Buf *text)
{
        char path[4096];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s%s", folder, name, ending);
        f = fopen(path, "w");
        if (!f || fwrite(text->data, 1, text->len, f) != text->len || fclose(f) != 0)
                fail("%s: %s", path, strerror(errno));
}

static void write_figures(const Census *c, const Population *population, const char *folder,
                          const char *by)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        _cleanup_buf_ Buf text = BUF_NULL, json = BUF_NULL;
        FigureQuery q = {0};
        const char *tail;

        if (figure_query_by(&q, by) != 0)
                fail("%s: no such figures", by);
        check(figure_table_new(&q, population, c, NULL, &t), by);
        check(figure_csv(t, FIGURE_LOCALE_C, &text), by);
        check(figure_json(t, &json), by);
        write_text(folder, by, ".csv", &text);
        write_text(folder, by, ".json", &json);
        tail = strstr(json.data, "\"abroad\"");
        buf_clear(&text);
        check(buf_puts(&text, tail), by);
        write_text(folder, "apart", ".json", &text);
}

/* All of one day, into OUT-DATE. */
static void write_day(Store *s, const AreaTable *areas, const Population *population, char **argv,
                      const char *date)
{
        static Census census;
        char folder[4096];
        Day day;

        if (day_parse(date, strlen(date), &day) < 0)
                fail("%s: no date", date);
        snprintf(folder, sizeof(folder), "%s-%s", argv[5], date);
        census_init(&census, areas, day);
        take_census(s, &census);
        for (int k = 6; !str_eq(argv[k], "--"); k++)
                write_figures(&census, population, folder, argv[k]);
}

int main(int argc, char **argv)
{
        static AreaTable areas;
        _cleanup_(population_freep) Population *population = NULL;
        char db[4096], key[4096];
        StoreParams params = {.path = db, .key = {key}, .n_keys = 1};
        Store *s;
        char *fault = NULL, *rest;
        int i = 6;

        while (i < argc && !str_eq(argv[i], "--"))
                i++;
        if (argc < 9 || i == argc)
                fail("WORKDIR DATE,… MUNICIPALITIES POPULATION OUT BY… -- FILE…");
        check(civil_init(), "Europe/Copenhagen");
        check(area_table_load(argv[3], on_fault, NULL, &areas), argv[3]);
        check(population_load(argv[4], &areas, on_fault, NULL, &population), argv[4]);
        snprintf(db, sizeof(db), "%s/store", argv[1]);
        snprintf(key, sizeof(key), "%s/key", argv[1]);
        check(secret_generate_master(key), key);
        if (store_open(&params, &s, &fault) < 0)
                fail("%s", fault ? fault : "store");
        for (int k = i + 1; k < argc; k++)
                take_file(s, argv[k]);
        for (char *date = argv[2]; date; date = rest) {
                rest = strchr(date, ',');
                if (rest)
                        *rest++ = '\0';
                write_day(s, &areas, population, argv, date);
        }
        store_close(s);
        printf("%u taken, %u duplicates, %u refused, %u rejected\n", n_taken, n_duplicate,
               n_refused, n_rejected);
        return 0;
}
