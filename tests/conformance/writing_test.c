/* Conformance, ids 205, 212, 215, 220, 226 to 228, 233, 234 and 256: Write. */

#include "conformance/bench.h"

static void check_account(uint32_t min, uint32_t max, uint32_t disable, bool store)
{
    CHECK_EQ(bench.account[0].min_period, min);
    CHECK_EQ(bench.account[0].max_period, max);
    CHECK_EQ(bench.account[0].disable_timeout, disable);
    CHECK_EQ(bench.account[0].store_notifications, store);
    assert_string_equal(bench.account[0].binding, "U");
    CHECK_EQ(bench.account[0].lifetime, LIFETIME);
}

/* spec: ETS 1.0-int-205, 1.1-int-205 */
TEST(int_205_sets_the_server_account_as_plain_text)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_it_is_registered();
        write_text("/1/0/2", "101");
        write_text("/1/0/3", "1010");
        write_text("/1/0/5", "2000");
        CHECK_WIRE("server CON PUT /1/0/2 format=0 101\n"
                   "client ACK 2.04\n"
                   "server CON PUT /1/0/3 format=0 1010\n"
                   "client ACK 2.04\n"
                   "server CON PUT /1/0/5 format=0 2000\n"
                   "client ACK 2.04\n");
        CHECK_SERVER_SAYS("result answered 2.04\n"
                          "result answered 2.04\n"
                          "result answered 2.04\n");
        CHECK_CLIENT_SAYS("written /1/0/2\nwritten /1/0/3\nwritten /1/0/5\n");
        read_as("/1/0", LN_FORMAT_TLV);
        CHECK_VALUES("/1/0/0 1\n/1/0/1 86400\n/1/0/2 101\n/1/0/3 1010\n/1/0/5 2000\n"
                     "/1/0/6 0\n/1/0/7 U\n");

        write_text("/1/0/2", "1");
        write_text("/1/0/3", "10");
        write_text("/1/0/5", "86400");
        check_account(1, 10, 86400, false);
    }
}

/* spec: ETS 1.1-int-212 */
TEST(int_212_sets_the_server_account_as_cbor)
{
    static const struct ln_record values[] = {
        {{{1, 0, 2}, 3}, {.type = LN_INTEGER, .as.integer = 101}, 0},
        {{{1, 0, 3}, 3}, {.type = LN_INTEGER, .as.integer = 1010}, 0},
        {{{1, 0, 6}, 3}, {.type = LN_BOOLEAN, .as.boolean = true}, 0},
    };

    given_c3(LN_VERSION_1_1);
    given_it_is_registered();
    write_at("/1/0/2", LN_FORMAT_CBOR, encoded(LN_FORMAT_CBOR, "/1/0/2", &values[0], 1));
    write_at("/1/0/3", LN_FORMAT_CBOR, encoded(LN_FORMAT_CBOR, "/1/0/3", &values[1], 1));
    write_at("/1/0/6", LN_FORMAT_CBOR, encoded(LN_FORMAT_CBOR, "/1/0/6", &values[2], 1));
    CHECK_WIRE("server CON PUT /1/0/2 format=60 1865\n"
               "client ACK 2.04\n"
               "server CON PUT /1/0/3 format=60 1903F2\n"
               "client ACK 2.04\n"
               "server CON PUT /1/0/6 format=60 F5\n"
               "client ACK 2.04\n");
    read_as("/1/0", LN_FORMAT_NONE);
    CHECK_CODE("2.05");
    CHECK_VALUES("/1/0/0 1\n/1/0/1 86400\n/1/0/2 101\n/1/0/3 1010\n/1/0/5 86400\n"
                 "/1/0/6 1\n/1/0/7 U\n");
}

/* The values of ids 215 and 220. */
static const struct ln_record changes[] = {
    {{{1, 0, 2}, 3}, {.type = LN_INTEGER, .as.integer = 101}, 0},
    {{{1, 0, 3}, 3}, {.type = LN_INTEGER, .as.integer = 1010}, 0},
    {{{1, 0, 5}, 3}, {.type = LN_INTEGER, .as.integer = 2000}, 0},
    {{{1, 0, 6}, 3}, {.type = LN_BOOLEAN, .as.boolean = true}, 0},
    {{{1, 0, 7}, 3}, {.type = LN_STRING, .as.bytes = {(const uint8_t *)"U", 1}}, 0},
};
/* What was there before, as far as it can be written. */
static const struct ln_record saved[] = {
    {{{1, 0, 1}, 3}, {.type = LN_INTEGER, .as.integer = LIFETIME}, 0},
    {{{1, 0, 2}, 3}, {.type = LN_INTEGER, .as.integer = 1}, 0},
    {{{1, 0, 3}, 3}, {.type = LN_INTEGER, .as.integer = 10}, 0},
    {{{1, 0, 5}, 3}, {.type = LN_INTEGER, .as.integer = 86400}, 0},
    {{{1, 0, 6}, 3}, {.type = LN_BOOLEAN, .as.boolean = false}, 0},
    {{{1, 0, 7}, 3}, {.type = LN_STRING, .as.bytes = {(const uint8_t *)"U", 1}}, 0},
};

