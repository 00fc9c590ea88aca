/* Writes JSON as it goes. */

#include "linnetd/json_out.h"

#include "linnetd/time_text.h"

#include <math.h>

static void before_value(struct json_out *json)
{
    if (json->comma) {
        text_add(json->out, ",");
    }
    json->comma = true;
}

void out_open(struct json_out *json, char bracket)
{
    before_value(json);
    text_bytes(json->out, ln_bytes(&bracket, 1));
    json->comma = false;
}

void out_close(struct json_out *json, char bracket)
{
    text_bytes(json->out, ln_bytes(&bracket, 1));
    json->comma = true;
}

static void escape(struct text_out *out, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";

    if (c == '"' || c == '\\') {
        text_bytes(out, ln_bytes((const char[]){'\\', (char)c}, 2));
    } else {
        text_add(out, "\\u00");
        text_bytes(out, ln_bytes((const char[]){digits[c >> 4], digits[c & 15]}, 2));
    }
}

static bool is_plain(uint8_t c, bool utf8)
{
    return c >= ' ' && c != '"' && c != '\\' && c != 0x7f && (c < 0x80 || utf8);
}

static void without_nul(struct text_out *out, struct ln_bytes text)
{
    bool utf8 = ln_utf8_valid(text);

    for (size_t i = 0; i < text.len; i++) {
        size_t start = i;
        while (i < text.len && is_plain(text.at[i], utf8)) {
            i++;
        }
        text_bytes(out, ln_bytes(text.at + start, i - start));
        if (i < text.len && text.at[i] >= 0x80) {
            text_add(out, "\\ufffd");
        } else if (i < text.len) {
            escape(out, text.at[i]);
        }
    }
}

static void quoted(struct text_out *out, struct ln_bytes text)
{
    struct ln_reader in = ln_reader(text);

    text_add(out, "\"");
    while (ln_reader_left(&in) > 0) {
        struct ln_bytes part = ln_read_until(&in, '\0');
        without_nul(out, part);
        if (part.at + part.len < in.at) {
            escape(out, '\0');
        }
    }
    text_add(out, "\"");
}

void out_key_bytes(struct json_out *json, struct ln_bytes key)
{
    before_value(json);
    quoted(json->out, key);
    text_add(json->out, ":");
    json->comma = false;
}

void out_key(struct json_out *json, const char *key)
{
    out_key_bytes(json, ln_bytes_of_text(key));
}

void out_string(struct json_out *json, struct ln_bytes text)
{
    before_value(json);
    quoted(json->out, text);
}

void out_text(struct json_out *json, const char *text)
{
    out_string(json, ln_bytes_of_text(text));
}

void out_raw(struct json_out *json, struct ln_bytes text)
{
    before_value(json);
    text_bytes(json->out, text);
}

static void plain(struct json_out *json, const char *text)
{
    before_value(json);
    text_add(json->out, text);
}

void out_null(struct json_out *json)
{
    plain(json, "null");
}

void out_boolean(struct json_out *json, bool value)
{
    plain(json, value ? "true" : "false");
}

static const int64_t exact_max = (int64_t)1 << 53;

void out_integer(struct json_out *json, int64_t value)
{
    const char *quote = value > exact_max || value < -exact_max ? "\"" : "";

    plain(json, quote);
    text_integer(json->out, value);
    text_add(json->out, quote);
}

void out_unsigned(struct json_out *json, uint64_t value)
{
    const char *quote = value > (uint64_t)exact_max ? "\"" : "";

    plain(json, quote);
    text_unsigned(json->out, value);
    text_add(json->out, quote);
}

void out_double(struct json_out *json, double value)
{
    uint8_t digits[LN_DOUBLE_SHORT_MAX];
    struct ln_writer w = ln_writer(digits, sizeof(digits));

    if (isnan(value)) {
        out_text(json, "NaN");
    } else if (isinf(value)) {
        out_text(json, value > 0 ? "Infinity" : "-Infinity");
    } else {
        ln_write_double_short(&w, value);
        before_value(json);
        text_bytes(json->out, ln_writer_bytes(&w));
    }
}

void out_base64(struct json_out *json, struct ln_bytes bytes)
{
    before_value(json);
    text_add(json->out, "\"");
    while (bytes.len > 0) {
        uint8_t piece[64];
        struct ln_writer w = ln_writer(piece, sizeof(piece));
        size_t n =
            bytes.len < 48 ? bytes.len : 48; /* a multiple of 3: padding at the end only */
        ln_write_base64(&w, ln_bytes(bytes.at, n));
        text_bytes(json->out, ln_writer_bytes(&w));
        bytes = ln_bytes(bytes.at + n, bytes.len - n);
    }
    text_add(json->out, "\"");
}

void out_time_ms(struct json_out *json, int64_t ms)
{
    char text[TIME_TEXT_MAX];

    if (time_to_text(ms, text)) {
        out_text(json, text);
    } else {
        out_null(json);
    }
}
