/* Scripts: each step's request, what its answer means, and how sessions end. */

#include "support.h"

static const struct ln_path server_object = {{1, 0, 0, 0}, 1};

TEST(a_script_runs_step_by_step_to_its_end)
{
    uint64_t session = given_a_session();
    struct ln_record record = {.path = ln_path_resource(3, 0, 15),
                               .value = ln_value_string("Europe/Paris")};
    struct ln_bootstrap_step steps[] = {
        discover_all,
        delete_all,
        {LN_BOOTSTRAP_WRITE, ln_path_resource(3, 0, 15), &record, 1, false},
        {LN_BOOTSTRAP_READ, server_object, NULL, 0, false},
        finish};
    struct sent sent;

    when_begun(session, steps, LN_COUNT(steps));
    then_answered(LN_COAP_2_04);
    then_asks(&sent, "GET /");
    CHECK_EQ(sent.o.accept, LN_FORMAT_LINK);
    when_answered(&sent, LN_COAP_2_05, LN_FORMAT_LINK, BYTES("</>;lwm2m=1.1,</0/1>"));
    CHECK_TEXT(then_told(LN_BOOTSTRAP_STEPPED).payload, "</>;lwm2m=1.1,</0/1>");
    then_asks(&sent, "DELETE /");
    when_done(&sent, LN_COAP_2_02);
    then_asks(&sent, "PUT /3/0/15");
    CHECK_EQ(sent.o.content_format, LN_FORMAT_TLV);
    CHECK_BYTES(sent.m.payload, "\xC8\x0F\x0C"
                                "Europe/Paris");
    when_done(&sent, LN_COAP_2_04);
    then_asks(&sent, "GET /1");
    CHECK_EQ(sent.o.accept, LN_FORMAT_TLV);
    when_answered(&sent, LN_COAP_2_05, LN_FORMAT_TLV, BYTES(""));
    then_asks(&sent, "POST /bs");
    when_done(&sent, LN_COAP_2_04);
    for (size_t i = 1; i < LN_COUNT(steps); i++) {
        struct ln_bootstrap_event event = then_told(LN_BOOTSTRAP_STEPPED);
        CHECK_EQ(event.index, i);
        CHECK_EQ(event.step, steps[i].kind);
        CHECK(ln_path_equal(event.path, steps[i].path));
    }
    then_ended(LN_BOOTSTRAP_DONE, LN_BOOTSTRAP_NO_REASON);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->steps_answered, LN_COUNT(steps));
    then_all_is_given_back();
}

static uint16_t format_of_write(const char *request, uint16_t configured)
{
    struct ln_record record = {.path = ln_path_resource(3, 0, 15),
                               .value = ln_value_string("UTC")};
    struct ln_bootstrap_step step = {LN_BOOTSTRAP_WRITE, record.path, &record, 1, false};
    struct ln_bootstrap_script script = {configured, &step, 1};
    struct ln_peer from = device(1);
    struct sent sent;

    given_a_bootstrap_server();
    when_asked(&from, 7, request);
    uint64_t session = then_told(LN_BOOTSTRAP_REQUESTED).session;
    CHECK_OK(ln_bootstrap_begin(bootstrap, now, session, &script));
    then_answered(LN_COAP_2_04);
    then_asks(&sent, "PUT /3/0/15");
    uint16_t format = sent.o.content_format;
    then_all_is_given_back();
    return format;
}

TEST(the_format_is_the_configured_one_then_the_devices_then_tlv)
{
    CHECK_EQ(format_of_write("POST /bs?ep=a", LN_FORMAT_NONE), LN_FORMAT_TLV);
    CHECK_EQ(format_of_write("POST /bs?ep=a&pct=112", LN_FORMAT_NONE), LN_FORMAT_SENML_CBOR);
    CHECK_EQ(format_of_write("POST /bs?ep=a&pct=112", LN_FORMAT_SENML_JSON),
             LN_FORMAT_SENML_JSON);
}

TEST(an_error_ends_the_session_unless_the_step_may_fail)
{
    struct ln_bootstrap_step steps[] = {discover_all, delete_all, finish};
    uint64_t session = given_a_session();
    struct sent sent;

    steps[0].may_fail = true;
    when_begun(session, steps, LN_COUNT(steps));
    then_answered(LN_COAP_2_04);
    then_asks(&sent, "GET /");
    when_done(&sent, LN_COAP_4_04);
    CHECK_EQ(then_told(LN_BOOTSTRAP_STEPPED).code, LN_COAP_4_04);
    then_asks(&sent, "DELETE /");
    when_done(&sent, LN_COAP_4_00);
    CHECK_EQ(then_told(LN_BOOTSTRAP_STEPPED).code, LN_COAP_4_00);
    struct ln_bootstrap_event event = then_told(LN_BOOTSTRAP_ENDED);
    CHECK_EQ(event.reason, LN_BOOTSTRAP_REFUSED);
    CHECK_EQ(event.code, LN_COAP_4_00);
    CHECK(event.has_step);
    CHECK_EQ(event.index, 1);
    CHECK_EQ(event.method, LN_COAP_DELETE);
    CHECK(!next_sent(&sent));
    then_all_is_given_back();
}

