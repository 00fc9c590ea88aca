/* Fetching an image by CoAP: from a server played by hand, over a line that the test cuts. */

#include "firmware_support.h"

#include <linnet/download.h>

enum { IMAGE = 5000, SECOND = 1000 };

/* What the server has, and how it answers. */
static struct {
    uint8_t image[IMAGE_MAX];
    uint32_t len;
    uint8_t etag; /* 0: it gives none */
    uint8_t exponent;
    uint8_t code;  /* instead of 2.05 */
    uint32_t says; /* Size2; 0: none */
    unsigned asked;
} server;

static struct ln_download_config config;
static struct ln_download download;
static ln_time now;
static bool is_closed; /* the link, as it wished last */
static uint32_t seed;
static uint8_t datagram[1200];
static size_t datagram_len;

static void noise(void *context, void *out, size_t size)
{
    (void)context;
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525U + 1013904223U;
        ((uint8_t *)out)[i] = (uint8_t)(seed >> 24);
    }
}

static void given_an_image(uint32_t len, uint8_t etag)
{
    server.len = len;
    server.etag = etag;
    for (uint32_t i = 0; i < len; i++) {
        server.image[i] = (uint8_t)(i * 7 + i / 256 + etag);
    }
}

static uint8_t fetch_at(const char *uri)
{
    (void)ln_bytes_to_text(ln_bytes_of_text(uri), firmware.uri, sizeof(firmware.uri));
    firmware.state = LN_FIRMWARE_DOWNLOADING; /* as the object has it when it calls fetch() */
    firmware.is_pulled = true;
    return ln_download_start(&download, now);
}

static void given_a_download(void)
{
    given_firmware();
    memset(&server, 0, sizeof(server));
    seed = 1;
    now = 5000;
    server.exponent = 6;
    server.code = LN_COAP_2_05;
    given_an_image(IMAGE, 1);
    config = (struct ln_download_config){.firmware = &firmware, .random = {noise, NULL}};
    CHECK_OK(ln_download_init(&download, &config));
}

static bool asks_for(enum ln_download_event_kind kind)
{
    struct ln_download_event event;

    return ln_download_event(&download, &event) && event.kind == kind;
}

static void given_it_fetches(void)
{
    given_a_download();
    CHECK_EQ(fetch_at("coap://fw.example/image?v=1"), LN_FIRMWARE_OK);
    CHECK(asks_for(LN_DOWNLOAD_OPEN));
    ln_download_link_up(&download, now);
}

/* What it sends now; false: nothing. */
static bool sends(struct ln_coap_message *m)
{
    datagram_len = ln_download_send(&download, now, datagram, sizeof(datagram));
    if (datagram_len > 0) {
        CHECK(datagram_len <= LN_DOWNLOAD_DATAGRAM_MAX);
        CHECK_OK(ln_coap_parse(ln_bytes(datagram, datagram_len), m));
    }
    return datagram_len > 0;
}

static void receives(const struct ln_coap_builder *b)
{
    size_t len = ln_coap_finish(b);

    CHECK(len > 0);
    ln_download_recv(&download, now, ln_bytes(b->out.out, len));
}

static void add_body(struct ln_coap_builder *b, struct ln_coap_block asked)
{
    struct ln_coap_block block;

    CHECK_OK(ln_coap_block_window(asked, server.exponent, server.len, &block));
    uint32_t at = block.present ? ln_coap_block_offset(block) : 0;
    uint32_t size = block.present ? ln_coap_block_size(block) : server.len;
    if (server.etag != 0) {
        ln_coap_add(b, LN_COAP_ETAG, ln_bytes(&server.etag, 1));
    }
    if (block.present) {
        ln_coap_add_block(b, LN_COAP_BLOCK2, block);
    }
    if (server.says > 0) {
        ln_coap_add_uint(b, LN_COAP_SIZE2, server.says);
    }
    ln_coap_add_payload(
        b, ln_bytes(server.image + at, size < server.len - at ? size : server.len - at));
}

