/* Conformance, ids 201 to 204, 211, 221 to 225, 231, 232, 237 and 260: Read and Discover. */

#include "conformance/bench.h"

/* What the server makes of the Device object of C.1, whatever it came in. */
#define DEVICE_VALUES                                                                          \
    "/3/0/0 Open Mobile Alliance\n"                                                            \
    "/3/0/1 Lightweight M2M Client\n"                                                          \
    "/3/0/2 345000123\n"                                                                       \
    "/3/0/3 1.0\n"                                                                             \
    "/3/0/11/0 0\n"                                                                            \
    "/3/0/16 U\n"

#define SERVER_VALUES                                                                          \
    "/1/0/0 1\n"                                                                               \
    "/1/0/1 86400\n"                                                                           \
    "/1/0/2 1\n"                                                                               \
    "/1/0/3 10\n"                                                                              \
    "/1/0/5 86400\n"                                                                           \
    "/1/0/6 0\n"                                                                               \
    "/1/0/7 U\n"

/* spec: ETS 1.0-int-201, 1.1-int-201 */
TEST(int_201_reads_the_device_as_plain_text)
{
    EACH_VERSION(v)
    {
        given_c1(v);
        given_it_is_registered();
        read_as("/3/0/0", LN_FORMAT_TEXT);
        read_as("/3/0/1", LN_FORMAT_TEXT);
        CHECK_VALUES("/3/0/1 Lightweight M2M Client\n");
        read_as("/3/0/2", LN_FORMAT_TEXT);
        CHECK_WIRE("server CON GET /3/0/0 accept=0\n"
                   "client ACK 2.05 format=0 Open Mobile Alliance\n"
                   "server CON GET /3/0/1 accept=0\n"
                   "client ACK 2.05 format=0 Lightweight M2M Client\n"
                   "server CON GET /3/0/2 accept=0\n"
                   "client ACK 2.05 format=0 345000123\n");
        CHECK_VALUES("/3/0/2 345000123\n");
    }
}

/* spec: ETS 1.0-int-203, 1.1-int-203 */
TEST(int_203_reads_the_device_as_tlv)
{
    EACH_VERSION(v)
    {
        given_c1(v);
        given_it_is_registered();
        read_as("/3/0", LN_FORMAT_TLV);
        CHECK_WIRE("server CON GET /3/0 accept=11542\n"
                   "client ACK 2.05 format=11542 "
                   "C800144F70656E204D6F62696C6520416C6C69616E6365"
                   "C801164C69676874776569676874204D324D20436C69656E74"
                   "C80209333435303030313233"
                   "C303312E30"
                   "830B410000"
                   "C11055\n");
        CHECK_VALUES(DEVICE_VALUES);
    }
}

/* spec: ETS 1.0-int-204, 1.1-int-204 */
TEST(int_204_reads_the_device_as_json)
{
    EACH_VERSION(v)
    {
        given_c1(v);
        given_it_is_registered();
        read_as("/3/0", LN_FORMAT_JSON);
        CHECK_WIRE("server CON GET /3/0 accept=11543\n"
                   "client ACK 2.05 format=11543 {\"bn\":\"/3/0/\",\"e\":["
                   "{\"n\":\"0\",\"sv\":\"Open Mobile Alliance\"},"
                   "{\"n\":\"1\",\"sv\":\"Lightweight M2M Client\"},"
                   "{\"n\":\"2\",\"sv\":\"345000123\"},"
                   "{\"n\":\"3\",\"sv\":\"1.0\"},"
                   "{\"n\":\"11/0\",\"v\":0},"
                   "{\"n\":\"16\",\"sv\":\"U\"}]}\n");
        CHECK_VALUES(DEVICE_VALUES);
    }
}

/* spec: ETS 1.1-int-211 */
TEST(int_211_reads_the_server_account_as_cbor)
{
    given_c1(LN_VERSION_1_1);
    given_it_is_registered();
    read_as("/1/0/0", LN_FORMAT_CBOR);
    CHECK_VALUES("/1/0/0 1\n");
    read_as("/1/0/6", LN_FORMAT_CBOR);
    CHECK_VALUES("/1/0/6 0\n");
    read_as("/1/0/7", LN_FORMAT_CBOR);
    CHECK_VALUES("/1/0/7 U\n");
    CHECK_WIRE("server CON GET /1/0/0 accept=60\n"
               "client ACK 2.05 format=60 01\n"
               "server CON GET /1/0/6 accept=60\n"
               "client ACK 2.05 format=60 F4\n"
               "server CON GET /1/0/7 accept=60\n"
               "client ACK 2.05 format=60 6155\n");
}

