/* The Firmware Update object: what is pushed, pulled, taken back, applied, and each result. */

#include "firmware_support.h"

enum { BLOCK = 256 };

static struct ln_coap_message push_block(uint8_t code, const char *path, uint16_t format,
                                         uint32_t number, bool more, struct ln_bytes payload)
{
    return ask_block(&(struct block_question){.code = code,
                                              .path = path,
                                              .format = format,
                                              .block1 = {number, 4, more, true},
                                              .payload = payload});
}

static uint8_t push_part(uint32_t number, bool more, size_t len)
{
    return push_block(LN_COAP_PUT, "/5/0/0", LN_FORMAT_OPAQUE, number, more,
                      part_of_image((size_t)number * BLOCK, len))
        .code;
}

/* 700 bytes in three blocks; the code that answers the last. */
static uint8_t push(void)
{
    CHECK_EQ(push_part(0, true, BLOCK), LN_COAP_2_31);
    CHECK_EQ(push_part(1, true, BLOCK), LN_COAP_2_31);
    return push_part(2, false, 700 - 2 * BLOCK);
}

static void the_sink_has_the_image(size_t len)
{
    CHECK_EQ(sink.got, len);
    assert_memory_equal(sink.image, part_of_image(0, len).at, len);
}

static const char *read_text(const char *path)
{
    static char text[64];
    struct ln_coap_message m = read_path(path, LN_FORMAT_TEXT);

    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK(ln_bytes_to_text(m.payload, text, sizeof(text)));
    return text;
}

/* ---- Pushed ---- */

TEST(a_pushed_image_goes_to_the_app_block_by_block)
{
    given_a_client_with_firmware();

    CHECK_EQ(push_part(0, true, BLOCK), LN_COAP_2_31);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADING, LN_FIRMWARE_OK);
    CHECK_EQ(sink.got, BLOCK);
    CHECK_EQ(push_part(1, false, 100), LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
    CHECK_EQ(sink.ended, 1);
    the_sink_has_the_image(BLOCK + 100);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    CHECK(ln_path_equal(f.event.path, ln_path_resource(5, 0, 0)));
    assert_string_equal(read_text("/5/0/6"), "app");
    assert_string_equal(read_text("/5/0/7"), "2.0");
}

TEST(a_small_image_may_come_in_one_piece)
{
    given_a_client_with_firmware();

    CHECK_EQ(write_path("/5/0/0", LN_FORMAT_OPAQUE, part_of_image(0, 20)).code, LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
    CHECK_EQ(sink.size, 20);
    the_sink_has_the_image(20);
}

/* A head of kind, id and a length of two bytes; then 700 bytes. */
static void pushes_as_tlv(uint8_t code, const char *path, struct ln_bytes heads)
{
    uint8_t first[BLOCK];
    struct ln_writer w = ln_writer(first, sizeof(first));
    size_t at = BLOCK - heads.len;

    given_a_client_with_firmware();
    ln_write_bytes(&w, heads);
    ln_write_bytes(&w, part_of_image(0, at));
    CHECK_EQ(push_block(code, path, LN_FORMAT_TLV, 0, true, ln_bytes(first, BLOCK)).code,
             LN_COAP_2_31);
    CHECK_EQ(sink.size, 700);
    CHECK_EQ(push_block(code, path, LN_FORMAT_TLV, 1, true, part_of_image(at, BLOCK)).code,
             LN_COAP_2_31);
    at += BLOCK;
    CHECK_EQ(push_block(code, path, LN_FORMAT_TLV, 2, false, part_of_image(at, 700 - at)).code,
             LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
    the_sink_has_the_image(700);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    CHECK(ln_path_equal(f.event.path, ln_path_resource(5, 0, 0)));
}

TEST(an_image_in_tlv_flows_too)
{
    pushes_as_tlv(LN_COAP_PUT, "/5/0/0", BYTES("\xD0\x00\x02\xBC"));
    pushes_as_tlv(LN_COAP_PUT, "/5/0", BYTES("\xD0\x00\x02\xBC"));
    pushes_as_tlv(LN_COAP_POST, "/5/0", BYTES("\xD0\x00\x02\xBC"));
    pushes_as_tlv(LN_COAP_POST, "/5/0", BYTES("\x10\x00\x02\xC0\xD0\x00\x02\xBC"));
    pushes_as_tlv(LN_COAP_POST, "/5/0", BYTES("\x18\x00\x00\x02\xC1\xD8\x00\x00\x02\xBC"));
}

TEST(a_tlv_that_ends_elsewhere_than_its_value_is_refused)
{
    uint8_t first[BLOCK];
    static const struct {
        const char *head;
        size_t len; /* of the second block, the last */
    } cases[] = {
        {"\xD0\x00\x01\x10", BLOCK}, {"\xD0\x00\x01\x10", 10}, {"\xD0\x00\x02\xBC", 20}};

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        struct ln_writer w = ln_writer(first, sizeof(first));
        given_a_client_with_firmware();
        ln_write_bytes(&w, ln_bytes(cases[i].head, 4));
        ln_write_bytes(&w, part_of_image(0, BLOCK - 4));
        CHECK_EQ(
            push_block(LN_COAP_PUT, "/5/0/0", LN_FORMAT_TLV, 0, true, ln_bytes(first, BLOCK))
                .code,
            LN_COAP_2_31);
        CHECK_EQ(push_block(LN_COAP_PUT, "/5/0/0", LN_FORMAT_TLV, 1, false,
                            part_of_image(0, cases[i].len))
                     .code,
                 LN_COAP_4_00);
        CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_CONNECTION_LOST);
        CHECK_EQ(sink.abandoned, 1);
        CHECK_EQ(f.client.stats.refused_requests, 1);
    }
}

