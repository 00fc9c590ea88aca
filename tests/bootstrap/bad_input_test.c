/* What peers send wrong: answered by the right code, counted, and nothing else changes. */

#include "support.h"

#define COUNTER(name) offsetof(struct ln_bootstrap_counters, name)

static const char *const other = "POST /bs?ep=meter-1";

static const struct bad_request {
    const char *request;
    uint8_t code;
    size_t counter;
} requests[] = {
    {"POST /bs", LN_COAP_4_00, COUNTER(bad_requests)},
    {"POST /bs?ep", LN_COAP_4_00, COUNTER(bad_requests)},
    {"POST /bs?ep=", LN_COAP_4_00, COUNTER(bad_requests)},
    {"POST /bs?ep=a&ep=a", LN_COAP_4_00, COUNTER(bad_requests)},
    {"POST /bs?ep=\xff", LN_COAP_4_00, COUNTER(bad_requests)},
    {"POST /bs?ep=a&pct", LN_COAP_4_00, COUNTER(bad_requests)},
    {"POST /bs?ep=a&pct=tlv", LN_COAP_4_00, COUNTER(bad_requests)},
    {"POST /bs?ep=a&pct=65535", LN_COAP_4_00, COUNTER(bad_requests)},
    {"POST /bs?ep=a&pct=112&pct=112", LN_COAP_4_00, COUNTER(bad_requests)},
    {"POST /bs?ep=a&pct=11544", LN_COAP_4_15, COUNTER(bad_formats)},
    {"POST /bs?ep=a&pct=0", LN_COAP_4_15, COUNTER(bad_formats)},
    {"GET /bs?ep=a", LN_COAP_4_05, COUNTER(not_allowed)},
    {"PUT /bs?ep=a", LN_COAP_4_05, COUNTER(not_allowed)},
    {"GET /bspack?ep=a", LN_COAP_4_05, COUNTER(not_allowed)},
    {"POST /rd?ep=a", LN_COAP_4_04, COUNTER(not_found)},
    {"POST /bs/1?ep=a", LN_COAP_4_04, COUNTER(not_found)},
    {"GET /", LN_COAP_4_04, COUNTER(not_found)},
};

static uint64_t counter(size_t offset)
{
    const uint64_t *at =
        (const uint64_t *)(const void *)((const char *)ln_bootstrap_counters(bootstrap) +
                                         offset);

    return *at;
}

TEST(a_bad_request_gets_its_code_and_is_counted_and_changes_nothing)
{
    struct ln_peer from = device(2);

    (void)given_a_session();
    for (size_t i = 0; i < LN_COUNT(requests); i++) {
        const struct bad_request *bad = &requests[i];
        uint64_t digest = ln_bootstrap_digest(bootstrap);
        uint64_t before = counter(bad->counter);
        when_asked(&from, (uint16_t)(100 + i), bad->request);
        then_answered(bad->code);
        CHECK_EQ(counter(bad->counter), before + 1);
        CHECK_EQ(ln_bootstrap_digest(bootstrap), digest);
        then_nothing_is_told();
    }
    then_all_is_given_back();
}

static void when_received(struct ln_bytes datagram)
{
    struct ln_peer from = device(2);

    ln_bootstrap_recv(bootstrap, now, &from, datagram);
}

static const struct bad_datagram {
    struct ln_bytes bytes;
    int answer; /* type of the answer; -1: none */
    size_t counter;
} datagrams[] = {
    {{NULL, 0}, -1, COUNTER(malformed)},
    {{(const uint8_t *)"\x00", 1}, -1, COUNTER(malformed)},
    /* version 2; a token of 9 bytes; an option that runs out */
    {{(const uint8_t *)"\x80\x02\x00\x01", 4}, -1, COUNTER(malformed)},
    {{(const uint8_t *)"\x49\x02\x00\x01", 4}, LN_COAP_RST, COUNTER(malformed)},
    {{(const uint8_t *)"\x40\x02\x00\x01\xb5", 5}, LN_COAP_RST, COUNTER(malformed)},
    /* a ping; ACK and RST of nothing */
    {{(const uint8_t *)"\x40\x00\x00\x01", 4}, LN_COAP_RST, COUNTER(pings)},
    {{(const uint8_t *)"\x60\x00\x00\x01", 4}, -1, COUNTER(unexpected)},
    {{(const uint8_t *)"\x70\x00\x00\x01", 4}, -1, COUNTER(unexpected)},
    /* a 2.05 that nobody asked for: CON, then NON */
    {{(const uint8_t *)"\x40\x45\x00\x01", 4}, LN_COAP_RST, COUNTER(unexpected)},
    {{(const uint8_t *)"\x50\x45\x00\x01", 4}, -1, COUNTER(unexpected)},
    /* POST /bs with the unknown critical option 9: CON gets 4.02, NON is dropped */
    {{(const uint8_t *)"\x40\x02\x00\x01\x90\x22"
                       "bs",
      8},
     LN_COAP_ACK,
     COUNTER(bad_options)},
    {{(const uint8_t *)"\x50\x02\x00\x01\x90\x22"
                       "bs",
      8},
     -1,
     COUNTER(bad_options)},
    /* POST /bs?ep=a with a payload */
    {{(const uint8_t *)"\x40\x02\x00\x01\xb2"
                       "bs\x44"
                       "ep=a\xff"
                       "x",
      14},
     LN_COAP_ACK,
     COUNTER(bad_requests)},
};

