/* The life of one message: copies, waits, and every way that it may end. */

#include "coap_test.h"

/* The clock of these tests: it moves only where a test says so. */
static ln_time now;
static struct ln_coap_exchange x;
static struct ln_coap_parameters parameters;
static uint32_t seed;
static uint8_t fixed_byte;

static void fill_from_seed(void *context, void *out, size_t size)
{
    uint8_t *bytes = out;

    (void)context;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)coap_test_random(&seed, 256);
    }
}

static void fill_with_fixed_byte(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, fixed_byte, size);
}

static const struct ln_random from_seed = {fill_from_seed, NULL};
static const struct ln_random from_fixed_byte = {fill_with_fixed_byte, NULL};

static bool after(ln_time wait, enum ln_coap_exchange_event event)
{
    now += wait;
    return ln_coap_exchange_step(&x, &parameters, now, event);
}

static ln_time left(void)
{
    return ln_coap_exchange_deadline(&x) - now;
}

/* A message that is to be sent; a bit pattern of zeros makes the first wait the shortest. */
static void given_a_message(bool confirmable, bool wants_response)
{
    now = 5000;
    fixed_byte = 0;
    parameters = ln_coap_parameters_default;
    ln_coap_exchange_start(&x, &parameters, &from_fixed_byte, 77, confirmable, wants_response);
}

static void given_a_con_request_sent(void)
{
    given_a_message(true, true);
    CHECK(!after(0, LN_COAP_ON_SENT));
    CHECK_EQ(x.state, LN_COAP_WAITING);
}

static void check_over(enum ln_coap_outcome outcome)
{
    CHECK_EQ(x.state, LN_COAP_DONE);
    CHECK_EQ(x.outcome, outcome);
    CHECK_EQ(ln_coap_exchange_deadline(&x), LN_NEVER);
}

TEST(waits_for_nothing_before_it_begins)
{
    struct ln_coap_exchange idle = {0};

    CHECK_EQ(idle.state, LN_COAP_IDLE);
    CHECK_EQ(ln_coap_exchange_deadline(&idle), LN_NEVER);
    for (int event = LN_COAP_ON_SENT; event <= LN_COAP_ON_TIME; event++) {
        CHECK(!ln_coap_exchange_step(&idle, &ln_coap_parameters_default, 1000,
                                     (enum ln_coap_exchange_event)event));
        CHECK_EQ(idle.state, LN_COAP_IDLE);
    }
}

TEST(is_due_at_once_when_it_begins)
{
    given_a_message(true, true);
    CHECK_EQ(x.state, LN_COAP_SENDING);
    CHECK_EQ(x.id, 77);
    CHECK(ln_coap_exchange_deadline(&x) <= now);
}

/* RFC 7252 §4.2: five copies; the waits are doubled, and the last copy has its wait too. */
TEST(sends_five_copies_with_doubled_waits_and_then_gives_up)
{
    given_a_message(true, true);
    for (ln_time wait = 2000; wait <= 32000; wait *= 2) {
        CHECK_EQ(x.state, LN_COAP_SENDING);
        CHECK(!after(3, LN_COAP_ON_SENT)); /* the wait starts when the copy has left */
        CHECK_EQ(left(), wait);
        CHECK(!after(wait - 1, LN_COAP_ON_TIME));
        CHECK_EQ(x.state, LN_COAP_WAITING);
        CHECK_EQ(after(1, LN_COAP_ON_TIME), wait == 32000);
    }
    CHECK_EQ(x.copies, 5);
    check_over(LN_COAP_NO_ANSWER);
}

TEST(draws_the_first_wait_from_two_to_three_seconds)
{
    ln_time shortest = LN_NEVER;
    ln_time longest = 0;

    given_a_message(true, true);
    seed = 1;
    for (int i = 0; i < 100000; i++) {
        ln_coap_exchange_start(&x, &parameters, &from_seed, 1, true, true);
        after(0, LN_COAP_ON_SENT);
        shortest = ln_time_min(shortest, left());
        longest = left() > longest ? left() : longest;
    }
    CHECK_EQ(shortest, 2000);
    CHECK_EQ(longest, 3000);
}

