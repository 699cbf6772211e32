/* SMS text: alphabet, septets, segments (3GPP TS 23.038 6.2.1, TS 23.040 9.2.3.24.1). */
#ifndef ADVISD_MODEL_TEXT_H
#define ADVISD_MODEL_TEXT_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

typedef enum SmsAlphabet { SMS_GSM = 0, SMS_UCS2 = 1 } SmsAlphabet;

typedef struct SmsSize {
        SmsAlphabet alphabet;
        unsigned units;     /* septets (an escaped character is two) or UTF-16 code units */
        unsigned segments;  /* 160 or 153 a part; 70 or 67; no escape or surrogate pair is split */
        unsigned per_first; /* 160 or 70 while one segment, else 153 or 67 */
        uint32_t first_outside; /* the first character outside GSM 03.38; 0 = none */
} SmsSize;

/* @text is UTF-8 without a NUL. -EINVAL when it is not. */
int sms_size(const char *text, size_t len, SmsSize *ret) _nodiscard_;
/* "131/160 GSM, 1 segment" */
#define SMS_SIZE_TEXT_MAX 48
const char *sms_size_format(const SmsSize *s, char buf[SMS_SIZE_TEXT_MAX]);
/* Septets of one code point in the default alphabet: 1, 2 (escaped), 0 = not in it. */
unsigned gsm_septets(uint32_t cp);
/* Unpacked septets, escapes as 0x1B and the second byte: for decoding tests and SMPP. -EILSEQ if
 * outside. */
int gsm_encode(const char *text, size_t len, Buf *append_to) _nodiscard_;
int gsm_decode(const void *septets, size_t n, Buf *append_utf8) _nodiscard_;

#endif
