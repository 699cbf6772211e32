/* The shipped texts, to the byte, with their septets as the standard texts say. */
#include "unit/test.h"

#include "base/str.h"
#include "flow/compose.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static unsigned n_faults;
static char first_fault[400];

static void on_fault(void *userdata, const char *file, int line, const char *text)
{
        (void)userdata;
        if (n_faults++ == 0)
                snprintf(first_fault, sizeof(first_fault), "%s:%d: %s", file, line, text);
}

static const TextSettings settings = {.login_name = "MitID",
                                      .read_at = {"borger.dk eller e-Boks", "borger.dk or e-Boks"}};

static TextSet *load(const TextSettings *s)
{
        TextSet *t = NULL;

        n_faults = 0;
        if (textset_load("conf/templates", s, on_fault, NULL, &t) < 0)
                return NULL;
        return t;
}

static const struct {
        Language lang;
        AlertCase kase;
        uint32_t n;
        const char *sender, *want;
        unsigned septets;
} sms[] = {
        {LANGUAGE_DA, ALERT_CASE_OWNER, 1, NULL,
         "Du har fået ny Digital Post fra det offentlige. Gå selv ind på borger.dk eller e-Boks "
         "for at læse den. Denne sms kan ikke besvares.",
         131},
        {LANGUAGE_EN, ALERT_CASE_OWNER, 1, NULL,
         "You have new Digital Post from a Danish public authority. Go to borger.dk or e-Boks "
         "yourself to read it. You cannot reply to this text.",
         135},
        {LANGUAGE_DA, ALERT_CASE_OWNER, 1, "SKAT",
         "Du har fået ny Digital Post fra SKAT. Gå selv ind på borger.dk eller e-Boks for at læse "
         "den. Denne sms kan ikke besvares.",
         117 + 4},
        {LANGUAGE_EN, ALERT_CASE_OWNER, 1, "SKAT",
         "You have new Digital Post from SKAT. Go to borger.dk or e-Boks yourself to read it. You "
         "cannot reply to this text.",
         110 + 4},
        {LANGUAGE_DA, ALERT_CASE_OWNER, 999, NULL,
         "Du har fået 999 nye meddelelser i Digital Post fra det offentlige. Gå selv ind på "
         "borger.dk eller e-Boks for at læse dem. Denne sms kan ikke besvares.",
         150},
        {LANGUAGE_EN, ALERT_CASE_OWNER, 999, NULL,
         "You have 999 new Digital Post messages from Danish public authorities. Go to borger.dk "
         "or e-Boks yourself to read them. You cannot reply to this text.",
         150},
        {LANGUAGE_DA, ALERT_CASE_READER, 1, "SKAT",
         "Der er ny Digital Post i en postkasse, som du har adgang til. Gå selv ind på borger.dk "
         "eller e-Boks for at læse den. Denne sms kan ikke besvares.",
         145},
        {LANGUAGE_EN, ALERT_CASE_READER, 1, NULL,
         "There is new Digital Post in a mailbox that you have access to. Go to borger.dk or "
         "e-Boks yourself to read it. You cannot reply to this text.",
         141},
        {LANGUAGE_DA, ALERT_CASE_READER, 999, NULL,
         "Der er 999 nye meddelelser i en Digital Post-kasse, som du har adgang til. Gå selv ind "
         "på borger.dk eller e-Boks. Denne sms kan ikke besvares.",
         142},
        {LANGUAGE_EN, ALERT_CASE_READER, 999, NULL,
         "There are 999 new messages in a Digital Post mailbox that you have access to. Go to "
         "borger.dk or e-Boks yourself. You cannot reply to this text.",
         144},
        {LANGUAGE_DA, ALERT_CASE_OWNER_REMINDER, 1, NULL,
         "Påmindelse: Du har ulæst Digital Post fra det offentlige. Gå selv ind på borger.dk eller "
         "e-Boks for at læse den. Denne sms kan ikke besvares.",
         141},
        {LANGUAGE_EN, ALERT_CASE_OWNER_REMINDER, 1, NULL,
         "Reminder: You have unread Digital Post from a Danish public authority. Go to borger.dk "
         "or e-Boks yourself to read it. You cannot reply to this text.",
         148},
        {LANGUAGE_DA, ALERT_CASE_READER_REMINDER, 1, NULL,
         "Påmindelse: Der er ulæst Digital Post i en postkasse, som du har adgang til. Gå selv ind "
         "på borger.dk eller e-Boks. Denne sms kan ikke besvares.",
         144},
        {LANGUAGE_EN, ALERT_CASE_READER_REMINDER, 1, NULL,
         "Reminder: There is unread Digital Post in a mailbox that you have access to. Go to "
         "borger.dk or e-Boks yourself. You cannot reply to this text.",
         143},
        {LANGUAGE_DA, ALERT_CASE_TEST, 1, NULL,
         "TEST: Du har ikke fået Digital Post og skal ikke gøre noget. Denne sms prøver en "
         "gateway.",
         89},
        {LANGUAGE_EN, ALERT_CASE_TEST, 1, NULL,
         "TEST: You have no new Digital Post and need do nothing. This text tests a gateway.", 82},
};

