/* Register, Update and De-register on the wire, and when they are sent. */

#include "support.h"

static struct ln_coap_message m;

static bool has_query(const char *item)
{
    for (unsigned i = 0; i < options_of(&m, LN_COAP_URI_QUERY); i++) {
        if (strcmp(option_of(&m, LN_COAP_URI_QUERY, i), item) == 0) {
            return true;
        }
    }
    return false;
}

static void given_a_client_that_registers(enum ln_version version)
{
    given_a_client(version);
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));
}

static void check_update(void)
{
    CHECK_EQ(m.type, LN_COAP_CON);
    CHECK_EQ(m.code, LN_COAP_POST);
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 2);
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 0), "rd");
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 1), "5a");
}

/* spec: CORE-1.1.1 §6.2.1 Register */
TEST(register_says_who_for_how_long_and_which_objects)
{
    given_a_client_that_registers(LN_VERSION_1_1);

    CHECK_EQ(m.type, LN_COAP_CON);
    CHECK_EQ(m.code, LN_COAP_POST);
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 1);
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 0), "rd");
    assert_string_equal(option_of(&m, LN_COAP_CONTENT_FORMAT, 0), "(");
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 3);
    CHECK(has_query("ep=urn:dev:1"));
    CHECK(has_query("lt=300"));
    CHECK(has_query("lwm2m=1.1"));
    CHECK_TEXT(m.payload, "</1/0>,</3/0>,</3442/0>");
    CHECK_EQ(f.link, 0);
}

/* spec: CORE-1.0.2 §5.3.1 Register: the Q is part of the binding */
TEST(queue_mode_is_in_the_binding_in_1_0_and_beside_it_later)
{
    given_a_client(LN_VERSION_1_0);
    f.config.queue_mode = &ln_client_queue_mode;
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK(has_query("lwm2m=1.0"));
    CHECK(has_query("b=UQ"));
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 4);

    given_a_client(LN_VERSION_1_1);
    f.config.queue_mode = &ln_client_queue_mode;
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK(has_query("Q"));
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 4);
}

TEST(a_binding_other_than_the_default_is_said)
{
    given_a_client(LN_VERSION_1_1);
    strcpy(f.account[0].binding, "UT");
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));

    CHECK(has_query("b=UT"));
}

TEST(an_object_without_instances_stands_bare_in_the_list)
{
    given_a_client(LN_VERSION_1_1);
    f.tests.count = 0;
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));

    CHECK_TEXT(m.payload, "</1/0>,</3/0>,</3442>");
}

/* spec: CORE-1.1.1 §7.2.2: quoted in 1.0, not later; left out where it is the one implied */
TEST(an_object_of_another_version_than_implied_says_so)
{
    static struct ln_object object = {.id = 4, .version_major = 1, .version_minor = 2};
    static const enum ln_version versions[] = {LN_VERSION_1_0, LN_VERSION_1_1, LN_VERSION_1_2};
    static const char *const lists[] = {
        "</1/0>,</3/0>,</4>;ver=\"1.2\",</4/0>",
        "</1/0>,</3/0>,</4/0>",
        "</1/0>,</3/0>,</4>;ver=1.2,</4/0>",
    };

    for (size_t i = 0; i < LN_COUNT(versions); i++) {
        given_a_client(versions[i]);
        f.objects[3] = (struct ln_object_entry){&object, &f.device};
        ln_client_start(&f.client, f.now);
        link_goes_up();
        CHECK(client_sends(&m));
        CHECK_TEXT(m.payload, lists[i]);
    }
}

TEST(registers_with_each_server_that_has_an_account)
{
    struct ln_coap_message second;

    given_a_client(LN_VERSION_1_1);
    f.securities.count = f.accounts.count = 2;
    f.security_ids[1] = 7; /* instances need not have the same ids */
    f.account_ids[1] = 4;
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK_EQ(f.event.short_id, 101);
    link_goes_up();
    CHECK_EQ(f.event.short_id, 102);
    CHECK(f.event.security == &f.security[1]);

    CHECK(client_sends(&m));
    CHECK_EQ(f.link, 0);
    CHECK(client_sends(&second));
    CHECK_EQ(f.link, 1);
    CHECK(!client_sends(&m));
}

TEST(a_bootstrap_account_is_no_server_to_register_with)
{
    given_a_client(LN_VERSION_1_1);
    f.security[0].is_bootstrap = true;
    ln_client_start(&f.client, f.now);

    no_more_events();
    CHECK(ln_client_is_idle(&f.client));
    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
}

