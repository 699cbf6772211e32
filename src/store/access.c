/*
 * Accesses and NemSMS subscriptions: who may be told of a mailbox's post, and where.
 *
 * Each relation (mailbox, kind, reader) is one row with its own history. The history's newest row
 * not after now is the truth; the access row and its addresses are made to follow it. An event that
 * is not the newest changes history only.
 */
#include "store/store-priv.h"

#include <string.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

typedef struct Relation {
        int64_t mailbox, reader;
        AccessKind kind;
} Relation;

static int relation_of(StoreTx *tx, int64_t mailbox, const Event *e, Relation *ret)
{
        *ret = (Relation){.mailbox = mailbox, .kind = ACCESS_OWNER};
        if (e->type == EVENT_NEMSMS) {
                ret->kind = ACCESS_NEMSMS;
        } else if (e->access.reader_cvr[0]) {
                ret->kind = ACCESS_COMPANY;
                ret->reader = strtol(e->access.reader_cvr, NULL,
                                     10); /* eight digits: checked at intake */
        } else if (e->access.reader.digits[0]) {
                int r = store_citizen_find(tx, &e->access.reader, true, &ret->reader);

                ret->kind = ret->reader == mailbox ? ACCESS_OWNER : ACCESS_READER;
                if (ret->kind == ACCESS_OWNER)
                        ret->reader = 0;
                return r;
        }
        return 0;
}

static int access_find(StoreTx *tx, const Relation *rel, bool create, int64_t *ret)
{
        DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_ACCESS_FIND, &st, "iii", rel->mailbox, (int64_t)rel->kind,
                         rel->reader);

        if (r == 0) {
                *ret = stmt_int64(st, 0);
                stmt_end(st);
                return 0;
        }
        if (r < 0 || !create)
                return r;
        *ret = tx->next_access++;
        return stmt_run(tx, STMT_ACCESS_ADD, "iiii", *ret, rel->mailbox, (int64_t)rel->kind,
                        rel->reader);
}

static SealPlace content_place(int64_t access)
{
        return (SealPlace){.table = "access_history", .column = "content", .row = access};
}

/* Opens one content column of the current row. */
static int content_open(StoreTx *tx, DbStmt *st, int column, int64_t access, Buf *ret)
{
        return secret_open(tx->secret, content_place(access), stmt_blob(st, column),
                           stmt_bytes(st, column), ret);
}

typedef struct Summary {
        int64_t sms, emails, opted; /* access_history's readable columns */
} Summary;

static Summary summary_of(const Event *e)
{
        Summary s = {0};

        if (e->type == EVENT_NEMSMS) {
                s.sms = !e->nemsms.number.e164[0] ? 0 : e->nemsms.verified_usec ? 2 : 1;
                return s;
        }
        s.sms = !e->access.sms.number.e164[0] ? 0 : e->access.sms.verified_usec ? 2 : 1;
        for (unsigned i = 0; i < e->access.n_emails; i++)
                s.emails += e->access.emails[i].verified_usec != 0;
        s.opted = e->access.opted_out_usec != 0;
        return s;
}

static int compare_stored(StoreTx *tx, int64_t access, const Event *e, const Buf *content,
                          int *ret_order)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        _cleanup_buf_ Buf old = BUF_NULL;
        int r = stmt_row(tx, STMT_ACCESS_HISTORY_GET, &st, "iii", access, (int64_t)e->at_usec,
                         (int64_t)e->rev);

        if (r != 0)
                return r;
        r = content_open(tx, st, 0, access, &old);
        *ret_order = r < 0 ? 0 : strcmp(buf_str(content), buf_str(&old));
        buf_wipe(&old);
        return r;
}

/* 0, DUPLICATE, REUSED, DISPLACED; as history_look(). */
static int content_put(StoreTx *tx, int64_t access, const Event *e, const Buf *content,
                       usec_t learnt)
{
        _cleanup_buf_ Buf sealed = BUF_NULL;
        Summary s = summary_of(e);
        int order = 0, answer = 0;
        int r = compare_stored(tx, access, e, content, &order);

        if (r < 0)
                return r;
        if (r == 0) {
                if (order == 0)
                        return STORE_E_DUPLICATE;
                if (order < 0)
                        return STORE_E_REUSED;
                answer = STORE_E_DISPLACED;
        }
        r = secret_seal(tx->secret, content_place(access), content->data, content->len, &sealed);
        if (r >= 0)
                r = stmt_run(tx, STMT_ACCESS_HISTORY_PUT, "iiifiiii", access, (int64_t)e->at_usec,
                             (int64_t)e->rev, &sealed, s.sms, s.emails, s.opted, (int64_t)learnt);
        return r < 0 ? r : answer;
}

