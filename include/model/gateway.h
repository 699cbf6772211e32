/* One configured way out, as plain values: what a file in gateways.d/ says. */
#ifndef ADVISD_MODEL_GATEWAY_H
#define ADVISD_MODEL_GATEWAY_H

#include "base/cleanup.h"
#include "base/clock.h"
#include "model/alert.h"
#include "model/outcome.h"
#include "model/receipt.h"
#include "model/template.h"

#include <stdbool.h>
#include <stdint.h>

#define GATEWAY_NAME_MAX    32
#define GATEWAYS_MAX        32
#define GATEWAY_HEADERS_MAX 16
#define GATEWAY_RULES_MAX   64
#define GATEWAY_BATCH_MAX   1000

typedef enum GatewayKind {
        GATEWAY_HTTP,
        GATEWAY_SMTP,
        GATEWAY_OUTBOX,
        _GATEWAY_KIND_MAX,
        _GATEWAY_KIND_INVALID = -22
} GatewayKind;
typedef enum OnUncertain { ON_UNCERTAIN_RETRY, ON_UNCERTAIN_WAIT, ON_UNCERTAIN_STOP } OnUncertain;

/* What a hole in Url=, Header=, Body= and Item= may be called; {{items}} in Body= alone. */
#define GATEWAY_HOLES                                                                           \
        "to", "msisdn", "text", "sender", "reference", "validity_s", "validity_ms",             \
                "validity_min", "segments", "ucs2", "subject", "html", "from_name", "language", \
                "token", "receipt_url"

/* One line of Reply=: "if STATUS and WHERE matches VALUE then KIND reason". First that matches
 * wins. */
typedef struct ReplyRule {
        int status_from, status_to; /* HTTP status range; 0..0 = any */
        char *path;  /* JSON path into the reply (or into one recipient's part); NULL = the whole
                        body as text */
        char *value; /* equal to, or prefix when it ends in '*'; NULL = present */
        OutcomeKind kind;
        bool address; /* PERMANENT or TRANSIENT because of the address itself */
        char reason[REASON_MAX];
        int line; /* in the file, for faults */
} ReplyRule;

typedef struct HttpHeader {
        char *name;
        Template *value;
} HttpHeader;

typedef struct GatewayHttp {
        Template *url;
        char method[8];
        HttpHeader header[GATEWAY_HEADERS_MAX];
        unsigned n_headers;
        TemplateEscape escape;    /* of the holes in body and item: what Content= says */
        const char *content_type; /* static; NULL = no such header */
        Template *body;           /* the whole request when batch_max == 1; NULL = none */
        Template *item; /* one recipient of a batch; joined by item_separator into {{items}} of body
                         */
        char *item_separator;
        unsigned batch_max;     /* recipients in one request; 1 = no batching */
        usec_t batch_wait_usec; /* how long a half-full batch may wait for more; 0 = not at all */
        char *results_path;  /* JSON array(s) with one entry per recipient, blanks between; NULL =
                                one verdict for all */
        char *results_match; /* path in an entry that holds what {{reference}} or {{to}} was; NULL =
                                by order */
        char *id_path;   /* gateway's id: in the entry, or in the reply; "." = the entry itself */
        char *code_path; /* gateway's own code word, for Outcome.enhanced; as id_path */
        Template *user;  /* Basic authentication; NULL = none */
        char *sigv4; /* "REGION/SERVICE": requests are signed with user and password; NULL = not */
        char *password_file;  /* may be a credential's name; NULL = the empty password */
        char *token_file;     /* {{token}} */
        char *ca_file;        /* NULL = the system's */
        bool http2;           /* only over TLS (curl issue 10634) */
        unsigned connections; /* at most, per gateway */
        usec_t connect_usec;  /* name, TCP and TLS together */
        usec_t validity_min_usec, validity_max_usec; /* what the gateway takes; 0 = no bound */
        ReplyRule rule[GATEWAY_RULES_MAX];
        unsigned n_rules;
} GatewayHttp;

typedef enum SmtpTls { SMTP_TLS_NONE, SMTP_TLS_STARTTLS } SmtpTls;