TEST(waits_for_the_link_without_asking_for_time)
{
    given_a_client(LN_VERSION_1_1);
    ln_client_start(&f.client, f.now);

    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
    CHECK(!client_sends(&m));
}

TEST(an_answer_without_a_location_is_a_refusal)
{
    given_a_client_that_registers(LN_VERSION_1_1);

    server_answers(&m, LN_COAP_2_01, NULL);
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(f.event.code, LN_COAP_2_01);
}

TEST(a_location_that_is_too_long_is_a_refusal)
{
    char location[LN_LOCATION_MAX + 1];

    memset(location, 'x', LN_LOCATION_MAX);
    location[LN_LOCATION_MAX] = '\0'; /* with its length it is one byte too many */
    given_a_client_that_registers(LN_VERSION_1_1);
    server_answers(&m, LN_COAP_2_01, location);
    CHECK(client_tells(LN_CLIENT_REFUSED));

    location[LN_LOCATION_MAX - 1] = '\0';
    given_a_client_that_registers(LN_VERSION_1_1);
    server_answers(&m, LN_COAP_2_01, location);
    CHECK(client_tells(LN_CLIENT_REGISTERED));
}

TEST(a_refused_client_tries_again_after_a_minute_on_a_new_link)
{
    given_a_client_that_registers(LN_VERSION_1_1);

    server_answers(&m, LN_COAP_4_03, NULL);
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(f.event.code, LN_COAP_4_03);
    CHECK(client_tells(LN_CLIENT_CLOSE));
    no_more_events();
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 60000);
    after(60000);
    CHECK(!client_sends(&m));
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_POST);
}

TEST(start_does_not_wait_any_longer_for_a_server_that_refused)
{
    given_a_client_that_registers(LN_VERSION_1_1);
    server_answers(&m, LN_COAP_4_03, NULL);
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK(client_tells(LN_CLIENT_CLOSE));

    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));
}

/* spec: CORE-1.1.1 §6.2.1 Register: 4.12 where the version is not supported */
TEST(a_server_of_an_older_version_is_spoken_to_in_it)
{
    given_a_client_that_registers(LN_VERSION_1_1);

    server_answers(&m, LN_COAP_4_12, NULL);
    CHECK(client_sends(&m));
    CHECK(has_query("lwm2m=1.0"));
    server_answers(&m, LN_COAP_2_01, "rd/1");
    CHECK(client_tells(LN_CLIENT_REGISTERED));
}

TEST(there_is_no_version_below_1_0_and_the_highest_is_tried_again)
{
    given_a_client_that_registers(LN_VERSION_1_1);

    server_answers(&m, LN_COAP_4_12, NULL);
    CHECK(client_sends(&m));
    server_answers(&m, LN_COAP_4_12, NULL);
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(f.event.code, LN_COAP_4_12);
    CHECK(client_tells(LN_CLIENT_CLOSE));
    after(60000);
    CHECK(!client_sends(&m));
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK(has_query("lwm2m=1.1"));
}

/* RFC 7252 §4.2: 2 s, doubled four times; the last copy has its wait too. */
TEST(a_server_that_does_not_answer_is_asked_five_times)
{
    static const ln_time waits[] = {2000, 4000, 8000, 16000, 32000};

    given_a_client_that_registers(LN_VERSION_1_1);
    uint16_t id = m.id;
    for (size_t i = 0; i < LN_COUNT(waits); i++) {
        CHECK(!client_sends(&m));
        CHECK_EQ(ln_client_deadline(&f.client), f.now + waits[i]);
        after(waits[i]);
        CHECK_EQ(client_sends(&m), i + 1 < LN_COUNT(waits));
        CHECK_EQ(m.id, id);
    }
    CHECK(client_tells(LN_CLIENT_LOST));
    CHECK(client_tells(LN_CLIENT_CLOSE));
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 2000);
    CHECK_EQ(f.client.stats.retransmitted, 4);
}

TEST(a_lost_update_opens_a_new_link_and_registers_anew)
{
    given_a_registered_client(LN_VERSION_1_1);
    ln_client_update(&f.client, f.now);
    CHECK(client_sends(&m));
    for (int i = 0; i < 5; i++) {
        after(ln_client_deadline(&f.client) - f.now);
        (void)client_sends(&m);
    }
    CHECK(client_tells(LN_CLIENT_LOST));
    CHECK(client_tells(LN_CLIENT_CLOSE));
    after(2000);
    CHECK(!client_sends(&m));
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK(has_query("ep=urn:dev:1"));
}

