/* Files that devices fetch from the server: each block by itself, nothing kept in between. */

#include "blocks_support.h"

enum { FILE_SIZE = 2500, FILE_ID = 9 };

static uint8_t bytes[FILE_SIZE];
static bool is_there;
static struct ln_peer asked_by;

static bool find(void *context, const struct ln_peer *peer, struct ln_bytes path,
                 struct ln_server_file *out)
{
    (void)context;
    asked_by = *peer;
    *out = (struct ln_server_file){
        .id = FILE_ID, .size = FILE_SIZE, .etag = UINT64_C(0x0102030405060708)};
    return ln_bytes_are(path, "fw/0123");
}

static bool read_file(void *context, uint64_t id, uint32_t offset, void *out, size_t size)
{
    struct ln_writer w = ln_writer(out, size);

    (void)context;
    CHECK_EQ(id, FILE_ID);
    assert_true(offset + size <= FILE_SIZE);
    ln_write_bytes(&w, ln_bytes(&bytes[offset], size));
    return is_there;
}

static void given_a_server_of_files(uint16_t block_size)
{
    struct ln_server_config config = config_of_tests();

    config.files = (struct ln_server_files){.find = find, .read = read_file};
    config.block_size = block_size;
    given_a_server_of(&config);
    is_there = true;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 11 + i / 256);
    }
}

/* A request with what options stand behind the path. */
static void when_asked(const char *what, uint16_t accept, struct ln_coap_block block)
{
    struct datagram plain = request(LN_COAP_CON, 7, what, LN_FORMAT_NONE, "");
    struct ln_coap_message m;
    struct datagram d;

    CHECK_OK(ln_coap_parse(ln_bytes(plain.bytes, plain.length), &m));
    struct ln_coap_option_cursor option = ln_coap_option_first(&m);
    struct ln_coap_builder b =
        ln_coap_start(d.bytes, sizeof(d.bytes), m.type, m.code, m.id, &m.token);
    while (ln_coap_option_next(&option)) {
        ln_coap_add(&b, option.number, option.value);
    }
    if (accept != LN_FORMAT_NONE) {
        ln_coap_add_uint(&b, LN_COAP_ACCEPT, accept);
    }
    if (block.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2, block);
    }
    d.length = ln_coap_finish(&b);
    struct ln_peer peer = device(1);
    arrives(&peer, &d);
}

static struct sent then_block_of_file(uint32_t number, bool more, uint8_t exponent)
{
    struct sent sent = then_it_answers(LN_COAP_2_05);
    struct ln_coap_options options = options_of(&sent);
    size_t offset = (size_t)number << (exponent + 4);

    then_block(options.block2, number, more, exponent);
    CHECK_BYTES(options.etag, "\1\2\3\4\5\6\7\10");
    CHECK_EQ(options.content_format, LN_FORMAT_OPAQUE);
    CHECK_EQ(options.size2, number == 0 ? FILE_SIZE : 0);
    assert_memory_equal(sent.message.payload.at, &bytes[offset], sent.message.payload.len);
    return sent;
}

TEST(a_file_is_had_block_by_block_in_any_order)
{
    struct ln_coap_block none = {0};
    given_a_server_of_files(0);

    when_asked("GET /fw/0123", LN_FORMAT_NONE, none);
    CHECK_EQ(then_block_of_file(0, true, 6).message.payload.len, 1024);
    when_asked("GET /fw/0123", LN_FORMAT_OPAQUE, block_of(2, false, 6));
    CHECK_EQ(then_block_of_file(2, false, 6).message.payload.len, FILE_SIZE - 2048);
    when_asked("GET /fw/0123", LN_FORMAT_NONE, block_of(1, false, 6));
    then_block_of_file(1, true, 6);

    CHECK_EQ(ln_server_counters(server)->file_blocks, 3);
    CHECK_EQ(ln_server_counters(server)->files_found, 1);
    CHECK_EQ(asked_by.remote.port, 5683);
    then_all_is_given_back();
}

