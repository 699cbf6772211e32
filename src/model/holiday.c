/*
 * Danish public holidays (helligdagsforordningen of 26 October 1770 and its later changes): New
 * Year's Day, Maundy Thursday, Good Friday, Easter Sunday and Monday, Great Prayer Day until 2023
 * (abolished by lov nr. 214 of 6 March 2023 from 2024 on), Ascension, Whit Sunday and Monday,
 * Christmas Day and the day after. Constitution Day and New Year's Eve are no public holidays by
 * law.
 */
#include "model/holiday.h"

#include "base/cleanup.h"

enum { PRAYER_DAY_LAST_YEAR = 2023 };

bool day_is_holiday(Day day)
{
        static const int from_easter[] = {-3, -2, 0, 1, 39, 49, 50};
        int year, month, mday;
        Day easter;

        day_to_ymd(day, &year, &month, &mday);
        if ((month == 1 && mday == 1) || (month == 12 && (mday == 25 || mday == 26)))
                return true;
        easter = easter_sunday(year);
        for (unsigned i = 0; i < ARRAY_SIZE(from_easter); i++)
                if (day == easter + from_easter[i])
                        return true;
        return year <= PRAYER_DAY_LAST_YEAR && day == easter + 26;
}
