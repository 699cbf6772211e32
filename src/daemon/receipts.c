/*
 * The receipts door: gateways call it with what became of the alerts that they took.
 *
 * It listens on loopback or a Unix socket, behind the site's proxy, which has the certificate. What
 * a gateway called and signed is PublicUrl= with the rest of the path; no header that a proxy adds
 * is needed: who calls proves it by what is in the call. X-Forwarded-For: only names the caller to
 * the journal, and only from TrustedProxies=.
 *
 * A call is verified and read (receipt/), handed to the flow, and answered after the commit: 2xx
 * says that it will never be forgotten. 403 is not believed, 400 not of the form that the gateway's
 * file describes, 503 is to be sent again, with Retry-After:. A forged call leaves no row anywhere:
 * it is counted, and the journal says once a minute how many there were.
 *
 * Secrets are read at the start and at each reload, and wiped at the end.
 */
#include "daemon/receipts.h"

#include "base/log.h"
#include "base/secret-file.h"
#include "base/str.h"
#include "http/http.h"
#include "receipt/receipt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define BODY_MAX        (512 * 1024) /* 1000 reports of 500 bytes */
#define TELL_USEC       USEC_PER_MIN
#define RETRY_AFTER_SEC "10"
#define SOCKET_MODE     0660

typedef struct Gate {
        char name[GATEWAY_NAME_MAX];
        char *secret; /* NULL = its scheme has none */
} Gate;

/* What is told of now and then, instead of each time. */
typedef struct Tally {
        usec_t told_usec;
        uint64_t untold;
} Tally;

struct ReceiptDoor {
        Daemon *daemon;
        HttpServer *server;
        char *own_socket; /* not systemd's; NULL = it is, or a port */
        Gate gate[GATEWAYS_MAX];
        unsigned n_gates;
        NetList proxies;
        ReceiptDoorCounts counts;
        Tally forged, unreadable;
};

/* ---- gates ---- */

static void gates_done(Gate *gate, unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                gate[i].secret = secret_file_free(gate[i].secret);
}

static int gates_open(const Config *c, Gate *gate, unsigned *ret_n, char **ret_fault)
{
        *ret_n = 0;
        for (unsigned i = 0; i < c->gateways.n; i++) {
                const Gateway *g = c->gateways.item[i];
                Gate *next = &gate[*ret_n];

                if (!g->receipt.is_set)
                        continue;
                *next = (Gate){.secret = NULL};
                memcpy(next->name, g->name, sizeof(next->name));
                if (g->receipt.secret_file) {
                        int r = secret_file_read(g->receipt.secret_file, &next->secret, ret_fault);

                        if (r < 0)
                                return r;
                }
                (*ret_n)++;
        }
        return 0;
}

static void proxies_read(ReceiptDoor *d, const Config *c)
{
        if (!c->trusted_proxies || net_list_parse(c->trusted_proxies, &d->proxies) < 0)
                d->proxies = (NetList){.n = 0}; /* what is no list was refused with its file */
}

int receipts_reload(Daemon *daemon, const Config *next, char **ret_fault)
{
        ReceiptDoor *d = daemon->receipts;
        Gate gate[GATEWAYS_MAX];
        unsigned n = 0;
        int r;

        if (!d)
                return 0;
        r = gates_open(next, gate, &n, ret_fault);
        if (r < 0) {
                gates_done(gate, n);
                return r;
        }
        gates_done(d->gate, d->n_gates);
        memcpy(d->gate, gate, n * sizeof(*gate));
        d->n_gates = n;
        proxies_read(d, next);
        return 0;
}

static const Gate *gate_of(const ReceiptDoor *d, const char *name)
{
        for (unsigned i = 0; i < d->n_gates; i++)
                if (str_eq(d->gate[i].name, name))
                        return &d->gate[i];
        return NULL;
}

static const Gateway *gateway_of(const ReceiptDoor *d, const char *name)
{
        const GatewaySet *all = &d->daemon->config->gateways;

        for (unsigned i = 0; i < all->n; i++)
                if (str_eq(all->item[i]->name, name) && all->item[i]->receipt.is_set)
                        return all->item[i];
        return NULL;
}

/* ---- what the journal is told ---- */

/* Return: how many since the last telling; 0 = not now. */
static uint64_t tally_add(Tally *t)
{
        usec_t now = clock_now_usec();
        uint64_t n = ++t->untold;

        if (t->told_usec != 0 && now >= t->told_usec && now - t->told_usec < TELL_USEC)
                return 0;
        t->told_usec = now;
        t->untold = 0;
        return n;
}

