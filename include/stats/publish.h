/* Figures as text: CSV for people and for machines, JSON, the headline. */
#ifndef ADVISD_STATS_PUBLISH_H
#define ADVISD_STATS_PUBLISH_H

#include "base/buf.h"
#include "stats/figure.h"

/* The columns of numbers, the same in CSV and JSON and never renamed: X(member, name, Danish
 * heading). In CSV they come behind date, week, quarter, area, name, age, sex, and before flags. */
#define FIGURE_COUNT_MAP(X)                            \
        X(population, "population", "Folketal")        \
        X(residents, "residents", "I registret")       \
        X(enrolled, "enrolled", "Tilmeldt")            \
        X(voluntary, "voluntary", "Heraf frivilligt")  \
        X(automatic, "automatic", "Heraf automatisk")  \
        X(not_said, "not_said", "Heraf uoplyst")       \
        X(exempt, "exempt", "Fritaget")                \
        X(neither, "neither", "Hverken")               \
        X(none, "none", "Heraf meldt ingen af delene") \
        X(unknown, "unknown", "Heraf ukendt")
#define FIGURE_PCT_MAP(X)                   \
        X(enrolled, "enrolled", "Tilmeldt") \
        X(exempt, "exempt", "Fritaget")     \
        X(neither, "neither", "Hverken")

typedef enum FigureLocale {
        FIGURE_LOCALE_DA, /* byte-order mark, ';', decimal comma, CR LF: opens in a Danish Excel */
        FIGURE_LOCALE_C,  /* ',', decimal point, LF */
} FigureLocale;

int figure_csv(const FigureTable *t, FigureLocale locale, Buf *append_to) _nodiscard_;
int figure_json(const FigureTable *t, Buf *append_to) _nodiscard_;

/* "uge 34, 2014: tilmeldt 52,6 pct. · fritaget 6,1 pct. · hverken 41,3 pct."; of an area, its name
 * first. */
int figure_headline(const FigureTable *t, const FigureRow *row, Language language,
                    Buf *append_to) _nodiscard_;
/* "folketal 15+ i 2014K3: 4.675.352": what the percentages are of; and what it should have been. */
int figure_basis(const FigureTable *t, const FigureRow *row, Language language,
                 Buf *append_to) _nodiscard_;

/* For whoever draws a table. */
#define FIGURE_LABEL_MAX 96
const char *figure_area_label(
        const FigureTable *t, const FigureRow *row, Language language,
        char buf[FIGURE_LABEL_MAX]); /* "Aalborg", "Region Nordjylland", "Hele landet" */
#define FIGURE_AREA_CODE_MAX 8
const char *figure_area_code(const FigureRow *row,
                             char buf[FIGURE_AREA_CODE_MAX]); /* "0851"; "sum" of chosen areas */
const char *figure_sex_label(const FigureRow *row, Language language); /* "mænd", "women", "alle" */
#define FIGURE_FLAGS_MAX 96
const char *figure_flags_label(unsigned flags, Language language, char buf[FIGURE_FLAGS_MAX]);
#define FIGURE_NUMBER_MAX 32
const char *figure_number(int64_t n, Language language,
                          char buf[FIGURE_NUMBER_MAX]); /* 4.675.352 */
const char *figure_tenths_text(int32_t tenths, char decimal,
                               char buf[FIGURE_NUMBER_MAX]); /* "52,6"; "" for none */

#endif
