/*
 * Where the answer to a verb comes from.
 *
 * Only one process has the store. As long as the daemon runs, everything goes through its control
 * socket; when nobody listens there, the store is opened here, under the same lock, and the very
 * same verb is run: answers cannot differ. Between the two there is no third way: a socket that may
 * not be opened, or a daemon that starts in between, is told.
 */
#include "tool/ask.h"

#include "base/str.h"
#include "control/control.h"
#include "tool/client.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>

/* The configuration */

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        if (line > 0)
                tool_fault(NULL, "%s:%d: %s", file, line, text);
        else
                tool_fault(NULL, "%s: %s", file, text);
}

const Config *tool_config(Tool *t)
{
        int r;

        if (t->config)
                return t->config;
        r = config_load(t->config_dir, on_fault, NULL, &t->config);
        if (r >= 0) /* a sandbox has its own time */
                r = config_clock_start(t->config, false);
        if (r == -EINVAL)
                tool_fault(NULL, "the configuration in %s has faults", t->config_dir);
        else if (r == -EACCES)
                tool_fault("be root, or name a folder that you may read: advisctl --config DIR",
                           "%s: %m", t->config_dir);
        else if (r < 0)
                (void)tool_failed(r);
        return r < 0 ? NULL : t->config;
}

static void on_fault_untold(_unused_ void *userdata, _unused_ const char *file, _unused_ int line,
                            _unused_ const char *text)
{
}

/* A daemon that runs is asked whatever the files say by now; only it can answer what holds. */
static const char *tool_socket(Tool *t)
{
        if (t->config || t->socket)
                return t->config ? t->config->control_socket : t->socket;
        if (config_load(t->config_dir, on_fault_untold, NULL, &t->config) >= 0) {
                /* a sandbox's clock that only the daemon may read: ages are in real time then */
                if (config_clock_start(t->config, false) < 0)
                        clock_set_start(0);
                return t->config->control_socket;
        }
        if (config_control_socket(t->config_dir, &t->socket) >= 0)
                return t->socket;
        (void)tool_config(t); /* says what is wrong */
        return NULL;
}

/* Targets */

static int put_encoded(Buf *b, const char *s)
{
        int r = 0;

        for (; r >= 0 && *s; s++)
                r = isalnum((unsigned char)*s) || strchr("-._~", *s)
                            ? buf_putc(b, *s)
                            : buf_printf(b, "%%%02X", (unsigned char)*s);
        return r;
}

static int put_value(Buf *b, const Json *j)
{
        if (json_is_string(j))
                return put_encoded(b, json_str(j));
        return json_dump(j, JSON_COMPACT, b);
}

/* Does it fit a segment as the door takes them? */
static bool is_segment(const char *s)
{
        if (!s || !*s || strlen(s) > 128)
                return false;
        for (; *s; s++)
                if (!isalnum((unsigned char)*s) && !strchr("._~:-", *s))
                        return false;
        return true;
}

/* "/v1/alerts/{id}" and {"id": "17"} make "/v1/alerts/17"; -EINVAL when the value cannot stand
 * there. */
static int put_path(Buf *b, const char *path, const Json *params)
{
        int r = 0;

        for (const char *p = path; r >= 0 && *p; p++) {
                char name[32];
                size_t len = strcspn(p, "}");
                const char *value;

                if (*p != '{') {
                        r = buf_putc(b, *p);
                        continue;
                }
                (void)snprintf(name, sizeof(name), "%.*s", (int)len - 1, p + 1);
                value = json_str(json_get(params, name));
                r = is_segment(value) ? buf_puts(b, value) : -EINVAL;
                p += len;
        }
        return r;
}

/* What does not stand in the path stands in the query. */
static int put_query(Buf *b, const char *path, const Json *params)
{
        const char *mark = "?";
        int r = 0;

        for (void *it = json_iter(params); r >= 0 && it; it = json_iter_next(params, it)) {
                char hole[40];

                (void)snprintf(hole, sizeof(hole), "{%s}", json_iter_key(it));
                if (strstr(path, hole))
                        continue;
                r = buf_printf(b, "%s%s=", mark, json_iter_key(it));
                if (r >= 0)
                        r = put_value(b, json_iter_value(it));
                mark = "&";
        }
        return r;
}

