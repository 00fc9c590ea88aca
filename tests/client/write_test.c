/* Write: replacing and partial, and that a refused write changes nothing. */

#include "support.h"

static uint8_t put_tlv(const char *path, struct ln_bytes payload)
{
    return write_path(path, LN_FORMAT_TLV, payload).code;
}

static uint8_t post_tlv(const char *path, struct ln_bytes payload)
{
    return post(path, LN_FORMAT_TLV, payload).code;
}

/* ETS int-205 */
TEST(writes_resources_as_text)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(write_text("/1/0/2", "101").code, LN_COAP_2_04);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    CHECK(ln_path_equal(f.event.path, ln_path_resource(1, 0, 2)));
    CHECK_EQ(f.event.short_id, 101);
    CHECK_EQ(f.account[0].min_period, 101);
    CHECK_EQ(write_text("/1/0/3", "1010").code, LN_COAP_2_04);
    CHECK_EQ(f.account[0].max_period, 1010);
}

/* ETS int-215: the numbers are the test's own */
TEST(a_partial_write_leaves_the_rest)
{
    given_a_registered_client(LN_VERSION_1_1);
    f.account[0].lifetime = LIFETIME;

    CHECK_EQ(post_tlv("/1/0", BYTES("\xC1\x02\x65\xC2\x03\x03\xF2\xC2\x05\x07\xD0"
                                    "\xC1\x06\x01\xC1\x07\x55")),
             LN_COAP_2_04);
    CHECK_EQ(f.account[0].min_period, 101);
    CHECK_EQ(f.account[0].max_period, 1010);
    CHECK_EQ(f.account[0].disable_timeout, 2000);
    CHECK(f.account[0].store_notifications);
    CHECK_EQ(f.account[0].lifetime, LIFETIME);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    CHECK(ln_path_equal(f.event.path, ln_path_instance(1, 0)));
    no_more_events();
}

/* spec: CORE-1.1.1 §6.3.4 Write: optional resources that are left out go */
TEST(replacing_an_instance_takes_away_what_is_left_out)
{
    given_a_registered_client(LN_VERSION_1_1);
    f.account[0].min_period = 5;

    CHECK_EQ(put_tlv("/1/0", BYTES("\xC2\x01\x01\x2C\xC1\x06\x01\xC1\x07\x55")), LN_COAP_2_04);
    CHECK_EQ(f.account[0].min_period, 0);
    CHECK_EQ(read_path("/1/0/2", LN_FORMAT_NONE).code, LN_COAP_4_04);
    CHECK_EQ(read_path("/1/0/0", LN_FORMAT_NONE).code, LN_COAP_2_05);
    /* It comes back when it is written. */
    CHECK_EQ(write_text("/1/0/2", "7").code, LN_COAP_2_04);
    CHECK_TEXT(read_path("/1/0/2", LN_FORMAT_TEXT).payload, "7");
}

TEST(an_object_instance_around_the_resources_is_tolerated)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(post_tlv("/1/0", BYTES("\x03\x00\xC1\x02\x65")), LN_COAP_2_04);
    CHECK_EQ(f.account[0].min_period, 101);
    CHECK_EQ(post_tlv("/1/0", BYTES("\x03\x01\xC1\x02\x66")), LN_COAP_4_00);
    CHECK_EQ(f.account[0].min_period, 101);
}

TEST(replacing_an_instance_without_a_mandatory_resource_is_refused_whole)
{
    given_a_registered_client(LN_VERSION_1_1);
    f.account[0].min_period = 5;

    CHECK_EQ(put_tlv("/1/0", BYTES("\xC1\x02\x65\xC1\x06\x01\xC1\x07\x55")), LN_COAP_4_00);
    CHECK_EQ(f.account[0].min_period, 5);
    CHECK(!f.account[0].store_notifications);
    no_more_events();
}

