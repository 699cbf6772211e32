/* libcurl's multi interface on the event loop: transfers go in, finished ones come out. */
#ifndef ADVISD_CHANNEL_CURL_GLUE_H
#define ADVISD_CHANNEL_CURL_GLUE_H

#include "base/cleanup.h"

#include <curl/curl.h>
#include <stdbool.h>

typedef struct sd_event sd_event;
typedef struct CurlGlue CurlGlue;

typedef struct CurlGlueHooks {
        /* A transfer has ended and its handle is the caller's again. Never called from inside
         * curl_glue_start(), _abort() or _kick(). May start others. */
        void (*on_done)(void *userdata, CURL *easy, CURLcode result);
        void *userdata;
} CurlGlueHooks;

int curl_glue_new(sd_event *event, unsigned connections, bool is_multiplexed,
                  const CurlGlueHooks *hooks, CurlGlue **ret) _nodiscard_;
/* All transfers must have ended or been aborted. Return: NULL. */
CurlGlue *curl_glue_free(CurlGlue *g);

/* A handle whose sockets are watched by @g; freed by curl_easy_cleanup() before @g is. NULL: no
 * memory. */
CURL *curl_glue_easy_new(CurlGlue *g) _nodiscard_;
/* Borrows @easy until on_done or curl_glue_abort(). Nothing moves before the next curl_glue_kick().
 */
int curl_glue_start(CurlGlue *g, CURL *easy) _nodiscard_;
void curl_glue_abort(CurlGlue *g, CURL *easy);
void curl_glue_kick(CurlGlue *g);
unsigned curl_glue_running(const CurlGlue *g);

#endif
