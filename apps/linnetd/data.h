/* What the routes that operate a device have in common: path, query, and asking the shard. */
#ifndef LINNETD_DATA_H
#define LINNETD_DATA_H

#include "linnetd/operation.h"
#include "linnetd/values.h"

/* The request's state; the operation stands first, where operation.c looks for it. */
struct data {
    struct operation_call op;
    struct values values;
};

/* Reads the path and the query. NULL: the problem is set. */
struct data *data_begin(struct request *request, enum ln_operation_kind kind);
void data_ask(struct request *request, void (*finish)(struct request *));

#endif
