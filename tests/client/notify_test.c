/* Notifications: when they leave, and what becomes of them. */

#include "reporting_support.h"

enum { HOUR = 60 * 60 * 1000 };

static void sets(const char *path, const char *query)
{
    CHECK_EQ(write_attributes(path, query).code, LN_COAP_2_04);
}

static void observes(const char *path)
{
    CHECK_EQ(observe(path).code, LN_COAP_2_05);
}

static void at_path_changed(const char *text)
{
    struct ln_path path;

    CHECK(ln_path_of_text(ln_bytes_of_text(text), &path));
    ln_client_changed(&f.client, f.now, path);
}

/* Each value in turn; whether it is notified stands after it. */
struct step {
    const char *value;
    bool is_told;
};

static void number_becomes(const char *text)
{
    CHECK(ln_double_of_text(ln_bytes_of_text(text), &sensors[0].number));
    at_path_changed("/33002/0/3");
}

static void natural_becomes(const char *text)
{
    CHECK(ln_unsigned_of_text(ln_bytes_of_text(text), &sensors[0].natural));
    at_path_changed("/33002/0/2");
}

static void whole_becomes(const char *text)
{
    int64_t value;

    CHECK(ln_integer_of_text(ln_bytes_of_text(text), &value));
    integer_becomes(value);
}

/* The first value is there at the Observe. */
static void check_steps(const char *path, void (*becomes)(const char *), const char *query,
                        const struct step *steps, size_t count)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    becomes(steps[0].value);
    client_is_silent();
    sets(path, query);
    observes(path);
    for (size_t i = 1; i < count; i++) {
        after(1000);
        becomes(steps[i].value);
        if (steps[i].is_told) {
            client_notifies_text(steps[i].value);
        } else {
            client_is_silent();
        }
    }
}
#define CHECK_STEPS(path, becomes, query, ...)                                                 \
    do {                                                                                       \
        static const struct step steps_[] = {__VA_ARGS__};                                     \
        check_steps(path, becomes, query, steps_, LN_COUNT(steps_));                           \
    } while (0)

/* ---- Changes ---- */

TEST(a_change_is_told_at_once_and_once)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/1");
    integer_becomes(21);
    client_notifies_text("21");
    integer_becomes(21);
    client_is_silent();
    CHECK_EQ(f.client.stats.notified, 1);
}

TEST(a_change_elsewhere_is_not_told)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/1");
    sensors[0].natural = 5;
    at_path_changed("/33002/0/2");
    at_path_changed("/3/0");
    client_is_silent();
}

TEST(what_a_server_writes_is_told_to_those_who_observe_it)
{
    struct notification n;

    given_two_servers();
    observes("/33002/0/1");
    f.link = 1;
    (void)write_text("/33002/0/1", "77");
    CHECK(client_notifies(&n));
    CHECK_EQ(f.link, 0);
    CHECK_TEXT(n.message.payload, "77");
}

TEST(an_instance_is_told_whole)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    sensors[0].absent = 0xff & ~(1U | 2U);
    accept = LN_FORMAT_TLV;
    observes("/33002/0");
    integer_becomes(21);
    CHECK(client_notifies(&n));
    CHECK_BYTES(n.message.payload, "\xc1\x01\x15\xc1\x02\x00");
}

TEST(a_clock_runs_without_a_notification)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    accept = LN_FORMAT_TLV;
    observes("/33002/0");
    observes("/33002/0/7");
    sensors[0].runs = 5;
    at_path_changed("/33002/0/7");
    client_is_silent();
}

/* ---- Periods ---- */

TEST(a_change_within_pmin_is_told_when_it_ends_with_the_value_of_then)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmin=10");
    observes("/33002/0/1");
    after(2000);
    integer_becomes(21);
    client_is_silent();
    after(1000);
    integer_becomes(22);
    due_after(7000);
    client_notifies_text("22");
}

TEST(what_went_back_within_pmin_is_told_when_it_ends)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmin=10");
    observes("/33002/0/1");
    integer_becomes(21);
    integer_becomes(20);
    due_after(10000);
    client_notifies_text("20");
    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
}

