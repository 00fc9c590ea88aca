/* What the routes that operate a device have in common: path, query, and asking the shard. */
#ifndef LINNETD_DATA_H
#define LINNETD_DATA_H

#include "linnetd/operation.h"
#include "linnetd/values.h"

struct octets;

/* The request's state; the operation stands first, where operation.c looks for it. */
struct data {
    struct operation_call op;
    struct values values;
    struct octets *octets; /* of bytes that travel as they are; NULL: none do */
    size_t received;       /* bytes of a body that is streamed */
    uint32_t told;         /* Content-Length, or LN_COAP_BODY_UNKNOWN */
    bool whole;            /* this body must be kept whole */
};

/* Reads the path, by numbers or names. False: the problem is set. */
LN_MUST_USE bool data_read_path(struct request *request, struct ln_path *path);
/* Reads the path and the query. NULL: the problem is set. */
struct data *data_begin(struct request *request, enum ln_operation_kind kind);
void data_ask(struct request *request, void (*finish)(struct request *));

#endif
