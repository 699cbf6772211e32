/* The real corridor over a real store, its ways out played by the test, its clock standing still
 * until the test moves it. */
#ifndef ADVISD_TESTS_FLOW_FIXTURE_H
#define ADVISD_TESTS_FLOW_FIXTURE_H

#include "unit/store-fixture.h"

#include "base/log.h"
#include "base/str.h"
#include "channel/channel-priv.h"
#include "config/config.h"
#include "flow/flow.h"
#include "store/show.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <systemd/sd-event.h>

/*
 * Ways out. The test is linked with --wrap=channel_open: every gateway of the configuration,
 * whatever its kind, becomes one of these. It tells each carry's fate through one function of the
 * test's; FAKE_KEEP leaves it under way until fake_finish() or a stop.
 */
#define FAKE_KEEP _OUTCOME_MAX
#define SENT_MAX  4096

typedef struct Sent {
        usec_t at_usec, validity_usec;
        int64_t alert;
        uint8_t attempt;
        char reference[REFERENCE_LEN + 1], to[64], gateway[GATEWAY_NAME_MAX], text[400];
        Channel channel;
} Sent;

typedef struct Fake {
        ChannelIo io;
        Pulse *turn;
        CarryList queue, kept;
} Fake;

static struct {
        Sent sent[SENT_MAX];
        unsigned n;
        OutcomeKind (*fate)(const Sent *s, Outcome *o); /* NULL = all are handed over */
        bool stop_is_uncertain; /* what is kept comes back as UNCERTAIN from a close, else UNSENT */
} world_out;

static void fake_deliver(Fake *f, Carry *c)
{
        Sent *s = &world_out.sent[world_out.n % SENT_MAX];
        Outcome o = {.kind = OUTCOME_HANDED, .handed_usec = clock_now_usec(), .code = 200};

        *s = (Sent){.at_usec = clock_now_usec(),
                    .validity_usec = c->validity_usec,
                    .alert = c->alert,
                    .attempt = c->attempt,
                    .channel = c->channel};
        memcpy(s->reference, c->reference, sizeof(s->reference));
        snprintf(s->to, sizeof(s->to), "%s", c->to);
        snprintf(s->gateway, sizeof(s->gateway), "%s", f->io.gateway->name);
        snprintf(s->text, sizeof(s->text), "%s", c->text);
        world_out.n++;
        if (world_out.fate)
                o.kind = world_out.fate(s, &o);
        if (o.kind == FAKE_KEEP)
                carry_list_push(&f->kept, c);
        else
                channel_give_back(&f->io, c, &o);
}

static void fake_turn(void *userdata)
{
        Fake *f = userdata;
        Carry *c;

        while ((c = carry_list_pop(&f->queue)))
                fake_deliver(f, c);
}

static unsigned fake_room(const ChannelIo *io)
{
        return io->gateway->in_flight_max - MIN_OF(io->n_in_flight, io->gateway->in_flight_max);
}

static int fake_send(ChannelIo *io, Carry *c)
{
        carry_list_push(&((Fake *)io)->queue, c);
        return 0;
}

static void fake_flush(ChannelIo *io)
{
        pulse_now(((Fake *)io)->turn);
}

/* As every kind does: what has not left is UNSENT at once, what is under way at the deadline. */
static void fake_stop(ChannelIo *io, usec_t deadline_usec)
{
        Fake *f = (Fake *)io;
        Carry *c;

        while ((c = carry_list_pop(&f->queue)))
                channel_give_back_as(io, c, OUTCOME_UNSENT, "stopping");
        while (clock_now_usec() >= deadline_usec && (c = carry_list_pop(&f->kept)))
                channel_give_back_as(
                        io, c, world_out.stop_is_uncertain ? OUTCOME_UNCERTAIN : OUTCOME_UNSENT,
                        "stopped");
}

static void fake_free(ChannelIo *io)
{
        Fake *f = (Fake *)io;

        fake_stop(io, 0);
        pulse_free(f->turn);
        free(f);
}

static bool fake_is_alive(_unused_ ChannelIo *io)
{
        return true;
}

static void fake_idle(_unused_ void *userdata)
{
        ChannelIo *io = userdata;

        if (io->stopping && !io->idle_told && io->n_in_flight == 0) {
                io->idle_told = true;
                if (io->hooks.on_idle)
                        io->hooks.on_idle(io->hooks.userdata, io);
        }
}