TEST(every_sms_is_the_standard_text_and_one_segment)
{
        TextSet *t = load(&settings);

        (void)state;
        assert_non_null(t);
        for (size_t i = 0; i < ARRAY_SIZE(sms); i++) {
                ComposeWish w = {.channel = CHANNEL_SMS,
                                 .language = sms[i].lang,
                                 .kase = sms[i].kase,
                                 .n_messages = sms[i].n,
                                 .sender = sms[i].sender};
                ComposedText c;
                SmsSize s;

                assert_int_equal(compose_text(t, &w, &c), 0);
                assert_string_equal(c.text, sms[i].want);
                assert_int_equal(sms_size(c.text, strlen(c.text), &s), 0);
                assert_case(i, s.units == sms[i].septets);
                assert_case(i, s.segments == 1 && c.segments == 1 && s.alphabet == SMS_GSM);
                composed_done(&c);
        }
        textset_free(t);
}

TEST(a_thousand_messages_are_many)
{
        TextSet *t = load(&settings);
        ComposeWish w = {.channel = CHANNEL_SMS, .kase = ALERT_CASE_OWNER, .n_messages = 1000};
        ComposedText c;

        (void)state;
        assert_int_equal(compose_text(t, &w, &c), 0);
        assert_non_null(strstr(c.text, "mange nye"));
        composed_done(&c);
        w.language = LANGUAGE_EN;
        assert_int_equal(compose_text(t, &w, &c), 0);
        assert_non_null(strstr(c.text, "many new"));
        composed_done(&c);
        textset_free(t);
}

static const char owner_da[] =
        "Hej\n\nDu har fået ny Digital Post fra det offentlige.\n\nSådan læser du den:\n"
        "1. Gå selv ind på borger.dk eller e-Boks, som du plejer.\n2. Log på med MitID.\n3. Åbn "
        "din indbakke.\n\n"
        "Af hensyn til din sikkerhed er der ingen links i denne e-mail, og vi skriver\n"
        "ikke, hvad posten handler om. Vi beder aldrig om adgangskoder, cpr-nummer\neller "
        "kortoplysninger.\n\n"
        "Posten regnes for kommet frem, når den ligger i din postkasse, også selv om\ndu ikke har "
        "åbnet den.\n\n"
        "Du får denne e-mail, fordi du har bedt om besked, når der er ny post. Du kan\n"
        "ændre det eller slå det fra, når du er logget på Digital Post.\n\n"
        "E-mailen er sendt automatisk og kan ikke besvares.\n\nVenlig hilsen\nDigital Post";

static const char owner_en[] =
        "Hello\n\nYou have new Digital Post from a Danish public authority.\n\nHow to read it:\n"
        "1. Go to borger.dk or e-Boks yourself, as you usually do.\n2. Log on with MitID.\n3. Open "
        "your inbox.\n\n"
        "For your safety there are no links in this e-mail, and we do not say what the\n"
        "post is about. We never ask for passwords, your CPR number or card details.\n\n"
        "Post counts as received once it is in your mailbox, even if you have not\nopened it.\n\n"
        "You get this e-mail because you asked to be told when you have new post. You\n"
        "can change this or turn it off when you are logged on to Digital Post.\n\n"
        "This e-mail was sent automatically and cannot be answered.\n\nKind regards\nDigital Post";