TEST(ends_within_max_transmit_wait_whatever_it_draws)
{
    for (int i = 0; i < 1000; i++) {
        given_a_message(true, true);
        seed = (uint32_t)i;
        ln_coap_exchange_start(&x, &parameters, &from_seed, 1, true, true);
        ln_time start = now;
        while (!after(0, LN_COAP_ON_SENT) && !after(left(), LN_COAP_ON_TIME)) {
        }
        check_over(LN_COAP_NO_ANSWER);
        CHECK(now - start >= 31 * 2000);
        CHECK(now - start <= ln_coap_max_transmit_wait(&parameters));
    }
}

TEST(sends_one_copy_where_no_retransmission_is_allowed)
{
    given_a_message(true, true);
    parameters.max_retransmit = 0;
    CHECK(!after(0, LN_COAP_ON_SENT));
    CHECK(after(2000, LN_COAP_ON_TIME));
    check_over(LN_COAP_NO_ANSWER);
}

TEST(ends_with_the_response)
{
    given_a_con_request_sent();
    CHECK(after(100, LN_COAP_ON_RESPONSE));
    check_over(LN_COAP_ANSWERED);
}

TEST(waits_for_a_separate_response_after_the_ack)
{
    given_a_con_request_sent();
    CHECK(!after(100, LN_COAP_ON_ACK));
    CHECK_EQ(x.state, LN_COAP_ACKED);
    CHECK_EQ(left(), 93000);
    CHECK(!after(50, LN_COAP_ON_ACK)); /* a repeat: the wait does not begin anew */
    CHECK_EQ(left(), 93000 - 50);
    CHECK(after(92000, LN_COAP_ON_RESPONSE));
    check_over(LN_COAP_ANSWERED);
}

TEST(gives_up_when_no_response_follows_the_ack)
{
    given_a_con_request_sent();
    CHECK(!after(100, LN_COAP_ON_ACK));
    CHECK(!after(92999, LN_COAP_ON_TIME));
    CHECK(after(1, LN_COAP_ON_TIME));
    check_over(LN_COAP_NO_RESPONSE_AFTER_ACK);
}

TEST(gives_up_after_the_ack_to_the_last_copy_too)
{
    given_a_con_request_sent();
    for (int copy = 2; copy <= 5; copy++) {
        CHECK(!after(left(), LN_COAP_ON_TIME));
        CHECK(!after(0, LN_COAP_ON_SENT));
    }
    CHECK(!after(100, LN_COAP_ON_ACK));
    CHECK(after(93000, LN_COAP_ON_TIME));
    check_over(LN_COAP_NO_RESPONSE_AFTER_ACK);
}

TEST(takes_a_response_that_overtakes_the_ack_and_ignores_the_ack)
{
    given_a_con_request_sent();
    CHECK(after(100, LN_COAP_ON_RESPONSE));
    CHECK(!after(1, LN_COAP_ON_ACK));
    CHECK(!after(1, LN_COAP_ON_RST));
    CHECK(!after(1, LN_COAP_ON_RESPONSE));
    check_over(LN_COAP_ANSWERED);
}

TEST(ends_with_a_reset)
{
    given_a_con_request_sent();
    CHECK(after(100, LN_COAP_ON_RST));
    check_over(LN_COAP_RESET);

    given_a_con_request_sent();
    CHECK(!after(100, LN_COAP_ON_ACK));
    CHECK(after(100, LN_COAP_ON_RST));
    check_over(LN_COAP_RESET);
}

TEST(takes_an_answer_to_an_earlier_copy_while_the_next_is_due)
{
    given_a_con_request_sent();
    CHECK(!after(2000, LN_COAP_ON_TIME));
    CHECK_EQ(x.state, LN_COAP_SENDING);
    CHECK(!after(0, LN_COAP_ON_ACK));
    CHECK_EQ(x.state, LN_COAP_ACKED); /* so that the copy is not sent */

    given_a_con_request_sent();
    CHECK(!after(2000, LN_COAP_ON_TIME));
    CHECK(after(0, LN_COAP_ON_RESPONSE));
    check_over(LN_COAP_ANSWERED);

    given_a_con_request_sent();
    CHECK(!after(2000, LN_COAP_ON_TIME));
    CHECK(after(0, LN_COAP_ON_RST));
    check_over(LN_COAP_RESET);

    given_a_message(true, false);
    CHECK(!after(0, LN_COAP_ON_SENT));
    CHECK(!after(2000, LN_COAP_ON_TIME));
    CHECK(after(0, LN_COAP_ON_ACK));
    check_over(LN_COAP_ANSWERED);
}

