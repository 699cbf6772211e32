/* Citizens, enrolment, accesses, addresses: what the register told, as history and as of now. */
#ifndef ADVISD_STORE_REGISTER_H
#define ADVISD_STORE_REGISTER_H

#include "model/alert.h"
#include "model/event.h"
#include "store/store.h"

/* A register event (citizen, enrolment, access, nemsms, cpr-changed, volume) into its history.
 * @ret_citizen: whose held messages may now be decided; 0 = nobody's.
 * 0, STORE_E_DUPLICATE, STORE_E_REUSED, STORE_E_DISPLACED, STORE_E_CYCLE, or negative. */
int store_register_apply(StoreTx *tx, const Event *e, int64_t *ret_citizen) _nodiscard_;

/* The register's own act: enrolled automatically from @at_usec on; where an enrolment was told of
 * that very instant, from the next one that is free. 0 or negative. */
int store_enrol_automatic(StoreTx *tx, int64_t citizen, usec_t at_usec) _nodiscard_;

typedef enum AccessKind {
        ACCESS_OWNER = 1,
        ACCESS_READER = 2,
        ACCESS_COMPANY = 3,
        ACCESS_NEMSMS = 4
} AccessKind;

typedef struct StoreAddress {
        int64_t id, fingerprint, last_alert;
        uint8_t channel, rank;
        bool anytime, suppressed;
        usec_t verified_usec; /* 0 = not */
} StoreAddress;

#define STORE_ADDRESSES_MAX 6
typedef struct StoreAccess {
        int64_t id;
        AccessKind kind;
        Language language;
        usec_t opted_out_usec, until_usec;
        bool reader_dead; /* a reader who died is told nothing */
        unsigned n_addresses;
        StoreAddress address[STORE_ADDRESSES_MAX]; /* those the access names now, in its order */
} StoreAccess;

#define STORE_ACCESSES_MAX 32
typedef struct StoreMailbox {
        int64_t citizen;
        Day born;
        Residence residence; /* 0 = never told */
        uint16_t municipality;
        Enrolment enrolment; /* 0 = never told */
        unsigned n_accesses; /* a slice of them, the owner's first */
        StoreAccess access[STORE_ACCESSES_MAX];
        bool more; /* there are others: store_mailbox_next() */
        AccessKind _after_kind;
        int64_t _after_reader;
} StoreMailbox;

/* All that a decision needs, as of the transaction's now. STORE_E_NOT_FOUND. */
int store_mailbox_load(StoreTx *tx, int64_t citizen, StoreMailbox *ret) _nodiscard_;
/* The next slice of its accesses in place of this one, when there is @more. */
int store_mailbox_next(StoreTx *tx, StoreMailbox *m) _nodiscard_;
/* The citizen that a number leads to; makes one when @create. STORE_E_NOT_FOUND. */
int store_citizen_find(StoreTx *tx, const Cpr *cpr, bool create, int64_t *ret) _nodiscard_;
/* The current number, opened. The caller writes the audit row. */
int store_citizen_cpr(StoreTx *tx, int64_t citizen, Cpr *ret) _nodiscard_;
/* The keyed fingerprint of an address in its normal form: what is known of it stands under that. */
int store_fingerprint_hash(Secret *secret, unsigned slot, Channel channel, const char *normal,
                           uint8_t ret[SECRET_HASH_BYTES]) _nodiscard_;
int store_audit(StoreTx *tx, uint32_t uid, const char *verb, int64_t citizen,
                const char *reason) _nodiscard_;

/* What one day looked like, for the figures: called once per citizen of whom something
 * was told by then, in order of id. */
typedef struct CensusPerson {
        int64_t citizen;
        Day born;
        Sex sex;
        Residence residence; /* 0 = no row by then */
        uint16_t municipality;
        Enrolment enrolment; /* 0 = no row by then */
        Basis basis;
} CensusPerson;
typedef int (*CensusHandler)(void *userdata, const CensusPerson *p);
/* @before_usec: the end of the day; @after: go on behind this id; at most @max persons in one call,
 * so that no read lasts long; *ret_last = the last id seen, 0 = no more. */
int store_census(StoreTx *tx, usec_t before_usec, int64_t after, unsigned max,
                 CensusHandler on_person, void *userdata, int64_t *ret_last) _nodiscard_;

#endif