TEST(a_link_that_breaks_is_asked_for_again)
{
    given_a_registered_client(LN_VERSION_1_1);

    ln_client_link_down(&f.client, f.now, 0, LN_LINK_FAILED, 0);
    CHECK(client_tells(LN_CLIENT_LOST));
    no_more_events();
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 2000);
    after(2000);
    CHECK(!client_sends(&m));
    link_goes_up();
    CHECK(client_sends(&m));
}

TEST(a_link_refused_by_an_alert_waits_as_a_refusal_does)
{
    given_a_client(LN_VERSION_1_1);
    ln_client_start(&f.client, f.now);
    CHECK(client_tells(LN_CLIENT_OPEN));

    ln_client_link_down(&f.client, f.now, 0, LN_LINK_REFUSED, 42);
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(f.event.code, 0);
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 60000);
}

/* spec: CORE-1.1.1 §5.2.9: the three lists of alerts */
TEST(an_alert_that_may_pass_is_tried_again_soon)
{
    given_a_client(LN_VERSION_1_1);
    ln_client_start(&f.client, f.now);
    CHECK(client_tells(LN_CLIENT_OPEN));

    ln_client_link_down(&f.client, f.now, 0, LN_LINK_REFUSED, 40);
    CHECK(client_tells(LN_CLIENT_LOST));
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 2000);
}

TEST(a_server_that_is_not_trusted_waits_as_a_refusal_does)
{
    given_a_client(LN_VERSION_1_1);
    ln_client_start(&f.client, f.now);
    CHECK(client_tells(LN_CLIENT_OPEN));

    ln_client_link_down(&f.client, f.now, 0, LN_LINK_UNTRUSTED, 0);
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 60000);
    CHECK_EQ(f.account[0].alert, 0);
}

static void registers_after_an_alert(uint8_t alert)
{
    ln_client_link_down(&f.client, f.now, 0, LN_LINK_REFUSED, alert);
    CHECK(client_tells(alert == 115 ? LN_CLIENT_REFUSED : LN_CLIENT_LOST));
    after(60 * 1000);
    CHECK(!client_sends(&m));
    link_goes_up();
    CHECK(client_sends(&m));
    server_answers(&m, LN_COAP_2_01, "rd/5a");
    CHECK(client_tells(LN_CLIENT_REGISTERED));
}

/* spec: CORE-1.1.1 §E.2 resource 11, since 1.1 */
TEST(the_last_alert_of_a_server_can_be_read_from_1_1_on)
{
    given_a_registered_client(LN_VERSION_1_1);
    CHECK_EQ(read_path("/1/0/11", LN_FORMAT_TEXT).code, LN_COAP_4_04);
    registers_after_an_alert(115);
    CHECK_TEXT(read_path("/1/0/11", LN_FORMAT_TEXT).payload, "115");
    registers_after_an_alert(0);
    CHECK_TEXT(read_path("/1/0/11", LN_FORMAT_TEXT).payload, "0");

    given_a_registered_client(LN_VERSION_1_0);
    registers_after_an_alert(115);
    CHECK_EQ(read_path("/1/0/11", LN_FORMAT_TEXT).code, LN_COAP_4_04);
}

TEST(an_object_list_that_does_not_fit_is_not_cut)
{
    static struct ln_object many[40];
    static struct ln_object_entry entries[43];

    given_a_client(LN_VERSION_1_1);
    memcpy(entries, f.objects, 3 * sizeof(entries[0]));
    for (uint16_t i = 0; i < LN_COUNT(many); i++) {
        many[i] = (struct ln_object){.id = (uint16_t)(60000 + i)};
        entries[3 + i] = (struct ln_object_entry){&many[i], &f.device};
    }
    f.config.objects = entries;
    f.config.object_count = LN_COUNT(entries);
    f.config.datagram_size = 256;
    CHECK_OK(ln_client_init(&f.client, sizeof(f.client), &f.config));
    ln_client_start(&f.client, f.now);
    link_goes_up();

    CHECK(!client_sends(&m));
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(f.event.code, LN_COAP_4_13);
}

/* spec: CORE-1.1.1 §6.2.2 Update: says only what changed, so a mere refresh says nothing */
TEST(refreshes_before_the_lifetime_ends)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(ln_client_deadline(&f.client), f.now + (LIFETIME - 93) * 1000);
    after((LIFETIME - 93) * 1000);
    CHECK(client_sends(&m));
    check_update();
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 0);
    CHECK_EQ(m.payload.len, 0);
    server_answers(&m, LN_COAP_2_04, NULL);
    CHECK(client_tells(LN_CLIENT_UPDATED));
    CHECK_EQ(ln_client_deadline(&f.client), f.now + (LIFETIME - 93) * 1000);
}

