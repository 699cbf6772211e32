/*
 * A day's post: messages as events, as MeMo files, and as a batch.
 *
 * Most are for enrolled people, some for those who must get paper, a few for people of whom nothing
 * is known, and some are NemSMS. Several for one mailbox stand side by side, so that their alerts
 * may be joined; some are recalled or read at once, some recalled before they come. All became
 * available in the ten minutes before the start. The authorities are invented, as
 * are their CVR numbers.
 *
 * The MeMo files keep to the agency's schema 1.1 (and one to 1.2): one letter each for somebody
 * enrolled, exempt and abroad, one for a company, one NemSMS; the batch holds more letters.
 */
#include "denmark.h"

#include "base/buf.h"
#include "model/event.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#define BATCH_LETTERS 40

static const struct {
        const char *cvr, *label;
        uint32_t permille;
} senders[] = {
        {"99000001", "Skat", 520},
        {"99000002", "Udbetaling Danmark", 200},
        {"99000003", "Kommunen", 180},
        {"99000004", "Regionshospitalet", 50},
        {"99000005", "Psykiatrisk Center", 10},
        {"99000006", "Jobcenteret", 39},
        {"99000007", "Domstolen", 1},
};

static unsigned some_sender(Rng *r)
{
        uint32_t at = rng_below(r, 1000);
        unsigned i = 0;

        while (at >= senders[i].permille)
                at -= senders[i++].permille;
        return i;
}

static const char *uuid_new(Rng *r, char buf[UUID_TEXT_MAX])
{
        uint64_t words[2] = {rng_next(r), rng_next(r)};
        Uuid u;

        memcpy(u.bytes, words, sizeof(u.bytes));
        u.bytes[6] = (u.bytes[6] & 0x0F) | 0x40; /* version 4 */
        u.bytes[8] = (u.bytes[8] & 0x3F) | 0x80;
        return uuid_format(&u, buf);
}

static const char *some_of(Register *g, Kind kind)
{
        const Sample *s = &g->sample[kind];

        if (s->n == 0)
                fail("nobody of a kind that the mailing needs: take a greater part of Denmark");
        return s->cpr[rng_below(&g->rng, s->n)];
}

static Kind some_kind(Rng *r)
{
        uint32_t at = rng_below(r, 1000);

        return at < 930   ? KIND_ENROLLED
               : at < 955 ? KIND_EXEMPT
               : at < 980 ? KIND_NONE
               : at < 982 ? KIND_UNKNOWN
               : at < 990 ? KIND_OTHER
                          : KIND_NEMSMS;
}

//--- events
//------------------------------------------------------------------------------------------

typedef struct Letter {
        char id[UUID_TEXT_MAX];
        const char *cpr;
        bool is_nemsms;
        usec_t available;
} Letter;

static void message_line(Register *g, FILE *f, const Letter *l)
{
        unsigned from = some_sender(&g->rng);
        char when[STAMP_MAX], date[DAY_TEXT_MAX];

        fprintf(f,
                "{\"type\":\"message\",\"id\":\"%s\",\"cpr\":\"%s\",\"kind\":\"%s\","
                "\"sender\":{\"cvr\":\"%s\",\"label\":\"%s\"}",
                l->id, l->cpr, l->is_nemsms ? "nemsms" : "digitalpost", senders[from].cvr,
                senders[from].label);
        if (l->is_nemsms)
                fputs(",\"notification\":\"Husk din aftale på Rådhuset i morgen kl. 10.15. "
                      "Medbring "
                      "gyldigt billed-id.\"",
                      f);
        else if (rng_permille(&g->rng, 50))
                fputs(",\"notification\":\"Du har fået ny post fra os.\"", f);
        if (!l->is_nemsms && rng_permille(&g->rng, 20))
                fputs(",\"mandatory\":true", f);
        if (!l->is_nemsms && rng_permille(&g->rng, 5))
                fputs(",\"legal\":true", f);
        if (!l->is_nemsms && rng_permille(&g->rng, 5))
                fprintf(f, ",\"reply_by\":\"%s\"", stamp(g->o->start_usec + USEC_PER_DAY, when));
        if (!l->is_nemsms && rng_permille(&g->rng, 2))
                fprintf(f, ",\"deliver_from\":\"%s\"", day_format(g->o->day + 1, date));
        fprintf(f, ",\"available\":\"%s\"}\n", stamp(l->available, when));
}