/* ETS int-256; spec: CORE-1.1.1 §6.3.4 Write */
TEST(one_resource_that_cannot_be_written_refuses_the_whole)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(post_tlv("/1/0", BYTES("\xC1\x02\x65\xC1\x00\x7B")), LN_COAP_4_05);
    CHECK_EQ(f.account[0].min_period, 0);
    CHECK_EQ(f.account[0].short_id, 101);
    CHECK_EQ(write_text("/1/0/0", "123").code, LN_COAP_4_05);
    CHECK_EQ(write_text("/1/0/8", "1").code, LN_COAP_4_05);
    CHECK_EQ(write_path("/1/0/0", 9999, BYTES("1")).code, LN_COAP_4_05);
}

TEST(one_bad_value_at_the_end_refuses_the_whole)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(post_tlv("/1/0", BYTES("\xC1\x02\x65\xC3\x06\x01\x01\x01")), LN_COAP_4_00);
    CHECK_EQ(f.account[0].min_period, 0);
    CHECK_EQ(post_tlv("/1/0", BYTES("\xC1\x02\x65\xC1")), LN_COAP_4_00);
    CHECK_EQ(f.account[0].min_period, 0);
    no_more_events();
}

/* spec: CORE-1.1.1 §6.3.4 Write; 1.0 is silent */
TEST(unknown_resources_are_passed_over_from_1_1_on)
{
    given_a_registered_client(LN_VERSION_1_1);
    CHECK_EQ(post_tlv("/1/0", BYTES("\xC1\x02\x65\xC1\x63\x01")), LN_COAP_2_04);
    CHECK_EQ(f.account[0].min_period, 101);

    given_a_registered_client(LN_VERSION_1_0);
    CHECK_EQ(post_tlv("/1/0", BYTES("\xC1\x02\x65\xC1\x63\x01")), LN_COAP_4_04);
    CHECK_EQ(f.account[0].min_period, 0);
}

TEST(values_out_of_the_range_of_their_type_are_refused)
{
    static const char *const bad[] = {"-1",  "4294967296", "9223372036854775808",
                                      "1.5", "",           "x"};

    given_a_registered_client(LN_VERSION_1_1);
    for (size_t i = 0; i < LN_COUNT(bad); i++) {
        CHECK_EQ(write_text("/1/0/2", bad[i]).code, LN_COAP_4_00);
    }
    CHECK_EQ(write_text("/1/0/2", "4294967295").code, LN_COAP_2_04);
    CHECK_EQ(write_text("/1/0/6", "true").code, LN_COAP_4_00);
    CHECK_EQ(write_text("/1/0/7", "X").code, LN_COAP_4_00);
    CHECK_EQ(write_text("/1/0/7", "UU").code, LN_COAP_4_00);
    CHECK_EQ(f.account[0].binding[0], 'U');
}

TEST(a_text_must_fit_its_place_and_be_utf_8)
{
    char text[sizeof(f.device.timezone) + 1];

    given_a_registered_client(LN_VERSION_1_1);
    memset(text, 'a', sizeof(text));
    text[sizeof(f.device.timezone)] = '\0';
    CHECK_EQ(write_text("/3/0/15", text).code, LN_COAP_4_00);
    text[sizeof(f.device.timezone) - 1] = '\0';
    CHECK_EQ(write_text("/3/0/15", text).code, LN_COAP_2_04);
    assert_string_equal(f.device.timezone, text);
    CHECK_EQ(write_text("/3/0/15", "\xff").code, LN_COAP_4_00);
    CHECK_EQ(write_path("/3/0/15", LN_FORMAT_TEXT, BYTES("a\0b")).code, LN_COAP_4_00);
}

TEST(the_format_must_be_said_and_known)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(write_path("/1/0/2", LN_FORMAT_NONE, BYTES("1")).code, LN_COAP_4_00);
    CHECK_EQ(write_path("/1/0/2", 9999, BYTES("1")).code, LN_COAP_4_15);
    CHECK_EQ(write_path("/1/0", LN_FORMAT_TEXT, BYTES("1")).code, LN_COAP_4_15);
    /* The number that TLV had before it was registered. */
    CHECK_EQ(write_path("/1/0/2", 1542, BYTES("\xC1\x02\x05")).code, LN_COAP_2_04);
}

