/* The spool's inside: its folders, the files it knows, the watch on new/. */
#ifndef ADVISD_INTAKE_SPOOL_PRIV_H
#define ADVISD_INTAKE_SPOOL_PRIV_H

#include "base/clock.h"
#include "intake/spool.h"

#include <stdbool.h>
#include <sys/stat.h>

/* --- names.c: the files that are known, by name --- */

/* By what a file is known to be another one, or written to. */
typedef struct Signature {
        uint64_t device, inode;
        int64_t size;
        struct timespec modified, changed;
} Signature;

typedef enum EntryState {
        ENTRY_QUEUED,
        ENTRY_TAKEN, /* handed out */
        ENTRY_LEFT,  /* refused: handed out again when it changes */
        ENTRY_GONE,  /* deleted by somebody while queued; freed when its turn comes */
} EntryState;

typedef struct Entry Entry;
struct Entry {
        Entry *next; /* in the queue */
        EntryState state;
        bool is_touched;     /* something happened to it while it was handed out */
        bool is_stuck;       /* LEFT, because it cannot be taken out */
        unsigned seen;       /* the last look through new/ that met it */
        Signature signature; /* when it was handed out */
        char name[];
};

typedef struct Names {
        Entry **slot;
        size_t n_slots, n;
        uint64_t seed;
} Names;

int names_init(Names *names) _nodiscard_;
Entry *names_find(const Names *names, const char *name);
/* A new one, QUEUED, in no queue; the name must not be known. -ENOMEM. */
int names_add(Names *names, const char *name, Entry **ret) _nodiscard_;
void names_remove(Names *names, Entry *e); /* forgets it; the caller frees */
void names_done(Names *names);             /* frees all */

/* --- spool.c --- */

typedef struct sd_event_source sd_event_source;

struct Spool {
        int dir_fd, new_fd, tmp_fd, done_fd, receipts_fd;
        Names names;
        Entry *head, *tail;               /* the queue */
        size_t n_queued, n_left, n_stuck; /* the stuck are among the left */

        /* the watch */
        int inotify_fd; /* -1 = none: new/ is looked through at each drain */
        sd_event_source *on_inotify, *on_start, *on_interval;
        bool is_maildir; /* what appears in new/ is whole, however it came there */
        SpoolReady on_ready;
        void *userdata;
        int error;      /* new/ is gone, or cannot be read */
        bool must_look; /* events were lost */
        unsigned n_looks;
        size_t n_entries; /* at the last look */
        size_t n_handed;  /* since then */
        MonoUsec looked;
        bool half_answers_swept;
};

void entry_queue(Spool *s, Entry *e);   /* at the end */
void entry_unleave(Spool *s, Entry *e); /* it is no longer LEFT: what it is now, the caller says */
/* -ENOENT: gone. */
int entry_signature(const Spool *s, const char *name, Signature *ret) _nodiscard_;
bool signature_equal(const Signature *a, const Signature *b);

/* --- spool-watch.c --- */

int watch_open(Spool *s, sd_event *event) _nodiscard_;
void watch_close(Spool *s);
/* Looks through new/ and queues what is not known, in order of arrival. */
int watch_look(Spool *s) _nodiscard_;
/* Is it time to look again, the queue being empty? */
bool watch_wants_look(const Spool *s);

#endif
