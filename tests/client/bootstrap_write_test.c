/* What a bootstrap server may write, delete and see, and what Finish makes of it. */

#include "bootstrap_support.h"
#include "support.h"

#define NOTHING ln_bytes(NULL, 0)

static uint8_t put(const char *path, uint16_t format, struct ln_bytes payload)
{
    return bootstrap_asks(LN_COAP_PUT, path, LN_FORMAT_NONE, format, payload).code;
}

static struct ln_coap_message get(const char *path, uint16_t accept)
{
    return bootstrap_asks(LN_COAP_GET, path, accept, LN_FORMAT_NONE, NOTHING);
}

static void then_it_is_as_written(void)
{
    CHECK_EQ(bootstrap_finishes(), LN_COAP_2_04);
    CHECK(device_tells(LN_CLIENT_BOOTSTRAPPED));
    CHECK(!bs.machine.is_open);
}

/* ---- The whole of it ---- */

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

    then_it_is_as_written();
    CHECK_EQ(bs.stores[0].count, 2);
    CHECK_EQ(bs.stores[1].count, 1);
    CHECK_EQ(bs.account[0].lifetime, 60);
    CHECK_EQ(bs.kept, 1);
    CHECK_EQ(bs.machine.stats.bootstrapped, 1);
    CHECK(device_tells(LN_CLIENT_OPEN));
    CHECK_EQ(bs.event.link, 0);
    assert_string_equal(bs.event.security->uri, "coap://192.0.2.77");
    ln_client_bootstrap_link_up(&bs.machine, bs.now, 0);
    CHECK(device_sends(&m));
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 0), "rd");
}

/* The link to a server that is gone is closed, and all servers are registered with anew. */
TEST(a_bootstrap_of_a_registered_device_replaces_its_server)
{
    given_a_bootstrap_of_a_registered_device();
    CHECK_EQ(bootstrap_deletes("/0"), LN_COAP_2_02);
    CHECK_EQ(bootstrap_deletes("/1"), LN_COAP_2_02);
    bootstrap_writes_server(4, 44);
    then_it_is_as_written();
    CHECK(device_tells(LN_CLIENT_CLOSE));
    CHECK_EQ(bs.event.link, 0);
    CHECK(device_tells(LN_CLIENT_OPEN));
    assert_string_equal(bs.event.security->uri, "coap://192.0.2.77");
    CHECK_EQ(bs.servers[0].short_id, 44);
    CHECK_EQ(bs.servers[0].server_instance, 4);
}

/* ---- Write ---- */

TEST(an_instance_is_written_whole_and_what_it_had_before_is_gone)
{
    const struct ln_record first[] = {record_of(1, 0, 0, ln_value_integer(1)),
                                      record_of(1, 0, 1, ln_value_integer(60)),
                                      record_of(1, 0, 2, ln_value_integer(5))};
    const struct ln_record second[] = {record_of(1, 0, 0, ln_value_integer(1)),
                                       record_of(1, 0, 1, ln_value_integer(90))};

    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(bootstrap_writes("/1/0", first, LN_COUNT(first)), LN_COAP_2_04);
    CHECK_EQ(bootstrap_writes("/1/0", second, LN_COUNT(second)), LN_COAP_2_04);
    struct ln_coap_message m = get("/1/0", LN_FORMAT_TLV);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_BYTES(m.payload, "\xc1\x00\x01\xc1\x01\x5a");
}

/* spec: LightweightM2M-1.1-int-9 */
TEST(one_resource_may_be_written_and_makes_its_instance)
{
    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(put("/1/0/5", LN_FORMAT_TEXT, BYTES("30")), LN_COAP_2_04);
    CHECK_EQ(put("/1/0/1", LN_FORMAT_TEXT, BYTES("70")), LN_COAP_2_04);
    CHECK_BYTES(get("/1/0", LN_FORMAT_TLV).payload, "\xc1\x01\x46\xc1\x05\x1e");
}

