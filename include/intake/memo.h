/* A MeMo document, fed in pieces of any size; constant memory whatever its attachments. */
#ifndef ADVISD_INTAKE_MEMO_H
#define ADVISD_INTAKE_MEMO_H

#include "intake/intake.h"

#include <stddef.h>

typedef struct Memo Memo;

#define MEMO_DEPTH_MAX    32
#define MEMO_TAG_MAX      (64 * 1024)   /* bytes of one tag, comment or instruction */
#define MEMO_TAGS_MAX     (1024 * 1024) /* bytes of all tags: names take memory */
#define TRANSMISSION_MARK "tid="        /* in a file name: "tid=ID.xml", "tid=ID,anything.xml" */

/* @rules are copied. -ENOMEM. */
int memo_new(const IntakeRules *rules, Memo **ret) _nodiscard_;
/* The file name it came under: may name a transmission. Before the first piece. */
void memo_set_name(Memo *m, const char *name);
/* 0; INTAKE_E_REJECTED: later pieces are ignored; -ENOMEM. */
int memo_feed(Memo *m, const char *data, size_t len, bool is_last) _nodiscard_;
/* After the last piece, or INTAKE_E_REJECTED: 0 with *ret (free()), INTAKE_E_REJECTED with
 * *ret_reject, -ENOMEM. */
int memo_finish(Memo *m, Event **ret, Reject *ret_reject) _nodiscard_;
/* How many bytes from the beginning hold the header and no letter: what of a rejected one may be
 * kept. */
uint64_t memo_header_bytes(const Memo *m);
Memo *memo_free(Memo *m);
DEFINE_CLEANUP(Memo *, memo_free)

#endif
