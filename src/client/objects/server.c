/* Object 1, LwM2M Server. tests/client/objects_test.c holds this table against the OMA
 * registry. */

#include "client/objects/server.h"

#include "client/client.h"

#define FIELD(member) LN_FIELD(struct ln_server_account, member)

ln_err ln_client__read_binding(void *instance, uint16_t id, struct ln_value *out)
{
    const struct ln_server_account *account = instance;

    (void)id;
    *out = ln_value_string(account->binding);
    return LN_OK;
}

/* A binding of any version: which one the server speaks is not known here. */
ln_err ln_client__write_binding(void *instance, uint16_t id, const struct ln_value *value,
                                enum ln_write_step step)
{
    struct ln_server_account *account = instance;
    uint8_t binding;

    (void)id;
    if (step == LN_CLEAR) {
        account->binding[0] = '\0';
        return LN_OK;
    }
    if (value->as.bytes.len >= sizeof(account->binding) ||
        ln_client__binding_of_text(value->as.bytes, LN_VERSION_1_1, &binding) != LN_OK) {
        return LN_ERR_BAD_VALUE;
    }
    if (step == LN_STORE) {
        (void)ln_bytes_to_text(value->as.bytes, account->binding, sizeof(account->binding));
    }
    return LN_OK;
}

ln_err ln_client__read_alert(void *instance, uint16_t id, struct ln_value *out)
{
    const struct ln_server_account *account = instance;

    (void)id;
    if (account->alert == 0) {
        return LN_ERR_NOT_FOUND;
    }
    *out = ln_value_unsigned(account->alert - 1U);
    return LN_OK;
}

/* The client itself does what 4 and 8 say, once their answers have left. */
static const struct ln_resource resources[] = {
    /* clang-format off */
    {  0, LN_INTEGER, LN_READ | LN_MANDATORY,            FIELD(short_id) },
    {  1, LN_INTEGER, LN_READ | LN_WRITE | LN_MANDATORY, FIELD(lifetime) },
    {  2, LN_INTEGER, LN_READ | LN_WRITE,                FIELD(min_period) },
    {  3, LN_INTEGER, LN_READ | LN_WRITE,                FIELD(max_period) },
    {  4, LN_NONE,    LN_EXECUTE,                        LN_EXECUTE_BY(NULL) },
    {  5, LN_INTEGER, LN_READ | LN_WRITE,                FIELD(disable_timeout) },
    {  6, LN_BOOLEAN, LN_READ | LN_WRITE | LN_MANDATORY, FIELD(store_notifications) },
    {  7, LN_STRING,  LN_READ | LN_WRITE | LN_MANDATORY, LN_CALL(ln_client__read_binding, ln_client__write_binding) },
    {  8, LN_NONE,    LN_EXECUTE | LN_MANDATORY,         LN_EXECUTE_BY(NULL) },
    { 11, LN_UNSIGNED, LN_READ,                          LN_CALL(ln_client__read_alert, NULL) },
    /* clang-format on */
};

const struct ln_object ln_server_object = {
    .id = 1,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .calls = &ln_instances_calls,
    .absent = LN_ABSENT(struct ln_server_account, absent),
};
