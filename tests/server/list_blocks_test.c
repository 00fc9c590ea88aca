/* Registers and Updates whose object list comes in blocks. spec: RFC 7959 §2.5, §2.9 */

#include "blocks_support.h"

#include <stdio.h>

static struct ln_peer one;
static const char first_block[] = "</1/0>,</3/0>,</"; /* 16 bytes */
static const char last_block[] = "5/0>,</33000/7>";
static const char how[] = "POST /rd?ep=one&lt=300&lwm2m=1.1&b=U";

static void given_a_server_and_a_device(void)
{
    struct datagram ping = empty(LN_COAP_CON, 77);

    given_a_server();
    one = device(1);
    arrives(&one, &ping); /* there is memory for answers from here on */
    then_it_sends();
}

static struct sent when_a_block_arrives(struct list_block what)
{
    struct datagram d = list_block(&what);

    arrives(&one, &d);
    struct sent answer = then_it_sends();
    then_it_is_silent();
    return answer;
}

static struct list_block first_of(uint16_t id, const char *what)
{
    return (struct list_block){.id = id,
                               .request = what,
                               .block = block_of(0, true, 0),
                               .payload = ln_bytes_of_text(first_block)};
}

static struct list_block last_of(uint16_t id, const char *what)
{
    return (struct list_block){.id = id,
                               .request = what,
                               .block = block_of(1, false, 0),
                               .payload = ln_bytes_of_text(last_block)};
}

static void given_the_first_block(uint16_t id)
{
    struct sent answer = when_a_block_arrives(first_of(id, how));

    CHECK_EQ(answer.message.code, LN_COAP_2_31);
    then_block(options_of(&answer).block1, 0, true, 0);
}

static void then_refused(struct list_block what, uint8_t code)
{
    uint64_t digest = ln_server_digest(server);
    size_t blocks = memory_blocks;
    struct sent answer = when_a_block_arrives(what);

    CHECK_EQ(answer.message.code, code);
    CHECK_EQ(ln_server_digest(server), digest);
    CHECK_EQ(memory_blocks, blocks);
    then_no_event();
}

TEST(a_register_in_blocks_registers_with_its_last_block)
{
    struct ln_registration_view view;
    given_a_server_and_a_device();

    given_the_first_block(1);
    then_no_event();
    struct sent answer = when_a_block_arrives(last_of(2, how));

    CHECK_EQ(answer.message.code, LN_COAP_2_01);
    then_block(options_of(&answer).block1, 1, false, 0);
    place_of(&answer);
    ln_registration_get(then_event(LN_SERVER_REGISTERED).registration, &view);
    CHECK_EQ(view.object_count, 4);
    CHECK_EQ(view.objects[3].object, 33000);
    CHECK_EQ(view.objects[3].instance, 7);
    CHECK_EQ(ln_server_counters(server)->list_blocks, 2);
    then_all_is_given_back();
}

TEST(a_list_may_end_with_an_empty_block)
{
    given_a_server_and_a_device();
    struct list_block whole = first_of(1, how);
    struct list_block nothing = last_of(2, how);
    whole.payload = BYTES("</1/0>,</33/100>");
    nothing.payload = (struct ln_bytes){0};

    CHECK_EQ(when_a_block_arrives(whole).message.code, LN_COAP_2_31);
    CHECK_EQ(when_a_block_arrives(nothing).message.code, LN_COAP_2_01);

    then_all_is_given_back();
}

/* De-duplication comes first: the same message has the same answer, and runs once. */
TEST(a_copy_of_a_block_is_answered_as_before)
{
    given_a_server_and_a_device();
    given_the_first_block(1);
    uint64_t digest = ln_server_digest(server);
    given_the_first_block(1);
    CHECK_EQ(ln_server_digest(server), digest);
    struct sent answer = when_a_block_arrives(last_of(2, how));
    struct place place = place_of(&answer);
    then_event(LN_SERVER_REGISTERED);

    answer = when_a_block_arrives(last_of(2, how));

    CHECK_EQ(answer.message.code, LN_COAP_2_01);
    then_block(options_of(&answer).block1, 1, false, 0);
    assert_string_equal(place_of(&answer).text, place.text);
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->repeats, 2);
    CHECK_EQ(ln_server_counters(server)->registers, 1);
    then_all_is_given_back();
}

