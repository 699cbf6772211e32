/*
 * The site's rules: a list of senders is asked by halving.
 */
#include "model/policy.h"

#include <stdlib.h>

static int compare_cvr(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return x < y ? -1 : x > y;
}

bool sender_list_has(const SenderList *l, uint32_t cvr)
{
        return l->n > 0 && cvr != 0 &&
               bsearch(&cvr, l->cvr, l->n, sizeof(*l->cvr), compare_cvr) != NULL;
}