TEST(a_bad_datagram_is_answered_or_dropped_and_counted_and_changes_nothing)
{
    (void)given_a_session();
    for (size_t i = 0; i < LN_COUNT(datagrams); i++) {
        const struct bad_datagram *bad = &datagrams[i];
        uint64_t digest = ln_bootstrap_digest(bootstrap);
        uint64_t before = counter(bad->counter);
        struct sent sent;
        when_received(bad->bytes);
        CHECK_EQ(next_sent(&sent) ? (int)sent.m.type : -1, bad->answer);
        CHECK_EQ(counter(bad->counter), before + 1);
        CHECK_EQ(ln_bootstrap_digest(bootstrap), digest);
        then_nothing_is_told();
    }
    then_all_is_given_back();
}

static void given_a_finish_under_way(struct sent *sent)
{
    uint64_t session = given_a_session();

    when_begun(session, &finish, 1);
    then_answered(LN_COAP_2_04);
    then_asks(sent, "POST /bs");
}

TEST(an_answer_from_elsewhere_is_not_believed)
{
    struct sent sent;
    uint8_t reset[LN_COAP_EMPTY_SIZE];

    given_a_finish_under_way(&sent);
    uint64_t digest = ln_bootstrap_digest(bootstrap);
    sent.to = device(2);
    when_done(&sent, LN_COAP_2_04);
    when_received(ln_bytes(reset, ln_coap_empty(reset, sizeof(reset), LN_COAP_RST, sent.m.id)));
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->wrong_peer, 2);
    CHECK_EQ(ln_bootstrap_digest(bootstrap), digest);
    then_nothing_is_told();
    then_all_is_given_back();
}

TEST(an_ack_with_another_id_is_not_believed)
{
    struct sent sent;

    given_a_finish_under_way(&sent);
    uint64_t digest = ln_bootstrap_digest(bootstrap);
    sent.m.id++;
    when_done(&sent, LN_COAP_2_04);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->unexpected, 1);
    CHECK_EQ(ln_bootstrap_digest(bootstrap), digest);
    then_all_is_given_back();
}

TEST(an_answer_with_an_unknown_critical_option_ends_the_session)
{
    uint8_t bytes[64];
    struct sent sent;

    given_a_finish_under_way(&sent);
    struct ln_coap_builder b = ln_coap_answer(bytes, sizeof(bytes), &sent.m, LN_COAP_2_04, 0);
    ln_coap_add_uint(&b, 9, 1);
    ln_bootstrap_recv(bootstrap, now, &sent.to, ln_bytes(bytes, ln_coap_finish(&b)));
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->bad_options, 1);
    then_ended(LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_WRONG_ANSWER);
    then_all_is_given_back();
}

TEST(answers_beyond_the_bound_are_dropped_and_counted)
{
    struct ln_peer from = device(2);
    struct sent sent;
    size_t answered = 0;

    given_a_bootstrap_server();
    for (size_t i = 0; i < 1024 + 3; i++) {
        when_asked(&from, (uint16_t)i, "POST /bs");
    }
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->answers_dropped, 3);
    while (next_sent(&sent)) {
        answered++;
    }
    CHECK_EQ(answered, 1024);
    when_asked(&from, 5000, other);
    (void)then_told(LN_BOOTSTRAP_REQUESTED);
    then_all_is_given_back();
}

TEST(a_configuration_of_the_engine_that_is_no_good_makes_none)
{
    static const struct ln_format *const formats[] = {&ln_format_senml_cbor, NULL};
    struct ln_bootstrap_config config = config_of_tests();

    config.size--;
    assert_null(ln_bootstrap_new(&config, 0));
    config = config_of_tests();
    config.formats = formats; /* no TLV */
    assert_null(ln_bootstrap_new(&config, 0));
    config = config_of_tests();
    config.block_size = 100;
    assert_null(ln_bootstrap_new(&config, 0));
    config = config_of_tests();
    config.random.fill = NULL;
    assert_null(ln_bootstrap_new(&config, 0));
    ln_bootstrap_free(NULL);
}

int bad_input_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_request_gets_its_code_and_is_counted_and_changes_nothing),
        cmocka_unit_test(a_bad_datagram_is_answered_or_dropped_and_counted_and_changes_nothing),
        cmocka_unit_test(an_answer_from_elsewhere_is_not_believed),
        cmocka_unit_test(an_ack_with_another_id_is_not_believed),
        cmocka_unit_test(an_answer_with_an_unknown_critical_option_ends_the_session),
        cmocka_unit_test(answers_beyond_the_bound_are_dropped_and_counted),
        cmocka_unit_test(a_configuration_of_the_engine_that_is_no_good_makes_none),
    };

    return RUN_TESTS(tests);
}
