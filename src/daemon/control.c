/*
 * The control door: the verbs of control/control.h over HTTP, on a Unix socket and as curl would
 * ask.
 *
 * Who may connect is decided by the socket's mode and folder; who asks is known from the kernel and
 * goes into the audit log. A verb that reads or writes runs on the store's threads and is answered
 * when it comes back; what only the process itself can do (a gateway, a reload, the spool) stands
 * here. Nothing here waits: who waits for a file's commit is kept in a list, and answered by the
 * commit or by the hour.
 */
#include "daemon/control-priv.h"
#include "daemon/doorkeeper.h"

#include "base/json-put.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "control/control.h"
#include "http/http.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define BODY_MAX     (64 * 1024)
#define WAIT_MAX_SEC 600
#define SOCKET_MODE  0660 /* the daemon's user and group */
#define ROUTES_MAX   64

typedef struct Wait Wait;

struct Doors {
        Daemon *daemon;
        HttpServer *control, *metrics;
        Door *door;      /* the doorkeeper's, who has the control socket; NULL = we have it */
        bool own_socket; /* not systemd's */
        HttpRoute route[ROUTES_MAX];
        Wait *waits; /* calls that wait for a file */
};

struct Wait {
        Doors *doors;
        HttpRequest *request;
        char file[128];
        sd_event_source *timer;
        Wait *prev, *next;
};

/* Calls into answers */

Pending *pending_free(Pending *p)
{
        if (!p)
                return NULL;
        control_call_free(p->call);
        json_free(p->live);
        free(p);
        return NULL;
}

static void answer_call(HttpRequest *r, ControlCall *c, bool as_text)
{
        const char *text = json_str(json_get(c->answer, "text"));
        _cleanup_buf_ Buf b = BUF_NULL;

        if (!as_text || c->status != 200 || !text) {
                http_answer_json(r, c->status, TAKE_PTR(c->answer));
                return;
        }
        if (buf_puts(&b, text) < 0)
                http_answer_error(r, 500, NULL, "out of memory");
        else
                http_answer_text(r, 200,
                                 json_get(c->params, "format")
                                         ? "text/plain; version=0.0.4; charset=utf-8"
                                         : "application/openmetrics-text; version=1.0.0; "
                                           "charset=utf-8",
                                 &b);
}

/* That somebody looked stands in the store with its reason; that it happened, in the journal, too.
 */
static void tell_audit(const ControlCall *c)
{
        _cleanup_log_ LogFields f = {0};

        bool audited = strstr(c->verb->params, "reason!") || strstr(c->verb->what, "audited");

        if (c->verb->where != CONTROL_WRITE || !audited || c->status == 400)
                return;
        log_field(&f, "ADVISD_VERB", "%s", c->verb->name);
        log_field(&f, "ADVISD_UID", "%u", c->uid);
        if (c->status == 200 && json_is_int(json_get(c->answer, "alerts"))) {
                long long n = (long long)json_int(json_get(c->answer, "alerts"));

                log_field(&f, "ADVISD_ALERTS", "%lld", n);
                log_event(LOG_ID_AUDIT, &f, "user %u: %s, %lld alerts", c->uid, c->verb->name, n);
                return;
        }
        log_event(LOG_ID_AUDIT, &f, "user %u: %s", c->uid, c->verb->name);
}

/* Sending was stopped or started again: told apart from other audited deeds. */
static bool tell_hold(const ControlCall *c)
{
        _cleanup_log_ LogFields f = {0};
        const char *done = json_str(json_get(c->answer, "done")),
                   *scope = json_str(json_get(c->params, "scope")),
                   *subject = json_str(json_get(c->params, "subject"));

        if (c->status != 200 ||
            !(str_eq(c->verb->name, "hold") || str_eq(c->verb->name, "release")))
                return false;
        log_field(&f, "ADVISD_UID", "%u", c->uid);
        log_field(&f, "ADVISD_HOLD", "%s", scope);
        log_field(&f, "ADVISD_SUBJECT", "%s", subject ? subject : "");
        log_event(LOG_ID_HOLD_CHANGED, &f, "user %u: sending is %s: %s%s%s", c->uid, done, scope,
                  subject ? " " : "", subject ? subject : "");
        return true;
}

