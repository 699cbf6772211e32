/*
 * The parts of the report that are not of one count: the trend by week, who can be told, and what
 * was delivered.
 *
 * The trend is a picture and a table of the same numbers. Voluntary and automatic enrolment are
 * told apart by shade, by a line between them and in the table; the law's day and the expected
 * share of exempt are lines with their names. What no snapshot told is said to be missing, never
 * drawn as nothing.
 */
#include "tool/report-priv.h"

#include "base/civil.h"
#include "base/str.h"

typedef struct Words {
        const char *trend, *trend_text, *voluntary, *automatic, *exempt, *law, *expected, *campaign,
                *no_trend, *as_table;
        const char *week_heads[8];
        const char *reach, *reach_text, *no_reach, *reach_heads[9];
        const char *delivery, *delivery_text, *delivery_heads[10];
        const char *mail, *mail_text, *mail_heads[8], *not_told, *authority, *by_authority;
        const char *sms, *email, *total;
} Words;

static const Words danish = {
        .trend = "Udvikling uge for uge",
        .trend_text =
                "Tilmeldte i procent af borgere på 15 år og derover, frivilligt og automatisk "
                "tilmeldte hver for sig, og fritagne som stiplet linje. De samme tal står i "
                "tabellen under billedet.",
        .voluntary = "frivilligt tilmeldt",
        .automatic = "automatisk tilmeldt",
        .exempt = "fritaget",
        .law = "Digital Post bliver obligatorisk",
        .expected = "ventet andel fritagne",
        .campaign = "kampagne",
        .no_trend = "Der er endnu ikke opgjort to uger.",
        .as_table = "Udviklingen som tabel",
        .week_heads = {"Uge", "Tilmeldt", "Heraf frivilligt", "Heraf automatisk", "Tilmeldt, pct.",
                       "Fritaget", "Fritaget, pct.", NULL},
        .reach = "Kan de tilmeldte få besked?",
        .reach_text =
                "Tilmeldte med et bekræftet mobilnummer eller en bekræftet e-mailadresse, som "
                "ikke er kendt for at være forkert. Opgjort",
        .no_reach = "Ikke oplyst: der er ingen opgørelse fra ugen.",
        .reach_heads = {"Alder", "Tilmeldt", "Kun sms", "Kun e-mail", "Begge", "Ingen",
                        "Bevist ved levering", "Har post, intet åbnet i et halvt år", NULL},
        .delivery = "Besked om ny post",
        .delivery_text =
                "Beskeder i ugen. Forsinkelsen er fra beskeden blev lagt i kø, til en "
                "gateway tog den; beskeder, der skulle vente på et tidspunkt, er ikke med.",
        .delivery_heads = {"Kanal", "Lagt i kø", "Leveret", "Afleveret uden kvittering", "Afvist",
                           "For sent", "Median, s", "95 pct., s", "Inden 10 s, pct.", NULL},
        .mail = "Digitalt eller på papir",
        .mail_text =
                "Meddelelser fra myndigheder. Digitalt: modtageren er tilmeldt. Papir: modtageren "
                "er ikke tilmeldt, og afsenderen sender et brev. Mål:",
        .mail_heads = {"Måned", "Digitalt", "Papir", "Digitalt, pct.", "Øvrige breve, oplyst",
                       "Digitalt af alt, pct.", "Åbnet, pct.", NULL},
        .not_told = "ikke oplyst",
        .authority = "Myndighed, CVR",
        .by_authority = "De myndigheder, der har sendt mest",
        .sms = "sms",
        .email = "e-mail",
        .total = "I alt",
};

