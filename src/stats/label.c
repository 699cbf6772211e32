/*
 * What people call the parts of a figure, in Danish and in English.
 *
 * Labels of rows, numbers with separators, and the two sentences: the headline, and what its
 * percentages are of. The words of the machine forms (publish.c) stand here, too, beside those for
 * people.
 */
#include "stats/publish-priv.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
        unsigned flag;
        const char *name, *da, *en;
} flag_words[FIGURE_FLAG_MAX] = {
        {FIGURE_OVER, "over", "over folketallet", "more than the population"},
        {FIGURE_NOBODY, "nobody", "ingen indbyggere", "nobody lives there"},
        {FIGURE_WITHHELD, "withheld", "udeladt, for få", "withheld, too few"},
        {FIGURE_WITHHELD_PART, "withheld_part", "dele udeladt, for få", "parts withheld, too few"},
        {FIGURE_QUARTER, "quarter", "andet kvartals folketal", "another quarter's population"},
};

const char *figure_area_label(const FigureTable *t, const FigureRow *row, Language language,
                              char buf[FIGURE_LABEL_MAX])
{
        bool is_english = language == LANGUAGE_EN, is_chosen = row->area == AREA_CHOSEN;
        const char *name = is_chosen ? "" : area_name(t->areas, row->area);

        assert(name);
        if (row->area == AREA_COUNTRY && is_english)
                name = "Denmark";
        if (is_chosen)
                name = is_english ? "The chosen areas" : "De valgte områder";
        snprintf(buf, FIGURE_LABEL_MAX, "%s%s",
                 row->area > AREA_REGION_BASE && !is_chosen ? "Region " : "", name);
        return buf;
}

const char *figure_area_code(const FigureRow *row, char buf[FIGURE_AREA_CODE_MAX])
{
        if (row->area == AREA_CHOSEN)
                snprintf(buf, FIGURE_AREA_CODE_MAX, "sum");
        else
                snprintf(buf, FIGURE_AREA_CODE_MAX, "%04u", row->area);
        return buf;
}

const char *figure_sex_label(const FigureRow *row, Language language)
{
        bool is_english = language == LANGUAGE_EN;

        switch (row->sex) {
        case SEX_MALE:
                return is_english ? "men" : "mænd";
        case SEX_FEMALE:
                return is_english ? "women" : "kvinder";
        default:
                return is_english ? "all" : "alle";
        }
}

/* The words of @flags with @between between them. */
static const char *flags_join(unsigned flags, const char *(*word)(unsigned i), const char *between,
                              char buf[FIGURE_FLAGS_MAX])
{
        size_t len = 0;

        buf[0] = '\0';
        for (unsigned i = 0; i < FIGURE_FLAG_MAX; i++)
                if (flags & flag_words[i].flag)
                        len += (size_t)snprintf(buf + len, FIGURE_FLAGS_MAX - len, "%s%s",
                                                len ? between : "", word(i));
        assert(len < FIGURE_FLAGS_MAX);
        return buf;
}

static const char *flag_name(unsigned i)
{
        return flag_words[i].name;
}

static const char *flag_danish(unsigned i)
{
        return flag_words[i].da;
}

static const char *flag_english(unsigned i)
{
        return flag_words[i].en;
}

const char *figure_flags_label(unsigned flags, Language language, char buf[FIGURE_FLAGS_MAX])
{
        return flags_join(flags, language == LANGUAGE_EN ? flag_english : flag_danish, ", ", buf);
}

const char *figure_flags_names(unsigned flags, const char *between, char buf[FIGURE_FLAGS_MAX])
{
        return flags_join(flags, flag_name, between, buf);
}

const char *figure_number(int64_t n, Language language, char buf[FIGURE_NUMBER_MAX])
{
        char digits[24], *to = buf;
        int len = n == FIGURE_NO_N ? 0 : snprintf(digits, sizeof(digits), "%" PRId64, n);

        for (int i = 0; i < len; i++) {
                if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
                        *to++ = language == LANGUAGE_EN ? ',' : '.';
                *to++ = digits[i];
        }
        *to = '\0';
        return buf;
}

const char *figure_tenths_text(int32_t tenths, char decimal, char buf[FIGURE_NUMBER_MAX])
{
        uint32_t v = tenths < 0 ? 0u - (uint32_t)tenths : (uint32_t)tenths;

        if (tenths == FIGURE_NO_PCT)
                return "";
        snprintf(buf, FIGURE_NUMBER_MAX, "%s%u%c%u", tenths < 0 ? "-" : "", v / 10, decimal,
                 v % 10);
        return buf;
}