static void on_call_done(void *userdata, ControlCall *c)
{
        Pending *p = userdata;

        assert(c == p->call);
        if (!tell_hold(c))
                tell_audit(c);
        if (c->verb->where == CONTROL_WRITE && c->status == 200)
                flow_changed(p->daemon->flow);
        answer_call(p->request, c, p->as_text);
        pending_free(p);
}

/* The names in the path of @verb, from the request into @params. */
static int params_of_path(HttpRequest *r, const ControlVerb *verb, Json *params)
{
        int e = 0;

        for (const char *p = strchr(verb->path, '{'); e >= 0 && p; p = strchr(p + 1, '{')) {
                char name[32];

                (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(p + 1, "}"), p + 1);
                e = json_set(params, name, json_string_new(http_segment(r, name)));
        }
        return e;
}

static int params_of_query(HttpRequest *r, Json *params)
{
        int e = 0;

        for (unsigned i = 0; e >= 0 && i < http_query_len(r); i++) {
                const char *name, *value;

                http_query_at(r, i, &name, &value);
                if (json_get(params, name))
                        return -EINVAL; /* one that stands in the path */
                e = json_set(params, name, json_string_new(value));
        }
        return e;
}

static int params_of_body(HttpRequest *r, Json *params)
{
        _cleanup_json_ Json *body = NULL;
        size_t len;
        const char *text = http_body(r, &len);
        int e = 0;

        if (len == 0)
                return 0;
        if (json_parse(text, len, &body, NULL) < 0 || !json_is_object(body))
                return -EINVAL;
        for (void *it = json_iter(body); e >= 0 && it; it = json_iter_next(body, it)) {
                if (json_get(params, json_iter_key(it)))
                        return -EINVAL;
                e = json_set(params, json_iter_key(it), json_share(json_iter_value(it)));
        }
        return e;
}

/* Everything that was said, as one object. NULL: the request is answered. */
static Json *params_of(HttpRequest *r, const ControlVerb *verb)
{
        _cleanup_json_ Json *params = json_object_new();
        int e = params ? params_of_path(r, verb, params) : -ENOMEM;

        if (e >= 0)
                e = params_of_query(r, params);
        if (e >= 0 && verb->file_bytes == 0)
                e = params_of_body(r, params);
        if (e >= 0)
                return TAKE_PTR(params);
        if (e == -EINVAL)
                http_answer_error(r, 400, NULL,
                                  "the body is no JSON object, or a parameter stands twice");
        else
                http_answer_error(r, 500, NULL, "%s", strerror(-e));
        return NULL;
}

static Pending *pending_new(Doors *d, HttpRequest *r, const ControlVerb *verb, Json *params)
{
        Pending *p = calloc(1, sizeof(*p));

        if (!p || control_call_new(verb, params, http_peer(r).uid, &p->call) < 0) {
                if (!p)
                        json_free(params);
                free(p);
                http_answer_error(r, 500, NULL, "out of memory");
                return NULL;
        }
        p->request = r;
        p->daemon = d->daemon;
        p->live =
                str_eq(verb->name, "metrics") ? live_metrics_json(d->daemon) : live_json(d->daemon);
        p->call->live = p->live;
        p->call->site = control_site(d->daemon->config);
        if (!p->live || !p->call->site)
                control_failed(p->call, -ENOMEM);
        return p;
}

/* What only the daemon can do */

static void do_reload(Doors *d, Pending *p)
{
        _cleanup_free_ char *report = NULL;
        int r = daemon_reload(d->daemon, &report);
        Json *o;

        if (report)
                (void)str_strip(report);
        if (r < 0) {
                http_answer_error(p->request, 409,
                                  "mend it; the old configuration stays in force. advisd --check "
                                  "tells the same",
                                  "%s", report && *report ? report : strerror(-r));
        } else {
                o = json_object_new();
                r = 0;
                json_put_text(&r, o, "note", report);
                http_answer_json(p->request, 200, json_done(r, o));
        }
        pending_free(p);
}

static void do_explain(Doors *d, Pending *p)
{
        const char *key = json_str(json_get(p->call->params, "key"));
        _cleanup_buf_ Buf text = BUF_NULL;
        int r = config_explain(d->daemon->config, key, &text);
        Json *o;

        if (r == CONFIG_E_UNKNOWN) {
                http_answer_error(p->request, 404, buf_str(&text), "there is no setting %s", key);
        } else {
                o = json_object_new();
                json_put_text(&r, o, "key", key);
                json_put_text(&r, o, "text", buf_str(&text));
                http_answer_json(p->request, 200, json_done(r, o));
        }
        pending_free(p);
}

