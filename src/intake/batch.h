/* A *.tar.lzma read as a stream, entry by entry. */
#ifndef ADVISD_INTAKE_BATCH_H
#define ADVISD_INTAKE_BATCH_H

#include "intake/intake-priv.h"

typedef struct Batch Batch;

#define BATCH_DICTIONARY_MAX (64 << 20) /* what lzma -9 makes */

typedef struct BatchEntry {
        const char *name; /* the batch's until the next entry; "" = it has none that can be read */
        bool is_file, is_folder; /* neither: a link, a device, … */
} BatchEntry;

enum { BATCH_E_END = 16 };

/* Reads from @fd, which stays the caller's; at most @max_bytes unpacked. -ENOMEM. */
int batch_new(int fd, uint64_t max_bytes, Batch **ret) _nodiscard_;
/* The next entry, when the last one's data were read to their end. 0, BATCH_E_END, INTAKE_E_BROKEN
 * with the fault, -ENOMEM, -EIO. */
int batch_next(Batch *b, BatchEntry *ret) _nodiscard_;
/* The next piece of its data, the batch's until the next call; may be empty. 0, BATCH_E_END, … */
int batch_read(Batch *b, Text *ret) _nodiscard_;
/* After the last entry: what follows must be padding. 0: call again; BATCH_E_END, … */
int batch_drain(Batch *b) _nodiscard_;
uint64_t batch_bytes(const Batch *b); /* unpacked so far */
const char *batch_fault(const Batch *b);
Batch *batch_free(Batch *b);
DEFINE_CLEANUP(Batch *, batch_free)

#endif