static const Words english = {
        .trend = "Week by week",
        .trend_text = "Enrolled in per cent of citizens aged 15 or more, voluntarily and "
                      "automatically enrolled apart, and exempt as a dashed line. The table below "
                      "the picture has the same numbers.",
        .voluntary = "enrolled voluntarily",
        .automatic = "enrolled automatically",
        .exempt = "exempt",
        .law = "Digital Post becomes obligatory",
        .expected = "expected share of exempt",
        .campaign = "campaign",
        .no_trend = "Two weeks have not been counted yet.",
        .as_table = "The weeks as a table",
        .week_heads = {"Week", "Enrolled", "Voluntarily", "Automatically", "Enrolled, %", "Exempt",
                       "Exempt, %", NULL},
        .reach = "Can the enrolled be told?",
        .reach_text = "Enrolled who gave a verified mobile number or e-mail address that is not "
                      "known to be wrong. As counted",
        .no_reach = "Not known: the week was not counted when it ended.",
        .reach_heads = {"Age", "Enrolled", "SMS only", "E-mail only", "Both", "None",
                        "Proven by a delivery", "Has post, opened none in half a year", NULL},
        .delivery = "Alerts of new post",
        .delivery_text = "Alerts of the week. A delay goes from the queue to the moment a gateway "
                         "took it; alerts that had an hour to wait for are left out.",
        .delivery_heads = {"Channel", "Queued", "Delivered", "Taken, no receipt", "Refused",
                           "Too late", "Median, s", "95%, s", "Within 10 s, %", NULL},
        .mail = "Digital or on paper",
        .mail_text = "Messages from authorities. Digital: the recipient is enrolled. Paper: not "
                     "enrolled, and the sender writes a letter. Goal:",
        .mail_heads = {"Month", "Digital", "Paper", "Digital, %", "Other letters, as told",
                       "Digital of all, %", "Opened, %", NULL},
        .not_told = "not told",
        .authority = "Authority, CVR",
        .by_authority = "The authorities that sent most",
        .sms = "SMS",
        .email = "e-mail",
        .total = "Total",
};

static const Words *words_of(const Page *p)
{
        return p->language == LANGUAGE_EN ? &english : &danish;
}

//--- The trend ----------------------------------------------------------------------------------

#define LEFT   60
#define TOP    20
#define WIDTH  560
#define HEIGHT 260

typedef struct Scale {
        Day first, last;
} Scale;

static double x_of(const Scale *s, Day day)
{
        return LEFT + WIDTH * (double)(day - s->first) / (double)(s->last - s->first);
}

static double y_of(double pct)
{
        return TOP + HEIGHT * (1 - (pct < 0 ? 0 : pct > 100 ? 100 : pct) / 100);
}

static Day day_at(const Json *o, const char *key)
{
        const char *text = json_str(json_get(o, key));
        Day day = DAY_INVALID;

        return text && day_parse(text, strlen(text), &day) == 0 ? day : DAY_INVALID;
}

static Day day_of(const Json *row)
{
        return day_at(row, "date");
}

/* The share that the first of two kinds makes up of the enrolled: in per cent of the population. */
static double voluntary_pct(const Json *row)
{
        double all = (double)count_at(row, "population"),
               automatic = (double)count_at(row, "automatic");

        return all > 0 ? ((double)count_at(row, "enrolled") - automatic) * 100 / all : 0;
}

static double pct_of(const Json *row, const char *key)
{
        return json_num(json_get(row, key));
}

/* The area between two lines: there along the upper one, back along the lower. */
static void put_area(Page *p, const Scale *s, const Json *trend, bool upper)
{
        size_t n = json_len(trend);

        page_put(p, "<polygon class=\"%s\" points=\"", upper ? "auto" : "will");
        for (size_t i = 0; i < n; i++) {
                const Json *row = json_at(trend, i);

                page_put(p, "%.1f,%.1f ", x_of(s, day_of(row)),
                         y_of(upper ? pct_of(row, "enrolled_pct") : voluntary_pct(row)));
        }
        for (size_t i = n; i > 0; i--) {
                const Json *row = json_at(trend, i - 1);

                page_put(p, "%.1f,%.1f ", x_of(s, day_of(row)),
                         y_of(upper ? voluntary_pct(row) : 0));
        }
        page_put(p, "\"/>\n");
}

static void put_line(Page *p, const Scale *s, const Json *trend, const char *key, const char *class)
{
        page_put(p, "<polyline class=\"%s\" points=\"", class);
        for (size_t i = 0; i < json_len(trend); i++)
                page_put(p, "%.1f,%.1f ", x_of(s, day_of(json_at(trend, i))),
                         y_of(pct_of(json_at(trend, i), key)));
        page_put(p, "\"/>\n");
}

/* Words beside a day stand on the side that has room for them. */
static bool is_late(const Scale *s, Day day)
{
        return day - s->first > s->last - day;
}