/* The body as the standard texts give it, in the parts that change. */
static const struct Letter {
        const char *hello, *step1, *step2, *safety, *never, *change, *automatic, *regards;
} letters[_LANGUAGE_MAX] = {
        [LANGUAGE_DA] =
                {"Hej", "1. Gå selv ind på borger.dk eller e-Boks, som du plejer.",
                 "2. Log på med MitID.",
                 "Af hensyn til din sikkerhed er der ingen links i denne e-mail, og vi skriver "
                 "ikke, hvad posten handler om.",
                 "Vi beder aldrig om adgangskoder, cpr-nummer eller kortoplysninger.",
                 "Du kan ændre det eller slå det fra, når du er logget på Digital Post.",
                 "E-mailen er sendt automatisk og kan ikke besvares.",
                 "Venlig hilsen Digital Post"},
        [LANGUAGE_EN] =
                {"Hello", "1. Go to borger.dk or e-Boks yourself, as you usually do.",
                 "2. Log on with MitID.",
                 "For your safety there are no links in this e-mail, and we do not say what the "
                 "post is about.",
                 "We never ask for passwords, your CPR number or card details.",
                 "You can change this or turn it off when you are logged on to Digital Post.",
                 "This e-mail was sent automatically and cannot be answered.",
                 "Kind regards Digital Post"},
};

#define DA_IT   "Sådan læser du den:"
#define DA_THEM "Sådan læser du dem:"
#define EN_IT   "How to read it:"
#define EN_THEM "How to read them:"
#define DA_OWNER                                                                                    \
        "3. Åbn din indbakke.",                                                                     \
                "Posten regnes for kommet frem, når den ligger i din postkasse, også selv om du " \
                "ikke har åbnet den.",                                                              \
                "Du får denne e-mail, fordi du har bedt om besked, når der er ny post."
#define DA_READER                                                                                    \
        "3. Vælg den postkasse, du har adgang til.",                                                 \
                "Posten regnes for kommet frem, når den ligger i ejerens postkasse, også selv om " \
                "ingen har åbnet den.",                                                              \
                "Du får denne e-mail, fordi du har adgang til en andens Digital Post og har bedt "  \
                "om besked."
#define EN_OWNER                                                                                   \
        "3. Open your inbox.",                                                                     \
                "Post counts as received once it is in your mailbox, even if you have not opened " \
                "it.",                                                                             \
                "You get this e-mail because you asked to be told when you have new post."
#define EN_READER                                                                                  \
        "3. Choose the mailbox that you have access to.",                                          \
                "Post counts as received once it is in the owner's mailbox, even if nobody has "   \
                "opened it.",                                                                      \
                "You get this e-mail because you have access to somebody else's Digital Post and " \
                "asked to be told."

static const struct Mail {
        Language lang;
        AlertCase kase;
        uint32_t n;
        const char *subject, *first, *how, *step3, *law, *reason;
} mail[] = {
        {LANGUAGE_DA, ALERT_CASE_OWNER, 1, "Du har fået ny Digital Post",
         "Du har fået ny Digital Post fra det offentlige.", DA_IT, DA_OWNER},
        {LANGUAGE_EN, ALERT_CASE_OWNER, 1, "You have new Digital Post",
         "You have new Digital Post from a Danish public authority.", EN_IT, EN_OWNER},
        {LANGUAGE_DA, ALERT_CASE_OWNER, 3, "Du har fået 3 nye meddelelser i Digital Post",
         "Du har fået 3 nye meddelelser i Digital Post fra det offentlige.", DA_THEM, DA_OWNER},
        {LANGUAGE_EN, ALERT_CASE_OWNER, 3, "You have 3 new messages in Digital Post",
         "You have 3 new messages in Digital Post from Danish public authorities.", EN_THEM,
         EN_OWNER},
        {LANGUAGE_DA, ALERT_CASE_READER, 1, "Ny Digital Post i en postkasse, du har adgang til",
         "Der er ny Digital Post i en postkasse, som du har adgang til. Af hensyn til ejeren "
         "skriver vi ikke, hvis postkasse det er.",
         DA_IT, DA_READER},
        {LANGUAGE_EN, ALERT_CASE_READER, 1, "New Digital Post in a mailbox you have access to",
         "There is new Digital Post in a mailbox that you have access to. To protect its owner we "
         "do not say whose mailbox it is.",
         EN_IT, EN_READER},
        {LANGUAGE_DA, ALERT_CASE_READER, 3, "3 nye meddelelser i en postkasse, du har adgang til",
         "Der er 3 nye meddelelser i en postkasse, som du har adgang til. Af hensyn til ejeren "
         "skriver vi ikke, hvis postkasse det er.",
         DA_THEM, DA_READER},
        {LANGUAGE_EN, ALERT_CASE_READER, 3, "3 new messages in a mailbox you have access to",
         "There are 3 new messages in a mailbox that you have access to. To protect its owner we "
         "do not say whose mailbox it is.",
         EN_THEM, EN_READER},
        {LANGUAGE_DA, ALERT_CASE_OWNER_REMINDER, 1, "Påmindelse: Du har ulæst Digital Post",
         "Du har Digital Post fra det offentlige, som ikke er åbnet. Har du læst den i "
         "mellemtiden, kan du se bort fra denne e-mail.",
         DA_IT, DA_OWNER},
        {LANGUAGE_EN, ALERT_CASE_OWNER_REMINDER, 1, "Reminder: You have unread Digital Post",
         "You have Digital Post from a Danish public authority that has not been opened. If you "
         "have read it in the meantime, please ignore this e-mail.",
         EN_IT, EN_OWNER},
        {LANGUAGE_DA, ALERT_CASE_READER_REMINDER, 1,
         "Påmindelse: Ulæst Digital Post i en postkasse, du har adgang til",
         "Der er Digital Post, som ikke er åbnet, i en postkasse, som du har adgang til. Er den "
         "læst i mellemtiden, kan du se bort fra denne e-mail.",
         DA_IT, DA_READER},
        {LANGUAGE_EN, ALERT_CASE_READER_REMINDER, 1,
         "Reminder: Unread Digital Post in a mailbox you have access to",
         "There is Digital Post that has not been opened in a mailbox that you have access to. If "
         "it has been read in the meantime, please ignore this e-mail.",
         EN_IT, EN_READER},
};