/* spec: ETS 1.0-int-215, 1.1-int-215 */
TEST(int_215_sets_the_server_account_as_tlv)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_it_is_registered();
        update_at("/1/0", LN_FORMAT_TLV,
                  encoded(LN_FORMAT_TLV, "/1/0", changes, LN_COUNT(changes)));
        CHECK_WIRE("server CON POST /1/0 format=11542 C10265C20303F2C20507D0C10601C10755\n"
                   "client ACK 2.04\n");
        check_account(101, 1010, 2000, true);

        forget();
        write_at("/1/0", LN_FORMAT_TLV, encoded(LN_FORMAT_TLV, "/1/0", saved, LN_COUNT(saved)));
        CHECK_WIRE("server CON PUT /1/0 format=11542 "
                   "C40100015180C10201C1030AC40500015180C10600C10755\n"
                   "client ACK 2.04\n");
        check_account(1, 10, 86400, false);
        CHECK_CLIENT_SAYS("written /1/0\n");
        CHECK_SERVER_SAYS("result answered 2.04\n");
    }
}

/* spec: ETS 1.0-int-220, 1.1-int-220 */
TEST(int_220_sets_the_server_account_as_json)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_it_is_registered();
        update_at("/1/0", LN_FORMAT_JSON,
                  encoded(LN_FORMAT_JSON, "/1/0", changes, LN_COUNT(changes)));
        CHECK_WIRE("server CON POST /1/0 format=11543 {\"bn\":\"/1/0/\",\"e\":["
                   "{\"n\":\"2\",\"v\":101},{\"n\":\"3\",\"v\":1010},{\"n\":\"5\",\"v\":2000},"
                   "{\"n\":\"6\",\"bv\":true},{\"n\":\"7\",\"sv\":\"U\"}]}\n"
                   "client ACK 2.04\n");
        check_account(101, 1010, 2000, true);

        write_at("/1/0", LN_FORMAT_JSON,
                 encoded(LN_FORMAT_JSON, "/1/0", saved, LN_COUNT(saved)));
        CHECK_CODE("2.04");
        check_account(1, 10, 86400, false);
    }
}

static const struct ln_record lifetime_and_storing[] = {
    {{{1, 0, 1}, 3}, {.type = LN_INTEGER, .as.integer = 61}, 0},
    {{{1, 0, 6}, 3}, {.type = LN_BOOLEAN, .as.boolean = true}, 0},
};

/* spec: ETS 1.1-int-226: one message, and an Update for the lifetime */
TEST(int_226_updates_two_resources_with_one_message)
{
    given_c3(LN_VERSION_1_1);
    given_it_is_registered();
    update_at("/1/0", LN_FORMAT_TLV, encoded(LN_FORMAT_TLV, "/1/0", lifetime_and_storing, 2));
    CHECK_WIRE("server CON POST /1/0 format=11542 C1013DC10601\n"
               "client ACK 2.04\n"
               "client CON POST /rd/*?lt=61\n"
               "server ACK 2.04\n");
    CHECK_SERVER_SAYS("result answered 2.04\nupdated lifetime\n");
    CHECK_EQ(registration().lifetime, 61);
    read_as("/1/0", LN_FORMAT_TLV);
    CHECK_VALUES("/1/0/0 1\n/1/0/1 61\n/1/0/2 1\n/1/0/3 10\n/1/0/5 86400\n/1/0/6 1\n"
                 "/1/0/7 U\n");
}

/* spec: ETS 1.1-int-227 */
TEST(int_227_replaces_one_resource)
{
    given_c3(LN_VERSION_1_1);
    given_it_is_registered();
    write_text("/1/0/1", "63");
    CHECK_WIRE("server CON PUT /1/0/1 format=0 63\n"
               "client ACK 2.04\n"
               "client CON POST /rd/*?lt=63\n"
               "server ACK 2.04\n");
    CHECK_EQ(registration().lifetime, 63);
    CHECK_EQ(bench.account[0].lifetime, 63);
}

/* spec: ETS 1.1-int-228: by PUT; the POST of its text is a known mistake */
TEST(int_228_writes_one_resource_instance)
{
    given_c3(LN_VERSION_1_1);
    given_object(&portfolio_object, &bench.models.portfolio_store);
    given_it_is_registered();
    write_text("/16/0/0/2", "test");
    CHECK_WIRE("server CON PUT /16/0/0/2 format=0 test\n"
               "client ACK 2.04\n");
    read_as("/16/0/0", LN_FORMAT_TLV);
    CHECK_VALUES("/16/0/0/0 Host Device ID #1\n"
                 "/16/0/0/1 Host Device Manufacturer #1\n"
                 "/16/0/0/2 test\n"
                 "/16/0/0/3 Host Device Software Version #1\n");
}