/* A report that does not count. */
typedef struct Refused {
        const HttpRequest *request;
        const char *gateway, *what, *why;
} Refused;

static void tell(const ReceiptDoor *d, Tally *t, LogId id, const Refused *x)
{
        _cleanup_log_ LogFields f = {0};
        char caller[NET_TEXT_MAX];
        uint64_t n = tally_add(t);

        if (n == 0)
                return;
        http_caller(x->request, &d->proxies, caller);
        log_field(&f, "ADVISD_GATEWAY", "%s", x->gateway);
        log_field(&f, "ADVISD_REASON", "%s", x->why);
        log_field(&f, "ADVISD_CALLER", "%s", caller);
        log_field(&f, "ADVISD_COUNT", "%llu", (unsigned long long)n);
        log_event(
                id, &f,
                "a report in the name of gateway %s from %s %s (%s); %llu since this was last said",
                x->gateway, caller, x->what, x->why, (unsigned long long)n);
}

static void refuse_forged(ReceiptDoor *d, HttpRequest *r, const char *gateway, const char *why)
{
        Refused x = {r, gateway, "is not believed", why};

        d->counts.forged++;
        tell(d, &d->forged, LOG_ID_RECEIPT_FORGED, &x);
        http_answer_error(r, 403, NULL, "not believed");
}

static void refuse_malformed(ReceiptDoor *d, HttpRequest *r, const char *gateway, const char *why)
{
        Refused x = {r, gateway, "cannot be read", why};

        d->counts.unreadable++;
        tell(d, &d->unreadable, LOG_ID_RECEIPT_UNREADABLE, &x);
        http_answer_error(r, 400, NULL, "not of the form that is expected of this gateway");
}

static void answer_later(ReceiptDoor *d, HttpRequest *r)
{
        d->counts.held++;
        http_set_header(r, "Retry-After", RETRY_AFTER_SEC);
        http_answer_error(r, 503, NULL, "not now; send it again");
}

static void answer_done(HttpRequest *r)
{
        _cleanup_buf_ Buf text = BUF_NULL;

        if (buf_puts(&text, "ok\n") < 0)
                buf_clear(&text); /* the status says it, too */
        http_answer_text(r, 200, "text/plain; charset=utf-8", &text);
}

/* ---- a call ---- */

typedef struct Pending {
        Daemon *daemon; /* its door may have gone */
        HttpRequest *request;
} Pending;

static void on_committed(void *userdata, int answer)
{
        Pending *p = userdata;
        ReceiptDoor *d = p->daemon->receipts;

        if (answer >= 0) {
                answer_done(p->request);
        } else if (d) {
                answer_later(d, p->request);
        } else {
                http_answer_error(p->request, 503, NULL, "not now; send it again");
        }
        free(p);
}

static void hand_on(ReceiptDoor *d, HttpRequest *r, const char *gateway, const ReceiptList *list)
{
        Pending *p = malloc(sizeof(*p));
        int e = -ENOMEM;

        if (p) {
                *p = (Pending){.daemon = d->daemon, .request = r};
                e = flow_receipts(d->daemon->flow, gateway, list->item, list->n, on_committed, p);
        }
        if (e == 0) {
                d->counts.reports += list->n;
                return;
        }
        free(p);
        if (e == FLOW_E_FORGED)
                refuse_forged(d, r, gateway, "reference");
        else
                answer_later(d, r);
}

static const char *header(void *userdata, const char *name)
{
        return *name ? http_header(userdata, name) : NULL;
}

static const char *or_empty(const char *s)
{
        return s ? s : "";
}

/* As the gateway called and signed it. */
static int url_of(const ReceiptDoor *d, const HttpRequest *r, Buf *ret)
{
        const char *base = or_empty(d->daemon->config->public_url), *query = http_query_raw(r);
        size_t len = strlen(base);

        len -= len > 0 && base[len - 1] == '/';
        return buf_printf(ret, "%.*s%s%s%s", (int)len, base, http_path(r), *query ? "?" : "",
                          query);
}

static int read_call(const ReceiptDoor *d, HttpRequest *r, const char *token, const Gateway *g,
                     ReceiptList *ret, const char **ret_why)
{
        _cleanup_buf_ Buf url = BUF_NULL;
        ReceiptCall call = {.query = http_query_raw(r),
                            .token = token,
                            .content_type = or_empty(http_header(r, "Content-Type")),
                            .header = header,
                            .userdata = r,
                            .now_usec = clock_now_usec()};
        int e = url_of(d, r, &url);

        if (e < 0)
                return e;
        call.url = buf_str(&url);
        call.body = http_body(r, &call.body_bytes);
        return receipt_read(&g->receipt, gate_of(d, g->name)->secret, &call, ret, ret_why);
}

