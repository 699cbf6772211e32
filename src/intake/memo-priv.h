/* A MeMo document being read. */
#ifndef ADVISD_INTAKE_MEMO_PRIV_H
#define ADVISD_INTAKE_MEMO_PRIV_H

#include "intake/intake-priv.h"
#include "intake/memo.h"

#include <expat.h>

#define MEMO_TEXT_MAX 256 /* characters of the longest text that is read (memoTextType) */

typedef struct MemoElement MemoElement;
/* What a leaf's text says; 0 or INTAKE_E_REJECTED. */
typedef int (*MemoReader)(Memo *m, const MemoElement *e, Text t);

/* What may stand in an element, in the schema's order. */
struct MemoElement {
        const char *name;
        enum {
                MEMO_OPTIONAL,
                MEMO_REQUIRED,
                MEMO_REQUIRED_UNTIL_12, /* optional from version 1.2 on */
                MEMO_REPEATED,
                MEMO_NEW_IN_12 /* at any place behind what is required */
        } need;
        unsigned max_characters; /* of a leaf; 0 = no leaf */
        MemoReader read;         /* of a leaf; NULL = only its length counts */
        const MemoElement *children;
        unsigned n_children; /* 0 and no leaf = skipped */
        int (*end)(Memo *m); /* when all children are there; may be NULL */
};

extern const MemoElement memo_root;

/* An element that is open and whose children matter. */
typedef struct MemoLevel {
        const MemoElement *element;
        unsigned next; /* the first child that may still come */
} MemoLevel;

#define MEMO_LEVELS_MAX 5 /* Message, MessageHeader, Sender, label */

struct Memo {
        IntakeRules rules;
        XML_Parser xml;
        uint64_t n_bytes; /* fed */
        uint64_t tag_bytes;
        unsigned depth; /* of open elements, skipped ones too */
        MemoLevel level[MEMO_LEVELS_MAX];
        unsigned n_levels; /* < depth inside of what is skipped */
        bool is_over;      /* the last piece came */

        /* the leaf that is open */
        char text[MEMO_TEXT_MAX * 4];
        size_t n_text, n_characters;

        /* what was read */
        unsigned version; /* 10, 11, 12 */
        Event event;
        char label[MEMO_TEXT_MAX * 4], notification[MEMO_TEXT_MAX * 4];
        size_t n_label, n_notification;
        bool has_uuid;
        char party_id[16], party_type[16]; /* of Sender or Recipient; longer ones fit none */
        uint64_t header_bytes;

        bool is_memo;     /* its root said so */
        bool is_rejected; /* goes on only to learn the ids for an answer */
        bool is_stopped;
        int error; /* -ENOMEM */
        Reject reject;
};

/* Return: INTAKE_E_REJECTED. The first reject stands. */
int memo_reject(Memo *m, const MemoElement *e, const char *fmt, ...) _printf_(3, 4);

#endif