/* A body holds what a query would; it may be seen by nobody else. */
static int put_body(Buf *b, const char *path, const Json *params)
{
        _cleanup_json_ Json *o = json_object_new();
        int r = 0;

        for (void *it = json_iter(params); r >= 0 && it; it = json_iter_next(params, it)) {
                char hole[40];

                (void)snprintf(hole, sizeof(hole), "{%s}", json_iter_key(it));
                if (!strstr(path, hole))
                        r = json_set(o, json_iter_key(it), json_share(json_iter_value(it)));
        }
        return r < 0 ? r : json_dump(o, JSON_COMPACT, b);
}

/* Asking the daemon */

typedef struct Reply {
        unsigned status;
        Json *json;
} Reply;

static int reply_read(const Buf *body, Reply *reply)
{
        if (json_parse(buf_str(body), body->len, &reply->json, NULL) < 0)
                return -EPROTO;
        return 0;
}

static int ask_daemon(const char *socket, const ControlVerb *verb, const Json *params, FILE *file,
                      uint64_t n_bytes, Reply *reply)
{
        _cleanup_buf_ Buf target = BUF_NULL, body = BUF_NULL, answer = BUF_NULL;
        ClientCall call = {
                .socket = socket, .method = verb->method, .file = file, .file_bytes = n_bytes};
        int r = put_path(&target, verb->path, params);

        if (r >= 0 && (str_eq(verb->method, "GET") || file))
                r = put_query(&target, verb->path, params);
        else if (r >= 0)
                r = put_body(&body, verb->path, params);
        if (r < 0)
                return r;
        call.target = buf_str(&target);
        call.body = buf_str(&body);
        r = client_call(&call, &reply->status, &answer);
        if (r >= 0)
                r = reply_read(&answer, reply);
        buf_wipe(&body);
        buf_wipe(&answer);
        return r;
}

/* Asking the store */

static int store_open_here(Tool *t, bool read_only, Store **ret)
{
        _cleanup_free_ char *path = NULL, *fault = NULL;
        const Config *c = tool_config(t);
        StoreParams p = {.inline_ = true, .read_only = read_only};
        int r;

        t->not_running = true;
        if (!c) {
                tool_fault("mend it, then: systemctl start advisd",
                           "advisd is not running, and its configuration has faults");
                return -EINVAL;
        }
        if (asprintf(&path, "%s/advisd.db", c->state_directory) < 0)
                return -ENOMEM;
        if (access(path, F_OK) < 0) { /* a look makes no store */
                tool_fault("start it: systemctl start advisd", "advisd is not running, and %s: %m",
                           path);
                return -ENOENT;
        }
        p.path = path;
        for (; p.n_keys < STORE_KEYS_MAX && c->master_key_files[p.n_keys]; p.n_keys++)
                p.key[p.n_keys] = c->master_key_files[p.n_keys];
        r = store_open(&p, ret, &fault);
        if (r < 0)
                tool_fault(r == -ENOKEY ? "put that key back and name it with MasterKeyFile= "
                                          "(advisd.conf(5)), then: systemctl start advisd"
                           : r == -EACCES || r == -EPERM
                                   ? "as root or the user that runs advisd, or with the daemon "
                                     "running, it would be possible"
                                   : "journalctl -u advisd -n 20",
                           "advisd is not running, and its store cannot be opened: %s",
                           fault ? fault : strerror(-r));
        return r;
}

static int ask_store(Tool *t, const ControlVerb *verb, Json *params, Reply *reply)
{
        _cleanup_(control_call_freep) ControlCall *c = NULL;
        Store *s = NULL;
        int r = control_call_new(verb, params, geteuid(), &c);

        if (r < 0)
                return r;
        if (c->status == 0 && verb->run) {
                r = store_open_here(t, verb->where == CONTROL_READ, &s);
                if (r < 0)
                        return -ECANCELED; /* said */
                c->site = control_site(t->config);
        }
        control_wait(c, s);
        store_close(s);
        reply->status = c->status;
        reply->json = TAKE_PTR(c->answer);
        return 0;
}

