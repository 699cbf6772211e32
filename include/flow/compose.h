/* Station 8: from a case and a language to the words that a citizen gets. */
#ifndef ADVISD_FLOW_COMPOSE_H
#define ADVISD_FLOW_COMPOSE_H

#include "base/ini.h"
#include "model/alert.h"
#include "model/event.h"
#include "model/text.h"

/* What the site says of itself in the texts; NULL = nothing. Borrowed as long as the set lives. */
typedef struct TextSettings {
        const char *login_name;
        const char *read_at[_LANGUAGE_MAX];
        const char *read_url;
        const char *help_phone;
} TextSettings;

typedef struct TextSet TextSet; /* all templates of all languages; immutable */

/* Every fault is told with file and line; with one or more: -EINVAL. Each text is rendered with its
 * longest values. */
int textset_load(const char *directory, const TextSettings *settings, IniFault on_fault,
                 void *userdata, TextSet **ret) _nodiscard_;
TextSet *textset_free(TextSet *t);
static inline void textset_freep(TextSet **t)
{
        textset_free(*t);
}

typedef struct ComposeWish {
        Channel channel;
        Language language;
        AlertCase kase;
        uint32_t n_messages;      /* more than 1 = joined */
        const char *sender;       /* NULL = not named */
        const char *notification; /* NULL = our own words */
} ComposeWish;

typedef struct ComposedText {
        char *text, *subject, *html; /* owned; subject and html for e-mail only */
        unsigned segments;           /* SMS */
} ComposedText;

int compose_text(const TextSet *t, const ComposeWish *wish, ComposedText *ret) _nodiscard_;
int compose_plain(const char *text,
                  ComposedText *ret) _nodiscard_; /* a NemSMS: the sender's words as they are */
void composed_done(ComposedText *c);              /* wipes */

#define COMPOSE_SENDER_MAX 40 /* characters of a sender's name in a text (texts.md) */

#endif
