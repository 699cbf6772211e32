/* The HTML report: whole without a script, from nowhere but itself, and every number the answer's.
 */
#include "tool/report.h"
#include "unit/test.h"

#include "base/str.h"

#include <errno.h>

#define ROW(area, name, age, total, pct, flags)                                                  \
        "{\"area\":\"" area "\",\"name\":\"" name "\",\"age\":\"" age "\",\"total\":" total      \
        ",\"population\":4675352,\"enrolled\":2459235,\"enrolled_pct\":" pct                     \
        ",\"exempt\":285196,\"exempt_pct\":6.1,\"neither_pct\":41.3,\"enrolled_change_pp\":0.4," \
        "\"flags\":[" flags "]}"

#define TABLE(rows) "{\"date\":\"2014-08-24\",\"week\":\"2014-W34\",\"rows\":[" rows "]}"

static const char answer[] =
        "{\"region\":" TABLE(ROW("1081", "Nordjylland", "15+", "false", "50.2", "") "," ROW(
                "0000", "Hele landet", "15+", "true", "52.6",
                "")) ","
                     "\"municipality\":" TABLE(
                             ROW("0851", "Aalborg", "15+", "false", "61.7", "\"over\"") "," ROW(
                                     "0101", "K<b>&", "15+", "false", "null",
                                     "") "," ROW("0000", "Hele landet", "15+", "true", "52.6",
                                                 "")) ","
                                                      "\"age\":" TABLE(ROW(
                                                              "0000", "Hele landet", "15-24",
                                                              "false", "39.9",
                                                              "") "," ROW("0000", "Hele landet",
                                                                          "15+", "true", "52.6",
                                                                          "")) ","
                                                                               "\"sentences\":{"
                                                                               "\"da\":{\"basis\":"
                                                                               "\"Folketal "
                                                                               "2014K3\"},\"en\":{"
                                                                               "\"basis\":"
                                                                               "\"2014Q3\"}}}";

/* The answer above with what else there may be. */
static char *with(const char *more)
{
        char *json = NULL;

        assert_true(asprintf(&json, "%.*s,%s}", (int)strlen(answer) - 1, answer, more) > 0);
        return json;
}

#define WEEK(date, week, pct)                                                                \
        "{\"date\":\"" date "\",\"week\":\"" week "\",\"population\":1000,\"enrolled\":600," \
        "\"voluntary\":500,\"automatic\":100,\"exempt\":50,\"enrolled_pct\":" pct            \
        ",\"exempt_pct\":5.0}"

static char *page_of(const char *json, Language language)
{
        _cleanup_json_ Json *j = NULL;
        Buf page = BUF_NULL;

        assert_int_equal(json_parse(json, strlen(json), &j, NULL), 0);
        assert_int_equal(report_html(j, language, &page), 0);
        return buf_take(&page);
}

#define HAS(page, text)   assert_non_null(strstr(page, text))
#define LACKS(page, text) assert_null(strstr(page, text))

TEST(the_headline_is_said_as_the_press_says_it)
{
        _cleanup_free_ char *da = page_of(answer, LANGUAGE_DA), *en = page_of(answer, LANGUAGE_EN);

        HAS(da, "<html lang=\"da\">");
        HAS(da, "Uge 34, 2014");
        HAS(da, ">52,6 pct.<");
        HAS(da, "(2.459.235 af 4.675.352)");
        HAS(da, "6,1 pct. er fritaget.");
        HAS(da, "41,3 pct. er hverken tilmeldt eller fritaget.");
        HAS(da, "Folketal 2014K3");
        HAS(en, "<html lang=\"en\">");
        HAS(en, "Week 34, 2014");
        HAS(en, ">52.6%<");
        HAS(en, "2,459,235");
        HAS(en, "6.1% are exempt.");
}

TEST(the_map_leads_to_the_rows_and_names_each_figure)
{
        _cleanup_free_ char *page = page_of(answer, LANGUAGE_DA);

        HAS(page, "<a href=\"#a0851\" aria-label=\"Aalborg: 61,7 pct.\"><path class=\"c3\"");
        HAS(page, "<tr id=\"a0851\">");
        HAS(page, "GeoDanmark");
}

