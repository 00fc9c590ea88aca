/* Conformance, ids 260, 261, 710, 810, 910, 1203, 1204, 1230, 1610 and 1900: attributes, and Observe
 * of objects that are tables of the test. */

#include "conformance/bench.h"

static void changes(struct ln_path path)
{
    ln_client_changed(&bench.client, bench.now, path);
    time_passes(0);
}

/* ---- Discover ---- */

/* C.4, but without the server's default periods: the 1.1 document's lists do not show them. */
static void given_attributes_can_be_written(enum ln_version version)
{
    given_c4(version);
    given_it_reports();
    bench.account[0].absent = 1U << 2 | 1U << 3;
    given_it_is_registered();
}

/* spec: ETS 1.0-int-260: the instance is listed once it has attributes */
TEST(int_260_discover_shows_attributes_in_1_0)
{
    given_attributes_can_be_written(LN_VERSION_1_0);
    write_attributes("/3/0", "pmin=10&pmax=200");
    CHECK_WIRE("server CON PUT /3/0?pmin=10&pmax=200\n"
               "client ACK 2.04\n");
    forget();
    discover("/3");
    CHECK_WIRE("server CON GET /3 accept=40\n"
               "client ACK 2.05 format=40 "
               "</3>,</3/0>;pmin=10;pmax=200,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,"
               "</3/0/6>;dim=2,</3/0/7>;dim=2,</3/0/8>;dim=2,</3/0/9>,</3/0/11>;dim=1,"
               "</3/0/16>\n");
    write_attributes("/3/0/7", "lt=1&gt=6&st=1");
    CHECK_CODE("2.04");
    forget();
    discover("/3/0/7");
    CHECK_WIRE("server CON GET /3/0/7 accept=40\n"
               "client ACK 2.05 format=40 </3/0/7>;pmin=10;pmax=200;gt=6;lt=1;st=1;dim=2\n");
}

/* spec: ETS 1.1-int-260 */
TEST(int_260_discover_shows_attributes_in_1_1)
{
    given_attributes_can_be_written(LN_VERSION_1_1);
    write_attributes("/3", "pmin=10&pmax=200");
    CHECK_CODE("2.04");
    forget();
    discover("/3");
    CHECK_WIRE("server CON GET /3 accept=40\n"
               "client ACK 2.05 format=40 "
               "</3>;pmin=10;pmax=200,</3/0>,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,"
               "</3/0/6>;dim=2,</3/0/7>;dim=2,</3/0/8>;dim=2,</3/0/9>,</3/0/11>;dim=1,"
               "</3/0/16>\n");
    write_attributes("/3/0/7", "lt=1&gt=6&st=1");
    CHECK_CODE("2.04");
    forget();
    discover("/3/0/7");
    CHECK_WIRE("server CON GET /3/0/7 accept=40\n"
               "client ACK 2.05 format=40 </3/0/7>;pmin=10;pmax=200;gt=6;lt=1;st=1;dim=2,"
               "</3/0/7/0>,</3/0/7/1>\n");
}

/* spec: ETS 1.1-int-261, but for the evaluation periods epmin and epmax */
TEST(int_261_a_resource_instance_has_attributes_of_its_own)
{
    given_attributes_can_be_written(LN_VERSION_1_1);
    write_attributes("/3", "pmin=10&pmax=200");
    write_attributes("/3/0", "pmax=320");
    write_attributes("/3/0/11/0", "pmax=100");
    CHECK_SERVER_SAYS("result answered 2.04\n"
                      "result answered 2.04\n"
                      "result answered 2.04\n");
    forget();
    discover("/3/0/11");
    CHECK_WIRE("server CON GET /3/0/11 accept=40\n"
               "client ACK 2.05 format=40 </3/0/11>;pmin=10;pmax=320;dim=1,"
               "</3/0/11/0>;pmax=100\n");
}

/* ---- Observe of an instance ---- */

static void given_it_reports_of(enum ln_version version, const struct ln_object *object,
                                void *store)
{
    given_c3(version);
    given_it_reports();
    given_object(object, store);
    given_it_is_registered();
}

