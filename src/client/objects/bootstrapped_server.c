/* Object 1, LwM2M Server, of a device that bootstraps: with 9, by which a server asks for it.
 * tests/client/objects_test.c holds this table against the OMA registry. */

#include "client/objects/server.h"

#define FIELD(member) LN_FIELD(struct ln_server_account, member)
#define BINDING       LN_CALL(ln_client__read_binding, ln_client__write_binding)

/* The client itself does what 4, 8 and 9 say, once their answers have left. */
static const struct ln_resource resources[] = {
    /* clang-format off */
    {  0, LN_INTEGER,  LN_READ | LN_MANDATORY,            FIELD(short_id) },
    {  1, LN_INTEGER,  LN_READ | LN_WRITE | LN_MANDATORY, FIELD(lifetime) },
    {  2, LN_INTEGER,  LN_READ | LN_WRITE,                FIELD(min_period) },
    {  3, LN_INTEGER,  LN_READ | LN_WRITE,                FIELD(max_period) },
    {  4, LN_NONE,     LN_EXECUTE,                        LN_EXECUTE_BY(NULL) },
    {  5, LN_INTEGER,  LN_READ | LN_WRITE,                FIELD(disable_timeout) },
    {  6, LN_BOOLEAN,  LN_READ | LN_WRITE | LN_MANDATORY, FIELD(store_notifications) },
    {  7, LN_STRING,   LN_READ | LN_WRITE | LN_MANDATORY, BINDING },
    {  8, LN_NONE,     LN_EXECUTE | LN_MANDATORY,         LN_EXECUTE_BY(NULL) },
    {  9, LN_NONE,     LN_EXECUTE,                        LN_EXECUTE_BY(NULL) },
    { 11, LN_UNSIGNED, LN_READ,                           LN_CALL(ln_client__read_alert, NULL) },
    /* clang-format on */
};

const struct ln_object ln_bootstrapped_server_object = {
    .id = 1,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .calls = &ln_instances_calls,
    .absent = LN_ABSENT(struct ln_server_account, absent),
};
