/* What the files of this room share. */
#ifndef ADVISD_RECEIPT_PRIV_H
#define ADVISD_RECEIPT_PRIV_H

#include "receipt/receipt.h"

#include "base/buf.h"
#include "base/json.h"

/* fields.c: a query or a form, decoded, in the order in which it came. */
typedef struct Field {
        char *name, *value; /* owned */
} Field;
typedef struct FieldList {
        Field item[RECEIPT_FIELDS_MAX];
        unsigned n;
} FieldList;
/* -EINVAL: a bad escape, a NUL, no UTF-8, or too many. */
int fields_read(const char *raw, size_t len, FieldList *ret) _nodiscard_;
void fields_done(FieldList *l);
const char *fields_get(const FieldList *l, const char *name); /* the first; NULL = not there */
void fields_sort(FieldList *l);                               /* by name, then value; bytes */

/* The call, taken apart once. What no signature covers is empty. */
typedef struct Content {
        FieldList query, form;
        Json *json; /* the body, or the claims that stand for it; NULL = it is none */
        bool is_form, is_json;
} Content;

/* verify.c: 0, RECEIPT_E_FORGED, RECEIPT_E_STALE, negative. Takes away from @content what is not
 * covered, and gives it the claims of a JWT. */
int receipt_verify(const GatewayReceipts *how, const char *secret, const ReceiptCall *call,
                   Content *content, const char **ret_why) _nodiscard_;

/* jwt.c: the claims of a token that @secret signed. 0, RECEIPT_E_FORGED, RECEIPT_E_STALE (exp, nbf,
 * iat against @now), negative. */
int jwt_read(const char *token, const char *secret, usec_t window_usec, usec_t now_usec,
             Json **ret_claims, const char **ret_why) _nodiscard_;

/* signature.c: what each scheme computes, compared in constant time. */
bool signature_is_hmac(const char *text, const char *secret, const void *data, size_t n_bytes);
int signature_twilio(const char *secret, const ReceiptCall *call, Content *content) _nodiscard_;
int signature_vonage(ReceiptDigest digest, const char *secret, const Content *content) _nodiscard_;

/* A scalar as text: a string as it is, a number or a bool as JSON writes it. False: it is none, or
 * longer than @size. */
bool json_scalar(const Json *j, char *ret, size_t size);

#endif