static void answers(const struct ln_coap_message *request)
{
    uint8_t out[1200];
    struct ln_coap_options o;
    struct ln_coap_builder b = ln_coap_answer(out, sizeof(out), request, server.code, 0);

    CHECK_EQ(request->type, LN_COAP_CON);
    CHECK_EQ(request->code, LN_COAP_GET);
    CHECK_OK(ln_coap_options(request, &o));
    server.asked++;
    if (server.code == LN_COAP_2_05) {
        add_body(&b, o.block2);
    }
    receives(&b);
}

static void handle_links(void)
{
    struct ln_download_event event;

    while (ln_download_event(&download, &event)) {
        is_closed = event.kind == LN_DOWNLOAD_CLOSE;
        if (!is_closed) {
            ln_download_link_up(&download, now);
        }
    }
}

/* Answers each request, but for `percent` of both ways, until it is over; time goes by as it has to. */
static void goes_on(unsigned percent)
{
    struct ln_coap_message m;

    for (int i = 0; i < 10000 && ln_download_is_active(&download); i++) {
        while (sends(&m)) {
            uint32_t dice = (seed >> 8) % 100;
            noise(NULL, &dice, 1);
            if ((dice & 255) % 100 >= percent) {
                answers(&m);
            }
        }
        handle_links();
        ln_time due = ln_download_deadline(&download);
        now = due == LN_NEVER || due < now ? now : due;
    }
}

static void the_image_is_there(void)
{
    CHECK_STATE(LN_FIRMWARE_DOWNLOADED, LN_FIRMWARE_OK);
    CHECK_EQ(sink.got, server.len);
    assert_memory_equal(sink.image, server.image, server.len);
    CHECK(!ln_download_is_active(&download));
    handle_links();
    CHECK(is_closed);
    CHECK_EQ(ln_download_deadline(&download), LN_NEVER);
}

/* ---- It works ---- */

TEST(asks_for_the_link_that_the_uri_names)
{
    struct ln_download_event event;

    given_a_download();
    CHECK_EQ(fetch_at("coaps://[2001:db8::1]:5685/fw"), LN_FIRMWARE_OK);
    CHECK(ln_download_event(&download, &event));
    CHECK_EQ(event.kind, LN_DOWNLOAD_OPEN);
    CHECK(event.is_secure);
    CHECK_TEXT(event.uri.host, "2001:db8::1");
    CHECK_EQ(event.uri.port, 5685);
    CHECK(!ln_download_event(&download, &event));
}

TEST(asks_for_the_resource_block_by_block)
{
    struct ln_coap_message m;
    struct ln_coap_options o;

    given_it_fetches();
    CHECK(sends(&m));
    CHECK_TEXT(ln_bytes(option_of(&m, LN_COAP_URI_HOST, 0), 10), "fw.example");
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 0), "image");
    assert_string_equal(option_of(&m, LN_COAP_URI_QUERY, 0), "v=1");
    CHECK_OK(ln_coap_options(&m, &o));
    CHECK(o.block2.present && o.block2.number == 0 && o.block2.size_exponent == 6);
    answers(&m);
    CHECK(sends(&m));
    CHECK_OK(ln_coap_options(&m, &o));
    CHECK_EQ(o.block2.number, 1);
    CHECK_EQ(sink.got, 1024);
}

TEST(fetches_an_image)
{
    given_it_fetches();

    server.says = IMAGE;
    goes_on(0);
    the_image_is_there();
    CHECK_EQ(sink.size, IMAGE);
    CHECK_EQ(server.asked, 5);
    CHECK_EQ(download.stats.sent, 5);
    CHECK_EQ(download.stats.retransmitted, 0);
}

TEST(takes_smaller_blocks_and_small_images)
{
    for (uint8_t exponent = 0; exponent <= 6; exponent++) {
        given_it_fetches();
        server.exponent = exponent;
        given_an_image(100, 0);
        goes_on(0);
        the_image_is_there();
    }
}

TEST(asks_for_no_larger_blocks_than_it_may)
{
    given_a_download();
    config.block_size = 128;
    CHECK_EQ(fetch_at("coap://192.0.2.1/image"), LN_FIRMWARE_OK);
    CHECK(asks_for(LN_DOWNLOAD_OPEN));
    ln_download_link_up(&download, now);
    goes_on(0);
    the_image_is_there();
    CHECK_EQ(server.asked, (IMAGE + 127) / 128);
}

