/*
 * The whole story of a message or an alert, as rows: what the tool tells and the door answers.
 *
 * Addresses are opened to be masked, here and nowhere else on the way to people, and wiped at once.
 * What erasure took comes as empty, not as an error.
 */
#include "store/show-priv.h"

#include <string.h>

#include <errno.h>

enum {
        FLAG_MANDATORY = 1,
        FLAG_LEGAL = 2,
        FLAG_COMPANY = 4,
        FLAG_ANSWER = 8
}; /* schema: message.flags */

void shown_uuid(DbStmt *st, int column, Uuid *ret)
{
        const void *bytes = stmt_blob(st, column);

        *ret = (Uuid){0};
        if (bytes && stmt_bytes(st, column) == sizeof(ret->bytes))
                memcpy(ret->bytes, bytes, sizeof(ret->bytes));
}

static bool is_null(DbStmt *st, int column)
{
        return stmt_is_null(st, column);
}

ShownMessage shown_message_row(DbStmt *st)
{
        int flags = stmt_int(st, 4);
        ShownMessage s = {
                .m = {.id = stmt_int64(st, 0),
                      .citizen = stmt_int64(st, 2),
                      .kind = (MessageKind)stmt_int(st, 3),
                      .mandatory = (flags & FLAG_MANDATORY) != 0,
                      .legal = (flags & FLAG_LEGAL) != 0,
                      .is_company = (flags & FLAG_COMPANY) != 0,
                      .wants_answer = (flags & FLAG_ANSWER) != 0,
                      .sender_cvr = (uint32_t)stmt_int64(st, 5),
                      .available_usec = (usec_t)stmt_int64(st, 6),
                      .deliver_from = is_null(st, 7) ? DAY_INVALID : stmt_int(st, 7),
                      .reply_by_usec = (usec_t)stmt_int64(st, 8),
                      .admitted_usec = (usec_t)stmt_int64(st, 9),
                      .disposition = (Disposition)stmt_int(st, 10),
                      .recalled_usec = (usec_t)stmt_int64(st, 13),
                      .read_usec = (usec_t)stmt_int64(st, 14)},
                .decided_usec = (usec_t)stmt_int64(st, 11),
                .decide_at_usec = (usec_t)stmt_int64(st, 12),
        };

        shown_uuid(st, 1, &s.m.uuid);
        return s;
}

int store_show_message(StoreTx *tx, const Uuid *uuid, ShownMessage *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_SHOW_MESSAGE, &st, "b", (const void *)uuid->bytes,
                         sizeof(uuid->bytes));

        if (r == 0)
                *ret = shown_message_row(st);
        return r;
}

int store_show_message_by_id(StoreTx *tx, int64_t id, ShownMessage *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_SHOW_MESSAGE_BY_ID, &st, "i", id);

        if (r == 0)
                *ret = shown_message_row(st);
        return r;
}

/* Opened, masked, wiped. */
static int address_mask(StoreTx *tx, int64_t id, Channel channel, const void *sealed,
                        size_t n_bytes, char ret[SHOWN_MASK_MAX])
{
        SealPlace place = {.table = "address", .column = "sealed", .row = id};
        _cleanup_buf_ Buf plain = BUF_NULL;
        char mask[MAX_OF(PHONE_MASK_MAX, MAILADDR_MASK_MAX)];
        MailAddr mail = {0};
        Phone phone = {0};
        int r = secret_open(tx->secret, place, sealed, n_bytes, &plain);

        if (r >= 0 && channel == CHANNEL_SMS)
                (void)snprintf(phone.e164, sizeof(phone.e164), "%s", buf_str(&plain));
        else if (r >= 0)
                (void)snprintf(mail.text, sizeof(mail.text), "%s", buf_str(&plain));
        buf_wipe(&plain);
        if (r < 0)
                return r;
        (void)snprintf(ret, SHOWN_MASK_MAX, "%s",
                       channel == CHANNEL_SMS ? phone_mask(&phone, mask)
                                              : mailaddr_mask(&mail, mask));
        secret_wipe(&mail, sizeof(mail));
        secret_wipe(&phone, sizeof(phone));
        return 0;
}

int shown_address_row(StoreTx *tx, DbStmt *st, int k, ShownAddress *ret)
{
        *ret = (ShownAddress){
                .id = stmt_int64(st, k),
                .channel = (Channel)stmt_int(st, k + 1),
                .gone = is_null(st, k) || stmt_int(st, k + 2) != 0,
                .anytime = stmt_int(st, k + 3) != 0,
                .verified_usec = (usec_t)stmt_int64(st, k + 4),
                .suppressed_usec = (usec_t)stmt_int64(st, k + 6),
                .proven_usec = (usec_t)stmt_int64(st, k + 7),
        };
        column_text(st, k + 8, ret->why);
        if (is_null(st, k + 5))
                return 0;
        return address_mask(tx, ret->id, ret->channel, stmt_blob(st, k + 5), stmt_bytes(st, k + 5),
                            ret->masked);
}