TEST(what_is_not_known_is_a_dash_and_what_is_odd_is_flagged)
{
        _cleanup_free_ char *page = page_of(answer, LANGUAGE_DA);

        HAS(page, ">–<");
        HAS(page, ": – pct.\"><path class=\"cn\"");
        HAS(page, "Aalborg*</th>");
        HAS(page, "* Flere end folketallet");
        HAS(page, "+0,4");
}

TEST(nothing_comes_from_elsewhere_and_names_are_escaped)
{
        _cleanup_free_ char *page = page_of(answer, LANGUAGE_EN);

        HAS(page, "default-src 'none'");
        LACKS(page, "http:");
        LACKS(page, "https:");
        LACKS(page, "src=");
        LACKS(page, "K<b>");
        HAS(page, "K&lt;b&gt;&amp;");
}

TEST(an_answer_without_its_tables_is_refused)
{
        _cleanup_json_ Json *j = NULL;
        _cleanup_buf_ Buf page = BUF_NULL;

        assert_int_equal(json_parse("{}", 2, &j, NULL), 0);
        assert_int_equal(report_html(j, LANGUAGE_DA, &page), -EINVAL);
        assert_int_equal(page.len, 0);
}

TEST(the_trend_is_a_picture_and_a_table_of_the_same_weeks)
{
        _cleanup_free_ char *json =
                with("\"law_day\":\"2014-11-01\",\"campaign_from\":\"2014-08-18\",\"campaign_to\":"
                     "\"2015-01-31\",\"expected_exempt_pct\":20,"
                     "\"trend\":[" WEEK("2014-10-26", "2014-W43",
                                        "55.5") "," WEEK("2014-11-02", "2014-W44", "88.8") "]");
        _cleanup_free_ char *one = with("\"trend\":[" WEEK("2014-10-26", "2014-W43", "55.5") "]");
        _cleanup_free_ char *da = page_of(json, LANGUAGE_DA), *en = page_of(json, LANGUAGE_EN),
                            *alone = page_of(one, LANGUAGE_DA);

        HAS(da, "<svg class=\"trend\"");
        HAS(da, "role=\"img\" aria-label=\"Udvikling uge for uge\"");
        HAS(da, ">55,5<");
        HAS(da, ">88,8<");
        HAS(da, "Digital Post bliver obligatorisk");
        HAS(da, "ventet andel fritagne");
        HAS(da, ">kampagne<");
        HAS(en, ">88.8<");
        HAS(en, "2014-W44");
        LACKS(alone, "<svg class=\"trend\"");
        HAS(alone, "Der er endnu ikke opgjort to uger.");
}

#define PLACE(rank, tied, name, numerator, denominator, pct, status)                              \
        "{\"rank\":" rank ",\"tied\":" tied ",\"winner\":false,\"status\":\"" status              \
        "\",\"area\":\"0101\",\"name\":\"" name "\",\"region\":\"Nord\",\"numerator\":" numerator \
        ",\"denominator\":" denominator ",\"pct\":" pct ",\"flags\":[]}"
#define STANDING(category, scope, baseline, withheld, rows)                                    \
        "{\"category\":" category ",\"scope\":\"" scope "\",\"scope_name\":\"Nord\",\"date\":" \
        "\"2014-10-24\",\"baseline\":" baseline ",\"final\":true,\"withheld\":" withheld       \
        ",\"shown\":\"2014-11-01\",\"rows\":[" rows "]}"
#define COMPETITION(tables) \
        "\"competition\":{" \
        "\"tables\":[" tables "]}"

#define FIRSTS                                                                 \
        PLACE("1", "true", "A<b>", "29", "40", "72.5", "ranked")               \
        "," PLACE("1", "true", "Bøl", "58", "80", "72.5", "ranked") "," PLACE( \
                "11", "false", "Elleve", "1", "40", "2.5",                     \
                "ranked") "," PLACE("null", "false", "Ude", "9", "9", "100.0", "outside")
