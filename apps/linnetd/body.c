/* What a request brings: its JSON body and the parameters of its query. */

#include "linnetd/http.h"
#include "linnetd/router.h"

#include <microhttpd.h>
#include <string.h>

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

static bool only_members(struct request *request, json_t *object, const char *const *members)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        if (!is_one_of(key, members)) {
            return problem(request, PROBLEM_UNKNOWN_MEMBER,
                           "\"%.64s\" is not a member of this body", key);
        }
    }
    return true;
}

json_t *request_json(struct request *request, bool optional, const char *const *members)
{
    json_error_t error = {.line = -1};

    if (request->body.len == 0 && optional) {
        request->json = json_object();
    } else {
        request->json =
            json_loadb(request->body.at, request->body.len, JSON_REJECT_DUPLICATES, &error);
    }
    if (request->json == NULL) {
        bool large = json_error_code(&error) == json_error_numeric_overflow;
        problem(request, PROBLEM_BAD_JSON, "line %d, column %d: %s%s", error.line, error.column,
                error.text,
                large ? ": write what is beyond 64 bits with sign as a string" : "");
        return NULL;
    }
    if (!json_is_object(request->json)) {
        problem(request, PROBLEM_BAD_JSON, "an object is expected");
        return NULL;
    }
    return only_members(request, request->json, members) ? request->json : NULL;
}

bool request_query(struct request *request, const char *name, char *out, size_t size)
{
    struct ln_writer w = ln_writer(out, size - 1);
    struct ln_bytes decoded;
    const char *raw =
        MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);

    if (raw == NULL) {
        return false;
    }
    if (!percent_decode(ln_bytes_of_text(raw), &w, &decoded)) {
        return problem(request, PROBLEM_BAD_QUERY,
                       "%s: too long, not well percent-encoded, or not UTF-8", name);
    }
    out[decoded.len] = '\0';
    return true;
}

bool request_query_number(struct request *request, const char *name, uint64_t least,
                          uint64_t most, uint64_t *out)
{
    char text[24];

    if (!request_query(request, name, text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    if (!ln_unsigned_of_text(ln_bytes_of_text(text), out) || *out < least || *out > most) {
        return problem(request, PROBLEM_BAD_QUERY, "%s: it is a number from %llu to %llu", name,
                       (unsigned long long)least, (unsigned long long)most);
    }
    return true;
}

struct allowed {
    struct request *request;
    const char *const *names;
    uint64_t seen; /* a bit for each name */
};

static enum MHD_Result check_name(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct allowed *allowed = context;

    size_t at = 0;

    (void)kind;
    while (allowed->names[at] != NULL && strcmp(allowed->names[at], name) != 0) {
        at++;
    }
    if (allowed->names[at] == NULL) {
        problem(allowed->request, PROBLEM_BAD_QUERY, "%.64s: no such parameter here", name);
    } else if (value == NULL) {
        problem(allowed->request, PROBLEM_BAD_QUERY, "%.64s: has no value", name);
    } else if ((allowed->seen >> at & 1) != 0) {
        problem(allowed->request, PROBLEM_BAD_QUERY, "%.64s: stands twice", name);
    }
    allowed->seen |= UINT64_C(1) << at;
    return allowed->request->problem == PROBLEM_NONE ? MHD_YES : MHD_NO;
}

bool request_query_only(struct request *request, const char *const *names)
{
    struct allowed allowed = {.request = request, .names = names};

    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, check_name,
                                    &allowed);
    return request->problem == PROBLEM_NONE;
}
