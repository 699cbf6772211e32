/* Plain tables in files: lines of fields between commas. Private to stats. */
#ifndef ADVISD_STATS_CSV_H
#define ADVISD_STATS_CSV_H

#include "stats/area.h"

#define CSV_FIELDS_MAX 16
#define CSV_BYTES_MAX  (64 * 1024 * 1024)

typedef struct CsvFile CsvFile;
/* @field: stripped, borrowed for the call. 0 or negative, which stops. Faults: csv_fault(). */
typedef int (*CsvHandler)(void *userdata, CsvFile *f, char *const field[]);

/* @columns: the names that the first line must have, NULL at the end. Return: 0, -EINVAL when any
 * fault was told, -ENOENT, -EACCES, -EIO, -E2BIG, -ENOMEM, or the handler's. */
int csv_read(const char *path, const char *const columns[], CsvHandler on_line, void *userdata,
             StatsFault on_fault, void *fault_userdata) _nodiscard_;
void csv_fault(CsvFile *f, const char *fmt, ...) _printf_(2, 3);

#endif
