/*
 * The enrolment figures as a page for the press, the municipalities and the public.
 *
 * One file that fetches nothing: no font, picture, style or script from elsewhere, and a policy in
 * its head that forbids it. It is whole without scripts: the tables come sorted and carry every
 * number; the script only lets a reader sort them otherwise. The map's areas are links to the rows
 * of the table below, named with their figure, so that a keyboard or a screen reader goes through
 * them; shades of one colour from light to dark say the same to the colour-blind and on paper.
 *
 * All numbers are those of the answer, tenths as they stand there; nothing is computed here but
 * the length of a bar and the shade of an area. All tables come of one count, so they agree.
 */
#include "tool/report.h"
#include "tool/report-priv.h"

#include "base/civil.h"
#include "base/str.h"
#include "tool/draw.h"

#include <errno.h>
#include <math.h>

typedef struct Words {
        const char *lang, *title, *headline, *of, *week, *big, *map, *map_text, *regions, *areas,
                *ages, *heads[9], *country, *exempt, *neither, *notes, *over, *quarter, *legend,
                *source, *no_municipality, *withheld, *state[3], *classes[6];
        char decimal, group;
} Words;

static const Words danish = {
        .lang = "da",
        .title = "Tilmelding til Digital Post",
        .headline = "af borgere på 15 år og derover er tilmeldt Digital Post",
        .of = "af",
        .week = "Uge",
        .big = "pct.",
        .map = "Tilmeldte i kommunerne",
        .map_text = "Kort over Danmarks kommuner. De samme tal står i tabellen Kommuner.",
        .regions = "Regioner",
        .areas = "Kommuner",
        .ages = "Aldersgrupper",
        .heads = {"Område", "Folketal 15+", "Tilmeldt", "Tilmeldt, pct.", "Fritaget",
                  "Fritaget, pct.", "Hverken, pct.", "Ændring på en uge, pp.", "Alder"},
        .country = "Hele landet",
        .exempt = "pct. er fritaget.",
        .neither = "pct. er hverken tilmeldt eller fritaget.",
        .notes = "Sådan er der talt",
        .over = "* Flere end folketallet: registret og folketallet er ikke fra samme dag.",
        .quarter = "Folketallet er fra et andet kvartal end dagens.",
        .no_municipality = "Ingen kommune; tæller med i sin region og i hele landet.",
        .withheld = ".. er udeladt: for få personer, eller noget, som de kunne regnes ud af.",
        .state = {"Foreløbige tal.", "Tal som opgjort, da ugen var omme.",
                  "Tallene er revideret, siden ugen blev opgjort."},
        .legend = "Tilmeldt, pct.:",
        .classes = {"under 40", "40-49", "50-59", "60-69", "70 og derover", "ingen procent"},
        .source =
                "Folketal: Danmarks Statistik, statistikbanken.dk/folk1b. Kort: Indeholder data "
                "fra Geodatastyrelsen og Danske Kommuner (GeoDanmark/FOT), DAGI 1:500.000, "
                "februar 2014, forenklet; vilkår: geodanmark.dk. Bornholm og Christiansø er vist i "
                "hjørnet. Christiansø er ingen kommune, men tæller med i Region Hovedstaden og i "
                "hele landet.",
        .decimal = ',',
        .group = '.',
};

