/* Reading one gateways.d/ file: what its parts share. Only for gateway*.c. */
#ifndef ADVISD_CONFIG_GATEWAY_PRIV_H
#define ADVISD_CONFIG_GATEWAY_PRIV_H

#include "config/gateway.h"

#include <stdbool.h>

#define GATEWAY_KEY(section, key, ...) GATEWAY_KEY_##section##_##key,
typedef enum GatewayKeyId {
#include "config/gateway.def"
        _GATEWAY_KEY_MAX
} GatewayKeyId;
#undef GATEWAY_KEY

/* How a value is read; each has a line in gateway-value.c that says what it looks like. */
typedef enum GatewayForm {
        FORM_KIND,
        FORM_CHANNEL,
        FORM_ON_UNCERTAIN,
        FORM_RECEIPTS,
        FORM_VERIFY,
        FORM_METHOD,
        FORM_CONTENT,
        FORM_TLS,
        FORM_FLAG,
        FORM_UNSIGNED, /* unsigned */
        FORM_PORT,     /* uint16_t */
        FORM_SIZE,     /* uint64_t */
        FORM_SPAN,     /* usec_t */
        FORM_RATE,     /* GatewayRate */
        FORM_LINE,     /* from here on: char * */
        FORM_SENDER,
        FORM_COUNTRIES,
        FORM_DOMAIN,
        FORM_HOST,
        FORM_SEPARATOR,
        FORM_PATH,
        FORM_PATHS,
        FORM_SECRET,
        FORM_FILE,
        FORM_DIRECTORY,
        FORM_TOKEN,
        FORM_SIGV4,
        FORM_URL, /* from here on: Template * */
        FORM_BODY,
        FORM_ITEM,
        FORM_USER,
        FORM_HEADER, /* appended to a list; may come again */
        FORM_RULE,
        FORM_REPORT,
        _GATEWAY_FORM_MAX,
} GatewayForm;

typedef struct GatewayOption {
        const char *section, *key;
        GatewayForm form;
        size_t offset; /* in Gateway */
        uint64_t min, max;
        const char *fallback; /* NULL = none */
        const char *help;
} GatewayOption;

extern const GatewayOption gateway_option[_GATEWAY_KEY_MAX];

typedef struct GatewayEntry {
        GatewayKeyId id;
        char *value;
        int line;
} GatewayEntry;

typedef struct GatewayFile {
        const GatewayReading *how;
        const char *name; /* of the file, for faults */
        Gateway *g;
        GatewayEntry *entry; /* in the file's order; of known keys only */
        size_t n_entries;
        unsigned n_faults;
        int line_of[_GATEWAY_KEY_MAX];  /* 0 = not given */
        int head_of[_GATEWAY_KIND_MAX]; /* line of [Http], [Smtp], [Outbox] */
        int receipt_head;               /* line of [Receipt]; 0 = it is not there */
        bool no_receipts;
        /* While a value is read: */
        GatewayKeyId id;
        int line; /* 0: it is the table's own default */
} GatewayFile;

/* One fault: "Key: text". Never a value: what was pasted into the wrong line may be a password. */
void gateway_fault(GatewayFile *f, const char *fmt, ...) _printf_(2, 3);
void gateway_fault_at(GatewayFile *f, GatewayKeyId id, const char *fmt, ...) _printf_(3, 4);

/* gateway-value.c: -ENOMEM, or 0 with the fault told. */
int gateway_value_read(GatewayFile *f, const char *value) _nodiscard_;
const char *gateway_form_text(GatewayForm form);
/* gateway-rule.c */
int gateway_rule_read(GatewayFile *f, const char *value) _nodiscard_;
bool gateway_path_is_good(const char *s);
/* One word or "quoted text"; @s moves behind it. False: there is none, or it does not fit. */
bool gateway_word_take(const char **s, char *ret, size_t size);
const char *gateway_arrow_find(const char *s); /* "->" outside quotes */
/* gateway-receipt.c */
int gateway_verify_read(GatewayFile *f, const char *value) _nodiscard_;
int gateway_report_read(GatewayFile *f, const char *value) _nodiscard_;
int gateway_receipt_check(GatewayFile *f) _nodiscard_;
/* gateway-check.c: what no line alone can be wrong about, and what depends on other lines. */
int gateway_check(GatewayFile *f) _nodiscard_;
bool gateway_is_sms_sender(const char *s); /* what gateways take as one */

static inline bool gateway_has(const GatewayFile *f, GatewayKeyId id)
{
        return f->line_of[id] > 0;
}

#endif
