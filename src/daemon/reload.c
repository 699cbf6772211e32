/*
 * A reload takes the new configuration over whole or not at all.
 *
 * It is synchronous: who asked at the control door is told what is in force now, what still needs a
 * restart, or every fault for which the old one stays. Nothing is touched before configuration,
 * texts and gateways have all been read without a fault.
 */
#include "daemon/receipts.h"

#include "base/civil.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

typedef struct Report {
        Buf text; /* a line each, for who asked */
} Report;

static void report_line(Report *p, const char *fmt, ...) _printf_(2, 3);
static void report_line(Report *p, const char *fmt, ...)
{
        va_list ap;
        int r;

        va_start(ap, fmt);
        r = buf_vprintf(&p->text, fmt, ap);
        va_end(ap);
        if (r < 0 || buf_putc(&p->text, '\n') < 0)
                log_debug("a line of the report is in the journal only");
}

static void on_fault(void *userdata, const char *file, int line, const char *text)
{
        daemon_fault(NULL, file, line, text);
        if (line)
                report_line(userdata, "%s:%d: %s", file, line, text);
        else
                report_line(userdata, "%s: %s", file, text);
}

static void restart_tell(const char *options)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_OPTION", "%s", options);
        log_event(LOG_ID_CONFIG_WARNING, &f, "these options take effect at a restart only: %s",
                  options);
}

static void reloaded(const Config *before, const Config *now, const Buf *restart, Report *report)
{
        _cleanup_buf_ Buf changes = BUF_NULL;
        _cleanup_log_ LogFields f = {0};

        if (config_changes(before, now, &changes) < 0)
                buf_clear(&changes);
        log_field(&f, "ADVISD_CHANGED", "%s", buf_str(&changes));
        log_event(LOG_ID_RELOADED, &f, "the configuration was taken over%s%s",
                  changes.len ? "; changed: " : "", buf_str(&changes));
        if (changes.len)
                report_line(report, "changed: %s", buf_str(&changes));
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                if (!config_has_gateway(now, ch))
                        report_line(report, "no gateway is configured for %s: its alerts wait",
                                    channel_word(ch));
        if (restart->len == 0)
                return;
        restart_tell(buf_str(restart));
        report_line(report, "a restart is needed for: %s", buf_str(restart));
}

static int reload(Daemon *d, Report *report)
{
        _cleanup_(config_freep) Config *config = NULL;
        _cleanup_(textset_freep) TextSet *texts = NULL;
        _cleanup_free_ char *fault = NULL, *ignored = NULL;
        _cleanup_buf_ Buf restart = BUF_NULL;
        int r = config_reload(d->config_directory, d->config, on_fault, report, &config, &restart);

        if (r >= 0)
                r = daemon_texts_load(config, on_fault, report, &texts);
        if (r < 0)
                return r;
        r = receipts_reload(d, config, &fault);
        if (r >= 0) {
                r = flow_reload(d->flow, config, texts, &fault);
                if (r < 0 && receipts_reload(d, d->config, &ignored) < 0)
                        log_debug("the old secrets of reports are gone; the new ones stay");
        }
        if (r < 0) {
                on_fault(report, config->directory, 0, fault ? fault : strerror(-r));
                return r;
        }
        civil_refresh();
        log_set_max_level(config->log_level);
        reloaded(d->config, config, &restart, report);
        daemon_tell_gateways(config);
        config_free(d->config);
        textset_free(d->texts);
        d->config = TAKE_PTR(config);
        d->texts = TAKE_PTR(texts);
        return 0;
}

/* The first fault, for "status": until a reload succeeds, what stands in the files is not what is
 * in force. */
static void refusal_keep(Daemon *d, int r, const char *report)
{
        size_t n = strcspn(report, "\n");

        d->reload_refused_usec = r < 0 ? clock_now_usec() : 0;
        (void)snprintf(d->reload_fault, sizeof(d->reload_fault), "%.*s", r < 0 ? (int)n : 0,
                       report);
}

int daemon_reload(Daemon *d, char **ret_report)
{
        Report report = {0};
        int r = reload(d, &report);

        if (r == -ENOMEM)
                report_line(&report, "out of memory");
        refusal_keep(d, r, buf_str(&report.text));
        *ret_report = buf_take(&report.text);
        if (r < 0)
                log_event(LOG_ID_RELOAD_REFUSED, NULL,
                          "the new configuration was refused; the old one stays in force");
        return r;
}