TEST(values_beside_an_image_in_tlv_are_put_together_first)
{
    uint8_t first[BLOCK];
    struct ln_writer w = ln_writer(first, sizeof(first));

    given_a_client_with_firmware();
    ln_write_bytes(&w, BYTES("\xC0\x01\xD0\x00\x01\x00")); /* an empty URI, and 256 bytes */
    ln_write_bytes(&w, part_of_image(0, BLOCK - 6));
    CHECK_EQ(
        push_block(LN_COAP_POST, "/5/0", LN_FORMAT_TLV, 0, true, ln_bytes(first, BLOCK)).code,
        LN_COAP_2_31);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_OK);
    CHECK_EQ(
        push_block(LN_COAP_POST, "/5/0", LN_FORMAT_TLV, 1, false, part_of_image(BLOCK - 6, 6))
            .code,
        LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
    the_sink_has_the_image(BLOCK);
}

TEST(an_app_that_is_not_ready_is_given_the_same_again)
{
    struct ln_coap_message m;

    given_a_client_with_firmware();
    sink.begin_says = LN_FIRMWARE_WAIT; /* a flash that is being erased */
    CHECK_EQ(push_part(0, true, BLOCK), 0);
    sink.begin_says = LN_FIRMWARE_OK;
    sink.chunk_says = LN_FIRMWARE_WAIT;
    ln_client_resume(&f.client);
    CHECK(!client_sends(&m));
    sink.chunk_says = LN_FIRMWARE_OK;
    ln_client_resume(&f.client);
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_2_31);
    CHECK_EQ(push_part(1, false, 10), LN_COAP_2_04);
    the_sink_has_the_image(BLOCK + 10);
    CHECK_EQ(sink.begun, 1);
}

TEST(no_bytes_or_one_zero_take_the_image_back)
{
    static const struct {
        uint16_t format;
        struct ln_bytes nothing;
    } cases[] = {{LN_FORMAT_OPAQUE, {(const uint8_t *)"", 1}},
                 {LN_FORMAT_OPAQUE, {NULL, 0}},
                 {LN_FORMAT_TLV, {(const uint8_t *)"\xC1\x00\x00", 3}},
                 {LN_FORMAT_TLV, {(const uint8_t *)"\xC0\x00", 2}}};

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        given_a_client_with_firmware();
        CHECK_EQ(push(), LN_COAP_2_04);
        CHECK_EQ(write_path("/5/0/0", cases[i].format, cases[i].nothing).code, LN_COAP_2_04);
        CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_OK);
        CHECK_EQ(sink.abandoned, 1);
        CHECK_EQ(sink.begun, 1); /* nothing is erased to take back */
        CHECK_EQ(read_path("/5/0/6", LN_FORMAT_TEXT).code, LN_COAP_4_04);
    }
}