#define REGIONAL PLACE("1", "false", "Bøl", "null", "null", "null", "ranked")
#define STILL    PLACE("1", "true", "Stille", "5", "5", "0.0", "ranked")
#define SECRET   PLACE("null", "false", "Hemmelig", "null", "null", "null", "ranked")

TEST(the_competition_has_its_places_and_their_numbers)
{
        static const char tables[] =
                COMPETITION(STANDING("1", "0000", "null", "null", FIRSTS) "," STANDING(
                        "1", "1081", "null", "\"numbers\"",
                        REGIONAL) "," STANDING("2", "0000", "\"2014-09-08\"", "null",
                                               STILL) "," STANDING("3", "0000", "null",
                                                                   "\"winners\"", SECRET));
        _cleanup_free_ char *json = with(tables);
        _cleanup_free_ char *da = page_of(json, LANGUAGE_DA), *en = page_of(json, LANGUAGE_EN),
                            *none = page_of(answer, LANGUAGE_DA);

        HAS(da, "<h2>Konkurrencen mellem kommunerne</h2>");
        HAS(da, "<h3>Danmarks mest digitale kommune: ");
        HAS(da, "<h3>Danmarks digitale slutspurter: ");
        HAS(da, "<h3>Danmarks mest digitale unge: ");
        HAS(da, "A&lt;b&gt;</th><td data-v=\"1\">1=</td><td data-v=\"29.0\">29</td>");
        HAS(da, ">72,5<");
        HAS(en, ">72.5<");
        HAS(da, "1 kommuner deltager ikke.");
        LACKS(da, "Elleve"); /* the first ten */
        LACKS(da, ">Ude<");
        HAS(da, "Tallene offentliggøres 2014-11-01.");
        HAS(da, "Bøl, Region Nord</th>");
        HAS(da, "Ingen fremgang.");
        LACKS(da, "Stille");
        HAS(da, "Vinderne offentliggøres 2014-11-01.");
        LACKS(da, "Hemmelig");
        HAS(en, "The winners are announced on 2014-11-01.");
        LACKS(none, "Danmarks mest digitale kommune");
}

#define FOUR_TIED                                                             \
        PLACE("2", "true", "Lige", "5", "4", "25.0", "ranked")                \
        "," PLACE("2", "true", "Lige", "5", "4", "25.0", "ranked") "," PLACE( \
                "2", "true", "Lige", "5", "4", "25.0",                        \
                "ranked") "," PLACE("2", "true", "Lige", "5", "4", "25.0", "ranked")

TEST(when_many_share_a_place_they_are_counted)
{
        static const char few[] = COMPETITION(
                STANDING("3", "0000", "null", "null",
                         PLACE("1", "false", "Fin", "6", "4", "50.0", "ranked") "," FOUR_TIED));
        static const char many[] = COMPETITION(
                STANDING("3", "0000", "null", "null",
                         PLACE("1", "false", "Fin", "6", "4", "50.0",
                               "ranked") "," FOUR_TIED "," FOUR_TIED "," FOUR_TIED "," FOUR_TIED));
        _cleanup_free_ char *a = with(few), *b = with(many);
        _cleanup_free_ char *shown = page_of(a, LANGUAGE_DA), *counted = page_of(b, LANGUAGE_DA),
                            *en = page_of(b, LANGUAGE_EN);

        HAS(shown, ">Lige</th>");
        LACKS(shown, "deler placering 2");
        HAS(counted, ">Fin</th>");
        LACKS(counted, ">Lige</th>");
        HAS(counted, "16 kommuner deler placering 2.");
        HAS(en, "16 municipalities share place 2.");
}

TEST(the_goal_is_the_sites)
{
        _cleanup_free_ char *json = with("\"digital_goal_pct\":85,\"goal_year\":2016,"
                                         "\"expected_exempt_pct\":15");
        _cleanup_free_ char *da = page_of(json, LANGUAGE_DA), *en = page_of(json, LANGUAGE_EN);

        HAS(da, "Mål: 85 pct. af den skriftlige kommunikation skal foregå digitalt i 2016. Ventet "
                "andel fritagne: op mod 15 pct.");
        HAS(en, "Goal: 85% of written communication is to be digital in 2016.");
}

