/*
 * An alert dressed for the road: one allocation with its strings behind it, wiped when it is done
 * with.
 */
#include "model/carry.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static size_t room_for(const char *s)
{
        return s ? strlen(s) + 1 : 0;
}

static const char *put(char **at, const char *s)
{
        char *start = *at;

        if (!s)
                return NULL;
        memcpy(start, s, strlen(s) + 1);
        *at += strlen(s) + 1;
        return start;
}

int carry_new(const CarryWords *w, Carry **ret)
{
        size_t total = sizeof(Carry) + room_for(w->to) + room_for(w->sender) +
                       room_for(w->from_name) + room_for(w->envelope_from) + room_for(w->text) +
                       room_for(w->subject) + room_for(w->html) + room_for(w->language);
        Carry *c = malloc(total);
        char *at;

        if (!c)
                return -ENOMEM;
        memset(c, 0, sizeof(*c));
        c->total_bytes = total;
        at = (char *)(c + 1);
        c->to = put(&at, w->to);
        c->sender = put(&at, w->sender);
        c->from_name = put(&at, w->from_name);
        c->envelope_from = put(&at, w->envelope_from);
        c->text = put(&at, w->text);
        c->subject = put(&at, w->subject);
        c->html = put(&at, w->html);
        c->language = put(&at, w->language);
        *ret = c;
        return 0;
}

Carry *carry_free(Carry *c)
{
        if (c) {
                explicit_bzero(c, c->total_bytes);
                free(c);
        }
        return NULL;
}
