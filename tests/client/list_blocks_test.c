/* Register and Update with an object list that is longer than a datagram. */

#include "blocks_support.h"

enum { LIST_MAX = 8000 };

static char list[LIST_MAX];
static size_t list_len;
static struct ln_coap_message m;
static struct ln_coap_options o;

/* Many instances, a link that is up, the Register not yet sent. As f.config is now. */
static void given_it_registers(uint16_t instances)
{
    memset(f.servers, 0, sizeof(f.servers));
    many = instances;
    CHECK_OK(ln_client_init(&f.client, sizeof(f.client), &f.config));
    ln_client_start(&f.client, f.now);
    link_goes_up();
    list_len = 0;
}

static void given_a_long_list(uint16_t instances)
{
    given_a_client_with_blocks();
    given_it_registers(instances);
}

static void next_block(void)
{
    CHECK(client_sends(&m));
    CHECK(f.datagram_len <= f.config.datagram_size);
    CHECK_OK(ln_coap_options(&m, &o));
}

static void keep(void)
{
    size_t at = (size_t)o.block1.number << (o.block1.size_exponent + 4);

    CHECK_EQ(at, list_len);
    CHECK(at + m.payload.len < sizeof(list));
    memcpy(list + at, m.payload.at, m.payload.len);
    list_len += m.payload.len;
    list[list_len] = '\0';
}

static void answer(uint8_t code, uint8_t exponent)
{
    uint8_t datagram[128];
    struct ln_coap_builder b = ln_coap_answer(datagram, sizeof(datagram), &m, code, 0);
    struct ln_coap_block block = o.block1;

    if (code == LN_COAP_2_01) {
        ln_coap_add_text(&b, LN_COAP_LOCATION_PATH, "rd");
        ln_coap_add_text(&b, LN_COAP_LOCATION_PATH, "7");
    }
    block.size_exponent = exponent;
    ln_coap_add_block(&b, LN_COAP_BLOCK1, block);
    client_receives(ln_bytes(datagram, ln_coap_finish(&b)));
}

/* Takes blocks up to the last, answers all but that one. */
static void take_all_but_the_last_answer(uint8_t exponent)
{
    do {
        next_block();
        keep();
        if (o.block1.more) {
            CHECK_EQ(m.payload.len, 16U << o.block1.size_exponent);
            answer(LN_COAP_2_31,
                   exponent < o.block1.size_exponent ? exponent : o.block1.size_exponent);
        }
    } while (o.block1.more);
}

/* Every instance once, in order. */
static void check_list(uint16_t instances)
{
    struct ln_object_list_reader reader;
    struct ln_object_link link;
    uint16_t next = 0;

    CHECK_OK(ln_object_list_open(ln_bytes(list, list_len), &reader));
    while (ln_object_list_next(&reader, &link)) {
        if (link.object == 33001) {
            CHECK_EQ(link.instance, next);
            next++;
        }
    }
    CHECK_EQ(next, instances);
}

TEST(registers_with_a_long_list_in_blocks)
{
    given_a_long_list(300);
    next_block();
    CHECK(o.block1.present && o.block1.more);
    CHECK_EQ(o.block1.number, 0);
    CHECK_EQ(o.block1.size_exponent, 6);
    CHECK_EQ(o.content_format, LN_FORMAT_LINK);
    assert_string_equal(option_of(&m, LN_COAP_URI_QUERY, 0), "ep=urn:dev:1");
    uint32_t size = o.size1;
    keep();
    answer(LN_COAP_2_31, 6);
    take_all_but_the_last_answer(6);
    assert_string_equal(option_of(&m, LN_COAP_URI_QUERY, 0), "ep=urn:dev:1");
    CHECK_EQ(list_len, size);
    check_list(300);
    no_more_events();
    answer(LN_COAP_2_01, 6);
    CHECK(client_tells(LN_CLIENT_REGISTERED));
    CHECK(!client_sends(&m));
}

TEST(goes_on_with_smaller_blocks_when_the_server_wants_them)
{
    given_a_long_list(300);
    take_all_but_the_last_answer(2);
    CHECK_EQ(o.block1.size_exponent, 2);
    check_list(300);
    answer(LN_COAP_2_01, 2);
    CHECK(client_tells(LN_CLIENT_REGISTERED));
}

