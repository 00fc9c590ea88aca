/* Attributes of information reporting between JSON and the query of a Write-Attributes. */
#ifndef LINNETD_ATTRIBUTES_H
#define LINNETD_ATTRIBUTES_H

#include "linnetd/http.h"
#include "linnetd/json_out.h"

#include <linnet/codec.h>
#include <linnet/limits.h>

/*
 * Reads {"pmin":10,"gt":null} as "pmin=10&gt", for the path. False: a problem is set that names the
 * member which is unknown, is no such number, may not stand there or contradicts another.
 */
LN_MUST_USE bool attributes_read(struct request *request, json_t *object, struct ln_path path,
                                 struct ln_writer *out);
/* "pmin=10&gt" as {"pmin":10,"gt":null}. */
void attributes_json(struct json_out *json, struct ln_bytes query);

#endif
