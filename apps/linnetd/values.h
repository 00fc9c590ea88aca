/* Values between JSON and devices: http-api "Data: a record is the same everywhere". */
#ifndef LINNETD_VALUES_H
#define LINNETD_VALUES_H

#include "linnetd/http.h"
#include "linnetd/json_out.h"

#include <linnet/codec.h>

enum { VALUES_MAX = 1024 };

/* Records read from a body; strings lie in the JSON tree, decoded opaque values in `bytes`. */
struct values {
    struct ln_record *records; /* ascending by path */
    size_t count;
    size_t size;
    struct ln_arena arena;
    uint8_t *bytes;
};

/*
 * Reads {"value":V} or {"values":{...}} for the path of the request. "type" is that of all
 * values whose resource no model knows, and overrides the models. False: the problem is set.
 */
LN_MUST_USE bool values_read(struct request *request, json_t *body, struct ln_path path,
                             struct values *out);
/* The same where no request waits; `text_length` is that of the JSON's text. False: `problem` is set. */
LN_MUST_USE bool values_parse(json_t *body, size_t text_length, struct ln_path path,
                              struct values *out, struct problem_text *problem);
/* Whether one value of this type may be at the path, as far as models know; else a problem. */
LN_MUST_USE bool values_may_be(struct request *request, struct ln_path path, enum ln_type type);
/* One value that is at hand already. It must be of the resource's type; else the problem is set. */
LN_MUST_USE bool values_add_one(struct request *request, struct ln_path path,
                                struct ln_value value, struct values *out);
/* Safe on one of all zero. */
void values_free(struct values *values);

/* The type of that name ("string"); LN_NONE if there is none. */
enum ln_type type_named(const char *name);

/* "/3/0/9", ended by NUL. */
const char *path_text(struct ln_path path, char out[LN_PATH_TEXT_MAX + 1]);

/* The members of a record but its time. */
void record_members_json(struct json_out *json, const struct ln_record *record);
/*
 * A record as the API shows it. Times that are relative are so to when the record came:
 * `received_ms`, in ms since 1970. In OMA JSON all times above 0 are absolute.
 */
void record_json(struct json_out *json, const struct ln_record *record, bool is_oma_json,
                 int64_t received_ms);

#endif
