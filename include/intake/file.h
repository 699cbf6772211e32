/* A file of events, read in chunks. */
#ifndef ADVISD_INTAKE_FILE_H
#define ADVISD_INTAKE_FILE_H

#include "intake/intake.h"

#include <stddef.h>

typedef enum IntakeForm {
        INTAKE_NDJSON,  /* *.ndjson */
        INTAKE_MEMO,    /* *.xml */
        INTAKE_ARCHIVE, /* *.tar.lzma */
        INTAKE_CSV,     /* *.csv: never from the spool, only from a descriptor */
        _INTAKE_FORM_INVALID = -22,
} IntakeForm;
IntakeForm intake_form_of(const char *name);

typedef struct IntakeFile IntakeFile;

typedef struct IntakeItem {
        uint64_t n;     /* 1-based line or record; in an archive: line or document */
        Event *event;   /* or NULL, and: */
        Reject *reject; /* owned, as are */
        char *bytes;    /* the rejected line or record; of a MeMo its header; NULL = none */
        size_t n_bytes; /* at most NDJSON_LINE_MAX: more is cut off */
} IntakeItem;

#define INTAKE_CHUNK_MAX 512
typedef struct IntakeChunk {
        IntakeItem item[INTAKE_CHUNK_MAX];
        unsigned n;    /* may be 0 before the last: there was only work */
        uint64_t upto; /* lines and documents seen so far: where to go on after a crash (@skip) */
        bool is_last;  /* nothing follows */
} IntakeChunk;
void intake_chunk_done(IntakeChunk *c); /* frees the items; upto and is_last stay */

/* @name in @dir_fd, never through a link; goes on behind the first @skip lines and documents. 0,
 * INTAKE_E_FORM, INTAKE_E_NOT_REGULAR, INTAKE_E_BROKEN, -ENOENT, -EACCES, … */
int intake_file_open(int dir_fd, const char *name, uint64_t skip, const IntakeRules *rules,
                     IntakeFile **ret) _nodiscard_;
/* Any descriptor (a pipe too), taken: closed with the file, and on failure. */
int intake_file_open_fd(int fd, IntakeForm form, uint64_t skip, const IntakeRules *rules,
                        IntakeFile **ret) _nodiscard_;
/* Some milliseconds of work. 0, INTAKE_E_BROKEN, INTAKE_E_CHANGED, -ENOMEM, -EIO; also then the
 * chunk holds what was read before. */
int intake_file_next(IntakeFile *f, IntakeChunk *ret) _nodiscard_;
const char *intake_file_fault(const IntakeFile *f); /* after an answer: what and where */
/* What resuming knows a file by: device, inode, size, mtime. */
#define INTAKE_IDENTITY_BYTES 16
void intake_file_identity(const IntakeFile *f, uint8_t ret[INTAKE_IDENTITY_BYTES]);
IntakeFile *intake_file_close(IntakeFile *f);
DEFINE_CLEANUP(IntakeFile *, intake_file_close)

#endif