TEST(pmin_counts_from_the_last_notification)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmin=10");
    observes("/33002/0/1");
    after(25000);
    integer_becomes(21);
    client_notifies_text("21");
    integer_becomes(22);
    due_after(10000);
    client_notifies_text("22");
}

TEST(pmax_repeats_the_value)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmax=30");
    observes("/33002/0/1");
    due_after(30000);
    client_notifies_text("20");
    after(10000);
    integer_becomes(21);
    client_notifies_text("21");
    due_after(30000);
    client_notifies_text("21");
}

TEST(pmin_equal_to_pmax_is_strictly_periodic)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmin=10&pmax=10");
    observes("/33002/0/1");
    integer_becomes(21);
    due_after(10000);
    client_notifies_text("21");
    due_after(10000);
    client_notifies_text("21");
}

TEST(pmax_below_pmin_and_pmax_0_are_ignored)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmin=20&pmax=10");
    sets("/33002/0/2", "pmax=0");
    observes("/33002/0/1");
    token++;
    observes("/33002/0/2");
    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
    token--;
    integer_becomes(21);
    due_after(20000);
    client_notifies_text("21");
}

TEST(periods_are_inherited_down_to_the_servers_defaults)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    f.account[0].min_period = 7;
    f.account[0].max_period = 70;
    f.account[0].absent = 0;
    sets("/33002", "pmax=50");
    observes("/33002/0/1");
    due_after(50000);
    client_notifies_text("20");
    integer_becomes(21);
    due_after(7000);
    client_notifies_text("21");
}

TEST(a_pmin_of_0_stands_before_the_default)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    f.account[0].min_period = 7;
    f.account[0].absent = 0;
    sets("/33002/0/1", "pmin=0");
    observes("/33002/0/1");
    integer_becomes(21);
    client_notifies_text("21");
}

/* CORE-1.2.1 §5.1.2: what is attached below what is observed does not count. */
TEST(attributes_below_the_path_observed_do_not_count)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmax=10&gt=1000");
    accept = LN_FORMAT_TLV;
    observes("/33002/0");
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 10000); /* the first sample of resource 6 */
    sensors[0].absent = 1U << 5;
    struct notification n;
    at_path_changed("/33002/0/6");
    CHECK(client_notifies(&n));
    integer_becomes(21);
    CHECK(client_notifies(&n));
}

TEST(attributes_count_from_the_moment_they_are_written)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/1");
    after(5000);
    sets("/33002/0/1", "pmax=30");
    due_after(25000);
    client_notifies_text("20");
    sets("/33002/0/1", "pmax");
    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
}

/* ---- Bounds: the cases of field-notes 2 ---- */

/* spec: CORE-1.1.1 §5.1.2 lt, gt, st */
TEST(each_crossing_of_a_bound_is_told)
{
    CHECK_STEPS("/33002/0/1", whole_becomes, "lt=500", {"1024", 0}, {"800", 0}, {"450", 1},
                {"400", 0}, {"500", 0}, {"501", 1}, {"499", 1});
    CHECK_STEPS("/33002/0/1", whole_becomes, "gt=2000", {"1024", 0}, {"1500", 0}, {"3000", 1},
                {"2001", 0}, {"1999", 1});
    CHECK_STEPS("/33002/0/1", whole_becomes, "lt=500", {"500", 0}, {"499", 1});
    CHECK_STEPS("/33002/0/1", whole_becomes, "lt=500", {"500", 0}, {"501", 1});
    CHECK_STEPS("/33002/0/1", whole_becomes, "gt=-10", {"-20", 0}, {"-11", 0}, {"-9", 1});
    CHECK_STEPS("/33002/0/3", number_becomes, "lt=2.5", {"3.14159", 0}, {"4.3", 0}, {"2.1", 1});
    CHECK_STEPS("/33002/0/3", number_becomes, "gt=5.5", {"3.14159", 0}, {"4.3", 0}, {"5.6", 1});
    CHECK_STEPS("/33002/0/2", natural_becomes, "gt=10000000000000000000",
                {"9223372036854775808", 0}, {"9999999999999990000", 0},
                {"10000000000000010000", 1});
}