TEST(writing_what_is_not_there_is_not_found)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(write_text("/9/0/0", "1").code, LN_COAP_4_04);
    CHECK_EQ(write_text("/1/7/0", "1").code, LN_COAP_4_04);
    CHECK_EQ(write_text("/1/0/99", "1").code, LN_COAP_4_04);
    CHECK_EQ(write_text("/3442/0/1120/5", "1").code, LN_COAP_4_04);
    CHECK_EQ(write_text("/3442/0/120/0", "1").code, LN_COAP_4_05);
    CHECK_EQ(put_tlv("/1", BYTES("\xC1\x02\x65")), LN_COAP_4_05);
}

/* ETS int-651 */
TEST(the_clock_is_set_without_touching_the_machine)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(post_tlv("/3/0", BYTES("\xC4\x0D\x51\x82\x42\x00\xC6\x0E+02:00"
                                    "\xC8\x0F\x0C"
                                    "Europe/Paris")),
             LN_COAP_2_04);
    f.wall += 3;
    CHECK_TEXT(read_path("/3/0/13", LN_FORMAT_TEXT).payload, "1367491075");
    CHECK_TEXT(read_path("/3/0/14", LN_FORMAT_TEXT).payload, "+02:00");
    CHECK_TEXT(read_path("/3/0/15", LN_FORMAT_TEXT).payload, "Europe/Paris");
    CHECK_EQ(write_text("/3/0/13", "9223372036854775807").code, LN_COAP_4_00);
}

/* spec: CORE-1.1.1 §6.3.4 Write: replace is of the whole array */
TEST(replacing_a_list_forgets_its_old_values)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(put_tlv("/3442/0/1120", BYTES("\xA6\x04\x60\x41\x05\x07\x41\x02\x08")),
             LN_COAP_2_04);
    CHECK_BYTES(read_path("/3442/0/1120", LN_FORMAT_TLV).payload,
                "\xA6\x04\x60\x41\x02\x08\x41\x05\x07");
    CHECK_EQ(put_tlv("/3442/0/1120", BYTES("\xA0\x04\x60")), LN_COAP_2_04);
    CHECK_EQ(f.test[0].integers.count, 0);
    struct ln_coap_message m = read_path("/3442/0/1120", LN_FORMAT_TLV);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_BYTES(m.payload, "\xA0\x04\x60");
}

TEST(a_partial_write_adds_to_a_list_and_changes_it)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(post_tlv("/3442/0", BYTES("\xA6\x04\x60\x41\x05\x07\x41\x02\x08")), LN_COAP_2_04);
    CHECK_BYTES(read_path("/3442/0/1120", LN_FORMAT_TLV).payload,
                "\xA8\x04\x60\x0A\x42\x00\x04\x00\x41\x02\x08\x41\x05\x07");
    CHECK_EQ(post_tlv("/3442/0", BYTES("\xA3\x04\x60\x41\x05\x09")), LN_COAP_2_04);
    CHECK_EQ(f.test[0].integers.values[2], 9);
    CHECK_EQ(f.test[0].integers.count, 3);
}

/* ETS int-228 */
TEST(writes_one_resource_instance)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(write_text("/3442/0/1110/0", "test").code, LN_COAP_2_04);
    assert_string_equal(f.test[0].texts.values[0], "test");
    CHECK_EQ(f.test[0].texts.count, 1);
}