/* Tags away, runs of white space one blank, none at the ends; "<li>" counts up as plain lists do.
 */
static char *words_of(const char *text, bool is_html)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        const char *body = is_html ? strstr(text, "<body") : text;
        unsigned item = 0;
        bool blank = false;

        for (const char *p = body; *p; p++) {
                if (is_html && *p == '<') {
                        const char *end = strchr(p, '>');

                        assert_non_null(end);
                        blank = true;
                        if (str_starts(p, "<li>"))
                                assert_int_equal(buf_printf(&b, " %u.", ++item), 0);
                        p = end;
                } else if (*p == ' ' || *p == '\n') {
                        blank = true;
                } else {
                        if (blank && b.len)
                                assert_int_equal(buf_putc(&b, ' '), 0);
                        blank = false;
                        assert_int_equal(buf_putc(&b, *p), 0);
                }
        }
        return buf_take(&b);
}

static void assert_words(const char *text, bool is_html, const char *want)
{
        _cleanup_free_ char *got = words_of(text, is_html);

        /* &#39; is how a page writes the apostrophe of a value; none of these has one */
        assert_string_equal(got, want);
}

TEST(every_mail_is_the_standard_letter_and_its_page_says_the_same)
{
        TextSet *t = load(&settings);

        (void)state;
        assert_non_null(t);
        for (size_t i = 0; i < ARRAY_SIZE(mail); i++) {
                const struct Mail *m = &mail[i];
                const struct Letter *l = &letters[m->lang];
                ComposeWish w = {.channel = CHANNEL_EMAIL,
                                 .language = m->lang,
                                 .kase = m->kase,
                                 .n_messages = m->n};
                ComposedText c;
                char want[2000];

                snprintf(want, sizeof(want), "%s %s %s %s %s %s %s %s %s %s %s %s %s", l->hello,
                         m->first, m->how, l->step1, l->step2, m->step3, l->safety, l->never,
                         m->law, m->reason, l->change, l->automatic, l->regards);
                assert_int_equal(compose_text(t, &w, &c), 0);
                assert_string_equal(c.subject, m->subject);
                assert_words(c.text, false, want);
                assert_words(c.html, true, want);
                assert_null(strstr(c.html, "<a "));
                assert_null(strstr(c.html, "<img"));
                composed_done(&c);
        }
        textset_free(t);
}