/* A response of its own (RFC 7252 §5.2.2) is acknowledged. */
TEST(takes_an_answer_that_comes_apart)
{
    struct ln_coap_message m;
    struct ln_coap_message ack;
    uint8_t out[1200];

    given_it_fetches();
    given_an_image(100, 0);
    CHECK(sends(&m));
    (void)ln_coap_empty(out, sizeof(out), LN_COAP_ACK, m.id);
    ln_download_recv(&download, now, ln_bytes(out, LN_COAP_EMPTY_SIZE));
    now += 20 * SECOND;
    CHECK(!sends(&ack)); /* no more copies */
    struct ln_coap_builder b =
        ln_coap_start(out, sizeof(out), LN_COAP_CON, LN_COAP_2_05, 77, &m.token);
    add_body(&b, (struct ln_coap_block){.size_exponent = 6, .present = true});
    receives(&b);
    CHECK(sends(&ack));
    CHECK_EQ(ack.type, LN_COAP_ACK);
    CHECK_EQ(ack.id, 77);
    the_image_is_there();
}

/* ---- Loss and cuts ---- */

TEST(every_image_comes_whole_over_a_line_that_loses)
{
    for (uint32_t i = 1; i <= 50; i++) {
        given_it_fetches();
        seed = i;
        goes_on(20);
        the_image_is_there();
        CHECK(download.stats.retransmitted > 0 || download.stats.sent == 5);
        CHECK_EQ(download.stats.begun, 1);
    }
}

static void takes_two_blocks(void)
{
    struct ln_coap_message m;

    given_it_fetches();
    for (int i = 0; i < 2; i++) {
        CHECK(sends(&m));
        answers(&m);
    }
    CHECK_EQ(sink.got, 2048);
}

TEST(goes_on_with_the_block_it_had_come_to_after_a_cut)
{
    struct ln_coap_message m;
    struct ln_coap_options o;

    takes_two_blocks();
    ln_download_link_down(&download, now, LN_LINK_FAILED);
    CHECK(!sends(&m));
    CHECK(!asks_for(LN_DOWNLOAD_CLOSE)); /* it is gone already */
    now += 2 * SECOND - 1;
    CHECK(!sends(&m));
    CHECK_EQ(ln_download_deadline(&download), now + 1);
    now += 1;
    CHECK(!sends(&m));
    CHECK(asks_for(LN_DOWNLOAD_OPEN));
    ln_download_link_up(&download, now);
    CHECK(sends(&m));
    CHECK_OK(ln_coap_options(&m, &o));
    CHECK_EQ(o.block2.number, 2);
    goes_on(0);
    CHECK_EQ(download.stats.begun, 1);
    CHECK_EQ(sink.abandoned, 0);
    the_image_is_there();
}

TEST(a_server_that_falls_silent_is_asked_again_by_another_link)
{
    takes_two_blocks();
    ln_time before = now;
    struct ln_coap_message m;
    unsigned copies = 0;

    while (!asks_for(LN_DOWNLOAD_CLOSE)) {
        copies += sends(&m);
        now = ln_download_deadline(&download) > now ? ln_download_deadline(&download) : now;
    }
    CHECK_EQ(copies, 5);
    CHECK(now - before >= 62 * SECOND && now - before <= 93 * SECOND);
    goes_on(0);
    CHECK_EQ(download.stats.links, 2);
    CHECK_EQ(download.stats.begun, 1);
    the_image_is_there();
}

TEST(an_image_that_changed_meanwhile_is_fetched_anew)
{
    takes_two_blocks();
    ln_download_link_down(&download, now, LN_LINK_FAILED);
    given_an_image(3000, 2);
    goes_on(0);
    CHECK_EQ(download.stats.begun, 2);
    CHECK_EQ(sink.abandoned, 1);
    the_image_is_there();
}

TEST(an_image_that_changes_all_the_time_is_given_up)
{
    given_it_fetches();
    struct ln_coap_message m;

    for (int i = 0; i < 20 && ln_download_is_active(&download); i++) {
        given_an_image(3000, (uint8_t)(i + 1));
        CHECK(sends(&m));
        answers(&m);
    }
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_CONNECTION_LOST);
    CHECK_EQ(download.stats.begun, 4);
    CHECK_EQ(sink.abandoned, 4);
}

