/* An operation as the API shows it. */
#ifndef LINNETD_OPERATION_JSON_H
#define LINNETD_OPERATION_JSON_H

#include "linnetd/json_out.h"
#include "linnetd/operation.h"

void operation_json(struct json_out *json, const struct operation_copy *copy);
/* It is the whole answer; with 202, its Location too. */
void operation_respond(struct request *request, unsigned status,
                       const struct operation_copy *copy);

#endif
