/* Conformance, ids from 701 to 905 and from 1200 on: objects that are tables of the test. */

#include "conformance/bench.h"

/* ---- Objects 4, 6 and 7 ---- */

/* spec: ETS 1.0-int-701, 1.1-int-701 */
TEST(int_701_reads_connectivity_monitoring)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_object(&ln_connectivity_object, &bench.models.connectivity);
        given_it_is_registered();
        read_as("/4/0", LN_FORMAT_TLV);
        CHECK_CODE("2.05");
        CHECK_VALUES("/4/0/0 21\n/4/0/1/0 21\n/4/0/1/1 6\n/4/0/2 -61\n/4/0/3 80\n"
                     "/4/0/4/0 192.0.2.7\n/4/0/5/0 192.0.2.1\n/4/0/6 5\n/4/0/7/0 internet\n"
                     "/4/0/8 4711\n/4/0/9 1\n/4/0/10 262\n");
    }
}

/* spec: ETS 1.0-int-801, 1.1-int-801 */
TEST(int_801_reads_the_location)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_object(&ln_location_object, &bench.models.location);
        given_it_is_registered();
        read_as("/6/0", LN_FORMAT_TLV);
        CHECK_CODE("2.05");
        CHECK_VALUES("/6/0/0 48.5\n/6/0/1 -2.25\n/6/0/2 80\n/6/0/3 10\n/6/0/4 002D0003\n"
                     "/6/0/5 1367491215\n/6/0/6 1.5\n");
    }
}

/* spec: ETS 1.0-int-901, 1.1-int-901 */
TEST(int_901_starts_and_stops_to_collect_statistics)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_object(&ln_statistics_object, &bench.models.statistics);
        given_it_is_registered();
        execute("/7/0/6");
        CHECK_CODE("2.04");
        CHECK(bench.models.statistics.collects);
        ln_statistics_sent(&bench.models.statistics, bench.now, 500);
        ln_statistics_sent(&bench.models.statistics, bench.now, 2500);
        ln_statistics_received(&bench.models.statistics, bench.now, 4200);
        execute("/7/0/7");
        CHECK_CODE("2.04");
        ln_statistics_sent(&bench.models.statistics, bench.now, 9000);
        CHECK_CLIENT_SAYS("executed /7/0/6\nexecuted /7/0/7\n");
        read_as("/7/0", LN_FORMAT_TLV);
        CHECK_VALUES("/7/0/0 0\n/7/0/1 0\n/7/0/2 3\n/7/0/3 4\n/7/0/4 4200\n/7/0/5 2400\n"
                     "/7/0/8 0\n");
    }
}

/* spec: ETS 1.0-int-905, 1.1-int-905 */
TEST(int_905_sets_the_collection_period)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_object(&ln_statistics_object, &bench.models.statistics);
        given_it_is_registered();
        write_text("/7/0/8", "15");
        CHECK_WIRE("server CON PUT /7/0/8 format=0 15\n"
                   "client ACK 2.04\n");
        read_as("/7/0/8", LN_FORMAT_TEXT);
        CHECK_VALUES("/7/0/8 15\n");
    }
}

/* Whatever the value would be. */
static void nothing_can_be_written(const struct ln_object *object)
{
    for (size_t i = 0; i < object->resource_count; i++) {
        operate(&(struct ln_operation){
            .kind = LN_OPERATION_WRITE,
            .path = ln_path_resource(object->id, 0, object->resources[i].id),
            .accept = LN_FORMAT_NONE,
            .format = LN_FORMAT_TEXT,
            .payload = BYTES("1")});
        CHECK_CODE("4.05");
    }
    CHECK_CLIENT_SAYS("");
}

/* spec: ETS 1.0-int-705, 1.1-int-705, which say that there is none: so each Write is refused */
TEST(int_705_connectivity_monitoring_has_nothing_to_write)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_object(&ln_connectivity_object, &bench.models.connectivity);
        given_it_is_registered();
        nothing_can_be_written(&ln_connectivity_object);
    }
}

/* spec: ETS 1.0-int-805, 1.1-int-805, likewise */
TEST(int_805_the_location_has_nothing_to_write)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_object(&ln_location_object, &bench.models.location);
        given_it_is_registered();
        nothing_can_be_written(&ln_location_object);
    }
}

/* ---- Object 10 ---- */

static void given_cellular(enum ln_version version, const struct ln_object *object)
{
    given_c1(version);
    given_object(object, &bench.models.cellular);
    given_object(&apn_object, &bench.models.apn_store);
}