TEST(another_image_takes_the_place_of_one_that_is_there)
{
    given_a_client_with_firmware();
    CHECK_EQ(push(), LN_COAP_2_04);

    CHECK_EQ(push(), LN_COAP_2_04);
    CHECK_EQ(sink.abandoned, 1);
    the_sink_has_the_image(700);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
}

/* What the app, or the bound, says; the code for the server; what the state is then. */
TEST(what_is_wrong_with_a_pushed_image_is_its_result)
{
    static const struct {
        uint8_t begin, chunk, end;
        uint8_t code;
        uint8_t result;
    } cases[] = {
        {LN_FIRMWARE_NO_SPACE, 0, 0, LN_COAP_4_13, LN_FIRMWARE_NO_SPACE},
        {LN_FIRMWARE_NO_MEMORY, 0, 0, LN_COAP_5_00, LN_FIRMWARE_NO_MEMORY},
        {0, LN_FIRMWARE_NO_SPACE, 0, LN_COAP_4_13, LN_FIRMWARE_NO_SPACE},
        {0, LN_FIRMWARE_NO_MEMORY, 0, LN_COAP_5_00, LN_FIRMWARE_NO_MEMORY},
        {0, LN_FIRMWARE_WRONG_PACKAGE, 0, LN_COAP_4_00, LN_FIRMWARE_WRONG_PACKAGE},
        {0, 0, LN_FIRMWARE_DAMAGED, LN_COAP_4_00, LN_FIRMWARE_DAMAGED},
        {0, 0, LN_FIRMWARE_WRONG_PACKAGE, LN_COAP_4_00, LN_FIRMWARE_WRONG_PACKAGE},
    };

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        given_a_client_with_firmware();
        sink.begin_says = cases[i].begin;
        sink.chunk_says = cases[i].chunk;
        sink.end_says = cases[i].end;
        CHECK_EQ(push_part(0, false, 99), cases[i].code);
        CHECK_STATE(LN_FIRMWARE_IDLE, cases[i].result);
        CHECK_EQ(sink.abandoned, sink.begun);
        CHECK_EQ(f.client.stats.refused_requests, 1);
        no_more_events();
        sink.begin_says = sink.chunk_says = sink.end_says = LN_FIRMWARE_OK;
        CHECK_EQ(push(), LN_COAP_2_04);
        CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
    }
}

TEST(an_image_that_is_said_to_be_too_large_is_refused_at_once)
{
    given_a_client_with_firmware();

    struct ln_coap_message m = ask(&(struct question){.code = LN_COAP_PUT,
                                                      .path = "/5/0/0",
                                                      .accept = LN_FORMAT_NONE,
                                                      .format = LN_FORMAT_OPAQUE,
                                                      .payload = part_of_image(0, BLOCK),
                                                      .block1 = {0, 4, true, true},
                                                      .size1 = IMAGE_MAX + 1});
    CHECK_EQ(m.code, LN_COAP_4_13);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_NO_SPACE);
    CHECK_EQ(sink.begun, 0);
}

TEST(an_image_that_turns_out_too_large_is_refused_then)
{
    given_a_client_with_firmware();
    firmware.largest = 600;

    CHECK_EQ(push(), LN_COAP_4_13);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_NO_SPACE);
    CHECK_EQ(sink.abandoned, 1);
}

TEST(a_push_that_ends_in_the_middle_is_a_lost_connection)
{
    given_a_client_with_firmware();

    CHECK_EQ(push_part(0, true, BLOCK), LN_COAP_2_31);
    struct ln_coap_message m;
    after(ln_coap_exchange_lifetime(&ln_coap_parameters_default));
    while (client_sends(&m)) {
        server_answers(&m, LN_COAP_2_04, NULL);
    }
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_CONNECTION_LOST);
    CHECK_EQ(sink.abandoned, 1);
}