static const Words english = {
        .lang = "en",
        .title = "Enrolment in Digital Post",
        .headline = "of citizens aged 15 or more are enrolled in Digital Post",
        .of = "of",
        .week = "Week",
        .big = "%",
        .map = "Enrolled by municipality",
        .map_text = "Map of Denmark's municipalities. The table Municipalities has the same "
                    "numbers.",
        .regions = "Regions",
        .areas = "Municipalities",
        .ages = "Age groups",
        .heads = {"Area", "Population 15+", "Enrolled", "Enrolled, %", "Exempt", "Exempt, %",
                  "Neither, %", "Change in a week, pp", "Age"},
        .country = "Denmark",
        .exempt = "% are exempt.",
        .neither = "% are neither enrolled nor exempt.",
        .notes = "How it is counted",
        .over = "* More than the population: register and population are not of one day.",
        .quarter = "The population is of another quarter than the day's.",
        .no_municipality = "No municipality; counts in its region and in the country.",
        .withheld = ".. is withheld: too few persons, or what they could be worked out from.",
        .state = {"Provisional figures.", "Figures as counted when the week had ended.",
                  "The figures were revised after the week was counted."},
        .legend = "Enrolled, %:",
        .classes = {"below 40", "40-49", "50-59", "60-69", "70 and more", "no percentage"},
        .source = "Population: Statistics Denmark, statbank.dk/folk1b. Map: contains data from "
                  "Geodatastyrelsen and Danske Kommuner (GeoDanmark/FOT), DAGI 1:500,000, "
                  "February 2014, simplified; terms: geodanmark.dk. Bornholm and Christiansø are "
                  "shown in the corner. Christiansø is no municipality but counts in Region "
                  "Hovedstaden and in the country.",
        .decimal = '.',
        .group = ',',
};

static const char style[] =
        ":root{color-scheme:light dark;--ink:#1a1a1a;--page:#fff;--line:#767676;--c0:#f1eef6;"
        "--c1:#bdc9e1;--c2:#74a9cf;--c3:#2b8cbe;--c4:#045a8d}"
        "@media(prefers-color-scheme:dark){:root{--ink:#f0f0f0;--page:#14181c;--line:#9aa4ad}}"
        "body{font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);"
        "max-width:64rem;margin:0 auto;padding:1rem}"
        ".big{font-size:3.5rem;line-height:1.1;font-weight:700;margin:.5rem 0}"
        ".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}"
        "th,td{padding:.25rem .5rem;text-align:right;border-bottom:1px solid var(--line)}"
        "th:first-child,td:first-child{text-align:left;font-weight:400}"
        "thead th,tr.total *{font-weight:700!important}"
        "th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;"
        "text-align:inherit;text-decoration:underline dotted}"
        ".share,.age{white-space:nowrap}"
        ".bar{display:inline-block;width:6rem;height:.8em;vertical-align:baseline;"
        "margin-right:.5rem;border:1px solid var(--line);box-sizing:border-box;"
        "background:linear-gradient(#2b8cbe,#2b8cbe) no-repeat 0/var(--w) 100%}"
        "svg{width:100%;max-width:34rem;height:auto;display:block}"
        "path{stroke:#333;stroke-width:5}a:focus path,a:hover path{stroke:#d95f02;"
        "stroke-width:30}:target{outline:3px solid #d95f02}"
        ".c0{fill:var(--c0);background:var(--c0)}.c1{fill:var(--c1);background:var(--c1)}.c2{fill:"
        "var(--c2);background:var(--c2)}.c3{fill:var(--c3);background:var(--c3)}"
        ".c4{fill:var(--c4);background:var(--c4)}.cn{fill:#b5b5b5;background:#b5b5b5}"
        "svg.trend{max-width:46rem;font-size:16px}svg text{fill:var(--ink);stroke:var(--page);"
        "stroke-width:4px;paint-order:stroke;stroke-linejoin:round}.band{fill:var(--line);opacity:."
        "25}.grid{stroke:var(--line);"
        "stroke-width:1;opacity:.5}.mark{stroke:#d95f02;stroke-width:3;stroke-dasharray:3 4}"
        ".all{fill:none;stroke:var(--ink);stroke-width:3}.free{fill:none;stroke:var(--ink);"
        "stroke-width:2;stroke-dasharray:8 5}.will{fill:#2b8cbe;background:#2b8cbe}"
        ".auto{fill:#bdc9e1;background:#bdc9e1}span.free{border:0!important;border-top:2px dashed "
        "var(--ink)!important;height:0!important;vertical-align:middle}"
        "@media(max-width:40rem){svg.trend{font-size:24px}.bar{width:2.5rem}table{font-size:."
        "875rem}"
        "th,td{padding:.25rem .3rem}}"
        "details{margin:.5rem 0}summary{cursor:pointer}"
        ".key span{display:inline-block;width:3rem;height:1rem;border:1px solid var(--line);"
        "vertical-align:middle}ul.key{list-style:none;padding:0;display:flex;flex-wrap:wrap;"
        "gap:.25rem 1rem;margin:.5rem 0}"
        "@media print{:root{color-scheme:light;--ink:#1a1a1a;--page:#fff;--line:#767676}"
        ".bar,.key "
        "span{print-color-adjust:exact}body{font-size:8pt;max-width:none;padding:0}svg{max-width:"
        "11cm}"
        "th,td{padding:0 .3rem}h2,h3{break-after:avoid}tr{break-inside:avoid}"
        "tfoot{display:table-row-group}}";

