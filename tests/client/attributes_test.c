/* Write-Attributes: where they may stand, whose they are, how Discover shows them. */

#include "reporting_support.h"

static void sets(const char *path, const char *query)
{
    CHECK_EQ(write_attributes(path, query).code, LN_COAP_2_04);
}

static void is_refused(const char *path, const char *query, uint8_t code)
{
    uint32_t refused = f.client.stats.refused_requests;

    CHECK_EQ(write_attributes(path, query).code, code);
    CHECK_EQ(f.client.stats.refused_requests, refused + 1);
}

static void discovers(const char *path, const char *links)
{
    struct ln_coap_message m = read_path(path, LN_FORMAT_LINK);

    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_TEXT(m.payload, links);
}

/* spec: CORE-1.1.1 §6.3.4 Write-Attributes, §6.3.3 Discover */
TEST(attributes_are_shown_where_they_stand)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmin=5&gt=6");
    sets("/33002/0", "pmax=60");
    discovers("/33002/0",
              "</33002/0>;pmax=60,</33002/0/1>;pmin=5;gt=6,</33002/0/2>,</33002/0/3>,"
              "</33002/0/4>,</33002/0/6>,</33002/0/7>,</33002/0/8>");
}

TEST(the_target_of_a_discover_shows_what_it_inherits)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sensors[0].many.count = 1;
    sets("/33002", "pmin=10&pmax=200");
    sets("/33002/0/5", "pmax=20&lt=1&gt=6&st=1");
    sets("/33002/0/5/0", "pmin=1");
    discovers("/33002/0/5",
              "</33002/0/5>;pmin=10;pmax=20;gt=6;lt=1;st=1;dim=1,</33002/0/5/0>;pmin=1");
}

TEST(the_default_periods_are_shown_at_the_target)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    f.account[0].min_period = 1;
    f.account[0].max_period = 10;
    f.account[0].absent = 0;
    sets("/33002/0/1", "pmax=200");
    discovers("/33002/0/1", "</33002/0/1>;pmin=1;pmax=200");
    discovers("/33002/0/2", "</33002/0/2>;pmin=1;pmax=10");
}

/* 1.0.2 §5.4.2: an instance has a link of its own where it has attributes. */
TEST(in_1_0_the_link_of_an_instance_is_there_for_its_attributes)
{
    given_a_client_that_observes(LN_VERSION_1_0);
    discovers("/3", "</3>,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,</3/0/5>,"
                    "</3/0/11>;dim=1,</3/0/12>,</3/0/13>,</3/0/16>");
    sets("/3/0", "pmin=10");
    discovers("/3", "</3>,</3/0>;pmin=10,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,"
                    "</3/0/5>,</3/0/11>;dim=1,</3/0/12>,</3/0/13>,</3/0/16>");
}

TEST(each_server_has_its_own)
{
    given_two_servers();
    sets("/33002/0/1", "pmin=5");
    f.link = 1;
    sets("/33002/0/1", "pmin=7");
    discovers("/33002/0/1", "</33002/0/1>;pmin=7");
    f.link = 0;
    discovers("/33002/0/1", "</33002/0/1>;pmin=5");
}

TEST(a_bare_name_takes_it_away)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmin=5&gt=-30.5");
    sets("/33002/0/1", "pmin&lt");
    discovers("/33002/0/1", "</33002/0/1>;gt=-30.5");
    sets("/33002/0/1", "gt");
    discovers("/33002/0/1", "</33002/0/1>");
}

TEST(bounds_above_a_resource_are_refused)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    is_refused("/33002", "gt=5", LN_COAP_4_00);
    is_refused("/33002/0", "pmin=1&st=5", LN_COAP_4_00);
    is_refused("/33002/0", "lt", LN_COAP_4_00);
    discovers("/33002/0/1", "</33002/0/1>");
}

TEST(bounds_of_what_is_no_number_are_refused)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    is_refused("/33002/0/4", "gt=5", LN_COAP_4_00);
    sets("/33002/0/4", "pmin=5");
    sets("/33002/0/3", "gt=5.5");
    reporting.floats = NULL;
    is_refused("/33002/0/3", "gt=5.5", LN_COAP_5_01);
}