static void given_a_finish_under_way(struct sent *sent)
{
    uint64_t session = given_a_session();

    when_begun(session, &finish, 1);
    then_answered(LN_COAP_2_04);
    then_asks(sent, "POST /bs");
}

TEST(a_code_that_does_not_fit_ends_the_session)
{
    struct sent sent;

    given_a_finish_under_way(&sent);
    when_done(&sent, LN_COAP_2_01);
    (void)then_told(LN_BOOTSTRAP_STEPPED);
    then_ended(LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_WRONG_ANSWER);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->sessions_failed, 1);
    then_all_is_given_back();
}

TEST(a_discover_that_is_no_list_of_links_ends_the_session)
{
    uint64_t session = given_a_session();
    struct sent sent;

    when_begun(session, &discover_all, 1);
    then_answered(LN_COAP_2_04);
    then_asks(&sent, "GET /");
    when_answered(&sent, LN_COAP_2_05, LN_FORMAT_TEXT, BYTES("hello"));
    (void)then_told(LN_BOOTSTRAP_STEPPED);
    then_ended(LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_WRONG_ANSWER);
    then_all_is_given_back();
}

TEST(without_an_answer_all_copies_go_out_and_the_session_fails)
{
    struct sent sent;
    size_t copies = 1;

    given_a_finish_under_way(&sent);
    for (int turn = 0; turn < 20 && ln_bootstrap_session_count(bootstrap) > 0; turn++) {
        now = ln_bootstrap_deadline(bootstrap);
        copies += next_sent(&sent);
    }
    CHECK_EQ(copies, 5);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->retransmissions, 4);
    then_ended(LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_NO_ANSWER);
    then_all_is_given_back();
}

TEST(a_reset_ends_the_session)
{
    struct sent sent;
    uint8_t reset[LN_COAP_EMPTY_SIZE];

    given_a_finish_under_way(&sent);
    size_t length = ln_coap_empty(reset, sizeof(reset), LN_COAP_RST, sent.m.id);
    ln_bootstrap_recv(bootstrap, now, &sent.to, ln_bytes(reset, length));
    then_ended(LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_RESET);
    then_all_is_given_back();
}

TEST(a_separate_answer_is_acknowledged_and_its_copy_too)
{
    struct sent sent;
    uint8_t bytes[64];
    struct sent ack;

    given_a_finish_under_way(&sent);
    size_t length = ln_coap_empty(bytes, sizeof(bytes), LN_COAP_ACK, sent.m.id);
    ln_bootstrap_recv(bootstrap, now, &sent.to, ln_bytes(bytes, length));
    now += 30000;
    CHECK(!next_sent(&ack)); /* it is patient now */
    struct ln_coap_builder b =
        ln_coap_start(bytes, sizeof(bytes), LN_COAP_CON, LN_COAP_2_04, 99, &sent.m.token);
    length = ln_coap_finish(&b);
    for (int copy = 0; copy < 2; copy++) {
        ln_bootstrap_recv(bootstrap, now, &sent.to, ln_bytes(bytes, length));
        CHECK(next_sent(&ack));
        CHECK_EQ(ack.m.type, LN_COAP_ACK);
        CHECK_EQ(ack.m.id, 99);
    }
    (void)then_told(LN_BOOTSTRAP_STEPPED);
    then_ended(LN_BOOTSTRAP_DONE, LN_BOOTSTRAP_NO_REASON);
    then_nothing_is_told();
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->repeats, 1);
    then_all_is_given_back();
}

TEST(an_inconsistent_configuration_may_be_repaired_once)
{
    struct ln_bootstrap_step repair[] = {delete_all, finish};
    struct sent sent;

    given_a_finish_under_way(&sent);
    when_done(&sent, LN_COAP_4_06);
    CHECK_EQ(then_told(LN_BOOTSTRAP_STEPPED).code, LN_COAP_4_06);
    struct ln_bootstrap_event event = then_told(LN_BOOTSTRAP_WANTS);
    CHECK_EQ(event.code, LN_COAP_4_06);
    when_begun(event.session, repair, LN_COUNT(repair));
    then_asks(&sent, "DELETE /");
    when_done(&sent, LN_COAP_2_02);
    CHECK_EQ(then_told(LN_BOOTSTRAP_STEPPED).index, 1);
    then_asks(&sent, "POST /bs");
    when_done(&sent, LN_COAP_4_06);
    (void)then_told(LN_BOOTSTRAP_STEPPED);
    then_ended(LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_INCONSISTENT);
    then_all_is_given_back();
}