/* spec: ETS 1.0-int-1200, 1.1-int-1200 */
TEST(int_1200_reads_cellular_connectivity)
{
    EACH_VERSION(v)
    {
        given_cellular(v, &cellular_object);
        given_it_is_registered();
        read_as("/10/0", LN_FORMAT_TLV);
        CHECK_WIRE("server CON GET /10/0 accept=11542\n"
                   "client ACK 2.05 format=11542 "
                   "C10402C10501C1060AC108CDC109E5860B4400000B0000\n");
        CHECK_VALUES("/10/0/4 2\n/10/0/5 1\n/10/0/6 10\n/10/0/8 CD\n/10/0/9 E5\n"
                     "/10/0/11/0 11:0\n");
    }
}

/* spec: ETS 1.0-int-1201, 1.1-int-1201 */
TEST(int_1201_says_the_version_of_cellular_connectivity)
{
    given_cellular(LN_VERSION_1_1, &cellular_object_1_1);
    the_client_starts();
    CHECK_WIRE("client CON POST /rd?ep=urn:dev:1&lt=86400&lwm2m=1.1 format=40 "
               "</1/0>,</3/0>,</10>;ver=1.1,</10/0>,</11/0>\n"
               "server ACK 2.01 location=/rd/*\n");
    struct ln_registration_view view = registration();
    CHECK_EQ(view.objects[2].object, 10);
    CHECK_EQ(view.objects[2].version_major, 1);
    CHECK_EQ(view.objects[2].version_minor, 1);
    forget();

    discover("/10");
    CHECK_WIRE("server CON GET /10 accept=40\n"
               "client ACK 2.05 format=40 </10>;ver=1.1,</10/0>,</10/0/4>,</10/0/5>,</10/0/8>,"
               "</10/0/9>,</10/0/11>;dim=1,</10/0/12>,</10/0/13>\n");
    read_as("/10/0", LN_FORMAT_TLV);
    CHECK_CODE("2.05");
    CHECK_VALUES("/10/0/4 2\n/10/0/5 1\n/10/0/8 CD\n/10/0/9 E5\n/10/0/11/0 11:0\n"
                 "/10/0/12 3\n/10/0/13 1\n");
}

/* spec: ETS 1.0-int-1201: a client of 1.0 quotes the version */
TEST(int_1201_says_the_version_in_1_0)
{
    given_cellular(LN_VERSION_1_0, &cellular_object_1_1);
    the_client_starts();
    CHECK_WIRE("client CON POST /rd?ep=urn:dev:1&lt=86400&lwm2m=1.0 format=40 "
               "</1/0>,</3/0>,</10>;ver=\"1.1\",</10/0>,</11/0>\n"
               "server ACK 2.01 location=/rd/*\n");
    CHECK_EQ(registration().objects[2].version_minor, 1);
}

/* spec: ETS 1.0-int-1210, 1.1-int-1202: two numbers of one case. The active modes are 13. */
static void sets_the_power_saving_mode(enum ln_version version)
{
    given_cellular(version, &cellular_object_1_1);
    given_it_is_registered();
    write_at("/10/0/13", LN_FORMAT_TLV, BYTES("\xC1\x0D\x02"));
    CHECK_WIRE("server CON PUT /10/0/13 format=11542 C10D02\n"
               "client ACK 2.04\n");
    CHECK_EQ(bench.models.cellular.active_modes, 2);
    read_as("/10/0/13", LN_FORMAT_TLV);
    CHECK_CODE("2.05");
    CHECK_VALUES("/10/0/13 2\n");
}

/* spec: ETS 1.1-int-1202 */
TEST(int_1202_sets_the_power_saving_mode)
{
    sets_the_power_saving_mode(LN_VERSION_1_1);
}

/* spec: ETS 1.0-int-1210 */
TEST(int_1210_sets_the_power_saving_mode)
{
    sets_the_power_saving_mode(LN_VERSION_1_0);
}