int __wrap_channel_open(const Gateway *gateway, sd_event *event, const ChannelHooks *hooks,
                        ChannelIo **ret, char **ret_fault);
int __wrap_channel_open(const Gateway *gateway, sd_event *event, const ChannelHooks *hooks,
                        ChannelIo **ret, char **ret_fault)
{
        static const ChannelOps ops = {.room = fake_room,
                                       .send = fake_send,
                                       .flush = fake_flush,
                                       .stop = fake_stop,
                                       .free = fake_free,
                                       .is_alive = fake_is_alive};
        Fake *f = calloc(1, sizeof(*f));

        *ret_fault = NULL;
        assert_non_null(f);
        f->io = (ChannelIo){.ops = &ops, .gateway = gateway, .event = event, .hooks = *hooks};
        assert_int_equal(pulse_new(event, "fake-turn", fake_turn, f, &f->turn), 0);
        assert_int_equal(pulse_new(event, "fake-idle", fake_idle, &f->io, &f->io.idle), 0);
        *ret = &f->io;
        return 0;
}

/* Alarms run in real time and the world's clock stands still: one that went off would find nothing
 * to do and be set again, on a slow machine for ever. So none does (--wrap, too): the test asks the
 * flow for its hour and moves the clock. */
#define NO_ALARM_USEC USEC_PER_DAY

int __real_sd_event_source_set_time_relative(sd_event_source *s, uint64_t usec);
int __wrap_sd_event_source_set_time_relative(sd_event_source *s, uint64_t usec);
int __wrap_sd_event_source_set_time_relative(sd_event_source *s, uint64_t usec)
{
        return __real_sd_event_source_set_time_relative(s, usec + NO_ALARM_USEC);
}

/* The world */

typedef struct World {
        Fixture fx; /* its store: dir/advisd.db, jobs run at once */
        char conf[128], spool[128];
        sd_event *event;
        Config *config;
        TextSet *texts;
        Flow *flow;
        usec_t next_usec; /* what the last turn said */
        unsigned n_files, n_drained;
        FlowFile file; /* the last that ended */
        unsigned n_ended;
} World;

static void conf_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        fail_msg("%s:%d: %s", file, line, text);
}

