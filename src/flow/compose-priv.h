/* What compose and textset share: the set of templates, and how one of them is rendered. */
#ifndef ADVISD_FLOW_COMPOSE_PRIV_H
#define ADVISD_FLOW_COMPOSE_PRIV_H

#include "flow/compose.h"
#include "model/template.h"

typedef enum SmsCase {
        SMS_OWNER,
        SMS_JOINED,
        SMS_READER,
        SMS_READER_JOINED,
        SMS_REMINDER,
        SMS_READER_REMINDER,
        SMS_TEST,
        _SMS_CASE_MAX
} SmsCase;
typedef enum MailPart { MAIL_SUBJECT, MAIL_TEXT, MAIL_PAGE, _MAIL_PART_MAX } MailPart;

struct TextSet {
        TextSettings settings;
        Template *sms[_LANGUAGE_MAX][_SMS_CASE_MAX];
        Template *mail[_LANGUAGE_MAX][_MAIL_PART_MAX];
};

#define COUNT_SHOWN_MAX 999 /* above it a word stands for the number */

SmsCase compose_sms_case(const ComposeWish *wish);
/* One text with all its holes filled; owned. Names that no lookup knows are empty. */
int compose_render(const TextSet *t, const Template *tpl, TemplateEscape escape,
                   const ComposeWish *wish, char **ret) _nodiscard_;

#endif