TEST(a_list_takes_no_more_than_it_can_hold_and_keeps_what_it_had)
{
    uint8_t payload[2 + 2 + 3 * (LN_TEST_MANY + 1)];
    struct ln_writer w = ln_writer(payload, sizeof(payload));

    given_a_registered_client(LN_VERSION_1_1);
    ln_write_bytes(&w, BYTES("\xA8\x04\x60"));
    ln_write_u8(&w, 3 * (LN_TEST_MANY + 1));
    for (uint8_t i = 0; i <= LN_TEST_MANY; i++) {
        ln_write_u8(&w, 0x41);
        ln_write_u8(&w, i);
        ln_write_u8(&w, i);
    }
    CHECK_EQ(put_tlv("/3442/0/1120", ln_writer_bytes(&w)), LN_COAP_5_00);
    CHECK_EQ(f.test[0].integers.count, 1);
    CHECK_EQ(f.test[0].integers.values[0], 1024);

    payload[3] = 3 * LN_TEST_MANY;
    CHECK_EQ(put_tlv("/3442/0/1120", ln_bytes(payload, w.written - 3)), LN_COAP_2_04);
    CHECK_EQ(f.test[0].integers.count, LN_TEST_MANY);
    /* What is replaced takes no room. */
    CHECK_EQ(put_tlv("/3442/0/1120", BYTES("\xA3\x04\x60\x41\x63\x05")), LN_COAP_2_04);
    CHECK_EQ(f.test[0].integers.count, 1);
    CHECK_EQ(f.test[0].integers.ids[0], 99);
}

TEST(several_values_are_not_one_and_one_is_not_several)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(write_text("/3442/0/1120", "5").code, LN_COAP_4_00);
    CHECK_EQ(put_tlv("/3442/0/120", BYTES("\x83\x78\x41\x00\x05")), LN_COAP_4_00);
    CHECK_EQ(put_tlv("/3442/0/1120", BYTES("\xE1\x04\x60\x05")), LN_COAP_4_00);
}

/* spec: CORE-1.1.1 Appendix C: a link leads to what is there, or is the null link */
TEST(a_link_to_nothing_is_refused)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(write_text("/3442/0/170", "3:0").code, LN_COAP_2_04);
    CHECK_EQ(write_text("/3442/0/170", "3:65535").code, LN_COAP_2_04);
    CHECK_EQ(write_text("/3442/0/170", "65535:65535").code, LN_COAP_2_04);
    CHECK_EQ(write_text("/3442/0/170", "3:1").code, LN_COAP_4_00);
    CHECK_EQ(write_text("/3442/0/170", "99:0").code, LN_COAP_4_00);
    CHECK_EQ(f.test[0].link.object, 65535);
}

TEST(a_body_in_several_blocks_is_too_large_for_now)
{
    struct ln_coap_message m;

    given_a_registered_client(LN_VERSION_1_1);
    /* PUT /1/0/2 as text with Block1 0, more, 16 bytes */
    client_receives(BYTES("\x40\x03\x12\x34\xb1"
                          "1\x01"
                          "0\x01"
                          "2\x10\xd1\x02\x08\xff"
                          "1"));
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_4_13);
}

TEST(without_the_part_that_keeps_attributes_they_are_not_implemented)
{
    struct ln_coap_message m;

    given_a_registered_client(LN_VERSION_1_1);
    /* PUT /3/0?pmin=1 */
    client_receives(BYTES("\x40\x03\x12\x34\xb1"
                          "3\x01"
                          "0\x46pmin=1"));
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_5_01);
}

/* Nothing that a server did is lost: who would add to a full queue is told to come again. */
TEST(a_write_waits_until_the_app_has_read_its_events)
{
    given_a_registered_client(LN_VERSION_1_1);
    for (int i = 0; i < LN_CLIENT_EVENTS; i++) {
        CHECK_EQ(write_text("/1/0/2", "1").code, LN_COAP_2_04);
    }

    CHECK_EQ(write_text("/1/0/2", "2").code, LN_COAP_5_03);
    CHECK_EQ(f.account[0].min_period, 1);
    CHECK_EQ(read_path("/1/0/2", LN_FORMAT_TEXT).code, LN_COAP_2_05);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    CHECK_EQ(write_text("/1/0/2", "2").code, LN_COAP_2_04);
}

/* ---- An object that looks at the whole before it keeps it ---- */

static struct transaction {
    int32_t low, high;
    int32_t old_low, old_high;
    int begun, kept, undone;
} range;

static void *range_next(void *store, uint16_t *id)
{
    return *id == 0 ? store : NULL;
}

static ln_err range_begin(void *store, uint16_t id)
{
    (void)store;
    (void)id;
    range.begun++;
    range.old_low = range.low;
    range.old_high = range.high;
    return LN_OK;
}

