/* Points in time as RFC 3339 text. */

#include "linnetd/time_text.h"

#include <stdio.h>
#include <time.h>

bool time_to_text(int64_t ms, char out[TIME_TEXT_MAX])
{
    int64_t fraction = (ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)((ms - fraction) / 1000);
    struct tm t;

    if (gmtime_r(&seconds, &t) == NULL || t.tm_year < -1900 || t.tm_year > 9999 - 1900) {
        return false;
    }
    size_t n = strftime(out, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &t);
    if (fraction != 0) {
        (void)snprintf(out + n, TIME_TEXT_MAX - n, ".%03dZ", (int)fraction);
    } else {
        (void)snprintf(out + n, TIME_TEXT_MAX - n, "Z");
    }
    /* strftime gives years below 1000 fewer digits. */
    return n == sizeof("2024-05-01T12:00:00") - 1;
}

static int digits(struct ln_reader *in, int count, int most)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        uint8_t c = ln_read_u8(in);
        if (c < '0' || c > '9') {
            ln_reader_fail(in);
            return 0;
        }
        value = value * 10 + (c - '0');
    }
    if (value > most) {
        ln_reader_fail(in);
    }
    return value;
}

static void separator(struct ln_reader *in, char c, char other)
{
    if (!ln_read_if(in, (uint8_t)c) && !ln_read_if(in, (uint8_t)other)) {
        ln_reader_fail(in);
    }
}

static int fraction_ms(struct ln_reader *in)
{
    int ms = 0;
    int scale = 100;

    if (!ln_read_if(in, '.')) {
        return 0;
    }
    do {
        ms += digits(in, 1, 9) * scale;
        scale /= 10;
    } while (ln_peek_u8(in) >= '0' && ln_peek_u8(in) <= '9');
    return ms;
}

static int offset_minutes(struct ln_reader *in)
{
    uint8_t c = ln_read_u8(in);

    if (c == 'Z' || c == 'z') {
        return 0;
    }
    if (c != '+' && c != '-') {
        ln_reader_fail(in);
    }
    int minutes = digits(in, 2, 23) * 60;
    separator(in, ':', ':');
    minutes += digits(in, 2, 59);
    return c == '-' ? -minutes : minutes;
}

bool time_of_text(struct ln_bytes text, int64_t *ms)
{
    struct ln_reader in = ln_reader(text);
    struct tm t = {.tm_isdst = 0};

    t.tm_year = digits(&in, 4, 9999) - 1900;
    separator(&in, '-', '-');
    t.tm_mon = digits(&in, 2, 12) - 1;
    separator(&in, '-', '-');
    t.tm_mday = digits(&in, 2, 31);
    separator(&in, 'T', 't');
    t.tm_hour = digits(&in, 2, 23);
    separator(&in, ':', ':');
    t.tm_min = digits(&in, 2, 59);
    separator(&in, ':', ':');
    t.tm_sec = digits(&in, 2, 59);
    int fraction = fraction_ms(&in);
    int offset = offset_minutes(&in);
    if (in.failed || ln_reader_left(&in) > 0 || t.tm_mon < 0 || t.tm_mday < 1) {
        return false;
    }
    int day = t.tm_mday;
    int64_t seconds = (int64_t)timegm(&t);
    *ms = (seconds - offset * 60) * 1000 + fraction;
    return t.tm_mday == day; /* timegm() makes 30 February one of March */
}