TEST(a_link_that_breaks_during_a_push_is_a_lost_connection)
{
    given_a_client_with_firmware();

    CHECK_EQ(push_part(0, true, BLOCK), LN_COAP_2_31);
    ln_client_link_down(&f.client, f.now, 0, LN_LINK_FAILED, 0);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_CONNECTION_LOST);
}

TEST(a_uri_takes_the_place_of_a_push_under_way)
{
    given_a_client_with_firmware();

    CHECK_EQ(push_part(0, true, BLOCK), LN_COAP_2_31);
    CHECK_EQ(write_text("/5/0/1", "coap://192.0.2.1/image").code, LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADING, LN_FIRMWARE_OK);
    CHECK_EQ(sink.abandoned, 1);
    CHECK_EQ(push_part(1, false, 10), LN_COAP_4_08);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADING, LN_FIRMWARE_OK);
    CHECK(ln_firmware_fetches(&firmware));
}

TEST(an_app_may_take_its_time_to_look_at_the_whole)
{
    given_a_client_with_firmware();
    sink.end_says = LN_FIRMWARE_WAIT;
    CHECK_EQ(push(), LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADING, LN_FIRMWARE_OK);
    CHECK_EQ(execute("/5/0/2", "").code, LN_COAP_4_05);
    ln_firmware_checked(&firmware, LN_FIRMWARE_OK);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);

    CHECK_EQ(push(), LN_COAP_2_04);
    ln_firmware_checked(&firmware, LN_FIRMWARE_DAMAGED);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_DAMAGED);

    CHECK_EQ(push(), LN_COAP_2_04);
    CHECK_EQ(write_path("/5/0/0", LN_FORMAT_OPAQUE, BYTES("\0")).code, LN_COAP_2_04);
    ln_firmware_checked(&firmware, LN_FIRMWARE_OK);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_OK);
    CHECK_EQ(sink.abandoned, 3);
}

/* ---- Pulled ---- */

static void given_it_fetches(void)
{
    given_a_client_with_firmware();
    CHECK_EQ(write_text("/5/0/1", "coap://192.0.2.1/image").code, LN_COAP_2_04);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    CHECK_EQ(sink.fetched, 1);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADING, LN_FIRMWARE_OK);
}

TEST(an_image_is_fetched_from_the_uri_that_was_written)
{
    given_it_fetches();

    assert_string_equal(read_text("/5/0/1"), "coap://192.0.2.1/image");
    CHECK_OK(ln_firmware_begin(&firmware, 700));
    CHECK_OK(ln_firmware_chunk(&firmware, 0, part_of_image(0, 500)));
    CHECK_OK(ln_firmware_chunk(&firmware, 500, part_of_image(500, 200)));
    CHECK_OK(ln_firmware_end(&firmware));
    CHECK_EQ(sink.size, 700);
    the_sink_has_the_image(700);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
}

TEST(an_image_that_has_changed_is_fetched_anew)
{
    given_it_fetches();

    CHECK_OK(ln_firmware_begin(&firmware, 700));
    CHECK_OK(ln_firmware_chunk(&firmware, 0, part_of_image(0, 500)));
    CHECK_OK(ln_firmware_begin(&firmware, 300));
    CHECK_EQ(sink.abandoned, 1);
    CHECK_OK(ln_firmware_chunk(&firmware, 0, part_of_image(0, 300)));
    CHECK_OK(ln_firmware_end(&firmware));
    the_sink_has_the_image(300);
}