/* spec: ETS 1.1-int-221 */
TEST(int_221_the_security_object_is_out_of_reach)
{
    static const struct ln_operation attributes = {
        .kind = LN_OPERATION_WRITE_ATTRIBUTES,
        .path = {{0}, 1},
        .accept = LN_FORMAT_NONE,
        .format = LN_FORMAT_NONE,
        .query = {(const uint8_t *)"pmin=30&pmax=45", 15}};

    given_c1(LN_VERSION_1_1);
    given_it_is_registered();
    read_as("/0", LN_FORMAT_NONE);
    write_text("/0/0/0", "coap://evil");
    operate(&attributes);
    CHECK_WIRE("server CON GET /0\n"
               "client ACK 4.01\n"
               "server CON PUT /0/0/0 format=0 coap://evil\n"
               "client ACK 4.01\n"
               "server CON PUT /0?pmin=30&pmax=45\n"
               "client ACK 4.01\n");
    CHECK_SERVER_SAYS("result answered 4.01\n"
                      "result answered 4.01\n"
                      "result answered 4.01\n");
    assert_string_equal(bench.security[0].uri, "coap://192.0.2.1");
    CHECK_CLIENT_SAYS("");
}

/* spec: ETS 1.1-int-222 */
TEST(int_222_reads_objects_with_their_instances)
{
    given_c3(LN_VERSION_1_1);
    given_it_is_registered();
    read_as("/1", LN_FORMAT_TLV);
    CHECK_WIRE("server CON GET /1 accept=11542\n"
               "client ACK 2.05 format=11542 08001B" /* instance 0, of 27 bytes */
               "C10001"
               "C40100015180"
               "C10201"
               "C1030A"
               "C40500015180"
               "C10600"
               "C10755\n");
    CHECK_VALUES(SERVER_VALUES);
    read_as("/3", LN_FORMAT_TLV);
    CHECK_VALUES(DEVICE_VALUES);
    read_as("/3", LN_FORMAT_SENML_JSON);
    CHECK_VALUES(DEVICE_VALUES);
}

/* spec: ETS 1.1-int-223 */
TEST(int_223_reads_instances_with_every_readable_resource)
{
    static const uint16_t formats[] = {LN_FORMAT_TLV, LN_FORMAT_JSON, LN_FORMAT_SENML_JSON,
                                       LN_FORMAT_SENML_CBOR};

    given_c3(LN_VERSION_1_1);
    given_it_is_registered();
    for (size_t i = 0; i < LN_COUNT(formats); i++) {
        read_as("/1/0", formats[i]);
        CHECK_CODE("2.05");
        CHECK_EQ(bench.format, formats[i]);
        CHECK_VALUES(SERVER_VALUES);
        read_as("/3/0", formats[i]);
        CHECK_VALUES(DEVICE_VALUES);
    }
}

/* spec: ETS 1.1-int-224 */
TEST(int_224_reads_resources)
{
    static const struct {
        const char *path;
        const char *value;
    } cases[] = {
        {"/1/0/0", "/1/0/0 1\n"}, {"/1/0/1", "/1/0/1 86400\n"}, {"/1/0/6", "/1/0/6 0\n"},
        {"/1/0/7", "/1/0/7 U\n"}, {"/3/0/16", "/3/0/16 U\n"},
    };
    static const uint16_t formats[] = {LN_FORMAT_TEXT, LN_FORMAT_TLV, LN_FORMAT_CBOR,
                                       LN_FORMAT_SENML_JSON, LN_FORMAT_SENML_CBOR};

    given_c3(LN_VERSION_1_1);
    given_it_is_registered();
    for (size_t i = 0; i < LN_COUNT(cases) * LN_COUNT(formats); i++) {
        read_as(cases[i / LN_COUNT(formats)].path, formats[i % LN_COUNT(formats)]);
        CHECK_CODE("2.05");
        CHECK_EQ(bench.format, formats[i % LN_COUNT(formats)]);
        CHECK_VALUES(cases[i / LN_COUNT(formats)].value);
    }
}

/* spec: ETS 1.1-int-225 */
TEST(int_225_reads_one_resource_instance_and_no_other)
{
    static const uint16_t formats[] = {LN_FORMAT_TEXT, LN_FORMAT_TLV, LN_FORMAT_SENML_JSON,
                                       LN_FORMAT_SENML_CBOR};

    given_c3(LN_VERSION_1_1);
    bench.device.error_codes.count = 2;
    bench.device.error_codes.ids[1] = 5;
    bench.device.error_codes.values[0] = 1;
    bench.device.error_codes.values[1] = 7;
    given_it_is_registered();
    for (size_t i = 0; i < LN_COUNT(formats); i++) {
        read_as("/3/0/11/5", formats[i]);
        CHECK_CODE("2.05");
        CHECK_VALUES("/3/0/11/5 7\n");
    }
    read_as("/3/0/11/1", LN_FORMAT_TEXT);
    CHECK_CODE("4.04");
}

static void reads_on_every_level_in(uint16_t format)
{
    given_c1(LN_VERSION_1_1);
    given_it_is_registered();
    read_as("/3", format);
    CHECK_EQ(bench.format, format);
    CHECK_VALUES(DEVICE_VALUES);
    read_as("/3/0", format);
    CHECK_EQ(bench.format, format);
    CHECK_VALUES(DEVICE_VALUES);
    read_as("/3/0/16", format);
    CHECK_EQ(bench.format, format);
    CHECK_VALUES("/3/0/16 U\n");
    read_as("/3/0/11/0", format);
    CHECK_EQ(bench.format, format);
    CHECK_VALUES("/3/0/11/0 0\n");
}

