/* AllowOnly=: whom a test may tell. */
#ifndef ADVISD_FLOW_ALLOW_H
#define ADVISD_FLOW_ALLOW_H

#include "base/secret.h"
#include "config/config.h"
#include "model/alert.h"

typedef struct AllowList AllowList;

/* *ret = NULL without AllowOnly=. */
int allow_load(const Config *c, Secret *secret, AllowList **ret) _nodiscard_;
AllowList *allow_free(AllowList *a);
/* Everybody is on no list. */
bool allow_has(const AllowList *a, Secret *secret, Channel channel, const char *to);
int allow_n(const AllowList *a); /* -1 = no list */

#endif
