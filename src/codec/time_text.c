/* Times as text (RFC 3339). */

#include "codec/time_text.h"

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static int32_t read_number(struct ln_reader *in, int digits, int32_t least, int32_t most)
{
    int32_t v = 0;

    while (digits-- > 0) {
        uint8_t c = ln_read_u8(in);
        if (c < '0' || c > '9') {
            ln_reader_fail(in);
            return least;
        }
        v = v * 10 + (c - '0');
    }
    if (v < least || v > most) {
        ln_reader_fail(in);
    }
    return v;
}

static void take(struct ln_reader *in, char mark)
{
    if (!ln_read_if(in, (uint8_t)mark)) {
        ln_reader_fail(in);
    }
}

static bool take_either(struct ln_reader *in, char one, char other)
{
    return ln_read_if(in, (uint8_t)one) || ln_read_if(in, (uint8_t)other);
}

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days since 1970. */
static int64_t read_date(struct ln_reader *in)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t year = read_number(in, 4, 0, 9999);
    take(in, '-');
    int32_t month = read_number(in, 2, 1, 12);
    take(in, '-');
    int32_t day = read_number(in, 2, 1, 31);
    int32_t before = year - 1; /* complete years since the year 1 */

    if (in->failed) {
        return 0;
    }
    if (day > lengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0)) {
        ln_reader_fail(in);
    }
    int64_t days =
        (int64_t)year * 365 + (year == 0 ? -1 : before / 4 - before / 100 + before / 400);
    for (int32_t m = 1; m < month; m++) {
        days += lengths[m - 1] + (m == 2 && is_leap(year) ? 1 : 0);
    }
    return days + day - 1 - 719527; /* from the first day of the year 0, less one leap day */
}

/* A second 60 is a leap second: the next minute's first, as Unix time has it. */
static int32_t read_clock(struct ln_reader *in)
{
    int32_t hour = read_number(in, 2, 0, 23);
    take(in, ':');
    int32_t minute = read_number(in, 2, 0, 59);
    take(in, ':');
    int32_t second = read_number(in, 2, 0, 60);

    if (ln_read_if(in, '.')) {
        read_number(in, 1, 0, 0);
        while (ln_read_if(in, '0')) {
        }
    }
    return hour * HOUR + minute * MINUTE + second;
}

static int32_t read_offset(struct ln_reader *in)
{
    bool negative = ln_peek_u8(in) == '-';

    if (take_either(in, 'Z', 'z')) {
        return 0;
    }
    if (!take_either(in, '+', '-')) {
        ln_reader_fail(in);
    }
    int32_t hour = read_number(in, 2, 0, 23);
    take(in, ':');
    int32_t offset = hour * HOUR + read_number(in, 2, 0, 59) * MINUTE;
    return negative ? -offset : offset;
}

bool ln__time_of_text(struct ln_bytes text, int64_t *out)
{
    struct ln_reader in = ln_reader(text);
    int64_t days = read_date(&in);

    if (!take_either(&in, 'T', 't')) {
        return false;
    }
    int32_t clock = read_clock(&in);
    int32_t offset = read_offset(&in);
    *out = days * DAY + clock - offset;
    return !in.failed && ln_reader_left(&in) == 0;
}
