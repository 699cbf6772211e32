/*
 * carry-driver: one gateway file, many carries, and what became of each.
 *
 *      carry-driver [-n CARRIES] [-t TEXT] [-r RUN] [-o OUTCOMES] [-S STATE-DIRECTORY] FILE
 *
 * Opens the channel that FILE describes and sends CARRIES (1) through it, as many at once as it has
 * room for, to invented numbers or addresses. RUN (4 characters a-z2-7) makes the references of one
 * run differ from those of another. OUTCOMES gets a line for each: "REFERENCE kind code reason
 * gateway-id"; with -n 1 it goes to stdout. Last comes one line of JSON: the counts, carries in a
 * second, CPU time of each.
 *
 * Exit status 0 when every carry came back exactly once, whatever its outcome.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "channel/channel.h"
#include "config/gateway.h"

#include <assert.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <systemd/sd-event.h>

#define STUCK_USEC (120 * USEC_PER_SEC)

typedef struct Driver {
        sd_event *event;
        Gateway *gateway;
        ChannelIo *io;
        FILE *outcomes;
        const char *text, *run;
        uint64_t n, n_sent, n_back, n_of[_OUTCOME_MAX];
        uint8_t *seen;
        bool is_idle;
} Driver;

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

static Carry *make_carry(Driver *d, uint64_t i)
{
        bool is_sms = d->gateway->channel == CHANNEL_SMS;
        char to[64];
        CarryWords words = {.to = to,
                            .text = d->text,
                            .language = "da",
                            .sender = d->gateway->sender,
                            .from_name = d->gateway->from_name};
        Carry *c;
        int r;

        if (!words.sender)
                words.sender = is_sms ? "DigitalPost" : "noreply@example.dk";
        if (is_sms) {
                (void)snprintf(to, sizeof(to), "+4520%06" PRIu64, i % 1000000);
        } else {
                (void)snprintf(to, sizeof(to), "u%" PRIu64 "@advis.test", i);
                words.envelope_from = words.sender;
                words.subject = "Du har f\xC3\xA5"
                                "et ny Digital Post";
                words.html = "<p>Hej</p>";
        }
        r = carry_new(&words, &c);
        assert(r == 0);
        c->alert = (int64_t)i + 1;
        c->attempt = 1;
        c->channel = d->gateway->channel;
        c->validity_usec = 72 * USEC_PER_HOUR;
        c->date_usec = clock_now_usec();
        c->segments = 1;
        base32_encode(&(uint64_t[]){i, i * 2654435761U}, 15, c->reference);
        memcpy(c->reference + 24, d->run, 4);
        c->reference[REFERENCE_LEN] = '\0';
        return c;
}

static void send_more(Driver *d)
{
        while (d->n_sent < d->n && channel_room(d->io) > 0) {
                int r = channel_send(d->io, make_carry(d, d->n_sent));

                assert(r == 0);
                d->n_sent++;
        }
        channel_flush(d->io);
}

static void on_outcome(void *userdata, ChannelIo *io, Carry *c, Outcome *o)
{
        Driver *d = userdata;

        assert(d->seen[c->alert - 1] == 0);
        d->seen[c->alert - 1] = 1;
        d->n_of[o->kind]++;
        d->n_back++;
        if (d->outcomes)
                fprintf(d->outcomes, "%s %s %d %s %s\n", c->reference, outcome_word(o->kind),
                        o->code, o->reason[0] ? o->reason : "-",
                        o->gateway_ref[0] ? o->gateway_ref : "-");
        outcome_done(o);
        carry_free(c);
        if (d->n_back == d->n)
                channel_stop(io, 0);
        else if (channel_room(io) >= d->gateway->in_flight_max / 4 || d->n - d->n_sent < 64)
                send_more(d);
}

static void on_idle(void *userdata, _unused_ ChannelIo *io)
{
        ((Driver *)userdata)->is_idle = true;
}

static int open_gateway(Driver *d, const char *file, const char *state_directory)
{
        const GatewayReading how = {.state_directory = state_directory, .on_fault = on_fault};
        const ChannelHooks hooks = {on_outcome, on_idle, d};
        char *fault = NULL;
        int r;

        r = config_gateway_read(file, &how, &d->gateway);
        if (r != 0)
                return r;
        r = sd_event_new(&d->event);
        assert(r >= 0);
        r = channel_open(d->gateway, d->event, &hooks, &d->io, &fault);
        if (r < 0)
                fprintf(stderr, "%s: %s\n", file, fault ? fault : strerror(-r));
        free(fault);
        return r;
}

static int run_loop(Driver *d)
{
        MonoUsec progress = clock_mono();
        uint64_t n_back = 0;

        while (!d->is_idle) {
                int r = sd_event_run(d->event, USEC_PER_SEC);

                assert(r >= 0);
                if (d->n_back != n_back)
                        progress = clock_mono();
                n_back = d->n_back;
                if (clock_mono_since_usec(progress) > STUCK_USEC) {
                        fprintf(stderr, "%" PRIu64 " of %" PRIu64 " came back, and no more\n",
                                d->n_back, d->n);
                        return 1;
                }
        }
        return 0;
}

static void tell(const Driver *d, uint64_t usec)
{
        struct rusage u;
        uint64_t cpu;

        (void)getrusage(RUSAGE_SELF, &u);
        cpu = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * USEC_PER_SEC +
              (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
        printf("{\"carries\":%" PRIu64, d->n_back);
        for (int k = 1; k < _OUTCOME_MAX; k++)
                printf(",\"%s\":%" PRIu64, outcome_word((OutcomeKind)k), d->n_of[k]);
        printf(",\"seconds\":%.3f,\"per_s\":%.0f,\"cpu_us\":%.1f,\"rss_kb\":%ld}\n",
               (double)usec / 1e6, (double)d->n_back * 1e6 / (double)usec,
               (double)cpu / (double)d->n_back, u.ru_maxrss);
}

static int drive(Driver *d)
{
        MonoUsec begin = clock_mono();
        int r;

        d->seen = calloc(d->n, 1);
        assert(d->seen);
        send_more(d);
        r = run_loop(d);
        tell(d, clock_mono_since_usec(begin));
        for (uint64_t i = 0; i < d->n && r == 0; i++)
                r = !d->seen[i];
        return r;
}

int main(int argc, char **argv)
{
        Driver d = {.n = 1, .text = "Ny post: \xC3\xA6\xC3\xB8\xC3\xA5 \"{}\\", .run = "aaaa"};
        const char *state_directory = NULL;
        int r = 0;

        for (int o; (o = getopt(argc, argv, "n:t:r:o:S:")) > 0;) {
                if (o == 'n')
                        r = parse_u64(optarg, &d.n);
                else if (o == 't')
                        d.text = optarg;
                else if (o == 'r')
                        d.run = optarg;
                else if (o == 'o')
                        d.outcomes = fopen(optarg, "we");
                else if (o == 'S')
                        state_directory = optarg;
                else
                        r = 1;
        }
        if (r != 0 || optind != argc - 1 || d.n == 0 || strlen(d.run) != 4) {
                fprintf(stderr, "usage: carry-driver [-n CARRIES] [-t TEXT] [-r RUN] "
                                "[-o OUTCOMES] [-S STATE-DIRECTORY] FILE\n");
                return 2;
        }
        if (d.n == 1 && !d.outcomes)
                d.outcomes = stdout;
        r = open_gateway(&d, argv[optind], state_directory);
        if (r == 0)
                r = drive(&d);
        channel_close(d.io);
        gateway_free(d.gateway);
        sd_event_unref(d.event);
        free(d.seen);
        if (d.outcomes && d.outcomes != stdout && fclose(d.outcomes) != 0)
                r = 1;
        return r != 0;
}