TEST(a_late_copy_of_the_first_block_does_not_begin_anew)
{
    given_a_server_and_a_device();
    struct list_block middle = {.id = 2,
                                .request = how,
                                .block = block_of(1, true, 0),
                                .payload = BYTES("5/0>,</6>,</7>,<")};
    struct list_block last = {
        .id = 3, .request = how, .block = block_of(2, false, 0), .payload = BYTES("/8>")};
    given_the_first_block(1);
    CHECK_EQ(when_a_block_arrives(middle).message.code, LN_COAP_2_31);

    given_the_first_block(1);

    CHECK_EQ(when_a_block_arrives(last).message.code, LN_COAP_2_01);
    then_all_is_given_back();
}

/* The exchange was given up, and the block is sent again as a new message. */
TEST(the_last_block_under_a_new_message_id_has_the_answer_of_before)
{
    given_a_server_and_a_device();
    given_the_first_block(1);
    struct sent answer = when_a_block_arrives(last_of(2, how));
    struct place place = place_of(&answer);
    then_event(LN_SERVER_REGISTERED);
    now += 90 * 1000;

    answer = when_a_block_arrives(last_of(3, how));

    CHECK_EQ(answer.message.code, LN_COAP_2_01);
    assert_string_equal(place_of(&answer).text, place.text);
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->registers, 1);
    then_all_is_given_back();
}

TEST(while_the_answer_to_a_list_is_held_its_last_block_stays_unanswered)
{
    struct ln_server_config config = config_of_tests();
    config.journal = true;
    given_a_server_of(&config);
    one = device(1);
    given_the_first_block(1);
    struct sent answer = when_a_block_arrives(last_of(2, how));
    struct place place = place_of(&answer);
    CHECK_EQ(then_event(LN_SERVER_REGISTERED).change, 1);

    struct list_block again[] = {last_of(2, how), last_of(3, how)}; /* a copy, and anew */
    for (size_t i = 0; i < LN_COUNT(again); i++) {
        struct datagram d = list_block(&again[i]);
        arrives(&one, &d);
        then_it_is_silent();
    }
    CHECK_EQ(ln_server_counters(server)->unanswered, LN_COUNT(again));

    ln_server_committed(server, 1);
    for (size_t i = 0; i < LN_COUNT(again); i++) {
        answer = when_a_block_arrives(again[i]);
        CHECK_EQ(answer.message.code, LN_COAP_2_01);
        assert_string_equal(place_of(&answer).text, place.text);
    }
    CHECK_EQ(ln_server_counters(server)->registers, 1);
    then_all_is_given_back();
}

TEST(a_refused_list_is_refused_again)
{
    given_a_server_and_a_device();
    given_the_first_block(1);
    struct list_block bad = last_of(2, how);
    bad.payload = BYTES("not a list");

    CHECK_EQ(when_a_block_arrives(bad).message.code, LN_COAP_4_00);
    bad.id = 3;
    CHECK_EQ(when_a_block_arrives(bad).message.code, LN_COAP_4_00);

    then_no_event();
    then_all_is_given_back();
}

TEST(a_register_in_blocks_and_again_in_blocks)
{
    given_a_server_and_a_device();

    for (uint16_t i = 0; i < 3; i++) {
        given_the_first_block((uint16_t)(10 * i));
        struct sent answer = when_a_block_arrives(last_of((uint16_t)(10 * i + 1), how));
        CHECK_EQ(answer.message.code, LN_COAP_2_01);
        if (i > 0) {
            then_event(LN_SERVER_REPLACED);
        }
        then_event(LN_SERVER_REGISTERED);
        now += 1000;
    }

    CHECK_EQ(ln_server_registration_count(server), 1);
    then_all_is_given_back();
}

