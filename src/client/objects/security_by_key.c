/* Object 0, LwM2M Security, of a device that knows its servers by no certificates: in the place of security.c. */

#include "client/objects/security.h"

static const struct ln_resource resources[] = {LN_SECURITY_ROWS};

const struct ln_object ln_security_object = {
    .id = 0,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .calls = &ln_instances_calls,
    .absent = LN_ABSENT(struct ln_security, absent),
};