TEST(who_fetches_says_what_is_wrong)
{
    for (uint8_t result = LN_FIRMWARE_NO_SPACE; result <= LN_FIRMWARE_NO_PROTOCOL; result++) {
        given_it_fetches();
        CHECK_OK(ln_firmware_begin(&firmware, 0));
        CHECK_OK(ln_firmware_chunk(&firmware, 0, part_of_image(0, 100)));
        ln_firmware_fail(&firmware, (enum ln_firmware_result)result);
        CHECK_STATE(LN_FIRMWARE_IDLE, result);
        CHECK_EQ(sink.abandoned, 1);
        CHECK_ERR(ln_firmware_chunk(&firmware, 100, part_of_image(100, 1)), LN_ERR_NOT_ALLOWED);
        CHECK_ERR(ln_firmware_end(&firmware), LN_ERR_NOT_ALLOWED);
    }
}

TEST(an_empty_image_is_none)
{
    given_it_fetches();

    CHECK_OK(ln_firmware_begin(&firmware, 0));
    CHECK_ERR(ln_firmware_end(&firmware), LN_ERR_BAD_VALUE);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_WRONG_PACKAGE);
}

TEST(a_busy_app_delays_what_is_fetched)
{
    given_it_fetches();

    CHECK_OK(ln_firmware_begin(&firmware, 0));
    sink.chunk_says = LN_FIRMWARE_WAIT;
    CHECK_ERR(ln_firmware_chunk(&firmware, 0, part_of_image(0, 100)), LN_ERR_BUSY);
    sink.chunk_says = LN_FIRMWARE_OK;
    CHECK_ERR(ln_firmware_chunk(&firmware, 100, part_of_image(0, 100)), LN_ERR_INCOMPLETE);
    CHECK_OK(ln_firmware_chunk(&firmware, 0, part_of_image(0, 100)));
}

TEST(an_empty_uri_takes_back_what_is_fetched_or_there)
{
    given_it_fetches();
    CHECK_EQ(write_text("/5/0/1", "").code, LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_OK);
    CHECK_EQ(sink.fetched, 1);
    CHECK_ERR(ln_firmware_begin(&firmware, 0), LN_ERR_NOT_ALLOWED);
    assert_string_equal(read_text("/5/0/1"), "");

    CHECK_EQ(push(), LN_COAP_2_04);
    CHECK_EQ(write_text("/5/0/1", "").code, LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_OK);
    CHECK_EQ(sink.abandoned, 1);
}

TEST(a_uri_that_will_not_do_is_written_and_has_a_result)
{
    given_a_client_with_firmware();

    sink.fetch_says = LN_FIRMWARE_BAD_URI;
    CHECK_EQ(write_text("/5/0/1", "coap:///").code, LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_BAD_URI);
    assert_string_equal(read_text("/5/0/1"), "coap:///");
}

TEST(a_device_that_cannot_fetch_has_no_protocol_for_a_uri)
{
    static const struct ln_firmware_calls none = {NULL, NULL, NULL, NULL, NULL};

    given_a_client_with_firmware();
    firmware.calls = &none;
    CHECK_EQ(write_text("/5/0/1", "coap://192.0.2.1/image").code, LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_NO_PROTOCOL);
}

TEST(a_uri_of_more_than_255_bytes_is_refused_and_changes_nothing)
{
    char uri[257];

    given_it_fetches();
    memset(uri, 'a', sizeof(uri));
    uri[256] = '\0';
    CHECK_EQ(write_text("/5/0/1", uri).code, LN_COAP_4_00);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADING, LN_FIRMWARE_OK);
    assert_string_equal(read_text("/5/0/1"), "coap://192.0.2.1/image");
    uri[255] = '\0';
    CHECK_EQ(write_text("/5/0/1", uri).code, LN_COAP_2_04);
    CHECK_EQ(strlen(firmware.uri), 255);
}

/* ---- The update ---- */

TEST(update_is_executed_only_once_an_image_is_there)
{
    given_a_client_with_firmware();

    CHECK_EQ(execute("/5/0/2", "").code, LN_COAP_4_05);
    CHECK_EQ(push_part(0, true, BLOCK), LN_COAP_2_31);
    CHECK_EQ(execute("/5/0/2", "").code, LN_COAP_4_05);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADING, LN_FIRMWARE_OK);
    CHECK_EQ(push(), LN_COAP_2_04);
    CHECK_EQ(execute("/5/0/2", "").code, LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_UPDATING, LN_FIRMWARE_OK);
    CHECK_EQ(execute("/5/0/2", "").code, LN_COAP_4_05);
    CHECK_STATE(LN_FIRMWARE_UPDATING, LN_FIRMWARE_OK);
}

