/* An e-mail that came back: which alert does it speak of, and is it a failure for good? */
#ifndef ADVISD_RECEIPT_BOUNCE_H
#define ADVISD_RECEIPT_BOUNCE_H

#include "base/cleanup.h"
#include "model/receipt.h"

#include <stddef.h>

/* What of a bounce is looked at: the report stands before the returned letter. */
#define BOUNCE_BYTES_MAX (256 * 1024)

/* 0 with *ret filled, its reference as it came. BOUNCE_E_NOTHING: no report that ends anything: an
 * answer, an out-of-office reply, a delay. BOUNCE_E_NOBODY: a report, but to no return address of
 * ours. -ENOMEM. */
enum { _BOUNCE_E_SUCCESS, BOUNCE_E_NOTHING, BOUNCE_E_NOBODY };
int bounce_read(const char *text, size_t len, Receipt *ret) _nodiscard_;

#endif
