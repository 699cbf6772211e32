/* The report that people look at: one HTML page out of one answer of the door. */
#ifndef ADVISD_TOOL_REPORT_H
#define ADVISD_TOOL_REPORT_H

#include "base/buf.h"
#include "base/json.h"
#include "model/event.h"

/* @answer: that of "figures" with format=report. -ENOMEM; -EINVAL when it is no such answer. */
int report_html(const Json *answer, Language language, Buf *append_to) _nodiscard_;

#endif