static void file_write(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

/* A gateways.d file; @lines go into [Gateway]. */
static _unused_ void world_gateway(World *w, const char *name, const char *channel,
                                   const char *lines)
{
        char path[256], text[1024];

        snprintf(path, sizeof(path), "%s/gateways.d/%s.conf", w->conf, name);
        snprintf(text, sizeof(text),
                 "[Gateway]\nKind=outbox\nChannel=%s\n%s%s\n[Outbox]\nDirectory=outbox\n", channel,
                 str_eq(channel, "email") ? "Sender=noreply@example.dk\n" : "", lines);
        file_write(path, text);
}

/* advisd.conf: what every world needs, and @lines with their sections. Nobody gets too many, and
 * nothing goes by its age. */
static void world_conf(const World *w, const char *lines)
{
        char path[256], text[8192], templates[PATH_MAX];

        assert_non_null(realpath("conf/templates", templates));
        snprintf(path, sizeof(path), "%s/advisd.conf", w->conf);
        snprintf(text, sizeof(text),
                 "[Service]\nSandbox=yes\nStateDirectory=%s/state\nMasterKeyFile=%s\n"
                 "KeepMessages=0\nKeepRejected=0\nKeepAudit=0\n"
                 "[Intake]\nSpoolDirectory=%s\n[Texts]\nTemplateDirectory=%s\n"
                 "[Plan]\nMaxPerHour=0\n%s",
                 w->fx.dir, w->fx.key, w->spool, templates, lines);
        file_write(path, text);
}

static void world_load(const World *w, Config **ret_config, TextSet **ret_texts)
{
        TextSettings s;

        assert_int_equal(config_load(w->conf, conf_fault, NULL, ret_config), 0);
        s = (TextSettings){.login_name = (*ret_config)->texts.login_name,
                           .read_at = {(*ret_config)->texts.read_at[LANGUAGE_DA],
                                       (*ret_config)->texts.read_at[LANGUAGE_EN]},
                           .read_url = (*ret_config)->texts.read_url,
                           .help_phone = (*ret_config)->texts.help_phone};
        assert_int_equal(
                textset_load((*ret_config)->template_directory, &s, conf_fault, NULL, ret_texts),
                0);
}

static void on_drained(void *userdata)
{
        ((World *)userdata)->n_drained++;
}

static void on_file(void *userdata, const FlowFile *file)
{
        World *w = userdata;

        w->file = *file;
        w->n_ended++;
}

/* Everything that is due now, until nothing moves by itself any more. */
static void world_settle(World *w)
{
        for (unsigned i = 0; i < 100000; i++) {
                int n = 0, r;

                w->next_usec = flow_turn(w->flow);
                while ((r = sd_event_run(w->event, 0)) > 0 && n++ < 100000)
                        ;
                assert_true(r >= 0 && n < 100000);
                if (n == 0)
                        return;
        }
        fail_msg("the flow never comes to rest");
}

static void world_start(World *w)
{
        FlowParams p = {.event = w->event,
                        .store = w->fx.store,
                        .config = w->config,
                        .texts = w->texts,
                        .on_drained = on_drained,
                        .on_file = on_file,
                        .userdata = w};
        char *fault = NULL;
        int r = flow_new(&p, &w->flow, &fault);

        if (r < 0)
                fail_msg("%s: %s", strerror(-r), fault ? fault : "?");
        assert_int_equal(flow_start(w->flow), 0);
        world_settle(w);
}

/* The flow ends as it does when the process dies: nobody waits for anything. */
static _unused_ void world_die(World *w)
{
        world_out.stop_is_uncertain = true;
        w->flow = flow_free(w->flow);
        w->fx.store = store_close(w->fx.store);
}

static _unused_ void world_rise(World *w)
{
        world_out.stop_is_uncertain = false;
        assert_int_equal(fixture_open(&w->fx, true), 0);
        world_start(w);
}

/* Lets time pass, turn by turn, just as far as the flow itself asks for; @until is reached. */
static void world_until(World *w, usec_t until_usec)
{
        unsigned turns = 0;

        world_settle(w);
        while (w->next_usec && w->next_usec <= until_usec) {
                usec_t now = clock_now_usec();

                assert_true(turns++ < 100000);
                clock_advance(w->next_usec > now ? w->next_usec - now : 1);
                world_settle(w);
        }
        if (until_usec > clock_now_usec())
                clock_advance(until_usec - clock_now_usec());
        world_settle(w);
}

static _unused_ void world_pass(World *w, usec_t span_usec)
{
        world_until(w, clock_now_usec() + span_usec);
}

/* "2015-03-28T20:00" in Copenhagen */
static _unused_ usec_t civil(const char *text)
{
        Civil c = {0};

        assert_int_equal(civil_init(), 0); /* also before there is a world */
        assert_int_equal(
                sscanf(text, "%d-%d-%dT%d:%d", &c.year, &c.month, &c.day, &c.hour, &c.minute), 5);
        return civil_to_usec(c);
}

/* As a producer does it: a file of lines, renamed into new/. */
static void world_file_put(const World *w, const char *name, const char *text)
{
        char tmp[256], new[256];

        snprintf(tmp, sizeof(tmp), "%s/tmp/%s", w->spool, name);
        snprintf(new, sizeof(new), "%s/new/%s", w->spool, name);
        file_write(tmp, text);
        assert_int_equal(rename(tmp, new), 0);
}

static _unused_ void world_file(World *w, const char *name, const char *text)
{
        world_file_put(w, name, text);
        world_settle(w);
}

static void world_event(World *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void world_event(World *w, const char *fmt, ...)
{
        char line[1600], name[32];
        unsigned before = w->n_ended;
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(line, sizeof(line) - 1, fmt, ap);
        va_end(ap);
        strcat(line, "\n");
        snprintf(name, sizeof(name), "e%u.ndjson", w->n_files++);
        world_file(w, name, line);
        if (w->n_ended != before && w->file.rejected)
                fail_msg("%s: %s", w->file.faults[0].field, w->file.faults[0].reason);
}

static const char *stamp(usec_t t)
{
        static char text[4][TIME_TEXT_MAX];
        static unsigned i;

        return time_format_utc(t, text[i++ % 4]);
}

static _unused_ void world_citizen(World *w, const char *cpr)
{
        const char *at = stamp(clock_now_usec() - USEC_PER_DAY);

        world_event(w,
                    "{\"type\":\"citizen\",\"cpr\":\"%s\",\"municipality\":\"0101\","
                    "\"status\":\"resident\",\"at\":\"%s\"}",
                    cpr, at);
        world_event(w,
                    "{\"type\":\"enrolment\",\"cpr\":\"%s\",\"state\":\"enrolled\","
                    "\"basis\":\"voluntary\",\"at\":\"%s\"}",
                    cpr, at);
}

/* @more: what follows in the event, with a comma before it. */
static _unused_ void world_owner(World *w, const char *cpr, const char *number, const char *email,
                                 const char *more)
{
        const char *at = stamp(clock_now_usec());
        char sms[120] = "", emails[200] = "";

        if (number)
                snprintf(sms, sizeof(sms), ",\"sms\":{\"number\":\"%s\",\"verified\":\"%s\"}",
                         number, at);
        if (email)
                snprintf(emails, sizeof(emails),
                         ",\"emails\":[{\"address\":\"%s\",\"verified\":\"%s\"}]", email, at);
        world_event(w, "{\"type\":\"access\",\"mailbox\":\"%s\"%s%s%s,\"at\":\"%s\"}", cpr, sms,
                    emails, more, at);
}

static _unused_ void message_id(unsigned n, char ret[UUID_TEXT_MAX])
{
        Uuid u = {{0}};

        memset(u.bytes, 0x40, sizeof(u.bytes));
        memcpy(u.bytes, &n, sizeof(n));
        (void)uuid_format(&u, ret);
}

static _unused_ void world_message(World *w, unsigned n, const char *cpr, const char *more)
{
        char id[UUID_TEXT_MAX];

        message_id(n, id);
        world_event(w,
                    "{\"type\":\"message\",\"id\":\"%s\",\"cpr\":\"%s\",\"kind\":\"digitalpost\","
                    "\"sender\":{\"cvr\":\"12345674\"},\"available\":\"%s\"%s}",
                    id, cpr, stamp(clock_now_usec()), more);
}

/* "recall" or "read" */
static _unused_ void world_withdraw(World *w, const char *type, unsigned n)
{
        char id[UUID_TEXT_MAX];

        message_id(n, id);
        world_event(w, "{\"type\":\"%s\",\"id\":\"%s\",\"at\":\"%s\"}", type, id,
                    stamp(clock_now_usec()));
}

/* What became of message @n */
typedef struct Story {
        unsigned n;
        Disposition disposition;
        usec_t decide_at_usec;
        unsigned n_alerts;
        StoreAlert alert[16];
} Story;

static int story_fn(StoreTx *tx, void *arg)
{
        Story *s = arg;
        ShownTelling t[16];
        ShownMessage m;
        Uuid u = {{0}};
        int r;

        memset(u.bytes, 0x40, sizeof(u.bytes));
        memcpy(u.bytes, &s->n, sizeof(s->n));
        r = store_show_message(tx, &u, &m);
        if (r != 0)
                return r;
        s->disposition = m.m.disposition;
        s->decide_at_usec = m.decide_at_usec;
        r = store_show_alerts_of(tx, m.m.id, 0, t, 16, &s->n_alerts);
        for (unsigned i = 0; r == 0 && i < s->n_alerts; i++)
                r = store_alert_load(tx, t[i].alert, &s->alert[i]);
        return r;
}

/* By the reader: also while the store cannot write. */
static _unused_ Story story(World *w, unsigned n)
{
        Story s = {.n = n};
        Call c = {.job = {.run = call_run, .on_done = call_done}, .fn = story_fn, .arg = &s};

        assert_int_equal(store_read_wait(w->fx.store, &c.job), 0);
        assert_int_equal(c.answer, 0);
        return s;
}

#define assert_disposition(w, message, want)                                          \
        do {                                                                          \
                Story s_ = story(w, message);                                         \
                if (s_.disposition != DISPOSITION_##want)                             \
                        fail_msg("message %u is %s, not " #want, (unsigned)(message), \
                                 disposition_word(s_.disposition));                   \
        } while (0)

/* Its only alert. */
#define assert_state(w, message, want)                                                         \
        do {                                                                                   \
                Story s_ = story(w, message);                                                  \
                assert_int_equal(s_.n_alerts, 1);                                              \
                if (s_.alert[0].state != ALERT_##want)                                         \
                        fail_msg("alert of message %u is %s, not " #want, (unsigned)(message), \
                                 alert_state_word(s_.alert[0].state));                         \
        } while (0)

#define assert_sent(count)                                                           \
        do {                                                                         \
                if (world_out.n != (unsigned)(count))                                \
                        fail_msg("%u left, not %u", world_out.n, (unsigned)(count)); \
        } while (0)

/* The last one that left did so at civil time @want. */
#define assert_left_at(want)                                                                  \
        do {                                                                                  \
                char text_[TIME_TEXT_MAX];                                                    \
                assert_true(world_out.n > 0);                                                 \
                (void)time_format_civil(world_out.sent[(world_out.n - 1) % SENT_MAX].at_usec, \
                                        text_);                                               \
                assert_string_equal(text_, want);                                             \
        } while (0)

static unsigned world_logged[_LOG_ID_MAX]; /* entries since world_new() */

/* Every entry has the fields that its id promises, and shows them where FLOW_LOG= asks. */
static void on_entry(_unused_ void *userdata, LogId id, int level, const char *message,
                     const char *const fields[])
{
        const char *want = id >= 0 ? log_id_fields(id) : "";

        if (id >= 0)
                world_logged[id]++;

        if (getenv("FLOW_LOG"))
                (void)fprintf(stderr, "%d %s\n", level, message);
        for (size_t len; *(want += strspn(want, " ")); want += len) {
                char name[64];
                bool is_there = false;

                len = strcspn(want, " ");
                snprintf(name, sizeof(name), "ADVISD_%.*s=", (int)len, want);
                for (unsigned i = 0; fields[i]; i++)
                        is_there = is_there || str_starts(fields[i], name);
                if (!is_there)
                        fail_msg("%s lacks %s: %s", log_id_name(id), name, message);
        }
}

/* A world at @now whose advisd.conf says @lines, with gateways "sms" and "email" (Receipts=none)
 * unless the test wrote others. */
static World *world_begin(usec_t now_usec, const char *lines)
{
        World *w = calloc(1, sizeof(*w));
        char path[256];

        assert_non_null(w);
        memset(&world_out, 0, sizeof(world_out));
        memset(world_logged, 0, sizeof(world_logged));
        log_set_sink(on_entry, NULL);
        log_set_max_level(getenv("FLOW_LOG") ? LOG_DEBUG : LOG_INFO);
        assert_int_equal(civil_init(), 0);
        clock_freeze(now_usec);
        fixture_make(&w->fx);
        assert_int_equal(fixture_open(&w->fx, true), 0);
        snprintf(w->conf, sizeof(w->conf), "%s/conf", w->fx.dir);
        snprintf(w->spool, sizeof(w->spool), "%s/spool", w->fx.dir);
        snprintf(path, sizeof(path), "%s/gateways.d", w->conf);
        assert_int_equal(mkdir(w->conf, 0700), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(mkdir(w->spool, 0700), 0);
        world_gateway(w, "sms", "sms", "Receipts=none\n");
        world_gateway(w, "email", "email", "Receipts=none\n");
        world_conf(w, lines);
        assert_int_equal(sd_event_new(&w->event), 0);
        return w;
}

static _unused_ void world_go(World *w)
{
        world_load(w, &w->config, &w->texts);
        world_start(w);
}

static _unused_ World *world_new(usec_t now_usec, const char *lines)
{
        World *w = world_begin(now_usec, lines);

        world_go(w);
        return w;
}

static int erase_one(const char *path, _unused_ const struct stat *st, _unused_ int type,
                     _unused_ struct FTW *at)
{
        return remove(path);
}

/* Every world ends with its sums recounted. */
static _unused_ void world_end(World *w)
{
        w->flow = flow_free(w->flow);
        assert_verified(&w->fx);
        w->fx.store = store_close(w->fx.store);
        w->event = sd_event_unref(w->event);
        w->texts = textset_free(w->texts);
        w->config = config_free(w->config);
        (void)nftw(w->fx.dir, erase_one, 16, FTW_DEPTH | FTW_PHYS);
        free(w);
        clock_thaw();
}

#endif
