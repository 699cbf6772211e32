/*
 * A report as a value: what kind of news it is, in our words.
 *
 * Whom it is about stands in it as text that came from outside; the MAC in a reference is looked at
 * by who has the keys.
 */
#include "model/receipt.h"

#define CASE_RECEIPT(name, number, word) \
        case RECEIPT_##name:             \
                return word;

const char *receipt_word(ReceiptKind k)
{
        switch (k) {
                RECEIPT_MAP(CASE_RECEIPT)
        default:
                return "?";
        }
}
