/*
 * When the certificate that an HTTPS gateway showed will have ended.
 *
 * Of a chain the first end counts: with any of them ended nothing is believed any more. libcurl
 * tells what OpenSSL prints of each certificate as lines of text, once per connection.
 */
#include "channel/http-certificate.h"

#include <string.h>

static usec_t end_of(const struct curl_slist *lines)
{
        static const char word[] = "Expire date:";

        for (; lines; lines = lines->next)
                if (strncmp(lines->data, word, sizeof(word) - 1) == 0) {
                        time_t t = curl_getdate(lines->data + sizeof(word) - 1, NULL);

                        return t > 0 ? (usec_t)t * USEC_PER_SEC : 0;
                }
        return 0;
}

usec_t http_certificate_end(CURL *easy)
{
        struct curl_certinfo *chain = NULL;
        usec_t first = 0;

        if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain)
                return 0;
        for (int i = 0; i < chain->num_of_certs; i++) {
                usec_t end = end_of(chain->certinfo[i]);

                if (end != 0 && (first == 0 || end < first))
                        first = end;
        }
        return first;
}