TEST(takes_no_answer_to_what_has_never_left)
{
    given_a_message(true, true);
    CHECK(!after(0, LN_COAP_ON_ACK));
    CHECK(!after(0, LN_COAP_ON_RST));
    CHECK(!after(0, LN_COAP_ON_RESPONSE));
    CHECK(!after(0, LN_COAP_ON_TIME));
    CHECK_EQ(x.state, LN_COAP_SENDING);
}

TEST(is_over_with_the_ack_where_no_response_is_wanted)
{
    given_a_message(true, false); /* a CON notification */
    CHECK(!after(0, LN_COAP_ON_SENT));
    CHECK(!after(100, LN_COAP_ON_RESPONSE));
    CHECK(after(100, LN_COAP_ON_ACK));
    check_over(LN_COAP_ANSWERED);
}

TEST(waits_for_the_response_to_a_non_request_and_sends_no_copy)
{
    given_a_message(false, true);
    CHECK(!after(0, LN_COAP_ON_SENT));
    CHECK_EQ(left(), 93000);
    CHECK(!after(100, LN_COAP_ON_ACK)); /* nobody acknowledges a NON */
    CHECK_EQ(x.state, LN_COAP_WAITING);
    CHECK(after(left(), LN_COAP_ON_TIME));
    check_over(LN_COAP_NO_ANSWER);
    CHECK_EQ(x.copies, 1);

    given_a_message(false, true);
    CHECK(!after(0, LN_COAP_ON_SENT));
    CHECK(after(100, LN_COAP_ON_RESPONSE));
    check_over(LN_COAP_ANSWERED);

    given_a_message(false, true);
    CHECK(!after(0, LN_COAP_ON_SENT));
    CHECK(after(100, LN_COAP_ON_RST));
    check_over(LN_COAP_RESET);
}

TEST(is_over_at_once_for_a_non_that_nobody_answers)
{
    given_a_message(false, false);
    CHECK(after(0, LN_COAP_ON_SENT));
    check_over(LN_COAP_NO_OUTCOME);
}

static void check_invariants(enum ln_coap_exchange_state before, bool over)
{
    CHECK_EQ(over, before != LN_COAP_DONE && x.state == LN_COAP_DONE);
    CHECK(x.copies <= parameters.max_retransmit + 1);
    CHECK(x.state == LN_COAP_DONE || x.outcome == LN_COAP_NO_OUTCOME);
    switch (x.state) {
    case LN_COAP_SENDING:
        CHECK(ln_coap_exchange_deadline(&x) <= now);
        break;
    case LN_COAP_WAITING:
        CHECK(x.copies > 0 && ln_coap_exchange_deadline(&x) < LN_NEVER);
        break;
    case LN_COAP_ACKED:
        CHECK(x.confirmable && x.wants_response && ln_coap_exchange_deadline(&x) < LN_NEVER);
        break;
    default:
        CHECK_EQ(x.state, LN_COAP_DONE);
        CHECK_EQ(ln_coap_exchange_deadline(&x), LN_NEVER);
        CHECK_EQ(x.outcome == LN_COAP_NO_OUTCOME, !x.confirmable && !x.wants_response);
        break;
    }
    /* Only the four that it knows, and each only where it can be. */
    CHECK(x.outcome != LN_COAP_NO_RESPONSE_AFTER_ACK || (x.confirmable && x.wants_response));
    CHECK(x.outcome != LN_COAP_NO_ANSWER || x.copies > 0);
}