static ln_err range_validate(void *store, uint16_t id)
{
    (void)store;
    (void)id;
    return range.low <= range.high ? LN_OK : LN_ERR_BAD_VALUE;
}

static void range_commit(void *store, uint16_t id)
{
    (void)store;
    (void)id;
    range.kept++;
}

static void range_rollback(void *store, uint16_t id)
{
    (void)store;
    (void)id;
    range.undone++;
    range.low = range.old_low;
    range.high = range.old_high;
}

static const struct ln_object_calls range_calls = {
    .next = range_next,
    .begin = range_begin,
    .validate = range_validate,
    .commit = range_commit,
    .rollback = range_rollback,
};

static const struct ln_resource range_resources[] = {
    {0, LN_INTEGER, LN_READ | LN_WRITE, LN_FIELD(struct transaction, low)},
    {1, LN_INTEGER, LN_READ | LN_WRITE, LN_FIELD(struct transaction, high)},
};

static const struct ln_object range_object = {
    .id = 4000,
    .version_major = 1,
    .resource_count = LN_COUNT(range_resources),
    .resources = range_resources,
    .calls = &range_calls,
};

TEST(an_object_that_finds_the_whole_bad_gets_its_old_values_back)
{
    range = (struct transaction){.low = 1, .high = 2};
    given_a_registered_client(LN_VERSION_1_1);
    f.objects[4] = (struct ln_object_entry){&range_object, &range};
    f.config.object_count = 5;

    CHECK_EQ(put_tlv("/4000/0", BYTES("\xC1\x00\x09\xC1\x01\x03")), LN_COAP_4_00);
    CHECK_EQ(range.low, 1);
    CHECK_EQ(range.high, 2);
    CHECK_EQ(range.undone, 1);
    CHECK_EQ(put_tlv("/4000/0", BYTES("\xC1\x00\x03\xC1\x01\x09")), LN_COAP_2_04);
    CHECK_EQ(range.high, 9);
    CHECK_EQ(range.begun, 2);
    CHECK_EQ(range.kept, 1);
}

int write_tests(void)
{
    const struct CMUnitTest writing[] = {
        cmocka_unit_test(writes_resources_as_text),
        cmocka_unit_test(a_partial_write_leaves_the_rest),
        cmocka_unit_test(replacing_an_instance_takes_away_what_is_left_out),
        cmocka_unit_test(an_object_instance_around_the_resources_is_tolerated),
        cmocka_unit_test(replacing_an_instance_without_a_mandatory_resource_is_refused_whole),
        cmocka_unit_test(one_resource_that_cannot_be_written_refuses_the_whole),
        cmocka_unit_test(one_bad_value_at_the_end_refuses_the_whole),
        cmocka_unit_test(unknown_resources_are_passed_over_from_1_1_on),
        cmocka_unit_test(values_out_of_the_range_of_their_type_are_refused),
        cmocka_unit_test(a_text_must_fit_its_place_and_be_utf_8),
        cmocka_unit_test(the_format_must_be_said_and_known),
        cmocka_unit_test(writing_what_is_not_there_is_not_found),
        cmocka_unit_test(the_clock_is_set_without_touching_the_machine),
        cmocka_unit_test(replacing_a_list_forgets_its_old_values),
        cmocka_unit_test(a_partial_write_adds_to_a_list_and_changes_it),
        cmocka_unit_test(writes_one_resource_instance),
        cmocka_unit_test(a_list_takes_no_more_than_it_can_hold_and_keeps_what_it_had),
        cmocka_unit_test(several_values_are_not_one_and_one_is_not_several),
        cmocka_unit_test(a_link_to_nothing_is_refused),
        cmocka_unit_test(a_body_in_several_blocks_is_too_large_for_now),
        cmocka_unit_test(without_the_part_that_keeps_attributes_they_are_not_implemented),
        cmocka_unit_test(a_write_waits_until_the_app_has_read_its_events),
        cmocka_unit_test(an_object_that_finds_the_whole_bad_gets_its_old_values_back),
    };

    return RUN_TESTS(writing);
}
