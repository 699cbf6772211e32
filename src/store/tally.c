/*
 * What was settled, by civil day, place, channel and state: gathered in memory while a transaction
 * runs, added to the table once before its commit. A group commit of a thousand outcomes touches a
 * few rows.
 */
#include "store/store-priv.h"

#include <string.h>

#include "base/civil.h"

#include <assert.h>

static TallySlot *tally_find(StoreTx *tx, const TallySlot *key)
{
        uint32_t h = (uint32_t)key->day * 2654435761u ^ key->municipality * 40503u ^
                     key->channel * 97u ^ key->state * 131u;

        for (unsigned i = 0; i < TALLY_SLOTS; i++) {
                TallySlot *s = &tx->tally[(h + i) % TALLY_SLOTS];

                if (!s->used || (s->day == key->day && s->municipality == key->municipality &&
                                 s->channel == key->channel && s->state == key->state))
                        return s;
        }
        return NULL;
}

/**
 * store_tally() - count @by more
 * @at_usec: its civil day in Copenhagen is the tally's day
 * @state:   HANDED or an end; 0 = filed
 */
int store_tally(StoreTx *tx, usec_t at_usec, uint16_t municipality, Channel channel,
                AlertState state, int64_t by, unsigned segments)
{
        TallySlot key = {.day = civil_day(at_usec),
                         .municipality = municipality,
                         .channel = (uint8_t)channel,
                         .state = (uint8_t)state,
                         .used = 1};
        TallySlot *s;

        assert(tx->tally);
        if (tx->n_tally > TALLY_SLOTS / 2) {
                int r = tally_flush(tx);

                if (r < 0)
                        return r;
        }
        s = tally_find(tx, &key);
        assert(s); /* half of the slots are free */
        if (!s->used) {
                *s = key;
                tx->n_tally++;
        }
        s->n += by;
        s->segments += by * segments;
        return 0;
}

int tally_flush(StoreTx *tx)
{
        if (tx->n_tally == 0)
                return 0;
        for (unsigned i = 0; i < TALLY_SLOTS; i++) {
                const TallySlot *s = &tx->tally[i];
                int r;

                if (!s->used)
                        continue;
                r = stmt_run(tx, STMT_TALLY_ADD, "iiiiii", (int64_t)s->day,
                             (int64_t)s->municipality, (int64_t)s->channel, (int64_t)s->state, s->n,
                             s->segments);
                if (r < 0)
                        return r;
        }
        tally_forget(tx);
        return 0;
}

void tally_forget(StoreTx *tx)
{
        if (tx->n_tally)
                memset(tx->tally, 0, TALLY_SLOTS * sizeof(*tx->tally));
        tx->n_tally = 0;
}
