/*
 * Who did or looked up what, when and why. Written in the transaction of the deed itself, so that
 * neither stands without the other.
 */
#include "store/register.h"
#include "store/show.h"
#include "store/store-priv.h"

int store_audit(StoreTx *tx, uint32_t uid, const char *verb, int64_t citizen, const char *reason)
{
        return stmt_run(tx, STMT_AUDIT_ADD, "iitnt", (int64_t)tx->now_usec, (int64_t)uid, verb,
                        citizen, reason);
}

/**
 * store_show_audit() - the youngest first
 * @before: only those with a lesser id; 0 = from the youngest on
 */
int store_show_audit(StoreTx *tx, int64_t before, ShownAudit *ret, unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_SHOW_AUDIT, &st, "ii", before ? before : INT64_MAX,
                          (int64_t)max);
             r == 0; r = stmt_next(tx, st)) {
                ShownAudit *a = &ret[(*ret_n)++];

                *a = (ShownAudit){.id = stmt_int64(st, 0),
                                  .at_usec = (usec_t)stmt_int64(st, 1),
                                  .uid = (uint32_t)stmt_int64(st, 2),
                                  .citizen = stmt_int64(st, 4)};
                (void)snprintf(a->verb, sizeof(a->verb), "%s", stmt_str(st, 3));
                (void)snprintf(a->reason, sizeof(a->reason), "%s", stmt_str(st, 5));
        }
        return r < 0 ? r : 0;
}
