/*
 * Messages: admitted once, decided once.
 *
 * A message's identity is its UUID, its content the keyed digest of mailbox and canonical bytes:
 * the same again is a duplicate, the same UUID with other content is refused. It enters HELD and
 * due now; the decision follows in the same transaction where it can. Its disposition is a fact:
 * nothing later rewrites it.
 *
 * A recall or a read that comes first waits in `early` for its message.
 */
#include "store/alert.h"
#include "store/message.h"
#include "store/store-priv.h"

#include <string.h>

#include "base/json.h"

#include <assert.h>
#include <errno.h>

enum { FLAG_MANDATORY = 1, FLAG_LEGAL = 2, FLAG_COMPANY = 4, FLAG_ANSWER = 8 };
#define DIGEST_BYTES                                                                 \
        8 /* slot, then 7 of the hash: a chance of 2^-56 to call a reuse a duplicate \
           */

static SealPlace text_place(int64_t id)
{
        return (SealPlace){.table = "message", .column = "text", .row = id};
}

static int digest_make(StoreTx *tx, const Event *e, int64_t citizen, unsigned slot,
                       uint8_t ret[DIGEST_BYTES])
{
        _cleanup_buf_ Buf content = BUF_NULL;
        uint8_t hash[SECRET_HASH_BYTES];
        int r = event_canonical(e, &content);

        if (r >= 0)
                r = buf_append(&content, &citizen, sizeof(citizen));
        if (r >= 0)
                r = secret_hash(tx->secret, slot, SECRET_DIGEST, content.data, content.len, hash);
        buf_wipe(&content);
        if (r < 0)
                return r;
        ret[0] = (uint8_t)slot;
        memcpy(ret + 1, hash, DIGEST_BYTES - 1);
        return 0;
}

static int text_seal(StoreTx *tx, int64_t id, const MessageEvent *m, StoreKeep keep, Buf *ret)
{
        const char *label = keep.label ? m->sender_label : NULL;
        const char *notification = keep.notification ? m->notification : NULL;
        _cleanup_json_ Json *o = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;
        int r = 0;

        if (!label && !notification)
                return 0;
        o = json_object_new();
        if (label)
                r = json_set(o, "l", json_string_new(label));
        if (r >= 0 && notification)
                r = json_set(o, "n", json_string_new(notification));
        if (r >= 0)
                r = json_dump(o, JSON_COMPACT, &text);
        if (r >= 0)
                r = secret_seal(tx->secret, text_place(id), text.data, text.len, ret);
        buf_wipe(&text);
        return r;
}

static int early_take(StoreTx *tx, const Uuid *uuid, usec_t *ret_recalled, usec_t *ret_read)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_EARLY_GET, &st, "b", uuid->bytes, sizeof(uuid->bytes));

        *ret_recalled = *ret_read = 0;
        if (r != 0)
                return r < 0 ? r : 0;
        *ret_recalled = (usec_t)stmt_int64(st, 0);
        *ret_read = (usec_t)stmt_int64(st, 1);
        return stmt_run(tx, STMT_EARLY_DELETE, "b", uuid->bytes, sizeof(uuid->bytes));
}

/* A UUID that is there already: the same content, or another? */
static int message_again(StoreTx *tx, const Event *e, int64_t citizen)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        uint8_t digest[DIGEST_BYTES];
        const uint8_t *stored;
        int r = stmt_row(tx, STMT_MESSAGE_BY_UUID, &st, "b", e->message.id.bytes,
                         sizeof(e->message.id.bytes));

        if (r != 0)
                return r < 0 ? r : -ENOTRECOVERABLE; /* the insert has just met it */
        stored = stmt_blob(st, 1);
        if (stmt_bytes(st, 1) != DIGEST_BYTES)
                return -EBADMSG;
        if (secret_has(tx->secret, stored[0])) {
                r = digest_make(tx, e, citizen, stored[0], digest);
                if (r < 0)
                        return r;
                if (memcmp(stored, digest, DIGEST_BYTES) != 0)
                        return STORE_E_REUSED;
        } /* else its key was left behind: nobody can tell, and nobody is told twice */
        store_count(tx, COUNTER_DUPLICATE, 1);
        return STORE_E_DUPLICATE;
}

