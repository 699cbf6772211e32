/*
 * Kind=outbox: alerts become files that a person can open.
 *
 * For sandboxes: nobody is told anything, and everything can be looked at. One alert is one file,
 * named after its reference: REFERENCE.sms holds what would be sent as an SMS, with a few lines on
 * how it would arrive before it; REFERENCE.eml is the e-mail as it would go to the relay. An alert
 * that is carried again under the same reference makes REFERENCE.2.sms: who counts files sees
 * repeats.
 *
 * Files appear whole, by rename, and are readable by their owner alone: they hold telephone numbers
 * and addresses in clear. They are spread over up to 1024 folders by two characters of the
 * reference, those that its MAC ends in (the first ones are the alert's number and hardly differ).
 * They are not synced: a sandbox that loses power loses some of its toys.
 *
 * Writing blocks the loop for the time that the page cache takes, tens of µs; a turn writes at most
 * TURN_MAX files.
 */
#include "channel/channel-priv.h"

#include "base/buf.h"
#include "base/civil.h"
#include "base/str.h"
#include "channel/mime.h"
#include "model/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define TURN_MAX     64
#define REPEATS_MAX  1000 /* of one reference; more is no repeat but a runaway */
#define SPREAD_AT    25   /* characters 26 and 27 of 28; the last one holds one bit only */
#define SPREAD_CHARS 2

typedef struct OutboxIo {
        ChannelIo io;
        int directory_fd;
        Pulse *turn;
        CarryList queue;
        Buf text;
} OutboxIo;

/* --- one file ----------------------------------------------------------------------------------
 */

static int write_sms(const Carry *c, Buf *b)
{
        char duration[DURATION_TEXT_MAX], size_text[SMS_SIZE_TEXT_MAX], date[TIME_TEXT_MAX];
        SmsSize size;
        int r;

        r = sms_size(c->text, strlen(c->text), &size);
        if (r < 0)
                return r;
        return buf_printf(
                b, "To: %s\nFrom: %s\nDate: %s\nReference: %s\nValidity: %s\nSize: %s\n\n%s\n",
                c->to, c->sender ? c->sender : "", time_format_rfc5322(c->date_usec, date),
                c->reference,
                duration_format(c->validity_usec / USEC_PER_SEC * USEC_PER_SEC, duration),
                sms_size_format(&size, size_text), c->text);
}

