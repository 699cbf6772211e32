/*
 * What both forms of a message, a line and a MeMo, must meet; and the event made of it.
 */
#include "intake/intake-priv.h"

#include "base/str.h"
#include "model/text.h"

#include <errno.h>
#include <string.h>

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_control(char c)
{
        return (uint8_t)c < 0x20 && !is_blank(c);
}

const char *text_fault(Text t, size_t max_characters)
{
        for (size_t i = 0; i < t.len; i++)
                if (is_control(t.s[i]))
                        return "holds a control character";
        return utf8_count(t.s, t.len) > max_characters ? "too long" : NULL;
}

/**
 * nemsms_check() - may this be the text of an SMS?
 *
 * A NemSMS is sent as its sender wrote it: not joined, cut or transliterated. So what does not fit
 * is refused here, while the sender can still be told.
 */
int nemsms_check(Text notification, const IntakeRules *rules, const char *field, Reject *ret)
{
        size_t i = 0;
        SmsSize size;

        while (i < notification.len && is_blank(notification.s[i]))
                i++;
        if (i == notification.len)
                return reject_set(ret, field, "missing; it is the text of a NemSMS");
        if (sms_size(notification.s, notification.len, &size) < 0)
                return reject_set(ret, field, "not UTF-8");
        if (rules->max_segments > 0 && size.segments > rules->max_segments)
                return reject_set(ret, field, "%u SMS segments; at most %u (MaxSegments=)",
                                  size.segments, rules->max_segments);
        return 0;
}

/* Words with one blank between them; returns the length. */
static size_t copy_words(char *to, Text t)
{
        size_t n = 0;

        for (size_t i = 0; i < t.len; i++) {
                if (!is_blank(t.s[i]))
                        to[n++] = t.s[i];
                else if (n > 0 && to[n - 1] != ' ')
                        to[n++] = ' ';
        }
        return n > 0 && to[n - 1] == ' ' ? n - 1 : n;
}

int event_new(const Event *values, Text label, Text notification, Event **ret)
{
        Event *e = malloc(sizeof(*e) + label.len + 1 + notification.len + 1);
        char *tail;
        size_t n;

        if (!e)
                return -ENOMEM;
        *e = *values;
        *ret = e;
        if (e->type != EVENT_MESSAGE)
                return 0;
        tail = (char *)(e + 1);
        n = label.s ? copy_words(tail, label) : 0;
        e->message.sender_label = n > 0 ? tail : NULL;
        tail[n] = '\0';
        tail += label.len + 1;
        e->message.notification = notification.len > 0 ? tail : NULL;
        if (notification.len > 0)
                memcpy(tail, notification.s, notification.len);
        tail[notification.len] = '\0';
        return 0;
}