TEST(cuts_blocks_no_larger_than_it_was_told_to)
{
    given_a_client_with_blocks();
    f.config.block_size = 64;
    given_it_registers(20);
    next_block();
    CHECK_EQ(o.block1.size_exponent, 2);
    keep();
    answer(LN_COAP_2_31, 2);
    take_all_but_the_last_answer(6);
    CHECK_EQ(o.block1.size_exponent, 2);
    check_list(20);
    given_it_registers(0); /* no more than a block */
    next_block();
    CHECK(!o.block1.present);
    CHECK(m.payload.len <= 64);
    f.config.block_size = 32;
    given_it_registers(0);
    next_block();
    CHECK_EQ(o.block1.size_exponent, 1);
}

TEST(cuts_blocks_that_fit_its_datagrams)
{
    given_a_client_with_blocks();
    f.config.datagram_size = 128;
    given_it_registers(20);
    take_all_but_the_last_answer(6);
    CHECK(o.block1.size_exponent <= 2);
    check_list(20);
}

/* Whatever the room, the list comes whole: in blocks, or in one piece where it just fits. */
TEST(finds_the_edge_between_one_piece_and_blocks)
{
    unsigned whole = 0;

    given_a_client_with_blocks();
    for (uint16_t size = 200; size < 500; size++) {
        f.config.datagram_size = size;
        given_it_registers(20);
        take_all_but_the_last_answer(6);
        check_list(20);
        whole += !o.block1.present;
        CHECK(!o.block1.present || whole == 0);
        CHECK(whole != 1 || f.datagram_len == size);
    }
    CHECK(whole > 0 && whole < 300);
}

TEST(sends_a_block_again_that_got_no_answer_and_then_starts_over_later)
{
    uint16_t id;

    given_a_long_list(300);
    next_block();
    answer(LN_COAP_2_31, 6);
    next_block();
    for (int i = 0; i < 4; i++) {
        id = m.id;
        while (m.id == id) {
            CHECK_EQ(o.block1.number, 1);
            f.now = ln_client_deadline(&f.client);
            next_block();
        }
        no_more_events();
    }
    for (int copies = 0; copies < 4; copies++) {
        f.now = ln_client_deadline(&f.client);
        next_block();
        CHECK_EQ(o.block1.number, 1);
    }
    f.now = ln_client_deadline(&f.client);
    CHECK(!client_sends(&m));
    CHECK(client_tells(LN_CLIENT_LOST));
    CHECK(client_tells(LN_CLIENT_CLOSE));

    f.now = ln_client_deadline(&f.client);
    CHECK(!client_sends(&m));
    link_goes_up();
    take_all_but_the_last_answer(6); /* from the beginning */
    check_list(300);
}

TEST(a_reset_of_a_block_is_a_loss_at_once)
{
    uint8_t reset[4];

    given_a_long_list(300);
    next_block();
    client_receives(ln_bytes(reset, ln_coap_empty(reset, 4, LN_COAP_RST, m.id)));
    CHECK(client_tells(LN_CLIENT_LOST));
    CHECK(!client_sends(&m));
}

TEST(fails_when_the_server_confirms_a_block_that_was_not_sent)
{
    given_a_long_list(300);
    next_block();
    o.block1.number = 5;
    answer(LN_COAP_2_31, 6);
    CHECK(client_tells(LN_CLIENT_LOST));
}

TEST(goes_on_after_a_block_that_was_sent_again)
{
    given_a_long_list(300);
    next_block();
    uint16_t id = m.id;
    while (m.id == id) {
        f.now = ln_client_deadline(&f.client);
        next_block();
    }
    CHECK_EQ(o.block1.number, 0);
    keep();
    answer(LN_COAP_2_31, 6);
    take_all_but_the_last_answer(6);
    check_list(300);
}

TEST(begins_again_once_when_the_server_has_lost_blocks)
{
    given_a_long_list(300);
    for (int i = 0; i < 2; i++) {
        next_block();
        CHECK_EQ(o.block1.number, 0);
        answer(LN_COAP_2_31, 6);
        next_block();
        no_more_events();
        answer(LN_COAP_4_08, 6);
    }
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(f.event.code, LN_COAP_4_08);
}