/* spec: ETS 1.1-int-231 */
TEST(int_231_reads_on_every_level_as_senml_json)
{
    reads_on_every_level_in(LN_FORMAT_SENML_JSON);
    forget();
    read_as("/3/0/11", LN_FORMAT_SENML_JSON);
    CHECK_WIRE("server CON GET /3/0/11 accept=110\n"
               "client ACK 2.05 format=110 [{\"bn\":\"/3/0/11/\",\"n\":\"0\",\"v\":0}]\n");
}

/* spec: ETS 1.1-int-232 */
TEST(int_232_reads_on_every_level_as_senml_cbor)
{
    reads_on_every_level_in(LN_FORMAT_SENML_CBOR);
    forget();
    read_as("/3/0/16", LN_FORMAT_SENML_CBOR);
    /* [{-2: "/3/0/16", 3: "U"}] */
    CHECK_WIRE("server CON GET /3/0/16 accept=112\n"
               "client ACK 2.05 format=112 81A221672F332F302F3136036155\n");
}

/* spec: ETS 1.1-int-237 */
TEST(int_237_without_accept_the_client_chooses_and_the_server_understands)
{
    static const struct ln_format *const choices[][2] = {
        {&ln_format_tlv, NULL},
        {&ln_format_json, NULL},
        {&ln_format_senml_json, NULL},
        {&ln_format_senml_cbor, NULL},
    };

    for (size_t i = 0; i < LN_COUNT(choices); i++) {
        given_c1(LN_VERSION_1_1);
        bench.config.formats = choices[i];
        given_it_is_registered();
        read_as("/3", LN_FORMAT_NONE);
        CHECK_CODE("2.05");
        CHECK_EQ(bench.format, choices[i][0]->id);
        CHECK_VALUES(DEVICE_VALUES);
    }
    assert_memory_equal(bench.wire, "server CON GET /3\n", 18);
}

/* spec: ETS 1.0-int-260: the instance itself is not listed, as it has no attributes */
TEST(int_260_discovers_the_device_in_1_0)
{
    given_c4(LN_VERSION_1_0);
    given_it_is_registered();
    discover("/3");
    CHECK_WIRE(
        "server CON GET /3 accept=40\n"
        "client ACK 2.05 format=40 "
        "</3>,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,</3/0/6>;dim=2,</3/0/7>;dim=2,"
        "</3/0/8>;dim=2,</3/0/9>,</3/0/11>;dim=1,</3/0/16>\n");
    CHECK_SERVER_SAYS("result answered 2.05\n");
}

/* spec: ETS 1.1-int-260, up to the attributes */
TEST(int_260_discovers_the_device_in_1_1)
{
    given_c4(LN_VERSION_1_1);
    given_it_is_registered();
    discover("/3");
    discover("/3/0/7");
    CHECK_WIRE("server CON GET /3 accept=40\n"
               "client ACK 2.05 format=40 "
               "</3>,</3/0>,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,</3/0/6>;dim=2,"
               "</3/0/7>;dim=2,</3/0/8>;dim=2,</3/0/9>,</3/0/11>;dim=1,</3/0/16>\n"
               "server CON GET /3/0/7 accept=40\n"
               "client ACK 2.05 format=40 </3/0/7>;dim=2,</3/0/7/0>,</3/0/7/1>\n");
    CHECK_SERVER_SAYS("result answered 2.05\n"
                      "result answered 2.05\n");
}

int reading_tests(void)
{
    const struct CMUnitTest read_and_discover[] = {
        CONFORMANCE_TEST(int_201_reads_the_device_as_plain_text),
        CONFORMANCE_TEST(int_203_reads_the_device_as_tlv),
        CONFORMANCE_TEST(int_204_reads_the_device_as_json),
        CONFORMANCE_TEST(int_211_reads_the_server_account_as_cbor),
        CONFORMANCE_TEST(int_221_the_security_object_is_out_of_reach),
        CONFORMANCE_TEST(int_222_reads_objects_with_their_instances),
        CONFORMANCE_TEST(int_223_reads_instances_with_every_readable_resource),
        CONFORMANCE_TEST(int_224_reads_resources),
        CONFORMANCE_TEST(int_225_reads_one_resource_instance_and_no_other),
        CONFORMANCE_TEST(int_231_reads_on_every_level_as_senml_json),
        CONFORMANCE_TEST(int_232_reads_on_every_level_as_senml_cbor),
        CONFORMANCE_TEST(int_237_without_accept_the_client_chooses_and_the_server_understands),
        CONFORMANCE_TEST(int_260_discovers_the_device_in_1_0),
        CONFORMANCE_TEST(int_260_discovers_the_device_in_1_1),
    };

    return RUN_TESTS(read_and_discover);
}
