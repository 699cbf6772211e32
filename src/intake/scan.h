/* One line of JSON, cut into values without building a tree. */
#ifndef ADVISD_INTAKE_SCAN_H
#define ADVISD_INTAKE_SCAN_H

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

typedef enum ScanKind {
        SCAN_NULL,
        SCAN_FALSE,
        SCAN_TRUE,
        SCAN_INT,
        SCAN_REAL, /* well-formed; its value is nobody's */
        SCAN_STRING,
        SCAN_ARRAY,
        SCAN_OBJECT,
} ScanKind;

typedef struct ScanValue {
        const char *key; /* NULL in an array and at the top */
        uint32_t key_len;
        ScanKind kind;
        uint32_t n;    /* children; the first stands right behind its parent */
        uint32_t next; /* index of the next sibling; 0 = none */
        union {
                struct {
                        const char *text; /* decoded UTF-8, no NUL in it and none behind it */
                        uint32_t len;
                };
                int64_t number;
        };
} ScanValue;

#define SCAN_VALUES_MAX 128 /* an access with all its addresses has less than half of them */
#define SCAN_DEPTH_MAX  4   /* the event, its emails, one of them: 3 */

typedef struct Scan {
        ScanValue value[SCAN_VALUES_MAX]; /* [0] is the whole */
        unsigned n;
        const char *fault; /* never quotes the input */
        size_t fault_at;   /* bytes before it */
        unsigned twice;    /* the value whose key stood there before; 0 = it was another fault */
        char *decoded;     /* strings that had escapes */
        size_t n_decoded;
        const char *begin, *at, *end; /* of the line */
} Scan;

enum { _SCAN_E_SUCCESS, SCAN_E_FAULT };
/* @s need not be initialised; texts are borrowed from @line and @s. 0, SCAN_E_FAULT, -ENOMEM. */
int scan_line(Scan *s, const char *line, size_t len) _nodiscard_;
void scan_done(Scan *s);
/* for (const ScanValue *v = scan_first(s, parent); v; v = scan_next(s, v)) … */
const ScanValue *scan_first(const Scan *s, const ScanValue *parent);
const ScanValue *scan_next(const Scan *s, const ScanValue *v);

#endif