static int write_all(int fd, const char *s, size_t len)
{
        while (len > 0) {
                ssize_t n = write(fd, s, len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                s += n;
                len -= (size_t)n;
        }
        return 0;
}

/* The first free one of NAME.sms, NAME.2.sms, NAME.3.sms, … */
static int rename_to_free(int dir_fd, const char *from, const char *reference, const char *suffix)
{
        char name[REFERENCE_LEN + 16];

        for (unsigned i = 1; i <= REPEATS_MAX; i++) {
                if (i == 1)
                        (void)snprintf(name, sizeof(name), "%s.%s", reference, suffix);
                else
                        (void)snprintf(name, sizeof(name), "%s.%u.%s", reference, i, suffix);
                if (renameat2(dir_fd, from, dir_fd, name, RENAME_NOREPLACE) == 0)
                        return 0;
                if (errno != EEXIST)
                        return -errno;
        }
        return -EEXIST;
}

static int write_file(int dir_fd, const Carry *c, const char *suffix, const Buf *text)
{
        _cleanup_close_ int fd = -1;
        char tmp[REFERENCE_LEN + 8];
        int r;

        (void)snprintf(tmp, sizeof(tmp), ".%s.tmp", c->reference);
        fd = openat(dir_fd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = write_all(fd, buf_str(text), text->len);
        if (r == 0)
                r = rename_to_free(dir_fd, tmp, c->reference, suffix);
        if (r < 0)
                (void)unlinkat(dir_fd, tmp, 0); /* what is left of it harms nobody */
        return r;
}

static int open_spread(OutboxIo *o, const Carry *c, int *ret_fd)
{
        char name[SPREAD_CHARS + 1];
        int fd;

        memcpy(name, c->reference + SPREAD_AT, SPREAD_CHARS);
        name[SPREAD_CHARS] = '\0';
        if (mkdirat(o->directory_fd, name, 0700) < 0 && errno != EEXIST)
                return -errno;
        fd = openat(o->directory_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        *ret_fd = fd;
        return 0;
}

static int carry_out(OutboxIo *o, const Carry *c)
{
        bool is_sms = c->channel == CHANNEL_SMS;
        _cleanup_close_ int dir_fd = -1;
        int r;

        assert(strlen(c->reference) == REFERENCE_LEN);
        buf_wipe(&o->text);
        r = is_sms ? write_sms(c, &o->text) : mime_build(c, &o->text);
        if (r == 0)
                r = open_spread(o, c, &dir_fd);
        return r == 0 ? write_file(dir_fd, c, is_sms ? "sms" : "eml", &o->text) : r;
}

static void deliver(OutboxIo *o, Carry *c)
{
        int r = carry_out(o, c);

        if (r == 0)
                channel_give_back_as(&o->io, c, OUTCOME_HANDED, "");
        else if (r == -EINVAL)
                channel_give_back_as(&o->io, c, OUTCOME_PERMANENT, "text-unfit");
        else if (r == -ENOSPC || r == -EDQUOT)
                channel_give_back_as(&o->io, c, OUTCOME_TRANSIENT, "outbox-full");
        else
                channel_give_back_as(&o->io, c, OUTCOME_TRANSIENT, "outbox-unwritable");
}

/* --- the channel's doors -----------------------------------------------------------------------
 */

static void on_turn(void *userdata)
{
        OutboxIo *o = userdata;

        for (unsigned i = 0; i < TURN_MAX && o->queue.n > 0; i++)
                deliver(o, carry_list_pop(&o->queue));
        if (o->queue.n > 0)
                pulse_now(o->turn);
}

static unsigned outbox_room(const ChannelIo *io)
{
        return io->gateway->in_flight_max - MIN_OF(io->n_in_flight, io->gateway->in_flight_max);
}

static int outbox_send(ChannelIo *io, Carry *carry)
{
        OutboxIo *o = (OutboxIo *)io;

        carry_list_push(&o->queue, carry);
        return 0;
}

static void outbox_flush(ChannelIo *io)
{
        OutboxIo *o = (OutboxIo *)io;

        if (o->queue.n > 0)
                pulse_now(o->turn);
}

static void outbox_stop(ChannelIo *io, _unused_ usec_t deadline_usec)
{
        OutboxIo *o = (OutboxIo *)io;
        Carry *c;

        while ((c = carry_list_pop(&o->queue)))
                channel_give_back_as(io, c, OUTCOME_UNSENT, "stopping");
}

static void outbox_free(ChannelIo *io)
{
        OutboxIo *o = (OutboxIo *)io;

        outbox_stop(io, 0);
        assert(io->n_in_flight == 0);
        pulse_free(o->turn);
        closep(&o->directory_fd);
        buf_wipe(&o->text);
        buf_done(&o->text);
        free(o);
}

static bool outbox_is_alive(_unused_ ChannelIo *io)
{
        return true;
}

static const ChannelOps outbox_ops = {
        .room = outbox_room,
        .send = outbox_send,
        .flush = outbox_flush,
        .stop = outbox_stop,
        .free = outbox_free,
        .is_alive = outbox_is_alive,
};

/* The folder and those above it that are missing, for our eyes only. */
static int make_folders(const char *path)
{
        char *copy = strdup(path), *slash;
        int r = 0;

        if (!copy)
                return -ENOMEM;
        for (slash = strchr(copy + 1, '/'); r == 0; slash = strchr(slash + 1, '/')) {
                if (slash)
                        *slash = '\0';
                if (mkdir(copy, 0700) < 0 && errno != EEXIST)
                        r = -errno;
                if (!slash)
                        break;
                *slash = '/';
        }
        free(copy);
        return r;
}

static int open_folder(const char *path, int *ret_fd, char **ret_fault)
{
        int fd = -1, r;

        r = make_folders(path);
        if (r == 0) {
                fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                r = fd < 0 ? -errno : 0;
        }
        if (r == 0 && faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
                r = -errno;
                closep(&fd);
        }
        if (r < 0) {
                if (asprintf(ret_fault, "%s: cannot be written to: %s", path, strerror(-r)) < 0)
                        *ret_fault = NULL;
                return r;
        }
        *ret_fd = fd;
        return 0;
}

int channel_outbox_open(const Gateway *gateway, sd_event *event, ChannelIo **ret, char **ret_fault)
{
        OutboxIo *o = calloc(1, sizeof(*o));
        int r;

        if (!o)
                return -ENOMEM;
        o->io.ops = &outbox_ops;
        o->io.gateway = gateway;
        o->directory_fd = -1;
        r = open_folder(gateway->outbox.directory, &o->directory_fd, ret_fault);
        if (r == 0)
                r = pulse_new(event, "outbox-turn", on_turn, o, &o->turn);
        if (r < 0) {
                outbox_free(&o->io);
                return r;
        }
        *ret = &o->io;
        return 0;
}
