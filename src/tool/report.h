/* The report that people look at: one HTML page out of one answer of the door. */
#ifndef ADVISD_TOOL_REPORT_H
#define ADVISD_TOOL_REPORT_H

#include "base/buf.h"
#include "base/json.h"
#include "model/event.h"
#include "tool/tool.h"

/* @answer: that of "figures" with format=report. -ENOMEM; -EINVAL when it is no such answer. */
int report_html(const Json *answer, Language language, Buf *append_to) _nodiscard_;
/* report-competition.c: asks for the standings of the report's day and puts them into it, while
 * there is a campaign. TOOL_… */
int report_ask_competition(Tool *t, bool publish, Json *report) _nodiscard_;

#endif
