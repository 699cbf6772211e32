/*
 * mail-driver: e-mails with contents of one's own through one gateway file, and what became of
 * each.
 *
 *      mail-driver FILE RUN SUBJECT TEXT-FILE HTML-FILE TO…
 *
 * TO may have an IDN domain. The envelope's sender is bounce+REFERENCE@ the gateway's
 * BounceDomain=. RUN (4 characters a-z2-7) makes the references of one run differ from those of
 * another. Prints a line for each: "TO REFERENCE kind code enhanced reason", TO as it was given.
 */
#include "base/buf.h"
#include "base/civil.h"
#include "base/clock.h"
#include "base/str.h"
#include "channel/channel.h"
#include "config/gateway.h"
#include "model/mailaddr.h"

#include <assert.h>
#include <systemd/sd-event.h>

typedef struct Mail {
        const char *to;
        Carry *carry;
} Mail;

static int n_left;
static Mail *mails;

static void on_outcome(_unused_ void *userdata, ChannelIo *io, Carry *c, Outcome *o)
{
        printf("%s %s %s %d %s %s\n", mails[c->alert].to, c->reference, outcome_word(o->kind),
               o->code, o->enhanced[0] ? o->enhanced : "-", o->reason);
        outcome_done(o);
        carry_free(c);
        if (--n_left == 0)
                channel_stop(io, clock_now_usec() + 5 * USEC_PER_SEC);
}

static void on_idle(_unused_ void *userdata, _unused_ ChannelIo *io)
{
        n_left = -1;
}

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

static char *read_file(const char *path)
{
        _cleanup_file_ FILE *f = fopen(path, "re");
        Buf b = BUF_NULL;
        char part[4096];
        size_t n;

        assert(f);
        while ((n = fread(part, 1, sizeof(part), f)) > 0) {
                int r = buf_append(&b, part, n);

                assert(r == 0);
        }
        return buf_take(&b);
}

static Carry *make_carry(const Gateway *g, char **argv, int i)
{
        char reference[REFERENCE_LEN + 1], from[128];
        CarryWords words = {.sender = g->sender,
                            .from_name = g->from_name,
                            .envelope_from = from,
                            .subject = argv[3],
                            .language = "da"};
        _cleanup_free_ char *text = read_file(argv[4]), *html = read_file(argv[5]);
        MailAddr to;
        Carry *c;
        int r = mailaddr_parse(mails[i].to, strlen(mails[i].to), &to);

        assert(r == 0);
        (void)snprintf(reference, sizeof(reference), "%s%024d", argv[2], i);
        for (char *p = reference; *p; p++)
                *p = *p == '0' || *p == '1' || *p == '8' || *p == '9' ? (char)('a' + *p - '0') : *p;
        (void)snprintf(from, sizeof(from), "bounce+%s@%s", reference, g->bounce_domain);
        words.to = to.text;
        words.text = text;
        words.html = html;
        r = carry_new(&words, &c);
        assert(r == 0);
        c->alert = i;
        c->attempt = 1;
        c->channel = CHANNEL_EMAIL;
        c->date_usec = clock_now_usec();
        memcpy(c->reference, reference, sizeof(reference));
        return c;
}

int main(int argc, char **argv)
{
        const GatewayReading how = {.on_fault = on_fault};
        const ChannelHooks hooks = {.on_outcome = on_outcome, .on_idle = on_idle};
        Gateway *g = NULL;
        sd_event *event = NULL;
        ChannelIo *io = NULL;
        char *fault = NULL;

        if (argc < 7 || strlen(argv[2]) != 4) {
                fprintf(stderr, "usage: mail-driver FILE RUN SUBJECT TEXT-FILE HTML-FILE TO...\n");
                return 2;
        }
        n_left = argc - 6;
        mails = calloc((size_t)n_left, sizeof(*mails));
        if (!mails || civil_init() < 0 || config_gateway_read(argv[1], &how, &g) != 0 ||
            sd_event_new(&event) < 0)
                return 1;
        if (channel_open(g, event, &hooks, &io, &fault) < 0) {
                fprintf(stderr, "%s: %s\n", argv[1], fault ? fault : "cannot be opened");
                return 1;
        }
        for (int i = 0, n = n_left; i < n; i++) {
                mails[i].to = argv[6 + i];
                mails[i].carry = make_carry(g, argv, i);
        }
        for (int i = 0, n = n_left; i < n; i++) {
                int r = channel_send(io, mails[i].carry);

                assert(r == 0);
        }
        channel_flush(io);
        while (n_left >= 0) {
                int r = sd_event_run(event, USEC_PER_SEC);

                assert(r >= 0);
        }
        channel_close(io);
        sd_event_unref(event);
        gateway_free(g);
        free(mails);
        return 0;
}
