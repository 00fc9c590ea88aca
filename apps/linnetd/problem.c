/* Problems as JSON. */

#include "linnetd/http.h"

#include <linnet/coap.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *type;
    unsigned status;
    const char *title;
} kinds[] = {
#define PROBLEM(name, type, status, title) {type, status, title},
    PROBLEMS(PROBLEM)
#undef PROBLEM
};

const char *problem_type(enum problem_kind kind)
{
    return kinds[kind].type;
}

const char *problem_title(enum problem_kind kind)
{
    return kinds[kind].title;
}

enum problem_kind problem_of_type(const char *type)
{
    for (size_t i = 0; i < LN_COUNT(kinds); i++) {
        if (strcmp(kinds[i].type, type) == 0) {
            return (enum problem_kind)i;
        }
    }
    return PROBLEM_INTERNAL;
}

static void member(struct json_out *json, const char *name, const char *value)
{
    if (value[0] != '\0') {
        out_key(json, name);
        out_text(json, value);
    }
}

void problem_json(struct json_out *json, const struct problem_text *text)
{
    out_open(json, '{');
    member(json, "type", kinds[text->kind].type);
    member(json, "title", kinds[text->kind].title);
    out_key(json, "status");
    out_unsigned(json, text->status);
    member(json, "detail", text->detail);
    member(json, "coap", text->coap);
    member(json, "operation", text->operation);
    out_close(json, '}');
}

bool problem_answer(struct request *request, const struct problem_text *text)
{
    struct json_out json = {.out = &request->answer.body};

    if (request->problem != PROBLEM_NONE) {
        return false;
    }
    request->problem = text->kind;
    text_free(&request->answer.body);
    request->answer.status = text->status;
    request->answer.type = "application/problem+json";
    problem_json(&json, text);
    if (text->status == 405 && request->route != NULL) {
        respond_allow(request);
    }
    return false;
}

static void set(struct problem_text *out, enum problem_kind kind, const char *detail,
                va_list arguments)
{
    *out = (struct problem_text){.kind = kind, .status = kinds[kind].status};
    (void)vsnprintf(out->detail, sizeof(out->detail), detail, arguments);
}

bool problem_set(struct problem_text *out, enum problem_kind kind, const char *detail, ...)
{
    va_list arguments;

    va_start(arguments, detail);
    set(out, kind, detail, arguments);
    va_end(arguments);
    return false;
}

bool problem(struct request *request, enum problem_kind kind, const char *detail, ...)
{
    struct problem_text text;
    va_list arguments;

    va_start(arguments, detail);
    set(&text, kind, detail, arguments);
    va_end(arguments);
    return problem_answer(request, &text);
}

static unsigned status_of_code(uint8_t code)
{
    switch (code) {
    case LN_COAP_4_00:
    case LN_COAP_4_02:
        return 400;
    case LN_COAP_4_01:
    case LN_COAP_4_03:
        return 403;
    case LN_COAP_4_04:
        return 404;
    case LN_COAP_4_05:
        return 405;
    case LN_COAP_4_06:
        return 406;
    case LN_COAP_4_08:
    case LN_COAP_4_09:
        return 409;
    case LN_COAP_4_12:
        return 412;
    case LN_COAP_4_13:
        return 413;
    case LN_COAP_4_15:
        return 415;
    default:
        return ln_coap_code_class(code) == 4 ? 400 : 502;
    }
}

static const char *meaning_of_code(uint8_t code)
{
    switch (code) {
    case LN_COAP_4_00:
        return "the device found the request wrong, or a value out of its range";
    case LN_COAP_4_01:
        return "the device does not give this server the right to do this";
    case LN_COAP_4_04:
        return "the device has nothing at this path";
    case LN_COAP_4_05:
        return "what is at this path does not support the operation";
    case LN_COAP_4_06:
        return "the device cannot answer in the format that was asked for: try another with "
               "format=";
    case LN_COAP_4_13:
        return "the value is larger than what the device takes";
    case LN_COAP_4_15:
        return "the device does not read the format that was sent: try another with format=";
    default:
        return "the device could not carry the operation out";
    }
}

void problem_set_device(struct problem_text *out, uint8_t code, struct ln_bytes words)
{
    int len = words.len < PROBLEM_DETAIL_MAX / 2 && ln_utf8_valid(words) ? (int)words.len : 0;

    problem_set(out, PROBLEM_DEVICE_ERROR, len > 0 ? "%s; it says: %.*s" : "%s",
                meaning_of_code(code), len, (const char *)words.at);
    out->status = status_of_code(code);
    (void)snprintf(out->coap, sizeof(out->coap), "%u.%02u", code >> 5, code & 31u);
}
