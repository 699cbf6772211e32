/* The Danish alphabet: Æ Ø Å last, Aa as Å. */
#ifndef ADVISD_STATS_DANISH_H
#define ADVISD_STATS_DANISH_H

/* <0, 0, >0 as strcmp(); UTF-8. 0 only for equal bytes. */
int danish_compare(const char *a, const char *b);

#endif
