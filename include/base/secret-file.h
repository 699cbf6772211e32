/* A secret that lies in a file of its own: a gateway's password, token or signing key. */
#ifndef ADVISD_BASE_SECRET_FILE_H
#define ADVISD_BASE_SECRET_FILE_H

#include "base/cleanup.h"

/* Absolute path, or a name below $CREDENTIALS_DIRECTORY; one trailing newline off. */
int secret_file_read(const char *file, char **ret, char **ret_fault) _nodiscard_;
char *secret_file_free(char *secret); /* wipes; NULL */

#endif