static void put_grid(Page *p, const Scale *s, const Json *answer)
{
        const Words *w = words_of(p);
        const Json *exempt = json_get(answer, "expected_exempt_pct");
        Day law = day_at(answer, "law_day");

        for (int pct = 0; pct <= 100; pct += 20)
                page_put(p,
                         "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.0f\" y2=\"%.0f\"/><text "
                         "x=\"%d\" y=\"%.0f\" text-anchor=\"end\">%d</text>\n",
                         LEFT, LEFT + WIDTH, y_of(pct), y_of(pct), LEFT - 8, y_of(pct) + 6, pct);
        if (json_is_number(exempt))
                page_put(p,
                         "<line class=\"mark\" x1=\"%d\" x2=\"%d\" y1=\"%.0f\" y2=\"%.0f\"/><text "
                         "x=\"%d\" y=\"%.0f\">%s</text>\n",
                         LEFT, LEFT + WIDTH, y_of(json_num(exempt)), y_of(json_num(exempt)),
                         LEFT + 8, y_of(json_num(exempt)) - 6, w->expected);
        if (law != DAY_INVALID && law >= s->first && law <= s->last)
                page_put(p,
                         "<line class=\"mark\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%d\" y2=\"%d\"/><text "
                         "x=\"%.0f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
                         x_of(s, law), x_of(s, law), TOP, TOP + HEIGHT,
                         x_of(s, law) + (is_late(s, law) ? -6 : 6), TOP + 20,
                         is_late(s, law) ? "end" : "start", w->law);
}

/* The campaign, as much of it as lies in the picture: behind everything. */
static void put_campaign(Page *p, const Scale *s, const Json *answer)
{
        Day from = day_at(answer, "campaign_from"), to = day_at(answer, "campaign_to");
        bool late;

        if (from == DAY_INVALID || to == DAY_INVALID || from > s->last || to < s->first)
                return;
        from = MAX_OF(from, s->first);
        to = MIN_OF(to, s->last);
        late = is_late(s, from);
        page_put(p,
                 "<rect class=\"band\" x=\"%.1f\" width=\"%.1f\" y=\"%d\" height=\"%d\"/><text "
                 "x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
                 x_of(s, from), x_of(s, to) - x_of(s, from), TOP, HEIGHT,
                 late ? x_of(s, to) - 6 : x_of(s, from) + 6, TOP + 50, late ? "end" : "start",
                 words_of(p)->campaign);
}

static void put_picture(Page *p, const Json *answer, const Json *trend)
{
        const Json *first = json_at(trend, 0), *last = json_at(trend, json_len(trend) - 1);
        const Scale s = {.first = day_of(first), .last = day_of(last)};
        const Words *w = words_of(p);

        page_put(p, "<svg class=\"trend\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
                 LEFT + WIDTH + 20, TOP + HEIGHT + 40, w->trend);
        put_campaign(p, &s, answer);
        put_area(p, &s, trend, false);
        put_area(p, &s, trend, true);
        put_grid(p, &s, answer);
        put_line(p, &s, trend, "enrolled_pct", "all");
        put_line(p, &s, trend, "exempt_pct", "free");
        page_put(p,
                 "<text x=\"%d\" y=\"%d\">%s</text><text x=\"%d\" y=\"%d\" "
                 "text-anchor=\"end\">%s</text></svg>\n",
                 LEFT, TOP + HEIGHT + 28, field(first, "week"), LEFT + WIDTH, TOP + HEIGHT + 28,
                 field(last, "week"));
        page_put(p,
                 "<p class=\"key\"><span class=\"will\"></span> %s &nbsp; <span "
                 "class=\"auto\"></span> %s &nbsp; <span class=\"free\"></span> %s</p>\n",
                 w->voluntary, w->automatic, w->exempt);
}

static void put_weeks(Page *p, const Json *trend)
{
        static const char *const counts[] = {"enrolled", "voluntary", "automatic"};
        const Words *w = words_of(p);

        page_put(p, "<details><summary>%s</summary>", w->as_table);
        page_table_begin(p, NULL, w->week_heads);
        page_put(p, "<tbody>\n");
        for (size_t i = json_len(trend); i > 0; i--) {
                const Json *row = json_at(trend, i - 1);
                char text[TEXT_MAX];

                page_put(p, "<tr><th scope=\"row\" data-v=\"%zu\">%s</th>", i, field(row, "week"));
                for (size_t k = 0; k < ARRAY_SIZE(counts); k++)
                        page_put_cell(p, row, counts[k], page_grouped(p, row, counts[k], text));
                page_put_cell(p, row, "enrolled_pct",
                              page_tenths(p, row, "enrolled_pct", false, text));
                page_put_cell(p, row, "exempt", page_grouped(p, row, "exempt", text));
                page_put_cell(p, row, "exempt_pct", page_tenths(p, row, "exempt_pct", false, text));
                page_put(p, "</tr>\n");
        }
        page_put(p, "</tbody>");
        page_table_end(p);
        page_put(p, "</details>\n");
}

