/* advisd.conf as one struct of plain values, and everything that can be said of it. */
#ifndef ADVISD_CONFIG_CONFIG_H
#define ADVISD_CONFIG_CONFIG_H

#include "base/buf.h"
#include "base/ini.h"
#include "model/event.h"
#include "model/gateway.h"
#include "model/policy.h"

#include <stdbool.h>

typedef struct ConfigTexts {
        char *login_name, *read_at[_LANGUAGE_MAX], *read_url, *help_phone; /* NULL = empty */
} ConfigTexts;

#define CONFIG_KEYS_MAX    4
#define CONFIG_OPTIONS_MAX 96

/* What the figures are measured by, and what of them may be published. */
typedef struct ConfigFigures {
        uint32_t minimum_cell, proven_days, digital_goal_pct, goal_year, expected_exempt_pct;
        bool automatic_enrolment;
        Day law_day;
} ConfigFigures;

typedef struct DaySpan {
        Day from, to; /* both are in it */
} DaySpan;

/* "Danmarks mest digitale kommune": when, and who takes part. */
typedef struct ConfigCompetition {
        Day opens, closes, national_announced;
        DaySpan regional_announced, campaign;
        char *participants; /* "0101 0851"; NULL = all */
        uint32_t prizes_per_winner;
} ConfigCompetition;

typedef struct Config {
        char *directory; /* where it was read; relative paths lie below it */
        char *state_directory, *control_socket, *spool_directory, *template_directory,
                *gateway_directory;
        char *population_file, *municipalities_file, *population_quarter;
        char *master_key_files[CONFIG_KEYS_MAX + 1]; /* NULL at the end; as paths */
        char *receipts_listen;  /* "127.0.0.1:9420" or "/run/advisd/receipts"; NULL = off */
        char *public_url;       /* NULL = none */
        char *trusted_proxies;  /* base/netlist; NULL = none */
        char *bounce_directory; /* NULL = none */
        usec_t parked_keep_usec;
        usec_t keep_messages_usec, keep_rejected_usec, keep_audit_usec; /* 0 = for ever */
        char *metrics_listen; /* "127.0.0.1:9189"; NULL = off */
        char *countries;
        char *allow_only; /* NULL = everybody may be told */
        unsigned allow_only_n;
        char *sms_sender, *from_address, *from_name; /* already in the gateways that name none */
        usec_t drain_timeout_usec, keep_done_usec, sandbox_clock_usec;
        uint64_t memo_max_bytes, archive_max_bytes;
        int log_level;
        bool sandbox, core_dumps, closed_on_holidays;
        uint32_t in_flight;
        ConfigTexts texts;
        ConfigFigures figures;
        ConfigCompetition competition;
        Policy policy;
        GatewaySet gateways;
        char *origin[CONFIG_OPTIONS_MAX]; /* "advisd.conf:12" by option; NULL = the default holds */
        char *value[CONFIG_OPTIONS_MAX];  /* as written */
} Config;

/* DIR/advisd.conf, DIR/figures.conf and DIR/competition.conf if there are any,
 * DIR/advisd.conf.d/ *.conf in order of name, and the gateways. Every fault is told; with one or
 * more the answer is -EINVAL. An advisd.conf that is missing is a fault. */
int config_load(const char *directory, IniFault on_fault, void *userdata, Config **ret) _nodiscard_;
/* The same for a program that runs by @running: options that need a restart keep its value, and are
 * checked with the new ones. Those whose value in the files is another are appended, blanks
 * between. */
int config_reload(const char *directory, const Config *running, IniFault on_fault, void *userdata,
                  Config **ret, Buf *append_restart) _nodiscard_;
/* Where the daemon listens, from files that may have faults: a running one must be reachable then,
 * too. */
int config_control_socket(const char *directory, char **ret) _nodiscard_;
Config *config_free(Config *c);
static inline void config_freep(Config **c)
{
        config_free(*c);
}
/* False: alerts of @channel wait until a gateway is added. No fault, but to be told. */
bool config_has_gateway(const Config *c, Channel channel);
/* A sandbox's clock begins at SandboxClock= at the first start and goes on from there at later
 * ones. @first: this may be the first start (the daemon); else, without one, the clock stays real.
 */
int config_clock_start(const Config *c, bool first) _nodiscard_;
/* advisd.conf text that says the same, every option written out. */
int config_print(const Config *c, Buf *append_to) _nodiscard_;
/* Meaning, default, bounds, value, where it was set; also of the keys of gateway files.
 * CONFIG_E_UNKNOWN with the nearest known name appended, or nothing. */
enum { _CONFIG_E_SUCCESS, CONFIG_E_UNKNOWN };
int config_explain(const Config *c, const char *key, Buf *append_to) _nodiscard_;
/* What differs: "SmsWindow RetryMost, gateways added: x, removed: y z"; nothing = nothing. What a
 * gateway's file says is not compared. */
int config_changes(const Config *now, const Config *next, Buf *append_to) _nodiscard_;

typedef struct ConfigOption {
        const char *section, *key, *fallback, *help;
        bool needs_restart;
} ConfigOption;
unsigned config_options_n(void);
ConfigOption config_option(unsigned i);

#endif