TEST(a_step_is_told_counted_from_the_value_told_last)
{
    CHECK_STEPS("/33002/0/1", whole_becomes, "st=200", {"1024", 0}, {"1124", 0}, {"1225", 1},
                {"1424", 0}, {"1425", 1}, {"1225", 1});
    CHECK_STEPS("/33002/0/1", whole_becomes, "st=200", {"1024", 0}, {"924", 0}, {"823", 1});
    CHECK_STEPS("/33002/0/3", number_becomes, "st=200", {"3.14159", 0}, {"-103.14159", 0},
                {"-203.14159", 1});
    CHECK_STEPS("/33002/0/3", number_becomes, "st=0.1", {"0.2", 0}, {"0.3", 1}, {"0.25", 0});
    CHECK_STEPS("/33002/0/2", natural_becomes, "st=20", {"9223372036854775808", 0},
                {"9223372036854775818", 0}, {"9223372036854775828", 1},
                {"9223372036854775809", 0}, {"9223372036854775808", 1});
}

TEST(one_bound_that_is_met_is_enough)
{
    CHECK_STEPS("/33002/0/1", whole_becomes, "lt=1000&gt=1201&st=100", {"1024", 0}, {"1050", 0},
                {"990", 1}, {"1100", 1}, {"1210", 1});
}

TEST(what_meets_no_bound_waits_for_pmax)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "gt=100&pmax=30");
    observes("/33002/0/1");
    integer_becomes(50);
    due_after(30000);
    client_notifies_text("50");
    integer_becomes(101);
    client_notifies_text("101");
}

TEST(a_bound_crossed_within_pmin_is_told_when_it_ends)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "gt=100&pmin=10");
    observes("/33002/0/1");
    integer_becomes(101);
    client_is_silent();
    due_after(10000);
    client_notifies_text("101");
}

/* ---- Samples ---- */

TEST(what_nobody_tells_of_is_looked_at_each_ten_seconds)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/6");
    due_after(10000);
    client_is_silent();
    sensors[0].sampled = 5;
    client_is_silent();
    due_after(10000);
    client_notifies_text("5");
}

TEST(it_is_looked_at_when_pmin_and_pmax_end_too)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/6", "pmin=3&pmax=8");
    observes("/33002/0/6");
    sensors[0].sampled = 5;
    due_after(3000);
    client_notifies_text("5");
    due_after(3000);
    client_is_silent();
    sensors[0].sampled = 6;
    due_after(5000);
    client_notifies_text("6");
}

TEST(the_period_of_samples_is_the_apps)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    reporting.sample_period = 500;
    observes("/33002/0/6");
    sensors[0].sampled = 5;
    due_after(500);
    client_notifies_text("5");
}

/* ---- Order, and messages that are confirmed ---- */

/* RFC 7641 §4.4 */
TEST(sequence_numbers_grow_and_wrap)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    reporting.state->sequence = 0xfffffd;
    observes("/33002/0/1");
    integer_becomes(21);
    CHECK(client_notifies(&n));
    CHECK_EQ(n.options.observe, 0xffffff);
    integer_becomes(22);
    CHECK(client_notifies(&n));
    CHECK_EQ(n.options.observe, 0);
}

static enum ln_coap_type type_of_next(struct notification *n)
{
    integer_becomes(sensors[0].integer + 1);
    CHECK(client_notifies(n));
    return n->message.type;
}

/* RFC 7641 §4.5 */
TEST(no_day_passes_without_a_confirmed_one)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/1");
    after(12 * HOUR - 1);
    CHECK_EQ(type_of_next(&n), LN_COAP_NON);
    after(1);
    CHECK_EQ(type_of_next(&n), LN_COAP_CON);
    server_confirms(&n.message);
    CHECK_EQ(type_of_next(&n), LN_COAP_NON);
    after(12 * HOUR);
    CHECK_EQ(type_of_next(&n), LN_COAP_CON);
}

