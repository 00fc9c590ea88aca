/* Answers that wait: in order, in bounded memory. */

#include "support.h"

#include <linnet/limits.h>

TEST(answers_leave_in_the_order_of_their_requests)
{
    enum { PINGS = 1000 };
    given_a_server();
    struct ln_peer peer = device(1);
    uint16_t next = 0;

    for (uint16_t i = 0; i < PINGS; i++) {
        struct datagram d = empty(LN_COAP_CON, i);
        arrives(&peer, &d);
        if (i % 3 == 0) { /* so that the ring turns while it grows */
            CHECK_EQ(then_it_sends().message.id, next++);
        }
    }
    CHECK_EQ(ln_server_deadline(server), now);
    while (next < PINGS) {
        CHECK_EQ(then_it_sends().message.id, next++);
    }
    then_it_is_silent();
    CHECK_EQ(ln_server_deadline(server), LN_NEVER);
    CHECK_EQ(ln_server_counters(server)->pings, PINGS);
    CHECK_EQ(ln_server_counters(server)->datagrams_received, PINGS);
    CHECK_EQ(ln_server_counters(server)->datagrams_sent, PINGS);
    then_all_is_given_back();
}

TEST(a_caller_that_never_sends_cannot_eat_all_memory)
{
    given_a_server();
    struct ln_peer peer = device(1);
    struct datagram d = empty(LN_COAP_CON, 1);

    for (uint32_t i = 0; i < LN_LIMIT_SERVER_ANSWERS + 100; i++) {
        arrives(&peer, &d);
    }

    CHECK_EQ(ln_server_counters(server)->answers_dropped, 100);
    then_all_is_given_back();
}

TEST(an_answer_for_which_there_is_no_memory_is_dropped_and_the_repeat_gets_it)
{
    given_a_server();
    struct place place = given_a_registered_device(1, "one");
    struct ln_peer peer = device(1);
    struct datagram d = empty(LN_COAP_CON, 1);
    for (int i = 0; i < 64; i++) {
        arrives(&peer, &d);
    }
    d = update(9, &place, "");
    size_t calls = memory_calls;
    arrives(&peer, &d); /* takes what the event needs, and shows whether the ring is full */
    assert_true(memory_calls > calls);
    CHECK_EQ(ln_server_counters(server)->answers_dropped, 0);
    then_all_is_given_back();

    given_a_server();
    place = given_a_registered_device(1, "one");
    d = empty(LN_COAP_CON, 1);
    for (int i = 0; i < 64; i++) {
        arrives(&peer, &d);
    }
    d = update(9, &place, "");
    memory_left = 0; /* the event takes the place of the one that was read */
    events_are_read();
    arrives(&peer, &d);
    memory_left = SIZE_MAX;
    CHECK_EQ(ln_server_counters(server)->answers_dropped, 1);
    CHECK_EQ(ln_server_counters(server)->updates, 1);
    for (int i = 0; i < 64; i++) {
        then_it_sends();
    }
    then_it_is_silent();
    arrives(&peer, &d);
    then_it_answers(LN_COAP_2_04);
    CHECK_EQ(ln_server_counters(server)->updates, 1);
    then_all_is_given_back();
}

int answers_tests(void)
{
    const struct CMUnitTest answers_group[] = {
        cmocka_unit_test(answers_leave_in_the_order_of_their_requests),
        cmocka_unit_test(a_caller_that_never_sends_cannot_eat_all_memory),
        cmocka_unit_test(
            an_answer_for_which_there_is_no_memory_is_dropped_and_the_repeat_gets_it),
    };

    return RUN_TESTS(answers_group);
}