static void on_call(ReceiptDoor *d, HttpRequest *r, const char *token)
{
        const Gateway *g = gateway_of(d, http_segment(r, "gateway"));
        ReceiptList list = {.n = 0};
        const char *why = "";
        int e;

        d->counts.calls++;
        if (!g || !gate_of(d, g->name)) {
                http_answer_error(r, 404, NULL, "no such path");
                return;
        }
        e = read_call(d, r, token, g, &list, &why);
        d->counts.unknown += list.n_unknown;
        if (e == RECEIPT_E_FORGED || e == RECEIPT_E_STALE)
                refuse_forged(d, r, g->name, why);
        else if (e == RECEIPT_E_MALFORMED)
                refuse_malformed(d, r, g->name, why);
        else if (e < 0)
                answer_later(d, r);
        else if (list.n == 0)
                answer_done(r); /* under way still: nothing to keep */
        else
                hand_on(d, r, g->name, &list);
        receipt_list_done(&list);
}

static void on_plain(void *userdata, HttpRequest *r)
{
        on_call(userdata, r, "");
}

static void on_token(void *userdata, HttpRequest *r)
{
        on_call(userdata, r, http_segment(r, "token"));
}

/* ---- the door ---- */

static const HttpRoute routes[] = {
        {"GET", "/receipts/{gateway}", on_plain, .body = HTTP_BODY_NONE},
        {"GET", "/receipts/{gateway}/{token}", on_token, .body = HTTP_BODY_NONE},
        {"POST", "/receipts/{gateway}", on_plain, .body = HTTP_BODY_MEMORY, .body_max = BODY_MAX},
        {"POST", "/receipts/{gateway}/{token}", on_token, .body = HTTP_BODY_MEMORY,
         .body_max = BODY_MAX},
};

static int listen_open(ReceiptDoor *d, const char *where)
{
        int fd = process_socket(d->daemon, PROCESS_DOOR_RECEIPTS);

        if (fd >= 0 || !where)
                return fd >= 0 ? fd : -ENOENT;
        if (where[0] != '/')
                return http_listen_loopback(where);
        fd = http_listen_unix(where, SOCKET_MODE);
        if (fd >= 0)
                d->own_socket = strdup(where);
        return fd;
}

static int door_open(ReceiptDoor *d, char **ret_fault)
{
        const HttpParams p = {.name = "receipts",
                              .routes = routes,
                              .n_routes = ARRAY_SIZE(routes),
                              .userdata = d};
        const char *where = d->daemon->config->receipts_listen;
        int fd = listen_open(d, where), r;

        if (fd == -ENOENT && !where)
                return 0; /* there is none */
        r = fd < 0 ? fd : http_server_new(d->daemon->event, fd, &p, &d->server);
        if (r < 0 &&
            asprintf(ret_fault, "ReceiptsListen=%s: %s", where ? where : "from systemd",
                     r == -EADDRINUSE ? "somebody listens there already" : strerror(-r)) < 0)
                *ret_fault = NULL;
        return r;
}

int receipts_open(Daemon *daemon)
{
        ReceiptDoor *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->daemon = daemon;
        daemon->receipts = d;
        proxies_read(d, daemon->config);
        r = gates_open(daemon->config, d->gate, &d->n_gates, &daemon->why);
        return r < 0 ? r : door_open(d, &daemon->why);
}

bool receipts_drain(Daemon *daemon)
{
        HttpServer *s = daemon->receipts ? daemon->receipts->server : NULL;

        if (!s)
                return true;
        http_server_drain(s);
        return http_server_is_drained(s);
}

void receipts_close(Daemon *daemon)
{
        ReceiptDoor *d = daemon->receipts;

        if (!d)
                return;
        http_server_free(d->server); /* who still waits gets 503, and sends it again */
        if (d->own_socket)
                (void)unlink(d->own_socket); /* a dead one would be replaced at the next start */
        free(d->own_socket);
        gates_done(d->gate, d->n_gates);
        free(d);
        daemon->receipts = NULL;
}

ReceiptDoorCounts receipts_counts(const Daemon *daemon)
{
        return daemon->receipts ? daemon->receipts->counts : (ReceiptDoorCounts){0};
}
