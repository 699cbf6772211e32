/* A gateway's call with delivery reports: is it the gateway's, and what does it say? */
#ifndef ADVISD_RECEIPT_RECEIPT_H
#define ADVISD_RECEIPT_RECEIPT_H

#include "base/cleanup.h"
#include "model/gateway.h"
#include "model/receipt.h"

#include <stddef.h>

#define RECEIPTS_MAX       1000 /* reports in one call */
#define RECEIPT_FIELDS_MAX 64   /* parameters of a query or a form */

/* The call as it came, borrowed. What is not there is "". */
typedef struct ReceiptCall {
        const char *url;   /* all of it, as the gateway called and signed it */
        const char *query; /* raw: behind the '?' */
        const char *token; /* the last segment of the path */
        const char *content_type;
        const char *body;
        size_t body_bytes;
        const char *(*header)(void *userdata, const char *name); /* NULL = not there */
        void *userdata;
        usec_t now_usec;
} ReceiptCall;

typedef struct ReceiptList {
        Receipt *item; /* owned; those that say something: pending ones are only counted */
        unsigned n;
        unsigned n_pending, n_unknown; /* under way still; with a state that no Report= names */
} ReceiptList;
void receipt_list_done(ReceiptList *l);

/* 0 with *ret filled; or, with *ret_why a word for the journal: RECEIPT_E_FORGED: not the
 * gateway's; RECEIPT_E_STALE: it was, and its signed time is too old or ahead; RECEIPT_E_MALFORMED:
 * it is the gateway's, and not of the form that its file describes. Negative: -ENOMEM. */
enum { _RECEIPT_E_SUCCESS, RECEIPT_E_FORGED, RECEIPT_E_STALE, RECEIPT_E_MALFORMED };
int receipt_read(const GatewayReceipts *how, const char *secret, const ReceiptCall *call,
                 ReceiptList *ret, const char **ret_why) _nodiscard_;

#endif