/* spec: ETS CONMGMT-int-1250 */
TEST(int_1250_makes_a_connection_profile_and_uses_it)
{
    EACH_VERSION(v)
    {
        given_cellular(v, &cellular_object);
        given_it_is_registered();
        create_at("/11", LN_FORMAT_TLV,
                  BYTES("\x08\x01\x08"
                        "\xC3\x00"
                        "iot"
                        "\xC1\x04\x03"));
        CHECK_WIRE("server CON POST /11 format=11542 080108C300696F74C10403\n"
                   "client ACK 2.01 location=/11/1\n"
                   "client CON POST /rd/* format=40 </1/0>,</3/0>,</10/0>,</11/0>,</11/1>\n"
                   "server ACK 2.04\n");
        CHECK_EQ(registration().object_count, 5);
        CHECK_EQ(registration().objects[4].instance, 1);
        write_text("/11/1/3", "1");
        CHECK_CODE("2.04");
        CHECK(bench.models.apns[1].enabled);

        /* The app connects by it. */
        bench.models.cellular.profiles.count = 2;
        bench.models.cellular.profiles.ids[1] = 1;
        bench.models.cellular.profiles.values[1] = (struct ln_objlnk){11, 1};
        read_as("/10/0/11", LN_FORMAT_TLV);
        CHECK_VALUES("/10/0/11/0 11:0\n/10/0/11/1 11:1\n");
    }
}

/* ---- Object 16 ---- */

static void given_a_portfolio(enum ln_version version)
{
    given_c3(version);
    given_object(&portfolio_object, &bench.models.portfolio_store);
    given_it_is_registered();
}

/* spec: ETS 1.0-int-1600, 1.1-int-1600, which is a title only: the identities are read */
TEST(int_1600_reads_the_portfolio)
{
    EACH_VERSION(v)
    {
        given_a_portfolio(v);
        read_as("/16/0", LN_FORMAT_TLV);
        CHECK_CODE("2.05");
        CHECK_VALUES("/16/0/0/0 Host Device ID #1\n"
                     "/16/0/0/1 Host Device Manufacturer #1\n"
                     "/16/0/0/2 Host Device Model #1\n"
                     "/16/0/0/3 Host Device Software Version #1\n"
                     "/16/0/3 0\n");
    }
}

/* spec: ETS 1.0-int-1605, 1.1-int-1605, which is a title only: an identity is written */
TEST(int_1605_writes_the_portfolio)
{
    EACH_VERSION(v)
    {
        given_a_portfolio(v);
        /* A partial Write: identity 2 becomes another, the rest stays. */
        update_at("/16/0", LN_FORMAT_TLV, BYTES("\x86\x00\x44\x02Mine"));
        CHECK_CODE("2.04");
        read_as("/16/0/0", LN_FORMAT_TLV);
        CHECK_VALUES("/16/0/0/0 Host Device ID #1\n"
                     "/16/0/0/1 Host Device Manufacturer #1\n"
                     "/16/0/0/2 Mine\n"
                     "/16/0/0/3 Host Device Software Version #1\n");
        /* And the whole list another. */
        write_at("/16/0/0", LN_FORMAT_TLV, BYTES("\x86\x00\x44\x01Mine"));
        CHECK_CODE("2.04");
        read_as("/16/0/0", LN_FORMAT_TLV);
        CHECK_VALUES("/16/0/0/1 Mine\n");
    }
}

/* spec: ETS 1.0-int-1630, 1.1-int-1630; the length of its list is printed without its bit */
TEST(int_1630_creates_a_portfolio)
{
    EACH_VERSION(v)
    {
        given_a_portfolio(v);
        discover("/16/0");
        CHECK_WIRE("server CON GET /16/0 accept=40\n"
                   "client ACK 2.05 format=40 </16/0>,</16/0/0>;dim=4,</16/0/1>,</16/0/3>\n");
        forget();
        create_at("/16", LN_FORMAT_TLV,
                  BYTES("\x08\x01\x2E"
                        "\x88\x00\x2B"
                        "\x48\x00\x11Host Device ID #2"
                        "\x48\x01\x14Host Device Model #2"));
        CHECK_WIRE("server CON POST /16 format=11542 08012E88002B"
                   "480011486F737420446576696365204944202332"
                   "480114486F737420446576696365204D6F64656C202332\n"
                   "client ACK 2.01 location=/16/1\n"
                   "client CON POST /rd/* format=40 </1/0>,</3/0>,</16/0>,</16/1>\n"
                   "server ACK 2.04\n");
        CHECK_CLIENT_SAYS("created /16/1\nupdated\n");
        CHECK_SERVER_SAYS("result answered 2.01 location=16/1\nupdated objects\n");
        forget();
        discover("/16/1");
        CHECK_WIRE("server CON GET /16/1 accept=40\n"
                   "client ACK 2.05 format=40 </16/1>,</16/1/0>;dim=2,</16/1/1>,</16/1/3>\n");
        read_as("/16/1/0", LN_FORMAT_TLV);
        CHECK_VALUES("/16/1/0/0 Host Device ID #2\n/16/1/0/1 Host Device Model #2\n");
    }
}

