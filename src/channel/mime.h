/* An alert as an Internet message: bytes ready for a relay. */
#ifndef ADVISD_CHANNEL_MIME_H
#define ADVISD_CHANNEL_MIME_H

#include "base/buf.h"
#include "model/carry.h"

int mime_build(const Carry *c, Buf *append_to) _nodiscard_;

#endif