TEST(a_new_first_block_begins_anew)
{
    given_a_server_and_a_device();
    given_the_first_block(1);
    struct list_block other = first_of(2, how);
    other.payload = BYTES("</1/0>,</3/0>,</");
    struct list_block first = first_of(3, how);
    first.payload = BYTES("</1/0>,</3/0>,<x");

    CHECK_EQ(when_a_block_arrives(first).message.code, LN_COAP_2_31);
    CHECK_EQ(when_a_block_arrives(other).message.code, LN_COAP_2_31);
    CHECK_EQ(when_a_block_arrives(last_of(4, how)).message.code, LN_COAP_2_01);

    then_all_is_given_back();
}

TEST(an_update_in_blocks_changes_the_list)
{
    struct ln_registration_view view;
    char what[64];
    given_a_server_and_a_device();
    struct place place = given_a_registered_device(1, "one");
    snprintf(what, sizeof(what), "POST /%s", place.text);

    CHECK_EQ(when_a_block_arrives(first_of(1, what)).message.code, LN_COAP_2_31);
    then_no_event();
    struct sent answer = when_a_block_arrives(last_of(2, what));

    CHECK_EQ(answer.message.code, LN_COAP_2_04);
    then_block(options_of(&answer).block1, 1, false, 0);
    struct ln_server_event event = then_event(LN_SERVER_UPDATED);
    assert_true(event.objects_changed);
    ln_registration_get(event.registration, &view);
    CHECK_EQ(view.object_count, 4);
    CHECK_EQ(when_a_block_arrives(last_of(3, what)).message.code, LN_COAP_2_04);
    then_no_event();
    then_all_is_given_back();
}

/* Requests of two endpoints, or from two addresses, have nothing to do with each other. */
TEST(lists_under_way_at_the_same_time_are_not_mixed)
{
    static const char other[] = "POST /rd?ep=two&lt=300&lwm2m=1.1&b=U";
    given_a_server_and_a_device();

    given_the_first_block(1);
    CHECK_EQ(when_a_block_arrives(first_of(2, other)).message.code, LN_COAP_2_31);
    one = device(2);
    then_refused(last_of(3, how), LN_COAP_4_08);
    one = device(1);
    CHECK_EQ(when_a_block_arrives(last_of(4, how)).message.code, LN_COAP_2_01);
    CHECK_EQ(when_a_block_arrives(last_of(5, other)).message.code, LN_COAP_2_01);

    CHECK_EQ(ln_server_registration_count(server), 2);
    then_all_is_given_back();
}

TEST(a_block_that_is_not_the_next_is_refused_and_changes_nothing)
{
    given_a_server_and_a_device();
    struct list_block third = last_of(1, how);
    third.block.number = 2;
    struct list_block short_one = first_of(2, how);
    short_one.payload = BYTES("<");

    then_refused(last_of(3, how), LN_COAP_4_08);
    then_refused(short_one, LN_COAP_4_00);
    given_the_first_block(4);
    third.id = 5;
    then_refused(third, LN_COAP_4_08);
    CHECK_EQ(ln_server_counters(server)->incomplete, 2);

    CHECK_EQ(when_a_block_arrives(last_of(6, how)).message.code, LN_COAP_2_01);
    then_all_is_given_back();
}

