/* What the verbs share. */
#ifndef ADVISD_CONTROL_PRIV_H
#define ADVISD_CONTROL_PRIV_H

#include "base/civil.h"
#include "base/json-put.h"
#include "control/control.h"
#include "store/show.h"

/* The verbs, one file a family. */
int verb_status(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_queue(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_alerts(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_message(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_alert(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_citizen(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_rejects(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_reject(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_reject_bytes(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_reject_drop(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_gateways(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_figures(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_competition(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_draws(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_draw_file(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_draw_commit(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_draw_value(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_draw_winners(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_snapshot(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_snapshots(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_reach(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_delivery(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_enrolment_due(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_enrolment_apply(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_metrics(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_reject_resubmit(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_import(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_import_mark(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_verify(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_forget(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_lift(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_keys(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_backup(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_hold(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_release(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_holds(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_retry(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_cancel(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_replay(StoreTx *tx, ControlCall *c) _nodiscard_;
int verb_audit(StoreTx *tx, ControlCall *c) _nodiscard_;

/* Parameters: NULL, 0 and false when they are not there. */
const char *param_text(const ControlCall *c, const char *name);
/* A whole number in its bounds, or refuses the call: false. @fallback when it is not there. */
bool param_number(ControlCall *c, const char *name, int64_t min, int64_t max, int64_t fallback,
                  int64_t *ret);
/* RFC 3339, or a day: its first instant in Copenhagen. 0 when it is not there. */
bool param_time(ControlCall *c, const char *name, usec_t *ret);
bool param_flag(const ControlCall *c, const char *name);

/* The citizen of "cpr", audited as @what. PERSON_E_NONE: refused; negative: the store's. */
enum { PERSON_E_NONE = 1 };
int person_find(StoreTx *tx, ControlCall *c, const char *what, int64_t *ret) _nodiscard_;

/* The answer as 200; takes @j, and @r when something went wrong on the way. Return: for run(). */
int control_answer(ControlCall *c, Json *j, int r) _nodiscard_;

/* Values that several verbs tell. */
Json *json_of_message(const ShownMessage *s, int *r);
Json *json_of_alert(const ShownAlert *s, int *r);
Json *json_of_address(const ShownAddress *a, int *r);
/* Eight digits, or "none" (0); false: the call is refused. */
bool param_cvr(ControlCall *c, const char *name, uint32_t *ret);
int keys_json(StoreTx *tx, Json **ret) _nodiscard_;  /* the answer of "keys" */
int holds_json(StoreTx *tx, Json **ret) _nodiscard_; /* what is held now, as an array */

#endif