TEST(nothing_for_too_long_is_a_lost_connection)
{
    takes_two_blocks();
    ln_time before = now;

    goes_on(100);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_CONNECTION_LOST);
    CHECK_EQ(now - before, 4 * 93 * SECOND);
    CHECK_EQ(sink.abandoned, 1);
    CHECK(download.stats.links >= 4 && download.stats.links <= 6);
}

TEST(a_link_that_never_comes_up_is_a_lost_connection)
{
    given_a_download();
    config.patience = 30 * SECOND;
    CHECK_EQ(fetch_at("coap://192.0.2.1/image"), LN_FIRMWARE_OK);
    for (ln_time due = now; due != LN_NEVER; due = ln_download_deadline(&download)) {
        struct ln_coap_message m;
        now = due;
        CHECK(!sends(&m));
        if (asks_for(LN_DOWNLOAD_OPEN)) {
            ln_download_link_down(&download, now, LN_LINK_FAILED);
        }
    }
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_CONNECTION_LOST);
    CHECK_EQ(now, 5000 + 30 * SECOND);
    CHECK_EQ(download.stats.links, 4); /* after 0, 2, 6 and 14 seconds */
}

/* ---- Bad input ---- */

TEST(each_uri_that_will_not_do_has_its_result)
{
    static const struct {
        const char *uri;
        uint8_t result;
    } cases[] = {
        {"coap", LN_FIRMWARE_BAD_URI},
        {"coap:///image", LN_FIRMWARE_BAD_URI},
        {"coap://host:99999/image", LN_FIRMWARE_BAD_URI},
        {"coap://host/%zz", LN_FIRMWARE_BAD_URI},
        {"coap://host/a#b", LN_FIRMWARE_BAD_URI},
        {"not a uri", LN_FIRMWARE_BAD_URI},
        {"ftp://host/image", LN_FIRMWARE_NO_PROTOCOL},
        {"http://host/image", LN_FIRMWARE_NO_PROTOCOL},
        {"coap+tcp://host/image", LN_FIRMWARE_NO_PROTOCOL},
        {"coap://host/image", LN_FIRMWARE_OK},
        {"COAPS://host", LN_FIRMWARE_OK},
    };

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        given_a_download();
        CHECK_EQ(fetch_at(cases[i].uri), cases[i].result);
        CHECK_EQ(asks_for(LN_DOWNLOAD_OPEN), cases[i].result == LN_FIRMWARE_OK);
    }
}

TEST(a_host_that_is_not_known_makes_a_bad_uri_but_not_in_the_middle)
{
    given_a_download();
    CHECK_EQ(fetch_at("coap://nowhere.example/image"), LN_FIRMWARE_OK);
    CHECK(asks_for(LN_DOWNLOAD_OPEN));
    ln_download_link_down(&download, now, LN_LINK_NO_NAME);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_BAD_URI);

    takes_two_blocks();
    ln_download_link_down(&download, now, LN_LINK_FAILED);
    now += 2 * SECOND;
    struct ln_coap_message m;
    CHECK(!sends(&m));
    CHECK(asks_for(LN_DOWNLOAD_OPEN));
    ln_download_link_down(&download, now, LN_LINK_NO_NAME); /* the resolver is down as well */
    goes_on(0);
    the_image_is_there();
}

TEST(a_server_that_cannot_be_trusted_is_a_lost_connection)
{
    static const enum ln_link_reason reasons[] = {LN_LINK_UNTRUSTED, LN_LINK_REFUSED};

    for (size_t i = 0; i < LN_COUNT(reasons); i++) {
        given_a_download();
        CHECK_EQ(fetch_at("coaps://192.0.2.1/image"), LN_FIRMWARE_OK);
        ln_download_link_down(&download, now, reasons[i]);
        CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_CONNECTION_LOST);
    }
}

