/* Object 0, LwM2M Security. tests/client/objects_test.c holds this table against the OMA
 * registry. */

#include <linnet/objects.h>

#define FIELD(member) LN_FIELD(struct ln_security, member)

/* No operations: only a bootstrap server may touch it. */
static const struct ln_resource resources[] = {
    /* clang-format off */
    {  0, LN_STRING,  LN_MANDATORY, FIELD(uri) },
    {  1, LN_BOOLEAN, LN_MANDATORY, FIELD(is_bootstrap) },
    {  2, LN_INTEGER, LN_MANDATORY, FIELD(mode) },
    {  3, LN_OPAQUE,  LN_MANDATORY, FIELD(identity) },
    {  4, LN_OPAQUE,  LN_MANDATORY, FIELD(server_key) },
    {  5, LN_OPAQUE,  LN_MANDATORY, FIELD(secret) },
    { 10, LN_INTEGER, 0,            FIELD(short_id) },
    { 11, LN_INTEGER, 0,            FIELD(hold_off) },
    { 12, LN_INTEGER, 0,            FIELD(bootstrap_timeout) },
    /* clang-format on */
};

const struct ln_object ln_security_object = {
    .id = 0,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .calls = &ln_instances_calls,
    .absent = LN_ABSENT(struct ln_security, absent),
};
