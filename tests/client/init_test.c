/* What ln_client_init() refuses, and what the client costs. */

#include "support.h"

static ln_err init(void)
{
    return ln_client_init(&f.client, sizeof(f.client), &f.config);
}

TEST(refuses_a_client_of_another_size)
{
    given_a_client(LN_VERSION_1_1);

    CHECK_ERR(ln_client_init(&f.client, sizeof(f.client) - 1, &f.config), LN_ERR_BAD_CONFIG);
}

TEST(refuses_to_be_nobody)
{
    given_a_client(LN_VERSION_1_1);

    f.config.endpoint = NULL;
    CHECK_ERR(init(), LN_ERR_BAD_CONFIG);
    f.config.endpoint = "";
    CHECK_ERR(init(), LN_ERR_BAD_CONFIG);
}

TEST(refuses_objects_out_of_order_or_without_the_device)
{
    given_a_client(LN_VERSION_1_1);
    f.objects[2] = f.objects[3];
    f.objects[3] = (struct ln_object_entry){&ln_device_object, &f.device};
    CHECK_ERR(init(), LN_ERR_BAD_CONFIG);

    given_a_client(LN_VERSION_1_1);
    f.config.object_count = 2;
    CHECK_ERR(init(), LN_ERR_BAD_CONFIG);
}

TEST(refuses_too_little_memory)
{
    given_a_client(LN_VERSION_1_1);

    f.config.memory_size--;
    CHECK_ERR(init(), LN_ERR_BAD_CONFIG);
}

/* The bound is for a microcontroller with one server: two datagrams of 1152 bytes are 2304. */
TEST(one_account_costs_less_than_four_kilobytes)
{
    size_t cost = sizeof(struct ln_client) + sizeof(struct ln_client_server) +
                  LN_CLIENT_MEMORY(1, 1152, 256);

    CHECK(cost <= 4096);
}

int init_tests(void)
{
    const struct CMUnitTest init_group[] = {
        cmocka_unit_test(refuses_a_client_of_another_size),
        cmocka_unit_test(refuses_to_be_nobody),
        cmocka_unit_test(refuses_objects_out_of_order_or_without_the_device),
        cmocka_unit_test(refuses_too_little_memory),
        cmocka_unit_test(one_account_costs_less_than_four_kilobytes),
    };

    return RUN_TESTS(init_group);
}
