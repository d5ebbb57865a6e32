#include "base/time_text.h"

#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400 };

static const int64_t LATEST_S = 253402300799; /* 9999-12-31T23:59:59Z */

/* Days since 1970-01-01 in the proleptic Gregorian calendar, counted in 400-year eras that start
 * on 1 March, so that the leap day comes last. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2 ? 1 : 0;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void time_text_write(int64_t wall_s, char out[TIME_TEXT_BYTES])
{
    wall_s = wall_s < 0 ? 0 : wall_s > LATEST_S ? LATEST_S : wall_s;
    int64_t days = wall_s / DAY_S + 719468;
    int second_of_day = (int)(wall_s % DAY_S);
    int64_t era = days / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = (int)(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
    int shifted_month = (5 * day_of_year + 2) / 153;
    int day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    int year = (int)(year_of_era + era * 400) + (month <= 2 ? 1 : 0);
    /* The remainders tell the compiler what the arithmetic above already guarantees. */
    (void)snprintf(out, TIME_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year % 10000,
                   (unsigned)month % 100, (unsigned)day % 100,
                   (unsigned)(second_of_day / 3600) % 100,
                   (unsigned)(second_of_day / 60 % 60) % 100, (unsigned)(second_of_day % 60) % 100);
}

static int digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static bool has_shape(const char *text)
{
    static const char SHAPE[] = "0000-00-00T00:00:00Z";
    if (strlen(text) != sizeof SHAPE - 1) {
        return false;
    }
    for (size_t i = 0; SHAPE[i] != '\0'; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (SHAPE[i] == '0' ? !digit : text[i] != SHAPE[i]) {
            return false;
        }
    }
    return true;
}

static int days_in_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool time_text_read(const char *text, int64_t *out)
{
    if (!has_shape(text)) {
        return false;
    }
    int year = digits(text, 4);
    int month = digits(text + 5, 2);
    int day = digits(text + 8, 2);
    int hour = digits(text + 11, 2);
    int minute = digits(text + 14, 2);
    int second = digits(text + 17, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
        hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    int64_t minutes = (int64_t)hour * 60 + minute;
    *out = days_from_date(year, month, day) * DAY_S + minutes * 60 + second;
    return true;
}
