/* What a device sent of itself, as records: for those that no HTTP request waits for. */
#ifndef LINNETD_PAYLOAD_H
#define LINNETD_PAYLOAD_H

#include "linnetd/json_out.h"

#include <linnet/codec.h>

/* Reads the records of a payload; all zero is a closed one. */
struct payload {
    struct ln_decoder decoder;
    struct ln_arena scratch;
    void *memory;
};

/* False: this format is not read here, or there is no memory. */
LN_MUST_USE bool payload_open(struct payload *payload, uint16_t format, struct ln_path path,
                              struct ln_bytes bytes);
/* The next record, lent until payload_close(). False: the end; `decoder.err` says whether of all. */
LN_MUST_USE bool payload_next(struct payload *payload, struct ln_record *record);
void payload_close(struct payload *payload);

/* When the value was true, in ms since 1970; `received_ms` if it does not say. */
int64_t payload_time(const struct payload *payload, const struct ln_record *record,
                     int64_t received_ms);
/* Writes a list of records, as a Read has. False: nothing was written, it cannot be decoded. */
LN_MUST_USE bool payload_json(struct json_out *json, uint16_t format, struct ln_path path,
                              struct ln_bytes bytes, int64_t received_ms);

#endif