/* Lines as the standard texts break them: none over 78, one empty line between paragraphs. */
TEST(mails_are_laid_out_for_a_window_of_eighty_columns)
{
        TextSettings with = settings;
        TextSet *t;

        (void)state;
        with.help_phone = "70 20 00 00";
        t = load(&with);
        for (size_t i = 0; i < ARRAY_SIZE(mail); i++) {
                ComposeWish w = {.channel = CHANNEL_EMAIL,
                                 .language = mail[i].lang,
                                 .kase = mail[i].kase,
                                 .n_messages = mail[i].n};
                ComposedText c;
                const char *line;

                assert_int_equal(compose_text(t, &w, &c), 0);
                assert_null(strstr(c.text, "\n\n\n"));
                assert_null(strstr(c.text, " \n"));
                for (line = c.text; line; line = strchr(line, '\n')) {
                        line += *line == '\n';
                        assert_case(i, utf8_count(line, strcspn(line, "\n")) <= 78);
                }
                assert_true(c.text[strlen(c.text) - 1] != '\n');
                composed_done(&c);
        }
        textset_free(t);
}

TEST(the_owners_letter_is_the_standard_one_to_the_byte)
{
        TextSet *t = load(&settings);
        ComposeWish w = {.channel = CHANNEL_EMAIL, .kase = ALERT_CASE_OWNER, .n_messages = 1};
        ComposedText c;

        (void)state;
        assert_int_equal(compose_text(t, &w, &c), 0);
        assert_string_equal(c.text, owner_da);
        composed_done(&c);
        w.language = LANGUAGE_EN;
        assert_int_equal(compose_text(t, &w, &c), 0);
        assert_string_equal(c.text, owner_en);
        composed_done(&c);
        textset_free(t);
}

TEST(a_test_never_says_that_there_is_post)
{
        static const char *const lie[] = {"Du har fået ny", "You have new"};
        TextSet *t = load(&settings);

        (void)state;
        for (Language lang = 0; lang < _LANGUAGE_MAX; lang++)
                for (Channel ch = 0; ch < _CHANNEL_MAX; ch++) {
                        ComposeWish w = {.channel = ch,
                                         .language = lang,
                                         .kase = ALERT_CASE_TEST,
                                         .n_messages = 1};
                        ComposedText c;

                        assert_int_equal(compose_text(t, &w, &c), 0);
                        assert_non_null(strstr(c.text, "TEST: "));
                        assert_null(strstr(c.text, lie[lang]));
                        assert_null(strstr(c.text, "\n\n\n"));
                        if (ch == CHANNEL_EMAIL) {
                                _cleanup_free_ char *plain = words_of(c.text, false);

                                assert_true(str_starts(c.subject, "TEST: "));
                                assert_words(c.html, true, plain);
                        }
                        composed_done(&c);
                }
        textset_free(t);
}

static unsigned sms_of(const TextSet *t, const char *sender, ComposedText *ret)
{
        ComposeWish w = {.channel = CHANNEL_SMS,
                         .kase = ALERT_CASE_OWNER,
                         .n_messages = 1,
                         .sender = sender};

        assert_int_equal(compose_text(t, &w, ret), 0);
        return ret->segments;
}

TEST(a_senders_name_never_costs_a_segment)
{
        static const struct {
                const char *sender, *want;
        } cases[] = {
                {"SKAT", "fra SKAT. Gå"},
                {"Børne- og Undervisningsministeriet",
                 "fra Børne- og Undervisningsministeriet. Gå"},
                {"Fyrre tegn er det længste, der kan stå her", "fra Fyrre tegn er det længste, der "
                                                               "kan stå h. Gå"},
                {"B\xc3\xb8rn \xe2\x80\x93 og Unge",
                 "fra det offentlige. Gå"}, /* a dash outside GSM */
                {"{{[[]]}}{{[[]]}}{{[[]]}}{{[[]]}}{{[[]]}}", "fra det offentlige. Gå"},
                {"Skat\nstyrelsen\x7f", "fra Skat styrelsen . Gå"},
                {"", "fra det offentlige. Gå"},
                {"\xff", "fra det offentlige. Gå"},
        };
        TextSet *t = load(&settings);

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                ComposedText c;

                assert_case(i, sms_of(t, cases[i].sender, &c) == 1);
                if (!strstr(c.text, cases[i].want))
                        fail_msg("case %zu: %s", i, c.text);
                composed_done(&c);
        }
        textset_free(t);
}

