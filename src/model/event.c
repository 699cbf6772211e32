/*
 * The words of events, as they stand in files.
 */
#include "model/event.h"

#include "base/str.h"

#include <errno.h>

#define CASE_WORD(name, word) \
        case EVENT_##name:    \
                return word;

const char *event_type_word(EventType t)
{
        switch (t) {
                EVENT_TYPE_MAP(CASE_WORD)
        default:
                return "?";
        }
}

EventType event_type_from_word(const char *word)
{
        for (EventType t = 0; t < _EVENT_TYPE_MAX; t++)
                if (str_eq(event_type_word(t), word))
                        return t;
        return _EVENT_TYPE_INVALID;
}

static const char *const residence_words[] = {[RESIDENCE_RESIDENT] = "resident",
                                              [RESIDENCE_ABROAD] = "abroad",
                                              [RESIDENCE_MISSING] = "missing",
                                              [RESIDENCE_DEAD] = "dead"};

const char *residence_word(Residence r)
{
        return r >= RESIDENCE_RESIDENT && r <= RESIDENCE_DEAD ? residence_words[r] : "?";
}

Residence residence_from_word(const char *word)
{
        for (Residence r = RESIDENCE_RESIDENT; r <= RESIDENCE_DEAD; r++)
                if (str_eq(residence_words[r], word))
                        return r;
        return _RESIDENCE_INVALID;
}

const char *enrolment_word(Enrolment s)
{
        return s == ENROLMENT_NONE       ? "none"
               : s == ENROLMENT_ENROLLED ? "enrolled"
               : s == ENROLMENT_EXEMPT   ? "exempt"
                                         : "?";
}

const char *basis_word(Basis b)
{
        return b == BASIS_VOLUNTARY ? "voluntary" : b == BASIS_AUTOMATIC ? "automatic" : "";
}

const char *enrolment_reason_word(EnrolmentReason r)
{
#define CASE_REASON(name, number, word) \
        case REASON_##name:             \
                return word;
        switch (r) {
                ENROLMENT_REASON_MAP(CASE_REASON)
        default:
                return "?";
        }
}

const char *language_word(Language l)
{
        return l == LANGUAGE_EN ? "en" : "da";
}

int language_from_word(const char *word, Language *ret)
{
        if (!str_eq(word, "da") && !str_eq(word, "en"))
                return -EINVAL;
        *ret = str_eq(word, "en") ? LANGUAGE_EN : LANGUAGE_DA;
        return 0;
}