TEST(the_smaller_of_both_block_sizes_is_used)
{
    given_a_server_of_files(256);

    when_asked("GET /fw/0123", LN_FORMAT_NONE, block_of(1, false, 6));
    then_block_of_file(4, true, 4);
    when_asked("GET /fw/0123", LN_FORMAT_NONE, block_of(3, false, 0));
    then_block_of_file(3, true, 0);
    then_all_is_given_back();
}

TEST(the_same_request_gets_the_same_answer_and_nothing_is_kept)
{
    given_a_server_of_files(0);
    uint64_t digest = ln_server_digest(server);

    for (int i = 0; i < 3; i++) {
        when_asked("GET /fw/0123", LN_FORMAT_NONE, block_of(1, false, 6));
        then_block_of_file(1, true, 6);
    }

    CHECK_EQ(ln_server_digest(server), digest);
    then_no_event();
    then_all_is_given_back();
}

TEST(what_is_asked_wrongly_is_refused_and_counted)
{
    struct ln_coap_block none = {0};
    given_a_server_of_files(0);

    when_asked("GET /fw/0124", LN_FORMAT_NONE, none);
    then_it_answers(LN_COAP_4_04);
    when_asked("GET /fw%2F0123", LN_FORMAT_NONE, none);
    then_it_answers(LN_COAP_4_04);
    when_asked("GET /fw/0123/x", LN_FORMAT_NONE, none);
    then_it_answers(LN_COAP_4_04);
    when_asked("POST /fw/0123", LN_FORMAT_NONE, none);
    then_it_answers(LN_COAP_4_05);
    when_asked("GET /fw/0123", LN_FORMAT_TEXT, none);
    then_it_answers(LN_COAP_4_06);
    when_asked("GET /fw/0123", LN_FORMAT_NONE, block_of(3, false, 6));
    then_it_answers(LN_COAP_4_00);

    const struct ln_server_counters *counters = ln_server_counters(server);
    CHECK_EQ(counters->not_found, 3);
    CHECK_EQ(counters->not_allowed, 1);
    CHECK_EQ(counters->bad_formats, 1);
    CHECK_EQ(counters->bad_requests, 1);
    CHECK_EQ(counters->file_blocks, 0);
    then_all_is_given_back();
}

TEST(a_slash_within_a_segment_is_no_path)
{
    struct ln_peer peer = device(1);
    struct datagram d;
    given_a_server_of_files(0);

    struct ln_coap_builder b =
        ln_coap_start(d.bytes, sizeof(d.bytes), LN_COAP_CON, LN_COAP_GET, 8, NULL);
    ln_coap_add_text(&b, LN_COAP_URI_PATH, "fw/0123");
    d.length = ln_coap_finish(&b);
    arrives(&peer, &d);

    then_it_answers(LN_COAP_4_04);
    then_all_is_given_back();
}

TEST(bytes_that_are_gone_are_an_error_of_the_server)
{
    given_a_server_of_files(0);
    is_there = false;

    when_asked("GET /fw/0123", LN_FORMAT_NONE, block_of(1, false, 6));

    then_it_answers(LN_COAP_5_00);
    CHECK_EQ(ln_server_counters(server)->files_broken, 1);
    then_all_is_given_back();
}

TEST(a_server_without_files_has_none)
{
    struct ln_coap_block none = {0};
    given_a_server();

    when_asked("GET /fw/0123", LN_FORMAT_NONE, none);

    then_it_answers(LN_COAP_4_04);
    then_all_is_given_back();
}

int files_tests(void)
{
    static const struct CMUnitTest files_group[] = {
        cmocka_unit_test(a_file_is_had_block_by_block_in_any_order),
        cmocka_unit_test(the_smaller_of_both_block_sizes_is_used),
        cmocka_unit_test(the_same_request_gets_the_same_answer_and_nothing_is_kept),
        cmocka_unit_test(what_is_asked_wrongly_is_refused_and_counted),
        cmocka_unit_test(a_slash_within_a_segment_is_no_path),
        cmocka_unit_test(bytes_that_are_gone_are_an_error_of_the_server),
        cmocka_unit_test(a_server_without_files_has_none),
    };

    return RUN_TESTS(files_group);
}
