/* Create and Delete. */

#include "support.h"

static struct ln_coap_message create(const char *path, struct ln_bytes payload)
{
    return post(path, payload.len > 0 ? LN_FORMAT_TLV : LN_FORMAT_NONE, payload);
}

static uint8_t delete_path(const char *path)
{
    return ask(&(struct question){LN_COAP_DELETE, path, NO_FORMAT}).code;
}

/* spec: CORE-1.1.1 §6.3.7 Create */
TEST(creates_the_instance_that_the_payload_names)
{
    given_a_registered_client(LN_VERSION_1_1);

    struct ln_coap_message m = create("/3442", BYTES("\x03\x07\xC1\x78\x05"));
    CHECK_EQ(m.code, LN_COAP_2_01);
    CHECK_EQ(options_of(&m, LN_COAP_LOCATION_PATH), 2);
    assert_string_equal(option_of(&m, LN_COAP_LOCATION_PATH, 0), "3442");
    assert_string_equal(option_of(&m, LN_COAP_LOCATION_PATH, 1), "7");
    CHECK_EQ(f.tests.count, 2);
    CHECK_EQ(f.test_ids[1], 7);
    CHECK_EQ(f.test[1].integer, 5);
    assert_string_equal(f.test[1].text, "initial value");
    CHECK(client_tells(LN_CLIENT_CREATED));
    CHECK(ln_path_equal(f.event.path, ln_path_instance(3442, 7)));
}

TEST(chooses_the_lowest_free_id_where_none_is_named)
{
    given_a_registered_client(LN_VERSION_1_1);

    struct ln_coap_message m = create("/3442", BYTES("\xC1\x78\x05"));
    CHECK_EQ(m.code, LN_COAP_2_01);
    assert_string_equal(option_of(&m, LN_COAP_LOCATION_PATH, 1), "1");
    CHECK_EQ(f.test[1].integer, 5);
}

TEST(the_new_list_is_told_after_the_answer)
{
    struct ln_coap_message m;

    given_a_registered_client(LN_VERSION_1_1);
    CHECK_EQ(create("/3442", BYTES("\xC1\x78\x05")).code, LN_COAP_2_01);
    CHECK(client_sends(&m));
    CHECK_TEXT(m.payload, "</1/0>,</3/0>,</3442/0>,</3442/1>");
}

TEST(new_values_may_be_left_out_from_1_1_on)
{
    given_a_registered_client(LN_VERSION_1_1);
    CHECK_EQ(create("/3442", BYTES("")).code, LN_COAP_2_01);
    CHECK_EQ(f.test[1].integer, 1024);

    given_a_registered_client(LN_VERSION_1_0);
    CHECK_EQ(create("/3442", BYTES("")).code, LN_COAP_4_00);
    CHECK_EQ(f.tests.count, 1);
}

TEST(a_refused_create_leaves_nothing)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(create("/3442", BYTES("\x03\x00\xC1\x78\x05")).code, LN_COAP_4_00); /* there */
    CHECK_EQ(create("/3442", BYTES("\x04\x05\xC2\x8C\x05\x05")).code, LN_COAP_4_00);
    CHECK_EQ(create("/3442", BYTES("\x03\x05\xC1\x78\x05\x03\x06\xC1\x78\x05")).code,
             LN_COAP_4_00); /* two at once */
    CHECK_EQ(post("/3442", LN_FORMAT_NONE, BYTES("\xC1\x78\x05")).code, LN_COAP_4_00);
    CHECK_EQ(post("/3442", 9999, BYTES("\xC1\x78\x05")).code, LN_COAP_4_15);
    CHECK_EQ(f.tests.count, 1);
    no_more_events();
}

TEST(an_object_without_room_creates_nothing)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(create("/3442", BYTES("\xC1\x78\x05")).code, LN_COAP_2_01);
    CHECK_EQ(create("/3442", BYTES("\xC1\x78\x05")).code, LN_COAP_2_01);
    CHECK_EQ(create("/3442", BYTES("\xC1\x78\x05")).code, LN_COAP_5_00);
    CHECK_EQ(f.tests.count, TESTS);
}

