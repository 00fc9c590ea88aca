/* What a datagram is: the six that there are. spec: RFC 7252 §4.2, §4.3 */

#include "coap_test.h"

static struct ln_coap_message m;

TEST(requests_and_responses_are_told_apart_by_their_code)
{
    CHECK_EQ(ln_coap_arrival(BYTES("\x40\x01\x00\x07"), &m), LN_COAP_IS_REQUEST);
    CHECK_EQ(m.id, 7);
    CHECK_EQ(ln_coap_arrival(BYTES("\x50\x02\x00\x07"), &m), LN_COAP_IS_REQUEST);
    CHECK_EQ(ln_coap_arrival(BYTES("\x60\x45\x00\x07"), &m), LN_COAP_IS_RESPONSE);
    CHECK_EQ(ln_coap_arrival(BYTES("\x50\x84\x00\x07"), &m), LN_COAP_IS_RESPONSE);
}

TEST(an_empty_con_is_a_ping_and_other_empty_ones_answer_ours)
{
    CHECK_EQ(ln_coap_arrival(BYTES("\x40\x00\x00\x08"), &m), LN_COAP_IS_PING);
    CHECK_EQ(m.id, 8);
    CHECK_EQ(ln_coap_arrival(BYTES("\x60\x00\x00\x08"), &m), LN_COAP_IS_EMPTY);
    CHECK_EQ(ln_coap_arrival(BYTES("\x70\x00\x00\x08"), &m), LN_COAP_IS_EMPTY);
}

TEST(what_is_malformed_is_answered_where_it_is_a_con)
{
    CHECK_EQ(ln_coap_arrival(BYTES("\x4f\x01\xab\xcd"), &m), LN_COAP_IS_REFUSED);
    CHECK_EQ(m.id, 0xabcd);
    CHECK_EQ(ln_coap_arrival(BYTES("\x5f\x01\xab\xcd"), &m), LN_COAP_IS_NOTHING);
    CHECK_EQ(ln_coap_arrival(BYTES("\x40\x01"), &m), LN_COAP_IS_NOTHING);
    CHECK_EQ(ln_coap_arrival(BYTES(""), &m), LN_COAP_IS_NOTHING);
}

int arrival_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(requests_and_responses_are_told_apart_by_their_code),
        cmocka_unit_test(an_empty_con_is_a_ping_and_other_empty_ones_answer_ours),
        cmocka_unit_test(what_is_malformed_is_answered_where_it_is_a_con),
    };
    return RUN_TESTS(group);
}
