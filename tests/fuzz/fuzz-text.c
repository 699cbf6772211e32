/* Any bytes as an SMS, and as septets: sizes agree with the encoder, what is encoded is decoded. */
#include "base/str.h"
#include "model/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned parts(unsigned units, unsigned one, unsigned each)
{
        return units <= one ? 1 : (units + each - 1) / each;
}

static void check_size(const char *s, size_t len, const SmsSize *z)
{
        bool gsm = z->alphabet == SMS_GSM;
        unsigned least = parts(z->units, gsm ? 160 : 70, gsm ? 153 : 67);
        char text[SMS_SIZE_TEXT_MAX];
        _cleanup_buf_ Buf septets = BUF_NULL, again = BUF_NULL;
        int r = gsm_encode(s, len, &septets);

        assert(z->segments >= least); /* a pair that may not be cut can cost one more unit a part */
        assert(z->segments <= parts(z->units, gsm ? 160 : 70, gsm ? 152 : 66) + 1);
        assert((r == 0) == gsm);
        assert((z->first_outside == 0) == gsm);
        (void)sms_size_format(z, text);
        if (!gsm)
                return;
        assert(septets.len == z->units);
        r = gsm_decode(septets.data, septets.len, &again);
        assert(r == 0 && again.len == len && memcmp(buf_str(&again), s, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        SmsSize z;
        int r = sms_size((const char *)data, size, &z);

        assert(r == 0 || r == -EINVAL);
        assert((r == 0) == (utf8_valid((const char *)data, size) && !memchr(data, 0, size)));
        if (r == 0)
                check_size((const char *)data, size, &z);
        r = gsm_decode(data, size, &text);
        assert(r == 0 || r == -EINVAL || r == -EILSEQ);
        if (r == 0)
                assert(utf8_valid(buf_str(&text), text.len));
        return 0;
}