TEST(a_lifetime_of_0_needs_no_refresh)
{
    given_a_client(LN_VERSION_1_1);
    f.account[0].lifetime = 0;
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK(has_query("lt=0"));
    server_answers(&m, LN_COAP_2_01, "rd/1");

    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
}

/* ETS int-102, int-107 */
TEST(a_new_lifetime_is_told_at_once_and_kept)
{
    given_a_registered_client(LN_VERSION_1_1);

    struct ln_coap_message answer = write_text("/1/0/1", "20");
    CHECK_EQ(answer.code, LN_COAP_2_04);
    CHECK(client_sends(&m));
    check_update();
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 1);
    CHECK(has_query("lt=20"));
    CHECK_EQ(m.payload.len, 0);
    server_answers(&m, LN_COAP_2_04, NULL);
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 10000);
}

TEST(a_new_binding_is_told)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(write_text("/1/0/7", "UT").code, LN_COAP_2_04);
    CHECK(client_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 1);
    CHECK(has_query("b=UT"));
    server_answers(&m, LN_COAP_2_04, NULL);
    CHECK_EQ(write_text("/1/0/7", "U").code, LN_COAP_2_04);
    CHECK(client_sends(&m));
    CHECK(has_query("b=U"));
}

TEST(a_new_object_list_is_told_whole)
{
    given_a_registered_client(LN_VERSION_1_1);

    f.tests.count = 2;
    f.test_ids[1] = 9;
    ln_client_changed(&f.client, f.now, ln_path_object(3442));
    CHECK(client_sends(&m));
    check_update();
    assert_string_equal(option_of(&m, LN_COAP_CONTENT_FORMAT, 0), "(");
    CHECK_TEXT(m.payload, "</1/0>,</3/0>,</3442/0>,</3442/9>");
}

TEST(a_change_of_no_interest_to_the_registration_sends_nothing)
{
    given_a_registered_client(LN_VERSION_1_1);

    ln_client_changed(&f.client, f.now, ln_path_resource(3, 0, 9));
    CHECK(!client_sends(&m));
}

TEST(a_change_during_an_update_is_told_by_the_next)
{
    given_a_registered_client(LN_VERSION_1_1);
    ln_client_update(&f.client, f.now);
    CHECK(client_sends(&m));
    struct ln_coap_message first = m;

    f.account[0].lifetime = 60;
    ln_client_changed(&f.client, f.now, ln_path_instance(1, 0));
    CHECK(!client_sends(&m)); /* one request at a time */
    server_answers(&first, LN_COAP_2_04, NULL);
    CHECK(client_sends(&m));
    CHECK(has_query("lt=60"));
}

/* ETS int-105 */
TEST(registers_anew_when_the_server_forgot_it)
{
    given_a_registered_client(LN_VERSION_1_1);
    ln_client_update(&f.client, f.now);
    CHECK(client_sends(&m));

    server_answers(&m, LN_COAP_4_04, NULL);
    CHECK(client_sends(&m));
    CHECK(has_query("ep=urn:dev:1"));
    CHECK(has_query("lt=300"));
    CHECK_TEXT(m.payload, "</1/0>,</3/0>,</3442/0>");
}

/* spec: CORE-1.1.1 §6.2.3 De-register */
TEST(stop_takes_leave_of_the_server)
{
    given_a_registered_client(LN_VERSION_1_1);

    ln_client_stop(&f.client, f.now);
    CHECK(!ln_client_is_idle(&f.client));
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_DELETE);
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 1), "5a");
    server_answers(&m, LN_COAP_2_02, NULL);
    CHECK(client_tells(LN_CLIENT_DEREGISTERED));
    CHECK(client_tells(LN_CLIENT_CLOSE));
    CHECK(ln_client_is_idle(&f.client));
    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
}

TEST(stop_before_the_link_is_up_takes_the_wish_back)
{
    given_a_client(LN_VERSION_1_1);
    ln_client_start(&f.client, f.now);

    ln_client_stop(&f.client, f.now);
    CHECK(client_tells(LN_CLIENT_CLOSE));
    no_more_events();
    CHECK(ln_client_is_idle(&f.client));
}

/* ETS int-104 */
TEST(the_update_trigger_sends_an_update_without_parameters)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(execute("/1/0/8", NULL).code, LN_COAP_2_04);
    CHECK(client_sends(&m));
    check_update();
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 0);
    no_more_events();
}

