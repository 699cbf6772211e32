/* Plain tables in files: lines of fields between commas. Private to stats. */
#ifndef ADVISD_STATS_SHEET_H
#define ADVISD_STATS_SHEET_H

#include "stats/area.h"

#define SHEET_FIELDS_MAX 16
#define SHEET_BYTES_MAX  (64 * 1024 * 1024)

typedef struct SheetFile SheetFile;
/* @field: stripped, borrowed for the call. 0 or negative, which stops. Faults: sheet_fault(). */
typedef int (*SheetHandler)(void *userdata, SheetFile *f, char *const field[]);

/* @columns: the names that the first line must have, NULL at the end. Return: 0, -EINVAL when any
 * fault was told, -ENOENT, -EACCES, -EIO, -E2BIG, -ENOMEM, or the handler's. */
int sheet_read(const char *path, const char *const columns[], SheetHandler on_line, void *userdata,
               StatsFault on_fault, void *fault_userdata) _nodiscard_;
void sheet_fault(SheetFile *f, const char *fmt, ...) _printf_(2, 3);

#endif
