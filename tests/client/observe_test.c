/* Observing: where an observation begins, and all ways in which it ends. */

#include "reporting_support.h"

static unsigned observed(void)
{
    unsigned count = 0;

    for (size_t i = 0; i < OBSERVATIONS; i++) {
        count += observations[i].in_use;
    }
    return count;
}

static bool says_observe(const struct ln_coap_message *m)
{
    struct ln_coap_options o;

    CHECK_OK(ln_coap_options(m, &o));
    return o.has_observe;
}

/* spec: CORE-1.1.1 §6.4.1 Observe */
TEST(an_observe_is_answered_with_the_value_and_the_option)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    struct ln_coap_message m = observe("/33002/0/1");

    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK(says_observe(&m));
    CHECK_TEXT(m.payload, "20");
    CHECK_EQ(observed(), 1);
    client_is_silent();
}

TEST(an_object_an_instance_a_resource_and_a_resource_instance_are_observed)
{
    static const char *const paths[] = {"/33002", "/33002/0", "/33002/0/5", "/33002/0/5/0"};

    given_a_client_that_observes(LN_VERSION_1_1);
    sensors[0].many.count = 1;
    accept = LN_FORMAT_TLV;
    for (size_t i = 0; i < LN_COUNT(paths); i++) {
        token = (uint8_t)(0x60 + i);
        struct ln_coap_message m = observe(paths[i]);
        CHECK_EQ(m.code, LN_COAP_2_05);
        CHECK(says_observe(&m));
    }
    sensors[0].many.values[0] = 7;
    ln_client_changed(&f.client, f.now, ln_path_resource(33002, 0, 5));
    for (size_t i = 0; i < LN_COUNT(paths); i++) {
        struct notification n;
        CHECK(client_notifies(&n));
        CHECK_EQ(n.message.token.bytes[0], 0x60 + i);
    }
    client_is_silent();
}

TEST(a_resource_instance_is_not_observed_in_1_0)
{
    given_a_client_that_observes(LN_VERSION_1_0);
    sensors[0].many.count = 1;

    CHECK_EQ(observe("/33002/0/5/0").code, LN_COAP_4_05);
    CHECK_EQ(observed(), 0);
}

TEST(what_is_absent_or_unreadable_is_not_observed)
{
    given_a_client_that_observes(LN_VERSION_1_1);

    CHECK_EQ(observe("/33002/7").code, LN_COAP_4_04);
    CHECK_EQ(observe("/33002/0/99").code, LN_COAP_4_04);
    CHECK_EQ(observe("/33002/0/5/4").code, LN_COAP_4_04);
    CHECK_EQ(observe("/33002/0/8").code, LN_COAP_4_05);
    CHECK_EQ(observe("/0/0").code, LN_COAP_4_01);
    CHECK_EQ(f.client.stats.refused_requests, 5);
    CHECK_EQ(observed(), 0);
}

TEST(a_format_that_cannot_hold_it_leaves_no_observation)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    accept = LN_FORMAT_TEXT;

    CHECK_EQ(observe("/33002/0").code, LN_COAP_4_06);
    accept = LN_FORMAT_CBOR;
    CHECK_EQ(observe("/33002/0/1").code, LN_COAP_4_06);
    CHECK_EQ(f.client.stats.refused_requests, 2);
    CHECK_EQ(observed(), 0);
}

/* RFC 7641 §4.1 */
TEST(the_same_token_again_replaces_the_observation)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    (void)observe("/33002/0/1");
    struct ln_coap_message m = observe("/33002/0/4");

    CHECK(says_observe(&m));
    CHECK_EQ(observed(), 1);
    integer_becomes(21);
    client_is_silent();
}

TEST(another_token_adds_one_of_the_same_path)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    (void)observe("/33002/0/1");
    token++;
    (void)observe("/33002/0/1");
    struct notification n;

    integer_becomes(21);
    CHECK(client_notifies(&n));
    CHECK_EQ(n.message.token.bytes[0], 0x51);
    CHECK(client_notifies(&n));
    CHECK_EQ(n.message.token.bytes[0], 0x52);
    client_is_silent();
}

/* RFC 7641 §4.1: then the response must not have an Observe option. */
TEST(without_room_an_observe_is_answered_as_a_read)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    for (unsigned i = 0; i < OBSERVATIONS; i++) {
        token++;
        CHECK_EQ(observe("/33002/0/1").code, LN_COAP_2_05);
    }
    token++;
    struct ln_coap_message m = observe("/33002/0/1");

    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK(!says_observe(&m));
    CHECK_EQ(f.client.stats.not_observed, 1);
}

