/* Queue mode: when the client sleeps, and what wakes it. */

#include "reporting_support.h"

enum { AWAKE = 93 * 1000, DAY = 24 * 60 * 60 * 1000 };

static void given_a_client_in_queue_mode(uint32_t lifetime)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    f.account[0].lifetime = lifetime;
    f.config.queue_mode = &ln_client_queue_mode;
    reporting_registers();
}

static void falls_asleep(void)
{
    due_after(AWAKE);
    client_is_silent();
    CHECK(client_tells(LN_CLIENT_SLEEP));
    CHECK(client_tells(LN_CLIENT_CLOSE));
    no_more_events();
    CHECK_EQ(f.servers[0].state, LN_REGISTRATION_ASLEEP);
}

/* It asks for a link, and says by an Update where it is. */
static void wakes_up(void)
{
    struct ln_coap_message m;

    client_is_silent();
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK_EQ(m.type, LN_COAP_CON);
    CHECK_EQ(m.code, LN_COAP_POST);
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 2);
    client_is_silent();
    server_answers(&m, LN_COAP_2_04, NULL);
    CHECK(client_tells(LN_CLIENT_UPDATED));
}

/* spec: CORE-1.1.1 §6.5 */
TEST(it_sleeps_93_seconds_after_the_last_message)
{
    given_a_client_in_queue_mode(0);
    falls_asleep();
    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
}

TEST(every_message_keeps_it_awake)
{
    given_a_client_in_queue_mode(0);
    after(AWAKE - 1);
    CHECK_EQ(read_path("/33002/0/1", LN_FORMAT_TEXT).code, LN_COAP_2_05);
    falls_asleep();
}

TEST(how_long_it_stays_awake_is_the_apps_choice)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    f.config.queue_mode = &ln_client_queue_mode;
    f.config.awake = 5000;
    reporting_registers();
    due_after(5000);
    client_is_silent();
    CHECK(client_tells(LN_CLIENT_SLEEP));
}

TEST(without_queue_mode_it_does_not_sleep)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    after(DAY);
    client_is_silent();
    no_more_events();
}

TEST(it_wakes_for_the_update_that_keeps_the_registration)
{
    given_a_client_in_queue_mode(86400);
    falls_asleep();
    due_after(DAY - AWAKE - AWAKE);
    wakes_up();
    falls_asleep();
}

/* What the refused Register said anew, an Update would leave out. */
TEST(after_a_refused_register_it_registers_and_does_not_update)
{
    struct ln_coap_message m;

    given_a_client_in_queue_mode(86400);
    falls_asleep();
    due_after(DAY - AWAKE - AWAKE);
    client_is_silent();
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 2);
    server_answers(&m, LN_COAP_5_03, NULL);
    CHECK(client_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 1);
    server_answers(&m, LN_COAP_5_03, NULL);
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK(client_tells(LN_CLIENT_CLOSE));

    f.now = ln_client_deadline(&f.client);
    client_is_silent();
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 1);
    CHECK(m.payload.len > 0);
}

TEST(a_day_of_sleep_is_a_handful_of_wake_ups)
{
    unsigned turns = 0;

    given_a_client_in_queue_mode(86400);
    ln_time end = f.now + DAY;
    falls_asleep();
    while (ln_client_deadline(&f.client) < end) {
        f.now = ln_client_deadline(&f.client);
        if (f.servers[0].state == LN_REGISTRATION_ASLEEP) {
            wakes_up();
        } else {
            client_is_silent();
            while (ln_client_event(&f.client, &f.event)) {
            }
        }
        turns++;
    }
    CHECK(turns <= 2);
}

TEST(it_wakes_for_a_notification_which_follows_the_update)
{
    given_a_client_in_queue_mode(0);
    CHECK_EQ(observe("/33002/0/1").code, LN_COAP_2_05);
    falls_asleep();
    integer_becomes(21);
    CHECK(ln_client_deadline(&f.client) <= f.now);
    wakes_up();
    client_notifies_text("21");
    falls_asleep();
}

TEST(it_sleeps_until_pmin_and_pmax)
{
    given_a_client_in_queue_mode(0);
    CHECK_EQ(write_attributes("/33002/0/1", "pmin=600&pmax=900").code, LN_COAP_2_04);
    CHECK_EQ(observe("/33002/0/1").code, LN_COAP_2_05);
    falls_asleep();
    integer_becomes(21);
    due_after(600 * 1000 - AWAKE);
    wakes_up();
    client_notifies_text("21");
    falls_asleep();
    due_after(900 * 1000 - AWAKE);
    wakes_up();
    client_notifies_text("21");
}

TEST(a_bound_that_is_not_met_does_not_wake_it)
{
    given_a_client_in_queue_mode(0);
    CHECK_EQ(write_attributes("/33002/0/1", "gt=100").code, LN_COAP_2_04);
    CHECK_EQ(observe("/33002/0/1").code, LN_COAP_2_05);
    falls_asleep();
    integer_becomes(21);
    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
    integer_becomes(101);
    wakes_up();
    client_notifies_text("101");
}

TEST(it_wakes_when_its_objects_change)
{
    struct ln_coap_message m;

    given_a_client_in_queue_mode(0);
    falls_asleep();
    CHECK(ln_instances_calls.create(&sensor_store, 1) != NULL);
    ln_client_changed(&f.client, f.now, ln_path_instance(33002, 1));
    client_is_silent();
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK(m.payload.len > 0);
}