TEST(who_can_be_told_and_what_was_delivered_are_said_or_said_to_be_missing)
{
        _cleanup_free_ char *json = with(
                "\"reach\":{\"date\":\"2014-08-24\",\"rows\":[{\"age\":\"15-24\",\"total\":false,"
                "\"enrolled\":1234,\"sms_only\":null,\"flags\":[\"withheld\"]},{\"age\":\"15+\","
                "\"total\":true,\"enrolled\":4321}]},"
                "\"delivery\":{\"digital_goal_pct\":80,\"goal_year\":2015,\"channels\":[{"
                "\"channel\":\"sms\",\"filed\":7654,\"ends\":{\"delivered\":11,\"accepted\":12,"
                "\"rejected\":13,\"expired\":14},\"delay\":{\"median_ms\":1250,"
                "\"p95_ms\":9870,\"within_10s_pct\":99.5}}],\"months\":[{\"month\":\"2014-08\","
                "\"digital\":9,"
                "\"physical\":3,\"digital_pct\":75.0,\"paper\":null,\"read\":1,\"read_pct\":11.1}],"
                "\"senders\":[{\"sender\":\"11111111\",\"digital\":1,\"physical\":1},"
                "{\"sender\":\"22222222\",\"digital\":7,\"physical\":1,\"digital_pct\":87.5},"
                "{\"sender\":\"33333333\",\"digital\":2,\"physical\":0},"
                "{\"sender\":\"44444444\",\"digital\":0,\"physical\":0},"
                "{\"sender\":\"\",\"digital\":0,\"physical\":2}]}");
        _cleanup_free_ char *da = page_of(json, LANGUAGE_DA), *none = page_of(answer, LANGUAGE_DA);

        HAS(da, ">1.234<");
        HAS(da, ">..<");
        HAS(da, ">7.654<");
        HAS(da, ">1,2<"); /* seconds */
        HAS(da, ">9,9<");
        HAS(da, ">99,5<");
        HAS(da, ">75,0<");
        HAS(da, ">ikke oplyst<");
        /* authorities: who sent most comes first, equals as they were told, who sent nothing not */
        HAS(da, "data-v=\"0\">22222222</th>");
        HAS(da, ">87,5<");
        HAS(da, "data-v=\"1\">11111111</th>");
        HAS(da, "data-v=\"2\">33333333</th>");
        HAS(da, "data-v=\"3\">ikke oplyst</th>");
        LACKS(da, "44444444");
        HAS(none, "Ikke oplyst: der er ingen opgørelse fra ugen.");
}

TEST(christiansoe_is_on_the_map_and_below_the_table)
{
        _cleanup_free_ char *json =
                with("\"others\":" TABLE(ROW("0411", "Christiansø", "15+", "false", "54.1", "")));
        _cleanup_free_ char *da = page_of(json, LANGUAGE_DA);

        HAS(da, "<a href=\"#a0411\" aria-label=\"Christiansø: 54,1 pct.\">");
        HAS(da, "<p id=\"a0411\">Christiansø: 54,1 pct.");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_headline_is_said_as_the_press_says_it),
                cmocka_unit_test(the_map_leads_to_the_rows_and_names_each_figure),
                cmocka_unit_test(what_is_not_known_is_a_dash_and_what_is_odd_is_flagged),
                cmocka_unit_test(nothing_comes_from_elsewhere_and_names_are_escaped),
                cmocka_unit_test(an_answer_without_its_tables_is_refused),
                cmocka_unit_test(the_trend_is_a_picture_and_a_table_of_the_same_weeks),
                cmocka_unit_test(the_competition_has_its_places_and_their_numbers),
                cmocka_unit_test(when_many_share_a_place_they_are_counted),
                cmocka_unit_test(the_goal_is_the_sites),
                cmocka_unit_test(
                        who_can_be_told_and_what_was_delivered_are_said_or_said_to_be_missing),
                cmocka_unit_test(christiansoe_is_on_the_map_and_below_the_table),
        };

        return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
