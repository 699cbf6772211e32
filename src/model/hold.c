/*
 * Words of holds.
 */
#include "model/hold.h"

#include "base/str.h"

#define CASE_SCOPE(name, number, word) \
        case HOLD_##name:              \
                return word;

const char *hold_scope_word(HoldScope s)
{
        switch (s) {
                HOLD_SCOPE_MAP(CASE_SCOPE)
        default:
                return "?";
        }
}

HoldScope hold_scope_from_word(const char *word)
{
        for (HoldScope s = HOLD_ALL; s < _HOLD_SCOPE_MAX; s++)
                if (str_eq(hold_scope_word(s), word))
                        return s;
        return _HOLD_SCOPE_INVALID;
}

#define CASE_CAUSE(name, number, word) \
        case HOLD_BY_##name:           \
                return word;

const char *hold_cause_word(HoldCause c)
{
        switch (c) {
                HOLD_CAUSE_MAP(CASE_CAUSE)
        default:
                return "?";
        }
}