/* ---- An object with a mandatory resource ---- */

static struct thing {
    int32_t size;
    int32_t weight;
} things[2];
static uint16_t thing_ids[2];
static struct ln_instances thing_store = {things, thing_ids, sizeof(things[0]), 2, 0};

static const struct ln_resource thing_resources[] = {
    {0, LN_INTEGER, LN_READ | LN_WRITE | LN_MANDATORY, LN_FIELD(struct thing, size)},
    {1, LN_INTEGER, LN_READ, LN_FIELD(struct thing, weight)},
};

static const struct ln_object thing_object = {
    .id = 4001,
    .version_major = 1,
    .resource_count = LN_COUNT(thing_resources),
    .resources = thing_resources,
    .calls = &ln_instances_calls,
};

static void given_things(void)
{
    thing_store.count = 0;
    given_a_registered_client(LN_VERSION_1_1);
    f.objects[4] = (struct ln_object_entry){&thing_object, &thing_store};
    f.config.object_count = 5;
}

TEST(a_new_instance_without_a_mandatory_resource_is_refused)
{
    given_things();

    CHECK_EQ(create("/4001", BYTES("\xC1\x01\x05")).code, LN_COAP_4_00);
    CHECK_EQ(thing_store.count, 0);
}

TEST(values_that_cannot_be_written_are_passed_over)
{
    given_things();

    CHECK_EQ(create("/4001", BYTES("\xC1\x00\x04\xC1\x01\x05")).code, LN_COAP_2_01);
    CHECK_EQ(things[0].size, 4);
    CHECK_EQ(things[0].weight, 0);
}

/* ETS int-680, int-685 */
TEST(what_has_one_instance_keeps_it)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(create("/3", BYTES("\xC1\x0D\x05")).code, LN_COAP_4_05);
    CHECK_EQ(delete_path("/3/0"), LN_COAP_4_05);
    CHECK_EQ(create("/1", BYTES("\xC1\x01\x05")).code, LN_COAP_4_05);
    CHECK_EQ(delete_path("/1/0"), LN_COAP_4_05);
}

/* spec: CORE-1.1.1 §6.3.8 Delete */
TEST(deletes_an_instance_and_tells_the_new_list)
{
    struct ln_coap_message m;

    given_a_registered_client(LN_VERSION_1_1);
    CHECK_EQ(delete_path("/3442/0"), LN_COAP_2_02);
    CHECK_EQ(f.tests.count, 0);
    CHECK(client_tells(LN_CLIENT_DELETED));
    CHECK(client_sends(&m));
    CHECK_TEXT(m.payload, "</1/0>,</3/0>,</3442>");
}

TEST(only_instances_that_are_there_are_deleted)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(delete_path("/3442/9"), LN_COAP_4_04);
    CHECK_EQ(delete_path("/99/0"), LN_COAP_4_04);
    CHECK_EQ(delete_path("/3442"), LN_COAP_4_05);
    CHECK_EQ(delete_path("/3442/0/110"), LN_COAP_4_05);
    CHECK_EQ(create("/99", BYTES("\xC1\x00\x05")).code, LN_COAP_4_04);
}

int create_tests(void)
{
    const struct CMUnitTest creating[] = {
        cmocka_unit_test(creates_the_instance_that_the_payload_names),
        cmocka_unit_test(chooses_the_lowest_free_id_where_none_is_named),
        cmocka_unit_test(the_new_list_is_told_after_the_answer),
        cmocka_unit_test(new_values_may_be_left_out_from_1_1_on),
        cmocka_unit_test(a_refused_create_leaves_nothing),
        cmocka_unit_test(an_object_without_room_creates_nothing),
        cmocka_unit_test(a_new_instance_without_a_mandatory_resource_is_refused),
        cmocka_unit_test(values_that_cannot_be_written_are_passed_over),
        cmocka_unit_test(what_has_one_instance_keeps_it),
        cmocka_unit_test(deletes_an_instance_and_tells_the_new_list),
        cmocka_unit_test(only_instances_that_are_there_are_deleted),
    };

    return RUN_TESTS(creating);
}
