/*
 * Whom an operator means: "cpr" of a call becomes a citizen, and the audit row stands before
 * anything is done or answered. Who looked for nobody is written down, too; a dry run as what it
 * is. The number itself goes nowhere.
 */
#include "control/control-priv.h"

#include "base/secret.h"

#include <errno.h>
#include <string.h>

static int audit(StoreTx *tx, const ControlCall *c, const char *what, int64_t citizen)
{
        char reason[300];

        if (!param_flag(c, "dry-run"))
                return store_audit(tx, c->uid, what, citizen, param_text(c, "reason"));
        (void)snprintf(reason, sizeof(reason), "dry run: %s", param_text(c, "reason"));
        return store_audit(tx, c->uid, what, citizen, reason);
}

/**
 * person_find() - the citizen of "cpr", with an audit row of @what and "reason"
 *
 * In a write. Return: 0; PERSON_E_NONE: the call is refused, and done; negative: the store's.
 */
int person_find(StoreTx *tx, ControlCall *c, const char *what, int64_t *ret)
{
        const char *text = param_text(c, "cpr");
        Cpr cpr;
        int r, k;

        *ret = 0;
        if (cpr_parse(text, strlen(text), &cpr) != 0) {
                control_refuse(c, 400, NULL, "that is no CPR number");
                return PERSON_E_NONE;
        }
        r = store_citizen_find(tx, &cpr, false, ret);
        secret_wipe(&cpr, sizeof(cpr));
        if (r < 0)
                return r;
        k = audit(tx, c, what, r == 0 ? *ret : 0);
        if (k < 0)
                return k;
        if (r == 0)
                return 0;
        control_refuse(c, 404, NULL, "nothing is held on this person");
        return PERSON_E_NONE;
}
