/*
 * preview: the finished text of an alert as a citizen would get it, with its alphabet, septets and
 * segments. It is made from the configuration's templates by the code that the daemon uses; nothing
 * is sent.
 */
#include "tool/draw.h"

#include "base/str.h"
#include "flow/compose.h"

#include <errno.h>
#include <string.h>

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        tool_fault(NULL, "%s:%d: %s", file, line, text);
}

static int load_texts(const Config *c, TextSet **ret)
{
        const TextSettings s = {
                .login_name = c->texts.login_name,
                .read_at = {c->texts.read_at[LANGUAGE_DA], c->texts.read_at[LANGUAGE_EN]},
                .read_url = c->texts.read_url,
                .help_phone = c->texts.help_phone,
        };

        return textset_load(c->template_directory, &s, on_fault, NULL, ret);
}

static AlertCase case_of(const char *word)
{
        static const struct {
                const char *word;
                AlertCase kase;
        } cases[] = {
                {"owner", ALERT_CASE_OWNER},
                {"reader", ALERT_CASE_READER},
                {"reminder", ALERT_CASE_OWNER_REMINDER},
                {"reader-reminder", ALERT_CASE_READER_REMINDER},
                {"test", ALERT_CASE_TEST},
        };

        for (size_t i = 0; word && i < ARRAY_SIZE(cases); i++)
                if (str_eq(cases[i].word, word))
                        return cases[i].kase;
        return ALERT_CASE_OWNER;
}

/* False: the fault is said. */
static bool wish_of(const Args *a, ComposeWish *ret)
{
        const char *channel = args_get(a, "--channel"), *language = args_get(a, "--language");
        const char *count = args_get(a, "--count"), *sender = args_get(a, "--sender");
        uint64_t n = 1;

        *ret = (ComposeWish){
                .channel = channel && str_eq(channel, "email") ? CHANNEL_EMAIL : CHANNEL_SMS,
                .language = language && str_eq(language, "en") ? LANGUAGE_EN : LANGUAGE_DA,
                .kase = case_of(args_get(a, "--case")),
                .sender = sender,
        };
        if (count && (parse_u64(count, &n) < 0 || n == 0 || n > 1000000)) {
                tool_fault(NULL, "--count: a number from 1 to 1000000 is wanted");
                return false;
        }
        if (sender && utf8_count(sender, strlen(sender)) > COMPOSE_SENDER_MAX) {
                tool_fault(NULL, "--sender: at most %d characters", COMPOSE_SENDER_MAX);
                return false;
        }
        ret->n_messages = (uint32_t)n;
        return true;
}

static int json_of_sms(Json *o, const ComposedText *c)
{
        SmsSize size;
        int r = sms_size(c->text, strlen(c->text), &size);

        if (r >= 0)
                r = json_set(o, "alphabet",
                             json_string_new(size.alphabet == SMS_GSM ? "GSM" : "UCS-2"));
        if (r >= 0)
                r = json_set(o, "units", json_int_new(size.units));
        if (r >= 0)
                r = json_set(o, "units_per_segment", json_int_new(size.per_first));
        return r < 0 ? r : json_set(o, "segments", json_int_new(size.segments));
}

static int json_of(const ComposeWish *wish, const ComposedText *c, Json **ret)
{
        _cleanup_json_ Json *o = TOOL_PARAMS("channel", channel_word(wish->channel), "language",
                                             language_word(wish->language), "text", c->text,
                                             "subject", c->subject, "html", c->html);
        int r = o ? 0 : -ENOMEM;

        if (r >= 0 && wish->channel == CHANNEL_SMS)
                r = json_of_sms(o, c);
        if (r >= 0)
                *ret = TAKE_PTR(o);
        return r;
}

static int draw(_unused_ const Tool *t, const Json *o, Buf *b)
{
        SmsSize size = {
                .alphabet = str_eq(field(o, "alphabet"), "GSM") ? SMS_GSM : SMS_UCS2,
                .units = (unsigned)count_at(o, "units"),
                .per_first = (unsigned)count_at(o, "units_per_segment"),
                .segments = (unsigned)count_at(o, "segments"),
        };
        char text[SMS_SIZE_TEXT_MAX];
        int r = 0;

        if (json_str(json_get(o, "subject")))
                r = buf_printf(b, "Subject: %s\n\n", field(o, "subject"));
        if (r >= 0)
                r = buf_printf(b, "%s%s", field(o, "text"),
                               str_ends(field(o, "text"), "\n") ? "" : "\n");
        if (r >= 0 && size.segments > 0)
                r = buf_printf(b, "(%s)\n", sms_size_format(&size, text));
        return r;
}

static int run(Tool *t, const Args *a)
{
        _cleanup_(textset_freep) TextSet *texts = NULL;
        ComposedText composed = {0};
        const Config *c = tool_config(t);
        ComposeWish wish;
        Json *o = NULL;
        int r;

        if (!c)
                return TOOL_NOT_DONE;
        if (!wish_of(a, &wish))
                return TOOL_USAGE;
        r = load_texts(c, &texts);
        if (r == -EINVAL) /* said, one by one */
                return TOOL_NOT_DONE;
        if (r >= 0)
                r = compose_text(texts, &wish, &composed);
        if (r >= 0)
                r = json_of(&wish, &composed, &o);
        composed_done(&composed);
        return r < 0 ? tool_failed(r) : tool_show(t, o, draw);
}

const Command command_preview = {
        .name = "preview",
        .items = "",
        .help = "The finished text of an alert, its alphabet, septets and segments",
        .more = "It is made from the templates in the configuration. Nothing is sent.",
        .option = {{"--channel", "CHANNEL", "sms without it", "sms email"},
                   {"--language", "LANGUAGE", "da without it", "da en"},
                   {"--case", "CASE", "owner without it",
                    "owner reader reminder reader-reminder test"},
                   {"--count", "N", "so many messages in one alert", NULL},
                   {"--sender", "LABEL", "names the sender, as ShowSender= would allow", NULL}},
        .run = run,
};
