/* Conformance, ids 109, 301 to 303 and 660: queue mode, Observe and its end. */

#include "conformance/bench.h"

static void given_one_that_is_observed(enum ln_version version)
{
    given_c4(version);
    given_it_reports();
    given_it_is_registered();
}

static void the_battery_is_at(uint8_t percent)
{
    bench.device.battery_percent = percent;
    ln_client_changed(&bench.client, bench.now, ln_path_resource(3, 0, 9));
}

static void the_manufacturer_is(const char *name)
{
    bench.device.manufacturer = name;
    ln_client_changed(&bench.client, bench.now, ln_path_resource(3, 0, 0));
}

/* spec: ETS 1.1-int-109 */
TEST(int_109_a_request_waits_until_the_client_wakes)
{
    const struct ln_server_terms waits = {.expires_at = LN_NEVER, .queue = true};
    const struct ln_operation read = {
        LN_OPERATION_READ, ln_path_resource(3, 0, 0), LN_FORMAT_TEXT, LN_FORMAT_NONE, {0}, {0}};
    uint64_t id;
    given_c1(LN_VERSION_1_1);
    bench.config.queue_mode = &ln_client_queue_mode;
    given_it_is_registered();

    time_passes(93 * 1000);
    CHECK_SERVER_SAYS("sleeps\n");
    CHECK_OK(
        ln_server_operate(bench.server, bench.now, BYTES("urn:dev:1"), &read, &waits, 0, &id));
    time_passes(3600 * 1000);
    CHECK_WIRE("");
    ln_client_update(&bench.client, bench.now);
    time_passes(0);
    CHECK_WIRE("client CON POST /rd/*\n"
               "server ACK 2.04\n"
               "server CON GET /3/0/0 accept=0\n"
               "client ACK 2.05 format=0 Open Mobile Alliance\n");
    CHECK_SERVER_SAYS("sleeps\nupdated\nawake\nresult answered 2.05\n");
}

/* spec: ETS 1.0-int-301, 1.1-int-301, 1.0-int-660 */
TEST(int_301_notifies_within_pmin_and_pmax)
{
    EACH_VERSION(v)
    {
        given_one_that_is_observed(v);
        observe("/3/0/9", "pmin=5&pmax=15");
        CHECK_WIRE("server CON PUT /3/0/9?pmin=5&pmax=15\n"
                   "client ACK 2.04\n"
                   "server CON GET /3/0/9 accept=0\n"
                   "client ACK 2.05 format=0 100\n");
        CHECK_SERVER_SAYS("observation active\nnotified 100\n");
        forget();
        time_passes(1000);
        the_battery_is_at(90);
        time_passes(3999);
        CHECK_SERVER_SAYS("");
        time_passes(1);
        CHECK_SERVER_SAYS("notified 90\n");
        time_passes(14999);
        CHECK_SERVER_SAYS("notified 90\n");
        time_passes(1);
        CHECK_SERVER_SAYS("notified 90\nnotified 90\n");
        bench_clear(NULL);
    }
}

/* The server is done with one of two, and its request that says so has been lost. */
static void given_one_is_ended_and_the_device_has_not_heard_of_it(enum ln_version version)
{
    given_one_that_is_observed(version);
    observe("/3/0/9", "pmin=0");
    observe("/3/0/0", "pmin=0");
    bench.wire_is_cut = true;
    observe_no_longer("/3/0/9");
    bench.wire_is_cut = false;
    forget();
}

/* spec: ETS 1.0-int-302, 1.1-int-302 */
TEST(int_302_a_reset_of_a_notification_ends_it_at_once_and_the_other_goes_on)
{
    EACH_VERSION(v)
    {
        given_one_is_ended_and_the_device_has_not_heard_of_it(v);
        the_battery_is_at(80);
        time_passes(0);
        CHECK_WIRE("client NON 2.05 format=0 80\n"
                   "server RST 0.00\n");
        CHECK_EQ(ln_server_counters(bench.server)->unexpected, 1);
        forget();
        the_battery_is_at(70);
        time_passes(1000);
        CHECK_WIRE("");
        the_manufacturer_is("Mine");
        time_passes(0);
        CHECK_SERVER_SAYS("notified Mine\n");
        bench_clear(NULL);
    }
}

/* spec: ETS 1.0-int-303, 1.1-int-303 */
TEST(int_303_a_request_ends_an_observation_and_the_other_goes_on)
{
    EACH_VERSION(v)
    {
        given_one_that_is_observed(v);
        observe("/3/0/9", "pmin=0");
        observe("/3/0/0", "pmin=0");
        forget();
        observe_no_longer("/3/0/0");
        CHECK_WIRE("server CON GET /3/0/0 accept=0\n"
                   "client ACK 2.05 format=0 Open Mobile Alliance\n");
        forget();
        the_battery_is_at(80);
        the_manufacturer_is("Mine");
        time_passes(1000);
        CHECK_SERVER_SAYS("notified 80\n");
        bench_clear(NULL);
    }
}

int observing_tests(void)
{
    const struct CMUnitTest information_reporting[] = {
        CONFORMANCE_TEST(int_109_a_request_waits_until_the_client_wakes),
        CONFORMANCE_TEST(int_301_notifies_within_pmin_and_pmax),
        CONFORMANCE_TEST(
            int_302_a_reset_of_a_notification_ends_it_at_once_and_the_other_goes_on),
        CONFORMANCE_TEST(int_303_a_request_ends_an_observation_and_the_other_goes_on),
    };

    return RUN_TESTS(information_reporting);
}
