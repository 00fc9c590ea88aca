/* Repeats of a peer's messages: known by id and bytes, within the lifetime of an exchange. */

#include "coap_test.h"

enum { LIFETIME = 247 * 1000 };

static struct ln_coap_history history;
static ln_time now;

static void given_nothing_seen(ln_time start)
{
    history = (struct ln_coap_history){0};
    now = start;
}

static enum ln_coap_seen note(uint16_t id, uint32_t checksum)
{
    return ln_coap_history_note(&history, &ln_coap_parameters_default, now, id, checksum);
}

TEST(takes_the_first_message_for_new_even_if_all_its_numbers_are_zero)
{
    given_nothing_seen(0);
    CHECK_EQ(note(0, 0), LN_COAP_NEW);
    CHECK_EQ(note(0, 0), LN_COAP_REPEAT_LAST);
}

TEST(knows_a_repeat_of_the_newest_from_one_of_an_earlier_message)
{
    given_nothing_seen(1000);
    CHECK_EQ(note(1, 11), LN_COAP_NEW);
    CHECK_EQ(note(2, 22), LN_COAP_NEW);
    CHECK_EQ(note(2, 22), LN_COAP_REPEAT_LAST);
    CHECK_EQ(note(1, 11), LN_COAP_REPEAT_OLD);
    CHECK_EQ(note(2, 22), LN_COAP_REPEAT_LAST); /* the old one did not become the newest */
}

TEST(takes_the_same_id_with_other_bytes_for_new)
{
    given_nothing_seen(1000);
    CHECK_EQ(note(1, 11), LN_COAP_NEW);
    CHECK_EQ(note(1, 12), LN_COAP_NEW); /* the peer has started anew */
    CHECK_EQ(note(1, 12), LN_COAP_REPEAT_LAST);
    CHECK_EQ(note(1, 11), LN_COAP_REPEAT_OLD);
    CHECK_EQ(note(2, 11), LN_COAP_NEW);
}

TEST(forgets_a_message_after_the_lifetime_of_an_exchange_and_not_before)
{
    given_nothing_seen(1000);
    CHECK_EQ(note(1, 11), LN_COAP_NEW);
    now += LIFETIME - 1;
    CHECK_EQ(note(1, 11), LN_COAP_REPEAT_LAST); /* which does not make it live longer */
    now += 1;
    CHECK_EQ(note(1, 11), LN_COAP_NEW);
}

TEST(forgets_the_oldest_when_the_list_is_full)
{
    given_nothing_seen(1000);
    for (uint16_t id = 0; id <= LN_COAP_HISTORY; id++) {
        CHECK_EQ(note(id, 7), LN_COAP_NEW);
    }
    for (uint16_t id = 1; id < LN_COAP_HISTORY; id++) {
        CHECK_EQ(note(id, 7), LN_COAP_REPEAT_OLD);
    }
    CHECK_EQ(note(LN_COAP_HISTORY, 7), LN_COAP_REPEAT_LAST);
    CHECK_EQ(note(0, 7), LN_COAP_NEW);
}

TEST(finds_the_newest_again_and_again_while_ids_wrap_around)
{
    given_nothing_seen(1000);
    for (uint32_t i = 65000; i < 66000; i++) {
        uint16_t id = (uint16_t)i;

        CHECK_EQ(note(id, 7), LN_COAP_NEW);
        CHECK_EQ(note(id, 7), LN_COAP_REPEAT_LAST);
        if (i >= 65001) {
            CHECK_EQ(note((uint16_t)(i - 1), 7), LN_COAP_REPEAT_OLD);
        }
    }
}

int history_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_first_message_for_new_even_if_all_its_numbers_are_zero),
        cmocka_unit_test(knows_a_repeat_of_the_newest_from_one_of_an_earlier_message),
        cmocka_unit_test(takes_the_same_id_with_other_bytes_for_new),
        cmocka_unit_test(forgets_a_message_after_the_lifetime_of_an_exchange_and_not_before),
        cmocka_unit_test(forgets_the_oldest_when_the_list_is_full),
        cmocka_unit_test(finds_the_newest_again_and_again_while_ids_wrap_around),
    };

    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
