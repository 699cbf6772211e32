/* Pieces of answers, as several commands draw them. */
#ifndef ADVISD_TOOL_DRAW_H
#define ADVISD_TOOL_DRAW_H

#include "tool/ask.h"
#include "tool/table.h"
#include "tool/text.h"

/* The field's text, or "-" when there is none. */
const char *field(const Json *o, const char *key);
const char *field_at(const Json *o, const char *path);
int64_t count_at(const Json *o, const char *path); /* 0 when there is none */
bool flag_at(const Json *o, const char *path);
/* "delivered" green, "rejected" red …; NULL = plain. */
const char *state_paint(const char *state);
/* Coloured text where colours are wanted. */
int put_painted(const Tool *t, Buf *b, const char *paint, const char *text) _nodiscard_;
/* "  1 message", "12 messages": the plural where it is none of one. */
int put_plural(Buf *b, int64_t n, const char *one, const char *many) _nodiscard_;
/* One line a gateway; nothing for none. (cmd-gateway.c) */
int draw_gateways(const Tool *t, const Json *list, usec_t now, Buf *b) _nodiscard_;
/* What is held, one line each; nothing for none. (cmd-hold.c) */
int draw_holds(const Tool *t, const Json *list, Buf *b) _nodiscard_;
/* A message's and an alert's story, line by line. */
int draw_message(const Tool *t, const Json *message, Buf *b) _nodiscard_;
int draw_alert(const Tool *t, const Json *alert, Buf *b) _nodiscard_;

#endif
