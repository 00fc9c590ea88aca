/* Log lines on stderr, each in one write so that threads do not mix theirs. */

#include "linnetd/log.h"

#include "linnetd/json_out.h"
#include "linnetd/time_text.h"

#include <linnet/net.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_MAX = 1024 };

const char *const log_level_names[] = {"error", "warn", "info", "debug", "trace", NULL};

/* Set before any thread starts, and read only from then on. */
static enum log_level least = LOG_INFO;
static int as_json;

void log_start(enum log_level level, int json)
{
    least = level;
    as_json = json;
}

int log_wants(enum log_level level)
{
    return level <= least;
}

static void write_json(struct text_out *out, enum log_level level, const char *message)
{
    struct json_out json = {.out = out};

    out_open(&json, '{');
    out_key(&json, "time");
    out_time_ms(&json, ln_clock_wall_ms());
    out_key(&json, "level");
    out_text(&json, log_level_names[level]);
    out_key(&json, "message");
    out_text(&json, message);
    out_close(&json, '}');
}

static void write_text(struct text_out *out, enum log_level level, char *message)
{
    char when[TIME_TEXT_MAX] = "";

    /* An endpoint name must not move the cursor or begin a line: C0, DEL, and C1 as UTF-8 has it. */
    for (char *c = message; *c != '\0'; c++) {
        bool is_c1 = (unsigned char)c[0] == 0xc2 && (unsigned char)c[1] >= 0x80 &&
                     (unsigned char)c[1] < 0xa0;

        if ((unsigned char)*c < ' ' || *c == 0x7f || is_c1) {
            c[is_c1] = '?';
            *c = '?';
        }
    }
    (void)time_to_text(ln_clock_wall_ms(), when);
    text_add(out, when);
    text_add(out, " ");
    text_add(out, log_level_names[level]);
    text_add(out, " ");
    text_add(out, message);
}

void log_line(enum log_level level, const char *format, ...)
{
    char message[MESSAGE_MAX];
    struct text_out out = {.at = NULL};
    va_list arguments;

    if (!log_wants(level)) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (as_json) {
        write_json(&out, level, message);
    } else {
        write_text(&out, level, message);
    }
    text_add(&out, "\n");
    ssize_t ignored = out.failed ? 0 : write(STDERR_FILENO, out.at, out.len);
    (void)ignored;
    text_free(&out);
}