TEST(what_could_not_be_done_anyhow_is_refused_with_its_first_block)
{
    given_a_server_and_a_device();
    struct list_block non = first_of(1, how);
    non.type = LN_COAP_NON;

    then_refused(non, LN_COAP_4_00);
    then_refused(first_of(2, "POST /rd?lt=60"), LN_COAP_4_00);
    then_refused(first_of(3, "POST /rd?ep=a&lwm2m=9.0"), LN_COAP_4_12);
    then_refused(first_of(4, "POST /rd/nowhere"), LN_COAP_4_04);
    then_refused(first_of(5, "DELETE /rd/nowhere"), LN_COAP_4_04);

    CHECK_EQ(memory_blocks, 2); /* the engine, and room for answers */
    then_all_is_given_back();
}

TEST(a_list_that_is_too_large_is_refused_with_the_size_there_is_room_for)
{
    struct ln_server_config config = config_of_tests();
    config.max_list_body = 24;
    given_a_server_of(&config);
    one = device(1);
    struct list_block announced = first_of(1, how);
    announced.size1 = 25;

    struct sent answer = when_a_block_arrives(announced);
    CHECK_EQ(answer.message.code, LN_COAP_4_13);
    CHECK_EQ(options_of(&answer).size1, 24);
    CHECK_EQ(options_of(&answer).block1.present, true);
    given_the_first_block(2);
    size_t blocks = memory_blocks;
    size_t calls = memory_calls;
    answer = when_a_block_arrives(last_of(3, how));
    CHECK_EQ(memory_calls, calls); /* no memory for what is refused */
    CHECK_EQ(answer.message.code, LN_COAP_4_13);
    CHECK_EQ(options_of(&answer).size1, 24);
    assert_true(memory_blocks < blocks); /* what there was is of no use any more */
    answer = when_a_block_arrives(last_of(3, how));
    CHECK_EQ(answer.message.code, LN_COAP_4_13);
    CHECK_EQ(options_of(&answer).size1, 24);

    CHECK_EQ(ln_server_counters(server)->too_large, 2);
    then_all_is_given_back();
}

TEST(the_answer_to_the_first_block_asks_for_smaller_ones)
{
    static const char large[] = "</1/0>,</3/0>,</5/0>,</33000/7>,";
    struct ln_server_config config = config_of_tests();
    config.block_size = 16;
    given_a_server_of(&config);
    one = device(1);
    struct list_block first = first_of(1, how);
    first.block = block_of(0, true, 1);
    first.payload = ln_bytes_of_text(large);
    struct list_block last = last_of(2, how);
    last.block = block_of(2, false, 0);
    last.payload = BYTES("</6/0>");

    struct sent answer = when_a_block_arrives(first);
    CHECK_EQ(answer.message.code, LN_COAP_2_31);
    then_block(options_of(&answer).block1, 0, true, 0);
    CHECK_EQ(when_a_block_arrives(last).message.code, LN_COAP_2_01);

    then_all_is_given_back();
}

/* What nobody has proved to be may not stay. */
TEST(an_unfinished_list_is_forgotten_after_exchange_lifetime)
{
    given_a_server_and_a_device();
    CHECK_EQ(when_a_block_arrives(first_of(9, "POST /rd?ep=x")).message.code, LN_COAP_2_31);
    ln_time before = now;
    size_t bytes = memory_bytes;

    CHECK_EQ(ln_server_deadline(server), before + 247 * 1000);
    now = before + 247 * 1000 - 1;
    then_it_is_silent();
    CHECK_EQ(memory_bytes, bytes);
    now++;
    then_it_is_silent();

    assert_true(bytes - memory_bytes > 2048);
    CHECK_EQ(ln_server_deadline(server), LN_NEVER);
    then_refused(last_of(2, "POST /rd?ep=x"), LN_COAP_4_08);
    then_all_is_given_back();
}