static const char script[] =
        "for(const t of document.querySelectorAll('table'))"
        "t.querySelectorAll('thead th').forEach((h,i)=>{"
        "const b=document.createElement('button');b.textContent=h.textContent;"
        "h.replaceChildren(b);let up=false;b.onclick=()=>{up=!up;"
        "t.querySelectorAll('thead th').forEach(x=>x.removeAttribute('aria-sort'));"
        "h.setAttribute('aria-sort',up?'ascending':'descending');"
        "const y=t.tBodies[0],r=[...y.rows];"
        "r.sort((a,c)=>{const v=a.cells[i].dataset.v,w=c.cells[i].dataset.v;"
        "return(up?1:-1)*(v-w)});y.append(...r)}});";

static const Words *words_of(const Page *p)
{
        return p->language == LANGUAGE_EN ? &english : &danish;
}

void page_put(Page *p, const char *fmt, ...)
{
        va_list ap;

        if (p->r < 0)
                return;
        va_start(ap, fmt);
        p->r = buf_vprintf(p->to, fmt, ap);
        va_end(ap);
}

void page_put_escaped(Page *p, const char *text)
{
        for (; *text; text++) {
                const char *as = *text == '&'   ? "&amp;"
                                 : *text == '<' ? "&lt;"
                                 : *text == '>' ? "&gt;"
                                 : *text == '"' ? "&quot;"
                                                : NULL;

                if (as)
                        page_put(p, "%s", as);
                else
                        page_put(p, "%c", *text);
        }
}

static bool has_flag(const Json *row, const char *flag)
{
        const Json *flags = json_get(row, "flags");

        for (size_t i = 0; i < json_len(flags); i++)
                if (str_eq(json_str(json_at(flags, i)), flag))
                        return true;
        return false;
}

/* "–" for what is not known, ".." for what is withheld. */
const char *page_tenths(const Page *p, const Json *row, const char *key, bool sign,
                        char buf[TEXT_MAX])
{
        const Json *j = json_get(row, key);

        if (!json_is_number(j))
                return has_flag(row, "withheld") ? ".." : "–";
        (void)snprintf(buf, TEXT_MAX, sign ? "%+.1f" : "%.1f", json_num(j));
        for (char *c = buf; *c; c++)
                if (*c == '.')
                        *c = p->decimal;
        return buf;
}

const char *page_grouped(const Page *p, const Json *row, const char *key, char buf[TEXT_MAX])
{
        if (!json_is_int(json_get(row, key)))
                return "..";
        (void)text_count(count_at(row, key), buf);
        for (char *c = buf; *c; c++)
                if (*c == '.')
                        *c = p->group;
        return buf;
}

//--- The tables ---------------------------------------------------------------------------------

void page_put_cell(Page *p, const Json *row, const char *key, const char *text)
{
        const Json *j = json_get(row, key);

        page_put(p, "<td data-v=\"%.1f\">%s</td>", json_is_number(j) ? json_num(j) : -1e9, text);
}

static const char *name_of(const Page *p, const Json *row, bool by_age)
{
        if (by_age)
                return field(row, "age");
        return str_eq(field(row, "area"), "0000") ? words_of(p)->country : field(row, "name");
}

