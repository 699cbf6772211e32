/* What only the holder of a certificate can read: a CMS envelope (RFC 5652 section 6). */
#ifndef ADVISD_BASE_SECRET_ENVELOPE_H
#define ADVISD_BASE_SECRET_ENVELOPE_H

#include "base/buf.h"

/* @certificate: X.509 as PEM. Appends the envelope as PEM; `openssl cms -decrypt -inform PEM` opens
 * it. -EINVAL: no certificate that can be encrypted to; -ENOMEM. */
int secret_envelope(const char *certificate, const void *plain, size_t n_bytes,
                    Buf *append_to) _nodiscard_;

#endif