TEST(bad_attributes_are_refused_and_counted_and_change_nothing)
{
    static const char *const bad[] = {"pmin=1.9", "pmin=-1",       "pmax=a",
                                      "lt=0abc",  "st=-6",         "epmin=1",
                                      "dim=2",    "pmin=7&edge=1", "pmin="};

    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmin=5");
    for (size_t i = 0; i < LN_COUNT(bad); i++) {
        is_refused("/33002/0/1", bad[i], LN_COAP_4_00);
    }
    discovers("/33002/0/1", "</33002/0/1>;pmin=5");
}

TEST(contradictions_are_refused_also_over_two_writes)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    is_refused("/33002/0/1", "lt=5&gt=5", LN_COAP_4_00);
    sets("/33002/0/1", "lt=5&gt=10");
    is_refused("/33002/0/1", "st=2.5", LN_COAP_4_00);
    sets("/33002/0/1", "st=2.4");
    discovers("/33002/0/1", "</33002/0/1>;gt=10;lt=5;st=2.4");
}

TEST(a_pmin_above_pmax_is_taken)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmin=200&pmax=100");
    sets("/33002/0", "pmin=200");
    sets("/33002/0/2", "pmax=100");
}

TEST(attributes_of_what_is_not_there_are_refused)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    is_refused("/33002/7", "pmin=5", LN_COAP_4_04);
    is_refused("/33002/0/99", "pmin=5", LN_COAP_4_04);
    is_refused("/33002/0/5/9", "pmin=5", LN_COAP_4_04);
    is_refused("/33002/0/1/0", "pmin=5", LN_COAP_4_05);
    is_refused("/0/0", "pmin=5", LN_COAP_4_01);
}

TEST(a_resource_instance_has_none_in_1_0)
{
    given_a_client_that_observes(LN_VERSION_1_0);
    sensors[0].many.count = 1;
    is_refused("/33002/0/5/0", "pmin=5", LN_COAP_4_05);
}

TEST(without_room_they_are_refused_for_now)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0/1", "pmin=5");
    sets("/33002/0/2", "pmin=5");
    sets("/33002/0/3", "pmin=5");
    sets("/33002/0/4", "pmin=5");
    is_refused("/33002/0", "pmin=5", LN_COAP_5_03);
    sets("/33002/0/1", "pmin=6");
    sets("/33002/0/1", "pmin");
    sets("/33002/0", "pmin=5");
}

TEST(they_go_with_the_instance_that_they_belong_to)
{
    struct ln_coap_message m;

    given_a_client_that_observes(LN_VERSION_1_1);
    sets("/33002/0", "pmin=5");
    sets("/33002/0/1", "gt=5");
    sets("/33002", "pmax=5");
    CHECK_EQ(
        ask(&(struct question){.code = LN_COAP_DELETE, .path = "/33002/0", NO_FORMAT}).code,
        LN_COAP_2_02);
    CHECK(client_sends(&m)); /* the Update */
    server_answers(&m, LN_COAP_2_04, NULL);
    CHECK(ln_instances_calls.create(&sensor_store, 0) != NULL);
    discovers("/33002/0/1", "</33002/0/1>;pmax=5");
}

int attributes_tests(void)
{
    const struct CMUnitTest attributes[] = {
        cmocka_unit_test(attributes_are_shown_where_they_stand),
        cmocka_unit_test(the_target_of_a_discover_shows_what_it_inherits),
        cmocka_unit_test(the_default_periods_are_shown_at_the_target),
        cmocka_unit_test(in_1_0_the_link_of_an_instance_is_there_for_its_attributes),
        cmocka_unit_test(each_server_has_its_own),
        cmocka_unit_test(a_bare_name_takes_it_away),
        cmocka_unit_test(bounds_above_a_resource_are_refused),
        cmocka_unit_test(bounds_of_what_is_no_number_are_refused),
        cmocka_unit_test(bad_attributes_are_refused_and_counted_and_change_nothing),
        cmocka_unit_test(contradictions_are_refused_also_over_two_writes),
        cmocka_unit_test(a_pmin_above_pmax_is_taken),
        cmocka_unit_test(attributes_of_what_is_not_there_are_refused),
        cmocka_unit_test(a_resource_instance_has_none_in_1_0),
        cmocka_unit_test(without_room_they_are_refused_for_now),
        cmocka_unit_test(they_go_with_the_instance_that_they_belong_to),
    };

    return RUN_TESTS(attributes);
}
