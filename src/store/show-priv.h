/* What the reading files of this room share. */
#ifndef ADVISD_STORE_SHOW_PRIV_H
#define ADVISD_STORE_SHOW_PRIV_H

#include "store/show.h"
#include "store/store-priv.h"

/* A text column into a field of fixed size; NULL is "". */
#define column_text(st, column, field) \
        (void)snprintf(field, sizeof(field), "%s", stmt_str(st, column) ? stmt_str(st, column) : "")

ShownMessage shown_message_row(DbStmt *st);
/* Nine columns from @k on: id, channel, gone, anytime, verified, sealed, suppressed, proven, why.
 */
#define SHOWN_ADDRESS_COLUMNS 9
int shown_address_row(StoreTx *tx, DbStmt *st, int k, ShownAddress *ret) _nodiscard_;
void shown_uuid(DbStmt *st, int column, Uuid *ret);

#endif