static StoreMessage message_of(const Event *e, int64_t id, int64_t citizen, usec_t now)
{
        const MessageEvent *m = &e->message;

        return (StoreMessage){
                .id = id,
                .citizen = citizen,
                .kind = m->kind,
                .mandatory = m->mandatory,
                .legal = m->legal,
                .is_company = m->recipient_is_company,
                .wants_answer = m->wants_answer,
                .sender_cvr = m->sender_cvr,
                .available_usec = m->available_usec,
                .admitted_usec = now,
                .reply_by_usec = m->reply_by_usec,
                .deliver_from = m->deliver_from,
                .disposition = DISPOSITION_HELD,
                .uuid = m->id,
        };
}

static int message_insert(StoreTx *tx, const Event *e, StoreKeep keep, StoreMessage *m)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        uint8_t digest[DIGEST_BYTES];
        int64_t flags = (m->mandatory ? FLAG_MANDATORY : 0) | (m->legal ? FLAG_LEGAL : 0) |
                        (m->is_company ? FLAG_COMPANY : 0) | (m->wants_answer ? FLAG_ANSWER : 0);
        bool has_day = m->deliver_from != DAY_INVALID;
        int r = digest_make(tx, e, m->citizen, secret_current(tx->secret), digest);

        if (r >= 0)
                r = text_seal(tx, m->id, &e->message, keep, &text);
        if (r < 0)
                return r;
        return stmt_run(tx, STMT_MESSAGE_ADD, "ibbniiifinninn", m->id, m->uuid.bytes,
                        sizeof(m->uuid.bytes), digest, sizeof(digest), m->citizen, (int64_t)m->kind,
                        flags, (int64_t)m->sender_cvr, &text, (int64_t)m->available_usec,
                        (int64_t)(has_day ? m->deliver_from : 0), (int64_t)m->reply_by_usec,
                        (int64_t)m->admitted_usec, (int64_t)m->recalled_usec,
                        (int64_t)m->read_usec);
}

/**
 * store_message_admit() - one message, once
 * @keep: what of its words is written, sealed; the identity is of all of them all the same
 * @ret: filled on 0: HELD, with what was known of it before it came
 *
 * The citizen is made when nobody has the number: the message waits for the register then.
 */
int store_message_admit(StoreTx *tx, const Event *e, StoreKeep keep, StoreMessage *ret)
{
        int64_t citizen = 0;
        int r = 0;

        assert(e->type == EVENT_MESSAGE);
        if (!e->message.recipient_is_company)
                r = store_citizen_find(tx, &e->cpr, true, &citizen);
        if (r < 0)
                return r;
        *ret = message_of(e, tx->next_message, citizen, tx->now_usec);
        r = early_take(tx, &e->message.id, &ret->recalled_usec, &ret->read_usec);
        if (r >= 0)
                r = message_insert(tx, e, keep, ret);
        if (r < 0)
                return r;
        if (stmt_changes(tx) == 0)
                return message_again(tx, e, citizen);
        tx->next_message++;
        store_count(tx, COUNTER_ADMITTED, 1);
        store_count(tx, COUNTER_OF_DISPOSITION(DISPOSITION_HELD), 1);
        if (!ret->wants_answer)
                return 0;
        return stmt_run(tx, STMT_ANSWER_ADD, "itt", ret->id, e->message.transmission_id,
                        e->message.memo_id);
}

int store_message_load(StoreTx *tx, int64_t id, StoreMessage *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int flags, r = stmt_row(tx, STMT_MESSAGE_GET, &st, "i", id);

        if (r != 0)
                return r;
        flags = stmt_int(st, 3);
        *ret = (StoreMessage){
                .id = id,
                .citizen = stmt_int64(st, 1),
                .kind = (MessageKind)stmt_int(st, 2),
                .mandatory = flags & FLAG_MANDATORY,
                .legal = flags & FLAG_LEGAL,
                .is_company = flags & FLAG_COMPANY,
                .wants_answer = flags & FLAG_ANSWER,
                .sender_cvr = (uint32_t)stmt_int64(st, 4),
                .available_usec = (usec_t)stmt_int64(st, 5),
                .deliver_from = stmt_is_null(st, 6) ? DAY_INVALID : stmt_int(st, 6),
                .reply_by_usec = (usec_t)stmt_int64(st, 7),
                .admitted_usec = (usec_t)stmt_int64(st, 8),
                .disposition = (Disposition)stmt_int(st, 9),
                .recalled_usec = (usec_t)stmt_int64(st, 10),
                .read_usec = (usec_t)stmt_int64(st, 11),
        };
        if (stmt_bytes(st, 0) != sizeof(ret->uuid.bytes))
                return -EBADMSG;
        memcpy(ret->uuid.bytes, stmt_blob(st, 0), sizeof(ret->uuid.bytes));
        return 0;
}