TEST(resources_that_it_does_not_know_are_passed_over)
{
    const struct ln_record records[] = {record_of(1, 0, 0, ln_value_integer(1)),
                                        record_of(1, 0, 500, ln_value_integer(60))};

    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(bootstrap_writes("/1", records, LN_COUNT(records)), LN_COAP_2_04);
    CHECK_BYTES(get("/1/0", LN_FORMAT_TLV).payload, "\xc1\x00\x01");
}

TEST(how_the_certificate_of_a_server_is_meant_is_the_apps_to_know)
{
    given_a_bootstrap(LN_VERSION_1_1);
    bootstrap_writes_server(0, 1);
    CHECK_EQ(put("/0/0/13", LN_FORMAT_TEXT, BYTES("1")), LN_COAP_2_04); /* by its SHA-256 */
    CHECK_EQ(put("/0/0/15", LN_FORMAT_TEXT, BYTES("0")), LN_COAP_2_04); /* of a CA */
    then_it_is_as_written();
    CHECK(device_tells(LN_CLIENT_OPEN));
    CHECK_EQ(bs.event.security->matching, 1 + 1);
    CHECK_EQ(bs.event.security->usage, 0 + 1);
}

TEST(the_formats_of_the_device_will_do)
{
    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(put("/1", LN_FORMAT_SENML_JSON,
                 BYTES("[{\"bn\":\"/1/3/\",\"n\":\"0\",\"v\":7},{\"n\":\"7\",\"vs\":\"UQ\"}]")),
             LN_COAP_2_04);
    CHECK_BYTES(get("/1/3", LN_FORMAT_TLV).payload, "\xc1\x00\x07\xc2\x07UQ");
}

TEST(rights_are_written_as_a_list)
{
    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(
        put("/2", LN_FORMAT_TLV,
            BYTES("\x08\x00\x12\xc1\x00\x03\xc1\x01\x00\x86\x02\x41\x01\x0f\x41\x00\x01\xc2\x03"
                  "\x00\x65")),
        LN_COAP_2_04);
    CHECK_EQ(put("/2/0/2", LN_FORMAT_TLV, BYTES("\x83\x02\x41\x05\x07")), LN_COAP_2_04);
    bootstrap_writes_server(0, 1);
    then_it_is_as_written();
    CHECK_EQ(bs.control[0].acl.count, 1);
    CHECK_EQ(bs.control[0].acl.ids[0], 5);
    CHECK_EQ(bs.control[0].acl.values[0], 7);
}

TEST(a_single_instance_takes_what_is_written_to_it)
{
    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(put("/3/0/15", LN_FORMAT_TEXT, BYTES("Europe/Paris")), LN_COAP_2_04);
    assert_string_equal(bs.device.timezone, "");
    bootstrap_writes_server(0, 1);
    then_it_is_as_written();
    assert_string_equal(bs.device.timezone, "Europe/Paris");
}

/* spec: RFC 7959 */
TEST(a_long_body_comes_in_blocks)
{
    uint8_t datagram[128];
    const struct ln_coap_token token = {{1}, 1};
    struct ln_coap_message m;
    static const uint8_t key[48] = {1, 2, 3};

    given_a_bootstrap(LN_VERSION_1_1);
    for (uint32_t i = 0; i < 3; i++) {
        struct ln_coap_block block = {
            .number = i, .size_exponent = 0, .more = i < 2, .present = true};
        struct ln_coap_builder b = ln_coap_start(datagram, sizeof(datagram), LN_COAP_CON,
                                                 LN_COAP_PUT, bs.next_id++, &token);
        ln_coap_add_path(&b, LN_COAP_URI_PATH, ln_path_resource(0, 2, 5));
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_OPAQUE);
        ln_coap_add_block(&b, LN_COAP_BLOCK1, block);
        ln_coap_add_payload(&b, ln_bytes(key + (size_t)16 * i, 16));
        device_receives(LN_LINK_BOOTSTRAP, ln_bytes(datagram, ln_coap_finish(&b)));
        CHECK(device_sends(&m));
        CHECK_EQ(m.code, i < 2 ? LN_COAP_2_31 : LN_COAP_2_04);
    }
    const struct ln_security *written = &bs.security_copy[1];
    CHECK_EQ(written->secret.len, 48);
    assert_memory_equal(written->secret.at, key, 48);
}