TEST(begins_again_when_the_list_changes_between_blocks)
{
    given_a_long_list(300);
    next_block();
    many = 310;
    answer(LN_COAP_2_31, 5);
    take_all_but_the_last_answer(6);
    CHECK_EQ(o.block1.size_exponent, 5); /* what the server asked for is kept */
    check_list(310);
    answer(LN_COAP_2_01, 6);
    CHECK(client_tells(LN_CLIENT_REGISTERED));
    CHECK(!client_sends(&m)); /* and has nothing to add */
}

/* An answer to a Register in one piece: 4.13, with a size of blocks, and Size1 if not 0. */
static void answer_too_large(uint8_t exponent, uint32_t size1)
{
    uint8_t datagram[64];
    struct ln_coap_builder b = ln_coap_answer(datagram, sizeof(datagram), &m, LN_COAP_4_13, 0);

    ln_coap_add_block(&b, LN_COAP_BLOCK1,
                      (struct ln_coap_block){.size_exponent = exponent, .present = true});
    if (size1 > 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE1, size1);
    }
    client_receives(ln_bytes(datagram, ln_coap_finish(&b)));
}

TEST(cuts_a_list_that_fits_a_datagram_when_the_server_asks_for_blocks)
{
    given_a_long_list(20);
    next_block();
    CHECK(!o.block1.present);
    answer_too_large(1, 2000);
    take_all_but_the_last_answer(6);
    CHECK_EQ(o.block1.size_exponent, 1);
    check_list(20);
    answer(LN_COAP_2_01, 1);
    CHECK(client_tells(LN_CLIENT_REGISTERED));
}

TEST(gives_in_when_the_server_has_no_room_for_the_list)
{
    given_a_long_list(20);
    next_block();
    answer_too_large(1, 100);
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(f.event.code, LN_COAP_4_13);
}

TEST(leaves_though_the_server_calls_that_too_large)
{
    given_a_client_with_blocks();
    ln_client_stop(&f.client, f.now);
    next_block();
    CHECK_EQ(m.code, LN_COAP_DELETE);
    answer_too_large(1, 0);
    CHECK(!client_sends(&m));
    CHECK(client_tells(LN_CLIENT_DEREGISTERED));
}

TEST(a_refusal_of_any_block_is_a_refusal_of_the_register)
{
    given_a_long_list(300);
    next_block();
    answer(LN_COAP_4_03, 6);
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(f.event.code, LN_COAP_4_03);
}

TEST(updates_with_a_long_list_in_blocks_that_all_say_the_same)
{
    given_a_client_with_blocks();
    many = 300;
    f.account[0].lifetime = 600;
    list_len = 0;
    ln_client_changed(&f.client, f.now, ln_path_object(33001));
    do {
        next_block();
        assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 1), "5a");
        assert_string_equal(option_of(&m, LN_COAP_URI_QUERY, 0), "lt=600");
        keep();
        if (o.block1.more) {
            answer(LN_COAP_2_31, 6);
        }
    } while (o.block1.more);
    check_list(300);
    answer(LN_COAP_2_04, 6);
    CHECK(client_tells(LN_CLIENT_UPDATED));
    CHECK(!client_sends(&m));
}

/* All blocks but the last are answered: what comes next must say the same again. */
static void given_an_update_up_to_its_last_block(void)
{
    given_a_client_with_blocks();
    many = 300;
    f.account[0].lifetime = 600;
    list_len = 0;
    ln_client_changed(&f.client, f.now, ln_path_object(33001));
    take_all_but_the_last_answer(6);
    CHECK(o.block1.number > 0);
}

TEST(the_last_block_of_an_update_that_got_no_answer_is_sent_again)
{
    given_an_update_up_to_its_last_block();
    uint32_t number = o.block1.number;
    uint16_t id = m.id;
    while (m.id == id) {
        f.now = ln_client_deadline(&f.client);
        next_block();
    }
    CHECK(o.block1.present);
    CHECK_EQ(o.block1.number, number);
    CHECK_EQ(o.content_format, LN_FORMAT_LINK);
    assert_string_equal(option_of(&m, LN_COAP_URI_QUERY, 0), "lt=600");
    answer(LN_COAP_2_04, 6);
    CHECK(client_tells(LN_CLIENT_UPDATED));
    CHECK(!client_sends(&m));
}