/* ETS int-103; spec: object 1, resources 4 and 5 */
TEST(disable_answers_leaves_is_silent_and_comes_back)
{
    given_a_registered_client(LN_VERSION_1_1);
    f.account[0].disable_timeout = 100;

    CHECK_EQ(execute("/1/0/4", NULL).code, LN_COAP_2_04);
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_DELETE);
    server_answers(&m, LN_COAP_2_02, NULL);
    CHECK(client_tells(LN_CLIENT_DEREGISTERED));
    CHECK(client_tells(LN_CLIENT_CLOSE));
    no_more_events();
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 100000);
    after(99999);
    CHECK(!client_sends(&m));
    no_more_events();
    after(1);
    CHECK(!client_sends(&m));
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK(has_query("ep=urn:dev:1"));
}

TEST(disable_lasts_a_day_where_nothing_else_is_said)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(execute("/1/0/4", NULL).code, LN_COAP_2_04);
    CHECK(client_sends(&m));
    server_answers(&m, LN_COAP_2_02, NULL);
    CHECK_EQ(ln_client_deadline(&f.client), f.now + INT64_C(86400) * 1000);
}

TEST(a_loss_that_nobody_read_is_overtaken_by_success)
{
    given_a_registered_client(LN_VERSION_1_1);

    ln_client_link_down(&f.client, f.now, 0, LN_LINK_FAILED, 0);
    after(2000);
    CHECK(!client_sends(&m));
    ln_client_link_up(&f.client, f.now, 0);
    CHECK(client_sends(&m));
    server_answers(&m, LN_COAP_2_01, "rd/2");
    CHECK(client_tells(LN_CLIENT_REGISTERED));
    no_more_events();
}

int register_tests(void)
{
    const struct CMUnitTest registering[] = {
        cmocka_unit_test(register_says_who_for_how_long_and_which_objects),
        cmocka_unit_test(queue_mode_is_in_the_binding_in_1_0_and_beside_it_later),
        cmocka_unit_test(a_binding_other_than_the_default_is_said),
        cmocka_unit_test(an_object_without_instances_stands_bare_in_the_list),
        cmocka_unit_test(an_object_of_another_version_than_implied_says_so),
        cmocka_unit_test(registers_with_each_server_that_has_an_account),
        cmocka_unit_test(a_bootstrap_account_is_no_server_to_register_with),
        cmocka_unit_test(waits_for_the_link_without_asking_for_time),
        cmocka_unit_test(an_answer_without_a_location_is_a_refusal),
        cmocka_unit_test(a_location_that_is_too_long_is_a_refusal),
        cmocka_unit_test(a_refused_client_tries_again_after_a_minute_on_a_new_link),
        cmocka_unit_test(start_does_not_wait_any_longer_for_a_server_that_refused),
        cmocka_unit_test(a_server_of_an_older_version_is_spoken_to_in_it),
        cmocka_unit_test(there_is_no_version_below_1_0_and_the_highest_is_tried_again),
        cmocka_unit_test(a_server_that_does_not_answer_is_asked_five_times),
        cmocka_unit_test(a_lost_update_opens_a_new_link_and_registers_anew),
        cmocka_unit_test(a_link_that_breaks_is_asked_for_again),
        cmocka_unit_test(a_link_refused_by_an_alert_waits_as_a_refusal_does),
        cmocka_unit_test(an_alert_that_may_pass_is_tried_again_soon),
        cmocka_unit_test(a_server_that_is_not_trusted_waits_as_a_refusal_does),
        cmocka_unit_test(the_last_alert_of_a_server_can_be_read_from_1_1_on),
        cmocka_unit_test(an_object_list_that_does_not_fit_is_not_cut),
        cmocka_unit_test(refreshes_before_the_lifetime_ends),
        cmocka_unit_test(a_lifetime_of_0_needs_no_refresh),
        cmocka_unit_test(a_new_lifetime_is_told_at_once_and_kept),
        cmocka_unit_test(a_new_binding_is_told),
        cmocka_unit_test(a_new_object_list_is_told_whole),
        cmocka_unit_test(a_change_of_no_interest_to_the_registration_sends_nothing),
        cmocka_unit_test(a_change_during_an_update_is_told_by_the_next),
        cmocka_unit_test(registers_anew_when_the_server_forgot_it),
        cmocka_unit_test(stop_takes_leave_of_the_server),
        cmocka_unit_test(stop_before_the_link_is_up_takes_the_wish_back),
        cmocka_unit_test(the_update_trigger_sends_an_update_without_parameters),
        cmocka_unit_test(disable_answers_leaves_is_silent_and_comes_back),
        cmocka_unit_test(disable_lasts_a_day_where_nothing_else_is_said),
        cmocka_unit_test(a_loss_that_nobody_read_is_overtaken_by_success),
    };

    return RUN_TESTS(registering);
}
