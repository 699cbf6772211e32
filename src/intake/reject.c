/*
 * Reasons: what a reject says, and the word that a typo was probably meant to be.
 *
 * A reason is made of our own words only. The input may be personal data in the wrong place, so
 * even the name of an unknown field is not repeated: what is told instead is where it stands and
 * which of our words it resembles. The bytes themselves are kept sealed for who may see them.
 */
#include "intake/intake-priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int reject_set(Reject *r, const char *field, const char *fmt, ...)
{
        size_t n;
        va_list ap;

        (void)snprintf(r->field, sizeof(r->field), "%s", field);
        (void)snprintf(r->reason, sizeof(r->reason), "%s%s", r->field, *field ? ": " : "");
        n = strlen(r->reason);
        va_start(ap, fmt);
        (void)vsnprintf(r->reason + n, sizeof(r->reason) - n, fmt, ap);
        va_end(ap);
        return INTAKE_E_REJECTED;
}

#define NEAR_MAX 32 /* no word of ours is longer */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
        return MIN_OF(MIN_OF(a, b), c);
}

static char folded(char c)
{
        return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Edits between two words, upper and lower case being the same (Levenshtein, one row). */
static unsigned distance(Text t, const char *word)
{
        unsigned row[NEAR_MAX + 1], n = (unsigned)strlen(word);

        for (unsigned j = 0; j <= n; j++)
                row[j] = j;
        for (size_t i = 0; i < t.len; i++) {
                unsigned corner = row[0];

                row[0] = (unsigned)i + 1;
                for (unsigned j = 1; j <= n; j++) {
                        unsigned same = folded(t.s[i]) == folded(word[j - 1]);
                        unsigned next = least(row[j] + 1, row[j - 1] + 1, corner + !same);

                        corner = row[j];
                        row[j] = next;
                }
        }
        return row[n];
}

/* A third of the word may be wrong: "optd_out" is opted_out, "name" is nothing of ours. */
const char *word_nearest(Text t, const char *const *words, size_t n_words)
{
        const char *best = NULL;
        unsigned best_distance = 5;

        if (t.len == 0 || t.len > NEAR_MAX)
                return NULL;
        for (size_t i = 0; i < n_words; i++) {
                size_t len = strlen(words[i]);
                unsigned d = len <= NEAR_MAX ? distance(t, words[i]) : NEAR_MAX;

                if (d < best_distance && d * 3 <= len) {
                        best = words[i];
                        best_distance = d;
                }
        }
        return best;
}