/**
 * store_message_decide() - HELD becomes @d, once
 *
 * Whoever asks twice gets STORE_E_STALE, and nothing is changed. The texts are erased unless an
 * alert needs them.
 */
int store_message_decide(StoreTx *tx, int64_t id, Disposition d)
{
        int r;

        assert(d > DISPOSITION_HELD && d < _DISPOSITION_MAX);
        r = stmt_run(tx, STMT_MESSAGE_DECIDE, "iii", id, (int64_t)d, (int64_t)tx->now_usec);
        if (r < 0)
                return r;
        if (stmt_changes(tx) == 0)
                return STORE_E_STALE;
        store_count(tx, COUNTER_OF_DISPOSITION(DISPOSITION_HELD), -1);
        store_count(tx, COUNTER_OF_DISPOSITION(d), 1);
        r = stmt_run(tx, STMT_ANSWER_WAKE, "i", id);
        if (r >= 0)
                r = mail_note(tx, id);
        return r < 0 || d == DISPOSITION_TOLD ? r : stmt_run(tx, STMT_MESSAGE_TEXT_ERASE, "i", id);
}

int store_message_hold(StoreTx *tx, int64_t id, usec_t decide_at_usec)
{
        return stmt_run(tx, STMT_MESSAGE_HOLD, "ii", id, (int64_t)decide_at_usec);
}

static int ids_read(StoreTx *tx, Stmt stmt, int64_t key, int64_t *ret_ids, unsigned max,
                    unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, stmt, &st, "ii", key, (int64_t)max); r == 0; r = stmt_next(tx, st))
                ret_ids[(*ret_n)++] = stmt_int64(st, 0);
        return r < 0 ? r : 0;
}

int store_message_due(StoreTx *tx, usec_t now_usec, int64_t *ret_ids, unsigned max, unsigned *ret_n)
{
        return ids_read(tx, STMT_MESSAGE_DUE, (int64_t)now_usec, ret_ids, max, ret_n);
}

int store_message_held_of(StoreTx *tx, int64_t citizen, int64_t *ret_ids, unsigned max,
                          unsigned *ret_n)
{
        return ids_read(tx, STMT_MESSAGE_HELD_OF, citizen, ret_ids, max, ret_n);
}

int store_message_ahead(StoreTx *tx, usec_t *due_usec, int64_t *id, int64_t *ret_ids, unsigned max,
                        unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_MESSAGE_AHEAD, &st, "iii", (int64_t)*due_usec, *id,
                          (int64_t)max);
             r == 0; r = stmt_next(tx, st)) {
                *due_usec = (usec_t)stmt_int64(st, 0);
                *id = ret_ids[(*ret_n)++] = stmt_int64(st, 1);
        }
        return r < 0 ? r : 0;
}

int store_message_admitted_by(StoreTx *tx, int64_t id, usec_t at_usec)
{
        return stmt_run(tx, STMT_MESSAGE_ADMITTED_BY, "ii", id, (int64_t)at_usec);
}

int store_message_next_due(StoreTx *tx, usec_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_MESSAGE_NEXT_DUE, &st, "");

        *ret = r == 0 ? (usec_t)stmt_int64(st, 0) : 0;
        return r < 0 ? r : 0;
}

