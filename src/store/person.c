/*
 * What is held on one person. Nothing here opens a CPR number; addresses come masked. Whoever asks
 * writes the audit row in the same transaction.
 */
#include "store/show-priv.h"

#include <string.h>

int store_show_citizen(StoreTx *tx, int64_t citizen, ShownCitizen *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_SHOW_CITIZEN, &st, "i", citizen);

        if (r != 0)
                return r;
        *ret = (ShownCitizen){
                .id = citizen,
                .born = stmt_int(st, 0),
                .sex = (Sex)stmt_int(st, 1),
                .residence = (Residence)stmt_int(st, 2),
                .municipality = (uint16_t)stmt_int(st, 3),
                .enrolment = (Enrolment)stmt_int(st, 4),
                .basis = (Basis)stmt_int(st, 5),
                .reason = (EnrolmentReason)stmt_int(st, 6),
        };
        return 0;
}

/* The newest are read first, so that the old ones are left out when there are too many. */
static void turn_round(ShownChange *c, unsigned n)
{
        for (unsigned i = 0; i < n / 2; i++) {
                ShownChange swap = c[i];

                c[i] = c[n - 1 - i];
                c[n - 1 - i] = swap;
        }
}

static ShownChange change_row(DbStmt *st)
{
        return (ShownChange){
                .at_usec = (usec_t)stmt_int64(st, 0),
                .rev = (uint32_t)stmt_int64(st, 1),
                .learnt_usec = (usec_t)stmt_int64(st, 2),
        };
}

int store_show_residence(StoreTx *tx, int64_t citizen, ShownChange *ret, unsigned max,
                         unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_SHOW_RESIDENCE, &st, "ii", citizen, (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                ShownChange *c = &ret[(*ret_n)++];

                *c = change_row(st);
                c->residence = (Residence)stmt_int(st, 3);
                c->municipality = (uint16_t)stmt_int(st, 4);
        }
        turn_round(ret, *ret_n);
        return r < 0 ? r : 0;
}

int store_show_enrolment(StoreTx *tx, int64_t citizen, ShownChange *ret, unsigned max,
                         unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_SHOW_ENROLMENT, &st, "ii", citizen, (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                ShownChange *c = &ret[(*ret_n)++];

                *c = change_row(st);
                c->enrolment = (Enrolment)stmt_int(st, 3);
                c->basis = (Basis)stmt_int(st, 4);
                c->reason = (EnrolmentReason)stmt_int(st, 5);
        }
        turn_round(ret, *ret_n);
        return r < 0 ? r : 0;
}

static int accesses_by(StoreTx *tx, Stmt id, bool is_reader, int64_t citizen, ShownAccess *ret,
                       unsigned max, unsigned *n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, id, &st, "ii", citizen, (int64_t)(max - *n)); r == 0;
             r = stmt_next(tx, st))
                ret[(*n)++] = (ShownAccess){
                        .id = stmt_int64(st, 0),
                        .mailbox = stmt_int64(st, 1),
                        .kind = (AccessKind)stmt_int(st, 2),
                        .is_reader = is_reader,
                        .language = (Language)stmt_int(st, 3),
                        .opted_out_usec = (usec_t)stmt_int64(st, 4),
                        .until_usec = (usec_t)stmt_int64(st, 5),
                };
        return r < 0 ? r : 0;
}

int store_show_accesses(StoreTx *tx, int64_t citizen, ShownAccess *ret, unsigned max,
                        unsigned *ret_n)
{
        int r;

        *ret_n = 0;
        r = accesses_by(tx, STMT_SHOW_ACCESSES, false, citizen, ret, max, ret_n);
        return r < 0 ? r : accesses_by(tx, STMT_SHOW_ACCESSES_READ, true, citizen, ret, max, ret_n);
}

int store_show_addresses(StoreTx *tx, int64_t access, ShownAddress *ret, unsigned max,
                         unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_SHOW_ADDRESSES, &st, "ii", access, (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                int k = shown_address_row(tx, st, 0, &ret[*ret_n]);

                if (k < 0)
                        return k;
                (*ret_n)++;
        }
        return r < 0 ? r : 0;
}

int store_show_messages_to(StoreTx *tx, int64_t citizen, int64_t before, ShownMessage *ret,
                           unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_SHOW_MESSAGES_TO, &st, "iii", citizen,
                          before == 0 ? INT64_MAX : before, (int64_t)max);
             r == 0; r = stmt_next(tx, st))
                ret[(*ret_n)++] = shown_message_row(st);
        return r < 0 ? r : 0;
}