const char *figure_week_text(const FigureTable *t, char buf[FIGURE_NUMBER_MAX])
{
        IsoWeek w = day_iso_week(t->day);

        if (!t->query.is_week)
                return "";
        snprintf(buf, FIGURE_NUMBER_MAX, "%04d-W%02d", w.year, w.week);
        return buf;
}

/* The stable words of the machine forms. */
const char *figure_sex_code(const FigureRow *row)
{
        return row->sex == SEX_MALE ? "M" : row->sex == SEX_FEMALE ? "K" : "all";
}

typedef struct Out {
        Buf *to;
        int r; /* first error */
} Out;

_printf_(2, 3) static void put(Out *o, const char *fmt, ...)
{
        va_list ap;

        if (o->r < 0)
                return;
        va_start(ap, fmt);
        o->r = buf_vprintf(o->to, fmt, ap);
        va_end(ap);
}

static void put_when(Out *o, const FigureTable *t, Language language)
{
        static const char *const months[2][12] = {
                {"januar", "februar", "marts", "april", "maj", "juni", "juli", "august",
                 "september", "oktober", "november", "december"},
                {"January", "February", "March", "April", "May", "June", "July", "August",
                 "September", "October", "November", "December"}};
        bool is_english = language == LANGUAGE_EN;
        IsoWeek w = day_iso_week(t->day);
        int y, m, d;

        day_to_ymd(t->day, &y, &m, &d);
        if (t->query.is_week)
                put(o, "%s %d, %d", is_english ? "week" : "uge", w.week, w.year);
        else
                put(o, "%d%s %s %d", d, is_english ? "" : ".", months[is_english][m - 1], y);
}

static void put_share(Out *o, const char *before, int32_t tenths, Language language)
{
        char text[FIGURE_NUMBER_MAX];
        const char *s = figure_tenths_text(tenths, language == LANGUAGE_EN ? '.' : ',', text);

        put(o, "%s %s%s", before, s[0] ? s : "–", language == LANGUAGE_EN ? "%" : " pct.");
}

/**
 * figure_headline() - a row in one sentence
 *
 * Of an area its name comes first: "Aalborg, uge 34, 2014: …". No newline. Errors: -ENOMEM.
 */
int figure_headline(const FigureTable *t, const FigureRow *row, Language language, Buf *append_to)
{
        Out o = {.to = append_to};
        bool is_english = language == LANGUAGE_EN;
        char label[FIGURE_LABEL_MAX];

        if (row->area != AREA_COUNTRY)
                put(&o, "%s, ", figure_area_label(t, row, language, label));
        put_when(&o, t, language);
        put_share(&o, is_english ? ": enrolled" : ": tilmeldt", row->pct.enrolled, language);
        put_share(&o, is_english ? " · exempt" : " · fritaget", row->pct.exempt, language);
        put_share(&o, is_english ? " · neither" : " · hverken", row->pct.neither, language);
        return o.r;
}

static void put_quarter(Out *o, Quarter q, Language language)
{
        put(o, "%04d%c%u", q.year, language == LANGUAGE_EN ? 'Q' : 'K', q.quarter);
}

/**
 * figure_basis() - what the percentages of a row are of
 *
 * "folketal 15+ i 2014K3: 4.675.352", and "(2014K4 findes ikke)" when that was wanted. Quarters are
 * written as Danmarks Statistik does in either language. No newline. Errors: -ENOMEM.
 */
int figure_basis(const FigureTable *t, const FigureRow *row, Language language, Buf *append_to)
{
        Out o = {.to = append_to};
        bool is_english = language == LANGUAGE_EN;
        char number[FIGURE_NUMBER_MAX];

        figure_number(row->n.population, language, number);
        if (!t->quarter.year) {
                put(&o,
                    is_english ? "residents %s in the register: %s" : "borgere %s i registret: %s",
                    band_word(row->band), number);
                return o.r;
        }
        put(&o, is_english ? "population %s in " : "folketal %s i ", band_word(row->band));
        put_quarter(&o, t->quarter, language);
        put(&o, ": %s", number);
        if (!quarter_eq(t->quarter, t->quarter_wanted)) {
                put(&o, " (");
                put_quarter(&o, t->quarter_wanted, language);
                put(&o, is_english ? " is not in the population table)"
                                   : " findes ikke i folketallet)");
        }
        return o.r;
}