static void about_line(FILE *f, const char *type, const Letter *l)
{
        char when[STAMP_MAX];

        fprintf(f, "{\"type\":\"%s\",\"id\":\"%s\",\"at\":\"%s\"}\n", type, l->id,
                stamp(l->available + USEC_PER_SEC, when));
}

static void one_message(Register *g, FILE *f, Letter *l, usec_t available)
{
        bool is_same_mailbox = l->cpr && !l->is_nemsms && rng_permille(&g->rng, 80);
        bool is_recalled_before = rng_permille(&g->rng, 1);

        if (!is_same_mailbox) {
                Kind kind = some_kind(&g->rng);

                l->cpr = some_of(g, kind);
                l->is_nemsms = kind == KIND_NEMSMS;
        }
        l->available = available;
        uuid_new(&g->rng, l->id);
        if (is_recalled_before)
                about_line(f, "recall", l);
        message_line(g, f, l);
        if (!is_recalled_before && rng_permille(&g->rng, 5))
                about_line(f, "recall", l);
        if (rng_permille(&g->rng, 10))
                about_line(f, "read", l);
}

static void events_write(Register *g)
{
        FILE *f = file_new(g->o, "mailing/messages.ndjson");
        usec_t begin = g->o->start_usec - 10 * USEC_PER_MIN;
        Letter l = {0};

        for (uint32_t i = 0; i < g->o->messages; i++)
                one_message(g, f, &l, begin + 10 * USEC_PER_MIN * i / g->o->messages);
        file_end(f, "mailing/messages.ndjson");
}

//--- MeMo
//--------------------------------------------------------------------------------------------

typedef struct MemoSpec {
        const char *recipient, *id_type;
        bool is_nemsms, is_12;
} MemoSpec;

static void put(Buf *b, const char *fmt, ...) _printf_(2, 3);
static void put(Buf *b, const char *fmt, ...)
{
        va_list ap;
        int r;

        va_start(ap, fmt);
        r = buf_vprintf(b, fmt, ap);
        va_end(ap);
        if (r < 0)
                fail("out of memory");
}

static void memo_header(Register *g, const MemoSpec *m, Buf *b)
{
        unsigned from = some_sender(&g->rng);
        char id[UUID_TEXT_MAX];

        put(b, "    <memo:messageType>%s</memo:messageType>\n",
            m->is_nemsms ? "NEMSMS" : "DIGITALPOST");
        put(b, "    <memo:messageUUID>%s</memo:messageUUID>\n", uuid_new(&g->rng, id));
        put(b, "    <memo:messageID>DEMO-%.8s</memo:messageID>\n", id);
        put(b, "    <memo:label>Ny post</memo:label>\n");
        if (m->is_nemsms)
                put(b, "    <memo:notification>Husk din aftale på Rådhuset i morgen kl. 10.15."
                       "</memo:notification>\n");
        if (!m->is_12)
                put(b, "    <memo:mandatory>false</memo:mandatory>\n"
                       "    <memo:legalNotification>false</memo:legalNotification>\n");
        put(b,
            "    <memo:Sender>\n      <memo:senderID>%s</memo:senderID>\n"
            "      <memo:idType>CVR</memo:idType>\n      <memo:label>%s</memo:label>\n    "
            "</memo:Sender>\n",
            senders[from].cvr, senders[from].label);
        put(b,
            "    <memo:Recipient>\n      <memo:recipientID>%s</memo:recipientID>\n"
            "      <memo:idType>%s</memo:idType>\n    </memo:Recipient>\n",
            m->recipient, m->id_type);
}

