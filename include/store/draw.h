/* Draws among the citizens of municipalities that won: who may be drawn, and who was. */
#ifndef ADVISD_STORE_DRAW_H
#define ADVISD_STORE_DRAW_H

#include "base/secret.h"
#include "store/store.h"

#define STORE_DRAW_KEY_BYTES 32
#define STORE_DRAW_TEXT_MAX  256

typedef struct StoreDraw {
        int64_t id;
        uint8_t category;
        uint16_t region; /* 0 = the country */
        uint16_t municipality;
        uint32_t prizes, n;                /* n: entries */
        usec_t committed_usec, drawn_usec; /* 0 = not drawn */
        char source[STORE_DRAW_TEXT_MAX];  /* where the public value will come from */
        char value[STORE_DRAW_TEXT_MAX];   /* "" = not drawn */
} StoreDraw;

/* By title and municipality. STORE_E_NOT_FOUND. */
int store_draw_find(StoreTx *tx, const StoreDraw *of, StoreDraw *ret) _nodiscard_;
/* Another one of that municipality is committed and not drawn. STORE_E_NOT_FOUND: none. */
int store_draw_open_in(StoreTx *tx, uint16_t municipality, StoreDraw *ret) _nodiscard_;
int store_draw_list(StoreTx *tx, int64_t after, StoreDraw *ret, unsigned max,
                    unsigned *ret_n) _nodiscard_;

/* Did this person enrol of their own will from then until before then? */
int store_draw_enrolled_within(StoreTx *tx, int64_t citizen, usec_t from_usec, usec_t before_usec,
                               bool *ret) _nodiscard_;
/* Has been drawn already, or may be in another draw. */
int store_draw_is_taken(StoreTx *tx, int64_t citizen, bool *ret) _nodiscard_;

/* Entries 1…n are these citizens; @d: all but id, n and times; gets them. STORE_E_DUPLICATE: there
 * is one for that title and municipality. */
int store_draw_commit(StoreTx *tx, StoreDraw *d, const uint8_t key[STORE_DRAW_KEY_BYTES],
                      const int64_t citizen[], uint32_t n) _nodiscard_;
/* Until it is drawn. STORE_E_NOT_FOUND: it is. */
int store_draw_key(StoreTx *tx, int64_t id, uint8_t ret[STORE_DRAW_KEY_BYTES]) _nodiscard_;
/* These entries have won, in that order; @pool is kept, entries and key are erased. */
typedef struct StoreDrawn {
        const char *value;
        const void *pool; /* all lines */
        size_t pool_bytes;
        const uint32_t *entry;
        unsigned n_entries;
} StoreDrawn;
int store_draw_finish(StoreTx *tx, int64_t id, const StoreDrawn *drawn) _nodiscard_;
int store_draw_pool(StoreTx *tx, int64_t id, Buf *append_to) _nodiscard_;
/* 0 in place of one who was erased since. */
int store_draw_winners(StoreTx *tx, int64_t id, int64_t ret[], unsigned max,
                       unsigned *ret_n) _nodiscard_;

#endif