static int access_apply(StoreTx *tx, int64_t access, const Event *e, usec_t turn)
{
        AddressWish wish[ADDRESS_WISHES_MAX];
        char normal[ACCESS_EMAILS_MAX][MAILADDR_MAX + 1];
        unsigned n = 0;
        const AccessSms *sms = e->type == EVENT_ACCESS ? &e->access.sms : NULL;
        const Phone *number = sms ? &sms->number : &e->nemsms.number;
        int r;

        if (number->e164[0])
                wish[n++] = (AddressWish){.channel = CHANNEL_SMS,
                                          .text = number->e164,
                                          .normal = number->e164,
                                          .verified_usec = sms ? sms->verified_usec
                                                               : e->nemsms.verified_usec,
                                          .anytime = sms && sms->anytime};
        for (unsigned i = 0; e->type == EVENT_ACCESS && i < e->access.n_emails; i++) {
                const AccessEmail *m = &e->access.emails[i];

                wish[n++] = (AddressWish){.channel = CHANNEL_EMAIL,
                                          .text = m->address.text,
                                          .normal = mailaddr_normal(&m->address, normal[i]),
                                          .verified_usec = m->verified_usec,
                                          .anytime = m->anytime};
        }
        r = e->type == EVENT_ACCESS
                    ? stmt_run(tx, STMT_ACCESS_SET, "iiiin", access, (int64_t)e->access.language,
                               (int64_t)e->access.opted_out_usec, (int64_t)e->access.until_usec,
                               (int64_t)turn)
                    : stmt_run(tx, STMT_ACCESS_SET, "iiiin", access, (int64_t)LANGUAGE_DA,
                               (int64_t)0, (int64_t)0, (int64_t)turn);
        return r < 0 ? r : address_sync(tx, access, wish, n);
}

static int access_turn(StoreTx *tx, int64_t access, usec_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_ACCESS_HISTORY_TURN, &st, "ii", access, (int64_t)tx->now_usec);

        if (r == 0)
                *ret = (usec_t)stmt_int64(st, 0);
        return r;
}

static int access_newest(StoreTx *tx, int64_t access, Event *e)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;
        int r = stmt_row(tx, STMT_ACCESS_HISTORY_NEWEST, &st, "ii", access, (int64_t)tx->now_usec);

        if (r != 0)
                return r;
        e->at_usec = (usec_t)stmt_int64(st, 0);
        e->rev = (uint32_t)stmt_int64(st, 1);
        r = content_open(tx, st, 2, access, &text);
        if (r >= 0)
                r = event_from_canonical(text.data, text.len, e);
        buf_wipe(&text);
        return r;
}

/**
 * access_refresh() - make the access and its addresses what the history says of now
 * @in_hand: type ACCESS or NEMSMS tells the kind
 */
int access_refresh(StoreTx *tx, int64_t access, const Event *in_hand)
{
        _cleanup_free_ Event *e = calloc(1, sizeof(*e));
        usec_t turn = 0;
        int r;

        if (!e)
                return -ENOMEM;
        e->type = in_hand->type;
        r = access_turn(tx, access, &turn);
        if (r >= 0)
                r = access_newest(tx, access, e);
        if (r == STORE_E_NOT_FOUND) /* all of it lies ahead */
                return stmt_run(tx, STMT_ACCESS_SET_TURN, "in", access, (int64_t)turn);
        if (r >= 0)
                r = access_apply(tx, access, e, turn);
        secret_wipe(e, sizeof(*e));
        return r;
}

/**
 * access_put() - one access or nemsms event into its history, and into force
 *
 * Return: as history_look().
 */