static void given_it_updates(void)
{
    given_a_client_with_firmware();
    CHECK_EQ(push(), LN_COAP_2_04);
    CHECK_EQ(execute("/5/0/2", "").code, LN_COAP_2_04);
}

TEST(nothing_is_written_while_it_updates)
{
    given_it_updates();

    CHECK_EQ(write_path("/5/0/0", LN_FORMAT_OPAQUE, BYTES("\0")).code, LN_COAP_4_05);
    CHECK_EQ(push_part(0, true, BLOCK), LN_COAP_4_05);
    CHECK_EQ(write_text("/5/0/1", "").code, LN_COAP_4_05);
    CHECK_EQ(write_text("/5/0/1", "coap://192.0.2.1/image").code, LN_COAP_4_05);
    CHECK_STATE(LN_FIRMWARE_UPDATING, LN_FIRMWARE_OK);
    CHECK_EQ(sink.abandoned, 0);
}

TEST(an_update_that_worked_is_idle_with_result_1)
{
    given_it_updates();

    ln_firmware_applied(&firmware, true);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_UPDATED);
    CHECK_EQ(sink.abandoned, 1); /* the file is not needed any more */
    CHECK_EQ(push(), LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
}

TEST(an_update_that_failed_keeps_the_image_for_another_try)
{
    given_it_updates();

    ln_firmware_applied(&firmware, false);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_UPDATE_FAILED);
    CHECK_EQ(sink.abandoned, 0);
    CHECK_EQ(execute("/5/0/2", "").code, LN_COAP_2_04);
    CHECK_STATE(LN_FIRMWARE_UPDATING, LN_FIRMWARE_OK);
}

TEST(what_was_never_executed_was_not_applied)
{
    given_a_client_with_firmware();

    ln_firmware_applied(&firmware, true);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_OK);
    CHECK_EQ(push(), LN_COAP_2_04);
    ln_firmware_applied(&firmware, false);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
}

/* ---- Over a restart ---- */

static ln_err restore(struct ln_bytes saved, enum ln_write_step step)
{
    struct ln_reader in = ln_reader(saved);
    ln_err err = ln_firmware_restore(&firmware, &in, step);

    CHECK_EQ(ln_reader_left(&in), 0);
    return err;
}

static void restart(void)
{
    uint8_t saved[300];
    struct ln_writer w = ln_writer(saved, sizeof(saved));

    ln_firmware_save(&firmware, &w);
    CHECK(!w.failed);
    given_firmware();
    CHECK_OK(restore(ln_writer_bytes(&w), LN_CHECK));
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_OK);
    CHECK_OK(restore(ln_writer_bytes(&w), LN_STORE));
}

TEST(the_update_goes_on_after_the_reboot_that_it_needs)
{
    given_it_updates();

    restart();
    CHECK_STATE(LN_FIRMWARE_UPDATING, LN_FIRMWARE_OK);
    ln_firmware_applied(&firmware, true);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_UPDATED);
    restart();
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_UPDATED);
}

TEST(an_image_that_is_there_is_so_after_a_restart)
{
    given_a_client_with_firmware();
    CHECK_EQ(push(), LN_COAP_2_04);

    restart();
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
    given_firmware();
}

TEST(what_is_being_pushed_is_lost_by_a_restart_and_what_is_fetched_is_to_be_again)
{
    given_a_client_with_firmware();
    CHECK_EQ(push_part(0, true, BLOCK), LN_COAP_2_31);
    restart();
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_CONNECTION_LOST);

    given_it_fetches();
    restart();
    CHECK_STATE(LN_FIRMWARE_DOWNLOADING, LN_FIRMWARE_OK);
    CHECK(ln_firmware_fetches(&firmware));
    assert_string_equal(firmware.uri, "coap://192.0.2.1/image");
}

