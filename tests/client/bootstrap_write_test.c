/* What a bootstrap server may write, delete and see, and what Finish makes of it. */

#include "bootstrap_support.h"
#include "support.h"

/* spec: LightweightM2M-1.1-int-0 */
TEST(what_was_written_is_the_devices_own_after_finish)
{
    struct ln_coap_message m;

    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(bootstrap_deletes("/"), LN_COAP_2_02);
    bootstrap_writes_server(0, 1);
    assert_string_equal(
        bootstrap_discovers("/"),
        "</>;lwm2m=1.1,</0/0>;ssid=1;uri=\"coap://192.0.2.77\","
        "</0/1>;uri=\"coap://192.0.2.9:5783\",</1/0>;ssid=1,</2>,</3/0>,</6/0>");
    CHECK_EQ(bs.stores[1].count, 0);

    CHECK_EQ(bootstrap_finishes(), LN_COAP_2_04);
    CHECK(device_tells(LN_CLIENT_BOOTSTRAPPED));
    CHECK_EQ(bs.stores[0].count, 2);
    CHECK_EQ(bs.stores[1].count, 1);
    CHECK_EQ(bs.account[0].lifetime, 60);
    CHECK_EQ(bs.kept, 1);
    CHECK(device_tells(LN_CLIENT_OPEN));
    CHECK_EQ(bs.event.link, 0);
    assert_string_equal(bs.event.security->uri, "coap://192.0.2.77");
    ln_client_bootstrap_link_up(&bs.machine, bs.now, 0);
    CHECK(device_sends(&m));
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 0), "rd");
}

int bootstrap_write_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_the_devices_own_after_finish),
    };

    return RUN_TESTS(tests);
}