static struct notification given_a_con_under_way(void)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/1");
    after(12 * HOUR);
    CHECK_EQ(type_of_next(&n), LN_COAP_CON);
    return n;
}

TEST(a_con_is_sent_again_as_it_was)
{
    struct notification first = given_a_con_under_way();
    struct notification n;

    due_after(2000);
    CHECK(client_notifies(&n));
    CHECK_EQ(n.message.id, first.message.id);
    CHECK_EQ(n.options.observe, first.options.observe);
    CHECK_EQ(f.client.stats.retransmitted, 1);
    CHECK_EQ(f.client.stats.notified, 1);
    server_confirms(&n.message);
    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
}

/* RFC 7641 §4.5.2 */
TEST(the_newest_state_takes_the_place_of_one_that_is_sent_again)
{
    struct notification first = given_a_con_under_way();
    struct notification n;

    integer_becomes(50);
    client_is_silent();
    due_after(2000);
    CHECK(client_notifies(&n));
    CHECK_TEXT(n.message.payload, "50");
    CHECK_EQ(n.message.type, LN_COAP_CON);
    CHECK(n.message.id != first.message.id);
    CHECK(n.options.observe > first.options.observe);
    server_confirms(&first.message); /* too late for what is told now */
    due_after(4000);
    CHECK(client_notifies(&n));
    server_confirms(&n.message);
    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
}

TEST(what_changed_after_a_con_is_told_once_that_is_confirmed)
{
    struct notification first = given_a_con_under_way();

    integer_becomes(50);
    client_is_silent();
    server_confirms(&first.message);
    client_notifies_text("50");
}

TEST(other_observations_go_on_while_one_is_confirmed)
{
    struct notification n;
    struct notification con = given_a_con_under_way();

    token++;
    observes("/33002/0/2");
    natural_becomes("5");
    client_notifies_text("5");
    token--;
    server_confirms(&con.message);
    CHECK(!client_notifies(&n));
}

TEST(a_reset_of_a_con_ends_it)
{
    struct notification n = given_a_con_under_way();

    server_resets(&n.message);
    CHECK(!observations[0].in_use);
    CHECK_EQ(ln_client_deadline(&f.client), LN_NEVER);
}

static void con_gets_no_answer(void)
{
    struct notification n;

    for (ln_time wait = 2000; wait <= 16000; wait *= 2) {
        due_after(wait);
        CHECK(client_notifies(&n));
    }
    due_after(32000);
    client_is_silent();
    CHECK(client_tells(LN_CLIENT_LOST));
    CHECK(client_tells(LN_CLIENT_CLOSE));
}

TEST(without_an_answer_to_a_con_the_server_is_lost_and_the_observation_kept)
{
    struct ln_coap_message m;

    (void)given_a_con_under_way();
    con_gets_no_answer();
    due_after(2000);
    client_is_silent();
    link_goes_up();
    CHECK(client_sends(&m)); /* an Update, for the observation is to live on */
    CHECK_EQ(m.code, LN_COAP_POST);
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 2);
    client_is_silent();
    server_answers(&m, LN_COAP_2_04, NULL);
    CHECK(client_tells(LN_CLIENT_UPDATED));
    client_notifies_text("21");
}

/* ---- Without a link ---- */

TEST(what_was_under_way_when_the_link_was_lost_is_told_again_afterwards)
{
    (void)given_a_con_under_way();
    link_is_lost();
    link_is_back(LN_COAP_2_04);
    client_notifies_text("21");
}