TEST(who_does_not_repair_stops_it_as_inconsistent)
{
    struct sent sent;

    given_a_finish_under_way(&sent);
    when_done(&sent, LN_COAP_4_06);
    (void)then_told(LN_BOOTSTRAP_STEPPED);
    uint64_t session = then_told(LN_BOOTSTRAP_WANTS).session;
    CHECK_OK(ln_bootstrap_stop(bootstrap, now, session));
    then_ended(LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_INCONSISTENT);
    CHECK_ERR(ln_bootstrap_stop(bootstrap, now, session), LN_ERR_NOT_FOUND);
    then_all_is_given_back();
}

TEST(a_script_that_does_not_fit_changes_nothing)
{
    uint64_t session = given_a_session();
    struct ln_record record = {.path = ln_path_resource(3, 0, 15),
                               .value = ln_value_string("UTC")};
    struct ln_bootstrap_step wrong[] = {
        {LN_BOOTSTRAP_WRITE, ln_path_root(), NULL, 0, false},
        {LN_BOOTSTRAP_WRITE, ln_path_object(4), &record, 1, false},
        {LN_BOOTSTRAP_DELETE, ln_path_resource(3, 0, 15), NULL, 0, false},
        {LN_BOOTSTRAP_DISCOVER, ln_path_instance(3, 0), NULL, 0, false},
        {LN_BOOTSTRAP_READ, ln_path_object(0), NULL, 0, false},
        {LN_BOOTSTRAP_FINISH, ln_path_object(1), NULL, 0, false},
    };
    uint64_t digest = ln_bootstrap_digest(bootstrap);

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        struct ln_bootstrap_script script = {LN_FORMAT_NONE, &wrong[i], 1};
        CHECK_ERR(ln_bootstrap_begin(bootstrap, now, session, &script), LN_ERR_BAD_REQUEST);
    }
    struct ln_bootstrap_step early[] = {finish, delete_all};
    struct ln_bootstrap_script script = {LN_FORMAT_NONE, early, 2};
    CHECK_ERR(ln_bootstrap_begin(bootstrap, now, session, &script), LN_ERR_BAD_REQUEST);
    script = (struct ln_bootstrap_script){LN_FORMAT_TEXT, &finish, 1};
    CHECK_ERR(ln_bootstrap_begin(bootstrap, now, session, &script), LN_ERR_BAD_FORMAT);
    CHECK_ERR(ln_bootstrap_begin(bootstrap, now, session + 1, &script), LN_ERR_NOT_FOUND);
    memory_left = 0;
    script.format = LN_FORMAT_NONE;
    CHECK_ERR(ln_bootstrap_begin(bootstrap, now, session, &script), LN_ERR_NO_MEMORY);
    CHECK_EQ(ln_bootstrap_digest(bootstrap), digest);
    then_all_is_given_back();
}

TEST(a_lost_connection_ends_the_session_and_a_moved_one_goes_on)
{
    struct ln_peer from = device(1);
    struct sent sent;

    given_a_bootstrap_server();
    from.session = 5;
    when_asked(&from, 7, "POST /bs?ep=meter-1");
    when_begun(then_told(LN_BOOTSTRAP_REQUESTED).session, &finish, 1);
    from.remote = device(2).remote;
    ln_bootstrap_peer_moved(bootstrap, now, &from);
    then_answered(LN_COAP_2_04);
    then_asks(&sent, "POST /bs");
    CHECK(ln_address_equal(&sent.to.remote, &from.remote));
    ln_bootstrap_peer_lost(bootstrap, now, &from);
    then_ended(LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_PEER_LOST);
    then_all_is_given_back();
}

TEST(without_memory_for_a_step_the_session_fails)
{
    struct sent sent;

    given_a_finish_under_way(&sent);
    memory_left = 0;
    when_done(&sent, LN_COAP_2_04);
    then_ended(LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_OUT_OF_MEMORY);
    then_all_is_given_back();
}

int steps_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_runs_step_by_step_to_its_end),
        cmocka_unit_test(the_format_is_the_configured_one_then_the_devices_then_tlv),
        cmocka_unit_test(an_error_ends_the_session_unless_the_step_may_fail),
        cmocka_unit_test(a_code_that_does_not_fit_ends_the_session),
        cmocka_unit_test(a_discover_that_is_no_list_of_links_ends_the_session),
        cmocka_unit_test(without_an_answer_all_copies_go_out_and_the_session_fails),
        cmocka_unit_test(a_reset_ends_the_session),
        cmocka_unit_test(a_separate_answer_is_acknowledged_and_its_copy_too),
        cmocka_unit_test(an_inconsistent_configuration_may_be_repaired_once),
        cmocka_unit_test(who_does_not_repair_stops_it_as_inconsistent),
        cmocka_unit_test(a_script_that_does_not_fit_changes_nothing),
        cmocka_unit_test(a_lost_connection_ends_the_session_and_a_moved_one_goes_on),
        cmocka_unit_test(without_memory_for_a_step_the_session_fails),
    };

    return RUN_TESTS(tests);
}