TEST(what_the_server_answers_has_its_result)
{
    static const struct {
        uint8_t code;
        uint8_t result;
    } cases[] = {
        {LN_COAP_4_04, LN_FIRMWARE_BAD_URI},
        {LN_COAP_4_01, LN_FIRMWARE_BAD_URI},
        {LN_COAP_4_05, LN_FIRMWARE_BAD_URI},
        {LN_COAP_2_04, LN_FIRMWARE_BAD_URI},
        {LN_COAP_5_00, LN_FIRMWARE_CONNECTION_LOST},
        {LN_COAP_5_03, LN_FIRMWARE_CONNECTION_LOST},
    };

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        given_it_fetches();
        server.code = cases[i].code;
        goes_on(0);
        CHECK_STATE(LN_FIRMWARE_IDLE, cases[i].result);
        /* What may pass is asked again: after 2, 4, 8, 16, 32 seconds, and then each minute. */
        CHECK_EQ(server.asked, cases[i].result == LN_FIRMWARE_BAD_URI ? 1 : 11);
    }
}

TEST(a_server_that_is_busy_for_a_while_is_waited_for)
{
    takes_two_blocks();
    struct ln_coap_message m;

    server.code = LN_COAP_5_03;
    CHECK(sends(&m));
    answers(&m);
    server.code = LN_COAP_2_05;
    goes_on(0);
    CHECK_EQ(download.stats.links, 2);
    the_image_is_there();
}

TEST(an_image_beyond_the_bound_has_result_2)
{
    given_it_fetches();
    firmware.largest = IMAGE - 1;
    goes_on(0); /* the server does not say how large it is */
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_NO_SPACE);
    CHECK_EQ(server.asked, 5);
    CHECK_EQ(sink.abandoned, 1);

    given_it_fetches();
    firmware.largest = IMAGE - 1;
    server.says = IMAGE;
    goes_on(0);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_NO_SPACE);
    CHECK_EQ(server.asked, 1);
    CHECK_EQ(sink.begun, 0);
}

TEST(what_the_app_says_is_the_result)
{
    given_it_fetches();
    sink.chunk_says = LN_FIRMWARE_NO_MEMORY;
    goes_on(0);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_NO_MEMORY);
    CHECK(is_closed);

    given_it_fetches();
    sink.end_says = LN_FIRMWARE_DAMAGED;
    goes_on(0);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_DAMAGED);

    given_it_fetches();
    sink.end_says = LN_FIRMWARE_WAIT;
    goes_on(0);
    CHECK_STATE(LN_FIRMWARE_DOWNLOADING, LN_FIRMWARE_OK);
    ln_firmware_checked(&firmware, LN_FIRMWARE_OK);
    the_image_is_there();
}

TEST(an_empty_image_is_a_wrong_package)
{
    given_it_fetches();
    given_an_image(0, 1);
    goes_on(0);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_WRONG_PACKAGE);
}

TEST(a_block_that_was_not_asked_for_ends_it)
{
    struct ln_coap_message m;
    uint8_t out[1200];

    takes_two_blocks();
    CHECK(sends(&m));
    struct ln_coap_builder b = ln_coap_answer(out, sizeof(out), &m, LN_COAP_2_05, 0);
    add_body(&b, (struct ln_coap_block){.number = 3, .size_exponent = 6, .present = true});
    receives(&b);
    CHECK_STATE(LN_FIRMWARE_IDLE, LN_FIRMWARE_CONNECTION_LOST);
}

TEST(what_is_no_answer_to_it_changes_nothing)
{
    static const struct ln_bytes strangers[] = {
        {(const uint8_t *)"\x40", 1},             /* cut */
        {(const uint8_t *)"\x40\x01\x12\x34", 4}, /* a request */
        {(const uint8_t *)"\x48\x45\x12\x34"
                          "12345678\xffx",
         14},                                     /* another token, a CON */
        {(const uint8_t *)"\x60\x00\xee\xee", 4}, /* an ACK of something else */
        {(const uint8_t *)"\x70\x00\xee\xee", 4}, /* a Reset, likewise */
        {(const uint8_t *)"\x40\x00\x12\x34", 4}, /* a ping */
    };
    static const bool is_reset[] = {false, true, true, false, false, true};
    struct ln_coap_message m;
    struct ln_coap_message reset;

    given_it_fetches();
    CHECK(sends(&m));
    for (size_t i = 0; i < LN_COUNT(strangers); i++) {
        ln_download_recv(&download, now, strangers[i]);
        CHECK_EQ(sends(&reset), is_reset[i]);
        CHECK(!is_reset[i] || reset.type == LN_COAP_RST);
    }
    CHECK_EQ(download.stats.malformed, 2);
    answers(&m);
    goes_on(0);
    the_image_is_there();
}