TEST(a_list_lives_on_from_its_latest_block)
{
    given_a_server_and_a_device();
    struct list_block middle = {.id = 2,
                                .request = how,
                                .block = block_of(1, true, 0),
                                .payload = BYTES("5/0>,</6>,</7>,<")};
    struct list_block last = {
        .id = 4, .request = how, .block = block_of(2, false, 0), .payload = BYTES("/8>")};
    given_the_first_block(1);
    one = device(2);
    given_the_first_block(1);
    one = device(1);
    now += 200 * 1000;
    CHECK_EQ(when_a_block_arrives(middle).message.code, LN_COAP_2_31);

    now += 200 * 1000;

    CHECK_EQ(when_a_block_arrives(last).message.code, LN_COAP_2_01);
    one = device(2);
    then_event(LN_SERVER_REGISTERED);
    then_refused(last_of(5, how), LN_COAP_4_08);
    then_all_is_given_back();
}

/* The second of three blocks, and the third. */
static struct list_block middle_of(uint16_t id)
{
    return (struct list_block){.id = id,
                               .request = how,
                               .block = block_of(1, true, 0),
                               .payload = BYTES("5/0>,</6>,</7>,<")};
}

static struct list_block third_of(uint16_t id)
{
    return (struct list_block){
        .id = id, .request = how, .block = block_of(2, false, 0), .payload = BYTES("/8>")};
}

static void given_two_blocks_of_each(unsigned devices)
{
    for (unsigned i = 1; i <= devices; i++) {
        one = device(i);
        given_the_first_block(1);
        CHECK_EQ(when_a_block_arrives(middle_of(2)).message.code, LN_COAP_2_31);
    }
}

TEST(there_may_be_only_so_many_lists_under_way)
{
    struct ln_server_config config = config_of_tests();
    config.max_list_bodies = 2;
    given_a_server_of(&config);
    given_two_blocks_of_each(2);
    one = device(3);

    then_refused(first_of(1, how), LN_COAP_5_03);
    CHECK_EQ(ln_server_counters(server)->list_bodies_refused, 1);

    one = device(1);
    CHECK_EQ(when_a_block_arrives(third_of(3)).message.code, LN_COAP_2_01);
    events_are_read();
    one = device(3); /* what is only kept for repeats makes way */
    given_the_first_block(2);
    one = device(2);
    CHECK_EQ(when_a_block_arrives(third_of(3)).message.code, LN_COAP_2_01);
    then_all_is_given_back();
}

/* Anyone can send them in anyone's name, without ever seeing an answer. */
TEST(first_blocks_that_nothing_follows_keep_nobody_out)
{
    struct ln_server_config config = config_of_tests();
    config.max_list_bodies = 3;
    given_a_server_of(&config);
    given_two_blocks_of_each(1);

    for (unsigned i = 10; i < 30; i++) {
        one = device(i);
        given_the_first_block(1);
    }
    one = device(2);
    given_the_first_block(1);

    CHECK_EQ(ln_server_counters(server)->list_bodies_refused, 0);
    CHECK_EQ(when_a_block_arrives(last_of(2, how)).message.code, LN_COAP_2_01);
    events_are_read();
    one = device(1); /* who has gone on did not make way, nor did the latest first block */
    CHECK_EQ(when_a_block_arrives(third_of(3)).message.code, LN_COAP_2_01);
    events_are_read();
    one = device(29);
    CHECK_EQ(when_a_block_arrives(last_of(2, how)).message.code, LN_COAP_2_01);
    events_are_read();
    one = device(28);
    then_refused(last_of(2, how), LN_COAP_4_08);
    then_all_is_given_back();
}

TEST(two_sessions_of_one_address_do_not_share_a_list)
{
    given_a_server_and_a_device();
    one.session = 7;
    given_the_first_block(1);

    one.session = 8;
    then_refused(last_of(2, how), LN_COAP_4_08);

    one.session = 7;
    CHECK_EQ(when_a_block_arrives(last_of(3, how)).message.code, LN_COAP_2_01);
    then_all_is_given_back();
}

