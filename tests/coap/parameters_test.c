/* The times that follow from the transmission parameters. */

#include "coap_test.h"

/* RFC 7252 §4.8.2, table 3. */
TEST(derives_the_times_of_the_specification_from_the_defaults)
{
    CHECK_EQ(ln_coap_max_transmit_wait(&ln_coap_parameters_default), 93 * 1000);
    CHECK_EQ(ln_coap_exchange_lifetime(&ln_coap_parameters_default), 247 * 1000);
}

TEST(derives_exact_times_from_odd_parameters)
{
    struct ln_coap_parameters p = {
        .ack_timeout = 1999, .random_percent = 133, .max_retransmit = 2};

    /* 1999 * 1.33 = 2658.67; waits of 1, 2 and 4 times that; a span of 1 and 2 times. */
    CHECK_EQ(ln_coap_max_transmit_wait(&p), 7 * 2658);
    CHECK_EQ(ln_coap_exchange_lifetime(&p), 3 * 2658 + 200 * 1000 + 1999);
}

TEST(takes_a_random_factor_below_one_for_one)
{
    struct ln_coap_parameters p = {
        .ack_timeout = 1000, .random_percent = 20, .max_retransmit = 0};

    CHECK_EQ(ln_coap_max_transmit_wait(&p), 1000);
}

TEST(caps_times_that_are_out_of_all_reason)
{
    struct ln_coap_parameters p = {
        .ack_timeout = UINT32_MAX, .random_percent = UINT16_MAX, .max_retransmit = UINT8_MAX};

    CHECK_EQ(ln_coap_max_transmit_wait(&p), UINT32_MAX);
    CHECK_EQ(ln_coap_exchange_lifetime(&p), UINT32_MAX);
}

int parameters_tests(void)
{
    static const struct CMUnitTest parameters[] = {
        cmocka_unit_test(derives_the_times_of_the_specification_from_the_defaults),
        cmocka_unit_test(derives_exact_times_from_odd_parameters),
        cmocka_unit_test(takes_a_random_factor_below_one_for_one),
        cmocka_unit_test(caps_times_that_are_out_of_all_reason),
    };

    return RUN_TESTS(parameters);
}
