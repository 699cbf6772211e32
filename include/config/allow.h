/* The file of AllowOnly=: the addresses that a test may tell. */
#ifndef ADVISD_CONFIG_ALLOW_H
#define ADVISD_CONFIG_ALLOW_H

#include "base/ini.h"
#include "model/alert.h"

/* @normal: what a fingerprint is taken of; borrowed. 0 or negative, which ends the reading. */
typedef int (*AllowHandler)(void *userdata, Channel channel, const char *normal);

/* One telephone number or e-mail address a line; "#" begins a comment. Each wrong line is told to
 * @on_fault (NULL = to nobody), by its number and not by its words. @countries as in Countries=.
 * 0, -EINVAL when a line was wrong, or why it cannot be read. */
int allow_file_read(const char *path, const char *countries, AllowHandler on_address,
                    IniFault on_fault, void *userdata) _nodiscard_;

#endif
