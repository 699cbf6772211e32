/* A record of CSV and what its columns mean. */
#ifndef ADVISD_INTAKE_CSV_PRIV_H
#define ADVISD_INTAKE_CSV_PRIV_H

#include "base/buf.h"
#include "intake/csv.h"
#include "intake/intake-priv.h"

typedef enum CsvKind {
        CSV_TEXT,
        CSV_CPR,    /* a hyphen may stand in it */
        CSV_BOOL,   /* also in Danish */
        CSV_NUMBER, /* digits */
        CSV_TIME,   /* also a day: its midnight in Copenhagen */
} CsvKind;

/* A column and the field of the event that it fills. */
typedef struct CsvCell {
        const char *column;
        const char *field; /* "sms.number", "emails[1].address" */
        CsvKind kind;
        bool is_mark; /* of the combined form: the event is there when one of these is filled */
        bool null_if_empty;
} CsvCell;

typedef struct CsvRecipe {
        EventType type;
        const CsvCell *cells;
        unsigned n_cells;
} CsvRecipe;

/* Of a file with a column "type". */
const CsvRecipe *csv_recipe_of(EventType t);
/* Of one without: a record is a citizen with all that is known of that citizen. */
extern const CsvRecipe csv_citizen_recipes[CSV_EVENTS_MAX];
/* Is there such a column in the one form or the other? */
bool csv_column_exists(Text name, bool is_typed);
const char *csv_column_nearest(Text name, bool is_typed);

/* The line of JSON that the filled cells say. @values: by cell of the recipe; 0, or
 * INTAKE_E_REJECTED with the column told, -ENOMEM. */
int csv_write_line(const CsvRecipe *recipe, const Text *values, Buf *ret,
                   Reject *reject) _nodiscard_;
/* The reason of a line, told by columns. */
void csv_name_column(const CsvRecipe *recipe, const Text *values, Reject *reject);

#define CSV_CELLS_MAX 32

#endif