/* An instance, a resource instance and a resource; an Update each time the lifetime changes. */
static void sets_on_every_level_in(uint16_t format)
{
    static const struct ln_record text = {
        {{16, 0, 0, 0}, 4}, {.type = LN_STRING, .as.bytes = {(const uint8_t *)"test", 4}}, 0};
    static const struct ln_record lifetime = {
        {{1, 0, 1}, 3}, {.type = LN_INTEGER, .as.integer = 63}, 0};

    given_c3(LN_VERSION_1_1);
    given_object(&portfolio_object, &bench.models.portfolio_store);
    given_it_is_registered();
    update_at("/1/0", format, encoded(format, "/1/0", lifetime_and_storing, 2));
    CHECK_EQ(bench.account[0].lifetime, 61);
    CHECK(bench.account[0].store_notifications);
    CHECK_EQ(registration().lifetime, 61);
    write_at("/16/0/0/0", format, encoded(format, "/16/0/0/0", &text, 1));
    assert_string_equal(bench.models.portfolios[0].identity.values[0], "test");
    write_at("/1/0/1", format, encoded(format, "/1/0/1", &lifetime, 1));
    CHECK_EQ(bench.account[0].lifetime, 63);
    CHECK_EQ(registration().lifetime, 63);
    CHECK_SERVER_SAYS("result answered 2.04\nupdated lifetime\n"
                      "result answered 2.04\n"
                      "result answered 2.04\nupdated lifetime\n");
}

/* spec: ETS 1.1-int-233 */
TEST(int_233_sets_on_every_level_as_senml_cbor)
{
    sets_on_every_level_in(LN_FORMAT_SENML_CBOR);
    forget();
    write_at("/1/0/1", LN_FORMAT_SENML_CBOR,
             encoded(LN_FORMAT_SENML_CBOR, "/1/0/1", &lifetime_and_storing[0], 1));
    /* [{-2: "/1/0/1", 2: 61}] */
    CHECK_WIRE("server CON PUT /1/0/1 format=112 81A221662F312F302F3102183D\n"
               "client ACK 2.04\n"
               "client CON POST /rd/*?lt=61\n"
               "server ACK 2.04\n");
}

/* spec: ETS 1.1-int-234 */
TEST(int_234_sets_on_every_level_as_senml_json)
{
    sets_on_every_level_in(LN_FORMAT_SENML_JSON);
    forget();
    update_at("/1/0", LN_FORMAT_SENML_JSON,
              encoded(LN_FORMAT_SENML_JSON, "/1/0", lifetime_and_storing, 2));
    CHECK_WIRE("server CON POST /1/0 format=110 [{\"bn\":\"/1/0/\",\"n\":\"1\",\"v\":61},"
               "{\"n\":\"6\",\"vb\":true}]\n"
               "client ACK 2.04\n"
               "client CON POST /rd/*?lt=61\n"
               "server ACK 2.04\n");
}

/* spec: ETS 1.1-int-256 */
TEST(int_256_a_write_to_what_is_read_only_is_refused)
{
    given_c1(LN_VERSION_1_1);
    given_it_is_registered();
    write_text("/1/0/0", "123");
    CHECK_WIRE("server CON PUT /1/0/0 format=0 123\n"
               "client ACK 4.05\n");
    CHECK_SERVER_SAYS("result answered 4.05\n");
    CHECK_CLIENT_SAYS("");
    read_as("/1/0/0", LN_FORMAT_TEXT);
    CHECK_VALUES("/1/0/0 1\n");
}

int writing_tests(void)
{
    const struct CMUnitTest write[] = {
        CONFORMANCE_TEST(int_205_sets_the_server_account_as_plain_text),
        CONFORMANCE_TEST(int_212_sets_the_server_account_as_cbor),
        CONFORMANCE_TEST(int_215_sets_the_server_account_as_tlv),
        CONFORMANCE_TEST(int_220_sets_the_server_account_as_json),
        CONFORMANCE_TEST(int_226_updates_two_resources_with_one_message),
        CONFORMANCE_TEST(int_227_replaces_one_resource),
        CONFORMANCE_TEST(int_228_writes_one_resource_instance),
        CONFORMANCE_TEST(int_233_sets_on_every_level_as_senml_cbor),
        CONFORMANCE_TEST(int_234_sets_on_every_level_as_senml_json),
        CONFORMANCE_TEST(int_256_a_write_to_what_is_read_only_is_refused),
    };

    return RUN_TESTS(write);
}