/* ---- Keys ---- */

static bool is_in_keys(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i + len <= sizeof(bs.keys); i++) {
        if (memcmp(&bs.keys[0][0] + i, text, len) == 0) {
            return true;
        }
    }
    return false;
}

static void write_psk_server(const char *secret)
{
    const struct ln_record security[] = {
        record_of(0, 0, 0, ln_value_string("coaps://192.0.2.77")),
        record_of(0, 0, 1, ln_value_boolean(false)),
        record_of(0, 0, 2, ln_value_integer(LN_SECURITY_PSK)),
        record_of(0, 0, 3, ln_value_opaque(ln_bytes_of_text("meter-7"))),
        record_of(0, 0, 4, ln_value_opaque(NOTHING)),
        record_of(0, 0, 5, ln_value_opaque(ln_bytes_of_text(secret))),
        record_of(0, 0, 10, ln_value_integer(1)),
    };

    bootstrap_writes_server(0, 1);
    CHECK_EQ(bootstrap_writes("/0/0", security, LN_COUNT(security)), LN_COAP_2_04);
}

TEST(keys_have_places_of_their_own_and_the_old_ones_are_wiped)
{
    struct ln_coap_message m;

    given_a_bootstrap(LN_VERSION_1_1);
    write_psk_server("the first secret");
    then_it_is_as_written();
    CHECK_TEXT(ln_bytes(bs.security[0].secret.at, bs.security[0].secret.len),
               "the first secret");
    while (ln_client_bootstrap_event(&bs.machine, &bs.event)) {
    }
    ln_client_bootstrap_request(&bs.machine, bs.now);
    CHECK(!device_sends(&m));
    CHECK(device_tells(LN_CLIENT_CLOSE));
    bootstrap_begins();
    write_psk_server("the second secret");
    CHECK(is_in_keys("the first secret"));
    then_it_is_as_written();
    CHECK_TEXT(ln_bytes(bs.security[0].secret.at, bs.security[0].secret.len),
               "the second secret");
    CHECK(!is_in_keys("the first secret"));
}

TEST(the_keys_of_a_bootstrap_that_failed_are_wiped)
{
    given_a_bootstrap(LN_VERSION_1_1);
    write_psk_server("never to be used");
    CHECK(is_in_keys("never to be used"));
    then_it_failed(LN_CLIENT_BOOTSTRAP_NO_FINISH_REASON, "/");
    CHECK(!is_in_keys("never to be used"));
}

/* By its resource alone, so that the instance and its other keys stay. */
TEST(a_key_that_is_written_alone_is_not_written_over_in_place)
{
    struct ln_coap_message m;

    given_a_bootstrap(LN_VERSION_1_1);
    write_psk_server("the first secret");
    then_it_is_as_written();
    ln_client_bootstrap_request(&bs.machine, bs.now);
    CHECK(!device_sends(&m));
    while (ln_client_bootstrap_event(&bs.machine, &bs.event) &&
           bs.event.kind != LN_CLIENT_CLOSE) {
    }
    bootstrap_begins();
    CHECK_EQ(put("/0/0/5", LN_FORMAT_OPAQUE, BYTES("the second one!!")), LN_COAP_2_04);
    CHECK_TEXT(ln_bytes(bs.security[0].secret.at, bs.security[0].secret.len),
               "the first secret");
    then_it_failed(LN_CLIENT_BOOTSTRAP_NO_FINISH_REASON, "/");
    CHECK_TEXT(ln_bytes(bs.security[0].secret.at, bs.security[0].secret.len),
               "the first secret");
    CHECK(!is_in_keys("the second one!!"));
}

