/*
 * The world's verdict on one attempt, as words and as something that owns a reply.
 */
#include "model/outcome.h"

#include <stdlib.h>

const char *outcome_word(OutcomeKind k)
{
#define OUTCOME_WORD(name, number, word) \
        case OUTCOME_##name:             \
                return word;
        switch (k) {
                OUTCOME_MAP(OUTCOME_WORD)
        default:
                return "?";
        }
#undef OUTCOME_WORD
}

void outcome_done(Outcome *o)
{
        free(o->raw);
        o->raw = NULL;
}
