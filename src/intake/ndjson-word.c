/*
 * Words of lists: states, bases, reasons, languages; among them the contact register's own
 * (registrationStatus and publicRegistrationStatus of the Digital Post API).
 *
 * The register has one word for what we keep in three fields. So a word of its in state= says basis
 * and reason too, and what stands in those fields must agree with it. Of a reason that is no word
 * of the register only that there is one is kept: grounds of exemption are health data.
 */
#include "intake/ndjson-priv.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

#define REASON_MAX 256 /* characters of a text that is looked at and not kept */

static const RegisterWord register_words[] = {
        {"enrolled", ENROLMENT_ENROLLED},
        {"exempt", ENROLMENT_EXEMPT},
        {"none", ENROLMENT_NONE},
        {"VOLUNTARY_REGISTRATION", ENROLMENT_ENROLLED, BASIS_VOLUNTARY},
        {"AUTOMATIC_REGISTRATION", ENROLMENT_ENROLLED, BASIS_AUTOMATIC},
        {"REGISTERED", ENROLMENT_ENROLLED},
        {"EXEMPT", ENROLMENT_EXEMPT},
        {"EXEMPT_LEFT_THE_COUNTRY", ENROLMENT_EXEMPT, 0, REASON_LEFT_THE_COUNTRY},
        {"EXEMPT_OTHER_REASON", ENROLMENT_EXEMPT, 0, REASON_OTHER_REASON},
        {"BEFORE_UNCONFIRMED_REGISTRATION", ENROLMENT_NONE, 0, REASON_BEFORE_UNCONFIRMED},
        {"UNCONFIRMED_REGISTRATION", ENROLMENT_NONE, 0, REASON_UNCONFIRMED},
        {"CREATED_AWAITING_REGISTRATION", ENROLMENT_NONE, 0, REASON_AWAITING},
        {"CLOSED", ENROLMENT_NONE, 0, REASON_CLOSED},
        {"UNKNOWN", ENROLMENT_NONE, 0, REASON_UNKNOWN},
};

static int word_fault(Reading *r, const Field *f, Text t, const char *const *words, size_t n)
{
        const char *near = word_nearest(t, words, n);

        return near ? field_fault(r, f, "unknown; did you mean \"%s\"?", near)
                    : field_fault(r, f, "unknown; advisd-events(5) lists its words");
}

/* The index of the word in a list that NULL ends. */
static int word_index(Reading *r, const Field *f, Text t, const char *const *words, unsigned *ret)
{
        size_t n = 0;

        for (; words[n]; n++)
                if (text_is(t, words[n])) {
                        *ret = (unsigned)n;
                        return 0;
                }
        return word_fault(r, f, t, words, n);
}

int read_status(Reading *r, const Field *f, Text t, void *to)
{
        static const char *const words[] = {"resident", "abroad", "missing", "dead", NULL};
        unsigned i = 0;
        int k = word_index(r, f, t, words, &i);

        if (k == 0)
                *(Residence *)to = residence_from_word(words[i]);
        return k;
}

int read_basis(Reading *r, const Field *f, Text t, void *to)
{
        static const char *const words[] = {"voluntary", "automatic", NULL};
        unsigned i = 0;
        int k = word_index(r, f, t, words, &i);

        if (k == 0)
                *(Basis *)to = i == 0 ? BASIS_VOLUNTARY : BASIS_AUTOMATIC;
        return k;
}

int read_language(Reading *r, const Field *f, Text t, void *to)
{
        static const char *const words[] = {"da", "en", NULL};
        unsigned i = 0;
        int k = word_index(r, f, t, words, &i);

        if (k == 0)
                *(Language *)to = i == 0 ? LANGUAGE_DA : LANGUAGE_EN;
        return k;
}

int read_kind(Reading *r, const Field *f, Text t, void *to)
{
        static const char *const words[] = {"digitalpost", "nemsms", NULL};
        unsigned i = 0;
        int k = word_index(r, f, t, words, &i);

        if (k == 0)
                *(MessageKind *)to = i == 0 ? MESSAGE_DIGITALPOST : MESSAGE_NEMSMS;
        return k;
}

static const RegisterWord *register_word(Text t)
{
        for (size_t i = 0; i < ARRAY_SIZE(register_words); i++)
                if (text_is(t, register_words[i].word))
                        return &register_words[i];
        return NULL;
}

static int register_fault(Reading *r, const Field *f, Text t)
{
        const char *words[ARRAY_SIZE(register_words)];

        for (size_t i = 0; i < ARRAY_SIZE(register_words); i++)
                words[i] = register_words[i].word;
        return word_fault(r, f, t, words, ARRAY_SIZE(register_words));
}

int read_state(Reading *r, const Field *f, Text t, void *to)
{
        r->state = register_word(t);
        if (!r->state)
                return register_fault(r, f, t);
        *(Enrolment *)to = r->state->state;
        return 0;
}

/* Capitals and underscores: meant as a word of the register. */
static bool is_like_register(Text t)
{
        for (size_t i = 0; i < t.len; i++)
                if (!isupper((unsigned char)t.s[i]) && t.s[i] != '_')
                        return false;
        return t.len > 0;
}

int read_reason(Reading *r, const Field *f, Text t, void *to)
{
        EnrolmentReason *reason = to;
        const RegisterWord *word;
        const char *what;

        word = register_word(t);
        if (word && word->reason != REASON_NOT_SAID) {
                *reason = word->reason;
                return 0;
        }
        if (is_like_register(t))
                return register_fault(r, f, t);
        what = text_fault(t, REASON_MAX);
        if (what)
                return field_fault(r, f, "%s; at most %u characters", what, REASON_MAX);
        *reason = t.len > 0 ? REASON_FREE_TEXT : REASON_NOT_SAID;
        return 0;
}

/* The state that a reason of the register goes with; none for free text. */
static Enrolment state_of_reason(EnrolmentReason reason)
{
        for (size_t i = 0; i < ARRAY_SIZE(register_words); i++)
                if (reason != REASON_NOT_SAID && register_words[i].reason == reason)
                        return register_words[i].state;
        return _ENROLMENT_INVALID;
}

/* The three fields say one thing. */
int check_enrolment(Reading *r)
{
        EnrolmentEvent *e = &r->e->enrolment;
        const RegisterWord *w = r->state;
        Enrolment of_reason;

        if (w->reason != REASON_NOT_SAID && e->reason != REASON_NOT_SAID && e->reason != w->reason)
                return reject_set(r->reject, "reason", "contradicts state; leave it out");
        if (w->basis != BASIS_NOT_SAID && e->basis != BASIS_NOT_SAID && e->basis != w->basis)
                return reject_set(r->reject, "basis", "contradicts state; leave it out");
        if (w->reason != REASON_NOT_SAID)
                e->reason = w->reason;
        if (w->basis != BASIS_NOT_SAID)
                e->basis = w->basis;
        if (e->basis != BASIS_NOT_SAID && e->state != ENROLMENT_ENROLLED)
                return reject_set(r->reject, "basis", "goes with enrolled only; leave it out");
        of_reason = state_of_reason(e->reason);
        if (of_reason != _ENROLMENT_INVALID && of_reason != e->state)
                return reject_set(r->reject, "reason", "goes with another state");
        return 0;
}