/* Nothing comes within pmin, a change with its end, and the same again at pmax: 2 and 10 s. */
static void then_it_reports_within_2_and_10_s(struct ln_path changed)
{
    CHECK_SERVER_SAYS("observation active\nnotified\n");
    forget();
    time_passes(1000);
    changes(changed);
    time_passes(999);
    CHECK_SERVER_SAYS("");
    time_passes(1);
    CHECK_SERVER_SAYS("notified\n");
    time_passes(9999);
    CHECK_SERVER_SAYS("notified\n");
    time_passes(1);
    CHECK_SERVER_SAYS("notified\nnotified\n");
}

/* spec: ETS 1.0-int-710, 1.1-int-710 */
TEST(int_710_notifies_of_the_connectivity)
{
    EACH_VERSION(v)
    {
        given_it_reports_of(v, &ln_connectivity_object, &bench.models.connectivity);
        observe_as("/4/0", LN_FORMAT_TLV, "pmin=2&pmax=10");
        bench.models.connectivity.signal_strength = -70;
        then_it_reports_within_2_and_10_s(ln_path_resource(4, 0, 2));
        CHECK_VALUES("/4/0/0 21\n/4/0/1/0 21\n/4/0/1/1 6\n/4/0/2 -70\n/4/0/3 80\n"
                     "/4/0/4/0 192.0.2.7\n/4/0/5/0 192.0.2.1\n/4/0/6 5\n/4/0/7/0 internet\n"
                     "/4/0/8 4711\n/4/0/9 1\n/4/0/10 262\n");
        bench_clear(NULL);
    }
}

/* spec: ETS 1.0-int-810, 1.1-int-810 */
TEST(int_810_notifies_of_the_location)
{
    EACH_VERSION(v)
    {
        given_it_reports_of(v, &ln_location_object, &bench.models.location);
        observe_as("/6/0", LN_FORMAT_TLV, "pmin=2&pmax=10");
        bench.models.location.latitude = 48.75;
        bench.models.location.time += 1;
        then_it_reports_within_2_and_10_s(ln_path_resource(6, 0, 0));
        CHECK_VALUES("/6/0/0 48.75\n/6/0/1 -2.25\n/6/0/2 80\n/6/0/3 10\n/6/0/4 002D0003\n"
                     "/6/0/5 1367491216\n/6/0/6 1.5\n");
        bench_clear(NULL);
    }
}

/* spec: ETS 1.0-int-910, 1.1-int-910 */
TEST(int_910_notifies_of_the_statistics)
{
    EACH_VERSION(v)
    {
        given_it_reports_of(v, &ln_statistics_object, &bench.models.statistics);
        write_text("/7/0/8", "0");
        observe_as("/7/0", LN_FORMAT_TLV, "pmin=2&pmax=10");
        execute("/7/0/6");
        CHECK_CODE("2.04");
        CHECK(bench.models.statistics.collects);
        forget();
        ln_statistics_sent(&bench.models.statistics, bench.now, 12345);
        changes(ln_path_resource(7, 0, 2));
        time_passes(2000);
        CHECK_SERVER_SAYS("notified\n");
        CHECK(strstr(bench.values, "/7/0/2 12\n") != NULL);
        execute("/7/0/7");
        CHECK_CODE("2.04");
        CHECK(!bench.models.statistics.collects);
        bench_clear(NULL);
    }
}

/* ---- Object 10 ---- */

/* Two resources are observed, and each tells of itself. */
static void notifies_of_the_power_saving_mode(enum ln_version version)
{
    given_it_reports_of(version, &cellular_object_1_1, &bench.models.cellular);
    observe("/10/0/12", "pmin=5&pmax=15");
    observe("/10/0/13", "pmin=5&pmax=15");
    CHECK_SERVER_SAYS("observation active\nnotified 3\nobservation active\nnotified 1\n");
    forget();
    time_passes(1000);
    write_at("/10/0/13", LN_FORMAT_TLV, BYTES("\xC1\x0D\x02"));
    CHECK_SERVER_SAYS("result answered 2.04\n");
    time_passes(3999);
    CHECK_SERVER_SAYS("result answered 2.04\n");
    time_passes(1);
    CHECK_SERVER_SAYS("result answered 2.04\nnotified 2\n");
    time_passes(10000);
    CHECK_SERVER_SAYS("result answered 2.04\nnotified 2\nnotified 3\n");
    time_passes(5000);
    CHECK_SERVER_SAYS("result answered 2.04\nnotified 2\nnotified 3\nnotified 2\n");
}

/* spec: ETS 1.1-int-1203 */
TEST(int_1203_notifies_of_the_power_saving_mode)
{
    notifies_of_the_power_saving_mode(LN_VERSION_1_1);
}