int store_show_alert(StoreTx *tx, int64_t id, ShownAlert *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        const int k = ALERT_ROW_COLUMNS + SHOWN_ADDRESS_COLUMNS;
        int r = stmt_row(tx, STMT_SHOW_ALERT, &st, "i", id);

        if (r != 0)
                return r;
        *ret = (ShownAlert){
                .a = alert_row(st),
                .access = (AccessKind)stmt_int(st, k),
                .available_usec = (usec_t)stmt_int64(st, k + 3),
                .admitted_usec = (usec_t)stmt_int64(st, k + 4),
        };
        column_text(st, k + 1, ret->gateway);
        shown_uuid(st, k + 2, &ret->message);
        return shown_address_row(tx, st, ALERT_ROW_COLUMNS, &ret->to);
}

static ShownTelling telling_row(DbStmt *st)
{
        return (ShownTelling){
                .message = stmt_int64(st, 0),
                .alert = stmt_int64(st, 1),
                .left_by = stmt_int(st, 2),
        };
}

int store_show_alerts_of(StoreTx *tx, int64_t message, int64_t after, ShownTelling *ret,
                         unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_SHOW_ALERTS_OF, &st, "iii", message, after, (int64_t)max);
             r == 0; r = stmt_next(tx, st))
                ret[(*ret_n)++] = telling_row(st);
        return r < 0 ? r : 0;
}

/* The message that the alert was filed for, if it still stands first. */
static int telling_first(StoreTx *tx, int64_t alert, ShownTelling *ret, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        StoreAlert a;
        int r = store_alert_load(tx, alert, &a);

        if (r == 0)
                r = stmt_row(tx, STMT_SHOW_TELLING, &st, "ii", a.message, alert);
        if (r != 0)
                return r < 0 ? r : 0;
        ret[*ret_n] = telling_row(st);
        shown_uuid(st, 3, &ret[(*ret_n)++].uuid);
        return 0;
}

/**
 * store_show_messages_of() - the messages that an alert told of, or was to
 * @after: 0 begins, with the message it was filed for; then the greatest message of the page before
 *
 * Pages are in order of message, but for the first entry of the first.
 */
int store_show_messages_of(StoreTx *tx, int64_t alert, int64_t after, ShownTelling *ret,
                           unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = 0;

        *ret_n = 0;
        if (after == 0)
                r = telling_first(tx, alert, ret, ret_n);
        if (r < 0)
                return r;
        for (r = stmt_row(tx, STMT_SHOW_MESSAGES_OF, &st, "iii", alert, after,
                          (int64_t)(max - *ret_n));
             r == 0; r = stmt_next(tx, st)) {
                ret[*ret_n] = telling_row(st);
                shown_uuid(st, 3, &ret[(*ret_n)++].uuid);
        }
        return r < 0 ? r : 0;
}

int store_show_attempts(StoreTx *tx, int64_t alert, ShownAttempt *ret, unsigned max,
                        unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_SHOW_ATTEMPTS, &st, "ii", alert, (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                ShownAttempt *a = &ret[(*ret_n)++];

                *a = (ShownAttempt){
                        .n = (unsigned)stmt_int(st, 0),
                        .claimed_usec = (usec_t)stmt_int64(st, 2),
                        .settled_usec = (usec_t)stmt_int64(st, 3),
                        .outcome = (OutcomeKind)stmt_int(st, 4),
                        .code = stmt_int(st, 5),
                };
                column_text(st, 1, a->gateway);
                column_text(st, 6, a->enhanced);
                column_text(st, 7, a->reason);
                column_text(st, 8, a->gateway_ref);
        }
        return r < 0 ? r : 0;
}

/* Rejects and gateways */

int store_show_rejects(StoreTx *tx, int64_t after, ShownReject *ret, unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_SHOW_REJECTS, &st, "ii", after, (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                ShownReject *k = &ret[(*ret_n)++];

                *k = (ShownReject){
                        .id = stmt_int64(st, 0),
                        .at_usec = (usec_t)stmt_int64(st, 1),
                        .item = (uint64_t)stmt_int64(st, 2),
                        .sealed_bytes = (size_t)stmt_int64(st, 5),
                };
                column_text(st, 3, k->field);
                column_text(st, 4, k->reason);
        }
        return r < 0 ? r : 0;
}

int store_show_rejects_n(StoreTx *tx, unsigned most, unsigned *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_SHOW_REJECTS_N, &st, "i", (int64_t)most);

        if (r == 0)
                *ret = (unsigned)stmt_int(st, 0);
        return r < 0 ? r : 0;
}

int store_show_gateways(StoreTx *tx, StoreGateway *ret, char ret_name[][GATEWAY_NAME_MAX],
                        unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_SHOW_GATEWAYS, &st, "i", (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                StoreGateway *g = &ret[*ret_n];

                *g = (StoreGateway){
                        .id = stmt_int(st, 0),
                        .paused_usec = (usec_t)stmt_int64(st, 2),
                        .stopped_usec = (usec_t)stmt_int64(st, 3),
                };
                column_text(st, 4, g->why);
                (void)snprintf(ret_name[(*ret_n)++], GATEWAY_NAME_MAX, "%s", stmt_str(st, 1));
        }
        return r < 0 ? r : 0;
}