int store_message_text(StoreTx *tx, int64_t id, char **ret_label, char **ret_notification)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;
        _cleanup_json_ Json *o = NULL;
        const char *label, *notification;
        int r = stmt_row(tx, STMT_MESSAGE_TEXT, &st, "i", id);

        *ret_label = *ret_notification = NULL;
        if (r != 0 || stmt_is_null(st, 0))
                return r;
        r = secret_open(tx->secret, text_place(id), stmt_blob(st, 0), stmt_bytes(st, 0), &text);
        if (r >= 0)
                r = json_parse(text.data, text.len, &o, NULL);
        buf_wipe(&text);
        if (r < 0)
                return r == -EINVAL ? -EBADMSG : r;
        label = json_str(json_get(o, "l"));
        notification = json_str(json_get(o, "n"));
        *ret_label = label ? strdup(label) : NULL;
        *ret_notification = notification ? strdup(notification) : NULL;
        return (label && !*ret_label) || (notification && !*ret_notification) ? -ENOMEM : 0;
}

int store_answer_ready(StoreTx *tx, StoreAnswer *ret, unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_ANSWER_READY, &st, "i", (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                StoreAnswer *a = &ret[(*ret_n)++];

                *a = (StoreAnswer){
                        .message = stmt_int64(st, 0),
                        .received = stmt_int(st, 3) != 0,
                        .disposition = (Disposition)stmt_int(st, 5),
                        .admitted_usec = (usec_t)stmt_int64(st, 6),
                        .decided_usec = (usec_t)stmt_int64(st, 7),
                };
                snprintf(a->transmission_id, sizeof(a->transmission_id), "%s", stmt_str(st, 1));
                snprintf(a->memo_id, sizeof(a->memo_id), "%s", stmt_str(st, 2));
                if (stmt_bytes(st, 4) != sizeof(a->uuid.bytes))
                        return -EBADMSG;
                memcpy(a->uuid.bytes, stmt_blob(st, 4), sizeof(a->uuid.bytes));
        }
        return r < 0 ? r : 0;
}

int store_answer_out(StoreTx *tx, const StoreAnswer *a)
{
        return a->disposition == DISPOSITION_HELD
                       ? stmt_run(tx, STMT_ANSWER_RECEIVED, "i", a->message)
                       : stmt_run(tx, STMT_ANSWER_DELETE, "i", a->message);
}

/* Recall and read differ in their column, and in why a telling leaves. */
typedef struct Withdrawal {
        Stmt mark, early;
        int column; /* of MESSAGE_BY_UUID */
        int left_by;
} Withdrawal;

static int withdraw(StoreTx *tx, const Event *e, const Withdrawal *w, int64_t *ret_message)
{
        const Uuid *uuid = &e->message_id;
        DbStmt *st = NULL;
        bool again;
        int r = stmt_row(tx, STMT_MESSAGE_BY_UUID, &st, "b", uuid->bytes, sizeof(uuid->bytes));

        *ret_message = 0;
        if (r == STORE_E_NOT_FOUND) {
                r = stmt_run(tx, w->early, "bii", uuid->bytes, sizeof(uuid->bytes),
                             (int64_t)e->at_usec, (int64_t)tx->now_usec);
                return r < 0 ? r : STORE_E_EARLY;
        }
        if (r < 0)
                return r;
        *ret_message = stmt_int64(st, 0);
        again = !stmt_is_null(st, w->column);
        stmt_end(st);
        if (again) {
                store_count(tx, COUNTER_DUPLICATE, 1);
                return STORE_E_DUPLICATE;
        }
        r = stmt_run(tx, w->mark, "ii", *ret_message, (int64_t)e->at_usec);
        if (r >= 0 && w->left_by == STORE_LEFT_BY_READ)
                r = mail_opened(tx, *ret_message);
        return r < 0 ? r : store_alert_withdraw(tx, *ret_message, w->left_by);
}

int store_message_recall(StoreTx *tx, const Event *e, int64_t *ret_message)
{
        static const Withdrawal w = {STMT_MESSAGE_RECALL, STMT_EARLY_RECALL, 3,
                                     STORE_LEFT_BY_RECALL};

        return withdraw(tx, e, &w, ret_message);
}

int store_message_read(StoreTx *tx, const Event *e, int64_t *ret_message)
{
        static const Withdrawal w = {STMT_MESSAGE_READ, STMT_EARLY_READ, 4, STORE_LEFT_BY_READ};
        int r = read_note(tx, e->at_usec);

        return r < 0 ? r : withdraw(tx, e, &w, ret_message);
}
