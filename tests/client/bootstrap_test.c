/* When a device bootstraps, how it asks, and how it ends. */

#include "bootstrap_support.h"
#include "support.h"

static const char *query_of(const struct ln_coap_message *m, unsigned n)
{
    return option_of(m, LN_COAP_URI_QUERY, n);
}

/* ---- When it asks ---- */

/* spec: CORE-1.1.1 §6.1.7.1 Bootstrap-Request */
TEST(a_device_without_a_server_asks_the_bootstrap_server)
{
    struct ln_coap_message m;

    given_a_device_to_bootstrap(LN_VERSION_1_1);
    ln_client_bootstrap_start(&bs.machine, bs.now);
    CHECK(!device_sends(&m));
    bootstrap_link_goes_up();

    CHECK(device_sends(&m));
    CHECK_EQ(bs.link, LN_LINK_BOOTSTRAP);
    CHECK_EQ(m.type, LN_COAP_CON);
    CHECK_EQ(m.code, LN_COAP_POST);
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 0), "bs");
    assert_string_equal(query_of(&m, 0), "ep=meter-7");
    assert_string_equal(query_of(&m, 1), "pct=110");
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 2);
    CHECK_EQ(bs.machine.stats.requests, 1);
}

TEST(a_device_of_1_0_names_no_format)
{
    struct ln_coap_message m;

    given_a_device_to_bootstrap(LN_VERSION_1_0);
    ln_client_bootstrap_start(&bs.machine, bs.now);
    CHECK(!device_sends(&m));
    bootstrap_link_goes_up();
    CHECK(device_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 1);
}

TEST(a_configured_device_registers_and_does_not_ask)
{
    struct ln_coap_message m;

    given_a_configured_device(LN_VERSION_1_1);
    ln_client_bootstrap_start(&bs.machine, bs.now);
    CHECK(!device_sends(&m));
    CHECK(device_tells(LN_CLIENT_OPEN));
    CHECK_EQ(bs.event.link, 0);
    ln_client_bootstrap_link_up(&bs.machine, bs.now, 0);
    CHECK(device_sends(&m));
    CHECK_EQ(bs.link, 0);
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 0), "rd");
    CHECK_EQ(bs.machine.stats.requests, 0);
}

int bootstrap_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_without_a_server_asks_the_bootstrap_server),
        cmocka_unit_test(a_device_of_1_0_names_no_format),
        cmocka_unit_test(a_configured_device_registers_and_does_not_ask),
    };

    return RUN_TESTS(tests);
}
