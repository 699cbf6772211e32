/* Configuration text: sections, Key=Value, '#' and ';' comments, '\' continues a line. */
#ifndef ADVISD_BASE_INI_H
#define ADVISD_BASE_INI_H

#include "base/cleanup.h"

#include <stddef.h>

typedef struct IniLine {
        const char *file; /* as given */
        int line;         /* 1-based; of the first line of a continued one */
        const char *section, *key,
                *value; /* borrowed for the call; stripped; key NULL = section head */
} IniLine;

/* Return of the callback: 0 go on, negative stops and is forwarded. */
typedef int (*IniHandler)(void *userdata, const IniLine *line);

/* @on_fault gets "file:line: text" for what is no configuration; reading goes on after it.
 * Return: 0, -ENOENT, -EACCES, -EIO, -E2BIG (over INI_BYTES_MAX), or the handler's. */
#define INI_BYTES_MAX (1024 * 1024)
typedef void (*IniFault)(void *userdata, const char *file, int line, const char *text);
int ini_read_file(const char *path, IniHandler on_line, IniFault on_fault,
                  void *userdata) _nodiscard_;
int ini_read_text(const char *file, const char *text, size_t len, IniHandler on_line,
                  IniFault on_fault, void *userdata) _nodiscard_;

#endif