static void put_row(Page *p, const Json *row, bool by_age, size_t i)
{
        static const char *const pct[] = {"exempt_pct", "neither_pct"};
        char text[TEXT_MAX];

        if (by_age || flag_at(row, "total"))
                page_put(p, "<tr%s><th%s scope=\"row\" data-v=\"%zu\">",
                         flag_at(row, "total") ? " class=\"total\"" : "",
                         by_age ? " class=\"age\"" : "", i);
        else
                page_put(p, "<tr id=\"a%s\"><th scope=\"row\" data-v=\"%zu\">", field(row, "area"),
                         i);
        page_put_escaped(p, name_of(p, row, by_age));
        page_put(p, "%s</th>", has_flag(row, "over") ? "*" : "");
        page_put_cell(p, row, "population", page_grouped(p, row, "population", text));
        page_put_cell(p, row, "enrolled", page_grouped(p, row, "enrolled", text));
        page_put(p, "<td class=\"share\" data-v=\"%.1f\">",
                 json_num(json_get(row, "enrolled_pct")));
        if (by_age)
                page_put(p, "<span class=\"bar\" aria-hidden=\"true\" style=\"--w:%.1f%%\"></span>",
                         fmin(json_num(json_get(row, "enrolled_pct")), 100));
        page_put(p, "%s</td>", page_tenths(p, row, "enrolled_pct", false, text));
        page_put_cell(p, row, "exempt", page_grouped(p, row, "exempt", text));
        for (size_t k = 0; k < ARRAY_SIZE(pct); k++)
                page_put_cell(p, row, pct[k], page_tenths(p, row, pct[k], false, text));
        page_put_cell(p, row, "enrolled_change_pp",
                      page_tenths(p, row, "enrolled_change_pp", true, text));
        page_put(p, "</tr>\n");
}

void page_table_begin(Page *p, const char *title, const char *const heads[])
{
        page_put(p,
                 "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>"
                 "<thead><tr>",
                 title ? title : heads[0]);
        for (size_t i = 0; heads[i]; i++)
                page_put(p, "<th scope=\"col\">%s</th>", heads[i]);
        page_put(p, "</tr></thead>\n");
}

void page_table_end(Page *p)
{
        page_put(p, "</table></div>");
}

static void put_table(Page *p, const char *title, const Json *rows, bool by_age)
{
        const Words *w = words_of(p);
        const char *heads[9] = {NULL};

        for (size_t i = 0; i < 8; i++)
                heads[i] = w->heads[i == 0 && by_age ? 8 : i];
        page_put(p, "<section><h2>%s</h2>", title);
        page_table_begin(p, title, heads);
        page_put(p, "<tbody>\n");
        for (size_t i = 0; i < json_len(rows); i++)
                if (!flag_at(json_at(rows, i), "total"))
                        put_row(p, json_at(rows, i), by_age, i);
        page_put(p, "</tbody><tfoot>\n");
        for (size_t i = 0; i < json_len(rows); i++)
                if (flag_at(json_at(rows, i), "total"))
                        put_row(p, json_at(rows, i), by_age, i);
        page_put(p, "</tfoot>");
        page_table_end(p);
        page_put(p, "</section>\n");
}

//--- The map ------------------------------------------------------------------------------------

static const Json *row_of_area(const Json *rows, const char *code)
{
        for (size_t i = 0; i < json_len(rows); i++)
                if (str_eq(field(json_at(rows, i), "area"), code))
                        return json_at(rows, i);
        return NULL;
}

/* Steps of ten points from 40 to 70: what the legend says, in its order. 'n' without a
 * percentage. */
static const char shades[] = "01234n";

static char shade(const Json *row)
{
        const Json *pct = json_get(row, "enrolled_pct");
        double n = json_num(pct);

        if (!json_is_number(pct))
                return 'n';
        return n < 40 ? '0' : n < 50 ? '1' : n < 60 ? '2' : n < 70 ? '3' : '4';
}

