/* What came of an operation, as the answer to the request. */
#ifndef LINNETD_DATA_RESULT_H
#define LINNETD_DATA_RESULT_H

#include "linnetd/http.h"
#include "linnetd/json_out.h"

struct operation_call;

/* The records of a Read. */
void data_finish_read(struct request *request);
/* The bytes of the one opaque value that was read. */
void data_finish_octets(struct request *request);
/* The links of a Discover. */
void data_finish_discover(struct request *request);
/* 204 */
void data_finish_empty(struct request *request);
/* 201 with the path. */
void data_finish_create(struct request *request);

/* What a successful operation brought: records, links, the path of what was created, or null. False: the
 * answer cannot be told, and what was written of it has to go. */
LN_MUST_USE bool data_result_json(struct json_out *json, const struct operation_call *op,
                                  struct problem_text *why);
/* Why an operation has not succeeded. */
void data_explain(const struct operation_call *op, struct problem_text *out);

#endif
