/* When the certificate that an HTTPS gateway showed will have ended. */
#ifndef ADVISD_CHANNEL_HTTP_CERTIFICATE_H
#define ADVISD_CHANNEL_HTTP_CERTIFICATE_H

#include "base/clock.h"

#include <curl/curl.h>

/* After a transfer with CURLOPT_CERTINFO; 0 = it opened no connection over TLS, or it cannot be
 * told. */
usec_t http_certificate_end(CURL *easy);

#endif
