/* Notifications that waited for the link say when they fell due. spec: CORE-1.1.1 §6.4.2 */

#include "reporting_support.h"

enum { NOON = 1764072000 };

static const struct ln_format *const formats[] = {&ln_format_tlv, &ln_format_text,
                                                  &ln_format_json, &ln_format_senml_json, NULL};

static void given_one_that_dates(uint16_t format)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    f.config.formats = formats;
    reporting.storing = &ln_client_dated_storing_calls;
    f.wall = NOON;
    accept = format;
    observe("/33002/0/1");
}

/* 21 falls due at noon, 22 a minute later; an hour later there is a link again. */
static void when_two_fall_due_without_a_link(void)
{
    link_is_lost();
    integer_becomes(21);
    client_is_silent();
    f.wall += 60;
    integer_becomes(22);
    client_is_silent();
    f.wall += 3600;
    link_is_back(LN_COAP_2_04);
}

static void then_it_notifies(const char *first, const char *second)
{
    struct notification n;

    CHECK(client_notifies(&n));
    CHECK_TEXT(n.message.payload, first);
    CHECK(client_notifies(&n));
    CHECK_TEXT(n.message.payload, second);
    client_is_silent();
    CHECK_EQ(f.client.stats.not_stored, 0);
}

TEST(in_senml_each_has_the_time_when_it_fell_due)
{
    given_one_that_dates(LN_FORMAT_SENML_JSON);
    when_two_fall_due_without_a_link();
    then_it_notifies("[{\"bt\":1764072000,\"bn\":\"/33002/0/1\",\"v\":21}]",
                     "[{\"bt\":1764072060,\"bn\":\"/33002/0/1\",\"v\":22}]");
}

/* spec: CORE-1.0.2 §6.4.4 */
TEST(in_oma_json_too)
{
    given_one_that_dates(LN_FORMAT_JSON);
    when_two_fall_due_without_a_link();
    then_it_notifies("{\"bt\":1764072000,\"bn\":\"/33002/0/1\",\"e\":[{\"v\":21}]}",
                     "{\"bt\":1764072060,\"bn\":\"/33002/0/1\",\"e\":[{\"v\":22}]}");
}

TEST(a_format_without_times_has_none)
{
    given_one_that_dates(LN_FORMAT_TEXT);
    when_two_fall_due_without_a_link();
    then_it_notifies("21", "22");
}

TEST(a_clock_that_was_never_set_says_none)
{
    given_one_that_dates(LN_FORMAT_SENML_JSON);
    f.wall = 1000;
    when_two_fall_due_without_a_link();
    then_it_notifies("[{\"bn\":\"/33002/0/1\",\"v\":21}]",
                     "[{\"bn\":\"/33002/0/1\",\"v\":22}]");
}

TEST(what_has_no_room_for_the_time_is_kept_without)
{
    given_one_that_dates(LN_FORMAT_SENML_JSON);
    reporting.stored_size = 50;
    when_two_fall_due_without_a_link();
    then_it_notifies("[{\"bn\":\"/33002/0/1\",\"v\":21}]",
                     "[{\"bn\":\"/33002/0/1\",\"v\":22}]");
}

/* A first block: with a time in it, the blocks that follow would not fit. */
TEST(a_long_one_is_kept_without)
{
    struct notification n;

    given_one_that_dates(LN_FORMAT_SENML_JSON);
    static uint8_t place[DATAGRAM];
    reporting.stored_memory = place;
    reporting.stored_size = DATAGRAM;
    reporting.stored_count = 1;
    observe("/33002/0/4");
    link_is_lost();
    memset(sensors[0].text, 'a', 2000);
    ln_client_changed(&f.client, f.now, ln_path_resource(33002, 0, 4));
    client_is_silent();
    link_is_back(LN_COAP_2_04);
    CHECK(client_notifies(&n));
    CHECK(n.options.block2.more);
    CHECK_EQ(n.message.payload.len, 1024);
    CHECK_EQ(n.message.payload.at[2], '"');
    CHECK_EQ(n.message.payload.at[4], 'n');
}

TEST(what_is_told_at_once_has_none)
{
    struct notification n;

    given_one_that_dates(LN_FORMAT_SENML_JSON);
    integer_becomes(21);
    CHECK(client_notifies(&n));
    CHECK_TEXT(n.message.payload, "[{\"bn\":\"/33002/0/1\",\"v\":21}]");
}

int dated_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(in_senml_each_has_the_time_when_it_fell_due),
        cmocka_unit_test(in_oma_json_too),
        cmocka_unit_test(a_format_without_times_has_none),
        cmocka_unit_test(a_clock_that_was_never_set_says_none),
        cmocka_unit_test(what_has_no_room_for_the_time_is_kept_without),
        cmocka_unit_test(a_long_one_is_kept_without),
        cmocka_unit_test(what_is_told_at_once_has_none),
    };
    return RUN_TESTS(group);
}