TEST(an_update_whose_blocks_were_lost_with_the_last_begins_again)
{
    given_an_update_up_to_its_last_block();
    answer(LN_COAP_4_08, 6);

    list_len = 0;
    take_all_but_the_last_answer(6);
    assert_string_equal(option_of(&m, LN_COAP_URI_QUERY, 0), "lt=600");
    check_list(300);
    answer(LN_COAP_2_04, 6);
    CHECK(client_tells(LN_CLIENT_UPDATED));
    CHECK(!client_sends(&m));
}

static void when_the_list_becomes(uint16_t instances)
{
    many = instances;
    list_len = 0;
    ln_client_changed(&f.client, f.now, ln_path_object(33001));
    take_all_but_the_last_answer(6);
    check_list(instances);
    answer(LN_COAP_2_04, 6);
    CHECK(client_tells(LN_CLIENT_UPDATED));
}

TEST(a_list_that_is_again_as_it_was_before_is_sent_whole)
{
    given_a_client_with_blocks();
    when_the_list_becomes(300);
    ln_client_update(&f.client, f.now);
    next_block();
    answer(LN_COAP_2_04, 0);
    CHECK(client_tells(LN_CLIENT_UPDATED));
    when_the_list_becomes(310);
    when_the_list_becomes(300);
    CHECK(!client_sends(&m));
}

TEST(without_the_part_for_blocks_a_long_list_is_refused_by_the_client_itself)
{
    given_a_client_with_blocks();
    f.config.blocks = NULL;
    given_it_registers(300);
    CHECK(!client_sends(&m));
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(f.event.code, LN_COAP_4_13);
}

TEST(with_blocks_for_requests_only_a_list_goes_in_one_piece_or_not_at_all)
{
    given_a_client_with_blocks();
    blocks.calls = &ln_client_request_blocks_calls;
    given_it_registers(300);
    CHECK(!client_sends(&m));
    CHECK(client_tells(LN_CLIENT_REFUSED));
    CHECK_EQ(f.event.code, LN_COAP_4_13);
    given_it_registers(3);
    next_block();
    CHECK(!o.block1.present);
    keep();
    check_list(3);
}

int list_blocks_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_with_a_long_list_in_blocks),
        cmocka_unit_test(goes_on_with_smaller_blocks_when_the_server_wants_them),
        cmocka_unit_test(cuts_blocks_no_larger_than_it_was_told_to),
        cmocka_unit_test(cuts_blocks_that_fit_its_datagrams),
        cmocka_unit_test(finds_the_edge_between_one_piece_and_blocks),
        cmocka_unit_test(a_reset_of_a_block_is_a_loss_at_once),
        cmocka_unit_test(fails_when_the_server_confirms_a_block_that_was_not_sent),
        cmocka_unit_test(sends_a_block_again_that_got_no_answer_and_then_starts_over_later),
        cmocka_unit_test(goes_on_after_a_block_that_was_sent_again),
        cmocka_unit_test(begins_again_once_when_the_server_has_lost_blocks),
        cmocka_unit_test(begins_again_when_the_list_changes_between_blocks),
        cmocka_unit_test(cuts_a_list_that_fits_a_datagram_when_the_server_asks_for_blocks),
        cmocka_unit_test(gives_in_when_the_server_has_no_room_for_the_list),
        cmocka_unit_test(leaves_though_the_server_calls_that_too_large),
        cmocka_unit_test(a_refusal_of_any_block_is_a_refusal_of_the_register),
        cmocka_unit_test(updates_with_a_long_list_in_blocks_that_all_say_the_same),
        cmocka_unit_test(the_last_block_of_an_update_that_got_no_answer_is_sent_again),
        cmocka_unit_test(an_update_whose_blocks_were_lost_with_the_last_begins_again),
        cmocka_unit_test(a_list_that_is_again_as_it_was_before_is_sent_whole),
        cmocka_unit_test(
            without_the_part_for_blocks_a_long_list_is_refused_by_the_client_itself),
        cmocka_unit_test(with_blocks_for_requests_only_a_list_goes_in_one_piece_or_not_at_all),
    };

    return RUN_TESTS(tests);
}
