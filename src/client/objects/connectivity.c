/* Object 4, Connectivity Monitoring. tests/client/objects_test.c holds this table against the OMA
 * registry. */

#include <linnet/objects.h>

#define FIELD(member) LN_FIELD(struct ln_connectivity, member)
#define LIST(member)  LN_LIST_TO_READ(struct ln_connectivity, member)

static const struct ln_resource resources[] = {
    /* clang-format off */
    {  0, LN_INTEGER, LN_READ | LN_MANDATORY,           FIELD(bearer) },
    {  1, LN_INTEGER, LN_READ | LN_MANY | LN_MANDATORY, LIST(bearers) },
    {  2, LN_INTEGER, LN_READ | LN_MANDATORY,           FIELD(signal_strength) },
    {  3, LN_INTEGER, LN_READ,                          FIELD(link_quality) },
    {  4, LN_STRING,  LN_READ | LN_MANY | LN_MANDATORY, LIST(addresses) },
    {  5, LN_STRING,  LN_READ | LN_MANY,                LIST(routers) },
    {  6, LN_INTEGER, LN_READ,                          FIELD(utilization) },
    {  7, LN_STRING,  LN_READ | LN_MANY,                LIST(apns) },
    {  8, LN_INTEGER, LN_READ,                          FIELD(cell) },
    {  9, LN_INTEGER, LN_READ,                          FIELD(network_code) },
    { 10, LN_INTEGER, LN_READ,                          FIELD(country_code) },
    /* clang-format on */
};

const struct ln_object ln_connectivity_object = {
    .id = 4,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .absent = LN_ABSENT(struct ln_connectivity, absent),
};
