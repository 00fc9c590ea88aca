/* Object 6, Location. tests/client/objects_test.c holds this table against the OMA registry. */

#include <linnet/objects.h>

#define FIELD(member) LN_FIELD(struct ln_location, member)

static const struct ln_resource resources[] = {
    /* clang-format off */
    { 0, LN_FLOAT,  LN_READ | LN_MANDATORY, FIELD(latitude) },
    { 1, LN_FLOAT,  LN_READ | LN_MANDATORY, FIELD(longitude) },
    { 2, LN_FLOAT,  LN_READ,                FIELD(altitude) },
    { 3, LN_FLOAT,  LN_READ,                FIELD(radius) },
    { 4, LN_OPAQUE, LN_READ,                FIELD(velocity) },
    { 5, LN_TIME,   LN_READ | LN_MANDATORY, FIELD(time) },
    { 6, LN_FLOAT,  LN_READ,                FIELD(speed) },
    /* clang-format on */
};

const struct ln_object ln_location_object = {
    .id = 6,
    .version_major = 1,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .absent = LN_ABSENT(struct ln_location, absent),
};
