/* Bodies that the engine reads from the app, a block when it is due. */

#include "blocks_support.h"
#include "waiting_support.h"

enum { IMAGE = 3000, READ_ID = 77 };

static struct ln_peer one;
static uint8_t image[IMAGE];
static uint64_t id;
static int reads;
static bool refuses;

static bool read_image(void *context, uint64_t read_id, uint32_t offset, void *out, size_t size)
{
    struct ln_writer w = ln_writer(out, size);

    assert_ptr_equal(context, image);
    CHECK_EQ(read_id, READ_ID);
    assert_true(offset + size <= IMAGE);
    ln_write_bytes(&w, ln_bytes(&image[offset], size));
    reads++;
    return !refuses;
}

static struct ln_server_stream source(void)
{
    return (struct ln_server_stream){.supplies = true,
                                     .size = IMAGE,
                                     .read = read_image,
                                     .read_context = image,
                                     .read_id = READ_ID};
}

static ln_err push(const struct ln_server_stream *stream)
{
    struct ln_operation operation = {.kind = LN_OPERATION_WRITE,
                                     .path = ln_path_resource(5, 0, 0),
                                     .accept = LN_FORMAT_NONE,
                                     .format = LN_FORMAT_OPAQUE};

    return ln_server_stream(server, now, BYTES("one"), &operation, stream, 1, &id);
}

static void given_an_image(void)
{
    given_a_server();
    one = device(1);
    reads = 0;
    refuses = false;
    for (size_t i = 0; i < sizeof(image); i++) {
        image[i] = (uint8_t)(i * 13 + i / 256);
    }
}

static void device_answers(const struct sent *asked, uint8_t code)
{
    struct block_answer what = {.code = code, .block1 = options_of(asked).block1};
    struct datagram d = block_answer(asked, &what);

    arrives(&one, &d);
}

static struct sent then_it_pushes(uint32_t number, bool more)
{
    struct sent sent = then_it_sends();
    size_t offset = 1024 * (size_t)number;

    then_block(options_of(&sent).block1, number, more, 6);
    assert_memory_equal(sent.message.payload.at, &image[offset], sent.message.payload.len);
    return sent;
}

static void then_all_of_it_goes_out(void)
{
    for (uint32_t number = 0; number < 3; number++) {
        struct sent sent = then_it_pushes(number, number < 2);
        then_no_event();
        device_answers(&sent, number < 2 ? LN_COAP_2_31 : LN_COAP_2_04);
    }
    CHECK_EQ(then_result(1, LN_OUTCOME_ANSWERED).code, LN_COAP_2_04);
}

TEST(each_block_is_read_once_when_it_is_due)
{
    struct ln_server_stream stream = source();
    given_an_image();
    given_a_registered_device(1, "one");

    CHECK_OK(push(&stream));
    CHECK_EQ(reads, 1);
    then_all_of_it_goes_out();

    CHECK_EQ(reads, 3);
    CHECK_EQ(ln_server_counters(server)->blocks_sent, 3);
    then_all_is_given_back();
}

TEST(it_waits_for_a_device_that_is_not_there_yet)
{
    struct ln_server_stream stream = source();
    stream.terms = &waits;
    given_an_image();

    CHECK_OK(push(&stream));
    then_it_is_silent();
    CHECK_EQ(reads, 0);
    given_a_device_in_queue_mode(1, "one");

    then_all_of_it_goes_out();
    then_all_is_given_back();
}

TEST(it_begins_again_with_a_device_that_fell_silent_and_came_back)
{
    struct ln_server_stream stream = source();
    stream.terms = &waits;
    given_an_image();
    struct place place = given_a_device_in_queue_mode(1, "one");
    CHECK_OK(push(&stream));
    struct sent sent = then_it_pushes(0, true);
    device_answers(&sent, LN_COAP_2_31);
    then_it_pushes(1, true);

    for (int tries = 0; tries <= LN_COAP_BLOCK_AGAIN; tries++) {
        nothing_comes();
    }
    then_event(LN_SERVER_SLEEPING);
    then_no_event();
    struct datagram d = update(300, &place, "");
    arrives(&one, &d);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_2_04);
    events_are_read();

    then_all_of_it_goes_out();
    then_all_is_given_back();
}

TEST(a_read_that_is_refused_ends_it_incomplete)
{
    struct ln_server_stream stream = source();
    given_an_image();
    given_a_registered_device(1, "one");
    CHECK_OK(push(&stream));
    struct sent sent = then_it_pushes(0, true);

    refuses = true;
    device_answers(&sent, LN_COAP_2_31);

    then_it_is_silent();
    then_result(1, LN_OUTCOME_INCOMPLETE);
    then_all_is_given_back();
}

TEST(what_cannot_be_kept_or_has_no_size_is_no_source)
{
    struct ln_server_stream kept = source();
    struct ln_server_stream endless = source();
    struct ln_server_stream by_events = {.supplies = true, .size = IMAGE, .terms = &waits};
    kept.terms = &durable;
    endless.size = LN_COAP_BODY_UNKNOWN;
    given_an_image();
    given_a_registered_device(1, "one");

    CHECK_ERR(push(&kept), LN_ERR_BAD_REQUEST);
    CHECK_ERR(push(&endless), LN_ERR_BAD_REQUEST);
    CHECK_ERR(push(&by_events), LN_ERR_BAD_REQUEST);
    then_no_event();
    then_all_is_given_back();
}

TEST(ten_megabytes_cost_one_block)
{
    struct ln_server_stream stream = source();
    given_an_image();
    given_a_registered_device(1, "one");
    size_t before = memory_bytes;

    stream.size = 10 * 1024 * 1024;
    CHECK_OK(push(&stream));

    /* The operation and its transfer, a block, and the first of the engine's tables. */
    assert_in_range(memory_bytes - before, 1024, 8 * 1024);
    then_it_pushes(0, true);
    then_all_is_given_back();
}

int source_tests(void)
{
    static const struct CMUnitTest source_group[] = {
        cmocka_unit_test(each_block_is_read_once_when_it_is_due),
        cmocka_unit_test(it_waits_for_a_device_that_is_not_there_yet),
        cmocka_unit_test(it_begins_again_with_a_device_that_fell_silent_and_came_back),
        cmocka_unit_test(a_read_that_is_refused_ends_it_incomplete),
        cmocka_unit_test(what_cannot_be_kept_or_has_no_size_is_no_source),
        cmocka_unit_test(ten_megabytes_cost_one_block),
    };

    return RUN_TESTS(source_group);
}