/* spec: ETS 1.0-int-1230 */
TEST(int_1230_notifies_of_the_power_saving_mode)
{
    notifies_of_the_power_saving_mode(LN_VERSION_1_0);
}

/* spec: ETS 1.1-int-1204 */
TEST(int_1204_notifies_of_timers)
{
    given_it_reports_of(LN_VERSION_1_1, &cellular_object_1_1, &bench.models.cellular);
    observe("/10/0/4", "pmin=5&pmax=15");
    observe("/10/0/5", "pmin=5&pmax=15");
    observe_as("/10/0/8", LN_FORMAT_TLV, "pmin=5&pmax=15");
    observe_as("/10/0/9", LN_FORMAT_TLV, "pmin=5&pmax=15");
    forget();
    time_passes(5000);
    bench.models.cellular.psm_timer = 7;
    changes(ln_path_resource(10, 0, 4));
    CHECK_SERVER_SAYS("notified 7\n");
    bench.models.cellular.nb_memory[0] = 0xEE;
    changes(ln_path_resource(10, 0, 9));
    CHECK_SERVER_SAYS("notified 7\nnotified\n");
    CHECK_VALUES("/10/0/9 EE\n");
    forget();
    time_passes(10000);
    CHECK_SERVER_SAYS("notified 1\nnotified\n");
    time_passes(5000);
    CHECK_SERVER_SAYS("notified 1\nnotified\nnotified 7\nnotified\n");
}

/* ---- Objects 16 and 19 ---- */

/* spec: ETS 1.0-int-1610, 1.1-int-1610, which is a title only: as 710, with a write by the server */
TEST(int_1610_notifies_of_the_portfolio)
{
    EACH_VERSION(v)
    {
        given_it_reports_of(v, &portfolio_object, &bench.models.portfolio_store);
        observe_as("/16/0", LN_FORMAT_TLV, "pmin=2&pmax=10");
        CHECK_SERVER_SAYS("observation active\nnotified\n");
        forget();
        time_passes(1000);
        write_at("/16/0/0", LN_FORMAT_TLV, BYTES("\x86\x00\x44\x01Mine"));
        time_passes(999);
        CHECK_SERVER_SAYS("result answered 2.04\n");
        time_passes(1);
        CHECK_SERVER_SAYS("result answered 2.04\nnotified\n");
        CHECK_VALUES("/16/0/0/1 Mine\n/16/0/3 0\n");
        time_passes(10000);
        CHECK_SERVER_SAYS("result answered 2.04\nnotified\nnotified\n");
        bench_clear(NULL);
    }
}

/* spec: ETS 1.1-int-1900 */
TEST(int_1900_notifies_of_binary_data)
{
    given_it_reports_of(LN_VERSION_1_1, &container_object, &bench.models.container_store);
    observe_as("/19/0/0", LN_FORMAT_TLV, "pmin=2&pmax=10");
    forget();
    time_passes(2000);
    bench.models.containers[0].memory[0][0] = 0xAB;
    bench.models.containers[0].data.values[0].len = 1;
    changes(ln_path_resource(19, 0, 0));
    CHECK_SERVER_SAYS("notified\n");
    CHECK_VALUES("/19/0/0/0 AB\n");
}

int reporting_tests(void)
{
    const struct CMUnitTest attributes_and_objects[] = {
        CONFORMANCE_TEST(int_260_discover_shows_attributes_in_1_0),
        CONFORMANCE_TEST(int_260_discover_shows_attributes_in_1_1),
        CONFORMANCE_TEST(int_261_a_resource_instance_has_attributes_of_its_own),
        CONFORMANCE_TEST(int_710_notifies_of_the_connectivity),
        CONFORMANCE_TEST(int_810_notifies_of_the_location),
        CONFORMANCE_TEST(int_910_notifies_of_the_statistics),
        CONFORMANCE_TEST(int_1203_notifies_of_the_power_saving_mode),
        CONFORMANCE_TEST(int_1230_notifies_of_the_power_saving_mode),
        CONFORMANCE_TEST(int_1204_notifies_of_timers),
        CONFORMANCE_TEST(int_1610_notifies_of_the_portfolio),
        CONFORMANCE_TEST(int_1900_notifies_of_binary_data),
    };

    return RUN_TESTS(attributes_and_objects);
}