TEST(without_the_part_an_observe_is_answered_as_a_read)
{
    given_a_registered_client(LN_VERSION_1_1);
    token = 1;
    accept = LN_FORMAT_TEXT;
    struct ln_coap_message m = observe("/3/0/0");

    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK(!says_observe(&m));
    CHECK_EQ(write_attributes("/3/0/0", "pmin=1").code, LN_COAP_5_01);
}

TEST(observe_1_with_its_token_cancels)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    (void)observe("/33002/0/1");
    token++;
    (void)observe("/33002/0/1");
    struct ln_coap_message m = cancel("/33002/0/1");

    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK(!says_observe(&m));
    CHECK_TEXT(m.payload, "20");
    CHECK_EQ(observed(), 1);
    token--;
    integer_becomes(21);
    client_notifies_text("21");
}

TEST(observe_1_of_nothing_is_a_read)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    struct ln_coap_message m = cancel("/33002/0/1");

    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK(!says_observe(&m));
}

TEST(a_reset_of_a_notification_cancels)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    (void)observe("/33002/0/1");
    integer_becomes(21);
    CHECK(client_notifies(&n));
    CHECK_EQ(n.message.type, LN_COAP_NON);
    server_resets(&n.message);
    CHECK_EQ(observed(), 0);
    integer_becomes(22);
    client_is_silent();
}

TEST(a_reset_of_the_notification_before_the_last_cancels_too)
{
    struct notification n;
    struct notification last;

    given_a_client_that_observes(LN_VERSION_1_1);
    (void)observe("/33002/0/1");
    integer_becomes(21);
    CHECK(client_notifies(&n));
    integer_becomes(22);
    CHECK(client_notifies(&last));
    server_resets(&n.message);
    CHECK_EQ(observed(), 0);
}

TEST(a_reset_of_something_else_cancels_nothing)
{
    static const struct ln_coap_message other = {.id = 0};

    given_a_client_that_observes(LN_VERSION_1_1);
    (void)observe("/33002/0/1");
    server_resets(&other);
    CHECK_EQ(observed(), 1);
}

TEST(a_reset_of_another_server_cancels_nothing)
{
    struct notification n;

    given_two_servers();
    (void)observe("/33002/0/1");
    f.link = 1;
    (void)observe("/33002/0/1");
    integer_becomes(21);
    CHECK(client_notifies(&n));
    f.link = f.link == 0 ? 1 : 0;
    server_resets(&n.message);
    CHECK_EQ(observed(), 2);
}

/* RFC 7641 §4.2: a last response, without the option. */
TEST(what_is_gone_is_told_with_a_last_4_04)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    (void)observe("/33002/0/1");
    CHECK_OK(ln_instances_calls.remove(&sensor_store, 0));
    ln_client_changed(&f.client, f.now, ln_path_object(33002));
    CHECK(client_sends(&n.message)); /* the Update with the new object list */
    server_answers(&n.message, LN_COAP_2_04, NULL);
    CHECK(client_notifies(&n));
    CHECK_EQ(n.message.code, LN_COAP_4_04);
    CHECK_EQ(n.message.type, LN_COAP_CON);
    CHECK(!n.options.has_observe);
    CHECK_EQ(n.message.token.bytes[0], token);
    server_confirms(&n.message);
    CHECK_EQ(observed(), 0);
}

TEST(a_resource_that_is_there_no_more_ends_it_at_once_in_spite_of_pmin)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    CHECK_EQ(write_attributes("/33002/0/1", "pmin=60").code, LN_COAP_2_04);
    (void)observe("/33002/0/1");
    sensors[0].absent = 1;
    ln_client_changed(&f.client, f.now, ln_path_resource(33002, 0, 1));
    CHECK(client_notifies(&n));
    CHECK_EQ(n.message.code, LN_COAP_4_04);
}

TEST(a_de_registration_ends_all)
{
    struct ln_coap_message m;

    given_a_client_that_observes(LN_VERSION_1_1);
    (void)observe("/33002/0/1");
    ln_client_stop(&f.client, f.now);
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_DELETE);
    CHECK_EQ(observed(), 0);
}