typedef struct GatewaySmtp {
        char *host;
        uint16_t port;
        SmtpTls tls;
        char *ca_file;
        char *user, *password_file;
        char *helo;
        unsigned sessions;             /* held open at most */
        unsigned session_messages_max; /* then a new one: libesmtp's memory grows until the session
                                          ends */
        uint64_t session_bytes_max;
        usec_t session_idle_usec;
        usec_t connect_usec, greeting_usec, command_usec,
                data_usec; /* time-outs (RFC 5321 4.5.3.2) */
} GatewaySmtp;

/* n alerts in each span; 0 = unlimited. */
typedef struct GatewayRate {
        unsigned n;
        usec_t span_usec;
} GatewayRate;

/* How a report proves that it is the gateway's. */
typedef enum ReceiptScheme {
        RECEIPT_BY_REFERENCE,  /* it carries our own reference, whose MAC nobody else can make */
        RECEIPT_BY_TOKEN,      /* the last segment of the URL is a secret */
        RECEIPT_BY_HMAC,       /* HMAC-SHA256 of the body in a header */
        RECEIPT_BY_JWT,        /* JWT HS256 in a header; its claims are the report */
        RECEIPT_BY_TWILIO,     /* X-Twilio-Signature */
        RECEIPT_BY_VONAGE,     /* the parameter sig, by digest */
        RECEIPT_BY_VONAGE_JWT, /* JWT HS256 whose payload_hash is that of the body */
        _RECEIPT_SCHEME_MAX,
} ReceiptScheme;
typedef enum ReceiptDigest {
        RECEIPT_MD5_HASH, /* plain MD5 with the secret behind */
        RECEIPT_HMAC_MD5,
        RECEIPT_HMAC_SHA1,
        RECEIPT_HMAC_SHA256,
        RECEIPT_HMAC_SHA512,
} ReceiptDigest;

/* One word of Report=: "STATE [CODE] -> KIND reason". First that matches wins. */
typedef struct ReceiptRule {
        char *state, *code; /* "*" = any; @code NULL = not asked */
        ReceiptKind kind;
        bool address;
        char reason[REASON_MAX];
        int line;
} ReceiptRule;
#define RECEIPT_RULES_MAX 64

/* [Receipt]: how its reports are believed and read. */
typedef struct GatewayReceipts {
        bool is_set;
        ReceiptScheme scheme;
        ReceiptDigest digest;
        char *secret_file;
        char *header, *prefix; /* of the signature; NULL = the scheme's own, none */
        usec_t window_usec;    /* how old a signed time may be */
        char *list_path;       /* an array of reports; NULL = the call is one */
        char *reference_path, *id_path, *part_path, *state_path, *code_path, *time_path;
        ReceiptRule rule[RECEIPT_RULES_MAX];
        unsigned n_rules;
        char *url; /* PublicUrl=/receipts/NAME; NULL = none is known */
} GatewayReceipts;
void gateway_receipts_done(GatewayReceipts *r);

typedef struct Gateway {
        int id;                      /* row of the store's gateway table; 0 until known */
        char name[GATEWAY_NAME_MAX]; /* the file's name without .conf: [a-z0-9-] */
        char *file;
        GatewayKind kind;
        Channel channel;
        unsigned priority;   /* lower first */
        unsigned weight;     /* share inside a priority */
        char *countries;     /* "45 46"; NULL = all */
        char *sender;        /* SmsSender=, or the e-mail's From address */
        char *from_name;     /* e-mail */
        char *bounce_domain; /* VERP: bounce+REFERENCE@domain; NULL = the sender itself */
        usec_t timeout_usec;
        usec_t receipt_wait_usec; /* 0 = Receipts=none */
        OnUncertain on_uncertain;
        usec_t uncertain_wait_usec;
        GatewayRate rate;
        usec_t slow_usec; /* answers that take longer are late */
        unsigned in_flight_max;
        uint32_t price_oere;  /* per segment; 0 = not said */
        uint32_t daily_limit; /* segments or e-mails on a civil day; 0 = none */
        GatewayReceipts receipt;
        union {
                GatewayHttp http;
                GatewaySmtp smtp;
                struct {
                        char *directory;
                } outbox;
        };
} Gateway;

typedef struct GatewaySet {
        Gateway *item[GATEWAYS_MAX]; /* sorted by channel, priority, name */
        unsigned n;
} GatewaySet;

Gateway *gateway_free(Gateway *g); /* NULL */
static inline void gateway_freep(Gateway **g)
{
        gateway_free(*g);
}
void gateway_set_done(GatewaySet *s);
const char *gateway_kind_word(GatewayKind k);

#endif