TEST(what_falls_due_without_a_link_is_told_in_order_afterwards)
{
    struct notification n;
    uint32_t before = 0;

    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/1");
    link_is_lost();
    for (int i = 1; i <= 2; i++) {
        integer_becomes(20 + i);
        client_is_silent();
    }
    link_is_back(LN_COAP_2_04);
    for (int i = 1; i <= 2; i++) {
        CHECK(client_notifies(&n));
        CHECK_TEXT(n.message.payload, i == 1 ? "21" : "22");
        CHECK(n.options.observe > before);
        before = n.options.observe;
    }
    client_is_silent();
    CHECK_EQ(f.client.stats.not_stored, 0);
}

TEST(when_the_place_is_full_the_oldest_goes_and_is_counted)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/1");
    link_is_lost();
    for (int i = 1; i <= STORED + 2; i++) {
        integer_becomes(20 + i);
        client_is_silent();
    }
    CHECK_EQ(f.client.stats.not_stored, 2);
    link_is_back(LN_COAP_2_04);
    CHECK(client_notifies(&n));
    CHECK_TEXT(n.message.payload, "23");
    CHECK(client_notifies(&n));
    CHECK(client_notifies(&n));
    CHECK_TEXT(n.message.payload, "25");
    client_is_silent();
}

TEST(what_is_too_long_for_the_place_is_counted)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/4");
    link_is_lost();
    memset(sensors[0].text, 'a', 200);
    at_path_changed("/33002/0/4");
    client_is_silent();
    CHECK_EQ(f.client.stats.not_stored, 1);
}

TEST(where_the_server_does_not_want_it_nothing_is_stored)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    f.account[0].store_notifications = false;
    observes("/33002/0/1");
    link_is_lost();
    integer_becomes(21);
    client_is_silent();
    link_is_back(LN_COAP_2_04);
    CHECK(!client_notifies(&n));
    integer_becomes(22);
    client_notifies_text("22");
    CHECK_EQ(f.client.stats.not_stored, 0);
}

TEST(a_client_that_cannot_store_tells_what_is_there_when_the_link_is_back)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    reporting.storing = NULL;
    observes("/33002/0/1");
    link_is_lost();
    integer_becomes(21);
    client_is_silent();
    integer_becomes(22);
    client_is_silent();
    link_is_back(LN_COAP_2_04);
    client_notifies_text("22");
    CHECK(!client_notifies(&n));
}

TEST(a_new_registration_takes_what_is_stored_away)
{
    struct ln_coap_message m;

    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/1");
    link_is_lost();
    integer_becomes(21);
    client_is_silent();
    link_is_back(LN_COAP_4_04);
    CHECK(client_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 1); /* rd */
    server_answers(&m, LN_COAP_2_01, "rd/5b");
    client_is_silent();
    CHECK_EQ(f.client.stats.not_stored, 1);
}

TEST(without_observations_a_lost_link_means_a_new_registration)
{
    struct ln_coap_message m;

    given_a_client_that_observes(LN_VERSION_1_1);
    link_is_lost();
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_PATH), 1); /* rd */
}

/* ---- Long ones ---- */

/* RFC 7959 §3.3 */
TEST(a_long_notification_brings_its_first_block)
{
    struct notification n;

    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/4");
    memset(sensors[0].text, 'a', 2500);
    at_path_changed("/33002/0/4");
    CHECK(client_notifies(&n));
    CHECK(n.options.has_observe);
    CHECK(n.options.block2.present && n.options.block2.more);
    CHECK_EQ(n.options.block2.number, 0);
    CHECK_EQ(n.message.payload.len, 1024);
    CHECK_EQ(n.options.etag.len, 4);
    CHECK_EQ(n.options.size2, 2500);
}

TEST(the_rest_is_fetched_without_observe_and_with_the_same_etag)
{
    struct notification n;
    uint8_t etag[4];

    given_a_client_that_observes(LN_VERSION_1_1);
    observes("/33002/0/4");
    memset(sensors[0].text, 'a', 2500);
    at_path_changed("/33002/0/4");
    CHECK(client_notifies(&n));
    memcpy(etag, n.options.etag.at, sizeof(etag));
    n.message = ask(&(struct question){.code = LN_COAP_GET,
                                       .path = "/33002/0/4",
                                       .accept = LN_FORMAT_TEXT,
                                       .format = LN_FORMAT_NONE,
                                       .block2 = {2, 6, false, true}});
    CHECK_OK(ln_coap_options(&n.message, &n.options));
    CHECK(!n.options.has_observe);
    CHECK_EQ(n.message.payload.len, 2500 - 2048);
    CHECK(ln_bytes_equal(n.options.etag, ln_bytes(etag, sizeof(etag))));
}