static void put_outline(Page *p, const Json *rows, const Json *others, unsigned number,
                        const char *path)
{
        char code[8], text[TEXT_MAX];
        const Json *row;

        (void)snprintf(code, sizeof(code), "%04u", number);
        row = row_of_area(rows, code);
        if (!row) /* Christiansø has no line in the table, but one below it */
                row = row_of_area(others, code);
        if (!row) {
                page_put(p, "<path class=\"cn\" d=\"%s\"/>\n", path);
                return;
        }
        page_put(p, "<a href=\"#a%s\" aria-label=\"", code);
        page_put_escaped(p, field(row, "name"));
        page_put(p, ": %s %s\"><path class=\"c%c\" d=\"%s\"/></a>\n",
                 page_tenths(p, row, "enrolled_pct", false, text), words_of(p)->big, shade(row),
                 path);
}

static void put_map(Page *p, const Json *rows, const Json *others)
{
        static const struct {
                unsigned code;
                const char *path;
        } outlines[] = {
#define MAP(code, path) {code, path},
#include "tool/denmark.def"
#undef MAP
        };

        page_put(p, "<section><h2>%s</h2><p>%s</p>\n", words_of(p)->map, words_of(p)->map_text);
        page_put(p, "<svg viewBox=\"0 0 4050 4920\" role=\"group\" aria-label=\"%s\">\n",
                 words_of(p)->map);
        page_put(p, "<rect x=\"3200\" y=\"150\" width=\"700\" height=\"950\" fill=\"none\" "
                    "stroke=\"#767676\" stroke-width=\"8\"/>\n");
        for (size_t i = 0; i < ARRAY_SIZE(outlines); i++)
                put_outline(p, rows, others, outlines[i].code, outlines[i].path);
        page_put(p, "</svg><p>%s</p><ul class=\"key\">\n", words_of(p)->legend);
        for (size_t i = 0; i < ARRAY_SIZE(words_of(p)->classes); i++)
                page_put(p, "<li><span class=\"c%c\"></span> %s</li>\n", shades[i],
                         words_of(p)->classes[i]);
        page_put(p, "</ul></section>\n");
}

/* Places that are no municipality: one sentence each, which the map leads to. */
static void put_others(Page *p, const Json *others)
{
        for (size_t i = 0; i < json_len(others); i++) {
                const Json *row = json_at(others, i);
                char pct[TEXT_MAX], part[TEXT_MAX], whole[TEXT_MAX];

                if (str_eq(field(row, "area"), "sum"))
                        continue;
                page_put(p, "<p id=\"a%s\">", field(row, "area"));
                page_put_escaped(p, field(row, "name"));
                page_put(p, ": %s %s (%s %s %s). %s</p>\n",
                         page_tenths(p, row, "enrolled_pct", false, pct), words_of(p)->big,
                         page_grouped(p, row, "enrolled", part), words_of(p)->of,
                         page_grouped(p, row, "population", whole), words_of(p)->no_municipality);
        }
}

//--- The page -----------------------------------------------------------------------------------

/* "Uge 34, 2014" for a week, the date for a day. */
static void put_when(Page *p, const Json *table)
{
        const char *week = json_str(json_get(table, "week"));
        IsoWeek w;

        if (week && iso_week_parse(week, &w) >= 0)
                page_put(p, "%s %d, %d", words_of(p)->week, (int)w.week, (int)w.year);
        else
                page_put(p, "%s", field(table, "date"));
}

static void put_headline(Page *p, const Json *answer, const Json *table, const Json *country)
{
        char pct[TEXT_MAX], part[TEXT_MAX], whole[TEXT_MAX];
        const char *space = p->language == LANGUAGE_EN ? "" : " ";

        page_put(p, "<h1>%s</h1><p>", words_of(p)->title);
        put_when(p, table);
        page_put(p, "</p><p class=\"big\">%s%s%s</p><p>",
                 page_tenths(p, country, "enrolled_pct", false, pct), space, words_of(p)->big);
        page_put(p, "%s (%s %s %s).</p><p>%s%s%s ", words_of(p)->headline,
                 page_grouped(p, country, "enrolled", part), words_of(p)->of,
                 page_grouped(p, country, "population", whole),
                 page_tenths(p, country, "exempt_pct", false, pct), space, words_of(p)->exempt);
        page_put(p, "%s%s%s</p>\n", page_tenths(p, country, "neither_pct", false, pct), space,
                 words_of(p)->neither);
        if (json_is_int(json_get(answer, "digital_goal_pct")))
                page_put(p,
                         p->language == LANGUAGE_EN
                                 ? "<p>Goal: %lld%% of written communication is to be digital in "
                                   "%lld. Expected share of exempt: up to %lld%%.</p>\n"
                                 : "<p>Mål: %lld pct. af den skriftlige kommunikation skal foregå "
                                   "digitalt i %lld. Ventet andel fritagne: op mod %lld pct.</p>\n",
                         (long long)count_at(answer, "digital_goal_pct"),
                         (long long)count_at(answer, "goal_year"),
                         (long long)count_at(answer, "expected_exempt_pct"));
}