static void memo_write(Register *g, const MemoSpec *m, Buf *b)
{
        char created[TIME_TEXT_MAX];

        buf_clear(b);
        put(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<memo:Message xmlns:memo=\"https://DigitalPost.dk/MeMo-1\" ");
        put(b, m->is_12 ? "memoVersion=\"1.2\">\n"
                        : "memoVersion=\"1.1\" memoSchVersion=\"1.1.0\">\n");
        put(b, "  <memo:MessageHeader>\n");
        memo_header(g, m, b);
        put(b, "  </memo:MessageHeader>\n");
        if (!m->is_nemsms) {
                time_format_utc(g->o->start_usec / USEC_PER_SEC * USEC_PER_SEC, created);
                /* "Synthetic." in base64 */
                put(b,
                    "  <memo:MessageBody>\n    "
                    "<memo:createdDateTime>%.19sZ</memo:createdDateTime>\n"
                    "    <memo:MainDocument>\n      <memo:File>\n"
                    "        <memo:encodingFormat>text/plain</memo:encodingFormat>\n"
                    "        <memo:filename>brev.txt</memo:filename>\n"
                    "        <memo:language>da</memo:language>\n"
                    "        <memo:content>U3ludGhldGljLg==</memo:content>\n"
                    "      </memo:File>\n    </memo:MainDocument>\n  </memo:MessageBody>\n",
                    created);
        }
        put(b, "</memo:Message>\n");
}

static void memos_write(Register *g)
{
        const struct {
                const char *name;
                MemoSpec spec;
        } memos[] = {
                {"mailing/letter-enrolled.xml",
                 {.recipient = some_of(g, KIND_ENROLLED), .id_type = "CPR"}},
                {"mailing/letter-enrolled-1.2.xml",
                 {.recipient = some_of(g, KIND_ENROLLED), .id_type = "CPR", .is_12 = true}},
                {"mailing/letter-exempt.xml",
                 {.recipient = some_of(g, KIND_EXEMPT), .id_type = "CPR"}},
                {"mailing/letter-away.xml",
                 {.recipient = some_of(g, KIND_OTHER), .id_type = "CPR"}},
                {"mailing/letter-company.xml", {.recipient = "99000010", .id_type = "CVR"}},
                {"mailing/nemsms.xml",
                 {.recipient = some_of(g, KIND_NEMSMS), .id_type = "CPR", .is_nemsms = true}},
        };
        _cleanup_buf_ Buf b = BUF_NULL;

        for (unsigned i = 0; i < ARRAY_SIZE(memos); i++) {
                FILE *f = file_new(g->o, memos[i].name);

                memo_write(g, &memos[i].spec, &b);
                fwrite(b.data, 1, b.len, f);
                file_end(f, memos[i].name);
        }
}

static void must(struct archive *a, int r)
{
        if (r != ARCHIVE_OK)
                fail("batch.tar.lzma: %s", archive_error_string(a));
}

static void batch_entry(Register *g, struct archive *a, unsigned i, const Buf *b)
{
        struct archive_entry *e = archive_entry_new();
        char name[32];

        if (!e)
                fail("out of memory");
        snprintf(name, sizeof(name), "letter-%02u.xml", i + 1);
        archive_entry_set_pathname(e, name);
        archive_entry_set_filetype(e, AE_IFREG);
        archive_entry_set_perm(e, 0644);
        archive_entry_set_size(e, (la_int64_t)b->len);
        archive_entry_set_mtime(e, (time_t)(g->o->start_usec / USEC_PER_SEC), 0);
        must(a, archive_write_header(a, e));
        if (archive_write_data(a, b->data, b->len) != (la_ssize_t)b->len)
                fail("batch.tar.lzma: %s", archive_error_string(a));
        archive_entry_free(e);
}

static void batch_write(Register *g)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        struct archive *a = archive_write_new();
        char path[4096];

        if (!a)
                fail("out of memory");
        snprintf(path, sizeof(path), "%s/mailing/batch.tar.lzma", g->o->out);
        must(a, archive_write_add_filter_lzma(a));
        must(a, archive_write_set_format_ustar(a));
        must(a, archive_write_open_filename(a, path));
        for (unsigned i = 0; i < BATCH_LETTERS; i++) {
                MemoSpec spec = {.recipient = some_of(g, KIND_ENROLLED), .id_type = "CPR"};

                memo_write(g, &spec, &b);
                batch_entry(g, a, i, &b);
        }
        must(a, archive_write_close(a));
        archive_write_free(a);
}

void mailing_write(Register *g)
{
        if (g->o->messages == 0)
                return;
        folder_new(g->o, "mailing");
        events_write(g);
        memos_write(g);
        batch_write(g);
}