TEST(what_was_not_saved_is_not_restored)
{
    char longer[4 + 256];
    const struct ln_bytes wrong[] = {
        BYTES(""),
        BYTES("\x01\x02\x00"),
        BYTES("\x02\x02\x00\x00"),     /* another version */
        BYTES("\x01\x04\x00\x00"),     /* no such state */
        BYTES("\x01\x02\x0a\x00"),     /* no such result */
        BYTES("\x01\x02\x00\x02"),     /* neither pushed nor pulled */
        BYTES("\x01\x01\x00\x00"),     /* a push goes on */
        BYTES("\x01\x01\x00\x01"),     /* fetches from nowhere */
        BYTES("\x01\x02\x00\x00\x00"), /* a URI with a NUL */
        ln_bytes(longer, sizeof(longer)),
    };

    memset(longer, 'a', sizeof(longer));
    memcpy(longer, "\x01\x02\x00\x01", 4);
    given_firmware();
    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK_ERR(restore(wrong[i], LN_STORE), LN_ERR_BAD_VALUE);
        CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_OK);
        assert_string_equal(firmware.uri, "");
    }
}

int firmware_tests(void)
{
    const struct CMUnitTest firmware_group[] = {
        cmocka_unit_test(a_pushed_image_goes_to_the_app_block_by_block),
        cmocka_unit_test(a_small_image_may_come_in_one_piece),
        cmocka_unit_test(an_image_in_tlv_flows_too),
        cmocka_unit_test(a_tlv_that_ends_elsewhere_than_its_value_is_refused),
        cmocka_unit_test(values_beside_an_image_in_tlv_are_put_together_first),
        cmocka_unit_test(an_app_that_is_not_ready_is_given_the_same_again),
        cmocka_unit_test(no_bytes_or_one_zero_take_the_image_back),
        cmocka_unit_test(another_image_takes_the_place_of_one_that_is_there),
        cmocka_unit_test(what_is_wrong_with_a_pushed_image_is_its_result),
        cmocka_unit_test(an_image_that_is_said_to_be_too_large_is_refused_at_once),
        cmocka_unit_test(an_image_that_turns_out_too_large_is_refused_then),
        cmocka_unit_test(a_push_that_ends_in_the_middle_is_a_lost_connection),
        cmocka_unit_test(a_link_that_breaks_during_a_push_is_a_lost_connection),
        cmocka_unit_test(a_uri_takes_the_place_of_a_push_under_way),
        cmocka_unit_test(an_app_may_take_its_time_to_look_at_the_whole),
        cmocka_unit_test(an_image_is_fetched_from_the_uri_that_was_written),
        cmocka_unit_test(an_image_that_has_changed_is_fetched_anew),
        cmocka_unit_test(who_fetches_says_what_is_wrong),
        cmocka_unit_test(an_empty_image_is_none),
        cmocka_unit_test(a_busy_app_delays_what_is_fetched),
        cmocka_unit_test(an_empty_uri_takes_back_what_is_fetched_or_there),
        cmocka_unit_test(a_uri_that_will_not_do_is_written_and_has_a_result),
        cmocka_unit_test(a_device_that_cannot_fetch_has_no_protocol_for_a_uri),
        cmocka_unit_test(a_uri_of_more_than_255_bytes_is_refused_and_changes_nothing),
        cmocka_unit_test(update_is_executed_only_once_an_image_is_there),
        cmocka_unit_test(nothing_is_written_while_it_updates),
        cmocka_unit_test(an_update_that_worked_is_idle_with_result_1),
        cmocka_unit_test(an_update_that_failed_keeps_the_image_for_another_try),
        cmocka_unit_test(what_was_never_executed_was_not_applied),
        cmocka_unit_test(the_update_goes_on_after_the_reboot_that_it_needs),
        cmocka_unit_test(an_image_that_is_there_is_so_after_a_restart),
        cmocka_unit_test(
            what_is_being_pushed_is_lost_by_a_restart_and_what_is_fetched_is_to_be_again),
        cmocka_unit_test(what_was_not_saved_is_not_restored),
    };

    return RUN_TESTS(firmware_group);
}