int access_put(StoreTx *tx, int64_t mailbox, const Event *e)
{
        _cleanup_buf_ Buf content = BUF_NULL;
        Relation rel;
        int64_t access;
        int answer, r;

        assert(e->type == EVENT_ACCESS || e->type == EVENT_NEMSMS);
        r = relation_of(tx, mailbox, e, &rel);
        if (r >= 0)
                r = access_find(tx, &rel, true, &access);
        if (r >= 0)
                r = event_canonical(e, &content);
        if (r < 0)
                return r;
        answer = content_put(tx, access, e, &content, tx->now_usec);
        buf_wipe(&content);
        if (answer < 0 || answer == STORE_E_DUPLICATE || answer == STORE_E_REUSED)
                return answer;
        r = access_refresh(tx, access, e);
        return r < 0 ? r : answer;
}

/* One row of a history that moves: re-sealed, because sealing binds to the access. */
static int history_row_move(StoreTx *tx, int64_t from, int64_t to, EventType type)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        _cleanup_free_ Event *e = calloc(1, sizeof(*e));
        DbStmt *st = NULL;
        usec_t learnt;
        int r;

        if (!e)
                return -ENOMEM;
        r = stmt_row(tx, STMT_ACCESS_HISTORY_FIRST, &st, "i", from);
        if (r != 0)
                return r;
        e->type = type;
        e->at_usec = (usec_t)stmt_int64(st, 0);
        e->rev = (uint32_t)stmt_int64(st, 1);
        learnt = (usec_t)stmt_int64(st, 6);
        r = content_open(tx, st, 2, from, &text);
        stmt_end(st);
        if (r >= 0)
                r = event_from_canonical(text.data, text.len, e);
        if (r >= 0)
                r = content_put(tx, to, e, &text, learnt);
        if (r >= 0)
                r = stmt_run(tx, STMT_ACCESS_HISTORY_DELETE, "iii", from, (int64_t)e->at_usec,
                             (int64_t)e->rev);
        buf_wipe(&text);
        secret_wipe(e, sizeof(*e));
        return r < 0 ? r : 0;
}

static int access_merge(StoreTx *tx, int64_t from, int64_t to, AccessKind kind)
{
        Event type = {.type = kind == ACCESS_NEMSMS ? EVENT_NEMSMS : EVENT_ACCESS};
        int r;

        do
                r = history_row_move(tx, from, to, type.type);
        while (r == 0);
        if (r >= 0)
                r = stmt_run(tx, STMT_ADDRESS_MOVE, "ii", from, to);
        if (r >= 0)
                r = stmt_run(tx, STMT_ACCESS_DELETE, "i", from);
        return r < 0 ? r : access_refresh(tx, to, &type);
}

static int access_move(StoreTx *tx, int64_t access, const Relation *rel)
{
        int64_t other = 0;
        int r = access_find(tx, rel, false, &other);

        if (r < 0)
                return r;
        if (r == STORE_E_NOT_FOUND)
                return stmt_run(tx, STMT_ACCESS_MOVE, "iii", access, rel->mailbox, rel->reader);
        return other == access ? 0 : access_merge(tx, access, other, rel->kind);
}

/* The first access that names @citizen as mailbox or reader. */
static int access_touching(StoreTx *tx, int64_t citizen, int64_t *ret_access, Relation *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_ACCESS_TOUCHING, &st, "i", citizen);

        if (r != 0)
                return r;
        *ret_access = stmt_int64(st, 0);
        *ret = (Relation){.mailbox = stmt_int64(st, 1),
                          .kind = (AccessKind)stmt_int(st, 2),
                          .reader = stmt_int64(st, 3)};
        return 0;
}

/**
 * access_move_all() - every access that names one citizen names the other from now on: folding
 *
 * Where both had the same relation, histories are joined and the newest rules; queues go along with
 * their addresses.
 */
int access_move_all(StoreTx *tx, int64_t from_citizen, int64_t to_citizen)
{
        Relation rel;
        int64_t access;
        int r;

        while ((r = access_touching(tx, from_citizen, &access, &rel)) == 0) {
                if (rel.mailbox == from_citizen)
                        rel.mailbox = to_citizen;
                if (rel.kind == ACCESS_READER && rel.reader == from_citizen)
                        rel.reader = to_citizen;
                r = access_move(tx, access, &rel);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : 0;
}
