/* The files of gateways.d/: each describes one way out. */
#ifndef ADVISD_CONFIG_GATEWAY_H
#define ADVISD_CONFIG_GATEWAY_H

#include "base/ini.h"
#include "model/gateway.h"

enum { _CONFIG_GATEWAY_E_SUCCESS, CONFIG_GATEWAY_E_FAULTS };

typedef struct GatewayReading {
        const char *state_directory; /* a relative Directory= lies below it; NULL = only absolute
                                        ones */
        /* For those that name none: the site's; NULL = ours. "" as a name = none. */
        const char *sms_sender, *from_address, *from_name;
        const char *public_url; /* what gateways call us by; NULL or "" = they cannot */
        IniFault on_fault; /* text: "Key: what is wrong and what would be right"; line 0 = the whole
                              file */
        void *userdata;
} GatewayReading;

/* One file. Every fault in it is told; with one or more the answer is CONFIG_GATEWAY_E_FAULTS and
 * *ret is untouched. Errors: of ini_read_file(), and -ENOMEM. */
int config_gateway_read(const char *path, const GatewayReading *how, Gateway **ret) _nodiscard_;
int config_gateway_parse(const char *file, const char *text, size_t len, const GatewayReading *how,
                         Gateway **ret) _nodiscard_;
/* All *.conf of a folder, sorted by channel, priority and name; other files and folders in it are
 * passed over. */
int config_gateways_read(const char *directory, const GatewayReading *how,
                         GatewaySet *ret) _nodiscard_;

/* Every key that such a file may hold, in the order of the manual. For explain and the lint. */
typedef struct GatewayKey {
        const char *section, *key;
        const char *form;     /* "a duration: 500ms, 30s, 15min, 72h" */
        const char *fallback; /* what holds when it is not given; "" = nothing */
        const char *help;     /* one line */
} GatewayKey;
size_t config_gateway_keys_n(void);
GatewayKey config_gateway_key(size_t i);

#endif