/* Files */

static Wait *wait_free(Wait *w)
{
        if (w->prev)
                w->prev->next = w->next;
        else
                w->doors->waits = w->next;
        if (w->next)
                w->next->prev = w->prev;
        sd_event_source_disable_unref(w->timer);
        free(w);
        return NULL;
}

static bool in_spool(Daemon *d, const char *name)
{
        _cleanup_free_ char *path = NULL;

        if (name[0] == '.')
                return false;
        return asprintf(&path, "%s/new/%s", d->config->spool_directory, name) >= 0 &&
               access(path, F_OK) == 0;
}

/* What is known of the file now. */
static void answer_file(Doors *d, HttpRequest *r, const char *name)
{
        FlowFile f = {0};

        if (flow_file(d->daemon->flow, name, &f)) {
                http_answer_json(r, f.is_done ? 200 : 202,
                                 live_file_json(&f, f.is_done ? "done" : "under way"));
                return;
        }
        (void)snprintf(f.name, sizeof(f.name), "%s", name);
        if (in_spool(d->daemon, name))
                http_answer_json(r, 202, live_file_json(&f, "waiting"));
        else
                http_answer_error(r, 404, "what was rejected of it: advisctl rejected show",
                                  "this file is neither in the spool nor among the last ones that "
                                  "were taken in");
}

static int dispatch_wait_end(_unused_ sd_event_source *s, _unused_ uint64_t usec, void *userdata)
{
        Wait *w = userdata;

        answer_file(w->doors, w->request, w->file);
        wait_free(w);
        return 0;
}

/* Answers at once, or when the file has ended, or after the seconds that the caller will wait. */
static void wait_for_file(Doors *d, HttpRequest *r, const char *name, uint64_t seconds)
{
        FlowFile f;
        Wait *w;

        if (seconds == 0 || (flow_file(d->daemon->flow, name, &f) && f.is_done)) {
                answer_file(d, r, name);
                return;
        }
        w = calloc(1, sizeof(*w));
        if (!w || sd_event_add_time_relative(d->daemon->event, &w->timer, CLOCK_BOOTTIME,
                                             seconds * USEC_PER_SEC, 0, dispatch_wait_end, w) < 0) {
                free(w);
                http_answer_error(r, 500, NULL, "out of memory");
                return;
        }
        w->doors = d;
        w->request = r;
        (void)snprintf(w->file, sizeof(w->file), "%s", name);
        w->next = d->waits;
        if (d->waits)
                d->waits->prev = w;
        d->waits = w;
}

void control_on_file(Daemon *daemon, const FlowFile *file)
{
        Doors *d = daemon->doors;

        for (Wait *w = d ? d->waits : NULL, *next; w; w = next) {
                next = w->next;
                if (!str_eq(w->file, file->name))
                        continue;
                http_answer_json(w->request, 200, live_file_json(file, "done"));
                wait_free(w);
        }
}

/* False: it is refused. */
static bool wait_seconds(Pending *p, uint64_t *ret)
{
        const char *text = json_str(json_get(p->call->params, "wait"));

        *ret = 0;
        if (!text || (parse_u64(text, ret) == 0 && *ret <= WAIT_MAX_SEC))
                return true;
        http_answer_error(p->request, 400, NULL, "wait: seconds, at most %d", WAIT_MAX_SEC);
        return false;
}

static void do_file(Doors *d, Pending *p)
{
        uint64_t seconds;

        if (wait_seconds(p, &seconds))
                wait_for_file(d, p->request, json_str(json_get(p->call->params, "name")), seconds);
        pending_free(p);
}

/* The name is ours: the caller's may name a person. Only its form is taken over. */
static int spool_name(const char *theirs, char ret[64])
{
        static const char *const forms[] = {".ndjson", ".xml", ".tar.lzma"};
        uint64_t random;
        int r = secret_random(&random, sizeof(random));

        if (r < 0)
                return r;
        for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
                if (str_ends(theirs, forms[i])) {
                        (void)snprintf(ret, 64, "submit-%016llx%s", (unsigned long long)random,
                                       forms[i]);
                        return 0;
                }
        return -EINVAL;
}