TEST(a_new_registration_ends_all)
{
    struct ln_coap_message m;

    given_a_client_that_observes(LN_VERSION_1_1);
    (void)observe("/33002/0/1");
    ln_client_update(&f.client, f.now);
    CHECK(client_sends(&m));
    server_answers(&m, LN_COAP_4_04, NULL);
    CHECK(client_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 1); /* rd */
    CHECK_EQ(observed(), 0);
}

TEST(two_servers_observe_each_for_itself)
{
    struct notification n;

    given_two_servers();
    (void)observe("/33002/0/1");
    f.link = 1;
    (void)observe("/33002/0/4");
    integer_becomes(21);
    CHECK(client_notifies(&n));
    CHECK_EQ(f.link, 0);
    client_is_silent();
    f.link = 1;
    (void)cancel("/33002/0/4");
    CHECK_EQ(observed(), 1);
}

/* What is told apart by a checksum must not be so by its sign alone. */
TEST(a_number_that_changes_its_sign_is_notified)
{
    static const int64_t numbers[] = {1, -1, 0, -2, 2, -3, 3, 1LL << 32, 1};

    given_a_client_that_observes(LN_VERSION_1_1);
    sensors[0].integer = 5;
    (void)observe("/33002/0/1");
    for (size_t i = 0; i < LN_COUNT(numbers); i++) {
        struct notification n;
        integer_becomes(numbers[i]);
        CHECK(client_notifies(&n));
    }
}

TEST(two_numbers_that_change_their_signs_at_once_are_notified)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    sensors[0].many.count = 2;
    sensors[0].many.ids[1] = 1;
    sensors[0].many.values[0] = 1;
    sensors[0].many.values[1] = -1;
    accept = LN_FORMAT_TLV;
    (void)observe("/33002/0/5");
    sensors[0].many.values[0] = -1;
    sensors[0].many.values[1] = 1;
    ln_client_changed(&f.client, f.now, ln_path_resource(33002, 0, 5));
    CHECK(client_notifies(&n));
}

/* RFC 7641 §3.5 */
TEST(all_notifications_are_in_the_format_of_the_first_answer)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    accept = LN_FORMAT_TLV;
    (void)observe("/33002/0/1");
    integer_becomes(21);
    CHECK(client_notifies(&n));
    CHECK_EQ(n.options.content_format, LN_FORMAT_TLV);
    CHECK_BYTES(n.message.payload, "\xc1\x01\x15");
}

int observe_tests(void)
{
    const struct CMUnitTest observe[] = {
        cmocka_unit_test(an_observe_is_answered_with_the_value_and_the_option),
        cmocka_unit_test(an_object_an_instance_a_resource_and_a_resource_instance_are_observed),
        cmocka_unit_test(a_resource_instance_is_not_observed_in_1_0),
        cmocka_unit_test(what_is_absent_or_unreadable_is_not_observed),
        cmocka_unit_test(a_format_that_cannot_hold_it_leaves_no_observation),
        cmocka_unit_test(the_same_token_again_replaces_the_observation),
        cmocka_unit_test(another_token_adds_one_of_the_same_path),
        cmocka_unit_test(without_room_an_observe_is_answered_as_a_read),
        cmocka_unit_test(without_the_part_an_observe_is_answered_as_a_read),
        cmocka_unit_test(observe_1_with_its_token_cancels),
        cmocka_unit_test(observe_1_of_nothing_is_a_read),
        cmocka_unit_test(a_reset_of_a_notification_cancels),
        cmocka_unit_test(a_reset_of_the_notification_before_the_last_cancels_too),
        cmocka_unit_test(a_reset_of_something_else_cancels_nothing),
        cmocka_unit_test(a_reset_of_another_server_cancels_nothing),
        cmocka_unit_test(what_is_gone_is_told_with_a_last_4_04),
        cmocka_unit_test(a_resource_that_is_there_no_more_ends_it_at_once_in_spite_of_pmin),
        cmocka_unit_test(a_de_registration_ends_all),
        cmocka_unit_test(a_new_registration_ends_all),
        cmocka_unit_test(two_servers_observe_each_for_itself),
        cmocka_unit_test(a_number_that_changes_its_sign_is_notified),
        cmocka_unit_test(two_numbers_that_change_their_signs_at_once_are_notified),
        cmocka_unit_test(all_notifications_are_in_the_format_of_the_first_answer),
    };

    return RUN_TESTS(observe);
}