/* Both */

static int say_refusal(const Tool *t, const Reply *reply)
{
        const Json *e = json_get(reply->json, "error");
        const char *what = json_str(json_get(e, "what"));

        if (t->json && tool_out_json(reply->json) != TOOL_DONE)
                return TOOL_NOT_DONE;
        tool_fault(json_str(json_get(e, "remedy")), "%s",
                   what ? what : "advisd gave no answer that can be understood");
        return reply->status == 400 ? TOOL_USAGE : TOOL_NOT_DONE;
}

static int say_broken(const char *socket, int r)
{
        if (r == -ECANCELED)
                return TOOL_NOT_DONE;
        if (r == -EINVAL)
                tool_fault(NULL, "that is no name: letters, digits, '-', '.' and '_' only");
        else if (r == -EACCES || r == -EPERM)
                tool_fault("be root or a member of its group, for example: sudo advisctl …",
                           "%s may not be opened by you", socket);
        else if (r == -ECONNRESET)
                tool_fault("look what it says: journalctl -u advisd -e",
                           "advisd ended the connection without an answer");
        else if (r == -EPROTO)
                tool_fault(NULL, "%s: who answers there is not advisd", socket);
        else
                return tool_failed(r);
        return r == -EINVAL ? TOOL_USAGE : TOOL_NOT_DONE;
}

static bool nobody_listens(int r)
{
        return r == -ENOENT || r == -ECONNREFUSED || r == -ENOTDIR;
}

static int finish(const Tool *t, Reply *reply, Json **ret)
{
        int status;

        if (reply->status >= 200 && reply->status < 300) {
                *ret = TAKE_PTR(reply->json);
                return TOOL_DONE;
        }
        status = say_refusal(t, reply);
        json_free(reply->json);
        return status;
}

int tool_ask(Tool *t, const char *name, Json *params, Json **ret)
{
        _cleanup_json_ Json *p = params ? params : json_object_new();
        const ControlVerb *verb = control_verb(name);
        const char *socket = tool_socket(t);
        Reply reply = {0};
        int r;

        assert(verb);
        if (!socket)
                return TOOL_NOT_DONE;
        r = p ? ask_daemon(socket, verb, p, NULL, 0, &reply) : -ENOMEM;
        if (nobody_listens(r))
                r = ask_store(t, verb, TAKE_PTR(p), &reply);
        return r < 0 ? say_broken(socket, r) : finish(t, &reply, ret);
}

int tool_ask_file(Tool *t, const char *name, Json *params, FILE *file, uint64_t n_bytes, Json **ret)
{
        _cleanup_json_ Json *p = params ? params : json_object_new();
        const ControlVerb *verb = control_verb(name);
        const char *socket = tool_socket(t);
        Reply reply = {0};
        int r;

        assert(verb && verb->file_bytes > 0);
        if (!socket)
                return TOOL_NOT_DONE;
        r = p ? ask_daemon(socket, verb, p, file, n_bytes, &reply) : -ENOMEM;
        if (nobody_listens(r))
                return TOOL_NOT_RUNNING;
        return r < 0 ? say_broken(socket, r) : finish(t, &reply, ret);
}

int tool_show(const Tool *t, Json *answer, AnswerDraw draw)
{
        _cleanup_json_ Json *j = answer;
        _cleanup_buf_ Buf text = BUF_NULL;
        int r;

        if (t->json)
                return tool_out_json(j);
        r = draw(t, j, &text);
        return r < 0 ? tool_failed(r) : tool_out(&text);
}

Json *tool_params(const char *const pairs[])
{
        _cleanup_json_ Json *o = json_object_new();

        for (; o && pairs[0]; pairs += 2)
                if (pairs[1] && json_set(o, pairs[0], json_string_new(pairs[1])) < 0)
                        return NULL;
        return TAKE_PTR(o);
}