/* ---- The app and the server ---- */

TEST(an_app_that_is_busy_is_waited_for)
{
    struct ln_coap_message m;

    given_it_fetches();
    for (int i = 0; i < 2; i++) { /* while it begins, and in the middle */
        sink.chunk_says = LN_FIRMWARE_WAIT;
        CHECK(sends(&m));
        answers(&m);
        CHECK_EQ(ln_download_deadline(&download), LN_NEVER);
        now += 3600 * SECOND;
        CHECK(!sends(&m));
        sink.chunk_says = LN_FIRMWARE_OK;
        ln_download_resume(&download, now);
        CHECK(sends(&m));
        answers(&m);
    }
    goes_on(0);
    CHECK_EQ(sink.begun, 1);
    the_image_is_there();
}

TEST(what_a_server_takes_back_is_fetched_no_longer)
{
    struct ln_coap_message m;

    takes_two_blocks();
    firmware.state = LN_FIRMWARE_IDLE;
    CHECK(!ln_download_is_active(&download));
    CHECK_EQ(ln_download_deadline(&download), 0);
    CHECK(!sends(&m));
    CHECK(asks_for(LN_DOWNLOAD_CLOSE));
    CHECK_EQ(ln_download_deadline(&download), LN_NEVER);
}

TEST(another_uri_begins_anew)
{
    takes_two_blocks();
    given_an_image(1500, 9);
    CHECK_EQ(fetch_at("coap://192.0.2.9/other"), LN_FIRMWARE_OK);
    goes_on(0);
    the_image_is_there();
}

TEST(a_download_without_an_object_or_noise_is_none)
{
    const struct ln_download_config none = {.random = {noise, NULL}};
    const struct ln_download_config silent = {.firmware = &firmware};

    CHECK_ERR(ln_download_init(&download, &none), LN_ERR_BAD_CONFIG);
    CHECK_ERR(ln_download_init(&download, &silent), LN_ERR_BAD_CONFIG);
}

int download_tests(void)
{
    const struct CMUnitTest downloads[] = {
        cmocka_unit_test(asks_for_the_link_that_the_uri_names),
        cmocka_unit_test(asks_for_the_resource_block_by_block),
        cmocka_unit_test(fetches_an_image),
        cmocka_unit_test(takes_smaller_blocks_and_small_images),
        cmocka_unit_test(asks_for_no_larger_blocks_than_it_may),
        cmocka_unit_test(takes_an_answer_that_comes_apart),
        cmocka_unit_test(every_image_comes_whole_over_a_line_that_loses),
        cmocka_unit_test(goes_on_with_the_block_it_had_come_to_after_a_cut),
        cmocka_unit_test(a_server_that_falls_silent_is_asked_again_by_another_link),
        cmocka_unit_test(an_image_that_changed_meanwhile_is_fetched_anew),
        cmocka_unit_test(an_image_that_changes_all_the_time_is_given_up),
        cmocka_unit_test(nothing_for_too_long_is_a_lost_connection),
        cmocka_unit_test(a_link_that_never_comes_up_is_a_lost_connection),
        cmocka_unit_test(each_uri_that_will_not_do_has_its_result),
        cmocka_unit_test(a_host_that_is_not_known_makes_a_bad_uri_but_not_in_the_middle),
        cmocka_unit_test(a_server_that_cannot_be_trusted_is_a_lost_connection),
        cmocka_unit_test(what_the_server_answers_has_its_result),
        cmocka_unit_test(a_server_that_is_busy_for_a_while_is_waited_for),
        cmocka_unit_test(an_image_beyond_the_bound_has_result_2),
        cmocka_unit_test(what_the_app_says_is_the_result),
        cmocka_unit_test(an_empty_image_is_a_wrong_package),
        cmocka_unit_test(a_block_that_was_not_asked_for_ends_it),
        cmocka_unit_test(what_is_no_answer_to_it_changes_nothing),
        cmocka_unit_test(an_app_that_is_busy_is_waited_for),
        cmocka_unit_test(what_a_server_takes_back_is_fetched_no_longer),
        cmocka_unit_test(another_uri_begins_anew),
        cmocka_unit_test(a_download_without_an_object_or_noise_is_none),
    };

    return RUN_TESTS(downloads);
}