TEST(a_datagram_without_a_link_is_not_looked_at)
{
    uint8_t datagram[64];

    given_a_client_in_queue_mode(0);
    falls_asleep();
    uint32_t received = f.client.stats.received;
    size_t len =
        write_question(&(struct question){.code = LN_COAP_GET, .path = "/33002/0/1", NO_FORMAT},
                       datagram, sizeof(datagram), 1);
    client_receives(ln_bytes(datagram, len));
    client_is_silent();
    CHECK_EQ(f.client.stats.received, received);
}

TEST(it_wakes_to_say_that_it_leaves)
{
    struct ln_coap_message m;

    given_a_client_in_queue_mode(0);
    falls_asleep();
    ln_client_stop(&f.client, f.now);
    CHECK(!ln_client_is_idle(&f.client));
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_DELETE);
    server_answers(&m, LN_COAP_2_02, NULL);
    CHECK(ln_client_is_idle(&f.client));
}

/* spec: CORE-1.1.1 §6.2: a registration belongs to its security context */
TEST(with_a_new_security_context_it_registers_anew)
{
    struct ln_coap_message m;

    given_a_client_in_queue_mode(300);
    falls_asleep();
    after(301 * 1000);
    client_is_silent();
    CHECK(client_tells(LN_CLIENT_OPEN));
    ln_client_link_up_anew(&f.client, f.now, 0);
    CHECK(client_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 1); /* rd */
}

TEST(it_leaves_by_a_new_security_context_too)
{
    struct ln_coap_message m;

    given_a_client_in_queue_mode(0);
    falls_asleep();
    ln_client_stop(&f.client, f.now);
    CHECK(client_tells(LN_CLIENT_OPEN));
    ln_client_link_up_anew(&f.client, f.now, 0);
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_DELETE);
}

TEST(it_leaves_without_a_word_where_there_is_no_link)
{
    given_a_client_in_queue_mode(0);
    falls_asleep();
    ln_client_stop(&f.client, f.now);
    CHECK(client_tells(LN_CLIENT_OPEN));
    ln_client_link_down(&f.client, f.now, 0, LN_LINK_FAILED, 0);
    CHECK(ln_client_is_idle(&f.client));
}

TEST(a_registration_that_is_over_is_made_anew)
{
    struct ln_coap_message m;

    given_a_client_in_queue_mode(300);
    falls_asleep();
    after(301 * 1000);
    client_is_silent();
    link_goes_up();
    CHECK(client_sends(&m));
    server_answers(&m, LN_COAP_4_04, NULL);
    CHECK(client_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 1); /* rd */
}

TEST(while_the_server_does_not_answer_what_falls_due_is_stored)
{
    struct ln_coap_message m;

    given_a_client_in_queue_mode(0);
    CHECK_EQ(observe("/33002/0/1").code, LN_COAP_2_05);
    falls_asleep();
    integer_becomes(21);
    client_is_silent();
    CHECK(client_tells(LN_CLIENT_OPEN));
    ln_client_link_down(&f.client, f.now, 0, LN_LINK_FAILED, 0);
    client_is_silent();
    integer_becomes(22);
    client_is_silent();
    CHECK(client_tells(LN_CLIENT_LOST));
    due_after(2000);
    client_is_silent();
    link_goes_up();
    CHECK(client_sends(&m));
    server_answers(&m, LN_COAP_2_04, NULL);
    CHECK(client_sends(&m));
    CHECK_TEXT(m.payload, "21");
    client_notifies_text("22");
}

int queue_mode_tests(void)
{
    const struct CMUnitTest queue_mode[] = {
        cmocka_unit_test(it_sleeps_93_seconds_after_the_last_message),
        cmocka_unit_test(every_message_keeps_it_awake),
        cmocka_unit_test(how_long_it_stays_awake_is_the_apps_choice),
        cmocka_unit_test(without_queue_mode_it_does_not_sleep),
        cmocka_unit_test(it_wakes_for_the_update_that_keeps_the_registration),
        cmocka_unit_test(after_a_refused_register_it_registers_and_does_not_update),
        cmocka_unit_test(a_day_of_sleep_is_a_handful_of_wake_ups),
        cmocka_unit_test(it_wakes_for_a_notification_which_follows_the_update),
        cmocka_unit_test(it_sleeps_until_pmin_and_pmax),
        cmocka_unit_test(a_bound_that_is_not_met_does_not_wake_it),
        cmocka_unit_test(it_wakes_when_its_objects_change),
        cmocka_unit_test(a_datagram_without_a_link_is_not_looked_at),
        cmocka_unit_test(it_wakes_to_say_that_it_leaves),
        cmocka_unit_test(with_a_new_security_context_it_registers_anew),
        cmocka_unit_test(it_leaves_by_a_new_security_context_too),
        cmocka_unit_test(it_leaves_without_a_word_where_there_is_no_link),
        cmocka_unit_test(a_registration_that_is_over_is_made_anew),
        cmocka_unit_test(while_the_server_does_not_answer_what_falls_due_is_stored),
    };

    return RUN_TESTS(queue_mode);
}