TEST(there_are_places_for_keys_as_often_as_they_are_written)
{
    given_a_bootstrap(LN_VERSION_1_1);
    for (int i = 0; i < 40; i++) {
        write_psk_server("a secret of many");
    }
    then_it_is_as_written();
}

/* ---- Delete ---- */

/* spec: LightweightM2M-1.1-int-4 */
TEST(the_bootstrap_account_and_the_device_object_survive_a_delete)
{
    static const char *const left = "</>;lwm2m=1.1,</0/1>;uri=\"coap://192.0.2.9:5783\",</1>,"
                                    "</2>,</3/0>,</6/0>";

    given_a_bootstrap_of_a_registered_device();
    CHECK_EQ(bootstrap_deletes("/0"), LN_COAP_2_02);
    CHECK_EQ(bootstrap_deletes("/1"), LN_COAP_2_02);
    CHECK_EQ(bootstrap_deletes("/3"), LN_COAP_2_02);
    assert_string_equal(bootstrap_discovers("/"), left);
    bootstrap_writes_server(0, 1);
    CHECK_EQ(bootstrap_deletes("/"), LN_COAP_2_02);
    assert_string_equal(bootstrap_discovers("/"), left);
}

TEST(what_is_not_there_need_not_be_deleted)
{
    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(bootstrap_deletes("/1/7"), LN_COAP_2_02);
    CHECK_EQ(bootstrap_deletes("/500"), LN_COAP_2_02);
    CHECK_EQ(bootstrap_deletes("/500/1"), LN_COAP_2_02);
}

TEST(what_may_not_be_deleted_is_said_where_it_is_named)
{
    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(bootstrap_deletes("/0/1"), LN_COAP_4_00);
    CHECK_EQ(bootstrap_deletes("/3/0"), LN_COAP_4_00);
    CHECK_EQ(bootstrap_deletes("/6/0"), LN_COAP_4_00);
    CHECK_EQ(bootstrap_deletes("/1/0/1"), LN_COAP_4_00);
    CHECK_EQ(bs.machine.stats.refused, 4);
}

/* ---- Discover and Read ---- */

TEST(discover_lists_one_object_too)
{
    given_a_bootstrap(LN_VERSION_1_1);
    bootstrap_writes_server(2, 5);
    assert_string_equal(bootstrap_discovers("/1"), "</>;lwm2m=1.1,</1/2>;ssid=5");
    CHECK_EQ(get("/500", LN_FORMAT_LINK).code, LN_COAP_4_04);
    CHECK_EQ(get("/1/2", LN_FORMAT_LINK).code, LN_COAP_4_00);
}

TEST(discover_is_written_as_1_0_has_it)
{
    given_a_bootstrap(LN_VERSION_1_0);
    bootstrap_writes_server(2, 5);
    assert_string_equal(bootstrap_discovers("/"),
                        "lwm2m=\"1.0\",</0/1>,</0/2>;ssid=5,</1/2>;ssid=5,</2>,</3/0>,</6/0>");
}

/* spec: LightweightM2M-1.1-int-8 */
TEST(accounts_can_be_read_and_keys_cannot)
{
    given_a_bootstrap(LN_VERSION_1_1);
    bootstrap_writes_server(0, 1);
    CHECK_BYTES(get("/1", LN_FORMAT_TLV).payload,
                "\x08\x00\x0c\xc1\x00\x01\xc1\x01\x3c\xc1\x06\x01\xc1\x07U");
    CHECK_EQ(get("/2", LN_FORMAT_TLV).code, LN_COAP_2_05);
    CHECK_EQ(get("/1/0", LN_FORMAT_SENML_JSON).code, LN_COAP_2_05);
    CHECK_EQ(get("/1/0", LN_FORMAT_NONE).code, LN_COAP_2_05);
    CHECK_EQ(get("/1/5", LN_FORMAT_TLV).code, LN_COAP_4_04);
    CHECK_EQ(get("/1", LN_FORMAT_JSON).code, LN_COAP_4_06);
    CHECK_EQ(get("/0", LN_FORMAT_TLV).code, LN_COAP_4_05);
    CHECK_EQ(get("/0/1", LN_FORMAT_TLV).code, LN_COAP_4_05);
    CHECK_EQ(get("/3", LN_FORMAT_TLV).code, LN_COAP_4_05);
    CHECK_EQ(get("/1/0/1", LN_FORMAT_TLV).code, LN_COAP_4_05);
    CHECK_EQ(get("/", LN_FORMAT_TLV).code, LN_COAP_4_05);
}