TEST(a_senders_own_words_go_as_they_are_and_only_to_the_owner_of_one_message)
{
        static const char words[] = "Du har fået digitalpost fra Kommunen <& \"";
        TextSet *t = load(&settings);
        ComposeWish w = {.channel = CHANNEL_SMS,
                         .kase = ALERT_CASE_OWNER,
                         .n_messages = 1,
                         .notification = words};
        ComposedText c;

        (void)state;
        assert_int_equal(compose_text(t, &w, &c), 0);
        assert_string_equal(c.text, words);
        composed_done(&c);
        w.channel = CHANNEL_EMAIL;
        assert_int_equal(compose_text(t, &w, &c), 0);
        assert_non_null(strstr(c.text, words));
        assert_non_null(strstr(c.html, "fra Kommunen &lt;&amp; &quot;<"));
        composed_done(&c);
        w.n_messages = 2;
        for (w.channel = 0; w.channel < _CHANNEL_MAX; w.channel++) {
                assert_int_equal(compose_text(t, &w, &c), 0);
                assert_null(strstr(c.text, "Kommunen"));
                composed_done(&c);
        }
        textset_free(t);
}

TEST(plain_words_are_neither_cut_nor_changed)
{
        ComposedText c;
        char ucs2[3 * 150 + 1] = "";

        (void)state;
        for (unsigned i = 0; i < 150; i++)
                memcpy(ucs2 + 3 * i, "\xe2\x82\xab", 4); /* a character outside GSM 03.38 */
        assert_int_equal(compose_plain(ucs2, &c), 0);
        assert_string_equal(c.text, ucs2);
        assert_int_equal(c.segments, 3);
        composed_done(&c);
        assert_null(c.text);
        assert_int_equal(compose_plain(NULL, &c), -ENODATA);
        assert_int_equal(compose_plain("\xff", &c), -EINVAL);
        assert_null(c.text);
}

TEST(a_reader_is_never_told_who_sent_or_whose_mailbox_it_is)
{
        TextSet *t = load(&settings);
        ComposeWish w = {.channel = CHANNEL_EMAIL,
                         .kase = ALERT_CASE_READER,
                         .n_messages = 1,
                         .sender = "Psykiatrisk Center",
                         .notification = "Din tid"};
        ComposedText c;

        (void)state;
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++) {
                w.channel = ch;
                assert_int_equal(compose_text(t, &w, &c), 0);
                assert_null(strstr(c.text, "Psykiatrisk"));
                assert_null(strstr(c.text, "Din tid"));
                if (c.html)
                        assert_null(strstr(c.html, "Psykiatrisk"));
                composed_done(&c);
        }
        textset_free(t);
}

TEST(a_url_setting_puts_one_link_and_takes_the_sentence_on_links_away)
{
        TextSettings with = settings;
        TextSet *t;
        ComposeWish w = {.channel = CHANNEL_EMAIL, .kase = ALERT_CASE_OWNER, .n_messages = 1};
        ComposedText c;

        (void)state;
        with.read_url = "https://post.example.dk/";
        with.help_phone = "70 20 00 00";
        t = load(&with);
        assert_non_null(t);
        assert_int_equal(compose_text(t, &w, &c), 0);
        assert_non_null(
                strstr(c.text, "1. Gå selv ind på https://post.example.dk/, som du plejer."));
        assert_null(strstr(c.text, "ingen links"));
        assert_non_null(strstr(
                c.text, "Af hensyn til din sikkerhed skriver vi ikke, hvad posten handler om."));
        assert_non_null(strstr(c.text, "\nHar du brug for hjælp, kan du ringe på 70 20 00 00.\n"));
        assert_non_null(strstr(c.html, "<a href=\"https://post.example.dk/\">"));
        composed_done(&c);
        textset_free(t);
}

TEST(a_value_that_makes_a_second_segment_is_a_fault)
{
        TextSettings with = settings;

        (void)state;
        with.read_at[LANGUAGE_DA] = "borger.dk, e-Boks eller en anden af de mange visninger";
        assert_null(load(&with));
        assert_true(n_faults > 0);
        assert_non_null(strstr(first_fault, "segments"));
        with.read_at[LANGUAGE_DA] = "borger.dk \xe2\x80\x93 e-Boks";
        assert_null(load(&with));
        assert_non_null(strstr(first_fault, "U+2013"));
}

/* ---- a site's own texts ---- */

static char copy_dir[200];

static void copy_path(char ret[300], const char *name)
{
        snprintf(ret, 300, "%s/%s", copy_dir, name);
}

static void put_file(const char *name, const char *text)
{
        char path[300];
        _cleanup_file_ FILE *f = NULL;

        copy_path(path, name);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
}

