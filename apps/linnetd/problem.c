/* Problems as JSON. */

#include "linnetd/http.h"
#include "linnetd/json_out.h"

#include <linnet/coap.h>

#include <stdarg.h>
#include <stdio.h>

enum { DETAIL_MAX = 400 };

static const struct {
    const char *type;
    unsigned status;
    const char *title;
} kinds[] = {
#define PROBLEM(name, type, status, title) {type, status, title},
    PROBLEMS(PROBLEM)
#undef PROBLEM
};

struct extras {
    const char *detail;
    const char *coap;      /* NULL: none */
    const char *operation; /* NULL: none */
};

static void member(struct json_out *json, const char *name, const char *value)
{
    if (value != NULL) {
        out_key(json, name);
        out_text(json, value);
    }
}

static void answer(struct request *request, enum problem_kind kind, unsigned status,
                   const struct extras *extras)
{
    struct json_out json = {.out = &request->answer.body};

    if (request->problem != PROBLEM_NONE) {
        return;
    }
    request->problem = kind;
    text_free(&request->answer.body);
    request->answer.status = status;
    request->answer.type = "application/problem+json";
    out_open(&json, '{');
    member(&json, "type", kinds[kind].type);
    member(&json, "title", kinds[kind].title);
    out_key(&json, "status");
    out_unsigned(&json, status);
    member(&json, "detail", extras->detail);
    member(&json, "coap", extras->coap);
    member(&json, "operation", extras->operation);
    out_close(&json, '}');
    if (status == 405 && request->route != NULL) {
        respond_allow(request);
    }
}

bool problem(struct request *request, enum problem_kind kind, const char *detail, ...)
{
    char text[DETAIL_MAX];
    va_list arguments;

    va_start(arguments, detail);
    (void)vsnprintf(text, sizeof(text), detail, arguments);
    va_end(arguments);
    answer(request, kind, kinds[kind].status, &(struct extras){.detail = text});
    return false;
}

void problem_of_operation(struct request *request, enum problem_kind kind,
                          const char *operation, const char *detail)
{
    answer(request, kind, kinds[kind].status,
           &(struct extras){.detail = detail, .operation = operation});
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

void problem_of_device(struct request *request, uint8_t code, struct ln_bytes words)
{
    char text[8];
    char detail[DETAIL_MAX];
    int len = words.len < DETAIL_MAX / 2 && ln_utf8_valid(words) ? (int)words.len : 0;

    (void)snprintf(text, sizeof(text), "%u.%02u", code >> 5, code & 31u);
    (void)snprintf(detail, sizeof(detail), len > 0 ? "%s; it says: %.*s" : "%s",
                   meaning_of_code(code), len, (const char *)words.at);
    answer(request, PROBLEM_DEVICE_ERROR, status_of_code(code),
           &(struct extras){.detail = detail, .coap = text});
}