void report_put_trend(Page *p, const Json *answer)
{
        const Json *trend = json_get(answer, "trend");
        const Words *w = words_of(p);

        page_put(p, "<section><h2>%s</h2>\n", w->trend);
        if (json_len(trend) < 2) {
                page_put(p, "<p>%s</p></section>\n", w->no_trend);
                return;
        }
        page_put(p, "<p>%s</p>\n", w->trend_text);
        put_picture(p, answer, trend);
        put_weeks(p, trend);
        page_put(p, "</section>\n");
}

//--- Who can be told ----------------------------------------------------------------------------

void report_put_reach(Page *p, const Json *reach)
{
        static const char *const keys[] = {"enrolled", "sms_only", "email_only", "both",
                                           "none",     "proven",   "unopened"};
        const Json *rows = json_get(reach, "rows");
        const Words *w = words_of(p);

        page_put(p, "<section><h2>%s</h2>\n", w->reach);
        if (json_len(rows) == 0) {
                page_put(p, "<p>%s</p></section>\n", w->no_reach);
                return;
        }
        page_put(p, "<p>%s %s.</p>\n", w->reach_text, field(reach, "date"));
        page_table_begin(p, w->reach, w->reach_heads);
        page_put(p, "<tbody>\n");
        for (size_t i = 0; i < json_len(rows); i++) {
                const Json *row = json_at(rows, i);
                char text[TEXT_MAX];

                if (flag_at(row, "total"))
                        page_put(p, "</tbody><tfoot>");
                page_put(p, "<tr%s><th class=\"age\" scope=\"row\" data-v=\"%zu\">%s</th>",
                         flag_at(row, "total") ? " class=\"total\"" : "", i, field(row, "age"));
                for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
                        page_put_cell(p, row, keys[k], page_grouped(p, row, keys[k], text));
                page_put(p, "</tr>\n");
        }
        page_put(p, "</tfoot>");
        page_table_end(p);
        page_put(p, "</section>\n");
}

//--- What was delivered -------------------------------------------------------------------------

#define SENDERS_SHOWN 20 /* all of them stand in the published table */

static void put_seconds(Page *p, const Json *delay, const char *key)
{
        const Json *ms = json_get(delay, key);
        char text[TEXT_MAX];

        if (!json_is_int(ms)) {
                page_put(p, "<td data-v=\"-1\">–</td>");
                return;
        }
        (void)snprintf(text, sizeof(text), "%.1f", (double)json_int(ms) / 1000);
        for (char *c = text; *c; c++)
                if (*c == '.')
                        *c = p->decimal;
        page_put(p, "<td data-v=\"%lld\">%s</td>", (long long)json_int(ms), text);
}

static void put_channels(Page *p, const Json *channels)
{
        static const char *const ends[] = {"delivered", "accepted", "rejected", "expired"};
        const Words *w = words_of(p);

        page_table_begin(p, w->delivery, w->delivery_heads);
        page_put(p, "<tbody>\n");
        for (size_t i = 0; i < json_len(channels); i++) {
                const Json *c = json_at(channels, i), *delay = json_get(c, "delay");
                char text[TEXT_MAX];

                page_put(p, "<tr><th scope=\"row\" data-v=\"%zu\">%s</th>", i,
                         str_eq(field(c, "channel"), "sms") ? w->sms : w->email);
                page_put_cell(p, c, "filed", page_grouped(p, c, "filed", text));
                for (size_t k = 0; k < ARRAY_SIZE(ends); k++)
                        page_put_cell(p, json_get(c, "ends"), ends[k],
                                      page_grouped(p, json_get(c, "ends"), ends[k], text));
                put_seconds(p, delay, "median_ms");
                put_seconds(p, delay, "p95_ms");
                page_put_cell(p, delay, "within_10s_pct",
                              page_tenths(p, delay, "within_10s_pct", false, text));
                page_put(p, "</tr>\n");
        }
        page_put(p, "</tbody>");
        page_table_end(p);
}

