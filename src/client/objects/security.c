/* Object 0, LwM2M Security. tests/client/objects_test.c holds this table against the OMA
 * registry. */

#include "client/objects/security.h"

enum { MATCHING_MAX = 3, USAGE_MAX = 3 };

/* Both stand in the struct plus 1: nothing there is 0. */
static ln_err read_choice(uint8_t kept, struct ln_value *out)
{
    if (kept == 0) {
        return LN_ERR_NOT_FOUND;
    }
    *out = ln_value_unsigned(kept - 1U);
    return LN_OK;
}

static ln_err write_choice(uint8_t *kept, uint64_t most, const struct ln_value *value,
                           enum ln_write_step step)
{
    if (step == LN_CLEAR) {
        *kept = 0;
        return LN_OK;
    }
    if (value->as.unsigned_integer > most) {
        return LN_ERR_BAD_VALUE;
    }
    if (step == LN_STORE) {
        *kept = (uint8_t)(value->as.unsigned_integer + 1);
    }
    return LN_OK;
}

static ln_err read_matching(void *instance, uint16_t id, struct ln_value *out)
{
    (void)id;
    return read_choice(((const struct ln_security *)instance)->matching, out);
}

static ln_err write_matching(void *instance, uint16_t id, const struct ln_value *value,
                             enum ln_write_step step)
{
    (void)id;
    return write_choice(&((struct ln_security *)instance)->matching, MATCHING_MAX, value, step);
}

static ln_err read_usage(void *instance, uint16_t id, struct ln_value *out)
{
    (void)id;
    return read_choice(((const struct ln_security *)instance)->usage, out);
}

static ln_err write_usage(void *instance, uint16_t id, const struct ln_value *value,
                          enum ln_write_step step)
{
    (void)id;
    return write_choice(&((struct ln_security *)instance)->usage, USAGE_MAX, value, step);
}

static const struct ln_resource resources[] = {
    /* clang-format off */
    LN_SECURITY_ROWS,
    { 13, LN_UNSIGNED, 0, LN_CALL(read_matching, write_matching) },
    { 15, LN_UNSIGNED, 0, LN_CALL(read_usage, write_usage) },
    /* clang-format on */
};

const struct ln_object ln_security_object = {
    .id = 0,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .calls = &ln_instances_calls,
    .absent = LN_ABSENT(struct ln_security, absent),
};
