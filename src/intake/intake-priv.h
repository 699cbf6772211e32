/* What the readers of this room share: reasons, checks of texts, the making of an event. */
#ifndef ADVISD_INTAKE_INTAKE_PRIV_H
#define ADVISD_INTAKE_INTAKE_PRIV_H

#include "intake/intake.h"

#include <stddef.h>
#include <string.h>

/* Text that is somebody else's: neither owned nor ended by a NUL. NULL = none. */
typedef struct Text {
        const char *s;
        size_t len;
} Text;

/* --- reject.c --- */
/* Return: INTAKE_E_REJECTED. @field "" = the whole; @fmt never carries what came from outside. */
int reject_set(Reject *r, const char *field, const char *fmt, ...) _printf_(3, 4);
/* The word of @words that was probably meant, or NULL. */
const char *word_nearest(Text t, const char *const *words, size_t n_words);
static inline bool text_is(Text t, const char *word)
{
        return t.len == strlen(word) && memcmp(t.s, word, t.len) == 0;
}

/* --- message.c --- */
/* What no text may hold and how long it may be; NULL = good, else what is wrong. */
const char *text_fault(Text t, size_t max_characters);
/* The text of a NemSMS: 0, or INTAKE_E_REJECTED. */
int nemsms_check(Text notification, const IntakeRules *rules, const char *field,
                 Reject *ret) _nodiscard_;
/* One allocation out of @values; of a message with its two texts, the label's white space made
 * single blanks. Other pointers of @values are not followed. -ENOMEM. */
int event_new(const Event *values, Text label, Text notification, Event **ret) _nodiscard_;

#endif
