/* How the enrolled can be told, by area and age group. */
#ifndef ADVISD_STATS_REACH_H
#define ADVISD_STATS_REACH_H

#include "stats/figure.h"

/* The columns: X(member, name, what it counts). None counts anybody twice but the last seven. */
#define REACH_COUNT_MAP(X)                                                       \
        X(enrolled, "enrolled", "enrolled residents aged 15 or more")            \
        X(sms_only, "sms_only", "of these, reachable by SMS alone")              \
        X(email_only, "email_only", "by e-mail alone")                           \
        X(both, "both", "by both")                                               \
        X(none, "none", "by nothing")                                            \
        X(proven, "proven", "reachable, and something was delivered lately")     \
        X(opted_out, "opted_out", "of none, those who want no alerts")           \
        X(unverified, "unverified", "gave addresses, and none is verified")      \
        X(suppressed, "suppressed", "gave a verified address that is known bad") \
        X(post, "post", "got Digital Post in the last half year")                \
        X(unopened, "unopened", "and opened none of it")

typedef struct ReachCount {
#define REACH_MEMBER(member, name, text) int64_t member;
        REACH_COUNT_MAP(REACH_MEMBER)
#undef REACH_MEMBER
} ReachCount;

typedef struct Reach {
        const AreaTable *areas; /* borrowed */
        ReachCount n[AREAS_MAX][_BAND_MAX];
} Reach;

typedef struct ReachRow {
        uint16_t area; /* 0 = the country */
        AgeBand band;
        bool is_total, is_withheld;
        ReachCount n;
} ReachRow;

typedef struct ReachTable {
        unsigned n_rows;
        ReachRow row[];
} ReachTable;

void reach_init(Reach *r, const AreaTable *areas);
/* @n people of one kind; @flags as store/reach.h has them. */
void reach_put(Reach *r, uint16_t municipality, AgeBand band, const ReachCount *n);
/* Rows as figure_table_new() makes them of @q's by, by_age and minimum. -ENOMEM. */
int reach_table_new(const Reach *r, const FigureQuery *q, ReachTable **ret) _nodiscard_;

#endif