static int spool_keep(Daemon *d, HttpRequest *r, const char *name)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -1;

        if (asprintf(&path, "%s/new", d->config->spool_directory) < 0)
                return -ENOMEM;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : http_file_keep(r, fd, name);
}

static void do_submit(Doors *d, Pending *p)
{
        char name[64] = "";
        uint64_t seconds;
        int r;

        if (!wait_seconds(p, &seconds)) {
                pending_free(p);
                return;
        }
        r = spool_name(json_str(json_get(p->call->params, "name")), name);
        if (r >= 0)
                r = spool_keep(d->daemon, p->request, name);
        if (r == -EINVAL) {
                http_answer_error(p->request, 400, NULL,
                                  "name: must end in .ndjson, .xml or .tar.lzma");
        } else if (r < 0) {
                http_answer_error(p->request, 500, "journalctl -u advisd", "the spool: %s",
                                  strerror(-r));
        } else {
                flow_look(d->daemon->flow);
                wait_for_file(d, p->request, name, seconds);
        }
        pending_free(p);
}

/* The doors */

static const struct {
        const char *verb;
        void (*handle)(Doors *d, Pending *p);
} live_verbs[] = {
        {"gateway-pause", control_gateway_pause},
        {"gateway-resume", control_gateway_resume},
        {"gateway-test", control_gateway_test},
        {"reload", do_reload},
        {"explain", do_explain},
        {"submit", do_submit},
        {"file", do_file},
};

static void pending_go(Doors *d, Pending *p)
{
        const ControlVerb *verb = p->call->verb;

        if (p->call->status != 0) { /* refused already */
                on_call_done(p, p->call);
                return;
        }
        if (verb->run) {
                control_start(p->call, d->daemon->store, on_call_done, p);
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(live_verbs); i++)
                if (str_eq(live_verbs[i].verb, verb->name)) {
                        live_verbs[i].handle(d, p);
                        return;
                }
        assert(false); /* every verb without run() stands in the table */
}

static void on_control(void *userdata, HttpRequest *r)
{
        const ControlVerb *verb = http_data(r);
        Json *params = params_of(r, verb);
        Pending *p = params ? pending_new(userdata, r, verb, params) : NULL;

        if (p)
                pending_go(userdata, p);
}

/* Who does not name OpenMetrics among what it takes gets the format that all can read. */
static void on_metrics(void *userdata, HttpRequest *r)
{
        const char *accept = http_header(r, "Accept");
        Json *params = json_object_new();
        Pending *p;

        if (params && !(accept && strstr(accept, "application/openmetrics-text")) &&
            json_set(params, "format", json_string_new("text")) < 0)
                log_debug("the format of /metrics is the other one, for want of memory");
        p = pending_new(userdata, r, control_verb("metrics"), params);
        if (!p)
                return;
        p->as_text = true;
        pending_go(userdata, p);
}

static void answer_word(HttpRequest *r, unsigned status, const char *word)
{
        _cleanup_buf_ Buf text = BUF_NULL;

        if (buf_puts(&text, word) < 0)
                buf_clear(&text); /* the status says it, too */
        http_answer_text(r, status, "text/plain; charset=utf-8", &text);
}

/* Healthy is who answers here: the loop turns. A full disk is no reason to start anew; that a
 * worker is silent is the watchdog's to find, whose question may not be asked by two. */
static void on_health(_unused_ void *userdata, HttpRequest *r)
{
        answer_word(r, 200, "ok\n");
}

/* Ready is who can take in and send. */
static void on_ready(void *userdata, HttpRequest *r)
{
        Doors *d = userdata;
        FlowSnapshot s;

        flow_snapshot(d->daemon->flow, &s);
        if (s.draining)
                answer_word(r, 503, "draining\n");
        else if (s.store_error < 0)
                answer_word(r, 503, "the store cannot write\n");
        else
                answer_word(r, 200, "ok\n");
}

static unsigned routes_fill(HttpRoute route[ROUTES_MAX])
{
        unsigned n = 0;

        for (const ControlVerb *v = control_verbs; v->name; v++) {
                bool get = str_eq(v->method, "GET");

                assert(n < ROUTES_MAX);
                route[n++] = (HttpRoute){
                        .method = v->method,
                        .path = v->path,
                        .handler = on_control,
                        .body = v->file_bytes > 0 ? HTTP_BODY_FILE
                                : get             ? HTTP_BODY_NONE
                                                  : HTTP_BODY_MEMORY,
                        .body_max = v->file_bytes > 0 ? v->file_bytes : BODY_MAX,
                        .data = v,
                };
        }
        return n;
}

