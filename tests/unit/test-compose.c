/* The shipped texts, to the byte, with their septets as the standard texts say. */
#include "unit/test.h"

#include "base/str.h"
#include "flow/compose.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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

static const struct {
        Language lang;
        AlertCase kase;
        uint32_t n;
        const char *subject;
} mail[] = {
        {LANGUAGE_DA, ALERT_CASE_OWNER, 1, "Du har fået ny Digital Post"},
        {LANGUAGE_EN, ALERT_CASE_OWNER, 1, "You have new Digital Post"},
        {LANGUAGE_DA, ALERT_CASE_OWNER, 3, "Du har fået 3 nye meddelelser i Digital Post"},
        {LANGUAGE_EN, ALERT_CASE_OWNER, 3, "You have 3 new messages in Digital Post"},
        {LANGUAGE_DA, ALERT_CASE_READER, 1, "Ny Digital Post i en postkasse, du har adgang til"},
        {LANGUAGE_EN, ALERT_CASE_READER, 1, "New Digital Post in a mailbox you have access to"},
        {LANGUAGE_DA, ALERT_CASE_READER, 3, "3 nye meddelelser i en postkasse, du har adgang til"},
        {LANGUAGE_EN, ALERT_CASE_READER, 3, "3 new messages in a mailbox you have access to"},
        {LANGUAGE_DA, ALERT_CASE_OWNER_REMINDER, 1, "Påmindelse: Du har ulæst Digital Post"},
        {LANGUAGE_EN, ALERT_CASE_OWNER_REMINDER, 1, "Reminder: You have unread Digital Post"},
        {LANGUAGE_DA, ALERT_CASE_READER_REMINDER, 1,
         "Påmindelse: Ulæst Digital Post i en postkasse, du har adgang til"},
        {LANGUAGE_EN, ALERT_CASE_READER_REMINDER, 1,
         "Reminder: Unread Digital Post in a mailbox you have access to"},
};

TEST(every_mail_has_its_subject_its_words_and_the_same_words_as_html)
{
        TextSet *t = load(&settings);

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(mail); i++) {
                ComposeWish w = {.channel = CHANNEL_EMAIL,
                                 .language = mail[i].lang,
                                 .kase = mail[i].kase,
                                 .n_messages = mail[i].n};
                ComposedText c;

                assert_int_equal(compose_text(t, &w, &c), 0);
                assert_string_equal(c.subject, mail[i].subject);
                assert_null(strstr(c.text, "{{"));
                assert_null(strstr(c.html, "{{"));
                assert_null(strstr(c.html, "<a "));
                assert_null(strstr(c.html, "<img"));
                assert_null(strstr(c.text, "\n\n\n"));
                if (i == 0)
                        assert_string_equal(c.text, owner_da);
                if (i == 1)
                        assert_string_equal(c.text, owner_en);
                composed_done(&c);
        }
        textset_free(t);
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
                cmocka_unit_test(every_mail_has_its_subject_its_words_and_the_same_words_as_html),
                cmocka_unit_test(a_reader_is_never_told_who_sent_or_whose_mailbox_it_is),
                cmocka_unit_test(a_url_setting_puts_one_link_and_takes_the_sentence_on_links_away),
                cmocka_unit_test(a_value_that_makes_a_second_segment_is_a_fault),
                cmocka_unit_test(missing_files_are_faults_with_their_names),
        };

        return cmocka_run_group_tests_name("compose", tests, NULL, NULL);
}