static void put_head(Page *p, const Json *table)
{
        page_put(p,
                 "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                 "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">"
                 "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                 "<title>%s: ",
                 words_of(p)->lang, words_of(p)->title);
        put_when(p, table);
        page_put(p, "</title><style>%s</style></head>\n<body><main>\n", style);
}

static const char *state_text(const Page *p, const Json *answer)
{
        const char *state = json_str(json_path(answer, "snapshot.state"));

        return words_of(p)->state[!state || str_eq(state, "provisional") ? 0
                                  : str_eq(state, "revised")             ? 2
                                                                         : 1];
}

static void put_foot(Page *p, const Json *rows, const char *basis, const Json *answer)
{
        bool over = false, quarter = false, withheld = false;

        for (size_t i = 0; i < json_len(rows); i++) {
                over |= has_flag(json_at(rows, i), "over");
                quarter |= has_flag(json_at(rows, i), "quarter");
                withheld |= has_flag(json_at(rows, i), "withheld");
        }
        page_put(p, "<section><h2>%s</h2><p>", words_of(p)->notes);
        page_put_escaped(p, basis);
        page_put(p, "</p>");
        page_put(p, "<p>%s</p>", state_text(p, answer));
        if (withheld || count_at(answer, "region.minimum_cell") > 0)
                page_put(p, "<p>%s</p>", words_of(p)->withheld);
        if (over)
                page_put(p, "<p>%s</p>", words_of(p)->over);
        if (quarter)
                page_put(p, "<p>%s</p>", words_of(p)->quarter);
        page_put(p, "<p>%s</p></section>\n</main><script>%s</script></body></html>\n",
                 words_of(p)->source, script);
}

/**
 * report_html() - append the page
 * @answer: tables "region", "municipality" and "age" of one count, and "sentences"
 *
 * Some 150 kB. Errors: -EINVAL (a table is missing), -ENOMEM.
 */
int report_html(const Json *answer, Language language, Buf *append_to)
{
        const Words *words = language == LANGUAGE_EN ? &english : &danish;
        Page p = {.language = language,
                  .decimal = words->decimal,
                  .group = words->group,
                  .to = append_to};
        const Json *region = json_get(answer, "region");
        const Json *regions = json_get(region, "rows");
        const Json *areas = json_path(answer, "municipality.rows");
        const Json *ages = json_path(answer, "age.rows");
        const Json *others = json_path(answer, "others.rows");
        const Json *sentences = json_get(json_get(answer, "sentences"), words_of(&p)->lang);

        if (json_len(regions) == 0 || json_len(areas) == 0 || json_len(ages) == 0)
                return -EINVAL;
        put_head(&p, region);
        put_headline(&p, answer, region, row_of_area(regions, "0000"));
        put_map(&p, areas, others);
        report_put_trend(&p, answer);
        put_table(&p, words->ages, ages, true);
        put_table(&p, words->regions, regions, false);
        put_table(&p, words->areas, areas, false);
        put_others(&p, others);
        report_put_competition(&p, json_get(answer, "competition"));
        report_put_reach(&p, json_get(answer, "reach"));
        report_put_delivery(&p, answer);
        put_foot(&p, areas, field(sentences, "basis"), answer);
        return p.r;
}
