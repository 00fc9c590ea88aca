/* Execute. */

#include "support.h"

/* ETS int-241: the answer leaves before the device reboots */
TEST(the_app_hears_of_a_reboot_once_the_answer_has_left)
{
    uint8_t datagram[64];
    struct question q = {LN_COAP_POST, "/3/0/4", NO_FORMAT};
    struct ln_coap_message m;

    given_a_registered_client(LN_VERSION_1_1);
    client_receives(ln_bytes(datagram, write_question(&q, datagram, sizeof(datagram), 1)));
    no_more_events();
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_2_04);
    CHECK(client_tells(LN_CLIENT_EXECUTED));
    CHECK(ln_path_equal(f.event.path, ln_path_resource(3, 0, 4)));
    no_more_events();
}

TEST(only_executable_resources_are_executed)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(execute("/3/0/0", NULL).code, LN_COAP_4_05);
    CHECK_EQ(execute("/1/0/1", NULL).code, LN_COAP_4_05);
    CHECK_EQ(execute("/3/0/99", NULL).code, LN_COAP_4_04);
    CHECK_EQ(execute("/3/1/4", NULL).code, LN_COAP_4_04);
    CHECK_EQ(execute("/3/0/4/0", NULL).code, LN_COAP_4_05);
    no_more_events();
}

/* spec: CORE-1.1.1 §6.3.5 Execute */
TEST(arguments_must_follow_their_grammar)
{
    static const char *const bad[] = {"a", "0=x", "0='x", "10", "0,", "4,4"};

    given_a_registered_client(LN_VERSION_1_1);
    for (size_t i = 0; i < LN_COUNT(bad); i++) {
        CHECK_EQ(execute("/3442/0/3", bad[i]).code, LN_COAP_4_00);
    }
    CHECK_EQ(post("/3442/0/3", LN_FORMAT_TLV, BYTES("0")).code, LN_COAP_4_15);
    CHECK_EQ(post("/3442/0/3", LN_FORMAT_NONE, BYTES("0")).code, LN_COAP_2_04);
}

TEST(the_test_object_keeps_its_arguments)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(execute("/3442/0/3", "4,3='stringValue',0='x'").code, LN_COAP_2_04);
    CHECK_BYTES(read_path("/3442/0/4", LN_FORMAT_TLV).payload,
                "\x88\x04\x13\x41\x00x\x48\x03\x0BstringValue\x40\x04");
    CHECK_EQ(execute("/3442/0/3", NULL).code, LN_COAP_2_04);
    CHECK_EQ(read_path("/3442/0/4", LN_FORMAT_TLV).code, LN_COAP_4_04);
}

TEST(the_test_object_clears_resets_and_randomizes_its_values)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(execute("/3442/0/2", NULL).code, LN_COAP_2_04);
    CHECK_TEXT(read_path("/3442/0/120", LN_FORMAT_TEXT).payload, "0");
    CHECK_TEXT(read_path("/3442/0/170", LN_FORMAT_TEXT).payload, "65535:65535");
    CHECK_BYTES(read_path("/3442/0/1120", LN_FORMAT_TLV).payload, "\xA0\x04\x60");
    CHECK_EQ(execute("/3442/0/1", NULL).code, LN_COAP_2_04);
    CHECK_EQ(strlen(f.test[0].text), 20);
    CHECK_EQ(execute("/3442/0/0", NULL).code, LN_COAP_2_04);
    CHECK_TEXT(read_path("/3442/0/120", LN_FORMAT_TEXT).payload, "1024");
    CHECK_EQ(execute("/3442/0/5", NULL).code, LN_COAP_5_01);
}

TEST(reset_of_the_error_codes_leaves_no_error)
{
    given_a_registered_client(LN_VERSION_1_1);
    f.device.error_codes.count = 1;
    f.device.error_codes.ids[0] = 3;
    f.device.error_codes.values[0] = 5;
    CHECK_BYTES(read_path("/3/0/11", LN_FORMAT_TLV).payload, "\x83\x0B\x41\x03\x05");

    CHECK_EQ(execute("/3/0/12", NULL).code, LN_COAP_2_04);
    CHECK_BYTES(read_path("/3/0/11", LN_FORMAT_TLV).payload, "\x83\x0B\x41\x00\x00");
    CHECK(client_tells(LN_CLIENT_EXECUTED));
}

TEST(one_server_can_not_be_answered_for_what_another_asked)
{
    struct ln_coap_message m;

    given_a_client(LN_VERSION_1_1);
    f.securities.count = f.accounts.count = 2;
    f.security_ids[1] = f.account_ids[1] = 1;
    ln_client_start(&f.client, f.now);
    for (int i = 0; i < 2; i++) {
        link_goes_up();
        CHECK(client_sends(&m));
        server_answers(&m, LN_COAP_2_01, "rd/1");
        CHECK(client_tells(LN_CLIENT_REGISTERED));
    }
    f.link = 1;
    CHECK_EQ(execute("/3/0/4", NULL).code, LN_COAP_2_04);
    CHECK_EQ(f.link, 1);
    CHECK(client_tells(LN_CLIENT_EXECUTED));
    CHECK_EQ(f.event.link, 1);
    CHECK_EQ(f.event.short_id, 102);
}

int execute_tests(void)
{
    const struct CMUnitTest executing[] = {
        cmocka_unit_test(the_app_hears_of_a_reboot_once_the_answer_has_left),
        cmocka_unit_test(only_executable_resources_are_executed),
        cmocka_unit_test(arguments_must_follow_their_grammar),
        cmocka_unit_test(the_test_object_keeps_its_arguments),
        cmocka_unit_test(the_test_object_clears_resets_and_randomizes_its_values),
        cmocka_unit_test(reset_of_the_error_codes_leaves_no_error),
        cmocka_unit_test(one_server_can_not_be_answered_for_what_another_asked),
    };

    return RUN_TESTS(executing);
}
