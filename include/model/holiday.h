/* Danish public holidays. */
#ifndef ADVISD_MODEL_HOLIDAY_H
#define ADVISD_MODEL_HOLIDAY_H

#include "base/civil.h"

bool day_is_holiday(Day day);

#endif