/* spec: ETS 1.0-int-1635, 1.1-int-1635 */
TEST(int_1635_deletes_portfolios)
{
    EACH_VERSION(v)
    {
        given_a_portfolio(v);
        create_at("/16", LN_FORMAT_TLV, BYTES("\x08\x01\x05\x83\x00\x41\x00X"));
        CHECK_CODE("2.01");
        forget();
        delete_at("/16/0");
        CHECK_CODE("2.02");
        delete_at("/16/1");
        CHECK_CODE("2.02");
        CHECK_CLIENT_SAYS("deleted /16/0\nupdated\ndeleted /16/1\nupdated\n");
        CHECK_EQ(registration().objects[2].object, 16);
        CHECK_EQ(registration().objects[2].instance, LN_ID_NONE);
        forget();
        discover("/16");
        CHECK_WIRE("server CON GET /16 accept=40\n"
                   "client ACK 2.05 format=40 </16>\n");
    }
}

/* ---- Object 19 ---- */

/* spec: ETS 1.1-int-1901 */
TEST(int_1901_writes_binary_data)
{
    given_c3(LN_VERSION_1_1);
    given_object(&container_object, &bench.models.container_store);
    given_it_is_registered();
    write_at("/19/1/0/0", LN_FORMAT_OPAQUE, BYTES("\x00\xFF\x10 data"));
    CHECK_WIRE("server CON PUT /19/1/0/0 format=42 00FF102064617461\n"
               "client ACK 2.04\n");
    read_as("/19/1/0", LN_FORMAT_TLV);
    CHECK_VALUES("/19/1/0/0 00FF102064617461\n");
}

/* ---- Object 20 ---- */

static void given_an_event_log(void)
{
    given_c3(LN_VERSION_1_1);
    given_object(&event_log_object, &bench.models.event_log_store);
    given_it_is_registered();
}

/* spec: ETS 1.1-int-2000 */
TEST(int_2000_starts_the_event_log)
{
    given_an_event_log();
    execute("/20/0/4011");
    CHECK_WIRE("server CON POST /20/0/4011\n"
               "client ACK 2.04\n");
    CHECK_CLIENT_SAYS("executed /20/0/4011\n");
    read_as("/20/0/4013", LN_FORMAT_TEXT);
    CHECK_VALUES("/20/0/4013 1\n");
}

/* spec: ETS 1.1-int-2001 */
TEST(int_2001_reads_the_event_log)
{
    given_an_event_log();
    read_as("/20/0/4014", LN_FORMAT_OPAQUE);
    CHECK_WIRE("server CON GET /20/0/4014 accept=42\n"
               "client ACK 2.05 format=42 0110FF\n");
    CHECK_VALUES("/20/0/4014 0110FF\n");
    read_as("/20/0", LN_FORMAT_SENML_CBOR);
    CHECK_VALUES("/20/0/4010 255\n/20/0/4013 2\n/20/0/4014 0110FF\n");
}

int objects_tests(void)
{
    const struct CMUnitTest objects[] = {
        CONFORMANCE_TEST(int_701_reads_connectivity_monitoring),
        CONFORMANCE_TEST(int_705_connectivity_monitoring_has_nothing_to_write),
        CONFORMANCE_TEST(int_801_reads_the_location),
        CONFORMANCE_TEST(int_805_the_location_has_nothing_to_write),
        CONFORMANCE_TEST(int_901_starts_and_stops_to_collect_statistics),
        CONFORMANCE_TEST(int_905_sets_the_collection_period),
        CONFORMANCE_TEST(int_1200_reads_cellular_connectivity),
        CONFORMANCE_TEST(int_1201_says_the_version_of_cellular_connectivity),
        CONFORMANCE_TEST(int_1201_says_the_version_in_1_0),
        CONFORMANCE_TEST(int_1202_sets_the_power_saving_mode),
        CONFORMANCE_TEST(int_1210_sets_the_power_saving_mode),
        CONFORMANCE_TEST(int_1250_makes_a_connection_profile_and_uses_it),
        CONFORMANCE_TEST(int_1600_reads_the_portfolio),
        CONFORMANCE_TEST(int_1605_writes_the_portfolio),
        CONFORMANCE_TEST(int_1630_creates_a_portfolio),
        CONFORMANCE_TEST(int_1635_deletes_portfolios),
        CONFORMANCE_TEST(int_1901_writes_binary_data),
        CONFORMANCE_TEST(int_2000_starts_the_event_log),
        CONFORMANCE_TEST(int_2001_reads_the_event_log),
    };

    return RUN_TESTS(objects);
}