static int open_failed(const Config *config, const char *key, const char *value, int r)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_FILE", "%s/advisd.conf", config->directory);
        log_event(LOG_ID_CONFIG_FAULT, &f, "%s=%s: %s", key, value,
                  r == -EADDRINUSE ? "somebody listens there already" : strerror(-r));
        return r;
}

/* Callers come from the doorkeeper, who has the socket. */
static int kept_door_open(Doors *d, const HttpParams *p, const char *path)
{
        int r = http_server_new(d->daemon->event, -1, p, &d->control);

        if (r >= 0)
                r = door_open(d->daemon->event, path, d->control, &d->door);
        if (r < 0 && asprintf(&d->daemon->why,
                              "no doorkeeper at " DOOR_ENVIRONMENT "=%s: %s; systemctl status "
                              "advisd-doorkeeper",
                              path, strerror(-r)) < 0)
                d->daemon->why = NULL;
        return r;
}

static int control_door_open(Doors *d)
{
        const Config *c = d->daemon->config;
        _cleanup_free_ char *upload = NULL;
        HttpParams p = {.name = "control",
                        .routes = d->route,
                        .n_routes = routes_fill(d->route),
                        .userdata = d,
                        .user_calls_max = HTTP_CONNECTIONS_MAX / 2};
        const char *door = getenv(DOOR_ENVIRONMENT);
        int fd, r;

        if (asprintf(&upload, "%s/tmp", c->spool_directory) < 0)
                return -ENOMEM;
        p.upload_dir = upload;
        if (door)
                return kept_door_open(d, &p, door);
        fd = process_socket(d->daemon, PROCESS_DOOR_CONTROL);
        if (fd < 0) {
                fd = http_listen_unix(c->control_socket, SOCKET_MODE);
                d->own_socket = fd >= 0;
        }
        r = fd < 0 ? fd : http_server_new(d->daemon->event, fd, &p, &d->control);
        return r < 0 ? open_failed(c, "ControlSocket", c->control_socket, r) : 0;
}

static int metrics_door_open(Doors *d)
{
        static const HttpRoute routes[] = {
                {"GET", "/metrics", on_metrics, .body = HTTP_BODY_NONE},
                {"GET", "/healthz", on_health, .body = HTTP_BODY_NONE},
                {"GET", "/readyz", on_ready, .body = HTTP_BODY_NONE},
        };
        const HttpParams p = {.name = "metrics",
                              .routes = routes,
                              .n_routes = ARRAY_SIZE(routes),
                              .userdata = d,
                              .connections_max = 16};
        const char *address = d->daemon->config->metrics_listen;
        int fd, r;

        fd = process_socket(d->daemon, PROCESS_DOOR_METRICS);
        if (fd < 0 && !address)
                return 0;
        if (fd < 0)
                fd = http_listen_loopback(address);
        r = fd < 0 ? fd : http_server_new(d->daemon->event, fd, &p, &d->metrics);
        return r < 0 ? open_failed(d->daemon->config, "MetricsListen",
                                   address ? address : "from systemd", r)
                     : 0;
}

int control_open(Daemon *daemon)
{
        Doors *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->daemon = daemon;
        daemon->doors = d;
        r = control_door_open(d);
        return r < 0 ? r : metrics_door_open(d);
}

bool control_drain(Daemon *daemon)
{
        HttpServer *s = daemon->doors ? daemon->doors->metrics : NULL;

        if (!s)
                return true;
        http_server_drain(s);
        return http_server_is_drained(s);
}

void control_close(Daemon *daemon)
{
        Doors *d = daemon->doors;

        if (!d)
                return;
        while (d->waits) {
                http_answer_error(d->waits->request, 503, "ask again: it is in the spool",
                                  "advisd is stopping");
                wait_free(d->waits);
        }
        door_close(d->door);
        http_server_free(d->control);
        http_server_free(d->metrics);
        if (d->own_socket) /* a dead one would be replaced at the next start */
                (void)unlink(daemon->config->control_socket);
        free(d);
        daemon->doors = NULL;
}
