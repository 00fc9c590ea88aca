/*
 * Writes JSON as it goes: no tree in memory for a page of a thousand devices, and numbers in
 * their shortest form (Jansson, which reads what comes in, prints 20.1 as 20.100000000000001).
 *
 *     struct json_out json = {.out = &text};
 *     out_open(&json, '{');
 *     out_key(&json, "endpoint");
 *     out_string(&json, endpoint);
 *     out_close(&json, '}');
 */
#ifndef LINNETD_JSON_OUT_H
#define LINNETD_JSON_OUT_H

#include "linnetd/text_out.h"

struct json_out {
    struct text_out *out;
    bool comma; /* the next value of this object or array needs one in front */
};

void out_open(struct json_out *json, char bracket);
void out_close(struct json_out *json, char bracket);
void out_key(struct json_out *json, const char *key);
void out_key_bytes(struct json_out *json, struct ln_bytes key);
/* What is not UTF-8 becomes U+FFFD. */
void out_string(struct json_out *json, struct ln_bytes text);
void out_text(struct json_out *json, const char *text);
void out_null(struct json_out *json);
void out_boolean(struct json_out *json, bool value);
/* Beyond 2^53 as strings: JavaScript would round them. */
void out_integer(struct json_out *json, int64_t value);
void out_unsigned(struct json_out *json, uint64_t value);
/* NaN and infinities as strings. */
void out_double(struct json_out *json, double value);
/* A value that is JSON already. */
void out_raw(struct json_out *json, struct ln_bytes text);
void out_base64(struct json_out *json, struct ln_bytes bytes);
/* Milliseconds since 1970 as RFC 3339 in UTC; null where the year has not four digits. */
void out_time_ms(struct json_out *json, int64_t ms);

#endif
