/* What an access was told to be, as bytes: written, read back, compared. */
#ifndef ADVISD_STORE_ACCESS_CONTENT_H
#define ADVISD_STORE_ACCESS_CONTENT_H

#include "model/event.h"

/* Of an ACCESS or NEMSMS event: compact JSON in one fixed order, so that equal content is equal
 * bytes. */
int access_content_write(const Event *e, Buf *append_to) _nodiscard_;
/* Back into the event's access or nemsms part; its reader is not in it. -EBADMSG. */
int access_content_read(const char *text, size_t len, Event *ret) _nodiscard_;

#endif
