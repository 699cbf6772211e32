/*
 * The way to the running daemon: HTTP over its Unix socket, by libcurl.
 *
 * There is no time-out over all: a recount or a wait for a commit takes what it takes, and the
 * daemon cuts off nobody whom it keeps waiting. A daemon that dies closes the connection. What the
 * environment says of proxies does not concern a Unix socket.
 */
#include "tool/client.h"

#include "base/str.h"

#include <curl/curl.h>
#include <errno.h>

#define ANSWER_MAX (512u * 1024 * 1024)

typedef struct Transfer {
        const ClientCall *call;
        Buf *body;
        uint64_t sent;
} Transfer;

static size_t on_data(char *data, size_t size, size_t n, void *userdata)
{
        Transfer *t = userdata;

        if (t->body->len + size * n > ANSWER_MAX || buf_append(t->body, data, size * n) < 0)
                return 0; /* ends the transfer */
        return size * n;
}

static size_t on_read(char *data, size_t size, size_t n, void *userdata)
{
        Transfer *t = userdata;
        size_t got = fread(data, 1, size * n, t->call->file);

        if (got == 0 && ferror(t->call->file))
                return CURL_READFUNC_ABORT;
        t->sent += got;
        if (t->call->on_sent)
                t->call->on_sent(t->call->userdata, t->sent);
        return got;
}

#define SET(easy, option, value) (curl_easy_setopt(easy, option, value) == CURLE_OK)

static bool set_basics(CURL *easy, Transfer *t, const char *url)
{
        return SET(easy, CURLOPT_UNIX_SOCKET_PATH, t->call->socket) &&
               SET(easy, CURLOPT_URL, url) && SET(easy, CURLOPT_NOPROXY, "*") &&
               SET(easy, CURLOPT_NOSIGNAL, 1L) &&
               SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
               SET(easy, CURLOPT_WRITEFUNCTION, on_data) && SET(easy, CURLOPT_WRITEDATA, t);
}

static bool set_body(CURL *easy, Transfer *t, struct curl_slist *headers)
{
        bool ok = SET(easy, CURLOPT_HTTPHEADER, headers);

        if (str_eq(t->call->method, "GET"))
                return ok;
        if (!t->call->file)
                return ok && SET(easy, CURLOPT_POSTFIELDS, t->call->body ? t->call->body : "");
        return ok && SET(easy, CURLOPT_POST, 1L) && SET(easy, CURLOPT_READFUNCTION, on_read) &&
               SET(easy, CURLOPT_READDATA, t) &&
               SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->call->file_bytes);
}

/* What the library says, as an errno. */
static int transfer_errno(CURL *easy, CURLcode code)
{
        long os = 0;

        if (code == CURLE_OUT_OF_MEMORY)
                return -ENOMEM;
        if (code == CURLE_COULDNT_CONNECT &&
            curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os) == CURLE_OK && os > 0)
                return (int)-os;
        if (code == CURLE_COULDNT_CONNECT)
                return -ECONNREFUSED;
        return code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_READ_ERROR ? -EIO : -ECONNRESET;
}

int client_call(const ClientCall *call, unsigned *ret_status, Buf *ret_body)
{
        Transfer t = {.call = call, .body = ret_body};
        _cleanup_buf_ Buf url = BUF_NULL;
        struct curl_slist *headers = NULL;
        CURL *easy = curl_easy_init();
        long status = 0;
        CURLcode code;
        int r = easy ? buf_printf(&url, "http://localhost%s", call->target) : -ENOMEM;

        if (r >= 0 && !str_eq(call->method, "GET"))
                headers = curl_slist_append(NULL, call->file
                                                          ? "Content-Type: application/octet-stream"
                                                          : "Content-Type: application/json");
        if (r >= 0 && (!set_basics(easy, &t, buf_str(&url)) || !set_body(easy, &t, headers)))
                r = -ENOMEM;
        if (r >= 0) {
                code = curl_easy_perform(easy);
                r = code == CURLE_OK ? 0 : transfer_errno(easy, code);
        }
        if (r >= 0 && curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
                r = -EIO;
        if (r >= 0)
                *ret_status = (unsigned)status;
        curl_slist_free_all(headers);
        curl_easy_cleanup(easy);
        return r;
}