static char *get_file(const char *name)
{
        char path[300], text[20000];
        _cleanup_file_ FILE *f = NULL;
        size_t n;

        snprintf(path, sizeof(path), "conf/templates/%s", name);
        f = fopen(path, "r");
        assert_non_null(f);
        n = fread(text, 1, sizeof(text) - 1, f);
        text[n] = '\0';
        return strdup(text);
}

static const char *const files[] = {
        "sms/owner.txt",    "sms/joined.txt",          "sms/reader.txt", "sms/reader-joined.txt",
        "sms/reminder.txt", "sms/reader-reminder.txt", "sms/test.txt",   "email/subject.txt",
        "email/text.txt",   "email/page.html"};

static int copy_make(void **state)
{
        static const char *const dirs[] = {"",   "da",     "da/sms",  "da/email",
                                           "en", "en/sms", "en/email"};
        const char *tmp = getenv("TMPDIR");
        char path[300];

        (void)state;
        snprintf(copy_dir, sizeof(copy_dir), "%s/texts", tmp ? tmp : "/tmp");
        for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
                copy_path(path, dirs[i]);
                if (mkdir(path, 0700) < 0 && errno != EEXIST)
                        return -1;
        }
        for (Language lang = 0; lang < _LANGUAGE_MAX; lang++)
                for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
                        _cleanup_free_ char *text = NULL;

                        snprintf(path, sizeof(path), "%s/%s", language_word(lang), files[i]);
                        text = get_file(path);
                        put_file(path, text);
                }
        return 0;
}

static int copy_load(TextSet **ret)
{
        n_faults = 0;
        first_fault[0] = '\0';
        return textset_load(copy_dir, &settings, on_fault, NULL, ret);
}

#define OWNER_PAGE "<html lang=\"da\"><body>{{login_name}}"

TEST(every_fault_of_a_sites_own_text_is_told_with_its_file_and_line)
{
        static const struct {
                const char *file, *text, *want[3];
        } cases[] = {
                {"da/sms/owner.txt",
                 "Hej\n{{navn}}\n",
                 {"da/sms/owner.txt:2: ", "unknown variable {{navn}}", "sender"}},
                {"da/sms/owner.txt", "Hej {{count\n", {"owner.txt:1: ", "never closed", ""}},
                {"en/sms/joined.txt",
                 "You have {{count}} \xe2\x80\x9cnew\xe2\x80\x9d letters",
                 {"en/sms/joined.txt:0: joined: ", "U+201C", "GSM 03.38"}},
                {"da/sms/reader.txt", "", {"reader.txt:0: reader: is empty", "", ""}},
                {"da/sms/test.txt", "Se WWW.example.dk", {"test.txt:0: ", "URL", "ReadUrl="}},
                {"da/sms/owner.txt",
                 "Du har fået ny Digital Post fra {{#sender}}{{sender}}{{/sender}}{{^sender}}os"
                 "{{/sender}}. Gå selv ind på {{read_at}}, når du har tid og lyst til det, for at "
                 "læse den. Denne sms kan ikke besvares.",
                 {"owner.txt:0: with a sender: ", "190 septets", "2 segments"}},
                {"en/email/subject.txt",
                 "{{#owner}}Hello{{/owner}}",
                 {"subject.txt:0: reader: is empty", "", ""}},
                {"en/email/subject.txt",
                 "One\ntwo",
                 {"subject.txt:0: owner: must be one line", "", ""}},
                {"da/email/text.txt",
                 "{{#single}}Hej{{/single}}",
                 {"text.txt:0: joined: is empty", "", ""}},
                {"da/email/text.txt",
                 "Hej{{#reminder}} https://x.example{{/reminder}}",
                 {"text.txt:0: reminder: ", "URL", ""}},
                {"da/email/page.html",
                 "<html><body>Hej",
                 {"page.html:0: owner: ", "lang=\"da\"", ""}},
                {"da/email/page.html",
                 OWNER_PAGE "<IMG SRC=\"x\">",
                 {"page.html:0: owner: ", "<img", "fetches nothing"}},
                {"da/email/page.html",
                 OWNER_PAGE "{{#joined}}<a href=\"x\">{{/joined}}",
                 {"page.html:0: joined: ", "a link", "ReadUrl="}},
                {"da/email/page.html",
                 OWNER_PAGE "{{#owner}}{{/reader}}",
                 {"page.html:1: ", "{{/reader}} stands where {{/owner}} must", ""}},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *shipped = get_file(cases[i].file);
                TextSet *t = NULL;

                put_file(cases[i].file, cases[i].text);
                assert_case(i, copy_load(&t) == -EINVAL);
                for (unsigned k = 0; k < 3; k++)
                        if (!strstr(first_fault, cases[i].want[k]))
                                fail_msg("case %zu: %s", i, first_fault);
                put_file(cases[i].file, shipped);
        }
}

