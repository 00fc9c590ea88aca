/* Conformance, ids 109, 301 to 303, 660, 1203 and 1230: queue mode, Observe and its end. */

#include "conformance/bench.h"

static struct ln_client_reporting_state reporting_state;
static struct ln_client_notifier notifier;
static struct ln_client_observation observations[4];
static struct ln_client_attribute_set attributes[8];
static const struct ln_client_reporting reporting = {
    .calls = &ln_client_reporting_calls,
    .state = &reporting_state,
    .notifiers = &notifier,
    .observations = observations,
    .observation_count = LN_COUNT(observations),
    .attribute_count = LN_COUNT(attributes),
    .attributes = attributes,
};

static void given_one_that_is_observed(enum ln_version version)
{
    given_c4(version);
    bench.config.reporting = &reporting;
    given_it_is_registered();
}

static void observe(const char *path, const char *with)
{
    struct ln_path at;

    CHECK(ln_path_of_text(ln_bytes_of_text(path), &at));
    CHECK_OK(ln_server_observe(bench.server, bench.now, BYTES("urn:dev:1"), at, LN_FORMAT_TEXT,
                               ln_bytes_of_text(with), false));
    time_passes(0);
}

static void observe_no_longer(const char *path)
{
    struct ln_path at;

    CHECK(ln_path_of_text(ln_bytes_of_text(path), &at));
    CHECK_OK(ln_server_unobserve(bench.server, bench.now, BYTES("urn:dev:1"), at));
    time_passes(0);
}

static void the_battery_is_at(uint8_t percent)
{
    bench.device.battery_percent = percent;
    ln_client_changed(&bench.client, bench.now, ln_path_resource(3, 0, 9));
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
        ln_client_changed(&bench.client, bench.now, ln_path_resource(3, 0, 0));
        time_passes(1000);
        CHECK_SERVER_SAYS("notified 80\n");
        bench_clear(NULL);
    }
}

static void write_attributes(const char *path, const char *query)
{
    struct ln_operation operation = {.kind = LN_OPERATION_WRITE_ATTRIBUTES,
                                     .accept = LN_FORMAT_NONE,
                                     .format = LN_FORMAT_NONE,
                                     .query = ln_bytes_of_text(query)};

    CHECK(ln_path_of_text(ln_bytes_of_text(path), &operation.path));
    operate(&operation);
    CHECK_CODE("2.04");
}

/* spec: ETS 1.1-int-260: a resource shows what it inherits too */
TEST(int_260_discover_shows_attributes)
{
    given_one_that_is_observed(LN_VERSION_1_1);
    write_attributes("/3", "pmin=10&pmax=200");
    write_attributes("/3/0/7", "lt=1&gt=6&st=1");
    discover("/3/0/7");
    CHECK_TEXT(ln_bytes(bench.payload, bench.payload_len),
               "</3/0/7>;pmin=10;pmax=200;gt=6;lt=1;st=1;dim=2,</3/0/7/0>,</3/0/7/1>");
}

int observing_tests(void)
{
    const struct CMUnitTest information_reporting[] = {
        CONFORMANCE_TEST(int_109_a_request_waits_until_the_client_wakes),
        CONFORMANCE_TEST(int_301_notifies_within_pmin_and_pmax),
        CONFORMANCE_TEST(int_260_discover_shows_attributes),
        CONFORMANCE_TEST(int_303_a_request_ends_an_observation_and_the_other_goes_on),
    };

    return RUN_TESTS(information_reporting);
}