TEST(a_device_of_1_0_has_no_read)
{
    given_a_bootstrap(LN_VERSION_1_0);
    bootstrap_writes_server(0, 1);
    CHECK_EQ(get("/1", LN_FORMAT_TLV).code, LN_COAP_4_05);
}

/* ---- Objects that are written in place ---- */

TEST(an_object_that_keeps_its_values_elsewhere_is_told)
{
    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(bs.begun, 0);
    CHECK_EQ(put("/6/0", LN_FORMAT_TLV, NOTHING), LN_COAP_2_04);
    CHECK_EQ(put("/6/0", LN_FORMAT_TLV, NOTHING), LN_COAP_2_04);
    CHECK_EQ(bs.begun, 1);
    bootstrap_writes_server(0, 1);
    then_it_is_as_written();
    CHECK_EQ(bs.committed, 1);
    CHECK_EQ(bs.rolled_back, 0);
}

TEST(and_rolled_back_where_the_bootstrap_fails)
{
    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(put("/6/0", LN_FORMAT_TLV, NOTHING), LN_COAP_2_04);
    then_it_failed(LN_CLIENT_BOOTSTRAP_NO_FINISH_REASON, "/");
    CHECK_EQ(bs.committed, 0);
    CHECK_EQ(bs.rolled_back, 1);
}

int bootstrap_write_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_the_devices_own_after_finish),
        cmocka_unit_test(a_bootstrap_of_a_registered_device_replaces_its_server),
        cmocka_unit_test(an_instance_is_written_whole_and_what_it_had_before_is_gone),
        cmocka_unit_test(one_resource_may_be_written_and_makes_its_instance),
        cmocka_unit_test(resources_that_it_does_not_know_are_passed_over),
        cmocka_unit_test(how_the_certificate_of_a_server_is_meant_is_the_apps_to_know),
        cmocka_unit_test(the_formats_of_the_device_will_do),
        cmocka_unit_test(rights_are_written_as_a_list),
        cmocka_unit_test(a_single_instance_takes_what_is_written_to_it),
        cmocka_unit_test(a_long_body_comes_in_blocks),
        cmocka_unit_test(keys_have_places_of_their_own_and_the_old_ones_are_wiped),
        cmocka_unit_test(the_keys_of_a_bootstrap_that_failed_are_wiped),
        cmocka_unit_test(a_key_that_is_written_alone_is_not_written_over_in_place),
        cmocka_unit_test(there_are_places_for_keys_as_often_as_they_are_written),
        cmocka_unit_test(the_bootstrap_account_and_the_device_object_survive_a_delete),
        cmocka_unit_test(what_is_not_there_need_not_be_deleted),
        cmocka_unit_test(what_may_not_be_deleted_is_said_where_it_is_named),
        cmocka_unit_test(discover_lists_one_object_too),
        cmocka_unit_test(discover_is_written_as_1_0_has_it),
        cmocka_unit_test(accounts_can_be_read_and_keys_cannot),
        cmocka_unit_test(a_device_of_1_0_has_no_read),
        cmocka_unit_test(an_object_that_keeps_its_values_elsewhere_is_told),
        cmocka_unit_test(and_rolled_back_where_the_bootstrap_fails),
    };

    return RUN_TESTS(tests);
}