TEST(what_an_editor_adds_to_a_file_is_no_part_of_a_text)
{
        TextSet *t = NULL;
        ComposedText c;

        (void)state;
        put_file("da/sms/owner.txt", "\xef\xbb\xbfHej\r\ndu\r\n");
        assert_int_equal(copy_load(&t), 0);
        assert_int_equal(sms_of(t, NULL, &c), 1);
        assert_string_equal(c.text, "Hej\ndu");
        composed_done(&c);
        textset_free(t);
        copy_make(NULL);
}

TEST(a_file_without_end_is_not_read_to_it)
{
        char path[300];
        TextSet *t = NULL;

        (void)state;
        copy_path(path, "da/sms/owner.txt");
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink("/dev/zero", path), 0);
        assert_int_equal(copy_load(&t), -EINVAL);
        assert_non_null(strstr(first_fault, "owner.txt:0: cannot be read"));
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(copy_load(&t), -EINVAL);
        assert_non_null(strstr(first_fault, "owner.txt:0: cannot be read"));
        assert_int_equal(rmdir(path), 0);
        copy_make(NULL);
}

/* Whatever a site writes, a reader's alert has no value for who sent it. */
TEST(a_readers_template_that_asks_for_the_sender_gets_nothing)
{
        TextSet *t = NULL;
        ComposeWish w = {.channel = CHANNEL_SMS,
                         .kase = ALERT_CASE_READER,
                         .n_messages = 1,
                         .sender = "Psykiatrisk Center",
                         .notification = "Din tid"};
        ComposedText c;

        (void)state;
        put_file("da/sms/reader.txt", "Post fra [{{sender}}]");
        put_file("da/email/text.txt", "Post fra [{{sender}}{{notification}}]");
        assert_int_equal(copy_load(&t), 0);
        for (w.channel = 0; w.channel < _CHANNEL_MAX; w.channel++) {
                assert_int_equal(compose_text(t, &w, &c), 0);
                assert_string_equal(c.text, "Post fra []");
                composed_done(&c);
        }
        textset_free(t);
        copy_make(NULL);
}

TEST(missing_files_are_faults_with_their_names)
{
        TextSet *t = NULL;

        (void)state;
        n_faults = 0;
        assert_int_equal(textset_load("/nonexistent", &settings, on_fault, NULL, &t), -EINVAL);
        assert_int_equal(n_faults, 20);
        assert_non_null(strstr(first_fault, "/nonexistent/da/sms/owner.txt"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_sms_is_the_standard_text_and_one_segment),
                cmocka_unit_test(a_thousand_messages_are_many),
                cmocka_unit_test(every_mail_is_the_standard_letter_and_its_page_says_the_same),
                cmocka_unit_test(mails_are_laid_out_for_a_window_of_eighty_columns),
                cmocka_unit_test(the_owners_letter_is_the_standard_one_to_the_byte),
                cmocka_unit_test(a_test_never_says_that_there_is_post),
                cmocka_unit_test(a_senders_name_never_costs_a_segment),
                cmocka_unit_test(
                        a_senders_own_words_go_as_they_are_and_only_to_the_owner_of_one_message),
                cmocka_unit_test(plain_words_are_neither_cut_nor_changed),
                cmocka_unit_test(a_reader_is_never_told_who_sent_or_whose_mailbox_it_is),
                cmocka_unit_test(a_url_setting_puts_one_link_and_takes_the_sentence_on_links_away),
                cmocka_unit_test(a_value_that_makes_a_second_segment_is_a_fault),
                cmocka_unit_test(every_fault_of_a_sites_own_text_is_told_with_its_file_and_line),
                cmocka_unit_test(what_an_editor_adds_to_a_file_is_no_part_of_a_text),
                cmocka_unit_test(a_file_without_end_is_not_read_to_it),
                cmocka_unit_test(a_readers_template_that_asks_for_the_sender_gets_nothing),
                cmocka_unit_test(missing_files_are_faults_with_their_names),
        };

        return cmocka_run_group_tests_name("compose", tests, copy_make, NULL);
}