static void put_mail(Page *p, const Json *m, const char *name, size_t place)
{
        const Words *w = words_of(p);
        char text[TEXT_MAX];

        page_put(p, "<tr><th scope=\"row\" data-v=\"%zu\">", place);
        page_put_escaped(p, *name ? name : w->not_told);
        page_put(p, "</th>");
        page_put_cell(p, m, "digital", page_grouped(p, m, "digital", text));
        page_put_cell(p, m, "physical", page_grouped(p, m, "physical", text));
        page_put_cell(p, m, "digital_pct", page_tenths(p, m, "digital_pct", false, text));
        page_put_cell(p, m, "paper",
                      json_is_int(json_get(m, "paper")) ? page_grouped(p, m, "paper", text)
                                                        : w->not_told);
        page_put_cell(p, m, "digital_with_paper_pct",
                      json_is_number(json_get(m, "digital_with_paper_pct"))
                              ? page_tenths(p, m, "digital_with_paper_pct", false, text)
                              : w->not_told);
        page_put_cell(p, m, "read_pct", page_tenths(p, m, "read_pct", false, text));
        page_put(p, "</tr>\n");
}

static void put_months(Page *p, const Json *months)
{
        const Words *w = words_of(p);

        page_table_begin(p, w->mail, w->mail_heads);
        page_put(p, "<tbody>\n");
        for (size_t i = 0; i < json_len(months); i++)
                put_mail(p, json_at(months, i), field(json_at(months, i), "month"), i);
        page_put(p, "</tbody>");
        page_table_end(p);
}

static int64_t sent_by(const Json *sender)
{
        return count_at(sender, "digital") + count_at(sender, "physical");
}

/* The first of those after @before in order of how much they sent; NULL = no more. */
static const Json *next_sender(const Json *senders, const Json *before)
{
        const Json *best = NULL;
        bool passed = !before;

        for (size_t i = 0; i < json_len(senders); i++) {
                const Json *s = json_at(senders, i);
                bool follows = !before || sent_by(s) < sent_by(before) ||
                               (sent_by(s) == sent_by(before) && passed);

                if (s == before)
                        passed = true;
                else if (follows && sent_by(s) > 0 && (!best || sent_by(s) > sent_by(best)))
                        best = s;
        }
        return best;
}

static void put_senders(Page *p, const Json *senders)
{
        const Words *w = words_of(p);
        const Json *s = next_sender(senders, NULL);
        const char *heads[ARRAY_SIZE(w->mail_heads)];

        if (!s)
                return;
        memcpy(heads, w->mail_heads, sizeof(heads));
        heads[0] = w->authority;
        page_put(p, "<details><summary>%s</summary>", w->by_authority);
        page_table_begin(p, NULL, heads);
        page_put(p, "<tbody>\n");
        for (size_t i = 0; s && i < SENDERS_SHOWN; i++, s = next_sender(senders, s))
                put_mail(p, s, field(s, "sender"), i);
        page_put(p, "</tbody>");
        page_table_end(p);
        page_put(p, "</details>\n");
}

void report_put_delivery(Page *p, const Json *answer)
{
        const Json *delivery = json_get(answer, "delivery"), *months = json_get(delivery, "months");
        const Words *w = words_of(p);

        if (!json_is_object(delivery))
                return;
        page_put(p, "<section><h2>%s</h2><p>%s</p>\n", w->delivery, w->delivery_text);
        put_channels(p, json_get(delivery, "channels"));
        page_put(p, "</section>\n<section><h2>%s</h2><p>%s %lld %s %lld.</p>\n", w->mail,
                 w->mail_text, (long long)count_at(delivery, "digital_goal_pct"),
                 p->language == LANGUAGE_EN ? "% digital in" : "pct. digitalt i",
                 (long long)count_at(delivery, "goal_year"));
        if (json_len(months) > 0)
                put_months(p, months);
        else
                page_put(p, "<p>%s</p>", w->not_told);
        put_senders(p, json_get(delivery, "senders"));
        page_put(p, "</section>\n");
}
