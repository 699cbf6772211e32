/* Lexical forms of XML Schema's simple types, as MeMo uses them. */
#ifndef ADVISD_INTAKE_XSD_H
#define ADVISD_INTAKE_XSD_H

#include "intake/intake-priv.h"

/* All collapse white space at both ends first, but for the UUID, which is a plain string with a
 * pattern. 0; -EINVAL: not that form; -ERANGE: a form that we cannot hold. */
int xsd_boolean(Text t, bool *ret) _nodiscard_;
int xsd_date(Text t, Day *ret) _nodiscard_; /* its zone is checked and left out */
/* xs:dateTime in UTC with a Z, as memoDateTimeType demands; after 1970-01-01 and before 10000. */
int xsd_date_time_z(Text t, usec_t *ret) _nodiscard_;
int xsd_uuid4(Text t, Uuid *ret) _nodiscard_;
/* xs:decimal with at most one digit that counts behind the point: "1.10" is 11. */
int xsd_decimal_tenths(Text t, unsigned *ret) _nodiscard_;

#endif