int notify_tests(void)
{
    const struct CMUnitTest notify[] = {
        cmocka_unit_test(a_change_is_told_at_once_and_once),
        cmocka_unit_test(a_change_elsewhere_is_not_told),
        cmocka_unit_test(what_a_server_writes_is_told_to_those_who_observe_it),
        cmocka_unit_test(an_instance_is_told_whole),
        cmocka_unit_test(a_clock_runs_without_a_notification),
        cmocka_unit_test(a_change_within_pmin_is_told_when_it_ends_with_the_value_of_then),
        cmocka_unit_test(what_went_back_within_pmin_is_told_when_it_ends),
        cmocka_unit_test(pmin_counts_from_the_last_notification),
        cmocka_unit_test(pmax_repeats_the_value),
        cmocka_unit_test(pmin_equal_to_pmax_is_strictly_periodic),
        cmocka_unit_test(pmax_below_pmin_and_pmax_0_are_ignored),
        cmocka_unit_test(periods_are_inherited_down_to_the_servers_defaults),
        cmocka_unit_test(a_pmin_of_0_stands_before_the_default),
        cmocka_unit_test(attributes_below_the_path_observed_do_not_count),
        cmocka_unit_test(attributes_count_from_the_moment_they_are_written),
        cmocka_unit_test(each_crossing_of_a_bound_is_told),
        cmocka_unit_test(a_step_is_told_counted_from_the_value_told_last),
        cmocka_unit_test(one_bound_that_is_met_is_enough),
        cmocka_unit_test(what_meets_no_bound_waits_for_pmax),
        cmocka_unit_test(a_bound_crossed_within_pmin_is_told_when_it_ends),
        cmocka_unit_test(what_nobody_tells_of_is_looked_at_each_ten_seconds),
        cmocka_unit_test(it_is_looked_at_when_pmin_and_pmax_end_too),
        cmocka_unit_test(the_period_of_samples_is_the_apps),
        cmocka_unit_test(sequence_numbers_grow_and_wrap),
        cmocka_unit_test(no_day_passes_without_a_confirmed_one),
        cmocka_unit_test(a_con_is_sent_again_as_it_was),
        cmocka_unit_test(the_newest_state_takes_the_place_of_one_that_is_sent_again),
        cmocka_unit_test(what_changed_after_a_con_is_told_once_that_is_confirmed),
        cmocka_unit_test(other_observations_go_on_while_one_is_confirmed),
        cmocka_unit_test(a_reset_of_a_con_ends_it),
        cmocka_unit_test(
            without_an_answer_to_a_con_the_server_is_lost_and_the_observation_kept),
        cmocka_unit_test(what_was_under_way_when_the_link_was_lost_is_told_again_afterwards),
        cmocka_unit_test(what_falls_due_without_a_link_is_told_in_order_afterwards),
        cmocka_unit_test(when_the_place_is_full_the_oldest_goes_and_is_counted),
        cmocka_unit_test(what_is_too_long_for_the_place_is_counted),
        cmocka_unit_test(where_the_server_does_not_want_it_nothing_is_stored),
        cmocka_unit_test(a_client_that_cannot_store_tells_what_is_there_when_the_link_is_back),
        cmocka_unit_test(a_new_registration_takes_what_is_stored_away),
        cmocka_unit_test(without_observations_a_lost_link_means_a_new_registration),
        cmocka_unit_test(a_long_notification_brings_its_first_block),
        cmocka_unit_test(the_rest_is_fetched_without_observe_and_with_the_same_etag),
    };

    return RUN_TESTS(notify);
}
