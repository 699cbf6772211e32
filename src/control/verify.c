/*
 * "verify": every sum counted again from the rows, the laws from the sums.
 *
 * All must be of one instant. A small store is counted in one short read; a large one is copied by
 * the writer, piece by piece between its turns, and counted from the copy in slices, so that
 * neither takes anybody's time for long.
 */
#include "control/control-priv.h"

#include "store/copy.h"
#include "store/counter.h"

#include <errno.h>

#define SMALL_ROWS   20000 /* messages and alerts: well below 250 ms with all that hangs on them */
#define SLICES_A_RUN 8

typedef struct Lines {
        Json *list;
        int r;
} Lines;

/* Between the slices. */
typedef struct VerifyState {
        StoreCopy *copy;
        Recount *recount;
} VerifyState;

static void on_line(void *userdata, bool ok, const char *line)
{
        Lines *l = userdata;
        Json *o = json_object_new();

        json_put_bool(&l->r, o, "ok", ok);
        json_put_text(&l->r, o, "text", line);
        json_add(&l->r, l->list, o);
}

static int verify_answer(StoreTx *tx, ControlCall *c, Recount *v)
{
        Lines l = {.list = json_array_new()};
        Json *o = json_object_new();
        bool ok = false;
        int r = v ? store_recount_tell(tx, v, on_line, &l, &ok)
                  : store_verify(tx, on_line, &l, &ok);

        if (r >= 0)
                r = l.r;
        json_put_bool(&r, o, "ok", ok);
        json_put(&r, o, "lines", l.list);
        return control_answer(c, o, r);
}

static void state_free(void *state)
{
        VerifyState *s = state;

        if (!s)
                return;
        store_recount_free(s->recount);
        store_copy_free(s->copy);
        free(s);
}

static int verify_begin(StoreTx *tx, ControlCall *c)
{
        VerifyState *s;
        int64_t size = 0;
        int r = store_recount_size(tx, &size);

        if (r < 0)
                return r;
        if (size <= SMALL_ROWS)
                return verify_answer(tx, c, NULL);
        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        c->state = s;
        c->state_free = state_free;
        r = store_recount_new(&s->recount);
        return r < 0 ? r : CONTROL_MORE_WRITE;
}

/* On the writer: a piece is copied before each of its turns. */
static int verify_copy(StoreTx *tx, ControlCall *c, VerifyState *s)
{
        int r;

        if (s->copy) {
                r = store_copy_state(s->copy);
                return r < 0 ? r : r == STORE_COPY_WHOLE ? CONTROL_MORE : CONTROL_MORE_WRITE;
        }
        r = store_copy_begin(tx, &s->copy);
        if (r == -EBUSY) {
                control_refuse(c, 409, "wait until that is done", "a recount is under way already");
                return CONTROL_DONE;
        }
        return r < 0 ? r : CONTROL_MORE_WRITE;
}

/* On the reader, but not of its connection. */
static int verify_slices(ControlCall *c, VerifyState *s)
{
        StoreTx *tx = NULL;
        int r = store_copy_read(s->copy, &tx);

        for (unsigned i = 0; r == 0 && i < SLICES_A_RUN; i++)
                r = store_recount_slice(tx, s->recount);
        if (r < 0)
                return r;
        return r == STORE_RECOUNT_ALL ? verify_answer(tx, c, s->recount) : CONTROL_MORE;
}

int verb_verify(StoreTx *tx, ControlCall *c)
{
        VerifyState *s = c->state;

        if (!s)
                return verify_begin(tx, c);
        if (!s->copy || store_copy_state(s->copy) != STORE_COPY_WHOLE)
                return verify_copy(tx, c, s);
        return verify_slices(c, s);
}
