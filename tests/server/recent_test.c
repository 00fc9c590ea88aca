/* The ring of recent messages, against a plain list of the last of them. */

#include "server/recent.h"

#include "support.h"

static struct recent recent;

static void note(uint32_t print, uint16_t id, ln_time at)
{
    struct recent_message message = {.at = at, .print = print, .id = id, .code = LN_COAP_4_04};

    ln_server__recent_note(&recent, &message);
}

TEST(nothing_was_seen_at_the_start)
{
    ln_server__recent_init(&recent);

    assert_null(ln_server__recent_find(&recent, 0, 0, -1));
    assert_null(ln_server__recent_find(&recent, 0, 0, INT64_MIN));
}

TEST(a_message_is_found_by_print_and_id_while_it_is_young)
{
    ln_server__recent_init(&recent);
    note(17, 4, 1000);

    assert_non_null(ln_server__recent_find(&recent, 17, 4, 999));
    assert_null(ln_server__recent_find(&recent, 17, 4, 1000));
    assert_null(ln_server__recent_find(&recent, 17, 5, 999));
    assert_null(ln_server__recent_find(&recent, 18, 4, 999));
}

TEST(it_holds_just_the_last_ones_whatever_came_before)
{
    enum { NOTES = 5000, BUCKETS_USED = 40 };
    static uint32_t prints[NOTES];
    uint32_t seed = 7;
    ln_server__recent_init(&recent);

    for (uint16_t i = 0; i < NOTES; i++) {
        seed = seed * 1664525 + 1013904223;
        prints[i] = (seed >> 16) / BUCKETS_USED * LN_LIMIT_SERVER_STRANGERS + i % BUCKETS_USED;
        note(prints[i], i, 1);
        uint16_t gone = (uint16_t)(i - LN_LIMIT_SERVER_STRANGERS);
        uint16_t kept = (uint16_t)(gone + 1);
        if (i >= LN_LIMIT_SERVER_STRANGERS) {
            assert_null(ln_server__recent_find(&recent, prints[gone], gone, 0));
            assert_non_null(ln_server__recent_find(&recent, prints[kept], kept, 0));
        }
        assert_non_null(ln_server__recent_find(&recent, prints[i], i, 0));
    }
}

int recent_tests(void)
{
    const struct CMUnitTest recent_group[] = {
        cmocka_unit_test(nothing_was_seen_at_the_start),
        cmocka_unit_test(a_message_is_found_by_print_and_id_while_it_is_young),
        cmocka_unit_test(it_holds_just_the_last_ones_whatever_came_before),
    };

    return RUN_TESTS(recent_group);
}