TEST(a_list_for_which_there_is_no_memory_is_refused_whole)
{
    given_a_server_and_a_device();
    CHECK_EQ(when_a_block_arrives(first_of(99, "POST /rd?ep=x")).message.code, LN_COAP_2_31);

    for (uint16_t left = 0; left < 2; left++) {
        struct datagram d;
        struct list_block first = first_of((uint16_t)(left + 1), how);
        size_t blocks = memory_blocks;
        d = list_block(&first);
        memory_left = left;
        arrives(&one, &d);
        memory_left = SIZE_MAX;
        then_it_answers(LN_COAP_5_03);
        CHECK_EQ(memory_blocks, blocks);
    }
    given_the_first_block(7);
    CHECK_EQ(when_a_block_arrives(last_of(8, how)).message.code, LN_COAP_2_01);
    then_all_is_given_back();
}

TEST(a_long_list_is_put_together_from_many_blocks)
{
    static char list[8 * 1024];
    struct ln_registration_view view;
    size_t length = 0;
    given_a_server_and_a_device();
    for (unsigned i = 0; i < 600; i++) {
        length += (size_t)snprintf(&list[length], sizeof(list) - length, "%s</33000/%u>",
                                   i == 0 ? "" : ",", i);
    }

    for (uint32_t at = 0; at < length; at += 64) {
        struct list_block block = {.id = (uint16_t)(at / 64),
                                   .request = how,
                                   .block = block_of(at / 64, at + 64 < length, 2),
                                   .size1 = at == 0 ? (uint32_t)length : 0};
        block.payload = ln_bytes(&list[at], length - at < 64 ? length - at : 64);
        CHECK_EQ(when_a_block_arrives(block).message.code,
                 block.block.more ? LN_COAP_2_31 : LN_COAP_2_01);
    }

    ln_registration_get(then_event(LN_SERVER_REGISTERED).registration, &view);
    CHECK_EQ(view.object_count, 600);
    CHECK_EQ(view.objects[599].instance, 599);
    then_all_is_given_back();
}

int list_blocks_tests(void)
{
    static const struct CMUnitTest list_blocks_group[] = {
        cmocka_unit_test(a_register_in_blocks_registers_with_its_last_block),
        cmocka_unit_test(a_list_may_end_with_an_empty_block),
        cmocka_unit_test(a_copy_of_a_block_is_answered_as_before),
        cmocka_unit_test(a_late_copy_of_the_first_block_does_not_begin_anew),
        cmocka_unit_test(the_last_block_under_a_new_message_id_has_the_answer_of_before),
        cmocka_unit_test(while_the_answer_to_a_list_is_held_its_last_block_stays_unanswered),
        cmocka_unit_test(a_refused_list_is_refused_again),
        cmocka_unit_test(a_register_in_blocks_and_again_in_blocks),
        cmocka_unit_test(a_new_first_block_begins_anew),
        cmocka_unit_test(an_update_in_blocks_changes_the_list),
        cmocka_unit_test(lists_under_way_at_the_same_time_are_not_mixed),
        cmocka_unit_test(a_block_that_is_not_the_next_is_refused_and_changes_nothing),
        cmocka_unit_test(what_could_not_be_done_anyhow_is_refused_with_its_first_block),
        cmocka_unit_test(a_list_that_is_too_large_is_refused_with_the_size_there_is_room_for),
        cmocka_unit_test(the_answer_to_the_first_block_asks_for_smaller_ones),
        cmocka_unit_test(an_unfinished_list_is_forgotten_after_exchange_lifetime),
        cmocka_unit_test(a_list_lives_on_from_its_latest_block),
        cmocka_unit_test(there_may_be_only_so_many_lists_under_way),
        cmocka_unit_test(first_blocks_that_nothing_follows_keep_nobody_out),
        cmocka_unit_test(two_sessions_of_one_address_do_not_share_a_list),
        cmocka_unit_test(a_list_for_which_there_is_no_memory_is_refused_whole),
        cmocka_unit_test(a_long_list_is_put_together_from_many_blocks),
    };

    return RUN_TESTS(list_blocks_group);
}
