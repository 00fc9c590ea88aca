/* Declared observations as the API shows them. */
#ifndef LINNETD_OBSERVATIONS_H
#define LINNETD_OBSERVATIONS_H

#include "linnetd/json_out.h"

#include <linnet/limits.h>
#include <linnet/server.h>

/* What is told of one: a copy that outlives the engine's next call. */
struct observation {
    struct ln_path path;
    uint16_t format;
    uint8_t state; /* enum ln_observation_state */
    uint8_t code;
    int64_t heard_at; /* ms since 1970; 0: nothing yet */
    uint64_t notifications;
    uint8_t attributes_length;
    uint8_t attributes[LN_LIMIT_ATTRIBUTES];
};

void observation_copy(struct observation *out, const struct ln_observation_view *view,
                      int64_t wall_offset);
void observation_json(struct json_out *json, const struct observation *observation);

#endif
