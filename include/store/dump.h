/* A whole store as lines of JSON, and a store out of them. What is sealed stays sealed. */
#ifndef ADVISD_STORE_DUMP_H
#define ADVISD_STORE_DUMP_H

#include "base/buf.h"
#include "store/counter.h"
#include "store/store.h"

/* One line, its newline included. Negative ends the dump with that. */
typedef int (*DumpLine)(void *userdata, const Buf *line);
/* Reads a copy of a store that nobody writes (store/copy.h); needs no key. */
int store_dump(const char *path, DumpLine on_line, void *userdata, int64_t *ret_rows) _nodiscard_;

/* A new store, filled line by line; at @path only when it is whole and agrees with itself. */
typedef struct StoreLoad StoreLoad;
/* -EEXIST: there is one; -EBUSY: another process has its lock. */
int store_load_begin(const char *path, StoreLoad **ret) _nodiscard_;
/* -EINVAL with *ret_fault in words, not owned; -EPROTO: made by a newer advisd. */
int store_load_line(StoreLoad *l, const char *line, size_t len, const char **ret_fault) _nodiscard_;
/* Counts everything again; *ret_ok false: it does not agree, and nothing is left there. */
int store_load_end(StoreLoad *l, uint32_t uid, VerifyLine on_line, void *userdata, bool *ret_ok,
                   const char **ret_fault) _nodiscard_;
int64_t store_load_rows(const StoreLoad *l);
StoreLoad *store_load_free(StoreLoad *l); /* an unfinished one leaves nothing */

#endif