/* Whatever happens, in whatever order: time alone always leads to an end, which is final. */
TEST(keeps_its_promises_on_random_walks)
{
    unsigned ends[LN_COAP_NO_RESPONSE_AFTER_ACK + 1] = {0};

    now = 0;
    seed = 1;
    for (int walk = 0; walk < 20000; walk++) {
        parameters = ln_coap_parameters_default;
        parameters.max_retransmit = (uint8_t)coap_test_random(&seed, 6);
        ln_coap_exchange_start(&x, &parameters, &from_seed, 1, coap_test_random(&seed, 2) == 1,
                               coap_test_random(&seed, 2) == 1);
        for (int i = 0; i < 20; i++) {
            enum ln_coap_exchange_state before = (enum ln_coap_exchange_state)x.state;
            uint8_t outcome = x.outcome;
            uint32_t draw = coap_test_random(&seed, 12); /* mostly copies and time */
            enum ln_coap_exchange_event event = draw < LN_COAP_ON_TIME
                                                    ? (enum ln_coap_exchange_event)draw
                                                : draw % 2 == 0 ? LN_COAP_ON_SENT
                                                                : LN_COAP_ON_TIME;
            bool over = after(coap_test_random(&seed, 40000), event);

            check_invariants(before, over);
            CHECK(before != LN_COAP_DONE || (x.state == LN_COAP_DONE && x.outcome == outcome));
        }
        for (int i = 0; i < 15 && x.state != LN_COAP_DONE; i++) {
            if (x.state == LN_COAP_SENDING) {
                after(0, LN_COAP_ON_SENT);
            } else {
                after(left() > 0 ? left() : 0, LN_COAP_ON_TIME);
            }
        }
        CHECK_EQ(x.state, LN_COAP_DONE);
        ends[x.outcome]++;
    }
    for (size_t i = 0; i < LN_COUNT(ends); i++) {
        CHECK(ends[i] > 100); /* the walks have seen every end */
    }
}

TEST(ends_even_with_more_copies_than_it_can_count)
{
    int copies = 1;
    ln_time wait = 0;

    given_a_message(true, true);
    parameters.max_retransmit = UINT8_MAX;
    CHECK(!after(0, LN_COAP_ON_SENT));
    while (!after(left(), LN_COAP_ON_TIME)) {
        CHECK(!after(0, LN_COAP_ON_SENT));
        CHECK(left() >= wait); /* up to the longest that there is, never round to a short one */
        wait = left();
        copies++;
        CHECK(copies < 300);
    }
    CHECK_EQ(wait, UINT32_MAX);
    check_over(LN_COAP_NO_ANSWER);
}

int exchange_tests(void)
{
    static const struct CMUnitTest exchange[] = {
        cmocka_unit_test(waits_for_nothing_before_it_begins),
        cmocka_unit_test(is_due_at_once_when_it_begins),
        cmocka_unit_test(sends_five_copies_with_doubled_waits_and_then_gives_up),
        cmocka_unit_test(draws_the_first_wait_from_two_to_three_seconds),
        cmocka_unit_test(ends_within_max_transmit_wait_whatever_it_draws),
        cmocka_unit_test(sends_one_copy_where_no_retransmission_is_allowed),
        cmocka_unit_test(ends_with_the_response),
        cmocka_unit_test(waits_for_a_separate_response_after_the_ack),
        cmocka_unit_test(gives_up_when_no_response_follows_the_ack),
        cmocka_unit_test(gives_up_after_the_ack_to_the_last_copy_too),
        cmocka_unit_test(takes_a_response_that_overtakes_the_ack_and_ignores_the_ack),
        cmocka_unit_test(ends_with_a_reset),
        cmocka_unit_test(takes_an_answer_to_an_earlier_copy_while_the_next_is_due),
        cmocka_unit_test(takes_no_answer_to_what_has_never_left),
        cmocka_unit_test(is_over_with_the_ack_where_no_response_is_wanted),
        cmocka_unit_test(waits_for_the_response_to_a_non_request_and_sends_no_copy),
        cmocka_unit_test(is_over_at_once_for_a_non_that_nobody_answers),
        cmocka_unit_test(keeps_its_promises_on_random_walks),
        cmocka_unit_test(ends_even_with_more_copies_than_it_can_count),
    };

    return RUN_TESTS(exchange);
}
