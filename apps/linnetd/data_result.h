/* What came of an operation, as the answer to the request. */
#ifndef LINNETD_DATA_RESULT_H
#define LINNETD_DATA_RESULT_H

#include "linnetd/http.h"

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

#endif
