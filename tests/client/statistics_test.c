/* Connectivity Statistics: what is counted, from when to when, and how it is read. */

#include "support.h"

static struct ln_statistics statistics;
static struct ln_object_entry objects[5];

/* Room for it: a client's objects are given once. */
static void given_statistics(uint32_t period)
{
    given_a_registered_client(LN_VERSION_1_0);
    statistics = (struct ln_statistics){.period = period, .absent = LN_STATISTICS_SMS};
    memcpy(objects, f.objects, 3 * sizeof(objects[0]));
    objects[3] = (struct ln_object_entry){&ln_statistics_object, &statistics};
    objects[4] = f.objects[3];
    f.config.objects = objects;
    f.config.object_count = 5;
}

TEST(nothing_is_counted_before_start_and_after_stop)
{
    given_statistics(0);
    ln_statistics_sent(&statistics, 1, 5000);
    CHECK_TEXT(read_path("/7/0/2", LN_FORMAT_TEXT).payload, "0");

    CHECK_EQ(execute("/7/0/6", "").code, LN_COAP_2_04);
    ln_statistics_sent(&statistics, 2, 1999);
    ln_statistics_received(&statistics, INT64_C(1) << 40, 3000);
    CHECK_EQ(execute("/7/0/7", "").code, LN_COAP_2_04);
    ln_statistics_sent(&statistics, 3, 7000);
    ln_statistics_received(&statistics, 3, 7000);

    CHECK_TEXT(read_path("/7/0/2", LN_FORMAT_TEXT).payload, "1"); /* whole kB of 1000 */
    CHECK_TEXT(read_path("/7/0/3", LN_FORMAT_TEXT).payload, "3");
    CHECK_TEXT(read_path("/7/0/4", LN_FORMAT_TEXT).payload, "3000");
    CHECK_TEXT(read_path("/7/0/5", LN_FORMAT_TEXT).payload, "2499");
}

TEST(collecting_ends_with_its_period_which_begins_with_the_answer_to_start)
{
    given_statistics(0);
    CHECK_EQ(write_text("/7/0/8", "15").code, LN_COAP_2_04);
    CHECK_EQ(execute("/7/0/6", "").code, LN_COAP_2_04);
    ln_statistics_sent(&statistics, 1000, 100);
    ln_statistics_sent(&statistics, 15999, 100);
    ln_statistics_sent(&statistics, 16000, 100);
    ln_statistics_sent(&statistics, 16001, 100);

    CHECK_EQ(statistics.messages, 2);
    CHECK(!statistics.collects);
    CHECK_TEXT(read_path("/7/0/8", LN_FORMAT_TEXT).payload, "15");
}

TEST(start_forgets_what_was_collected_and_keeps_the_period)
{
    given_statistics(15);
    CHECK_EQ(execute("/7/0/6", "").code, LN_COAP_2_04);
    ln_statistics_sent(&statistics, 1, 9000);
    CHECK_EQ(execute("/7/0/6", "").code, LN_COAP_2_04);

    CHECK_TEXT(read_path("/7/0/2", LN_FORMAT_TEXT).payload, "0");
    CHECK_TEXT(read_path("/7/0/4", LN_FORMAT_TEXT).payload, "0");
    CHECK_TEXT(read_path("/7/0/5", LN_FORMAT_TEXT).payload, "0");
    CHECK_TEXT(read_path("/7/0/8", LN_FORMAT_TEXT).payload, "15");
    ln_statistics_sent(&statistics, 14000, 100);
    ln_statistics_sent(&statistics, 28000, 100); /* the period began anew */
    CHECK_EQ(statistics.messages, 2);
}

TEST(a_device_without_sms_has_no_counters_of_them)
{
    given_statistics(0);
    CHECK_EQ(read_path("/7/0/0", LN_FORMAT_TEXT).code, LN_COAP_4_04);
    statistics.absent = 0;
    statistics.sms_sent = 3;
    CHECK_TEXT(read_path("/7/0/0", LN_FORMAT_TEXT).payload, "3");
}

TEST(a_server_writes_nothing_but_the_period_and_no_negative_one)
{
    given_statistics(15);
    CHECK_EQ(write_text("/7/0/2", "1").code, LN_COAP_4_05);
    CHECK_EQ(write_text("/7/0/8", "-1").code, LN_COAP_4_00);
    CHECK_EQ(statistics.period, 15);
    CHECK(!statistics.collects);
}

int statistics_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_counted_before_start_and_after_stop),
        cmocka_unit_test(collecting_ends_with_its_period_which_begins_with_the_answer_to_start),
        cmocka_unit_test(start_forgets_what_was_collected_and_keeps_the_period),
        cmocka_unit_test(a_device_without_sms_has_no_counters_of_them),
        cmocka_unit_test(a_server_writes_nothing_but_the_period_and_no_negative_one),
    };

    return RUN_TESTS(tests);
}
