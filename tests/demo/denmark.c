/*
 * denmark: writes a synthetic Denmark as event files.
 *
 *      denmark --out DIR [--scale 10] [--seed 1] [--messages 20000] [--start
 * 2014-08-24T10:00:00+02:00]
 *              [--data conf/figures] [--traps 0]
 *
 * DIR/register/[1-4]-*.ndjson    who lives where, who is enrolled, how they want to be told
 * DIR/mailing/…                  messages: events, MeMo files, a batch
 * DIR/figures/…                  the population to divide by: one in --scale of the real one
 * DIR/truth.csv                  what a count at the end of that day must come to, to the person
 *
 * The same options give the same bytes on every machine. One in ten of Denmark takes seconds and
 * 150 MB. Nobody in it exists: the numbers have 60 added to the day of birth, the addresses are of
 * example.dk and .test. What is real: how many people of each age and sex live where
 * (conf/figures), and the two national percentages; what each of the parts invents, it says at its
 * top.
 *
 * --traps N adds N contradictions in the register and enrolments by the register's own act: for
 * those who compare two programs that count.
 */
#include "denmark.h"

#include "base/str.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

void fail(const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        fputs("denmark: ", stderr);
        vfprintf(stderr, fmt, ap);
        fputc('\n', stderr);
        va_end(ap);
        exit(1);
}

void folder_new(const Options *o, const char *name)
{
        char path[4096];

        snprintf(path, sizeof(path), "%s/%s", o->out, name);
        if (mkdir(path, 0777) < 0 && errno != EEXIST)
                fail("%s: %s", path, strerror(errno));
}

FILE *file_new(const Options *o, const char *name)
{
        char path[4096];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", o->out, name);
        f = fopen(path, "w");
        if (!f || setvbuf(f, NULL, _IOFBF, 1 << 20) != 0)
                fail("%s: %s", path, strerror(errno));
        return f;
}

void file_end(FILE *f, const char *name)
{
        if (ferror(f) || fclose(f) != 0)
                fail("%s: %s", name, strerror(errno));
}

const char *stamp(usec_t t, char buf[STAMP_MAX])
{
        static usec_t last_hour;
        static Civil hour[2]; /* in UTC, and two hours ahead of it */
        uint64_t chance = mix64(t);
        bool is_ahead = chance % 8 == 0;
        unsigned rest = (unsigned)(t % USEC_PER_HOUR / USEC_PER_SEC);
        const Civil *c;

        if (t / USEC_PER_HOUR != last_hour) {
                last_hour = t / USEC_PER_HOUR;
                for (unsigned i = 0; i < 2; i++) {
                        uint64_t hours = last_hour + i * 2;

                        day_to_ymd((Day)(hours / 24), &hour[i].year, &hour[i].month, &hour[i].day);
                        hour[i].hour = (int)(hours % 24);
                }
        }
        c = &hour[is_ahead];
        snprintf(buf, STAMP_MAX, "%04d-%02d-%02dT%02d:%02u:%02u%s%s", c->year, c->month, c->day,
                 c->hour, rest / 60, rest % 60, chance % 64 == 1 ? ".25" : "",
                 is_ahead ? "+02:00" : "Z");
        return buf;
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most)
{
        uint64_t v;

        if (parse_u64(text, &v) < 0 || v < least || v > most)
                fail("--%s: a number from %llu to %llu", option, (unsigned long long)least,
                     (unsigned long long)most);
        return v;
}

static void options_read(int argc, char **argv, Options *o)
{
        static const struct option known[] = {
                {"out", required_argument, NULL, 'o'},   {"scale", required_argument, NULL, 'n'},
                {"seed", required_argument, NULL, 's'},  {"messages", required_argument, NULL, 'm'},
                {"start", required_argument, NULL, 't'}, {"data", required_argument, NULL, 'd'},
                {"traps", required_argument, NULL, 'x'}, {0},
        };
        const char *start = "2014-08-24T10:00:00+02:00";
        int c;

        *o = (Options){.scale = 10, .seed = 1, .messages = 20000, .data = "conf/figures"};
        while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
                if (c == 'o')
                        o->out = optarg;
                else if (c == 'n')
                        o->scale = (unsigned)number("scale", optarg, 1, 100);
                else if (c == 's')
                        o->seed = number("seed", optarg, 0, UINT64_MAX);
                else if (c == 'm')
                        o->messages = (uint32_t)number("messages", optarg, 0, 10000000);
                else if (c == 't')
                        start = optarg;
                else if (c == 'd')
                        o->data = optarg;
                else if (c == 'x')
                        o->traps = (uint32_t)number("traps", optarg, 0, 100000);
                else
                        exit(2);
        }
        if (!o->out || optind < argc)
                fail("which folder? --out DIR");
        if (time_parse_rfc3339(start, strlen(start), &o->start_usec) < 0)
                fail("--start: as 2014-08-24T10:00:00+02:00");
        o->day = civil_day(o->start_usec);
}

static void refuse_leap_day(Day day)
{
        int y, m, d;

        day_to_ymd(day, &y, &m, &d);
        if (m == 2 && d == 29)
                fail("--start: not on 29 February, on which ages do not follow from the years "
                     "alone");
}

int main(int argc, char **argv)
{
        static Denmark d;
        static Register g;
        Options o;

        if (civil_init() < 0)
                fail("the time zone Europe/Copenhagen is not installed (package tzdata)");
        options_read(argc, argv, &o);
        refuse_leap_day(o.day);
        denmark_load(&d, &o);
        folder_new(&o, "");
        folder_new(&o, "register");
        folder_new(&o, "figures");
        denmark_write(&d, &o);
        register_write(&g, &o, &d);
        mailing_write(&g);
        printf("%u residents aged 15 and over: %u enrolled, %u exempt; %u children; %u events, %u "
               "messages\n",
               d.adults, d.enrolled, d.exempt, d.children, g.n_events, o.messages);
        return 0;
}
